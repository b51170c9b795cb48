/*
 * item_key.c - the key of an item: found in items and Key arguments, checked, encoded.
 *
 * The sentences are DynamoDB's (dynamodb-values-capacity.md §3); a put reports, per key attribute
 * and in this order, missing, wrong type, empty, too long.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/schema.h"

#include "base/hash.h"

uint64_t item_key_hash(const struct item_key *key)
{
    return hash64(key->partition);
}

int item_key_encode(struct buf *out, const struct item_key *key)
{
    buf_append_be16(out, (uint16_t)key->partition.len);
    buf_append_slice(out, key->partition);
    return buf_append_slice(out, key->sort);
}

int item_key_decode(struct slice bytes, bool has_sort, struct item_key *ret_key)
{
    struct reader reader = reader_of(bytes);
    struct item_key key = {.sort = SLICE_EMPTY};

    key.partition = reader_bytes(&reader, reader_be16(&reader));
    if (has_sort)
        key.sort = reader_bytes(&reader, reader_left(&reader));
    if (!reader_done(&reader) || key.partition.len == 0 ||
        key.partition.len > PARTITION_KEY_BYTES_MAX || key.sort.len > SORT_KEY_BYTES_MAX ||
        (has_sort && key.sort.len == 0))
        return ST_CORRUPT;
    *ret_key = key;
    return 0;
}

static int refuse_empty(const struct expr_key_attribute *attribute, struct refusal *reterr)
{
    return refuse(reterr,
                  "One or more parameter values are not valid. The AttributeValue for a key "
                  "attribute cannot contain an empty %s value. Key: %.*s",
                  attribute->type == VALUE_B ? "binary" : "string", SLICE_ARGS(attribute->name));
}

/** Takes the bytes of one key value whose type is right. */
static int take_key(const struct schema *schema, uint32_t at, const struct value *value,
                    struct item_key *key, struct refusal *reterr)
{
    struct slice bytes = value_key_bytes(value);

    if (bytes.len == 0)
        return refuse_empty(&schema->keys[at], reterr);
    if (at == 0) {
        if (bytes.len > PARTITION_KEY_BYTES_MAX)
            return refuse(reterr, "One or more parameter values were invalid: Size of hashkey has "
                                  "exceeded the maximum size limit of2048 bytes");
        key->partition = bytes;
    } else {
        if (bytes.len > SORT_KEY_BYTES_MAX)
            return refuse(reterr,
                          "One or more parameter values were invalid: Aggregated size of all range "
                          "keys has exceeded the size limit of 1024 bytes");
        key->sort = bytes;
    }
    return 0;
}

int schema_key_of_item(const struct schema *schema, struct slice item, struct item_key *ret_key,
                       struct refusal *reterr)
{
    struct item_key key = {.sort = SLICE_EMPTY};

    for (uint32_t i = 0; i < schema->key_count; i++) {
        const struct expr_key_attribute *attribute = &schema->keys[i];
        struct value value;
        int rc;

        if (!item_find(item, attribute->name, &value))
            return refuse(reterr,
                          "One or more parameter values were invalid: Missing the key %.*s in the "
                          "item",
                          SLICE_ARGS(attribute->name));
        if (value.type != attribute->type)
            return refuse(reterr,
                          "One or more parameter values were invalid: Type mismatch for key %.*s "
                          "expected: %s actual: %s",
                          SLICE_ARGS(attribute->name), value_type_name(attribute->type),
                          value_type_name(value.type));
        rc = take_key(schema, i, &value, &key, reterr);
        if (rc < 0)
            return rc;
    }
    *ret_key = key;
    return 0;
}

int schema_key_of_argument(const struct schema *schema, struct slice key_argument,
                           struct item_key *ret_key, struct refusal *reterr)
{
    struct item_key key = {.sort = SLICE_EMPTY};
    struct value values[2];

    if (item_count(key_argument) != schema->key_count)
        return refuse(reterr, "The provided key element does not match the schema");
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (!item_find(key_argument, schema->keys[i].name, &values[i]) ||
            values[i].type != schema->keys[i].type)
            return refuse(reterr, "The provided key element does not match the schema");
    for (uint32_t i = 0; i < schema->key_count; i++) {
        int rc = take_key(schema, i, &values[i], &key, reterr);

        if (rc < 0)
            return rc;
    }
    *ret_key = key;
    return 0;
}

int schema_key_item(const struct schema *schema, const struct item_key *key, struct arena *arena,
                    struct slice *ret_item)
{
    struct item_builder builder;

    item_builder_init(&builder, arena);
    for (uint32_t i = 0; i < schema->key_count; i++) {
        struct slice encoded;
        int rc = value_from_key_bytes(schema->keys[i].type, i == 0 ? key->partition : key->sort,
                                      arena, &encoded);

        if (rc < 0)
            return rc;
        item_builder_add(&builder, schema->keys[i].name, encoded);
    }
    return item_build(&builder, ret_item);
}
