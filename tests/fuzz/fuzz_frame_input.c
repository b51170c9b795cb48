/*
 * fuzz_frame_input.c - bytes of a peer, cut anywhere, become the same frames as uncut.
 *
 * The first byte seeds how the rest is cut. The frames must be those that a plain walk over the
 * bytes finds, up to the first that is too long.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "http/frame_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

/* The walk. */
struct expected {
    const uint8_t *at;
    size_t left;
};

static int expected_next(struct expected *expected, struct slice *ret_frame)
{
    size_t len;

    if (expected->left < FRAME_HEAD_BYTES)
        return 0;
    len = be32_get(expected->at);
    if (len > FRAME_BYTES_MAX)
        return ST_CORRUPT;
    if (expected->left - FRAME_HEAD_BYTES < len)
        return 0;
    *ret_frame = slice_of(expected->at + FRAME_HEAD_BYTES, len);
    expected->at += FRAME_HEAD_BYTES + len;
    expected->left -= FRAME_HEAD_BYTES + len;
    return 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame_input input = {.bytes = NULL};
    struct expected expected;
    struct slice frame, wanted;
    uint32_t cuts;
    int rc = 0;

    if (size == 0)
        return 0;
    cuts = data[0];
    data++, size--;
    expected = (struct expected){data, size};
    while (size > 0 && rc == 0) {
        uint8_t *to;
        size_t cap, n;

        REQUIRE(frame_input__room(&input, &to, &cap) == 0 && cap > 0);
        cuts = cuts * 1664525 + 1013904223;
        n = 1 + (cuts >> 16) % 64;
        if (n > cap)
            n = cap;
        if (n > size)
            n = size;
        memcpy(to, data, n);
        frame_input__add(&input, n);
        data += n;
        size -= n;
        while ((rc = frame_input__next(&input, &frame)) == 1)
            REQUIRE(expected_next(&expected, &wanted) == 1 && slice_eq(frame, wanted));
    }
    REQUIRE(expected_next(&expected, &wanted) == rc);
    frame_input__release(&input);
    return 0;
}
