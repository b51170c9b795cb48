/*
 * group_json.c - see group_json.h.
 *
 * The hash that chains documents is that of exactly these bytes, so the writer's form is part of
 * the protocol: members in this order, no spaces. A reader hashes what it was given, not what it
 * would write.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/group_json.h"

#include "base/hash.h"
#include "value/json.h"

static const char *const kind_names[] = {
    [GROUP_NONE] = "none",     [GROUP_CREATE] = "create",     [GROUP_UPDATE] = "update",
    [GROUP_DELETE] = "delete", [GROUP_SETTINGS] = "settings",
};

/* ---- writing ---- */

static void put_hex(struct json_writer *writer, const char *name, const uint8_t *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char text[2 * 32];

    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[bytes[i] >> 4];
        text[2 * i + 1] = digits[bytes[i] & 15];
    }
    json_key(writer, name);
    json_put_string(writer, slice_of(text, 2 * len));
}

static void put_number(struct json_writer *writer, const char *name, uint64_t value)
{
    uint8_t bytes[8]; /* 64 bits do not fit into everybody's JSON numbers */

    be64_put(bytes, value);
    put_hex(writer, name, bytes, sizeof(bytes));
}

static void put_int(struct json_writer *writer, const char *name, int64_t value)
{
    json_key(writer, name);
    json_put_int(writer, value);
}

static void put_text(struct json_writer *writer, const char *name, const char *text)
{
    json_key(writer, name);
    json_put_str(writer, text);
}

static void put_settings(struct json_writer *writer, const struct group_settings *settings)
{
    json_key(writer, "settings");
    json_object_begin(writer);
    json_key(writer, "keys");
    json_array_begin(writer);
    for (uint32_t i = 0; i < settings->key_count; i++) {
        json_object_begin(writer);
        put_text(writer, "name", settings->keys[i].name);
        put_text(writer, "type", value_type_name(settings->keys[i].type));
        json_object_end(writer);
    }
    json_array_end(writer);
    put_text(writer, "billing", billing_mode_name(settings->billing));
    put_int(writer, "readUnits", settings->read_units);
    put_int(writer, "writeUnits", settings->write_units);
    put_int(writer, "onDemandReadMax", settings->on_demand_read_max);
    put_int(writer, "onDemandWriteMax", settings->on_demand_write_max);
    put_int(writer, "warmRead", settings->warm_read);
    put_int(writer, "warmWrite", settings->warm_write);
    put_text(writer, "tableClass", table_class_name(settings->table_class));
    put_text(writer, "streamView", stream_view_name(settings->stream_view));
    put_text(writer, "ttlAttribute", settings->ttl_attribute);
    put_int(writer, "ttlChangedMs", settings->ttl_changed_ms);
    put_int(writer, "indexIdNext", settings->index_id_next);
    if (settings->indexes != NULL) {
        json_key(writer, "indexes");
        schema_indexes_to_json(settings->indexes, writer);
    }
    json_object_end(writer);
}

static void put_index_overrides(struct json_writer *writer,
                                const struct replica_overrides *overrides)
{
    if (overrides->index_count == 0)
        return;
    json_key(writer, "indexes");
    json_array_begin(writer);
    for (uint32_t i = 0; i < overrides->index_count; i++) {
        const struct index_override *one = &overrides->indexes[i];

        json_object_begin(writer);
        put_int(writer, "id", one->index);
        if (one->read_units != INT64_MIN)
            put_int(writer, "readUnits", one->read_units);
        if (one->on_demand_read_max != INT64_MIN)
            put_int(writer, "onDemandReadMax", one->on_demand_read_max);
        json_object_end(writer);
    }
    json_array_end(writer);
}

static void put_member(struct json_writer *writer, const struct group_member *member)
{
    const struct replica_overrides *overrides = &member->overrides;

    json_object_begin(writer);
    put_text(writer, "region", member->region);
    put_int(writer, "replica", member->replica);
    put_text(writer, "status", replica_status_name(member->status));
    put_int(writer, "source", member->source);
    put_int(writer, "addedMs", member->added_ms);
    put_text(writer, "description", member->description);
    if (overrides->read_units != INT64_MIN)
        put_int(writer, "readUnits", overrides->read_units);
    if (overrides->on_demand_read_max != INT64_MIN)
        put_int(writer, "onDemandReadMax", overrides->on_demand_read_max);
    if (overrides->table_class != CLASS_UNSET)
        put_text(writer, "tableClass", table_class_name(overrides->table_class));
    put_index_overrides(writer, overrides);
    json_object_end(writer);
}

int group_to_json(struct group_document *document, struct buf *out)
{
    struct json_writer writer = json_writer_of(out);
    const struct group_operation *operation = &document->operation;
    size_t start = out->len;

    json_object_begin(&writer);
    put_hex(&writer, "group", document->id.bytes, GROUP_ID_BYTES);
    put_text(&writer, "table", document->table);
    put_int(&writer, "epoch", (int64_t)document->epoch);
    put_text(&writer, "proposer", document->proposer);
    put_number(&writer, "predecessor", document->predecessor);
    put_int(&writer, "replicaNext", document->replica_next);
    put_hex(&writer, "digestKey", document->digest_key, sizeof(document->digest_key));
    put_settings(&writer, &document->settings);
    json_key(&writer, "operation");
    json_object_begin(&writer);
    put_text(&writer, "kind", kind_names[operation->kind]);
    put_number(&writer, "id", operation->id);
    put_text(&writer, "coordinator", operation->coordinator);
    put_text(&writer, "target", operation->target);
    json_object_end(&writer);
    json_key(&writer, "members");
    json_array_begin(&writer);
    for (uint32_t i = 0; i < document->member_count; i++)
        put_member(&writer, &document->members[i]);
    json_array_end(&writer);
    json_object_end(&writer);
    if (buf_failed(out))
        return ST_NOMEM;
    document->hash = hash64(slice_of(out->ptr + start, out->len - start));
    return 0;
}

/* ---- reading ---- */

static bool read_text(struct json object, const char *name, char *ret, size_t size)
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

static bool read_int(struct json object, const char *name, int64_t low, int64_t high, int64_t *ret)
{
    struct json member;

    return json_member(object, slice_str(name), &member) && json_type(member) == JSON_NUMBER &&
           json_integer(member, ret) == 1 && *ret >= low && *ret <= high;
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

static bool read_number(struct json object, const char *name, uint64_t *ret)
{
    uint8_t bytes[8];

    if (!read_hex(object, name, bytes, sizeof(bytes)))
        return false;
    *ret = be64_get(bytes);
    return true;
}

static bool read_keys(struct json settings, struct group_settings *ret)
{
    struct json keys, key;
    struct json_iterator iterator;

    if (!json_member(settings, SLICE("keys"), &keys) || json_type(keys) != JSON_ARRAY ||
        json_count(keys) < 1 || json_count(keys) > 2)
        return false;
    iterator = json_iterate(keys);
    while (json_next(&iterator, NULL, &key)) {
        uint32_t at = ret->key_count;
        char type[4];

        if (json_type(key) != JSON_OBJECT ||
            !read_text(key, "name", ret->keys[at].name, sizeof(ret->keys[at].name)) ||
            ret->keys[at].name[0] == '\0' || !read_text(key, "type", type, sizeof(type)))
            return false;
        if (strcmp(type, "S") == 0)
            ret->keys[at].type = VALUE_S;
        else if (strcmp(type, "N") == 0)
            ret->keys[at].type = VALUE_N;
        else if (strcmp(type, "B") == 0)
            ret->keys[at].type = VALUE_B;
        else
            return false;
        ret->key_count++;
    }
    return true;
}

/** A class by name; an empty name is CLASS_UNSET. */
static bool read_class(struct json object, enum table_class *ret)
{
    char text[64];

    if (!read_text(object, "tableClass", text, sizeof(text)))
        return false;
    if (text[0] == '\0') {
        *ret = CLASS_UNSET;
        return true;
    }
    return table_class_of(slice_str(text), ret);
}

/** What a document of before has not: no indexes. */
static int read_indexes(struct json settings, struct index_sets *sets, struct group_settings *ret)
{
    struct json member;
    int64_t next = 0;
    int rc = 0;

    if (json_member(settings, SLICE("indexIdNext"), &member) &&
        !read_int(settings, "indexIdNext", 0, UINT16_MAX, &next))
        return ST_CORRUPT;
    ret->index_id_next = (uint16_t)next;
    if (json_member(settings, SLICE("indexes"), &member))
        rc = index_sets_of_json(sets, member, &ret->indexes);
    for (uint32_t i = 0; rc == 0 && ret->indexes != NULL && i < ret->indexes->index_count; i++) {
        if (ret->indexes->indexes[i].id >= next)
            rc = ST_CORRUPT;
    }
    return rc;
}

/** What a document of before has not: time to live is off. */
static bool read_ttl(struct json settings, struct group_settings *ret)
{
    struct json member;

    return !json_member(settings, SLICE("ttlAttribute"), &member) ||
           (read_text(settings, "ttlAttribute", ret->ttl_attribute, sizeof(ret->ttl_attribute)) &&
            read_int(settings, "ttlChangedMs", 0, INT64_MAX, &ret->ttl_changed_ms));
}

/** What a document of before has not: nothing was warmed. */
static bool read_warm(struct json settings, struct group_settings *ret)
{
    struct json member;

    return !json_member(settings, SLICE("warmRead"), &member) ||
           (read_int(settings, "warmRead", 0, INT64_MAX, &ret->warm_read) &&
            read_int(settings, "warmWrite", 0, INT64_MAX, &ret->warm_write));
}

static bool read_settings(struct json settings, struct group_settings *ret)
{
    char text[64];

    return read_keys(settings, ret) && read_text(settings, "billing", text, sizeof(text)) &&
           billing_mode_of(slice_str(text), &ret->billing) &&
           read_int(settings, "readUnits", 0, INT64_MAX, &ret->read_units) &&
           read_int(settings, "writeUnits", 0, INT64_MAX, &ret->write_units) &&
           read_int(settings, "onDemandReadMax", -1, INT64_MAX, &ret->on_demand_read_max) &&
           read_int(settings, "onDemandWriteMax", -1, INT64_MAX, &ret->on_demand_write_max) &&
           read_class(settings, &ret->table_class) &&
           read_text(settings, "streamView", text, sizeof(text)) &&
           stream_view_of(slice_str(text), &ret->stream_view) && read_ttl(settings, ret) &&
           read_warm(settings, ret);
}

static bool read_operation(struct json root, struct group_operation *ret)
{
    struct json operation;
    char kind[16];

    if (!json_member(root, SLICE("operation"), &operation) || json_type(operation) != JSON_OBJECT ||
        !read_text(operation, "kind", kind, sizeof(kind)) ||
        !read_number(operation, "id", &ret->id) ||
        !read_text(operation, "coordinator", ret->coordinator, sizeof(ret->coordinator)) ||
        !read_text(operation, "target", ret->target, sizeof(ret->target)))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(kind_names); i++) {
        if (strcmp(kind, kind_names[i]) == 0) {
            ret->kind = (enum group_kind)i;
            return (ret->kind == GROUP_NONE) == (ret->id == 0);
        }
    }
    return false;
}

/** Absent is INT64_MIN. */
static bool read_override(struct json object, const char *name, int64_t low, int64_t *ret)
{
    struct json ignored;

    *ret = INT64_MIN;
    return !json_member(object, slice_str(name), &ignored) ||
           read_int(object, name, low, INT64_MAX, ret);
}

static bool read_index_overrides(struct json member, struct replica_overrides *ret)
{
    struct json list, json;
    struct json_iterator iterator;
    int64_t id;

    if (!json_member(member, SLICE("indexes"), &list))
        return true;
    if (json_type(list) != JSON_ARRAY || json_count(list) > TABLE_GLOBAL_INDEXES_MAX)
        return false;
    iterator = json_iterate(list);
    while (json_next(&iterator, NULL, &json)) {
        struct index_override *one = &ret->indexes[ret->index_count++];

        if (json_type(json) != JSON_OBJECT || !read_int(json, "id", 1, UINT16_MAX, &id) ||
            !read_override(json, "readUnits", 0, &one->read_units) ||
            !read_override(json, "onDemandReadMax", -1, &one->on_demand_read_max))
            return false;
        one->index = (uint16_t)id;
    }
    return true;
}

static bool read_member(struct json json, struct group_member *ret)
{
    struct replica_overrides *overrides = &ret->overrides;
    int64_t replica, source;
    char status[32];
    struct json ignored;
    bool known = false;

    if (json_type(json) != JSON_OBJECT ||
        !read_text(json, "region", ret->region, sizeof(ret->region)) || ret->region[0] == '\0' ||
        !read_int(json, "replica", 1, UINT16_MAX, &replica) ||
        !read_int(json, "source", 0, UINT16_MAX, &source) ||
        !read_int(json, "addedMs", INT64_MIN, INT64_MAX, &ret->added_ms) ||
        !read_text(json, "status", status, sizeof(status)) ||
        !read_text(json, "description", ret->description, sizeof(ret->description)))
        return false;
    for (int i = REPLICA_CREATING; i <= REPLICA_ACTIVE; i++) {
        if (strcmp(status, replica_status_name((enum replica_status)i)) == 0) {
            ret->status = (enum replica_status)i;
            known = true;
        }
    }
    ret->replica = (uint16_t)replica;
    ret->source = (uint16_t)source;
    overrides->table_class = CLASS_UNSET;
    if (!read_override(json, "readUnits", 0, &overrides->read_units) ||
        !read_override(json, "onDemandReadMax", -1, &overrides->on_demand_read_max) ||
        !read_index_overrides(json, overrides))
        return false;
    if (json_member(json, SLICE("tableClass"), &ignored) &&
        !read_class(json, &overrides->table_class))
        return false;
    return known;
}

/** Members by ascending id, each Region once, the next id above all, the operation about one of
 * them. */
static bool read_members(struct json root, struct group_document *ret)
{
    struct json members, member;
    struct json_iterator iterator;

    if (!json_member(root, SLICE("members"), &members) || json_type(members) != JSON_ARRAY ||
        json_count(members) < 1 || json_count(members) > GROUP_MEMBERS_MAX)
        return false;
    iterator = json_iterate(members);
    while (json_next(&iterator, NULL, &member)) {
        struct group_member *added = &ret->members[ret->member_count];

        if (!read_member(member, added) || group_member(ret, added->region) != NULL ||
            added->replica >= ret->replica_next ||
            (ret->member_count > 0 && added->replica <= added[-1].replica))
            return false;
        ret->member_count++;
    }
    return ret->operation.kind == GROUP_NONE || ret->operation.kind == GROUP_SETTINGS ||
           group_member(ret, ret->operation.target) != NULL;
}

static int read_document(struct json root, struct index_sets *sets, struct group_document *ret)
{
    struct json settings;
    int64_t epoch, replica_next;

    if (json_type(root) != JSON_OBJECT || !read_hex(root, "group", ret->id.bytes, GROUP_ID_BYTES) ||
        !read_text(root, "table", ret->table, sizeof(ret->table)) || ret->table[0] == '\0' ||
        !read_int(root, "epoch", 0, INT64_MAX, &epoch) ||
        !read_text(root, "proposer", ret->proposer, sizeof(ret->proposer)) ||
        !read_number(root, "predecessor", &ret->predecessor) ||
        !read_int(root, "replicaNext", 1, UINT16_MAX, &replica_next) ||
        !read_hex(root, "digestKey", ret->digest_key, sizeof(ret->digest_key)) ||
        !json_member(root, SLICE("settings"), &settings) || json_type(settings) != JSON_OBJECT)
        return ST_CORRUPT;
    ret->epoch = (uint64_t)epoch;
    ret->replica_next = (uint16_t)replica_next;
    if (!read_settings(settings, &ret->settings) || !read_operation(root, &ret->operation) ||
        !read_members(root, ret))
        return ST_CORRUPT;
    return read_indexes(settings, sets, &ret->settings);
}

int group_from_json(struct slice json, struct index_sets *sets, struct group_document *ret_document)
{
    struct json_parser *parser;
    struct json root;
    int rc;

    if (json.len > GROUP_DOCUMENT_BYTES_MAX)
        return ST_CORRUPT;
    parser = json_parser_new();
    if (parser == NULL)
        return ST_NOMEM;
    memset(ret_document, 0, sizeof(*ret_document));
    rc = json_parse(parser, json, &root);
    if (rc == 0)
        rc = read_document(root, sets, ret_document);
    else if (rc == ST_REFUSED)
        rc = ST_CORRUPT;
    ret_document->hash = hash64(json);
    json_parser_free(parser);
    return rc;
}
