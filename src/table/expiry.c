/*
 * expiry.c - time to live: the order in which items expire, and the deletion of those that are due.
 *
 * A table with time to live has one entry per item whose attribute is a number:
 *
 *     table, log group, second, hash, key -> nothing
 *
 * The lanes keep it: an entry changes in the batch of its item (expiry__follow), whoever wrote the
 * item, a client, a transaction or a feed. So the due items are a range, and looking for them costs
 * nothing when there are none. Tables without time to live have no entries and no work.
 *
 * Runs. One at a time: every second (an option) while some table has time to live. A run reads on
 * the I/O pool and changes only through the lanes:
 *
 *     timer --> on_work (I/O pool): takes due entries, and pages of tables that are being built
 *           --> on_collected: deletes are mutations, pages go to the lanes of their keys
 *           --> the last answer: again at once when there is more, else at the next timer
 *
 * Deleting. An item is due when its second is past and not more than five years ago. The delete is
 * a mutation like any other, but for its flag (the service made it: userIdentity in streams): on
 * the lane it looks at the item again, and does nothing unless the item still expires in that very
 * second. So an item that was written again meanwhile stays.
 *
 * Building. When time to live is enabled on a table with items, entries are written from now on,
 * and the run adds those of the items that were there: pages of keys go to the lanes, which add the
 * entry of what stands under each key then. Adding an entry twice is harmless, so a restart begins
 * at the table's start again. Items are deleted once all are in the order (schema: ttl.built).
 *
 * Disabling, or naming another attribute, deletes all entries with the edit (edits.c).
 *
 * Time is the Region's clock. Source: Developer Guide, "Using time to live".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table/store_priv.h"

enum {
    INTERVAL_MS_DEFAULT = 1000,
    DELETES_MAX = 256, /* of one table in one run */
    PAGE_ITEMS = 512,  /* of a table that is built, in one run */
};
/* Source: Developer Guide: a time more than five years in the past does not expire the item. */
#define EXPIRY_AGE_MAX_S (INT64_C(5) * 365 * 24 * 3600)

/** One due item. */
struct expiry_delete {
    struct mutation mutation;
    struct list_node node; /* of the run's deletes */
    struct expiry *expiry;
    struct table *table;   /* one reference */
    struct schema *schema; /* one reference */
    uint64_t second;       /* at which it is due */
    size_t key_len;
    uint8_t key[]; /* encoded item key */
};

/** What one lane adds of a page. */
struct expiry_part {
    struct task task;
    struct expiry_build *build;
    struct lane *lane;
    struct buf keys; /* sized storage keys of items */
    int rc;
};

/** A page of a table that is built. */
struct expiry_build {
    struct list_node node; /* of the run's builds */
    struct expiry *expiry;
    struct table *table;   /* one reference */
    struct schema *schema; /* one reference */
    struct expiry_part *parts[LANES_MAX];
    uint32_t parts_left;
    int rc;
    bool end;        /* the page is the table's last */
    struct buf next; /* where the next one begins */
    struct store_edit edit;
};

static struct store *store_of(struct expiry *expiry)
{
    return CONTAINER_OF(expiry, struct store, expiry);
}

/* ---- when an item expires ---- */

/** False: never. The fraction of a second does not count. */
static bool number_second(const struct number *number, uint64_t *ret_second)
{
    u128 second = number->coefficient;
    int exponent = number->exponent;

    if (number->negative)
        return false;
    for (; exponent < 0 && second > 0; exponent++)
        second /= 10;
    for (; exponent > 0 && second <= INT64_MAX; exponent--)
        second *= 10;
    if (second > INT64_MAX)
        return false;
    *ret_second = (uint64_t)second;
    return true;
}

static bool item_second(const struct schema *schema, struct slice item, uint64_t *ret_second)
{
    struct value value;
    struct number number;

    if (!item_find(item, slice_str(schema->ttl.attribute), &value) || value.type != VALUE_N)
        return false;
    number = value_number(&value);
    return number_second(&number, ret_second);
}

void expiry__follow(struct lane *lane, struct unit *unit, const struct storage_key *key,
                    const struct record *old_live, const struct record *new_live)
{
    const struct schema *schema = unit->table->schema;
    uint64_t old_second = 0, new_second = 0;
    bool had = old_live != NULL && item_second(schema, old_live->item, &old_second);
    bool has = new_live != NULL && item_second(schema, new_live->item, &new_second);
    struct storage_key entry;

    if (had && has && old_second == new_second)
        return;
    if (had) {
        storage_key_expiry(&entry, unit->table->id, old_second, storage_key_slice(key));
        batch_delete(&unit->batch, ENGINE_DATA, storage_key_slice(&entry));
    }
    if (has) {
        storage_key_expiry(&entry, unit->table->id, new_second, storage_key_slice(key));
        batch_put_sealed(&unit->batch, &entry, SLICE_EMPTY, &lane->stored);
    }
}

/* ---- the end of a run ---- */

static void run(struct expiry *expiry);

static void run_end(struct expiry *expiry)
{
    struct store *store = store_of(expiry);

    assert(list_empty(&expiry->deletes));
    assert(list_empty(&expiry->builds));
    expiry->working = false;
    if (expiry->again || (expiry->more && !expiry->hindered))
        run(expiry);
    else if (expiry->wanted)
        timer_start_ms(expiry->strand, &expiry->timer, expiry->interval_ms);
    store__release(store);
}

/** One of the run's deletes and builds is through; on the strand. */
static void one_done(struct expiry *expiry, int rc)
{
    if (rc < 0)
        expiry->hindered = true;
    if (--expiry->left == 0)
        run_end(expiry);
}

/* ---- deleting ---- */

static void delete_free(struct expiry_delete *delete)
{
    table_unref(delete->table);
    schema_unref(delete->schema);
    free(delete);
}

/** On the lane: only if the item is still due, by the schema of now. */
static int delete_decide(struct mutation *mutation, const struct record *current,
                         enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct expiry_delete *delete = CONTAINER_OF(mutation, struct expiry_delete, mutation);
    const struct schema *schema = delete->table->schema;
    uint64_t second;

    (void)ret_item;
    *ret_outcome = MUTATION_NOTHING;
    if (current != NULL && schema_expires(schema) && item_second(schema, current->item, &second) &&
        second == delete->second)
        *ret_outcome = MUTATION_DELETE;
    return 0;
}

static void on_deleted(struct mutation *mutation, int rc)
{
    struct expiry_delete *delete = CONTAINER_OF(mutation, struct expiry_delete, mutation);
    struct expiry *expiry = delete->expiry;

    if (rc == 0 && mutation->outcome == MUTATION_DELETE)
        atomic_fetch_add(&store_of(expiry)->items_expired, 1);
    list_remove(&delete->node);
    delete_free(delete);
    one_done(expiry, rc);
}

static int take_due(struct expiry *expiry, struct table *table, struct schema *schema,
                    struct slice entry)
{
    struct slice encoded;
    struct expiry_delete *delete;
    struct item_key key;

    if (entry.len <= EXPIRY_KEY_HASH_AT + 8)
        return ST_CORRUPT;
    encoded = slice_skip(entry, EXPIRY_KEY_HASH_AT + 8);
    delete = calloc(1, sizeof(*delete) + encoded.len);
    if (delete == NULL)
        return ST_NOMEM;
    delete->key_len = encoded.len;
    memcpy(delete->key, encoded.ptr, encoded.len);
    if (item_key_decode(slice_of(delete->key, delete->key_len), table->has_sort, &key) < 0) {
        free(delete);
        return ST_CORRUPT;
    }
    delete->expiry = expiry;
    delete->table = table_ref(table);
    delete->schema = schema_ref(schema);
    delete->second = be64_get(entry.ptr + EXPIRY_KEY_SECOND_AT);
    delete->mutation = (struct mutation){.table = table,
                                         .schema = schema,
                                         .key = key,
                                         .decide = delete_decide,
                                         .strand = expiry->strand,
                                         .on_committed = on_deleted,
                                         .flags = CHANGE_SERVICE};
    list_append(&expiry->deletes, &delete->node);
    return 0;
}

/** The due entries of one log group. */
static int collect_group(struct expiry *expiry, struct table *table, struct schema *schema,
                         uint32_t log_group, int64_t now_s, uint32_t *taken)
{
    struct store *store = store_of(expiry);
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    int rc;

    storage_key_expiry_from(&lower, table->id, log_group,
                            (uint64_t)(now_s > EXPIRY_AGE_MAX_S ? now_s - EXPIRY_AGE_MAX_S : 0));
    storage_key_expiry_from(&upper, table->id, log_group, (uint64_t)now_s);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        if (*taken == DELETES_MAX) {
            expiry->more = true;
            break;
        }
        rc = take_due(expiry, table, schema, engine_iterator_key(iterator));
        if (rc < 0)
            break;
        (*taken)++;
    }
    engine_iterator_free(iterator);
    return rc < 0 ? rc : 0;
}

static int collect_due(struct expiry *expiry, struct table *table, struct schema *schema)
{
    int64_t now_s = clock_wall_ms(store_of(expiry)->clock) / 1000;
    uint32_t mask = atomic_load(&table->expirer), taken = 0;
    int rc = 0;

    for (uint32_t i = 0; i < TABLE_PARTITIONS && rc == 0 && now_s > 0; i++)
        if (mask & BIT(i))
            rc = collect_group(expiry, table, schema, i, now_s, &taken);
    return rc;
}

void store_set_expirer(struct store *store, struct table *table, uint32_t mask)
{
    (void)store;
    assert(mask <= EXPIRER_ALL);
    atomic_store(&table->expirer, (uint8_t)mask);
}

/* ---- building ---- */

static void build_free(struct expiry_build *build)
{
    for (uint32_t i = 0; i < LANES_MAX; i++) {
        if (build->parts[i] == NULL)
            continue;
        buf_release(&build->parts[i]->keys);
        free(build->parts[i]);
    }
    buf_release(&build->next);
    table_unref(build->table);
    schema_unref(build->schema);
    free(build);
}

static void build_done(struct expiry_build *build, int rc)
{
    struct expiry *expiry = build->expiry;

    list_remove(&build->node);
    build_free(build);
    one_done(expiry, rc);
}

/** The same enabling: nothing has been changed since. */
static bool same_ttl(const struct schema *a, const struct schema *b)
{
    return a->ttl.changed_ms == b->ttl.changed_ms &&
           strcmp(a->ttl.attribute, b->ttl.attribute) == 0;
}

static void build_finish(struct expiry_build *build);

static void on_built(struct store_edit *edit, int rc)
{
    struct expiry_build *build = CONTAINER_OF(edit, struct expiry_build, edit);

    if (rc == ST_BUSY)
        build_finish(build); /* another edit came first */
    else
        build_done(build, rc);
}

/** The order is complete: the schema says so, unless time to live was changed meanwhile. */
static void build_finish(struct expiry_build *build)
{
    struct schema *now = table_schema(build->table), *built = NULL;
    int rc = 0;

    build->expiry->more = true; /* what was due meanwhile */
    if (same_ttl(now, build->schema)) {
        built = schema_copy(now);
        rc = built == NULL ? ST_NOMEM : 0;
    }
    schema_unref(now);
    if (built == NULL) {
        build_done(build, rc);
        return;
    }
    built->ttl.built = true;
    build->edit = (struct store_edit){.strand = build->expiry->strand,
                                      .on_done = on_built,
                                      .kind = EDIT_REPLACE,
                                      .schema = built};
    store_edit(store_of(build->expiry), &build->edit);
}

/** All parts are durable, or some were refused. */
static void page_done(struct expiry_build *build)
{
    int rc = build->rc;

    if (rc == 0 && build->end) {
        buf_release(&build->table->expiry_cursor);
        build_finish(build);
        return;
    }
    if (rc == 0) {
        buf_clear(&build->table->expiry_cursor);
        rc = buf_append_slice(&build->table->expiry_cursor, buf_slice(&build->next));
        build->expiry->more = true;
    }
    build_done(build, rc);
}

static void on_part_done(struct task *task)
{
    struct expiry_part *part = CONTAINER_OF(task, struct expiry_part, task);
    struct expiry_build *build = part->build;

    if (part->rc < 0)
        build->rc = part->rc;
    if (--build->parts_left == 0)
        page_done(build);
}

static void part_answer(struct expiry_part *part, int rc)
{
    part->rc = rc;
    task_init(&part->task, on_part_done);
    strand_post(part->build->expiry->strand, &part->task);
}

static void on_part_durable(struct unit *unit, int rc)
{
    part_answer(unit->job, rc);
}

static int add_entry(struct lane *lane, struct unit *unit, struct slice item_key)
{
    struct storage_key key, entry;
    struct current current;
    uint64_t second;
    int rc;

    assert(item_key.len <= sizeof(key.bytes));
    memcpy(key.bytes, item_key.ptr, item_key.len);
    key.len = item_key.len;
    /* The lane does not wait here: the run on the I/O pool has just read this key. */
    rc = lane__load(lane, unit->table, &key, ENGINE_READ_ANY, &current);
    if (rc < 0)
        return rc;
    if (current.present && !current.record.deleted &&
        item_second(unit->table->schema, current.record.item, &second)) {
        storage_key_expiry(&entry, unit->table->id, second, item_key);
        batch_put_sealed(&unit->batch, &entry, SLICE_EMPTY, &lane->stored);
    }
    current_release(&current);
    return unit_failed(unit) ? ST_NOMEM : 0;
}

/** On the lane. */
static void on_part(struct task *task)
{
    struct expiry_part *part = CONTAINER_OF(task, struct expiry_part, task);
    struct reader reader = reader_of(buf_slice(&part->keys));
    struct table *table = part->build->table;
    struct lane *lane = part->lane;
    struct unit *unit;
    int rc = 0;

    lane__begin(lane);
    if (atomic_load(&table->dropped) || lane->frozen == table ||
        !same_ttl(table->schema, part->build->schema)) {
        part_answer(part, ST_BUSY);
        return;
    }
    unit = lane__unit(lane, UNIT_JOB, table);
    if (unit == NULL) {
        part_answer(part, ST_NOMEM);
        return;
    }
    while (rc == 0 && !reader_done(&reader))
        rc = add_entry(lane, unit, reader_sized(&reader));
    if (rc < 0 || unit->batch.count == 0) {
        lane__abandon(lane, unit);
        part_answer(part, rc);
        return;
    }
    unit->job = part;
    unit->on_job_done = on_part_durable;
    lane__submit(lane, unit);
}

/** The part of the lane that a key belongs to, made when there is none yet. */
static struct expiry_part *part_of(struct expiry_build *build, uint64_t hash)
{
    struct store *store = store_of(build->expiry);
    struct lane *lane = store__lane(store, build->table->id, partition_of_hash(hash));
    struct expiry_part **part = &build->parts[lane - store->lanes];

    if (*part == NULL) {
        *part = calloc(1, sizeof(**part));
        if (*part != NULL) {
            task_init(&(*part)->task, on_part);
            (*part)->build = build;
            (*part)->lane = lane;
            build->parts_left++;
        }
    }
    return *part;
}

/** Sorts the next items of the table into parts. */
static int read_page(struct expiry_build *build)
{
    struct store *store = store_of(build->expiry);
    struct table *table = build->table;
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    uint32_t count = 0;
    uint64_t second;
    int rc;

    storage_key_hash(&lower, SPACE_ITEMS, table->id, 0);
    storage_key_after_hash(&upper, SPACE_ITEMS, table->id, UINT64_MAX);
    rc = engine_iterate(store->engine, ENGINE_DATA,
                        table->expiry_cursor.len > 0 ? buf_slice(&table->expiry_cursor)
                                                     : storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        struct slice key = engine_iterator_key(iterator);
        struct expiry_part *part;
        struct record record;

        if (count++ == PAGE_ITEMS) {
            rc = buf_append_slice(&build->next, key);
            break;
        }
        rc = record_decode(engine_iterator_value(iterator), &record);
        if (rc < 0)
            break;
        if (!item_second(build->schema, record.item, &second))
            continue;
        part = part_of(build, be64_get(key.ptr + ITEM_KEY_HASH_AT));
        if (part == NULL || buf_append_sized(&part->keys, key) < 0) {
            rc = ST_NOMEM;
            break;
        }
    }
    engine_iterator_free(iterator);
    build->end = rc == 1;
    return rc < 0 ? rc : 0;
}

static int collect_page(struct expiry *expiry, struct table *table, struct schema *schema)
{
    struct expiry_build *build = calloc(1, sizeof(*build));
    int rc;

    if (build == NULL)
        return ST_NOMEM;
    build->expiry = expiry;
    build->table = table_ref(table);
    build->schema = schema_ref(schema);
    if (table->expiry_cursor_ms != schema->ttl.changed_ms) {
        buf_clear(&table->expiry_cursor);
        table->expiry_cursor_ms = schema->ttl.changed_ms;
    }
    rc = read_page(build);
    if (rc < 0)
        build_free(build);
    else
        list_append(&expiry->builds, &build->node);
    return rc;
}

static void build_start(struct expiry_build *build)
{
    uint32_t count = build->parts_left;

    if (count == 0) {
        page_done(build);
        return;
    }
    for (uint32_t i = 0; count > 0; i++) { /* the last one posted may end the page */
        struct expiry_part *part = build->parts[i];

        if (part == NULL)
            continue;
        count--;
        strand_post(part->lane->strand, &part->task);
    }
}

/* ---- a run ---- */

static void on_work(struct task *task)
{
    struct expiry *expiry = CONTAINER_OF(task, struct expiry, work);
    struct store *store = store_of(expiry);
    struct table **tables = NULL;
    size_t count = 0;

    if (catalogue__all(store, &tables, &count) < 0)
        expiry->hindered = expiry->wanted = true;
    for (size_t i = 0; i < count; i++) {
        struct table *table = tables[i];
        struct schema *schema = table_schema(table);
        int rc = 0;

        if (!atomic_load(&table->dropped) && schema_expires(schema)) {
            expiry->wanted = true;
            if (!schema->ttl.built)
                rc = collect_page(expiry, table, schema);
            else if (!schema->closed)
                rc = collect_due(expiry, table, schema);
        }
        if (rc < 0) {
            expiry->hindered = true;
            log_error(&store->log, "table", "expired items of %s cannot be read: %s", table->name,
                      status_text(rc));
        }
        schema_unref(schema);
        table_unref(table);
    }
    free(tables);
    strand_post(expiry->strand, &expiry->collected);
}

static void on_collected(struct task *task)
{
    struct expiry *expiry = CONTAINER_OF(task, struct expiry, collected);
    struct store *store = store_of(expiry);
    struct list_node builds;

    expiry->left = 1; /* this function */
    LIST_FOREACH(node, &expiry->deletes)
    {
        expiry->left++;
        store_mutate(store, &LIST_ENTRY(node, struct expiry_delete, node)->mutation);
    }
    list_init(&builds); /* a page without keys ends at once, and leaves its list */
    list_splice(&builds, &expiry->builds);
    for (struct list_node *node; (node = list_pop(&builds)) != NULL;) {
        list_append(&expiry->builds, node);
        expiry->left++;
        build_start(LIST_ENTRY(node, struct expiry_build, node));
    }
    one_done(expiry, 0);
}

/** Only one at a time. */
static void run(struct expiry *expiry)
{
    struct store *store = store_of(expiry);

    if (expiry->working) {
        expiry->again = true;
        return;
    }
    if (expiry->stopping || !store__accept(store))
        return;
    timer_stop(&expiry->timer);
    expiry->working = true;
    expiry->again = expiry->wanted = expiry->more = expiry->hindered = false;
    executor_io(store->executor, &expiry->work);
}

static void on_timer(struct timer *timer)
{
    run(CONTAINER_OF(timer, struct expiry, timer));
}

static void on_wake(struct task *task)
{
    struct expiry *expiry = CONTAINER_OF(task, struct expiry, wake);

    atomic_store(&expiry->wake_posted, false);
    run(expiry);
}

void expiry__wake(struct store *store)
{
    struct expiry *expiry = &store->expiry;

    if (!atomic_load(&store->closing) && !atomic_exchange(&expiry->wake_posted, true))
        strand_post(expiry->strand, &expiry->wake);
}

/* ---- life ---- */

static void on_stop(struct task *task)
{
    struct expiry *expiry = CONTAINER_OF(task, struct expiry, stop);

    assert(!expiry->working); /* else it would be pending */
    expiry->stopping = true;
    timer_stop(&expiry->timer);
    store__stopped(store_of(expiry));
}

void expiry__stop(struct store *store)
{
    strand_post(store->expiry.strand, &store->expiry.stop);
}

int expiry__init(struct store *store, int64_t interval_ms)
{
    struct expiry *expiry = &store->expiry;
    bool wanted = false;
    char name[96];

    timer_init(&expiry->timer, on_timer);
    task_init(&expiry->stop, on_stop);
    task_init(&expiry->wake, on_wake);
    task_init(&expiry->work, on_work);
    task_init(&expiry->collected, on_collected);
    expiry->interval_ms = interval_ms > 0 ? interval_ms : INTERVAL_MS_DEFAULT;
    snprintf(name, sizeof(name), "%s/expiry", store->region);
    expiry->strand = executor_strand(store->executor, STRAND_SHARED, name);
    if (expiry->strand == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < store->registry.count; i++) /* nobody else is there yet */
        wanted = wanted || schema_expires(store->registry.tables[i]->schema);
    if (wanted)
        expiry__wake(store);
    return 0;
}

void expiry__release(struct store *store)
{
    struct expiry *expiry = &store->expiry;

    for (struct list_node *node; (node = list_pop(&expiry->deletes)) != NULL;)
        delete_free(LIST_ENTRY(node, struct expiry_delete, node));
    for (struct list_node *node; (node = list_pop(&expiry->builds)) != NULL;)
        build_free(LIST_ENTRY(node, struct expiry_build, node));
}
