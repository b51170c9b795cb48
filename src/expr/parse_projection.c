/*
 * parse_projection.c - projection expressions: one or more document paths.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

int expr_projection_parse(struct arena *arena, struct slice text, struct expr_bindings *bindings,
                          struct expr_projection **ret_projection, struct expr_error *reterr)
{
    struct expr_projection *projection = ARENA_NEW(arena, struct expr_projection);
    struct expr_parser parser;
    struct expr_path *path;
    int rc;

    if (projection == NULL)
        return ST_NOMEM;
    rc = expr__parser_init(&parser, arena, EXPR_PROJECTION, text, reterr);
    if (rc < 0)
        return rc;
    for (;;) {
        rc = expr__parse_path(&parser, &path);
        if (rc < 0)
            return rc;
        if (parser.current.kind != TOKEN_COMMA)
            break;
        expr__advance(&parser);
    }
    if (parser.current.kind != TOKEN_END)
        return expr__syntax_error(&parser);
    rc = expr__check_projection(&parser, projection, bindings);
    if (rc < 0)
        return rc;
    *ret_projection = projection;
    return 0;
}

int expr_projection_check_key_paths(const struct expr_projection *projection,
                                    const struct expr_key_attribute *keys, size_t key_count,
                                    struct expr_error *reterr)
{
    return expr__check_key_paths(projection->paths, keys, key_count, reterr);
}

int expr_projection_each_attribute(const struct expr_projection *projection,
                                   expr_attribute_fn visit, void *context)
{
    return expr__paths_each_attribute(projection->paths, visit, context);
}
