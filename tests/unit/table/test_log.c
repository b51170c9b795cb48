/*
 * test_log.c - the change log: what readers see, who is told, what may be trimmed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

static int setup(void **state)
{
    *state = fixture_new(7);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/* Keys of one partition only, so that one log group has all changes. */
static const char *key_of_group(struct fixture *f, uint32_t group, int number)
{
    for (int i = 0;; i++) {
        const char *pk = arena_printf(&f->arena, "k%d-%d", number, i);
        struct item_key key = fixture_key(pk, NULL);

        if (partition_of_hash(item_key_hash(&key)) == group)
            return pk;
    }
}

static size_t count_changes(const struct buf *out)
{
    struct reader reader = reader_of(buf_slice(out));
    size_t count = 0;

    while (!reader_done(&reader)) {
        reader_sized(&reader);
        assert_false(reader.failed);
        count++;
    }
    return count;
}

static void test_a_reader_goes_on_where_it_stopped(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct log_read read = {.count_max = 3};
    struct buf out = BUF_EMPTY;
    size_t total = 0;

    for (int i = 0; i < 10; i++)
        fixture_put(f, table, key_of_group(f, 2, i), NULL, "v");
    do {
        buf_clear(&out);
        assert_int_equal(store_log_read(f->store, table, 2, &read, &out), 0);
        assert_in_range(count_changes(&out), 1, 3);
        total += count_changes(&out);
        read.after = read.position;
    } while (read.more);
    assert_int_equal(total, 10);
    assert_int_equal(read.position, store_durable_sequence(f->store));
    buf_clear(&out);
    assert_int_equal(store_log_read(f->store, table, 1, &read, &out), 0);
    assert_int_equal(out.len, 0);

    read = (struct log_read){.bytes_max = 1};
    buf_clear(&out);
    assert_int_equal(store_log_read(f->store, table, 2, &read, &out), 0);
    assert_int_equal(count_changes(&out), 1);
    assert_true(read.more);
    buf_release(&out);
    table_unref(table);
}

static void test_a_reader_may_stop_at_a_sequence(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct buf out = BUF_EMPTY;
    struct log_read read = {.after = 0};

    for (int i = 0; i < 4; i++) {
        fixture_put(f, table, key_of_group(f, 2, i), NULL, "v");
        if (i == 1)
            read.up_to = store_durable_sequence(f->store);
    }
    assert_int_equal(store_log_read(f->store, table, 2, &read, &out), 0);
    assert_int_equal(count_changes(&out), 2);
    assert_int_equal(read.position, read.up_to);
    buf_release(&out);
    table_unref(table);
}

/* What feeds send is counted as it is committed, and from any position by reading: what stands
 * pending for a replica is the difference. */
static void assert_own(struct fixture *f, struct table *table, uint32_t group, uint64_t since_open,
                       uint64_t after, uint64_t above)
{
    struct log_read read = {.after = after, .own_only = true};
    struct change_sum own;
    uint64_t through;

    store_log_own(table, group, &own, &through);
    assert_int_equal(own.count, since_open);
    assert_in_range(through, 0, store_durable_sequence(f->store));
    assert_int_equal(store_log_read(f->store, table, group, &read, NULL), 0);
    assert_int_equal(read.sum.count, above);
    assert_int_equal(read.position, store_durable_sequence(f->store));
    if (after == 0)
        return;
    read = (struct log_read){.after = after, .up_to = through, .own_only = true};
    assert_int_equal(store_log_read(f->store, table, group, &read, NULL), 0);
    assert_int_equal(read.sum.bytes, own.bytes);
}

static void test_own_changes_are_counted(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1), *other = fixture_global(f, "u", 1);
    uint64_t opened = store_durable_sequence(f->store);

    for (int i = 0; i < 7; i++) {
        fixture_put(f, table, key_of_group(f, 2, i), NULL, "v");
        fixture_put(f, other, key_of_group(f, 2, i), NULL, "v");
        if (i < 3)
            assert_int_equal(fixture_apply(f, table,
                                           fixture_remote(f, 2, 1000 + (uint64_t)i,
                                                          key_of_group(f, 2, 100 + i), "x"),
                                           false, NULL),
                             0);
    }
    fixture_put(f, table, key_of_group(f, 1, 0), NULL, "v");
    fixture_put(f, table, key_of_group(f, 1, 0), NULL, "v"); /* changes nothing */
    assert_own(f, table, 2, 7, opened, 7);
    assert_own(f, table, 1, 1, opened, 1);
    assert_own(f, table, 0, 0, opened, 0);
    table_unref(table);
    table_unref(other);

    fixture_crash(f, 0); /* what was answered is on disk, and the count begins anew */
    table = store_table(f->store, SLICE("t"));
    assert_own(f, table, 2, 0, 0, 7);
    opened = store_durable_sequence(f->store);
    fixture_delete(f, table, key_of_group(f, 2, 3), NULL);
    assert_own(f, table, 2, 1, opened, 1);
    assert_own(f, table, 2, 1, 0, 8);
    table_unref(table);
}

struct watcher {
    struct log_watch watch;
    unsigned times;
};

static void on_changes(struct task *task)
{
    CONTAINER_OF(task, struct watcher, watch.task)->times++;
}

static void test_watchers_are_told_once_until_they_ran(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct watcher watcher = {.watch = {.strand = f->strand}};
    struct write write;
    unsigned times;

    task_init(&watcher.watch.task, on_changes);
    store_log_watch(f->store, &watcher.watch);
    fixture_put(f, table, "a", NULL, "1");
    fixture_settle(f);
    assert_int_equal(watcher.times, 1);
    fixture_put(f, table, "a", NULL, "1"); /* a no-op */
    fixture_settle(f);
    assert_int_equal(watcher.times, 1);
    fixture_put(f, table, "a", NULL, "2");
    fixture_settle(f);
    assert_int_equal(watcher.times, 2);
    store_log_unwatch(f->store, &watcher.watch);
    times = watcher.times;
    fixture_put(f, table, "a", NULL, "3");
    fixture_settle(f);
    assert_int_equal(watcher.times, times);

    /* Unwatched while a notice is on its way: it still comes, and says that it was the last. */
    store_log_watch(f->store, &watcher.watch);
    write_start(f, &write, table, "a", NULL, "4");
    while (!watcher.watch.posted)
        assert_true(sim_executor_step(f->sim));
    store_log_unwatch(f->store, &watcher.watch);
    fixture_settle(f);
    assert_int_equal(watcher.times, times + 1);
    assert_false(watcher.watch.posted);
    table_unref(table);
}

static uint64_t kept(struct fixture *f, struct table *table, uint32_t group)
{
    struct log_read read = {.after = store_log_trimmed(f->store, table, group)};
    struct buf out = BUF_EMPTY;
    uint64_t count;

    assert_int_equal(store_log_read(f->store, table, group, &read, &out), 0);
    count = count_changes(&out);
    buf_release(&out);
    return count;
}

static void write_some(struct fixture *f, struct table *table, const char *v)
{
    for (int i = 0; i < 5; i++)
        assert_int_equal(fixture_put(f, table, key_of_group(f, 1, i), NULL, v), 0);
}

/* Nobody needs them: they go soon, but not before the digest knows them. */
static void test_changes_nobody_needs_are_trimmed(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct log_read read = {.after = 0};
    struct buf out = BUF_EMPTY;

    write_some(f, table, "v");
    assert_int_equal(kept(f, table, 1), 5);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 1), 0);
    assert_int_equal(store_log_read(f->store, table, 1, &read, &out), ST_TRIMMED);
    fixture_crash(f, 0);
    table_unref(table);
    table = store_table(f->store, SLICE("t"));
    assert_digest_right(f, table);
    assert_int_equal(store_log_read(f->store, table, 1, &read, &out), ST_TRIMMED);
    buf_release(&out);
    table_unref(table);
}

static void test_a_hold_keeps_changes_whatever_their_age(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    uint64_t middle;

    write_some(f, table, "v");
    middle = store_durable_sequence(f->store);
    write_some(f, table, "w");
    clock_set_offset_us(&f->clock, INT64_C(48) * 3600 * 1000000);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 1), 10); /* a member's log is held until replication speaks */
    store_log_hold(f->store, table, 1, middle);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 1), 5);
    assert_in_range(store_log_trimmed(f->store, table, 1), 1, middle);
    store_log_hold(f->store, table, 1, UINT64_MAX);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 1), 0);
    table_unref(table);
}

static void test_a_stream_keeps_changes_for_a_day(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    write_some(f, table, "v");
    clock_set_offset_us(&f->clock, INT64_C(23) * 3600 * 1000000);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 1), 5);
    write_some(f, table, "w");
    clock_set_offset_us(&f->clock, INT64_C(25) * 3600 * 1000000);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 1), 5);
    clock_set_offset_us(&f->clock, INT64_C(49) * 3600 * 1000000);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 1), 0);
    table_unref(table);
}

static void test_trimming_stops_exactly(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write *writes = test_calloc(3000, sizeof(*writes));

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    for (int i = 0; i < 3000; i++) {
        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i), NULL, "v");
        if (i == 2499) {
            fixture_settle(f);
            clock_set_offset_us(&f->clock, INT64_C(12) * 3600 * 1000000);
        }
    }
    fixture_settle(f);
    clock_set_offset_us(&f->clock, INT64_C(25) * 3600 * 1000000);
    fixture_run_ms(f, 30000);
    assert_int_equal(kept(f, table, 0) + kept(f, table, 1) + kept(f, table, 2) + kept(f, table, 3),
                     500);
    assert_digest_right(f, table);
    test_free(writes);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_reader_goes_on_where_it_stopped), T(test_a_reader_may_stop_at_a_sequence),
        T(test_own_changes_are_counted),           T(test_watchers_are_told_once_until_they_ran),
        T(test_changes_nobody_needs_are_trimmed),  T(test_a_hold_keeps_changes_whatever_their_age),
        T(test_a_stream_keeps_changes_for_a_day),  T(test_trimming_stops_exactly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
