/*
 * index_description.h - the indexes of a table as TableDescription shows them.
 *
 * Source: dynamodb-tables-streams.md section 3 (Response), API Reference,
 * GlobalSecondaryIndexDescription.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_INDEX_DESCRIPTION_H
#define TROPIC_API_INDEX_DESCRIPTION_H

#include "api/call.h"

/** AttributeDefinitions: of the table's key, then of the indexes' in the order of the indexes. */
void attribute_definitions_write(struct json_writer *writer, const struct schema *schema);
/**
 * LocalSecondaryIndexes and GlobalSecondaryIndexes, each when there are any.
 *
 * table         for the numbers of entries and bytes; NULL: zero.
 * creating      the table itself is just being created, and its indexes with it.
 */
void indexes_write(struct json_writer *writer, struct call *call, const struct schema *schema,
                   struct table *table, bool creating);

/** GlobalSecondaryIndexes of a replica (L-46): names, warm throughput and overrides, when there are
 * any. */
void replica_indexes_write(struct json_writer *writer, const struct schema *schema,
                           const struct replica_overrides *overrides);

#endif
