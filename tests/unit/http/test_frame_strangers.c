/*
 * test_frame_strangers.c - what frame sockets refuse and survive: other CAs, no certificate,
 * expired ones, nonsense at any stage, connections that do nothing, too many of them.
 *
 * The test's thread plays the stranger with a blocking socket, and blocking TLS where one is
 * needed.
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
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include "frame_fixture.h"

/* ---- raw sockets ---- */

static int raw_socket(void)
{
    struct timeval patience = {.tv_sec = PATIENCE_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    return fd;
}

static int raw_connect(uint16_t port)
{
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = raw_socket();

    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static int raw_listen(uint16_t *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    int fd = raw_socket();

    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

/** The other side has ended the connection, in whatever way. */
static void raw_ended(int fd)
{
    char bytes[4096];
    ssize_t n;

    do
        n = recv(fd, bytes, sizeof(bytes), 0);
    while (n > 0);
    assert_true(n == 0 || errno == ECONNRESET);
    close(fd);
}

/** The next close() of it is a RST. */
static void raw_reset(int fd)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

/* ---- raw TLS ---- */

static SSL *raw_tls(int fd, const struct tls *as)
{
    SSL *ssl = SSL_new(as->context);

    assert_non_null(ssl);
    SSL_set_fd(ssl, fd);
    return ssl;
}

/** Connects and shakes hands; the listener has accepted it. */
static SSL *raw_link(struct fixture *f, int version_max)
{
    unsigned before = f->accepted_count;
    SSL *ssl = raw_tls(raw_connect(f->port), f->east);

    SSL_set_max_proto_version(ssl, version_max);
    assert_int_equal(SSL_connect(ssl), 1);
    WAIT(f, f->accepted_count == before + 1);
    return ssl;
}

static void raw_write(SSL *ssl, const void *bytes, size_t len)
{
    assert_int_equal(SSL_write(ssl, bytes, (int)len), (int)len);
}

static void raw_free(SSL *ssl)
{
    close(SSL_get_fd(ssl));
    SSL_free(ssl);
    ERR_clear_error();
}

/** A good peer still gets through, so whatever was done did no harm. */
static void still_works(struct fixture *f)
{
    struct end good = {.plan = PLAN_NONE};
    unsigned before = f->accepted_count;

    dial(f, &good, f->east);
    WAIT(f, f->accepted_count == before + 1 && good.opened);
    assert_int_equal(end_send(&good, SLICE("hello"), SLICE_EMPTY), 0);
    WAIT(f, f->accepted[before].frames == 1);
    end_release(&good);
}

/* ---- certificates ---- */

/** us-east-1, with certificates as they are now in the folder, dials eu-west-1 and is not let in.
 */
static void dialler_is_refused(struct fixture *f, struct tls *as, const char *words_there,
                               const char *words_here)
{
    struct end end = {.plan = PLAN_NONE};
    unsigned before = f->accepted_count;

    dial(f, &end, as);
    WAIT(f, end.closed);
    assert_false(end.opened);
    assert_int_equal(end.status, ST_REFUSED);
    if (strstr(end.reason, words_there) == NULL)
        fail_msg("\"%s\" does not say \"%s\"", end.reason, words_there);
    WAIT(f, log_says(f, words_here));
    assert_int_equal(f->accepted_count, before);
    end_release(&end);
}

static void a_peer_of_another_authority_is_refused(void **state)
{
    static const char *const regions[] = {"us-east-1"};
    struct fixture *f = *state;
    struct folder other;
    struct tls *foreign;

    folder_make(&other);
    make_certificates(&other, regions, 1);
    foreign = links_tls(&other, "us-east-1");
    listen_with(f, f->west, 0, 0);
    /* The dialler is the first to see a certificate of a CA that it does not know. */
    dialler_is_refused(f, foreign, "certificate", "the peer refuses this Region: unknown CA");
    still_works(f);
    tls_free(foreign);
    folder_remove(&other);
}

static void a_dialler_of_another_authority_is_refused(void **state)
{
    static const char *const regions[] = {"us-east-1"};
    struct fixture *f = *state;
    char ca[PATH_BYTES];
    struct folder other;
    struct tls *foreign;

    folder_make(&other);
    make_certificates(&other, regions, 1);
    foreign = links_tls(&other, "us-east-1");
    /* It trusts our CA too, so the listener is who refuses. */
    assert_int_equal(
        SSL_CTX_load_verify_file(foreign->context, folder_path(&f->folder, "ca.pem", ca)), 1);
    listen_with(f, f->west, 0, 0);
    dialler_is_refused(f, foreign, "the peer refuses this Region: unknown CA", "certificate");
    still_works(f);
    tls_free(foreign);
    folder_remove(&other);
}

static void an_expired_certificate_is_refused_by_both_sides(void **state)
{
    struct fixture *f = *state;
    struct tls *expired;
    struct end end = {.plan = PLAN_NONE};

    forge_certificate(&f->folder, "us-east-1", "DNS:us-east-1.tropic", -1);
    expired = links_tls(&f->folder, "us-east-1");
    listen_with(f, f->west, 0, 0);
    dialler_is_refused(f, expired, "the peer refuses this Region: certificate expired",
                       "certificate has expired");
    strand_call(f->listening, unlisten_on_strand, f);

    listen_with(f, expired, 0, 0);
    dial(f, &end, f->west);
    WAIT(f, end.closed);
    assert_int_equal(end.status, ST_REFUSED);
    assert_string_equal(end.reason, "certificate: certificate has expired");
    end_release(&end);
    strand_call(f->listening, unlisten_on_strand, f);
    tls_free(expired);
}

static void a_certificate_of_no_region_is_refused_by_both_sides(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE}, west = east;
    struct tls *nameless = links_tls(&f->folder, "us-east-1");
    X509 *certificate;

    forge_certificate(&f->folder, "us-east-1", "DNS:www.example", 10);
    certificate = read_certificate(&f->folder, "us-east-1.pem");
    assert_int_equal(SSL_CTX_use_certificate(nameless->context, certificate), 1);
    X509_free(certificate);

    listen_with(f, f->west, 0, 0);
    dial(f, &east, nameless);
    WAIT(f, east.closed && log_says(f, "names no Region"));
    assert_int_equal(f->accepted_count, 0);
    end_release(&east);
    strand_call(f->listening, unlisten_on_strand, f);

    listen_with(f, nameless, 0, 0);
    dial(f, &west, f->west);
    WAIT(f, west.closed);
    assert_false(west.opened);
    assert_int_equal(west.status, ST_REFUSED);
    assert_non_null(strstr(west.reason, "names no Region"));
    end_release(&west);
    strand_call(f->listening, unlisten_on_strand, f);
    tls_free(nameless);
}

static void no_certificate_is_refused(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct fixture *f = *state;
    char ca[PATH_BYTES];
    struct tls *client = NULL;

    listen_with(f, f->west, 0, 0);
    assert_int_equal(tls_client_new(folder_path(&f->folder, "ca.pem", ca), &client, NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(versions); i++) {
        SSL *ssl = raw_tls(raw_connect(f->port), client);
        char byte;

        SSL_set_max_proto_version(ssl, versions[i]);
        if (SSL_connect(ssl) == 1) /* TLS 1.3: the refusal comes afterwards */
            assert_true(SSL_read(ssl, &byte, 1) <= 0);
        raw_free(ssl);
    }
    WAIT(f, log_says(f, "peer did not return a certificate"));
    assert_int_equal(f->accepted_count, 0);
    still_works(f);
    tls_free(client);
}

static void old_versions_are_refused(void **state)
{
    struct fixture *f = *state;
    SSL *ssl;

    listen_with(f, f->west, 0, 0);
    ssl = raw_tls(raw_connect(f->port), f->east);
    SSL_set_min_proto_version(ssl, TLS1_VERSION);
    SSL_set_max_proto_version(ssl, TLS1_1_VERSION);
    SSL_set_cipher_list(ssl, "ALL:@SECLEVEL=0");
    assert_int_not_equal(SSL_connect(ssl), 1);
    raw_free(ssl);
    WAIT(f, log_says(f, "unsupported protocol"));
    still_works(f);
}

/* ---- nonsense ---- */

static void nonsense_instead_of_a_handshake(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } nonsense[] = {
        {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27},
        {"\0\0\0\5hello", 9},
        {"\x16\x03\x01\xff\xff", 5},                 /* a record longer than any */
        {"\x16\x03\x01\x00\x05\x01\x00\x00\x00", 9}, /* half a record */
        {"\x16\x03\x01\x00\x04\x01\x00\x00\x00", 9}, /* an empty hello */
        {"\x15\x03\x01\x00\x02\x02\x28", 7},         /* an alert */
        {"", 0},
    };
    struct fixture *f = *state;

    listen_with(f, f->west, 0, 0);
    for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
        int fd = raw_connect(f->port);

        assert_int_equal(send(fd, nonsense[i].bytes, nonsense[i].len, MSG_NOSIGNAL),
                         (int)nonsense[i].len);
        shutdown(fd, SHUT_WR);
        raw_ended(fd);
    }
    for (size_t i = 0; i < ARRAY_LEN(nonsense); i++) {
        int fd = raw_connect(f->port);

        send(fd, nonsense[i].bytes, nonsense[i].len, MSG_NOSIGNAL);
        raw_reset(fd);
    }
    assert_int_equal(f->accepted_count, 0);
    still_works(f);
}

/** Takes one connection, sends the bytes, and ends it. */
static void answer_with(int listen_fd, const char *bytes, size_t len, bool reset)
{
    int fd = accept(listen_fd, NULL, NULL);
    char hello[64];

    assert_true(fd >= 0);
    assert_true(recv(fd, hello, sizeof(hello), 0) > 0);
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (int)len);
    if (reset) {
        raw_reset(fd);
    } else {
        shutdown(fd, SHUT_WR);
        raw_ended(fd);
    }
}

static void nonsense_from_who_was_dialled(void **state)
{
    struct fixture *f = *state;
    uint16_t port;
    int fd = raw_listen(&port);
    struct end http = {.plan = PLAN_NONE}, silent = http, reset = http;

    dial_to(f, &http, f->east, "127.0.0.1", port);
    answer_with(fd, "HTTP/1.1 400 Bad Request\r\n\r\n", 28, false);
    WAIT(f, http.closed);
    assert_int_equal(http.status, ST_REFUSED);
    assert_string_equal(http.reason, "TLS: wrong version number");
    end_release(&http);

    dial_to(f, &silent, f->east, "127.0.0.1", port);
    answer_with(fd, "", 0, false);
    WAIT(f, silent.closed);
    assert_int_equal(silent.status, ST_IO);
    assert_string_equal(silent.reason, "the peer closed the connection during the handshake");
    end_release(&silent);

    dial_to(f, &reset, f->east, "127.0.0.1", port);
    answer_with(fd, "", 0, true);
    WAIT(f, reset.closed);
    assert_int_equal(reset.status, ST_IO);
    assert_false(reset.opened);
    end_release(&reset);
    close(fd);
}

static void nonsense_instead_of_a_record(void **state)
{
    struct fixture *f = *state;
    SSL *ssl;

    listen_with(f, f->west, 0, 0);
    ssl = raw_link(f, TLS1_3_VERSION);
    raw_write(ssl, "\0\0\0\1x", 5);
    WAIT(f, f->accepted[0].frames == 1);
    assert_int_equal(send(SSL_get_fd(ssl), "\x17\x03\x03\x00\x20 not what was encrypted, is it?",
                          37, MSG_NOSIGNAL),
                     37);
    WAIT(f, f->accepted[0].closed);
    assert_int_equal(f->accepted[0].status, ST_IO);
    assert_int_equal(f->accepted[0].frames, 1);
    raw_free(ssl);
    still_works(f);
}

static void a_frame_that_is_too_long_ends_the_link(void **state)
{
    static const uint8_t head[] = {1, 0, 0, 1}, most[] = {255, 255, 255, 255};
    struct fixture *f = *state;
    SSL *ssl;

    listen_with(f, f->west, 0, 0);
    ssl = raw_link(f, TLS1_3_VERSION);
    raw_write(ssl, "\0\0\0\2ok", 6);
    raw_write(ssl, head, sizeof(head));
    WAIT(f, f->accepted[0].closed);
    assert_int_equal(f->accepted[0].status, ST_CORRUPT);
    assert_string_equal(f->accepted[0].reason, "a frame is longer than 16777216 bytes");
    assert_int_equal(f->accepted[0].frames, 1);
    raw_free(ssl);

    ssl = raw_link(f, TLS1_3_VERSION);
    raw_write(ssl, most, sizeof(most));
    WAIT(f, f->accepted[1].closed);
    assert_int_equal(f->accepted[1].status, ST_CORRUPT);
    raw_free(ssl);
    still_works(f);
}

static void frames_in_pieces(void **state)
{
    static const uint8_t bytes[] = "\0\0\0\0\0\0\0\1x\0\0\0\5hello\0\0\0";
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct fixture *f = *state;

    listen_with(f, f->west, 0, 0);
    for (unsigned v = 0; v < ARRAY_LEN(versions); v++) {
        SSL *ssl = raw_link(f, versions[v]);

        for (size_t i = 0; i < sizeof(bytes) - 1; i++)
            raw_write(ssl, bytes + i, 1);
        WAIT(f, f->accepted[v].frames == 3);
        assert_int_equal(f->accepted[v].bytes, 6);
        assert_true(slice_eq_str(buf_slice(&f->accepted[v].last), "hello"));
        SSL_shutdown(ssl); /* in order, but inside a frame */
        WAIT(f, f->accepted[v].closed);
        assert_int_equal(f->accepted[v].status, ST_IO);
        raw_free(ssl);
    }
}

static void how_a_link_ends(void **state)
{
    struct fixture *f = *state;
    SSL *ssl;

    listen_with(f, f->west, 0, 0);
    ssl = raw_link(f, TLS1_3_VERSION);
    SSL_shutdown(ssl);
    WAIT(f, f->accepted[0].closed);
    assert_int_equal(f->accepted[0].status, ST_CLOSED);
    raw_free(ssl);

    ssl = raw_link(f, TLS1_3_VERSION);
    shutdown(SSL_get_fd(ssl), SHUT_WR); /* anybody on the way could do that */
    WAIT(f, f->accepted[1].closed);
    assert_int_equal(f->accepted[1].status, ST_IO);
    raw_free(ssl);

    ssl = raw_link(f, TLS1_3_VERSION);
    raw_reset(SSL_get_fd(ssl));
    WAIT(f, f->accepted[2].closed);
    assert_int_equal(f->accepted[2].status, ST_IO);
    SSL_free(ssl);
    still_works(f);
}

static void frames_of_one_turn_share_a_record(void **state)
{
    enum { FRAMES = 1000 };
    struct fixture *f = *state;
    struct send_call call = {.header = SLICE("12345678"), .times = FRAMES};
    uint8_t record[16 * 1024];
    SSL *ssl;

    listen_with(f, f->west, 0, 0);
    ssl = raw_link(f, TLS1_3_VERSION);
    call.end = &f->accepted[0];
    strand_call(f->listening, send_on_strand, &call);
    assert_int_equal(call.queued, FRAMES * 12);
    assert_int_equal(SSL_read(ssl, record, sizeof(record)), FRAMES * 12);
    assert_int_equal(record[3], 8);
    assert_memory_equal(record + FRAMES * 12 - 8, "12345678", 8);
    raw_free(ssl);
}

static void keys_may_be_renewed(void **state)
{
    struct fixture *f = *state;
    SSL *ssl;
    char bytes[8];

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_ECHO;
    ssl = raw_link(f, TLS1_3_VERSION);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED), 1);
        raw_write(ssl, "\0\0\0\4ping", 8);
        assert_int_equal(SSL_read(ssl, bytes, sizeof(bytes)), 8);
        assert_memory_equal(bytes + 4, "ping", 4);
    }
    raw_free(ssl);
}

/** Each connection has to show its certificate, which may have expired since the last one. */
static void a_session_is_not_resumed(void **state)
{
    struct fixture *f = *state;
    SSL_SESSION *session;
    SSL *ssl;
    char bytes[8];

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_ECHO;
    ssl = raw_link(f, TLS1_3_VERSION);
    raw_write(ssl, "\0\0\0\4ping", 8);
    assert_int_equal(SSL_read(ssl, bytes, sizeof(bytes)), 8);
    session = SSL_get1_session(ssl);
    assert_true(SSL_SESSION_is_resumable(session));
    SSL_shutdown(ssl);
    raw_free(ssl);

    ssl = raw_tls(raw_connect(f->port), f->east);
    assert_int_equal(SSL_set_session(ssl, session), 1);
    if (SSL_connect(ssl) == 1) /* not refused: then it is a new one */
        assert_false(SSL_session_reused(ssl));
    raw_free(ssl);
    SSL_SESSION_free(session);
    still_works(f);
}

/* ---- those who do nothing ---- */

static void a_handshake_that_does_not_go_on_is_ended(void **state)
{
    struct fixture *f = *state;
    int silent, half;

    listen_with(f, f->west, 0, 1);
    silent = raw_connect(f->port);
    raw_ended(silent);
    half = raw_connect(f->port);
    send(half, "\x16\x03\x01", 3, MSG_NOSIGNAL);
    raw_ended(half);
    WAIT(f, log_says(f, "closed a connection from 127.0.0.1: the handshake was not finished"));
}

static void strangers_do_not_keep_peers_out(void **state)
{
    enum { STRANGERS = 100 };
    struct fixture *f = *state;
    int fds[STRANGERS];

    listen_with(f, f->west, 16, 0);
    for (int i = 0; i < STRANGERS; i++)
        fds[i] = raw_connect(f->port);
    still_works(f);
    raw_ended(fds[0]); /* the oldest had to go */
    for (int i = 1; i < STRANGERS; i++)
        close(fds[i]);
    WAIT(f, log_says(f, "too many unfinished handshakes"));
}

static void there_are_no_more_sockets_than_allowed(void **state)
{
    struct fixture *f = *state;
    struct end first = {.plan = PLAN_NONE}, second = first, third = first, fourth = first;

    listen_with(f, f->west, 2, 0);
    dial(f, &first, f->east);
    WAIT(f, f->accepted_count == 1);
    dial(f, &second, f->east);
    WAIT(f, f->accepted_count == 2);
    dial(f, &third, f->east);
    WAIT(f, third.closed);
    assert_false(third.opened);
    assert_int_equal(third.status, ST_IO);
    WAIT(f, log_says(f, "too many connections"));

    strand_call(f->listening, close_on_strand, &f->accepted[0]); /* that makes room for one */
    dial(f, &fourth, f->east);
    WAIT(f, f->accepted_count == 3 && fourth.opened);
    end_release(&first);
    end_release(&second);
    end_release(&third);
    end_release(&fourth);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_peer_of_another_authority_is_refused),
        TEST(a_dialler_of_another_authority_is_refused),
        TEST(an_expired_certificate_is_refused_by_both_sides),
        TEST(a_certificate_of_no_region_is_refused_by_both_sides),
        TEST(no_certificate_is_refused),
        TEST(old_versions_are_refused),
        TEST(nonsense_instead_of_a_handshake),
        TEST(nonsense_from_who_was_dialled),
        TEST(nonsense_instead_of_a_record),
        TEST(a_frame_that_is_too_long_ends_the_link),
        TEST(frames_in_pieces),
        TEST(how_a_link_ends),
        TEST(frames_of_one_turn_share_a_record),
        TEST(keys_may_be_renewed),
        TEST(a_session_is_not_resumed),
        TEST(a_handshake_that_does_not_go_on_is_ended),
        TEST(strangers_do_not_keep_peers_out),
        TEST(there_are_no_more_sockets_than_allowed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
