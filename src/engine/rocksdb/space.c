/*
 * space.c - room on the disk: how large an engine may grow its parts, and what is kept in reserve.
 *
 * An append to RocksDB's log that meets a full disk aborts the process inside the library, and a
 * flush or a compaction that meets one leaves writes stopped. So the engine is never let near the
 * end: before each batch the file system must have the reserve free, which is enough to finish all
 * that was accepted - each engine's log and memtables, and one compaction (there is one compaction
 * thread per process). A refused batch has touched nothing; reads go on. Writes resume by
 * themselves once there is the reserve and a little more, so that a disk at the brink does not make
 * every second write fail.
 *
 * All parts scale with one number, the memtables' budget, and that with the disk: 1/64 of it at
 * most. The default reserve is 3 of these per engine and 8 for the compaction, so at most a sixth
 * of the disk of one engine.
 *
 * The system is asked before every batch: fstatvfs() takes about a microsecond, an fsync some
 * hundred, and other programs fill disks too.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <inttypes.h>
#include <sys/statvfs.h>

#include "engine/rocksdb/rocks_priv.h"

#define MIB (UINT64_C(1) << 20)
/* Writes resume when the reserve is there and an eighth of it, or this, is free besides. */
#define RESUME_BYTES_MAX (16 * MIB)

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
    return value < low ? low : value > high ? high : value;
}

struct rocks_sizes rocks_sizes_for(uint64_t memtable_budget, uint64_t disk_bytes)
{
    uint64_t memtable = clamp(memtable_budget, MIB, clamp(disk_bytes / 64, MIB, UINT64_MAX));

    return (struct rocks_sizes){
        .memtable = memtable,
        .log = 2 * memtable,
        .table = clamp(memtable, 2 * MIB, 64 * MIB),
        .level = 4 * memtable,
    };
}

uint64_t rocks_space_free(const struct rocks_space *space)
{
    struct statvfs disk;

    if (space->free_bytes != NULL)
        return space->free_bytes(space->context, space->folder);
    if (fstatvfs(space->folder_fd, &disk) < 0)
        return 0;
    return (uint64_t)disk.f_bavail * disk.f_frsize;
}

void rocks_space_init(struct rocks_space *ret_space, const struct rocks_engine *engine,
                      const struct engine_rocksdb_options *options, const struct rocks_sizes *sizes)
{
    *ret_space = (struct rocks_space){
        .folder_fd = engine->lock_fd,
        .folder = engine->folder,
        .free_bytes = options->free_bytes,
        .context = options->free_bytes_context,
        .reserve = options->reserve_bytes,
        .reserve_engine = sizes->log + sizes->memtable,
        .reserve_compaction = 4 * sizes->memtable + sizes->level, /* four flushes meet a level */
        .engines = &engine->shared->engines,
        .log = &engine->log,
    };
}

/** Engines of a process usually share a disk, and each has its own log to finish. */
static uint64_t reserve(const struct rocks_space *space)
{
    if (space->reserve != 0)
        return space->reserve;
    return atomic_load_explicit(space->engines, memory_order_relaxed) * space->reserve_engine +
           space->reserve_compaction;
}

void rocks_space_set_full(struct rocks_space *space)
{
    if (atomic_exchange(&space->full, true))
        return;
    log_warn(space->log, "engine",
             "disk full: %" PRIu64 " MiB free, %" PRIu64
             " MiB are kept in reserve; writes are refused until there is more",
             rocks_space_free(space) / MIB, reserve(space) / MIB);
}

int rocks_space_check(struct rocks_space *space, uint64_t batch_bytes)
{
    bool full = atomic_load_explicit(&space->full, memory_order_relaxed);
    uint64_t wanted = reserve(space) + batch_bytes;

    if (full)
        wanted += clamp(wanted / 8, 0, RESUME_BYTES_MAX);
    if (rocks_space_free(space) >= wanted)
        return 0;
    rocks_space_set_full(space);
    return ST_FULL;
}

void rocks_space_wrote(struct rocks_space *space)
{
    if (!atomic_load_explicit(&space->full, memory_order_relaxed))
        return;
    atomic_store(&space->full, false);
    log_info(space->log, "engine", "disk has %" PRIu64 " MiB free: writes are accepted again",
             rocks_space_free(space) / MIB);
}
