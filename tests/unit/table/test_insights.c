/*
 * test_insights.c - contributor insights of a table: what is counted follows the schema, minutes
 * follow the Region's clock, indexes are ranked by their own keys, settings survive.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include "table/insights.h"

enum { MINUTE_MS = 60 * 1000 };

static int setup(void **state)
{
    *state = fixture_new(17);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static void set_insights(struct fixture *f, struct table *table, uint16_t index, bool enabled,
                         enum insights_mode mode)
{
    struct schema *schema = table_schema(table), *changed = schema_copy(schema);
    struct insights_setting *setting = schema_insights_edit(changed, index);

    setting->enabled = enabled;
    setting->mode = mode;
    setting->changed_ms = 1000;
    schema_unref(schema);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, changed), 0);
}

static void count(struct fixture *f, struct table *table, enum insights_event event, const char *pk,
                  const char *sk, uint64_t weight)
{
    struct index_key key = {.partition = {slice_str(pk)},
                            .sort = {sk != NULL ? slice_str(sk) : SLICE_EMPTY}};
    struct insights_key made;

    assert_int_equal(insights_key_make(&f->arena, &key, &made), 0);
    insights_count(table, SCHEMA_TABLE, event, &made, weight);
}

/* "a/b=3 c=1" of the table or an index, greatest first. */
static const char *ranked(struct fixture *f, struct table *table, uint16_t index,
                          enum insights_event event, enum insights_rule rule)
{
    struct schema *schema = table_schema(table);
    struct insights_ranking ranking;
    const char *text = "";
    int64_t from_ms;

    assert_int_equal(insights_rank(table, index, event, rule, &f->arena, 100, &ranking, &from_ms),
                     0);
    for (size_t i = 0; i < ranking.count; i++) {
        struct value_iterator attributes;
        const char *key = "";
        struct slice item, name;
        struct value value;

        assert_int_equal(insights_key_item(schema, schema_index_by_id(schema, index),
                                           ranking.contributors[i].key, &f->arena, &item),
                         0);
        attributes = item_iterate(item);
        while (value_next(&attributes, &name, &value))
            key = arena_printf(&f->arena, "%s%s%.*s", key, *key != '\0' ? "/" : "",
                               SLICE_ARGS(value_key_bytes(&value)));
        text = arena_printf(&f->arena, "%s%s%s=%d", text, *text != '\0' ? " " : "", key,
                            (int)ranking.contributors[i].count);
    }
    schema_unref(schema);
    return text;
}

static void test_what_is_counted_follows_the_schema(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", true);

    assert_false(insights_wanted(table, INSIGHTS_ACCESSED));
    count(f, table, INSIGHTS_ACCESSED, "a", "1", 5);
    set_insights(f, table, SCHEMA_TABLE, true, INSIGHTS_THROTTLED);
    assert_false(insights_wanted(table, INSIGHTS_ACCESSED));
    assert_true(insights_wanted(table, INSIGHTS_BEING_THROTTLED));
    count(f, table, INSIGHTS_ACCESSED, "a", "1", 5);
    count(f, table, INSIGHTS_BEING_THROTTLED, "a", "1", 1);
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "");
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_BEING_THROTTLED, INSIGHTS_BY_ITEM),
                        "a/1=1");
    set_insights(f, table, SCHEMA_TABLE, true, INSIGHTS_ACCESSED_AND_THROTTLED);
    count(f, table, INSIGHTS_ACCESSED, "a", "1", 5);
    count(f, table, INSIGHTS_ACCESSED, "b", "1", 6);
    count(f, table, INSIGHTS_ACCESSED, "a", "2", 4);
    count(f, table, INSIGHTS_ACCESSED, "a", NULL, 1); /* a partition alone */
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "a=10 b=6");
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_ITEM),
                        "b/1=6 a/1=5 a/2=4");
    set_insights(f, table, SCHEMA_TABLE, false, INSIGHTS_ACCESSED_AND_THROTTLED);
    assert_false(insights_wanted(table, INSIGHTS_BEING_THROTTLED));
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "");
    table_unref(table);
}

static void test_two_minutes_are_kept(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);

    set_insights(f, table, SCHEMA_TABLE, true, INSIGHTS_ACCESSED_AND_THROTTLED);
    fixture_run_ms(f, MINUTE_MS - clock_wall_ms(&f->clock) % MINUTE_MS);
    count(f, table, INSIGHTS_ACCESSED, "a", NULL, 5);
    fixture_run_ms(f, MINUTE_MS);
    count(f, table, INSIGHTS_ACCESSED, "b", NULL, 3);
    count(f, table, INSIGHTS_ACCESSED, "a", NULL, 1);
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "a=6 b=3");
    fixture_run_ms(f, MINUTE_MS);
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "b=3 a=1");
    count(f, table, INSIGHTS_ACCESSED, "c", NULL, 2);
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "b=3 c=2 a=1");
    fixture_run_ms(f, 2 * MINUTE_MS);
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "");
    table_unref(table);
}

/* Entries of a write, whose bytes are 1 KB units: 2 half units each. */
static void test_writes_are_ranked_by_the_keys_of_indexes(void **state)
{
    struct fixture *f = *state;
    struct schema *schema = fixture_schema("t", false);
    struct schema_index *index = schema_index_add(schema, SLICE("pair"), true);
    struct index_write writes[1];
    struct write write;
    struct table *table;
    uint16_t id = index->id;

    schema_index_add_key(schema, index, false, SLICE("a"), VALUE_S);
    schema_index_add_key(schema, index, false, SLICE("b"), VALUE_S);
    schema_index_add_key(schema, index, true, SLICE("c"), VALUE_S);
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema), 0);
    table = store_table(f->store, SLICE("t"));
    set_insights(f, table, id, true, INSIGHTS_ACCESSED_AND_THROTTLED);
#define ITEM(c_)                                                                                   \
    FIXTURE_ITEM(f, {"pk", VALUE_S, "p"}, {"a", VALUE_S, "x"}, {"b", VALUE_S, "y"},                \
                 {"c", VALUE_S, c_})
    write_start_item(f, &write, table, ITEM("1"), false, writes);
    assert_int_equal(write_wait(f, &write), 0);
    assert_string_equal(ranked(f, table, id, INSIGHTS_ACCESSED, INSIGHTS_BY_ITEM), "x/y/1=2");
    write_start_item(f, &write, table, ITEM("2"), false, writes); /* moves the entry */
    assert_int_equal(write_wait(f, &write), 0);
    assert_string_equal(ranked(f, table, id, INSIGHTS_ACCESSED, INSIGHTS_BY_ITEM),
                        "x/y/1=4 x/y/2=2");
    write_start_item(f, &write, table, ITEM("2"), true, writes);
    assert_int_equal(write_wait(f, &write), 0);
    assert_string_equal(ranked(f, table, id, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION), "x/y=8");
#undef ITEM
    assert_string_equal(ranked(f, table, SCHEMA_TABLE, INSIGHTS_ACCESSED, INSIGHTS_BY_PARTITION),
                        "");
    table_unref(table);
}

static void test_settings_are_durable_and_counters_are_not(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    const struct insights_setting *setting;
    struct schema *schema;

    set_insights(f, table, SCHEMA_TABLE, true, INSIGHTS_THROTTLED);
    count(f, table, INSIGHTS_BEING_THROTTLED, "a", NULL, 1);
    table_unref(table);
    fixture_close(f);
    fixture_open(f);
    table = store_table(f->store, SLICE("t"));
    schema = table_schema(table);
    setting = schema_insights(schema, SCHEMA_TABLE);
    assert_non_null(setting);
    assert_true(setting->enabled);
    assert_int_equal(setting->mode, INSIGHTS_THROTTLED);
    assert_int_equal(setting->changed_ms, 1000);
    assert_true(insights_wanted(table, INSIGHTS_BEING_THROTTLED));
    assert_string_equal(
        ranked(f, table, SCHEMA_TABLE, INSIGHTS_BEING_THROTTLED, INSIGHTS_BY_PARTITION), "");
    schema_unref(schema);
    table_unref(table);
}

static void test_a_setting_ends_with_its_index(void **state)
{
    struct schema *schema = fixture_schema("t", false);
    struct schema_index *index = schema_index_add(schema, SLICE("i"), true);
    uint16_t id = index->id;

    schema_insights_edit(schema, id)->enabled = true;
    assert_true(schema_insights(schema, id)->enabled);
    assert_null(schema_insights(schema, SCHEMA_TABLE));
    schema_index_remove(schema, index);
    schema_insights_edit(schema, SCHEMA_TABLE);
    assert_null(schema_insights(schema, id));
    assert_int_equal(schema->insights_count, 1);
    schema_unref(schema);
}

int main(void)
{
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(test_what_is_counted_follows_the_schema),
        T(test_two_minutes_are_kept),
        T(test_writes_are_ranked_by_the_keys_of_indexes),
        T(test_settings_are_durable_and_counters_are_not),
        cmocka_unit_test(test_a_setting_ends_with_its_index),
    };
#undef T

    return cmocka_run_group_tests(tests, NULL, NULL);
}
