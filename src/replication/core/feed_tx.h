/*
 * feed_tx.h - pure core: the sending end of one feed.
 *
 * Sends what its reader asked for, in order, as far as the reader's window allows; remembers what
 * has not been acknowledged only as (position, bytes, changes), because everything can be read from
 * the log again. A request with a higher opening number sends it back to wherever the reader says.
 *
 * A frame that is lost shows at the reader as a hole in front of the next one. When no next one
 * comes, the sender probes: an empty frame at its position makes a reader that has everything
 * repeat its acknowledgement, and one that has not, ask again.
 *
 * Closed times are announced by an empty frame too (the answer to `announce`): the shell takes the
 * closed time first and reads the log afterwards, so that whatever was committed below it is in
 * front.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_CORE_FEED_TX_H
#define TROPIC_REPLICATION_CORE_FEED_TX_H

#include <stdbool.h>
#include <stdint.h>

#include "changes/change.h"

enum { FEED_TX_FRAMES_MAX = 64 };

struct feed_tx {
    bool open;       /* a reader has asked in this session */
    bool reading;    /* the shell is reading the log for it */
    bool stale_read; /* ... for an older opening: its result will be thrown away */
    bool behind;     /* the log may hold more than was sent */
    bool answer;     /* send a frame even if it carries no change */
    uint32_t opening;
    uint64_t read; /* the log was read up to here */
    uint64_t sent; /* frames went out up to here; what lies between carried nothing for this feed */
    uint64_t acked;  /* applied by the reader */
    uint64_t stored; /* on the reader's disk, as far as was ever heard: the log below may go */
    uint64_t window, in_flight; /* bytes */
    uint32_t first, count;      /* of frames[] */
    struct {
        uint64_t to;
        uint32_t bytes, changes;
        bool foreign;             /* what an older opening had sent: its changes were not counted */
    } frames[FEED_TX_FRAMES_MAX]; /* with changes, not acknowledged; a ring */
    struct hybrid_time closed_sent, seen_sent;
    int64_t probe_ms; /* monotonic; meaningful while count > 0 */
    uint32_t probes;
};

struct feed_tx_limits {
    int64_t retry_ms, retry_ms_max;
    uint64_t window_max; /* whatever a reader asks for */
};

void feed_tx_init(struct feed_tx *tx);

struct feed_tx_event {
    enum feed_tx_event_kind {
        FEED_TX_SESSION,   /* another session, or none: nobody has asked yet */
        FEED_TX_OPEN,      /* opening, after, applied, stored, again, window */
        FEED_TX_ACK,       /* opening, applied, stored */
        FEED_TX_LOG_MOVED, /* something was committed */
        FEED_TX_READ,      /* the read that was wanted: to, bytes, changes, more, closed, seen */
        FEED_TX_READ_FAILED,
        FEED_TX_ANNOUNCE, /* tell the closed time soon */
        FEED_TX_PUMP,     /* the transport takes frames again */
        FEED_TX_TICK,
    } kind;
    int64_t now_ms;
    bool sendable; /* the transport takes frames */
    bool again;    /* the reader goes back on purpose */
    uint32_t opening;
    uint64_t after, applied, stored, window;
    uint64_t to, bytes;
    uint32_t changes;
    bool more;
    struct hybrid_time closed, seen;
};

struct feed_tx_actions {
    bool read;  /* read the log after tx->read and report FEED_TX_READ */
    bool send;  /* send what was just read, as everything after `from` */
    bool probe; /* send an empty frame at tx->sent */
    uint64_t from;
    bool forgot; /* the reader asks for less than it once had on disk */
    bool hold;   /* `stored` has moved */
    /* Whole frames up to `passed` are acknowledged: so many changes more, unless it `jumped`. */
    bool has_passed, jumped;
    uint64_t passed;
    struct change_sum passed_sum;
};

void feed_tx_step(struct feed_tx *tx, const struct feed_tx_limits *limits,
                  const struct feed_tx_event *event, struct feed_tx_actions *ret);

#endif
