/*
 * test_item.c - looking into items, building them from parts, keys.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

static void attributes_are_found_and_iterated_in_order(void **state)
{
    struct slice item =
        fixture_item(*state, "{\"c\":{\"S\":\"3\"},\"a\":{\"N\":\"1\"},\"bb\":{\"BOOL\":true}}");
    static const char *const names[] = {"a", "bb", "c"};
    struct value_iterator iterator = item_iterate(item);
    struct value value;
    struct slice name;

    assert_int_equal(item_count(item), 3);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_true(value_next(&iterator, &name, &value));
        assert_true(slice_eq_str(name, names[i]));
    }
    assert_false(value_next(&iterator, &name, &value));
    assert_true(item_find(item, SLICE("bb"), &value));
    assert_int_equal(value.type, VALUE_TRUE);
    assert_false(item_find(item, SLICE("b"), &value));
    assert_false(item_find(ITEM_EMPTY, SLICE("a"), &value));
    assert_int_equal(item_count(ITEM_EMPTY), 0);
    assert_int_equal(item_check(ITEM_EMPTY), 0);
}

static void elements_of_sets_compare_with_values(void **state)
{
    struct slice item = fixture_item(
        *state, "{\"s\":{\"NS\":[\"2\",\"1\"]},\"n\":{\"N\":\"2.0\"},\"t\":{\"S\":\"2\"}}");
    struct value set = fixture_attribute(item, "s"), number = fixture_attribute(item, "n");
    struct value text = fixture_attribute(item, "t"), element;
    struct value_iterator iterator = value_iterate(&set);

    assert_int_equal(value_count(&set), 2);
    assert_true(value_next(&iterator, NULL, &element));
    assert_int_equal(element.type, VALUE_N);
    assert_true(value_cmp(&element, &number) < 0);
    assert_true(value_next(&iterator, NULL, &element));
    assert_true(value_eq(&element, &number));
    assert_false(value_eq(&element, &text));
    assert_false(value_next(&iterator, NULL, &element));
}

static void built_items_are_sorted_and_the_last_of_a_name_wins(void **state)
{
    struct fixture *fixture = *state;
    struct slice from = fixture_item(fixture,
                                     "{\"x\":{\"S\":\"1\"},\"y\":{\"S\":\"2\"},\"z\":{\"L\":[]}}"),
                 item;
    struct value x = fixture_attribute(from, "x"), y = fixture_attribute(from, "y");
    struct item_builder builder;

    item_builder_init(&builder, &fixture->arena);
    assert_int_equal(item_build(&builder, &item), 0);
    assert_true(slice_eq(item, ITEM_EMPTY));
    for (int i = 0; i < 100; i++) {
        char *name = arena_printf(&fixture->arena, "%03d", i * 37 % 50);

        item_builder_add(&builder, slice_str(name), i < 50 ? x.encoded : y.encoded);
    }
    assert_int_equal(item_build(&builder, &item), 0);
    assert_int_equal(item_check(item), 0);
    assert_int_equal(item_count(item), 50);
    assert_true(slice_eq_str(fixture_attribute(item, "007").payload, "2"));
}

static void key_bytes_are_payloads_and_come_back(void **state)
{
    static const char *const names[] = {"s", "n", "b"};
    struct fixture *fixture = *state;
    struct slice item = fixture_item(
        fixture, "{\"s\":{\"S\":\"k\"},\"n\":{\"N\":\"-1.5\"},\"b\":{\"B\":\"AP8=\"}}");
    struct slice encoded;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct value value = fixture_attribute(item, names[i]);

        assert_int_equal(
            value_from_key_bytes(value.type, value_key_bytes(&value), &fixture->arena, &encoded),
            0);
        assert_true(slice_eq(encoded, value.encoded));
    }
    assert_int_equal(value_from_key_bytes(VALUE_N, SLICE("\x01"), &fixture->arena, &encoded),
                     ST_CORRUPT);
}

static void types_have_their_names(void **state)
{
    static const char *const names[] = {"S",  "N",  "B",  "BOOL", "BOOL", "NULL",
                                        "SS", "NS", "BS", "L",    "M"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        assert_string_equal(value_type_name((enum value_type)(VALUE_S + i)), names[i]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(attributes_are_found_and_iterated_in_order),
        TEST(elements_of_sets_compare_with_values),
        TEST(built_items_are_sorted_and_the_last_of_a_name_wins),
        TEST(key_bytes_are_payloads_and_come_back),
        TEST(types_have_their_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
