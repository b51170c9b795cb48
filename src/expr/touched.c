/*
 * touched.c - UPDATED_OLD and UPDATED_NEW: the parts of an item that an update wrote.
 *
 * In the old item these are the targets themselves. In the new one, positions in lists have moved:
 * elements behind a removed one went forward, and what was set beyond the end was appended. So each
 * target is rewritten to where its value is now; what was removed has no such place.
 *
 * Source: dynamodb-expressions.md §6.2, "ReturnValues of UpdateItem".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "expr/expr_priv.h"

/** Whether the action took its target out of the old item (which had it). */
static bool removes(const struct expr_action *action, struct slice old_item)
{
    struct value old;

    if (action->kind != ACTION_REMOVE && action->kind != ACTION_DELETE)
        return false;
    if (!expr__path_resolve(action->target, old_item, &old))
        return false;
    return action->kind == ACTION_REMOVE || expr__set_within(&old, &action->value->value);
}

/** Same list, and the target is one of its elements. */
static bool is_element_of(const struct expr_path *target, const struct expr_path *path,
                          size_t depth)
{
    if (target->count != depth + 1)
        return false;
    for (size_t i = 0; i < depth; i++)
        if (expr__element_cmp(&target->elements[i], &path->elements[i]) != 0)
            return false;
    return target->elements[depth].is_index;
}

static size_t list_len(const struct expr_path *path, size_t depth, struct slice old_item)
{
    struct expr_path above = {.elements = path->elements, .count = depth};
    struct value list;

    if (!expr__path_resolve(&above, old_item, &list) || list.type != VALUE_L)
        return 0;
    return value_count(&list);
}

/** The position in the new list of what path->elements[depth] meant in the old one. */
static uint32_t moved_index(const struct expr_update *update, const struct expr_path *path,
                            size_t depth, struct slice old_item)
{
    uint32_t index = path->elements[depth].index, forward = 0, appended_before = 0;
    size_t len = list_len(path, depth, old_item);

    for (const struct expr_action *action = update->actions; action != NULL;
         action = action->next) {
        uint32_t other;

        if (!is_element_of(action->target, path, depth))
            continue;
        other = action->target->elements[depth].index;
        if (other < index && other < len && removes(action, old_item))
            forward++;
        if (other < index && other >= len &&
            (action->kind == ACTION_SET || action->kind == ACTION_ADD))
            appended_before++;
    }
    return index < len ? index - forward : (uint32_t)len - forward + appended_before;
}

static struct expr_path *moved_path(const struct expr_update *update, const struct expr_path *path,
                                    struct slice old_item, struct arena *arena)
{
    struct expr_path *moved = ARENA_NEW(arena, struct expr_path);

    if (moved == NULL)
        return NULL;
    moved->count = path->count;
    moved->elements = ARENA_ARRAY(arena, struct expr_path_element, path->count);
    if (moved->elements == NULL)
        return NULL;
    memcpy(moved->elements, path->elements, path->count * sizeof(*path->elements));
    for (size_t i = 1; i < path->count; i++)
        if (path->elements[i].is_index)
            moved->elements[i].index = moved_index(update, path, i, old_item);
    return moved;
}

static int pointer_cmp(const void *a, const void *b)
{
    return expr__path_cmp(*(const struct expr_path *const *)a, *(const struct expr_path *const *)b);
}

static bool names_only(const struct expr_path *path)
{
    for (size_t i = 0; i < path->count; i++)
        if (path->elements[i].is_index)
            return false;
    return true;
}

int expr_update_touched(const struct expr_update *update, struct slice old_item, struct slice item,
                        struct arena *arena, struct slice *ret_item)
{
    const struct expr_path **paths;
    size_t count = 0;

    if (slice_eq(old_item, item))
        return expr__project_paths(update->sorted, update->action_count, item, arena, ret_item);
    paths = ARENA_ARRAY(arena, const struct expr_path *, update->action_count);
    if (paths == NULL)
        return ST_NOMEM;
    for (const struct expr_action *action = update->actions; action != NULL;
         action = action->next) {
        if (action->kind == ACTION_REMOVE)
            continue;
        if (names_only(action->target)) {
            paths[count++] = action->target;
            continue;
        }
        if (removes(action, old_item))
            continue; /* a set that became empty: its place in the list is another's now */
        paths[count] = moved_path(update, action->target, old_item, arena);
        if (paths[count++] == NULL)
            return ST_NOMEM;
    }
    qsort(paths, count, sizeof(*paths), pointer_cmp);
    return expr__project_paths(paths, count, item, arena, ret_item);
}
