/*
 * test_partiql.c - statements: what they become, and every way in which they are refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "expr/partiql.h"
#include "expr_fixture.h"

#define MALFORMED "Statement wasn't well formed, can't be processed: "

/** Parses and binds with parameters that are given as an item {"0": ..., "1": ...}. */
static int bind(struct fixture *fixture, const char *text, const char *parameters,
                struct partiql *ret_partiql)
{
    const struct partiql_statement *statement;
    struct slice values[16];
    struct value_iterator iterator;
    struct slice name;
    struct value value;
    size_t count = 0;
    int rc;

    memset(&fixture->error, 0, sizeof(fixture->error));
    if (parameters != NULL) {
        iterator = item_iterate(fixture_item(fixture, parameters));
        while (value_next(&iterator, &name, &value))
            values[count++] = value.encoded;
    }
    rc = partiql_parse(&fixture->arena, slice_str(text), &statement, &fixture->error);
    if (rc == 0)
        rc = partiql_bind(statement, values, count, &fixture->arena, ret_partiql, &fixture->error);
    return rc;
}

static const char *refusal(struct fixture *fixture, const char *text)
{
    struct partiql partiql;
    int rc = bind(fixture, text, NULL, &partiql);

    if (rc == 0)
        return "ok";
    assert_int_equal(rc, ST_REFUSED);
    assert_false(fixture->error.envelope);
    return fixture->error.refusal.text;
}

static struct partiql bound(struct fixture *fixture, const char *text, const char *parameters)
{
    struct partiql partiql;

    if (bind(fixture, text, parameters, &partiql) != 0)
        fail_msg("%s: %s", text, fixture->error.refusal.text);
    return partiql;
}

/* ---- what statements become ---- */

static void test_clauses(void **state)
{
    struct partiql partiql = bound(
        *state, "select a, \"b c\" from \"My-Table\".idx where a = 1 order by b desc, c;", NULL);

    assert_int_equal(partiql.kind, PARTIQL_SELECT);
    assert_true(slice_eq_str(partiql.table, "My-Table"));
    assert_true(slice_eq_str(partiql.index, "idx"));
    assert_non_null(partiql.projection);
    assert_int_equal(partiql.order_count, 2);
    assert_true(partiql.order[0].descending);
    assert_false(partiql.order[1].descending);
    partiql = bound(*state, "EXISTS (SELECT * FROM t)", NULL);
    assert_int_equal(partiql.kind, PARTIQL_EXISTS);
    assert_null(partiql.projection);
    assert_null(partiql.condition);
    partiql = bound(*state, "delete from t where a = 1 returning all old *", NULL);
    assert_int_equal(partiql.returning, PARTIQL_RETURNING_ALL_OLD);
    partiql = bound(*state, "UPDATE t SET a = 1 RETURNING MODIFIED NEW *", NULL);
    assert_int_equal(partiql.returning, PARTIQL_RETURNING_MODIFIED_NEW);
}

static void test_insert_makes_the_item(void **state)
{
    static const struct {
        const char *text, *parameters, *item;
    } cases[] = {
        {"INSERT INTO t VALUE {}", NULL, "{}"},
        {"INSERT INTO t VALUE {'b': 'it''s', 'a': +1, 'a': -1.5e2}", NULL,
         "{\"a\":{\"N\":\"-150\"},\"b\":{\"S\":\"it's\"}}"},
        {"INSERT INTO t VALUE {'a': [TRUE, null, {'x': <<2, 1>>}], 'b': <<'s'>>}", NULL,
         "{\"a\":{\"L\":[{\"BOOL\":true},{\"NULL\":true},{\"M\":{\"x\":{\"NS\":[\"1\",\"2\"]}}}]},"
         "\"b\":{\"SS\":[\"s\"]}}"},
        {"INSERT INTO t VALUE {'a': ?, 'b': [?, 'c'], 'c': <<?, ?>>}",
         "{\"0\":{\"S\":\"p\"},\"1\":{\"N\":\"1\"},\"2\":{\"B\":\"AQ==\"},\"3\":{\"B\":\"AA==\"}}",
         "{\"a\":{\"S\":\"p\"},\"b\":{\"L\":[{\"N\":\"1\"},{\"S\":\"c\"}]},"
         "\"c\":{\"BS\":[\"AA==\",\"AQ==\"]}}"},
        {"INSERT INTO t VALUE ?", "{\"0\":{\"M\":{\"a\":{\"S\":\"whole\"}}}}",
         "{\"a\":{\"S\":\"whole\"}}"},
        {"/* a */ INSERT INTO t -- to the end\n VALUE {'a': '--'}", NULL, "{\"a\":{\"S\":\"--\"}}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct partiql partiql = bound(*state, cases[i].text, cases[i].parameters);

        assert_string_equal(fixture_item_text(*state, partiql.item), cases[i].item);
    }
}

static void test_conditions(void **state)
{
    static const char item[] =
        "{\"n\":{\"N\":\"5\"},\"s\":{\"S\":\"text\"},\"z\":{\"NULL\":true},\"t\":{\"BOOL\":true},"
        "\"m\":{\"M\":{\"a b\":{\"L\":[{\"N\":\"1\"},{\"S\":\"x\"}]}}},\"ss\":{\"SS\":[\"a\"]}}";
    static const struct {
        const char *where;
        bool holds;
    } cases[] = {
        {"n = 5", true},
        {"5.0 = n AND NOT n <> 5", true},
        {"n != 5", false},
        {"n = '5'", false},
        {"n = -5 OR n = +5", true},
        {"NOT (n = 4 OR n > 5)", true},
        {"NOT n = 4 AND n = 6", false},
        {"n = 4 AND n = 4 OR n = 5", true},
        {"((n)) = (5)", true},
        {"n BETWEEN 4 AND 5 AND t = TRUE", true},
        {"n NOT BETWEEN 4 AND 5", false},
        {"n IN [1, 5]", true},
        {"n IN (1, 2)", false},
        {"n NOT IN [1, 2]", true},
        {"missing_one IS MISSING AND n IS NOT MISSING", true},
        {"z IS NULL AND n IS NOT NULL", true},
        {"missing_one IS NULL", false},
        {"z = NULL", true},
        {"Begins_With(s, 'te') AND CONTAINS(ss, 'a') AND size(s) = 4", true},
        {"attribute_type(n, 'S')", false},
        {"m.\"a b\"[1] = 'x'", true},
        {"m = {'a b': [1, 'x']}", true},
        {"ss = <<'a'>>", true},
        {"\"n\" = 5", true},
        {"N = 5", false},
    };
    struct slice bytes = fixture_item(*state, item);

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture *fixture = *state;
        const char *text =
            arena_printf(&fixture->arena, "SELECT * FROM t WHERE %s", cases[i].where);
        struct partiql partiql = bound(fixture, text, NULL);

        if (expr_condition_eval(partiql.condition, bytes) != cases[i].holds)
            fail_msg("%s is %s", cases[i].where, cases[i].holds ? "false" : "true");
    }
}

static void test_updates(void **state)
{
    static const struct expr_key_attribute keys[] = {{.name = SLICE("pk"), .type = VALUE_S}};
    static const char old[] = "{\"pk\":{\"S\":\"k\"},\"n\":{\"N\":\"5\"},\"l\":{\"L\":[]},"
                              "\"m\":{\"M\":{\"a\":{\"N\":\"1\"}}},\"ss\":{\"SS\":[\"a\",\"b\"]}}";
    static const struct {
        const char *actions, *item;
    } cases[] = {
        {"SET n = n + 1 - 2", "{\"l\":{\"L\":[]},\"m\":{\"M\":{\"a\":{\"N\":\"1\"}}},"
                              "\"n\":{\"N\":\"4\"},\"pk\":{\"S\":\"k\"},\"ss\":{\"SS\":[\"a\","
                              "\"b\"]}}"},
        {"SET n = 10 - (n - 1), l = LIST_APPEND([1], l) REMOVE m REMOVE ss",
         "{\"l\":{\"L\":[{\"N\":\"1\"}]},\"n\":{\"N\":\"6\"},\"pk\":{\"S\":\"k\"}}"},
        {"SET ss = SET_DELETE(ss, <<'a', 'b'>>) SET new = SET_ADD(new, <<1>>) REMOVE m.a REMOVE l",
         "{\"m\":{\"M\":{}},\"n\":{\"N\":\"5\"},\"new\":{\"NS\":[\"1\"]},\"pk\":{\"S\":\"k\"}}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct fixture *fixture = *state;
        const char *text =
            arena_printf(&fixture->arena, "UPDATE t %s WHERE pk = 'k'", cases[i].actions);
        struct partiql partiql = bound(fixture, text, NULL);
        struct slice item;

        assert_int_equal(expr_update_apply(partiql.update, EXPR_SIZE_FLAT,
                                           fixture_item(fixture, old), keys, 1, &fixture->arena,
                                           &item, &fixture->error),
                         0);
        assert_string_equal(fixture_item_text(fixture, item), cases[i].item);
    }
}

static void test_projection_takes_the_last_name(void **state)
{
    struct fixture *fixture = *state;
    struct partiql partiql =
        bound(fixture, "SELECT n, m.a.b, m.l[1], l[0][1], gone, \"x y\".z FROM t", NULL);
    struct slice item = fixture_item(
        fixture, "{\"n\":{\"N\":\"1\"},\"m\":{\"M\":{\"a\":{\"M\":{\"b\":{\"S\":\"ab\"}}},"
                 "\"l\":{\"L\":[{\"N\":\"0\"},{\"N\":\"1\"}]}}},"
                 "\"l\":{\"L\":[{\"L\":[{\"N\":\"2\"},{\"N\":\"3\"}]}]},"
                 "\"x y\":{\"M\":{\"z\":{\"NULL\":true}}}}");
    struct slice shown;

    assert_int_equal(partiql_project(partiql.projection, item, &fixture->arena, &shown), 0);
    assert_string_equal(fixture_item_text(fixture, shown),
                        "{\"b\":{\"S\":\"ab\"},\"l[0][1]\":{\"N\":\"3\"},\"l[1]\":{\"N\":\"1\"},"
                        "\"n\":{\"N\":\"1\"},\"z\":{\"NULL\":true}}");
}

/* One parsed statement serves many requests: what one binds, another does not see. */
static void test_a_statement_may_be_bound_again(void **state)
{
    struct fixture *fixture = *state;
    const struct partiql_statement *statement;
    struct partiql one, two;
    struct slice item = fixture_item(fixture, "{\"a\":{\"S\":\"1\"}}");
    struct slice first, second;
    struct value value;

    assert_true(item_find(item, SLICE("a"), &value));
    first = value.encoded;
    assert_true(item_find(fixture_item(fixture, "{\"a\":{\"S\":\"2\"}}"), SLICE("a"), &value));
    second = value.encoded;
    assert_int_equal(partiql_parse(&fixture->arena,
                                   SLICE("SELECT * FROM t WHERE a = ? AND b IS MISSING"),
                                   &statement, &fixture->error),
                     0);
    assert_int_equal(partiql_bind(statement, &first, 1, &fixture->arena, &one, &fixture->error), 0);
    assert_int_equal(partiql_bind(statement, &second, 1, &fixture->arena, &two, &fixture->error),
                     0);
    assert_true(expr_condition_eval(one.condition, item));
    assert_false(expr_condition_eval(two.condition, item));
}

/* ---- refusals ---- */

static void test_refusals(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", MALFORMED "Expected data manipulation"},
        {"(SELECT * FROM t)", MALFORMED "Expected data manipulation"},
        {"SELECT * FROM t; SELECT", MALFORMED "Unexpected token after expression"},
        {"SELECT a, FROM t", MALFORMED "Unexpected keyword"},
        {"SELECT *, a FROM t", MALFORMED "Other expressions may not be present in the select list "
                                         "when '*' is used without dot notation."},
        {"SELECT a.* FROM t", MALFORMED "Invalid path dot component"},
        {"SELECT a[b] FROM t", "Unexpected path component at 1:10:1"},
        {"SELECT a[-1] FROM t", "Unexpected path component at 1:10:1"},
        {"SELECT a[4294967295] FROM t",
         "List index is not within the allowable range; index: [4294967295]"},
        {"SELECT\n\n  Sum(a) FROM t", "Unexpected path component at 3:3:3"},
        {"SELECT 'é', count(*) FROM t", "Unexpected path component at 1:8:4"},
        {"SELECT a AS b FROM t", "Unsupported clause: AS at 1:10:2"},
        {"SELECT DISTINCT a FROM t", "Unsupported clause: DISTINCT at 1:8:8"},
        {"SELECT * FROM t JOIN u", "FROM clause may only contain a single table name in data "
                                   "manipulation statements at 1:17:4"},
        {"SELECT * FROM t GROUP BY a", "Unsupported clause: GROUP at 1:17:5"},
        {"SELECT * FROM t WHERE a = 1 LIMIT 5", "Unsupported clause: LIMIT at 1:29:5"},
        {"SELECT * FROM t WHERE", MALFORMED "Unexpected term"},
        {"SELECT * FROM t WHERE a", MALFORMED "Unexpected token after expression"},
        {"SELECT * FROM t WHERE a = ", MALFORMED "Unexpected term"},
        {"SELECT * FROM t WHERE a = 'open", MALFORMED "Unexpected term"},
        {"SELECT * FROM t WHERE a = #", MALFORMED "Unexpected term"},
        {"SELECT * FROM t WHERE a = * 5", MALFORMED "Unexpected term"},
        {"SELECT * FROM t WHERE a || b", MALFORMED "Unexpected token after expression"},
        {"SELECT * FROM t WHERE a = [1, 2", MALFORMED "Expected RIGHT_BRACKET"},
        {"SELECT * FROM t WHERE a = {'b' 1}", MALFORMED "Expected COLON"},
        {"SELECT * FROM t WHERE a = <<1", MALFORMED "Expected RIGHT_DOUBLE_ANGLE_BRACKET"},
        {"SELECT * FROM t WHERE a IS 5", MALFORMED "Expected type name"},
        {"SELECT * FROM t WHERE a BETWEEN 1 OR 2", MALFORMED "Expected AND after BETWEEN"},
        {"SELECT * FROM t WHERE size(a)",
         "The function is not allowed to be used this way in an expression; function: size"},
        {"SELECT * FROM t WHERE contains(a, 1) = TRUE",
         MALFORMED "Unexpected token after expression"},
        {"SELECT * FROM t WHERE a = contains(a, 1)",
         "The function is not allowed to be used this way in an expression; function: contains"},
        {"SELECT * FROM t WHERE nothing(a)", "Invalid function name; function: nothing"},
        {"SELECT * FROM t WHERE begins_with(a)",
         "Incorrect number of operands for operator or function; operator or function: "
         "begins_with, number of operands: 1"},
        {"SELECT * FROM t WHERE a = a",
         "The first operand must be distinct from the remaining operands for this operator or "
         "function; operator: =, first operand: [a]"},
        {"SELECT * FROM t WHERE a BETWEEN 2 AND 1",
         "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
         "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
        {"SELECT * FROM t WHERE a = 1e999",
         "Number overflow. Attempting to store a number with magnitude larger than supported "
         "range"},
        {"SELECT * FROM t WHERE \"\" = 1", "Path component cannot be an empty string"},
        {"SELECT * FROM t ORDER a", MALFORMED "Expected BY"},
        {"INSERT t VALUE {}", MALFORMED "Unexpected keyword"},
        {"INSERT INTO t {}", MALFORMED "Unexpected term"},
        {"INSERT INTO t VALUE 'a'", MALFORMED "Unexpected term"},
        {"INSERT INTO t VALUE {'a': 1,}", MALFORMED "Unexpected term"},
        {"INSERT INTO t VALUE {'a': MISSING}", MALFORMED "Unexpected keyword"},
        {"INSERT INTO t VALUE {'a': <<'x', 'x'>>}",
         "One or more parameter values were invalid: Input collection [x, x] contains "
         "duplicates."},
        {"INSERT INTO t VALUE {'a': <<1, 'x'>>}",
         "One or more parameter values were invalid: The elements of a set must be of one type, "
         "and of type String, Number or Binary"},
        {"INSERT INTO t VALUE {'': 1}",
         "One or more parameter values were invalid: An attribute name may not be empty"},
        {"UPDATE t SET", MALFORMED "Expected identifier for simple path"},
        {"UPDATE t SET a.select = 1", MALFORMED "Invalid path dot component for simple path"},
        {"UPDATE t SET a['b'] = 1", MALFORMED "Invalid path component for simple path"},
        {"UPDATE t REMOVE a, b", MALFORMED "Unexpected token after expression"},
        {"UPDATE t SET a = SET_ADD(b, <<1>>)",
         "The first operand of SET_ADD must be the attribute that is set"},
        {"UPDATE t SET a = SET_ADD(a, 1)",
         "Incorrect operand type for operator or function; operator or function: SET_ADD, operand "
         "type: N"},
        {"UPDATE t SET a = b + 'x'",
         "Incorrect operand type for operator or function; operator or function: +, operand type: "
         "S"},
        {"UPDATE t SET a = 1 RETURNING SOME OLD *",
         MALFORMED "Expected ALL or MODIFIED in a RETURNING clause"},
        {"UPDATE t SET a = 1 RETURNING ALL OLD", MALFORMED "Expected STAR"},
        {"DELETE FROM t RETURNING MODIFIED OLD *",
         "Invalid returning clause: RETURNING MODIFIED OLD *. Only RETURNING ALL OLD * is allowed "
         "in DELETE statements."},
        {"DELETE FROM a.b", "This operation is not supported on an index"},
        {"SELECT * FROM a.b.c", "A path may contain at most 2 components in the FROM clause"},
        {"SELECT * FROM t WHERE a = ?",
         "Number of parameters in request and statement don't match."},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *message = refusal(*state, cases[i].text);

        if (strcmp(message, cases[i].message) != 0)
            fail_msg("%s: %s", cases[i].text, message);
    }
}

static void test_nesting_is_bounded(void **state)
{
    static const struct {
        const char *open, *close;
    } cases[] = {{"(", ")"}, {"NOT ", ""}, {"NOT (", ")"}, {"size(", ")"}};
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf text = BUF_EMPTY;

        buf_append_str(&text, "SELECT * FROM t WHERE ");
        for (int depth = 0; depth < 1500; depth++)
            buf_append_str(&text, cases[i].open);
        buf_append_str(&text, "a = 1");
        for (int depth = 0; depth < 1500; depth++)
            buf_append_str(&text, cases[i].close);
        buf_append_u8(&text, 0);
        assert_false(buf_failed(&text));
        assert_string_equal(refusal(fixture, (const char *)text.ptr),
                            MALFORMED "Expressions are nested too deeply");
        buf_release(&text);
    }
}

static void test_values_nest_as_deep_as_items_may(void **state)
{
    for (int depth = 31; depth <= 32; depth++) {
        struct buf text = BUF_EMPTY;

        buf_append_str(&text, "INSERT INTO t VALUE {'a': ");
        for (int i = 0; i < depth; i++)
            buf_append_str(&text, "[");
        buf_append_str(&text, "1");
        for (int i = 0; i < depth; i++)
            buf_append_str(&text, "]");
        buf_append(&text, "}", 2);
        assert_string_equal(refusal(*state, (const char *)text.ptr),
                            depth < 32 ? "ok"
                                       : "Nesting Levels have exceeded supported limits: "
                                         "Attributes in the item have nested levels beyond "
                                         "supported limit");
        buf_release(&text);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    static const struct CMUnitTest tests[] = {
        TEST(test_clauses),
        TEST(test_insert_makes_the_item),
        TEST(test_conditions),
        TEST(test_updates),
        TEST(test_projection_takes_the_last_name),
        TEST(test_a_statement_may_be_bound_again),
        TEST(test_refusals),
        TEST(test_nesting_is_bounded),
        TEST(test_values_nest_as_deep_as_items_may),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
