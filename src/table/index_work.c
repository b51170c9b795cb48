/*
 * index_work.c - the life of an index that is CREATING or DELETING, after the edit that made it so.
 *
 *   CREATING --edit: backfilling--> steps, partition after partition --edit: ACTIVE--> done
 *   DELETING --edit: removed, with all entries-------------------------------------------> done
 *
 * A step fills the index with the next few items of one partition:
 *
 *   housekeeping's strand   takes the position and begins
 *   I/O pool                reads on to find the step's last key, which brings all into the cache
 *   lane                    takes the step's items as they are now - decided and on their way, or
 *                           in the engine - and puts their entries, the new position and the
 *                           numbers into one unit
 *   committer               makes the unit durable, and with it the position
 *   housekeeping's strand   goes on at once, or after a pause while others write
 *
 * The lane alone decides about the partition's items, so between its position and its next write
 * nothing can slip: a write at or below the position keeps its entry up, one above it is found by a
 * later step. What a transaction over several lanes has latched is waited for: it may be withdrawn.
 * After a refused batch the lane begins again at the durable position (`epoch`, as with
 * its overlay). After a crash the position is where the entries are.
 *
 * Removing needs no steps: one range deletion, whatever the size, in the batch of the edit that
 * takes the index out of the schema.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/index_work.h"

#include <assert.h>
#include <stdlib.h>

#include "table/store_priv.h"

enum {
    STEP_ITEMS = 256,
    STEP_BYTES = 256 * 1024,
    RETRY_MS = 1000, /* disk full, unreadable */
    FROZEN_MS = 2,   /* an edit holds the table */
};

/** How far one partition is. Positions are storage keys from their hash on; empty: at the start. */
struct index_fill {
    /* of the lane */
    struct buf position;
    uint64_t epoch; /* of the lane, in which `position` is right */
    bool passed_all;
    /* durable; under the table's lock */
    struct buf durable;
    bool durable_all;
    uint64_t items, unfit;
};

struct index_work {
    struct list_node node; /* of the store's, or of the edit's that brings it */
    struct table *table;   /* one reference */
    uint16_t index;
    bool begun;
    struct index_fill partitions[TABLE_PARTITIONS];

    /* One thing is done at a time; it moves from thread to thread with the task. */
    struct task task;
    struct timer timer;
    struct store_edit edit;
    struct mono step_begun;
    uint32_t partition;
    struct buf from, to; /* of the step: positions, exclusive and inclusive */
    bool to_end;         /* of the partition */
    unsigned fetches;
    uint64_t items, unfit;
    int rc;
};

static struct store *store_of(const struct index_work *work)
{
    return work->table->store;
}

static struct lane *lane_of(const struct index_work *work)
{
    return store__lane(store_of(work), work->table->id, work->partition);
}

static int assign(struct buf *to, struct slice bytes)
{
    buf_clear(to);
    return buf_append_slice(to, bytes);
}

/* ---- positions ---- */

static int position_refresh(struct index_fill *partition, struct lane *lane, struct table *table)
{
    int rc;

    if (partition->epoch == lane->epoch)
        return 0;
    pthread_mutex_lock(&table->lock);
    rc = assign(&partition->position, buf_slice(&partition->durable));
    partition->passed_all = partition->durable_all;
    pthread_mutex_unlock(&table->lock);
    if (rc == 0)
        partition->epoch = lane->epoch;
    return rc;
}

bool index_work__has_passed(struct lane *lane, const struct table *table,
                            const struct schema_index *index, const struct storage_key *key)
{
    struct index_work *work = indexes__place(table, index->id)->work;
    struct slice position = slice_skip(storage_key_slice(key), ITEM_KEY_HASH_AT);
    struct index_fill *partition = &work->partitions[partition_of_hash(be64_get(position.ptr))];

    if (position_refresh(partition, lane, work->table) < 0)
        return false;
    return partition->passed_all || slice_cmp(position, buf_slice(&partition->position)) <= 0;
}

/* ---- a step: the range, read on the I/O pool ---- */

/** [lower, upper) of what the step may look at. */
static void step_bounds(const struct index_work *work, struct storage_key *lower,
                        struct storage_key *upper)
{
    const uint64_t width = UINT64_MAX / TABLE_PARTITIONS + 1;
    uint64_t first = work->partition * width;

    storage_key_hash(lower, SPACE_ITEMS, work->table->id, first);
    if (work->from.len > 0) {
        memcpy(lower->bytes + ITEM_KEY_HASH_AT, work->from.ptr, work->from.len);
        lower->len = ITEM_KEY_HASH_AT + work->from.len;
        lower->bytes[lower->len++] = 0; /* the least key above */
    }
    if (work->to_end) {
        storage_key_after_hash(upper, SPACE_ITEMS, work->table->id, first + (width - 1));
    } else {
        storage_key_hash(upper, SPACE_ITEMS, work->table->id, 0);
        memcpy(upper->bytes + ITEM_KEY_HASH_AT, work->to.ptr, work->to.len);
        upper->len = ITEM_KEY_HASH_AT + work->to.len;
        upper->bytes[upper->len++] = 0;
    }
}

static int find_end(struct index_work *work)
{
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    size_t bytes = 0;
    unsigned count = 0;
    int rc;

    work->to_end = true;
    step_bounds(work, &lower, &upper);
    rc = engine_iterate(store_of(work)->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        bytes += engine_iterator_value(iterator).len;
        if (++count < STEP_ITEMS && bytes < STEP_BYTES)
            continue;
        work->to_end = false;
        rc = assign(&work->to, slice_skip(engine_iterator_key(iterator), ITEM_KEY_HASH_AT));
        break;
    }
    engine_iterator_free(iterator);
    return rc < 0 ? rc : 0;
}

static void on_step(struct task *task);
static void on_stepped(struct task *task);

static void hop(struct index_work *work, struct strand *strand, void (*run)(struct task *task))
{
    task_init(&work->task, run);
    strand_post(strand, &work->task);
}

static void step_end(struct index_work *work, int rc)
{
    work->rc = rc;
    hop(work, store_of(work)->housekeeping.strand, on_stepped);
}

static void on_read(struct task *task)
{
    struct index_work *work = CONTAINER_OF(task, struct index_work, task);
    int rc = find_end(work);

    if (rc < 0)
        step_end(work, rc);
    else
        hop(work, lane_of(work)->strand, on_step);
}

/* ---- a step: the entries, decided on the lane ---- */

struct step {
    struct index_work *work;
    struct lane *lane;
    struct unit *unit;
    const struct schema *schema;
    const struct schema_index *index;
    struct storage_key lower, upper;
};

static int step_item(struct step *step, struct slice storage_key, struct slice bytes)
{
    struct index_work *work = step->work;
    struct index_entry *entry = &step->lane->entries[0];
    struct record record;
    int rc = record_decode(bytes, &record);

    if (rc < 0 || record.deleted)
        return rc;
    rc = index_entry_build(entry, work->table->id, step->schema, step->index,
                           slice_skip(storage_key, ITEM_KEY_ENCODED_AT), &record);
    if (rc < 0)
        return rc;
    work->items++;
    work->unfit += entry->membership == INDEX_UNFIT;
    if (!entry->present)
        return 0;
    buf_clear(&step->lane->stored);
    rc = index_entry_value(entry, &step->lane->stored);
    if (rc < 0)
        return rc;
    batch_put(&step->unit->batch, ENGINE_DATA, buf_slice(&entry->key),
              buf_slice(&step->lane->stored));
    unit_add_index_delta(step->unit,
                         (struct index_delta){.id = work->index, .items = 1, .bytes = entry->size});
    return unit_failed(step->unit) ? ST_NOMEM : 0;
}

/** What the engine holds, unless the overlay knows better. */
static int step_engine(struct step *step, enum engine_read how)
{
    struct store *store = step->lane->store;
    struct engine_iterator *iterator = NULL;
    int rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&step->lower),
                            storage_key_slice(&step->upper), how, &iterator);

    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        struct slice key = engine_iterator_key(iterator), seen;
        int item_rc = 0;

        if (!overlay_find(&step->lane->overlay, key, &seen))
            item_rc = step_item(step, key, engine_iterator_value(iterator));
        if (item_rc < 0) {
            rc = item_rc;
            break;
        }
    }
    engine_iterator_free(iterator);
    return rc < 0 ? rc : 0;
}

static int step_undurable(void *context, struct slice key, struct slice record)
{
    struct step *step = context;
    struct slice after_space = slice_skip(key, 1);

    if (record.len == 0 || key.ptr[0] != SPACE_ITEMS ||
        slice_cmp(after_space, slice_skip(storage_key_slice(&step->lower), 1)) < 0 ||
        slice_cmp(after_space, slice_skip(storage_key_slice(&step->upper), 1)) >= 0)
        return 0;
    return step_item(step, key, record);
}

static void position_key(struct storage_key *key, uint32_t table, uint16_t index,
                         uint32_t partition)
{
    storage_key_table(key, SPACE_BACKFILLS, table);
    be16_put(key->bytes + key->len, index);
    key->bytes[key->len + 2] = (uint8_t)partition;
    key->len += 3;
}

/** The position after the step, into the unit and into the lane's mind. */
static int step_position(struct step *step)
{
    struct index_work *work = step->work;
    struct index_fill *partition = &work->partitions[work->partition];
    struct buf *payload = &step->lane->record;
    struct storage_key key;
    int rc = 0;

    buf_clear(payload);
    buf_append_u8(payload, work->to_end);
    buf_append_varint(payload, partition->items + work->items);
    buf_append_varint(payload, partition->unfit + work->unfit);
    if (!work->to_end)
        buf_append_slice(payload, buf_slice(&work->to));
    position_key(&key, work->table->id, work->index, work->partition);
    batch_put_sealed(&step->unit->batch, &key, buf_slice(payload), &step->lane->stored);
    if (buf_failed(payload) || unit_failed(step->unit))
        return ST_NOMEM;
    if (!work->to_end)
        rc = assign(&partition->position, buf_slice(&work->to));
    if (rc == 0)
        partition->passed_all = work->to_end;
    else
        partition->epoch = UINT64_MAX; /* from the durable one again */
    return rc;
}

/** On the committer's strand. */
static void on_unit_done(struct unit *unit, int rc)
{
    struct index_work *work = unit->job;
    struct index_fill *partition = &work->partitions[work->partition];

    if (rc == 0) {
        pthread_mutex_lock(&work->table->lock);
        partition->durable_all = work->to_end;
        if (!work->to_end) { /* the step's buffer becomes the position: nothing can fail */
            struct buf spare = partition->durable;

            partition->durable = work->to;
            work->to = spare;
        }
        partition->items += work->items;
        partition->unfit += work->unfit;
        pthread_mutex_unlock(&work->table->lock);
    }
    step_end(work, rc);
}

static int step_decide(struct index_work *work, struct lane *lane, enum engine_read how)
{
    struct step step = {.work = work, .lane = lane, .schema = work->table->schema};
    struct index_fill *partition = &work->partitions[work->partition];
    int rc = position_refresh(partition, lane, work->table);

    if (rc < 0)
        return rc;
    step.index = schema_index_by_id(step.schema, work->index);
    if (lane->frozen == work->table || atomic_load(&work->table->dropped) || step.index == NULL ||
        step.index->status != INDEX_CREATING || partition->passed_all ||
        !slice_eq(buf_slice(&partition->position), buf_slice(&work->from)))
        return ST_BUSY; /* not as it was when the step began */
    step_bounds(work, &step.lower, &step.upper);
    if (latches_within(&lane->latches, storage_key_slice(&step.lower),
                       storage_key_slice(&step.upper)))
        return ST_BUSY; /* what stands there may be taken back */
    step.unit = lane__unit(lane, UNIT_JOB, work->table);
    if (step.unit == NULL)
        return ST_NOMEM;
    work->items = work->unfit = 0;
    rc = step_engine(&step, how);
    if (rc == 0)
        rc = overlay_each(&lane->overlay, step_undurable, &step);
    if (rc == 0)
        rc = step_position(&step);
    if (rc < 0) {
        lane__abandon(lane, step.unit);
        return rc;
    }
    step.unit->job = work;
    step.unit->on_job_done = on_unit_done;
    lane__submit(lane, step.unit);
    return 0;
}

static void on_step(struct task *task)
{
    struct index_work *work = CONTAINER_OF(task, struct index_work, task);
    struct lane *lane = lane_of(work);
    int rc;

    lane__begin(lane);
    /* It was in the cache a moment ago; should it be gone twice, one blocking read is better than
     * going round for ever. */
    rc = step_decide(work, lane, work->fetches++ < 2 ? ENGINE_READ_CACHED : ENGINE_READ_ANY);
    if (rc == ST_AGAIN) {
        task_init(&work->task, on_read);
        executor_io(store_of(work)->executor, &work->task);
    } else if (rc < 0) {
        step_end(work, rc);
    }
}

/* ---- going on: on housekeeping's strand ---- */

static void go_on(struct index_work *work);

static void work_free(struct index_work *work)
{
    if (work == NULL)
        return;
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        buf_release(&work->partitions[i].position);
        buf_release(&work->partitions[i].durable);
    }
    buf_release(&work->from);
    buf_release(&work->to);
    table_unref(work->table);
    free(work);
}

static void on_timer(struct timer *timer)
{
    go_on(CONTAINER_OF(timer, struct index_work, timer));
}

static void wait_ms(struct index_work *work, int64_t ms)
{
    timer_start_ms(store_of(work)->housekeeping.strand, &work->timer, ms);
}

static void on_stepped(struct task *task)
{
    struct index_work *work = CONTAINER_OF(task, struct index_work, task);
    struct store *store = store_of(work);
    int64_t ms = 0;

    if (work->rc == ST_BUSY) {
        ms = FROZEN_MS;
    } else if (work->rc < 0) {
        ms = RETRY_MS;
        log_error(&store->log, "table", "index %u of %s cannot be filled now: %s", work->index,
                  work->table->name, status_text(work->rc));
    } else if (atomic_load(&store->queue_units) > 0) {
        /* While others write, half of the time is theirs. */
        ms = mono_diff_ms(executor_now(store->executor), work->step_begun) + 1;
    }
    wait_ms(work, ms); /* before the release: a closing store stops the timer */
    store__release(store);
}

static void on_edited(struct store_edit *edit, int rc)
{
    struct index_work *work = CONTAINER_OF(edit, struct index_work, edit);
    struct store *store = store_of(work);

    /* ST_BUSY: another edit came first, ST_NOTFOUND: the table is gone; go_on() sees. */
    wait_ms(work, rc == 0 || rc == ST_BUSY || rc == ST_NOTFOUND ? 0 : RETRY_MS);
    store__release(store);
}

/** Sends a copy of the schema, changed; the store is held until it is answered. */
static void change_schema(struct index_work *work, const struct schema *schema)
{
    struct schema *copy = schema_copy(schema);
    struct schema_index *index;

    if (copy == NULL) {
        wait_ms(work, RETRY_MS);
        store__release(store_of(work));
        return;
    }
    index = schema_index_by_id(copy, work->index);
    if (index->status == INDEX_DELETING) {
        schema_index_remove(copy, index);
    } else if (!index->backfilling) {
        index->backfilling = true;
    } else {
        index->backfilling = false;
        index->status = INDEX_ACTIVE;
    }
    work->edit = (struct store_edit){
        .strand = store_of(work)->housekeeping.strand,
        .on_done = on_edited,
        .kind = EDIT_REPLACE,
        .schema = copy,
    };
    store_edit(store_of(work), &work->edit);
}

static bool needs_work(const struct schema *schema, uint16_t id)
{
    const struct schema_index *index = schema_index_by_id(schema, id);

    return index != NULL && (index->status == INDEX_CREATING || index->status == INDEX_DELETING);
}

/** True when nothing is left to do: then it is gone. */
static bool finish(struct index_work *work)
{
    struct table *table = work->table;
    struct store *store = store_of(work);
    struct table_index *place;
    bool needed;

    pthread_mutex_lock(&table->lock);
    needed = !atomic_load(&table->dropped) && needs_work(table->schema, work->index);
    place = indexes__place(table, work->index);
    if (!needed && place != NULL && place->work == work)
        place->work = NULL;
    pthread_mutex_unlock(&table->lock);
    if (needed)
        return false;
    pthread_mutex_lock(&store->list_lock);
    list_remove(&work->node);
    pthread_mutex_unlock(&store->list_lock);
    work_free(work);
    return true;
}

/** Takes the position of the first partition that is not through: false when all are. */
static bool choose_step(struct index_work *work, int *ret_rc)
{
    struct table *table = work->table;
    bool found = false;

    pthread_mutex_lock(&table->lock);
    for (uint32_t i = 0; i < TABLE_PARTITIONS && !found; i++) {
        if (work->partitions[i].durable_all)
            continue;
        found = true;
        work->partition = i;
        *ret_rc = assign(&work->from, buf_slice(&work->partitions[i].durable));
    }
    pthread_mutex_unlock(&table->lock);
    return found;
}

static void go_on(struct index_work *work)
{
    struct store *store = store_of(work);
    const struct schema_index *index;
    struct schema *schema;
    int rc = 0;

    if (!store__accept(store))
        return; /* goes on after the next opening */
    if (finish(work)) {
        store__release(store);
        return;
    }
    schema = table_schema(work->table);
    index = schema_index_by_id(schema, work->index);
    if (index != NULL && index->status == INDEX_CREATING && index->backfilling &&
        choose_step(work, &rc)) {
        work->fetches = 0;
        work->step_begun = executor_now(store->executor);
        if (rc < 0) {
            step_end(work, rc);
        } else {
            task_init(&work->task, on_read);
            executor_io(store->executor, &work->task);
        }
    } else {
        change_schema(work, schema);
    }
    schema_unref(schema);
}

static void on_start(struct task *task)
{
    struct index_work *work = CONTAINER_OF(task, struct index_work, task);
    struct store *store = store_of(work);

    go_on(work);
    store__release(store);
}

/* ---- around an edit ---- */

static struct index_work *work_new(struct table *table, uint16_t index)
{
    struct index_work *work = calloc(1, sizeof(*work));

    if (work == NULL)
        return NULL;
    list_node_init(&work->node);
    timer_init(&work->timer, on_timer);
    work->table = table_ref(table);
    work->index = index;
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
        work->partitions[i].epoch = UINT64_MAX;
    return work;
}

int index_work__prepare(struct table *table, const struct schema *schema, struct list_node *list)
{
    for (uint32_t i = 0; i < schema->index_count; i++) {
        struct index_work *work;

        if (!needs_work(schema, schema->indexes[i].id))
            continue;
        work = work_new(table, schema->indexes[i].id);
        if (work == NULL) {
            index_work__discard(list);
            return ST_NOMEM;
        }
        list_append(list, &work->node);
    }
    return 0;
}

void index_work__discard(struct list_node *list)
{
    for (struct list_node *node; (node = list_pop(list)) != NULL;)
        work_free(LIST_ENTRY(node, struct index_work, node));
}

/** All partitions are through, durably. With the table's lock held. */
static bool is_through(const struct index_work *work)
{
    bool through = work != NULL;

    for (uint32_t i = 0; i < TABLE_PARTITIONS && through; i++)
        through = work->partitions[i].durable_all;
    return through;
}

bool index_work__allows(struct table *table, const struct schema *before,
                        const struct schema *after)
{
    bool allowed = true;

    pthread_mutex_lock(&table->lock);
    for (uint32_t i = 0; i < after->index_count && allowed; i++) {
        const struct schema_index *new = &after->indexes[i];
        const struct schema_index *old = schema_index_by_id(before, new->id);

        if (old == NULL)
            allowed = new->global &&new->status == INDEX_CREATING;
        else if (old->status == INDEX_CREATING && new->status != INDEX_DELETING)
            allowed =
                new->status == INDEX_CREATING || is_through(indexes__place(table, new->id)->work);
        else if (old->status == INDEX_DELETING)
            allowed = new->status == INDEX_DELETING;
        else
            allowed = new->status != INDEX_CREATING;
    }
    pthread_mutex_unlock(&table->lock);
    return allowed;
}

void index_work__install(struct table *table, struct list_node *list)
{
    struct list_node all;

    list_init(&all);
    list_splice(&all, list);
    for (struct list_node *node; (node = list_pop(&all)) != NULL;) {
        struct index_work *work = LIST_ENTRY(node, struct index_work, node);
        struct table_index *place = indexes__place(table, work->index);

        if (place->work != NULL) {
            work_free(work);
        } else {
            place->work = work;
            list_append(list, &work->node);
        }
    }
}

static void keep(struct store *store, struct list_node *list)
{
    pthread_mutex_lock(&store->list_lock);
    list_splice(&store->index_works, list);
    pthread_mutex_unlock(&store->list_lock);
}

void index_work__begin(struct store *store, struct list_node *list)
{
    if (list_empty(list))
        return;
    keep(store, list);
    index_work__start_all(store);
}

static void delete_prefix(struct batch *batch, enum storage_space space, uint32_t table,
                          uint16_t index)
{
    struct storage_key from, to;

    storage_key_table(&from, space, table);
    be16_put(from.bytes + from.len, index);
    from.len += 2;
    to.len = from.len;
    memcpy(to.bytes, from.bytes, from.len);
    storage_key_successor(&to);
    batch_delete_range(batch, ENGINE_DATA, storage_key_slice(&from), storage_key_slice(&to));
}

void index_work__append_edit(struct batch *batch, const struct schema *before,
                             const struct schema *after)
{
    for (uint32_t i = 0; i < before->index_count; i++) {
        const struct schema_index *old = &before->indexes[i];
        const struct schema_index *new = schema_index_by_id(after, old->id);

        if (new == NULL)
            delete_prefix(batch, SPACE_ITEMS, before->id, old->id);
        if (old->status == INDEX_CREATING && (new == NULL || new->status != INDEX_CREATING))
            delete_prefix(batch, SPACE_BACKFILLS, before->id, old->id);
    }
}

/* ---- numbers ---- */

void index_work__numbers(const struct index_work *work, struct index_numbers *ret_numbers)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        ret_numbers->backfill_done += work->partitions[i].items;
        ret_numbers->backfill_unfit += work->partitions[i].unfit;
    }
}

/* ---- life ---- */

static int load_position(struct store *store, struct index_work *work, uint32_t at)
{
    struct index_fill *partition = &work->partitions[at];
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;
    struct slice payload;
    int rc;

    position_key(&key, work->table->id, work->index, at);
    rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(&key), ENGINE_READ_ANY, &pin);
    if (rc == ST_NOTFOUND)
        return 0;
    if (rc == 0)
        rc = sealed_open(pin.value, &payload);
    if (rc == 0) {
        struct reader reader = reader_of(payload);

        partition->durable_all = reader_u8(&reader) != 0;
        partition->items = reader_varint(&reader);
        partition->unfit = reader_varint(&reader);
        if (reader.failed || reader_left(&reader) > STORAGE_KEY_BYTES_MAX - ITEM_KEY_HASH_AT - 1)
            rc = ST_CORRUPT;
        else
            rc = assign(&partition->durable, reader_bytes(&reader, reader_left(&reader)));
    }
    engine_unpin(&pin);
    return rc;
}

int index_work__load(struct store *store, struct table *table)
{
    struct list_node list;
    int rc;

    list_init(&list);
    rc = index_work__prepare(table, table->schema, &list);
    if (rc < 0)
        return rc;
    LIST_FOREACH(node, &list)
    {
        struct index_work *work = LIST_ENTRY(node, struct index_work, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS && rc == 0; i++)
            rc = load_position(store, work, i);
    }
    if (rc < 0)
        index_work__discard(&list);
    else
        index_work__install(table, &list);
    keep(store, &list);
    return rc;
}

static struct index_work *next_to_begin(struct store *store)
{
    struct index_work *next = NULL;

    pthread_mutex_lock(&store->list_lock);
    LIST_FOREACH(node, &store->index_works)
    {
        struct index_work *work = LIST_ENTRY(node, struct index_work, node);

        if (next == NULL && !work->begun)
            next = work;
    }
    if (next != NULL)
        next->begun = true;
    pthread_mutex_unlock(&store->list_lock);
    return next;
}

void index_work__start_all(struct store *store)
{
    struct index_work *work;

    while ((work = next_to_begin(store)) != NULL && store__accept(store))
        hop(work, store->housekeeping.strand, on_start);
}

void index_work__stop_all(struct store *store)
{
    LIST_FOREACH(node, &store->index_works)
    timer_stop(&LIST_ENTRY(node, struct index_work, node)->timer);
}

void index_work__release(struct store *store)
{
    index_work__discard(&store->index_works);
}
