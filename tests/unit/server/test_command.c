/*
 * test_command.c - the parser of command lines: what it takes, and in which words it refuses.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "server/command.h"

static const struct command link_row = {
    .name = "link",
    .takes = "A B",
    .takes_min = 2,
    .takes_max = 2,
    .flags = (const struct flag[]){{"--delay", "TIME", ""}, {"--cut", NULL, ""}, FLAGS_END},
};
const struct command *const commands[] = {&link_row, NULL};

#define PARSE(ret_arguments, reterr, ...)                                                          \
    arguments_parse(&link_row, (int)ARRAY_LEN(((const char *const[]){__VA_ARGS__})),               \
                    (const char *const[]){__VA_ARGS__}, ret_arguments, reterr)

static void flags_may_stand_anywhere(void **state)
{
    struct arguments arguments;
    struct refusal refusal;

    assert_int_equal(PARSE(&arguments, &refusal, "--cut", "us", "--delay", "80ms", "eu"), 0);
    assert_string_equal(arguments.given[0], "us");
    assert_string_equal(arguments.given[1], "eu");
    assert_string_equal(arguments_value(&arguments, "--delay"), "80ms");
    assert_true(arguments_has(&arguments, "--cut"));

    assert_int_equal(PARSE(&arguments, &refusal, "us", "eu", "--delay=-5s"), 0);
    assert_string_equal(arguments_value(&arguments, "--delay"), "-5s");
    assert_false(arguments_has(&arguments, "--cut"));
}

static void two_dashes_end_the_flags(void **state)
{
    struct arguments arguments;
    struct refusal refusal;

    assert_int_equal(PARSE(&arguments, &refusal, "us", "--", "--cut"), 0);
    assert_string_equal(arguments.given[1], "--cut");
    assert_false(arguments_has(&arguments, "--cut"));
}

static void mistakes_are_named_with_what_to_do(void **state)
{
    static const struct {
        const char *argv[5];
        const char *words;
    } cases[] = {
        {{"us", "eu", "--dealy", "1s"}, "link: unknown flag --dealy; did you mean --delay?"},
        {{"us", "eu", "--fast"}, "link: unknown flag --fast; `tropic help link` lists the flags"},
        {{"us", "eu", "--delay"}, "link: --delay needs a value: --delay TIME"},
        {{"us", "eu", "--delay", "--cut"}, "link: --delay needs a value: --delay TIME"},
        {{"us", "eu", "--delay="}, "link: the value of --delay is empty: --delay TIME"},
        {{"us", "eu", "--cut=1"}, "link: --cut takes no value; write just --cut"},
        {{"us", "eu", "--cut", "--cut"}, "link: --cut is given twice; give it once"},
        {{"us"}, "link: something is missing; usage: tropic link A B"},
        {{"us", "eu", "ap"}, "link: do not know what to do with \"ap\"; usage: tropic link A B"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arguments arguments;
        struct refusal refusal;
        int argc = 0;

        while (cases[i].argv[argc] != NULL)
            argc++;
        assert_int_equal(arguments_parse(&link_row, argc, cases[i].argv, &arguments, &refusal),
                         ST_REFUSED);
        assert_string_equal(refusal.text, cases[i].words);
    }
}

static void too_many_arguments_do_not_overflow(void **state)
{
    struct command many = link_row;
    const char *argv[ARGUMENTS_MAX + 1];
    struct arguments arguments;
    struct refusal refusal;

    many.takes_max = ARGUMENTS_MAX * 2;
    for (size_t i = 0; i < ARRAY_LEN(argv); i++)
        argv[i] = "x";
    assert_int_equal(arguments_parse(&many, ARGUMENTS_MAX, argv, &arguments, &refusal), 0);
    assert_int_equal(arguments_parse(&many, ARGUMENTS_MAX + 1, argv, &arguments, &refusal),
                     ST_REFUSED);
}

static void nearest_name_allows_two_slips(void **state)
{
    static const char *const names[] = {"status", "serve", "verify", NULL};

    assert_string_equal(nearest_name("statsu", names), "status");
    assert_string_equal(nearest_name("verfy", names), "verify");
    assert_null(nearest_name("frobnicate", names));
    assert_null(nearest_name("", names));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_may_stand_anywhere),
        cmocka_unit_test(two_dashes_end_the_flags),
        cmocka_unit_test(mistakes_are_named_with_what_to_do),
        cmocka_unit_test(too_many_arguments_do_not_overflow),
        cmocka_unit_test(nearest_name_allows_two_slips),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
