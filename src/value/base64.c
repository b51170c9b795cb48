/*
 * base64.c - see base64.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/base64.h"

#include <assert.h>

static const uint8_t alphabet[64] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* The six bits of a character, plus one so that an absent entry means "not in the alphabet". */
#define UPPER(c) [c] = (c) - 'A' + 1
#define LOWER(c) [c] = (c) - 'a' + 27
#define DIGIT(c) [c] = (c) - '0' + 53
static const uint8_t sextet_plus_one[256] = {
    UPPER('A'), UPPER('B'), UPPER('C'), UPPER('D'), UPPER('E'), UPPER('F'), UPPER('G'), UPPER('H'),
    UPPER('I'), UPPER('J'), UPPER('K'), UPPER('L'), UPPER('M'), UPPER('N'), UPPER('O'), UPPER('P'),
    UPPER('Q'), UPPER('R'), UPPER('S'), UPPER('T'), UPPER('U'), UPPER('V'), UPPER('W'), UPPER('X'),
    UPPER('Y'), UPPER('Z'), LOWER('a'), LOWER('b'), LOWER('c'), LOWER('d'), LOWER('e'), LOWER('f'),
    LOWER('g'), LOWER('h'), LOWER('i'), LOWER('j'), LOWER('k'), LOWER('l'), LOWER('m'), LOWER('n'),
    LOWER('o'), LOWER('p'), LOWER('q'), LOWER('r'), LOWER('s'), LOWER('t'), LOWER('u'), LOWER('v'),
    LOWER('w'), LOWER('x'), LOWER('y'), LOWER('z'), DIGIT('0'), DIGIT('1'), DIGIT('2'), DIGIT('3'),
    DIGIT('4'), DIGIT('5'), DIGIT('6'), DIGIT('7'), DIGIT('8'), DIGIT('9'), ['+'] = 63, ['/'] = 64,
};

static size_t padding_of(struct slice text)
{
    if (text.len < 4 || text.ptr[text.len - 1] != '=')
        return 0;
    return text.ptr[text.len - 2] == '=' ? 2 : 1;
}

size_t base64__decoded_len(struct slice text)
{
    return text.len / 4 * 3 - padding_of(text);
}

bool base64__decode(struct slice text, uint8_t *to)
{
    size_t padding = padding_of(text), n = text.len - padding, i;
    uint32_t bits = 0, bad = 0;

    assert(text.len % 4 == 0);
    for (i = 0; i + 4 <= n; i += 4) {
        for (size_t k = 0; k < 4; k++) {
            uint32_t sextet = sextet_plus_one[text.ptr[i + k]];

            bad |= sextet == 0;
            bits = bits << 6 | ((sextet - 1) & 63);
        }
        *to++ = (uint8_t)(bits >> 16);
        *to++ = (uint8_t)(bits >> 8);
        *to++ = (uint8_t)bits;
    }
    if (padding > 0) { /* two characters carry one byte, three carry two */
        for (bits = 0; i < n; i++) {
            uint32_t sextet = sextet_plus_one[text.ptr[i]];

            bad |= sextet == 0;
            bits = bits << 6 | ((sextet - 1) & 63);
        }
        bits <<= 6 * padding;
        *to++ = (uint8_t)(bits >> 16);
        if (padding == 1)
            *to++ = (uint8_t)(bits >> 8);
        bad |= bits & (padding == 1 ? 0xFF : 0xFFFF);
    }
    return bad == 0;
}

void base64__encode(struct slice bytes, uint8_t *to)
{
    const uint8_t *from = bytes.ptr;
    size_t left = bytes.len;

    for (; left >= 3; left -= 3, from += 3) {
        uint32_t bits = (uint32_t)from[0] << 16 | (uint32_t)from[1] << 8 | from[2];

        *to++ = alphabet[bits >> 18];
        *to++ = alphabet[bits >> 12 & 63];
        *to++ = alphabet[bits >> 6 & 63];
        *to++ = alphabet[bits & 63];
    }
    if (left > 0) {
        uint32_t bits = (uint32_t)from[0] << 16 | (left == 2 ? (uint32_t)from[1] << 8 : 0);

        *to++ = alphabet[bits >> 18];
        *to++ = alphabet[bits >> 12 & 63];
        *to++ = left == 2 ? alphabet[bits >> 6 & 63] : '=';
        *to++ = '=';
    }
}
