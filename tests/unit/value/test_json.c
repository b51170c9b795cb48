/*
 * test_json.c - reading JSON: what is JSON, what is not, and what cursors see.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

static void members_are_found_by_name_and_the_last_wins(void **state)
{
    struct json root =
        fixture_parse(*state, "{\"a\":1,\"b\":{\"a\":2,\"c\":[3]},\"a\":\"x\",\"\":true}");
    struct json value;

    assert_int_equal(json_type(root), JSON_OBJECT);
    assert_int_equal(json_count(root), 4);
    assert_true(json_member(root, SLICE("a"), &value));
    assert_true(slice_eq_str(json_string(value), "x"));
    assert_true(json_member(root, SLICE("b"), &value));
    assert_int_equal(json_count(value), 2);
    assert_true(json_member(root, SLICE(""), &value));
    assert_true(json_bool(value));
    assert_false(json_member(root, SLICE("c"), &value));
    assert_false(json_member(value, SLICE("a"), &value)); /* no object: no members */
}

static void iteration_goes_in_order_over_elements_of_every_kind(void **state)
{
    struct json root = fixture_parse(
        *state, "[null,true,false,1,-1,18446744073709551615,1.5,\"s\",[1],{\"k\":2}]");
    static const enum json_type types[] = {
        JSON_NULL,   JSON_BOOL,   JSON_BOOL,   JSON_NUMBER, JSON_NUMBER,
        JSON_NUMBER, JSON_NUMBER, JSON_STRING, JSON_ARRAY,  JSON_OBJECT,
    };
    struct json_iterator iterator = json_iterate(root);
    struct json value;
    struct slice name;

    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        assert_true(json_next(&iterator, &name, &value));
        assert_int_equal(json_type(value), types[i]);
        assert_int_equal(name.len, 0);
    }
    assert_false(json_next(&iterator, &name, &value));
    iterator = json_iterate(value); /* the object {"k": 2} */
    assert_true(json_next(&iterator, &name, &value));
    assert_true(slice_eq_str(name, "k"));
    assert_false(json_next(&iterator, NULL, &value));
    iterator = json_iterate(value); /* a number: nothing to iterate */
    assert_false(json_next(&iterator, NULL, &value));
}

static void numbers_are_integers_truncated_or_clamped(void **state)
{
    static const struct {
        const char *text;
        int whole;
        int64_t value;
        bool fraction;
    } cases[] = {
        {"0", 1, 0, false},
        {"-7", 1, -7, false},
        {"9223372036854775807", 1, INT64_MAX, false},
        {"-9223372036854775808", 1, INT64_MIN, false},
        {"9223372036854775808", 0, INT64_MAX, false},
        {"1.9", 0, 1, true},
        {"-1.9", 0, -1, true},
        {"1e2", 0, 100, true},
        {"1e300", 0, INT64_MAX, true},
        {"-1e300", 0, INT64_MIN, true},
        {"\"1\"", 0, 0, false},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct json json = fixture_parse(*state, cases[i].text);
        int64_t value = -99;

        assert_int_equal(json_integer(json, &value), cases[i].whole);
        assert_int_equal(value, cases[i].value);
        assert_int_equal(json_is_fraction(json), cases[i].fraction);
    }
    assert_true(json_double(fixture_parse(*state, "0.5")) == 0.5);
    assert_true(json_double(fixture_parse(*state, "-3")) == -3.0);
    assert_true(json_double(fixture_parse(*state, "18446744073709551615")) == 0x1p64);
}

static void strings_are_unescaped_and_may_hold_nul(void **state)
{
    struct json json = fixture_parse(*state, "\"a\\u0000b\\n\\u00e9\\ud83d\\ude00\\/\"");

    assert_true(slice_eq(json_string(json), SLICE("a\0b\n\xc3\xa9\xf0\x9f\x98\x80/")));
}

static void text_that_is_not_json_is_refused(void **state)
{
    static const struct slice cases[] = {
        SLICE_EMPTY,
        SLICE(" "),
        SLICE("{"),
        SLICE("}"),
        SLICE("{\"a\"}"),
        SLICE("{\"a\":}"),
        SLICE("{a:1}"),
        SLICE("[1,]"),
        SLICE("{\"a\":1,}"),
        SLICE("'a'"),
        SLICE("nul"),
        SLICE("01"),
        SLICE("1 2"),
        SLICE("\"a"),
        SLICE("\"\\x\""),
        SLICE("\"\x01\""),
        SLICE("\"a\0\""),
        SLICE("{}\0"),
        SLICE("[1"),
        SLICE("\"\\u12\""),
        SLICE("NaN"),
        SLICE("// c\n1"),
        SLICE("\xef\xbb\xbf"),
        SLICE("\"\xff\""),             /* not UTF-8 */
        SLICE("\"\xc0\x80\""),         /* overlong */
        SLICE("\"\xed\xa0\x80\""),     /* a surrogate in UTF-8 */
        SLICE("\"\xf4\x90\x80\x80\""), /* above U+10FFFF */
        SLICE("\"\xe2\x82\""),         /* cut short */
        SLICE("\"\\ud800\""),          /* lone surrogates */
        SLICE("\"\\udc00\""),
        SLICE("\"\\ud800\\u0041\""),
        SLICE("\"\\ud800\\ud800\""),
    };
    struct fixture *fixture = *state;
    struct json root;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (json_parse(fixture->parser, cases[i], &root) != ST_REFUSED)
            fail_msg("case %zu was accepted: %.*s", i, SLICE_ARGS(cases[i]));
    fixture_parse(fixture, "{\"still\":\"works\"}");
}

/* [[[ ... 1 ... ]]] */
static struct slice nested(uint8_t *text, size_t depth)
{
    memset(text, '[', depth);
    text[depth] = '1';
    memset(text + depth + 1, ']', depth);
    return slice_of(text, 2 * depth + 1);
}

static void depth_is_bounded(void **state)
{
    enum { FAR_TOO_DEEP = 100000 };
    struct fixture *fixture = *state;
    uint8_t *text = test_malloc(2 * FAR_TOO_DEEP + 1);
    struct json root;

    assert_int_equal(json_parse(fixture->parser, nested(text, JSON_DEPTH_MAX), &root), 0);
    assert_int_equal(json_parse(fixture->parser, nested(text, JSON_DEPTH_MAX + 1), &root),
                     ST_REFUSED);
    assert_int_equal(json_parse(fixture->parser, nested(text, FAR_TOO_DEEP), &root), ST_REFUSED);
    test_free(text);
}

/* The body is not padded, may be freed at once, and each parse replaces the one before. */
static void a_parser_is_reused_for_bodies_of_any_length(void **state)
{
    struct fixture *fixture = *state;

    for (size_t len = 2; len < 100000; len = len * 3 + 1) {
        uint8_t *body = malloc(len);
        struct json root;

        assert_non_null(body);
        memset(body, 'x', len);
        body[0] = body[len - 1] = '"';
        assert_int_equal(json_parse(fixture->parser, slice_of(body, len), &root), 0);
        free(body);
        assert_int_equal(json_string(root).len, len - 2);
    }
    assert_int_equal(json_type(fixture_parse(fixture, "true")), JSON_BOOL);
}

/* simdjson stops counting at 2^24 - 1. */
static void counts_beyond_the_tape_s_counter(void **state)
{
    enum { COUNT = 0xFFFFFF + 2 };
    struct fixture *fixture = *state;
    uint8_t *body = malloc(2 * COUNT + 1);
    struct json root;

    assert_non_null(body);
    for (size_t i = 0; i < COUNT; i++) {
        body[2 * i] = i == 0 ? '[' : ',';
        body[2 * i + 1] = '1';
    }
    body[2 * COUNT] = ']';
    assert_int_equal(json_parse(fixture->parser, slice_of(body, 2 * COUNT + 1), &root), 0);
    assert_int_equal(json_count(root), COUNT);
    free(body);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(members_are_found_by_name_and_the_last_wins),
        TEST(iteration_goes_in_order_over_elements_of_every_kind),
        TEST(numbers_are_integers_truncated_or_clamped),
        TEST(strings_are_unescaped_and_may_hold_nul),
        TEST(text_that_is_not_json_is_refused),
        TEST(depth_is_bounded),
        TEST(a_parser_is_reused_for_bodies_of_any_length),
        TEST(counts_beyond_the_tape_s_counter),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
