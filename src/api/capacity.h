/*
 * capacity.h - capacity units: what an operation may use, has used, and shows in its answer.
 *
 *     consumption_begin(call, &c, call->table, call->schema, CAPACITY_READ);
 *     rc = consumption_admit(call, &c, &key, capacity_read(0, consistent), &call->error);
 *     ...                                          throttled: ST_REFUSED, nothing was done
 *     consumption_add(&c, &key, capacity_read(record.size, consistent));
 *     consumption_write_member(&writer, mode, &c);
 *
 * A consumption is what one operation uses of one table. It belongs to the call, which settles it
 * with the table's buckets (table/capacity.h) when it ends, whichever way: what was not added was
 * not used, and what admission took for it goes back. An operation on many tables has many.
 *
 * The keys are those that contributor insights (table/insights.h) rank. A Query uses its partition;
 * a Scan has no key, and neither is ranked by the items that it passes. What a write costs in
 * global indexes is ranked where the entries are made (table/indexes.c).
 *
 * Counted in half units, the smallest amount there is (an eventually consistent read of up to 4
 * KB). Source: dynamodb-values-capacity.md section 5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_CAPACITY_H
#define TROPIC_API_CAPACITY_H

#include "api/call.h"
#include "table/capacity.h"
#include "table/insights.h"

enum capacity_mode { CAPACITY_NONE, CAPACITY_TOTAL, CAPACITY_INDEXES };

/** From a ReturnConsumedCapacity member that passed its constraint. */
enum capacity_mode capacity_mode_of(const struct input *input, unsigned member);

/* What one key has used, while somebody wants to know. */
struct consumption_use {
    struct consumption_use *next;
    uint16_t index; /* a global one's id, or CAPACITY_TABLE */
    struct insights_key key;
    uint64_t half_units;
};

struct consumption {
    struct consumption *next; /* of the call */
    struct arena *arena;      /* the call's */
    struct table *table;      /* borrowed, as the schema is */
    const struct schema *schema;
    enum capacity_kind kind;
    bool transactional; /* answers also say Read- or WriteCapacityUnits */
    uint64_t admitted;  /* taken in advance, of the table ... */
    uint64_t used;      /* of the table itself */
    uint32_t touched;   /* indexes that were read or written, by position in the schema */
    uint64_t index_admitted[TABLE_INDEXES_MAX], index_used[TABLE_INDEXES_MAX];
    struct consumption_use *uses; /* in the arena; the last one first */
};

/** `consumption`, table and schema stay where they are until the call ends. One that has begun is
 * settled and begins anew. */
void consumption_begin(struct call *call, struct consumption *consumption, struct table *table,
                       const struct schema *schema, enum capacity_kind kind);
/**
 * Asks for what the work costs at least, before it begins; several times for several items.
 * ST_REFUSED fills *reterr: ProvisionedThroughputExceededException, or ThrottlingException for the
 * maximum of an on-demand table, with the reason and the resource.
 */
int consumption_admit(struct call *call, struct consumption *consumption,
                      const struct item_key *key, uint64_t half_units, struct api_error *reterr);
/** The same for a read of a range of the table or of an index. */
int consumption_admit_range(struct call *call, struct consumption *consumption,
                            const struct range_options *range, uint64_t half_units,
                            struct api_error *reterr);
/** Whether an error is that of consumption_admit(): batches give such items back. */
bool consumption_refused(const struct api_error *error);
/** Adds what was used of the table for an item. */
void consumption_add(struct consumption *consumption, const struct item_key *key,
                     uint64_t half_units);
/** Adds what the read of a range of the table or of an index used. */
void consumption_add_range(struct consumption *consumption, const struct range_options *range,
                           uint64_t half_units);
/** Adds what a write did to the indexes: one element per index of the schema. NULL: nothing. */
void consumption_add_index_writes(struct consumption *consumption,
                                  const struct index_write *writes);
/** Forgets what was added: the work begins again. */
void consumption_reset(struct consumption *consumption);
/** Adds what another of the same table used, for an answer that shows them as one; `sum` belongs to
 * no call. */
void consumption_sum(struct consumption *sum, const struct consumption *other);
/** When the call ends, by dispatch.c. */
void consumption_settle_all(struct consumption *first);

/** {"TableName": ..., "CapacityUnits": ...} as an element of its own; nothing for CAPACITY_NONE. */
void consumption_write(struct json_writer *writer, enum capacity_mode mode,
                       const struct consumption *consumption);
/** The same as the member "ConsumedCapacity". */
void consumption_write_member(struct json_writer *writer, enum capacity_mode mode,
                              const struct consumption *consumption);

#endif
