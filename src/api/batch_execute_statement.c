/*
 * batch_execute_statement.c - BatchExecuteStatement: up to 25 PartiQL statements about one item
 * each, each on its own; all reads or all writes. dynamodb-partiql-vector.md section 1.
 *
 *   prepare   every statement that can be parsed; the others have their error already
 *   run       tables and keys of those; no item twice; then all reads in one pass (in the engine's
 *             cache on the loop, else in the I/O pool), or each write in the lane of its item
 *   answer    200, with a result or an error for each, in order
 *
 * Statements that run at the same time have memory and errors of their own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes.h"
#include "api/statement.h"

static const uint8_t order[] = {BATCH_EXECUTE_STATEMENT_STATEMENTS,
                                BATCH_EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY};
const struct constraint_plan batch_execute_statement_plan = {.order = order,
                                                             .count = ARRAY_LEN(order)};

struct batch_statement {
    struct statement statement;
    struct arena arena;
    struct api_error error;
    bool consistent;
    struct item_key key;
    struct consumption consumption; /* of a read */
    struct slice item;              /* the answer's; ptr NULL: none */
    bool ran;                       /* far enough to have used capacity */
    int rc;                         /* negative: it failed, with `error` */
};

struct batch_execute {
    struct call *call;
    struct batch_statement *elements;
    uint32_t count, left;
    bool reads;
};

static void batch_execute_release(struct call *call)
{
    struct batch_execute *batch = call->state;

    for (uint32_t i = 0; i < batch->count; i++) {
        statement_release(&batch->elements[i].statement);
        arena_release(&batch->elements[i].arena);
    }
}

/* ---- errors of one statement ---- */

/** A failure of one statement: what the client reads of it is made now. */
static void settle(struct batch_statement *element, int rc)
{
    element->rc = rc;
    if (rc < 0 && rc != ST_REFUSED)
        api_error_from_status(&element->error, rc);
}

static const char *code_of(enum api_code code)
{
    switch (code) {
    case API_VALIDATION:
    case API_SERIALIZATION:
        return "ValidationError";
    case API_CONDITION_FAILED:
        return "ConditionalCheckFailed";
    case API_DUPLICATE_ITEM:
        return "DuplicateItem";
    case API_RESOURCE_NOT_FOUND:
        return "ResourceNotFound";
    case API_ACCESS_DENIED:
        return "AccessDenied";
    case API_COLLECTION_TOO_LARGE:
        return "ItemCollectionSizeLimitExceeded";
    case API_THROUGHPUT_EXCEEDED:
        return "ProvisionedThroughputExceeded";
    case API_THROTTLING:
        return "ThrottlingError";
    default:
        return "InternalServerError";
    }
}

/* ---- before the tables are known ---- */

static int read_element(struct call *call, struct json json, struct batch_statement *element)
{
    struct json parameters;
    struct input input;
    bool has_parameters;
    int rc = shape_read(&shape_batch_statement_request, json, &input, &call->error);

    if (rc < 0)
        return rc;
    element->error.arena = &element->arena;
    element->consistent = input_bool(&input, BATCH_STATEMENT_CONSISTENT_READ, false);
    has_parameters = input_has(&input, BATCH_STATEMENT_PARAMETERS);
    if (has_parameters)
        parameters = input_json(&input, BATCH_STATEMENT_PARAMETERS);
    rc = statement_prepare(&element->statement, call, &element->arena, &element->error,
                           input_string(&input, BATCH_STATEMENT_STATEMENT),
                           has_parameters ? &parameters : NULL);
    if (rc == 0 && element->statement.partiql.kind == PARTIQL_EXISTS)
        rc = api_refuse(&element->error, API_VALIDATION, MESSAGE_EXISTS_OUTSIDE);
    settle(element, rc);
    if (rc == ST_REFUSED && element->error.code == API_SERIALIZATION)
        return api_refuse(&call->error, API_SERIALIZATION, "%.*s",
                          SLICE_ARGS(element->error.message));
    return rc == ST_NOMEM ? rc : 0;
}

int batch_execute_statement_prepare(struct call *call)
{
    struct json list = input_json(&call->input, BATCH_EXECUTE_STATEMENT_STATEMENTS);
    struct batch_execute *batch = ARENA_NEW(call->arena, struct batch_execute);
    struct json_iterator iterator = json_iterate(list);
    uint32_t reads = 0, writes = 0;
    struct json json;
    int rc;

    if (batch == NULL)
        return ST_NOMEM;
    batch->call = call;
    batch->elements = ARENA_ARRAY(call->arena, struct batch_statement, json_count(list));
    if (batch->elements == NULL)
        return ST_NOMEM;
    call->state = batch;
    call->release = batch_execute_release;
    while (json_next(&iterator, NULL, &json)) {
        struct batch_statement *element = &batch->elements[batch->count++];

        arena_init(&element->arena, 0);
        rc = read_element(call, json, element);
        if (rc < 0)
            return rc;
        if (element->rc < 0)
            continue;
        reads += statement_reads(&element->statement);
        writes += !statement_reads(&element->statement);
    }
    batch->reads = reads > 0;
    if (reads > 0 && writes > 0)
        return api_refuse(&call->error, API_VALIDATION,
                          "Read and write requests together in the same batch is not supported.");
    return 0;
}

/* ---- tables and keys ---- */

static int open_element(struct batch_statement *element)
{
    struct statement *statement = &element->statement;
    bool found = false;
    int rc = statement_open(statement);

    if (rc < 0)
        return rc;
    if (!statement_reads(statement))
        return statement_key(statement, &element->key);
    if (statement->partiql.index.ptr == NULL)
        rc = statement_find_key(statement, &found, &element->key);
    if (rc == 0 && !found)
        rc = api_refuse(&element->error, API_VALIDATION,
                        "Select statements within BatchExecuteStatement must specify the primary "
                        "key in the where clause.");
    return rc;
}

static bool same_item(const struct batch_statement *a, const struct batch_statement *b)
{
    return a->statement.table == b->statement.table &&
           slice_eq(a->key.partition, b->key.partition) && slice_eq(a->key.sort, b->key.sort);
}

static int open_all(struct batch_execute *batch)
{
    for (uint32_t i = 0; i < batch->count; i++) {
        struct batch_statement *element = &batch->elements[i];

        if (element->rc == 0)
            settle(element, open_element(element));
        for (uint32_t j = 0; j < i && element->rc == 0; j++)
            if (batch->elements[j].rc == 0 && same_item(element, &batch->elements[j]))
                return api_refuse(&batch->call->error, API_VALIDATION, MESSAGE_KEYS_DUPLICATE);
    }
    return 0;
}

/* ---- the answer ---- */

static void write_error(struct json_writer *writer, const struct batch_statement *element)
{
    json_key(writer, "Error");
    json_object_begin(writer);
    json_key(writer, "Code");
    json_put_str(writer, code_of(element->error.code));
    json_key(writer, "Message");
    json_put_string(writer, element->error.message);
    json_object_end(writer);
}

static void write_element(struct json_writer *writer, const struct batch_statement *element)
{
    bool mistake = element->rc < 0 && element->error.code == API_VALIDATION;

    json_object_begin(writer);
    if (element->rc < 0)
        write_error(writer, element);
    if (!mistake && element->statement.partiql.table.ptr != NULL) {
        json_key(writer, "TableName");
        json_put_string(writer, element->statement.partiql.table);
    }
    if (element->rc == 0 && element->item.ptr != NULL) {
        json_key(writer, "Item");
        item_to_json(writer, element->item);
    }
    json_object_end(writer);
}

static const struct consumption *consumption_of(const struct batch_execute *batch, uint32_t i)
{
    const struct batch_statement *element = &batch->elements[i];

    return batch->reads ? &element->consumption : &element->statement.write.consumption;
}

/** One element for each table, for all of its statements; nothing when no statement succeeded. */
static void write_capacity(struct json_writer *writer, const struct batch_execute *batch)
{
    enum capacity_mode mode =
        capacity_mode_of(&batch->call->input, BATCH_EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY);
    bool any = false;

    for (uint32_t i = 0; i < batch->count; i++)
        any = any || batch->elements[i].rc == 0;
    if (mode == CAPACITY_NONE || !any)
        return;
    json_key(writer, "ConsumedCapacity");
    json_array_begin(writer);
    for (uint32_t i = 0; i < batch->count; i++) {
        struct consumption sum = *consumption_of(batch, i);
        bool first = batch->elements[i].ran;

        for (uint32_t j = 0; j < i && first; j++)
            first = !batch->elements[j].ran || consumption_of(batch, j)->table != sum.table;
        if (!first)
            continue;
        for (uint32_t j = i + 1; j < batch->count; j++)
            if (batch->elements[j].ran && consumption_of(batch, j)->table == sum.table)
                consumption_sum(&sum, consumption_of(batch, j));
        consumption_write(writer, mode, &sum);
    }
    json_array_end(writer);
}

static void answer(struct batch_execute *batch)
{
    struct call *call = batch->call;
    struct json_writer writer;

    buf_clear(&call->out);
    writer = json_writer_of(&call->out);
    json_object_begin(&writer);
    json_key(&writer, "Responses");
    json_array_begin(&writer);
    for (uint32_t i = 0; i < batch->count; i++)
        write_element(&writer, &batch->elements[i]);
    json_array_end(&writer);
    write_capacity(&writer, batch);
    json_object_end(&writer);
    call_answer(call);
}

/* ---- reads ---- */

static int read_item(struct batch_statement *element, enum engine_read how)
{
    struct statement *statement = &element->statement;
    struct store *store = statement->call->region->store;
    struct pinned pin = PINNED_EMPTY;
    struct record record = {.size = 0};
    struct slice item;
    int rc = store_get(store, statement->table, &element->key, how, &pin, &record);

    element->item = SLICE_EMPTY;
    consumption_reset(&element->consumption); /* of an attempt in the cache that came to nothing */
    if (rc < 0 && rc != ST_NOTFOUND)
        return rc;
    consumption_add(&element->consumption, &element->key,
                    capacity_read(record.size, element->consistent));
    element->ran = true;
    if (rc == 0 && statement_holds(statement, record.item)) {
        rc = statement_show(statement, record.item, &element->arena, &item);
        if (rc == 0) {
            element->item = arena_dup(&element->arena, item);
            rc = element->item.ptr == NULL ? ST_NOMEM : 0;
        }
    }
    engine_unpin(&pin);
    return rc == ST_NOTFOUND ? 0 : rc;
}

static int read_all(struct call *call, enum engine_read how)
{
    struct batch_execute *batch = call->state;
    int rc = 0;

    for (uint32_t i = 0; i < batch->count && rc == 0; i++)
        if (batch->elements[i].rc == 0)
            rc = read_item(&batch->elements[i], how);
    return rc;
}

static int read_all_io(struct call *call)
{
    return read_all(call, ENGINE_READ_ANY);
}

static void on_read(struct call *call, int rc)
{
    if (rc < 0)
        call_fail(call, rc);
    else
        answer(call->state);
}

static void start_reads(struct batch_execute *batch)
{
    struct call *call = batch->call;
    int rc;

    for (uint32_t i = 0; i < batch->count; i++) {
        struct batch_statement *element = &batch->elements[i];

        if (element->rc < 0)
            continue;
        consumption_begin(call, &element->consumption, element->statement.table,
                          element->statement.schema, CAPACITY_READ);
        settle(element, consumption_admit(call, &element->consumption, &element->key,
                                          capacity_read(0, element->consistent), &element->error));
    }
    rc = read_all(call, ENGINE_READ_CACHED);
    if (rc == ST_AGAIN)
        call_io(call, read_all_io, on_read);
    else
        on_read(call, rc);
}

/* ---- writes ---- */

static void on_written(struct statement *statement, int rc)
{
    struct batch_statement *element = CONTAINER_OF(statement, struct batch_statement, statement);
    struct batch_execute *batch = statement->call->state;

    settle(element, rc);
    element->ran = true;
    element->item = statement->write.attributes;
    if (--batch->left == 0)
        answer(batch);
}

static void start_writes(struct batch_execute *batch)
{
    for (uint32_t i = 0; i < batch->count; i++)
        batch->left += batch->elements[i].rc == 0;
    for (uint32_t i = 0; i < batch->count; i++) { /* callbacks run after this function */
        struct batch_statement *element = &batch->elements[i];

        if (element->rc < 0)
            continue;
        element->statement.write.mutation.key = element->key;
        element->statement.written = on_written;
        statement_write(&element->statement);
    }
    if (batch->left == 0)
        answer(batch);
}

void batch_execute_statement_run(struct call *call)
{
    struct batch_execute *batch = call->state;
    int rc = open_all(batch);

    if (rc < 0)
        call_fail(call, rc);
    else if (batch->reads)
        start_reads(batch);
    else
        start_writes(batch);
}
