/*
 * test_item_check.c - bytes of a peer or a disk are an item only if they are the canonical one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

static void each_deviation_from_the_format_is_corrupt(void **state)
{
    static const struct {
        const char *why;
        struct slice bytes;
    } cases[] = {
        {"nothing at all", SLICE_EMPTY},
        {"more than the item", SLICE("\x00\x00")},
        {"fewer attributes than counted", SLICE("\x02\x01"
                                                "a\x04")},
        {"count not minimal", SLICE("\x80\x00")},
        {"huge count", SLICE("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")},
        {"empty name", SLICE("\x01\x00\x04")},
        {"name beyond the end", SLICE("\x01\x09"
                                      "a\x04")},
        {"name not UTF-8", SLICE("\x01\x01\xff\x04")},
        {"names out of order", SLICE("\x02\x01"
                                     "b\x04\x01"
                                     "a\x04")},
        {"name twice", SLICE("\x02\x01"
                             "a\x04\x01"
                             "a\x04")},
        {"type 0", SLICE("\x01\x01"
                         "a\x00")},
        {"type 12", SLICE("\x01\x01"
                          "a\x0c\x00")},
        {"no value", SLICE("\x01\x01"
                           "a")},
        {"string beyond the end", SLICE("\x01\x01"
                                        "a\x01\x05"
                                        "xy")},
        {"length not minimal", SLICE("\x01\x01"
                                     "a\x01\x81\x00"
                                     "x")},
        {"string not UTF-8", SLICE("\x01\x01"
                                   "a\x01\x02\xc3(")},
        {"number not canonical", SLICE("\x01\x01"
                                       "a\x02\x03\xc1\x02\x01")},
        {"number empty", SLICE("\x01\x01"
                               "a\x02\x00")},
        {"set empty", SLICE("\x01\x01"
                            "a\x07\x01\x00")},
        {"set without count", SLICE("\x01\x01"
                                    "a\x07\x00")},
        {"set unordered", SLICE("\x01\x01"
                                "a\x07\x05\x02\x01"
                                "b\x01"
                                "a")},
        {"set with duplicates", SLICE("\x01\x01"
                                      "a\x07\x05\x02\x01"
                                      "a\x01"
                                      "a")},
        {"set with a rest", SLICE("\x01\x01"
                                  "a\x07\x04\x01\x01"
                                  "a\x00")},
        {"set element not UTF-8", SLICE("\x01\x01"
                                        "a\x07\x03\x01\x01\xff")},
        {"number set with text", SLICE("\x01\x01"
                                       "a\x08\x03\x01\x01"
                                       "a")},
        {"list with a rest", SLICE("\x01\x01"
                                   "a\x0a\x02\x00\x04")},
        {"list too short", SLICE("\x01\x01"
                                 "a\x0a\x02\x02\x04")},
        {"list without count", SLICE("\x01\x01"
                                     "a\x0a\x00")},
        {"map unordered", SLICE("\x01\x01"
                                "a\x0b\x07\x02\x01"
                                "b\x04\x01"
                                "a\x04")},
        {"map with an empty name", SLICE("\x01\x01"
                                         "a\x0b\x03\x01\x00\x04")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (item_check(cases[i].bytes) != ST_CORRUPT)
            fail_msg("accepted: %s", cases[i].why);
}

static void each_type_in_canonical_form_is_an_item(void **state)
{
    static const struct slice cases[] = {
        SLICE("\x01\x01"
              "a\x04"),
        SLICE("\x01\x01"
              "a\x01\x00"),
        SLICE("\x01\x01"
              "a\x02\x01\x80"),
        SLICE("\x01\x01"
              "a\x03\x01\xff"),
        SLICE("\x01\x01"
              "a\x07\x05\x02\x01"
              "a\x01"
              "b"),
        SLICE("\x01\x01"
              "a\x07\x02\x01\x00"), /* the set of the empty string */
        SLICE("\x01\x01"
              "a\x0a\x01\x00"),
        SLICE("\x01\x01"
              "a\x0b\x04\x01\x01"
              "k\x06"),
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(item_check(cases[i]), 0);
}

/* Lists inside lists: level n has n containers around nothing. */
static void nesting_is_bounded(void **state)
{
    (void)state;
    for (unsigned levels = 1; levels <= 60; levels++) {
        uint8_t bytes[3 + 3 * 60], *at = bytes + sizeof(bytes);

        for (unsigned i = 0; i < levels; i++) { /* from the inside out */
            size_t contents = (size_t)(bytes + sizeof(bytes) - at);

            *--at = i == 0 ? 0 : 1;
            *--at = (uint8_t)(contents + 1);
            *--at = VALUE_L;
        }
        *--at = 'a';
        *--at = 1;
        *--at = 1;
        if (levels * 3 > 0x7F) /* lengths of one byte only */
            break;
        assert_int_equal(item_check(slice_of(at, (size_t)(bytes + sizeof(bytes) - at))),
                         levels <= VALUE_DEPTH_MAX ? 0 : ST_CORRUPT);
    }
}

/* No prefix of an item is an item, and looking into one stays inside its bytes. */
static void truncated_items_are_corrupt(void **state)
{
    struct slice item = fixture_item(*state, "{\"a\":{\"S\":\"x\"},\"b\":{\"NS\":[\"1\",\"2\"]},"
                                             "\"c\":{\"L\":[{\"M\":{\"k\":{\"B\":\"AAAA\"}}}]}}");

    for (size_t len = 0; len < item.len; len++) {
        uint8_t *copy = malloc(len ? len : 1);
        struct value_iterator iterator;
        struct value value;

        assert_non_null(copy);
        memcpy(copy, item.ptr, len);
        assert_int_equal(item_check(slice_of(copy, len)), ST_CORRUPT);
        iterator = item_iterate(slice_of(copy, len));
        while (value_next(&iterator, NULL, &value))
            assert_true(value.encoded.ptr + value.encoded.len <= copy + len);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_deviation_from_the_format_is_corrupt),
        cmocka_unit_test(each_type_in_canonical_form_is_an_item),
        cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test_setup_teardown(truncated_items_are_corrupt, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
