/*
 * executor_threads.c - the production executor: clocks, randomness, strands, start and stop.
 *
 * The parts that run things are executor_worker.c and executor_dedicated.c; here they are tied to
 * the operations of executor.h. Which strand a thread is running is kept in one thread-local
 * structure: it is set around every callback, so "is this strand current?" is exact even though
 * many shared strands live on one thread.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/executor_threads.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/executor_threads_priv.h"
#include "base/status.h"

_Thread_local struct thread_state executor__thread;

/* ---- clocks and randomness ---- */

struct mono executor__now(struct executor *executor)
{
    struct timespec ts;

    (void)executor;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (struct mono){ts.tv_sec * INT64_C(1000000000) + ts.tv_nsec};
}

static int64_t threads_wall_us(struct executor *executor)
{
    struct timespec ts;

    (void)executor;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

static uint64_t threads_random(struct executor *executor)
{
    enum { NUMBERS = 32 }; /* 256 bytes: getrandom(2) does not give less when interrupted */
    static _Thread_local uint64_t numbers[NUMBERS];
    static _Thread_local unsigned left;
    uint64_t number;

    (void)executor;
    if (left == 0) {
        ssize_t n;

        do
            n = getrandom(numbers, sizeof(numbers), 0);
        while (n < 0 && errno == EINTR);
        assert(n == sizeof(numbers));
        left = NUMBERS;
    }
    number = numbers[--left];
    numbers[left] = 0; /* no one who reads memory later learns what was given out */
    return number;
}

/* ---- strands ---- */

static struct strand *shared_strand(struct thread_executor *executor, struct worker *worker)
{
    struct thread_strand *strand = calloc(1, sizeof(*strand));

    if (strand == NULL)
        return NULL;
    strand->base.executor = &executor->base;
    strand->kind = STRAND_SHARED;
    strand->worker = worker;
    return &strand->base;
}

static struct strand *dedicated_strand(struct thread_executor *executor, const char *name)
{
    struct thread_strand *strand = calloc(1, sizeof(*strand));

    if (strand == NULL)
        return NULL;
    strand->base.executor = &executor->base;
    strand->kind = STRAND_DEDICATED;
    if (dedicated__new(strand, name, &strand->dedicated) < 0) {
        free(strand);
        return NULL;
    }
    return &strand->base;
}

static struct strand *threads_strand(struct executor *base, enum strand_kind kind, const char *name)
{
    struct thread_executor *executor = thread_executor_of(base);
    unsigned number;

    if (kind == STRAND_DEDICATED)
        return dedicated_strand(executor, name);
    number = atomic_fetch_add_explicit(&executor->strands_made, 1, memory_order_relaxed);
    return shared_strand(executor, executor->workers[number % executor->worker_count]);
}

struct strand *executor_threads_strand_on(struct executor *base, unsigned worker, const char *name)
{
    struct thread_executor *executor = thread_executor_of(base);

    (void)name; /* the worker's thread keeps its own name */
    assert(worker < executor->worker_count);
    return shared_strand(executor, executor->workers[worker]);
}

static void threads_strand_free(struct strand *base)
{
    struct thread_strand *strand = thread_strand_of(base);

    if (strand->kind == STRAND_DEDICATED)
        dedicated__stop(strand->dedicated);
    free(strand);
}

static void threads_post(struct strand *base, struct task *task)
{
    struct thread_strand *strand = thread_strand_of(base);

    assert(list_empty(&task->queued)); /* posted twice */
    task->strand = base;
    if (strand->kind == STRAND_SHARED)
        worker__post(strand->worker, task);
    else
        dedicated__post(strand->dedicated, task);
}

static bool threads_on_strand(const struct strand *strand)
{
    return executor__thread.strand == strand;
}

/* ---- timers ---- */

static struct timer_heap *strand_timers(const struct strand *base)
{
    const struct thread_strand *strand = thread_strand_of(base);

    return strand->kind == STRAND_SHARED ? worker__timers(strand->worker)
                                         : dedicated__timers(strand->dedicated);
}

void executor__timer_start(struct timer_heap *heap, struct timer *timer, struct mono due)
{
    if (timer_heap_start(heap, timer, due) < 0) {
        fputs("tropic: out of memory for timers\n", stderr);
        abort();
    }
}

static void threads_timer_start(struct strand *strand, struct timer *timer, struct mono due)
{
    assert(threads_on_strand(strand));
    assert(!timer_running(timer) || timer->strand == strand);
    timer->strand = strand;
    executor__timer_start(strand_timers(strand), timer, due);
}

static void threads_timer_stop(struct timer *timer)
{
    assert(threads_on_strand(timer->strand));
    timer_heap_stop(strand_timers(timer->strand), timer);
}

/* ---- the I/O pool ---- */

static void threads_io(struct executor *executor, struct task *task)
{
    assert(list_empty(&task->queued));
    io_pool__post(&thread_executor_of(executor)->io, task);
}

/* ---- start and stop ---- */

static const struct executor_ops threads_ops = {
    .now = executor__now,
    .wall_us = threads_wall_us,
    .random = threads_random,
    .strand = threads_strand,
    .strand_free = threads_strand_free,
    .post = threads_post,
    .timer_start = threads_timer_start,
    .timer_stop = threads_timer_stop,
    .on_strand = threads_on_strand,
    .io = threads_io,
};

int executor__thread_start(pthread_t *ret_thread, void *(*run)(void *context), void *context,
                           const char *name)
{
    char short_name[THREAD_NAME_LEN_MAX + 1];
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the new thread inherits it */
    rc = pthread_create(ret_thread, NULL, run, context);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return ST_IO;
    snprintf(short_name, sizeof(short_name), "%s", name);
    pthread_setname_np(*ret_thread, short_name);
    return 0;
}

static unsigned cores(void)
{
    cpu_set_t set;
    int n = 1;

    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        n = CPU_COUNT(&set);
    if (n > WORKERS_DEFAULT_MAX)
        n = WORKERS_DEFAULT_MAX;
    return n < 1 ? 1 : (unsigned)n;
}

int executor_threads_new(const struct executor_threads_options *options,
                         struct executor **ret_executor)
{
    unsigned workers = options->workers ? options->workers : cores();
    unsigned io_threads = options->io_threads ? options->io_threads : IO_THREADS_DEFAULT;
    struct thread_executor *executor = calloc(1, sizeof(*executor));
    int rc;

    if (executor == NULL)
        return ST_NOMEM;
    if (workers > WORKERS_MAX)
        workers = WORKERS_MAX;
    executor->base.ops = &threads_ops;
    rc = io_pool__start(&executor->io, &executor->base, io_threads);
    if (rc < 0)
        goto out;
    executor->workers = calloc(workers, sizeof(*executor->workers));
    if (executor->workers == NULL) {
        rc = ST_NOMEM;
        goto out;
    }
    while (executor->worker_count < workers) {
        rc = worker__new(executor, executor->worker_count,
                         &executor->workers[executor->worker_count]);
        if (rc < 0)
            goto out;
        executor->worker_count++;
    }
    *ret_executor = &executor->base;
    executor = NULL;
out:
    if (executor != NULL)
        executor_threads_free(&executor->base);
    return rc;
}

void executor_threads_free(struct executor *base)
{
    struct thread_executor *executor;

    if (base == NULL)
        return;
    assert(executor__thread.executor != base);
    executor = thread_executor_of(base);
    io_pool__stop(&executor->io); /* first: its tasks go back to strands */
    for (unsigned i = 0; i < executor->worker_count; i++)
        worker__stop(executor->workers[i]);
    for (unsigned i = 0; i < executor->worker_count; i++)
        worker__free(executor->workers[i]);
    free(executor->workers);
    free(executor);
}

unsigned executor_threads_workers(const struct executor *executor)
{
    return thread_executor_of(executor)->worker_count;
}

/* ---- calling a strand and waiting ---- */

struct call {
    struct task task;
    void (*fn)(void *context);
    void *context;
    pthread_mutex_t lock;
    pthread_cond_t done_cond;
    bool done;
};

static void on_call(struct task *task)
{
    struct call *call = CONTAINER_OF(task, struct call, task);

    call->fn(call->context);
    pthread_mutex_lock(&call->lock);
    call->done = true;
    /* Under the lock: the caller's frame is gone as soon as it sees `done`. */
    pthread_cond_signal(&call->done_cond);
    pthread_mutex_unlock(&call->lock);
}

void strand_call(struct strand *strand, void (*fn)(void *context), void *context)
{
    struct call call = {.fn = fn, .context = context};

    assert(executor__thread.executor != strand->executor);
    task_init(&call.task, on_call);
    pthread_mutex_init(&call.lock, NULL);
    pthread_cond_init(&call.done_cond, NULL);
    strand_post(strand, &call.task);
    pthread_mutex_lock(&call.lock);
    while (!call.done)
        pthread_cond_wait(&call.done_cond, &call.lock);
    pthread_mutex_unlock(&call.lock);
    pthread_cond_destroy(&call.done_cond);
    pthread_mutex_destroy(&call.lock);
}
