/*
 * heavy_hitters.c - see heavy_hitters.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/heavy_hitters.h"

#include <stdlib.h>

#include "base/hash.h"

struct heavy_hitters_counters {
    uint64_t hashes[HEAVY_HITTERS_MAX];
    uint64_t counts[HEAVY_HITTERS_MAX], errors[HEAVY_HITTERS_MAX];
    struct buf keys[HEAVY_HITTERS_MAX];
};

void heavy_hitters_clear(struct heavy_hitters *hitters)
{
    for (uint32_t i = 0; hitters->counters != NULL && i < HEAVY_HITTERS_MAX; i++)
        buf_release(&hitters->counters->keys[i]);
    free(hitters->counters);
    *hitters = HEAVY_HITTERS_EMPTY;
}

/* Where the key is counted; hitters->used: nowhere. */
static uint32_t find(const struct heavy_hitters *hitters, uint64_t hash, struct slice key)
{
    uint32_t i = 0;

    while (i < hitters->used && (hitters->counters->hashes[i] != hash ||
                                 !slice_eq(buf_slice(&hitters->counters->keys[i]), key)))
        i++;
    return i;
}

static uint32_t smallest(const struct heavy_hitters *hitters)
{
    const uint64_t *counts = hitters->counters->counts;
    uint32_t least = 0;

    for (uint32_t i = 1; i < hitters->used; i++)
        if (counts[i] < counts[least])
            least = i;
    return least;
}

/* What a key without a counter may have at most. */
static uint64_t floor_of(const struct heavy_hitters *hitters)
{
    return hitters->used < HEAVY_HITTERS_MAX ? 0 : hitters->counters->counts[smallest(hitters)];
}

/* A counter for a new key: a free one, or the smallest. */
static int take_over(struct heavy_hitters *hitters, uint64_t hash, struct slice key,
                     uint32_t *ret_at)
{
    bool full = hitters->used == HEAVY_HITTERS_MAX;
    uint32_t at = full ? smallest(hitters) : hitters->used;
    struct heavy_hitters_counters *counters = hitters->counters;
    struct buf own = BUF_EMPTY;

    if (buf_append_slice(&own, key) < 0) {
        buf_release(&own);
        return ST_NOMEM;
    }
    buf_release(&counters->keys[at]);
    counters->keys[at] = own;
    counters->hashes[at] = hash;
    if (full) {
        counters->errors[at] = counters->counts[at];
    } else {
        counters->errors[at] = counters->counts[at] = 0;
        hitters->used++;
    }
    *ret_at = at;
    return 0;
}

int heavy_hitters_add(struct heavy_hitters *hitters, struct slice key, uint64_t weight)
{
    uint64_t hash = hash64(key);
    uint32_t at;
    int rc;

    if (weight == 0)
        return 0;
    if (hitters->counters == NULL) {
        hitters->counters = calloc(1, sizeof(*hitters->counters));
        if (hitters->counters == NULL)
            return ST_NOMEM;
    }
    at = find(hitters, hash, key);
    if (at == hitters->used) {
        rc = take_over(hitters, hash, key, &at);
        if (rc < 0)
            return rc;
    }
    hitters->counters->counts[at] += weight;
    hitters->total += weight;
    return 0;
}

/* ---- ranking ---- */

static int compare_ranked(const void *left, const void *right)
{
    const struct heavy_hitter *a = left, *b = right;

    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return slice_cmp(a->key, b->key);
}

/* One key over all parts. A part that does not count it may have seen it as often as its smallest.
 */
static void sum_up(const struct heavy_hitters *const *parts, size_t part_count, uint64_t hash,
                   struct heavy_hitter *hitter)
{
    for (size_t p = 0; p < part_count; p++) {
        uint32_t at = find(parts[p], hash, hitter->key);
        bool counted = at < parts[p]->used;
        uint64_t most = counted ? parts[p]->counters->counts[at] : floor_of(parts[p]);

        hitter->count += most;
        hitter->error += counted ? parts[p]->counters->errors[at] : most;
    }
}

int heavy_hitters_rank(const struct heavy_hitters *const *parts, size_t part_count,
                       struct arena *arena, size_t max, struct heavy_hitter **ret_ranked,
                       size_t *ret_count)
{
    struct heavy_hitter *ranked =
        ARENA_ARRAY(arena, struct heavy_hitter, part_count * HEAVY_HITTERS_MAX);
    size_t count = 0;

    if (ranked == NULL)
        return ST_NOMEM;
    for (size_t p = 0; p < part_count; p++) {
        for (uint32_t i = 0; i < parts[p]->used; i++) {
            uint64_t hash = parts[p]->counters->hashes[i];
            struct slice key = buf_slice(&parts[p]->counters->keys[i]);
            bool seen = false;

            for (size_t before = 0; before < p && !seen; before++)
                seen = find(parts[before], hash, key) < parts[before]->used;
            if (seen)
                continue;
            ranked[count].key = key;
            sum_up(parts, part_count, hash, &ranked[count++]);
        }
    }
    qsort(ranked, count, sizeof(*ranked), compare_ranked);
    count = count < max ? count : max;
    for (size_t i = 0; i < count; i++) {
        ranked[i].key = arena_dup(arena, ranked[i].key);
        if (ranked[i].key.ptr == NULL)
            return ST_NOMEM;
    }
    *ret_ranked = ranked;
    *ret_count = count;
    return 0;
}
