/*
 * json_write.c - the JSON writer.
 *
 * Most text needs no escaping, so strings are searched 16 bytes at a time for a character that does
 * and copied whole up to it. Output is UTF-8 as it came; only what JSON demands is escaped, in the
 * short form where there is one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/json_write.h"

#include "value/base64.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef uint8_t byte_vector __attribute__((vector_size(16)));
typedef uint64_t word_vector __attribute__((vector_size(16)));

static bool must_escape(uint8_t c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

/* The length of the longest prefix in which nothing must be escaped. */
static size_t plain_prefix(const uint8_t *text, size_t len)
{
    size_t n = 0;

    for (; len - n >= sizeof(byte_vector); n += sizeof(byte_vector)) {
        byte_vector v;
        word_vector hits;

        memcpy(&v, text + n, sizeof(v));
        hits = (word_vector)((v < 0x20) | (v == '"') | (v == '\\'));
        if ((hits[0] | hits[1]) != 0)
            break;
    }
    while (n < len && !must_escape(text[n]))
        n++;
    return n;
}

static void put_escaped(struct buf *out, uint8_t c)
{
    static const char hex[] = "0123456789ABCDEF";
    uint8_t text[6] = {'\\', 'u', '0', '0', 0, 0};

    switch (c) {
    case '"':
    case '\\':
        text[1] = c;
        break;
    case '\b':
        text[1] = 'b';
        break;
    case '\f':
        text[1] = 'f';
        break;
    case '\n':
        text[1] = 'n';
        break;
    case '\r':
        text[1] = 'r';
        break;
    case '\t':
        text[1] = 't';
        break;
    default:
        text[4] = (uint8_t)hex[c >> 4];
        text[5] = (uint8_t)hex[c & 15];
        json__put(out, text, 6);
        return;
    }
    json__put(out, text, 2);
}

void json__put_quoted(struct buf *out, struct slice text)
{
    if (buf_reserve(out, text.len + 2) < 0)
        return;
    out->ptr[out->len++] = '"';
    while (text.len > 0) {
        size_t plain = plain_prefix(text.ptr, text.len);

        json__put(out, text.ptr, plain);
        text = slice_skip(text, plain);
        if (text.len == 0)
            break;
        put_escaped(out, text.ptr[0]);
        text = slice_skip(text, 1);
    }
    JSON__PUT(out, "\"");
}

static void separate(struct json_writer *writer)
{
    if (writer->comma)
        JSON__PUT(writer->out, ",");
    writer->comma = true;
}

void json_object_begin(struct json_writer *writer)
{
    separate(writer);
    JSON__PUT(writer->out, "{");
    writer->comma = false;
}

void json_object_end(struct json_writer *writer)
{
    JSON__PUT(writer->out, "}");
    writer->comma = true;
}

void json_array_begin(struct json_writer *writer)
{
    separate(writer);
    JSON__PUT(writer->out, "[");
    writer->comma = false;
}

void json_array_end(struct json_writer *writer)
{
    JSON__PUT(writer->out, "]");
    writer->comma = true;
}

void json_key(struct json_writer *writer, const char *name)
{
    separate(writer);
    JSON__PUT(writer->out, "\"");
    json__put(writer->out, name, strlen(name));
    JSON__PUT(writer->out, "\":");
    writer->comma = false;
}

void json_key_slice(struct json_writer *writer, struct slice name)
{
    separate(writer);
    json__put_quoted(writer->out, name);
    JSON__PUT(writer->out, ":");
    writer->comma = false;
}

void json_put_string(struct json_writer *writer, struct slice text)
{
    separate(writer);
    json__put_quoted(writer->out, text);
}

void json_put_str(struct json_writer *writer, const char *text)
{
    json_put_string(writer, slice_str(text));
}

void json_put_uint(struct json_writer *writer, uint64_t value)
{
    char text[20];
    size_t at = sizeof(text);

    separate(writer);
    do {
        text[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    json__put(writer->out, text + at, sizeof(text) - at);
}

void json_put_int(struct json_writer *writer, int64_t value)
{
    if (value >= 0) {
        json_put_uint(writer, (uint64_t)value);
        return;
    }
    separate(writer);
    JSON__PUT(writer->out, "-");
    writer->comma = false;
    json_put_uint(writer, 0 - (uint64_t)value);
}

void json_put_bool(struct json_writer *writer, bool value)
{
    separate(writer);
    if (value)
        JSON__PUT(writer->out, "true");
    else
        JSON__PUT(writer->out, "false");
}

void json_put_null(struct json_writer *writer)
{
    separate(writer);
    JSON__PUT(writer->out, "null");
}

void json_put_double(struct json_writer *writer, double value)
{
    char text[40];
    int len = 0;

    assert(isfinite(value)); /* JSON has no other numbers */
    separate(writer);
    for (int precision = 15; precision <= 17; precision++) { /* 17 digits always read back equal */
        len = snprintf(text, sizeof(text), "%.*g", precision, value);
        if (strtod(text, NULL) == value)
            break;
    }
    json__put(writer->out, text, (size_t)len);
    if (strpbrk(text, ".e") == NULL)
        JSON__PUT(writer->out, ".0");
}

void json_put_millis(struct json_writer *writer, int64_t ms)
{
    uint64_t magnitude = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    uint8_t fraction[4] = {'.', (uint8_t)('0' + magnitude / 100 % 10),
                           (uint8_t)('0' + magnitude / 10 % 10), (uint8_t)('0' + magnitude % 10)};

    separate(writer);
    if (ms < 0)
        JSON__PUT(writer->out, "-");
    writer->comma = false;
    json_put_uint(writer, magnitude / 1000);
    json__put(writer->out, fraction, sizeof(fraction));
}

void json_put_raw(struct json_writer *writer, struct slice json)
{
    separate(writer);
    json__put(writer->out, json.ptr, json.len);
}

void json__put_base64(struct buf *out, struct slice bytes)
{
    size_t len = base64__encoded_len(bytes.len);

    if (buf_reserve(out, len) < 0)
        return;
    base64__encode(bytes, out->ptr + out->len);
    out->len += len;
}

void json_put_base64(struct json_writer *writer, struct slice bytes)
{
    separate(writer);
    JSON__PUT(writer->out, "\"");
    json__put_base64(writer->out, bytes);
    JSON__PUT(writer->out, "\"");
}
