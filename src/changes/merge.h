/*
 * merge.h - what an incoming record does to the record it meets. Pure; the only place that decides.
 *
 * The greater version wins (item-level last writer wins); contexts unite. It is a conflict when
 * neither record covers the other's version. Associative, commutative and idempotent as a function
 * of sets of records (property-tested). Equal versions with different hashes must not exist (M13):
 * the greater hash wins so that replicas still agree, and `tie` is set for an alarm.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CHANGES_MERGE_H
#define TROPIC_CHANGES_MERGE_H

#include "changes/record.h"

enum merge_outcome {
    MERGE_APPLY, /* the incoming record is newer and had seen the stored one (or none is stored) */
    MERGE_DROP,  /* already covered: a duplicate, an older version, or at or below the floor */
    MERGE_CONFLICT_APPLY, /* concurrent; the incoming record wins */
    MERGE_CONFLICT_DROP,  /* concurrent; the stored record wins, but its context grows */
};

struct merge_input {
    const struct record *stored; /* NULL: neither item nor tombstone */
    const struct record *incoming;
    struct hybrid_time floor; /* of this replica; 0 inside a snapshot or repair session */
    uint16_t replica;         /* this replica's id */
};

struct merge_result {
    enum merge_outcome outcome;
    struct context context; /* of the record that stays (unless MERGE_DROP) */
    bool store;             /* the stored bytes change (apply, or a context that grew) */
    bool log_conflict;      /* the loser originated here: keep both records in the conflict log */
    bool tie;               /* equal versions, different content */
};

void merge_decide(const struct merge_input *input, struct merge_result *ret_result);

/** The context of a local write with `version` over `stored` (NULL: nothing): its writer had seen
 *  that record and all that the record includes. */
void merge_write_context(const struct record *stored, struct version version,
                         struct hybrid_time floor, struct context *ret_context);

#endif
