/*
 * unit.c - see unit.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/unit.h"

#include <stdlib.h>

enum {
    UNIT_KEEP_BYTES = 16 * 1024, /* of a batch, when a unit is used again */
    UNIT_KEEP_ITEMS = 64,        /* of each array */
};

struct unit *unit_new(void)
{
    struct unit *unit = calloc(1, sizeof(*unit));

    if (unit != NULL) {
        list_node_init(&unit->queued);
        list_node_init(&unit->owned);
    }
    return unit;
}

void unit_free(struct unit *unit)
{
    if (unit == NULL)
        return;
    batch_release(&unit->batch);
#ifdef MUTANT_CHECKPOINT_LATER_BATCH
    batch_release(&unit->late);
#endif
    free(unit->slots);
    free(unit->deltas);
    free(unit->index_deltas);
    free(unit->collection_deltas);
    buf_release(&unit->collection_keys);
    free(unit->keys);
    free(unit);
}

/** Frees an array that has grown beyond the ordinary. */
static void array_trim(void *array_pointer, uint32_t *cap)
{
    void **array = array_pointer;

    if (*cap > UNIT_KEEP_ITEMS) {
        free(*array);
        *array = NULL;
        *cap = 0;
    }
}

void unit_reset(struct unit *unit)
{
    struct unit kept = *unit;

    if (kept.batch.ops.cap > UNIT_KEEP_BYTES)
        batch_release(&kept.batch);
    batch_clear(&kept.batch);
#ifdef MUTANT_CHECKPOINT_LATER_BATCH
    batch_release(&kept.late);
#endif
    array_trim(&kept.slots, &kept.slot_cap);
    array_trim(&kept.deltas, &kept.delta_cap);
    array_trim(&kept.index_deltas, &kept.index_delta_cap);
    array_trim(&kept.collection_deltas, &kept.collection_delta_cap);
    if (kept.collection_keys.cap > UNIT_KEEP_BYTES)
        buf_release(&kept.collection_keys);
    buf_clear(&kept.collection_keys);
    array_trim(&kept.keys, &kept.key_cap);
    *unit = (struct unit){
        .batch = kept.batch,
        .slots = kept.slots,
        .slot_cap = kept.slot_cap,
        .deltas = kept.deltas,
        .delta_cap = kept.delta_cap,
        .index_deltas = kept.index_deltas,
        .index_delta_cap = kept.index_delta_cap,
        .collection_deltas = kept.collection_deltas,
        .collection_delta_cap = kept.collection_delta_cap,
        .collection_keys = kept.collection_keys,
        .keys = kept.keys,
        .key_cap = kept.key_cap,
    };
    list_node_init(&unit->queued);
    list_node_init(&unit->owned);
}

/** The array with room for one more, or NULL. */
static void *array_room(void *array, uint32_t count, uint32_t *cap, size_t size)
{
    uint32_t wanted = *cap ? *cap * 2 : 4;
    void *grown;

    if (count < *cap)
        return array;
    grown = realloc(array, wanted * size);
    if (grown != NULL)
        *cap = wanted;
    return grown;
}

void unit_add_slot(struct unit *unit, struct unit_slot slot)
{
    struct unit_slot *slots =
        array_room(unit->slots, unit->slot_count, &unit->slot_cap, sizeof(slot));

    if (slots == NULL) {
        unit->failed = true;
        return;
    }
    unit->slots = slots;
    slots[unit->slot_count++] = slot;
}

void unit_add_delta(struct unit *unit, struct digest_delta delta)
{
    struct digest_delta *deltas =
        array_room(unit->deltas, unit->delta_count, &unit->delta_cap, sizeof(delta));

    if (deltas == NULL) {
        unit->failed = true;
        return;
    }
    unit->deltas = deltas;
    deltas[unit->delta_count++] = delta;
}

void unit_add_index_delta(struct unit *unit, struct index_delta delta)
{
    struct index_delta *deltas;

    for (uint32_t i = 0; i < unit->index_delta_count; i++) {
        if (unit->index_deltas[i].id == delta.id) { /* pages of a backfill: one sum */
            unit->index_deltas[i].items += delta.items;
            unit->index_deltas[i].bytes += delta.bytes;
            return;
        }
    }
    deltas = array_room(unit->index_deltas, unit->index_delta_count, &unit->index_delta_cap,
                        sizeof(delta));
    if (deltas == NULL) {
        unit->failed = true;
        return;
    }
    unit->index_deltas = deltas;
    deltas[unit->index_delta_count++] = delta;
}

void unit_add_collection_delta(struct unit *unit, struct collection_delta delta)
{
    struct collection_delta *deltas =
        array_room(unit->collection_deltas, unit->collection_delta_count,
                   &unit->collection_delta_cap, sizeof(delta));

    if (deltas == NULL) {
        unit->failed = true;
        return;
    }
    unit->collection_deltas = deltas;
    deltas[unit->collection_delta_count++] = delta;
}

struct unit_key *unit_add_key(struct unit *unit)
{
    struct unit_key *keys = array_room(unit->keys, unit->key_count, &unit->key_cap, sizeof(*keys));

    if (keys == NULL) {
        unit->failed = true;
        return NULL;
    }
    unit->keys = keys;
    keys[unit->key_count] = (struct unit_key){.len = 0};
    return &keys[unit->key_count++];
}

void unit_put_located(struct unit *unit, enum engine_family family, struct slice key,
                      struct slice value, uint32_t *ret_key_at, uint32_t *ret_value_at)
{
    batch_put(&unit->batch, family, key, value);
    if (buf_failed(&unit->batch.ops)) {
        *ret_key_at = *ret_value_at = 0;
        return;
    }
    *ret_value_at = (uint32_t)(unit->batch.ops.len - value.len);
    *ret_key_at = (uint32_t)(*ret_value_at - varint_len(value.len) - key.len);
}
