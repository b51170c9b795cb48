/*
 * executor_worker.c - one epoll loop: sockets, tasks and timers of the strands that live on it.
 *
 * One turn of the loop: take what others have posted, run at most TASKS_PER_TURN tasks, fire timers
 * that are due, ask epoll (without waiting when tasks are left), deliver events.
 *
 * Two queues. `local` belongs to the worker's thread and needs no lock; `remote` is for posts of
 * other threads, under `lock`. A task posted remotely must run before one that is posted locally
 * later, even when the worker learned of the first by another way than the queue, so a local post
 * first takes in what is in `remote`; `remote_filled` makes that check one load.
 *
 * Sleeping. `sleeping` is set under `lock` only when `remote` is empty, and whoever fills `remote`
 * clears it and writes the eventfd: at most one write per sleep, none while the worker is awake.
 * The eventfd is edge-triggered, so it is never read.
 *
 * Stale events. epoll_wait() hands over up to EVENTS_PER_TURN events at once; a callback may stop,
 * and free, a watch whose event comes later in the same batch. watch_stop() therefore erases it
 * from the batch.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/executor_threads_priv.h"
#include "base/status.h"

enum { TASKS_PER_TURN = 128, EVENTS_PER_TURN = 128 };

struct worker {
    struct thread_executor *executor;
    pthread_t thread;
    int epoll_fd, wake_fd;

    /* The thread's own. */
    struct list_node local;
    struct timer_heap timers;
    struct epoll_event events[EVENTS_PER_TURN];
    int event_at, event_count; /* the batch that is being delivered */

    /* Shared. */
    pthread_mutex_t lock;
    struct list_node remote;
    atomic_bool remote_filled; /* remote is not empty; written under lock */
    atomic_bool stop;          /* written under lock */
    bool sleeping;
};

static void wake(struct worker *worker)
{
    uint64_t one = 1;
    ssize_t n;

    do
        n = write(worker->wake_fd, &one, sizeof(one));
    while (n < 0 && errno == EINTR);
    assert(n == sizeof(one)); /* the counter never gets near its end */
}

static void take_remote(struct worker *worker)
{
    if (!atomic_load_explicit(&worker->remote_filled, memory_order_acquire))
        return;
    pthread_mutex_lock(&worker->lock);
    list_splice(&worker->local, &worker->remote);
    atomic_store_explicit(&worker->remote_filled, false, memory_order_relaxed);
    pthread_mutex_unlock(&worker->lock);
}

void worker__post(struct worker *worker, struct task *task)
{
    bool must_wake;

    if (executor__thread.worker == worker) {
        take_remote(worker);
        list_append(&worker->local, &task->queued);
        return;
    }
    pthread_mutex_lock(&worker->lock);
    list_append(&worker->remote, &task->queued);
    atomic_store_explicit(&worker->remote_filled, true, memory_order_release);
    must_wake = worker->sleeping;
    worker->sleeping = false;
    pthread_mutex_unlock(&worker->lock);
    if (must_wake)
        wake(worker);
}

struct timer_heap *worker__timers(struct worker *worker)
{
    return &worker->timers;
}

static void run_tasks(struct worker *worker)
{
    for (int n = 0; n < TASKS_PER_TURN; n++) {
        struct list_node *node = list_pop(&worker->local);
        struct task *task;

        if (node == NULL)
            break;
        task = LIST_ENTRY(node, struct task, queued);
        executor__thread.strand = task->strand;
        task->strand = NULL;
        task->run(task); /* may free the task */
    }
    executor__thread.strand = NULL;
}

static void fire_timers(struct worker *worker)
{
    struct timer *timer = timer_heap_first(&worker->timers);
    struct mono now;

    if (timer == NULL)
        return;
    now = executor__now(&worker->executor->base);
    /* A timer that restarts itself for "now" fires again in a later turn: `now` is taken once. */
    for (; timer != NULL && timer->due.ns <= now.ns; timer = timer_heap_first(&worker->timers)) {
        timer_heap_stop(&worker->timers, timer);
        executor__thread.strand = timer->strand;
        timer->fire(timer); /* may free the timer */
    }
    executor__thread.strand = NULL;
}

/** Milliseconds until the next timer, rounded up; -1: none. */
static int timeout_ms(const struct worker *worker)
{
    const struct timer *timer = timer_heap_first(&worker->timers);
    int64_t ns;

    if (timer == NULL)
        return -1;
    ns = timer->due.ns - executor__now(&worker->executor->base).ns;
    if (ns <= 0)
        return 0;
    if (ns > (int64_t)INT_MAX * 1000000 - 999999)
        return INT_MAX;
    return (int)((ns + 999999) / 1000000);
}

/** True when the worker may wait in epoll: it is then marked as sleeping. */
static bool fall_asleep(struct worker *worker)
{
    bool asleep;

    if (!list_empty(&worker->local))
        return false;
    pthread_mutex_lock(&worker->lock);
    asleep = list_empty(&worker->remote) && !worker->stop;
    worker->sleeping = asleep;
    pthread_mutex_unlock(&worker->lock);
    return asleep;
}

static void wake_up(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->sleeping = false;
    pthread_mutex_unlock(&worker->lock);
}

static void deliver_events(struct worker *worker)
{
    for (worker->event_at = 0; worker->event_at < worker->event_count; worker->event_at++) {
        const struct epoll_event *event = &worker->events[worker->event_at];
        struct watch *watch = event->data.ptr;
        unsigned ready = 0;

        if (watch == NULL) /* the eventfd, or a watch that was stopped meanwhile */
            continue;
        if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
            ready |= WATCH_READ;
        if (event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
            ready |= WATCH_WRITE;
        ready &= watch->events; /* it may have been changed meanwhile */
        if (ready == 0)
            continue;
        executor__thread.strand = watch->strand;
        watch->ready(watch, ready); /* may free the watch */
    }
    worker->event_at = worker->event_count = 0;
    executor__thread.strand = NULL;
}

static bool must_stop(struct worker *worker)
{
    return atomic_load_explicit(&worker->stop, memory_order_acquire) &&
           list_empty(&worker->local) &&
           !atomic_load_explicit(&worker->remote_filled, memory_order_acquire);
}

static void *worker_run(void *context)
{
    struct worker *worker = context;
    bool asleep;
    int n;

    executor__thread = (struct thread_state){.worker = worker, .executor = &worker->executor->base};
    do {
        take_remote(worker);
        run_tasks(worker);
        fire_timers(worker);
        asleep = fall_asleep(worker);
        n = epoll_wait(worker->epoll_fd, worker->events, EVENTS_PER_TURN,
                       asleep ? timeout_ms(worker) : 0);
        assert(n >= 0 || errno == EINTR);
        if (asleep)
            wake_up(worker);
        worker->event_count = n > 0 ? n : 0;
        deliver_events(worker);
    } while (!must_stop(worker));
    return NULL;
}

int worker__new(struct thread_executor *executor, unsigned number, struct worker **ret_worker)
{
    struct epoll_event wake_event = {.events = EPOLLIN | EPOLLET, .data = {.ptr = NULL}};
    struct worker *worker = calloc(1, sizeof(*worker));
    char name[THREAD_NAME_LEN_MAX + 1];
    int rc = ST_IO;

    if (worker == NULL)
        return ST_NOMEM;
    worker->executor = executor;
    list_init(&worker->local);
    list_init(&worker->remote);
    pthread_mutex_init(&worker->lock, NULL);
    worker->wake_fd = -1;
    worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (worker->epoll_fd < 0)
        goto out;
    worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->wake_fd < 0)
        goto out;
    if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &wake_event) < 0)
        goto out;
    snprintf(name, sizeof(name), "worker %u", number);
    rc = executor__thread_start(&worker->thread, worker_run, worker, name);
    if (rc < 0)
        goto out;
    *ret_worker = worker;
    worker = NULL;
out:
    if (worker != NULL) {
        if (worker->wake_fd >= 0)
            close(worker->wake_fd);
        if (worker->epoll_fd >= 0)
            close(worker->epoll_fd);
        pthread_mutex_destroy(&worker->lock);
        free(worker);
    }
    return rc;
}

void worker__stop(struct worker *worker)
{
    pthread_mutex_lock(&worker->lock);
    atomic_store_explicit(&worker->stop, true, memory_order_release);
    pthread_mutex_unlock(&worker->lock);
    wake(worker);
    pthread_join(worker->thread, NULL);
}

void worker__free(struct worker *worker)
{
    timer_heap_release(&worker->timers);
    close(worker->wake_fd);
    close(worker->epoll_fd);
    pthread_mutex_destroy(&worker->lock);
    free(worker);
}

/* ---- watches ---- */

static struct worker *watch_worker(const struct watch *watch)
{
    struct worker *worker = thread_strand_of(watch->strand)->worker;

    assert(executor__thread.worker == worker);
    return worker;
}

static struct epoll_event epoll_event_of(struct watch *watch)
{
    struct epoll_event event = {.data = {.ptr = watch}};

    if (watch->events & WATCH_READ)
        event.events |= EPOLLIN;
    if (watch->events & WATCH_WRITE)
        event.events |= EPOLLOUT;
    return event;
}

int watch_start(struct strand *strand, struct watch *watch, int fd, unsigned events)
{
    struct epoll_event event;

    assert(watch->strand == NULL);
    assert(thread_strand_of(strand)->kind == STRAND_SHARED);
    watch->strand = strand;
    watch->fd = fd;
    watch->events = events;
    event = epoll_event_of(watch);
    if (events != 0 && epoll_ctl(watch_worker(watch)->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
        watch->strand = NULL;
        return errno == ENOMEM ? ST_NOMEM : ST_IO;
    }
    return 0;
}

void watch_change(struct watch *watch, unsigned events)
{
    unsigned before = watch->events;
    struct epoll_event event;
    int op, rc;

    assert(watch->strand != NULL);
    if (events == before)
        return;
    watch->events = events;
    event = epoll_event_of(watch);
    /* A descriptor in the set reports errors even when nothing is asked for, which would make the
     * loop spin: a watch for nothing is not in the set. */
    op = events == 0 ? EPOLL_CTL_DEL : before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    rc = epoll_ctl(watch_worker(watch)->epoll_fd, op, watch->fd, &event);
    if (rc < 0) { /* only the kernel's memory can be missing, and only when adding */
        perror("tropic: epoll_ctl");
        abort();
    }
}

void watch_stop(struct watch *watch)
{
    struct worker *worker;

    if (watch->strand == NULL)
        return;
    worker = watch_worker(watch);
    if (watch->events != 0)
        epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = worker->event_at; i < worker->event_count; i++)
        if (worker->events[i].data.ptr == watch)
            worker->events[i].data.ptr = NULL;
    watch->strand = NULL;
    watch->fd = -1;
    watch->events = 0;
}
