/*
 * base64.h - standard base64 with padding, strict in, canonical out. Private to value/.
 *
 * Strict: length a multiple of four, at most two '=' and only at the end, unused bits of the last
 * character zero. So decode and encode are exact inverses, and a B has one spelling.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_BASE64_H
#define TROPIC_VALUE_BASE64_H

#include "base/bytes.h"

/** Bytes that a text of this length and padding decodes to; its length must be a multiple of 4. */
size_t base64__decoded_len(struct slice text);
/** Writes base64__decoded_len() bytes. False when the text is not strict base64. */
bool base64__decode(struct slice text, uint8_t *to);

static inline size_t base64__encoded_len(size_t len)
{
    return (len + 2) / 3 * 4;
}
/** Writes base64__encoded_len() characters. */
void base64__encode(struct slice bytes, uint8_t *to);

#endif
