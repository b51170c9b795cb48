/*
 * transact_get_items.c - TransactGetItems: up to 100 items as of one moment.
 * dynamodb-operations.md section 11.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/key_paths.h"
#include "api/shapes.h"
#include "api/transact.h"

static const uint8_t order[] = {TRANSACT_GET_TRANSACT_ITEMS, TRANSACT_GET_RETURN_CONSUMED_CAPACITY};
const struct constraint_plan transact_get_items_plan = {.order = order, .count = ARRAY_LEN(order)};

static const struct expression_rules rules = {
    .names = GET_EXPRESSION_ATTRIBUTE_NAMES,
    .values = EXPRESSIONS_NONE,
    .update = EXPRESSIONS_NONE,
    .condition = EXPRESSIONS_NONE,
    .key_condition = EXPRESSIONS_NONE,
    .filter = EXPRESSIONS_NONE,
    .projection = GET_PROJECTION_EXPRESSION,
    .legacy = {EXPRESSIONS_NONE},
    .listed = {EXPRESSIONS_NONE},
    .key_conditions = EXPRESSIONS_NONE,
};

struct get_action {
    struct transact_action action;
    struct slice key_argument;
};

static int read_action(struct call *call, struct json element, struct get_action *get)
{
    struct expressions expressions = {.projection = NULL};
    struct input item, input;
    int rc = shape_read(&shape_transact_get_item, element, &item, &call->error);

    if (rc == 0)
        rc = shape_read(&shape_get, input_json(&item, TRANSACT_GET_GET), &input, &call->error);
    if (rc < 0)
        return rc;
    get->action.table_name = input_string(&input, GET_TABLE_NAME);
    rc = call_read_item(call, input_json(&input, GET_KEY), &get->key_argument);
    if (rc == 0 && input_has(&input, GET_PROJECTION_EXPRESSION))
        rc = expressions_parse(call, &input, &rules, &expressions);
    get->action.projection = expressions.projection;
    return rc;
}

static int check(struct transact_action *action, struct item_key *ret_key)
{
    struct get_action *get = CONTAINER_OF(action, struct get_action, action);
    struct refusal refusal;
    struct expr_error error;
    int rc = schema_key_of_argument(action->schema, get->key_argument, ret_key, &refusal);

    if (rc < 0)
        return transact_refuse_words(action, rc, &refusal);
    rc = key_paths_of_projection(action->schema, action->projection, &error);
    return rc < 0 ? transact_refuse_expression(action, rc, &error) : 0;
}

int transact_get_items_prepare(struct call *call)
{
    struct json list = input_json(&call->input, TRANSACT_GET_TRANSACT_ITEMS);
    struct json_iterator iterator = json_iterate(list);
    struct json element;
    struct transact *transact = transact_new(call, (uint32_t)json_count(list));
    int rc = transact != NULL ? 0 : ST_NOMEM;

    for (uint32_t i = 0; rc == 0 && json_next(&iterator, NULL, &element); i++) {
        struct get_action *get = ARENA_NEW(call->arena, struct get_action);

        if (get == NULL)
            return ST_NOMEM;
        transact->actions[i] = &get->action;
        get->action.check = check;
        rc = read_action(call, element, get);
    }
    if (rc < 0)
        return rc;
    transact->capacity = capacity_mode_of(&call->input, TRANSACT_GET_RETURN_CONSUMED_CAPACITY);
    return 0;
}

void transact_get_items_run(struct call *call)
{
    transact_read(call->state);
}
