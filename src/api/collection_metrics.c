/*
 * collection_metrics.c - see collection_metrics.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/collection_metrics.h"

enum { GIGABYTE_SHIFT = 30 };

bool collection_metrics_wanted(const struct input *input, unsigned member,
                               const struct schema *schema)
{
    if (!slice_eq_str(input_string(input, member), "SIZE"))
        return false;
    for (uint32_t i = 0; i < schema->index_count; i++)
        if (!schema->indexes[i].global)
            return true;
    return false;
}

void collection_metrics_write(struct json_writer *writer, struct arena *arena,
                              const struct schema *schema, const struct mutation *mutation)
{
    uint64_t gigabytes = mutation->collection_bytes >> GIGABYTE_SHIFT;
    struct slice encoded;
    struct value value;

    if (value_from_key_bytes(schema->keys[0].type, mutation->key.partition, arena, &encoded) < 0) {
        writer->out->failed = true; /* answered as an internal error */
        return;
    }
    value = value_of(encoded);
    json_object_begin(writer);
    json_key(writer, "ItemCollectionKey");
    json_object_begin(writer);
    json_key_slice(writer, schema->keys[0].name);
    value_to_json(writer, &value);
    json_object_end(writer);
    json_key(writer, "SizeEstimateRangeGB");
    json_array_begin(writer);
    json_put_double(writer, (double)gigabytes);
    json_put_double(writer, (double)(gigabytes + 1));
    json_array_end(writer);
    json_object_end(writer);
}
