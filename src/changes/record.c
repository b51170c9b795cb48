/*
 * record.c - the bytes of a stored record. The layout is in record.h and docs/disk-format.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "changes/record.h"

#include <assert.h>

#include "base/hash.h"

enum {
    RECORD_FORMAT = 1,
    RECORD_DELETED = 1 << 0,
    RECORD_HEAD_BYTES = 28, /* up to and including the hash */
    CRC_BYTES = 4,
};

int record_encode(struct buf *out, const struct record *record)
{
    size_t start = out->len;
    uint8_t head[RECORD_HEAD_BYTES];

    assert(record->deleted ? record->item.len == 0 : record->item.len > 0);
    head[0] = RECORD_FORMAT;
    head[1] = record->deleted ? RECORD_DELETED : 0;
    be64_put(head + 2, record->version.time.bits);
    be16_put(head + 10, record->version.replica);
    be64_put(head + 12, (uint64_t)(record->hash >> 64));
    be64_put(head + 20, (uint64_t)record->hash);
    buf_append(out, head, sizeof(head));
    buf_append_varint(out, record->size);
    context_encode(out, &record->context);
    buf_append_be32(out, 0); /* encryption key id and nonce length: none yet */
    buf_append_u8(out, 0);
    buf_append_slice(out, record->item);
    if (buf_failed(out))
        return ST_NOMEM;
    return buf_append_be32(out, crc32c(0, slice_of(out->ptr + start, out->len - start)));
}

int record_decode(struct slice bytes, struct record *ret_record)
{
    struct record record = {.deleted = false};
    struct reader reader;
    uint64_t size;
    uint8_t flags;

    if (bytes.len < RECORD_HEAD_BYTES + CRC_BYTES)
        return ST_CORRUPT;
    bytes.len -= CRC_BYTES;
    if (crc32c(0, bytes) != be32_get(bytes.ptr + bytes.len))
        return ST_CORRUPT;

    reader = reader_of(bytes);
    if (reader_u8(&reader) != RECORD_FORMAT)
        return ST_CORRUPT;
    flags = reader_u8(&reader);
    record.deleted = flags & RECORD_DELETED;
    record.version.time.bits = reader_be64(&reader);
    record.version.replica = reader_be16(&reader);
    record.hash = (u128)reader_be64(&reader) << 64;
    record.hash |= reader_be64(&reader);
    size = reader_varint(&reader);
    record.size = (uint32_t)size;
    context_read(&reader, &record.context);
    if (reader_be32(&reader) != 0 || reader_u8(&reader) != 0) /* encrypted: not by this version */
        return ST_CORRUPT;
    if (reader.failed || (flags & ~RECORD_DELETED) != 0 || size > UINT32_MAX)
        return ST_CORRUPT;
    record.item = reader_bytes(&reader, reader_left(&reader));
    if (record.deleted ? record.item.len != 0 || record.hash != 0 : record.item.len == 0)
        return ST_CORRUPT;
    *ret_record = record;
    return 0;
}
