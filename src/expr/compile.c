/*
 * compile.c - the text of an expression becomes the tree that all requests with that text share.
 *
 * Nothing in it belongs to a request: #names and :values are placeholders until bind.c, and what is
 * checked here depends on the text alone (static_checks.c says why that keeps the order of errors).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

static int parse(struct expr_parser *parser, struct expr_text *text)
{
    switch (parser->kind) {
    case EXPR_CONDITION:
    case EXPR_FILTER:
    case EXPR_KEY_CONDITION:
        return expr__parse_condition(parser, text);
    case EXPR_UPDATE:
        return expr__parse_update(parser, text);
    case EXPR_PROJECTION:
        return expr__parse_projection(parser);
    case EXPR_PARTIQL:
        break;
    }
    assert(!"statements have a parser of their own");
    return ST_REFUSED;
}

int expr_compile(struct arena *arena, enum expr_kind kind, struct slice text,
                 const struct expr_text **ret_text, struct expr_error *reterr)
{
    struct expr_text *compiled = ARENA_NEW(arena, struct expr_text);
    struct expr_parser parser;
    int rc;

    if (compiled == NULL)
        return ST_NOMEM;
    rc = expr__parser_init(&parser, arena, kind, text, reterr);
    if (rc == 0)
        rc = parse(&parser, compiled);
    if (rc == 0)
        rc = expr__check_text(&parser);
    if (rc < 0)
        return rc;
    compiled->kind = kind;
    compiled->has_names = parser.has_names;
    compiled->has_values = parser.values != NULL;
    compiled->paths = parser.paths;
    compiled->path_count = parser.path_count;
    compiled->element_count = parser.element_count;
    *ret_text = compiled;
    return 0;
}
