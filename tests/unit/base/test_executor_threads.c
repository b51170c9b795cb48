/*
 * test_executor_threads.c - the production executor: order, exclusion, timers, watches, stopping.
 *
 * cmocka's assertions belong to the main thread: callbacks only record, the test looks afterwards.
 * Nothing here sleeps; a test waits for a gate that a callback opens.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/executor_threads.h"
#include "base/status.h"

enum { WORKERS = 2 };

struct fixture {
    struct executor *executor;
    struct strand *shared[WORKERS]; /* one per worker */
    struct strand *dedicated;
    sem_t gate;
};

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    assert_int_equal(
        executor_threads_new(&(struct executor_threads_options){.workers = WORKERS}, &f->executor),
        0);
    for (unsigned i = 0; i < WORKERS; i++)
        f->shared[i] = executor_threads_strand_on(f->executor, i, "test");
    f->dedicated = executor_strand(f->executor, STRAND_DEDICATED, "a rather long thread name");
    assert_non_null(f->dedicated);
    sem_init(&f->gate, 0, 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < WORKERS; i++)
        strand_free(f->shared[i]);
    strand_free(f->dedicated);
    executor_threads_free(f->executor);
    sem_destroy(&f->gate);
    test_free(f);
    return 0;
}

static void gate_wait(sem_t *gate)
{
    while (sem_wait(gate) != 0)
        continue;
}

static void noop(void *context)
{
    (void)context;
}

/* ---- order ---- */

enum { POSTERS = 4, POSTS = 2000 };

struct numbered {
    struct task task;
    struct ledger *ledger;
    int poster, number;
};

struct ledger {
    struct strand *strand;
    sem_t *gate;
    atomic_bool inside; /* somebody is running */
    bool overlapped, out_of_order, elsewhere;
    int seen[POSTERS], total; /* owned by the strand */
};

static void on_numbered(struct task *task)
{
    struct numbered *n = CONTAINER_OF(task, struct numbered, task);
    struct ledger *ledger = n->ledger;

    if (atomic_exchange(&ledger->inside, true))
        ledger->overlapped = true;
    if (!strand_is_current(ledger->strand))
        ledger->elsewhere = true;
    if (n->number != ledger->seen[n->poster])
        ledger->out_of_order = true;
    ledger->seen[n->poster] = n->number + 1;
    atomic_store(&ledger->inside, false);
    if (++ledger->total == POSTERS * POSTS)
        sem_post(ledger->gate);
    free(n); /* a task may be freed from inside run() */
}

struct poster {
    pthread_t thread;
    struct ledger *ledger;
    int number;
};

static void *poster_run(void *context)
{
    struct poster *poster = context;

    for (int i = 0; i < POSTS; i++) {
        struct numbered *n = calloc(1, sizeof(*n));

        n->ledger = poster->ledger;
        n->poster = poster->number;
        n->number = i;
        task_init(&n->task, on_numbered);
        strand_post(poster->ledger->strand, &n->task);
    }
    return NULL;
}

static void check_order(struct fixture *f, struct strand *strand)
{
    struct ledger ledger = {.strand = strand, .gate = &f->gate};
    struct poster posters[POSTERS];

    for (int i = 0; i < POSTERS; i++) {
        posters[i] = (struct poster){.ledger = &ledger, .number = i};
        pthread_create(&posters[i].thread, NULL, poster_run, &posters[i]);
    }
    gate_wait(&f->gate);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(posters[i].thread, NULL);
    assert_int_equal(ledger.total, POSTERS * POSTS);
    assert_false(ledger.overlapped);
    assert_false(ledger.out_of_order);
    assert_false(ledger.elsewhere);
}

static void tasks_of_a_shared_strand_run_in_order_one_at_a_time(void **state)
{
    struct fixture *f = *state;

    check_order(f, f->shared[0]);
}

static void tasks_of_a_dedicated_strand_run_in_order_one_at_a_time(void **state)
{
    struct fixture *f = *state;

    check_order(f, f->dedicated);
}

/*
 * A foreign thread posts A, then tells the worker by a flag; the worker then posts B to the same
 * strand. A happened first, so it runs first, although it came by the other queue.
 */
struct race {
    struct task first, second, looker;
    struct strand *strand;
    sem_t *gate;
    atomic_bool posted;
    char trace[3];
    int len;
};

static void on_first(struct task *task)
{
    struct race *race = CONTAINER_OF(task, struct race, first);

    race->trace[race->len++] = 'A';
    if (race->len == 2)
        sem_post(race->gate);
}

static void on_second(struct task *task)
{
    struct race *race = CONTAINER_OF(task, struct race, second);

    race->trace[race->len++] = 'B';
    if (race->len == 2)
        sem_post(race->gate);
}

static void on_look(struct task *task)
{
    struct race *race = CONTAINER_OF(task, struct race, looker);

    while (!atomic_load(&race->posted))
        continue; /* the other thread is between two statements */
    strand_post(race->strand, &race->second);
}

static void local_post_does_not_overtake_earlier_remote_post(void **state)
{
    struct fixture *f = *state;

    for (int round = 0; round < 200; round++) {
        struct race race = {.strand = f->shared[0], .gate = &f->gate};

        task_init(&race.first, on_first);
        task_init(&race.second, on_second);
        task_init(&race.looker, on_look);
        strand_post(race.strand, &race.looker);
        strand_post(race.strand, &race.first);
        atomic_store(&race.posted, true);
        gate_wait(&f->gate);
        assert_string_equal(race.trace, "AB");
    }
}

/* ---- posting to and fro ---- */

struct ball {
    struct task task;
    struct strand *ends[3];
    int hops;
    sem_t *gate;
};

static void on_ball(struct task *task)
{
    struct ball *ball = CONTAINER_OF(task, struct ball, task);

    if (++ball->hops == 3000)
        sem_post(ball->gate);
    else
        strand_post(ball->ends[ball->hops % 3], &ball->task);
}

static void a_task_hops_between_workers_and_a_dedicated_thread(void **state)
{
    struct fixture *f = *state;
    struct ball ball = {.ends = {f->shared[0], f->shared[1], f->dedicated}, .gate = &f->gate};

    task_init(&ball.task, on_ball);
    strand_post(f->shared[0], &ball.task);
    gate_wait(&f->gate);
    assert_int_equal(ball.hops, 3000);
}

static void is_current(void *context)
{
    struct strand **strands = context;

    strands[2] =
        strand_is_current(strands[0]) && !strand_is_current(strands[1]) ? strands[0] : NULL;
}

static void strands_on_one_worker_are_told_apart(void **state)
{
    struct fixture *f = *state;
    struct strand *neighbour = executor_threads_strand_on(f->executor, 0, "neighbour");
    struct strand *strands[3] = {f->shared[0], neighbour, NULL};

    strand_call(f->shared[0], is_current, strands);
    assert_ptr_equal(strands[2], f->shared[0]);
    assert_false(strand_is_current(f->shared[0]));
    strand_free(neighbour);
}

/* ---- timers ---- */

struct alarms {
    struct strand *strand;
    sem_t *gate;
    struct mono start;
    struct alarm *all[6];
    char trace[16];
    int len;
    bool early;
};

struct alarm {
    struct timer timer;
    struct alarms *alarms;
    char label;
    int64_t ms;
    bool last;
};

static void on_labelled_alarm(struct timer *timer)
{
    struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);
    struct alarms *alarms = alarm->alarms;

    alarms->trace[alarms->len++] = alarm->label;
    if (mono_diff_us(executor_now(alarms->strand->executor), alarms->start) < alarm->ms * 1000)
        alarms->early = true;
    if (alarm->last)
        sem_post(alarms->gate);
}

static void start_alarms(void *context)
{
    struct alarms *alarms = context;

    alarms->start = executor_now(alarms->strand->executor);
    for (size_t i = 0; i < ARRAY_LEN(alarms->all); i++)
        timer_start(alarms->strand, &alarms->all[i]->timer,
                    mono_add_ms(alarms->start, alarms->all[i]->ms));
    timer_stop(&alarms->all[1]->timer); /* b never rings */
    timer_start(alarms->strand, &alarms->all[2]->timer,
                mono_add_ms(alarms->start, 1)); /* c moves */
    alarms->all[2]->ms = 1;
}

static void check_alarms(struct fixture *f, struct strand *strand)
{
    struct alarms alarms = {.strand = strand, .gate = &f->gate};
    struct alarm list[6] = {{.label = 'a', .ms = 20},
                            {.label = 'b', .ms = 10},
                            {.label = 'c', .ms = 30},
                            {.label = 'd', .ms = 20},
                            {.label = 'e', .ms = 40, .last = true},
                            {.label = 'f', .ms = 0}};

    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        timer_init(&list[i].timer, on_labelled_alarm);
        list[i].alarms = &alarms;
        alarms.all[i] = &list[i];
    }
    strand_call(strand, start_alarms, &alarms);
    gate_wait(&f->gate);
    strand_call(strand, noop, NULL); /* whatever ran with the last alarm has ended */
    assert_string_equal(alarms.trace, "fcade");
    assert_false(alarms.early);
    assert_false(timer_running(&list[1].timer));
}

static void timers_fire_in_order_and_never_early_on_a_worker(void **state)
{
    struct fixture *f = *state;

    check_alarms(f, f->shared[1]);
}

static void timers_fire_in_order_and_never_early_on_a_thread(void **state)
{
    struct fixture *f = *state;

    check_alarms(f, f->dedicated);
}

/* ---- watches ---- */

struct pipe_end {
    struct watch watch;
    struct strand *strand;
    sem_t *gate;
    struct pipe_end *other; /* stopped from ready(), with its event perhaps in the same batch */
    int fd, calls;
    unsigned events;
};

static void on_pipe_ready(struct watch *watch, unsigned events)
{
    struct pipe_end *end = CONTAINER_OF(watch, struct pipe_end, watch);

    end->calls++;
    end->events = events;
    watch_stop(&end->watch);
    if (end->other != NULL)
        watch_stop(&end->other->watch);
    sem_post(end->gate);
}

static void watch_both(void *context)
{
    struct pipe_end *ends = context;

    for (int i = 0; i < 2; i++)
        if (watch_start(ends[i].strand, &ends[i].watch, ends[i].fd, WATCH_READ) < 0)
            abort();
}

static void a_watch_stopped_in_a_callback_is_not_called(void **state)
{
    struct fixture *f = *state;
    int a[2], b[2];
    struct pipe_end ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, a), 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, b), 0);
    assert_int_equal(write(a[1], "x", 1), 1);
    assert_int_equal(write(b[1], "x", 1), 1);
    for (int i = 0; i < 2; i++) {
        ends[i] = (struct pipe_end){.strand = f->shared[0],
                                    .gate = &f->gate,
                                    .other = &ends[1 - i],
                                    .fd = i == 0 ? a[0] : b[0]};
        watch_init(&ends[i].watch, on_pipe_ready);
    }
    strand_call(f->shared[0], watch_both, ends);
    gate_wait(&f->gate);
    strand_call(f->shared[0], noop, NULL);
    assert_int_equal(ends[0].calls + ends[1].calls, 1);
    for (int i = 0; i < 2; i++) {
        close(a[i]);
        close(b[i]);
    }
}

static void watch_for_nothing_then_write(void *context)
{
    struct pipe_end *end = context;

    if (watch_start(end->strand, &end->watch, end->fd, 0) < 0)
        abort();
    watch_change(&end->watch, WATCH_READ);
    watch_change(&end->watch, 0);
    watch_change(&end->watch, WATCH_WRITE);
}

static void a_hung_up_peer_is_told_to_whoever_waits(void **state)
{
    struct fixture *f = *state;
    struct pipe_end end = {.strand = f->shared[0], .gate = &f->gate};
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    end.fd = fds[0];
    close(fds[1]);
    watch_init(&end.watch, on_pipe_ready);
    strand_call(f->shared[0], watch_for_nothing_then_write, &end);
    gate_wait(&f->gate);
    strand_call(f->shared[0], noop, NULL);
    assert_int_equal(end.calls, 1);
    assert_int_equal(end.events, WATCH_WRITE);
    close(fds[0]);
}

/* ---- the I/O pool, stopping, randomness ---- */

struct trip {
    struct task task;
    struct strand *home;
    atomic_int *left;
    sem_t *gate;
    bool was_home;
};

static void on_trip_home(struct task *task)
{
    struct trip *trip = CONTAINER_OF(task, struct trip, task);

    trip->was_home = strand_is_current(trip->home);
    if (atomic_fetch_sub(trip->left, 1) == 1)
        sem_post(trip->gate);
}

static void on_trip_out(struct task *task)
{
    struct trip *trip = CONTAINER_OF(task, struct trip, task);

    task->run = on_trip_home;
    strand_post(trip->home, &trip->task);
}

static void work_in_the_io_pool_comes_back(void **state)
{
    struct fixture *f = *state;
    struct trip trips[50];
    atomic_int left = 50;

    for (int i = 0; i < 50; i++) {
        trips[i] = (struct trip){.home = f->shared[i % WORKERS], .left = &left, .gate = &f->gate};
        task_init(&trips[i].task, on_trip_out);
        executor_io(f->executor, &trips[i].task);
    }
    gate_wait(&f->gate);
    for (int i = 0; i < 50; i++)
        assert_true(trips[i].was_home);
}

static void stopping_runs_what_is_queued(void **state)
{
    struct executor *executor;
    struct strand *strand;
    struct trip trips[20];
    atomic_int left = 20;
    sem_t gate;

    (void)state;
    sem_init(&gate, 0, 0);
    assert_int_equal(
        executor_threads_new(&(struct executor_threads_options){.workers = 1}, &executor), 0);
    strand = executor_strand(executor, STRAND_DEDICATED, "ending");
    for (int i = 0; i < 20; i++) {
        trips[i] = (struct trip){.home = strand, .left = &left, .gate = &gate};
        task_init(&trips[i].task, on_trip_home);
        strand_post(strand, &trips[i].task);
    }
    strand_free(strand);
    assert_int_equal(atomic_load(&left), 0);
    executor_threads_free(executor);
    executor_threads_free(NULL);
    sem_destroy(&gate);
}

static void random_numbers_differ(void **state)
{
    struct fixture *f = *state;
    uint64_t seen[200];

    for (size_t i = 0; i < ARRAY_LEN(seen); i++) {
        seen[i] = executor_random(f->executor);
        for (size_t k = 0; k < i; k++)
            assert_true(seen[i] != seen[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tasks_of_a_shared_strand_run_in_order_one_at_a_time, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(tasks_of_a_dedicated_strand_run_in_order_one_at_a_time,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(local_post_does_not_overtake_earlier_remote_post, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_task_hops_between_workers_and_a_dedicated_thread, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(strands_on_one_worker_are_told_apart, setup, teardown),
        cmocka_unit_test_setup_teardown(timers_fire_in_order_and_never_early_on_a_worker, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(timers_fire_in_order_and_never_early_on_a_thread, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_watch_stopped_in_a_callback_is_not_called, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_hung_up_peer_is_told_to_whoever_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(work_in_the_io_pool_comes_back, setup, teardown),
        cmocka_unit_test(stopping_runs_what_is_queued),
        cmocka_unit_test_setup_teardown(random_numbers_differ, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
