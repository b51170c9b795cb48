/*
 * test_schema.c - schemas as JSON, names, and the keys of items in DynamoDB's words.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

static void test_json_round_trips(void **state)
{
    struct schema *schema = fixture_schema("Music", true), *back = NULL;
    struct buf json = BUF_EMPTY, again = BUF_EMPTY;

    schema->id = 7;
    schema->generation = 12;
    schema->billing = BILLING_PROVISIONED;
    schema->read_units = 5;
    schema->write_units = 6;
    schema->on_demand_read_max = -1;
    schema->table_class = CLASS_STANDARD_INFREQUENT_ACCESS;
    schema->deletion_protection = true;
    schema->global = true;
    schema->replica_id = 3;
    schema->replica_id_next = 4;
    schema->keys[1].type = VALUE_N;
    schema->stream_count = 2;
    schema->streams[0] = (struct stream){.label = "2026-11-22T08:00:00.123",
                                         .view = STREAM_NEW_AND_OLD_IMAGES,
                                         .created_ms = 1,
                                         .start_sequence = 99};
    schema->streams[1] = (struct stream){.label = "2026-11-21T08:00:00.123",
                                         .view = STREAM_KEYS_ONLY,
                                         .created_ms = 1,
                                         .disabled_ms = 2,
                                         .start_sequence = 3,
                                         .end_sequence = 98};
    assert_int_equal(schema_to_json(schema, &json), 0);
    assert_int_equal(schema_from_json(buf_slice(&json), &back), 0);
    assert_int_equal(schema_to_json(back, &again), 0);
    assert_true(slice_eq(buf_slice(&json), buf_slice(&again)));
    assert_string_equal(back->name, "Music");
    assert_true(slice_eq(back->keys[1].name, SLICE("sk")));
    assert_int_equal(back->keys[1].type, VALUE_N);
    assert_int_equal(back->streams[1].end_sequence, 98);
    assert_true(back->global);
    assert_memory_equal(back->digest_key, schema->digest_key, sizeof(schema->digest_key));
    buf_release(&json);
    buf_release(&again);
    schema_unref(schema);
    schema_unref(back);
}

static void test_what_is_no_schema_is_refused(void **state)
{
    struct schema *schema = fixture_schema("t", false), *back = NULL;
    struct buf json = BUF_EMPTY;

    assert_int_equal(schema_from_json(SLICE(""), &back), ST_CORRUPT);
    assert_int_equal(schema_from_json(SLICE("[]"), &back), ST_CORRUPT);
    assert_int_equal(schema_from_json(SLICE("{\"name\":\"t\"}"), &back), ST_CORRUPT);
    schema_to_json(schema, &json);
    for (size_t cut = 0; cut < json.len; cut += 7)
        assert_int_equal(schema_from_json(slice_of(json.ptr, cut), &back), ST_CORRUPT);
    buf_release(&json);
    schema_unref(schema);
}

static void test_a_copy_stands_alone(void **state)
{
    struct schema *schema = fixture_schema("t", false), *copy = schema_copy(schema);

    assert_int_equal(copy->generation, schema->generation + 1);
    schema_unref(schema);
    assert_true(slice_eq(copy->keys[0].name, SLICE("pk")));
    schema_unref(copy);
}

static void test_names(void **state)
{
    enum stream_view view;
    enum table_class table_class;
    enum billing_mode billing;

    assert_string_equal(table_status_name(TABLE_ACTIVE), "ACTIVE");
    assert_true(stream_view_of(SLICE("NEW_AND_OLD_IMAGES"), &view));
    assert_int_equal(view, STREAM_NEW_AND_OLD_IMAGES);
    assert_false(stream_view_of(SLICE("new_image"), &view));
    assert_false(table_class_of(SLICE(""), &table_class));
    assert_true(billing_mode_of(SLICE("PAY_PER_REQUEST"), &billing));
}

/* ---- keys ---- */

static struct slice value_text(struct arena *arena, enum value_type type, const char *text)
{
    struct buf value = BUF_EMPTY;
    struct slice encoded;

    buf_append_u8(&value, (uint8_t)type);
    if (type != VALUE_TRUE)
        buf_append_sized(&value, slice_str(text));
    encoded = arena_dup(arena, buf_slice(&value));
    buf_release(&value);
    return encoded;
}

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
    for (size_t i = 0; i < count; i++)
        item_builder_add(&builder, slice_str(parts[i].name),
                         value_text(arena, parts[i].type, parts[i].text));
    assert_int_equal(item_build(&builder, &item), 0);
    return item;
}
#define ITEM(...)                                                                                  \
    item_of(&arena, (const struct part[]){__VA_ARGS__},                                            \
            sizeof((const struct part[]){__VA_ARGS__}) / sizeof(struct part))

static void test_the_key_of_an_item(void **state)
{
    struct schema *schema = fixture_schema("t", true);
    char long_key[2100];
    struct refusal refusal;
    struct item_key key;
    struct arena arena;

    arena_init(&arena, 0);
    memset(long_key, 'x', sizeof(long_key));
    long_key[2049] = '\0';
    assert_int_equal(schema_key_of_item(schema, ITEM({"pk", VALUE_S, "a"}, {"sk", VALUE_S, "b"}),
                                        &key, &refusal),
                     0);
    assert_true(slice_eq(key.partition, SLICE("a")));
    assert_true(slice_eq(key.sort, SLICE("b")));

#define REFUSED(item, words)                                                                       \
    assert_int_equal(schema_key_of_item(schema, (item), &key, &refusal), ST_REFUSED);              \
    assert_string_equal(refusal.text, words)
    REFUSED(ITEM({"pk", VALUE_S, "a"}),
            "One or more parameter values were invalid: Missing the key sk in the item");
    REFUSED(ITEM({"pk", VALUE_B, "a"}, {"sk", VALUE_S, "b"}),
            "One or more parameter values were invalid: Type mismatch for key pk expected: S "
            "actual: B");
    REFUSED(ITEM({"pk", VALUE_TRUE, NULL}, {"sk", VALUE_S, "b"}),
            "One or more parameter values were invalid: Type mismatch for key pk expected: S "
            "actual: BOOL");
    REFUSED(ITEM({"pk", VALUE_S, ""}),
            "One or more parameter values are not valid. The AttributeValue for a key attribute "
            "cannot contain an empty string value. Key: pk");
    REFUSED(ITEM({"pk", VALUE_S, long_key}, {"sk", VALUE_S, "b"}),
            "One or more parameter values were invalid: Size of hashkey has exceeded the maximum "
            "size limit of2048 bytes");
    long_key[1025] = '\0';
    REFUSED(ITEM({"pk", VALUE_S, "a"}, {"sk", VALUE_S, long_key}),
            "One or more parameter values were invalid: Aggregated size of all range keys has "
            "exceeded the size limit of 1024 bytes");
#undef REFUSED
    arena_release(&arena);
    schema_unref(schema);
}

static void test_the_key_argument(void **state)
{
    struct schema *schema = fixture_schema("t", true);
    struct refusal refusal;
    struct item_key key;
    struct arena arena;
    struct slice item;

    arena_init(&arena, 0);
    assert_int_equal(schema_key_of_argument(
                         schema, ITEM({"pk", VALUE_S, "a"}, {"sk", VALUE_S, "b"}), &key, &refusal),
                     0);
    assert_int_equal(schema_key_item(schema, &key, &arena, &item), 0);
    assert_true(slice_eq(item, ITEM({"pk", VALUE_S, "a"}, {"sk", VALUE_S, "b"})));

#define MISMATCH(item)                                                                             \
    assert_int_equal(schema_key_of_argument(schema, (item), &key, &refusal), ST_REFUSED);          \
    assert_string_equal(refusal.text, "The provided key element does not match the schema")
    MISMATCH(ITEM({"pk", VALUE_S, "a"}));
    MISMATCH(ITEM({"pk", VALUE_S, "a"}, {"sk", VALUE_B, "b"}));
    MISMATCH(ITEM({"pk", VALUE_S, "a"}, {"sort", VALUE_S, "b"}));
    MISMATCH(ITEM({"pk", VALUE_S, "a"}, {"sk", VALUE_S, "b"}, {"z", VALUE_S, "c"}));
#undef MISMATCH
    arena_release(&arena);
    schema_unref(schema);
}

static void test_encoded_keys(void **state)
{
    struct item_key key = {SLICE("par"), SLICE("so")}, back;
    struct buf bytes = BUF_EMPTY;

    assert_int_equal(item_key_encode(&bytes, &key), 0);
    assert_int_equal(item_key_decode(buf_slice(&bytes), true, &back), 0);
    assert_true(slice_eq(back.partition, key.partition));
    assert_true(slice_eq(back.sort, key.sort));
    assert_int_equal(item_key_decode(buf_slice(&bytes), false, &back), ST_CORRUPT);
    assert_int_equal(item_key_decode(slice_of(bytes.ptr, 3), true, &back), ST_CORRUPT);
    assert_int_equal(item_key_decode(slice_of(bytes.ptr, 5), true, &back), ST_CORRUPT);
    assert_int_equal(item_key_decode(SLICE_EMPTY, false, &back), ST_CORRUPT);
    buf_release(&bytes);
}

static void test_settings_come_back_and_a_copy_shares_the_tags(void **state)
{
    const struct tag tags[] = {{SLICE("b"), SLICE("2")}, {SLICE("a"), SLICE("")}};
    struct schema *schema = fixture_schema("t", false), *back, *copy;
    struct buf json = BUF_EMPTY;

    schema->tags = tag_set_new(tags, 2);
    strcpy(schema->ttl.attribute, "expires");
    schema->ttl.changed_ms = 7;
    schema->ttl.built = true;
    schema->throughput_decreases = 3;
    schema->on_demand_switches_ms[3] = 11;
    schema->warm_write = 4001;
    assert_int_equal(schema_to_json(schema, &json), 0);
    assert_int_equal(schema_from_json(buf_slice(&json), &back), 0);
    copy = schema_copy(back);
    schema_unref(schema);
    schema_unref(back);
    assert_string_equal(copy->ttl.attribute, "expires");
    assert_true(copy->ttl.built);
    assert_int_equal(copy->ttl.changed_ms, 7);
    assert_int_equal(copy->throughput_decreases, 3);
    assert_int_equal(copy->on_demand_switches_ms[3], 11);
    assert_int_equal(copy->warm_write, 4001);
    assert_int_equal(tag_set_count(copy->tags), 2);
    assert_true(slice_eq(copy->tags->tags[0].key, SLICE("a")));
    assert_true(slice_eq(copy->tags->tags[1].value, SLICE("2")));
    assert_int_equal(tag_set_place(copy->tags, SLICE("aa")), 1);
    schema_unref(copy);
    buf_release(&json);
}

static void test_tags_that_are_not_a_set_are_refused(void **state)
{
    static const char *const bad[] = {
        "[[\"b\",\"\"],[\"a\",\"\"]]",
        "[[\"a\",\"\"],[\"a\",\"\"]]",
        "[[\"a\"]]",
        "[[\"a\",1]]",
        "{}",
    };
    struct json_parser *parser = json_parser_new();
    struct tag_set *set = NULL;
    struct json root;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(json_parse(parser, slice_str(bad[i]), &root), 0);
        assert_int_equal(tag_set_from_json(root, &set), ST_CORRUPT);
    }
    assert_null(set);
    json_parser_free(parser);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_json_round_trips),
        cmocka_unit_test(test_what_is_no_schema_is_refused),
        cmocka_unit_test(test_a_copy_stands_alone),
        cmocka_unit_test(test_settings_come_back_and_a_copy_shares_the_tags),
        cmocka_unit_test(test_tags_that_are_not_a_set_are_refused),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_the_key_of_an_item),
        cmocka_unit_test(test_the_key_argument),
        cmocka_unit_test(test_encoded_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
