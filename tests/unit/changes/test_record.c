/*
 * test_record.c - stored records: every byte is checked, nothing else is accepted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/hash.h"
#include "changes/record.h"

static struct record sample(void)
{
    struct record record = {
        .version = {{UINT64_C(0x0123456789abcdef)}, 7},
        .hash = (u128)UINT64_C(0xfedcba9876543210) << 64 | 42,
        .size = 1234,
        .item = SLICE("\x01\x02pk\x01\x01"
                      "a"),
    };

    context_add(&record.context, (struct version){{99}, 3});
    return record;
}

static void test_a_live_record_round_trips(void **state)
{
    struct record record = sample(), back;
    struct buf bytes = BUF_EMPTY;

    assert_int_equal(record_encode(&bytes, &record), 0);
    assert_int_equal(record_decode(buf_slice(&bytes), &back), 0);
    assert_true(version_eq(back.version, record.version));
    assert_true(back.hash == record.hash);
    assert_int_equal(back.size, 1234);
    assert_false(back.deleted);
    assert_true(slice_eq(back.item, record.item));
    assert_true(context_covers(&back.context, (struct version){{99}, 3}));
    buf_release(&bytes);
}

static void test_a_tombstone_round_trips(void **state)
{
    struct record record = {.version = {{5}, 2}, .deleted = true}, back;
    struct buf bytes = BUF_EMPTY;

    assert_int_equal(record_encode(&bytes, &record), 0);
    assert_int_equal(record_decode(buf_slice(&bytes), &back), 0);
    assert_true(back.deleted);
    assert_int_equal(back.item.len, 0);
    buf_release(&bytes);
}

static void test_any_flipped_bit_and_any_cut_is_found(void **state)
{
    struct record record = sample(), back;
    struct buf bytes = BUF_EMPTY;

    record_encode(&bytes, &record);
    for (size_t i = 0; i < bytes.len * 8; i++) {
        bytes.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(record_decode(buf_slice(&bytes), &back), ST_CORRUPT);
        bytes.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_int_equal(record_decode(slice_of(bytes.ptr, cut), &back), ST_CORRUPT);
    buf_release(&bytes);
}

/* With the checksum renewed: unknown formats, flags and impossible combinations are refused as
 * well. */
static void test_sealed_nonsense_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t value;
    } cases[] = {{0, 2} /* a later format */,
                 {1, 2} /* an unknown flag */,
                 {1, 1} /* deleted with an item */};
    struct record back;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct record record = sample();
        struct buf bytes = BUF_EMPTY;

        record_encode(&bytes, &record);
        bytes.ptr[cases[i].at] = cases[i].value;
        be32_put(bytes.ptr + bytes.len - 4, crc32c(0, slice_of(bytes.ptr, bytes.len - 4)));
        assert_int_equal(record_decode(buf_slice(&bytes), &back), ST_CORRUPT);
        buf_release(&bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_live_record_round_trips),
        cmocka_unit_test(test_a_tombstone_round_trips),
        cmocka_unit_test(test_any_flipped_bit_and_any_cut_is_found),
        cmocka_unit_test(test_sealed_nonsense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
