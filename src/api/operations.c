/*
 * operations.c - see operations.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/operations.h"

#include "api/shapes.h"

static const struct operation operations[OPERATIONS_COUNT] = {
#define X(text, prefix, target, enveloped)                                                         \
    {.name = #text,                                                                                \
     .name_len = sizeof(#text) - 1,                                                                \
     .service = SERVICE_##target,                                                                  \
     .permission = "dynamodb:" #text,                                                              \
     .envelope = enveloped,                                                                        \
     .input = &shape_##prefix##_input,                                                             \
     .plan = &prefix##_plan,                                                                       \
     .prepare = prefix##_prepare,                                                                  \
     .run = prefix##_run},
    OPERATIONS_BUILT(X)
#undef X
#define X(text)                                                                                    \
    {.name = #text,                                                                                \
     .name_len = sizeof(#text) - 1,                                                                \
     .service = SERVICE_DYNAMODB,                                                                  \
     .permission = "dynamodb:" #text},
        OPERATIONS_LATER(X)
#undef X
};

const struct operation *operation_find(struct slice target)
{
    enum operation_service service;

    if (slice_has_prefix(target, SLICE("DynamoDB_20120810."))) {
        service = SERVICE_DYNAMODB;
        target = slice_skip(target, sizeof("DynamoDB_20120810.") - 1);
    } else if (slice_has_prefix(target, SLICE("DynamoDBStreams_20120810."))) {
        service = SERVICE_STREAMS;
        target = slice_skip(target, sizeof("DynamoDBStreams_20120810.") - 1);
    } else {
        return NULL;
    }
    for (unsigned i = 0; i < OPERATIONS_COUNT; i++)
        if (operations[i].name_len == target.len && operations[i].service == service &&
            memcmp(operations[i].name, target.ptr, target.len) == 0)
            return &operations[i];
    return NULL;
}

const struct operation *operation_at(unsigned number)
{
    return &operations[number];
}

unsigned operation_number(const struct operation *operation)
{
    return (unsigned)(operation - operations);
}
