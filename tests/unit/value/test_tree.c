/*
 * test_tree.c - values change in a tree and come back canonical.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

static struct tree *value_tree(struct fixture *fixture, const char *json)
{
    struct slice encoded;
    struct tree *tree;

    assert_int_equal(value_from_json(fixture_parse(fixture, json), &fixture->arena, &encoded, NULL),
                     0);
    tree = tree_from_value(&fixture->arena, encoded);
    assert_non_null(tree);
    return tree;
}

static struct tree *item_tree(struct fixture *fixture, const char *json)
{
    struct tree *tree = tree_from_item(&fixture->arena, fixture_item(fixture, json));

    assert_non_null(tree);
    return tree;
}

static const char *json_of(struct fixture *fixture, struct tree *map)
{
    struct slice item;

    assert_int_equal(tree_to_item(&fixture->arena, map, &item), 0);
    assert_int_equal(item_check(item), 0);
    return fixture_json(fixture, item);
}

static void untouched_items_come_back_as_they_were(void **state)
{
    struct fixture *fixture = *state;
    struct slice item = fixture_item(
        fixture, "{\"a\":{\"M\":{\"x\":{\"L\":[{\"N\":\"1\"}]}}},\"b\":{\"SS\":[\"p\",\"q\"]},"
                 "\"c\":{\"NULL\":true},\"d\":{\"B\":\"AAAA\"}}");
    struct tree *tree = tree_from_item(&fixture->arena, item);
    struct slice again;

    assert_non_null(tree);
    assert_int_equal(tree_to_item(&fixture->arena, tree, &again), 0);
    assert_true(slice_eq(item, again));
}

static void opening_every_level_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    struct tree *tree = item_tree(
        fixture, "{\"a\":{\"M\":{\"x\":{\"L\":[{\"NS\":[\"1\",\"2\"]}]}}},\"s\":{\"SS\":[\"q\"]}}");
    struct tree *map = tree_find(tree, SLICE("a")), *list;

    assert_int_equal(tree_open(&fixture->arena, map), 0);
    list = tree_find(map, SLICE("x"));
    assert_int_equal(tree_open(&fixture->arena, list), 0);
    assert_int_equal(tree_open(&fixture->arena, list->members[0].value), 0);
    assert_int_equal(tree_open(&fixture->arena, tree_find(tree, SLICE("s"))), 0);
    assert_int_equal(tree_depth(tree), 4);
    assert_string_equal(
        json_of(fixture, tree),
        "{\"a\":{\"M\":{\"x\":{\"L\":[{\"NS\":[\"1\",\"2\"]}]}}},\"s\":{\"SS\":[\"q\"]}}");
}

static void members_are_set_replaced_and_removed(void **state)
{
    struct fixture *fixture = *state;
    struct tree *tree = item_tree(fixture, "{\"m\":{\"S\":\"old\"},\"r\":{\"S\":\"gone\"}}");
    struct arena *arena = &fixture->arena;

    assert_int_equal(tree_set(arena, tree, SLICE("z"), value_tree(fixture, "{\"N\":\"1\"}")), 0);
    assert_int_equal(tree_set(arena, tree, SLICE("a"), value_tree(fixture, "{\"L\":[]}")), 0);
    assert_int_equal(tree_set(arena, tree, SLICE("m"), value_tree(fixture, "{\"S\":\"new\"}")), 0);
    assert_int_equal(tree_set(arena, tree, SLICE("r"), NULL), 0);
    assert_int_equal(tree_set(arena, tree, SLICE("never"), NULL), 0);
    assert_null(tree_find(tree, SLICE("r")));
    assert_null(tree_find(tree, SLICE("never")));
    assert_non_null(tree_find(tree, SLICE("z")));
    assert_string_equal(json_of(fixture, tree),
                        "{\"a\":{\"L\":[]},\"m\":{\"S\":\"new\"},\"z\":{\"N\":\"1\"}}");
}

static void lists_grow_and_close_gaps(void **state)
{
    struct fixture *fixture = *state;
    struct tree *tree =
        item_tree(fixture, "{\"l\":{\"L\":[{\"N\":\"0\"},{\"N\":\"1\"},{\"N\":\"2\"}]}}");
    struct tree *list = tree_find(tree, SLICE("l"));

    assert_int_equal(tree_open(&fixture->arena, list), 0);
    list->members[1].value = NULL;
    for (int i = 3; i < 20; i++) {
        char json[32];

        snprintf(json, sizeof(json), "{\"N\":\"%d\"}", i);
        assert_int_equal(tree_append(&fixture->arena, list, value_tree(fixture, json)), 0);
    }
    assert_string_equal(
        json_of(fixture, tree),
        "{\"l\":{\"L\":[{\"N\":\"0\"},{\"N\":\"2\"},{\"N\":\"3\"},{\"N\":\"4\"},{\"N\":\"5\"},"
        "{\"N\":\"6\"},{\"N\":\"7\"},{\"N\":\"8\"},{\"N\":\"9\"},{\"N\":\"10\"},{\"N\":\"11\"},"
        "{\"N\":\"12\"},{\"N\":\"13\"},{\"N\":\"14\"},{\"N\":\"15\"},{\"N\":\"16\"},"
        "{\"N\":\"17\"},{\"N\":\"18\"},{\"N\":\"19\"}]}}");
}

/* Elements may be appended whether the set has them or not. */
static void sets_are_sorted_and_lose_duplicates(void **state)
{
    struct fixture *fixture = *state;
    struct tree *tree = item_tree(fixture, "{\"s\":{\"NS\":[\"5\",\"1\",\"3\"]}}");
    struct tree *set = tree_find(tree, SLICE("s"));

    assert_int_equal(tree_open(&fixture->arena, set), 0);
    assert_int_equal(set->count, 3);
    set->members[0].value = NULL; /* the 1 */
    assert_int_equal(tree_append(&fixture->arena, set, value_tree(fixture, "{\"N\":\"4\"}")), 0);
    assert_int_equal(tree_append(&fixture->arena, set, value_tree(fixture, "{\"N\":\"3.0\"}")), 0);
    assert_string_equal(json_of(fixture, tree), "{\"s\":{\"NS\":[\"3\",\"4\",\"5\"]}}");
}

static void values_encode_alone_and_a_map_becomes_an_item(void **state)
{
    struct fixture *fixture = *state;
    struct tree *map = value_tree(fixture, "{\"M\":{\"b\":{\"S\":\"x\"},\"a\":{\"BOOL\":false}}}");
    struct slice encoded;

    assert_int_equal(tree_depth(map), 2);
    assert_int_equal(tree_to_value(&fixture->arena, map, &encoded), 0);
    assert_int_equal(value_of(encoded).type, VALUE_M);
    assert_string_equal(json_of(fixture, map), "{\"a\":{\"BOOL\":false},\"b\":{\"S\":\"x\"}}");
    map->members = NULL; /* ... which opened it: now make it empty */
    map->count = map->cap = 0;
    assert_int_equal(tree_to_value(&fixture->arena, map, &encoded), 0);
    assert_true(slice_eq(encoded, SLICE("\x0b\x01\x00")));
    assert_int_equal(tree_depth(map), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(untouched_items_come_back_as_they_were),
        TEST(opening_every_level_changes_nothing),
        TEST(members_are_set_replaced_and_removed),
        TEST(lists_grow_and_close_gaps),
        TEST(sets_are_sorted_and_lose_duplicates),
        TEST(values_encode_alone_and_a_map_becomes_an_item),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
