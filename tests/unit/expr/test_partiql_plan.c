/*
 * test_partiql_plan.c - which ranges of keys a WHERE clause asks for, and in which order.
 *
 * Every plan is written as text: "scan", or its ranges separated by blanks, each
 * partition[/sort operator and values], with "|" between the values of a key of several attributes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "expr/partiql.h"
#include "expr_fixture.h"

static const struct expr_key_attribute table_keys[] = {{.name = SLICE("pk"), .type = VALUE_S},
                                                       {.name = SLICE("sk"), .type = VALUE_N}};
static const struct expr_key table_key = {
    .partition = &table_keys[0], .partition_count = 1, .sort = &table_keys[1], .sort_count = 1};
static const struct expr_key plain_key = {.partition = &table_keys[0], .partition_count = 1};
static const struct expr_key_attribute index_keys[] = {{.name = SLICE("a"), .type = VALUE_S},
                                                       {.name = SLICE("b"), .type = VALUE_N},
                                                       {.name = SLICE("x"), .type = VALUE_S},
                                                       {.name = SLICE("y"), .type = VALUE_N}};
static const struct expr_key index_key = {
    .partition = &index_keys[0], .partition_count = 2, .sort = &index_keys[2], .sort_count = 2};

static void print_value(struct buf *out, struct slice encoded)
{
    struct value value = value_of(encoded);
    char text[NUMBER_TEXT_BYTES_MAX];
    struct number number;

    if (value.type == VALUE_N) {
        number = value_number(&value);
        buf_append(out, text, number_print(&number, text));
    } else {
        buf_append_slice(out, value.payload);
    }
}

static void print_range(struct buf *out, const struct expr_key *key,
                        const struct expr_key_range *range)
{
    static const char *const operators[] = {
        [EXPR_RANGE_ALL] = "",      [EXPR_RANGE_EQ] = "=",          [EXPR_RANGE_LT] = "<",
        [EXPR_RANGE_LE] = "<=",     [EXPR_RANGE_GT] = ">",          [EXPR_RANGE_GE] = ">=",
        [EXPR_RANGE_BETWEEN] = "~", [EXPR_RANGE_BEGINS_WITH] = "^",
    };

    for (size_t i = 0; i < key->partition_count; i++) {
        buf_append_str(out, i > 0 ? "|" : "");
        print_value(out, range->partition[i]);
    }
    if (range->sort_count > 0)
        buf_append_str(out, "/");
    for (size_t i = 0; i < range->sort_count; i++) {
        buf_append_str(out, i > 0 ? "|" : "");
        buf_append_str(out,
                       operators[i + 1 < range->sort_count ? EXPR_RANGE_EQ : range->sort_operator]);
        print_value(out, range->sort[i]);
    }
    if (range->sort_high.ptr != NULL) {
        buf_append_str(out, "..");
        print_value(out, range->sort_high);
    }
}

static const char *plan_of(struct fixture *fixture, const char *rest, const struct expr_key *key)
{
    const char *text = arena_printf(&fixture->arena, "SELECT * FROM t %s", rest);
    const struct partiql_statement *statement;
    struct partiql_plan plan;
    struct partiql partiql;
    struct buf out = BUF_EMPTY;
    int rc = partiql_parse(&fixture->arena, slice_str(text), &statement, &fixture->error);

    if (rc == 0)
        rc = partiql_bind(statement, NULL, 0, &fixture->arena, &partiql, &fixture->error);
    if (rc == 0)
        rc = partiql_plan(&partiql, key, &fixture->arena, &plan, &fixture->error);
    if (rc < 0)
        return fixture->error.refusal.text;
    assert_int_equal(plan.paged, plan.count > 1);
    for (size_t i = 0; i < plan.count; i++) {
        buf_append_str(&out, i > 0 ? " " : "");
        print_range(&out, key, &plan.ranges[i]);
    }
    buf_append_str(&out, plan.scan ? "scan" : "");
    buf_append_str(&out, plan.backward ? " backward" : "");
    text = arena_str(&fixture->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

struct plan_case {
    const char *rest, *plan;
};

static void check_plans(struct fixture *fixture, const struct plan_case *cases, size_t count,
                        const struct expr_key *key)
{
    for (size_t i = 0; i < count; i++) {
        const char *plan = plan_of(fixture, cases[i].rest, key);

        if (strcmp(plan, cases[i].plan) != 0)
            fail_msg("%s: %s", cases[i].rest, plan);
    }
}

static void test_plans_of_a_table(void **state)
{
    static const struct plan_case cases[] = {
        {"", "scan"},
        {"WHERE sk = 1", "scan"},
        {"WHERE pk > 'a'", "scan"},
        {"WHERE pk <> 'a'", "scan"},
        {"WHERE pk.x = 'a'", "scan"},
        {"WHERE pk = other", "scan"},
        {"WHERE NOT pk = 'a'", "scan"},
        {"WHERE pk NOT IN ['a']", "scan"},
        {"WHERE pk = 'a' OR other = 1", "scan"},
        {"WHERE pk = 'a'", "a"},
        {"WHERE 'a' = pk AND other = 1", "a"},
        {"WHERE pk = 'a' AND sk = 1", "a/=1"},
        {"WHERE pk = 'a' AND 1 < sk", "a/>1"},
        {"WHERE pk = 'a' AND sk <= 1", "a/<=1"},
        {"WHERE pk = 'a' AND sk >= 1 AND sk <= 5", "a/~1..5"},
        {"WHERE pk = 'a' AND sk >= 5 AND sk <= 1", "a/<=1"},
        {"WHERE pk = 'a' AND sk BETWEEN 1 AND 5 AND sk = 2", "a/=2"},
        {"WHERE pk = 'a' AND sk <> 1", "a"},
        {"WHERE pk = 'a' AND (sk = 1 OR sk = 2)", "a"},
        {"WHERE pk = 'a' AND sk IN [3, 1, 3]", "a/=1 a/=3"},
        {"WHERE pk = 'a' AND sk IN [3, 1] ORDER BY sk DESC", "a/=3 a/=1 backward"},
        {"WHERE pk IN ['b', 'a', 'b']", "b a"},
        {"WHERE pk IN ['b', 'a'] AND sk > 1", "b/>1 a/>1"},
        {"WHERE pk IN ['b', 'a'] AND sk IN [2, 1]", "b/=1 b/=2 a/=1 a/=2"},
        {"WHERE pk IN ['b', 'a'] ORDER BY pk", "a b"},
        {"WHERE pk IN ['b', 'a', 'c'] ORDER BY pk DESC, sk DESC", "c b a backward"},
        {"WHERE pk = 'a' OR pk = 'b'", "a b"},
        {"WHERE (pk = 'a' OR pk = 'b') AND sk = 1", "a/=1 b/=1"},
        {"WHERE pk = 'a' AND sk = 2 OR pk = 'a' AND sk = 1", "a/=1 a/=2"},
        {"WHERE pk = 'a' AND sk = 2 OR pk = 'a' AND sk > 1", "a"},
        {"WHERE pk = 'b' AND sk = 2 OR pk IN ['a', 'b']", "b a"},
        {"WHERE (pk = 'a' AND sk = 1 OR pk = 'b') AND sk = 1", "a/=1 b"},
        {"WHERE pk = 'a' AND pk = 'b'", "a"},
        {"WHERE pk IN ['a', 'b'] AND pk = 'c'", "c"},
        {"WHERE pk = 1", "One or more parameter values were invalid: Condition parameter type does "
                         "not match schema type"},
        {"WHERE pk = 'a' AND sk > 'x'",
         "One or more parameter values were invalid: Condition parameter type does not match "
         "schema type"},
        {"WHERE pk = ''",
         "One or more parameter values are not valid. The AttributeValue for a key "
         "attribute cannot contain an empty string value. Key: pk"},
    };

    check_plans(*state, cases, ARRAY_LEN(cases), &table_key);
}

static void test_a_key_without_a_sort_attribute(void **state)
{
    static const struct plan_case cases[] = {
        {"WHERE pk = 'a' AND sk = 1", "a"},
        {"WHERE pk = 'a' ORDER BY pk DESC", "a"},
        {"WHERE pk = 'a' ORDER BY sk",
         "Variable reference sk in ORDER BY clause must be part of the primary key"},
    };

    check_plans(*state, cases, ARRAY_LEN(cases), &plain_key);
}

static void test_a_key_of_several_attributes(void **state)
{
    static const struct plan_case cases[] = {
        {"WHERE a = 'p'", "scan"},
        {"WHERE a = 'p' AND b = 1", "p|1"},
        {"WHERE a = 'p' AND b = 1 AND y = 2", "p|1"},
        {"WHERE a = 'p' AND b = 1 AND x > 'm' AND y = 2", "p|1/>m"},
        {"WHERE a = 'p' AND b = 1 AND x = 'm' AND y < 2", "p|1/=m|<2"},
        {"WHERE a = 'p' AND b = 1 AND x = 'm' AND y BETWEEN 2 AND 3", "p|1/=m|~2..3"},
        {"WHERE a = 'p' AND b = 1 AND begins_with(x, 'm')", "p|1/^m"},
        {"WHERE a IN ['q', 'p'] AND b IN [1, 2]", "q|1 q|2 p|1 p|2"},
        {"WHERE a = 'p' AND b = 1 AND x IN ['n', 'm'] AND y = 2", "p|1/=m|=2 p|1/=n|=2"},
        {"WHERE a = 'p' AND b = 1 OR a = 'p' AND b = 2 AND x = 'm'", "p|1 p|2/=m"},
        {"WHERE a = 'p' AND b = 1 AND x = 'm' OR a = 'p' AND b = 1 AND x = 'm' AND y = 2", "p|1"},
        {"WHERE a IN ['q', 'p'] AND b = 1 ORDER BY a, x DESC", "p|1 q|1 backward"},
    };

    check_plans(*state, cases, ARRAY_LEN(cases), &index_key);
}

static void test_one_key(void **state)
{
    static const struct {
        const char *where, *key;
    } cases[] = {
        {"pk = 'a' AND sk = 1", "{\"pk\":{\"S\":\"a\"},\"sk\":{\"N\":\"1\"}}"},
        {"(1 = sk AND other = 2) AND pk = 'a'", "{\"pk\":{\"S\":\"a\"},\"sk\":{\"N\":\"1\"}}"},
        {"pk = 7 AND sk = 1", "{\"pk\":{\"N\":\"7\"},\"sk\":{\"N\":\"1\"}}"}, /* not its business */
        {"pk = 'a'", NULL},
        {"pk = 'a' AND sk IN [1]", NULL},
        {"pk = 'a' AND sk = 1 OR other = 2", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture *fixture = *state;
        const char *text = arena_printf(&fixture->arena, "DELETE FROM t WHERE %s", cases[i].where);
        const struct partiql_statement *statement;
        struct partiql partiql;
        struct slice key;
        bool found;

        assert_int_equal(
            partiql_parse(&fixture->arena, slice_str(text), &statement, &fixture->error), 0);
        assert_int_equal(
            partiql_bind(statement, NULL, 0, &fixture->arena, &partiql, &fixture->error), 0);
        assert_int_equal(partiql_key(&partiql, table_keys, 2, &fixture->arena, &found, &key), 0);
        assert_int_equal(found, cases[i].key != NULL);
        if (found)
            assert_string_equal(fixture_item_text(fixture, key), cases[i].key);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    static const struct CMUnitTest tests[] = {
        TEST(test_plans_of_a_table),
        TEST(test_a_key_without_a_sort_attribute),
        TEST(test_a_key_of_several_attributes),
        TEST(test_one_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
