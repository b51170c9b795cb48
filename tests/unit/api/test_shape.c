/*
 * test_shape.c - what a request must look like: types and constraints, in the service's words and
 * orders.
 *
 * Each case is a body and the whole message that it must get (NULL: none). Sources:
 * dynamodb-wire.md sections 3 and 4.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "api/operations.h"
#include "api/shapes.h"

struct fixture {
    struct arena arena;
    struct json_parser *parser;
    struct api_error error;
    struct json root;
    struct input input;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    arena_init(&fixture->arena, 0);
    fixture->error.arena = &fixture->arena;
    fixture->parser = json_parser_new();
    *state = fixture;
    return fixture->parser == NULL;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    json_parser_free(fixture->parser);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

static void assert_message(const struct fixture *fixture, const char *expected)
{
    assert_int_equal(fixture->error.message.len, strlen(expected));
    assert_memory_equal(fixture->error.message.ptr, expected, strlen(expected));
}

struct example {
    const char *body;
    const char *message; /* NULL: accepted */
};

static void check_types(void **state, const struct shape *shape, const struct example *examples,
                        size_t count)
{
    struct fixture *fixture = *state;

    for (size_t i = 0; i < count; i++) {
        int rc;

        assert_int_equal(json_parse(fixture->parser, slice_str(examples[i].body), &fixture->root),
                         0);
        rc = shape_check_types(shape, fixture->root, &fixture->error);
        if (examples[i].message == NULL) {
            assert_int_equal(rc, 0);
            continue;
        }
        assert_int_equal(rc, ST_REFUSED);
        assert_int_equal(fixture->error.code, API_SERIALIZATION);
        assert_message(fixture, examples[i].message);
    }
}

static void check_constraints(void **state, const char *operation, const struct example *examples,
                              size_t count)
{
    struct fixture *fixture = *state;
    const struct operation *found = operation_find(slice_str(operation));

    assert_non_null(found);
    for (size_t i = 0; i < count; i++) {
        int rc;

        assert_int_equal(json_parse(fixture->parser, slice_str(examples[i].body), &fixture->root),
                         0);
        assert_int_equal(shape_read(found->input, fixture->root, &fixture->input, &fixture->error),
                         0);
        rc = shape_check_constraints(found->plan, &fixture->input, &fixture->error);
        if (examples[i].message == NULL) {
            assert_int_equal(rc, 0);
            continue;
        }
        assert_int_equal(rc, ST_REFUSED);
        assert_int_equal(fixture->error.code, API_VALIDATION);
        assert_message(fixture, examples[i].message);
    }
}

static void a_scalar_of_another_type_names_its_token_and_the_java_type(void **state)
{
    static const struct example examples[] = {
        {"{\"TableName\":23}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"TableName\":2.5}", "DECIMAL_VALUE cannot be converted to String"},
        {"{\"TableName\":true}", "TRUE_VALUE cannot be converted to String"},
        {"{\"TableName\":false}", "FALSE_VALUE cannot be converted to String"},
        {"{\"TableName\":[]}", "Unrecognized collection type class java.lang.String"},
        {"{\"TableName\":{}}", "Start of structure or map found where not expected"},
        {"{\"Limit\":\"1\"}", "STRING_VALUE cannot be converted to Integer"},
        {"{\"Limit\":true}", "TRUE_VALUE cannot be converted to Integer"},
        {"{\"Limit\":[]}", "Unrecognized collection type class java.lang.Integer"},
        {"{\"Limit\":1.9}", NULL},
        {"{\"ConsistentRead\":\"yes\"}", NULL},
        {"{\"ConsistentRead\":\"TRUE\"}", NULL},
        {"{\"ConsistentRead\":\"maybe\"}", "Unexpected token received from parser"},
        {"{\"ConsistentRead\":1}", "NUMBER_VALUE cannot be converted to Boolean"},
        {"{\"TableName\":null,\"Unknown\":{\"x\":[1]}}", NULL},
    };

    check_types(state, &shape_scan_input, examples, ARRAY_LEN(examples));
}

static void containers_have_words_of_their_own(void **state)
{
    static const struct example examples[] = {
        {"{\"AttributesToGet\":\"a\"}", "Unexpected field type"},
        {"{\"AttributesToGet\":{}}", "Start of structure or map found where not expected"},
        {"{\"ExclusiveStartKey\":1}", "Unexpected field type"},
        {"{\"ExclusiveStartKey\":[]}",
         "Unrecognized collection type java.util.Map<java.lang.String, "
         "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
        {"{\"ExpressionAttributeNames\":[]}",
         "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>"},
        {"{\"ExclusiveStartKey\":{\"a\":\"b\"}}", "Unexpected value type in payload"},
        {"{\"ExclusiveStartKey\":{\"a\":[]}}", "Unrecognized collection type class "
                                               "com.amazonaws.dynamodb.v20120810.AttributeValue"},
    };

    check_types(state, &shape_scan_input, examples, ARRAY_LEN(examples));
}

static void attribute_values_are_walked_to_the_bottom(void **state)
{
    static const struct example examples[] = {
        {"{\"Item\":{\"a\":{\"S\":1}}}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"Item\":{\"a\":{\"N\":1}}}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"Item\":{\"a\":{\"BOOL\":\"true\"}}}", NULL},
        {"{\"Item\":{\"a\":{\"SS\":\"a\"}}}", "Unexpected field type"},
        {"{\"Item\":{\"a\":{\"L\":[{\"M\":{\"b\":{\"N\":true}}}]}}}",
         "TRUE_VALUE cannot be converted to String"},
        {"{\"Item\":{\"a\":{\"B\":1}}}", "only base-64-encoded strings are convertible to bytes"},
        {"{\"Item\":{\"a\":{\"B\":[]}}}", "Unrecognized collection type class java.nio.ByteBuffer"},
        {"{\"Item\":{\"a\":{\"B\":\"abcde\"}}}",
         "Base64 encoded length is expected a multiple of 4 bytes but found: 5"},
        {"{\"Item\":{\"a\":{\"B\":\"ab==\"}}}", "Invalid last non-pad Base64 character dectected"},
        {"{\"Item\":{\"a\":{\"B\":\"aa==\"}}}", "Invalid last non-pad Base64 character dectected"},
        {"{\"Item\":{\"a\":{\"B\":\"YQ==\"}}}", NULL},
        {"{\"Item\":{\"a\":{\"B\":\"\"}}}", NULL},
    };

    check_types(state, &shape_put_item_input, examples, ARRAY_LEN(examples));
}

static void nested_members_are_examined_before_scalars(void **state)
{
    static const struct example examples[] = {
        {"{\"TableName\":1,\"Item\":[]}",
         "Unrecognized collection type java.util.Map<java.lang.String, "
         "com.amazonaws.dynamodb.v20120810.AttributeValue>"},
        {"{\"TableName\":1,\"Item\":{}}", "NUMBER_VALUE cannot be converted to String"},
    };

    check_types(state, &shape_put_item_input, examples, ARRAY_LEN(examples));
}

static void generic_elements_of_batches_speak_of_the_jvm(void **state)
{
    static const char jvm[] =
        "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to "
        "class java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "
        "java.lang.Class are in module java.base of loader 'bootstrap')";
    static const struct example get[] = {{"{\"RequestItems\":{\"t\":{\"Keys\":[1]}}}", jvm}};
    static const struct example write[] = {{"{\"RequestItems\":{\"t\":\"x\"}}", jvm}};

    check_types(state, &shape_batch_get_item_input, get, ARRAY_LEN(get));
    check_types(state, &shape_batch_write_item_input, write, ARRAY_LEN(write));
}

static void reading_finds_the_members_that_are_there(void **state)
{
    struct fixture *fixture = *state;
    static const char body[] = "{\"Limit\":7.9,\"TableName\":\"a\",\"TableName\":\"Table\","
                               "\"Select\":null,\"ConsistentRead\":\"yes\"}";

    assert_int_equal(json_parse(fixture->parser, slice_str(body), &fixture->root), 0);
    assert_int_equal(
        shape_read(&shape_query_input, fixture->root, &fixture->input, &fixture->error), 0);
    assert_true(slice_eq_str(input_string(&fixture->input, PAGE_TABLE_NAME), "Table"));
    assert_int_equal(input_integer(&fixture->input, PAGE_LIMIT, 0), 7);
    assert_true(input_bool(&fixture->input, PAGE_CONSISTENT_READ, false));
    assert_false(input_has(&fixture->input, PAGE_SELECT));
    assert_null(input_string(&fixture->input, PAGE_SELECT).ptr);
}

static void get_item_lists_all_violations_in_its_order(void **state)
{
    static const struct example examples[] = {
        {"{}", "2 validation errors detected: Value null at 'key' failed to satisfy constraint: "
               "Member must not be null; Value null at 'tableName' failed to satisfy constraint: "
               "Member must not be null"},
        {"{\"TableName\":\"ab\",\"Key\":{},\"ReturnConsumedCapacity\":\"hi\","
         "\"AttributesToGet\":[]}",
         "3 validation errors detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
         "Member must have length greater than or equal to 3; Value 'hi' at "
         "'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value "
         "set: [INDEXES, TOTAL, NONE]; Value '[]' at 'attributesToGet' failed to satisfy "
         "constraint: Member must have length greater than or equal to 1"},
        {"{\"TableName\":\"\",\"Key\":{}}",
         "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint: "
         "Member must have length greater than or equal to 1"},
        {"{\"TableName\":\"a;\",\"Key\":{}}",
         "2 validation errors detected: Value 'a;' at 'tableName' failed to satisfy constraint: "
         "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value 'a;' at "
         "'tableName' failed to satisfy constraint: Member must have length greater than or equal "
         "to 3"},
        {"{\"TableName\":\"arn:aws:dynamodb:us-east-1:000000000000:table/T\",\"Key\":{}}", NULL},
    };

    check_constraints(state, "DynamoDB_20120810.GetItem", examples, ARRAY_LEN(examples));
}

static void put_item_tells_the_table_name_alone(void **state)
{
    static const struct example examples[] = {
        {"{\"ReturnValues\":\"hi\"}",
         "1 validation error detected: Value null at 'tableName' failed to satisfy constraint: "
         "Member must not be null"},
        {"{\"TableName\":\"abc\",\"ReturnValues\":\"hi\",\"ReturnItemCollectionMetrics\":\"x\"}",
         "3 validation errors detected: Value null at 'item' failed to satisfy constraint: Member "
         "must not be null; Value 'hi' at 'returnValues' failed to satisfy constraint: Member must "
         "satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]; Value 'x' at "
         "'returnItemCollectionMetrics' failed to satisfy constraint: Member must satisfy enum "
         "value set: [SIZE, NONE]"},
    };

    check_constraints(state, "DynamoDB_20120810.PutItem", examples, ARRAY_LEN(examples));
}

static void update_item_tells_only_the_first_enumeration(void **state)
{
    static const struct example examples[] = {
        {"{\"TableName\":\"abc\",\"Key\":{},\"ReturnConsumedCapacity\":\"a\","
         "\"ReturnValues\":\"b\"}",
         "1 validation error detected: Value 'b' at 'returnValues' failed to satisfy constraint: "
         "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, "
         "UPDATED_NEW]"},
    };

    check_constraints(state, "DynamoDB_20120810.UpdateItem", examples, ARRAY_LEN(examples));
}

static void limits_of_query_and_scan_differ(void **state)
{
    static const struct example query[] = {
        {"{\"TableName\":\"abc\",\"Limit\":0}",
         "1 validation error detected: Value at 'Limit' failed to satisfy constraint: Member must "
         "have value greater than or equal to 1"},
    };
    static const struct example scan[] = {
        {"{\"TableName\":\"abc\",\"Limit\":0,\"Segment\":-1,\"TotalSegments\":1000001}",
         "3 validation errors detected: Value '0' at 'limit' failed to satisfy constraint: Member "
         "must have value greater than or equal to 1; Value '1000001' at 'totalSegments' failed to "
         "satisfy constraint: Member must have value less than or equal to 1000000; Value '-1' at "
         "'segment' failed to satisfy constraint: Member must have value greater than or equal to "
         "0"},
    };

    check_constraints(state, "DynamoDB_20120810.Query", query, ARRAY_LEN(query));
    check_constraints(state, "DynamoDB_20120810.Scan", scan, ARRAY_LEN(scan));
}

static void batches_are_irregular(void **state)
{
    static const struct example get[] = {
        {"{}", "1 validation error detected: Value null at 'requestItems' failed to satisfy "
               "constraint: Member must not be null"},
        {"{\"RequestItems\":{\"Tab\":{\"Keys\":[]}}}",
         "1 validation error detected: Value at 'requestItems.Tab.member.keys' failed to satisfy "
         "constraint: Member must have length greater than or equal to 1"},
        {"{\"RequestItems\":{\"Tab\":{}}}",
         "1 validation error detected: Value null at 'requestItems.Tab.member.keys' failed to "
         "satisfy constraint: Member must not be null"},
    };
    static const struct example write[] = {
        {"{\"RequestItems\":{\"Tab\":[]}}",
         "1 validation error detected: Value '{Tab=[]}' at 'requestItems' failed to satisfy "
         "constraint: Map value must satisfy constraint: [Member must have length less than or "
         "equal to 25, Member must have length greater than or equal to 1]"},
        {"{\"RequestItems\":{\"Tab\":[{\"PutRequest\":{}}]}}",
         "1 validation error detected: Value null at "
         "'requestItems.Tab.member.1.member.putRequest.item' failed to satisfy constraint: Member "
         "must not be null"},
    };

    check_constraints(state, "DynamoDB_20120810.BatchGetItem", get, ARRAY_LEN(get));
    check_constraints(state, "DynamoDB_20120810.BatchWriteItem", write, ARRAY_LEN(write));
}

static void more_than_a_hundred_keys_are_told_with_capitals(void **state)
{
    char body[4096] = "{\"RequestItems\":{\"Tab\":{\"Keys\":[{}";
    struct example example = {
        body, "1 validation error detected: Value at 'RequestItems.Tab.member.Keys' failed to "
              "satisfy constraint: Member must have length less than or equal to 100"};

    for (int i = 0; i < 100; i++)
        strcat(body, ",{}");
    strcat(body, "]}}}");
    check_constraints(state, "DynamoDB_20120810.BatchGetItem", &example, 1);
}

static void structures_print_as_java_does(void **state)
{
    static const struct example examples[] = {
        {"{\"TableName\":\"abc\",\"AttributeDefinitions\":[],\"KeySchema\":["
         "{\"AttributeName\":\"a\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"b\"},"
         "{\"AttributeName\":\"c\",\"KeyType\":\"RANGE\"}]}",
         "2 validation errors detected: Value '[KeySchemaElement(attributeName=a, keyType=HASH), "
         "KeySchemaElement(attributeName=b, keyType=null), KeySchemaElement(attributeName=c, "
         "keyType=RANGE)]' at 'keySchema' failed to satisfy constraint: Member must have length "
         "less than or equal to 2; Value null at 'keySchema.2.member.keyType' failed to satisfy "
         "constraint: Member must not be null"},
    };

    check_constraints(state, "DynamoDB_20120810.CreateTable", examples, ARRAY_LEN(examples));
}

static void the_control_plane_asks_for_its_table_name_in_its_own_words(void **state)
{
    static const struct example examples[] = {
        {"{}", "The parameter 'TableName' is required but was not present in the request"},
        {"{\"TableName\":\"ab\"}",
         "TableName must be at least 3 characters long and at most 255 characters long"},
        {"{\"TableName\":\"ab;\"}",
         "1 validation error detected: Value 'ab;' at 'tableName' failed to satisfy constraint: "
         "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"},
        {"{\"TableName\":\"abc\"}", NULL},
    };

    check_constraints(state, "DynamoDB_20120810.DescribeTable", examples, ARRAY_LEN(examples));
    check_constraints(state, "DynamoDB_20120810.DeleteTable", examples, ARRAY_LEN(examples));
}

static void no_more_than_ten_violations_are_listed(void **state)
{
    struct fixture *fixture = *state;
    const struct operation *create = operation_find(SLICE("DynamoDB_20120810.CreateTable"));
    static const char body[] =
        "{\"TableName\":\"abc\",\"KeySchema\":[{},{},{}],\"AttributeDefinitions\":"
        "[{},{},{},{},{}]}";

    assert_int_equal(json_parse(fixture->parser, slice_str(body), &fixture->root), 0);
    assert_int_equal(shape_read(create->input, fixture->root, &fixture->input, &fixture->error), 0);
    assert_int_equal(shape_check_constraints(create->plan, &fixture->input, &fixture->error),
                     ST_REFUSED);
    assert_true(slice_has_prefix(fixture->error.message, SLICE("10 validation errors detected: ")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_scalar_of_another_type_names_its_token_and_the_java_type),
        cmocka_unit_test(containers_have_words_of_their_own),
        cmocka_unit_test(attribute_values_are_walked_to_the_bottom),
        cmocka_unit_test(nested_members_are_examined_before_scalars),
        cmocka_unit_test(generic_elements_of_batches_speak_of_the_jvm),
        cmocka_unit_test(reading_finds_the_members_that_are_there),
        cmocka_unit_test(get_item_lists_all_violations_in_its_order),
        cmocka_unit_test(put_item_tells_the_table_name_alone),
        cmocka_unit_test(update_item_tells_only_the_first_enumeration),
        cmocka_unit_test(limits_of_query_and_scan_differ),
        cmocka_unit_test(batches_are_irregular),
        cmocka_unit_test(more_than_a_hundred_keys_are_told_with_capitals),
        cmocka_unit_test(structures_print_as_java_does),
        cmocka_unit_test(the_control_plane_asks_for_its_table_name_in_its_own_words),
        cmocka_unit_test(no_more_than_ten_violations_are_listed),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
