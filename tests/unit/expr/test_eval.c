/*
 * test_eval.c - when a condition holds: undefined operands, types, equality, order, functions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

/* "é𝄞": one unit of UTF-16 and two */
static const char item_json[] =
    "{\"s\": {\"S\": \"hello\"}, \"n\": {\"N\": \"10\"}, \"b\": {\"B\": \"AQID\"},"
    " \"t\": {\"BOOL\": true}, \"f\": {\"BOOL\": false}, \"null\": {\"NULL\": true},"
    " \"ss\": {\"SS\": [\"a\", \"b\"]}, \"ns\": {\"NS\": [\"1\", \"10\"]},"
    " \"bs\": {\"BS\": [\"AQ==\"]}, \"blank\": {\"S\": \"\"},"
    " \"l\": {\"L\": [{\"N\": \"1\"}, {\"S\": \"x\"}, {\"L\": [{\"S\": \"deep\"}]}]},"
    " \"m\": {\"M\": {\"k\": {\"S\": \"v\"}, \"a.b\": {\"N\": \"5\"}}},"
    " \"u\": {\"S\": \"\\u00e9\\ud834\\udd1e\"}, \"s2\": {\"S\": \"hello\"},"
    " \"big\": {\"N\": \"12345678901234567890123456789012345678\"}, \"size10\": {\"S\": "
    "\"0123456789\"}}";

static const char names[] = "{\"#null\": \"null\", \"#dot\": \"a.b\", \"#x\": \"x\"}";
static const char values[] =
    "{\":hello\": {\"S\": \"hello\"}, \":he\": {\"S\": \"he\"}, \":i\": {\"S\": \"i\"},"
    " \":ten\": {\"N\": \"1.0E1\"}, \":ten_s\": {\"S\": \"10\"}, \":nine\": {\"N\": \"9\"},"
    " \":one\": {\"N\": \"1\"}, \":two\": {\"N\": \"2\"}, \":three\": {\"N\": \"3\"}, \":five\": "
    "{\"N\": \"5\"}, \":zero\": {\"N\": \"0\"}, \":bytes\": {\"B\": \"AQID\"}, \":byte\": {\"B\": "
    "\"AQ==\"}, \":mid\": {\"B\": \"AgM=\"}, \":true\": {\"BOOL\": true}, \":false\": {\"BOOL\": "
    "false}, \":null\": {\"NULL\": true}, \":ss\": {\"SS\": [\"b\", \"a\"]}, \":ns\": {\"NS\": "
    "[\"10.0\", \"1\"]}, \":l\": {\"L\": [{\"N\": \"1.0\"}, {\"S\": \"x\"}, {\"L\": [{\"S\": "
    "\"deep\"}]}]}, \":l2\": {\"L\": [{\"S\": \"x\"}, {\"N\": \"1\"}]}, \":m\": {\"M\": {\"a.b\": "
    "{\"N\": \"5\"}, \"k\": {\"S\": \"v\"}}}, \":deep\": {\"L\": [{\"S\": \"deep\"}]}, \":a\": "
    "{\"S\": \"a\"}, \":x\": {\"S\": \"x\"}, \":z\": {\"S\": \"z\"}, \":empty\": {\"S\": \"\"}, "
    "\":big\": {\"N\": \"12345678901234567890123456789012345679\"},"
    " \":S\": {\"S\": \"S\"}, \":BOOL\": {\"S\": \"BOOL\"}, \":NULL\": {\"S\": \"NULL\"}, \":L\": "
    "{\"S\": \"L\"}, \":NS\": {\"S\": \"NS\"}, \":M\": {\"S\": \"M\"}}";

struct truth {
    const char *condition;
    bool holds;
};

static void check(struct fixture *fixture, const struct truth *cases, size_t count)
{
    struct slice item = fixture_item(fixture, item_json);

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < count; i++)
        if (fixture_holds(fixture, cases[i].condition, item) != cases[i].holds)
            fail_msg("%s is %s", cases[i].condition, cases[i].holds ? "false" : "true");
}

static void undefined_operands(void **state)
{
    static const struct truth cases[] = {
        {"q = :hello", false},
        {"q <> :hello", true},
        {":hello <> q", true},
        {"q <> r", true},
        {"q = r", false},
        {"q < :one", false},
        {"q <= :one", false},
        {"q > :one", false},
        {"q >= :one", false},
        {"q BETWEEN :one AND :ten", false},
        {":one BETWEEN q AND :ten", false},
        {":one BETWEEN :zero AND q", false},
        {"q IN (:one, :two)", false},
        {":one IN (q, r)", false},
        {":one IN (q, :one)", true},
        {"NOT q = :hello", true},
        {"NOT q <> :hello", false},
        {"NOT q < :one", true},
        {"NOT NOT q = :one", false},
        {"q = :null", false}, /* undefined is not NULL */
        {"attribute_exists(q)", false},
        {"attribute_not_exists(q)", true},
        {"attribute_type(q, :S)", false},
        {"begins_with(q, :he)", false},
        {"begins_with(s, q)", false},
        {"contains(q, :he)", false},
        {"contains(s, q)", false},
        {"size(q) = :zero", false},
        {"size(q) <> :zero", true},
        {"size(q) < :ten", false},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void paths(void **state)
{
    static const struct truth cases[] = {
        {"m.k = :hello OR m.k <> :hello", true},
        {"attribute_exists(m.k)", true},
        {"attribute_exists(m.#dot)", true},
        {"m.#dot = :five", true},
        {"attribute_exists(#dot)", false},
        {"attribute_exists(m.a.b)", false},
        {"l[0] = :one", true},
        {"l[2][0] = :hello", false},
        {"attribute_exists(l[2][0])", true},
        {"attribute_exists(l[3])", false},
        {"attribute_exists(l[4294967294])", false},
        {"attribute_exists(s.x)", false},  /* not a map */
        {"attribute_exists(m[0])", false}, /* not a list */
        {"attribute_exists(l.k)", false},
        {"attribute_exists(ss[0])", false}, /* a set has no positions */
        {"attribute_exists(s.x[0])", false},
        {"s = s2", true},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void equality(void **state)
{
    static const struct truth cases[] = {
        {"s = :hello", true},
        {"s = :he", false},
        {"n = :ten", true}, /* by value */
        {"n = :ten_s", false},
        {"n <> :ten_s", true},
        {"b = :bytes", true},
        {"t = :true", true},
        {"t = :false", false},
        {"f = :false", true},
        {"#null = :null", true},
        {"ss = :ss", true}, /* unordered */
        {"ns = :ns", true},
        {"ss = :ns", false},
        {"l = :l", true},
        {"l = :l2", false},
        {"m = :m", true},
        {"m <> :m", false},
        {"big = :big", false}, /* the 38th digit */
        {"big < :big", true},
        {"blank = :empty", true},
        {"s IN (:he, :ten, :hello)", true},
        {"n IN (:ten_s, :ten)", true},
        {"n IN (:ten_s, :nine)", false},
        {":m IN (l, m)", true},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void order(void **state)
{
    static const struct truth cases[] = {
        {"n > :nine", true}, /* numerically, not as text */
        {"n >= :ten", true},
        {"n < :ten", false},
        {"n <= :ten", true},
        {"n > :ten_s", false},
        {"n < :ten_s", false},
        {":nine < n", true},
        {"s > :he", true}, /* a prefix comes first */
        {"s < :i", true},
        {"blank < s", true},
        {"b > :byte", true},
        {"b < :mid", true},
        {"ss < :a", false},
        {"t < :one", false},
        {"#null <= :one", false},
        {"n BETWEEN :ten AND :ten", true},
        {"n BETWEEN :one AND :nine", false},
        {":five BETWEEN :one AND n", true},
        {"s BETWEEN :he AND :i", true},
        {"s BETWEEN n AND :i", false},
        {"n BETWEEN s AND :ten", false},
        {"NOT n BETWEEN :one AND :nine", true},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void functions(void **state)
{
    static const struct truth cases[] = {
        {"attribute_exists(#null)", true}, /* NULL exists */
        {"attribute_exists(blank)", true},    {"attribute_not_exists(s)", false},
        {"attribute_type(s, :S)", true},      {"attribute_type(t, :BOOL)", true},
        {"attribute_type(f, :BOOL)", true},   {"attribute_type(#null, :NULL)", true},
        {"attribute_type(l, :L)", true},      {"attribute_type(m, :M)", true},
        {"attribute_type(ns, :NS)", true},    {"attribute_type(n, :NS)", false},
        {"attribute_type(:hello, :S)", true}, {"begins_with(s, :he)", true},
        {"begins_with(s, :hello)", true},     {"begins_with(s, :i)", false},
        {"begins_with(:hello, s)", true},     {"begins_with(s, :empty)", true},
        {"begins_with(b, :byte)", true},      {"begins_with(b, :mid)", false},
        {"begins_with(n, :ten_s)", false},    {"begins_with(b, :he)", false},
        {"contains(s, :hello)", true},        {"contains(s, :i)", false},
        {"contains(s, :empty)", true},        {"contains(s, :one)", false},
        {"contains(b, :mid)", true},          {"contains(b, :byte)", true},
        {"contains(ss, :a)", true},           {"contains(ss, :he)", false},
        {"contains(ns, :ten)", true},         {"contains(ns, :two)", false},
        {"contains(ns, :a)", false},          {"contains(bs, :byte)", true},
        {"contains(l, :one)", true},          {"contains(l, :x)", true},
        {"contains(l, :deep)", true},         {"contains(l, :two)", false},
        {"contains(l, :null)", false},        {"contains(m, :x)", false},
        {"contains(n, :one)", false},         {"contains(:ss, l[1])", false},
        {"contains(:hello, s2)", true},       {"contains(ns, size(size10))", true},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void size(void **state)
{
    static const struct truth cases[] = {
        {"size(s) = :five", true},
        {"size(u) = :three", true}, /* UTF-16 units: a surrogate pair is two */
        {"size(blank) = :zero", true},
        {"size(b) = :three", true},
        {"size(ss) = :two", true},
        {"size(ns) = :two", true},
        {"size(bs) = :one", true},
        {"size(l) = :three", true},
        {"size(m) = :two", true},
        {"size(l[2]) = :one", true},
        {"size(:hello) = :five", true},
        {"size(size10) = :ten", true}, /* as a number: 1.0E1 */
        {"size(size10) = n", true},
        {"size(s) < size(size10)", true},
        {"size(s) BETWEEN :one AND size(size10)", true},
        {"size(l) IN (:one, :three)", true},
        {"size(s) = size(l)", false},
        {"size(n) = :two", false},
        {"size(n) <> :two", true},
        {"size(t) >= :zero", false},
        {"size(#null) = :zero", false},
        {"size(s) > :hello", false},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void logic(void **state)
{
    static const struct truth cases[] = {
        {"s = :hello AND n = :ten", true},
        {"s = :hello AND n = :nine", false},
        {"s = :he OR n = :ten", true},
        {"s = :he OR n = :nine", false},
        {"s = :hello OR n = :nine AND n = :nine", true}, /* AND binds closer */
        {"(s = :hello OR n = :nine) AND n = :nine", false},
        {"NOT s = :he AND n = :ten", true}, /* NOT closer still */
        {"NOT (s = :he AND n = :ten)", true},
        {"NOT s = :hello OR n = :ten", true},
        {"n BETWEEN :one AND :ten AND s = :hello", true},
        {"NOT contains(ss, :a) OR s = :hello AND NOT n < :one", true},
        {"(n = :ten AND (s = :he OR (t = :true AND NOT f = :true)))", true},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void a_missing_item_has_no_attributes(void **state)
{
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    assert_true(fixture_holds(fixture, "attribute_not_exists(pk)", ITEM_EMPTY));
    assert_false(fixture_holds(fixture, "attribute_exists(pk)", ITEM_EMPTY));
    assert_true(fixture_holds(fixture, "a <> :hello", ITEM_EMPTY));
    assert_false(fixture_holds(fixture, "a = :hello", ITEM_EMPTY));
}

static void keys_may_not_be_walked_into_or_filtered(void **state)
{
    static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S, false},
                                                     {SLICE("sk"), VALUE_N, false}};
    struct fixture *fixture = *state;
    struct expr_condition *condition;
    static const char *const texts[] = {"a = :x AND pk = :x", "a = :x AND size(sk[0]) = :one",
                                        "a.pk = :x"};
    static const char *const key_path_messages[] = {
        NULL,
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
        "allowed: Key: sk",
        NULL};
    static const char *const filter_messages[] = {
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: pk",
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
        NULL};

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        int rc;

        assert_int_equal(expr_condition_parse(&fixture->arena, EXPR_FILTER, slice_str(texts[i]),
                                              &fixture->bindings, &condition, &fixture->error),
                         0);
        rc = expr_condition_check_key_paths(condition, keys, 2, &fixture->error);
        assert_int_equal(rc, key_path_messages[i] != NULL ? ST_REFUSED : 0);
        if (rc < 0)
            assert_string_equal(fixture->error.refusal.text, key_path_messages[i]);
        rc = expr_condition_check_filter_keys(condition, keys, 2, &fixture->error);
        assert_int_equal(rc, filter_messages[i] != NULL ? ST_REFUSED : 0);
        if (rc < 0)
            assert_string_equal(fixture->error.refusal.text, filter_messages[i]);
        assert_false(fixture->error.envelope);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(undefined_operands, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(paths, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(equality, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(order, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(functions, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(size, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(logic, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_missing_item_has_no_attributes, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(keys_may_not_be_walked_into_or_filtered, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
