/*
 * call.h - one request on its way: from the decoded body to the one answer.
 *
 * A call lives in its request's arena, belongs to the request's strand, and is handed to one I/O
 * task or one lane at a time; whoever has it may use the arena. It ends exactly once, on the
 * request's strand, in call_answer() or call_fail(), after which nothing of it may be touched.
 *
 *     void list_tables_run(struct call *call)
 *     {
 *         struct json_writer writer = json_writer_of(&call->out);
 *         ...
 *         call_answer(call);
 *     }
 *
 * The JSON cursors of `input` and all strings taken from it live until the call ends: its parser is
 * its own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_CALL_H
#define TROPIC_API_CALL_H

#include "api/api_priv.h"
#include "api/errors.h"
#include "api/operations.h"
#include "api/shape.h"

enum { CALL_DEADLINE_MS = 5000 }; /* ours: a write that has not begun by then is throttled */

struct consumption;

struct call {
    struct api *api;
    struct worker *worker;
    struct http_request *http;
    struct arena *arena; /* the request's */
    struct slice content_type;
    const struct operation *operation;
    struct sigv4_identity identity;
    struct hosted_region *region; /* entered */
    struct json_parser *parser;
    struct json body;
    struct input input;
    struct api_error error;
    struct buf out;      /* the answer's body */
    struct table *table; /* references, released at the end */
    struct schema *schema;
    struct consumption *consumptions;   /* settled at the end: capacity.h */
    struct text_hold *texts;            /* given back at the end: text_cache.h */
    void *state;                        /* the operation's own */
    void (*release)(struct call *call); /* gives back what `state` holds; NULL: only memory */
    /* An excursion to the I/O pool. */
    struct task task;
    int (*io_work)(struct call *call);
    void (*io_then)(struct call *call, int rc);
    int io_rc;
};

/** 200 with `out`. */
void call_answer(struct call *call);
/** rc: ST_REFUSED with `error` filled in, or any other negative status. */
void call_fail(struct call *call, int rc);

/** Runs work(call) where it may touch the disk, then then(call, its rc) on the request's strand. */
void call_io(struct call *call, int (*work)(struct call *call),
             void (*then)(struct call *call, int rc));

int call_refuse_not_yet(struct call *call, const char *what) __attribute__((warn_unused_result));
/** Refuses by name the first of `members` that is present: what the next issues bring. */
int call_refuse_later(struct call *call, const struct input *input, const uint8_t *members,
                      size_t count);
/** A refusal of value/ as this operation words it. */
struct value_refusal;
int call_refuse_value(struct call *call, int rc, const struct value_refusal *refusal);
struct expr_error;
int call_refuse_expression(struct call *call, int rc, const struct expr_error *error);
/** A refusal in words that every operation sends as they are. */
int call_refuse_words(struct call *call, int rc, const struct refusal *refusal);

/** Reads a map of attribute values; the item is in the arena. */
int call_read_item(struct call *call, struct json json, struct slice *ret_item);

/* ---- tables ---- */

/** AccessDeniedException: the resource, an ARN, is another account's. */
int call_refuse_access(struct call *call, struct slice resource)
    __attribute__((warn_unused_result));

/**
 * The table of a data-plane request, by name or ARN, with its schema: references that the caller
 * owns. ST_REFUSED: ResourceNotFoundException when there is none that is open to clients,
 * ACCESS_DENIED for an ARN of another account.
 */
int call_find_table(struct call *call, struct slice name, struct table **ret_table,
                    struct schema **ret_schema);
/** The same into call->table and call->schema. */
int call_open_table(struct call *call, struct slice name);
/** The name inside an ARN of this account and Region; a plain name as it is. */
int call_table_name(struct call *call, struct slice name_or_arn, struct slice *ret_name);

static inline int64_t call_wall_ms(const struct call *call)
{
    return clock_wall_ms(call->region->clock);
}

#endif
