/*
 * test_http_server.c - the server over loopback sockets: order of answers, keeping and closing
 * connections, limits in time, draining.
 *
 * The handler understands a few paths:
 *   /echo      answers with the body, at once
 *   /thread    answers with the body, from another thread
 *   /hold      keeps the request until the test releases it
 *   /big       answers with BIG_BYTES bytes
 *   /preflight answers as a preflight
 *   /same      answers that the client has it already, 304
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/executor_threads.h"
#include "base/hash.h"
#include "http/http_server.h"

enum { BIG_BYTES = 1024 * 1024, HELD_MAX = 64, PATIENCE_S = 20 };

struct fixture {
    struct executor *executor;
    struct strand *thread;
    struct http_server *server;
    atomic_int big_answers;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct http_request *held[HELD_MAX];
    int held_count;
};

/* ---- the handler ---- */

static void answer_echo(struct http_request *request)
{
    struct buf body = BUF_EMPTY;

    buf_append_slice(&body, request->body);
    http_respond(request, &(struct http_response){
                              .status = 200, .content_type = SLICE("text/plain"), .body = body});
}

struct other_thread {
    struct task task;
    struct http_request *request;
};

static void on_other_thread(struct task *task)
{
    struct other_thread *other = CONTAINER_OF(task, struct other_thread, task);

    answer_echo(other->request); /* `other` is in the request's arena */
}

static void on_request(struct http_request *request)
{
    struct fixture *f = request->server_context;

    if (slice_eq_str(request->path, "/thread")) {
        struct other_thread *other = ARENA_NEW(request->arena, struct other_thread);

        other->request = request;
        task_init(&other->task, on_other_thread);
        strand_post(f->thread, &other->task);
    } else if (slice_eq_str(request->path, "/hold")) {
        pthread_mutex_lock(&f->lock);
        f->held[f->held_count++] = request;
        pthread_cond_broadcast(&f->changed);
        pthread_mutex_unlock(&f->lock);
    } else if (slice_eq_str(request->path, "/big")) {
        uint8_t *bytes = arena_alloc(request->arena, BIG_BYTES);

        memset(bytes, 'b', BIG_BYTES);
        atomic_fetch_add(&f->big_answers, 1);
        http_respond(request, &(struct http_response){.status = 200,
                                                      .borrowed = slice_of(bytes, BIG_BYTES)});
    } else if (slice_eq_str(request->path, "/preflight")) {
        http_respond_preflight(request);
    } else if (slice_eq_str(request->path, "/same")) {
        http_respond(request, &(struct http_response){.status = 304, .borrowed = SLICE("same")});
    } else {
        answer_echo(request);
    }
}

/** Waits until `count` requests are held. */
static void wait_for_held(struct fixture *f, int count)
{
    pthread_mutex_lock(&f->lock);
    while (f->held_count < count)
        pthread_cond_wait(&f->changed, &f->lock);
    pthread_mutex_unlock(&f->lock);
}

/* ---- the fixture ---- */

static void server_start(struct fixture *f, struct http_server_options options)
{
    struct refusal *refusal = test_malloc(sizeof(*refusal));

    options.executor = f->executor;
    options.address = "127.0.0.1";
    options.on_request = on_request;
    options.context = f;
    assert_int_equal(http_server_new(&options, &f->server, refusal), 0);
    test_free(refusal);
}

static int setup_bare(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    assert_int_equal(
        executor_threads_new(&(struct executor_threads_options){.workers = 2}, &f->executor), 0);
    f->thread = executor_strand(f->executor, STRAND_DEDICATED, "other");
    *state = f;
    return 0;
}

static int setup(void **state)
{
    setup_bare(state);
    server_start(*state, (struct http_server_options){.port = 0});
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    http_server_free(f->server);
    strand_free(f->thread);
    executor_threads_free(f->executor);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    test_free(f);
    return 0;
}

/* ---- a client that knows only bytes ---- */

static int client_open(struct fixture *f)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(http_server_port(f->server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = PATIENCE_S}; /* so that a failure is no hang */
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void client_send(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;

    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

        assert_true(n > 0);
        at += n;
        len -= (size_t)n;
    }
}

static void client_say(int fd, const char *text)
{
    client_send(fd, text, strlen(text));
}

/** Reads until the peer closes; NUL-terminated text that the caller frees. */
static char *client_read_all(int fd)
{
    struct buf bytes = BUF_EMPTY;

    for (;;) {
        ssize_t n;

        buf_reserve(&bytes, 65536);
        n = recv(fd, bytes.ptr + bytes.len, 65535, 0);
        if (n < 0 && errno == ECONNRESET)
            n = 0;
        assert_true(n >= 0);
        if (n == 0)
            break;
        bytes.len += (size_t)n;
    }
    buf_append_u8(&bytes, 0);
    return (char *)bytes.ptr;
}

/** Reads one answer: its head, which is returned, and its body, which goes to *ret_body. */
static char *client_read_answer(int fd, struct buf *ret_body)
{
    struct buf head = BUF_EMPTY;
    size_t length = 0;
    char *field;

    while (head.len < 4 || memcmp(head.ptr + head.len - 4, "\r\n\r\n", 4) != 0) {
        uint8_t byte;

        assert_int_equal(recv(fd, &byte, 1, 0), 1);
        buf_append_u8(&head, byte);
    }
    buf_append_u8(&head, 0);
    field = strstr((char *)head.ptr, "Content-Length: ");
    if (field != NULL)
        length = strtoul(field + 16, NULL, 10);
    buf_clear(ret_body);
    buf_reserve(ret_body, length + 1);
    while (ret_body->len < length) {
        ssize_t n = recv(fd, ret_body->ptr + ret_body->len, length - ret_body->len, 0);

        assert_true(n > 0);
        ret_body->len += (size_t)n;
    }
    ret_body->ptr[ret_body->len] = '\0';
    return (char *)head.ptr;
}

/** Reads an answer and compares its body. */
static void assert_answer(int fd, const char *body)
{
    struct buf bytes = BUF_EMPTY;
    char *head = client_read_answer(fd, &bytes);

    assert_memory_equal(head, "HTTP/1.1 200 OK\r\n", 17);
    assert_string_equal((char *)bytes.ptr, body);
    free(head);
    buf_release(&bytes);
}

static void assert_closed(int fd)
{
    char byte;
    ssize_t n = recv(fd, &byte, 1, 0);

    assert_true(n == 0 || (n < 0 && errno == ECONNRESET));
}

/* ---- answers ---- */

static void an_answer_has_all_its_headers(void **state)
{
    struct fixture *f = *state;
    struct buf body = BUF_EMPTY;
    int fd = client_open(f);
    char *head, *field;

    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nOrigin: x\r\nContent-Length: 5\r\n\r\nhello");
    head = client_read_answer(fd, &body);
    assert_string_equal((char *)body.ptr, "hello");
    assert_memory_equal(head, "HTTP/1.1 200 OK\r\nServer: Server\r\nDate: ", 39);
    assert_memory_equal(head + 39 + 25, " GMT\r\n", 6);
    assert_non_null(strstr(head, "\r\nContent-Type: text/plain\r\n"));
    assert_non_null(strstr(head, "\r\nContent-Length: 5\r\n"));
    assert_non_null(strstr(head, "\r\nConnection: keep-alive\r\n"));
    assert_non_null(strstr(head, "\r\nx-amz-crc32: 907060870\r\n")); /* zlib.crc32(b"hello") */
    assert_non_null(strstr(head, "\r\nAccess-Control-Allow-Origin: *\r\n"));
    field = strstr(head, "\r\nx-amzn-RequestId: ");
    assert_non_null(field);
    assert_int_equal(strspn(field + 20, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"), 52);
    free(head);
    buf_release(&body);
    close(fd);
}

static void a_preflight_is_echoed_and_cannot_split_the_answer(void **state)
{
    struct fixture *f = *state;
    struct buf body = BUF_EMPTY;
    int fd = client_open(f);
    char *head;

    client_say(fd, "OPTIONS /preflight HTTP/1.1\r\nHost: a\r\nOrigin: x\r\n"
                   "Access-Control-Request-Headers: x-amz-target\r\n"
                   "Access-Control-Request-Method: POST\r\n\r\n");
    head = client_read_answer(fd, &body);
    assert_int_equal(body.len, 0);
    assert_non_null(strstr(head, "\r\nAccess-Control-Allow-Origin: *\r\n"));
    assert_non_null(strstr(head, "\r\nAccess-Control-Max-Age: 172800\r\n"));
    assert_non_null(strstr(head, "\r\nAccess-Control-Allow-Headers: x-amz-target\r\n"));
    assert_non_null(strstr(head, "\r\nAccess-Control-Allow-Methods: POST\r\n"));
    free(head);
    buf_release(&body);
    close(fd);
}

static void head_gets_a_length_and_no_body(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    char *all;

    client_say(fd, "HEAD /big HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    all = client_read_all(fd);
    assert_non_null(strstr(all, "\r\nContent-Length: 1048576\r\n"));
    assert_string_equal(strstr(all, "\r\n\r\n"), "\r\n\r\n");
    free(all);
    close(fd);
}

/* RFC 9110, section 15.4.5: the length is that of the answer which is not sent. */
static void a_304_has_a_length_and_no_body(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    char *all;

    client_say(fd, "GET /same HTTP/1.1\r\nHost: a\r\n\r\n"
                   "GET /same HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    all = client_read_all(fd);
    assert_non_null(strstr(all, "\r\nContent-Length: 4\r\n"));
    assert_non_null(strstr(all, "\r\n\r\nHTTP/1.1 304 Not Modified\r\n"));
    assert_null(strstr(all, "same"));
    free(all);
    close(fd);
}

static void pipelined_answers_keep_the_order_of_the_requests(void **state)
{
    struct fixture *f = *state;
    struct buf requests = BUF_EMPTY;
    char body[16];
    int fd = client_open(f);

    /* More than HTTP_PIPELINE_MAX, some answered at once, some later by another thread. */
    for (int i = 0; i < 200; i++) {
        snprintf(body, sizeof(body), "%d", i);
        buf_printf(&requests, "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n%s",
                   i % 3 ? "/echo" : "/thread", strlen(body), body);
    }
    client_send(fd, requests.ptr, requests.len);
    for (int i = 0; i < 200; i++) {
        snprintf(body, sizeof(body), "%d", i);
        assert_answer(fd, body);
    }
    buf_release(&requests);
    close(fd);
}

static void answers_that_come_backwards_leave_forwards(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);

    for (int i = 0; i < 5; i++) {
        char text[100];

        snprintf(text, sizeof(text),
                 "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n%d", i);
        client_say(fd, text);
    }
    wait_for_held(f, 5);
    for (int i = 5; i-- > 0;)
        answer_echo(f->held[i]);
    assert_answer(fd, "0");
    assert_answer(fd, "1");
    assert_answer(fd, "2");
    assert_answer(fd, "3");
    assert_answer(fd, "4");
    close(fd);
}

static void a_request_in_single_bytes_is_a_request(void **state)
{
    static const char request[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        "5\r\nhello\r\n0\r\n\r\n";
    struct fixture *f = *state;
    int fd = client_open(f);

    for (size_t i = 0; i < sizeof(request) - 1; i++)
        client_send(fd, request + i, 1);
    assert_answer(fd, "hello");
    close(fd);
}

static void a_large_body_comes_back_whole(void **state)
{
    struct fixture *f = *state;
    size_t len = 16 * 1024 * 1024;
    char *body = test_malloc(len + 1);
    int fd = client_open(f);

    for (size_t i = 0; i < len; i++)
        body[i] = (char)('a' + i % 26);
    body[len] = '\0';
    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 16777216\r\n\r\n");
    client_send(fd, body, len);
    assert_answer(fd, body);
    test_free(body);
    close(fd);
}

/* ---- expect, refusals ---- */

static void a_client_that_asks_is_told_to_continue(void **state)
{
    struct fixture *f = *state;
    char text[26] = "";
    int fd = client_open(f);

    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   "Content-Length: 5\r\n\r\n");
    assert_int_equal(recv(fd, text, 25, MSG_WAITALL), 25);
    assert_string_equal(text, "HTTP/1.1 100 Continue\r\n\r\n");
    client_say(fd, "hello");
    assert_answer(fd, "hello");
    /* One that does not wait is not told. */
    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   "Content-Length: 5\r\n\r\nhello");
    assert_answer(fd, "hello");
    close(fd);
}

static void a_body_too_large_is_refused_before_it_is_sent(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    char *all;

    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                   "Content-Length: 16777217\r\n\r\n");
    all = client_read_all(fd);
    assert_string_equal(all, "HTTP/1.1 413 Request Entity Too Large\r\nServer: Server\r\n"
                             "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n");
    free(all);
    close(fd);
}

static void a_client_that_sends_on_still_gets_its_refusal(void **state)
{
    static char more[1024 * 1024];
    struct fixture *f = *state;
    int fd = client_open(f);
    char *all;

    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 16777217\r\n\r\n");
    memset(more, 'x', sizeof(more));
    for (int i = 0; i < 16; i++)
        client_send(fd, more, sizeof(more));
    client_say(fd, "x");
    all = client_read_all(fd);
    assert_memory_equal(all, "HTTP/1.1 413 ", 13);
    free(all);
    close(fd);
}

static void a_bad_request_is_refused_after_the_answers_before_it(void **state)
{
    struct fixture *f = *state;
    struct http_server_stats stats;
    int fd = client_open(f);
    char *all;

    client_say(fd, "POST /thread HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhiNONSENSE\r\n\r\n"
                   "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    all = client_read_all(fd);
    assert_memory_equal(all, "HTTP/1.1 200 OK\r\n", 17);
    assert_non_null(strstr(all, "\r\n\r\nhiHTTP/1.1 501 Not Implemented\r\n"));
    assert_null(strstr(strstr(all, "501"), "HTTP/1.1"));
    free(all);
    close(fd);
    http_server_stats(f->server, &stats);
    assert_int_equal(stats.requests, 1);
    assert_int_equal(stats.requests_bad, 1);
}

/* ---- closing ---- */

static void connection_close_is_the_last_answer(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);
    char *all;

    client_say(fd, "GET /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                   "GET /never HTTP/1.1\r\nHost: a\r\n\r\n");
    all = client_read_all(fd);
    assert_non_null(strstr(all, "\r\nConnection: close\r\n"));
    assert_null(strstr(all + 1, "HTTP/1.1"));
    free(all);
    close(fd);
}

static void a_client_that_stops_sending_still_gets_its_answers(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);

    client_say(fd, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nA"
                   "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nB");
    shutdown(fd, SHUT_WR);
    wait_for_held(f, 1);
    answer_echo(f->held[0]);
    assert_answer(fd, "A");
    assert_answer(fd, "B");
    assert_closed(fd);
    close(fd);
}

static void an_answer_to_a_client_that_left_is_dropped(void **state)
{
    struct fixture *f = *state;
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    int fd = client_open(f);

    client_say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for_held(f, 2);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
    close(fd);
    answer_echo(f->held[1]);
    answer_echo(f->held[0]);
    /* The teardown finds no connection and no leak. */
}

/* ---- limits in time and number ---- */

static void a_head_that_does_not_end_is_timed_out(void **state)
{
    struct fixture *f = *state;
    char *all;
    int fd;

    server_start(f, (struct http_server_options){.head_timeout_ms = 50});
    fd = client_open(f);
    client_say(fd, "GET / HTTP/1.1\r\nHost:");
    all = client_read_all(fd);
    assert_memory_equal(all, "HTTP/1.1 408 Request Timeout\r\n", 30);
    free(all);
    close(fd);
}

static void a_body_that_trickles_is_timed_out(void **state)
{
    struct fixture *f = *state;
    char *all;
    int fd;

    server_start(f, (struct http_server_options){.body_grace_ms = 50});
    fd = client_open(f);
    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell");
    all = client_read_all(fd);
    assert_memory_equal(all, "HTTP/1.1 408 Request Timeout\r\n", 30);
    free(all);
    close(fd);
}

static void a_reader_that_stalls_is_closed(void **state)
{
    struct fixture *f = *state;
    struct http_server_stats stats;
    int fd;

    server_start(f, (struct http_server_options){.write_stall_ms = 50});
    fd = client_open(f);
    for (int i = 0; i < 30; i++) /* more than all buffers on the way hold */
        client_say(fd, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    do
        http_server_stats(f->server, &stats);
    while (stats.accepted == 0 || stats.connections > 0);
    close(fd);
}

static void an_idle_connection_is_closed_without_a_word(void **state)
{
    struct fixture *f = *state;
    int fd;

    server_start(f, (struct http_server_options){.idle_timeout_ms = 50});
    fd = client_open(f);
    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nA");
    assert_answer(fd, "A");
    assert_closed(fd);
    close(fd);
}

static void connections_over_the_limit_are_closed(void **state)
{
    struct fixture *f = *state;
    int first, second;

    server_start(f, (struct http_server_options){.connections_max = 1});
    first = client_open(f);
    client_say(first, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nA");
    assert_answer(first, "A");
    second = client_open(f);
    assert_closed(second);
    client_say(first, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nB");
    assert_answer(first, "B");
    close(first);
    close(second);
}

/* What the server logs opens a gate. */
struct gate {
    struct log_sink sink;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool warned;
};

static void on_log(void *context, const char *line, unsigned long len)
{
    struct gate *gate = context;

    pthread_mutex_lock(&gate->lock);
    gate->warned = gate->warned || memmem(line, len, "Too many open files", 19) != NULL;
    pthread_cond_broadcast(&gate->changed);
    pthread_mutex_unlock(&gate->lock);
}

static void without_descriptors_clients_wait_and_are_served_later(void **state)
{
    struct gate gate = {.sink = {.write = on_log, .context = &gate, .level_max = LOG_INFO},
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .changed = PTHREAD_COND_INITIALIZER};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct fixture *f = *state;
    struct rlimit before, tight;
    int fillers[64], filler_count = 0, fd = socket(AF_INET, SOCK_STREAM, 0);

    server_start(f, (struct http_server_options){.log = {.sink = &gate.sink}});
    address.sin_port = htons(http_server_port(f->server));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    tight = before;
    tight.rlim_cur = 64; /* more than are open now; the rest is filled up */
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    while (filler_count < 64 && (fillers[filler_count] = dup(fd)) >= 0)
        filler_count++;
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    client_say(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nA");
    pthread_mutex_lock(&gate.lock);
    while (!gate.warned)
        pthread_cond_wait(&gate.changed, &gate.lock);
    pthread_mutex_unlock(&gate.lock);
    while (filler_count > 0)
        close(fillers[--filler_count]);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_answer(fd, "A");
    close(fd);
    http_server_free(f->server); /* before its log's gate goes */
    f->server = NULL;
}

static void a_client_that_does_not_read_is_not_served_without_bound(void **state)
{
    enum { REQUESTS = 60 };
    struct fixture *f = *state;
    struct buf body = BUF_EMPTY;
    int small = 128 * 1024, fd = client_open(f);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    for (int i = 0; i < REQUESTS; i++)
        client_say(fd, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    for (int i = 0; i < REQUESTS; i++) {
        char *head = client_read_answer(fd, &body);

        assert_int_equal(body.len, BIG_BYTES);
        /* What was taken ahead of the reader: the paused output, and what the kernel buffers. */
        assert_in_range(atomic_load(&f->big_answers) - i, 0, 24);
        free(head);
    }
    buf_release(&body);
    close(fd);
}

/* ---- start and end ---- */

static void a_port_in_use_is_refused_with_a_line(void **state)
{
    struct fixture *f = *state;
    struct refusal *refusal = test_malloc(sizeof(*refusal));
    struct http_server *second = NULL;
    struct http_server_options options = {.executor = f->executor,
                                          .address = "127.0.0.1",
                                          .port = http_server_port(f->server),
                                          .on_request = on_request};
    char expected[100];

    assert_int_equal(http_server_new(&options, &second, refusal), ST_REFUSED);
    snprintf(expected, sizeof(expected),
             "cannot listen on 127.0.0.1 port %u: Address already in use", options.port);
    assert_string_equal(refusal->text, expected);
    options.address = "localhost";
    assert_int_equal(http_server_new(&options, &second, refusal), ST_REFUSED);
    assert_string_equal(refusal->text, "localhost is not an IP address");
    test_free(refusal);
}

static void *drain_run(void *context)
{
    struct fixture *f = context;

    return (void *)(intptr_t)http_server_drain(f->server, PATIENCE_S * 1000);
}

static void draining_finishes_what_is_in_flight(void **state)
{
    struct fixture *f = *state;
    struct buf body = BUF_EMPTY;
    int idle = client_open(f), busy = client_open(f);
    pthread_t thread;
    void *rc;
    char *head;

    client_say(idle, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nA");
    assert_answer(idle, "A");
    client_say(busy, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nB");
    wait_for_held(f, 1);
    pthread_create(&thread, NULL, drain_run, f);
    assert_closed(idle); /* by now it is draining */
    answer_echo(f->held[0]);
    head = client_read_answer(busy, &body);
    assert_string_equal((char *)body.ptr, "B");
    assert_non_null(strstr(head, "\r\nConnection: close\r\n"));
    assert_closed(busy);
    close(busy);
    close(idle);
    pthread_join(thread, &rc);
    assert_int_equal((intptr_t)rc, 0);
    free(head);
    buf_release(&body);
}

static void draining_cuts_what_takes_too_long(void **state)
{
    struct fixture *f = *state;
    int fd = client_open(f);

    client_say(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_for_held(f, 1);
    assert_int_equal(http_server_drain(f->server, 20), ST_TIMEOUT);
    assert_closed(fd);
    answer_echo(f->held[0]);
    close(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define TEST_BARE(name) cmocka_unit_test_setup_teardown(name, setup_bare, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_answer_has_all_its_headers),
        TEST(a_preflight_is_echoed_and_cannot_split_the_answer),
        TEST(head_gets_a_length_and_no_body),
        TEST(a_304_has_a_length_and_no_body),
        TEST(pipelined_answers_keep_the_order_of_the_requests),
        TEST(answers_that_come_backwards_leave_forwards),
        TEST(a_request_in_single_bytes_is_a_request),
        TEST(a_large_body_comes_back_whole),
        TEST(a_client_that_asks_is_told_to_continue),
        TEST(a_body_too_large_is_refused_before_it_is_sent),
        TEST(a_client_that_sends_on_still_gets_its_refusal),
        TEST(a_bad_request_is_refused_after_the_answers_before_it),
        TEST(connection_close_is_the_last_answer),
        TEST(a_client_that_stops_sending_still_gets_its_answers),
        TEST(an_answer_to_a_client_that_left_is_dropped),
        TEST_BARE(a_head_that_does_not_end_is_timed_out),
        TEST_BARE(a_body_that_trickles_is_timed_out),
        TEST_BARE(a_reader_that_stalls_is_closed),
        TEST_BARE(an_idle_connection_is_closed_without_a_word),
        TEST_BARE(connections_over_the_limit_are_closed),
        TEST_BARE(without_descriptors_clients_wait_and_are_served_later),
        TEST(a_client_that_does_not_read_is_not_served_without_bound),
        TEST(a_port_in_use_is_refused_with_a_line),
        TEST(draining_finishes_what_is_in_flight),
        TEST(draining_cuts_what_takes_too_long),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
