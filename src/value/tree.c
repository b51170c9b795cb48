/*
 * tree.c - values that an update may change. See value.h.
 *
 * Decoding is lazy: a tree starts as a reference to encoded bytes and is opened level by level
 * along the paths that an update touches. What was never opened is copied back as bytes, so SET on
 * one attribute of a large item costs no more than copying the item.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "value/encoder.h"
#include "value/value.h"
#include "value/value_priv.h"

static int reserve(struct arena *arena, struct tree *tree, size_t more)
{
    size_t cap = tree->cap < 8 ? 8 : tree->cap * 2;
    struct tree_member *members;

    if (tree->cap - tree->count >= more)
        return 0;
    if (cap < tree->count + more)
        cap = tree->count + more;
    if (cap > SIZE_MAX / sizeof(members[0]))
        return ST_NOMEM;
    members = arena_alloc(arena, cap * sizeof(members[0]));
    if (members == NULL)
        return ST_NOMEM;
    if (tree->count > 0)
        memcpy(members, tree->members, tree->count * sizeof(members[0]));
    tree->members = members;
    tree->cap = cap;
    return 0;
}

/* All elements of the iterator as children, with one allocation for the trees. */
static int open_members(struct arena *arena, struct tree *tree, struct value_iterator iterator)
{
    size_t count = iterator.left;
    struct tree *children;
    struct value value;
    struct slice name;

    if (count == 0)
        return 0;
    if (count > SIZE_MAX / sizeof(children[0]) || reserve(arena, tree, count) < 0)
        return ST_NOMEM;
    children = ARENA_ARRAY(arena, struct tree, count);
    if (children == NULL)
        return ST_NOMEM;
    for (size_t i = 0; value_next(&iterator, &name, &value); i++) {
        struct tree *child = &children[i];

        child->type = value.type;
        child->encoded = value.encoded;
        if (value__is_scalar(value.type))
            child->scalar = value.payload;
        tree->members[tree->count++] = (struct tree_member){.name = name, .value = child};
    }
    return 0;
}

struct tree *tree_from_item(struct arena *arena, struct slice item)
{
    struct tree *tree = ARENA_NEW(arena, struct tree);

    if (tree == NULL)
        return NULL;
    tree->type = VALUE_M;
    return open_members(arena, tree, item_iterate(item)) < 0 ? NULL : tree;
}

struct tree *tree_from_value(struct arena *arena, struct slice encoded)
{
    struct tree *tree = ARENA_NEW(arena, struct tree);
    struct value value = value_of(encoded);

    if (tree == NULL)
        return NULL;
    tree->type = value.type;
    tree->encoded = encoded;
    if (value__is_scalar(value.type))
        tree->scalar = value.payload;
    return tree;
}

int tree_open(struct arena *arena, struct tree *tree)
{
    struct value value;

    if (tree->encoded.ptr == NULL || tree->type < VALUE_SS)
        return 0;
    value = value_of(tree->encoded);
    if (open_members(arena, tree, value_iterate(&value)) < 0)
        return ST_NOMEM;
    tree->encoded = SLICE_EMPTY; /* from now on the members are the truth */
    return 0;
}

static struct tree_member *find_member(struct tree *map, struct slice name)
{
    assert(map->type == VALUE_M);
    assert(map->encoded.ptr == NULL); /* tree_open() first */
    for (size_t i = 0; i < map->count; i++)
        if (slice_eq(map->members[i].name, name))
            return &map->members[i];
    return NULL;
}

struct tree *tree_find(struct tree *map, struct slice name)
{
    struct tree_member *member = find_member(map, name);

    return member != NULL ? member->value : NULL;
}

int tree_set(struct arena *arena, struct tree *map, struct slice name, struct tree *value)
{
    struct tree_member *member = find_member(map, name);

    if (member != NULL) {
        member->value = value;
        return 0;
    }
    if (value == NULL)
        return 0;
    if (reserve(arena, map, 1) < 0)
        return ST_NOMEM;
    map->members[map->count++] = (struct tree_member){.name = name, .value = value};
    return 0;
}

int tree_append(struct arena *arena, struct tree *list, struct tree *value)
{
    assert(list->type == VALUE_L || value__is_set(list->type));
    assert(list->encoded.ptr == NULL); /* tree_open() first */
    if (reserve(arena, list, 1) < 0)
        return ST_NOMEM;
    list->members[list->count++] = (struct tree_member){.value = value};
    return 0;
}

/* ---- back to bytes ---- */

static int encode_tree(struct encoder *encoder, const struct tree *tree);

static int encode_members(struct encoder *encoder, const struct tree *tree,
                          struct encoder_container *container)
{
    int rc = 0;

    for (size_t i = 0; rc == 0 && i < tree->count; i++) {
        const struct tree_member *member = &tree->members[i];

        if (member->value == NULL)
            continue;
        if (tree->type == VALUE_M)
            rc = encoder__part(encoder, member->name);
        else if (tree->type == VALUE_L)
            container->count++;
        if (rc == 0 && value__is_set(tree->type))
            rc = encoder__part(encoder, member->value->scalar);
        else if (rc == 0)
            rc = encode_tree(encoder, member->value);
    }
    return rc < 0 ? rc : encoder__end(encoder, container, NULL);
}

static int encode_tree(struct encoder *encoder, const struct tree *tree)
{
    struct encoder_container container;

    if (tree->encoded.ptr != NULL)
        return encoder__put_raw(encoder, tree->encoded);
    if (value__is_scalar(tree->type))
        return encoder__put_sized(encoder, tree->type, tree->scalar);
    if (value__is_flag(tree->type))
        return encoder__put_type(encoder, tree->type);
    if (encoder__begin(encoder, tree->type, tree->count > 8, &container) < 0)
        return ST_NOMEM;
    return encode_members(encoder, tree, &container);
}

int tree_to_item(struct arena *arena, struct tree *map, struct slice *ret_item)
{
    struct encoder_container container;
    struct encoder encoder;
    int rc;

    assert(map->type == VALUE_M);
    rc = tree_open(arena, map); /* a map's bytes are not an item's: they have a type and a length */
    if (rc < 0)
        return rc;
    encoder__init(&encoder, arena);
    rc = encoder__begin_item(&encoder, &container);
    if (rc == 0)
        rc = encode_members(&encoder, map, &container);
    if (rc == 0)
        *ret_item = encoder__result(&encoder);
    return rc;
}

int tree_to_value(struct arena *arena, struct tree *tree, struct slice *ret_encoded)
{
    struct encoder encoder;
    int rc;

    encoder__init(&encoder, arena);
    rc = encode_tree(&encoder, tree);
    if (rc == 0)
        *ret_encoded = encoder__result(&encoder);
    return rc;
}

size_t tree_depth(const struct tree *tree)
{
    size_t deepest = 0;

    if (tree->type != VALUE_L && tree->type != VALUE_M)
        return 1;
    if (tree->encoded.ptr != NULL)
        return value__depth(tree->encoded);
    for (size_t i = 0; i < tree->count; i++) {
        const struct tree *child = tree->members[i].value;
        size_t depth = child != NULL ? tree_depth(child) : 0;

        if (depth > deepest)
            deepest = depth;
    }
    return 1 + deepest;
}
