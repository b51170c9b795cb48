/*
 * shapes_tables.c - inputs of the operations on tables and streams.
 *
 * Members that the operation does not support yet are declared too: they are checked like all
 * others and then refused by name, never ignored.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes_priv.h"
#include "table/schema.h"

/* A structure whose members nobody reads yet. */
static const struct shape shape_later = {.kind = SHAPE_STRUCTURE, .java = "Structure"};
static const struct shape shape_later_list = LIST_OF(shape_later);

/* ---- the parts of a table ---- */

static const struct shape shape_key_attribute_name = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 1, .bounded_above = true, .max = 255};
static const struct shape shape_key_type = ENUM("HASH", "RANGE");
static const struct shape_member key_schema_element_members[] = {
    [KEY_SCHEMA_ATTRIBUTE_NAME] = REQUIRED("AttributeName", shape_key_attribute_name),
    [KEY_SCHEMA_KEY_TYPE] = REQUIRED("KeyType", shape_key_type),
};
const struct shape shape_key_schema_element =
    STRUCTURE("KeySchemaElement", key_schema_element_members);
static const struct shape shape_key_schema = {.kind = SHAPE_LIST,
                                              .element = &shape_key_schema_element,
                                              .bounded_below = true,
                                              .min = 1,
                                              .bounded_above = true,
                                              .max = 2};

static const struct shape shape_attribute_type = ENUM("B", "N", "S");
static const struct shape_member attribute_definition_members[] = {
    [ATTRIBUTE_DEFINITION_NAME] = REQUIRED("AttributeName", shape_key_attribute_name),
    [ATTRIBUTE_DEFINITION_TYPE] = REQUIRED("AttributeType", shape_attribute_type),
};
const struct shape shape_attribute_definition =
    STRUCTURE("AttributeDefinition", attribute_definition_members);
static const struct shape shape_attribute_definitions = LIST_OF(shape_attribute_definition);

static const struct shape_member provisioned_throughput_members[] = {
    [THROUGHPUT_READ] = REQUIRED("ReadCapacityUnits", shape_positive_long),
    [THROUGHPUT_WRITE] = REQUIRED("WriteCapacityUnits", shape_positive_long),
};
const struct shape shape_provisioned_throughput =
    STRUCTURE("ProvisionedThroughput", provisioned_throughput_members);

static const struct shape_member on_demand_throughput_members[] = {
    [ON_DEMAND_READ] = MEMBER("MaxReadRequestUnits", shape_long),
    [ON_DEMAND_WRITE] = MEMBER("MaxWriteRequestUnits", shape_long),
};
const struct shape shape_on_demand_throughput =
    STRUCTURE("OnDemandThroughput", on_demand_throughput_members);

static const struct shape_member warm_throughput_members[] = {
    [WARM_READ] = MEMBER("ReadUnitsPerSecond", shape_positive_long),
    [WARM_WRITE] = MEMBER("WriteUnitsPerSecond", shape_positive_long),
};
const struct shape shape_warm_throughput = STRUCTURE("WarmThroughput", warm_throughput_members);

static const struct shape shape_tag_key = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 1, .bounded_above = true, .max = 128};
static const struct shape shape_tag_value = {
    .kind = SHAPE_STRING, .bounded_above = true, .max = 256};
static const struct shape_member tag_members[] = {
    [TAG_KEY] = REQUIRED("Key", shape_tag_key),
    [TAG_VALUE] = REQUIRED("Value", shape_tag_value),
};
const struct shape shape_tag = STRUCTURE("Tag", tag_members);
static const struct shape shape_tags = LIST_OF(shape_tag);

static const struct shape_member stream_specification_members[] = {
    [STREAM_ENABLED] = REQUIRED("StreamEnabled", shape_boolean),
    [STREAM_VIEW_TYPE] = MEMBER("StreamViewType", shape_stream_view),
};
const struct shape shape_stream_specification =
    STRUCTURE("StreamSpecification", stream_specification_members);

static const struct shape shape_sse_type = ENUM("AES256", "KMS");
static const struct shape_member sse_specification_members[] = {
    [SSE_ENABLED] = MEMBER("Enabled", shape_boolean),
    [SSE_TYPE] = MEMBER("SSEType", shape_sse_type),
    [SSE_KMS_MASTER_KEY_ID] = MEMBER("KMSMasterKeyId", shape_string),
};
const struct shape shape_sse_specification =
    STRUCTURE("SSESpecification", sse_specification_members);

static const struct shape shape_billing_mode = ENUM("PROVISIONED", "PAY_PER_REQUEST");

static const struct shape shape_projection_type = ENUM("ALL", "INCLUDE", "KEYS_ONLY");
static const struct shape shape_non_key_attributes = {.kind = SHAPE_LIST,
                                                      .element = &shape_key_attribute_name,
                                                      .bounded_below = true,
                                                      .min = 1,
                                                      .bounded_above = true,
                                                      .max = 20};
static const struct shape_member projection_members[] = {
    [PROJECTION_TYPE] = MEMBER("ProjectionType", shape_projection_type),
    [PROJECTION_NON_KEY_ATTRIBUTES] = MEMBER("NonKeyAttributes", shape_non_key_attributes),
};
const struct shape shape_projection = STRUCTURE("Projection", projection_members);
static const struct shape_member local_index_members[] = {
    [INDEX_NAME] = REQUIRED("IndexName", shape_name),
    [INDEX_KEY_SCHEMA] = REQUIRED("KeySchema", shape_key_schema),
    [INDEX_PROJECTION] = REQUIRED("Projection", shape_projection),
};
const struct shape shape_local_index = STRUCTURE("LocalSecondaryIndex", local_index_members);
static const struct shape shape_local_indexes = LIST_OF(shape_local_index);
static const struct shape shape_index_key_schema = {.kind = SHAPE_LIST,
                                                    .element = &shape_key_schema_element,
                                                    .bounded_below = true,
                                                    .min = 1,
                                                    .bounded_above = true,
                                                    .max = 8};
static const struct shape_member global_index_members[] = {
    [INDEX_NAME] = REQUIRED("IndexName", shape_name),
    [INDEX_KEY_SCHEMA] = REQUIRED("KeySchema", shape_index_key_schema),
    [INDEX_PROJECTION] = REQUIRED("Projection", shape_projection),
    [INDEX_PROVISIONED_THROUGHPUT] = MEMBER("ProvisionedThroughput", shape_provisioned_throughput),
    [INDEX_ON_DEMAND_THROUGHPUT] = MEMBER("OnDemandThroughput", shape_on_demand_throughput),
    [INDEX_WARM_THROUGHPUT] = MEMBER("WarmThroughput", shape_warm_throughput),
};
const struct shape shape_global_index = STRUCTURE("GlobalSecondaryIndex", global_index_members);
static const struct shape shape_global_indexes = LIST_OF(shape_global_index);

/* ---- changes of indexes ---- */

static const struct shape shape_create_index_action =
    STRUCTURE("CreateGlobalSecondaryIndexAction", global_index_members);
static const struct shape_member update_index_members[] = {
    [UPDATE_INDEX_NAME] = REQUIRED("IndexName", shape_name),
    [UPDATE_INDEX_PROVISIONED_THROUGHPUT] =
        MEMBER("ProvisionedThroughput", shape_provisioned_throughput),
    [UPDATE_INDEX_ON_DEMAND_THROUGHPUT] = MEMBER("OnDemandThroughput", shape_on_demand_throughput),
    [UPDATE_INDEX_WARM_THROUGHPUT] = MEMBER("WarmThroughput", shape_warm_throughput),
};
const struct shape shape_update_index_action =
    STRUCTURE("UpdateGlobalSecondaryIndexAction", update_index_members);
static const struct shape_member delete_index_members[] = {[INDEX_NAME] =
                                                               REQUIRED("IndexName", shape_name)};
static const struct shape shape_delete_index_action =
    STRUCTURE("DeleteGlobalSecondaryIndexAction", delete_index_members);
static const struct shape_member index_update_members[] = {
    [INDEX_UPDATE_UPDATE] = MEMBER("Update", shape_update_index_action),
    [INDEX_UPDATE_CREATE] = MEMBER("Create", shape_create_index_action),
    [INDEX_UPDATE_DELETE] = MEMBER("Delete", shape_delete_index_action),
};
const struct shape shape_index_update =
    STRUCTURE("GlobalSecondaryIndexUpdate", index_update_members);
static const struct shape shape_index_updates = LIST_OF(shape_index_update);

/* ---- CreateTable, UpdateTable ---- */

static const struct shape_member create_table_members[] = {
    [CREATE_TABLE_ATTRIBUTE_DEFINITIONS] =
        REQUIRED("AttributeDefinitions", shape_attribute_definitions),
    [CREATE_TABLE_TABLE_NAME] = MEMBER("TableName", shape_name),
    [CREATE_TABLE_KEY_SCHEMA] = REQUIRED("KeySchema", shape_key_schema),
    [CREATE_TABLE_LOCAL_SECONDARY_INDEXES] = MEMBER("LocalSecondaryIndexes", shape_local_indexes),
    [CREATE_TABLE_GLOBAL_SECONDARY_INDEXES] =
        MEMBER("GlobalSecondaryIndexes", shape_global_indexes),
    [CREATE_TABLE_BILLING_MODE] = MEMBER("BillingMode", shape_billing_mode),
    [CREATE_TABLE_PROVISIONED_THROUGHPUT] =
        MEMBER("ProvisionedThroughput", shape_provisioned_throughput),
    [CREATE_TABLE_STREAM_SPECIFICATION] = MEMBER("StreamSpecification", shape_stream_specification),
    [CREATE_TABLE_SSE_SPECIFICATION] = MEMBER("SSESpecification", shape_sse_specification),
    [CREATE_TABLE_TAGS] = MEMBER("Tags", shape_tags),
    [CREATE_TABLE_TABLE_CLASS] = MEMBER("TableClass", shape_table_class),
    [CREATE_TABLE_DELETION_PROTECTION] = MEMBER("DeletionProtectionEnabled", shape_boolean),
    [CREATE_TABLE_WARM_THROUGHPUT] = MEMBER("WarmThroughput", shape_warm_throughput),
    [CREATE_TABLE_RESOURCE_POLICY] = MEMBER("ResourcePolicy", shape_string),
    [CREATE_TABLE_ON_DEMAND_THROUGHPUT] = MEMBER("OnDemandThroughput", shape_on_demand_throughput),
    [CREATE_TABLE_GLOBAL_TABLE_SOURCE_ARN] = MEMBER("GlobalTableSourceArn", shape_string),
    [CREATE_TABLE_SETTINGS_REPLICATION_MODE] =
        MEMBER("GlobalTableSettingsReplicationMode", shape_string),
    [CREATE_TABLE_VECTOR_INDEXES] = MEMBER("VectorIndexes", shape_later_list),
};
const struct shape shape_create_table_input = STRUCTURE("CreateTableInput", create_table_members);

static const struct shape_member provisioned_override_members[] = {
    [OVERRIDE_UNITS] = MEMBER("ReadCapacityUnits", shape_positive_long)};
const struct shape shape_provisioned_throughput_override =
    STRUCTURE("ProvisionedThroughputOverride", provisioned_override_members);
static const struct shape_member on_demand_override_members[] = {
    [OVERRIDE_UNITS] = MEMBER("MaxReadRequestUnits", shape_long)};
const struct shape shape_on_demand_throughput_override =
    STRUCTURE("OnDemandThroughputOverride", on_demand_override_members);
static const struct shape_member replica_index_members[] = {
    [REPLICA_INDEX_NAME] = REQUIRED("IndexName", shape_name),
    [REPLICA_INDEX_PROVISIONED_THROUGHPUT_OVERRIDE] =
        MEMBER("ProvisionedThroughputOverride", shape_provisioned_throughput_override),
    [REPLICA_INDEX_ON_DEMAND_THROUGHPUT_OVERRIDE] =
        MEMBER("OnDemandThroughputOverride", shape_on_demand_throughput_override),
};
const struct shape shape_replica_index =
    STRUCTURE("ReplicaGlobalSecondaryIndex", replica_index_members);
static const struct shape shape_replica_indexes = {
    .kind = SHAPE_LIST, .element = &shape_replica_index, .bounded_below = true, .min = 1};

static const struct shape_member replica_action_members[] = {
    [REPLICA_ACTION_REGION_NAME] = REQUIRED("RegionName", shape_string),
    [REPLICA_ACTION_KMS_MASTER_KEY_ID] = MEMBER("KMSMasterKeyId", shape_string),
    [REPLICA_ACTION_PROVISIONED_THROUGHPUT_OVERRIDE] =
        MEMBER("ProvisionedThroughputOverride", shape_provisioned_throughput_override),
    [REPLICA_ACTION_ON_DEMAND_THROUGHPUT_OVERRIDE] =
        MEMBER("OnDemandThroughputOverride", shape_on_demand_throughput_override),
    [REPLICA_ACTION_GLOBAL_SECONDARY_INDEXES] =
        MEMBER("GlobalSecondaryIndexes", shape_replica_indexes),
    [REPLICA_ACTION_TABLE_CLASS_OVERRIDE] = MEMBER("TableClassOverride", shape_table_class),
};
const struct shape shape_create_replica_action =
    STRUCTURE("CreateReplicationGroupMemberAction", replica_action_members);
const struct shape shape_update_replica_action =
    STRUCTURE("UpdateReplicationGroupMemberAction", replica_action_members);
static const struct shape_member delete_replica_members[] = {
    [REPLICA_ACTION_REGION_NAME] = REQUIRED("RegionName", shape_string)};
const struct shape shape_delete_replica_action =
    STRUCTURE("DeleteReplicationGroupMemberAction", delete_replica_members);
static const struct shape shape_disassociation_mode = ENUM("WAIT_FOR_REPLICATION");
static const struct shape_member disassociate_replica_members[] = {
    REQUIRED("RegionName", shape_string),
    REQUIRED("DisassociationMode", shape_disassociation_mode),
};
static const struct shape shape_disassociate_replica_action =
    STRUCTURE("DisassociateReplicationGroupMemberAction", disassociate_replica_members);
static const struct shape_member replication_group_update_members[] = {
    [REPLICA_UPDATE_CREATE] = MEMBER("Create", shape_create_replica_action),
    [REPLICA_UPDATE_UPDATE] = MEMBER("Update", shape_update_replica_action),
    [REPLICA_UPDATE_DELETE] = MEMBER("Delete", shape_delete_replica_action),
    [REPLICA_UPDATE_DISASSOCIATE] = MEMBER("Disassociate", shape_disassociate_replica_action),
};
const struct shape shape_replication_group_update =
    STRUCTURE("ReplicationGroupUpdate", replication_group_update_members);
static const struct shape shape_replica_updates = {.kind = SHAPE_LIST,
                                                   .element = &shape_replication_group_update,
                                                   .bounded_below = true,
                                                   .min = 1};
static const struct shape shape_consistency = ENUM("EVENTUAL", "STRONG");

static const struct shape_member update_table_members[] = {
    [UPDATE_TABLE_ATTRIBUTE_DEFINITIONS] =
        MEMBER("AttributeDefinitions", shape_attribute_definitions),
    [UPDATE_TABLE_TABLE_NAME] = MEMBER("TableName", shape_string),
    [UPDATE_TABLE_BILLING_MODE] = MEMBER("BillingMode", shape_billing_mode),
    [UPDATE_TABLE_PROVISIONED_THROUGHPUT] =
        MEMBER("ProvisionedThroughput", shape_provisioned_throughput),
    [UPDATE_TABLE_GLOBAL_SECONDARY_INDEX_UPDATES] =
        MEMBER("GlobalSecondaryIndexUpdates", shape_index_updates),
    [UPDATE_TABLE_STREAM_SPECIFICATION] = MEMBER("StreamSpecification", shape_stream_specification),
    [UPDATE_TABLE_SSE_SPECIFICATION] = MEMBER("SSESpecification", shape_sse_specification),
    [UPDATE_TABLE_REPLICA_UPDATES] = MEMBER("ReplicaUpdates", shape_replica_updates),
    [UPDATE_TABLE_TABLE_CLASS] = MEMBER("TableClass", shape_table_class),
    [UPDATE_TABLE_DELETION_PROTECTION] = MEMBER("DeletionProtectionEnabled", shape_boolean),
    [UPDATE_TABLE_MULTI_REGION_CONSISTENCY] = MEMBER("MultiRegionConsistency", shape_consistency),
    [UPDATE_TABLE_WITNESS_UPDATES] = MEMBER("GlobalTableWitnessUpdates", shape_later_list),
    [UPDATE_TABLE_ON_DEMAND_THROUGHPUT] = MEMBER("OnDemandThroughput", shape_on_demand_throughput),
    [UPDATE_TABLE_WARM_THROUGHPUT] = MEMBER("WarmThroughput", shape_warm_throughput),
    [UPDATE_TABLE_SETTINGS_REPLICATION_MODE] =
        MEMBER("GlobalTableSettingsReplicationMode", shape_string),
    [UPDATE_TABLE_DISASSOCIATION_PROTECTION] =
        MEMBER("DisassociationProtectionEnabled", shape_boolean),
    [UPDATE_TABLE_VECTOR_INDEX_UPDATES] = MEMBER("VectorIndexUpdates", shape_later_list),
};
const struct shape shape_update_table_input = STRUCTURE("UpdateTableInput", update_table_members);

/* ---- the others ---- */

static const struct shape_member table_name_members[] = {[TABLE_NAME_INPUT_TABLE_NAME] =
                                                             MEMBER("TableName", shape_string)};
const struct shape shape_describe_table_input = STRUCTURE("DescribeTableInput", table_name_members);
const struct shape shape_delete_table_input = STRUCTURE("DeleteTableInput", table_name_members);

static const struct shape shape_list_limit = {
    .kind = SHAPE_INTEGER, .bounded_below = true, .min = 1, .bounded_above = true, .max = 100};
static const struct shape_member list_tables_members[] = {
    [LIST_TABLES_EXCLUSIVE_START_TABLE_NAME] = MEMBER("ExclusiveStartTableName", shape_name),
    [LIST_TABLES_LIMIT] = MEMBER("Limit", shape_list_limit),
};
const struct shape shape_list_tables_input = STRUCTURE("ListTablesInput", list_tables_members);

const struct shape shape_describe_endpoints_input = {.kind = SHAPE_STRUCTURE,
                                                     .java = "DescribeEndpointsInput"};
const struct shape shape_describe_limits_input = {.kind = SHAPE_STRUCTURE,
                                                  .java = "DescribeLimitsInput"};

/* ---- Kinesis destinations ---- */

static const struct shape shape_kinesis_precision = ENUM("MICROSECOND", "MILLISECOND");
static const struct shape_member kinesis_configuration_members[] = {
    [KINESIS_PRECISION] = MEMBER("ApproximateCreationDateTimePrecision", shape_kinesis_precision)};
const struct shape shape_kinesis_configuration =
    STRUCTURE("EnableKinesisStreamingConfiguration", kinesis_configuration_members);
static const struct shape shape_kinesis_stream_arn = {.kind = SHAPE_STRING,
                                                      .bounded_below = true,
                                                      .min = 37,
                                                      .bounded_above = true,
                                                      .max = KINESIS_ARN_BYTES_MAX};
static const struct shape_member kinesis_members[] = {
    [KINESIS_TABLE_NAME] = MEMBER("TableName", shape_string),
    [KINESIS_STREAM_ARN] = REQUIRED("StreamArn", shape_kinesis_stream_arn),
    [KINESIS_CONFIGURATION] =
        MEMBER("EnableKinesisStreamingConfiguration", shape_kinesis_configuration),
};
const struct shape shape_enable_kinesis_streaming_destination_input =
    STRUCTURE("EnableKinesisStreamingDestinationInput", kinesis_members);
const struct shape shape_disable_kinesis_streaming_destination_input =
    STRUCTURE("DisableKinesisStreamingDestinationInput", kinesis_members);
static const struct shape_member update_kinesis_members[] = {
    [KINESIS_TABLE_NAME] = MEMBER("TableName", shape_string),
    [KINESIS_STREAM_ARN] = REQUIRED("StreamArn", shape_kinesis_stream_arn),
    [KINESIS_CONFIGURATION] =
        MEMBER("UpdateKinesisStreamingConfiguration", shape_kinesis_configuration),
};
const struct shape shape_update_kinesis_streaming_destination_input =
    STRUCTURE("UpdateKinesisStreamingDestinationInput", update_kinesis_members);
const struct shape shape_describe_kinesis_streaming_destination_input =
    STRUCTURE("DescribeKinesisStreamingDestinationInput", table_name_members);

/* ---- contributor insights ---- */

static const struct shape shape_insights_action = ENUM("DISABLE", "ENABLE");
static const struct shape shape_insights_mode =
    ENUM("THROTTLED_KEYS", "ACCESSED_AND_THROTTLED_KEYS");
static const struct shape_member update_insights_members[] = {
    [INSIGHTS_TABLE_NAME] = MEMBER("TableName", shape_string),
    [INSIGHTS_INDEX_NAME] = MEMBER("IndexName", shape_name),
    [INSIGHTS_ACTION] = REQUIRED("ContributorInsightsAction", shape_insights_action),
    [INSIGHTS_MODE] = MEMBER("ContributorInsightsMode", shape_insights_mode),
};
const struct shape shape_update_contributor_insights_input =
    STRUCTURE("UpdateContributorInsightsInput", update_insights_members);
static const struct shape_member describe_insights_members[] = {
    [INSIGHTS_TABLE_NAME] = MEMBER("TableName", shape_string),
    [INSIGHTS_INDEX_NAME] = MEMBER("IndexName", shape_name),
};
const struct shape shape_describe_contributor_insights_input =
    STRUCTURE("DescribeContributorInsightsInput", describe_insights_members);
static const struct shape shape_insights_max_results = {
    .kind = SHAPE_INTEGER, .bounded_above = true, .max = 100};
static const struct shape_member list_insights_members[] = {
    [LIST_INSIGHTS_TABLE_NAME] = MEMBER("TableName", shape_string),
    [LIST_INSIGHTS_NEXT_TOKEN] = MEMBER("NextToken", shape_string),
    [LIST_INSIGHTS_MAX_RESULTS] = MEMBER("MaxResults", shape_insights_max_results),
};
const struct shape shape_list_contributor_insights_input =
    STRUCTURE("ListContributorInsightsInput", list_insights_members);

/* ---- time to live, tags ---- */

static const struct shape_member time_to_live_specification_members[] = {
    [TTL_ENABLED] = REQUIRED("Enabled", shape_boolean),
    [TTL_ATTRIBUTE_NAME] = REQUIRED("AttributeName", shape_key_attribute_name),
};
const struct shape shape_time_to_live_specification =
    STRUCTURE("TimeToLiveSpecification", time_to_live_specification_members);
static const struct shape_member update_time_to_live_members[] = {
    [UPDATE_TTL_TABLE_NAME] = MEMBER("TableName", shape_string),
    [UPDATE_TTL_SPECIFICATION] =
        REQUIRED("TimeToLiveSpecification", shape_time_to_live_specification),
};
const struct shape shape_update_time_to_live_input =
    STRUCTURE("UpdateTimeToLiveInput", update_time_to_live_members);
const struct shape shape_describe_time_to_live_input =
    STRUCTURE("DescribeTimeToLiveInput", table_name_members);

static const struct shape shape_tag_keys = LIST_OF(shape_tag_key);
static const struct shape_member tag_resource_members[] = {
    [TAG_OPERATION_RESOURCE_ARN] = MEMBER("ResourceArn", shape_string),
    [TAG_RESOURCE_TAGS] = REQUIRED("Tags", shape_tags),
};
const struct shape shape_tag_resource_input = STRUCTURE("TagResourceInput", tag_resource_members);
static const struct shape_member untag_resource_members[] = {
    [TAG_OPERATION_RESOURCE_ARN] = MEMBER("ResourceArn", shape_string),
    [UNTAG_RESOURCE_TAG_KEYS] = REQUIRED("TagKeys", shape_tag_keys),
};
const struct shape shape_untag_resource_input =
    STRUCTURE("UntagResourceInput", untag_resource_members);
static const struct shape_member list_tags_members[] = {
    [TAG_OPERATION_RESOURCE_ARN] = MEMBER("ResourceArn", shape_string),
    [LIST_TAGS_NEXT_TOKEN] = MEMBER("NextToken", shape_string),
};
const struct shape shape_list_tags_of_resource_input =
    STRUCTURE("ListTagsOfResourceInput", list_tags_members);

/* ---- streams ---- */

static const struct shape shape_stream_arn = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 37, .bounded_above = true, .max = 1024};
static const struct shape shape_shard_id = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 28, .bounded_above = true, .max = 65};
static const struct shape shape_sequence_number = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 21, .bounded_above = true, .max = 40};
static const struct shape shape_shard_iterator = {
    .kind = SHAPE_STRING, .bounded_below = true, .min = 1, .bounded_above = true, .max = 2048};
static const struct shape shape_shard_iterator_type =
    ENUM("AFTER_SEQUENCE_NUMBER", "LATEST", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON");

static const struct shape_member list_streams_members[] = {
    [LIST_STREAMS_TABLE_NAME] = MEMBER("TableName", shape_name),
    [LIST_STREAMS_LIMIT] = MEMBER("Limit", shape_positive_integer),
    [LIST_STREAMS_EXCLUSIVE_START_STREAM_ARN] = MEMBER("ExclusiveStartStreamArn", shape_stream_arn),
};
const struct shape shape_list_streams_input = STRUCTURE("ListStreamsInput", list_streams_members);

static const struct shape shape_shard_filter_type = ENUM("CHILD_SHARDS");
static const struct shape_member shard_filter_members[] = {
    MEMBER("Type", shape_shard_filter_type),
    MEMBER("ShardId", shape_shard_id),
};
static const struct shape shape_shard_filter = STRUCTURE("ShardFilter", shard_filter_members);
static const struct shape_member describe_stream_members[] = {
    [DESCRIBE_STREAM_STREAM_ARN] = REQUIRED("StreamArn", shape_stream_arn),
    [DESCRIBE_STREAM_LIMIT] = MEMBER("Limit", shape_positive_integer),
    [DESCRIBE_STREAM_EXCLUSIVE_START_SHARD_ID] = MEMBER("ExclusiveStartShardId", shape_shard_id),
    [DESCRIBE_STREAM_SHARD_FILTER] = MEMBER("ShardFilter", shape_shard_filter),
};
const struct shape shape_describe_stream_input =
    STRUCTURE("DescribeStreamInput", describe_stream_members);

static const struct shape_member get_shard_iterator_members[] = {
    [GET_SHARD_ITERATOR_STREAM_ARN] = REQUIRED("StreamArn", shape_stream_arn),
    [GET_SHARD_ITERATOR_SHARD_ID] = REQUIRED("ShardId", shape_shard_id),
    [GET_SHARD_ITERATOR_SHARD_ITERATOR_TYPE] =
        REQUIRED("ShardIteratorType", shape_shard_iterator_type),
    [GET_SHARD_ITERATOR_SEQUENCE_NUMBER] = MEMBER("SequenceNumber", shape_sequence_number),
};
const struct shape shape_get_shard_iterator_input =
    STRUCTURE("GetShardIteratorInput", get_shard_iterator_members);

static const struct shape_member get_records_members[] = {
    [GET_RECORDS_SHARD_ITERATOR] = REQUIRED("ShardIterator", shape_shard_iterator),
    [GET_RECORDS_LIMIT] = MEMBER("Limit", shape_positive_integer),
};
const struct shape shape_get_records_input = STRUCTURE("GetRecordsInput", get_records_members);
