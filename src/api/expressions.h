/*
 * expressions.h - the expression parameters of a request, checked and parsed in the service's
 * order.
 *
 *   expressions_check()        mixing, names and values without an expression
 *   expressions_read_legacy()  the parameters of before expressions
 *   expressions_parse()        names, values, each expression, unused names and values
 *
 * with the operation's own values between them, where the service checks those. Each operation says
 * once which of its members are what (struct expression_rules). A legacy parameter is compiled into
 * the same place of struct expressions as the expression that it cannot be mixed with, and nothing
 * after this file tells them apart. Source: dynamodb-expressions.md sections 4, 8 and 10.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_EXPRESSIONS_H
#define TROPIC_API_EXPRESSIONS_H

#include "api/call.h"
#include "expr/expr.h"

/* No such parameter: the first member of every input is a table or a key. */
enum { EXPRESSIONS_NONE = 0, EXPRESSIONS_LISTED_MAX = 5 };

struct expression_rules {
    uint8_t names,
        values; /* member numbers; EXPRESSIONS_NONE: the operation has no such parameter */
    uint8_t update, condition, key_condition, filter, projection;
    /* In the order in which a message lists them; end with EXPRESSIONS_NONE. */
    uint8_t legacy[EXPRESSIONS_LISTED_MAX + 1];
    uint8_t listed[EXPRESSIONS_LISTED_MAX + 1];
    uint8_t attribute_updates, expected, filter_conditions, attributes_to_get;
    uint8_t key_conditions; /* legacy KeyConditions mix with all but KeyConditionExpression */
    uint8_t conditional_operator;
    bool attributes_first;    /* Scan checks AttributesToGet before its filter */
    const char *values_alone; /* "ConditionExpression is null" */
};

struct expressions {
    struct expr_bindings bindings;
    struct expr_update *update;
    struct expr_condition *condition, *key_condition, *filter;
    struct expr_projection *projection;
};

/** Before the operation's own values are read. */
int expressions_check(struct call *call, const struct input *input,
                      const struct expression_rules *rules);
/** All legacy parameters but KeyConditions; may stand before or after the operation's values. */
int expressions_read_legacy(struct call *call, const struct input *input,
                            const struct expression_rules *rules,
                            struct expressions *ret_expressions);
/** KeyConditions, which come after everything that needs no schema. */
int expressions_read_key_conditions(struct call *call, const struct input *input,
                                    const struct expression_rules *rules,
                                    struct expressions *expressions);
/** After. What is absent stays NULL. */
int expressions_parse(struct call *call, const struct input *input,
                      const struct expression_rules *rules, struct expressions *expressions);

#endif
