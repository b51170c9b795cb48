/*
 * update.c - the item that an update makes of another.
 *
 * Every right side reads the old item, as bytes; the changes go into a tree of it. Targets never
 * overlap, so the order of actions matters in one place only: lists. There, an index means a
 * position of the old list. So a removed element leaves a hole until the tree is encoded, and what
 * is set beyond the end is appended when all actions are through, in the order of the indexes.
 *
 * A missing item (no attributes at all) differs from one that lacks the path: REMOVE of a nested
 * path is then no error. So the service was seen to behave.
 *
 * Bounds: an update of 4 KB may copy a large attribute hundreds of times. All that is written ends
 * up in the item, so the sum of what was written is checked on the way, before any of it is
 * encoded.
 *
 * Source: dynamodb-expressions.md §6.2; dynamodb-values-capacity.md §1 (nesting), §4 (size).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "expr/expr_priv.h"

enum {
    /* The size rule of UpdateItem. Source: dynamodb-values-capacity.md §4. */
    SIZE_ITEM_OVERHEAD = 3,
    SIZE_WRITE_ACTION = 19,
    SIZE_REMOVE_ACTION = 2,
    SIZE_INDEX_TARGET = 1,
    SIZE_ARITHMETIC = 50,
    /* Ours: encoded bytes are at most twice the size that DynamoDB counts; beyond this bound the
     * item is too large whatever the rest of it is. */
    WRITTEN_BYTES_MAX = 4 * ITEM_SIZE_BYTES_MAX,
};

/** A value for a list position beyond the old end. */
struct late_append {
    struct tree *list;
    uint32_t index;
    struct tree *value;
};

struct apply {
    enum expr_size_rule size_rule;
    const struct expr_update *update;
    struct slice old_item;
    struct arena *arena;
    struct tree *root;
    struct late_append *appends; /* room for one per action */
    size_t append_count;
    size_t written_bytes; /* encoded values so far */
    struct expr_error *error;
};

static int refuse_operand(const struct apply *apply)
{
    if (apply->update->legacy)
        return expr__refuse(apply->error, "Type mismatch for attribute to update");
    return expr__refuse(apply->error,
                        "An operand in the update expression has an incorrect data type");
}

static int refuse_path(const struct apply *apply)
{
    return expr__refuse(
        apply->error, "The document path provided in the update expression is invalid for update");
}

static int refuse_size(const struct apply *apply)
{
    return expr__refuse(apply->error, "Item size to update has exceeded the maximum allowed size");
}

static int count_written(struct apply *apply, size_t bytes)
{
    apply->written_bytes += bytes;
    return apply->written_bytes > WRITTEN_BYTES_MAX ? refuse_size(apply) : 0;
}

/* ---- right sides ---- */

static int eval_value(struct apply *apply, const struct expr_node *node, struct value *ret_value);

/** The refusal goes straight to the error: a refusal per level of recursion would be a large stack.
 */
static int calculate(struct apply *apply, enum expr_operator operation, const struct value *a,
                     const struct value *b, struct value *ret_value)
{
    struct refusal *refusal = apply->error != NULL ? &apply->error->refusal : NULL;
    struct number left = value_number(a), right = value_number(b), result;
    int rc = operation == OPERATOR_PLUS ? number_add(&left, &right, &result, refusal)
                                        : number_subtract(&left, &right, &result, refusal);

    if (rc == ST_REFUSED && apply->error != NULL)
        apply->error->envelope = apply->error->serialization = false;
    if (rc < 0)
        return rc;
    return expr__number_value(apply->arena, &result, ret_value);
}

static int eval_arithmetic(struct apply *apply, const struct expr_node *node,
                           struct value *ret_value)
{
    struct value left, right;
    int rc = eval_value(apply, node->children, &left);

    if (rc == 0)
        rc = eval_value(apply, node->children->sibling, &right);
    if (rc < 0)
        return rc;
    if (left.type != VALUE_N || right.type != VALUE_N)
        return refuse_operand(apply);
    return calculate(apply, node->operation, &left, &right, ret_value);
}

/** At most so many lists does collect_lists() find. */
static size_t count_lists(const struct expr_node *node)
{
    if (node->kind != NODE_CALL)
        return 1;
    if (node->function == FUNCTION_IF_NOT_EXISTS)
        return count_lists(node->children->sibling);
    return count_lists(node->children) + count_lists(node->children->sibling);
}

/** The lists that nested list_append calls join, left to right: each is copied once only. */
static int collect_lists(struct apply *apply, const struct expr_node *node, struct value *lists,
                         size_t *count, size_t *bytes)
{
    struct value *list = &lists[*count];
    int rc;

    if (node->kind == NODE_CALL && node->function == FUNCTION_LIST_APPEND) {
        rc = collect_lists(apply, node->children, lists, count, bytes);
        if (rc < 0)
            return rc;
        return collect_lists(apply, node->children->sibling, lists, count, bytes);
    }
    if (node->kind != NODE_CALL) {
        rc = eval_value(apply, node, list);
        if (rc < 0)
            return rc;
    } else if (!expr__path_resolve(node->children->path, apply->old_item, list)) {
        return collect_lists(apply, node->children->sibling, lists, count, bytes);
    }
    if (list->type != VALUE_L)
        return refuse_operand(apply);
    *bytes += list->payload.len;
    (*count)++;
    return 0;
}

static int eval_list_append(struct apply *apply, const struct expr_node *call,
                            struct value *ret_value)
{
    struct value *lists = ARENA_ARRAY(apply->arena, struct value, count_lists(call));
    size_t count = 0, bytes = 0;
    int rc;

    if (lists == NULL)
        return ST_NOMEM;
    rc = collect_lists(apply, call, lists, &count, &bytes);
    if (rc < 0)
        return rc;
    if (bytes > WRITTEN_BYTES_MAX)
        return refuse_size(apply);
    return expr__list_concat(apply->arena, lists, count, ret_value);
}

static int eval_value(struct apply *apply, const struct expr_node *node, struct value *ret_value)
{
    switch (node->kind) {
    case NODE_VALUE:
        *ret_value = node->value;
        return 0;
    case NODE_PATH:
        if (expr__path_resolve(node->path, apply->old_item, ret_value))
            return 0;
        return expr__refuse(apply->error,
                            "The provided expression refers to an attribute that does "
                            "not exist in the item");
    case NODE_OPERATOR:
        return eval_arithmetic(apply, node, ret_value);
    case NODE_CALL:
        if (node->function == FUNCTION_LIST_APPEND)
            return eval_list_append(apply, node, ret_value);
        assert(node->function == FUNCTION_IF_NOT_EXISTS);
        if (expr__path_resolve(node->children->path, apply->old_item, ret_value))
            return 0;
        return eval_value(apply, node->children->sibling, ret_value);
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
        break;
    }
    assert(!"updates hold no conditions");
    return ST_CORRUPT;
}

/* ---- targets ---- */

/** Where an action writes: a member of a map, or a position of a list. */
struct place {
    struct tree *container;
    const struct expr_path_element *element;
};

static bool fits(const struct tree *tree, const struct expr_path_element *element)
{
    return tree->type == (element->is_index ? VALUE_L : VALUE_M);
}

/** Opens the containers on the way. 0, ST_REFUSED when one is missing or of the wrong type. */
static int find_place(struct apply *apply, const struct expr_path *path, struct place *ret_place)
{
    struct tree *tree = apply->root;
    size_t i;
    int rc;

    for (i = 0;; i++) {
        const struct expr_path_element *element = &path->elements[i];
        struct tree *below = NULL;

        if (!fits(tree, element))
            return refuse_path(apply);
        rc = tree_open(apply->arena, tree);
        if (rc < 0)
            return rc;
        if (i + 1 == path->count) {
            *ret_place = (struct place){.container = tree, .element = element};
            return 0;
        }
        if (!element->is_index)
            below = tree_find(tree, element->name);
        else if (element->index < tree->count)
            below = tree->members[element->index].value;
        if (below == NULL)
            return refuse_path(apply);
        tree = below;
    }
}

static int place_set(struct apply *apply, const struct expr_path *path, const struct place *place,
                     const struct value *value)
{
    struct tree *tree;
    int rc = count_written(apply, value->encoded.len);

    if (rc < 0)
        return rc;
    if (path->count - 1 + expr__value_depth(value) > VALUE_DEPTH_MAX)
        return expr__refuse(apply->error,
                            "Nesting Levels have exceeded supported limits: Attributes "
                            "in the item have nested levels beyond supported limit");
    tree = tree_from_value(apply->arena, value->encoded);
    if (tree == NULL)
        return ST_NOMEM;
    if (!place->element->is_index)
        return tree_set(apply->arena, place->container, place->element->name, tree);
    if (place->element->index < place->container->count)
        place->container->members[place->element->index].value = tree;
    else
        apply->appends[apply->append_count++] =
            (struct late_append){place->container, place->element->index, tree};
    return 0;
}

static void place_remove(const struct place *place)
{
    struct tree *container = place->container;

    if (place->element->is_index) {
        if (place->element->index < container->count)
            container->members[place->element->index].value = NULL;
        return;
    }
    for (size_t i = 0; i < container->count; i++)
        if (slice_eq(container->members[i].name, place->element->name))
            container->members[i].value = NULL;
}

/* ---- actions ---- */

static int apply_set(struct apply *apply, const struct expr_action *action)
{
    struct value value;
    struct place place;
    int rc = eval_value(apply, action->value, &value);

    if (rc == 0)
        rc = find_place(apply, action->target, &place);
    if (rc == 0)
        rc = place_set(apply, action->target, &place, &value);
    return rc;
}

static int apply_remove(struct apply *apply, const struct expr_action *action)
{
    struct place place;
    int rc;

    if (item_count(apply->old_item) == 0)
        return 0; /* no item: even a path through nothing is fine */
    rc = find_place(apply, action->target, &place);
    if (rc == 0)
        place_remove(&place);
    return rc;
}

/** Of one type. A list is appended to: only AttributeUpdates lets one get here. */
static int add_values(struct apply *apply, const struct value *old, const struct value *operand,
                      struct value *ret_sum)
{
    struct value lists[] = {*old, *operand};

    if (operand->type == VALUE_N)
        return calculate(apply, OPERATOR_PLUS, old, operand, ret_sum);
    if (operand->type == VALUE_L)
        return expr__list_concat(apply->arena, lists, ARRAY_LEN(lists), ret_sum);
    return expr__set_union(apply->arena, old, operand, ret_sum);
}

static int apply_add(struct apply *apply, const struct expr_action *action)
{
    const struct value *operand = &action->value->value;
    struct value old, result = *operand;
    struct place place;
    int rc = find_place(apply, action->target, &place);

    if (rc < 0)
        return rc;
    if (expr__path_resolve(action->target, apply->old_item, &old)) {
        if (old.type != operand->type)
            return refuse_operand(apply);
        rc = add_values(apply, &old, operand, &result);
    }
    if (rc < 0)
        return rc;
    return place_set(apply, action->target, &place, &result);
}

static int apply_delete(struct apply *apply, const struct expr_action *action)
{
    const struct value *operand = &action->value->value;
    struct value old, result;
    struct place place;
    int rc = find_place(apply, action->target, &place);

    if (rc < 0 || !expr__path_resolve(action->target, apply->old_item, &old))
        return rc; /* nothing there: nothing to delete from */
    if (old.type != operand->type)
        return refuse_operand(apply);
    rc = expr__set_difference(apply->arena, &old, operand, &result);
    if (rc < 0)
        return rc;
    if (value_count(&result) > 0)
        return place_set(apply, action->target, &place, &result);
    place_remove(&place);
    return 0;
}

static int apply_action(struct apply *apply, const struct expr_action *action)
{
    switch (action->kind) {
    case ACTION_SET:
        return apply_set(apply, action);
    case ACTION_REMOVE:
        return apply_remove(apply, action);
    case ACTION_ADD:
        return apply_add(apply, action);
    case ACTION_DELETE:
        return apply_delete(apply, action);
    case ACTION_KINDS:
        break;
    }
    assert(!"not an action");
    return ST_CORRUPT;
}

static int append_cmp(const void *a, const void *b)
{
    const struct late_append *left = a, *right = b;

    return left->index < right->index ? -1 : left->index > right->index;
}

static int append_all(struct apply *apply)
{
    int rc = 0;

    qsort(apply->appends, apply->append_count, sizeof(*apply->appends), append_cmp);
    for (size_t i = 0; i < apply->append_count && rc == 0; i++)
        rc = tree_append(apply->arena, apply->appends[i].list, apply->appends[i].value);
    return rc;
}

/* ---- size ---- */

static size_t action_cost(const struct expr_action *action)
{
    const struct expr_path *target = action->target;
    size_t cost;

    if (action->kind == ACTION_REMOVE || action->kind == ACTION_DELETE)
        return SIZE_REMOVE_ACTION;
    cost = SIZE_WRITE_ACTION;
    if (target->elements[target->count - 1].is_index)
        cost += SIZE_INDEX_TARGET;
    if (action->value->kind == NODE_OPERATOR)
        cost += SIZE_ARITHMETIC;
    return cost;
}

static int check_size(const struct apply *apply, struct slice item,
                      const struct expr_key_attribute *keys, size_t key_count)
{
    size_t size = item_size(item), weighed = size + SIZE_ITEM_OVERHEAD;

    for (size_t i = 0; i < key_count; i++) {
        struct value key;

        if (item_find(item, keys[i].name, &key))
            weighed -= keys[i].name.len + value_size(&key);
    }
    for (const struct expr_action *action = apply->update->actions; action != NULL;
         action = action->next)
        weighed += action_cost(action);
    if (apply->size_rule == EXPR_SIZE_FLAT)
        weighed = size;
    return size > ITEM_SIZE_BYTES_MAX || weighed > ITEM_SIZE_BYTES_MAX ? refuse_size(apply) : 0;
}

int expr_update_apply(const struct expr_update *update, enum expr_size_rule size_rule,
                      struct slice old_item, const struct expr_key_attribute *keys,
                      size_t key_count, struct arena *arena, struct slice *ret_item,
                      struct expr_error *reterr)
{
    struct apply apply = {.update = update,
                          .size_rule = size_rule,
                          .old_item = old_item,
                          .arena = arena,
                          .error = reterr};
    struct slice item;
    int rc = 0;

    apply.root = tree_from_item(arena, old_item);
    apply.appends = ARENA_ARRAY(arena, struct late_append, update->action_count);
    if (apply.root == NULL || apply.appends == NULL)
        return ST_NOMEM;
    for (const struct expr_action *action = update->actions; action != NULL && rc == 0;
         action = action->next)
        rc = apply_action(&apply, action);
    if (rc == 0)
        rc = append_all(&apply);
    if (rc == 0)
        rc = tree_to_item(arena, apply.root, &item);
    if (rc == 0)
        rc = check_size(&apply, item, keys, key_count);
    if (rc < 0)
        return rc;
    *ret_item = item;
    return 0;
}
