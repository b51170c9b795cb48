/*
 * region.h - one Region of this process: engine, store, replication and clock, opened and closed as
 * one.
 *
 *            region_open                        region_close
 *   CLOSED -------------> OPENING ----> OPEN -----------------> CLOSING ----> CLOSED
 *     ^                      |
 *     +----- it failed ------+
 *
 * Opening and closing block (disk, and waiting for what is under way) and are done by one thread at
 * a time: at start and stop the server's, in between its control strand. Others reach the Region's
 * objects between region_hold() and region_let_go(), which closing waits for.
 *
 * A Region in memory keeps its disk (memory_disk) while it is closed: stopping and starting it
 * again in `tropic dev --in-memory` loses nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_REGION_H
#define TROPIC_SERVER_REGION_H

#include <pthread.h>

#include "api/api.h"
#include "base/clock.h"
#include "engine/engine.h"
#include "replication/replication.h"
#include "server/config.h"
#include "server/folder.h"
#include "server/network.h"
#include "table/store.h"

enum region_state { REGION_CLOSED, REGION_OPENING, REGION_OPEN, REGION_CLOSING };
const char *region_state_name(enum region_state state);

/* What all Regions of a process share. */
struct region_host {
    struct executor *executor;
    struct strand *events; /* shared; callbacks that only open gates run here */
    const struct log_sink *log_sink;
    const struct config *config;
    struct engine_rocksdb_shared *rocksdb; /* NULL when in memory */
    struct network *network;
    struct api *api;
    struct kinesis *kinesis; /* NULL: changes are delivered nowhere */
    /* A disk failed for good; must not return. */
    void (*on_fatal)(void *context, const char *what);
};

struct region {
    const struct region_host *host;
    const struct config_region *config;
    struct log log;
    struct clock clock;
    struct folder folder;
    const char *others[CONFIG_REGIONS_MAX];
    uint32_t other_count;

    pthread_mutex_t lock; /* of state and users */
    pthread_cond_t changed;
    enum region_state state;
    uint32_t users;

    struct memory_disk *disk;
    struct engine *engine;
    struct store *store;
    struct replication *replication;
    struct log_watch grown; /* wakes kinesis */
    bool watching;
};

/** Locks the data folder. ST_REFUSED with a line; ST_NOMEM. */
int region_init(struct region *region, const struct region_host *host,
                const struct config_region *config, struct refusal *reterr);
/** Closed. An empty region is a no-op. */
void region_release(struct region *region);

/** From CLOSED. ST_REFUSED with a line, and CLOSED again. Blocks. */
int region_open(struct region *region, struct refusal *reterr);
/** From OPEN: finishes what is under way. Blocks. */
void region_close(struct region *region);

/** True: it is open and stays so until region_let_go(). Any thread. */
bool region_hold(struct region *region);
void region_let_go(struct region *region);
enum region_state region_state(struct region *region);

#endif
