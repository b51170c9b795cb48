/*
 * test_update.c - what an update makes of an item, and what it refuses to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

static const char names[] = "{\"#dot\": \"x.y\"}";
static const char values[] =
    "{\":s\": {\"S\": \"new\"}, \":t\": {\"S\": \"tail\"}, \":1\": {\"N\": \"1\"}, \":2\": {\"N\": "
    "\"2.50\"}, \":max\": {\"N\": \"9.9999999999999999999999999999999999999E125\"}, \":ss\": "
    "{\"SS\": [\"c\", \"a\"]}, \":ns\": {\"NS\": [\"1\", \"20\"]}, \":bs\": {\"BS\": "
    "[\"AQ==\"]}, \":l\": {\"L\": [{\"S\": \"p\"}, {\"S\": \"q\"}]}, \":e\": {\"L\": []}, \":m\": "
    "{\"M\": {}}, \":b\": {\"B\": \"AQ==\"}}";

#define PK "\"pk\":{\"S\":\"k\"}"
#define NO_ATTRIBUTE                                                                               \
    "The provided expression refers to an attribute that does not exist in the item"
#define BAD_OPERAND "An operand in the update expression has an incorrect data type"
#define BAD_PATH "The document path provided in the update expression is invalid for update"

struct update_case {
    const char *update, *before, *after; /* after: the item, or the message */
};

static void check(struct fixture *fixture, const struct update_case *cases, size_t count)
{
    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < count; i++) {
        const char *outcome = fixture_apply(fixture, cases[i].update, cases[i].before);

        if (strcmp(outcome, cases[i].after) != 0)
            fail_msg("%s of %s\n  gives %s\n  not   %s", cases[i].update, cases[i].before, outcome,
                     cases[i].after);
    }
}

static void set(void **state)
{
    static const struct update_case cases[] = {
        {"SET a = :s", "{" PK "}", "{\"a\":{\"S\":\"new\"}," PK "}"},
        {"SET a = :s", "{" PK ",\"a\":{\"N\":\"1\"}}", "{\"a\":{\"S\":\"new\"}," PK "}"},
        {"SET a = :s", NULL, "{\"a\":{\"S\":\"new\"}}"},
        {"SET a = b, b = a", "{\"a\":{\"S\":\"1\"},\"b\":{\"S\":\"2\"}," PK "}",
         "{\"a\":{\"S\":\"2\"},\"b\":{\"S\":\"1\"}," PK "}"},
        {"SET a = :s, b = a", "{\"a\":{\"S\":\"old\"}," PK "}",
         "{\"a\":{\"S\":\"new\"},\"b\":{\"S\":\"old\"}," PK "}"},
        {"REMOVE a SET b = a", "{\"a\":{\"S\":\"old\"}," PK "}", "{\"b\":{\"S\":\"old\"}," PK "}"},
        {"SET m.x = :s, m.#dot = m.y", "{\"m\":{\"M\":{\"y\":{\"N\":\"1\"}}}," PK "}",
         "{\"m\":{\"M\":{\"x\":{\"S\":\"new\"},\"x.y\":{\"N\":\"1\"},\"y\":{\"N\":\"1\"}}}," PK
         "}"},
        {"SET m.n.o = :s", "{\"m\":{\"M\":{\"n\":{\"M\":{}}}}," PK "}",
         "{\"m\":{\"M\":{\"n\":{\"M\":{\"o\":{\"S\":\"new\"}}}}}," PK "}"},
        {"SET a = if_not_exists(a, :s)", "{" PK "}", "{\"a\":{\"S\":\"new\"}," PK "}"},
        {"SET a = if_not_exists(a, :s)", "{\"a\":{\"N\":\"1\"}," PK "}",
         "{\"a\":{\"N\":\"1\"}," PK "}"},
        {"SET a = if_not_exists(pk, q)", "{" PK "}", "{\"a\":{\"S\":\"k\"}," PK "}"}, /* lazily */
        {"SET a = if_not_exists(q, r)", "{" PK "}", NO_ATTRIBUTE},
        {"SET a = if_not_exists(a, :1) + :1", "{" PK "}", "{\"a\":{\"N\":\"2\"}," PK "}"},
        {"SET a = b", "{" PK "}", NO_ATTRIBUTE},
        {"SET a = pk.b", "{" PK "}", NO_ATTRIBUTE},
        {"SET a.b = :s", "{" PK "}", BAD_PATH},
        {"SET a.b = :s", "{\"a\":{\"S\":\"x\"}," PK "}", BAD_PATH},
        {"SET a.b = :s", "{\"a\":{\"L\":[]}," PK "}", BAD_PATH},
        {"SET a.b.c = :s", "{\"a\":{\"M\":{}}," PK "}", BAD_PATH},
        {"SET a[0] = :s", "{" PK "}", BAD_PATH},
        {"SET a[0] = :s", "{\"a\":{\"M\":{}}," PK "}", BAD_PATH},
        {"SET a[0] = :s", "{\"a\":{\"SS\":[\"x\"]}," PK "}", BAD_PATH},
        {"SET a[3].b = :s", "{\"a\":{\"L\":[{\"M\":{}}]}," PK "}", BAD_PATH},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void arithmetic(void **state)
{
    static const struct update_case cases[] = {
        {"SET a = a + :2", "{\"a\":{\"N\":\"1\"}}", "{\"a\":{\"N\":\"3.5\"}}"},
        {"SET a = :1 - a", "{\"a\":{\"N\":\"1\"}}", "{\"a\":{\"N\":\"0\"}}"},
        {"SET a = (a - :2) - (:1 + a)", "{\"a\":{\"N\":\"7\"}}", "{\"a\":{\"N\":\"-3.5\"}}"},
        {"SET a = a + b",
         "{\"a\":{\"N\":\"0.1\"},\"b\":{\"N\":\"12345678901234567890123456789012345\"}}",
         "{\"a\":{\"N\":\"12345678901234567890123456789012345.1\"},\"b\":{\"N\":"
         "\"12345678901234567890123456789012345\"}}"},
        {"SET a = a + :1", "{\"a\":{\"S\":\"1\"}}", BAD_OPERAND},
        {"SET a = :1 - a", "{\"a\":{\"NS\":[\"1\"]}}", BAD_OPERAND},
        {"SET a = a + :1", "{}", NO_ATTRIBUTE},
        {"SET a = :max + :max", "{}",
         "Number overflow. Attempting to store a number with magnitude larger than supported "
         "range"},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

#define ABC "\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"b\"},{\"S\":\"c\"}]}"

static void lists(void **state)
{
    static const struct update_case cases[] = {
        {"SET a[1] = :s", "{" ABC "}",
         "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"new\"},{\"S\":\"c\"}]}}"},
        {"SET a[9] = :s", "{" ABC "}",
         "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"b\"},{\"S\":\"c\"},{\"S\":\"new\"}]}}"},
        /* appended in the order of the indexes, without padding */
        {"SET a[20] = :s, a[10] = :t, a[4294967294] = :1", "{" ABC "}",
         "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"b\"},{\"S\":\"c\"},{\"S\":\"tail\"},{\"S\":\"new\"}"
         ","
         "{\"N\":\"1\"}]}}"},
        {"REMOVE a[1]", "{" ABC "}", "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"c\"}]}}"},
        /* indexes mean the old positions */
        {"REMOVE a[0], a[1]", "{" ABC "}", "{\"a\":{\"L\":[{\"S\":\"c\"}]}}"},
        {"REMOVE a[2], a[0], a[1]", "{" ABC "}", "{\"a\":{\"L\":[]}}"},
        {"REMOVE a[3]", "{" ABC "}", "{" ABC "}"},
        {"SET a[2] = :s REMOVE a[0]", "{" ABC "}",
         "{\"a\":{\"L\":[{\"S\":\"b\"},{\"S\":\"new\"}]}}"},
        {"REMOVE a[0] SET a[3] = :s", "{" ABC "}",
         "{\"a\":{\"L\":[{\"S\":\"b\"},{\"S\":\"c\"},{\"S\":\"new\"}]}}"},
        /* position 4 does not exist, although something is appended */
        {"SET a[3] = :s REMOVE a[4]", "{" ABC "}",
         "{\"a\":{\"L\":[{\"S\":\"a\"},{\"S\":\"b\"},{\"S\":\"c\"},{\"S\":\"new\"}]}}"},
        {"SET a[0] = a[2], a[2] = a[0]", "{" ABC "}",
         "{\"a\":{\"L\":[{\"S\":\"c\"},{\"S\":\"b\"},{\"S\":\"a\"}]}}"},
        {"SET a[5] = a[7]", "{" ABC "}", NO_ATTRIBUTE},
        {"SET a = list_append(a, :l)", "{\"a\":{\"L\":[{\"N\":\"1\"}]}}",
         "{\"a\":{\"L\":[{\"N\":\"1\"},{\"S\":\"p\"},{\"S\":\"q\"}]}}"},
        {"SET a = list_append(:l, a)", "{\"a\":{\"L\":[{\"N\":\"1\"}]}}",
         "{\"a\":{\"L\":[{\"S\":\"p\"},{\"S\":\"q\"},{\"N\":\"1\"}]}}"},
        {"SET a = list_append(if_not_exists(a, :e), :l)", "{}",
         "{\"a\":{\"L\":[{\"S\":\"p\"},{\"S\":\"q\"}]}}"},
        {"SET a = list_append(list_append(:l, a), list_append(a, :e))",
         "{\"a\":{\"L\":[{\"M\":{}}]}}",
         "{\"a\":{\"L\":[{\"S\":\"p\"},{\"S\":\"q\"},{\"M\":{}},{\"M\":{}}]}}"},
        {"SET a = list_append(:e, :e)", "{}", "{\"a\":{\"L\":[]}}"},
        {"SET a = list_append(a, :l)", "{}", NO_ATTRIBUTE},
        {"SET a = list_append(a, :l)", "{\"a\":{\"SS\":[\"x\"]}}", BAD_OPERAND},
        {"SET a = list_append(:l, if_not_exists(a, :e))", "{\"a\":{\"S\":\"x\"}}", BAD_OPERAND},
        {"SET l[0][1] = :s REMOVE l[1][0]", "{\"l\":{\"L\":[{\"L\":[]},{\"L\":[{\"S\":\"x\"}]}]}}",
         "{\"l\":{\"L\":[{\"L\":[{\"S\":\"new\"}]},{\"L\":[]}]}}"},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void remove_paths(void **state)
{
    static const struct update_case cases[] = {
        {"REMOVE a, b", "{\"a\":{\"S\":\"x\"},\"c\":{\"S\":\"y\"}}", "{\"c\":{\"S\":\"y\"}}"},
        {"REMOVE a", "{\"c\":{\"S\":\"y\"}}", "{\"c\":{\"S\":\"y\"}}"},
        {"REMOVE m.x", "{\"m\":{\"M\":{\"x\":{\"S\":\"1\"},\"y\":{\"S\":\"2\"}}}}",
         "{\"m\":{\"M\":{\"y\":{\"S\":\"2\"}}}}"},
        {"REMOVE m.z", "{\"m\":{\"M\":{\"x\":{\"S\":\"1\"}}}}",
         "{\"m\":{\"M\":{\"x\":{\"S\":\"1\"}}}}"},
        {"REMOVE m.x", "{\"m\":{\"M\":{\"x\":{\"S\":\"1\"}}}}", "{\"m\":{\"M\":{}}}"},
        {"REMOVE q.x", "{\"c\":{\"S\":\"y\"}}", BAD_PATH},
        {"REMOVE q[0]", "{\"c\":{\"S\":\"y\"}}", BAD_PATH},
        {"REMOVE c.x", "{\"c\":{\"S\":\"y\"}}", BAD_PATH},
        {"REMOVE c[0]", "{\"c\":{\"S\":\"y\"}}", BAD_PATH},
        {"REMOVE m.q.x", "{\"m\":{\"M\":{}}}", BAD_PATH},
        /* on a missing item nothing is wrong with any path */
        {"REMOVE q.x, r[0]", NULL, "{}"},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void add(void **state)
{
    static const struct update_case cases[] = {
        {"ADD a :2", "{\"a\":{\"N\":\"-0.5\"}}", "{\"a\":{\"N\":\"2\"}}"},
        {"ADD a :2", NULL, "{\"a\":{\"N\":\"2.5\"}}"},
        {"ADD m.x :1, m.y :1", "{\"m\":{\"M\":{\"x\":{\"N\":\"1\"}}}}",
         "{\"m\":{\"M\":{\"x\":{\"N\":\"2\"},\"y\":{\"N\":\"1\"}}}}"},
        {"ADD a[0] :1, a[7] :2", "{\"a\":{\"L\":[{\"N\":\"1\"}]}}",
         "{\"a\":{\"L\":[{\"N\":\"2\"},{\"N\":\"2.5\"}]}}"},
        {"ADD a :ss", "{\"a\":{\"SS\":[\"b\",\"c\"]}}", "{\"a\":{\"SS\":[\"a\",\"b\",\"c\"]}}"},
        {"ADD a :ns", "{\"a\":{\"NS\":[\"3\",\"20.0\"]}}", "{\"a\":{\"NS\":[\"1\",\"3\",\"20\"]}}"},
        {"ADD a :bs", "{}", "{\"a\":{\"BS\":[\"AQ==\"]}}"},
        {"ADD a :ss", "{\"a\":{\"NS\":[\"1\"]}}", BAD_OPERAND},
        {"ADD a :ss", "{\"a\":{\"S\":\"a\"}}", BAD_OPERAND},
        {"ADD a :1", "{\"a\":{\"NS\":[\"1\"]}}", BAD_OPERAND},
        {"ADD a :1", "{\"a\":{\"S\":\"1\"}}", BAD_OPERAND},
        {"ADD a.b :1", "{}", BAD_PATH},
        {"ADD a.b :1", "{\"a\":{\"N\":\"1\"}}", BAD_PATH},
        {"ADD a :max", "{\"a\":{\"N\":\"9E125\"}}",
         "Number overflow. Attempting to store a number with magnitude larger than supported "
         "range"},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void delete_elements(void **state)
{
    static const struct update_case cases[] = {
        {"DELETE a :ss", "{\"a\":{\"SS\":[\"a\",\"b\",\"d\"]}}", "{\"a\":{\"SS\":[\"b\",\"d\"]}}"},
        {"DELETE a :ns", "{\"a\":{\"NS\":[\"20\",\"1.5\"]}}", "{\"a\":{\"NS\":[\"1.5\"]}}"},
        {"DELETE a :ss", "{\"a\":{\"SS\":[\"x\"]}}", "{\"a\":{\"SS\":[\"x\"]}}"},
        /* no empty sets */
        {"DELETE a :ss", "{\"a\":{\"SS\":[\"a\"]}," PK "}", "{" PK "}"},
        {"DELETE m.a :bs", "{\"m\":{\"M\":{\"a\":{\"BS\":[\"AQ==\"]}}}}", "{\"m\":{\"M\":{}}}"},
        {"DELETE l[0] :ss SET l[1] = :s", "{\"l\":{\"L\":[{\"SS\":[\"c\"]},{\"S\":\"x\"}]}}",
         "{\"l\":{\"L\":[{\"S\":\"new\"}]}}"},
        {"DELETE a :ss", "{" PK "}", "{" PK "}"},
        {"DELETE a :ss", NULL, "{}"},
        {"DELETE l[4] :ss", "{\"l\":{\"L\":[]}}", "{\"l\":{\"L\":[]}}"},
        {"DELETE a :ss", "{\"a\":{\"NS\":[\"1\"]}}", BAD_OPERAND},
        {"DELETE a :ss", "{\"a\":{\"S\":\"a\"}}", BAD_OPERAND},
        {"DELETE a.b :ss", "{}", BAD_PATH},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void all_sections_together(void **state)
{
    static const struct update_case cases[] = {
        {"DELETE ss :ss REMOVE o ADD n :1 SET c = o, m.n = n",
         "{\"m\":{\"M\":{}},\"n\":{\"N\":\"41\"},\"o\":{\"S\":\"x\"}," PK
         ",\"ss\":{\"SS\":[\"a\",\"b\"]}}",
         "{\"c\":{\"S\":\"x\"},\"m\":{\"M\":{\"n\":{\"N\":\"41\"}}},\"n\":{\"N\":\"42\"}," PK
         ",\"ss\":{\"SS\":[\"b\"]}}"},
    };

    check(*state, cases, ARRAY_LEN(cases));
}

static void keys_may_not_change(void **state)
{
    static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S, false},
                                                     {SLICE("sk"), VALUE_N, false}};
    static const struct {
        const char *update, *message;
    } cases[] = {
        {"SET a = :s, pk = :s",
         "One or more parameter values were invalid: Cannot update attribute "
         "pk. This attribute is part of the key"},
        {"REMOVE sk", "One or more parameter values were invalid: Cannot update attribute sk. This "
                      "attribute is part of the key"},
        {"SET pk.a = :s, sk = :1", "One or more parameter values were invalid: Cannot update "
                                   "attribute sk. This attribute is part of the key"},
        {"SET pk.a = :s", "Key attributes must be scalars; list random access '[]' and map lookup "
                          "'.' are not allowed: Key: pk"},
        {"SET a = if_not_exists(sk[0], :s)",
         "Key attributes must be scalars; list random access '[]' and map lookup '.' are not "
         "allowed: Key: sk"},
        {"SET a = pk, b.pk = sk", NULL},
    };
    struct fixture *fixture = *state;

    fixture_bind(fixture, names, values);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int rc = expr_update_check_keys(fixture_update(fixture, cases[i].update), keys, 2,
                                        &fixture->error);

        assert_int_equal(rc, cases[i].message != NULL ? ST_REFUSED : 0);
        if (rc < 0) {
            assert_string_equal(fixture->error.refusal.text, cases[i].message);
            assert_false(fixture->error.envelope);
        }
    }
}

static bool is_item(const char *outcome)
{
    return outcome[0] == '{';
}

/** {"pk": {"S": "k"}, "a": {"S": "xxx..."}, "l": {"L": []}}: 8 bytes and those of the string. */
static const char *item_with_string(struct fixture *fixture, size_t bytes)
{
    static const char head[] = "{\"pk\":{\"S\":\"k\"},\"l\":{\"L\":[]},\"a\":{\"S\":\"";
    char *text = arena_alloc(&fixture->arena, sizeof(head) + bytes + 4);

    assert_non_null(text);
    memcpy(text, head, sizeof(head) - 1);
    memset(text + sizeof(head) - 1, 'x', bytes);
    memcpy(text + sizeof(head) - 1 + bytes, "\"}}", 4);
    return text;
}

static void the_size_rule_of_updates(void **state)
{
    /* item = 8 + n; weighed = item - 3 (pk, k) + 3 + cost of the actions */
    static const struct {
        const char *update;
        size_t cost, more; /* more: bytes that the update itself adds */
    } cases[] = {
        {"REMOVE q", 2, 0},
        {"REMOVE q, r", 4, 0},
        {"DELETE q :ss", 2, 0},
        {"SET q = :1", 19, 1 + 2},
        {"SET q = :1 + :1", 69, 1 + 2},
        {"ADD q :1", 19, 1 + 2},
        {"SET q = :1 REMOVE r", 21, 1 + 2},
        {"SET l[0] = :1", 20, 1 + 2},
        {"SET l[0] = :1 + :1", 70, 1 + 2},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t fits = 409600 - 8 - cases[i].cost - cases[i].more;

        fixture_bind(fixture, names, values);
        assert_true(
            is_item(fixture_apply(fixture, cases[i].update, item_with_string(fixture, fits))));
        assert_string_equal(
            fixture_apply(fixture, cases[i].update, item_with_string(fixture, fits + 1)),
            "Item size to update has exceeded the maximum allowed size");
        arena_reset(&fixture->arena);
    }
}

static void many_copies_of_a_large_attribute_are_refused_early(void **state)
{
    struct fixture *fixture = *state;
    struct buf update = BUF_EMPTY;

    fixture_bind(fixture, names, values);
    buf_append_str(&update, "SET b0 = a");
    for (int i = 1; i < 400; i++)
        buf_printf(&update, ",b%d=a", i);
    assert_string_equal(fixture_apply(fixture, arena_str(&fixture->arena, buf_slice(&update)),
                                      item_with_string(fixture, 350000)),
                        "Item size to update has exceeded the maximum allowed size");
    buf_release(&update);
}

/** Maps in maps, `levels` of them, named m. */
static const char *nested(struct fixture *fixture, int levels)
{
    struct buf text = BUF_EMPTY;
    const char *copy;

    buf_append_str(&text, "{");
    for (int i = 0; i < levels; i++)
        buf_append_str(&text, "\"m\":{\"M\":{");
    for (int i = 0; i < levels; i++)
        buf_append_str(&text, "}}");
    buf_append_str(&text, "}");
    copy = arena_str(&fixture->arena, buf_slice(&text));
    buf_release(&text);
    return copy;
}

static void results_nest_at_most_32_levels(void **state)
{
    static const char message[] =
        "Nesting Levels have exceeded supported limits: Attributes in the "
        "item have nested levels beyond supported limit";
    struct fixture *fixture = *state;
    struct buf path = BUF_EMPTY;
    const char *update;

    fixture_bind(fixture, names, values);
    buf_append_str(&path, "SET m");
    for (int i = 1; i < 31; i++)
        buf_append_str(&path, ".m");
    update = arena_printf(&fixture->arena, "%.*s.a = :s", SLICE_ARGS(buf_slice(&path)));
    assert_true(is_item(fixture_apply(fixture, update, nested(fixture, 31))));
    update = arena_printf(&fixture->arena, "%.*s.a = :e", SLICE_ARGS(buf_slice(&path)));
    assert_true(is_item(fixture_apply(fixture, update, nested(fixture, 31))));
    update = arena_printf(&fixture->arena, "%.*s.a = :l", SLICE_ARGS(buf_slice(&path)));
    assert_string_equal(fixture_apply(fixture, update, nested(fixture, 31)), message);
    assert_string_equal(fixture_apply(fixture, "SET m.q = m", nested(fixture, 32)), message);
    buf_release(&path);
}

static void touches(void **state)
{
    struct fixture *fixture = *state;
    struct expr_update *update;

    fixture_bind(fixture, names, values);
    update = fixture_update(fixture, "SET a = b, m.x = :s REMOVE #dot[0] ADD n :1");
    assert_true(expr_update_touches(update, SLICE("a")));
    assert_true(expr_update_touches(update, SLICE("m")));
    assert_true(expr_update_touches(update, SLICE("x.y")));
    assert_true(expr_update_touches(update, SLICE("n")));
    assert_false(expr_update_touches(update, SLICE("b")));
    assert_false(expr_update_touches(update, SLICE("x")));
}

static void memory_that_runs_out_is_a_status(void **state)
{
    struct fixture *fixture = *state;
    struct slice item = fixture_item(fixture, "{\"m\":{\"M\":{\"l\":{\"L\":[{\"N\":\"1\"}]}}}}");
    struct expr_update *update;
    int refused = 0, rc;

    fixture_bind(fixture, names, values);
    update = fixture_update(fixture, "SET m.l = list_append(m.l, :l), a = :1 + :2 ADD b :ss");
    for (size_t max = 1;; max += 64) {
        struct arena small;
        struct slice result;

        arena_init(&small, max);
        rc = expr_update_apply(update, EXPR_SIZE_WEIGHED, item, NULL, 0, &small, &result,
                               &fixture->error);
        arena_release(&small);
        if (rc == 0)
            break;
        assert_int_equal(rc, ST_NOMEM);
        refused++;
    }
    assert_true(refused > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(set, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(arithmetic, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(lists, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(remove_paths, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(add, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(delete_elements, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(all_sections_together, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(keys_may_not_change, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(the_size_rule_of_updates, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(many_copies_of_a_large_attribute_are_refused_early,
                                        fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(results_nest_at_most_32_levels, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(touches, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(memory_that_runs_out_is_a_status, fixture_setup,
                                        fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
