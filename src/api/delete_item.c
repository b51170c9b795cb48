/*
 * delete_item.c - DeleteItem: deletes one item by key; a missing one is deleted with success.
 * dynamodb-operations.md section 4.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/key_paths.h"
#include "api/shapes.h"
#include "api/write.h"

static const uint8_t order[] = {DELETE_ITEM_KEY,
                                DELETE_ITEM_TABLE_NAME,
                                DELETE_ITEM_RETURN_CONSUMED_CAPACITY,
                                DELETE_ITEM_RETURN_VALUES,
                                DELETE_ITEM_RETURN_ITEM_COLLECTION_METRICS,
                                DELETE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
                                DELETE_ITEM_EXPECTED,
                                DELETE_ITEM_CONDITIONAL_OPERATOR};
const struct constraint_plan delete_item_plan = {.order = order, .count = ARRAY_LEN(order)};

static const struct expression_rules rules = {
    .names = DELETE_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
    .values = DELETE_ITEM_EXPRESSION_ATTRIBUTE_VALUES,
    .condition = DELETE_ITEM_CONDITION_EXPRESSION,
    .legacy = {DELETE_ITEM_EXPECTED, DELETE_ITEM_CONDITIONAL_OPERATOR, EXPRESSIONS_NONE},
    .listed = {DELETE_ITEM_CONDITION_EXPRESSION, EXPRESSIONS_NONE},
    .expected = DELETE_ITEM_EXPECTED,
    .conditional_operator = DELETE_ITEM_CONDITIONAL_OPERATOR,
    .values_alone = "ConditionExpression is null",
};

static int delete_apply(struct write *write, struct slice current, bool exists,
                        enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    *ret_outcome = exists ? MUTATION_DELETE : MUTATION_NOTHING;
    return 0;
}

int delete_item_prepare(struct call *call)
{
    struct write *write = ARENA_NEW(call->arena, struct write);
    int rc;

    if (write == NULL)
        return ST_NOMEM;
    call->state = write;
    write->call = call;
    write->apply = delete_apply;
    write->metrics_member = DELETE_ITEM_RETURN_ITEM_COLLECTION_METRICS;
    write->capacity = capacity_mode_of(&call->input, DELETE_ITEM_RETURN_CONSUMED_CAPACITY);
    write->return_on_failure = slice_eq_str(
        input_string(&call->input, DELETE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE),
        "ALL_OLD");
    rc = expressions_check(call, &call->input, &rules);
    if (rc < 0)
        return rc;
    rc = call_read_item(call, input_json(&call->input, DELETE_ITEM_KEY), &write->key);
    if (rc < 0)
        return rc;
    rc = write_read_return_values(write, DELETE_ITEM_RETURN_VALUES, false);
    if (rc < 0)
        return rc;
    rc = expressions_read_legacy(call, &call->input, &rules, &write->expressions);
    if (rc < 0)
        return rc;
    return expressions_parse(call, &call->input, &rules, &write->expressions);
}

static int check_schema(struct call *call, struct write *write)
{
    struct refusal refusal;
    struct expr_error error;
    int rc = schema_key_of_argument(call->schema, write->key, &write->mutation.key, &refusal);

    if (rc < 0)
        return call_refuse_words(call, rc, &refusal);
    rc = key_paths_of_condition(call->schema, write->expressions.condition, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

void delete_item_run(struct call *call)
{
    struct write *write = call->state;
    int rc = call_open_table(call, input_string(&call->input, DELETE_ITEM_TABLE_NAME));

    if (rc == 0)
        rc = check_schema(call, write);
    if (rc < 0)
        call_fail(call, rc);
    else
        write_start(write);
}
