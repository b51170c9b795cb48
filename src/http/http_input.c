/*
 * http_input.c - see http_input.h.
 *
 * A head is parsed when all of it has come. A body of known length stays in the block when it fits
 * there beside its head, which is the common case and copies nothing; otherwise it gets a buffer
 * that grows as its bytes come (a client that promises 16 MB and sends nothing costs nothing), and
 * the socket is read straight into it. Chunked bodies are always gathered in a buffer. The memory
 * of these buffers is bounded per worker, for all connections together.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http_input.h"

#include <assert.h>
#include <string.h>

#include "http/gunzip.h"

enum { BODY_FIRST_BYTES = 64 * 1024, SPACE_BYTES_MIN = 2048 };

void http_input__init(struct http_input *input, struct http_pool *pool)
{
    *input = (struct http_input){.pool = pool};
}

static void drop_block(struct http_input *input)
{
    http_pool__block_unref(input->pool, input->block);
    input->block = NULL;
    input->start = input->end = 0;
    input->scan = (struct http_scan){.line = 0};
}

void http_input__release(struct http_input *input)
{
    drop_block(input);
    http_pool__exchange_free(input->pool, input->exchange);
    input->exchange = NULL;
}

static int fail(struct http_input *input, int status)
{
    http_input__release(input);
    input->state = HTTP_INPUT_FAILED;
    input->status = status;
    return ST_REFUSED;
}

/* ---- space ---- */

/** Is the body read straight into its own buffer? */
static bool reads_into_body(const struct http_input *input)
{
    return input->state == HTTP_INPUT_LENGTH && input->exchange->body.ptr != NULL;
}

static int body_space(struct http_input *input, uint8_t **ret_space, size_t *ret_len)
{
    struct buf *body = &input->exchange->body;

    if (body->len == body->cap) {
        /* Doubling, but not past what is to come. */
        size_t more = body->cap < input->body_left ? body->cap : (size_t)input->body_left;

        if (buf_reserve(body, more) < 0)
            return ST_NOMEM;
    }
    *ret_space = body->ptr + body->len;
    *ret_len = body->cap - body->len;
    if (*ret_len > input->body_left)
        *ret_len = (size_t)input->body_left;
    return 0;
}

int http_input__space(struct http_input *input, uint8_t **ret_space, size_t *ret_len)
{
    size_t kept = input->end - input->start;

    assert(input->state != HTTP_INPUT_FAILED);
    if (reads_into_body(input))
        return body_space(input, ret_space, ret_len);
    if (input->block == NULL) {
        input->block = http_pool__block(input->pool);
        if (input->block == NULL)
            return ST_NOMEM;
    }
    /* A body that will fit into the block stays there; a head may have to move to the front. */
    if (HTTP_BLOCK_BYTES - input->end < SPACE_BYTES_MIN && input->start > 0 &&
        input->state != HTTP_INPUT_LENGTH) {
        if (input->block->refs == 1) {
            memmove(input->block->bytes, input->block->bytes + input->start, kept);
        } else {
            struct http_block *block = http_pool__block(input->pool);

            if (block == NULL)
                return ST_NOMEM;
            memcpy(block->bytes, input->block->bytes + input->start, kept);
            http_pool__block_unref(input->pool, input->block);
            input->block = block;
        }
        input->start = 0;
        input->end = kept;
    }
    *ret_space = input->block->bytes + input->end;
    *ret_len = HTTP_BLOCK_BYTES - input->end;
    assert(*ret_len > 0);
    return 0;
}

void http_input__received(struct http_input *input, size_t len)
{
    if (reads_into_body(input)) {
        assert(len <= input->body_left);
        input->exchange->body.len += len;
        input->body_left -= len;
    } else {
        assert(len <= HTTP_BLOCK_BYTES - input->end);
        input->end += len;
    }
}

/* ---- heads ---- */

/** Line ends before a request line are ignored, as RFC 9112 section 2.2 asks. */
static void skip_empty_lines(struct http_input *input)
{
    const uint8_t *bytes = input->block->bytes;

    while (input->end - input->start >= 2 && bytes[input->start] == '\r' &&
           bytes[input->start + 1] == '\n') {
        input->start += 2;
        input->scan = (struct http_scan){.line = 0}; /* it may have looked at a CR alone */
    }
}

/** Decides where the body will lie, once its length is known. */
static int begin_body(struct http_input *input)
{
    struct http_exchange *exchange = input->exchange;
    size_t here = input->end - input->start;
    uint64_t length = exchange->framing.content_length;

    if (exchange->framing.chunked) {
        input->state = HTTP_INPUT_CHUNKED;
        input->extras = 0;
        input->wants_continue = exchange->framing.expects_continue && here == 0;
        return 0;
    }
    input->state = HTTP_INPUT_LENGTH;
    input->body_left = length;
    input->wants_continue = exchange->framing.expects_continue && here == 0 && length > 0;
    if (length <= HTTP_BLOCK_BYTES - input->start)
        return 0; /* it fits beside its head */
    if (buf_reserve(&exchange->body,
                    length < BODY_FIRST_BYTES ? (size_t)length : BODY_FIRST_BYTES) < 0)
        return fail(input, 503);
    buf_append(&exchange->body, input->block->bytes + input->start, here); /* here < length */
    input->body_left -= here;
    drop_block(input);
    return 0;
}

/** 0 when the state has moved on; 1 when more bytes are needed. */
static int take_head(struct http_input *input)
{
    struct http_exchange *exchange;
    struct slice head;
    int len, status;

    if (input->block == NULL)
        return 1;
    if (input->scan.lines == 0)
        skip_empty_lines(input);
    if (input->start == input->end) {
        drop_block(input);
        return 1;
    }
    len = http_head__scan(&input->scan,
                          slice_of(input->block->bytes + input->start, input->end - input->start));
    if (len < 0)
        return fail(input, -len);
    if (len == 0)
        return 1;
    exchange = http_pool__exchange(input->pool);
    if (exchange == NULL)
        return fail(input, 503);
    input->exchange = exchange;
    exchange->block = input->block;
    exchange->block->refs++;
    head = slice_of(input->block->bytes + input->start, (size_t)len);
    status = http_head__parse(&input->parser, head, exchange);
    if (status != 0)
        return fail(input, status);
    input->start += (size_t)len;
    input->scan = (struct http_scan){.line = 0};
    return begin_body(input);
}

/* ---- bodies ---- */

/** 0 when the body is complete; 1 when more bytes are needed. */
static int take_length(struct http_input *input)
{
    struct http_exchange *exchange = input->exchange;
    size_t length = (size_t)exchange->framing.content_length;

    if (exchange->body.ptr != NULL) {
        if (http_pool__count_body(input->pool, exchange) < 0)
            return fail(input, 503);
        exchange->request.body_sent = buf_slice(&exchange->body);
        return input->body_left > 0;
    }
    if (length == 0)
        return 0;
    if (input->end - input->start < length)
        return 1;
    exchange->request.body_sent = slice_of(input->block->bytes + input->start, length);
    input->start += length;
    return 0;
}

static int take_chunks(struct http_input *input)
{
    struct http_exchange *exchange = input->exchange;
    struct http_chunks chunks = {.parser = &input->parser,
                                 .body = &exchange->body,
                                 .extras = input->extras,
                                 .last = input->chunks_last};
    size_t taken;
    int rc;

    if (input->block == NULL || input->start == input->end)
        return 1;
    rc = http_head__chunks(
        &chunks, slice_of(input->block->bytes + input->start, input->end - input->start), &taken);
    if (rc < 0)
        return fail(input, chunks.status);
    input->extras = chunks.extras;
    input->chunks_last = chunks.last;
    input->start += taken;
    if (http_pool__count_body(input->pool, exchange) < 0)
        return fail(input, 503);
    if (!chunks.complete) {
        assert(input->start == input->end);
        drop_block(input);
        return 1;
    }
    exchange->request.body_sent = buf_slice(&exchange->body);
    return 0;
}

static int unpack(struct http_input *input)
{
    struct http_exchange *exchange = input->exchange;
    struct http_request *request = &exchange->request;
    int rc;

    request->body = request->body_sent;
    if (!exchange->framing.gzip || request->body_sent.len == 0)
        return 0;
    rc = gunzip(request->body_sent, HTTP_BODY_BYTES_MAX, &exchange->unpacked);
    if (rc < 0)
        return fail(input, rc == ST_TOOBIG ? 413 : rc == ST_NOMEM ? 503 : 400);
    if (http_pool__count_body(input->pool, exchange) < 0)
        return fail(input, 503);
    request->body = buf_slice(&exchange->unpacked);
    return 0;
}

int http_input__next(struct http_input *input, struct http_exchange **ret_exchange)
{
    int rc = 0;

    if (input->state == HTTP_INPUT_FAILED)
        return ST_REFUSED;
    if (input->state == HTTP_INPUT_HEAD)
        rc = take_head(input);
    if (rc == 0)
        rc = input->state == HTTP_INPUT_CHUNKED ? take_chunks(input) : take_length(input);
    if (rc == 0)
        rc = unpack(input);
    if (rc != 0)
        return rc < 0 ? rc : 0;
    *ret_exchange = input->exchange;
    input->exchange = NULL;
    input->state = HTTP_INPUT_HEAD;
    input->wants_continue = false;
    if (input->start == input->end)
        drop_block(input);
    return 1;
}
