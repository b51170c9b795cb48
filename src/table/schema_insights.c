/*
 * schema_insights.c - contributor insights as a part of a schema.
 *
 * A setting names its index by id, which is never used again: settings of indexes that are gone
 * are harmless, and are forgotten at the next change of a setting.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "table/schema_json.h"

static const char *const mode_names[] = {
    [INSIGHTS_ACCESSED_AND_THROTTLED] = "ACCESSED_AND_THROTTLED_KEYS",
    [INSIGHTS_THROTTLED] = "THROTTLED_KEYS",
};

const char *insights_mode_name(enum insights_mode mode)
{
    return mode_names[mode];
}

bool insights_mode_of(struct slice name, enum insights_mode *ret_mode)
{
    int i = schema__name_find(mode_names, ARRAY_LEN(mode_names), name);

    if (i >= 0)
        *ret_mode = (enum insights_mode)i;
    return i >= 0;
}

static bool has_resource(const struct schema *schema, uint16_t index)
{
    return index == SCHEMA_TABLE || schema_index_by_id(schema, index) != NULL;
}

const struct insights_setting *schema_insights(const struct schema *schema, uint16_t index)
{
    for (uint32_t i = 0; i < schema->insights_count; i++)
        if (schema->insights[i].index == index)
            return &schema->insights[i];
    return NULL;
}

struct insights_setting *schema_insights_edit(struct schema *schema, uint16_t index)
{
    uint32_t kept = 0, at;

    for (uint32_t i = 0; i < schema->insights_count; i++)
        if (has_resource(schema, schema->insights[i].index))
            schema->insights[kept++] = schema->insights[i];
    schema->insights_count = kept;
    for (at = 0; at < kept && schema->insights[at].index != index; at++)
        ;
    if (at == kept) /* there is room: each is of the table or of an index that exists */
        schema->insights[schema->insights_count++] = (struct insights_setting){.index = index};
    return &schema->insights[at];
}

void schema__insights_to_json(const struct schema *schema, struct json_writer *writer)
{
    json_array_begin(writer);
    for (uint32_t i = 0; i < schema->insights_count; i++) {
        const struct insights_setting *setting = &schema->insights[i];

        json_object_begin(writer);
        json_key(writer, "index");
        json_put_int(writer, setting->index);
        json_key(writer, "enabled");
        json_put_bool(writer, setting->enabled);
        json_key(writer, "mode");
        json_put_str(writer, insights_mode_name(setting->mode));
        json_key(writer, "changedMs");
        json_put_int(writer, setting->changed_ms);
        json_object_end(writer);
    }
    json_array_end(writer);
}

bool schema__insights_from_json(struct json array, struct schema *schema)
{
    struct json_iterator iterator;
    struct json object;

    if (json_type(array) != JSON_ARRAY || json_count(array) > ARRAY_LEN(schema->insights))
        return false;
    iterator = json_iterate(array);
    while (json_next(&iterator, NULL, &object)) {
        struct insights_setting *setting = &schema->insights[schema->insights_count];
        int64_t index;
        int mode;

        if (json_type(object) != JSON_OBJECT ||
            !schema__read_integer(object, "index", 1, SCHEMA_TABLE, &index) ||
            schema_insights(schema, (uint16_t)index) != NULL ||
            !schema__read_flag(object, "enabled", &setting->enabled) ||
            !schema__read_name(object, "mode", mode_names, ARRAY_LEN(mode_names), &mode) ||
            !schema__read_integer(object, "changedMs", 0, INT64_MAX, &setting->changed_ms))
            return false;
        setting->index = (uint16_t)index;
        setting->mode = (enum insights_mode)mode;
        schema->insights_count++;
    }
    return true;
}
