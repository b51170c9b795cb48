/*
 * unit.h - what a decision comes to: its piece of an engine batch, and who waits for it.
 *
 * A lane fills a unit and submits it; from then on its contents are read-only. The committer copies
 * the units of all lanes into one engine batch, in the order in which they were submitted, and
 * gives each change its sequence number in the copy. When the batch is durable, or was refused, the
 * unit is finished: the lane that owns it takes it back and uses it, and its memory, again.
 *
 *     lane: unit_get --> fill --> submit                          prune --> unit_put
 *                                   |                               ^
 *     committer:                  queue --> in flight --> finished -+
 *
 * Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_UNIT_H
#define TROPIC_TABLE_UNIT_H

#include "base/list.h"
#include "table/storage_key.h"
#include "table/store.h"

struct lane;

enum unit_kind {
    UNIT_MUTATION,    /* a local write, or only its answer (no operations): see lane.c */
    UNIT_APPLY,       /* changes from elsewhere with their checkpoint */
    UNIT_TRANSACTION, /* what a transaction does to one table in one lane, or only its answer */
    UNIT_MARKER,      /* "all that this lane decided before stands before me": for edits */
    UNIT_JOB,         /* purging, trimming */
};

/** A place for a sequence number: in the key of a put, and in the change that is its value. */
struct unit_slot {
    uint32_t key_at;                /* of the u64, in the batch's bytes */
    uint32_t change_at, change_len; /* 0, 0: the value has none (conflict log, cuts) */
};

/** What a unit does to one leaf of its table's digest. */
struct digest_delta {
    uint32_t leaf;
    int32_t count;
    int64_t bytes;
    u128 sum; /* modulo 2^128 */
};

/** What a unit does to the numbers of one index of its table. */
struct index_delta {
    uint16_t id;
    int32_t items;
    int64_t bytes;
};

/** By how much it makes an item collection grow. */
struct collection_delta {
    uint32_t key_at, key_len; /* in collection_keys */
    int64_t growth;
    struct mutation *mutation; /* to be told the size, or NULL */
};

/** A key that this unit decided about, and what the overlay said before. */
struct unit_key {
    uint64_t hash;
    uint32_t at, len;               /* in the batch's bytes */
    uint32_t record_at, record_len; /* 0, 0: nothing is stored under the key now */
    struct unit *before;            /* NULL: the overlay had no entry */
    uint32_t before_key;            /* index among the keys of `before` */
};

struct unit {
    enum unit_kind kind;
    struct lane *lane;       /* NULL: of no lane (jobs that are freed when done) */
    struct list_node queued; /* the committer's */
    struct list_node owned;  /* the lane's: submitted, or free */
    uint64_t ticket;         /* order of submission on its lane, from 1 */
    uint64_t epoch;          /* of refusals, see committer.h */
    struct table *table;
    struct batch batch;
#ifdef MUTANT_CHECKPOINT_LATER_BATCH
    struct batch late;
#endif
    bool flush_digest; /* a job: store the table's digest, too */
    bool cuts_shards;  /* a job: its slots are cuts of the table's streams */
    uint64_t sequence; /* of the first slot, once the committer has given it */
    size_t bytes;      /* accounted in the queue */

    struct unit_slot *slots;
    uint32_t slot_count, slot_cap;
    struct digest_delta *deltas;
    uint32_t delta_count, delta_cap;
    struct unit_key *keys;
    uint32_t key_count, key_cap;
    uint32_t changes;                        /* change records among the slots */
    struct change_sum own[TABLE_PARTITIONS]; /* those of them that feeds send, by log group */
    uint32_t conflicts_logged;
    int64_t tombstones, conflicts; /* to be added to the table's counters */
    struct index_delta *index_deltas;
    uint32_t index_delta_count, index_delta_cap;
    struct collection_delta *collection_deltas;
    uint32_t collection_delta_count, collection_delta_cap;
    struct buf collection_keys;
    bool failed; /* memory ran out while it was filled */

    struct hybrid_time drawn; /* to be settled; 0: none */
    struct mutation *mutation;
    struct apply *apply;
    struct transaction_work *transaction; /* of its last unit */
    bool more;  /* the next unit in the queue goes into the same batch: a transaction's */
    int answer; /* what mutation or transaction report when the unit is durable */
    void (*on_job_done)(struct unit *unit, int rc); /* on the committer's strand */
    void *job;
};

struct unit *unit_new(void); /* empty; NULL: no memory */
/** Makes ready for another use; big memory is given back. */
void unit_reset(struct unit *unit);
void unit_free(struct unit *unit); /* NULL is a no-op */

/** Appends to the arrays; a failure is remembered in `failed`. */
void unit_add_slot(struct unit *unit, struct unit_slot slot);
void unit_add_delta(struct unit *unit, struct digest_delta delta);
void unit_add_collection_delta(struct unit *unit, struct collection_delta delta);
void unit_add_index_delta(struct unit *unit, struct index_delta delta);
struct unit_key *unit_add_key(struct unit *unit);

/** Puts and tells where in the batch's bytes key and value came to lie. */
void unit_put_located(struct unit *unit, enum engine_family family, struct slice key,
                      struct slice value, uint32_t *ret_key_at, uint32_t *ret_value_at);
static inline bool unit_failed(const struct unit *unit)
{
    return unit->failed || buf_failed(&unit->batch.ops);
}

#endif
