/*
 * json_write.h - appending to a buf without a call for every few bytes. Private to value/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_JSON_WRITE_H
#define TROPIC_VALUE_JSON_WRITE_H

#include "value/json.h"

/** Appends bytes; with a constant `len` it compiles to a comparison and a store. */
static inline void json__put(struct buf *out, const void *bytes, size_t len)
{
    if (__builtin_expect(out->cap - out->len < len || out->failed, 0)) {
        (void)buf_append(out, bytes, len); /* a failure stays in the buf */
        return;
    }
    memcpy(out->ptr + out->len, bytes, len);
    out->len += len;
}
#define JSON__PUT(out, literal) json__put((out), (literal), sizeof(literal) - 1)

/** Base64 without quotes. No comma. */
void json__put_base64(struct buf *out, struct slice bytes);
/** A string with its quotes, escaped. No comma. */
void json__put_quoted(struct buf *out, struct slice text);

#endif
