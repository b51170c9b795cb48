/*
 * fuzz_number.c - hostile number texts and hostile number keys.
 *
 * The input is two texts with a line feed between them. Accepted numbers must survive printing and
 * their keys, keys must order as the numbers do, and (a + b) - b must be a whenever a + b exists.
 * The whole input is also tried as a key: what decodes must encode to the same bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "value/number.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

static bool same(const struct number *a, const struct number *b)
{
    return a->coefficient == b->coefficient && a->exponent == b->exponent &&
           a->negative == b->negative;
}

static void check_one(const struct number *number)
{
    uint8_t key[NUMBER_KEY_BYTES_MAX];
    char text[NUMBER_TEXT_BYTES_MAX];
    struct number again;

    REQUIRE(number_parse(slice_of(text, number_print(number, text)), &again, NULL) == 0);
    REQUIRE(same(number, &again));
    REQUIRE(number_key_decode(slice_of(key, number_key_encode(number, key)), &again) == 0);
    REQUIRE(same(number, &again));
    REQUIRE(number_size(number) >= 1 && number_size(number) <= 22);
}

static int sign(int c)
{
    return (c > 0) - (c < 0);
}

static void check_two(const struct number *a, const struct number *b)
{
    uint8_t key_a[NUMBER_KEY_BYTES_MAX], key_b[NUMBER_KEY_BYTES_MAX];
    struct number sum, back;

    REQUIRE(number_cmp(a, b) == sign(slice_cmp(slice_of(key_a, number_key_encode(a, key_a)),
                                               slice_of(key_b, number_key_encode(b, key_b)))));
    REQUIRE(number_cmp(a, b) == -number_cmp(b, a));
    if (number_add(a, b, &sum, NULL) == 0) {
        check_one(&sum);
        REQUIRE(number_subtract(&sum, b, &back, NULL) == 0);
        REQUIRE(same(a, &back));
        REQUIRE(number_add(b, a, &back, NULL) == 0);
        REQUIRE(same(&sum, &back));
    }
    if (number_subtract(a, b, &sum, NULL) == 0)
        REQUIRE(number_cmp(a, b) == (sum.coefficient == 0 ? 0 : sum.negative ? -1 : 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *separator = size > 0 ? memchr(data, '\n', size) : NULL;
    size_t first = separator != NULL ? (size_t)(separator - data) : size;
    uint8_t key[NUMBER_KEY_BYTES_MAX];
    struct refusal refusal;
    struct number a, b;

    if (number_parse(slice_of(data, first), &a, &refusal) == 0) {
        check_one(&a);
        if (separator != NULL &&
            number_parse(slice_of(separator + 1, size - first - 1), &b, NULL) == 0)
            check_two(&a, &b);
    }
    if (number_key_decode(slice_of(data, size), &a) == 0) {
        check_one(&a);
        REQUIRE(slice_eq(slice_of(key, number_key_encode(&a, key)), slice_of(data, size)));
    }
    return 0;
}
