/*
 * batch.c - the encoding of a batch (engine.h).
 *
 * A batch is one run of bytes, so that gathering what several lanes decided is a single copy. It
 * never leaves the process: what cannot be decoded is our own mistake, and asserted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "engine/engine_priv.h"

#include <assert.h>

static void append(struct batch *batch, enum batch_op op, enum engine_family family,
                   struct slice key)
{
    assert(key.len >= 1);
    assert(key.len <= ENGINE_KEY_BYTES_MAX);
    assert(family < ENGINE_FAMILY_COUNT);
    /* A failure sticks to the buffer; engine_commit() asks for it once. */
    (void)buf_append_u8(&batch->ops, (uint8_t)op);
    (void)buf_append_u8(&batch->ops, (uint8_t)family);
    (void)buf_append_sized(&batch->ops, key);
    batch->count++;
}

void batch_put(struct batch *batch, enum engine_family family, struct slice key, struct slice value)
{
    append(batch, BATCH_PUT, family, key);
    (void)buf_append_sized(&batch->ops, value);
}

void batch_delete(struct batch *batch, enum engine_family family, struct slice key)
{
    append(batch, BATCH_DELETE, family, key);
}

void batch_delete_range(struct batch *batch, enum engine_family family, struct slice from,
                        struct slice to)
{
    assert(slice_cmp(from, to) <= 0); /* RocksDB would notice only after having logged it */
    if (slice_cmp(from, to) == 0)
        return;
    append(batch, BATCH_DELETE_RANGE, family, from);
    assert(to.len <= ENGINE_KEY_BYTES_MAX);
    (void)buf_append_sized(&batch->ops, to);
}

void batch_append(struct batch *batch, const struct batch *more)
{
    if (buf_failed(&more->ops))
        batch->ops.failed = true;
    (void)buf_append_slice(&batch->ops, buf_slice(&more->ops));
    batch->count += more->count;
}

void batch_clear(struct batch *batch)
{
    buf_clear(&batch->ops);
    batch->count = 0;
}

void batch_release(struct batch *batch)
{
    buf_release(&batch->ops);
    batch->count = 0;
}

bool batch__next(struct reader *reader, struct batch_entry *ret_entry)
{
    if (reader_left(reader) == 0)
        return false;
    ret_entry->op = reader_u8(reader);
    ret_entry->family = reader_u8(reader);
    ret_entry->key = reader_sized(reader);
    ret_entry->value = ret_entry->op == BATCH_DELETE ? SLICE_EMPTY : reader_sized(reader);
    assert(!reader->failed);
    assert(ret_entry->op <= BATCH_DELETE_RANGE);
    assert(ret_entry->family < ENGINE_FAMILY_COUNT);
    return true;
}
