/*
 * get_shard_iterator.c - GetShardIterator: a place in a shard, as a token.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shapes.h"
#include "api/streams.h"

static const uint8_t order[] = {GET_SHARD_ITERATOR_STREAM_ARN, GET_SHARD_ITERATOR_SHARD_ID,
                                GET_SHARD_ITERATOR_SHARD_ITERATOR_TYPE,
                                GET_SHARD_ITERATOR_SEQUENCE_NUMBER};
const struct constraint_plan get_shard_iterator_plan = {.order = order, .count = ARRAY_LEN(order)};

enum iterator_type { TRIM_HORIZON, LATEST, AT_SEQUENCE_NUMBER, AFTER_SEQUENCE_NUMBER };

struct get_shard_iterator {
    enum iterator_type type;
    uint64_t sequence;
    uint32_t group;
    struct stream_found found;
};

static void get_shard_iterator_release(struct call *call)
{
    struct get_shard_iterator *get = call->state;

    stream_found_release(&get->found);
}

int get_shard_iterator_prepare(struct call *call)
{
    static const char *const names[] = {
        [TRIM_HORIZON] = "TRIM_HORIZON",
        [LATEST] = "LATEST",
        [AT_SEQUENCE_NUMBER] = "AT_SEQUENCE_NUMBER",
        [AFTER_SEQUENCE_NUMBER] = "AFTER_SEQUENCE_NUMBER",
    };
    struct slice type = input_string(&call->input, GET_SHARD_ITERATOR_SHARD_ITERATOR_TYPE);
    struct slice number = input_string(&call->input, GET_SHARD_ITERATOR_SEQUENCE_NUMBER);
    struct get_shard_iterator *get = ARENA_NEW(call->arena, struct get_shard_iterator);

    if (get == NULL)
        return ST_NOMEM;
    call->state = get;
    call->release = get_shard_iterator_release;
    for (unsigned i = 0; i < ARRAY_LEN(names); i++)
        if (slice_eq_str(type, names[i]))
            get->type = i;
    if (get->type >= AT_SEQUENCE_NUMBER && number.ptr == NULL)
        return api_refuse(&call->error, API_VALIDATION,
                          "The SequenceNumber parameter is required for ShardIteratorType %s",
                          names[get->type]);
    if (get->type < AT_SEQUENCE_NUMBER && number.ptr != NULL)
        return api_refuse(&call->error, API_VALIDATION,
                          "The SequenceNumber parameter must not be specified for "
                          "ShardIteratorType %s",
                          names[get->type]);
    if (number.ptr != NULL && !sequence_number_parse(number, &get->sequence))
        return api_refuse(&call->error, API_VALIDATION, "Invalid SequenceNumber: %.*s",
                          SLICE_ARGS(number));
    return 0;
}

static int refuse_trimmed(struct call *call)
{
    return api_refuse(&call->error, API_TRIMMED_DATA_ACCESS,
                      "The operation attempted to read past the oldest stream record in a shard.");
}

/* A record named by its number must not be older than a stream shows. May touch the disk. */
static int check_age(struct call *call)
{
    struct get_shard_iterator *get = call->state;
    struct log_read read = {
        .after = get->sequence - 1, .up_to = get->sequence, .visible_only = true, .count_max = 1};
    struct buf bytes = BUF_EMPTY;
    struct reader reader;
    struct change change;
    int rc = store_log_read(call->region->store, get->found.table, get->group, &read, &bytes);

    if (rc < 0 || bytes.len == 0)
        goto out;
    reader = reader_of(buf_slice(&bytes));
    rc = change_decode(reader_sized(&reader), &change);
    if (rc == 0 && change.commit_ms < call_wall_ms(call) - STREAM_AGE_MS_MAX)
        rc = ST_TRIMMED;
out:
    buf_release(&bytes);
    return rc;
}

static void answer(struct call *call, uint64_t position)
{
    struct get_shard_iterator *get = call->state;
    struct shard_iterator iterator = {
        .table = get->found.schema->id,
        .stream_ms = get->found.stream->created_ms,
        .group = get->group,
        .position = position,
        .issued_ms = call_wall_ms(call),
    };
    struct json_writer writer = json_writer_of(&call->out);
    char text[ITERATOR_TEXT_LEN + 1];
    int rc = shard_iterator_print(call->region, &iterator, text);

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_object_begin(&writer);
    json_key(&writer, "ShardIterator");
    json_put_str(&writer, text);
    json_object_end(&writer);
    call_answer(call);
}

static void on_age(struct call *call, int rc)
{
    struct get_shard_iterator *get = call->state;

    if (rc == ST_TRIMMED)
        rc = refuse_trimmed(call);
    if (rc < 0)
        call_fail(call, rc);
    else
        answer(call, get->type == AT_SEQUENCE_NUMBER ? get->sequence - 1 : get->sequence);
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

void get_shard_iterator_run(struct call *call)
{
    struct get_shard_iterator *get = call->state;
    struct slice shard = input_string(&call->input, GET_SHARD_ITERATOR_SHARD_ID);
    uint64_t oldest, newest;
    int rc =
        stream_find(call, input_string(&call->input, GET_SHARD_ITERATOR_STREAM_ARN), &get->found);

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    if (!shard_id_parse(shard, &get->found, &get->group)) {
        call_fail(call, api_refuse(&call->error, API_RESOURCE_NOT_FOUND,
                                   "Requested resource not found: Shard does not exist"));
        return;
    }
    oldest = larger(get->found.stream->start_sequence,
                    store_log_trimmed(call->region->store, get->found.table, get->group));
    newest = larger(oldest, store_durable_sequence(call->region->store));
    switch (get->type) {
    case TRIM_HORIZON:
        answer(call, oldest);
        return;
    case LATEST:
        answer(call, newest);
        return;
    case AT_SEQUENCE_NUMBER:
    case AFTER_SEQUENCE_NUMBER:
        break;
    }
    if (get->sequence <= (get->type == AT_SEQUENCE_NUMBER ? oldest : oldest - (oldest > 0)))
        call_fail(call, refuse_trimmed(call));
    else
        call_io(call, check_age, on_age);
}
