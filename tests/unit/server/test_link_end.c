/*
 * test_link_end.c - sessions of a pipe between two Regions: both ends begin together, end together,
 * and no frame of one session is seen in the next.
 *
 * The replication here is a fake that takes notes; what the real one does is tested in tests/sim.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/executor_sim.h"
#include "replication/replication.h"
#include "server/command.h"
#include "server/pipe.h"

const struct command *const commands[] = {NULL};

/* ---- a replication that takes notes ---- */

struct replication {
    struct strand *strand;
    const struct transport_ops *ops; /* NULL: the link is down */
    void *transport;
    int ups, downs, drained;
    uint8_t received[64];
    size_t received_count;
};

void replication_link_up(struct replication *replication, const char *peer,
                         const struct transport_ops *ops, void *transport)
{
    assert_null(replication->ops);
    replication->ops = ops;
    replication->transport = transport;
    replication->ups++;
}

static void on_down_task(struct task *task)
{
    struct link_down *down = CONTAINER_OF(task, struct link_down, task);

    down->replication->ops = NULL;
    down->on_down(down);
}

void replication_link_down(struct replication *replication, const char *peer,
                           struct link_down *down)
{
    replication->downs++;
    task_init(&down->task, on_down_task);
    strand_post(replication->strand, &down->task);
}

void replication_receive(struct replication *replication, const char *peer, struct buf *frame)
{
    assert_true(replication->received_count < sizeof(replication->received));
    replication->received[replication->received_count++] = frame->ptr[0];
    buf_release(frame);
}

void replication_link_drained(struct replication *replication, const char *peer)
{
    replication->drained++;
}

/* ---- the story's stage ---- */

struct fixture {
    struct sim_executor *sim;
    struct strand *network;
    struct replication us, eu;
    struct pipe pipe;
    int detached;
};

static struct fixture *now_detaching;

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));
    struct log log = {.sink = NULL};
    struct executor *executor;

    f->sim = sim_executor_new(&(struct sim_executor_options){.seed = 5});
    executor = sim_executor_base(f->sim);
    f->network = executor_strand(executor, STRAND_SHARED, "network");
    f->us.strand = executor_strand(executor, STRAND_SHARED, "us");
    f->eu.strand = executor_strand(executor, STRAND_SHARED, "eu");
    assert_int_equal(pipe_init(&f->pipe, "us", "eu", f->network, &log), 0);
    *state = f;
    return 0;
}

static void run_ms(struct fixture *f, int64_t ms)
{
    sim_executor_run_until(f->sim, mono_add_ms(executor_now(sim_executor_base(f->sim)), ms));
}

static void on_detached(struct link_end *end)
{
    now_detaching->detached++;
}

static void detach(struct fixture *f, int end)
{
    now_detaching = f;
    link_end_detach(&f->pipe.ends[end], on_detached);
    run_ms(f, 1);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    detach(f, 0);
    detach(f, 1);
    run_ms(f, 1000);
    pipe_release(&f->pipe);
    strand_free(f->us.strand);
    strand_free(f->eu.strand);
    strand_free(f->network);
    sim_executor_free(f->sim);
    test_free(f);
    return 0;
}

static void attach_both(struct fixture *f)
{
    link_end_attach(&f->pipe.ends[0], &f->us);
    link_end_attach(&f->pipe.ends[1], &f->eu);
    run_ms(f, 1);
}

static void send(struct replication *from, uint8_t number)
{
    struct buf frame = BUF_EMPTY;

    assert_non_null(from->ops);
    buf_append_u8(&frame, number);
    from->ops->send(from->transport, &frame);
}

static void session_begins_when_both_regions_are_there(void **state)
{
    struct fixture *f = *state;

    link_end_attach(&f->pipe.ends[0], &f->us);
    run_ms(f, 1);
    assert_int_equal(f->us.ups, 0);
    link_end_attach(&f->pipe.ends[1], &f->eu);
    run_ms(f, 1);
    assert_int_equal(f->us.ups, 1);
    assert_int_equal(f->eu.ups, 1);
    send(&f->us, 7);
    send(&f->us, 8);
    run_ms(f, 1);
    assert_int_equal(f->eu.received_count, 2);
    assert_int_equal(f->eu.received[0], 7);
    assert_int_equal(f->eu.received[1], 8);
}

static void leaving_region_ends_the_session_of_both(void **state)
{
    struct fixture *f = *state;

    attach_both(f);
    send(&f->eu, 1); /* on its way when the Region leaves: it must not be touched any more */
    detach(f, 0);
    assert_int_equal(f->detached, 1);
    assert_int_equal(f->us.received_count, 0);
    assert_int_equal(f->us.downs, 1);
    assert_int_equal(f->eu.downs, 1);

    link_end_attach(&f->pipe.ends[0], &f->us);
    run_ms(f, 1);
    assert_int_equal(f->us.ups, 2);
    assert_int_equal(f->eu.ups, 2);
    send(&f->us, 2);
    run_ms(f, 1);
    assert_int_equal(f->eu.received_count, 1);
    assert_int_equal(f->eu.received[0], 2);
}

static void renewed_session_sees_nothing_of_the_last(void **state)
{
    struct fixture *f = *state;

    attach_both(f);
    link_end_shape(&f->pipe.ends[0], SHAPE_OUT, &(struct shape){.delay_us = 50000});
    send(&f->us, 1);
    run_ms(f, 10);
    f->pipe.ends[0].wire->renew(&f->pipe.ends[0], "");
    run_ms(f, 10);
    assert_int_equal(f->us.ups, 2);
    assert_int_equal(f->eu.ups, 2);
    send(&f->us, 2);
    run_ms(f, 100);
    assert_int_equal(f->eu.received_count, 1);
    assert_int_equal(f->eu.received[0], 2);
}

static void bad_peer_rests_before_the_next_session(void **state)
{
    struct fixture *f = *state;

    attach_both(f);
    link_end_bad_peer(&f->pipe.ends[1], "a frame made no sense");
    run_ms(f, PIPE_REST_MS / 2);
    assert_int_equal(f->us.downs, 1);
    assert_int_equal(f->us.ups, 1);
    run_ms(f, PIPE_REST_MS);
    assert_int_equal(f->us.ups, 2);
    assert_int_equal(f->eu.ups, 2);
}

static void full_queue_says_when_it_has_drained(void **state)
{
    struct fixture *f = *state;
    struct buf large = BUF_EMPTY;

    attach_both(f);
    link_end_shape(&f->pipe.ends[0], SHAPE_OUT, &(struct shape){.delay_us = 50000});
    assert_true(f->us.ops->sendable(f->us.transport));
    assert_int_equal(buf_reserve(&large, END_QUEUE_HIGH_BYTES), 0);
    memset(large.ptr, 3, END_QUEUE_HIGH_BYTES);
    large.len = END_QUEUE_HIGH_BYTES;
    f->us.ops->send(f->us.transport, &large);
    assert_false(f->us.ops->sendable(f->us.transport));
    run_ms(f, 10);
    assert_false(f->us.ops->sendable(f->us.transport));
    assert_int_equal(f->us.drained, 0);
    run_ms(f, 60);
    assert_int_equal(f->us.drained, 1);
    assert_true(f->us.ops->sendable(f->us.transport));
    run_ms(f, 60);
    assert_int_equal(f->us.drained, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(session_begins_when_both_regions_are_there, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(leaving_region_ends_the_session_of_both, setup, teardown),
        cmocka_unit_test_setup_teardown(renewed_session_sees_nothing_of_the_last, setup, teardown),
        cmocka_unit_test_setup_teardown(bad_peer_rests_before_the_next_session, setup, teardown),
        cmocka_unit_test_setup_teardown(full_queue_says_when_it_has_drained, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
