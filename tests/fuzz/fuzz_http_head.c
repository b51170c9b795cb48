/*
 * fuzz_http_head.c - arbitrary bytes as a connection: heads, chunks, bodies, gzip, pipelining.
 *
 * The first byte says in which pieces the network delivers the rest. What comes out must not depend
 * on that: the same bytes in one piece give the same requests and the same refusal.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "base/hash.h"
#include "http/http_input.h"

struct outcome {
    uint64_t hash; /* of all requests, in order */
    unsigned requests;
    int status; /* 0, or with what it was refused */
};

static void note(struct outcome *outcome, struct slice bytes)
{
    outcome->hash = outcome->hash * 31 + hash64(bytes);
}

static void note_request(struct outcome *outcome, const struct http_exchange *exchange)
{
    const struct http_request *request = &exchange->request;

    outcome->requests++;
    note(outcome, request->method);
    note(outcome, request->target);
    note(outcome, request->path);
    note(outcome, request->query);
    for (size_t i = 0; i < request->header_count; i++) {
        note(outcome, request->headers[i].name);
        note(outcome, request->headers[i].value);
    }
    note(outcome, request->body);
    note(outcome, request->body_sent);
}

static struct outcome feed(struct slice bytes, size_t piece)
{
    struct http_pool pool = {.random = {1}};
    struct outcome outcome = {.requests = 0};
    struct http_input input;

    http_input__init(&input, &pool);
    while (bytes.len > 0 && outcome.status == 0) {
        struct http_exchange *exchange;
        uint8_t *space;
        size_t cap;
        int rc;

        if (http_input__space(&input, &space, &cap) < 0)
            break;
        if (cap > piece)
            cap = piece;
        if (cap > bytes.len)
            cap = bytes.len;
        memcpy(space, bytes.ptr, cap);
        http_input__received(&input, cap);
        bytes = slice_skip(bytes, cap);
        while ((rc = http_input__next(&input, &exchange)) == 1) {
            note_request(&outcome, exchange);
            http_pool__exchange_free(&pool, exchange);
        }
        if (rc < 0)
            outcome.status = input.status;
    }
    http_input__release(&input);
    http_pool__release(&pool);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes;
    struct outcome whole, pieces;

    if (size < 2)
        return 0;
    bytes = slice_of(data + 1, size - 1);
    whole = feed(bytes, SIZE_MAX);
    pieces = feed(bytes, 1 + data[0]);
    assert(whole.requests == pieces.requests);
    assert(whole.hash == pieces.hash);
    assert(whole.status == pieces.status);
    return 0;
}
