/*
 * test_operations.c - the table of operations covers the model: 62 names of DynamoDB, 4 of Streams.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/operations.h"

static void every_name_of_the_model_is_known(void **state)
{
    unsigned dynamodb = 0, streams = 0;

    for (unsigned i = 0; i < OPERATIONS_COUNT; i++) {
        const struct operation *operation = operation_at(i);

        assert_int_equal(operation_number(operation), i);
        if (operation->service == SERVICE_DYNAMODB)
            dynamodb++;
        else
            streams++;
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(operation->name, operation_at(j)->name);
    }
    assert_int_equal(dynamodb, 62);
    assert_int_equal(streams, 4);
}

static void a_target_names_service_version_and_operation(void **state)
{
    assert_string_equal(operation_find(SLICE("DynamoDB_20120810.GetItem"))->name, "GetItem");
    assert_string_equal(operation_find(SLICE("DynamoDBStreams_20120810.GetRecords"))->name,
                        "GetRecords");
    assert_null(operation_find(SLICE("DynamoDB_20120810.GetRecords")));
    assert_null(operation_find(SLICE("DynamoDBStreams_20120810.GetItem")));
    assert_null(operation_find(SLICE("DynamoDB_20111205.GetItem")));
    assert_null(operation_find(SLICE("DynamoDB_20120810.getItem")));
    assert_null(operation_find(SLICE("DynamoDB_20120810.")));
    assert_null(operation_find(SLICE("GetItem")));
    assert_null(operation_find(SLICE_EMPTY));
}

static void what_is_not_built_has_no_input(void **state)
{
    assert_non_null(operation_find(SLICE("DynamoDB_20120810.PutItem"))->input);
    assert_null(operation_find(SLICE("DynamoDB_20120810.SearchVectors"))->input);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_of_the_model_is_known),
        cmocka_unit_test(a_target_names_service_version_and_operation),
        cmocka_unit_test(what_is_not_built_has_no_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
