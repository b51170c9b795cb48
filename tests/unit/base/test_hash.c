/*
 * test_hash.c - the published check values of each function, so that stored data stays readable.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

static const struct slice digits = {(const uint8_t *)"123456789", 9};

static void crc32_ieee_is_the_standard_one(void **state)
{
    (void)state;
    assert_int_equal(crc32_ieee(0, digits), 0xCBF43926);
    assert_int_equal(crc32_ieee(0, SLICE_EMPTY), 0);
    /* Source: spec/dynamodb-wire.md section 1, captured from the live service. */
    assert_int_equal(crc32_ieee(0, SLICE("<UnknownOperationException/>\n")), 3552371480u);
    assert_int_equal(crc32_ieee(0, SLICE("healthy: dynamodb.us-east-1.amazonaws.com ")),
                     3128867991u);
}

static void crc32c_is_the_standard_one(void **state)
{
    static const uint8_t zeros[32];

    (void)state;
    assert_int_equal(crc32c(0, digits), 0xE3069283);
    assert_int_equal(crc32c(0, SLICE_EMPTY), 0);
    assert_int_equal(crc32c(0, slice_of(zeros, 32)), 0x8A9136AA); /* RFC 3720 B.4 */
}

static void checksums_continue_across_pieces(void **state)
{
    (void)state;
    for (size_t cut = 0; cut <= digits.len; cut++) {
        struct slice head = slice_of(digits.ptr, cut), tail = slice_skip(digits, cut);

        assert_int_equal(crc32_ieee(crc32_ieee(0, head), tail), 0xCBF43926);
        assert_int_equal(crc32c(crc32c(0, head), tail), 0xE3069283);
    }
}

static void hash64_is_frozen(void **state)
{
    (void)state;
    assert_true(hash64(SLICE_EMPTY) == UINT64_C(0xEF46DB3751D8E999)); /* XXH64 of nothing, seed 0 */
    assert_true(hash64(SLICE("a")) == UINT64_C(0xD24EC4F1A98C6E5B));
}

static void hash128_depends_on_its_key(void **state)
{
    uint8_t key[HASH_KEY_BYTES], other[HASH_KEY_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t)(i * 7 + 1);
        other[i] = (uint8_t)(i * 11 + 3);
    }
    assert_true(hash128_keyed(key, digits) == hash128_keyed(key, digits));
    assert_true(hash128_keyed(key, digits) != hash128_keyed(other, digits));
    assert_true(hash128_keyed(key, digits) != hash128_keyed(key, slice_of(digits.ptr, 8)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(crc32_ieee_is_the_standard_one),
        cmocka_unit_test(crc32c_is_the_standard_one),
        cmocka_unit_test(checksums_continue_across_pieces),
        cmocka_unit_test(hash64_is_frozen),
        cmocka_unit_test(hash128_depends_on_its_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
