/*
 * legacy_conditions.c - Expected, QueryFilter, ScanFilter and KeyConditions as conditions.
 *
 * Every attribute of the map contributes one comparison, and AND or OR joins them. What a
 * comparison operator takes and which node it becomes is one table row. The meanings at the edges
 * are those of expressions, because the nodes are the same: NE is the negation of EQ, so it holds
 * for a missing attribute and for one of another type; NOT_CONTAINS is the negation of CONTAINS;
 * NULL asks whether the attribute is missing, and an attribute that holds the value NULL is not.
 *
 * Checks of one comparison, in order: its members go together, values are values, their number,
 * they are of one type, of a type that the operator takes, BETWEEN's bounds are in order.
 *
 * Source: dynamodb-expressions.md §8.1 and §8.2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/legacy_priv.h"

#define SCALAR_TYPES (BIT(VALUE_S) | BIT(VALUE_N) | BIT(VALUE_B))
#define ANY_TYPE (~0u)

/** How a row becomes a node. */
enum form { FORM_OPERATOR, FORM_CALL, FORM_NOT_CALL };

struct comparison {
    const char *name;
    enum form form;
    enum expr_operator operation;
    enum expr_function function;
    uint8_t values_min;
    bool unbounded; /* more than values_min are fine */
    unsigned types; /* BIT(type) of what the values may be */
};

static const struct comparison comparisons[] = {
    {"EQ", FORM_OPERATOR, .operation = OPERATOR_EQ, .values_min = 1, .types = ANY_TYPE},
    {"NE", FORM_OPERATOR, .operation = OPERATOR_NE, .values_min = 1, .types = ANY_TYPE},
    {"LT", FORM_OPERATOR, .operation = OPERATOR_LT, .values_min = 1, .types = SCALAR_TYPES},
    {"LE", FORM_OPERATOR, .operation = OPERATOR_LE, .values_min = 1, .types = SCALAR_TYPES},
    {"GT", FORM_OPERATOR, .operation = OPERATOR_GT, .values_min = 1, .types = SCALAR_TYPES},
    {"GE", FORM_OPERATOR, .operation = OPERATOR_GE, .values_min = 1, .types = SCALAR_TYPES},
    {"BETWEEN", FORM_OPERATOR, .operation = OPERATOR_BETWEEN, .values_min = 2,
     .types = SCALAR_TYPES},
    {"IN", FORM_OPERATOR, .operation = OPERATOR_IN, .values_min = 1, .unbounded = true,
     .types = SCALAR_TYPES},
    {"NOT_NULL", FORM_CALL, .function = FUNCTION_ATTRIBUTE_EXISTS},
    {"NULL", FORM_CALL, .function = FUNCTION_ATTRIBUTE_NOT_EXISTS},
    {"CONTAINS", FORM_CALL, .function = FUNCTION_CONTAINS, .values_min = 1, .types = SCALAR_TYPES},
    {"NOT_CONTAINS", FORM_NOT_CALL, .function = FUNCTION_CONTAINS, .values_min = 1,
     .types = SCALAR_TYPES},
    {"BEGINS_WITH", FORM_CALL, .function = FUNCTION_BEGINS_WITH, .values_min = 1,
     .types = BIT(VALUE_S) | BIT(VALUE_B)},
};

static const struct comparison *comparison_named(struct slice name)
{
    for (size_t i = 0; i < ARRAY_LEN(comparisons); i++)
        if (slice_eq_str(name, comparisons[i].name))
            return &comparisons[i];
    assert(!"the request's shape names all operators");
    return NULL;
}

/** The values of one comparison, as siblings. */
struct values {
    struct expr_node *first, *last;
    size_t count;
};

static int add_value(struct arena *arena, struct json json, struct values *values,
                     struct expr_error *reterr)
{
    struct expr_node *node;
    int rc = expr__legacy_value(arena, json, &node, reterr);

    if (rc < 0)
        return rc;
    if (values->first == NULL)
        values->first = node;
    else
        values->last->sibling = node;
    values->last = node;
    values->count++;
    return 0;
}

static int add_list(struct arena *arena, struct json list, struct values *values,
                    struct expr_error *reterr)
{
    struct json_iterator iterator = json_iterate(list);
    struct json element;
    int rc = 0;

    while (rc == 0 && json_next(&iterator, NULL, &element))
        rc = add_value(arena, element, values, reterr);
    return rc;
}

static bool same_type(enum value_type a, enum value_type b)
{
    return a == b || (a == VALUE_TRUE && b == VALUE_FALSE) || (a == VALUE_FALSE && b == VALUE_TRUE);
}

static int check_values(const struct comparison *comparison, const struct values *values,
                        struct expr_error *reterr)
{
    if (values->count < comparison->values_min ||
        (values->count > comparison->values_min && !comparison->unbounded))
        return expr__refuse(
            reterr, LEGACY_INVALID "Invalid number of argument(s) for the %s ComparisonOperator",
            comparison->name);
    if (values->count == 0)
        return 0;
    for (const struct expr_node *node = values->first; node != NULL; node = node->sibling)
        if (!same_type(node->value.type, values->first->value.type))
            return expr__refuse(reterr, LEGACY_INVALID "AttributeValues inside AttributeValueList "
                                                       "must be of same type");
    if (!(BIT(values->first->value.type) & comparison->types))
        return expr__refuse(
            reterr, LEGACY_INVALID "ComparisonOperator %s is not valid for %s AttributeValue type",
            comparison->name, value_type_name(values->first->value.type));
    if (comparison->operation == OPERATOR_BETWEEN &&
        value_cmp(&values->first->value, &values->last->value) > 0)
        return expr__refuse(reterr, "The BETWEEN condition was provided a range where the lower "
                                    "bound is greater than the upper bound");
    return 0;
}

/* ---- one attribute ---- */

static int compile(struct arena *arena, struct slice name, const struct comparison *comparison,
                   const struct values *values, struct expr_node **ret_node)
{
    struct expr_node *path = expr__legacy_node(arena, NODE_PATH), *next;
    struct expr_node *node =
        expr__legacy_node(arena, comparison->form == FORM_OPERATOR ? NODE_OPERATOR : NODE_CALL);
    struct expr_node *negation = expr__legacy_node(arena, NODE_NOT);

    if (path == NULL || node == NULL || negation == NULL)
        return ST_NOMEM;
    path->path = expr__legacy_path(arena, name);
    if (path->path == NULL)
        return ST_NOMEM;
    node->operation = comparison->operation;
    node->function = comparison->function;
    node->text = slice_str(comparison->name);
    expr__node_adopt(node, path);
    for (struct expr_node *value = values->first; value != NULL; value = next) {
        next = value->sibling;
        value->sibling = NULL;
        expr__node_adopt(node, value);
    }
    *ret_node = node;
    if (comparison->form == FORM_NOT_CALL) {
        expr__node_adopt(negation, node);
        *ret_node = negation;
    }
    return 0;
}

/** An operator and its values: a Condition, or that style of an ExpectedAttributeValue. */
static int read_comparison(struct arena *arena, const struct legacy_entry *entry,
                           struct slice operator_name, const struct json *list,
                           const struct json *value, struct expr_node **ret_node,
                           struct expr_error *reterr)
{
    const struct comparison *comparison = comparison_named(operator_name);
    struct values values = {.first = NULL};
    int rc = 0;

    if (list != NULL)
        rc = add_list(arena, *list, &values, reterr);
    else if (value != NULL)
        rc = add_value(arena, *value, &values, reterr);
    if (rc == 0)
        rc = check_values(comparison, &values, reterr);
    return rc < 0 ? rc : compile(arena, entry->name, comparison, &values, ret_node);
}

static int read_condition(struct arena *arena, const struct legacy_entry *entry,
                          struct expr_node **ret_node, struct expr_error *reterr)
{
    struct json operation, list;
    bool has_list = expr__legacy_member(entry->json, SLICE("AttributeValueList"), &list);

    bool has_operation = expr__legacy_member(entry->json, SLICE("ComparisonOperator"), &operation);

    assert(has_operation); /* required by the shape */
    (void)has_operation;
    return read_comparison(arena, entry, json_string(operation), has_list ? &list : NULL, NULL,
                           ret_node, reterr);
}

/** The members of an ExpectedAttributeValue; NULL when absent. */
struct expected {
    const struct json *value, *list, *exists, *operation;
};

static int refuse_attribute(struct expr_error *reterr, const char *text,
                            const struct legacy_entry *entry)
{
    return expr__refuse(reterr, LEGACY_INVALID "%s for Attribute: %.*s", text,
                        SLICE_ARGS(entry->name));
}

/** The style with an operator. */
static int check_expected_operator(const struct legacy_entry *entry,
                                   const struct expected *expected, struct expr_error *reterr)
{
    struct slice name = json_string(*expected->operation);

    if (expected->exists != NULL)
        return refuse_attribute(reterr, "Exists and ComparisonOperator cannot be used together",
                                entry);
    if (expected->value == NULL && expected->list == NULL && comparison_named(name)->values_min > 0)
        return expr__refuse(reterr,
                            LEGACY_INVALID "Value or AttributeValueList must be used with "
                                           "ComparisonOperator: %.*s for Attribute: %.*s",
                            SLICE_ARGS(name), SLICE_ARGS(entry->name));
    return 0;
}

/** The style of Value and Exists. */
static int check_expected_value(const struct legacy_entry *entry, const struct expected *expected,
                                struct expr_error *reterr)
{
    bool absent = expected->exists != NULL && json_truth(*expected->exists) == 0;

    if (expected->list != NULL)
        return refuse_attribute(
            reterr, "AttributeValueList can only be used with a ComparisonOperator", entry);
    if (!absent && expected->value == NULL)
        return refuse_attribute(reterr,
                                expected->exists != NULL
                                    ? "Value must be provided when Exists is true"
                                    : "Value must be provided when Exists is null",
                                entry);
    if (absent && expected->value != NULL)
        return refuse_attribute(reterr, "Value cannot be used when Exists is false", entry);
    return 0;
}

static int read_expected(struct arena *arena, const struct legacy_entry *entry,
                         struct expr_node **ret_node, struct expr_error *reterr)
{
    struct json value, list, exists, operation;
    struct expected expected = {
        .value = expr__legacy_member(entry->json, SLICE("Value"), &value) ? &value : NULL,
        .list = expr__legacy_member(entry->json, SLICE("AttributeValueList"), &list) ? &list : NULL,
        .exists = expr__legacy_member(entry->json, SLICE("Exists"), &exists) ? &exists : NULL,
        .operation = expr__legacy_member(entry->json, SLICE("ComparisonOperator"), &operation)
                         ? &operation
                         : NULL,
    };
    struct slice name;
    int rc;

    if (expected.value != NULL && expected.list != NULL)
        return refuse_attribute(reterr, "Value and AttributeValueList cannot be used together",
                                entry);
    rc = expected.operation != NULL ? check_expected_operator(entry, &expected, reterr)
                                    : check_expected_value(entry, &expected, reterr);
    if (rc < 0)
        return rc;
    if (expected.operation != NULL)
        name = json_string(operation);
    else
        name = expected.value != NULL ? SLICE("EQ") : SLICE("NULL");
    return read_comparison(arena, entry, name, expected.list, expected.value, ret_node, reterr);
}

int expr__legacy_check_indexable(const struct expr_condition *condition, struct expr_error *reterr)
{
    for (const struct expr_node *node = condition->root->children; node != NULL;
         node = node->sibling)
        if (node->kind == NODE_NOT ||
            (node->kind == NODE_OPERATOR &&
             (node->operation == OPERATOR_NE || node->operation == OPERATOR_IN)) ||
            (node->kind == NODE_CALL && node->function != FUNCTION_BEGINS_WITH))
            return expr__refuse(reterr,
                                "Attempted conditional constraint is not an indexable operation");
    return 0;
}

/* ---- the map ---- */

int expr_legacy_conditions(struct arena *arena, enum expr_legacy_map map, struct json json,
                           bool any, struct expr_condition **ret_condition,
                           struct expr_error *reterr)
{
    struct expr_condition *condition = ARENA_NEW(arena, struct expr_condition);
    struct expr_node *root = expr__legacy_node(arena, any ? NODE_OR : NODE_AND), *node;
    struct legacy_entry *entries;
    struct expr_path **end;
    size_t count;
    int rc = expr__legacy_entries(arena, json, &entries, &count);

    if (condition == NULL || root == NULL || rc < 0)
        return ST_NOMEM;
    *ret_condition = NULL;
    if (count == 0)
        return map == EXPR_LEGACY_KEY_CONDITIONS
                   ? expr__refuse(reterr, "%s", EXPR_KEY_CONDITION_COUNT)
                   : 0;
    end = &condition->paths;
    for (size_t i = 0; i < count; i++) {
        rc = map == EXPR_LEGACY_EXPECTED ? read_expected(arena, &entries[i], &node, reterr)
                                         : read_condition(arena, &entries[i], &node, reterr);
        if (rc < 0)
            return rc;
        *end = node->kind == NODE_NOT ? node->children->children->path : node->children->path;
        end = &(*end)->next;
        expr__node_adopt(root, node);
    }
    condition->legacy = true;
    condition->root = root;
    *ret_condition = condition;
    return 0;
}
