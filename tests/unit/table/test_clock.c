/*
 * test_clock.c - closed times: never above what is persisted, never past what is on its way to
 * disk.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

static int setup(void **state)
{
    *state = fixture_new(17);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static void test_closed_waits_for_writes_on_their_way(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct write write;

    write_start(f, &write, table, "a", NULL, "x");
    while (!write.done) {
        struct hybrid_time closed = store_closed_time(f->store, true);

        if (write.mutation.version.time.bits != 0 && !write.done &&
            store_durable_sequence(f->store) < 2)
            assert_true(closed.bits < write.mutation.version.time.bits);
        assert_true(sim_executor_step(f->sim));
    }
    fixture_run_ms(f, 10);
    assert_true(store_closed_time(f->store, false).bits >= write.mutation.version.time.bits);
    table_unref(table);
}

/* An idle Region's closed time advances, at the price of a commit now and then. */
static void test_an_idle_region_closes_time(void **state)
{
    struct fixture *f = *state;
    struct store_stats before, after;
    struct hybrid_time closed = store_closed_time(f->store, false);

    store_stats(f->store, &before);
    for (int i = 0; i < 1000; i++) {
        struct hybrid_time next = store_closed_time(f->store, true);

        assert_true(next.bits >= closed.bits);
        closed = next;
        fixture_run_ms(f, 10);
    }
    store_stats(f->store, &after);
    assert_true(hybrid_time_ms(closed) > clock_wall_ms(&f->clock) - 1000);
    assert_in_range(after.commits - before.commits, 50, 110); /* ten seconds */
    store_stats(f->store, &before);
    fixture_run_ms(f, 10000);
    store_stats(f->store, &after);
    assert_int_equal(after.commits, before.commits); /* nobody asks, nothing is written */
}

static void test_closed_survives_a_crash_and_a_wall_that_steps_back(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct hybrid_time closed = {0};
    struct write write;

    for (int i = 0; i < 30; i++) {
        closed = store_closed_time(f->store, true);
        fixture_run_ms(f, 37);
    }
    table_unref(table);
    fixture_crash(f, 5);
    clock_set_offset_us(&f->clock, -INT64_C(86400) * 1000000);
    table = store_table(f->store, SLICE("t"));
    write_start(f, &write, table, "a", NULL, "x");
    fixture_settle(f);
    assert_int_equal(write.rc, 0);
    assert_true(write.mutation.version.time.bits > closed.bits);
    table_unref(table);
}

static void test_an_advanced_clock_is_durable_with_the_next_edit(void **state)
{
    struct fixture *f = *state;
    struct hybrid_time floor = hybrid_time_of_ms(clock_wall_ms(&f->clock) + 3600000);
    struct table *table;
    struct write write;

    store_advance_clock(f->store, floor);
    table = fixture_global(f, "t", 1);
    table_unref(table);
    fixture_crash(f, 0);
    table = store_table(f->store, SLICE("t"));
    write_start(f, &write, table, "a", NULL, "x");
    fixture_settle(f);
    assert_true(write.mutation.version.time.bits > floor.bits);
    table_unref(table);
}

static void test_observing(void **state)
{
    struct fixture *f = *state;
    int64_t wall = clock_wall_ms(&f->clock);

    assert_int_equal(store_observe_time(f->store, hybrid_time_of_ms(wall + 400)),
                     STORE_OBSERVED_RATCHETED);
    assert_int_equal(store_observe_time(f->store, hybrid_time_of_ms(wall + 4000)),
                     STORE_OBSERVED_AHEAD);
    assert_int_equal(store_observe_time(f->store, hybrid_time_of_ms(wall + 90000000)),
                     STORE_OBSERVED_POISON);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_closed_waits_for_writes_on_their_way),
        T(test_an_idle_region_closes_time),
        T(test_closed_survives_a_crash_and_a_wall_that_steps_back),
        T(test_an_advanced_clock_is_durable_with_the_next_edit),
        T(test_observing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
