/*
 * group_schema.c - what a group's document makes of the schema of a member's table.
 *
 * Settings that are shared come from the document, with this member's overrides; what is never
 * synchronised (deletion protection, tags ...) is left as it is (global-tables.md §3.1).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "replication/replication_priv.h"

enum { DAY_MS = 24 * 3600 * 1000 };

/* What a Region shows of the history of its table, and bounds by it, follows the changes that reach
 * it, whoever was asked for them. */
static void note_on_demand(struct schema *schema, bool empty, int64_t now_ms)
{
    int64_t *switches = schema->on_demand_switches_ms;

    schema->billing_on_demand_since_ms = now_ms;
    if (empty) /* made so */
        return;
    memmove(switches + 1, switches, sizeof(schema->on_demand_switches_ms) - sizeof(*switches));
    switches[0] = now_ms;
}

static void note_throughput(struct schema *schema, const struct group_settings *settings,
                            int64_t now_ms)
{
    int64_t last_ms = schema->throughput_decreased_ms;

    group_note_throughput(schema->read_units, schema->write_units, settings->read_units,
                          settings->write_units, now_ms, &schema->throughput_increased_ms,
                          &schema->throughput_decreased_ms);
    if (schema->throughput_decreased_ms == last_ms)
        return;
    if (last_ms / DAY_MS != now_ms / DAY_MS)
        schema->throughput_decreases = 0;
    schema->throughput_decreases++;
}

int global__schema_apply(struct replication *replication, struct schema *schema,
                         const struct group_document *document)
{
    const char *region = replication->region;
    const struct group_member *self = group_member(document, region);
    struct group_settings settings = group_member_settings(document, self);
    struct group_table_view view = group_table_view(document, region);
    int64_t now_ms = clock_wall_ms(replication->clock);
    /* A newcomer has no items before it has this schema. */
    bool empty = !schema->global && view.status == TABLE_CREATING;

    schema->status = view.status;
    schema->closed = view.closed;
    schema->global = true;
    schema->replica_id = self->replica;
    schema->replica_id_next = document->replica_next;
    if (settings.billing == BILLING_PAY_PER_REQUEST && schema->billing != settings.billing)
        note_on_demand(schema, empty, now_ms);
    schema->billing = settings.billing;
    if (settings.billing == BILLING_PAY_PER_REQUEST)
        settings.read_units = settings.write_units = 0;
    else if (!empty)
        note_throughput(schema, &settings, now_ms);
    schema->read_units = settings.read_units;
    schema->write_units = settings.write_units;
    schema->on_demand_read_max = settings.on_demand_read_max;
    schema->on_demand_write_max = settings.on_demand_write_max;
    schema->warm_read = settings.warm_read;
    schema->warm_write = settings.warm_write;
    if (schema->table_class != settings.table_class && !empty) {
        schema->table_class_changed_before_ms = schema->table_class_changed_ms;
        schema->table_class_changed_ms = now_ms;
    }
    schema->table_class = settings.table_class;
    memcpy(schema->ttl.attribute, settings.ttl_attribute, sizeof(schema->ttl.attribute));
    schema->ttl.changed_ms = settings.ttl_changed_ms;
    memcpy(schema->digest_key, document->digest_key, sizeof(schema->digest_key));
    if (schema->index_id_next < settings.index_id_next)
        schema->index_id_next = settings.index_id_next;
    return index_set_apply(settings.indexes, &self->overrides, schema, empty, now_ms);
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
struct schema *global__newcomer_schema(struct replication *replication,
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
    if (global__schema_apply(replication, schema, document) < 0) {
        schema_unref(schema);
        return NULL;
    }
    global__enable_stream(replication, schema, settings->stream_view);
    return schema;
}
