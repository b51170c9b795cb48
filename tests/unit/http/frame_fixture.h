/*
 * frame_fixture.h - a listener and owners of sockets on two workers, for tests.
 *
 * `f->lock` guards what the callbacks record; assertions are made in the test's thread only. Each
 * `struct end` is one owner: what it saw, and by its plan what it does inside a callback.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_FRAME_FIXTURE_H
#define TROPIC_TESTS_FRAME_FIXTURE_H

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/executor_threads.h"
#include "base/hash.h"
#include "http/frame_priv.h"
#include "tls_fixture.h"

enum { ACCEPTED_MAX = 64, PATIENCE_S = 60 };

enum plan {
    PLAN_NONE,
    PLAN_ECHO,
    PLAN_CLOSE_ON_OPEN, /* for accepted sockets: refuse */
    PLAN_CLOSE_ON_FRAME,
    PLAN_CLOSE_ON_DRAINED,
    PLAN_CLOSE_ON_CLOSE,
    PLAN_PAUSE_ON_OPEN, /* for accepted sockets: adopt, then pause */
    PLAN_PAUSE_ON_FRAME,
    PLAN_CLOSE_OTHER_ON_FRAME,
    PLAN_FREE_LISTENER,
};

struct fixture;

struct end {
    struct fixture *f;
    struct strand *strand;
    enum plan plan;
    struct frame_socket *socket; /* its strand only */
    struct end *other;

    bool opened, closed;
    char peer[TLS_REGION_LEN_MAX + 1];
    int status;
    char reason[256];
    unsigned frames, drained;
    uint64_t bytes, order; /* order: a hash over all frames, one after the other */
    struct buf last;
};

struct fixture {
    struct executor *executor;
    struct folder folder;
    struct tls *east, *west;
    struct strand *listening, *dialling;
    struct frame_listener *listener;
    uint16_t port;
    enum plan accept_plan;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct end accepted[ACCEPTED_MAX];
    unsigned accepted_count;
    struct log_sink sink;
    struct buf log;
};

/** Waits until the condition, which may look at what is recorded, holds. */
#define WAIT(f, condition)                                                                         \
    do {                                                                                           \
        struct timespec until_;                                                                    \
        int rc_ = 0;                                                                               \
        clock_gettime(CLOCK_REALTIME, &until_);                                                    \
        until_.tv_sec += PATIENCE_S;                                                               \
        pthread_mutex_lock(&(f)->lock);                                                            \
        while (!(condition) && rc_ == 0)                                                           \
            rc_ = pthread_cond_timedwait(&(f)->changed, &(f)->lock, &until_);                      \
        pthread_mutex_unlock(&(f)->lock);                                                          \
        if (rc_ != 0)                                                                              \
            fail_msg("in vain: %s", #condition);                                                   \
    } while (0)

static inline void changed(struct fixture *f)
{
    pthread_cond_broadcast(&f->changed);
    pthread_mutex_unlock(&f->lock);
}

/* ---- an owner ---- */

static inline uint64_t order_after(uint64_t order, struct slice frame)
{
    uint64_t both[2] = {order, hash64(frame)};

    return hash64(slice_of(both, sizeof(both)));
}

static inline void end_close(struct end *end)
{
    struct frame_socket *socket = end->socket;

    end->socket = NULL;
    frame_socket_close(socket);
}

static inline void on_open(void *context, struct frame_socket *socket, struct slice peer)
{
    struct end *end = context;

    pthread_mutex_lock(&end->f->lock);
    end->opened = true;
    memcpy(end->peer, peer.ptr, peer.len);
    changed(end->f);
    if (end->plan == PLAN_CLOSE_ON_OPEN)
        end_close(end);
    if (end->plan == PLAN_PAUSE_ON_OPEN)
        frame_socket_pause(socket, true);
}

static inline void on_frame(void *context, struct frame_socket *socket, struct slice frame)
{
    struct end *end = context;

    if (end->plan == PLAN_CLOSE_ON_FRAME)
        end_close(end);
    if (end->plan == PLAN_CLOSE_OTHER_ON_FRAME && end->other->socket != NULL)
        end_close(end->other);
    if (end->plan == PLAN_PAUSE_ON_FRAME)
        frame_socket_pause(socket, true);
    if (end->plan == PLAN_ECHO)
        frame_socket_send(socket, frame, SLICE_EMPTY);
    pthread_mutex_lock(&end->f->lock);
    end->frames++;
    end->bytes += frame.len;
    end->order = order_after(end->order, frame);
    buf_clear(&end->last);
    buf_append_slice(&end->last, frame);
    changed(end->f);
}

static inline void on_drained(void *context, struct frame_socket *socket)
{
    struct end *end = context;

    if (end->plan == PLAN_CLOSE_ON_DRAINED)
        end_close(end);
    pthread_mutex_lock(&end->f->lock);
    end->drained++;
    changed(end->f);
}

static inline void on_close(void *context, struct frame_socket *socket, int status,
                            const char *reason)
{
    struct end *end = context;

    if (end->plan == PLAN_CLOSE_ON_CLOSE)
        end_close(end);
    pthread_mutex_lock(&end->f->lock);
    end->status = end->closed ? -1000 : status; /* only once */
    end->closed = true;
    snprintf(end->reason, sizeof(end->reason), "%s", reason);
    changed(end->f);
}

static const struct frame_socket_events end_events = {
    .on_open = on_open, .on_frame = on_frame, .on_drained = on_drained, .on_close = on_close};

/* ---- calls on an owner's strand ---- */

static inline void close_on_strand(void *context)
{
    end_close(context);
}

static inline void end_release(struct end *end)
{
    strand_call(end->strand, close_on_strand, end);
    buf_release(&end->last);
}

struct connect_call {
    struct end *end;
    struct tls *tls;
    const char *host;
    uint16_t port;
    int rc;
};

static inline void connect_on_strand(void *context)
{
    struct connect_call *call = context;

    call->rc = frame_socket_connect(call->end->strand, call->tls, call->host, call->port,
                                    &end_events, call->end, &call->end->socket);
}

static inline void dial_to(struct fixture *f, struct end *end, struct tls *tls, const char *host,
                           uint16_t port)
{
    struct connect_call call = {.end = end, .tls = tls, .host = host, .port = port};

    end->f = f;
    end->strand = f->dialling;
    strand_call(end->strand, connect_on_strand, &call);
    assert_int_equal(call.rc, 0);
}

static inline void dial(struct fixture *f, struct end *end, struct tls *tls)
{
    dial_to(f, end, tls, "127.0.0.1", f->port);
}

struct send_call {
    struct end *end;
    struct slice header, payload;
    unsigned times;
    int rc;
    size_t queued;
};

static inline void send_on_strand(void *context)
{
    struct send_call *call = context;

    for (unsigned i = 0; i < call->times; i++)
        call->rc = frame_socket_send(call->end->socket, call->header, call->payload);
    call->queued = frame_socket_queued(call->end->socket);
}

static inline int end_send(struct end *end, struct slice header, struct slice payload)
{
    struct send_call call = {.end = end, .header = header, .payload = payload, .times = 1};

    strand_call(end->strand, send_on_strand, &call);
    return call.rc;
}

static inline void resume_on_strand(void *context)
{
    frame_socket_pause(((struct end *)context)->socket, false);
}

/* ---- the listener ---- */

static inline void on_accept(void *context, struct frame_socket *socket, struct slice peer)
{
    struct fixture *f = context;
    struct end *end = &f->accepted[f->accepted_count];

    if (f->accept_plan == PLAN_CLOSE_ON_OPEN || f->accepted_count == ACCEPTED_MAX) {
        frame_socket_close(socket);
        return;
    }
    if (f->accept_plan == PLAN_FREE_LISTENER) {
        frame_listener_free(f->listener);
        f->listener = NULL;
    }
    frame_socket_adopt(socket, &end_events, end);
    if (f->accept_plan == PLAN_PAUSE_ON_OPEN)
        frame_socket_pause(socket, true);
    pthread_mutex_lock(&f->lock);
    end->f = f;
    end->strand = f->listening;
    end->plan = f->accept_plan;
    end->socket = socket;
    memcpy(end->peer, peer.ptr, peer.len);
    f->accepted_count++;
    changed(f);
}

static inline void on_log(void *context, const char *line, unsigned long len)
{
    struct fixture *f = context;

    pthread_mutex_lock(&f->lock);
    buf_append(&f->log, line, len);
    changed(f);
}

/* The log of all that the listener says; for WAIT. */
static inline bool log_says(struct fixture *f, const char *words)
{
    return f->log.len > 0 && memmem(f->log.ptr, f->log.len, words, strlen(words)) != NULL;
}

struct listen_call {
    struct fixture *f;
    struct frame_listener_options options;
    struct refusal refusal;
    int rc;
};

static inline void listen_on_strand(void *context)
{
    struct listen_call *call = context;

    call->rc =
        frame_listener_new(call->f->listening, &call->options, &call->f->listener, &call->refusal);
}

/** With these limits; 0: the usual ones. */
static inline void listen_with(struct fixture *f, struct tls *tls, unsigned sockets_max,
                               unsigned open_timeout_ms)
{
    struct listen_call *call = test_calloc(1, sizeof(*call));

    f->sink = (struct log_sink){.write = on_log, .context = f, .level_max = LOG_DEBUG};
    call->f = f;
    call->options = (struct frame_listener_options){.address = "127.0.0.1",
                                                    .tls = tls,
                                                    .log = {.sink = &f->sink},
                                                    .sockets_max = sockets_max,
                                                    .open_timeout_ms = open_timeout_ms,
                                                    .on_accept = on_accept,
                                                    .context = f};
    strand_call(f->listening, listen_on_strand, call);
    if (call->rc < 0)
        fail_msg("%s", call->refusal.text);
    f->port = frame_listener_port(f->listener);
    test_free(call);
}

static inline void unlisten_on_strand(void *context)
{
    struct fixture *f = context;

    frame_listener_free(f->listener);
    f->listener = NULL;
    for (unsigned i = 0; i < f->accepted_count; i++)
        end_close(&f->accepted[i]);
}

static inline int fixture_setup(void **state)
{
    static const char *const regions[] = {"us-east-1", "eu-west-1"};
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct executor_threads_options options = {.workers = 2, .io_threads = 1};

    signal(SIGPIPE, SIG_IGN); /* the test's own thread writes to sockets that were closed */
    folder_make(&f->folder);
    make_certificates(&f->folder, regions, 2);
    f->east = links_tls(&f->folder, "us-east-1");
    f->west = links_tls(&f->folder, "eu-west-1");
    pthread_mutex_init(&f->lock, NULL);
    pthread_cond_init(&f->changed, NULL);
    assert_int_equal(executor_threads_new(&options, &f->executor), 0);
    f->listening = executor_threads_strand_on(f->executor, 0, "listening");
    f->dialling = executor_threads_strand_on(f->executor, 1, "dialling");
    *state = f;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *f = *state;

    strand_call(f->listening, unlisten_on_strand, f);
    strand_free(f->listening);
    strand_free(f->dialling);
    executor_threads_free(f->executor);
    for (unsigned i = 0; i < f->accepted_count; i++)
        buf_release(&f->accepted[i].last);
    buf_release(&f->log);
    tls_free(f->east);
    tls_free(f->west);
    folder_remove(&f->folder);
    pthread_cond_destroy(&f->changed);
    pthread_mutex_destroy(&f->lock);
    test_free(f);
    return 0;
}

#endif
