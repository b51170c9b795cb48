/*
 * global.c - one global table at one member: its document, its promises, and what they make of the
 * schema, the feeds and the floor.
 *
 * Everything that changes is one edit of the catalogue: the document, the table's schema as it
 * follows from it, and the meta keys that come or go with it are one batch. Only when that batch
 * is durable does the object here change, and only then is the asker answered. While an edit is under way
 * other questions about the table are not answered; they will be asked again.
 *
 * Coordinating a change is coordinator.c. Who may promise and what may follow what: core/group.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "replication/replication_priv.h"

/* ---- finding ---- */

struct global *global__by_name(struct replication *replication, struct slice name)
{
    LIST_FOREACH(node, &replication->globals) {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (slice_eq_str(name, global->name))
            return global;
    }
    return NULL;
}

struct global *global__by_group(struct replication *replication, const struct group_id *group)
{
    LIST_FOREACH(node, &replication->globals) {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (global->document != NULL && group_id_eq(&global->document->id, group))
            return global;
    }
    return NULL;
}

struct global *global__get(struct replication *replication, struct slice name)
{
    struct global *global = global__by_name(replication, name);

    if (global != NULL || name.len > TABLE_NAME_BYTES_MAX)
        return global;
    global = calloc(1, sizeof(*global));
    if (global == NULL)
        return NULL;
    global->replication = replication;
    memcpy(global->name, name.ptr, name.len);
    list_init(&global->members);
    list_append(&replication->globals, &global->node);
    return global;
}

struct member *global__member(struct global *global, uint16_t replica)
{
    LIST_FOREACH(node, &global->members) {
        struct member *member = LIST_ENTRY(node, struct member, node);

        if (member->replica == replica)
            return member;
    }
    return NULL;
}

/* ---- members and their feeds ---- */

void member__free(struct member *member)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        feed_in__release(&member->in[i]);
        feed_out__release(&member->out[i]);
    }
    list_remove(&member->node);
    free(member);
}

void member__free_if_idle(struct member *member)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        if (feed_in__busy(&member->in[i]) || feed_out__busy(&member->out[i]))
            return;
    }
    member__free(member);
}

static void member_leave(struct member *member)
{
    list_remove(&member->node);
    list_append(&member->replication->leaving, &member->node);
    member->left = true;
    member__free_if_idle(member);
}

static void read_checkpoint(struct global *global, uint16_t origin, uint8_t log_group,
                            struct feed_at *ret)
{
    struct buf name = BUF_EMPTY;
    struct arena arena;
    struct slice value;

    memset(ret, 0, sizeof(*ret));
    arena_init(&arena, 0);
    feed_in__checkpoint_name(&name, &global->document->id, origin, log_group);
    if (store_meta_get(global->replication->store, META_OWNER, buf_slice(&name), &arena, &value) == 0)
        feed_in__checkpoint_read(value, ret);
    buf_release(&name);
    arena_release(&arena);
}

static void member_join(struct global *global, const struct group_member *description)
{
    struct replication *replication = global->replication;
    struct link *link = replication__link(replication, description->region);
    struct member *member;

    if (link == NULL) {
        log_error(&replication->log, PART, "table %s has a replica in %s, which is not among the "
                  "Regions that this one knows", global->name, description->region);
        return;
    }
    member = calloc(1, sizeof(*member));
    if (member == NULL)
        return; /* the next change of the document, or the next start, tries again */
    member->replication = replication;
    member->global = global;
    member->link = link;
    member->replica = description->replica;
    member->percent = 255;
    list_append(&global->members, &member->node);
    for (uint8_t i = 0; i < TABLE_PARTITIONS; i++) {
        struct feed_at at;

        read_checkpoint(global, member->replica, i, &at);
        feed_in__init(&member->in[i], member, i, &at);
        feed_out__init(&member->out[i], member, i);
    }
}

bool global__may_read(const struct global *global)
{
    const struct group_member *self =
        group_member(global->document, global->replication->region);
    enum backfill_phase from = BACKFILL_SCANNING;

#ifdef MUTANT_BACKFILL_FEEDS_AFTER_SNAPSHOT
    from = BACKFILL_CATCH_UP;
#endif
    if (global->planned || self == NULL)
        return false;
    return self->status != REPLICA_CREATING ||
           (global->backfill != NULL && global->backfill->phase >= from);
}

void global__set_members(struct global *global)
{
    const struct group_document *document = global->document;

    LIST_FOREACH_SAFE(node, following, &global->members) {
        struct member *member = LIST_ENTRY(node, struct member, node);
        const struct group_member *listed =
            document != NULL ? group_member_by_id(document, member->replica) : NULL;

        if (listed == NULL || !group_member_takes_part(listed))
            member_leave(member);
    }
    for (uint32_t i = 0; document != NULL && i < document->member_count; i++) {
        const struct group_member *listed = &document->members[i];

        if (listed->replica != global->self && group_member_takes_part(listed) &&
            global__member(global, listed->replica) == NULL)
            member_join(global, listed);
    }
    gossip__set_members(global);
    if (document == NULL || !global__may_read(global))
        return;
    LIST_FOREACH(node, &global->members) {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            if (link__open(member->link) && !member->in[i].core.session)
                feed_in__session(&member->in[i], true);
        }
    }
}

void global__free(struct global *global)
{
    while (!list_empty(&global->members))
        member_leave(LIST_ENTRY(global->members.next, struct member, node));
    backfill__stop(global);
    coordinator__free(global->workflow);
    list_remove(&global->node);
    table_unref(global->table);
    free(global->document);
    free(global->editing);
    free(global);
}

void global__settle(struct global *global)
{
    if (global->document == NULL && global->promise.operation == 0 && global->editing == NULL &&
        global->workflow == NULL && global->operations == 0)
        global__free(global);
}

/* ---- schema ---- */

void global__schema_apply(struct schema *schema, const struct group_document *document,
                          const char *region)
{
    const struct group_member *self = group_member(document, region);
    struct group_settings settings = group_member_settings(document, self);
    struct group_table_view view = group_table_view(document, region);

    schema->status = view.status;
    schema->closed = view.closed;
    schema->global = true;
    schema->replica_id = self->replica;
    schema->replica_id_next = document->replica_next;
    schema->billing = settings.billing;
    schema->read_units = settings.billing == BILLING_PROVISIONED ? settings.read_units : 0;
    schema->write_units = settings.billing == BILLING_PROVISIONED ? settings.write_units : 0;
    schema->on_demand_read_max = settings.on_demand_read_max;
    schema->on_demand_write_max = settings.on_demand_write_max;
    schema->table_class = settings.table_class;
    memcpy(schema->digest_key, document->digest_key, sizeof(schema->digest_key));
}

/** A stream's label is the moment of its making: 2026-11-22T08:00:00.123 */
static void stream_label(int64_t ms, char ret[32])
{
    int64_t days = ms / 86400000, rest = ms % 86400000;
    /* Days since 0000-03-01, in eras of 400 years (Howard Hinnant's civil_from_days). */
    int64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    unsigned day = (unsigned)(day_of_year - (153 * shifted + 2) / 5 + 1) % 32;
    unsigned month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9) % 16;
    unsigned year = (unsigned)(year_of_era + era * 400 + (month <= 2)) % 10000;
    unsigned seconds = (unsigned)(rest / 1000) % 86400;

    snprintf(ret, 32, "%04u-%02u-%02uT%02u:%02u:%02u.%03u", year, month, day, seconds / 3600,
             seconds / 60 % 60, seconds % 60, (unsigned)(rest % 1000) % 1000);
}

void global__enable_stream(struct replication *replication, struct schema *schema,
                           enum stream_view view)
{
    struct stream *stream = &schema->streams[0];
    int64_t now = clock_wall_ms(replication->clock);

    if (schema_stream(schema) != NULL)
        return;
    if (schema->stream_count < TABLE_STREAMS_MAX)
        schema->stream_count++;
    memmove(stream + 1, stream, (schema->stream_count - 1) * sizeof(*stream));
    memset(stream, 0, sizeof(*stream));
    /* Never the label of an earlier stream, whatever the clock does. */
    if (schema->stream_count > 1 && now <= stream[1].created_ms)
        now = stream[1].created_ms + 1;
    stream_label(now, stream->label);
    stream->view = view;
    stream->created_ms = now;
}

static void random_bytes(struct replication *replication, uint8_t *to, size_t len)
{
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)executor_random(replication->executor);
}

/** The table of a new replica: everything shared from the document, nothing of its own (L-19). */
static struct schema *schema_of_newcomer(struct replication *replication,
                                         const struct group_document *document)
{
    const struct group_settings *settings = &document->settings;
    struct schema *schema = schema_new();
    uint8_t id[16];

    if (schema == NULL)
        return NULL;
    strcpy(schema->name, document->table);
    random_bytes(replication, id, sizeof(id));
    snprintf(schema->table_id, sizeof(schema->table_id),
             "%02x%02x%02x%02x-%02x%02x-4%x%02x-%x%x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1],
             id[2], id[3], id[4], id[5], id[6] & 15, id[7], 8 | (id[8] & 3), id[8] >> 4, id[9],
             id[10], id[11], id[12], id[13], id[14], id[15]);
    schema->created_ms = clock_wall_ms(replication->clock);
    schema->key_count = settings->key_count;
    for (uint32_t i = 0; i < settings->key_count; i++) {
        strcpy(schema->key_names[i], settings->keys[i].name);
        schema->keys[i].name = slice_str(schema->key_names[i]);
        schema->keys[i].type = settings->keys[i].type;
    }
    if (settings->billing == BILLING_PAY_PER_REQUEST)
        schema->billing_on_demand_since_ms = schema->created_ms;
    global__schema_apply(schema, document, replication->region);
    global__enable_stream(replication, schema, settings->stream_view);
    return schema;
}

/* ---- answers ---- */

/** What a question was about, for its answer. */
struct question {
    enum group_ask ask;
    uint64_t operation, epoch;
    struct slice table;
};

static struct question question_of(const struct group_ask_body *body)
{
    return (struct question){(enum group_ask)body->kind, body->operation, body->epoch,
                             body->table};
}

static void reply(struct global *global, struct replication *replication,
                  const struct asker *asker, struct question question, enum group_result result,
                  struct slice text)
{
    struct group_answer_body body = {.kind = (uint8_t)question.ask, .result = (uint8_t)result,
                                     .operation = question.operation, .asked = question.epoch,
                                     .table = question.table, .text = text};
    struct buf frame;

    if (global != NULL && global->document != NULL && !global->planned) {
        body.group = global->document->id;
        body.epoch = global->document->epoch;
    }
    if (global != NULL && global->table != NULL)
        body.floor = hybrid_time_max(global->floor_set, store_floor(replication->store,
                                                                    global->table));
    if (asker->link == NULL) {
        struct workflow *workflow = global != NULL ? global->workflow : NULL;

        if (workflow != NULL && workflow->flow.operation == question.operation)
            coordinator__answer(workflow, replication->region, question.ask, question.epoch, result,
                                body.floor, text);
        return;
    }
    if (!link__open(asker->link) || asker->link->session.own != asker->session)
        return; /* it will ask again in its new session */
    link__begin(asker->link, &frame, FRAME_GROUP_ANSWER);
    group_answer_body_append(&frame, &body);
    link__send(asker->link, &frame);
}

/* ---- edits ---- */

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

static bool promise_read(struct slice value, struct group_promise *ret)
{
    struct reader reader = reader_of(value);
    struct slice group, coordinator;

    memset(ret, 0, sizeof(*ret));
    ret->operation = reader_be64(&reader);
    group = reader_bytes(&reader, GROUP_ID_BYTES);
    coordinator = reader_sized(&reader);
    if (!reader_done(&reader) || coordinator.len >= GROUP_REGION_BYTES)
        return false;
    memcpy(ret->group.bytes, group.ptr, GROUP_ID_BYTES);
    memcpy(ret->coordinator, coordinator.ptr, coordinator.len);
    return true;
}

/** A replica that was being filled is full by this document. */
static bool becomes_active(const struct global *global, const struct group_document *document)
{
    const struct group_member *self = group_member(document, global->replication->region);

    return self != NULL && self->status == REPLICA_ACTIVE && global->backfill != NULL &&
           !global->backfill->repair;
}

/**
 * The floor with which a new replica begins: the highest that a member had when it took the newcomer in. All
 * members had applied everything at or below it, so the snapshot reflects it; what is missing of
 * it are tombstones that nobody needs any more, and new writes here must cover those, too.
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
    LIST_FOREACH(node, &global->members) {
        struct member *member = LIST_ENTRY(node, struct member, node);

        if (document != NULL && group_member_by_id(document, member->replica) != NULL)
            continue;
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
            batch_delete(batch, ENGINE_DATA, buf_slice(&member->in[i].checkpoint_key));
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
        meta_delete(&edit->meta, "backfill", global->name);
        meta_delete(&edit->meta, "floor", global->name);
        forget_feeds(global, NULL, &edit->meta);
    } else {
        struct group_document copy = *document;

        if (group_to_json(&copy, &json) < 0)
            goto out;
        meta_put(&edit->meta, "group", global->name, buf_slice(&json));
        forget_feeds(global, document, &edit->meta);
        if (self->status == REPLICA_ACTIVE)
            meta_delete(&edit->meta, "backfill", global->name);
        if (becomes_active(global, document))
            floor_put(&edit->meta, global);
    }
    if (global->promise.operation != 0)
        meta_delete(&edit->meta, "promise", global->name);

    if (editing->create) {
        edit->kind = EDIT_CREATE;
        edit->schema = schema_of_newcomer(replication, document);
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
        if (edit->schema != NULL && self != NULL)
            global__schema_apply(edit->schema, document, replication->region);
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
static void start_edit(struct document_edit *editing)
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
static struct document_edit *new_edit(struct global *global, const struct asker *asker)
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

static void set_document(struct global *global, const struct group_document *document)
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
        set_document(global, NULL);
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
        set_document(global, document);
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
        start_edit(editing); /* the schema moved on in between */
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
            reply(global, replication, &editing->asker, question, GROUP_OK, SLICE_EMPTY);
    } else if (rc == ST_EXISTS) {
        reply(global, replication, &editing->asker, question, GROUP_FAILED, slice_str(exists));
    } else if (rc != ST_CLOSED) {
        log_warn(&replication->log, PART, "table %s: a change of its group waits: %s",
                 global->name, status_text(rc));
    }
    free(editing);
    global__settle(global);
    replication__release(replication);
}

/* ---- questions ---- */

static bool table_exists(struct replication *replication, struct slice name)
{
    struct table *table = store_table(replication->store, name);

    table_unref(table);
    return table != NULL;
}

static void ask_propose(struct replication *replication, const struct asker *asker,
                        const struct group_ask_body *ask, const struct group_document *proposal)
{
    struct global *global = global__get(replication, ask->table);
    bool exists = table_exists(replication, ask->table), protect = false;
    struct document_edit *editing;
    enum group_result result;

    if (global == NULL || global->editing != NULL)
        return;
    if (global->table != NULL) {
        struct schema *schema = table_schema(global->table);

        protect = schema->deletion_protection;
        schema_unref(schema);
    }
    result = group_judge_propose(global->document, &global->promise, proposal, replication->region,
                                 exists, protect);
    if (result == GROUP_OK && global->workflow != NULL &&
        global->workflow->flow.operation != proposal->operation.id &&
        global->workflow->flow.phase != FLOW_PROPOSING &&
        global->workflow->flow.phase != FLOW_CHECKING)
        result = GROUP_IN_USE; /* a change of our own goes on */
    if (result == GROUP_OK && global->promise.operation == 0) {
        editing = new_edit(global, asker);
        if (editing == NULL)
            return;
        editing->what = EDIT_PROMISE;
        editing->ask = GROUP_ASK_PROPOSE;
        editing->operation = ask->operation;
        editing->asked = ask->epoch;
        editing->document = *proposal;
        start_edit(editing);
        return;
    }
    reply(global, replication, asker, question_of(ask), result, SLICE_EMPTY);
    global__settle(global);
}

static void take_document(struct replication *replication, const struct asker *asker,
                          struct question question, const struct group_document *offered,
                          bool pulled)
{
    struct global *global = global__by_group(replication, &offered->id);
    static const struct group_promise none;
    struct document_edit *editing;
    enum group_take take;

    if (global == NULL)
        global = global__by_name(replication, question.table);
    if (global != NULL && global->editing != NULL)
        return;
    if (global != NULL && global->document != NULL &&
        !group_id_eq(&global->document->id, &offered->id))
        take = GROUP_TAKE_GONE; /* another group has the name now */
    else
        take = group_judge_commit(global != NULL ? global->document : NULL,
                                  global != NULL ? &global->promise : &none, offered,
                                  replication->region, pulled);
    if (take == GROUP_TAKE_APPLY) {
        editing = new_edit(global, asker);
        if (editing == NULL)
            return;
        editing->what = EDIT_DOCUMENT;
        editing->ask = pulled ? 0 : GROUP_ASK_COMMIT;
        editing->operation = question.operation;
        editing->asked = question.epoch;
        editing->document = *offered;
        start_edit(editing);
        return;
    }
    if (take == GROUP_TAKE_STALE)
        log_warn(&replication->log, PART, "table %.*s: document %llu does not follow the one held",
                 SLICE_ARGS(question.table), (unsigned long long)offered->epoch);
    if (!pulled)
        reply(global, replication, asker, question,
              take == GROUP_TAKE_IGNORE  ? GROUP_OK
              : take == GROUP_TAKE_STALE ? GROUP_STALE
                                         : GROUP_GONE,
              SLICE_EMPTY);
}

/** Everything that this Region wrote has reached the others, and the table takes no more. */
bool global__is_drained(struct global *global)
{
    uint64_t durable = store_durable_sequence(global->replication->store);

    LIST_FOREACH(node, &global->members) {
        struct member *member = LIST_ENTRY(node, struct member, node);
        const struct group_member *listed =
            group_member_by_id(global->document, member->replica);

        if (listed->status == REPLICA_CREATING)
            continue;
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            const struct feed_tx *tx = &member->out[i].core;

            if (!tx->open || tx->count > 0 || tx->behind || tx->reading || tx->read < durable) {
                feed_out__log_moved(&member->out[i]);
                return false;
            }
        }
    }
    return true;
}

static void ask_start(struct replication *replication, const struct asker *asker,
                      const struct group_ask_body *ask)
{
    struct global *global = global__by_group(replication, &ask->group);
    const struct group_document *document = global != NULL ? global->document : NULL;
    enum group_result result = GROUP_NOT_YET;

    if (document == NULL || global->editing != NULL)
        return;
    if (document->operation.id != ask->operation) {
        result = GROUP_OK; /* closed already */
    } else if (document->operation.kind == GROUP_CREATE) {
        backfill__start(global, (struct hybrid_time){(uint64_t)ask->floor});
        if (backfill__is_ready(global))
            result = GROUP_OK;
    } else if (global__is_drained(global)) {
        result = GROUP_OK;
    }
    reply(global, replication, asker, question_of(ask), result, SLICE_EMPTY);
}

/** Voids the promise, if it is the one for this operation. */
static void release_promise(struct global *global, uint64_t operation)
{
    static const struct asker nobody;
    struct document_edit *editing;

    if (global->promise.operation == 0 || global->promise.operation != operation)
        return;
    editing = new_edit(global, &nobody);
    if (editing == NULL)
        return;
    editing->what = EDIT_RELEASE;
    start_edit(editing);
}

static void ask_status(struct replication *replication, const struct asker *asker,
                       const struct group_ask_body *ask)
{
    struct global *global = global__by_name(replication, ask->table);
    bool known = global != NULL && global->workflow != NULL &&
                 global->workflow->flow.operation == ask->operation;

    reply(global, replication, asker, question_of(ask), known ? GROUP_OK : GROUP_GONE,
          SLICE_EMPTY);
}

static void ask_pull(struct replication *replication, const struct asker *asker,
                     const struct group_ask_body *ask)
{
    struct global *global = global__by_group(replication, &ask->group);
    struct buf json = BUF_EMPTY;
    struct group_document copy;

    if (global == NULL || global->document == NULL || global->planned)
        return;
    copy = *global->document;
    if (group_to_json(&copy, &json) == 0)
        reply(global, replication, asker, question_of(ask), GROUP_OK, buf_slice(&json));
    buf_release(&json);
}

void global__ask(struct replication *replication, const struct asker *asker,
                 const struct group_ask_body *ask)
{
    struct global *global = global__by_name(replication, ask->table);
    struct group_document *document;

    if (replication->closing || ask->table.len == 0)
        return;
    switch ((enum group_ask)ask->kind) {
    case GROUP_ASK_ABSENT:
        reply(global, replication, asker, question_of(ask),
              table_exists(replication, ask->table) ? GROUP_EXISTS : GROUP_OK, SLICE_EMPTY);
        return;
    case GROUP_ASK_PROPOSE:
    case GROUP_ASK_COMMIT:
        document = malloc(sizeof(*document));
        if (document != NULL && group_from_json(ask->document, document) == 0 &&
            slice_eq_str(ask->table, document->table)) {
            if (ask->kind == GROUP_ASK_PROPOSE)
                ask_propose(replication, asker, ask, document);
            else
                take_document(replication, asker, question_of(ask), document, false);
        } else if (document != NULL && asker->link != NULL) {
            link__bad(asker->link, "a group document that cannot be read");
        }
        free(document);
        return;
    case GROUP_ASK_START:
        ask_start(replication, asker, ask);
        return;
    case GROUP_ASK_ABORT:
        if (global != NULL)
            release_promise(global, ask->operation);
        return;
    case GROUP_ASK_STATUS:
        ask_status(replication, asker, ask);
        return;
    case GROUP_ASK_PULL:
        ask_pull(replication, asker, ask);
        return;
    case GROUP_ASK_COUNT:
        break;
    }
    if (asker->link != NULL)
        link__bad(asker->link, "a question of no kind");
}

/* ---- asking ---- */

static void send_ask(struct global *global, struct link *link, enum group_ask kind,
                     uint64_t operation)
{
    struct group_ask_body body = {.kind = (uint8_t)kind, .operation = operation,
                                  .table = slice_str(global->name)};
    struct buf frame;

    if (global->document != NULL) {
        body.group = global->document->id;
        body.epoch = global->document->epoch;
    }
    link__begin(link, &frame, FRAME_GROUP_ASK);
    group_ask_body_append(&frame, &body);
    link__send(link, &frame);
}

void global__pull(struct global *global, struct link *link)
{
    if (global->pulling || global->planned || !link__open(link))
        return;
    global->pulling = true; /* until the next tick */
    send_ask(global, link, GROUP_ASK_PULL, 0);
}

void global__answer(struct link *link, const struct group_answer_body *answer)
{
    struct replication *replication = link->replication;
    struct global *global = global__by_name(replication, answer->table);
    struct asker asker = {link, link->session.own};

    if (global == NULL || answer->result == 0 || answer->result >= GROUP_RESULT_COUNT ||
        replication->closing)
        return;
    if (answer->kind == GROUP_ASK_STATUS) {
        if (answer->result == GROUP_GONE && strcmp(global->promise.coordinator, link->region) == 0)
            release_promise(global, answer->operation);
    } else if (answer->kind == GROUP_ASK_PULL) {
        struct group_document *document = malloc(sizeof(*document));

        if (document != NULL && global->document != NULL &&
            group_from_json(answer->text, document) == 0 &&
            group_id_eq(&document->id, &global->document->id))
            take_document(replication, &asker, (struct question){.table = answer->table},
                          document, true);
        free(document);
    } else if (global->workflow != NULL &&
               global->workflow->flow.operation == answer->operation) {
        coordinator__answer(global->workflow, link->region, (enum group_ask)answer->kind,
                            answer->asked, (enum group_result)answer->result, answer->floor,
                            answer->text);
    }
}

void global__tick(struct global *global)
{
    struct replication *replication = global->replication;
    int64_t now = now_ms(replication);

    global->pulling = false;
    if (global->promise.operation != 0 && now >= global->promise_ms) {
        struct link *link = replication__link(replication, global->promise.coordinator);

        global->promise_ms = now + PROMISE_ASK_MS;
        if (strcmp(global->promise.coordinator, replication->region) == 0) {
            if (global->workflow == NULL ||
                global->workflow->flow.operation != global->promise.operation)
                release_promise(global, global->promise.operation);
        } else if (link != NULL && link__open(link)) {
            send_ask(global, link, GROUP_ASK_STATUS, global->promise.operation);
        }
    }
    LIST_FOREACH(node, &global->members) {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            feed_in__tick(&member->in[i]);
            feed_out__tick(&member->out[i]);
        }
    }
    gossip__tick(global);
    if (global->backfill != NULL)
        backfill__tick(global);
}

/* ---- after a restart ---- */

static struct slice name_after(struct slice name, const char *kind)
{
    return slice_skip(name, strlen(kind) + 1);
}

static int load_document(void *context, struct slice name, struct slice value)
{
    struct replication *replication = context;
    struct global *global = global__get(replication, name_after(name, "group"));
    struct group_document *document = malloc(sizeof(*document));
    int rc = ST_NOMEM;

    if (global == NULL || document == NULL)
        goto out;
    rc = group_from_json(value, document);
    if (rc < 0)
        goto out;
    global->table = store_table(replication->store, slice_str(global->name));
    if (global->table == NULL || group_member(document, replication->region) == NULL) {
        rc = ST_CORRUPT; /* they are written in one batch */
        goto out;
    }
    set_document(global, document);
    global->floor_set = store_floor(replication->store, global->table);
    /* What was written since is not known: one round of closed times will tell. */
    global->latest = store_closed_time(replication->store, false);
out:
    free(document);
    return rc;
}

static int load_promise(void *context, struct slice name, struct slice value)
{
    struct replication *replication = context;
    struct global *global = global__get(replication, name_after(name, "promise"));

    if (global == NULL)
        return ST_NOMEM;
    return promise_read(value, &global->promise) ? 0 : ST_CORRUPT;
}

static int load_floor(void *context, struct slice name, struct slice value)
{
    struct global *global = global__by_name(context, name_after(name, "floor"));

    if (global != NULL && global->document != NULL && value.len == 8) {
        store_set_floor(global->replication->store, global->table,
                        (struct hybrid_time){be64_get(value.ptr)});
        global->floor_set = store_floor(global->replication->store, global->table);
    }
    return 0;
}

static int load_backfill(void *context, struct slice name, struct slice value)
{
    struct global *global = global__by_name(context, name_after(name, "backfill"));

    return global != NULL && global->document != NULL ? backfill__load(global, value) : 0;
}

static int load_workflow(void *context, struct slice name, struct slice value)
{
    struct replication *replication = context;
    struct global *global = global__get(replication, name_after(name, "flow"));

    if (global == NULL)
        return ST_NOMEM;
    if (global->table == NULL)
        global->table = store_table(replication->store, slice_str(global->name));
    return coordinator__load(global, value);
}

int globals__load(struct replication *replication)
{
    static const struct {
        const char *prefix;
        int (*load)(void *context, struct slice name, struct slice value);
    } kinds[] = {{"group/", load_document},
                 {"promise/", load_promise},
                 {"floor/", load_floor},
                 {"backfill/", load_backfill},
                 {"flow/", load_workflow}};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int rc = store_meta_each(replication->store, META_OWNER, slice_str(kinds[i].prefix),
                                 kinds[i].load, replication);

        if (rc < 0)
            return rc;
    }
    LIST_FOREACH(node, &replication->globals) {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (global->document != NULL) {
            global__set_members(global);
            views__publish_group(global);
        }
    }
    return 0;
}
