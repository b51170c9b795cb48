/*
 * version.c - contexts: sets of versions closed downwards, and their bytes.
 *
 * A context is a lattice element: floor and entries only grow, and every operation here is a
 * pointwise maximum followed by the same normal form. The normal form keeps at most
 * CONTEXT_ENTRIES_MAX entries, those with the greatest times; since a pointwise maximum can only
 * raise an entry, "the greatest n of a union" does not depend on the order in which parts were
 * united.
 *
 * Bytes:  u8 count | 0x80 when a floor follows
 *         u64 floor (only if not 0)
 *         count times: u16 replica, u64 time       replicas ascending, times above the floor
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "changes/version.h"

#include <assert.h>
#include <string.h>

#include "base/status.h"

#define FLOOR_PRESENT 0x80

static_assert(CONTEXT_ENTRIES_MAX < FLOOR_PRESENT, "the count shares its byte with a flag");

/** The first entry whose replica is not below `replica`. */
static uint8_t entry_find(const struct context *context, uint16_t replica)
{
    uint8_t at = 0;

    while (at < context->count && context->entries[at].replica < replica)
        at++;
    return at;
}

static void entry_remove(struct context *context, uint8_t at)
{
    memmove(&context->entries[at], &context->entries[at + 1],
            (size_t)(context->count - at - 1) * sizeof(context->entries[0]));
    context->count--;
}

bool context_covers(const struct context *context, struct version version)
{
    uint8_t at;

    if (version.time.bits <= context->floor.bits)
        return true;
    at = entry_find(context, version.replica);
    return at < context->count && context->entries[at].replica == version.replica &&
           context->entries[at].time.bits >= version.time.bits;
}

/** The entry that a full context gives up: the lowest time, among equal ones the lowest replica. */
static uint8_t entry_lowest(const struct context *context)
{
    uint8_t lowest = 0;

    for (uint8_t i = 1; i < context->count; i++)
        if (context->entries[i].time.bits < context->entries[lowest].time.bits)
            lowest = i;
    return lowest;
}

bool context_add(struct context *context, struct version version)
{
    bool kept = true;
    uint8_t at;

    if (context_covers(context, version))
        return true;
    at = entry_find(context, version.replica);
    if (at < context->count && context->entries[at].replica == version.replica) {
        context->entries[at].time = version.time;
        return true;
    }
    if (context->count == CONTEXT_ENTRIES_MAX) {
        uint8_t lowest = entry_lowest(context);
        struct version worst = {context->entries[lowest].time, context->entries[lowest].replica};

        kept = false;
        if (version_cmp(version, worst) < 0)
            return kept;
        entry_remove(context, lowest);
        at = entry_find(context, version.replica);
    }
    memmove(&context->entries[at + 1], &context->entries[at],
            (size_t)(context->count - at) * sizeof(context->entries[0]));
    context->entries[at] = (struct context_entry){version.replica, version.time};
    context->count++;
    return kept;
}

void context_unite(struct context *into, const struct context *more)
{
    context_raise_floor(into, more->floor);
    for (uint8_t i = 0; i < more->count; i++)
        context_add(into, (struct version){more->entries[i].time, more->entries[i].replica});
}

void context_raise_floor(struct context *context, struct hybrid_time floor)
{
    uint8_t kept = 0;

    if (floor.bits <= context->floor.bits)
        return;
    context->floor = floor;
    for (uint8_t i = 0; i < context->count; i++)
        if (context->entries[i].time.bits > floor.bits)
            context->entries[kept++] = context->entries[i];
    context->count = kept;
}

int context_encode(struct buf *out, const struct context *context)
{
    bool floor = context->floor.bits != 0;

    buf_append_u8(out, (uint8_t)(context->count | (floor ? FLOOR_PRESENT : 0)));
    if (floor)
        buf_append_be64(out, context->floor.bits);
    for (uint8_t i = 0; i < context->count; i++) {
        buf_append_be16(out, context->entries[i].replica);
        buf_append_be64(out, context->entries[i].time.bits);
    }
    return buf_failed(out) ? ST_NOMEM : 0;
}

bool context_read(struct reader *reader, struct context *ret_context)
{
    uint8_t head = reader_u8(reader);
    struct context context = {.count = (uint8_t)(head & ~FLOOR_PRESENT)};

    if (context.count > CONTEXT_ENTRIES_MAX)
        reader->failed = true;
    if (head & FLOOR_PRESENT) {
        context.floor.bits = reader_be64(reader);
        if (context.floor.bits == 0) /* would have two encodings */
            reader->failed = true;
    }
    for (uint8_t i = 0; i < context.count && !reader->failed; i++) {
        struct context_entry *entry = &context.entries[i];

        entry->replica = reader_be16(reader);
        entry->time.bits = reader_be64(reader);
        if (entry->time.bits <= context.floor.bits ||
            (i > 0 && entry->replica <= context.entries[i - 1].replica))
            reader->failed = true;
    }
    if (reader->failed)
        return false;
    *ret_context = context;
    return true;
}
