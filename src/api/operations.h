/*
 * operations.h - the table of operations: every name of today's model, with what the dispatcher
 * needs.
 *
 * A new operation is a row here, a shape in shapes_*.c and a file with three things:
 *     const struct constraint_plan <prefix>_plan;   which constraints are checked in which order
 *     int  <prefix>_prepare(struct call *);         what can be said without knowing the table
 *     void <prefix>_run(struct call *);             the work; ends in call_answer() or call_fail()
 *
 * prepare runs on any thread, run on the request's strand. Rows of LATER answer "not yet": never a
 * success that means nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_OPERATIONS_H
#define TROPIC_API_OPERATIONS_H

#include "api/shape.h"

struct call;

enum operation_service { SERVICE_DYNAMODB, SERVICE_STREAMS };

struct operation {
    const char *name;
    size_t name_len;
    enum operation_service service;
    const char *permission; /* the action that a policy names */
    bool envelope; /* semantic errors carry MESSAGE_ENVELOPE: dynamodb-wire.md section 4.1 */
    const struct shape *input; /* NULL: not built yet */
    const struct constraint_plan *plan;
    int (*prepare)(struct call *call);
    void (*run)(struct call *call);
};

/* Columns: name, file's prefix, service, envelope. Frequent ones first: the search is linear. */
#define OPERATIONS_BUILT(X)                                                                        \
    X(GetItem, get_item, DYNAMODB, false)                                                          \
    X(PutItem, put_item, DYNAMODB, true)                                                           \
    X(UpdateItem, update_item, DYNAMODB, true)                                                     \
    X(Query, query, DYNAMODB, false)                                                               \
    X(DeleteItem, delete_item, DYNAMODB, false)                                                    \
    X(BatchGetItem, batch_get_item, DYNAMODB, false)                                               \
    X(BatchWriteItem, batch_write_item, DYNAMODB, false)                                           \
    X(TransactWriteItems, transact_write_items, DYNAMODB, false)                                   \
    X(TransactGetItems, transact_get_items, DYNAMODB, false)                                       \
    X(Scan, scan, DYNAMODB, false)                                                                 \
    X(ExecuteStatement, execute_statement, DYNAMODB, false)                                        \
    X(BatchExecuteStatement, batch_execute_statement, DYNAMODB, false)                             \
    X(ExecuteTransaction, execute_transaction, DYNAMODB, false)                                    \
    X(GetRecords, get_records, STREAMS, false)                                                     \
    X(GetShardIterator, get_shard_iterator, STREAMS, false)                                        \
    X(DescribeStream, describe_stream, STREAMS, false)                                             \
    X(ListStreams, list_streams, STREAMS, false)                                                   \
    X(DescribeTable, describe_table, DYNAMODB, false)                                              \
    X(ListTables, list_tables, DYNAMODB, false)                                                    \
    X(CreateTable, create_table, DYNAMODB, false)                                                  \
    X(UpdateTable, update_table, DYNAMODB, false)                                                  \
    X(DeleteTable, delete_table, DYNAMODB, false)                                                  \
    X(UpdateTimeToLive, update_time_to_live, DYNAMODB, false)                                      \
    X(DescribeTimeToLive, describe_time_to_live, DYNAMODB, false)                                  \
    X(TagResource, tag_resource, DYNAMODB, false)                                                  \
    X(UntagResource, untag_resource, DYNAMODB, false)                                              \
    X(ListTagsOfResource, list_tags_of_resource, DYNAMODB, false)                                  \
    X(DescribeEndpoints, describe_endpoints, DYNAMODB, false)                                      \
    X(DescribeLimits, describe_limits, DYNAMODB, false)                                            \
    X(EnableKinesisStreamingDestination, enable_kinesis_streaming_destination, DYNAMODB, false)    \
    X(DisableKinesisStreamingDestination, disable_kinesis_streaming_destination, DYNAMODB, false)  \
    X(UpdateKinesisStreamingDestination, update_kinesis_streaming_destination, DYNAMODB, false)    \
    X(DescribeKinesisStreamingDestination, describe_kinesis_streaming_destination, DYNAMODB,       \
      false)                                                                                       \
    X(UpdateContributorInsights, update_contributor_insights, DYNAMODB, false)                     \
    X(DescribeContributorInsights, describe_contributor_insights, DYNAMODB, false)                 \
    X(ListContributorInsights, list_contributor_insights, DYNAMODB, false)

#define OPERATIONS_LATER(X)                                                                        \
    X(CancelBulkOperation)                                                                         \
    X(CreateBackup)                                                                                \
    X(CreateGlobalTable)                                                                           \
    X(DeleteBackup)                                                                                \
    X(DeleteResourcePolicy)                                                                        \
    X(DescribeBackup)                                                                              \
    X(DescribeBulkOperation)                                                                       \
    X(DescribeContinuousBackups)                                                                   \
    X(DescribeExport)                                                                              \
    X(DescribeGlobalTable)                                                                         \
    X(DescribeGlobalTableSettings)                                                                 \
    X(DescribeImport)                                                                              \
    X(DescribeTableReplicaAutoScaling)                                                             \
    X(ExportTableToPointInTime)                                                                    \
    X(GetResourcePolicy)                                                                           \
    X(ImportTable)                                                                                 \
    X(ListBackups)                                                                                 \
    X(ListBulkOperations)                                                                          \
    X(ListExports)                                                                                 \
    X(ListGlobalTables)                                                                            \
    X(ListImports)                                                                                 \
    X(PutResourcePolicy)                                                                           \
    X(RestoreTableFromBackup)                                                                      \
    X(RestoreTableToPointInTime)                                                                   \
    X(SearchVectors)                                                                               \
    X(StartBulkPutItems)                                                                           \
    X(UpdateContinuousBackups)                                                                     \
    X(UpdateGlobalTable)                                                                           \
    X(UpdateGlobalTableSettings)                                                                   \
    X(UpdateTableReplicaAutoScaling)

enum {
    OPERATIONS_COUNT = 0
#define X(...) +1
    OPERATIONS_BUILT(X) OPERATIONS_LATER(X)
#undef X
};

/** By X-Amz-Target ("DynamoDB_20120810.GetItem"); NULL: malformed, another version, or unknown. */
const struct operation *operation_find(struct slice target);
const struct operation *operation_at(unsigned number); /* 0 ... OPERATIONS_COUNT - 1 */
unsigned operation_number(const struct operation *operation);

#define X(name, prefix, service, envelope)                                                         \
    extern const struct constraint_plan prefix##_plan;                                             \
    int prefix##_prepare(struct call *call);                                                       \
    void prefix##_run(struct call *call);
OPERATIONS_BUILT(X)
#undef X

#endif
