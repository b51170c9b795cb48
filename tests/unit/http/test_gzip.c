/*
 * test_gzip.c - what is packed comes out again as it went in.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/status.h"
#include "http/gunzip.h"
#include "http/gzip.h"

static void there_and_back(struct slice bytes, size_t packed_max)
{
    struct buf packed, back;

    assert_int_equal(gzip(bytes, &packed), 0);
    assert_true(packed.len <= packed_max);
    assert_int_equal(gunzip(buf_slice(&packed), bytes.len, &back), 0);
    assert_int_equal(back.len, bytes.len);
    if (bytes.len > 0)
        assert_memory_equal(back.ptr, bytes.ptr, bytes.len);
    buf_release(&packed);
    buf_release(&back);
}

static void what_is_packed_comes_out_again(void **state)
{
    static uint8_t noise[100000], zeros[1000000];
    uint32_t seed = 1;

    for (size_t i = 0; i < sizeof(noise); i++) {
        seed = seed * 1664525 + 1013904223;
        noise[i] = (uint8_t)(seed >> 24);
    }
    there_and_back(SLICE_EMPTY, 64);
    there_and_back(SLICE("[null,null,0,0,0]"), 64);
    there_and_back(slice_of(noise, sizeof(noise)), sizeof(noise) + 200);
    there_and_back(slice_of(zeros, sizeof(zeros)), sizeof(zeros) / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_packed_comes_out_again),
    };

    return cmocka_run_group_tests_name("gzip", tests, NULL, NULL);
}
