/*
 * table_description.c - see table_description.h. Sources: dynamodb-tables-streams.md section 3,
 * global-tables.md section 2.8 (L-43 ... L-47).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/table_description.h"

#include <stdio.h>
#include <time.h>

#include "api/arn.h"
#include "api/index_description.h"
#include "api/shapes.h"
#include "api/throughput.h"

enum { STREAM_RETENTION_MS = 24 * 3600 * 1000 };

void stream_label_print(char label[32], int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    snprintf(label, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03u", (unsigned)(tm.tm_year + 1900) % 10000,
             (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100,
             (unsigned)tm.tm_hour % 100, (unsigned)tm.tm_min % 100, (unsigned)tm.tm_sec % 100,
             (unsigned)(ms % 1000));
}

static void put_units(struct json_writer *writer, const char *name, int64_t units)
{
    json_key(writer, name);
    json_put_int(writer, units);
}

static void write_keys(struct json_writer *writer, const struct schema *schema)
{
    attribute_definitions_write(writer, schema);
    json_key(writer, "KeySchema");
    json_array_begin(writer);
    for (uint32_t i = 0; i < schema->key_count; i++) {
        json_object_begin(writer);
        json_key(writer, "AttributeName");
        json_put_string(writer, schema->keys[i].name);
        json_key(writer, "KeyType");
        json_put_str(writer, i == 0 ? "HASH" : "RANGE");
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void write_throughput(struct json_writer *writer, const struct schema *schema,
                             int64_t now_ms)
{
    struct throughput_decreases decreases = {schema->throughput_decreased_ms,
                                             schema->throughput_decreases};

    json_key(writer, "ProvisionedThroughput");
    json_object_begin(writer);
    if (schema->throughput_increased_ms != 0) {
        json_key(writer, "LastIncreaseDateTime");
        json_put_millis(writer, schema->throughput_increased_ms);
    }
    if (schema->throughput_decreased_ms != 0) {
        json_key(writer, "LastDecreaseDateTime");
        json_put_millis(writer, schema->throughput_decreased_ms);
    }
    put_units(writer, "NumberOfDecreasesToday", throughput_decreases_today(&decreases, now_ms));
    put_units(writer, "ReadCapacityUnits", schema->read_units);
    put_units(writer, "WriteCapacityUnits", schema->write_units);
    json_object_end(writer);
    if (schema->billing == BILLING_PAY_PER_REQUEST || schema->billing_on_demand_since_ms != 0) {
        json_key(writer, "BillingModeSummary");
        json_object_begin(writer);
        json_key(writer, "BillingMode");
        json_put_str(writer, billing_mode_name(schema->billing));
        if (schema->billing_on_demand_since_ms != 0) {
            json_key(writer, "LastUpdateToPayPerRequestDateTime");
            json_put_millis(writer, schema->billing_on_demand_since_ms);
        }
        json_object_end(writer);
    }
    if (schema->on_demand_read_max > 0 || schema->on_demand_write_max > 0) {
        json_key(writer, "OnDemandThroughput");
        json_object_begin(writer);
        put_units(writer, "MaxReadRequestUnits",
                  schema->on_demand_read_max > 0 ? schema->on_demand_read_max : -1);
        put_units(writer, "MaxWriteRequestUnits",
                  schema->on_demand_write_max > 0 ? schema->on_demand_write_max : -1);
        json_object_end(writer);
    }
}

static void write_stream(struct json_writer *writer, struct call *call, const struct schema *schema)
{
    const struct stream *stream = schema_stream(schema);
    char arn[ARN_BYTES_MAX];

    if (stream == NULL)
        return;
    json_key(writer, "StreamSpecification");
    json_object_begin(writer);
    json_key(writer, "StreamEnabled");
    json_put_bool(writer, true);
    json_key(writer, "StreamViewType");
    json_put_str(writer, stream_view_name(stream->view));
    json_object_end(writer);
    json_key(writer, "LatestStreamLabel");
    json_put_str(writer, stream->label);
    json_key(writer, "LatestStreamArn");
    arn_print(arn, call->region->name, call->identity.account, schema->name, stream->label);
    json_put_str(writer, arn);
}

/* Absent means inherited (L-27, L-44). */
static void write_replica(struct json_writer *writer, const struct schema *schema,
                          const struct replica_view *view)
{
    const struct replica_overrides *overrides = &view->overrides;
    struct warm warm = warm_of_table(schema);
    char percent[16];

    json_object_begin(writer);
    json_key(writer, "RegionName");
    json_put_str(writer, view->region);
    json_key(writer, "ReplicaStatus");
    json_put_str(writer, replica_status_name(view->status));
    if (view->description[0] != '\0') {
        json_key(writer, "ReplicaStatusDescription");
        json_put_str(writer, view->description);
    }
    if (view->percent >= 0) {
        snprintf(percent, sizeof(percent), "%d", view->percent);
        json_key(writer, "ReplicaStatusPercentProgress");
        json_put_str(writer, percent);
    }
    if (overrides->read_units != INT64_MIN) {
        json_key(writer, "ProvisionedThroughputOverride");
        json_object_begin(writer);
        put_units(writer, "ReadCapacityUnits", overrides->read_units);
        json_object_end(writer);
    }
    if (overrides->on_demand_read_max != INT64_MIN) {
        json_key(writer, "OnDemandThroughputOverride");
        json_object_begin(writer);
        put_units(writer, "MaxReadRequestUnits", overrides->on_demand_read_max);
        json_object_end(writer);
    }
    if (overrides->table_class != CLASS_UNSET) {
        json_key(writer, "ReplicaTableClassSummary");
        json_object_begin(writer);
        json_key(writer, "TableClass");
        json_put_str(writer, table_class_name(overrides->table_class));
        json_object_end(writer);
    }
    replica_indexes_write(writer, schema, overrides);
    if (schema->billing == BILLING_PROVISIONED && overrides->read_units > warm.read)
        warm.read = overrides->read_units;
    warm_write(writer, warm);
    json_key(writer, "GlobalTableSettingsReplicationMode");
    json_put_str(writer, "ENABLED_WITH_OVERRIDES");
    json_object_end(writer);
}

static void write_group(struct json_writer *writer, struct call *call, const struct schema *schema)
{
    struct replica_view *views;
    uint32_t count = 0;

    if (call->region->replication == NULL)
        return;
    views = ARENA_ARRAY(call->arena, struct replica_view, REPLICA_VIEWS_MAX);
    if (views == NULL) {
        writer->out->failed = true; /* answered as an internal error */
        return;
    }
    /* A table that has just become global is so by its schema before replication shows members. */
    if (!replication_describe(call->region->replication, schema->name, views, REPLICA_VIEWS_MAX,
                              &count) &&
        !schema->global)
        return;
    json_key(writer, "GlobalTableVersion");
    json_put_str(writer, "2019.11.21");
    json_key(writer, "Replicas");
    json_array_begin(writer);
    for (uint32_t i = 0; i < count && i < REPLICA_VIEWS_MAX; i++)
        write_replica(writer, schema, &views[i]);
    json_array_end(writer);
    json_key(writer, "GlobalTableSettingsReplicationMode");
    json_put_str(writer, "ENABLED_WITH_OVERRIDES");
}

void table_description_write(struct json_writer *writer, struct call *call,
                             const struct schema *schema, struct table *table,
                             enum table_status status)
{
    struct table_stats stats = {0};
    char arn[ARN_BYTES_MAX];

    if (table != NULL)
        table_stats(table, &stats);
    arn_print(arn, call->region->name, call->identity.account, schema->name, NULL);
    json_object_begin(writer);
    write_keys(writer, schema);
    json_key(writer, "TableName");
    json_put_str(writer, schema->name);
    json_key(writer, "TableStatus");
    json_put_str(writer, table_status_name(status));
    json_key(writer, "CreationDateTime");
    json_put_millis(writer, schema->created_ms);
    write_throughput(writer, schema, call_wall_ms(call));
    json_key(writer, "TableSizeBytes");
    json_put_uint(writer, stats.bytes);
    json_key(writer, "ItemCount");
    json_put_uint(writer, stats.items);
    json_key(writer, "TableArn");
    json_put_str(writer, arn);
    json_key(writer, "TableId");
    json_put_str(writer, schema->table_id);
    if (status != TABLE_DELETING)
        indexes_write(writer, call, schema, table, status == TABLE_CREATING && table == NULL);
    write_stream(writer, call, schema);
    write_group(writer, call, schema);
    if (schema->table_class != CLASS_UNSET) {
        json_key(writer, "TableClassSummary");
        json_object_begin(writer);
        json_key(writer, "TableClass");
        json_put_str(writer, table_class_name(schema->table_class));
        if (schema->table_class_changed_ms != 0) {
            json_key(writer, "LastUpdateDateTime");
            json_put_millis(writer, schema->table_class_changed_ms);
        }
        json_object_end(writer);
    }
    json_key(writer, "DeletionProtectionEnabled");
    json_put_bool(writer, schema->deletion_protection);
    warm_write(writer, warm_of_table(schema));
    json_object_end(writer);
}

/* ---- parts of a table in requests ---- */

static int refuse_out_of_bounds(struct call *call, const char *member, int64_t units)
{
    if (units <= CAPACITY_UNITS_MAX)
        return 0;
    return api_refuse(&call->error, API_VALIDATION, "Given value %lld for %s is out of bounds",
                      (long long)units, member);
}

int table_read_throughput(struct call *call, unsigned member, int64_t *ret_read, int64_t *ret_write)
{
    struct input input;
    int rc = shape_read(&shape_provisioned_throughput, input_json(&call->input, member), &input,
                        &call->error);

    if (rc < 0)
        return rc;
    *ret_read = input_integer(&input, THROUGHPUT_READ, 0);
    *ret_write = input_integer(&input, THROUGHPUT_WRITE, 0);
    rc = refuse_out_of_bounds(call, "ReadCapacityUnits", *ret_read);
    return rc < 0 ? rc : refuse_out_of_bounds(call, "WriteCapacityUnits", *ret_write);
}

int table_read_on_demand(struct call *call, unsigned member, int64_t *read_max, int64_t *write_max)
{
    static const char *const names[] = {"MaxReadRequestUnits", "MaxWriteRequestUnits"};
    int64_t *const maxima[] = {read_max, write_max};
    struct input input;
    int rc = shape_read(&shape_on_demand_throughput, input_json(&call->input, member), &input,
                        &call->error);

    if (rc < 0)
        return rc;
    for (unsigned i = ON_DEMAND_READ; i <= ON_DEMAND_WRITE; i++) {
        int64_t units = input_integer(&input, i, -1);

        if (!input_has(&input, i))
            continue;
        if (units == 0 || units < -1 || units > CAPACITY_UNITS_MAX)
            return api_refuse(&call->error, API_VALIDATION,
                              MESSAGE_INVALID_PARAMETERS
                              "Requested %s for OnDemandThroughput for table is outside of valid "
                              "range",
                              names[i]);
        *maxima[i] = units;
    }
    return 0;
}

int table_refuse_sse(struct call *call, unsigned member)
{
    struct input input;
    int rc;

    if (!input_has(&call->input, member))
        return 0;
    rc = shape_read(&shape_sse_specification, input_json(&call->input, member), &input,
                    &call->error);
    if (rc < 0)
        return rc;
    if (input_bool(&input, SSE_ENABLED, false) || input_has(&input, SSE_TYPE) ||
        input_has(&input, SSE_KMS_MASTER_KEY_ID))
        return call_refuse_not_yet(call, "SSESpecification");
    return 0;
}

int schema_stream_enable(struct schema *schema, enum stream_view view, int64_t now_ms)
{
    /* The label names the stream: never the same twice, also when the clock was moved. */
    if (schema->stream_count > 0 && schema->streams[0].created_ms >= now_ms)
        now_ms = schema->streams[0].created_ms + 1;
    while (schema->stream_count > 0) {
        const struct stream *oldest = &schema->streams[schema->stream_count - 1];

        if (oldest->disabled_ms == 0 || now_ms - oldest->disabled_ms <= STREAM_RETENTION_MS)
            break;
        schema->stream_count--;
    }
    if (schema->stream_count == TABLE_STREAMS_MAX)
        return ST_TOOBIG;
    memmove(&schema->streams[1], &schema->streams[0],
            schema->stream_count * sizeof(schema->streams[0]));
    schema->stream_count++;
    schema->streams[0] = (struct stream){.view = view, .created_ms = now_ms};
    stream_label_print(schema->streams[0].label, now_ms);
    return 0;
}

void schema_stream_disable(struct schema *schema, int64_t now_ms)
{
    if (schema->stream_count > 0 && schema->streams[0].disabled_ms == 0)
        schema->streams[0].disabled_ms = now_ms;
}
