/*
 * test_shards.c - how shards follow each other, and that every change is in exactly one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

#include "table/shards.h"

enum { HOUSEKEEPING_RUNS_MS = 11000 };
#define HOURS_US (INT64_C(3600) * 1000000)

static int setup(void **state)
{
    *state = fixture_new(11);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/* The clock shows so many hours more, and housekeeping has seen it. */
static void move_clock(struct fixture *f, int hours)
{
    clock_set_offset_us(&f->clock, hours * HOURS_US);
    fixture_run_ms(f, HOUSEKEEPING_RUNS_MS);
}

static size_t list(struct fixture *f, struct table *table, uint32_t stream,
                   struct shard **ret_shards)
{
    struct schema *schema = table_schema(table);
    size_t count;

    assert_true(stream < schema->stream_count);
    assert_int_equal(store_shards(table, &schema->streams[stream], clock_wall_ms(&f->clock),
                                  &f->arena, ret_shards, &count),
                     0);
    schema_unref(schema);
    return count;
}

static void write_keys(struct fixture *f, struct table *table, int count, const char *v)
{
    for (int i = 0; i < count; i++)
        assert_int_equal(fixture_put(f, table, arena_printf(&f->arena, "k%d", i), NULL, v), 0);
}

/* Changes in the shard, which are all within its bounds. */
static size_t count_in(struct fixture *f, struct table *table, const struct shard *shard)
{
    uint64_t durable = store_durable_sequence(f->store);
    struct log_read read = {.after = shard->start,
                            .up_to = shard->end < durable ? shard->end : durable};
    struct buf out = BUF_EMPTY;
    struct reader reader;
    size_t count = 0;

    assert_int_equal(store_log_read(f->store, table, shard->group, &read, &out), 0);
    reader = reader_of(buf_slice(&out));
    while (reader_left(&reader) > 0) {
        struct change change;

        assert_int_equal(change_decode(reader_sized(&reader), &change), 0);
        assert_true(change.sequence > shard->start && change.sequence < shard->end);
        count++;
    }
    buf_release(&out);
    return count;
}

static void a_stream_begins_with_one_shard_per_log_group(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct shard *shards;

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    fixture_run_ms(f, HOUSEKEEPING_RUNS_MS);
    assert_int_equal(list(f, table, 0, &shards), TABLE_PARTITIONS);
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        assert_int_equal(shards[i].group, i);
        assert_true(shards[i].end == UINT64_MAX);
        assert_int_equal(shards[i].closed_ms, 0);
        assert_int_equal(shards[i].parent_ms, 0);
    }
    table_unref(table);
}

static void check_lineage(const struct shard *shards, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool last = i + 1 == count || shards[i + 1].group != shards[i].group;

        assert_int_equal(shards[i].closed_ms == 0, last);
        assert_int_equal(shards[i].end == UINT64_MAX, last);
        if (last)
            continue;
        assert_true(shards[i].start < shards[i].end);
        assert_true(shards[i + 1].start == shards[i].end);
        assert_int_equal(shards[i + 1].opened_ms, shards[i].closed_ms);
        assert_int_equal(shards[i + 1].parent_ms, shards[i].opened_ms);
    }
}

static void shards_follow_each_other_and_survive_a_crash(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct shard *shards, *again;
    size_t count, total = 0;

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    write_keys(f, table, 20, "1");
    move_clock(f, 3);
    assert_int_equal(list(f, table, 0, &shards), 4);
    move_clock(f, 5);
    write_keys(f, table, 20, "2");
    move_clock(f, 10);
    write_keys(f, table, 20, "3");
    count = list(f, table, 0, &shards);
    assert_int_equal(count, 12);
    check_lineage(shards, count);
    for (size_t i = 0; i < count; i++)
        total += count_in(f, table, &shards[i]);
    assert_int_equal(total, 60);

    table_unref(table);
    fixture_crash(f, 0);
    table = store_table(f->store, SLICE("t"));
    assert_int_equal(list(f, table, 0, &again), count);
    assert_memory_equal(again, shards, count * sizeof(*shards));
    table_unref(table);
}

/* A cut may fall into the middle of a batch: readers and the cut agree on what is where. */
static void a_cut_among_writes_in_flight_loses_nothing(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write *writes = test_calloc(4000, sizeof(*writes));
    struct shard *shards;
    size_t total = 0;

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    f->commit_delay_us = 100000;
    for (int i = 0; i < 4000; i++) {
        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i), NULL, "v");
        if (i % 100 == 99) {
            clock_set_offset_us(&f->clock, i / 100 * HOURS_US / 2);
            fixture_run_ms(f, 400);
        }
    }
    fixture_settle(f);
    for (size_t i = 0, count = list(f, table, 0, &shards); i < count; i++) {
        assert_true(shards[i].end == UINT64_MAX ||
                    shards[i].end <= store_durable_sequence(f->store));
        total += count_in(f, table, &shards[i]);
    }
    assert_true(total <= 4000 && total >= 3500); /* the rest is older than a day */
    test_free(writes);
    table_unref(table);
}

static void old_shards_are_forgotten(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct shard *shards;
    size_t count;

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    for (int hours = 5; hours <= 100; hours += 5)
        move_clock(f, hours);
    count = list(f, table, 0, &shards);
    assert_int_equal(count, 4 * 6); /* closed at 80, 85, 90, 95, 100; open */
    check_lineage(shards, count);
    assert_true(shards[0].parent_ms != 0);

    table_unref(table);
    fixture_crash(f, 0);
    clock_set_offset_us(&f->clock, 0); /* what was forgotten does not come back */
    table = store_table(f->store, SLICE("t"));
    assert_in_range(list(f, table, 0, &shards), count, count + 4);
    table_unref(table);
}

static void disable(struct fixture *f, struct table *table)
{
    struct schema *schema = table_schema(table), *edited = schema_copy(schema);

    edited->streams[0].disabled_ms = clock_wall_ms(&f->clock);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, edited), 0);
    schema_unref(schema);
}

static void each_stream_of_a_table_has_its_own_shards(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct shard *first, *second;
    size_t count;

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    move_clock(f, 5);
    disable(f, table);
    write_keys(f, table, 8, "between");
    move_clock(f, 6);
    fixture_enable_stream(f, table, STREAM_NEW_IMAGE, "two");
    move_clock(f, 11);
    write_keys(f, table, 8, "after");

    count = list(f, table, 1, &first);
    assert_int_equal(count, 8);
    for (size_t i = 0; i < count; i++) {
        assert_true(first[i].closed_ms != 0 && first[i].end != UINT64_MAX);
        assert_int_equal(count_in(f, table, &first[i]), 0);
    }
    count = list(f, table, 0, &second);
    assert_int_equal(count, 8);
    check_lineage(second, count);
    assert_int_equal(count_in(f, table, &second[1]) + count_in(f, table, &second[3]) +
                         count_in(f, table, &second[5]) + count_in(f, table, &second[7]),
                     8);
    table_unref(table);
}

static void a_full_shard_is_closed_early(void **state)
{
    struct fixture *f = *state;
    struct shard *shards;
    struct table *table;
    size_t count;

    fixture_close(f);
    f->shard_bytes_max = 20000;
    fixture_open(f);
    table = fixture_table(f, "t", false);
    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    for (int i = 0; i < 200; i++) /* one item, so one log group */
        fixture_put(f, table, "a", NULL, i % 2 ? "1" : "2");
    fixture_run_ms(f, HOUSEKEEPING_RUNS_MS);
    count = list(f, table, 0, &shards);
    assert_int_equal(count, 5);
    check_lineage(shards, count);
    fixture_run_ms(f, HOUSEKEEPING_RUNS_MS); /* it is counted anew from the cut on */
    assert_int_equal(list(f, table, 0, &shards), 5);
    table_unref(table);
}

static void the_horizon_is_exact(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    int64_t middle_ms, since_ms = INT64_MIN;
    struct change *changes;
    uint64_t oldest;
    size_t count;

    fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one");
    for (int i = 0; i < 9; i++) {
        fixture_put(f, table, "a", NULL, i % 2 ? "1" : "2");
        fixture_run_ms(f, 10);
    }
    changes = fixture_log(f, table, false, true, &count);
    assert_int_equal(count, 9);
    middle_ms = changes[5].commit_ms;
    for (uint32_t group = 0; group < TABLE_PARTITIONS; group++) {
        assert_int_equal(store_log_horizon(f->store, table, group, since_ms, &oldest), 0);
        assert_int_equal(oldest, 0);
        assert_int_equal(store_log_horizon(f->store, table, group, middle_ms, &oldest), 0);
        assert_true(oldest == 0 || oldest == changes[4].sequence);
    }
    table_unref(table);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_stream_begins_with_one_shard_per_log_group),
        T(shards_follow_each_other_and_survive_a_crash),
        T(a_cut_among_writes_in_flight_loses_nothing),
        T(old_shards_are_forgotten),
        T(each_stream_of_a_table_has_its_own_shards),
        T(a_full_shard_is_closed_early),
        T(the_horizon_is_exact),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
