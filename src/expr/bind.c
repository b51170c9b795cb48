/*
 * bind.c - a compiled expression with the #names and :values of one request.
 *
 * Compiled expressions are shared between requests, so what a binding writes to is copied into the
 * request's arena, and only that: the paths when the text has a #name, the nodes when it has a
 * :value or when its paths were copied. attribute_not_exists(pk) is lent as it is. Then come the
 * checks that depend on the bindings (static_checks.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

/* ---- copies ---- */

struct expr_node *expr__node_copy(struct expr_copy *copy, const struct expr_node *node)
{
    struct expr_node *made = arena_alloc(copy->arena, sizeof(*made));

    if (made == NULL)
        return NULL;
    *made = *node;
    made->children = made->last_child = made->sibling = made->next_listed = NULL;
    made->child_count = 0;
    if (made->path != NULL && copy->paths != NULL)
        made->path = &copy->paths[node->path->number];
    if (made->kind == NODE_VALUE) {
        if (copy->values == NULL)
            copy->values = made;
        else
            copy->last_value->next_listed = made;
        copy->last_value = made;
    }
    for (const struct expr_node *child = node->children; child != NULL; child = child->sibling) {
        struct expr_node *child_copy = expr__node_copy(copy, child);

        if (child_copy == NULL)
            return NULL;
        expr__node_adopt(made, child_copy);
    }
    return made;
}

static int copy_paths(struct expr_copy *copy, const struct expr_text *text)
{
    struct expr_path_element *elements;
    size_t used = 0;

    copy->paths = arena_alloc(copy->arena, text->path_count * sizeof(*copy->paths));
    elements = arena_alloc(copy->arena, text->element_count * sizeof(*elements));
    if (copy->paths == NULL || elements == NULL)
        return ST_NOMEM;
    for (const struct expr_path *path = text->paths; path != NULL; path = path->next) {
        struct expr_path *made = &copy->paths[path->number];

        *made = *path;
        made->elements = elements + used;
        memcpy(made->elements, path->elements, path->count * sizeof(*elements));
        used += path->count;
        if (path->next != NULL)
            made->next = &copy->paths[path->next->number];
    }
    return 0;
}

/* ---- binding ---- */

struct binder {
    const struct expr_text *text;
    struct expr_copy copy;
    struct expr_parser parser; /* what the static checks want */
};

static int binder_init(struct binder *binder, const struct expr_text *text, struct arena *arena,
                       struct expr_error *reterr)
{
    int rc;

    *binder = (struct binder){.text = text,
                              .copy = {.arena = arena},
                              .parser = {.arena = arena,
                                         .kind = text->kind,
                                         .paths = text->paths,
                                         .path_count = text->path_count,
                                         .error = reterr}};
    if (!text->has_names)
        return 0;
    rc = copy_paths(&binder->copy, text);
    if (rc == 0)
        binder->parser.paths = binder->copy.paths;
    return rc;
}

static int own_node(struct binder *binder, struct expr_node *node, struct expr_node **ret_node)
{
    bool shared = !binder->text->has_names && !binder->text->has_values;

    *ret_node = shared ? node : expr__node_copy(&binder->copy, node);
    binder->parser.values = binder->copy.values;
    return *ret_node == NULL ? ST_NOMEM : 0;
}

int expr_condition_bind(const struct expr_text *text, struct arena *arena,
                        struct expr_bindings *bindings, struct expr_condition **ret_condition,
                        struct expr_error *reterr)
{
    struct expr_condition *condition = ARENA_NEW(arena, struct expr_condition);
    struct binder binder;
    int rc;

    assert(text->root != NULL);
    if (condition == NULL)
        return ST_NOMEM;
    rc = binder_init(&binder, text, arena, reterr);
    if (rc == 0)
        rc = own_node(&binder, text->root, &condition->root);
    if (rc == 0)
        rc = expr__bind_condition(&binder.parser, condition->root, bindings);
    if (rc < 0)
        return rc;
    condition->paths = binder.parser.paths;
    *ret_condition = condition;
    return 0;
}

static int own_actions(struct binder *binder, struct expr_update *update)
{
    struct expr_action *made =
        arena_alloc(binder->copy.arena, binder->text->action_count * sizeof(*made));
    int rc = made == NULL ? ST_NOMEM : 0;

    update->actions = made;
    for (const struct expr_action *action = binder->text->actions; action != NULL && rc == 0;
         action = action->next, made++) {
        *made = *action;
        if (action->next != NULL)
            made->next = made + 1;
        if (binder->copy.paths != NULL)
            made->target = &binder->copy.paths[action->target->number];
        if (action->value != NULL)
            rc = own_node(binder, action->value, &made->value);
    }
    return rc;
}

int expr_update_bind(const struct expr_text *text, struct arena *arena,
                     struct expr_bindings *bindings, struct expr_update **ret_update,
                     struct expr_error *reterr)
{
    struct expr_update *update = ARENA_NEW(arena, struct expr_update);
    struct binder binder;
    int rc;

    assert(text->kind == EXPR_UPDATE);
    if (update == NULL)
        return ST_NOMEM;
    rc = binder_init(&binder, text, arena, reterr);
    if (rc == 0)
        rc = own_actions(&binder, update);
    if (rc < 0)
        return rc;
    update->action_count = text->action_count;
    update->paths = binder.parser.paths;
    rc = expr__bind_update(&binder.parser, update, bindings);
    if (rc < 0)
        return rc;
    *ret_update = update;
    return 0;
}

int expr_projection_bind(const struct expr_text *text, struct arena *arena,
                         struct expr_bindings *bindings, struct expr_projection **ret_projection,
                         struct expr_error *reterr)
{
    struct expr_projection *projection = ARENA_NEW(arena, struct expr_projection);
    struct binder binder;
    int rc;

    assert(text->kind == EXPR_PROJECTION);
    if (projection == NULL)
        return ST_NOMEM;
    rc = binder_init(&binder, text, arena, reterr);
    if (rc == 0)
        rc = expr__bind_projection(&binder.parser, projection, bindings);
    if (rc < 0)
        return rc;
    *ret_projection = projection;
    return 0;
}

/* ---- both steps ---- */

int expr_condition_parse(struct arena *arena, enum expr_kind kind, struct slice text,
                         struct expr_bindings *bindings, struct expr_condition **ret_condition,
                         struct expr_error *reterr)
{
    const struct expr_text *compiled;
    int rc = expr_compile(arena, kind, text, &compiled, reterr);

    return rc < 0 ? rc : expr_condition_bind(compiled, arena, bindings, ret_condition, reterr);
}

int expr_update_parse(struct arena *arena, struct slice text, struct expr_bindings *bindings,
                      struct expr_update **ret_update, struct expr_error *reterr)
{
    const struct expr_text *compiled;
    int rc = expr_compile(arena, EXPR_UPDATE, text, &compiled, reterr);

    return rc < 0 ? rc : expr_update_bind(compiled, arena, bindings, ret_update, reterr);
}

int expr_projection_parse(struct arena *arena, struct slice text, struct expr_bindings *bindings,
                          struct expr_projection **ret_projection, struct expr_error *reterr)
{
    const struct expr_text *compiled;
    int rc = expr_compile(arena, EXPR_PROJECTION, text, &compiled, reterr);

    return rc < 0 ? rc : expr_projection_bind(compiled, arena, bindings, ret_projection, reterr);
}
