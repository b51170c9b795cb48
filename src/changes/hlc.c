/*
 * hlc.c - see hlc.h.
 *
 * Versions that were drawn and are not durable yet stand in a min-heap. Batches become durable in
 * another order than times were drawn (lanes run side by side), so a settled time goes to a second
 * heap and both give up their tops while these are equal. The room for that second entry is taken
 * when a time is drawn: settling never fails.
 *
 * Two draws may give the same time to two different items, when both replace records from a clock
 * far ahead; the heaps count such a time twice.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "changes/hlc.h"

#include <assert.h>
#include <stdlib.h>

#include "base/status.h"

/* ---- min-heaps of times ---- */

static int heap_room(uint64_t **heap, size_t *cap, size_t count)
{
    size_t wanted = *cap ? *cap * 2 : 64;
    uint64_t *grown;

    if (count < *cap)
        return 0;
    grown = realloc(*heap, wanted * sizeof(**heap));
    if (grown == NULL)
        return ST_NOMEM;
    *heap = grown;
    *cap = wanted;
    return 0;
}

static void heap_push(uint64_t *heap, size_t *count, uint64_t time)
{
    size_t at = (*count)++;

    while (at > 0 && heap[(at - 1) / 2] > time) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = time;
}

static void heap_pop(uint64_t *heap, size_t *count)
{
    uint64_t last = heap[--(*count)];
    size_t at = 0;

    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= *count)
            break;
        if (child + 1 < *count && heap[child + 1] < heap[child])
            child++;
        if (heap[child] >= last)
            break;
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = last;
}

/* ---- the clock ---- */

static struct hybrid_time clock_ahead(struct hybrid_time clock, int64_t wall_ms)
{
    struct hybrid_time now = hybrid_time_max(clock, hybrid_time_of_ms(wall_ms));

    return (struct hybrid_time){now.bits + ((uint64_t)HLC_AHEAD_MS << HYBRID_COUNTER_BITS)};
}

void hlc_init(struct hlc *hlc, struct hybrid_time high_water, struct hybrid_time seen)
{
    *hlc = (struct hlc){.clock = hybrid_time_max(high_water, seen), .high_water = high_water};
#ifdef MUTANT_CLOCK_NOT_RESTORED /* mutant: trust the wall clock after a restart */
    hlc->clock = (struct hybrid_time){0};
#endif
}

void hlc_release(struct hlc *hlc)
{
    free(hlc->registered);
    free(hlc->settled);
    *hlc = (struct hlc){.registered = NULL};
}

int hlc_draw(struct hlc *hlc, int64_t wall_ms, struct hybrid_time prev,
             struct hybrid_time *ret_time)
{
    struct hybrid_time wall = hybrid_time_of_ms(wall_ms);
    struct hybrid_time next = hybrid_time_max(hybrid_time_next(hlc->clock), wall);
    bool drag = hybrid_time_ms(prev) <= wall_ms + HLC_RATCHET_MS;

    if (heap_room(&hlc->registered, &hlc->registered_cap, hlc->registered_count) < 0 ||
        heap_room(&hlc->settled, &hlc->settled_cap, hlc->registered_count) < 0)
        return ST_NOMEM;
#ifdef MUTANT_UNBOUNDED_RATCHET /* mutant: whatever it meets moves the clock */
    drag = true;
#endif
    hlc->clock = next;
    if (next.bits <= prev.bits) {
        next = hybrid_time_next(prev);
        if (drag)
            hlc->clock = next;
    }
    assert(next.bits > hlc->announced.bits);
    heap_push(hlc->registered, &hlc->registered_count, next.bits);
    *ret_time = next;
    return 0;
}

void hlc_settle(struct hlc *hlc, struct hybrid_time time)
{
    assert(hlc->settled_count < hlc->registered_count);
    heap_push(hlc->settled, &hlc->settled_count, time.bits);
    while (hlc->settled_count > 0 && hlc->settled[0] == hlc->registered[0]) {
        heap_pop(hlc->settled, &hlc->settled_count);
        heap_pop(hlc->registered, &hlc->registered_count);
    }
}

enum hlc_observed hlc_observe(struct hlc *hlc, int64_t wall_ms, struct hybrid_time remote)
{
    struct hybrid_time here = hybrid_time_max(hlc->clock, hybrid_time_of_ms(wall_ms));

    if (hybrid_time_ms(remote) > hybrid_time_ms(here) + HLC_POISON_MS)
        return HLC_POISON;
    if (remote.bits <= hlc->clock.bits)
        return HLC_RATCHETED;
#ifndef MUTANT_UNBOUNDED_RATCHET
    /* Measured from the wall, not from the clock: else 500 ms at a time would go anywhere. */
    if (hybrid_time_ms(remote) > wall_ms + HLC_RATCHET_MS)
        return HLC_AHEAD;
#endif
    hlc->clock = remote;
    return HLC_RATCHETED;
}

void hlc_advance(struct hlc *hlc, struct hybrid_time at_least)
{
    hlc->clock = hybrid_time_max(hlc->clock, at_least);
}

struct hybrid_time hlc_closed(struct hlc *hlc, int64_t wall_ms)
{
    struct hybrid_time closed;

    /* An idle clock follows the wall. It is moved before it is announced: the next draw is above.
     */
    hlc->clock = hybrid_time_max(hlc->clock, hybrid_time_of_ms(wall_ms));
    closed = hlc->clock;
#ifndef MUTANT_CLOSED_IGNORES_UNDURABLE /* mutant: announce past versions still on their way to    \
                                           disk */
    if (hlc->registered_count > 0 && hlc->registered[0] <= closed.bits)
        closed.bits = hlc->registered[0] - 1;
#endif
    if (closed.bits > hlc->high_water.bits)
        closed = hlc->high_water;
    hlc->announced = hybrid_time_max(hlc->announced, closed);
    return hlc->announced;
}

struct hybrid_time hlc_high_water_wanted(const struct hlc *hlc, int64_t wall_ms)
{
    return clock_ahead(hlc->clock, wall_ms);
}

void hlc_persisted(struct hlc *hlc, struct hybrid_time high_water)
{
    hlc->high_water = hybrid_time_max(hlc->high_water, high_water);
}
