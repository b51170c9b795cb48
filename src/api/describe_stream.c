/*
 * describe_stream.c - DescribeStream: a stream and its shards, oldest first.
 *
 * Shard ids begin with the time of opening, so their order is one of age, and a page of them goes
 * on after any id, also one that is listed no more. A parent's id is shown as long as its child is
 * listed: the parent may be gone already.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

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

struct listed_shard {
    struct shard shard;
    char id[SHARD_ID_LEN + 1], parent_id[SHARD_ID_LEN + 1]; /* "": it has none */
};

static int compare_ids(const void *a, const void *b)
{
    const struct listed_shard *left = a, *right = b;

    return strcmp(left->id, right->id);
}

static void write_shard(struct json_writer *writer, const struct listed_shard *listed)
{
    const struct shard *shard = &listed->shard;
    char number[SEQUENCE_NUMBER_DIGITS + 1];

    json_object_begin(writer);
    json_key(writer, "ShardId");
    json_put_str(writer, listed->id);
    json_key(writer, "SequenceNumberRange");
    json_object_begin(writer);
    sequence_number_print(number, shard->start + 1);
    json_key(writer, "StartingSequenceNumber");
    json_put_str(writer, number);
    if (shard->closed_ms != 0) {
        sequence_number_print(number, shard->end);
        json_key(writer, "EndingSequenceNumber");
        json_put_str(writer, number);
    }
    json_object_end(writer);
    if (listed->parent_id[0] != '\0') {
        json_key(writer, "ParentShardId");
        json_put_str(writer, listed->parent_id);
    }
    json_object_end(writer);
}

/* The parent whose children are asked for; ptr NULL: all shards are. */
static struct slice filtered_parent(const struct call *call)
{
    struct json shard_id;

    if (!input_has(&call->input, DESCRIBE_STREAM_SHARD_FILTER) ||
        !json_member(input_json(&call->input, DESCRIBE_STREAM_SHARD_FILTER), SLICE("ShardId"),
                     &shard_id) ||
        json_type(shard_id) != JSON_STRING)
        return SLICE_EMPTY;
    return json_string(shard_id);
}

static int list_shards(struct call *call, const struct stream_found *found,
                       struct listed_shard **ret_listed, size_t *ret_count)
{
    struct slice parent = filtered_parent(call);
    struct listed_shard *listed;
    struct shard *shards;
    size_t count, kept = 0;
    int rc =
        store_shards(found->table, found->stream, call_wall_ms(call), call->arena, &shards, &count);

    if (rc < 0)
        return rc;
    listed = ARENA_ARRAY(call->arena, struct listed_shard, count);
    if (listed == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < count; i++) {
        struct listed_shard *one = &listed[kept];

        one->shard = shards[i];
        shard_id_print(one->id, found, shards[i].group, shards[i].opened_ms);
        one->parent_id[0] = '\0';
        if (shards[i].parent_ms != 0)
            shard_id_print(one->parent_id, found, shards[i].group, shards[i].parent_ms);
        if (parent.ptr == NULL || slice_eq_str(parent, one->parent_id))
            kept++;
    }
    qsort(listed, kept, sizeof(*listed), compare_ids);
    *ret_listed = listed;
    *ret_count = kept;
    return 0;
}

static void write_shards(struct json_writer *writer, struct call *call,
                         const struct listed_shard *listed, size_t count)
{
    struct slice after = input_string(&call->input, DESCRIBE_STREAM_EXCLUSIVE_START_SHARD_ID);
    int64_t limit = input_integer(&call->input, DESCRIBE_STREAM_LIMIT, DESCRIBE_STREAM_DEFAULT);
    size_t at = 0;

    while (at < count && after.ptr != NULL && slice_cmp(slice_str(listed[at].id), after) <= 0)
        at++;
    json_key(writer, "Shards");
    json_array_begin(writer);
    for (; at < count && limit > 0; at++, limit--)
        write_shard(writer, &listed[at]);
    json_array_end(writer);
    if (at < count && at > 0) {
        json_key(writer, "LastEvaluatedShardId");
        json_put_str(writer, listed[at - 1].id);
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
    struct stream_found found = {.table = NULL};
    struct listed_shard *listed = NULL;
    char arn[ARN_BYTES_MAX];
    size_t count = 0;
    int rc = stream_find(call, input_string(&call->input, DESCRIBE_STREAM_STREAM_ARN), &found);

    if (rc == 0)
        rc = list_shards(call, &found, &listed, &count);
    if (rc < 0) {
        stream_found_release(&found);
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
    write_shards(&writer, call, listed, count);
    json_object_end(&writer);
    json_object_end(&writer);
    stream_found_release(&found);
    call_answer(call);
}
