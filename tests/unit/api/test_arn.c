/*
 * test_arn.c - ARNs of tables and streams.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/arn.h"

static void what_is_printed_is_read_back(void **state)
{
    char text[ARN_BYTES_MAX];
    struct arn arn;
    size_t len = arn_print(text, "eu-west-1", "111122223333", "Music", "2026-11-22T08:00:00.123");

    assert_string_equal(text, "arn:aws:dynamodb:eu-west-1:111122223333:table/Music/stream/"
                              "2026-11-22T08:00:00.123");
    assert_int_equal(len, strlen(text));
    assert_true(arn_parse(slice_str(text), &arn));
    assert_true(slice_eq_str(arn.region, "eu-west-1"));
    assert_true(slice_eq_str(arn.account, "111122223333"));
    assert_true(slice_eq_str(arn.table, "Music"));
    assert_true(slice_eq_str(arn.stream, "2026-11-22T08:00:00.123"));
    arn_print(text, "eu-west-1", "111122223333", "Music", NULL);
    assert_true(arn_parse(slice_str(text), &arn));
    assert_null(arn.stream.ptr);
}

static void other_text_is_no_arn(void **state)
{
    static const char *const texts[] = {"",
                                        "arn",
                                        "arn:aws:dynamodb:r:a",
                                        "arn:aws:s3:r:a:table/T",
                                        "arn:aws:dynamodb:r:a:table/",
                                        "arn:aws:dynamodb:r:a:table/T/index/I",
                                        "arn:aws:dynamodb:r:a:table/T/stream/",
                                        "arn:aws:dynamodb:r:a:backup/T",
                                        "urn:aws:dynamodb:r:a:table/T"};
    struct arn arn;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        assert_false(arn_parse(slice_str(texts[i]), &arn));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_printed_is_read_back),
        cmocka_unit_test(other_text_is_no_arn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
