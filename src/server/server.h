/*
 * server.h - one process of `tropic dev` or `tropic serve`, from start to stop.
 *
 *     return server_run(&config);         an exit code, when a signal has asked to stop
 *
 * Start. Listen first, then open the Regions side by side; what arrives in between waits (a health
 * check is answered at once). So the port answers within milliseconds, and no client sees a Region
 * that is not there yet.
 *
 * Stop. SIGTERM or SIGINT: no new connections, requests in flight are answered (for at most
 * DRAIN_MS_MAX), Regions close, exit 0. A second signal ends the process at once, which loses
 * nothing acknowledged either. SIGHUP reads the credentials file again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_SERVER_H
#define TROPIC_SERVER_SERVER_H

#include "auth/credentials.h"
#include "console/console.h"
#include "http/http_server.h"
#include "server/region.h"

enum { DRAIN_MS_MAX = 20 * 1000 };

struct server {
    const struct config *config;
    struct log_sink log_sink;
    struct log log;
    struct executor *executor;
    struct strand *control; /* dedicated: Regions are stopped and started here, one at a time */
    struct region_host host;
    struct region regions[CONFIG_REGIONS_MAX];
    uint32_t region_count;
    struct credentials *credentials;
    struct tls *tls;
    enum console_mode console;
    struct http_server *http;
    struct mono started;
    struct history *history;

    pthread_mutex_t lock; /* of ready and waiting */
    bool ready;           /* all Regions have been opened once */
    struct list_node waiting;
};

/** Runs until a signal asks to stop. An exit code of command.h; what went wrong is on standard
 * error. */
int server_run(const struct config *config);

/** The Region of that name, or NULL. */
struct region *server_region(struct server *server, struct slice name);

#endif
