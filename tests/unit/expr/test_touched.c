/*
 * test_touched.c - UPDATED_OLD and UPDATED_NEW show the touched paths, and nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

static const char values[] =
    "{\":s\": {\"S\": \"new\"}, \":t\": {\"S\": \"tail\"}, \":1\": {\"N\": "
    "\"1\"}, \":ss\": {\"SS\": [\"a\"]}, \":many\": {\"SS\": [\"0\", \"a\", \"b\", \"c\"]}}";

#define ABCD "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"b\"},{\"S\":\"c\"},{\"S\":\"d\"}]}}"

static void touched_paths(void **state)
{
    static const struct {
        const char *update, *before, *updated_old, *updated_new;
    } cases[] = {
        {"SET a = :s, b = :s", "{\"a\":{\"N\":\"1\"},\"z\":{\"S\":\"z\"}}", "{\"a\":{\"N\":\"1\"}}",
         "{\"a\":{\"S\":\"new\"},\"b\":{\"S\":\"new\"}}"},
        {"REMOVE a", "{\"a\":{\"N\":\"1\"}}", "{\"a\":{\"N\":\"1\"}}", "{}"},
        {"REMOVE q", "{\"a\":{\"N\":\"1\"}}", "{}", "{}"},
        {"SET a = :1", "{\"a\":{\"N\":\"1\"}}", "{\"a\":{\"N\":\"1\"}}", "{\"a\":{\"N\":\"1\"}}"},
        {"ADD a :1", "{\"a\":{\"N\":\"1\"}}", "{\"a\":{\"N\":\"1\"}}", "{\"a\":{\"N\":\"2\"}}"},
        {"DELETE s :ss", "{\"s\":{\"SS\":[\"a\"]}}", "{\"s\":{\"SS\":[\"a\"]}}", "{}"},
        /* fragments */
        {"SET m.x = :s REMOVE m.y",
         "{\"m\":{\"M\":{\"x\":{\"S\":\"old\"},\"y\":{\"N\":\"2\"},\"z\":{\"N\":\"3\"}}}}",
         "{\"m\":{\"M\":{\"x\":{\"S\":\"old\"},\"y\":{\"N\":\"2\"}}}}",
         "{\"m\":{\"M\":{\"x\":{\"S\":\"new\"}}}}"},
        {"SET m.n.x = :s", "{\"m\":{\"M\":{\"n\":{\"M\":{\"k\":{\"N\":\"1\"}}}}}}", "{}",
         "{\"m\":{\"M\":{\"n\":{\"M\":{\"x\":{\"S\":\"new\"}}}}}}"},
        /* lists: touched elements only, in order */
        {"SET a[2] = :s, a[0] = :t", ABCD, "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"c\"}]}}",
         "{\"a\":{\"L\":[{\"S\":\"tail\"},{\"S\":\"new\"}]}}"},
        {"SET a[9] = :s", ABCD, "{}", "{\"a\":{\"L\":[{\"S\":\"new\"}]}}"},
        {"SET a[9] = :s, a[7] = :t, a[1] = :1", ABCD, "{\"a\":{\"L\":[{\"S\":\"b\"}]}}",
         "{\"a\":{\"L\":[{\"N\":\"1\"},{\"S\":\"tail\"},{\"S\":\"new\"}]}}"},
        /* elements behind a removed one have moved */
        {"REMOVE a[1]", ABCD, "{\"a\":{\"L\":[{\"S\":\"b\"}]}}", "{}"},
        {"REMOVE a[0], a[2] SET a[3] = :s", ABCD,
         "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"c\"},{\"S\":\"d\"}]}}",
         "{\"a\":{\"L\":[{\"S\":\"new\"}]}}"},
        {"REMOVE a[0] SET a[8] = :s, a[6] = :t", ABCD, "{\"a\":{\"L\":[{\"S\":\"a\"}]}}",
         "{\"a\":{\"L\":[{\"S\":\"tail\"},{\"S\":\"new\"}]}}"},
        {"REMOVE a[0], a[40] SET a[1].x = :s", "{\"a\":{\"L\":[{\"S\":\"a\"},{\"M\":{}}]}}",
         "{\"a\":{\"L\":[{\"S\":\"a\"}]}}", "{\"a\":{\"L\":[{\"M\":{\"x\":{\"S\":\"new\"}}}]}}"},
        {"DELETE a[0] :ss SET a[1] = :s", "{\"a\":{\"L\":[{\"SS\":[\"a\"]},{\"S\":\"b\"}]}}",
         "{\"a\":{\"L\":[{\"SS\":[\"a\"]},{\"S\":\"b\"}]}}", "{\"a\":{\"L\":[{\"S\":\"new\"}]}}"},
        /* a set that keeps an element keeps its place */
        {"DELETE a[0] :ss SET a[1] = :s", "{\"a\":{\"L\":[{\"SS\":[\"a\",\"b\"]},{\"S\":\"b\"}]}}",
         "{\"a\":{\"L\":[{\"SS\":[\"a\",\"b\"]},{\"S\":\"b\"}]}}",
         "{\"a\":{\"L\":[{\"SS\":[\"b\"]},{\"S\":\"new\"}]}}"},
        {"DELETE a[0] :many SET a[1] = :s",
         "{\"a\":{\"L\":[{\"SS\":[\"a\",\"c\"]},{\"S\":\"b\"}]}}",
         "{\"a\":{\"L\":[{\"SS\":[\"a\",\"c\"]},{\"S\":\"b\"}]}}",
         "{\"a\":{\"L\":[{\"S\":\"new\"}]}}"},
    };
    struct fixture *fixture = *state;

    fixture_bind(fixture, NULL, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expr_update *update = fixture_update(fixture, cases[i].update);
        struct slice before = fixture_item(fixture, cases[i].before), after, touched;

        assert_int_equal(expr_update_apply(update, EXPR_SIZE_WEIGHED, before, NULL, 0,
                                           &fixture->arena, &after, &fixture->error),
                         0);
        assert_int_equal(expr_update_touched(update, before, before, &fixture->arena, &touched), 0);
        assert_string_equal(fixture_item_text(fixture, touched), cases[i].updated_old);
        assert_int_equal(expr_update_touched(update, before, after, &fixture->arena, &touched), 0);
        assert_string_equal(fixture_item_text(fixture, touched), cases[i].updated_new);
    }
}

static void a_created_item_has_no_old_paths(void **state)
{
    struct fixture *fixture = *state;
    struct expr_update *update;
    struct slice after, touched;

    fixture_bind(fixture, NULL, values);
    update = fixture_update(fixture, "SET a = :s ADD n :1 REMOVE q.r");
    assert_int_equal(expr_update_apply(update, EXPR_SIZE_WEIGHED, ITEM_EMPTY, NULL, 0,
                                       &fixture->arena, &after, &fixture->error),
                     0);
    assert_int_equal(expr_update_touched(update, ITEM_EMPTY, ITEM_EMPTY, &fixture->arena, &touched),
                     0);
    assert_int_equal(item_count(touched), 0);
    assert_int_equal(expr_update_touched(update, ITEM_EMPTY, after, &fixture->arena, &touched), 0);
    assert_string_equal(fixture_item_text(fixture, touched),
                        "{\"a\":{\"S\":\"new\"},\"n\":{\"N\":\"1\"}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(touched_paths, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(a_created_item_has_no_old_paths, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
