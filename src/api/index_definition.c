/*
 * index_definition.c - see index_definition.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/index_definition.h"

#include "api/shapes.h"
#include "api/table_description.h"
#include "api/throughput.h"

/* ---- throughput ---- */

static int check_bound(struct api_error *reterr, const char *member, int64_t units,
                       struct slice index_name)
{
    if (units <= CAPACITY_UNITS_MAX)
        return 0;
    return api_refuse(reterr, API_VALIDATION,
                      "Given value %lld for %s is out of bounds for index %.*s", (long long)units,
                      member, SLICE_ARGS(index_name));
}

static int read_provisioned(struct api_error *reterr, struct json json, struct slice index_name,
                            enum billing_mode billing, struct index_throughput *throughput)
{
    struct input input;
    int rc = shape_read(&shape_provisioned_throughput, json, &input, reterr);

    if (rc < 0)
        return rc;
    if (billing == BILLING_PAY_PER_REQUEST)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "ProvisionedThroughput should not be specified for index: %.*s when "
                          "BillingMode is PAY_PER_REQUEST",
                          SLICE_ARGS(index_name));
    throughput->read_units = input_integer(&input, THROUGHPUT_READ, 0);
    throughput->write_units = input_integer(&input, THROUGHPUT_WRITE, 0);
    rc = check_bound(reterr, "ReadCapacityUnits", throughput->read_units, index_name);
    if (rc < 0)
        return rc;
    return check_bound(reterr, "WriteCapacityUnits", throughput->write_units, index_name);
}

static int read_on_demand(struct api_error *reterr, struct json json, struct slice index_name,
                          enum billing_mode billing, struct index_throughput *throughput)
{
    static const char *const names[] = {"MaxReadRequestUnits", "MaxWriteRequestUnits"};
    int64_t *const maxima[] = {&throughput->on_demand_read_max, &throughput->on_demand_write_max};
    struct input input;
    int rc = shape_read(&shape_on_demand_throughput, json, &input, reterr);

    if (rc < 0)
        return rc;
    for (unsigned i = ON_DEMAND_READ; i <= ON_DEMAND_WRITE; i++) {
        int64_t units = input_integer(&input, i, -1);

        if (!input_has(&input, i))
            continue;
        if (billing == BILLING_PROVISIONED)
            return api_refuse(reterr, API_VALIDATION,
                              MESSAGE_INVALID_PARAMETERS
                              "%s for OnDemandThroughput cannot be specified for index: %.*s when "
                              "table BillingMode is PROVISIONED",
                              names[i], SLICE_ARGS(index_name));
        if (units == 0 || units < -1 || units > CAPACITY_UNITS_MAX)
            return api_refuse(reterr, API_VALIDATION,
                              MESSAGE_INVALID_PARAMETERS
                              "Requested %s for OnDemandThroughput for index: %.*s is outside of "
                              "valid range",
                              names[i], SLICE_ARGS(index_name));
        *maxima[i] = units;
    }
    return 0;
}

/* Never less than the billing mode gives by itself, nor than there is. */
static int read_warm(struct api_error *reterr, struct json json, struct slice index_name,
                     enum billing_mode billing, struct index_throughput *throughput)
{
    struct warm warm = warm_of_billing(billing, throughput->read_units, throughput->write_units);
    const char *what = arena_printf(reterr->arena, "index %.*s", SLICE_ARGS(index_name));
    int rc;

    if (what == NULL)
        return ST_NOMEM;
    if (warm.read < throughput->warm_read)
        warm.read = throughput->warm_read;
    if (warm.write < throughput->warm_write)
        warm.write = throughput->warm_write;
    rc = warm_read(reterr, json, what, &warm);
    throughput->warm_read = warm.read;
    throughput->warm_write = warm.write;
    return rc;
}

int index_throughput_read(struct api_error *reterr, const struct input *input, unsigned first,
                          struct slice index_name, enum billing_mode billing,
                          struct index_throughput *throughput)
{
    unsigned on_demand = first + 1, warm = first + 2;
    int rc = 0;

    if (input_has(input, first))
        rc = read_provisioned(reterr, input_json(input, first), index_name, billing, throughput);
    if (rc == 0 && input_has(input, on_demand))
        rc = read_on_demand(reterr, input_json(input, on_demand), index_name, billing, throughput);
    if (rc == 0 && input_has(input, warm))
        rc = read_warm(reterr, input_json(input, warm), index_name, billing, throughput);
    return rc;
}

/* ---- projection ---- */

static int read_projection(struct api_error *reterr, struct json json,
                           struct index_definition *definition)
{
    struct json_iterator iterator;
    struct json element;
    struct input input;
    struct slice type;
    bool listed;
    int rc = shape_read(&shape_projection, json, &input, reterr);

    if (rc < 0)
        return rc;
    type = input_string(&input, PROJECTION_TYPE);
    listed = input_has(&input, PROJECTION_NON_KEY_ATTRIBUTES);
    if (type.ptr == NULL)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS "Unknown ProjectionType: null");
    (void)projection_of(type, &definition->projection); /* its constraint held */
    if (listed != (definition->projection == PROJECTION_INCLUDE))
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "ProjectionType is %.*s, but NonKeyAttributes is %s",
                          SLICE_ARGS(type), listed ? "specified" : "not specified");
    if (!listed)
        return 0;
    definition->included = ARENA_ARRAY(
        reterr->arena, struct slice, json_count(input_json(&input, PROJECTION_NON_KEY_ATTRIBUTES)));
    if (definition->included == NULL)
        return ST_NOMEM;
    iterator = json_iterate(input_json(&input, PROJECTION_NON_KEY_ATTRIBUTES));
    while (json_next(&iterator, NULL, &element))
        definition->included[definition->included_count++] = json_string(element);
    return 0;
}

/* ---- one index ---- */

static const struct index_throughput NOT_GIVEN = {.on_demand_read_max = -1,
                                                  .on_demand_write_max = -1};

static int read_local(struct api_error *reterr, struct json json,
                      const struct key_schema *table_key, struct attribute_definitions *definitions,
                      struct index_definition *ret_definition)
{
    struct input input;
    int rc = shape_read(&shape_local_index, json, &input, reterr);

    if (rc < 0)
        return rc;
    *ret_definition = (struct index_definition){.name = input_string(&input, INDEX_NAME),
                                                .throughput = NOT_GIVEN};
    rc = key_schema_read(reterr, input_json(&input, INDEX_KEY_SCHEMA), false, definitions,
                         &ret_definition->key);
    if (rc < 0)
        return rc;
    if (ret_definition->key.sort_count == 0)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "Index KeySchema does not have a range key for index: %.*s",
                          SLICE_ARGS(ret_definition->name));
    if (!slice_eq(ret_definition->key.partition[0].name, table_key->partition[0].name))
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "Index KeySchema does not have the same leading hash key as table "
                          "KeySchema for index: %.*s. index hash key: %.*s, table hash key: %.*s",
                          SLICE_ARGS(ret_definition->name),
                          SLICE_ARGS(ret_definition->key.partition[0].name),
                          SLICE_ARGS(table_key->partition[0].name));
    return read_projection(reterr, input_json(&input, INDEX_PROJECTION), ret_definition);
}

/* missing: what is said of a provisioned table's index without throughput. */
static int read_global(struct api_error *reterr, struct json json, enum billing_mode billing,
                       struct attribute_definitions *definitions, const char *missing,
                       struct index_definition *ret_definition)
{
    struct input input;
    int rc = shape_read(&shape_global_index, json, &input, reterr);

    if (rc < 0)
        return rc;
    *ret_definition = (struct index_definition){
        .name = input_string(&input, INDEX_NAME), .global = true, .throughput = NOT_GIVEN};
    rc = key_schema_read(reterr, input_json(&input, INDEX_KEY_SCHEMA), true, definitions,
                         &ret_definition->key);
    if (rc == 0)
        rc = read_projection(reterr, input_json(&input, INDEX_PROJECTION), ret_definition);
    if (rc == 0)
        rc = index_throughput_read(reterr, &input, INDEX_PROVISIONED_THROUGHPUT,
                                   ret_definition->name, billing, &ret_definition->throughput);
    if (rc < 0)
        return rc;
    if (billing == BILLING_PROVISIONED && !input_has(&input, INDEX_PROVISIONED_THROUGHPUT))
        return api_refuse(reterr, API_VALIDATION, MESSAGE_INVALID_PARAMETERS "%s for index: %.*s",
                          missing, SLICE_ARGS(ret_definition->name));
    return 0;
}

int index_definition_of_create(struct api_error *reterr, struct json create,
                               enum billing_mode billing, struct attribute_definitions *definitions,
                               struct index_definition *ret_definition)
{
    return read_global(reterr, create, billing, definitions,
                       "Both ReadCapacityUnits and WriteCapacityUnits must be specified",
                       ret_definition);
}

/* ---- all indexes of a new table ---- */

static int check_name(struct api_error *reterr, const struct index_definitions *indexes)
{
    struct slice name = indexes->list[indexes->count - 1].name;

    for (uint32_t i = 0; i + 1 < indexes->count; i++)
        if (slice_eq(indexes->list[i].name, name))
            return api_refuse(reterr, API_VALIDATION,
                              MESSAGE_INVALID_PARAMETERS "Duplicate index name: %.*s",
                              SLICE_ARGS(name));
    return 0;
}

static int read_locals(struct api_error *reterr, struct json json,
                       const struct key_schema *table_key,
                       struct attribute_definitions *definitions, struct index_definitions *indexes)
{
    struct json_iterator iterator = json_iterate(json);
    struct json element;
    int rc;

    if (json_count(json) == 0)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS "List of LocalSecondaryIndexes is empty");
    if (table_key->sort_count == 0)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "Table KeySchema does not have a range key, which is required when "
                          "specifying a LocalSecondaryIndex");
    while (json_next(&iterator, NULL, &element)) {
        rc = read_local(reterr, element, table_key, definitions, &indexes->list[indexes->count++]);
        if (rc == 0)
            rc = check_name(reterr, indexes);
        if (rc < 0)
            return rc;
    }
    if (json_count(json) > TABLE_LOCAL_INDEXES_MAX)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "Number of LocalSecondaryIndexes exceeds per-table limit of %d",
                          TABLE_LOCAL_INDEXES_MAX);
    return 0;
}

static int read_globals(struct api_error *reterr, struct json json, enum billing_mode billing,
                        struct attribute_definitions *definitions,
                        struct index_definitions *indexes)
{
    struct json_iterator iterator = json_iterate(json);
    struct json element;
    int rc;

    if (json_count(json) == 0)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS "List of GlobalSecondaryIndexes is empty");
    while (json_next(&iterator, NULL, &element)) {
        rc =
            read_global(reterr, element, billing, definitions,
                        "ProvisionedThroughput is not specified", &indexes->list[indexes->count++]);
        if (rc == 0)
            rc = check_name(reterr, indexes);
        if (rc < 0)
            return rc;
    }
    if (json_count(json) > TABLE_GLOBAL_INDEXES_MAX)
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS MESSAGE_GLOBAL_INDEXES_MAX,
                          TABLE_GLOBAL_INDEXES_MAX);
    return 0;
}

int index_definitions_of_table(struct api_error *reterr, const struct json *locals,
                               const struct json *globals, const struct key_schema *table_key,
                               enum billing_mode billing, struct attribute_definitions *definitions,
                               struct index_definitions *ret_definitions)
{
    size_t count =
        (locals != NULL ? json_count(*locals) : 0) + (globals != NULL ? json_count(*globals) : 0);
    int rc = 0;

    *ret_definitions = (struct index_definitions){
        .list = ARENA_ARRAY(reterr->arena, struct index_definition, count + 1)};
    if (ret_definitions->list == NULL)
        return ST_NOMEM;
    if (locals != NULL)
        rc = read_locals(reterr, *locals, table_key, definitions, ret_definitions);
    if (rc == 0 && globals != NULL)
        rc = read_globals(reterr, *globals, billing, definitions, ret_definitions);
    return rc;
}

/* ---- into a schema ---- */

static int refuse_name(struct api_error *reterr)
{
    return api_refuse(reterr, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS
                      "Attribute names of keys and projections may have at most 255 bytes");
}

static int add_keys(struct api_error *reterr, struct schema *schema, struct schema_index *index,
                    const struct key_schema *key)
{
    int rc = 0;

    for (uint32_t i = 0; i < key->partition_count + key->sort_count && rc == 0; i++) {
        bool sort = i >= key->partition_count;
        const struct expr_key_attribute *attribute =
            sort ? &key->sort[i - key->partition_count] : &key->partition[i];

        rc = attribute->name.len > KEY_NAME_BYTES_MAX
                 ? refuse_name(reterr)
                 : schema_index_add_key(schema, index, sort, attribute->name, attribute->type);
    }
    return rc;
}

/* Source: Service quotas. Each index counts its attributes for itself. */
static int check_included(struct api_error *reterr, const struct schema *schema)
{
    uint32_t included = 0;

    for (uint32_t i = 0; i < schema->index_count; i++)
        included += schema->indexes[i].included_count;
    if (included <= TABLE_INCLUDED_MAX)
        return 0;
    return api_refuse(reterr, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS
                      "Number of attributes projected into all secondary indexes exceeds the "
                      "per-table limit of %d",
                      TABLE_INCLUDED_MAX);
}

int schema_add_index(struct api_error *reterr, struct schema *schema,
                     const struct index_definition *definition, struct schema_index **ret_index)
{
    struct schema_index *index = schema_index_add(schema, definition->name, definition->global);
    int rc;

    if (index == NULL)
        return ST_NOMEM;
    index->projection = definition->projection;
    rc = add_keys(reterr, schema, index, &definition->key);
    for (uint32_t i = 0; i < definition->included_count && rc == 0; i++)
        rc = definition->included[i].len > KEY_NAME_BYTES_MAX
                 ? refuse_name(reterr)
                 : schema_index_include(schema, index, definition->included[i]);
    if (rc == 0)
        rc = check_included(reterr, schema);
    if (rc < 0)
        return rc;
    index_set_throughput(index, &definition->throughput);
    *ret_index = index;
    return 0;
}

void index_set_throughput(struct schema_index *index, const struct index_throughput *throughput)
{
    index->read_units = throughput->read_units;
    index->write_units = throughput->write_units;
    index->on_demand_read_max = throughput->on_demand_read_max;
    index->on_demand_write_max = throughput->on_demand_write_max;
    index->warm_read = throughput->warm_read;
    index->warm_write = throughput->warm_write;
}
