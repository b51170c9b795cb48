/*
 * number_key.c - numbers as bytes that sort like the numbers do.
 *
 * The same bytes are the sort key in the engine, the payload in items and the thing that hashes and
 * equality see. In base 100 with the point after the first pair of digits:
 *
 *     zero        80
 *     positive    80 + (E + 65), then each pair + 1
 *     negative    7F - (E + 65), then each pair as FE - pair, then FF
 *
 * where the value is pair[0].pair[1]pair[2]... * 100^E, E = -65 ... 62. There are at most 20 pairs
 * (38 digits that begin and end in the middle of a pair); the first and the last are not 0.
 *
 * Why memcmp works: greater exponents have greater (negative: smaller) first bytes. After it, the
 * pairs compare like digits, complemented for negatives. When one number's pairs are a prefix of
 * another's, the longer one is farther from zero: for positives the longer key sorts later by
 * itself; for negatives the FF, above every complemented pair (9B ... FE), makes the shorter key
 * sort later. Zero needs no code of its own: the key 80 is a prefix of the keys of the smallest
 * positive numbers.
 *
 * No pair is stored as byte 0, because keys inside index entries pay two bytes for each 0.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/number.h"

#include <assert.h>

#include "value/number_priv.h"

enum {
    ZERO = 0x80,
    EXPONENT_BIAS = 65,
    PAIRS_MAX = 20,
    TERMINATOR = 0xFF,
};

static_assert(1 + PAIRS_MAX + 1 <= NUMBER_KEY_BYTES_MAX, "a key always fits");
static_assert(MAGNITUDE_MIN / 2 == -EXPONENT_BIAS, "the bias makes the least exponent 0");

static uint8_t pair_byte(bool negative, unsigned pair)
{
    return (uint8_t)(negative ? 0xFE - pair : pair + 1);
}

size_t number_key_encode(const struct number *number, uint8_t key[NUMBER_KEY_BYTES_MAX])
{
    const uint64_t nine_pairs = UINT64_C(1000000000000000000);
    uint8_t pairs[PAIRS_MAX + 1]; /* filled from the end */
    size_t at = sizeof(pairs), count;
    u128 rest = number->coefficient;
    uint64_t few;
    int exponent = number->exponent, exponent100;
    unsigned biased;

    if (rest == 0) {
        key[0] = ZERO;
        return 1;
    }
    if (exponent % 2 != 0) { /* the last digit is the first half of its pair */
        pairs[--at] = (uint8_t)(rest % 10 * 10);
        rest /= 10;
        exponent--;
    }
    while (rest >= nine_pairs) {
        uint64_t part = (uint64_t)(rest % nine_pairs);

        rest /= nine_pairs;
        for (int i = 0; i < 9; i++, part /= 100)
            pairs[--at] = (uint8_t)(part % 100);
    }
    for (few = (uint64_t)rest; few > 0; few /= 100)
        pairs[--at] = (uint8_t)(few % 100);
    count = sizeof(pairs) - at;
    assert(count <= PAIRS_MAX);
    exponent100 = exponent / 2 + (int)count - 1;
    assert(exponent100 >= -EXPONENT_BIAS && exponent100 <= MAGNITUDE_MAX / 2);
    biased = (unsigned)(exponent100 + EXPONENT_BIAS);
    key[0] = (uint8_t)(number->negative ? ZERO - 1 - biased : ZERO + biased);
    for (size_t i = 0; i < count; i++)
        key[1 + i] = pair_byte(number->negative, pairs[at + i]);
    if (!number->negative)
        return 1 + count;
    key[1 + count] = TERMINATOR;
    return 2 + count;
}

/* A key taken apart, without looking at the pairs between the first and the last. */
struct shape {
    bool negative;
    const uint8_t *pairs;
    size_t count;
    size_t digits;   /* significant ones */
    int exponent;    /* decimal, of the last significant digit */
    bool half_first; /* the first pair has one digit, as in 07 */
    bool half_last;  /* the last pair has one digit, as in 70 */
};

static unsigned pair_at(const struct shape *shape, size_t i)
{
    return shape->negative ? 0xFEu - shape->pairs[i] : shape->pairs[i] - 1u;
}

/* key.len is at least 2 here, 3 for negatives. */
static struct shape shape_of(struct slice key)
{
    struct shape shape = {.negative = key.ptr[0] < ZERO, .pairs = key.ptr + 1};
    int exponent100;

    shape.count = key.len - 1 - shape.negative;
    exponent100 = (shape.negative ? ZERO - 1 - key.ptr[0] : key.ptr[0] - ZERO) - EXPONENT_BIAS;
    shape.half_first = pair_at(&shape, 0) < 10;
    shape.half_last = pair_at(&shape, shape.count - 1) % 10 == 0;
    shape.digits = 2 * shape.count - shape.half_first - shape.half_last;
    shape.exponent = 2 * (exponent100 - (int)shape.count + 1) + shape.half_last;
    return shape;
}

static bool is_zero(struct slice key)
{
    return key.len == 1;
}

static bool shape_valid(const struct shape *shape)
{
    if (shape->count > PAIRS_MAX || shape->digits > NUMBER_DIGITS_MAX)
        return false;
    for (size_t i = 0; i < shape->count; i++)
        if (pair_at(shape, i) > 99)
            return false;
    return pair_at(shape, 0) != 0 && pair_at(shape, shape->count - 1) != 0;
}

int number_key_decode(struct slice key, struct number *ret_number)
{
    struct shape shape;
    struct number number;

    if (key.len == 1 && key.ptr[0] == ZERO) {
        *ret_number = (struct number){0};
        return 0;
    }
    if (key.len < 2 || key.len > NUMBER_KEY_BYTES_MAX)
        return ST_CORRUPT;
    if (key.ptr[0] < ZERO && (key.len < 3 || key.ptr[key.len - 1] != TERMINATOR))
        return ST_CORRUPT;
    shape = shape_of(key);
    if (!shape_valid(&shape))
        return ST_CORRUPT;
    number = (struct number){.exponent = (int16_t)shape.exponent, .negative = shape.negative};
    for (size_t i = 0; i + 1 < shape.count; i++)
        number.coefficient = number.coefficient * 100 + pair_at(&shape, i);
    if (shape.half_last)
        number.coefficient = number.coefficient * 10 + pair_at(&shape, shape.count - 1) / 10;
    else
        number.coefficient = number.coefficient * 100 + pair_at(&shape, shape.count - 1);
    *ret_number = number;
    return 0;
}

size_t number__key_print(struct slice key, char text[NUMBER_TEXT_BYTES_MAX])
{
    char digits[2 * PAIRS_MAX];
    struct shape shape;

    if (is_zero(key)) {
        text[0] = '0';
        return 1;
    }
    shape = shape_of(key);
    assert(shape_valid(&shape));
    for (size_t i = 0; i < shape.count; i++) {
        unsigned pair = pair_at(&shape, i);

        digits[2 * i] = (char)('0' + pair / 10);
        digits[2 * i + 1] = (char)('0' + pair % 10);
    }
    return number__layout(shape.negative, digits + shape.half_first, shape.digits, shape.exponent,
                          text);
}

size_t number__key_size(struct slice key)
{
    struct shape shape;

    if (is_zero(key))
        return 1;
    shape = shape_of(key);
    return number__size(shape.negative, shape.digits, shape.exponent);
}
