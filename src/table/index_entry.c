/*
 * index_entry.c - see index_entry.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/index_entry.h"

#include <assert.h>
#include <string.h>

#include "base/hash.h"

enum { ESCAPE = 0x00, ESCAPED_ZERO = 0xff, PART_END = 0x01, PART_END_BYTES = 2 };

/* Every byte of the attributes may need escaping. */
static_assert(ITEM_KEY_ENCODED_AT + 2 * (PARTITION_KEY_BYTES_MAX + SORT_KEY_BYTES_MAX) +
                      2 * INDEX_KEY_PARTS_MAX * PART_END_BYTES + 2 + PARTITION_KEY_BYTES_MAX +
                      SORT_KEY_BYTES_MAX <=
                  ENGINE_KEY_BYTES_MAX,
              "the longest key of an entry fits the engine");

void index_entry_release(struct index_entry *entry)
{
    buf_release(&entry->key);
    buf_release(&entry->projected);
}

/* ---- keys ---- */

void index_prefix_append(struct buf *out, struct slice part)
{
    const uint8_t *zero;

    while (part.len > 0 && (zero = memchr(part.ptr, ESCAPE, part.len)) != NULL) {
        size_t run = (size_t)(zero - part.ptr) + 1;

        buf_append(out, part.ptr, run);
        buf_append_u8(out, ESCAPED_ZERO);
        part = slice_skip(part, run);
    }
    buf_append_slice(out, part);
}

void index_part_append(struct buf *out, struct slice part)
{
    index_prefix_append(out, part);
    buf_append_u8(out, ESCAPE);
    buf_append_u8(out, PART_END);
}

void index_hash_append(struct buf *out, uint32_t table, uint16_t index, uint64_t hash)
{
    buf_append_u8(out, SPACE_ITEMS);
    buf_append_be32(out, table);
    buf_append_be16(out, index);
    buf_append_be64(out, hash);
}

/* escaped: all attributes of the partition key, as storage keys have them. */
static uint64_t partition_hash(const struct schema_index *index, const struct slice *partition,
                               struct slice escaped)
{
    return hash64(index->partition_count == 1 ? partition[0] : escaped);
}

int schema_index_hash(const struct schema_index *index, const struct index_key *key,
                      uint64_t *ret_hash)
{
    struct buf escaped = BUF_EMPTY;
    int rc;

    for (uint32_t i = 0; i < index->partition_count; i++)
        index_part_append(&escaped, key->partition[i]);
    rc = buf_failed(&escaped) ? ST_NOMEM : 0;
    if (rc == 0)
        *ret_hash = partition_hash(index, key->partition, buf_slice(&escaped));
    buf_release(&escaped);
    return rc;
}

void index_partition_append(struct buf *out, uint32_t table, const struct schema_index *index,
                            const struct slice *partition)
{
    size_t start = out->len;
    uint64_t hash;

    index_hash_append(out, table, index->id, 0);
    for (uint32_t i = 0; i < index->partition_count; i++)
        index_part_append(out, partition[i]);
    if (buf_failed(out))
        return;
    hash =
        partition_hash(index, partition, slice_skip(buf_slice(out), start + ITEM_KEY_ENCODED_AT));
    be64_put(out->ptr + start + ITEM_KEY_HASH_AT, hash);
}

void index_bound_successor(struct buf *key)
{
    while (key->len > 0 && key->ptr[key->len - 1] == 0xff)
        key->len--;
    if (!buf_failed(key)) {
        assert(key->len > 0); /* spaces are far below 0xff */
        key->ptr[key->len - 1]++;
    }
}

bool index_entry_item_key(struct slice storage_key, uint32_t parts, struct slice *ret_encoded)
{
    struct slice rest;

    if (storage_key.len < ITEM_KEY_ENCODED_AT)
        return false;
    rest = slice_skip(storage_key, ITEM_KEY_ENCODED_AT);
    while (parts > 0) {
        const uint8_t *zero = rest.len > 0 ? memchr(rest.ptr, ESCAPE, rest.len) : NULL;
        size_t at = zero != NULL ? (size_t)(zero - rest.ptr) : rest.len;

        if (at + PART_END_BYTES > rest.len)
            return false;
        parts -= rest.ptr[at + 1] == PART_END;
        rest = slice_skip(rest, at + PART_END_BYTES);
    }
    *ret_encoded = rest;
    return true;
}

/* ---- projection ---- */

static int project(struct index_entry *entry, const struct schema *schema,
                   const struct schema_index *index, const struct record *record)
{
    struct value_iterator iterator;
    struct slice name;
    struct value value;
    uint64_t count = 0;

    if (index->projection == PROJECTION_ALL) {
        entry->item = record->item;
        entry->size = record->size;
        return 0;
    }
    iterator = item_iterate(record->item);
    while (value_next(&iterator, &name, &value))
        count += schema_index_holds(schema, index, name);
    buf_clear(&entry->projected);
    buf_append_varint(&entry->projected, count);
    entry->size = 0;
    iterator = item_iterate(record->item);
    while (value_next(&iterator, &name, &value)) { /* sorted by name, and so is what is left */
        if (!schema_index_holds(schema, index, name))
            continue;
        buf_append_sized(&entry->projected, name);
        buf_append_slice(&entry->projected, value.encoded);
        entry->size += (uint32_t)(name.len + value_size(&value));
    }
    entry->item = buf_slice(&entry->projected);
    return buf_failed(&entry->projected) ? ST_NOMEM : 0;
}

int index_entry_build(struct index_entry *entry, uint32_t table, const struct schema *schema,
                      const struct schema_index *index, struct slice encoded_key,
                      const struct record *record)
{
    struct index_key key;

    entry->present = false;
    entry->membership = INDEX_ABSENT;
    entry->size = 0;
    if (record == NULL)
        return 0;
    entry->membership = schema_index_key(index, record->item, &key);
    if (entry->membership != INDEX_MEMBER)
        return 0;
    entry->present = true;
    buf_clear(&entry->key);
    index_partition_append(&entry->key, table, index, key.partition);
    for (uint32_t i = 0; i < index->sort_count; i++)
        index_part_append(&entry->key, key.sort[i]);
    buf_append_slice(&entry->key, encoded_key);
    if (buf_failed(&entry->key))
        return ST_NOMEM;
    return project(entry, schema, index, record);
}

/* ---- values ---- */

int index_entry_value(const struct index_entry *entry, struct buf *out)
{
    size_t start = sealed_begin(out);

    buf_append_varint(out, entry->size);
    buf_append_slice(out, entry->item);
    return sealed_end(out, start);
}

int index_entry_read(struct slice value, uint32_t *ret_size, struct slice *ret_item)
{
    struct reader reader;
    struct slice payload;
    uint64_t size;
    int rc = sealed_open(value, &payload);

    if (rc < 0)
        return rc;
    reader = reader_of(payload);
    size = reader_varint(&reader);
    if (reader.failed || size > UINT32_MAX || reader_left(&reader) == 0)
        return ST_CORRUPT;
    *ret_size = (uint32_t)size;
    *ret_item = reader_bytes(&reader, reader_left(&reader));
    return 0;
}
