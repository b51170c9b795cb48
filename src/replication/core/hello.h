/*
 * hello.h - pure core: who am I talking to, and has either of us lost its memory?
 *
 * Sessions. A session of a link is a pair of nonces, one drawn by each end, and every frame carries
 * the pair. An end believes a peer's nonce only from a frame that echoes a nonce of its own that it
 * has just drawn, and pairs each of its own nonces with one peer nonce for good. So a frame
 * recorded in an earlier session, whatever it says, can neither be taken for one of this session
 * nor start one.
 *
 *        A                                   B
 *        | -- HELLO (a, 0) ----------------> |  offers b
 *        | <- HELLO (b, a) ----------------- |
 *        |  session (a, b)                   |
 *        | -- HELLO (a, b) ----------------> |  session (b, a)
 *
 * Memory. Each opening of a Region's log begins an era with a random incarnation; sequences never
 * restart. A reader's position (incarnation, sequence) is therefore right exactly when that era is
 * in the Region's history and did not end below the sequence. Otherwise the reader holds changes
 * that this Region has forgotten: an old disk image, a lost tail (RELIABILITY.md §4.6).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_CORE_HELLO_H
#define TROPIC_REPLICATION_CORE_HELLO_H

#include <stdbool.h>
#include <stdint.h>

struct hello_session {
    uint64_t own, peer; /* the session; 0: none */
    uint64_t offered;   /* drawn, sent and not yet echoed; 0: none */
};

/** Forgets any session and offers a fresh nonce (random, not 0): send HELLO (offered, 0). */
void hello_session_start(struct hello_session *session, uint64_t fresh);
void hello_session_stop(struct hello_session *session);
static inline bool hello_session_up(const struct hello_session *session)
{
    return session->own != 0;
}

enum hello_verdict {
    HELLO_DROP,   /* of no session, or of an older one */
    HELLO_ACCEPT, /* of this session */
    HELLO_BEGIN,  /* this frame begins a new session; send HELLO (own, peer), then handle the frame
                   */
    HELLO_OFFER,  /* a peer looks for a session: send HELLO (offered, its nonce) */
};
/** A frame with these nonces arrived. `fresh` is used when a nonce must be offered. */
enum hello_verdict hello_session_frame(struct hello_session *session, uint64_t from, uint64_t to,
                                       bool is_hello, uint64_t fresh);

/* ---- memory ---- */

enum { HELLO_ERAS_MAX = 256 };

struct hello_era {
    uint64_t incarnation, start; /* start: the last sequence before it */
};
struct hello_history {
    uint32_t count;
    bool cut;                              /* eras before the first have been forgotten */
    struct hello_era eras[HELLO_ERAS_MAX]; /* oldest first; the last is the present one */
};

/** A new opening. When full, the oldest era is forgotten: positions below it are then believed. */
void hello_history_add(struct hello_history *history, uint64_t incarnation, uint64_t start);
/** True when a reader at (incarnation, sequence) holds only what this Region has. durable: the
 *  Region's last durable sequence. incarnation 0 with sequence 0: has read nothing yet. */
bool hello_history_holds(const struct hello_history *history, uint64_t durable,
                         uint64_t incarnation, uint64_t sequence);

/* Where a reader can go on that holds more than this Region has. */
struct hello_point {
    uint64_t incarnation, sequence;
};
/** The end of that era here; of an era that is not known, the beginning of all that is. */
struct hello_point hello_history_common(const struct hello_history *history, uint64_t durable,
                                        uint64_t incarnation);
/** The beginning of the first era that begins after that. False: none does. */
bool hello_history_later(const struct hello_history *history, uint64_t sequence,
                         struct hello_point *ret);

#endif
