/*
 * overlay.h - a lane's map from keys to the newest decision about them that is not durable yet.
 *
 * The next decision about a key is made on what the overlay holds, else on what the engine holds.
 * Entries point into units: to the record that the unit stores under the key, or to nothing when it
 * leaves none. An entry goes when its unit is finished, unless a later unit has taken it over.
 *
 * Only the lane's strand touches it. Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_OVERLAY_H
#define TROPIC_TABLE_OVERLAY_H

#include "table/unit.h"

struct overlay_entry {
    struct overlay_entry *next;
    struct unit *unit;
    uint32_t key; /* index in unit->keys */
};

struct overlay {
    struct overlay_entry **buckets;
    size_t bucket_count, count; /* bucket_count is a power of two, or 0 */
    struct overlay_entry *spare;
};

void overlay_release(struct overlay *overlay);
/** Forgets all entries. */
void overlay_clear(struct overlay *overlay);

/** What is known of a storage key (its first byte, the space, does not count): false when nothing.
 *  The record is borrowed from its unit, empty when the key holds nothing. */
bool overlay_find(const struct overlay *overlay, struct slice storage_key,
                  struct slice *ret_record);

/**
 * The unit's newest decision about a key: the bytes of key and record lie in the unit's batch.
 * On failure unit->failed is set and nothing has changed.
 */
void overlay_put(struct overlay *overlay, struct unit *unit, uint32_t key_at, uint32_t key_len,
                 uint32_t record_at, uint32_t record_len);
/** Visits every key with what is known of it, in no order. visit returns 0 to go on. */
int overlay_each(const struct overlay *overlay,
                 int (*visit)(void *context, struct slice storage_key, struct slice record),
                 void *context);
/** Takes back all that the unit has put; nobody has put anything under its keys since. What a new
 *  epoch has cleared stays gone. */
void overlay_undo(struct overlay *overlay, struct unit *unit);
/** The unit is finished: removes the entries that are still its own. */
void overlay_forget(struct overlay *overlay, const struct unit *unit);
/** `unit` may be undone after `finished` was forgotten: then it has nothing to go back to. */
void overlay_outlive(struct unit *unit, const struct unit *finished);

#endif
