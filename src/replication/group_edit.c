/*
 * group_edit.c - making a document, or a promise, durable at this member.
 *
 * Everything that changes is one edit of the catalogue: the document, the table's schema as it
 * follows from it, and the meta keys that come or go with it are one batch. Only when that batch
 * is durable does the object change, and only then is the asker answered. While an edit is under
 * way other questions about the table are not answered; they will be asked again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

static void meta_name(struct buf *out, const char *kind, struct slice name)
{
    struct buf text = BUF_EMPTY;

    buf_append_str(&text, kind);
    buf_append_str(&text, "/");
    buf_append_slice(&text, name);
    store_meta_key(out, META_OWNER, buf_slice(&text));
    buf_release(&text);
}

static void meta_put(struct batch *batch, const char *kind, const char *name, struct slice value)
{
    struct buf key = BUF_EMPTY;

    meta_name(&key, kind, slice_str(name));
    batch_put(batch, ENGINE_DATA, buf_slice(&key), value);
    buf_release(&key);
}

static void meta_delete(struct batch *batch, const char *kind, const char *name)
{
    struct buf key = BUF_EMPTY;

    meta_name(&key, kind, slice_str(name));
    batch_delete(batch, ENGINE_DATA, buf_slice(&key));
    buf_release(&key);
}

static void promise_put(struct batch *batch, const struct group_document *proposal)
{
    struct buf value = BUF_EMPTY;

    buf_append_be64(&value, proposal->operation.id);
    buf_append(&value, proposal->id.bytes, GROUP_ID_BYTES);
    buf_append_sized(&value, slice_str(proposal->operation.coordinator));
    meta_put(batch, "promise", proposal->table, buf_slice(&value));
    buf_release(&value);
}

/** A replica that was being filled is full by this document. */
static bool becomes_active(const struct global *global, const struct group_document *document)
{
    const struct group_member *self = group_member(document, global->replication->region);

    return self != NULL && self->status == REPLICA_ACTIVE && global->backfill != NULL &&
           !global->backfill->repair;
}

/**
 * The floor with which a new replica begins: the highest that a member had when it took the
 * newcomer in. All members had applied everything at or below it, so the snapshot reflects it; what
 * is missing of it are tombstones that nobody needs any more, and new writes here must cover those,
 * too.
 */
static void floor_put(struct batch *batch, const struct global *global)
{
    uint8_t value[8];

    be64_put(value, global->backfill->floor.bits);
    meta_put(batch, "floor", global->name, slice_of(value, sizeof(value)));
}

/** Deletes of the checkpoints of members that a new document no longer lists (NULL: of all). */
static void forget_feeds(struct global *global, const struct group_document *document,
                         struct batch *batch)
{
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        if (document != NULL && group_member_by_id(document, member->replica) != NULL)
            continue;
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
            batch_delete(batch, ENGINE_DATA, buf_slice(&member->in[i].checkpoint_key));
    }
}

/** What a backfill has left behind. */
static void forget_backfill(const struct global *global, const struct group_id *group,
                            struct batch *batch)
{
    meta_delete(batch, "backfill", global->name);
    for (uint8_t i = 0; i < TABLE_PARTITIONS; i++) {
        struct buf key = BUF_EMPTY;

        backfill__resume_key(&key, group, i);
        batch_delete(batch, ENGINE_DATA, buf_slice(&key));
        buf_release(&key);
    }
}

static void on_edit_done(struct store_edit *edit, int rc);

/** Fills the edit's schema and meta keys from the document, as the table stands now. */
static int prepare_document(struct document_edit *editing)
{
    struct global *global = editing->global;
    struct replication *replication = global->replication;
    struct group_document *document = &editing->document;
    const struct group_member *self = group_member(document, replication->region);
    struct schema *now = global->table != NULL ? table_schema(global->table) : NULL;
    struct store_edit *edit = &editing->edit;
    struct buf json = BUF_EMPTY;
    int rc = ST_NOMEM;

    editing->create = self != NULL && now == NULL;
    editing->dissolve = self != NULL && document->member_count == 1;
    editing->drop = self == NULL && now != NULL && now->closed; /* else it stands alone */
    if (self == NULL || editing->dissolve) {
        meta_delete(&edit->meta, "group", global->name);
        forget_backfill(global, &document->id, &edit->meta);
        meta_delete(&edit->meta, "floor", global->name);
        meta_delete(&edit->meta, "lost", global->name);
        meta_delete(&edit->meta, "acknowledged", global->name);
        forget_feeds(global, NULL, &edit->meta);
    } else {
        struct group_document copy = *document;

        if (group_to_json(&copy, &json) < 0)
            goto out;
        meta_put(&edit->meta, "group", global->name, buf_slice(&json));
        forget_feeds(global, document, &edit->meta);
        if (becomes_active(global, document)) {
            forget_backfill(global, &document->id, &edit->meta);
            floor_put(&edit->meta, global);
        }
    }
    if (global->promise.operation != 0)
        meta_delete(&edit->meta, "promise", global->name);

    if (editing->create) {
        edit->kind = EDIT_CREATE;
        edit->schema = global__newcomer_schema(replication, document);
    } else if (now == NULL) {
        edit->kind = EDIT_META;
        edit->schema = NULL;
        rc = 0;
        goto out;
    } else if (editing->drop) {
        edit->kind = EDIT_DROP;
        edit->schema = schema_ref(now);
    } else {
        edit->kind = EDIT_REPLACE;
        edit->schema = schema_copy(now);
        if (edit->schema != NULL && self != NULL &&
            global__schema_apply(replication, edit->schema, document) < 0) {
            schema_unref(edit->schema);
            edit->schema = NULL;
        }
        if (edit->schema != NULL && (self == NULL || editing->dissolve)) {
            edit->schema->global = edit->schema->closed = false;
            edit->schema->status = TABLE_ACTIVE;
        }
    }
    rc = edit->schema == NULL ? ST_NOMEM : 0;
out:
    buf_release(&json);
    schema_unref(now);
    if (rc < 0)
        batch_release(&edit->meta);
    return rc;
}

/** The new replica's clock must be above the floor that the members had when they took it in. */
static void advance_clock(struct global *global, const struct group_document *document)
{
#ifdef MUTANT_NEWCOMER_CLOCK_BELOW_FLOOR
    return;
#endif
    if (becomes_active(global, document))
        store_advance_clock(global->replication->store, global->backfill->floor);
}

/** Sends the edit on its way. */
void document_edit__start(struct document_edit *editing)
{
    struct global *global = editing->global;
    struct replication *replication = global->replication;
    struct store_edit *edit = &editing->edit;

    edit->strand = replication->strand;
    edit->on_done = on_edit_done;
    edit->meta = BATCH_EMPTY;
    switch (editing->what) {
    case EDIT_PROMISE:
        edit->kind = EDIT_META;
        promise_put(&edit->meta, &editing->document);
        break;
    case EDIT_RELEASE:
        edit->kind = EDIT_META;
        meta_delete(&edit->meta, "promise", global->name);
        break;
    case EDIT_DOCUMENT:
        if (prepare_document(editing) < 0) {
            global->editing = NULL;
            free(editing);
            global__settle(global);
            return;
        }
        advance_clock(global, &editing->document);
        break;
    }
    replication__hold(replication);
    store_edit(replication->store, edit);
}

/** NULL: another one is under way, or no memory: the asker asks again. */
struct document_edit *document_edit__new(struct global *global, const struct asker *asker)
{
    struct document_edit *editing;

    if (global->editing != NULL || global->replication->closing)
        return NULL;
    editing = calloc(1, sizeof(*editing));
    if (editing == NULL)
        return NULL;
    editing->global = global;
    editing->asker = *asker;
    global->editing = editing;
    return editing;
}

void global__set_document(struct global *global, const struct group_document *document)
{
    const struct group_member *self;

    if (document == NULL) {
        free(global->document);
        global->document = NULL;
        global->self = 0;
        return;
    }
    if (global->document == NULL)
        global->document = malloc(sizeof(*document));
    if (global->document == NULL)
        abort(); /* written but not held: only a restart can continue */
    *global->document = *document;
    global->planned = false;
    self = group_member(document, global->replication->region);
    global->self = self != NULL ? self->replica : 0;
}

/** The document is durable: the object follows it. */
static void document_written(struct document_edit *editing)
{
    struct global *global = editing->global;
    struct replication *replication = global->replication;
    const struct group_document *document = &editing->document;
    bool gone = editing->dissolve || group_member(document, replication->region) == NULL;

    memset(&global->promise, 0, sizeof(global->promise));
    if (gone) {
        global__set_document(global, NULL);
        memory__ends(global);
        backfill__stop(global);
        global__set_members(global);
        for (uint8_t i = 0; i < TABLE_PARTITIONS && global->table != NULL; i++)
            store_log_hold(replication->store, global->table, i, UINT64_MAX);
        if (editing->drop) {
            table_unref(global->table);
            global->table = NULL;
        }
        log_info(&replication->log, PART, "table %s %s", global->name,
                 editing->drop ? "is no replica any more and was deleted"
                               : "is a regional table again");
    } else {
        if (global->table == NULL)
            global->table = store_table(replication->store, slice_str(global->name));
        global__set_document(global, document);
        if (becomes_active(global, document)) {
            store_set_floor(replication->store, global->table, global->backfill->floor);
            backfill__finished(global);
        }
        if (editing->create || global->latest.bits == 0)
            global->latest = store_closed_time(replication->store, false);
        global->floor_set = store_floor(replication->store, global->table);
        global__set_members(global);
        log_info(&replication->log, PART, "table %s: document %llu, %u replicas", global->name,
                 (unsigned long long)document->epoch, document->member_count);
        gossip__saw_version(global, (struct hybrid_time){0});
        global->gossip_ms = 0;
    }
    views__publish_group(global);
}

static void on_edit_done(struct store_edit *edit, int rc)
{
    struct document_edit *editing = CONTAINER_OF(edit, struct document_edit, edit);
    struct global *global = editing->global;
    struct replication *replication = global->replication;
    static const char exists[] = "A table of that name exists in the Region.";
    struct question question = {editing->ask, editing->operation, editing->asked,
                                slice_str(global->name)};

    if (rc == ST_BUSY && editing->what == EDIT_DOCUMENT && !replication->closing) {
        document_edit__start(editing); /* the schema moved on in between */
        replication__release(replication);
        return;
    }
    global->editing = NULL;
    if (rc == 0) {
        switch (editing->what) {
        case EDIT_PROMISE:
            memset(&global->promise, 0, sizeof(global->promise));
            global->promise.operation = editing->document.operation.id;
            global->promise.group = editing->document.id;
            strcpy(global->promise.coordinator, editing->document.operation.coordinator);
            global->promise_ms = now_ms(replication) + PROMISE_ASK_MS;
            break;
        case EDIT_RELEASE:
            memset(&global->promise, 0, sizeof(global->promise));
            break;
        case EDIT_DOCUMENT:
            document_written(editing);
            break;
        }
        if (editing->ask != 0)
            asks__reply(global, replication, &editing->asker, question, GROUP_OK, SLICE_EMPTY);
    } else if (rc == ST_EXISTS) {
        asks__reply(global, replication, &editing->asker, question, GROUP_FAILED,
                    slice_str(exists));
    } else if (rc != ST_CLOSED) {
        log_warn(&replication->log, PART, "table %s: a change of its group waits: %s", global->name,
                 status_text(rc));
    }
    free(editing);
    global__settle(global);
    replication__release(replication);
}
