/*
 * shapes.h - the inputs of the operations that are built: member numbers and declared shapes.
 *
 * The members stand in the order of AWS's service model (DynamoDB 2012-08-10, Streams 2012-08-10).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_SHAPES_H
#define TROPIC_API_SHAPES_H

#include "api/shape.h"

enum put_item_member {
    PUT_ITEM_TABLE_NAME,
    PUT_ITEM_ITEM,
    PUT_ITEM_EXPECTED,
    PUT_ITEM_RETURN_VALUES,
    PUT_ITEM_RETURN_CONSUMED_CAPACITY,
    PUT_ITEM_RETURN_ITEM_COLLECTION_METRICS,
    PUT_ITEM_CONDITIONAL_OPERATOR,
    PUT_ITEM_CONDITION_EXPRESSION,
    PUT_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
    PUT_ITEM_EXPRESSION_ATTRIBUTE_VALUES,
    PUT_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
};
extern const struct shape shape_put_item_input;

enum get_item_member {
    GET_ITEM_TABLE_NAME,
    GET_ITEM_KEY,
    GET_ITEM_ATTRIBUTES_TO_GET,
    GET_ITEM_CONSISTENT_READ,
    GET_ITEM_RETURN_CONSUMED_CAPACITY,
    GET_ITEM_PROJECTION_EXPRESSION,
    GET_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
};
extern const struct shape shape_get_item_input;

enum update_item_member {
    UPDATE_ITEM_TABLE_NAME,
    UPDATE_ITEM_KEY,
    UPDATE_ITEM_ATTRIBUTE_UPDATES,
    UPDATE_ITEM_EXPECTED,
    UPDATE_ITEM_CONDITIONAL_OPERATOR,
    UPDATE_ITEM_RETURN_VALUES,
    UPDATE_ITEM_RETURN_CONSUMED_CAPACITY,
    UPDATE_ITEM_RETURN_ITEM_COLLECTION_METRICS,
    UPDATE_ITEM_UPDATE_EXPRESSION,
    UPDATE_ITEM_CONDITION_EXPRESSION,
    UPDATE_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
    UPDATE_ITEM_EXPRESSION_ATTRIBUTE_VALUES,
    UPDATE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
};
extern const struct shape shape_update_item_input;

enum delete_item_member {
    DELETE_ITEM_TABLE_NAME,
    DELETE_ITEM_KEY,
    DELETE_ITEM_EXPECTED,
    DELETE_ITEM_CONDITIONAL_OPERATOR,
    DELETE_ITEM_RETURN_VALUES,
    DELETE_ITEM_RETURN_CONSUMED_CAPACITY,
    DELETE_ITEM_RETURN_ITEM_COLLECTION_METRICS,
    DELETE_ITEM_CONDITION_EXPRESSION,
    DELETE_ITEM_EXPRESSION_ATTRIBUTE_NAMES,
    DELETE_ITEM_EXPRESSION_ATTRIBUTE_VALUES,
    DELETE_ITEM_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
};
extern const struct shape shape_delete_item_input;

enum keys_and_attributes_member {
    KEYS_AND_ATTRIBUTES_KEYS,
    KEYS_AND_ATTRIBUTES_ATTRIBUTES_TO_GET,
    KEYS_AND_ATTRIBUTES_CONSISTENT_READ,
    KEYS_AND_ATTRIBUTES_PROJECTION_EXPRESSION,
    KEYS_AND_ATTRIBUTES_EXPRESSION_ATTRIBUTE_NAMES,
};
extern const struct shape shape_keys_and_attributes;

enum batch_get_item_member { BATCH_GET_REQUEST_ITEMS, BATCH_GET_RETURN_CONSUMED_CAPACITY };
extern const struct shape shape_batch_get_item_input;

enum batch_write_item_member {
    BATCH_WRITE_REQUEST_ITEMS,
    BATCH_WRITE_RETURN_CONSUMED_CAPACITY,
    BATCH_WRITE_RETURN_ITEM_COLLECTION_METRICS,
};
extern const struct shape shape_batch_write_item_input;

enum transact_write_items_member {
    TRANSACT_WRITE_TRANSACT_ITEMS,
    TRANSACT_WRITE_RETURN_CONSUMED_CAPACITY,
    TRANSACT_WRITE_RETURN_ITEM_COLLECTION_METRICS,
    TRANSACT_WRITE_CLIENT_REQUEST_TOKEN,
};
extern const struct shape shape_transact_write_items_input;
enum transact_write_item_member {
    TRANSACT_CONDITION_CHECK,
    TRANSACT_PUT,
    TRANSACT_DELETE,
    TRANSACT_UPDATE,
    TRANSACT_KINDS
};
extern const struct shape shape_transact_write_item;
/* What the four kinds have in common. An Update has its UpdateExpression after the Key, and so each
 * of the others one number later. */
enum transact_action_member {
    TRANSACT_ACTION_KEY, /* of a Put: Item */
    TRANSACT_ACTION_TABLE_NAME,
    TRANSACT_ACTION_CONDITION_EXPRESSION,
    TRANSACT_ACTION_EXPRESSION_ATTRIBUTE_NAMES,
    TRANSACT_ACTION_EXPRESSION_ATTRIBUTE_VALUES,
    TRANSACT_ACTION_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
};
enum { TRANSACT_UPDATE_UPDATE_EXPRESSION = TRANSACT_ACTION_KEY + 1, TRANSACT_UPDATE_SHIFT = 1 };
enum transact_get_items_member {
    TRANSACT_GET_TRANSACT_ITEMS,
    TRANSACT_GET_RETURN_CONSUMED_CAPACITY
};
extern const struct shape shape_transact_get_items_input;
enum { TRANSACT_GET_GET }; /* the only member */
extern const struct shape shape_transact_get_item;
enum transact_get_member {
    GET_KEY,
    GET_TABLE_NAME,
    GET_PROJECTION_EXPRESSION,
    GET_EXPRESSION_ATTRIBUTE_NAMES,
};
extern const struct shape shape_get;

/* Query and Scan share a page reader, and so the numbers of the members that both have. */
enum page_member {
    PAGE_TABLE_NAME,
    PAGE_INDEX_NAME,
    PAGE_SELECT,
    PAGE_ATTRIBUTES_TO_GET,
    PAGE_LIMIT,
    PAGE_CONSISTENT_READ,
    PAGE_CONDITIONAL_OPERATOR,
    PAGE_EXCLUSIVE_START_KEY,
    PAGE_RETURN_CONSUMED_CAPACITY,
    PAGE_PROJECTION_EXPRESSION,
    PAGE_FILTER_EXPRESSION,
    PAGE_EXPRESSION_ATTRIBUTE_NAMES,
    PAGE_EXPRESSION_ATTRIBUTE_VALUES,
    PAGE_COMMON_COUNT,
};
enum query_member {
    QUERY_KEY_CONDITIONS = PAGE_COMMON_COUNT,
    QUERY_QUERY_FILTER,
    QUERY_SCAN_INDEX_FORWARD,
    QUERY_KEY_CONDITION_EXPRESSION,
};
extern const struct shape shape_query_input;
enum scan_member { SCAN_SCAN_FILTER = PAGE_COMMON_COUNT, SCAN_TOTAL_SEGMENTS, SCAN_SEGMENT };
extern const struct shape shape_scan_input;

enum execute_statement_member {
    EXECUTE_STATEMENT_STATEMENT,
    EXECUTE_STATEMENT_PARAMETERS,
    EXECUTE_STATEMENT_CONSISTENT_READ,
    EXECUTE_STATEMENT_NEXT_TOKEN,
    EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY,
    EXECUTE_STATEMENT_LIMIT,
    EXECUTE_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
};
extern const struct shape shape_execute_statement_input;
enum batch_statement_request_member {
    BATCH_STATEMENT_STATEMENT,
    BATCH_STATEMENT_PARAMETERS,
    BATCH_STATEMENT_CONSISTENT_READ,
    BATCH_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
};
extern const struct shape shape_batch_statement_request;
enum batch_execute_statement_member {
    BATCH_EXECUTE_STATEMENT_STATEMENTS,
    BATCH_EXECUTE_STATEMENT_RETURN_CONSUMED_CAPACITY,
};
extern const struct shape shape_batch_execute_statement_input;
enum parameterized_statement_member {
    PARAMETERIZED_STATEMENT_STATEMENT,
    PARAMETERIZED_STATEMENT_PARAMETERS,
    PARAMETERIZED_STATEMENT_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE,
};
extern const struct shape shape_parameterized_statement;
enum execute_transaction_member {
    EXECUTE_TRANSACTION_TRANSACT_STATEMENTS,
    EXECUTE_TRANSACTION_CLIENT_REQUEST_TOKEN,
    EXECUTE_TRANSACTION_RETURN_CONSUMED_CAPACITY,
};
extern const struct shape shape_execute_transaction_input;

enum key_schema_element_member { KEY_SCHEMA_ATTRIBUTE_NAME, KEY_SCHEMA_KEY_TYPE };
extern const struct shape shape_key_schema_element;
enum attribute_definition_member { ATTRIBUTE_DEFINITION_NAME, ATTRIBUTE_DEFINITION_TYPE };
extern const struct shape shape_attribute_definition;
enum provisioned_throughput_member { THROUGHPUT_READ, THROUGHPUT_WRITE };
extern const struct shape shape_provisioned_throughput;
enum on_demand_throughput_member { ON_DEMAND_READ, ON_DEMAND_WRITE };
extern const struct shape shape_on_demand_throughput;
enum warm_throughput_member { WARM_READ, WARM_WRITE };
extern const struct shape shape_warm_throughput;
enum tag_member { TAG_KEY, TAG_VALUE };
extern const struct shape shape_tag;
enum stream_specification_member { STREAM_ENABLED, STREAM_VIEW_TYPE };
extern const struct shape shape_stream_specification;
enum sse_specification_member { SSE_ENABLED, SSE_TYPE, SSE_KMS_MASTER_KEY_ID };
extern const struct shape shape_sse_specification;

enum projection_member { PROJECTION_TYPE, PROJECTION_NON_KEY_ATTRIBUTES };
extern const struct shape shape_projection;
/* A local secondary index has the first three, a global one (also to be created) all. */
enum index_member {
    INDEX_NAME,
    INDEX_KEY_SCHEMA,
    INDEX_PROJECTION,
    INDEX_PROVISIONED_THROUGHPUT, /* the three follow each other ... */
    INDEX_ON_DEMAND_THROUGHPUT,
    INDEX_WARM_THROUGHPUT,
};
enum update_index_member {
    UPDATE_INDEX_NAME,
    UPDATE_INDEX_PROVISIONED_THROUGHPUT, /* ... here as well */
    UPDATE_INDEX_ON_DEMAND_THROUGHPUT,
    UPDATE_INDEX_WARM_THROUGHPUT,
};
extern const struct shape shape_local_index, shape_global_index, shape_update_index_action;
enum index_update_member { INDEX_UPDATE_UPDATE, INDEX_UPDATE_CREATE, INDEX_UPDATE_DELETE };
extern const struct shape shape_index_update;

enum create_table_member {
    CREATE_TABLE_ATTRIBUTE_DEFINITIONS,
    CREATE_TABLE_TABLE_NAME,
    CREATE_TABLE_KEY_SCHEMA,
    CREATE_TABLE_LOCAL_SECONDARY_INDEXES,
    CREATE_TABLE_GLOBAL_SECONDARY_INDEXES,
    CREATE_TABLE_BILLING_MODE,
    CREATE_TABLE_PROVISIONED_THROUGHPUT,
    CREATE_TABLE_STREAM_SPECIFICATION,
    CREATE_TABLE_SSE_SPECIFICATION,
    CREATE_TABLE_TAGS,
    CREATE_TABLE_TABLE_CLASS,
    CREATE_TABLE_DELETION_PROTECTION,
    CREATE_TABLE_WARM_THROUGHPUT,
    CREATE_TABLE_RESOURCE_POLICY,
    CREATE_TABLE_ON_DEMAND_THROUGHPUT,
    CREATE_TABLE_GLOBAL_TABLE_SOURCE_ARN,
    CREATE_TABLE_SETTINGS_REPLICATION_MODE,
    CREATE_TABLE_VECTOR_INDEXES,
};
extern const struct shape shape_create_table_input;

enum update_table_member {
    UPDATE_TABLE_ATTRIBUTE_DEFINITIONS,
    UPDATE_TABLE_TABLE_NAME,
    UPDATE_TABLE_BILLING_MODE,
    UPDATE_TABLE_PROVISIONED_THROUGHPUT,
    UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES,
    UPDATE_TABLE_STREAM_SPECIFICATION,
    UPDATE_TABLE_SSE_SPECIFICATION,
    UPDATE_TABLE_REPLICA_UPDATES,
    UPDATE_TABLE_TABLE_CLASS,
    UPDATE_TABLE_DELETION_PROTECTION,
    UPDATE_TABLE_MULTI_REGION_CONSISTENCY,
    UPDATE_TABLE_WITNESS_UPDATES,
    UPDATE_TABLE_ON_DEMAND_THROUGHPUT,
    UPDATE_TABLE_WARM_THROUGHPUT,
    UPDATE_TABLE_SETTINGS_REPLICATION_MODE,
    UPDATE_TABLE_DISASSOCIATION_PROTECTION,
    UPDATE_TABLE_VECTOR_INDEX_UPDATES,
};
extern const struct shape shape_update_table_input;

enum replica_update_member {
    REPLICA_UPDATE_CREATE,
    REPLICA_UPDATE_UPDATE,
    REPLICA_UPDATE_DELETE,
    REPLICA_UPDATE_DISASSOCIATE,
};
extern const struct shape shape_replication_group_update;
enum replica_action_member {
    REPLICA_ACTION_REGION_NAME,
    REPLICA_ACTION_KMS_MASTER_KEY_ID,
    REPLICA_ACTION_PROVISIONED_THROUGHPUT_OVERRIDE,
    REPLICA_ACTION_ON_DEMAND_THROUGHPUT_OVERRIDE,
    REPLICA_ACTION_GLOBAL_SECONDARY_INDEXES,
    REPLICA_ACTION_TABLE_CLASS_OVERRIDE,
};
extern const struct shape shape_create_replica_action, shape_update_replica_action,
    shape_delete_replica_action;
enum replica_index_member {
    REPLICA_INDEX_NAME,
    REPLICA_INDEX_PROVISIONED_THROUGHPUT_OVERRIDE,
    REPLICA_INDEX_ON_DEMAND_THROUGHPUT_OVERRIDE,
};
extern const struct shape shape_replica_index;
enum { OVERRIDE_UNITS = 0 }; /* the only member of both override structures */
extern const struct shape shape_provisioned_throughput_override,
    shape_on_demand_throughput_override;

/* DescribeTable and DeleteTable */
enum table_name_member { TABLE_NAME_INPUT_TABLE_NAME };
extern const struct shape shape_describe_table_input, shape_delete_table_input;

/* Enable-, Disable- and UpdateKinesisStreamingDestination */
enum kinesis_member { KINESIS_TABLE_NAME, KINESIS_STREAM_ARN, KINESIS_CONFIGURATION };
enum { KINESIS_PRECISION = 0 }; /* the only member of the configuration */
extern const struct shape shape_kinesis_configuration;
extern const struct shape shape_enable_kinesis_streaming_destination_input,
    shape_disable_kinesis_streaming_destination_input,
    shape_update_kinesis_streaming_destination_input,
    shape_describe_kinesis_streaming_destination_input;

/* Update- and DescribeContributorInsights begin alike */
enum insights_member {
    INSIGHTS_TABLE_NAME,
    INSIGHTS_INDEX_NAME,
    INSIGHTS_ACTION,
    INSIGHTS_MODE,
};
enum list_insights_member {
    LIST_INSIGHTS_TABLE_NAME,
    LIST_INSIGHTS_NEXT_TOKEN,
    LIST_INSIGHTS_MAX_RESULTS,
};
extern const struct shape shape_update_contributor_insights_input,
    shape_describe_contributor_insights_input, shape_list_contributor_insights_input;

enum time_to_live_specification_member { TTL_ENABLED, TTL_ATTRIBUTE_NAME };
extern const struct shape shape_time_to_live_specification;
enum update_time_to_live_member { UPDATE_TTL_TABLE_NAME, UPDATE_TTL_SPECIFICATION };
extern const struct shape shape_update_time_to_live_input, shape_describe_time_to_live_input;

/* The three operations on tags begin with the same member. */
enum tag_operation_member { TAG_OPERATION_RESOURCE_ARN, TAG_OPERATION_SECOND };
enum { TAG_RESOURCE_TAGS = TAG_OPERATION_SECOND };
enum { UNTAG_RESOURCE_TAG_KEYS = TAG_OPERATION_SECOND };
enum { LIST_TAGS_NEXT_TOKEN = TAG_OPERATION_SECOND };
extern const struct shape shape_tag_resource_input, shape_untag_resource_input,
    shape_list_tags_of_resource_input;

enum list_tables_member { LIST_TABLES_EXCLUSIVE_START_TABLE_NAME, LIST_TABLES_LIMIT };
extern const struct shape shape_list_tables_input;

/* no members */
extern const struct shape shape_describe_endpoints_input, shape_describe_limits_input;

enum list_streams_member {
    LIST_STREAMS_TABLE_NAME,
    LIST_STREAMS_LIMIT,
    LIST_STREAMS_EXCLUSIVE_START_STREAM_ARN,
};
extern const struct shape shape_list_streams_input;
enum describe_stream_member {
    DESCRIBE_STREAM_STREAM_ARN,
    DESCRIBE_STREAM_LIMIT,
    DESCRIBE_STREAM_EXCLUSIVE_START_SHARD_ID,
    DESCRIBE_STREAM_SHARD_FILTER,
};
extern const struct shape shape_describe_stream_input;
enum get_shard_iterator_member {
    GET_SHARD_ITERATOR_STREAM_ARN,
    GET_SHARD_ITERATOR_SHARD_ID,
    GET_SHARD_ITERATOR_SHARD_ITERATOR_TYPE,
    GET_SHARD_ITERATOR_SEQUENCE_NUMBER,
};
extern const struct shape shape_get_shard_iterator_input;
enum get_records_member { GET_RECORDS_SHARD_ITERATOR, GET_RECORDS_LIMIT };
extern const struct shape shape_get_records_input;

#endif
