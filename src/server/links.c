/*
 * links.c - see links.h.
 *
 *            attached and we dial                 certificate is right
 *   IDLE ------------------------> DIALING ------------------------------> OPEN
 *    ^                             |  ^                                     |
 *    |               on_close      |  | pause is over                       | on_close, renew
 *    |                             v  |                                     |
 *    +-------- detached -------- PAUSED <-----------------------------------+
 *
 * The side that listens goes from IDLE to OPEN when the peer's connection arrives. A new connection
 * of a peer replaces the one that we have: the peer knows better whether the old one still lives.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/links.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "http/frame_socket.h"
#include "http/tls.h"
#include "server/wait.h"

/* The wire to one peer. */
struct wire {
    struct link_end end;
    struct links *links;
    const struct config_peer *peer;
    bool dials, wanted, open;
    struct frame_socket *socket; /* dialling or open */
    struct mono opened;
    uint32_t retry_ms;
    struct timer retry;
    uint32_t failures; /* attempts since the last connection */
    bool log_due;      /* the next failure is news */
    struct mono logged;
};

struct links {
    const struct config_region *region;
    struct strand *strand;
    struct log log;
    struct tls *tls;
    struct frame_listener *listener;
    struct mono refused_logged;
    bool refused_once;
    uint32_t count;
    struct wire wires[];
};

static void wire_dial(struct wire *wire);

/* A lost connection is news at once, one that cannot be made when it has failed a few times (peers
 * that start together miss each other at first); then once a minute. */
static void log_failure(struct wire *wire, const char *why)
{
    struct mono now = executor_now(wire->links->strand->executor);

    if (!wire->open && ++wire->failures < LINK_FAILURES_QUIET)
        return;
    if (!wire->log_due && mono_diff_ms(now, wire->logged) < LINK_LOG_EVERY_MS)
        return;
    wire->log_due = false;
    wire->logged = now;
    if (wire->dials)
        log_warn(&wire->end.log, "links", "no link to %s (%s:%u): %s; trying again", wire->end.peer,
                 wire->peer->host, wire->peer->port, why);
    else
        log_warn(&wire->end.log, "links", "no link to %s: %s; waiting for it to dial",
                 wire->end.peer, why);
}

static void wire_close(struct wire *wire)
{
    struct frame_socket *socket = wire->socket;

    wire->socket = NULL;
    wire->open = false;
    frame_socket_close(socket);
    link_end_wire_close(&wire->end);
}

static void wire_retry(struct wire *wire)
{
    struct executor *executor = wire->links->strand->executor;
    uint32_t pause;

    if (!wire->dials || !wire->wanted)
        return;
    pause = wire->retry_ms / 2 + (uint32_t)(executor_random(executor) % (wire->retry_ms / 2 + 1));
    wire->retry_ms = wire->retry_ms * 2 < RETRY_MS_MAX ? wire->retry_ms * 2 : RETRY_MS_MAX;
    timer_start_ms(wire->links->strand, &wire->retry, pause);
}

static void wire_lost(struct wire *wire, const char *why)
{
    struct mono now = executor_now(wire->links->strand->executor);

    if (wire->open && mono_diff_ms(now, wire->opened) >= LINK_STEADY_MS)
        wire->retry_ms = RETRY_MS_MIN;
    if (why[0] != '\0')
        log_failure(wire, why);
    wire_close(wire);
    wire_retry(wire);
}

static void on_retry(struct timer *timer)
{
    struct wire *wire = CONTAINER_OF(timer, struct wire, retry);

    if (wire->wanted && wire->socket == NULL)
        wire_dial(wire);
}

/* ---- events of the socket ---- */

static void wire_opened(struct wire *wire)
{
    wire->open = true;
    wire->opened = executor_now(wire->links->strand->executor);
    wire->log_due = true;
    wire->failures = 0;
    /* Nothing may arrive before the session has begun at our side. */
    frame_socket_pause(wire->socket, true);
    link_end_wire_open(&wire->end);
}

static void on_socket_open(void *context, struct frame_socket *socket, struct slice peer)
{
    struct wire *wire = context;

    if (!slice_eq_str(peer, wire->end.peer)) {
        char why[160];

        snprintf(why, sizeof(why), "the certificate there names %.*s", SLICE_ARGS(peer));
        wire_lost(wire, why);
        return;
    }
    wire_opened(wire);
}

static void on_socket_frame(void *context, struct frame_socket *socket, struct slice bytes)
{
    struct wire *wire = context;
    struct buf frame = BUF_EMPTY;

    buf_append_slice(&frame, bytes);
    if (buf_failed(&frame)) /* a lost frame is something that replication lives with */
        buf_release(&frame);
    else
        link_end_received(&wire->end, &frame);
}

static void on_socket_drained(void *context, struct frame_socket *socket)
{
    struct wire *wire = context;

    link_end_hold(&wire->end, false);
}

static void on_socket_close(void *context, struct frame_socket *socket, int status,
                            const char *reason)
{
    wire_lost(context, reason);
}

static const struct frame_socket_events socket_events = {
    .on_open = on_socket_open,
    .on_frame = on_socket_frame,
    .on_drained = on_socket_drained,
    .on_close = on_socket_close,
};

static void wire_dial(struct wire *wire)
{
    int rc = frame_socket_connect(wire->links->strand, wire->links->tls, wire->peer->host,
                                  wire->peer->port, &socket_events, wire, &wire->socket);

    if (rc < 0) {
        wire->socket = NULL;
        wire_lost(wire, status_text(rc));
    }
}

/* A stranger, or a peer at the wrong time. One line a minute, whoever it is. */
static void refuse_socket(struct links *links, struct frame_socket *socket, struct slice peer,
                          const char *why)
{
    struct mono now = executor_now(links->strand->executor);

    if (!links->refused_once || mono_diff_ms(now, links->refused_logged) >= LINK_LOG_EVERY_MS) {
        links->refused_once = true;
        links->refused_logged = now;
        log_warn(&links->log, "links", "closed a connection of %.*s: %s", SLICE_ARGS(peer), why);
    }
    frame_socket_close(socket);
}

static void on_accept(void *context, struct frame_socket *socket, struct slice peer)
{
    struct links *links = context;

    for (uint32_t i = 0; i < links->count; i++) {
        struct wire *wire = &links->wires[i];

        if (!slice_eq_str(peer, wire->end.peer))
            continue;
        if (wire->dials) {
            refuse_socket(links, socket, peer, "this Region dials it, not the reverse");
            return;
        }
        if (!wire->wanted) { /* still opening, or stopping: it will come again */
            frame_socket_close(socket);
            return;
        }
        if (wire->socket != NULL)
            wire_close(wire);
        wire->socket = socket;
        frame_socket_adopt(socket, &socket_events, wire);
        wire_opened(wire);
        return;
    }
    refuse_socket(links, socket, peer, "it is not among this Region's peers");
}

/* ---- wire_ops ---- */

static void wire_carry(struct link_end *end, struct buf *frame)
{
    struct wire *wire = end->wire_context;
    int rc = frame_socket_send(wire->socket, SLICE_EMPTY, buf_slice(frame));

    buf_release(frame);
    if (rc == 1)
        link_end_hold(end, true);
    /* Otherwise the frame is lost: on_close is on its way, or replication sends it again. */
}

static void on_wire_up(struct link_end *end)
{
    struct wire *wire = end->wire_context;

    assert(wire->open);
    frame_socket_pause(wire->socket, false);
    log_info(&end->log, "links", "link to %s is open", end->peer);
}

static void on_wire_down(struct link_end *end)
{
}

static void wire_renew(struct link_end *end, const char *why)
{
    struct wire *wire = end->wire_context;

    if (wire->socket != NULL)
        wire_lost(wire, why);
}

static void on_region_attached(struct link_end *end)
{
    struct wire *wire = end->wire_context;

    wire->wanted = true;
    wire->log_due = true;
    wire->retry_ms = RETRY_MS_MIN;
    if (wire->dials)
        wire_dial(wire);
}

static void on_region_detaching(struct link_end *end)
{
    struct wire *wire = end->wire_context;

    wire->wanted = false;
    timer_stop(&wire->retry);
    wire_close(wire);
}

static const struct wire_ops socket_ops = {
    .carry = wire_carry,
    .on_up = on_wire_up,
    .on_down = on_wire_down,
    .renew = wire_renew,
    .on_attached = on_region_attached,
    .on_detaching = on_region_detaching,
};

/* ---- life ---- */

static int wire_init(struct wire *wire, struct links *links, const struct config_peer *peer)
{
    wire->links = links;
    wire->peer = peer;
    wire->dials = strcmp(links->region->name, peer->name) < 0;
    wire->retry_ms = RETRY_MS_MIN;
    timer_init(&wire->retry, on_retry);
    return link_end_init(&wire->end, links->region->name, peer->name, links->strand, &links->log,
                         &socket_ops, wire);
}

int links_new(const struct config_region *region, const struct config_peer *peers,
              uint32_t peer_count, struct strand *strand, const struct log *log,
              struct links **ret_links, struct refusal *reterr)
{
    struct links *links = calloc(1, sizeof(*links) + peer_count * sizeof(links->wires[0]));
    int rc;

    if (links == NULL)
        return ST_NOMEM;
    links->region = region;
    links->strand = strand;
    links->log = (struct log){.sink = log->sink, .region = region->name};
    rc = tls_links_new(region->ca, region->certificate, region->key, &links->tls, reterr);
    if (rc < 0)
        goto out;
    for (uint32_t i = 0; i < peer_count; i++) {
        rc = wire_init(&links->wires[i], links, &peers[i]);
        if (rc < 0)
            goto out;
        links->count++;
    }
    *ret_links = links;
    links = NULL;
out:
    links_free(links);
    return rc;
}

struct listening {
    struct links *links;
    struct refusal *reterr;
    int rc;
};

static void listen_on_strand(void *context)
{
    struct listening *listening = context;
    struct links *links = listening->links;
    struct frame_listener_options options = {.address = links->region->link_address,
                                             .port = links->region->link_port,
                                             .tls = links->tls,
                                             .log = links->log,
                                             .on_accept = on_accept,
                                             .context = links};

    listening->rc =
        frame_listener_new(links->strand, &options, &links->listener, listening->reterr);
}

int links_listen(struct links *links, struct refusal *reterr)
{
    struct listening listening = {.links = links, .reterr = reterr};

    strand_wait(links->strand, listen_on_strand, &listening);
    return listening.rc;
}

void links_close(struct links *links)
{
    frame_listener_free(links->listener);
    links->listener = NULL;
    for (uint32_t i = 0; i < links->count; i++) {
        timer_stop(&links->wires[i].retry);
        if (links->wires[i].socket != NULL)
            wire_close(&links->wires[i]);
    }
}

void links_free(struct links *links)
{
    if (links == NULL)
        return;
    for (uint32_t i = 0; i < links->count; i++)
        link_end_release(&links->wires[i].end);
    tls_free(links->tls);
    free(links);
}

uint32_t links_count(const struct links *links)
{
    return links->count;
}

struct link_end *links_end(struct links *links, uint32_t i)
{
    assert(i < links->count);
    return &links->wires[i].end;
}

uint16_t links_port(const struct links *links)
{
    return frame_listener_port(links->listener);
}
