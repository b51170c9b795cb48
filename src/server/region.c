/*
 * region.c - see region.h for the states.
 *
 * Order matters twice. Opening goes from the bottom up and ends with the API, so no request meets
 * half a Region. Closing goes from the top down: first no new requests, then nobody who looks at
 * it, then no link, then replication, store, engine; each step waits until nobody uses the next.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/region.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "server/kinesis.h"
#include "server/wait.h"

const char *region_state_name(enum region_state state)
{
    static const char *const names[] = {"stopped", "starting", "open", "stopping"};

    return names[state];
}

static void set_state(struct region *region, enum region_state state)
{
    pthread_mutex_lock(&region->lock);
    region->state = state;
    pthread_cond_broadcast(&region->changed);
    pthread_mutex_unlock(&region->lock);
}

enum region_state region_state(struct region *region)
{
    enum region_state state;

    pthread_mutex_lock(&region->lock);
    state = region->state;
    pthread_mutex_unlock(&region->lock);
    return state;
}

bool region_hold(struct region *region)
{
    bool open;

    pthread_mutex_lock(&region->lock);
    open = region->state == REGION_OPEN;
    region->users += open;
    pthread_mutex_unlock(&region->lock);
    return open;
}

void region_let_go(struct region *region)
{
    pthread_mutex_lock(&region->lock);
    assert(region->users > 0);
    region->users--;
    pthread_cond_broadcast(&region->changed);
    pthread_mutex_unlock(&region->lock);
}

static void wait_for_users(struct region *region)
{
    pthread_mutex_lock(&region->lock);
    while (region->users > 0)
        pthread_cond_wait(&region->changed, &region->lock);
    pthread_mutex_unlock(&region->lock);
}

int region_init(struct region *region, const struct region_host *host,
                const struct config_region *config, struct refusal *reterr)
{
    int rc;

    *region = (struct region){.host = host, .config = config, .folder = FOLDER_CLOSED};
    region->log = (struct log){.sink = host->log_sink, .region = config->name};
    clock_init(&region->clock, host->executor);
    pthread_mutex_init(&region->lock, NULL);
    pthread_cond_init(&region->changed, NULL);
    for (uint32_t i = 0; i < host->config->region_count; i++)
        if (&host->config->regions[i] != config)
            region->others[region->other_count++] = host->config->regions[i].name;
    for (uint32_t i = 0; i < host->config->peer_count; i++)
        region->others[region->other_count++] = host->config->peers[i].name;
    if (host->config->in_memory) {
        region->disk = memory_disk_new();
        rc = region->disk != NULL ? 0 : ST_NOMEM;
    } else {
        rc = folder_open(config->folder, &region->folder, reterr);
    }
    if (rc < 0)
        region_release(region);
    return rc;
}

void region_release(struct region *region)
{
    if (region->host == NULL)
        return;
    assert(region->state == REGION_CLOSED);
    memory_disk_free(region->disk);
    folder_close(&region->folder);
    pthread_mutex_destroy(&region->lock);
    pthread_cond_destroy(&region->changed);
    *region = (struct region){.host = NULL};
}

/* ---- closing, step by step ---- */

struct api_leaving {
    struct api_region_remove remove;
    struct gate gate;
};
static void on_api_idle(struct api_region_remove *remove)
{
    gate_open(&CONTAINER_OF(remove, struct api_leaving, remove)->gate);
}

struct replication_leaving {
    struct replication_close close;
    struct gate gate;
};
static void on_replication_closed(struct replication_close *close)
{
    gate_open(&CONTAINER_OF(close, struct replication_leaving, close)->gate);
}

struct store_leaving {
    struct store_close close;
    struct gate gate;
};
static void on_store_closed(struct store_close *close)
{
    gate_open(&CONTAINER_OF(close, struct store_leaving, close)->gate);
}

static void leave_api(struct region *region)
{
    struct api_leaving leaving = {.remove = {.name = region->config->name,
                                             .strand = region->host->events,
                                             .on_idle = on_api_idle}};

    gate_init(&leaving.gate);
    api_region_remove(region->host->api, &leaving.remove);
    gate_wait(&leaving.gate);
}

static void on_log_grown(struct task *task)
{
    const struct log_watch *watch = CONTAINER_OF(task, struct log_watch, task);

    kinesis_wake(CONTAINER_OF(watch, struct region, grown)->host->kinesis);
}

static void watch_log(struct region *region)
{
    if (region->host->kinesis == NULL)
        return;
    region->grown.strand = region->host->events;
    if (region->grown.task.run == NULL)
        task_init(&region->grown.task, on_log_grown);
    store_log_watch(region->store, &region->grown);
    region->watching = true;
    kinesis_wake(region->host->kinesis); /* for what was there before */
}

static void unwatch_log(void *context)
{
    struct region *region = context;

    store_log_unwatch(region->store, &region->grown);
    region->watching = false;
}

/* Closes and frees whatever is there, from the top down. */
static void close_objects(struct region *region)
{
    if (region->watching)
        strand_wait(region->host->events, unwatch_log, region);
    if (region->replication != NULL) {
        struct replication_leaving leaving = {
            .close = {.strand = region->host->events, .on_closed = on_replication_closed}};

        gate_init(&leaving.gate);
        replication_close(region->replication, &leaving.close);
        gate_wait(&leaving.gate);
        replication_free(region->replication);
        region->replication = NULL;
    }
    if (region->store != NULL) {
        struct store_leaving leaving = {
            .close = {.strand = region->host->events, .on_closed = on_store_closed}};

        gate_init(&leaving.gate);
        store_close(region->store, &leaving.close);
        gate_wait(&leaving.gate);
        store_free(region->store);
        region->store = NULL;
    }
    engine_close(region->engine);
    region->engine = NULL;
}

void region_close(struct region *region)
{
    assert(region_state(region) == REGION_OPEN);
    set_state(region, REGION_CLOSING);
    leave_api(region);
    wait_for_users(region);
    network_detach(region->host->network, region->config->name);
    close_objects(region);
    set_state(region, REGION_CLOSED);
}

/* ---- opening ---- */

static void on_engine_fatal(void *context, const char *what)
{
    struct region *region = context;

    region->host->on_fatal(region, what);
}

static int open_engine(struct region *region, struct refusal *reterr)
{
    char folder[PATH_MAX];
    struct engine_rocksdb_options options = {.folder = folder,
                                             .shared = region->host->rocksdb,
                                             .log = region->log,
                                             .on_fatal = on_engine_fatal,
                                             .on_fatal_context = region};
    int rc, len;

    if (region->disk != NULL)
        return engine_memory_open(&(struct engine_memory_options){.disk = region->disk},
                                  &region->engine);
    len = snprintf(folder, sizeof(folder), "%s/rocksdb", region->config->folder);
    if (len < 0 || (size_t)len >= sizeof(folder))
        return refuse(reterr, "the path of the data folder is too long");
    rc = engine_rocksdb_open(&options, &region->engine);
    if (rc == ST_BUSY)
        return refuse(reterr, "the data folder %s is in use by another process",
                      region->config->folder);
    return rc;
}

static void on_bad_peer(void *context, const char *peer, const char *why)
{
    struct region *region = context;

    network_bad_peer(region->host->network, region->config->name, peer, why);
}

static int open_objects(struct region *region, struct refusal *reterr)
{
    struct store_options store = {.executor = region->host->executor,
                                  .clock = &region->clock,
                                  .region = region->config->name,
                                  .log = region->log,
                                  .throttle = region->host->config->throttle,
                                  .expiry_interval_ms = region->host->config->expiry_interval_ms,
                                  .dedicated_committer = region->disk == NULL};
    struct replication_options replication = {.executor = region->host->executor,
                                              .clock = &region->clock,
                                              .region = region->config->name,
                                              .peers = region->others,
                                              .peer_count = region->other_count,
                                              .log = region->log,
                                              .on_bad_peer = on_bad_peer,
                                              .context = region};
    int rc = open_engine(region, reterr);

    if (rc < 0)
        return rc;
    store.engine = region->engine;
    rc = store_open(&store, &region->store);
    if (rc < 0)
        return rc == ST_REFUSED ? refuse(reterr, "its data folder belongs to another Region") : rc;
    replication.store = region->store;
    return replication_open(&replication, &region->replication);
}

int region_open(struct region *region, struct refusal *reterr)
{
    struct refusal why;
    struct api_region api;
    int rc;

    assert(region_state(region) == REGION_CLOSED);
    set_state(region, REGION_OPENING);
    rc = open_objects(region, &why);
    if (rc == 0) {
        network_attach(region->host->network, region->config->name, region->replication);
        api = (struct api_region){.name = region->config->name,
                                  .store = region->store,
                                  .replication = region->replication,
                                  .clock = &region->clock};
        rc = api_region_add(region->host->api, &api);
        if (rc < 0)
            network_detach(region->host->network, region->config->name);
    }
    if (rc < 0) {
        close_objects(region);
        set_state(region, REGION_CLOSED);
        return refuse(reterr, "Region %s cannot start: %s", region->config->name,
                      rc == ST_REFUSED ? why.text : status_text(rc));
    }
    set_state(region, REGION_OPEN);
    watch_log(region);
    return 0;
}
