/*
 * test_project.c - projections mirror their paths; lists are compacted; what is missing is left
 * out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

static const char item_json[] =
    "{\"pk\":{\"S\":\"k\"},\"n\":{\"N\":\"1\"},\"x.y\":{\"S\":\"dot\"},\"ss\":{\"SS\":[\"a\"]},"
    "\"l\":{\"L\":[{\"S\":\"0\"},{\"S\":\"1\"},{\"S\":\"2\"},{\"S\":\"3\"}]},"
    "\"m\":{\"M\":{\"a\":{\"N\":\"1\"},\"b\":{\"N\":\"2\"},\"c\":{\"M\":{\"d\":{\"NULL\":true}}}}},"
    "\"lm\":{\"L\":[{\"M\":{\"p\":{\"N\":\"1\"},\"q\":{\"N\":\"2\"},\"r\":{\"N\":\"3\"}}},"
    "{\"M\":{\"p\":{\"N\":\"4\"}}}]}}";

static void projections(void **state)
{
    static const struct {
        const char *paths, *result;
    } cases[] = {
        {"n", "{\"n\":{\"N\":\"1\"}}"}, /* keys are not added */
        {"pk, n", "{\"n\":{\"N\":\"1\"},\"pk\":{\"S\":\"k\"}}"},
        {"#dot", "{\"x.y\":{\"S\":\"dot\"}}"},
        {"x.y", "{}"},
        {"q", "{}"},
        {"q, n, r.s, t[0]", "{\"n\":{\"N\":\"1\"}}"},
        {"m",
         "{\"m\":{\"M\":{\"a\":{\"N\":\"1\"},\"b\":{\"N\":\"2\"},\"c\":{\"M\":{\"d\":{\"NULL\":"
         "true}}}}}}"},
        {"m.c.d, m.a",
         "{\"m\":{\"M\":{\"a\":{\"N\":\"1\"},\"c\":{\"M\":{\"d\":{\"NULL\":true}}}}}}"},
        {"m.q, m.c.q", "{}"},
        {"m.q, m.b", "{\"m\":{\"M\":{\"b\":{\"N\":\"2\"}}}}"},
        /* ascending, whatever the order of the text; without gaps */
        {"l[3], l[1]", "{\"l\":{\"L\":[{\"S\":\"1\"},{\"S\":\"3\"}]}}"},
        {"l[9], l[0]", "{\"l\":{\"L\":[{\"S\":\"0\"}]}}"},
        {"l[4294967294]", "{}"},
        /* several paths below one index make one element */
        {"lm[1].p, lm[0].r, lm[0].p",
         "{\"lm\":{\"L\":[{\"M\":{\"p\":{\"N\":\"1\"},\"r\":{\"N\":\"3\"}}},{\"M\":{\"p\":{\"N\":"
         "\"4\"}}}]}}"},
        {"lm[0].z, lm[1].p", "{\"lm\":{\"L\":[{\"M\":{\"p\":{\"N\":\"4\"}}}]}}"},
        /* a path through a value of another type */
        {"n.a, pk[0], l.a, m[0], ss[0], lm[0].p.x", "{}"},
    };
    struct fixture *fixture = *state;
    struct slice item = fixture_item(fixture, item_json);

    fixture_bind(fixture, "{\"#dot\": \"x.y\"}", NULL);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expr_projection *projection;
        struct slice result;

        assert_int_equal(expr_projection_parse(&fixture->arena, slice_str(cases[i].paths),
                                               &fixture->bindings, &projection, &fixture->error),
                         0);
        assert_int_equal(expr_project(projection, item, &fixture->arena, &result), 0);
        assert_string_equal(fixture_item_text(fixture, result), cases[i].result);
        assert_int_equal(expr_project(projection, ITEM_EMPTY, &fixture->arena, &result), 0);
        assert_int_equal(item_count(result), 0);
    }
}

static void projecting_all_attributes_gives_the_item(void **state)
{
    struct fixture *fixture = *state;
    struct slice item = fixture_item(fixture, item_json), result;
    struct expr_projection *projection;

    fixture_bind(fixture, "{\"#dot\": \"x.y\"}", NULL);
    assert_int_equal(expr_projection_parse(&fixture->arena,
                                           SLICE("ss, pk, lm[0], lm[1], m, l, n, #dot"),
                                           &fixture->bindings, &projection, &fixture->error),
                     0);
    assert_int_equal(expr_project(projection, item, &fixture->arena, &result), 0);
    assert_true(slice_eq(result, item)); /* canonical bytes */
}

static void keys_may_not_be_walked_into(void **state)
{
    static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S, false}};
    struct fixture *fixture = *state;
    struct expr_projection *projection;

    fixture_bind(fixture, "{\"#p\": \"pk\"}", NULL);
    assert_int_equal(expr_projection_parse(&fixture->arena, SLICE("n, #p[0]"), &fixture->bindings,
                                           &projection, &fixture->error),
                     0);
    assert_int_equal(expr_projection_check_key_paths(projection, keys, 1, &fixture->error),
                     ST_REFUSED);
    assert_string_equal(
        fixture->error.refusal.text,
        "Key attributes must be scalars; list random access '[]' and map lookup '.' "
        "are not allowed: Key: pk");
    assert_int_equal(expr_projection_parse(&fixture->arena, SLICE("#p, n.pk"), &fixture->bindings,
                                           &projection, &fixture->error),
                     0);
    assert_int_equal(expr_projection_check_key_paths(projection, keys, 1, &fixture->error), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(projections, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(projecting_all_attributes_gives_the_item, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(keys_may_not_be_walked_into, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
