/*
 * kinesis_record.c - see kinesis_record.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/kinesis_record.h"

#include "api/streams.h"

static size_t put_image(struct json_writer *writer, const char *name, struct slice image)
{
    json_key(writer, name);
    item_to_json(writer, image);
    return item_size(image);
}

static int put_change(struct json_writer *writer, const struct schema *schema,
                      const struct change *change, struct arena *scratch)
{
    bool microseconds = schema->kinesis.microseconds;
    struct item_key key;
    struct slice keys;
    size_t bytes;
    int rc = item_key_decode(change->key, schema->key_count == 2, &key);

    if (rc == 0)
        rc = schema_key_item(schema, &key, scratch, &keys);
    if (rc < 0)
        return rc;
    json_object_begin(writer);
    json_key(writer, "ApproximateCreationDateTime");
    json_put_int(writer, microseconds ? change->commit_ms * 1000 : change->commit_ms);
    json_key(writer, "ApproximateCreationDateTimePrecision");
    json_put_str(writer, microseconds ? "MICROSECOND" : "MILLISECOND");
    bytes = put_image(writer, "Keys", keys);
    if (change->kind == CHANGE_PUT && change->has_new)
        bytes += put_image(writer, "NewImage", change->new_image);
    if (change->existed && change->has_old)
        bytes += put_image(writer, "OldImage", change->old_image);
    json_key(writer, "SizeBytes");
    json_put_uint(writer, bytes);
    json_object_end(writer);
    return 0;
}

static void put_identity(struct json_writer *writer, const struct change *change)
{
    if (!(change->flags & CHANGE_SERVICE)) {
        json_put_null(writer);
        return;
    }
    json_object_begin(writer);
    json_key(writer, "principalId");
    json_put_str(writer, "dynamodb.amazonaws.com");
    json_key(writer, "type");
    json_put_str(writer, "Service");
    json_object_end(writer);
}

int kinesis_record_write(struct json_writer *writer, const char *region,
                         const struct schema *schema, const struct change *change,
                         struct arena *scratch)
{
    char event_id[EVENT_ID_LEN + 1];
    int rc;

    stream_event_id_print(event_id, schema, change->sequence);
    json_object_begin(writer);
    json_key(writer, "awsRegion");
    json_put_str(writer, region);
    json_key(writer, "eventID");
    json_put_str(writer, event_id);
    json_key(writer, "eventName");
    json_put_str(writer, stream_event_name(change));
    json_key(writer, "userIdentity");
    put_identity(writer, change);
    json_key(writer, "recordFormat");
    json_put_str(writer, "application/json");
    json_key(writer, "tableName");
    json_put_str(writer, schema->name);
    json_key(writer, "dynamodb");
    rc = put_change(writer, schema, change, scratch);
    if (rc < 0)
        return rc;
    json_key(writer, "eventSource");
    json_put_str(writer, "aws:dynamodb");
    json_object_end(writer);
    return 0;
}
