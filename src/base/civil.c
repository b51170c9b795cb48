/*
 * civil.c - see civil.h.
 *
 * Days are counted from 0000-03-01, so that the leap day ends the year; 146097 days are 400 years,
 * 36524 a century, 1461 four years (H. Hinnant, "chrono-compatible low-level date algorithms").
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/civil.h"

enum { DAYS_TO_1970 = 719468, SECONDS_OF_DAY = 86400 };

static const int64_t MS_MAX = INT64_C(253402300799999); /* 9999-12-31T23:59:59.999Z */

struct civil civil_from_ms(int64_t wall_ms)
{
    int64_t seconds = (wall_ms < 0 ? 0 : wall_ms > MS_MAX ? MS_MAX : wall_ms) / 1000;
    int of_day = (int)(seconds % SECONDS_OF_DAY);
    int days = (int)(seconds / SECONDS_OF_DAY);
    int of_era = (days + DAYS_TO_1970) % 146097;
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    struct civil civil;

    civil.day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    civil.month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    civil.year = (days + DAYS_TO_1970) / 146097 * 400 + year_of_era + (civil.month <= 2);
    civil.hour = of_day / 3600;
    civil.minute = of_day / 60 % 60;
    civil.second = of_day % 60;
    civil.weekday = (days + 4) % 7; /* 1970-01-01 was a Thursday */
    return civil;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

int64_t civil_to_ms(const struct civil *civil)
{
    int year, month_from_march;
    int64_t days;

    if (civil->year < 1970 || civil->year > 9999 || civil->month < 1 || civil->month > 12 ||
        civil->day < 1 || civil->day > days_of_month(civil->year, civil->month) ||
        civil->hour < 0 || civil->hour > 23 || civil->minute < 0 || civil->minute > 59 ||
        civil->second < 0 || civil->second > 60)
        return -1;
    year = civil->month <= 2 ? civil->year - 1 : civil->year;
    month_from_march = civil->month > 2 ? civil->month - 3 : civil->month + 9;
    days = (int64_t)year / 400 * 146097 + year % 400 * 365 + year % 400 / 4 - year % 400 / 100 +
           (153 * month_from_march + 2) / 5 + civil->day - 1 - DAYS_TO_1970;
    return ((days * 24 + civil->hour) * 60 + civil->minute) * 60000 + civil->second * 1000;
}
