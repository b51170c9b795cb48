/*
 * feed_count.h - pure core: how many of our changes of one log group a member has not acknowledged.
 *
 * Positions of a log are numbers of the whole Region, so their difference says nothing. But the
 * table counts its own changes as they are committed, a frame knows how many it carries, and so
 *
 *     pending = own changes committed so far - own changes up to what is acknowledged
 *
 * is kept by adding up, as long as the reader acknowledges frame after frame. Where it jumps (a
 * session that begins, a reader that goes back, a snapshot, a restart here) the changes between the
 * new position and one whose number is known are counted once in the log, piece by piece; the
 * stretch to the nearer such position is taken. Until that is done the last answer stands.
 *
 * Numbers of a position are as the table counts: from the store's opening, so they are negative
 * before it. They are kept modulo 2^64; only what is pending is a number by itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_CORE_FEED_COUNT_H
#define TROPIC_REPLICATION_CORE_FEED_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "changes/change.h"

struct feed_count_mark {
    uint64_t at;
    struct change_sum sum; /* own changes up to `at` */
};

struct feed_count {
    uint64_t at; /* all up to here is acknowledged */
    bool known;
    struct change_sum sum; /* own changes up to `at`; while not known: above `base` */
    uint64_t base;         /* where it jumped to */
    bool has_last;
    struct feed_count_mark last; /* from where it jumped, if that was known */
    struct change_sum shown;     /* the last answer */

    /* The stretch that is being counted. */
    bool counting, upwards; /* away from the known position, which lies below */
    uint64_t after, up_to;
    struct change_sum reached; /* number of `base` when nothing more is found */
    uint32_t turn;             /* of questions: late answers to older ones say nothing */
};

void feed_count_init(struct feed_count *count, uint64_t at);
/** The reader has acknowledged `passed` more, and is at `to` with it. */
void feed_count_pass(struct feed_count *count, uint64_t to, struct change_sum passed);
/** The reader is elsewhere; how many changes lie between is not known. */
void feed_count_jump(struct feed_count *count, uint64_t to);

/** What is to be counted in the log next: own changes above `after` up to `up_to`. */
struct feed_count_question {
    uint64_t after, up_to;
    uint32_t turn;
};
/**
 * False: nothing, `at` is known. now: what the table counts; trimmed: the log begins above it, and
 * what was there is acknowledged.
 */
bool feed_count_ask(struct feed_count *count, const struct feed_count_mark *now, uint64_t trimmed,
                    struct feed_count_question *ret);
/** Of that question it was counted up to `position`; `more` is left. */
void feed_count_answer(struct feed_count *count, const struct feed_count_question *question,
                       uint64_t position, struct change_sum found, bool more);
/** The log does not reach so far back any more: ask again. */
void feed_count_answer_trimmed(struct feed_count *count);

/** own: what the table counts now. */
struct change_sum feed_count_pending(struct feed_count *count, struct change_sum own);

#endif
