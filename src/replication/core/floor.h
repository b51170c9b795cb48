/*
 * floor.h - pure core: up to which time has every member applied everything of every origin?
 *
 * Each member r says, for each origin o, up to which closed time of o it has durably applied all of
 * o's changes. The floor is the least of these over all pairs. Nothing at or below it can arrive
 * for the first time anywhere, so tombstones at or below it may be forgotten, and whatever arrives
 * at or below it is a repetition (RELIABILITY.md §4.4, and the models of the floor and of the new
 * replica).
 *
 * A value that is too low is always safe: rows may be lost, late or old. A value that is too high
 * loses deletes. Therefore
 *
 *   (1) a member counts from the moment a document lists it, and holds the floor where it is until
 *       it has spoken: a new replica speaks when it is ACTIVE;
 *   (2) rows are taken from the member itself only, and never go back;
 *   (3) while this Region takes a snapshot its own floor stands still (`frozen`): a page that is on
 *       its way must find the tombstone that it contradicts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_CORE_FLOOR_H
#define TROPIC_REPLICATION_CORE_FLOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "changes/version.h"

enum { FLOOR_MEMBERS_MAX = 32 };

struct floor_core {
    uint32_t count;
    uint16_t ids[FLOOR_MEMBERS_MAX]; /* replica ids of all members, this Region's included */
    /* applied[o][r]: of origin ids[o], at member ids[r]. The diagonal is not used. */
    struct hybrid_time applied[FLOOR_MEMBERS_MAX][FLOOR_MEMBERS_MAX];
    bool frozen;
};

/** The members are these now. Rows of those who stay are kept. */
void floor_set_members(struct floor_core *core, const uint16_t *ids, uint32_t count);
/** Member `member` has applied everything of `origin` up to `time`. Unknown ids are ignored. */
void floor_heard(struct floor_core *core, uint16_t origin, uint16_t member,
                 struct hybrid_time time);
/** The time that `member` last said of `origin`. */
struct hybrid_time floor_applied(const struct floor_core *core, uint16_t origin, uint16_t member);
/** The floor by what is known. 0 when frozen, or when somebody has not spoken. */
struct hybrid_time floor_of(const struct floor_core *core);

#endif
