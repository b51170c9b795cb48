/*
 * partiql_condition.c - the grammar of WHERE clauses, and of the right sides of SET.
 *
 *   or         := and (OR and)*
 *   and        := not (AND not)*
 *   not        := NOT not | predicate
 *   predicate  := operand cmp operand | operand [NOT] BETWEEN operand AND operand
 *               | operand [NOT] IN list | path IS [NOT] MISSING | path IS [NOT] NULL
 *               | begins_with(...) | contains(...) | attribute_type(...) | ( or )
 *   list       := [ operand, ... ] | ( operand, ... )
 *   operand    := path | value | size(path) | ( operand )
 *
 *   assigned   := term ((+ | -) term)* | SET_ADD(path, value) | SET_DELETE(path, value)
 *   term       := path | value | LIST_APPEND(assigned, assigned) | ( assigned )
 *
 * The result is the tree of an expression: IS MISSING is attribute_not_exists, SET_ADD is an ADD
 * action. A parenthesis may open a condition or an operand, as in parse_condition.c. Names of
 * functions and keywords have no case.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/partiql_priv.h"

static bool is_condition(const struct expr_node *node)
{
    return node->kind != NODE_PATH && node->kind != NODE_VALUE &&
           !(node->kind == NODE_CALL && node->function == FUNCTION_SIZE);
}

static struct expr_node *node_new(struct partiql_parser *parser, enum node_kind kind)
{
    struct expr_node *node = ARENA_NEW(parser->arena, struct expr_node);

    if (node != NULL)
        node->kind = kind;
    return node;
}

static int parse_or(struct partiql_parser *parser, struct expr_node **ret_node);

/** A value where a condition must stand, or the other way round. */
static int refuse_role(const struct partiql_parser *parser, const struct expr_node *node)
{
    if (node->kind == NODE_CALL)
        return expr__refuse(parser->error,
                            "The function is not allowed to be used this way in an expression; "
                            "function: %.*s",
                            SLICE_ARGS(node->text));
    return partiql__malformed(parser, "Unexpected token after expression");
}

/* ---- operands ---- */

static enum expr_function function_of(struct slice name)
{
    static const struct {
        const char *name;
        enum expr_function function;
    } functions[] = {
        {"begins_with", FUNCTION_BEGINS_WITH},
        {"contains", FUNCTION_CONTAINS},
        {"size", FUNCTION_SIZE},
        {"attribute_type", FUNCTION_ATTRIBUTE_TYPE},
        {"list_append", FUNCTION_LIST_APPEND},
    };
    struct partiql_token token = {.kind = PARTIQL_WORD, .text = name};

    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (partiql__token_is_word(&token, functions[i].name))
            return functions[i].function;
    return FUNCTION_UNKNOWN;
}

static bool at_call(const struct partiql_parser *parser)
{
    return parser->current.kind == PARTIQL_WORD && partiql__peek(parser).kind == PARTIQL_OPEN;
}

typedef int (*parse_fn)(struct partiql_parser *parser, struct expr_node **ret_node);

/** name ( operand, ... ): the current token is the name. */
static int parse_call(struct partiql_parser *parser, bool assigned, parse_fn parse_operand,
                      struct expr_node **ret_node)
{
    struct expr_node *call = node_new(parser, NODE_CALL), *operand;
    int rc;

    if (call == NULL)
        return ST_NOMEM;
    call->text = parser->current.text;
    call->function = function_of(call->text);
    if (call->function == FUNCTION_UNKNOWN)
        return expr__refuse(parser->error, "Invalid function name; function: %.*s",
                            SLICE_ARGS(call->text));
    if ((call->function == FUNCTION_LIST_APPEND) != assigned)
        return refuse_role(parser, call);
    rc = partiql__enter(parser);
    if (rc < 0)
        return rc;
    parser->statement->operators++;
    partiql__advance(parser);
    do {
        partiql__advance(parser); /* the parenthesis, or a comma */
        rc = parse_operand(parser, &operand);
        if (rc < 0)
            return rc;
        operand->operand = true;
        expr__node_adopt(call, operand);
    } while (parser->current.kind == PARTIQL_COMMA);
    parser->depth--;
    *ret_node = call;
    return partiql__expect(parser, PARTIQL_CLOSE, "RIGHT_PAREN");
}

static int parse_path_node(struct partiql_parser *parser, struct expr_node **ret_node)
{
    struct expr_node *node = node_new(parser, NODE_PATH);

    if (node == NULL)
        return ST_NOMEM;
    *ret_node = node;
    return partiql__parse_path(parser, false, &node->path);
}

/** Where nothing but an operand may stand. */
static int parse_operand(struct partiql_parser *parser, struct expr_node **ret_node)
{
    int rc;

    if (parser->current.kind == PARTIQL_OPEN) {
        rc = partiql__enter(parser);
        if (rc < 0)
            return rc;
        partiql__advance(parser);
        rc = parse_operand(parser, ret_node);
        if (rc < 0)
            return rc;
        parser->depth--;
        return partiql__expect(parser, PARTIQL_CLOSE, "RIGHT_PAREN");
    }
    if (partiql__at_literal(parser))
        return partiql__parse_value(parser, ret_node);
    if (!at_call(parser))
        return parse_path_node(parser, ret_node);
    rc = parse_call(parser, false, parse_operand, ret_node);
    return rc == 0 && is_condition(*ret_node) ? refuse_role(parser, *ret_node) : rc;
}

static int adopt_operand(struct partiql_parser *parser, struct expr_node *parent)
{
    struct expr_node *operand;
    int rc = parse_operand(parser, &operand);

    if (rc < 0)
        return rc;
    operand->operand = true;
    expr__node_adopt(parent, operand);
    return 0;
}

/* ---- predicates ---- */

/** The node, or NOT of it. */
static int negate(struct partiql_parser *parser, bool negated, struct expr_node **node)
{
    struct expr_node *outer;

    if (!negated)
        return 0;
    outer = node_new(parser, NODE_NOT);
    if (outer == NULL)
        return ST_NOMEM;
    expr__node_adopt(outer, *node);
    *node = outer;
    return 0;
}

static int parse_in_list(struct partiql_parser *parser, struct expr_node *node)
{
    bool square = parser->current.kind == PARTIQL_SQUARE_OPEN;
    int rc;

    if (!square && parser->current.kind != PARTIQL_OPEN)
        return partiql__unexpected_term(parser);
    do {
        partiql__advance(parser); /* the bracket, or a comma */
        rc = adopt_operand(parser, node);
        if (rc < 0)
            return rc;
    } while (parser->current.kind == PARTIQL_COMMA);
    return square ? partiql__expect(parser, PARTIQL_SQUARE_CLOSE, "RIGHT_BRACKET")
                  : partiql__expect(parser, PARTIQL_CLOSE, "RIGHT_PAREN");
}

static int parse_between(struct partiql_parser *parser, struct expr_node *node)
{
    int rc = adopt_operand(parser, node);

    if (rc < 0)
        return rc;
    if (!partiql__take_word(parser, "AND"))
        return partiql__malformed(parser, "Expected AND after BETWEEN");
    return adopt_operand(parser, node);
}

/** path IS [NOT] MISSING | NULL: a function of the path. */
static int parse_is(struct partiql_parser *parser, struct expr_node **node)
{
    bool negated = partiql__take_word(parser, "NOT");
    struct expr_node *call = node_new(parser, NODE_CALL), *type = node_new(parser, NODE_VALUE);
    static const uint8_t null_type[] = {VALUE_S, 4, 'N', 'U', 'L', 'L'};

    if (call == NULL || type == NULL)
        return ST_NOMEM;
    if ((*node)->kind != NODE_PATH)
        return refuse_role(parser, *node);
    call->text = parser->current.text;
    (*node)->operand = true;
    expr__node_adopt(call, *node);
    *node = call;
    if (partiql__take_word(parser, "MISSING")) {
        call->function = negated ? FUNCTION_ATTRIBUTE_EXISTS : FUNCTION_ATTRIBUTE_NOT_EXISTS;
        return 0;
    }
    if (!partiql__take_word(parser, "NULL"))
        return partiql__malformed(parser, "Expected type name");
    call->function = FUNCTION_ATTRIBUTE_TYPE;
    type->operand = true;
    type->literal = EXPR_LITERAL_NONE;
    type->value = value_of(slice_of(null_type, sizeof(null_type)));
    expr__node_adopt(call, type);
    return negate(parser, negated, node);
}

static int parse_comparison(struct partiql_parser *parser, enum expr_operator operation,
                            struct expr_node **node)
{
    struct expr_node *comparison = node_new(parser, NODE_OPERATOR);

    if (comparison == NULL)
        return ST_NOMEM;
    comparison->operation = operation;
    parser->statement->operators++;
    (*node)->operand = true;
    expr__node_adopt(comparison, *node);
    *node = comparison;
    if (operation == OPERATOR_BETWEEN)
        return parse_between(parser, comparison);
    return operation == OPERATOR_IN ? parse_in_list(parser, comparison)
                                    : adopt_operand(parser, comparison);
}

/** After an operand: the predicate that it begins, if it begins one. */
static int parse_tail(struct partiql_parser *parser, struct expr_node **node)
{
    enum partiql_token_kind kind = parser->current.kind;
    struct partiql_token next;
    bool negated;
    int rc;

    if (is_condition(*node))
        return 0;
    if (kind >= PARTIQL_EQ && kind <= PARTIQL_GE) {
        partiql__advance(parser);
        return parse_comparison(parser, (enum expr_operator)(kind - PARTIQL_EQ), node);
    }
    if (partiql__take_word(parser, "IS"))
        return parse_is(parser, node);
    next = partiql__peek(parser);
    negated = partiql__at_word(parser, "NOT") &&
              (partiql__token_is_word(&next, "IN") || partiql__token_is_word(&next, "BETWEEN"));
    if (negated)
        partiql__advance(parser);
    if (partiql__take_word(parser, "IN"))
        rc = parse_comparison(parser, OPERATOR_IN, node);
    else if (partiql__take_word(parser, "BETWEEN"))
        rc = parse_comparison(parser, OPERATOR_BETWEEN, node);
    else
        return 0;
    return rc < 0 ? rc : negate(parser, negated, node);
}

static int parse_predicate(struct partiql_parser *parser, struct expr_node **ret_node)
{
    int rc;

    if (parser->current.kind == PARTIQL_OPEN) {
        rc = partiql__enter(parser);
        if (rc < 0)
            return rc;
        partiql__advance(parser);
        rc = parse_or(parser, ret_node);
        if (rc < 0)
            return rc;
        rc = partiql__expect(parser, PARTIQL_CLOSE, "RIGHT_PAREN");
        parser->depth--;
    } else if (partiql__at_literal(parser)) {
        rc = partiql__parse_value(parser, ret_node);
    } else if (at_call(parser)) {
        rc = parse_call(parser, false, parse_operand, ret_node);
    } else {
        rc = parse_path_node(parser, ret_node);
    }
    return rc < 0 ? rc : parse_tail(parser, ret_node);
}

/* ---- combinations ---- */

static int parse_not(struct partiql_parser *parser, struct expr_node **ret_node)
{
    int rc;

    if (!partiql__at_word(parser, "NOT"))
        return parse_predicate(parser, ret_node);
    rc = partiql__enter(parser);
    if (rc < 0)
        return rc;
    parser->statement->operators++;
    partiql__advance(parser);
    rc = parse_not(parser, ret_node);
    if (rc < 0)
        return rc;
    if (!is_condition(*ret_node))
        return refuse_role(parser, *ret_node);
    parser->depth--;
    return negate(parser, true, ret_node);
}

/** One or more of what parse_part reads, joined by `word`; a single one is returned as it is. */
static int parse_chain(struct partiql_parser *parser, const char *word, enum node_kind kind,
                       parse_fn parse_part, struct expr_node **ret_node)
{
    struct expr_node *chain = NULL, *part;
    int rc;

    for (;;) {
        rc = parse_part(parser, &part);
        if (rc < 0)
            return rc;
        if (chain == NULL && !partiql__at_word(parser, word)) {
            *ret_node = part;
            return 0;
        }
        if (!is_condition(part))
            return refuse_role(parser, part);
        if (chain == NULL) {
            chain = node_new(parser, kind);
            if (chain == NULL)
                return ST_NOMEM;
        }
        expr__node_adopt(chain, part);
        if (!partiql__take_word(parser, word))
            break;
        parser->statement->operators++;
    }
    *ret_node = chain;
    return 0;
}

static int parse_and(struct partiql_parser *parser, struct expr_node **ret_node)
{
    return parse_chain(parser, "AND", NODE_AND, parse_not, ret_node);
}

static int parse_or(struct partiql_parser *parser, struct expr_node **ret_node)
{
    return parse_chain(parser, "OR", NODE_OR, parse_and, ret_node);
}

int partiql__parse_condition(struct partiql_parser *parser, struct expr_node **ret_node)
{
    int rc = parse_or(parser, ret_node);

    return rc == 0 && !is_condition(*ret_node) ? refuse_role(parser, *ret_node) : rc;
}

/* ---- right sides of SET ---- */

static int parse_sum(struct partiql_parser *parser, struct expr_node **ret_node);

static int parse_term(struct partiql_parser *parser, struct expr_node **ret_node)
{
    int rc;

    if (parser->current.kind == PARTIQL_OPEN) {
        rc = partiql__enter(parser);
        if (rc < 0)
            return rc;
        partiql__advance(parser);
        rc = parse_sum(parser, ret_node);
        if (rc < 0)
            return rc;
        parser->depth--;
        return partiql__expect(parser, PARTIQL_CLOSE, "RIGHT_PAREN");
    }
    if (partiql__at_literal(parser))
        return partiql__parse_value(parser, ret_node);
    if (at_call(parser))
        return parse_call(parser, true, parse_sum, ret_node);
    return parse_path_node(parser, ret_node);
}

static int parse_sum(struct partiql_parser *parser, struct expr_node **ret_node)
{
    struct expr_node *left, *right, *sum;
    unsigned depth = parser->depth;
    int rc = parse_term(parser, &left);

    if (rc < 0)
        return rc;
    while (parser->current.kind == PARTIQL_PLUS || parser->current.kind == PARTIQL_MINUS) {
        sum = node_new(parser, NODE_OPERATOR);
        if (sum == NULL)
            return ST_NOMEM;
        sum->operation = parser->current.kind == PARTIQL_PLUS ? OPERATOR_PLUS : OPERATOR_MINUS;
        parser->statement->operators++;
        rc = partiql__enter(parser); /* the tree of a chain is as deep as the chain is long */
        if (rc < 0)
            return rc;
        partiql__advance(parser);
        rc = parse_term(parser, &right);
        if (rc < 0)
            return rc;
        left->operand = right->operand = true;
        expr__node_adopt(sum, left);
        expr__node_adopt(sum, right);
        left = sum;
    }
    parser->depth = depth;
    *ret_node = left;
    return 0;
}

/** SET a = SET_ADD(a, <<...>>): an ADD action, which makes the set when it is missing. */
static int parse_set_function(struct partiql_parser *parser, struct expr_action *action,
                              enum action_kind kind)
{
    const char *name = kind == ACTION_ADD ? "SET_ADD" : "SET_DELETE";
    struct expr_node *path;
    int rc;

    action->kind = kind;
    parser->statement->operators++;
    partiql__advance(parser);
    partiql__advance(parser); /* the parenthesis: at_call() saw it */
    rc = parse_path_node(parser, &path);
    if (rc < 0)
        return rc;
    if (!expr__path_eq(path->path, action->target))
        return expr__refuse(parser->error,
                            "The first operand of %s must be the attribute that is set", name);
    rc = partiql__expect(parser, PARTIQL_COMMA, "COMMA");
    if (rc == 0)
        rc = partiql__parse_value(parser, &action->value);
    if (rc == 0)
        rc = partiql__expect(parser, PARTIQL_CLOSE, "RIGHT_PAREN");
    return rc;
}

int partiql__parse_assigned(struct partiql_parser *parser, struct expr_action *action)
{
    if (at_call(parser) && partiql__at_word(parser, "SET_ADD"))
        return parse_set_function(parser, action, ACTION_ADD);
    if (at_call(parser) && partiql__at_word(parser, "SET_DELETE"))
        return parse_set_function(parser, action, ACTION_DELETE);
    return parse_sum(parser, &action->value);
}
