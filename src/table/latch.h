/*
 * latch.h - marks on items in their lane while a transaction over several lanes decides about them.
 *
 * From a transaction's first look at an item to the end of its commit, the item's lane decides
 * nothing else about it: another transaction is told so at once, a local write and a feed's changes
 * wait on the latch. On a Region with one lane there never is one: see transact.c.
 *
 * A latch lies in its holder's memory. Only the lane's strand touches it. Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_LATCH_H
#define TROPIC_TABLE_LATCH_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/list.h"

struct latch {
    struct latch *next;
    uint64_t hash;
    struct slice key;         /* of storage, without its first byte; the holder's memory */
    struct list_node waiting; /* mutations, by `queued`, in the order in which they came */
};

enum {
    LATCH_BUCKETS = 256
}; /* a lane holds as many latches as transactions in flight have items */

struct latches {
    struct latch *buckets[LATCH_BUCKETS];
    size_t count;
};

/** storage_key: its first byte, the space, does not count. NULL: the item is free. */
struct latch *latches_find(const struct latches *latches, struct slice storage_key);
/** Whether an item with a storage key in [lower, upper) is taken; the first bytes do not count. */
bool latches_within(const struct latches *latches, struct slice lower, struct slice upper);
/** The item must be free. The key's bytes stay alive until the latch is released. */
void latches_take(struct latches *latches, struct latch *latch, struct slice storage_key);
void latches_release(struct latches *latches, struct latch *latch);

#endif
