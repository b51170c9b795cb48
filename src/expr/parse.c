/*
 * parse.c - what the parsers of conditions, updates and projections have in common.
 *
 * The parsers are predictive: one token decides, and the first token that cannot continue is the
 * one that the error names. `near` shows the source from the token before the offending one
 * through the token after it, spacing kept; at the end of the text only the last token is left.
 *
 * Source: dynamodb-expressions.md §2, §3 and §5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdio.h>

#include "expr/expr_priv.h"

static const char *const kind_names[] = {
    [EXPR_CONDITION] = "ConditionExpression",        [EXPR_FILTER] = "FilterExpression",
    [EXPR_KEY_CONDITION] = "KeyConditionExpression", [EXPR_UPDATE] = "UpdateExpression",
    [EXPR_PROJECTION] = "ProjectionExpression",
};

int expr__invalid(const struct expr_parser *parser, const char *fmt, ...)
{
    struct refusal inner;
    va_list args;

    if (parser->error == NULL)
        return ST_REFUSED;
    va_start(args, fmt);
    (void)refuse_v(&inner, fmt, args);
    va_end(args);
    parser->error->envelope = parser->kind != EXPR_PARTIQL;
    parser->error->serialization = false;
    if (parser->kind == EXPR_PARTIQL) /* statements are told what is wrong without a kind */
        return refuse(&parser->error->refusal, "%s", inner.text);
    return refuse(&parser->error->refusal, "Invalid %s: %s", kind_names[parser->kind], inner.text);
}

int expr__refuse(struct expr_error *reterr, const char *fmt, ...)
{
    va_list args;
    int rc;

    if (reterr == NULL)
        return ST_REFUSED;
    reterr->envelope = false;
    reterr->serialization = false;
    va_start(args, fmt);
    rc = refuse_v(&reterr->refusal, fmt, args);
    va_end(args);
    return rc;
}

int expr__parser_init(struct expr_parser *parser, struct arena *arena, enum expr_kind kind,
                      struct slice text, struct expr_error *reterr)
{
    *parser = (struct expr_parser){.arena = arena, .kind = kind, .text = text, .error = reterr};
    parser->paths_end = &parser->paths;
    parser->calls_end = &parser->calls;
    parser->values_end = &parser->values;
    if (text.len > EXPR_BYTES_MAX)
        return expr__invalid(parser,
                             "Expression size has exceeded the maximum allowed size; "
                             "expression size: %zu",
                             text.len);
    expr__advance(parser);
    if (parser->current.kind == TOKEN_END)
        return expr__invalid(parser, "The expression can not be empty;");
    return 0;
}

void expr__advance(struct expr_parser *parser)
{
    parser->previous = parser->current;
    parser->current = expr__token_read(parser->kind, parser->text, parser->at);
    parser->at = (size_t)(parser->current.text.ptr - parser->text.ptr) + parser->current.text.len;
}

int expr__syntax_error(const struct expr_parser *parser)
{
    const struct token *offender = &parser->current;
    struct token after = expr__token_read(parser->kind, parser->text, parser->at);
    const uint8_t *start = offender->text.ptr, *end = offender->text.ptr + offender->text.len;

    if (parser->previous.kind != TOKEN_END)
        start = parser->previous.text.ptr;
    if (offender->kind == TOKEN_END)
        end = parser->previous.text.ptr + parser->previous.text.len;
    else if (offender->kind == TOKEN_FOREIGN && after.text.ptr == end)
        /* A character of no token shows one adjacent character only. */
        end += after.text.len > 0;
    else if (offender->kind != TOKEN_FOREIGN && after.kind != TOKEN_END)
        end = after.text.ptr + after.text.len;
    while (end < parser->text.ptr + parser->text.len && end > start && (*end & 0xC0) == 0x80)
        end++; /* not half a character */
    return expr__invalid(parser, "Syntax error; token: \"%.*s\", near: \"%.*s\"",
                         offender->kind == TOKEN_END ? 5 : (int)offender->text.len,
                         offender->kind == TOKEN_END ? "<EOF>" : (const char *)offender->text.ptr,
                         (int)(end - start), (const char *)start);
}

int expr__expect(struct expr_parser *parser, enum token_kind kind)
{
    if (parser->current.kind != kind)
        return expr__syntax_error(parser);
    expr__advance(parser);
    return 0;
}

int expr__enter(struct expr_parser *parser)
{
    if (++parser->depth <= EXPR_NESTING_MAX)
        return 0;
    if (parser->operators > EXPR_OPERATORS_MAX)
        return expr__invalid(parser,
                             "The expression contains too many operators; "
                             "operator count: %u",
                             parser->operators);
    return expr__invalid(parser, "The expression has redundant parentheses;");
}

struct expr_node *expr__node_new(struct expr_parser *parser, enum node_kind kind)
{
    struct expr_node *node = ARENA_NEW(parser->arena, struct expr_node);

    if (node != NULL)
        node->kind = kind;
    return node;
}

void expr__node_adopt(struct expr_node *parent, struct expr_node *child)
{
    assert(child->sibling == NULL);
    if (parent->children == NULL)
        parent->children = child;
    else
        parent->last_child->sibling = child;
    parent->last_child = child;
    parent->child_count++;
}

void expr__node_group(struct expr_parser *parser, struct expr_node *node)
{
    if (node->grouped)
        parser->redundant_parentheses = true;
    node->grouped = true;
}

static int path_add(struct expr_parser *parser, struct expr_path *path, size_t *cap,
                    struct expr_path_element element)
{
    if (path->count == *cap) {
        size_t more = *cap == 0 ? 1 : *cap * 2; /* most paths are one name */
        struct expr_path_element *grown =
            ARENA_ARRAY(parser->arena, struct expr_path_element, more);

        if (grown == NULL)
            return ST_NOMEM;
        if (path->count > 0)
            memcpy(grown, path->elements, path->count * sizeof(*grown));
        path->elements = grown;
        *cap = more;
    }
    path->elements[path->count++] = element;
    return 0;
}

/** Digits as a number; what is out of range stays out of range (EXPR_LIST_INDEX_MAX + 1). */
static uint32_t index_of(struct slice digits)
{
    uint64_t index = 0;

    for (size_t i = 0; i < digits.len && index <= EXPR_LIST_INDEX_MAX; i++)
        index = index * 10 + (digits.ptr[i] - '0');
    return index > EXPR_LIST_INDEX_MAX ? EXPR_LIST_INDEX_MAX + 1 : (uint32_t)index;
}

int expr__parse_path(struct expr_parser *parser, struct expr_path **ret_path)
{
    struct expr_path *path = ARENA_NEW(parser->arena, struct expr_path);
    bool index = false;
    size_t cap = 0;
    int rc;

    if (path == NULL)
        return ST_NOMEM;
    for (;;) {
        struct expr_path_element element = {
            .text = parser->current.text, .name = parser->current.text, .is_index = index};

        parser->has_names = parser->has_names || parser->current.kind == TOKEN_NAME;
        if (index && parser->current.kind == TOKEN_NUMBER)
            element.index = index_of(element.text);
        else if (index ||
                 (parser->current.kind != TOKEN_IDENTIFIER && parser->current.kind != TOKEN_NAME))
            return expr__syntax_error(parser);
        rc = path_add(parser, path, &cap, element);
        if (rc < 0)
            return rc;
        expr__advance(parser);
        if (index) {
            rc = expr__expect(parser, TOKEN_INDEX_CLOSE);
            if (rc < 0)
                return rc;
        }
        index = parser->current.kind == TOKEN_INDEX_OPEN;
        if (!index && parser->current.kind != TOKEN_DOT)
            break;
        expr__advance(parser);
    }
    path->number = parser->path_count++;
    parser->element_count += path->count;
    *parser->paths_end = path;
    parser->paths_end = &path->next;
    *ret_path = path;
    return 0;
}

int expr__parse_value(struct expr_parser *parser, struct expr_node **ret_node)
{
    struct expr_node *node;

    if (parser->current.kind != TOKEN_VALUE)
        return expr__syntax_error(parser);
    node = expr__node_new(parser, NODE_VALUE);
    if (node == NULL)
        return ST_NOMEM;
    node->text = parser->current.text;
    expr__advance(parser);
    *parser->values_end = node;
    parser->values_end = &node->next_listed;
    *ret_node = node;
    return 0;
}

static enum expr_function function_of(struct slice name)
{
    static const char *const names[] = {
        [FUNCTION_ATTRIBUTE_EXISTS] = "attribute_exists",
        [FUNCTION_ATTRIBUTE_NOT_EXISTS] = "attribute_not_exists",
        [FUNCTION_ATTRIBUTE_TYPE] = "attribute_type",
        [FUNCTION_BEGINS_WITH] = "begins_with",
        [FUNCTION_CONTAINS] = "contains",
        [FUNCTION_SIZE] = "size",
        [FUNCTION_IF_NOT_EXISTS] = "if_not_exists",
        [FUNCTION_LIST_APPEND] = "list_append",
    };

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (slice_eq_str(name, names[i])) /* names are case-sensitive */
            return (enum expr_function)i;
    return FUNCTION_UNKNOWN;
}

/** The current token is the name, the next one the parenthesis. */
static int parse_call(struct expr_parser *parser, expr_parse_fn parse_operand,
                      struct expr_node **ret_node)
{
    struct expr_node *call = expr__node_new(parser, NODE_CALL), *operand;
    int rc;

    if (call == NULL)
        return ST_NOMEM;
    call->text = parser->current.text;
    call->function = function_of(call->text);
    *parser->calls_end = call;
    parser->calls_end = &call->next_listed;
    parser->operators++;
    rc = expr__enter(parser);
    if (rc < 0)
        return rc;
    expr__advance(parser);
    do {
        expr__advance(parser); /* the parenthesis, or a comma */
        rc = parse_operand(parser, &operand);
        if (rc < 0)
            return rc;
        operand->operand = true;
        expr__node_adopt(call, operand);
    } while (parser->current.kind == TOKEN_COMMA);
    rc = expr__expect(parser, TOKEN_CLOSE);
    if (rc < 0)
        return rc;
    parser->depth--;
    *ret_node = call;
    return 0;
}

int expr__parse_term(struct expr_parser *parser, expr_parse_fn parse_operand,
                     struct expr_node **ret_node)
{
    struct token after = expr__token_read(parser->kind, parser->text, parser->at);
    struct expr_node *node;
    int rc;

    if (parser->current.kind == TOKEN_VALUE)
        return expr__parse_value(parser, ret_node);
    if (parser->current.kind == TOKEN_IDENTIFIER && after.kind == TOKEN_OPEN)
        return parse_call(parser, parse_operand, ret_node);
    node = expr__node_new(parser, NODE_PATH);
    if (node == NULL)
        return ST_NOMEM;
    rc = expr__parse_path(parser, &node->path);
    if (rc < 0)
        return rc;
    *ret_node = node;
    return 0;
}
