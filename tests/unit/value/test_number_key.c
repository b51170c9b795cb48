/*
 * test_number_key.c - number keys sort as numbers, are canonical, and nothing else decodes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

enum { SEED = 20261122 };

/* xorshift64*: the same sequence everywhere. */
static uint64_t next_random(uint64_t *random)
{
    *random ^= *random >> 12;
    *random ^= *random << 25;
    *random ^= *random >> 27;
    return *random * UINT64_C(2685821657736338717);
}

/* Any number, often one digit or 38, often near a neighbour's magnitude. */
static struct number random_number(uint64_t *random)
{
    char digits[NUMBER_DIGITS_MAX + 1], text[NUMBER_DIGITS_MAX + 16];
    size_t count = next_random(random) % 3 == 0 ? 38 : 1 + next_random(random) % 38;
    int magnitude = next_random(random) % 2 == 0 ? (int)(next_random(random) % 256) - 130
                                                 : (int)(next_random(random) % 7) - 3;
    struct number number;

    for (size_t i = 0; i < count; i++) /* many nines and zeros: where carries and pairs end */
        digits[i] = "0123456789990009"[next_random(random) % 16];
    digits[count] = '\0';
    if (digits[0] == '0')
        digits[0] = '1';
    snprintf(text, sizeof(text), "%s%c.%sE%d", next_random(random) % 2 == 0 ? "-" : "", digits[0],
             digits + 1, magnitude);
    assert_int_equal(number_parse(slice_str(text), &number, NULL), 0);
    return number;
}

static int sign(int c)
{
    return (c > 0) - (c < 0);
}

static void bytes_order_as_numbers_do(void **state)
{
    uint64_t random = SEED;
    struct number previous = random_number(&random);

    (void)state;
    for (int i = 0; i < 50000; i++) {
        struct number number = random_number(&random);
        uint8_t key[NUMBER_KEY_BYTES_MAX], previous_key[NUMBER_KEY_BYTES_MAX];
        struct slice a = slice_of(key, number_key_encode(&number, key));
        struct slice b = slice_of(previous_key, number_key_encode(&previous, previous_key));

        assert_int_equal(sign(slice_cmp(a, b)), number_cmp(&number, &previous));
        if (i % 5 != 0) /* keep some for several neighbours */
            previous = number;
    }
}

static void known_numbers_order_across_the_whole_range(void **state)
{
    static const char *const ascending[] = {
        "-9.9999999999999999999999999999999999999E125",
        "-1E125",
        "-1.23",
        "-1.2",
        "-1.19",
        "-1",
        "-0.1",
        "-1.1E-130",
        "-1E-130",
        "0",
        "1E-130",
        "1.1E-130",
        "0.09",
        "0.1",
        "0.11",
        "1",
        "1.2",
        "1.23",
        "9.99",
        "10",
        "99",
        "100",
        "101",
        "1E125",
        "9.9999999999999999999999999999999999999E125",
    };
    uint8_t keys[ARRAY_LEN(ascending)][NUMBER_KEY_BYTES_MAX];
    struct slice previous = SLICE_EMPTY;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ascending); i++) {
        struct number number;
        struct slice key;

        assert_int_equal(number_parse(slice_str(ascending[i]), &number, NULL), 0);
        key = slice_of(keys[i], number_key_encode(&number, keys[i]));
        assert_true(slice_cmp(previous, key) < 0);
        previous = key;
    }
}

static void keys_come_back_and_are_canonical(void **state)
{
    uint64_t random = SEED + 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct number number = random_number(&random), back;
        uint8_t key[NUMBER_KEY_BYTES_MAX], again[NUMBER_KEY_BYTES_MAX];
        size_t len = number_key_encode(&number, key);

        assert_in_range(len, 1, NUMBER_KEY_BYTES_MAX);
        assert_int_equal(number_key_decode(slice_of(key, len), &back), 0);
        assert_int_equal(number_cmp(&number, &back), 0);
        assert_int_equal(back.exponent, number.exponent);
        assert_true(slice_eq(slice_of(again, number_key_encode(&back, again)), slice_of(key, len)));
    }
}

static void small_integers_have_short_keys(void **state)
{
    static const char *const texts[] = {"0", "7", "42", "-42", "1700000000000"};
    static const size_t lens[] = {1, 2, 2, 3, 3};
    uint8_t key[NUMBER_KEY_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct number number;

        assert_int_equal(number_parse(slice_str(texts[i]), &number, NULL), 0);
        assert_int_equal(number_key_encode(&number, key), lens[i]);
    }
}

/* Whatever decodes must encode to the same bytes, or two stored forms of a number would differ. */
static void only_canonical_bytes_decode(void **state)
{
    static const struct slice refused[] = {
        SLICE_EMPTY,
        SLICE("\x7f"),         /* negative without anything */
        SLICE("\x81"),         /* positive without digits */
        SLICE("\xc1\x01"),     /* first pair 00 */
        SLICE("\xc1\x02\x01"), /* last pair 00 */
        SLICE("\xc1\x00"),     /* no pair */
        SLICE("\xc1\x65"),     /* pair 100 */
        SLICE("\x3e\xd4"),     /* negative without its end */
        SLICE("\x3e\xff"),     /* negative without digits */
        SLICE("\x3e\xff\xff"), /* no pair */
        SLICE("\x80\x00"),     /* zero, and more */
        SLICE("\xc1\x0c\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02"
              "\x02"), /* 40 digits */
        SLICE("\xc1\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02\x02"
              "\x02"), /* 21 pairs */
    };
    uint64_t random = SEED + 2;
    struct number number;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(refused); i++)
        assert_int_equal(number_key_decode(refused[i], &number), ST_CORRUPT);
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[4], key[NUMBER_KEY_BYTES_MAX];
        size_t len = 1 + next_random(&random) % sizeof(bytes);

        for (size_t k = 0; k < len; k++)
            bytes[k] = (uint8_t)next_random(&random);
        if (number_key_decode(slice_of(bytes, len), &number) == 0)
            assert_true(
                slice_eq(slice_of(key, number_key_encode(&number, key)), slice_of(bytes, len)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_order_as_numbers_do),
        cmocka_unit_test(known_numbers_order_across_the_whole_range),
        cmocka_unit_test(keys_come_back_and_are_canonical),
        cmocka_unit_test(small_integers_have_short_keys),
        cmocka_unit_test(only_canonical_bytes_decode),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
