/*
 * capacity.c - see capacity.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/capacity.h"

#include "api/arn.h"

enum capacity_mode capacity_mode_of(const struct input *input, unsigned member)
{
    struct slice text = input_string(input, member);

    if (slice_eq_str(text, "TOTAL"))
        return CAPACITY_TOTAL;
    return slice_eq_str(text, "INDEXES") ? CAPACITY_INDEXES : CAPACITY_NONE;
}

/* ---- admission ---- */

void consumption_begin(struct call *call, struct consumption *consumption, struct table *table,
                       const struct schema *schema, enum capacity_kind kind)
{
    *consumption = (struct consumption){
        .next = call->consumptions, .table = table, .schema = schema, .kind = kind};
    call->consumptions = consumption;
}

/* Provisioned: ProvisionedThroughputExceededException, whose ThrottlingReasons name what the reason
 * is about; an on-demand table's maximum: ThrottlingException. */
static int refuse_throttled(struct call *call, const struct schema *schema,
                            const struct capacity_refusal *refusal, struct api_error *reterr)
{
    bool of_index = refusal->index != CAPACITY_TABLE;
    char arn[ARN_BYTES_MAX];
    size_t arn_len = arn_print(arn, call->region->name, call->identity.account, schema->name, NULL);
    int rc;

    if (refusal->on_demand)
        rc = api_refuse_slice(reterr, API_THROTTLING, SLICE(MESSAGE_ON_DEMAND_MAXIMUM));
    else if (of_index)
        rc = api_refuse_slice(reterr, API_THROUGHPUT_EXCEEDED,
                              SLICE(MESSAGE_INDEX_THROUGHPUT_EXCEEDED));
    else
        rc = api_refuse_slice(reterr, API_THROUGHPUT_EXCEEDED, SLICE(MESSAGE_PROVISIONED_EXCEEDED));
    reterr->throttling_reason = arena_printf(call->arena, "%s%s%s", of_index ? "Index" : "Table",
                                             refusal->kind == CAPACITY_READ ? "Read" : "Write",
                                             refusal->on_demand ? "MaxOnDemandThroughputExceeded"
                                                                : "ProvisionedThroughputExceeded");
    reterr->throttling_resource = arena_str(call->arena, slice_of(arn, arn_len));
    if (reterr->throttling_reason == NULL || reterr->throttling_resource == NULL)
        return ST_NOMEM;
    return rc;
}

int consumption_admit(struct call *call, struct consumption *consumption, uint64_t half_units,
                      struct api_error *reterr)
{
    struct capacity_refusal refusal;

    if (!capacity_admit(consumption->table, consumption->kind, CAPACITY_TABLE, half_units,
                        &refusal))
        return refuse_throttled(call, consumption->schema, &refusal, reterr);
    consumption->admitted += half_units;
    return 0;
}

bool consumption_refused(const struct api_error *error)
{
    return error->throttling_reason != NULL;
}

void consumption_add(struct consumption *consumption, uint64_t half_units)
{
    consumption->used += half_units;
}

void consumption_sum(struct consumption *sum, const struct consumption *other)
{
    sum->used += other->used;
}

void consumption_settle_all(struct consumption *first)
{
    for (struct consumption *c = first; c != NULL; c = c->next)
        capacity_consume(c->table, c->kind, CAPACITY_TABLE, c->admitted, c->used);
}

/* ---- answers ---- */

static void write_units(struct json_writer *writer, const struct consumption *consumption,
                        uint64_t half_units)
{
    json_key(writer, "CapacityUnits");
    json_put_double(writer, (double)half_units / 2);
    if (!consumption->transactional)
        return;
    json_key(writer,
             consumption->kind == CAPACITY_READ ? "ReadCapacityUnits" : "WriteCapacityUnits");
    json_put_double(writer, (double)half_units / 2);
}

static void write_arm(struct json_writer *writer, const struct consumption *consumption,
                      uint64_t half_units)
{
    json_object_begin(writer);
    write_units(writer, consumption, half_units);
    json_object_end(writer);
}

void consumption_write(struct json_writer *writer, enum capacity_mode mode,
                       const struct consumption *consumption)
{
    if (mode == CAPACITY_NONE)
        return;
    json_object_begin(writer);
    json_key(writer, "TableName");
    json_put_str(writer, consumption->schema->name);
    write_units(writer, consumption, consumption->used);
    if (mode == CAPACITY_INDEXES) {
        json_key(writer, "Table");
        write_arm(writer, consumption, consumption->used);
    }
    json_object_end(writer);
}

void consumption_write_member(struct json_writer *writer, enum capacity_mode mode,
                              const struct consumption *consumption)
{
    if (mode == CAPACITY_NONE)
        return;
    json_key(writer, "ConsumedCapacity");
    consumption_write(writer, mode, consumption);
}
