/*
 * describe_table.c - DescribeTable: also of a table that is being made or deleted, and of a replica
 * that is not open to clients yet.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes.h"
#include "api/table_description.h"

const struct constraint_plan describe_table_plan = {.control = CONTROL_TABLE_NAMED,
                                                    .control_member = TABLE_NAME_INPUT_TABLE_NAME};

int describe_table_prepare(struct call *call)
{
    return 0;
}

void describe_table_run(struct call *call)
{
    struct json_writer writer = json_writer_of(&call->out);
    struct slice name;
    int rc = call_table_name(call, input_string(&call->input, TABLE_NAME_INPUT_TABLE_NAME), &name);

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    call->table = store_table(call->region->store, name);
    if (call->table == NULL) {
        call_fail(call, api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_TABLE_NOT_FOUND,
                                   SLICE_ARGS(name)));
        return;
    }
    call->schema = table_schema(call->table);
    json_object_begin(&writer);
    json_key(&writer, "Table");
    table_description_write(&writer, call, call->schema, call->table, call->schema->status);
    json_object_end(&writer);
    call_answer(call);
}
