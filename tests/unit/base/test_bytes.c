/*
 * test_bytes.c - slices compare as DynamoDB orders bytes; readers never pass their end.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/status.h"

static void slices_order_bytewise_with_prefixes_first(void **state)
{
    (void)state;
    assert_int_equal(slice_cmp(SLICE("a"), SLICE("a")), 0);
    assert_true(slice_cmp(SLICE("a"), SLICE("ab")) < 0);
    assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
    assert_true(slice_cmp(SLICE_EMPTY, SLICE("a")) < 0);
    assert_int_equal(slice_cmp(SLICE_EMPTY, SLICE("")), 0);
    assert_true(slice_has_prefix(SLICE("abc"), SLICE("ab")));
    assert_false(slice_has_prefix(SLICE("ab"), SLICE("abc")));
}

static void varints_come_back(void **state)
{
    static const uint64_t values[] = {
        0, 1, 127, 128, 300, 16383, 16384, UINT32_MAX, UINT64_MAX / 2, UINT64_MAX};
    uint8_t bytes[VARINT_BYTES_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        size_t len = varint_put(bytes, values[i]);
        struct reader reader = reader_of(slice_of(bytes, len));

        assert_int_equal(len, varint_len(values[i]));
        assert_true(reader_varint(&reader) == values[i]);
        assert_true(reader_done(&reader));
        reader = reader_of(slice_of(bytes, len - 1));
        reader_varint(&reader);
        assert_true(reader.failed);
    }
}

static void bad_varints_fail(void **state)
{
    static const struct slice bad[] = {
        {(const uint8_t *)"\x80\x00", 2},                                  /* longer than needed */
        {(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, /* above 64 bits */
        {(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct reader reader = reader_of(bad[i]);

        assert_true(reader_varint(&reader) == 0);
        assert_true(reader.failed);
    }
}

static void a_failed_reader_stays_failed(void **state)
{
    struct reader reader = reader_of(SLICE("\x05"
                                           "abc"));

    (void)state;
    assert_int_equal(reader_sized(&reader).len, 0); /* says 5, has 3 */
    assert_true(reader.failed);
    assert_int_equal(reader_u8(&reader), 0);
    assert_int_equal(reader_be64(&reader), 0);
    assert_false(reader_done(&reader));
}

static void numbers_are_big_endian(void **state)
{
    struct buf buf = BUF_EMPTY;
    struct reader reader;

    (void)state;
    buf_append_be16(&buf, 0x0102);
    buf_append_be32(&buf, 0x03040506);
    buf_append_be64(&buf, UINT64_C(0x0708090A0B0C0D0E));
    buf_append_sized(&buf, SLICE("xyz"));
    for (size_t i = 0; i < 14; i++)
        assert_int_equal(buf.ptr[i], i + 1);
    reader = reader_of(buf_slice(&buf));
    assert_int_equal(reader_be16(&reader), 0x0102);
    assert_int_equal(reader_be32(&reader), 0x03040506);
    assert_true(reader_be64(&reader) == UINT64_C(0x0708090A0B0C0D0E));
    assert_true(slice_eq_str(reader_sized(&reader), "xyz"));
    assert_true(reader_done(&reader));
    buf_release(&buf);
}

static void a_buffer_that_failed_says_so_until_cleared(void **state)
{
    struct buf buf = BUF_EMPTY;

    (void)state;
    assert_int_equal(buf_append_str(&buf, "kept"), 0);
    assert_int_equal(buf_reserve(&buf, SIZE_MAX / 2), ST_NOMEM);
    assert_int_equal(buf_append_str(&buf, "lost"), ST_NOMEM);
    assert_true(buf_failed(&buf));
    assert_true(slice_eq_str(buf_slice(&buf), "kept"));
    buf_clear(&buf);
    assert_int_equal(buf_printf(&buf, "%d", 42), 0);
    assert_true(slice_eq_str(buf_slice(&buf), "42"));
    buf_release(&buf);
    buf_release(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_order_bytewise_with_prefixes_first),
        cmocka_unit_test(varints_come_back),
        cmocka_unit_test(bad_varints_fail),
        cmocka_unit_test(a_failed_reader_stays_failed),
        cmocka_unit_test(numbers_are_big_endian),
        cmocka_unit_test(a_buffer_that_failed_says_so_until_cleared),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
