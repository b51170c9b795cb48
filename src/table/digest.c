/*
 * digest.c - what a table holds, in 1,024 sums: two replicas are equal when all of theirs are.
 *
 * A leaf is a slice of the hash space (the top ten bits of a partition key's hash), independent of
 * partitions. Its sum is that of the record hashes of its live items, modulo 2^128: adding and
 * taking away commute, so a change needs only the hashes before and after it, which its record in
 * the log carries. Tombstones do not count: replicas forget them at different moments.
 *
 * The sums in memory are those of the durable state. Now and then they are stored, in some batch,
 * as of the watermark before that batch; after a crash the log's tail above that position brings
 * them up to date. The log is therefore never trimmed above it.
 *
 * A record hash is keyed, so that clients cannot craft collisions. The key is expanded from the
 * schema's digest key, which all replicas of a group share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "table/store_priv.h"

enum {
    DIGEST_FLUSH_CHANGES = 4096, /* ours: 32 KiB of sums beside 4 MiB and more of changes */
    DIGEST_FORMAT = 1,
};

/* ---- record hashes ---- */

void table__hash_key(const uint8_t digest_key[32], uint8_t ret_key[HASH_KEY_BYTES])
{
    uint8_t seed[32 + 8];

    memcpy(seed, digest_key, 32);
    for (uint64_t i = 0; i < HASH_KEY_BYTES / 8; i++) {
        be64_put(seed + 32, i);
        be64_put(ret_key + 8 * i, hash64(slice_of(seed, sizeof(seed))));
    }
}

int table__record_hash(const struct table *table, struct slice encoded_key, struct version version,
                       struct slice item, struct buf *scratch, u128 *ret_hash)
{
    buf_clear(scratch);
    if (buf_reserve(scratch, 4 + encoded_key.len + 10 + item.len) < 0)
        return ST_NOMEM;
    buf_append_be32(scratch, (uint32_t)encoded_key.len);
    buf_append_slice(scratch, encoded_key);
    buf_append_be64(scratch, version.time.bits);
    buf_append_be16(scratch, version.replica);
    buf_append_slice(scratch, item);
    *ret_hash = hash128_keyed(table->hash_key, buf_slice(scratch));
    if (*ret_hash == 0)
        *ret_hash = 1; /* 0 is a tombstone's */
    return 0;
}

/* ---- sums ---- */

static void leaf_add(struct table *table, const struct digest_delta *delta)
{
    struct digest_leaf *leaf = &table->leaves[delta->leaf];

    leaf->sum += delta->sum;
    leaf->count += (uint64_t)(int64_t)delta->count;
    leaf->bytes += (uint64_t)delta->bytes;
    table->items += (uint64_t)(int64_t)delta->count;
    table->bytes += (uint64_t)delta->bytes;
}

bool digest__add(struct table *table, const struct unit *unit)
{
    bool due;

    pthread_mutex_lock(&table->lock);
    for (uint32_t i = 0; i < unit->delta_count; i++)
        leaf_add(table, &unit->deltas[i]);
    table->changes_unflushed += unit->changes;
    log__count_own(table, unit);
    due = table->changes_unflushed >= DIGEST_FLUSH_CHANGES;
    pthread_mutex_unlock(&table->lock);
    return due;
}

void store_digest(struct store *store, struct table *table,
                  struct digest_leaf ret_leaves[DIGEST_LEAVES])
{
    (void)store;
    pthread_mutex_lock(&table->lock);
    memcpy(ret_leaves, table->leaves, DIGEST_LEAVES * sizeof(*ret_leaves));
    pthread_mutex_unlock(&table->lock);
}

/* ---- on disk: format, position, then the leaves that are not empty ---- */

int digest__put(struct table *table, struct batch *batch, uint64_t position)
{
    struct buf value = BUF_EMPTY, scratch = BUF_EMPTY;
    struct storage_key key;
    int rc;

    buf_append_u8(&value, DIGEST_FORMAT);
    buf_append_be64(&value, position);
    pthread_mutex_lock(&table->lock);
    for (uint32_t i = 0; i < DIGEST_LEAVES; i++) {
        const struct digest_leaf *leaf = &table->leaves[i];

        if (leaf->count == 0 && leaf->sum == 0 && leaf->bytes == 0)
            continue;
        buf_append_be16(&value, (uint16_t)i);
        buf_append_be64(&value, (uint64_t)(leaf->sum >> 64));
        buf_append_be64(&value, (uint64_t)leaf->sum);
        buf_append_varint(&value, leaf->count);
        buf_append_varint(&value, leaf->bytes);
    }
    pthread_mutex_unlock(&table->lock);
    rc = buf_failed(&value) ? ST_NOMEM : 0;
    if (rc == 0) {
        storage_key_table(&key, SPACE_DIGESTS, table->id);
        batch_put_sealed(batch, &key, buf_slice(&value), &scratch);
    }
    buf_release(&value);
    buf_release(&scratch);
    return rc;
}

void digest__flushed(struct table *table, uint64_t position)
{
    pthread_mutex_lock(&table->lock);
    table->digest_position = position;
    table->changes_unflushed = 0; /* those of the batch itself are counted after this */
    pthread_mutex_unlock(&table->lock);
    atomic_store(&table->digest_wanted, false);
}

static int digest_read(struct table *table, struct slice payload)
{
    struct reader reader = reader_of(payload);
    uint64_t position;

    if (reader_u8(&reader) != DIGEST_FORMAT)
        return ST_CORRUPT;
    position = reader_be64(&reader);
    while (!reader.failed && reader_left(&reader) > 0) {
        struct digest_delta delta = {.leaf = reader_be16(&reader)};

        delta.sum = (u128)reader_be64(&reader) << 64;
        delta.sum |= reader_be64(&reader);
        delta.count = 0;
        if (delta.leaf >= DIGEST_LEAVES)
            return ST_CORRUPT;
        table->leaves[delta.leaf].count = reader_varint(&reader);
        table->leaves[delta.leaf].bytes = reader_varint(&reader);
        table->leaves[delta.leaf].sum = delta.sum;
        table->items += table->leaves[delta.leaf].count;
        table->bytes += table->leaves[delta.leaf].bytes;
    }
    if (reader.failed)
        return ST_CORRUPT;
    table->digest_position = position;
    return 0;
}

/** Adds what one change of the log's tail did. */
static int replay_change(struct table *table, struct slice bytes)
{
    struct digest_delta delta = {.leaf = 0};
    struct change change;
    struct item_key key;

    if (change_decode(bytes, &change) < 0 || item_key_decode(change.key, table->has_sort, &key) < 0)
        return ST_CORRUPT;
    delta.leaf = table_leaf_of_hash(item_key_hash(&key));
    if (change.existed) {
        delta.count--;
        delta.bytes -= change.old_size;
        delta.sum -= change.old_hash;
    }
    if (change.kind == CHANGE_PUT) {
        delta.count++;
        delta.bytes += change.new_size;
        delta.sum += change.new_hash;
    }
    leaf_add(table, &delta);
    table->changes_unflushed++;
    return 0;
}

static int replay_group(struct store *store, struct table *table, uint32_t log_group)
{
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    int rc;

    storage_key_sequence(&lower, SPACE_CHANGES, table->id, log_group, table->digest_position + 1);
    storage_key_group(&upper, SPACE_CHANGES, table->id, log_group);
    storage_key_successor(&upper);
    rc = engine_iterate(store->engine, ENGINE_LOG, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        int change_rc = replay_change(table, engine_iterator_value(iterator));

        if (change_rc < 0) {
            rc = change_rc;
            break;
        }
    }
    engine_iterator_free(iterator);
    return rc < 0 ? rc : 0;
}

int digest__load(struct store *store, struct table *table)
{
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;
    struct slice payload;
    int rc;

    storage_key_table(&key, SPACE_DIGESTS, table->id);
    rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(&key), ENGINE_READ_ANY, &pin);
    if (rc == 0) {
        rc = sealed_open(pin.value, &payload);
        if (rc == 0)
            rc = digest_read(table, payload);
        engine_unpin(&pin);
    } else if (rc == ST_NOTFOUND) {
        rc = 0; /* nothing stored yet: everything is in the log */
    }
    for (uint32_t i = 0; i < TABLE_PARTITIONS && rc == 0; i++)
        rc = replay_group(store, table, i);
    return rc;
}

/* ---- counting anew ---- */

static int each_live(struct store *store, struct table *table, uint64_t hash_from, uint64_t hash_to,
                     int (*visit)(void *context, struct slice storage_key,
                                  const struct record *record),
                     void *context)
{
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    int rc;

    storage_key_hash(&lower, SPACE_ITEMS, table->id, hash_from);
    storage_key_after_hash(&upper, SPACE_ITEMS, table->id, hash_to);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        struct slice key = engine_iterator_key(iterator);
        struct record record;

        if (key.len <= ITEM_KEY_ENCODED_AT ||
            record_decode(engine_iterator_value(iterator), &record) < 0) {
            rc = ST_CORRUPT;
            break;
        }
        rc = visit(context, key, &record);
        if (rc != 0)
            break;
    }
    engine_iterator_free(iterator);
    return rc < 0 ? rc : 0;
}

struct recount {
    struct table *table;
    struct digest_leaf *leaves;
    struct buf scratch;
};

static int recount_record(void *context, struct slice key, const struct record *record)
{
    struct recount *recount = context;
    struct digest_leaf *leaf =
        &recount->leaves[table_leaf_of_hash(be64_get(key.ptr + ITEM_KEY_HASH_AT))];
    u128 hash;
    int rc = table__record_hash(recount->table, slice_skip(key, ITEM_KEY_ENCODED_AT),
                                record->version, record->item, &recount->scratch, &hash);

    if (rc < 0)
        return rc;
    leaf->sum += hash;
    leaf->count++;
    leaf->bytes += record->size;
    return 0;
}

int store_digest_recompute(struct store *store, struct table *table,
                           struct digest_leaf ret_leaves[DIGEST_LEAVES])
{
    struct recount recount = {.table = table, .leaves = ret_leaves};
    int rc;

    memset(ret_leaves, 0, DIGEST_LEAVES * sizeof(*ret_leaves));
    rc = each_live(store, table, 0, UINT64_MAX, recount_record, &recount);
    buf_release(&recount.scratch);
    return rc;
}

struct leaf_visit {
    int (*visit)(void *context, struct slice encoded_key, const struct record *record);
    void *context;
};

static int visit_encoded(void *context, struct slice key, const struct record *record)
{
    struct leaf_visit *leaf = context;

    return leaf->visit(leaf->context, slice_skip(key, ITEM_KEY_ENCODED_AT), record);
}

int store_digest_leaf_each(struct store *store, struct table *table, uint32_t leaf,
                           int (*visit)(void *context, struct slice encoded_key,
                                        const struct record *record),
                           void *context)
{
    struct leaf_visit leaf_visit = {.visit = visit, .context = context};
    uint64_t from = (uint64_t)leaf << 54;

    assert(leaf < DIGEST_LEAVES);
    return each_live(store, table, from, from | ((UINT64_C(1) << 54) - 1), visit_encoded,
                     &leaf_visit);
}
