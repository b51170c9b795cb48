/*
 * streams.h - DynamoDB Streams on top of the change log: streams, shards, sequence numbers,
 * iterators.
 *
 * A stream is one enabling of a table's stream. Its shards cut the table's log groups into pieces
 * (table/shards.h); it shows the visible changes in them that are at most 24 hours old.
 *
 *   shard id          shardId-<20 digits: ms at which it was opened>-<8 hex: a hash of which one>
 *   sequence number   the change's sequence in 21 digits: orders all changes of the Region
 *   shard iterator    what it says and an HMAC under the data folder's key, in hex; valid for
 *                     15 minutes
 *
 * Source: dynamodb-tables-streams.md section 8.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_STREAMS_H
#define TROPIC_API_STREAMS_H

#include "api/call.h"
#include "changes/change.h"
#include "table/shards.h"

enum {
    STREAM_HOURS = 24,
    SHARD_ID_LEN = 37,
    SEQUENCE_NUMBER_DIGITS = 21,
    ITERATOR_TEXT_LEN = 108,
    ITERATOR_VALID_MS = 15 * 60 * 1000,
};
#define STREAM_AGE_MS_MAX ((int64_t)STREAM_HOURS * 3600 * 1000)

/** One stream of one table, with references that stream_found_release() gives back. */
struct stream_found {
    struct table *table;
    struct schema *schema;
    const struct stream *stream;
    uint64_t durable; /* the watermark of before: how far its shards may be read (table/shards.h) */
};
void stream_found_release(struct stream_found *found);
/** By ARN. ST_REFUSED: ResourceNotFoundException, also for one that is past its 24 hours. */
int stream_find(struct call *call, struct slice arn, struct stream_found *ret_found);

/** The table is gone, or its stream was disabled: nothing is added any more. */
bool stream_is_closed(const struct stream_found *found);
/** False when it was closed longer than 24 hours ago. */
bool stream_is_readable(const struct schema *schema, const struct stream *stream, int64_t now_ms);

/* ---- shards and sequence numbers ---- */

/** The id of the shard of a log group that was opened then. */
void shard_id_print(char text[SHARD_ID_LEN + 1], const struct stream_found *found, uint32_t group,
                    int64_t opened_ms);
/** ST_REFUSED: ResourceNotFoundException, not a shard of that stream (any more). */
int shard_find(struct call *call, const struct stream_found *found, struct slice shard_id,
               struct shard *ret_shard);
/** "Shard does not exist". */
int shard_refuse(struct call *call);
void sequence_number_print(char text[SEQUENCE_NUMBER_DIGITS + 1], uint64_t sequence);
/** False: not digits. A number above all sequences is UINT64_MAX. */
bool sequence_number_parse(struct slice text, uint64_t *ret_sequence);

/* ---- iterators ---- */

struct shard_iterator {
    uint32_t table;    /* storage id */
    int64_t stream_ms; /* when the stream was enabled: which one of the table it is */
    uint32_t group;
    int64_t opened_ms; /* of the shard */
    uint64_t position; /* the next record has a greater sequence */
    bool oldest;       /* begins, when it is used, with the oldest record that is left */
    int64_t issued_ms;
};
int shard_iterator_print(const struct hosted_region *region, const struct shard_iterator *iterator,
                         char text[ITERATOR_TEXT_LEN + 1]);
/** 0, or ST_REFUSED: not one that this Region gave out (whether it has expired is the caller's
 * question). */
int shard_iterator_parse(const struct hosted_region *region, struct slice text,
                         struct shard_iterator *ret_iterator);

/* ---- records ---- */

enum { EVENT_ID_LEN = 32 };
void stream_event_id_print(char text[EVENT_ID_LEN + 1], const struct schema *schema,
                           uint64_t sequence);
const char *stream_event_name(const struct change *change); /* "INSERT", "MODIFY", "REMOVE" */
/** One element of "Records". */
int stream_record_write(struct json_writer *writer, struct call *call,
                        const struct stream_found *found, const struct change *change,
                        struct arena *scratch);

#endif
