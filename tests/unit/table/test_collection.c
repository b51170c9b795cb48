/*
 * test_collection.c - the size of item collections, and its limit.
 *
 * 10 GB are too many for a test: the limit is reached in builds that lower it
 * (item_collection_bytes of meson_options.txt; `make asan` does).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

static const uint64_t limit_max = UINT64_C(64) << 20; /* that a test can reach */

static int setup(void **state)
{
    *state = fixture_new(31);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/** (pk, sk), with a local index on "when" that projects everything. */
static struct table *collected_table(struct fixture *f, bool global)
{
    struct schema *schema = fixture_schema("t", true);
    struct schema_index *index = schema_index_add(schema, SLICE("local"), false);
    struct table *table;

    schema_index_add_key(schema, index, false, SLICE("pk"), VALUE_S);
    schema_index_add_key(schema, index, true, SLICE("when"), VALUE_N);
    schema->global = global;
    schema->replica_id = global ? 1 : 0;
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema), 0);
    table = store_table(f->store, SLICE("t"));
    assert_non_null(table);
    return table;
}

/** An item of about that many bytes, in the local index when `when` is not NULL. */
static struct slice item_of(struct fixture *f, const char *pk, const char *sk, size_t bytes,
                            const char *when)
{
    char *text = arena_alloc(&f->arena, bytes + 1);

    memset(text, 'x', bytes);
    text[bytes] = '\0';
    if (when == NULL)
        return FIXTURE_ITEM(f, {"pk", VALUE_S, pk}, {"sk", VALUE_S, sk}, {"v", VALUE_S, text});
    return FIXTURE_ITEM(f, {"pk", VALUE_S, pk}, {"sk", VALUE_S, sk}, {"v", VALUE_S, text},
                        {"when", VALUE_N, when});
}

static void test_a_collection_cannot_grow_above_its_limit(void **state)
{
    struct fixture *f = *state;
    struct table *table = collected_table(f, false);
    size_t third = ITEM_COLLECTION_BYTES_MAX / 3;
    struct write write;

    if (ITEM_COLLECTION_BYTES_MAX > limit_max) {
        table_unref(table);
        skip();
    }
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "a", third - 100, NULL)), 0);
    /* With its entry it counts twice. */
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "b", third + 100, "1")),
                     ST_COLLECTION);
    assert_string_equal(fixture_get(f, table, "p", "b"), "");
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "b", third - 100, "1")), 0);
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "c", 1000, NULL)), ST_COLLECTION);
    assert_int_equal(fixture_put_item(f, table, item_of(f, "q", "c", 1000, NULL)), 0);
    /* What makes it smaller, or leaves it as large, passes. */
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "a", third - 200, NULL)), 0);
    write_start_item(f, &write, table, item_of(f, "p", "b", 1, NULL), true, NULL);
    assert_int_equal(write_wait(f, &write), 0);
    assert_in_range(write.mutation.collection_bytes, third - 200, third);
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "c", 1000, NULL)), 0);
    assert_indexes_right(f, table);
    table_unref(table);
}

static void test_writes_in_one_batch_are_added_up(void **state)
{
    struct fixture *f = *state;
    struct table *table = collected_table(f, false);
    struct write writes[20];
    uint64_t largest = 0;

    for (size_t i = 0; i < ARRAY_LEN(writes); i++)
        write_start_item(f, &writes[i], table,
                         item_of(f, i % 2 ? "p" : "q", arena_printf(&f->arena, "s%d", (int)(i % 8)),
                                 10 + i, i % 3 ? "5" : NULL),
                         i % 5 == 4, NULL);
    fixture_settle(f);
    for (size_t i = 0; i < ARRAY_LEN(writes); i++) {
        assert_int_equal(writes[i].rc, 0);
        if (writes[i].mutation.collection_bytes > largest)
            largest = writes[i].mutation.collection_bytes;
    }
    assert_true(largest > 100);
    assert_indexes_right(f, table);
    table_unref(table);
    fixture_crash(f, 3);
    table = store_table(f->store, SLICE("t"));
    assert_indexes_right(f, table);
    table_unref(table);
}

/* A change from elsewhere has been accepted there. */
static void test_applied_changes_pass_the_limit(void **state)
{
    struct fixture *f = *state;
    struct table *table = collected_table(f, true);
    struct item_key key = fixture_key("p", "z");
    struct buf encoded = BUF_EMPTY;
    struct change change = {
        .version = {{UINT64_C(1) << 40}, 2}, .kind = CHANGE_PUT, .has_new = true};

    if (ITEM_COLLECTION_BYTES_MAX > limit_max) {
        table_unref(table);
        skip();
    }
    item_key_encode(&encoded, &key);
    change.key = buf_slice(&encoded);
    change.new_image = item_of(f, "p", "z", ITEM_COLLECTION_BYTES_MAX, "1");
    assert_int_equal(fixture_apply(f, table, change, false, NULL), 0);
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "a", 10, NULL)), ST_COLLECTION);
    assert_int_equal(fixture_delete_item(f, table, item_of(f, "p", "z", 1, NULL)), 0);
    assert_int_equal(fixture_put_item(f, table, item_of(f, "p", "a", 10, NULL)), 0);
    assert_indexes_right(f, table);
    buf_release(&encoded);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_collection_cannot_grow_above_its_limit),
        T(test_writes_in_one_batch_are_added_up),
        T(test_applied_changes_pass_the_limit),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
