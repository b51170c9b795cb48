/*
 * view.h - what there is to see of a running server at one moment, gathered once.
 *
 *     struct view view;
 *     rc = view_take(server, &arena, &view);
 *     ... status_write() as JSON, metrics_write() for Prometheus: until the arena goes ...
 *
 * /metrics, `tropic status` and the log speak of the same numbers because they are all written from
 * a view. Names point into the arena or into objects that live as long as the server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_VIEW_H
#define TROPIC_SERVER_VIEW_H

#include "api/api.h"
#include "engine/engine.h"
#include "http/http_server.h"
#include "replication/replication.h"
#include "server/network.h"
#include "server/server.h"
#include "table/store.h"

struct view_region {
    const char *name;
    enum region_state state;
    int64_t clock_offset_ms, wall_ms;
    bool fenced;
    struct store_stats store; /* zero unless open */
    struct engine_stats engine;
};

struct view_table {
    const char *region, *name, *status;
    bool global;
    struct table_stats stats;
};

struct view_link {
    const char *region;
    struct link_view link;
};

struct view_feed {
    const char *region;
    struct feed_view feed;
};

/* Growing arrays in the arena; counts say how much is used. */
struct view {
    struct server *server;
    struct arena *arena;
    int64_t uptime_ms;
    struct http_server_stats http;
    struct view_region *regions;
    uint32_t region_count;
    struct view_table *tables;
    uint32_t table_count, table_cap;
    struct view_link *links;
    uint32_t link_count, link_cap;
    struct view_feed *feeds;
    uint32_t feed_count, feed_cap;
    struct shape_view *shapes;
    uint32_t shape_count, shape_cap;
    struct api_operation_view *operations;
    uint32_t operation_count, operation_cap;
};

/** Blocks; from the I/O pool. ST_NOMEM. */
int view_take(struct server *server, struct arena *arena, struct view *ret_view);

#endif
