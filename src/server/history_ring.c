/*
 * history_ring.c - see history_ring.h.
 *
 * A packed minute: for each column, one byte that says how wide a difference is (0, 1, 2, 4 or 8
 * bytes), the smallest value (8 bytes), and HISTORY_MINUTE differences to it. Minutes without any
 * value are not kept at all. HISTORY_NONE is less than all values, so it needs no case of its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/history_ring.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "server/histogram.h"

enum {
    LABELS_BYTES_MAX = 512,
    MALLOC_BYTES = 16, /* what an allocation costs besides its size */
};

const struct history_kind history_kinds[HISTORY_KINDS] = {
    [HISTORY_OPERATIONS] = {"operations",
                            {"region", "operation"},
                            2,
                            {{"requests", FOLD_SUM},
                             {"user_errors", FOLD_SUM},
                             {"system_errors", FOLD_SUM},
                             {"throttled", FOLD_SUM},
                             {"latency_us_p50", FOLD_GREATEST},
                             {"latency_us_p99", FOLD_GREATEST}},
                            6,
                            true},
    [HISTORY_FEEDS] = {"feeds",
                       {"region", "peer", "table"},
                       3,
                       {{"lag_ms_p50", FOLD_GREATEST},
                        {"lag_ms_p99", FOLD_GREATEST},
                        {"pending_changes", FOLD_GREATEST},
                        {"pending_bytes", FOLD_GREATEST},
                        {"applied", FOLD_SUM},
                        {"conflicts", FOLD_SUM}},
                       6,
                       true},
    [HISTORY_LINKS] = {"links",
                       {"region", "peer"},
                       2,
                       {{"up", FOLD_LEAST}, {"bytes_sent", FOLD_SUM}, {"bytes_received", FOLD_SUM}},
                       3,
                       false},
    [HISTORY_TABLES] =
        {"tables", {"region", "table"}, 2, {{"items", FOLD_LAST}, {"bytes", FOLD_LAST}}, 2, false},
};

struct history_series {
    const struct history_kind *kind;
    char *labels; /* each ended by NUL, one behind the other */
    size_t labels_len, bytes;
    uint64_t run;   /* the last sample that it was in */
    bool known;     /* what its counters were at the last sample */
    int64_t last;   /* the newest second with a value */
    int64_t second; /* of the minute: where values go now */
    uint64_t counters[HISTORY_COLUMNS_MAX];
    uint64_t *buckets;                 /* HISTORY_BUCKETS_MAX, when the kind has quantiles */
    uint8_t *minutes[HISTORY_MINUTES]; /* packed; by number of the minute, modulo */
    int64_t open[];                    /* HISTORY_MINUTE of each column */
};

int64_t history_fold(enum history_fold fold, int64_t so_far, int64_t value)
{
    if (so_far == HISTORY_NONE || value == HISTORY_NONE)
        return so_far == HISTORY_NONE ? value : so_far;
    switch (fold) {
    case FOLD_SUM:
        return so_far + value;
    case FOLD_GREATEST:
        return so_far > value ? so_far : value;
    case FOLD_LEAST:
        return so_far < value ? so_far : value;
    case FOLD_LAST:
        break;
    }
    return value;
}

/* ---- minutes ---- */

static uint8_t width_of(uint64_t largest)
{
    return largest == 0            ? 0
           : largest <= UINT8_MAX  ? 1
           : largest <= UINT16_MAX ? 2
           : largest <= UINT32_MAX ? 4
                                   : 8;
}

static void bounds_of(const int64_t *values, int64_t *ret_least, int64_t *ret_greatest)
{
    *ret_least = *ret_greatest = values[0];
    for (uint32_t i = 1; i < HISTORY_MINUTE; i++) {
        if (values[i] < *ret_least)
            *ret_least = values[i];
        if (values[i] > *ret_greatest)
            *ret_greatest = values[i];
    }
}

static size_t packed_size(const struct history_series *series)
{
    size_t size = 0;

    for (uint32_t c = 0; c < series->kind->column_count; c++) {
        int64_t least, greatest;

        bounds_of(series->open + c * HISTORY_MINUTE, &least, &greatest);
        size += 1 + sizeof(least) + HISTORY_MINUTE * width_of((uint64_t)(greatest - least));
    }
    return size;
}

static void pack_column(uint8_t **at, const int64_t *values)
{
    int64_t least, greatest;
    uint8_t width;

    bounds_of(values, &least, &greatest);
    width = width_of((uint64_t)(greatest - least));
    *(*at)++ = width;
    memcpy(*at, &least, sizeof(least));
    *at += sizeof(least);
    for (uint32_t i = 0; i < HISTORY_MINUTE; i++) {
        uint64_t difference = (uint64_t)(values[i] - least);

        for (uint8_t byte = 0; byte < width; byte++)
            *(*at)++ = (uint8_t)(difference >> 8 * byte);
    }
}

static void unpack_column(const uint8_t *at, uint32_t column, int64_t *ret_values)
{
    int64_t least;
    uint8_t width;

    for (; column > 0; column--)
        at += 1 + sizeof(least) + HISTORY_MINUTE * (size_t)at[0];
    width = *at++;
    memcpy(&least, at, sizeof(least));
    at += sizeof(least);
    for (uint32_t i = 0; i < HISTORY_MINUTE; i++) {
        uint64_t difference = 0;

        for (uint8_t byte = 0; byte < width; byte++)
            difference |= (uint64_t)*at++ << 8 * byte;
        ret_values[i] = least + (int64_t)difference;
    }
}

static size_t block_size(const struct history_series *series, const uint8_t *block)
{
    const uint8_t *at = block;

    for (uint32_t c = 0; c < series->kind->column_count; c++)
        at += 1 + sizeof(int64_t) + HISTORY_MINUTE * (size_t)at[0];
    return (size_t)(at - block) + MALLOC_BYTES;
}

static void drop_minute(struct history_ring *ring, struct history_series *series, int64_t minute)
{
    uint8_t **block = &series->minutes[minute % HISTORY_MINUTES];

    if (*block == NULL)
        return;
    ring->packed_bytes -= block_size(series, *block);
    free(*block);
    *block = NULL;
}

static void open_minute(struct history_series *series)
{
    for (uint32_t i = 0; i < series->kind->column_count * HISTORY_MINUTE; i++)
        series->open[i] = HISTORY_NONE;
}

/* Packs the minute under way into its place, which was dropped before. Without memory for it, it
 * is a gap. */
static void close_minute(struct history_ring *ring, struct history_series *series, int64_t minute)
{
    uint8_t *block, *at;
    size_t size;

    if (series->last < minute * HISTORY_MINUTE)
        return; /* it had no value in it */
    size = packed_size(series);
    block = at = malloc(size);
    if (block != NULL) {
        for (uint32_t c = 0; c < series->kind->column_count; c++)
            pack_column(&at, series->open + c * HISTORY_MINUTE);
        series->minutes[minute % HISTORY_MINUTES] = block;
        ring->packed_bytes += size + MALLOC_BYTES;
    }
    open_minute(series);
}

/* ---- series ---- */

static void series_free(struct history_ring *ring, struct history_series *series)
{
    for (int64_t minute = 0; minute < HISTORY_MINUTES; minute++)
        drop_minute(ring, series, minute);
    ring->series_bytes -= series->bytes;
    free(series->buckets);
    free(series->labels);
    free(series);
}

static struct history_series *series_new(const struct history_ring *ring,
                                         const struct history_kind *kind, struct slice labels)
{
    size_t size = sizeof(struct history_series) +
                  sizeof(int64_t) * HISTORY_MINUTE * kind->column_count,
           buckets = kind->quantiles ? sizeof(uint64_t) * HISTORY_BUCKETS_MAX : 0,
           bytes = size + labels.len + buckets + 3 * MALLOC_BYTES + sizeof(void *);
    struct history_series *series;

    if (ring->series_bytes + bytes > ring->bytes_max / 2)
        return NULL;
    series = calloc(1, size);
    if (series == NULL)
        return NULL;
    series->labels = malloc(labels.len);
    series->buckets = buckets > 0 ? calloc(1, buckets) : NULL;
    if (series->labels == NULL || (buckets > 0 && series->buckets == NULL)) {
        free(series->labels);
        free(series->buckets);
        free(series);
        return NULL;
    }
    memcpy(series->labels, labels.ptr, labels.len);
    series->labels_len = labels.len;
    series->kind = kind;
    series->bytes = bytes;
    series->last = -1;
    /* Nobody counted it before, unless it was there and had no place. */
    series->known = ring->left_out_last == 0;
    open_minute(series);
    return series;
}

static int compare_labels(const struct history_series *series, struct slice labels)
{
    size_t common = series->labels_len < labels.len ? series->labels_len : labels.len;
    int order = memcmp(series->labels, labels.ptr, common);

    return order != 0 ? order
                      : (series->labels_len > labels.len) - (series->labels_len < labels.len);
}

/* Where a series of these labels is, or would be. */
static uint32_t place_of(const struct history_kind_series *all, struct slice labels)
{
    uint32_t low = 0, high = all->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (compare_labels(all->series[middle], labels) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct history_series *insert(struct history_ring *ring, enum history_kind_number kind,
                                     uint32_t place, struct slice labels)
{
    struct history_kind_series *all = &ring->kinds[kind];
    struct history_series *series;

    if (all->count == all->cap) {
        uint32_t cap = all->cap == 0 ? 16 : all->cap * 2;
        struct history_series **grown = realloc(all->series, cap * sizeof(struct history_series *));

        if (grown == NULL)
            return NULL;
        all->series = grown;
        all->cap = cap;
    }
    series = series_new(ring, &history_kinds[kind], labels);
    if (series == NULL)
        return NULL;
    memmove(all->series + place + 1, all->series + place,
            (all->count - place) * sizeof(struct history_series *));
    all->series[place] = series;
    all->count++;
    ring->series_bytes += series->bytes;
    return series;
}

struct history_series *history_ring_series(struct history_ring *ring, enum history_kind_number kind,
                                           const char *const *labels)
{
    struct history_kind_series *all = &ring->kinds[kind];
    struct history_series *series = NULL;
    char joined[LABELS_BYTES_MAX];
    struct slice key;
    uint32_t place;
    size_t len = 0;

    for (uint32_t i = 0; i < history_kinds[kind].label_count; i++) {
        size_t size = strlen(labels[i]) + 1;

        assert(len + size <= sizeof(joined)); /* Regions 63 bytes, tables 255, operations fewer */
        memcpy(joined + len, labels[i], size);
        len += size;
    }
    key = slice_of(joined, len);
    place = place_of(all, key);
    if (place < all->count && compare_labels(all->series[place], key) == 0)
        series = all->series[place];
    else
        series = insert(ring, kind, place, key);
    if (series == NULL) {
        ring->left_out++;
        return NULL;
    }
    if (series->run == ring->run)
        return NULL;
    if (series->run != 0 && series->run + 1 != ring->run) {
        /* It was away: what counts for it was begun anew. */
        memset(series->counters, 0, sizeof(series->counters));
        if (series->buckets != NULL)
            memset(series->buckets, 0, sizeof(uint64_t) * HISTORY_BUCKETS_MAX);
    }
    series->run = ring->run;
    series->second = ring->next % HISTORY_MINUTE;
    series->last = ring->next;
    return series;
}

static void put(struct history_series *series, uint32_t column, uint64_t value)
{
    series->open[column * HISTORY_MINUTE + (uint32_t)series->second] =
        value < INT64_MAX / HISTORY_SECONDS ? (int64_t)value : INT64_MAX / HISTORY_SECONDS;
}

void history_series_gauge(struct history_series *series, uint32_t column, uint64_t value)
{
    put(series, column, value);
}

void history_series_counter(struct history_series *series, uint32_t column, uint64_t counter)
{
    uint64_t before = series->counters[column];

    series->counters[column] = counter;
    if (series->known)
        put(series, column, counter >= before ? counter - before : counter);
}

void history_series_quantiles(struct history_series *series, uint32_t column,
                              const uint64_t *counts, uint32_t buckets,
                              uint64_t (*bound)(uint32_t bucket))
{
    uint64_t delta[HISTORY_BUCKETS_MAX];

    assert(buckets <= HISTORY_BUCKETS_MAX && series->buckets != NULL);
    if (histogram_delta(counts, series->buckets, buckets, delta) > 0 && series->known) {
        put(series, column, histogram_quantile(delta, buckets, 0.5, bound));
        put(series, column + 1, histogram_quantile(delta, buckets, 0.99, bound));
    }
    memcpy(series->buckets, counts, sizeof(uint64_t) * buckets);
}

/* ---- samples ---- */

#define FOREACH_SERIES(ring, kind, i)                                                              \
    for (uint32_t kind = 0; kind < HISTORY_KINDS; kind++)                                          \
        for (uint32_t i = 0; i < (ring)->kinds[kind].count; i++)

static void drop_oldest(struct history_ring *ring)
{
    FOREACH_SERIES(ring, kind, i)
    drop_minute(ring, ring->kinds[kind].series[i], ring->oldest_minute);
    ring->oldest_minute++;
}

/* From the minute under way to another: it is packed, and what is older than an hour then, or too
 * much, goes. */
static void turn_minutes(struct history_ring *ring, int64_t now, int64_t then)
{
    while (ring->oldest_minute + HISTORY_MINUTES <= now)
        drop_oldest(ring);
    FOREACH_SERIES(ring, kind, i)
    close_minute(ring, ring->kinds[kind].series[i], now);
    while (ring->oldest_minute + HISTORY_MINUTES < then && ring->oldest_minute <= now)
        drop_oldest(ring);
    if (ring->oldest_minute + HISTORY_MINUTES < then)
        ring->oldest_minute = then - HISTORY_MINUTES;
    while (ring->series_bytes + ring->packed_bytes > ring->bytes_max && ring->oldest_minute < now)
        drop_oldest(ring);
}

void history_ring_begin(struct history_ring *ring, int64_t number)
{
    int64_t now = ring->next / HISTORY_MINUTE, then = number / HISTORY_MINUTE;

    assert(number >= ring->next);
    /* A minute is over when the first second of another is sampled. */
    if (ring->next > 0)
        now = (ring->next - 1) / HISTORY_MINUTE;
    if (then > now)
        turn_minutes(ring, now, then);
    ring->next = number;
    ring->run++;
    ring->left_out_last = ring->left_out;
    ring->left_out = 0;
}

void history_ring_end(struct history_ring *ring)
{
    int64_t oldest;

    ring->next++;
    oldest = history_ring_oldest(ring);
    for (uint32_t kind = 0; kind < HISTORY_KINDS; kind++) {
        struct history_kind_series *all = &ring->kinds[kind];
        uint32_t kept = 0;

        for (uint32_t i = 0; i < all->count; i++) {
            struct history_series *series = all->series[i];

            if (series->run == ring->run)
                series->known = true;
            if (series->last < oldest)
                series_free(ring, series);
            else
                all->series[kept++] = series;
        }
        all->count = kept;
    }
}

void history_ring_release(struct history_ring *ring)
{
    for (uint32_t kind = 0; kind < HISTORY_KINDS; kind++) {
        for (uint32_t i = 0; i < ring->kinds[kind].count; i++)
            series_free(ring, ring->kinds[kind].series[i]);
        free(ring->kinds[kind].series);
    }
    *ring = (struct history_ring){.bytes_max = ring->bytes_max};
}

/* ---- reading ---- */

int64_t history_ring_oldest(const struct history_ring *ring)
{
    int64_t kept = ring->oldest_minute * HISTORY_MINUTE, hour = ring->next - HISTORY_SECONDS;

    return kept > hour ? kept : hour > 0 ? hour : 0;
}

struct history_span history_ring_span(const struct history_ring *ring, int64_t after, int64_t step)
{
    int64_t oldest = history_ring_oldest(ring);
    struct history_span span = {.next = ring->next / step * step, .step = step};

    if (after < oldest || after > ring->next)
        after = (oldest + step - 1) / step * step;
    span.first = after / step * step;
    if (span.first < oldest)
        span.first += step;
    if (span.first > span.next)
        span.first = span.next;
    return span;
}

const char *history_series_label(const struct history_series *series, uint32_t label)
{
    const char *at = series->labels;

    for (; label > 0; label--)
        at += strlen(at) + 1;
    return at;
}

void history_series_read(const struct history_ring *ring, const struct history_series *series,
                         uint32_t column, const struct history_span *span, int64_t *ret_values)
{
    enum history_fold fold = series->kind->columns[column].fold;
    int64_t under_way = ring->next > 0 ? (ring->next - 1) / HISTORY_MINUTE : 0, unpacked = -1;
    int64_t buffer[HISTORY_MINUTE];
    const int64_t *values = NULL;

    for (int64_t at = span->first; at < span->next; at++) {
        int64_t minute = at / HISTORY_MINUTE, entry = (at - span->first) / span->step;

        if (minute != unpacked) {
            const uint8_t *block = series->minutes[minute % HISTORY_MINUTES];

            unpacked = minute;
            values = NULL;
            if (minute == under_way)
                values = series->open + column * HISTORY_MINUTE;
            else if (block != NULL)
                unpack_column(block, column, buffer), values = buffer;
        }
        if ((at - span->first) % span->step == 0)
            ret_values[entry] = HISTORY_NONE;
        ret_values[entry] = history_fold(
            fold, ret_values[entry], values != NULL ? values[at % HISTORY_MINUTE] : HISTORY_NONE);
    }
}
