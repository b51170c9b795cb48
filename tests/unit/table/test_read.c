/*
 * test_read.c - ranges of items (Query, Scan) and snapshot pages.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    *state = fixture_new(13);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/** The sort keys that a range gives, one after the other. */
static const char *walk(struct fixture *f, const struct range_options *options)
{
    struct buf text = BUF_EMPTY;
    struct item_key key;
    struct record record;
    struct range *range;
    const char *result;
    int rc;

    assert_int_equal(range_open(f->store, options, &range), 0);
    while ((rc = range_next(range, &key, &record)) == 0)
        buf_append_slice(&text, key.sort);
    assert_int_equal(rc, 1);
    range_close(range);
    result = arena_str(&f->arena, buf_slice(&text));
    buf_release(&text);
    return result;
}

static void test_a_query_walks_one_partition_key(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", true);
    struct range_options query = {.table = table, .query = true, .partition = SLICE("p")};
    struct item_key after = fixture_key("p", "c");

    for (const char *sort = "abcdefg"; *sort != '\0'; sort++) {
        fixture_put(f, table, "p", (char[]){*sort, '\0'}, "v");
        fixture_put(f, table, "pp", (char[]){*sort, '\0'}, "other");
    }
    fixture_put(f, table, "p", "cc", "v");
    fixture_put(f, table, "p", "\xff\xff", "v");

#define WALK(op, low, high)                                                                        \
    (query.sort_operator = (op), query.sort_low = slice_str(low),                                  \
     query.sort_high = slice_str(high), walk(f, &query))
    assert_string_equal(WALK(EXPR_RANGE_ALL, "", ""), "abcccdefg\xff\xff");
    assert_string_equal(WALK(EXPR_RANGE_EQ, "c", ""), "c");
    assert_string_equal(WALK(EXPR_RANGE_LT, "c", ""), "ab");
    assert_string_equal(WALK(EXPR_RANGE_LE, "c", ""), "abc");
    assert_string_equal(WALK(EXPR_RANGE_GT, "c", ""), "ccdefg\xff\xff");
    assert_string_equal(WALK(EXPR_RANGE_GE, "c", ""), "cccdefg\xff\xff");
    assert_string_equal(WALK(EXPR_RANGE_BETWEEN, "b", "d"), "bcccd");
    assert_string_equal(WALK(EXPR_RANGE_BETWEEN, "d", "b"), "");
    assert_string_equal(WALK(EXPR_RANGE_BEGINS_WITH, "c", ""), "ccc");
    assert_string_equal(WALK(EXPR_RANGE_BEGINS_WITH, "\xff", ""), "\xff\xff");
    query.backward = true;
    assert_string_equal(WALK(EXPR_RANGE_LE, "c", ""), "cba");
    query.after = &after;
    assert_string_equal(WALK(EXPR_RANGE_ALL, "", ""), "ba");
    query.backward = false;
    assert_string_equal(WALK(EXPR_RANGE_ALL, "", ""), "ccdefg\xff\xff");
    assert_string_equal(WALK(EXPR_RANGE_GE, "e", ""), "efg\xff\xff");
    assert_string_equal(WALK(EXPR_RANGE_LT, "b", ""), "");
#undef WALK
    table_unref(table);
}

static void test_segments_of_a_scan_cover_each_item_once(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", true);
    unsigned seen = 0;

    for (int i = 0; i < 100; i++)
        fixture_put(f, table, arena_printf(&f->arena, "p%d", i), "s", "v");
    for (uint64_t segment = 0; segment < 4; segment++) {
        struct range_options scan = {.table = table,
                                     .hash_from = segment << 62,
                                     .hash_to = (segment << 62) | (UINT64_MAX >> 2)};
        struct item_key key, kept;
        struct record record;
        struct range *range;

        for (;;) { /* pages of seven */
            int rc = 0;

            assert_int_equal(range_open(f->store, &scan, &range), 0);
            for (int i = 0; i < 7 && rc == 0; i++) {
                rc = range_next(range, &key, &record);
                if (rc == 0) {
                    seen++;
                    kept.partition = arena_dup(&f->arena, key.partition);
                    kept.sort = arena_dup(&f->arena, key.sort);
                    scan.after = &kept;
                }
            }
            range_close(range);
            if (rc == 1)
                break;
        }
    }
    assert_int_equal(seen, 100);
    table_unref(table);
}

/* A snapshot, page by page, through apply into another table: the same items, tombstones too. */
static void test_a_snapshot_carries_everything(void **state)
{
    struct fixture *f = *state;
    struct table *source = fixture_global(f, "source", 1), *copy = fixture_global(f, "copy", 2);
    struct digest_leaf *a = test_calloc(DIGEST_LEAVES, sizeof(*a));
    struct digest_leaf *b = test_calloc(DIGEST_LEAVES, sizeof(*b));
    struct table_stats stats;
    unsigned pages = 0;

    for (int i = 0; i < 120; i++)
        fixture_put(f, source, arena_printf(&f->arena, "k%d", i), NULL,
                    arena_printf(&f->arena, "v%d", i));
    for (int i = 0; i < 120; i += 3)
        fixture_delete(f, source, arena_printf(&f->arena, "k%d", i), NULL);
    for (uint32_t partition = 0; partition < TABLE_PARTITIONS; partition++) {
        struct slice resume = SLICE_EMPTY;
        bool done = false;

        while (!done) {
            struct change *changes;
            uint32_t count;

            assert_int_equal(store_snapshot_page(f->store, source, partition, resume, 1000,
                                                 &f->arena, &changes, &count, &resume, &done),
                             0);
            pages++;
            for (uint32_t i = 0; i < count; i++)
                assert_int_equal(fixture_apply(f, copy, changes[i], true, NULL), 0);
        }
    }
    assert_true(pages > 12);
    store_digest(f->store, source, a);
    store_digest(f->store, copy, b);
    assert_memory_equal(a, b, DIGEST_LEAVES * sizeof(*a));
    table_stats(copy, &stats);
    assert_int_equal(stats.items, 80);
    assert_int_equal(stats.tombstones, 40);
    assert_digest_right(f, copy);
    test_free(a);
    test_free(b);
    table_unref(source);
    table_unref(copy);
}

/* Seed 12920: a key that turned from tombstone to item between the pages of items and those of
 * tombstones was in neither, and a new replica never learned what the tombstone had covered. Each
 * key that is there all the time, as one or the other, is in some page. */
static void test_a_snapshot_misses_no_key_that_changes_sides(void **state)
{
    enum { KEYS = 200, PER_PAGE = 3 };
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    bool seen[KEYS] = {false}, live[KEYS];
    unsigned random = 1, flips = 0;

    for (int i = 0; i < KEYS; i++) {
        fixture_put(f, table, arena_printf(&f->arena, "%03d", i), NULL, "v");
        live[i] = i % 2 == 0;
        if (!live[i])
            fixture_delete(f, table, arena_printf(&f->arena, "%03d", i), NULL);
    }
    for (uint32_t partition = 0; partition < TABLE_PARTITIONS; partition++) {
        struct slice resume = SLICE_EMPTY;
        bool done = false;

        while (!done) {
            struct change *changes;
            uint32_t count;

            assert_int_equal(store_snapshot_page(f->store, table, partition, resume, PER_PAGE * 128,
                                                 &f->arena, &changes, &count, &resume, &done),
                             0);
            for (uint32_t i = 0; i < count; i++) {
                struct item_key key;

                assert_int_equal(item_key_decode(changes[i].key, false, &key), 0);
                seen[atoi((const char *)arena_str(&f->arena, key.partition))] = true;
            }
            for (int n = 0; n < 20; n++) {
                int i = (int)((random = random * 1103515245 + 12345) >> 16) % KEYS;
                const char *name = arena_printf(&f->arena, "%03d", i);

                assert_int_equal(live[i] ? fixture_delete(f, table, name, NULL)
                                         : fixture_put(f, table, name, NULL, "again"),
                                 0);
                live[i] = !live[i];
                flips++;
            }
        }
    }
    assert_true(flips > KEYS);
    for (int i = 0; i < KEYS; i++)
        assert_true(seen[i]);
    table_unref(table);
}

/* What comes back from a peer is not trusted to be one of ours. */
static void test_a_resume_key_of_nowhere_is_refused(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct change *changes;
    struct slice resume;
    uint32_t count;
    bool done;

    fixture_put(f, table, "a", NULL, "v");
    assert_int_equal(store_snapshot_page(f->store, table, 0, slice_str("nonsense"), 1000, &f->arena,
                                         &changes, &count, &resume, &done),
                     ST_CORRUPT);
    table_unref(table);
}

static int count_record(void *context, struct slice encoded_key, const struct record *record)
{
    struct item_key key;

    assert_int_equal(item_key_decode(encoded_key, false, &key), 0);
    assert_false(record->deleted);
    ++*(uint64_t *)context;
    return 0;
}

static void test_leaves_are_walked_key_by_key(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct digest_leaf *leaves = test_calloc(DIGEST_LEAVES, sizeof(*leaves));
    uint64_t total = 0;

    for (int i = 0; i < 50; i++)
        fixture_put(f, table, arena_printf(&f->arena, "k%d", i), NULL, "v");
    store_digest(f->store, table, leaves);
    for (uint32_t i = 0; i < DIGEST_LEAVES; i++) {
        uint64_t count = 0;

        assert_int_equal(store_digest_leaf_each(f->store, table, i, count_record, &count), 0);
        assert_int_equal(count, leaves[i].count);
        total += count;
    }
    assert_int_equal(total, 50);
    test_free(leaves);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_query_walks_one_partition_key),
        T(test_segments_of_a_scan_cover_each_item_once),
        T(test_a_snapshot_carries_everything),
        T(test_a_snapshot_misses_no_key_that_changes_sides),
        T(test_a_resume_key_of_nowhere_is_refused),
        T(test_leaves_are_walked_key_by_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
