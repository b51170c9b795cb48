/*
 * executor_sim.h - the deterministic executor: one thread, virtual time, everything from a seed.
 *
 *     struct sim_executor_options options = {.seed = 42};
 *     struct sim_executor *sim = sim_executor_new(&options);
 *     region_start(region, sim_executor_base(sim));
 *     sim_executor_run_until(sim, mono_add_ms(executor_now(sim_executor_base(sim)), 60000));
 *
 * Time stands still while code runs and jumps to the next event when it returns. Events run in the
 * order of (due, sequence of creation), so one seed gives one history, whatever the machine and
 * wherever malloc puts things.
 *
 * A posted task is due a small random delay after it was posted, but never before an earlier task
 * of its strand: order within a strand is kept, order between strands is shuffled. A task of
 * executor_io() is due after a longer delay, in any order, on no strand. Timers fire exactly when
 * due. Strands of both kinds run on the one loop; code that would block must not run here.
 *
 * Several Regions share one executor. Which strand is whose is told by the strand's name (the
 * convention is "<region>/<what>"); a task on the I/O pool belongs to the strand that sent it.
 *
 * The rule "timers are started and stopped from their own strand" is asserted here, because a
 * threaded executor cannot afford to check it; code outside of any event (a test's main) may do
 * both.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_EXECUTOR_SIM_H
#define TROPIC_BASE_EXECUTOR_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/executor.h"
#include "base/sim_random.h"

struct sim_executor;

struct sim_executor_options {
    uint64_t seed;
    int64_t wall_start_us;     /* 0: 2026-01-01 00:00:00 UTC */
    int64_t task_delay_ns_max; /* 0: 20 us; a posted task waits up to this */
    int64_t io_delay_ns_min;   /* of tasks on the I/O pool; 0: 50 us */
    int64_t io_delay_ns_max;   /* 0: 2 ms */
};

/** NULL when memory is exhausted. Monotonic time starts at one second. */
struct sim_executor *sim_executor_new(const struct sim_executor_options *options);
/** What is still pending is forgotten, not run. Every strand must have been freed. NULL is a no-op.
 */
void sim_executor_free(struct sim_executor *sim);
struct executor *sim_executor_base(struct sim_executor *sim);

/** Runs the next event, moving time to it. False when there is none. Not from inside an event. */
bool sim_executor_step(struct sim_executor *sim);
/** Runs all that is due up to and including `until`, then sets the time to it. */
void sim_executor_run_until(struct sim_executor *sim, struct mono until);
/** Steps until *flag is true; false when `until` passes or events run out first. */
bool sim_executor_run_while(struct sim_executor *sim, const bool *flag, struct mono until);
/** No task is pending anywhere (timers may be). */
bool sim_executor_idle(const struct sim_executor *sim);
/** When the next event is due; false when there is none. */
bool sim_executor_next_due(const struct sim_executor *sim, struct mono *ret_due);

/** Chooses strands by name. */
typedef bool sim_strand_match(void *context, const char *name);

/**
 * Runs the pending tasks of the chosen strands, and what they post there, at the present time and
 * before everything else, until none is left; timers stay. This is how a Region's owner closes it
 * at one instant without moving the others. False when `limit` tasks were not enough.
 */
bool sim_executor_drain(struct sim_executor *sim, sim_strand_match *match, void *context,
                        uint64_t limit);
/** Forgets the pending tasks and timers of the chosen strands without running them: sudden death.
 */
void sim_executor_discard(struct sim_executor *sim, sim_strand_match *match, void *context);

/** The name given to executor_strand(). Only for strands of this executor. */
const char *sim_strand_name(const struct strand *strand);

/** Events run so far, and a hash of their order: equal for equal histories. */
uint64_t sim_executor_events(const struct sim_executor *sim);
uint64_t sim_executor_fingerprint(const struct sim_executor *sim);

#endif
