/*
 * bytes.c - growable buffers, varints, the bounded reader. See bytes.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/status.h"

int buf_reserve(struct buf *buf, size_t more)
{
    size_t cap = buf->cap ? buf->cap : 64;
    uint8_t *ptr;

    if (buf->failed)
        return ST_NOMEM;
    if (buf->cap - buf->len >= more)
        return 0;
    if (more > SIZE_MAX / 2 - buf->len)
        goto fail;
    while (cap - buf->len < more)
        cap *= 2;
    ptr = realloc(buf->ptr, cap);
    if (ptr == NULL)
        goto fail;
    buf->ptr = ptr;
    buf->cap = cap;
    return 0;
fail:
    buf->failed = true;
    return ST_NOMEM;
}

int buf_append(struct buf *buf, const void *bytes, size_t len)
{
    if (buf_reserve(buf, len) < 0)
        return ST_NOMEM;
    if (len > 0)
        memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
    return 0;
}

int buf_printf(struct buf *buf, const char *fmt, ...)
{
    va_list args, again;
    int n;

    va_start(args, fmt);
    va_copy(again, args);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0 || buf_reserve(buf, (size_t)n + 1) < 0) {
        va_end(again);
        buf->failed = true;
        return ST_NOMEM;
    }
    vsnprintf((char *)buf->ptr + buf->len, (size_t)n + 1, fmt, again);
    va_end(again);
    buf->len += (size_t)n;
    return 0;
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->failed = false;
}

void buf_release(struct buf *buf)
{
    free(buf->ptr);
    *buf = BUF_EMPTY;
}

size_t varint_put(uint8_t *to, uint64_t v)
{
    size_t n = 0;

    while (v >= 0x80) {
        to[n++] = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    to[n++] = (uint8_t)v;
    return n;
}

size_t varint_len(uint64_t v)
{
    size_t n = 1;

    while (v >= 0x80) {
        v >>= 7;
        n++;
    }
    return n;
}

int buf_append_varint(struct buf *buf, uint64_t v)
{
    uint8_t b[VARINT_BYTES_MAX];

    return buf_append(buf, b, varint_put(b, v));
}

int buf_append_sized(struct buf *buf, struct slice bytes)
{
    int rc = buf_append_varint(buf, bytes.len);

    return rc < 0 ? rc : buf_append(buf, bytes.ptr, bytes.len);
}

uint64_t reader_varint(struct reader *reader)
{
    uint64_t v = 0;

    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(reader);

        if (reader->failed)
            return 0;
        if (shift == 63 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7F) << shift;
        if (!(byte & 0x80)) {
            if (byte == 0 && shift > 0)
                break;
            return v;
        }
    }
    reader->failed = true;
    return 0;
}

struct slice reader_sized(struct reader *reader)
{
    uint64_t len = reader_varint(reader);

    if (len > reader_left(reader)) {
        reader->failed = true;
        return SLICE_EMPTY;
    }
    return reader_bytes(reader, (size_t)len);
}
