/*
 * schema.c - the description of a table: life, names of its enumerations, its JSON.
 *
 * The JSON is read by this program only (catalogue entries, group documents), but it may come from
 * a peer: every member is checked, and anything missing or out of range is ST_CORRUPT. Unknown
 * members are ignored, so that a later version may add some.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/schema_json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* ---- names ---- */

static const char *const table_status_names[] = {
    [TABLE_CREATING] = "CREATING",
    [TABLE_UPDATING] = "UPDATING",
    [TABLE_DELETING] = "DELETING",
    [TABLE_ACTIVE] = "ACTIVE",
};
static const char *const billing_mode_names[] = {
    [BILLING_PROVISIONED] = "PROVISIONED",
    [BILLING_PAY_PER_REQUEST] = "PAY_PER_REQUEST",
};
static const char *const table_class_names[] = {
    [CLASS_UNSET] = "",
    [CLASS_STANDARD] = "STANDARD",
    [CLASS_STANDARD_INFREQUENT_ACCESS] = "STANDARD_INFREQUENT_ACCESS",
};
static const char *const stream_view_names[] = {
    [STREAM_KEYS_ONLY] = "KEYS_ONLY",
    [STREAM_NEW_IMAGE] = "NEW_IMAGE",
    [STREAM_OLD_IMAGE] = "OLD_IMAGE",
    [STREAM_NEW_AND_OLD_IMAGES] = "NEW_AND_OLD_IMAGES",
};

const char *table_status_name(enum table_status status)
{
    return table_status_names[status];
}
const char *billing_mode_name(enum billing_mode mode)
{
    return billing_mode_names[mode];
}
const char *table_class_name(enum table_class table_class)
{
    return table_class_names[table_class];
}
const char *stream_view_name(enum stream_view view)
{
    return stream_view_names[view];
}

int schema__name_find(const char *const *names, size_t count, struct slice name)
{
    for (size_t i = 0; i < count; i++)
        if (slice_eq_str(name, names[i]))
            return (int)i;
    return -1;
}
#define NAME_FIND(names, name) schema__name_find((names), ARRAY_LEN(names), (name))

bool billing_mode_of(struct slice name, enum billing_mode *ret_mode)
{
    int i = NAME_FIND(billing_mode_names, name);

    if (i >= 0)
        *ret_mode = (enum billing_mode)i;
    return i >= 0;
}
bool table_class_of(struct slice name, enum table_class *ret_class)
{
    int i = NAME_FIND(table_class_names, name);

    if (i > CLASS_UNSET)
        *ret_class = (enum table_class)i;
    return i > CLASS_UNSET;
}
bool stream_view_of(struct slice name, enum stream_view *ret_view)
{
    int i = NAME_FIND(stream_view_names, name);

    if (i >= 0)
        *ret_view = (enum stream_view)i;
    return i >= 0;
}

/* ---- life ---- */

const struct stream *schema_stream(const struct schema *schema)
{
    if (schema->stream_count == 0 || schema->streams[0].disabled_ms != 0)
        return NULL;
    return &schema->streams[0];
}

struct schema *schema_new(void)
{
    struct schema *schema = calloc(1, sizeof(*schema));

    if (schema != NULL) {
        atomic_init(&schema->refs, 1);
        schema->on_demand_read_max = schema->on_demand_write_max = -1;
    }
    return schema;
}

struct schema *schema_copy(const struct schema *schema)
{
    struct schema *copy = malloc(sizeof(*copy));

    if (copy == NULL)
        return NULL;
    memcpy(copy, schema, sizeof(*copy));
    atomic_init(&copy->refs, 1);
    copy->generation = schema->generation + 1;
    tag_set_ref(copy->tags);
    for (uint32_t i = 0; i < copy->key_count; i++)
        copy->keys[i].name = slice_str(copy->key_names[i]);
    if (schema__copy_indexes(copy, schema) < 0) {
        schema_unref(copy);
        return NULL;
    }
    return copy;
}

struct schema *schema_ref(struct schema *schema)
{
    atomic_fetch_add_explicit(&schema->refs, 1, memory_order_relaxed);
    return schema;
}

void schema_unref(struct schema *schema)
{
    if (schema == NULL || atomic_fetch_sub_explicit(&schema->refs, 1, memory_order_acq_rel) != 1)
        return;
    schema__release_indexes(schema);
    tag_set_unref(schema->tags);
    free(schema);
}

/* ---- JSON ---- */

static void stream_to_json(struct json_writer *writer, const struct stream *stream)
{
    json_object_begin(writer);
    json_key(writer, "label");
    json_put_str(writer, stream->label);
    json_key(writer, "view");
    json_put_str(writer, stream_view_name(stream->view));
    json_key(writer, "createdMs");
    json_put_int(writer, stream->created_ms);
    json_key(writer, "disabledMs");
    json_put_int(writer, stream->disabled_ms);
    json_key(writer, "startSequence");
    json_put_uint(writer, stream->start_sequence);
    json_key(writer, "endSequence");
    json_put_uint(writer, stream->end_sequence);
    json_object_end(writer);
}

static void hex_to_json(struct json_writer *writer, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * 32 + 1];

    assert(len <= 32);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    text[2 * len] = '\0';
    json_put_str(writer, text);
}

/* Integers of the schema that are written and read alike. */
#define SCHEMA_INTEGERS(X)                                                                         \
    X("id", id, 0, UINT32_MAX)                                                                     \
    X("generation", generation, 0, INT64_MAX)                                                      \
    X("createdMs", created_ms, 0, INT64_MAX)                                                       \
    X("billingOnDemandSinceMs", billing_on_demand_since_ms, 0, INT64_MAX)                          \
    X("readUnits", read_units, 0, INT64_MAX)                                                       \
    X("writeUnits", write_units, 0, INT64_MAX)                                                     \
    X("throughputIncreasedMs", throughput_increased_ms, 0, INT64_MAX)                              \
    X("throughputDecreasedMs", throughput_decreased_ms, 0, INT64_MAX)                              \
    X("onDemandReadMax", on_demand_read_max, -1, INT64_MAX)                                        \
    X("onDemandWriteMax", on_demand_write_max, -1, INT64_MAX)                                      \
    X("tableClassChangedMs", table_class_changed_ms, 0, INT64_MAX)                                 \
    X("replicaId", replica_id, 0, UINT16_MAX)                                                      \
    X("replicaIdNext", replica_id_next, 0, UINT16_MAX)

#define SCHEMA_FLAGS(X)                                                                            \
    X("deletionProtection", deletion_protection)                                                   \
    X("global", global)                                                                            \
    X("closed", closed)

/* Members that entries of an earlier program do not have: then they are 0 and false. */
#define SCHEMA_ADDED_INTEGERS(X)                                                                   \
    X("ttlChangedMs", ttl.changed_ms, 0, INT64_MAX)                                                \
    X("throughputDecreases", throughput_decreases, 0, UINT32_MAX)                                  \
    X("warmRead", warm_read, 0, INT64_MAX)                                                         \
    X("warmWrite", warm_write, 0, INT64_MAX)                                                       \
    X("onDemandSwitch0Ms", on_demand_switches_ms[0], 0, INT64_MAX)                                 \
    X("onDemandSwitch1Ms", on_demand_switches_ms[1], 0, INT64_MAX)                                 \
    X("onDemandSwitch2Ms", on_demand_switches_ms[2], 0, INT64_MAX)                                 \
    X("onDemandSwitch3Ms", on_demand_switches_ms[3], 0, INT64_MAX)                                 \
    X("tableClassChangedBeforeMs", table_class_changed_before_ms, 0, INT64_MAX)                    \
    X("kinesisStart", kinesis.start_sequence, 0, INT64_MAX)
#define SCHEMA_ADDED_FLAGS(X)                                                                      \
    X("ttlBuilt", ttl.built)                                                                       \
    X("kinesisEnabled", kinesis.enabled)                                                           \
    X("kinesisMicroseconds", kinesis.microseconds)
#define SCHEMA_ADDED_TEXTS(X)                                                                      \
    X("ttlAttribute", ttl.attribute)                                                               \
    X("kinesisStreamArn", kinesis.stream_arn)

int schema_to_json(const struct schema *schema, struct buf *out)
{
    struct json_writer writer = json_writer_of(out);

    json_object_begin(&writer);
    json_key(&writer, "name");
    json_put_str(&writer, schema->name);
    json_key(&writer, "tableId");
    json_put_str(&writer, schema->table_id);
    json_key(&writer, "status");
    json_put_str(&writer, table_status_name(schema->status));
    json_key(&writer, "billing");
    json_put_str(&writer, billing_mode_name(schema->billing));
    json_key(&writer, "tableClass");
    json_put_str(&writer, table_class_name(schema->table_class));
#define X(key, member, low, high)                                                                  \
    json_key(&writer, key);                                                                        \
    json_put_int(&writer, (int64_t)schema->member);
    SCHEMA_INTEGERS(X)
    SCHEMA_ADDED_INTEGERS(X)
#undef X
#define X(key, member)                                                                             \
    json_key(&writer, key);                                                                        \
    json_put_bool(&writer, schema->member);
    SCHEMA_FLAGS(X)
    SCHEMA_ADDED_FLAGS(X)
#undef X
#define X(key, member)                                                                             \
    json_key(&writer, key);                                                                        \
    json_put_str(&writer, schema->member);
    SCHEMA_ADDED_TEXTS(X)
#undef X
    json_key(&writer, "tags");
    tag_set_to_json(schema->tags, &writer);
    json_key(&writer, "digestKey");
    hex_to_json(&writer, schema->digest_key, sizeof(schema->digest_key));
    json_key(&writer, "keys");
    json_array_begin(&writer);
    for (uint32_t i = 0; i < schema->key_count; i++) {
        json_object_begin(&writer);
        json_key(&writer, "name");
        json_put_string(&writer, schema->keys[i].name);
        json_key(&writer, "type");
        json_put_str(&writer, value_type_name(schema->keys[i].type));
        json_object_end(&writer);
    }
    json_array_end(&writer);
    json_key(&writer, "streams");
    json_array_begin(&writer);
    for (uint32_t i = 0; i < schema->stream_count; i++)
        stream_to_json(&writer, &schema->streams[i]);
    json_array_end(&writer);
    json_key(&writer, "indexIdNext");
    json_put_int(&writer, schema->index_id_next);
    json_key(&writer, "indexes");
    schema_indexes_to_json(schema, &writer);
    json_key(&writer, "insights");
    schema__insights_to_json(schema, &writer);
    json_object_end(&writer);
    return buf_failed(out) ? ST_NOMEM : 0;
}

/** Member readers: false when it is missing, of another type or out of range. */
bool schema__read_text(struct json object, const char *name, char *ret, size_t size)
{
    struct json member;
    struct slice text;

    if (!json_member(object, slice_str(name), &member) || json_type(member) != JSON_STRING)
        return false;
    text = json_string(member);
    if (text.len >= size || (text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL))
        return false;
    if (text.len > 0)
        memcpy(ret, text.ptr, text.len);
    ret[text.len] = '\0';
    return true;
}

bool schema__read_integer(struct json object, const char *name, int64_t low, int64_t high,
                          int64_t *ret)
{
    struct json member;

    return json_member(object, slice_str(name), &member) && json_type(member) == JSON_NUMBER &&
           json_integer(member, ret) == 1 && *ret >= low && *ret <= high;
}

bool schema__read_flag(struct json object, const char *name, bool *ret)
{
    struct json member;

    if (!json_member(object, slice_str(name), &member) || json_type(member) != JSON_BOOL)
        return false;
    *ret = json_bool(member);
    return true;
}

bool schema__read_name(struct json object, const char *name, const char *const *names, size_t count,
                       int *ret)
{
    struct json member;

    if (!json_member(object, slice_str(name), &member) || json_type(member) != JSON_STRING)
        return false;
    *ret = schema__name_find(names, count, json_string(member));
    return *ret >= 0;
}

static bool read_hex(struct json object, const char *name, uint8_t *ret, size_t len)
{
    struct json member;
    struct slice text;

    if (!json_member(object, slice_str(name), &member) || json_type(member) != JSON_STRING)
        return false;
    text = json_string(member);
    if (text.len != 2 * len)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;

        if (digit < 0)
            return false;
        ret[i / 2] = (uint8_t)(i % 2 ? ret[i / 2] | digit : digit << 4);
    }
    return true;
}

bool schema__key_type_of(const char *name, enum value_type *ret_type)
{
    for (enum value_type type = VALUE_S; type <= VALUE_B; type++) {
        if (strcmp(name, value_type_name(type)) == 0) {
            *ret_type = type;
            return true;
        }
    }
    return false;
}

static bool read_keys(struct json object, struct schema *schema)
{
    struct json keys, key;
    struct json_iterator iterator;

    if (!json_member(object, SLICE("keys"), &keys) || json_type(keys) != JSON_ARRAY ||
        json_count(keys) < 1 || json_count(keys) > 2)
        return false;
    iterator = json_iterate(keys);
    while (json_next(&iterator, NULL, &key)) {
        struct expr_key_attribute *attribute = &schema->keys[schema->key_count];
        char *name = schema->key_names[schema->key_count];
        char type[4];

        if (json_type(key) != JSON_OBJECT ||
            !schema__read_text(key, "name", name, sizeof(schema->key_names[0])) ||
            name[0] == '\0' || !schema__read_text(key, "type", type, sizeof(type)))
            return false;
        attribute->name = slice_str(name);
        if (!schema__key_type_of(type, &attribute->type))
            return false;
        schema->key_count++;
    }
    return true;
}

static bool read_streams(struct json object, struct schema *schema)
{
    struct json streams, member;
    struct json_iterator iterator;

    if (!json_member(object, SLICE("streams"), &streams) || json_type(streams) != JSON_ARRAY ||
        json_count(streams) > TABLE_STREAMS_MAX)
        return false;
    iterator = json_iterate(streams);
    while (json_next(&iterator, NULL, &member)) {
        struct stream *stream = &schema->streams[schema->stream_count];
        int64_t start, end;
        int view;

        if (json_type(member) != JSON_OBJECT ||
            !schema__read_text(member, "label", stream->label, sizeof(stream->label)) ||
            !schema__read_name(member, "view", stream_view_names, ARRAY_LEN(stream_view_names),
                               &view) ||
            !schema__read_integer(member, "createdMs", 0, INT64_MAX, &stream->created_ms) ||
            !schema__read_integer(member, "disabledMs", 0, INT64_MAX, &stream->disabled_ms) ||
            !schema__read_integer(member, "startSequence", 0, INT64_MAX, &start) ||
            !schema__read_integer(member, "endSequence", 0, INT64_MAX, &end))
            return false;
        stream->view = (enum stream_view)view;
        stream->start_sequence = (uint64_t)start;
        stream->end_sequence = (uint64_t)end;
        schema->stream_count++;
    }
    return true;
}

static bool has_member(struct json object, const char *name)
{
    struct json member;

    return json_member(object, slice_str(name), &member);
}

static bool read_added(struct json root, struct schema *schema)
{
    int64_t integer;

#define X(key, member, low, high)                                                                  \
    if (has_member(root, key)) {                                                                   \
        if (!schema__read_integer(root, key, (low), (high), &integer))                             \
            return false;                                                                          \
        schema->member = (__typeof__(schema->member))integer;                                      \
    }
    SCHEMA_ADDED_INTEGERS(X)
#undef X
#define X(key, member)                                                                             \
    if (has_member(root, key) && !schema__read_flag(root, key, &schema->member))                   \
        return false;
    SCHEMA_ADDED_FLAGS(X)
#undef X
#define X(key, member)                                                                             \
    if (has_member(root, key) &&                                                                   \
        !schema__read_text(root, key, schema->member, sizeof(schema->member)))                     \
        return false;
    SCHEMA_ADDED_TEXTS(X)
#undef X
    return true;
}

/** Entries of the time before indexes have neither member. 0, ST_CORRUPT, ST_NOMEM. */
static int read_indexes(struct json root, struct schema *schema)
{
    struct json member;
    int64_t next;
    int rc;

    if (!json_member(root, SLICE("indexes"), &member))
        return 0;
    if (!schema__read_integer(root, "indexIdNext", 0, UINT16_MAX, &next))
        return ST_CORRUPT;
    rc = schema_indexes_from_json(member, schema);
    if (rc == 0 && next > schema->index_id_next)
        schema->index_id_next = (uint16_t)next;
    return rc;
}

static bool schema_read(struct json root, struct schema *schema)
{
    int status, billing, table_class;
    int64_t integer;

    if (json_type(root) != JSON_OBJECT ||
        !schema__read_text(root, "name", schema->name, sizeof(schema->name)) ||
        schema->name[0] == '\0' ||
        !schema__read_text(root, "tableId", schema->table_id, sizeof(schema->table_id)) ||
        !schema__read_name(root, "status", table_status_names, ARRAY_LEN(table_status_names),
                           &status) ||
        !schema__read_name(root, "billing", billing_mode_names, ARRAY_LEN(billing_mode_names),
                           &billing) ||
        !schema__read_name(root, "tableClass", table_class_names, ARRAY_LEN(table_class_names),
                           &table_class))
        return false;
    schema->status = (enum table_status)status;
    schema->billing = (enum billing_mode)billing;
    schema->table_class = (enum table_class)table_class;
#define X(key, member, low, high)                                                                  \
    if (!schema__read_integer(root, key, (low), (high), &integer))                                 \
        return false;                                                                              \
    schema->member = (__typeof__(schema->member))integer;
    SCHEMA_INTEGERS(X)
#undef X
#define X(key, member)                                                                             \
    if (!schema__read_flag(root, key, &schema->member))                                            \
        return false;
    SCHEMA_FLAGS(X)
#undef X
    return read_hex(root, "digestKey", schema->digest_key, sizeof(schema->digest_key)) &&
           read_keys(root, schema) && read_streams(root, schema) && read_added(root, schema);
}

int schema_from_json(struct slice json, struct schema **ret_schema)
{
    struct json_parser *parser = json_parser_new();
    struct schema *schema = schema_new();
    struct json root, tags, insights;
    int rc = ST_NOMEM;

    if (parser == NULL || schema == NULL)
        goto out;
    rc = json_parse(parser, json, &root);
    if (rc == ST_REFUSED || (rc == 0 && !schema_read(root, schema)))
        rc = ST_CORRUPT;
    if (rc == 0)
        rc = read_indexes(root, schema);
    if (rc == 0 && json_member(root, SLICE("insights"), &insights) &&
        !schema__insights_from_json(insights, schema))
        rc = ST_CORRUPT;
    if (rc == 0 && json_member(root, SLICE("tags"), &tags))
        rc = tag_set_from_json(tags, &schema->tags);
    if (rc < 0)
        goto out;
    *ret_schema = schema;
    schema = NULL;
out:
    schema_unref(schema);
    json_parser_free(parser);
    return rc;
}
