/*
 * encoder.h - writing the stored item format front to back, in one pass, into an arena. Private to
 * value/; DynamoDB JSON, trees and the item builder all encode through it.
 *
 *     encoder__init(&encoder, arena);
 *     rc = encoder__begin(&encoder, VALUE_M, false, &container);
 *     for each member:
 *         rc = encoder__part(&encoder, name);   // a run begins: the name, then one value
 *         rc = encoder__put_sized(&encoder, VALUE_S, text);
 *     rc = encoder__end(&encoder, &container, &duplicates);
 *     item = encoder__result(&encoder);
 *
 * Members come in any order. Each is written once, at once, as a *run* of bytes; when the container
 * ends, its runs are put in order if they were not, and its header (length and count) is made to
 * fit. Nothing is allocated per member: the list of open runs is one stack for all nesting levels.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_ENCODER_H
#define TROPIC_VALUE_ENCODER_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "value/value.h"

enum { ENCODER_PARTS_INLINE = 32 };

/** One member on its way into a container. */
struct item_part {
    struct slice name;    /* what orders it: the name, or the element of a set itself */
    struct slice encoded; /* the bytes to write: for the builder the value, else the whole run */
    uint64_t head;        /* the first eight bytes of the name: most comparisons end here */
    size_t order;         /* of arrival */
};

/** Sorts by name, equal names by order of arrival. */
void item_parts__sort(struct item_part *parts, size_t count);
uint64_t item_part__head(struct slice name);

struct encoder {
    struct arena *arena;
    uint8_t *base;
    size_t len, cap;
    uint8_t *scratch;
    size_t scratch_cap;
    struct item_part *parts; /* a stack: the runs of all containers that are open */
    size_t part_count, part_cap;
    struct item_part parts_inline[ENCODER_PARTS_INLINE];
};

struct encoder_container {
    size_t header_at, header_len; /* room left for it */
    size_t part_base;
    size_t count; /* lists: elements so far */
    bool sized;   /* has a length in front: all but the item itself */
};

void encoder__init(struct encoder *encoder, struct arena *arena);
struct slice encoder__result(const struct encoder *encoder);

/** Room for `more` bytes behind what is written. */
int encoder__grow(struct encoder *encoder, size_t more);
static inline int encoder__reserve(struct encoder *encoder, size_t more)
{
    if (__builtin_expect(encoder->cap - encoder->len >= more, 1))
        return 0;
    return encoder__grow(encoder, more);
}

/** `large`: the contents will probably exceed 127 bytes; only speed depends on the guess. */
int encoder__begin(struct encoder *encoder, enum value_type type, bool large,
                   struct encoder_container *ret_container);
/** The container that is an item: no type byte, no length. */
int encoder__begin_item(struct encoder *encoder, struct encoder_container *ret_container);
/** Begins the run of a map member; its value must follow. */
int encoder__part(struct encoder *encoder, struct slice name);
/** Begins the run of a set element and leaves room for `len` bytes, to be filled by the caller. */
int encoder__element(struct encoder *encoder, size_t len, uint8_t **ret_bytes);
/**
 * Orders the runs and writes the header. Of equal names the last added stays; *ret_duplicates (may
 * be NULL) tells whether there were any.
 */
int encoder__end(struct encoder *encoder, struct encoder_container *container,
                 bool *ret_duplicates);

int encoder__put_type(struct encoder *encoder, enum value_type type); /* TRUE, FALSE, NULL */
int encoder__put_sized(struct encoder *encoder, enum value_type type, struct slice payload);
/** Type and length; the caller fills the `len` bytes. */
int encoder__put_room(struct encoder *encoder, enum value_type type, size_t len,
                      uint8_t **ret_bytes);
int encoder__put_number(struct encoder *encoder, const struct number *number);
int encoder__put_raw(struct encoder *encoder, struct slice encoded);

#endif
