/*
 * capacity.c - see capacity.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/capacity.h"

#include <assert.h>

#include "api/arn.h"

enum capacity_mode capacity_mode_of(const struct input *input, unsigned member)
{
    struct slice text = input_string(input, member);

    if (slice_eq_str(text, "TOTAL"))
        return CAPACITY_TOTAL;
    return slice_eq_str(text, "INDEXES") ? CAPACITY_INDEXES : CAPACITY_NONE;
}

static_assert(TABLE_INDEXES_MAX <= 32, "a bit for each index");

static void settle(const struct consumption *c)
{
    uint64_t admitted = c->admitted, used = c->used;

    for (uint32_t i = 0; i < c->schema->index_count; i++) {
        const struct schema_index *index = &c->schema->indexes[i];

        if (index->global) {
            capacity_consume(c->table, c->kind, index->id, c->index_admitted[i], c->index_used[i]);
        } else { /* local indexes draw on the table */
            admitted += c->index_admitted[i];
            used += c->index_used[i];
        }
    }
    capacity_consume(c->table, c->kind, CAPACITY_TABLE, admitted, used);
    for (const struct consumption_use *use = c->uses; use != NULL; use = use->next)
        insights_count(c->table, use->index, INSIGHTS_ACCESSED, &use->key, use->half_units);
}

/* ---- contributor insights ---- */

/* The partition that a query reads; false: a Scan reads all of them. */
static bool partition_of(const struct range_options *range, struct index_key *ret_key)
{
    *ret_key = (struct index_key){{SLICE_EMPTY}};
    if (range->index == NULL)
        ret_key->partition[0] = range->partition;
    else
        memcpy(ret_key->partition, range->index_key.partition, sizeof(ret_key->partition));
    return range->query;
}

static struct index_key key_of(const struct item_key *key)
{
    return (struct index_key){.partition = {key->partition}, .sort = {key->sort}};
}

static uint16_t resource_of(const struct schema_index *index)
{
    return index != NULL && index->global ? index->id : CAPACITY_TABLE;
}

/* To be counted when the consumption is settled: what is reset was not used. */
static void note_use(struct consumption *consumption, uint16_t index, const struct index_key *key,
                     uint64_t half_units)
{
    struct consumption_use *use = ARENA_NEW(consumption->arena, struct consumption_use);

    if (use == NULL || insights_key_make(consumption->arena, key, &use->key) < 0)
        return;
    use->index = index;
    use->half_units = half_units;
    use->next = consumption->uses;
    consumption->uses = use;
}

/* A write that an index pushes back counts for the table: it is the table's key that was refused.
 */
static void count_throttled(const struct consumption *consumption, uint16_t index,
                            const struct index_key *key)
{
    struct insights_key counted;

    if (insights_key_make(consumption->arena, key, &counted) == 0)
        insights_count(consumption->table, index, INSIGHTS_BEING_THROTTLED, &counted, 1);
}

/* ---- the beginning and the end ---- */

void consumption_settle_all(struct consumption *first)
{
    for (struct consumption *c = first; c != NULL; c = c->next)
        settle(c);
}

void consumption_begin(struct call *call, struct consumption *consumption, struct table *table,
                       const struct schema *schema, enum capacity_kind kind)
{
    struct consumption *next = call->consumptions;
    bool begun = false;

    for (struct consumption *c = next; c != NULL && !begun; c = c->next)
        begun = c == consumption;
    if (begun) {
        settle(consumption);
        next = consumption->next;
    } else {
        call->consumptions = consumption;
    }
    *consumption = (struct consumption){
        .next = next, .arena = call->arena, .table = table, .schema = schema, .kind = kind};
}

/* ---- admission ---- */

/* Provisioned: ProvisionedThroughputExceededException, whose ThrottlingReasons name what the reason
 * is about; an on-demand table's maximum: ThrottlingException. */
static int refuse_throttled(struct call *call, const struct schema *schema,
                            const struct capacity_refusal *refusal, struct api_error *reterr)
{
    const struct schema_index *index = schema_index_by_id(schema, refusal->index);
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
    reterr->throttling_resource =
        arena_printf(call->arena, "%.*s%s%s", (int)arn_len, arn, index != NULL ? "/index/" : "",
                     index != NULL ? index->name : "");
    if (reterr->throttling_reason == NULL || reterr->throttling_resource == NULL)
        return ST_NOMEM;
    return rc;
}

static int admit(struct call *call, struct consumption *consumption,
                 const struct schema_index *index, uint64_t half_units, struct api_error *reterr)
{
    struct capacity_refusal refusal;

    if (!capacity_admit(consumption->table, consumption->kind, resource_of(index), half_units,
                        &refusal))
        return refuse_throttled(call, consumption->schema, &refusal, reterr);
    if (index != NULL)
        consumption->index_admitted[index - consumption->schema->indexes] += half_units;
    else
        consumption->admitted += half_units;
    return 0;
}

int consumption_admit(struct call *call, struct consumption *consumption,
                      const struct item_key *key, uint64_t half_units, struct api_error *reterr)
{
    int rc = admit(call, consumption, NULL, half_units, reterr);

    if (rc == ST_REFUSED && insights_wanted(consumption->table, INSIGHTS_BEING_THROTTLED)) {
        struct index_key whole = key_of(key);

        count_throttled(consumption, CAPACITY_TABLE, &whole);
    }
    return rc;
}

int consumption_admit_range(struct call *call, struct consumption *consumption,
                            const struct range_options *range, uint64_t half_units,
                            struct api_error *reterr)
{
    int rc = admit(call, consumption, range->index, half_units, reterr);
    struct index_key key;

    if (rc == ST_REFUSED && insights_wanted(consumption->table, INSIGHTS_BEING_THROTTLED) &&
        partition_of(range, &key))
        count_throttled(consumption, resource_of(range->index), &key);
    return rc;
}

bool consumption_refused(const struct api_error *error)
{
    return error->throttling_reason != NULL;
}

/* ---- what was used ---- */

static void add_index(struct consumption *consumption, const struct schema_index *index,
                      uint64_t half_units)
{
    size_t at = (size_t)(index - consumption->schema->indexes);

    assert(at < consumption->schema->index_count);
    consumption->index_used[at] += half_units;
    consumption->touched |= BIT(at);
}

void consumption_add(struct consumption *consumption, const struct item_key *key,
                     uint64_t half_units)
{
    consumption->used += half_units;
    if (insights_wanted(consumption->table, INSIGHTS_ACCESSED)) {
        struct index_key whole = key_of(key);

        note_use(consumption, CAPACITY_TABLE, &whole, half_units);
    }
}

void consumption_add_range(struct consumption *consumption, const struct range_options *range,
                           uint64_t half_units)
{
    struct index_key key;

    if (range->index == NULL)
        consumption->used += half_units;
    else
        add_index(consumption, range->index, half_units);
    if (insights_wanted(consumption->table, INSIGHTS_ACCESSED) && partition_of(range, &key))
        note_use(consumption, resource_of(range->index), &key, half_units);
}

void consumption_add_index_writes(struct consumption *consumption, const struct index_write *writes)
{
    for (uint32_t i = 0; writes != NULL && i < consumption->schema->index_count; i++)
        if (writes[i].kind != INDEX_WRITE_NONE)
            add_index(consumption, &consumption->schema->indexes[i],
                      capacity_index_write(&writes[i]));
}

void consumption_reset(struct consumption *consumption)
{
    consumption->used = 0;
    consumption->touched = 0;
    consumption->uses = NULL;
    memset(consumption->index_used, 0, sizeof(consumption->index_used));
}

void consumption_sum(struct consumption *sum, const struct consumption *other)
{
    sum->used += other->used;
    for (uint32_t i = 0; i < other->schema->index_count; i++) {
        /* The indexes may have changed between the two: by id, not by position. */
        const struct schema_index *index =
            schema_index_by_id(sum->schema, other->schema->indexes[i].id);

        if (index != NULL && (other->touched & BIT(i)))
            add_index(sum, index, other->index_used[i]);
    }
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

static void write_indexes(struct json_writer *writer, const struct consumption *consumption,
                          bool global)
{
    bool any = false;

    for (uint32_t i = 0; i < consumption->schema->index_count; i++) {
        const struct schema_index *index = &consumption->schema->indexes[i];

        if (index->global != global || !(consumption->touched & BIT(i)))
            continue;
        if (!any) {
            json_key(writer, global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes");
            json_object_begin(writer);
            any = true;
        }
        json_key(writer, index->name);
        write_arm(writer, consumption, consumption->index_used[i]);
    }
    if (any)
        json_object_end(writer);
}

void consumption_write(struct json_writer *writer, enum capacity_mode mode,
                       const struct consumption *consumption)
{
    uint64_t total = consumption->used;

    if (mode == CAPACITY_NONE)
        return;
    for (uint32_t i = 0; i < consumption->schema->index_count; i++)
        total += consumption->index_used[i];
    json_object_begin(writer);
    json_key(writer, "TableName");
    json_put_str(writer, consumption->schema->name);
    write_units(writer, consumption, total);
    if (mode == CAPACITY_INDEXES) {
        json_key(writer, "Table");
        write_arm(writer, consumption, consumption->used);
        write_indexes(writer, consumption, false);
        write_indexes(writer, consumption, true);
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
