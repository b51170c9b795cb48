/*
 * write.h - one write of one item: PutItem, UpdateItem, DeleteItem and the writing statements of
 * PartiQL without their differences.
 *
 *   run():  table, key, checks that need the schema   (on the request's strand)
 *   write_start():  the record into memory             (cached get; a miss goes through the I/O
 * pool) decide():  condition, then the operation's apply() (on the lane of the item's partition)
 *   answer:  Attributes, ConsumedCapacity              (on the request's strand, after the fsync)
 *
 * A lane never waits for a disk, which is why the record is read before the mutation is queued.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_WRITE_H
#define TROPIC_API_WRITE_H

#include "api/call.h"
#include "api/capacity.h"
#include "api/expressions.h"

enum return_values {
    RETURN_NONE,
    RETURN_ALL_OLD,
    RETURN_UPDATED_OLD,
    RETURN_ALL_NEW,
    RETURN_UPDATED_NEW,
};

struct write {
    struct call *call;
    /* Of the call, unless several writes of one call are under way: then each has its own. */
    struct table *table;
    const struct schema *schema;
    struct arena *arena;
    struct api_error *error;
    struct expressions expressions;
    enum return_values return_values;
    bool return_on_failure; /* ReturnValuesOnConditionCheckFailure = ALL_OLD */
    enum capacity_mode capacity;
    struct consumption consumption;
    uint8_t metrics_member; /* ReturnItemCollectionMetrics: it has its own number in every input */
    uint64_t bytes_min;     /* of the item when it is known beforehand: it is admitted with that */
    struct slice key;       /* the Key argument as an item; unused by PutItem */
    struct mutation mutation;
    /*
     * What the item becomes: `current` is the item that is there, or ITEM_EMPTY. Runs on the lane,
     * after the condition held. ST_REFUSED with *write->error.
     */
    int (*apply)(struct write *write, struct slice current, bool exists,
                 enum mutation_outcome *ret_outcome, struct slice *ret_item);
    /* On the request's strand, instead of the answer that the three operations have in common: rc
     * as call_fail() takes it, with *write->error. NULL: that answer. */
    void (*finished)(struct write *write, int rc);
    /* results of decide() */
    struct slice attributes; /* of the answer; ptr NULL: none */
    uint64_t bytes_max;      /* the larger image */
    /* private */
    struct task task;
    int refused;
};

/** ReturnValues: all five of an update, NONE and ALL_OLD of others. */
int write_read_return_values(struct write *write, unsigned member, bool update);
/** The refusal of a false condition, with the item if it is to be shown. On the lane. */
int write_condition_failed(struct write *write, struct slice current, bool exists);
/** After the table was opened and mutation.key filled in. Answers the call, or calls finished().
 * What is not filled in of table, schema, arena and error is the call's. */
void write_start(struct write *write);

#endif
