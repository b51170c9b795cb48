/*
 * http_conn.h - connections of the server, and the per-worker part that owns them. Private to
 * http/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_HTTP_CONN_H
#define TROPIC_HTTP_HTTP_CONN_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/executor_threads.h"
#include "http/http_input.h"
#include "http/stream.h"

/* Of one worker; written by it alone, read by http_server_stats(). */
struct http_counts {
    _Atomic uint64_t accepted, refused, requests, requests_bad, bytes_received, bytes_sent;
};

static inline void count_add(_Atomic uint64_t *count, uint64_t n)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

struct http_loop {
    struct http_server *server;
    struct strand *strand;
    struct http_pool pool;
    struct list_node conns;
    struct http_counts counts;

    int listen_fd;
    struct watch listening;
    struct timer accept_again; /* after the process ran out of descriptors */
    bool accept_failing;
};

struct http_server {
    struct http_server_options options; /* without zeros that stand for defaults */
    uint16_t port;
    unsigned loop_count;
    struct http_loop *loops;
    atomic_bool draining;
    atomic_uint connections; /* open, or closed with requests still at the handler */

    pthread_mutex_t lock;
    pthread_cond_t emptied; /* connections became 0 */
};

/** Takes over an accepted, non-blocking fd. On the loop's strand. */
void http_conn__open(struct http_loop *loop, int fd);
/** Closes connections with nothing in flight; the others close after their last answer. */
void http_conn__drain_all(struct http_loop *loop);
/** Closes all connections at once; what is in flight is answered into nothing. */
void http_conn__cut_all(struct http_loop *loop);

#endif
