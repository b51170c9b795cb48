/*
 * transact.h - a transaction on its way. Private to table/; the essay is in transact.c.
 *
 * A transaction is handed from strand to strand, and whoever has it may use it: the caller's thread
 * and the I/O pool (its token), one lane after the other, the committer with its units. Only its
 * end runs in all its lanes at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_TRANSACT_H
#define TROPIC_TABLE_TRANSACT_H

#include <stdatomic.h>

#include "table/lane.h"
#include "table/store.h"

struct work_part {
    struct transaction_part *part;
    struct lane *lane;
    uint64_t hash;          /* of the partition key */
    struct current current; /* what decide() saw; over several lanes: a copy in the arena */
    struct slice item;      /* what it made of it */
    struct latch latch;
    bool latched;
};

/** The parts of one lane. */
struct work_leg {
    struct transaction_work *work;
    struct lane *lane;
    struct work_part *parts;
    uint32_t count;
    struct task task;
};

/** Bytes in the arena of the transaction. */
struct transaction_work {
    struct transaction *transaction;
    struct store *store;
    struct work_part *parts; /* in the order of lane, table and key */
    struct work_leg *legs;   /* in the order of lanes */
    uint32_t leg_count;
    uint64_t epoch;          /* of refusals: that of the first leg must be that of all others */
    struct hybrid_time time; /* of all its writes; 0: nothing was drawn yet */
    struct list_node units;  /* by `queued`, until the committer has them */
    bool undurable;          /* something that a decision was made on is still on its way */
    bool withdrawn;          /* units were made and will not be committed */
    int rc;
    _Atomic uint32_t legs_left;            /* that hold latches */
    struct list_node parked;               /* at the gate */
    struct transaction_work *next;         /* finished by the same commit */
    struct transaction_work *running_next; /* among those with tokens */
    bool token_running;                    /* it is the one that runs under its token */
};

/* ---- tokens.c ---- */

/** False: another transaction runs under this token. Otherwise ends with tokens__end(). */
bool tokens__begin(struct transaction_work *work);
void tokens__end(struct transaction_work *work);
/**
 * Looks for a commit under the token. 0: token_outcome says what it was, and `remembered` is
 * filled in; ST_NOTFOUND; ST_AGAIN (with CACHED); ST_NOMEM, ST_CORRUPT, ST_IO.
 */
int tokens__find(struct transaction_work *work, enum engine_read how);
/** Puts the token into a unit of the transaction. */
int tokens__put(struct transaction_work *work, struct lane *lane, struct unit *unit);
/* ---- transact_lanes.c ---- */

/** Begins to decide. */
void transact__enter(struct transaction_work *work);

/* ---- transact.c, for the others ---- */

/** It is over: everything is durable, or nothing was done. Nothing of it may be touched afterwards.
 */
void transact__answer(struct transaction_work *work, int rc);

#endif
