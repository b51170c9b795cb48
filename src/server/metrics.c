/*
 * metrics.c - GET /metrics: a view in the text format of Prometheus (version 0.0.4).
 *
 * Prometheus wants all samples of one metric together, so each metric is a row: its name, type and
 * help, and a function that writes one sample for each thing that has one. Times are in seconds and
 * sizes in bytes, as its users expect. Table names and Regions hold no character that would need
 * escaping.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <math.h>

#include "server/report.h"

static void head(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static double seconds(uint64_t us)
{
    return (double)us / 1e6;
}

/* ---- process ---- */

static void write_process(struct buf *out, const struct view *view)
{
    const struct http_server_stats *http = &view->http;

    head(out, "tropic_info", "gauge", "The version that runs.");
    buf_printf(out, "tropic_info{version=\"%s\",mode=\"%s\"} 1\n", TROPIC_VERSION,
               view->server->config->dev ? "dev" : "serve");
    head(out, "tropic_uptime_seconds", "gauge", "Since the process started.");
    buf_printf(out, "tropic_uptime_seconds %.3f\n", (double)view->uptime_ms / 1e3);
    head(out, "tropic_http_connections", "gauge", "Connections of clients that are open.");
    buf_printf(out, "tropic_http_connections %lu\n", http->connections);
    head(out, "tropic_http_connections_total", "counter",
         "Connections accepted, and refused for being too many.");
    buf_printf(out,
               "tropic_http_connections_total{outcome=\"accepted\"} %lu\n"
               "tropic_http_connections_total{outcome=\"refused\"} %lu\n",
               http->accepted, http->refused);
    head(out, "tropic_http_bad_requests_total", "counter", "Requests that were not good HTTP.");
    buf_printf(out, "tropic_http_bad_requests_total %lu\n", http->requests_bad);
    head(out, "tropic_http_bytes_total", "counter", "Bytes on client connections.");
    buf_printf(out,
               "tropic_http_bytes_total{direction=\"in\"} %lu\n"
               "tropic_http_bytes_total{direction=\"out\"} %lu\n",
               http->bytes_received, http->bytes_sent);
}

/* ---- requests ---- */

static void write_latency(struct buf *out, const struct api_operation_view *one)
{
    uint64_t below = 0;

    for (uint32_t i = 0; i < API_LATENCY_BUCKETS; i++) {
        below += one->latency[i];
        if (i % 2 == 1) /* powers of two are fine enough to be kept for years */
            buf_printf(out,
                       "tropic_request_duration_seconds_bucket{region=\"%s\",operation=\"%s\","
                       "le=\"%.9g\"} %lu\n",
                       one->region, one->operation, seconds(api_latency_bucket_us(i)), below);
    }
    buf_printf(out,
               "tropic_request_duration_seconds_bucket{region=\"%s\",operation=\"%s\",le=\"+Inf\"} "
               "%lu\n"
               "tropic_request_duration_seconds_sum{region=\"%s\",operation=\"%s\"} %.6f\n"
               "tropic_request_duration_seconds_count{region=\"%s\",operation=\"%s\"} %lu\n",
               one->region, one->operation, below, one->region, one->operation,
               seconds(one->latency_us_total), one->region, one->operation, below);
}

static void write_requests(struct buf *out, const struct view *view)
{
    static const char *const outcomes[] = {"ok", "user_error", "system_error", "throttled"};

    head(out, "tropic_requests_total", "counter", "Requests by operation and outcome.");
    for (uint32_t i = 0; i < view->operation_count; i++) {
        const struct api_operation_view *one = &view->operations[i];
        uint64_t bad = one->user_errors + one->system_errors + one->throttled;
        uint64_t counts[] = {one->requests - bad, one->user_errors, one->system_errors,
                             one->throttled};

        for (size_t j = 0; j < ARRAY_LEN(outcomes); j++)
            buf_printf(out,
                       "tropic_requests_total{region=\"%s\",operation=\"%s\",outcome=\"%s\"} %lu\n",
                       one->region, one->operation, outcomes[j], counts[j]);
    }
    head(out, "tropic_request_duration_seconds", "histogram",
         "From the last byte of a request to its answer.");
    for (uint32_t i = 0; i < view->operation_count; i++)
        write_latency(out, &view->operations[i]);
}

/* ---- numbers of Regions, tables, links and feeds: one row each ---- */

/* clang-format off */
#define ROWS(function, view_type, ...)                                                        \
    static const struct {                                                                     \
        const char *name, *type, *help;                                                       \
        double (*value)(const view_type *one);                                                \
    } function##_rows[] = {__VA_ARGS__}
#define VALUE(function, view_type, expression)         \
    static double function(const view_type *one)       \
    {                                                  \
        return (double)(expression);                   \
    }

VALUE(region_up, struct view_region, one->state == REGION_OPEN)
VALUE(region_fenced, struct view_region, one->fenced)
VALUE(region_clock, struct view_region, (double)one->clock_offset_ms / 1e3)
VALUE(region_commits, struct view_region, one->store.commits)
VALUE(region_units, struct view_region, one->store.commit_units)
VALUE(region_commit_time, struct view_region, seconds(one->store.commit_us_total))
VALUE(region_queue_bytes, struct view_region, one->store.queue_bytes)
VALUE(region_queue_units, struct view_region, one->store.queue_units)
VALUE(region_changes, struct view_region, one->store.changes)
VALUE(region_conflicts, struct view_region, one->store.conflicts_logged)
VALUE(region_purged, struct view_region, one->store.tombstones_purged)
VALUE(region_expired, struct view_region, one->store.items_expired)
VALUE(region_refused, struct view_region, one->store.mutations_refused)
VALUE(region_disk, struct view_region, one->engine.disk_bytes)
VALUE(region_memory, struct view_region, one->engine.memory_bytes)
VALUE(region_free, struct view_region, one->engine.free_bytes)
VALUE(region_syncs, struct view_region, one->engine.syncs)
VALUE(region_written, struct view_region, one->engine.bytes_written)
VALUE(region_full, struct view_region, one->engine.full)
ROWS(region, struct view_region,
     {"tropic_region_up", "gauge", "1 when the Region is open.", region_up},
     {"tropic_region_fenced", "gauge", "1 when the Region refuses writes to protect data.",
      region_fenced},
     {"tropic_region_clock_offset_seconds", "gauge", "How far its clock was moved.", region_clock},
     {"tropic_commits_total", "counter", "Batches committed, each with one fsync.",
      region_commits},
     {"tropic_commit_units_total", "counter", "Mutations and edits in those batches.",
      region_units},
     {"tropic_commit_seconds_total", "counter", "Time spent committing.", region_commit_time},
     {"tropic_queue_bytes", "gauge", "Mutations accepted and not yet durable.",
      region_queue_bytes},
     {"tropic_queue_units", "gauge", "Mutations accepted and not yet durable.",
      region_queue_units},
     {"tropic_changes_total", "counter", "Changes appended to the change log.", region_changes},
     {"tropic_conflicts_logged_total", "counter",
      "Losing concurrent writes of this Region that the conflict log keeps.", region_conflicts},
     {"tropic_tombstones_purged_total", "counter", "Tombstones forgotten at the floor.",
      region_purged},
     {"tropic_items_expired_total", "counter", "Items that time to live deleted here.",
      region_expired},
     {"tropic_mutations_refused_total", "counter",
      "Writes refused with no effect: queue full, deadline, disk full, fenced.", region_refused},
     {"tropic_disk_bytes", "gauge", "Size of the data folder.", region_disk},
     {"tropic_engine_memory_bytes", "gauge", "Memory of the engine.", region_memory},
     {"tropic_disk_free_bytes", "gauge", "Free space of its file system.", region_free},
     {"tropic_syncs_total", "counter", "fsyncs of the engine's log.", region_syncs},
     {"tropic_disk_written_bytes_total", "counter", "Bytes given to the engine.", region_written},
     {"tropic_disk_full", "gauge", "1 while writes are refused for want of space.", region_full});

VALUE(table_items, struct view_table, one->stats.items)
VALUE(table_bytes, struct view_table, one->stats.bytes)
VALUE(table_tombstones, struct view_table, one->stats.tombstones)
VALUE(table_changes, struct view_table, one->stats.changes)
VALUE(table_conflicts, struct view_table, one->stats.conflicts)
ROWS(table, struct view_table,
     {"tropic_table_items", "gauge", "Live items.", table_items},
     {"tropic_table_bytes", "gauge", "Their size as DynamoDB counts it.", table_bytes},
     {"tropic_table_tombstones", "gauge", "Deletes that are remembered.", table_tombstones},
     {"tropic_table_changes_total", "counter", "Changes of the table here.", table_changes},
     {"tropic_table_conflicts_total", "counter", "Conflicts met here.", table_conflicts});

VALUE(link_up, struct view_link, one->link.up)
VALUE(link_heard, struct view_link, (double)one->link.heard_ms_ago / 1e3)
VALUE(link_skew, struct view_link, (double)one->link.skew_ms / 1e3)
VALUE(link_sent, struct view_link, one->link.bytes_sent)
VALUE(link_received, struct view_link, one->link.bytes_received)
VALUE(link_frames_sent, struct view_link, one->link.frames_sent)
VALUE(link_frames_received, struct view_link, one->link.frames_received)
VALUE(link_frames_refused, struct view_link, one->link.frames_refused)
ROWS(link, struct view_link,
     {"tropic_link_up", "gauge", "1 when the link to the peer works.", link_up},
     {"tropic_link_heard_seconds", "gauge", "Since the peer was last heard.", link_heard},
     {"tropic_link_skew_seconds", "gauge", "How far the peer's clock is ahead of ours.", link_skew},
     {"tropic_link_sent_bytes_total", "counter", "Bytes sent to the peer.", link_sent},
     {"tropic_link_received_bytes_total", "counter", "Bytes received from the peer.",
      link_received},
     {"tropic_link_sent_frames_total", "counter", "Frames sent to the peer.", link_frames_sent},
     {"tropic_link_received_frames_total", "counter", "Frames received from the peer.",
      link_frames_received},
     {"tropic_link_refused_frames_total", "counter", "Frames that were not understood.",
      link_frames_refused});

VALUE(feed_applied, struct view_feed, one->feed.applied)
VALUE(feed_dropped, struct view_feed, one->feed.dropped)
VALUE(feed_conflicts, struct view_feed, one->feed.conflicts)
VALUE(feed_pending, struct view_feed, one->feed.pending_changes)
VALUE(feed_pending_bytes, struct view_feed, one->feed.pending_bytes)
ROWS(feed, struct view_feed,
     {"tropic_replication_applied_total", "counter", "The peer's changes applied here.",
      feed_applied},
     {"tropic_replication_dropped_total", "counter", "The peer's changes that were known already.",
      feed_dropped},
     {"tropic_replication_conflicts_total", "counter",
      "The peer's changes that met a concurrent write here.", feed_conflicts},
     {"tropic_replication_pending_changes", "gauge",
      "Our changes that the peer has not acknowledged.", feed_pending},
     {"tropic_replication_pending_bytes", "gauge", "Their size.", feed_pending_bytes});
/* clang-format on */

static void write_regions(struct buf *out, const struct view *view)
{
    for (size_t row = 0; row < ARRAY_LEN(region_rows); row++) {
        head(out, region_rows[row].name, region_rows[row].type, region_rows[row].help);
        for (uint32_t i = 0; i < view->region_count; i++)
            buf_printf(out, "%s{region=\"%s\"} %.15g\n", region_rows[row].name,
                       view->regions[i].name, region_rows[row].value(&view->regions[i]));
    }
}

static void write_tables(struct buf *out, const struct view *view)
{
    for (size_t row = 0; row < ARRAY_LEN(table_rows); row++) {
        head(out, table_rows[row].name, table_rows[row].type, table_rows[row].help);
        for (uint32_t i = 0; i < view->table_count; i++)
            buf_printf(out, "%s{region=\"%s\",table=\"%s\"} %.15g\n", table_rows[row].name,
                       view->tables[i].region, view->tables[i].name,
                       table_rows[row].value(&view->tables[i]));
    }
}

static void write_links(struct buf *out, const struct view *view)
{
    for (size_t row = 0; row < ARRAY_LEN(link_rows); row++) {
        head(out, link_rows[row].name, link_rows[row].type, link_rows[row].help);
        for (uint32_t i = 0; i < view->link_count; i++)
            buf_printf(out, "%s{region=\"%s\",peer=\"%s\"} %.15g\n", link_rows[row].name,
                       view->links[i].region, view->links[i].link.peer,
                       link_rows[row].value(&view->links[i]));
    }
}

/* replication.h: powers of sqrt(2) ms from 0.5 ms. */
static double lag_bound_seconds(uint32_t bucket)
{
    return 0.0005 * pow(2.0, (double)bucket / 2.0);
}

static void write_lag(struct buf *out, const struct view_feed *one)
{
    const struct feed_view *feed = &one->feed;
    uint64_t below = 0;
    double sum = 0;

    for (uint32_t i = 0; i < LAG_BUCKETS; i++) {
        below += feed->lag_histogram[i];
        sum += (double)feed->lag_histogram[i] * lag_bound_seconds(i);
        if (i % 2 == 0 && i <= 40) /* to nine minutes; beyond is +Inf */
            buf_printf(out,
                       "tropic_replication_lag_seconds_bucket{region=\"%s\",peer=\"%s\","
                       "table=\"%s\",le=\"%.9g\"} %lu\n",
                       one->region, feed->peer, feed->table, lag_bound_seconds(i), below);
    }
    buf_printf(out,
               "tropic_replication_lag_seconds_bucket{region=\"%s\",peer=\"%s\",table=\"%s\","
               "le=\"+Inf\"} %lu\n"
               "tropic_replication_lag_seconds_sum{region=\"%s\",peer=\"%s\",table=\"%s\"} %.6f\n"
               "tropic_replication_lag_seconds_count{region=\"%s\",peer=\"%s\",table=\"%s\"} %lu\n",
               one->region, feed->peer, feed->table, below, one->region, feed->peer, feed->table,
               sum, one->region, feed->peer, feed->table, below);
}

static void write_feeds(struct buf *out, const struct view *view)
{
    for (size_t row = 0; row < ARRAY_LEN(feed_rows); row++) {
        head(out, feed_rows[row].name, feed_rows[row].type, feed_rows[row].help);
        for (uint32_t i = 0; i < view->feed_count; i++)
            buf_printf(out, "%s{region=\"%s\",peer=\"%s\",table=\"%s\"} %.15g\n",
                       feed_rows[row].name, view->feeds[i].region, view->feeds[i].feed.peer,
                       view->feeds[i].feed.table, feed_rows[row].value(&view->feeds[i]));
    }
    head(out, "tropic_replication_lag_seconds", "histogram",
         "From commit at the peer to commit here. The sum is of the buckets' upper bounds.");
    for (uint32_t i = 0; i < view->feed_count; i++)
        write_lag(out, &view->feeds[i]);
}

static void write_shapes(struct buf *out, const struct view *view)
{
    head(out, "tropic_link_injected_cut", "gauge", "1 when the direction is cut on purpose.");
    for (uint32_t i = 0; i < view->shape_count; i++)
        buf_printf(out, "tropic_link_injected_cut{from=\"%s\",to=\"%s\"} %d\n",
                   view->shapes[i].from, view->shapes[i].to, view->shapes[i].shape.cut);
    head(out, "tropic_link_injected_drops_total", "counter", "Frames that were lost on purpose.");
    for (uint32_t i = 0; i < view->shape_count; i++)
        buf_printf(out, "tropic_link_injected_drops_total{from=\"%s\",to=\"%s\"} %lu\n",
                   view->shapes[i].from, view->shapes[i].to, view->shapes[i].dropped);
}

void metrics_write(struct buf *out, const struct view *view)
{
    write_process(out, view);
    write_requests(out, view);
    write_regions(out, view);
    write_tables(out, view);
    write_links(out, view);
    write_feeds(out, view);
    write_shapes(out, view);
}
