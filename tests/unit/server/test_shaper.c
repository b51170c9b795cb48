/*
 * test_shaper.c - delay, jitter, loss and cuts of one direction, on virtual time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/executor_sim.h"
#include "server/command.h"
#include "server/shaper.h"

const struct command *const commands[] = {NULL};

enum { DELIVERED_MAX = 4096 };

/* Frames of one byte, a number; what was delivered, and when. */
struct fixture {
    struct sim_executor *sim;
    struct strand *strand;
    struct shaper shaper;
    uint8_t delivered[DELIVERED_MAX];
    int64_t at_ms[DELIVERED_MAX];
    size_t count;
    bool hold_next;
};

static void deliver(void *context, struct buf *frame)
{
    struct fixture *f = context;

    assert_true(f->count < DELIVERED_MAX);
    f->delivered[f->count] = frame->ptr[0];
    f->at_ms[f->count++] = executor_now(f->strand->executor).ns / 1000000 - 1000;
    buf_release(frame);
    if (f->hold_next)
        shaper_hold(&f->shaper, true);
}

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    f->sim = sim_executor_new(&(struct sim_executor_options){.seed = 11});
    f->strand = executor_strand(sim_executor_base(f->sim), STRAND_SHARED, "network");
    shaper_init(&f->shaper, f->strand, deliver, f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    shaper_release(&f->shaper);
    strand_free(f->strand);
    sim_executor_free(f->sim);
    test_free(f);
    return 0;
}

static void push(struct fixture *f, uint8_t number)
{
    struct buf frame = BUF_EMPTY;

    buf_append_u8(&frame, number);
    shaper_push(&f->shaper, &frame);
}

static void run_to_ms(struct fixture *f, int64_t ms)
{
    sim_executor_run_until(f->sim, (struct mono){(1000 + ms) * 1000000});
}

static void unshaped_frames_pass_at_once(void **state)
{
    struct fixture *f = *state;

    push(f, 1);
    assert_int_equal(f->count, 1);
}

static void delayed_frames_come_in_order_and_not_early(void **state)
{
    struct fixture *f = *state;

    shaper_set(&f->shaper, &(struct shape){.delay_us = 80000, .jitter_us = 50000});
    for (uint8_t i = 0; i < 100; i++)
        push(f, i);
    run_to_ms(f, 79);
    assert_int_equal(f->count, 0);
    run_to_ms(f, 131);
    assert_int_equal(f->count, 100);
    for (uint8_t i = 0; i < 100; i++)
        assert_int_equal(f->delivered[i], i);
}

static void shorter_delay_does_not_let_frames_overtake(void **state)
{
    struct fixture *f = *state;

    shaper_set(&f->shaper, &(struct shape){.delay_us = 80000});
    push(f, 1);
    shaper_set(&f->shaper, &(struct shape){.delay_us = 0});
    push(f, 2);
    assert_int_equal(f->count, 0);
    run_to_ms(f, 81);
    assert_int_equal(f->count, 2);
    assert_int_equal(f->delivered[0], 1);
}

static void loss_loses_its_share(void **state)
{
    struct fixture *f = *state;

    shaper_set(&f->shaper, &(struct shape){.loss_ppm = SHAPE_PPM / 4});
    for (int i = 0; i < 4000; i++)
        push(f, 1);
    assert_in_range(f->count, 2800, 3200);
    assert_int_equal(f->shaper.dropped, 4000 - f->count);
}

static void cut_loses_everything_under_way_too(void **state)
{
    struct fixture *f = *state;

    shaper_set(&f->shaper, &(struct shape){.delay_us = 80000});
    push(f, 1);
    shaper_set(&f->shaper, &(struct shape){.delay_us = 80000, .cut = true});
    push(f, 2);
    shaper_set(&f->shaper, &(struct shape){.delay_us = 80000});
    push(f, 3);
    run_to_ms(f, 500);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->delivered[0], 3);
    assert_int_equal(f->shaper.queued_bytes, 0);
}

static void held_frames_wait(void **state)
{
    struct fixture *f = *state;

    f->hold_next = true;
    push(f, 1);
    push(f, 2);
    push(f, 3);
    assert_int_equal(f->count, 1);
    shaper_hold(&f->shaper, false);
    assert_int_equal(f->count, 2);
    f->hold_next = false;
    shaper_hold(&f->shaper, false);
    assert_int_equal(f->count, 3);
    assert_int_equal(f->shaper.queued_bytes, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(unshaped_frames_pass_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(delayed_frames_come_in_order_and_not_early, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(shorter_delay_does_not_let_frames_overtake, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(loss_loses_its_share, setup, teardown),
        cmocka_unit_test_setup_teardown(cut_loses_everything_under_way_too, setup, teardown),
        cmocka_unit_test_setup_teardown(held_frames_wait, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
