/*
 * get_records.c - GetRecords: the next records of a shard, and the iterator to go on with.
 *
 * Up to Limit records or about 1 MB of the log. An open shard always gives a next iterator; a
 * closed one gives none once it is drained. Reading the log may touch the disk, so it is done in
 * the I/O pool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <time.h>

#include "api/shapes.h"
#include "api/streams.h"

enum {
    GET_RECORDS_MAX = 1000, /* Source: API Reference, GetRecords */
    GET_RECORDS_BYTES_MAX = 1024 * 1024,
};

static const uint8_t order[] = {GET_RECORDS_SHARD_ITERATOR, GET_RECORDS_LIMIT};
const struct constraint_plan get_records_plan = {.order = order, .count = ARRAY_LEN(order)};

struct get_records {
    struct shard_iterator iterator;
    uint32_t limit;
    struct stream_found found;
};

static void get_records_release(struct call *call)
{
    struct get_records *get = call->state;

    stream_found_release(&get->found);
}

/* As Java's Date shows it. */
static void print_date(char text[48], int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    gmtime_r(&seconds, &tm);
    strftime(text, 48, "%a %b %d %H:%M:%S UTC %Y", &tm);
}

int get_records_prepare(struct call *call)
{
    struct get_records *get = ARENA_NEW(call->arena, struct get_records);
    int64_t limit = input_integer(&call->input, GET_RECORDS_LIMIT, GET_RECORDS_MAX);
    int64_t now_ms = call_wall_ms(call);
    char issued[48], now[48];
    int rc;

    if (get == NULL)
        return ST_NOMEM;
    call->state = get;
    call->release = get_records_release;
    if (limit > GET_RECORDS_MAX)
        return api_refuse(&call->error, API_LIMIT_EXCEEDED,
                          "Limit must be less than or equal to %d", GET_RECORDS_MAX);
    get->limit = (uint32_t)limit;
    rc = shard_iterator_parse(call->region, input_string(&call->input, GET_RECORDS_SHARD_ITERATOR),
                              &get->iterator);
    if (rc == ST_REFUSED)
        return api_refuse(&call->error, API_VALIDATION, "Invalid ShardIterator");
    if (rc < 0 || now_ms - get->iterator.issued_ms <= ITERATOR_VALID_MS)
        return rc;
    print_date(issued, get->iterator.issued_ms);
    print_date(now, now_ms);
    return api_refuse(&call->error, API_EXPIRED_ITERATOR,
                      "Iterator expired. The iterator was created at time %s while right now it is "
                      "%s which is further in the future than the tolerated delay of %d "
                      "milliseconds.",
                      issued, now, ITERATOR_VALID_MS);
}

/* The stream that the iterator is of, unless it is past its 24 hours. */
static bool find_stream(struct call *call, struct get_records *get)
{
    struct stream_found *found = &get->found;

    found->table = store_table_by_id(call->region->store, get->iterator.table);
    if (found->table == NULL)
        return false;
    found->schema = table_schema(found->table);
    for (uint32_t i = 0; i < found->schema->stream_count; i++)
        if (found->schema->streams[i].created_ms == get->iterator.stream_ms)
            found->stream = &found->schema->streams[i];
    return found->stream != NULL &&
           stream_is_readable(found->schema, found->stream, call_wall_ms(call));
}

static int write_records(struct json_writer *writer, struct call *call, struct slice encoded)
{
    struct get_records *get = call->state;
    int64_t horizon_ms = call_wall_ms(call) - STREAM_AGE_MS_MAX;
    struct reader reader = reader_of(encoded);
    struct arena scratch;
    int rc = 0;

    arena_init(&scratch, 0);
    while (rc == 0 && reader_left(&reader) > 0) {
        struct change change;

        rc = change_decode(reader_sized(&reader), &change);
        if (rc < 0 || change.commit_ms < horizon_ms)
            continue;
        arena_reset(&scratch);
        rc = stream_record_write(writer, call, &get->found, &change, &scratch);
    }
    arena_release(&scratch);
    return rc;
}

static int write_next(struct json_writer *writer, struct call *call, uint64_t position)
{
    struct get_records *get = call->state;
    struct shard_iterator next = get->iterator;
    char text[ITERATOR_TEXT_LEN + 1];
    int rc;

    if (position > next.position) /* an iterator may point past the end: it waits there */
        next.position = position;
    next.issued_ms = call_wall_ms(call);
    rc = shard_iterator_print(call->region, &next, text);
    if (rc < 0)
        return rc;
    json_key(writer, "NextShardIterator");
    json_put_str(writer, text);
    return 0;
}

static int read_records(struct call *call)
{
    struct get_records *get = call->state;
    uint64_t end = stream_end(&get->found);
    struct log_read read = {
        .after = get->iterator.position,
        .up_to = end == UINT64_MAX ? 0 : end,
        .visible_only = true,
        .count_max = get->limit,
        .bytes_max = GET_RECORDS_BYTES_MAX,
        .position = get->iterator.position,
    };
    struct json_writer writer = json_writer_of(&call->out);
    struct buf encoded = BUF_EMPTY;
    int rc = 0;

    if (end > get->iterator.position)
        rc = store_log_read(call->region->store, get->found.table, get->iterator.group, &read,
                            &encoded);
    if (rc < 0)
        goto out;
    json_object_begin(&writer);
    json_key(&writer, "Records");
    json_array_begin(&writer);
    rc = write_records(&writer, call, buf_slice(&encoded));
    if (rc < 0)
        goto out;
    json_array_end(&writer);
    if (!stream_is_closed(&get->found) || read.more)
        rc = write_next(&writer, call, read.position);
    json_object_end(&writer);
out:
    buf_release(&encoded);
    return rc;
}

static void on_records(struct call *call, int rc)
{
    if (rc == ST_TRIMMED)
        rc =
            api_refuse(&call->error, API_TRIMMED_DATA_ACCESS,
                       "The operation attempted to read past the oldest stream record in a shard.");
    if (rc < 0)
        call_fail(call, rc);
    else
        call_answer(call);
}

void get_records_run(struct call *call)
{
    struct get_records *get = call->state;

    if (!find_stream(call, get))
        call_fail(call, api_refuse(&call->error, API_RESOURCE_NOT_FOUND,
                                   "Requested resource not found: Shard does not exist"));
    else
        call_io(call, read_records, on_records);
}
