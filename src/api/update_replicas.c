/*
 * update_replicas.c - UpdateTable with ReplicaUpdates: adding, changing and removing replicas.
 *
 * Here are the checks that need no table (steps 3 to 5 of global-tables.md section 2.2);
 * replication makes those that need the group, and the change itself. Texts: section 2.11, E-01 to
 * E-04, E-12.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api/shapes.h"
#include "api/update_table.h"

/* AttributeDefinitions are tolerated beside a replica change. */
static const uint8_t others[] = {
    UPDATE_TABLE_BILLING_MODE,
    UPDATE_TABLE_PROVISIONED_THROUGHPUT,
    UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES,
    UPDATE_TABLE_STREAM_SPECIFICATION,
    UPDATE_TABLE_SSE_SPECIFICATION,
    UPDATE_TABLE_TABLE_CLASS,
    UPDATE_TABLE_DELETION_PROTECTION,
    UPDATE_TABLE_ON_DEMAND_THROUGHPUT,
    UPDATE_TABLE_WARM_THROUGHPUT,
    UPDATE_TABLE_SETTINGS_REPLICATION_MODE,
    UPDATE_TABLE_DISASSOCIATION_PROTECTION,
    UPDATE_TABLE_VECTOR_INDEX_UPDATES,
};

static int refuse_others(struct call *call)
{
    bool consistency = input_has(&call->input, UPDATE_TABLE_MULTI_REGION_CONSISTENCY) ||
                       input_has(&call->input, UPDATE_TABLE_WITNESS_UPDATES);

    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        if (!input_has(&call->input, others[i]))
            continue;
        if (consistency)
            return api_refuse(&call->error, API_VALIDATION,
                              "Requests that modify replicas or witnesses must not also modify "
                              "other fields");
        return api_refuse(&call->error, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "Replica modification must be the only operation in the request");
    }
    return 0;
}

/* One element of the list. */
struct replica_action {
    unsigned kind; /* enum replica_update_member */
    struct input members;
    struct json json;
};

static int refuse_empty(struct call *call)
{
    return api_refuse(&call->error, API_VALIDATION,
                      "There are no actions specified in the Replica Update Action of the "
                      "request.");
}

static int read_action(struct call *call, struct json element, struct replica_action *ret_action)
{
    static const struct shape *const shapes[] = {
        [REPLICA_UPDATE_CREATE] = &shape_create_replica_action,
        [REPLICA_UPDATE_UPDATE] = &shape_update_replica_action,
        [REPLICA_UPDATE_DELETE] = &shape_delete_replica_action,
    };
    struct input update;
    int rc = shape_read(&shape_replication_group_update, element, &update, &call->error);

    if (rc < 0)
        return rc;
    if (__builtin_popcount(update.present) > 1)
        return api_refuse(&call->error, API_VALIDATION,
                          "Update table operation with more than one type of replica actions not "
                          "allowed.");
    if (update.present == 0)
        return refuse_empty(call);
    if (input_has(&update, REPLICA_UPDATE_DISASSOCIATE))
        return call_refuse_not_yet(call, "Disassociate");
    ret_action->kind = (unsigned)__builtin_ctz(update.present);
    ret_action->json = input_json(&update, ret_action->kind);
    rc = shape_read(shapes[ret_action->kind], ret_action->json, &ret_action->members, &call->error);
    if (rc < 0)
        return rc;
    if (ret_action->kind == REPLICA_UPDATE_UPDATE &&
        ret_action->members.present == BIT(REPLICA_ACTION_REGION_NAME))
        return refuse_empty(call);
    return 0;
}

static bool same_json(struct call *call, struct json a, struct json b)
{
    struct json_iterator iterator = json_iterate(a);
    struct slice name;
    struct json left, right;

    if (json_type(a) != json_type(b))
        return false;
    switch (json_type(a)) {
    case JSON_STRING:
        return slice_eq(json_string(a), json_string(b));
    case JSON_NUMBER:
        return json_double(a) == json_double(b);
    case JSON_BOOL:
        return json_bool(a) == json_bool(b);
    case JSON_OBJECT:
        if (json_count(a) != json_count(b))
            return false;
        while (json_next(&iterator, &name, &left))
            if (!json_member(b, name, &right) || !same_json(call, left, right))
                return false;
        return true;
    default:
        return json_type(a) == JSON_NULL;
    }
}

static int read_units(struct call *call, const struct input *members, uint32_t member,
                      const struct shape *shape, int64_t *ret_units)
{
    struct input inner;
    int rc;

    *ret_units = INT64_MIN;
    if (!input_has(members, member))
        return 0;
    rc = shape_read(shape, input_json(members, member), &inner, &call->error);
    if (rc == 0)
        *ret_units = input_integer(&inner, OVERRIDE_UNITS, INT64_MIN);
    return rc;
}

/** One element of GlobalSecondaryIndexes; the index is not looked for yet. */
static int read_index(struct call *call, struct json json, struct slice *ret_name,
                      struct index_override *ret_override)
{
    struct input members;
    int rc = shape_read(&shape_replica_index, json, &members, &call->error);

    if (rc < 0)
        return rc;
    *ret_name = input_string(&members, REPLICA_INDEX_NAME);
    rc = read_units(call, &members, REPLICA_INDEX_PROVISIONED_THROUGHPUT_OVERRIDE,
                    &shape_provisioned_throughput_override, &ret_override->read_units);
    if (rc < 0)
        return rc;
    return read_units(call, &members, REPLICA_INDEX_ON_DEMAND_THROUGHPUT_OVERRIDE,
                      &shape_on_demand_throughput_override, &ret_override->on_demand_read_max);
}

/** An index without anything to change is no action (L-05). */
static int check_indexes(struct call *call, struct json list)
{
    struct json_iterator iterator = json_iterate(list);
    struct json element;

    while (json_next(&iterator, NULL, &element)) {
        struct index_override override;
        struct slice name;
        int rc = read_index(call, element, &name, &override);

        if (rc == 0 && override.read_units == INT64_MIN && override.on_demand_read_max == INT64_MIN)
            rc = refuse_empty(call);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/** The indexes by their ids, now that the table is known. In a Create unknown ones are passed over
 * (L-29). */
static int find_indexes(struct update_table *update)
{
    struct call *call = update->call;
    struct replica_overrides *overrides = &update->request.overrides;
    struct json_iterator iterator = json_iterate(update->indexes);
    struct json element;

    while (json_next(&iterator, NULL, &element)) {
        struct index_override override;
        const struct schema_index *index;
        struct slice name;
        int rc = read_index(call, element, &name, &override);

        if (rc < 0)
            return rc;
        index = schema_index(call->schema, name);
        if (index == NULL || !index->global) {
            if (update->request.kind == REQUEST_CREATE_REPLICA)
                continue;
            return api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_NOT_FOUND);
        }
        if (overrides->index_count == ARRAY_LEN(overrides->indexes))
            break; /* more than a table can have: some are named twice */
        override.index = index->id;
        overrides->indexes[overrides->index_count++] = override;
    }
    return 0;
}

static int read_overrides(struct update_table *update, const struct input *members,
                          struct replica_overrides *ret_overrides)
{
    struct call *call = update->call;
    struct replica_overrides overrides = {
        .read_units = INT64_MIN, .on_demand_read_max = INT64_MIN, .table_class = CLASS_UNSET};
    int rc = read_units(call, members, REPLICA_ACTION_PROVISIONED_THROUGHPUT_OVERRIDE,
                        &shape_provisioned_throughput_override, &overrides.read_units);

    if (rc == 0)
        rc = read_units(call, members, REPLICA_ACTION_ON_DEMAND_THROUGHPUT_OVERRIDE,
                        &shape_on_demand_throughput_override, &overrides.on_demand_read_max);
    if (rc < 0)
        return rc;
    if (input_has(members, REPLICA_ACTION_TABLE_CLASS_OVERRIDE))
        (void)table_class_of(input_string(members, REPLICA_ACTION_TABLE_CLASS_OVERRIDE),
                             &overrides.table_class);
    *ret_overrides = overrides;
    update->with_indexes = input_has(members, REPLICA_ACTION_GLOBAL_SECONDARY_INDEXES);
    if (!update->with_indexes)
        return 0;
    update->indexes = input_json(members, REPLICA_ACTION_GLOBAL_SECONDARY_INDEXES);
    return check_indexes(call, update->indexes);
}

static int accept_action(struct update_table *update, const struct replica_action *action)
{
    struct call *call = update->call;
    struct replication_request *request = &update->request;
    struct slice region = input_string(&action->members, REPLICA_ACTION_REGION_NAME);

    if (region.len >= sizeof(request->target))
        return api_refuse(&call->error, API_VALIDATION, "Region %.*s is not supported.",
                          SLICE_ARGS(region));
    snprintf(request->target, sizeof(request->target), "%.*s", SLICE_ARGS(region));
    update->with_key = input_has(&action->members, REPLICA_ACTION_KMS_MASTER_KEY_ID) &&
                       action->kind != REPLICA_UPDATE_DELETE;
    request->overrides = (struct replica_overrides){
        .read_units = INT64_MIN, .on_demand_read_max = INT64_MIN, .table_class = CLASS_UNSET};
    switch (action->kind) {
    case REPLICA_UPDATE_CREATE:
        request->kind = REQUEST_CREATE_REPLICA;
        return read_overrides(update, &action->members, &request->overrides);
    case REPLICA_UPDATE_UPDATE:
        request->kind = REQUEST_UPDATE_REPLICA;
        return read_overrides(update, &action->members, &request->overrides);
    default:
        request->kind = REQUEST_DELETE_REPLICA;
        return 0;
    }
}

int update_replicas_prepare(struct update_table *update)
{
    struct call *call = update->call;
    struct json list = input_json(&call->input, UPDATE_TABLE_REPLICA_UPDATES);
    struct json_iterator iterator = json_iterate(list);
    struct replica_action first, action;
    struct json element;
    unsigned count = 0;
    bool moves = false; /* a Create or a Delete was met */
    int rc = refuse_others(call);

    if (rc < 0)
        return rc;
    while (json_next(&iterator, NULL, &element)) {
        rc = read_action(call, element, &action);
        if (rc < 0)
            return rc;
        if (count > 0 && action.kind == REPLICA_UPDATE_CREATE && first.kind == action.kind &&
            same_json(call, first.json, action.json))
            continue; /* the same Create twice is one */
        if (action.kind != REPLICA_UPDATE_UPDATE && moves)
            return api_refuse(&call->error, API_VALIDATION,
                              "Update table operation with more than one create or delete replica "
                              "actions not allowed");
        moves = moves || action.kind != REPLICA_UPDATE_UPDATE;
        if (count++ == 0)
            first = action;
    }
    if (count > 1)
        return call_refuse_not_yet(call, "several replica actions in one request");
    if (input_has(&call->input, UPDATE_TABLE_WITNESS_UPDATES))
        return call_refuse_not_yet(call, "GlobalTableWitnessUpdates");
    if (slice_eq_str(input_string(&call->input, UPDATE_TABLE_MULTI_REGION_CONSISTENCY), "STRONG"))
        return call_refuse_not_yet(call, "MultiRegionConsistency STRONG");
    return accept_action(update, &first);
}

static void on_requested(struct replication_request *request, enum replication_error error)
{
    struct call *call = CONTAINER_OF(request, struct update_table, request)->call;

    if (error != REPLICATION_OK) {
        call_fail(call, control_refuse_replication(call, request, error));
        return;
    }
    control_renew_schema(call);
    control_answer(call, TABLE_UPDATING);
}

void update_replicas_run(struct update_table *update)
{
    struct call *call = update->call;
    struct replication_request *request = &update->request;
    int rc;

    if (call->region->replication == NULL) {
        call_fail(call, call_refuse_not_yet(call, "ReplicaUpdates without other Regions"));
        return;
    }
    if (update->with_key) { /* every table has a key that the service owns */
        call_fail(call, api_refuse(&call->error, API_VALIDATION,
                                   MESSAGE_INVALID_PARAMETERS
                                   "KMSMasterKeyId must be specified for each replica."));
        return;
    }
    rc = update->with_indexes ? find_indexes(update) : 0;
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    snprintf(request->table, sizeof(request->table), "%s", call->schema->name);
    request->strand = call->http->strand;
    request->on_done = on_requested;
    replication_request(call->region->replication, request);
}
