/*
 * apply.c - changes from elsewhere: merged on the lane of their partition, one unit with the
 * checkpoint.
 *
 * First all records that the changes may meet are pinned; when one is not in the engine's cache,
 * the whole apply goes through the I/O pool once and begins again. Then each change is merged with
 * what stands under its key, which may be the work of the change before it. A change that does not
 * apply leaves no change record; at most it makes the stored record's context grow.
 *
 * A latched item makes its change wait, and all that came to the lane after it: a latch lasts about
 * as long as a commit.
 *
 * In the log the applied changes are REPLICATED, so feeds do not send them on, and carry both
 * images, because the streams of this Region show them. A change that nobody can see the effect
 * of (a delete of nothing, the same item again under a newer version) is INVISIBLE to streams.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "table/capacity.h"
#include "table/store_priv.h"

enum { APPLY_BYTES_PER_CHANGE = 512 };

static uint64_t apply_cost(const struct apply *apply)
{
    uint64_t bytes = APPLY_BYTES_PER_CHANGE;

    for (uint32_t i = 0; i < apply->count; i++)
        bytes += APPLY_BYTES_PER_CHANGE + apply->changes[i].new_image.len;
    return bytes;
}

/* ---- answers ---- */

static void on_answer(struct task *task)
{
    struct apply *apply = CONTAINER_OF(task, struct apply, task);

    apply->on_applied(apply, (int)(intptr_t)apply->unit);
}

static void answer_post(struct apply *apply, int rc)
{
    apply->unit = (void *)(intptr_t)rc;
    if (rc < 0)
        apply->applied = apply->dropped = apply->conflicts = apply->logged_conflicts = apply->ties =
            0;
    task_init(&apply->task, on_answer);
    strand_post(apply->strand, &apply->task);
}

void apply__answer(struct apply *apply, int rc)
{
    struct store *store = apply->table->store;

    atomic_fetch_sub_explicit(&store->apply_bytes, apply_cost(apply), memory_order_relaxed);
    answer_post(apply, rc);
    store__release(store);
}

/* ---- deciding ---- */

/** The storage key of a change, which comes from a peer: 0 or ST_CORRUPT. */
static int change_key(const struct apply *apply, const struct change *change,
                      struct storage_key *ret_key)
{
    struct item_key item;
    uint64_t hash;

    if (item_key_decode(change->key, apply->table->has_sort, &item) < 0)
        return ST_CORRUPT;
    hash = item_key_hash(&item);
    if (partition_of_hash(hash) != apply->partition ||
        (change->kind == CHANGE_PUT) != change->has_new ||
        (change->has_new && change->new_image.len == 0))
        return ST_CORRUPT;
    storage_key_item_encoded(ret_key, SPACE_ITEMS, apply->table->id, hash, change->key);
    return 0;
}

static void pins_release(struct lane *lane, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        engine_unpin(&lane->pins[i]);
}

/** Pins what the engine holds under each key, unless the overlay knows better. ST_CONFLICT: one of
 *  them is latched. */
static int apply_pin(struct lane *lane, struct apply *apply, enum engine_read how)
{
    struct storage_key key;
    struct slice record;

    if (apply->count > lane->pin_cap) {
        struct pinned *pins = realloc(lane->pins, apply->count * sizeof(*pins));

        if (pins == NULL)
            return ST_NOMEM;
        lane->pins = pins;
        lane->pin_cap = apply->count;
    }
    for (uint32_t i = 0; i < apply->count; i++) {
        int rc = change_key(apply, &apply->changes[i], &key);

        lane->pins[i] = PINNED_EMPTY;
        if (rc == 0 && latches_find(&lane->latches, storage_key_slice(&key)) != NULL)
            rc = ST_CONFLICT;
        if (rc == 0 && !overlay_find(&lane->overlay, storage_key_slice(&key), &record))
            rc = lane__fetch(apply->table, &key, how, &lane->pins[i]);
        if (rc < 0 && rc != ST_NOTFOUND) {
            pins_release(lane, i);
            return rc;
        }
    }
    return 0;
}

static void write_conflict(struct lane *lane, struct unit *unit, uint32_t partition,
                           struct slice encoded_key, const struct record *winner,
                           const struct record *loser)
{
    struct buf *entry = &lane->change;
    struct storage_key key;
    struct unit_slot slot = {.change_len = 0};
    uint32_t value_at;

    buf_clear(entry);
    buf_append_be64(entry, (uint64_t)clock_wall_ms(lane->store->clock));
    buf_append_sized(entry, encoded_key);
    buf_clear(&lane->record);
    record_encode(&lane->record, winner);
    buf_append_sized(entry, buf_slice(&lane->record));
    buf_clear(&lane->record);
    record_encode(&lane->record, loser);
    buf_append_sized(entry, buf_slice(&lane->record));
    buf_clear(&lane->stored);
    if (buf_failed(&lane->record) || buf_failed(entry) ||
        sealed_append(&lane->stored, buf_slice(entry)) < 0) {
        unit->failed = true;
        return;
    }
    storage_key_sequence(&key, SPACE_CONFLICTS, unit->table->id, partition, 0);
    unit_put_located(unit, ENGINE_DATA, storage_key_slice(&key), buf_slice(&lane->stored),
                     &slot.key_at, &value_at);
    slot.key_at += SEQUENCE_KEY_SEQUENCE_AT;
    unit_add_slot(unit, slot);
    unit->conflicts_logged++;
}

/** The change record of an applied change, as this Region's log has it. */
static void write_change(struct lane *lane, struct unit *unit, const struct apply *apply,
                         const struct change *incoming, const struct current *current,
                         const struct record *record)
{
    const struct record *old =
        current->present && !current->record.deleted ? &current->record : NULL;
    struct change change = *incoming;

    change.incarnation = lane->store->incarnation;
    change.context = record->context;
    change.flags =
        CHANGE_REPLICATED; /* not SERVICE: a replicated TTL delete looks like a user's */
    change.existed = change.has_old = old != NULL;
    change.new_hash = record->hash;
    change.new_size = record->size;
    change.new_image = record->item;
    change.old_image = old != NULL ? old->item : SLICE_EMPTY;
    change.old_hash = old != NULL ? old->hash : 0;
    change.old_size = old != NULL ? old->size : 0;
    if (apply->session || (old == NULL && record->deleted) ||
        (old != NULL && !record->deleted && slice_eq(old->item, record->item)))
        change.flags |= CHANGE_INVISIBLE;
    lane__write_change(lane, unit, apply->partition, &change);
}

static int incoming_record(struct lane *lane, const struct table *table,
                           const struct change *change, struct record *ret_record)
{
    struct record record = {
        .version = change->version,
        .context = change->context,
        .deleted = change->kind == CHANGE_DELETE,
    };
    int rc = 0;

    if (!record.deleted) {
        record.item = change->new_image;
        record.size = (uint32_t)item_size(record.item);
        rc = table__record_hash(table, change->key, record.version, record.item, &lane->hashed,
                                &record.hash);
    }
    *ret_record = record;
    return rc;
}

/** A replicated write costs its table and indexes here what it would cost if it were made here
 * and is never refused. Snapshots and repairs are the service's work. */
static void consume(const struct lane *lane, const struct apply *apply,
                    const struct current *before, const struct record *after)
{
    const struct schema *schema = apply->table->schema;
    uint64_t old_bytes = before->present && !before->record.deleted ? before->record.size : 0;
    uint64_t new_bytes = after->deleted ? 0 : after->size;
    uint64_t units = capacity_write(old_bytes > new_bytes ? old_bytes : new_bytes);

    if (apply->session)
        return;
    for (uint32_t i = 0; i < schema->index_count; i++) {
        uint64_t of_index = capacity_index_write(&lane->index_writes[i]);

        if (schema->indexes[i].global)
            capacity_consume(apply->table, CAPACITY_WRITE, schema->indexes[i].id, 0, of_index);
        else
            units += of_index;
    }
    capacity_consume(apply->table, CAPACITY_WRITE, CAPACITY_TABLE, 0, units);
}

/** Merges one change into the unit. */
static int apply_change(struct lane *lane, struct unit *unit, struct apply *apply, uint32_t at)
{
    const struct change *change = &apply->changes[at];
    struct table *table = apply->table;
    uint64_t floor = atomic_load_explicit(&table->floor, memory_order_relaxed);
    struct merge_input input = {.floor = {apply->session ? 0 : floor},
                                .replica = table->schema->replica_id};
    struct record incoming, stays;
    struct merge_result result;
    struct current current = {.present = false};
    struct storage_key key;
    struct slice bytes = lane->pins[at].value;
    int rc = change_key(apply, change, &key);

    if (rc < 0)
        return rc;
    if (overlay_find(&lane->overlay, storage_key_slice(&key), &bytes)) { /* else what was pinned */
        /* It may stand in this very unit, whose memory moves as it grows. */
        buf_clear(&lane->seen);
        if (buf_append_slice(&lane->seen, bytes) < 0)
            return ST_NOMEM;
        bytes = buf_slice(&lane->seen);
    }
    current.present = bytes.len > 0;
    if (current.present)
        rc = record_decode(bytes, &current.record);
    if (rc == 0)
        rc = incoming_record(lane, table, change, &incoming);
    if (rc < 0)
        return rc;

    input.stored = current.present ? &current.record : NULL;
    input.incoming = &incoming;
    merge_decide(&input, &result);
    if (!apply->session)
        context_raise_floor(&result.context, (struct hybrid_time){floor});
    apply->ties += result.tie;
    if (result.outcome == MERGE_CONFLICT_APPLY || result.outcome == MERGE_CONFLICT_DROP) {
        if (!apply->session) {
            apply->conflicts++;
            unit->conflicts++;
        }
        if (result.log_conflict) {
            bool incoming_wins = result.outcome == MERGE_CONFLICT_APPLY;

            apply->logged_conflicts++;
            write_conflict(lane, unit, apply->partition, change->key,
                           incoming_wins ? &incoming : &current.record,
                           incoming_wins ? &current.record : &incoming);
        }
    }
    if (result.outcome == MERGE_APPLY || result.outcome == MERGE_CONFLICT_APPLY) {
        apply->applied++;
        stays = incoming;
        stays.context = result.context;
        lane__write_record(lane, unit, &key, &current, &stays, NULL);
        write_change(lane, unit, apply, change, &current, &stays);
        consume(lane, apply, &current, &stays);
    } else {
        apply->dropped++;
        if (result.store) { /* the same record, which now covers more */
            stays = current.record;
            stays.context = result.context;
            lane__write_record(lane, unit, &key, &current, &stays, NULL);
        }
    }
    return unit_failed(unit) ? ST_NOMEM : 0;
}

static int apply_decide(struct lane *lane, struct apply *apply)
{
    struct unit *unit = lane__unit(lane, UNIT_APPLY, apply->table);
    int rc = 0;

    if (unit == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < apply->count && rc == 0; i++)
        rc = apply_change(lane, unit, apply, i);
    if (rc == 0 && apply->checkpoint_key.len > 0) {
        struct batch *batch = &unit->batch;

#ifdef MUTANT_CHECKPOINT_LATER_BATCH /* mutant: the checkpoint goes with whatever commits next */
        batch = &unit->late;
#endif
        buf_clear(&lane->stored);
        if (sealed_append(&lane->stored, apply->checkpoint_value) < 0)
            unit->failed = true;
        else
            batch_put(batch, ENGINE_DATA, apply->checkpoint_key, buf_slice(&lane->stored));
        rc = unit_failed(unit) ? ST_NOMEM : 0;
    }
    if (rc < 0) {
        lane__abandon(lane, unit);
        return rc;
    }
    unit->apply = apply;
    lane__submit(lane, unit);
    return 0;
}

/* ---- order: strictly one after the other ---- */

static void on_fetched(struct task *task);

static void on_fetch(struct task *task)
{
    struct lane *lane = CONTAINER_OF(task, struct lane, apply_fetch);
    struct apply *apply = lane->apply_fetching;

    for (uint32_t i = 0; i < apply->count; i++) {
        struct pinned pin = PINNED_EMPTY;
        struct storage_key key;
        if (change_key(apply, &apply->changes[i], &key) < 0)
            continue; /* the lane refuses it */
        lane__fetch(apply->table, &key, ENGINE_READ_ANY, &pin);
        engine_unpin(&pin);
    }
    task_init(&lane->apply_fetch, on_fetched);
    strand_post(lane->strand, &lane->apply_fetch);
}

/** False: a transaction holds an item; the end of its latch tries again. */
static bool apply_one(struct lane *lane, struct apply *apply, enum engine_read how)
{
    uint32_t count = apply->count; /* once it is submitted, it may be answered and used again */
    int rc;

    lane__begin(lane);
    if (atomic_load_explicit(&apply->table->dropped, memory_order_relaxed))
        rc = ST_NOTFOUND;
    else
        rc = apply_pin(lane, apply, how);
    if (rc == ST_AGAIN) {
        lane->apply_fetching = apply;
        task_init(&lane->apply_fetch, on_fetch);
        executor_io(lane->store->executor, &lane->apply_fetch);
        return true;
    }
    if (rc == ST_CONFLICT) {
        list_prepend(&lane->applies, &apply->queued);
        return false;
    }
    if (rc == 0) {
        rc = apply_decide(lane, apply);
        pins_release(lane, count);
    }
    if (rc < 0)
        apply__answer(apply, rc);
    return true;
}

void apply__run(struct lane *lane)
{
    while (!list_empty(&lane->applies) && lane->apply_fetching == NULL) {
        struct apply *apply = LIST_ENTRY(lane->applies.next, struct apply, queued);

        if (apply->table == lane->frozen)
            return; /* lane__on_resume() goes on */
        list_remove(&apply->queued);
        if (!apply_one(lane, apply, ENGINE_READ_CACHED))
            return;
    }
}

static void on_fetched(struct task *task)
{
    struct lane *lane = CONTAINER_OF(task, struct lane, apply_fetch);
    struct apply *apply = lane->apply_fetching;

    lane->apply_fetching = NULL;
    if (apply->table == lane->frozen) /* an edit came in between: it is the first to go on */
        list_prepend(&lane->applies, &apply->queued);
    else if (!apply_one(lane, apply, ENGINE_READ_ANY))
        return;
    apply__run(lane);
}

static void on_apply(struct task *task)
{
    struct apply *apply = CONTAINER_OF(task, struct apply, task);
    struct lane *lane = store__lane(apply->table->store, apply->table->id, apply->partition);

    list_append(&lane->applies, &apply->queued);
    apply__run(lane);
}

void store_apply(struct store *store, struct apply *apply)
{
    uint64_t cost = apply_cost(apply), queued;

    assert(apply->partition < TABLE_PARTITIONS);
    list_node_init(&apply->queued);
    apply->applied = apply->dropped = apply->conflicts = apply->logged_conflicts = apply->ties = 0;
    if (!store__accept(store)) {
        answer_post(apply, ST_CLOSED);
        return;
    }
    /* Half as much as clients may queue; a single apply always fits. */
    queued = atomic_fetch_add_explicit(&store->apply_bytes, cost, memory_order_relaxed);
    if (queued > 0 && queued + cost > store->queue_bytes_max / 2) {
        apply__answer(apply, ST_BUSY);
        return;
    }
    task_init(&apply->task, on_apply);
    strand_post(store__lane(store, apply->table->id, apply->partition)->strand, &apply->task);
}
