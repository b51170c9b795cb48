/*
 * shards.c - see shards.h. Cuts: made by housekeeping, numbered by the committer, kept in memory.
 *
 * A cut is a key (table, log group, sequence) with two times as its value. Its sequence is given by
 * the committer like a change's, so the batch that stores it decides on which side of it every
 * change stands. When the batch is durable, the cut is put into memory before the watermark shows
 * its number; a reader that looked at the watermark first cannot read beyond a cut that it does not
 * know (shards.h).
 *
 * A cut is forgotten when the shard that it opens was closed more than 24 hours ago, or when its
 * stream is gone. One job per table is under way at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/shards.h"

#include <assert.h>
#include <stdlib.h>

#include "table/store_priv.h"

enum { CUT_PAYLOAD_BYTES = 16 };

static bool within(const struct stream *stream, uint64_t sequence)
{
    return sequence > stream->start_sequence &&
           (stream->disabled_ms == 0 || sequence < stream->end_sequence);
}

/* ---- listing ---- */

static struct shard first_shard(const struct stream *stream, uint32_t group)
{
    return (struct shard){
        .group = group, .opened_ms = stream->created_ms, .start = stream->start_sequence};
}

int store_shards(struct table *table, const struct stream *stream, int64_t now_ms,
                 struct arena *arena, struct shard **ret_shards, size_t *ret_count)
{
    int64_t horizon_ms = now_ms - STREAM_RETENTION_MS;
    struct shard *shards;
    size_t count = 0;

    pthread_mutex_lock(&table->lock);
    shards = ARENA_ARRAY(arena, struct shard, table->cuts.count + TABLE_PARTITIONS);
    for (uint32_t group = 0; shards != NULL && group < TABLE_PARTITIONS; group++) {
        struct shard shard = first_shard(stream, group);

        for (uint32_t i = 0; i < table->cuts.count; i++) {
            const struct cut *cut = &table->cuts.list[i];

            if (cut->group != group || !within(stream, cut->sequence))
                continue;
            shard.end = cut->sequence;
            shard.closed_ms = cut->opened_ms;
            if (shard.closed_ms >= horizon_ms)
                shards[count++] = shard;
            shard = (struct shard){.group = group,
                                   .opened_ms = cut->opened_ms,
                                   .parent_ms = cut->parent_ms,
                                   .start = cut->sequence};
        }
        shard.end = stream->disabled_ms == 0 ? UINT64_MAX : stream->end_sequence;
        shard.closed_ms = stream->disabled_ms;
        shards[count++] = shard;
    }
    pthread_mutex_unlock(&table->lock);
    if (shards == NULL)
        return ST_NOMEM;
    *ret_shards = shards;
    *ret_count = count;
    return 0;
}

/* ---- the job: cuts to be made, cuts to be forgotten ---- */

/** When the open shard of a log group was opened. The table is locked. */
static int64_t opened_ms(const struct table *table, const struct stream *stream, uint32_t group)
{
    int64_t newest = stream->created_ms;

    for (uint32_t i = 0; i < table->cuts.count; i++)
        if (table->cuts.list[i].group == group && within(stream, table->cuts.list[i].sequence))
            newest = table->cuts.list[i].opened_ms;
    return newest;
}

static void collect_due(struct table *table, const struct schema *schema, int64_t now_ms)
{
    const struct stream *stream = schema_stream(schema);
    struct cuts *cuts = &table->cuts;

    cuts->due_count = 0;
    for (uint32_t group = 0; stream == NULL && group < TABLE_PARTITIONS; group++)
        atomic_store(&table->groups[group].logged, 0); /* a stream begins with empty shards */
    for (uint32_t group = 0; stream != NULL && group < TABLE_PARTITIONS; group++) {
        int64_t since_ms = opened_ms(table, stream, group);

        if (now_ms - since_ms < SHARD_OPEN_MS &&
            atomic_load(&table->groups[group].logged) < table->store->shard_bytes_max)
            continue;
        cuts->due[cuts->due_count++] = (struct cut){
            .group = group,
            .opened_ms = now_ms > since_ms ? now_ms : since_ms + 1, /* names must differ */
            .parent_ms = since_ms,
        };
    }
}

/** The shard that the cut opens shows nothing to anybody any more. The table is locked. */
static bool is_over(const struct table *table, const struct schema *schema, uint32_t at,
                    int64_t now_ms)
{
    const struct cut *cut = &table->cuts.list[at];
    int64_t horizon_ms = now_ms - STREAM_RETENTION_MS;
    const struct stream *stream = NULL;

    for (uint32_t i = 0; i < schema->stream_count; i++)
        if (within(&schema->streams[i], cut->sequence))
            stream = &schema->streams[i];
    if (stream == NULL || (stream->disabled_ms != 0 && stream->disabled_ms < horizon_ms))
        return true;
    for (uint32_t i = at + 1; i < table->cuts.count; i++) {
        const struct cut *later = &table->cuts.list[i];

        if (later->group == cut->group)
            return within(stream, later->sequence) && later->opened_ms < horizon_ms;
    }
    return false;
}

static void collect_over(struct table *table, const struct schema *schema, int64_t now_ms)
{
    struct cuts *cuts = &table->cuts;

    cuts->over_count = 0;
    for (uint32_t i = 0; i < cuts->count && cuts->over_count < CUTS_OVER_MAX; i++)
        if (is_over(table, schema, i, now_ms))
            cuts->over[cuts->over_count++] = cuts->list[i];
}

/** So that adding what is due cannot fail later. The table is locked. */
static bool reserve(struct cuts *cuts)
{
    uint32_t wanted = cuts->count + cuts->due_count;
    struct cut *grown;

    if (wanted <= cuts->cap)
        return true;
    grown = realloc(cuts->list, 2 * wanted * sizeof(*grown));
    if (grown == NULL)
        return false;
    cuts->list = grown;
    cuts->cap = 2 * wanted;
    return true;
}

bool shards__begin(struct table *table, int64_t now_ms)
{
    struct schema *schema;
    bool wanted;

    if (atomic_load(&table->cuts.working))
        return false;
    schema = table_schema(table);
    pthread_mutex_lock(&table->lock);
    collect_due(table, schema, now_ms);
    collect_over(table, schema, now_ms);
    wanted = table->cuts.due_count + table->cuts.over_count > 0 && reserve(&table->cuts);
    pthread_mutex_unlock(&table->lock);
    schema_unref(schema);
    atomic_store(&table->cuts.working, wanted);
    return wanted;
}

static void append_cut(struct unit *unit, const struct cut *cut)
{
    struct unit_slot slot = {.change_len = 0};
    uint8_t payload[CUT_PAYLOAD_BYTES];
    struct buf value = BUF_EMPTY;
    struct storage_key key;
    uint32_t value_at;

    be64_put(payload, (uint64_t)cut->opened_ms);
    be64_put(payload + 8, (uint64_t)cut->parent_ms);
    if (sealed_append(&value, slice_of(payload, sizeof(payload))) < 0)
        unit->failed = true;
    storage_key_sequence(&key, SPACE_SHARDS, unit->table->id, cut->group, 0);
    unit_put_located(unit, ENGINE_DATA, storage_key_slice(&key), buf_slice(&value), &slot.key_at,
                     &value_at);
    slot.key_at += SEQUENCE_KEY_SEQUENCE_AT;
    unit_add_slot(unit, slot);
    buf_release(&value);
}

void shards__append(struct unit *unit)
{
    const struct cuts *cuts = &unit->table->cuts;
    struct storage_key key;

    assert(atomic_load(&cuts->working));
    for (uint32_t i = 0; i < cuts->over_count; i++) {
        storage_key_sequence(&key, SPACE_SHARDS, unit->table->id, cuts->over[i].group,
                             cuts->over[i].sequence);
        batch_delete(&unit->batch, ENGINE_DATA, storage_key_slice(&key));
    }
    for (uint32_t i = 0; i < cuts->due_count; i++)
        append_cut(unit, &cuts->due[i]);
    unit->cuts_shards = true;
}

/* ---- the committer's side ---- */

void shards__durable(struct unit *unit)
{
    struct table *table = unit->table;
    struct cuts *cuts = &table->cuts;

    pthread_mutex_lock(&table->lock);
    for (uint32_t i = 0; i < cuts->due_count; i++) {
        struct cut *cut = &cuts->due[i];

        cut->sequence = unit->sequence + i;
        assert(cuts->count < cuts->cap);
        cuts->list[cuts->count++] = *cut;
        atomic_store(&table->groups[cut->group].logged, 0);
    }
    pthread_mutex_unlock(&table->lock);
}

static bool is_forgotten(const struct cuts *cuts, uint64_t sequence)
{
    for (uint32_t i = 0; i < cuts->over_count; i++)
        if (cuts->over[i].sequence == sequence)
            return true;
    return false;
}

void shards__end(struct table *table, int rc)
{
    struct cuts *cuts = &table->cuts;
    uint32_t kept = 0;

    pthread_mutex_lock(&table->lock);
    for (uint32_t i = 0; rc == 0 && i < cuts->count; i++)
        if (!is_forgotten(cuts, cuts->list[i].sequence))
            cuts->list[kept++] = cuts->list[i];
    if (rc == 0)
        cuts->count = kept;
    pthread_mutex_unlock(&table->lock);
    atomic_store(&cuts->working, false);
}

/* ---- opening ---- */

static int sequence_cmp(const void *a, const void *b)
{
    const struct cut *left = a, *right = b;

    return left->sequence < right->sequence ? -1 : left->sequence > right->sequence;
}

static int load_cut(struct cuts *cuts, const struct engine_iterator *iterator)
{
    struct slice key = engine_iterator_key(iterator), payload;
    int rc = sealed_open(engine_iterator_value(iterator), &payload);

    if (rc < 0 || key.len != SEQUENCE_KEY_BYTES || payload.len != CUT_PAYLOAD_BYTES ||
        key.ptr[SEQUENCE_KEY_GROUP_AT] >= TABLE_PARTITIONS)
        return ST_CORRUPT;
    cuts->due_count = 1;
    if (!reserve(cuts))
        return ST_NOMEM;
    cuts->due_count = 0;
    cuts->list[cuts->count++] = (struct cut){
        .group = key.ptr[SEQUENCE_KEY_GROUP_AT],
        .sequence = be64_get(key.ptr + SEQUENCE_KEY_SEQUENCE_AT),
        .opened_ms = (int64_t)be64_get(payload.ptr),
        .parent_ms = (int64_t)be64_get(payload.ptr + 8),
    };
    return 0;
}

int shards__load(struct store *store, struct table *table)
{
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    int rc;

    storage_key_table(&lower, SPACE_SHARDS, table->id);
    upper = lower;
    storage_key_successor(&upper);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        int cut_rc = load_cut(&table->cuts, iterator);

        if (cut_rc < 0) {
            rc = cut_rc;
            break;
        }
    }
    engine_iterator_free(iterator);
    if (table->cuts.count > 0)
        qsort(table->cuts.list, table->cuts.count, sizeof(struct cut), sequence_cmp);
    return rc < 0 ? rc : 0;
}
