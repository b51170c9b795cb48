/*
 * query.c - Query: items of one partition key in the order of the sort key. dynamodb-operations.md
 * section 6.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/read_page.h"
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

static struct slice key_bytes_of(struct slice encoded)
{
    struct value value;

    if (encoded.ptr == NULL)
        return SLICE_EMPTY;
    value = value_of(encoded);
    return value_key_bytes(&value);
}

static bool sort_matches(const struct range_options *range, struct slice sort)
{
    int low = slice_cmp(sort, range->sort_low);

    switch (range->sort_operator) {
    case EXPR_RANGE_ALL:
        return true;
    case EXPR_RANGE_EQ:
        return low == 0;
    case EXPR_RANGE_LT:
        return low < 0;
    case EXPR_RANGE_LE:
        return low <= 0;
    case EXPR_RANGE_GT:
        return low > 0;
    case EXPR_RANGE_GE:
        return low >= 0;
    case EXPR_RANGE_BETWEEN:
        return low >= 0 && slice_cmp(sort, range->sort_high) <= 0;
    case EXPR_RANGE_BEGINS_WITH:
        return slice_has_prefix(sort, range->sort_low);
    }
    return false;
}

/* A page may only start again inside its own query. */
static int check_start_inside(struct call *call, const struct page *page)
{
    bool same_partition = slice_eq(page->start.partition, page->range.partition);

    if (page->range.sort_operator == EXPR_RANGE_ALL) {
        if (same_partition)
            return 0;
        return api_refuse(&call->error, API_VALIDATION,
                          "The provided starting key is outside query boundaries based on "
                          "provided conditions");
    }
    if (!sort_matches(&page->range, page->start.sort))
        return api_refuse(&call->error, API_VALIDATION,
                          "The provided starting key does not match the range key predicate");
    if (!same_partition)
        return api_refuse(&call->error, API_VALIDATION,
                          "The query can return at most one row and cannot be restarted");
    return 0;
}

static int check_expressions(struct call *call, const struct page *page)
{
    const struct expr_key_attribute *keys = call->schema->keys;
    uint32_t count = call->schema->key_count;
    struct expr_error error;
    int rc = 0;

    if (page->expressions.projection != NULL)
        rc = expr_projection_check_key_paths(page->expressions.projection, keys, count, &error);
    if (rc == 0 && page->expressions.filter != NULL)
        rc = expr_condition_check_filter_keys(page->expressions.filter, keys, count, &error);
    if (rc == 0 && page->expressions.filter != NULL)
        rc = expr_condition_check_key_paths(page->expressions.filter, keys, count, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

static int check_schema(struct call *call, struct page *page)
{
    const struct schema *schema = call->schema;
    struct expr_key key = {
        .partition = &schema->keys[0],
        .partition_count = 1,
        .sort = &schema->keys[1],
        .sort_count = schema->key_count - 1,
    };
    struct expr_key_range range;
    struct expr_error error;
    struct refusal refusal;
    int rc = page_refuse_index(call);

    if (rc < 0)
        return rc;
    if (page->start_item.ptr != NULL) {
        rc = schema_key_of_argument(call->schema, page->start_item, &page->start, &refusal);
        if (rc == ST_REFUSED)
            return api_refuse(&call->error, API_VALIDATION, MESSAGE_START_KEY);
        if (rc < 0)
            return rc;
    }
    rc = expr_key_condition_range(page->expressions.key_condition, &key, &range, &error);
    if (rc < 0)
        return call_refuse_expression(call, rc, &error);
    page->range.query = true;
    page->range.partition = key_bytes_of(range.partition[0]);
    page->range.sort_operator = range.sort_operator;
    page->range.sort_low = key_bytes_of(range.sort[0]);
    page->range.sort_high = key_bytes_of(range.sort_high);
    page->range.backward = !input_bool(&call->input, QUERY_SCAN_INDEX_FORWARD, true);
    if (page->start_item.ptr != NULL) {
        rc = check_start_inside(call, page);
        if (rc < 0)
            return rc;
    }
    return check_expressions(call, page);
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
