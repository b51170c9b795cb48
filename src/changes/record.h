/*
 * record.h - what is stored under an item's key: live items and tombstones.
 *
 *   u8  format (1)      u8 flags        u64 time      u16 replica     u128 hash    varint size
 *   context             u32 key id, u8 nonce length (0 today; reserved for encryption)
 *   item bytes (live only)
 *   u32 CRC-32C of everything before
 *
 * hash is the keyed 128-bit hash of (item key, version, item bytes) that digests sum; 0 for
 * tombstones. A record that fails its checksum is never served (ST_CORRUPT).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CHANGES_RECORD_H
#define TROPIC_CHANGES_RECORD_H

#include "base/bytes.h"
#include "base/status.h"
#include "changes/version.h"

struct record {
    struct version version;
    struct context context;
    bool deleted; /* a tombstone; item is empty */
    u128 hash;
    uint32_t size;     /* DynamoDB's item size */
    struct slice item; /* stored item format; borrowed */
};

int record_encode(struct buf *out, const struct record *record);
/** 0 or ST_CORRUPT. The item is borrowed from bytes. */
int record_decode(struct slice bytes, struct record *ret_record);

#endif
