/*
 * bucket.c - see bucket.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/bucket.h"

enum { MILLI = 1000 };

static bucket_level burst(const struct bucket *bucket)
{
    return (bucket_level)bucket->rate * BUCKET_BURST_S * MILLI;
}

static void clamp(struct bucket *bucket)
{
    bucket_level bound = burst(bucket);

    if (bucket->level > bound)
        bucket->level = bound;
    if (bucket->level < -bound)
        bucket->level = -bound;
}

static void fill(struct bucket *bucket, int64_t now_ms)
{
    /* half units/s * ms = thousandths of half units */
    if (now_ms > bucket->filled_ms)
        bucket->level += (bucket_level)bucket->rate * (now_ms - bucket->filled_ms);
    bucket->filled_ms = now_ms;
    clamp(bucket);
}

void bucket_limit(struct bucket *bucket, int64_t units, int64_t now_ms)
{
    int64_t rate = units > 0 ? units * 2 : 0;

    if (rate == bucket->rate)
        return;
    if (bucket->rate == 0) {
        *bucket = (struct bucket){.rate = rate, .filled_ms = now_ms};
        bucket->level = burst(bucket);
        return;
    }
    fill(bucket, now_ms); /* what was earned at the old rate */
    bucket->rate = rate;
    clamp(bucket);
}

bool bucket_open(struct bucket *bucket, int64_t now_ms)
{
    if (bucket->rate == 0)
        return true;
    fill(bucket, now_ms);
    return bucket->level > 0;
}

void bucket_take(struct bucket *bucket, int64_t half_units, int64_t now_ms)
{
    if (bucket->rate == 0)
        return;
    fill(bucket, now_ms);
    bucket->level -= (bucket_level)half_units * MILLI;
    clamp(bucket);
}

int64_t bucket_credit(struct bucket *bucket, int64_t now_ms)
{
    bucket_level credit;

    if (bucket->rate == 0)
        return 0;
    fill(bucket, now_ms);
    credit = bucket->level / MILLI;
    if (bucket->level % MILLI < 0)
        credit--;
    return (int64_t)credit;
}
