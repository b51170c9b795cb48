/*
 * timer_heap.c - see timer_heap.h.
 *
 * Invariants
 *   (1) timers[i]->heap_pos == i + 1; a timer outside of every heap has heap_pos 0.
 *   (2) No timer is due before its parent: timers[(i - 1) / 2].
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/timer_heap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/status.h"

static bool timer_before(const struct timer *a, const struct timer *b)
{
    if (a->due.ns != b->due.ns)
        return a->due.ns < b->due.ns;
    return a->order < b->order;
}

static void place(struct timer_heap *heap, size_t at, struct timer *timer)
{
    heap->timers[at] = timer;
    timer->heap_pos = at + 1;
}

/** Puts the timer at `at`, which is free, and moves it up or down to where it belongs. */
static void settle(struct timer_heap *heap, size_t at, struct timer *timer)
{
    while (at > 0 && timer_before(timer, heap->timers[(at - 1) / 2])) {
        place(heap, at, heap->timers[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= heap->len)
            break;
        if (child + 1 < heap->len && timer_before(heap->timers[child + 1], heap->timers[child]))
            child++;
        if (!timer_before(heap->timers[child], timer))
            break;
        place(heap, at, heap->timers[child]);
        at = child;
    }
    place(heap, at, timer);
}

static int reserve_one(struct timer_heap *heap)
{
    size_t cap = heap->cap ? heap->cap * 2 : 64;
    struct timer **timers;

    if (heap->len < heap->cap)
        return 0;
    timers = realloc(heap->timers, cap * sizeof(*timers));
    if (timers == NULL)
        return ST_NOMEM;
    heap->timers = timers;
    heap->cap = cap;
    return 0;
}

int timer_heap_start(struct timer_heap *heap, struct timer *timer, struct mono due)
{
    size_t at;

    if (timer->heap_pos != 0) {
        assert(heap->timers[timer->heap_pos - 1] == timer);
        at = timer->heap_pos - 1;
    } else {
        int rc = reserve_one(heap);

        if (rc < 0)
            return rc;
        at = heap->len++;
    }
    timer->due = due;
    timer->order = heap->order_next++;
    settle(heap, at, timer);
    return 0;
}

void timer_heap_stop(struct timer_heap *heap, struct timer *timer)
{
    size_t at = timer->heap_pos - 1;
    struct timer *last;

    assert(timer->heap_pos != 0);
    assert(at < heap->len);
    assert(heap->timers[at] == timer);
    last = heap->timers[--heap->len];
    timer->heap_pos = 0;
    if (last != timer)
        settle(heap, at, last);
}

struct timer *timer_heap_first(const struct timer_heap *heap)
{
    return heap->len > 0 ? heap->timers[0] : NULL;
}

void timer_heap_release(struct timer_heap *heap)
{
    for (size_t i = 0; i < heap->len; i++)
        heap->timers[i]->heap_pos = 0;
    free(heap->timers);
    *heap = (struct timer_heap){.timers = NULL};
}
