/*
 * commit.c - one batch into RocksDB, on the one thread that commits.
 *
 * What can go wrong, and what follows:
 *
 *   no reserve on the disk          ST_FULL     nothing was written (space.c)
 *   writes stalled for long         ST_BUSY     nothing was written: RocksDB asks before it logs
 *   stopped by a flush without      ST_FULL     likewise; RocksDB resumes once there is space
 *     space in the background
 *   anything else                   the process ends
 *
 * The last rule is not severity but safety: after a failed write or fsync the kernel takes the
 * pages for clean, a second fsync succeeds, and the bytes are gone. Whether the batch survives is
 * unknown, so nobody is answered; the next start reads from the disk what is really there.
 *
 * Stalls. With no_slowdown RocksDB refuses a write that would have to wait for flushes or
 * compactions, instead of sleeping inside with its locks. The committer may block, so it waits
 * here, in small steps, and gives up after a while: queues above have their own deadlines.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "engine/rocksdb/rocks_priv.h"

enum {
    STALL_STEP_US = 1000,
    STALL_US_MAX = 2 * 1000 * 1000,
    /* The batch's memory is kept for the next one up to this. */
    BATCH_KEPT_BYTES_MAX = 4 << 20,
};
/* A deleted range that covers more than this in files is cleared from them at once. */
#define RANGE_TIDIED_BYTES_MIN (UINT64_C(32) << 20)

static _Noreturn void end_of_process(struct rocks_engine *engine, const char *what)
{
    if (engine->on_fatal != NULL)
        engine->on_fatal(engine->on_fatal_context, what);
    else
        log_error(&engine->log, "engine", "cannot write to %s: %s; the process ends here",
                  engine->folder, what);
    _exit(1); /* on_fatal does not return; and no destructor may touch the disk any more */
}

/** Fills the engine's own batch; true when ranges are among what is deleted. */
static bool translate(struct rocks_engine *engine, const struct batch *batch)
{
    struct reader reader = batch__reader(batch);
    struct batch_entry entry;
    bool ranges = false;

    rocksdb_writebatch_clear(engine->batch);
    while (batch__next(&reader, &entry)) {
        rocksdb_column_family_handle_t *family = engine->families[entry.family];
        const char *key = (const char *)entry.key.ptr, *value = (const char *)entry.value.ptr;

        switch (entry.op) {
        case BATCH_PUT:
            rocksdb_writebatch_put_cf(engine->batch, family, key, entry.key.len, value,
                                      entry.value.len);
            break;
        case BATCH_DELETE:
            rocksdb_writebatch_delete_cf(engine->batch, family, key, entry.key.len);
            break;
        case BATCH_DELETE_RANGE:
            rocksdb_writebatch_delete_range_cf(engine->batch, family, key, entry.key.len, value,
                                               entry.value.len);
            ranges = true;
            break;
        }
    }
    return ranges;
}

/** True when a flush or a compaction has failed since the last call. RocksDB itself says nothing.
 */
static bool background_failed(struct rocks_engine *engine)
{
    uint64_t errors = 0;

    (void)rocksdb_property_int_cf(engine->db, engine->families[ENGINE_DATA],
                                  "rocksdb.background-errors", &errors);
    if (errors == engine->background_errors)
        return false;
    engine->background_errors = errors;
    log_warn(&engine->log, "engine", "a flush or compaction failed (%llu so far); %s/LOG says why",
             (unsigned long long)errors, engine->folder);
    return true;
}

static int64_t now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/** 0; ST_AGAIN or ST_FULL when nothing was written. Of a failed write there is no return. */
static int write_once(struct rocks_engine *engine, enum engine_durability durability)
{
    char *error = NULL;
    int rc;

    if (background_failed(engine))
        engine->stopped_by_background = true;
    rocksdb_write(engine->db,
                  durability == ENGINE_SYNC ? engine->write_sync : engine->write_relaxed,
                  engine->batch, &error);
    if (error == NULL) {
        engine->stopped_by_background = false;
        return 0;
    }
    rc = rocks_status(error);
    /* Want of space is harmless only if a failed flush explains it: then RocksDB refused before it
     * logged. The log itself running out is a write of unknown outcome like any other. */
    if (rc != ST_AGAIN && (rc != ST_FULL || !engine->stopped_by_background))
        end_of_process(engine, error);
    rocksdb_free(error);
    if (rc == ST_FULL)
        rocks_space_set_full(&engine->space);
    return rc;
}

static int write_batch(struct rocks_engine *engine, enum engine_durability durability)
{
    const struct timespec step = {.tv_nsec = STALL_STEP_US * 1000};
    int rc = write_once(engine, durability);
    int64_t give_up_us;

    if (rc != ST_AGAIN)
        return rc;
    atomic_fetch_add_explicit(&engine->stalls, 1, memory_order_relaxed);
    give_up_us = now_us() + STALL_US_MAX;
    do {
        nanosleep(&step, NULL);
        rc = write_once(engine, durability);
    } while (rc == ST_AGAIN && now_us() < give_up_us);
    return rc == ST_AGAIN ? ST_BUSY : rc;
}

/** Whether something is put into [from, to) by what is left of a batch. */
static bool refills(struct reader reader, const struct batch_entry *range)
{
    struct batch_entry entry;

    while (batch__next(&reader, &entry)) {
        if (entry.op == BATCH_PUT && entry.family == range->family &&
            slice_cmp(entry.key, range->key) >= 0 && slice_cmp(entry.key, range->value) < 0)
            return true;
    }
    return false;
}

/**
 * A deleted range slows every read across it until its marker has met the data at the bottom, and
 * the data take their space until then, which may be long. When it covers many files (a dropped
 * table), those wholly inside go at once and the rest is put in line for compaction.
 *
 * Removing files asks nothing about versions, so it must not meet anything newer than the range:
 * nobody else commits now, and the batch itself must not have put something back. It cannot be
 * undone either, so the batch must be durable.
 */
static void tidy_deleted_ranges(struct rocks_engine *engine, const struct batch *batch)
{
    struct reader reader = batch__reader(batch);
    struct batch_entry entry;

    while (batch__next(&reader, &entry)) {
        const char *from = (const char *)entry.key.ptr, *to = (const char *)entry.value.ptr;
        rocksdb_column_family_handle_t *family = engine->families[entry.family];
        uint64_t bytes = 0;
        char *error = NULL;

        if (entry.op != BATCH_DELETE_RANGE)
            continue;
        rocksdb_approximate_sizes_cf(engine->db, family, 1, &from, &entry.key.len, &to,
                                     &entry.value.len, &bytes, &error);
        if (error == NULL && bytes >= RANGE_TIDIED_BYTES_MIN && !refills(reader, &entry))
            rocksdb_delete_file_in_range_cf(engine->db, family, from, entry.key.len, to,
                                            entry.value.len, &error);
        if (error == NULL && bytes >= RANGE_TIDIED_BYTES_MIN)
            rocksdb_suggest_compact_range_cf(engine->db, family, from, entry.key.len, to,
                                             entry.value.len, &error);
        rocksdb_free(error); /* the range is deleted either way */
    }
}

void rocks_commit(struct engine *base, enum engine_durability durability, struct commit *commit)
{
    struct rocks_engine *engine = rocks_of(base);
    struct batch *batch = commit->batch;
    bool ranges = false;
    int rc;

    rc = buf_failed(&batch->ops) ? ST_NOMEM : rocks_space_check(&engine->space, batch->ops.len);
    if (rc == 0) {
        ranges = translate(engine, batch);
        rc = write_batch(engine, durability);
    }
    if (rc == 0) {
        rocks_space_wrote(&engine->space);
        atomic_fetch_add_explicit(&engine->commits, 1, memory_order_relaxed);
        atomic_fetch_add_explicit(&engine->bytes_written, batch->ops.len, memory_order_relaxed);
        if (durability == ENGINE_SYNC)
            atomic_fetch_add_explicit(&engine->syncs, 1, memory_order_relaxed);
        if (ranges && durability == ENGINE_SYNC)
            tidy_deleted_ranges(engine, batch);
    }
    if (batch->ops.len > BATCH_KEPT_BYTES_MAX) {
        rocksdb_writebatch_destroy(engine->batch);
        engine->batch = rocksdb_writebatch_create();
    }
    commit->on_done(commit, rc);
}
