/*
 * execute_transaction.c - ExecuteTransaction: up to 100 PartiQL statements, all or nothing; all of
 * them reads, or all of them writes and checks. dynamodb-partiql-vector.md section 1.
 *
 * Here are the statements as actions; how they are done together is in transact.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes.h"
#include "api/statement.h"
#include "api/transact.h"

static const uint8_t order[] = {EXECUTE_TRANSACTION_TRANSACT_STATEMENTS,
                                EXECUTE_TRANSACTION_RETURN_CONSUMED_CAPACITY,
                                EXECUTE_TRANSACTION_CLIENT_REQUEST_TOKEN};
const struct constraint_plan execute_transaction_plan = {.order = order, .count = ARRAY_LEN(order)};

struct statement_action {
    struct transact_action action;
    struct statement statement;
};

static struct statement_action *statement_action_of(struct transact_action *action)
{
    return CONTAINER_OF(action, struct statement_action, action);
}

/* ---- what needs no table ---- */

static int check_allowed(struct call *call, const struct partiql *partiql, uint32_t number)
{
    const char *mistake = NULL;

    if (partiql->returning != PARTIQL_RETURNING_NONE)
        mistake = "RETURNING clause is not supported in ExecuteTransaction.";
    else if (partiql->index.ptr != NULL)
        mistake = "Reads on indices are not supported within transactions.";
    return mistake == NULL
               ? 0
               : api_refuse(&call->error, API_VALIDATION,
                            "Validation failed in TransactStatements[%u]: %s", number, mistake);
}

static int read_statement(struct call *call, struct json element, struct statement_action *made)
{
    struct json parameters;
    struct input input;
    bool has_parameters;
    int rc = shape_read(&shape_parameterized_statement, element, &input, &call->error);

    if (rc < 0)
        return rc;
    has_parameters = input_has(&input, PARAMETERIZED_STATEMENT_PARAMETERS);
    if (has_parameters)
        parameters = input_json(&input, PARAMETERIZED_STATEMENT_PARAMETERS);
    rc = statement_prepare(&made->statement, call, call->arena, &call->error,
                           input_string(&input, PARAMETERIZED_STATEMENT_STATEMENT),
                           has_parameters ? &parameters : NULL);
    made->action.table_name = made->statement.partiql.table;
    made->action.return_on_failure = slice_eq_str(
        input_string(&input, PARAMETERIZED_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE),
        "ALL_OLD");
    return rc;
}

/* ---- what needs the table ---- */

/** What is wrong with one statement's key cancels the transaction, but for an empty one. */
static int refuse_key(struct transact_action *action)
{
    const struct api_error *error = &action->transact->call->error;

    if (slice_has_prefix(error->message, SLICE(MESSAGE_KEY_EMPTY)))
        return ST_REFUSED;
    return transact_refuse(action, CANCELLATION_VALIDATION, error->message, SLICE_EMPTY);
}

static int check(struct transact_action *action, struct item_key *ret_key)
{
    struct statement *statement = &statement_action_of(action)->statement;
    enum partiql_kind kind = statement->partiql.kind;
    bool found = true;
    int rc;

    statement->schema = action->schema; /* the transaction's reference */
    rc = statement_check_keys(statement);
    if (rc == ST_REFUSED)
        return refuse_key(action);
    if (rc < 0)
        return rc;
    if (kind == PARTIQL_INSERT)
        rc = statement_key(statement, ret_key);
    else
        rc = statement_find_key(statement, &found, ret_key);
    if (rc == ST_REFUSED)
        return refuse_key(action);
    if (rc < 0 || found)
        return rc;
    return api_refuse(statement->error, API_VALIDATION, "%s",
                      kind == PARTIQL_SELECT || kind == PARTIQL_EXISTS
                          ? "Select statements within ExecuteTransaction must specify the primary "
                            "key in the where clause."
                          : MESSAGE_WHERE_WITHOUT_KEY);
}

/* ---- the item ---- */

static int decide(struct transact_action *action, struct slice current, bool exists,
                  enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct statement *statement = &statement_action_of(action)->statement;
    enum statement_verdict verdict;
    struct expr_error refused;
    int rc = statement_decide(statement, statement->arena, current, exists, &verdict, ret_outcome,
                              ret_item, &refused);

    if (rc < 0)
        return transact_refuse_expression(action, rc, &refused);
    if (verdict == STATEMENT_DUPLICATE)
        return transact_refuse(action, CANCELLATION_DUPLICATE, SLICE_EMPTY, SLICE_EMPTY);
    if (verdict == STATEMENT_CONDITION_FAILED)
        return transact_refuse(action, CANCELLATION_CONDITION, SLICE_EMPTY,
                               exists ? current : SLICE_EMPTY);
    return 0;
}

static int show(struct transact_action *action, struct slice item, struct slice *ret_item)
{
    struct statement *statement = &statement_action_of(action)->statement;

    *ret_item = SLICE_EMPTY;
    if (!statement_holds(statement, item))
        return 0;
    return statement_show(statement, item, statement->arena, ret_item);
}

/** A write answers an empty object for each statement. */
static void write_responses(struct transact *transact, struct json_writer *writer)
{
    json_key(writer, "Responses");
    json_array_begin(writer);
    for (uint32_t i = 0; i < transact->count; i++) {
        json_object_begin(writer);
        json_object_end(writer);
    }
    json_array_end(writer);
}

/* ---- the operation ---- */

static int read_statements(struct call *call, struct json list, struct transact *transact)
{
    struct json_iterator iterator = json_iterate(list);
    struct json element;
    uint32_t reads = 0;
    int rc = 0;

    for (uint32_t i = 0; rc == 0 && json_next(&iterator, NULL, &element); i++) {
        struct statement_action *made = ARENA_NEW(call->arena, struct statement_action);

        if (made == NULL)
            return ST_NOMEM;
        transact->actions[i] = &made->action;
        rc = read_statement(call, element, made);
        if (rc == 0)
            rc = check_allowed(call, &made->statement.partiql, i);
        made->action.check = check;
        made->action.decide = decide;
        made->action.show = show;
        reads += rc == 0 && statement_reads(&made->statement);
    }
    if (rc == 0 && reads > 0 && reads < transact->count)
        return api_refuse(&call->error, API_VALIDATION,
                          "ExecuteTransaction API does not support both read and write operations "
                          "in the same request.");
    return rc;
}

int execute_transaction_prepare(struct call *call)
{
    struct json list = input_json(&call->input, EXECUTE_TRANSACTION_TRANSACT_STATEMENTS);
    struct transact *transact = transact_new(call, (uint32_t)json_count(list));
    int rc = transact != NULL ? read_statements(call, list, transact) : ST_NOMEM;

    if (rc < 0)
        return rc;
    transact->capacity =
        capacity_mode_of(&call->input, EXECUTE_TRANSACTION_RETURN_CONSUMED_CAPACITY);
    transact->client_token = input_string(&call->input, EXECUTE_TRANSACTION_CLIENT_REQUEST_TOKEN);
    transact->write_answer = write_responses;
    return transact->client_token.ptr != NULL ? transact_fingerprint(transact, list) : 0;
}

void execute_transaction_run(struct call *call)
{
    struct transact *transact = call->state;

    if (statement_reads(&statement_action_of(transact->actions[0])->statement))
        transact_read(transact);
    else
        transact_write(transact);
}
