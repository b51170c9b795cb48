/*
 * purge.c - forgetting tombstones at or below the floor.
 *
 * Every tombstone has an entry in a queue ordered by version. A run reads the queue's head on the
 * I/O pool and sends what it found to the lanes of the keys, because only they know whether a
 * tombstone still stands: it may have been replaced since, and then only its queue entry goes.
 * The floor is stored in the very batch that purges: a restart must not begin with a lower one, or
 * a late put at or below it would bring an item back that nothing remembers as deleted.
 *
 * One run per table at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "table/store_priv.h"

enum { PURGE_ENTRIES_MAX = 1024 }; /* of one run */

struct purge {
    struct list_node node; /* of the store's purges */
    struct purge_job *jobs[LANES_MAX];
    struct table *table; /* one reference */
    uint64_t floor;
    _Atomic uint32_t jobs_left;
    _Atomic bool more;
};

/** What one lane has to look at. */
struct purge_job {
    struct task task;
    struct purge *purge;
    struct lane *lane;
    struct buf entries; /* sized purge keys */
    uint64_t purged;
};

static void purge_done(struct purge *purge)
{
    struct store *store = purge->table->store;

    pthread_mutex_lock(&store->list_lock);
    list_remove(&purge->node);
    pthread_mutex_unlock(&store->list_lock);
    atomic_store(&purge->table->purging, false);
    if (purge->more) {
        atomic_store(&purge->table->purge_wanted, true);
        housekeeping__wake(store);
    }
    table_unref(purge->table);
    free(purge);
}

static void job_free(struct purge_job *job)
{
    if (job == NULL)
        return;
    buf_release(&job->entries);
    free(job);
}

void purge__release(struct store *store)
{
    for (struct list_node *node; (node = list_pop(&store->purges)) != NULL;) {
        struct purge *purge = LIST_ENTRY(node, struct purge, node);

        for (uint32_t i = 0; i < LANES_MAX; i++)
            job_free(purge->jobs[i]);
        table_unref(purge->table);
        free(purge);
    }
}

static void job_done(struct purge_job *job)
{
    struct purge *purge = job->purge;
    struct store *store = purge->table->store;

    purge->jobs[job->lane - store->lanes] = NULL;
    job_free(job);
    if (atomic_fetch_sub(&purge->jobs_left, 1) == 1)
        purge_done(purge);
    store__release(store);
}

static void on_job_done(struct unit *unit, int rc)
{
    struct purge_job *job = unit->job;

    if (rc == 0)
        atomic_fetch_add(&job->lane->store->tombstones_purged, job->purged);
    else
        job->purge->more = false; /* refused: the next regular run tries again */
    job_done(job);
}

static int purge_entry(struct purge_job *job, struct unit *unit, struct slice purge_key)
{
    struct lane *lane = job->lane;
    struct table *table = job->purge->table;
    struct version version = {{be64_get(purge_key.ptr + 5)}, be16_get(purge_key.ptr + 13)};
    uint64_t hash = be64_get(purge_key.ptr + PURGE_KEY_HASH_AT);
    struct current current;
    struct storage_key key;
    int rc;

    storage_key_item_encoded(&key, SPACE_ITEMS, table->id, hash,
                             slice_skip(purge_key, PURGE_KEY_HASH_AT + 8));
    if (latches_find(&lane->latches, storage_key_slice(&key)) != NULL)
        return 0; /* a transaction has seen the tombstone: the next run asks again */
    /* The lane does not wait here: the run on the I/O pool has just read this key. */
    rc = lane__load(lane, table, &key, ENGINE_READ_ANY, &current);
    if (rc < 0)
        return rc;
    if (current.present && current.record.deleted && version_eq(current.record.version, version)) {
        key.bytes[0] = SPACE_TOMBSTONES;
        batch_delete(&unit->batch, ENGINE_DATA, storage_key_slice(&key));
        overlay_put(&lane->overlay, unit, (uint32_t)(unit->batch.ops.len - key.len),
                    (uint32_t)key.len, 0, 0);
        unit->tombstones--;
        job->purged++;
    }
    current_release(&current);
    batch_delete(&unit->batch, ENGINE_DATA, purge_key);
    return unit_failed(unit) ? ST_NOMEM : 0;
}

static void on_job(struct task *task)
{
    struct purge_job *job = CONTAINER_OF(task, struct purge_job, task);
    struct reader reader = reader_of(buf_slice(&job->entries));
    struct unit *unit;
    int rc = 0;

    lane__begin(job->lane);
    if (atomic_load(&job->purge->table->dropped) || job->lane->frozen == job->purge->table) {
        job->purge->more = false;
        job_done(job);
        return;
    }
    unit = lane__unit(job->lane, UNIT_JOB, job->purge->table);
    if (unit == NULL) {
        job_done(job);
        return;
    }
    while (rc == 0 && !reader_done(&reader))
        rc = purge_entry(job, unit, reader_sized(&reader));
#ifndef MUTANT_PURGE_WITHOUT_FLOOR /* mutant: purge as soon as asked, and do not remember the      \
                                      floor */
    if (rc == 0) {
        struct storage_key key;
        uint8_t floor[8];

        be64_put(floor, job->purge->floor);
        storage_key_table(&key, SPACE_FLOORS, job->purge->table->id);
        batch_put_sealed(&unit->batch, &key, slice_of(floor, 8), &job->lane->stored);
        rc = unit_failed(unit) ? ST_NOMEM : 0;
    }
#endif
    if (rc < 0) {
        lane__abandon(job->lane, unit);
        job->purge->more = false;
        job_done(job);
        return;
    }
    unit->job = job;
    unit->on_job_done = on_job_done;
    lane__submit(job->lane, unit);
}

/** The job of the lane that a key belongs to, made when there is none yet. */
static struct purge_job *job_of(struct purge *purge, uint64_t hash)
{
    struct table *table = purge->table;
    struct lane *lane = store__lane(table->store, table->id, partition_of_hash(hash));
    struct purge_job **job = &purge->jobs[lane - table->store->lanes];

    if (*job == NULL) {
        *job = calloc(1, sizeof(**job));
        if (*job != NULL) {
            task_init(&(*job)->task, on_job);
            (*job)->purge = purge;
            (*job)->lane = lane;
        }
    }
    return *job;
}

/** Sorts the queue's head into jobs and brings the keys into the cache. */
static int collect(struct purge *purge)
{
    struct table *table = purge->table;
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    uint32_t count = 0;
    int rc;

    storage_key_table(&lower, SPACE_PURGE, table->id);
    upper = lower;
    storage_key_successor(&upper);
    rc = engine_iterate(table->store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        struct slice entry = engine_iterator_key(iterator);
        struct purge_job *job;
        struct storage_key key;
        struct pinned pin = PINNED_EMPTY;
        uint64_t hash;

        if (entry.len <= PURGE_KEY_HASH_AT + 8) {
            rc = ST_CORRUPT;
            break;
        }
        if (be64_get(entry.ptr + 5) > purge->floor)
            break;
        if (count++ == PURGE_ENTRIES_MAX) {
            purge->more = true;
            break;
        }
        hash = be64_get(entry.ptr + PURGE_KEY_HASH_AT);
        job = job_of(purge, hash);
        if (job == NULL || buf_append_sized(&job->entries, entry) < 0) {
            rc = ST_NOMEM;
            break;
        }
        storage_key_item_encoded(&key, SPACE_ITEMS, table->id, hash,
                                 slice_skip(entry, PURGE_KEY_HASH_AT + 8));
        lane__fetch(table, &key, ENGINE_READ_ANY, &pin);
        engine_unpin(&pin);
    }
    engine_iterator_free(iterator);
    return rc < 0 ? rc : 0;
}

void purge__start(struct table *table)
{
    struct store *store = table->store;
    struct purge *purge;
    uint32_t count = 0, lanes = store->lane_count;

    if (!atomic_load(&table->may_hold_tombstones) || atomic_load(&table->dropped) ||
        atomic_exchange(&table->purging, true))
        return;
    purge = calloc(1, sizeof(*purge));
    if (purge == NULL) {
        atomic_store(&table->purging, false);
        return;
    }
    purge->table = table_ref(table);
    purge->floor = atomic_load(&table->floor);
    pthread_mutex_lock(&store->list_lock);
    list_append(&store->purges, &purge->node);
    pthread_mutex_unlock(&store->list_lock);
#ifdef MUTANT_PURGE_WITHOUT_FLOOR
    if (purge->floor != 0)
        purge->floor = UINT64_MAX;
#endif
    if (collect(purge) < 0)
        purge->more = false;
    for (uint32_t i = 0; i < lanes; i++)
        count += purge->jobs[i] != NULL;
    if (count == 0) {
        purge->more = false;
        purge_done(purge);
        return;
    }
    atomic_init(&purge->jobs_left, count);
    atomic_fetch_add(&store->pending,
                     count);               /* the run holds one already: the store is not closed */
    for (uint32_t i = 0; count > 0; i++) { /* the last one posted may end the purge */
        struct purge_job *job = purge->jobs[i];

        if (job == NULL)
            continue;
        count--;
        strand_post(job->lane->strand, &job->task);
    }
}
