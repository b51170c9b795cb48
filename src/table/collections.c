/*
 * collections.c - the size of item collections, in tables with local indexes.
 *
 * A collection is all items of one partition key with their entries in local indexes. Its size is
 * a number of its own under the partition key; empty collections have none.
 *
 * A unit carries by how much a collection grows, not how large it is then: units of transactions
 * are committed in another order than they were decided in. The committer, which knows the order,
 * makes sizes of it: for each collection of a batch one read of what is durable, one put. What it
 * reads was brought into the cache when the item was.
 *
 * The limit is judged by the lane, on the durable size. Writes that are on their way to the disk at
 * the same time may together pass it by what they carry; nothing passes it afterwards.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "table/store_priv.h"

bool collections__kept(const struct schema *schema)
{
    for (uint32_t i = 0; i < schema->index_count; i++)
        if (!schema->indexes[i].global)
            return true;
    return false;
}

/** An item's storage key without its sort key, in the space of collections. */
static void collection_key(struct storage_key *key, const struct storage_key *item_key)
{
    size_t partition = be16_get(item_key->bytes + ITEM_KEY_ENCODED_AT);

    key->len = ITEM_KEY_ENCODED_AT + 2 + partition;
    memcpy(key->bytes, item_key->bytes, key->len);
    key->bytes[0] = SPACE_COLLECTIONS;
}

/** 0 bytes when there is none. */
static int read_bytes(struct engine *engine, struct slice key, enum engine_read how,
                      uint64_t *ret_bytes)
{
    struct pinned pin = PINNED_EMPTY;
    struct slice payload;
    int rc = engine_get(engine, ENGINE_DATA, key, how, &pin);

    *ret_bytes = 0;
    if (rc == 0)
        rc = sealed_open(pin.value, &payload);
    if (rc == 0 && payload.len != 8)
        rc = ST_CORRUPT;
    if (rc == 0)
        *ret_bytes = be64_get(payload.ptr);
    engine_unpin(&pin);
    return rc == ST_NOTFOUND ? 0 : rc;
}

int collections__read(const struct table *table, const struct storage_key *item_key,
                      enum engine_read how, uint64_t *ret_bytes)
{
    struct storage_key key;

    *ret_bytes = 0;
    if (!table->keeps_collections)
        return 0;
    collection_key(&key, item_key);
    return read_bytes(table->store->engine, storage_key_slice(&key), how, ret_bytes);
}

/* ---- the limit ---- */

/** What a live item counts in its collection: itself and its entries in local indexes. */
static int size_of(const struct table *table, const struct record *record, uint64_t *ret_bytes)
{
    const struct schema *schema = table->schema;
    struct index_entry entry = {.present = false};
    int rc = 0;

    *ret_bytes = record->size;
    for (uint32_t i = 0; i < schema->index_count && rc == 0; i++) {
        if (schema->indexes[i].global)
            continue;
        rc = index_entry_build(&entry, table->id, schema, &schema->indexes[i], SLICE_EMPTY, record);
        *ret_bytes += entry.size;
    }
    index_entry_release(&entry);
    return rc;
}

bool collections__have_room(const struct table *table, const struct current *current,
                            struct slice item)
{
    struct record record = {.item = item, .size = (uint32_t)item_size(item)};
    uint64_t most = (uint64_t)record.size * (1 + TABLE_LOCAL_INDEXES_MAX), old = 0, new;

    if (current->collection_bytes + most <= ITEM_COLLECTION_BYTES_MAX)
        return true; /* nearly always */
    if (size_of(table, &record, &new) < 0 || (current->present && !current->record.deleted &&
                                              size_of(table, &current->record, &old) < 0))
        return false;
    return new <= old || current->collection_bytes + new - old <= ITEM_COLLECTION_BYTES_MAX;
}

/* ---- growth ---- */

void collections__write(struct unit *unit, const struct storage_key *item_key, int64_t growth,
                        struct mutation *mutation)
{
    struct collection_delta delta = {.growth = growth, .mutation = mutation};
    struct storage_key key;

    collection_key(&key, item_key);
    delta.key_at = (uint32_t)unit->collection_keys.len;
    delta.key_len = (uint32_t)key.len;
    if (buf_append_slice(&unit->collection_keys, storage_key_slice(&key)) < 0)
        unit->failed = true;
    else
        unit_add_collection_delta(unit, delta);
}

/* ---- in the committer ---- */

static int gathered_cmp(const void *left, const void *right)
{
    const struct gathered_delta *a = left, *b = right;
    int order = slice_cmp(a->key, b->key);

    if (order != 0)
        return order;
    return a->order < b->order ? -1 : a->order > b->order;
}

void collections__gather(struct gathered_deltas *gathered, const struct unit *unit)
{
    for (uint32_t i = 0; i < unit->collection_delta_count; i++) {
        const struct collection_delta *delta = &unit->collection_deltas[i];

        if (gathered->count == gathered->cap) {
            uint32_t cap = gathered->cap ? gathered->cap * 2 : 64;
            struct gathered_delta *deltas = realloc(gathered->deltas, cap * sizeof(*deltas));

            if (deltas == NULL) {
                gathered->failed = true;
                return;
            }
            gathered->deltas = deltas;
            gathered->cap = cap;
        }
        gathered->deltas[gathered->count] = (struct gathered_delta){
            .key = slice_of(unit->collection_keys.ptr + delta->key_at, delta->key_len),
            .order = gathered->count,
            .growth = delta->growth,
            .mutation = delta->mutation,
        };
        gathered->count++;
    }
}

static int append_size(struct batch *batch, struct slice key, uint64_t bytes, struct buf *scratch)
{
    uint8_t payload[8];
    int rc;

    if (bytes == 0) {
        batch_delete(batch, ENGINE_DATA, key);
        return 0;
    }
    be64_put(payload, bytes);
    buf_clear(scratch);
    rc = sealed_append(scratch, slice_of(payload, sizeof(payload)));
    if (rc == 0)
        batch_put(batch, ENGINE_DATA, key, buf_slice(scratch));
    return rc;
}

int collections__append(struct gathered_deltas *gathered, struct engine *engine,
                        struct batch *batch, struct buf *scratch)
{
    int rc = gathered->failed ? ST_NOMEM : 0;

    if (gathered->count > 1)
        qsort(gathered->deltas, gathered->count, sizeof(*gathered->deltas), gathered_cmp);
    for (uint32_t i = 0; i < gathered->count && rc == 0;) {
        struct slice key = gathered->deltas[i].key;
        uint64_t bytes;

        rc = read_bytes(engine, key, ENGINE_READ_ANY, &bytes);
        for (; i < gathered->count && slice_eq(gathered->deltas[i].key, key); i++) {
            bytes += (uint64_t)gathered->deltas[i].growth;
            if (gathered->deltas[i].mutation != NULL)
                gathered->deltas[i].mutation->collection_bytes = bytes;
        }
        if (rc == 0)
            rc = append_size(batch, key, bytes, scratch);
    }
    gathered->count = 0;
    gathered->failed = false;
    return rc;
}
