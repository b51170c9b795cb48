/*
 * put_item.c - PutItem: creates or replaces one item. dynamodb-operations.md section 2.
 *
 * The newer dialect checks the item's values before the expression parameters; both check its
 * size before the table is looked up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/key_paths.h"
#include "api/shapes.h"
#include "api/write.h"

static const uint8_t order[] = {PUT_ITEM_TABLE_NAME,
                                PUT_ITEM_ITEM,
                                PUT_ITEM_RETURN_CONSUMED_CAPACITY,
                                PUT_ITEM_RETURN_VALUES,
                                PUT_ITEM_RETURN_ITEM_COLLECTION_METRICS,
                                PUT_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
                                PUT_ITEM_EXPECTED,
                                PUT_ITEM_CONDITIONAL_OPERATOR};
const struct constraint_plan put_item_plan = {
    .order = order, .count = ARRAY_LEN(order), .alone = 1};

static const struct expression_rules rules = {
    .names = PUT_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
    .values = PUT_ITEM_EXPRESSION_ATTRIBUTE_VALUES,
    .condition = PUT_ITEM_CONDITION_EXPRESSION,
    .legacy = {PUT_ITEM_EXPECTED, PUT_ITEM_CONDITIONAL_OPERATOR, EXPRESSIONS_NONE},
    .listed = {PUT_ITEM_CONDITION_EXPRESSION, EXPRESSIONS_NONE},
    .expected = PUT_ITEM_EXPECTED,
    .conditional_operator = PUT_ITEM_CONDITIONAL_OPERATOR,
    .values_alone = "ConditionExpression is null",
};

struct put_item {
    struct write write;
    struct slice item;
};

static int put_apply(struct write *write, struct slice current, bool exists,
                     enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct put_item *put = CONTAINER_OF(write, struct put_item, write);

    *ret_outcome = MUTATION_PUT;
    *ret_item = put->item;
    return 0;
}

/* The older dialect looks at the expression parameters, without their texts, before the values. */
static int read_item_and_check(struct call *call, struct slice *ret_item)
{
    bool older = call->api->older_wording;
    int rc = older ? expressions_check(call, &call->input, &rules) : 0;

    if (rc == 0)
        rc = call_read_item(call, input_json(&call->input, PUT_ITEM_ITEM), ret_item);
    if (rc == 0 && !older)
        rc = expressions_check(call, &call->input, &rules);
    return rc;
}

int put_item_prepare(struct call *call)
{
    struct put_item *put = ARENA_NEW(call->arena, struct put_item);
    int rc;

    if (put == NULL)
        return ST_NOMEM;
    call->state = put;
    put->write.call = call;
    put->write.apply = put_apply;
    put->write.metrics_member = PUT_ITEM_RETURN_ITEM_COLLECTION_METRICS;
    put->write.capacity = capacity_mode_of(&call->input, PUT_ITEM_RETURN_CONSUMED_CAPACITY);
    put->write.return_on_failure = slice_eq_str(
        input_string(&call->input, PUT_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE), "ALL_OLD");
    rc = read_item_and_check(call, &put->item);
    if (rc < 0)
        return rc;
    rc = write_read_return_values(&put->write, PUT_ITEM_RETURN_VALUES, false);
    if (rc < 0)
        return rc;
    put->write.bytes_min = item_size(put->item);
    if (put->write.bytes_min > ITEM_SIZE_BYTES_MAX)
        return api_refuse_slice(&call->error, API_VALIDATION, SLICE(MESSAGE_ITEM_TOO_LARGE));
    rc = expressions_read_legacy(call, &call->input, &rules, &put->write.expressions);
    if (rc < 0)
        return rc;
    return expressions_parse(call, &call->input, &rules, &put->write.expressions);
}

void put_item_run(struct call *call)
{
    struct put_item *put = call->state;
    struct refusal refusal;
    struct expr_error error;
    int rc = call_open_table(call, input_string(&call->input, PUT_ITEM_TABLE_NAME));

    if (rc < 0)
        goto out;
    rc = schema_key_of_item(call->schema, put->item, &put->write.mutation.key, &refusal);
    if (rc < 0) {
        rc = call_refuse_words(call, rc, &refusal);
        goto out;
    }
    rc = schema_check_index_keys(call->schema, put->item, NULL, &refusal);
    if (rc < 0) {
        rc = call_refuse_words(call, rc, &refusal);
        goto out;
    }
    rc = key_paths_of_condition(call->schema, put->write.expressions.condition, &error);
    if (rc < 0) {
        rc = call_refuse_expression(call, rc, &error);
        goto out;
    }
    write_start(&put->write);
    return;
out:
    call_fail(call, rc);
}
