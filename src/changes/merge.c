/*
 * merge.c - decide what an incoming record does to the stored one.
 *
 * A record covers a version when the version is its own replica's and not later than its own, or
 * when its context holds it. From that alone follow the four outcomes:
 *
 *                              incoming is newer      stored is newer (or they are equal)
 *     one covers the other     APPLY                  DROP
 *     neither does             CONFLICT_APPLY         CONFLICT_DROP
 *
 * Which one wins never depends on contexts: the greater version does. The record that stays covers
 * everything that either covered, in every case, also in DROP: else the result would depend on the
 * order in which three records met. Its context is kept in one normal form (what its own version
 * covers anyway is not listed), so equal sets of records give equal bytes.
 *
 * A conflict is logged by the Region where the losing write originated, when it meets the winner:
 * exactly once, because from then on the loser is covered here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "changes/merge.h"

#include <string.h>

static bool record_covers(const struct record *record, struct version version)
{
    return (record->version.replica == version.replica &&
            record->version.time.bits >= version.time.bits) ||
           context_covers(&record->context, version);
}

static bool context_eq(const struct context *a, const struct context *b)
{
    if (a->floor.bits != b->floor.bits || a->count != b->count)
        return false;
    for (uint8_t i = 0; i < a->count; i++)
        if (a->entries[i].replica != b->entries[i].replica ||
            a->entries[i].time.bits != b->entries[i].time.bits)
            return false;
    return true;
}

/** Drops the entry that the record's own version makes superfluous. */
static void context_normalize(struct context *context, struct version own)
{
    uint8_t kept = 0;

    for (uint8_t i = 0; i < context->count; i++)
        if (context->entries[i].replica != own.replica ||
            context->entries[i].time.bits > own.time.bits)
            context->entries[kept++] = context->entries[i];
    context->count = kept;
}

static struct context context_of_both(const struct record *winner, const struct record *loser)
{
    struct context context = winner->context;

#ifndef MUTANT_CONTEXT_NOT_UNITED /* mutant: forget what the loser had seen, and the loser */
    context_unite(&context, &loser->context);
    context_add(&context, loser->version);
#endif
    context_normalize(&context, winner->version);
    return context;
}

/** Positive: the incoming record stays. Zero: they are the same record. */
static int incoming_order(const struct record *incoming, const struct record *stored)
{
    int order = version_cmp(incoming->version, stored->version);

#ifdef MUTANT_TIE_BY_ARRIVAL /* mutant: within one millisecond the later arrival wins */
    if (order != 0 &&
        hybrid_time_ms(incoming->version.time) == hybrid_time_ms(stored->version.time))
        return 1;
#endif
    if (order != 0)
        return order;
    if (incoming->hash != stored->hash)
        return incoming->hash > stored->hash ? 1 : -1;
    return (int)stored->deleted - (int)incoming->deleted;
}

void merge_decide(const struct merge_input *input, struct merge_result *ret_result)
{
    const struct record *stored = input->stored, *incoming = input->incoming;
    struct merge_result result = {.outcome = MERGE_DROP};
    bool ordered;
    int order;

#ifndef MUTANT_NO_FLOOR_CHECK /* mutant: apply what every member has applied already */
    if (incoming->version.time.bits <= input->floor.bits) {
        if (stored != NULL)
            result.context = stored->context;
        goto out;
    }
#endif
    if (stored == NULL) {
        result.outcome = MERGE_APPLY;
        result.context = incoming->context;
        context_normalize(&result.context, incoming->version);
        result.store = true;
        goto out;
    }

    ordered = record_covers(stored, incoming->version) || record_covers(incoming, stored->version);
    order = incoming_order(incoming, stored);
    result.tie = version_eq(incoming->version, stored->version) && order != 0;
    if (order > 0) {
        result.outcome = ordered ? MERGE_APPLY : MERGE_CONFLICT_APPLY;
        result.context = context_of_both(incoming, stored);
        result.store = true;
        result.log_conflict = !ordered && stored->version.replica == input->replica;
    } else {
        struct context before = stored->context;

        context_normalize(&before, stored->version);
        result.outcome = ordered ? MERGE_DROP : MERGE_CONFLICT_DROP;
        result.context = context_of_both(stored, incoming);
        result.store = !context_eq(&result.context, &before);
        result.log_conflict = !ordered && incoming->version.replica == input->replica;
    }
#ifdef MUTANT_EQUAL_VERSION_REAPPLIED /* mutant: a duplicate counts as a change */
    if (order == 0) {
        result.outcome = MERGE_APPLY;
        result.store = true;
    }
#endif
#ifdef MUTANT_CONFLICT_NOT_LOGGED /* mutant: lose in silence, as others do */
    result.log_conflict = false;
#endif
out:
    *ret_result = result;
}

void merge_write_context(const struct record *stored, struct version version,
                         struct hybrid_time floor, struct context *ret_context)
{
    struct record written = {.version = version};

    *ret_context = CONTEXT_EMPTY;
    if (stored != NULL)
        *ret_context = context_of_both(&written, stored);
    context_raise_floor(ret_context, floor);
}
