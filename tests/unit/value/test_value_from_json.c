/*
 * test_value_from_json.c - DynamoDB JSON in and out: what is accepted, and every refusal's words.
 *
 * The sentences are the specification's (values §1 and §2, wire §3); `envelope` marks those that
 * PutItem and UpdateItem prefix, `serialization` those that are SerializationExceptions.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value_fixture.h"

#define INVALID "One or more parameter values were invalid: "
#define EMPTY                                                                                      \
    "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
#define SEVERAL                                                                                    \
    "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the "    \
    "supported datatypes"
#define NESTING                                                                                    \
    "Nesting Levels have exceeded supported limits: Attributes in the item have nested levels "    \
    "beyond supported limit"
#define OBJECT "Start of structure or map found where not expected"
#define MAP                                                                                        \
    "Unrecognized collection type java.util.Map<java.lang.String, "                                \
    "com.amazonaws.dynamodb.v20120810.AttributeValue>"

static void items_come_back_sorted_and_canonical(void **state)
{
    static const char *const cases[][2] = {
        {"{}", "{}"},
        {"{\"b\":{\"S\":\"x\"},\"a\":{\"N\":\"1.50\"}}",
         "{\"a\":{\"N\":\"1.5\"},\"b\":{\"S\":\"x\"}}"},
        {"{\"a\":{\"S\":\"\"},\"b\":{\"B\":\"\"}}", "{\"a\":{\"S\":\"\"},\"b\":{\"B\":\"\"}}"},
        {"{\"a\":{\"BOOL\":true},\"b\":{\"BOOL\":false},\"c\":{\"NULL\":true}}",
         "{\"a\":{\"BOOL\":true},\"b\":{\"BOOL\":false},\"c\":{\"NULL\":true}}"},
        {"{\"a\":{\"SS\":[\"b\",\"\",\"a\"]}}", "{\"a\":{\"SS\":[\"\",\"a\",\"b\"]}}"},
        {"{\"a\":{\"NS\":[\"10\",\"-3\",\"9\",\"0.5\"]}}",
         "{\"a\":{\"NS\":[\"-3\",\"0.5\",\"9\",\"10\"]}}"},
        {"{\"a\":{\"BS\":[\"/w==\",\"AA==\"]}}", "{\"a\":{\"BS\":[\"AA==\",\"/w==\"]}}"},
        {"{\"a\":{\"L\":[]},\"b\":{\"M\":{}}}", "{\"a\":{\"L\":[]},\"b\":{\"M\":{}}}"},
        {"{\"a\":{\"L\":[{\"S\":\"z\"},{\"N\":\"1\"},{\"M\":{\"y\":{\"S\":\"1\"},\"x\":{\"L\":[]}}}"
         "]}}",
         "{\"a\":{\"L\":[{\"S\":\"z\"},{\"N\":\"1\"},{\"M\":{\"x\":{\"L\":[]},\"y\":{\"S\":\"1\"}}}"
         "]}}"},
        {"{\"n\":{\"N\":\"-0.0\"},\"\xc3\xa9\":{\"S\":\"\\u00e9\\u0000\"}}",
         "{\"n\":{\"N\":\"0\"},\"\xc3\xa9\":{\"S\":\"\xc3\xa9\\u0000\"}}"},
        /* duplicate members: the last wins, of items, maps and values alike */
        {"{\"a\":{\"S\":\"1\"},\"b\":{\"S\":\"2\"},\"a\":{\"S\":\"3\"}}",
         "{\"a\":{\"S\":\"3\"},\"b\":{\"S\":\"2\"}}"},
        {"{\"a\":{\"S\":\"1\",\"S\":\"2\"}}", "{\"a\":{\"S\":\"2\"}}"},
        /* nulls and unknown members are as if absent */
        {"{\"a\":{\"S\":\"1\",\"N\":null,\"Q\":7,\"SSS\":[],\"\":{}}}", "{\"a\":{\"S\":\"1\"}}"},
        {"{\"a\":{\"SS\":[null,\"x\"]}}", "{\"a\":{\"SS\":[\"x\"]}}"},
        /* strings that AWS converts to booleans */
        {"{\"a\":{\"BOOL\":\"TRUE\"},\"b\":{\"BOOL\":\"0\"},\"c\":{\"BOOL\":\"Yes\"},\"d\":{"
         "\"NULL\":\"1\"}}",
         "{\"a\":{\"BOOL\":true},\"b\":{\"BOOL\":false},\"c\":{\"BOOL\":true},\"d\":{\"NULL\":true}"
         "}"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(fixture_json(*state, fixture_item(*state, cases[i][0])), cases[i][1]);
}

static void equal_items_have_equal_bytes(void **state)
{
    struct slice a =
        fixture_item(*state, "{\"x\":{\"NS\":[\"1.0\",\"20\"]},\"m\":{\"M\":{\"p\":{\"S\":\"\"},"
                             "\"q\":{\"N\":\"1E2\"}}}}");
    struct slice b =
        fixture_item(*state, "{\"m\":{\"M\":{\"q\":{\"N\":\"100\"},\"p\":{\"S\":\"\"}}},"
                             "\"x\":{\"NS\":[\"2E1\",\"1\"]}}");

    assert_true(slice_eq(a, b));
}

struct refused {
    const char *value; /* of attribute "a" */
    const char *message;
};

static void assert_refused(struct fixture *fixture, const char *json, const char *message,
                           bool envelope, bool serialization)
{
    struct slice item;

    memset(&fixture->refusal, 0xA5, sizeof(fixture->refusal));
    assert_int_equal(
        item_from_json(fixture_parse(fixture, json), &fixture->arena, &item, &fixture->refusal),
        ST_REFUSED);
    assert_string_equal(fixture->refusal.refusal.text, message);
    assert_int_equal(fixture->refusal.envelope, envelope);
    assert_int_equal(fixture->refusal.serialization, serialization);
}

static void assert_all_refused(void **state, const struct refused *cases, size_t count,
                               bool envelope, bool serialization)
{
    for (size_t i = 0; i < count; i++) {
        char json[512];

        snprintf(json, sizeof(json), "{\"a\":%s}", cases[i].value);
        assert_refused(*state, json, cases[i].message, envelope, serialization);
        /* the same below the top */
        snprintf(json, sizeof(json), "{\"0\":{\"S\":\"\"},\"a\":{\"L\":[{\"M\":{\"m\":%s}}]}}",
                 cases[i].value);
        assert_refused(*state, json, cases[i].message, envelope, serialization);
    }
}

static void invalid_values_without_the_envelope(void **state)
{
    static const struct refused cases[] = {
        {"{}", EMPTY},
        {"null", EMPTY},
        {"{\"S\":null}", EMPTY},
        {"{\"X\":\"y\"}", EMPTY},
        {"{\"S\":\"a\",\"N\":\"1\"}", SEVERAL},
        {"{\"BOOL\":true,\"L\":[]}", SEVERAL},
        {"{\"N\":\"\"}", "The parameter cannot be converted to a numeric value"},
        {"{\"N\":\"abc\"}", "The parameter cannot be converted to a numeric value: abc"},
        {"{\"N\":\"1E126\"}", "Number overflow. Attempting to store a number with magnitude larger "
                              "than supported range"},
        {"{\"N\":\"1E-131\"}", "Number underflow. Attempting to store a number with magnitude "
                               "smaller than supported range"},
        {"{\"N\":\"123456789012345678901234567890123456789\"}",
         "Attempting to store more than 38 significant digits in a Number"},
        {"{\"NS\":[\"1\",\"x\"]}", "The parameter cannot be converted to a numeric value: x"},
        {"{\"M\":{\"\":{\"S\":\"x\"}}}", INVALID "An attribute name may not be empty"},
        /* a broken member is reported before "more than one" */
        {"{\"S\":\"a\",\"N\":\"x\"}", "The parameter cannot be converted to a numeric value: x"},
        {"{\"SS\":[\"a\",\"a\"],\"N\":\"x\"}",
         "The parameter cannot be converted to a numeric value: x"},
    };

    assert_all_refused(state, cases, ARRAY_LEN(cases), false, false);
}

static void invalid_values_with_the_envelope(void **state)
{
    static const struct refused cases[] = {
        {"{\"NULL\":false}", INVALID "Null attribute value types must have the value of true"},
        {"{\"NULL\":\"no\"}", INVALID "Null attribute value types must have the value of true"},
        {"{\"SS\":[]}", INVALID "An string set  may not be empty"},
        {"{\"NS\":[]}", INVALID "An number set  may not be empty"},
        {"{\"BS\":[]}", INVALID "Binary sets should not be empty"},
        {"{\"SS\":[\"a\",\"a\"]}", INVALID "Input collection [a, a] contains duplicates."},
        {"{\"SS\":[\"b\",\"a\",\"b\"]}", INVALID "Input collection [b, a, b] contains duplicates."},
        {"{\"NS\":[\"1\",\"1.0\"]}", "Input collection contains duplicates"},
        {"{\"BS\":[\"YQ==\",\"YQ==\"]}",
         INVALID "Input collection [YQ==, YQ==]of type BS contains duplicates."},
        {"{\"SS\":[\"a\",\"a\"],\"NS\":[]}", INVALID "An number set  may not be empty"},
        {"{\"S\":\"x\",\"SS\":[]}", INVALID "An string set  may not be empty"},
        {"{\"S\":\"x\",\"NULL\":false}",
         INVALID "Null attribute value types must have the value of true"},
    };

    assert_all_refused(state, cases, ARRAY_LEN(cases), true, false);
}

static void mismatched_types(void **state)
{
    static const struct refused cases[] = {
        {"7", "Unexpected value type in payload"},
        {"\"x\"", "Unexpected value type in payload"},
        {"true", "Unexpected value type in payload"},
        {"[]",
         "Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue"},
        {"{\"S\":1}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"S\":1.5}", "DECIMAL_VALUE cannot be converted to String"},
        {"{\"S\":true}", "TRUE_VALUE cannot be converted to String"},
        {"{\"S\":false}", "FALSE_VALUE cannot be converted to String"},
        {"{\"S\":[]}", "Unrecognized collection type class java.lang.String"},
        {"{\"S\":{}}", OBJECT},
        {"{\"N\":1}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"N\":{}}", OBJECT},
        {"{\"BOOL\":1}", "NUMBER_VALUE cannot be converted to Boolean"},
        {"{\"BOOL\":0.5}", "DECIMAL_VALUE cannot be converted to Boolean"},
        {"{\"BOOL\":\"maybe\"}", "Unexpected token received from parser"},
        {"{\"BOOL\":[]}", "Unrecognized collection type class java.lang.Boolean"},
        {"{\"NULL\":{}}", OBJECT},
        {"{\"B\":1}", "only base-64-encoded strings are convertible to bytes"},
        {"{\"B\":true}", "only base-64-encoded strings are convertible to bytes"},
        {"{\"B\":[]}", "Unrecognized collection type class java.nio.ByteBuffer"},
        {"{\"B\":{}}", OBJECT},
        {"{\"B\":\"abc\"}", "Base64 encoded length is expected a multiple of 4 bytes but found: 3"},
        {"{\"B\":\"YR==\"}", "Invalid last non-pad Base64 character dectected"},
        {"{\"SS\":\"a\"}", "Unexpected field type"},
        {"{\"NS\":{}}", OBJECT},
        {"{\"SS\":[1]}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"NS\":[1]}", "NUMBER_VALUE cannot be converted to String"},
        {"{\"BS\":[1]}", "only base-64-encoded strings are convertible to bytes"},
        {"{\"SS\":[[]]}", "Unrecognized collection type class java.lang.String"},
        {"{\"L\":1}", "Unexpected field type"},
        {"{\"L\":{}}", OBJECT},
        {"{\"L\":[1]}", "Unexpected value type in payload"},
        {"{\"M\":1}", "Unexpected field type"},
        {"{\"M\":[]}", MAP},
        {"{\"M\":{\"x\":\"y\"}}", "Unexpected value type in payload"},
        /* found before anything that is merely invalid, wherever it stands */
        {"{\"L\":[{\"N\":\"x\"},{\"SS\":[]},{},{\"S\":1}]}",
         "NUMBER_VALUE cannot be converted to String"},
        {"{\"N\":\"x\",\"S\":7}", "NUMBER_VALUE cannot be converted to String"},
    };

    assert_all_refused(state, cases, ARRAY_LEN(cases), false, true);
    assert_refused(*state, "7", "Unexpected field type", false, true);
    assert_refused(*state, "[]", MAP, false, true);
    assert_refused(*state, "{\"a\":{\"NULL\":false},\"b\":{\"S\":1}}",
                   "NUMBER_VALUE cannot be converted to String", false, true);
}

/* A list nested so that the value has `levels` levels. */
static void nest(char *json, unsigned levels)
{
    strcpy(json, "{\"a\":");
    for (unsigned i = 1; i < levels; i++)
        strcat(json, i % 2 ? "{\"L\":[" : "{\"M\":{\"k\":");
    strcat(json, "{\"S\":\"x\"}");
    for (unsigned i = levels - 1; i > 0; i--)
        strcat(json, i % 2 ? "]}" : "}}");
    strcat(json, "}");
}

static void values_nest_32_levels(void **state)
{
    struct fixture *fixture = *state;
    char json[2048];
    struct value value;

    nest(json, VALUE_DEPTH_MAX);
    value = fixture_attribute(fixture_item(fixture, json), "a");
    assert_int_equal(tree_depth(tree_from_value(&fixture->arena, value.encoded)), VALUE_DEPTH_MAX);
    nest(json, VALUE_DEPTH_MAX + 1);
    assert_refused(fixture, json, NESTING, false, false);
    nest(json, 45); /* as deep as JSON_DEPTH_MAX lets through */
    assert_refused(fixture, json, NESTING, false, false);
}

/* {"nnn...": {"S": "x"}}, valid until the next call. */
static const char *with_name(struct buf *json, size_t len)
{
    buf_clear(json);
    buf_append_str(json, "{\"");
    for (size_t i = 0; i < len; i++)
        buf_append_str(json, "n");
    buf_append_str(json, "\":{\"S\":\"x\"}}");
    buf_append_u8(json, 0);
    assert_false(buf_failed(json));
    return (const char *)json->ptr;
}

static void names_are_1_to_65535_bytes(void **state)
{
    const size_t max = ATTRIBUTE_NAME_BYTES_MAX;
    struct fixture *fixture = *state;
    struct buf json = BUF_EMPTY;

    assert_int_equal(item_size(fixture_item(fixture, with_name(&json, max))), max + 1);
    assert_refused(fixture, with_name(&json, max + 1),
                   "Attribute name is too large, must be less than 65536 bytes", true, false);
    assert_refused(fixture, with_name(&json, 0), INVALID "An attribute name may not be empty",
                   false, false);
    buf_release(&json);
}

/* Sizes at which a header grows by a byte, and more members than fit the inline stack. */
static void containers_of_any_size_come_back(void **state)
{
    static const size_t counts[] = {1, 17, 31, 32, 33, 64, 127, 128, 129, 1000, 20000};
    struct fixture *fixture = *state;
    struct buf json = BUF_EMPTY;

    for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
        struct value value;
        struct slice item;

        buf_clear(&json);
        buf_append_str(&json, "{\"l\":{\"L\":[");
        for (size_t k = 0; k < counts[i]; k++)
            buf_printf(&json, "%s{\"N\":\"%zu\"}", k ? "," : "", k);
        buf_append_str(&json, "]},\"m\":{\"M\":{");
        for (size_t k = 0; k < counts[i]; k++) /* in no order */
            buf_printf(&json, "%s\"%zu\":{\"S\":\"%zu\"}", k ? "," : "", k * 7919 % 1000003, k);
        buf_append_str(&json, "}},\"s\":{\"NS\":[");
        for (size_t k = 0; k < counts[i]; k++)
            buf_printf(&json, "%s\"%zu\"", k ? "," : "", counts[i] - k);
        buf_append_str(&json, "]}}");
        buf_append_u8(&json, 0);
        item = fixture_item(fixture, (const char *)json.ptr);
        for (const char *name = "lms"; *name != '\0'; name++) {
            char text[2] = {*name, '\0'};

            value = fixture_attribute(item, text);
            assert_int_equal(value_count(&value), counts[i]);
        }
        assert_true(slice_eq(fixture_item(fixture, fixture_json(fixture, item)), item));
        arena_reset(&fixture->arena);
    }
    buf_release(&json);
}

static void single_values_are_encoded_alone(void **state)
{
    struct fixture *fixture = *state;
    struct slice encoded;
    struct value value;

    assert_int_equal(value_from_json(fixture_parse(fixture, "{\"N\":\"42\"}"), &fixture->arena,
                                     &encoded, &fixture->refusal),
                     0);
    value = value_of(encoded);
    assert_int_equal(value.type, VALUE_N);
    assert_int_equal(value_from_json(fixture_parse(fixture, "\"x\""), &fixture->arena, &encoded,
                                     &fixture->refusal),
                     ST_REFUSED);
    assert_string_equal(fixture->refusal.refusal.text, "Unexpected value type in payload");
    assert_int_equal(value_from_json(fixture_parse(fixture, "{}"), &fixture->arena, &encoded, NULL),
                     ST_REFUSED);
}

/* With each bound on the arena the answer is the item or "no memory", never anything else. */
static void memory_may_end_anywhere(void **state)
{
    static const char json[] = "{\"z\":{\"M\":{\"b\":{\"L\":[{\"SS\":[\"b\",\"a\"]}]},\"a\":{\"B\":"
                               "\"AAAA\"}}},\"a\":{\"N\":\"1\"}}";
    struct fixture *fixture = *state;
    struct slice expected = fixture_item(fixture, json), item;
    bool succeeded = false;

    for (size_t max = 16; !succeeded; max += 16) {
        struct arena arena;
        int rc;

        arena_init(&arena, max);
        rc = item_from_json(fixture_parse(fixture, json), &arena, &item, &fixture->refusal);
        if (rc == 0)
            assert_true(slice_eq(item, expected));
        else
            assert_int_equal(rc, ST_NOMEM);
        succeeded = rc == 0;
        arena_release(&arena);
    }
}

static void values_print_as_in_messages(void **state)
{
    static const char *const cases[][2] = {
        {"{\"S\":\"abc\"}", "{S:abc}"},
        {"{\"N\":\"1.50\"}", "{N:1.5}"},
        {"{\"B\":\"YWI=\"}", "{B:YWI=}"},
        {"{\"BOOL\":false}", "{BOOL:false}"},
        {"{\"NULL\":true}", "{NULL:true}"},
        {"{\"SS\":[\"b\",\"a\"]}", "{SS:[a, b]}"},
        {"{\"L\":[{\"N\":\"1\"},{\"M\":{\"k\":{\"S\":\"v\"}}}]}", "{L:[{N:1}, {M:{k={S:v}}}]}"},
    };
    struct fixture *fixture = *state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct slice encoded;
        struct value value;

        assert_int_equal(
            value_from_json(fixture_parse(fixture, cases[i][0]), &fixture->arena, &encoded, NULL),
            0);
        value = value_of(encoded);
        buf_clear(&fixture->out);
        value_print(&fixture->out, &value);
        assert_true(slice_eq_str(buf_slice(&fixture->out), cases[i][1]));
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(items_come_back_sorted_and_canonical),
        TEST(equal_items_have_equal_bytes),
        TEST(invalid_values_without_the_envelope),
        TEST(invalid_values_with_the_envelope),
        TEST(mismatched_types),
        TEST(values_nest_32_levels),
        TEST(names_are_1_to_65535_bytes),
        TEST(containers_of_any_size_come_back),
        TEST(single_values_are_encoded_alone),
        TEST(memory_may_end_anywhere),
        TEST(values_print_as_in_messages),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
