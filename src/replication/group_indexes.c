/*
 * group_indexes.c - see group_indexes.h.
 *
 * Sets are equal when their JSON is. Ids of indexes are the same in all members: whoever plans a
 * change gives them, from a counter that is in the document.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/group_indexes.h"

#include <stdlib.h>

#include "value/json_write.h"

struct index_set_entry {
    struct schema *set;
    struct buf json;
};

void index_sets_release(struct index_sets *sets)
{
    for (uint32_t i = 0; i < sets->count; i++) {
        schema_unref(sets->entries[i].set);
        buf_release(&sets->entries[i].json);
    }
    free(sets->entries);
    *sets = (struct index_sets){.count = 0};
}

/** Leaves in a schema only what members share of its indexes. */
static void keep_shared(struct schema *schema)
{
    for (uint32_t i = schema->index_count; i-- > 0;) {
        struct schema_index *index = &schema->indexes[i];

        if (index->status == INDEX_DELETING) {
            schema_index_remove(schema, index);
            continue;
        }
        index->status = INDEX_ACTIVE;
        index->backfilling = false;
        index->created_ms = 0;
        index->throughput_increased_ms = index->throughput_decreased_ms = 0;
    }
}

/** Takes the schema over. */
static int intern(struct index_sets *sets, struct schema *set, const struct schema **ret_set)
{
    struct buf json = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&json);
    struct index_set_entry *entries = sets->entries;

    *ret_set = NULL;
    keep_shared(set);
    if (set->index_count == 0) {
        schema_unref(set);
        return 0;
    }
    schema_indexes_to_json(set, &writer);
    if (buf_failed(&json))
        goto nomem;
    for (uint32_t i = 0; i < sets->count; i++) {
        if (slice_eq(buf_slice(&json), buf_slice(&entries[i].json))) {
            *ret_set = entries[i].set;
            buf_release(&json);
            schema_unref(set);
            return 0;
        }
    }
    if (sets->count == sets->cap) {
        uint32_t cap = sets->cap ? sets->cap * 2 : 8;

        entries = realloc(entries, cap * sizeof(*entries));
        if (entries == NULL)
            goto nomem;
        sets->entries = entries;
        sets->cap = cap;
    }
    entries[sets->count++] = (struct index_set_entry){set, json};
    *ret_set = set;
    return 0;
nomem:
    buf_release(&json);
    schema_unref(set);
    return ST_NOMEM;
}

int index_sets_of_schema(struct index_sets *sets, const struct schema *schema,
                         const struct schema **ret_set)
{
    struct schema *set = schema_copy(schema);

    return set == NULL ? ST_NOMEM : intern(sets, set, ret_set);
}

int index_sets_of_change(struct index_sets *sets, const struct schema *base,
                         const struct schema *now, const struct schema *wanted,
                         const struct schema **ret_set)
{
    struct schema *set = schema_copy(wanted);

    if (set == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; base != NULL && i < set->index_count; i++) {
        struct schema_index *index = &set->indexes[i];
        const struct schema_index *shared = schema_index_by_id(base, index->id);
        const struct schema_index *before = schema_index_by_id(now, index->id);

        if (shared == NULL || before == NULL)
            continue;
        if (index->read_units == before->read_units)
            index->read_units = shared->read_units;
        if (index->on_demand_read_max == before->on_demand_read_max)
            index->on_demand_read_max = shared->on_demand_read_max;
    }
    return intern(sets, set, ret_set);
}

int index_sets_of_json(struct index_sets *sets, struct json array, const struct schema **ret_set)
{
    struct schema *set = schema_new();
    int rc = set == NULL ? ST_NOMEM : schema_indexes_from_json(array, set);

    if (rc < 0) {
        schema_unref(set);
        return rc;
    }
    return intern(sets, set, ret_set);
}

/* ---- applying ---- */

bool index_set_waits(const struct schema *set, const struct schema *schema)
{
    for (uint32_t i = 0; set != NULL && i < set->index_count; i++) {
        const struct schema_index *here = schema_index(schema, slice_str(set->indexes[i].name));

        if (here != NULL && here->id != set->indexes[i].id)
            return true;
    }
    return false;
}

static int add(struct schema *schema, const struct schema_index *wanted, bool empty, int64_t now_ms)
{
    struct schema_index *index = schema_index_add(schema, slice_str(wanted->name), wanted->global);
    int rc = index == NULL ? ST_NOMEM : 0;

    for (uint32_t i = 0; i < wanted->partition_count && rc == 0; i++)
        rc = schema_index_add_key(schema, index, false, wanted->partition[i].name,
                                  wanted->partition[i].type);
    for (uint32_t i = 0; i < wanted->sort_count && rc == 0; i++)
        rc = schema_index_add_key(schema, index, true, wanted->sort[i].name, wanted->sort[i].type);
    for (uint32_t i = 0; i < wanted->included_count && rc == 0; i++)
        rc = schema_index_include(schema, index, wanted->included[i]);
    if (rc < 0)
        return rc;
    index->id = wanted->id;
    if (schema->index_id_next <= index->id)
        schema->index_id_next = (uint16_t)(index->id + 1);
    index->projection = wanted->projection;
    index->status = empty ? INDEX_ACTIVE : INDEX_CREATING;
    index->created_ms = now_ms;
    return 0;
}

void group_note_throughput(int64_t read_before, int64_t write_before, int64_t read_units,
                           int64_t write_units, int64_t now_ms, int64_t *increased_ms,
                           int64_t *decreased_ms)
{
    if (read_units > read_before || write_units > write_before)
        *increased_ms = now_ms;
    if (read_units < read_before || write_units < write_before)
        *decreased_ms = now_ms;
}

static void follow_settings(struct schema_index *index, const struct schema_index *wanted,
                            const struct replica_overrides *overrides, int64_t now_ms)
{
    int64_t read_units = wanted->read_units, on_demand_read_max = wanted->on_demand_read_max;

    for (uint32_t i = 0; i < overrides->index_count; i++) {
        const struct index_override *one = &overrides->indexes[i];

        if (one->index != index->id)
            continue;
        if (one->read_units != INT64_MIN)
            read_units = one->read_units;
        if (one->on_demand_read_max != INT64_MIN)
            on_demand_read_max = one->on_demand_read_max;
    }
    if (index->write_units != 0 && wanted->write_units != 0) /* provisioned before and after */
        group_note_throughput(index->read_units, index->write_units, read_units,
                              wanted->write_units, now_ms, &index->throughput_increased_ms,
                              &index->throughput_decreased_ms);
    index->read_units = read_units;
    index->write_units = wanted->write_units;
    index->on_demand_read_max = on_demand_read_max;
    index->on_demand_write_max = wanted->on_demand_write_max;
    index->warm_read = wanted->warm_read;
    index->warm_write = wanted->warm_write;
}

int index_set_apply(const struct schema *set, const struct replica_overrides *overrides,
                    struct schema *schema, bool empty, int64_t now_ms)
{
    uint32_t wanted_count = set != NULL ? set->index_count : 0;
    int rc = 0;

    if (index_set_waits(set, schema))
        return ST_EXISTS;
    for (uint32_t i = 0; i < schema->index_count; i++) {
        struct schema_index *index = &schema->indexes[i];

        if (index->status != INDEX_DELETING &&
            (set == NULL || schema_index_by_id(set, index->id) == NULL)) {
            index->status = INDEX_DELETING;
            index->backfilling = false;
        }
    }
    for (uint32_t i = 0; i < wanted_count && rc == 0; i++) {
        const struct schema_index *wanted = &set->indexes[i];

        if (schema_index_by_id(schema, wanted->id) == NULL)
            rc = add(schema, wanted, empty, now_ms);
        if (rc == 0)
            follow_settings(schema_index_by_id(schema, wanted->id), wanted, overrides, now_ms);
    }
    return rc;
}
