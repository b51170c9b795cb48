/*
 * test_bucket.c - token buckets in virtual time: bursts, debt, changed limits, clocks that jump.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "table/bucket.h"

enum { S = 1000 }; /* milliseconds */

static void without_a_limit_everything_passes(void **state)
{
    struct bucket bucket = {0};

    bucket_take(&bucket, 1000000, 0);
    assert_true(bucket_open(&bucket, 0));
    bucket_limit(&bucket, 0, 5 * S);
    assert_true(bucket_open(&bucket, 5 * S));
}

static void a_new_limit_begins_with_300_seconds_of_credit(void **state)
{
    struct bucket bucket = {0};

    bucket_limit(&bucket, 2, 1000 * S);
    assert_int_equal(bucket_credit(&bucket, 1000 * S), 2 * 2 * BUCKET_BURST_S);
    bucket_take(&bucket, 2 * 2 * BUCKET_BURST_S - 1, 1000 * S);
    assert_true(bucket_open(&bucket, 1000 * S)); /* half a unit is left */
    bucket_take(&bucket, 1, 1000 * S);
    assert_false(bucket_open(&bucket, 1000 * S));
    assert_true(bucket_open(&bucket, 1001 * S)); /* two units are there again */
    assert_int_equal(bucket_credit(&bucket, 1001 * S), 4);
    /* Credit does not grow beyond 300 seconds. */
    assert_int_equal(bucket_credit(&bucket, 9000 * S), 2 * 2 * BUCKET_BURST_S);
}

static void work_costs_what_it_costs_and_debt_keeps_others_out(void **state)
{
    struct bucket bucket = {0};

    bucket_limit(&bucket, 1, 0);
    bucket_take(&bucket, 2 * BUCKET_BURST_S - 1, 0);
    bucket_take(&bucket, 2 * 100 + 1, 0); /* begun on the last half unit */
    assert_int_equal(bucket_credit(&bucket, 0), -200);
    assert_false(bucket_open(&bucket, 100 * S));
    assert_true(bucket_open(&bucket, 100 * S + 1));
    /* Debt is bounded as credit is: five minutes and it is open, whatever happened. */
    bucket_take(&bucket, 1000000000, 200 * S);
    assert_int_equal(bucket_credit(&bucket, 200 * S), -2 * BUCKET_BURST_S);
    assert_true(bucket_open(&bucket, 501 * S));
}

static void what_was_taken_in_advance_comes_back(void **state)
{
    struct bucket bucket = {0};

    bucket_limit(&bucket, 1, 0);
    bucket_take(&bucket, 400, 0);
    bucket_take(&bucket, -300, 0);
    assert_int_equal(bucket_credit(&bucket, 0), 2 * BUCKET_BURST_S - 100);
    bucket_take(&bucket, -1000, 0);
    assert_int_equal(bucket_credit(&bucket, 0), 2 * BUCKET_BURST_S);
}

static void a_changed_limit_keeps_credit_and_debt_within_its_bounds(void **state)
{
    struct bucket bucket = {0};

    bucket_limit(&bucket, 10, 0);
    bucket_take(&bucket, 20 * BUCKET_BURST_S - 1000, 0);
    bucket_limit(&bucket, 100, 10 * S); /* ten seconds at the old rate: 200 */
    assert_int_equal(bucket_credit(&bucket, 10 * S), 1200);
    assert_int_equal(bucket_credit(&bucket, 11 * S), 1400);
    bucket_limit(&bucket, 1, 11 * S);
    assert_int_equal(bucket_credit(&bucket, 11 * S), 2 * BUCKET_BURST_S);
    bucket_take(&bucket, 2 * BUCKET_BURST_S + 50, 11 * S);
    bucket_limit(&bucket, 5, 11 * S); /* the debt is paid faster now, not forgotten */
    assert_int_equal(bucket_credit(&bucket, 11 * S), -50);
    bucket_limit(&bucket, 0, 11 * S);
    bucket_limit(&bucket, 3, 11 * S);
    assert_int_equal(bucket_credit(&bucket, 11 * S), 6 * BUCKET_BURST_S);
}

static void a_clock_that_steps_back_fills_nothing(void **state)
{
    struct bucket bucket = {0};

    bucket_limit(&bucket, 1, 1000 * S);
    bucket_take(&bucket, 2 * BUCKET_BURST_S, 1000 * S);
    assert_false(bucket_open(&bucket, 400 * S));
    assert_false(bucket_open(&bucket, 400 * S));
    assert_int_equal(bucket_credit(&bucket, 401 * S), 2);
}

static void the_largest_limits_do_not_overflow(void **state)
{
    struct bucket bucket = {0};

    bucket_limit(&bucket, 1000000000000, 0);
    bucket_take(&bucket, 600000000000000 - 1, 0);
    assert_int_equal(bucket_credit(&bucket, 0), 1);
    assert_int_equal(bucket_credit(&bucket, INT64_MAX / 2), 600000000000000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_limit_everything_passes),
        cmocka_unit_test(a_new_limit_begins_with_300_seconds_of_credit),
        cmocka_unit_test(work_costs_what_it_costs_and_debt_keeps_others_out),
        cmocka_unit_test(what_was_taken_in_advance_comes_back),
        cmocka_unit_test(a_changed_limit_keeps_credit_and_debt_within_its_bounds),
        cmocka_unit_test(a_clock_that_steps_back_fills_nothing),
        cmocka_unit_test(the_largest_limits_do_not_overflow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
