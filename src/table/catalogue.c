/*
 * catalogue.c - the tables of a Region: their run-time objects, found by name and by id.
 *
 * The registry is written by the committer's strand (and while opening) and read by all. Dropped
 * tables whose stream may still be read are kept apart: they are found by id only.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "table/index_work.h"
#include "table/store_priv.h"

/* ---- tables ---- */

struct table *table__new(struct store *store, struct schema *schema)
{
    struct table *table = calloc(1, sizeof(*table));

    if (table != NULL)
        table->leaves = calloc(DIGEST_LEAVES, sizeof(*table->leaves));
    if (table == NULL || table->leaves == NULL) {
        free(table);
        schema_unref(schema);
        return NULL;
    }
    atomic_init(&table->refs, 1);
    table->store = store;
    table->id = schema->id;
    table->has_sort = schema->key_count == 2;
    memcpy(table->name, schema->name, sizeof(table->name));
    table__hash_key(schema->digest_key, table->hash_key);
    pthread_mutex_init(&table->lock, NULL);
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
        atomic_init(&table->groups[i].hold, schema->global ? 0 : UINT64_MAX);
    atomic_init(&table->may_hold_tombstones, schema->global);
    atomic_init(&table->expirer, EXPIRER_ALL);
    table->schema = schema;
    table->keeps_collections = collections__kept(schema);
    capacity__init(&table->capacity);
    insights__init(&table->insights);
    capacity__configure(table, schema);
    insights__configure(table, schema);
    if (indexes__reserve(table, schema) < 0) {
        table_unref(table);
        return NULL;
    }
    indexes__install(table, schema);
    return table;
}

void table__set_schema(struct table *table, struct schema *schema, struct list_node *works)
{
    struct schema *before;

    pthread_mutex_lock(&table->lock);
    before = table->schema;
    table->schema = schema;
    indexes__install(table, schema);
    index_work__install(table, works);
    pthread_mutex_unlock(&table->lock);
    if (schema->global)
        atomic_store(&table->may_hold_tombstones, true);
    capacity__configure(table, schema);
    insights__configure(table, schema);
    schema_unref(before);
}

struct table *table_ref(struct table *table)
{
    atomic_fetch_add_explicit(&table->refs, 1, memory_order_relaxed);
    return table;
}

void table_unref(struct table *table)
{
    if (table == NULL || atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) != 1)
        return;
    schema_unref(table->schema);
    capacity__release(&table->capacity);
    insights__release(&table->insights);
    pthread_mutex_destroy(&table->lock);
    buf_release(&table->expiry_cursor);
    indexes__free(table);
    free(table->cuts.list);
    free(table->leaves);
    free(table);
}

struct schema *table_schema(struct table *table)
{
    struct schema *schema;

    pthread_mutex_lock(&table->lock);
    schema = schema_ref(table->schema);
    pthread_mutex_unlock(&table->lock);
    return schema;
}

void table_stats(struct table *table, struct table_stats *ret_stats)
{
    pthread_mutex_lock(&table->lock);
    *ret_stats = (struct table_stats){
        .items = table->items,
        .bytes = table->bytes,
        .tombstones = table->tombstones,
        .conflicts = table->conflicts,
        .changes = atomic_load(&table->changes),
    };
    pthread_mutex_unlock(&table->lock);
}

/* ---- the registry ---- */

static int room(struct table ***tables, size_t count, size_t *cap)
{
    size_t wanted = *cap ? *cap * 2 : 16;
    struct table **grown;

    if (count < *cap)
        return 0;
    grown = realloc(*tables, wanted * sizeof(*grown));
    if (grown == NULL)
        return ST_NOMEM;
    *tables = grown;
    *cap = wanted;
    return 0;
}

int catalogue__reserve(struct store *store)
{
    struct registry *registry = &store->registry;
    int rc;

    pthread_rwlock_wrlock(&registry->lock);
    rc = room(&registry->tables, registry->count, &registry->cap);
    if (rc == 0)
        rc = room(&registry->dropped, registry->dropped_count, &registry->dropped_cap);
    pthread_rwlock_unlock(&registry->lock);
    return rc;
}

/** The place of a name: where it is, or where it would be. */
static size_t name_place(const struct registry *registry, struct slice name)
{
    size_t low = 0, high = registry->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (slice_cmp(slice_str(registry->tables[middle]->name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct table *catalogue__find(struct store *store, struct slice name)
{
    struct registry *registry = &store->registry;
    size_t at = name_place(registry, name);

    if (at < registry->count && slice_eq_str(name, registry->tables[at]->name))
        return registry->tables[at];
    return NULL;
}

void catalogue__add(struct store *store, struct table *table)
{
    struct registry *registry = &store->registry;
    size_t at;

    pthread_rwlock_wrlock(&registry->lock);
    assert(registry->count < registry->cap);
    at = name_place(registry, slice_str(table->name));
    memmove(&registry->tables[at + 1], &registry->tables[at],
            (registry->count - at) * sizeof(*registry->tables));
    registry->tables[at] = table;
    registry->count++;
    pthread_rwlock_unlock(&registry->lock);
}

void catalogue__add_dropped(struct store *store, struct table *table)
{
    struct registry *registry = &store->registry;

    pthread_rwlock_wrlock(&registry->lock);
    assert(registry->dropped_count < registry->dropped_cap);
    registry->dropped[registry->dropped_count++] = table;
    pthread_rwlock_unlock(&registry->lock);
}

void catalogue__remove(struct store *store, struct table *table, bool keep_dropped)
{
    struct registry *registry = &store->registry;
    size_t at;

    pthread_rwlock_wrlock(&registry->lock);
    at = name_place(registry, slice_str(table->name));
    assert(registry->tables[at] == table);
    registry->count--;
    memmove(&registry->tables[at], &registry->tables[at + 1],
            (registry->count - at) * sizeof(*registry->tables));
    pthread_rwlock_unlock(&registry->lock);
    if (keep_dropped)
        catalogue__add_dropped(store, table);
    else
        table_unref(table);
}

void catalogue__remove_dropped(struct store *store, struct table *table)
{
    struct registry *registry = &store->registry;
    bool found = false;

    pthread_rwlock_wrlock(&registry->lock);
    for (size_t i = 0; !found && i < registry->dropped_count; i++) {
        found = registry->dropped[i] == table;
        if (!found)
            continue;
        registry->dropped_count--;
        memmove(&registry->dropped[i], &registry->dropped[i + 1],
                (registry->dropped_count - i) * sizeof(*registry->dropped));
    }
    pthread_rwlock_unlock(&registry->lock);
    if (found) /* two runs of housekeeping may both have asked */
        table_unref(table);
}

int catalogue__all(struct store *store, struct table ***ret_tables, size_t *ret_count)
{
    struct registry *registry = &store->registry;
    struct table **tables;
    size_t count;

    pthread_rwlock_rdlock(&registry->lock);
    count = registry->count + registry->dropped_count;
    tables = malloc((count + 1) * sizeof(*tables));
    for (size_t i = 0; tables != NULL && i < count; i++)
        tables[i] = table_ref(i < registry->count ? registry->tables[i]
                                                  : registry->dropped[i - registry->count]);
    pthread_rwlock_unlock(&registry->lock);
    if (tables == NULL)
        return ST_NOMEM;
    *ret_tables = tables;
    *ret_count = count;
    return 0;
}

struct table *store_table(struct store *store, struct slice name)
{
    struct table *table;

    pthread_rwlock_rdlock(&store->registry.lock);
    table = catalogue__find(store, name);
    if (table != NULL)
        table_ref(table);
    pthread_rwlock_unlock(&store->registry.lock);
    return table;
}

struct table *store_table_by_id(struct store *store, uint32_t id)
{
    struct registry *registry = &store->registry;
    struct table *table = NULL;

    pthread_rwlock_rdlock(&registry->lock);
    for (size_t i = 0; table == NULL && i < registry->count; i++)
        if (registry->tables[i]->id == id)
            table = registry->tables[i];
    for (size_t i = 0; table == NULL && i < registry->dropped_count; i++)
        if (registry->dropped[i]->id == id)
            table = registry->dropped[i];
    if (table != NULL)
        table_ref(table);
    pthread_rwlock_unlock(&registry->lock);
    return table;
}

int store_table_names(struct store *store, struct slice after, uint32_t limit, struct arena *arena,
                      struct slice **ret_names, uint32_t *ret_count, bool *ret_more)
{
    struct registry *registry = &store->registry;
    struct slice *names;
    uint32_t count = 0;
    size_t at = 0;
    int rc = ST_NOMEM;

    pthread_rwlock_rdlock(&registry->lock);
    if (after.len > 0) {
        at = name_place(registry, after);
        if (at < registry->count && slice_eq_str(after, registry->tables[at]->name))
            at++;
    }
    if (limit > registry->count - at)
        limit = (uint32_t)(registry->count - at);
    names = arena_alloc(arena, (limit + 1) * sizeof(*names));
    if (names == NULL)
        goto out;
    while (count < limit) {
        names[count] = arena_dup(arena, slice_str(registry->tables[at + count]->name));
        if (names[count].ptr == NULL)
            goto out;
        count++;
    }
    *ret_names = names;
    *ret_count = count;
    *ret_more = at + count < registry->count;
    rc = 0;
out:
    pthread_rwlock_unlock(&registry->lock);
    return rc;
}

int store_each_table(struct store *store,
                     int (*visit)(void *context, const char *name, const struct table_stats *stats),
                     void *context)
{
    struct registry *registry = &store->registry;
    int rc = 0;

    pthread_rwlock_rdlock(&registry->lock);
    for (size_t i = 0; i < registry->count && rc == 0; i++) {
        struct table_stats stats;

        table_stats(registry->tables[i], &stats);
        rc = visit(context, registry->tables[i]->name, &stats);
    }
    pthread_rwlock_unlock(&registry->lock);
    return rc;
}

/* ---- streams that may be read ---- */

bool schema_streams_readable(const struct schema *schema, int64_t now_ms)
{
    for (uint32_t i = 0; i < schema->stream_count; i++)
        if (schema->streams[i].disabled_ms == 0 ||
            schema->streams[i].disabled_ms > now_ms - STREAM_RETENTION_MS)
            return true;
    return false;
}

/** By name, then by the label of the newest stream: the order of stream ARNs. */
static int stream_table_cmp(const void *left, const void *right)
{
    struct table *a = *(struct table *const *)left, *b = *(struct table *const *)right;
    int order = strcmp(a->name, b->name);

    if (order == 0) {
        struct schema *schema_a = table_schema(a), *schema_b = table_schema(b);

        order = strcmp(schema_a->streams[0].label, schema_b->streams[0].label);
        schema_unref(schema_a);
        schema_unref(schema_b);
    }
    return order;
}

int store_stream_tables(struct store *store, int (*visit)(void *context, struct table *table),
                        void *context)
{
    int64_t now_ms = clock_wall_ms(store->clock);
    struct table **tables;
    size_t count;
    int rc = catalogue__all(store, &tables, &count);

    if (rc < 0)
        return rc;
    qsort(tables, count, sizeof(*tables), stream_table_cmp);
    for (size_t i = 0; i < count; i++) {
        struct schema *schema = table_schema(tables[i]);

        if (rc == 0 && schema_streams_readable(schema, now_ms))
            rc = visit(context, tables[i]);
        schema_unref(schema);
        table_unref(tables[i]);
    }
    free(tables);
    return rc;
}

/* ---- on disk ---- */

int catalogue__put(struct batch *batch, const struct schema *schema, int64_t dropped_ms)
{
    struct buf value = BUF_EMPTY, scratch = BUF_EMPTY;
    struct storage_key key;
    int rc;

    buf_append_be64(&value, (uint64_t)dropped_ms);
    rc = schema_to_json(schema, &value);
    if (rc == 0) {
        storage_key_table(&key, SPACE_CATALOGUE, schema->id);
        batch_put_sealed(batch, &key, buf_slice(&value), &scratch);
    }
    buf_release(&value);
    buf_release(&scratch);
    return rc;
}

/** A sealed number under a key; *ret_value stays as it is when the key is absent. */
static int load_u64(struct store *store, const struct storage_key *key, uint64_t *ret_value)
{
    struct pinned pin = PINNED_EMPTY;
    struct slice payload;
    int rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(key), ENGINE_READ_ANY, &pin);

    if (rc == ST_NOTFOUND)
        return 0;
    if (rc == 0)
        rc = sealed_open(pin.value, &payload);
    if (rc == 0 && payload.len != 8)
        rc = ST_CORRUPT;
    if (rc == 0)
        *ret_value = be64_get(payload.ptr);
    engine_unpin(&pin);
    return rc;
}

static int load_counters(struct store *store, struct table *table)
{
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;
    struct slice payload;
    int rc;

    storage_key_table(&key, SPACE_COUNTERS, table->id);
    rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(&key), ENGINE_READ_ANY, &pin);
    if (rc == ST_NOTFOUND)
        return 0;
    if (rc == 0)
        rc = sealed_open(pin.value, &payload);
    if (rc == 0 && payload.len != 16)
        rc = ST_CORRUPT;
    if (rc == 0) {
        table->tombstones = table->tombstones_next = be64_get(payload.ptr);
        table->conflicts = table->conflicts_next = be64_get(payload.ptr + 8);
        if (table->tombstones > 0)
            atomic_store(&table->may_hold_tombstones, true);
    }
    engine_unpin(&pin);
    return rc;
}

static int load_state(struct store *store, struct table *table)
{
    struct storage_key key;
    uint64_t value = 0;
    int rc;

    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        value = 0;
        storage_key_group(&key, SPACE_TRIMMED, table->id, i);
        rc = load_u64(store, &key, &value);
        if (rc < 0)
            return rc;
        atomic_store(&table->groups[i].trimmed, value);
    }
    rc = shards__load(store, table);
    if (rc < 0 || atomic_load(&table->dropped))
        return rc;
    value = 0;
    storage_key_table(&key, SPACE_FLOORS, table->id);
    rc = load_u64(store, &key, &value);
    atomic_store(&table->floor, value);
    table->own_through = store_durable_sequence(store);
    if (rc == 0)
        rc = load_counters(store, table);
    if (rc == 0)
        rc = digest__load(store, table);
    if (rc == 0)
        rc = indexes__load(store, table);
    return rc;
}

static int load_entry(struct store *store, struct slice value)
{
    struct schema *schema = NULL;
    struct table *table;
    struct slice payload;
    int64_t dropped_ms = 0;
    int rc = sealed_open(value, &payload);

    if (rc == 0 && payload.len < 8)
        rc = ST_CORRUPT;
    if (rc == 0) {
        dropped_ms = (int64_t)be64_get(payload.ptr);
        rc = schema_from_json(slice_skip(payload, 8), &schema);
    }
    if (rc < 0)
        return rc;
    table = table__new(store, schema);
    if (table == NULL)
        return ST_NOMEM;
    table->dropped_ms = dropped_ms;
    atomic_store(&table->dropped, dropped_ms != 0);
    rc = load_state(store, table);
    if (rc == 0)
        rc = catalogue__reserve(store);
    if (rc < 0) {
        table_unref(table);
        return rc;
    }
    if (dropped_ms != 0)
        catalogue__add_dropped(store, table);
    else
        catalogue__add(store, table);
    return 0;
}

int catalogue__load(struct store *store)
{
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    int rc;

    storage_key_space(&lower, SPACE_CATALOGUE);
    upper = lower;
    storage_key_successor(&upper);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        int entry_rc = load_entry(store, engine_iterator_value(iterator));

        if (entry_rc < 0) {
            rc = entry_rc;
            break;
        }
    }
    engine_iterator_free(iterator);
    return rc < 0 ? rc : 0;
}

void catalogue__release(struct store *store)
{
    struct registry *registry = &store->registry;

    for (size_t i = 0; i < registry->count; i++)
        table_unref(registry->tables[i]);
    for (size_t i = 0; i < registry->dropped_count; i++)
        table_unref(registry->dropped[i]);
    free(registry->tables);
    free(registry->dropped);
    pthread_rwlock_destroy(&registry->lock);
}
