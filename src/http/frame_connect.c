/*
 * frame_connect.c - from a host and a port to a connected socket.
 *
 * All addresses of a name are tried in the order in which the system gives them. Each gets an equal
 * share of the time that is left, so that one that never answers (a broken IPv6 route) does not use
 * up the time of one that would.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/frame_priv.h"

static void try_next(struct frame_socket *socket, const char *why);

static int64_t ms_left(const struct frame_socket *socket)
{
    return mono_diff_ms(socket->open_by, executor_now(socket->strand->executor));
}

static void connected(struct frame_socket *socket)
{
    int fd = socket->stream.fd, rc;

    watch_stop(&socket->watch);
    socket->stream = STREAM_EMPTY;
    timer_start(socket->strand, &socket->deadline, socket->open_by);
    rc = frame_socket__shake(socket, fd, TLS_CONNECTS);
    if (rc < 0)
        frame_socket__end(socket, ST_IO, "%s", status_text(rc));
}

/** Starts to connect to the address at hand. */
static void try_address(struct frame_socket *frames)
{
    const struct address *address = &frames->addresses[frames->address_at];
    int64_t share = ms_left(frames) / (frames->address_count - frames->address_at);
    int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0) {
        try_next(frames, strerror(errno));
        return;
    }
    frames->stream.fd = fd;
    frames->state = FRAME_CONNECTING;
    if (connect(fd, (const struct sockaddr *)&address->at, address->len) == 0) {
        connected(frames);
        return;
    }
    if (errno != EINPROGRESS && errno != EINTR) {
        try_next(frames, strerror(errno));
        return;
    }
    timer_start_ms(frames->strand, &frames->deadline, share > 0 ? share : 1);
    if (watch_start(frames->strand, &frames->watch, fd, WATCH_WRITE) < 0)
        frame_socket__end(frames, ST_IO, "cannot watch the socket");
}

static void try_next(struct frame_socket *socket, const char *why)
{
    watch_stop(&socket->watch);
    stream__close(&socket->stream);
    socket->address_at++;
    if (socket->address_at < socket->address_count)
        try_address(socket);
    else
        frame_socket__end(socket, ST_IO, "%s", why);
}

static void look_up(struct frame_socket *socket)
{
    int rc =
        frame_lookup__start(socket->strand->executor, socket->host, socket->port, &socket->lookup);

    if (rc < 0) {
        frame_socket__end(socket, ST_IO, "cannot look up %s: %s", socket->host, status_text(rc));
        return;
    }
    socket->state = FRAME_LOOKING_UP;
    timer_start(socket->strand, &socket->deadline, socket->open_by);
    rc = watch_start(socket->strand, &socket->watch, socket->lookup->done_fd, WATCH_READ);
    if (rc < 0)
        frame_socket__end(socket, ST_IO, "cannot watch the lookup");
}

static void looked_up(struct frame_socket *socket)
{
    struct frame_lookup *lookup = socket->lookup;

    if (!atomic_load_explicit(&lookup->done, memory_order_acquire))
        return;
    watch_stop(&socket->watch);
    if (lookup->failure != 0 || lookup->count == 0) {
        frame_socket__end(socket, ST_IO, "cannot find %s: %s", socket->host,
                          lookup->failure ? gai_strerror(lookup->failure) : "no address");
        return;
    }
    memcpy(socket->addresses, lookup->addresses, sizeof(socket->addresses));
    socket->address_count = lookup->count;
    socket->lookup = NULL;
    frame_lookup__drop(lookup);
    try_address(socket);
}

static void connect_answered(struct frame_socket *socket)
{
    int error = 0;
    socklen_t len = sizeof(error);

    if (getsockopt(socket->stream.fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
        error = errno;
    if (error != 0)
        try_next(socket, strerror(error));
    else
        connected(socket);
}

void frame_connect__start(struct frame_socket *socket)
{
    struct address *address = &socket->addresses[0];

    address->len = address__parse(socket->host, socket->port, &address->at);
    if (address->len == 0) {
        look_up(socket);
        return;
    }
    socket->address_count = 1;
    try_address(socket);
}

void frame_connect__go_on(struct frame_socket *socket)
{
    if (socket->state == FRAME_LOOKING_UP)
        looked_up(socket);
    else
        connect_answered(socket);
}

void frame_connect__late(struct frame_socket *socket)
{
    if (socket->state == FRAME_LOOKING_UP)
        frame_socket__end(socket, ST_TIMEOUT, "%s was not found in time", socket->host);
    else if (socket->address_at + 1 < socket->address_count)
        try_next(socket, "");
    else
        frame_socket__end(socket, ST_TIMEOUT, "no answer");
}

int frame_socket_connect(struct strand *strand, struct tls *tls, const char *host, uint16_t port,
                         const struct frame_socket_events *events, void *context,
                         struct frame_socket **ret_socket)
{
    struct frame_socket *socket = frame_socket__new(strand, tls);

    if (socket == NULL)
        return ST_NOMEM;
    socket->host = strdup(host);
    if (socket->host == NULL) {
        free(socket);
        return ST_NOMEM;
    }
    socket->port = port;
    socket->events = events;
    socket->context = context;
    socket->open_by = mono_add_ms(executor_now(strand->executor), FRAME_OPEN_TIMEOUT_MS);
    timer_start_ms(strand, &socket->turn, 0);
    *ret_socket = socket;
    return 0;
}
