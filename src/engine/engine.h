/*
 * engine.h - ordered key-value engines behind one interface.
 *
 * An engine keeps two column families of byte strings in byte order. rocksdb/ is the embedded
 * default; memory/ serves --in-memory, unit tests and simulation (and can lose what was not
 * synced). One shared test suite (tests/unit/engine) runs against each.
 *
 *     struct engine *engine;
 *     rc = engine_rocksdb_open(&options, &engine);
 *     struct batch batch = BATCH_EMPTY;
 *     batch_put(&batch, ENGINE_DATA, key, value);
 *     engine_commit(engine, &batch, ENGINE_SYNC, &done);
 *
 * Durability. A commit with ENGINE_SYNC is on stable storage before its callback says 0, and no
 * reader of the engine sees any of it before that. ENGINE_RELAXED commits become durable with the
 * next synced one, in order. A failed write or fsync of the log ends the process with one line
 * (`on_fatal` of the options): never a retry. ST_FULL means that nothing was written and that the
 * engine is unhurt.
 *
 * Threads. Reads: any thread, side by side with a commit. engine_commit: one at a time per engine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_ENGINE_ENGINE_H
#define TROPIC_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/status.h"

enum engine_family { ENGINE_DATA, ENGINE_LOG, ENGINE_FAMILY_COUNT };
enum engine_durability { ENGINE_SYNC, ENGINE_RELAXED };
enum { ENGINE_KEY_BYTES_MAX = 10240 };

struct engine;

/* ---- batches ---- */

enum batch_op { BATCH_PUT, BATCH_DELETE, BATCH_DELETE_RANGE };

/**
 * Puts and deletes that become visible and durable together, applied in order. Keys and values are
 * copied; keys have 1 to ENGINE_KEY_BYTES_MAX bytes. Encoding of `ops`: u8 op, u8 family, sized
 * key, sized value (PUT) or sized end key (DELETE_RANGE, exclusive; an empty range is left out). A
 * failed append is remembered: engine_commit answers ST_NOMEM.
 */
struct batch {
    struct buf ops;
    uint32_t count;
};
#define BATCH_EMPTY ((struct batch){.count = 0})

void batch_put(struct batch *batch, enum engine_family family, struct slice key,
               struct slice value);
void batch_delete(struct batch *batch, enum engine_family family, struct slice key);
void batch_delete_range(struct batch *batch, enum engine_family family, struct slice from,
                        struct slice to);
void batch_append(struct batch *batch, const struct batch *more);
void batch_clear(struct batch *batch);
void batch_release(struct batch *batch);

/* ---- commit ---- */

/**
 * on_done runs exactly once per accepted commit: before engine_commit returns, on the caller's
 * thread (rocksdb, which blocks in fsync; call it from a strand that may block), or later on the
 * strand given (memory engine with a commit delay; engine_commit is then called on that strand).
 * rc: 0; ST_FULL, ST_BUSY (the disk lags behind) and ST_NOMEM: nothing was written, ask again
 * later; ST_CLOSED: unknown.
 */
struct commit {
    struct strand *strand; /* where on_done may run */
    void (*on_done)(struct commit *commit, int rc);
    struct task task; /* private to the engine, like all that follows */
    struct timer timer;
    struct batch *batch;
    struct engine *engine;
};

/** The batch is borrowed until on_done, and the next commit waits for it. */
void engine_commit(struct engine *engine, struct batch *batch, enum engine_durability durability,
                   struct commit *commit);

/* ---- reads ---- */

/** A value pinned in the engine's cache, not copied. Release it before engine_close. */
struct pinned {
    struct slice value;
    void *handle; /* private to the engine, like release */
    void (*release)(void *handle);
};
#define PINNED_EMPTY ((struct pinned){.handle = NULL})

enum engine_read { ENGINE_READ_ANY = 0, ENGINE_READ_CACHED = 1 };

/**
 * The newest durable value of a key. With ENGINE_READ_CACHED the disk is never touched:
 * ST_AGAIN tells to ask again from executor_io(), as it may for an empty value. Returns 0,
 * ST_NOTFOUND, ST_AGAIN, ST_CORRUPT, ST_IO.
 */
int engine_get(struct engine *engine, enum engine_family family, struct slice key,
               enum engine_read how, struct pinned *ret_value);
void engine_unpin(struct pinned *value); /* an empty one is a no-op */

/**
 * A view of the family as of the opening of the iterator, bounded to [lower, upper). Bounds are
 * copied. An empty upper means no bound. The iterator is before its first entry until a seek.
 */
struct engine_iterator;
int engine_iterate(struct engine *engine, enum engine_family family, struct slice lower,
                   struct slice upper, enum engine_read how, struct engine_iterator **ret_iterator);
/** Each returns 0 (on an entry), 1 (past the end), ST_AGAIN, ST_CORRUPT or ST_IO. */
int engine_seek_first(struct engine_iterator *iterator);
int engine_seek_last(struct engine_iterator *iterator);
int engine_seek(struct engine_iterator *iterator, struct slice key);          /* first >= key */
int engine_seek_backward(struct engine_iterator *iterator, struct slice key); /* last <= key */
int engine_next(struct engine_iterator *iterator);
int engine_previous(struct engine_iterator *iterator);
/** Borrowed until the iterator moves or is freed. Only when on an entry. */
struct slice engine_iterator_key(const struct engine_iterator *iterator);
struct slice engine_iterator_value(const struct engine_iterator *iterator);
void engine_iterator_free(struct engine_iterator *iterator); /* NULL is a no-op */

/* ---- the rest ---- */

/**
 * A copy of everything durable, made of hard links where possible, in a folder that must not exist
 * (ST_EXISTS) but whose parent does. Opens like any other folder. ST_UNSUPPORTED: memory.
 */
int engine_checkpoint(struct engine *engine, const char *folder);

struct engine_stats {
    uint64_t disk_bytes, memory_bytes, free_bytes; /* free_bytes: of the file system; memory: 0 */
    uint64_t commits, syncs, bytes_written;
    uint64_t stalls; /* commits that had to wait for flushes or compactions */
    bool full;       /* writes are being refused for want of space */
};
void engine_stats(struct engine *engine, struct engine_stats *ret_stats);

/**
 * No iterator, pin or commit may be open, except a commit that memory_disk_crash() has swallowed:
 * it gets ST_CLOSED now, so close from its strand. What was committed relaxed is synced first. NULL
 * is a no-op.
 */
void engine_close(struct engine *engine);

/* ---- opening ---- */

/** Shared by the Regions of one process: environment, block cache, write-buffer budget. */
struct engine_rocksdb_shared;
struct engine_rocksdb_budget {
    uint64_t cache_bytes;        /* block cache; 0 = a default by the memory there is */
    uint64_t write_buffer_bytes; /* all memtables together; 0 = likewise */
    uint32_t engines;            /* how many will share the write buffers; 0 = 3 */
};
int engine_rocksdb_shared_new(const struct engine_rocksdb_budget *budget,
                              struct engine_rocksdb_shared **ret_shared);
void engine_rocksdb_shared_free(struct engine_rocksdb_shared *shared);

struct engine_rocksdb_options {
    const char *folder; /* created when absent */
    struct engine_rocksdb_shared *shared;
    /* Writes are refused while the file system has less than this free. 0: what the engine may need
     * to finish what it has accepted (logs, memtables, one compaction), less on a small disk. */
    uint64_t reserve_bytes;
    /* How much is free on the disk of `folder`, for tests; NULL: the system is asked. */
    uint64_t (*free_bytes)(void *context, const char *folder);
    void *free_bytes_context;
    struct log log;
    /* The log of the engine cannot be written any more. Called once, must not return.
     * NULL: one line on the log, then _exit(1). */
    void (*on_fatal)(void *context, const char *what);
    void *on_fatal_context;
};
/** ST_BUSY: the folder is open already. ST_CORRUPT: damaged. The log has one line of either. */
int engine_rocksdb_open(const struct engine_rocksdb_options *options, struct engine **ret_engine);

/**
 * memory/: an ordered tree. With a disk, the contents survive engine_close: what a disk holds is
 * what was synced (plus, after memory_disk_crash, a random prefix of the unsynced commits).
 */
struct memory_disk; /* one live engine at a time; one thread at a time, except memory_disk_set_full
                     */
struct memory_disk *memory_disk_new(void);
void memory_disk_free(struct memory_disk *disk); /* after its engines */
/** From now on commits on any engine open on this disk are dropped without an answer but
 *  ST_CLOSED at engine_close; the next engine opened, at once if need be, sees what a crash would
 * have left. `random` decides which unsynced commits survive (always a prefix, each whole). */
void memory_disk_crash(struct memory_disk *disk, uint64_t random);
/** A copy of what is synced now: restarting from an older image. */
struct memory_disk *memory_disk_copy(const struct memory_disk *disk);
/** The disk is full (commits answer ST_FULL) or not. */
void memory_disk_set_full(struct memory_disk *disk, bool full);

struct engine_memory_options {
    struct memory_disk *disk;  /* NULL: private, gone with the engine */
    struct executor *executor; /* with commit_delay: where delays come from; else unused */
    /* Microseconds a synced commit takes; NULL: commits complete before engine_commit returns. */
    int64_t (*commit_delay_us)(void *context);
    /* Whether an ENGINE_READ_CACHED read misses and answers ST_AGAIN; NULL: never. */
    bool (*cache_miss)(void *context);
    void *context;
};
int engine_memory_open(const struct engine_memory_options *options, struct engine **ret_engine);

#endif
