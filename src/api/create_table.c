/*
 * create_table.c - CreateTable. Checks in the order of dynamodb-tables-streams.md section 3.
 *
 * The table is usable when the call returns: DescribeTable says ACTIVE at once. The answer itself
 * says CREATING, as the service's does, so that clients that wait see what they expect.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api/index_definition.h"
#include "api/shapes.h"
#include "api/table_description.h"
#include "api/tags.h"
#include "api/throughput.h"

static const uint8_t order[] = {
    CREATE_TABLE_TABLE_NAME,
    CREATE_TABLE_ATTRIBUTE_DEFINITIONS,
    CREATE_TABLE_BILLING_MODE,
    CREATE_TABLE_PROVISIONED_THROUGHPUT,
    CREATE_TABLE_KEY_SCHEMA,
    CREATE_TABLE_LOCAL_SECONDARY_INDEXES,
    CREATE_TABLE_GLOBAL_SECONDARY_INDEXES,
    CREATE_TABLE_STREAM_SPECIFICATION,
    CREATE_TABLE_SSE_SPECIFICATION,
    CREATE_TABLE_TAGS,
    CREATE_TABLE_TABLE_CLASS,
    CREATE_TABLE_WARM_THROUGHPUT,
};
const struct constraint_plan create_table_plan = {.order = order,
                                                  .count = ARRAY_LEN(order),
                                                  .alone = 1,
                                                  .control = CONTROL_TABLE_REQUIRED,
                                                  .control_member = CREATE_TABLE_TABLE_NAME};

static const uint8_t later[] = {
    CREATE_TABLE_VECTOR_INDEXES,
    CREATE_TABLE_RESOURCE_POLICY,
    CREATE_TABLE_GLOBAL_TABLE_SOURCE_ARN,
    CREATE_TABLE_SETTINGS_REPLICATION_MODE,
};

struct create_table {
    struct call *call;
    struct store_edit edit;
};

/* ---- keys ---- */

static int refuse_invalid(struct call *call, const char *text)
{
    return api_refuse(&call->error, API_VALIDATION, MESSAGE_INVALID_PARAMETERS "%s", text);
}

static int set_keys(struct call *call, struct schema *schema, const struct key_schema *key)
{
    schema->key_count = 1 + key->sort_count;
    for (uint32_t i = 0; i < schema->key_count; i++) {
        const struct expr_key_attribute *from = i == 0 ? &key->partition[0] : &key->sort[0];

        if (from->name.len > KEY_NAME_BYTES_MAX)
            return refuse_invalid(call, "Attribute names of keys may have at most 255 bytes");
        memcpy(schema->key_names[i], from->name.ptr, from->name.len);
        schema->keys[i].name = slice_of(schema->key_names[i], from->name.len);
        schema->keys[i].type = from->type;
    }
    return 0;
}

static const struct json *present(const struct call *call, unsigned member)
{
    return input_has(&call->input, member) ? &call->input.members[member] : NULL;
}

static int read_indexes(struct call *call, struct schema *schema, const struct key_schema *key,
                        struct attribute_definitions *definitions)
{
    struct index_definitions indexes;
    struct schema_index *index;
    int rc = index_definitions_of_table(&call->error,
                                        present(call, CREATE_TABLE_LOCAL_SECONDARY_INDEXES),
                                        present(call, CREATE_TABLE_GLOBAL_SECONDARY_INDEXES), key,
                                        schema->billing, definitions, &indexes);

    if (rc == 0)
        rc = attribute_definitions_check_used(&call->error, definitions);
    for (uint32_t i = 0; i < indexes.count && rc == 0; i++) {
        rc = schema_add_index(&call->error, schema, &indexes.list[i], &index);
        if (rc == 0)
            index->created_ms = schema->created_ms;
    }
    return rc;
}

static int read_keys(struct call *call, struct schema *schema)
{
    struct json elements = input_json(&call->input, CREATE_TABLE_KEY_SCHEMA);
    bool indexed = input_has(&call->input, CREATE_TABLE_LOCAL_SECONDARY_INDEXES) ||
                   input_has(&call->input, CREATE_TABLE_GLOBAL_SECONDARY_INDEXES);
    struct attribute_definitions definitions;
    struct key_schema key;
    int rc = attribute_definitions_read(
        &call->error, present(call, CREATE_TABLE_ATTRIBUTE_DEFINITIONS), &definitions);

    if (rc < 0)
        return rc;
    if (json_count(elements) > definitions.count)
        return api_refuse(&call->error, API_VALIDATION,
                          "Invalid KeySchema: Some index key attribute have no definition");
    rc = key_schema_read(&call->error, elements, false, &definitions, &key);
    if (rc == 0)
        rc = set_keys(call, schema, &key);
    if (rc < 0)
        return rc;
    if (indexed)
        return read_indexes(call, schema, &key, &definitions);
    if (definitions.count != schema->key_count)
        return refuse_invalid(call, "Number of attributes in KeySchema does not exactly match "
                                    "number of attributes defined in AttributeDefinitions");
    return 0;
}

/* ---- billing and the rest ---- */

static int read_billing(struct call *call, struct schema *schema)
{
    bool throughput = input_has(&call->input, CREATE_TABLE_PROVISIONED_THROUGHPUT);

    schema->billing = BILLING_PROVISIONED;
    if (input_has(&call->input, CREATE_TABLE_BILLING_MODE))
        (void)billing_mode_of(input_string(&call->input, CREATE_TABLE_BILLING_MODE),
                              &schema->billing);
    if (schema->billing == BILLING_PAY_PER_REQUEST && throughput)
        return refuse_invalid(call, "Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                                    "specified when BillingMode is PAY_PER_REQUEST");
    if (schema->billing == BILLING_PROVISIONED && !throughput)
        return refuse_invalid(call, "ReadCapacityUnits and WriteCapacityUnits must both be "
                                    "specified when BillingMode is PROVISIONED");
    if (!throughput)
        return 0;
    return table_read_throughput(call, CREATE_TABLE_PROVISIONED_THROUGHPUT, &schema->read_units,
                                 &schema->write_units);
}

static int read_on_demand(struct call *call, struct schema *schema)
{
    struct input input;
    int rc;

    schema->on_demand_read_max = schema->on_demand_write_max = -1;
    if (!input_has(&call->input, CREATE_TABLE_ON_DEMAND_THROUGHPUT))
        return 0;
    if (schema->billing == BILLING_PAY_PER_REQUEST)
        return table_read_on_demand(call, CREATE_TABLE_ON_DEMAND_THROUGHPUT,
                                    &schema->on_demand_read_max, &schema->on_demand_write_max);
    rc = shape_read(&shape_on_demand_throughput,
                    input_json(&call->input, CREATE_TABLE_ON_DEMAND_THROUGHPUT), &input,
                    &call->error);
    if (rc < 0 || input.present == 0)
        return rc;
    return api_refuse(&call->error, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS
                      "%s for OnDemandThroughput cannot be specified when table BillingMode is "
                      "PROVISIONED.",
                      input_has(&input, ON_DEMAND_READ) ? "MaxReadRequestUnits"
                                                        : "MaxWriteRequestUnits");
}

static int read_stream(struct call *call, struct schema *schema)
{
    enum stream_view view = STREAM_KEYS_ONLY;
    struct input input;
    bool named;
    int rc;

    if (!input_has(&call->input, CREATE_TABLE_STREAM_SPECIFICATION))
        return 0;
    rc = shape_read(&shape_stream_specification,
                    input_json(&call->input, CREATE_TABLE_STREAM_SPECIFICATION), &input,
                    &call->error);
    if (rc < 0)
        return rc;
    named = input_has(&input, STREAM_VIEW_TYPE);
    if (!input_bool(&input, STREAM_ENABLED, false))
        return named ? refuse_invalid(call, "Table is being created with a stream disabled, "
                                            "UpdateViewType should not be specified")
                     : 0;
    if (!named)
        return refuse_invalid(call, "Table is being created with a stream enabled, "
                                    "UpdateViewType should be specified");
    (void)stream_view_of(input_string(&input, STREAM_VIEW_TYPE), &view);
    return schema_stream_enable(schema, view, schema->created_ms);
}

static int read_warm(struct call *call, struct schema *schema)
{
    struct warm warm = warm_of_table(schema);
    int rc;

    if (!input_has(&call->input, CREATE_TABLE_WARM_THROUGHPUT))
        return 0;
    rc = warm_read(&call->error, input_json(&call->input, CREATE_TABLE_WARM_THROUGHPUT), "table",
                   &warm);
    schema->warm_read = warm.read;
    schema->warm_write = warm.write;
    return rc;
}

static int read_tags(struct call *call, struct schema *schema)
{
    struct tag tags[TAGS_MAX];
    uint32_t count;
    int rc;

    if (!input_has(&call->input, CREATE_TABLE_TAGS))
        return 0;
    rc = tags_read(call, input_json(&call->input, CREATE_TABLE_TAGS), tags, &count);
    if (rc < 0 || count == 0)
        return rc;
    schema->tags = tag_set_new(tags, count);
    return schema->tags == NULL ? ST_NOMEM : 0;
}

static void make_table_id(struct executor *executor, char table_id[37])
{
    uint64_t a = executor_random(executor), b = executor_random(executor);

    snprintf(table_id, 37, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32),
             (unsigned)(a >> 16 & 0xFFFF), (unsigned)(a & 0xFFF),
             (unsigned)(0x8000 | (b >> 48 & 0x3FFF)), (unsigned long long)(b & 0xFFFFFFFFFFFF));
}

static int read_schema(struct call *call, struct schema *schema)
{
    struct slice name = input_string(&call->input, CREATE_TABLE_TABLE_NAME);
    int rc;

    memcpy(schema->name, name.ptr, name.len); /* 3..255: its constraint held */
    schema->created_ms = call_wall_ms(call);
    schema->status = TABLE_ACTIVE;
    make_table_id(call->api->executor, schema->table_id);
    for (size_t i = 0; i < sizeof(schema->digest_key); i += 8)
        be64_put(schema->digest_key + i, executor_random(call->api->executor));
    rc = read_billing(call, schema);
    if (rc < 0)
        return rc;
    if (schema->billing == BILLING_PAY_PER_REQUEST)
        schema->billing_on_demand_since_ms = schema->created_ms;
    rc = call_refuse_later(call, &call->input, later, ARRAY_LEN(later));
    if (rc < 0)
        return rc;
    rc = read_keys(call, schema);
    if (rc < 0)
        return rc;
    rc = read_stream(call, schema);
    if (rc < 0)
        return rc;
    rc = read_on_demand(call, schema);
    if (rc < 0)
        return rc;
    rc = read_warm(call, schema);
    if (rc < 0)
        return rc;
    rc = read_tags(call, schema);
    if (rc < 0)
        return rc;
    if (input_has(&call->input, CREATE_TABLE_TABLE_CLASS))
        (void)table_class_of(input_string(&call->input, CREATE_TABLE_TABLE_CLASS),
                             &schema->table_class);
    schema->deletion_protection = input_bool(&call->input, CREATE_TABLE_DELETION_PROTECTION, false);
    return table_refuse_sse(call, CREATE_TABLE_SSE_SPECIFICATION);
}

int create_table_prepare(struct call *call)
{
    struct create_table *create = ARENA_NEW(call->arena, struct create_table);

    if (create == NULL)
        return ST_NOMEM;
    create->call = call;
    call->state = create;
    call->schema = schema_new();
    return call->schema == NULL ? ST_NOMEM : read_schema(call, call->schema);
}

static void on_created(struct store_edit *edit, int rc)
{
    struct create_table *create = CONTAINER_OF(edit, struct create_table, edit);
    struct call *call = create->call;
    struct json_writer writer = json_writer_of(&call->out);

    if (rc == ST_EXISTS)
        rc = api_refuse(&call->error, API_RESOURCE_IN_USE, "Table already exists: %s",
                        call->schema->name);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_object_begin(&writer);
    json_key(&writer, "TableDescription");
    table_description_write(&writer, call, call->schema, NULL, TABLE_CREATING);
    json_object_end(&writer);
    call_answer(call);
}

void create_table_run(struct call *call)
{
    struct create_table *create = call->state;

    create->edit = (struct store_edit){.strand = call->http->strand,
                                       .on_done = on_created,
                                       .kind = EDIT_CREATE,
                                       .schema = schema_ref(call->schema)};
    store_edit(call->region->store, &create->edit);
}
