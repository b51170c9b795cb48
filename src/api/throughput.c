/*
 * throughput.c - see throughput.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/throughput.h"

#include <stdio.h>
#include <time.h>

#include "api/shapes.h"
#include "api/table_description.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

enum {
    DECREASES_FREE = 4,       /* of a UTC day, at any time */
    DECREASES_A_DAY = 4 + 23, /* and one in each hour after the first */
    CLASS_CHANGE_DAYS = 30,   /* two changes in so many */
    /* Source: Developer Guide, warm throughput of a new on-demand table */
    WARM_READ_ON_DEMAND = 12000,
    WARM_WRITE_ON_DEMAND = 4000,
};

/* ---- moments in messages ---- */

/* Sunday, November 22, 2026 at 8:00:00 AM Coordinated Universal Time */
static void long_date(int64_t ms, char text[192])
{
    time_t seconds = (time_t)(ms / 1000);
    char day[64], half[8];
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(day, sizeof(day), "%A, %B", &tm);
    strftime(half, sizeof(half), "%p", &tm);
    snprintf(text, 192, "%s %d, %d at %d:%02d:%02d %s Coordinated Universal Time", day, tm.tm_mday,
             tm.tm_year + 1900, tm.tm_hour % 12 == 0 ? 12 : tm.tm_hour % 12, tm.tm_min, tm.tm_sec,
             half);
}

/* Sun Nov 22 08:00:00 UTC 2026 */
static void short_date(int64_t ms, char text[64])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, 64, "%a %b %d %H:%M:%S UTC %Y", &tm);
}

/* ---- decreases ---- */

uint32_t throughput_decreases_today(const struct throughput_decreases *decreases, int64_t now_ms)
{
    return decreases->last_ms / DAY_MS == now_ms / DAY_MS ? decreases->count : 0;
}

int throughput_decrease(struct call *call, struct throughput_decreases *decreases)
{
    int64_t now_ms = call_wall_ms(call), next_ms;
    uint32_t today = throughput_decreases_today(decreases, now_ms);

    next_ms = today < DECREASES_FREE    ? now_ms
              : today < DECREASES_A_DAY ? decreases->last_ms + HOUR_MS
                                        : (now_ms / DAY_MS + 1) * DAY_MS;
    if (now_ms < next_ms) {
        char last[192], next[192];

        long_date(decreases->last_ms, last);
        long_date(next_ms, next);
        return api_refuse(&call->error, API_LIMIT_EXCEEDED,
                          "Subscriber limit exceeded: Provisioned throughput decreases are limited "
                          "within a given UTC day. After the first 4 decreases, each subsequent "
                          "decrease in the same UTC day can be performed at most once every 3600 "
                          "seconds. Number of decreases today: %u. Last decrease at %s. Next "
                          "decrease can be made at %s",
                          today, last, next);
    }
    *decreases = (struct throughput_decreases){.last_ms = now_ms, .count = today + 1};
    return 0;
}

/* ---- changes of mode and class ---- */

int throughput_switch_on_demand(struct call *call, struct schema *wanted)
{
    int64_t *switches = wanted->on_demand_switches_ms, now_ms = call_wall_ms(call);
    int64_t next_ms = switches[ON_DEMAND_SWITCHES_MAX - 1] + DAY_MS;

    if (switches[ON_DEMAND_SWITCHES_MAX - 1] != 0 && now_ms < next_ms) {
        char last[64], next[64];

        short_date(switches[0], last);
        short_date(next_ms, next);
        return api_refuse(&call->error, API_LIMIT_EXCEEDED,
                          "Subscriber limit exceeded: Update to PayPerRequest mode are limited to "
                          "%d times in 1 day(s). Last update at %s. Next update can be made at %s",
                          ON_DEMAND_SWITCHES_MAX, last, next);
    }
    memmove(&switches[1], &switches[0], (ON_DEMAND_SWITCHES_MAX - 1) * sizeof(switches[0]));
    switches[0] = wanted->billing_on_demand_since_ms = now_ms;
    return 0;
}

int throughput_change_class(struct call *call, struct schema *wanted)
{
    int64_t now_ms = call_wall_ms(call);
    int64_t next_ms = wanted->table_class_changed_before_ms + CLASS_CHANGE_DAYS * DAY_MS;

    if (wanted->table_class_changed_before_ms != 0 && now_ms < next_ms) {
        char last[64], next[64];

        short_date(wanted->table_class_changed_ms, last);
        short_date(next_ms, next);
        return api_refuse(&call->error, API_LIMIT_EXCEEDED,
                          "Subscriber limit exceeded: Update to TableClass are limited to 2 times "
                          "in %d day(s). Last update at %s. Next update can be made at %s",
                          CLASS_CHANGE_DAYS, last, next);
    }
    wanted->table_class_changed_before_ms = wanted->table_class_changed_ms;
    wanted->table_class_changed_ms = now_ms;
    return 0;
}

/* ---- warm throughput ---- */

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

struct warm warm_of_billing(enum billing_mode billing, int64_t read_units, int64_t write_units)
{
    if (billing == BILLING_PAY_PER_REQUEST)
        return (struct warm){WARM_READ_ON_DEMAND, WARM_WRITE_ON_DEMAND};
    return (struct warm){read_units, write_units};
}

struct warm warm_of_table(const struct schema *schema)
{
    struct warm warm = warm_of_billing(schema->billing, schema->read_units, schema->write_units);

    return (struct warm){larger(warm.read, schema->warm_read),
                         larger(warm.write, schema->warm_write)};
}

struct warm warm_of_index(const struct schema *schema, const struct schema_index *index)
{
    struct warm warm = warm_of_billing(schema->billing, index->read_units, index->write_units);

    return (struct warm){larger(warm.read, index->warm_read),
                         larger(warm.write, index->warm_write)};
}

int warm_read(struct api_error *reterr, struct json json, const char *what, struct warm *warm)
{
    static const char *const names[] = {"ReadUnitsPerSecond", "WriteUnitsPerSecond"};
    int64_t *const units[] = {&warm->read, &warm->write};
    struct input input;
    int rc = shape_read(&shape_warm_throughput, json, &input, reterr);

    if (rc < 0)
        return rc;
    for (unsigned i = WARM_READ; i <= WARM_WRITE; i++) {
        int64_t wanted = input_integer(&input, i, *units[i]);

        if (wanted > CAPACITY_UNITS_MAX)
            return api_refuse(reterr, API_VALIDATION, "Given value %lld for %s is out of bounds",
                              (long long)wanted, names[i]);
        if (wanted < *units[i])
            return api_refuse(reterr, API_VALIDATION,
                              MESSAGE_INVALID_PARAMETERS
                              "Requested %s for WarmThroughput for %s is lower than %lld; "
                              "decreasing WarmThroughput is not supported",
                              names[i], what, (long long)*units[i]);
        *units[i] = wanted;
    }
    return 0;
}

void warm_write(struct json_writer *writer, struct warm warm)
{
    json_key(writer, "WarmThroughput");
    json_object_begin(writer);
    json_key(writer, "ReadUnitsPerSecond");
    json_put_int(writer, warm.read);
    json_key(writer, "WriteUnitsPerSecond");
    json_put_int(writer, warm.write);
    json_key(writer, "Status");
    json_put_str(writer, "ACTIVE");
    json_object_end(writer);
}
