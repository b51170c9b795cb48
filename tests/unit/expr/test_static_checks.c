/*
 * test_static_checks.c - every message of dynamodb-expressions.md §3 and §5, and which comes first.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

static const char names[] = "{\"#a\": \"a\", \"#dot\": \"x.y\"}";
static const char values[] =
    "{\":s\": {\"S\": \"a\"}, \":t\": {\"S\": \"b\"}, \":n\": {\"N\": \"1\"}, "
    "\":two\": {\"N\": \"2\"}, \":b\": {\"B\": \"YQ==\"}, \":bool\": {\"BOOL\": true}, "
    "\":null\": {\"NULL\": true}, \":ss\": {\"SS\": [\"a\"]}, \":ns\": {\"NS\": [\"1\"]}, "
    "\":bs\": {\"BS\": [\"YQ==\"]}, \":l\": {\"L\": []}, \":m\": {\"M\": {}}, "
    "\":type\": {\"S\": \"SS\"}, \":badtype\": {\"S\": \"X\"}}";

struct message_case {
    const char *text, *message;
};

static void check_messages(struct fixture *fixture, enum expr_kind kind, const char *prefix,
                           const struct message_case *cases, size_t count)
{
    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < count; i++) {
        const char *message = fixture_parse(fixture, kind, cases[i].text);

        if (strncmp(message, prefix, strlen(prefix)) != 0 ||
            strcmp(message + strlen(prefix), cases[i].message) != 0)
            fail_msg("%s\n  gives    %s\n  not      %s%s", cases[i].text, message, prefix,
                     cases[i].message);
        assert_true(fixture->error.envelope);
    }
}

#define TYPE(function, type)                                                                       \
    "Incorrect operand type for operator or function; operator or function: " function             \
    ", operand type: " type
#define COUNT(function, count)                                                                     \
    "Incorrect number of operands for operator or function; operator or function: " function       \
    ", number of operands: " count
#define DISTINCT(operation, path)                                                                  \
    "The first operand must be distinct from the remaining operands for this operator or "         \
    "function; operator: " operation ", first operand: " path

static void conditions(void **state)
{
    static const struct message_case cases[] = {
        {"size = :s", "Attribute name is a reserved keyword; reserved keyword: size"},
        {"a.Name[0] = :s", "Attribute name is a reserved keyword; reserved keyword: Name"},
        {"#x = :s", "An expression attribute name used in the document path is not defined; "
                    "attribute name: #x"},
        {"a = :x", "An expression attribute value used in expression is not defined; "
                   "attribute value: :x"},
        {"((a = :s))", "The expression has redundant parentheses;"},
        {"((a)) = :s", "The expression has redundant parentheses;"},
        {"a = ((:s))", "The expression has redundant parentheses;"},
        {"a = :s AND ((b = :s OR c = :s))", "The expression has redundant parentheses;"},
        {"foo(a)", "Invalid function name; function: foo"},
        {"Contains(a, :s)", "Invalid function name; function: Contains"},
        {"a = if_not_exists(a, :s)",
         "The function is not allowed in a condition expression; function: if_not_exists"},
        {"list_append(a, :l) = :l",
         "The function is not allowed in a condition expression; function: list_append"},
        {"size(a)", "The function is not allowed to be used this way in an expression; "
                    "function: size"},
        {"NOT (size(a))", "The function is not allowed to be used this way in an expression; "
                          "function: size"},
        {"contains(a, :s) = :bool",
         "The function is not allowed to be used this way in an expression; function: contains"},
        {"a IN (:s, attribute_exists(b))",
         "The function is not allowed to be used this way in an expression; "
         "function: attribute_exists"},
        {"size(contains(a, :s)) = :n",
         "The function is not allowed to be used this way in an expression; function: contains"},
        {"attribute_exists(a, b)", COUNT("attribute_exists", "2")},
        {"attribute_not_exists(a, b)", COUNT("attribute_not_exists", "2")},
        {"attribute_type(a)", COUNT("attribute_type", "1")},
        {"begins_with(a)", COUNT("begins_with", "1")},
        {"contains(a)", COUNT("contains", "1")},
        {"contains(a, :s, :s)", COUNT("contains", "3")},
        {"size(a, b) = :n", COUNT("size", "2")},
        {"attribute_exists(:s)",
         "Operator or function requires a document path; operator or function: attribute_exists"},
        {"attribute_not_exists(size(a))", "Operator or function requires a document path; "
                                          "operator or function: attribute_not_exists"},
        {"begins_with(a, :n)", TYPE("begins_with", "N")},
        {"begins_with(:l, a)", TYPE("begins_with", "L")},
        {"begins_with(size(a), :s)", TYPE("begins_with", "N")},
        {"size(:n) = :n", TYPE("size", "N")},
        {"size(:bool) = :n", TYPE("size", "BOOL")},
        {"size(:null) = :n", TYPE("size", "NULL")},
        {"size(size(a)) = :n", TYPE("size", "N")},
        {"attribute_type(a, :n)", TYPE("attribute_type", "N")},
        {"attribute_type(a, :ss)", TYPE("attribute_type", "SS")},
        {"attribute_type(a, b)", TYPE("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")},
        {"attribute_type(a, :badtype)", "Invalid attribute type name found; type: X, "
                                        "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
        {"a < :bool", TYPE("<", "BOOL")},
        {":null <= a", TYPE("<=", "NULL")},
        {"a > :ss", TYPE(">", "SS")},
        {"a >= :m", TYPE(">=", "M")},
        {"a BETWEEN :l AND :l", TYPE("BETWEEN", "L")},
        {"a = a", DISTINCT("=", "[a]")},
        {"#a <> a", DISTINCT("<>", "[a]")},
        {"a.b[3] < a.b[3]", DISTINCT("<", "[a, b, [3]]")},
        {"contains(a, a)", DISTINCT("contains", "[a]")},
        {"begins_with(#dot, #dot)", DISTINCT("begins_with", "[x.y]")},
        {"a IN (:s, a)", DISTINCT("IN", "[a]")},
        {"a BETWEEN :s AND a", DISTINCT("BETWEEN", "[a]")},
        {"a BETWEEN :n AND :s",
         "The BETWEEN operator requires same data type for lower and upper bounds; lower bound "
         "operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"},
        {"a BETWEEN :t AND :s",
         "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
         "lower bound operand: AttributeValue: {S:b}, upper bound operand: AttributeValue: {S:a}"},
        {"a BETWEEN :two AND :n",
         "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
         "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"},
        {"a[4294967295] = :s", "List index is not within the allowable range; index: [4294967295]"},
        {"a[99999999999999999999999] = :s",
         "List index is not within the allowable range; index: [99999999999999999999999]"},
        {"a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a.a[0] = :s",
         "The document path has too many nesting levels; nesting levels: 33"},
    };
    struct fixture *fixture = *state;

    check_messages(fixture, EXPR_CONDITION, "Invalid ConditionExpression: ", cases,
                   ARRAY_LEN(cases));
    check_messages(fixture, EXPR_FILTER, "Invalid FilterExpression: ", cases, ARRAY_LEN(cases));
    check_messages(fixture, EXPR_KEY_CONDITION, "Invalid KeyConditionExpression: ", cases,
                   ARRAY_LEN(cases));
}

static void condition_errors_keep_their_order(void **state)
{
    static const struct message_case cases[] = {
        {"#x = :x AND foo(size) AND ((a = a))", "The expression has redundant parentheses;"},
        {"#x = :x AND size(a) AND foo(size)", "Invalid function name; function: foo"},
        {"name = :x AND size(a)", "The function is not allowed to be used this way in an "
                                  "expression; function: size"},
        {"#x = :x AND name = :s", "Attribute name is a reserved keyword; reserved keyword: name"},
        {"contains(#x, :x, a)", "An expression attribute name used in the document path is not "
                                "defined; attribute name: #x"},
        {"contains(a, :x, #x)", "An expression attribute value used in expression is not defined; "
                                "attribute value: :x"},
        {"contains(a, a, a)", COUNT("contains", "3")},
        {"begins_with(a, :n) AND a = :x", TYPE("begins_with", "N")},
        {"a BETWEEN :bool AND a", DISTINCT("BETWEEN", "[a]")},
        {"a < :bool AND b = b", TYPE("<", "BOOL")},
    };

    check_messages(*state, EXPR_CONDITION, "Invalid ConditionExpression: ", cases,
                   ARRAY_LEN(cases));
}

static void in_takes_100_operands(void **state)
{
    struct fixture *fixture = *state;
    struct buf text = BUF_EMPTY;

    fixture_bind(fixture, names, values);
    buf_append_str(&text, "a IN (:s");
    for (int i = 1; i < 100; i++)
        buf_append_str(&text, ", :s");
    buf_append_str(&text, ")");
    assert_string_equal(
        fixture_parse(fixture, EXPR_FILTER, arena_str(&fixture->arena, buf_slice(&text))), "ok");
    text.len--;
    buf_append_str(&text, ", :n)");
    assert_string_equal(
        fixture_parse(fixture, EXPR_FILTER, arena_str(&fixture->arena, buf_slice(&text))),
        "Invalid FilterExpression: The IN operator is provided with too many operands; "
        "number of operands: 101");
    buf_release(&text);
}

#define ACTION_TYPE(action, type)                                                                  \
    "Incorrect operand type for operator or function; operator: " action ", operand type: " type   \
    ", typeSet: ALLOWED_FOR_" action "_OPERAND"
#define OVERLAP(one, two)                                                                          \
    "Two document paths overlap with each other; must remove or rewrite one of these paths; "      \
    "path one: " one ", path two: " two
#define CONFLICT(one, two)                                                                         \
    "Two document paths conflict with each other; must remove or rewrite one of these paths; "     \
    "path one: " one ", path two: " two

static void updates(void **state)
{
    static const struct message_case cases[] = {
        {"SET status = :s", "Attribute name is a reserved keyword; reserved keyword: status"},
        {"SET a = foo(b)", "Invalid function name; function: foo"},
        {"SET a = contains(b, :s)",
         "The function is not allowed in an update expression; function: contains"},
        {"SET a = size(b)", "The function is not allowed in an update expression; function: size"},
        {"SET a = :s SET b = :s",
         "The \"SET\" section can only be used once in an update expression;"},
        {"REMOVE a remove b",
         "The \"REMOVE\" section can only be used once in an update expression;"},
        {"SET #x = :s", "An expression attribute name used in the document path is not defined; "
                        "attribute name: #x"},
        {"SET a = :x", "An expression attribute value used in expression is not defined; "
                       "attribute value: :x"},
        {"SET a = ((:s))", "The expression has redundant parentheses;"},
        {"SET a = :s, a = :s", OVERLAP("[a]", "[a]")},
        {"SET a = :s REMOVE #a.b", OVERLAP("[a]", "[a, b]")},
        {"SET c[1].d = :s, e = :s REMOVE c[1]", OVERLAP("[c, [1], d]", "[c, [1]]")},
        {"SET z = :s, a.b = :s ADD a[0] :n", CONFLICT("[a, b]", "[a, [0]]")},
        {"ADD a :s", ACTION_TYPE("ADD", "STRING")},
        {"ADD a :b", ACTION_TYPE("ADD", "BINARY")},
        {"ADD a :bool", ACTION_TYPE("ADD", "BOOLEAN")},
        {"ADD a :null", ACTION_TYPE("ADD", "NULL")},
        {"ADD a :l", ACTION_TYPE("ADD", "LIST")},
        {"ADD a :m", ACTION_TYPE("ADD", "MAP")},
        {"DELETE a :n", ACTION_TYPE("DELETE", "NUMBER")},
        {"DELETE a :s", ACTION_TYPE("DELETE", "STRING")},
        {"SET a = if_not_exists(a)", COUNT("if_not_exists", "1")},
        {"SET a = if_not_exists(a, :s, :s)", COUNT("if_not_exists", "3")},
        {"SET a = list_append(a)", COUNT("list_append", "1")},
        {"SET a = if_not_exists(:s, a)", "Operator or function requires a document path; operator "
                                         "or function: if_not_exists"},
        {"SET a = :s + b", TYPE("+", "S")},
        {"SET a = b - :l", TYPE("-", "L")},
        {"SET a = list_append(a, :s)", TYPE("list_append", "S")},
        {"SET a = list_append(:n, a)", TYPE("list_append", "N")},
        {"SET a = list_append(a, b) + :n", TYPE("+", "L")},
        {"SET a = list_append(a, (b + :n))", TYPE("list_append", "N")},
        {"SET a[4294967295] = :s",
         "List index is not within the allowable range; index: [4294967295]"},
        /* which comes first */
        {"SET a = foo(b), name = :s",
         "Attribute name is a reserved keyword; reserved keyword: name"},
        {"SET a = size(b), b = foo(b)", "Invalid function name; function: foo"},
        {"SET a = size(b) SET b = :s",
         "The function is not allowed in an update expression; function: size"},
        {"SET a = #x SET b = :s",
         "The \"SET\" section can only be used once in an update expression;"},
        {"SET a = :x, b = #x", "An expression attribute name used in the document path is not "
                               "defined; attribute name: #x"},
        {"SET a = :x, a = :s", "An expression attribute value used in expression is not defined; "
                               "attribute value: :x"},
        {"SET a[0] = :s, a.b = :s, c = :s, c = :s", OVERLAP("[c]", "[c]")},
        {"SET a.b = :s REMOVE a[0] ADD c :s", CONFLICT("[a, b]", "[a, [0]]")},
        {"SET a = list_append(a) ADD c :s", ACTION_TYPE("ADD", "STRING")},
    };

    check_messages(*state, EXPR_UPDATE, "Invalid UpdateExpression: ", cases, ARRAY_LEN(cases));
}

static void projections(void **state)
{
    static const struct message_case cases[] = {
        {"a, b, name", "Attribute name is a reserved keyword; reserved keyword: name"},
        {"#x", "An expression attribute name used in the document path is not defined; "
               "attribute name: #x"},
        {"a, a", OVERLAP("[a]", "[a]")},
        {"a.b, c, #a", OVERLAP("[a, b]", "[a]")},
        {"a[1], a.b", CONFLICT("[a, [1]]", "[a, b]")},
        {"a[4294967295]", "List index is not within the allowable range; index: [4294967295]"},
        {"#x, name", "Attribute name is a reserved keyword; reserved keyword: name"},
        {"a, a, #x", "An expression attribute name used in the document path is not defined; "
                     "attribute name: #x"},
        {"a[1], a.b, c, c.d", OVERLAP("[c]", "[c, d]")},
    };

    check_messages(*state, EXPR_PROJECTION, "Invalid ProjectionExpression: ", cases,
                   ARRAY_LEN(cases));
}

static void harmless_neighbours_pass(void **state)
{
    static const struct {
        enum expr_kind kind;
        const char *text;
    } cases[] = {
        {EXPR_CONDITION, "#dot = x.y"}, /* one element with a dot, and two elements */
        {EXPR_CONDITION, "size(a) = size(a)"},
        {EXPR_CONDITION, "begins_with(:s, a) AND contains(:ss, a) AND contains(a, :l)"},
        {EXPR_CONDITION, "attribute_type(:s, :type)"},
        {EXPR_CONDITION, "a = :m OR a <> :null OR a IN (:l, :bool, :bs)"},
        {EXPR_CONDITION, "size(:ns) > :n AND :b BETWEEN a AND c"},
        {EXPR_CONDITION, "a BETWEEN :s AND :s"},
        {EXPR_CONDITION, "a[4294967294] = :s"},
        {EXPR_CONDITION, "#a.name2.value_x = :s"},
        {EXPR_UPDATE, "SET a = b, b = a, c[0] = a, c[1] = a, d.x = :s, d.y = :s"},
        {EXPR_UPDATE, "SET a = list_append(a, a)"},
        {EXPR_UPDATE, "ADD a :n, b :ns, c :ss, d :bs DELETE e :ss, f :ns, g :bs"},
        {EXPR_PROJECTION, "a[0], a[1], a[10].b, a[10].c, ab, #dot, x"},
    };
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(fixture_parse(fixture, cases[i].kind, cases[i].text), "ok");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(conditions, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(condition_errors_keep_their_order, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(in_takes_100_operands, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(updates, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(projections, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(harmless_neighbours_pass, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
