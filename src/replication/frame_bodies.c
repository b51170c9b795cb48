/*
 * frame_bodies.c - the bodies of frames: one append and one read each, in the order of frame.h.
 *
 * A reader that came to its end exactly and met no value out of range has read a body; anything
 * else is refused as a whole. Lists are not copied out: a body hands on the bytes and the count,
 * and the loop that uses them reads element by element (each element is checked there again, so a
 * count that lies is only a short list).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/frame.h"

static bool reader_bool(struct reader *reader)
{
    uint8_t v = reader_u8(reader);

    if (v > 1)
        reader->failed = true;
    return v == 1;
}

static struct hybrid_time reader_time(struct reader *reader)
{
    return (struct hybrid_time){reader_be64(reader)};
}

static void append_u128(struct buf *out, u128 v)
{
    buf_append_be64(out, (uint64_t)(v >> 64));
    buf_append_be64(out, (uint64_t)v);
}

static u128 reader_u128(struct reader *reader)
{
    u128 high = reader_be64(reader);

    return high << 64 | reader_be64(reader);
}

static void reader_fixed(struct reader *reader, uint8_t *to, size_t len)
{
    struct slice bytes = reader_bytes(reader, len);

    if (bytes.len == len)
        memcpy(to, bytes.ptr, len);
    else
        memset(to, 0, len);
}

static struct slice reader_rest(struct reader *reader)
{
    return reader_bytes(reader, reader_left(reader));
}

/** A sized slice of at most `max` bytes. */
static struct slice reader_sized_max(struct reader *reader, size_t max)
{
    struct slice bytes = reader_sized(reader);

    if (bytes.len > max)
        reader->failed = true;
    return bytes;
}

/* ---- the link ---- */

void hello_body_append(struct buf *out, const struct hello_body *body)
{
    buf_append_u8(out, body->version_min);
    buf_append_u8(out, body->version_max);
    buf_append_sized(out, body->region);
    buf_append(out, body->folder, sizeof(body->folder));
    buf_append_be64(out, body->incarnation);
    buf_append_be64(out, (uint64_t)body->wall_us);
}

bool hello_body_read(struct slice bytes, struct hello_body *ret)
{
    struct reader reader = reader_of(bytes);

    ret->version_min = reader_u8(&reader);
    ret->version_max = reader_u8(&reader);
    ret->region = reader_sized_max(&reader, REGION_BYTES_MAX);
    reader_fixed(&reader, ret->folder, sizeof(ret->folder));
    ret->incarnation = reader_be64(&reader);
    ret->wall_us = (int64_t)reader_be64(&reader);
    return reader_done(&reader) && ret->region.len > 0 && ret->version_min <= ret->version_max;
}

void heartbeat_body_append(struct buf *out, const struct heartbeat_body *body)
{
    buf_append_be64(out, (uint64_t)body->wall_us);
    buf_append_be64(out, (uint64_t)body->echo_wall_us);
    buf_append_be64(out, (uint64_t)body->echo_held_us);
}

bool heartbeat_body_read(struct slice bytes, struct heartbeat_body *ret)
{
    struct reader reader = reader_of(bytes);

    ret->wall_us = (int64_t)reader_be64(&reader);
    ret->echo_wall_us = (int64_t)reader_be64(&reader);
    ret->echo_held_us = (int64_t)reader_be64(&reader);
    return reader_done(&reader);
}

/* ---- feeds ---- */

static void feed_name_append(struct buf *out, const struct feed_name *feed)
{
    buf_append(out, feed->group.bytes, GROUP_ID_BYTES);
    buf_append_be16(out, feed->origin);
    buf_append_be16(out, feed->reader);
    buf_append_u8(out, feed->log_group);
}

static void feed_name_read(struct reader *reader, struct feed_name *ret)
{
    reader_fixed(reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->origin = reader_be16(reader);
    ret->reader = reader_be16(reader);
    ret->log_group = reader_u8(reader);
    if (ret->log_group >= TABLE_PARTITIONS)
        reader->failed = true;
}

void feed_open_body_append(struct buf *out, const struct feed_open_body *body)
{
    feed_name_append(out, &body->feed);
    buf_append_be64(out, body->epoch);
    buf_append_be32(out, body->opening);
    buf_append_be64(out, body->incarnation);
    buf_append_be64(out, body->after);
    buf_append_be64(out, body->applied);
    buf_append_be64(out, body->stored);
    buf_append_u8(out, body->again);
    buf_append_be64(out, body->window);
}

bool feed_open_body_read(struct slice bytes, struct feed_open_body *ret)
{
    struct reader reader = reader_of(bytes);

    feed_name_read(&reader, &ret->feed);
    ret->epoch = reader_be64(&reader);
    ret->opening = reader_be32(&reader);
    ret->incarnation = reader_be64(&reader);
    ret->after = reader_be64(&reader);
    ret->applied = reader_be64(&reader);
    ret->stored = reader_be64(&reader);
    ret->again = reader_bool(&reader);
    ret->window = reader_be64(&reader);
    return reader_done(&reader) && ret->stored <= ret->applied && ret->applied <= ret->after;
}

void feed_data_body_append_head(struct buf *out, const struct feed_data_body *body)
{
    feed_name_append(out, &body->feed);
    buf_append_be32(out, body->opening);
    buf_append_be64(out, body->incarnation);
    buf_append_be64(out, body->from);
    buf_append_be64(out, body->to);
    buf_append_be64(out, body->closed.bits);
    buf_append_be64(out, body->seen.bits);
    buf_append_be32(out, body->count);
}

bool feed_data_body_read(struct slice bytes, struct feed_data_body *ret)
{
    struct reader reader = reader_of(bytes);

    feed_name_read(&reader, &ret->feed);
    ret->opening = reader_be32(&reader);
    ret->incarnation = reader_be64(&reader);
    ret->from = reader_be64(&reader);
    ret->to = reader_be64(&reader);
    ret->closed = reader_time(&reader);
    ret->seen = reader_time(&reader);
    ret->count = reader_be32(&reader);
    ret->changes = reader_rest(&reader);
    return reader_done(&reader) && ret->from <= ret->to && ret->count <= ret->changes.len;
}

void feed_ack_body_append(struct buf *out, const struct feed_ack_body *body)
{
    feed_name_append(out, &body->feed);
    buf_append_be32(out, body->opening);
    buf_append_be64(out, body->applied);
    buf_append_be64(out, body->stored);
}

bool feed_ack_body_read(struct slice bytes, struct feed_ack_body *ret)
{
    struct reader reader = reader_of(bytes);

    feed_name_read(&reader, &ret->feed);
    ret->opening = reader_be32(&reader);
    ret->applied = reader_be64(&reader);
    ret->stored = reader_be64(&reader);
    return reader_done(&reader) && ret->stored <= ret->applied;
}

void feed_refuse_body_append(struct buf *out, const struct feed_refuse_body *body)
{
    feed_name_append(out, &body->feed);
    buf_append_be32(out, body->opening);
    buf_append_u8(out, (uint8_t)body->why);
    buf_append_be64(out, body->epoch);
    buf_append_be64(out, body->incarnation);
    buf_append_be64(out, body->sequence);
}

bool feed_refuse_body_read(struct slice bytes, struct feed_refuse_body *ret)
{
    struct reader reader = reader_of(bytes);
    uint8_t why;

    feed_name_read(&reader, &ret->feed);
    ret->opening = reader_be32(&reader);
    why = reader_u8(&reader);
    ret->why = (enum feed_refusal)why;
    ret->epoch = reader_be64(&reader);
    ret->incarnation = reader_be64(&reader);
    ret->sequence = reader_be64(&reader);
    return reader_done(&reader) && why >= FEED_UNKNOWN && why <= FEED_FORGOT;
}

/* ---- gossip ---- */

void gossip_body_append(struct buf *out, const struct gossip_body *body)
{
    buf_append(out, body->group.bytes, GROUP_ID_BYTES);
    buf_append_be64(out, body->epoch);
    buf_append_be16(out, body->replica);
    buf_append_u8(out, body->counts);
    buf_append_u8(out, body->wants_answer);
    buf_append_u8(out, body->percent);
    buf_append_be64(out, body->floor.bits);
    buf_append_be64(out, body->latest.bits);
    buf_append_u8(out, (uint8_t)body->row_count);
    for (uint32_t i = 0; i < body->row_count; i++) {
        buf_append_be16(out, body->rows[i].origin);
        buf_append_be64(out, body->rows[i].applied.bits);
    }
}

bool gossip_body_read(struct slice bytes, struct gossip_body *ret)
{
    struct reader reader = reader_of(bytes);

    reader_fixed(&reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->epoch = reader_be64(&reader);
    ret->replica = reader_be16(&reader);
    ret->counts = reader_bool(&reader);
    ret->wants_answer = reader_bool(&reader);
    ret->percent = reader_u8(&reader);
    ret->floor = reader_time(&reader);
    ret->latest = reader_time(&reader);
    ret->row_count = reader_u8(&reader);
    if (ret->row_count > GOSSIP_ROWS_MAX)
        return false;
    for (uint32_t i = 0; i < ret->row_count; i++) {
        ret->rows[i].origin = reader_be16(&reader);
        ret->rows[i].applied = reader_time(&reader);
    }
    return reader_done(&reader);
}

/* ---- snapshots ---- */

void snapshot_ask_body_append(struct buf *out, const struct snapshot_ask_body *body)
{
    buf_append_u8(out, (uint8_t)body->kind);
    buf_append(out, body->group.bytes, GROUP_ID_BYTES);
    buf_append_be64(out, body->epoch);
    buf_append_be16(out, body->reader);
    buf_append_be64(out, body->session);
    buf_append_be32(out, body->request);
    buf_append_u8(out, body->log_group);
    buf_append_be32(out, body->bytes_max);
    buf_append_sized(out, body->resume);
}

bool snapshot_ask_body_read(struct slice bytes, struct snapshot_ask_body *ret)
{
    struct reader reader = reader_of(bytes);
    uint8_t kind = reader_u8(&reader);

    ret->kind = (enum snapshot_ask)kind;
    reader_fixed(&reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->epoch = reader_be64(&reader);
    ret->reader = reader_be16(&reader);
    ret->session = reader_be64(&reader);
    ret->request = reader_be32(&reader);
    ret->log_group = reader_u8(&reader);
    ret->bytes_max = reader_be32(&reader);
    ret->resume = reader_sized_max(&reader, SNAPSHOT_RESUME_BYTES_MAX);
    return reader_done(&reader) && kind >= SNAPSHOT_POSITIONS && kind <= SNAPSHOT_RECORDS &&
           ret->log_group < TABLE_PARTITIONS;
}

void snapshot_page_body_append_head(struct buf *out, const struct snapshot_page_body *body)
{
    buf_append_u8(out, (uint8_t)body->kind);
    buf_append_u8(out, (uint8_t)-body->result);
    buf_append(out, body->group.bytes, GROUP_ID_BYTES);
    buf_append_be64(out, body->session);
    buf_append_be32(out, body->request);
    buf_append_u8(out, body->log_group);
    buf_append_be64(out, body->items);
    if (body->kind == SNAPSHOT_POSITIONS) {
        buf_append_be32(out, body->position_count);
    } else {
        buf_append_u8(out, body->done);
        buf_append_sized(out, body->resume);
        buf_append_be32(out, body->count);
    }
}

bool snapshot_page_body_read(struct slice bytes, struct snapshot_page_body *ret)
{
    struct reader reader = reader_of(bytes);
    uint8_t kind = reader_u8(&reader);

    memset(ret, 0, sizeof(*ret));
    ret->kind = (enum snapshot_ask)kind;
    ret->result = -(int)reader_u8(&reader);
    reader_fixed(&reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->session = reader_be64(&reader);
    ret->request = reader_be32(&reader);
    ret->log_group = reader_u8(&reader);
    ret->items = reader_be64(&reader);
    if (kind == SNAPSHOT_POSITIONS) {
        ret->position_count = reader_be32(&reader);
        ret->positions = reader_rest(&reader);
    } else {
        ret->done = reader_bool(&reader);
        ret->resume = reader_sized_max(&reader, SNAPSHOT_RESUME_BYTES_MAX);
        ret->count = reader_be32(&reader);
        ret->changes = reader_rest(&reader);
    }
    return reader_done(&reader) && kind >= SNAPSHOT_POSITIONS && kind <= SNAPSHOT_RECORDS &&
           ret->log_group < TABLE_PARTITIONS && ret->count <= ret->changes.len &&
           ret->position_count <= SNAPSHOT_POSITIONS_MAX;
}

void snapshot_position_append(struct buf *out, const struct snapshot_position *position)
{
    buf_append_be16(out, position->origin);
    buf_append_u8(out, position->log_group);
    buf_append_be64(out, position->incarnation);
    buf_append_be64(out, position->sequence);
}

bool snapshot_position_read(struct reader *reader, struct snapshot_position *ret)
{
    ret->origin = reader_be16(reader);
    ret->log_group = reader_u8(reader);
    ret->incarnation = reader_be64(reader);
    ret->sequence = reader_be64(reader);
    return !reader->failed && ret->log_group < TABLE_PARTITIONS;
}

/* ---- the life of a group ---- */

void group_ask_body_append(struct buf *out, const struct group_ask_body *body)
{
    buf_append_u8(out, body->kind);
    buf_append(out, body->group.bytes, GROUP_ID_BYTES);
    buf_append_be64(out, body->operation);
    buf_append_be64(out, body->epoch);
    buf_append_be64(out, (uint64_t)body->floor);
    buf_append_sized(out, body->table);
    buf_append_sized(out, body->document);
}

bool group_ask_body_read(struct slice bytes, struct group_ask_body *ret)
{
    struct reader reader = reader_of(bytes);

    ret->kind = reader_u8(&reader);
    reader_fixed(&reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->operation = reader_be64(&reader);
    ret->epoch = reader_be64(&reader);
    ret->floor = (int64_t)reader_be64(&reader);
    ret->table = reader_sized_max(&reader, TABLE_NAME_BYTES_MAX);
    ret->document = reader_sized(&reader);
    return reader_done(&reader);
}

void group_answer_body_append(struct buf *out, const struct group_answer_body *body)
{
    buf_append_u8(out, body->kind);
    buf_append_u8(out, body->result);
    buf_append(out, body->group.bytes, GROUP_ID_BYTES);
    buf_append_be64(out, body->operation);
    buf_append_be64(out, body->asked);
    buf_append_be64(out, body->epoch);
    buf_append_be64(out, body->floor.bits);
    buf_append_sized(out, body->table);
    buf_append_sized(out, body->text);
}

bool group_answer_body_read(struct slice bytes, struct group_answer_body *ret)
{
    struct reader reader = reader_of(bytes);

    ret->kind = reader_u8(&reader);
    ret->result = reader_u8(&reader);
    reader_fixed(&reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->operation = reader_be64(&reader);
    ret->asked = reader_be64(&reader);
    ret->epoch = reader_be64(&reader);
    ret->floor = reader_time(&reader);
    ret->table = reader_sized_max(&reader, TABLE_NAME_BYTES_MAX);
    ret->text = reader_sized(&reader);
    return reader_done(&reader);
}

/* ---- verification ---- */

void verify_ask_body_append(struct buf *out, const struct verify_ask_body *body)
{
    buf_append_u8(out, (uint8_t)body->kind);
    buf_append(out, body->group.bytes, GROUP_ID_BYTES);
    buf_append_be64(out, body->request);
    buf_append_be32(out, body->leaf);
    buf_append_sized(out, body->after);
}

bool verify_ask_body_read(struct slice bytes, struct verify_ask_body *ret)
{
    struct reader reader = reader_of(bytes);
    uint8_t kind = reader_u8(&reader);

    ret->kind = (enum verify_ask)kind;
    reader_fixed(&reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->request = reader_be64(&reader);
    ret->leaf = reader_be32(&reader);
    ret->after = reader_sized_max(&reader, SNAPSHOT_RESUME_BYTES_MAX);
    return reader_done(&reader) && kind >= VERIFY_SUMS && kind <= VERIFY_KEYS &&
           ret->leaf < DIGEST_LEAVES;
}

void verify_answer_body_append_head(struct buf *out, const struct verify_answer_body *body)
{
    buf_append_u8(out, (uint8_t)body->kind);
    buf_append_u8(out, (uint8_t)-body->result);
    buf_append(out, body->group.bytes, GROUP_ID_BYTES);
    buf_append_be64(out, body->request);
    buf_append_be32(out, body->leaf);
    buf_append_u8(out, body->more);
    buf_append_u8(out, body->sums_right);
    buf_append_be32(out, body->count);
}

bool verify_answer_body_read(struct slice bytes, struct verify_answer_body *ret)
{
    struct reader reader = reader_of(bytes);
    uint8_t kind = reader_u8(&reader);

    ret->kind = (enum verify_ask)kind;
    ret->result = -(int)reader_u8(&reader);
    reader_fixed(&reader, ret->group.bytes, GROUP_ID_BYTES);
    ret->request = reader_be64(&reader);
    ret->leaf = reader_be32(&reader);
    ret->more = reader_bool(&reader);
    ret->sums_right = reader_bool(&reader);
    ret->count = reader_be32(&reader);
    ret->list = reader_rest(&reader);
    return reader_done(&reader) && kind >= VERIFY_SUMS && kind <= VERIFY_KEYS &&
           ret->leaf < DIGEST_LEAVES && ret->count <= ret->list.len;
}

void verify_leaf_append(struct buf *out, const struct verify_leaf *leaf)
{
    buf_append_be32(out, leaf->leaf);
    buf_append_be64(out, leaf->count);
    append_u128(out, leaf->sum);
}

bool verify_leaf_read(struct reader *reader, struct verify_leaf *ret)
{
    ret->leaf = reader_be32(reader);
    ret->count = reader_be64(reader);
    ret->sum = reader_u128(reader);
    return !reader->failed && ret->leaf < DIGEST_LEAVES;
}

void verify_key_append(struct buf *out, const struct verify_key *key)
{
    buf_append_sized(out, key->key);
    buf_append_be64(out, key->version.time.bits);
    buf_append_be16(out, key->version.replica);
    append_u128(out, key->hash);
}

bool verify_key_read(struct reader *reader, struct verify_key *ret)
{
    ret->key = reader_sized_max(reader, SNAPSHOT_RESUME_BYTES_MAX);
    ret->version.time = reader_time(reader);
    ret->version.replica = reader_be16(reader);
    ret->hash = reader_u128(reader);
    return !reader->failed;
}
