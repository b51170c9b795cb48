/*
 * collection_metrics.h - ReturnItemCollectionMetrics: how large the item collections have become
 * that a request wrote to.
 *
 * An item collection is what a table with local indexes holds under one partition key: its items
 * and their entries in those indexes. Other tables have none, and their answers show none. The
 * store counts them exactly; the answer gives the whole gigabytes below and above, as the service
 * does. Source: dynamodb-values-capacity.md section 5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_COLLECTION_METRICS_H
#define TROPIC_API_COLLECTION_METRICS_H

#include "api/shape.h"
#include "table/store.h"

/** The member is SIZE, and the table has item collections. */
bool collection_metrics_wanted(const struct input *input, unsigned member,
                               const struct schema *schema);
/** {"ItemCollectionKey": ..., "SizeEstimateRangeGB": [lower, upper]} of a mutation that is done. */
void collection_metrics_write(struct json_writer *writer, struct arena *arena,
                              const struct schema *schema, const struct mutation *mutation);

#endif
