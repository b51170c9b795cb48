/*
 * clock.h - one Region's wall clock: the executor's, plus an offset that tests and `tropic clock`
 * set. Every rule of minutes or hours asks this clock, so each can be tested by moving it.
 *
 * Any thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_CLOCK_H
#define TROPIC_BASE_CLOCK_H

#include <stdatomic.h>

#include "base/executor.h"

struct clock {
    struct executor *executor;
    _Atomic int64_t offset_us;
};

static inline void clock_init(struct clock *clock, struct executor *executor)
{
    clock->executor = executor;
    atomic_init(&clock->offset_us, 0);
}
static inline int64_t clock_wall_us(struct clock *clock)
{
    return executor_wall_us(clock->executor) + atomic_load(&clock->offset_us);
}
static inline int64_t clock_wall_ms(struct clock *clock)
{
    return clock_wall_us(clock) / 1000;
}
static inline void clock_set_offset_us(struct clock *clock, int64_t offset_us)
{
    atomic_store(&clock->offset_us, offset_us);
}

#endif
