/*
 * get_shard_iterator.c - GetShardIterator: a place in a shard, as a token.
 *
 * A number is refused as trimmed when it lies before the shard's first change, or before the oldest
 * that is less than 24 hours old: what stands between would be lost without a word. A number beyond
 * the end of the shard is a place where nothing follows.
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
    struct stream_found found;
    struct shard shard;
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

static void answer(struct call *call, uint64_t position)
{
    struct get_shard_iterator *get = call->state;
    struct shard_iterator iterator = {
        .table = get->found.schema->id,
        .stream_ms = get->found.stream->created_ms,
        .group = get->shard.group,
        .opened_ms = get->shard.opened_ms,
        .position = position,
        .oldest = get->type == TRIM_HORIZON,
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

/* ---- a place by number ---- */

/* May touch the disk. */
static int check_age(struct call *call)
{
    struct get_shard_iterator *get = call->state;
    uint64_t oldest;
    int rc = store_log_horizon(call->region->store, get->found.table, get->shard.group,
                               call_wall_ms(call) - STREAM_AGE_MS_MAX, &oldest);

    if (rc < 0)
        return rc;
    if (oldest < get->shard.start)
        oldest = get->shard.start;
    if (get->type == AT_SEQUENCE_NUMBER ? get->sequence <= oldest : get->sequence < oldest)
        return ST_TRIMMED;
    return 0;
}

static void on_age(struct call *call, int rc)
{
    struct get_shard_iterator *get = call->state;

    if (rc == ST_TRIMMED)
        rc = api_refuse_slice(&call->error, API_TRIMMED_DATA_ACCESS, SLICE(MESSAGE_TRIMMED));
    if (rc < 0)
        call_fail(call, rc);
    else
        answer(call, get->type == AT_SEQUENCE_NUMBER ? get->sequence - 1 : get->sequence);
}

void get_shard_iterator_run(struct call *call)
{
    struct get_shard_iterator *get = call->state;
    struct slice shard_id = input_string(&call->input, GET_SHARD_ITERATOR_SHARD_ID);
    uint64_t newest;
    int rc =
        stream_find(call, input_string(&call->input, GET_SHARD_ITERATOR_STREAM_ARN), &get->found);

    if (rc == 0)
        rc = shard_find(call, &get->found, shard_id, &get->shard);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    switch (get->type) {
    case TRIM_HORIZON:
        answer(call, get->shard.start);
        return;
    case LATEST:
        newest = get->found.durable < get->shard.end ? get->found.durable : get->shard.end;
        answer(call, newest > get->shard.start ? newest : get->shard.start);
        return;
    case AT_SEQUENCE_NUMBER:
    case AFTER_SEQUENCE_NUMBER:
        call_io(call, check_age, on_age);
        return;
    }
}
