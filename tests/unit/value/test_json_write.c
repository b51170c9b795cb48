/*
 * test_json_write.c - the writer's commas, escapes and numbers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

static const char *text_of(struct fixture *fixture)
{
    buf_append_u8(&fixture->out, 0);
    assert_false(buf_failed(&fixture->out));
    return (const char *)fixture->out.ptr;
}

static void commas_are_placed_by_the_writer(void **state)
{
    struct fixture *fixture = *state;
    struct json_writer writer = json_writer_of(&fixture->out);

    json_object_begin(&writer);
    json_key(&writer, "a");
    json_put_int(&writer, -5);
    json_key_slice(&writer, SLICE("b\"c"));
    json_array_begin(&writer);
    json_put_uint(&writer, UINT64_MAX);
    json_put_int(&writer, INT64_MIN);
    json_put_bool(&writer, true);
    json_put_bool(&writer, false);
    json_put_null(&writer);
    json_array_begin(&writer);
    json_array_end(&writer);
    json_object_begin(&writer);
    json_object_end(&writer);
    json_put_raw(&writer, SLICE("{\"x\":1}"));
    json_put_str(&writer, "s");
    json_array_end(&writer);
    json_key(&writer, "d");
    json_put_string(&writer, SLICE_EMPTY);
    json_object_end(&writer);
    assert_string_equal(text_of(fixture),
                        "{\"a\":-5,\"b\\\"c\":[18446744073709551615,-9223372036854775808,true,"
                        "false,null,[],{},{\"x\":1},\"s\"],\"d\":\"\"}");
}

static void only_what_json_demands_is_escaped(void **state)
{
    struct fixture *fixture = *state;
    struct json_writer writer = json_writer_of(&fixture->out);

    json_put_string(&writer, SLICE("\"\\\b\f\n\r\t\0\x01\x1f /\x7f\xc3\xa9\xf0\x9f\x98\x80<>&'"));
    assert_string_equal(
        text_of(fixture),
        "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u0001\\u001F /\x7f\xc3\xa9\xf0\x9f\x98\x80<>&'\"");
}

/* An escape at each place of a string of each length: the search goes 16 bytes at a time. */
static void escapes_are_found_at_every_offset(void **state)
{
    static const char specials[] = {'"', '\\', '\n', '\x1f', '\0'};
    struct fixture *fixture = *state;

    for (size_t len = 1; len <= 50; len++) {
        for (size_t at = 0; at < len; at++) {
            uint8_t text[50];
            struct json_writer writer = json_writer_of(&fixture->out);
            struct json root;

            memset(text, 0xC3 - 0x80 + at % 7, len); /* plain letters */
            text[at] = (uint8_t)specials[at % sizeof(specials)];
            buf_clear(&fixture->out);
            json_put_string(&writer, slice_of(text, len));
            assert_int_equal(json_parse(fixture->parser, buf_slice(&fixture->out), &root), 0);
            assert_true(slice_eq(json_string(root), slice_of(text, len)));
        }
    }
}

static void doubles_are_short_and_read_back_equal(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {1, "1.0"},
        {0.5, "0.5"},
        {-2, "-2.0"},
        {0.1, "0.1"},
        {1.5, "1.5"},
        {100, "100.0"},
        {1e21, "1e+21"},
        {1.0 / 3, "0.3333333333333333"},
        {123456789.25, "123456789.25"},
        {0.1 + 0.2, "0.30000000000000004"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_writer writer = json_writer_of(&fixture->out);

        buf_clear(&fixture->out);
        json_put_double(&writer, cases[i].value);
        assert_string_equal(text_of(fixture), cases[i].text);
        assert_true(json_double(fixture_parse(fixture, cases[i].text)) == cases[i].value);
    }
}

static void times_are_seconds_with_three_decimals(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "0.000"},   {1, "0.001"},   {1700000000123, "1700000000.123"},
        {-1, "-0.001"}, {999, "0.999"}, {-60000, "-60.000"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json_writer writer = json_writer_of(&fixture->out);

        buf_clear(&fixture->out);
        json_put_millis(&writer, cases[i].ms);
        assert_string_equal(text_of(fixture), cases[i].text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commas_are_placed_by_the_writer, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(only_what_json_demands_is_escaped, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(escapes_are_found_at_every_offset, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(doubles_are_short_and_read_back_equal, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(times_are_seconds_with_three_decimals, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
