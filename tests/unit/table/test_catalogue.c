/*
 * test_catalogue.c - edits: durable, one after the other, and exactly between two decisions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

static int setup(void **state)
{
    *state = fixture_new(3);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static void test_tables_survive_and_ids_are_never_used_again(void **state)
{
    struct fixture *f = *state;
    struct table *first = fixture_table(f, "first", false),
                 *second = fixture_table(f, "second", false);
    struct schema *schema = table_schema(second), *again;
    uint32_t id = schema->id;
    struct slice *names;
    uint32_t count;
    bool more;

    assert_int_equal(fixture_edit(f, EDIT_CREATE, fixture_schema("first", true)), ST_EXISTS);
    fixture_put(f, second, "a", NULL, "x");
    assert_int_equal(fixture_edit(f, EDIT_DROP, schema), 0);
    assert_null(store_table(f->store, SLICE("second")));
    assert_int_equal(fixture_put(f, second, "b", NULL, "x"), ST_NOTFOUND);
    table_unref(first);
    table_unref(second);

    fixture_close(f);
    fixture_open(f);
    assert_null(store_table(f->store, SLICE("second")));
    first = store_table(f->store, SLICE("first"));
    assert_non_null(first);
    table_unref(first);
    second = fixture_table(f, "second", false);
    again = table_schema(second);
    assert_true(again->id > id);
    assert_string_equal(fixture_get(f, second, "a", NULL), "");
    schema_unref(again);
    table_unref(second);

    assert_int_equal(store_table_names(f->store, SLICE_EMPTY, 1, &f->arena, &names, &count, &more),
                     0);
    assert_int_equal(count, 1);
    assert_true(slice_eq_str(names[0], "first"));
    assert_true(more);
    assert_int_equal(store_table_names(f->store, names[0], 5, &f->arena, &names, &count, &more), 0);
    assert_int_equal(count, 1);
    assert_true(slice_eq_str(names[0], "second"));
    assert_false(more);
}

static void test_a_stale_generation_is_refused(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct schema *schema = table_schema(table);
    struct schema *a = schema_copy(schema), *b = schema_copy(schema);

    a->read_units = 1;
    b->read_units = 2;
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, a), 0);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, b), ST_BUSY);
    schema_unref(schema);
    schema = table_schema(table);
    assert_int_equal(schema->read_units, 1);
    schema_unref(schema);
    table_unref(table);
}

static void test_a_refused_edit_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct schema *schema = table_schema(table);

    memory_disk_set_full(f->disk, true);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, schema_copy(schema)), ST_FULL);
    assert_int_equal(fixture_edit(f, EDIT_CREATE, fixture_schema("u", false)), ST_FULL);
    assert_int_equal(fixture_edit(f, EDIT_DROP, schema_copy(schema)), ST_FULL);
    memory_disk_set_full(f->disk, false);
    assert_null(store_table(f->store, SLICE("u")));
    assert_int_equal(fixture_put(f, table, "a", NULL, "x"), 0);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, schema_copy(schema)), 0);
    schema_unref(schema);
    table_unref(table);
}

struct edit_call {
    struct store_edit edit;
    bool done;
};

static void on_edited(struct store_edit *edit, int rc)
{
    assert_int_equal(rc, 0);
    CONTAINER_OF(edit, struct edit_call, edit)->done = true;
}

/* Writes keep coming while a stream is enabled: every change above its start has what the view
 * needs, and its bounds are the numbers of the very commits. */
static void test_a_stream_begins_and_ends_exactly(void **state)
{
    enum { WRITES = 300 };
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct write *writes = test_calloc(WRITES, sizeof(*writes));
    struct edit_call on = {
        .edit = {.strand = f->strand, .on_done = on_edited, .kind = EDIT_REPLACE}};
    struct edit_call off = on;
    struct schema *schema = table_schema(table), *edited = schema_copy(schema);
    struct change *changes;
    size_t count, inside = 0, before = 0, after = 0;

    edited->stream_count = 1;
    edited->streams[0].view = STREAM_NEW_AND_OLD_IMAGES;
    strcpy(edited->streams[0].label, "one");
    on.edit.schema = edited;
    for (int i = 0; i < WRITES; i++) {
        write_start(f, &writes[i], table, arena_printf(&f->arena, "k%d", i % 5), NULL,
                    arena_printf(&f->arena, "v%d", i));
        fixture_run_ms(f, i % 2);
        if (i == 100)
            store_edit(f->store, &on.edit);
        if (i == 200) {
            assert_true(on.done);
            schema_unref(schema);
            schema = table_schema(table);
            edited = schema_copy(schema);
            edited->streams[0].disabled_ms = clock_wall_ms(&f->clock);
            off.edit.schema = edited;
            store_edit(f->store, &off.edit);
        }
    }
    fixture_settle(f);
    assert_true(off.done);
    schema_unref(schema);
    schema = table_schema(table);
    assert_true(schema->streams[0].start_sequence > 0);
    assert_true(schema->streams[0].end_sequence > schema->streams[0].start_sequence);
    changes = fixture_log(f, table, false, true, &count);
    assert_int_equal(count, WRITES);
    for (size_t i = 0; i < count; i++) {
        bool above = changes[i].sequence > schema->streams[0].start_sequence;
        bool below = changes[i].sequence <= schema->streams[0].end_sequence;

        assert_true(changes[i].sequence != schema->streams[0].start_sequence);
        if (above && below && changes[i].existed) {
            assert_true(changes[i].has_old);
            inside++;
        }
        before += !above;
        after += !below;
    }
    assert_true(before >= 100);
    assert_in_range(inside, 90, 110);
    assert_in_range(after, 50, 100);
    schema_unref(schema);
    table_unref(table);
    test_free(writes);
}

/* The log of a dropped table stays readable for a day if it had a stream, then all of it goes. */
static int count_table(void *context, struct table *table)
{
    (*(unsigned *)context)++;
    return 0;
}

static void test_a_dropped_tables_stream_stays_for_a_day(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false), *shell;
    struct schema *schema;
    uint32_t id;
    unsigned tables = 0;
    size_t count;

    fixture_enable_stream(f, table, STREAM_NEW_AND_OLD_IMAGES, "one");
    fixture_put(f, table, "a", NULL, "x");
    schema = table_schema(table);
    id = schema->id;
    assert_int_equal(fixture_edit(f, EDIT_DROP, schema), 0);
    table_unref(table);
    for (int reopened = 0; reopened < 2; reopened++) {
        shell = store_table_by_id(f->store, id);
        assert_non_null(shell);
        schema = table_schema(shell);
        assert_true(schema->streams[0].disabled_ms > 0);
        assert_true(schema->streams[0].end_sequence > schema->streams[0].start_sequence);
        schema_unref(schema);
        fixture_log(f, shell, false, true, &count);
        assert_int_equal(count, 1);
        table_unref(shell);
        fixture_close(f);
        fixture_open(f);
    }
    assert_int_equal(store_stream_tables(f->store, count_table, &tables), 0);
    assert_int_equal(tables, 1);
    clock_set_offset_us(&f->clock, INT64_C(25) * 3600 * 1000000);
    fixture_run_ms(f, 20000);
    assert_null(store_table_by_id(f->store, id));
    fixture_close(f);
    fixture_open(f);
    assert_null(store_table_by_id(f->store, id));
}

static int collect_meta(void *context, struct slice name, struct slice value)
{
    buf_append_slice(context, name);
    buf_append_str(context, "=");
    buf_append_slice(context, value);
    return buf_append_str(context, ";");
}

static void test_meta_keys_of_other_modules(void **state)
{
    struct fixture *f = *state;
    struct edit_call call = {
        .edit = {.strand = f->strand, .on_done = on_edited, .kind = EDIT_META}};
    struct buf key = BUF_EMPTY, all = BUF_EMPTY;
    struct slice value;

    store_meta_key(&key, "replication", SLICE("group/1"));
    batch_put(&call.edit.meta, ENGINE_DATA, buf_slice(&key), SLICE("one"));
    buf_clear(&key);
    store_meta_key(&key, "replication", SLICE("group/2"));
    batch_put(&call.edit.meta, ENGINE_DATA, buf_slice(&key), SLICE("two"));
    buf_clear(&key);
    store_meta_key(&key, "replications", SLICE("other"));
    batch_put(&call.edit.meta, ENGINE_DATA, buf_slice(&key), SLICE("x"));
    store_edit(f->store, &call.edit);
    fixture_settle(f);
    assert_true(call.done);
    fixture_close(f);
    fixture_open(f);
    assert_int_equal(store_meta_get(f->store, "replication", SLICE("group/2"), &f->arena, &value),
                     0);
    assert_true(slice_eq_str(value, "two"));
    assert_int_equal(store_meta_get(f->store, "replication", SLICE("group/3"), &f->arena, &value),
                     ST_NOTFOUND);
    assert_int_equal(store_meta_each(f->store, "replication", SLICE("group/"), collect_meta, &all),
                     0);
    assert_true(slice_eq_str(buf_slice(&all), "group/1=one;group/2=two;"));
    buf_release(&key);
    buf_release(&all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_tables_survive_and_ids_are_never_used_again),
        T(test_a_stale_generation_is_refused),
        T(test_a_refused_edit_changes_nothing),
        T(test_a_stream_begins_and_ends_exactly),
        T(test_a_dropped_tables_stream_stays_for_a_day),
        T(test_meta_keys_of_other_modules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
