/*
 * test_errors.c - bodies and HTTP statuses of errors.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/errors.h"

static void assert_body(const struct api_error *error, const char *expected)
{
    struct buf body = BUF_EMPTY;

    api_error_write(&body, error);
    assert_int_equal(body.len, strlen(expected));
    assert_memory_equal(body.ptr, expected, body.len);
    buf_release(&body);
}

static void each_error_has_its_namespace_and_spelling_of_message(void **state)
{
    struct arena arena;
    struct api_error error = {.arena = &arena};

    arena_init(&arena, 0);
    assert_int_equal(api_refuse(&error, API_VALIDATION, "Say \"%s\"", "x"), ST_REFUSED);
    assert_body(&error, "{\"__type\":\"com.amazon.coral.validate#ValidationException\","
                        "\"message\":\"Say \\\"x\\\"\"}");
    assert_int_equal(api_refuse(&error, API_SERIALIZATION, "Unexpected field type"), ST_REFUSED);
    assert_body(&error, "{\"__type\":\"com.amazon.coral.service#SerializationException\","
                        "\"Message\":\"Unexpected field type\"}");
    assert_int_equal(api_refuse_slice(&error, API_SERIALIZATION_BARE, SLICE_EMPTY), ST_REFUSED);
    assert_body(&error, "{\"__type\":\"com.amazon.coral.service#SerializationException\"}");
    assert_int_equal(api_refuse_slice(&error, API_UNKNOWN_OPERATION, SLICE_EMPTY), ST_REFUSED);
    assert_body(&error, "{\"__type\":\"com.amazon.coral.service#UnknownOperationException\"}");
    arena_release(&arena);
}

static void other_statuses_become_errors_that_clients_know(void **state)
{
    struct api_error error = {0};

    api_error_from_status(&error, ST_BUSY);
    assert_int_equal(error.code, API_THROTTLING);
    api_error_from_status(&error, ST_FULL);
    assert_int_equal(api_error_http_status(error.code), 503);
    api_error_from_status(&error, ST_CONDITION);
    assert_int_equal(error.code, API_CONDITION_FAILED);
    api_error_from_status(&error, ST_CORRUPT);
    assert_int_equal(api_error_http_status(error.code), 500);
    api_error_from_status(&error, ST_NOTFOUND);
    assert_body(&error, "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
                        "ResourceNotFoundException\",\"message\":\"Requested resource not "
                        "found\"}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_has_its_namespace_and_spelling_of_message),
        cmocka_unit_test(other_statuses_become_errors_that_clients_know),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
