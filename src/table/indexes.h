/*
 * indexes.h - the run-time side of a table's indexes: upkeep by the lanes, numbers, building.
 *
 * Whoever changes an item calls indexes__write(): it computes the entries of the old and of the new
 * item, puts what changed into the same unit, and notes what that does to the numbers. Nothing is
 * read for it, except the size of the item collection where a table has local indexes.
 *
 * Numbers. Each unit carries the differences it makes; the committer adds them up and stores the
 * sums of a table in every batch that changes them. They are therefore exact after any crash, with
 * nothing to be replayed.
 *
 * A new index is filled in the order of its table's storage keys, each partition by its lane. Up to
 * the lane's position all items have their entries and are kept up by every write; above it there
 * are none, and writes leave the index alone. So an entry is never counted twice and none is
 * missed. See index_work.c.
 *
 * Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_INDEXES_H
#define TROPIC_TABLE_INDEXES_H

#include "base/list.h"
#include "table/index_entry.h"
#include "table/store.h"

struct committer;
struct current;
struct lane;
struct unit;

struct table_index {
    uint16_t id;                     /* 0: the place is free */
    uint64_t items, bytes;           /* durable */
    uint64_t items_next, bytes_next; /* of the committer: with the batch in flight */
    struct index_work *work;         /* while CREATING, else NULL */
};

/** Of a table that has, or had, indexes. Places are taken and freed by the committer's strand while
 * the table is frozen; `items` and `bytes` are under the table's lock. */
struct table_indexes {
    struct table_index places[TABLE_INDEXES_MAX];
};

/* ---- indexes.c: on the lane ---- */

/** All entries that `record` in place of `current` changes, and the growth of the item collection.
 * `record` is live or deleted. mutation, unless NULL, gets its results. */
void indexes__write(struct lane *lane, struct unit *unit, const struct storage_key *key,
                    const struct current *current, const struct record *record,
                    struct mutation *mutation);

/* ---- index_read.c: any thread ---- */

/** [lower, upper) of what the options ask of their index, appended. 0 or ST_NOMEM. */
int indexes__bounds(const struct range_options *options, struct buf *lower, struct buf *upper);

/* ---- collections.c ---- */

/** Whether items of this table form collections with a size: it has a local index. */
bool collections__kept(const struct schema *schema);
/** The durable size of the collection of an item key; 0 bytes when there is none, and in a table
 * that keeps none. Any thread. 0; ST_AGAIN (CACHED), ST_CORRUPT, ST_IO. */
int collections__read(const struct table *table, const struct storage_key *item_key,
                      enum engine_read how, uint64_t *ret_bytes);
/** On the lane: whether the item may take its place without passing the limit. */
bool collections__have_room(const struct table *table, const struct current *current,
                            struct slice item);
/** On the lane: notes in the unit by how much the collection grows. The mutation, unless NULL, is
 * told its size. */
void collections__write(struct unit *unit, const struct storage_key *item_key, int64_t growth,
                        struct mutation *mutation);

/** What the units of a batch do to collections. Of the committer. */
struct gathered_deltas {
    struct gathered_delta {
        struct slice key; /* in the unit */
        uint32_t order;
        int64_t growth;
        struct mutation *mutation;
    } * deltas;
    uint32_t count, cap;
    bool failed;
};
/** Units in the order of their commit. */
void collections__gather(struct gathered_deltas *gathered, const struct unit *unit);
/** Puts the new sizes, tells the mutations, and makes ready for the next batch. */
int collections__append(struct gathered_deltas *gathered, struct engine *engine,
                        struct batch *batch, struct buf *scratch);

/* ---- index_numbers.c: on the committer's strand ---- */

/** Room for the indexes of a schema that is about to be installed. 0 or ST_NOMEM. */
int indexes__reserve(struct table *table, const struct schema *schema);
/** The places follow the schema: new ones with zeros, those of removed indexes free. With the
 * table's lock held, or before anybody sees the table. */
void indexes__install(struct table *table, const struct schema *schema);
void indexes__free(struct table *table);
struct table_index *indexes__place(const struct table *table, uint16_t id); /* or NULL */

/** Adds a unit's differences to what will be durable. */
void indexes__add(struct table *table, const struct unit *unit);
void indexes__append_numbers(struct table *table, struct batch *batch, struct buf *scratch);
/** The batch is durable, or was refused. With the table's lock held. */
void indexes__settle(struct table *table, bool durable);
/** At opening. */
int indexes__load(struct store *store, struct table *table);

#endif
