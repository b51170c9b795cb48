/*
 * number.c - reading, printing, comparing and adding exact decimals. See number.h.
 *
 * A number is coefficient * 10^exponent with the coefficient below 10^38 and not divisible by 10,
 * so equal numbers have equal fields. Its *magnitude* is the decimal exponent of the leading digit:
 * the range check is on that (-130 ... 125), the precision check on the count of digits. DynamoDB
 * reports the magnitude first.
 *
 * Nothing here loops over an exponent: "1E-99999999" and a sum of 1E125 and 1E-130 cost the same
 * as small numbers.
 *
 * Not here: the bytes under which numbers are stored and sorted (number_key.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/number.h"

#include <assert.h>

#include "value/number_priv.h"

static const char text_overflow[] =
    "Number overflow. Attempting to store a number with magnitude larger than supported range";
static const char text_underflow[] =
    "Number underflow. Attempting to store a number with magnitude smaller than supported range";
static const char text_digits[] = "Attempting to store more than 38 significant digits in a Number";

#define TEN19 ((u128)10000000000000000000u)

static const uint64_t pow10_small[20] = {
    1u,
    10u,
    100u,
    1000u,
    10000u,
    100000u,
    1000000u,
    10000000u,
    100000000u,
    1000000000u,
    10000000000u,
    100000000000u,
    1000000000000u,
    10000000000000u,
    100000000000000u,
    1000000000000000u,
    10000000000000000u,
    100000000000000000u,
    1000000000000000000u,
    10000000000000000000u,
};

u128 number__pow10(unsigned n)
{
    assert(n <= NUMBER_DIGITS_MAX);
    return n < 20 ? pow10_small[n] : TEN19 * pow10_small[n - 19];
}

/* Decimal digits of a coefficient; 0 has none. Up to 39, the most that a sum can have. */
static unsigned digit_count(u128 coefficient)
{
    uint64_t high = (uint64_t)(coefficient >> 64), low = (uint64_t)coefficient;
    unsigned bits, digits;

    if (coefficient == 0)
        return 0;
    bits = high != 0 ? 128 - (unsigned)__builtin_clzll(high) : 64 - (unsigned)__builtin_clzll(low);
    digits = bits * 1233 >> 12; /* bits * log10(2), rounded down: right, or one too few */
    return digits + (coefficient >= number__pow10(digits));
}

static int magnitude_of(const struct number *number)
{
    return number->exponent + (int)digit_count(number->coefficient) - 1;
}

static int check_magnitude(int64_t magnitude, struct refusal *reterr)
{
    if (magnitude > MAGNITUDE_MAX)
        return refuse(reterr, "%s", text_overflow);
    if (magnitude < MAGNITUDE_MIN)
        return refuse(reterr, "%s", text_underflow);
    return 0;
}

/* ---- text ---- */

/* What the digits of a text amount to: value = coefficient * 10^exponent. */
struct digits {
    u128 coefficient; /* of the first 38 significant digits at most */
    int64_t count;    /* significant digits, however many; 0: the number is zero */
    int64_t exponent;
};

/* Digits with at most one point. Returns where they end, NULL if there is no digit. */
static const uint8_t *scan_digits(const uint8_t *at, const uint8_t *end, struct digits *ret)
{
    uint64_t small = 0; /* the first 18 digits, where 64 bits do */
    u128 wide = 0;
    int64_t zeros = 0; /* since the last non-zero digit: they count only if another follows */
    bool any = false, point = false;

    *ret = (struct digits){0};
    for (; at < end; at++) {
        unsigned digit = (unsigned)*at - '0';

        if (*at == '.' && !point) {
            point = true;
            continue;
        }
        if (digit > 9)
            break;
        any = true;
        ret->exponent -= point;
        if (digit == 0) {
            zeros += ret->count > 0;
            continue;
        }
        ret->count += zeros + 1;
        if (ret->count <= 18)
            small = small * pow10_small[zeros + 1] + digit;
        else if (ret->count <= NUMBER_DIGITS_MAX)
            wide = (wide != 0 ? wide : small) * number__pow10((unsigned)zeros + 1) + digit;
        zeros = 0;
    }
    ret->exponent += zeros;
    ret->coefficient = wide != 0 ? wide : small;
    return any ? at : NULL;
}

/* The number after the "e". Saturates far outside of what a text of any length could balance. */
static const uint8_t *scan_exponent(const uint8_t *at, const uint8_t *end, int64_t *ret)
{
    const int64_t saturation = INT64_C(1) << 60;
    bool negative = false;
    const uint8_t *first;

    if (at < end && (*at == '+' || *at == '-'))
        negative = *at++ == '-';
    *ret = 0;
    for (first = at; at < end && *at >= '0' && *at <= '9'; at++) {
        if (*ret < saturation / 10)
            *ret = *ret * 10 + (*at - '0');
        else
            *ret = saturation;
    }
    if (negative)
        *ret = -*ret;
    return at > first ? at : NULL;
}

int number_parse(struct slice text, struct number *ret_number, struct refusal *reterr)
{
    const uint8_t *at = text.ptr, *end = text.ptr + text.len;
    struct digits digits;
    int64_t exponent = 0;
    bool negative = false;
    int rc;

    if (text.len == 0)
        return refuse(reterr, "The parameter cannot be converted to a numeric value");
    if (*at == '+' || *at == '-')
        negative = *at++ == '-';
    at = scan_digits(at, end, &digits);
    if (at != NULL && at < end && (*at == 'e' || *at == 'E'))
        at = scan_exponent(at + 1, end, &exponent);
    if (at != end)
        return refuse(reterr, "The parameter cannot be converted to a numeric value: %.*s",
                      SLICE_ARGS(text));
    *ret_number = (struct number){0};
    if (digits.count == 0)
        return 0;
    exponent += digits.exponent;
    rc = check_magnitude(exponent + digits.count - 1, reterr);
    if (rc < 0)
        return rc;
    if (digits.count > NUMBER_DIGITS_MAX)
        return refuse(reterr, "%s", text_digits);
    *ret_number = (struct number){
        .coefficient = digits.coefficient,
        .exponent = (int16_t)exponent,
        .negative = negative,
    };
    return 0;
}

size_t number__layout(bool negative, const char *digits, size_t count, int exponent,
                      char text[NUMBER_TEXT_BYTES_MAX])
{
    char *at = text;
    size_t after_point = exponent < 0 ? (size_t)-exponent : 0;

    if (negative)
        *at++ = '-';
    if (after_point == 0) {
        memcpy(at, digits, count);
        at += count;
        memset(at, '0', (size_t)exponent);
        at += exponent;
    } else if (after_point < count) {
        size_t before_point = count - after_point;

        memcpy(at, digits, before_point);
        at += before_point;
        *at++ = '.';
        memcpy(at, digits + before_point, after_point);
        at += after_point;
    } else {
        size_t zeros = after_point - count;

        *at++ = '0';
        *at++ = '.';
        memset(at, '0', zeros);
        at += zeros;
        memcpy(at, digits, count);
        at += count;
    }
    assert(at - text <= NUMBER_TEXT_BYTES_MAX);
    return (size_t)(at - text);
}

size_t number_print(const struct number *number, char text[NUMBER_TEXT_BYTES_MAX])
{
    char digits[40];
    size_t at = sizeof(digits);
    uint64_t low = (uint64_t)(number->coefficient % TEN19);
    uint64_t high = (uint64_t)(number->coefficient / TEN19);

    if (number->coefficient == 0) {
        text[0] = '0';
        return 1;
    }
    for (; low > 0; low /= 10)
        digits[--at] = (char)('0' + low % 10);
    if (high > 0)
        while (at > sizeof(digits) - 19)
            digits[--at] = '0';
    for (; high > 0; high /= 10)
        digits[--at] = (char)('0' + high % 10);
    return number__layout(number->negative, digits + at, sizeof(digits) - at, number->exponent,
                          text);
}

size_t number__size(bool negative, size_t digits, int exponent)
{
    size_t whole, fraction;

    if (digits == 0)
        return 1;
    fraction = exponent < 0 ? (size_t)-exponent : 0;
    if (fraction > digits)
        fraction = digits; /* zeros between the point and the first digit are free */
    whole = digits - fraction;
    return 1 + (whole + 1) / 2 + (fraction + 1) / 2 + negative;
}

size_t number_size(const struct number *number)
{
    return number__size(number->negative, digit_count(number->coefficient), number->exponent);
}

/* ---- order ---- */

static int cmp_absolute(const struct number *a, const struct number *b)
{
    int ma = magnitude_of(a), mb = magnitude_of(b);
    u128 ca = a->coefficient, cb = b->coefficient;

    if (ma != mb)
        return ma < mb ? -1 : 1;
    /* Equal magnitudes: bring the shorter one to the length of the other, at most 38 digits. */
    if (a->exponent > b->exponent)
        ca *= number__pow10((unsigned)(a->exponent - b->exponent));
    else
        cb *= number__pow10((unsigned)(b->exponent - a->exponent));
    return ca < cb ? -1 : ca > cb;
}

static int sign_of(const struct number *number)
{
    if (number->coefficient == 0)
        return 0;
    return number->negative ? -1 : 1;
}

int number_cmp(const struct number *a, const struct number *b)
{
    int sa = sign_of(a), sb = sign_of(b);

    if (sa != sb)
        return sa < sb ? -1 : 1;
    if (sa == 0)
        return 0;
    return sa * cmp_absolute(a, b);
}

/* ---- addition ---- */

/* |a| + |b| >= 10^126, asked without forming the sum, which may not fit. */
static bool sum_overflows(const struct number *a, const struct number *b)
{
    struct number gap; /* 10^126 - |a|, exact: a has at most 38 digits */
    unsigned digits;

    if (magnitude_of(a) < magnitude_of(b)) {
        const struct number *larger = b;

        b = a;
        a = larger;
    }
    if (magnitude_of(a) < MAGNITUDE_MAX)
        return false;
    digits = digit_count(a->coefficient);
    gap = (struct number){
        .coefficient = number__pow10(digits) - a->coefficient,
        .exponent = a->exponent,
    };
    return cmp_absolute(b, &gap) >= 0;
}

static int normalise(struct number *number, struct refusal *reterr)
{
    int rc;

    if (number->coefficient == 0) {
        *number = (struct number){0};
        return 0;
    }
    while (number->coefficient % 10 == 0) {
        number->coefficient /= 10;
        number->exponent++;
    }
    rc = check_magnitude(magnitude_of(number), reterr);
    if (rc < 0)
        return rc;
    if (digit_count(number->coefficient) > NUMBER_DIGITS_MAX)
        return refuse(reterr, "%s", text_digits);
    return 0;
}

int number_add(const struct number *a, const struct number *b, struct number *ret_sum,
               struct refusal *reterr)
{
    const u128 aligned_max = 2 * number__pow10(NUMBER_DIGITS_MAX);
    const struct number *high = a, *low = b; /* by exponent */
    struct number sum;
    u128 aligned;
    int shift;

    if (a->coefficient == 0 || b->coefficient == 0) {
        *ret_sum = a->coefficient == 0 ? *b : *a;
        return 0;
    }
    if (a->negative == b->negative && sum_overflows(a, b))
        return refuse(reterr, "%s", text_overflow);
    if (a->exponent < b->exponent) {
        high = b;
        low = a;
    }
    /*
     * Align `high` to the exponent of `low`. With different exponents the sum ends in low's last
     * digit, which is not 0, so all digits down to it count. The other term is below 10^38:
     * when the aligned one exceeds 2 * 10^38, even a difference keeps more than 38 digits.
     */
    shift = high->exponent - low->exponent;
    if (shift > NUMBER_DIGITS_MAX ||
        high->coefficient > aligned_max / number__pow10((unsigned)shift))
        return refuse(reterr, "%s", text_digits);
    aligned = high->coefficient * number__pow10((unsigned)shift);
    sum.exponent = low->exponent;
    if (high->negative == low->negative) {
        sum.coefficient = aligned + low->coefficient; /* < 3 * 10^38 < 2^128 */
        sum.negative = high->negative;
    } else if (aligned >= low->coefficient) {
        sum.coefficient = aligned - low->coefficient;
        sum.negative = high->negative;
    } else {
        sum.coefficient = low->coefficient - aligned;
        sum.negative = low->negative;
    }
    if (normalise(&sum, reterr) < 0)
        return ST_REFUSED;
    *ret_sum = sum;
    return 0;
}

int number_subtract(const struct number *a, const struct number *b, struct number *ret_difference,
                    struct refusal *reterr)
{
    struct number negated = *b;

    negated.negative = b->coefficient != 0 && !b->negative;
    return number_add(a, &negated, ret_difference, reterr);
}
