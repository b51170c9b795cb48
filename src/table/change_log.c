/*
 * change_log.c - reading the change log, being told of new changes, and how much of it must be
 * kept.
 *
 * One number line of sequences runs through the whole Region; a log group holds some of the
 * numbers. A reader goes up to the durable watermark and remembers `position`, which counts what it
 * skipped as read.
 *
 * Trimming raises `trimmed` in memory before anything is deleted, and a reader looks at it after it
 * has opened its iterator: so it either sees all changes that it asks for, or learns that some are
 * gone.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "table/store_priv.h"

enum { LOG_SCAN_MAX = 65536 }; /* ours: changes that one read looks at, wanted or not */

uint64_t store_durable_sequence(const struct store *store)
{
    return atomic_load_explicit(&store->durable_sequence, memory_order_acquire);
}

/* ---- watches ---- */

static void on_watch(struct task *task)
{
    struct log_watch *watch = CONTAINER_OF(task, struct log_watch, task);

    __atomic_store_n(&watch->posted, false, __ATOMIC_SEQ_CST);
    watch->run(task);
}

void store_log_watch(struct store *store, struct log_watch *watch)
{
    if (watch->task.run != on_watch) /* it may have been watching before */
        watch->run = watch->task.run;
    watch->task.run = on_watch;
    watch->posted = false;
    pthread_mutex_lock(&store->list_lock);
    list_append(&store->watches, &watch->node);
    pthread_mutex_unlock(&store->list_lock);
}

void store_log_unwatch(struct store *store, struct log_watch *watch)
{
    pthread_mutex_lock(&store->list_lock);
    list_remove(&watch->node);
    pthread_mutex_unlock(&store->list_lock);
}

void log__notify(struct store *store)
{
    pthread_mutex_lock(&store->list_lock);
    LIST_FOREACH(node, &store->watches)
    {
        struct log_watch *watch = LIST_ENTRY(node, struct log_watch, node);

        if (!__atomic_exchange_n(&watch->posted, true, __ATOMIC_SEQ_CST))
            strand_post(watch->strand, &watch->task);
    }
    pthread_mutex_unlock(&store->list_lock);
}

/* ---- reading ---- */

static int iterate_group(struct store *store, const struct table *table, uint32_t log_group,
                         uint64_t from, struct engine_iterator **ret_iterator)
{
    struct storage_key lower, upper;

    storage_key_sequence(&lower, SPACE_CHANGES, table->id, log_group, from);
    storage_key_group(&upper, SPACE_CHANGES, table->id, log_group);
    storage_key_successor(&upper);
    return engine_iterate(store->engine, ENGINE_LOG, storage_key_slice(&lower),
                          storage_key_slice(&upper), ENGINE_READ_ANY, ret_iterator);
}

static bool wanted(const struct log_read *read, const struct change *change)
{
#ifdef MUTANT_RESHIP_REPLICATED /* mutant: feeds send on what came from others */
    if (read->own_only && (change->flags & CHANGE_NOT_SHIPPED))
        return false;
#else
    if (read->own_only && !change_is_own(change))
        return false;
#endif
    return !(read->visible_only && (change->flags & CHANGE_INVISIBLE));
}

int store_log_read(struct store *store, struct table *table, uint32_t log_group,
                   struct log_read *read, struct buf *out)
{
    uint64_t durable = store_durable_sequence(store);
    uint64_t up_to = read->up_to != 0 && read->up_to < durable ? read->up_to : durable;
    struct engine_iterator *iterator = NULL;
    size_t start = out != NULL ? out->len : 0;
    uint32_t scanned = 0;
    int rc;

    read->position = read->after;
    read->more = false;
    read->sum = (struct change_sum){0};
    if (read->after >= up_to)
        return read->after < store_log_trimmed(store, table, log_group) ? ST_TRIMMED : 0;
    rc = iterate_group(store, table, log_group, read->after + 1, &iterator);
    if (rc < 0)
        return rc;
    if (read->after < store_log_trimmed(store, table, log_group)) {
        rc = ST_TRIMMED;
        goto out;
    }
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        struct slice bytes = engine_iterator_value(iterator);
        struct slice key = engine_iterator_key(iterator);
        struct change change;

        if (key.len != SEQUENCE_KEY_BYTES || change_decode(bytes, &change) < 0 ||
            change.sequence != be64_get(key.ptr + SEQUENCE_KEY_SEQUENCE_AT)) {
            rc = ST_CORRUPT;
            goto out;
        }
        if (change.sequence > up_to)
            break;
        if ((read->count_max != 0 && read->sum.count == read->count_max) ||
            scanned++ == LOG_SCAN_MAX ||
            (read->bytes_max != 0 && out != NULL && out->len - start > read->bytes_max)) {
            read->more = true;
            break;
        }
        if (wanted(read, &change)) {
            rc = out != NULL ? buf_append_sized(out, bytes) : 0;
            if (rc < 0)
                goto out;
            read->sum.count++;
            read->sum.bytes += bytes.len;
        }
        read->position = change.sequence;
    }
    if (rc < 0)
        goto out;
    if (!read->more)
        read->position = up_to;
    rc = 0;
out:
    engine_iterator_free(iterator);
    return rc;
}

void log__count_own(struct table *table, const struct unit *unit)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        table->own[i].count += unit->own[i].count;
        table->own[i].bytes += unit->own[i].bytes;
    }
    table->own_through = unit->sequence + unit->slot_count - 1;
}

void store_log_own(struct table *table, uint32_t log_group, struct change_sum *ret_own,
                   uint64_t *ret_through)
{
    pthread_mutex_lock(&table->lock);
    *ret_own = table->own[log_group];
    *ret_through = table->own_through;
    pthread_mutex_unlock(&table->lock);
}

uint64_t store_log_trimmed(struct store *store, struct table *table, uint32_t log_group)
{
    (void)store;
    return atomic_load(&table->groups[log_group].trimmed);
}

void store_log_hold(struct store *store, struct table *table, uint32_t log_group, uint64_t sequence)
{
    (void)store;
    atomic_store(&table->groups[log_group].hold, sequence);
}

/* ---- what may be trimmed ---- */

/** The oldest commit time that a stream of the table still shows, or that a destination may still
 * get; INT64_MAX when there is none. */
static int64_t streams_since_ms(struct table *table, int64_t now_ms)
{
    struct schema *schema = table_schema(table);
    bool readable = schema_streams_readable(schema, now_ms) || schema->kinesis.enabled;

    schema_unref(schema);
    return readable ? now_ms - STREAM_RETENTION_MS : INT64_MAX;
}

/** The change at the iterator: 0; 1 when it is beyond `limit` or as young as `since_ms`. */
static int too_young(const struct engine_iterator *iterator, uint64_t limit, int64_t since_ms,
                     uint64_t *ret_sequence)
{
    struct change change;

    if (change_decode(engine_iterator_value(iterator), &change) < 0)
        return ST_CORRUPT;
    if (change.sequence > limit || change.commit_ms >= since_ms)
        return 1;
    *ret_sequence = change.sequence;
    return 0;
}

/**
 * Moves *ret_old up to the last change that is old enough, and at most to `limit`. Changes stand in
 * the order of their commits, so half of what is left is ruled out at a time.
 */
static int find_young(struct engine_iterator *iterator, const struct table *table,
                      uint32_t log_group, uint64_t limit, int64_t since_ms, uint64_t *ret_old)
{
    int rc = 0;

    while (*ret_old < limit) {
        uint64_t middle = *ret_old + (limit - *ret_old) / 2 + 1, sequence;
        struct storage_key key;

        if (middle > limit)
            middle = limit;
        storage_key_sequence(&key, SPACE_CHANGES, table->id, log_group, middle);
        rc = engine_seek(iterator, storage_key_slice(&key));
        if (rc == 0)
            rc = too_young(iterator, limit, since_ms, &sequence);
        if (rc < 0)
            return rc;
        if (rc == 0)
            *ret_old = sequence;
        else
            limit = middle - 1;
    }
    return 0;
}

int store_log_horizon(struct store *store, struct table *table, uint32_t log_group,
                      int64_t since_ms, uint64_t *ret_sequence)
{
    uint64_t old = store_log_trimmed(store, table, log_group);
    struct engine_iterator *iterator = NULL;
    int rc = iterate_group(store, table, log_group, old + 1, &iterator);

    if (rc < 0)
        return rc;
    rc = find_young(iterator, table, log_group, store_durable_sequence(store), since_ms, &old);
    engine_iterator_free(iterator);
    if (rc < 0)
        return rc;
    *ret_sequence = old;
    return 0;
}

int log__trim_limit(struct store *store, struct table *table, uint32_t log_group,
                    uint64_t *ret_limit)
{
    struct log_group *group = &table->groups[log_group];
    uint64_t trimmed = atomic_load(&group->trimmed), hold = atomic_load(&group->hold);
    int64_t since_ms = streams_since_ms(table, clock_wall_ms(store->clock));
    uint64_t limit = store_durable_sequence(store), first, old = trimmed;
    struct engine_iterator *iterator = NULL;
    int rc;

    *ret_limit = trimmed;
    if (hold < limit)
        limit = hold;
    if (limit <= trimmed)
        return 0;
    rc = iterate_group(store, table, log_group, trimmed + 1, &iterator);
    if (rc < 0)
        return rc;
    rc = engine_seek_first(iterator);
    if (rc == 0)
        rc = too_young(iterator, limit, since_ms, &first);
    if (rc == 0 && since_ms != INT64_MAX)
        rc = find_young(iterator, table, log_group, limit, since_ms, &old);
    else if (rc == 0)
        old = limit; /* nobody asks for the age */
    engine_iterator_free(iterator);
    if (rc < 0 || old == trimmed)
        return rc < 0 ? rc : 0;

    if (!atomic_load(&table->dropped)) {
        pthread_mutex_lock(&table->lock);
        if (table->changes_unflushed > 0 && table->digest_position < old) {
            old = table->digest_position;
            atomic_store(&table->digest_wanted, true);
        }
        pthread_mutex_unlock(&table->lock);
    }
    if (old > trimmed)
        *ret_limit = old;
    return 0;
}
