/*
 * sigv4_canonical.c - see sigv4_canonical.h.
 *
 * Both sides must arrive at the same bytes, so the rules are AWS's to the letter:
 *   path     dot segments and doubled slashes removed, then every byte but A-Z a-z 0-9 - . _ ~ /
 *            written as %XX. The path is taken as it is on the wire, so what is encoded there is
 *            encoded twice here; services other than S3 do it so
 *   query    decoded and encoded again, one way for each byte; sorted by name, then value
 *   headers  names in lower case, values trimmed and runs of spaces made one; repeated headers
 *            joined by commas
 * Source: AWS, "Create a signed AWS API request", step 1; the published test suite.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "auth/sigv4_canonical.h"

#include <stdlib.h>

#include "base/civil.h"
#include "base/status.h"

/* ---- bytes ---- */

void sigv4__hex(const uint8_t *bytes, size_t len, char *to)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < len; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
}

static bool is_unreserved(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

static int append_encoded(struct buf *to, uint8_t c)
{
    static const char digits[] = "0123456789ABCDEF";
    uint8_t encoded[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};

    return is_unreserved(c) ? buf_append_u8(to, c) : buf_append(to, encoded, 3);
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct slice sigv4__percent_decode(struct slice text, struct arena *arena)
{
    uint8_t *bytes = arena_alloc(arena, text.len + 1);
    size_t len = 0;

    if (bytes == NULL)
        return SLICE_EMPTY;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' && i + 2 < text.len && hex_digit(text.ptr[i + 1]) >= 0 &&
            hex_digit(text.ptr[i + 2]) >= 0) {
            bytes[len++] = (uint8_t)(hex_digit(text.ptr[i + 1]) << 4 | hex_digit(text.ptr[i + 2]));
            i += 2;
        } else {
            bytes[len++] = text.ptr[i];
        }
    }
    return slice_of(bytes, len);
}

/* ---- the path ---- */

static int append_path(struct buf *to, struct slice path)
{
    size_t start = to->len;
    bool ends_in_slash = true;

    while (path.len > 0) {
        const uint8_t *slash = memchr(path.ptr, '/', path.len);
        struct slice segment = slice_of(path.ptr, slash ? (size_t)(slash - path.ptr) : path.len);

        path = slice_skip(path, segment.len + (slash != NULL));
        ends_in_slash = slash != NULL;
        if (segment.len == 0) {
            continue;
        } else if (slice_eq_str(segment, ".")) {
            ends_in_slash = true;
        } else if (slice_eq_str(segment, "..")) {
            while (to->len > start && to->ptr[--to->len] != '/')
                continue;
            ends_in_slash = true;
        } else {
            buf_append_u8(to, '/');
            for (size_t i = 0; i < segment.len; i++)
                append_encoded(to, segment.ptr[i]);
        }
    }
    if (ends_in_slash || to->len == start)
        buf_append_u8(to, '/');
    return buf_failed(to) ? ST_NOMEM : 0;
}

/* ---- the query ---- */

struct parameter {
    struct slice name, value; /* encoded */
};

static int parameter_order(const void *a, const void *b)
{
    const struct parameter *left = a, *right = b;
    int order = slice_cmp(left->name, right->name);

    return order != 0 ? order : slice_cmp(left->value, right->value);
}

/** Decodes, then encodes in the one canonical way. Empty ptr: no memory. */
static struct slice reencode(struct slice text, struct arena *arena)
{
    struct slice decoded = sigv4__percent_decode(text, arena);
    uint8_t *bytes = arena_alloc(arena, 3 * decoded.len + 1);
    struct buf to = {.ptr = bytes, .cap = 3 * decoded.len + 1}; /* never grows: no realloc */

    if (decoded.ptr == NULL || bytes == NULL)
        return SLICE_EMPTY;
    for (size_t i = 0; i < decoded.len; i++)
        append_encoded(&to, decoded.ptr[i]);
    return buf_slice(&to);
}

/** The next parameter of the query, as on the wire. */
static bool next_parameter(struct slice *query, struct slice *ret_name, struct slice *ret_value)
{
    const uint8_t *end, *equals;
    struct slice parameter;

    while (query->len > 0 && query->ptr[0] == '&')
        *query = slice_skip(*query, 1);
    if (query->len == 0)
        return false;
    end = memchr(query->ptr, '&', query->len);
    parameter = slice_of(query->ptr, end ? (size_t)(end - query->ptr) : query->len);
    *query = slice_skip(*query, parameter.len);
    equals = memchr(parameter.ptr, '=', parameter.len);
    *ret_name = slice_of(parameter.ptr, equals ? (size_t)(equals - parameter.ptr) : parameter.len);
    *ret_value = equals ? slice_skip(parameter, ret_name->len + 1) : SLICE("");
    return true;
}

struct slice sigv4__query_parameter(struct slice query, const char *name, struct arena *arena)
{
    struct slice raw_name, raw_value;

    while (next_parameter(&query, &raw_name, &raw_value)) {
        struct slice decoded = memchr(raw_name.ptr, '%', raw_name.len)
                                   ? sigv4__percent_decode(raw_name, arena)
                                   : raw_name;

        if (slice_eq_str(decoded, name))
            return sigv4__percent_decode(raw_value, arena);
    }
    return SLICE_EMPTY;
}

static int append_query(struct buf *to, struct slice query, struct arena *arena)
{
    struct parameter *parameters;
    struct slice name, value;
    size_t count = 0, max = 1;

    if (query.len == 0)
        return 0;
    for (size_t i = 0; i < query.len; i++)
        max += query.ptr[i] == '&';
    parameters = ARENA_ARRAY(arena, struct parameter, max);
    if (parameters == NULL)
        return ST_NOMEM;
    while (next_parameter(&query, &name, &value)) {
        struct parameter *parameter = &parameters[count];

        parameter->name = reencode(name, arena);
        parameter->value = reencode(value, arena);
        if (parameter->name.ptr == NULL || parameter->value.ptr == NULL)
            return ST_NOMEM;
        if (!slice_eq_str(parameter->name, "X-Amz-Signature")) /* it cannot sign itself */
            count++;
    }
    qsort(parameters, count, sizeof(*parameters), parameter_order);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_u8(to, '&');
        buf_append_slice(to, parameters[i].name);
        buf_append_u8(to, '=');
        buf_append_slice(to, parameters[i].value);
    }
    return buf_failed(to) ? ST_NOMEM : 0;
}

/* ---- headers ---- */

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static void append_value(struct buf *to, struct slice value)
{
    while (value.len > 0) {
        const uint8_t *spaces = memmem(value.ptr, value.len, "  ", 2);
        size_t len = spaces ? (size_t)(spaces - value.ptr) + 1 : value.len;

        buf_append(to, value.ptr, len);
        value = slice_skip(value, len);
        while (spaces != NULL && value.len > 0 && value.ptr[0] == ' ')
            value = slice_skip(value, 1);
    }
}

static void append_lower(struct buf *to, struct slice name)
{
    if (buf_reserve(to, name.len) < 0)
        return;
    for (size_t i = 0; i < name.len; i++)
        to->ptr[to->len++] = lower(name.ptr[i]);
}

static void append_header(struct buf *to, const struct canonical_request *request,
                          struct slice name)
{
    bool found = false;

    append_lower(to, name);
    buf_append_u8(to, ':');
    for (size_t i = 0; i < request->header_count; i++) {
        if (request->headers[i].name.len != name.len ||
            !slice_eq_nocase(request->headers[i].name, name))
            continue;
        if (found)
            buf_append_u8(to, ',');
        append_value(to, request->headers[i].value);
        found = true;
    }
    buf_append_u8(to, '\n');
}

static void append_headers(struct buf *to, const struct canonical_request *request)
{
    struct slice rest = request->signed_headers;

    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.ptr, ';', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

        append_header(to, request, slice_of(rest.ptr, len));
        rest = slice_skip(rest, end ? len + 1 : len);
    }
}

/* ---- the texts ---- */

int sigv4__canonical_request(const struct canonical_request *request, struct arena *arena,
                             struct buf *to)
{
    int rc;

    buf_append_slice(to, request->method);
    buf_append_u8(to, '\n');
    rc = append_path(to, request->path);
    if (rc < 0)
        return rc;
    buf_append_u8(to, '\n');
    rc = append_query(to, request->query, arena);
    if (rc < 0)
        return rc;
    buf_append_u8(to, '\n');
    append_headers(to, request);
    buf_append_u8(to, '\n');
    buf_append_slice(to, request->signed_headers);
    buf_append_u8(to, '\n');
    buf_append_slice(to, request->payload_hash);
    return buf_failed(to) ? ST_NOMEM : 0;
}

int sigv4__string_to_sign(struct slice timestamp, struct slice scope,
                          const char hash_hex[SHA256_HEX_LEN], struct buf *to)
{
    buf_append_str(to, SIGV4_ALGORITHM "\n");
    buf_append_slice(to, timestamp);
    buf_append_u8(to, '\n');
    buf_append_slice(to, scope);
    buf_append_u8(to, '\n');
    return buf_append(to, hash_hex, SHA256_HEX_LEN);
}

/* ---- timestamps ---- */

static int digits(const uint8_t *at, int count)
{
    int n = 0;

    for (int i = 0; i < count; i++) {
        if (at[i] < '0' || at[i] > '9')
            return -1;
        n = n * 10 + (at[i] - '0');
    }
    return n;
}

int64_t sigv4__timestamp_parse(struct slice text)
{
    struct civil date;

    if (text.len != SIGV4_TIMESTAMP_LEN || text.ptr[8] != 'T' || text.ptr[15] != 'Z')
        return -1;
    date = (struct civil){.year = digits(text.ptr, 4),
                          .month = digits(text.ptr + 4, 2),
                          .day = digits(text.ptr + 6, 2),
                          .hour = digits(text.ptr + 9, 2),
                          .minute = digits(text.ptr + 11, 2),
                          .second = digits(text.ptr + 13, 2)};
    return civil_to_ms(&date);
}

static char *put_digits(char *to, int n, int count)
{
    for (int i = count; i-- > 0; n /= 10)
        to[i] = (char)('0' + n % 10);
    return to + count;
}

void sigv4__timestamp_format(int64_t wall_ms, char *to)
{
    struct civil date = civil_from_ms(wall_ms);

    to = put_digits(to, date.year, 4);
    to = put_digits(to, date.month, 2);
    to = put_digits(to, date.day, 2);
    *to++ = 'T';
    to = put_digits(to, date.hour, 2);
    to = put_digits(to, date.minute, 2);
    to = put_digits(to, date.second, 2);
    *to++ = 'Z';
    *to = '\0';
}
