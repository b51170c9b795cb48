/*
 * link_end.h - one Region's end of the link to one peer: between replication and the wire.
 *
 *   replication (its strand)  --send-->  outbox --+                    +--> wire (pipe or socket)
 *                                                 |   network strand   |
 *   replication  <--replication_receive-----------+--- shaper in <-----+--- wire
 *
 * Everything but send() and sendable() happens on the network strand, of which a process has one.
 * An end outlives its Region's comings and goings: a Region that stops is detached, one that starts
 * attached.
 *
 *          wire open and Region attached
 *   DOWN ---------------------------------> UP      replication_link_up()
 *    ^                                      |
 *    | on_down                              | wire closed, Region detaching, or a new session asked
 * for
 *    +-------------- LEAVING <--------------+       replication_link_down()
 *
 * A session lives from UP to LEAVING. When it ends, all that waits in the shapers and the outbox is
 * dropped, so no frame of one session is seen by the next.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_LINK_END_H
#define TROPIC_SERVER_LINK_END_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/log.h"
#include "server/quantity.h"
#include "server/shaper.h"

struct replication;
struct link_end;

enum {
    END_QUEUE_HIGH_BYTES = 8 * 1024 * 1024, /* not sendable above */
    END_QUEUE_LOW_BYTES = 2 * 1024 * 1024,  /* drained below */
    END_QUEUE_BYTES_MAX = 96 * 1024 * 1024, /* frames beyond are dropped */
};

/* What carries frames: pipe.c or socket.c. Called on the network strand. */
struct wire_ops {
    /* Takes the frame's memory over. Only between link_end_wire_open() and _close(). */
    void (*carry)(struct link_end *end, struct buf *frame);
    /* The end has reached UP or DOWN. */
    void (*on_up)(struct link_end *end);
    void (*on_down)(struct link_end *end);
    /* Close what is open and begin afresh, for this reason (for the log; "" to say nothing). */
    void (*renew)(struct link_end *end, const char *why);
    /* A Region was attached to this end, or begins to be detached. */
    void (*on_attached)(struct link_end *end);
    void (*on_detaching)(struct link_end *end);
};

enum link_end_state { END_DOWN, END_UP, END_LEAVING };

struct link_end {
    char region[REGION_NAME_LEN_MAX + 1], peer[REGION_NAME_LEN_MAX + 1];
    struct strand *strand; /* the network strand */
    struct log log;
    const struct wire_ops *wire;
    void *wire_context;

    enum link_end_state state;
    bool wire_open;
    struct replication *replication; /* NULL: no Region attached */
    bool detaching;
    void (*on_detached)(struct link_end *end);
    void *detach_context;  /* of whoever detaches */
    struct shaper out, in; /* `in` only where the peer is another process's */

    pthread_mutex_t lock; /* of the outbox and the reason */
    struct list_node outbox;
    bool posted;
    char bad_peer[160];                        /* why the peer is to be cut off; "": it is not */
    struct task task;                          /* the outbox has something */
    _Atomic size_t outbox_bytes, shaped_bytes; /* sent, and not yet taken by the wire */
    atomic_bool congested;                     /* somebody was told to wait */
    struct down *down;                         /* private */
    struct task down_task;
};

/** Names are copied. 0 or ST_NOMEM. */
int link_end_init(struct link_end *end, const char *region, const char *peer, struct strand *strand,
                  const struct log *log, const struct wire_ops *wire, void *wire_context);
/** Detached, and the wire closed for good. */
void link_end_release(struct link_end *end);

/* ---- for the Region, on the network strand ---- */

void link_end_attach(struct link_end *end, struct replication *replication);
/** on_detached runs later on the network strand; replication is not touched after that. */
void link_end_detach(struct link_end *end, void (*on_detached)(struct link_end *end));

/* ---- for the wire, on the network strand ---- */

void link_end_wire_open(struct link_end *end);
void link_end_wire_close(struct link_end *end);
/** A frame came from the wire. Takes its memory over. */
void link_end_received(struct link_end *end, struct buf *frame);
/** The wire is full: frames wait here; or takes frames again. */
void link_end_hold(struct link_end *end, bool held);

enum shape_side { SHAPE_OUT, SHAPE_IN };
/** Shapes what leaves this end, or what arrives. On the network strand. */
void link_end_shape(struct link_end *end, enum shape_side side, const struct shape *shape);

/** Any thread: the peer sends nonsense; cut it off and begin afresh. */
void link_end_bad_peer(struct link_end *end, const char *why);

#endif
