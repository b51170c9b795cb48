/*
 * partiql_bind.c - a parsed statement with the parameters of one request.
 *
 * Parsed statements are shared between requests, so what a parameter changes is copied: the trees
 * of the WHERE clause and of SET. A statement without parameters lends its trees. Then come the
 * checks that need the values, which are those of expressions (static_checks.c), without the words
 * that name a parameter of a request.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/partiql_priv.h"

struct binder {
    const struct partiql_statement *statement;
    const struct slice *parameters;
    struct slice *values; /* of the literals that are operands */
    struct arena *arena;
    struct expr_parser parser; /* what the static checks want */
};

static int bind_node(const struct binder *binder, struct expr_node *node,
                     struct expr_node **ret_node)
{
    struct expr_copy copy = {.arena = binder->arena};

    *ret_node = node;
    if (binder->statement->parameter_count == 0)
        return 0;
    *ret_node = expr__node_copy(&copy, node);
    if (*ret_node == NULL)
        return ST_NOMEM;
    for (struct expr_node *value = copy.values; value != NULL; value = value->next_listed)
        if (value->literal != EXPR_LITERAL_NONE)
            value->value = value_of(binder->values[value->literal]);
    return 0;
}

static int bind_values(struct binder *binder)
{
    const struct partiql_statement *statement = binder->statement;
    int rc = 0;

    if (statement->parameter_count == 0)
        return 0;
    binder->values = ARENA_ARRAY(binder->arena, struct slice, statement->literal_count);
    if (binder->values == NULL)
        return ST_NOMEM;
    for (const struct partiql_literal *literal = statement->literals; literal != NULL && rc == 0;
         literal = literal->next_listed)
        rc = partiql__literal_value(literal, binder->parameters, binder->arena,
                                    &binder->values[literal->number], binder->parser.error);
    return rc;
}

static int bind_where(struct binder *binder, struct partiql *partiql)
{
    struct expr_condition *condition;
    int rc;

    if (binder->statement->where == NULL)
        return 0;
    condition = ARENA_NEW(binder->arena, struct expr_condition);
    if (condition == NULL)
        return ST_NOMEM;
    rc = bind_node(binder, binder->statement->where, &condition->root);
    if (rc < 0)
        return rc;
    condition->paths = binder->statement->where_paths;
    partiql->condition = condition;
    return expr__check_bound_condition(&binder->parser, condition->root);
}

/** SET_ADD and SET_DELETE take sets; the actions behind them would take more. */
static int check_set(const struct binder *binder, const struct expr_action *action)
{
    enum value_type type = action->value->value.type;

    if (type == VALUE_SS || type == VALUE_NS || type == VALUE_BS)
        return 0;
    return expr__refuse(binder->parser.error,
                        "Incorrect operand type for operator or function; operator or function: "
                        "%s, operand type: %s",
                        action->kind == ACTION_ADD ? "SET_ADD" : "SET_DELETE",
                        value_type_name(type));
}

static int bind_action(const struct binder *binder, const struct expr_action *action,
                       struct expr_action **ret_action)
{
    struct expr_action *copy = ARENA_NEW(binder->arena, struct expr_action);
    int rc = 0;

    if (copy == NULL)
        return ST_NOMEM;
    *copy = *action;
    copy->next = NULL;
    if (action->value != NULL)
        rc = bind_node(binder, action->value, &copy->value);
    if (rc == 0 && (copy->kind == ACTION_ADD || copy->kind == ACTION_DELETE))
        rc = check_set(binder, copy);
    *ret_action = copy;
    return rc;
}

static int bind_update(struct binder *binder, struct partiql *partiql)
{
    struct expr_update *update = ARENA_NEW(binder->arena, struct expr_update);
    struct expr_action **end;
    int rc = 0;

    if (update == NULL)
        return ST_NOMEM;
    end = &update->actions;
    for (const struct expr_action *action = binder->statement->actions; action != NULL && rc == 0;
         action = action->next) {
        rc = bind_action(binder, action, end);
        if (rc == 0)
            end = &(*end)->next;
    }
    if (rc < 0)
        return rc;
    update->action_count = binder->statement->action_count;
    update->paths = binder->statement->update_paths;
    partiql->update = update;
    return expr__check_bound_update(&binder->parser, update);
}

static int bind_item(struct binder *binder, struct partiql *partiql)
{
    struct slice encoded;
    struct value value;
    struct tree *tree;
    int rc = partiql__literal_value(binder->statement->item, binder->parameters, binder->arena,
                                    &encoded, binder->parser.error);

    if (rc < 0)
        return rc;
    value = value_of(encoded);
    if (value.type != VALUE_M)
        return expr__refuse(binder->parser.error,
                            "Statement wasn't well formed, can't be processed: "
                            "The value of an INSERT statement must be a tuple");
    tree = tree_from_value(binder->arena, encoded);
    return tree == NULL ? ST_NOMEM : tree_to_item(binder->arena, tree, &partiql->item);
}

int partiql_bind(const struct partiql_statement *statement, const struct slice *parameters,
                 size_t parameter_count, struct arena *arena, struct partiql *ret_partiql,
                 struct expr_error *reterr)
{
    struct partiql partiql = {
        .kind = statement->kind,
        .table = statement->table,
        .index = statement->index,
        .returning = statement->returning,
        .projection = statement->projection,
        .order = statement->order,
        .order_count = statement->order_count,
    };
    struct binder binder = {
        .statement = statement,
        .parameters = parameters,
        .arena = arena,
        .parser = {.arena = arena,
                   .kind = EXPR_PARTIQL,
                   .operators = statement->operators,
                   .error = reterr},
    };
    int rc;

    if (parameter_count != statement->parameter_count)
        return expr__refuse(reterr, "Number of parameters in request and statement don't match.");
    rc = bind_values(&binder);
    if (rc == 0)
        rc = bind_where(&binder, &partiql);
    if (rc == 0 && statement->kind == PARTIQL_UPDATE)
        rc = bind_update(&binder, &partiql);
    if (rc == 0 && statement->kind == PARTIQL_INSERT)
        rc = bind_item(&binder, &partiql);
    if (rc < 0)
        return rc;
    *ret_partiql = partiql;
    return 0;
}
