/*
 * delete_table.c - DeleteTable. On a member of a global table it removes this Region's replica
 * (global-tables.md L-33), which is replication's to do. Sources: dynamodb-tables-streams.md
 * section 5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api/control.h"
#include "api/shapes.h"
#include "api/update_indexes.h"

const struct constraint_plan delete_table_plan = {.control = CONTROL_TABLE_NAMED,
                                                  .control_member = TABLE_NAME_INPUT_TABLE_NAME};

struct delete_table {
    struct call *call;
    struct store_edit edit;
    struct replication_request request;
};

int delete_table_prepare(struct call *call)
{
    struct delete_table *del = ARENA_NEW(call->arena, struct delete_table);

    if (del == NULL)
        return ST_NOMEM;
    del->call = call;
    call->state = del;
    return 0;
}

static void on_dropped(struct store_edit *edit, int rc)
{
    struct call *call = CONTAINER_OF(edit, struct delete_table, edit)->call;

    if (rc == ST_NOTFOUND)
        rc = api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_TABLE_NOT_FOUND,
                        SLICE_ARGS(slice_str(call->schema->name)));
    if (rc < 0)
        call_fail(call, rc);
    else
        control_answer(call, TABLE_DELETING);
}

static void on_requested(struct replication_request *request, enum replication_error error)
{
    struct call *call = CONTAINER_OF(request, struct delete_table, request)->call;

    if (error != REPLICATION_OK)
        call_fail(call, control_refuse_replication(call, request, error));
    else
        control_answer(call, TABLE_DELETING);
}

static int check(struct call *call)
{
    int rc;

    if (call->schema->closed && call->schema->status == TABLE_CREATING)
        return api_refuse(&call->error, API_RESOURCE_IN_USE,
                          "Attempt to change a resource which is still in use: Table: %s is being "
                          "used.",
                          call->schema->name);
    rc = control_refuse_busy(call);
    if (rc == 0)
        rc = indexes_refuse_busy(call);
    if (rc < 0)
        return rc;
    if (!call->schema->deletion_protection)
        return 0;
    if (call->schema->global)
        return api_refuse(&call->error, API_VALIDATION,
                          "Cannot delete table %s in region %s because it has deletion protection "
                          "enabled. Disable deletion protection first.",
                          call->schema->name, call->region->name);
    return api_refuse(&call->error, API_VALIDATION,
                      "Resource cannot be deleted as it is currently protected against deletion. "
                      "Disable deletion protection first.");
}

void delete_table_run(struct call *call)
{
    struct delete_table *del = call->state;
    int rc = control_open_table(call, input_string(&call->input, TABLE_NAME_INPUT_TABLE_NAME));

    if (rc == 0)
        rc = check(call);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    if (call->schema->global && call->region->replication != NULL) {
        del->request.kind = REQUEST_DELETE_TABLE;
        snprintf(del->request.table, sizeof(del->request.table), "%s", call->schema->name);
        del->request.strand = call->http->strand;
        del->request.on_done = on_requested;
        replication_request(call->region->replication, &del->request);
        return;
    }
    del->edit = (struct store_edit){.strand = call->http->strand,
                                    .on_done = on_dropped,
                                    .kind = EDIT_DROP,
                                    .schema = schema_ref(call->schema)};
    store_edit(call->region->store, &del->edit);
}
