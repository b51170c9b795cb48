/*
 * lane.h - a run queue that owns partitions: all their mutations are decided on it, one by one.
 *
 * A lane reads the newest record of a key (its overlay, else the engine's cache; a miss goes
 * through the I/O pool first), asks the mutation what to do, writes the outcome into a unit and
 * submits it. It never waits: neither for a disk nor for the commit. An item needs no lock, because
 * only its lane decides about it.
 *
 * Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_LANE_H
#define TROPIC_TABLE_LANE_H

#include "table/indexes.h"
#include "table/latch.h"
#include "table/overlay.h"

struct lane {
    struct store *store;
    struct strand *strand;
    struct overlay overlay;
    struct list_node submitted;  /* units, oldest first; by `owned` */
    struct list_node free_units; /* by `owned` */
    uint32_t free_count;
    uint64_t ticket; /* of the last unit submitted */
    uint64_t epoch;
    _Atomic uint64_t finished; /* units up to this ticket are; written by the committer */
    struct task prune;
    _Atomic bool prune_posted;

    /* An edit has stopped this table here; what comes for it waits (edits.c). */
    struct table *frozen;
    struct task freeze, resume, stop;
    struct unit marker;
    struct list_node frozen_mutations, frozen_transactions;

    /* Transactions over several lanes: their latches, and the units that they have made here, which
     * are taken back when the latches go (transact_lanes.c). */
    struct latches latches;
    struct list_node latched_units; /* by `owned` */

    /* Applies run strictly one after the other, also when one waits for the I/O pool: a feed's
     * checkpoint must not pass the changes before it. */
    struct list_node applies;
    struct apply *apply_fetching;
    struct task apply_fetch;
    struct pinned *pins; /* of the apply that is decided now */
    uint32_t pin_cap;

    struct index_write index_writes[TABLE_INDEXES_MAX]; /* of the record that was written last */
    struct buf record, stored, change, hashed, seen;    /* scratch */
    struct index_entry entries[2];                      /* scratch: old and new */
};

int lane_init(struct lane *lane, struct store *store, uint32_t index);
/** Frees what it holds; never runs a callback. */
void lane_release(struct lane *lane);

/** Any thread, by the committer: units up to `ticket` are finished. */
void lane_finished(struct lane *lane, uint64_t ticket);

/* ---- lane.c, for apply.c and purge.c ---- */

/** What stands under a key now. */
struct current {
    bool present;       /* a live item or a tombstone */
    bool undurable;     /* as a decision that is still on its way, also when it left nothing */
    struct slice bytes; /* the record's */
    struct record record;
    struct pinned pin;
    uint64_t collection_bytes; /* durable; 0 without local indexes */
};
/** 0; ST_AGAIN (with CACHED); ST_CORRUPT, ST_IO. Ends with current_release(). */
int lane__load(struct lane *lane, const struct table *table, struct storage_key *key,
               enum engine_read how, struct current *ret_current);
void current_release(struct current *current);
/** Reads from the engine without a lane (an I/O task): brings a key into the cache. */
int lane__fetch(const struct table *table, struct storage_key *key, enum engine_read how,
                struct pinned *ret_pin);

struct unit *lane__unit(struct lane *lane, enum unit_kind kind, struct table *table);
void lane__submit(struct lane *lane, struct unit *unit);
/** The first half of lane__submit(): the unit is the lane's newest; who calls hands it over. */
void lane__enlist(struct lane *lane, struct unit *unit);
/** Gives a unit back for another use; it is on no list. */
void lane__unit_put(struct lane *lane, struct unit *unit);
/** Takes back a unit that was not submitted, with its marks in the overlay. */
void lane__abandon(struct lane *lane, struct unit *unit);
/** Begins a new decision: after a refusal, forgets what was refused. */
void lane__begin(struct lane *lane);

/** Everything that `record` in place of `current` means for the data: records, tombstones, purge
 * queue, digest, order of expiry, indexes, overlay. The record's hash and size are set. mutation,
 * unless NULL, gets its results. */
void lane__write_record(struct lane *lane, struct unit *unit, struct storage_key *key,
                        const struct current *current, const struct record *record,
                        struct mutation *mutation);
/** Adds a change record to the log of the key's partition. */
void lane__write_change(struct lane *lane, struct unit *unit, uint32_t partition,
                        const struct change *change);

/** Asks a local write what becomes of its item: 0 with mutation->outcome and *ret_item, or its
 *  refusal. An outcome that would change nothing is NOTHING. */
int lane__decide(struct mutation *mutation, const struct current *current, struct slice *ret_item);
/** Draws a version above `previous` for local writes. It is to be settled. */
int lane__draw(struct lane *lane, struct hybrid_time previous, struct hybrid_time *ret_time);
/** Puts a decided write into the unit: record, change, digest. The version's time is drawn. */
int lane__write_mutation(struct lane *lane, struct unit *unit, struct mutation *mutation,
                         struct storage_key *key, const struct current *current, struct slice item,
                         struct hybrid_time time);
/** Why a table takes no local write now, or 0. deadline 0: none. */
int lane__refusal(const struct lane *lane, const struct table *table, struct mono deadline);

void lane__on_freeze(struct task *task);
void lane__on_resume(struct task *task);
void mutation__retry(struct lane *lane, struct mutation *mutation);
/** Posts the answer. */
void mutation__answer(struct mutation *mutation, int rc);

/* ---- transact_lanes.c ---- */

/** Its table is not frozen any more. In the lane that it waited in. */
void transact__retry(struct transaction *transaction);
struct transaction_work;
/** On the committer's strand: what the transaction waited for is durable, or was refused. */
void transact__finished(struct transaction_work *work, int rc);

/* ---- apply.c ---- */

void apply__run(struct lane *lane);
void apply__answer(struct apply *apply, int rc);

/* ---- purge.c ---- */

/** I/O task: finds tombstones at or below the floor and sends them to their lanes. */
void purge__start(struct table *table);
/** Frees what is on its way, without running anything. */
void purge__release(struct store *store);

#endif
