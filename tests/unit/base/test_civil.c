/*
 * test_civil.c - dates and back, at the edges of months, leap years and what can be said.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/civil.h"

static void assert_date(int64_t wall_ms, int year, int month, int day, int hour, int minute,
                        int second, int weekday)
{
    struct civil date = civil_from_ms(wall_ms);

    assert_int_equal(date.year, year);
    assert_int_equal(date.month, month);
    assert_int_equal(date.day, day);
    assert_int_equal(date.hour, hour);
    assert_int_equal(date.minute, minute);
    assert_int_equal(date.second, second);
    assert_int_equal(date.weekday, weekday);
}

static void known_moments_have_their_dates(void **state)
{
    (void)state;
    assert_date(0, 1970, 1, 1, 0, 0, 0, 4);
    assert_date(951827696999, 2000, 2, 29, 12, 34, 56, 2);
    assert_date(1440938160000, 2015, 8, 30, 12, 36, 0, 0);
    assert_date(INT64_C(4107542399000), 2100, 2, 28, 23, 59, 59, 0); /* no leap year */
    assert_date(INT64_C(4107542400000), 2100, 3, 1, 0, 0, 0, 1);
    assert_date(-1, 1970, 1, 1, 0, 0, 0, 4);
    assert_date(INT64_MAX, 9999, 12, 31, 23, 59, 59, 5);
}

static void every_day_goes_there_and_back(void **state)
{
    (void)state;
    for (int64_t day = 0; day < 365 * 400; day += 1) {
        int64_t wall_ms = day * 86400000 + 45296000;
        time_t seconds = (time_t)(wall_ms / 1000);
        struct civil date = civil_from_ms(wall_ms);
        struct tm tm;

        gmtime_r(&seconds, &tm);
        if (tm.tm_year + 1900 != date.year || tm.tm_mon + 1 != date.month ||
            tm.tm_mday != date.day || tm.tm_wday != date.weekday || civil_to_ms(&date) != wall_ms)
            fail_msg("day %lld", (long long)day);
    }
}

static void there_are_dates_that_are_none(void **state)
{
    static const struct civil none[] = {
        {2026, 2, 29, 0, 0, 0, 0},  {2100, 2, 29, 0, 0, 0, 0}, {2026, 13, 1, 0, 0, 0, 0},
        {2026, 0, 1, 0, 0, 0, 0},   {2026, 4, 31, 0, 0, 0, 0}, {2026, 1, 0, 0, 0, 0, 0},
        {2026, 1, 1, 24, 0, 0, 0},  {2026, 1, 1, 0, 60, 0, 0}, {2026, 1, 1, 0, 0, 61, 0},
        {1969, 12, 31, 0, 0, 0, 0}, {10000, 1, 1, 0, 0, 0, 0}, {2026, 1, 1, -1, 0, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(none); i++)
        assert_int_equal(civil_to_ms(&none[i]), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments_have_their_dates),
        cmocka_unit_test(every_day_goes_there_and_back),
        cmocka_unit_test(there_are_dates_that_are_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
