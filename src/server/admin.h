/*
 * admin.h - the server's own HTTP API: /_tropic/v1/... and /metrics. docs/operations.md is its
 * manual.
 *
 *   GET  /_tropic/v1/status      what there is to see (report.h)
 *   POST /_tropic/v1/verify      {"table": T, "region": R?, "differences_max": n?}
 *   POST /_tropic/v1/conflicts   {"table": T, "region": R?, "after": n?, "limit": n?}
 *   POST /_tropic/v1/insights    {"table": T, "region": R?, "index": I?, "limit": n?}
 *   POST /_tropic/v1/history     {"after": second?, "last": seconds?, "step": seconds?}
 *   POST /_tropic/v1/link        {"from": A, "to": B, "one_way": bool?, "delay": "80ms"?,
 *                                 "jitter": "5ms"?, "loss": "5%"?, "cut": bool?}
 *   POST /_tropic/v1/region      {"region": R, "action": "stop" | "start"}        dev only
 *   POST /_tropic/v1/clock       {"region": R, "offset": "+25h"?}                 dev only
 *   GET  /metrics                Prometheus; signed, or with "Authorization: Bearer <token>"
 *
 * Every request is signed like one to DynamoDB (SigV4, service "dynamodb", any Region in the
 * scope). Answers are JSON; a refusal is {"message": "..."} with 4xx, and its message is what the
 * command line prints.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_ADMIN_H
#define TROPIC_SERVER_ADMIN_H

#include <stdbool.h>

#include "server/server.h"
#include "value/json.h"

enum {
    ADMIN_DIFFERENCES_DEFAULT = 100,
    ADMIN_DIFFERENCES_MAX = 10000,
    ADMIN_CONFLICTS_DEFAULT = 100,
    ADMIN_CONFLICTS_MAX = 1000,
    ADMIN_INSIGHTS_DEFAULT = 10,
    ADMIN_INSIGHTS_MAX = 100,
};

/** True: the path is ours, not DynamoDB's. */
bool admin_is_path(struct slice path);
/** Answers the request, now or later. On the request's strand. */
void admin_handle(struct server *server, struct http_request *request);

/* ---- inside admin*.c ---- */

/* One request under way. In its arena; ends with admin_answer() or admin_refuse(). */
struct admin_call {
    struct server *server;
    struct http_request *request;
    struct task task;
    void (*run)(struct admin_call *call);
    struct json_parser *parser; /* of a POST's body */
    struct json body;           /* an object, for POST */
    struct region *region;      /* held; let go at the end */
    void *state;
};

/** 200 with what is in `out` (taken over). */
void admin_answer(struct admin_call *call, struct buf *out);
void admin_refuse(struct admin_call *call, int http_status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/** A text member as a C string in the arena, or NULL when absent. False: it is wrong; answered. */
bool admin_text(struct admin_call *call, const char *name, const char **ret_text);
/** An integer member within bounds; *value is left when absent. False: it is wrong; answered. */
bool admin_integer(struct admin_call *call, const char *name, int64_t min, int64_t max,
                   int64_t *value);
bool admin_bool(struct admin_call *call, const char *name, bool *value);
/** Holds the Region that member "region" names, else the first that is open. False: answered. */
bool admin_hold_region(struct admin_call *call);

void admin_verify(struct admin_call *call);    /* admin_tables.c; in the I/O pool, answers later */
void admin_conflicts(struct admin_call *call); /* admin_tables.c; in the I/O pool */
void admin_insights(struct admin_call *call);  /* admin_tables.c; in the I/O pool */
void admin_link(struct admin_call *call);      /* admin_faults.c; in the I/O pool */
void admin_clock(struct admin_call *call);     /* admin_faults.c; in the I/O pool */
void admin_region(struct admin_call *call);    /* admin_faults.c; on the control strand */

#endif
