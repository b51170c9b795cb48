/*
 * status.c - the JSON answer of GET /_tropic/v1/status.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "server/histogram.h"
#include "server/report.h"

static void put_uint(struct json_writer *w, const char *name, uint64_t value)
{
    json_key(w, name);
    json_put_uint(w, value);
}

static void put_int(struct json_writer *w, const char *name, int64_t value)
{
    json_key(w, name);
    json_put_int(w, value);
}

static void put_str(struct json_writer *w, const char *name, const char *value)
{
    json_key(w, name);
    json_put_str(w, value);
}

static void put_bool(struct json_writer *w, const char *name, bool value)
{
    json_key(w, name);
    json_put_bool(w, value);
}

void shape_write(struct json_writer *w, const struct shape_view *view)
{
    json_object_begin(w);
    put_str(w, "from", view->from);
    put_str(w, "to", view->to);
    put_int(w, "delay_us", view->shape.delay_us);
    put_int(w, "jitter_us", view->shape.jitter_us);
    put_uint(w, "loss_ppm", view->shape.loss_ppm);
    put_bool(w, "cut", view->shape.cut);
    put_uint(w, "dropped", view->dropped);
    put_uint(w, "queued_bytes", view->queued_bytes);
    json_object_end(w);
}

static void write_region(struct json_writer *w, const struct view_region *region)
{
    json_object_begin(w);
    put_str(w, "name", region->name);
    put_str(w, "state", region_state_name(region->state));
    put_int(w, "clock_offset_ms", region->clock_offset_ms);
    put_int(w, "wall_ms", region->wall_ms);
    put_bool(w, "fenced", region->fenced);
    json_key(w, "store");
    json_object_begin(w);
    put_uint(w, "commits", region->store.commits);
    put_uint(w, "commit_units", region->store.commit_units);
    put_uint(w, "commit_us_total", region->store.commit_us_total);
    put_int(w, "commit_us_max", region->store.commit_us_max);
    put_uint(w, "queue_units", region->store.queue_units);
    put_uint(w, "queue_bytes", region->store.queue_bytes);
    put_uint(w, "changes", region->store.changes);
    put_uint(w, "conflicts_logged", region->store.conflicts_logged);
    put_uint(w, "tombstones_purged", region->store.tombstones_purged);
    put_uint(w, "items_expired", region->store.items_expired);
    put_uint(w, "mutations_refused", region->store.mutations_refused);
    put_uint(w, "sequence_durable", region->store.sequence_durable);
    json_object_end(w);
    json_key(w, "engine");
    json_object_begin(w);
    put_uint(w, "disk_bytes", region->engine.disk_bytes);
    put_uint(w, "memory_bytes", region->engine.memory_bytes);
    put_uint(w, "free_bytes", region->engine.free_bytes);
    put_uint(w, "commits", region->engine.commits);
    put_uint(w, "syncs", region->engine.syncs);
    put_uint(w, "bytes_written", region->engine.bytes_written);
    put_bool(w, "full", region->engine.full);
    json_object_end(w);
    json_object_end(w);
}

static void write_table(struct json_writer *w, const struct view_table *table)
{
    json_object_begin(w);
    put_str(w, "region", table->region);
    put_str(w, "name", table->name);
    put_str(w, "status", table->status);
    put_bool(w, "global", table->global);
    put_uint(w, "items", table->stats.items);
    put_uint(w, "bytes", table->stats.bytes);
    put_uint(w, "tombstones", table->stats.tombstones);
    put_uint(w, "changes", table->stats.changes);
    put_uint(w, "conflicts", table->stats.conflicts);
    json_object_end(w);
}

static bool is_cut(const struct view *view, const char *from, const char *to)
{
    for (uint32_t i = 0; i < view->shape_count; i++)
        if (strcmp(view->shapes[i].from, from) == 0 && strcmp(view->shapes[i].to, to) == 0)
            return view->shapes[i].shape.cut;
    return false;
}

static void write_link(struct json_writer *w, const struct view *view, const struct view_link *one)
{
    const struct link_view *link = &one->link;
    bool cut = is_cut(view, one->region, link->peer) || is_cut(view, link->peer, one->region);

    json_object_begin(w);
    put_str(w, "region", one->region);
    put_str(w, "peer", link->peer);
    put_bool(w, "up", link->up);
    put_str(w, "state", cut ? "cut" : link->state);
    put_int(w, "heard_ms_ago", link->heard_ms_ago);
    put_int(w, "skew_ms", link->skew_ms);
    put_uint(w, "bytes_sent", link->bytes_sent);
    put_uint(w, "bytes_received", link->bytes_received);
    put_uint(w, "frames_sent", link->frames_sent);
    put_uint(w, "frames_received", link->frames_received);
    put_uint(w, "frames_refused", link->frames_refused);
    json_object_end(w);
}

static void write_feed(struct json_writer *w, const struct view_feed *one)
{
    const struct feed_view *feed = &one->feed;

    json_object_begin(w);
    put_str(w, "region", one->region);
    put_str(w, "peer", feed->peer);
    put_str(w, "table", feed->table);
    put_uint(w, "applied", feed->applied);
    put_uint(w, "dropped", feed->dropped);
    put_uint(w, "conflicts", feed->conflicts);
    put_uint(w, "pending_changes", feed->pending_changes);
    put_uint(w, "pending_bytes", feed->pending_bytes);
    put_int(w, "lag_ms_p50", feed->lag_ms_p50);
    put_int(w, "lag_ms_p99", feed->lag_ms_p99);
    put_int(w, "lag_ms_max", feed->lag_ms_max);
    put_int(w, "closed_ms", hybrid_time_ms(feed->acknowledged));
    put_int(w, "floor_ms", hybrid_time_ms(feed->floor));
    json_object_end(w);
}

static void write_operation(struct json_writer *w, const struct api_operation_view *operation)
{
    json_object_begin(w);
    put_str(w, "region", operation->region);
    put_str(w, "operation", operation->operation);
    put_uint(w, "requests", operation->requests);
    put_uint(w, "user_errors", operation->user_errors);
    put_uint(w, "system_errors", operation->system_errors);
    put_uint(w, "throttled", operation->throttled);
    put_uint(w, "latency_us_total", operation->latency_us_total);
    put_uint(
        w, "latency_us_p50",
        histogram_quantile(operation->latency, API_LATENCY_BUCKETS, 0.5, api_latency_bucket_us));
    put_uint(
        w, "latency_us_p99",
        histogram_quantile(operation->latency, API_LATENCY_BUCKETS, 0.99, api_latency_bucket_us));
    json_object_end(w);
}

static void put_degrees(struct json_writer *w, const char *name, const struct place *place,
                        int32_t millionths)
{
    json_key(w, name);
    if (place->located)
        json_put_double(w, (double)millionths / DEGREE);
    else
        json_put_null(w);
}

static void put_text(struct json_writer *w, const char *name, const char *text)
{
    json_key(w, name);
    if (text != NULL)
        json_put_str(w, text);
    else
        json_put_null(w);
}

static void write_place(struct json_writer *w, const char *region, bool hosted,
                        const struct place *place, const char *console)
{
    json_object_begin(w);
    put_str(w, "region", region);
    put_bool(w, "hosted", hosted);
    put_degrees(w, "latitude", place, place->latitude);
    put_degrees(w, "longitude", place, place->longitude);
    put_text(w, "place", place->text);
    put_text(w, "console", console);
    json_object_end(w);
}

static void write_places(struct json_writer *w, const struct config *config)
{
    json_key(w, "places");
    json_array_begin(w);
    for (uint32_t i = 0; i < config->region_count; i++)
        write_place(w, config->regions[i].name, true, &config->regions[i].place, NULL);
    for (uint32_t i = 0; i < config->peer_count; i++)
        write_place(w, config->peers[i].name, false, &config->peers[i].place,
                    config->peers[i].console);
    json_array_end(w);
}

void status_write(struct buf *out, const struct view *view)
{
    struct json_writer writer = json_writer_of(out), *w = &writer;

    json_object_begin(w);
    put_str(w, "version", TROPIC_VERSION);
    put_str(w, "mode", view->server->config->dev ? "dev" : "serve");
    put_int(w, "uptime_ms", view->uptime_ms);
    put_uint(w, "connections", view->http.connections);
    json_key(w, "regions");
    json_array_begin(w);
    for (uint32_t i = 0; i < view->region_count; i++)
        write_region(w, &view->regions[i]);
    json_array_end(w);
    json_key(w, "links");
    json_array_begin(w);
    for (uint32_t i = 0; i < view->link_count; i++)
        write_link(w, view, &view->links[i]);
    json_array_end(w);
    json_key(w, "shapes");
    json_array_begin(w);
    for (uint32_t i = 0; i < view->shape_count; i++)
        shape_write(w, &view->shapes[i]);
    json_array_end(w);
    json_key(w, "tables");
    json_array_begin(w);
    for (uint32_t i = 0; i < view->table_count; i++)
        write_table(w, &view->tables[i]);
    json_array_end(w);
    json_key(w, "feeds");
    json_array_begin(w);
    for (uint32_t i = 0; i < view->feed_count; i++)
        write_feed(w, &view->feeds[i]);
    json_array_end(w);
    json_key(w, "operations");
    json_array_begin(w);
    for (uint32_t i = 0; i < view->operation_count; i++)
        write_operation(w, &view->operations[i]);
    json_array_end(w);
    write_places(w, view->server->config);
    json_object_end(w);
}
