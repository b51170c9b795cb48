/*
 * control.c - see control.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/control.h"

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
