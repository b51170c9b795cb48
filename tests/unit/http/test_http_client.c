/*
 * test_http_client.c - the blocking client: against our server, plain and over TLS, and against a
 * script that answers what no good server would.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>

#include "base/executor_threads.h"
#include "http/http_client.h"
#include "tls_fixture.h"

/* ---- our server ---- */

struct fixture {
    struct executor *executor;
    struct http_server *server;
    struct http_client *client;
    struct refusal refusal;
    struct folder folder;
    struct tls *server_tls, *client_tls;
};

/** Answers with the method and the body; /close closes the connection after that. */
static void on_request(struct http_request *request)
{
    struct http_header header = {SLICE("X-Echo"), http_request_header(request, "X-Say")};
    struct buf body = BUF_EMPTY;

    buf_append_slice(&body, request->method);
    buf_append_str(&body, request->tls ? " over TLS " : " ");
    buf_append_slice(&body, request->body);
    http_respond(request, &(struct http_response){.status = 200,
                                                  .headers = &header,
                                                  .header_count = 1,
                                                  .body = body,
                                                  .close = slice_eq_str(request->path, "/close")});
}

static void start(struct fixture *f, const char *host)
{
    struct http_server_options options = {.executor = f->executor,
                                          .address = "127.0.0.1",
                                          .tls = f->server_tls,
                                          .on_request = on_request};
    struct http_client_options client = {.host = host, .tls = f->client_tls};

    assert_int_equal(http_server_new(&options, &f->server, &f->refusal), 0);
    client.port = http_server_port(f->server);
    assert_int_equal(http_client_open(&client, &f->client), 0);
}

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    assert_int_equal(
        executor_threads_new(&(struct executor_threads_options){.workers = 2}, &f->executor), 0);
    *state = f;
    return 0;
}

static int setup_tls(void **state)
{
    static const char *const regions[] = {"us-east-1"};
    char ca[PATH_BYTES], certificate[PATH_BYTES], key[PATH_BYTES];
    struct fixture *f;

    setup(state);
    f = *state;
    folder_make(&f->folder);
    make_certificates(&f->folder, regions, 1);
    forge_certificate(&f->folder, "us-east-1", "DNS:localhost,IP:127.0.0.1", 30);
    assert_int_equal(tls_server_new(folder_path(&f->folder, "us-east-1.pem", certificate),
                                    folder_path(&f->folder, "us-east-1-key.pem", key),
                                    &f->server_tls, &f->refusal),
                     0);
    assert_int_equal(
        tls_client_new(folder_path(&f->folder, "ca.pem", ca), &f->client_tls, &f->refusal), 0);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    http_client_close(f->client);
    http_server_free(f->server);
    executor_threads_free(f->executor);
    tls_free(f->client_tls);
    tls_free(f->server_tls);
    if (f->folder.path[0] != '\0')
        folder_remove(&f->folder);
    test_free(f);
    return 0;
}

static void assert_call(struct fixture *f, const char *method, const char *target,
                        struct slice body, const char *expected)
{
    struct http_header header = {SLICE("X-Say"), SLICE("ahoy")};
    struct http_client_request request = {.method = slice_str(method),
                                          .target = slice_str(target),
                                          .headers = &header,
                                          .header_count = 1,
                                          .body = body};
    struct http_client_answer answer;

    if (http_client_call(f->client, &request, &answer, &f->refusal) < 0)
        fail_msg("%s", f->refusal.text);
    assert_int_equal(answer.status, 200);
    assert_true(slice_eq_str(http_client_answer_header(&answer, "x-echo"), "ahoy"));
    assert_null(http_client_answer_header(&answer, "X-None").ptr);
    assert_int_equal(answer.body.len, strlen(expected));
    assert_memory_equal(answer.body.ptr, expected, answer.body.len);
    http_client_answer_release(&answer);
}

static void calls_share_a_connection(void **state)
{
    struct fixture *f = *state;
    struct http_server_stats stats;

    start(f, "localhost");
    assert_call(f, "POST", "/", SLICE("one"), "POST one");
    assert_call(f, "POST", "/", SLICE("two"), "POST two");
    assert_call(f, "GET", "/", SLICE_EMPTY, "GET ");
    http_server_stats(f->server, &stats);
    assert_int_equal(stats.accepted, 1);
}

static void a_closed_connection_is_opened_again(void **state)
{
    struct fixture *f = *state;
    struct http_server_stats stats;

    start(f, "127.0.0.1");
    assert_call(f, "POST", "/close", SLICE("one"), "POST one");
    assert_call(f, "POST", "/", SLICE("two"), "POST two");
    http_server_stats(f->server, &stats);
    assert_int_equal(stats.accepted, 2);
}

static void large_bodies_go_both_ways(void **state)
{
    struct fixture *f = *state;
    size_t len = 8 * 1024 * 1024;
    char *expected = test_malloc(len + 16);

    start(f, "127.0.0.1");
    memcpy(expected, f->server_tls ? "POST over TLS " : "POST ", f->server_tls ? 14 : 5);
    memset(expected + (f->server_tls ? 14 : 5), 'x', len);
    expected[len + (f->server_tls ? 14 : 5)] = '\0';
    assert_call(f, "POST", "/", slice_of(expected + (f->server_tls ? 14 : 5), len), expected);
    test_free(expected);
}

static void calls_go_over_tls(void **state)
{
    struct fixture *f = *state;

    start(f, "127.0.0.1");
    assert_call(f, "POST", "/", SLICE("one"), "POST over TLS one");
    assert_call(f, "POST", "/", SLICE("two"), "POST over TLS two");
}

static void a_name_that_the_certificate_does_not_have_is_refused(void **state)
{
    struct http_client_request request = {.method = SLICE("GET"), .target = SLICE("/")};
    struct http_client_answer answer;
    struct fixture *f = *state;

    forge_certificate(&f->folder, "us-east-1", "DNS:elsewhere.example", 30);
    tls_free(f->server_tls);
    {
        char certificate[PATH_BYTES], key[PATH_BYTES];

        assert_int_equal(tls_server_new(folder_path(&f->folder, "us-east-1.pem", certificate),
                                        folder_path(&f->folder, "us-east-1-key.pem", key),
                                        &f->server_tls, &f->refusal),
                         0);
    }
    start(f, "localhost");
    assert_int_equal(http_client_call(f->client, &request, &answer, &f->refusal), ST_IO);
    assert_non_null(strstr(f->refusal.text, ": certificate: hostname mismatch"));
}

static void a_plain_client_on_a_tls_port_is_turned_away(void **state)
{
    struct http_client_request request = {.method = SLICE("GET"), .target = SLICE("/")};
    struct http_client_answer answer;
    struct fixture *f = *state;

    tls_free(f->client_tls);
    f->client_tls = NULL;
    start(f, "localhost");
    assert_true(http_client_call(f->client, &request, &answer, &f->refusal) < 0);
}

/* ---- a script ---- */

struct script {
    pthread_t thread;
    int listen_fd;
    const char *answer; /* sent after a request's head; then the connection ends */
    bool holds;         /* instead of ending, waits until the client ends */
};

static void *script_run(void *context)
{
    struct script *script = context;
    int fd = accept(script->listen_fd, NULL, NULL);
    char request[4096];
    size_t len = 0;
    ssize_t n;

    while ((n = recv(fd, request + len, sizeof(request) - len, 0)) > 0) {
        len += (size_t)n;
        if (memmem(request, len, "\r\n\r\n", 4) != NULL)
            break;
    }
    send(fd, script->answer, strlen(script->answer), MSG_NOSIGNAL);
    while (script->holds && recv(fd, request, sizeof(request), 0) > 0)
        continue;
    shutdown(fd, SHUT_WR);
    while (recv(fd, request, sizeof(request), 0) > 0)
        continue;
    close(fd);
    return NULL;
}

/** Calls a server that answers with `text`. */
static int call_script(const char *text, bool holds, struct http_client_answer *ret_answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct script script = {.answer = text, .holds = holds};
    struct http_client_options options = {
        .host = "127.0.0.1", .timeout_ms = holds ? 50 : 20000, .answer_bytes_max = 1000};
    struct http_client_request request = {.method = SLICE("GET"), .target = SLICE("/")};
    struct refusal *refusal = test_malloc(sizeof(*refusal));
    socklen_t address_len = sizeof(address);
    struct http_client *client;
    int rc;

    script.listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(script.listen_fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(script.listen_fd, 1), 0);
    getsockname(script.listen_fd, (struct sockaddr *)&address, &address_len);
    options.port = ntohs(address.sin_port);
    pthread_create(&script.thread, NULL, script_run, &script);
    assert_int_equal(http_client_open(&options, &client), 0);
    rc = http_client_call(client, &request, ret_answer, refusal);
    if (rc < 0)
        assert_true(strlen(refusal->text) > 0);
    http_client_close(client);
    pthread_join(script.thread, NULL);
    close(script.listen_fd);
    test_free(refusal);
    return rc;
}

static void bodies_of_all_kinds_are_read(void **state)
{
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nhello", /* until the end */
        "HTTP/1.0 200 OK\r\n\r\nhello",
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"),
    };
    struct http_client_answer answer;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        assert_int_equal(call_script(answers[i], false, &answer), 0);
        assert_int_equal(answer.status, 200);
        assert_true(slice_eq_str(answer.body, "hello"));
        http_client_answer_release(&answer);
    }
    assert_int_equal(call_script("HTTP/1.1 204 No Content\r\n\r\n", false, &answer), 0);
    assert_int_equal(answer.body.len, 0);
    http_client_answer_release(&answer);
}

static void bad_answers_are_errors(void **state)
{
    struct http_client_answer answer;
    struct buf big = BUF_EMPTY;

    (void)state;
    assert_int_equal(call_script("", false, &answer), ST_IO);
    assert_int_equal(
        call_script("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhell", false, &answer), ST_IO);
    assert_int_equal(call_script("SSH-2.0-OpenSSH_9.2\r\n\r\n", false, &answer), ST_CORRUPT);
    assert_int_equal(
        call_script("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx", false, &answer),
        ST_CORRUPT);
    assert_int_equal(call_script("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, &answer),
                     ST_TIMEOUT);
    buf_append_str(&big, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
    for (int i = 0; i < 1001; i++)
        buf_append_u8(&big, 'x');
    buf_append_u8(&big, 0);
    assert_int_equal(call_script((char *)big.ptr, false, &answer), ST_TOOBIG);
    buf_clear(&big);
    buf_append_str(&big, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 4000; i++)
        buf_append_str(&big, "X: y\r\n");
    buf_append_str(&big, "\r\n");
    buf_append_u8(&big, 0);
    assert_int_equal(call_script((char *)big.ptr, false, &answer), ST_TOOBIG);
    buf_release(&big);
}

static void nobody_listening_is_an_error_with_words(void **state)
{
    struct http_client_request request = {.method = SLICE("GET"), .target = SLICE("/")};
    struct fixture *f = *state;
    struct http_client_answer answer;

    start(f, "127.0.0.1");
    http_server_free(f->server);
    f->server = NULL;
    assert_int_equal(http_client_call(f->client, &request, &answer, &f->refusal), ST_IO);
    assert_non_null(strstr(f->refusal.text, ": Connection refused"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_TLS(name) cmocka_unit_test_setup_teardown(name, setup_tls, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(calls_share_a_connection),
        TEST(a_closed_connection_is_opened_again),
        TEST(large_bodies_go_both_ways),
        TEST_TLS(large_bodies_go_both_ways),
        TEST_TLS(calls_go_over_tls),
        TEST_TLS(a_name_that_the_certificate_does_not_have_is_refused),
        TEST_TLS(a_plain_client_on_a_tls_port_is_turned_away),
        cmocka_unit_test(bodies_of_all_kinds_are_read),
        cmocka_unit_test(bad_answers_are_errors),
        TEST(nobody_listening_is_an_error_with_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
