/*
 * civil.h - from milliseconds since 1970 to dates and back: UTC, Gregorian, no locale, no tables.
 *
 * Any thread. For texts that go over the wire (Date headers, signatures), where gmtime() and
 * strftime() would cost more than the request's parsing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_CIVIL_H
#define TROPIC_BASE_CIVIL_H

#include <stdint.h>

struct civil {
    int year;       /* 1970 ... 9999 */
    int month, day; /* from 1 */
    int hour, minute, second;
    int weekday; /* 0 = Sunday */
};

/** Times before 1970 or after 9999 become the nearest one that can be said. */
struct civil civil_from_ms(int64_t wall_ms);
/** -1: no such date. A leap second (60) counts as the next second. weekday is ignored. */
int64_t civil_to_ms(const struct civil *civil);

#endif
