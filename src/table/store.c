/*
 * store.c - opening and closing a Region's store, its clock, its fence, its numbers.
 *
 * Opening reads: whose folder it is, the mark (last sequence, clock, next table id), the catalogue,
 * and per table what the log's tail adds to its digest. A new folder writes its identity with its
 * first batch.
 *
 * Closing is a chain, each link on its own strand, so that nothing is pending on any of them when
 * the owner is told:  store_close --> committer: everything answered, last batch with all digests
 * --> housekeeping, expiry: timers stopped --> every lane: its units taken back --> on_closed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table/index_work.h"
#include "table/store_priv.h"

/* ---- accepting work ---- */

bool store__accept(struct store *store)
{
    atomic_fetch_add(&store->pending, 1);
    if (!atomic_load(&store->closing))
        return true;
    store__release(store);
    return false;
}

void store__release(struct store *store)
{
    if (atomic_fetch_sub(&store->pending, 1) == 1 && atomic_load(&store->closing))
        committer_kick(&store->committer);
}

/* ---- opening ---- */

/** Whose folder this is: 0 (this Region's, or new), ST_REFUSED, ST_UNSUPPORTED, ST_CORRUPT. */
static int load_identity(struct store *store)
{
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;
    struct slice payload;
    int rc;

    storage_key_space(&key, SPACE_IDENTITY);
    rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(&key), ENGINE_READ_ANY, &pin);
    if (rc == ST_NOTFOUND) {
        for (size_t i = 0; i < sizeof(store->folder); i += 8)
            be64_put(store->folder + i, executor_random(store->executor));
        atomic_store(&store->identity_pending, true);
        return 0;
    }
    if (rc == 0)
        rc = sealed_open(pin.value, &payload);
    if (rc == 0 && payload.len < 4 + sizeof(store->folder))
        rc = ST_CORRUPT;
    if (rc == 0) {
        struct slice region = slice_skip(payload, 4 + sizeof(store->folder));

        memcpy(store->folder, payload.ptr + 4, sizeof(store->folder));
        if (be32_get(payload.ptr) != STORAGE_FORMAT) {
            log_error(&store->log, "table", "the data folder has format %u; this program reads %u",
                      be32_get(payload.ptr), (unsigned)STORAGE_FORMAT);
            rc = ST_UNSUPPORTED;
        } else if (!slice_eq_str(region, store->region)) {
            log_error(&store->log, "table", "the data folder belongs to Region %.*s, not to %s",
                      SLICE_ARGS(region), store->region);
            rc = ST_REFUSED;
        }
    }
    engine_unpin(&pin);
    return rc;
}

static int load_mark(struct store *store)
{
    struct hybrid_time high_water = {0};
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;
    struct slice payload;
    int rc;

    storage_key_space(&key, SPACE_MARK);
    rc = engine_get(store->engine, ENGINE_DATA, storage_key_slice(&key), ENGINE_READ_ANY, &pin);
    if (rc == 0) {
        rc = sealed_open(pin.value, &payload);
        if (rc == 0 && payload.len != 20)
            rc = ST_CORRUPT;
        if (rc == 0) {
            store->committer.sequence = be64_get(payload.ptr);
            high_water.bits = be64_get(payload.ptr + 8);
            store->next_table_id = be32_get(payload.ptr + 16);
        }
        engine_unpin(&pin);
    } else if (rc == ST_NOTFOUND) {
        rc = 0;
    }
    atomic_store(&store->durable_sequence, store->committer.sequence);
    /* Every version in the log lies below the mark that was stored with it, or above it because
     * the record that it replaced did; the latter must not move the clock. */
    hlc_init(&store->hlc, high_water, (struct hybrid_time){0});
    return rc;
}

static uint32_t lanes_default(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    return cores <= 4 ? 1 : (uint32_t)(cores / 2 < LANES_MAX ? cores / 2 : LANES_MAX);
}

int store_open(const struct store_options *options, struct store **ret_store)
{
    struct store *store = calloc(1, sizeof(*store));
    int rc;

    if (store == NULL)
        return ST_NOMEM;
    assert(strlen(options->region) < sizeof(store->region));
    strcpy(store->region, options->region);
    store->executor = options->executor;
    store->clock = options->clock;
    store->engine = options->engine;
    store->log = options->log;
    store->queue_bytes_max =
        options->queue_bytes_max ? options->queue_bytes_max : QUEUE_BYTES_DEFAULT;
    store->shard_bytes_max =
        options->shard_bytes_max ? options->shard_bytes_max : SHARD_BYTES_DEFAULT;
    store->throttle = options->throttle;
    store->next_table_id = 1;
    do
        store->incarnation = executor_random(store->executor);
    while (store->incarnation == 0);
    list_init(&store->watches);
    list_init(&store->purges);
    list_init(&store->index_works);
    list_init(&store->expiry.deletes);
    list_init(&store->expiry.builds);
    pthread_mutex_init(&store->list_lock, NULL);
    pthread_mutex_init(&store->clock_lock, NULL);
    pthread_rwlock_init(&store->registry.lock, NULL);
    gate_init(&store->gate);
    tokens_init(&store->tokens);
    store->lane_count = options->lanes ? options->lanes : lanes_default();
    assert(store->lane_count <= LANES_MAX);

    rc = load_identity(store);
    if (rc == 0)
        rc = load_mark(store);
    if (rc == 0)
        rc = catalogue__load(store);
    if (rc < 0)
        goto out;
    store->lanes = calloc(store->lane_count, sizeof(*store->lanes));
    if (store->lanes == NULL) {
        rc = ST_NOMEM;
        goto out;
    }
    rc = committer_init(&store->committer, store, options->dedicated_committer);
    for (uint32_t i = 0; i < store->lane_count && rc == 0; i++)
        rc = lane_init(&store->lanes[i], store, i);
    if (rc == 0)
        rc = housekeeping__init(store);
    if (rc == 0)
        rc = expiry__init(store, options->expiry_interval_ms);
    if (rc < 0)
        goto out;
    if (atomic_load(&store->identity_pending))
        committer_kick(&store->committer);
    index_work__start_all(store);
    *ret_store = store;
    store = NULL;
out:
    store_free(store);
    return rc;
}

/* ---- closing ---- */

static void on_close(struct task *task)
{
    struct store_close *close = CONTAINER_OF(task, struct store_close, task);

    close->on_closed(close);
}

void store_close(struct store *store, struct store_close *close)
{
    assert(!atomic_load(&store->closing));
    task_init(&close->task, on_close);
    store->close = close;
    atomic_store(&store->closing, true);
    committer_kick(&store->committer);
}

void store__stopped(struct store *store)
{
    uint32_t count = store->lane_count;

    atomic_store(&store->lanes_stopping, count);
    for (uint32_t i = 0; i < count; i++) {
        struct lane *lane = &store->lanes[i];

        strand_post(lane->strand, &lane->stop); /* the last one may free the store */
    }
}

void store_free(struct store *store)
{
    if (store == NULL)
        return;
    committer_release(&store->committer);
    for (uint32_t i = 0; store->lanes != NULL && i < store->lane_count; i++)
        lane_release(&store->lanes[i]);
    free(store->lanes);
    purge__release(store);
    index_work__release(store);
    expiry__release(store);
    strand_free(store->housekeeping.strand);
    strand_free(store->expiry.strand);
    catalogue__release(store);
    hlc_release(&store->hlc);
    tokens_release(&store->tokens);
    gate_release(&store->gate);
    pthread_mutex_destroy(&store->list_lock);
    pthread_mutex_destroy(&store->clock_lock);
    free(store);
}

void store_identity(const struct store *store, uint8_t ret_folder[16], uint64_t *ret_incarnation)
{
    memcpy(ret_folder, store->folder, sizeof(store->folder));
    *ret_incarnation = store->incarnation;
}

/* ---- the clock ---- */

struct hybrid_time store__mark_wanted(struct store *store)
{
    struct hybrid_time wanted;

    pthread_mutex_lock(&store->clock_lock);
    wanted = hlc_high_water_wanted(&store->hlc, clock_wall_ms(store->clock));
    pthread_mutex_unlock(&store->clock_lock);
    return wanted;
}

struct hybrid_time store_closed_time(struct store *store, bool advance)
{
    int64_t wall_ms = clock_wall_ms(store->clock);
    struct hybrid_time closed;
    bool behind;

    pthread_mutex_lock(&store->clock_lock);
    closed = hlc_closed(&store->hlc, wall_ms);
    /* Half of the distance that a new mark is ahead: so at most ten marks a second. */
    behind =
        hybrid_time_ms(store->hlc.clock) + HLC_AHEAD_MS / 2 > hybrid_time_ms(store->hlc.high_water);
    pthread_mutex_unlock(&store->clock_lock);
    if (advance && behind && !atomic_load(&store->closing))
        committer_want_mark(&store->committer);
    return closed;
}

int store_observe_time(struct store *store, struct hybrid_time remote)
{
    enum hlc_observed observed;

    pthread_mutex_lock(&store->clock_lock);
    observed = hlc_observe(&store->hlc, clock_wall_ms(store->clock), remote);
    pthread_mutex_unlock(&store->clock_lock);
    switch (observed) {
    case HLC_RATCHETED:
        return STORE_OBSERVED_RATCHETED;
    case HLC_AHEAD:
        return STORE_OBSERVED_AHEAD;
    case HLC_POISON:
        break;
    }
    return STORE_OBSERVED_POISON;
}

void store_advance_clock(struct store *store, struct hybrid_time at_least)
{
    pthread_mutex_lock(&store->clock_lock);
    hlc_advance(&store->hlc, at_least);
    pthread_mutex_unlock(&store->clock_lock);
}

/* ---- floor and fence ---- */

void store_set_floor(struct store *store, struct table *table, struct hybrid_time floor)
{
    uint64_t before = atomic_load(&table->floor);

    while (before < floor.bits)
        if (atomic_compare_exchange_weak(&table->floor, &before, floor.bits)) {
            if (atomic_load(&table->may_hold_tombstones)) {
                atomic_store(&table->purge_wanted, true);
                housekeeping__wake(store);
            }
            return;
        }
}

struct hybrid_time store_floor(const struct store *store, const struct table *table)
{
    (void)store;
    return (struct hybrid_time){atomic_load(&table->floor)};
}

void store_fence(struct store *store, const char *reason)
{
    bool fenced = reason != NULL;

    if (atomic_exchange(&store->fenced, fenced) == fenced)
        return;
    if (fenced)
        log_error(&store->log, "table", "writes are refused: %s", reason);
    else
        log_info(&store->log, "table", "writes are accepted again");
}

bool store_fenced(const struct store *store)
{
    return atomic_load(&store->fenced);
}

/* ---- numbers ---- */

void store_stats(struct store *store, struct store_stats *ret_stats)
{
    *ret_stats = (struct store_stats){
        .commits = atomic_load(&store->commits),
        .commit_units = atomic_load(&store->commit_units),
        .commit_us_total = atomic_load(&store->commit_us_total),
        .queue_bytes = atomic_load(&store->queue_bytes),
        .queue_units = atomic_load(&store->queue_units),
        .changes = atomic_load(&store->changes),
        .conflicts_logged = atomic_load(&store->conflicts_logged),
        .tombstones_purged = atomic_load(&store->tombstones_purged),
        .mutations_refused = atomic_load(&store->mutations_refused),
        .items_expired = atomic_load(&store->items_expired),
        .sequence_durable = store_durable_sequence(store),
        .commit_us_max = atomic_exchange(&store->commit_us_max, 0),
    };
}
