/*
 * test_legacy.c - Expected, filters, KeyConditions, AttributeUpdates and AttributesToGet.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr/legacy.h"
#include "expr_fixture.h"

#define INVALID "One or more parameter values were invalid: "

static struct json read_json(struct fixture *fixture, const char *text)
{
    struct json root;

    assert_int_equal(json_parse(fixture->names_parser, slice_str(text), &root), 0);
    return root;
}

/** "ok", "none" for a map without conditions, or the message. */
static const char *conditions(struct fixture *fixture, enum expr_legacy_map map, const char *text,
                              bool any, struct expr_condition **ret_condition)
{
    int rc;

    memset(&fixture->error, 0, sizeof(fixture->error));
    rc = expr_legacy_conditions(&fixture->arena, map, read_json(fixture, text), any, ret_condition,
                                &fixture->error);
    if (rc == 0)
        return *ret_condition != NULL ? "ok" : "none";
    assert_int_equal(rc, ST_REFUSED);
    return fixture->error.refusal.text;
}

/** One comparison of attribute `a`, as a filter, on an item. */
static bool holds(struct fixture *fixture, const char *operation, const char *list,
                  struct slice item)
{
    char text[512];
    struct expr_condition *condition;
    const char *outcome;

    snprintf(text, sizeof(text),
             "{\"a\":{\"ComparisonOperator\":\"%s\",\"AttributeValueList\":%s}}", operation, list);
    outcome = conditions(fixture, EXPR_LEGACY_FILTER, text, false, &condition);
    if (strcmp(outcome, "ok") != 0)
        fail_msg("%s: %s", text, outcome);
    return expr_condition_eval(condition, item);
}

/* ---- operators ---- */

static void operators(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *operation, *list, *item;
        bool holds;
    } cases[] = {
        {"EQ", "[{\"N\":\"1.0\"}]", "{\"a\":{\"N\":\"1\"}}", true},
        {"EQ", "[{\"S\":\"1\"}]", "{\"a\":{\"N\":\"1\"}}", false},
        {"EQ", "[{\"SS\":[\"b\",\"a\"]}]", "{\"a\":{\"SS\":[\"a\",\"b\"]}}", true},
        {"EQ", "[{\"M\":{\"x\":{\"L\":[]}}}]", "{\"a\":{\"M\":{\"x\":{\"L\":[]}}}}", true},
        {"EQ", "[{\"BOOL\":false}]", "{\"a\":{\"NULL\":true}}", false},
        {"EQ", "[{\"NULL\":true}]", "{\"a\":{\"NULL\":true}}", true},
        {"EQ", "[{\"N\":\"1\"}]", "{}", false},
        {"NE", "[{\"N\":\"1\"}]", "{\"a\":{\"N\":\"1\"}}", false},
        {"NE", "[{\"N\":\"1\"}]", "{\"a\":{\"S\":\"1\"}}", true},
        {"NE", "[{\"N\":\"1\"}]", "{}", true},
        {"LT", "[{\"S\":\"b\"}]", "{\"a\":{\"S\":\"a\"}}", true},
        {"LT", "[{\"N\":\"10\"}]", "{\"a\":{\"N\":\"9\"}}", true},
        {"LT", "[{\"N\":\"10\"}]", "{\"a\":{\"S\":\"9\"}}", false},
        {"LE", "[{\"B\":\"gA==\"}]", "{\"a\":{\"B\":\"gA==\"}}", true},
        {"GT", "[{\"B\":\"fw==\"}]", "{\"a\":{\"B\":\"gA==\"}}", true},
        {"GE", "[{\"N\":\"2\"}]", "{}", false},
        {"BETWEEN", "[{\"N\":\"1\"},{\"N\":\"3\"}]", "{\"a\":{\"N\":\"3\"}}", true},
        {"BETWEEN", "[{\"N\":\"1\"},{\"N\":\"3\"}]", "{\"a\":{\"N\":\"3.1\"}}", false},
        {"IN", "[{\"N\":\"1\"},{\"N\":\"3\"}]", "{\"a\":{\"N\":\"3\"}}", true},
        {"IN", "[{\"N\":\"1\"}]", "{\"a\":{\"NS\":[\"1\"]}}", false},
        {"NULL", "[]", "{}", true},
        {"NULL", "[]", "{\"a\":{\"NULL\":true}}", false},
        {"NOT_NULL", "[]", "{\"a\":{\"NULL\":true}}", true},
        {"NOT_NULL", "[]", "{}", false},
        {"CONTAINS", "[{\"S\":\"bc\"}]", "{\"a\":{\"S\":\"abcd\"}}", true},
        {"CONTAINS", "[{\"S\":\"b\"}]", "{\"a\":{\"SS\":[\"a\",\"b\"]}}", true},
        {"CONTAINS", "[{\"N\":\"1\"}]", "{\"a\":{\"L\":[{\"S\":\"1\"},{\"N\":\"1\"}]}}", true},
        {"CONTAINS", "[{\"N\":\"1\"}]", "{\"a\":{\"S\":\"1\"}}", false},
        {"NOT_CONTAINS", "[{\"S\":\"b\"}]", "{\"a\":{\"SS\":[\"a\",\"b\"]}}", false},
        {"NOT_CONTAINS", "[{\"S\":\"b\"}]", "{\"a\":{\"N\":\"1\"}}", true},
        {"NOT_CONTAINS", "[{\"S\":\"b\"}]", "{}", true},
        {"BEGINS_WITH", "[{\"S\":\"ab\"}]", "{\"a\":{\"S\":\"abc\"}}", true},
        {"BEGINS_WITH", "[{\"B\":\"YWI=\"}]", "{\"a\":{\"S\":\"abc\"}}", false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (holds(fixture, cases[i].operation, cases[i].list,
                  fixture_item(fixture, cases[i].item)) != cases[i].holds)
            fail_msg("%s %s on %s", cases[i].operation, cases[i].list, cases[i].item);
}

static void refused_conditions(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"a\":{\"ComparisonOperator\":\"EQ\"}}",
         INVALID "Invalid number of argument(s) for the EQ ComparisonOperator"},
        {"{\"a\":{\"ComparisonOperator\":\"NULL\",\"AttributeValueList\":[{\"S\":\"a\"}]}}",
         INVALID "Invalid number of argument(s) for the NULL ComparisonOperator"},
        {"{\"a\":{\"ComparisonOperator\":\"BETWEEN\",\"AttributeValueList\":[{\"S\":\"a\"}]}}",
         INVALID "Invalid number of argument(s) for the BETWEEN ComparisonOperator"},
        {"{\"a\":{\"ComparisonOperator\":\"IN\",\"AttributeValueList\":[]}}",
         INVALID "Invalid number of argument(s) for the IN ComparisonOperator"},
        {"{\"a\":{\"ComparisonOperator\":\"IN\",\"AttributeValueList\":[{\"S\":\"a\"},{\"N\":\"1\"}"
         "]}}",
         INVALID "AttributeValues inside AttributeValueList must be of same type"},
        {"{\"a\":{\"ComparisonOperator\":\"LT\",\"AttributeValueList\":[{\"SS\":[\"a\"]}]}}",
         INVALID "ComparisonOperator LT is not valid for SS AttributeValue type"},
        {"{\"a\":{\"ComparisonOperator\":\"CONTAINS\",\"AttributeValueList\":[{\"L\":[]}]}}",
         INVALID "ComparisonOperator CONTAINS is not valid for L AttributeValue type"},
        {"{\"a\":{\"ComparisonOperator\":\"BEGINS_WITH\",\"AttributeValueList\":[{\"N\":\"1\"}]}}",
         INVALID "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type"},
        {"{\"a\":{\"ComparisonOperator\":\"IN\",\"AttributeValueList\":[{\"BOOL\":true},"
         "{\"BOOL\":false}]}}",
         INVALID "ComparisonOperator IN is not valid for BOOL AttributeValue type"},
        {"{\"a\":{\"ComparisonOperator\":\"BETWEEN\",\"AttributeValueList\":[{\"S\":\"b\"},"
         "{\"S\":\"a\"}]}}",
         "The BETWEEN condition was provided a range where the lower bound is greater than the "
         "upper bound"},
        /* a value that is none comes before the count */
        {"{\"a\":{\"ComparisonOperator\":\"NULL\",\"AttributeValueList\":[{}]}}",
         "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"},
        /* the first attribute of the request is told */
        {"{\"b\":{\"ComparisonOperator\":\"GT\"},\"a\":{\"ComparisonOperator\":\"EQ\"}}",
         INVALID "Invalid number of argument(s) for the GT ComparisonOperator"},
        {"{}", "none"},
        {"{\"a\":null}", "none"},
    };
    struct expr_condition *condition;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(
            conditions(fixture, EXPR_LEGACY_FILTER, cases[i].text, false, &condition),
            cases[i].message);
}

static void conditions_are_joined(void **state)
{
    struct fixture *fixture = *state;
    static const char text[] =
        "{\"a.b\":{\"ComparisonOperator\":\"EQ\",\"AttributeValueList\":[{\"N\":\"1\"}]},"
        "\"size\":{\"ComparisonOperator\":\"NULL\"}}";
    struct expr_condition *all, *any;
    struct slice both = fixture_item(fixture, "{\"a.b\":{\"N\":\"1\"}}");
    struct slice one = fixture_item(fixture, "{\"a.b\":{\"N\":\"1\"},\"size\":{\"N\":\"1\"}}");
    struct slice none = fixture_item(fixture, "{\"size\":{\"N\":\"1\"}}");

    assert_string_equal(conditions(fixture, EXPR_LEGACY_FILTER, text, false, &all), "ok");
    assert_string_equal(conditions(fixture, EXPR_LEGACY_FILTER, text, true, &any), "ok");
    assert_true(expr_condition_eval(all, both) && expr_condition_eval(any, both));
    assert_true(!expr_condition_eval(all, one) && expr_condition_eval(any, one));
    assert_true(!expr_condition_eval(all, none) && !expr_condition_eval(any, none));
}

static void the_last_of_equal_names_counts(void **state)
{
    struct fixture *fixture = *state;
    struct expr_condition *condition;

    assert_string_equal(conditions(fixture, EXPR_LEGACY_EXPECTED,
                                   "{\"a\":{\"Exists\":false},\"a\":{\"Value\":{\"N\":\"1\"}}}",
                                   false, &condition),
                        "ok");
    assert_true(expr_condition_eval(condition, fixture_item(fixture, "{\"a\":{\"N\":\"1\"}}")));
    assert_false(expr_condition_eval(condition, ITEM_EMPTY));
}

/* ---- Expected ---- */

static void expected_styles(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"{\"a\":{\"Value\":{\"S\":\"a\"},\"AttributeValueList\":[]}}",
         INVALID "Value and AttributeValueList cannot be used together for Attribute: a"},
        {"{\"a\":{\"Exists\":true,\"ComparisonOperator\":\"EQ\"}}",
         INVALID "Exists and ComparisonOperator cannot be used together for Attribute: a"},
        {"{\"a\":{\"ComparisonOperator\":\"EQ\"}}",
         INVALID "Value or AttributeValueList must be used with ComparisonOperator: EQ for "
                 "Attribute: a"},
        {"{\"a\":{\"ComparisonOperator\":\"EQ\",\"AttributeValueList\":[]}}",
         INVALID "Invalid number of argument(s) for the EQ ComparisonOperator"},
        {"{\"a\":{\"ComparisonOperator\":\"BETWEEN\",\"Value\":{\"S\":\"a\"}}}",
         INVALID "Invalid number of argument(s) for the BETWEEN ComparisonOperator"},
        {"{\"a\":{\"AttributeValueList\":[{\"S\":\"a\"}]}}",
         INVALID "AttributeValueList can only be used with a ComparisonOperator for Attribute: a"},
        {"{\"a\":{}}", INVALID "Value must be provided when Exists is null for Attribute: a"},
        {"{\"a\":{\"Exists\":true}}",
         INVALID "Value must be provided when Exists is true for Attribute: a"},
        {"{\"a\":{\"Exists\":\"yes\"}}",
         INVALID "Value must be provided when Exists is true for Attribute: a"},
        {"{\"a\":{\"Exists\":false,\"Value\":{\"S\":\"a\"}}}",
         INVALID "Value cannot be used when Exists is false for Attribute: a"},
        {"{\"a\":{\"ComparisonOperator\":\"NULL\"}}", "ok"},
        {"{\"a\":{\"Exists\":false}}", "ok"},
        {"{\"a\":{\"ComparisonOperator\":\"GE\",\"Value\":{\"S\":\"a\"}}}", "ok"},
        {"{\"a\":{\"Exists\":true,\"Value\":{\"BOOL\":true}}}", "ok"},
    };
    struct expr_condition *condition;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(
            conditions(fixture, EXPR_LEGACY_EXPECTED, cases[i].text, false, &condition),
            cases[i].message);
}

static void what_expected_means(void **state)
{
    struct fixture *fixture = *state;
    struct slice item = fixture_item(fixture, "{\"a\":{\"S\":\"a\"}}");
    struct expr_condition *condition;

    conditions(fixture, EXPR_LEGACY_EXPECTED, "{\"a\":{\"Exists\":\"no\"}}", false, &condition);
    assert_false(expr_condition_eval(condition, item));
    assert_true(expr_condition_eval(condition, ITEM_EMPTY));
    conditions(fixture, EXPR_LEGACY_EXPECTED, "{\"a\":{\"Value\":{\"S\":\"a\"}}}", false,
               &condition);
    assert_true(expr_condition_eval(condition, item));
    assert_false(expr_condition_eval(condition, ITEM_EMPTY));
}

/* ---- KeyConditions ---- */

static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S}, {SLICE("sk"), VALUE_N}};

static const struct expr_key key = {
    .partition = keys, .partition_count = 1, .sort = keys + 1, .sort_count = 1};

static const char *range_of(struct fixture *fixture, const char *text,
                            struct expr_key_range *ret_range)
{
    struct expr_condition *condition;
    const char *outcome = conditions(fixture, EXPR_LEGACY_KEY_CONDITIONS, text, false, &condition);

    if (strcmp(outcome, "ok") != 0)
        return outcome;
    if (expr_key_condition_range(condition, &key, ret_range, &fixture->error) < 0)
        return fixture->error.refusal.text;
    return "ok";
}

#define PK "\"pk\":{\"ComparisonOperator\":\"EQ\",\"AttributeValueList\":[{\"S\":\"p\"}]}"

static void key_conditions(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *text, *message;
        enum expr_range range;
    } cases[] = {
        {"{" PK "}", "ok", EXPR_RANGE_ALL},
        {"{\"sk\":{\"ComparisonOperator\":\"GE\",\"AttributeValueList\":[{\"N\":\"1\"}]}," PK "}",
         "ok", EXPR_RANGE_GE},
        {"{" PK ",\"sk\":{\"ComparisonOperator\":\"BETWEEN\",\"AttributeValueList\":[{\"N\":\"1\"},"
         "{\"N\":\"2\"}]}}",
         "ok", EXPR_RANGE_BETWEEN},
        {"{}", "Conditions can be of length 1 or 2 only", 0},
        {"{\"sk\":{\"ComparisonOperator\":\"EQ\",\"AttributeValueList\":[{\"N\":\"1\"}]}}",
         "Query condition missed key schema element: pk", 0},
        {"{" PK ",\"x\":{\"ComparisonOperator\":\"EQ\",\"AttributeValueList\":[{\"N\":\"1\"}]}}",
         "Query condition missed key schema element: sk", 0},
        {"{\"pk\":{\"ComparisonOperator\":\"GT\",\"AttributeValueList\":[{\"S\":\"1\"}]}}",
         "Query key condition not supported", 0},
        {"{" PK ",\"sk\":{\"ComparisonOperator\":\"EQ\",\"AttributeValueList\":[{\"S\":\"1\"}]}}",
         INVALID "Condition parameter type does not match schema type", 0},
        {"{" PK ",\"sk\":{\"ComparisonOperator\":\"NE\",\"AttributeValueList\":[{\"N\":\"1\"}]}}",
         "Attempted conditional constraint is not an indexable operation", 0},
        {"{" PK ",\"sk\":{\"ComparisonOperator\":\"IN\",\"AttributeValueList\":[{\"N\":\"1\"}]}}",
         "Attempted conditional constraint is not an indexable operation", 0},
        {"{" PK ",\"sk\":{\"ComparisonOperator\":\"NOT_NULL\"}}",
         "Attempted conditional constraint is not an indexable operation", 0},
        {"{" PK ",\"sk\":{\"ComparisonOperator\":\"NOT_CONTAINS\",\"AttributeValueList\":[{\"N\":"
         "\"1\"}]}}",
         "Attempted conditional constraint is not an indexable operation", 0},
    };
    struct expr_key_range range;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_string_equal(range_of(fixture, cases[i].text, &range), cases[i].message);
        if (strcmp(cases[i].message, "ok") == 0)
            assert_int_equal(range.sort_operator, cases[i].range);
    }
}

static void a_filter_may_not_touch_the_key(void **state)
{
    struct fixture *fixture = *state;
    struct expr_condition *condition;

    conditions(fixture, EXPR_LEGACY_FILTER,
               "{\"sk\":{\"ComparisonOperator\":\"NOT_CONTAINS\",\"AttributeValueList\":[{\"N\":"
               "\"1\"}]}}",
               false, &condition);
    assert_int_equal(expr_condition_check_filter_keys(condition, keys, 2, &fixture->error),
                     ST_REFUSED);
    assert_string_equal(
        fixture->error.refusal.text,
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk");
}

/* ---- AttributeUpdates ---- */

/** The new item as JSON, or the message. */
static const char *apply(struct fixture *fixture, const char *updates, const char *old_item)
{
    struct expr_update *update;
    struct slice item;
    int rc;

    memset(&fixture->error, 0, sizeof(fixture->error));
    rc =
        expr_legacy_updates(&fixture->arena, read_json(fixture, updates), &update, &fixture->error);
    if (rc == 0 && update == NULL)
        return "none";
    if (rc == 0)
        rc = expr_update_check_keys(update, keys, 2, &fixture->error);
    if (rc == 0)
        rc = expr_update_apply(update, EXPR_SIZE_WEIGHED, fixture_item(fixture, old_item), keys, 2,
                               &fixture->arena, &item, &fixture->error);
    if (rc == 0)
        return fixture_item_text(fixture, item);
    assert_int_equal(rc, ST_REFUSED);
    return fixture->error.refusal.text;
}

static void updates(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        const char *updates, *old_item, *outcome;
    } cases[] = {
        {"{\"a\":{\"Value\":{\"S\":\"x\"}}}", "{}", "{\"a\":{\"S\":\"x\"}}"},
        {"{\"a.b[0]\":{\"Action\":\"PUT\",\"Value\":{\"M\":{}}}}", "{\"a\":{\"M\":{}}}",
         "{\"a\":{\"M\":{}},\"a.b[0]\":{\"M\":{}}}"},
        {"{\"a\":{\"Action\":\"DELETE\"}}", "{\"a\":{\"N\":\"1\"},\"b\":{\"N\":\"1\"}}",
         "{\"b\":{\"N\":\"1\"}}"},
        {"{\"a\":{\"Action\":\"DELETE\"}}", "{}", "{}"},
        {"{\"a\":{\"Action\":\"DELETE\",\"Value\":{\"SS\":[\"x\",\"z\"]}}}",
         "{\"a\":{\"SS\":[\"x\",\"y\"]}}", "{\"a\":{\"SS\":[\"y\"]}}"},
        {"{\"a\":{\"Action\":\"DELETE\",\"Value\":{\"SS\":[\"x\"]}}}", "{\"a\":{\"SS\":[\"x\"]}}",
         "{}"},
        {"{\"a\":{\"Action\":\"ADD\",\"Value\":{\"N\":\"2\"}}}", "{\"a\":{\"N\":\"1.5\"}}",
         "{\"a\":{\"N\":\"3.5\"}}"},
        {"{\"a\":{\"Action\":\"ADD\",\"Value\":{\"N\":\"2\"}}}", "{}", "{\"a\":{\"N\":\"2\"}}"},
        {"{\"a\":{\"Action\":\"ADD\",\"Value\":{\"NS\":[\"2\"]}}}", "{\"a\":{\"NS\":[\"1\"]}}",
         "{\"a\":{\"NS\":[\"1\",\"2\"]}}"},
        {"{\"a\":{\"Action\":\"ADD\",\"Value\":{\"L\":[{\"N\":\"2\"}]}}}",
         "{\"a\":{\"L\":[{\"S\":\"1\"}]}}", "{\"a\":{\"L\":[{\"S\":\"1\"},{\"N\":\"2\"}]}}"},
        {"{\"a\":{\"Value\":{\"N\":\"1\"}},\"a\":{\"Value\":{\"N\":\"2\"}}}", "{}",
         "{\"a\":{\"N\":\"2\"}}"},
        {"{\"a\":{\"Action\":\"ADD\",\"Value\":{\"N\":\"2\"}}}", "{\"a\":{\"S\":\"1\"}}",
         "Type mismatch for attribute to update"},
        {"{\"a\":{\"Action\":\"DELETE\",\"Value\":{\"NS\":[\"2\"]}}}", "{\"a\":{\"SS\":[\"1\"]}}",
         "Type mismatch for attribute to update"},
        {"{\"a\":{}}", "{}",
         INVALID "Only DELETE action is allowed when no attribute value is specified"},
        {"{\"a\":{\"Action\":\"ADD\"}}", "{}",
         INVALID "Only DELETE action is allowed when no attribute value is specified"},
        {"{\"a\":{\"Action\":\"DELETE\",\"Value\":{\"S\":\"x\"}}}", "{}",
         INVALID "DELETE action with value is not supported for the type S"},
        {"{\"a\":{\"Action\":\"ADD\",\"Value\":{\"BOOL\":true}}}", "{}",
         INVALID "ADD action is not supported for the type BOOL"},
        {"{\"sk\":{\"Value\":{\"N\":\"1\"}}}", "{}",
         INVALID "Cannot update attribute sk. This attribute is part of the key"},
        {"{\"a\":{\"Value\":{\"SS\":[]}}}", "{}", INVALID "An string set  may not be empty"},
        {"{\"\":{\"Value\":{\"S\":\"x\"}}}", "{}", INVALID "An attribute name may not be empty"},
        {"{}", "{}", "none"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(apply(fixture, cases[i].updates, cases[i].old_item), cases[i].outcome);
}

static void updated_attributes_are_shown(void **state)
{
    struct fixture *fixture = *state;
    struct slice old = fixture_item(fixture, "{\"a\":{\"N\":\"1\"},\"z\":{\"S\":\"z\"}}");
    struct expr_update *update;
    struct slice item, shown;

    assert_int_equal(
        expr_legacy_updates(&fixture->arena,
                            read_json(fixture, "{\"z\":{\"Action\":\"DELETE\"},\"a\":{\"Action\":"
                                               "\"ADD\",\"Value\":{\"N\":\"1\"}},\"b\":{\"Value\":"
                                               "{\"S\":\"b\"}}}"),
                            &update, &fixture->error),
        0);
    assert_int_equal(expr_update_apply(update, EXPR_SIZE_WEIGHED, old, keys, 2, &fixture->arena,
                                       &item, &fixture->error),
                     0);
    assert_int_equal(expr_update_touched(update, old, old, &fixture->arena, &shown), 0);
    assert_string_equal(fixture_item_text(fixture, shown),
                        "{\"a\":{\"N\":\"1\"},\"z\":{\"S\":\"z\"}}");
    assert_int_equal(expr_update_touched(update, old, item, &fixture->arena, &shown), 0);
    assert_string_equal(fixture_item_text(fixture, shown),
                        "{\"a\":{\"N\":\"2\"},\"b\":{\"S\":\"b\"}}");
}

/* ---- AttributesToGet ---- */

static void attributes_to_get(void **state)
{
    struct fixture *fixture = *state;
    struct slice item = fixture_item(
        fixture, "{\"a.b\":{\"N\":\"1\"},\"a\":{\"M\":{\"b\":{\"N\":\"2\"}}},\"c\":{\"N\":\"3\"}}");
    struct expr_projection *projection;
    struct slice shown;

    assert_int_equal(expr_legacy_projection(&fixture->arena,
                                            read_json(fixture, "[\"c\",\"size\",\"a.b\"]"),
                                            &projection, &fixture->error),
                     0);
    assert_int_equal(expr_project(projection, item, &fixture->arena, &shown), 0);
    assert_string_equal(fixture_item_text(fixture, shown),
                        "{\"a.b\":{\"N\":\"1\"},\"c\":{\"N\":\"3\"}}");
    assert_int_equal(expr_legacy_projection(&fixture->arena,
                                            read_json(fixture, "[\"c\",\"a\",\"b\",\"a\",\"c\"]"),
                                            &projection, &fixture->error),
                     ST_REFUSED);
    assert_string_equal(fixture->error.refusal.text,
                        INVALID "Duplicate value in attribute name: a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(operators, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(refused_conditions, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(conditions_are_joined, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_last_of_equal_names_counts, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(expected_styles, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_expected_means, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(key_conditions, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_filter_may_not_touch_the_key, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(updates, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(updated_attributes_are_shown, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(attributes_to_get, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
