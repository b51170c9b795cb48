/*
 * index_key.c - the key of an item in a secondary index: found, checked, named.
 *
 * An item is in an index when it has all of the index's key attributes, each of its type, not empty
 * and within the bounds. A local write whose item has a key attribute that does not fit is refused
 * in DynamoDB's sentences (dynamodb-values-capacity.md §3); a change from another Region never is,
 * it just has no entry. Both read the same table of faults.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/schema.h"

/* ---- membership ---- */

enum fault { FAULT_NONE, FAULT_TYPE, FAULT_EMPTY, FAULT_SIZE };

/** Looks at one attribute; `bytes` counts those of the key so far. */
static enum fault attribute_fault(const struct expr_key_attribute *attribute,
                                  const struct value *value, size_t *bytes, size_t bytes_max,
                                  struct slice *ret_key)
{
    if (value->type != attribute->type)
        return FAULT_TYPE;
    *ret_key = value_key_bytes(value);
    if (ret_key->len == 0)
        return FAULT_EMPTY;
    *bytes += ret_key->len;
    return *bytes > bytes_max ? FAULT_SIZE : FAULT_NONE;
}

static enum index_membership key_part(const struct expr_key_attribute *attributes, uint32_t count,
                                      size_t bytes_max, struct slice item, struct slice *ret_keys)
{
    enum index_membership membership = INDEX_MEMBER;
    size_t bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        struct value value;

        if (!item_find(item, attributes[i].name, &value))
            return INDEX_ABSENT;
        if (attribute_fault(&attributes[i], &value, &bytes, bytes_max, &ret_keys[i]) != FAULT_NONE)
            membership = INDEX_UNFIT;
    }
    return membership;
}

enum index_membership schema_index_key(const struct schema_index *index, struct slice item,
                                       struct index_key *ret_key)
{
    enum index_membership partition, sort;

    partition = key_part(index->partition, index->partition_count, PARTITION_KEY_BYTES_MAX, item,
                         ret_key->partition);
    if (partition == INDEX_ABSENT)
        return INDEX_ABSENT;
    sort = key_part(index->sort, index->sort_count, SORT_KEY_BYTES_MAX, item, ret_key->sort);
    return sort == INDEX_MEMBER ? partition : sort;
}

/* ---- refusals ---- */

static int refuse_fault(enum fault fault, const struct schema_index *index,
                        const struct expr_key_attribute *attribute, enum value_type actual,
                        bool sort, struct refusal *reterr)
{
    switch (fault) {
    case FAULT_TYPE:
        return refuse(reterr,
                      "One or more parameter values were invalid: Type mismatch for Index Key "
                      "%.*s Expected: %s Actual: %s IndexName: %s",
                      SLICE_ARGS(attribute->name), value_type_name(attribute->type),
                      value_type_name(actual), index->name);
    case FAULT_EMPTY:
        return refuse(reterr,
                      "One or more parameter values are not valid. A value specified for a "
                      "secondary index key is not supported. The AttributeValue for a key "
                      "attribute cannot contain an empty %s value. IndexName: %s, IndexKey: %.*s",
                      attribute->type == VALUE_B ? "binary" : "string", index->name,
                      SLICE_ARGS(attribute->name));
    case FAULT_SIZE:
        if (!sort)
            return refuse(reterr, "One or more parameter values were invalid: Size of hashkey has "
                                  "exceeded the maximum size limit of2048 bytes");
        return refuse(reterr,
                      "One or more parameter values were invalid: Aggregated size of all range "
                      "keys has exceeded the size limit of 1024 bytes");
    case FAULT_NONE:
        break;
    }
    return 0;
}

static int refuse_update(enum fault fault, const struct expr_key_attribute *attribute,
                         struct refusal *reterr)
{
    switch (fault) {
    case FAULT_TYPE:
        return refuse(reterr, "The update expression attempted to update the secondary index key "
                              "to unsupported type");
    case FAULT_EMPTY:
        return refuse(reterr,
                      "One or more parameter values are not valid. The update expression attempted "
                      "to update a secondary index key to a value that is not supported. The "
                      "AttributeValue for a key attribute cannot contain an empty %s value.",
                      attribute->type == VALUE_B ? "binary" : "string");
    case FAULT_SIZE:
        return refuse(reterr, "The update expression attempted to update the secondary index key "
                              "to a value beyond allowed size limits");
    case FAULT_NONE:
        break;
    }
    return 0;
}

static int check_part(const struct schema_index *index, bool sort, struct slice item,
                      const struct expr_update *update, struct refusal *reterr)
{
    const struct expr_key_attribute *attributes = sort ? index->sort : index->partition;
    uint32_t count = sort ? index->sort_count : index->partition_count;
    size_t bytes_max = sort ? SORT_KEY_BYTES_MAX : PARTITION_KEY_BYTES_MAX, bytes = 0;

    for (uint32_t i = 0; i < count; i++) {
        const struct expr_key_attribute *attribute = &attributes[i];
        struct value value;
        struct slice key;
        enum fault fault;

        if (!item_find(item, attribute->name, &value))
            continue;
        fault = attribute_fault(attribute, &value, &bytes, bytes_max, &key);
        if (fault == FAULT_NONE)
            continue;
        if (update == NULL)
            return refuse_fault(fault, index, attribute, value.type, sort, reterr);
        if (expr_update_touches(update, attribute->name))
            return refuse_update(fault, attribute, reterr);
    }
    return 0;
}

/** The indexes that bind writes, by name: the first after `after` (NULL: of all). */
static const struct schema_index *next_by_name(const struct schema *schema,
                                               const struct schema_index *after)
{
    const struct schema_index *next = NULL;

    for (uint32_t i = 0; i < schema->index_count; i++) {
        const struct schema_index *index = &schema->indexes[i];

        if (index->status == INDEX_DELETING ||
            (after != NULL && strcmp(index->name, after->name) <= 0))
            continue;
        if (next == NULL || strcmp(index->name, next->name) < 0)
            next = index;
    }
    return next;
}

int schema_check_index_keys(const struct schema *schema, struct slice item,
                            const struct expr_update *update, struct refusal *reterr)
{
    const struct schema_index *index = NULL;
    int rc = 0;

    while (rc == 0 && (index = next_by_name(schema, index)) != NULL) {
        rc = check_part(index, false, item, update, reterr);
        if (rc == 0)
            rc = check_part(index, true, item, update, reterr);
    }
    return rc;
}

/** The key attribute of that name, or NULL. */
static const struct expr_key_attribute *key_attribute(const struct schema_index *index,
                                                      struct slice name)
{
    for (uint32_t i = 0; i < index->partition_count; i++)
        if (slice_eq(index->partition[i].name, name))
            return &index->partition[i];
    for (uint32_t i = 0; i < index->sort_count; i++)
        if (slice_eq(index->sort[i].name, name))
            return &index->sort[i];
    return NULL;
}

int schema_check_index_key_type(const struct schema *schema, struct slice name,
                                enum value_type type, struct refusal *reterr)
{
    const struct schema_index *index = NULL;

    while ((index = next_by_name(schema, index)) != NULL) {
        const struct expr_key_attribute *attribute = key_attribute(index, name);

        if (attribute != NULL && attribute->type != type)
            return refuse_fault(FAULT_TYPE, index, attribute, type, false, reterr);
    }
    return 0;
}

/* ---- attributes ---- */

static bool is_key(const struct schema *schema, const struct schema_index *index, struct slice name)
{
    for (uint32_t i = 0; i < schema->key_count; i++)
        if (slice_eq(schema->keys[i].name, name))
            return true;
    return key_attribute(index, name) != NULL;
}

bool schema_index_holds(const struct schema *schema, const struct schema_index *index,
                        struct slice name)
{
    if (index->projection == PROJECTION_ALL || is_key(schema, index, name))
        return true;
    for (uint32_t i = 0; i < index->included_count; i++)
        if (slice_eq(index->included[i], name))
            return true;
    return false;
}

int schema_index_key_item(const struct schema *schema, const struct schema_index *index,
                          struct slice item, struct arena *arena, struct slice *ret_item)
{
    struct value_iterator iterator = item_iterate(item);
    struct item_builder builder;
    struct slice name;
    struct value value;

    item_builder_init(&builder, arena);
    while (value_next(&iterator, &name, &value))
        if (is_key(schema, index, name))
            item_builder_add(&builder, name, value.encoded);
    return item_build(&builder, ret_item);
}
