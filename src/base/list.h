/*
 * list.h - intrusive doubly linked list. The node lives in the caller's object; no allocation.
 *
 * A list head is a node of its own. A node that is on no list is linked to itself after
 * list_node_init(), so list_remove() is harmless on it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_LIST_H
#define TROPIC_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/bytes.h"

struct list_node {
    struct list_node *prev, *next;
};

static inline void list_init(struct list_node *head)
{
    head->prev = head->next = head;
}
#define list_node_init list_init

static inline bool list_empty(const struct list_node *head)
{
    return head->next == head;
}
static inline void list_append(struct list_node *head, struct list_node *node)
{
    node->prev = head->prev;
    node->next = head;
    head->prev->next = node;
    head->prev = node;
}
static inline void list_prepend(struct list_node *head, struct list_node *node)
{
    node->prev = head;
    node->next = head->next;
    head->next->prev = node;
    head->next = node;
}
static inline void list_remove(struct list_node *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_node_init(node);
}
static inline struct list_node *list_pop(struct list_node *head)
{
    struct list_node *node = head->next;

    if (node == head)
        return NULL;
    list_remove(node);
    return node;
}
/** Moves all nodes of `from` to the end of `to`. */
static inline void list_splice(struct list_node *to, struct list_node *from)
{
    if (list_empty(from))
        return;
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    list_init(from);
}

#define LIST_ENTRY(node, type, member) CONTAINER_OF(node, type, member)
#define LIST_FOREACH(node, head)                                                                   \
    for (struct list_node *node = (head)->next; node != (head); node = node->next)
#define LIST_FOREACH_SAFE(node, following, head)                                                   \
    for (struct list_node *node = (head)->next, *following = node->next; node != (head);           \
         node = following, following = node->next)

#endif
