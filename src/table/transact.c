/*
 * transact.c - transactions: from store_transact() to the answer.
 *
 *   store_transact     any thread: bounds, token ----------------> done before: answered
 *   transact_lanes.c   lane after lane: latch, load, decide -----> a part refuses: cancelled
 *                      lane after lane, backwards: units
 *   committer          all units in one batch --durable, refused-> unlatch, answer
 *
 * One lane. When all items of a transaction belong to one lane, and on a Region with one lane that
 * is every transaction, the lane decides it in one go, as it decides a write: nothing comes between
 * the decisions, what they are made on may still be on its way to the disk, and so may be what the
 * next transaction is decided on. No latch is taken, so none is met, and transactions on the same
 * items never fail for each other.
 *
 * Several lanes. The items of a lane are latched in the order of their keys, the lanes are visited
 * in the order of their numbers. From then until the end no other decision is made about these
 * items, so what was decided in the first lane still stands when the last one agrees. Then each
 * lane, in the opposite order, turns its part into units, which stay in no lane's own order: they
 * are handed to the committer together, and go back to their lanes when the latches do. A latch
 * lasts until the batch is durable; then the answer follows, and the client's next transaction
 * finds the items free.
 *
 * Why nothing waits for itself.
 *   - A transaction never waits for a latch. It is refused (TransactionConflict), with all its
 *     other parts decided for the sake of the answer.
 *   - Who waits for a latch (a mutation, a lane's applies) holds no latch, and nobody who holds one
 *     waits for a mutation or an apply.
 *   - A holder of latches waits only for what ends by itself: its turn in a lane, a read on the I/O
 *     pool, a commit.
 *   - An edit of the catalogue stops a table in all lanes. An edit and a transaction over several
 *     lanes never meet: the edit closes the gate, waits until those inside have left, and only then
 *     stops the lanes; those who come meanwhile wait outside, without a latch, until the edit is
 *     done. So the decisions of a transaction and what they write fall under one schema. One lane
 *     needs no gate: it decides and writes in one step, or waits in the lane like a mutation.
 * Of several transactions that want the same items, one succeeds: the one that holds the greatest
 * item in the order above is not refused by any of the others.
 *
 * Refusals by the engine. Everything that a transaction decides must be decided in one epoch
 * (committer.h); if the epoch moves on between two of its lanes, it is refused like everything else
 * of the old one.
 *
 * All writes of a transaction have one version time, so a change record tells its transaction by
 * (time, replica), in every Region that it reaches; elsewhere they arrive one by one. An exception
 * is a write in place of a record from a clock far ahead, which has to be beaten: its time is its
 * own, so that one bad clock does not spread from item to item.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/transact.h"

#include <assert.h>
#include <stdlib.h>

#include "table/store_priv.h"

/* ---- the end ---- */

static void on_answer(struct task *task)
{
    struct transaction *transaction = CONTAINER_OF(task, struct transaction, task);

    transaction->on_committed(transaction, transaction->rc);
}

static void answer_post(struct transaction *transaction, int rc)
{
    for (uint32_t i = 0; i < transaction->count && rc < 0; i++) {
        struct mutation *mutation = &transaction->parts[i]->mutation;

        mutation->outcome = MUTATION_NOTHING;
        mutation->version = VERSION_NONE;
    }
    transaction->rc = rc;
    task_init(&transaction->task, on_answer);
    strand_post(transaction->strand, &transaction->task);
}

static uint64_t cost(const struct transaction *transaction)
{
    return (uint64_t)transaction->count * MUTATION_BYTES_GUESS;
}

/** The transaction was accepted. */
static void answer_accepted(struct store *store, struct transaction *transaction, int rc)
{
    atomic_fetch_sub_explicit(&store->queue_bytes, cost(transaction), memory_order_relaxed);
    if (rc == ST_BUSY || rc == ST_FENCED || rc == ST_FULL)
        atomic_fetch_add_explicit(&store->mutations_refused, 1, memory_order_relaxed);
    answer_post(transaction, rc);
    store__release(store);
}

void transact__answer(struct transaction_work *work, int rc)
{
    tokens__end(work);
    answer_accepted(work->store, work->transaction, rc);
}

/* ---- the plan ---- */

static int compare_keys(struct slice a, struct slice b)
{
    return a.ptr == NULL || b.ptr == NULL ? (a.ptr != NULL) - (b.ptr != NULL) : slice_cmp(a, b);
}

static int compare_parts(const void *left, const void *right)
{
    const struct work_part *a = left, *b = right;
    const struct mutation *ma = &a->part->mutation, *mb = &b->part->mutation;
    int order;

    if (a->lane != b->lane)
        return a->lane < b->lane ? -1 : 1;
    if (ma->table->id != mb->table->id)
        return ma->table->id < mb->table->id ? -1 : 1;
    if (a->hash != b->hash)
        return a->hash < b->hash ? -1 : 1;
    order = slice_cmp(ma->key.partition, mb->key.partition);
    return order != 0 ? order : compare_keys(ma->key.sort, mb->key.sort);
}

/** What of the transaction happens where. NULL: no memory. */
static struct transaction_work *plan(struct store *store, struct transaction *transaction)
{
    struct arena *arena = transaction->arena;
    struct transaction_work *work = ARENA_NEW(arena, struct transaction_work);
    uint32_t legs_max =
        transaction->count < store->lane_count ? transaction->count : store->lane_count;

    if (work == NULL)
        return NULL;
    work->parts = ARENA_ARRAY(arena, struct work_part, transaction->count);
    work->legs = ARENA_ARRAY(arena, struct work_leg, legs_max);
    if (work->parts == NULL || work->legs == NULL)
        return NULL;
    work->transaction = transaction;
    work->store = store;
    list_init(&work->units);
    list_node_init(&work->parked);
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct transaction_part *part = transaction->parts[i];
        struct work_part *at = &work->parts[i];

        at->part = part;
        at->hash = item_key_hash(&part->mutation.key);
        at->lane = store__lane(store, part->mutation.table->id, partition_of_hash(at->hash));
    }
    qsort(work->parts, transaction->count, sizeof(*work->parts), compare_parts);
    for (uint32_t i = 0; i < transaction->count; i++) {
        struct work_part *part = &work->parts[i];

        assert(i == 0 || compare_parts(part - 1, part) < 0);
        if (i == 0 || part->lane != part[-1].lane) {
            struct work_leg *leg = &work->legs[work->leg_count++];

            leg->work = work;
            leg->lane = part->lane;
            leg->parts = part;
        }
        work->legs[work->leg_count - 1].count++;
    }
    return work;
}

/* ---- the beginning ---- */

/** rc: what tokens__find() said. */
static void token_found(struct transaction_work *work, int rc)
{
    if (rc == ST_NOTFOUND)
        transact__enter(work);
    else if (rc == 0 && work->transaction->token_outcome == TOKEN_OTHER)
        transact__answer(work, ST_REFUSED);
    else
        transact__answer(work, rc);
}

static void on_find_token(struct task *task)
{
    struct transaction *transaction = CONTAINER_OF(task, struct transaction, task);

    token_found(transaction->work, tokens__find(transaction->work, ENGINE_READ_ANY));
}

static void find_token(struct transaction_work *work)
{
    int rc;

    if (!tokens__begin(work)) {
        work->transaction->token_outcome = TOKEN_RUNNING;
        transact__answer(work, ST_REFUSED);
        return;
    }
    rc = tokens__find(work, ENGINE_READ_CACHED);
    if (rc == ST_AGAIN) {
        task_init(&work->transaction->task, on_find_token);
        executor_io(work->store->executor, &work->transaction->task);
        return;
    }
    token_found(work, rc);
}

void store_transact(struct store *store, struct transaction *transaction)
{
    struct transaction_work *work;
    uint64_t queued;

    assert(transaction->count > 0);
    list_node_init(&transaction->queued);
    transaction->token_outcome = TOKEN_NEW;
    transaction->remembered = SLICE_EMPTY;
    for (uint32_t i = 0; i < transaction->count; i++) {
        transaction->parts[i]->rc = 0;
        transaction->parts[i]->mutation.outcome = MUTATION_NOTHING;
        transaction->parts[i]->mutation.version = VERSION_NONE;
    }
    if (!store__accept(store)) {
        answer_post(transaction, ST_CLOSED);
        return;
    }
    queued =
        atomic_fetch_add_explicit(&store->queue_bytes, cost(transaction), memory_order_relaxed);
    work = queued > store->queue_bytes_max ? NULL : plan(store, transaction);
    transaction->work = work;
    if (work == NULL)
        answer_accepted(store, transaction, queued > store->queue_bytes_max ? ST_BUSY : ST_NOMEM);
    else if (transaction->token.len > 0)
        find_token(work);
    else
        transact__enter(work);
}
