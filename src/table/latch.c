/*
 * latch.c - see latch.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/latch.h"

#include <assert.h>

#include "base/hash.h"

static struct latch **find(struct latches *latches, struct slice key, uint64_t hash)
{
    struct latch **link = &latches->buckets[hash % LATCH_BUCKETS];

    while (*link != NULL && !((*link)->hash == hash && slice_eq((*link)->key, key)))
        link = &(*link)->next;
    return link;
}

struct latch *latches_find(const struct latches *latches, struct slice storage_key)
{
    struct slice key = slice_skip(storage_key, 1);

    if (latches->count == 0) /* as good as always */
        return NULL;
    return *find((struct latches *)latches, key, hash64(key));
}

void latches_take(struct latches *latches, struct latch *latch, struct slice storage_key)
{
    struct latch **link;

    latch->key = slice_skip(storage_key, 1);
    latch->hash = hash64(latch->key);
    latch->next = NULL;
    list_init(&latch->waiting);
    link = find(latches, latch->key, latch->hash);
    assert(*link == NULL);
    *link = latch;
    latches->count++;
}

void latches_release(struct latches *latches, struct latch *latch)
{
    struct latch **link = find(latches, latch->key, latch->hash);

    assert(*link == latch);
    *link = latch->next;
    latches->count--;
}

bool latches_within(const struct latches *latches, struct slice lower, struct slice upper)
{
    for (size_t i = 0; i < LATCH_BUCKETS && latches->count > 0; i++)
        for (const struct latch *latch = latches->buckets[i]; latch != NULL; latch = latch->next)
            if (slice_cmp(latch->key, slice_skip(lower, 1)) >= 0 &&
                slice_cmp(latch->key, slice_skip(upper, 1)) < 0)
                return true;
    return false;
}
