/*
 * statement.c - see statement.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/statement.h"

#include "api/key_paths.h"
#include "api/text_cache.h"

/* ---- before the table is known ---- */

static int refuse_text(struct statement *statement, int rc, const char *text)
{
    if (rc != ST_REFUSED)
        return rc;
    return api_refuse(statement->error, API_VALIDATION, "%s", text);
}

static int refuse_expression(struct statement *statement, int rc, const struct expr_error *error)
{
    return refuse_text(statement, rc, error->refusal.text);
}

static int read_parameters(struct statement *statement, struct json list)
{
    struct json_iterator iterator = json_iterate(list);
    struct value_refusal refusal;
    struct json element;
    int rc;

    statement->parameters = ARENA_ARRAY(statement->arena, struct slice, json_count(list));
    if (statement->parameters == NULL)
        return ST_NOMEM;
    while (json_next(&iterator, NULL, &element)) {
        rc = value_from_json(element, statement->arena,
                             &statement->parameters[statement->parameter_count], &refusal);
        if (rc == ST_REFUSED && refusal.serialization)
            return api_refuse(statement->error, API_SERIALIZATION, "%s", refusal.refusal.text);
        if (rc < 0)
            return refuse_text(statement, rc, refusal.refusal.text);
        statement->parameter_count++;
    }
    return 0;
}

int statement_prepare(struct statement *statement, struct call *call, struct arena *arena,
                      struct api_error *error, struct slice text, const struct json *parameters)
{
    const struct partiql_statement *parsed;
    struct expr_error refused;
    int rc;

    *statement = (struct statement){.call = call, .arena = arena, .error = error, .text = text};
    if (parameters != NULL) {
        rc = read_parameters(statement, *parameters);
        if (rc < 0)
            return rc;
    }
    rc = text_cache_statement(call, text, &parsed, &refused);
    if (rc == 0)
        rc = partiql_bind(parsed, statement->parameters, statement->parameter_count, arena,
                          &statement->partiql, &refused);
    if (rc < 0)
        return refuse_expression(statement, rc, &refused);
    if (statement->partiql.kind == PARTIQL_INSERT &&
        item_size(statement->partiql.item) > ITEM_SIZE_BYTES_MAX)
        return api_refuse_slice(error, API_VALIDATION, SLICE(MESSAGE_ITEM_TOO_LARGE));
    return 0;
}

bool statement_reads(const struct statement *statement)
{
    return statement->partiql.kind == PARTIQL_SELECT;
}

/* ---- table and keys ---- */

int statement_open(struct statement *statement)
{
    struct call *call = statement->call;
    struct api_error kept = call->error;
    int rc = call_find_table(call, statement->partiql.table, &statement->table, &statement->schema);

    if (rc == ST_REFUSED && statement->error != &call->error) {
        *statement->error = call->error; /* the call's arena outlives the statement's */
        call->error = kept;
    }
    return rc < 0 ? rc : statement_check_keys(statement);
}

int statement_check_keys(struct statement *statement)
{
    const struct partiql *partiql = &statement->partiql;
    struct expr_error refused;
    int rc = key_paths_of_update(statement->schema, partiql->update, &refused);

    if (rc == 0)
        rc = key_paths_of_condition(statement->schema, partiql->condition, &refused);
    if (rc == 0 && partiql->projection != NULL)
        rc = key_paths_of_projection(statement->schema,
                                     partiql_projection_paths(partiql->projection), &refused);
    return rc < 0 ? refuse_expression(statement, rc, &refused) : 0;
}

void statement_release(struct statement *statement)
{
    table_unref(statement->table);
    schema_unref(statement->schema);
    statement->table = NULL;
    statement->schema = NULL;
}

bool statement_holds(const struct statement *statement, struct slice item)
{
    return statement->partiql.condition == NULL ||
           expr_condition_eval(statement->partiql.condition, item);
}

int statement_show(const struct statement *statement, struct slice item, struct arena *arena,
                   struct slice *ret_item)
{
    const struct partiql_projection *projection = statement->partiql.projection;

    *ret_item = item;
    return projection != NULL ? partiql_project(projection, item, arena, ret_item) : 0;
}

int statement_find_key(struct statement *statement, bool *ret_found, struct item_key *ret_key)
{
    struct refusal refusal;
    struct slice key;
    int rc = partiql_key(&statement->partiql, statement->schema->keys, statement->schema->key_count,
                         statement->arena, ret_found, &key);

    if (rc < 0 || !*ret_found)
        return rc;
    rc = schema_key_of_argument(statement->schema, key, ret_key, &refusal);
    return rc < 0 ? refuse_text(statement, rc, refusal.text) : 0;
}

int statement_key(struct statement *statement, struct item_key *ret_key)
{
    struct refusal refusal;
    bool found;
    int rc;

    if (statement->partiql.kind == PARTIQL_INSERT) {
        rc = schema_key_of_item(statement->schema, statement->partiql.item, ret_key, &refusal);
        if (rc == 0)
            rc =
                schema_check_index_keys(statement->schema, statement->partiql.item, NULL, &refusal);
        return rc < 0 ? refuse_text(statement, rc, refusal.text) : 0;
    }
    rc = statement_find_key(statement, &found, ret_key);
    if (rc == 0 && !found)
        return api_refuse(statement->error, API_VALIDATION, MESSAGE_WHERE_WITHOUT_KEY);
    return rc;
}

/* ---- writing ---- */

int statement_decide(const struct statement *statement, struct arena *arena, struct slice current,
                     bool exists, enum statement_verdict *ret_verdict,
                     enum mutation_outcome *ret_outcome, struct slice *ret_item,
                     struct expr_error *reterr)
{
    const struct partiql *partiql = &statement->partiql;
    int rc;

    *ret_verdict = STATEMENT_WRITES;
    *ret_outcome = MUTATION_NOTHING;
    *ret_item = SLICE_EMPTY;
    switch (partiql->kind) {
    case PARTIQL_INSERT:
        *ret_outcome = MUTATION_PUT;
        *ret_item = partiql->item;
        if (exists)
            *ret_verdict = STATEMENT_DUPLICATE;
        return 0;
    case PARTIQL_DELETE: /* a missing item is deleted with success */
        if (exists && !statement_holds(statement, current))
            *ret_verdict = STATEMENT_CONDITION_FAILED;
        else if (exists)
            *ret_outcome = MUTATION_DELETE;
        return 0;
    case PARTIQL_UPDATE:
        if (!exists || !statement_holds(statement, current)) {
            *ret_verdict = STATEMENT_CONDITION_FAILED;
            return 0;
        }
        *ret_outcome = MUTATION_PUT;
        rc = expr_update_apply(partiql->update, EXPR_SIZE_FLAT, current, statement->schema->keys,
                               statement->schema->key_count, arena, ret_item, reterr);
        return rc < 0 ? rc
                      : schema_check_index_keys(statement->schema, *ret_item, partiql->update,
                                                &reterr->refusal);
    case PARTIQL_SELECT:
    case PARTIQL_EXISTS:
        if (!exists || !statement_holds(statement, current))
            *ret_verdict = STATEMENT_CONDITION_FAILED;
        return 0;
    }
    return 0;
}

static int write_apply(struct write *write, struct slice current, bool exists,
                       enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct statement *statement = CONTAINER_OF(write, struct statement, write);
    enum statement_verdict verdict;
    struct expr_error refused;
    int rc = statement_decide(statement, write->arena, current, exists, &verdict, ret_outcome,
                              ret_item, &refused);

    if (rc < 0)
        return refuse_expression(statement, rc, &refused);
    if (verdict == STATEMENT_DUPLICATE)
        return api_refuse_slice(write->error, API_DUPLICATE_ITEM, SLICE(MESSAGE_DUPLICATE_ITEM));
    if (verdict == STATEMENT_CONDITION_FAILED)
        return write_condition_failed(write, current, exists);
    return 0;
}

static void on_finished(struct write *write, int rc)
{
    struct statement *statement = CONTAINER_OF(write, struct statement, write);

    statement->written(statement, rc);
}

void statement_write(struct statement *statement)
{
    static const enum return_values values[] = {
        [PARTIQL_RETURNING_NONE] = RETURN_NONE,
        [PARTIQL_RETURNING_ALL_OLD] = RETURN_ALL_OLD,
        [PARTIQL_RETURNING_MODIFIED_OLD] = RETURN_UPDATED_OLD,
        [PARTIQL_RETURNING_ALL_NEW] = RETURN_ALL_NEW,
        [PARTIQL_RETURNING_MODIFIED_NEW] = RETURN_UPDATED_NEW,
    };
    struct write *write = &statement->write;

    write->call = statement->call;
    write->table = statement->table;
    write->schema = statement->schema;
    write->arena = statement->arena;
    write->error = statement->error;
    write->expressions.update = statement->partiql.update;
    write->return_values = values[statement->partiql.returning];
    if (statement->partiql.kind == PARTIQL_INSERT)
        write->bytes_min = item_size(statement->partiql.item);
    write->apply = write_apply;
    write->finished = on_finished;
    write_start(write);
}
