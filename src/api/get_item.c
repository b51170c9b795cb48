/*
 * get_item.c - GetItem: one item by key. dynamodb-operations.md section 3.
 *
 * The read is tried in the engine's cache on the loop; what has to touch the disk is read in the
 * I/O pool and answered from there with the record still pinned. Both kinds of consistency read the
 * newest durable record.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/capacity.h"
#include "api/expressions.h"
#include "api/key_paths.h"
#include "api/shapes.h"

static const uint8_t order[] = {GET_ITEM_KEY, GET_ITEM_TABLE_NAME,
                                GET_ITEM_RETURN_CONSUMED_CAPACITY, GET_ITEM_ATTRIBUTES_TO_GET};
const struct constraint_plan get_item_plan = {.order = order, .count = ARRAY_LEN(order)};

static const struct expression_rules rules = {
    .names = GET_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
    .projection = GET_ITEM_PROJECTION_EXPRESSION,
    .legacy = {GET_ITEM_ATTRIBUTES_TO_GET, EXPRESSIONS_NONE},
    .listed = {GET_ITEM_PROJECTION_EXPRESSION, EXPRESSIONS_NONE},
    .attributes_to_get = GET_ITEM_ATTRIBUTES_TO_GET,
};

struct get_item {
    struct expressions expressions;
    struct consumption consumption;
    struct slice key_argument;
    struct item_key key;
    struct pinned pin;
    struct record record;
};

int get_item_prepare(struct call *call)
{
    struct get_item *get = ARENA_NEW(call->arena, struct get_item);
    int rc;

    if (get == NULL)
        return ST_NOMEM;
    call->state = get;
    rc = expressions_check(call, &call->input, &rules);
    if (rc < 0)
        return rc;
    rc = call_read_item(call, input_json(&call->input, GET_ITEM_KEY), &get->key_argument);
    if (rc < 0)
        return rc;
    rc = expressions_read_legacy(call, &call->input, &rules, &get->expressions);
    if (rc < 0)
        return rc;
    return expressions_parse(call, &call->input, &rules, &get->expressions);
}

/* Writes the answer from the pinned record; rc is what store_get() said. */
static void get_answer(struct call *call, int rc)
{
    struct get_item *get = call->state;
    struct json_writer writer = json_writer_of(&call->out);
    struct slice item = get->record.item;
    bool consistent = input_bool(&call->input, GET_ITEM_CONSISTENT_READ, false);
    bool found = rc == 0;

    if (rc == ST_NOTFOUND)
        rc = 0;
    if (rc == 0 && found && get->expressions.projection != NULL)
        rc = expr_project(get->expressions.projection, item, call->arena, &item);
    if (rc < 0) {
        engine_unpin(&get->pin);
        call_fail(call, rc);
        return;
    }
    if (found)
        buf_reserve(&call->out, item.len + item.len / 2 + 64);
    json_object_begin(&writer);
    if (found) {
        json_key(&writer, "Item");
        item_to_json(&writer, item);
    }
    consumption_add(&get->consumption, &get->key,
                    capacity_read(found ? get->record.size : 0, consistent));
    consumption_write_member(&writer,
                             capacity_mode_of(&call->input, GET_ITEM_RETURN_CONSUMED_CAPACITY),
                             &get->consumption);
    json_object_end(&writer);
    engine_unpin(&get->pin);
    call_answer(call);
}

static int get_io(struct call *call)
{
    struct get_item *get = call->state;

    return store_get(call->region->store, call->table, &get->key, ENGINE_READ_ANY, &get->pin,
                     &get->record);
}

void get_item_run(struct call *call)
{
    struct get_item *get = call->state;
    struct refusal refusal;
    struct expr_error error;
    int rc = call_open_table(call, input_string(&call->input, GET_ITEM_TABLE_NAME));

    if (rc < 0)
        goto out;
    rc = schema_key_of_argument(call->schema, get->key_argument, &get->key, &refusal);
    if (rc < 0) {
        rc = call_refuse_words(call, rc, &refusal);
        goto out;
    }
    rc = key_paths_of_projection(call->schema, get->expressions.projection, &error);
    if (rc < 0) {
        rc = call_refuse_expression(call, rc, &error);
        goto out;
    }
    consumption_begin(call, &get->consumption, call->table, call->schema, CAPACITY_READ);
    rc = consumption_admit(
        call, &get->consumption, &get->key,
        capacity_read(0, input_bool(&call->input, GET_ITEM_CONSISTENT_READ, false)), &call->error);
    if (rc < 0)
        goto out;
    rc = store_get(call->region->store, call->table, &get->key, ENGINE_READ_CACHED, &get->pin,
                   &get->record);
    if (rc == ST_AGAIN)
        call_io(call, get_io, get_answer);
    else
        get_answer(call, rc);
    return;
out:
    call_fail(call, rc);
}
