/*
 * parse_update.c - the grammar of update expressions.
 *
 *   update   := section+                       each at most once, in any order
 *   section  := SET set (, set)* | REMOVE path (, path)*
 *             | ADD path :value (, ...)* | DELETE path :value (, ...)*
 *   set      := path = value
 *   value    := operand | operand + operand | operand - operand
 *   operand  := path | :value | function ( value, ... ) | ( value )
 *
 * One + or - per level: a + b + c has to be written (a + b) + c. That a section stands twice is
 * grammatical here and refused later, since reserved words and functions are reported before it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

static int parse_value(struct expr_parser *parser, struct expr_node **ret_node);

static int parse_operand(struct expr_parser *parser, struct expr_node **ret_node)
{
    int rc;

    if (parser->current.kind != TOKEN_OPEN)
        return expr__parse_term(parser, parse_value, ret_node);
    rc = expr__enter(parser);
    if (rc < 0)
        return rc;
    expr__advance(parser);
    rc = parse_value(parser, ret_node);
    if (rc < 0)
        return rc;
    rc = expr__expect(parser, TOKEN_CLOSE);
    if (rc < 0)
        return rc;
    expr__node_group(parser, *ret_node);
    parser->depth--;
    return 0;
}

static int parse_value(struct expr_parser *parser, struct expr_node **ret_node)
{
    struct expr_node *left, *right, *node;
    enum token_kind kind;
    int rc;

    rc = parse_operand(parser, &left);
    if (rc < 0)
        return rc;
    left->operand = true;
    kind = parser->current.kind;
    if (kind != TOKEN_PLUS && kind != TOKEN_MINUS) {
        *ret_node = left;
        return 0;
    }
    node = expr__node_new(parser, NODE_OPERATOR);
    if (node == NULL)
        return ST_NOMEM;
    node->operation = kind == TOKEN_PLUS ? OPERATOR_PLUS : OPERATOR_MINUS;
    parser->operators++;
    expr__advance(parser);
    rc = parse_operand(parser, &right);
    if (rc < 0)
        return rc;
    right->operand = true;
    expr__node_adopt(node, left);
    expr__node_adopt(node, right);
    *ret_node = node;
    return 0;
}

static int parse_action(struct expr_parser *parser, enum action_kind kind,
                        struct expr_action **ret_action)
{
    struct expr_action *action = ARENA_NEW(parser->arena, struct expr_action);
    int rc;

    if (action == NULL)
        return ST_NOMEM;
    action->kind = kind;
    rc = expr__parse_path(parser, &action->target);
    if (rc < 0)
        return rc;
    if (kind == ACTION_SET) {
        rc = expr__expect(parser, TOKEN_EQ);
        if (rc == 0)
            rc = parse_value(parser, &action->value);
    } else if (kind != ACTION_REMOVE) {
        rc = expr__parse_value(parser, &action->value);
    }
    if (rc < 0)
        return rc;
    *ret_action = action;
    return 0;
}

int expr__parse_update(struct expr_parser *parser, struct expr_text *text)
{
    static const char *const names[] = {[ACTION_SET] = "SET",
                                        [ACTION_REMOVE] = "REMOVE",
                                        [ACTION_ADD] = "ADD",
                                        [ACTION_DELETE] = "DELETE"};
    struct expr_action **end = &text->actions;
    bool seen[ACTION_KINDS] = {false};
    int rc;

    static_assert(TOKEN_DELETE - TOKEN_SET == ACTION_DELETE - ACTION_SET, "tokens follow actions");
    do {
        enum action_kind kind = (enum action_kind)(parser->current.kind - TOKEN_SET);

        if (parser->current.kind < TOKEN_SET || parser->current.kind > TOKEN_DELETE)
            return expr__syntax_error(parser);
        if (seen[kind] && parser->repeated == NULL)
            parser->repeated = names[kind];
        seen[kind] = true;
        do {
            expr__advance(parser); /* the section's name, or a comma */
            rc = parse_action(parser, kind, end);
            if (rc < 0)
                return rc;
            end = &(*end)->next;
            text->action_count++;
        } while (parser->current.kind == TOKEN_COMMA);
    } while (parser->current.kind != TOKEN_END);
    return 0;
}

int expr_update_check_keys(const struct expr_update *update, const struct expr_key_attribute *keys,
                           size_t key_count, struct expr_error *reterr)
{
    for (const struct expr_action *action = update->actions; action != NULL; action = action->next)
        for (size_t i = 0; i < key_count; i++)
            if (!keys[i].of_index && action->target->count == 1 &&
                slice_eq(action->target->elements[0].name, keys[i].name))
                return expr__refuse(reterr,
                                    "One or more parameter values were invalid: Cannot "
                                    "update attribute %.*s. This attribute is part of "
                                    "the key",
                                    SLICE_ARGS(keys[i].name));
    return expr__check_key_paths(update->paths, keys, key_count, reterr);
}

int expr_update_each_type(const struct expr_update *update,
                          int (*visit)(void *context, struct slice name, enum value_type type),
                          void *context)
{
    int rc = 0;

    for (const struct expr_action *action = update->actions; action != NULL && rc == 0;
         action = action->next)
        if ((action->kind == ACTION_SET || action->kind == ACTION_ADD) &&
            action->target->count == 1 && action->value->kind == NODE_VALUE)
            rc = visit(context, action->target->elements[0].name, action->value->value.type);
    return rc;
}

bool expr_update_touches(const struct expr_update *update, struct slice name)
{
    for (const struct expr_action *action = update->actions; action != NULL; action = action->next)
        if (slice_eq(action->target->elements[0].name, name))
            return true;
    return false;
}
