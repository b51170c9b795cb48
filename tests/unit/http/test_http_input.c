/*
 * test_http_input.c - from bytes to requests, without a socket: framing, limits, what is refused.
 *
 * A case gives the bytes of a connection and what must come out, as text: one line per request
 * ("POST /path?query 5 body"), and "refused 400" at the end when the connection is refused. Each
 * case runs cut at every single position, and byte by byte: the network may not change the outcome.
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
#include <zlib.h>

#include "http/http_input.h"

/* ---- feeding ---- */

static void note_request(struct buf *out, const struct http_exchange *exchange)
{
    const struct http_request *request = &exchange->request;

    buf_printf(out, "%.*s %.*s", SLICE_ARGS(request->method), SLICE_ARGS(request->path));
    if (request->query.ptr != NULL)
        buf_printf(out, "?%.*s", SLICE_ARGS(request->query));
    buf_printf(out, " %zu", request->body.len);
    if (request->body.len > 0 && request->body.len < 100)
        buf_printf(out, " %.*s", SLICE_ARGS(request->body));
    if (!exchange->framing.keep_alive)
        buf_append_str(out, " close");
    buf_append_str(out, "\n");
}

struct feed {
    struct http_pool pool;
    struct http_input input;
    struct buf out;
    bool refused;
};

static void feed_init(struct feed *feed)
{
    memset(feed, 0, sizeof(*feed));
    feed->pool.random[0] = 1;
    http_input__init(&feed->input, &feed->pool);
}

static void feed_release(struct feed *feed)
{
    http_input__release(&feed->input);
    http_pool__release(&feed->pool);
    buf_release(&feed->out);
}

/** Feeds bytes as one piece from the network. */
static void feed_piece(struct feed *feed, struct slice piece)
{
    while (piece.len > 0 && !feed->refused) {
        struct http_exchange *exchange;
        uint8_t *space;
        size_t cap;
        int rc;

        assert_int_equal(http_input__space(&feed->input, &space, &cap), 0);
        if (cap > piece.len)
            cap = piece.len;
        memcpy(space, piece.ptr, cap);
        http_input__received(&feed->input, cap);
        piece = slice_skip(piece, cap);
        while ((rc = http_input__next(&feed->input, &exchange)) == 1) {
            note_request(&feed->out, exchange);
            http_pool__exchange_free(&feed->pool, exchange);
        }
        if (rc < 0) {
            buf_printf(&feed->out, "refused %d\n", feed->input.status);
            feed->refused = true;
        }
    }
}

static void assert_out(struct feed *feed, const char *expected)
{
    buf_append_u8(&feed->out, 0);
    assert_string_equal((char *)feed->out.ptr, expected);
}

static void check(struct slice bytes, const char *expected)
{
    for (size_t cut = 0; cut <= bytes.len; cut++) {
        struct feed feed;

        feed_init(&feed);
        feed_piece(&feed, slice_of(bytes.ptr, cut));
        feed_piece(&feed, slice_skip(bytes, cut));
        assert_out(&feed, expected);
        feed_release(&feed);
    }
    {
        struct feed feed;

        feed_init(&feed);
        for (size_t i = 0; i < bytes.len; i++)
            feed_piece(&feed, slice_of(bytes.ptr + i, 1));
        assert_out(&feed, expected);
        feed_release(&feed);
    }
}

static void check_text(const char *bytes, const char *expected)
{
    check(slice_str(bytes), expected);
}

/* ---- what is taken ---- */

static void plain_requests_are_taken(void **state)
{
    (void)state;
    check_text("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0\n");
    check_text("POST /p/q?x=1&y HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\nhello",
               "POST /p/q?x=1&y 5 hello\n");
    check_text("GET /? HTTP/1.1\r\nHost: a\r\n\r\n", "GET /? 0\n");
    check_text("GET http://a:80/p?q HTTP/1.1\r\nHost: a\r\n\r\n", "GET /p?q 0\n");
    check_text("GET https://a HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0\n");
    check_text("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * 0\n");
    check_text("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / 0\n");
}

static void keep_alive_follows_version_and_header(void **state)
{
    (void)state;
    check_text("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "GET / 0 close\n");
    check_text("GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", "GET / 0 close\n");
    check_text("GET / HTTP/1.0\r\n\r\n", "GET / 0 close\n");
    check_text("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "GET / 0\n");
}

static void an_offered_upgrade_is_not_taken(void **state)
{
    (void)state;
    check_text(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / 0\nGET /2 0\n");
    check_text("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
               "Content-Length: 2\r\n\r\nhi",
               "POST / 2 hi\n");
}

static void pipelined_requests_come_in_order(void **state)
{
    (void)state;
    check_text(
        "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nA"
        "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n\r\n"
        "POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nC\r\n0\r\n\r\n"
        "GET /4 HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /1 1 A\nGET /2 0\nPOST /3 1 C\nGET /4 0\n");
}

static void chunked_bodies_are_joined(void **state)
{
    (void)state;
    check_text("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
               "5\r\nhello\r\n1;name=value\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n",
               "POST / 11 hello world\n");
    check_text("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
               "POST / 0\n");
}

static void headers_are_found_in_any_case_and_trimmed(void **state)
{
    static const char bytes[] =
        "GET / HTTP/1.1\r\nHost: a\r\nX-One: \t first \t\r\nx-one: second\r\n"
        "X-Empty:\r\nX-High: \xc3\xa9\r\n\r\n";
    struct http_exchange *exchange;
    struct feed feed;
    uint8_t *space;
    size_t cap;

    (void)state;
    feed_init(&feed);
    assert_int_equal(http_input__space(&feed.input, &space, &cap), 0);
    memcpy(space, bytes, sizeof(bytes) - 1);
    http_input__received(&feed.input, sizeof(bytes) - 1);
    assert_int_equal(http_input__next(&feed.input, &exchange), 1);
    assert_true(slice_eq_str(http_request_header(&exchange->request, "x-oNE"), "first"));
    assert_true(slice_eq_str(http_request_header(&exchange->request, "X-High"), "\xc3\xa9"));
    assert_int_equal(http_request_header(&exchange->request, "X-Empty").len, 0);
    assert_non_null(http_request_header(&exchange->request, "X-Empty").ptr);
    assert_null(http_request_header(&exchange->request, "X-None").ptr);
    assert_int_equal(exchange->request.header_count, 5);
    assert_int_equal(strspn(exchange->request.id, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
                     HTTP_REQUEST_ID_LEN);
    assert_int_equal(strlen(exchange->request.id), HTTP_REQUEST_ID_LEN);
    http_pool__exchange_free(&feed.pool, exchange);
    feed_release(&feed);
}

/* ---- what is refused ---- */

static void ambiguous_framing_is_refused(void **state)
{
    static const char *const heads[] = {
        "Content-Length: 3\r\nContent-Length: 3\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\n",
        "Content-Length: 3, 3\r\n",
        "Content-Length: +3\r\n",
        "Content-Length: -3\r\n",
        "Content-Length: 0x3\r\n",
        "Content-Length:\r\n",
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: 18446744073709551619\r\n",
        "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: gzip\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding:\r\n",
        "Content-Length : 3\r\n",
        "Content-Length\t: 3\r\n",
        "X: a\r\n folded\r\n",
        "X: a\r\n\tfolded\r\n",
        " X: a\r\n",
        "X: a\nContent-Length: 3\r\n",
        "X: a\rContent-Length: 3\r\n",
        "X: a\x01\r\n",
        "X: a\x7f\r\n",
        "X\r\n",
        ": a\r\n",
        "X(: a\r\n",
        "Host: b\r\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
        struct buf bytes = BUF_EMPTY;
        struct feed feed;

        buf_printf(&bytes,
                   "POST / HTTP/1.1\r\nHost: a\r\n%s\r\nabcGET /smuggled HTTP/1.1\r\n"
                   "Host: a\r\n\r\n",
                   heads[i]);
        for (size_t cut = 0; cut <= bytes.len; cut++) {
            feed_init(&feed);
            feed_piece(&feed, slice_of(bytes.ptr, cut));
            feed_piece(&feed, slice_skip(buf_slice(&bytes), cut));
            buf_append_u8(&feed.out, 0);
            /* The very first request is refused: nothing was taken. */
            if (strncmp((char *)feed.out.ptr, "refused ", 8) != 0)
                fail_msg("taken: %s at cut %zu: %s", heads[i], cut, (char *)feed.out.ptr);
            feed_release(&feed);
        }
        buf_release(&bytes);
    }
}

static void a_nul_byte_is_refused(void **state)
{
    (void)state;
    check(SLICE("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"), "refused 400\n");
    check(SLICE("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), "refused 400\n");
}

static void malformed_request_lines_are_refused(void **state)
{
    (void)state;
    check_text("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "refused 505\n");
    check_text("GET /\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("GET /\x80 HTTP/1.1\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("GET x HTTP/1.1\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("GET * HTTP/1.1\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("GET / HTTP/1.1\r\n\r\n", "refused 400\n"); /* no Host */
    check_text("GET / HTTP/1.1\nHost: a\n\n", "refused 400\n");
    check_text("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "refused 400\n");
    check_text("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "refused 405\n");
    check_text("BREW / HTTP/1.1\r\nHost: a\r\n\r\n", "refused 501\n");
    check_text("GET / HTTP/2.0\r\nHost: a\r\n\r\n", "refused 505\n");
    check_text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "refused 505\n");
    check_text("GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n", "refused 417\n");
    check_text("GET / HTTP/1.1\r\nHost: a\r\nContent-Encoding: br\r\n\r\n", "refused 415\n");
    check_text("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "refused 400\n");
}

static void malformed_chunks_are_refused(void **state)
{
    static const char *const bodies[] = {
        "5\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "\r\nhello",
        "ffffffffffffffffff\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "5\r\nhello\r\n0\r\nX : y\r\n\r\n",
        "5\r\nhello\r\n0\r\n\n",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct buf bytes = BUF_EMPTY;

        buf_printf(&bytes, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n%s",
                   bodies[i]);
        check(buf_slice(&bytes), "refused 400\n");
        buf_release(&bytes);
    }
}

/* ---- limits ---- */

/** Feeds a head made of `fill` repeated; returns the status with which it is refused, 0: taken. */
static int status_of(struct buf *bytes)
{
    struct feed feed;
    int status;

    feed_init(&feed);
    for (size_t at = 0; at < bytes->len; at += 1000)
        feed_piece(&feed,
                   slice_of(bytes->ptr + at, bytes->len - at < 1000 ? bytes->len - at : 1000));
    status = feed.refused ? feed.input.status : 0;
    if (!feed.refused)
        assert_true(http_input__is_idle(&feed.input));
    feed_release(&feed);
    buf_release(bytes);
    return status;
}

static void append_fill(struct buf *bytes, char c, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_append_u8(bytes, (uint8_t)c);
}

static int status_of_target(size_t len)
{
    struct buf bytes = BUF_EMPTY;

    buf_append_str(&bytes, "GET /");
    append_fill(&bytes, 'x', len - 1);
    buf_append_str(&bytes, " HTTP/1.1\r\nHost: a\r\n\r\n");
    return status_of(&bytes);
}

static int status_of_head(size_t len)
{
    static const char start[] = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    struct buf bytes = BUF_EMPTY;

    buf_append_str(&bytes, start);
    append_fill(&bytes, 'x', len - (sizeof(start) - 1) - 4);
    buf_append_str(&bytes, "\r\n\r\n");
    assert_int_equal(bytes.len, len);
    return status_of(&bytes);
}

static int status_of_headers(size_t count)
{
    struct buf bytes = BUF_EMPTY;

    buf_append_str(&bytes, "GET / HTTP/1.1\r\nHost: a\r\n");
    for (size_t i = 1; i < count; i++)
        buf_append_str(&bytes, "X: y\r\n");
    buf_append_str(&bytes, "\r\n");
    return status_of(&bytes);
}

static void the_limits_of_a_head_are_exact(void **state)
{
    (void)state;
    assert_int_equal(status_of_target(HTTP_TARGET_BYTES_MAX), 0);
    assert_int_equal(status_of_target(HTTP_TARGET_BYTES_MAX + 1), 414);
    assert_int_equal(status_of_target(HTTP_HEAD_BYTES_MAX * 2), 414);
    assert_int_equal(status_of_head(HTTP_HEAD_BYTES_MAX), 0);
    assert_int_equal(status_of_head(HTTP_HEAD_BYTES_MAX + 1), 431);
    assert_int_equal(status_of_head(HTTP_HEAD_BYTES_MAX * 4), 431);
    assert_int_equal(status_of_headers(HTTP_HEADERS_MAX), 0);
    assert_int_equal(status_of_headers(HTTP_HEADERS_MAX + 1), 431);
}

static int status_of_body(size_t len, bool chunked)
{
    struct buf bytes = BUF_EMPTY;

    buf_append_str(&bytes, "POST / HTTP/1.1\r\nHost: a\r\n");
    if (chunked)
        buf_printf(&bytes, "Transfer-Encoding: chunked\r\n\r\n%zx\r\n", len);
    else
        buf_printf(&bytes, "Content-Length: %zu\r\n\r\n", len);
    buf_reserve(&bytes, len);
    memset(bytes.ptr + bytes.len, 'x', len);
    bytes.len += len;
    if (chunked)
        buf_append_str(&bytes, "\r\n0\r\n\r\n");
    return status_of(&bytes);
}

static void the_limit_of_a_body_is_exact(void **state)
{
    (void)state;
    assert_int_equal(status_of_body(HTTP_BODY_BYTES_MAX, false), 0);
    assert_int_equal(status_of_body(HTTP_BODY_BYTES_MAX + 1, false), 413);
    assert_int_equal(status_of_body(HTTP_BODY_BYTES_MAX, true), 0);
    assert_int_equal(status_of_body(HTTP_BODY_BYTES_MAX + 1, true), 413);
}

static void trailers_and_chunk_extensions_are_bounded(void **state)
{
    struct buf bytes = BUF_EMPTY;

    (void)state;
    buf_append_str(&bytes, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n");
    for (int i = 0; i < 40; i++) {
        buf_append_str(&bytes, "X: ");
        append_fill(&bytes, 'y', 1000);
        buf_append_str(&bytes, "\r\n");
    }
    assert_int_equal(status_of(&bytes), 431);
    buf_append_str(&bytes, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;");
    append_fill(&bytes, 'y', 40 * 1000);
    assert_int_equal(status_of(&bytes), 431);
}

static void bodies_of_all_sizes_arrive_whole_wherever_they_are_cut(void **state)
{
    static const size_t sizes[] = {1,
                                   100,
                                   HTTP_BLOCK_BYTES - 100,
                                   HTTP_BLOCK_BYTES - 45,
                                   HTTP_BLOCK_BYTES,
                                   HTTP_BLOCK_BYTES + 1,
                                   100000};
    static const size_t pieces[] = {1, 7, 999, HTTP_BLOCK_BYTES, 1000000};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++)
        for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
            struct buf bytes = BUF_EMPTY, expected = BUF_EMPTY;
            struct feed feed;

            for (int n = 0; n < 3; n++) {
                buf_printf(&bytes, "POST /%d HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", n,
                           sizes[i]);
                append_fill(&bytes, (char)('a' + n), sizes[i]);
                buf_printf(&expected, "POST /%d %zu", n, sizes[i]);
                if (sizes[i] < 100)
                    buf_printf(&expected, " %c", 'a' + n);
                buf_append_str(&expected, "\n");
            }
            buf_append_u8(&expected, 0);
            feed_init(&feed);
            for (size_t at = 0; at < bytes.len; at += pieces[k])
                feed_piece(&feed,
                           slice_of(bytes.ptr + at,
                                    bytes.len - at < pieces[k] ? bytes.len - at : pieces[k]));
            assert_out(&feed, (char *)expected.ptr);
            feed_release(&feed);
            buf_release(&bytes);
            buf_release(&expected);
        }
}

static void the_memory_of_all_bodies_is_bounded(void **state)
{
    enum { CONNECTIONS = HTTP_BODIES_BYTES_MAX / HTTP_BODY_BYTES_MAX + 1 };
    static const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777216\r\n\r\n";
    struct http_input inputs[CONNECTIONS];
    struct http_pool pool = {.random = {1}};
    int refused = 0;

    (void)state;
    for (int i = 0; i < CONNECTIONS && refused == 0; i++) {
        struct http_exchange *exchange;
        size_t left = HTTP_BODY_BYTES_MAX - 1; /* none is ever complete */
        uint8_t *space;
        size_t cap;

        http_input__init(&inputs[i], &pool);
        assert_int_equal(http_input__space(&inputs[i], &space, &cap), 0);
        memcpy(space, head, sizeof(head) - 1);
        http_input__received(&inputs[i], sizeof(head) - 1);
        while (http_input__next(&inputs[i], &exchange) == 0 && left > 0) {
            assert_int_equal(http_input__space(&inputs[i], &space, &cap), 0);
            cap = cap < left ? cap : left;
            http_input__received(&inputs[i], cap); /* the bytes do not matter */
            left -= cap;
        }
        refused = inputs[i].status;
    }
    assert_int_equal(refused, 503);
    assert_true(pool.body_bytes <= HTTP_BODIES_BYTES_MAX);
    for (int i = 0; i < CONNECTIONS; i++)
        http_input__release(&inputs[i]);
    assert_int_equal(pool.body_bytes, 0);
    http_pool__release(&pool);
}

/* ---- gzip ---- */

static struct buf gzip(size_t len, char fill)
{
    struct buf packed = BUF_EMPTY;
    uint8_t *plain = malloc(len);
    z_stream stream = {.next_in = plain, .avail_in = (uInt)len};

    memset(plain, fill, len);
    assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 9, Z_DEFAULT_STRATEGY),
                     0);
    buf_reserve(&packed, deflateBound(&stream, len));
    stream.next_out = packed.ptr;
    stream.avail_out = (uInt)packed.cap;
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed.len = stream.total_out;
    deflateEnd(&stream);
    free(plain);
    return packed;
}

static void check_gzip(struct slice packed, const char *expected)
{
    struct buf bytes = BUF_EMPTY;
    struct feed feed;

    buf_printf(&bytes,
               "POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\n"
               "Content-Length: %zu\r\n\r\n",
               packed.len);
    buf_append_slice(&bytes, packed);
    feed_init(&feed);
    feed_piece(&feed, buf_slice(&bytes));
    assert_out(&feed, expected);
    feed_release(&feed);
    buf_release(&bytes);
}

static void gzip_bodies_are_unpacked_within_the_limit(void **state)
{
    struct buf packed = gzip(5, 'g');

    (void)state;
    check_gzip(buf_slice(&packed), "POST / 5 ggggg\n");
    check_gzip(slice_of(packed.ptr, packed.len - 1), "refused 400\n"); /* cut */
    packed.ptr[packed.len - 5] ^= 1;                                   /* checksum */
    check_gzip(buf_slice(&packed), "refused 400\n");
    packed.ptr[packed.len - 5] ^= 1;
    buf_append_str(&packed, "x"); /* something after the end */
    check_gzip(buf_slice(&packed), "refused 400\n");
    check_gzip(SLICE("not gzip"), "refused 400\n");
    check_gzip(SLICE_EMPTY, "POST / 0\n");
    buf_release(&packed);
    packed = gzip(HTTP_BODY_BYTES_MAX, 'x');
    check_gzip(buf_slice(&packed), "POST / 16777216\n");
    buf_release(&packed);
    packed = gzip(HTTP_BODY_BYTES_MAX + 1, 'x'); /* 16 KB that want to be 16 MB and a byte */
    check_gzip(buf_slice(&packed), "refused 413\n");
    buf_release(&packed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests_are_taken),
        cmocka_unit_test(keep_alive_follows_version_and_header),
        cmocka_unit_test(an_offered_upgrade_is_not_taken),
        cmocka_unit_test(pipelined_requests_come_in_order),
        cmocka_unit_test(chunked_bodies_are_joined),
        cmocka_unit_test(headers_are_found_in_any_case_and_trimmed),
        cmocka_unit_test(ambiguous_framing_is_refused),
        cmocka_unit_test(a_nul_byte_is_refused),
        cmocka_unit_test(malformed_request_lines_are_refused),
        cmocka_unit_test(malformed_chunks_are_refused),
        cmocka_unit_test(the_limits_of_a_head_are_exact),
        cmocka_unit_test(the_limit_of_a_body_is_exact),
        cmocka_unit_test(trailers_and_chunk_extensions_are_bounded),
        cmocka_unit_test(bodies_of_all_sizes_arrive_whole_wherever_they_are_cut),
        cmocka_unit_test(the_memory_of_all_bodies_is_bounded),
        cmocka_unit_test(gzip_bodies_are_unpacked_within_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
