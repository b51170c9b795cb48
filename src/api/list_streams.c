/*
 * list_streams.c - ListStreams: all streams that may still be read, in the order of their ARNs.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "api/arn.h"
#include "api/shapes.h"
#include "api/streams.h"

enum { LIST_STREAMS_DEFAULT = 100 }; /* Source: API Reference, ListStreams: default and maximum */

static const uint8_t order[] = {LIST_STREAMS_TABLE_NAME, LIST_STREAMS_LIMIT,
                                LIST_STREAMS_EXCLUSIVE_START_STREAM_ARN};
const struct constraint_plan list_streams_plan = {.order = order, .count = ARRAY_LEN(order)};

struct listed_stream {
    struct listed_stream *next;
    const char *arn, *table, *label;
};

struct listing {
    struct call *call;
    struct slice only_table, after;
    struct listed_stream *first;
    size_t count;
};

int list_streams_prepare(struct call *call)
{
    return 0;
}

static int visit_stream(struct listing *listing, const struct schema *schema,
                        const struct stream *stream)
{
    struct arena *arena = listing->call->arena;
    struct listed_stream *listed;
    char arn[ARN_BYTES_MAX];

    arn_print(arn, listing->call->region->name, listing->call->identity.account, schema->name,
              stream->label);
    if (listing->after.ptr != NULL && slice_cmp(slice_str(arn), listing->after) <= 0)
        return 0;
    listed = ARENA_NEW(arena, struct listed_stream);
    if (listed == NULL)
        return ST_NOMEM;
    listed->arn = arena_str(arena, slice_str(arn));
    listed->table = arena_str(arena, slice_str(schema->name));
    listed->label = arena_str(arena, slice_str(stream->label));
    if (listed->arn == NULL || listed->table == NULL || listed->label == NULL)
        return ST_NOMEM;
    listed->next = listing->first;
    listing->first = listed;
    listing->count++;
    return 0;
}

static int visit_table(void *context, struct table *table)
{
    struct listing *listing = context;
    struct schema *schema = table_schema(table);
    int64_t now_ms = call_wall_ms(listing->call);
    int rc = 0;

    if (listing->only_table.ptr == NULL || slice_eq_str(listing->only_table, schema->name))
        for (uint32_t i = 0; i < schema->stream_count && rc == 0; i++)
            if (stream_is_readable(schema, &schema->streams[i], now_ms))
                rc = visit_stream(listing, schema, &schema->streams[i]);
    schema_unref(schema);
    return rc;
}

static int compare_arns(const void *a, const void *b)
{
    const struct listed_stream *const *left = a, *const *right = b;

    return strcmp((*left)->arn, (*right)->arn);
}

static void write_listing(struct call *call, struct listed_stream *const *sorted, size_t count,
                          size_t limit)
{
    struct json_writer writer = json_writer_of(&call->out);

    json_object_begin(&writer);
    json_key(&writer, "Streams");
    json_array_begin(&writer);
    for (size_t i = 0; i < count && i < limit; i++) {
        json_object_begin(&writer);
        json_key(&writer, "StreamArn");
        json_put_str(&writer, sorted[i]->arn);
        json_key(&writer, "TableName");
        json_put_str(&writer, sorted[i]->table);
        json_key(&writer, "StreamLabel");
        json_put_str(&writer, sorted[i]->label);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    if (count > limit) {
        json_key(&writer, "LastEvaluatedStreamArn");
        json_put_str(&writer, sorted[limit - 1]->arn);
    }
    json_object_end(&writer);
}

void list_streams_run(struct call *call)
{
    struct listing listing = {
        .call = call,
        .only_table = input_string(&call->input, LIST_STREAMS_TABLE_NAME),
        .after = input_string(&call->input, LIST_STREAMS_EXCLUSIVE_START_STREAM_ARN),
    };
    size_t limit = (size_t)input_integer(&call->input, LIST_STREAMS_LIMIT, LIST_STREAMS_DEFAULT);
    struct listed_stream **sorted;
    size_t i = 0;
    int rc = store_stream_tables(call->region->store, visit_table, &listing);

    sorted = ARENA_ARRAY(call->arena, struct listed_stream *, listing.count + 1);
    if (rc < 0 || sorted == NULL) {
        call_fail(call, rc < 0 ? rc : ST_NOMEM);
        return;
    }
    for (struct listed_stream *listed = listing.first; listed != NULL; listed = listed->next)
        sorted[i++] = listed;
    qsort(sorted, listing.count, sizeof(sorted[0]), compare_arns);
    write_listing(call, sorted, listing.count,
                  limit < LIST_STREAMS_DEFAULT ? limit : LIST_STREAMS_DEFAULT);
    call_answer(call);
}
