/*
 * test_hlc.c - the hybrid clock: above all it issued, ratcheted within bounds, closed only what is
 * durable.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/sim_random.h"
#include "base/status.h"
#include "changes/hlc.h"

#define WALL INT64_C(1767225600000)
#define HOUR_MS INT64_C(3600000)

static struct hybrid_time ms(int64_t value)
{
    return hybrid_time_of_ms(value);
}

static struct hybrid_time draw(struct hlc *hlc, int64_t wall_ms, struct hybrid_time prev)
{
    struct hybrid_time time;

    assert_int_equal(hlc_draw(hlc, wall_ms, prev, &time), 0);
    return time;
}

static int setup(void **state)
{
    struct hlc *hlc = test_malloc(sizeof(*hlc));

    hlc_init(hlc, ms(0), ms(0));
    *state = hlc;
    return 0;
}

static int teardown(void **state)
{
    hlc_release(*state);
    test_free(*state);
    return 0;
}

static void test_draws_rise_when_the_wall_stands_or_falls(void **state)
{
    struct hlc *hlc = *state;
    struct hybrid_time first = draw(hlc, WALL, ms(0));

    assert_int_equal(first.bits, ms(WALL).bits);
    assert_int_equal(draw(hlc, WALL, ms(0)).bits, first.bits + 1);
    assert_int_equal(draw(hlc, WALL - HOUR_MS, ms(0)).bits, first.bits + 2);
}

static void test_a_full_counter_carries_into_the_milliseconds(void **state)
{
    struct hlc *hlc = *state;
    struct hybrid_time last = ms(0);

    for (int i = 0; i <= 0x10000; i++) {
        struct hybrid_time time = draw(hlc, WALL, ms(0));

        assert_true(time.bits > last.bits);
        last = time;
    }
    assert_int_equal(hybrid_time_ms(last), WALL + 1);
}

static void test_a_near_record_moves_the_clock_a_far_one_is_only_beaten(void **state)
{
    struct hlc *hlc = *state;
    struct hybrid_time near = ms(WALL + HLC_RATCHET_MS), far = ms(WALL + 3 * HOUR_MS);

    assert_int_equal(draw(hlc, WALL, near).bits, near.bits + 1);
    assert_int_equal(draw(hlc, WALL, ms(0)).bits, near.bits + 2);
    assert_int_equal(draw(hlc, WALL, far).bits, far.bits + 1);
    assert_int_equal(draw(hlc, WALL, ms(0)).bits, near.bits + 4);
}

static void test_observing_ratchets_within_bounds(void **state)
{
    struct hlc *hlc = *state;
    struct hybrid_time near = ms(WALL + HLC_RATCHET_MS);

    assert_int_equal(hlc_observe(hlc, WALL, near), HLC_RATCHETED);
    assert_int_equal(draw(hlc, WALL, ms(0)).bits, near.bits + 1);
    assert_int_equal(hlc_observe(hlc, WALL, ms(WALL + HLC_RATCHET_MS + 1)), HLC_AHEAD);
    assert_int_equal(draw(hlc, WALL, ms(0)).bits, near.bits + 2);
    assert_int_equal(hlc_observe(hlc, WALL, ms(WALL + 20 * HOUR_MS)), HLC_AHEAD);
    assert_int_equal(hlc_observe(hlc, WALL, ms(WALL + 25 * HOUR_MS)), HLC_POISON);
    assert_int_equal(hlc_observe(hlc, WALL, ms(WALL - HOUR_MS)), HLC_RATCHETED);
}

/* A peer that creeps ahead must not drag the clock 500 ms at a time. */
static void test_the_ratchet_is_measured_from_the_wall(void **state)
{
    struct hlc *hlc = *state;

    for (int i = 1; i <= 10; i++)
        hlc_observe(hlc, WALL, ms(WALL + i * 400));
    assert_int_equal(hybrid_time_ms(draw(hlc, WALL, ms(0))), WALL + 400);
}

/* A machine that booted in 1970 must not call everybody poison when its clock already knows better.
 */
static void test_poison_is_measured_from_the_greater_of_wall_and_clock(void **state)
{
    struct hlc *hlc = *state;

    hlc_advance(hlc, ms(WALL));
    assert_int_equal(hlc_observe(hlc, 0, ms(WALL + HOUR_MS)), HLC_AHEAD);
}

static void test_closed_stays_below_what_is_not_durable(void **state)
{
    struct hlc *hlc = *state;
    struct hybrid_time a, b, c;

    hlc_persisted(hlc, ms(WALL + HOUR_MS));
    a = draw(hlc, WALL, ms(0));
    b = draw(hlc, WALL, ms(0));
    c = draw(hlc, WALL, ms(0));
    assert_int_equal(hlc_closed(hlc, WALL + 5).bits, a.bits - 1);
    hlc_settle(hlc, b); /* out of order: a still holds */
    assert_int_equal(hlc_closed(hlc, WALL + 5).bits, a.bits - 1);
    hlc_settle(hlc, a);
    assert_int_equal(hlc_closed(hlc, WALL + 5).bits, c.bits - 1);
    hlc_settle(hlc, c);
    assert_int_equal(hlc_closed(hlc, WALL + 7).bits, ms(WALL + 7).bits);
}

static void test_closed_never_passes_the_persisted_mark(void **state)
{
    struct hlc *hlc = *state;

    assert_int_equal(hlc_closed(hlc, WALL).bits, 0);
    hlc_persisted(hlc, ms(WALL + 10));
    assert_int_equal(hlc_closed(hlc, WALL + 60).bits, ms(WALL + 10).bits);
    assert_true(draw(hlc, WALL, ms(0)).bits > ms(WALL + 10).bits);
}

static void test_a_restarted_clock_begins_at_the_mark(void **state)
{
    struct hlc hlc;
    struct hybrid_time mark;

    hlc_init(&hlc, ms(0), ms(0));
    draw(&hlc, WALL, ms(0));
    mark = hlc_high_water_wanted(&hlc, WALL);
    assert_int_equal(hybrid_time_ms(mark), WALL + HLC_AHEAD_MS);
    hlc_release(&hlc);

    hlc_init(&hlc, mark, ms(0));
    assert_true(draw(&hlc, WALL - HOUR_MS, ms(0)).bits > mark.bits);
    hlc_release(&hlc);
}

/* Whatever happens: closed is monotone, and nothing is drawn at or below it. */
static void test_nothing_is_drawn_at_or_below_closed(void **state)
{
    enum { OPEN_MAX = 64 };

    for (uint64_t seed = 0; seed < 50; seed++) {
        struct sim_random random = sim_random_fork(seed, "hlc");
        struct hybrid_time open[OPEN_MAX], closed = {0};
        unsigned count = 0;
        int64_t wall = WALL;
        struct hlc hlc;

        hlc_init(&hlc, ms(0), ms(0));
        for (int step = 0; step < 4000; step++) {
            wall += sim_random_between(&random, -3, 4);
            switch (sim_random_below(&random, 5)) {
            case 0:
            case 1:
                if (count == OPEN_MAX)
                    break;
                open[count] = draw(&hlc, wall, ms(wall + sim_random_between(&random, -1000, 2000)));
                assert_true(open[count].bits > closed.bits);
                count++;
                break;
            case 2:
                if (count > 0) {
                    unsigned at = (unsigned)sim_random_below(&random, count);

                    hlc_settle(&hlc, open[at]);
                    open[at] = open[--count];
                }
                break;
            case 3:
                hlc_observe(&hlc, wall, ms(wall + sim_random_between(&random, -1000, 1000)));
                break;
            case 4:
                if (sim_random_chance(&random, 0.5))
                    hlc_persisted(&hlc, hlc_high_water_wanted(&hlc, wall));
                struct hybrid_time now = hlc_closed(&hlc, wall);

                assert_true(now.bits >= closed.bits);
                assert_true(now.bits <= hlc.high_water.bits);
                for (unsigned i = 0; i < count; i++)
                    assert_true(now.bits < open[i].bits);
                closed = now;
                break;
            }
        }
        hlc_release(&hlc);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_draws_rise_when_the_wall_stands_or_falls, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_full_counter_carries_into_the_milliseconds, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_a_near_record_moves_the_clock_a_far_one_is_only_beaten,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_observing_ratchets_within_bounds, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_ratchet_is_measured_from_the_wall, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_poison_is_measured_from_the_greater_of_wall_and_clock,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_closed_stays_below_what_is_not_durable, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_closed_never_passes_the_persisted_mark, setup,
                                        teardown),
        cmocka_unit_test(test_a_restarted_clock_begins_at_the_mark),
        cmocka_unit_test(test_nothing_is_drawn_at_or_below_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
