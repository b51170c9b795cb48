/*
 * hlc.h - one Region's hybrid logical clock. A pure core: the wall time comes in with each call,
 * the caller serialises.
 *
 * Rules (RELIABILITY.md §4.2, §4.4):
 *   (1) draw() answers max(next of clock, wall, next of prev): above everything the Region has
 *       issued on that item and above the record replaced. Only a prev within HLC_RATCHET_MS of
 *       the wall moves the clock; one further ahead is still beaten, but drags nothing.
 *   (2) every version drawn is registered until its batch is durable (settle). closed() is the
 *       lowest registered minus one, else the clock; never above the persisted high-water mark.
 *   (3) the high-water mark, max(clock, wall) + HLC_AHEAD_MS, is persisted by the committer
 *       alone; on start the clock begins at the mark.
 *   (4) nothing ever is drawn at or below an announced closed time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CHANGES_HLC_H
#define TROPIC_CHANGES_HLC_H

#include "changes/version.h"

enum {
    HLC_RATCHET_MS = 500,
    HLC_AHEAD_MS = 200,
    HLC_POISON_MS = 24 * 3600 * 1000, /* further ahead of max(wall, clock): refused */
};

struct hlc {
    struct hybrid_time clock;      /* highest issued or ratcheted to */
    struct hybrid_time high_water; /* persisted */
    struct hybrid_time announced;  /* highest closed() ever answered */
    uint64_t *registered;          /* min-heap of times drawn and not settled; owned */
    size_t registered_count, registered_cap;
    uint64_t *settled; /* min-heap of settled times that are not yet at the top of registered */
    size_t settled_count, settled_cap;
};

/** high_water: as persisted, 0 for a new Region. seen: the highest time in the logs. */
void hlc_init(struct hlc *hlc, struct hybrid_time high_water, struct hybrid_time seen);
void hlc_release(struct hlc *hlc);

/** ST_NOMEM only. prev: the stored record's time (live or tombstone), 0 for none. */
int hlc_draw(struct hlc *hlc, int64_t wall_ms, struct hybrid_time prev,
             struct hybrid_time *ret_time);
/** The batch with this time is durable, or was abandoned before anyone saw it. */
void hlc_settle(struct hlc *hlc, struct hybrid_time time);

enum hlc_observed { HLC_RATCHETED, HLC_AHEAD, HLC_POISON };
/** A remote time arrives. HLC_AHEAD: apply, do not ratchet, report. HLC_POISON: refuse. */
enum hlc_observed hlc_observe(struct hlc *hlc, int64_t wall_ms, struct hybrid_time remote);
/** Moves the clock without the ratchet's bound: a new replica starts above the members' floors. */
void hlc_advance(struct hlc *hlc, struct hybrid_time at_least);

struct hybrid_time hlc_closed(struct hlc *hlc, int64_t wall_ms);
/** What the committer is to persist with its next batch. */
struct hybrid_time hlc_high_water_wanted(const struct hlc *hlc, int64_t wall_ms);
/** That mark is durable now. */
void hlc_persisted(struct hlc *hlc, struct hybrid_time high_water);

#endif
