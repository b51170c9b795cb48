/*
 * test_bindings.c - ExpressionAttributeNames and Values: what is refused, in which order and words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

#define LONG_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define LONG_252 LONG_63 LONG_63 LONG_63 LONG_63
#define VALUE_INVALID "ExpressionAttributeValues contains invalid value: "

static void invalid_maps_are_refused(void **state)
{
    static const struct {
        const char *names, *values, *message;
        bool envelope;
    } cases[] = {
        {"{}", NULL, "ExpressionAttributeNames must not be empty", false},
        {NULL, "{}", "ExpressionAttributeValues must not be empty", false},
        {"{\"a\": \"x\"}", NULL,
         "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"", false},
        {"{\"#\": \"x\"}", NULL,
         "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#\"", false},
        {"{\"#a-b\": \"x\"}", NULL,
         "ExpressionAttributeNames contains invalid key: Syntax error; key: \"#a-b\"", false},
        {"{\":a\": \"x\"}", NULL,
         "ExpressionAttributeNames contains invalid key: Syntax error; key: \":a\"", false},
        {NULL, "{\"#v\": {\"S\": \"x\"}}",
         "ExpressionAttributeValues contains invalid key: Syntax error; key: \"#v\"", false},
        {NULL, "{\"\": {\"S\": \"x\"}}",
         "ExpressionAttributeValues contains invalid key: Syntax error; key: \"\"", false},
        /* 256 bytes; length is checked before syntax */
        {"{\"-abc" LONG_252 "\": \"x\"}", NULL,
         "ExpressionAttributeNames contains invalid key: The expression attribute map contains a "
         "key that is too long; size of key: 256",
         false},
        {NULL, "{\":abc" LONG_252 "\": {\"S\": \"x\"}}",
         "ExpressionAttributeValues contains invalid key: The expression attribute map contains a "
         "key that is too long;",
         false},
        {NULL, "{\":v\": {}}",
         VALUE_INVALID
         "Supplied AttributeValue is empty, must contain exactly one of the supported "
         "datatypes for key :v",
         false},
        {NULL, "{\":v\": {\"N\": \"x\"}}",
         VALUE_INVALID "The parameter cannot be converted to a numeric value: x for key :v", false},
        {NULL, "{\":v\": {\"L\": [{\"NS\": [\"1E400\"]}]}}",
         VALUE_INVALID "Number overflow. Attempting to store a number with magnitude larger than "
                       "supported range for key :v",
         false},
        {NULL, "{\":v\": {\"SS\": []}}",
         VALUE_INVALID "One or more parameter values were invalid: An string set  may not be empty "
                       "for key :v",
         true},
        {NULL, "{\":a\": {\"S\": \"x\"}, \":v\": {\"S\": \"x\", \"N\": \"1\"}}",
         VALUE_INVALID "Supplied AttributeValue has more than one datatypes set, must contain "
                       "exactly one of the supported datatypes for key :v",
         false},
        {"{\"#a\": \"\"}", NULL,
         "ExpressionAttributeNames contains invalid value: Empty attribute name for key #a", false},
        /* order: names' keys, values' keys, values, names */
        {"{\"a\": \"\"}", "{\"v\": {}}",
         "ExpressionAttributeNames contains invalid key: Syntax error; key: \"a\"", false},
        {"{\"#a\": \"\"}", "{\":a\": {}, \"b\": {\"S\": \"\"}}",
         "ExpressionAttributeValues contains invalid key: Syntax error; key: \"b\"", false},
        {"{\"#a\": \"\"}", "{\":a\": {}}",
         VALUE_INVALID
         "Supplied AttributeValue is empty, must contain exactly one of the supported "
         "datatypes for key :a",
         false},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(fixture_read_bindings(fixture, cases[i].names, cases[i].values),
                         ST_REFUSED);
        assert_string_equal(fixture->error.refusal.text, cases[i].message);
        assert_int_equal(fixture->error.envelope, cases[i].envelope);
        assert_false(fixture->error.serialization);
    }
}

static void wrong_json_types_come_before_everything(void **state)
{
    static const struct {
        const char *names, *values, *message;
    } cases[] = {
        {"3", NULL, "Unexpected field type"},
        {"[]", NULL,
         "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"},
        {NULL, "\"x\"", "Unexpected field type"},
        {NULL, "[]",
         "Unrecognized collection type java.util.Map<java.lang.String, "
         "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
        {"{\"#a\": 1}", NULL, "NUMBER_VALUE cannot be converted to String"},
        {"{\"#a\": 1.5}", NULL, "DECIMAL_VALUE cannot be converted to String"},
        {"{\"#a\": true}", NULL, "TRUE_VALUE cannot be converted to String"},
        {"{\"#a\": []}", NULL, "Unrecognized collection type class java.lang.String"},
        {"{\"#a\": {}}", NULL, "Start of structure or map found where not expected"},
        {"{\"a\": \"\"}", "{\"x\": {}, \":v\": {\"N\": 1}}",
         "NUMBER_VALUE cannot be converted to String"},
        {NULL, "{\":v\": \"x\"}", "Unexpected value type in payload"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(fixture_read_bindings(fixture, cases[i].names, cases[i].values),
                         ST_REFUSED);
        assert_string_equal(fixture->error.refusal.text, cases[i].message);
        assert_true(fixture->error.serialization);
    }
}

static void null_is_absent(void **state)
{
    struct fixture *fixture = *state;

    fixture_bind(fixture, "null", "null");
    assert_false(fixture->bindings.names_present);
    assert_false(fixture->bindings.values_present);
    fixture_bind(fixture, "{\"#a\": \"x\"}", NULL);
    assert_true(fixture->bindings.names_present);
    assert_false(fixture->bindings.values_present);
}

static void unused_placeholders_are_listed_names_first(void **state)
{
    struct fixture *fixture = *state;

    fixture_bind(fixture, "{\"#c\": \"c\", \"#a\": \"a\", \"#b\": \"b\"}",
                 "{\":y\": {\"S\": \"\"}, \":x\": {\"S\": \"\"}}");
    assert_string_equal(fixture_parse(fixture, EXPR_CONDITION, "attribute_exists(#b)"), "ok");
    assert_int_equal(expr_bindings_check_unused(&fixture->bindings, &fixture->error), ST_REFUSED);
    assert_string_equal(fixture->error.refusal.text,
                        "Value provided in ExpressionAttributeNames unused in expressions: "
                        "keys: {#a, #c}");
    assert_false(fixture->error.envelope);

    assert_string_equal(fixture_parse(fixture, EXPR_PROJECTION, "#a, #c"), "ok");
    assert_int_equal(expr_bindings_check_unused(&fixture->bindings, &fixture->error), ST_REFUSED);
    assert_string_equal(fixture->error.refusal.text,
                        "Value provided in ExpressionAttributeValues unused in expressions: "
                        "keys: {:x, :y}");

    /* use is a matter of text: the second part is never evaluated */
    assert_string_equal(
        fixture_parse(fixture, EXPR_UPDATE, "SET z = if_not_exists(a, :x) + :y"),
        "Invalid UpdateExpression: Incorrect operand type for operator or function; "
        "operator or function: +, operand type: S");
    assert_string_equal(fixture_parse(fixture, EXPR_CONDITION, "#a = :x OR #a = :y"), "ok");
    assert_int_equal(expr_bindings_check_unused(&fixture->bindings, &fixture->error), 0);
}

static void the_last_of_equal_keys_counts(void **state)
{
    struct fixture *fixture = *state;
    struct slice item = fixture_item(fixture, "{\"x\": {\"S\": \"new\"}}");

    fixture_bind(fixture, "{\"#a\": \"w\", \"#b\": \"y\", \"#a\": \"x\"}",
                 "{\":v\": {\"S\": \"old\"}, \":v\": {\"S\": \"new\"}}");
    assert_int_equal(fixture->bindings.name_count, 2);
    assert_int_equal(fixture->bindings.value_count, 1);
    assert_true(fixture_holds(fixture, "#a = :v", item));
}

static void many_placeholders_are_found(void **state)
{
    struct fixture *fixture = *state;
    struct buf names = BUF_EMPTY;

    buf_append_str(&names, "{");
    for (int i = 0; i < 1000; i++)
        buf_printf(&names, "%s\"#n%d\": \"name%d\"", i > 0 ? "," : "", (i * 7) % 1000,
                   (i * 7) % 1000);
    buf_append_str(&names, "}");
    fixture_bind(fixture, arena_str(&fixture->arena, buf_slice(&names)), NULL);
    for (int i = 0; i < 1000; i++) {
        const char *text = arena_printf(&fixture->arena, "#n%d = #n%d", i, i);
        const char *message = fixture_parse(fixture, EXPR_FILTER, text);
        const char *path = arena_printf(&fixture->arena, "first operand: [name%d]", i);

        assert_non_null(strstr(message, path));
    }
    assert_int_equal(expr_bindings_check_unused(&fixture->bindings, &fixture->error), 0);
    buf_release(&names);
}

/** A map of one entry whose name or string has `bytes` bytes. */
static char *long_entry(const char *before, size_t bytes, const char *after)
{
    size_t before_len = strlen(before);
    char *text = malloc(before_len + bytes + strlen(after) + 1);

    assert_non_null(text);
    memcpy(text, before, before_len);
    memset(text + before_len, 'x', bytes);
    memcpy(text + before_len + bytes, after, strlen(after) + 1);
    return text;
}

static void lengths_are_limited(void **state)
{
    struct fixture *fixture = *state;
    char *longest = long_entry("{\"#a\": \"", 65535, "\"}");
    char *too_long = long_entry("{\"#a\": \"", 65536, "\"}");
    char *too_much = long_entry("{\":a\": {\"S\": \"", EXPR_VARIABLES_BYTES_MAX - 1, "\"}}");
    char *most = long_entry("{\":a\": {\"S\": \"", EXPR_VARIABLES_BYTES_MAX - 2, "\"}}");

    assert_int_equal(fixture_read_bindings(fixture, longest, NULL), 0);
    assert_int_equal(fixture_read_bindings(fixture, too_long, NULL), ST_REFUSED);
    assert_string_equal(fixture->error.refusal.text,
                        "Attribute name is too large, must be less than 65536 bytes");
    assert_true(fixture->error.envelope);
    assert_int_equal(fixture_read_bindings(fixture, NULL, most), 0);
    assert_int_equal(fixture_read_bindings(fixture, NULL, too_much), ST_REFUSED);
    free(longest);
    free(too_long);
    free(too_much);
    free(most);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(invalid_maps_are_refused, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(wrong_json_types_come_before_everything, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(null_is_absent, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(unused_placeholders_are_listed_names_first, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(the_last_of_equal_keys_counts, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(many_placeholders_are_found, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(lengths_are_limited, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
