/*
 * test_expiry.c - which items time to live deletes, when, and which it must leave alone.
 *
 * The Region's clock begins at 2026-01-01 00:00:00 UTC.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "table/storage_key.h"

#define NOW_S INT64_C(1767225600)
#define YEAR_S (INT64_C(365) * 24 * 3600)

static int setup(void **state)
{
    *state = fixture_new(23);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/** attribute "": off. */
static void set_ttl(struct fixture *f, const char *attribute)
{
    struct table *table = store_table(f->store, SLICE("t"));
    struct schema *now = table_schema(table), *wanted = schema_copy(now);

    snprintf(wanted->ttl.attribute, sizeof(wanted->ttl.attribute), "%s", attribute);
    wanted->ttl.changed_ms = clock_wall_ms(&f->clock);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, wanted), 0);
    schema_unref(now);
    table_unref(table);
}

static struct table *make_table(struct fixture *f)
{
    struct table *table = fixture_table(f, "t", false);

    set_ttl(f, "ttl");
    fixture_run_ms(f, 100);
    return table;
}

static void put(struct fixture *f, struct table *table, const char *pk, int64_t second)
{
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)second);
    assert_int_equal(fixture_put_number(f, table, pk, "ttl", text), 0);
}

static bool is_there(struct fixture *f, struct table *table, const char *pk)
{
    struct item_key key = fixture_key(pk, NULL);
    struct pinned pin = PINNED_EMPTY;
    struct record record;
    int rc = store_get(f->store, table, &key, ENGINE_READ_ANY, &pin, &record);

    engine_unpin(&pin);
    return rc == 0;
}

static uint64_t items(struct table *table)
{
    struct table_stats stats;

    table_stats(table, &stats);
    return stats.items;
}

static unsigned entries(struct fixture *f)
{
    struct engine_iterator *iterator;
    struct storage_key lower, upper;
    unsigned count = 0;

    storage_key_space(&lower, SPACE_EXPIRY);
    upper = lower;
    storage_key_successor(&upper);
    assert_int_equal(engine_iterate(f->engine, ENGINE_DATA, storage_key_slice(&lower),
                                    storage_key_slice(&upper), ENGINE_READ_ANY, &iterator),
                     0);
    for (int rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator))
        count++;
    engine_iterator_free(iterator);
    return count;
}

static void test_an_item_is_deleted_once_its_second_is_past(void **state)
{
    struct fixture *f = *state;
    struct table *table = make_table(f);
    struct change *changes;
    size_t count;

    put(f, table, "a", NOW_S + 3);
    fixture_run_ms(f, 2500);
    assert_true(is_there(f, table, "a"));
    fixture_run_ms(f, 3000);
    assert_false(is_there(f, table, "a"));
    assert_int_equal(entries(f), 0);
    assert_digest_right(f, table);
    changes = fixture_log(f, table, false, true, &count);
    assert_int_equal(count, 2);
    assert_int_equal(changes[0].flags & CHANGE_SERVICE, 0);
    assert_int_equal(changes[1].kind, CHANGE_DELETE);
    assert_int_equal(changes[1].flags & CHANGE_SERVICE, CHANGE_SERVICE);
    table_unref(table);
}

static void test_what_is_not_a_time_does_not_expire(void **state)
{
    static const char *const numbers[] = {
        "-5", "1e30", "99999999999999999999", "1767225600000" /* milliseconds */, "0",
    };
    struct fixture *f = *state;
    struct table *table = make_table(f);
    char old[32];

    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        char pk[8];

        snprintf(pk, sizeof(pk), "n%zu", i);
        assert_int_equal(fixture_put_number(f, table, pk, "ttl", numbers[i]), 0);
    }
    fixture_put_number(f, table, "none", NULL, NULL);
    fixture_put_number(f, table, "other", "TTL", "1767225000");
    fixture_put(f, table, "text", NULL, "1767225000");
    snprintf(old, sizeof(old), "%lld", (long long)(NOW_S - 5 * YEAR_S - 10));
    fixture_put_number(f, table, "old", "ttl", old);
    snprintf(old, sizeof(old), "%lld.75", (long long)(NOW_S - 5 * YEAR_S + 60));
    fixture_put_number(f, table, "nearly", "ttl", old);
    fixture_run_ms(f, 5000);
    assert_false(is_there(f, table, "nearly"));
    assert_int_equal(items(table), ARRAY_LEN(numbers) + 4);
    table_unref(table);
}

static void test_an_item_that_is_written_again_expires_by_what_it_says_now(void **state)
{
    struct fixture *f = *state;
    struct table *table = make_table(f);

    put(f, table, "later", NOW_S + 2);
    put(f, table, "later", NOW_S + 3600);
    put(f, table, "sooner", NOW_S + 3600);
    put(f, table, "sooner", NOW_S + 2);
    put(f, table, "never", NOW_S + 2);
    fixture_put_number(f, table, "never", NULL, NULL);
    put(f, table, "gone", NOW_S + 2);
    fixture_delete(f, table, "gone", NULL);
    assert_int_equal(entries(f), 2);
    fixture_run_ms(f, 6000);
    assert_true(is_there(f, table, "later"));
    assert_false(is_there(f, table, "sooner"));
    assert_true(is_there(f, table, "never"));
    clock_set_offset_us(&f->clock, INT64_C(3700) * 1000000);
    fixture_run_ms(f, 2000);
    assert_false(is_there(f, table, "later"));
    assert_int_equal(entries(f), 0);
    assert_int_equal(items(table), 1);
    table_unref(table);
}

/* A crash at any moment of the building, and items that are written during it. */
static void test_a_table_with_items_is_built_and_a_crash_begins_again(void **state)
{
    enum { ITEMS = 1300 };
    struct fixture *f = *state;

    for (unsigned crash_ms = 0; crash_ms < 12; crash_ms += 2) {
        struct table *table = fixture_table(f, "t", false);
        char pk[16];

        for (unsigned i = 0; i < ITEMS; i++) {
            snprintf(pk, sizeof(pk), "%u", i);
            put(f, table, pk, NOW_S - 100);
        }
        f->commit_delay_us = 500;
        set_ttl(f, "ttl");
        put(f, table, "7", NOW_S + 1000000);
        fixture_run_ms(f, crash_ms);
        table_unref(table);
        fixture_crash(f, crash_ms);
        table = store_table(f->store, SLICE("t"));
        fixture_run_ms(f, 8000);
        assert_int_equal(items(table), 1);
        assert_true(is_there(f, table, "7"));
        assert_int_equal(entries(f), 1);
        assert_digest_right(f, table);
        assert_int_equal(fixture_edit(f, EDIT_DROP, table_schema(table)), 0);
        assert_int_equal(entries(f), 0);
        table_unref(table);
    }
}

static void test_disabling_forgets_the_order_and_another_attribute_begins_anew(void **state)
{
    struct fixture *f = *state;
    struct table *table = make_table(f);

    put(f, table, "a", NOW_S + 4);
    set_ttl(f, "");
    assert_int_equal(entries(f), 0);
    put(f, table, "b", NOW_S + 4);
    assert_int_equal(entries(f), 0);
    fixture_run_ms(f, 8000);
    assert_int_equal(items(table), 2);
    fixture_put_number(f, table, "c", "at", "1767225000");
    set_ttl(f, "at");
    fixture_run_ms(f, 3000);
    assert_int_equal(items(table), 2);
    assert_false(is_there(f, table, "c"));
    table_unref(table);
}

static void test_only_the_expirer_of_a_log_group_deletes(void **state)
{
    struct fixture *f = *state;
    struct table *table = make_table(f);
    uint32_t mine;

    store_set_expirer(f->store, table, 0);
    put(f, table, "a", NOW_S - 5);
    put(f, table, "b", NOW_S - 5);
    fixture_run_ms(f, 4000);
    assert_int_equal(items(table), 2);
    mine = partition_of_hash(item_key_hash(&(struct item_key){.partition = SLICE("a")}));
    assert_int_not_equal(
        mine, partition_of_hash(item_key_hash(&(struct item_key){.partition = SLICE("b")})));
    store_set_expirer(f->store, table, BIT(mine));
    fixture_run_ms(f, 4000);
    assert_false(is_there(f, table, "a"));
    assert_true(is_there(f, table, "b"));
    table_unref(table);
}

static void test_replicated_items_are_in_the_order_too(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct change change =
        fixture_remote(f, 2, (uint64_t)NOW_S * 1000 << HYBRID_COUNTER_BITS, "a", "x");

    set_ttl(f, "ttl");
    put(f, table, "a", NOW_S + 2);
    assert_int_equal(entries(f), 1);
    change.version.time.bits += UINT64_C(100) << HYBRID_COUNTER_BITS; /* newer: the item without */
    fixture_apply(f, table, change, false, NULL);
    assert_int_equal(entries(f), 0);
    fixture_run_ms(f, 5000);
    assert_true(is_there(f, table, "a"));
    table_unref(table);
}

static void test_more_due_items_than_one_run_takes_go_in_the_next(void **state)
{
    struct fixture *f = *state;
    struct table *table = make_table(f);

    store_set_expirer(f->store, table, 0);
    for (unsigned i = 0; i < 600; i++) {
        char pk[16];

        snprintf(pk, sizeof(pk), "%u", i);
        put(f, table, pk, NOW_S - 100);
    }
    store_set_expirer(f->store, table, EXPIRER_ALL);
    fixture_run_ms(f, 1500);
    assert_int_equal(items(table), 0);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(test_an_item_is_deleted_once_its_second_is_past),
        TEST(test_what_is_not_a_time_does_not_expire),
        TEST(test_an_item_that_is_written_again_expires_by_what_it_says_now),
        TEST(test_a_table_with_items_is_built_and_a_crash_begins_again),
        TEST(test_disabling_forgets_the_order_and_another_attribute_begins_anew),
        TEST(test_only_the_expirer_of_a_log_group_deletes),
        TEST(test_replicated_items_are_in_the_order_too),
        TEST(test_more_due_items_than_one_run_takes_go_in_the_next),
#undef TEST
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
