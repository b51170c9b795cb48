/*
 * lane.c - local writes: from store_mutate() to a submitted unit.
 *
 *   store_mutate            any thread: bounds, then the lane's queue
 *   mutation_run            lane: reads what stands under the key --miss--> I/O pool, and back
 *   mutation_decide         lane: decide(), draws a version, fills a unit, submits it
 *   committer               answers when the unit is durable
 *
 * What was decided on a record that is not durable yet is answered only after that record is, also
 * when nothing is to be written (a failed condition is a read): such an answer travels as a unit
 * without operations. What was decided on a durable record and writes nothing is answered at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/store_priv.h"

enum { FREE_UNITS_MAX = 256 };

/* ---- units ---- */

struct unit *lane__unit(struct lane *lane, enum unit_kind kind, struct table *table)
{
    struct list_node *node = list_pop(&lane->free_units);
    struct unit *unit;

    if (node != NULL) {
        unit = LIST_ENTRY(node, struct unit, owned);
        lane->free_count--;
    } else {
        unit = unit_new();
    }
    if (unit != NULL) {
        unit->kind = kind;
        unit->lane = lane;
        unit->table = table;
    }
    return unit;
}

void lane__unit_put(struct lane *lane, struct unit *unit)
{
    if (lane->free_count >= FREE_UNITS_MAX) {
        unit_free(unit);
        return;
    }
    unit_reset(unit);
    list_append(&lane->free_units, &unit->owned);
    lane->free_count++;
}

void lane__abandon(struct lane *lane, struct unit *unit)
{
    overlay_undo(&lane->overlay, unit);
    if (unit->drawn.bits != 0) {
        pthread_mutex_lock(&lane->store->clock_lock);
        hlc_settle(&lane->store->hlc, unit->drawn);
        pthread_mutex_unlock(&lane->store->clock_lock);
    }
    lane__unit_put(lane, unit);
}

void lane__enlist(struct lane *lane, struct unit *unit)
{
    struct store *store = lane->store;

    unit->epoch = lane->epoch;
    unit->ticket = ++lane->ticket;
    unit->bytes = unit->batch.ops.len;
    list_append(&lane->submitted, &unit->owned);
    atomic_fetch_add_explicit(&store->queue_bytes, unit->bytes, memory_order_relaxed);
    atomic_fetch_add_explicit(&store->queue_units, 1, memory_order_relaxed);
}

void lane__submit(struct lane *lane, struct unit *unit)
{
    lane__enlist(lane, unit);
    committer_submit(&lane->store->committer, unit);
}

void lane__begin(struct lane *lane)
{
    uint64_t epoch = atomic_load_explicit(&lane->store->epoch, memory_order_acquire);

    if (epoch == lane->epoch)
        return;
    overlay_clear(&lane->overlay); /* all of it was refused, or will be */
    lane->epoch = epoch;
}

static void on_prune(struct task *task)
{
    struct lane *lane = CONTAINER_OF(task, struct lane, prune);
    uint64_t finished;

    atomic_store(&lane->prune_posted, false);
    finished = atomic_load_explicit(&lane->finished, memory_order_acquire);
    while (!list_empty(&lane->submitted)) {
        struct unit *unit = LIST_ENTRY(lane->submitted.next, struct unit, owned);

        if (unit->ticket > finished)
            break;
        list_remove(&unit->owned);
        overlay_forget(&lane->overlay, unit);
        LIST_FOREACH(latched, &lane->latched_units)
        overlay_outlive(LIST_ENTRY(latched, struct unit, owned), unit);
        lane__unit_put(lane, unit);
    }
}

void lane_finished(struct lane *lane, uint64_t ticket)
{
    atomic_store_explicit(&lane->finished, ticket, memory_order_release);
    if (!atomic_exchange(&lane->prune_posted, true))
        strand_post(lane->strand, &lane->prune);
}

/* ---- what stands under a key ---- */

static int fetch_record(const struct table *table, struct storage_key *key, enum engine_read how,
                        struct pinned *ret_pin)
{
    int rc;

    assert(key->bytes[0] == SPACE_ITEMS);
    rc = engine_get(table->store->engine, ENGINE_DATA, storage_key_slice(key), how, ret_pin);
    if (rc != ST_NOTFOUND ||
        !atomic_load_explicit(&table->may_hold_tombstones, memory_order_relaxed))
        return rc;
    key->bytes[0] = SPACE_TOMBSTONES;
    rc = engine_get(table->store->engine, ENGINE_DATA, storage_key_slice(key), how, ret_pin);
    key->bytes[0] = SPACE_ITEMS;
    return rc;
}

int lane__fetch(const struct table *table, struct storage_key *key, enum engine_read how,
                struct pinned *ret_pin)
{
    uint64_t collection_bytes;
    int rc = collections__read(table, key, how, &collection_bytes);

    return rc < 0 ? rc : fetch_record(table, key, how, ret_pin);
}

void current_release(struct current *current)
{
    engine_unpin(&current->pin);
    current->pin = PINNED_EMPTY;
}

int lane__load(struct lane *lane, const struct table *table, struct storage_key *key,
               enum engine_read how, struct current *ret_current)
{
    struct slice bytes;
    int rc;

    ret_current->present = ret_current->undurable = false;
    ret_current->pin = PINNED_EMPTY;
    rc = collections__read(table, key, how, &ret_current->collection_bytes);
    if (rc < 0)
        return rc;
    if (overlay_find(&lane->overlay, storage_key_slice(key), &bytes)) {
        ret_current->undurable = true;
        if (bytes.len == 0)
            return 0;
    } else {
        rc = fetch_record(table, key, how, &ret_current->pin);
        if (rc == ST_NOTFOUND)
            return 0;
        if (rc < 0)
            return rc;
        bytes = ret_current->pin.value;
    }
    ret_current->present = true;
    ret_current->bytes = bytes;
    rc = record_decode(bytes, &ret_current->record);
    if (rc < 0)
        current_release(ret_current);
    return rc;
}

/* ---- what a decision writes ---- */

static bool keeps_tombstones(const struct table *table)
{
#ifdef MUTANT_TOMBSTONE_FORGOTTEN /* mutant: a delete leaves nothing behind */
    return false;
#endif
    return table->schema->global;
}

static void write_digest(struct unit *unit, uint64_t hash, const struct record *old_live,
                         const struct record *new_live)
{
    struct digest_delta delta = {.leaf = table_leaf_of_hash(hash)};

    if (old_live != NULL) {
        delta.count--;
        delta.bytes -= old_live->size;
        delta.sum -= old_live->hash;
    }
    if (new_live != NULL) {
        delta.count++;
        delta.bytes += new_live->size;
        delta.sum += new_live->hash;
    }
    if (delta.sum != 0 || delta.count != 0)
        unit_add_delta(unit, delta);
}

void lane__write_record(struct lane *lane, struct unit *unit, struct storage_key *key,
                        const struct current *current, const struct record *record,
                        struct mutation *mutation)
{
    bool was_live = current->present && !current->record.deleted;
    bool was_tombstone = current->present && current->record.deleted;
    bool tombstone = record->deleted && keeps_tombstones(unit->table);
    const struct record *old_live = was_live ? &current->record : NULL;
    const struct record *new_live = record->deleted ? NULL : record;
    uint32_t key_at, value_at = 0, value_len = 0;

    if (!record->deleted || tombstone) {
        buf_clear(&lane->record);
        if (record_encode(&lane->record, record) < 0)
            unit->failed = true;
        value_len = (uint32_t)lane->record.len;
    }
    key->bytes[0] = tombstone ? SPACE_ITEMS : SPACE_TOMBSTONES;
    if ((tombstone && was_live) || (!record->deleted && was_tombstone))
        batch_delete(&unit->batch, ENGINE_DATA, storage_key_slice(key));
    key->bytes[0] = tombstone ? SPACE_TOMBSTONES : SPACE_ITEMS;
    if (value_len > 0) {
        unit_put_located(unit, ENGINE_DATA, storage_key_slice(key), buf_slice(&lane->record),
                         &key_at, &value_at);
    } else {
        batch_delete(&unit->batch, ENGINE_DATA, storage_key_slice(key));
        key_at = (uint32_t)(unit->batch.ops.len - key->len);
    }
    if (tombstone) {
        struct storage_key purge;

        storage_key_purge(&purge, unit->table->id, record->version, storage_key_slice(key));
        batch_put_sealed(&unit->batch, &purge, SLICE_EMPTY, &lane->stored);
    }
    key->bytes[0] = SPACE_ITEMS;

    unit->tombstones += (int)tombstone - (int)was_tombstone;
    write_digest(unit, be64_get(key->bytes + ITEM_KEY_HASH_AT), old_live, new_live);
    if (schema_expires(unit->table->schema))
        expiry__follow(lane, unit, key, old_live, new_live);
    overlay_put(&lane->overlay, unit, key_at, (uint32_t)key->len, value_at, value_len);
    indexes__write(lane, unit, key, current, record, mutation);
}

void lane__write_change(struct lane *lane, struct unit *unit, uint32_t partition,
                        const struct change *change)
{
    struct storage_key key;
    struct unit_slot slot;

    buf_clear(&lane->change);
    if (change_encode(&lane->change, change) < 0)
        unit->failed = true;
    storage_key_sequence(&key, SPACE_CHANGES, unit->table->id, partition, 0);
    unit_put_located(unit, ENGINE_LOG, storage_key_slice(&key), buf_slice(&lane->change),
                     &slot.key_at, &slot.change_at);
    slot.key_at += SEQUENCE_KEY_SEQUENCE_AT;
    slot.change_len = (uint32_t)lane->change.len;
    unit_add_slot(unit, slot);
    unit->changes++;
    if (change_is_own(change)) {
        unit->own[partition].count++;
        unit->own[partition].bytes += slot.change_len;
    }
}

/* ---- mutations ---- */

static void on_answer(struct task *task)
{
    struct mutation *mutation = CONTAINER_OF(task, struct mutation, task);

    mutation->on_committed(mutation, (int)(intptr_t)mutation->unit);
}

static void answer_post(struct mutation *mutation, int rc)
{
    mutation->unit = (void *)(intptr_t)rc;
    task_init(&mutation->task, on_answer);
    strand_post(mutation->strand, &mutation->task);
}

void mutation__answer(struct mutation *mutation, int rc)
{
    struct store *store = mutation->table->store;

    atomic_fetch_sub_explicit(&store->queue_bytes, MUTATION_BYTES_GUESS, memory_order_relaxed);
    if (rc == ST_BUSY || rc == ST_FENCED)
        atomic_fetch_add_explicit(&store->mutations_refused, 1, memory_order_relaxed);
    answer_post(mutation, rc);
    store__release(store);
}

static bool keeps_old_image(const struct schema *schema)
{
    const struct stream *stream = schema_stream(schema);

    return schema->global || schema->kinesis.enabled ||
           (stream != NULL &&
            (stream->view == STREAM_OLD_IMAGE || stream->view == STREAM_NEW_AND_OLD_IMAGES));
}

/** Recovery alone needs no images. A table that becomes global, or gets a stream, keeps them from
 * that edit on: what was before comes to a new replica in its snapshot, and to no stream. */
static bool keeps_new_image(const struct schema *schema)
{
    const struct stream *stream = schema_stream(schema);

    return schema->global || schema->kinesis.enabled ||
           (stream != NULL &&
            (stream->view == STREAM_NEW_IMAGE || stream->view == STREAM_NEW_AND_OLD_IMAGES));
}

int lane__draw(struct lane *lane, struct hybrid_time previous, struct hybrid_time *ret_time)
{
    struct store *store = lane->store;
    int rc;

    pthread_mutex_lock(&store->clock_lock);
    rc = hlc_draw(&store->hlc, clock_wall_ms(store->clock), previous, ret_time);
    pthread_mutex_unlock(&store->clock_lock);
    return rc;
}

int lane__write_mutation(struct lane *lane, struct unit *unit, struct mutation *mutation,
                         struct storage_key *key, const struct current *current, struct slice item,
                         struct hybrid_time time)
{
    struct store *store = lane->store;
    struct table *table = mutation->table;
    const struct schema *schema = table->schema;
    const struct record *old = current->present ? &current->record : NULL;
    bool existed = old != NULL && !old->deleted;
    struct slice encoded = slice_skip(storage_key_slice(key), ITEM_KEY_ENCODED_AT);
    struct hybrid_time floor = {atomic_load_explicit(&table->floor, memory_order_relaxed)};
    struct record record = {.deleted = mutation->outcome == MUTATION_DELETE, .item = item};
    struct change change;
    int rc;

    if (record.deleted)
        record.item = SLICE_EMPTY;
    record.version = (struct version){time, schema->replica_id};
    merge_write_context(old, record.version, floor, &record.context);
    if (!record.deleted) {
        record.size = (uint32_t)item_size(item);
        rc = table__record_hash(table, encoded, record.version, item, &lane->hashed, &record.hash);
        if (rc < 0)
            return rc;
    }
    mutation->version = record.version;
    lane__write_record(lane, unit, key, current, &record, mutation);

    change = (struct change){
        .incarnation = store->incarnation,
        .version = record.version,
        .context = record.context,
        .origin_incarnation = store->incarnation,
        .kind = record.deleted ? CHANGE_DELETE : CHANGE_PUT,
        .flags = mutation->flags,
        .key = encoded,
        .has_new = !record.deleted && keeps_new_image(schema),
        .existed = existed,
        .new_image = item,
        .new_hash = record.hash,
        .new_size = record.size,
    };
    if (!record.deleted && !change.has_new)
        change.flags |= CHANGE_NOT_SHIPPED;
    if (existed) {
        change.has_old = keeps_old_image(schema);
        change.old_image = old->item;
        change.old_hash = old->hash;
        change.old_size = old->size;
    }
    lane__write_change(lane, unit, partition_of_hash(be64_get(key->bytes + ITEM_KEY_HASH_AT)),
                       &change);
    return unit_failed(unit) ? ST_NOMEM : 0;
}

int lane__decide(struct mutation *mutation, const struct current *current, struct slice *ret_item)
{
    const struct record *live =
        current->present && !current->record.deleted ? &current->record : NULL;
    int answer;

    *ret_item = SLICE_EMPTY;
    mutation->collection_bytes = current->collection_bytes;
    if (mutation->index_writes != NULL)
        memset(mutation->index_writes, 0,
               mutation->schema->index_count * sizeof(*mutation->index_writes));
    answer = mutation->decide(mutation, live, &mutation->outcome, ret_item);
    if (answer < 0 || (mutation->outcome == MUTATION_DELETE && live == NULL) ||
        (mutation->outcome == MUTATION_PUT && live != NULL && slice_eq(*ret_item, live->item)))
        mutation->outcome = MUTATION_NOTHING;
    if (mutation->outcome == MUTATION_PUT && mutation->table->keeps_collections &&
        !collections__have_room(mutation->table, current, *ret_item)) {
        mutation->outcome = MUTATION_NOTHING;
        return ST_COLLECTION;
    }
    return answer < 0 ? answer : 0;
}

/** Asks the mutation, and makes of its answer a unit or an immediate reply. */
static void mutation_decide(struct lane *lane, struct mutation *mutation, struct storage_key *key,
                            const struct current *current)
{
    struct slice item;
    struct unit *unit;
    int answer = lane__decide(mutation, current, &item);

    if (mutation->outcome == MUTATION_NOTHING && !current->undurable) {
        mutation__answer(mutation, answer);
        return;
    }

    unit = lane__unit(lane, UNIT_MUTATION, mutation->table);
    if (unit == NULL) {
        mutation__answer(mutation, ST_NOMEM);
        return;
    }
    unit->mutation = mutation;
    unit->answer = answer;
    if (mutation->outcome != MUTATION_NOTHING) {
        struct hybrid_time previous = {0};
        int rc;

        if (current->present)
            previous = current->record.version.time;
        rc = lane__draw(lane, previous, &unit->drawn);
        if (rc == 0)
            rc = lane__write_mutation(lane, unit, mutation, key, current, item, unit->drawn);
        if (rc < 0) {
            lane__abandon(lane, unit);
            mutation->outcome = MUTATION_NOTHING;
            mutation->version = VERSION_NONE;
            mutation__answer(mutation, rc);
            return;
        }
    }
    lane__submit(lane, unit);
}

int lane__refusal(const struct lane *lane, const struct table *table, struct mono deadline)
{
    struct store *store = lane->store;

    if (atomic_load_explicit(&table->dropped, memory_order_relaxed))
        return ST_NOTFOUND;
    if (atomic_load_explicit(&store->fenced, memory_order_relaxed))
        return ST_FENCED;
    if (deadline.ns != 0 && executor_now(store->executor).ns > deadline.ns)
        return ST_BUSY;
    return 0;
}

static struct lane *lane_of(const struct mutation *mutation)
{
    return store__lane(mutation->table->store, mutation->table->id,
                       partition_of_hash(item_key_hash(&mutation->key)));
}

static void mutation_run(struct lane *lane, struct mutation *mutation, enum engine_read how);

static void on_fetched(struct task *task)
{
    struct mutation *mutation = CONTAINER_OF(task, struct mutation, task);

    /* It was in the cache a moment ago; should it be gone again, one blocking read is better than
     * going round for ever. */
    mutation_run(lane_of(mutation), mutation, ENGINE_READ_ANY);
}

static void on_fetch(struct task *task)
{
    struct mutation *mutation = CONTAINER_OF(task, struct mutation, task);
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;

    storage_key_item(&key, SPACE_ITEMS, mutation->table->id, &mutation->key);
    lane__fetch(mutation->table, &key, ENGINE_READ_ANY, &pin); /* the lane will see what is wrong */
    engine_unpin(&pin);
    task_init(&mutation->task, on_fetched);
    strand_post(lane_of(mutation)->strand, &mutation->task);
}

static void mutation_run(struct lane *lane, struct mutation *mutation, enum engine_read how)
{
    struct table *table = mutation->table;
    struct storage_key key;
    struct current current;
    struct latch *latch;
    int rc;

    lane__begin(lane);
    if (lane->frozen == table) {
        list_append(&lane->frozen_mutations, &mutation->queued);
        return;
    }
    rc = lane__refusal(lane, table, mutation->deadline);
    if (rc < 0) {
        mutation__answer(mutation, rc);
        return;
    }
    storage_key_item(&key, SPACE_ITEMS, table->id, &mutation->key);
    latch = latches_find(&lane->latches, storage_key_slice(&key));
    if (latch != NULL) { /* a transaction's; its end brings us back */
        list_append(&latch->waiting, &mutation->queued);
        return;
    }
    rc = lane__load(lane, table, &key, how, &current);
    if (rc == ST_AGAIN) {
        task_init(&mutation->task, on_fetch);
        executor_io(lane->store->executor, &mutation->task);
        return;
    }
    if (rc < 0) {
        mutation__answer(mutation, rc);
        return;
    }
    mutation_decide(lane, mutation, &key, &current);
    current_release(&current);
}

static void on_mutation(struct task *task)
{
    struct mutation *mutation = CONTAINER_OF(task, struct mutation, task);

    mutation_run(lane_of(mutation), mutation, ENGINE_READ_CACHED);
}

void mutation__retry(struct lane *lane, struct mutation *mutation)
{
    mutation_run(lane, mutation, ENGINE_READ_CACHED);
}

void store_mutate(struct store *store, struct mutation *mutation)
{
    uint64_t queued;

    list_node_init(&mutation->queued);
    mutation->outcome = MUTATION_NOTHING;
    mutation->version = VERSION_NONE;
    mutation->collection_bytes = 0;
    if (!store__accept(store)) {
        answer_post(mutation, ST_CLOSED);
        return;
    }
    queued =
        atomic_fetch_add_explicit(&store->queue_bytes, MUTATION_BYTES_GUESS, memory_order_relaxed);
    if (queued > store->queue_bytes_max) {
        mutation__answer(mutation, ST_BUSY);
        return;
    }
    task_init(&mutation->task, on_mutation);
    strand_post(lane_of(mutation)->strand, &mutation->task);
}

/* ---- edits: see edits.c ---- */

void lane__on_freeze(struct task *task)
{
    struct lane *lane = CONTAINER_OF(task, struct lane, freeze);

    assert(lane->frozen == NULL);
    lane->frozen = lane->store->committer.edit_table;
    committer_submit(&lane->store->committer, &lane->marker);
}

void lane__on_resume(struct task *task)
{
    struct lane *lane = CONTAINER_OF(task, struct lane, resume);
    struct list_node waiting;

    lane->frozen = NULL;
    list_init(&waiting);
    list_splice(&waiting, &lane->frozen_mutations);
    for (struct list_node *node; (node = list_pop(&waiting)) != NULL;)
        mutation__retry(lane, LIST_ENTRY(node, struct mutation, queued));
    list_splice(&waiting, &lane->frozen_transactions);
    for (struct list_node *node; (node = list_pop(&waiting)) != NULL;)
        transact__retry(LIST_ENTRY(node, struct transaction, queued));
    apply__run(lane);
}

/* ---- life ---- */

static void on_stop(struct task *task)
{
    struct lane *lane = CONTAINER_OF(task, struct lane, stop);
    struct store_close *close = lane->store->close;

    /* Nothing is pending, so this is the last task of the lane; the last lane lets the owner know,
     * who may free the store at once. */
    if (atomic_fetch_sub(&lane->store->lanes_stopping, 1) == 1)
        strand_post(close->strand, &close->task);
}

int lane_init(struct lane *lane, struct store *store, uint32_t index)
{
    char name[96];

    lane->store = store;
    list_init(&lane->submitted);
    list_init(&lane->free_units);
    list_init(&lane->frozen_mutations);
    list_init(&lane->frozen_transactions);
    list_init(&lane->latched_units);
    list_init(&lane->applies);
    task_init(&lane->prune, on_prune);
    task_init(&lane->freeze, lane__on_freeze);
    task_init(&lane->resume, lane__on_resume);
    task_init(&lane->stop, on_stop);
    lane->marker.kind = UNIT_MARKER;
    list_node_init(&lane->marker.queued);
    list_node_init(&lane->marker.owned);
    snprintf(name, sizeof(name), "%s/lane %u", store->region, index);
    lane->strand = executor_strand(store->executor, STRAND_SHARED, name);
    return lane->strand == NULL ? ST_NOMEM : 0;
}

void lane_release(struct lane *lane)
{
    if (lane->store == NULL)
        return;
    overlay_release(&lane->overlay);
    for (struct list_node *node; (node = list_pop(&lane->submitted)) != NULL;)
        unit_free(LIST_ENTRY(node, struct unit, owned));
    for (struct list_node *node; (node = list_pop(&lane->latched_units)) != NULL;)
        unit_free(LIST_ENTRY(node, struct unit, owned));
    for (struct list_node *node; (node = list_pop(&lane->free_units)) != NULL;)
        unit_free(LIST_ENTRY(node, struct unit, owned));
    free(lane->pins);
    buf_release(&lane->record);
    buf_release(&lane->stored);
    buf_release(&lane->change);
    buf_release(&lane->hashed);
    buf_release(&lane->seen);
    for (size_t i = 0; i < ARRAY_LEN(lane->entries); i++)
        index_entry_release(&lane->entries[i]);
    strand_free(lane->strand);
}
