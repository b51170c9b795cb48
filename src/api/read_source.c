/*
 * read_source.c - see read_source.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/read_source.h"

#include "api/key_paths.h"
#include "api/shapes.h"

/* ---- the table or an index ---- */

int page_open_source(struct call *call, struct page *page)
{
    const struct schema *schema = call->schema;
    struct slice name = input_string(&call->input, PAGE_INDEX_NAME);
    const struct schema_index *index;

    page->key = (struct expr_key){
        .partition = &schema->keys[0],
        .partition_count = 1,
        .sort = &schema->keys[1],
        .sort_count = schema->key_count - 1,
    };
    if (name.ptr == NULL)
        return 0;
    index = schema_index(schema, name);
    if (index == NULL || index->status == INDEX_DELETING)
        return api_refuse(&call->error, API_VALIDATION,
                          "The table does not have the specified index: %.*s", SLICE_ARGS(name));
    if (index->global && page->consistent)
        return api_refuse(&call->error, API_VALIDATION,
                          "Consistent reads are not supported on global secondary indexes");
    if (index->status == INDEX_CREATING)
        return api_refuse(&call->error, API_VALIDATION,
                          "Cannot read from backfilling global secondary index: %s", index->name);
    page->range.index = index;
    page->key = (struct expr_key){
        .partition = index->partition,
        .partition_count = index->partition_count,
        .sort = index->sort,
        .sort_count = index->sort_count,
    };
    return 0;
}

/* ---- ExclusiveStartKey ---- */

static bool is_table_key(const struct schema *schema, struct slice name)
{
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (slice_eq(schema->keys[i].name, name))
            return true;
    return false;
}

/* How many attributes the keys of the table and of an index have together. */
static size_t count_key_attributes(const struct schema *schema, const struct expr_key *key)
{
    size_t count = schema->key_count;

    for (size_t i = 0; i < key->partition_count; i++)
        count += !is_table_key(schema, key->partition[i].name);
    for (size_t i = 0; i < key->sort_count; i++)
        count += !is_table_key(schema, key->sort[i].name);
    return count;
}

static int read_index_start(struct call *call, struct page *page)
{
    struct refusal refusal;
    int rc;

    if (item_count(page->start_item) != count_key_attributes(call->schema, &page->key))
        return ST_REFUSED;
    if (schema_index_key(page->range.index, page->start_item, &page->range.after_index) !=
        INDEX_MEMBER)
        return ST_REFUSED;
    rc = schema_key_of_item(call->schema, page->start_item, &page->start, &refusal);
    page->start_key = page->range.after_index;
    return rc;
}

static int read_table_start(struct call *call, struct page *page)
{
    struct refusal refusal;
    int rc = schema_key_of_argument(call->schema, page->start_item, &page->start, &refusal);

    page->start_key.partition[0] = page->start.partition;
    page->start_key.sort[0] = page->start.sort;
    return rc;
}

int page_read_start_key(struct call *call, struct page *page, bool query)
{
    bool of_index = page->range.index != NULL;
    int rc;

    if (page->start_item.ptr == NULL)
        return 0;
    rc = of_index ? read_index_start(call, page) : read_table_start(call, page);
    if (rc == ST_REFUSED)
        return api_refuse(&call->error, API_VALIDATION, MESSAGE_START_KEY "%s",
                          query || of_index ? "" : ": " MESSAGE_KEY_SCHEMA);
    return rc;
}

/* ---- the key conditions of a Query ---- */

static struct slice key_bytes_of(struct slice encoded)
{
    struct value value;

    if (encoded.ptr == NULL)
        return SLICE_EMPTY;
    value = value_of(encoded);
    return value_key_bytes(&value);
}

int page_set_conditions(struct call *call, struct page *page)
{
    struct range_options *range = &page->range;
    struct expr_key_range found;
    struct expr_error error;
    int rc = expr_key_condition_range(page->expressions.key_condition, &page->key, &found, &error);

    if (rc < 0)
        return call_refuse_expression(call, rc, &error);
    range->query = true;
    for (size_t i = 0; i < page->key.partition_count; i++)
        range->index_key.partition[i] = key_bytes_of(found.partition[i]);
    range->partition = range->index_key.partition[0];
    for (size_t i = 0; i + 1 < found.sort_count; i++)
        range->index_key.sort[range->sort_equal_count++] = key_bytes_of(found.sort[i]);
    if (found.sort_count > 0)
        range->sort_low = key_bytes_of(found.sort[found.sort_count - 1]);
    range->sort_operator = found.sort_operator;
    range->sort_high = key_bytes_of(found.sort_high);
    return 0;
}

static bool operator_holds(const struct range_options *range, struct slice sort)
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

static bool sort_matches(const struct page *page)
{
    const struct range_options *range = &page->range;

    for (uint32_t i = 0; i < range->sort_equal_count; i++)
        if (!slice_eq(page->start_key.sort[i], range->index_key.sort[i]))
            return false;
    return range->sort_operator == EXPR_RANGE_ALL ||
           operator_holds(range, page->start_key.sort[range->sort_equal_count]);
}

int page_check_start(struct call *call, const struct page *page)
{
    bool same_partition = true;

    if (page->start_item.ptr == NULL)
        return 0;
    for (size_t i = 0; i < page->key.partition_count; i++)
        same_partition = same_partition &&
                         slice_eq(page->start_key.partition[i], page->range.index_key.partition[i]);
    if (page->range.sort_operator == EXPR_RANGE_ALL) {
        if (same_partition)
            return 0;
        return api_refuse(&call->error, API_VALIDATION,
                          "The provided starting key is outside query boundaries based on "
                          "provided conditions");
    }
    if (!sort_matches(page))
        return api_refuse(&call->error, API_VALIDATION,
                          "The provided starting key does not match the range key predicate");
    if (!same_partition)
        return api_refuse(&call->error, API_VALIDATION,
                          "The query can return at most one row and cannot be restarted");
    return 0;
}

/* ---- attributes ---- */

/* "[a, b]" of the attributes that an index does not have. */
struct missing {
    const struct schema *schema;
    const struct schema_index *index;
    struct arena *arena;
    const char *text; /* without the last bracket; NULL: none */
};

static int note_missing(void *context, struct slice name)
{
    struct missing *missing = context;

    if (schema_index_holds(missing->schema, missing->index, name))
        return 0;
    missing->text = missing->text == NULL
                        ? arena_printf(missing->arena, "[%.*s", SLICE_ARGS(name))
                        : arena_printf(missing->arena, "%s, %.*s", missing->text, SLICE_ARGS(name));
    return missing->text == NULL ? ST_NOMEM : 0;
}

static int check_projected(struct call *call, struct page *page)
{
    const struct schema_index *index = page->range.index;
    struct missing missing = {.schema = call->schema, .index = index, .arena = call->arena};
    int rc;

    if (page->expressions.projection == NULL)
        return 0;
    rc = expr_projection_each_attribute(page->expressions.projection, note_missing, &missing);
    if (rc < 0 || missing.text == NULL)
        return rc;
    page->fetch = !index->global;
    if (page->fetch)
        return 0;
    return api_refuse(&call->error, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS "Global secondary index %s does not project %s]",
                      index->name, missing.text);
}

/* A Query refuses a filter that its index cannot answer; a Scan's just does not find them. */
static int check_filtered(struct call *call, const struct page *page)
{
    struct missing missing = {
        .schema = call->schema, .index = page->range.index, .arena = call->arena};
    int rc;

    if (page->expressions.filter == NULL)
        return 0;
    rc = expr_condition_each_attribute(page->expressions.filter, note_missing, &missing);
    if (rc < 0 || missing.text == NULL)
        return rc;
    return api_refuse(&call->error, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS
                      "Secondary index %s does not project one or more filter attributes: %s]",
                      page->range.index->name, missing.text);
}

static int check_filter_keys(struct call *call, const struct page *page)
{
    const struct expr_condition *filter = page->expressions.filter;
    const struct expr_key *key = &page->key;
    struct expr_error error;
    int rc;

    if (filter == NULL)
        return 0;
    rc = expr_condition_check_filter_keys(filter, key->partition, key->partition_count, &error);
    if (rc == 0)
        rc = expr_condition_check_filter_keys(filter, key->sort, key->sort_count, &error);
    return rc < 0 ? call_refuse_expression(call, rc, &error) : 0;
}

static int check_all_attributes(struct call *call, struct page *page)
{
    const struct schema_index *index = page->range.index;

    if (!slice_eq_str(input_string(&call->input, PAGE_SELECT), "ALL_ATTRIBUTES") || index == NULL ||
        index->projection == PROJECTION_ALL)
        return 0;
    page->fetch = !index->global;
    if (page->fetch)
        return 0;
    return api_refuse(&call->error, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS
                      "Select type ALL_ATTRIBUTES is not supported for global secondary index %s "
                      "because its projection type is not ALL",
                      index->name);
}

int page_check_attributes(struct call *call, struct page *page, bool query)
{
    struct expr_error error;
    int rc = key_paths_of_projection(call->schema, page->expressions.projection, &error);

    if (rc < 0)
        return call_refuse_expression(call, rc, &error);
    if (query)
        rc = check_filter_keys(call, page);
    if (rc == 0)
        rc = check_all_attributes(call, page);
    if (rc < 0)
        return rc;
    rc = key_paths_of_condition(call->schema, page->expressions.filter, &error);
    if (rc < 0)
        return call_refuse_expression(call, rc, &error);
    if (page->range.index != NULL)
        rc = check_projected(call, page);
    if (rc == 0 && page->range.index != NULL && query)
        rc = check_filtered(call, page);
    return rc;
}
