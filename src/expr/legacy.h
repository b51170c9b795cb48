/*
 * legacy.h - the parameters of before expressions: Expected, QueryFilter, ScanFilter,
 * KeyConditions, AttributeUpdates and AttributesToGet.
 *
 * Each is read from its JSON, checked, and compiled into the form that the expression of the same
 * purpose is parsed into, so that there is one evaluator, one way to apply an update and one to
 * project: everything that expr.h offers for a condition, an update or a projection works on these
 * too, and chooses the older words where DynamoDB has such (a filter on a key attribute, an operand
 * of another type).
 *
 *     rc = expr_legacy_conditions(arena, EXPR_LEGACY_EXPECTED, json, false, &condition, &error);
 *     ...
 *     if (condition != NULL && !expr_condition_eval(condition, item)) ...
 *
 * Names are literal: dots and brackets mean nothing, reserved words do not exist. The JSON has
 * passed the checks of its shape (types, required members, enumerations, lengths); attribute values
 * inside it are checked here. Strings are borrowed from the JSON. Results live in the arena. Any
 * thread.
 *
 * Source: dynamodb-expressions.md §8, dynamodb-operations.md §5 to §8.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_EXPR_LEGACY_H
#define TROPIC_EXPR_LEGACY_H

#include "expr/expr.h"
#include "value/json.h"

enum {
    EXPR_ATTRIBUTES_TO_GET_MAX = 255, /* Source: API Reference, AttributeNameList */
};

enum expr_legacy_map {
    EXPR_LEGACY_EXPECTED,       /* attribute -> Value and Exists, or an operator and its values */
    EXPR_LEGACY_FILTER,         /* attribute -> operator and values: QueryFilter and ScanFilter */
    EXPR_LEGACY_KEY_CONDITIONS, /* the same, for expr_key_condition_range() */
};

/**
 * All conditions of the map must hold, or any of them when `any` (ConditionalOperator OR). *ret is
 * NULL when there is none. 0, ST_REFUSED, ST_NOMEM.
 */
int expr_legacy_conditions(struct arena *arena, enum expr_legacy_map map, struct json json,
                           bool any, struct expr_condition **ret_condition,
                           struct expr_error *reterr);

/** AttributeUpdates. *ret is NULL when there is none. 0, ST_REFUSED, ST_NOMEM. */
int expr_legacy_updates(struct arena *arena, struct json json, struct expr_update **ret_update,
                        struct expr_error *reterr);

/** AttributesToGet; of at most EXPR_ATTRIBUTES_TO_GET_MAX names. 0, ST_REFUSED, ST_NOMEM. */
int expr_legacy_projection(struct arena *arena, struct json json,
                           struct expr_projection **ret_projection, struct expr_error *reterr);

#endif
