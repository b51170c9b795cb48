/*
 * test_base64.c - a binary has exactly one spelling in base64, and only that one is accepted.
 *
 * The codec is private to value/, so it is tested through B values.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

static void rfc4648_vectors_both_ways(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
        {"\xff\xfe\xfd", "//79"},
        {"\xfb\xef\xbe", "++++"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char json[64];
        struct slice item;
        struct value value;

        snprintf(json, sizeof(json), "{\"a\":{\"B\":\"%s\"}}", cases[i][1]);
        item = fixture_item(*state, json);
        value = fixture_attribute(item, "a");
        assert_int_equal(value.type, VALUE_B);
        assert_true(slice_eq_str(value.payload, cases[i][0]));
        assert_string_equal(fixture_json(*state, item), json);
    }
}

static void other_spellings_are_refused(void **state)
{
    static const char length[] =
        "Base64 encoded length is expected a multiple of 4 bytes but found: ";
    static const char last[] = "Invalid last non-pad Base64 character dectected";
    static const struct {
        const char *base64, *message, *suffix;
    } cases[] = {
        {"a", length, "1"},
        {"Zg=", length, "3"},
        {"Zm9vY", length, "5"},
        {"Zh==", last, ""},
        {"Zm9=", last, ""},
        {"Z===", last, ""},
        {"====", last, ""},
        {"Zg==Zg==", last, ""},
        {"Zm9-", last, ""},
        {"Zm9_", last, ""},
        {"Zm 9", last, ""},
        {"=Zg=", last, ""},
        {"Zm=9", last, ""},
        {"Zm9\xc3\xa9"
         "Zm9",
         last, ""},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char json[64], message[128];
        struct slice item;

        snprintf(json, sizeof(json), "{\"a\":{\"B\":\"%s\"}}", cases[i].base64);
        assert_int_equal(
            item_from_json(fixture_parse(fixture, json), &fixture->arena, &item, &fixture->refusal),
            ST_REFUSED);
        snprintf(message, sizeof(message), "%s%s", cases[i].message, cases[i].suffix);
        assert_string_equal(fixture->refusal.refusal.text, message);
        assert_true(fixture->refusal.serialization);
    }
}

static void all_bytes_survive(void **state)
{
    struct fixture *fixture = *state;
    uint8_t bytes[256];
    struct slice encoded, item;
    struct item_builder builder;
    struct value value;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (uint8_t)i;
    for (size_t len = 0; len <= sizeof(bytes); len++) {
        assert_int_equal(
            value_from_key_bytes(VALUE_B, slice_of(bytes, len), &fixture->arena, &encoded), 0);
        item_builder_init(&builder, &fixture->arena);
        item_builder_add(&builder, SLICE("a"), encoded);
        assert_int_equal(item_build(&builder, &item), 0);
        item = fixture_item(fixture, fixture_json(fixture, item));
        value = fixture_attribute(item, "a");
        assert_true(slice_eq(value.payload, slice_of(bytes, len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rfc4648_vectors_both_ways, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(other_spellings_are_refused, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(all_bytes_survive, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
