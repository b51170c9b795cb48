/*
 * index_numbers.c - how many entries each index has, and how large they are.
 *
 * The sums are stored beside the entries, in every batch that changes them: one small value per
 * table and batch, however many writes it holds. See indexes.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "table/index_work.h"
#include "table/store_priv.h"

/* ---- places ---- */

struct table_index *indexes__place(const struct table *table, uint16_t id)
{
    for (uint32_t i = 0; table->indexes != NULL && i < TABLE_INDEXES_MAX; i++)
        if (table->indexes->places[i].id == id)
            return &table->indexes->places[i];
    return NULL;
}

int indexes__reserve(struct table *table, const struct schema *schema)
{
    struct table_indexes *indexes;

    if (schema->index_count == 0 || table->indexes != NULL)
        return 0;
    indexes = calloc(1, sizeof(*indexes));
    if (indexes == NULL)
        return ST_NOMEM;
    pthread_mutex_lock(&table->lock); /* store_index_numbers() looks here from any thread */
    table->indexes = indexes;
    pthread_mutex_unlock(&table->lock);
    return 0;
}

void indexes__install(struct table *table, const struct schema *schema)
{
    for (uint32_t i = 0; table->indexes != NULL && i < TABLE_INDEXES_MAX; i++) {
        struct table_index *place = &table->indexes->places[i];

        /* Whoever fills or removes the index holds itself; it sees that the index is gone. */
        if (place->id != 0 && schema_index_by_id(schema, place->id) == NULL)
            *place = (struct table_index){.id = 0};
    }
    for (uint32_t i = 0; i < schema->index_count; i++)
        if (indexes__place(table, schema->indexes[i].id) == NULL)
            indexes__place(table, 0)->id = schema->indexes[i].id; /* there are as many as indexes */
}

void indexes__free(struct table *table)
{
    free(table->indexes);
}

/* ---- sums ---- */

void indexes__add(struct table *table, const struct unit *unit)
{
    for (uint32_t i = 0; i < unit->index_delta_count; i++) {
        const struct index_delta *delta = &unit->index_deltas[i];
        struct table_index *place = indexes__place(table, delta->id);

        place->items_next += (uint64_t)(int64_t)delta->items;
        place->bytes_next += (uint64_t)delta->bytes;
    }
}

void indexes__settle(struct table *table, bool durable)
{
    for (uint32_t i = 0; i < TABLE_INDEXES_MAX; i++) {
        struct table_index *place = &table->indexes->places[i];

        if (durable) {
            place->items = place->items_next;
            place->bytes = place->bytes_next;
        } else {
            place->items_next = place->items;
            place->bytes_next = place->bytes;
        }
    }
}

int store_index_numbers(struct store *store, struct table *table, uint16_t index_id,
                        struct index_numbers *ret_numbers)
{
    struct index_numbers numbers = {.items = 0};
    const struct table_index *place;
    int rc = ST_NOTFOUND;

    (void)store;
    pthread_mutex_lock(&table->lock);
    place = index_id != 0 ? indexes__place(table, index_id) : NULL;
    if (place != NULL && schema_index_by_id(table->schema, index_id) != NULL) {
        numbers.items = place->items;
        numbers.bytes = place->bytes;
        numbers.backfill_total = table->items;
        if (place->work != NULL)
            index_work__numbers(place->work, &numbers);
        rc = 0;
    }
    pthread_mutex_unlock(&table->lock);
    if (rc == 0)
        *ret_numbers = numbers;
    return rc;
}

/* ---- on disk ---- */

void indexes__append_numbers(struct table *table, struct batch *batch, struct buf *scratch)
{
    struct buf payload = BUF_EMPTY;
    struct storage_key key;

    for (uint32_t i = 0; i < TABLE_INDEXES_MAX; i++) {
        const struct table_index *place = &table->indexes->places[i];

        if (place->id == 0)
            continue;
        buf_append_be16(&payload, place->id);
        buf_append_varint(&payload, place->items_next);
        buf_append_varint(&payload, place->bytes_next);
    }
    storage_key_table(&key, SPACE_INDEXES, table->id);
    if (buf_failed(&payload))
        batch->ops.failed = true;
    batch_put_sealed(batch, &key, buf_slice(&payload), scratch);
    buf_release(&payload);
}

/** An index that the schema no longer has is passed over: its numbers go with the next change. */
static int read_numbers(struct table *table, struct slice payload)
{
    struct reader reader = reader_of(payload);

    while (!reader.failed && reader_left(&reader) > 0) {
        uint16_t id = reader_be16(&reader);
        uint64_t items = reader_varint(&reader), bytes = reader_varint(&reader);
        struct table_index *place = id != 0 ? indexes__place(table, id) : NULL;

        if (place == NULL)
            continue;
        place->items = place->items_next = items;
        place->bytes = place->bytes_next = bytes;
    }
    return reader.failed ? ST_CORRUPT : 0;
}

int indexes__load(struct store *store, struct table *table)
{
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;
    struct slice payload;
    int rc;

    if (table->schema->index_count == 0)
        return 0;
    storage_key_table(&key, SPACE_INDEXES, table->id);
    rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(&key), ENGINE_READ_ANY, &pin);
    if (rc == 0) {
        rc = sealed_open(pin.value, &payload);
        if (rc == 0)
            rc = read_numbers(table, payload);
        engine_unpin(&pin);
    } else if (rc == ST_NOTFOUND) {
        rc = 0; /* no entry was ever written */
    }
    return rc == 0 ? index_work__load(store, table) : rc;
}
