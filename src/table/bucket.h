/*
 * bucket.h - a token bucket in capacity units: what a limit of units per second lets through.
 *
 * DynamoDB keeps up to 300 seconds of unused capacity for bursts. So a bucket fills at its rate up
 * to 300 seconds' worth, and lets work begin while there is any credit. What the work then costs is
 * taken in full: an item of 400 KB passes a table of one unit per second, and the debt keeps the
 * next ones out. Debt is bounded like credit, so that nothing - a long scan, replicated writes,
 * which are never refused - keeps a bucket closed for longer than five minutes.
 *
 * Pure: time comes in as the Region's wall clock in milliseconds. A clock that steps back fills
 * nothing, and filling goes on from there. Callers lock.
 *
 * Source: Developer Guide, burst capacity; counted in half units (dynamodb-values-capacity.md §5).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_BUCKET_H
#define TROPIC_TABLE_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

enum { BUCKET_BURST_S = 300 };

typedef __int128 bucket_level; /* thousandths of half units; rates reach 10^12 units */

struct bucket {
    int64_t rate;       /* half units per second; 0: no limit */
    bucket_level level; /* negative: debt */
    int64_t filled_ms;  /* up to when it was filled */
};

/**
 * The limit from now on, in units per second; 0: none. A bucket that had no limit begins full;
 * otherwise its credit or debt stays, within the new bounds.
 */
void bucket_limit(struct bucket *bucket, int64_t units, int64_t now_ms);
/** Whether work may begin. Always true without a limit. */
bool bucket_open(struct bucket *bucket, int64_t now_ms);
/** Takes half units (negative: gives them back). */
void bucket_take(struct bucket *bucket, int64_t half_units, int64_t now_ms);
/** Half units of credit, rounded down; negative: debt. 0 without a limit. */
int64_t bucket_credit(struct bucket *bucket, int64_t now_ms);

#endif
