/*
 * expr_fixture.h - what the tests of expr/ share: bindings and items from JSON, outcomes as text.
 *
 * Every test writes its story in DynamoDB JSON and compares messages and items literally.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_EXPR_FIXTURE_H
#define TROPIC_TESTS_EXPR_FIXTURE_H

#include "expr/expr.h"

struct fixture {
    struct arena arena;
    struct json_parser *names_parser, *values_parser, *item_parser;
    struct expr_bindings bindings;
    struct expr_error error;
};

/* cmocka's setup and teardown: *state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/** ExpressionAttributeNames and Values as JSON texts; NULL when absent. Returns
 * expr_bindings_read(). */
int fixture_read_bindings(struct fixture *fixture, const char *names, const char *values);
/** The same, which must succeed. */
void fixture_bind(struct fixture *fixture, const char *names, const char *values);
struct slice fixture_item(struct fixture *fixture, const char *json);
/** DynamoDB JSON of an item, in the arena. Also proves that the item is well-formed. */
const char *fixture_item_text(struct fixture *fixture, struct slice item);

/** Parses (and for key conditions checks the structure): "ok", or the message. */
const char *fixture_parse(struct fixture *fixture, enum expr_kind kind, const char *text);
/** A condition that must parse, evaluated on an item. */
bool fixture_holds(struct fixture *fixture, const char *condition, struct slice item);
struct expr_update *fixture_update(struct fixture *fixture, const char *text);
/** The new item as JSON, or the message. */
const char *fixture_apply(struct fixture *fixture, const char *update, const char *old_item);

#endif
