/*
 * heavy_hitters.h - the keys with the greatest sums of weights in a stream, in bounded memory.
 *
 * The space-saving algorithm: HEAVY_HITTERS_MAX counters. A key without a counter takes over the
 * smallest one, and with it its count, as a count that may be too high by that much. So for a total
 * of W:
 *
 *     error  <=  W / HEAVY_HITTERS_MAX
 *     count - error  <=  true weight  <=  count             of every key that has a counter
 *     a key whose weight is above W / HEAVY_HITTERS_MAX has a counter
 *
 * While there were no more different keys than counters, all counts are exact.
 *
 * Counting looks through all counters' hashes, 1 KB in a row; there is no other index. Pure;
 * callers lock. Source: Metwally, Agrawal, El Abbadi: Efficient Computation of Frequent and Top-k
 * Elements in Data Streams (2005).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_HEAVY_HITTERS_H
#define TROPIC_TABLE_HEAVY_HITTERS_H

#include "base/arena.h"
#include "base/status.h"

enum { HEAVY_HITTERS_MAX = 128 };

struct heavy_hitter {
    struct slice key; /* kept: its own memory; ranked: the arena's */
    uint64_t count;   /* at least the true weight ... */
    uint64_t error;   /* ... and at most by this above it */
};

struct heavy_hitters {
    uint64_t total;
    uint32_t used;
    struct heavy_hitters_counters *counters; /* NULL: none was ever needed */
};
#define HEAVY_HITTERS_EMPTY ((struct heavy_hitters){.total = 0})

/** Forgets everything and frees the memory. */
void heavy_hitters_clear(struct heavy_hitters *hitters);
/** The key is copied. A weight of 0 is none. 0; ST_NOMEM: nothing was counted. */
int heavy_hitters_add(struct heavy_hitters *hitters, struct slice key, uint64_t weight);
/**
 * What several together have counted, greatest count first, equal counts by key: at most `max` of
 * them. The bounds above hold for the sums. 0 or ST_NOMEM.
 */
int heavy_hitters_rank(const struct heavy_hitters *const *parts, size_t part_count,
                       struct arena *arena, size_t max, struct heavy_hitter **ret_ranked,
                       size_t *ret_count);

#endif
