/*
 * test_text_cache.c - a text found in the cache means what it means when parsed anew.
 *
 * The corpus is bound from one cache again and again, with bindings that change in between, and is
 * compared with expressions that were parsed for the occasion: messages literally, trees by what
 * they do to an item. Then the bounds, and that a held text outlives its place in the cache.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../expr/expr_fixture.h"
#include "api/text_cache.h"

static const char item_json[] = "{\"pk\":{\"S\":\"k\"},\"a\":{\"N\":\"1\"},\"b\":{\"N\":\"5\"},"
                                "\"m\":{\"M\":{\"x\":{\"L\":[{\"N\":\"1\"},{\"N\":\"2\"}]}}},"
                                "\"s\":{\"SS\":[\"p\",\"q\"]},\"name\":{\"S\":\"n\"}}";

/* The same placeholders, and other names and values behind them; then fewer; then none. */
static const struct {
    const char *names, *values;
} bindings[] = {
    {"{\"#n\":\"a\",\"#m\":\"m\"}",
     "{\":v\":{\"N\":\"1\"},\":w\":{\"N\":\"9\"},\":s\":{\"SS\":[\"p\"]},\":t\":{\"S\":\"n\"}}"},
    {"{\"#n\":\"b\",\"#m\":\"name\"}",
     "{\":v\":{\"N\":\"5\"},\":w\":{\"N\":\"2\"},\":s\":{\"SS\":[\"z\"]},\":t\":{\"S\":\"S\"}}"},
    {"{\"#n\":\"m\",\"#m\":\"m\"}",
     "{\":v\":{\"S\":\"x\"},\":w\":{\"BOOL\":true},\":s\":{\"L\":[]},\":t\":{\"N\":\"3\"}}"},
    {"{\"#n\":\"a\"}", "{\":v\":{\"N\":\"7\"}}"},
    {NULL, NULL},
};

static const char *const conditions[] = {
    "#n = :v",
    "attribute_not_exists(pk)",
    "attribute_exists(a) AND NOT attribute_exists(zz)",
    "a BETWEEN :v AND :w",
    "#n IN (:v, :w, b)",
    "#n = #m",
    "(#n < :w OR #m.x[1] = :w) AND contains(s, :t)",
    "size(#m.x) > :v AND #n <> :w",
    "attribute_type(#n, :t)",
    "begins_with(name, :t)",
    "pk = :t AND #n > :v",
    "a = b",
    "a = a",
    "size = :v",
    "nonsense(a)",
    "a = ",
    "((a = :v))",
    "",
    "size(#n, :v) = :w",
    "#n = :undefined",
    "#undefined = :v AND a = a",
};
static const char *const updates[] = {
    "SET a = :v, b = b + :w",
    "SET #n = :v REMOVE #m.x[0]",
    "SET #m.x[1] = list_append(#m.x, :s), a = if_not_exists(zz, :v)",
    "ADD a :v DELETE s :s",
    "ADD #n :v, #m :w",
    "SET #n = (#n + :v) - :w",
    "REMOVE a, #n",
    "REMOVE zz",
    "SET a = :v SET b = :w",
    "SET a = a +",
    "SET a.b = :v, a[0] = :w",
    "SET name = :v",
    "SET a = begins_with(a, :v)",
    "SET a = :undefined, #undefined = :v",
};
static const char *const projections[] = {
    "pk, a", "#n, #m.x[0]", "#n, a", "m.x[1], m.x[0]", "name", "#undefined, a", "a,", "a.b, a[0]",
};

/* ---- two ways to one outcome ---- */

static const char *condition_outcome(struct fixture *fixture, int rc,
                                     const struct expr_condition *condition)
{
    if (rc < 0)
        return arena_printf(&fixture->arena, "%d%s", fixture->error.envelope,
                            fixture->error.refusal.text);
    return expr_condition_eval(condition, fixture_item(fixture, item_json)) ? "holds" : "fails";
}

static const char *update_outcome(struct fixture *fixture, int rc, const struct expr_update *update)
{
    struct slice item;

    if (rc == 0)
        rc = expr_update_apply(update, EXPR_SIZE_WEIGHED, fixture_item(fixture, item_json), NULL, 0,
                               &fixture->arena, &item, &fixture->error);
    if (rc < 0)
        return arena_printf(&fixture->arena, "%d%s", fixture->error.envelope,
                            fixture->error.refusal.text);
    return fixture_item_text(fixture, item);
}

static const char *projection_outcome(struct fixture *fixture, int rc,
                                      const struct expr_projection *projection)
{
    struct slice item;

    if (rc < 0)
        return arena_printf(&fixture->arena, "%d%s", fixture->error.envelope,
                            fixture->error.refusal.text);
    assert_int_equal(
        expr_project(projection, fixture_item(fixture, item_json), &fixture->arena, &item), 0);
    return fixture_item_text(fixture, item);
}

/* cache NULL: parsed for the occasion. The text is a copy that is overwritten afterwards. */
static const char *outcome(struct fixture *fixture, struct text_cache *cache, enum expr_kind kind,
                           const char *text)
{
    char *copy = arena_str(&fixture->arena, slice_str(text));
    struct slice source = slice_str(copy);
    const struct expr_text *compiled = NULL;
    const struct text_entry *entry = NULL;
    struct expr_projection *projection = NULL;
    struct expr_condition *condition = NULL;
    struct expr_update *update = NULL;
    const char *result;
    int rc;

    memset(&fixture->error, 0, sizeof(fixture->error));
    if (cache == NULL) {
        rc = expr_compile(&fixture->arena, kind, source, &compiled, &fixture->error);
    } else {
        rc = text_cache_get(cache, kind, source, &entry, &fixture->error);
        memset(copy, '!', source.len); /* another request's body is in that place now */
    }
    if (rc == 0 && entry != NULL)
        compiled = entry->expression;
    if (kind == EXPR_UPDATE) {
        if (rc == 0)
            rc = expr_update_bind(compiled, &fixture->arena, &fixture->bindings, &update,
                                  &fixture->error);
        result = update_outcome(fixture, rc, update);
    } else if (kind == EXPR_PROJECTION) {
        if (rc == 0)
            rc = expr_projection_bind(compiled, &fixture->arena, &fixture->bindings, &projection,
                                      &fixture->error);
        result = projection_outcome(fixture, rc, projection);
    } else {
        if (rc == 0)
            rc = expr_condition_bind(compiled, &fixture->arena, &fixture->bindings, &condition,
                                     &fixture->error);
        result = condition_outcome(fixture, rc, condition);
    }
    if (rc == 0)
        rc = expr_bindings_check_unused(&fixture->bindings, &fixture->error);
    if (rc < 0) /* which were used */
        result = arena_printf(&fixture->arena, "%s|%s", result, fixture->error.refusal.text);
    if (entry != NULL)
        text_entry_put(entry);
    return result;
}

static void compare(struct fixture *fixture, struct text_cache *cache, enum expr_kind kind,
                    const char *const *texts, size_t count, size_t with)
{
    for (size_t i = 0; i < count; i++) {
        const char *anew, *cached;

        fixture->bindings = (struct expr_bindings){.names = NULL};
        fixture_bind(fixture, bindings[with].names, bindings[with].values);
        anew = outcome(fixture, NULL, kind, texts[i]);
        fixture_bind(fixture, bindings[with].names, bindings[with].values);
        cached = outcome(fixture, cache, kind, texts[i]);
        if (strcmp(anew, cached) != 0)
            fail_msg("%s (bindings %zu)\n  anew    %s\n  cached  %s", texts[i], with, anew, cached);
    }
}

static void hits_mean_what_misses_mean(void **state)
{
    struct fixture *fixture = *state;
    struct text_cache *cache = text_cache_new();
    size_t kept = 0;

    for (int round = 0; round < 3; round++) {
        for (size_t with = 0; with < ARRAY_LEN(bindings); with++) {
            compare(fixture, cache, EXPR_CONDITION, conditions, ARRAY_LEN(conditions), with);
            compare(fixture, cache, EXPR_FILTER, conditions, ARRAY_LEN(conditions), with);
            compare(fixture, cache, EXPR_KEY_CONDITION, conditions, ARRAY_LEN(conditions), with);
            compare(fixture, cache, EXPR_UPDATE, updates, ARRAY_LEN(updates), with);
            compare(fixture, cache, EXPR_PROJECTION, projections, ARRAY_LEN(projections), with);
        }
        if (round == 0)
            kept = text_cache_count(cache);
        assert_int_equal(text_cache_count(cache), kept); /* once per distinct text */
    }
    assert_in_range(kept, 1,
                    3 * ARRAY_LEN(conditions) + ARRAY_LEN(updates) + ARRAY_LEN(projections) - 1);
    text_cache_free(cache);
}

/* ---- what is kept ---- */

static const struct text_entry *get(struct text_cache *cache, enum expr_kind kind, const char *text)
{
    struct expr_error error;
    const struct text_entry *entry;

    assert_int_equal(text_cache_get(cache, kind, slice_str(text), &entry, &error), 0);
    return entry;
}

static void a_text_is_parsed_once_for_each_kind(void **state)
{
    struct text_cache *cache = text_cache_new();
    const struct text_entry *first = get(cache, EXPR_CONDITION, "a = :v");
    const struct text_entry *again = get(cache, EXPR_CONDITION, "a = :v");
    const struct text_entry *filter = get(cache, EXPR_FILTER, "a = :v");
    const struct text_entry *statement = get(cache, EXPR_PARTIQL, "SELECT * FROM t");

    (void)state;
    assert_ptr_equal(first, again);
    assert_ptr_not_equal(first, filter);
    assert_non_null(first->expression);
    assert_null(first->statement);
    assert_non_null(statement->statement);
    assert_null(statement->expression);
    assert_int_equal(text_cache_count(cache), 3);
    text_entry_put(first);
    text_entry_put(again);
    text_entry_put(filter);
    text_entry_put(statement);
    text_cache_free(cache);
}

static void a_refused_text_is_not_kept(void **state)
{
    struct text_cache *cache = text_cache_new();
    const struct text_entry *entry;
    struct expr_error first, again;

    (void)state;
    assert_int_equal(text_cache_get(cache, EXPR_UPDATE, SLICE("SET a = "), &entry, &first),
                     ST_REFUSED);
    assert_int_equal(text_cache_get(cache, EXPR_UPDATE, SLICE("SET a = "), &entry, &again),
                     ST_REFUSED);
    assert_string_equal(first.refusal.text, again.refusal.text);
    assert_int_equal(text_cache_count(cache), 0);
    assert_int_equal(text_cache_bytes(cache), 0);
    text_cache_free(cache);
}

static void two_requests_bind_one_text(void **state)
{
    struct fixture *first = *state, *second;
    struct text_cache *cache = text_cache_new();
    const struct text_entry *entry = get(cache, EXPR_UPDATE, "SET #n = :v");
    struct expr_update *one, *two;

    assert_int_equal(fixture_setup((void **)&second), 0);
    fixture_bind(first, "{\"#n\":\"a\"}", "{\":v\":{\"S\":\"one\"}}");
    fixture_bind(second, "{\"#n\":\"b\"}", "{\":v\":{\"N\":\"2\"}}");
    assert_int_equal(
        expr_update_bind(entry->expression, &first->arena, &first->bindings, &one, &first->error),
        0);
    assert_int_equal(expr_update_bind(entry->expression, &second->arena, &second->bindings, &two,
                                      &second->error),
                     0);
    assert_true(expr_update_touches(one, SLICE("a")) && !expr_update_touches(one, SLICE("b")));
    assert_true(expr_update_touches(two, SLICE("b")) && !expr_update_touches(two, SLICE("a")));
    assert_non_null(strstr(update_outcome(first, 0, one), "\"a\":{\"S\":\"one\"}"));
    assert_non_null(strstr(update_outcome(first, 0, one), "\"b\":{\"N\":\"5\"}"));
    assert_non_null(strstr(update_outcome(second, 0, two), "\"a\":{\"N\":\"1\"}"));
    assert_non_null(strstr(update_outcome(second, 0, two), "\"b\":{\"N\":\"2\"}"));
    text_entry_put(entry);
    text_cache_free(cache);
    fixture_teardown((void **)&second);
}

/* ---- bounds ---- */

static const char *numbered(struct fixture *fixture, unsigned number, unsigned paths)
{
    char *text = arena_printf(&fixture->arena, "p%u", number);

    for (unsigned i = 1; i < paths; i++)
        text = arena_printf(&fixture->arena, "%s,q%u", text, i);
    return text;
}

static void the_texts_used_last_stay(void **state)
{
    struct fixture *fixture = *state;
    struct text_cache *cache = text_cache_new();
    const struct text_entry *used = get(cache, EXPR_PROJECTION, "used"), *entry;
    const struct text_entry *held = get(cache, EXPR_PROJECTION, "held"), *anew;
    struct expr_projection *projection;

    text_entry_put(used);
    for (unsigned i = 0; i < 2 * TEXT_CACHE_ENTRIES_MAX; i++) {
        text_entry_put(get(cache, EXPR_PROJECTION, numbered(fixture, i, 1)));
        entry = get(cache, EXPR_PROJECTION, "used");
        assert_ptr_equal(entry, used);
        text_entry_put(entry);
        assert_true(text_cache_count(cache) <= TEXT_CACHE_ENTRIES_MAX);
        assert_true(text_cache_bytes(cache) <= TEXT_CACHE_BYTES_MAX);
    }
    /* The held one left the cache and still means the same. */
    anew = get(cache, EXPR_PROJECTION, "held");
    assert_ptr_not_equal(anew, held);
    assert_int_equal(expr_projection_bind(held->expression, &fixture->arena, &fixture->bindings,
                                          &projection, &fixture->error),
                     0);
    text_entry_put(held);
    text_entry_put(anew);
    text_cache_free(cache);
}

static void bytes_are_bounded_as_well(void **state)
{
    struct fixture *fixture = *state;
    struct text_cache *cache = text_cache_new();
    size_t most = 0;

    for (unsigned i = 0; i < TEXT_CACHE_ENTRIES_MAX; i++) {
        text_entry_put(get(cache, EXPR_PROJECTION, numbered(fixture, i, 100)));
        assert_true(text_cache_bytes(cache) <= TEXT_CACHE_BYTES_MAX);
        if (text_cache_count(cache) > most)
            most = text_cache_count(cache);
    }
    assert_in_range(most, 2, TEXT_CACHE_ENTRIES_MAX - 1); /* bytes it was */
    text_cache_free(cache);
}

static void what_is_large_is_not_kept(void **state)
{
    struct fixture *fixture = *state;
    struct text_cache *cache = text_cache_new();
    const char *long_text = numbered(fixture, 0, TEXT_CACHE_TEXT_BYTES_MAX / 4);
    const char *large_tree = "a=b";
    const struct text_entry *entry;

    for (int i = 0; i < 140; i++)
        large_tree = arena_printf(&fixture->arena, "%s OR a=b", large_tree);
    assert_true(strlen(long_text) > TEXT_CACHE_TEXT_BYTES_MAX);
    assert_true(strlen(large_tree) < TEXT_CACHE_TEXT_BYTES_MAX);
    entry = get(cache, EXPR_PROJECTION, long_text);
    assert_non_null(entry->expression);
    text_entry_put(entry);
    entry = get(cache, EXPR_FILTER, large_tree);
    assert_non_null(entry->expression);
    text_entry_put(entry);
    assert_int_equal(text_cache_count(cache), 0);
    assert_int_equal(text_cache_bytes(cache), 0);
    text_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(hits_mean_what_misses_mean, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test(a_text_is_parsed_once_for_each_kind),
        cmocka_unit_test(a_refused_text_is_not_kept),
        cmocka_unit_test_setup_teardown(two_requests_bind_one_text, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(the_texts_used_last_stay, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(bytes_are_bounded_as_well, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(what_is_large_is_not_kept, fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
