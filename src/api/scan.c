/*
 * scan.c - Scan: all items of a table, or of one segment of its hash space. dynamodb-operations.md
 * section 7.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/read_source.h"
#include "api/shapes.h"

enum { SCAN_LOOP_LIMIT_MAX = 32 }; /* ours: longer pages go to the I/O pool at once */

static const uint8_t order[] = {
    PAGE_SELECT,      PAGE_RETURN_CONSUMED_CAPACITY, PAGE_TABLE_NAME, PAGE_INDEX_NAME,
    PAGE_LIMIT,       SCAN_TOTAL_SEGMENTS,           SCAN_SEGMENT,    PAGE_ATTRIBUTES_TO_GET,
    SCAN_SCAN_FILTER, PAGE_CONDITIONAL_OPERATOR};
const struct constraint_plan scan_plan = {.order = order, .count = ARRAY_LEN(order)};

static const struct expression_rules rules = {
    .names = PAGE_EXPRESSION_ATTRIBUTE_NAMES,
    .values = PAGE_EXPRESSION_ATTRIBUTE_VALUES,
    .filter = PAGE_FILTER_EXPRESSION,
    .projection = PAGE_PROJECTION_EXPRESSION,
    .legacy = {PAGE_ATTRIBUTES_TO_GET, SCAN_SCAN_FILTER, PAGE_CONDITIONAL_OPERATOR,
               EXPRESSIONS_NONE},
    .listed = {PAGE_PROJECTION_EXPRESSION, PAGE_FILTER_EXPRESSION, EXPRESSIONS_NONE},
    .filter_conditions = SCAN_SCAN_FILTER,
    .attributes_to_get = PAGE_ATTRIBUTES_TO_GET,
    .conditional_operator = PAGE_CONDITIONAL_OPERATOR,
    .attributes_first = true,
    .values_alone = "FilterExpression is null",
};

static int read_segment(struct call *call, struct page *page)
{
    bool has_segment = input_has(&call->input, SCAN_SEGMENT);
    bool has_total = input_has(&call->input, SCAN_TOTAL_SEGMENTS);
    int64_t segment = input_integer(&call->input, SCAN_SEGMENT, 0);
    int64_t total = input_integer(&call->input, SCAN_TOTAL_SEGMENTS, 1);

    if (has_segment && !has_total)
        return api_refuse(&call->error, API_VALIDATION,
                          "The TotalSegments parameter is required but was not present in the "
                          "request when Segment parameter is present");
    if (has_total && !has_segment)
        return api_refuse(&call->error, API_VALIDATION,
                          "The Segment parameter is required but was not present in the request "
                          "when parameter TotalSegments is present");
    if (segment >= total)
        return api_refuse(&call->error, API_VALIDATION,
                          "The Segment parameter is zero-based and must be less than parameter "
                          "TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
                          (long long)segment, (long long)total);
    page->range.hash_from = (uint64_t)(((u128)(uint64_t)segment << 64) / (uint64_t)total);
    page->range.hash_to = (uint64_t)((((u128)(uint64_t)segment + 1) << 64) / (uint64_t)total - 1);
    return 0;
}

int scan_prepare(struct call *call)
{
    struct page *page = ARENA_NEW(call->arena, struct page);
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
    rc = read_segment(call, page);
    if (rc < 0)
        return rc;
    rc = expressions_parse(call, &call->input, &rules, &page->expressions);
    return rc < 0 ? rc : page_check_select(call, page, false);
}

static int check_segment(struct call *call, const struct page *page)
{
    uint64_t hash = item_key_hash(&page->start);
    int rc = 0;

    if (page->start_item.ptr == NULL)
        return 0;
    if (page->range.index != NULL)
        rc = schema_index_hash(page->range.index, &page->range.after_index, &hash);
    if (rc < 0)
        return rc;
    if (hash >= page->range.hash_from && hash <= page->range.hash_to)
        return 0;
    return api_refuse(&call->error, API_VALIDATION,
                      MESSAGE_START_KEY
                      ": Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct "
                      "Segment. TotalSegments: %lld Segment: %lld",
                      (long long)input_integer(&call->input, SCAN_TOTAL_SEGMENTS, 1),
                      (long long)input_integer(&call->input, SCAN_SEGMENT, 0));
}

static int check_schema(struct call *call, struct page *page)
{
    int rc = page_open_source(call, page);

    if (rc == 0)
        rc = page_read_start_key(call, page, false);
    if (rc == 0)
        rc = check_segment(call, page);
    return rc < 0 ? rc : page_check_attributes(call, page, false);
}

void scan_run(struct call *call)
{
    struct page *page = call->state;
    int rc = call_open_table(call, input_string(&call->input, PAGE_TABLE_NAME));

    if (rc == 0)
        rc = check_schema(call, page);
    if (rc < 0)
        call_fail(call, rc);
    else
        page_start(call, page->limit > 0 && page->limit <= SCAN_LOOP_LIMIT_MAX);
}
