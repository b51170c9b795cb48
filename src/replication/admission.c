/*
 * admission.c - requests to change a global table: what is refused in which words, and the plan of
 * the rest.
 *
 * The order is that of global-tables.md §2.2 from step 6 on, the words are those of §2.11. What is
 * admitted becomes a workflow (coordinator.c); what concerns this Region alone is an edit of its
 * own.
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

void admission__finish(struct replication_request *request, enum replication_error error)
{
    schema_unref(request->settings);
    request->settings = NULL;
    request->queued.next = (struct list_node *)(intptr_t)error; /* carried to on_request_done */
    task_init(&request->task, on_request_done);
    strand_post(request->strand, &request->task);
}

void admission__in_use(struct replication_request *request)
{
    admission_refuse(request, REPLICATION_IN_USE,
                     "The resource which you are attempting to change is in use.");
}

void admission__unavailable(struct replication_request *request, const char *region)
{
    admission_refuse(
        request, REPLICATION_UNAVAILABLE,
        "The global table cannot be changed now: Region %s cannot be reached. Every replica "
        "has to accept a change; try again when the link to it is up.",
        region);
}

/* ---- documents ---- */

static int settings_of(struct replication *replication, const struct schema *schema,
                       struct group_settings *ret_settings)
{
    const struct stream *stream = schema_stream(schema);

    *ret_settings = (struct group_settings){
        .key_count = schema->key_count,
        .billing = schema->billing,
        .read_units = schema->read_units,
        .write_units = schema->write_units,
        .on_demand_read_max = schema->on_demand_read_max,
        .on_demand_write_max = schema->on_demand_write_max,
        .warm_read = schema->warm_read,
        .warm_write = schema->warm_write,
        .table_class = schema->table_class,
        .stream_view = stream != NULL ? stream->view : STREAM_NEW_AND_OLD_IMAGES,
        .ttl_changed_ms = schema->ttl.changed_ms,
        .index_id_next = schema->index_id_next,
    };

    memcpy(ret_settings->ttl_attribute, schema->ttl.attribute, sizeof(ret_settings->ttl_attribute));

    for (uint32_t i = 0; i < schema->key_count; i++) {
        memcpy(ret_settings->keys[i].name, schema->key_names[i],
               sizeof(ret_settings->keys[i].name));
        ret_settings->keys[i].type = schema->keys[i].type;
    }
    return index_sets_of_schema(&replication->index_sets, schema, &ret_settings->indexes);
}

static int found(struct global *global, const struct schema *schema)
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
    rc = settings_of(replication, schema, &document->settings);
    if (rc < 0) {
        free(document);
        return rc;
    }
    document->member_count = 1;
    self = &document->members[0];
    strcpy(self->region, replication->region);
    self->replica = schema->replica_id != 0 ? schema->replica_id : 1;
    self->status = REPLICA_ACTIVE;
    self->added_ms = clock_wall_ms(replication->clock);
    self->overrides = (struct replica_overrides){
        .read_units = UNSET, .on_demand_read_max = UNSET, .table_class = CLASS_UNSET};
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
        admission_refuse(request, REPLICATION_VALIDATION,
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
    admission_refuse(request, REPLICATION_VALIDATION,
                     "Region %s is not supported. The latest version of global tables are only "
                     "supported in the following regions: [%.*s]",
                     request->target, SLICE_ARGS(buf_slice(&list)));
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
            admission_refuse(
                request, REPLICATION_IN_USE,
                "Attempt to change a resource which is still in use: Table: %s is being "
                "used.",
                schema->name);
        else
            admission_refuse(
                request, REPLICATION_VALIDATION,
                "Create/Update/Delete of replica is not allowed while the replica is being "
                "added to table with name: %s in region %s",
                schema->name, global != NULL ? global->replication->region : "");
        return true;
    }
    switch (request->kind) {
    case REQUEST_CREATE_REPLICA:
        if (!listed)
            return false;
        admission_refuse(
            request, REPLICATION_VALIDATION,
            "Failed to create a the new replica of table with name: \xe2\x80\x98%s\xe2\x80"
            "\x99 because one or more replicas already existed as tables.",
            schema->name);
        return true;
    case REQUEST_UPDATE_REPLICA:
    case REQUEST_DELETE_REPLICA:
        if (listed)
            return false;
        admission_refuse(
            request, REPLICATION_VALIDATION,
            "Update global table operation failed because one or more replicas were not "
            "part of the global table. Please retry the request without these replicas: "
            "[%s].",
            request->target);
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

/** Of the table or of an index. */
static bool sets_read_units(const struct replica_overrides *overrides)
{
    bool sets = overrides->read_units != UNSET;

    for (uint32_t i = 0; i < overrides->index_count; i++)
        sets = sets || overrides->indexes[i].read_units != UNSET;
    return sets;
}

static bool sets_on_demand(const struct replica_overrides *overrides)
{
    bool sets = overrides->on_demand_read_max != UNSET;

    for (uint32_t i = 0; i < overrides->index_count; i++)
        sets = sets || overrides->indexes[i].on_demand_read_max != UNSET;
    return sets;
}

/** Step 11: E-13 to E-16, E-18. True: refused. */
static bool refuse_rules(struct replication *replication, struct global *global,
                         const struct schema *schema, struct replication_request *request)
{
    const struct group_document *document = global != NULL ? global->document : NULL;
    int64_t now = clock_wall_ms(replication->clock);

    switch (request->kind) {
    case REQUEST_CREATE_REPLICA:
        if (global != NULL && global->memory_lost) {
            admission_refuse(request, REPLICATION_UNAVAILABLE,
                             "No replica can be filled from Region %s: it has lost changes that "
                             "others have.",
                             replication->region);
            return true;
        }
        if (schema->billing == BILLING_PROVISIONED) {
            admission_refuse(
                request, REPLICATION_VALIDATION,
                "Table write capacity should either be Pay-Per-Request or AutoScaled.");
            return true;
        }
        return false;
    case REQUEST_UPDATE_REPLICA:
        if (sets_read_units(&request->overrides) && schema->billing == BILLING_PAY_PER_REQUEST) {
            admission_refuse(
                request, REPLICATION_VALIDATION,
                "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when "
                "BillingMode is PAY_PER_REQUEST");
            return true;
        }
        if (sets_on_demand(&request->overrides) && schema->billing == BILLING_PROVISIONED) {
            admission_refuse(
                request, REPLICATION_VALIDATION,
                "MaxReadRequestUnits for OnDemandThroughput cannot be specified when the "
                "table BillingMode is PROVISIONED");
            return true;
        }
        return false;
    case REQUEST_DELETE_REPLICA:
    case REQUEST_DELETE_TABLE:
        if (strcmp(request->target, replication->region) == 0 && schema->deletion_protection) {
            admission_refuse(
                request, REPLICATION_VALIDATION,
                "Cannot delete table %s in region %s because it has deletion protection "
                "enabled. Disable deletion protection first.",
                schema->name, request->target);
            return true;
        }
        if (document != NULL &&
            group_is_recent_source(document, group_member(document, request->target), now)) {
            admission_refuse(
                request, REPLICATION_VALIDATION,
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

/** The group's settings as the wanted schema changes them. *ret_changed false: nothing that is
 * shared changes. 0 or ST_NOMEM. */
static int changed_settings(struct replication *replication, const struct group_document *document,
                            const struct schema *now, const struct schema *wanted,
                            struct group_settings *ret, bool *ret_changed)
{
    const struct schema *indexes;
    bool changed = false;
    int rc;

    *ret = document->settings;
#define TAKE(member)                                                                               \
    if (wanted->member != now->member) {                                                           \
        ret->member = wanted->member;                                                              \
        changed = true;                                                                            \
    }
    TAKE(billing)
    TAKE(read_units)
    TAKE(write_units)
    TAKE(on_demand_read_max)
    TAKE(on_demand_write_max)
    TAKE(warm_read)
    TAKE(warm_write)
    TAKE(table_class)
#undef TAKE
    if (strcmp(wanted->ttl.attribute, now->ttl.attribute) != 0) {
        memcpy(ret->ttl_attribute, wanted->ttl.attribute, sizeof(ret->ttl_attribute));
        ret->ttl_changed_ms = wanted->ttl.changed_ms;
        changed = true;
    }
    rc = index_sets_of_change(&replication->index_sets, document->settings.indexes, now, wanted,
                              &indexes);
    if (rc == 0 && indexes != document->settings.indexes) {
        ret->indexes = indexes;
        changed = true;
    }
    if (ret->index_id_next < wanted->index_id_next)
        ret->index_id_next = wanted->index_id_next;
    *ret_changed = changed;
    return rc;
}

enum plan {
    PLAN_MADE,
    PLAN_LOCAL,   /* nothing for the others in it */
    PLAN_REFUSED, /* the client knows */
};

/** The first document of the change. */
static enum plan plan(struct workflow *workflow, const struct schema *schema,
                      struct replication_request *request)
{
    struct global *global = workflow->global;
    struct replication *replication = global->replication;
    const struct group_document *before = global->document;
    struct group_document *first = &workflow->flow.first;
    struct group_settings settings;
    bool changed;
    enum group_kind kind = GROUP_UPDATE;
    struct buf json = BUF_EMPTY;

    switch (request->kind) {
    case REQUEST_CREATE_REPLICA: {
        struct replica_overrides overrides = request->overrides;

        overrides.read_units = UNSET; /* accepted and ignored on demand (L-30) */
        kind = GROUP_CREATE;
        if (!group_plan_create(before, replication->region, request->target, &overrides,
                               clock_wall_ms(replication->clock), first)) {
            admission_refuse(request, REPLICATION_LIMIT, "A global table has at most %d replicas.",
                             GROUP_MEMBERS_MAX);
            return PLAN_REFUSED;
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
        if (changed_settings(replication, before, schema, request->settings, &settings, &changed) <
            0) {
            admission__unavailable(request, replication->region);
            return PLAN_REFUSED;
        }
        if (!changed)
            return PLAN_LOCAL;
        group_plan_settings(before, &settings, first);
        workflow->wanted = schema_ref(request->settings);
        break;
    }
    workflow->flow.operation = replication__nonce(replication);
    strcpy(workflow->flow.self, replication->region);
    group_plan_open(first, before, kind, workflow->flow.operation, replication->region,
                    kind == GROUP_SETTINGS ? "" : request->target);
    if (group_to_json(first, &json) < 0) {
        admission__unavailable(request, replication->region);
        buf_release(&json);
        return PLAN_REFUSED;
    }
    buf_release(&json);
    return PLAN_MADE;
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
        admission__finish(local->request, REPLICATION_OK);
    else if (rc == ST_BUSY)
        admission__in_use(local->request);
    else if (rc == ST_NOTFOUND)
        admission_refuse(local->request, REPLICATION_NOT_FOUND,
                         "Requested resource not found: Table: %s not found",
                         local->request->table);
    else
        admission_refuse(local->request, REPLICATION_UNAVAILABLE,
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
        admission__unavailable(request, replication->region);
        return;
    }
    if (!drop)
        schema->generation = now->generation + 1;
    local->replication = replication;
    local->request = request;
    local->edit = (struct store_edit){.strand = replication->strand,
                                      .on_done = on_local_done,
                                      .kind = drop ? EDIT_DROP : EDIT_REPLACE,
                                      .schema = schema,
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
    if (is_busy(global, schema) ||
        (request->kind == REQUEST_UPDATE_SETTINGS && /* made from what stands no more */
         request->settings->generation != schema->generation + 1)) {
        admission__in_use(request);
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
        if (found(global, schema) < 0)
            goto nomem;
        global->table_held = false;
        if (global->table == NULL)
            global->table = table_ref(table);
    }
    workflow->global = global;
    switch (plan(workflow, schema, request)) {
    case PLAN_MADE:
        workflow->request = request;
        global->workflow = workflow;
        coordinator__begin(workflow);
        return;
    case PLAN_LOCAL:
        edit_locally(replication, request, schema);
        break;
    case PLAN_REFUSED:
        break;
    }
    coordinator__free(workflow);
    global__settle(global);
    return;
nomem:
    free(workflow);
    admission__unavailable(request, replication->region);
    if (global != NULL)
        global__settle(global);
}

void admission__request(struct replication *replication, struct replication_request *request)
{
    struct table *table;
    struct schema *schema;

    if (replication->closing) {
        admission__unavailable(request, replication->region);
        return;
    }
    table = store_table(replication->store, slice_str(request->table));
    if (table == NULL) {
        admission_refuse(request, REPLICATION_NOT_FOUND,
                         "Requested resource not found: Table: %s not found", request->table);
        return;
    }
    schema = table_schema(table);
    admit(replication, request, table, schema);
    schema_unref(schema);
    table_unref(table);
}
