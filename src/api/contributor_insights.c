/*
 * contributor_insights.c - UpdateContributorInsights, DescribeContributorInsights and
 * ListContributorInsights. What is counted is table/insights.h; `tropic insights` shows it.
 *
 * ENABLING and DISABLING last until the edit is durable, which is when the answer leaves; nothing
 * can fail after that, so FAILED and FailureException are never seen. Each Region has its own
 * setting: replicas know nothing of it (global-tables.md X-05). Local secondary indexes are counted
 * with their table. Source: Developer Guide, Contributor Insights: How it works.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>

#include "api/control.h"
#include "api/shapes.h"
#include "table/insights.h"

enum { LIST_MAX_DEFAULT = 100 }; /* Source: API Reference: the maximum; the default is ours */

static const uint8_t update_order[] = {INSIGHTS_INDEX_NAME, INSIGHTS_ACTION, INSIGHTS_MODE};
const struct constraint_plan update_contributor_insights_plan = {.order = update_order,
                                                                 .count = ARRAY_LEN(update_order),
                                                                 .control = CONTROL_TABLE_NAMED,
                                                                 .control_member =
                                                                     INSIGHTS_TABLE_NAME};
static const uint8_t describe_order[] = {INSIGHTS_INDEX_NAME};
const struct constraint_plan describe_contributor_insights_plan = {
    .order = describe_order,
    .count = ARRAY_LEN(describe_order),
    .control = CONTROL_TABLE_NAMED,
    .control_member = INSIGHTS_TABLE_NAME};
static const uint8_t list_order[] = {LIST_INSIGHTS_MAX_RESULTS};
const struct constraint_plan list_contributor_insights_plan = {.order = list_order,
                                                               .count = ARRAY_LEN(list_order),
                                                               .control = CONTROL_TABLE_OPTIONAL,
                                                               .control_member =
                                                                   LIST_INSIGHTS_TABLE_NAME};

/* What a request is about: the table, or a global index of it. */
struct insights_resource_named {
    const struct schema_index *index; /* NULL: the table */
    uint16_t id;
};

/* In call->schema, whose renewal ends what was found before. */
static int find_resource(struct call *call, struct insights_resource_named *ret_resource)
{
    struct slice name = input_string(&call->input, INSIGHTS_INDEX_NAME);
    const struct schema_index *index = NULL;

    if (name.ptr != NULL) {
        index = schema_index(call->schema, name);
        if (index == NULL || !index->global)
            return api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_INDEX_NOT_FOUND,
                              SLICE_ARGS(name));
    }
    *ret_resource = (struct insights_resource_named){
        .index = index, .id = index != NULL ? index->id : SCHEMA_TABLE};
    return 0;
}

static void write_names(struct json_writer *writer, const struct schema *schema,
                        const struct schema_index *index)
{
    json_key(writer, "TableName");
    json_put_str(writer, schema->name);
    if (index != NULL) {
        json_key(writer, "IndexName");
        json_put_str(writer, index->name);
    }
}

/* `status` NULL: the one that it has. The mode of what was never enabled is not shown. */
static void write_state(struct json_writer *writer, const struct insights_setting *setting,
                        const char *status)
{
    if (status == NULL)
        status = setting != NULL && setting->enabled ? "ENABLED" : "DISABLED";
    json_key(writer, "ContributorInsightsStatus");
    json_put_str(writer, status);
    if (setting != NULL && setting->changed_ms != 0) {
        json_key(writer, "ContributorInsightsMode");
        json_put_str(writer, insights_mode_name(setting->mode));
    }
}

/* ---- UpdateContributorInsights ---- */

struct update_insights {
    struct control_change change;
    bool enable;
};

int update_contributor_insights_prepare(struct call *call)
{
    struct update_insights *update = ARENA_NEW(call->arena, struct update_insights);

    if (update == NULL)
        return ST_NOMEM;
    call->state = update;
    update->enable = slice_eq_str(input_string(&call->input, INSIGHTS_ACTION), "ENABLE");
    return 0;
}

static int make_wanted(struct control_change *change, struct schema *wanted)
{
    struct update_insights *update = CONTAINER_OF(change, struct update_insights, change);
    struct call *call = change->call;
    struct insights_resource_named resource = {.id = SCHEMA_TABLE};
    struct insights_setting *setting, before;
    int rc = find_resource(call, &resource);

    if (rc < 0)
        return rc;
    setting = schema_insights_edit(wanted, resource.id);
    before = *setting;
    setting->enabled = update->enable;
    if (input_has(&call->input, INSIGHTS_MODE))
        insights_mode_of(input_string(&call->input, INSIGHTS_MODE), &setting->mode);
    if (setting->enabled != before.enabled || setting->mode != before.mode)
        setting->changed_ms = call_wall_ms(call);
    return 0;
}

static void on_changed(struct control_change *change)
{
    struct update_insights *update = CONTAINER_OF(change, struct update_insights, change);
    struct call *call = change->call;
    struct json_writer writer = json_writer_of(&call->out);
    struct insights_resource_named resource = {.id = SCHEMA_TABLE};
    int rc = find_resource(call, &resource);

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_object_begin(&writer);
    write_names(&writer, call->schema, resource.index);
    write_state(&writer, schema_insights(call->schema, resource.id),
                update->enable ? "ENABLING" : "DISABLING");
    json_object_end(&writer);
    call_answer(call);
}

void update_contributor_insights_run(struct call *call)
{
    struct update_insights *update = call->state;
    int rc = control_open_table(call, input_string(&call->input, INSIGHTS_TABLE_NAME));

    if (rc == 0)
        rc = control_refuse_busy(call);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    update->change =
        (struct control_change){.local = true, .make = make_wanted, .done = on_changed};
    control_change(call, &update->change);
}

/* ---- DescribeContributorInsights ---- */

int describe_contributor_insights_prepare(struct call *call)
{
    return 0;
}

/* Named like the rules that DynamoDB makes: who accesses and who is throttled, by partition key,
 * and by partition and sort key where there is one. */
static void write_rules(struct json_writer *writer, const struct schema *schema,
                        const struct schema_index *index, const struct insights_setting *setting)
{
    const char *name = index != NULL ? index->name : schema->name;
    char text[TABLE_NAME_BYTES_MAX + 80];

    json_key(writer, "ContributorInsightsRuleList");
    json_array_begin(writer);
    for (unsigned event = 0; event < INSIGHTS_EVENTS; event++) {
        if (!insights_counts(setting, event))
            continue;
        for (unsigned rule = 0; rule < INSIGHTS_RULES; rule++) {
            if (!insights_has_rule(schema, index, rule))
                continue;
            snprintf(text, sizeof(text), "DynamoDBContributorInsights-%s-%s-%lld",
                     insights_rule_name(event, rule), name, (long long)setting->changed_ms);
            json_put_str(writer, text);
        }
    }
    json_array_end(writer);
}

void describe_contributor_insights_run(struct call *call)
{
    struct json_writer writer = json_writer_of(&call->out);
    const struct insights_setting *setting;
    struct insights_resource_named resource = {.id = SCHEMA_TABLE};
    int rc = control_open_table(call, input_string(&call->input, INSIGHTS_TABLE_NAME));

    if (rc == 0)
        rc = find_resource(call, &resource);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    setting = schema_insights(call->schema, resource.id);
    json_object_begin(&writer);
    write_names(&writer, call->schema, resource.index);
    if (setting != NULL && setting->enabled)
        write_rules(&writer, call->schema, resource.index, setting);
    write_state(&writer, setting, NULL);
    if (setting != NULL && setting->changed_ms != 0) {
        json_key(&writer, "LastUpdateDateTime");
        json_put_millis(&writer, setting->changed_ms);
    }
    json_object_end(&writer);
    call_answer(call);
}

/* ---- ListContributorInsights ---- */

/*
 * Each table and then its global indexes by id; tables by name, all of the Region or the one that
 * was asked for. The token is the place of the last summary shown, "<index id>/<table>" with 0 for
 * the table itself: so it needs no memory here.
 */
struct listing {
    struct call *call;
    struct json_writer writer;
    uint32_t left;
    const char *last_table; /* in the arena */
    unsigned last_index;
    bool more;
};

enum { TOKEN_BYTES_MAX = 16 + TABLE_NAME_BYTES_MAX };

static int token_read(struct call *call, const char **ret_table, unsigned *ret_index)
{
    struct slice token = input_string(&call->input, LIST_INSIGHTS_NEXT_TOKEN);
    struct slice only = input_string(&call->input, LIST_INSIGHTS_TABLE_NAME), name;
    char *text = arena_str(call->arena, token), *slash;
    unsigned long index;
    int rc = 0;

    if (text == NULL)
        return ST_NOMEM;
    slash = token.len <= TOKEN_BYTES_MAX && token.len > 0 && text[0] >= '0' && text[0] <= '9'
                ? strchr(text, '/')
                : NULL;
    if (slash == NULL)
        return api_refuse(&call->error, API_VALIDATION, MESSAGE_INVALID_NEXT_TOKEN);
    index = strtoul(text, &text, 10);
    if (only.ptr != NULL)
        rc = call_table_name(call, only, &name);
    if (rc < 0)
        return rc;
    if (text != slash || index >= SCHEMA_TABLE || slash[1] == '\0' ||
        (only.ptr != NULL && !slice_eq_str(name, slash + 1)))
        return api_refuse(&call->error, API_VALIDATION, MESSAGE_INVALID_NEXT_TOKEN);
    *ret_table = slash + 1;
    *ret_index = (unsigned)index;
    return 0;
}

/* True: there is room for it, and it is in. `table` is in the arena. */
static bool list_one(struct listing *listing, const struct schema *schema,
                     const struct schema_index *index, const char *table)
{
    uint16_t id = index != NULL ? index->id : SCHEMA_TABLE;

    if (listing->left == 0) {
        listing->more = true;
        return false;
    }
    listing->left--;
    json_object_begin(&listing->writer);
    write_names(&listing->writer, schema, index);
    write_state(&listing->writer, schema_insights(schema, id), NULL);
    json_object_end(&listing->writer);
    listing->last_table = table;
    listing->last_index = index != NULL ? index->id : 0;
    return true;
}

/* The global index with the least id above `after`, or NULL. */
static const struct schema_index *next_index(const struct schema *schema, unsigned after)
{
    const struct schema_index *next = NULL;

    for (uint32_t i = 0; i < schema->index_count; i++) {
        const struct schema_index *index = &schema->indexes[i];

        if (index->global && index->id > after && (next == NULL || index->id < next->id))
            next = index;
    }
    return next;
}

/* The table and its indexes, or the indexes above `after` alone (0: all). */
static int list_table(struct listing *listing, struct slice name, bool resumed, unsigned after)
{
    struct table *table = store_table(listing->call->region->store, name);
    const struct schema_index *index;
    const char *own;
    struct schema *schema;

    if (table == NULL)
        return 0; /* deleted meanwhile */
    own = arena_str(listing->call->arena, name);
    if (own == NULL) {
        table_unref(table);
        return ST_NOMEM;
    }
    schema = table_schema(table);
    if (resumed || list_one(listing, schema, NULL, own)) {
        index = next_index(schema, after);
        while (index != NULL && list_one(listing, schema, index, own))
            index = next_index(schema, index->id);
    }
    schema_unref(schema);
    table_unref(table);
    return 0;
}

static int list_all(struct listing *listing, struct slice after)
{
    struct slice *names;
    uint32_t count;
    bool more;
    /* One more than there is room for: whether anything follows. */
    int rc = store_table_names(listing->call->region->store, after, listing->left + 1,
                               listing->call->arena, &names, &count, &more);

    for (uint32_t i = 0; rc == 0 && i < count && !listing->more; i++)
        rc = list_table(listing, names[i], false, 0);
    return rc;
}

static int list(struct listing *listing)
{
    struct call *call = listing->call;
    bool resumed = input_has(&call->input, LIST_INSIGHTS_NEXT_TOKEN);
    struct slice after = SLICE_EMPTY;
    const char *table = NULL;
    unsigned index = 0;
    int rc = 0;

    if (resumed) {
        rc = token_read(call, &table, &index);
        if (rc < 0)
            return rc;
        after = slice_str(table);
    }
    if (input_has(&call->input, LIST_INSIGHTS_TABLE_NAME)) {
        rc = control_open_table(call, input_string(&call->input, LIST_INSIGHTS_TABLE_NAME));
        return rc < 0 ? rc : list_table(listing, slice_str(call->schema->name), resumed, index);
    }
    if (resumed)
        rc = list_table(listing, after, true, index);
    return rc < 0 || listing->more ? rc : list_all(listing, after);
}

int list_contributor_insights_prepare(struct call *call)
{
    if (input_integer(&call->input, LIST_INSIGHTS_MAX_RESULTS, 1) < 1)
        return api_refuse(&call->error, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS "MaxResults must be greater than zero");
    return 0;
}

void list_contributor_insights_run(struct call *call)
{
    struct listing listing = {
        .call = call,
        .writer = json_writer_of(&call->out),
        .left = (uint32_t)input_integer(&call->input, LIST_INSIGHTS_MAX_RESULTS, LIST_MAX_DEFAULT)};
    struct json_writer *writer = &listing.writer;
    char token[TOKEN_BYTES_MAX];
    int rc;

    json_object_begin(writer);
    json_key(writer, "ContributorInsightsSummaries");
    json_array_begin(writer);
    rc = list(&listing);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_array_end(writer);
    if (listing.more && listing.last_table != NULL) {
        snprintf(token, sizeof(token), "%u/%s", listing.last_index, listing.last_table);
        json_key(writer, "NextToken");
        json_put_str(writer, token);
    }
    json_object_end(writer);
    call_answer(call);
}
