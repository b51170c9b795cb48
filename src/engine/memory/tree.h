/*
 * tree.h - an ordered map of byte strings as an immutable value. Private to engine/memory/.
 *
 * A tree can be shared by taking a reference to its root, in constant time: that is how an iterator
 * keeps its view, how a disk remembers what was synced, and how a failed batch leaves no trace. A
 * tree is changed by its one writer, which copies the nodes on the way from the root to the change
 * unless nobody else can see them.
 *
 *     struct tree working = tree_share(&current);
 *     rc = tree_put(&working, key, value);
 *     if (rc == 0)
 *         replace current by working, release the old one
 *     else
 *         tree_release(&working);
 *
 * A B+tree of up to TREE_FANOUT entries a node. A node goes only when it is empty: there is no
 * merging, which keeps range deletes simple and costs nothing for queues and random keys alike.
 *
 * Trees that share nodes may be read, shared and released from any threads; one tree has one
 * writer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_ENGINE_MEMORY_TREE_H
#define TROPIC_ENGINE_MEMORY_TREE_H

#include <stdatomic.h>

#include "base/bytes.h"

enum {
    TREE_FANOUT = 32,
    /* A root splits only when it is full, so depth d takes about 16^d inserts: 12 is out of reach.
     */
    TREE_DEPTH_MAX = 12,
};

/** Bytes that never change, counted. */
struct tree_blob {
    atomic_uint references;
    uint32_t len;
    uint8_t bytes[];
};

static inline struct slice tree_blob_slice(const struct tree_blob *blob)
{
    return slice_of(blob->bytes, blob->len);
}
struct tree_blob *tree_blob_share(struct tree_blob *blob);
void tree_blob_release(struct tree_blob *blob);

struct tree_node;

struct tree {
    struct tree_node *root; /* NULL when empty */
    uint64_t count, bytes;  /* entries; keys plus values */
};
#define TREE_EMPTY ((struct tree){.root = NULL})

struct tree tree_share(const struct tree *tree);
void tree_release(struct tree *tree); /* leaves it empty */

/** Each returns 0 or ST_NOMEM; a tree that ran out of memory is whole, but changed in part. */
int tree_put(struct tree *tree, struct slice key, struct slice value);
int tree_delete(struct tree *tree, struct slice key); /* 0 as well when there was no such key */
int tree_delete_range(struct tree *tree, struct slice from, struct slice to); /* [from, to) */

/** The value of a key, borrowed from the tree; NULL when absent. */
struct tree_blob *tree_get(const struct tree *tree, struct slice key);

/** A position in a tree that the caller keeps alive and does not change meanwhile. */
struct tree_cursor {
    const struct tree *tree;
    uint32_t depth; /* levels below the root; path[depth] is a leaf */
    struct {
        const struct tree_node *node;
        uint32_t at;
    } path[TREE_DEPTH_MAX + 1];
};

/** Each returns false when there is no such entry; the cursor may then only be placed anew. */
bool tree_first(struct tree_cursor *cursor, const struct tree *tree);
bool tree_last(struct tree_cursor *cursor, const struct tree *tree);
bool tree_at_or_after(struct tree_cursor *cursor, const struct tree *tree, struct slice key);
bool tree_at_or_before(struct tree_cursor *cursor, const struct tree *tree, struct slice key);
bool tree_next(struct tree_cursor *cursor);
bool tree_previous(struct tree_cursor *cursor);
struct slice tree_key(const struct tree_cursor *cursor);
struct slice tree_value(const struct tree_cursor *cursor);

#endif
