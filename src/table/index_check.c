/*
 * index_check.c - the proof that indexes are what their table is: everything is computed again.
 *
 * Two walks: from the items to the entries that they should have, and from the entries to the items
 * that they come from. The walks are of different moments, and clients may write meanwhile. So
 * what looks wrong is looked at again: item, entry, item. An item and its entries change in one
 * batch; when both reads of the item give the same version, the entry between them has no excuse.
 *
 * Sums cannot be judged like that. They are compared when no change was committed meanwhile and
 * none is on its way.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "table/store_priv.h"

struct check {
    struct store *store;
    struct table *table;
    struct schema *schema; /* one reference */
    struct index_check result;
    struct index_entry entry;
    struct buf value;
    uint64_t collections, collections_wrong;
    /* The collection that the walk is in. */
    struct storage_key collection; /* an item of it; len 0: none yet */
    uint64_t collection_bytes;
};

static bool is_checked(const struct schema_index *index)
{
    return index->status == INDEX_ACTIVE || index->status == INDEX_UPDATING;
}

static void report(struct check *check, const struct schema_index *index, const char *what,
                   struct slice encoded_key)
{
    char hex[2 * 32 + 1] = "";

    for (size_t i = 0; i < encoded_key.len && i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", encoded_key.ptr[i]);
    log_error(&check->store->log, "table", "index %s of %s: %s, item key %s%s", index->name,
              check->table->name, what, hex, encoded_key.len > 32 ? "..." : "");
}

/** What stands under the key now: 0, ST_NOTFOUND, ... */
static int read_item(struct check *check, struct slice storage_key, struct pinned *pin,
                     struct record *ret_record)
{
    int rc = engine_get(check->store->engine, ENGINE_DATA, storage_key, ENGINE_READ_ANY, pin);

    return rc < 0 ? rc : record_decode(pin->value, ret_record);
}

enum verdict { ENTRY_RIGHT, ENTRY_MISSING, ENTRY_WRONG, ENTRY_SURPLUS };

/**
 * The entry under `entry_key` judged by the item: it should be there when the item's entry has
 * that key. Repeats until the item stands still.
 */
static int judge(struct check *check, const struct schema_index *index, struct slice item_key,
                 struct slice entry_key, enum verdict *ret_verdict)
{
    for (;;) {
        struct pinned item = PINNED_EMPTY, stored = PINNED_EMPTY, again = PINNED_EMPTY;
        struct record before, after;
        bool expected, steady = false;
        int rc, entry_rc;

        rc = read_item(check, item_key, &item, &before);
        if (rc == 0 || rc == ST_NOTFOUND)
            rc = index_entry_build(&check->entry, check->table->id, check->schema, index,
                                   slice_skip(item_key, ITEM_KEY_ENCODED_AT),
                                   item.value.len > 0 ? &before : NULL);
        expected =
            rc == 0 && check->entry.present && slice_eq(buf_slice(&check->entry.key), entry_key);
        buf_clear(&check->value);
        if (expected)
            rc = index_entry_value(&check->entry, &check->value);
        entry_rc =
            engine_get(check->store->engine, ENGINE_DATA, entry_key, ENGINE_READ_ANY, &stored);
        if (rc == 0 && entry_rc < 0 && entry_rc != ST_NOTFOUND)
            rc = entry_rc;
        if (rc == 0) {
            *ret_verdict = expected && entry_rc != 0    ? ENTRY_MISSING
                           : !expected && entry_rc == 0 ? ENTRY_SURPLUS
                           : expected && !slice_eq(stored.value, buf_slice(&check->value))
                               ? ENTRY_WRONG
                               : ENTRY_RIGHT;
            rc = read_item(check, item_key, &again, &after);
            if (rc == 0)
                steady = item.value.len > 0 && version_eq(before.version, after.version);
            else if (rc == ST_NOTFOUND)
                steady = item.value.len == 0;
            if (rc == ST_NOTFOUND)
                rc = 0;
        }
        engine_unpin(&item);
        engine_unpin(&stored);
        engine_unpin(&again);
        if (rc < 0 || steady || *ret_verdict == ENTRY_RIGHT)
            return rc;
    }
}

static int judge_and_count(struct check *check, const struct schema_index *index,
                           struct slice item_key, struct slice entry_key)
{
    static const char *const texts[] = {
        [ENTRY_MISSING] = "an entry is missing",
        [ENTRY_WRONG] = "an entry is not what its item is",
        [ENTRY_SURPLUS] = "an entry has no item",
    };
    enum verdict verdict = ENTRY_RIGHT;
    int rc = judge(check, index, item_key, entry_key, &verdict);

    if (rc < 0 || verdict == ENTRY_RIGHT)
        return rc;
    check->result.missing += verdict == ENTRY_MISSING;
    check->result.wrong += verdict == ENTRY_WRONG;
    check->result.surplus += verdict == ENTRY_SURPLUS;
    report(check, index, texts[verdict], slice_skip(item_key, ITEM_KEY_ENCODED_AT));
    return 0;
}

static int walk(struct check *check, enum storage_space space, uint16_t index,
                int (*visit)(struct check *check, const struct schema_index *index,
                             struct slice key, struct slice value))
{
    struct engine_iterator *iterator = NULL;
    struct buf lower = BUF_EMPTY, upper = BUF_EMPTY;
    int rc;

    index_hash_append(&lower, check->table->id, index, 0);
    index_hash_append(&upper, check->table->id, index, UINT64_MAX);
    if (buf_failed(&lower) || buf_failed(&upper)) {
        rc = ST_NOMEM;
        goto out;
    }
    lower.ptr[0] = upper.ptr[0] = (uint8_t)space;
    index_bound_successor(&upper);
    rc = engine_iterate(check->store->engine, ENGINE_DATA, buf_slice(&lower), buf_slice(&upper),
                        ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        goto out;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        rc = visit(check, schema_index_by_id(check->schema, index), engine_iterator_key(iterator),
                   engine_iterator_value(iterator));
        if (rc < 0)
            break;
    }
out:
    engine_iterator_free(iterator);
    buf_release(&lower);
    buf_release(&upper);
    return rc < 0 ? rc : 0;
}

/* ---- from items to entries ---- */

/** The walk leaves a collection. */
static int collection_end(struct check *check)
{
    uint64_t stored;
    int rc;

    if (check->collection.len == 0)
        return 0;
    rc = collections__read(check->table, &check->collection, ENGINE_READ_ANY, &stored);
    if (rc == 0 && stored != check->collection_bytes)
        check->collections_wrong++;
    check->collections += check->collection_bytes > 0;
    check->collection_bytes = 0;
    return rc;
}

static int collection_add(struct check *check, struct slice key, uint64_t bytes)
{
    size_t partition;
    int rc = 0;

    if (!check->table->keeps_collections)
        return 0;
    partition = ITEM_KEY_ENCODED_AT + 2 + be16_get(key.ptr + ITEM_KEY_ENCODED_AT);
    if (partition > key.len || key.len > sizeof(check->collection.bytes))
        return ST_CORRUPT;
    if (check->collection.len == 0 || memcmp(check->collection.bytes, key.ptr, partition) != 0)
        rc = collection_end(check);
    check->collection.len = key.len;
    memcpy(check->collection.bytes, key.ptr, key.len);
    check->collection_bytes += bytes;
    return rc;
}

static int visit_item(struct check *check, const struct schema_index *none, struct slice key,
                      struct slice value)
{
    struct record record;
    uint64_t bytes;
    int rc = key.len > ITEM_KEY_ENCODED_AT + 2 ? record_decode(value, &record) : ST_CORRUPT;

    if (rc < 0)
        return rc;
    check->result.items++;
    bytes = record.size;
    for (uint32_t i = 0; i < check->schema->index_count && rc == 0; i++) {
        const struct schema_index *index = &check->schema->indexes[i];
        struct buf entry_key = BUF_EMPTY;

        if (!is_checked(index))
            continue;
        rc = index_entry_build(&check->entry, check->table->id, check->schema, index,
                               slice_skip(key, ITEM_KEY_ENCODED_AT), &record);
        if (rc < 0 || !check->entry.present)
            continue;
        if (!index->global)
            bytes += check->entry.size;
        rc = buf_append_slice(&entry_key, buf_slice(&check->entry.key));
        if (rc == 0)
            rc = judge_and_count(check, index, key, buf_slice(&entry_key));
        buf_release(&entry_key);
    }
    return rc == 0 ? collection_add(check, key, bytes) : rc;
}

/* ---- from entries to items ---- */

static int visit_entry(struct check *check, const struct schema_index *index, struct slice key,
                       struct slice value)
{
    struct storage_key item_key;
    struct item_key item;
    struct slice encoded;

    check->result.entries++;
    if (!index_entry_item_key(key, index->partition_count + index->sort_count, &encoded) ||
        item_key_decode(encoded, check->table->has_sort, &item) < 0)
        return ST_CORRUPT;
    storage_key_item(&item_key, SPACE_ITEMS, check->table->id, &item);
    return judge_and_count(check, index, storage_key_slice(&item_key), key);
}

struct sums {
    uint64_t items, bytes;
};

static int count_collection(struct check *check, const struct schema_index *none, struct slice key,
                            struct slice value)
{
    check->collections--;
    return 0;
}

static int check_index(struct check *check, const struct schema_index *index,
                       struct sums *ret_counted)
{
    struct range_options options = {.table = check->table, .index = index, .hash_to = UINT64_MAX};
    struct range *range = NULL;
    struct item_key key;
    struct record record;
    int rc = walk(check, SPACE_ITEMS, index->id, visit_entry);

    if (rc == 0)
        rc = range_open(check->store, &options, &range);
    if (rc < 0)
        return rc;
    while ((rc = range_next(range, &key, &record)) == 0) {
        ret_counted->items++;
        ret_counted->bytes += record.size;
    }
    range_close(range);
    return rc < 0 ? rc : 0;
}

/* ---- all ---- */

int store_index_check(struct store *store, struct table *table, struct index_check *ret_check)
{
    struct check check = {.store = store, .table = table, .schema = table_schema(table)};
    struct sums counted[TABLE_INDEXES_MAX] = {{0}};
    uint64_t sequence = store_durable_sequence(store);
    int rc = 0;

    if (check.schema->index_count > 0)
        rc = walk(&check, SPACE_ITEMS, INDEX_BASE, visit_item);
    if (rc == 0)
        rc = collection_end(&check);
    if (rc == 0 && table->keeps_collections) /* none is left that has no items */
        rc = walk(&check, SPACE_COLLECTIONS, INDEX_BASE, count_collection);
    for (uint32_t i = 0; i < check.schema->index_count && rc == 0; i++)
        if (is_checked(&check.schema->indexes[i]))
            rc = check_index(&check, &check.schema->indexes[i], &counted[i]);
    for (uint32_t i = 0; i < check.schema->index_count && rc == 0; i++) {
        struct index_numbers numbers;

        if (!is_checked(&check.schema->indexes[i]) ||
            store_index_numbers(store, table, check.schema->indexes[i].id, &numbers) < 0)
            continue;
        check.result.miscounted +=
            numbers.items != counted[i].items || numbers.bytes != counted[i].bytes;
    }
    check.result.miscounted += check.collections_wrong + (check.collections != 0);
    if (sequence != store_durable_sequence(store) || atomic_load(&store->queue_units) > 0)
        check.result.miscounted = 0; /* nobody can tell */
    if (rc == 0)
        *ret_check = check.result;
    index_entry_release(&check.entry);
    buf_release(&check.value);
    schema_unref(check.schema);
    return rc;
}
