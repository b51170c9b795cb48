/*
 * shapes_items.c - inputs of the operations on items.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes_priv.h"

static const struct shape_member put_item_members[] = {
    [PUT_ITEM_TABLE_NAME] = REQUIRED("TableName", shape_table_or_arn),
    [PUT_ITEM_ITEM] = REQUIRED("Item", shape_attribute_map),
    [PUT_ITEM_EXPECTED] = MEMBER("Expected", shape_expected_map),
    [PUT_ITEM_RETURN_VALUES] = MEMBER("ReturnValues", shape_return_values),
    [PUT_ITEM_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
    [PUT_ITEM_RETURN_ITEM_COLLECTION_METRICS] =
        MEMBER("ReturnItemCollectionMetrics", shape_return_item_collection_metrics),
    [PUT_ITEM_CONDITIONAL_OPERATOR] = MEMBER("ConditionalOperator", shape_conditional_operator),
    [PUT_ITEM_CONDITION_EXPRESSION] = MEMBER("ConditionExpression", shape_string),
    [PUT_ITEM_EXPRESSION_ATTRIBUTE_NAMES] = MEMBER("ExpressionAttributeNames", shape_name_map),
    [PUT_ITEM_EXPRESSION_ATTRIBUTE_VALUES] =
        MEMBER("ExpressionAttributeValues", shape_attribute_map),
    [PUT_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE] =
        MEMBER("ReturnValuesOnConditionCheckFailure", shape_return_values_on_failure),
};
const struct shape shape_put_item_input = STRUCTURE("PutItemInput", put_item_members);

static const struct shape_member get_item_members[] = {
    [GET_ITEM_TABLE_NAME] = REQUIRED("TableName", shape_table_or_arn),
    [GET_ITEM_KEY] = REQUIRED("Key", shape_attribute_map),
    [GET_ITEM_ATTRIBUTES_TO_GET] = MEMBER("AttributesToGet", shape_attribute_names),
    [GET_ITEM_CONSISTENT_READ] = MEMBER("ConsistentRead", shape_boolean),
    [GET_ITEM_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
    [GET_ITEM_PROJECTION_EXPRESSION] = MEMBER("ProjectionExpression", shape_string),
    [GET_ITEM_EXPRESSION_ATTRIBUTE_NAMES] = MEMBER("ExpressionAttributeNames", shape_name_map),
};
const struct shape shape_get_item_input = STRUCTURE("GetItemInput", get_item_members);

static const struct shape_member update_item_members[] = {
    [UPDATE_ITEM_TABLE_NAME] = REQUIRED("TableName", shape_table_or_arn),
    [UPDATE_ITEM_KEY] = REQUIRED("Key", shape_attribute_map),
    [UPDATE_ITEM_ATTRIBUTE_UPDATES] = MEMBER("AttributeUpdates", shape_update_map),
    [UPDATE_ITEM_EXPECTED] = MEMBER("Expected", shape_expected_map),
    [UPDATE_ITEM_CONDITIONAL_OPERATOR] = MEMBER("ConditionalOperator", shape_conditional_operator),
    [UPDATE_ITEM_RETURN_VALUES] = MEMBER("ReturnValues", shape_return_values),
    [UPDATE_ITEM_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
    [UPDATE_ITEM_RETURN_ITEM_COLLECTION_METRICS] =
        MEMBER("ReturnItemCollectionMetrics", shape_return_item_collection_metrics),
    [UPDATE_ITEM_UPDATE_EXPRESSION] = MEMBER("UpdateExpression", shape_string),
    [UPDATE_ITEM_CONDITION_EXPRESSION] = MEMBER("ConditionExpression", shape_string),
    [UPDATE_ITEM_EXPRESSION_ATTRIBUTE_NAMES] = MEMBER("ExpressionAttributeNames", shape_name_map),
    [UPDATE_ITEM_EXPRESSION_ATTRIBUTE_VALUES] =
        MEMBER("ExpressionAttributeValues", shape_attribute_map),
    [UPDATE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE] =
        MEMBER("ReturnValuesOnConditionCheckFailure", shape_return_values_on_failure),
};
const struct shape shape_update_item_input = STRUCTURE("UpdateItemInput", update_item_members);

static const struct shape_member delete_item_members[] = {
    [DELETE_ITEM_TABLE_NAME] = REQUIRED("TableName", shape_table_or_arn),
    [DELETE_ITEM_KEY] = REQUIRED("Key", shape_attribute_map),
    [DELETE_ITEM_EXPECTED] = MEMBER("Expected", shape_expected_map),
    [DELETE_ITEM_CONDITIONAL_OPERATOR] = MEMBER("ConditionalOperator", shape_conditional_operator),
    [DELETE_ITEM_RETURN_VALUES] = MEMBER("ReturnValues", shape_return_values),
    [DELETE_ITEM_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
    [DELETE_ITEM_RETURN_ITEM_COLLECTION_METRICS] =
        MEMBER("ReturnItemCollectionMetrics", shape_return_item_collection_metrics),
    [DELETE_ITEM_CONDITION_EXPRESSION] = MEMBER("ConditionExpression", shape_string),
    [DELETE_ITEM_EXPRESSION_ATTRIBUTE_NAMES] = MEMBER("ExpressionAttributeNames", shape_name_map),
    [DELETE_ITEM_EXPRESSION_ATTRIBUTE_VALUES] =
        MEMBER("ExpressionAttributeValues", shape_attribute_map),
    [DELETE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE] =
        MEMBER("ReturnValuesOnConditionCheckFailure", shape_return_values_on_failure),
};
const struct shape shape_delete_item_input = STRUCTURE("DeleteItemInput", delete_item_members);

/* ---- batches ---- */

static const struct shape shape_keys = {
    .kind = SHAPE_LIST, .element = &shape_attribute_map, .irregular = SHAPE_KEYS_OF_BATCH};
static const struct shape_member keys_and_attributes_members[] = {
    [KEYS_AND_ATTRIBUTES_KEYS] = REQUIRED("Keys", shape_keys),
    [KEYS_AND_ATTRIBUTES_ATTRIBUTES_TO_GET] = MEMBER("AttributesToGet", shape_attribute_names),
    [KEYS_AND_ATTRIBUTES_CONSISTENT_READ] = MEMBER("ConsistentRead", shape_boolean),
    [KEYS_AND_ATTRIBUTES_PROJECTION_EXPRESSION] = MEMBER("ProjectionExpression", shape_string),
    [KEYS_AND_ATTRIBUTES_EXPRESSION_ATTRIBUTE_NAMES] =
        MEMBER("ExpressionAttributeNames", shape_name_map),
};
const struct shape shape_keys_and_attributes =
    STRUCTURE("KeysAndAttributes", keys_and_attributes_members);
static const struct shape shape_batch_get_map = MAP_OF(shape_keys_and_attributes);
static const struct shape_member batch_get_item_members[] = {
    [BATCH_GET_REQUEST_ITEMS] = REQUIRED("RequestItems", shape_batch_get_map),
    [BATCH_GET_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
};
const struct shape shape_batch_get_item_input =
    STRUCTURE("BatchGetItemInput", batch_get_item_members);

static const struct shape_member put_request_members[] = {REQUIRED("Item", shape_attribute_map)};
static const struct shape shape_put_request = STRUCTURE("PutRequest", put_request_members);
static const struct shape_member delete_request_members[] = {REQUIRED("Key", shape_attribute_map)};
static const struct shape shape_delete_request = STRUCTURE("DeleteRequest", delete_request_members);
static const struct shape_member write_request_members[] = {
    MEMBER("PutRequest", shape_put_request),
    MEMBER("DeleteRequest", shape_delete_request),
};
static const struct shape shape_write_request = STRUCTURE("WriteRequest", write_request_members);
static const struct shape shape_write_requests = LIST_OF(shape_write_request);
static const struct shape shape_batch_write_map = {
    .kind = SHAPE_MAP, .element = &shape_write_requests, .irregular = SHAPE_BATCH_OF_WRITES};
static const struct shape_member batch_write_item_members[] = {
    [BATCH_WRITE_REQUEST_ITEMS] = REQUIRED("RequestItems", shape_batch_write_map),
    [BATCH_WRITE_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
    [BATCH_WRITE_RETURN_ITEM_COLLECTION_METRICS] =
        MEMBER("ReturnItemCollectionMetrics", shape_return_item_collection_metrics),
};
const struct shape shape_batch_write_item_input =
    STRUCTURE("BatchWriteItemInput", batch_write_item_members);

/* ---- transactions ---- */

#define ACTION_MEMBERS(shift, condition)                                                           \
    [TRANSACT_ACTION_TABLE_NAME +                                                                  \
        (shift)] = REQUIRED("TableName", shape_table_or_arn),                                      \
        [TRANSACT_ACTION_CONDITION_EXPRESSION + (shift)] =                                         \
            condition("ConditionExpression", shape_string),                                        \
        [TRANSACT_ACTION_EXPRESSION_ATTRIBUTE_NAMES + (shift)] =                                   \
            MEMBER("ExpressionAttributeNames", shape_name_map),                                    \
        [TRANSACT_ACTION_EXPRESSION_ATTRIBUTE_VALUES + (shift)] =                                  \
            MEMBER("ExpressionAttributeValues", shape_attribute_map),                              \
        [TRANSACT_ACTION_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE + (shift)] =                     \
            MEMBER("ReturnValuesOnConditionCheckFailure", shape_return_values_on_failure)

static const struct shape_member condition_check_members[] = {
    [TRANSACT_ACTION_KEY] = REQUIRED("Key", shape_attribute_map), ACTION_MEMBERS(0, REQUIRED)};
static const struct shape shape_condition_check =
    STRUCTURE("ConditionCheck", condition_check_members);
static const struct shape_member put_members[] = {
    [TRANSACT_ACTION_KEY] = REQUIRED("Item", shape_attribute_map), ACTION_MEMBERS(0, MEMBER)};
static const struct shape shape_put = STRUCTURE("Put", put_members);
static const struct shape_member delete_members[] = {
    [TRANSACT_ACTION_KEY] = REQUIRED("Key", shape_attribute_map), ACTION_MEMBERS(0, MEMBER)};
static const struct shape shape_delete = STRUCTURE("Delete", delete_members);
static const struct shape_member transact_update_members[] = {
    [TRANSACT_ACTION_KEY] = REQUIRED("Key", shape_attribute_map),
    [TRANSACT_UPDATE_UPDATE_EXPRESSION] = REQUIRED("UpdateExpression", shape_string),
    ACTION_MEMBERS(TRANSACT_UPDATE_SHIFT, MEMBER)};
static const struct shape shape_transact_update = STRUCTURE("Update", transact_update_members);
static const struct shape_member transact_write_item_members[] = {
    [TRANSACT_CONDITION_CHECK] = MEMBER("ConditionCheck", shape_condition_check),
    [TRANSACT_PUT] = MEMBER("Put", shape_put),
    [TRANSACT_DELETE] = MEMBER("Delete", shape_delete),
    [TRANSACT_UPDATE] = MEMBER("Update", shape_transact_update),
};
const struct shape shape_transact_write_item =
    STRUCTURE("TransactWriteItem", transact_write_item_members);
static const struct shape shape_transact_write_list = {.kind = SHAPE_LIST,
                                                       .element = &shape_transact_write_item,
                                                       .bounded_below = true,
                                                       .min = 1,
                                                       .bounded_above = true,
                                                       .max = 100};
static const struct shape shape_client_request_token = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 1, .bounded_above = true, .max = 36};
static const struct shape_member transact_write_items_members[] = {
    [TRANSACT_WRITE_TRANSACT_ITEMS] = REQUIRED("TransactItems", shape_transact_write_list),
    [TRANSACT_WRITE_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
    [TRANSACT_WRITE_RETURN_ITEM_COLLECTION_METRICS] =
        MEMBER("ReturnItemCollectionMetrics", shape_return_item_collection_metrics),
    [TRANSACT_WRITE_CLIENT_REQUEST_TOKEN] =
        MEMBER("ClientRequestToken", shape_client_request_token),
};
const struct shape shape_transact_write_items_input =
    STRUCTURE("TransactWriteItemsInput", transact_write_items_members);

static const struct shape_member get_members[] = {
    [GET_KEY] = REQUIRED("Key", shape_attribute_map),
    [GET_TABLE_NAME] = REQUIRED("TableName", shape_table_or_arn),
    [GET_PROJECTION_EXPRESSION] = MEMBER("ProjectionExpression", shape_string),
    [GET_EXPRESSION_ATTRIBUTE_NAMES] = MEMBER("ExpressionAttributeNames", shape_name_map),
};
const struct shape shape_get = STRUCTURE("Get", get_members);
static const struct shape_member transact_get_item_members[] = {[TRANSACT_GET_GET] =
                                                                    REQUIRED("Get", shape_get)};
const struct shape shape_transact_get_item =
    STRUCTURE("TransactGetItem", transact_get_item_members);
static const struct shape shape_transact_get_list = {.kind = SHAPE_LIST,
                                                     .element = &shape_transact_get_item,
                                                     .bounded_below = true,
                                                     .min = 1,
                                                     .bounded_above = true,
                                                     .max = 100};
static const struct shape_member transact_get_items_members[] = {
    [TRANSACT_GET_TRANSACT_ITEMS] = REQUIRED("TransactItems", shape_transact_get_list),
    [TRANSACT_GET_RETURN_CONSUMED_CAPACITY] =
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),
};
const struct shape shape_transact_get_items_input =
    STRUCTURE("TransactGetItemsInput", transact_get_items_members);

/* ---- pages ---- */

#define PAGE_MEMBERS(limit)                                                                        \
    [PAGE_TABLE_NAME] = REQUIRED("TableName", shape_table_or_arn),                                 \
    [PAGE_INDEX_NAME] = MEMBER("IndexName", shape_name),                                           \
    [PAGE_SELECT] = MEMBER("Select", shape_select),                                                \
    [PAGE_ATTRIBUTES_TO_GET] = MEMBER("AttributesToGet", shape_attribute_names),                   \
    [PAGE_LIMIT] = MEMBER("Limit", limit),                                                         \
    [PAGE_CONSISTENT_READ] = MEMBER("ConsistentRead", shape_boolean),                              \
    [PAGE_CONDITIONAL_OPERATOR] = MEMBER("ConditionalOperator", shape_conditional_operator),       \
    [PAGE_EXCLUSIVE_START_KEY] = MEMBER("ExclusiveStartKey", shape_attribute_map),                 \
    [PAGE_RETURN_CONSUMED_CAPACITY] =                                                              \
        MEMBER("ReturnConsumedCapacity", shape_return_consumed_capacity),                          \
    [PAGE_PROJECTION_EXPRESSION] = MEMBER("ProjectionExpression", shape_string),                   \
    [PAGE_FILTER_EXPRESSION] = MEMBER("FilterExpression", shape_string),                           \
    [PAGE_EXPRESSION_ATTRIBUTE_NAMES] = MEMBER("ExpressionAttributeNames", shape_name_map),        \
    [PAGE_EXPRESSION_ATTRIBUTE_VALUES] = MEMBER("ExpressionAttributeValues", shape_attribute_map)

static const struct shape shape_limit_of_query = {.kind = SHAPE_INTEGER,
                                                  .irregular = SHAPE_LIMIT_OF_QUERY};
static const struct shape_member query_members[] = {
    PAGE_MEMBERS(shape_limit_of_query),
    [QUERY_KEY_CONDITIONS] = MEMBER("KeyConditions", shape_condition_map),
    [QUERY_QUERY_FILTER] = MEMBER("QueryFilter", shape_condition_map),
    [QUERY_SCAN_INDEX_FORWARD] = MEMBER("ScanIndexForward", shape_boolean),
    [QUERY_KEY_CONDITION_EXPRESSION] = MEMBER("KeyConditionExpression", shape_string),
};
const struct shape shape_query_input = STRUCTURE("QueryInput", query_members);

static const struct shape shape_total_segments = {
    .kind = SHAPE_INTEGER, .bounded_below = true, .min = 1, .bounded_above = true, .max = 1000000};
static const struct shape shape_segment = {
    .kind = SHAPE_INTEGER, .bounded_below = true, .min = 0, .bounded_above = true, .max = 999999};
static const struct shape_member scan_members[] = {
    PAGE_MEMBERS(shape_positive_integer),
    [SCAN_SCAN_FILTER] = MEMBER("ScanFilter", shape_condition_map),
    [SCAN_TOTAL_SEGMENTS] = MEMBER("TotalSegments", shape_total_segments),
    [SCAN_SEGMENT] = MEMBER("Segment", shape_segment),
};
const struct shape shape_scan_input = STRUCTURE("ScanInput", scan_members);
