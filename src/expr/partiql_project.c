/*
 * partiql_project.c - the attributes that a SELECT names.
 *
 * Unlike a projection expression, whose result mirrors the paths, a SELECT gives each value under
 * the last name of its path: SELECT a.b gives an item with the attribute b. What an item does not
 * have is left out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/partiql_priv.h"

int partiql_project(const struct partiql_projection *projection, struct slice item,
                    struct arena *arena, struct slice *ret_item)
{
    struct item_builder builder;
    struct value value;

    item_builder_init(&builder, arena);
    for (size_t i = 0; i < projection->count; i++)
        if (expr__path_resolve(projection->attributes[i].path, item, &value))
            item_builder_add(&builder, projection->attributes[i].name, value.encoded);
    return item_build(&builder, ret_item);
}

const struct expr_projection *partiql_projection_paths(const struct partiql_projection *projection)
{
    return &projection->paths;
}
