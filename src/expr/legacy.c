/*
 * legacy.c - AttributeUpdates and AttributesToGet, and what all legacy parameters share.
 *
 * An update without an expression is a list of top-level attributes, each with an action. They
 * become the actions of an update expression:
 *
 *     PUT a value       SET a = :value
 *     ADD a value       ADD a :value         (and, as only this form may, the elements of a list)
 *     DELETE a          REMOVE a
 *     DELETE a set      DELETE a :set
 *
 * A JSON object may name one attribute twice; the last counts, as for AWS's reader of maps. That is
 * also what keeps the promise of update.c and project.c that no two paths overlap.
 *
 * Source: dynamodb-expressions.md §8.3 and §6.3.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "expr/legacy_priv.h"

/* ---- shared ---- */

static int name_cmp(const void *a, const void *b)
{
    const struct legacy_entry *left = *(const struct legacy_entry *const *)a;
    const struct legacy_entry *right = *(const struct legacy_entry *const *)b;
    int order = slice_cmp(left->name, right->name);

    if (order != 0)
        return order;
    return left->position < right->position ? -1 : left->position > right->position;
}

/** Of entries with one name the last stays; the order of the rest is kept. */
static int drop_superseded(struct arena *arena, struct legacy_entry *entries, size_t *count)
{
    struct legacy_entry **sorted = ARENA_ARRAY(arena, struct legacy_entry *, *count);
    bool *superseded = ARENA_ARRAY(arena, bool, *count);
    size_t kept = 0;

    if (sorted == NULL || superseded == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < *count; i++)
        sorted[i] = &entries[i];
    qsort(sorted, *count, sizeof(struct legacy_entry *), name_cmp);
    for (size_t i = 1; i < *count; i++)
        if (slice_eq(sorted[i - 1]->name, sorted[i]->name))
            superseded[sorted[i - 1]->position] = true;
    for (size_t i = 0; i < *count; i++)
        if (!superseded[i])
            entries[kept++] = entries[i];
    *count = kept;
    return 0;
}

int expr__legacy_entries(struct arena *arena, struct json map, struct legacy_entry **ret_entries,
                         size_t *ret_count)
{
    struct json_iterator iterator = json_iterate(map);
    struct legacy_entry *entries = ARENA_ARRAY(arena, struct legacy_entry, json_count(map));
    struct slice name;
    struct json json;
    size_t count = 0;
    int rc;

    if (entries == NULL)
        return ST_NOMEM;
    while (json_next(&iterator, &name, &json)) {
        if (json_type(json) == JSON_NULL)
            continue;
        entries[count] = (struct legacy_entry){.name = name, .json = json, .position = count};
        count++;
    }
    rc = drop_superseded(arena, entries, &count);
    if (rc < 0)
        return rc;
    *ret_entries = entries;
    *ret_count = count;
    return 0;
}

bool expr__legacy_member(struct json structure, struct slice name, struct json *ret_member)
{
    return json_member(structure, name, ret_member) && json_type(*ret_member) != JSON_NULL;
}

struct expr_path *expr__legacy_path(struct arena *arena, struct slice name)
{
    struct expr_path *path = ARENA_NEW(arena, struct expr_path);

    if (path == NULL)
        return NULL;
    path->elements = ARENA_NEW(arena, struct expr_path_element);
    if (path->elements == NULL)
        return NULL;
    path->elements[0] = (struct expr_path_element){.text = name, .name = name};
    path->count = 1;
    return path;
}

struct expr_node *expr__legacy_node(struct arena *arena, enum node_kind kind)
{
    struct expr_node *node = ARENA_NEW(arena, struct expr_node);

    if (node != NULL)
        node->kind = kind;
    return node;
}

int expr__legacy_value(struct arena *arena, struct json json, struct expr_node **ret_node,
                       struct expr_error *reterr)
{
    struct expr_node *node = expr__legacy_node(arena, NODE_VALUE);
    struct value_refusal refusal;
    struct slice encoded;
    int rc;

    if (node == NULL)
        return ST_NOMEM;
    rc = value_from_json(json, arena, &encoded, &refusal);
    if (rc == ST_REFUSED) {
        rc = expr__refuse(reterr, "%s", refusal.refusal.text);
        if (reterr != NULL) {
            reterr->envelope = refusal.envelope;
            reterr->serialization = refusal.serialization;
        }
    }
    if (rc < 0)
        return rc;
    node->value = value_of(encoded);
    *ret_node = node;
    return 0;
}

static int path_pointer_cmp(const void *a, const void *b)
{
    return expr__path_cmp(*(const struct expr_path *const *)a, *(const struct expr_path *const *)b);
}

static void sort_paths(const struct expr_path **paths, size_t count)
{
    qsort(paths, count, sizeof(*paths), path_pointer_cmp);
}

/* ---- AttributeUpdates ---- */

static bool is_set(enum value_type type)
{
    return type == VALUE_SS || type == VALUE_NS || type == VALUE_BS;
}

/** What the action does, or why it may not. value: NULL when the request has none. */
static int read_action(struct slice name, struct slice action, const struct expr_node *value,
                       enum action_kind *ret_kind, struct expr_error *reterr)
{
    bool deletes = slice_eq_str(action, "DELETE"), adds = slice_eq_str(action, "ADD");
    enum value_type type;

    if (name.len > ATTRIBUTE_NAME_BYTES_MAX) {
        int rc = expr__refuse(reterr, "Attribute name is too large, must be less than %d bytes",
                              ATTRIBUTE_NAME_BYTES_MAX + 1);

        if (reterr != NULL)
            reterr->envelope = true;
        return rc;
    }
    if (name.len == 0) /* the words are ours, as for items */
        return expr__refuse(reterr, LEGACY_INVALID "An attribute name may not be empty");
    if (value == NULL && !deletes)
        return expr__refuse(reterr, LEGACY_INVALID "Only DELETE action is allowed when no "
                                                   "attribute value is specified");
    type = value != NULL ? value->value.type : 0;
    if (deletes && value != NULL && !is_set(type))
        return expr__refuse(
            reterr, LEGACY_INVALID "DELETE action with value is not supported for the type %s",
            value_type_name(type));
    if (adds && !is_set(type) && type != VALUE_N && type != VALUE_L)
        return expr__refuse(reterr, LEGACY_INVALID "ADD action is not supported for the type %s",
                            value_type_name(type));
    if (deletes)
        *ret_kind = value != NULL ? ACTION_DELETE : ACTION_REMOVE;
    else
        *ret_kind = adds ? ACTION_ADD : ACTION_SET;
    return 0;
}

static int compile_action(struct arena *arena, const struct legacy_entry *entry,
                          struct expr_action **ret_action, struct expr_error *reterr)
{
    struct expr_action *action = ARENA_NEW(arena, struct expr_action);
    struct slice name = SLICE("PUT");
    struct json member;
    int rc;

    if (action == NULL)
        return ST_NOMEM;
    if (expr__legacy_member(entry->json, SLICE("Value"), &member)) {
        rc = expr__legacy_value(arena, member, &action->value, reterr);
        if (rc < 0)
            return rc;
    }
    if (expr__legacy_member(entry->json, SLICE("Action"), &member))
        name = json_string(member);
    rc = read_action(entry->name, name, action->value, &action->kind, reterr);
    if (rc < 0)
        return rc;
    action->target = expr__legacy_path(arena, entry->name);
    if (action->target == NULL)
        return ST_NOMEM;
    *ret_action = action;
    return 0;
}

int expr_legacy_updates(struct arena *arena, struct json json, struct expr_update **ret_update,
                        struct expr_error *reterr)
{
    struct expr_update *update = ARENA_NEW(arena, struct expr_update);
    struct expr_action **action_end;
    struct expr_path **path_end;
    struct legacy_entry *entries;
    size_t count;
    int rc = expr__legacy_entries(arena, json, &entries, &count);

    if (update == NULL || rc < 0)
        return ST_NOMEM;
    *ret_update = NULL;
    if (count == 0)
        return 0;
    update->legacy = true;
    update->sorted = ARENA_ARRAY(arena, const struct expr_path *, count);
    if (update->sorted == NULL)
        return ST_NOMEM;
    action_end = &update->actions;
    path_end = &update->paths;
    for (size_t i = 0; i < count; i++) {
        rc = compile_action(arena, &entries[i], action_end, reterr);
        if (rc < 0)
            return rc;
        *path_end = (*action_end)->target;
        update->sorted[update->action_count++] = *path_end;
        path_end = &(*path_end)->next;
        action_end = &(*action_end)->next;
    }
    sort_paths(update->sorted, count);
    *ret_update = update;
    return 0;
}

/* ---- AttributesToGet ---- */

static bool listed_before(const struct expr_path *paths, struct slice name)
{
    for (const struct expr_path *path = paths; path != NULL; path = path->next)
        if (slice_eq(path->elements[0].name, name))
            return true;
    return false;
}

int expr_legacy_projection(struct arena *arena, struct json json,
                           struct expr_projection **ret_projection, struct expr_error *reterr)
{
    struct expr_projection *projection = ARENA_NEW(arena, struct expr_projection);
    struct json_iterator iterator = json_iterate(json);
    struct expr_path **end;
    struct json name;

    assert(json_count(json) <= EXPR_ATTRIBUTES_TO_GET_MAX); /* so comparing all pairs is cheap */
    if (projection == NULL)
        return ST_NOMEM;
    projection->sorted = ARENA_ARRAY(arena, const struct expr_path *, json_count(json));
    if (projection->sorted == NULL)
        return ST_NOMEM;
    end = &projection->paths;
    while (json_next(&iterator, NULL, &name)) {
        if (json_type(name) == JSON_NULL)
            continue;
        if (listed_before(projection->paths, json_string(name)))
            return expr__refuse(reterr, LEGACY_INVALID "Duplicate value in attribute name: %.*s",
                                SLICE_ARGS(json_string(name)));
        *end = expr__legacy_path(arena, json_string(name));
        if (*end == NULL)
            return ST_NOMEM;
        projection->sorted[projection->count++] = *end;
        end = &(*end)->next;
    }
    sort_paths(projection->sorted, projection->count);
    *ret_projection = projection;
    return 0;
}
