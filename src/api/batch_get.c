/*
 * batch_get.c - BatchGetItem: up to 100 items by key over several tables. dynamodb-operations.md
 * section 8.
 *
 * All keys are tried in the engine's cache on the loop; if one is not there, or the items are many,
 * all are read in the I/O pool. Keys that no longer fit into 16 MB, and those for which their table
 * has no throughput left, go back as UnprocessedKeys; when it has none for any, the call is
 * refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/capacity.h"
#include "api/expressions.h"
#include "api/key_paths.h"
#include "api/shapes.h"

enum {
    BATCH_GET_KEYS_MAX = 100,               /* Source: API Reference, BatchGetItem */
    BATCH_GET_BYTES_MAX = 16 * 1024 * 1024, /* Source: the same */
    BATCH_GET_LOOP_BYTES_MAX = 64 * 1024,   /* ours: what a loop may write before it hands over */
};

static const uint8_t order[] = {BATCH_GET_RETURN_CONSUMED_CAPACITY, BATCH_GET_REQUEST_ITEMS};
const struct constraint_plan batch_get_item_plan = {.order = order, .count = ARRAY_LEN(order)};

static const struct expression_rules rules = {
    .names = KEYS_AND_ATTRIBUTES_EXPRESSION_ATTRIBUTE_NAMES,
    .projection = KEYS_AND_ATTRIBUTES_PROJECTION_EXPRESSION,
    .legacy = {KEYS_AND_ATTRIBUTES_ATTRIBUTES_TO_GET, EXPRESSIONS_NONE},
    .listed = {KEYS_AND_ATTRIBUTES_PROJECTION_EXPRESSION, EXPRESSIONS_NONE},
    .attributes_to_get = KEYS_AND_ATTRIBUTES_ATTRIBUTES_TO_GET,
};

struct batch_get_table {
    struct slice name; /* as in the request */
    struct input input;
    struct expressions expressions;
    struct slice *key_items;
    struct item_key *keys;
    uint32_t count, admitted, read; /* keys; of them the first that throughput allows; were read */
    bool consistent;
    struct table *table;
    struct schema *schema;
    struct consumption consumption;
};

struct batch_get {
    struct batch_get_table *tables;
    uint32_t table_count;
};

static void batch_get_release(struct call *call)
{
    struct batch_get *batch = call->state;

    for (uint32_t i = 0; i < batch->table_count; i++) {
        table_unref(batch->tables[i].table);
        schema_unref(batch->tables[i].schema);
    }
}

/* ---- before the tables are known ---- */

static int read_keys(struct call *call, struct batch_get_table *table)
{
    struct json keys = input_json(&table->input, KEYS_AND_ATTRIBUTES_KEYS);
    struct json_iterator iterator = json_iterate(keys);
    struct json element;
    int rc;

    table->key_items = ARENA_ARRAY(call->arena, struct slice, json_count(keys));
    table->keys = ARENA_ARRAY(call->arena, struct item_key, json_count(keys));
    if (table->key_items == NULL || table->keys == NULL)
        return ST_NOMEM;
    while (json_next(&iterator, NULL, &element)) {
        rc = call_read_item(call, element, &table->key_items[table->count]);
        if (rc < 0)
            return rc;
        table->count++;
    }
    for (uint32_t i = 1; i < table->count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (slice_eq(table->key_items[i], table->key_items[j])) /* canonical: equal by value */
                return api_refuse(&call->error, API_VALIDATION, MESSAGE_KEYS_DUPLICATE);
    return 0;
}

static int read_table(struct call *call, struct slice name, struct json value,
                      struct batch_get_table *table)
{
    int rc = shape_read(&shape_keys_and_attributes, value, &table->input, &call->error);

    if (rc < 0)
        return rc;
    table->name = name;
    table->consistent = input_bool(&table->input, KEYS_AND_ATTRIBUTES_CONSISTENT_READ, false);
    rc = expressions_check(call, &table->input, &rules);
    if (rc < 0)
        return rc;
    rc = read_keys(call, table);
    if (rc < 0)
        return rc;
    rc = expressions_read_legacy(call, &table->input, &rules, &table->expressions);
    if (rc < 0)
        return rc;
    return expressions_parse(call, &table->input, &rules, &table->expressions);
}

static size_t count_keys(struct json requests)
{
    struct json_iterator iterator = json_iterate(requests);
    struct json element, keys;
    size_t count = 0;

    while (json_next(&iterator, NULL, &element))
        if (json_member(element, SLICE("Keys"), &keys))
            count += json_count(keys);
    return count;
}

int batch_get_item_prepare(struct call *call)
{
    struct json requests = input_json(&call->input, BATCH_GET_REQUEST_ITEMS);
    struct batch_get *batch = ARENA_NEW(call->arena, struct batch_get);
    struct json_iterator iterator = json_iterate(requests);
    struct slice name;
    struct json element;
    int rc;

    if (json_count(requests) == 0)
        return api_refuse(&call->error, API_VALIDATION,
                          "The requestItems parameter is required for BatchGetItem");
    if (count_keys(requests) > BATCH_GET_KEYS_MAX)
        return api_refuse(&call->error, API_VALIDATION,
                          "Too many items requested for the BatchGetItem call");
    if (batch == NULL)
        return ST_NOMEM;
    batch->tables = ARENA_ARRAY(call->arena, struct batch_get_table, json_count(requests));
    if (batch->tables == NULL)
        return ST_NOMEM;
    call->state = batch;
    call->release = batch_get_release;
    while (json_next(&iterator, &name, &element)) {
        rc = read_table(call, name, element, &batch->tables[batch->table_count++]);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- reading ---- */

/* ST_AGAIN: not cached, or too much for the loop. 1: the answer is full. */
static int read_key(struct call *call, struct batch_get_table *table, uint32_t i,
                    enum engine_read how, struct arena *scratch, struct json_writer *writer,
                    uint64_t *bytes)
{
    struct pinned pin = PINNED_EMPTY;
    struct record record;
    struct slice item;
    int rc = store_get(call->region->store, table->table, &table->keys[i], how, &pin, &record);

    if (rc == ST_NOTFOUND) {
        consumption_add(&table->consumption, &table->keys[i], capacity_read(0, table->consistent));
        rc = 0;
        goto out;
    }
    if (rc < 0)
        goto out;
    if (*bytes + record.size > BATCH_GET_BYTES_MAX) {
        rc = 1;
        goto out;
    }
    if (how == ENGINE_READ_CACHED && *bytes + record.size > BATCH_GET_LOOP_BYTES_MAX) {
        rc = ST_AGAIN;
        goto out;
    }
    *bytes += record.size;
    consumption_add(&table->consumption, &table->keys[i],
                    capacity_read(record.size, table->consistent));
    item = record.item;
    if (table->expressions.projection != NULL) {
        arena_reset(scratch);
        rc = expr_project(table->expressions.projection, item, scratch, &item);
        if (rc < 0)
            goto out;
    }
    item_to_json(writer, item);
out:
    engine_unpin(&pin);
    return rc;
}

static int read_responses(struct call *call, enum engine_read how, struct json_writer *writer)
{
    struct batch_get *batch = call->state;
    struct arena scratch;
    uint64_t bytes = 0;
    int rc = 0;

    arena_init(&scratch, 0);
    json_key(writer, "Responses");
    json_object_begin(writer);
    for (uint32_t t = 0; t < batch->table_count && rc >= 0; t++) {
        struct batch_get_table *table = &batch->tables[t];

        table->read = 0;
        consumption_reset(
            &table->consumption); /* of an attempt in the cache that came to nothing */
        json_key_slice(writer, table->name);
        json_array_begin(writer);
        while (rc == 0 && table->read < table->admitted) {
            rc = read_key(call, table, table->read, how, &scratch, writer, &bytes);
            if (rc == 0)
                table->read++;
        }
        json_array_end(writer);
    }
    json_object_end(writer);
    arena_release(&scratch);
    return rc < 0 ? rc : 0;
}

/* What was not read goes back as it was asked for. */
static void write_unprocessed(struct json_writer *writer, const struct batch_get_table *table)
{
    struct slice projection =
        input_string(&table->input, KEYS_AND_ATTRIBUTES_PROJECTION_EXPRESSION);
    struct json_iterator iterator;
    struct slice name;
    struct json value;

    json_key_slice(writer, table->name);
    json_object_begin(writer);
    json_key(writer, "Keys");
    json_array_begin(writer);
    for (uint32_t i = table->read; i < table->count; i++)
        item_to_json(writer, table->key_items[i]);
    json_array_end(writer);
    if (table->consistent) {
        json_key(writer, "ConsistentRead");
        json_put_bool(writer, true);
    }
    if (projection.ptr != NULL) {
        json_key(writer, "ProjectionExpression");
        json_put_string(writer, projection);
    }
    if (input_has(&table->input, KEYS_AND_ATTRIBUTES_ATTRIBUTES_TO_GET)) {
        json_key(writer, "AttributesToGet");
        json_array_begin(writer);
        iterator = json_iterate(input_json(&table->input, KEYS_AND_ATTRIBUTES_ATTRIBUTES_TO_GET));
        while (json_next(&iterator, NULL, &value))
            json_put_string(writer, json_string(value));
        json_array_end(writer);
    }
    if (input_has(&table->input, KEYS_AND_ATTRIBUTES_EXPRESSION_ATTRIBUTE_NAMES)) {
        json_key(writer, "ExpressionAttributeNames");
        json_object_begin(writer);
        iterator =
            json_iterate(input_json(&table->input, KEYS_AND_ATTRIBUTES_EXPRESSION_ATTRIBUTE_NAMES));
        while (json_next(&iterator, &name, &value)) {
            json_key_slice(writer, name);
            json_put_string(writer, json_string(value));
        }
        json_object_end(writer);
    }
    json_object_end(writer);
}

static int read_batch(struct call *call, enum engine_read how)
{
    struct batch_get *batch = call->state;
    enum capacity_mode mode = capacity_mode_of(&call->input, BATCH_GET_RETURN_CONSUMED_CAPACITY);
    struct json_writer writer;
    int rc;

    buf_clear(&call->out);
    writer = json_writer_of(&call->out);
    json_object_begin(&writer);
    rc = read_responses(call, how, &writer);
    if (rc < 0)
        return rc;
    json_key(&writer, "UnprocessedKeys");
    json_object_begin(&writer);
    for (uint32_t t = 0; t < batch->table_count; t++)
        if (batch->tables[t].read < batch->tables[t].count)
            write_unprocessed(&writer, &batch->tables[t]);
    json_object_end(&writer);
    if (mode != CAPACITY_NONE) {
        json_key(&writer, "ConsumedCapacity");
        json_array_begin(&writer);
        for (uint32_t t = 0; t < batch->table_count; t++)
            consumption_write(&writer, mode, &batch->tables[t].consumption);
        json_array_end(&writer);
    }
    json_object_end(&writer);
    return 0;
}

static int read_batch_io(struct call *call)
{
    return read_batch(call, ENGINE_READ_ANY);
}

static void on_read(struct call *call, int rc)
{
    if (rc < 0)
        call_fail(call, rc);
    else
        call_answer(call);
}

static int open_table(struct call *call, struct batch_get_table *table)
{
    struct refusal refusal;
    struct expr_error error;
    int rc = call_find_table(call, table->name, &table->table, &table->schema);

    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < table->count; i++) {
        rc = schema_key_of_argument(table->schema, table->key_items[i], &table->keys[i], &refusal);
        if (rc < 0)
            return call_refuse_words(call, rc, &refusal);
    }
    rc = key_paths_of_projection(table->schema, table->expressions.projection, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

/* How many keys of each table the throughput allows. */
static int admit(struct call *call)
{
    struct batch_get *batch = call->state;
    uint32_t admitted = 0;
    int rc = 0;

    for (uint32_t t = 0; t < batch->table_count; t++) {
        struct batch_get_table *table = &batch->tables[t];

        consumption_begin(call, &table->consumption, table->table, table->schema, CAPACITY_READ);
        for (rc = 0; rc == 0 && table->admitted < table->count;) {
            rc = consumption_admit(call, &table->consumption, &table->keys[table->admitted],
                                   capacity_read(0, table->consistent), &call->error);
            table->admitted += rc == 0;
        }
        if (rc < 0 && rc != ST_REFUSED)
            return rc;
        admitted += table->admitted;
    }
    return admitted > 0 ? 0 : ST_REFUSED;
}

void batch_get_item_run(struct call *call)
{
    struct batch_get *batch = call->state;
    int rc = 0;

    for (uint32_t t = 0; t < batch->table_count && rc == 0; t++)
        rc = open_table(call, &batch->tables[t]);
    if (rc == 0)
        rc = admit(call);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    rc = read_batch(call, ENGINE_READ_CACHED);
    if (rc == ST_AGAIN)
        call_io(call, read_batch_io, on_read);
    else
        on_read(call, rc);
}
