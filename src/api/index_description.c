/*
 * index_description.c - see index_description.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/index_description.h"

#include <stdio.h>

#include "api/arn.h"
#include "api/throughput.h"

/* ---- attributes ---- */

static void write_definition(struct json_writer *writer, const struct expr_key_attribute *attribute)
{
    json_object_begin(writer);
    json_key(writer, "AttributeName");
    json_put_string(writer, attribute->name);
    json_key(writer, "AttributeType");
    json_put_str(writer, value_type_name(attribute->type));
    json_object_end(writer);
}

/* The key attributes of a table and its indexes, one after the other. */
struct attribute_walk {
    const struct schema *schema;
    bool in_indexes; /* the table comes first */
    uint32_t index, at;
};

static const struct expr_key_attribute *next_attribute(struct attribute_walk *walk)
{
    const struct schema *schema = walk->schema;

    if (!walk->in_indexes && walk->at < schema->key_count)
        return &schema->keys[walk->at++];
    if (!walk->in_indexes)
        walk->at = 0;
    walk->in_indexes = true;
    for (; walk->index < schema->index_count; walk->index++, walk->at = 0) {
        const struct schema_index *index = &schema->indexes[walk->index];
        uint32_t at = walk->at++;

        if (at < index->partition_count)
            return &index->partition[at];
        if (at < index->partition_count + index->sort_count)
            return &index->sort[at - index->partition_count];
    }
    return NULL;
}

static bool is_first(const struct schema *schema, const struct expr_key_attribute *attribute)
{
    struct attribute_walk walk = {.schema = schema};
    const struct expr_key_attribute *other;

    while ((other = next_attribute(&walk)) != NULL && other != attribute)
        if (slice_eq(other->name, attribute->name))
            return false;
    return true;
}

void attribute_definitions_write(struct json_writer *writer, const struct schema *schema)
{
    struct attribute_walk walk = {.schema = schema};
    const struct expr_key_attribute *attribute;

    json_key(writer, "AttributeDefinitions");
    json_array_begin(writer);
    while ((attribute = next_attribute(&walk)) != NULL)
        if (is_first(schema, attribute))
            write_definition(writer, attribute);
    json_array_end(writer);
}

/* ---- one index ---- */

static void write_key(struct json_writer *writer, const struct expr_key_attribute *attributes,
                      uint32_t count, const char *kind)
{
    for (uint32_t i = 0; i < count; i++) {
        json_object_begin(writer);
        json_key(writer, "AttributeName");
        json_put_string(writer, attributes[i].name);
        json_key(writer, "KeyType");
        json_put_str(writer, kind);
        json_object_end(writer);
    }
}

static void write_projection(struct json_writer *writer, const struct schema_index *index)
{
    json_key(writer, "Projection");
    json_object_begin(writer);
    json_key(writer, "ProjectionType");
    json_put_str(writer, projection_name(index->projection));
    if (index->projection == PROJECTION_INCLUDE) {
        json_key(writer, "NonKeyAttributes");
        json_array_begin(writer);
        for (uint32_t i = 0; i < index->included_count; i++)
            json_put_string(writer, index->included[i]);
        json_array_end(writer);
    }
    json_object_end(writer);
}

static void put_int(struct json_writer *writer, const char *name, int64_t number)
{
    json_key(writer, name);
    json_put_int(writer, number);
}

static void write_throughput(struct json_writer *writer, const struct schema *schema,
                             const struct schema_index *index, int64_t now_ms)
{
    struct throughput_decreases decreases = {index->throughput_decreased_ms,
                                             (uint32_t)index->throughput_decreases};

    json_key(writer, "ProvisionedThroughput");
    json_object_begin(writer);
    if (index->throughput_increased_ms != 0) {
        json_key(writer, "LastIncreaseDateTime");
        json_put_millis(writer, index->throughput_increased_ms);
    }
    if (index->throughput_decreased_ms != 0) {
        json_key(writer, "LastDecreaseDateTime");
        json_put_millis(writer, index->throughput_decreased_ms);
    }
    put_int(writer, "NumberOfDecreasesToday", throughput_decreases_today(&decreases, now_ms));
    put_int(writer, "ReadCapacityUnits", index->read_units);
    put_int(writer, "WriteCapacityUnits", index->write_units);
    json_object_end(writer);
    if (index->on_demand_read_max > 0 || index->on_demand_write_max > 0) {
        json_key(writer, "OnDemandThroughput");
        json_object_begin(writer);
        put_int(writer, "MaxReadRequestUnits",
                index->on_demand_read_max > 0 ? index->on_demand_read_max : -1);
        put_int(writer, "MaxWriteRequestUnits",
                index->on_demand_write_max > 0 ? index->on_demand_write_max : -1);
        json_object_end(writer);
    }
    warm_write(writer, warm_of_index(schema, index));
}

static void write_status(struct json_writer *writer, const struct schema_index *index,
                         bool creating)
{
    json_key(writer, "IndexStatus");
    json_put_str(writer,
                 creating ? index_status_name(INDEX_CREATING) : index_status_name(index->status));
    if (!creating && index->status == INDEX_CREATING) {
        json_key(writer, "Backfilling");
        json_put_bool(writer, index->backfilling);
    }
}

static void write_index(struct json_writer *writer, struct call *call, const struct schema *schema,
                        const struct schema_index *index, struct table *table, bool creating)
{
    struct index_numbers numbers = {.items = 0};
    char arn[ARN_BYTES_MAX];

    if (table != NULL && store_index_numbers(call->region->store, table, index->id, &numbers) < 0)
        numbers = (struct index_numbers){.items = 0};
    json_object_begin(writer);
    json_key(writer, "IndexName");
    json_put_str(writer, index->name);
    json_key(writer, "KeySchema");
    json_array_begin(writer);
    write_key(writer, index->partition, index->partition_count, "HASH");
    write_key(writer, index->sort, index->sort_count, "RANGE");
    json_array_end(writer);
    write_projection(writer, index);
    if (index->global) {
        write_status(writer, index, creating);
        write_throughput(writer, schema, index, call_wall_ms(call));
    }
    json_key(writer, "IndexSizeBytes");
    json_put_uint(writer, numbers.bytes);
    json_key(writer, "ItemCount");
    json_put_uint(writer, numbers.items);
    json_key(writer, "IndexArn");
    arn_print(arn, call->region->name, call->identity.account, schema->name, NULL);
    json_put_str(writer, arena_printf(call->arena, "%s/index/%s", arn, index->name));
    json_object_end(writer);
}

static void write_kind(struct json_writer *writer, struct call *call, const struct schema *schema,
                       struct table *table, bool creating, bool global)
{
    bool any = false;

    for (uint32_t i = 0; i < schema->index_count; i++) {
        if (schema->indexes[i].global != global)
            continue;
        if (!any) {
            json_key(writer, global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes");
            json_array_begin(writer);
            any = true;
        }
        write_index(writer, call, schema, &schema->indexes[i], table, creating);
    }
    if (any)
        json_array_end(writer);
}

void indexes_write(struct json_writer *writer, struct call *call, const struct schema *schema,
                   struct table *table, bool creating)
{
    write_kind(writer, call, schema, table, creating, false);
    write_kind(writer, call, schema, table, creating, true);
}

static void write_overrides(struct json_writer *writer, const struct replica_overrides *overrides,
                            uint16_t index)
{
    for (uint32_t i = 0; i < overrides->index_count; i++) {
        const struct index_override *one = &overrides->indexes[i];

        if (one->index != index)
            continue;
        if (one->read_units != INT64_MIN) {
            json_key(writer, "ProvisionedThroughputOverride");
            json_object_begin(writer);
            json_key(writer, "ReadCapacityUnits");
            json_put_int(writer, one->read_units);
            json_object_end(writer);
        }
        if (one->on_demand_read_max != INT64_MIN) {
            json_key(writer, "OnDemandThroughputOverride");
            json_object_begin(writer);
            json_key(writer, "MaxReadRequestUnits");
            json_put_int(writer, one->on_demand_read_max);
            json_object_end(writer);
        }
    }
}

void replica_indexes_write(struct json_writer *writer, const struct schema *schema,
                           const struct replica_overrides *overrides)
{
    bool any = false;

    for (uint32_t i = 0; i < schema->index_count; i++) {
        const struct schema_index *index = &schema->indexes[i];

        if (!index->global)
            continue;
        if (!any) {
            json_key(writer, "GlobalSecondaryIndexes");
            json_array_begin(writer);
            any = true;
        }
        json_object_begin(writer);
        json_key(writer, "IndexName");
        json_put_str(writer, index->name);
        write_overrides(writer, overrides, index->id);
        warm_write(writer, warm_of_index(schema, index));
        json_object_end(writer);
    }
    if (any)
        json_array_end(writer);
}
