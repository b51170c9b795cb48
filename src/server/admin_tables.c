/*
 * admin_tables.c - questions about one table: are its replicas equal, which writes lost, and which
 * keys are accessed and throttled most.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "server/admin.h"
#include "table/insights.h"
#include "value/value.h"

/* The table that member "table" names, with a reference; NULL: answered. */
static struct table *named_table(struct admin_call *call)
{
    struct table *table;
    const char *name;

    if (!admin_text(call, "table", &name))
        return NULL;
    if (name == NULL || strlen(name) > TABLE_NAME_BYTES_MAX) {
        admin_refuse(call, 400, "which table? give \"table\"");
        return NULL;
    }
    table = store_table(call->region->store, slice_str(name));
    if (table == NULL)
        admin_refuse(call, 404, "table %s is not in Region %s", name, call->region->config->name);
    return table;
}

static void write_u128(struct json_writer *writer, u128 value)
{
    char text[33];

    snprintf(text, sizeof(text), "%016llx%016llx", (unsigned long long)(value >> 64),
             (unsigned long long)value);
    json_put_str(writer, text);
}

/* "1732262400123.0004@2": milliseconds, counter, replica; null when absent. */
static void write_version(struct json_writer *writer, struct version version)
{
    char text[64];

    if (version_eq(version, VERSION_NONE)) {
        json_put_null(writer);
        return;
    }
    snprintf(text, sizeof(text), "%lld.%04x@%u", (long long)hybrid_time_ms(version.time),
             (unsigned)(version.time.bits & 0xffff), version.replica);
    json_put_str(writer, text);
}

static void write_key(struct json_writer *writer, const struct schema *schema,
                      const struct item_key *key, struct arena *arena)
{
    struct slice item;

    if (schema_key_item(schema, key, arena, &item) == 0)
        item_to_json(writer, item);
    else
        json_put_null(writer);
}

/* ---- verify ---- */

struct verifying {
    struct admin_call *call;
    struct replication_verify verify;
    struct schema *schema;
};

static void write_verified_regions(struct json_writer *w, const struct replication_verify *verify)
{
    json_key(w, "regions");
    json_array_begin(w);
    for (uint32_t i = 0; i < verify->region_count; i++) {
        json_object_begin(w);
        json_key(w, "region");
        json_put_str(w, verify->regions[i].region);
        json_key(w, "reached");
        json_put_bool(w, verify->regions[i].reached);
        json_key(w, "items");
        json_put_uint(w, verify->regions[i].items);
        json_key(w, "digest");
        write_u128(w, verify->regions[i].sum);
        json_key(w, "kept_sums_right");
        json_put_bool(w, verify->regions[i].stored_sums_right);
        json_object_end(w);
    }
    json_array_end(w);
}

static void write_differences(struct json_writer *w, struct verifying *verifying)
{
    const struct replication_verify *verify = &verifying->verify;

    json_key(w, "differences");
    json_array_begin(w);
    for (uint32_t i = 0; i < verify->difference_count; i++) {
        const struct verify_difference *one = &verify->differences[i];
        struct item_key key;

        json_object_begin(w);
        json_key(w, "key");
        if (item_key_decode(one->key, verifying->schema->key_count == 2, &key) == 0)
            write_key(w, verifying->schema, &key, verify->arena);
        else
            json_put_null(w);
        json_key(w, "region");
        json_put_str(w, one->region);
        json_key(w, "here");
        write_version(w, one->here);
        json_key(w, "there");
        write_version(w, one->there);
        json_object_end(w);
    }
    json_array_end(w);
}

static void on_verified(struct replication_verify *verify, int rc)
{
    struct verifying *verifying = CONTAINER_OF(verify, struct verifying, verify);
    struct admin_call *call = verifying->call;
    struct buf out = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&out);

    if (rc == 0 || (rc == ST_TIMEOUT && verify->region_count > 0)) {
        json_object_begin(&writer);
        json_key(&writer, "table");
        json_put_str(&writer, verify->table);
        json_key(&writer, "here");
        json_put_str(&writer, call->region->config->name);
        json_key(&writer, "equal");
        json_put_bool(&writer, rc == 0 && verify->equal);
        write_verified_regions(&writer, verify);
        write_differences(&writer, verifying);
        json_object_end(&writer);
        schema_unref(verifying->schema);
        admin_answer(call, &out);
        return;
    }
    schema_unref(verifying->schema);
    if (rc == ST_NOTFOUND)
        admin_refuse(call, 404, "table %s is not in Region %s", verify->table,
                     call->region->config->name);
    else
        admin_refuse(call, 500, "%s could not be verified: %s", verify->table, status_text(rc));
}

void admin_verify(struct admin_call *call)
{
    int64_t differences_max = ADMIN_DIFFERENCES_DEFAULT;
    struct verifying *verifying;
    struct table *table;

    if (!admin_integer(call, "differences_max", 1, ADMIN_DIFFERENCES_MAX, &differences_max) ||
        !admin_hold_region(call))
        return;
    table = named_table(call);
    if (table == NULL)
        return;
    verifying = ARENA_NEW(call->request->arena, struct verifying);
    if (verifying == NULL) {
        table_unref(table);
        admin_refuse(call, 500, "%s", status_text(ST_NOMEM));
        return;
    }
    verifying->call = call;
    verifying->schema = table_schema(table);
    table_unref(table);
    snprintf(verifying->verify.table, sizeof(verifying->verify.table), "%s",
             verifying->schema->name);
    verifying->verify.differences_max = (uint32_t)differences_max;
    verifying->verify.arena = call->request->arena;
    verifying->verify.strand = call->request->strand;
    verifying->verify.on_done = on_verified;
    replication_verify(call->region->replication, &verifying->verify);
}

/* ---- conflicts ---- */

struct listing {
    struct json_writer writer;
    const struct schema *schema;
    struct arena *arena;
    int64_t left;
    uint64_t last;
    const char *region;
    struct replica_view *members; /* the others */
    uint32_t member_count;
};

/* NULL: of a replica that has left the group. */
static const char *region_of(const struct listing *listing, uint16_t replica)
{
    if (replica == listing->schema->replica_id)
        return listing->region;
    for (uint32_t i = 0; i < listing->member_count; i++) {
        if (listing->members[i].replica == replica)
            return listing->members[i].region;
    }
    return NULL;
}

static void write_record(struct listing *listing, const char *name, const struct record *record)
{
    const char *region = region_of(listing, record->version.replica);
    struct json_writer *w = &listing->writer;

    json_key(w, name);
    json_object_begin(w);
    json_key(w, "version");
    write_version(w, record->version);
    json_key(w, "replica");
    json_put_uint(w, record->version.replica);
    json_key(w, "region");
    if (region != NULL)
        json_put_str(w, region);
    else
        json_put_null(w);
    json_key(w, "item");
    if (record->deleted)
        json_put_null(w);
    else
        item_to_json(w, record->item);
    json_object_end(w);
}

static int list_conflict(void *context, const struct conflict_entry *entry)
{
    struct listing *listing = context;
    struct json_writer *w = &listing->writer;

    if (listing->left == 0)
        return 1;
    listing->left--;
    listing->last = entry->sequence;
    json_object_begin(w);
    json_key(w, "sequence");
    json_put_uint(w, entry->sequence);
    json_key(w, "at_ms");
    json_put_int(w, entry->at_ms);
    json_key(w, "key");
    write_key(w, listing->schema, &entry->key, listing->arena);
    write_record(listing, "winner", &entry->winner);
    write_record(listing, "loser", &entry->loser);
    json_object_end(w);
    return 0;
}

void admin_conflicts(struct admin_call *call)
{
    int64_t after = 0, limit = ADMIN_CONFLICTS_DEFAULT;
    struct listing listing;
    struct buf out = BUF_EMPTY;
    struct table_stats stats;
    struct schema *schema;
    struct table *table;
    int rc;

    if (!admin_integer(call, "after", 0, INT64_MAX, &after) ||
        !admin_integer(call, "limit", 0, ADMIN_CONFLICTS_MAX, &limit) || !admin_hold_region(call))
        return;
    table = named_table(call);
    if (table == NULL)
        return;
    schema = table_schema(table);
    table_stats(table, &stats);
    listing = (struct listing){.writer = json_writer_of(&out),
                               .schema = schema,
                               .arena = call->request->arena,
                               .left = limit,
                               .last = (uint64_t)after,
                               .region = call->region->config->name};
    listing.members = ARENA_ARRAY(call->request->arena, struct replica_view, REPLICA_VIEWS_MAX);
    if (listing.members != NULL) /* else they go without names */
        replication_describe(call->region->replication, schema->name, listing.members,
                             REPLICA_VIEWS_MAX, &listing.member_count);
    json_object_begin(&listing.writer);
    json_key(&listing.writer, "table");
    json_put_str(&listing.writer, schema->name);
    json_key(&listing.writer, "region");
    json_put_str(&listing.writer, listing.region);
    json_key(&listing.writer, "met");
    json_put_uint(&listing.writer, stats.conflicts);
    json_key(&listing.writer, "conflicts");
    json_array_begin(&listing.writer);
    rc = store_conflicts_each(call->region->store, table, (uint64_t)after, list_conflict, &listing);
    json_array_end(&listing.writer);
    json_key(&listing.writer, "after");
    json_put_uint(&listing.writer, listing.last);
    json_key(&listing.writer, "more");
    json_put_bool(&listing.writer, rc == 1);
    json_object_end(&listing.writer);
    if (rc >= 0) {
        admin_answer(call, &out);
    } else {
        buf_release(&out);
        admin_refuse(call, 500, "the conflict log of %s cannot be read: %s", schema->name,
                     status_text(rc));
    }
    schema_unref(schema);
    table_unref(table);
}

/* ---- insights ---- */

/* What is asked: a table or a global index of it. */
struct insights_question {
    struct table *table;
    const struct schema *schema;
    const struct schema_index *index; /* NULL: the table */
    const struct insights_setting *setting;
    struct arena *arena;
    size_t limit;
};

/* Access is counted in half units, being throttled in requests. */
static void put_count(struct json_writer *w, const char *name, enum insights_event event,
                      uint64_t count)
{
    json_key(w, name);
    if (event == INSIGHTS_ACCESSED)
        json_put_double(w, (double)count / 2);
    else
        json_put_uint(w, count);
}

static void write_contributor(struct json_writer *w, const struct insights_question *question,
                              enum insights_event event, const struct heavy_hitter *hitter)
{
    struct slice item;

    json_object_begin(w);
    json_key(w, "key");
    if (insights_key_item(question->schema, question->index, hitter->key, question->arena, &item) ==
        0)
        item_to_json(w, item);
    else
        json_put_null(w);
    put_count(w, "count", event, hitter->count);
    put_count(w, "error", event, hitter->error);
    json_object_end(w);
}

static int write_ranking(struct json_writer *w, const struct insights_question *question,
                         enum insights_event event, enum insights_rule rule)
{
    uint16_t index = question->index != NULL ? question->index->id : SCHEMA_TABLE;
    struct insights_ranking ranking;
    int64_t from_ms;
    int rc = insights_rank(question->table, index, event, rule, question->arena, question->limit,
                           &ranking, &from_ms);

    if (rc < 0)
        return rc;
    json_object_begin(w);
    json_key(w, "rule");
    json_put_str(w, insights_rule_name(event, rule));
    json_key(w, "counts");
    json_put_str(w, event == INSIGHTS_ACCESSED ? "units" : "throttled requests");
    json_key(w, "by");
    json_put_str(w, rule == INSIGHTS_BY_PARTITION ? "partition" : "item");
    json_key(w, "from_ms");
    json_put_int(w, from_ms);
    put_count(w, "total", event, ranking.total);
    json_key(w, "contributors");
    json_array_begin(w);
    for (size_t i = 0; i < ranking.count; i++)
        write_contributor(w, question, event, &ranking.contributors[i]);
    json_array_end(w);
    json_object_end(w);
    return 0;
}

static int write_insights(struct json_writer *w, const struct insights_question *question,
                          const char *region)
{
    const struct insights_setting *setting = question->setting;
    bool enabled = setting != NULL && setting->enabled;
    int rc = 0;

    json_object_begin(w);
    json_key(w, "table");
    json_put_str(w, question->schema->name);
    if (question->index != NULL) {
        json_key(w, "index");
        json_put_str(w, question->index->name);
    }
    json_key(w, "region");
    json_put_str(w, region);
    json_key(w, "enabled");
    json_put_bool(w, enabled);
    if (enabled) {
        json_key(w, "mode");
        json_put_str(w, insights_mode_name(setting->mode));
    }
    json_key(w, "rankings");
    json_array_begin(w);
    for (unsigned event = 0; enabled && event < INSIGHTS_EVENTS && rc == 0; event++)
        for (unsigned rule = 0; rule < INSIGHTS_RULES && rc == 0; rule++)
            if (insights_counts(setting, event) &&
                insights_has_rule(question->schema, question->index, rule))
                rc = write_ranking(w, question, event, rule);
    json_array_end(w);
    json_object_end(w);
    return rc;
}

void admin_insights(struct admin_call *call)
{
    struct insights_question question = {.arena = call->request->arena};
    int64_t limit = ADMIN_INSIGHTS_DEFAULT;
    const struct schema_index *index = NULL;
    struct buf out = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&out);
    struct schema *schema;
    const char *name;
    int rc;

    if (!admin_text(call, "index", &name) ||
        !admin_integer(call, "limit", 1, ADMIN_INSIGHTS_MAX, &limit) || !admin_hold_region(call))
        return;
    question.table = named_table(call);
    if (question.table == NULL)
        return;
    question.schema = schema = table_schema(question.table);
    if (name != NULL) {
        index = schema_index(schema, slice_str(name));
        if (index == NULL || !index->global) {
            admin_refuse(call, 404, "table %s has no global secondary index %s", schema->name,
                         name);
            goto out;
        }
    }
    question.index = index;
    question.setting = schema_insights(schema, index != NULL ? index->id : SCHEMA_TABLE);
    question.limit = (size_t)limit;
    rc = write_insights(&writer, &question, call->region->config->name);
    if (rc == 0) {
        admin_answer(call, &out);
    } else {
        buf_release(&out);
        admin_refuse(call, 500, "%s", status_text(rc));
    }
out:
    schema_unref(schema);
    table_unref(question.table);
}
