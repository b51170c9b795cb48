/*
 * http_input.h - from bytes to requests: everything a connection does that needs no socket.
 * Private to http/.
 *
 *     http_input__space(&input, &space, &len);
 *     n = recv(fd, space, len, 0);
 *     http_input__received(&input, n);
 *     while ((rc = http_input__next(&input, &exchange)) == 1)
 *         ... a complete request ...
 *
 * Tests and the fuzzer drive it from memory.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_HTTP_INPUT_H
#define TROPIC_HTTP_HTTP_INPUT_H

#include <llhttp.h>

#include "http/http_exchange.h"
#include "http/http_head.h"

/*
 *  HEAD --complete head--> LENGTH or CHUNKED --complete body--> HEAD
 *    |                        |
 *    +------ refused ---------+--> FAILED (for good)
 */
enum http_input_state { HTTP_INPUT_HEAD, HTTP_INPUT_LENGTH, HTTP_INPUT_CHUNKED, HTTP_INPUT_FAILED };

struct http_input {
    struct http_pool *pool;
    enum http_input_state state;

    struct http_block *block; /* one reference; NULL: nothing received that is not taken */
    size_t start, end;        /* what is received and not yet taken */
    struct http_scan scan;    /* of the head that begins at start */

    struct http_exchange *exchange; /* whose body is arriving */
    llhttp_t parser;
    uint64_t body_left; /* LENGTH: bytes of the body that have not come */
    size_t extras;      /* CHUNKED: see struct http_chunks */
    uint8_t chunks_last;
    bool wants_continue; /* the client waits for "100 Continue"; the owner clears it */
    int status;          /* FAILED: with this HTTP status */
};

void http_input__init(struct http_input *input, struct http_pool *pool);
void http_input__release(struct http_input *input);

/** Where the next bytes go, at least one. ST_NOMEM. */
int http_input__space(struct http_input *input, uint8_t **ret_space, size_t *ret_len);
void http_input__received(struct http_input *input, size_t len);

/**
 * Takes the next complete request: 1 and *ret_exchange, which is then the caller's. 0: more bytes
 * are needed. ST_REFUSED: input->status says why, and nothing more is read.
 */
int http_input__next(struct http_input *input, struct http_exchange **ret_exchange);

/** Nothing is half received. */
static inline bool http_input__is_idle(const struct http_input *input)
{
    return input->state == HTTP_INPUT_HEAD && input->start == input->end;
}
/** There are bytes that http_input__next() has not looked at. */
static inline bool http_input__has_bytes(const struct http_input *input)
{
    return input->start < input->end;
}

#endif
