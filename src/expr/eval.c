/*
 * eval.c - whether a condition holds for an item.
 *
 * Works on views of the stored bytes and allocates nothing; the one value that is made is the
 * number that size() gives, in the operand's own memory. Evaluation cannot fail: an operand that
 * the item does not have is undefined, and undefined operands and operands of other types make a
 * comparison false - except <>, which is the negation of = and so true.
 *
 * Source: dynamodb-expressions.md §6.1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

struct operand {
    struct value value;
    uint8_t made[1 + VARINT_BYTES_MAX + NUMBER_KEY_BYTES_MAX]; /* behind value, when it was made */
};

/** Java's String.length(): a character beyond the BMP, four bytes of UTF-8, is two units. */
static size_t utf16_units(struct slice text)
{
    size_t units = 0;

    for (size_t i = 0; i < text.len; i++)
        units += ((text.ptr[i] & 0xC0) != 0x80) + (text.ptr[i] >= 0xF0);
    return units;
}

/** Encodes a count as a number value inside the operand. */
static void operand_set_count(struct operand *operand, size_t count)
{
    struct number number = {.coefficient = count};
    uint8_t key[NUMBER_KEY_BYTES_MAX];
    size_t key_len, head = 1;

    while (number.coefficient != 0 && number.coefficient % 10 == 0) { /* numbers are normalised */
        number.coefficient /= 10;
        number.exponent++;
    }
    key_len = number_key_encode(&number, key);
    operand->made[0] = VALUE_N;
    head += varint_put(operand->made + head, key_len);
    memcpy(operand->made + head, key, key_len);
    operand->value.type = VALUE_N;
    operand->value.encoded = slice_of(operand->made, head + key_len);
    operand->value.payload = slice_of(operand->made + head, key_len);
}

static bool size_of(const struct value *value, size_t *ret_size)
{
    switch (value->type) {
    case VALUE_S:
        *ret_size = utf16_units(value->payload);
        return true;
    case VALUE_B:
        *ret_size = value->payload.len;
        return true;
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
    case VALUE_L:
    case VALUE_M:
        *ret_size = value_count(value);
        return true;
    case VALUE_N:
    case VALUE_TRUE:
    case VALUE_FALSE:
    case VALUE_NULL:
        break;
    }
    return false;
}

/** False: undefined. */
static bool operand_get(const struct expr_node *node, struct slice item,
                        struct operand *ret_operand)
{
    struct operand inner;
    size_t size;

    if (node->kind == NODE_VALUE) {
        ret_operand->value = node->value;
        return true;
    }
    if (node->kind == NODE_PATH)
        return expr__path_resolve(node->path, item, &ret_operand->value);
    assert(node->kind == NODE_CALL);
    assert(node->function == FUNCTION_SIZE);
    if (!operand_get(node->children, item, &inner) || !size_of(&inner.value, &size))
        return false;
    operand_set_count(ret_operand, size);
    return true;
}

static bool is_ordered(const struct value *value)
{
    return value->type == VALUE_S || value->type == VALUE_N || value->type == VALUE_B;
}

static bool equal(const struct expr_node *a, const struct expr_node *b, struct slice item)
{
    struct operand left, right;

    return operand_get(a, item, &left) && operand_get(b, item, &right) &&
           value_eq(&left.value, &right.value);
}

/** False unless both are of one ordered type. */
static bool ordered_cmp(const struct expr_node *a, const struct expr_node *b, struct slice item,
                        int *ret_order)
{
    struct operand left, right;

    if (!operand_get(a, item, &left) || !operand_get(b, item, &right) ||
        left.value.type != right.value.type || !is_ordered(&left.value))
        return false;
    *ret_order = value_cmp(&left.value, &right.value);
    return true;
}

static bool eval_between(const struct expr_node *node, struct slice item)
{
    const struct expr_node *value = node->children, *low = value->sibling, *high = low->sibling;
    int low_order, high_order;

    return ordered_cmp(low, value, item, &low_order) && low_order <= 0 &&
           ordered_cmp(value, high, item, &high_order) && high_order <= 0;
}

static bool eval_in(const struct expr_node *node, struct slice item)
{
    struct operand value, one;

    if (!operand_get(node->children, item, &value))
        return false;
    for (const struct expr_node *candidate = node->children->sibling; candidate != NULL;
         candidate = candidate->sibling)
        if (operand_get(candidate, item, &one) && value_eq(&value.value, &one.value))
            return true;
    return false;
}

static bool eval_operator(const struct expr_node *node, struct slice item)
{
    const struct expr_node *left = node->children, *right = left->sibling;
    int order;

    switch (node->operation) {
    case OPERATOR_EQ:
        return equal(left, right, item);
    case OPERATOR_NE:
        return !equal(left, right, item);
    case OPERATOR_LT:
        return ordered_cmp(left, right, item, &order) && order < 0;
    case OPERATOR_LE:
        return ordered_cmp(left, right, item, &order) && order <= 0;
    case OPERATOR_GT:
        return ordered_cmp(left, right, item, &order) && order > 0;
    case OPERATOR_GE:
        return ordered_cmp(left, right, item, &order) && order >= 0;
    case OPERATOR_BETWEEN:
        return eval_between(node, item);
    case OPERATOR_IN:
        return eval_in(node, item);
    case OPERATOR_PLUS:
    case OPERATOR_MINUS:
        break;
    }
    assert(!"arithmetic is no condition");
    return false;
}

static bool eval_begins_with(const struct expr_node *call, struct slice item)
{
    struct operand text, prefix;

    return operand_get(call->children, item, &text) &&
           operand_get(call->children->sibling, item, &prefix) &&
           text.value.type == prefix.value.type &&
           (text.value.type == VALUE_S || text.value.type == VALUE_B) &&
           slice_has_prefix(text.value.payload, prefix.value.payload);
}

static bool eval_attribute_type(const struct expr_node *call, struct slice item)
{
    struct operand operand;

    return operand_get(call->children, item, &operand) &&
           slice_eq_str(call->children->sibling->value.payload,
                        value_type_name(operand.value.type));
}

static bool contains_bytes(struct slice bytes, struct slice part)
{
    return part.len == 0 ||
           (bytes.len > 0 && memmem(bytes.ptr, bytes.len, part.ptr, part.len) != NULL);
}

static bool contains_element(const struct value *container, const struct value *element)
{
    struct value_iterator iterator = value_iterate(container);
    struct value one;

    while (value_next(&iterator, NULL, &one))
        if (value_eq(&one, element))
            return true;
    return false;
}

static bool eval_contains(const struct expr_node *call, struct slice item)
{
    struct operand container, element;

    if (!operand_get(call->children, item, &container) ||
        !operand_get(call->children->sibling, item, &element))
        return false;
    switch (container.value.type) {
    case VALUE_S:
    case VALUE_B:
        return element.value.type == container.value.type &&
               contains_bytes(container.value.payload, element.value.payload);
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
    case VALUE_L:
        return contains_element(&container.value, &element.value);
    case VALUE_N:
    case VALUE_TRUE:
    case VALUE_FALSE:
    case VALUE_NULL:
    case VALUE_M:
        break;
    }
    return false;
}

static bool eval_call(const struct expr_node *call, struct slice item)
{
    struct value value;

    switch (call->function) {
    case FUNCTION_ATTRIBUTE_EXISTS:
        return expr__path_resolve(call->children->path, item, &value);
    case FUNCTION_ATTRIBUTE_NOT_EXISTS:
        return !expr__path_resolve(call->children->path, item, &value);
    case FUNCTION_ATTRIBUTE_TYPE:
        return eval_attribute_type(call, item);
    case FUNCTION_BEGINS_WITH:
        return eval_begins_with(call, item);
    case FUNCTION_CONTAINS:
        return eval_contains(call, item);
    case FUNCTION_SIZE:
    case FUNCTION_IF_NOT_EXISTS:
    case FUNCTION_LIST_APPEND:
    case FUNCTION_UNKNOWN:
        break;
    }
    assert(!"static checks let only conditions pass");
    return false;
}

static bool eval(const struct expr_node *node, struct slice item)
{
    switch (node->kind) {
    case NODE_AND:
        for (const struct expr_node *part = node->children; part != NULL; part = part->sibling)
            if (!eval(part, item))
                return false;
        return true;
    case NODE_OR:
        for (const struct expr_node *part = node->children; part != NULL; part = part->sibling)
            if (eval(part, item))
                return true;
        return false;
    case NODE_NOT:
        return !eval(node->children, item);
    case NODE_OPERATOR:
        return eval_operator(node, item);
    case NODE_CALL:
        return eval_call(node, item);
    case NODE_PATH:
    case NODE_VALUE:
        break;
    }
    assert(!"an operand is no condition");
    return false;
}

bool expr_condition_eval(const struct expr_condition *condition, struct slice item)
{
    return eval(condition->root, item);
}

int expr_condition_each_attribute(const struct expr_condition *condition, expr_attribute_fn visit,
                                  void *context)
{
    return expr__paths_each_attribute(condition->paths, visit, context);
}

int expr_condition_check_key_paths(const struct expr_condition *condition,
                                   const struct expr_key_attribute *keys, size_t key_count,
                                   struct expr_error *reterr)
{
    return expr__check_key_paths(condition->paths, keys, key_count, reterr);
}

int expr_condition_check_filter_keys(const struct expr_condition *condition,
                                     const struct expr_key_attribute *keys, size_t key_count,
                                     struct expr_error *reterr)
{
    for (const struct expr_path *path = condition->paths; path != NULL; path = path->next)
        for (size_t i = 0; i < key_count; i++)
            if (slice_eq(path->elements[0].name, keys[i].name))
                return expr__refuse(reterr,
                                    "%s can only contain non-primary key attributes: Primary key "
                                    "attribute: %.*s",
                                    condition->legacy ? "QueryFilter" : "Filter Expression",
                                    SLICE_ARGS(keys[i].name));
    return 0;
}
