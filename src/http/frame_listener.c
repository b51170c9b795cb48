/*
 * frame_listener.c - accepts frame sockets. See frame_socket.h.
 *
 * Until its certificate is checked a connection is a stranger's, and anybody can open one.
 * Strangers get no more than a share of the sockets, and one host no more than a share of that.
 * When a share is used up the oldest of it is closed and the new one let in: a peer needs some
 * round trips for its handshake, so it gets through unless hundreds of strangers come every second,
 * while refusing the new ones would let a few that do nothing keep all peers out.
 *
 * What strangers do wrong is one line in the log every LOG_EVERY_MS, with the number of the others.
 *
 * When the process has no descriptor left, accept() fails and the listener stays readable: it is
 * put aside for a moment instead of spinning.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "http/frame_priv.h"

enum {
    SOCKETS_MAX_DEFAULT = 256,
    OPENING_SHARE = 2,    /* of the sockets: every second one */
    PER_SOURCE_SHARE = 4, /* of those */
    ACCEPTS_PER_EVENT = 16,
    ACCEPT_PAUSE_MS = 100,
    LOG_EVERY_MS = 10 * 1000,
};

struct frame_listener {
    struct strand *strand;
    struct frame_listener_options options;
    unsigned opening_max, opening_per_source_max;
    int fd;
    struct watch watch;
    struct timer again;
    struct list_node opening, open; /* struct frame_socket, oldest first */
    unsigned opening_count, open_count;
    bool logged_once;
    struct mono logged;
    unsigned unlogged; /* since then */
};

/* ---- where a connection comes from ---- */

/** One number for each host: an IPv4 address, or the network half of an IPv6 address. */
static uint64_t source_of(const struct sockaddr_storage *address)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;

    if (address->ss_family == AF_INET)
        return be32_get((const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr);
    if (address->ss_family != AF_INET6)
        return 0;
    if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        return be32_get(six->sin6_addr.s6_addr + 12);
    return (uint64_t)be32_get(six->sin6_addr.s6_addr) << 32 | be32_get(six->sin6_addr.s6_addr + 4);
}

static void log_stranger(struct frame_listener *listener, const struct sockaddr_storage *address,
                         const char *reason)
{
    struct mono now = executor_now(listener->strand->executor);
    const void *number = address->ss_family == AF_INET6
                             ? (const void *)&((const struct sockaddr_in6 *)address)->sin6_addr
                             : &((const struct sockaddr_in *)address)->sin_addr;
    char source[INET6_ADDRSTRLEN];

    if (listener->logged_once && mono_diff_ms(now, listener->logged) < LOG_EVERY_MS) {
        listener->unlogged++;
        return;
    }
    if (inet_ntop(address->ss_family, number, source, sizeof(source)) == NULL)
        snprintf(source, sizeof(source), "nowhere");
    if (listener->unlogged > 0)
        log_warn(&listener->options.log, "links",
                 "closed a connection from %s: %s (and %u others since the last such line)", source,
                 reason, listener->unlogged);
    else
        log_warn(&listener->options.log, "links", "closed a connection from %s: %s", source,
                 reason);
    listener->logged_once = true;
    listener->logged = now;
    listener->unlogged = 0;
}

/* ---- its sockets ---- */

void frame_listener__forget(struct frame_socket *socket)
{
    if (socket->accepted)
        socket->listener->open_count--;
    else
        socket->listener->opening_count--;
    list_remove(&socket->node);
    socket->listener = NULL;
}

void frame_listener__failed(struct frame_socket *socket, const char *reason)
{
    log_stranger(socket->listener, &socket->addresses[0].at, reason);
    frame_socket_close(socket);
}

void frame_listener__opened(struct frame_socket *socket)
{
    struct frame_listener *listener = socket->listener;

    list_remove(&socket->node);
    listener->opening_count--;
    list_append(&listener->open, &socket->node);
    listener->open_count++;
    socket->accepted = true;
    listener->options.on_accept(listener->options.context, socket, slice_str(socket->peer));
    /* The listener may be gone by now. */
    assert(socket->state == FRAME_CLOSED || socket->events != NULL); /* adopted or refused */
}

/* ---- accepting ---- */

/** Closes the oldest stranger when there are too many of them. */
static void make_way(struct frame_listener *listener, uint64_t source)
{
    struct frame_socket *oldest = NULL;
    unsigned same = 0;

    LIST_FOREACH(node, &listener->opening)
    {
        struct frame_socket *socket = LIST_ENTRY(node, struct frame_socket, node);

        if (socket->source != source)
            continue;
        if (same == 0)
            oldest = socket;
        same++;
    }
    if (same < listener->opening_per_source_max) {
        if (listener->opening_count < listener->opening_max)
            return;
        oldest = LIST_ENTRY(listener->opening.next, struct frame_socket, node);
    }
    log_stranger(listener, &oldest->addresses[0].at, "too many unfinished handshakes");
    frame_socket_close(oldest);
}

static void take(struct frame_listener *listener, int fd, const struct sockaddr_storage *from)
{
    struct frame_socket *socket;

    make_way(listener, source_of(from));
    if (listener->open_count + listener->opening_count >= listener->options.sockets_max) {
        log_stranger(listener, from, "too many connections");
        close(fd);
        return;
    }
    socket = frame_socket__new(listener->strand, listener->options.tls);
    if (socket == NULL) {
        close(fd);
        return;
    }
    socket->listener = listener;
    socket->source = source_of(from);
    socket->addresses[0].at = *from;
    list_append(&listener->opening, &socket->node);
    listener->opening_count++;
    if (frame_socket__shake(socket, fd, TLS_ACCEPTS) < 0) {
        frame_socket_close(socket);
        return;
    }
    timer_start_ms(listener->strand, &socket->deadline, listener->options.open_timeout_ms);
}

static void on_acceptable(struct watch *watch, unsigned events)
{
    struct frame_listener *listener = CONTAINER_OF(watch, struct frame_listener, watch);

    for (int i = 0; i < ACCEPTS_PER_EVENT; i++) {
        struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
        socklen_t len = sizeof(from);
        int fd =
            accept4(listener->fd, (struct sockaddr *)&from, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            take(listener, fd, &from);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_warn(&listener->options.log, "links", "cannot accept a connection: %s",
                     strerror(errno));
            watch_change(&listener->watch, 0);
            timer_start_ms(listener->strand, &listener->again, ACCEPT_PAUSE_MS);
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            return;
        }
    }
}

static void on_again(struct timer *timer)
{
    struct frame_listener *listener = CONTAINER_OF(timer, struct frame_listener, again);

    watch_change(&listener->watch, WATCH_READ);
}

/* ---- life ---- */

int frame_listener_new(struct strand *strand, const struct frame_listener_options *options,
                       struct frame_listener **ret_listener, struct refusal *reterr)
{
    struct frame_listener *listener = calloc(1, sizeof(*listener));
    int rc;

    assert(strand_is_current(strand));
    if (listener == NULL)
        return ST_NOMEM;
    listener->strand = strand;
    listener->options = *options;
    listener->options.address = NULL; /* not ours */
    if (options->sockets_max == 0)
        listener->options.sockets_max = SOCKETS_MAX_DEFAULT;
    if (options->open_timeout_ms == 0)
        listener->options.open_timeout_ms = FRAME_OPEN_TIMEOUT_MS;
    listener->opening_max = 1 + (listener->options.sockets_max - 1) / OPENING_SHARE;
    listener->opening_per_source_max = 1 + (listener->opening_max - 1) / PER_SOURCE_SHARE;
    listener->fd = -1;
    list_init(&listener->opening);
    list_init(&listener->open);
    watch_init(&listener->watch, on_acceptable);
    timer_init(&listener->again, on_again);
    rc = address__listen(options->address, options->port, false, &listener->fd, reterr);
    if (rc < 0)
        goto out;
    rc = watch_start(strand, &listener->watch, listener->fd, WATCH_READ);
    if (rc < 0) {
        rc = rc == ST_NOMEM ? rc
                            : refuse(reterr, "cannot watch %s port %u", options->address,
                                     (unsigned)options->port);
        goto out;
    }
    *ret_listener = listener;
    listener = NULL;
out:
    frame_listener_free(listener);
    return rc;
}

uint16_t frame_listener_port(const struct frame_listener *listener)
{
    return address__port(listener->fd);
}

void frame_listener_free(struct frame_listener *listener)
{
    if (listener == NULL)
        return;
    watch_stop(&listener->watch);
    timer_stop(&listener->again);
    if (listener->fd >= 0)
        close(listener->fd);
    LIST_FOREACH_SAFE(node, next, &listener->opening)
    {
        frame_socket_close(LIST_ENTRY(node, struct frame_socket, node));
    }
    LIST_FOREACH_SAFE(node, next, &listener->open)
    {
        frame_listener__forget(LIST_ENTRY(node, struct frame_socket, node));
    }
    free(listener);
}
