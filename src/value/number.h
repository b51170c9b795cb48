/*
 * number.h - DynamoDB's exact decimals: 38 significant digits, exponents -130 ... +125.
 *
 * No floating point anywhere. Kept normalised: no trailing zero in the coefficient, zero is
 * {0, 0, false}. Messages: spec "Numbers" (overflow, underflow, 38 digits, not numeric).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_NUMBER_H
#define TROPIC_VALUE_NUMBER_H

#include "base/bytes.h"
#include "base/status.h"

enum {
    NUMBER_DIGITS_MAX = 38,
    NUMBER_TEXT_BYTES_MAX = 176, /* "-0." + 129 zeros + 38 digits, with room */
    NUMBER_KEY_BYTES_MAX = 24,
};

struct number {
    u128 coefficient; /* < 10^38 */
    int16_t exponent; /* value = coefficient * 10^exponent */
    bool negative;
};

int number_parse(struct slice text, struct number *ret_number, struct refusal *reterr);
/** Plain decimal notation, never an exponent. Returns the length; no NUL. */
size_t number_print(const struct number *number, char text[NUMBER_TEXT_BYTES_MAX]);
int number_cmp(const struct number *a, const struct number *b);
int number_add(const struct number *a, const struct number *b, struct number *ret_sum,
               struct refusal *reterr);
int number_subtract(const struct number *a, const struct number *b, struct number *ret_difference,
                    struct refusal *reterr);
/** DynamoDB's size of the number in bytes. */
size_t number_size(const struct number *number);

/** Order-preserving and canonical: equal numbers have equal bytes, memcmp order is numeric order.
 */
size_t number_key_encode(const struct number *number, uint8_t key[NUMBER_KEY_BYTES_MAX]);
/** ST_CORRUPT when the bytes are not an encoding. Reads all of `key`. */
int number_key_decode(struct slice key, struct number *ret_number);

#endif
