/*
 * frame_input.c - bytes that have come, until they are whole frames.
 *
 * Frames are given out where they were decrypted to; only the beginning of a frame at the end of
 * the buffer is ever moved. The buffer grows as bytes arrive, not as a length promises, and one
 * that a large frame has grown is given back when it is empty.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "http/frame_priv.h"

enum {
    INPUT_BYTES = 256 * 1024,
    INPUT_KEPT_BYTES_MAX = 4 * INPUT_BYTES,
    ROOM_BYTES_MIN = 16 * 1024, /* a TLS record: less is not worth a read */
    INPUT_BYTES_MAX = FRAME_HEAD_BYTES + FRAME_BYTES_MAX + ROOM_BYTES_MIN,
};

void frame_input__release(struct frame_input *input)
{
    free(input->bytes);
    *input = (struct frame_input){.bytes = NULL};
}

int frame_input__room(struct frame_input *input, uint8_t **ret_to, size_t *ret_cap)
{
    size_t there = input->end - input->begin;

    if (there == 0) {
        input->begin = input->end = 0;
        if (input->cap > INPUT_KEPT_BYTES_MAX)
            frame_input__release(input);
    }
    if (input->cap - input->end < ROOM_BYTES_MIN && input->begin > 0) {
        memmove(input->bytes, input->bytes + input->begin, there);
        input->begin = 0;
        input->end = there;
    }
    if (input->cap - input->end < ROOM_BYTES_MIN) {
        size_t cap = input->cap ? 2 * input->cap : INPUT_BYTES;
        uint8_t *bytes;

        if (cap > INPUT_BYTES_MAX)
            cap = INPUT_BYTES_MAX;
        bytes = realloc(input->bytes, cap);
        if (bytes == NULL)
            return ST_NOMEM;
        input->bytes = bytes;
        input->cap = cap;
    }
    /* Whole frames are taken out before more is read, so less than the longest is there. */
    assert(input->cap > input->end);
    *ret_to = input->bytes + input->end;
    *ret_cap = input->cap - input->end;
    return 0;
}

void frame_input__add(struct frame_input *input, size_t len)
{
    assert(len <= input->cap - input->end);
    input->end += len;
}

int frame_input__next(struct frame_input *input, struct slice *ret_frame)
{
    const uint8_t *head = input->bytes + input->begin;
    size_t there = input->end - input->begin, len;

    if (there < FRAME_HEAD_BYTES)
        return 0;
    len = be32_get(head);
    if (len > FRAME_BYTES_MAX)
        return ST_CORRUPT;
    if (there - FRAME_HEAD_BYTES < len)
        return 0;
    input->begin += FRAME_HEAD_BYTES + len;
    *ret_frame = slice_of(head + FRAME_HEAD_BYTES, len);
    return 1;
}
