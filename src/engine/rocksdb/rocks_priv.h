/*
 * rocks_priv.h - what the files of engine/rocksdb/ share.
 *
 *   shared.c   what the Regions of a process share; every setting of RocksDB
 *   open.c     folder, lock, open, close, checkpoint, statistics
 *   log_check.c  damage to the log that RocksDB would not notice
 *   commit.c   batches, stalls, and the end of the process when the log cannot be written
 *   read.c     gets and iterators
 *   space.c    how much disk is kept in reserve, and whether it is there
 *   status.c   RocksDB's error texts as statuses
 *
 * Names here begin with rocks_, since rocksdb_ is the library's.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_ENGINE_ROCKSDB_ROCKS_PRIV_H
#define TROPIC_ENGINE_ROCKSDB_ROCKS_PRIV_H

#include <rocksdb/c.h>
#include <stdatomic.h>

#include "engine/engine_priv.h"

/* ---- sizes (space.c) ---- */

/** How large an engine's parts may grow on a given disk. */
struct rocks_sizes {
    uint64_t memtable; /* both families together, before they are flushed */
    uint64_t log;      /* log files that a crash would replay */
    uint64_t table;    /* one table file of the first level */
    uint64_t level;    /* the first level of tables */
};

struct rocks_sizes rocks_sizes_for(uint64_t memtable_budget, uint64_t disk_bytes);

/** Whether there is room for another batch; see space.c. Used by the committing thread only. */
struct rocks_space {
    int folder_fd;
    const char *folder;
    uint64_t (*free_bytes)(void *context, const char *folder);
    void *context;
    uint64_t reserve; /* as asked for, or 0: for all engines that are open, from these: */
    uint64_t reserve_engine, reserve_compaction;
    const atomic_uint *engines;
    const struct log *log;
    atomic_bool full; /* for statistics too */
};

struct rocks_engine;

void rocks_space_init(struct rocks_space *ret_space, const struct rocks_engine *engine,
                      const struct engine_rocksdb_options *options,
                      const struct rocks_sizes *sizes);
/** Before a batch: 0 or ST_FULL. The log has a line when the disk becomes full, */
int rocks_space_check(struct rocks_space *space, uint64_t batch_bytes);
/** and, after the first batch that was written again, another. */
void rocks_space_wrote(struct rocks_space *space);
uint64_t rocks_space_free(const struct rocks_space *space);
/** The engine itself ran out: refuse until there is room again. */
void rocks_space_set_full(struct rocks_space *space);

/* ---- shared by the engines of a process (shared.c) ---- */

struct engine_rocksdb_shared {
    rocksdb_env_t *env;
    rocksdb_cache_t *cache;
    rocksdb_ratelimiter_t *limiter;
    uint64_t memtable_budget; /* of one engine */
    atomic_uint engines;      /* open now */
};

/** The settings of one family of an engine. NULL when memory is exhausted or a setting is refused.
 */
rocksdb_options_t *rocks_options_new(const struct engine_rocksdb_shared *shared,
                                     const struct rocks_sizes *sizes, enum engine_family family);

/* ---- one engine ---- */

struct rocks_engine {
    struct engine base;
    struct engine_rocksdb_shared *shared;
    char *folder;
    int lock_fd; /* holds the folder's lock; -1: none */
    struct log log;
    void (*on_fatal)(void *context, const char *what);
    void *on_fatal_context;
    struct rocks_space space;
    rocksdb_t *db;
    rocksdb_column_family_handle_t *families[ENGINE_FAMILY_COUNT];
    rocksdb_readoptions_t *read_any, *read_cached;
    rocksdb_writeoptions_t *write_sync, *write_relaxed;
    rocksdb_writebatch_t *batch; /* of the committing thread, reused */
    uint64_t background_errors;  /* seen so far, by the committing thread */
    bool stopped_by_background;  /* one of them came after the last good commit */
    atomic_uint_fast64_t commits, syncs, bytes_written, stalls;
};

static inline struct rocks_engine *rocks_of(struct engine *engine)
{
    return CONTAINER_OF(engine, struct rocks_engine, base);
}

void rocks_commit(struct engine *engine, enum engine_durability durability, struct commit *commit);
int rocks_get(struct engine *engine, enum engine_family family, struct slice key,
              enum engine_read how, struct pinned *ret_value);
int rocks_iterate(struct engine *engine, enum engine_family family, struct slice lower,
                  struct slice upper, enum engine_read how, struct engine_iterator **ret_iterator);
/** What both kinds of reads ask of RocksDB; NULL when memory is exhausted. */
rocksdb_readoptions_t *rocks_readoptions_new(enum engine_read how);

/* ---- the log of a folder that is not open (log_check.c) ---- */

/** 0, ST_IO, or ST_CORRUPT when a log lost more than a torn end; then also the name of its file. */
int rocks_log_check(const char *folder, char *ret_name, size_t size);
/** For tests: the last, incomplete block of a log. */
bool rocks_log_block_is_damaged(const uint8_t *block, size_t len);

/* ---- errors (status.c) ---- */

/** ST_AGAIN for what would block, ST_CORRUPT, ST_FULL for want of space, else ST_IO. */
int rocks_status(const char *error);
/** As above; frees the text. 0 for NULL. */
int rocks_status_free(char *error);

#endif
