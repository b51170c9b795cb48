/*
 * transact_lanes.c - what a transaction does in its lanes. The essay is in transact.c.
 *
 *   decide_leg   leg 0, 1, ... n: latch (several lanes only), load --miss--> I/O pool and back; ask
 *   write_leg    leg n, ... 1, 0: units; then all of them to the committer
 *   end_leg      all legs at once: units and latches back, waiters on; the last one answers
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "table/store_priv.h"
#include "table/transact.h"

static bool over_lanes(const struct transaction_work *work)
{
    return work->leg_count > 1;
}

static void leg_post(struct work_leg *leg, void (*run)(struct task *task))
{
    task_init(&leg->task, run);
    strand_post(leg->lane->strand, &leg->task);
}

static void part_key(const struct work_part *part, struct storage_key *ret_key)
{
    const struct mutation *mutation = &part->part->mutation;

    storage_key_item(ret_key, SPACE_ITEMS, mutation->table->id, &mutation->key);
}

/* ---- the gate ---- */

void gate_init(struct gate *gate)
{
    pthread_mutex_init(&gate->lock, NULL);
    list_init(&gate->parked);
}

void gate_release(struct gate *gate)
{
    pthread_mutex_destroy(&gate->lock);
}

void gate_close(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    gate->closed = true;
    pthread_mutex_unlock(&gate->lock);
}

bool gate_is_empty(struct gate *gate)
{
    bool empty;

    pthread_mutex_lock(&gate->lock);
    empty = gate->inside == 0;
    pthread_mutex_unlock(&gate->lock);
    return empty;
}

/** False: it waits outside, and is let in later. */
static bool gate_enter(struct gate *gate, struct transaction_work *work)
{
    bool entered;

    pthread_mutex_lock(&gate->lock);
    entered = !gate->closed;
    if (entered)
        gate->inside++;
    else
        list_append(&gate->parked, &work->parked);
    pthread_mutex_unlock(&gate->lock);
    return entered;
}

static void gate_leave(struct store *store)
{
    struct gate *gate = &store->gate;
    bool last;

    pthread_mutex_lock(&gate->lock);
    last = --gate->inside == 0 && gate->closed;
    pthread_mutex_unlock(&gate->lock);
    if (last)
        committer_kick(&store->committer);
}

void gate_open(struct store *store)
{
    struct gate *gate = &store->gate;
    struct list_node waiting;

    list_init(&waiting);
    pthread_mutex_lock(&gate->lock);
    gate->closed = false;
    list_splice(&waiting, &gate->parked);
    pthread_mutex_unlock(&gate->lock);
    for (struct list_node *node; (node = list_pop(&waiting)) != NULL;)
        transact__enter(LIST_ENTRY(node, struct transaction_work, parked));
}

/* ---- the end ---- */

/** Before the transaction may end: what is pinned must not outlive this visit to the lane. */
static void leg_release_pins(struct work_leg *leg)
{
    for (uint32_t i = 0; i < leg->count; i++)
        current_release(&leg->parts[i].current);
}

/** Frees the items of a leg; the mutations that waited for them go to `waiting`. */
static void leg_unlatch(struct work_leg *leg, struct list_node *waiting)
{
    struct lane *lane = leg->lane;

    for (uint32_t i = 0; i < leg->count; i++) {
        struct work_part *part = &leg->parts[i];

        if (!part->latched)
            continue;
        part->latched = false;
        latches_release(&lane->latches, &part->latch);
        list_splice(waiting, &part->latch.waiting);
    }
}

static void leg_take_back_units(struct work_leg *leg)
{
    struct lane *lane = leg->lane;

    LIST_FOREACH_SAFE(node, following, &lane->latched_units)
    {
        struct unit *unit = LIST_ENTRY(node, struct unit, owned);

        if (unit->job != leg)
            continue;
        list_remove(&unit->owned);
        if (leg->work->withdrawn)
            overlay_undo(&lane->overlay, unit);
        else
            overlay_forget(&lane->overlay, unit);
        lane__unit_put(lane, unit);
    }
}

static void end_leg(struct task *task)
{
    struct work_leg *leg = CONTAINER_OF(task, struct work_leg, task);
    struct transaction_work *work = leg->work;
    struct lane *lane = leg->lane;
    struct list_node waiting;

    lane__begin(lane);
    list_init(&waiting);
    leg_take_back_units(leg);
    leg_unlatch(leg, &waiting);
    if (atomic_fetch_sub(&work->legs_left, 1) == 1) {
        gate_leave(work->store);
        transact__answer(work, work->rc);
    }
    for (struct list_node *node; (node = list_pop(&waiting)) != NULL;)
        mutation__retry(lane, LIST_ENTRY(node, struct mutation, queued));
    apply__run(lane);
}

void transact__finished(struct transaction_work *work, int rc)
{
    work->rc = rc;
    if (!over_lanes(work)) {
        transact__answer(work, rc);
        return;
    }
    atomic_store(&work->legs_left, work->leg_count);
    for (uint32_t i = 0, count = work->leg_count; i < count; i++)
        leg_post(&work->legs[i], end_leg); /* the last one posted may end the transaction */
}

/** Nothing will be written. Called in the lane of `leg`. */
static void conclude(struct work_leg *leg, int rc)
{
    struct transaction_work *work = leg->work;
    struct unit *unit;

    leg_release_pins(leg);
    /* A decision is told when what it was made on is durable, as a mutation's is. */
    if ((rc == 0 || rc == ST_CONDITION) && work->undurable) {
        unit = lane__unit(leg->lane, UNIT_TRANSACTION, leg->parts[0].part->mutation.table);
        if (unit != NULL) {
            unit->transaction = work;
            unit->answer = rc;
            lane__submit(leg->lane, unit);
            return;
        }
        rc = ST_NOMEM;
    }
    transact__finished(work, rc);
}

/* ---- units ---- */

static void settle(struct transaction_work *work)
{
    struct store *store = work->store;

    if (work->time.bits == 0)
        return;
    pthread_mutex_lock(&store->clock_lock);
    hlc_settle(&store->hlc, work->time);
    pthread_mutex_unlock(&store->clock_lock);
    work->time.bits = 0;
}

/** Takes back what was made so far; over several lanes, the end of each leg does it. */
static void withdraw(struct work_leg *leg, int rc)
{
    struct transaction_work *work = leg->work;

    leg_release_pins(leg);
    settle(work);
    work->withdrawn = true;
    if (!over_lanes(work))
        while (!list_empty(&work->units)) {
            struct unit *unit = LIST_ENTRY(work->units.prev, struct unit, queued);

            list_remove(&unit->queued);
            lane__abandon(leg->lane, unit);
        }
    transact__finished(work, rc);
}

static struct unit *unit_begin(struct work_leg *leg, struct table *table)
{
    struct unit *unit = lane__unit(leg->lane, UNIT_TRANSACTION, table);

    if (unit == NULL)
        return NULL;
    list_append(&leg->work->units, &unit->queued);
    if (over_lanes(leg->work)) {
        unit->job = leg;
        list_append(&leg->lane->latched_units, &unit->owned);
    }
    return unit;
}

static struct hybrid_time replaced_time(const struct work_part *part)
{
    return part->current.present ? part->current.record.version.time : (struct hybrid_time){0};
}

/** The transaction's time, except in place of a record from a clock far ahead: that one is beaten
 *  for itself. It needs no registration: nothing above the transaction's own time is closed. */
static struct hybrid_time part_time(const struct transaction_work *work,
                                    const struct work_part *part)
{
    struct hybrid_time replaced = replaced_time(part);

    return replaced.bits < work->time.bits ? work->time : hybrid_time_next(replaced);
}

static int leg_write(struct work_leg *leg)
{
    struct transaction_work *work = leg->work;
    struct unit *unit = NULL;
    int rc = 0;

    for (uint32_t i = 0; i < leg->count && rc == 0; i++) {
        struct work_part *part = &leg->parts[i];
        struct mutation *mutation = &part->part->mutation;
        struct storage_key key;

        if (mutation->outcome == MUTATION_NOTHING)
            continue;
        if (unit == NULL || unit->table != mutation->table)
            unit = unit_begin(leg, mutation->table);
        if (unit == NULL)
            return ST_NOMEM;
        part_key(part, &key);
        rc = lane__write_mutation(leg->lane, unit, mutation, &key, &part->current, part->item,
                                  part_time(work, part));
    }
    if (rc < 0 || leg != work->legs || work->transaction->token.len == 0)
        return rc;
    if (unit == NULL)
        unit = unit_begin(leg, leg->parts[0].part->mutation.table);
    return unit != NULL ? tokens__put(work, leg->lane, unit) : ST_NOMEM;
}

/** Every leg has made its units: they go into one batch. */
static void submit(struct transaction_work *work)
{
    struct store *store = work->store;
    struct unit *last = LIST_ENTRY(work->units.prev, struct unit, queued);

    leg_release_pins(work->legs);
    LIST_FOREACH(node, &work->units)
    {
        struct unit *unit = LIST_ENTRY(node, struct unit, queued);

        unit->more = unit != last;
        if (!over_lanes(work)) {
            lane__enlist(work->legs[0].lane, unit);
            continue;
        }
        unit->epoch = work->epoch;
        unit->bytes = unit->batch.ops.len;
        atomic_fetch_add_explicit(&store->queue_bytes, unit->bytes, memory_order_relaxed);
        atomic_fetch_add_explicit(&store->queue_units, 1, memory_order_relaxed);
    }
    last->drawn = work->time;
    last->transaction = work;
    committer_submit_all(&store->committer, &work->units);
}

/** In the lane's epoch, or in another: then what was decided does not stand any more. */
static int leg_enter(struct work_leg *leg)
{
    struct transaction_work *work = leg->work;

    lane__begin(leg->lane);
    return leg->lane->epoch == work->epoch ? 0 : atomic_load(&work->store->committer.refusal);
}

static void write_leg(struct task *task)
{
    struct work_leg *leg = CONTAINER_OF(task, struct work_leg, task);
    int rc = leg_enter(leg);

    if (rc == 0)
        rc = leg_write(leg);
    if (rc < 0)
        withdraw(leg, rc);
    else if (leg == leg->work->legs)
        submit(leg->work);
    else
        leg_post(leg - 1, write_leg);
}

/* ---- deciding ---- */

/** Every part has answered. Called in the lane of the last leg. */
static void decided(struct work_leg *leg)
{
    struct transaction_work *work = leg->work;
    int64_t wall_ms = clock_wall_ms(work->store->clock);
    struct hybrid_time previous = {0};
    uint32_t writes = 0;
    int rc = 0;

    for (uint32_t i = 0; i < work->transaction->count; i++) {
        const struct work_part *part = &work->parts[i];

        if (part->part->rc < 0)
            rc = ST_CONDITION;
        if (part->part->mutation.outcome == MUTATION_NOTHING)
            continue;
        writes++;
        /* What does not move the clock (hlc.h) must not move the other items either. */
        if (hybrid_time_ms(replaced_time(part)) <= wall_ms + HLC_RATCHET_MS)
            previous = hybrid_time_max(previous, replaced_time(part));
    }
    if (rc < 0 || (writes == 0 && work->transaction->token.len == 0)) {
        conclude(leg, rc);
        return;
    }
    if (writes > 0)
        rc = lane__draw(leg->lane, previous, &work->time);
    if (rc < 0)
        conclude(leg, rc);
    else
        write_leg(&leg->task);
}

/** What stands under a part's key outlives this visit to the lane. */
static int part_keep(struct transaction_work *work, struct work_part *part)
{
    struct slice kept = arena_dup(work->transaction->arena, part->current.bytes);

    current_release(&part->current);
    return kept.ptr != NULL ? record_decode(kept, &part->current.record) : ST_NOMEM;
}

static int part_load(struct work_leg *leg, struct work_part *part, enum engine_read how)
{
    struct transaction_work *work = leg->work;
    struct lane *lane = leg->lane;
    struct storage_key key;
    int rc;

    part_key(part, &key);
    part->part->rc = 0;
    if (!part->latched && latches_find(&lane->latches, storage_key_slice(&key)) != NULL) {
        part->part->rc = ST_CONFLICT;
        return 0;
    }
    if (over_lanes(work) && !part->latched) {
        struct slice kept = arena_dup(work->transaction->arena, storage_key_slice(&key));

        if (kept.ptr == NULL)
            return ST_NOMEM;
        latches_take(&lane->latches, &part->latch, kept);
        part->latched = true;
    }
    rc = lane__load(lane, part->part->mutation.table, &key, how, &part->current);
    if (rc < 0)
        return rc;
    work->undurable = work->undurable || part->current.undurable;
    if (over_lanes(work) && part->current.present)
        rc = part_keep(work, part);
    return rc;
}

static void leg_decide(struct work_leg *leg, enum engine_read how);

static void decide_leg(struct task *task)
{
    leg_decide(CONTAINER_OF(task, struct work_leg, task), ENGINE_READ_CACHED);
}

static void on_fetched(struct task *task)
{
    leg_decide(CONTAINER_OF(task, struct work_leg, task), ENGINE_READ_ANY);
}

static void on_fetch(struct task *task)
{
    struct work_leg *leg = CONTAINER_OF(task, struct work_leg, task);

    for (uint32_t i = 0; i < leg->count; i++) {
        struct pinned pin = PINNED_EMPTY;
        struct storage_key key;

        part_key(&leg->parts[i], &key);
        lane__fetch(leg->parts[i].part->mutation.table, &key, ENGINE_READ_ANY, &pin);
        engine_unpin(&pin); /* the lane will see what is wrong */
    }
    leg_post(leg, on_fetched);
}

static bool leg_is_frozen(const struct work_leg *leg)
{
    for (uint32_t i = 0; i < leg->count && leg->lane->frozen != NULL; i++)
        if (leg->parts[i].part->mutation.table == leg->lane->frozen)
            return true;
    return false;
}

static int leg_load(struct work_leg *leg, enum engine_read how)
{
    struct transaction_work *work = leg->work;
    int rc = leg_enter(leg);

    for (uint32_t i = 0; i < leg->count && rc == 0; i++)
        rc = lane__refusal(leg->lane, leg->parts[i].part->mutation.table,
                           work->transaction->deadline);
    for (uint32_t i = 0; i < leg->count && rc == 0; i++)
        rc = part_load(leg, &leg->parts[i], how);
    return rc;
}

static void leg_decide(struct work_leg *leg, enum engine_read how)
{
    struct transaction_work *work = leg->work;
    int rc;

    lane__begin(leg->lane);
    if (leg_is_frozen(leg)) {
        assert(!over_lanes(work)); /* the gate */
        list_append(&leg->lane->frozen_transactions, &work->transaction->queued);
        return;
    }
    if (leg == work->legs)
        work->epoch = leg->lane->epoch;
    rc = leg_load(leg, how);
    if (rc == 0) {
        for (uint32_t i = 0; i < leg->count; i++) {
            struct work_part *part = &leg->parts[i];

            if (part->part->rc == 0)
                part->part->rc = lane__decide(&part->part->mutation, &part->current, &part->item);
        }
        if (leg == &work->legs[work->leg_count - 1])
            decided(leg);
        else
            leg_post(leg + 1, decide_leg);
    } else if (rc == ST_AGAIN) {
        leg_release_pins(leg);
        task_init(&leg->task, on_fetch);
        executor_io(work->store->executor, &leg->task);
    } else {
        conclude(leg, rc);
    }
}

/* ---- from the other files ---- */

void transact__enter(struct transaction_work *work)
{
    if (!over_lanes(work) || gate_enter(&work->store->gate, work))
        leg_post(&work->legs[0], decide_leg);
}

void transact__retry(struct transaction *transaction)
{
    leg_decide(&transaction->work->legs[0], ENGINE_READ_CACHED);
}
