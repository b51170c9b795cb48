/*
 * test_status.c - refusals: formatted, and cut between characters when they are too long.
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

static void a_long_refusal_is_cut_between_characters(void **state)
{
    static char long_text[2 * REFUSAL_BYTES_MAX];
    struct refusal refusal, again;

    for (size_t i = 0; i + 2 < sizeof(long_text); i += 2)
        memcpy(long_text + i, "\xc3\xa9", 2);
    for (int shift = 0; shift < 2; shift++) {
        assert_int_equal(refuse(&refusal, "%s%s", shift ? "x" : "", long_text), ST_REFUSED);
        assert_true(strlen(refusal.text) > REFUSAL_BYTES_MAX - 5);
        assert_int_equal((strlen(refusal.text) - (size_t)shift) % 2, 0);
        assert_int_equal((uint8_t)refusal.text[strlen(refusal.text) - 1], 0xa9);
        /* Said again with more around it, it is still whole characters. */
        assert_int_equal(refuse(&again, "once more: %s!", refusal.text), ST_REFUSED);
        assert_int_equal((uint8_t)again.text[strlen(again.text) - 1], 0xa9);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_refusal_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
