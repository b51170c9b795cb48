/*
 * statement_select.c - one page of a SELECT: ranges of keys one after the other, or a scan; of a
 * table, or of one of its indexes.
 *
 * The plan (expr/partiql.h) gives the ranges, which are disjoint; a page walks through them until
 * it ends as a Query's does: after the item with which the bytes evaluated reach 1 MB, after Limit
 * items, or with the last range. When several keys were asked for, a page has ten items at most.
 * The whole WHERE clause filters what is read. The token of the next page names the last key that
 * was evaluated, and only one range can hold it.
 *
 * The entries of an index have what it projects. A global index refuses to be asked for more; for a
 * local one the selected items come from the table.
 *
 * A short page is tried in the engine's cache on the loop; others are read in the I/O pool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/read_page.h"
#include "api/statement.h"

enum { SELECT_LOOP_LIMIT_MAX = 32 }; /* ours: longer scans go to the I/O pool at once */

struct select {
    struct statement *statement;
    struct statement_page_options options;
    const struct schema_index *index; /* NULL: the table itself */
    struct expr_key key;              /* of what is read */
    bool fetch;                       /* items come from the table */
    struct partiql_plan plan;
    size_t first;               /* the range that the page begins in */
    bool resumed;               /* it begins after this key: */
    struct item_key after;      /* in the table */
    struct index_key after_key; /* in what is read, the table as well */
    struct consumption consumption;
};

/* What one pass over the ranges found. */
struct select_totals {
    uint64_t scanned, bytes;
    struct slice last_key; /* as an item; ptr NULL: nothing is left */
};

static void select_release(struct call *call)
{
    struct select *select = call->state;

    statement_release(select->statement);
}

/* ---- what is read ---- */

static struct slice key_bytes(struct slice encoded)
{
    struct value value = value_of(encoded);

    return value_key_bytes(&value);
}

static void set_query(struct range_options *options, const struct select *select,
                      const struct expr_key_range *range)
{
    size_t last = range->sort_count - (range->sort_count > 0);

    options->query = true;
    options->backward = select->plan.backward;
    options->sort_operator = range->sort_operator;
    if (range->sort_count > 0)
        options->sort_low = key_bytes(range->sort[last]);
    if (range->sort_high.ptr != NULL)
        options->sort_high = key_bytes(range->sort_high);
    if (select->index == NULL) {
        options->partition = key_bytes(range->partition[0]);
        return;
    }
    for (size_t i = 0; i < select->key.partition_count; i++)
        options->index_key.partition[i] = key_bytes(range->partition[i]);
    for (size_t i = 0; i < last; i++)
        options->index_key.sort[i] = key_bytes(range->sort[i]);
    options->sort_equal_count = (uint32_t)last;
}

static struct range_options range_options_of(const struct select *select, size_t number,
                                             enum engine_read how)
{
    struct range_options options = {
        .table = select->statement->table, .index = select->index, .how = how};

    if (select->resumed && number == select->first) {
        options.after = &select->after;
        options.after_index = select->after_key;
    }
    if (select->plan.scan)
        options.hash_to = UINT64_MAX;
    else
        set_query(&options, select, &select->plan.ranges[number]);
    return options;
}

static size_t range_count(const struct select *select)
{
    return select->plan.scan ? 1 : select->plan.count;
}

/* ---- reading ---- */

static int write_item(const struct statement *statement, struct slice item, struct arena *scratch,
                      struct json_writer *writer)
{
    int rc;

    if (statement->partiql.projection != NULL)
        arena_reset(scratch);
    rc = statement_show(statement, item, scratch, &item);
    if (rc == 0)
        item_to_json(writer, item);
    return rc;
}

/* The item of a local index's entry, as it is in the table now; it may be gone. */
static int fetch_item(struct select *select, const struct item_key *key, enum engine_read how,
                      struct arena *scratch, struct json_writer *writer,
                      struct select_totals *totals)
{
    struct statement *statement = select->statement;
    struct pinned pin = PINNED_EMPTY;
    struct record record;
    int rc = store_get(statement->call->region->store, statement->table, key, how, &pin, &record);

    if (rc == ST_NOTFOUND)
        return 0;
    if (rc == 0) {
        consumption_add(&select->consumption, key,
                        capacity_read(record.size, select->options.consistent));
        rc = write_item(statement, record.item, scratch, writer);
    }
    engine_unpin(&pin);
    return rc;
}

static int write_matching(struct select *select, const struct item_key *key, struct slice item,
                          enum engine_read how, struct arena *scratch, struct json_writer *writer,
                          struct select_totals *totals)
{
    if (!statement_holds(select->statement, item))
        return 0;
    if (select->fetch)
        return fetch_item(select, key, how, scratch, writer, totals);
    return write_item(select->statement, item, scratch, writer);
}

static int take_last_key(const struct select *select, const struct item_key *key,
                         const struct record *record, struct arena *scratch,
                         struct select_totals *totals)
{
    const struct schema *schema = select->statement->schema;

    if (select->index == NULL)
        return schema_key_item(schema, key, scratch, &totals->last_key);
    return schema_index_key_item(schema, select->index, record->item, scratch, &totals->last_key);
}

/** The page ends after the item just read, whatever follows it. */
static bool page_is_full(const struct select *select, const struct select_totals *totals)
{
    return totals->bytes >= PAGE_BYTES_MAX || totals->scanned == select->options.limit;
}

/** Ten items of several keys: the page ends unless the last key has no more. 1: it does not end. */
static int end_of_ten(const struct select *select, struct range *range, size_t number)
{
    struct item_key key;
    struct record record;

    return number + 1 < range_count(select) ? 0 : range_next(range, &key, &record);
}

/** 1: the page ended inside this range. */
static int read_range(struct select *select, size_t number, enum engine_read how,
                      uint64_t bytes_max, struct arena *scratch, struct json_writer *writer,
                      struct select_totals *totals)
{
    struct range_options options = range_options_of(select, number, how);
    uint64_t bytes_before = totals->bytes;
    struct range *range = NULL;
    struct item_key key;
    struct record record;
    bool ended = false;
    int rc = range_open(select->statement->call->region->store, &options, &range);

    if (rc < 0)
        return rc;
    while ((rc = range_next(range, &key, &record)) == 0) {
        totals->scanned++;
        totals->bytes += record.size;
        rc = write_matching(select, &key, record.item, how, scratch, writer, totals);
        if (rc < 0)
            break;
        if (page_is_full(select, totals)) {
            rc = take_last_key(select, &key, &record, scratch, totals);
            ended = true;
            break;
        }
        if (totals->bytes > bytes_max) {
            rc = ST_AGAIN;
            break;
        }
        if (select->plan.paged && totals->scanned >= PARTIQL_IN_PAGE_ITEMS) {
            rc = take_last_key(select, &key, &record, scratch, totals);
            if (rc == 0)
                rc = end_of_ten(select, range, number);
            ended = rc == 0;
            break;
        }
    }
    range_close(range);
    if (rc < 0)
        return rc;
    consumption_add_range(&select->consumption, &options,
                          capacity_read(totals->bytes - bytes_before, select->options.consistent));
    return ended;
}

static int write_end(struct select *select, const struct select_totals *totals,
                     struct json_writer *writer)
{
    struct slice token;
    int rc;

    if (totals->last_key.ptr != NULL) {
        rc = statement_token_print(select->statement, totals->last_key, &token);
        if (rc < 0)
            return rc;
        json_key(writer, "NextToken");
        json_put_string(writer, token);
        json_key(writer, "LastEvaluatedKey");
        item_to_json(writer, totals->last_key);
    }
    consumption_write_member(writer, select->options.capacity, &select->consumption);
    return 0;
}

static int read_page(struct call *call, enum engine_read how, uint64_t bytes_max)
{
    struct select *select = call->state;
    struct select_totals totals = {.scanned = 0};
    struct json_writer writer;
    struct arena scratch;
    int rc = 0;

    consumption_reset(&select->consumption); /* of an attempt in the cache that came to nothing */
    buf_clear(&call->out);
    writer = json_writer_of(&call->out);
    arena_init(&scratch, 0);
    json_object_begin(&writer);
    json_key(&writer, "Items");
    json_array_begin(&writer);
    for (size_t i = select->first; i < range_count(select) && rc == 0; i++)
        rc = read_range(select, i, how, bytes_max, &scratch, &writer, &totals);
    json_array_end(&writer);
    if (rc == 0)
        totals.last_key = SLICE_EMPTY; /* all ranges are through */
    if (rc >= 0)
        rc = write_end(select, &totals, &writer);
    arena_release(&scratch);
    json_object_end(&writer);
    return rc;
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

/* ---- the index ---- */

/* The attributes that an index does not project, as a message lists them. */
struct missing {
    const struct select *select;
    struct buf names;
};

static int add_missing(void *context, struct slice name)
{
    struct missing *missing = context;

    if (schema_index_holds(missing->select->statement->schema, missing->select->index, name))
        return 0;
    if (missing->names.len > 0)
        buf_append_str(&missing->names, ", ");
    buf_append_slice(&missing->names, name);
    return 0;
}

static int check_filter(struct select *select, struct missing *missing)
{
    struct statement *statement = select->statement;

    if (statement->partiql.condition == NULL || select->plan.scan)
        return 0;
    buf_clear(&missing->names);
    (void)expr_condition_each_attribute(statement->partiql.condition, add_missing, missing);
    if (missing->names.len == 0)
        return 0;
    return api_refuse(statement->error, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS "Secondary index %s does not project one or more "
                                                 "filter attributes: [%.*s]",
                      select->index->name, SLICE_ARGS(buf_slice(&missing->names)));
}

static int check_projected(struct select *select)
{
    struct statement *statement = select->statement;
    struct missing missing = {.select = select};
    int rc = 0;

    if (select->index == NULL)
        return 0;
    if (statement->partiql.projection != NULL)
        (void)expr_projection_each_attribute(
            partiql_projection_paths(statement->partiql.projection), add_missing, &missing);
    select->fetch = missing.names.len > 0;
    if (select->fetch && select->index->global)
        rc = api_refuse(statement->error, API_VALIDATION,
                        MESSAGE_INVALID_PARAMETERS
                        "Global secondary index %s does not project [%.*s]",
                        select->index->name, SLICE_ARGS(buf_slice(&missing.names)));
    if (rc == 0)
        rc = check_filter(select, &missing);
    buf_release(&missing.names);
    return rc;
}

/* What is read: its key. */
static int find_source(struct select *select)
{
    struct statement *statement = select->statement;
    const struct schema *schema = statement->schema;
    const struct schema_index *index;

    select->key = (struct expr_key){.partition = &schema->keys[0],
                                    .partition_count = 1,
                                    .sort = &schema->keys[1],
                                    .sort_count = schema->key_count - 1};
    if (statement->partiql.index.ptr == NULL)
        return 0;
    index = schema_index(schema, statement->partiql.index);
    if (index == NULL || index->status == INDEX_CREATING || index->status == INDEX_DELETING)
        return api_refuse(statement->error, API_VALIDATION,
                          "The table does not have the specified index");
    if (index->global && select->options.consistent)
        return api_refuse(statement->error, API_VALIDATION,
                          "Strongly consistent read is not supported on Global Secondary Indexes");
    select->index = index;
    select->key = (struct expr_key){.partition = index->partition,
                                    .partition_count = index->partition_count,
                                    .sort = index->sort,
                                    .sort_count = index->sort_count};
    return 0;
}

/* ---- where the page begins ---- */

static int read_token(struct select *select)
{
    struct statement *statement = select->statement;
    struct refusal refusal;
    struct slice key_item;
    int rc = statement_token_parse(statement, select->options.next_token, &key_item);

    if (rc < 0)
        return rc;
    rc = schema_key_of_item(statement->schema, key_item, &select->after, &refusal);
    if (rc < 0)
        return rc;
    if (select->index != NULL)
        return schema_index_key(select->index, key_item, &select->after_key) == INDEX_MEMBER
                   ? 0
                   : ST_REFUSED;
    select->after_key.partition[0] = select->after.partition;
    select->after_key.sort[0] = select->after.sort;
    return 0;
}

static bool range_holds(const struct select *select, const struct expr_key_range *range)
{
    for (size_t i = 0; i < select->key.partition_count; i++)
        if (!slice_eq(key_bytes(range->partition[i]), select->after_key.partition[i]))
            return false;
    if (range->sort_operator != EXPR_RANGE_EQ)
        return true; /* the only one of its partition */
    for (size_t i = 0; i < range->sort_count; i++)
        if (!slice_eq(key_bytes(range->sort[i]), select->after_key.sort[i]))
            return false;
    return true;
}

static int find_start(struct select *select)
{
    struct api_error *error = select->statement->error;
    int rc;

    if (select->options.next_token.ptr == NULL)
        return 0;
    error->message = SLICE_EMPTY;
    rc = read_token(select);
    if (rc < 0 && (rc != ST_REFUSED || error->message.ptr != NULL))
        return rc;
    select->resumed = true;
    for (size_t i = 0; rc == 0 && i < range_count(select); i++)
        if (select->plan.scan || range_holds(select, &select->plan.ranges[i])) {
            select->first = i;
            return 0;
        }
    return api_refuse(error, API_VALIDATION, "NextToken does not match request");
}

static int prepare(struct select *select)
{
    struct statement *statement = select->statement;
    struct range_options range;
    struct expr_error refused;
    int rc = find_source(select);

    if (rc < 0)
        return rc;
    rc = partiql_plan(&statement->partiql, &select->key, statement->arena, &select->plan, &refused);
    if (rc < 0)
        return call_refuse_expression(statement->call, rc, &refused);
    rc = check_projected(select);
    if (rc < 0)
        return rc;
    rc = find_start(select);
    if (rc < 0)
        return rc;
    consumption_begin(statement->call, &select->consumption, statement->table, statement->schema,
                      CAPACITY_READ);
    range = range_options_of(select, select->first, ENGINE_READ_CACHED);
    return consumption_admit_range(statement->call, &select->consumption, &range,
                                   capacity_read(0, select->options.consistent), statement->error);
}

void statement_select(struct statement *statement, const struct statement_page_options *options)
{
    struct call *call = statement->call;
    struct select *select = ARENA_NEW(call->arena, struct select);
    int rc = ST_NOMEM;

    if (select != NULL) {
        select->statement = statement;
        select->options = *options;
        rc = prepare(select);
    }
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    call->state = select;
    call->release = select_release;
    rc = ST_AGAIN;
    if (!select->plan.scan || (options->limit > 0 && options->limit <= SELECT_LOOP_LIMIT_MAX))
        rc = read_page(call, ENGINE_READ_CACHED, PAGE_LOOP_BYTES_MAX);
    if (rc == ST_AGAIN)
        call_io(call, read_page_io, on_page);
    else
        on_page(call, rc);
}
