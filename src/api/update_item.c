/*
 * update_item.c - UpdateItem: modifies one item, or makes it. dynamodb-operations.md section 5.
 *
 * Without an UpdateExpression it is an upsert of the key alone. A missing item is updated from its
 * key.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/key_paths.h"
#include "api/shapes.h"
#include "api/write.h"

/* Of the enumerations only the first bad one is told, and ReturnValues is looked at first. */
static const uint8_t order[] = {UPDATE_ITEM_TABLE_NAME,
                                UPDATE_ITEM_KEY,
                                UPDATE_ITEM_RETURN_VALUES,
                                UPDATE_ITEM_RETURN_CONSUMED_CAPACITY,
                                UPDATE_ITEM_RETURN_ITEM_COLLECTION_METRICS,
                                UPDATE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
                                UPDATE_ITEM_ATTRIBUTE_UPDATES,
                                UPDATE_ITEM_EXPECTED,
                                UPDATE_ITEM_CONDITIONAL_OPERATOR};
const struct constraint_plan update_item_plan = {
    .order = order, .count = ARRAY_LEN(order), .alone = 1, .listed_max = 1};

static const struct expression_rules rules = {
    .names = UPDATE_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
    .values = UPDATE_ITEM_EXPRESSION_ATTRIBUTE_VALUES,
    .update = UPDATE_ITEM_UPDATE_EXPRESSION,
    .condition = UPDATE_ITEM_CONDITION_EXPRESSION,
    .legacy = {UPDATE_ITEM_ATTRIBUTE_UPDATES, UPDATE_ITEM_EXPECTED,
               UPDATE_ITEM_CONDITIONAL_OPERATOR, EXPRESSIONS_NONE},
    .listed = {UPDATE_ITEM_UPDATE_EXPRESSION, UPDATE_ITEM_CONDITION_EXPRESSION, EXPRESSIONS_NONE},
    .attribute_updates = UPDATE_ITEM_ATTRIBUTE_UPDATES,
    .expected = UPDATE_ITEM_EXPECTED,
    .conditional_operator = UPDATE_ITEM_CONDITIONAL_OPERATOR,
    .values_alone = "UpdateExpression and ConditionExpression are null",
};

static int update_apply(struct write *write, struct slice current, bool exists,
                        enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct call *call = write->call;
    struct slice base = exists ? current : write->key;
    struct expr_error error;
    struct refusal refusal;
    int rc;

    *ret_outcome = MUTATION_PUT;
    if (write->expressions.update == NULL) {
        *ret_item = arena_dup(call->arena, base);
        return ret_item->ptr == NULL ? ST_NOMEM : 0;
    }
    rc = expr_update_apply(write->expressions.update, EXPR_SIZE_WEIGHED, base, call->schema->keys,
                           call->schema->key_count, call->arena, ret_item, &error);
    if (rc < 0)
        return call_refuse_expression(call, rc, &error);
    rc = schema_check_index_keys(write->schema, *ret_item, write->expressions.update, &refusal);
    return rc < 0 ? call_refuse_words(call, rc, &refusal) : 0;
}

int update_item_prepare(struct call *call)
{
    struct write *write = ARENA_NEW(call->arena, struct write);
    int rc;

    if (write == NULL)
        return ST_NOMEM;
    call->state = write;
    write->call = call;
    write->apply = update_apply;
    write->metrics_member = UPDATE_ITEM_RETURN_ITEM_COLLECTION_METRICS;
    write->capacity = capacity_mode_of(&call->input, UPDATE_ITEM_RETURN_CONSUMED_CAPACITY);
    write->return_on_failure = slice_eq_str(
        input_string(&call->input, UPDATE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE),
        "ALL_OLD");
    rc = write_read_return_values(write, UPDATE_ITEM_RETURN_VALUES, true);
    if (rc < 0)
        return rc;
    rc = expressions_check(call, &call->input, &rules);
    if (rc < 0)
        return rc;
    rc = call_read_item(call, input_json(&call->input, UPDATE_ITEM_KEY), &write->key);
    if (rc < 0)
        return rc;
    rc = expressions_read_legacy(call, &call->input, &rules, &write->expressions);
    if (rc < 0)
        return rc;
    return expressions_parse(call, &call->input, &rules, &write->expressions);
}

/* Checks that need the schema, in the service's order. */
static int check_schema(struct call *call, struct write *write)
{
    struct refusal refusal;
    struct expr_error error;
    int rc = schema_key_of_argument(call->schema, write->key, &write->mutation.key, &refusal);

    if (rc < 0)
        return call_refuse_words(call, rc, &refusal);
    rc = key_paths_of_update(call->schema, write->expressions.update, &error);
    if (rc == 0)
        rc = key_paths_of_condition(call->schema, write->expressions.condition, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

void update_item_run(struct call *call)
{
    struct write *write = call->state;
    int rc = call_open_table(call, input_string(&call->input, UPDATE_ITEM_TABLE_NAME));

    if (rc == 0)
        rc = check_schema(call, write);
    if (rc < 0)
        call_fail(call, rc);
    else
        write_start(write);
}
