/*
 * test_value_size.c - DynamoDB's item size, by the worked examples of the specification.
 *
 * Source: Developer Guide, "Item sizes and formats"; number sizes as measured by public projects.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

static void worked_examples(void **state)
{
    static const struct {
        const char *json;
        size_t size;
    } cases[] = {
        {"{}", 0},
        {"{\"pk\":{\"S\":\"a\"}}", 3},
        {"{\"pk\":{\"S\":\"a\"},\"n\":{\"N\":\"-12.50\"}}", 8},
        {"{\"pk\":{\"S\":\"a\"},\"t\":{\"BOOL\":true},\"z\":{\"NULL\":true}}", 7},
        {"{\"pk\":{\"S\":\"a\"},\"l\":{\"L\":[]}}", 7},
        {"{\"pk\":{\"S\":\"a\"},\"l\":{\"L\":[{\"S\":\"xy\"},{\"N\":\"7\"}]}}", 13},
        {"{\"pk\":{\"S\":\"a\"},\"m\":{\"M\":{\"k\":{\"S\":\"\xc3\xa9\"}}}}", 11},
        {"{\"pk\":{\"S\":\"a\"},\"s\":{\"SS\":[\"ab\",\"c\"]}}", 7},
        {"{\"n\":{\"NS\":[\"1\",\"1000\",\"-1.5\"]}}", 1 + 2 + 2 + 4},
        {"{\"b\":{\"BS\":[\"Zg==\",\"Zm8=\"]}}", 1 + 1 + 2},
        {"{\"b\":{\"B\":\"Zm9v\"}}", 1 + 3},
        {"{\"m\":{\"M\":{\"a\":{\"L\":[{\"BOOL\":false}]},\"bc\":{\"NULL\":true}}}}",
         1 + 3 + (1 + 1 + (3 + 1 + 1)) + (1 + 2 + 1)},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(item_size(fixture_item(*state, cases[i].json)), cases[i].size);
}

static void numbers_in_items_have_the_size_of_numbers(void **state)
{
    static const char *const texts[] = {
        "0",
        "7",
        "-7",
        "10",
        "1000",
        "10.01",
        "3.14159",
        "0.0000001",
        "-1.5",
        "123",
        "0.1",
        "0.01",
        "99999999999999999999999999999999999999",
        "-1E125",
        "1.23E-120",
        "100.001",
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct number number;
        struct value value;
        char json[128];

        snprintf(json, sizeof(json), "{\"a\":{\"N\":\"%s\"}}", texts[i]);
        value = fixture_attribute(fixture_item(*state, json), "a");
        number = value_number(&value);
        assert_int_equal(value_size(&value), number_size(&number));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(worked_examples, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(numbers_in_items_have_the_size_of_numbers, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
