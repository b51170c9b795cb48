/*
 * get_records.c - GetRecords: the next records of a shard, and the iterator to go on with.
 *
 * Up to Limit records or about 1 MB of the log. An open shard always gives a next iterator; a
 * closed one gives none once it is drained. A record that has become 24 hours old since the
 * iterator was given out is an error, not a gap; only an iterator of TRIM_HORIZON, which names no
 * record, goes on with the oldest that is left. Reading the log may touch the disk, so it is done
 * in the I/O pool.
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
    struct shard shard;
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

/* The shard that the iterator is of, unless it is past its 24 hours. */
static int find_shard(struct call *call, struct get_records *get)
{
    int64_t now_ms = call_wall_ms(call);
    struct stream_found *found = &get->found;
    struct shard *shards;
    size_t count;
    int rc;

    found->durable = store_durable_sequence(call->region->store);
    found->table = store_table_by_id(call->region->store, get->iterator.table);
    if (found->table == NULL)
        return shard_refuse(call);
    found->schema = table_schema(found->table);
    for (uint32_t i = 0; i < found->schema->stream_count; i++)
        if (found->schema->streams[i].created_ms == get->iterator.stream_ms)
            found->stream = &found->schema->streams[i];
    if (found->stream == NULL || !stream_is_readable(found->schema, found->stream, now_ms))
        return shard_refuse(call);
    rc = store_shards(found->table, found->stream, now_ms, call->arena, &shards, &count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (shards[i].group == get->iterator.group &&
            shards[i].opened_ms == get->iterator.opened_ms) {
            get->shard = shards[i];
            return 0;
        }
    }
    return rc < 0 ? rc : shard_refuse(call);
}

static int write_records(struct json_writer *writer, struct call *call, struct slice encoded)
{
    struct get_records *get = call->state;
    int64_t horizon_ms = call_wall_ms(call) - STREAM_AGE_MS_MAX;
    struct reader reader = reader_of(encoded);
    struct arena scratch;
    bool first = true;
    int rc = 0;

    arena_init(&scratch, 0);
    while (rc == 0 && reader_left(&reader) > 0) {
        struct change change;

        rc = change_decode(reader_sized(&reader), &change);
        if (rc < 0)
            break;
        if (first && !get->iterator.oldest && change.commit_ms < horizon_ms)
            rc = ST_TRIMMED;
        first = false;
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
    next.oldest = false;
    next.issued_ms = call_wall_ms(call);
    rc = shard_iterator_print(call->region, &next, text);
    if (rc < 0)
        return rc;
    json_key(writer, "NextShardIterator");
    json_put_str(writer, text);
    return 0;
}

/* The place where reading begins. */
static int find_position(struct call *call, uint64_t *ret_position)
{
    struct get_records *get = call->state;
    uint64_t oldest;
    int rc;

    *ret_position = get->iterator.position;
    if (!get->iterator.oldest)
        return 0;
    rc = store_log_horizon(call->region->store, get->found.table, get->shard.group,
                           call_wall_ms(call) - STREAM_AGE_MS_MAX, &oldest);
    if (rc == 0 && oldest > *ret_position)
        *ret_position = oldest;
    return rc;
}

static int read_records(struct call *call)
{
    struct get_records *get = call->state;
    uint64_t end = get->found.durable < get->shard.end ? get->found.durable : get->shard.end,
             position;
    struct json_writer writer = json_writer_of(&call->out);
    struct log_read read = {
        .up_to = end,
        .visible_only = true,
        .count_max = get->limit,
        .bytes_max = GET_RECORDS_BYTES_MAX,
    };
    struct buf encoded = BUF_EMPTY;
    int rc = find_position(call, &position);

    read.after = read.position = position;
    if (rc == 0 && end > position)
        rc = store_log_read(call->region->store, get->found.table, get->shard.group, &read,
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
    if (read.position < get->shard.end)
        rc = write_next(&writer, call, read.position);
    json_object_end(&writer);
out:
    buf_release(&encoded);
    return rc;
}

static void on_records(struct call *call, int rc)
{
    if (rc == ST_TRIMMED)
        rc = api_refuse_slice(&call->error, API_TRIMMED_DATA_ACCESS, SLICE(MESSAGE_TRIMMED));
    if (rc < 0)
        call_fail(call, rc);
    else
        call_answer(call);
}

void get_records_run(struct call *call)
{
    struct get_records *get = call->state;
    int rc = find_shard(call, get);

    if (rc < 0)
        call_fail(call, rc);
    else
        call_io(call, read_records, on_records);
}
