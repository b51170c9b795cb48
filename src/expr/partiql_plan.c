/*
 * partiql_plan.c - which keys a WHERE clause asks for.
 *
 * A SELECT is a Query for each range of keys that can hold what it asks for, or a Scan when the
 * clause does not bind the partition key. The whole clause is evaluated on every item that is read,
 * so a plan may cover too much, never too little:
 *
 *     pk = v, pk IN [v, ...]     a range, or one for each value
 *     a AND b                    one for each combination of the values of the partition key's
 *                                attributes; or the ranges of a part; narrowed by the parts about
 *                                the sort key
 *     a OR b                     those of both, if both bind the partition key; else everything
 *     NOT a, anything else       everything
 *
 * Ranges must not overlap, for an item is to be answered once, and a page ends at a key, from which
 * the next one must find its range again. So ranges of one partition that are not all different
 * single keys become one range over the whole partition.
 *
 * Order: partitions as they first occur in the clause, or as ORDER BY says; inside a partition
 * always that of the sort key.
 *
 * Source: dynamodb-partiql-vector.md §1; Developer Guide, ql-reference.select.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "expr/partiql_priv.h"

enum { PLAN_RANGES_MAX = 1024 }; /* ours: more combinations than that are not made */

struct planner {
    const struct expr_key *key;
    struct arena *arena;
    struct expr_error *error;
};

/** Ranges that cover a condition; ranges NULL: it does not bind the partition key. */
struct cover {
    struct expr_key_range *ranges;
    size_t count;
};

static bool is_attribute(const struct expr_node *node, const struct expr_key_attribute *attribute)
{
    return node->kind == NODE_PATH && node->path->count == 1 &&
           slice_eq(node->path->elements[0].name, attribute->name);
}

/** `attribute = value` in either order: the node of the value; NULL when it is something else. */
static const struct expr_node *equality(const struct expr_node *node,
                                        const struct expr_key_attribute *attribute)
{
    const struct expr_node *left, *right;

    if (node->kind != NODE_OPERATOR || node->operation != OPERATOR_EQ)
        return NULL;
    left = node->children;
    right = left->sibling;
    if (is_attribute(left, attribute) && right->kind == NODE_VALUE)
        return right;
    return is_attribute(right, attribute) && left->kind == NODE_VALUE ? left : NULL;
}

/** `attribute IN [values]`: the node of the first value; NULL when it is something else. */
static const struct expr_node *in_values(const struct expr_node *node,
                                         const struct expr_key_attribute *attribute)
{
    if (node->kind != NODE_OPERATOR || node->operation != OPERATOR_IN ||
        !is_attribute(node->children, attribute))
        return NULL;
    for (const struct expr_node *value = node->children->sibling; value != NULL;
         value = value->sibling)
        if (value->kind != NODE_VALUE)
            return NULL;
    return node->children->sibling;
}

static struct expr_key_range *ranges_new(const struct planner *planner, size_t count)
{
    return ARENA_ARRAY(planner->arena, struct expr_key_range, count);
}

/** The values that a part of a conjunction allows an attribute. */
struct choice {
    const struct expr_node *first; /* one value, or with its siblings those of IN */
    size_t count;                  /* 0: the part says nothing */
};

static int read_choice(const struct planner *planner, const struct expr_node *part,
                       const struct expr_key_attribute *attribute, struct choice *ret_choice)
{
    const struct expr_node *value = equality(part, attribute);
    size_t count = 1;
    int rc = 0;

    if (value == NULL) {
        value = in_values(part, attribute);
        count = part->child_count - 1;
    }
    *ret_choice = (struct choice){.first = value, .count = value != NULL ? count : 0};
    for (size_t i = 0; i < ret_choice->count && rc == 0; i++, value = value->sibling)
        rc = expr__check_key_value(&value->value, attribute, planner->error);
    return rc;
}

/** The smallest choice of all parts: `node` itself, or what it joins by AND. */
static int find_choice(const struct planner *planner, const struct expr_node *node,
                       const struct expr_key_attribute *attribute, struct choice *ret_choice)
{
    const struct expr_node *part = node->kind == NODE_AND ? node->children : node;
    struct choice choice;
    int rc = 0;

    *ret_choice = (struct choice){.first = NULL};
    for (; part != NULL && rc == 0; part = node->kind == NODE_AND ? part->sibling : NULL) {
        rc = read_choice(planner, part, attribute, &choice);
        if (choice.count > 0 && (ret_choice->count == 0 || choice.count < ret_choice->count))
            *ret_choice = choice;
    }
    return rc;
}

/* ---- the partition key ---- */

static int check_in(const struct planner *planner, size_t count)
{
    if (count <= PARTIQL_IN_KEYS_MAX)
        return 0;
    return expr__refuse(planner->error,
                        "The IN operator is provided with too many operands; "
                        "number of operands: %zu",
                        count);
}

/** A range for each combination of the attributes' values, the last attribute's changing fastest.
 */
static int combine(const struct planner *planner, const struct choice *choices, size_t combinations,
                   struct cover *ret_cover)
{
    size_t attributes = planner->key->partition_count;
    const struct expr_node *at[EXPR_KEY_ATTRIBUTES_MAX];
    size_t number[EXPR_KEY_ATTRIBUTES_MAX] = {0};

    ret_cover->ranges = ranges_new(planner, combinations);
    if (ret_cover->ranges == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < attributes; i++)
        at[i] = choices[i].first;
    for (ret_cover->count = 0; ret_cover->count < combinations; ret_cover->count++) {
        for (size_t i = 0; i < attributes; i++)
            ret_cover->ranges[ret_cover->count].partition[i] = at[i]->value.encoded;
        for (size_t i = attributes; i-- > 0;) {
            if (++number[i] < choices[i].count) {
                at[i] = at[i]->sibling;
                break;
            }
            number[i] = 0;
            at[i] = choices[i].first;
        }
    }
    return 0;
}

static int cover_partition(const struct planner *planner, const struct expr_node *node,
                           struct cover *ret_cover)
{
    struct choice choices[EXPR_KEY_ATTRIBUTES_MAX];
    size_t combinations = 1;
    bool all = true;
    int rc = 0;

    for (size_t i = 0; i < planner->key->partition_count && rc == 0; i++) {
        rc = find_choice(planner, node, &planner->key->partition[i], &choices[i]);
        if (rc == 0)
            rc = check_in(planner, choices[i].count);
        all = all && choices[i].count > 0;
        combinations *= choices[i].count;
    }
    if (rc < 0 || !all || combinations > PLAN_RANGES_MAX)
        return rc;
    return combine(planner, choices, combinations, ret_cover);
}

/* ---- the sort key ---- */

/** What the parts of a conjunction say of one sort attribute, besides = and IN. */
struct sort_terms {
    const struct value *prefix, *low, *high; /* low and high: of BETWEEN, or >= and <= */
    const struct value *single;              /* with one comparator */
    enum expr_range single_range;
};

static void add_comparison(struct sort_terms *terms, enum expr_range range,
                           const struct value *value)
{
    if (range == EXPR_RANGE_GE && terms->low == NULL)
        terms->low = value;
    else if (range == EXPR_RANGE_LE && terms->high == NULL)
        terms->high = value;
    terms->single = value;
    terms->single_range = range;
}

static int add_sort_operator(const struct planner *planner, const struct expr_node *node,
                             const struct expr_key_attribute *attribute, struct sort_terms *terms)
{
    const struct expr_node *left = node->children, *right = left->sibling;
    bool mirrored = is_attribute(right, attribute);
    const struct expr_node *value = mirrored ? left : right;
    int rc;

    if (node->operation == OPERATOR_NE || node->operation == OPERATOR_IN ||
        node->operation == OPERATOR_EQ || value->kind != NODE_VALUE ||
        (!mirrored && !is_attribute(left, attribute)))
        return 0;
    if (node->operation != OPERATOR_BETWEEN) {
        add_comparison(terms, expr__range_of(node->operation, mirrored), &value->value);
        return expr__check_key_value(&value->value, attribute, planner->error);
    }
    if (mirrored || right->sibling->kind != NODE_VALUE)
        return 0;
    terms->low = &right->value;
    terms->high = &right->sibling->value;
    rc = expr__check_key_value(terms->low, attribute, planner->error);
    return rc < 0 ? rc : expr__check_key_value(terms->high, attribute, planner->error);
}

static int add_sort_term(const struct planner *planner, const struct expr_node *node,
                         const struct expr_key_attribute *attribute, struct sort_terms *terms)
{
    const struct expr_node *prefix;

    if (node->kind == NODE_OPERATOR)
        return add_sort_operator(planner, node, attribute, terms);
    if (node->kind != NODE_CALL || node->function != FUNCTION_BEGINS_WITH)
        return 0;
    prefix = node->children->sibling;
    if (!is_attribute(node->children, attribute) || prefix->kind != NODE_VALUE)
        return 0;
    terms->prefix = &prefix->value;
    return expr__check_key_value(terms->prefix, attribute, planner->error);
}

static void set_sort(struct cover *cover, enum expr_range operator, const struct value * low,
                     const struct value *high)
{
    for (size_t i = 0; i < cover->count; i++) {
        struct expr_key_range *range = &cover->ranges[i];

        range->sort_operator = operator;
        range->sort[range->sort_count++] = low->encoded;
        if (high != NULL)
            range->sort_high = high->encoded;
    }
}

/** A range for each value. */
static int narrow_choice(const struct planner *planner, const struct choice *choice,
                         struct cover *cover)
{
    struct cover narrowed = {.count = 0};

    if (choice->count * cover->count > PLAN_RANGES_MAX)
        return 1; /* too many: the clause filters */
    narrowed.ranges = ranges_new(planner, choice->count * cover->count);
    if (narrowed.ranges == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < cover->count; i++) {
        const struct expr_node *value = choice->first;

        for (size_t v = 0; v < choice->count; v++, value = value->sibling) {
            struct expr_key_range *range = &narrowed.ranges[narrowed.count++];

            *range = cover->ranges[i];
            range->sort_operator = EXPR_RANGE_EQ;
            range->sort[range->sort_count++] = value->value.encoded;
        }
    }
    *cover = narrowed;
    return 0;
}

/** 1: no further attribute of the sort key can narrow. */
static int narrow_attribute(const struct planner *planner, const struct expr_node *conjunction,
                            const struct expr_key_attribute *attribute, struct cover *cover)
{
    struct sort_terms terms = {.prefix = NULL};
    struct choice choice;
    int rc = find_choice(planner, conjunction, attribute, &choice);

    if (rc < 0)
        return rc;
    if (choice.count > 0)
        return narrow_choice(planner, &choice, cover);
    for (const struct expr_node *part = conjunction->children; part != NULL && rc == 0;
         part = part->sibling)
        rc = add_sort_term(planner, part, attribute, &terms);
    if (rc < 0)
        return rc;
    if (terms.low != NULL && terms.high != NULL && value_cmp(terms.low, terms.high) <= 0)
        set_sort(cover, EXPR_RANGE_BETWEEN, terms.low, terms.high);
    else if (terms.prefix != NULL)
        set_sort(cover, EXPR_RANGE_BEGINS_WITH, terms.prefix, NULL);
    else if (terms.single != NULL)
        set_sort(cover, terms.single_range, terms.single, NULL);
    return 1;
}

/** The parts about the sort key narrow ranges that an OR below has not narrowed already. */
static int narrow(const struct planner *planner, const struct expr_node *conjunction,
                  struct cover *cover)
{
    int rc = 0;

    for (size_t i = 0; i < cover->count; i++)
        if (cover->ranges[i].sort_operator != EXPR_RANGE_ALL)
            return 0;
    for (size_t i = 0; i < planner->key->sort_count && rc == 0; i++)
        rc = narrow_attribute(planner, conjunction, &planner->key->sort[i], cover);
    return rc < 0 ? rc : 0;
}

/* ---- combinations ---- */

static int cover_node(const struct planner *planner, const struct expr_node *node,
                      struct cover *ret_cover);

static int cover_and(const struct planner *planner, const struct expr_node *node,
                     struct cover *ret_cover)
{
    int rc = cover_partition(planner, node, ret_cover);

    if (rc < 0)
        return rc;
    for (const struct expr_node *part = node->children; part != NULL && ret_cover->ranges == NULL;
         part = part->sibling) {
        rc = cover_node(planner, part, ret_cover);
        if (rc < 0)
            return rc;
    }
    return ret_cover->ranges != NULL ? narrow(planner, node, ret_cover) : 0;
}

static int cover_or(const struct planner *planner, const struct expr_node *node,
                    struct cover *ret_cover)
{
    struct cover *parts = ARENA_ARRAY(planner->arena, struct cover, node->child_count);
    size_t number = 0, count = 0, at = 0;

    if (parts == NULL)
        return ST_NOMEM;
    for (const struct expr_node *part = node->children; part != NULL; part = part->sibling) {
        int rc = cover_node(planner, part, &parts[number]);

        if (rc < 0)
            return rc;
        if (parts[number].ranges == NULL)
            return 0;
        count += parts[number++].count;
    }
    ret_cover->ranges = ranges_new(planner, count);
    if (ret_cover->ranges == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < number; i++) {
        memcpy(ret_cover->ranges + at, parts[i].ranges, parts[i].count * sizeof(*parts[i].ranges));
        at += parts[i].count;
    }
    ret_cover->count = count;
    return 0;
}

static int cover_node(const struct planner *planner, const struct expr_node *node,
                      struct cover *ret_cover)
{
    if (node->kind == NODE_AND)
        return cover_and(planner, node, ret_cover);
    if (node->kind == NODE_OR)
        return cover_or(planner, node, ret_cover);
    return node->kind == NODE_OPERATOR ? cover_partition(planner, node, ret_cover) : 0;
}

/* ---- order, and ranges that do not overlap ---- */

struct ordered_range {
    struct expr_key_range range;
    size_t position; /* of the first range of this partition */
};

static int values_cmp(const struct slice *a, const struct slice *b)
{
    for (size_t i = 0; i < EXPR_KEY_ATTRIBUTES_MAX && a[i].ptr != NULL && b[i].ptr != NULL; i++) {
        struct value left = value_of(a[i]), right = value_of(b[i]);
        int order = value_cmp(&left, &right);

        if (order != 0)
            return order;
    }
    return 0;
}

static int by_partition(const void *a, const void *b)
{
    const struct ordered_range *left = a, *right = b;
    int order = values_cmp(left->range.partition, right->range.partition);

    if (order != 0)
        return order;
    return left->position < right->position ? -1 : left->position > right->position;
}

static int by_sort_values(const void *a, const void *b)
{
    const struct ordered_range *left = a, *right = b;

    return values_cmp(left->range.sort, right->range.sort);
}

static int by_position(const void *a, const void *b)
{
    const struct ordered_range *left = a, *right = b;

    return left->position < right->position ? -1 : left->position > right->position;
}

/** Equalities on as many sort attributes: ranges that are equal or disjoint. */
static bool are_points(const struct ordered_range *ranges, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (ranges[i].range.sort_operator != EXPR_RANGE_EQ ||
            ranges[i].range.sort_count != ranges[0].range.sort_count)
            return false;
    return true;
}

/** Makes the `count` ranges of one partition disjoint, in the order of the sort key. */
static size_t separate(struct ordered_range *ranges, size_t count, bool backward)
{
    size_t kept = 1;

    if (count == 1)
        return 1;
    if (!are_points(ranges, count)) {
        struct expr_key_range whole = {.sort_count = 0};

        memcpy(whole.partition, ranges[0].range.partition, sizeof(whole.partition));
        ranges[0].range = whole;
        return 1;
    }
    for (size_t i = 1; i < count; i++)
        ranges[i].position = ranges[0].position;
    qsort(ranges, count, sizeof(*ranges), by_sort_values);
    for (size_t i = 1; i < count; i++)
        if (values_cmp(ranges[i].range.sort, ranges[kept - 1].range.sort) != 0)
            ranges[kept++] = ranges[i];
    for (size_t i = 0; backward && i < kept / 2; i++) {
        struct ordered_range other = ranges[i];

        ranges[i] = ranges[kept - 1 - i];
        ranges[kept - 1 - i] = other;
    }
    return kept;
}

/** How the partitions follow each other. */
enum partition_order { PARTITIONS_AS_WRITTEN, PARTITIONS_ASCENDING, PARTITIONS_DESCENDING };

static int arrange(const struct planner *planner, const struct cover *cover,
                   enum partition_order order, struct partiql_plan *plan)
{
    struct ordered_range *ranges = ARENA_ARRAY(planner->arena, struct ordered_range, cover->count);
    size_t kept = 0, groups = 0;

    if (ranges == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < cover->count; i++)
        ranges[i] = (struct ordered_range){.range = cover->ranges[i], .position = i};
    qsort(ranges, cover->count, sizeof(*ranges), by_partition);
    for (size_t from = 0, to; from < cover->count; from = to) {
        size_t count, position;

        to = from + 1;
        while (to < cover->count &&
               values_cmp(ranges[from].range.partition, ranges[to].range.partition) == 0)
            to++;
        count = separate(&ranges[from], to - from, plan->backward);
        position = order == PARTITIONS_AS_WRITTEN  ? ranges[from].position
                   : order == PARTITIONS_ASCENDING ? groups
                                                   : cover->count - groups;
        for (size_t i = 0; i < count; i++) {
            ranges[kept] = ranges[from + i];
            /* Positions of different partitions differ, and leave room for those inside. */
            ranges[kept].position = position * cover->count + i;
            kept++;
        }
        groups++;
    }
    qsort(ranges, kept, sizeof(*ranges), by_position);
    plan->ranges = ranges_new(planner, kept);
    if (plan->ranges == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < kept; i++)
        plan->ranges[i] = ranges[i].range;
    plan->count = kept;
    plan->paged = kept > 1;
    return 0;
}

/* ---- ORDER BY ---- */

static bool names_key(const struct expr_key_attribute *attributes, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq(attributes[i].name, name))
            return true;
    return false;
}

static bool several_partitions(const struct cover *cover)
{
    for (size_t i = 1; i < cover->count; i++)
        if (values_cmp(cover->ranges[0].partition, cover->ranges[i].partition) != 0)
            return true;
    return false;
}

static int check_order(const struct planner *planner, const struct partiql *partiql,
                       const struct cover *cover)
{
    const struct expr_key *key = planner->key;
    bool partition = false;

    if (partiql->order_count == 0)
        return 0;
    if (partiql->condition == NULL)
        return expr__refuse(planner->error, "Must have WHERE clause in the statement when using "
                                            "ORDER BY clause.");
    if (cover->ranges == NULL)
        return expr__refuse(planner->error, "Must have at least one non-optional hash key "
                                            "condition in WHERE clause when using ORDER BY "
                                            "clause.");
    for (size_t i = 0; i < partiql->order_count; i++) {
        struct slice name = partiql->order[i].name;

        if (names_key(key->partition, key->partition_count, name))
            partition = true;
        else if (!names_key(key->sort, key->sort_count, name))
            return expr__refuse(planner->error,
                                "Variable reference %.*s in ORDER BY clause must be part of the "
                                "primary key",
                                SLICE_ARGS(name));
    }
    if (!partition && several_partitions(cover))
        return expr__refuse(planner->error,
                            "Must have hash key in ORDER BY clause when more than one hash key "
                            "condition specified in WHERE clause.");
    return 0;
}

int partiql_plan(const struct partiql *partiql, const struct expr_key *key, struct arena *arena,
                 struct partiql_plan *ret_plan, struct expr_error *reterr)
{
    struct planner planner = {.key = key, .arena = arena, .error = reterr};
    enum partition_order order = PARTITIONS_AS_WRITTEN;
    struct partiql_plan plan = {.scan = true};
    struct cover cover = {.ranges = NULL};
    int rc = 0;

    if (partiql->condition != NULL)
        rc = cover_node(&planner, partiql->condition->root, &cover);
    for (size_t i = 0; i < cover.count && rc == 0; i++)
        rc = expr__check_range_size(&cover.ranges[i], key, reterr);
    if (rc == 0)
        rc = check_order(&planner, partiql, &cover);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < partiql->order_count; i++) {
        const struct partiql_order *by = &partiql->order[i];

        if (!names_key(key->partition, key->partition_count, by->name))
            plan.backward = by->descending;
        else
            order = by->descending ? PARTITIONS_DESCENDING : PARTITIONS_ASCENDING;
    }
    if (cover.ranges != NULL) {
        plan.scan = false;
        rc = arrange(&planner, &cover, order, &plan);
    }
    if (rc == 0)
        *ret_plan = plan;
    return rc;
}

/* ---- one key ---- */

static const struct expr_node *key_value(const struct expr_node *node,
                                         const struct expr_key_attribute *attribute)
{
    const struct expr_node *value = equality(node, attribute);

    if (value != NULL || node->kind != NODE_AND)
        return value;
    for (const struct expr_node *part = node->children; part != NULL && value == NULL;
         part = part->sibling)
        value = key_value(part, attribute);
    return value;
}

int partiql_key(const struct partiql *partiql, const struct expr_key_attribute *keys,
                size_t key_count, struct arena *arena, bool *ret_found, struct slice *ret_key)
{
    struct item_builder builder;

    *ret_found = false;
    if (partiql->condition == NULL)
        return 0;
    item_builder_init(&builder, arena);
    for (size_t i = 0; i < key_count; i++) {
        const struct expr_node *value = key_value(partiql->condition->root, &keys[i]);

        if (value == NULL)
            return 0;
        item_builder_add(&builder, keys[i].name, value->value.encoded);
    }
    *ret_found = true;
    return item_build(&builder, ret_key);
}
