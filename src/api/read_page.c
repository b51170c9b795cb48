/*
 * read_page.c - see read_page.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/read_page.h"

#include "api/shapes.h"

int page_read_members(struct call *call, struct page *page)
{
    page->limit = (uint64_t)input_integer(&call->input, PAGE_LIMIT, 0);
    page->consistent = input_bool(&call->input, PAGE_CONSISTENT_READ, false);
    page->capacity = capacity_mode_of(&call->input, PAGE_RETURN_CONSUMED_CAPACITY);
    page->count_only = slice_eq_str(input_string(&call->input, PAGE_SELECT), "COUNT");
    return 0;
}

/* These words come without the prefix of start keys. */
static bool stands_alone(const char *text)
{
    static const char *const beginnings[] = {"The parameter cannot be converted to a numeric value",
                                             "Number overflow",
                                             "Number underflow",
                                             "Attempting to store more than 38 significant digits",
                                             "Input collection contains duplicates",
                                             MESSAGE_INVALID_PARAMETERS "Input collection"};

    for (size_t i = 0; i < ARRAY_LEN(beginnings); i++)
        if (strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

int page_read_start_values(struct call *call, struct page *page)
{
    struct value_refusal refusal;
    int rc;

    if (!input_has(&call->input, PAGE_EXCLUSIVE_START_KEY))
        return 0;
    rc = item_from_json(input_json(&call->input, PAGE_EXCLUSIVE_START_KEY), call->arena,
                        &page->start_item, &refusal);
    if (rc != ST_REFUSED || refusal.serialization || stands_alone(refusal.refusal.text))
        return rc < 0 ? call_refuse_value(call, rc, &refusal) : 0;
    return api_refuse(&call->error, API_VALIDATION, MESSAGE_START_KEY ": %s", refusal.refusal.text);
}

int page_check_select(struct call *call, const struct page *page, bool query)
{
    struct slice select = input_string(&call->input, PAGE_SELECT);
    const char *envelope = query ? MESSAGE_ENVELOPE : "";
    bool specific = slice_eq_str(select, "SPECIFIC_ATTRIBUTES");

    if (select.ptr == NULL)
        return 0;
    if (specific && page->expressions.projection == NULL)
        return api_refuse(&call->error, API_VALIDATION,
                          "%sMust specify the AttributesToGet or ProjectionExpression when "
                          "choosing to get SPECIFIC_ATTRIBUTES",
                          envelope);
    if (!specific && page->expressions.projection != NULL)
        return api_refuse(&call->error, API_VALIDATION,
                          "%sCannot specify the %s when choosing to get %.*s", envelope,
                          input_has(&call->input, PAGE_ATTRIBUTES_TO_GET) ? "AttributesToGet"
                                                                          : "ProjectionExpression",
                          SLICE_ARGS(page->count_only ? SLICE("only the Count") : select));
    if (slice_eq_str(select, "ALL_PROJECTED_ATTRIBUTES") &&
        !input_has(&call->input, PAGE_INDEX_NAME))
        return api_refuse(&call->error, API_VALIDATION,
                          "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an "
                          "IndexName");
    return 0;
}

/* ---- reading ---- */

/* What one pass over the range found. */
struct page_totals {
    uint64_t count, scanned, bytes;
    struct slice last_key; /* as an item: LastEvaluatedKey; ptr NULL: the range is through */
};

static int write_item(const struct page *page, struct slice item, struct arena *scratch,
                      struct json_writer *writer)
{
    int rc;

    if (page->expressions.projection != NULL) {
        arena_reset(scratch);
        rc = expr_project(page->expressions.projection, item, scratch, &item);
        if (rc < 0)
            return rc;
    }
    item_to_json(writer, item);
    return 0;
}

/* The item of an index's entry from the table. It may be gone or changed by now: what is there now
 * is what a read finds. */
static int fetch_item(struct call *call, const struct item_key *key, struct arena *scratch,
                      struct json_writer *writer, struct page_totals *totals)
{
    struct page *page = call->state;
    struct record record;
    struct pinned pin;
    int rc = store_get(call->region->store, call->table, key, page->range.how, &pin, &record);

    if (rc == ST_NOTFOUND)
        return 0;
    if (rc < 0)
        return rc;
    totals->count++;
    consumption_add(&page->consumption, key, capacity_read(record.size, page->consistent));
    rc = write_item(page, record.item, scratch, writer);
    engine_unpin(&pin);
    return rc;
}

static int write_matching(struct call *call, const struct item_key *key,
                          const struct record *record, struct arena *scratch,
                          struct json_writer *writer, struct page_totals *totals)
{
    const struct page *page = call->state;

    if (page->expressions.filter != NULL &&
        !expr_condition_eval(page->expressions.filter, record->item))
        return 0;
    if (page->fetch && !page->count_only)
        return fetch_item(call, key, scratch, writer, totals);
    totals->count++;
    return page->count_only ? 0 : write_item(page, record->item, scratch, writer);
}

static int write_last_key(struct call *call, const struct item_key *key,
                          const struct record *record, struct page_totals *totals)
{
    const struct page *page = call->state;

    if (page->range.index == NULL)
        return schema_key_item(call->schema, key, call->arena, &totals->last_key);
    return schema_index_key_item(call->schema, page->range.index, record->item, call->arena,
                                 &totals->last_key);
}

static int read_range(struct call *call, struct range *range, uint64_t bytes_max,
                      struct json_writer *writer, struct page_totals *totals)
{
    struct page *page = call->state;
    struct arena scratch;
    struct item_key key;
    struct record record;
    int rc;

    arena_init(&scratch, 0);
    while ((rc = range_next(range, &key, &record)) == 0) {
        totals->scanned++;
        totals->bytes += record.size;
        rc = write_matching(call, &key, &record, &scratch, writer, totals);
        if (rc < 0)
            break;
        if (totals->bytes >= PAGE_BYTES_MAX || totals->scanned == page->limit) {
            rc = write_last_key(call, &key, &record, totals);
            break;
        }
        if (totals->bytes > bytes_max) {
            rc = ST_AGAIN;
            break;
        }
    }
    arena_release(&scratch);
    return rc < 0 ? rc : 0;
}

static int read_page(struct call *call, enum engine_read how, uint64_t bytes_max)
{
    struct page *page = call->state;
    struct json_writer writer;
    struct page_totals totals = {0};
    struct range *range = NULL;
    int rc;

    page->range.how = how;
    consumption_reset(&page->consumption); /* of an attempt in the cache that came to nothing */
    buf_clear(&call->out);
    writer = json_writer_of(&call->out);
    rc = range_open(call->region->store, &page->range, &range);
    if (rc < 0)
        return rc;
    json_object_begin(&writer);
    if (!page->count_only) {
        json_key(&writer, "Items");
        json_array_begin(&writer);
    }
    rc = read_range(call, range, bytes_max, &writer, &totals);
    range_close(range);
    if (rc < 0)
        return rc;
    if (!page->count_only)
        json_array_end(&writer);
    json_key(&writer, "Count");
    json_put_uint(&writer, totals.count);
    json_key(&writer, "ScannedCount");
    json_put_uint(&writer, totals.scanned);
    if (totals.last_key.ptr != NULL) {
        json_key(&writer, "LastEvaluatedKey");
        item_to_json(&writer, totals.last_key);
    }
    consumption_add_range(&page->consumption, &page->range,
                          capacity_read(totals.bytes, page->consistent));
    consumption_write_member(&writer, page->capacity, &page->consumption);
    json_object_end(&writer);
    return 0;
}

static int read_page_io(struct call *call)
{
    return read_page(call, ENGINE_READ_ANY, UINT64_MAX);
}

static void on_page(struct call *call, int rc)
{
    if (rc < 0)
        call_fail(call, rc);
    else
        call_answer(call);
}

void page_start(struct call *call, bool try_loop)
{
    struct page *page = call->state;
    int rc;

    consumption_begin(call, &page->consumption, call->table, call->schema, CAPACITY_READ);
    rc = consumption_admit_range(call, &page->consumption, &page->range,
                                 capacity_read(0, page->consistent), &call->error);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    rc = ST_AGAIN;
    page->range.table = call->table;
    if (page->start_item.ptr != NULL)
        page->range.after = &page->start;
    if (try_loop)
        rc = read_page(call, ENGINE_READ_CACHED, PAGE_LOOP_BYTES_MAX);
    if (rc == ST_AGAIN)
        call_io(call, read_page_io, on_page);
    else
        on_page(call, rc);
}
