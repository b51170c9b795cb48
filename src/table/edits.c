/*
 * edits.c - edits of the catalogue, one after the other.
 *
 *   IDLE --CREATE, META-----------------------------------------> READY --batch--> COMMITTING ->
 * IDLE \                                                             ^
 *      +--REPLACE, DROP--> DRAINING --> FREEZING --every lane's marker
 *
 * A schema decides how mutations are recorded: whether a delete leaves a tombstone, whether the old
 * image is kept for a stream. So an edit must fall between two decisions, not into one: every lane
 * stops the table (what comes for it waits), and then hands in a marker. When all markers have come
 * out of the committer's queue, everything decided under the old schema stands before the edit in
 * the log, and everything decided under the new one will stand after it. The cost is one or two
 * commits of waiting for that table. A transaction over several lanes decides in several steps, so
 * those under way are let finish first (DRAINING; transact.c).
 *
 * Runs on the committer's strand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "table/index_work.h"
#include "table/store_priv.h"

/* ---- answers ---- */

static void on_answer(struct task *task)
{
    struct store_edit *edit = CONTAINER_OF(task, struct store_edit, task);

    edit->on_done(edit, edit->rc);
}

static void answer_post(struct store_edit *request, int rc)
{
    request->rc = rc;
    task_init(&request->task, on_answer);
    strand_post(request->strand, &request->task);
}

static void edit_free(struct edit *edit)
{
    if (edit == NULL)
        return;
    batch_release(&edit->meta);
    schema_unref(edit->schema);
    free(edit);
}

static void answer(struct store *store, struct edit *edit, int rc)
{
    answer_post(edit->request, rc);
    edit_free(edit);
    store__release(store);
}

void store_edit(struct store *store, struct store_edit *request)
{
    struct committer *committer = &store->committer;
    struct edit *edit = calloc(1, sizeof(*edit));
    int rc = ST_NOMEM;

    if (edit != NULL) {
        rc = store__accept(store) ? 0 : ST_CLOSED;
        edit->request = request;
        edit->kind = request->kind;
        edit->schema = request->schema;
        edit->meta = request->meta;
    } else {
        schema_unref(request->schema);
        batch_release(&request->meta);
    }
    request->schema = NULL;
    request->meta = BATCH_EMPTY;
    if (rc < 0) {
        edit_free(edit);
        answer_post(request, rc);
        return;
    }
    pthread_mutex_lock(&committer->lock);
    list_append(&committer->edits, &edit->queued);
    pthread_mutex_unlock(&committer->lock);
    committer_kick(committer);
}

/* ---- beginning ---- */

static void freeze(struct committer *committer)
{
    struct store *store = committer->store;

    committer->edit_lanes_left = store->lane_count;
    committer->edit_state = EDIT_FREEZING;
    for (uint32_t i = 0; i < store->lane_count; i++)
        strand_post(store->lanes[i].strand, &store->lanes[i].freeze);
}

static int begin_create(struct committer *committer, struct edit *edit)
{
    struct store *store = committer->store;
    int rc;

    if (catalogue__find(store, slice_str(edit->schema->name)) != NULL)
        return ST_EXISTS;
    rc = catalogue__reserve(store);
    if (rc < 0)
        return rc;
    edit->schema->id = store->next_table_id;
    committer->edit_table = table__new(store, schema_ref(edit->schema));
    if (committer->edit_table == NULL)
        return ST_NOMEM;
    rc = index_work__prepare(committer->edit_table, edit->schema, &committer->edit_works);
    if (rc < 0) {
        table_unref(committer->edit_table);
        committer->edit_table = NULL;
        return rc;
    }
    committer->edit_state = EDIT_READY;
    return 0;
}

/** A reference to what is to be stored and installed when a table is dropped. */
static struct schema *dropped_schema(const struct schema *schema, int64_t now_ms)
{
    struct schema *copy = schema_copy(schema);

    if (copy != NULL && schema_stream(copy) != NULL)
        copy->streams[0].disabled_ms = now_ms;
    return copy;
}

static void change_holds(struct table *table, uint64_t from, uint64_t to)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        uint64_t hold = from;

        atomic_compare_exchange_strong(&table->groups[i].hold, &hold, to);
    }
}

static int begin_change(struct committer *committer, struct edit *edit)
{
    struct store *store = committer->store;
    struct table *table = catalogue__find(store, slice_str(edit->schema->name));
    int rc;

    if (table == NULL || table->id != edit->schema->id)
        return ST_NOTFOUND;
    if (edit->kind == EDIT_REPLACE) {
        if (edit->schema->generation != table->schema->generation + 1)
            return ST_BUSY;
        assert(edit->schema->key_count == table->schema->key_count);
        if (!index_work__allows(table, table->schema, edit->schema))
            return ST_UNSUPPORTED;
        rc = indexes__reserve(table, edit->schema);
        if (rc == 0)
            rc = index_work__prepare(table, edit->schema, &committer->edit_works);
        if (rc < 0)
            return rc;
        if (strcmp(edit->schema->ttl.attribute, table->schema->ttl.attribute) != 0)
            edit->schema->ttl.built = false; /* expiry.c begins anew */
        committer->edit_schema = schema_ref(edit->schema);
        if (edit->schema->global && !table->schema->global)
            change_holds(table, UINT64_MAX, 0); /* until replication says more */
    } else {
        rc = catalogue__reserve(store);
        if (rc < 0)
            return rc;
        committer->edit_schema = dropped_schema(table->schema, clock_wall_ms(store->clock));
        if (committer->edit_schema == NULL)
            return ST_NOMEM;
    }
    committer->edit_table = table_ref(table);
    committer->edit_state = EDIT_DRAINING;
    gate_close(&store->gate);
    return 0;
}

void edits__advance(struct committer *committer)
{
    while (committer->edit_state == EDIT_IDLE) {
        struct list_node *node;
        struct edit *edit;
        int rc = 0;

        pthread_mutex_lock(&committer->lock);
        node = list_pop(&committer->edits);
        pthread_mutex_unlock(&committer->lock);
        if (node == NULL)
            return;
        edit = LIST_ENTRY(node, struct edit, queued);
        switch (edit->kind) {
        case EDIT_CREATE:
            rc = begin_create(committer, edit);
            break;
        case EDIT_REPLACE:
        case EDIT_DROP:
            rc = begin_change(committer, edit);
            break;
        case EDIT_META:
            committer->edit_state = EDIT_READY;
            break;
        }
        if (rc == 0)
            committer->edit = edit;
        else
            answer(committer->store, edit, rc);
    }
    if (committer->edit_state == EDIT_DRAINING && gate_is_empty(&committer->store->gate))
        freeze(committer);
}

void edits__on_marker(struct committer *committer)
{
    assert(committer->edit_state == EDIT_FREEZING);
    if (--committer->edit_lanes_left == 0)
        committer->edit_state = EDIT_READY;
}

/* ---- into the batch ---- */

/** The caller's puts and deletes of meta keys, the values sealed. */
static void append_meta(struct committer *committer, const struct batch *meta)
{
    struct reader reader = reader_of(buf_slice(&meta->ops)); /* encoding: engine.h */

    if (buf_failed(&meta->ops))
        committer->batch.ops.failed = true;
    while (!reader_done(&reader) && !buf_failed(&committer->batch.ops)) {
        enum batch_op op = reader_u8(&reader);
        enum engine_family family = reader_u8(&reader);
        struct slice key = reader_sized(&reader);
        struct slice value = op == BATCH_DELETE ? SLICE_EMPTY : reader_sized(&reader);

        assert(!reader.failed);
        assert(family == ENGINE_DATA);
        assert(key.ptr[0] == SPACE_META);
        if (op == BATCH_DELETE) {
            batch_delete(&committer->batch, family, key);
        } else if (op == BATCH_DELETE_RANGE) {
            batch_delete_range(&committer->batch, family, key, value);
        } else {
            buf_clear(&committer->scratch);
            if (sealed_append(&committer->scratch, value) < 0)
                committer->batch.ops.failed = true;
            else
                batch_put(&committer->batch, family, key, buf_slice(&committer->scratch));
        }
    }
}

static const struct stream *stream_find(const struct schema *schema, const char *label)
{
    for (uint32_t i = 0; schema != NULL && i < schema->stream_count; i++)
        if (strcmp(schema->streams[i].label, label) == 0)
            return &schema->streams[i];
    return NULL;
}

/** Streams, and deliveries, that this edit enables or disables begin or end exactly here. */
static void set_stream_bounds(struct schema *schema, const struct schema *before, uint64_t sequence)
{
    for (uint32_t i = 0; i < schema->stream_count; i++) {
        struct stream *stream = &schema->streams[i];
        const struct stream *old = stream_find(before, stream->label);

        if (old == NULL)
            stream->start_sequence = sequence;
        else
            stream->start_sequence = old->start_sequence;
        if (stream->disabled_ms == 0)
            stream->end_sequence = 0;
        else if (old == NULL || old->disabled_ms == 0)
            stream->end_sequence = sequence;
        else
            stream->end_sequence = old->end_sequence;
    }
    if (schema->kinesis.enabled)
        schema->kinesis.start_sequence =
            before != NULL && before->kinesis.enabled ? before->kinesis.start_sequence : sequence;
}

static void delete_space(struct batch *batch, enum engine_family family, enum storage_space space,
                         uint32_t table)
{
    struct storage_key from, to;

    storage_key_table(&from, space, table);
    to = from;
    storage_key_successor(&to);
    batch_delete_range(batch, family, storage_key_slice(&from), storage_key_slice(&to));
}

static void append_forget_tombstones(struct committer *committer, struct table *table)
{
    struct storage_key key;
    uint8_t counters[16] = {0};

    delete_space(&committer->batch, ENGINE_DATA, SPACE_TOMBSTONES, table->id);
    delete_space(&committer->batch, ENGINE_DATA, SPACE_PURGE, table->id);
    be64_put(counters + 8, table->conflicts_next);
    storage_key_table(&key, SPACE_COUNTERS, table->id);
    batch_put_sealed(&committer->batch, &key, slice_of(counters, sizeof(counters)),
                     &committer->scratch);
}

void edits__append_drop(struct batch *batch, uint32_t table, bool log_too)
{
    static const enum storage_space spaces[] = {SPACE_ITEMS,     SPACE_TOMBSTONES, SPACE_PURGE,
                                                SPACE_CONFLICTS, SPACE_DIGESTS,    SPACE_COUNTERS,
                                                SPACE_FLOORS,    SPACE_EXPIRY,     SPACE_INDEXES,
                                                SPACE_BACKFILLS, SPACE_COLLECTIONS};
    struct storage_key key;

    for (size_t i = 0; i < ARRAY_LEN(spaces); i++)
        delete_space(batch, ENGINE_DATA, spaces[i], table);
    if (!log_too)
        return;
    delete_space(batch, ENGINE_LOG, SPACE_CHANGES, table);
    delete_space(batch, ENGINE_DATA, SPACE_TRIMMED, table);
    delete_space(batch, ENGINE_DATA, SPACE_SHARDS, table);
    storage_key_table(&key, SPACE_CATALOGUE, table);
    batch_delete(batch, ENGINE_DATA, storage_key_slice(&key));
}

void edits__append(struct committer *committer)
{
    struct edit *edit = committer->edit;
    struct table *table = committer->edit_table;
    struct batch *batch = &committer->batch;
    int rc = 0;

    if (committer->edit_state != EDIT_READY)
        return;
    committer->edit_state = EDIT_COMMITTING;
    append_meta(committer, &edit->meta);
    switch (edit->kind) {
    case EDIT_CREATE:
        committer->store->next_table_id++;
        set_stream_bounds(edit->schema, NULL, ++committer->sequence);
        rc = catalogue__put(batch, edit->schema, 0);
        break;
    case EDIT_REPLACE:
        set_stream_bounds(committer->edit_schema, table->schema, ++committer->sequence);
        if (table->schema->global && !committer->edit_schema->global)
            append_forget_tombstones(committer, table);
        if (schema_expires(table->schema) &&
            strcmp(table->schema->ttl.attribute, committer->edit_schema->ttl.attribute) != 0)
            delete_space(batch, ENGINE_DATA, SPACE_EXPIRY, table->id);
        index_work__append_edit(batch, table->schema, committer->edit_schema);
        rc = catalogue__put(batch, committer->edit_schema, 0);
        break;
    case EDIT_DROP: {
        int64_t now_ms = clock_wall_ms(committer->store->clock);
        bool readable = schema_streams_readable(committer->edit_schema, now_ms);

        set_stream_bounds(committer->edit_schema, table->schema, ++committer->sequence);
        committer->edit_dropped_ms = readable ? now_ms : 0;
        edits__append_drop(batch, table->id, !readable);
        if (readable)
            rc = catalogue__put(batch, committer->edit_schema, now_ms);
        break;
    }
    case EDIT_META:
        break;
    }
    if (rc < 0)
        batch->ops.failed = true;
}

/* ---- the end ---- */

/** Before install(): the table has items that expire from now on. */
static bool expires(const struct committer *committer)
{
    switch (committer->edit->kind) {
    case EDIT_CREATE:
        return schema_expires(committer->edit->schema);
    case EDIT_REPLACE:
        return schema_expires(committer->edit_schema);
    default:
        return false;
    }
}

static void install(struct committer *committer)
{
    struct store *store = committer->store;
    struct table *table = committer->edit_table;

    switch (committer->edit->kind) {
    case EDIT_CREATE:
        index_work__install(table, &committer->edit_works);
        catalogue__add(store, table);
        committer->edit_table = NULL; /* its reference is the catalogue's now */
        break;
    case EDIT_REPLACE:
        if (table->schema->global && !committer->edit_schema->global) {
            pthread_mutex_lock(&table->lock);
            table->tombstones = table->tombstones_next = 0;
            pthread_mutex_unlock(&table->lock);
        }
        table__set_schema(table, committer->edit_schema, &committer->edit_works);
        committer->edit_schema = NULL;
        break;
    case EDIT_DROP:
        atomic_store(&table->dropped, true);
        table__set_schema(table, committer->edit_schema, &committer->edit_works);
        committer->edit_schema = NULL;
        table->dropped_ms = committer->edit_dropped_ms;
        catalogue__remove(store, table, table->dropped_ms != 0);
        break;
    case EDIT_META:
        break;
    }
}

static void thaw(struct committer *committer)
{
    struct store *store = committer->store;

    if (committer->edit->kind != EDIT_REPLACE && committer->edit->kind != EDIT_DROP)
        return;
    for (uint32_t i = 0; i < store->lane_count; i++)
        strand_post(store->lanes[i].strand, &store->lanes[i].resume);
    gate_open(store); /* whoever enters comes to the lanes after `resume` */
}

void edits__finish(struct committer *committer, int rc)
{
    struct edit *edit = committer->edit;

    if (committer->edit_state != EDIT_COMMITTING)
        return;
    if (rc == 0) {
        bool wake = expires(committer);

        install(committer);
        if (wake)
            expiry__wake(committer->store);
        index_work__begin(committer->store, &committer->edit_works);
    } else if (edit->kind == EDIT_REPLACE && !committer->edit_table->schema->global) {
        change_holds(committer->edit_table, 0, UINT64_MAX);
    }
    index_work__discard(&committer->edit_works); /* of a refused edit */
    thaw(committer);
    table_unref(committer->edit_table);
    schema_unref(committer->edit_schema);
    committer->edit_table = NULL;
    committer->edit_schema = NULL;
    committer->edit = NULL;
    committer->edit_state = EDIT_IDLE;
    answer(committer->store, edit, rc);
}

void edits__release(struct committer *committer)
{
    for (struct list_node *node; (node = list_pop(&committer->edits)) != NULL;)
        edit_free(LIST_ENTRY(node, struct edit, queued));
    edit_free(committer->edit);
    index_work__discard(&committer->edit_works);
    table_unref(committer->edit_table);
    schema_unref(committer->edit_schema);
}
