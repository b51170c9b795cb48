/*
 * update_table.c - UpdateTable of settings: billing, throughput, stream, class, deletion
 * protection; indexes are in update_indexes.c. Checks in the order of dynamodb-tables-streams.md
 * section 4.
 *
 * A wanted schema is made from the newest one and put in its place; when another change was faster,
 * both the checks and the change are made again on what it left. On a member of a global table the
 * wanted schema goes to replication, which carries the synchronised settings to all members.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api/shapes.h"
#include "api/table_description.h"
#include "api/throughput.h"
#include "api/update_indexes.h"
#include "api/update_table.h"

static const uint8_t order[] = {
    UPDATE_TABLE_ATTRIBUTE_DEFINITIONS,    UPDATE_TABLE_BILLING_MODE,
    UPDATE_TABLE_PROVISIONED_THROUGHPUT,   UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES,
    UPDATE_TABLE_STREAM_SPECIFICATION,     UPDATE_TABLE_SSE_SPECIFICATION,
    UPDATE_TABLE_REPLICA_UPDATES,          UPDATE_TABLE_TABLE_CLASS,
    UPDATE_TABLE_MULTI_REGION_CONSISTENCY, UPDATE_TABLE_WARM_THROUGHPUT,
};
const struct constraint_plan update_table_plan = {.order = order,
                                                  .count = ARRAY_LEN(order),
                                                  .control = CONTROL_TABLE_NAMED,
                                                  .control_member = UPDATE_TABLE_TABLE_NAME};

/* What counts as a change of the table. */
static const uint8_t changes[] = {
    UPDATE_TABLE_BILLING_MODE,
    UPDATE_TABLE_PROVISIONED_THROUGHPUT,
    UPDATE_TABLE_STREAM_SPECIFICATION,
    UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES,
    UPDATE_TABLE_SSE_SPECIFICATION,
    UPDATE_TABLE_REPLICA_UPDATES,
    UPDATE_TABLE_TABLE_CLASS,
    UPDATE_TABLE_DELETION_PROTECTION,
    UPDATE_TABLE_ON_DEMAND_THROUGHPUT,
    UPDATE_TABLE_WARM_THROUGHPUT,
    UPDATE_TABLE_VECTOR_INDEX_UPDATES,
    UPDATE_TABLE_SETTINGS_REPLICATION_MODE,
    UPDATE_TABLE_DISASSOCIATION_PROTECTION,
    UPDATE_TABLE_WITNESS_UPDATES,
};

static const uint8_t later[] = {
    UPDATE_TABLE_VECTOR_INDEX_UPDATES,      UPDATE_TABLE_SETTINGS_REPLICATION_MODE,
    UPDATE_TABLE_DISASSOCIATION_PROTECTION, UPDATE_TABLE_WITNESS_UPDATES,
    UPDATE_TABLE_MULTI_REGION_CONSISTENCY,
};

static int refuse_invalid(struct call *call, const char *text)
{
    return api_refuse(&call->error, API_VALIDATION, MESSAGE_INVALID_PARAMETERS "%s", text);
}

/* ---- before the table is known ---- */

static int check_billing(struct call *call)
{
    bool throughput = input_has(&call->input, UPDATE_TABLE_PROVISIONED_THROUGHPUT);
    struct slice mode = input_string(&call->input, UPDATE_TABLE_BILLING_MODE);
    int64_t read_units, write_units;

    if (slice_eq_str(mode, "PROVISIONED") && !throughput)
        return refuse_invalid(call, "ProvisionedThroughput must be specified when BillingMode is "
                                    "PROVISIONED");
    if (!throughput)
        return 0;
    return table_read_throughput(call, UPDATE_TABLE_PROVISIONED_THROUGHPUT, &read_units,
                                 &write_units);
}

static int check_stream(struct call *call)
{
    struct input input;
    int rc;

    if (!input_has(&call->input, UPDATE_TABLE_STREAM_SPECIFICATION))
        return 0;
    rc = shape_read(&shape_stream_specification,
                    input_json(&call->input, UPDATE_TABLE_STREAM_SPECIFICATION), &input,
                    &call->error);
    if (rc < 0)
        return rc;
    if (!input_bool(&input, STREAM_ENABLED, false) && input_has(&input, STREAM_VIEW_TYPE))
        return refuse_invalid(call, "If stream is being disabled, then UpdateViewType must not be "
                                    "specified");
    if (input_bool(&input, STREAM_ENABLED, false) && !input_has(&input, STREAM_VIEW_TYPE))
        return refuse_invalid(call, "If stream is being enabled, then UpdateViewType must be "
                                    "specified");
    if (input_has(&call->input, UPDATE_TABLE_PROVISIONED_THROUGHPUT))
        return refuse_invalid(call, "You cannot modify stream status while updating table IOPS");
    return 0;
}

/* An empty list asks for nothing. */
static bool asks_for(const struct call *call, unsigned member)
{
    return input_has(&call->input, member) &&
           (json_type(input_json(&call->input, member)) != JSON_ARRAY ||
            json_count(input_json(&call->input, member)) > 0);
}

/* One heavy kind of change in a request: throughput, stream, or one index made or deleted.
 * Throughput and stream together are check_stream()'s. */
static int check_kinds(struct call *call)
{
    if (!update_indexes_online(call))
        return 0;
    if (input_has(&call->input, UPDATE_TABLE_PROVISIONED_THROUGHPUT))
        return refuse_invalid(call, "You cannot create or delete an index while updating table "
                                    "IOPS");
    if (input_has(&call->input, UPDATE_TABLE_STREAM_SPECIFICATION))
        return refuse_invalid(call, "You cannot modify stream status while creating or deleting an "
                                    "index");
    return 0;
}

int update_table_prepare(struct call *call)
{
    struct update_table *update = ARENA_NEW(call->arena, struct update_table);
    bool any = false;
    int rc;

    if (update == NULL)
        return ST_NOMEM;
    update->call = call;
    call->state = update;
    for (size_t i = 0; i < ARRAY_LEN(changes); i++)
        any = any || asks_for(call, changes[i]);
    if (!any)
        return api_refuse(&call->error, API_VALIDATION,
                          "At least one of ProvisionedThroughput, BillingMode, "
                          "UpdateStreamEnabled, GlobalSecondaryIndexUpdates or SSESpecification "
                          "or ReplicaUpdates is required");
    update->replicas = input_has(&call->input, UPDATE_TABLE_REPLICA_UPDATES);
    if (update->replicas)
        return update_replicas_prepare(update);
    rc = check_billing(call);
    if (rc < 0)
        return rc;
    rc = update_indexes_prepare(call);
    if (rc < 0)
        return rc;
    rc = check_stream(call);
    if (rc == 0)
        rc = check_kinds(call);
    if (rc < 0)
        return rc;
    rc = call_refuse_later(call, &call->input, later, ARRAY_LEN(later));
    return rc < 0 ? rc : table_refuse_sse(call, UPDATE_TABLE_SSE_SPECIFICATION);
}

/* ---- the wanted schema ---- */

static int change_throughput(struct call *call, struct schema *wanted, bool mode_changes)
{
    const struct schema *now = call->schema;
    int64_t read_units, write_units;
    int rc;

    if (!input_has(&call->input, UPDATE_TABLE_PROVISIONED_THROUGHPUT))
        return 0;
    if (wanted->billing == BILLING_PAY_PER_REQUEST)
        return refuse_invalid(call, "Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                                    "specified when BillingMode is PAY_PER_REQUEST");
    rc =
        table_read_throughput(call, UPDATE_TABLE_PROVISIONED_THROUGHPUT, &read_units, &write_units);
    if (rc < 0)
        return rc;
    if (!mode_changes && read_units == now->read_units && write_units == now->write_units)
        return api_refuse(&call->error, API_VALIDATION,
                          "The provisioned throughput for the table will not change. The "
                          "requested value equals the current value. Current ReadCapacityUnits "
                          "provisioned for the table: %lld. Requested ReadCapacityUnits: %lld. "
                          "Current WriteCapacityUnits provisioned for the table: %lld. Requested "
                          "WriteCapacityUnits: %lld. Refer to the Amazon DynamoDB Developer Guide "
                          "for current limits and how to request higher limits.",
                          (long long)now->read_units, (long long)read_units,
                          (long long)now->write_units, (long long)write_units);
    if (read_units > now->read_units || write_units > now->write_units)
        wanted->throughput_increased_ms = call_wall_ms(call);
    if (read_units < now->read_units || write_units < now->write_units) {
        struct throughput_decreases decreases = {now->throughput_decreased_ms,
                                                 now->throughput_decreases};

        rc = throughput_decrease(call, &decreases);
        if (rc < 0)
            return rc;
        wanted->throughput_decreased_ms = decreases.last_ms;
        wanted->throughput_decreases = decreases.count;
    }
    wanted->read_units = read_units;
    wanted->write_units = write_units;
    return 0;
}

static int change_billing(struct call *call, struct schema *wanted)
{
    bool changes_mode;

    if (input_has(&call->input, UPDATE_TABLE_BILLING_MODE))
        (void)billing_mode_of(input_string(&call->input, UPDATE_TABLE_BILLING_MODE),
                              &wanted->billing);
    changes_mode = wanted->billing != call->schema->billing;
    if (changes_mode && wanted->billing == BILLING_PAY_PER_REQUEST) {
        int rc = throughput_switch_on_demand(call, wanted);

        if (rc < 0)
            return rc;
        wanted->read_units = wanted->write_units = 0;
    }
    if (changes_mode && wanted->billing == BILLING_PROVISIONED)
        wanted->on_demand_read_max = wanted->on_demand_write_max = -1;
    return change_throughput(call, wanted, changes_mode);
}

/* Warm throughput stays when provisioned throughput goes down, and rises with it. */
static int change_warm(struct call *call, struct schema *wanted)
{
    struct warm before = warm_of_table(call->schema), warm;
    int rc = 0;

    if (before.read > wanted->warm_read)
        wanted->warm_read = before.read;
    if (before.write > wanted->warm_write)
        wanted->warm_write = before.write;
    warm = warm_of_table(wanted);
    if (input_has(&call->input, UPDATE_TABLE_WARM_THROUGHPUT))
        rc = warm_read(&call->error, input_json(&call->input, UPDATE_TABLE_WARM_THROUGHPUT),
                       "table", &warm);
    wanted->warm_read = warm.read;
    wanted->warm_write = warm.write;
    return rc;
}

static int change_class(struct call *call, struct schema *wanted)
{
    if (!input_has(&call->input, UPDATE_TABLE_TABLE_CLASS))
        return 0;
    (void)table_class_of(input_string(&call->input, UPDATE_TABLE_TABLE_CLASS),
                         &wanted->table_class);
    if (wanted->table_class == call->schema->table_class ||
        (wanted->table_class == CLASS_STANDARD && call->schema->table_class == CLASS_UNSET))
        return 0; /* that is what it was */
    return throughput_change_class(call, wanted);
}

static int change_on_demand(struct call *call, struct schema *wanted)
{
    struct input input;
    int rc;

    if (!input_has(&call->input, UPDATE_TABLE_ON_DEMAND_THROUGHPUT))
        return 0;
    if (wanted->billing == BILLING_PAY_PER_REQUEST)
        return table_read_on_demand(call, UPDATE_TABLE_ON_DEMAND_THROUGHPUT,
                                    &wanted->on_demand_read_max, &wanted->on_demand_write_max);
    rc = shape_read(&shape_on_demand_throughput,
                    input_json(&call->input, UPDATE_TABLE_ON_DEMAND_THROUGHPUT), &input,
                    &call->error);
    if (rc < 0 || input.present == 0)
        return rc;
    return api_refuse(&call->error, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS
                      "%s for OnDemandThroughput cannot be specified when the table BillingMode is "
                      "PROVISIONED",
                      input_has(&input, ON_DEMAND_READ) ? "MaxReadRequestUnits"
                                                        : "MaxWriteRequestUnits");
}

static int change_stream(struct call *call, struct schema *wanted)
{
    enum stream_view view = STREAM_KEYS_ONLY;
    struct input input;
    bool enable;
    int rc;

    if (!input_has(&call->input, UPDATE_TABLE_STREAM_SPECIFICATION))
        return 0;
    rc = shape_read(&shape_stream_specification,
                    input_json(&call->input, UPDATE_TABLE_STREAM_SPECIFICATION), &input,
                    &call->error);
    if (rc < 0)
        return rc;
    enable = input_bool(&input, STREAM_ENABLED, false);
    if (call->schema->global && !enable) /* E-10 */
        return refuse_invalid(call, "Disabling Stream is not allowed for a Global Table replica.");
    if (enable && schema_stream(wanted) != NULL) /* E-11 as well */
        return api_refuse(&call->error, API_VALIDATION,
                          "Table already has an enabled stream: TableName: %s", wanted->name);
    if (!enable && schema_stream(wanted) == NULL)
        return api_refuse(&call->error, API_VALIDATION,
                          "Table does not have an enabled stream: TableName: %s", wanted->name);
    if (!enable) {
        schema_stream_disable(wanted, call_wall_ms(call));
        return 0;
    }
    (void)stream_view_of(input_string(&input, STREAM_VIEW_TYPE), &view);
    rc = schema_stream_enable(wanted, view, call_wall_ms(call));
    if (rc == ST_TOOBIG)
        return api_refuse(&call->error, API_LIMIT_EXCEEDED,
                          "Subscriber limit exceeded: A table may have %d streams of the last 24 "
                          "hours",
                          TABLE_STREAMS_MAX);
    return rc;
}

static int make_wanted(struct control_change *change, struct schema *wanted)
{
    struct call *call = change->call;
    int rc = 0;

    if (!call->schema->global) /* a group says "in use" in words of its own */
        rc = control_refuse_busy(call);
    if (rc < 0)
        return rc;
    rc = change_billing(call, wanted);
    if (rc < 0)
        return rc;
    rc = update_indexes_change(call, wanted);
    if (rc < 0)
        return rc;
    rc = change_stream(call, wanted);
    if (rc < 0)
        return rc;
    rc = change_on_demand(call, wanted);
    if (rc < 0)
        return rc;
    rc = change_warm(call, wanted);
    if (rc < 0)
        return rc;
    rc = change_class(call, wanted);
    if (rc < 0)
        return rc;
    wanted->deletion_protection =
        input_bool(&call->input, UPDATE_TABLE_DELETION_PROTECTION, wanted->deletion_protection);
    return 0;
}

/* ---- putting it in place ---- */

static void on_changed(struct control_change *change)
{
    control_answer(change->call, TABLE_UPDATING);
}

static void start_change(struct update_table *update)
{
    update->change = (struct control_change){.make = make_wanted, .done = on_changed};
    control_change(update->call, &update->change);
}

void update_table_run(struct call *call)
{
    struct update_table *update = call->state;
    int rc = control_open_table(call, input_string(&call->input, UPDATE_TABLE_TABLE_NAME));

    if (rc == 0 && call->schema->closed && !update->replicas) /* L-15 */
        rc = api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_TABLE_NOT_FOUND,
                        SLICE_ARGS(slice_str(call->schema->name)));
    if (rc < 0)
        call_fail(call, rc);
    else if (update->replicas)
        update_replicas_run(update);
    else
        start_change(update);
}
