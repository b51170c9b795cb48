/*
 * update_indexes.h - GlobalSecondaryIndexUpdates of UpdateTable: creating, changing and deleting
 * indexes of a table that is in use.
 *
 * An update asks for one creation or deletion at most, and for any number of changes of throughput.
 * What it asks for is written into the wanted schema; the store fills and empties indexes in the
 * background (schema.h), and DescribeTable shows how far it is.
 *
 * Source: dynamodb-tables-streams.md section 4.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_UPDATE_INDEXES_H
#define TROPIC_API_UPDATE_INDEXES_H

#include "api/call.h"

/** Before the table is known: rows 4 and 5. */
int update_indexes_prepare(struct call *call);
/** Some index is to be created or deleted. */
bool update_indexes_online(const struct call *call);
/** With call->schema what is and `wanted` what shall be, its billing mode changed already: rows 7
 * and 10 to 18. Also gives the indexes what a change of the billing mode implies. */
int update_indexes_change(struct call *call, struct schema *wanted);
/** ResourceInUseException while an index is being created, changed or deleted: DeleteTable. */
int indexes_refuse_busy(struct call *call);

#endif
