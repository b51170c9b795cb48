/*
 * executor.h - where work runs: strands, tasks, timers, clocks, randomness.
 *
 * Everything above base/ gets time, randomness and concurrency from an executor and from nowhere
 * else. There are two: executor_threads.h (epoll workers, dedicated threads, an I/O pool) and
 * executor_sim.h (one deterministic loop with virtual time, from a seed).
 *
 *     static void on_ping(struct task *task) { struct link *link = CONTAINER_OF(...); ... }
 *     link->strand = executor_strand(executor, STRAND_SHARED, "link us-east-1");
 *     task_init(&link->ping, on_ping);
 *     strand_post(link->strand, &link->ping);
 *
 * Strands. A strand is a serial run queue: its tasks and timers never run at the same time as each
 * other, and tasks run in the order in which they were posted. State owned by a strand needs no
 * lock.
 *
 *   STRAND_SHARED     pinned to one of the executor's workers (there are min(cores, n) of them; a
 *                     worker is an epoll loop that also serves sockets). Must never block.
 *   STRAND_DEDICATED  a thread of its own; may block (a committer in fsync).
 *
 * Tasks. Embedded in the caller's object; may be posted from any thread; must not be posted again
 * before it has started to run; may be re-posted, or its object freed, from inside run().
 *
 * Timers. Belong to one strand; started and stopped only from that strand. A stopped timer does not
 * fire. Starting a running timer moves it. A timer that fires late fires once.
 *
 * I/O pool. executor_io() runs a task on one of a few threads that may block on disk reads. Tasks
 * there run in any order and side by side; a task comes back by posting itself to its strand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_EXECUTOR_H
#define TROPIC_BASE_EXECUTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"

struct mono {
    int64_t ns; /* elapsed time only; never stored, never sent to a peer */
};

static inline struct mono mono_add_ms(struct mono at, int64_t ms)
{
    return (struct mono){at.ns + ms * 1000000};
}
static inline int64_t mono_diff_ms(struct mono later, struct mono earlier)
{
    return (later.ns - earlier.ns) / 1000000;
}
static inline int64_t mono_diff_us(struct mono later, struct mono earlier)
{
    return (later.ns - earlier.ns) / 1000;
}

struct executor;
struct strand;

struct task {
    struct list_node queued; /* private to the executor */
    void (*run)(struct task *task);
    struct strand *strand; /* private to the executor */
};

static inline void task_init(struct task *task, void (*run)(struct task *task))
{
    list_node_init(&task->queued);
    task->run = run;
    task->strand = NULL;
}

struct timer {
    void (*fire)(struct timer *timer);
    struct strand *strand; /* NULL until first started */
    struct mono due;
    uint64_t order;  /* private: ties fire in the order of starting */
    size_t heap_pos; /* private: 0 = not running, else position + 1 */
};

static inline void timer_init(struct timer *timer, void (*fire)(struct timer *timer))
{
    *timer = (struct timer){.fire = fire};
}
static inline bool timer_running(const struct timer *timer)
{
    return timer->heap_pos != 0;
}

enum strand_kind { STRAND_SHARED, STRAND_DEDICATED };

struct executor_ops {
    struct mono (*now)(struct executor *executor);
    int64_t (*wall_us)(struct executor *executor); /* microseconds since 1970-01-01 UTC */
    uint64_t (*random)(struct executor *executor);
    struct strand *(*strand)(struct executor *executor, enum strand_kind kind, const char *name);
    void (*strand_free)(struct strand *strand);
    void (*post)(struct strand *strand, struct task *task);
    void (*timer_start)(struct strand *strand, struct timer *timer, struct mono due);
    void (*timer_stop)(struct timer *timer);
    bool (*on_strand)(const struct strand *strand);
    void (*io)(struct executor *executor, struct task *task);
};

struct executor {
    const struct executor_ops *ops;
};

/* Every implementation's strand begins with this. */
struct strand {
    struct executor *executor;
};

static inline struct mono executor_now(struct executor *executor)
{
    return executor->ops->now(executor);
}
static inline int64_t executor_wall_us(struct executor *executor)
{
    return executor->ops->wall_us(executor);
}
static inline uint64_t executor_random(struct executor *executor)
{
    return executor->ops->random(executor);
}
/** NULL when memory or threads are exhausted. `name` is copied; it shows in thread names and
 * traces. */
static inline struct strand *executor_strand(struct executor *executor, enum strand_kind kind,
                                             const char *name)
{
    return executor->ops->strand(executor, kind, name);
}
/**
 * No task or timer may be pending on the strand, and none may be posted any more. Not from the
 * strand itself when it is dedicated (the thread is joined). NULL is a no-op.
 */
static inline void strand_free(struct strand *strand)
{
    if (strand != NULL)
        strand->executor->ops->strand_free(strand);
}
static inline void strand_post(struct strand *strand, struct task *task)
{
    strand->executor->ops->post(strand, task);
}
static inline bool strand_is_current(const struct strand *strand)
{
    return strand->executor->ops->on_strand(strand);
}
static inline void timer_start(struct strand *strand, struct timer *timer, struct mono due)
{
    strand->executor->ops->timer_start(strand, timer, due);
}
static inline void timer_start_ms(struct strand *strand, struct timer *timer, int64_t ms)
{
    timer_start(strand, timer, mono_add_ms(executor_now(strand->executor), ms));
}
static inline void timer_stop(struct timer *timer)
{
    if (timer_running(timer))
        timer->strand->executor->ops->timer_stop(timer);
}
static inline void executor_io(struct executor *executor, struct task *task)
{
    executor->ops->io(executor, task);
}

#endif
