/*
 * coordinator.c - a request to change a global table, from its admission to its end.
 *
 * Admission keeps the order of global-tables.md §2.2 from step 6 on and its words (§2.11). What is
 * admitted becomes a workflow around core/group_flow.h: it asks the members (this Region too, by a task,
 * so that an answer never arrives inside a question), writes its record when the core says so,
 * and answers the client when the decision is durable. The record survives a restart, the client does not need to.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

#define UNSET INT64_MIN

/* ---- answers to the client ---- */

static void on_request_done(struct task *task)
{
    struct replication_request *request = CONTAINER_OF(task, struct replication_request, task);

    request->on_done(request, (enum replication_error)(intptr_t)request->queued.next);
}

static void finish(struct replication_request *request, enum replication_error error)
{
    schema_unref(request->settings);
    request->settings = NULL;
    request->queued.next = (struct list_node *)(intptr_t)error; /* carried to on_request_done */
    task_init(&request->task, on_request_done);
    strand_post(request->strand, &request->task);
}

#define refuse_request(request, error, ...)                \
    do {                                                   \
        if (refuse(&(request)->refusal, __VA_ARGS__) < 0)  \
            finish((request), (error));                    \
    } while (0)

static void in_use(struct replication_request *request)
{
    refuse_request(request, REPLICATION_IN_USE,
                   "The resource which you are attempting to change is in use.");
}

static void unavailable(struct replication_request *request, const char *region)
{
    refuse_request(request, REPLICATION_UNAVAILABLE,
                   "The global table cannot be changed now: Region %s cannot be reached. Every replica "
                   "has to accept a change; try again when the link to it is up.", region);
}

/* ---- documents ---- */

struct group_settings coordinator__settings_of(const struct schema *schema)
{
    const struct stream *stream = schema_stream(schema);
    struct group_settings settings = {
        .key_count = schema->key_count,
        .billing = schema->billing,
        .read_units = schema->read_units,
        .write_units = schema->write_units,
        .on_demand_read_max = schema->on_demand_read_max,
        .on_demand_write_max = schema->on_demand_write_max,
        .table_class = schema->table_class,
        .stream_view = stream != NULL ? stream->view : STREAM_NEW_AND_OLD_IMAGES,
    };

    for (uint32_t i = 0; i < schema->key_count; i++) {
        memcpy(settings.keys[i].name, schema->key_names[i], sizeof(settings.keys[i].name));
        settings.keys[i].type = schema->keys[i].type;
    }
    return settings;
}

int coordinator__found(struct global *global, const struct schema *schema)
{
    struct replication *replication = global->replication;
    struct group_document *document = calloc(1, sizeof(*document));
    struct group_member *self;
    struct buf json = BUF_EMPTY;
    int rc;

    if (document == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < GROUP_ID_BYTES; i += 8)
        be64_put(document->id.bytes + i, executor_random(replication->executor));
    strcpy(document->table, global->name);
    strcpy(document->proposer, replication->region);
    memcpy(document->digest_key, schema->digest_key, sizeof(document->digest_key));
    document->settings = coordinator__settings_of(schema);
    document->member_count = 1;
    self = &document->members[0];
    strcpy(self->region, replication->region);
    self->replica = schema->replica_id != 0 ? schema->replica_id : 1;
    self->status = REPLICA_ACTIVE;
    self->added_ms = clock_wall_ms(replication->clock);
    self->overrides = (struct replica_overrides){UNSET, UNSET, CLASS_UNSET};
    document->replica_next = (uint16_t)(self->replica + 1);
    if (schema->replica_id_next > document->replica_next)
        document->replica_next = schema->replica_id_next;
    rc = group_to_json(document, &json);
    buf_release(&json);
    if (rc < 0) {
        free(document);
        return rc;
    }
    global->document = document;
    global->planned = true;
    global->self = self->replica;
    return 0;
}

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
    rc = group_from_json(reader_sized(&reader), &flow->first);
    if (rc == 0 && second)
        rc = group_from_json(reader_sized(&reader), &flow->second);
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
    if (workflow->wanted != NULL)
        schema->deletion_protection = workflow->wanted->deletion_protection;
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
        unavailable(request, actions->at);
        return;
    }
    switch (actions->error) {
    case GROUP_EXISTS:
        refuse_request(request, REPLICATION_VALIDATION,
                       "Failed to create a the new replica of table with name: \xe2\x80\x98%s\xe2\x80"
                       "\x99 because one or more replicas already existed as tables.",
                       workflow->global->name);
        break;
    case GROUP_PROTECTED:
        refuse_request(request, REPLICATION_VALIDATION,
                       "Cannot delete table %s in region %s because it has deletion protection "
                       "enabled. Disable deletion protection first.",
                       workflow->global->name, flow->target);
        break;
    default:
        in_use(request);
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
            finish(workflow->request, REPLICATION_OK);
        workflow->request = NULL;
        global->table_held = true;
        views__publish_group(global);
    }
    for (uint32_t i = 0; i < actions.ask_count; i++)
        ask(workflow, actions.asks[i], actions.ask);
    if (actions.write || actions.done)
        write_record(workflow);
}

void coordinator__answer(struct workflow *workflow, const char *region, enum group_ask kind,
                         uint64_t asked, enum group_result result, struct hybrid_time floor,
                         struct slice text)
{
    char words[128] = "";

    if (text.len > 0 && text.len < sizeof(words))
        memcpy(words, text.ptr, text.len);
    act(workflow, &(struct flow_event){.kind = FLOW_ANSWER, .region = region, .ask = kind,
                                       .epoch = asked, .result = result, .floor = floor, .text = words});
}

void coordinator__close(struct workflow *workflow)
{
    if (workflow->request != NULL)
        unavailable(workflow->request, workflow->global->replication->region);
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

/* ---- admission ---- */

static bool region_known(struct replication *replication, const char *region)
{
    return strcmp(region, replication->region) == 0 ||
           replication__link(replication, region) != NULL;
}

/** E-05, E-06. True: refused. */
static bool refuse_region(struct replication *replication, struct replication_request *request)
{
    struct buf list = BUF_EMPTY;
    struct arena arena;
    const char *const *regions;
    uint32_t count;

    if (strcmp(request->target, replication->region) == 0 &&
        request->kind != REQUEST_DELETE_TABLE) {
        refuse_request(request, REPLICATION_VALIDATION,
                       "Cannot add%s delete%s the local region through ReplicaUpdates. Use "
                       "CreateTable, DeleteTable, or UpdateTable as required.",
                       request->kind == REQUEST_UPDATE_REPLICA ? "," : " or",
                       request->kind == REQUEST_UPDATE_REPLICA ? ", or update" : "");
        return true;
    }
    if (region_known(replication, request->target))
        return false;
    arena_init(&arena, 0);
    regions = replication_regions(replication, &arena, &count);
    for (uint32_t i = 0; regions != NULL && i < count; i++)
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", regions[i]);
    refuse_request(request, REPLICATION_VALIDATION,
                   "Region %s is not supported. The latest version of global tables are only "
                   "supported in the following regions: [%.*s]", request->target,
                   SLICE_ARGS(buf_slice(&list)));
    buf_release(&list);
    arena_release(&arena);
    return true;
}

/** E-08 as far as it is known here, E-09, E-17. True: refused. */
static bool refuse_membership(struct global *global, const struct schema *schema,
                              struct replication_request *request)
{
    const struct group_document *document = global != NULL ? global->document : NULL;
    bool listed = document != NULL && group_member(document, request->target) != NULL;

    if (schema->closed && schema->status == TABLE_CREATING) {
        if (request->kind == REQUEST_DELETE_TABLE)
            refuse_request(request, REPLICATION_IN_USE,
                           "Attempt to change a resource which is still in use: Table: %s is being "
                           "used.", schema->name);
        else
            refuse_request(request, REPLICATION_VALIDATION,
                           "Create/Update/Delete of replica is not allowed while the replica is being "
                           "added to table with name: %s in region %s", schema->name,
                           global != NULL ? global->replication->region : "");
        return true;
    }
    switch (request->kind) {
    case REQUEST_CREATE_REPLICA:
        if (!listed)
            return false;
        refuse_request(request, REPLICATION_VALIDATION,
                       "Failed to create a the new replica of table with name: \xe2\x80\x98%s\xe2\x80"
                       "\x99 because one or more replicas already existed as tables.", schema->name);
        return true;
    case REQUEST_UPDATE_REPLICA:
    case REQUEST_DELETE_REPLICA:
        if (listed)
            return false;
        refuse_request(request, REPLICATION_VALIDATION,
                       "Update global table operation failed because one or more replicas were not "
                       "part of the global table. Please retry the request without these replicas: "
                       "[%s].", request->target);
        return true;
    default:
        return false;
    }
}

static bool is_busy(const struct global *global, const struct schema *schema)
{
    if (schema->status != TABLE_ACTIVE)
        return true;
    if (global == NULL)
        return false;
    return global->workflow != NULL || global->promise.operation != 0 || global->editing != NULL ||
           (global->document != NULL && global->document->operation.kind != GROUP_NONE);
}

/** Step 11: E-13 to E-16, E-18. True: refused. */
static bool refuse_rules(struct replication *replication, struct global *global,
                         const struct schema *schema, struct replication_request *request)
{
    const struct group_document *document = global != NULL ? global->document : NULL;
    int64_t now = clock_wall_ms(replication->clock);

    switch (request->kind) {
    case REQUEST_CREATE_REPLICA:
        if (schema->billing == BILLING_PROVISIONED) {
            refuse_request(request, REPLICATION_VALIDATION,
                           "Table write capacity should either be Pay-Per-Request or AutoScaled.");
            return true;
        }
        return false;
    case REQUEST_UPDATE_REPLICA:
        if (request->overrides.read_units != UNSET &&
            schema->billing == BILLING_PAY_PER_REQUEST) {
            refuse_request(request, REPLICATION_VALIDATION,
                           "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                           "BillingMode is PAY_PER_REQUEST");
            return true;
        }
        if (request->overrides.on_demand_read_max != UNSET &&
            schema->billing == BILLING_PROVISIONED) {
            refuse_request(request, REPLICATION_VALIDATION,
                           "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the "
                           "table BillingMode is PROVISIONED");
            return true;
        }
        return false;
    case REQUEST_DELETE_REPLICA:
    case REQUEST_DELETE_TABLE:
        if (strcmp(request->target, replication->region) == 0 && schema->deletion_protection) {
            refuse_request(request, REPLICATION_VALIDATION,
                           "Cannot delete table %s in region %s because it has deletion protection "
                           "enabled. Disable deletion protection first.", schema->name,
                           request->target);
            return true;
        }
        if (document != NULL &&
            group_is_recent_source(document, group_member(document, request->target), now)) {
            refuse_request(request, REPLICATION_VALIDATION,
                           "Replica cannot be deleted because it has acted as a source region for new "
                           "replica(s) being added to the table in the last 24 hours.");
            return true;
        }
        return false;
    case REQUEST_UPDATE_SETTINGS:
        return false;
    }
    return false;
}

/** The group's settings as the wanted schema changes them; false: nothing shared changes. */
static bool changed_settings(const struct group_document *document, const struct schema *now,
                             const struct schema *wanted, struct group_settings *ret)
{
    bool changed = false;

    *ret = document->settings;
#define TAKE(member)                        \
    if (wanted->member != now->member) {    \
        ret->member = wanted->member;       \
        changed = true;                     \
    }
    TAKE(billing)
    TAKE(read_units)
    TAKE(write_units)
    TAKE(on_demand_read_max)
    TAKE(on_demand_write_max)
    TAKE(table_class)
#undef TAKE
    return changed;
}

/** The first document of the change. False: refused, or (SETTINGS) nothing for the others in it. */
static bool plan(struct workflow *workflow, const struct schema *schema,
                 struct replication_request *request)
{
    struct global *global = workflow->global;
    struct replication *replication = global->replication;
    const struct group_document *before = global->document;
    struct group_document *first = &workflow->flow.first;
    struct group_settings settings;
    enum group_kind kind = GROUP_UPDATE;
    struct buf json = BUF_EMPTY;

    switch (request->kind) {
    case REQUEST_CREATE_REPLICA: {
        struct replica_overrides overrides = request->overrides;

        overrides.read_units = UNSET; /* accepted and ignored on demand (L-30) */
        kind = GROUP_CREATE;
        if (!group_plan_create(before, replication->region, request->target, &overrides,
                               clock_wall_ms(replication->clock), first)) {
            refuse_request(request, REPLICATION_LIMIT, "A global table has at most %d replicas.",
                           GROUP_MEMBERS_MAX);
            return false;
        }
        break;
    }
    case REQUEST_UPDATE_REPLICA:
        group_plan_update(before, request->target, &request->overrides, first);
        break;
    case REQUEST_DELETE_REPLICA:
    case REQUEST_DELETE_TABLE:
        kind = GROUP_DELETE;
        group_plan_delete(before, request->target, first);
        break;
    case REQUEST_UPDATE_SETTINGS:
        kind = GROUP_SETTINGS;
        if (!changed_settings(before, schema, request->settings, &settings))
            return false;
        group_plan_settings(before, &settings, first);
        workflow->wanted = schema_ref(request->settings);
        break;
    }
    workflow->flow.operation = replication__nonce(replication);
    strcpy(workflow->flow.self, replication->region);
    group_plan_open(first, before, kind, workflow->flow.operation, replication->region,
                    kind == GROUP_SETTINGS ? "" : request->target);
    if (group_to_json(first, &json) < 0) {
        unavailable(request, replication->region);
        buf_release(&json);
        return false;
    }
    buf_release(&json);
    return true;
}

/* ---- what concerns this Region alone ---- */

struct local_edit {
    struct job job;
    struct replication *replication;
    struct replication_request *request;
    struct store_edit edit;
};

static void local_release(struct job *job)
{
    free(CONTAINER_OF(job, struct local_edit, job));
}

static void on_local_done(struct store_edit *edit, int rc)
{
    struct local_edit *local = CONTAINER_OF(edit, struct local_edit, edit);
    struct replication *replication = local->replication;

    if (rc == 0)
        finish(local->request, REPLICATION_OK);
    else if (rc == ST_BUSY)
        in_use(local->request);
    else if (rc == ST_NOTFOUND)
        refuse_request(local->request, REPLICATION_NOT_FOUND,
                       "Requested resource not found: Table: %s not found", local->request->table);
    else
        refuse_request(local->request, REPLICATION_UNAVAILABLE,
                       "The change could not be stored: %s", status_text(rc));
    job__end(&local->job);
    replication__release(replication);
}

static void edit_locally(struct replication *replication, struct replication_request *request,
                         struct schema *now)
{
    struct local_edit *local = calloc(1, sizeof(*local));
    bool drop = request->kind == REQUEST_DELETE_TABLE;
    struct schema *schema = drop ? schema_ref(now) : schema_copy(request->settings);

    if (local == NULL || schema == NULL) {
        schema_unref(schema);
        free(local);
        unavailable(request, replication->region);
        return;
    }
    if (!drop)
        schema->generation = now->generation + 1;
    local->replication = replication;
    local->request = request;
    local->edit = (struct store_edit){.strand = replication->strand, .on_done = on_local_done,
                                      .kind = drop ? EDIT_DROP : EDIT_REPLACE, .schema = schema,
                                      .meta = BATCH_EMPTY};
    job__begin(replication, &local->job, local_release);
    replication__hold(replication);
    store_edit(replication->store, &local->edit);
}

/* ---- the request ---- */

static void admit(struct replication *replication, struct replication_request *request,
                  struct table *table, struct schema *schema)
{
    struct global *global = global__by_name(replication, slice_str(request->table));
    struct workflow *workflow;
    bool create = request->kind == REQUEST_CREATE_REPLICA;

    if (request->kind == REQUEST_DELETE_TABLE)
        strcpy(request->target, replication->region);
    else if (request->kind != REQUEST_UPDATE_SETTINGS && refuse_region(replication, request))
        return;
    if (refuse_membership(global, schema, request))
        return;
    if (is_busy(global, schema)) {
        in_use(request);
        return;
    }
    if (refuse_rules(replication, global, schema, request))
        return;
    if (!create && (global == NULL || global->document == NULL)) {
        edit_locally(replication, request, schema);
        return;
    }

    global = global__get(replication, slice_str(request->table));
    workflow = calloc(1, sizeof(*workflow));
    if (global == NULL || workflow == NULL)
        goto nomem;
    if (global->document == NULL) {
        if (coordinator__found(global, schema) < 0)
            goto nomem;
        global->table_held = false;
        if (global->table == NULL)
            global->table = table_ref(table);
    }
    workflow->global = global;
    if (!plan(workflow, schema, request)) {
        free(workflow);
        if (request->kind == REQUEST_UPDATE_SETTINGS)
            edit_locally(replication, request, schema);
        else
            global__settle(global);
        return;
    }
    workflow->request = request;
    global->workflow = workflow;
    act(workflow, &(struct flow_event){.kind = FLOW_BEGIN});
    return;
nomem:
    free(workflow);
    unavailable(request, replication->region);
    if (global != NULL)
        global__settle(global);
}

void coordinator__request(struct replication *replication, struct replication_request *request)
{
    struct table *table;
    struct schema *schema;

    if (replication->closing) {
        unavailable(request, replication->region);
        return;
    }
    table = store_table(replication->store, slice_str(request->table));
    if (table == NULL) {
        refuse_request(request, REPLICATION_NOT_FOUND,
                       "Requested resource not found: Table: %s not found", request->table);
        return;
    }
    schema = table_schema(table);
    admit(replication, request, table, schema);
    schema_unref(schema);
    table_unref(table);
}
