/*
 * errors.h - every error that a client can read: one table, one way to raise one, one way to write
 * one.
 *
 *     return api_refuse(&call->error, API_VALIDATION, "Item size has exceeded the maximum allowed
 * size");
 *
 * Lower modules answer statuses, or refusals in DynamoDB's own words; api_error_from_status() turns
 * any other status into an error of this table. Messages that more than one file uses are at the
 * end. Source: spec dynamodb-wire.md section 2.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_ERRORS_H
#define TROPIC_API_ERRORS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "value/json.h"

#define NAMESPACE_VALIDATE "com.amazon.coral.validate#"
#define NAMESPACE_SERVICE "com.amazon.coral.service#"
#define NAMESPACE_DYNAMODB "com.amazonaws.dynamodb.v20120810#"

/* Columns: name, namespace, wire name, HTTP status, member of the message ("": none is sent). */
#define API_ERROR_MAP(X)                                                                           \
    X(VALIDATION, NAMESPACE_VALIDATE, "ValidationException", 400, "message")                       \
    X(SERIALIZATION, NAMESPACE_SERVICE, "SerializationException", 400, "Message")                  \
    X(SERIALIZATION_BARE, NAMESPACE_SERVICE, "SerializationException", 400, "")                    \
    X(UNKNOWN_OPERATION, NAMESPACE_SERVICE, "UnknownOperationException", 400, "")                  \
    X(ACCESS_DENIED, NAMESPACE_SERVICE, "AccessDeniedException", 400, "Message")                   \
    X(RESOURCE_NOT_FOUND, NAMESPACE_DYNAMODB, "ResourceNotFoundException", 400, "message")         \
    X(RESOURCE_IN_USE, NAMESPACE_DYNAMODB, "ResourceInUseException", 400, "message")               \
    X(LIMIT_EXCEEDED, NAMESPACE_DYNAMODB, "LimitExceededException", 400, "message")                \
    X(COLLECTION_TOO_LARGE, NAMESPACE_DYNAMODB, "ItemCollectionSizeLimitExceededException", 400,   \
      "message")                                                                                   \
    X(CONDITION_FAILED, NAMESPACE_DYNAMODB, "ConditionalCheckFailedException", 400, "message")     \
    X(DUPLICATE_ITEM, NAMESPACE_DYNAMODB, "DuplicateItemException", 400, "message")                \
    X(TRANSACTION_CANCELED, NAMESPACE_DYNAMODB, "TransactionCanceledException", 400, "Message")    \
    X(TRANSACTION_IN_PROGRESS, NAMESPACE_DYNAMODB, "TransactionInProgressException", 400,          \
      "Message")                                                                                   \
    X(TOKEN_MISMATCH, NAMESPACE_DYNAMODB, "IdempotentParameterMismatchException", 400, "Message")  \
    X(THROTTLING, NAMESPACE_DYNAMODB, "ThrottlingException", 400, "message")                       \
    X(THROUGHPUT_EXCEEDED, NAMESPACE_DYNAMODB, "ProvisionedThroughputExceededException", 400,      \
      "message")                                                                                   \
    X(EXPIRED_ITERATOR, NAMESPACE_DYNAMODB, "ExpiredIteratorException", 400, "message")            \
    X(TRIMMED_DATA_ACCESS, NAMESPACE_DYNAMODB, "TrimmedDataAccessException", 400, "message")       \
    X(INTERNAL, NAMESPACE_DYNAMODB, "InternalServerError", 500, "message")                         \
    X(UNAVAILABLE, NAMESPACE_SERVICE, "ServiceUnavailable", 503, "message")

enum api_code {
#define X(name, space, wire, http, member) API_##name,
    API_ERROR_MAP(X)
#undef X
        API_CODE_COUNT
};

/* Why a transaction was cancelled, for each of its actions. Columns: name, code, usual message. */
#define CANCELLATION_MAP(X)                                                                        \
    X(NONE, "None", "")                                                                            \
    X(CONDITION, "ConditionalCheckFailed", MESSAGE_CONDITION_FAILED)                               \
    X(COLLECTION_SIZE, "ItemCollectionSizeLimitExceeded", "Collection size exceeded.")             \
    X(CONFLICT, "TransactionConflict", MESSAGE_TRANSACTION_CONFLICT)                               \
    X(PROVISIONED, "ProvisionedThroughputExceeded", MESSAGE_PROVISIONED_EXCEEDED)                  \
    X(THROTTLING, "ThrottlingError", MESSAGE_THROTTLED)                                            \
    X(VALIDATION, "ValidationError", "")                                                           \
    X(DUPLICATE, "DuplicateItem", MESSAGE_DUPLICATE_ITEM)

enum cancellation_code {
#define X(name, text, message) CANCELLATION_##name,
    CANCELLATION_MAP(X)
#undef X
        CANCELLATION_CODE_COUNT
};

struct cancellation_reason {
    enum cancellation_code code;
    struct slice message; /* empty: the code's usual one */
    struct slice item;    /* stored format; ptr NULL: none */
};

struct api_error {
    struct arena *arena; /* where messages are made; set once */
    enum api_code code;
    struct slice message;
    struct slice item; /* ConditionalCheckFailedException.Item, stored format; ptr NULL: none */
    const struct cancellation_reason *const *reasons; /* TransactionCanceledException; NULL: none */
    uint32_t reason_count;
    /* The one element of ThrottlingReasons: why, and the ARN of what; NULL: none. */
    const char *throttling_reason, *throttling_resource;
};

/** Fills *reterr and returns ST_REFUSED (ST_NOMEM at the arena's bound): refusing is one statement.
 */
int api_refuse(struct api_error *reterr, enum api_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), warn_unused_result));
/** The same with a message that stays alive as long as the arena. */
int api_refuse_slice(struct api_error *reterr, enum api_code code, struct slice message)
    __attribute__((warn_unused_result));

/** TransactionCanceledException; the reasons, one for each action, live as long as the arena. */
int api_refuse_transaction(struct api_error *reterr,
                           const struct cancellation_reason *const *reasons, uint32_t count)
    __attribute__((warn_unused_result));

/** What a client reads when a lower module answered `rc`, which is negative and not ST_REFUSED. */
void api_error_from_status(struct api_error *reterr, int rc);

int api_error_http_status(enum api_code code);
/** The error's body as JSON. */
void api_error_write(struct buf *out, const struct api_error *error);

/* ---- messages that several files send ---- */

#define MESSAGE_ENVELOPE "1 validation error detected: "
#define MESSAGE_INVALID_PARAMETERS "One or more parameter values were invalid: "
#define MESSAGE_NOT_FOUND "Requested resource not found"
#define MESSAGE_TABLE_NOT_FOUND "Requested resource not found: Table: %.*s not found"
#define MESSAGE_INDEX_NOT_FOUND "Requested resource not found: Index: %.*s not found"
#define MESSAGE_INVALID_NEXT_TOKEN "Invalid NextToken"
#define MESSAGE_COLLECTION_TOO_LARGE "Collection size exceeded."
#define MESSAGE_CONDITION_FAILED "The conditional request failed"
#define MESSAGE_DUPLICATE_ITEM "Duplicate primary key exists in table"
#define MESSAGE_ITEM_TOO_LARGE "Item size has exceeded the maximum allowed size"
#define MESSAGE_THROTTLED                                                                          \
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "   \
    "scaling your table or index so please try again shortly. If exceptions persist, check if "    \
    "you have a hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"        \
    "bp-partition-key-design.html"
#define MESSAGE_PROVISIONED_EXCEEDED                                                               \
    "The level of configured provisioned throughput for the table was exceeded. Consider "         \
    "increasing your provisioning level with the UpdateTable API."
#define MESSAGE_TRANSACTION_CONFLICT "Transaction is ongoing for the item"
#define MESSAGE_KEY_EMPTY                                                                          \
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot "   \
    "contain an empty "
#define MESSAGE_TRANSACTION_TOO_LARGE                                                              \
    "Collection size of items exceeded, which can also be caused by the aggregate size of the "    \
    "items in the transaction exceeding the 4MB limit"
#define MESSAGE_TRANSACTION_TWICE                                                                  \
    "Transaction request cannot include multiple operations on one item"
#define MESSAGE_INDEX_THROUGHPUT_EXCEEDED                                                          \
    "The level of configured provisioned throughput for one or more global secondary indexes of "  \
    "the table was exceeded. Consider increasing your provisioning level for the "                 \
    "under-provisioned global secondary indexes with the UpdateTable API"
#define MESSAGE_ON_DEMAND_MAXIMUM                                                                  \
    "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
#define MESSAGE_TRIMMED "The operation attempted to read past the oldest stream record in a shard."
#define MESSAGE_NOT_YET "Tropic does not support %s yet"
#define MESSAGE_KEY_SCHEMA "The provided key element does not match the schema"
#define MESSAGE_START_KEY "The provided starting key is invalid"
#define MESSAGE_ONE_ONLINE_INDEX                                                                   \
    "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per " \
    "table"
#define MESSAGE_GLOBAL_INDEXES_MAX "GlobalSecondaryIndex count exceeds the per-table limit of %d"
#define MESSAGE_KEYS_DUPLICATE "Provided list of item keys contains duplicates"

#endif
