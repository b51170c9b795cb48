/*
 * path.c - document paths: resolving #names, order, overlap, and walking an item.
 *
 * Paths are compared by resolved names, so #n and the name that it stands for are one element. In
 * the order of expr__path_cmp() a path stands directly before those below it, and at any node all
 * indexes stand before all names. So two paths of a set overlap, or conflict, only if two
 * neighbours in that order do: sorting finds out whether there is anything to report, and only then
 * is the pair searched that comes first in the text.
 *
 * Source: dynamodb-expressions.md §3 (limits), §5 (messages), §6.1 (resolution).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "expr/expr_priv.h"

int expr__path_bind(const struct expr_parser *parser, struct expr_path *path,
                    struct expr_bindings *bindings)
{
    for (size_t i = 0; i < path->count; i++) {
        struct expr_path_element *element = &path->elements[i];
        struct expr_binding *binding;

        if (element->is_index || element->text.ptr[0] != '#')
            continue;
        binding = expr__binding_find(bindings->names, bindings->name_count, element->text);
        if (binding == NULL)
            return expr__invalid(parser,
                                 "An expression attribute name used in the document path "
                                 "is not defined; attribute name: %.*s",
                                 SLICE_ARGS(element->text));
        element->name = binding->target;
    }
    return 0;
}

int expr__element_cmp(const struct expr_path_element *a, const struct expr_path_element *b)
{
    if (a->is_index != b->is_index)
        return a->is_index ? -1 : 1;
    if (a->is_index)
        return a->index < b->index ? -1 : a->index > b->index;
    return slice_cmp(a->name, b->name);
}

/** Leading elements that are equal in both. */
static size_t common_len(const struct expr_path *a, const struct expr_path *b)
{
    size_t n = 0;

    while (n < a->count && n < b->count && expr__element_cmp(&a->elements[n], &b->elements[n]) == 0)
        n++;
    return n;
}

bool expr__path_eq(const struct expr_path *a, const struct expr_path *b)
{
    return a->count == b->count && common_len(a, b) == a->count;
}

int expr__path_cmp(const struct expr_path *a, const struct expr_path *b)
{
    size_t n = common_len(a, b);

    if (n < a->count && n < b->count)
        return expr__element_cmp(&a->elements[n], &b->elements[n]);
    return a->count < b->count ? -1 : a->count > b->count;
}

static int pointer_cmp(const void *a, const void *b)
{
    return expr__path_cmp(*(const struct expr_path *const *)a, *(const struct expr_path *const *)b);
}

/** One is the other, or stands above it. */
static bool overlap(const struct expr_path *a, const struct expr_path *b)
{
    size_t n = common_len(a, b);

    return n == a->count || n == b->count;
}

/** One takes a node for a list that the other takes for a map. */
static bool conflict(const struct expr_path *a, const struct expr_path *b)
{
    size_t n = common_len(a, b);

    return n < a->count && n < b->count && a->elements[n].is_index != b->elements[n].is_index;
}

static int refuse_pair(const struct expr_parser *parser, const struct expr_path *one,
                       const struct expr_path *two, const char *verb)
{
    const char *one_text = expr__path_print(parser->arena, one);
    const char *two_text = expr__path_print(parser->arena, two);

    if (one_text == NULL || two_text == NULL)
        return ST_NOMEM;
    return expr__invalid(parser,
                         "Two document paths %s with each other; must remove or rewrite one "
                         "of these paths; path one: %s, path two: %s",
                         verb, one_text, two_text);
}

/** Refuses the first such pair, by its later path and then by its earlier one, if there is one. */
static int refuse_first_pair(const struct expr_parser *parser, const struct expr_path **paths,
                             size_t count,
                             bool (*clash)(const struct expr_path *a, const struct expr_path *b),
                             const char *verb)
{
    for (size_t later = 1; later < count; later++)
        for (size_t earlier = 0; earlier < later; earlier++)
            if (clash(paths[earlier], paths[later]))
                return refuse_pair(parser, paths[earlier], paths[later], verb);
    return 0;
}

int expr__paths_sort(const struct expr_parser *parser, const struct expr_path **paths, size_t count,
                     const struct expr_path ***ret_sorted)
{
    const struct expr_path **sorted = ARENA_ARRAY(parser->arena, const struct expr_path *, count);
    bool clash = false;
    int rc;

    if (sorted == NULL)
        return ST_NOMEM;
    if (count > 0)
        memcpy(sorted, paths, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), pointer_cmp);
    for (size_t i = 1; i < count && !clash; i++)
        clash = overlap(sorted[i - 1], sorted[i]) || conflict(sorted[i - 1], sorted[i]);
    if (clash) {
        rc = refuse_first_pair(parser, paths, count, overlap, "overlap");
        if (rc == 0)
            rc = refuse_first_pair(parser, paths, count, conflict, "conflict");
        assert(rc < 0);
        return rc;
    }
    *ret_sorted = sorted;
    return 0;
}

const char *expr__path_print(struct arena *arena, const struct expr_path *path)
{
    size_t bytes = 3, at = 0; /* brackets and NUL */
    char *text;

    for (size_t i = 0; i < path->count; i++)
        bytes += path->elements[i].name.len + 16; /* or brackets, ten digits; ", " */
    text = arena_alloc(arena, bytes);
    if (text == NULL)
        return NULL;
    text[at++] = '[';
    for (size_t i = 0; i < path->count; i++) {
        const struct expr_path_element *element = &path->elements[i];

        if (i > 0) {
            memcpy(text + at, ", ", 2);
            at += 2;
        }
        if (element->is_index) {
            at += (size_t)snprintf(text + at, bytes - at, "[%u]", element->index);
        } else if (element->name.len > 0) {
            memcpy(text + at, element->name.ptr, element->name.len);
            at += element->name.len;
        }
    }
    text[at++] = ']';
    text[at] = '\0';
    return text;
}

static bool find_member(const struct value *map, struct slice name, struct value *ret_value)
{
    struct value_iterator iterator = value_iterate(map);
    struct slice member_name;

    while (value_next(&iterator, &member_name, ret_value)) {
        int order = slice_cmp(member_name, name);

        if (order >= 0) /* members are sorted */
            return order == 0;
    }
    return false;
}

static bool find_element(const struct value *list, uint32_t index, struct value *ret_value)
{
    struct value_iterator iterator = value_iterate(list);

    if (index >= value_count(list))
        return false;
    while (value_next(&iterator, NULL, ret_value))
        if (index-- == 0)
            return true;
    return false;
}

bool expr__path_resolve(const struct expr_path *path, struct slice item, struct value *ret_value)
{
    struct value value;

    if (!item_find(item, path->elements[0].name, &value))
        return false;
    for (size_t i = 1; i < path->count; i++) {
        const struct expr_path_element *element = &path->elements[i];
        struct value below;

        if (value.type != (element->is_index ? VALUE_L : VALUE_M))
            return false;
        if (element->is_index ? !find_element(&value, element->index, &below)
                              : !find_member(&value, element->name, &below))
            return false;
        value = below;
    }
    *ret_value = value;
    return true;
}

int expr__check_key_paths(const struct expr_path *paths, const struct expr_key_attribute *keys,
                          size_t key_count, struct expr_error *reterr)
{
    for (const struct expr_path *path = paths; path != NULL; path = path->next)
        for (size_t i = 0; i < key_count; i++)
            if (path->count > 1 && slice_eq(path->elements[0].name, keys[i].name))
                return expr__refuse(reterr,
                                    "Key attributes must be scalars; list random access "
                                    "'[]' and map lookup '.' are not allowed: %s: %.*s",
                                    keys[i].of_index ? "IndexKey" : "Key",
                                    SLICE_ARGS(keys[i].name));
    return 0;
}

int expr__paths_each_attribute(const struct expr_path *paths, expr_attribute_fn visit,
                               void *context)
{
    int rc = 0;

    for (const struct expr_path *path = paths; path != NULL && rc == 0; path = path->next)
        rc = visit(context, path->elements[0].name);
    return rc;
}
