/*
 * test_index.c - indexes of a table: entries, what writes tell, numbers, collections, ranges.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

static int setup(void **state)
{
    *state = fixture_new(29);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/** (pk, sk), with "by_v": v; "by_when": pk, when (local, keys only); "pair": (a, b), (c, d). */
static struct table *indexed_table(struct fixture *f)
{
    struct schema *schema = fixture_schema("t", true);
    struct schema_index *index = schema_index_add(schema, SLICE("by_v"), true);
    struct table *table;

    schema_index_add_key(schema, index, false, SLICE("v"), VALUE_S);
    index = schema_index_add(schema, SLICE("by_when"), false);
    schema_index_add_key(schema, index, false, SLICE("pk"), VALUE_S);
    schema_index_add_key(schema, index, true, SLICE("when"), VALUE_N);
    index->projection = PROJECTION_KEYS_ONLY;
    index = schema_index_add(schema, SLICE("pair"), true);
    schema_index_add_key(schema, index, false, SLICE("a"), VALUE_S);
    schema_index_add_key(schema, index, false, SLICE("b"), VALUE_S);
    schema_index_add_key(schema, index, true, SLICE("c"), VALUE_S);
    schema_index_add_key(schema, index, true, SLICE("d"), VALUE_S);
    index->projection = PROJECTION_INCLUDE;
    schema_index_include(schema, index, SLICE("e"));
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema), 0);
    table = store_table(f->store, SLICE("t"));
    assert_non_null(table);
    return table;
}

static struct index_numbers numbers_of(struct fixture *f, struct table *table, uint16_t index)
{
    struct index_numbers numbers;

    assert_int_equal(store_index_numbers(f->store, table, index, &numbers), 0);
    return numbers;
}

/** The sort keys (in the table) that a range gives, one after the other. */
static const char *walk(struct fixture *f, const struct range_options *options)
{
    struct buf text = BUF_EMPTY;
    struct item_key key;
    struct record record;
    struct range *range;
    const char *result;
    int rc;

    assert_int_equal(range_open(f->store, options, &range), 0);
    while ((rc = range_next(range, &key, &record)) == 0) {
        assert_int_equal(record.size, item_size(record.item));
        buf_append_slice(&text, key.sort);
    }
    assert_int_equal(rc, 1);
    range_close(range);
    result = arena_str(&f->arena, buf_slice(&text));
    buf_release(&text);
    return result;
}

static void test_writes_tell_what_they_did_to_indexes(void **state)
{
    struct fixture *f = *state;
    struct table *table = indexed_table(f);
    struct index_write writes[3];
    struct write write;
    struct slice item = FIXTURE_ITEM(f, {"pk", VALUE_S, "p"}, {"sk", VALUE_S, "s"},
                                     {"v", VALUE_S, "x"}, {"when", VALUE_N, "7"});

    write_start_item(f, &write, table, item, false, writes);
    assert_int_equal(write_wait(f, &write), 0);
    assert_int_equal(writes[0].kind, INDEX_WRITE_PUT);
    assert_int_equal(writes[0].new_bytes, item_size(item));
    assert_int_equal(writes[1].kind, INDEX_WRITE_PUT);
    assert_int_equal(writes[1].new_bytes, item_size(item) - 2); /* without v */
    assert_int_equal(writes[2].kind, INDEX_WRITE_NONE);
    assert_int_equal(write.mutation.collection_bytes, 2 * item_size(item) - 2);
    assert_indexes_right(f, table);

    /* What the local index does not project leaves it alone. */
    item = FIXTURE_ITEM(f, {"pk", VALUE_S, "p"}, {"sk", VALUE_S, "s"}, {"v", VALUE_S, "x"},
                        {"when", VALUE_N, "7"}, {"z", VALUE_S, "1"});
    write_start_item(f, &write, table, item, false, writes);
    assert_int_equal(write_wait(f, &write), 0);
    assert_int_equal(writes[0].kind, INDEX_WRITE_REPLACE);
    assert_int_equal(writes[0].old_bytes, item_size(item) - 2);
    assert_int_equal(writes[0].new_bytes, item_size(item));
    assert_int_equal(writes[1].kind, INDEX_WRITE_NONE);
    assert_int_equal(writes[1].old_bytes, 0);

    /* Nothing at all is written by the same item again. */
    write_start_item(f, &write, table, item, false, writes);
    assert_int_equal(write_wait(f, &write), 0);
    assert_int_equal(writes[0].kind, INDEX_WRITE_NONE);
    assert_int_equal(write.mutation.collection_bytes, 2 * item_size(item) - 4);

    item = FIXTURE_ITEM(f, {"pk", VALUE_S, "p"}, {"sk", VALUE_S, "s"}, {"v", VALUE_S, "y"},
                        {"a", VALUE_S, "1"}, {"b", VALUE_S, "2"}, {"c", VALUE_S, "3"},
                        {"d", VALUE_S, "4"}, {"e", VALUE_S, "5"}, {"f", VALUE_S, "6"});
    write_start_item(f, &write, table, item, false, writes);
    assert_int_equal(write_wait(f, &write), 0);
    assert_int_equal(writes[0].kind, INDEX_WRITE_MOVE);
    assert_int_equal(writes[1].kind, INDEX_WRITE_DELETE);
    assert_int_equal(writes[2].kind, INDEX_WRITE_PUT);
    assert_int_equal(writes[2].new_bytes, item_size(item) - 4); /* without v and f */
    assert_int_equal(numbers_of(f, table, 1).items, 1);
    assert_int_equal(numbers_of(f, table, 2).items, 0);
    assert_int_equal(numbers_of(f, table, 3).bytes, item_size(item) - 4);
    assert_indexes_right(f, table);

    write_start_item(f, &write, table, item, true, writes);
    assert_int_equal(write_wait(f, &write), 0);
    assert_int_equal(writes[0].kind, INDEX_WRITE_DELETE);
    assert_int_equal(writes[0].old_bytes, item_size(item));
    assert_int_equal(writes[2].kind, INDEX_WRITE_DELETE);
    assert_int_equal(write.mutation.collection_bytes, 0);
    assert_int_equal(numbers_of(f, table, 1).bytes, 0);
    assert_indexes_right(f, table);
    table_unref(table);
}

static void test_numbers_survive(void **state)
{
    struct fixture *f = *state;
    struct table *table = indexed_table(f);
    struct index_numbers before, after;

    for (int i = 0; i < 60; i++)
        assert_int_equal(
            fixture_put_item(f, table,
                             FIXTURE_ITEM(f, {"pk", VALUE_S, i % 2 ? "p" : "q"},
                                          {"sk", VALUE_S, arena_printf(&f->arena, "s%d", i % 40)},
                                          {"v", VALUE_S, arena_printf(&f->arena, "v%d", i)},
                                          {"when", VALUE_N, i % 3 ? "1" : "22.5"})),
            0);
    before = numbers_of(f, table, 2);
    assert_int_equal(before.items, 40);
    table_unref(table);
    fixture_crash(f, 5);
    table = store_table(f->store, SLICE("t"));
    after = numbers_of(f, table, 2);
    assert_memory_equal(&before, &after, sizeof(before));
    assert_indexes_right(f, table);
    table_unref(table);
    fixture_close(f);
    fixture_open(f);
    table = store_table(f->store, SLICE("t"));
    assert_indexes_right(f, table);
    assert_int_equal(store_index_numbers(f->store, table, 9, &after), ST_NOTFOUND);
    table_unref(table);
}

static void put_pair(struct fixture *f, struct table *table, const char *sk, const char *b,
                     const char *c, const char *d)
{
    assert_int_equal(fixture_put_item(f, table,
                                      FIXTURE_ITEM(f, {"pk", VALUE_S, "p"}, {"sk", VALUE_S, sk},
                                                   {"a", VALUE_S, "a"}, {"b", VALUE_S, b},
                                                   {"c", VALUE_S, c}, {"d", VALUE_S, d})),
                     0);
}

static void test_a_query_of_an_index(void **state)
{
    struct fixture *f = *state;
    struct table *table = indexed_table(f);
    struct schema *schema = table_schema(table);
    struct item_key after = fixture_key("p", "4");
    struct range_options query = {.table = table,
                                  .query = true,
                                  .index = schema_index(schema, SLICE("pair")),
                                  .index_key = {.partition = {SLICE("a"), SLICE("b")}}};

    put_pair(f, table, "1", "b", "c", "1");
    put_pair(f, table, "2", "b", "c", "2");
    put_pair(f, table, "3", "b", "c", "21");
    put_pair(f, table, "4", "b", "c", "3");
    put_pair(f, table, "5", "b", "cc", "1");
    put_pair(f, table, "6", "b", "cc", "\xff\xff");
    put_pair(f, table, "7", "b", "d", "1");
    put_pair(f, table, "0", "b", "c", "3"); /* a tie: by the table's key */
    put_pair(f, table, "x", "bb", "c", "1");

#define WALK(equal, op, low, high)                                                                 \
    (query.sort_equal_count = (equal), query.index_key.sort[0] = SLICE("c"),                       \
     query.sort_operator = (op), query.sort_low = slice_str(low),                                  \
     query.sort_high = slice_str(high), walk(f, &query))
    assert_string_equal(WALK(0, EXPR_RANGE_ALL, "", ""), "12304567");
    assert_string_equal(WALK(0, EXPR_RANGE_EQ, "c", ""), "12304");
    assert_string_equal(WALK(0, EXPR_RANGE_BEGINS_WITH, "c", ""), "1230456");
    assert_string_equal(WALK(0, EXPR_RANGE_GT, "c", ""), "567");
    assert_string_equal(WALK(0, EXPR_RANGE_GE, "cc", ""), "567");
    assert_string_equal(WALK(0, EXPR_RANGE_LT, "cc", ""), "12304");
    assert_string_equal(WALK(0, EXPR_RANGE_LE, "cc", ""), "1230456");
    assert_string_equal(WALK(0, EXPR_RANGE_BETWEEN, "c", "cc"), "1230456");
    assert_string_equal(WALK(0, EXPR_RANGE_BETWEEN, "d", "c"), "");
    assert_string_equal(WALK(1, EXPR_RANGE_ALL, "", ""), "12304");
    assert_string_equal(WALK(1, EXPR_RANGE_EQ, "2", ""), "2");
    assert_string_equal(WALK(1, EXPR_RANGE_BEGINS_WITH, "2", ""), "23");
    assert_string_equal(WALK(1, EXPR_RANGE_GT, "2", ""), "304");
    assert_string_equal(WALK(1, EXPR_RANGE_LE, "21", ""), "123");
    query.backward = true;
    assert_string_equal(WALK(1, EXPR_RANGE_GE, "2", ""), "4032");
    query.after = &after;
    query.after_index =
        (struct index_key){.partition = {SLICE("a"), SLICE("b")}, .sort = {SLICE("c"), SLICE("3")}};
    assert_string_equal(WALK(0, EXPR_RANGE_ALL, "", ""), "0321");
    query.backward = false;
    assert_string_equal(WALK(0, EXPR_RANGE_ALL, "", ""), "567");
    assert_string_equal(WALK(1, EXPR_RANGE_ALL, "", ""), "");
#undef WALK
    schema_unref(schema);
    table_unref(table);
}

/* The zero byte and its neighbours must neither confuse order nor parts. */
static void test_keys_of_any_bytes_stay_in_order(void **state)
{
    static const struct {
        const char *bytes;
        size_t len;
    } values[] = {{"\0", 1},    {"\0\0", 2},  {"\0\1", 2},    {"\0\xff", 2},
                  {"\1", 1},    {"\1\0", 2},  {"a", 1},       {"a\0", 2},
                  {"a\0\0", 3}, {"a\0\1", 3}, {"a\0\xff", 3}, {"a\1", 2},
                  {"a\xff", 2}, {"b", 1},     {"\xff", 1},    {"\xff\xff", 2}};
    struct fixture *f = *state;
    struct schema *schema = fixture_schema("bytes", true);
    struct schema_index *index = schema_index_add(schema, SLICE("i"), true);
    struct range_options options = {.query = true, .index_key.partition = {SLICE("p")}};
    struct table *table;

    schema_index_add_key(schema, index, false, SLICE("pk"), VALUE_S);
    schema_index_add_key(schema, index, true, SLICE("b"), VALUE_B);
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema_ref(schema)), 0);
    table = store_table(f->store, SLICE("bytes"));
    for (size_t i = ARRAY_LEN(values); i-- > 0;) {
        struct item_builder builder;
        struct slice item = FIXTURE_ITEM(
            f, {"pk", VALUE_S, "p"}, {"sk", VALUE_S, arena_printf(&f->arena, "%c", 'A' + (int)i)});
        struct buf value = BUF_EMPTY;
        struct value_iterator iterator = item_iterate(item);
        struct slice name;
        struct value attribute;

        item_builder_init(&builder, &f->arena);
        while (value_next(&iterator, &name, &attribute))
            item_builder_add(&builder, name, attribute.encoded);
        buf_append_u8(&value, VALUE_B);
        buf_append_sized(&value, slice_of(values[i].bytes, values[i].len));
        item_builder_add(&builder, SLICE("b"), arena_dup(&f->arena, buf_slice(&value)));
        buf_release(&value);
        assert_int_equal(item_build(&builder, &item), 0);
        assert_int_equal(fixture_put_item(f, table, item), 0);
    }
    options.table = table;
    options.index = schema_index(schema, SLICE("i"));
    assert_string_equal(walk(f, &options), "ABCDEFGHIJKLMNOP");
    options.sort_operator = EXPR_RANGE_BEGINS_WITH;
    options.sort_low = slice_of("a\0", 2);
    assert_string_equal(walk(f, &options), "HIJK");
    options.sort_low = slice_of("\0", 1);
    assert_string_equal(walk(f, &options), "ABCD");
    options.sort_low = slice_of("\xff", 1);
    assert_string_equal(walk(f, &options), "OP");
    options.sort_operator = EXPR_RANGE_GT;
    options.sort_low = slice_of("a", 1);
    assert_string_equal(walk(f, &options), "HIJKLMNOP");
    options.sort_operator = EXPR_RANGE_LT;
    options.sort_low = slice_of("a\0\1", 3);
    assert_string_equal(walk(f, &options), "ABCDEFGHI");
    assert_indexes_right(f, table);
    schema_unref(schema);
    table_unref(table);
}

static void test_the_longest_keys_have_entries(void **state)
{
    struct fixture *f = *state;
    struct schema *schema = fixture_schema("long", true);
    struct schema_index *index = schema_index_add(schema, SLICE("i"), true);
    char *zeros = arena_zalloc(&f->arena, 2048), *text = arena_zalloc(&f->arena, 2049);
    struct item_builder builder;
    struct table *table;
    struct slice item;

    for (int i = 0; i < 4; i++) {
        const char *name = arena_printf(&f->arena, "p%d", i);

        schema_index_add_key(schema, index, false, slice_str(name), VALUE_B);
        schema_index_add_key(schema, index, true, slice_str(arena_printf(&f->arena, "s%d", i)),
                             VALUE_B);
    }
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema), 0);
    table = store_table(f->store, SLICE("long"));
    memset(text, 'k', 2048);
    item_builder_init(&builder, &f->arena);
    for (int i = -1; i < 4; i++) {
        for (int sort = 0; sort < 2; sort++) {
            const char *name =
                i < 0 ? (sort ? "sk" : "pk") : arena_printf(&f->arena, "%c%d", sort ? 's' : 'p', i);
            size_t len = (sort ? 1024u : 2048u) / (i < 0 ? 1 : 4);
            struct buf value = BUF_EMPTY;

            buf_append_u8(&value, i < 0 ? VALUE_S : VALUE_B);
            buf_append_sized(&value, slice_of(i < 0 ? text : zeros, len));
            item_builder_add(&builder, slice_str(name), arena_dup(&f->arena, buf_slice(&value)));
            buf_release(&value);
        }
    }
    assert_int_equal(item_build(&builder, &item), 0);
    assert_int_equal(fixture_put_item(f, table, item), 0);
    assert_int_equal(numbers_of(f, table, 1).items, 1);
    assert_indexes_right(f, table);
    assert_int_equal(fixture_delete_item(f, table, item), 0);
    assert_int_equal(numbers_of(f, table, 1).items, 0);
    assert_indexes_right(f, table);
    table_unref(table);
}

static void test_segments_of_an_index_cover_each_entry_once(void **state)
{
    struct fixture *f = *state;
    struct table *table = indexed_table(f);
    struct schema *schema = table_schema(table);
    unsigned seen = 0;

    for (int i = 0; i < 100; i++)
        fixture_put_item(f, table,
                         FIXTURE_ITEM(f, {"pk", VALUE_S, arena_printf(&f->arena, "p%d", i)},
                                      {"sk", VALUE_S, "s"},
                                      {"v", VALUE_S, arena_printf(&f->arena, "v%d", i % 10)}));
    for (uint64_t segment = 0; segment < 4; segment++) {
        struct range_options scan = {.table = table,
                                     .index = schema_index(schema, SLICE("by_v")),
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
                    assert_int_equal(schema_index_key(scan.index, arena_dup(&f->arena, record.item),
                                                      &scan.after_index),
                                     INDEX_MEMBER);
                }
            }
            range_close(range);
            if (rc == 1)
                break;
        }
    }
    assert_int_equal(seen, 100);
    schema_unref(schema);
    table_unref(table);
}

static void test_a_dropped_table_leaves_nothing_of_its_indexes(void **state)
{
    struct fixture *f = *state;
    struct table *table = indexed_table(f);
    struct schema *schema = table_schema(table);
    struct range_options scan = {
        .table = table, .index = schema_index(schema, SLICE("by_v")), .hash_to = UINT64_MAX};

    fixture_put_item(
        f, table, FIXTURE_ITEM(f, {"pk", VALUE_S, "p"}, {"sk", VALUE_S, "s"}, {"v", VALUE_S, "v"}));
    assert_string_equal(walk(f, &scan), "s");
    assert_int_equal(fixture_edit(f, EDIT_DROP, schema_ref(schema)), 0);
    assert_string_equal(walk(f, &scan), "");
    schema_unref(schema);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_writes_tell_what_they_did_to_indexes),
        T(test_numbers_survive),
        T(test_a_query_of_an_index),
        T(test_keys_of_any_bytes_stay_in_order),
        T(test_the_longest_keys_have_entries),
        T(test_segments_of_an_index_cover_each_entry_once),
        T(test_a_dropped_table_leaves_nothing_of_its_indexes),
#undef T
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
