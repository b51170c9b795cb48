/*
 * committer.c - see committer.h. One turn of the committer:
 *
 *   take      units from the queue, up to a bound; those of a refused epoch are answered at once
 *   build     the batch: operations of all units with their sequence numbers, an edit of the
 *             catalogue, counters, a digest that is due, and always the mark
 *   commit    one engine_commit; units that only wait need none
 *   finish    when it is durable: watermark, clock, digests; then the answers; then the lanes
 *
 * The order in finish matters. Whoever is answered may read at once, and must find the digest and
 * the watermark where the answer says they are. The lanes come last: they may reuse the units.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/committer.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "table/store_priv.h"
#include "table/transact.h"

enum {
    BATCH_BYTES_MAX = 8 * 1024 * 1024, /* a turn takes no more units when it has this much */
    BATCH_UNITS_MAX = 8192,
    BATCH_KEEP_BYTES = 4 * 1024 * 1024,
    ANSWER_STRANDS_MAX = 16,
};

/* ---- asking for a turn ---- */

static void schedule_locked(struct committer *committer)
{
    if (committer->scheduled || committer->closed)
        return;
    committer->scheduled = true;
    strand_post(committer->strand, &committer->task);
}

void committer_submit(struct committer *committer, struct unit *unit)
{
    pthread_mutex_lock(&committer->lock);
    list_append(&committer->queue, &unit->queued);
    schedule_locked(committer);
    pthread_mutex_unlock(&committer->lock);
}

void committer_submit_all(struct committer *committer, struct list_node *units)
{
    pthread_mutex_lock(&committer->lock);
    list_splice(&committer->queue, units);
    schedule_locked(committer);
    pthread_mutex_unlock(&committer->lock);
}

void committer_kick(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    schedule_locked(committer);
    pthread_mutex_unlock(&committer->lock);
}

void committer_want_mark(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    committer->mark_wanted = true;
    schedule_locked(committer);
    pthread_mutex_unlock(&committer->lock);
}

/* ---- answers ---- */

/** Answers to one strand travel as one task: the first mutation's, with the others in its list. */
struct answers {
    struct mutation *first[ANSWER_STRANDS_MAX];
    uint32_t count;
    struct transaction_work *transactions; /* by `next`; rc is set */
};

static void on_answers(struct task *task)
{
    struct mutation *mutation = CONTAINER_OF(task, struct mutation, task);
    struct list_node others;

    list_init(&others);
    list_splice(&others, &mutation->queued); /* the first may be freed by its callback */
    mutation->on_committed(mutation, (int)(intptr_t)mutation->unit);
    for (struct list_node *node; (node = list_pop(&others)) != NULL;) {
        mutation = LIST_ENTRY(node, struct mutation, queued);
        mutation->on_committed(mutation, (int)(intptr_t)mutation->unit);
    }
}

static void answers_post(struct answers *answers)
{
    for (uint32_t i = 0; i < answers->count; i++)
        strand_post(answers->first[i]->strand, &answers->first[i]->task);
    answers->count = 0;
}

static void answers_add(struct answers *answers, struct mutation *mutation, int rc)
{
    mutation->unit = (void *)(intptr_t)rc;
    list_node_init(&mutation->queued);
    for (uint32_t i = 0; i < answers->count; i++) {
        if (answers->first[i]->strand == mutation->strand) {
            list_append(&answers->first[i]->queued, &mutation->queued);
            return;
        }
    }
    if (answers->count == ANSWER_STRANDS_MAX)
        answers_post(answers);
    task_init(&mutation->task, on_answers);
    answers->first[answers->count++] = mutation;
}

/** Answers who waits for a unit. */
static void unit_answer(struct store *store, struct unit *unit, int rc, struct answers *answers,
                        uint32_t *released)
{
    if (unit->mutation != NULL) {
        struct mutation *mutation = unit->mutation;

        if (rc < 0) {
            mutation->outcome = MUTATION_NOTHING;
            mutation->version = VERSION_NONE;
            atomic_fetch_add_explicit(&store->mutations_refused, 1, memory_order_relaxed);
        }
        atomic_fetch_sub_explicit(&store->queue_bytes, MUTATION_BYTES_GUESS, memory_order_relaxed);
        unit->mutation = NULL;
        answers_add(answers, mutation, rc < 0 ? rc : unit->answer);
        ++*released;
    }
    if (unit->transaction != NULL) {
        unit->transaction->rc = rc < 0 ? rc : unit->answer;
        unit->transaction->next = answers->transactions;
        answers->transactions = unit->transaction;
        unit->transaction = NULL;
    }
    if (unit->apply != NULL) {
        struct apply *apply = unit->apply;

        unit->apply = NULL;
        apply__answer(apply, rc);
    }
}

/** Last of all, for it gives units back to their lanes. */
static void transactions_finish(struct transaction_work *work)
{
    while (work != NULL) {
        struct transaction_work *next = work->next; /* it is gone when it was answered */

        transact__finished(work, work->rc);
        work = next;
    }
}

/** All units of a list are finished: durable (0), or refused. */
static void units_finish(struct committer *committer, struct list_node *units, int rc)
{
    struct store *store = committer->store;
    uint64_t finished[LANES_MAX] = {0};
    struct answers answers = {.transactions = NULL};
    uint32_t released = 0, count = 0;
    uint64_t bytes = 0;

    for (struct list_node *node; (node = list_pop(units)) != NULL;) {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);
        struct lane *lane = unit->lane;

        count++;
        bytes += unit->bytes;
        unit_answer(store, unit, rc, &answers, &released);
        if (lane != NULL && unit->ticket != 0)
            finished[lane - store->lanes] = unit->ticket;
        if (unit->on_job_done != NULL)
            unit->on_job_done(unit, rc); /* frees a unit that belongs to no lane */
    }
    answers_post(&answers);
    atomic_fetch_sub_explicit(&store->queue_bytes, bytes, memory_order_relaxed);
    atomic_fetch_sub_explicit(&store->queue_units, count, memory_order_relaxed);
    for (uint32_t i = 0; i < store->lane_count; i++)
        if (finished[i] != 0)
            lane_finished(&store->lanes[i], finished[i]);
    transactions_finish(answers.transactions);
    while (released-- > 0)
        store__release(store);
}

/* ---- take ---- */

static void take(struct committer *committer)
{
    struct store *store = committer->store;
    uint64_t epoch = atomic_load(&store->epoch);
    struct list_node refused;
    uint32_t markers = 0, count = 0;
    uint64_t bytes = 0;
    bool more = false; /* in the middle of a transaction */

    list_init(&refused);
    pthread_mutex_lock(&committer->lock);
    while (!list_empty(&committer->queue) &&
           (more || (bytes < BATCH_BYTES_MAX && count < BATCH_UNITS_MAX))) {
        struct unit *unit = LIST_ENTRY(list_pop(&committer->queue), struct unit, queued);

        if (unit->kind == UNIT_MARKER) {
            markers++;
            continue;
        }
        count++;
        bytes += unit->bytes;
        more = unit->more;
        list_append(unit->lane != NULL && unit->epoch != epoch ? &refused : &committer->in_flight,
                    &unit->queued);
    }
    pthread_mutex_unlock(&committer->lock);
    while (markers-- > 0)
        edits__on_marker(committer);
    if (list_empty(&refused))
        return;
    pthread_mutex_lock(&store->clock_lock);
    LIST_FOREACH(node, &refused)
    {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);

        if (unit->drawn.bits != 0)
            hlc_settle(&store->hlc, unit->drawn);
    }
    pthread_mutex_unlock(&store->clock_lock);
    units_finish(committer, &refused, committer->refusal);
}

/* ---- build ---- */

static void add_counters(struct committer *committer, struct table *table, const struct unit *unit)
{
    if (unit->tombstones != 0 || unit->conflicts != 0) {
        table->tombstones_next += (uint64_t)unit->tombstones;
        table->conflicts_next += (uint64_t)unit->conflicts;
        table->counters_dirty = true;
    }
    if (unit->index_delta_count > 0) {
        indexes__add(table, unit);
        table->indexes_dirty = true;
    }
    if ((table->counters_dirty || table->indexes_dirty) && !table->dirty) {
        table->dirty = true;
        table->next_dirty = committer->dirty;
        committer->dirty = table_ref(table);
    }
}

/** Of this strand only, so a load and a store will do. */
static void count_logged(struct table *table, uint8_t group, uint32_t bytes)
{
    _Atomic uint64_t *logged = &table->groups[group].logged;

    static_assert(SEQUENCE_KEY_GROUP_AT + 1 == SEQUENCE_KEY_SEQUENCE_AT, "the group stands before");
    atomic_store_explicit(logged, atomic_load_explicit(logged, memory_order_relaxed) + bytes,
                          memory_order_relaxed);
}

static void append_unit(struct committer *committer, struct unit *unit, int64_t commit_ms)
{
    struct batch *batch = &committer->batch;
    size_t base = batch->ops.len;
    struct table *table = unit->table;

    batch_append(batch, &unit->batch);
    if (buf_failed(&batch->ops))
        return; /* engine_commit will say so */
    unit->sequence = committer->sequence + 1;
    for (uint32_t i = 0; i < unit->slot_count; i++) {
        const struct unit_slot *slot = &unit->slots[i];
        uint64_t sequence = ++committer->sequence;
        uint8_t *key_sequence = batch->ops.ptr + base + slot->key_at;

        be64_put(key_sequence, sequence);
        if (slot->change_len > 0) {
            change_set_sequence(batch->ops.ptr + base + slot->change_at, slot->change_len, sequence,
                                commit_ms);
            if (table != NULL)
                count_logged(table, *(key_sequence - 1), slot->change_len);
        }
    }
    committer->changes += unit->changes;
    if (table != NULL)
        add_counters(committer, table, unit);
    collections__gather(&committer->collections, unit);
#ifdef MUTANT_CHECKPOINT_LATER_BATCH
    batch_append(&committer->late, &unit->late);
#endif
}

static void append_counters(struct committer *committer)
{
    for (struct table *table = committer->dirty; table != NULL; table = table->next_dirty) {
        struct storage_key key;
        uint8_t counters[16];

        if (table->indexes_dirty)
            indexes__append_numbers(table, &committer->batch, &committer->scratch);
        if (!table->counters_dirty)
            continue;
        be64_put(counters, table->tombstones_next);
        be64_put(counters + 8, table->conflicts_next);
        storage_key_table(&key, SPACE_COUNTERS, table->id);
        batch_put_sealed(&committer->batch, &key, slice_of(counters, sizeof(counters)),
                         &committer->scratch);
    }
}

/** The digest of a table as of now: nothing is in flight, so it is that of the durable watermark.
 */
static void append_digest(struct committer *committer, struct table *table)
{
    struct store *store = committer->store;

    if (committer->flushing_count == ARRAY_LEN(committer->flushing) || atomic_load(&table->dropped))
        return;
    for (uint32_t i = 0; i < committer->flushing_count; i++)
        if (committer->flushing[i] == table)
            return;
    if (digest__put(table, &committer->batch, atomic_load(&store->durable_sequence)) == 0)
        committer->flushing[committer->flushing_count++] = table_ref(table);
}

static void append_mark(struct committer *committer)
{
    struct store *store = committer->store;
    struct storage_key key;
    uint8_t mark[20];

    committer->mark = store__mark_wanted(store);
    be64_put(mark, committer->sequence);
    be64_put(mark + 8, committer->mark.bits);
    be32_put(mark + 16, store->next_table_id);
    storage_key_space(&key, SPACE_MARK);
    batch_put_sealed(&committer->batch, &key, slice_of(mark, sizeof(mark)), &committer->scratch);
    if (atomic_load(&store->identity_pending)) {
        struct buf identity = BUF_EMPTY;

        buf_append_be32(&identity, STORAGE_FORMAT);
        buf_append(&identity, store->folder, sizeof(store->folder));
        buf_append_str(&identity, store->region);
        storage_key_space(&key, SPACE_IDENTITY);
        batch_put_sealed(&committer->batch, &key, buf_slice(&identity), &committer->scratch);
        buf_release(&identity);
    }
}

/** The last batch of a closing store: every digest that is behind. */
static void append_all_digests(struct committer *committer)
{
    struct table **tables;
    size_t count;

    if (catalogue__all(committer->store, &tables, &count) < 0)
        return; /* they will be rebuilt from the log */
    for (size_t i = 0; i < count; i++) {
        bool behind;

        pthread_mutex_lock(&tables[i]->lock);
        behind = tables[i]->changes_unflushed > 0;
        pthread_mutex_unlock(&tables[i]->lock);
        if (behind && !atomic_load(&tables[i]->dropped))
            digest__put(tables[i], &committer->batch,
                        atomic_load(&committer->store->durable_sequence));
        table_unref(tables[i]);
    }
    free(tables);
}

/** True when there is something to commit. */
static bool build(struct committer *committer)
{
    struct store *store = committer->store;
    int64_t commit_ms = clock_wall_ms(store->clock);
    bool mark_wanted;

    pthread_mutex_lock(&committer->lock);
    mark_wanted = committer->mark_wanted;
    committer->mark_wanted = false;
    pthread_mutex_unlock(&committer->lock);

    batch_clear(&committer->batch);
    committer->changes = 0;
#ifdef MUTANT_CHECKPOINT_LATER_BATCH
    batch_append(&committer->batch, &committer->late);
    batch_clear(&committer->late);
#endif
    if (committer->flush_next != NULL) {
        append_digest(committer, committer->flush_next);
        table_unref(committer->flush_next);
        committer->flush_next = NULL;
    }
    LIST_FOREACH(node, &committer->in_flight)
    {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);

        append_unit(committer, unit, commit_ms);
        if (unit->flush_digest)
            append_digest(committer, unit->table);
    }
    append_counters(committer);
    if (collections__append(&committer->collections, store->engine, &committer->batch,
                            &committer->scratch) < 0)
        committer->batch.ops.failed = true; /* refused, with all that was decided */
    if (committer->closing == CLOSING_FLUSH) {
        committer->closing = CLOSING_FLUSHED;
        append_all_digests(committer);
    }
    edits__append(committer);
    if (committer->batch.count == 0 && committer->edit_state != EDIT_COMMITTING && !mark_wanted &&
        !atomic_load(&store->identity_pending) && !buf_failed(&committer->batch.ops))
        return false;
    append_mark(committer);
    return true;
}

/* ---- finish ---- */

static void settle(struct committer *committer, int rc)
{
    struct store *store = committer->store;

    pthread_mutex_lock(&store->clock_lock);
    LIST_FOREACH(node, &committer->in_flight)
    {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);

        if (unit->drawn.bits != 0)
            hlc_settle(&store->hlc, unit->drawn);
    }
    if (rc == 0)
        hlc_persisted(&store->hlc, committer->mark);
    pthread_mutex_unlock(&store->clock_lock);
}

static void finish_counters(struct committer *committer, int rc)
{
    while (committer->dirty != NULL) {
        struct table *table = committer->dirty;

        committer->dirty = table->next_dirty;
        pthread_mutex_lock(&table->lock);
        if (table->indexes_dirty)
            indexes__settle(table, rc == 0);
        if (rc == 0) {
            table->tombstones = table->tombstones_next;
            table->conflicts = table->conflicts_next;
        } else {
            table->tombstones_next = table->tombstones;
            table->conflicts_next = table->conflicts;
        }
        pthread_mutex_unlock(&table->lock);
        table->dirty = table->counters_dirty = table->indexes_dirty = false;
        table_unref(table);
    }
}

static void finish_digests(struct committer *committer, uint64_t position, int rc)
{
    while (committer->flushing_count > 0) {
        struct table *table = committer->flushing[--committer->flushing_count];

        if (rc == 0)
            digest__flushed(table, position);
        table_unref(table);
    }
    if (rc < 0)
        return;
    LIST_FOREACH(node, &committer->in_flight)
    {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);

        atomic_fetch_add_explicit(&committer->store->conflicts_logged, unit->conflicts_logged,
                                  memory_order_relaxed);
        if (unit->changes == 0)
            continue;
        atomic_fetch_add_explicit(&unit->table->changes, unit->changes, memory_order_relaxed);
        if (digest__add(unit->table, unit) && committer->flush_next == NULL)
            committer->flush_next = table_ref(unit->table);
    }
}

static void count_commit(struct committer *committer)
{
    struct store *store = committer->store;
    int64_t us = mono_diff_us(executor_now(store->executor), committer->begun);
    uint32_t units = 0;

    LIST_FOREACH(node, &committer->in_flight)
    units++;
    atomic_fetch_add_explicit(&store->commits, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&store->commit_units, units, memory_order_relaxed);
    atomic_fetch_add_explicit(&store->commit_us_total, (uint64_t)us, memory_order_relaxed);
    atomic_fetch_add_explicit(&store->changes, committer->changes, memory_order_relaxed);
    if (us > atomic_load_explicit(&store->commit_us_max, memory_order_relaxed))
        atomic_store_explicit(&store->commit_us_max, us, memory_order_relaxed);
}

/** Before the watermark: shards.h. */
static void finish_cuts(struct committer *committer)
{
    LIST_FOREACH(node, &committer->in_flight)
    {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);

        if (unit->cuts_shards)
            shards__durable(unit);
    }
}

static void finish(struct committer *committer, int rc)
{
    struct store *store = committer->store;
    uint64_t position = atomic_load(&store->durable_sequence); /* of the digests in this batch */
    struct list_node units;

    settle(committer, rc);
    if (rc == 0) {
        count_commit(committer);
        atomic_store(&store->identity_pending, false);
        finish_cuts(committer);
        atomic_store_explicit(&store->durable_sequence, committer->sequence, memory_order_release);
    } else {
        /* Whatever was decided on top of this batch must go with it. */
        committer->refusal = rc;
        atomic_fetch_add_explicit(&store->epoch, 1, memory_order_release);
    }
    finish_counters(committer, rc);
    finish_digests(committer, position, rc);
    edits__finish(committer, rc);
    if (rc == 0 && committer->changes > 0)
        log__notify(store);
    list_init(&units);
    list_splice(&units, &committer->in_flight);
    units_finish(committer, &units, rc);
    if (committer->batch.ops.cap > BATCH_KEEP_BYTES)
        batch_release(&committer->batch);
}

/** The engine is gone under the store (a crash in simulation): only store_free() can follow. */
static void stop_for_good(struct committer *committer)
{
    pthread_mutex_lock(&committer->lock);
    committer->closed = true;
    pthread_mutex_unlock(&committer->lock);
}

static void on_commit_done(struct commit *commit, int rc)
{
    struct committer *committer = CONTAINER_OF(commit, struct committer, commit);

    finish(committer, rc);
    if (rc == ST_CLOSED)
        stop_for_good(committer);
    else
        strand_post(committer->strand, &committer->task); /* still scheduled: the next turn */
}

#ifdef MUTANT_FEED_READS_UNSYNCED /* mutant: log readers see changes before their fsync */
static void on_commit_visible(struct commit *commit, int rc)
{
    struct committer *committer = CONTAINER_OF(commit, struct committer, commit);
    struct store *store = committer->store;

    committer->commit.on_done = on_commit_done;
    if (rc < 0) {
        on_commit_done(commit, rc);
        return;
    }
    atomic_store(&store->durable_sequence, committer->sequence);
    log__notify(store);
    batch_clear(&committer->batch);
    append_mark(committer);
    engine_commit(store->engine, &committer->batch, ENGINE_SYNC, &committer->commit);
}
#endif

static void commit(struct committer *committer)
{
    struct store *store = committer->store;
    enum engine_durability durability = ENGINE_SYNC;

#ifdef MUTANT_ACK_BEFORE_FSYNC /* mutant: answer, then write */
    struct answers answers = {.transactions = NULL};
    uint32_t released = 0;

    LIST_FOREACH(node, &committer->in_flight)
    if (LIST_ENTRY(node, struct unit, queued)->transaction == NULL) /* its units are still in use */
        unit_answer(store, LIST_ENTRY(node, struct unit, queued), 0, &answers, &released);
    answers_post(&answers);
    while (released-- > 0)
        store__release(store);
#endif
    committer->begun = executor_now(store->executor);
    committer->commit.strand = committer->strand;
    committer->commit.on_done = on_commit_done;
#ifdef MUTANT_FEED_READS_UNSYNCED
    committer->commit.on_done = on_commit_visible;
    durability = ENGINE_RELAXED;
#endif
    engine_commit(store->engine, &committer->batch, durability, &committer->commit);
}

/* ---- a turn ---- */

/** False: nothing to do, and the committer sleeps until it is asked again. */
static bool has_work(struct committer *committer)
{
    bool work;

    pthread_mutex_lock(&committer->lock);
    work = !list_empty(&committer->queue) || committer->mark_wanted ||
           committer->flush_next != NULL || committer->edit_state == EDIT_READY ||
           (committer->edit_state == EDIT_IDLE && !list_empty(&committer->edits));
    committer->scheduled = work;
    pthread_mutex_unlock(&committer->lock);
    return work;
}

/** False when a turn has been asked for since: then that one closes. */
static bool close_for_good(struct committer *committer)
{
    bool closed;

    pthread_mutex_lock(&committer->lock);
    closed = committer->closed = !committer->scheduled;
    pthread_mutex_unlock(&committer->lock);
    return closed;
}

static void on_turn(struct task *task)
{
    struct committer *committer = CONTAINER_OF(task, struct committer, task);
    struct store *store = committer->store;

    if (committer->closed)
        return;
    do {
        edits__advance(committer);
        take(committer);
        if (build(committer)) {
            commit(committer); /* goes on in on_commit_done, which may have run already */
            return;
        }
        /* Units that only wait: all that they saw is durable, for nothing is in flight. */
        if (!list_empty(&committer->in_flight)) {
            struct list_node units;

            list_init(&units);
            list_splice(&units, &committer->in_flight);
            units_finish(committer, &units, 0);
        }
    } while (has_work(committer));

    if (!atomic_load(&store->closing) || atomic_load(&store->pending) != 0)
        return;
    if (committer->closing == CLOSING_NOT) {
        committer->closing = CLOSING_FLUSH;
        committer_want_mark(committer); /* one more turn, with the digests */
    } else if (close_for_good(committer)) {
        housekeeping__stop(store); /* the store may be freed from now on */
    }
}

/* ---- life ---- */

int committer_init(struct committer *committer, struct store *store, bool dedicated)
{
    char name[96];

    committer->store = store;
    pthread_mutex_init(&committer->lock, NULL);
    list_init(&committer->queue);
    list_init(&committer->edits);
    list_init(&committer->in_flight);
    list_init(&committer->edit_works);
    task_init(&committer->task, on_turn);
    task_init(&committer->commit.task, NULL);
    snprintf(name, sizeof(name), "%s/committer", store->region);
    committer->strand =
        executor_strand(store->executor, dedicated ? STRAND_DEDICATED : STRAND_SHARED, name);
    return committer->strand == NULL ? ST_NOMEM : 0;
}

static void drop_jobs(struct list_node *units)
{
    for (struct list_node *node; (node = list_pop(units)) != NULL;) {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);

        if (unit->kind == UNIT_JOB && unit->lane == NULL) {
            table_unref(unit->table);
            unit_free(unit);
        }
    }
}

void committer_release(struct committer *committer)
{
    if (committer->store == NULL)
        return;
    drop_jobs(&committer->queue); /* the lanes free their own */
    drop_jobs(&committer->in_flight);
    edits__release(committer);
    while (committer->dirty != NULL) {
        struct table *table = committer->dirty;

        committer->dirty = table->next_dirty;
        table_unref(table);
    }
    while (committer->flushing_count > 0)
        table_unref(committer->flushing[--committer->flushing_count]);
    table_unref(committer->flush_next);
    batch_release(&committer->batch);
#ifdef MUTANT_CHECKPOINT_LATER_BATCH
    batch_release(&committer->late);
#endif
    buf_release(&committer->scratch);
    free(committer->collections.deltas);
    pthread_mutex_destroy(&committer->lock);
    strand_free(committer->strand);
}
