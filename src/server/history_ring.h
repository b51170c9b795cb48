/*
 * history_ring.h - the last hour of many series, a value a second, in bounded memory. Pure.
 *
 *     history_ring_begin(&ring, 17);                               second 17 since the start
 *     series = history_ring_series(&ring, HISTORY_TABLES, labels); NULL: left out
 *     history_series_gauge(series, 0, items);
 *     history_ring_end(&ring);
 *     ...
 *     history_series_read(&ring, series, 0, first, step, count, values);
 *
 * Values are whole and not negative; HISTORY_NONE stands for "there was none": the series did not
 * exist, the Region was stopped, the sampler was late. Counters are given as they stand, and what
 * is kept is what they grew by: one that went down was begun anew, so it grew by all it holds.
 *
 * Memory. The minute under way is an array; a minute that is over is packed: each column as the
 * smallest of its values and the differences to it, in as few bytes as the largest of them needs,
 * and in none when all are equal. So a table that nobody uses costs some kilobytes an hour, and a
 * busy one some tens. Of `bytes_max`, half is for the series themselves: one that does not fit any
 * more is left out, and counted. The other half, at least, is for packed minutes: when they
 * take more, the oldest minute of all series goes, and the history is shorter than an hour.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_HISTORY_RING_H
#define TROPIC_SERVER_HISTORY_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    HISTORY_SECONDS = 3600,               /* kept */
    HISTORY_BYTES_MAX = 16 * 1024 * 1024, /* of a server's ring */
    HISTORY_STEP_MAX = 60,                /* seconds of one entry of an answer */
    HISTORY_MINUTE = 60,                  /* seconds that are packed together */
    HISTORY_MINUTES = HISTORY_SECONDS / HISTORY_MINUTE,
    HISTORY_COLUMNS_MAX = 6,
    HISTORY_LABELS_MAX = 3,
    HISTORY_BUCKETS_MAX = 64,
    HISTORY_NONE = -1,
};

/* How the seconds of a step become one entry. */
enum history_fold { FOLD_SUM, FOLD_GREATEST, FOLD_LEAST, FOLD_LAST };
int64_t history_fold(enum history_fold fold, int64_t so_far, int64_t value);

enum history_kind_number {
    HISTORY_OPERATIONS,
    HISTORY_FEEDS,
    HISTORY_LINKS,
    HISTORY_TABLES,
    HISTORY_KINDS
};
struct history_column {
    const char *name;
    enum history_fold fold;
};
/* What series of a kind are called and what they hold: the members of an answer. */
struct history_kind {
    const char *name;
    const char *labels[HISTORY_LABELS_MAX];
    uint32_t label_count;
    struct history_column columns[HISTORY_COLUMNS_MAX];
    uint32_t column_count;
    bool quantiles; /* history_series_quantiles() is used */
};
extern const struct history_kind history_kinds[HISTORY_KINDS];

/* By position in history_kinds[].columns. */
enum {
    OPERATION_REQUESTS,
    OPERATION_USER_ERRORS,
    OPERATION_SYSTEM_ERRORS,
    OPERATION_THROTTLED,
    OPERATION_LATENCY_P50,
    OPERATION_LATENCY_P99
};
enum {
    FEED_LAG_P50,
    FEED_LAG_P99,
    FEED_PENDING_CHANGES,
    FEED_PENDING_BYTES,
    FEED_APPLIED,
    FEED_CONFLICTS
};
enum { LINK_UP, LINK_BYTES_SENT, LINK_BYTES_RECEIVED };
enum { TABLE_ITEMS, TABLE_BYTES };

struct history_series;

/* Zero but for bytes_max: empty. */
struct history_ring {
    size_t bytes_max;
    size_t series_bytes, packed_bytes;
    struct history_kind_series {
        struct history_series **series; /* in the order of their labels */
        uint32_t count, cap;
    } kinds[HISTORY_KINDS];
    int64_t next;           /* the first second that was not sampled yet */
    int64_t oldest_minute;  /* kept whole */
    uint64_t run;           /* counts the samples taken */
    uint32_t left_out;      /* series without a place in the sample being taken */
    uint32_t left_out_last; /* and in the one before it */
};

void history_ring_release(struct history_ring *ring);

/** Second `number` (at least ring->next) is sampled; those that were missed are HISTORY_NONE. */
void history_ring_begin(struct history_ring *ring, int64_t number);
/** The series of these labels, made when it is new. NULL: there is no room, and it was counted; or
 * it was there already in this sample. */
struct history_series *history_ring_series(struct history_ring *ring, enum history_kind_number kind,
                                           const char *const *labels);
void history_series_gauge(struct history_series *series, uint32_t column, uint64_t value);
void history_series_counter(struct history_series *series, uint32_t column, uint64_t counter);
/** p50 into `column` and p99 into the next, of what a histogram has counted since the last sample;
 * HISTORY_NONE when that is nothing. */
void history_series_quantiles(struct history_series *series, uint32_t column,
                              const uint64_t *counts, uint32_t buckets,
                              uint64_t (*bound)(uint32_t bucket));
/** Forgets series that have had no value for the whole history. */
void history_ring_end(struct history_ring *ring);

/** The oldest second that is kept. */
int64_t history_ring_oldest(const struct history_ring *ring);

/**
 * Which seconds an answer to "from `after` on, `step` seconds an entry" has: from a multiple of
 * step to another, so that answers to one asker neither overlap nor leave a hole. An `after` that
 * lies ahead was given by an earlier life of the server: all is new to that asker.
 */
struct history_span {
    int64_t first, next, step;
};
struct history_span history_ring_span(const struct history_ring *ring, int64_t after, int64_t step);

/** One label of a series, by position in its kind. */
const char *history_series_label(const struct history_series *series, uint32_t label);
/** (next - first) / step entries of a column into `ret_values`. */
void history_series_read(const struct history_ring *ring, const struct history_series *series,
                         uint32_t column, const struct history_span *span, int64_t *ret_values);

#endif
