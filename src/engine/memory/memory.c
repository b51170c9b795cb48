/*
 * memory.c - an engine in memory, for --in-memory, unit tests and simulation (engine.h).
 *
 * The contents are one immutable state (memory_priv.h). A commit makes the next state beside the
 * present one and then swaps them under a lock, so a reader sees all of a batch or nothing, and a
 * batch that runs out of memory has never happened. Readers hold the lock while they look up one
 * key, iterators only to take their share of the state: what they then walk does not change any
 * more.
 *
 * With commit_delay_us a synced commit is applied when its time has come, not before: until then no
 * reader sees it and a crash may lose it, as with a real disk in fsync.
 *
 * The engine holds no clock and no randomness of its own: equal calls give equal contents, whatever
 * the machine.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "engine/memory/memory_priv.h"

struct memory_engine {
    struct engine base;
    pthread_rwlock_t lock; /* over `state` and the counters */
    struct memory_state state;
    struct memory_disk *disk; /* NULL: nothing survives */
    uint64_t crashes;         /* of the disk, when this engine was opened */
    struct executor *executor;
    int64_t (*commit_delay_us)(void *context);
    bool (*cache_miss)(void *context);
    void *context;
    struct commit *pending; /* on its way, or swallowed by a crash */
    uint64_t commits, syncs, bytes_written;
};

struct memory_iterator {
    struct engine_iterator base;
    struct memory_engine *engine;
    struct tree tree; /* our share */
    struct tree_cursor cursor;
    enum engine_read how;
    struct slice lower, upper; /* into bounds[]; empty: none */
    uint8_t bounds[];
};

static struct memory_engine *memory_of(struct engine *engine)
{
    return CONTAINER_OF(engine, struct memory_engine, base);
}

/* ---- commit ---- */

int memory__apply(struct memory_state *state, const struct batch *batch)
{
    struct reader reader = batch__reader(batch);
    struct batch_entry entry;
    int rc = 0;

    while (rc == 0 && batch__next(&reader, &entry)) {
        struct tree *tree = &state->families[entry.family];

        switch (entry.op) {
        case BATCH_PUT:
            rc = tree_put(tree, entry.key, entry.value);
            break;
        case BATCH_DELETE:
            rc = tree_delete(tree, entry.key);
            break;
        case BATCH_DELETE_RANGE:
            rc = tree_delete_range(tree, entry.key, entry.value);
            break;
        }
    }
    return rc;
}

/** The disk crashed under this engine: nothing it does counts any more. */
static bool is_dead(const struct memory_engine *engine)
{
    return engine->disk != NULL && engine->disk->crashes != engine->crashes;
}

static int apply(struct memory_engine *engine, const struct batch *batch,
                 enum engine_durability durability)
{
    struct memory_state state = memory_state_share(&engine->state);
    int rc = memory__apply(&state, batch);

    if (rc == 0) {
        struct memory_state replaced = engine->state;

        pthread_rwlock_wrlock(&engine->lock);
        engine->state = state;
        engine->commits++;
        engine->syncs += durability == ENGINE_SYNC;
        engine->bytes_written += batch->ops.len;
        pthread_rwlock_unlock(&engine->lock);
        if (engine->disk != NULL)
            memory_disk__committed(engine->disk, &engine->state, durability);
        state = replaced;
    }
    memory_state_release(&state);
    return rc;
}

static void set_pending(struct memory_engine *engine, struct commit *commit)
{
    engine->pending = commit;
    if (engine->disk != NULL && !is_dead(engine))
        engine->disk->engine_pending = commit != NULL ? commit->batch : NULL;
}

static void on_commit_due(struct timer *timer)
{
    struct commit *commit = CONTAINER_OF(timer, struct commit, timer);
    struct memory_engine *engine = memory_of(commit->engine);
    int rc;

    assert(engine->pending == commit);
    if (is_dead(engine))
        return; /* engine_close() will answer */
    set_pending(engine, NULL);
    rc = apply(engine, commit->batch, ENGINE_SYNC);
    commit->on_done(commit, rc);
}

static void memory_commit(struct engine *base, enum engine_durability durability,
                          struct commit *commit)
{
    struct memory_engine *engine = memory_of(base);

    assert(engine->pending == NULL); /* one at a time */
    timer_init(&commit->timer, on_commit_due);
    if (is_dead(engine)) {
        set_pending(engine, commit);
    } else if (buf_failed(&commit->batch->ops)) {
        commit->on_done(commit, ST_NOMEM);
    } else if (engine->disk != NULL && atomic_load(&engine->disk->full)) {
        commit->on_done(commit, ST_FULL);
    } else if (durability == ENGINE_SYNC && engine->commit_delay_us != NULL) {
        struct mono due = executor_now(engine->executor);

        due.ns += engine->commit_delay_us(engine->context) * 1000;
        set_pending(engine, commit);
        timer_start(commit->strand, &commit->timer, due);
    } else {
        commit->on_done(commit, apply(engine, commit->batch, durability));
    }
}

/* ---- reads ---- */

static bool misses(struct memory_engine *engine, enum engine_read how)
{
    return how == ENGINE_READ_CACHED && engine->cache_miss != NULL &&
           engine->cache_miss(engine->context);
}

static void release_blob(void *handle)
{
    tree_blob_release(handle);
}

static int memory_get(struct engine *base, enum engine_family family, struct slice key,
                      enum engine_read how, struct pinned *ret_value)
{
    struct memory_engine *engine = memory_of(base);
    struct tree_blob *blob;

    if (misses(engine, how))
        return ST_AGAIN;
    pthread_rwlock_rdlock(&engine->lock);
    blob = tree_get(&engine->state.families[family], key);
    if (blob != NULL)
        tree_blob_share(blob);
    pthread_rwlock_unlock(&engine->lock);
    if (blob == NULL)
        return ST_NOTFOUND;
    *ret_value =
        (struct pinned){.value = tree_blob_slice(blob), .handle = blob, .release = release_blob};
    return 0;
}

static struct memory_iterator *iterator_of(struct engine_iterator *iterator)
{
    return CONTAINER_OF(iterator, struct memory_iterator, base);
}

/** What a move forwards, or backwards, to an entry or past the end comes to. */
static int bounded_above(const struct memory_iterator *iterator, bool found)
{
    if (!found)
        return 1;
    return iterator->upper.len > 0 && slice_cmp(tree_key(&iterator->cursor), iterator->upper) >= 0;
}

static int bounded_below(const struct memory_iterator *iterator, bool found)
{
    return !found || slice_cmp(tree_key(&iterator->cursor), iterator->lower) < 0;
}

static int memory_seek(struct engine_iterator *base, struct slice key)
{
    struct memory_iterator *iterator = iterator_of(base);

    if (misses(iterator->engine, iterator->how))
        return ST_AGAIN;
    if (slice_cmp(key, iterator->lower) < 0)
        key = iterator->lower;
    return bounded_above(iterator, tree_at_or_after(&iterator->cursor, &iterator->tree, key));
}

static int memory_seek_first(struct engine_iterator *base)
{
    return memory_seek(base, SLICE_EMPTY);
}

/** The last entry before the upper bound. */
static bool place_last(struct memory_iterator *iterator)
{
    if (iterator->upper.len == 0)
        return tree_last(&iterator->cursor, &iterator->tree);
    if (!tree_at_or_before(&iterator->cursor, &iterator->tree, iterator->upper))
        return false;
    if (slice_eq(tree_key(&iterator->cursor), iterator->upper))
        return tree_previous(&iterator->cursor);
    return true;
}

static int memory_seek_last(struct engine_iterator *base)
{
    struct memory_iterator *iterator = iterator_of(base);

    if (misses(iterator->engine, iterator->how))
        return ST_AGAIN;
    return bounded_below(iterator, place_last(iterator));
}

static int memory_seek_backward(struct engine_iterator *base, struct slice key)
{
    struct memory_iterator *iterator = iterator_of(base);

    if (iterator->upper.len > 0 && slice_cmp(key, iterator->upper) >= 0)
        return memory_seek_last(base);
    if (misses(iterator->engine, iterator->how))
        return ST_AGAIN;
    return bounded_below(iterator, tree_at_or_before(&iterator->cursor, &iterator->tree, key));
}

static int memory_next(struct engine_iterator *base)
{
    struct memory_iterator *iterator = iterator_of(base);

    if (misses(iterator->engine, iterator->how))
        return ST_AGAIN;
    return bounded_above(iterator, tree_next(&iterator->cursor));
}

static int memory_previous(struct engine_iterator *base)
{
    struct memory_iterator *iterator = iterator_of(base);

    if (misses(iterator->engine, iterator->how))
        return ST_AGAIN;
    return bounded_below(iterator, tree_previous(&iterator->cursor));
}

static struct slice memory_key(const struct engine_iterator *base)
{
    return tree_key(&CONTAINER_OF(base, const struct memory_iterator, base)->cursor);
}

static struct slice memory_value(const struct engine_iterator *base)
{
    return tree_value(&CONTAINER_OF(base, const struct memory_iterator, base)->cursor);
}

static void memory_iterator_free(struct engine_iterator *base)
{
    struct memory_iterator *iterator = iterator_of(base);

    tree_release(&iterator->tree);
    free(iterator);
}

static const struct engine_iterator_ops memory_iterator_ops = {
    .seek_first = memory_seek_first,
    .seek_last = memory_seek_last,
    .seek = memory_seek,
    .seek_backward = memory_seek_backward,
    .next = memory_next,
    .previous = memory_previous,
    .key = memory_key,
    .value = memory_value,
    .free = memory_iterator_free,
};

static int memory_iterate(struct engine *base, enum engine_family family, struct slice lower,
                          struct slice upper, enum engine_read how,
                          struct engine_iterator **ret_iterator)
{
    struct memory_engine *engine = memory_of(base);
    struct memory_iterator *iterator = malloc(sizeof(*iterator) + lower.len + upper.len);

    if (iterator == NULL)
        return ST_NOMEM;
    iterator->base.ops = &memory_iterator_ops;
    iterator->engine = engine;
    iterator->how = how;
    if (lower.len > 0)
        memcpy(iterator->bounds, lower.ptr, lower.len);
    if (upper.len > 0)
        memcpy(iterator->bounds + lower.len, upper.ptr, upper.len);
    iterator->lower = slice_of(iterator->bounds, lower.len);
    iterator->upper = slice_of(iterator->bounds + lower.len, upper.len);
    pthread_rwlock_rdlock(&engine->lock);
    iterator->tree = tree_share(&engine->state.families[family]);
    pthread_rwlock_unlock(&engine->lock);
    *ret_iterator = &iterator->base;
    return 0;
}

/* ---- the rest ---- */

static int memory_checkpoint(struct engine *base, const char *folder)
{
    (void)base;
    (void)folder;
    return ST_UNSUPPORTED;
}

static void memory_stats(struct engine *base, struct engine_stats *ret_stats)
{
    struct memory_engine *engine = memory_of(base);

    pthread_rwlock_rdlock(&engine->lock);
    for (int i = 0; i < ENGINE_FAMILY_COUNT; i++)
        ret_stats->memory_bytes += engine->state.families[i].bytes;
    ret_stats->commits = engine->commits;
    ret_stats->syncs = engine->syncs;
    ret_stats->bytes_written = engine->bytes_written;
    pthread_rwlock_unlock(&engine->lock);
    ret_stats->full = engine->disk != NULL && atomic_load(&engine->disk->full);
}

static void memory_close(struct engine *base)
{
    struct memory_engine *engine = memory_of(base);
    struct commit *swallowed = engine->pending;

    if (engine->disk != NULL && !is_dead(engine)) {
        assert(engine->pending == NULL);
        memory_disk__committed(engine->disk, &engine->state, ENGINE_SYNC);
        engine->disk->engine = NULL;
        engine->disk->engine_state = NULL;
    }
    assert(swallowed == NULL || is_dead(engine));
    if (swallowed != NULL)
        timer_stop(&swallowed->timer);
    memory_state_release(&engine->state);
    pthread_rwlock_destroy(&engine->lock);
    free(engine);
    if (swallowed != NULL)
        swallowed->on_done(swallowed, ST_CLOSED);
}

static const struct engine_ops memory_ops = {
    .commit = memory_commit,
    .get = memory_get,
    .iterate = memory_iterate,
    .checkpoint = memory_checkpoint,
    .stats = memory_stats,
    .close = memory_close,
};

int engine_memory_open(const struct engine_memory_options *options, struct engine **ret_engine)
{
    struct memory_engine *engine = calloc(1, sizeof(*engine));
    struct memory_disk *disk = options->disk;

    if (engine == NULL)
        return ST_NOMEM;
    assert(options->commit_delay_us == NULL || options->executor != NULL);
    engine->base.ops = &memory_ops;
    engine->disk = disk;
    engine->executor = options->executor;
    engine->commit_delay_us = options->commit_delay_us;
    engine->cache_miss = options->cache_miss;
    engine->context = options->context;
    pthread_rwlock_init(&engine->lock, NULL);
    if (disk != NULL) {
        assert(disk->engine == NULL); /* the one before is closed, or its disk has crashed */
        engine->crashes = disk->crashes;
        engine->state = memory_state_share(&disk->synced);
        disk->engine = &engine->base;
        disk->engine_state = &engine->state;
    }
    *ret_engine = &engine->base;
    return 0;
}
