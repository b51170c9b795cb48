/*
 * hello.c - see hello.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/core/hello.h"

#include <assert.h>
#include <string.h>

void hello_session_start(struct hello_session *session, uint64_t fresh)
{
    assert(fresh != 0);
    session->own = session->peer = 0;
    session->offered = fresh;
}

void hello_session_stop(struct hello_session *session)
{
    session->own = session->peer = session->offered = 0;
}

enum hello_verdict hello_session_frame(struct hello_session *session, uint64_t from, uint64_t to,
                                       bool is_hello, uint64_t fresh)
{
    if (from == 0)
        return HELLO_DROP;
#ifdef MUTANT_STALE_SESSION_ACCEPTED
    if (session->own != 0 && !is_hello)
        return HELLO_ACCEPT;
#endif
    if (session->own != 0 && to == session->own && from == session->peer)
        return HELLO_ACCEPT;
    if (session->offered != 0 && to == session->offered) {
        session->own = session->offered;
        session->peer = from;
        session->offered = 0;
        return HELLO_BEGIN;
    }
    /* A peer that lost its session asks for another one. It may be the replay of an old question:
     * so nothing changes here until somebody echoes the offer. */
    if (is_hello && to == 0 && from != session->peer) {
        if (session->offered == 0)
            session->offered = fresh;
        return HELLO_OFFER;
    }
    return HELLO_DROP;
}

void hello_history_add(struct hello_history *history, uint64_t incarnation, uint64_t start)
{
    if (history->count == HELLO_ERAS_MAX) {
        memmove(history->eras, history->eras + 1, (HELLO_ERAS_MAX - 1) * sizeof(history->eras[0]));
        history->count--;
        history->cut = true;
    }
    history->eras[history->count++] = (struct hello_era){incarnation, start};
}

/** The era's index; count: it is not known. */
static uint32_t find(const struct hello_history *history, uint64_t incarnation)
{
    for (uint32_t i = history->count; i-- > 0;) {
        if (history->eras[i].incarnation == incarnation)
            return i;
    }
    return history->count;
}

static uint64_t end_of(const struct hello_history *history, uint32_t at, uint64_t durable)
{
    return at + 1 < history->count ? history->eras[at + 1].start : durable;
}

bool hello_history_holds(const struct hello_history *history, uint64_t durable,
                         uint64_t incarnation, uint64_t sequence)
{
    uint32_t at;

#ifdef MUTANT_FORGOTTEN_UNNOTICED
    return true;
#endif
    if (incarnation == 0)
        return sequence == 0;
    at = find(history, incarnation);
    if (at < history->count)
        return sequence <= end_of(history, at, durable);
    return history->cut && history->count > 0 && sequence <= history->eras[0].start;
}

struct hello_point hello_history_common(const struct hello_history *history, uint64_t durable,
                                        uint64_t incarnation)
{
    uint32_t at = find(history, incarnation);

#ifdef MUTANT_HANDS_OVER_NOTHING
    return (struct hello_point){history->eras[history->count - 1].incarnation, durable};
#endif
    if (at < history->count)
        return (struct hello_point){incarnation, end_of(history, at, durable)};
    return (struct hello_point){history->eras[0].incarnation, history->eras[0].start};
}

bool hello_history_later(const struct hello_history *history, uint64_t sequence,
                         struct hello_point *ret)
{
    for (uint32_t i = 0; i < history->count; i++) {
        if (history->eras[i].start <= sequence)
            continue;
        *ret = (struct hello_point){history->eras[i].incarnation, history->eras[i].start};
        return true;
    }
    return false;
}
