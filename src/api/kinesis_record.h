/*
 * kinesis_record.h - one change as it is delivered to a Kinesis data stream.
 *
 * Keys and both images always, whatever the table's own stream shows. Source: Developer Guide,
 * "Using Kinesis Data Streams to capture changes to DynamoDB".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_KINESIS_RECORD_H
#define TROPIC_API_KINESIS_RECORD_H

#include "changes/change.h"
#include "table/schema.h"
#include "value/json.h"

/** The record's data: one JSON object. ST_CORRUPT, ST_NOMEM. `scratch` is used. */
int kinesis_record_write(struct json_writer *writer, const char *region,
                         const struct schema *schema, const struct change *change,
                         struct arena *scratch);

#endif
