/*
 * update_indexes.c - see update_indexes.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/update_indexes.h"

#include "api/index_definition.h"
#include "api/shapes.h"
#include "api/throughput.h"

/* One element of GlobalSecondaryIndexUpdates. */
struct index_change {
    unsigned kind; /* enum index_update_member */
    struct json json;
    struct slice name;
};

static int read_change(struct call *call, struct json element, struct index_change *ret_change)
{
    struct input input;
    struct json name;
    int rc = shape_read(&shape_index_update, element, &input, &call->error);
    unsigned given = 0;

    if (rc < 0)
        return rc;
    for (unsigned kind = INDEX_UPDATE_UPDATE; kind <= INDEX_UPDATE_DELETE; kind++) {
        if (!input_has(&input, kind))
            continue;
        given++;
        ret_change->kind = kind;
        ret_change->json = input_json(&input, kind);
    }
    if (given == 0)
        return api_refuse(&call->error, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "One of GlobalSecondaryIndexUpdate.Update, "
                          "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete "
                          "must not be null");
    if (given > 1)
        return api_refuse(&call->error, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "Only one of GlobalSecondaryIndexUpdate.Update, "
                          "GlobalSecondaryIndexUpdate.Create, GlobalSecondaryIndexUpdate.Delete "
                          "may be specified");
    ret_change->name =
        json_member(ret_change->json, SLICE("IndexName"), &name) ? json_string(name) : SLICE_EMPTY;
    return 0;
}

static struct json_iterator iterate_changes(const struct call *call)
{
    return json_iterate(input_json(&call->input, UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES));
}

int update_indexes_prepare(struct call *call)
{
    struct json_iterator iterator;
    struct json element;
    uint32_t count = 0;
    struct slice *names;

    if (!input_has(&call->input, UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES))
        return 0;
    names = ARENA_ARRAY(
        call->arena, struct slice,
        json_count(input_json(&call->input, UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES)) + 1);
    if (names == NULL)
        return ST_NOMEM;
    iterator = iterate_changes(call);
    while (json_next(&iterator, NULL, &element)) {
        struct index_change change;
        int rc = read_change(call, element, &change);

        if (rc < 0)
            return rc;
        for (uint32_t i = 0; i < count; i++)
            if (slice_eq(names[i], change.name))
                return api_refuse(&call->error, API_VALIDATION,
                                  MESSAGE_INVALID_PARAMETERS
                                  "Only one global secondary index update per index is allowed "
                                  "simultaneously. Index: %.*s",
                                  SLICE_ARGS(change.name));
        names[count++] = change.name;
    }
    return 0;
}

/* ---- states ---- */

static const char *const doing[] = {
    [INDEX_CREATING] = "created", [INDEX_UPDATING] = "updated", [INDEX_DELETING] = "deleted"};

static int refuse_index_busy(struct call *call, const struct schema_index *index)
{
    return api_refuse(&call->error, API_RESOURCE_IN_USE,
                      "Attempt to change a resource which is still in use: Index is being %s.  "
                      "Table: %s Index: %s",
                      doing[index->status], call->schema->name, index->name);
}

bool update_indexes_online(const struct call *call)
{
    struct json_iterator iterator;
    struct json element, member;
    bool online = false;

    if (!input_has(&call->input, UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES))
        return false;
    iterator = iterate_changes(call);
    while (!online && json_next(&iterator, NULL, &element))
        online = (json_member(element, SLICE("Create"), &member) ||
                  json_member(element, SLICE("Delete"), &member)) &&
                 json_type(member) != JSON_NULL;
    return online;
}

int indexes_refuse_busy(struct call *call)
{
    for (uint32_t i = 0; i < call->schema->index_count; i++)
        if (call->schema->indexes[i].status != INDEX_ACTIVE)
            return api_refuse(&call->error, API_RESOURCE_IN_USE,
                              "Attempt to change a resource which is still in use: Cannot delete "
                              "table while indexes are being created, updated, or deleted.");
    return 0;
}

/* One index at a time is created or deleted, but the one that is being filled may be given up. */
static int check_online(struct call *call, const struct index_change *change)
{
    const struct schema *schema = call->schema;

    for (uint32_t i = 0; i < schema->index_count; i++) {
        const struct schema_index *index = &schema->indexes[i];
        bool given_up = change->kind == INDEX_UPDATE_DELETE && index->status == INDEX_CREATING &&
                        slice_eq_str(change->name, index->name);

        if ((index->status == INDEX_CREATING || index->status == INDEX_DELETING) && !given_up)
            return api_refuse(&call->error, API_LIMIT_EXCEEDED, MESSAGE_ONE_ONLINE_INDEX);
    }
    return 0;
}

/* The index of a change, which must be a global one. */
static int find_index(struct call *call, struct schema *wanted, struct slice name,
                      struct schema_index **ret_index)
{
    *ret_index = schema_index(wanted, name);
    if (*ret_index == NULL || !(*ret_index)->global)
        return api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_NOT_FOUND);
    return 0;
}

/* ---- the three changes ---- */

static int create_index(struct call *call, struct schema *wanted, const struct index_change *change)
{
    struct attribute_definitions definitions;
    struct index_definition definition;
    struct schema_index *index;
    uint32_t globals = 0;
    int rc;

    if (schema_index(wanted, change->name) != NULL)
        return api_refuse(&call->error, API_VALIDATION,
                          "Attempting to create an index which already exists");
    rc = attribute_definitions_read(&call->error,
                                    input_has(&call->input, UPDATE_TABLE_ATTRIBUTE_DEFINITIONS)
                                        ? &call->input.members[UPDATE_TABLE_ATTRIBUTE_DEFINITIONS]
                                        : NULL,
                                    &definitions);
    if (rc == 0)
        rc = attribute_definitions_check_schema(&call->error, &definitions, wanted);
    if (rc == 0)
        rc = index_definition_of_create(&call->error, change->json, wanted->billing, &definitions,
                                        &definition);
    if (rc < 0)
        return rc;
    for (uint32_t i = 0; i < wanted->index_count; i++)
        globals += wanted->indexes[i].global;
    if (globals >= TABLE_GLOBAL_INDEXES_MAX)
        return api_refuse(&call->error, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS MESSAGE_GLOBAL_INDEXES_MAX,
                          TABLE_GLOBAL_INDEXES_MAX);
    rc = schema_add_index(&call->error, wanted, &definition, &index);
    if (rc < 0)
        return rc;
    index->status = INDEX_CREATING;
    index->created_ms = call_wall_ms(call);
    return 0;
}

static int delete_index(struct call *call, struct schema *wanted, const struct index_change *change)
{
    struct schema_index *index;
    int rc = find_index(call, wanted, change->name, &index);

    if (rc < 0)
        return rc;
    if (index->status == INDEX_UPDATING || index->status == INDEX_DELETING ||
        (index->status == INDEX_CREATING && !index->backfilling))
        return refuse_index_busy(call, index);
    index->status = INDEX_DELETING;
    index->backfilling = false;
    return 0;
}

static int refuse_unchanged(struct call *call, const struct schema_index *index,
                            const struct index_throughput *throughput)
{
    return api_refuse(
        &call->error, API_VALIDATION,
        "The provisioned throughput for the index %s will not change. The requested value equals "
        "the current value. Current ReadCapacityUnits provisioned for the index: %lld. Requested "
        "ReadCapacityUnits: %lld. Current WriteCapacityUnits provisioned for the index: %lld. "
        "Requested WriteCapacityUnits: %lld. Refer to the Amazon DynamoDB Developer Guide for "
        "current limits and how to request higher limits.",
        index->name, (long long)index->read_units, (long long)throughput->read_units,
        (long long)index->write_units, (long long)throughput->write_units);
}

/* What is provisioned now, and when that became more or less. */
static int note_change(struct call *call, struct schema_index *index,
                       const struct index_throughput *throughput)
{
    struct throughput_decreases decreases = {index->throughput_decreased_ms,
                                             (uint32_t)index->throughput_decreases};
    int rc;

    if (throughput->read_units > index->read_units || throughput->write_units > index->write_units)
        index->throughput_increased_ms = call_wall_ms(call);
    if (throughput->read_units >= index->read_units &&
        throughput->write_units >= index->write_units)
        return 0;
    rc = throughput_decrease(call, &decreases);
    index->throughput_decreased_ms = decreases.last_ms;
    index->throughput_decreases = decreases.count;
    return rc;
}

static int update_index(struct call *call, struct schema *wanted, const struct index_change *change)
{
    bool mode_changes = wanted->billing != call->schema->billing;
    struct index_throughput throughput;
    struct schema_index *index;
    struct warm warm;
    struct input input;
    int rc = find_index(call, wanted, change->name, &index);

    if (rc == 0)
        rc = shape_read(&shape_update_index_action, change->json, &input, &call->error);
    if (rc < 0)
        return rc;
    if (index->status == INDEX_UPDATING || index->status == INDEX_DELETING)
        return refuse_index_busy(call, index);
    if (index->status == INDEX_CREATING && !index->backfilling)
        return api_refuse(&call->error, API_VALIDATION,
                          "This operation cannot be performed with given input values. Please "
                          "contact DynamoDB service team for more info: Action Blocked: "
                          "IndexUpdate");
    warm = warm_of_index(wanted, index);
    throughput = (struct index_throughput){
        .read_units = index->read_units,
        .write_units = index->write_units,
        .on_demand_read_max = index->on_demand_read_max,
        .on_demand_write_max = index->on_demand_write_max,
        .warm_read = warm.read,
        .warm_write = warm.write,
    };
    rc = index_throughput_read(&call->error, &input, UPDATE_INDEX_PROVISIONED_THROUGHPUT,
                               change->name, wanted->billing, &throughput);
    if (rc < 0)
        return rc;
    if (!mode_changes && input_has(&input, UPDATE_INDEX_PROVISIONED_THROUGHPUT) &&
        throughput.read_units == index->read_units && throughput.write_units == index->write_units)
        return refuse_unchanged(call, index, &throughput);
    rc = note_change(call, index, &throughput);
    if (rc < 0)
        return rc;
    index_set_throughput(index, &throughput);
    return 0;
}

/* ---- all of them ---- */

/* What is warm stays so. */
static void follow_billing(const struct schema *now, struct schema *wanted)
{
    for (uint32_t i = 0; i < wanted->index_count; i++) {
        struct schema_index *index = &wanted->indexes[i];
        struct warm warm = warm_of_index(now, index);

        index->warm_read = warm.read;
        index->warm_write = warm.write;
        if (wanted->billing == BILLING_PAY_PER_REQUEST)
            index->read_units = index->write_units = 0;
        else
            index->on_demand_read_max = index->on_demand_write_max = -1;
    }
}

/* A provisioned table has provisioned indexes. */
static int check_provisioned(struct call *call, const struct schema *wanted)
{
    for (uint32_t i = 0; i < wanted->index_count; i++) {
        const struct schema_index *index = &wanted->indexes[i];

        if (index->global && index->status != INDEX_DELETING && index->read_units == 0)
            return api_refuse(&call->error, API_VALIDATION,
                              MESSAGE_INVALID_PARAMETERS
                              "ProvisionedThroughput must be specified for index: %s",
                              index->name);
    }
    return 0;
}

int update_indexes_change(struct call *call, struct schema *wanted)
{
    bool listed = input_has(&call->input, UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES);
    struct json_iterator iterator;
    struct json element;
    uint32_t online = 0;
    int rc = 0;

    if (wanted->billing != call->schema->billing)
        follow_billing(call->schema, wanted);
    if (listed)
        iterator = iterate_changes(call);
    while (listed && rc == 0 && json_next(&iterator, NULL, &element)) {
        struct index_change change;

        rc = read_change(call, element, &change);
        if (rc == 0 && change.kind != INDEX_UPDATE_UPDATE) {
            rc = check_online(call, &change);
            if (rc == 0 && ++online > 1)
                rc = api_refuse(&call->error, API_LIMIT_EXCEEDED, MESSAGE_ONE_ONLINE_INDEX);
        }
        if (rc == 0)
            rc = change.kind == INDEX_UPDATE_CREATE   ? create_index(call, wanted, &change)
                 : change.kind == INDEX_UPDATE_DELETE ? delete_index(call, wanted, &change)
                                                      : update_index(call, wanted, &change);
    }
    if (rc == 0 && wanted->billing == BILLING_PROVISIONED)
        rc = check_provisioned(call, wanted);
    return rc;
}
