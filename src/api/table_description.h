/*
 * table_description.h - TableDescription, as every operation on tables answers it, and what goes
 * into one.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_TABLE_DESCRIPTION_H
#define TROPIC_API_TABLE_DESCRIPTION_H

#include "api/call.h"

/**
 * table         for the numbers of items and bytes; NULL: zero.
 * status        as the answer shows it, whatever the schema says: a change just begun is UPDATING.
 */
void table_description_write(struct json_writer *writer, struct call *call,
                             const struct schema *schema, struct table *table,
                             enum table_status status);

/** 2026-11-22T08:00:00.123: how a stream is named after the moment it was enabled. */
void stream_label_print(char label[32], int64_t ms);

/* ---- reading the parts of a table that CreateTable and UpdateTable share ---- */

#define CAPACITY_UNITS_MAX                                                                         \
    1000000000000 /* Source: bounds of ReadCapacityUnits, spec tables section 3 row 3 */

/** ProvisionedThroughput within its bounds. */
int table_read_throughput(struct call *call, unsigned member, int64_t *ret_read,
                          int64_t *ret_write);
/** OnDemandThroughput into the two maxima, member by member; -1 takes a maximum away. */
int table_read_on_demand(struct call *call, unsigned member, int64_t *read_max, int64_t *write_max);
/** SSESpecification: only what asks for nothing (the default encryption). */
int table_refuse_sse(struct call *call, unsigned member);
/**
 * Puts a stream that begins now in front; streams disabled more than 24 h ago fall off. ST_TOOBIG:
 * too many. At which sequence a stream begins and ends is the store's to fill in, when the edit
 * commits.
 */
int schema_stream_enable(struct schema *schema, enum stream_view view, int64_t now_ms);
void schema_stream_disable(struct schema *schema, int64_t now_ms);

#endif
