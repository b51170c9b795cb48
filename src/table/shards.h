/*
 * shards.h - the shards of a table's streams: how the changes of a log group are cut into pieces.
 *
 * A stream begins with one shard per log group. After four hours, or shard_bytes_max of changes
 * (store.h), a shard is closed and a child of it opened; the only thing stored is where: the number
 * that the cut took on the Region's number line. So every change is in exactly one shard for good,
 * a closed shard has an end that every reader agrees on, and a restart changes nothing.
 *
 *     durable = store_durable_sequence(store);      // first
 *     schema = table_schema(table);
 *     rc = store_shards(table, stream, now_ms, arena, &shards, &count);
 *     ... read a shard from its start up to the smaller of `durable` and its end
 *
 * Read in that order, a shard that looks open has no child with changes up to `durable`: a cut is
 * known before its number is durable.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_SHARDS_H
#define TROPIC_TABLE_SHARDS_H

#include "base/arena.h"
#include "table/store.h"

enum { SHARD_OPEN_MS = 4 * 3600 * 1000 }; /* Source: observed on the service: about four hours */

struct shard {
    uint32_t group;
    int64_t opened_ms;   /* names it among the shards of its stream and log group */
    int64_t parent_ms;   /* opened_ms of the shard that it follows; 0: the first */
    int64_t closed_ms;   /* 0: open */
    uint64_t start, end; /* changes above start up to end; UINT64_MAX while it is open */
};

/**
 * The shards of a stream that may still hold changes of the last 24 hours, by log group and age.
 * stream: of a schema of the table. Never touches the disk; any thread. 0 or ST_NOMEM.
 */
int store_shards(struct table *table, const struct stream *stream, int64_t now_ms,
                 struct arena *arena, struct shard **ret_shards, size_t *ret_count);

#endif
