/*
 * number_priv.h - what number.c and number_key.c share, and shortcuts on encoded numbers that spare
 * items a decode. Private to value/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_NUMBER_PRIV_H
#define TROPIC_VALUE_NUMBER_PRIV_H

#include "value/number.h"

enum {
    MAGNITUDE_MAX = 125, /* decimal exponent of the leading digit */
    MAGNITUDE_MIN = -130,
};

/** 10^n, n <= 38. */
u128 number__pow10(unsigned n);

/** Plain notation of digits * 10^exponent; no leading or trailing zero among the digits. */
size_t number__layout(bool negative, const char *digits, size_t count, int exponent,
                      char text[NUMBER_TEXT_BYTES_MAX]);
/** DynamoDB's size of a number with so many significant digits. */
size_t number__size(bool negative, size_t digits, int exponent);

/* On bytes that number_key_encode made. */
size_t number__key_print(struct slice key, char text[NUMBER_TEXT_BYTES_MAX]);
size_t number__key_size(struct slice key);

#endif
