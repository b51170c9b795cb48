/*
 * frame_socket.h - a mutually authenticated connection between two Regions that carries frames.
 *
 * On the wire, inside TLS: u32 length, big-endian, then that many bytes; 0 to FRAME_BYTES_MAX. What
 * a frame means, its checksum, heartbeats and reconnecting belong to the owner (replication/).
 *
 *     static const struct frame_socket_events events = {
 *         .on_open = on_link_open, .on_frame = on_link_frame, .on_drained = on_link_drained,
 *         .on_close = on_link_close };
 *     frame_socket_connect(strand, tls, "10.0.0.7", 8100, &events, link, &socket);
 *
 * Callbacks. All run on the strand given at the start, never before the start function returns.
 * on_open once, when both certificates are verified; then on_frame in order; on_close exactly once
 * at the end, also when the connection never opened, unless the owner closed the socket itself:
 * frame_socket_close() frees it at once and no callback follows. After on_close the owner still
 * calls frame_socket_close(). Closing from inside any callback is allowed.
 *
 * Backpressure. Sending copies into a queue. frame_socket_send() says 1 when the queue has passed
 * FRAME_QUEUE_HIGH_BYTES: stop, and go on at on_drained. While the owner cannot take more frames it
 * calls frame_socket_pause(); TCP then holds the sender back.
 *
 * All functions on the socket's strand only (a shared strand of executor_threads.h).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_FRAME_SOCKET_H
#define TROPIC_HTTP_FRAME_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/status.h"

struct tls; /* http/tls.h; made by tls_links_new() */
struct frame_socket;
struct frame_listener;

enum {
    FRAME_BYTES_MAX = 16 * 1024 * 1024,
    FRAME_QUEUE_HIGH_BYTES = 4 * 1024 * 1024, /* wait for on_drained */
    FRAME_QUEUE_LOW_BYTES = 1024 * 1024,      /* on_drained comes when the queue falls to this */
    FRAME_QUEUE_BYTES_MAX = 64 * 1024 * 1024, /* beyond: ST_BUSY, the frame is not queued */
    FRAME_OPEN_TIMEOUT_MS = 10 * 1000,        /* name, connection and handshake together */
};

struct frame_socket_events {
    /* peer: the Region's name in the peer's certificate; valid as long as the socket. */
    void (*on_open)(void *context, struct frame_socket *socket, struct slice peer);
    /* frame: valid during the call. */
    void (*on_frame)(void *context, struct frame_socket *socket, struct slice frame);
    /* The queue was above HIGH and has fallen to LOW. May be NULL. */
    void (*on_drained)(void *context, struct frame_socket *socket);
    /* status: ST_CLOSED (the peer closed in order), ST_IO, ST_TIMEOUT, ST_CORRUPT (a frame too
     * long), ST_REFUSED (certificates). reason: a line for the log, valid during the call. */
    void (*on_close)(void *context, struct frame_socket *socket, int status, const char *reason);
};

/**
 * Starts to connect. host is a number or a name (looked up in the I/O pool); copied. `events` must
 * outlive the socket. Returns 0, or ST_NOMEM and then no callback runs.
 */
int frame_socket_connect(struct strand *strand, struct tls *tls, const char *host, uint16_t port,
                         const struct frame_socket_events *events, void *context,
                         struct frame_socket **ret_socket);

/**
 * Queues one frame made of two parts (either may be empty), so that a header needs no copy of its
 * payload. 0 queued; 1 queued, and now wait for on_drained; ST_BUSY, ST_TOOBIG, ST_CLOSED, ST_NOMEM
 * not queued. Only after on_open.
 */
int frame_socket_send(struct frame_socket *socket, struct slice header, struct slice payload);

/** Bytes queued and not yet given to the kernel. */
size_t frame_socket_queued(const struct frame_socket *socket);
/** Stops or resumes on_frame; frames already read wait. */
void frame_socket_pause(struct frame_socket *socket, bool paused);
/** For accepted sockets: the new owner's events. Only inside on_accept. */
void frame_socket_adopt(struct frame_socket *socket, const struct frame_socket_events *events,
                        void *context);
/** Frees the socket; unsent frames are lost. NULL is a no-op. */
void frame_socket_close(struct frame_socket *socket);

struct frame_listener_options {
    const char *address; /* a number: "0.0.0.0", "127.0.0.1", "::" */
    uint16_t port;       /* 0: any free one */
    struct tls *tls;     /* borrowed */
    struct log log;
    /* Open and opening at once; 0: 256. More are closed at once. Half of them may be opening, and a
     * quarter of that half from one host: one more, and the oldest of these is closed. */
    unsigned sockets_max;
    unsigned open_timeout_ms; /* for the handshake; 0: FRAME_OPEN_TIMEOUT_MS */
    /*
     * A peer connected and its certificate is good. The callback takes the socket with
     * frame_socket_adopt() (whose on_open is not called) or refuses it with frame_socket_close().
     */
    void (*on_accept)(void *context, struct frame_socket *socket, struct slice peer);
    void *context;
};

/** On `strand`, on which all callbacks and accepted sockets live. ST_REFUSED with a line; ST_NOMEM.
 */
int frame_listener_new(struct strand *strand, const struct frame_listener_options *options,
                       struct frame_listener **ret_listener, struct refusal *reterr);
uint16_t frame_listener_port(const struct frame_listener *listener);
/** On its strand. Sockets that were accepted stay with their owners. NULL is a no-op. */
void frame_listener_free(struct frame_listener *listener);

#endif
