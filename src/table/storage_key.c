/*
 * storage_key.c - see storage_key.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/storage_key.h"

#include <assert.h>

#include "base/hash.h"

enum { SEALED_FORMAT = 1, SEALED_OVERHEAD = 1 + 4 };

static_assert(PURGE_KEY_HASH_AT + 8 + 2 + PARTITION_KEY_BYTES_MAX + SORT_KEY_BYTES_MAX <=
                  STORAGE_KEY_BYTES_MAX,
              "the longest key fits");
static_assert((int)STORAGE_KEY_BYTES_MAX <= (int)ENGINE_KEY_BYTES_MAX, "it fits the engine");

static void append(struct storage_key *key, struct slice bytes)
{
    assert(key->len + bytes.len <= sizeof(key->bytes));
    if (bytes.len > 0)
        memcpy(key->bytes + key->len, bytes.ptr, bytes.len);
    key->len += bytes.len;
}

void storage_key_space(struct storage_key *key, enum storage_space space)
{
    key->bytes[0] = (uint8_t)space;
    key->len = 1;
}

void storage_key_table(struct storage_key *key, enum storage_space space, uint32_t table)
{
    key->bytes[0] = (uint8_t)space;
    be32_put(key->bytes + 1, table);
    key->len = 5;
}

void storage_key_group(struct storage_key *key, enum storage_space space, uint32_t table,
                       uint32_t log_group)
{
    storage_key_table(key, space, table);
    key->bytes[key->len++] = (uint8_t)log_group;
}

void storage_key_sequence(struct storage_key *key, enum storage_space space, uint32_t table,
                          uint32_t log_group, uint64_t sequence)
{
    storage_key_group(key, space, table, log_group);
    be64_put(key->bytes + key->len, sequence);
    key->len += 8;
}

void storage_key_hash(struct storage_key *key, enum storage_space space, uint32_t table,
                      uint64_t hash)
{
    storage_key_table(key, space, table);
    be16_put(key->bytes + 5, INDEX_BASE);
    be64_put(key->bytes + ITEM_KEY_HASH_AT, hash);
    key->len = ITEM_KEY_ENCODED_AT;
}

void storage_key_after_hash(struct storage_key *key, enum storage_space space, uint32_t table,
                            uint64_t hash)
{
    storage_key_hash(key, space, table, hash);
    storage_key_successor(key);
}

void storage_key_item_encoded(struct storage_key *key, enum storage_space space, uint32_t table,
                              uint64_t hash, struct slice encoded)
{
    storage_key_hash(key, space, table, hash);
    append(key, encoded);
}

void storage_key_item(struct storage_key *key, enum storage_space space, uint32_t table,
                      const struct item_key *item)
{
    uint8_t len[2];

    storage_key_hash(key, space, table, item_key_hash(item));
    be16_put(len, (uint16_t)item->partition.len);
    append(key, slice_of(len, 2));
    append(key, item->partition);
    append(key, item->sort);
}

void storage_key_purge(struct storage_key *key, uint32_t table, struct version version,
                       struct slice item_key)
{
    storage_key_table(key, SPACE_PURGE, table);
    be64_put(key->bytes + 5, version.time.bits);
    be16_put(key->bytes + 13, version.replica);
    key->len = PURGE_KEY_HASH_AT;
    append(key, slice_skip(item_key, ITEM_KEY_HASH_AT));
}

void storage_key_expiry_from(struct storage_key *key, uint32_t table, uint32_t log_group,
                             uint64_t second)
{
    storage_key_group(key, SPACE_EXPIRY, table, log_group);
    be64_put(key->bytes + key->len, second);
    key->len += 8;
}

void storage_key_expiry(struct storage_key *key, uint32_t table, uint64_t second,
                        struct slice item_key)
{
    uint64_t hash = be64_get(item_key.ptr + ITEM_KEY_HASH_AT);

    storage_key_expiry_from(key, table, partition_of_hash(hash), second);
    append(key, slice_skip(item_key, ITEM_KEY_HASH_AT));
}

void storage_key_successor(struct storage_key *key)
{
    while (key->len > 0 && key->bytes[key->len - 1] == 0xff)
        key->len--;
    assert(key->len > 0); /* spaces are far below 0xff */
    key->bytes[key->len - 1]++;
}

bool storage_key_read_item(struct slice bytes, bool has_sort, uint64_t *ret_hash,
                           struct item_key *ret_key)
{
    if (bytes.len < ITEM_KEY_ENCODED_AT ||
        item_key_decode(slice_skip(bytes, ITEM_KEY_ENCODED_AT), has_sort, ret_key) < 0)
        return false;
    *ret_hash = be64_get(bytes.ptr + ITEM_KEY_HASH_AT);
    return true;
}

size_t sealed_begin(struct buf *out)
{
    buf_append_u8(out, SEALED_FORMAT);
    return out->len - 1; /* after a failure nobody looks at it */
}

int sealed_end(struct buf *out, size_t start)
{
    if (buf_failed(out))
        return ST_NOMEM;
    return buf_append_be32(out, crc32c(0, slice_of(out->ptr + start, out->len - start)));
}

int sealed_append(struct buf *out, struct slice payload)
{
    size_t start = sealed_begin(out);

    buf_append_slice(out, payload);
    return sealed_end(out, start);
}

int sealed_open(struct slice bytes, struct slice *ret_payload)
{
    if (bytes.len < SEALED_OVERHEAD || bytes.ptr[0] != SEALED_FORMAT ||
        crc32c(0, slice_of(bytes.ptr, bytes.len - 4)) != be32_get(bytes.ptr + bytes.len - 4))
        return ST_CORRUPT;
    *ret_payload = slice_of(bytes.ptr + 1, bytes.len - SEALED_OVERHEAD);
    return 0;
}

void batch_put_sealed(struct batch *batch, const struct storage_key *key, struct slice payload,
                      struct buf *scratch)
{
    buf_clear(scratch);
    if (sealed_append(scratch, payload) < 0)
        batch->ops.failed = true; /* engine_commit answers ST_NOMEM */
    else
        batch_put(batch, ENGINE_DATA, storage_key_slice(key), buf_slice(scratch));
}
