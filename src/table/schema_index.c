/*
 * schema_index.c - secondary indexes as parts of a schema: building, copying, names, JSON.
 *
 * Names of attributes lie in the schema's arena, so that a schema is freed with two calls and a
 * copy is independent of its original. A table without indexes has neither array nor arena.
 *
 * The JSON may come from a peer: see schema.c. Members that are numbers have defaults, so that a
 * later version may add some.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>
#include <string.h>

#include "table/schema_json.h"

/* ---- names ---- */

static const char *const index_status_names[] = {
    [INDEX_CREATING] = "CREATING",
    [INDEX_UPDATING] = "UPDATING",
    [INDEX_DELETING] = "DELETING",
    [INDEX_ACTIVE] = "ACTIVE",
};
static const char *const projection_names[] = {
    [PROJECTION_ALL] = "ALL",
    [PROJECTION_KEYS_ONLY] = "KEYS_ONLY",
    [PROJECTION_INCLUDE] = "INCLUDE",
};

const char *index_status_name(enum index_status status)
{
    return index_status_names[status];
}

const char *projection_name(enum projection_kind kind)
{
    return projection_names[kind];
}

bool projection_of(struct slice name, enum projection_kind *ret_kind)
{
    int i = schema__name_find(projection_names, ARRAY_LEN(projection_names), name);

    if (i >= 0)
        *ret_kind = (enum projection_kind)i;
    return i >= 0;
}

/* ---- building ---- */

struct schema_index *schema_index(const struct schema *schema, struct slice name)
{
    for (uint32_t i = 0; i < schema->index_count; i++)
        if (slice_eq_str(name, schema->indexes[i].name))
            return &schema->indexes[i];
    return NULL;
}

struct schema_index *schema_index_by_id(const struct schema *schema, uint16_t id)
{
    for (uint32_t i = 0; i < schema->index_count; i++)
        if (schema->indexes[i].id == id)
            return &schema->indexes[i];
    return NULL;
}

struct schema_index *schema_index_add(struct schema *schema, struct slice name, bool global)
{
    struct schema_index *indexes, *index;
    uint16_t id = schema->index_id_next != 0 ? schema->index_id_next : 1;

    if (schema->index_count == TABLE_INDEXES_MAX || name.len > TABLE_NAME_BYTES_MAX ||
        id == UINT16_MAX)
        return NULL;
    indexes = realloc(schema->indexes, (schema->index_count + 1) * sizeof(*indexes));
    if (indexes == NULL)
        return NULL;
    schema->indexes = indexes;
    index = &indexes[schema->index_count++];
    *index = (struct schema_index){
        .id = id,
        .global = global,
        .status = INDEX_ACTIVE,
        .on_demand_read_max = -1,
        .on_demand_write_max = -1,
    };
    if (name.len > 0)
        memcpy(index->name, name.ptr, name.len);
    schema->index_id_next = (uint16_t)(id + 1);
    return index;
}

int schema_index_add_key(struct schema *schema, struct schema_index *index, bool sort,
                         struct slice name, enum value_type type)
{
    struct expr_key_attribute *attributes = sort ? index->sort : index->partition;
    uint32_t *count = sort ? &index->sort_count : &index->partition_count;
    struct slice own;

    if (*count == INDEX_KEY_PARTS_MAX)
        return ST_TOOBIG;
    own = arena_dup(&schema->names, name);
    if (own.ptr == NULL)
        return ST_NOMEM;
    attributes[(*count)++] = (struct expr_key_attribute){.name = own, .type = type};
    return 0;
}

int schema_index_include(struct schema *schema, struct schema_index *index, struct slice name)
{
    struct slice own;

    if (index->included_count == TABLE_INCLUDED_MAX)
        return ST_TOOBIG;
    if (index->included == NULL)
        index->included = arena_alloc(&schema->names, TABLE_INCLUDED_MAX * sizeof(own));
    own = arena_dup(&schema->names, name);
    if (index->included == NULL || own.ptr == NULL)
        return ST_NOMEM;
    index->included[index->included_count++] = own;
    return 0;
}

void schema_index_remove(struct schema *schema, struct schema_index *index)
{
    size_t at = (size_t)(index - schema->indexes);

    schema->index_count--;
    memmove(&schema->indexes[at], &schema->indexes[at + 1],
            (schema->index_count - at) * sizeof(*schema->indexes));
}

/* ---- copying ---- */

static int copy_keys(struct schema *copy, struct schema_index *to, const struct schema_index *from)
{
    int rc = 0;

    for (uint32_t i = 0; i < from->partition_count && rc == 0; i++)
        rc =
            schema_index_add_key(copy, to, false, from->partition[i].name, from->partition[i].type);
    for (uint32_t i = 0; i < from->sort_count && rc == 0; i++)
        rc = schema_index_add_key(copy, to, true, from->sort[i].name, from->sort[i].type);
    for (uint32_t i = 0; i < from->included_count && rc == 0; i++)
        rc = schema_index_include(copy, to, from->included[i]);
    return rc;
}

int schema__copy_indexes(struct schema *copy, const struct schema *schema)
{
    int rc = 0;

    copy->indexes = NULL;
    copy->index_count = 0;
    arena_init(&copy->names, 0);
    if (schema->index_count == 0)
        return 0;
    copy->indexes = malloc(schema->index_count * sizeof(*copy->indexes));
    if (copy->indexes == NULL)
        return ST_NOMEM;
    while (copy->index_count < schema->index_count && rc == 0) {
        const struct schema_index *from = &schema->indexes[copy->index_count];
        struct schema_index *to = &copy->indexes[copy->index_count++];

        *to = *from;
        to->partition_count = to->sort_count = to->included_count = 0;
        to->included = NULL;
        rc = copy_keys(copy, to, from);
    }
    return rc;
}

void schema__release_indexes(struct schema *schema)
{
    free(schema->indexes);
    arena_release(&schema->names);
}

/* ---- JSON ---- */

/* Integers that are written and read alike, with what is meant when one is missing. */
#define INDEX_INTEGERS(X)                                                                          \
    X("createdMs", created_ms, 0)                                                                  \
    X("readUnits", read_units, 0)                                                                  \
    X("writeUnits", write_units, 0)                                                                \
    X("throughputIncreasedMs", throughput_increased_ms, 0)                                         \
    X("throughputDecreasedMs", throughput_decreased_ms, 0)                                         \
    X("throughputDecreases", throughput_decreases, 0)                                              \
    X("onDemandReadMax", on_demand_read_max, -1)                                                   \
    X("onDemandWriteMax", on_demand_write_max, -1)                                                 \
    X("warmRead", warm_read, 0)                                                                    \
    X("warmWrite", warm_write, 0)

static void attributes_to_json(struct json_writer *writer, const char *name,
                               const struct expr_key_attribute *attributes, uint32_t count)
{
    json_key(writer, name);
    json_array_begin(writer);
    for (uint32_t i = 0; i < count; i++) {
        json_object_begin(writer);
        json_key(writer, "name");
        json_put_string(writer, attributes[i].name);
        json_key(writer, "type");
        json_put_str(writer, value_type_name(attributes[i].type));
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void index_to_json(struct json_writer *writer, const struct schema_index *index)
{
    json_object_begin(writer);
    json_key(writer, "name");
    json_put_str(writer, index->name);
    json_key(writer, "id");
    json_put_int(writer, index->id);
    json_key(writer, "global");
    json_put_bool(writer, index->global);
    json_key(writer, "status");
    json_put_str(writer, index_status_name(index->status));
    json_key(writer, "backfilling");
    json_put_bool(writer, index->backfilling);
    attributes_to_json(writer, "partition", index->partition, index->partition_count);
    attributes_to_json(writer, "sort", index->sort, index->sort_count);
    json_key(writer, "projection");
    json_put_str(writer, projection_name(index->projection));
    json_key(writer, "included");
    json_array_begin(writer);
    for (uint32_t i = 0; i < index->included_count; i++)
        json_put_string(writer, index->included[i]);
    json_array_end(writer);
#define X(key, member, missing)                                                                    \
    json_key(writer, key);                                                                         \
    json_put_int(writer, index->member);
    INDEX_INTEGERS(X)
#undef X
    json_object_end(writer);
}

void schema_indexes_to_json(const struct schema *schema, struct json_writer *writer)
{
    json_array_begin(writer);
    for (uint32_t i = 0; i < schema->index_count; i++)
        index_to_json(writer, &schema->indexes[i]);
    json_array_end(writer);
}

static int read_attributes(struct json object, const char *member, struct schema *schema,
                           struct schema_index *index, bool sort)
{
    struct json array, attribute, name;
    struct json_iterator iterator;
    int rc = 0;

    if (!json_member(object, slice_str(member), &array) || json_type(array) != JSON_ARRAY)
        return ST_CORRUPT;
    iterator = json_iterate(array);
    while (rc == 0 && json_next(&iterator, NULL, &attribute)) {
        enum value_type type;
        char text[4];

        if (json_type(attribute) != JSON_OBJECT || !json_member(attribute, SLICE("name"), &name) ||
            json_type(name) != JSON_STRING || json_string(name).len == 0 ||
            json_string(name).len > KEY_NAME_BYTES_MAX ||
            !schema__read_text(attribute, "type", text, sizeof(text)) ||
            !schema__key_type_of(text, &type))
            return ST_CORRUPT;
        rc = schema_index_add_key(schema, index, sort, json_string(name), type);
    }
    return rc == ST_TOOBIG ? ST_CORRUPT : rc;
}

static int read_included(struct json object, struct schema *schema, struct schema_index *index)
{
    struct json array, name;
    struct json_iterator iterator;
    int rc = 0;

    if (!json_member(object, SLICE("included"), &array) || json_type(array) != JSON_ARRAY)
        return ST_CORRUPT;
    iterator = json_iterate(array);
    while (rc == 0 && json_next(&iterator, NULL, &name)) {
        if (json_type(name) != JSON_STRING || json_string(name).len == 0 ||
            json_string(name).len > KEY_NAME_BYTES_MAX)
            return ST_CORRUPT;
        rc = schema_index_include(schema, index, json_string(name));
    }
    return rc == ST_TOOBIG ? ST_CORRUPT : rc;
}

static bool read_integers(struct json object, struct schema_index *index)
{
    struct json member;

#define X(key, name, missing)                                                                      \
    index->name = (missing);                                                                       \
    if (json_member(object, SLICE(key), &member) &&                                                \
        !schema__read_integer(object, key, (missing), INT64_MAX, &index->name))                    \
        return false;
    INDEX_INTEGERS(X)
#undef X
    return true;
}

static int read_index(struct json object, struct schema *schema)
{
    char name[TABLE_NAME_BYTES_MAX + 1];
    struct schema_index *index;
    int64_t id;
    int status, projection, rc;
    bool global;

    if (json_type(object) != JSON_OBJECT || schema->index_count == TABLE_INDEXES_MAX ||
        !schema__read_text(object, "name", name, sizeof(name)) || name[0] == '\0' ||
        schema_index(schema, slice_str(name)) != NULL ||
        !schema__read_integer(object, "id", 1, UINT16_MAX - 1, &id) ||
        schema_index_by_id(schema, (uint16_t)id) != NULL ||
        !schema__read_flag(object, "global", &global) ||
        !schema__read_name(object, "status", index_status_names, ARRAY_LEN(index_status_names),
                           &status) ||
        !schema__read_name(object, "projection", projection_names, ARRAY_LEN(projection_names),
                           &projection))
        return ST_CORRUPT;
    if (schema->index_id_next <= id)
        schema->index_id_next = (uint16_t)id;
    index = schema_index_add(schema, slice_str(name), global);
    if (index == NULL)
        return ST_NOMEM;
    index->id = (uint16_t)id;
    index->status = (enum index_status)status;
    index->projection = (enum projection_kind)projection;
    if (!schema__read_flag(object, "backfilling", &index->backfilling) ||
        !read_integers(object, index))
        return ST_CORRUPT;
    rc = read_attributes(object, "partition", schema, index, false);
    if (rc == 0)
        rc = read_attributes(object, "sort", schema, index, true);
    if (rc == 0)
        rc = read_included(object, schema, index);
    if (rc == 0 && (index->partition_count == 0 ||
                    (!global && (index->partition_count != 1 || index->sort_count != 1))))
        rc = ST_CORRUPT;
    return rc;
}

int schema_indexes_from_json(struct json array, struct schema *schema)
{
    struct json_iterator iterator;
    struct json object;
    int rc = 0;

    if (json_type(array) != JSON_ARRAY)
        return ST_CORRUPT;
    iterator = json_iterate(array);
    while (rc == 0 && json_next(&iterator, NULL, &object))
        rc = read_index(object, schema);
    return rc;
}
