/*
 * executor_dedicated.c - strands that may block, each with a thread of its own, and the I/O pool.
 *
 * Both are a queue under a lock and a condition; a signal is sent only when somebody waits. A
 * dedicated strand takes all that is queued at once, so a burst of posts costs it one lock.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/executor_threads_priv.h"
#include "base/status.h"

/* ---- dedicated strands ---- */

struct dedicated {
    struct thread_strand *strand;
    pthread_t thread;
    struct timer_heap timers; /* the thread's own */

    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct list_node tasks;
    bool sleeping, stop;
};

static void cond_init_mono(pthread_cond_t *cond)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

/** Moves what is queued to `taken`; waits when there is nothing to do. False: stop. */
static bool take_tasks(struct dedicated *dedicated, struct list_node *taken)
{
    bool go_on;

    pthread_mutex_lock(&dedicated->lock);
    while (list_empty(&dedicated->tasks) && !dedicated->stop) {
        const struct timer *timer = timer_heap_first(&dedicated->timers);
        int rc = 0;

        dedicated->sleeping = true;
        if (timer == NULL) {
            pthread_cond_wait(&dedicated->wake, &dedicated->lock);
        } else {
            struct timespec due = {.tv_sec = timer->due.ns / 1000000000,
                                   .tv_nsec = timer->due.ns % 1000000000};

            if (timer->due.ns <= 0)
                due = (struct timespec){.tv_sec = 0};
            rc = pthread_cond_timedwait(&dedicated->wake, &dedicated->lock, &due);
        }
        dedicated->sleeping = false;
        if (rc != 0)
            break;
    }
    go_on = !dedicated->stop || !list_empty(&dedicated->tasks);
    list_splice(taken, &dedicated->tasks);
    pthread_mutex_unlock(&dedicated->lock);
    return go_on;
}

static void fire_timers(struct dedicated *dedicated)
{
    struct timer *timer = timer_heap_first(&dedicated->timers);
    struct mono now;

    if (timer == NULL)
        return;
    now = executor__now(dedicated->strand->base.executor);
    for (; timer != NULL && timer->due.ns <= now.ns; timer = timer_heap_first(&dedicated->timers)) {
        timer_heap_stop(&dedicated->timers, timer);
        timer->fire(timer);
    }
}

static void *dedicated_run(void *context)
{
    struct dedicated *dedicated = context;
    struct list_node taken, *node;

    executor__thread = (struct thread_state){.strand = &dedicated->strand->base,
                                             .executor = dedicated->strand->base.executor};
    list_init(&taken);
    while (take_tasks(dedicated, &taken)) {
        while ((node = list_pop(&taken)) != NULL) {
            struct task *task = LIST_ENTRY(node, struct task, queued);

            task->strand = NULL;
            task->run(task);
        }
        fire_timers(dedicated);
    }
    return NULL;
}

int dedicated__new(struct thread_strand *strand, const char *name, struct dedicated **ret_dedicated)
{
    struct dedicated *dedicated = calloc(1, sizeof(*dedicated));
    int rc;

    if (dedicated == NULL)
        return ST_NOMEM;
    dedicated->strand = strand;
    list_init(&dedicated->tasks);
    pthread_mutex_init(&dedicated->lock, NULL);
    cond_init_mono(&dedicated->wake);
    rc = executor__thread_start(&dedicated->thread, dedicated_run, dedicated, name);
    if (rc < 0) {
        pthread_cond_destroy(&dedicated->wake);
        pthread_mutex_destroy(&dedicated->lock);
        free(dedicated);
        return rc;
    }
    *ret_dedicated = dedicated;
    return 0;
}

void dedicated__stop(struct dedicated *dedicated)
{
    assert(executor__thread.strand != &dedicated->strand->base);
    pthread_mutex_lock(&dedicated->lock);
    dedicated->stop = true;
    pthread_cond_signal(&dedicated->wake);
    pthread_mutex_unlock(&dedicated->lock);
    pthread_join(dedicated->thread, NULL);
    timer_heap_release(&dedicated->timers);
    pthread_cond_destroy(&dedicated->wake);
    pthread_mutex_destroy(&dedicated->lock);
    free(dedicated);
}

void dedicated__post(struct dedicated *dedicated, struct task *task)
{
    bool must_wake;

    pthread_mutex_lock(&dedicated->lock);
    list_append(&dedicated->tasks, &task->queued);
    must_wake = dedicated->sleeping;
    dedicated->sleeping = false;
    /* Under the lock: the strand may be stopped and freed as soon as this task has run. */
    if (must_wake)
        pthread_cond_signal(&dedicated->wake);
    pthread_mutex_unlock(&dedicated->lock);
}

struct timer_heap *dedicated__timers(struct dedicated *dedicated)
{
    return &dedicated->timers;
}

/* ---- the I/O pool ---- */

struct io_start {
    struct io_pool *pool;
    struct executor *executor;
};

static void *io_run(void *context)
{
    struct io_start start = *(struct io_start *)context;
    struct io_pool *pool = start.pool;

    free(context);
    executor__thread = (struct thread_state){.executor = start.executor};
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        struct list_node *node = list_pop(&pool->tasks);

        if (node != NULL) {
            struct task *task = LIST_ENTRY(node, struct task, queued);

            pthread_mutex_unlock(&pool->lock);
            task->run(task);
            pthread_mutex_lock(&pool->lock);
        } else if (pool->stop) {
            break;
        } else {
            pool->idle++;
            pthread_cond_wait(&pool->wake, &pool->lock);
            pool->idle--;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

int io_pool__start(struct io_pool *pool, struct executor *executor, unsigned threads)
{
    char name[THREAD_NAME_LEN_MAX + 1];

    *pool = (struct io_pool){.stop = false};
    list_init(&pool->tasks);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->wake, NULL);
    pool->threads = calloc(threads, sizeof(*pool->threads));
    if (pool->threads == NULL)
        return ST_NOMEM;
    for (unsigned i = 0; i < threads; i++) {
        struct io_start *start = malloc(sizeof(*start));
        int rc;

        if (start == NULL)
            return ST_NOMEM;
        *start = (struct io_start){.pool = pool, .executor = executor};
        snprintf(name, sizeof(name), "io %u", i);
        rc = executor__thread_start(&pool->threads[i], io_run, start, name);
        if (rc < 0) {
            free(start);
            return rc;
        }
        pool->thread_count++;
    }
    return 0;
}

void io_pool__stop(struct io_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stop = true;
    pthread_cond_broadcast(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
    for (unsigned i = 0; i < pool->thread_count; i++)
        pthread_join(pool->threads[i], NULL);
    free(pool->threads);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
}

void io_pool__post(struct io_pool *pool, struct task *task)
{
    pthread_mutex_lock(&pool->lock);
    list_append(&pool->tasks, &task->queued);
    if (pool->idle > 0)
        pthread_cond_signal(&pool->wake);
    pthread_mutex_unlock(&pool->lock);
}
