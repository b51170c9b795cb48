/*
 * test_tombstone.c - what deletes leave behind, and when it may be forgotten.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

#define NOW (UINT64_C(1767225600000) << HYBRID_COUNTER_BITS)

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

static uint64_t tombstones(struct table *table)
{
    struct table_stats stats;

    table_stats(table, &stats);
    return stats.tombstones;
}

static void test_a_regional_delete_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);

    fixture_put(f, table, "a", NULL, "x");
    fixture_delete(f, table, "a", NULL);
    assert_int_equal(tombstones(table), 0);
    table_unref(table);
}

static void test_a_delayed_put_does_not_revive_a_deleted_item(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct apply result;

    fixture_put(f, table, "a", NULL, "x");
    fixture_delete(f, table, "a", NULL);
    assert_int_equal(tombstones(table), 1);
    fixture_apply(f, table, fixture_remote(f, 2, NOW - 5, "a", "old"), false, &result);
    assert_int_equal(result.dropped, 1);
    assert_int_equal(result.conflicts, 1); /* concurrent, and older */
    assert_string_equal(fixture_get(f, table, "a", NULL), "");
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_tombstones_are_purged_at_or_below_the_floor_only(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);

    fixture_apply(f, table, fixture_remote(f, 2, NOW + 10, "a", NULL), false, NULL);
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 20, "b", NULL), false, NULL);
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 30, "c", NULL), false, NULL);
    assert_int_equal(tombstones(table), 3);
    store_set_floor(f->store, table, (struct hybrid_time){NOW + 20});
    fixture_run_ms(f, 1000);
    assert_int_equal(tombstones(table), 1);
    store_set_floor(f->store, table,
                    (struct hybrid_time){NOW + 5}); /* a lower one changes nothing */
    assert_int_equal(store_floor(f->store, table).bits, NOW + 20);

    /* After a crash the floor is still there: what it forgot must not come back. */
    table_unref(table);
    fixture_crash(f, 0);
    table = store_table(f->store, SLICE("t"));
    assert_int_equal(store_floor(f->store, table).bits, NOW + 20);
    assert_int_equal(tombstones(table), 1);
    fixture_apply(f, table, fixture_remote(f, 3, NOW + 2, "a", "old"), false, NULL);
    assert_string_equal(fixture_get(f, table, "a", NULL), "");
    fixture_apply(f, table, fixture_remote(f, 3, NOW + 25, "c", "old"), false, NULL);
    assert_string_equal(fixture_get(f, table, "c", NULL), "");
    table_unref(table);
}

static void test_a_tombstone_that_was_replaced_is_not_purged(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);

    fixture_apply(f, table, fixture_remote(f, 2, NOW + 10, "a", NULL), false, NULL);
    assert_int_equal(fixture_put(f, table, "a", NULL, "x"), 0);
    assert_int_equal(tombstones(table), 0);
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 11, "b", NULL), false, NULL);
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 50, "b", NULL), false, NULL);
    assert_int_equal(tombstones(table), 1);
    store_set_floor(f->store, table, (struct hybrid_time){NOW + 20});
    fixture_run_ms(f, 1000);
    assert_string_equal(fixture_get(f, table, "a", NULL), "x");
    assert_int_equal(tombstones(table), 1);
    store_set_floor(f->store, table, (struct hybrid_time){NOW + 60});
    fixture_run_ms(f, 1000);
    assert_int_equal(tombstones(table), 0);
    assert_string_equal(fixture_get(f, table, "a", NULL), "x");
    table_unref(table);
}

/* Purging, writes and deletes at once, over and over: the counter stays exact, nothing is lost. */
static void test_purging_under_load(void **state)
{
    enum { WRITES = 2000, KEYS = 12 };
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct write *writes = test_calloc(WRITES, sizeof(*writes));
    const char *expected[KEYS] = {NULL};
    unsigned live = 0;

    f->miss_every = 5;
    for (int i = 0; i < WRITES; i++) {
        int key = (i * 7) % KEYS;
        const char *v = i % 3 == 0 ? NULL : arena_printf(&f->arena, "v%d", i);

        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", key), NULL, v);
        expected[key] = v;
        if (i % 5 == 0)
            fixture_run_ms(f, 1);
        if (i % 11 == 0)
            store_set_floor(f->store, table, store_closed_time(f->store, true));
        if (i % 50 == 0)
            fixture_settle(f); /* misses may change the order of writes in flight */
    }
    fixture_settle(f);
    for (int i = 0; i < KEYS; i++)
        live += expected[i] != NULL;
    assert_in_range(live, 1, KEYS - 1);
    fixture_run_ms(f, 2000);
    store_closed_time(f->store, true);
    fixture_run_ms(f, 1000);
    store_set_floor(f->store, table, store_closed_time(f->store, true));
    fixture_run_ms(f, 2000);
    assert_int_equal(tombstones(table), 0);
    assert_digest_right(f, table);
    table_unref(table);
    fixture_crash(f, 0);
    table = store_table(f->store, SLICE("t"));
    assert_int_equal(tombstones(table), 0);
    assert_digest_right(f, table);
    test_free(writes);
    table_unref(table);
}

static void test_leaving_the_group_forgets_tombstones(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct schema *schema = table_schema(table), *edited = schema_copy(schema);
    struct change *changes;
    struct slice resume;
    uint32_t count;
    bool done;

    fixture_put(f, table, "a", NULL, "x");
    fixture_delete(f, table, "a", NULL);
    edited->global = false;
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, edited), 0);
    schema_unref(schema);
    assert_int_equal(tombstones(table), 0);
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        assert_int_equal(store_snapshot_page(f->store, table, i, SLICE_EMPTY, 1000, &f->arena,
                                             &changes, &count, &resume, &done),
                         0);
        assert_int_equal(count, 0);
    }
    assert_int_equal(fixture_put(f, table, "a", NULL, "y"), 0);
    assert_int_equal(fixture_delete(f, table, "a", NULL), 0);
    assert_int_equal(tombstones(table), 0);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_regional_delete_leaves_nothing),
        T(test_a_delayed_put_does_not_revive_a_deleted_item),
        T(test_tombstones_are_purged_at_or_below_the_floor_only),
        T(test_a_tombstone_that_was_replaced_is_not_purged),
        T(test_purging_under_load),
        T(test_leaving_the_group_forgets_tombstones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
