/*
 * partiql.h - PartiQL statements: from text to the forms that the other operations already have.
 *
 * A statement is parsed knowing its text only, so that a bounded cache can keep parsed statements
 * by text. Binding fills in the parameters of one request and gives a condition, an update, an item
 * and a projection, which are evaluated by what evaluates expressions: there is one evaluator.
 * Planning, which needs the keys of the table or index, tells which ranges of keys can hold what a
 * WHERE clause asks for.
 *
 *     rc = partiql_parse(arena, text, &statement, &error);
 *     rc = partiql_bind(statement, parameters, count, arena, &partiql, &error);
 *     ... table lookup ...
 *     rc = partiql_plan(&partiql, &key, arena, &plan, &error);              // SELECT
 *     rc = partiql_key(&partiql, table_keys, count, arena, &key, &error);   // the others
 *
 * Errors are whole messages of ValidationException. Everything allocated lives in the arena given;
 * a parsed statement also borrows its text. Any thread; what was parsed or bound is read-only.
 *
 * Source: dynamodb-partiql-vector.md §1; Developer Guide, ql-reference.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_EXPR_PARTIQL_H
#define TROPIC_EXPR_PARTIQL_H

#include "expr/expr.h"

enum {
    PARTIQL_STATEMENT_CHARACTERS_MAX = 8192, /* Source: API Reference, ExecuteStatement */
    PARTIQL_IN_KEYS_MAX = 50,                /* Source: Developer Guide, ql-operators */
    PARTIQL_IN_PAGE_ITEMS = 10,              /* Source: the same */
};

enum partiql_kind {
    PARTIQL_SELECT,
    PARTIQL_EXISTS, /* EXISTS(SELECT ...): a condition check of a transaction */
    PARTIQL_INSERT,
    PARTIQL_UPDATE,
    PARTIQL_DELETE,
};

enum partiql_returning {
    PARTIQL_RETURNING_NONE,
    PARTIQL_RETURNING_ALL_OLD,
    PARTIQL_RETURNING_MODIFIED_OLD,
    PARTIQL_RETURNING_ALL_NEW,
    PARTIQL_RETURNING_MODIFIED_NEW,
};

struct partiql_statement;
int partiql_parse(struct arena *arena, struct slice text,
                  const struct partiql_statement **ret_statement, struct expr_error *reterr);
enum partiql_kind partiql_statement_kind(const struct partiql_statement *statement);

struct partiql_projection; /* of a SELECT that names its attributes */
struct partiql_order {
    struct slice name;
    bool descending;
};

/** A statement with its parameters. */
struct partiql {
    enum partiql_kind kind;
    struct slice table; /* a name or an ARN */
    struct slice index; /* ptr NULL: the table itself */
    enum partiql_returning returning;
    struct expr_condition *condition;            /* the whole WHERE clause; NULL: none */
    struct expr_update *update;                  /* UPDATE */
    struct slice item;                           /* INSERT */
    const struct partiql_projection *projection; /* SELECT; NULL: all attributes */
    const struct partiql_order *order;
    size_t order_count;
};

/** parameters: encoded values, in order. Their number must be that of the statement's `?`. */
int partiql_bind(const struct partiql_statement *statement, const struct slice *parameters,
                 size_t parameter_count, struct arena *arena, struct partiql *ret_partiql,
                 struct expr_error *reterr);

/* ---- what needs the keys ---- */

/**
 * The key that a WHERE clause names by equality on all key attributes, as an item like a Key
 * argument. *ret_found is false when it does not.
 */
int partiql_key(const struct partiql *partiql, const struct expr_key_attribute *keys,
                size_t key_count, struct arena *arena, bool *ret_found, struct slice *ret_key);

/** How a SELECT reads: ranges of keys (a Query each), in the order of the answer, or everything. */
struct partiql_plan {
    bool scan; /* no condition on the partition key: the whole table or index */
    bool backward;
    struct expr_key_range *ranges; /* disjoint */
    size_t count;
    bool paged; /* several keys were asked for: pages of PARTIQL_IN_PAGE_ITEMS items */
};
/** key: of the table or of the index. */
int partiql_plan(const struct partiql *partiql, const struct expr_key *key, struct arena *arena,
                 struct partiql_plan *ret_plan, struct expr_error *reterr);

/** The selected attributes of an item, under the last names of their paths. */
int partiql_project(const struct partiql_projection *projection, struct slice item,
                    struct arena *arena, struct slice *ret_item);
/** Its paths, for the checks that need the schema; not to be projected by. */
const struct expr_projection *partiql_projection_paths(const struct partiql_projection *projection);

#endif
