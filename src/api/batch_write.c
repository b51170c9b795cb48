/*
 * batch_write.c - BatchWriteItem: up to 25 puts and deletes, each on its own.
 * dynamodb-operations.md section 9.
 *
 * Every element is a mutation of its own with its own place in a lane; the answer waits for the
 * last. An element that a lane refused for want of room, or its table for want of throughput, goes
 * back as unprocessed; when none was written, the request as a whole is throttled.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/collection_metrics.h"
#include "api/shapes.h"
#include "api/write.h"

enum { BATCH_WRITE_MAX = 25 }; /* Source: API Reference, BatchWriteItem */

static const uint8_t order[] = {BATCH_WRITE_RETURN_CONSUMED_CAPACITY,
                                BATCH_WRITE_RETURN_ITEM_COLLECTION_METRICS,
                                BATCH_WRITE_REQUEST_ITEMS};
const struct constraint_plan batch_write_item_plan = {.order = order, .count = ARRAY_LEN(order)};

struct batch_write_table {
    struct slice name; /* as in the request */
    struct table *table;
    struct schema *schema;
    struct consumption consumption;
};

struct batch_write_element {
    struct batch_write *batch;
    struct batch_write_table *table;
    bool put;
    struct slice item; /* of a put; of a delete the Key argument */
    struct arena arena;
    struct mutation mutation;
    uint64_t bytes_max;
    int rc;
};

struct batch_write {
    struct call *call;
    struct batch_write_table *tables;
    uint32_t table_count;
    struct batch_write_element *elements;
    uint32_t count, left;
};

static void batch_write_release(struct call *call)
{
    struct batch_write *batch = call->state;

    for (uint32_t i = 0; i < batch->table_count; i++) {
        table_unref(batch->tables[i].table);
        schema_unref(batch->tables[i].schema);
    }
    for (uint32_t i = 0; i < batch->count; i++)
        arena_release(&batch->elements[i].arena);
}

/* ---- before the tables are known ---- */

static bool present(struct json object, struct slice name, struct json *ret_value)
{
    return json_member(object, name, ret_value) && json_type(*ret_value) != JSON_NULL;
}

static int read_element(struct call *call, struct json request, struct batch_write_element *element)
{
    struct json put, del, item;
    bool has_put = present(request, SLICE("PutRequest"), &put);
    bool has_delete = present(request, SLICE("DeleteRequest"), &del);
    int rc;

    if (has_put == has_delete)
        return api_refuse(&call->error, API_VALIDATION,
                          "Supplied AttributeValue has more than one datatypes set, must contain "
                          "exactly one of the supported datatypes");
    element->put = has_put;
    if (!present(has_put ? put : del, has_put ? SLICE("Item") : SLICE("Key"), &item))
        return api_refuse(&call->error, API_VALIDATION, MESSAGE_KEY_SCHEMA);
    rc = call_read_item(call, item, &element->item);
    if (rc < 0)
        return rc;
    if (has_put && item_size(element->item) > ITEM_SIZE_BYTES_MAX)
        return api_refuse_slice(&call->error, API_VALIDATION, SLICE(MESSAGE_ITEM_TOO_LARGE));
    return 0;
}

static size_t count_requests(struct json requests)
{
    struct json_iterator iterator = json_iterate(requests);
    struct json element;
    size_t count = 0;

    while (json_next(&iterator, NULL, &element))
        count += json_count(element);
    return count;
}

int batch_write_item_prepare(struct call *call)
{
    struct json requests = input_json(&call->input, BATCH_WRITE_REQUEST_ITEMS);
    size_t count = count_requests(requests);
    struct batch_write *batch = ARENA_NEW(call->arena, struct batch_write);
    struct json_iterator tables = json_iterate(requests), elements;
    struct slice name;
    struct json list, request;
    int rc;

    if (json_count(requests) == 0)
        return api_refuse(&call->error, API_VALIDATION,
                          "The requestItems parameter is required for BatchWriteItem");
    if (count > BATCH_WRITE_MAX)
        return api_refuse(&call->error, API_VALIDATION,
                          "Too many items requested for the BatchWriteItem call");
    if (batch == NULL)
        return ST_NOMEM;
    batch->call = call;
    batch->tables = ARENA_ARRAY(call->arena, struct batch_write_table, json_count(requests));
    batch->elements = ARENA_ARRAY(call->arena, struct batch_write_element, count);
    if (batch->tables == NULL || batch->elements == NULL)
        return ST_NOMEM;
    call->state = batch;
    call->release = batch_write_release;
    while (json_next(&tables, &name, &list)) {
        struct batch_write_table *table = &batch->tables[batch->table_count++];

        table->name = name;
        elements = json_iterate(list);
        while (json_next(&elements, NULL, &request)) {
            struct batch_write_element *element = &batch->elements[batch->count++];

            element->batch = batch;
            element->table = table;
            rc = read_element(call, request, element);
            if (rc < 0)
                return rc;
        }
    }
    return 0;
}

/* ---- keys ---- */

/* A put's key is worded as a Key argument's here, except for empty and oversized values. */
static int refuse_put_key(struct call *call, int rc, const struct refusal *refusal)
{
    static const char *const reworded[] = {MESSAGE_INVALID_PARAMETERS "Missing the key ",
                                           MESSAGE_INVALID_PARAMETERS "Type mismatch for key "};

    for (size_t i = 0; rc == ST_REFUSED && i < ARRAY_LEN(reworded); i++)
        if (strncmp(refusal->text, reworded[i], strlen(reworded[i])) == 0)
            return api_refuse(&call->error, API_VALIDATION, MESSAGE_KEY_SCHEMA);
    return call_refuse_words(call, rc, refusal);
}

static int read_key(struct call *call, struct batch_write_element *element)
{
    struct refusal refusal;
    struct item_key *key = &element->mutation.key;
    int rc;

    if (element->put) {
        rc = schema_key_of_item(element->table->schema, element->item, key, &refusal);
        if (rc < 0)
            return refuse_put_key(call, rc, &refusal);
        rc = schema_check_index_keys(element->table->schema, element->item, NULL, &refusal);
        return rc < 0 ? call_refuse_words(call, rc, &refusal) : 0;
    }
    rc = schema_key_of_argument(element->table->schema, element->item, key, &refusal);
    return rc < 0 ? call_refuse_words(call, rc, &refusal) : 0;
}

static bool same_item(const struct batch_write_element *a, const struct batch_write_element *b)
{
    return a->table == b->table && slice_eq(a->mutation.key.partition, b->mutation.key.partition) &&
           slice_eq(a->mutation.key.sort, b->mutation.key.sort);
}

static int open_tables(struct call *call)
{
    struct batch_write *batch = call->state;
    int rc = 0;

    for (uint32_t i = 0; i < batch->table_count && rc == 0; i++)
        rc = call_find_table(call, batch->tables[i].name, &batch->tables[i].table,
                             &batch->tables[i].schema);
    for (uint32_t i = 0; i < batch->count && rc == 0; i++)
        rc = read_key(call, &batch->elements[i]);
    for (uint32_t i = 1; i < batch->count && rc == 0; i++)
        for (uint32_t j = 0; j < i && rc == 0; j++)
            if (same_item(&batch->elements[i], &batch->elements[j]))
                rc = api_refuse(&call->error, API_VALIDATION, MESSAGE_KEYS_DUPLICATE);
    return rc;
}

/* ---- writing ---- */

static int element_decide(struct mutation *mutation, const struct record *current,
                          enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct batch_write_element *element =
        CONTAINER_OF(mutation, struct batch_write_element, mutation);
    uint64_t bytes = element->put ? item_size(element->item) : 0;

    element->bytes_max = current != NULL && current->size > bytes ? current->size : bytes;
    *ret_item = SLICE_EMPTY;
    if (element->put) {
        *ret_outcome = MUTATION_PUT;
        *ret_item = element->item;
    } else {
        *ret_outcome = current != NULL ? MUTATION_DELETE : MUTATION_NOTHING;
    }
    return 0;
}

/* ST_REFUSED comes from the table's throughput only: decide() refuses nothing. */
static bool goes_back(int rc)
{
    return rc == ST_BUSY || rc == ST_FULL || rc == ST_REFUSED;
}

static void write_unprocessed(struct json_writer *writer, const struct batch_write *batch,
                              const struct batch_write_table *table)
{
    bool any = false;

    for (uint32_t i = 0; i < batch->count; i++) {
        const struct batch_write_element *element = &batch->elements[i];

        if (element->table != table || !goes_back(element->rc))
            continue;
        if (!any) {
            json_key_slice(writer, table->name);
            json_array_begin(writer);
            any = true;
        }
        json_object_begin(writer);
        json_key(writer, element->put ? "PutRequest" : "DeleteRequest");
        json_object_begin(writer);
        json_key(writer, element->put ? "Item" : "Key");
        item_to_json(writer, element->item);
        json_object_end(writer);
        json_object_end(writer);
    }
    if (any)
        json_array_end(writer);
}

static void write_capacity(struct json_writer *writer, enum capacity_mode mode,
                           const struct batch_write *batch)
{
    if (mode == CAPACITY_NONE)
        return;
    json_key(writer, "ConsumedCapacity");
    json_array_begin(writer);
    for (uint32_t t = 0; t < batch->table_count; t++)
        consumption_write(writer, mode, &batch->tables[t].consumption);
    json_array_end(writer);
}

static bool is_last_of_collection(const struct batch_write *batch, uint32_t at)
{
    const struct batch_write_element *element = &batch->elements[at];

    if (element->rc < 0)
        return false;
    for (uint32_t i = at + 1; i < batch->count; i++) {
        const struct batch_write_element *later = &batch->elements[i];

        if (later->table == element->table && later->rc == 0 &&
            slice_eq(later->mutation.key.partition, element->mutation.key.partition))
            return false;
    }
    return true;
}

/* Of the same lane, so in the order of the request: the last one's size is the newest. */
static void write_metrics(struct json_writer *writer, const struct batch_write *batch)
{
    struct call *call = batch->call;
    bool any = false;

    for (uint32_t t = 0; t < batch->table_count; t++) {
        const struct batch_write_table *table = &batch->tables[t];
        bool listed = false;

        if (!collection_metrics_wanted(&call->input, BATCH_WRITE_RETURN_ITEM_COLLECTION_METRICS,
                                       table->schema))
            continue;
        for (uint32_t i = 0; i < batch->count; i++) {
            if (batch->elements[i].table != table || !is_last_of_collection(batch, i))
                continue;
            if (!any) {
                json_key(writer, "ItemCollectionMetrics");
                json_object_begin(writer);
            }
            if (!listed) {
                json_key_slice(writer, table->name);
                json_array_begin(writer);
            }
            any = listed = true;
            collection_metrics_write(writer, call->arena, table->schema,
                                     &batch->elements[i].mutation);
        }
        if (listed)
            json_array_end(writer);
    }
    if (any)
        json_object_end(writer);
}

static void batch_answer(struct batch_write *batch)
{
    struct call *call = batch->call;
    struct json_writer writer = json_writer_of(&call->out);
    uint32_t returned = 0;

    for (uint32_t i = 0; i < batch->count; i++) {
        int rc = batch->elements[i].rc;

        if (rc < 0 && !goes_back(rc)) {
            call_fail(call, rc);
            return;
        }
        returned += rc < 0;
    }
    if (returned == batch->count) { /* call->error is that of the last refusal */
        call_fail(call, batch->elements[0].rc);
        return;
    }
    json_object_begin(&writer);
    json_key(&writer, "UnprocessedItems");
    json_object_begin(&writer);
    for (uint32_t t = 0; t < batch->table_count; t++)
        write_unprocessed(&writer, batch, &batch->tables[t]);
    json_object_end(&writer);
    write_capacity(&writer, capacity_mode_of(&call->input, BATCH_WRITE_RETURN_CONSUMED_CAPACITY),
                   batch);
    write_metrics(&writer, batch);
    json_object_end(&writer);
    call_answer(call);
}

static void on_element_committed(struct mutation *mutation, int rc)
{
    struct batch_write_element *element =
        CONTAINER_OF(mutation, struct batch_write_element, mutation);
    struct batch_write *batch = element->batch;

    element->rc = rc;
    if (rc == 0) {
        consumption_add(&element->table->consumption, &mutation->key,
                        capacity_write(element->bytes_max));
        consumption_add_index_writes(&element->table->consumption, mutation->index_writes);
    }
    if (--batch->left == 0)
        batch_answer(batch);
}

static void start(struct batch_write *batch)
{
    struct call *call = batch->call;

    for (uint32_t i = 0; i < batch->table_count; i++)
        consumption_begin(call, &batch->tables[i].consumption, batch->tables[i].table,
                          batch->tables[i].schema, CAPACITY_WRITE);
    for (uint32_t i = 0; i < batch->count; i++) { /* callbacks come after this function */
        struct batch_write_element *element = &batch->elements[i];
        struct mutation *mutation = &element->mutation;

        element->rc = consumption_admit(call, &element->table->consumption, &mutation->key,
                                        capacity_write(element->put ? item_size(element->item) : 0),
                                        &call->error);
        if (element->rc == 0 && element->table->schema->index_count > 0) {
            mutation->index_writes =
                ARENA_ARRAY(call->arena, struct index_write, element->table->schema->index_count);
            element->rc = mutation->index_writes != NULL ? 0 : ST_NOMEM;
        }
        if (element->rc < 0)
            continue;
        batch->left++;
        arena_init(&element->arena, 0);
        mutation->table = element->table->table;
        mutation->schema = element->table->schema;
        mutation->arena = &element->arena;
        mutation->decide = element_decide;
        mutation->strand = call->http->strand;
        mutation->on_committed = on_element_committed;
        mutation->deadline = mono_add_ms(call->http->received, CALL_DEADLINE_MS);
        store_mutate(call->region->store, mutation);
    }
    if (batch->left == 0)
        batch_answer(batch);
}

void batch_write_item_run(struct call *call)
{
    int rc = open_tables(call);

    if (rc < 0)
        call_fail(call, rc);
    else
        start(call->state);
}
