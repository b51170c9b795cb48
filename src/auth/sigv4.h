/*
 * sigv4.h - AWS Signature Version 4: verifying requests, signing them, and DynamoDB's words for
 * everything that can be wrong with a signature.
 *
 *     rc = sigv4_verify(sigv4, request, wall_ms, &identity, &error);
 *     if (rc == ST_REFUSED)
 *         answer 400 {"__type": error.type, "message": error.message};
 *     region = identity.region;
 *
 * Both places of a signature are read: the Authorization header, and the query string of presigned
 * URLs. The canonical request is built from the request as it came; the payload's hash is always
 * our own, of request->body_sent ("UNSIGNED-PAYLOAD" counts only over TLS). Host, X-Amz-Target,
 * the date and the security token must be among the signed headers: what is not signed can be
 * changed on the way.
 *
 * An unknown access key takes the same path as a wrong signature up to the choice of the words, and
 * signatures are compared in constant time.
 *
 * Sources: AWS, "Create a signed AWS API request"; spec/dynamodb-wire.md section 2.1.
 *
 * Threads: any; contexts for hashing and derived keys are kept per thread inside `struct sigv4`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_AUTH_SIGV4_H
#define TROPIC_AUTH_SIGV4_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/credentials.h"
#include "base/bytes.h"
#include "base/status.h"
#include "http/http_client.h"
#include "http/http_server.h"

struct sigv4;

/* A refusal in DynamoDB's words; HTTP status 400. */
struct auth_error {
    const char *code;     /* "InvalidSignatureException" */
    const char *type;     /* "com.amazon.coral.service#InvalidSignatureException", for __type */
    struct slice message; /* in the arena; it may quote a header, in any bytes: escape it */
};

struct sigv4_identity {
    struct slice access_key, region, service; /* of the credential scope; slices of the request */
    const char *account;                      /* in the request's arena, 12 digits */
    const char *user;                         /* in the request's arena: the profile's name */
};

enum sigv4_mode {
    SIGV4_VERIFY, /* signatures decide */
    SIGV4_ANY,    /* `tropic dev`: well-formed is enough; only the scope is read */
};

enum {
    SIGV4_SKEW_MAX_MS = 15 * 60 * 1000,             /* either way. Source: wire section 2.1 */
    SIGV4_PRESIGNED_SECONDS_MAX = 7 * 24 * 60 * 60, /* X-Amz-Expires. Source: SigV4, presigned */
};

struct sigv4_options {
    enum sigv4_mode mode;
    struct credentials *credentials; /* borrowed; may be NULL with SIGV4_ANY */
    const char *service;             /* what scopes must name: "dynamodb"; copied */
};

int sigv4_new(const struct sigv4_options *options, struct sigv4 **ret_sigv4); /* ST_NOMEM */
void sigv4_free(struct sigv4 *sigv4); /* no thread may be verifying. NULL is a no-op */

/**
 * Decides whether the request is signed by someone we know.
 *
 * wall_ms   now, in milliseconds since 1970-01-01 UTC.
 *
 * Returns 0 with *ret_identity; ST_REFUSED with *reterr; ST_NOMEM (the arena's bound).
 * Whether this process hosts identity.region is the caller's question: sigv4_refuse_region().
 */
int sigv4_verify(struct sigv4 *sigv4, const struct http_request *request, int64_t wall_ms,
                 struct sigv4_identity *ret_identity, struct auth_error *reterr);

/** Fills *reterr with "Credential should be scoped to a valid region. " and returns ST_REFUSED. */
int sigv4_refuse_region(struct auth_error *reterr);

/* ---- signing ---- */

struct sigv4_signing {
    const struct credential *credential;
    const char *region, *service; /* "dynamodb", or "tropic" for /_tropic/v1 of other tools */
    int64_t wall_ms;
};

enum { SIGV4_ADDED_HEADERS_MAX = 3 };

/**
 * Signs. `request` lists all headers that will be sent beside Host (given as `authority`) and
 * Content-Length. ret_headers receives X-Amz-Date, Authorization, and X-Amz-Security-Token if the
 * credential has one; *ret_count how many. Bytes are in `arena`. ST_NOMEM; ST_TOOBIG.
 */
int sigv4_sign(const struct sigv4_signing *signing, const struct http_client_request *request,
               struct slice authority, struct arena *arena,
               struct http_header ret_headers[SIGV4_ADDED_HEADERS_MAX], size_t *ret_count);

/** http_client_call() with a signature. */
int signed_call(struct http_client *client, const struct sigv4_signing *signing,
                const struct http_client_request *request, struct http_client_answer *ret_answer,
                struct refusal *reterr);

#endif
