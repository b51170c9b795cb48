/*
 * http_server.c - listeners, one per worker, and the server's start and end.
 *
 * SO_REUSEPORT lets the kernel spread connections over the workers, but it would also let a second
 * process of the same user listen on our port and take half of the clients. So the port is first
 * bound for a moment without it, which fails when anybody listens there.
 *
 * When the process has no descriptor left, accept() fails and the listener stays readable: it is
 * put aside for a moment instead of spinning.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http_server.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "http/http_conn.h"

enum { ACCEPTS_PER_EVENT = 32, ACCEPT_PAUSE_MS = 100 };

/* ---- accepting ---- */

static void on_acceptable(struct watch *watch, unsigned events)
{
    struct http_loop *loop = CONTAINER_OF(watch, struct http_loop, listening);
    struct http_server *server = loop->server;

    (void)events;
    for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
        int fd = accept4(loop->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
                if (!loop->accept_failing) /* once, not ten times a second */
                    log_warn(&server->options.log, "http", "cannot accept connections: %s",
                             strerror(errno));
                loop->accept_failing = true;
                watch_change(&loop->listening, 0);
                timer_start_ms(loop->strand, &loop->accept_again, ACCEPT_PAUSE_MS);
            }
            if (errno == EINTR || errno == ECONNABORTED)
                continue;
            return;
        }
        loop->accept_failing = false;
        count_add(&loop->counts.accepted, 1);
        if (atomic_load_explicit(&server->connections, memory_order_relaxed) >=
            server->options.connections_max) {
            count_add(&loop->counts.refused, 1);
            close(fd);
            continue;
        }
        http_conn__open(loop, fd);
    }
}

static void on_accept_again(struct timer *timer)
{
    struct http_loop *loop = CONTAINER_OF(timer, struct http_loop, accept_again);

    watch_change(&loop->listening, WATCH_READ);
}

/* ---- starting ---- */

struct loop_start {
    struct http_loop *loop;
    int rc;
};

static void loop_start(void *context)
{
    struct loop_start *start = context;
    struct http_loop *loop = start->loop;

    start->rc = watch_start(loop->strand, &loop->listening, loop->listen_fd, WATCH_READ);
}

static int loop_init(struct http_server *server, struct http_loop *loop, unsigned number,
                     struct refusal *reterr)
{
    const struct http_server_options *options = &server->options;

    loop->server = server;
    loop->listen_fd = -1;
    list_init(&loop->conns);
    watch_init(&loop->listening, on_acceptable);
    timer_init(&loop->accept_again, on_accept_again);
    for (size_t i = 0; i < ARRAY_LEN(loop->pool.random); i++)
        loop->pool.random[i] = executor_random(options->executor) | 1; /* not all zero */
    loop->strand = executor_threads_strand_on(options->executor, number, "http");
    if (loop->strand == NULL)
        return ST_NOMEM;
    return address__listen(options->address, server->port, true, &loop->listen_fd, reterr);
}

static void set_default(unsigned *number, unsigned value)
{
    if (*number == 0)
        *number = value;
}

static void fill_in_defaults(struct http_server_options *options)
{
    set_default(&options->connections_max, HTTP_CONNECTIONS_MAX_DEFAULT);
    set_default(&options->head_timeout_ms, HTTP_HEAD_TIMEOUT_MS);
    set_default(&options->idle_timeout_ms, HTTP_IDLE_TIMEOUT_MS);
    set_default(&options->body_grace_ms, HTTP_BODY_GRACE_MS);
    set_default(&options->write_stall_ms, HTTP_WRITE_STALL_MS);
}

int http_server_new(const struct http_server_options *options, struct http_server **ret_server,
                    struct refusal *reterr)
{
    unsigned workers = executor_threads_workers(options->executor);
    struct http_server *server = calloc(1, sizeof(*server));
    int rc = ST_NOMEM;

    if (server == NULL)
        return ST_NOMEM;
    server->options = *options;
    fill_in_defaults(&server->options);
    pthread_mutex_init(&server->lock, NULL);
    pthread_cond_init(&server->emptied, NULL);
    server->loops = calloc(workers, sizeof(*server->loops));
    if (server->loops == NULL)
        goto out;
    server->port = options->port;
    rc = address__probe(options->address, &server->port, reterr);
    if (rc < 0)
        goto out;
    for (unsigned i = 0; i < workers; i++) {
        server->loop_count++;
        rc = loop_init(server, &server->loops[i], i, reterr);
        if (rc < 0)
            goto out;
    }
    for (unsigned i = 0; i < workers; i++) {
        struct loop_start start = {.loop = &server->loops[i]};

        strand_call(server->loops[i].strand, loop_start, &start);
        rc = start.rc;
        if (rc < 0)
            goto out;
    }
    server->options.address = NULL; /* not needed any more, and not ours */
    *ret_server = server;
    server = NULL;
out:
    http_server_free(server);
    return rc;
}

uint16_t http_server_port(const struct http_server *server)
{
    return server->port;
}

/* ---- ending ---- */

static void loop_stop_listening(struct http_loop *loop)
{
    watch_stop(&loop->listening);
    timer_stop(&loop->accept_again);
    if (loop->listen_fd >= 0)
        close(loop->listen_fd);
    loop->listen_fd = -1;
}

static void loop_drain(void *context)
{
    struct http_loop *loop = context;

    loop_stop_listening(loop);
    http_conn__drain_all(loop);
}

static void loop_cut(void *context)
{
    http_conn__cut_all(context);
}

static void loop_release(void *context)
{
    struct http_loop *loop = context;

    assert(list_empty(&loop->conns));
    http_pool__release(&loop->pool);
}

static void for_each_loop(struct http_server *server, void (*fn)(void *context))
{
    for (unsigned i = 0; i < server->loop_count; i++)
        if (server->loops[i].strand != NULL)
            strand_call(server->loops[i].strand, fn, &server->loops[i]);
}

/** Waits until no connection is left; timeout_ms < 0: without end. */
static int wait_for_empty(struct http_server *server, int64_t timeout_ms)
{
    struct timespec until;
    int rc = 0;

    clock_gettime(CLOCK_REALTIME, &until);
    if (timeout_ms > 0) {
        until.tv_sec += timeout_ms / 1000;
        until.tv_nsec += timeout_ms % 1000 * 1000000;
        if (until.tv_nsec >= 1000000000) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000;
        }
    }
    pthread_mutex_lock(&server->lock);
    while (atomic_load(&server->connections) > 0 && rc == 0) {
        if (timeout_ms < 0)
            pthread_cond_wait(&server->emptied, &server->lock);
        else
            rc = pthread_cond_timedwait(&server->emptied, &server->lock, &until);
    }
    rc = atomic_load(&server->connections) == 0 ? 0 : ST_TIMEOUT;
    pthread_mutex_unlock(&server->lock);
    return rc;
}

int http_server_drain(struct http_server *server, int64_t timeout_ms)
{
    int rc;

    atomic_store(&server->draining, true);
    for_each_loop(server, loop_drain);
    rc = wait_for_empty(server, timeout_ms);
    for_each_loop(server, loop_cut);
    return rc;
}

void http_server_free(struct http_server *server)
{
    if (server == NULL)
        return;
    http_server_drain(server, 0);
    wait_for_empty(server, -1);
    for_each_loop(server, loop_release);
    for (unsigned i = 0; i < server->loop_count; i++)
        strand_free(server->loops[i].strand);
    free(server->loops);
    pthread_cond_destroy(&server->emptied);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

void http_server_stats(const struct http_server *server, struct http_server_stats *ret_stats)
{
    *ret_stats = (struct http_server_stats){.connections = atomic_load(&server->connections)};
    for (unsigned i = 0; i < server->loop_count; i++) {
        const struct http_counts *counts = &server->loops[i].counts;

        ret_stats->accepted += atomic_load_explicit(&counts->accepted, memory_order_relaxed);
        ret_stats->refused += atomic_load_explicit(&counts->refused, memory_order_relaxed);
        ret_stats->requests += atomic_load_explicit(&counts->requests, memory_order_relaxed);
        ret_stats->requests_bad +=
            atomic_load_explicit(&counts->requests_bad, memory_order_relaxed);
        ret_stats->bytes_received +=
            atomic_load_explicit(&counts->bytes_received, memory_order_relaxed);
        ret_stats->bytes_sent += atomic_load_explicit(&counts->bytes_sent, memory_order_relaxed);
    }
}
