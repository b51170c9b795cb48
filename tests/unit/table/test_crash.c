/*
 * test_crash.c - power loss at any moment: what was answered is there, and nothing is there by
 * half.
 *
 * Each round runs a random workload of local and replicated writes on a few keys, dies at a random
 * event, and opens what the disk kept. The oracle is the set of versions that each key was given,
 * and which of them were answered.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/sim_random.h"

enum { KEYS = 6, WRITES_MAX = 120, ROUNDS = 12, SEEDS = 25 };

struct crash_test {
    struct fixture *f;
    struct sim_random random;
    struct version answered[KEYS]; /* the greatest version that somebody was told of */
    struct write writes[WRITES_MAX];
    int keys[WRITES_MAX];
    unsigned count;
    uint64_t remote_time;
    uint64_t sequence_seen; /* greatest sequence ever durable */
    struct hybrid_time closed;
};

static const char *pk_of(struct fixture *f, int key)
{
    return arena_printf(&f->arena, "k%d", key);
}

static void run_some(struct crash_test *test, struct table *table)
{
    struct fixture *f = test->f;
    uint64_t events = sim_random_below(&test->random, 600);

    test->count = 0;
    for (uint64_t i = 0; i < events; i++) {
        if (test->count < WRITES_MAX && sim_random_chance(&test->random, 0.2)) {
            unsigned at = test->count++;

            test->keys[at] = (int)sim_random_below(&test->random, KEYS);
            write_start(f, &test->writes[at], table, pk_of(f, test->keys[at]), NULL,
                        sim_random_chance(&test->random, 0.3)
                            ? NULL
                            : arena_printf(&f->arena, "v%llu",
                                           (unsigned long long)sim_random_next(&test->random)));
        }
        if (sim_random_chance(&test->random, 0.02))
            test->closed = store_closed_time(f->store, true);
        if (sim_random_chance(&test->random, 0.01)) /* a Region alone: closed is its floor */
            store_set_floor(f->store, table, test->closed);
        sim_executor_step(f->sim);
    }
    for (unsigned i = 0; i < test->count; i++) {
        struct write *write = &test->writes[i];

        if (write->done && write->rc == 0 && write->mutation.outcome != MUTATION_NOTHING &&
            version_cmp(write->mutation.version, test->answered[test->keys[i]]) > 0)
            test->answered[test->keys[i]] = write->mutation.version;
    }
    test->sequence_seen = store_durable_sequence(f->store);
    test->closed = store_closed_time(f->store, false);
}

static void check(struct crash_test *test, struct table *table)
{
    struct fixture *f = test->f;
    struct version last[KEYS] = {{{0}, 0}};
    bool live[KEYS] = {false};
    uint64_t count_live = 0;
    struct table_stats stats;
    struct change *changes;
    size_t count;

    assert_true(store_durable_sequence(f->store) >= test->sequence_seen);
    assert_digest_right(f, table);

    /* The log is a chain per key, and the items are what it ends with. */
    changes = fixture_log(f, table, false, false, &count);
    for (size_t i = 0; i < count; i++) {
        int key = changes[i].key.ptr[changes[i].key.len - 1] - '0';

        assert_true(version_cmp(changes[i].version, last[key]) > 0);
        assert_true(last[key].time.bits == 0 || changes[i].existed == live[key]);
        last[key] = changes[i].version;
        live[key] = changes[i].kind == CHANGE_PUT;
    }
    for (int key = 0; key < KEYS; key++) {
        struct item_key item = fixture_key(pk_of(f, key), NULL);
        struct pinned pin = PINNED_EMPTY;
        struct record record;
        int rc = store_get(f->store, table, &item, ENGINE_READ_ANY, &pin, &record);

        assert_true(version_cmp(last[key], test->answered[key]) >= 0);
        assert_int_equal(rc, live[key] ? 0 : ST_NOTFOUND);
        if (rc == 0)
            assert_true(version_eq(record.version, last[key]));
        count_live += rc == 0;
        engine_unpin(&pin);
        test->answered[key] = last[key]; /* what is durable now may be built upon */
    }
    table_stats(table, &stats);
    assert_int_equal(stats.items, count_live);
    assert_true(stats.tombstones <= KEYS);
}

static void crash_round(struct crash_test *test)
{
    struct fixture *f = test->f;
    struct table *table = store_table(f->store, SLICE("t"));
    struct write write;

    run_some(test, table);
    table_unref(table);
    fixture_crash(f, sim_random_next(&test->random));
    table = store_table(f->store, SLICE("t"));
    assert_non_null(table);
    check(test, table);

    /* The clock goes on above everything it announced, also when the wall has stepped back. */
    clock_set_offset_us(&f->clock, -INT64_C(3600) * 1000000);
    write_start(
        f, &write, table, "k0", NULL,
        arena_printf(&f->arena, "after%llu", (unsigned long long)sim_random_next(&test->random)));
    fixture_settle(f);
    assert_int_equal(write.rc, 0);
    assert_true(write.mutation.version.time.bits > test->closed.bits);
    test->answered[0] = write.mutation.version;
    clock_set_offset_us(&f->clock, 0);
    arena_reset(&f->arena);
    table_unref(table);
}

static void test_what_was_answered_survives_and_nothing_is_half(void **state)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct crash_test *test = calloc(1, sizeof(*test));
        struct fixture *f = fixture_new(seed);
        bool global = seed % 3 != 0;

        assert_non_null(test);
        test->f = f;
        test->random = sim_random_fork(seed, "crash");
        f->miss_every = seed % 2 ? 7 : 0;
        if (global) {
            table_unref(fixture_global(f, "t", 1));
        } else {
            struct table *table = fixture_table(f, "t", false);

            fixture_enable_stream(f, table, STREAM_KEYS_ONLY, "one"); /* keeps the log */
            table_unref(table);
        }
        for (int round = 0; round < ROUNDS; round++)
            crash_round(test);
        fixture_free(f);
        free(test);
    }
}

struct apply_call {
    struct apply apply;
    bool done;
};

static void on_applied(struct apply *apply, int rc)
{
    CONTAINER_OF(apply, struct apply_call, apply)->done = true;
}

/* Applied changes and their checkpoint are one: after a crash there are both or none. */
static void test_a_checkpoint_is_as_durable_as_its_changes(void **state)
{
    unsigned with = 0, without = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct sim_random random = sim_random_fork(seed, "checkpoint");
        struct fixture *f = fixture_new(seed);
        struct table *table = fixture_global(f, "t", 1);
        struct change change = fixture_remote(f, 2, UINT64_C(1) << 40, "a", "x");
        struct apply_call call = {.apply = {.table = table,
                                            .changes = &change,
                                            .count = 1,
                                            .strand = f->strand,
                                            .on_applied = on_applied}};
        struct item_key key = fixture_key("a", NULL);
        struct buf checkpoint = BUF_EMPTY;
        struct slice value;
        bool item, position, answered;

        store_meta_key(&checkpoint, "test", SLICE("c"));
        call.apply.partition = partition_of_hash(item_key_hash(&key));
        call.apply.checkpoint_key = buf_slice(&checkpoint);
        call.apply.checkpoint_value = SLICE("1");
        store_apply(f->store, &call.apply);
        for (uint64_t i = sim_random_below(&random, 12); i > 0; i--)
            sim_executor_step(f->sim);
        answered = call.done;
        table_unref(table);
        fixture_crash(f, sim_random_next(&random));
        table = store_table(f->store, SLICE("t"));
        item = strcmp(fixture_get(f, table, "a", NULL), "x") == 0;
        position = store_meta_get(f->store, "test", SLICE("c"), &f->arena, &value) == 0;
        assert_int_equal(item, position);
        assert_true(item || !answered);
        with += item;
        without += !item;
        buf_release(&checkpoint);
        table_unref(table);
        fixture_free(f);
    }
    assert_true(with > 0);
    assert_true(without > 0);
}

/* The digest is right whether its tail was replayed, just stored, or long. */
static void test_digests_survive_crashes_and_flushes(void **state)
{
    struct fixture *f = fixture_new(3);
    struct table *table = fixture_global(f, "t", 1);
    struct write *writes = test_calloc(5000, sizeof(*writes));

    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 5000; i++) {
            write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i % 700), NULL,
                        i % 4 ? arena_printf(&f->arena, "v%d-%d", i, round) : NULL);
            if (i % 500 == 0)
                fixture_run_ms(f, 5);
        }
        fixture_settle(f);
        assert_digest_right(f, table);
        table_unref(table);
        fixture_crash(f, 1);
        table = store_table(f->store, SLICE("t"));
        assert_digest_right(f, table);
    }
    test_free(writes);
    table_unref(table);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_was_answered_survives_and_nothing_is_half),
        cmocka_unit_test(test_a_checkpoint_is_as_durable_as_its_changes),
        cmocka_unit_test(test_digests_survive_crashes_and_flushes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
