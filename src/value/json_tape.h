/*
 * json_tape.h - reading simdjson's tape. Private to value/.
 *
 * The tape is an array of 64-bit words: the kind in the top byte, a payload below.
 *
 *     {  [      payload: index of the word after the closing one (32 bits), element count (24 bits,
 *               0xFFFFFF when more); then the elements, names and values alternating in objects
 *     }  ]      payload: index of the opening word
 *     "         payload: offset of the string, stored as a native 32-bit length and the bytes
 *     l u d     followed by a word that holds the int64, uint64 or double
 *     t f n     true, false, null
 *
 * Word 0 is the document's own; its value begins at word 1. The tape comes from the parser, not
 * from the client: it is always well-formed, so nothing here checks it again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_JSON_TAPE_H
#define TROPIC_VALUE_JSON_TAPE_H

#include "value/json.h"

enum { TAPE_COUNT_SATURATED = 0xFFFFFF };

struct json_tape {
    const uint64_t *words;
    const uint8_t *strings;
};

static inline const struct json_tape *tape_of(const void *doc)
{
    return (const struct json_tape *)doc;
}
static inline uint8_t tape_kind(const struct json_tape *tape, size_t at)
{
    return (uint8_t)(tape->words[at] >> 56);
}
static inline uint64_t tape_payload(const struct json_tape *tape, size_t at)
{
    return tape->words[at] & 0x00FFFFFFFFFFFFFF;
}
/** Of a container: the index after its closing word. */
static inline size_t tape_end(const struct json_tape *tape, size_t at)
{
    return (uint32_t)tape->words[at];
}
/** The index after the value at `at`. */
static inline size_t tape_after(const struct json_tape *tape, size_t at)
{
    switch (tape_kind(tape, at)) {
    case '{':
    case '[':
        return tape_end(tape, at);
    case 'l':
    case 'u':
    case 'd':
        return at + 2;
    default:
        return at + 1;
    }
}
static inline struct slice tape_string(const struct json_tape *tape, size_t at)
{
    const uint8_t *stored = tape->strings + tape_payload(tape, at);
    uint32_t len;

    memcpy(&len, stored, sizeof(len));
    return slice_of(stored + sizeof(len), len);
}

#endif
