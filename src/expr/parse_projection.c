/*
 * parse_projection.c - projection expressions: one or more document paths.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

int expr__parse_projection(struct expr_parser *parser)
{
    struct expr_path *path;
    int rc;

    for (;;) {
        rc = expr__parse_path(parser, &path);
        if (rc < 0)
            return rc;
        if (parser->current.kind != TOKEN_COMMA)
            break;
        expr__advance(parser);
    }
    return parser->current.kind == TOKEN_END ? 0 : expr__syntax_error(parser);
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
