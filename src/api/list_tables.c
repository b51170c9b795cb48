/*
 * list_tables.c - ListTables: names in ascending order of their bytes, 100 a page.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/call.h"
#include "api/shapes.h"

enum { LIST_TABLES_DEFAULT = 100 }; /* Source: API Reference, ListTables */

static const uint8_t order[] = {LIST_TABLES_EXCLUSIVE_START_TABLE_NAME, LIST_TABLES_LIMIT};
const struct constraint_plan list_tables_plan = {.order = order, .count = ARRAY_LEN(order)};

int list_tables_prepare(struct call *call)
{
    return 0;
}

void list_tables_run(struct call *call)
{
    struct slice after = input_string(&call->input, LIST_TABLES_EXCLUSIVE_START_TABLE_NAME);
    uint32_t limit = (uint32_t)input_integer(&call->input, LIST_TABLES_LIMIT, LIST_TABLES_DEFAULT);
    struct json_writer writer = json_writer_of(&call->out);
    struct slice *names;
    uint32_t count;
    bool more;
    int rc =
        store_table_names(call->region->store, after, limit, call->arena, &names, &count, &more);

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_object_begin(&writer);
    json_key(&writer, "TableNames");
    json_array_begin(&writer);
    for (uint32_t i = 0; i < count; i++)
        json_put_string(&writer, names[i]);
    json_array_end(&writer);
    if (more && count > 0) {
        json_key(&writer, "LastEvaluatedTableName");
        json_put_string(&writer, names[count - 1]);
    }
    json_object_end(&writer);
    call_answer(call);
}
