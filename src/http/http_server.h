/*
 * http_server.h - an HTTP/1.1 server on the executor's workers.
 *
 *     static void on_request(struct http_request *request)
 *     {
 *         struct buf body = BUF_EMPTY;
 *         buf_append_str(&body, "{}");
 *         http_respond(request, &(struct http_response){
 *             .status = 200, .content_type = SLICE("application/json"), .body = body});
 *     }
 *     http_server_new(&(struct http_server_options){.executor = executor, .address = "127.0.0.1",
 *                     .port = 8000, .on_request = on_request}, &server, &refusal);
 *
 * One listener per worker (SO_REUSEPORT); a connection lives on the worker that accepted it. The
 * handler runs on that worker's strand, once per complete request, and must not block. It answers
 * with http_respond() exactly once, at once or later, from any thread.
 *
 * A request, everything it points to, and its arena live until http_respond() is called; after that
 * the handler must not touch them. The one exception: bytes in the arena that are handed to
 * http_respond() as `borrowed` stay until they are sent.
 *
 * Keep-alive and pipelining (answers leave in the order of the requests, at most
 * HTTP_PIPELINE_MAX are in flight per connection), Expect: 100-continue, chunked request bodies,
 * Content-Encoding: gzip request bodies. Ambiguous messages are refused with 400 and the connection
 * closed: two Content-Length, Transfer-Encoding beside Content-Length, folded header lines, line
 * ends without CR, white space before a colon, NUL.
 *
 * Every answer carries Server, Date, Content-Length and Connection, and unless `bare`:
 * x-amzn-RequestId, x-amz-crc32 (over the body as sent), and Access-Control-Allow-Origin when the
 * request had an Origin. Source: spec/dynamodb-wire.md section 1.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_HTTP_SERVER_H
#define TROPIC_HTTP_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/status.h"

enum {
    HTTP_HEAD_BYTES_MAX = 16 * 1024,        /* request line and headers; more: 431 */
    HTTP_TARGET_BYTES_MAX = 8 * 1024,       /* more: 414 */
    HTTP_HEADERS_MAX = 100,                 /* header lines; more: 431 */
    HTTP_BODY_BYTES_MAX = 16 * 1024 * 1024, /* as sent, and again after unpacking; more: 413.
                                             * Source: DynamoDB, request size */
    HTTP_PIPELINE_MAX = 32,                 /* requests in flight per connection, ours */
    HTTP_REQUEST_ID_LEN = 52,               /* of [0-9A-Z]. Source: x-amzn-RequestId */
    HTTP_HEAD_TIMEOUT_MS = 10 * 1000,       /* from a request's first byte to the end of its head */
    HTTP_IDLE_TIMEOUT_MS = 60 * 1000,       /* between requests */
    HTTP_BODY_GRACE_MS = 10 * 1000,         /* a body may take this long, and then must keep ... */
    HTTP_BODY_RATE_MIN = 16 * 1024,         /* ... this many bytes a second on average */
    HTTP_WRITE_STALL_MS = 30 * 1000,        /* a reader that takes nothing for so long is closed */
    HTTP_OUTPUT_PAUSE_BYTES = 4 * 1024 * 1024, /* unsent answers: no further request is taken */
    HTTP_CONNECTIONS_MAX_DEFAULT = 10000,
};

struct http_header {
    struct slice name;  /* as sent: compare with slice_eq_nocase() */
    struct slice value; /* without white space at its ends */
};

struct http_request {
    struct slice method; /* "POST"; case-sensitive */
    struct slice target; /* as sent: path, and what follows */
    struct slice path;   /* target up to '?' ; not decoded */
    struct slice query;  /* after '?' ; not decoded; ptr NULL when there is no '?' */
    const struct http_header *headers;
    size_t header_count;
    struct slice body;      /* without chunking, unpacked when it was Content-Encoding: gzip */
    struct slice body_sent; /* without chunking, still packed: what a signature covers */
    bool tls;               /* it came over TLS */

    char id[HTTP_REQUEST_ID_LEN + 1]; /* x-amzn-RequestId of the answer */
    struct arena *arena;              /* bounded; for whoever works on the request */
    struct strand *strand;            /* the worker's strand on which the handler was called */
    struct mono received;             /* when the request was complete */
    void *server_context;             /* from http_server_options.context */
    void *context;                    /* the handler's own; NULL at first */
};

/** The value of the first header of that name (any case); ptr is NULL when there is none. */
struct slice http_request_header(const struct http_request *request, const char *name);

struct http_response {
    int status;
    struct slice content_type;         /* empty: no Content-Type */
    const struct http_header *headers; /* more headers; read during the call only */
    size_t header_count;
    /* The body is not sent, only its length, when the request was HEAD or the status is 304. */
    struct buf body;       /* ownership passes to the server, always */
    struct slice borrowed; /* the body when `body` is empty: static, or in the request's arena */
    bool close;            /* close the connection after this answer */
    bool bare;             /* no x-amzn-RequestId, x-amz-crc32, Access-Control-* */
};

/** Answers. Exactly once per request, any thread. A broken or closed connection is not reported. */
void http_respond(struct http_request *request, const struct http_response *response);

/** Answers an OPTIONS request that has an Origin, as DynamoDB does. spec/dynamodb-wire.md
 * section 1. */
void http_respond_preflight(struct http_request *request);

/** ASCII letters compare without case. */
bool slice_eq_nocase(struct slice a, struct slice b);

/* ---- the server ---- */

struct tls; /* http/tls.h */
struct http_server;

struct http_server_options {
    struct executor *executor; /* executor_threads.h */
    const char *address;       /* "127.0.0.1", "0.0.0.0", "::"; a number, not a name */
    uint16_t port;             /* 0: any free one, see http_server_port() */
    struct tls *tls;           /* NULL: plain. Borrowed; outlives the server */
    unsigned connections_max;  /* 0: HTTP_CONNECTIONS_MAX_DEFAULT; more are closed at once */
    struct log log;
    void (*on_request)(struct http_request *request);
    void *context; /* for request->server_context */
    /* For tests; 0: the constants above. */
    unsigned head_timeout_ms, idle_timeout_ms, body_grace_ms, write_stall_ms;
};

/**
 * Listens before it returns. ST_REFUSED with a line for the operator in *reterr (address in use,
 * not an address, no permission), ST_NOMEM. Not from a thread of the executor.
 */
int http_server_new(const struct http_server_options *options, struct http_server **ret_server,
                    struct refusal *reterr);
uint16_t http_server_port(const struct http_server *server);

/**
 * Stops accepting, closes idle connections, lets requests in flight be answered (with Connection:
 * close) and waits for that, at most timeout_ms; then cuts what is left. Blocks; not from a thread
 * of the executor. Returns 0, or ST_TIMEOUT when connections had to be cut.
 */
int http_server_drain(struct http_server *server, int64_t timeout_ms);

/**
 * Drains with a timeout of 0 if need be and frees. Requests that are still with a handler must be
 * answered before: it waits for them. Not from a thread of the executor. NULL is a no-op.
 */
void http_server_free(struct http_server *server);

struct http_server_stats {
    uint64_t accepted, refused;      /* connections; refused: over the limit */
    uint64_t requests, requests_bad; /* complete ones; those refused here with 4xx */
    uint64_t bytes_received, bytes_sent;
    uint64_t connections; /* open now */
};
/** Any thread. The numbers are of nearly the same moment. */
void http_server_stats(const struct http_server *server, struct http_server_stats *ret_stats);

#endif
