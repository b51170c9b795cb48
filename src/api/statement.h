/*
 * statement.h - one PartiQL statement of a call: what ExecuteStatement, BatchExecuteStatement and
 * ExecuteTransaction have in common.
 *
 *   statement_prepare()   text and parameters        (any thread)
 *   statement_open()      its table, the checks that need the schema
 *   then one of
 *     statement_select()  a page of a SELECT; answers the call
 *     statement_key()     the one key that it names, for writes and reads of single items
 *     statement_write()   INSERT, UPDATE or DELETE, in the lane of its item
 *
 * A call with several statements gives each its own arena and error, so that one may fail and the
 * others go on.
 *
 * Source: dynamodb-partiql-vector.md section 1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_STATEMENT_H
#define TROPIC_API_STATEMENT_H

#include "api/call.h"
#include "api/write.h"
#include "expr/partiql.h"

#define MESSAGE_WHERE_WITHOUT_KEY                                                                  \
    "Where clause does not contain a mandatory equality on all key attributes"
#define MESSAGE_EXISTS_OUTSIDE "EXISTS is supported in ExecuteTransaction only" /* our words */

struct statement {
    struct call *call;
    struct arena *arena;     /* of the call, or its own */
    struct api_error *error; /* likewise; what ST_REFUSED of these functions is about */
    struct slice text;
    struct slice *parameters; /* encoded */
    size_t parameter_count;
    struct partiql partiql;
    struct table *table; /* references, which statement_release() gives back */
    struct schema *schema;
    struct write write;
    /* On the request's strand, after statement_write(): rc as call_fail() takes it. */
    void (*written)(struct statement *statement, int rc);
};

/** Parameters: the JSON member, or NULL. Fills in what comes before `table`. */
int statement_prepare(struct statement *statement, struct call *call, struct arena *arena,
                      struct api_error *error, struct slice text, const struct json *parameters);
bool statement_reads(const struct statement *statement); /* SELECT */
int statement_open(struct statement *statement);
/** What the paths of the statement may not do; part of statement_open(). */
int statement_check_keys(struct statement *statement);
void statement_release(struct statement *statement);

/** The whole WHERE clause is true for the item. */
bool statement_holds(const struct statement *statement, struct slice item);
/** What a SELECT shows of an item; it may be the item itself. */
int statement_show(const struct statement *statement, struct slice item, struct arena *arena,
                   struct slice *ret_item);

/** The key by equality; *ret_found is false when the WHERE clause does not name one. */
int statement_find_key(struct statement *statement, bool *ret_found, struct item_key *ret_key);
/** The key that a write is about: of INSERT's item, or of the WHERE clause (refused if not there).
 */
int statement_key(struct statement *statement, struct item_key *ret_key);

/**
 * What the item becomes. `current` is the item that is there, or ITEM_EMPTY. On the lane. The
 * condition may refuse: CONDITION_FAILED or DUPLICATE_ITEM with *error.
 */
enum statement_verdict { STATEMENT_WRITES, STATEMENT_DUPLICATE, STATEMENT_CONDITION_FAILED };
int statement_decide(const struct statement *statement, struct arena *arena, struct slice current,
                     bool exists, enum statement_verdict *ret_verdict,
                     enum mutation_outcome *ret_outcome, struct slice *ret_item,
                     struct expr_error *reterr);
/** After statement_key() into write.mutation.key. */
void statement_write(struct statement *statement);

/* ---- pages of a SELECT ---- */

struct statement_page_options {
    bool consistent;
    uint64_t limit; /* 0: none */
    enum capacity_mode capacity;
    struct slice next_token; /* ptr NULL: the first page */
};
/** Answers the call, which has this one statement. */
void statement_select(struct statement *statement, const struct statement_page_options *options);

/* ---- NextToken ---- */

/** What a token says: the page begins after this key (an item with the key attributes). */
int statement_token_print(const struct statement *statement, struct slice key_item,
                          struct slice *ret_text);
/** ST_REFUSED with *statement->error: not a token of this Region, or one of another statement. */
int statement_token_parse(const struct statement *statement, struct slice text,
                          struct slice *ret_key_item);

#endif
