/*
 * executor_threads.h - the executor of production: epoll workers, dedicated threads, an I/O pool.
 *
 *     struct executor *executor;
 *     rc = executor_threads_new(&(struct executor_threads_options){.workers = 2}, &executor);
 *     strand = executor_strand(executor, STRAND_SHARED, "lane 0");       (see executor.h)
 *     ...
 *     executor_threads_free(executor);
 *
 * Workers. Each is one thread with an epoll set, a run queue and a heap of timers. A shared strand
 * lives on one worker for good. A task posted from the worker that will run it costs no lock that
 * is contended and no system call; posts from other threads wake the worker at most once per sleep.
 * A worker takes a bounded number of tasks between two looks at its sockets and timers, so neither
 * starves the other.
 *
 * Watches. Only http/ and tests use them: a file descriptor watched on a shared strand, level
 * triggered. ready() runs on that strand. From inside any callback of the strand the watch may be
 * changed, stopped, and its object freed; no event of a stopped watch is delivered.
 *
 * Signals. All threads made here block every signal: the main thread decides who receives them.
 *
 * Randomness comes from the kernel through a small buffer per thread, so a call is seldom a system
 * call. Clocks are CLOCK_MONOTONIC and CLOCK_REALTIME.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_EXECUTOR_THREADS_H
#define TROPIC_BASE_EXECUTOR_THREADS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/executor.h"

struct executor_threads_options {
    unsigned workers; /* 0: one per core that this process may use, at most WORKERS_DEFAULT_MAX */
    unsigned io_threads; /* 0: IO_THREADS_DEFAULT */
};

/* The I/O pool waits for disks: how many reads they can serve side by side has little to do with
 * the number of cores. */
enum { WORKERS_DEFAULT_MAX = 16, WORKERS_MAX = 256, IO_THREADS_DEFAULT = 8 };

/** Starts the threads. ST_NOMEM, or ST_IO when the system gives no more threads or descriptors. */
int executor_threads_new(const struct executor_threads_options *options,
                         struct executor **ret_executor);

/**
 * Ends the threads and frees everything. Call it from a thread that is not the executor's. All
 * watches are stopped, all timers too, all strands freed; tasks still queued on the workers and in
 * the I/O pool are run first. NULL is a no-op.
 */
void executor_threads_free(struct executor *executor);

/** How many workers there are. */
unsigned executor_threads_workers(const struct executor *executor);

/** A shared strand on the worker of that number, from 0; executor_strand() spreads them. */
struct strand *executor_threads_strand_on(struct executor *executor, unsigned worker,
                                          const char *name);

/**
 * Runs fn(context) on the strand and waits until it has returned. For start, stop and tests: never
 * from a thread of the executor (it asserts that).
 */
void strand_call(struct strand *strand, void (*fn)(void *context), void *context);

/* ---- watches ---- */

enum {
    WATCH_READ = 1,  /* readable, or closed by the peer, or in error */
    WATCH_WRITE = 2, /* writable, or in error */
};

struct watch {
    void (*ready)(struct watch *watch, unsigned events); /* events: what of WATCH_* holds */
    struct strand *strand;                               /* private; NULL: not watching */
    int fd;                                              /* private */
    unsigned events;                                     /* what is watched */
};

static inline void watch_init(struct watch *watch,
                              void (*ready)(struct watch *watch, unsigned events))
{
    *watch = (struct watch){.ready = ready, .fd = -1};
}
static inline bool watch_running(const struct watch *watch)
{
    return watch->strand != NULL;
}

/** On `strand` only (shared, of this executor). The caller keeps owning fd. ST_NOMEM, ST_IO. */
int watch_start(struct strand *strand, struct watch *watch, int fd, unsigned events);
/** On its strand only. 0 events: keep the watch, wait for nothing. */
void watch_change(struct watch *watch, unsigned events);
/** On its strand only. Stop before closing fd. A watch that is not running is a no-op. */
void watch_stop(struct watch *watch);

#endif
