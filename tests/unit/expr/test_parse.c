/*
 * test_parse.c - the grammar: what is an expression, and which token an error names.
 *
 * The pairs of token and `near` are reports by users of the service (dynamodb-expressions.md §5).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

static const char names[] = "{\"#n\": \"name\", \"#articleId\": \"a\", \"#Options\": \"o\"}";
static const char values[] = "{\":v\": {\"S\": \"v\"}, \":n\": {\"N\": \"1\"}, "
                             "\":l\": {\"L\": []}, \":ss\": {\"SS\": [\"x\"]}, "
                             "\":ckpst\": {\"S\": \"x\"}}";

static void syntax_errors_name_the_token_and_its_neighbours(void **state)
{
    static const struct {
        enum expr_kind kind;
        const char *text, *token, *near;
    } cases[] = {
        {EXPR_UPDATE, "ADD hits : incr", ":", "hits : incr"},
        {EXPR_CONDITION, "a-b = :v", "-", "a-b"},
        {EXPR_FILTER, "a-b = :v", "-", "a-b"},
        {EXPR_KEY_CONDITION, "a-b = :v", "-", "a-b"},
        {EXPR_PROJECTION, "a, #, b", "#", ", #,"},
        {EXPR_CONDITION, "attribute_exists(a) AND #articleId attribute_not_exists :ckpst",
         "attribute_not_exists", "#articleId attribute_not_exists :ckpst"},
        {EXPR_KEY_CONDITION, "tenantAgent:abc123-def", ":abc123", "tenantAgent:abc123-"},
        {EXPR_CONDITION, "attribute_exists()", ")", "()"},
        {EXPR_KEY_CONDITION, "a = :v AND begins_with(sk, G_M#)", "#", "G_M#)"},
        {EXPR_UPDATE, "SET  REMOVE #Options", "REMOVE", "SET  REMOVE #Options"},
        {EXPR_UPDATE, "INVALID SYNTAX HERE", "INVALID", "INVALID SYNTAX"},
        /* at the end the last token is left */
        {EXPR_CONDITION, "a =", "<EOF>", "="},
        {EXPR_CONDITION, "foo", "<EOF>", "foo"},
        {EXPR_FILTER, "contains (themes, :theme", "<EOF>", ":theme"},
        {EXPR_UPDATE, "SET a = :v,  ", "<EOF>", ","},
        {EXPR_UPDATE, "SET", "<EOF>", "SET"},
        {EXPR_CONDITION, "(a)", "<EOF>", ")"},
        {EXPR_CONDITION, "NOT a", "<EOF>", "a"},
        {EXPR_CONDITION, ":v", "<EOF>", ":v"},
        {EXPR_CONDITION, "a = :v AND", "<EOF>", "AND"},
        {EXPR_PROJECTION, "a.", "<EOF>", "."},
        {EXPR_PROJECTION, "a[", "<EOF>", "["},
        /* an operand is no condition */
        {EXPR_CONDITION, "a AND b = :v", "AND", "a AND b"},
        {EXPR_CONDITION, "(a OR b = :v)", "OR", "a OR b"},
        {EXPR_CONDITION, "a = :v = :v", "=", ":v = :v"},
        {EXPR_CONDITION, "(a = :v) = :v", "=", ") = :v"},
        {EXPR_CONDITION, "a = (b = :v)", "=", "b = :v"},
        {EXPR_CONDITION, "a BETWEEN :v OR :v", "OR", ":v OR :v"},
        {EXPR_CONDITION, "a IN :v", ":v", "IN :v"},
        {EXPR_CONDITION, "a IN ()", ")", "()"},
        {EXPR_CONDITION, "a == :v", "=", "== :v"},
        {EXPR_CONDITION, "a = 1", "1", "= 1"},
        {EXPR_CONDITION, "a[:v] = :v", ":v", "[:v]"},
        {EXPR_CONDITION, "a[-1] = :v", "-", "[-1"},
        {EXPR_CONDITION, "a.b(c)", "(", "b(c"},
        {EXPR_CONDITION, "#n(c)", "(", "#n(c"},
        {EXPR_CONDITION, "9a = :v", "9", "9a"},
        {EXPR_CONDITION, ") a", ")", ") a"},
        {EXPR_CONDITION, "a = :v b", "b", ":v b"},
        {EXPR_CONDITION, "a = :v + :v", "+", ":v + :v"},
        {EXPR_UPDATE, "SET a = :n + :n + :n", "+", ":n + :n"},
        {EXPR_UPDATE, "SET a", "<EOF>", "a"},
        {EXPR_UPDATE, "SET size(a) = :v", "(", "size(a"},
        {EXPR_UPDATE, "ADD a b", "b", "a b"},
        {EXPR_UPDATE, "REMOVE a = :v", "=", "a = :v"},
        {EXPR_UPDATE, "REMOVE a, SET b = :v", "SET", ", SET b"},
        {EXPR_PROJECTION, "a b", "b", "a b"},
        {EXPR_PROJECTION, ":v", ":v", ":v"},
        /* what starts no token shows one adjacent character */
        {EXPR_CONDITION, "a $bc = :v", "$", "a $b"},
        {EXPR_CONDITION, "$bc = :v", "$", "$b"},
        {EXPR_CONDITION, "a = 'x'", "'", "= 'x"},
        {EXPR_CONDITION,
         "gr\xc3\xb6\xc3\x9f"
         "er = :v",
         "\xc3\xb6", "gr\xc3\xb6\xc3\x9f"},
    };
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        static const char *const kinds[] = {"Condition", "Filter", "KeyCondition", "Update",
                                            "Projection"};
        const char *expected = arena_printf(&fixture->arena,
                                            "Invalid %sExpression: Syntax error; token: \"%s\", "
                                            "near: \"%s\"",
                                            kinds[cases[i].kind], cases[i].token, cases[i].near);

        assert_string_equal(fixture_parse(fixture, cases[i].kind, cases[i].text), expected);
        assert_true(fixture->error.envelope);
    }
}

static void grammar_is_accepted(void **state)
{
    static const struct {
        enum expr_kind kind;
        const char *text;
    } cases[] = {
        {EXPR_CONDITION, "a = :v"},
        {EXPR_CONDITION, ":v < a"},
        {EXPR_CONDITION, ":v = :v"},
        {EXPR_CONDITION, "a<>:v"},
        {EXPR_CONDITION, "\ta\r\n>= :v "},
        {EXPR_CONDITION, "(a) = (:v)"},
        {EXPR_CONDITION, "(a = :v)"},
        {EXPR_CONDITION, "((a) = :v)"},
        {EXPR_CONDITION, "((a = :v) AND b = :v)"},
        {EXPR_CONDITION, "NOT NOT a = :v"},
        {EXPR_CONDITION, "not (a = :v or b = :v) And c = :v"},
        {EXPR_CONDITION, "a between :v and :v AND b IN (:v, c, size(d))"},
        {EXPR_CONDITION, "size (a) > size(b)"},
        {EXPR_CONDITION, "a.b[0].#n[ 12 ] . c = :v"},
        {EXPR_CONDITION, "contains(a, size(b))"},
        {EXPR_CONDITION, "_a1 = :v"},
        {EXPR_FILTER, "attribute_not_exists(a) OR attribute_type(a, :t)"},
        {EXPR_KEY_CONDITION, "(a = :v) AND (b BETWEEN :v AND :v)"},
        {EXPR_UPDATE, "set a = :v remove b add c :n delete d :ss"},
        {EXPR_UPDATE, "DELETE d :ss SET a = :n - :n, b = (c + :n) - d, e=list_append(:l, e)"},
        {EXPR_UPDATE, "SET a = if_not_exists(a, if_not_exists(b, :v)), b[3] = (c)"},
        {EXPR_PROJECTION, "a, b.c, d[1], d[0].#n,e"},
    };
    struct fixture *fixture = *state;

    fixture_bind(fixture, names,
                 "{\":v\": {\"S\": \"v\"}, \":n\": {\"N\": \"1\"}, \":l\": "
                 "{\"L\": []}, \":ss\": {\"SS\": [\"x\"]}, \":t\": {\"S\": \"S\"}}");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(fixture_parse(fixture, cases[i].kind, cases[i].text), "ok");
}

static void keywords_of_other_kinds_are_reserved_words(void **state)
{
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    assert_string_equal(fixture_parse(fixture, EXPR_PROJECTION, "add"),
                        "Invalid ProjectionExpression: Attribute name is a reserved keyword; "
                        "reserved keyword: add");
    assert_string_equal(fixture_parse(fixture, EXPR_CONDITION, "Set = :v"),
                        "Invalid ConditionExpression: Attribute name is a reserved keyword; "
                        "reserved keyword: Set");
    assert_string_equal(fixture_parse(fixture, EXPR_UPDATE, "SET between = :v"),
                        "Invalid UpdateExpression: Attribute name is a reserved keyword; "
                        "reserved keyword: between");
}

/** `count` times `one`, then `end`. */
static const char *repeat(struct fixture *fixture, const char *one, size_t count, const char *end)
{
    struct buf out = BUF_EMPTY;
    const char *text;

    for (size_t i = 0; i < count; i++)
        buf_append_str(&out, one);
    buf_append_str(&out, end);
    text = arena_str(&fixture->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static void size_is_limited_in_bytes(void **state)
{
    struct fixture *fixture = *state;
    const char *longest;

    fixture_bind(fixture, names, values);
    longest = repeat(fixture, " ", 4090, "a = :v");
    assert_int_equal(strlen(longest), 4096);
    assert_string_equal(fixture_parse(fixture, EXPR_CONDITION, longest), "ok");
    assert_string_equal(fixture_parse(fixture, EXPR_CONDITION, repeat(fixture, "(", 4097, "")),
                        "Invalid ConditionExpression: Expression size has exceeded the maximum "
                        "allowed size; expression size: 4097");
}

static void emptiness_is_refused(void **state)
{
    static const enum expr_kind kinds[] = {EXPR_CONDITION, EXPR_UPDATE, EXPR_PROJECTION};
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    assert_string_equal(fixture_parse(fixture, EXPR_UPDATE, ""),
                        "Invalid UpdateExpression: The expression can not be empty;");
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        assert_non_null(
            strstr(fixture_parse(fixture, kinds[i], " \n"), "The expression can not be empty;"));
}

static void operators_and_functions_are_counted(void **state)
{
    struct fixture *fixture = *state;
    struct expr_condition *condition;

    fixture_bind(fixture, names, values);
    /* "a=:v OR " counts two, the last one */
    assert_string_equal(
        fixture_parse(fixture, EXPR_CONDITION, repeat(fixture, "a=:v OR ", 150, "a=:v")),
        "Invalid ConditionExpression: The expression contains too many operators; "
        "operator count: 301");
    assert_string_equal(
        fixture_parse(fixture, EXPR_CONDITION, repeat(fixture, "NOT ", 299, "a=:v")), "ok");
    assert_int_equal(expr_condition_parse(&fixture->arena, EXPR_CONDITION,
                                          slice_str(repeat(fixture, "NOT ", 299, "a=:v")),
                                          &fixture->bindings, &condition, &fixture->error),
                     0);
    assert_true(expr_condition_eval(condition, ITEM_EMPTY)); /* 299 negations of false */
    /* BETWEEN and its AND are one; the = of SET is none */
    assert_string_equal(
        fixture_parse(fixture, EXPR_CONDITION,
                      repeat(fixture, "a BETWEEN :v AND :v OR ", 149, "NOT NOT a = :v")),
        "Invalid ConditionExpression: The expression contains too many operators; "
        "operator count: 301");
    assert_string_equal(fixture_parse(fixture, EXPR_UPDATE, "SET a = :n, b = (:n + :n) - :n"),
                        "ok");
}

static void nesting_is_bounded(void **state)
{
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    assert_non_null(strstr(fixture_parse(fixture, EXPR_CONDITION, repeat(fixture, "(", 4096, "")),
                           "The expression has redundant parentheses;"));
    assert_non_null(
        strstr(fixture_parse(fixture, EXPR_CONDITION, repeat(fixture, "NOT ", 1000, "a=:v")),
               "The expression contains too many operators; operator count: 601"));
    assert_non_null(
        strstr(fixture_parse(fixture, EXPR_CONDITION, repeat(fixture, "size(", 700, "a")),
               "The expression contains too many operators; operator count: 601"));
    assert_non_null(
        strstr(fixture_parse(fixture, EXPR_UPDATE,
                             repeat(fixture, "SET a=", 1, repeat(fixture, "(", 4000, ""))),
               "The expression has redundant parentheses;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(syntax_errors_name_the_token_and_its_neighbours,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(grammar_is_accepted, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(keywords_of_other_kinds_are_reserved_words, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(size_is_limited_in_bytes, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(emptiness_is_refused, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(operators_and_functions_are_counted, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(nesting_is_bounded, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
