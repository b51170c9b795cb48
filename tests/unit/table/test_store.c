/*
 * test_store.c - local writes: decided in order, answered when durable, never half.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

static int setup(void **state)
{
    *state = fixture_new(1);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static void test_a_put_is_read_back_after_its_answer(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", true);

    assert_int_equal(fixture_put(f, table, "a", "1", "x"), 0);
    assert_string_equal(fixture_get(f, table, "a", "1"), "x");
    assert_string_equal(fixture_get(f, table, "a", "2"), "");
    assert_int_equal(fixture_put(f, table, "a", "1", "y"), 0);
    assert_string_equal(fixture_get(f, table, "a", "1"), "y");
    assert_int_equal(fixture_delete(f, table, "a", "1"), 0);
    assert_string_equal(fixture_get(f, table, "a", "1"), "");
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_nothing_is_seen_before_it_is_durable(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    uint64_t durable = store_durable_sequence(f->store);
    struct write write;

    write_start(f, &write, table, "a", NULL, "x");
    while (!write.done) {
        bool visible = strcmp(fixture_get(f, table, "a", NULL), "") != 0;

        assert_true(!visible || store_durable_sequence(f->store) >= durable);
        if (!visible)
            assert_int_equal(store_durable_sequence(f->store), durable);
        assert_true(sim_executor_step(f->sim));
    }
    assert_string_equal(fixture_get(f, table, "a", NULL), "x");
    assert_int_equal(store_durable_sequence(f->store), durable + 1);
    table_unref(table);
}

/* Decisions about one item see each other at once, long before any of them is durable. */
static void test_decisions_stand_on_undurable_decisions(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write writes[4];

    write_start_if(f, &writes[0], table, "a", NULL, "1", "");
    write_start_if(f, &writes[1], table, "a", NULL, "2", "1");
    write_start_if(f, &writes[2], table, "a", NULL, NULL, "2");
    write_start_if(f, &writes[3], table, "a", NULL, "4", "");
    fixture_settle(f);
    for (int i = 0; i < 4; i++)
        assert_int_equal(writes[i].rc, 0);
    assert_string_equal(fixture_get(f, table, "a", NULL), "4");
    assert_true(version_cmp(writes[0].mutation.version, writes[1].mutation.version) < 0);
    assert_true(version_cmp(writes[1].mutation.version, writes[2].mutation.version) < 0);
    assert_true(version_cmp(writes[2].mutation.version, writes[3].mutation.version) < 0);
    assert_digest_right(f, table);
    table_unref(table);
}

/* A failed condition is a read: it must not be answered before what it saw is durable. */
static void test_a_failed_condition_waits_for_what_it_saw(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write put, failed, nothing;

    write_start(f, &put, table, "a", NULL, "x");
    write_start_if(f, &failed, table, "a", NULL, "y", "other");
    write_start(f, &nothing, table, "a", NULL, "x");
    while (!put.done) {
        assert_false(failed.done);
        assert_false(nothing.done);
        assert_true(sim_executor_step(f->sim));
    }
    fixture_settle(f);
    assert_int_equal(failed.rc, ST_CONDITION);
    assert_string_equal(failed.saw, "x");
    assert_int_equal(nothing.rc, 0);
    assert_int_equal(nothing.mutation.outcome, MUTATION_NOTHING);
    assert_true(put.order < failed.order);
    table_unref(table);
}

static void test_no_ops_write_nothing(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct store_stats before, after;
    size_t count;

    fixture_put(f, table, "a", NULL, "x");
    fixture_settle(f);
    store_stats(f->store, &before);
    assert_int_equal(fixture_put(f, table, "a", NULL, "x"), 0);
    assert_int_equal(fixture_delete(f, table, "b", NULL), 0);
    store_stats(f->store, &after);
    assert_int_equal(after.changes, before.changes);
    assert_int_equal(after.commits, before.commits);
    fixture_log(f, table, false, false, &count);
    assert_int_equal(count, 1);
    table_unref(table);
}

static void test_many_writes_share_commits(void **state)
{
    enum { WRITES = 200 };
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write writes[WRITES];
    struct store_stats before, after;
    struct change *changes;
    size_t count;

    store_stats(f->store, &before);
    for (int i = 0; i < WRITES; i++) {
        const char *pk = arena_printf(&f->arena, "k%d", i % 50);

        write_start(f, &writes[i], table, pk, NULL, arena_printf(&f->arena, "v%d", i));
    }
    fixture_settle(f);
    store_stats(f->store, &after);
    for (int i = 0; i < WRITES; i++)
        assert_int_equal(writes[i].rc, 0);
    assert_in_range(after.commits - before.commits, 1, 20);
    changes = fixture_log(f, table, false, false, &count);
    assert_int_equal(count, WRITES);
    for (size_t i = 1; i < count; i++)
        assert_true(changes[i].sequence > changes[i - 1].sequence);
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_cache_misses_go_through_the_io_pool(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write writes[40];

    f->miss_every = 2;
    for (int i = 0; i < 40; i++)
        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i % 7), NULL,
                    arena_printf(&f->arena, "v%d", i));
    fixture_settle(f);
    for (int i = 0; i < 40; i++)
        assert_int_equal(writes[i].rc, 0);
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_a_late_mutation_is_refused(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write write = {.fixture = f};

    write_start(f, &write, table, "a", NULL, "x");
    fixture_settle(f);
    write.done = false;
    write.item = fixture_item(f, "a", NULL, "y");
    write.mutation.deadline = (struct mono){1};
    store_mutate(f->store, &write.mutation);
    fixture_settle(f);
    assert_int_equal(write.rc, ST_BUSY);
    assert_string_equal(fixture_get(f, table, "a", NULL), "x");
    table_unref(table);
}

static void test_a_fenced_region_refuses_writes(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);

    store_fence(f->store, "a test");
    assert_int_equal(fixture_put(f, table, "a", NULL, "x"), ST_FENCED);
    store_fence(f->store, NULL);
    assert_int_equal(fixture_put(f, table, "a", NULL, "x"), 0);
    table_unref(table);
}

static void test_a_full_queue_refuses_without_effect(void **state)
{
    struct fixture *f = *state;
    struct table *table;
    struct write writes[64];
    unsigned refused = 0;

    fixture_close(f);
    f->queue_bytes_max = 20000;
    fixture_open(f);
    table = fixture_table(f, "t", false);
    for (int i = 0; i < 64; i++)
        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i), NULL, "v");
    fixture_settle(f);
    for (int i = 0; i < 64; i++) {
        const char *v = fixture_get(f, table, arena_printf(&f->arena, "k%d", i), NULL);

        assert_true(writes[i].rc == 0 || writes[i].rc == ST_BUSY);
        assert_string_equal(v, writes[i].rc == 0 ? "v" : "");
        refused += writes[i].rc == ST_BUSY;
    }
    assert_in_range(refused, 20, 60);
    assert_int_equal(fixture_put(f, table, "again", NULL, "v"), 0);
    table_unref(table);
}

/* What was decided on top of a refused batch is refused with it; afterwards all is as before. */
static void test_a_full_disk_refuses_successors_too(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write first, second, other;
    struct hybrid_time closed;

    assert_int_equal(fixture_put(f, table, "a", NULL, "0"), 0);
    fixture_settle(f);
    memory_disk_set_full(f->disk, true);
    write_start_if(f, &first, table, "a", NULL, "1", "0");
    write_start_if(f, &second, table, "a", NULL, "2", "1");
    write_start_if(f, &other, table, "a", NULL, "3", "nobody wrote this");
    fixture_settle(f);
    assert_int_equal(first.rc, ST_FULL);
    assert_int_equal(second.rc, ST_FULL);
    assert_int_equal(other.rc, ST_FULL);
    assert_string_equal(fixture_get(f, table, "a", NULL), "0");
    assert_digest_right(f, table);
    assert_int_equal(fixture_put(f, table, "a", NULL, "4"), ST_FULL);

    memory_disk_set_full(f->disk, false);
    write_start_if(f, &first, table, "a", NULL, "5", "0");
    fixture_settle(f);
    assert_int_equal(first.rc, 0);
    assert_string_equal(fixture_get(f, table, "a", NULL), "5");
    assert_digest_right(f, table);
    /* Refused versions hold nothing back. */
    closed = store_closed_time(f->store, true);
    fixture_run_ms(f, 500);
    assert_true(store_closed_time(f->store, false).bits > closed.bits);
    table_unref(table);
}

static void test_full_disk_now_and_then_under_load(void **state)
{
    enum { WRITES = 400 };
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write *writes = test_calloc(WRITES, sizeof(*writes));
    const char *expected[8] = {"", "", "", "", "", "", "", ""};
    unsigned refused = 0;

    for (int i = 0; i < WRITES; i++) {
        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i % 8), NULL,
                    arena_printf(&f->arena, "v%d", i));
        if (i % 20 == 0)
            fixture_run_ms(f, 1);
        memory_disk_set_full(f->disk, i % 60 >= 40);
    }
    memory_disk_set_full(f->disk, false);
    fixture_settle(f);
    for (int i = 0; i < WRITES; i++) {
        refused += writes[i].rc == ST_FULL;
        if (writes[i].rc == 0)
            expected[i % 8] = arena_printf(&f->arena, "v%d", i);
        else
            assert_int_equal(writes[i].rc, ST_FULL);
    }
    assert_in_range(refused, 10, WRITES - 10);
    for (int i = 0; i < 8; i++)
        assert_string_equal(fixture_get(f, table, arena_printf(&f->arena, "k%d", i), NULL),
                            expected[i]);
    assert_digest_right(f, table);
    test_free(writes);
    table_unref(table);
}

static void test_closing_answers_everything(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write writes[30];

    for (int i = 0; i < 30; i++)
        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i), NULL, "v");
    fixture_close(f);
    for (int i = 0; i < 30; i++) {
        assert_true(writes[i].done);
        assert_int_equal(writes[i].rc, 0);
    }
    table_unref(table);
    fixture_open(f);
    table = store_table(f->store, SLICE("t"));
    assert_string_equal(fixture_get(f, table, "k7", NULL), "v");
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_a_folder_knows_its_region(void **state)
{
    struct fixture *f = *state;
    uint8_t folder[16], again[16];
    uint64_t incarnation, incarnation_again;

    fixture_settle(f);
    store_identity(f->store, folder, &incarnation);
    fixture_close(f);
    f->region = "eu-west-1";
    assert_int_equal(fixture_try_open(f), ST_REFUSED);
    f->region = "us-east-1";
    fixture_open(f);
    store_identity(f->store, again, &incarnation_again);
    assert_memory_equal(folder, again, sizeof(folder));
    assert_true(incarnation != incarnation_again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_put_is_read_back_after_its_answer),
        T(test_nothing_is_seen_before_it_is_durable),
        T(test_decisions_stand_on_undurable_decisions),
        T(test_a_failed_condition_waits_for_what_it_saw),
        T(test_no_ops_write_nothing),
        T(test_many_writes_share_commits),
        T(test_cache_misses_go_through_the_io_pool),
        T(test_a_late_mutation_is_refused),
        T(test_a_fenced_region_refuses_writes),
        T(test_a_full_queue_refuses_without_effect),
        T(test_a_full_disk_refuses_successors_too),
        T(test_full_disk_now_and_then_under_load),
        T(test_closing_answers_everything),
        T(test_a_folder_knows_its_region),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
