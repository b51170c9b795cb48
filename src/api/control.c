/*
 * control.c - see control.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/control.h"

#include <stdio.h>

#include "api/table_description.h"

int control_open_table(struct call *call, struct slice name_or_arn)
{
    struct slice name;
    int rc = call_table_name(call, name_or_arn, &name);

    if (rc < 0)
        return rc;
    call->table = store_table(call->region->store, name);
    if (call->table == NULL)
        return api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_TABLE_NOT_FOUND,
                          SLICE_ARGS(name));
    call->schema = table_schema(call->table);
    return 0;
}

void control_renew_schema(struct call *call)
{
    schema_unref(call->schema);
    call->schema = table_schema(call->table);
}

int control_refuse_busy(struct call *call)
{
    static const char *const doing[] = {
        [TABLE_CREATING] = "created", [TABLE_UPDATING] = "updated", [TABLE_DELETING] = "deleted"};

    if (call->schema->status == TABLE_ACTIVE)
        return 0;
    return api_refuse(&call->error, API_RESOURCE_IN_USE,
                      "Attempt to change a resource which is still in use: Table is being %s: %s",
                      doing[call->schema->status], call->schema->name);
}

int control_refuse_replication(struct call *call, const struct replication_request *request,
                               enum replication_error error)
{
    static const enum api_code codes[] = {
        [REPLICATION_OK] = API_INTERNAL,
        [REPLICATION_VALIDATION] = API_VALIDATION,
        [REPLICATION_IN_USE] = API_RESOURCE_IN_USE,
        [REPLICATION_NOT_FOUND] = API_RESOURCE_NOT_FOUND,
        [REPLICATION_LIMIT] = API_LIMIT_EXCEEDED,
        [REPLICATION_UNAVAILABLE] = API_UNAVAILABLE,
    };

    return api_refuse(&call->error, codes[error], "%s", request->refusal.text);
}

void control_answer(struct call *call, enum table_status status)
{
    struct json_writer writer = json_writer_of(&call->out);

    json_object_begin(&writer);
    json_key(&writer, "TableDescription");
    table_description_write(&writer, call, call->schema, call->table, status);
    json_object_end(&writer);
    call_answer(call);
}

/* ---- changes of the schema ---- */

enum { CHANGE_ATTEMPTS_MAX = 8 }; /* against changes that are faster; then "in use" */

static void change_try(struct control_change *change);

static void on_replaced(struct store_edit *edit, int rc)
{
    struct control_change *change = CONTAINER_OF(edit, struct control_change, edit);
    struct call *call = change->call;

    control_renew_schema(call);
    if (rc == ST_BUSY && ++change->attempts < CHANGE_ATTEMPTS_MAX) {
        change_try(change);
        return;
    }
    if (rc == ST_BUSY)
        rc = api_refuse(&call->error, API_RESOURCE_IN_USE,
                        "Attempt to change a resource which is still in use: Table is being "
                        "updated: %s",
                        call->schema->name);
    if (rc == ST_NOTFOUND)
        rc = api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_TABLE_NOT_FOUND,
                        SLICE_ARGS(slice_str(call->schema->name)));
    if (rc < 0)
        call_fail(call, rc);
    else
        change->done(change);
}

static void on_requested(struct replication_request *request, enum replication_error error)
{
    struct control_change *change = CONTAINER_OF(request, struct control_change, request);
    struct call *call = change->call;

    if (error != REPLICATION_OK) {
        call_fail(call, control_refuse_replication(call, request, error));
        return;
    }
    control_renew_schema(call);
    change->done(change);
}

static void change_submit(struct control_change *change, struct schema *wanted)
{
    struct call *call = change->call;

    if (call->schema->global && !change->local && call->region->replication != NULL) {
        change->request.kind = REQUEST_UPDATE_SETTINGS;
        snprintf(change->request.table, sizeof(change->request.table), "%s", wanted->name);
        change->request.settings = wanted;
        change->request.strand = call->http->strand;
        change->request.on_done = on_requested;
        replication_request(call->region->replication, &change->request);
        return;
    }
    change->edit = (struct store_edit){.strand = call->http->strand,
                                       .on_done = on_replaced,
                                       .kind = EDIT_REPLACE,
                                       .schema = wanted};
    store_edit(call->region->store, &change->edit);
}

static void change_try(struct control_change *change)
{
    struct call *call = change->call;
    struct schema *wanted = schema_copy(call->schema);
    int rc = wanted == NULL ? ST_NOMEM : change->make(change, wanted);

    if (rc < 0) {
        schema_unref(wanted);
        call_fail(call, rc);
        return;
    }
    change_submit(change, wanted);
}

void control_change(struct call *call, struct control_change *change)
{
    change->call = call;
    change_try(change);
}
