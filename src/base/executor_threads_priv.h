/*
 * executor_threads_priv.h - what the files of the production executor share. Private to base/.
 *
 *   executor_threads.c    the executor: clocks, randomness, the table of operations, start and stop
 *   executor_worker.c     workers: epoll, run queues, watches
 *   executor_dedicated.c  strands with a thread of their own, and the I/O pool
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_EXECUTOR_THREADS_PRIV_H
#define TROPIC_BASE_EXECUTOR_THREADS_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/executor_threads.h"
#include "base/timer_heap.h"

enum { THREAD_NAME_LEN_MAX = 15 }; /* Source: pthread_setname_np(3) */

struct worker;
struct dedicated;

struct thread_strand {
    struct strand base; /* first: struct strand * points here */
    enum strand_kind kind;
    struct worker *worker;       /* STRAND_SHARED */
    struct dedicated *dedicated; /* STRAND_DEDICATED */
};

static inline struct thread_strand *thread_strand_of(const struct strand *strand)
{
    return CONTAINER_OF(strand, struct thread_strand, base);
}

struct io_pool {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list_node tasks;
    unsigned idle; /* threads that wait */
    bool stop;
    unsigned thread_count;
    pthread_t *threads;
};

struct thread_executor {
    struct executor base; /* first */
    struct worker **workers;
    unsigned worker_count;
    atomic_uint strands_made; /* spreads shared strands */
    struct io_pool io;
};

static inline struct thread_executor *thread_executor_of(const struct executor *executor)
{
    return CONTAINER_OF(executor, struct thread_executor, base);
}

/* What a thread is doing, so that "am I on this strand?" needs no lock. */
struct thread_state {
    const struct strand *strand;     /* whose task, timer or watch is running */
    const struct worker *worker;     /* this thread is that worker */
    const struct executor *executor; /* this thread belongs to that executor */
};
extern _Thread_local struct thread_state executor__thread;

struct mono executor__now(struct executor *executor);
/** Starts a thread with all signals blocked. ST_IO. */
int executor__thread_start(pthread_t *ret_thread, void *(*run)(void *context), void *context,
                           const char *name);
/** timer_start() has no way to fail: ends the process when no timer can be remembered. */
void executor__timer_start(struct timer_heap *heap, struct timer *timer, struct mono due);

/* ---- workers ---- */

int worker__new(struct thread_executor *executor, unsigned number, struct worker **ret_worker);
void worker__stop(struct worker *worker); /* runs what is queued, joins the thread */
void worker__free(
    struct worker *worker); /* once all are stopped: until then one may wake another */
void worker__post(struct worker *worker, struct task *task);
struct timer_heap *worker__timers(struct worker *worker);

/* ---- dedicated strands, I/O pool ---- */

int dedicated__new(struct thread_strand *strand, const char *name,
                   struct dedicated **ret_dedicated);
void dedicated__stop(struct dedicated *dedicated);
void dedicated__post(struct dedicated *dedicated, struct task *task);
struct timer_heap *dedicated__timers(struct dedicated *dedicated);

int io_pool__start(struct io_pool *pool, struct executor *executor, unsigned threads);
void io_pool__stop(struct io_pool *pool);
void io_pool__post(struct io_pool *pool, struct task *task);

#endif
