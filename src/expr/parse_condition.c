/*
 * parse_condition.c - the grammar of conditions, filters and key conditions.
 *
 *   or          := and (OR and)*
 *   and         := not (AND not)*
 *   not         := NOT not | comparison
 *   comparison  := operand cmp operand | operand BETWEEN operand AND operand
 *                | operand IN ( operand, ... ) | function | ( or )
 *   operand     := path | :value | function | ( operand )
 *
 * A parenthesis may open a condition or an operand, which only the token after its end tells:
 * (a) = :v is one, (a = :v) the other. So one function reads both, and who needs a condition asks
 * for one; a path or a value that nothing compares is an error at the token that follows it.
 * Which functions may stand where is no matter of grammar: static_checks.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

static bool is_condition(const struct expr_node *node)
{
    return node->kind != NODE_PATH && node->kind != NODE_VALUE;
}

static bool is_operand(const struct expr_node *node)
{
    return node->kind == NODE_PATH || node->kind == NODE_VALUE || node->kind == NODE_CALL;
}

static int parse_or(struct expr_parser *parser, struct expr_node **ret_node);

/** Where nothing but an operand may stand. */
static int parse_operand(struct expr_parser *parser, struct expr_node **ret_node)
{
    int rc;

    if (parser->current.kind != TOKEN_OPEN)
        return expr__parse_term(parser, parse_operand, ret_node);
    rc = expr__enter(parser);
    if (rc < 0)
        return rc;
    expr__advance(parser);
    rc = parse_operand(parser, ret_node);
    if (rc < 0)
        return rc;
    rc = expr__expect(parser, TOKEN_CLOSE);
    if (rc < 0)
        return rc;
    expr__node_group(parser, *ret_node);
    parser->depth--;
    return 0;
}

static int adopt_operand(struct expr_parser *parser, struct expr_node *parent)
{
    struct expr_node *operand;
    int rc = parse_operand(parser, &operand);

    if (rc < 0)
        return rc;
    operand->operand = true;
    expr__node_adopt(parent, operand);
    return 0;
}

/** BETWEEN b AND c: the AND is part of it. */
static int parse_between(struct expr_parser *parser, struct expr_node *node)
{
    int rc = adopt_operand(parser, node);

    if (rc < 0)
        return rc;
    rc = expr__expect(parser, TOKEN_AND);
    if (rc < 0)
        return rc;
    return adopt_operand(parser, node);
}

static int parse_in(struct expr_parser *parser, struct expr_node *node)
{
    int rc;

    if (parser->current.kind != TOKEN_OPEN)
        return expr__syntax_error(parser);
    do {
        expr__advance(parser); /* the parenthesis, or a comma */
        rc = adopt_operand(parser, node);
        if (rc < 0)
            return rc;
    } while (parser->current.kind == TOKEN_COMMA);
    return expr__expect(parser, TOKEN_CLOSE);
}

/** After an operand: the comparison that it begins, if it begins one. */
static int parse_tail(struct expr_parser *parser, struct expr_node **node)
{
    enum token_kind kind = parser->current.kind;
    struct expr_node *comparison;

    if (!is_operand(*node) ||
        !((kind >= TOKEN_EQ && kind <= TOKEN_GE) || kind == TOKEN_BETWEEN || kind == TOKEN_IN))
        return 0;
    comparison = expr__node_new(parser, NODE_OPERATOR);
    if (comparison == NULL)
        return ST_NOMEM;
    parser->operators++;
    (*node)->operand = true;
    expr__node_adopt(comparison, *node);
    *node = comparison;
    expr__advance(parser);
    if (kind == TOKEN_BETWEEN) {
        comparison->operation = OPERATOR_BETWEEN;
        return parse_between(parser, comparison);
    }
    if (kind == TOKEN_IN) {
        comparison->operation = OPERATOR_IN;
        return parse_in(parser, comparison);
    }
    comparison->operation = (enum expr_operator)(kind - TOKEN_EQ);
    return adopt_operand(parser, comparison);
}

static int parse_comparison(struct expr_parser *parser, struct expr_node **ret_node)
{
    int rc;

    if (parser->current.kind == TOKEN_OPEN) {
        rc = expr__enter(parser);
        if (rc < 0)
            return rc;
        expr__advance(parser);
        rc = parse_or(parser, ret_node);
        if (rc < 0)
            return rc;
        rc = expr__expect(parser, TOKEN_CLOSE);
        if (rc < 0)
            return rc;
        expr__node_group(parser, *ret_node);
        parser->depth--;
    } else {
        rc = expr__parse_term(parser, parse_operand, ret_node);
        if (rc < 0)
            return rc;
    }
    return parse_tail(parser, ret_node);
}

static int parse_not(struct expr_parser *parser, struct expr_node **ret_node)
{
    struct expr_node *node, *condition;
    int rc;

    if (parser->current.kind != TOKEN_NOT)
        return parse_comparison(parser, ret_node);
    node = expr__node_new(parser, NODE_NOT);
    if (node == NULL)
        return ST_NOMEM;
    parser->operators++;
    rc = expr__enter(parser);
    if (rc < 0)
        return rc;
    expr__advance(parser);
    rc = parse_not(parser, &condition);
    if (rc < 0)
        return rc;
    if (!is_condition(condition))
        return expr__syntax_error(parser);
    expr__node_adopt(node, condition);
    parser->depth--;
    *ret_node = node;
    return 0;
}

/** One or more of what parse_part reads, joined by `token`; a single one is returned as it is. */
static int parse_chain(struct expr_parser *parser, enum token_kind token, enum node_kind kind,
                       expr_parse_fn parse_part, struct expr_node **ret_node)
{
    struct expr_node *chain = NULL, *part;
    int rc;

    for (;;) {
        rc = parse_part(parser, &part);
        if (rc < 0)
            return rc;
        if (chain == NULL && parser->current.kind != token) {
            *ret_node = part;
            return 0;
        }
        if (!is_condition(part))
            return expr__syntax_error(parser);
        if (chain == NULL) {
            chain = expr__node_new(parser, kind);
            if (chain == NULL)
                return ST_NOMEM;
        }
        expr__node_adopt(chain, part);
        if (parser->current.kind != token)
            break;
        parser->operators++;
        expr__advance(parser);
    }
    *ret_node = chain;
    return 0;
}

static int parse_and(struct expr_parser *parser, struct expr_node **ret_node)
{
    return parse_chain(parser, TOKEN_AND, NODE_AND, parse_not, ret_node);
}

static int parse_or(struct expr_parser *parser, struct expr_node **ret_node)
{
    return parse_chain(parser, TOKEN_OR, NODE_OR, parse_and, ret_node);
}

int expr__parse_condition(struct expr_parser *parser, struct expr_text *text)
{
    int rc = parse_or(parser, &text->root);

    if (rc < 0)
        return rc;
    if (parser->current.kind != TOKEN_END || !is_condition(text->root))
        return expr__syntax_error(parser);
    return 0;
}
