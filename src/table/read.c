/*
 * read.c - items by key and by range. The engine shows durable data only, so there is no lane here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "table/store_priv.h"

int store_get(struct store *store, struct table *table, const struct item_key *key,
              enum engine_read how, struct pinned *pin, struct record *ret_record)
{
    struct storage_key storage;
    int rc;

    storage_key_item(&storage, SPACE_ITEMS, table->id, key);
    rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(&storage), how, pin);
    if (rc < 0)
        return rc;
    rc = record_decode(pin->value, ret_record);
    if (rc < 0) {
        engine_unpin(pin);
        *pin = PINNED_EMPTY;
    }
    return rc;
}

/* ---- several keys at one moment ---- */

int store_get_together(struct store *store, const struct table_key *keys, uint32_t count,
                       enum engine_read how,
                       int (*visit)(void *context, uint32_t at, const struct record *record),
                       void *context)
{
    struct engine_iterator *iterator = NULL; /* its one view is what holds the reads together */
    struct storage_key lower, upper, key;
    struct record record;
    int rc;

    storage_key_space(&lower, SPACE_ITEMS);
    upper = lower;
    storage_key_successor(&upper);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), how, &iterator);
    for (uint32_t i = 0; i < count && rc == 0; i++) {
        bool found;

        storage_key_item(&key, SPACE_ITEMS, keys[i].table->id, keys[i].key);
        rc = engine_seek(iterator, storage_key_slice(&key));
        found = rc == 0 && slice_eq(engine_iterator_key(iterator), storage_key_slice(&key));
        if (rc > 0)
            rc = 0;
        if (found)
            rc = record_decode(engine_iterator_value(iterator), &record);
        if (rc == 0)
            rc = visit(context, i, found ? &record : NULL);
    }
    engine_iterator_free(iterator);
    return rc;
}

/* ---- ranges ---- */

struct range {
    struct engine_iterator *iterator;
    bool backward, begun, has_sort;
    bool empty;           /* bounds that exclude each other */
    uint32_t index_parts; /* attributes of the index's key; 0: the table */
};

static void key_append(struct storage_key *key, struct slice bytes)
{
    assert(key->len + bytes.len <= sizeof(key->bytes));
    if (bytes.len > 0)
        memcpy(key->bytes + key->len, bytes.ptr, bytes.len);
    key->len += bytes.len;
}

/** The least key above this one alone. */
static void key_after(struct storage_key *key)
{
    key_append(key, SLICE("\0"));
}

/** [lower, upper) of one partition key and a condition on the sort key. */
static void query_bounds(const struct range_options *options, struct storage_key *lower,
                         struct storage_key *upper)
{
    struct item_key partition = {.partition = options->partition};

    storage_key_item(lower, SPACE_ITEMS, options->table->id, &partition);
    *upper = *lower;
    switch (options->sort_operator) {
    case EXPR_RANGE_ALL:
        storage_key_successor(upper);
        break;
    case EXPR_RANGE_EQ:
        key_append(lower, options->sort_low);
        key_append(upper, options->sort_low);
        key_after(upper);
        break;
    case EXPR_RANGE_LT:
        key_append(upper, options->sort_low);
        break;
    case EXPR_RANGE_LE:
        key_append(upper, options->sort_low);
        key_after(upper);
        break;
    case EXPR_RANGE_GT:
        key_append(lower, options->sort_low);
        key_after(lower);
        storage_key_successor(upper);
        break;
    case EXPR_RANGE_GE:
        key_append(lower, options->sort_low);
        storage_key_successor(upper);
        break;
    case EXPR_RANGE_BETWEEN:
        key_append(lower, options->sort_low);
        key_append(upper, options->sort_high);
        key_after(upper);
        break;
    case EXPR_RANGE_BEGINS_WITH:
        key_append(lower, options->sort_low);
        key_append(upper, options->sort_low);
        storage_key_successor(upper);
        break;
    }
}

static void table_bounds(const struct range_options *options, struct storage_key *lower,
                         struct storage_key *upper)
{
    struct storage_key after;

    if (options->query) {
        query_bounds(options, lower, upper);
    } else {
        storage_key_hash(lower, SPACE_ITEMS, options->table->id, options->hash_from);
        storage_key_after_hash(upper, SPACE_ITEMS, options->table->id, options->hash_to);
    }
    if (options->after == NULL)
        return;
    storage_key_item(&after, SPACE_ITEMS, options->table->id, options->after);
    if (options->backward) {
        if (slice_cmp(storage_key_slice(&after), storage_key_slice(upper)) < 0)
            *upper = after;
    } else if (slice_cmp(storage_key_slice(&after), storage_key_slice(lower)) >= 0) {
        *lower = after;
        key_after(lower);
    }
}

/** An iterator over [lower, upper), unless that is empty. */
static int range_iterate(struct store *store, const struct range_options *options,
                         struct slice lower, struct slice upper, struct range *range)
{
    range->empty = slice_cmp(lower, upper) >= 0;
    if (range->empty)
        return 0;
    return engine_iterate(store->engine, ENGINE_DATA, lower, upper, options->how, &range->iterator);
}

static int open_table(struct store *store, const struct range_options *options, struct range *range)
{
    struct storage_key lower, upper;

    table_bounds(options, &lower, &upper);
    return range_iterate(store, options, storage_key_slice(&lower), storage_key_slice(&upper),
                         range);
}

static int open_index(struct store *store, const struct range_options *options, struct range *range)
{
    struct buf lower = BUF_EMPTY, upper = BUF_EMPTY;
    int rc = indexes__bounds(options, &lower, &upper);

    if (rc == 0)
        rc = range_iterate(store, options, buf_slice(&lower), buf_slice(&upper), range);
    buf_release(&lower);
    buf_release(&upper);
    return rc;
}

int range_open(struct store *store, const struct range_options *options, struct range **ret_range)
{
    struct range *range = calloc(1, sizeof(*range));
    int rc;

    if (range == NULL)
        return ST_NOMEM;
    range->backward = options->backward;
    range->has_sort = options->table->has_sort;
    if (options->index != NULL)
        range->index_parts = options->index->partition_count + options->index->sort_count;
    rc = options->index != NULL ? open_index(store, options, range)
                                : open_table(store, options, range);
    if (rc < 0) {
        free(range);
        return rc;
    }
    *ret_range = range;
    return 0;
}

static int read_entry(const struct range *range, struct item_key *ret_key,
                      struct record *ret_record)
{
    struct slice encoded;

    *ret_record = (struct record){.deleted = false};
    if (!index_entry_item_key(engine_iterator_key(range->iterator), range->index_parts, &encoded) ||
        item_key_decode(encoded, range->has_sort, ret_key) < 0)
        return ST_CORRUPT;
    return index_entry_read(engine_iterator_value(range->iterator), &ret_record->size,
                            &ret_record->item);
}

int range_next(struct range *range, struct item_key *ret_key, struct record *ret_record)
{
    uint64_t hash;
    int rc;

    if (range->empty)
        return 1;
    if (range->begun)
        rc = range->backward ? engine_previous(range->iterator) : engine_next(range->iterator);
    else
        rc = range->backward ? engine_seek_last(range->iterator)
                             : engine_seek_first(range->iterator);
    if (rc != 0)
        return rc;
    range->begun = true;
    if (range->index_parts > 0)
        return read_entry(range, ret_key, ret_record);
    if (!storage_key_read_item(engine_iterator_key(range->iterator), range->has_sort, &hash,
                               ret_key))
        return ST_CORRUPT;
    return record_decode(engine_iterator_value(range->iterator), ret_record);
}

void range_close(struct range *range)
{
    if (range == NULL)
        return;
    engine_iterator_free(range->iterator);
    free(range);
}
