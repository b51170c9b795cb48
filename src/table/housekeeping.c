/*
 * housekeeping.c - what happens in the background: trimming logs, purging tombstones, closing
 * shards, forgetting dropped tables and old tokens.
 *
 * One run at a time: a full one every few seconds, and one that only purges when a floor has risen.
 * A run reads on the I/O pool, in bounded steps, and what it wants to change goes through the
 * committer like everything else; so it needs no lock, and a refusal (disk full) only means that
 * the next run tries again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "table/index_work.h"
#include "table/store_priv.h"

enum { HOUSEKEEPING_MS = 5000 };

static struct store *store_of(struct housekeeping *housekeeping)
{
    return CONTAINER_OF(housekeeping, struct store, housekeeping);
}

/* ---- jobs: units that belong to no lane ---- */

/** table: NULL for what is the Region's own. */
static struct unit *job_new(struct store *store, struct table *table,
                            void (*on_done)(struct unit *unit, int rc))
{
    struct unit *unit = unit_new();

    if (unit == NULL)
        return NULL;
    unit->kind = UNIT_JOB;
    unit->table = table != NULL ? table_ref(table) : NULL;
    unit->on_job_done = on_done;
    unit->job = store;
    return unit;
}

static void job_free(struct unit *unit)
{
    struct store *store = unit->job;

    table_unref(unit->table);
    unit_free(unit);
    store__release(store);
}

static void on_job_done(struct unit *unit, int rc)
{
    (void)rc;
    job_free(unit);
}

static void job_submit(struct store *store, struct unit *unit)
{
    atomic_fetch_add(&store->pending, 1); /* the run holds one already: the store is not closed */
    if (unit_failed(unit)) {
        unit->on_job_done(unit, ST_NOMEM);
        return;
    }
    unit->bytes = unit->batch.ops.len;
    atomic_fetch_add(&store->queue_bytes, unit->bytes);
    atomic_fetch_add(&store->queue_units, 1);
    committer_submit(&store->committer, unit);
}

/* ---- trimming ---- */

static void append_trim(struct unit *unit, uint32_t log_group, uint64_t limit)
{
    struct buf scratch = BUF_EMPTY;
    struct storage_key from, to, key;
    uint8_t trimmed[8];

    storage_key_group(&from, SPACE_CHANGES, unit->table->id, log_group);
    storage_key_sequence(&to, SPACE_CHANGES, unit->table->id, log_group, limit + 1);
    batch_delete_range(&unit->batch, ENGINE_LOG, storage_key_slice(&from), storage_key_slice(&to));
    storage_key_group(&key, SPACE_TRIMMED, unit->table->id, log_group);
    be64_put(trimmed, limit);
    batch_put_sealed(&unit->batch, &key, slice_of(trimmed, sizeof(trimmed)), &scratch);
    buf_release(&scratch);
}

static void trim_table(struct store *store, struct table *table)
{
    struct unit *unit = NULL;

    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        uint64_t limit;
        int rc = log__trim_limit(store, table, i, &limit);

        if (rc < 0) {
            log_error(&store->log, "table", "log group %u of %s cannot be read for trimming: %s", i,
                      table->name, status_text(rc));
            continue;
        }
        if (limit <= atomic_load(&table->groups[i].trimmed))
            continue;
        if (unit == NULL)
            unit = job_new(store, table, on_job_done);
        if (unit == NULL)
            return;
        /* Before the deletion: see change_log.c. Should it be refused, the next run does it. */
        atomic_store(&table->groups[i].trimmed, limit);
        append_trim(unit, i, limit);
    }
    if (unit != NULL)
        job_submit(store, unit);
}

/** Trimming waits for the digest: it asks for a new one when only that holds it up. */
static void flush_digest(struct store *store, struct table *table)
{
    struct unit *unit;

    if (!atomic_load(&table->digest_wanted) || atomic_load(&table->dropped))
        return;
    unit = job_new(store, table, on_job_done);
    if (unit == NULL)
        return;
    unit->flush_digest = true;
    job_submit(store, unit);
}

/* ---- tokens of transactions ---- */

static void forget_tokens(struct store *store)
{
    struct unit *unit = job_new(store, NULL, on_job_done);
    int rc;

    if (unit == NULL)
        return;
    rc = tokens__append_expired(store, &unit->batch);
    if (rc == 0) {
        job_submit(store, unit);
        return;
    }
    unit_free(unit);
    if (rc < 0)
        log_error(&store->log, "table", "old tokens cannot be read: %s", status_text(rc));
}

/* ---- shards ---- */

static void on_shards_done(struct unit *unit, int rc)
{
    shards__end(unit->table, rc);
    job_free(unit);
}

static void cut_shards(struct store *store, struct table *table)
{
    struct unit *unit;

    if (!shards__begin(table, clock_wall_ms(store->clock)))
        return;
    unit = job_new(store, table, on_shards_done);
    if (unit == NULL) {
        shards__end(table, ST_NOMEM);
        return;
    }
    shards__append(unit);
    job_submit(store, unit);
}

/* ---- dropped tables ---- */

static void on_forgotten(struct unit *unit, int rc)
{
    struct store *store = unit->job;

    if (rc == 0)
        catalogue__remove_dropped(store, unit->table);
    job_free(unit);
}

static bool forget_dropped(struct store *store, struct table *table)
{
    struct schema *schema = table_schema(table);
    bool readable = schema_streams_readable(schema, clock_wall_ms(store->clock));
    struct unit *unit;

    schema_unref(schema);
    if (readable)
        return false;
    unit = job_new(store, table, on_forgotten);
    if (unit == NULL)
        return false;
    edits__append_drop(&unit->batch, table->id, true);
    job_submit(store, unit);
    return true;
}

/* ---- a run ---- */

static void on_work(struct task *task)
{
    struct housekeeping *housekeeping = CONTAINER_OF(task, struct housekeeping, work);
    struct store *store = store_of(housekeeping);
    struct table **tables = NULL;
    size_t count = 0;

    if (catalogue__all(store, &tables, &count) == 0) {
        for (size_t i = 0; i < count; i++) {
            struct table *table = tables[i];

            if (!atomic_load(&table->dropped)) {
                bool purge = atomic_exchange(&table->purge_wanted, false);

                if (housekeeping->full) {
                    cut_shards(store, table);
                    trim_table(store, table);
                    flush_digest(store, table);
                }
                if (purge || housekeeping->full)
                    purge__start(table);
            } else if (housekeeping->full && table->dropped_ms != 0 &&
                       !forget_dropped(store, table)) {
                trim_table(store, table);
            }
            table_unref(table);
        }
        free(tables);
    }
    if (housekeeping->full)
        forget_tokens(store);
    strand_post(housekeeping->strand, &housekeeping->done);
}

/** Only one at a time; the timer goes on by itself. */
static void run(struct housekeeping *housekeeping, bool full)
{
    struct store *store = store_of(housekeeping);

    if (housekeeping->working) {
        housekeeping->again = true;
        return;
    }
    if (housekeeping->stopping || !store__accept(store))
        return;
    housekeeping->working = true;
    housekeeping->full = full;
    housekeeping->again = false;
    executor_io(store->executor, &housekeeping->work);
}

static void on_done(struct task *task)
{
    struct housekeeping *housekeeping = CONTAINER_OF(task, struct housekeeping, done);

    housekeeping->working = false;
    if (housekeeping->again)
        run(housekeeping, false);
    store__release(store_of(housekeeping));
}

static void on_timer(struct timer *timer)
{
    struct housekeeping *housekeeping = CONTAINER_OF(timer, struct housekeeping, timer);

    run(housekeeping, true);
    timer_start_ms(housekeeping->strand, timer, HOUSEKEEPING_MS);
}

static void on_wake(struct task *task)
{
    struct housekeeping *housekeeping = CONTAINER_OF(task, struct housekeeping, wake);

    atomic_store(&housekeeping->wake_posted, false);
    run(housekeeping, false);
}

void housekeeping__wake(struct store *store)
{
    struct housekeeping *housekeeping = &store->housekeeping;

    if (!atomic_load(&store->closing) && !atomic_exchange(&housekeeping->wake_posted, true))
        strand_post(housekeeping->strand, &housekeeping->wake);
}

/* ---- life ---- */

static void on_start(struct task *task)
{
    struct housekeeping *housekeeping = CONTAINER_OF(task, struct housekeeping, start);

    if (!housekeeping->stopping)
        timer_start_ms(housekeeping->strand, &housekeeping->timer, HOUSEKEEPING_MS);
}

static void on_stop(struct task *task)
{
    struct housekeeping *housekeeping = CONTAINER_OF(task, struct housekeeping, stop);

    assert(!housekeeping->working); /* else it would be pending */
    housekeeping->stopping = true;
    timer_stop(&housekeeping->timer);
    index_work__stop_all(store_of(housekeeping));
    expiry__stop(store_of(housekeeping));
}

int housekeeping__init(struct store *store)
{
    struct housekeeping *housekeeping = &store->housekeeping;
    char name[96];

    timer_init(&housekeeping->timer, on_timer);
    task_init(&housekeeping->start, on_start);
    task_init(&housekeeping->stop, on_stop);
    task_init(&housekeeping->wake, on_wake);
    task_init(&housekeeping->work, on_work);
    task_init(&housekeeping->done, on_done);
    snprintf(name, sizeof(name), "%s/housekeeping", store->region);
    housekeeping->strand = executor_strand(store->executor, STRAND_SHARED, name);
    if (housekeeping->strand == NULL)
        return ST_NOMEM;
    strand_post(housekeeping->strand, &housekeeping->start);
    return 0;
}

void housekeeping__stop(struct store *store)
{
    strand_post(store->housekeeping.strand, &store->housekeeping.stop);
}
