/*
 * shapes_common.c - attribute values, legacy conditions and the enumerations that many inputs
 * share.
 *
 * The sets of enumerations stand in the order in which the service prints them, a hash order
 * (dynamodb-wire.md section 4).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes_priv.h"
#include "expr/legacy.h"

const struct shape shape_string = {.kind = SHAPE_STRING};
const struct shape shape_boolean = {.kind = SHAPE_BOOLEAN};
const struct shape shape_long = {.kind = SHAPE_LONG};
const struct shape shape_positive_integer = {
    .kind = SHAPE_INTEGER, .bounded_below = true, .min = 1};
const struct shape shape_positive_long = {.kind = SHAPE_LONG, .bounded_below = true, .min = 1};
const struct shape shape_name = {.kind = SHAPE_STRING,
                                 .name_pattern = true,
                                 .bounded_below = true,
                                 .min = 3,
                                 .bounded_above = true,
                                 .max = 255};
const struct shape shape_table_or_arn = {.kind = SHAPE_STRING, .irregular = SHAPE_TABLE_OR_ARN};
const struct shape shape_attribute_name = {
    .kind = SHAPE_STRING, .bounded_above = true, .max = 65535};

/* ---- attribute values: a structure that contains itself ---- */

static const struct shape shape_blob = {.kind = SHAPE_BLOB};
static const struct shape shape_string_set = LIST_OF(shape_string);
static const struct shape shape_blob_set = LIST_OF(shape_blob);
static const struct shape shape_value_list = LIST_OF(shape_attribute_value);
static const struct shape shape_value_map = MAP_OF(shape_attribute_value);
static const struct shape_member attribute_value_members[] = {
    MEMBER("S", shape_string),      MEMBER("N", shape_string),      MEMBER("B", shape_blob),
    MEMBER("SS", shape_string_set), MEMBER("NS", shape_string_set), MEMBER("BS", shape_blob_set),
    MEMBER("M", shape_value_map),   MEMBER("L", shape_value_list),  MEMBER("NULL", shape_boolean),
    MEMBER("BOOL", shape_boolean),
};
const struct shape shape_attribute_value = {.kind = SHAPE_STRUCTURE,
                                            .java = "AttributeValue",
                                            .members = attribute_value_members,
                                            .member_count = ARRAY_LEN(attribute_value_members),
                                            .opaque = true};
const struct shape shape_attribute_map = {
    .kind = SHAPE_MAP, .element = &shape_attribute_value, .opaque = true};

const struct shape shape_attribute_names = {.kind = SHAPE_LIST,
                                            .element = &shape_attribute_name,
                                            .bounded_below = true,
                                            .min = 1,
                                            .bounded_above = true,
                                            .max = EXPR_ATTRIBUTES_TO_GET_MAX};
const struct shape shape_name_map = MAP_OF(shape_string);

/* ---- enumerations ---- */

const struct shape shape_return_consumed_capacity = ENUM("INDEXES", "TOTAL", "NONE");
const struct shape shape_return_values =
    ENUM("ALL_NEW", "UPDATED_OLD", "ALL_OLD", "NONE", "UPDATED_NEW");
const struct shape shape_return_item_collection_metrics = ENUM("SIZE", "NONE");
const struct shape shape_return_values_on_failure = ENUM("ALL_OLD", "NONE");
const struct shape shape_select =
    ENUM("SPECIFIC_ATTRIBUTES", "COUNT", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES");
const struct shape shape_conditional_operator = ENUM("OR", "AND");
const struct shape shape_table_class = ENUM("STANDARD", "STANDARD_INFREQUENT_ACCESS");
const struct shape shape_stream_view =
    ENUM("NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY");
static const struct shape shape_comparison_operator =
    ENUM("IN", "NULL", "BETWEEN", "LT", "NOT_CONTAINS", "EQ", "GT", "NOT_NULL", "NE", "LE",
         "BEGINS_WITH", "GE", "CONTAINS");
static const struct shape shape_attribute_action = ENUM("ADD", "DELETE", "PUT");

/* ---- the parameters of before expressions ---- */

static const struct shape_member expected_members[] = {
    MEMBER("Value", shape_attribute_value),
    MEMBER("Exists", shape_boolean),
    MEMBER("ComparisonOperator", shape_comparison_operator),
    MEMBER("AttributeValueList", shape_value_list),
};
static const struct shape shape_expected = STRUCTURE("ExpectedAttributeValue", expected_members);
const struct shape shape_expected_map = MAP_OF(shape_expected);

static const struct shape_member condition_members[] = {
    MEMBER("AttributeValueList", shape_value_list),
    REQUIRED("ComparisonOperator", shape_comparison_operator),
};
static const struct shape shape_condition = STRUCTURE("Condition", condition_members);
const struct shape shape_condition_map = MAP_OF(shape_condition);

static const struct shape_member update_members[] = {
    MEMBER("Value", shape_attribute_value),
    MEMBER("Action", shape_attribute_action),
};
static const struct shape shape_update = STRUCTURE("AttributeValueUpdate", update_members);
const struct shape shape_update_map = MAP_OF(shape_update);
