/*
 * timer_heap.h - running timers, earliest first. Private to base/.
 *
 * A binary heap of pointers; a timer knows its place in it, so stopping one costs log n. Timers
 * with equal due times fire in the order in which they were started. One thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_TIMER_HEAP_H
#define TROPIC_BASE_TIMER_HEAP_H

#include "base/executor.h"

struct timer_heap {
    struct timer **timers;
    size_t len, cap;
    uint64_t order_next;
};

/** Adds the timer with its due time, or moves it if it is running. ST_NOMEM. */
int timer_heap_start(struct timer_heap *heap, struct timer *timer, struct mono due);
/** The timer must be running, in this heap. */
void timer_heap_stop(struct timer_heap *heap, struct timer *timer);
/** The earliest timer, still running; NULL when there is none. */
struct timer *timer_heap_first(const struct timer_heap *heap);
/** Forgets all timers and frees the memory. */
void timer_heap_release(struct timer_heap *heap);

#endif
