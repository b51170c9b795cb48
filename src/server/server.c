/*
 * server.c - see server.h. One function per step of the start; the stop is its mirror image and
 * accepts whatever a failed start left.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/executor_threads.h"
#include "http/tls.h"
#include "server/admin.h"
#include "server/banner.h"
#include "server/history.h"
#include "server/kinesis.h"
#include "server/wait.h"

struct region *server_region(struct server *server, struct slice name)
{
    for (uint32_t i = 0; i < server->region_count; i++)
        if (slice_eq_str(name, server->regions[i].config->name))
            return &server->regions[i];
    return NULL;
}

/* ---- requests ---- */

/* A request that came before the Regions were open. In the request's arena. */
struct waiting {
    struct list_node node;
    struct task task;
    struct server *server;
    struct http_request *request;
};

static void route(struct server *server, struct http_request *request)
{
    if (admin_is_path(request->path))
        admin_handle(server, request);
    else
        api_handle(server->host.api, request);
}

static void on_waiting_over(struct task *task)
{
    struct waiting *waiting = CONTAINER_OF(task, struct waiting, task);

    route(waiting->server, waiting->request);
}

/* True: it waits now, and will be routed on its strand when the Regions are open. */
static bool wait_until_ready(struct server *server, struct http_request *request)
{
    struct waiting *waiting;
    bool ready;

    pthread_mutex_lock(&server->lock);
    ready = server->ready;
    if (!ready) {
        waiting = ARENA_NEW(request->arena, struct waiting);
        if (waiting != NULL) {
            *waiting = (struct waiting){.server = server, .request = request};
            task_init(&waiting->task, on_waiting_over);
            list_append(&server->waiting, &waiting->node);
        } else {
            ready = true; /* no memory to wait in: let the API say what it can */
        }
    }
    pthread_mutex_unlock(&server->lock);
    return !ready;
}

static void on_request(struct http_request *request)
{
    struct server *server = request->server_context;

    /* The console's files, health checks and preflights need no Region. */
    if (console_handle(server->console, request))
        return;
    if (slice_eq_str(request->method, "POST") || admin_is_path(request->path))
        if (wait_until_ready(server, request))
            return;
    route(server, request);
}

static void open_gate(struct server *server)
{
    struct list_node waiting, *node;

    list_init(&waiting);
    pthread_mutex_lock(&server->lock);
    server->ready = true;
    list_splice(&waiting, &server->waiting);
    pthread_mutex_unlock(&server->lock);
    while ((node = list_pop(&waiting)) != NULL) {
        struct waiting *one = LIST_ENTRY(node, struct waiting, node);

        strand_post(one->request->strand, &one->task);
    }
}

/* ---- start ---- */

/* The engine cannot write its log any more. What was acknowledged is on disk; nothing else may be.
 */
static void on_fatal(void *context, const char *what)
{
    struct region *region = context;

    log_error(&region->log, "engine", "%s; the process ends here", what);
    _exit(1);
}

static int open_credentials(struct server *server, struct refusal *reterr)
{
    int rc;

    if (server->config->credentials == NULL)
        return 0;
    rc = credentials_new(&server->credentials);
    if (rc < 0)
        return rc;
    rc = credentials_load(server->credentials, server->config->credentials, &server->log, reterr);
    if (rc == 0 && credentials_count(server->credentials) == 0)
        rc = refuse(reterr, "%s: holds no access key, so nobody could sign",
                    server->config->credentials);
    return rc;
}

static int lock_regions(struct server *server, struct refusal *reterr)
{
    for (uint32_t i = 0; i < server->config->region_count; i++) {
        int rc =
            region_init(&server->regions[i], &server->host, &server->config->regions[i], reterr);

        if (rc < 0)
            return rc;
        server->region_count++;
    }
    return 0;
}

static int open_api(struct server *server)
{
    struct api_options options = {.executor = server->executor,
                                  .log = server->log,
                                  .any_credentials = server->config->dev,
                                  .credentials = server->credentials,
                                  .older_wording = server->config->older_errors,
                                  .delivers_to_kinesis = server->config->kinesis.host != NULL,
                                  .account = ACCOUNT_ID_DEFAULT};

    return api_open(&options, &server->host.api);
}

static int listen_for_clients(struct server *server, struct refusal *reterr)
{
    const struct config *config = server->config;
    struct http_server_options options = {.executor = server->executor,
                                          .address = config->address,
                                          .port = config->port,
                                          .log = server->log,
                                          .on_request = on_request,
                                          .context = server};
    int rc;

    if (config->tls_certificate != NULL) {
        rc = tls_server_new(config->tls_certificate, config->tls_key, &server->tls, reterr);
        if (rc < 0)
            return rc;
        options.tls = server->tls;
    }
    return http_server_new(&options, &server->http, reterr);
}

/* Everything up to the open ports; that of clients last, so that who is answered finds the rest. */
static int server_start(struct server *server, struct refusal *reterr)
{
    int rc =
        executor_threads_new(&(struct executor_threads_options){.workers = 0}, &server->executor);

    if (rc < 0)
        return rc;
    server->started = executor_now(server->executor);
    server->host.executor = server->executor;
    server->host.events = executor_strand(server->executor, STRAND_SHARED, "events");
    server->control = executor_strand(server->executor, STRAND_DEDICATED, "control");
    if (server->host.events == NULL || server->control == NULL)
        return ST_NOMEM;
    rc = lock_regions(server, reterr);
    if (rc < 0)
        return rc;
    rc = open_credentials(server, reterr);
    if (rc < 0)
        return rc;
    rc = open_api(server);
    if (rc < 0)
        return rc;
    rc = network_new(server->executor, server->config, &server->log, &server->host.network, reterr);
    if (rc < 0)
        return rc;
    if (server->config->kinesis.host != NULL) {
        rc = kinesis_start(server, &server->host.kinesis, reterr);
        if (rc < 0)
            return rc;
    }
    rc = history_start(server, &server->history);
    if (rc < 0)
        return rc;
    return listen_for_clients(server, reterr);
}

struct opening {
    pthread_t thread;
    bool started;
    struct region *region;
    struct refusal refusal;
    int rc;
};

static void *open_one(void *context)
{
    struct opening *opening = context;

    opening->rc = region_open(opening->region, &opening->refusal);
    return NULL;
}

/* All Regions side by side. Those that opened stay open when another fails. */
static int open_regions(struct server *server, struct refusal *reterr)
{
    struct opening *openings = calloc(server->region_count, sizeof(*openings));
    int rc = 0;

    if (openings == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < server->region_count; i++) {
        openings[i].region = &server->regions[i];
        openings[i].started =
            pthread_create(&openings[i].thread, NULL, open_one, &openings[i]) == 0;
        if (!openings[i].started)
            open_one(&openings[i]); /* no thread to be had: one after the other, then */
    }
    for (uint32_t i = 0; i < server->region_count; i++) {
        if (openings[i].started)
            pthread_join(openings[i].thread, NULL);
        if (openings[i].rc < 0 && rc == 0)
            rc = openings[i].rc == ST_REFUSED ? refuse(reterr, "%s", openings[i].refusal.text)
                                              : openings[i].rc;
    }
    free(openings);
    return rc;
}

static int open_storage(struct server *server, struct refusal *reterr)
{
    int rc;

    if (!server->config->in_memory) {
        struct engine_rocksdb_budget budget = {.cache_bytes = server->config->cache_bytes,
                                               .engines = server->config->region_count};

        rc = engine_rocksdb_shared_new(&budget, &server->host.rocksdb);
        if (rc < 0)
            return rc;
    }
    return open_regions(server, reterr);
}

/* ---- stop ---- */

static void nothing(void *context)
{
}

static void server_stop(struct server *server)
{
    if (server->http != NULL && http_server_drain(server->http, DRAIN_MS_MAX) == ST_TIMEOUT)
        log_warn(&server->log, "server", "connections that did not end in %d s were cut",
                 DRAIN_MS_MAX / 1000);
    if (server->control != NULL)
        strand_wait(server->control, nothing, NULL); /* a Region may be stopping there */
    kinesis_stop(server->host.kinesis);
    history_stop(server->history);
    for (uint32_t i = 0; i < server->region_count; i++)
        if (region_state(&server->regions[i]) == REGION_OPEN)
            region_close(&server->regions[i]);
    http_server_free(server->http);
    api_free(server->host.api);
    network_free(server->host.network);
    for (uint32_t i = 0; i < server->region_count; i++)
        region_release(&server->regions[i]);
    engine_rocksdb_shared_free(server->host.rocksdb);
    strand_free(server->control);
    strand_free(server->host.events);
    executor_threads_free(server->executor);
    kinesis_free(server->host.kinesis);
    history_free(server->history);
    tls_free(server->tls);
    credentials_free(server->credentials);
    pthread_mutex_destroy(&server->lock);
}

/* ---- signals ---- */

/* Blocked before any thread exists, so that all of them inherit it and sigwait() is the only taker.
 */
static void block_signals(sigset_t *ret_set)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    sigemptyset(ret_set);
    sigaddset(ret_set, SIGTERM);
    sigaddset(ret_set, SIGINT);
    sigaddset(ret_set, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ret_set, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}

static void reload_credentials(struct server *server)
{
    struct refusal refusal;
    int rc;

    if (server->credentials == NULL)
        return;
    rc = credentials_reload(server->credentials, &server->log, &refusal);
    if (rc == ST_REFUSED)
        log_error(&server->log, "server", "credentials stay as they were: %s", refusal.text);
    else if (rc < 0)
        log_error(&server->log, "server", "credentials stay as they were: %s", status_text(rc));
    else
        log_info(&server->log, "server",
                 rc == 1 ? "credentials were read again" : "credentials have not changed");
}

static void wait_for_signal(struct server *server, const sigset_t *set)
{
    int signal;

    for (;;) {
        if (sigwait(set, &signal) != 0)
            continue;
        if (signal == SIGHUP) {
            reload_credentials(server);
            continue;
        }
        log_info(&server->log, "server", "%s: stopping; once more ends the process at once",
                 signal == SIGINT ? "interrupted" : "asked to stop");
        pthread_sigmask(SIG_UNBLOCK, set, NULL); /* the next one has its default effect */
        return;
    }
}

/* ---- the whole ---- */

int server_run(const struct config *config)
{
    struct server *server = calloc(1, sizeof(*server));
    struct refusal refusal;
    int code = EXIT_DONE, rc;
    sigset_t set;

    if (server == NULL)
        return command_fail(EXIT_FAILED, "%s", status_text(ST_NOMEM));
    block_signals(&set);
    server->config = config;
    log_sink_stderr(&server->log_sink);
    server->log_sink.form = config->log_json ? LOG_JSON : LOG_HUMAN;
    server->log_sink.level_max = config->log_debug ? LOG_DEBUG : LOG_INFO;
    server->log = (struct log){.sink = &server->log_sink};
    server->host.log_sink = &server->log_sink;
    server->host.config = config;
    server->host.on_fatal = on_fatal;
    server->console = config->no_console ? CONSOLE_OFF : config->dev ? CONSOLE_DEV : CONSOLE_SERVE;
    pthread_mutex_init(&server->lock, NULL);
    list_init(&server->waiting);

    rc = server_start(server, &refusal);
    if (rc == 0)
        rc = open_storage(server, &refusal);
    if (server->http != NULL)
        open_gate(server);
    if (rc == 0) {
        banner_print(server);
        wait_for_signal(server, &set);
    } else {
        code = command_fail(EXIT_FAILED, "%s", rc == ST_REFUSED ? refusal.text : status_text(rc));
    }
    server_stop(server);
    if (rc == 0)
        log_info(&server->log, "server", "stopped");
    free(server);
    return code;
}
