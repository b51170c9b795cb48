/*
 * expressions.h - the expression parameters of a request, checked and parsed in the service's
 * order.
 *
 *   mixing with legacy parameters -> names and values without an expression -> (the operation's
 * values)
 *   -> names, values -> each expression -> unused names and values
 *
 * Each operation says once which of its members are what (struct expression_rules). Legacy
 * parameters are checked for mixing and then refused as "not yet". Source: dynamodb-expressions.md
 * sections 4 and 10.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_EXPRESSIONS_H
#define TROPIC_API_EXPRESSIONS_H

#include "api/call.h"
#include "expr/expr.h"

enum { EXPRESSIONS_NONE = 0xFF, EXPRESSIONS_LISTED_MAX = 5 };

struct expression_rules {
    uint8_t names,
        values; /* member numbers; EXPRESSIONS_NONE: the operation has no such parameter */
    uint8_t update, condition, key_condition, filter, projection;
    /* In the order in which a message lists them; end with EXPRESSIONS_NONE. */
    uint8_t legacy[EXPRESSIONS_LISTED_MAX + 1];
    uint8_t listed[EXPRESSIONS_LISTED_MAX + 1];
    uint8_t key_conditions;   /* legacy KeyConditions mix with all but KeyConditionExpression */
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
/** After. Absent expressions are NULL. */
int expressions_parse(struct call *call, const struct input *input,
                      const struct expression_rules *rules, struct expressions *ret_expressions);

#endif
