/*
 * http_exchange.h - one request and its answer, and the memory that both use. Private to http/.
 *
 * Received bytes lie in blocks of HTTP_BLOCK_BYTES, counted by reference: several pipelined
 * requests may lie in one block, so nothing is copied and a block returns to the pool with its last
 * request. A body that does not fit into the block beside its head has a buffer of its own, into
 * which the socket is read directly. Connections that wait hold no block.
 *
 * Exchanges and blocks belong to the worker whose pool they come from. Between the call of the
 * handler and http_respond() the exchange belongs to the handler, whatever thread that is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_HTTP_EXCHANGE_H
#define TROPIC_HTTP_HTTP_EXCHANGE_H

#include "base/arena.h"
#include "base/list.h"
#include "http/http_server.h"

enum {
    HTTP_BLOCK_BYTES = HTTP_HEAD_BYTES_MAX, /* a head always fits into one block */
    HTTP_ARENA_BYTES_MAX = 64 * 1024 * 1024,
    HTTP_ARENA_BYTES_KEPT = 32 * 1024, /* a pooled exchange keeps no larger arena or buffer */
    HTTP_POOLED_MAX = 128,             /* free blocks, and free exchanges, kept per worker */
    HTTP_BODIES_BYTES_MAX = 256 * 1024 * 1024, /* bodies outside of blocks, per worker; more: 503 */
};

struct http_block {
    struct http_block *next_free;
    unsigned refs;
    uint8_t bytes[HTTP_BLOCK_BYTES];
};

struct http_conn;

/* What parsing the head has found, beside what the handler sees. */
struct http_framing {
    uint64_t content_length;
    bool chunked;
    bool keep_alive;
    bool expects_continue;
    bool gzip;
    bool head_only; /* HEAD: the answer has no body */
    bool has_origin;
};

struct http_exchange {
    struct http_request request; /* first: what the handler gets */
    struct http_framing framing;
    struct http_header headers[HTTP_HEADERS_MAX];
    struct arena arena;
    struct http_block *block; /* where the head lies, and perhaps the body; counted */
    struct buf body;          /* the body, when it does not lie in the block */
    struct buf unpacked;      /* the body after gzip */
    size_t body_bytes;        /* what these two count for in the pool's body_bytes */

    struct http_conn *conn;
    struct list_node in_flight; /* of the connection, in order of arrival */

    /* The answer; written by http_respond(). */
    struct task answered; /* brings the exchange back to the connection's strand */
    bool is_answered;
    bool closes;
    struct buf answer_head;
    struct buf answer_body;
    struct slice answer_bytes; /* answer_body, or borrowed bytes */
    size_t sent;               /* of head and body together */

    struct http_exchange *next_free;
};

static inline struct http_exchange *http_exchange_of(struct http_request *request)
{
    return CONTAINER_OF(request, struct http_exchange, request);
}

struct http_pool {
    struct http_block *blocks;
    struct http_exchange *exchanges;
    unsigned blocks_free, exchanges_free;
    size_t body_bytes;  /* memory of all bodies outside of blocks */
    uint64_t random[4]; /* for request ids; seeded by the owner */
};

void http_pool__release(struct http_pool *pool);

struct http_block *http_pool__block(struct http_pool *pool); /* one reference; NULL: no memory */
void http_pool__block_unref(struct http_pool *pool, struct http_block *block); /* NULL: no-op */
struct http_exchange *http_pool__exchange(struct http_pool *pool);
/** Counts the memory of the exchange's bodies again. ST_BUSY when the pool has too much of it. */
int http_pool__count_body(struct http_pool *pool, struct http_exchange *exchange);
/** Frees what the request and its answer held. NULL is a no-op. */
void http_pool__exchange_free(struct http_pool *pool, struct http_exchange *exchange);

/** Writes the head of the answer; `body_len` and `crc` are of the body as sent. ST_NOMEM. */
int http_answer__head(struct http_exchange *exchange, const struct http_response *response,
                      bool closes, size_t body_len, uint32_t crc, int64_t wall_us);
/** The whole answer to a message that never became a request; closes. "" for an unknown status. */
struct slice http_answer__refusal(int status);

#endif
