/*
 * expr.h - condition, filter, key-condition, update and projection expressions.
 *
 * Compiling knows the text only, so that a bounded cache can keep what comes of it by text; binding
 * resolves #names and :values of one request and makes the checks that depend on them; evaluation
 * works on items in the stored format. Errors are whole messages of ValidationException, in
 * DynamoDB's words and order (dynamodb-expressions.md), without the Put/Update envelope;
 * `expr_error.envelope` says whether PutItem and UpdateItem put it in front.
 *
 *     struct expr_bindings bindings; // from ExpressionAttributeNames / Values
 *     rc = expr_compile(arena, EXPR_CONDITION, text, &compiled, &error); // or from a cache
 *     rc = expr_condition_bind(compiled, arena, &bindings, &condition, &error);
 *     ... all other expressions of the request, one after the other ...
 *     rc = expr_bindings_check_unused(&bindings, &error);
 *     ... table lookup ...
 *     if (!expr_condition_eval(condition, item)) -> ConditionalCheckFailedException
 *
 * Everything allocated lives in the arena given. Any thread; a compiled expression, and a bound
 * one, is read-only: one may be bound, the other evaluated, by several threads at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_EXPR_EXPR_H
#define TROPIC_EXPR_EXPR_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "value/value.h"

enum expr_kind {
    EXPR_CONDITION,
    EXPR_FILTER,
    EXPR_KEY_CONDITION,
    EXPR_UPDATE,
    EXPR_PROJECTION,
    EXPR_PARTIQL, /* part of a statement: see partiql.h */
};

enum {
    EXPR_BYTES_MAX = 4096,
    EXPR_OPERATORS_MAX = 300,
    EXPR_IN_OPERANDS_MAX = 100,
    EXPR_PATH_DEPTH_MAX = 32,
    EXPR_VARIABLES_BYTES_MAX = 2 * 1024 * 1024,
};

struct expr_error {
    struct refusal refusal;
    bool envelope; /* of the family prefixed on PutItem and UpdateItem (dynamodb-wire.md §4.1) */
    bool serialization; /* a SerializationException from a value inside the bindings */
};

/* ---- #names and :values ---- */

struct expr_binding {
    struct slice placeholder; /* "#n" or ":v", with its first character */
    struct slice target;      /* the attribute name, or the encoded value */
    bool used;
};
struct expr_bindings {
    struct expr_binding *names, *values;
    size_t name_count, value_count;
    bool names_present, values_present; /* the parameter was in the request (and not null) */
};

/**
 * Reads and checks the two JSON maps (checks 4-9 of dynamodb-expressions.md §4). `names` and
 * `values` may be NULL when the parameter is absent. Order: names keys, value keys, then values.
 */
int expr_bindings_read(struct arena *arena, const struct json *names, const struct json *values,
                       struct expr_bindings *ret_bindings, struct expr_error *reterr);
/** Messages 10 and 11: unused names, then unused values. After all expressions were parsed. */
int expr_bindings_check_unused(const struct expr_bindings *bindings, struct expr_error *reterr);

/* ---- texts ---- */

/** An expression without names and values: what all requests that send its text have in common. */
struct expr_text;
/**
 * Finds what is wrong with the text alone: size, syntax, operators, functions, paths. The result
 * refers to `text`. kind: not EXPR_PARTIQL. 0, ST_REFUSED (reterr), ST_NOMEM.
 */
int expr_compile(struct arena *arena, enum expr_kind kind, struct slice text,
                 const struct expr_text **ret_text, struct expr_error *reterr);

/*
 * expr_*_bind(): finds what else is wrong before an item is seen, and marks the names and values
 * that are used. What comes of it refers to the compiled text (of that kind) and to the bindings,
 * and changes neither tree. expr_*_parse(): both steps, for a text that nobody else uses.
 */

/**
 * Receives the attributes that an expression names: top-level names, in the order of the text, one
 * call per path, so that a name may come again. 0 to go on; another value ends the walk and is
 * its result.
 */
typedef int (*expr_attribute_fn)(void *context, struct slice name);

/* ---- conditions (ConditionExpression, FilterExpression, KeyConditionExpression) ---- */

struct expr_condition;
int expr_condition_bind(const struct expr_text *text, struct arena *arena,
                        struct expr_bindings *bindings, struct expr_condition **ret_condition,
                        struct expr_error *reterr);
int expr_condition_parse(struct arena *arena, enum expr_kind kind, struct slice text,
                         struct expr_bindings *bindings, struct expr_condition **ret_condition,
                         struct expr_error *reterr);
/** item: ITEM_EMPTY when there is none. Never fails. */
bool expr_condition_eval(const struct expr_condition *condition, struct slice item);

int expr_condition_each_attribute(const struct expr_condition *condition, expr_attribute_fn visit,
                                  void *context);

/** Key attributes of a table or index, for the checks that need the schema. */
struct expr_key_attribute {
    struct slice name;
    enum value_type type; /* VALUE_S, VALUE_N, VALUE_B */
    bool of_index;        /* only of a secondary index: some messages say "IndexKey" */
};
/** "Key attributes must be scalars ...": a path below a key attribute, in any expression. */
int expr_condition_check_key_paths(const struct expr_condition *condition,
                                   const struct expr_key_attribute *keys, size_t key_count,
                                   struct expr_error *reterr);
/** "Filter Expression can only contain non-primary key attributes ..." (Query only). */
int expr_condition_check_filter_keys(const struct expr_condition *condition,
                                     const struct expr_key_attribute *keys, size_t key_count,
                                     struct expr_error *reterr);

/* ---- key conditions ---- */

enum expr_range {
    EXPR_RANGE_ALL,
    EXPR_RANGE_EQ,
    EXPR_RANGE_LT,
    EXPR_RANGE_LE,
    EXPR_RANGE_GT,
    EXPR_RANGE_GE,
    EXPR_RANGE_BETWEEN,
    EXPR_RANGE_BEGINS_WITH
};
enum { EXPR_KEY_ATTRIBUTES_MAX = 4 }; /* of a partition key, and of a sort key */
/** The key of a table or index: one partition and no or one sort attribute, but in global secondary
 * indexes up to EXPR_KEY_ATTRIBUTES_MAX of both. Borrowed. */
struct expr_key {
    const struct expr_key_attribute *partition, *sort;
    size_t partition_count, sort_count;
};
/** Values are encoded, in the order of the key's attributes. */
struct expr_key_range {
    struct slice partition[EXPR_KEY_ATTRIBUTES_MAX]; /* all partition_count of the key */
    /* Of the first sort_count sort attributes: all but the last equal, the last as the operator
     * says. EXPR_RANGE_ALL: sort_count is 0. */
    struct slice sort[EXPR_KEY_ATTRIBUTES_MAX];
    struct slice sort_high; /* BETWEEN: the upper bound of the last */
    size_t sort_count;
    enum expr_range sort_operator;
};
#define EXPR_KEY_CONDITION_COUNT "Conditions can be of length 1 or 2 only"
/** Structure checks that need no schema (dynamodb-expressions.md §7, before the table lookup). */
int expr_key_condition_check(const struct expr_condition *condition, struct expr_error *reterr);
int expr_key_condition_range(const struct expr_condition *condition, const struct expr_key *key,
                             struct expr_key_range *ret_range, struct expr_error *reterr);

/* ---- updates ---- */

struct expr_update;
int expr_update_bind(const struct expr_text *text, struct arena *arena,
                     struct expr_bindings *bindings, struct expr_update **ret_update,
                     struct expr_error *reterr);
int expr_update_parse(struct arena *arena, struct slice text, struct expr_bindings *bindings,
                      struct expr_update **ret_update, struct expr_error *reterr);
/** "Cannot update attribute <name>. This attribute is part of the key" (not of an index's), and key
 * paths. */
int expr_update_check_keys(const struct expr_update *update, const struct expr_key_attribute *keys,
                           size_t key_count, struct expr_error *reterr);
/* What the limit of 400 KB is held against (dynamodb-values-capacity.md §4). */
enum expr_size_rule {
    EXPR_SIZE_WEIGHED, /* UpdateItem: the item, and what the actions cost */
    EXPR_SIZE_FLAT,    /* TransactWriteItems, PartiQL: the item alone */
};
/**
 * Applies to `old_item` (ITEM_EMPTY, or only the key, when there is none): right sides read
 * the old item. Checks operands, paths, nesting, and the size (key attributes given for it).
 */
int expr_update_apply(const struct expr_update *update, enum expr_size_rule size_rule,
                      struct slice old_item, const struct expr_key_attribute *keys,
                      size_t key_count, struct arena *arena, struct slice *ret_item,
                      struct expr_error *reterr);
/** UPDATED_OLD / UPDATED_NEW: only the touched paths of `item`; *ret_item has no attribute if
 * nothing remains. */
int expr_update_touched(const struct expr_update *update, struct slice old_item, struct slice item,
                        struct arena *arena, struct slice *ret_item);
/**
 * The top-level attributes whose new type is known from the text alone (SET a = :v, ADD a :v), in
 * its order. 0 to go on; another value ends the walk and is its result.
 */
int expr_update_each_type(const struct expr_update *update,
                          int (*visit)(void *context, struct slice name, enum value_type type),
                          void *context);
/** True when a top-level attribute of that name is (or lies above) a target. */
bool expr_update_touches(const struct expr_update *update, struct slice name);

/* ---- projections ---- */

struct expr_projection;
int expr_projection_bind(const struct expr_text *text, struct arena *arena,
                         struct expr_bindings *bindings, struct expr_projection **ret_projection,
                         struct expr_error *reterr);
int expr_projection_parse(struct arena *arena, struct slice text, struct expr_bindings *bindings,
                          struct expr_projection **ret_projection, struct expr_error *reterr);
int expr_projection_check_key_paths(const struct expr_projection *projection,
                                    const struct expr_key_attribute *keys, size_t key_count,
                                    struct expr_error *reterr);
int expr_projection_each_attribute(const struct expr_projection *projection,
                                   expr_attribute_fn visit, void *context);
int expr_project(const struct expr_projection *projection, struct slice item, struct arena *arena,
                 struct slice *ret_item);

#endif
