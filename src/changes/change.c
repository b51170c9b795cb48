/*
 * change.c - the bytes of a change record. The layout is in docs/disk-format.md.
 *
 * The head has a fixed size and begins, after format and flags, with what the committer fills in
 * last: sequence and commit time, and for own changes the same two once more as the origin's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "changes/change.h"

#include <assert.h>

#include "base/hash.h"

enum {
    CHANGE_FORMAT = 1,
    CHANGE_FLAGS_ALL = CHANGE_REPLICATED | CHANGE_NOT_SHIPPED | CHANGE_SERVICE | CHANGE_INVISIBLE,

    /* Offsets in the head. */
    AT_FORMAT = 0,
    AT_FLAGS = 1,
    AT_SEQUENCE = CHANGE_SEQUENCE_OFFSET,
    AT_COMMIT_MS = 10,
    AT_INCARNATION = 18,
    AT_ORIGIN_INCARNATION = 26,
    AT_ORIGIN_SEQUENCE = 34,
    AT_ORIGIN_COMMIT_MS = 42,
    AT_TIME = 50,
    AT_REPLICA = 58,
    AT_KIND = 60,
    AT_PRESENT = 61,
    AT_NEW_HASH = 62,
    AT_OLD_HASH = 78,
    AT_NEW_SIZE = 94,
    AT_OLD_SIZE = 98,
    HEAD_BYTES = 102,
    CRC_BYTES = 4,

    PRESENT_NEW = 1 << 0,
    PRESENT_OLD = 1 << 1,
    PRESENT_EXISTED = 1 << 2,
    PRESENT_ALL = PRESENT_NEW | PRESENT_OLD | PRESENT_EXISTED,
};

static void hash_put(uint8_t *to, u128 hash)
{
    be64_put(to, (uint64_t)(hash >> 64));
    be64_put(to + 8, (uint64_t)hash);
}

static u128 hash_get(const uint8_t *from)
{
    return (u128)be64_get(from) << 64 | be64_get(from + 8);
}

int change_encode(struct buf *out, const struct change *change)
{
    size_t start = out->len;
    uint8_t head[HEAD_BYTES];

    assert(change->kind == CHANGE_PUT || change->kind == CHANGE_DELETE);
    assert((change->flags & ~CHANGE_FLAGS_ALL) == 0);
    head[AT_FORMAT] = CHANGE_FORMAT;
    head[AT_FLAGS] = change->flags;
    be64_put(head + AT_SEQUENCE, change->sequence);
    be64_put(head + AT_COMMIT_MS, (uint64_t)change->commit_ms);
    be64_put(head + AT_INCARNATION, change->incarnation);
    be64_put(head + AT_ORIGIN_INCARNATION, change->origin_incarnation);
    be64_put(head + AT_ORIGIN_SEQUENCE, change->origin_sequence);
    be64_put(head + AT_ORIGIN_COMMIT_MS, (uint64_t)change->origin_commit_ms);
    be64_put(head + AT_TIME, change->version.time.bits);
    be16_put(head + AT_REPLICA, change->version.replica);
    head[AT_KIND] = (uint8_t)change->kind;
    head[AT_PRESENT] =
        (uint8_t)((change->has_new ? PRESENT_NEW : 0) | (change->has_old ? PRESENT_OLD : 0) |
                  (change->existed ? PRESENT_EXISTED : 0));
    hash_put(head + AT_NEW_HASH, change->new_hash);
    hash_put(head + AT_OLD_HASH, change->old_hash);
    be32_put(head + AT_NEW_SIZE, change->new_size);
    be32_put(head + AT_OLD_SIZE, change->old_size);
    buf_append(out, head, sizeof(head));
    context_encode(out, &change->context);
    buf_append_sized(out, change->key);
    if (change->has_new)
        buf_append_sized(out, change->new_image);
    if (change->has_old)
        buf_append_sized(out, change->old_image);
    if (buf_failed(out))
        return ST_NOMEM;
    return buf_append_be32(out, crc32c(0, slice_of(out->ptr + start, out->len - start)));
}

void change_set_sequence(uint8_t *encoded, size_t len, uint64_t sequence, int64_t commit_ms)
{
    assert(len >= HEAD_BYTES + CRC_BYTES);
    be64_put(encoded + AT_SEQUENCE, sequence);
    be64_put(encoded + AT_COMMIT_MS, (uint64_t)commit_ms);
    if (!(encoded[AT_FLAGS] & CHANGE_REPLICATED)) {
        be64_put(encoded + AT_ORIGIN_SEQUENCE, sequence);
        be64_put(encoded + AT_ORIGIN_COMMIT_MS, (uint64_t)commit_ms);
    }
    be32_put(encoded + len - CRC_BYTES, crc32c(0, slice_of(encoded, len - CRC_BYTES)));
}

int change_decode(struct slice bytes, struct change *ret_change)
{
    const uint8_t *head = bytes.ptr;
    struct change change = {.sequence = 0};
    struct reader reader;
    uint8_t present;

    if (bytes.len < HEAD_BYTES + CRC_BYTES)
        return ST_CORRUPT;
    bytes.len -= CRC_BYTES;
    if (crc32c(0, bytes) != be32_get(bytes.ptr + bytes.len))
        return ST_CORRUPT;
    present = head[AT_PRESENT];
    if (head[AT_FORMAT] != CHANGE_FORMAT || (head[AT_FLAGS] & ~CHANGE_FLAGS_ALL) != 0 ||
        (present & ~PRESENT_ALL) != 0 ||
        (head[AT_KIND] != CHANGE_PUT && head[AT_KIND] != CHANGE_DELETE))
        return ST_CORRUPT;

    change.flags = head[AT_FLAGS];
    change.sequence = be64_get(head + AT_SEQUENCE);
    change.commit_ms = (int64_t)be64_get(head + AT_COMMIT_MS);
    change.incarnation = be64_get(head + AT_INCARNATION);
    change.origin_incarnation = be64_get(head + AT_ORIGIN_INCARNATION);
    change.origin_sequence = be64_get(head + AT_ORIGIN_SEQUENCE);
    change.origin_commit_ms = (int64_t)be64_get(head + AT_ORIGIN_COMMIT_MS);
    change.version.time.bits = be64_get(head + AT_TIME);
    change.version.replica = be16_get(head + AT_REPLICA);
    change.kind = (enum change_kind)head[AT_KIND];
    change.has_new = present & PRESENT_NEW;
    change.has_old = present & PRESENT_OLD;
    change.existed = present & PRESENT_EXISTED;
    change.new_hash = hash_get(head + AT_NEW_HASH);
    change.old_hash = hash_get(head + AT_OLD_HASH);
    change.new_size = be32_get(head + AT_NEW_SIZE);
    change.old_size = be32_get(head + AT_OLD_SIZE);

    reader = reader_of(slice_skip(bytes, HEAD_BYTES));
    context_read(&reader, &change.context);
    change.key = reader_sized(&reader);
    if (change.has_new)
        change.new_image = reader_sized(&reader);
    if (change.has_old)
        change.old_image = reader_sized(&reader);
    if (!reader_done(&reader))
        return ST_CORRUPT;
    /* A put carries its image, unless nobody outside will ever see it; a delete never does. */
    if (change.kind == CHANGE_PUT && !change.has_new && !(change.flags & CHANGE_NOT_SHIPPED))
        return ST_CORRUPT;
    if ((change.has_new && change.kind != CHANGE_PUT) || (change.has_old && !change.existed))
        return ST_CORRUPT;
    *ret_change = change;
    return 0;
}
