/*
 * test_key_condition.c - what a Query may ask of a key, and how it is refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S, false},
                                                 {SLICE("sk"), VALUE_N, false}};
static const struct expr_key_attribute text_keys[] = {{SLICE("pk"), VALUE_B, false},
                                                      {SLICE("sk"), VALUE_S, false}};
static const struct expr_key_attribute four[] = {{SLICE("a"), VALUE_S, true},
                                                 {SLICE("b"), VALUE_N, true},
                                                 {SLICE("c"), VALUE_N, true},
                                                 {SLICE("d"), VALUE_S, true}};

static struct expr_key key_of(const struct expr_key_attribute *attributes, size_t count)
{
    return (struct expr_key){attributes, attributes + 1, 1, count - 1};
}

/* Partition a; sort b, c, d. */
static const struct expr_key several = {four, four + 1, 1, 3};
/* Partition a, b; sort c, d. */
static const struct expr_key pairs = {four, four + 2, 2, 2};

static const char names[] = "{\"#p\": \"pk\"}";
static const char values[] = "{\":p\": {\"S\": \"p\"}, \":b\": {\"B\": \"AQ==\"}, \":1\": {\"N\": "
                             "\"1\"}, \":2\": {\"N\": \"2\"}, \":e\": {\"S\": \"\"}, \":eb\": "
                             "{\"B\": \"\"}}";

static struct expr_condition *parse(struct fixture *fixture, const char *text)
{
    struct expr_condition *condition;
    int rc = expr_condition_parse(&fixture->arena, EXPR_KEY_CONDITION, slice_str(text),
                                  &fixture->bindings, &condition, &fixture->error);

    if (rc != 0)
        fail_msg("%s: %s", text, fixture->error.refusal.text);
    return condition;
}

static const char *print(struct fixture *fixture, struct slice encoded)
{
    struct buf out = BUF_EMPTY;
    struct value value;
    const char *text;

    if (encoded.len == 0)
        return "";
    value = value_of(encoded);
    value_print(&out, &value);
    text = arena_str(&fixture->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static void ranges(void **state)
{
    static const struct {
        const char *text;
        enum expr_range range;
        const char *value, *high;
    } cases[] = {
        {"pk = :p", EXPR_RANGE_ALL, "", ""},
        {":p = #p", EXPR_RANGE_ALL, "", ""},
        {"(pk = :p) AND (sk = :1)", EXPR_RANGE_EQ, "{N:1}", ""},
        {"(sk < :1 AND #p = :p)", EXPR_RANGE_LT, "{N:1}", ""},
        {"pk = :p AND sk <= :1", EXPR_RANGE_LE, "{N:1}", ""},
        {"pk = :p AND sk > :1", EXPR_RANGE_GT, "{N:1}", ""},
        {"pk = :p AND sk >= :1", EXPR_RANGE_GE, "{N:1}", ""},
        {"pk = :p AND :1 < sk", EXPR_RANGE_GT, "{N:1}", ""},
        {"pk = :p AND :1 <= sk", EXPR_RANGE_GE, "{N:1}", ""},
        {"pk = :p AND :1 > sk", EXPR_RANGE_LT, "{N:1}", ""},
        {"pk = :p AND :1 >= sk", EXPR_RANGE_LE, "{N:1}", ""},
        {"pk = :p AND :1 = sk", EXPR_RANGE_EQ, "{N:1}", ""},
        {"sk BETWEEN :1 AND :2 AND pk = :p", EXPR_RANGE_BETWEEN, "{N:1}", "{N:2}"},
    };
    struct fixture *fixture = *state;
    struct expr_key key = key_of(keys, 2), text_key = key_of(text_keys, 2);
    struct expr_key_range range;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expr_condition *condition = parse(fixture, cases[i].text);

        assert_int_equal(expr_key_condition_check(condition, &fixture->error), 0);
        assert_int_equal(expr_key_condition_range(condition, &key, &range, &fixture->error), 0);
        assert_string_equal(print(fixture, range.partition[0]), "{S:p}");
        assert_int_equal(range.sort_operator, cases[i].range);
        assert_string_equal(print(fixture, range.sort[0]), cases[i].value);
        assert_string_equal(print(fixture, range.sort_high), cases[i].high);
    }
    assert_int_equal(expr_key_condition_range(parse(fixture, "begins_with(sk, :p) AND pk = :b"),
                                              &text_key, &range, &fixture->error),
                     0);
    assert_int_equal(range.sort_operator, EXPR_RANGE_BEGINS_WITH);
    assert_string_equal(print(fixture, range.sort[0]), "{S:p}");
}

static void structure_is_checked_without_the_schema(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"pk = :p OR sk = :1", "Invalid operator used in KeyConditionExpression: OR"},
        {"NOT pk = :p", "Invalid operator used in KeyConditionExpression: NOT"},
        {"pk IN (:p)", "Invalid operator used in KeyConditionExpression: IN"},
        {"pk = :p AND sk <> :1", "Invalid operator used in KeyConditionExpression: <>"},
        {"attribute_exists(pk)",
         "Invalid operator used in KeyConditionExpression: attribute_exists"},
        {"attribute_not_exists(pk)",
         "Invalid operator used in KeyConditionExpression: attribute_not_exists"},
        {"pk = :p AND contains(sk, :p)",
         "Invalid operator used in KeyConditionExpression: contains"},
        {"size(pk) = :1", "Invalid KeyConditionExpression: KeyConditionExpressions cannot contain "
                          "nested operations"},
        {"begins_with(:p, pk)", "Invalid condition in KeyConditionExpression: begins_with operator "
                                "must have the key attribute as its first operand"},
        {":1 BETWEEN sk AND :2", "Invalid condition in KeyConditionExpression: BETWEEN operator "
                                 "must have the key attribute as its first operand"},
        {"pk = sk", "Invalid condition in KeyConditionExpression: Multiple attribute names used in "
                    "one condition"},
        {"pk BETWEEN sk AND :2", "Invalid condition in KeyConditionExpression: Multiple attribute "
                                 "names used in one condition"},
        {":p = :p", "Invalid condition in KeyConditionExpression: No key attribute specified"},
        {"pk.a = :p", "Invalid KeyConditionExpression: KeyConditionExpressions cannot have "
                      "conditions on nested attributes"},
        {"pk = :p AND sk[0] = :1", "Invalid KeyConditionExpression: KeyConditionExpressions cannot "
                                   "have conditions on nested attributes"},
        {"sk > :1 AND sk < :2", "Invalid KeyConditionExpression: KeyConditionExpressions must only "
                                "contain one condition per key"},
        {"pk = :p AND #p = :p", "Invalid KeyConditionExpression: KeyConditionExpressions must only "
                                "contain one condition per key"},
    };
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(fixture_parse(fixture, EXPR_KEY_CONDITION, cases[i].text),
                            cases[i].message);
}

static void the_schema_decides_the_rest(void **state)
{
    static const struct {
        const char *text;
        size_t key_count;
        const char *message;
    } cases[] = {
        {"pk = :p AND sk = :1 AND a = :1", 2, "Conditions can be of length 1 or 2 only"},
        {"sk = :1", 2, "Query condition missed key schema element: pk"},
        {"a = :1 AND sk = :1", 2, "Query condition missed key schema element: pk"},
        {"pk = :p AND a = :1", 2, "Query condition missed key schema element: sk"},
        {"pk = :p AND a = :1", 1, "Query key condition not supported"},
        {"pk > :p", 2, "Query key condition not supported"},
        {"begins_with(pk, :p) AND sk = :1", 2, "Query key condition not supported"},
        {"pk = :1", 2,
         "One or more parameter values were invalid: Condition parameter type does "
         "not match schema type"},
        {"pk = :p AND sk = :p", 2,
         "One or more parameter values were invalid: Condition parameter "
         "type does not match schema type"},
        {"pk = :p AND begins_with(sk, :p)", 2,
         "One or more parameter values were invalid: "
         "Condition parameter type does not match schema "
         "type"},
        {"pk = :e", 2,
         "One or more parameter values are not valid. The AttributeValue for a key "
         "attribute cannot contain an empty string value. Key: pk"},
    };
    struct fixture *fixture = *state;
    struct expr_key text_key = key_of(text_keys, 2);
    struct expr_key_range range;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expr_key key = key_of(keys, cases[i].key_count);

        assert_int_equal(
            expr_key_condition_range(parse(fixture, cases[i].text), &key, &range, &fixture->error),
            ST_REFUSED);
        assert_string_equal(fixture->error.refusal.text, cases[i].message);
        assert_false(fixture->error.envelope);
    }
    assert_int_equal(
        expr_key_condition_range(parse(fixture, "pk = :eb"), &text_key, &range, &fixture->error),
        ST_REFUSED);
    assert_non_null(strstr(fixture->error.refusal.text, "an empty binary value. Key: pk"));
    assert_int_equal(expr_key_condition_range(parse(fixture, "pk = :b AND sk = :e"), &text_key,
                                              &range, &fixture->error),
                     ST_REFUSED);
    assert_non_null(strstr(fixture->error.refusal.text, "an empty string value. Key: sk"));
}

static void keys_of_several_attributes(void **state)
{
    static const struct {
        const char *text;
        const struct expr_key *key;
        size_t sort_count;
        enum expr_range range;
        const char *last, *high;
    } cases[] = {
        {"a = :p", &several, 0, EXPR_RANGE_ALL, "", ""},
        {"b > :1 AND a = :p", &several, 1, EXPR_RANGE_GT, "{N:1}", ""},
        {"c <= :2 AND a = :p AND b = :1", &several, 2, EXPR_RANGE_LE, "{N:2}", ""},
        {"a = :p AND b = :1 AND c = :2 AND begins_with(d, :p)", &several, 3, EXPR_RANGE_BEGINS_WITH,
         "{S:p}", ""},
        {"a = :p AND b = :1 AND c BETWEEN :1 AND :2", &pairs, 1, EXPR_RANGE_BETWEEN, "{N:1}",
         "{N:2}"},
        {"d = :p AND c = :2 AND b = :1 AND a = :p", &pairs, 2, EXPR_RANGE_EQ, "{S:p}", ""},
    };
    struct fixture *fixture = *state;
    struct expr_key_range range;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(expr_key_condition_range(parse(fixture, cases[i].text), cases[i].key,
                                                  &range, &fixture->error),
                         0);
        assert_string_equal(print(fixture, range.partition[0]), "{S:p}");
        if (cases[i].key == &pairs)
            assert_string_equal(print(fixture, range.partition[1]), "{N:1}");
        assert_int_equal(range.sort_count, cases[i].sort_count);
        assert_int_equal(range.sort_operator, cases[i].range);
        assert_string_equal(range.sort_count > 0 ? print(fixture, range.sort[range.sort_count - 1])
                                                 : "",
                            cases[i].last);
        assert_string_equal(print(fixture, range.sort_high), cases[i].high);
    }
}

static void keys_of_several_attributes_have_no_gaps(void **state)
{
    static const struct {
        const char *text;
        const struct expr_key *key;
        const char *message;
    } cases[] = {
        {"a = :p", &pairs, "Query condition missed key schema element: b"},
        {"a = :p AND b > :1", &pairs, "Query key condition not supported"},
        {"a = :p AND c = :1", &several, "Query condition missed key schema element: b"},
        {"a = :p AND b > :1 AND c = :2", &several, "Query key condition not supported"},
        {"a = :p AND b = :1 AND x = :p", &several, "Query condition missed key schema element: c"},
        {"a = :p AND b = :1 AND c = :1 AND d = :p AND x = :p", &several,
         "Query key condition not supported"},
        {"a = :p AND b = :p", &several,
         "One or more parameter values were invalid: Condition parameter type does not match "
         "schema type"},
    };
    struct fixture *fixture = *state;
    struct expr_key_range range;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(expr_key_condition_range(parse(fixture, cases[i].text), cases[i].key,
                                                  &range, &fixture->error),
                         ST_REFUSED);
        assert_string_equal(fixture->error.refusal.text, cases[i].message);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ranges, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(structure_is_checked_without_the_schema, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(the_schema_decides_the_rest, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(keys_of_several_attributes, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(keys_of_several_attributes_have_no_gaps, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
