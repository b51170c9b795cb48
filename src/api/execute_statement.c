/*
 * execute_statement.c - ExecuteStatement: one PartiQL statement.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes.h"
#include "api/statement.h"

static const uint8_t order[] = {
    EXECUTE_STATEMENT_STATEMENT,  EXECUTE_STATEMENT_PARAMETERS,
    EXECUTE_STATEMENT_NEXT_TOKEN, EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY,
    EXECUTE_STATEMENT_LIMIT,      EXECUTE_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE};
const struct constraint_plan execute_statement_plan = {.order = order, .count = ARRAY_LEN(order)};

struct execute_statement {
    struct statement statement;
    struct statement_page_options options;
};

static void execute_statement_release(struct call *call)
{
    struct execute_statement *execute = call->state;

    statement_release(&execute->statement);
}

int execute_statement_prepare(struct call *call)
{
    const struct input *input = &call->input;
    struct execute_statement *execute = ARENA_NEW(call->arena, struct execute_statement);
    struct json parameters;
    int rc;

    if (execute == NULL)
        return ST_NOMEM;
    if (input_has(input, EXECUTE_STATEMENT_PARAMETERS))
        parameters = input_json(input, EXECUTE_STATEMENT_PARAMETERS);
    rc = statement_prepare(&execute->statement, call, call->arena, &call->error,
                           input_string(input, EXECUTE_STATEMENT_STATEMENT),
                           input_has(input, EXECUTE_STATEMENT_PARAMETERS) ? &parameters : NULL);
    if (rc < 0)
        return rc;
    if (execute->statement.partiql.kind == PARTIQL_EXISTS)
        return api_refuse(&call->error, API_VALIDATION, MESSAGE_EXISTS_OUTSIDE);
    execute->options = (struct statement_page_options){
        .consistent = input_bool(input, EXECUTE_STATEMENT_CONSISTENT_READ, false),
        .limit = (uint64_t)input_integer(input, EXECUTE_STATEMENT_LIMIT, 0),
        .capacity = capacity_mode_of(input, EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY),
        .next_token = input_string(input, EXECUTE_STATEMENT_NEXT_TOKEN),
    };
    call->state = execute;
    call->release = execute_statement_release;
    return 0;
}

static void on_written(struct statement *statement, int rc)
{
    struct execute_statement *execute =
        CONTAINER_OF(statement, struct execute_statement, statement);
    struct call *call = statement->call;
    struct json_writer writer = json_writer_of(&call->out);

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_object_begin(&writer);
    json_key(&writer, "Items");
    json_array_begin(&writer);
    if (statement->write.attributes.ptr != NULL)
        item_to_json(&writer, statement->write.attributes);
    json_array_end(&writer);
    consumption_write_member(&writer, execute->options.capacity, &statement->write.consumption);
    json_object_end(&writer);
    call_answer(call);
}

static int start_write(struct execute_statement *execute)
{
    struct statement *statement = &execute->statement;
    struct call *call = statement->call;
    int rc = statement_key(statement, &statement->write.mutation.key);

    if (rc < 0)
        return rc;
    if (execute->options.next_token.ptr != NULL)
        return api_refuse(&call->error, API_VALIDATION, "NextToken does not match request");
    statement->write.return_on_failure = slice_eq_str(
        input_string(&call->input, EXECUTE_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE),
        "ALL_OLD");
    statement->written = on_written;
    statement_write(statement);
    return 0;
}

void execute_statement_run(struct call *call)
{
    struct execute_statement *execute = call->state;
    int rc = statement_open(&execute->statement);

    if (rc == 0 && statement_reads(&execute->statement))
        statement_select(&execute->statement, &execute->options);
    else if (rc == 0)
        rc = start_write(execute);
    if (rc < 0)
        call_fail(call, rc);
}
