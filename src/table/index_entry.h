/*
 * index_entry.h - the entry of one item in one secondary index: its storage key and its value.
 *
 *   key    space, u32 table, u16 index, u64 hash, each key attribute escaped, encoded item key
 *   value  sealed: varint DynamoDB size of the projected item, projected item
 *
 * An attribute is written with 00 -> 00 FF and ended by 00 01, so that memcmp orders tuples as
 * DynamoDB does: attribute by attribute, a shorter string before its extensions. The hash is that
 * of the index's partition key: of one attribute its key bytes (so a local index has the hash of
 * its table), of several the escaped attributes with their ends.
 *
 * An entry is a pure function of schema and item. Nothing ever reads an entry to find out what to
 * do with it.
 *
 * Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_INDEX_ENTRY_H
#define TROPIC_TABLE_INDEX_ENTRY_H

#include "changes/record.h"
#include "table/storage_key.h"

struct index_entry {
    bool present;
    enum index_membership membership;
    struct buf key;    /* storage key */
    struct slice item; /* projected: the record's own bytes, or `projected` */
    struct buf projected;
    uint32_t size; /* DynamoDB size of the projected item */
};

void index_entry_release(struct index_entry *entry);
/**
 * The entry of a live record, or of none (NULL: not present). `encoded_key` is the item's. Borrows
 * from the record. 0 or ST_NOMEM.
 */
int index_entry_build(struct index_entry *entry, uint32_t table, const struct schema *schema,
                      const struct schema_index *index, struct slice encoded_key,
                      const struct record *record);
/** The value of an entry that is present, appended. */
int index_entry_value(const struct index_entry *entry, struct buf *out);

/** 0 or ST_CORRUPT. The item is borrowed from the value. */
int index_entry_read(struct slice value, uint32_t *ret_size, struct slice *ret_item);
/** The encoded item key at the end of the storage key of an entry with that many attributes: false
 * when it is none. */
bool index_entry_item_key(struct slice storage_key, uint32_t parts, struct slice *ret_encoded);

/* ---- bounds ---- */

/** One attribute, escaped and ended; without its end it is a prefix of all that begins with it. */
void index_part_append(struct buf *out, struct slice part);
void index_prefix_append(struct buf *out, struct slice part);
/** Space, table, index and hash of a partition key, then its attributes. */
void index_partition_append(struct buf *out, uint32_t table, const struct schema_index *index,
                            const struct slice *partition);
/** The least key of a hash. */
void index_hash_append(struct buf *out, uint32_t table, uint16_t index, uint64_t hash);
/** The least key above all that begin with `key`. */
void index_bound_successor(struct buf *key);

#endif
