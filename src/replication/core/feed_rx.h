/*
 * feed_rx.h - pure core: the receiving end of one feed.
 *
 * The receiver pulls: it names its position and is sent what follows. Positions are sequences of
 * the origin's log, and a data frame says "everything above `from` up to `to`", so a frame is in
 * order exactly when it touches the position; nothing else is remembered about frames.
 *
 *     SHUT --session up--> ASKING --data--> STREAMING
 *       ^                   |  ^                | gap, or silence
 *       |                   |  +----------------+
 *       +--session down-----+--> STOPPED (poison) --retry later--> ASKING
 *                           +--> TRIMMED (too old: take a snapshot) --reset--> ASKING
 *
 * Three positions, each at most the one before:
 *   received  in hand: being applied, queued, or applied
 *   applied   durable in the local store with everything below it
 *   stored    what the checkpoint on disk says; it may lag across frames that carried nothing
 *
 * The shell keeps the accepted frames in a queue, applies them in order with the checkpoint in the
 * same batch, and reports each batch. What is in hand survives the loss of the session: the next
 * request starts behind it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_CORE_FEED_RX_H
#define TROPIC_REPLICATION_CORE_FEED_RX_H

#include <stdbool.h>
#include <stdint.h>

#include "changes/version.h"

struct feed_at {
    uint64_t incarnation; /* of the origin's log when this was read */
    uint64_t sequence;
    /* All of the origin's versions at or below it are at or below `sequence`. */
    struct hybrid_time closed;
    /* What the origin decided after `sequence` it decided having applied all of the reader's own
     * versions at or below this. Not stored. */
    struct hybrid_time seen;
};

enum feed_rx_state {
    FEED_RX_SHUT,
    FEED_RX_ASKING,
    FEED_RX_STREAMING,
    FEED_RX_STOPPED,
    FEED_RX_TRIMMED
};

struct feed_rx {
    enum feed_rx_state state;
    bool session;     /* the link to the origin is up */
    bool queue_empty; /* received == applied */
    bool again;       /* it has gone back, and the origin has not answered since */
    uint32_t opening; /* of the request sent last; answers to older ones cannot show a gap */
    uint32_t tries;   /* requests without an answer */
    int64_t due_ms;   /* when to ask again; monotonic milliseconds */
    int64_t heard_ms; /* last data frame of this session */
    struct feed_at received, applied, stored;
};

/** All bounds in milliseconds. */
struct feed_rx_limits {
    int64_t retry_ms, retry_ms_max; /* doubling */
    int64_t silence_ms;             /* STREAMING without a word for so long: ask again */
    int64_t stopped_ms;             /* poison: look again after so long */
};

/** again: the checkpoint says that it went back, and perhaps the origin has not heard so. */
void feed_rx_init(struct feed_rx *rx, const struct feed_at *stored, bool again);

/**
 * Whether the origin may believe that this reader has more than `at`: a checkpoint that is written
 * there before FEED_RX_RESET has to say so, for the reader may be restarted before it is heard.
 */
bool feed_rx_goes_back(const struct feed_rx *rx, const struct feed_at *at);

struct feed_rx_event {
    enum feed_rx_event_kind {
        FEED_RX_SESSION_UP,
        FEED_RX_SESSION_DOWN,
        FEED_RX_DATA, /* opening, from, at */
        /* at, written: the frames up to `at` are durable (and so is the checkpoint). */
        FEED_RX_APPLIED,
        FEED_RX_REFUSED, /* opening: not now; ask again later */
        FEED_RX_FORGOT,  /* opening: we once had more; ask as one who knows that */
        FEED_RX_TOO_OLD, /* opening: the origin's log was trimmed beyond the position */
        /* A version out of all bounds was found; what is queued is dropped. */
        FEED_RX_POISONED,
        /* at: everything up to here is on disk, the checkpoint included. No batch is under way. */
        FEED_RX_RESET,
        FEED_RX_GO_BACK, /* at: read again from here; the checkpoint on disk stays as it is */
        FEED_RX_NUDGE,   /* ask the origin where it is now, at most every retry_ms */
        FEED_RX_TICK,
    } kind;
    int64_t now_ms;
    uint32_t opening;
    uint64_t from;
    struct feed_at at;
    bool written;
};

/** What the shell must do, in this order. */
struct feed_rx_actions {
    bool accept; /* queue the frame, without changes at or below skip_through */
    uint64_t skip_through;
    bool bad_peer;      /* the frame is nonsense */
    bool ask;           /* send FEED_OPEN with rx->opening after rx->received */
    bool ack;           /* send FEED_ACK with applied and stored */
    bool take_snapshot; /* told again at each tick, until FEED_RX_RESET */
};

void feed_rx_step(struct feed_rx *rx, const struct feed_rx_limits *limits,
                  const struct feed_rx_event *event, struct feed_rx_actions *ret);

#endif
