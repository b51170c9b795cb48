/*
 * describe_stream.c - DescribeStream: a stream and its shards.
 *
 * Shards are never split or rolled over, so none has a parent and ShardFilter CHILD_SHARDS finds
 * none.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/arn.h"
#include "api/shapes.h"
#include "api/streams.h"

enum { DESCRIBE_STREAM_DEFAULT = 100 }; /* Source: API Reference, DescribeStream */

static const uint8_t order[] = {DESCRIBE_STREAM_STREAM_ARN, DESCRIBE_STREAM_LIMIT,
                                DESCRIBE_STREAM_EXCLUSIVE_START_SHARD_ID,
                                DESCRIBE_STREAM_SHARD_FILTER};
const struct constraint_plan describe_stream_plan = {.order = order, .count = ARRAY_LEN(order)};

int describe_stream_prepare(struct call *call)
{
    return 0;
}

static void write_shard(struct json_writer *writer, const struct stream_found *found,
                        const char *shard_id)
{
    uint64_t first = found->stream->start_sequence + 1;
    uint64_t last = stream_end(found);
    char number[SEQUENCE_NUMBER_DIGITS + 1];

    json_object_begin(writer);
    json_key(writer, "ShardId");
    json_put_str(writer, shard_id);
    json_key(writer, "SequenceNumberRange");
    json_object_begin(writer);
    sequence_number_print(number, first);
    json_key(writer, "StartingSequenceNumber");
    json_put_str(writer, number);
    if (stream_is_closed(found)) {
        sequence_number_print(number, last > first ? last : first);
        json_key(writer, "EndingSequenceNumber");
        json_put_str(writer, number);
    }
    json_object_end(writer);
    json_object_end(writer);
}

static void write_shards(struct json_writer *writer, struct call *call,
                         const struct stream_found *found)
{
    struct slice after = input_string(&call->input, DESCRIBE_STREAM_EXCLUSIVE_START_SHARD_ID);
    int64_t limit = input_integer(&call->input, DESCRIBE_STREAM_LIMIT, DESCRIBE_STREAM_DEFAULT);
    char shard_id[SHARD_ID_LEN + 1], last[SHARD_ID_LEN + 1] = "";
    bool more = false;

    if (input_has(&call->input, DESCRIBE_STREAM_SHARD_FILTER))
        limit = 0;
    json_key(writer, "Shards");
    json_array_begin(writer);
    for (uint32_t group = 0; group < TABLE_PARTITIONS; group++) {
        shard_id_print(shard_id, found, group);
        if (after.ptr != NULL && slice_cmp(slice_str(shard_id), after) <= 0)
            continue;
        more = limit-- <= 0;
        if (more)
            break;
        write_shard(writer, found, shard_id);
        memcpy(last, shard_id, sizeof(last));
    }
    json_array_end(writer);
    if (more && last[0] != '\0') {
        json_key(writer, "LastEvaluatedShardId");
        json_put_str(writer, last);
    }
}

static void write_key_schema(struct json_writer *writer, const struct schema *schema)
{
    json_key(writer, "KeySchema");
    json_array_begin(writer);
    for (uint32_t i = 0; i < schema->key_count; i++) {
        json_object_begin(writer);
        json_key(writer, "AttributeName");
        json_put_string(writer, schema->keys[i].name);
        json_key(writer, "KeyType");
        json_put_str(writer, i == 0 ? "HASH" : "RANGE");
        json_object_end(writer);
    }
    json_array_end(writer);
}

void describe_stream_run(struct call *call)
{
    struct json_writer writer = json_writer_of(&call->out);
    struct stream_found found;
    char arn[ARN_BYTES_MAX];
    int rc = stream_find(call, input_string(&call->input, DESCRIBE_STREAM_STREAM_ARN), &found);

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    arn_print(arn, call->region->name, call->identity.account, found.schema->name,
              found.stream->label);
    json_object_begin(&writer);
    json_key(&writer, "StreamDescription");
    json_object_begin(&writer);
    json_key(&writer, "StreamArn");
    json_put_str(&writer, arn);
    json_key(&writer, "StreamLabel");
    json_put_str(&writer, found.stream->label);
    json_key(&writer, "StreamStatus");
    json_put_str(&writer, stream_is_closed(&found) ? "DISABLED" : "ENABLED");
    json_key(&writer, "StreamViewType");
    json_put_str(&writer, stream_view_name(found.stream->view));
    json_key(&writer, "CreationRequestDateTime");
    json_put_millis(&writer, found.stream->created_ms);
    json_key(&writer, "TableName");
    json_put_str(&writer, found.schema->name);
    write_key_schema(&writer, found.schema);
    write_shards(&writer, call, &found);
    json_object_end(&writer);
    json_object_end(&writer);
    stream_found_release(&found);
    call_answer(call);
}
