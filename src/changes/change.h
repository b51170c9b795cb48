/*
 * change.h - one committed mutation of one item, as it stands in the log and travels on feeds.
 *
 * Change records are the only carrier of changes: streams, replication, recovery and metrics read
 * the log and nothing else. Layout (all integers big-endian): docs/disk-format.md. The sequence is
 * at a fixed offset because the committer assigns it last.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CHANGES_CHANGE_H
#define TROPIC_CHANGES_CHANGE_H

#include "base/bytes.h"
#include "base/status.h"
#include "changes/version.h"

enum change_kind { CHANGE_PUT = 1, CHANGE_DELETE = 2 };

enum change_flags {
    CHANGE_REPLICATED = 1 << 0,  /* applied here, written elsewhere */
    CHANGE_NOT_SHIPPED = 1 << 1, /* local only; a put may leave out its image */
    CHANGE_SERVICE = 1 << 2,     /* made by the service (TTL): userIdentity in streams */
    CHANGE_INVISIBLE = 1 << 3,   /* no stream record (backfill of a new replica) */
};

struct change {
    uint64_t sequence;    /* of the Region whose log this is; grows by commit order, with gaps */
    uint64_t incarnation; /* of that log */
    struct version version;
    struct context context;
    int64_t commit_ms;           /* wall clock of the Region whose log this is, at commit */
    uint64_t origin_incarnation; /* at the origin; equal to the above for own changes */
    uint64_t origin_sequence;
    int64_t origin_commit_ms; /* commit time at the origin: lag is measured from it */
    enum change_kind kind;
    uint8_t flags;
    struct slice key;      /* partition and sort key, as in item_key_encode */
    bool has_new, has_old; /* images present */
    bool existed;          /* an item stood there before, whether or not its image is kept */
    struct slice new_image, old_image; /* stored item format */
    u128 new_hash, old_hash;
    uint32_t new_size, old_size;
};

/** Made here, for everyone: what feeds send. */
static inline bool change_is_own(const struct change *change)
{
    return (change->flags & (CHANGE_REPLICATED | CHANGE_NOT_SHIPPED)) == 0;
}

/** Several changes: their number, and their bytes as they are encoded. */
struct change_sum {
    uint64_t count, bytes;
};

enum { CHANGE_SEQUENCE_OFFSET = 2 };

/** Appends the record with its CRC-32C. */
int change_encode(struct buf *out, const struct change *change);
/** Writes sequence and commit time into an encoded change (own changes: also the origin's) and
 *  renews its checksum. */
void change_set_sequence(uint8_t *encoded, size_t len, uint64_t sequence, int64_t commit_ms);
/** 0 or ST_CORRUPT. Slices are borrowed from bytes. Images are not item_check()ed. */
int change_decode(struct slice bytes, struct change *ret_change);

#endif
