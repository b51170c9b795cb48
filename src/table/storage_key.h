/*
 * storage_key.h - the engine's key spaces of one Region, and the seal around small values.
 *
 * All integers are big-endian, so byte order is logical order. docs/disk-format.md has the layouts.
 * Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_STORAGE_KEY_H
#define TROPIC_TABLE_STORAGE_KEY_H

#include "base/bytes.h"
#include "changes/version.h"
#include "engine/engine.h"
#include "table/schema.h"

/* First byte of a key. On disk: never renumber. */
enum storage_space {
    /* family ENGINE_DATA */
    SPACE_ITEMS = 0x01,       /* table, index, hash, key -> record */
    SPACE_TOMBSTONES = 0x02,  /* as items -> record */
    SPACE_PURGE = 0x03,       /* table, version, hash, key -> nothing: tombstones by age */
    SPACE_CONFLICTS = 0x04,   /* table, log group, sequence -> both records */
    SPACE_DIGESTS = 0x05,     /* table -> leaves and log position */
    SPACE_COUNTERS = 0x06,    /* table -> tombstones, conflicts */
    SPACE_FLOORS = 0x07,      /* table -> floor */
    SPACE_TRIMMED = 0x08,     /* table, log group -> greatest sequence trimmed */
    SPACE_EXPIRY = 0x09,      /* table, log group, second, hash, key -> nothing: items by expiry */
    SPACE_INDEXES = 0x0a,     /* table -> entries and bytes of each index */
    SPACE_BACKFILLS = 0x0b,   /* table, index, log group -> how far a new index is filled */
    SPACE_COLLECTIONS = 0x0c, /* table, 0, hash, partition key -> bytes of the item collection */
    SPACE_SHARDS = 0x0d,      /* table, log group, sequence -> two times: shards.c */
    SPACE_CATALOGUE = 0x20,   /* table -> schema */
    SPACE_META = 0x21,        /* owner '/' name -> of other modules */
    SPACE_IDENTITY = 0x22,    /* -> format number, folder id, Region */
    SPACE_MARK = 0x23,        /* -> last sequence, clock's high-water mark, next table id */
    SPACE_TOKENS = 0x24,      /* window, account, client's token -> of a committed transaction */
    /* family ENGINE_LOG */
    SPACE_CHANGES = 0x01, /* table, log group, sequence -> change */
};

enum {
    STORAGE_FORMAT = 1, /* of a data folder */
    INDEX_BASE = 0,     /* the table itself; other numbers are ids of its indexes */
    /* Of all keys but those of index entries (index_entry.h). */
    STORAGE_KEY_BYTES_MAX = 4096,
    /* Offsets in item keys. */
    ITEM_KEY_HASH_AT = 1 + 4 + 2,
    ITEM_KEY_ENCODED_AT = ITEM_KEY_HASH_AT + 8,
    PURGE_KEY_HASH_AT = 1 + 4 + 8 + 2,
    EXPIRY_KEY_SECOND_AT = 1 + 4 + 1,
    EXPIRY_KEY_HASH_AT = EXPIRY_KEY_SECOND_AT + 8,
    SEQUENCE_KEY_BYTES = 1 + 4 + 1 + 8,
    SEQUENCE_KEY_GROUP_AT = 1 + 4,
    SEQUENCE_KEY_SEQUENCE_AT = 1 + 4 + 1,
};

struct storage_key {
    size_t len;
    uint8_t bytes[STORAGE_KEY_BYTES_MAX];
};
static inline struct slice storage_key_slice(const struct storage_key *key)
{
    return slice_of(key->bytes, key->len);
}

/** SPACE_ITEMS or SPACE_TOMBSTONES. */
void storage_key_item(struct storage_key *key, enum storage_space space, uint32_t table,
                      const struct item_key *item);
/** The same from an encoded item key (already checked). */
void storage_key_item_encoded(struct storage_key *key, enum storage_space space, uint32_t table,
                              uint64_t hash, struct slice encoded);
/** The least item key of a hash. */
void storage_key_hash(struct storage_key *key, enum storage_space space, uint32_t table,
                      uint64_t hash);
/** The least key above all item keys whose hash is at most `hash`. */
void storage_key_after_hash(struct storage_key *key, enum storage_space space, uint32_t table,
                            uint64_t hash);
/** The purge queue's entry of a tombstone; item_key: the tombstone's storage key. */
void storage_key_purge(struct storage_key *key, uint32_t table, struct version version,
                       struct slice item_key);
/** The expiry entry of an item; item_key: the item's storage key. */
void storage_key_expiry(struct storage_key *key, uint32_t table, uint64_t second,
                        struct slice item_key);
/** The least expiry entry of a log group from `second` on. */
void storage_key_expiry_from(struct storage_key *key, uint32_t table, uint32_t log_group,
                             uint64_t second);
/** SPACE_CHANGES, SPACE_CONFLICTS or SPACE_SHARDS. */
void storage_key_sequence(struct storage_key *key, enum storage_space space, uint32_t table,
                          uint32_t log_group, uint64_t sequence);
/** space alone; space and table; space, table and one byte. */
void storage_key_space(struct storage_key *key, enum storage_space space);
void storage_key_table(struct storage_key *key, enum storage_space space, uint32_t table);
void storage_key_group(struct storage_key *key, enum storage_space space, uint32_t table,
                       uint32_t log_group);
/** The least key above every key that begins with `key`. */
void storage_key_successor(struct storage_key *key);

/** False: bytes are not an item key of `has_sort`. */
bool storage_key_read_item(struct slice bytes, bool has_sort, uint64_t *ret_hash,
                           struct item_key *ret_key);

/* ---- sealed values ---- */

/** u8 format (1), payload, CRC-32C of both. */
int sealed_append(struct buf *out, struct slice payload);
/** The same around a payload that is appended in between: returns what sealed_end() wants. */
size_t sealed_begin(struct buf *out);
int sealed_end(struct buf *out, size_t start);
/** 0 or ST_CORRUPT; the payload is borrowed. */
int sealed_open(struct slice bytes, struct slice *ret_payload);
/** Puts a sealed value; `scratch` is cleared and used. */
void batch_put_sealed(struct batch *batch, const struct storage_key *key, struct slice payload,
                      struct buf *scratch);

#endif
