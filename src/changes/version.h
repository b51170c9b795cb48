/*
 * version.h - the order that decides between two writes of one item, and what a record has seen.
 *
 * A version is (hybrid time, replica id). Times are 48 bits of milliseconds since 1970 UTC and 16
 * of counter. Replica ids are allocated by the group document and never used again; 0 is a regional
 * table that never was global. Versions of one item never tie: a Region never gives one item the
 * same time twice.
 *
 * A context is a set of versions closed downwards: everything at or below `floor`, and for each
 * listed replica everything up to a time. A record's context holds all versions that its writer
 * had seen of the item; together with its own version it says what the record covers. Two
 * versions conflict when neither record covers the other's version. Entries at or below the floor
 * are dropped, so contexts of quiet items are empty.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CHANGES_VERSION_H
#define TROPIC_CHANGES_VERSION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"

struct hybrid_time {
    uint64_t bits; /* ms << 16 | counter */
};

enum { HYBRID_COUNTER_BITS = 16 };

static inline struct hybrid_time hybrid_time_of_ms(int64_t ms)
{
    return (struct hybrid_time){(uint64_t)(ms < 0 ? 0 : ms) << HYBRID_COUNTER_BITS};
}
static inline int64_t hybrid_time_ms(struct hybrid_time time)
{
    return (int64_t)(time.bits >> HYBRID_COUNTER_BITS);
}
static inline struct hybrid_time hybrid_time_next(struct hybrid_time time)
{
    return (struct hybrid_time){time.bits + 1}; /* a full counter carries into the milliseconds */
}
static inline struct hybrid_time hybrid_time_max(struct hybrid_time a, struct hybrid_time b)
{
    return a.bits > b.bits ? a : b;
}

struct version {
    struct hybrid_time time;
    uint16_t replica;
};
#define VERSION_NONE ((struct version){.replica = 0}) /* below every real version */

static inline int version_cmp(struct version a, struct version b)
{
    if (a.time.bits != b.time.bits)
        return a.time.bits < b.time.bits ? -1 : 1;
    return a.replica < b.replica ? -1 : a.replica > b.replica;
}
static inline bool version_eq(struct version a, struct version b)
{
    return version_cmp(a, b) == 0;
}

enum { CONTEXT_ENTRIES_MAX = 32 }; /* ours: far more than the members of any group */

struct context {
    struct hybrid_time floor;
    uint8_t count;
    struct context_entry {
        uint16_t replica;
        struct hybrid_time time;
    } entries[CONTEXT_ENTRIES_MAX]; /* by replica, ascending; each time above floor */
};
#define CONTEXT_EMPTY ((struct context){.count = 0})

bool context_covers(const struct context *context, struct version version);
/** Adds everything of version.replica up to version.time. When full, false: the entry is lost,
 * which can only turn an ordered pair into a reported conflict, never the reverse. */
bool context_add(struct context *context, struct version version);
/** The union of both. */
void context_unite(struct context *into, const struct context *more);
/** Raises the floor and drops entries at or below it. A lower floor changes nothing. */
void context_raise_floor(struct context *context, struct hybrid_time floor);

int context_encode(struct buf *out, const struct context *context);
/** False (reader failed) on bytes that are not a context. */
bool context_read(struct reader *reader, struct context *ret_context);

#endif
