/*
 * region.c - a Region's life in the simulator.
 *
 * A crash is what a power failure is: the disk keeps what was synced and perhaps some of what was
 * not, the executor forgets the Region's tasks, and all its memory goes. Nothing is called back, no
 * frame leaves. What the clients had not been told has an unknown outcome.
 *
 *     RUNS --> CRASH --------------------------------------------------> DOWN --> OPEN --> RUNS
 *      \--> CLOSE --> CLOSING_REPLICATION --> CLOSE_STORE --> CLOSING_STORE --> FREE --^
 *
 * Steps run between events: an engine is closed and strands are discarded from outside.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "sim.h"

static int64_t commit_delay_us(void *context)
{
    struct region *region = context;
    int64_t mean_us = region->sim->options.commit_us * (region->slow ? 40 : 1);

    return mean_us / 2 + (int64_t)sim_random_below(&region->random, (uint64_t)mean_us + 1);
}

static bool cache_miss(void *context)
{
    struct region *region = context;
    uint32_t one_in = region->sim->options.miss_one_in;

    return one_in != 0 && sim_random_below(&region->random, one_in) == 0;
}

static void on_bad_peer(void *context, const char *peer, const char *why)
{
    struct region *region = context;

    /* All peers here are honest, and frames of old sessions must be recognised as such. */
    sim_fail(region->sim, "honest peer", "%s suspects %s: %s", region->name, peer, why);
}

static void open_region(struct region *region)
{
    struct sim *sim = region->sim;
    struct engine_memory_options engine_options = {
        .disk = region->disk,
        .executor = sim->executor,
        .commit_delay_us = commit_delay_us,
        .cache_miss = cache_miss,
        .context = region,
    };
    struct store_options store_options = {
        .executor = sim->executor,
        .clock = &region->clock,
        .region = region->name,
        .log = region->log,
        .lanes = sim->options.lanes,
    };
    const char *peers[REGIONS - 1];
    struct replication_options options = {
        .executor = sim->executor,
        .clock = &region->clock,
        .region = region->name,
        .peers = peers,
        .log = region->log,
        .on_bad_peer = on_bad_peer,
        .context = region,
        .feed_frame_bytes = sim->options.frame_bytes,
        .snapshot_page_bytes = sim->options.page_bytes,
        .log_inline_sequences = sim->options.inline_sequences,
        .source_patience_ms = sim->options.patience_ms,
    };
    int rc;

    for (uint32_t i = 0; i < REGIONS; i++) {
        if (i != region->index)
            peers[options.peer_count++] = region_names[i];
    }
    rc = engine_memory_open(&engine_options, &region->engine);
    if (rc == 0) {
        store_options.engine = region->engine;
        rc = store_open(&store_options, &region->store);
    }
    if (rc == 0) {
        options.store = region->store;
        rc = replication_open(&options, &region->replication);
    }
    if (rc < 0)
        sim_fail(sim, "opening", "%s does not open: %s", region->name, status_text(rc));
    region->open = true;
    region->life = LIFE_RUNS;
    sim_trace(sim, "%s is open", region->name);
    ghost_region_opened(region);
    indexes_check(region);
    net_region_opened(region);
}

static bool is_of_region(void *context, const char *name)
{
    struct region *region = context;
    size_t len = strlen(region->name);

    return strncmp(name, region->name, len) == 0 && name[len] == '/';
}

static void gone(struct region *region)
{
    region->open = false;
    net_region_gone(region);
}

static void forget(struct region *region)
{
    region->engine = NULL;
    region->store = NULL;
    region->replication = NULL;
    region->life = LIFE_DOWN;
}

static void crash(struct region *region)
{
    sim_trace(region->sim, "%s crashes", region->name);
    ghost_region_gone(region, true);
    gone(region);
    memory_disk_crash(region->disk, sim_random_next(&region->random));
    engine_close(region->engine);
    sim_executor_discard(region->sim->executor_sim, is_of_region, region);
    workload_region_gone(region);
    nemesis_region_gone(region);
    replication_free(region->replication);
    store_free(region->store);
    forget(region);
}

static void on_replication_closed(struct replication_close *close)
{
    CONTAINER_OF(close, struct region, replication_closing)->life = LIFE_CLOSE_STORE;
}

static void on_store_closed(struct store_close *close)
{
    CONTAINER_OF(close, struct region, store_closing)->life = LIFE_FREE;
}

void region_live(struct region *region)
{
    struct sim *sim = region->sim;

    switch (region->life) {
    case LIFE_CRASH:
        crash(region);
        break;
    case LIFE_CLOSE:
        sim_trace(sim, "%s closes", region->name);
        gone(region);
        region->life = LIFE_CLOSING_REPLICATION;
        region->replication_closing.strand = sim->strand;
        region->replication_closing.on_closed = on_replication_closed;
        replication_close(region->replication, &region->replication_closing);
        break;
    case LIFE_CLOSE_STORE:
        region->life = LIFE_CLOSING_STORE;
        region->store_closing.strand = sim->strand;
        region->store_closing.on_closed = on_store_closed;
        store_close(region->store, &region->store_closing);
        break;
    case LIFE_FREE:
        /* The answers to its clients may still be on their way to them. */
        if (!sim_executor_drain(sim->executor_sim, is_of_region, region, 100000))
            sim_fail(sim, "closing", "%s does not come to rest", region->name);
        ghost_region_gone(region, false);
        if (!sim_executor_drain(sim->executor_sim, is_of_region, region, 1000) ||
            !list_empty(&region->operations))
            sim_fail(sim, "closing", "%s leaves clients without an answer", region->name);
        nemesis_region_gone(region);
        replication_free(region->replication);
        store_free(region->store);
        engine_close(region->engine);
        forget(region);
        break;
    case LIFE_OPEN:
        open_region(region);
        break;
    case LIFE_RUNS:
    case LIFE_CLOSING_REPLICATION:
    case LIFE_CLOSING_STORE:
    case LIFE_DOWN:
        break;
    }
}

void region_init(struct sim *sim, uint32_t index)
{
    struct region *region = &sim->regions[index];
    char name[64];

    region->sim = sim;
    region->index = index;
    region->name = region_names[index];
    region->disk = memory_disk_new();
    snprintf(name, sizeof(name), "disk %u", index);
    region->random = sim_random_fork(sim->options.seed, name);
    snprintf(name, sizeof(name), "%s/client", region->name);
    region->strand = executor_strand(sim->executor, STRAND_SHARED, name);
    if (region->disk == NULL || region->strand == NULL)
        abort();
    clock_init(&region->clock, sim->executor);
    list_init(&region->operations);
    list_init(&region->requests);
    if (sim->trace != NULL)
        region->log = (struct log){&sim->sink, region->name};
    region->life = LIFE_OPEN;
}

void region_release(struct region *region)
{
    strand_free(region->strand);
    memory_disk_free(region->disk);
}
