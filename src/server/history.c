/*
 * history.c - see history.h. A strand with a thread of its own, because holding a Region and
 * copying what replication has published may wait for locks; one lock between it and those who ask.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/history.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "server/history_ring.h"
#include "server/server.h"
#include "server/wait.h"
#include "value/json.h"

enum { SECOND_MS = 1000 };

struct history {
    struct server *server;
    struct strand *strand;
    struct timer timer;

    pthread_mutex_t lock; /* of the ring */
    struct history_ring ring;
};

/* ---- what there is to sample ---- */

struct sampling {
    struct history_ring *ring;
    const char *region;
};

static int sample_operation(void *context, const struct api_operation_view *one)
{
    struct history_series *series =
        history_ring_series(((struct sampling *)context)->ring, HISTORY_OPERATIONS,
                            (const char *const[]){one->region, one->operation});

    if (series == NULL)
        return 0;
    history_series_counter(series, OPERATION_REQUESTS, one->requests);
    history_series_counter(series, OPERATION_USER_ERRORS, one->user_errors);
    history_series_counter(series, OPERATION_SYSTEM_ERRORS, one->system_errors);
    history_series_counter(series, OPERATION_THROTTLED, one->throttled);
    history_series_quantiles(series, OPERATION_LATENCY_P50, one->latency, API_LATENCY_BUCKETS,
                             api_latency_bucket_us);
    return 0;
}

static int sample_link(void *context, const struct link_view *one)
{
    const struct sampling *sampling = context;
    struct history_series *series = history_ring_series(
        sampling->ring, HISTORY_LINKS, (const char *const[]){sampling->region, one->peer});

    if (series == NULL)
        return 0;
    history_series_gauge(series, LINK_UP, one->up);
    history_series_counter(series, LINK_BYTES_SENT, one->bytes_sent);
    history_series_counter(series, LINK_BYTES_RECEIVED, one->bytes_received);
    return 0;
}

static int sample_feed(void *context, const struct feed_view *one)
{
    const struct sampling *sampling = context;
    struct history_series *series =
        history_ring_series(sampling->ring, HISTORY_FEEDS,
                            (const char *const[]){sampling->region, one->peer, one->table});

    if (series == NULL)
        return 0;
    history_series_quantiles(series, FEED_LAG_P50, one->lag_histogram, LAG_BUCKETS,
                             replication_lag_bucket_ms);
    history_series_gauge(series, FEED_PENDING_CHANGES, one->pending_changes);
    history_series_gauge(series, FEED_PENDING_BYTES, one->pending_bytes);
    history_series_counter(series, FEED_APPLIED, one->applied);
    history_series_counter(series, FEED_CONFLICTS, one->conflicts);
    return 0;
}

static int sample_table(void *context, const char *name, const struct table_stats *stats)
{
    const struct sampling *sampling = context;
    struct history_series *series = history_ring_series(
        sampling->ring, HISTORY_TABLES, (const char *const[]){sampling->region, name});

    if (series == NULL)
        return 0;
    history_series_gauge(series, TABLE_ITEMS, stats->items);
    history_series_gauge(series, TABLE_BYTES, stats->bytes);
    return 0;
}

static_assert((int)API_LATENCY_BUCKETS <= (int)HISTORY_BUCKETS_MAX &&
                  (int)LAG_BUCKETS <= (int)HISTORY_BUCKETS_MAX,
              "a series remembers the histogram of the last sample");

/* What cannot be had for want of memory is a gap of a second. */
static void sample(struct history *history)
{
    struct server *server = history->server;
    struct sampling sampling = {.ring = &history->ring};

    (void)api_each_operation(server->host.api, sample_operation, &sampling);
    for (uint32_t i = 0; i < server->region_count; i++) {
        struct region *region = &server->regions[i];

        if (!region_hold(region))
            continue;
        sampling.region = region->config->name;
        (void)replication_each_link(region->replication, sample_link, &sampling);
        (void)replication_each_feed(region->replication, sample_feed, &sampling);
        (void)store_each_table(region->store, sample_table, &sampling);
        region_let_go(region);
    }
}

/* ---- each second ---- */

static int64_t seconds_since_start(const struct server *server)
{
    return mono_diff_ms(executor_now(server->executor), server->started) / SECOND_MS;
}

/* At the end of the second of that number. */
static void sleep_until_end_of(struct history *history, int64_t second)
{
    timer_start(history->strand, &history->timer,
                mono_add_ms(history->server->started, (second + 1) * SECOND_MS));
}

static void on_second(struct timer *timer)
{
    struct history *history = CONTAINER_OF(timer, struct history, timer);
    int64_t now = seconds_since_start(history->server);

    pthread_mutex_lock(&history->lock);
    if (now > history->ring.next) {
        history_ring_begin(&history->ring, now - 1);
        sample(history);
        history_ring_end(&history->ring);
    }
    pthread_mutex_unlock(&history->lock);
    sleep_until_end_of(history, now);
}

/* ---- life ---- */

static void begin(void *context)
{
    struct history *history = context;

    sleep_until_end_of(history, seconds_since_start(history->server));
}

static void end(void *context)
{
    timer_stop(&((struct history *)context)->timer);
}

int history_start(struct server *server, struct history **ret_history)
{
    struct history *history = calloc(1, sizeof(*history));

    if (history == NULL)
        return ST_NOMEM;
    history->server = server;
    history->ring.bytes_max = HISTORY_BYTES_MAX;
    history->strand = executor_strand(server->executor, STRAND_DEDICATED, "history");
    if (history->strand == NULL) {
        free(history);
        return ST_NOMEM;
    }
    pthread_mutex_init(&history->lock, NULL);
    timer_init(&history->timer, on_second);
    strand_wait(history->strand, begin, history);
    *ret_history = history;
    return 0;
}

void history_stop(struct history *history)
{
    if (history == NULL || history->strand == NULL)
        return;
    strand_wait(history->strand, end, history);
    strand_free(history->strand);
    history->strand = NULL;
}

void history_free(struct history *history)
{
    if (history == NULL)
        return;
    history_ring_release(&history->ring);
    pthread_mutex_destroy(&history->lock);
    free(history);
}

/* ---- in writing ---- */

static void put_int(struct json_writer *w, const char *name, int64_t value)
{
    json_key(w, name);
    json_put_int(w, value);
}

static void write_series(struct json_writer *w, const struct history_ring *ring,
                         const struct history_kind *kind, const struct history_series *series,
                         const struct history_span *span, int64_t *values)
{
    int64_t entries = (span->next - span->first) / span->step;

    json_object_begin(w);
    for (uint32_t i = 0; i < kind->label_count; i++) {
        json_key(w, kind->labels[i]);
        json_put_str(w, history_series_label(series, i));
    }
    for (uint32_t i = 0; i < kind->column_count; i++) {
        history_series_read(ring, series, i, span, values);
        json_key(w, kind->columns[i].name);
        json_array_begin(w);
        for (int64_t n = 0; n < entries; n++) {
            if (values[n] == HISTORY_NONE)
                json_put_null(w);
            else
                json_put_int(w, values[n]);
        }
        json_array_end(w);
    }
    json_object_end(w);
}

/* Cuts the span to what one answer may hold; at least one entry. */
static bool bound_span(const struct history_ring *ring, struct history_span *span)
{
    int64_t columns = 0, entries;

    for (uint32_t k = 0; k < HISTORY_KINDS; k++)
        columns += (int64_t)history_kinds[k].column_count * ring->kinds[k].count;
    entries = columns > 0 ? HISTORY_VALUES_MAX / columns : HISTORY_SECONDS;
    if (entries < 1)
        entries = 1;
    if ((span->next - span->first) / span->step <= entries)
        return false;
    span->next = span->first + entries * span->step;
    return true;
}

void history_write(struct history *history, int64_t after, int64_t last, int64_t step,
                   struct buf *out)
{
    const struct history_ring *ring = &history->ring;
    struct server *server = history->server;
    struct json_writer writer = json_writer_of(out), *w = &writer;
    int64_t *values = malloc(sizeof(*values) * HISTORY_SECONDS), age_ms;
    struct history_span span;
    bool more;

    if (values == NULL) {
        out->failed = true;
        return;
    }
    pthread_mutex_lock(&history->lock);
    if (last > 0)
        after = last < ring->next ? ring->next - last : 0;
    span = history_ring_span(ring, after, step);
    more = bound_span(ring, &span);
    age_ms = mono_diff_ms(executor_now(server->executor), server->started) - span.first * SECOND_MS;
    json_object_begin(w);
    put_int(w, "first", span.first);
    put_int(w, "next", span.next);
    put_int(w, "step", span.step);
    put_int(w, "from_ms", executor_wall_us(server->executor) / 1000 - age_ms);
    json_key(w, "more");
    json_put_bool(w, more);
    put_int(w, "series_left_out", ring->left_out);
    for (uint32_t k = 0; k < HISTORY_KINDS; k++) {
        json_key(w, history_kinds[k].name);
        json_array_begin(w);
        for (uint32_t i = 0; i < ring->kinds[k].count; i++)
            write_series(w, ring, &history_kinds[k], ring->kinds[k].series[i], &span, values);
        json_array_end(w);
    }
    json_object_end(w);
    pthread_mutex_unlock(&history->lock);
    free(values);
}
