/*
 * http_answer.c - the heads of answers.
 *
 * Written with memcpy into the exchange's own buffer, which keeps its memory from one request to
 * the next: formatting an answer allocates nothing and calls no printf.
 *
 * Header values come from our own code, but some quote what a client sent (the preflight); whatever
 * could end a line is dropped here, so an answer cannot be split.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/civil.h"
#include "http/http_exchange.h"

struct reason {
    int status;
    const char *phrase;
};

static const struct reason reasons[] = {
    {200, "OK"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {413, "Request Entity Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

static const char *reason_phrase(int status)
{
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
        if (reasons[i].status == status)
            return reasons[i].phrase;
    return "Status";
}

/* ---- appending; the caller has reserved the room ---- */

static void add(struct buf *buf, const void *bytes, size_t len)
{
    memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
}
#define ADD(buf, literal) add((buf), (literal), sizeof(literal) - 1)

static void add_number(struct buf *buf, uint64_t n)
{
    char digits[20];
    size_t at = sizeof(digits);

    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    add(buf, digits + at, sizeof(digits) - at);
}

static void add_two(struct buf *buf, unsigned n)
{
    buf->ptr[buf->len++] = (uint8_t)('0' + n / 10 % 10);
    buf->ptr[buf->len++] = (uint8_t)('0' + n % 10);
}

/** "Sun, 06 Nov 1994 08:49:37 GMT". Source: RFC 9110, section 5.6.7. */
static void add_date(struct buf *buf, int64_t wall_us)
{
    static const char weekdays[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct civil date = civil_from_ms(wall_us / 1000);

    add(buf, weekdays + date.weekday * 3, 3);
    ADD(buf, ", ");
    add_two(buf, (unsigned)date.day);
    ADD(buf, " ");
    add(buf, months + (date.month - 1) * 3, 3);
    ADD(buf, " ");
    add_number(buf, (uint64_t)date.year);
    ADD(buf, " ");
    add_two(buf, (unsigned)date.hour);
    ADD(buf, ":");
    add_two(buf, (unsigned)date.minute);
    ADD(buf, ":");
    add_two(buf, (unsigned)date.second);
    ADD(buf, " GMT");
}

/** Text without what would end or confuse a header line. */
static void add_text(struct buf *buf, struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((text.ptr[i] >= 0x20 && text.ptr[i] != 0x7F) || text.ptr[i] == '\t')
            buf->ptr[buf->len++] = text.ptr[i];
}

/* ---- heads ---- */

int http_answer__head(struct http_exchange *exchange, const struct http_response *response,
                      bool closes, size_t body_len, uint32_t crc, int64_t wall_us)
{
    enum { FIXED_BYTES_MAX = 512 }; /* everything below but the given texts */
    const struct http_request *request = &exchange->request;
    struct buf *head = &exchange->answer_head;
    size_t room = FIXED_BYTES_MAX + response->content_type.len;

    for (size_t i = 0; i < response->header_count; i++)
        room += response->headers[i].name.len + response->headers[i].value.len + 4;
    buf_clear(head);
    if (buf_reserve(head, room) < 0)
        return ST_NOMEM;

    ADD(head, "HTTP/1.1 ");
    add_number(head, (uint64_t)response->status);
    ADD(head, " ");
    add_text(head, slice_str(reason_phrase(response->status)));
    ADD(head, "\r\nServer: Server\r\nDate: ");
    add_date(head, wall_us);
    if (response->content_type.len > 0) {
        ADD(head, "\r\nContent-Type: ");
        add_text(head, response->content_type);
    }
    ADD(head, "\r\nContent-Length: ");
    add_number(head, body_len);
    if (closes)
        ADD(head, "\r\nConnection: close");
    else
        ADD(head, "\r\nConnection: keep-alive");
    if (!response->bare) {
        ADD(head, "\r\nx-amzn-RequestId: ");
        add(head, request->id, HTTP_REQUEST_ID_LEN);
        ADD(head, "\r\nx-amz-crc32: ");
        add_number(head, crc);
        if (exchange->framing.has_origin)
            ADD(head, "\r\nAccess-Control-Allow-Origin: *");
    }
    for (size_t i = 0; i < response->header_count; i++) {
        ADD(head, "\r\n");
        add_text(head, response->headers[i].name);
        ADD(head, ": ");
        add_text(head, response->headers[i].value);
    }
    ADD(head, "\r\n\r\n");
    return 0;
}

#define REFUSAL(line)                                                                              \
    SLICE("HTTP/1.1 " line "\r\nServer: Server\r\nContent-Length: 0\r\n"                           \
          "Connection: close\r\n\r\n")

struct slice http_answer__refusal(int status)
{
    switch (status) {
    case 405:
        return REFUSAL("405 Method Not Allowed");
    case 408:
        return REFUSAL("408 Request Timeout");
    case 413: /* as DynamoDB: an empty chunked body. Source: spec/dynamodb-wire.md section 1 */
        return SLICE("HTTP/1.1 413 Request Entity Too Large\r\nServer: Server\r\n"
                     "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n");
    case 414:
        return REFUSAL("414 URI Too Long");
    case 415:
        return REFUSAL("415 Unsupported Media Type");
    case 417:
        return REFUSAL("417 Expectation Failed");
    case 431:
        return REFUSAL("431 Request Header Fields Too Large");
    case 500:
        return REFUSAL("500 Internal Server Error");
    case 501:
        return REFUSAL("501 Not Implemented");
    case 503:
        return REFUSAL("503 Service Unavailable");
    case 505:
        return REFUSAL("505 HTTP Version Not Supported");
    default:
        return REFUSAL("400 Bad Request");
    }
}
