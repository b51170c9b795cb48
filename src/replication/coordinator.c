/*
 * coordinator.c - a change of a global table that this Region coordinates, from its plan to its
 * end.
 *
 * The workflow around core/group_flow.h: it asks the members (this Region too, by a task, so that
 * an answer never arrives inside a question), writes its record when the core says so, and answers
 * the client when the decision is durable. The record survives a restart, the client does not need
 * to. Who may ask for what is admission.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

/* ---- the record ---- */

static void record_key(struct buf *out, const char *table)
{
    struct buf name = BUF_EMPTY;

    buf_append_str(&name, "flow/");
    buf_append_str(&name, table);
    store_meta_key(out, META_OWNER, buf_slice(&name));
    buf_release(&name);
}

static int record_put(struct workflow *workflow, struct batch *batch)
{
    struct group_flow *flow = &workflow->flow;
    struct buf value = BUF_EMPTY, json = BUF_EMPTY, key = BUF_EMPTY;
    bool second = flow->phase == FLOW_CLOSING;
    int rc;

    buf_append_u8(&value, second);
    buf_append_be64(&value, flow->floor.bits);
    buf_append_sized(&value, slice_str(flow->failure));
    rc = group_to_json(&flow->first, &json);
    buf_append_sized(&value, buf_slice(&json));
    if (rc == 0 && second) {
        flow->second.predecessor = flow->first.hash;
        buf_clear(&json);
        rc = group_to_json(&flow->second, &json);
        buf_append_sized(&value, buf_slice(&json));
    }
    record_key(&key, workflow->global->name);
    batch_put(batch, ENGINE_DATA, buf_slice(&key), buf_slice(&value));
    if (buf_failed(&value) || buf_failed(&key))
        rc = ST_NOMEM;
    buf_release(&value);
    buf_release(&json);
    buf_release(&key);
    return rc;
}

int coordinator__load(struct global *global, struct slice record)
{
    struct replication *replication = global->replication;
    struct workflow *workflow = calloc(1, sizeof(*workflow));
    struct reader reader = reader_of(record);
    struct group_flow *flow;
    struct slice failure;
    bool second;
    int rc = ST_NOMEM;

    if (workflow == NULL)
        return rc;
    flow = &workflow->flow;
    workflow->global = global;
    second = reader_u8(&reader) == 1;
    flow->floor.bits = reader_be64(&reader);
    failure = reader_sized(&reader);
    if (reader.failed || failure.len >= sizeof(flow->failure)) {
        rc = ST_CORRUPT;
        goto out;
    }
    if (failure.len > 0)
        memcpy(flow->failure, failure.ptr, failure.len);
    rc = group_from_json(reader_sized(&reader), &replication->index_sets, &flow->first);
    if (rc == 0 && second)
        rc = group_from_json(reader_sized(&reader), &replication->index_sets, &flow->second);
    if (rc == 0 && !reader_done(&reader))
        rc = ST_CORRUPT;
    if (rc < 0)
        goto out;
    flow->phase = second ? FLOW_SECOND : FLOW_FIRST;
    flow->kind = flow->first.operation.kind;
    flow->operation = flow->first.operation.id;
    strcpy(flow->self, replication->region);
    strcpy(flow->target, flow->first.operation.target);
    global->workflow = workflow; /* goes on at the first tick */
    workflow->resume = true;
    workflow = NULL;
out:
    free(workflow);
    return rc;
}

/* ---- the workflow ---- */

void coordinator__free(struct workflow *workflow)
{
    if (workflow == NULL)
        return;
    schema_unref(workflow->wanted);
    free(workflow);
}

static void forget(struct workflow *workflow)
{
    struct global *global = workflow->global;

    if (workflow->writing || workflow->self_asked) {
        workflow->finished = true; /* freed when these have come back */
        return;
    }
    global->workflow = NULL;
    coordinator__free(workflow);
    if (global->planned) {
        free(global->document);
        global->document = NULL;
        global->planned = false;
        global->self = 0;
        if (!global->table_held) {
            table_unref(global->table);
            global->table = NULL;
        }
    }
    views__publish_group(global);
    global__settle(global);
}

static void act(struct workflow *workflow, const struct flow_event *event);

static void on_written(struct store_edit *edit, int rc);

/** The schema of this Region's table from the moment of the decision. */
static struct schema *admitted_schema(struct workflow *workflow)
{
    struct global *global = workflow->global;
    struct replication *replication = global->replication;
    struct schema *now = table_schema(global->table);
    struct schema *schema = schema_copy(now);

    schema_unref(now);
    if (schema == NULL)
        return NULL;
    if (workflow->wanted != NULL) { /* the answer to the client shows what it has asked for */
        schema->deletion_protection = workflow->wanted->deletion_protection;
        if (global__schema_apply(replication, schema, &workflow->flow.first) < 0) {
            schema_unref(schema);
            return NULL;
        }
    }
    schema->status = TABLE_UPDATING;
    if (global->planned) {
        schema->global = true;
        schema->replica_id = global->self;
        schema->replica_id_next = workflow->flow.first.replica_next;
        global__enable_stream(replication, schema, global->document->settings.stream_view);
    }
    return schema;
}

static void write_record(struct workflow *workflow)
{
    struct global *global = workflow->global;
    struct replication *replication = global->replication;
    struct store_edit *edit = &workflow->edit;
    int rc;

    if (replication->closing)
        return;
    edit->strand = replication->strand;
    edit->on_done = on_written;
    edit->meta = BATCH_EMPTY;
    edit->schema = NULL;
    edit->kind = EDIT_META;
    if (workflow->flow.phase == FLOW_DONE) {
        struct buf key = BUF_EMPTY;

        record_key(&key, global->name);
        batch_delete(&edit->meta, ENGINE_DATA, buf_slice(&key));
        buf_release(&key);
        rc = 0;
    } else {
        rc = record_put(workflow, &edit->meta);
        if (rc == 0 && workflow->flow.phase == FLOW_ADMITTING) {
            edit->kind = EDIT_REPLACE;
            edit->schema = admitted_schema(workflow);
            if (edit->schema == NULL)
                rc = ST_NOMEM;
        }
    }
    if (rc < 0) {
        batch_release(&edit->meta);
        workflow->write_ms = now_ms(replication) + FEED_RETRY_MS;
        return;
    }
    workflow->writing = true;
    replication__hold(replication);
    store_edit(replication->store, edit);
}

static void on_written(struct store_edit *edit, int rc)
{
    struct workflow *workflow = CONTAINER_OF(edit, struct workflow, edit);
    struct global *global = workflow->global;
    struct replication *replication = global->replication;

    workflow->writing = false;
    if (rc == 0 && workflow->flow.phase == FLOW_DONE) {
        forget(workflow);
    } else if (rc == 0) {
        act(workflow, &(struct flow_event){.kind = FLOW_WRITTEN});
    } else if (rc == ST_BUSY) {
        write_record(workflow); /* the schema moved on in between */
    } else if (rc != ST_CLOSED) {
        workflow->write_ms = now_ms(replication) + FEED_RETRY_MS;
    }
    replication__release(replication);
}

static void fill_ask(const struct workflow *workflow, enum group_ask kind, struct buf *json,
                     struct group_ask_body *ret)
{
    struct group_document copy = *flow_document(&workflow->flow);

    *ret = (struct group_ask_body){
        .kind = (uint8_t)kind,
        .group = copy.id,
        .operation = workflow->flow.operation,
        .epoch = copy.epoch,
        .floor = (int64_t)workflow->flow.floor.bits,
        .table = slice_str(workflow->global->name),
    };
    if (kind == GROUP_ASK_PROPOSE || kind == GROUP_ASK_COMMIT) {
        group_to_json(&copy, json);
        ret->document = buf_slice(json);
    }
}

static void on_self_asked(struct task *task)
{
    struct workflow *workflow = CONTAINER_OF(task, struct workflow, self_task);
    struct replication *replication = workflow->global->replication;
    static const struct asker myself;
    struct buf json = BUF_EMPTY;
    struct group_ask_body body;

    workflow->self_asked = false;
    if (!replication->closing && (!workflow->finished || workflow->self_ask == GROUP_ASK_ABORT)) {
        fill_ask(workflow, workflow->self_ask, &json, &body);
        global__ask(replication, &myself, &body);
        buf_release(&json);
    }
    if (workflow->finished)
        forget(workflow);
    replication__release(replication);
}

static void ask(struct workflow *workflow, const char *region, enum group_ask kind)
{
    struct replication *replication = workflow->global->replication;
    struct link *link;

    if (strcmp(region, replication->region) == 0) {
        if (workflow->self_asked)
            return;
        workflow->self_asked = true;
        workflow->self_ask = kind;
        task_init(&workflow->self_task, on_self_asked);
        replication__hold(replication);
        strand_post(replication->strand, &workflow->self_task);
        return;
    }
    link = replication__link(replication, region);
    if (link != NULL && link__open(link)) {
        struct buf json = BUF_EMPTY, frame;
        struct group_ask_body body;

        fill_ask(workflow, kind, &json, &body);
        link__begin(link, &frame, FRAME_GROUP_ASK);
        group_ask_body_append(&frame, &body);
        link__send(link, &frame);
        buf_release(&json);
    }
}

/** The client hears why not; members are told to forget what they may have promised. */
static void refused(struct workflow *workflow, const struct flow_actions *actions)
{
    struct replication_request *request = workflow->request;
    const struct group_flow *flow = &workflow->flow;

    workflow->request = NULL;
    for (uint32_t i = 0; i < flow->first.member_count; i++)
        ask(workflow, flow->first.members[i].region, GROUP_ASK_ABORT);
    if (request == NULL)
        return;
    if (actions->unreachable) {
        admission__unavailable(request, actions->at);
        return;
    }
    switch (actions->error) {
    case GROUP_EXISTS:
        admission_refuse(
            request, REPLICATION_VALIDATION,
            "Failed to create a the new replica of table with name: \xe2\x80\x98%s\xe2\x80"
            "\x99 because one or more replicas already existed as tables.",
            workflow->global->name);
        break;
    case GROUP_PROTECTED:
        admission_refuse(request, REPLICATION_VALIDATION,
                         "Cannot delete table %s in region %s because it has deletion protection "
                         "enabled. Disable deletion protection first.",
                         workflow->global->name, flow->target);
        break;
    default:
        admission__in_use(request);
        break;
    }
}

static void act(struct workflow *workflow, const struct flow_event *event)
{
    struct global *global = workflow->global;
    struct replication *replication = global->replication;
    struct flow_event timed = *event;
    struct flow_actions actions;

    if (workflow->finished)
        return;
    timed.now_ms = now_ms(replication);
    flow_step(&workflow->flow, &replication->flow_limits, &timed, &actions);
    if (actions.refused) {
        refused(workflow, &actions);
        forget(workflow);
        return;
    }
    if (actions.admitted) {
        log_info(&replication->log, PART, "table %s: a change of its replicas is admitted",
                 global->name);
        if (workflow->request != NULL)
            admission__finish(workflow->request, REPLICATION_OK);
        workflow->request = NULL;
        global->table_held = true;
        views__publish_group(global);
    }
    for (uint32_t i = 0; i < actions.ask_count; i++)
        ask(workflow, actions.asks[i], actions.ask);
    if (actions.write || actions.done)
        write_record(workflow);
}

void coordinator__begin(struct workflow *workflow)
{
    act(workflow, &(struct flow_event){.kind = FLOW_BEGIN});
}

void coordinator__answer(struct workflow *workflow, const char *region, enum group_ask kind,
                         uint64_t asked, enum group_result result, struct hybrid_time floor,
                         struct slice text)
{
    char words[128] = "";

    if (text.len > 0 && text.len < sizeof(words))
        memcpy(words, text.ptr, text.len);
    act(workflow, &(struct flow_event){.kind = FLOW_ANSWER,
                                       .region = region,
                                       .ask = kind,
                                       .epoch = asked,
                                       .result = result,
                                       .floor = floor,
                                       .text = words});
}

void coordinator__close(struct workflow *workflow)
{
    if (workflow->request != NULL)
        admission__unavailable(workflow->request, workflow->global->replication->region);
    workflow->request = NULL;
}

void coordinator__session(struct workflow *workflow, struct link *link)
{
    for (uint32_t i = 0; i < workflow->flow.place_count; i++) {
        if (strcmp(workflow->flow.places[i].region, link->region) == 0) {
            workflow->flow.places[i].due_ms = 0;
            workflow->flow.places[i].tries = 0;
        }
    }
}

void coordinator__tick(struct workflow *workflow)
{
    if (workflow->finished || workflow->writing)
        return;
    if (workflow->resume) {
        workflow->resume = false;
        workflow->global->table_held = true;
        act(workflow, &(struct flow_event){.kind = FLOW_RESUME});
        return;
    }
    if (workflow->write_ms != 0) {
        if (now_ms(workflow->global->replication) >= workflow->write_ms) {
            workflow->write_ms = 0;
            write_record(workflow);
        }
        return;
    }
    act(workflow, &(struct flow_event){.kind = FLOW_TICK});
}
