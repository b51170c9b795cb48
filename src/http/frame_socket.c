/*
 * frame_socket.c - a mutually authenticated connection that carries frames. See frame_socket.h.
 *
 * Turns. frame_socket_send() only queues. The queue is given to TLS in the socket's next turn: a
 * timer that is due at once, so it fires after the tasks that the worker has at hand, and all
 * frames that these send share records and system calls. Nothing waits for more frames to come. A
 * timer, not a task, because a timer can be taken back when the socket is closed. A turn reads and
 * writes a bounded number of bytes; what is left is left to the next one.
 *
 * Callbacks. They are called from three handlers only, the watch's and two timers', never from
 * inside a function of the owner. A handler marks the socket as busy; frame_socket_close() then
 * gives everything back but the memory, which the handler frees at its end. After every callback
 * the handler looks at the state before it goes on.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/frame_socket.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/frame_priv.h"
#include "http/tls_priv.h"

enum {
    TURN_BYTES_MAX = 1024 * 1024, /* read, and written, before others get their turn */
    REASON_BYTES = 256,
};

/* ---- life ---- */

static void on_ready(struct watch *watch, unsigned events);
static void on_turn(struct timer *timer);
static void on_deadline(struct timer *timer);

struct frame_socket *frame_socket__new(struct strand *strand, struct tls *tls)
{
    struct frame_socket *socket = calloc(1, sizeof(*socket));

    if (socket == NULL)
        return NULL;
    socket->strand = strand;
    socket->tls = tls;
    socket->state = FRAME_STARTING;
    socket->stream = STREAM_EMPTY;
    socket->read_wants = WATCH_READ;
    socket->write_wants = WATCH_WRITE;
    watch_init(&socket->watch, on_ready);
    timer_init(&socket->turn, on_turn);
    timer_init(&socket->deadline, on_deadline);
    frame_queue__init(&socket->queue);
    list_node_init(&socket->node);
    return socket;
}

/** Gives back everything that costs more than memory. */
static void let_go(struct frame_socket *socket)
{
    watch_stop(&socket->watch);
    timer_stop(&socket->turn);
    timer_stop(&socket->deadline);
    stream__close(&socket->stream);
    frame_lookup__drop(socket->lookup);
    socket->lookup = NULL;
    frame_queue__release(&socket->queue);
}

static void socket_free(struct frame_socket *socket)
{
    frame_input__release(&socket->input);
    free(socket->host);
    free(socket);
}

void frame_socket_close(struct frame_socket *socket)
{
    if (socket == NULL)
        return;
    assert(socket->state != FRAME_CLOSED);
    if (socket->state == FRAME_OPEN)
        stream__shutdown(&socket->stream); /* the peer learns that this was on purpose */
    let_go(socket);
    socket->state = FRAME_CLOSED;
    if (socket->listener != NULL)
        frame_listener__forget(socket);
    if (!socket->busy)
        socket_free(socket);
}

void frame_socket__end(struct frame_socket *socket, int status, const char *fmt, ...)
{
    char reason[REASON_BYTES];
    va_list args;

    assert(socket->busy && socket->state < FRAME_ENDED);
    va_start(args, fmt);
    vsnprintf(reason, sizeof(reason), fmt, args);
    va_end(args);
    let_go(socket);
    socket->state = FRAME_ENDED;
    if (socket->events != NULL)
        socket->events->on_close(socket->context, socket, status, reason);
    else
        frame_listener__failed(socket, reason);
}

/* ---- frames in ---- */

/** Gives out the frames that are complete. Afterwards the state may be any. */
static void deliver(struct frame_socket *socket)
{
    while (socket->state == FRAME_OPEN && !socket->paused) {
        struct slice frame;
        int rc = frame_input__next(&socket->input, &frame);

        if (rc == 0)
            return;
        if (rc < 0)
            frame_socket__end(socket, rc, "a frame is longer than %d bytes", FRAME_BYTES_MAX);
        else
            socket->events->on_frame(socket->context, socket, frame);
    }
}

/** What waits here, or inside TLS, is not seen by the watch. */
static void read_soon(struct frame_socket *socket)
{
    socket->read_again = true;
    timer_start_ms(socket->strand, &socket->turn, 0);
}

/** Receiving has failed, or (0) the peer has closed. */
static void receive_ended(struct frame_socket *socket, int rc)
{
    if (rc < 0)
        frame_socket__end(socket, ST_IO, "the connection broke");
    else if (socket->input.begin < socket->input.end)
        frame_socket__end(socket, ST_IO, "the peer closed the connection inside a frame");
    else
        frame_socket__end(socket, ST_CLOSED, "the peer closed the connection");
}

/** Reads and gives out frames until nothing is there, or the turn is over. */
static void receive(struct frame_socket *socket)
{
    size_t taken = 0;

    socket->read_again = false;
    for (;;) {
        size_t cap, len = 0;
        uint8_t *to;
        int rc;

        deliver(socket);
        if (socket->state != FRAME_OPEN || socket->paused)
            return;
        if (taken >= TURN_BYTES_MAX) {
            read_soon(socket);
            return;
        }
        if (frame_input__room(&socket->input, &to, &cap) < 0) {
            frame_socket__end(socket, ST_IO, "%s", status_text(ST_NOMEM));
            return;
        }
        rc = stream__receive(&socket->stream, to, cap, &len);
        if (rc == ST_AGAIN) {
            socket->read_wants = socket->stream.wants;
            return;
        }
        if (rc < 0 || len == 0) {
            receive_ended(socket, rc);
            return;
        }
        frame_input__add(&socket->input, len);
        taken += len;
    }
}

void frame_socket_pause(struct frame_socket *socket, bool paused)
{
    if (socket->paused == paused)
        return;
    socket->paused = paused;
    if (!paused && socket->state == FRAME_OPEN)
        read_soon(socket);
}

/* ---- frames out ---- */

/** Gives the queue to TLS until it blocks, or the turn is over. */
static void flush(struct frame_socket *socket)
{
    struct frame_queue *queue = &socket->queue;
    size_t given = 0;

    socket->write_blocked = false;
    while (queue->bytes > 0) {
        struct slice front = frame_queue__front(queue);
        struct iovec part = {.iov_base = (void *)(uintptr_t)front.ptr, .iov_len = front.len};
        size_t len = 0;
        int rc = stream__send(&socket->stream, &part, 1, &len);

        if (rc == 0) {
            frame_queue__take(queue, len);
            given += len;
        } else if (rc != ST_AGAIN) {
            frame_socket__end(socket, ST_IO, "the connection broke");
            return;
        }
        if (rc == ST_AGAIN || given >= TURN_BYTES_MAX) {
            socket->write_wants = rc == ST_AGAIN ? socket->stream.wants : WATCH_WRITE;
            socket->write_blocked = queue->bytes > 0;
            break;
        }
    }
    if (socket->over_high && queue->bytes <= FRAME_QUEUE_LOW_BYTES) {
        socket->over_high = false;
        if (socket->events->on_drained != NULL)
            socket->events->on_drained(socket->context, socket);
    }
}

int frame_socket_send(struct frame_socket *socket, struct slice header, struct slice payload)
{
    uint8_t head[FRAME_HEAD_BYTES];
    struct slice parts[] = {slice_of(head, sizeof(head)), header, payload};
    size_t len;

    if (socket->state != FRAME_OPEN)
        return ST_CLOSED;
    if (header.len > FRAME_BYTES_MAX || payload.len > FRAME_BYTES_MAX - header.len)
        return ST_TOOBIG;
    len = header.len + payload.len;
    if (socket->queue.bytes + sizeof(head) + len > FRAME_QUEUE_BYTES_MAX)
        return ST_BUSY;
    be32_put(head, (uint32_t)len);
    if (frame_queue__append(&socket->queue, parts, ARRAY_LEN(parts)) < 0)
        return ST_NOMEM;
    if (!socket->write_blocked && !timer_running(&socket->turn))
        timer_start_ms(socket->strand, &socket->turn, 0);
    if (socket->queue.bytes > FRAME_QUEUE_HIGH_BYTES)
        socket->over_high = true;
    return socket->over_high ? 1 : 0;
}

size_t frame_socket_queued(const struct frame_socket *socket)
{
    return socket->queue.bytes;
}

void frame_socket_adopt(struct frame_socket *socket, const struct frame_socket_events *events,
                        void *context)
{
    assert(socket->state == FRAME_OPEN && socket->events == NULL);
    socket->events = events;
    socket->context = context;
}

/* ---- the handshake ---- */

/** Both sides have accepted each other. */
static void opened(struct frame_socket *socket)
{
    struct refusal why;

    if (tls__peer_region(&socket->stream, socket->peer, &why) < 0) {
        frame_socket__end(socket, ST_REFUSED, "%.200s", why.text);
        return;
    }
    timer_stop(&socket->deadline);
    socket->state = FRAME_OPEN;
    socket->read_wants = WATCH_READ;
    if (socket->listener != NULL)
        frame_listener__opened(socket);
    else
        socket->events->on_open(socket->context, socket, slice_str(socket->peer));
    if (socket->state == FRAME_OPEN && !socket->paused)
        receive(socket); /* frames may have come with the handshake's last bytes */
}

static void shake(struct frame_socket *socket)
{
    char reason[REASON_BYTES];
    int rc = 0;

    if (socket->state == FRAME_HANDSHAKE) {
        rc = tls__handshake(&socket->stream);
        if (rc == 0 && socket->listener == NULL)
            socket->state = FRAME_CONFIRMING;
    }
    if (rc == 0 && socket->state == FRAME_CONFIRMING)
        rc = tls__confirm(&socket->stream);
    if (rc == 0) {
        opened(socket);
    } else if (rc == ST_AGAIN) {
        socket->read_wants = socket->stream.wants;
    } else {
        tls__explain(&socket->stream, rc, reason, sizeof(reason));
        frame_socket__end(socket, rc == ST_REFUSED ? ST_REFUSED : ST_IO, "%s", reason);
    }
}

int frame_socket__shake(struct frame_socket *socket, int fd, enum tls_role role)
{
    int rc = stream__open(&socket->stream, fd, socket->tls, role, NULL);

    if (rc < 0)
        return rc;
    socket->state = FRAME_HANDSHAKE;
    socket->read_wants = role == TLS_CONNECTS ? WATCH_WRITE : WATCH_READ; /* who begins */
    return watch_start(socket->strand, &socket->watch, fd, socket->read_wants);
}

/* ---- handlers ---- */

/** Has the watch wait for what can go on. */
static void settle(struct frame_socket *socket)
{
    unsigned wants = 0;

    if (socket->state == FRAME_OPEN) {
        if (!socket->paused)
            wants |= socket->read_wants;
        if (socket->write_blocked)
            wants |= socket->write_wants;
    } else if (socket->state == FRAME_HANDSHAKE || socket->state == FRAME_CONFIRMING) {
        wants = socket->read_wants;
    } else {
        return;
    }
    watch_change(&socket->watch, wants);
}

static void leave(struct frame_socket *socket)
{
    settle(socket);
    socket->busy = false;
    if (socket->state == FRAME_CLOSED)
        socket_free(socket);
}

static void on_ready(struct watch *watch, unsigned events)
{
    struct frame_socket *socket = CONTAINER_OF(watch, struct frame_socket, watch);

    socket->busy = true;
    if (socket->state < FRAME_HANDSHAKE) {
        frame_connect__go_on(socket);
    } else if (socket->state < FRAME_OPEN) {
        shake(socket);
    } else {
        bool writable = socket->write_blocked && (events & socket->write_wants);

        if (!socket->paused && (events & socket->read_wants))
            receive(socket);
        if (socket->state == FRAME_OPEN && writable)
            flush(socket);
    }
    leave(socket);
}

static void on_turn(struct timer *timer)
{
    struct frame_socket *socket = CONTAINER_OF(timer, struct frame_socket, turn);

    socket->busy = true;
    if (socket->state == FRAME_STARTING) {
        frame_connect__start(socket);
    } else {
        if (!socket->paused && socket->read_again)
            receive(socket);
        if (socket->state == FRAME_OPEN && !socket->write_blocked)
            flush(socket);
    }
    leave(socket);
}

static void on_deadline(struct timer *timer)
{
    struct frame_socket *socket = CONTAINER_OF(timer, struct frame_socket, deadline);

    socket->busy = true;
    if (socket->state < FRAME_HANDSHAKE)
        frame_connect__late(socket);
    else
        frame_socket__end(socket, ST_TIMEOUT, "the handshake was not finished in time");
    leave(socket);
}
