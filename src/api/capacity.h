/*
 * capacity.h - capacity units that an operation consumes, and how answers show them.
 *
 * Counted in half units, the smallest amount there is (an eventually consistent read of up to 4
 * KB). Source: dynamodb-values-capacity.md section 5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_CAPACITY_H
#define TROPIC_API_CAPACITY_H

#include "api/shape.h"
#include "value/json.h"

enum capacity_mode { CAPACITY_NONE, CAPACITY_TOTAL, CAPACITY_INDEXES };

/** From a ReturnConsumedCapacity member that passed its constraint. */
enum capacity_mode capacity_mode_of(const struct input *input, unsigned member);

/** One item of that size, or what a page evaluated; a missing item costs like a small one. */
uint64_t capacity_read(uint64_t bytes, bool consistent);
/** The larger of the images before and after. */
uint64_t capacity_write(uint64_t bytes);

/** {"TableName": ..., "CapacityUnits": ...} as an element of its own; nothing for CAPACITY_NONE. */
void capacity_write_json(struct json_writer *writer, enum capacity_mode mode, struct slice table,
                         uint64_t half_units);
/** The same as the member "ConsumedCapacity". */
void capacity_write_member(struct json_writer *writer, enum capacity_mode mode, struct slice table,
                           uint64_t half_units);

#endif
