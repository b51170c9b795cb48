/*
 * executor_sim.c - see executor_sim.h.
 *
 * One binary heap holds every event: tasks, I/O tasks and timers, ordered by (due, order). `order`
 * counts up and is never reused, so the order is total and no comparison ever looks at an address.
 *
 * A task carries no due time of its own; the heap's entry does. Besides, a pending task is linked
 * on its strand (or on the executor's list of I/O tasks), which is how a second post of the same
 * task is caught. A strand remembers when its last task is due and gives no later one an earlier
 * time: equal times then run in the order of posting.
 *
 * The delays come from a generator of their own; executor_random() is another one. A Region that
 * draws one number more therefore does not change the schedule of its neighbours at once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/executor_sim.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/status.h"

#define START_MONO_NS INT64_C(1000000000)
#define START_WALL_US INT64_C(1767225600000000) /* 2026-01-01 00:00:00 UTC */
#define TASK_DELAY_NS_MAX INT64_C(20000)
#define IO_DELAY_NS_MIN INT64_C(50000)
#define IO_DELAY_NS_MAX INT64_C(2000000)

enum event_kind { EVENT_TASK, EVENT_IO, EVENT_TIMER };

struct event {
    int64_t due_ns;
    uint64_t order;
    struct sim_strand *strand; /* of an I/O task: the strand that sent it, or NULL */
    union {
        struct task *task;
        struct timer *timer;
    };
    enum event_kind kind;
};

struct sim_strand {
    struct strand base;
    struct list_node tasks; /* pending, in order */
    int64_t last_due_ns;    /* of the task posted last */
    uint64_t id;            /* in the order of creation */
    size_t timers, io;      /* pending timers; pending I/O tasks that were sent from here */
    bool freed;             /* kept only because I/O tasks still name it */
    char name[];
};

struct sim_executor {
    struct executor base;
    struct event *heap;
    size_t len, cap;
    uint64_t next_order, next_strand_id;
    size_t tasks_pending; /* tasks and I/O tasks in the heap */
    size_t strands;
    int64_t now_ns, wall_start_us;
    int64_t task_delay_ns_max, io_delay_ns_min, io_delay_ns_max;
    struct sim_random random, schedule;
    struct list_node io_tasks;
    struct sim_strand *current; /* whose task or timer runs now */
    struct sim_strand *sender;  /* to whom I/O tasks sent now belong */
    bool running;               /* inside an event */
    uint64_t events, fingerprint;
};

static struct sim_executor *sim_of(struct executor *executor)
{
    return CONTAINER_OF(executor, struct sim_executor, base);
}

static struct sim_strand *strand_of(struct strand *strand)
{
    return CONTAINER_OF(strand, struct sim_strand, base);
}

/* ---- the heap ---- */

static bool event_before(const struct event *a, const struct event *b)
{
    return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->order < b->order;
}

static void heap_place(struct sim_executor *sim, size_t at, const struct event *event)
{
    sim->heap[at] = *event;
    if (event->kind == EVENT_TIMER)
        event->timer->heap_pos = at + 1;
}

/** Settles `event` into the hole at `at`, moving others out of its way. */
static void heap_settle(struct sim_executor *sim, size_t at, const struct event *event)
{
    while (at > 0 && event_before(event, &sim->heap[(at - 1) / 2])) {
        heap_place(sim, at, &sim->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= sim->len)
            break;
        if (child + 1 < sim->len && event_before(&sim->heap[child + 1], &sim->heap[child]))
            child++;
        if (!event_before(&sim->heap[child], event))
            break;
        heap_place(sim, at, &sim->heap[child]);
        at = child;
    }
    heap_place(sim, at, event);
}

/** Room for one more event. There is no way to refuse a post, so running out of memory ends the
 * run. */
static void heap_grow(struct sim_executor *sim)
{
    size_t cap = sim->cap ? sim->cap * 2 : 256;
    struct event *heap;

    if (sim->len < sim->cap)
        return;
    heap = realloc(sim->heap, cap * sizeof(*heap));
    if (heap == NULL)
        abort();
    sim->heap = heap;
    sim->cap = cap;
}

static void heap_push(struct sim_executor *sim, const struct event *event)
{
    heap_grow(sim);
    sim->len++;
    heap_settle(sim, sim->len - 1, event);
}

static void heap_remove(struct sim_executor *sim, size_t at)
{
    struct event last = sim->heap[sim->len - 1];

    assert(at < sim->len);
    sim->len--;
    if (at < sim->len)
        heap_settle(sim, at, &last);
}

/* ---- strands ---- */

static struct strand *sim_strand(struct executor *executor, enum strand_kind kind, const char *name)
{
    struct sim_executor *sim = sim_of(executor);
    struct sim_strand *strand = calloc(1, sizeof(*strand) + strlen(name) + 1);

    if (strand == NULL)
        return NULL;
    strand->base.executor = executor;
    strand->id = ++sim->next_strand_id;
    list_init(&strand->tasks);
    strcpy(strand->name, name);
    sim->strands++;
    return &strand->base;
}

static void sim_strand_free(struct strand *base)
{
    struct sim_strand *strand = strand_of(base);
    struct sim_executor *sim = sim_of(base->executor);

    assert(list_empty(&strand->tasks));
    assert(strand->timers == 0);
    assert(!strand->freed);
    sim->strands--;
    strand->freed = true;
    if (sim->current == strand)
        sim->current = NULL;
    if (sim->sender == strand)
        sim->sender = NULL;
    if (strand->io == 0)
        free(strand);
}

/** An I/O task is no longer pending; its sender may have waited for that to go. */
static void io_forget(struct sim_strand *sender)
{
    if (sender == NULL)
        return;
    sender->io--;
    if (sender->freed && sender->io == 0)
        free(sender);
}

const char *sim_strand_name(const struct strand *strand)
{
    return CONTAINER_OF(strand, const struct sim_strand, base)->name;
}

/* ---- the executor's operations ---- */

static struct mono sim_now(struct executor *executor)
{
    return (struct mono){sim_of(executor)->now_ns};
}

static int64_t sim_wall_us(struct executor *executor)
{
    struct sim_executor *sim = sim_of(executor);

    return sim->wall_start_us + (sim->now_ns - START_MONO_NS) / 1000;
}

static uint64_t sim_random(struct executor *executor)
{
    return sim_random_next(&sim_of(executor)->random);
}

static void sim_post(struct strand *base, struct task *task)
{
    struct sim_executor *sim = sim_of(base->executor);
    struct sim_strand *strand = strand_of(base);
    int64_t due_ns = sim->now_ns + sim_random_between(&sim->schedule, 0, sim->task_delay_ns_max);

    assert(list_empty(&task->queued)); /* posted twice, or never initialised */
    assert(!strand->freed);
    if (due_ns < strand->last_due_ns)
        due_ns = strand->last_due_ns;
    strand->last_due_ns = due_ns;
    list_append(&strand->tasks, &task->queued);
    task->strand = base;
    sim->tasks_pending++;
    heap_push(sim, &(struct event){.due_ns = due_ns,
                                   .order = sim->next_order++,
                                   .strand = strand,
                                   .task = task,
                                   .kind = EVENT_TASK});
}

static void sim_io(struct executor *executor, struct task *task)
{
    struct sim_executor *sim = sim_of(executor);
    int64_t delay_ns =
        sim_random_between(&sim->schedule, sim->io_delay_ns_min, sim->io_delay_ns_max);

    assert(list_empty(&task->queued));
    list_append(&sim->io_tasks, &task->queued);
    task->strand = NULL;
    sim->tasks_pending++;
    if (sim->sender != NULL)
        sim->sender->io++;
    heap_push(sim, &(struct event){.due_ns = sim->now_ns + delay_ns,
                                   .order = sim->next_order++,
                                   .strand = sim->sender,
                                   .task = task,
                                   .kind = EVENT_IO});
}

static void sim_timer_stop(struct timer *timer)
{
    struct sim_executor *sim = sim_of(timer->strand->executor);
    struct sim_strand *strand = strand_of(timer->strand);

    assert(!sim->running || sim->current == strand);
    assert(timer->heap_pos <= sim->len);
    assert(sim->heap[timer->heap_pos - 1].timer == timer);
    heap_remove(sim, timer->heap_pos - 1);
    timer->heap_pos = 0;
    strand->timers--;
}

static void sim_timer_start(struct strand *base, struct timer *timer, struct mono due)
{
    struct sim_executor *sim = sim_of(base->executor);
    struct sim_strand *strand = strand_of(base);

    assert(!sim->running || sim->current == strand);
    assert(!strand->freed);
    if (timer_running(timer)) {
        assert(timer->strand == base);
        sim_timer_stop(timer);
    }
    timer->strand = base;
    timer->due = due;
    timer->order = sim->next_order++;
    strand->timers++;
    heap_push(sim, &(struct event){.due_ns = due.ns,
                                   .order = timer->order,
                                   .strand = strand,
                                   .timer = timer,
                                   .kind = EVENT_TIMER});
}

static bool sim_on_strand(const struct strand *strand)
{
    return sim_of(strand->executor)->current == CONTAINER_OF(strand, const struct sim_strand, base);
}

static const struct executor_ops sim_ops = {
    .now = sim_now,
    .wall_us = sim_wall_us,
    .random = sim_random,
    .strand = sim_strand,
    .strand_free = sim_strand_free,
    .post = sim_post,
    .timer_start = sim_timer_start,
    .timer_stop = sim_timer_stop,
    .on_strand = sim_on_strand,
    .io = sim_io,
};

/* ---- life ---- */

struct sim_executor *sim_executor_new(const struct sim_executor_options *options)
{
    struct sim_executor *sim = calloc(1, sizeof(*sim));

    if (sim == NULL)
        return NULL;
    sim->base.ops = &sim_ops;
    sim->now_ns = START_MONO_NS;
    sim->wall_start_us = options->wall_start_us ? options->wall_start_us : START_WALL_US;
    sim->task_delay_ns_max =
        options->task_delay_ns_max ? options->task_delay_ns_max : TASK_DELAY_NS_MAX;
    sim->io_delay_ns_min = options->io_delay_ns_min ? options->io_delay_ns_min : IO_DELAY_NS_MIN;
    sim->io_delay_ns_max = options->io_delay_ns_max ? options->io_delay_ns_max : IO_DELAY_NS_MAX;
    assert(sim->io_delay_ns_min <= sim->io_delay_ns_max);
    sim->random = sim_random_fork(options->seed, "executor");
    sim->schedule = sim_random_fork(options->seed, "schedule");
    list_init(&sim->io_tasks);
    return sim;
}

struct executor *sim_executor_base(struct sim_executor *sim)
{
    return &sim->base;
}

/** The object of an event that has left the heap is no longer pending; it may then be freed. */
static void forget(struct sim_executor *sim, const struct event *event)
{
    if (event->kind == EVENT_TIMER) {
        event->timer->heap_pos = 0;
        event->strand->timers--;
    } else {
        list_remove(&event->task->queued);
        sim->tasks_pending--;
    }
}

static struct event take(struct sim_executor *sim, size_t at)
{
    struct event event = sim->heap[at];

    heap_remove(sim, at);
    forget(sim, &event);
    return event;
}

void sim_executor_free(struct sim_executor *sim)
{
    if (sim == NULL)
        return;
    assert(!sim->running);
    while (sim->len > 0) {
        struct event event = take(sim, sim->len - 1);

        if (event.kind == EVENT_IO)
            io_forget(event.strand);
    }
    assert(sim->strands == 0);
    free(sim->heap);
    free(sim);
}

/* ---- running ---- */

static void run_event(struct sim_executor *sim, size_t at)
{
    struct sim_strand *outer_current = sim->current, *outer_sender = sim->sender;
    bool outer_running = sim->running;
    struct event event = take(sim, at);
    uint64_t strand_id = event.strand ? event.strand->id : 0;

    if (event.due_ns > sim->now_ns && !outer_running)
        sim->now_ns = event.due_ns;
    sim->events++;
    sim->fingerprint = (sim->fingerprint ^ (uint64_t)sim->now_ns) * 0x9E3779B97F4A7C15u;
    sim->fingerprint =
        (sim->fingerprint ^ (event.order << 8 ^ strand_id << 2 ^ event.kind)) * 0xBF58476D1CE4E5B9u;
    sim->running = true;
    sim->current = event.kind == EVENT_IO ? NULL : event.strand;
    sim->sender = event.strand;
    if (event.kind == EVENT_TIMER)
        event.timer->fire(event.timer);
    else
        event.task->run(event.task);
    if (event.kind == EVENT_IO)
        io_forget(event.strand);
    sim->running = outer_running;
    sim->current = outer_current;
    sim->sender = outer_sender;
}

bool sim_executor_step(struct sim_executor *sim)
{
    assert(!sim->running);
    if (sim->len == 0)
        return false;
    run_event(sim, 0);
    return true;
}

void sim_executor_run_until(struct sim_executor *sim, struct mono until)
{
    assert(!sim->running);
    while (sim->len > 0 && sim->heap[0].due_ns <= until.ns)
        run_event(sim, 0);
    if (sim->now_ns < until.ns)
        sim->now_ns = until.ns;
}

bool sim_executor_run_while(struct sim_executor *sim, const bool *flag, struct mono until)
{
    assert(!sim->running);
    while (!*flag && sim->len > 0 && sim->heap[0].due_ns <= until.ns)
        run_event(sim, 0);
    return *flag;
}

bool sim_executor_idle(const struct sim_executor *sim)
{
    return sim->tasks_pending == 0;
}

bool sim_executor_next_due(const struct sim_executor *sim, struct mono *ret_due)
{
    if (sim->len == 0)
        return false;
    ret_due->ns = sim->heap[0].due_ns;
    return true;
}

static bool event_matches(const struct event *event, sim_strand_match *match, void *context)
{
    return event->strand != NULL && match(context, event->strand->name);
}

bool sim_executor_drain(struct sim_executor *sim, sim_strand_match *match, void *context,
                        uint64_t limit)
{
    /* A scan per task is fine: this happens when a Region closes, with few events pending. */
    for (;;) {
        size_t first = SIZE_MAX;
        bool outer_running = sim->running;

        for (size_t i = 0; i < sim->len; i++) {
            if (sim->heap[i].kind != EVENT_TIMER && event_matches(&sim->heap[i], match, context) &&
                (first == SIZE_MAX || event_before(&sim->heap[i], &sim->heap[first])))
                first = i;
        }
        if (first == SIZE_MAX)
            return true;
        if (limit-- == 0)
            return false;
        assert(sim->heap[first].strand != sim->current); /* a strand cannot drain itself */
        sim->running = true;                             /* keeps the time where it is */
        run_event(sim, first);
        sim->running = outer_running;
    }
}

void sim_executor_discard(struct sim_executor *sim, sim_strand_match *match, void *context)
{
    size_t events = sim->len;

    /* Push back those that stay. What comes out first depends on (due, order) alone, never on the
     * shape of the heap, so rebuilding it changes nothing for the others. */
    sim->len = 0;
    for (size_t i = 0; i < events; i++) {
        struct event event = sim->heap[i];

        if (!event_matches(&event, match, context)) {
            heap_push(sim, &event); /* never beyond i, which has been read */
            continue;
        }
        forget(sim, &event);
        if (event.kind == EVENT_IO)
            io_forget(event.strand);
    }
}

uint64_t sim_executor_events(const struct sim_executor *sim)
{
    return sim->events;
}

uint64_t sim_executor_fingerprint(const struct sim_executor *sim)
{
    return sim->fingerprint;
}
