/*
 * feed_rx.c - see feed_rx.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/core/feed_rx.h"

#include <assert.h>
#include <string.h>

void feed_rx_init(struct feed_rx *rx, const struct feed_at *stored, bool again)
{
    memset(rx, 0, sizeof(*rx));
    rx->received = rx->applied = rx->stored = *stored;
    rx->queue_empty = true;
    rx->again = again;
}

bool feed_rx_goes_back(const struct feed_rx *rx, const struct feed_at *at)
{
#ifdef MUTANT_GOES_BACK_UNSAID
    return false;
#endif
    return rx->again || at->sequence < rx->applied.sequence;
}

/** Asks for what follows what is in hand; asks again after a delay that doubles. */
static void ask(struct feed_rx *rx, const struct feed_rx_limits *limits, int64_t now_ms,
                struct feed_rx_actions *ret)
{
    int64_t wait_ms = limits->retry_ms;

    for (uint32_t i = 0; i < rx->tries && wait_ms < limits->retry_ms_max; i++)
        wait_ms *= 2;
    if (wait_ms > limits->retry_ms_max)
        wait_ms = limits->retry_ms_max;
    rx->state = FEED_RX_ASKING;
    rx->opening++;
    rx->tries++;
    rx->due_ms = now_ms + wait_ms;
    ret->ask = true;
}

static struct hybrid_time later(struct hybrid_time a, struct hybrid_time b)
{
    return hybrid_time_max(a, b);
}

static void data(struct feed_rx *rx, const struct feed_rx_limits *limits,
                 const struct feed_rx_event *event, struct feed_rx_actions *ret)
{
    if (event->opening > rx->opening || event->at.sequence < event->from) {
        ret->bad_peer = true;
        return;
    }
    if (rx->state != FEED_RX_ASKING && rx->state != FEED_RX_STREAMING)
        return;
    /* What is on disk goes back only when the origin has heard so: it would call it amnesia. */
    if (rx->again && event->opening != rx->opening)
        return;
    rx->heard_ms = event->now_ms;
#ifdef MUTANT_FEEDS_AT_CURRENT_POSITIONS
    if (rx->received.incarnation == 0 && event->from > 0)
        rx->received.sequence = rx->applied.sequence = event->from;
#endif
#ifdef MUTANT_HOLE_IGNORED
    if (event->from > rx->received.sequence)
        rx->received.sequence = event->from;
#endif
    if (event->from > rx->received.sequence) {
        /* A hole. Frames of an older opening, sent before the origin went back, show none. */
        if (event->opening == rx->opening) {
            rx->tries = 0;
            ask(rx, limits, event->now_ms, ret);
        }
        return;
    }
    if (event->opening == rx->opening) {
        rx->state = FEED_RX_STREAMING;
        rx->tries = 0;
        rx->again = false;
    }
    if (event->at.sequence < rx->received.sequence ||
        (event->at.sequence == rx->received.sequence &&
         event->at.closed.bits <= rx->received.closed.bits &&
         event->at.seen.bits <= rx->received.seen.bits)) {
        ret->ack = true; /* a repetition: the origin may have missed our word */
        return;
    }
    ret->accept = true;
    ret->skip_through = rx->received.sequence;
    rx->received = (struct feed_at){event->at.incarnation, event->at.sequence,
                                    later(rx->received.closed, event->at.closed),
                                    later(rx->received.seen, event->at.seen)};
    rx->queue_empty = false;
}

static void applied(struct feed_rx *rx, const struct feed_rx_event *event,
                    struct feed_rx_actions *ret)
{
    if (event->at.sequence < rx->applied.sequence)
        return; /* a reset came between */
    rx->applied = (struct feed_at){event->at.incarnation, event->at.sequence,
                                   later(rx->applied.closed, event->at.closed),
                                   later(rx->applied.seen, event->at.seen)};
    if (event->written)
        rx->stored = rx->applied;
    if (rx->received.sequence < rx->applied.sequence)
        rx->received = rx->applied;
    rx->queue_empty = rx->received.sequence == rx->applied.sequence &&
                      rx->received.closed.bits == rx->applied.closed.bits &&
                      rx->received.seen.bits == rx->applied.seen.bits;
    /* A frame without changes needs no answer: nothing of it waits at the origin. */
    ret->ack = rx->session && event->written;
}

static void tick(struct feed_rx *rx, const struct feed_rx_limits *limits, int64_t now_ms,
                 struct feed_rx_actions *ret)
{
    if (!rx->session || rx->state == FEED_RX_SHUT)
        return;
    if (rx->state == FEED_RX_TRIMMED) {
        ret->take_snapshot = true; /* until the position is reset */
        return;
    }
    if (rx->state == FEED_RX_STREAMING) {
        if (now_ms - rx->heard_ms < limits->silence_ms)
            return;
        rx->tries = 0;
    } else if (now_ms < rx->due_ms) {
        return;
    }
    ask(rx, limits, now_ms, ret);
}

static void go_to(struct feed_rx *rx, const struct feed_rx_limits *limits,
                  const struct feed_rx_event *event, struct feed_rx_actions *ret)
{
    rx->again = feed_rx_goes_back(rx, &event->at);
    rx->received = rx->applied = event->at;
    rx->queue_empty = true;
    rx->state = FEED_RX_SHUT;
    if (rx->session) {
        rx->tries = 0;
        ask(rx, limits, event->now_ms, ret);
    }
}

void feed_rx_step(struct feed_rx *rx, const struct feed_rx_limits *limits,
                  const struct feed_rx_event *event, struct feed_rx_actions *ret)
{
    memset(ret, 0, sizeof(*ret));
    switch (event->kind) {
    case FEED_RX_SESSION_UP:
        rx->session = true;
        rx->opening = 0;
        rx->tries = 0;
        rx->heard_ms = event->now_ms;
        if (rx->state != FEED_RX_TRIMMED)
            ask(rx, limits, event->now_ms, ret);
        else
            ret->take_snapshot = true;
        break;
    case FEED_RX_SESSION_DOWN:
        rx->session = false;
        if (rx->state != FEED_RX_TRIMMED)
            rx->state = FEED_RX_SHUT;
        break;
    case FEED_RX_DATA:
        data(rx, limits, event, ret);
        break;
    case FEED_RX_APPLIED:
        applied(rx, event, ret);
        break;
    case FEED_RX_REFUSED:
        if (event->opening == rx->opening && rx->state == FEED_RX_STREAMING) {
            rx->state = FEED_RX_ASKING;
            rx->due_ms = event->now_ms + limits->retry_ms_max;
        }
        break;
    case FEED_RX_FORGOT:
        if (event->opening == rx->opening && rx->state == FEED_RX_ASKING && !rx->again) {
            rx->again = true;
            rx->tries = 0;
            ask(rx, limits, event->now_ms, ret);
        }
        break;
    case FEED_RX_TOO_OLD:
        if (event->opening == rx->opening && rx->state == FEED_RX_ASKING) {
            rx->state = FEED_RX_TRIMMED;
            ret->take_snapshot = true;
        }
        break;
    case FEED_RX_POISONED:
        rx->received = rx->applied;
        rx->queue_empty = true;
        if (rx->state == FEED_RX_ASKING || rx->state == FEED_RX_STREAMING) {
            rx->state = FEED_RX_STOPPED;
            rx->due_ms = event->now_ms + limits->stopped_ms;
        }
        break;
    case FEED_RX_RESET:
        rx->stored = event->at;
        go_to(rx, limits, event, ret);
        break;
    case FEED_RX_GO_BACK:
        if (rx->stored.sequence > event->at.sequence)
            rx->stored = event->at;
        go_to(rx, limits, event, ret);
        break;
    case FEED_RX_NUDGE:
        if (rx->session && rx->state == FEED_RX_STREAMING && event->now_ms >= rx->due_ms) {
            rx->tries = 0;
            ask(rx, limits, event->now_ms, ret);
        }
        break;
    case FEED_RX_TICK:
        tick(rx, limits, event->now_ms, ret);
        break;
    }
    assert(rx->stored.sequence <= rx->applied.sequence);
    assert(rx->applied.sequence <= rx->received.sequence);
}
