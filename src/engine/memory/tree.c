/*
 * tree.c - see tree.h.
 *
 * A leaf holds (key, value) pairs. An inner node holds (key, child) pairs: child i has the keys
 * from keys[i] up to, not including, keys[i + 1]. keys[0] is never looked at: what is smaller than
 * all belongs to child 0 as well, so child 0 may hold smaller keys than it says.
 *
 * Invariants
 *   (1) A node that is reachable from a tree is never empty.
 *   (2) A node with one reference, all of whose ancestors in a tree under change have one reference
 *       too, is seen by nobody else: own() gives such a node, copying where it must.
 *   (3) Every step that can fail for want of memory comes before the one that changes a node.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "engine/memory/tree.h"

#include <assert.h>
#include <stdlib.h>

#include "base/status.h"

struct tree_node {
    atomic_uint references;
    uint16_t count;
    bool leaf;
    struct tree_blob *keys[TREE_FANOUT];
    union {
        struct tree_blob *values[TREE_FANOUT];
        struct tree_node *children[TREE_FANOUT];
    };
};

/* ---- blobs ---- */

static struct tree_blob *blob_new(struct slice bytes)
{
    struct tree_blob *blob;

    assert(bytes.len <= UINT32_MAX);
    blob = malloc(sizeof(*blob) + bytes.len);
    if (blob == NULL)
        return NULL;
    atomic_init(&blob->references, 1);
    blob->len = (uint32_t)bytes.len;
    if (bytes.len > 0)
        memcpy(blob->bytes, bytes.ptr, bytes.len);
    return blob;
}

struct tree_blob *tree_blob_share(struct tree_blob *blob)
{
    atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
    return blob;
}

void tree_blob_release(struct tree_blob *blob)
{
    if (blob != NULL && atomic_fetch_sub_explicit(&blob->references, 1, memory_order_acq_rel) == 1)
        free(blob);
}

/* ---- nodes ---- */

static struct tree_node *node_new(bool leaf)
{
    struct tree_node *node = malloc(sizeof(*node));

    if (node == NULL)
        return NULL;
    atomic_init(&node->references, 1);
    node->count = 0;
    node->leaf = leaf;
    return node;
}

static struct tree_node *node_share(struct tree_node *node)
{
    atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
    return node;
}

static void node_release(struct tree_node *node)
{
    if (node == NULL || atomic_fetch_sub_explicit(&node->references, 1, memory_order_acq_rel) != 1)
        return;
    for (uint32_t i = 0; i < node->count; i++) {
        tree_blob_release(node->keys[i]);
        if (node->leaf)
            tree_blob_release(node->values[i]);
        else
            node_release(node->children[i]); /* at most TREE_DEPTH_MAX deep */
    }
    free(node);
}

/** Makes *slot, a place that nobody else sees, hold a node that nobody else sees. */
static struct tree_node *own(struct tree_node **slot)
{
    struct tree_node *node = *slot, *copy;

    if (atomic_load_explicit(&node->references, memory_order_acquire) == 1)
        return node;
    copy = node_new(node->leaf);
    if (copy == NULL)
        return NULL;
    for (uint32_t i = 0; i < node->count; i++) {
        copy->keys[i] = tree_blob_share(node->keys[i]);
        if (node->leaf)
            copy->values[i] = tree_blob_share(node->values[i]);
        else
            copy->children[i] = node_share(node->children[i]);
    }
    copy->count = node->count;
    node_release(node);
    *slot = copy;
    return copy;
}

/** The first position from `low` on whose key is at or after `key`; count when there is none. */
static uint32_t search(const struct tree_node *node, uint32_t low, struct slice key)
{
    uint32_t high = node->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (slice_cmp(tree_blob_slice(node->keys[middle]), key) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/** Where `key` is in a leaf, or would be. */
static uint32_t lower_bound(const struct tree_node *leaf, struct slice key)
{
    return search(leaf, 0, key);
}

/** Which child of an inner node holds the greatest key below `key`, if any does. */
static uint32_t child_below(const struct tree_node *node, struct slice key)
{
    return search(node, 1, key) - 1;
}

/** Which child of an inner node `key` belongs to. */
static uint32_t child_of(const struct tree_node *node, struct slice key)
{
    uint32_t at = search(node, 1, key);

    if (at < node->count && slice_eq(tree_blob_slice(node->keys[at]), key))
        return at;
    return at - 1;
}

static void insert_at(struct tree_node *node, uint32_t at, struct tree_blob *key, void *slot)
{
    size_t behind = (node->count - at) * sizeof(void *);

    assert(node->count < TREE_FANOUT);
    memmove(&node->keys[at + 1], &node->keys[at], behind);
    memmove(&node->values[at + 1], &node->values[at], behind);
    node->keys[at] = key;
    if (node->leaf)
        node->values[at] = slot;
    else
        node->children[at] = slot;
    node->count++;
}

/** Takes out [from, to) without touching what the entries hold. */
static void close_gap(struct tree_node *node, uint32_t from, uint32_t to)
{
    size_t behind = (node->count - to) * sizeof(void *);

    memmove(&node->keys[from], &node->keys[to], behind);
    memmove(&node->values[from], &node->values[to], behind);
    node->count = (uint16_t)(node->count - (to - from));
}

/* ---- trees ---- */

struct tree tree_share(const struct tree *tree)
{
    if (tree->root != NULL)
        node_share(tree->root);
    return *tree;
}

void tree_release(struct tree *tree)
{
    node_release(tree->root);
    *tree = TREE_EMPTY;
}

struct tree_blob *tree_get(const struct tree *tree, struct slice key)
{
    const struct tree_node *node = tree->root;
    uint32_t at;

    if (node == NULL)
        return NULL;
    while (!node->leaf)
        node = node->children[child_of(node, key)];
    at = lower_bound(node, key);
    if (at == node->count || !slice_eq(tree_blob_slice(node->keys[at]), key))
        return NULL;
    return node->values[at];
}

/** Moves the upper half of child `at`, which is full and owned, to a new child behind it. */
static int split_child(struct tree_node *parent, uint32_t at)
{
    struct tree_node *left = parent->children[at];
    struct tree_node *right = node_new(left->leaf);
    uint32_t half = left->count / 2u;
    uint32_t moved = left->count - half;

    if (right == NULL)
        return ST_NOMEM;
    memcpy(right->keys, &left->keys[half], moved * sizeof(void *));
    memcpy(right->values, &left->values[half], moved * sizeof(void *));
    right->count = (uint16_t)moved;
    left->count = (uint16_t)half;
    insert_at(parent, at + 1, tree_blob_share(right->keys[0]), right);
    return 0;
}

/** An owned leaf where `key` belongs, with room for one more. Full nodes on the way are split. */
static int leaf_for_insert(struct tree *tree, struct slice key, struct tree_node **ret_leaf)
{
    struct tree_node *node;

    if (tree->root == NULL) {
        tree->root = node_new(true);
        if (tree->root == NULL)
            return ST_NOMEM;
    }
    node = own(&tree->root);
    if (node == NULL)
        return ST_NOMEM;
    if (node->count == TREE_FANOUT) {
        struct tree_node *root = node_new(false);

        if (root == NULL)
            return ST_NOMEM;
        insert_at(root, 0, tree_blob_share(node->keys[0]), node);
        tree->root = node = root;
    }
    while (!node->leaf) {
        uint32_t at = child_of(node, key);
        struct tree_node *child = own(&node->children[at]);

        if (child == NULL)
            return ST_NOMEM;
        if (child->count == TREE_FANOUT) {
            if (split_child(node, at) < 0)
                return ST_NOMEM;
            child = node->children[child_of(node, key)];
        }
        node = child;
    }
    assert(node->count < TREE_FANOUT);
    *ret_leaf = node;
    return 0;
}

/** A root with one child is of no use; an empty leaf is none at all. */
static void shrink_root(struct tree *tree)
{
    while (tree->root != NULL && !tree->root->leaf && tree->root->count == 1) {
        struct tree_node *child = node_share(tree->root->children[0]);

        node_release(tree->root);
        tree->root = child;
    }
    if (tree->root != NULL && tree->root->count == 0) {
        node_release(tree->root);
        tree->root = NULL;
    }
}

int tree_put(struct tree *tree, struct slice key, struct slice value)
{
    struct tree_blob *new_key = NULL, *new_value = blob_new(value);
    struct tree_node *leaf;
    uint32_t at;
    int rc = ST_NOMEM;

    if (new_value == NULL)
        goto out;
    new_key = blob_new(key);
    if (new_key == NULL)
        goto out;
    rc = leaf_for_insert(tree, key, &leaf);
    if (rc < 0) {
        shrink_root(tree); /* it may have grown, or be new and empty */
        goto out;
    }
    tree->bytes += value.len;
    at = lower_bound(leaf, key);
    if (at < leaf->count && slice_eq(tree_blob_slice(leaf->keys[at]), key)) {
        tree->bytes -= leaf->values[at]->len;
        tree_blob_release(leaf->values[at]);
        leaf->values[at] = new_value;
    } else {
        tree->count++;
        tree->bytes += key.len;
        insert_at(leaf, at, new_key, new_value);
        new_key = NULL;
    }
    new_value = NULL;
out:
    tree_blob_release(new_key);
    tree_blob_release(new_value);
    return rc;
}

/* ---- deleting ---- */

static void subtract(struct tree *tree, const struct tree_node *node, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++) {
        if (node->leaf) {
            tree->count--;
            tree->bytes -= (uint64_t)node->keys[i]->len + node->values[i]->len;
        } else {
            subtract(tree, node->children[i], 0, node->children[i]->count);
        }
    }
}

/** Drops the entries [from, to) of an owned node, whole subtrees if it is an inner one. */
static void drop(struct tree *tree, struct tree_node *node, uint32_t from, uint32_t to)
{
    subtract(tree, node, from, to);
    for (uint32_t i = from; i < to; i++) {
        tree_blob_release(node->keys[i]);
        if (node->leaf)
            tree_blob_release(node->values[i]);
        else
            node_release(node->children[i]);
    }
    close_gap(node, from, to);
}

/**
 * Deletes [from, to) under *slot. Children wholly inside the range go as they are; only those at
 * its two ends are looked into. The node may be left empty, for its parent to drop.
 */
static int cut(struct tree *tree, struct tree_node **slot, struct slice from, struct slice to)
{
    struct tree_node *node = own(slot);
    uint32_t first, last;
    int rc = 0;

    if (node == NULL)
        return ST_NOMEM;
    if (node->leaf) {
        drop(tree, node, lower_bound(node, from), lower_bound(node, to));
        return 0;
    }
    first = child_of(node, from);
    last = child_below(node, to);
    if (last > first) {
        rc = cut(tree, &node->children[last], from, to);
        if (node->children[last]->count == 0)
            drop(tree, node, last, last + 1);
        drop(tree, node, first + 1, last);
    }
    if (rc == 0)
        rc = cut(tree, &node->children[first], from, to);
    if (node->children[first]->count == 0)
        drop(tree, node, first, first + 1);
    return rc;
}

int tree_delete_range(struct tree *tree, struct slice from, struct slice to)
{
    struct tree_cursor cursor;
    int rc;

    if (!tree_at_or_after(&cursor, tree, from) || slice_cmp(tree_key(&cursor), to) >= 0)
        return 0; /* nothing there: do not copy a path for it */
    rc = cut(tree, &tree->root, from, to);
    shrink_root(tree);
    return rc;
}

int tree_delete(struct tree *tree, struct slice key)
{
    struct tree_node **slot[TREE_DEPTH_MAX + 1], *node;
    uint32_t at[TREE_DEPTH_MAX + 1], depth = 0;

    if (tree_get(tree, key) == NULL)
        return 0;
    slot[0] = &tree->root;
    for (;;) {
        node = own(slot[depth]);
        if (node == NULL)
            return ST_NOMEM;
        if (node->leaf)
            break;
        assert(depth < TREE_DEPTH_MAX);
        at[depth] = child_of(node, key);
        slot[depth + 1] = &node->children[at[depth]];
        depth++;
    }
    at[depth] = lower_bound(node, key);
    drop(tree, node, at[depth], at[depth] + 1);
    while (depth > 0 && (*slot[depth])->count == 0) {
        depth--;
        drop(tree, *slot[depth], at[depth], at[depth] + 1);
    }
    shrink_root(tree);
    return 0;
}

/* ---- cursors ---- */

/** Goes down from path[depth].at, along the left edge or the right one. */
static void descend(struct tree_cursor *cursor, bool rightmost)
{
    const struct tree_node *node = cursor->path[cursor->depth].node;

    while (!node->leaf) {
        node = node->children[cursor->path[cursor->depth].at];
        cursor->depth++;
        assert(cursor->depth <= TREE_DEPTH_MAX);
        cursor->path[cursor->depth].node = node;
        cursor->path[cursor->depth].at = rightmost ? node->count - 1u : 0;
    }
}

static bool start(struct tree_cursor *cursor, const struct tree *tree, bool rightmost)
{
    cursor->tree = tree;
    cursor->depth = 0;
    if (tree->root == NULL)
        return false;
    cursor->path[0].node = tree->root;
    cursor->path[0].at = rightmost ? tree->root->count - 1u : 0;
    descend(cursor, rightmost);
    return true;
}

bool tree_first(struct tree_cursor *cursor, const struct tree *tree)
{
    return start(cursor, tree, false);
}

bool tree_last(struct tree_cursor *cursor, const struct tree *tree)
{
    return start(cursor, tree, true);
}

bool tree_next(struct tree_cursor *cursor)
{
    while (cursor->path[cursor->depth].at + 1u >= cursor->path[cursor->depth].node->count) {
        if (cursor->depth == 0)
            return false;
        cursor->depth--;
    }
    cursor->path[cursor->depth].at++;
    descend(cursor, false);
    return true;
}

bool tree_previous(struct tree_cursor *cursor)
{
    while (cursor->path[cursor->depth].at == 0) {
        if (cursor->depth == 0)
            return false;
        cursor->depth--;
    }
    cursor->path[cursor->depth].at--;
    descend(cursor, true);
    return true;
}

/** Places the cursor in the leaf where `key` belongs, at its lower bound there (may be past the
 * end). */
static bool place(struct tree_cursor *cursor, const struct tree *tree, struct slice key)
{
    const struct tree_node *node = tree->root;

    cursor->tree = tree;
    cursor->depth = 0;
    if (node == NULL)
        return false;
    for (;; cursor->depth++) {
        assert(cursor->depth <= TREE_DEPTH_MAX);
        cursor->path[cursor->depth].node = node;
        if (node->leaf)
            break;
        cursor->path[cursor->depth].at = child_of(node, key);
        node = node->children[cursor->path[cursor->depth].at];
    }
    cursor->path[cursor->depth].at = lower_bound(node, key);
    return true;
}

bool tree_at_or_after(struct tree_cursor *cursor, const struct tree *tree, struct slice key)
{
    if (!place(cursor, tree, key))
        return false;
    if (cursor->path[cursor->depth].at < cursor->path[cursor->depth].node->count)
        return true;
    return tree_next(cursor); /* the first of the next leaf */
}

bool tree_at_or_before(struct tree_cursor *cursor, const struct tree *tree, struct slice key)
{
    const struct tree_node *leaf;
    uint32_t at;

    if (!place(cursor, tree, key))
        return false;
    leaf = cursor->path[cursor->depth].node;
    at = cursor->path[cursor->depth].at;
    if (at < leaf->count && slice_eq(tree_blob_slice(leaf->keys[at]), key))
        return true;
    return tree_previous(cursor);
}

struct slice tree_key(const struct tree_cursor *cursor)
{
    return tree_blob_slice(cursor->path[cursor->depth].node->keys[cursor->path[cursor->depth].at]);
}

struct slice tree_value(const struct tree_cursor *cursor)
{
    return tree_blob_slice(
        cursor->path[cursor->depth].node->values[cursor->path[cursor->depth].at]);
}
