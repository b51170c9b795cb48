/*
 * capacity.c - see capacity.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/capacity.h"

enum {
    READ_BLOCK_BYTES = 4096,
    WRITE_BLOCK_BYTES = 1024
}; /* Source: Developer Guide, capacity units */

static uint64_t blocks(uint64_t bytes, uint64_t block)
{
    return bytes <= block ? 1 : (bytes + block - 1) / block;
}

uint64_t capacity_read(uint64_t bytes, bool consistent)
{
    return blocks(bytes, READ_BLOCK_BYTES) * (consistent ? 2 : 1);
}

uint64_t capacity_write(uint64_t bytes)
{
    return blocks(bytes, WRITE_BLOCK_BYTES) * 2;
}

enum capacity_mode capacity_mode_of(const struct input *input, unsigned member)
{
    struct slice text = input_string(input, member);

    if (slice_eq_str(text, "TOTAL"))
        return CAPACITY_TOTAL;
    return slice_eq_str(text, "INDEXES") ? CAPACITY_INDEXES : CAPACITY_NONE;
}

void capacity_write_json(struct json_writer *writer, enum capacity_mode mode, struct slice table,
                         uint64_t half_units)
{
    if (mode == CAPACITY_NONE)
        return;
    json_object_begin(writer);
    json_key(writer, "TableName");
    json_put_string(writer, table);
    json_key(writer, "CapacityUnits");
    json_put_double(writer, (double)half_units / 2);
    if (mode == CAPACITY_INDEXES) {
        json_key(writer, "Table");
        json_object_begin(writer);
        json_key(writer, "CapacityUnits");
        json_put_double(writer, (double)half_units / 2);
        json_object_end(writer);
    }
    json_object_end(writer);
}

void capacity_write_member(struct json_writer *writer, enum capacity_mode mode, struct slice table,
                           uint64_t half_units)
{
    if (mode == CAPACITY_NONE)
        return;
    json_key(writer, "ConsumedCapacity");
    capacity_write_json(writer, mode, table, half_units);
}
