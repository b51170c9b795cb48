/*
 * http_head.c - request heads and chunked bodies, with llhttp doing the grammar.
 *
 * llhttp (strict) checks tokens, methods, versions, header bytes, Content-Length as a number, and
 * the framing of chunks. Added here, because two servers that read one message differently are how
 * requests are smuggled: each line must end in CR LF, no line may start with white space
 * (obs-fold), exactly one space on either side of the target, at most one Content-Length and one
 * Host, no Transfer-Encoding but "chunked" and none beside Content-Length or in HTTP/1.0. And the
 * limits.
 *
 * Source: RFC 9112, sections 2.2, 3, 5 and 6.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http_head.h"

#include <string.h>

/* ---- where a head ends ---- */

/** The status of a head that is too long before its end is known. */
static int scan_too_long(const struct http_scan *scan, struct slice bytes)
{
    enum { METHOD_AND_VERSION_MAX = 64 };

    if (scan->lines == 0 && bytes.len > HTTP_TARGET_BYTES_MAX + METHOD_AND_VERSION_MAX)
        return 414;
    if (scan->lines > HTTP_HEADERS_MAX + 1 || bytes.len >= HTTP_HEAD_BYTES_MAX)
        return 431;
    return 0;
}

int http_head__scan(struct http_scan *scan, struct slice bytes)
{
    for (;;) {
        const uint8_t *end;
        size_t newline;

        if (scan->at >= bytes.len)
            return -scan_too_long(scan, bytes);
        end = memchr(bytes.ptr + scan->at, '\n', bytes.len - scan->at);
        if (end == NULL) {
            scan->at = bytes.len;
            return -scan_too_long(scan, bytes);
        }
        newline = (size_t)(end - bytes.ptr);
        if (newline == scan->line || bytes.ptr[newline - 1] != '\r')
            return -400; /* a line feed alone */
        if (newline + 1 > HTTP_HEAD_BYTES_MAX)
            return -431;
        if (newline - 1 == scan->line) { /* an empty line */
            if (scan->lines == 0)
                return -400; /* the caller has skipped those before a request line */
            return (int)(newline + 1);
        }
        if (scan->lines > 0 && (bytes.ptr[scan->line] == ' ' || bytes.ptr[scan->line] == '\t'))
            return -400; /* a folded line */
        scan->line = scan->at = newline + 1;
        scan->lines++;
        if (scan->lines > HTTP_HEADERS_MAX + 1)
            return -431;
    }
}

/* ---- the grammar ---- */

/* What llhttp's callbacks fill in; parser->data. */
struct head_reader {
    struct http_exchange *exchange;
    struct http_chunks *chunks;
    bool too_many;
};

static int on_method(llhttp_t *parser, const char *at, size_t len)
{
    struct head_reader *reader = parser->data;

    reader->exchange->request.method = slice_of(at, len);
    return 0;
}

static int on_url(llhttp_t *parser, const char *at, size_t len)
{
    struct head_reader *reader = parser->data;

    reader->exchange->request.target = slice_of(at, len);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
    struct head_reader *reader = parser->data;
    struct http_request *request;

    if (reader->chunks != NULL) { /* a trailer: counted, not kept */
        reader->chunks->extras += len;
        return 0;
    }
    request = &reader->exchange->request;
    if (request->header_count == HTTP_HEADERS_MAX) {
        reader->too_many = true;
        return -1;
    }
    reader->exchange->headers[request->header_count++] =
        (struct http_header){.name = slice_of(at, len)};
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
    struct head_reader *reader = parser->data;
    struct http_request *request;

    if (reader->chunks != NULL) {
        reader->chunks->extras += len;
        return 0;
    }
    request = &reader->exchange->request;
    reader->exchange->headers[request->header_count - 1].value = slice_of(at, len);
    return 0;
}

static int on_chunk_extension(llhttp_t *parser, const char *at, size_t len)
{
    struct head_reader *reader = parser->data;

    (void)at;
    if (reader->chunks != NULL)
        reader->chunks->extras += len;
    return 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct head_reader *reader = parser->data;
    struct http_chunks *chunks = reader->chunks;

    if (chunks == NULL)
        return 0;
    if (len > HTTP_BODY_BYTES_MAX - chunks->body->len) {
        chunks->status = 413;
        return -1;
    }
    if (buf_append(chunks->body, at, len) < 0) {
        chunks->status = 503;
        return -1;
    }
    return 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct head_reader *reader = parser->data;

    if (reader->chunks != NULL)
        reader->chunks->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t reader_settings = {
    .on_method = on_method,
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_chunk_extension_name = on_chunk_extension,
    .on_chunk_extension_value = on_chunk_extension,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/* ---- what the headers mean ---- */

static struct slice trim(struct slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = slice_skip(text, 1);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/** Is `token` among the comma-separated ones of `list`? */
static bool list_has(struct slice list, const char *token)
{
    while (list.len > 0) {
        const uint8_t *comma = memchr(list.ptr, ',', list.len);
        size_t len = comma ? (size_t)(comma - list.ptr) : list.len;

        if (slice_eq_nocase(trim(slice_of(list.ptr, len)), slice_str(token)))
            return true;
        list = slice_skip(list, comma ? len + 1 : len);
    }
    return false;
}

/** Exactly "METHOD SP target SP HTTP/1.x CR LF"; fills in whether the version keeps alive. */
static int check_request_line(struct slice head, struct http_exchange *exchange)
{
    static const struct slice version_1 = {(const uint8_t *)" HTTP/1.", 8};
    const struct http_request *request = &exchange->request;
    const uint8_t *after;
    struct slice rest;

    if (request->target.len == 0 || request->method.len == 0)
        return 400;
    after = request->target.ptr + request->target.len;
    if (request->method.ptr != head.ptr ||
        request->method.ptr + request->method.len + 1 != request->target.ptr)
        return 400;
    if (request->target.len > HTTP_TARGET_BYTES_MAX)
        return 414;
    rest = slice_of(after, (size_t)(head.ptr + head.len - after));
    if (rest.len < version_1.len + 3 || !slice_has_prefix(rest, version_1))
        return slice_has_prefix(rest, SLICE(" HTTP/")) ? 505 : 400;
    if (rest.ptr[9] != '\r' || rest.ptr[10] != '\n')
        return 400;
    exchange->framing.keep_alive = rest.ptr[8] == '1';
    return 0;
}

/** Splits the target; accepts the absolute form, whose authority is of no interest to us. */
static int split_target(struct http_request *request)
{
    struct slice rest = request->target;
    const uint8_t *mark;

    if (slice_eq_str(request->method, "CONNECT"))
        return 405;
    if (memchr(rest.ptr, '#', rest.len) != NULL)
        return 400;
    if (slice_has_prefix(rest, SLICE("http://")) || slice_has_prefix(rest, SLICE("https://"))) {
        rest = slice_skip(rest, rest.ptr[4] == 's' ? 8 : 7);
        while (rest.len > 0 && rest.ptr[0] != '/' && rest.ptr[0] != '?')
            rest = slice_skip(rest, 1);
    } else if (rest.ptr[0] != '/' &&
               !(slice_eq_str(rest, "*") && slice_eq_str(request->method, "OPTIONS"))) {
        return 400;
    }
    mark = memchr(rest.ptr, '?', rest.len);
    request->path = slice_of(rest.ptr, mark ? (size_t)(mark - rest.ptr) : rest.len);
    if (request->path.len == 0)
        request->path = SLICE("/");
    if (mark != NULL)
        request->query = slice_skip(rest, (size_t)(mark - rest.ptr) + 1);
    return 0;
}

/** A number of at most 19 digits, so it cannot overflow; llhttp has checked the same. */
static bool parse_length(struct slice text, uint64_t *ret_length)
{
    uint64_t n = 0;

    if (text.len == 0 || text.len > 19)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return false;
        n = n * 10 + (text.ptr[i] - '0');
    }
    *ret_length = n;
    return true;
}

static int read_headers(struct http_exchange *exchange)
{
    struct http_request *request = &exchange->request;
    struct http_framing *framing = &exchange->framing;
    bool version_1_1 = framing->keep_alive;
    unsigned hosts = 0, lengths = 0, codings = 0;

    for (size_t i = 0; i < request->header_count; i++) {
        struct http_header *header = &exchange->headers[i];
        struct slice name = header->name, value;

        if (name.len == 0 || name.ptr[name.len] != ':')
            return 400;
        value = header->value = trim(header->value);
        switch (name.len) {
        case 4:
            hosts += slice_eq_nocase(name, SLICE("Host"));
            break;
        case 6:
            if (slice_eq_nocase(name, SLICE("Expect"))) {
                if (!slice_eq_nocase(value, SLICE("100-continue")))
                    return 417;
                framing->expects_continue = version_1_1;
            } else if (slice_eq_nocase(name, SLICE("Origin"))) {
                framing->has_origin = true;
            }
            break;
        case 10:
            if (!slice_eq_nocase(name, SLICE("Connection")))
                break;
            if (list_has(value, "close"))
                framing->keep_alive = false;
            else if (list_has(value, "keep-alive"))
                framing->keep_alive = true;
            break;
        case 14:
            if (!slice_eq_nocase(name, SLICE("Content-Length")))
                break;
            lengths++;
            if (!parse_length(value, &framing->content_length))
                return 400;
            break;
        case 16:
            if (!slice_eq_nocase(name, SLICE("Content-Encoding")))
                break;
            if (slice_eq_nocase(value, SLICE("gzip")))
                framing->gzip = true;
            else if (!slice_eq_nocase(value, SLICE("identity")) && value.len > 0)
                return 415;
            break;
        case 17:
            if (!slice_eq_nocase(name, SLICE("Transfer-Encoding")))
                break;
            codings++;
            if (!slice_eq_nocase(value, SLICE("chunked")))
                return 501;
            framing->chunked = true;
            break;
        default:
            break;
        }
    }
    if (lengths > 1 || codings > 1 || (lengths > 0 && codings > 0) || hosts > 1)
        return 400;
    if (version_1_1 ? hosts == 0 : codings > 0)
        return 400;
    if (framing->content_length > HTTP_BODY_BYTES_MAX)
        return 413;
    return 0;
}

int http_head__parse(llhttp_t *parser, struct slice head, struct http_exchange *exchange)
{
    struct head_reader reader = {.exchange = exchange};
    struct http_request *request = &exchange->request;
    enum llhttp_errno error;
    int status;

    llhttp_init(parser, HTTP_REQUEST, &reader_settings);
    parser->data = &reader;
    error = llhttp_execute(parser, (const char *)head.ptr, head.len);
    parser->data = NULL;
    if (reader.too_many)
        return 431;
    if (error == HPE_INVALID_METHOD)
        return 501;
    if (error == HPE_INVALID_VERSION || error == HPE_PAUSED_H2_UPGRADE)
        return 505;
    /* Paused: a message without a body. An upgrade is offered, not demanded: it is not taken. */
    if (error != HPE_OK && error != HPE_PAUSED && error != HPE_PAUSED_UPGRADE)
        return 400;
    status = check_request_line(head, exchange);
    if (status == 0)
        status = split_target(request);
    if (status == 0)
        status = read_headers(exchange);
    exchange->framing.head_only = slice_eq_str(request->method, "HEAD");
    return status;
}

int http_head__chunks(struct http_chunks *chunks, struct slice bytes, size_t *ret_taken)
{
    struct head_reader reader = {.chunks = chunks};
    llhttp_t *parser = chunks->parser;
    enum llhttp_errno error;

    parser->data = &reader;
    error = llhttp_execute(parser, (const char *)bytes.ptr, bytes.len);
    parser->data = NULL;
    *ret_taken = bytes.len;
    if (chunks->extras > HTTP_HEAD_BYTES_MAX) {
        chunks->status = 431;
        return ST_REFUSED;
    }
    if (chunks->complete && (error == HPE_PAUSED || error == HPE_PAUSED_UPGRADE)) {
        size_t taken = (size_t)((const uint8_t *)llhttp_get_error_pos(parser) - bytes.ptr);

        *ret_taken = taken;
        /* llhttp would let the very last line end in a line feed alone. */
        if ((taken >= 2 ? bytes.ptr[taken - 2] : chunks->last) == '\r')
            return 0;
        chunks->status = 400;
        return ST_REFUSED;
    }
    if (error == HPE_OK) {
        chunks->last = bytes.ptr[bytes.len - 1];
        return 0;
    }
    if (chunks->status == 0)
        chunks->status = 400;
    return ST_REFUSED;
}

/* ---- for handlers ---- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool slice_eq_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (a.ptr[i] != b.ptr[i] && lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

struct slice http_request_header(const struct http_request *request, const char *name)
{
    struct slice wanted = slice_str(name);

    for (size_t i = 0; i < request->header_count; i++)
        if (request->headers[i].name.len == wanted.len &&
            slice_eq_nocase(request->headers[i].name, wanted))
            return request->headers[i].value;
    return SLICE_EMPTY;
}
