/*
 * query.c - Query: items of one partition key in the order of the sort key. dynamodb-operations.md
 * section 6.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/read_source.h"
#include "api/shapes.h"

static const uint8_t order[] = {PAGE_SELECT,
                                PAGE_RETURN_CONSUMED_CAPACITY,
                                PAGE_TABLE_NAME,
                                PAGE_INDEX_NAME,
                                PAGE_LIMIT,
                                PAGE_ATTRIBUTES_TO_GET,
                                QUERY_KEY_CONDITIONS,
                                QUERY_QUERY_FILTER,
                                PAGE_CONDITIONAL_OPERATOR};
const struct constraint_plan query_plan = {.order = order, .count = ARRAY_LEN(order)};

static const struct expression_rules rules = {
    .names = PAGE_EXPRESSION_ATTRIBUTE_NAMES,
    .values = PAGE_EXPRESSION_ATTRIBUTE_VALUES,
    .key_condition = QUERY_KEY_CONDITION_EXPRESSION,
    .filter = PAGE_FILTER_EXPRESSION,
    .projection = PAGE_PROJECTION_EXPRESSION,
    .legacy = {PAGE_ATTRIBUTES_TO_GET, QUERY_QUERY_FILTER, PAGE_CONDITIONAL_OPERATOR,
               QUERY_KEY_CONDITIONS, EXPRESSIONS_NONE},
    .listed = {PAGE_PROJECTION_EXPRESSION, PAGE_FILTER_EXPRESSION, QUERY_KEY_CONDITION_EXPRESSION,
               EXPRESSIONS_NONE},
    .filter_conditions = QUERY_QUERY_FILTER,
    .attributes_to_get = PAGE_ATTRIBUTES_TO_GET,
    .conditional_operator = PAGE_CONDITIONAL_OPERATOR,
    .key_conditions = QUERY_KEY_CONDITIONS,
    .values_alone = "FilterExpression and KeyConditionExpression are null",
};

/* KeyConditions come last. The key of an index may have more attributes; that is seen later. */
static int read_key_conditions(struct call *call, struct page *page)
{
    int rc = expressions_read_key_conditions(call, &call->input, &rules, &page->expressions);

    if (rc < 0 || !input_has(&call->input, QUERY_KEY_CONDITIONS) ||
        input_has(&call->input, PAGE_INDEX_NAME))
        return rc;
    if (json_count(input_json(&call->input, QUERY_KEY_CONDITIONS)) > 2)
        return api_refuse_slice(&call->error, API_VALIDATION, SLICE(EXPR_KEY_CONDITION_COUNT));
    return 0;
}

int query_prepare(struct call *call)
{
    struct page *page = ARENA_NEW(call->arena, struct page);
    struct expr_error error;
    int rc;

    if (page == NULL)
        return ST_NOMEM;
    call->state = page;
    rc = page_read_members(call, page);
    if (rc < 0)
        return rc;
    rc = expressions_check(call, &call->input, &rules);
    if (rc < 0)
        return rc;
    rc = expressions_read_legacy(call, &call->input, &rules, &page->expressions);
    if (rc < 0)
        return rc;
    rc = page_read_start_values(call, page);
    if (rc < 0)
        return rc;
    if (!input_has(&call->input, QUERY_KEY_CONDITION_EXPRESSION) &&
        !input_has(&call->input, QUERY_KEY_CONDITIONS))
        return api_refuse(&call->error, API_VALIDATION,
                          "Either the KeyConditions or KeyConditionExpression parameter must be "
                          "specified in the request.");
    rc = expressions_parse(call, &call->input, &rules, &page->expressions);
    if (rc < 0)
        return rc;
    if (page->expressions.key_condition != NULL) {
        rc = expr_key_condition_check(page->expressions.key_condition, &error);
        if (rc < 0)
            return call_refuse_expression(call, rc, &error);
    }
    rc = page_check_select(call, page, true);
    return rc < 0 ? rc : read_key_conditions(call, page);
}

static int check_schema(struct call *call, struct page *page)
{
    int rc = page_open_source(call, page);

    if (rc == 0)
        rc = page_read_start_key(call, page, true);
    if (rc == 0)
        rc = page_set_conditions(call, page);
    if (rc == 0)
        rc = page_check_start(call, page);
    page->range.backward = !input_bool(&call->input, QUERY_SCAN_INDEX_FORWARD, true);
    return rc < 0 ? rc : page_check_attributes(call, page, true);
}

void query_run(struct call *call)
{
    int rc = call_open_table(call, input_string(&call->input, PAGE_TABLE_NAME));

    if (rc == 0)
        rc = check_schema(call, call->state);
    if (rc < 0)
        call_fail(call, rc);
    else
        page_start(call, true);
}
