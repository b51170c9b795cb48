/*
 * link_end.c - see link_end.h for the drawing.
 *
 * Counting. What replication has sent and the wire has not taken is outbox_bytes + shaped_bytes,
 * which sendable() reads on the replication strand without a lock. `congested` remembers that
 * somebody was told to wait, so that replication_link_drained() is called once for each time that
 * it matters.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/link_end.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "replication/replication.h"

struct sent {
    struct list_node node;
    struct buf frame;
};

struct down {
    struct link_down link_down;
    struct link_end *end;
};

/* ---- out ---- */

static size_t end_queued(struct link_end *end)
{
    return atomic_load(&end->outbox_bytes) + atomic_load(&end->shaped_bytes);
}

/* After whatever changes the queues, on the network strand. */
static void end_recount(struct link_end *end)
{
    atomic_store(&end->shaped_bytes, end->out.queued_bytes);
    if (end_queued(end) <= END_QUEUE_LOW_BYTES && atomic_exchange(&end->congested, false) &&
        end->state == END_UP)
        replication_link_drained(end->replication, end->peer);
}

/* From the shaper: the frame's time has come. */
static void deliver_out(void *context, struct buf *frame)
{
    struct link_end *end = context;

    assert(end->wire_open);
    end->wire->carry(end, frame);
    end_recount(end);
}

/* Empties the outbox into the shaper, or onto the floor when there is no session. */
static void take_outbox(struct link_end *end)
{
    struct list_node taken, *node;
    size_t bytes = 0;

    list_init(&taken);
    pthread_mutex_lock(&end->lock);
    list_splice(&taken, &end->outbox);
    pthread_mutex_unlock(&end->lock);
    while ((node = list_pop(&taken)) != NULL) {
        struct sent *sent = LIST_ENTRY(node, struct sent, node);

        bytes += sent->frame.len;
        if (end->state == END_UP && end->wire_open)
            shaper_push(&end->out, &sent->frame);
        else
            buf_release(&sent->frame);
        free(sent);
    }
    atomic_fetch_sub(&end->outbox_bytes, bytes);
    end_recount(end);
}

/* The session is over: nothing of it may be seen by the next. */
static void drop_queues(struct link_end *end)
{
    shaper_clear(&end->out);
    shaper_clear(&end->in);
    atomic_store(&end->congested, false);
    end_recount(end);
}

static void on_outbox(struct task *task)
{
    struct link_end *end = CONTAINER_OF(task, struct link_end, task);
    char bad_peer[sizeof(end->bad_peer)];

    pthread_mutex_lock(&end->lock);
    end->posted = false;
    memcpy(bad_peer, end->bad_peer, sizeof(bad_peer));
    end->bad_peer[0] = '\0';
    pthread_mutex_unlock(&end->lock);
    take_outbox(end);
    if (bad_peer[0] != '\0' && end->wire_open)
        end->wire->renew(end, bad_peer);
}

/* transport_ops, on the replication strand. */
static void end_send(void *transport, struct buf *frame)
{
    struct link_end *end = transport;
    struct sent *sent = NULL;
    bool post;

    if (end_queued(end) < END_QUEUE_BYTES_MAX)
        sent = malloc(sizeof(*sent));
    if (sent == NULL) {
        buf_release(frame);
        return;
    }
    *sent = (struct sent){.frame = *frame};
    *frame = BUF_EMPTY;
    atomic_fetch_add(&end->outbox_bytes, sent->frame.len);
    pthread_mutex_lock(&end->lock);
    list_append(&end->outbox, &sent->node);
    post = !end->posted;
    end->posted = true;
    pthread_mutex_unlock(&end->lock);
    if (post)
        strand_post(end->strand, &end->task);
}

static bool end_sendable(void *transport)
{
    struct link_end *end = transport;

    if (end_queued(end) < END_QUEUE_HIGH_BYTES)
        return true;
    atomic_store(&end->congested, true);
    /* It may have drained between the look and the mark; then nobody else would say so. */
    return end_queued(end) <= END_QUEUE_LOW_BYTES && atomic_exchange(&end->congested, false);
}

static const struct transport_ops end_transport = {.send = end_send, .sendable = end_sendable};

void link_end_bad_peer(struct link_end *end, const char *why)
{
    bool post;

    pthread_mutex_lock(&end->lock);
    snprintf(end->bad_peer, sizeof(end->bad_peer), "%s", why);
    post = !end->posted;
    end->posted = true;
    pthread_mutex_unlock(&end->lock);
    if (post)
        strand_post(end->strand, &end->task);
}

/* ---- in ---- */

static void deliver_in(void *context, struct buf *frame)
{
    struct link_end *end = context;

    if (end->state == END_UP)
        replication_receive(end->replication, end->peer, frame);
    else
        buf_release(frame);
}

void link_end_received(struct link_end *end, struct buf *frame)
{
    shaper_push(&end->in, frame);
}

void link_end_hold(struct link_end *end, bool held)
{
    shaper_hold(&end->out, held);
}

void link_end_shape(struct link_end *end, enum shape_side side, const struct shape *shape)
{
    shaper_set(side == SHAPE_OUT ? &end->out : &end->in, shape);
    end_recount(end);
}

/* ---- sessions ---- */

static void end_update(struct link_end *end);

/* Back on the network strand: replication has let go. */
static void on_left(struct task *task)
{
    struct link_end *end = CONTAINER_OF(task, struct link_end, down_task);

    assert(end->state == END_LEAVING);
    take_outbox(end);
    end->state = END_DOWN;
    end->wire->on_down(end);
    end_update(end);
}

/* On the replication strand. */
static void on_link_down(struct link_down *link_down)
{
    struct down *down = CONTAINER_OF(link_down, struct down, link_down);

    strand_post(down->end->strand, &down->end->down_task);
}

static void end_leave(struct link_end *end)
{
    assert(end->state == END_UP);
    end->state = END_LEAVING;
    end->down->link_down = (struct link_down){
        .on_down = on_link_down, .peer = end->peer, .replication = end->replication};
    replication_link_down(end->replication, end->peer, &end->down->link_down);
}

static void end_update(struct link_end *end)
{
    bool wanted = end->wire_open && end->replication != NULL && !end->detaching;

    if (end->state == END_DOWN && wanted) {
        end->state = END_UP;
        replication_link_up(end->replication, end->peer, &end_transport, end);
        end->wire->on_up(end);
    } else if (end->state == END_UP && !wanted) {
        end_leave(end);
    }
    if (end->state == END_DOWN && end->detaching) {
        void (*on_detached)(struct link_end *) = end->on_detached;

        end->detaching = false;
        end->replication = NULL;
        on_detached(end);
    }
}

void link_end_wire_open(struct link_end *end)
{
    assert(!end->wire_open);
    end->wire_open = true;
    end_update(end);
}

void link_end_wire_close(struct link_end *end)
{
    if (!end->wire_open)
        return;
    end->wire_open = false;
    drop_queues(end);
    shaper_hold(&end->out, false);
    if (end->state == END_UP)
        end_leave(end);
}

void link_end_attach(struct link_end *end, struct replication *replication)
{
    assert(end->replication == NULL && !end->detaching);
    end->replication = replication;
    end->wire->on_attached(end);
    end_update(end);
}

void link_end_detach(struct link_end *end, void (*on_detached)(struct link_end *end))
{
    assert(!end->detaching);
    if (end->replication == NULL) {
        on_detached(end);
        return;
    }
    end->detaching = true;
    end->on_detached = on_detached;
    end->wire->on_detaching(end);
    end_update(end);
}

int link_end_init(struct link_end *end, const char *region, const char *peer, struct strand *strand,
                  const struct log *log, const struct wire_ops *wire, void *wire_context)
{
    *end = (struct link_end){.strand = strand, .wire = wire, .wire_context = wire_context};
    end->down = calloc(1, sizeof(*end->down));
    if (end->down == NULL)
        return ST_NOMEM;
    end->down->end = end;
    snprintf(end->region, sizeof(end->region), "%s", region);
    snprintf(end->peer, sizeof(end->peer), "%s", peer);
    end->log = (struct log){.sink = log->sink, .region = end->region};
    pthread_mutex_init(&end->lock, NULL);
    list_init(&end->outbox);
    task_init(&end->task, on_outbox);
    task_init(&end->down_task, on_left);
    shaper_init(&end->out, strand, deliver_out, end);
    shaper_init(&end->in, strand, deliver_in, end);
    return 0;
}

void link_end_release(struct link_end *end)
{
    if (end->down == NULL)
        return;
    assert(end->replication == NULL);
    assert(list_empty(&end->outbox));
    shaper_release(&end->out);
    shaper_release(&end->in);
    pthread_mutex_destroy(&end->lock);
    free(end->down);
    end->down = NULL;
}
