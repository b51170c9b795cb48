/*
 * committer.h - gathers what the lanes decided and makes it durable, one batch after the other.
 *
 *     units of all lanes -> queue -> one engine batch, one fsync -> everyone is answered
 *
 * There is no timer: an idle committer commits at once, a busy one takes, when its commit returns,
 * all that has come in the meantime (up to a bound). One commit is in flight at a time, so the
 * batches, the units in them and the sequence numbers have one order, which is the order of the
 * log.
 *
 * Refusal. When the engine refuses a batch (disk full, disk lagging), nothing of it was written.
 * Lanes may have decided more on top of it, so all units decided before the lanes could know are
 * refused with it: each carries the epoch it was decided in, and a refusal begins a new one. A lane
 * that sees the new epoch forgets its overlay and decides on the engine's state again.
 *
 * Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_COMMITTER_H
#define TROPIC_TABLE_COMMITTER_H

#include <pthread.h>
#include <stdatomic.h>

#include "table/indexes.h"
#include "table/unit.h"

enum edit_state {
    EDIT_IDLE,
    EDIT_DRAINING, /* waiting for transactions over several lanes */
    EDIT_FREEZING, /* waiting for the marker of every lane */
    EDIT_READY,    /* goes into the next batch */
    EDIT_COMMITTING,
};

/** An accepted edit: what was taken over from the caller's struct. */
struct edit {
    struct list_node queued;
    struct store_edit *request; /* only to answer it */
    int kind;
    struct schema *schema; /* one reference, or NULL */
    struct batch meta;
};

struct committer {
    struct store *store;
    struct strand *strand;
    struct task task;

    pthread_mutex_t lock;
    struct list_node queue; /* units */
    struct list_node edits;
    bool scheduled; /* the task is posted, or a commit is in flight */
    bool mark_wanted;
    bool closed; /* no further turn */

    /* Of the strand. */
    struct list_node in_flight; /* units */
    struct batch batch;
    struct commit commit;
    struct mono begun;
    uint64_t sequence;         /* last given */
    struct hybrid_time mark;   /* in the batch in flight */
    struct table *dirty;       /* whose counters are in the batch in flight, by next_dirty */
    struct table *flushing[8]; /* whose digests are; references */
    uint32_t flushing_count;
    struct table *flush_next; /* whose digest is due; a reference, or NULL */
    _Atomic int refusal;      /* what the last refused batch was refused with; any thread reads */
#ifdef MUTANT_CHECKPOINT_LATER_BATCH
    struct batch late;
#endif
    struct buf scratch;
    struct gathered_deltas collections; /* of the batch that is built */
    uint32_t changes;                   /* in flight */
    enum {
        CLOSING_NOT,
        CLOSING_FLUSH,
        CLOSING_FLUSHED
    } closing; /* the last batch has every digest */

    enum edit_state edit_state;
    struct edit *edit;
    struct table *edit_table;    /* REPLACE, DROP: a reference; CREATE: the new one */
    struct schema *edit_schema;  /* what is to be installed; one reference */
    struct list_node edit_works; /* that are to be installed with it */
    uint32_t edit_lanes_left;
    int64_t edit_dropped_ms;
};

int committer_init(struct committer *committer, struct store *store, bool dedicated);
/** Frees what it holds; never runs a callback. */
void committer_release(struct committer *committer);

/** Any thread. The unit belongs to the committer until it is finished. */
void committer_submit(struct committer *committer, struct unit *unit);
/** The same for several, by `queued`, in this order and with nothing between them. */
void committer_submit_all(struct committer *committer, struct list_node *units);
/** Any thread: something besides units is to be done. */
void committer_kick(struct committer *committer);
void committer_want_mark(struct committer *committer);

/* ---- edits.c: all on the strand ---- */

/** Begins the next edit when there is none. */
void edits__advance(struct committer *committer);
/** A lane has stopped deciding on the table that is edited. */
void edits__on_marker(struct committer *committer);
/** Adds a ready edit to the batch, after all units. */
void edits__append(struct committer *committer);
/** The batch is durable (0) or was refused. */
void edits__finish(struct committer *committer, int rc);
/** Deletes all that is stored of a table; log_too: its changes and its catalogue entry as well. */
void edits__append_drop(struct batch *batch, uint32_t table, bool log_too);
void edits__release(struct committer *committer);

#endif
