/*
 * feed_tx.c - see feed_tx.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/core/feed_tx.h"

#include <assert.h>
#include <string.h>

void feed_tx_init(struct feed_tx *tx)
{
    memset(tx, 0, sizeof(*tx));
}

static void drop_frames(struct feed_tx *tx)
{
    tx->first = tx->count = 0;
    tx->in_flight = 0;
    tx->probes = 0;
}

static void want(struct feed_tx *tx, bool sendable, struct feed_tx_actions *ret)
{
    if (!tx->open || tx->reading || !(tx->behind || tx->answer) || !sendable)
        return;
    if (tx->in_flight >= tx->window || tx->count == FEED_TX_FRAMES_MAX)
        return;
    tx->reading = true;
    tx->behind = false;
    ret->read = true;
}

static void set_probe(struct feed_tx *tx, const struct feed_tx_limits *limits, int64_t now_ms)
{
    int64_t wait_ms = limits->retry_ms;

    for (uint32_t i = 0; i < tx->probes && wait_ms < limits->retry_ms_max; i++)
        wait_ms *= 2;
    tx->probe_ms = now_ms + (wait_ms < limits->retry_ms_max ? wait_ms : limits->retry_ms_max);
}

static void heard_stored(struct feed_tx *tx, uint64_t stored, struct feed_tx_actions *ret)
{
    if (stored > tx->stored) {
        tx->stored = stored;
        ret->hold = true;
    }
}

/** What is under way with changes, until it is acknowledged. sum NULL: it was sent earlier. */
static void add_frame(struct feed_tx *tx, const struct feed_tx_limits *limits, uint64_t to,
                      const struct change_sum *sum, int64_t now_ms)
{
    uint32_t at = (tx->first + tx->count) % FEED_TX_FRAMES_MAX;

    tx->frames[at].to = to;
    tx->frames[at].bytes = sum != NULL ? (uint32_t)sum->bytes : 0;
    tx->frames[at].changes = sum != NULL ? (uint32_t)sum->count : 0;
    tx->frames[at].foreign = sum == NULL;
    if (tx->count++ == 0)
        set_probe(tx, limits, now_ms);
    tx->in_flight += tx->frames[at].bytes;
}

static void pop_frame(struct feed_tx *tx, struct feed_tx_actions *ret)
{
    ret->has_passed = true;
    ret->jumped |= tx->frames[tx->first].foreign;
    ret->passed = tx->frames[tx->first].to;
    ret->passed_sum.count += tx->frames[tx->first].changes;
    ret->passed_sum.bytes += tx->frames[tx->first].bytes;
    tx->in_flight -= tx->frames[tx->first].bytes;
    tx->first = (tx->first + 1) % FEED_TX_FRAMES_MAX;
    tx->count--;
}

static void opened(struct feed_tx *tx, const struct feed_tx_limits *limits,
                   const struct feed_tx_event *event, struct feed_tx_actions *ret)
{
    if (tx->open && event->opening <= tx->opening)
        return; /* repeated, or overtaken */
    if (event->after < tx->stored) {
        if (!event->again) {
            ret->forgot = true;
            return;
        }
        tx->stored = event->after;
        ret->hold = true;
    }
    tx->open = true;
    tx->opening = event->opening;
    tx->read = tx->sent = event->after;
    tx->acked = event->applied < event->after ? event->applied : event->after;
    tx->window = event->window < limits->window_max ? event->window : limits->window_max;
    tx->behind = tx->answer = true;
    tx->stale_read = tx->reading;
    tx->closed_sent = tx->seen_sent = (struct hybrid_time){0};
    drop_frames(tx);
    if (tx->acked < event->after) /* sent earlier, and still in the reader's memory */
        add_frame(tx, limits, event->after, NULL, event->now_ms);
    ret->has_passed = ret->jumped = true;
    ret->passed = tx->acked;
    heard_stored(tx, event->stored, ret);
}

static void acknowledged(struct feed_tx *tx, const struct feed_tx_limits *limits,
                         const struct feed_tx_event *event, struct feed_tx_actions *ret)
{
    /* More than was sent since the opening: frames of an older one had arrived after all. */
    uint64_t applied = event->applied < tx->sent ? event->applied : tx->sent;

    if (!tx->open || event->opening != tx->opening)
        return;
    heard_stored(tx, event->stored, ret);
    if (applied <= tx->acked)
        return;
    tx->acked = applied;
    while (tx->count > 0 && tx->frames[tx->first].to <= tx->acked)
        pop_frame(tx, ret);
    if (tx->count == 0) { /* behind the last frame there is nothing of ours */
        ret->has_passed = true;
        ret->passed = tx->acked;
    }
    tx->probes = 0;
    set_probe(tx, limits, event->now_ms);
}

static void was_read(struct feed_tx *tx, const struct feed_tx_limits *limits,
                     const struct feed_tx_event *event, struct feed_tx_actions *ret)
{
    assert(tx->reading);
    tx->reading = false;
    if (!tx->open || tx->stale_read) {
        tx->stale_read = false;
        tx->behind = true;
        return;
    }
    assert(event->to >= tx->read);
    tx->read = event->to;
    tx->behind |= event->more;
    ret->from = tx->sent;
    if (event->changes > 0)
        add_frame(tx, limits, event->to,
                  &(struct change_sum){.count = event->changes, .bytes = event->bytes},
                  event->now_ms);
    /* A frame without changes is worth sending as an answer only. The next frame then starts at the
     * position of the last one sent. */
    if (event->changes == 0 && !tx->answer)
        return;
    ret->send = true;
    tx->sent = event->to;
    tx->closed_sent = event->closed;
    tx->seen_sent = event->seen;
    tx->answer = false;
}

void feed_tx_step(struct feed_tx *tx, const struct feed_tx_limits *limits,
                  const struct feed_tx_event *event, struct feed_tx_actions *ret)
{
    memset(ret, 0, sizeof(*ret));
    switch (event->kind) {
    case FEED_TX_SESSION:
        tx->open = false;
        tx->opening = 0;
        tx->answer = false;
        tx->stale_read = tx->reading;
        drop_frames(tx);
        break;
    case FEED_TX_OPEN:
        opened(tx, limits, event, ret);
        break;
    case FEED_TX_ACK:
        acknowledged(tx, limits, event, ret);
        break;
    case FEED_TX_LOG_MOVED:
        tx->behind = true;
        break;
    case FEED_TX_READ:
        was_read(tx, limits, event, ret);
        break;
    case FEED_TX_READ_FAILED:
        tx->reading = tx->stale_read = false;
        tx->behind = true;
        return; /* not at once again: the next tick or commit tries */
    case FEED_TX_ANNOUNCE:
        tx->answer = true;
        break;
    case FEED_TX_PUMP:
        break;
    case FEED_TX_TICK:
        if (tx->open && tx->count > 0 && event->now_ms >= tx->probe_ms) {
            ret->probe = event->sendable;
            tx->probes++;
            set_probe(tx, limits, event->now_ms);
        }
        break;
    }
    want(tx, event->sendable, ret);
}
