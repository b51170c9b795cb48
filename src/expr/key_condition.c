/*
 * key_condition.c - what a Query may ask: one partition key, and a range of sort keys.
 *
 * The key of a table has one attribute of each, that of a global secondary index up to four: then
 * all partition attributes are given, and sort attributes from the left without a gap, all but the
 * last with "=".
 *
 * A key condition is parsed and checked as any condition. Here its tree is cut down to at most one
 * term per key attribute: an operator with the attribute on its left, and one or two values. First
 * without the schema (which operators, one attribute per term), later with it (which attributes,
 * which types).
 *
 * Source: dynamodb-expressions.md §7.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

struct key_term {
    const struct expr_path *path;
    enum expr_range range;
    const struct value *value, *high;
};

enum {
    KEY_TERMS_MAX = 2 * EXPR_KEY_ATTRIBUTES_MAX + 1
}; /* one more than a key has: enough to know that there are too many */

struct key_terms {
    struct key_term terms[KEY_TERMS_MAX];
    size_t count; /* of all terms; only the first KEY_TERMS_MAX are kept */
};

static int refuse_operator(struct expr_error *reterr, struct slice name)
{
    return expr__refuse(reterr, "Invalid operator used in KeyConditionExpression: %.*s",
                        SLICE_ARGS(name));
}

static int refuse_condition(struct expr_error *reterr, const char *text)
{
    return expr__refuse(reterr, "Invalid condition in KeyConditionExpression: %s", text);
}

static int refuse_expression(struct expr_error *reterr, const char *text)
{
    return expr__refuse(reterr, "Invalid KeyConditionExpression: KeyConditionExpressions %s", text);
}

enum expr_range expr__range_of(enum expr_operator operation, bool mirrored)
{
    switch (operation) {
    case OPERATOR_LT:
        return mirrored ? EXPR_RANGE_GT : EXPR_RANGE_LT;
    case OPERATOR_LE:
        return mirrored ? EXPR_RANGE_GE : EXPR_RANGE_LE;
    case OPERATOR_GT:
        return mirrored ? EXPR_RANGE_LT : EXPR_RANGE_GT;
    case OPERATOR_GE:
        return mirrored ? EXPR_RANGE_LE : EXPR_RANGE_GE;
    case OPERATOR_BETWEEN:
        return EXPR_RANGE_BETWEEN;
    default:
        return EXPR_RANGE_EQ;
    }
}

static int check_term_operator(const struct expr_node *node, struct expr_error *reterr)
{
    if (node->kind == NODE_OPERATOR &&
        (node->operation == OPERATOR_NE || node->operation == OPERATOR_IN))
        return refuse_operator(reterr, slice_str(expr__operator_text(node->operation)));
    if (node->kind == NODE_CALL && node->function != FUNCTION_BEGINS_WITH)
        return refuse_operator(reterr, node->text);
    for (const struct expr_node *operand = node->children; operand != NULL;
         operand = operand->sibling)
        if (operand->kind == NODE_CALL)
            return refuse_expression(reterr, "cannot contain nested operations");
    return 0;
}

/** One term of the conjunction: a comparison or a function. */
static int read_term(const struct expr_node *node, struct key_term *ret_term,
                     struct expr_error *reterr)
{
    const struct expr_node *first = node->children, *second = first->sibling, *path = NULL;
    bool attribute_first = node->kind == NODE_CALL || node->operation == OPERATOR_BETWEEN;
    size_t paths = 0;
    int rc = check_term_operator(node, reterr);

    if (rc < 0)
        return rc;
    for (const struct expr_node *operand = first; operand != NULL; operand = operand->sibling)
        if (operand->kind == NODE_PATH) {
            paths++;
            path = operand;
        }
    if (paths > 1)
        return refuse_condition(reterr, "Multiple attribute names used in one condition");
    if (attribute_first && path != first)
        return refuse_condition(reterr, node->kind == NODE_CALL
                                            ? "begins_with operator must have the key attribute as "
                                              "its first operand"
                                            : "BETWEEN operator must have the key attribute as its "
                                              "first operand");
    if (paths == 0)
        return refuse_condition(reterr, "No key attribute specified");
    if (path->path->count > 1)
        return refuse_expression(reterr, "cannot have conditions on nested attributes");
    ret_term->path = path->path;
    ret_term->value = path == first ? &second->value : &first->value;
    ret_term->high = second->sibling != NULL ? &second->sibling->value : NULL;
    ret_term->range = node->kind == NODE_CALL ? EXPR_RANGE_BEGINS_WITH
                                              : expr__range_of(node->operation, path != first);
    return 0;
}

static int read_terms(const struct expr_node *node, struct key_terms *terms,
                      struct expr_error *reterr)
{
    struct key_term term;
    int rc = 0;

    if (node->kind == NODE_OR)
        return refuse_operator(reterr, SLICE("OR"));
    if (node->kind == NODE_NOT)
        return refuse_operator(reterr, SLICE("NOT"));
    if (node->kind == NODE_AND) {
        for (const struct expr_node *part = node->children; part != NULL && rc == 0;
             part = part->sibling)
            rc = read_terms(part, terms, reterr);
        return rc;
    }
    rc = read_term(node, &term, reterr);
    if (rc < 0)
        return rc;
    for (size_t i = 0; i < terms->count && i < KEY_TERMS_MAX; i++)
        if (expr__path_eq(terms->terms[i].path, term.path))
            return refuse_expression(reterr, "must only contain one condition per key");
    if (terms->count < KEY_TERMS_MAX)
        terms->terms[terms->count] = term;
    terms->count++;
    return 0;
}

int expr_key_condition_check(const struct expr_condition *condition, struct expr_error *reterr)
{
    struct key_terms terms = {.count = 0};

    return read_terms(condition->root, &terms, reterr);
}

static const struct key_term *find_term(const struct key_terms *terms, struct slice name)
{
    for (size_t i = 0; i < terms->count && i < KEY_TERMS_MAX; i++)
        if (slice_eq(terms->terms[i].path->elements[0].name, name))
            return &terms->terms[i];
    return NULL;
}

static int refuse_missed(struct expr_error *reterr, const struct expr_key_attribute *attribute)
{
    return expr__refuse(reterr, "Query condition missed key schema element: %.*s",
                        SLICE_ARGS(attribute->name));
}

static int refuse_unsupported(struct expr_error *reterr)
{
    return expr__refuse(reterr, "Query key condition not supported");
}

/* The terms in the order of the key's attributes: all partition attributes, and sort attributes
 * without a gap. */
struct key_order {
    const struct key_term *partition[EXPR_KEY_ATTRIBUTES_MAX], *sort[EXPR_KEY_ATTRIBUTES_MAX];
    size_t sort_count;
};

static int order_terms(const struct key_terms *terms, const struct expr_key *key,
                       struct key_order *ret_order, struct expr_error *reterr)
{
    size_t used = key->partition_count, last = 0;

    for (size_t i = 0; i < key->partition_count; i++) {
        ret_order->partition[i] = find_term(terms, key->partition[i].name);
        if (ret_order->partition[i] == NULL)
            return refuse_missed(reterr, &key->partition[i]);
    }
    for (size_t i = 0; i < key->sort_count; i++) {
        ret_order->sort[i] = find_term(terms, key->sort[i].name);
        if (ret_order->sort[i] != NULL) {
            used++;
            last = i + 1;
        }
    }
    if (used < terms->count) { /* a term that is on no attribute of the key */
        for (size_t i = 0; i < key->sort_count; i++)
            if (ret_order->sort[i] == NULL)
                return refuse_missed(reterr, &key->sort[i]);
        return refuse_unsupported(reterr);
    }
    for (size_t i = 0; i < last; i++)
        if (ret_order->sort[i] == NULL)
            return refuse_missed(reterr, &key->sort[i]);
    ret_order->sort_count = last;
    return 0;
}

static int check_operators(const struct key_order *order, const struct expr_key *key,
                           struct expr_error *reterr)
{
    for (size_t i = 0; i < key->partition_count; i++)
        if (order->partition[i]->range != EXPR_RANGE_EQ)
            return refuse_unsupported(reterr);
    for (size_t i = 0; i + 1 < order->sort_count; i++)
        if (order->sort[i]->range != EXPR_RANGE_EQ)
            return refuse_unsupported(reterr);
    return 0;
}

int expr__check_key_value(const struct value *value, const struct expr_key_attribute *key,
                          struct expr_error *reterr)
{
    if (value->type != key->type)
        return expr__refuse(reterr, "One or more parameter values were invalid: "
                                    "Condition parameter type does not match schema type");
    if (value->type != VALUE_N && value->payload.len == 0)
        return expr__refuse(reterr,
                            "One or more parameter values are not valid. The AttributeValue "
                            "for a key attribute cannot contain an empty %s value. Key: %.*s",
                            value->type == VALUE_S ? "string" : "binary", SLICE_ARGS(key->name));
    return 0;
}

static int check_term_values(const struct key_term *term, const struct expr_key_attribute *key,
                             struct expr_error *reterr)
{
    int rc = expr__check_key_value(term->value, key, reterr);

    if (rc == 0 && term->high != NULL)
        rc = expr__check_key_value(term->high, key, reterr);
    return rc;
}

static size_t key_size(const struct slice *encoded, size_t count)
{
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += value_of(encoded[i]).payload.len;
    return size;
}

int expr__check_range_size(const struct expr_key_range *range, const struct expr_key *key,
                           struct expr_error *reterr)
{
    size_t high = range->sort_high.ptr != NULL ? key_size(&range->sort_high, 1) : 0;

    if (key_size(range->partition, key->partition_count) > PARTITION_KEY_BYTES_MAX)
        return expr__refuse(reterr, "One or more parameter values were invalid: Size of hashkey "
                                    "has exceeded the maximum size limit of2048 bytes");
    if (key_size(range->sort, range->sort_count) > SORT_KEY_BYTES_MAX ||
        (high > 0 && key_size(range->sort, range->sort_count - 1) + high > SORT_KEY_BYTES_MAX))
        return expr__refuse(reterr, "One or more parameter values were invalid: Aggregated size "
                                    "of all range keys has exceeded the size limit of 1024 bytes");
    return 0;
}

int expr_key_condition_range(const struct expr_condition *condition, const struct expr_key *key,
                             struct expr_key_range *ret_range, struct expr_error *reterr)
{
    struct key_terms terms = {.count = 0};
    struct key_order order = {.sort_count = 0};
    int rc;

    assert(key->partition_count >= 1 && key->partition_count <= EXPR_KEY_ATTRIBUTES_MAX &&
           key->sort_count <= EXPR_KEY_ATTRIBUTES_MAX);
    if (condition->legacy) {
        rc = expr__legacy_check_indexable(condition, reterr);
        if (rc < 0)
            return rc;
    }
    rc = read_terms(condition->root, &terms, reterr);
    if (rc < 0)
        return rc;
    if (terms.count > 2 && key->partition_count == 1 && key->sort_count <= 1)
        return expr__refuse(reterr, "%s", EXPR_KEY_CONDITION_COUNT);
    rc = order_terms(&terms, key, &order, reterr);
    if (rc == 0)
        rc = check_operators(&order, key, reterr);
    for (size_t i = 0; i < key->partition_count && rc == 0; i++)
        rc = check_term_values(order.partition[i], &key->partition[i], reterr);
    for (size_t i = 0; rc == 0 && i < order.sort_count; i++)
        rc = check_term_values(order.sort[i], &key->sort[i], reterr);
    if (rc < 0)
        return rc;
    *ret_range = (struct expr_key_range){.sort_count = order.sort_count};
    for (size_t i = 0; i < key->partition_count; i++)
        ret_range->partition[i] = order.partition[i]->value->encoded;
    for (size_t i = 0; i < order.sort_count; i++) {
        ret_range->sort[i] = order.sort[i]->value->encoded;
        ret_range->sort_operator = order.sort[i]->range;
        if (order.sort[i]->high != NULL)
            ret_range->sort_high = order.sort[i]->high->encoded;
    }
    return expr__check_range_size(ret_range, key, reterr);
}
