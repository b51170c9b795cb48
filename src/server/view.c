/*
 * view.c - see view.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/view.h"

#include <stdlib.h>
#include <string.h>

/* One more element at the end of an array in the arena, zeroed; NULL: no memory. */
static void *grow(struct arena *arena, void **array, uint32_t *count, uint32_t *cap, size_t size)
{
    if (*count == *cap) {
        uint32_t more = *cap == 0 ? 16 : *cap * 2;
        void *larger = arena_zalloc(arena, size * more);

        if (larger == NULL)
            return NULL;
        if (*count > 0)
            memcpy(larger, *array, size * *count);
        *array = larger;
        *cap = more;
    }
    return (char *)*array + size * (*count)++;
}
#define GROW(view, name)                                                                           \
    grow((view)->arena, (void **)&(view)->name##s, &(view)->name##_count, &(view)->name##_cap,     \
         sizeof(*(view)->name##s))

struct visiting {
    struct view *view;
    const char *region;
};

static int visit_link(void *context, const struct link_view *link)
{
    struct visiting *visiting = context;
    struct view_link *one = GROW(visiting->view, link);

    if (one == NULL)
        return ST_NOMEM;
    one->region = visiting->region;
    one->link = *link;
    return 0;
}

static int visit_feed(void *context, const struct feed_view *feed)
{
    struct visiting *visiting = context;
    struct view_feed *one = GROW(visiting->view, feed);

    if (one == NULL)
        return ST_NOMEM;
    one->region = visiting->region;
    one->feed = *feed;
    return 0;
}

static int visit_operation(void *context, const struct api_operation_view *operation)
{
    struct api_operation_view *one = GROW((struct view *)context, operation);

    if (one == NULL)
        return ST_NOMEM;
    *one = *operation;
    return 0;
}

static int visit_shape(void *context, const struct shape_view *shape)
{
    struct shape_view *one = GROW((struct view *)context, shape);

    if (one == NULL)
        return ST_NOMEM;
    *one = *shape;
    return 0;
}

static int take_table(struct view *view, struct region *region, struct slice name)
{
    struct table *table = store_table(region->store, name);
    struct schema *schema;
    struct view_table *one;

    if (table == NULL) /* dropped since its name was read */
        return 0;
    one = GROW(view, table);
    if (one != NULL) {
        schema = table_schema(table);
        one->region = region->config->name;
        one->name = arena_str(view->arena, name);
        one->status = table_status_name(schema->status);
        one->global = schema->global;
        table_stats(table, &one->stats);
        schema_unref(schema);
    }
    table_unref(table);
    return one != NULL && one->name != NULL ? 0 : ST_NOMEM;
}

static int take_tables(struct view *view, struct region *region)
{
    enum { NAMES_AT_ONCE = 100 };
    struct slice *names, after = SLICE_EMPTY;
    bool more = true;
    uint32_t count;
    int rc;

    while (more) {
        rc = store_table_names(region->store, after, NAMES_AT_ONCE, view->arena, &names, &count,
                               &more);
        if (rc < 0)
            return rc;
        for (uint32_t i = 0; i < count; i++) {
            rc = take_table(view, region, names[i]);
            if (rc < 0)
                return rc;
        }
        if (count == 0)
            break;
        after = names[count - 1];
    }
    return 0;
}

static int take_open_region(struct view *view, struct region *region, struct view_region *one)
{
    struct visiting visiting = {.view = view, .region = region->config->name};
    int rc;

    one->fenced = store_fenced(region->store);
    store_stats(region->store, &one->store);
    engine_stats(region->engine, &one->engine);
    rc = take_tables(view, region);
    if (rc == 0)
        rc = replication_each_link(region->replication, visit_link, &visiting);
    if (rc == 0)
        rc = replication_each_feed(region->replication, visit_feed, &visiting);
    return rc;
}

static int take_region(struct view *view, struct region *region)
{
    struct view_region *one = &view->regions[view->region_count++];
    int rc = 0;

    one->name = region->config->name;
    one->clock_offset_ms = atomic_load(&region->clock.offset_us) / 1000;
    one->wall_ms = clock_wall_ms(&region->clock);
    if (region_hold(region)) {
        one->state = REGION_OPEN;
        rc = take_open_region(view, region, one);
        region_let_go(region);
    } else {
        one->state = region_state(region);
    }
    return rc;
}

static int compare_operations(const void *left, const void *right)
{
    const struct api_operation_view *a = left, *b = right;
    int regions = strcmp(a->region, b->region);

    return regions != 0 ? regions : strcmp(a->operation, b->operation);
}

int view_take(struct server *server, struct arena *arena, struct view *ret_view)
{
    struct view view = {.server = server, .arena = arena};
    int rc = 0;

    view.uptime_ms = mono_diff_ms(executor_now(server->executor), server->started);
    http_server_stats(server->http, &view.http);
    view.regions = ARENA_ARRAY(arena, struct view_region, server->region_count);
    if (view.regions == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < server->region_count && rc == 0; i++)
        rc = take_region(&view, &server->regions[i]);
    if (rc == 0)
        rc = network_each_shape(server->host.network, visit_shape, &view);
    if (rc == 0)
        rc = api_each_operation(server->host.api, visit_operation, &view);
    if (rc < 0)
        return rc;
    if (view.operation_count > 0)
        qsort(view.operations, view.operation_count, sizeof(view.operations[0]),
              compare_operations);
    *ret_view = view;
    return 0;
}
