/*
 * api.h - the DynamoDB operations over HTTP: reject, authenticate, decode, validate, call, answer.
 *
 * The server gives every request other than its own (/_tropic/v1, /metrics, /console) to
 * api_handle(), which answers it exactly once, now or later. The order of rejections is
 * dynamodb-wire.md §1.1; the Region is the one in the SigV4 credential scope. Operations are a
 * table (operations.h): name, target, handler, required permission, state; a new operation is a row
 * and a file.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_API_H
#define TROPIC_API_API_H

#include "auth/credentials.h"
#include "auth/sigv4.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "http/http_server.h"
#include "replication/replication.h"
#include "table/store.h"

struct api;

struct api_options {
    struct executor *executor;
    struct log log;
    bool any_credentials;            /* dev on loopback: signatures are not checked */
    struct credentials *credentials; /* serve: NULL only with any_credentials */
    bool older_wording;              /* of errors: wording.h */
    bool delivers_to_kinesis;        /* else such destinations are refused */
    const char *account;             /* 12 digits; of ARNs in dev */
};
int api_open(const struct api_options *options, struct api **ret_api);
void api_free(struct api *api); /* no request in flight */

/**
 * Regions hosted by this process. A Region may be taken out (stopped) and put in again while
 * requests run: on_idle runs on the strand when no request uses it any more.
 */
struct api_region {
    const char *name;
    struct store *store;
    struct replication *replication; /* NULL: no global tables */
    struct clock *clock;
};
int api_region_add(struct api *api, const struct api_region *region);
struct api_region_remove {
    const char *name;
    struct strand *strand;
    void (*on_idle)(struct api_region_remove *remove);
    struct task task;
};
/** Requests for it answer 503 from now on (Region stopped), until added again. */
void api_region_remove(struct api *api, struct api_region_remove *remove);

/** Handles any request that is DynamoDB's: POST /, GET / (health), OPTIONS, unknown paths. */
void api_handle(struct api *api, struct http_request *request);

/**
 * For the server's own signed endpoints: checks the signature (service "dynamodb") and gives the
 * Region of the scope. On failure it has answered the request and returns false.
 */
bool api_authenticate(struct api *api, struct http_request *request, struct slice *ret_region,
                      struct slice *ret_access_key);

/* ---- numbers: per operation, since start ---- */

enum { API_LATENCY_BUCKETS = 48 }; /* powers of sqrt(2) from 16 us */
struct api_operation_view {
    const char *operation;
    const char *region;
    uint64_t requests, user_errors, system_errors, throttled;
    uint64_t latency_us_total;
    uint64_t latency[API_LATENCY_BUCKETS];
};
uint64_t api_latency_bucket_us(uint32_t bucket); /* upper bound */
/** Operations that were called at least once. visit runs on the caller's thread. */
int api_each_operation(struct api *api,
                       int (*visit)(void *context, const struct api_operation_view *view),
                       void *context);

#endif
