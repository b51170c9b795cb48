/*
 * test_schema_index.c - indexes in schemas: JSON, copies, keys of items, DynamoDB's refusals.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

/** A table with a local index, a global one of several attributes and one of numbers. */
static struct schema *schema_with_indexes(void)
{
    struct schema *schema = fixture_schema("t", true);
    struct schema_index *index = schema_index_add(schema, SLICE("local"), false);

    assert_int_equal(schema_index_add_key(schema, index, false, SLICE("pk"), VALUE_S), 0);
    assert_int_equal(schema_index_add_key(schema, index, true, SLICE("when"), VALUE_N), 0);
    index->projection = PROJECTION_KEYS_ONLY;
    index = schema_index_add(schema, SLICE("many"), true);
    assert_int_equal(schema_index_add_key(schema, index, false, SLICE("a"), VALUE_S), 0);
    assert_int_equal(schema_index_add_key(schema, index, false, SLICE("b"), VALUE_B), 0);
    assert_int_equal(schema_index_add_key(schema, index, true, SLICE("c"), VALUE_N), 0);
    assert_int_equal(schema_index_add_key(schema, index, true, SLICE("d"), VALUE_S), 0);
    index->projection = PROJECTION_INCLUDE;
    assert_int_equal(schema_index_include(schema, index, SLICE("v")), 0);
    assert_int_equal(schema_index_include(schema, index, SLICE("w")), 0);
    index->status = INDEX_CREATING;
    index->backfilling = true;
    index->created_ms = 17;
    index->read_units = 5;
    index->warm_write = 4000;
    index = schema_index_add(schema, SLICE("hash"), true);
    assert_int_equal(schema_index_add_key(schema, index, false, SLICE("a"), VALUE_S), 0);
    return schema;
}

static void assert_json(const struct schema *schema, struct buf *ret_json)
{
    buf_clear(ret_json);
    assert_int_equal(schema_to_json(schema, ret_json), 0);
}

static void test_json_and_copies_keep_indexes(void **state)
{
    struct schema *schema = schema_with_indexes(), *back = NULL, *copy;
    struct buf json = BUF_EMPTY, again = BUF_EMPTY;
    const struct schema_index *many;

    assert_json(schema, &json);
    assert_int_equal(schema_from_json(buf_slice(&json), &back), 0);
    assert_json(back, &again);
    assert_true(slice_eq(buf_slice(&json), buf_slice(&again)));
    schema_unref(schema);
    copy = schema_copy(back);
    back->generation++;
    assert_json(back, &json);
    schema_unref(back);
    assert_json(copy, &again);
    assert_true(slice_eq(buf_slice(&json), buf_slice(&again)));

    many = schema_index(copy, SLICE("many"));
    assert_ptr_equal(many, schema_index_by_id(copy, 2));
    assert_int_equal(many->partition_count, 2);
    assert_int_equal(many->sort[0].type, VALUE_N);
    assert_true(slice_eq(many->included[1], SLICE("w")));
    assert_true(many->backfilling);
    assert_int_equal(many->read_units, 5);
    assert_int_equal(many->on_demand_read_max, -1);
    assert_null(schema_index(copy, SLICE("man")));
    buf_release(&json);
    buf_release(&again);
    schema_unref(copy);
}

static void test_ids_are_never_used_again(void **state)
{
    struct schema *schema = schema_with_indexes(), *back = NULL;
    struct buf json = BUF_EMPTY;

    schema_index_remove(schema, schema_index(schema, SLICE("hash")));
    assert_null(schema_index_by_id(schema, 3));
    assert_json(schema, &json);
    assert_int_equal(schema_from_json(buf_slice(&json), &back), 0);
    assert_int_equal(schema_index_add(back, SLICE("new"), true)->id, 4);
    schema_index_remove(back, schema_index(back, SLICE("local")));
    assert_int_equal(back->index_count, 2);
    assert_string_equal(back->indexes[0].name, "many");
    schema_unref(back);
    schema_unref(schema);
    buf_release(&json);
}

/** The text with one occurrence of `from` replaced. */
static struct slice replaced(struct arena *arena, struct slice text, const char *from,
                             const char *to)
{
    char *whole = arena_str(arena, text), *at = strstr(whole, from);

    assert_non_null(at);
    *at = '\0';
    return slice_str(arena_printf(arena, "%s%s%s", whole, to, at + strlen(from)));
}

static void test_entries_of_the_time_before_indexes_load(void **state)
{
    struct schema *schema = fixture_schema("t", true), *back = NULL;
    struct buf json = BUF_EMPTY;
    struct arena arena;

    arena_init(&arena, 0);
    assert_json(schema, &json);
    assert_int_equal(
        schema_from_json(
            replaced(&arena, buf_slice(&json), ",\"indexIdNext\":0,\"indexes\":[]", ""), &back),
        0);
    assert_int_equal(back->index_count, 0);
    assert_int_equal(schema_index_add(back, SLICE("i"), true)->id, 1);
    schema_unref(back);
    schema_unref(schema);
    buf_release(&json);
    arena_release(&arena);
}

static void test_what_is_no_index_is_refused(void **state)
{
    static const char *const faults[][2] = {
        {"\"id\":2", "\"id\":1"},
        {"\"id\":2", "\"id\":0"},
        {"\"name\":\"many\"", "\"name\":\"local\""},
        {"\"name\":\"many\"", "\"name\":\"\""},
        {"\"status\":\"CREATING\"", "\"status\":\"creating\""},
        {"\"projection\":\"INCLUDE\"", "\"projection\":\"SOME\""},
        {"\"sort\":[{\"name\":\"when\",\"type\":\"N\"}]", "\"sort\":[]"},
        {"\"partition\":[{\"name\":\"a\",\"type\":\"S\"}]", "\"partition\":[]"},
        {"\"type\":\"B\"", "\"type\":\"BOOL\""},
        {"\"included\":[\"v\",\"w\"]", "\"included\":[\"v\",7]"},
        {"\"warmWrite\":4000", "\"warmWrite\":-4000"},
        {"\"backfilling\":true", "\"backfilling\":1"},
        {"\"indexIdNext\":4", "\"indexIdNext\":\"4\""},
    };
    struct schema *schema = schema_with_indexes(), *back = NULL;
    struct buf json = BUF_EMPTY;
    struct arena arena;

    arena_init(&arena, 0);
    assert_json(schema, &json);
    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        assert_int_equal(
            schema_from_json(replaced(&arena, buf_slice(&json), faults[i][0], faults[i][1]), &back),
            ST_CORRUPT);
    /* A number that this version does not find has its default. */
    assert_int_equal(
        schema_from_json(replaced(&arena, buf_slice(&json), ",\"warmWrite\":4000", ""), &back), 0);
    assert_int_equal(schema_index(back, SLICE("many"))->warm_write, 0);
    schema_unref(back);
    schema_unref(schema);
    buf_release(&json);
    arena_release(&arena);
}

/* ---- keys ---- */

struct part {
    const char *name;
    enum value_type type;
    const char *text;
};

static struct slice item_of(struct arena *arena, const struct part *parts, size_t count)
{
    struct item_builder builder;
    struct slice item;

    item_builder_init(&builder, arena);
    for (size_t i = 0; i < count; i++) {
        struct buf value = BUF_EMPTY;

        buf_append_u8(&value, (uint8_t)parts[i].type);
        if (parts[i].type != VALUE_TRUE)
            buf_append_sized(&value, slice_str(parts[i].text));
        item_builder_add(&builder, slice_str(parts[i].name), arena_dup(arena, buf_slice(&value)));
        buf_release(&value);
    }
    assert_int_equal(item_build(&builder, &item), 0);
    return item;
}
#define ITEM(...)                                                                                  \
    item_of(&arena, (struct part[]){__VA_ARGS__},                                                  \
            sizeof((struct part[]){__VA_ARGS__}) / sizeof(struct part))

static const char *text_of(struct arena *arena, size_t len)
{
    char *text = arena_alloc(arena, len + 1);

    memset(text, 'x', len);
    text[len] = '\0';
    return text;
}

static void test_items_are_in_an_index_or_not(void **state)
{
    struct schema *schema = schema_with_indexes();
    const struct schema_index *many = schema_index(schema, SLICE("many"));
    struct index_key key;
    struct arena arena;

    arena_init(&arena, 0);
#define MEMBER(...) schema_index_key(many, ITEM(__VA_ARGS__), &key)
    assert_int_equal(
        MEMBER({"a", VALUE_S, "1"}, {"b", VALUE_B, "2"}, {"c", VALUE_N, "3"}, {"d", VALUE_S, "4"}),
        INDEX_MEMBER);
    assert_true(slice_eq(key.partition[1], SLICE("2")));
    assert_true(slice_eq(key.sort[1], SLICE("4")));
    assert_int_equal(MEMBER({"a", VALUE_S, "1"}, {"b", VALUE_B, "2"}, {"d", VALUE_S, "4"}),
                     INDEX_ABSENT);
    assert_int_equal(MEMBER({"a", VALUE_S, "1"}, {"b", VALUE_S, "2"}, {"d", VALUE_S, "4"}),
                     INDEX_ABSENT);
    assert_int_equal(
        MEMBER({"a", VALUE_S, "1"}, {"b", VALUE_S, "2"}, {"c", VALUE_N, "3"}, {"d", VALUE_S, "4"}),
        INDEX_UNFIT);
    assert_int_equal(
        MEMBER({"a", VALUE_S, "1"}, {"b", VALUE_B, "2"}, {"c", VALUE_N, "3"}, {"d", VALUE_S, ""}),
        INDEX_UNFIT);
    /* The bounds are those of all attributes of a key together. */
    assert_int_equal(MEMBER({"a", VALUE_S, text_of(&arena, 2000)},
                            {"b", VALUE_B, text_of(&arena, 48)}, {"c", VALUE_N, "3"},
                            {"d", VALUE_S, text_of(&arena, 1023)}),
                     INDEX_MEMBER);
    assert_int_equal(MEMBER({"a", VALUE_S, text_of(&arena, 2000)},
                            {"b", VALUE_B, text_of(&arena, 49)}, {"c", VALUE_N, "3"},
                            {"d", VALUE_S, "4"}),
                     INDEX_UNFIT);
    assert_int_equal(MEMBER({"a", VALUE_S, "1"}, {"b", VALUE_B, "2"}, {"c", VALUE_N, "3"},
                            {"d", VALUE_S, text_of(&arena, 1024)}),
                     INDEX_UNFIT);
#undef MEMBER
    arena_release(&arena);
    schema_unref(schema);
}

static void test_writes_are_refused_in_dynamodbs_words(void **state)
{
    struct schema *schema = schema_with_indexes();
    struct refusal refusal;
    struct arena arena;

    arena_init(&arena, 0);
#define REFUSED(text_, ...)                                                                        \
    assert_int_equal(schema_check_index_keys(schema, ITEM(__VA_ARGS__), NULL, &refusal),           \
                     ST_REFUSED);                                                                  \
    assert_string_equal(refusal.text, text_)
    REFUSED("One or more parameter values were invalid: Type mismatch for Index Key a Expected: S "
            "Actual: N IndexName: hash",
            {"a", VALUE_N, "1"}, {"b", VALUE_S, "1"});
    REFUSED("One or more parameter values were invalid: Type mismatch for Index Key when Expected: "
            "N Actual: BOOL IndexName: local",
            {"when", VALUE_TRUE, ""}, {"b", VALUE_S, "1"});
    REFUSED("One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            "string value. IndexName: hash, IndexKey: a",
            {"a", VALUE_S, ""});
    REFUSED("One or more parameter values are not valid. A value specified for a secondary index "
            "key is not supported. The AttributeValue for a key attribute cannot contain an empty "
            "binary value. IndexName: many, IndexKey: b",
            {"b", VALUE_B, ""});
    REFUSED("One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
            "size limit of2048 bytes",
            {"a", VALUE_S, text_of(&arena, 2049)});
    REFUSED("One or more parameter values were invalid: Aggregated size of all range keys has "
            "exceeded the size limit of 1024 bytes",
            {"d", VALUE_S, text_of(&arena, 1025)});
#undef REFUSED
    assert_int_equal(schema_check_index_keys(schema, ITEM({"v", VALUE_N, "1"}), NULL, &refusal), 0);
    /* An index on its way out binds nobody. */
    schema_index(schema, SLICE("hash"))->status = INDEX_DELETING;
    assert_int_equal(schema_check_index_key_type(schema, SLICE("a"), VALUE_N, &refusal),
                     ST_REFUSED);
    assert_non_null(strstr(refusal.text, "IndexName: many"));
    schema_index(schema, SLICE("many"))->status = INDEX_DELETING;
    assert_int_equal(schema_check_index_keys(schema, ITEM({"a", VALUE_N, "1"}), NULL, &refusal), 0);
    assert_int_equal(schema_check_index_key_type(schema, SLICE("a"), VALUE_N, &refusal), 0);
    arena_release(&arena);
    schema_unref(schema);
}

static void test_updates_answer_for_what_they_touch(void **state)
{
    struct schema *schema = schema_with_indexes();
    struct expr_bindings bindings = {.names_present = false};
    struct expr_update *update;
    struct expr_error error;
    struct refusal refusal;
    struct arena arena;

    arena_init(&arena, 0);
    assert_int_equal(
        expr_update_parse(&arena, SLICE("SET a = v, b = v"), &bindings, &update, &error), 0);
#define REFUSED(text_, ...)                                                                        \
    assert_int_equal(schema_check_index_keys(schema, ITEM(__VA_ARGS__), update, &refusal),         \
                     ST_REFUSED);                                                                  \
    assert_string_equal(refusal.text, text_)
    REFUSED("The update expression attempted to update the secondary index key to unsupported type",
            {"a", VALUE_N, "1"});
    REFUSED("One or more parameter values are not valid. The update expression attempted to update "
            "a secondary index key to a value that is not supported. The AttributeValue for a key "
            "attribute cannot contain an empty binary value.",
            {"b", VALUE_B, ""});
    REFUSED("The update expression attempted to update the secondary index key to a value beyond "
            "allowed size limits",
            {"b", VALUE_B, text_of(&arena, 2049)});
#undef REFUSED
    assert_int_equal(schema_check_index_keys(schema, ITEM({"d", VALUE_N, "1"}), update, &refusal),
                     0);
    arena_release(&arena);
    schema_unref(schema);
}

static void test_what_entries_hold(void **state)
{
    struct schema *schema = schema_with_indexes();
    const struct schema_index *local = schema_index(schema, SLICE("local"));
    const struct schema_index *many = schema_index(schema, SLICE("many"));
    struct slice item, key_item;
    struct arena arena;

    arena_init(&arena, 0);
    assert_true(schema_index_holds(schema, local, SLICE("sk")));
    assert_true(schema_index_holds(schema, local, SLICE("when")));
    assert_false(schema_index_holds(schema, local, SLICE("v")));
    assert_true(schema_index_holds(schema, many, SLICE("v")));
    assert_true(schema_index_holds(schema, many, SLICE("pk")));
    assert_false(schema_index_holds(schema, many, SLICE("when")));
    assert_true(schema_index_holds(schema, schema_index(schema, SLICE("hash")), SLICE("any")));
    item = ITEM({"pk", VALUE_S, "p"}, {"sk", VALUE_S, "s"}, {"when", VALUE_S, "x"},
                {"a", VALUE_S, "1"}, {"v", VALUE_S, "v"});
    assert_int_equal(schema_index_key_item(schema, local, item, &arena, &key_item), 0);
    assert_true(slice_eq(key_item,
                         ITEM({"pk", VALUE_S, "p"}, {"sk", VALUE_S, "s"}, {"when", VALUE_S, "x"})));
    arena_release(&arena);
    schema_unref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_and_copies_keep_indexes),
        cmocka_unit_test(test_ids_are_never_used_again),
        cmocka_unit_test(test_entries_of_the_time_before_indexes_load),
        cmocka_unit_test(test_what_is_no_index_is_refused),
        cmocka_unit_test(test_items_are_in_an_index_or_not),
        cmocka_unit_test(test_writes_are_refused_in_dynamodbs_words),
        cmocka_unit_test(test_updates_answer_for_what_they_touch),
        cmocka_unit_test(test_what_entries_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
