/*
 * transact.h - all-or-nothing writes and reads of several items, without what their operations
 * differ in: TransactWriteItems, TransactGetItems and ExecuteTransaction fill in the parts.
 *
 *   prepare   the operation makes a struct transact with its actions (what needs no table)
 *   run       transact_write() or transact_read(): tables -> each action's check() -> no item twice
 *             -> the store -> one answer
 *
 *     struct transact *transact = transact_new(call, count);
 *     for each: transact->actions[i] = action; action->table_name = ...; action->check = ...;
 *     transact_write(transact);          // ends in call_answer() or call_fail()
 *
 * What is wrong with one action cancels all: transact_refuse() puts the reason into the action, and
 * the answer lists the reasons of all of them, in order. An action that is refused before the store
 * is asked (a key that does not fit the schema) keeps the others from being tried.
 *
 * Source: dynamodb-operations.md sections 10 and 11.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_TRANSACT_H
#define TROPIC_API_TRANSACT_H

#include "api/call.h"
#include "api/capacity.h"
#include "api/expressions.h"

enum {
    TRANSACT_NO_METRICS = 0xFF,
    TRANSACT_BYTES_MAX = 4 * 1024 * 1024
}; /* Source: API Reference, TransactWriteItems */

struct transact;
struct transact_table;

/** One write, condition check or read. Embedded in the operation's own, in the call's arena. */
struct transact_action {
    struct slice table_name; /* as in the request: a name or an ARN */
    uint64_t bytes_min;      /* of the item that is there or will be, as far as is known */
    bool return_on_failure;  /* ReturnValuesOnConditionCheckFailure = ALL_OLD */
    /*
     * With action->schema known: fills in *ret_key and checks what needs the schema. 0, ST_REFUSED
     * from transact_refuse() (cancels) or with call->error (refuses the call as such), ST_NOMEM. On
     * the request's strand.
     */
    int (*check)(struct transact_action *action, struct item_key *ret_key);
    /*
     * Writes: what the item becomes. `current` is the item that is there, or ITEM_EMPTY, borrowed
     * until it returns. Runs on a lane, once, never two actions of one call at a time; may use the
     * call's arena. 0, ST_REFUSED from transact_refuse(), ST_NOMEM.
     */
    int (*decide)(struct transact_action *action, struct slice current, bool exists,
                  enum mutation_outcome *ret_outcome, struct slice *ret_item);
    /* Reads: which part of the item is shown; NULL: all of it. */
    const struct expr_projection *projection;
    /* Reads: the same by a function; *ret_item with ptr NULL: nothing. May use the call's arena and
     * borrow from `item`. 0, ST_NOMEM. NULL: `projection` says it. */
    int (*show)(struct transact_action *action, struct slice item, struct slice *ret_item);

    /* Filled in by transact_write() and transact_read() */
    struct transact *transact;
    struct table *table;   /* borrowed from the call */
    struct schema *schema; /* likewise */
    struct transact_table *of;
    struct cancellation_reason reason; /* api/errors.h */
    struct slice item;                 /* reads: what is shown; ptr NULL: nothing */
    uint64_t bytes_max;                /* the larger image; reads: the item's size */
    struct transaction_part part;
};

struct transact {
    struct call *call;
    struct transact_action **actions;
    uint32_t count;
    enum capacity_mode capacity;
    uint8_t metrics_member; /* ReturnItemCollectionMetrics of call->input */
    /* Writes: ClientRequestToken (ptr NULL: none), and what a repetition has to have in common. */
    struct slice client_token;
    uint8_t fingerprint[16];
    /* Writes: members of the answer before ConsumedCapacity; NULL: none. */
    void (*write_answer)(struct transact *transact, struct json_writer *writer);

    /* private */
    struct transact_table *tables;
    uint32_t table_count;
    struct transaction transaction;
    uint64_t bytes; /* of all items */
    bool too_large; /* they are more than a transaction may have */
};

/** Makes call->state (and call->release) with room for `count` actions, to be filled in by the
 *  operation. NULL: no memory. */
struct transact *transact_new(struct call *call, uint32_t count);
/** Both answer the call. The answer of reads has Responses. */
void transact_write(struct transact *transact);
void transact_read(struct transact *transact);

/**
 * Cancels the transaction for this action; returns ST_REFUSED. message: alive as long as the call;
 * empty: the code's usual one. item: copied when the action returns it on failure; ptr NULL: none.
 */
int transact_refuse(struct transact_action *action, enum cancellation_code code,
                    struct slice message, struct slice item) __attribute__((warn_unused_result));
/** As ValidationError, with what a lower module refused. */
int transact_refuse_words(struct transact_action *action, int rc, const struct refusal *refusal)
    __attribute__((warn_unused_result));
int transact_refuse_expression(struct transact_action *action, int rc,
                               const struct expr_error *error) __attribute__((warn_unused_result));

/** Sets transact->fingerprint: of a JSON value as the client sent it; the order of members does not
 *  count. 0, ST_NOMEM. */
int transact_fingerprint(struct transact *transact, struct json value);

#endif
