/*
 * stream_record.c - one change as a stream shows it: keys always, images as the view type says.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api/streams.h"
#include "base/hash.h"

/* The same for every reader: made of the table and the place in the log. */
void stream_event_id_print(char text[EVENT_ID_LEN + 1], const struct schema *schema,
                           uint64_t sequence)
{
    char name[80];
    uint64_t high, low;

    snprintf(name, sizeof(name), "%s/%llu", schema->table_id, (unsigned long long)sequence);
    high = hash64(slice_str(name));
    snprintf(name, sizeof(name), "%llu/%s", (unsigned long long)sequence, schema->table_id);
    low = hash64(slice_str(name));
    snprintf(text, EVENT_ID_LEN + 1, "%016llx%016llx", (unsigned long long)high,
             (unsigned long long)low);
}

const char *stream_event_name(const struct change *change)
{
    if (change->kind == CHANGE_DELETE)
        return "REMOVE";
    return change->existed ? "MODIFY" : "INSERT";
}

static size_t write_image(struct json_writer *writer, const char *name, struct slice image)
{
    json_key(writer, name);
    item_to_json(writer, image);
    return item_size(image);
}

static int write_change(struct json_writer *writer, const struct stream_found *found,
                        const struct change *change, struct arena *scratch)
{
    enum stream_view view = found->stream->view;
    bool show_new = view == STREAM_NEW_IMAGE || view == STREAM_NEW_AND_OLD_IMAGES;
    bool show_old = view == STREAM_OLD_IMAGE || view == STREAM_NEW_AND_OLD_IMAGES;
    char number[SEQUENCE_NUMBER_DIGITS + 1];
    struct item_key key;
    struct slice keys;
    size_t bytes;
    int rc = item_key_decode(change->key, found->schema->key_count == 2, &key);

    if (rc < 0)
        return rc;
    rc = schema_key_item(found->schema, &key, scratch, &keys);
    if (rc < 0)
        return rc;
    json_key(writer, "dynamodb");
    json_object_begin(writer);
    json_key(writer, "ApproximateCreationDateTime");
    json_put_int(writer, change->commit_ms / 1000);
    bytes = write_image(writer, "Keys", keys);
    if (show_new && change->kind == CHANGE_PUT && change->has_new)
        bytes += write_image(writer, "NewImage", change->new_image);
    if (show_old && change->existed && change->has_old)
        bytes += write_image(writer, "OldImage", change->old_image);
    sequence_number_print(number, change->sequence);
    json_key(writer, "SequenceNumber");
    json_put_str(writer, number);
    json_key(writer, "SizeBytes");
    json_put_uint(writer, bytes);
    json_key(writer, "StreamViewType");
    json_put_str(writer, stream_view_name(view));
    json_object_end(writer);
    return 0;
}

int stream_record_write(struct json_writer *writer, struct call *call,
                        const struct stream_found *found, const struct change *change,
                        struct arena *scratch)
{
    char event_id[EVENT_ID_LEN + 1];
    int rc;

    stream_event_id_print(event_id, found->schema, change->sequence);
    json_object_begin(writer);
    json_key(writer, "eventID");
    json_put_str(writer, event_id);
    json_key(writer, "eventName");
    json_put_str(writer, stream_event_name(change));
    json_key(writer, "eventVersion");
    json_put_str(writer, "1.1");
    json_key(writer, "eventSource");
    json_put_str(writer, "aws:dynamodb");
    json_key(writer, "awsRegion");
    json_put_str(writer, call->region->name);
    rc = write_change(writer, found, change, scratch);
    if (rc < 0)
        return rc;
    if (change->flags & CHANGE_SERVICE) {
        json_key(writer, "userIdentity");
        json_object_begin(writer);
        json_key(writer, "PrincipalId");
        json_put_str(writer, "dynamodb.amazonaws.com");
        json_key(writer, "Type");
        json_put_str(writer, "Service");
        json_object_end(writer);
    }
    json_object_end(writer);
    return 0;
}
