/*
 * http_client.h - a small blocking HTTP/1.1 client for the command line and tests.
 *
 *     http_client_open(&(struct http_client_options){.host = "127.0.0.1", .port = 8000}, &client,
 *                      &refusal);
 *     http_client_call(client, &request, &answer, &refusal);
 *     ... answer.status, answer.body ...
 *     http_client_answer_release(&answer);
 *     http_client_close(client);
 *
 * One connection, kept alive between calls and opened again when the server has closed it in the
 * meantime; a call that has begun is never repeated. Never on a thread of an executor. For signed
 * requests see auth/sigv4.h, signed_call().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_HTTP_CLIENT_H
#define TROPIC_HTTP_HTTP_CLIENT_H

#include <stdint.h>

#include "base/bytes.h"
#include "base/status.h"
#include "http/http_server.h"

struct tls;
struct http_client;

enum {
    HTTP_CLIENT_TIMEOUT_MS_DEFAULT = 30 * 1000,
    HTTP_CLIENT_ANSWER_BYTES_MAX_DEFAULT = 64 * 1024 * 1024,
};

struct http_client_options {
    const char *host; /* name or number; copied */
    uint16_t port;
    struct tls *tls;         /* NULL: plain; else from tls_client_new(), borrowed */
    unsigned timeout_ms;     /* of one call, whole; 0: the default */
    size_t answer_bytes_max; /* head and body; 0: the default */
};

struct http_client_request {
    struct slice method, target;       /* "POST", "/" */
    const struct http_header *headers; /* Host and Content-Length are added */
    size_t header_count;
    struct slice body;
};

struct http_client_answer {
    int status;
    struct http_header headers[HTTP_HEADERS_MAX];
    size_t header_count;
    struct slice body;
    struct buf head_bytes, body_bytes; /* private: what the slices point into */
};
#define HTTP_CLIENT_ANSWER_EMPTY ((struct http_client_answer){.status = 0})

/** Does not connect yet. ST_NOMEM. */
int http_client_open(const struct http_client_options *options, struct http_client **ret_client);
/** "host:port", or "host" on the scheme's own port: what the Host header says. */
struct slice http_client_authority(const struct http_client *client);
/** ST_IO, ST_TIMEOUT, ST_TOOBIG, ST_CORRUPT (not HTTP), each with a line in *reterr. */
int http_client_call(struct http_client *client, const struct http_client_request *request,
                     struct http_client_answer *ret_answer, struct refusal *reterr);
struct slice http_client_answer_header(const struct http_client_answer *answer, const char *name);
void http_client_answer_release(struct http_client_answer *answer);
void http_client_close(struct http_client *client); /* NULL is a no-op */

#endif
