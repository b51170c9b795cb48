/*
 * test_reserved_words.c - reserved words in any case, and their neighbours, which are free.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "expr_fixture.h"

static void check(struct fixture *fixture, const char *word, bool reserved)
{
    const char *message = fixture_parse(fixture, EXPR_PROJECTION, word);
    const char *expected = reserved
                               ? arena_printf(&fixture->arena,
                                              "Invalid ProjectionExpression: Attribute name is "
                                              "a reserved keyword; reserved keyword: %s",
                                              word)
                               : "ok";

    assert_string_equal(message, expected);
}

static void reserved_words_are_refused_in_any_case(void **state)
{
    static const char *const words[] = {"ABORT",  "abort",          "Zone", "WRITE",    "year",
                                        "Status", "name",           "DATA", "flattern", "INNTER",
                                        "loged",  "localTimestamp", "AS",   "to",       "IF",
                                        "TTL",    "items",          "size", "Or",       "SET"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        check(*state, words[i], true);
}

static void other_words_are_free(void **state)
{
    static const char *const words[] = {
        "A",     "abor",  "aborts", "zones",    "zon",   "id",     "namesake",
        "_name", "name_", "name1",  "data_set", "email", "userId", "localtimestamps",
        "pk",    "sk"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        check(*state, words[i], false);
}

static void placeholders_and_other_elements_are_judged_alone(void **state)
{
    struct fixture *fixture = *state;

    fixture_bind(fixture, "{\"#name\": \"name\"}", NULL);
    check(fixture, "#name", false);
    check(fixture, "a.#name[0].b", false);
    assert_string_equal(fixture_parse(fixture, EXPR_PROJECTION, "#name.ok, a[0].Value"),
                        "Invalid ProjectionExpression: Attribute name is a reserved keyword; "
                        "reserved keyword: Value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reserved_words_are_refused_in_any_case, fixture_setup,
                                        fixture_teardown),
        cmocka_unit_test_setup_teardown(other_words_are_free, fixture_setup, fixture_teardown),
        cmocka_unit_test_setup_teardown(placeholders_and_other_elements_are_judged_alone,
                                        fixture_setup, fixture_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
