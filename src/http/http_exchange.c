/*
 * http_exchange.c - pools of blocks and exchanges. See http_exchange.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http_exchange.h"

#include <assert.h>
#include <stdlib.h>

void http_pool__release(struct http_pool *pool)
{
    struct http_block *block;
    struct http_exchange *exchange;

    while ((block = pool->blocks) != NULL) {
        pool->blocks = block->next_free;
        free(block);
    }
    while ((exchange = pool->exchanges) != NULL) {
        pool->exchanges = exchange->next_free;
        arena_release(&exchange->arena);
        buf_release(&exchange->answer_head);
        free(exchange);
    }
    pool->blocks_free = pool->exchanges_free = 0;
}

struct http_block *http_pool__block(struct http_pool *pool)
{
    struct http_block *block = pool->blocks;

    if (block != NULL) {
        pool->blocks = block->next_free;
        pool->blocks_free--;
    } else {
        block = malloc(sizeof(*block));
        if (block == NULL)
            return NULL;
    }
    block->next_free = NULL;
    block->refs = 1;
    return block;
}

void http_pool__block_unref(struct http_pool *pool, struct http_block *block)
{
    if (block == NULL)
        return;
    assert(block->refs > 0);
    if (--block->refs > 0)
        return;
    if (pool->blocks_free >= HTTP_POOLED_MAX) {
        free(block);
        return;
    }
    block->next_free = pool->blocks;
    pool->blocks = block;
    pool->blocks_free++;
}

/* ---- request ids ---- */

static uint64_t rotate(uint64_t x, int n)
{
    return x << n | x >> (64 - n);
}

/* xoshiro256++ (Blackman and Vigna): unique names, not secrets, without a system call each. */
static uint64_t random_next(uint64_t s[4])
{
    uint64_t result = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

static void request_id_make(struct http_pool *pool, char *to)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
    enum { PER_NUMBER = 12 }; /* 60 of 64 bits */

    for (int i = 0; i < HTTP_REQUEST_ID_LEN;) {
        uint64_t bits = random_next(pool->random);

        for (int k = 0; k < PER_NUMBER && i < HTTP_REQUEST_ID_LEN; k++, bits >>= 5)
            to[i++] = digits[bits & 31];
    }
    to[HTTP_REQUEST_ID_LEN] = '\0';
}

/* ---- exchanges ---- */

struct http_exchange *http_pool__exchange(struct http_pool *pool)
{
    struct http_exchange *exchange = pool->exchanges;

    if (exchange != NULL) {
        pool->exchanges = exchange->next_free;
        pool->exchanges_free--;
    } else {
        exchange = malloc(sizeof(*exchange));
        if (exchange == NULL)
            return NULL;
        arena_init(&exchange->arena, HTTP_ARENA_BYTES_MAX);
        exchange->answer_head = BUF_EMPTY;
    }
    /* Not cleared as a whole: the array of headers is 3 KB, and the arena and answer_head keep
     * their memory. */
    exchange->request = (struct http_request){.headers = exchange->headers};
    exchange->request.arena = &exchange->arena;
    request_id_make(pool, exchange->request.id);
    exchange->framing = (struct http_framing){.content_length = 0};
    exchange->block = NULL;
    exchange->body = exchange->unpacked = exchange->answer_body = BUF_EMPTY;
    exchange->body_bytes = 0;
    exchange->conn = NULL;
    list_node_init(&exchange->in_flight);
    exchange->is_answered = exchange->closes = false;
    exchange->answer_bytes = SLICE_EMPTY;
    exchange->sent = 0;
    exchange->next_free = NULL;
    return exchange;
}

int http_pool__count_body(struct http_pool *pool, struct http_exchange *exchange)
{
    pool->body_bytes -= exchange->body_bytes;
    exchange->body_bytes = exchange->body.cap + exchange->unpacked.cap;
    pool->body_bytes += exchange->body_bytes;
    return pool->body_bytes <= HTTP_BODIES_BYTES_MAX ? 0 : ST_BUSY;
}

void http_pool__exchange_free(struct http_pool *pool, struct http_exchange *exchange)
{
    if (exchange == NULL)
        return;
    list_remove(&exchange->in_flight);
    http_pool__block_unref(pool, exchange->block);
    buf_release(&exchange->body);
    buf_release(&exchange->unpacked);
    pool->body_bytes -= exchange->body_bytes;
    buf_release(&exchange->answer_body);
    buf_clear(&exchange->answer_head);
    arena_reset(&exchange->arena);
    if (exchange->arena.total > HTTP_ARENA_BYTES_KEPT)
        arena_release(&exchange->arena);
    if (exchange->answer_head.cap > HTTP_ARENA_BYTES_KEPT)
        buf_release(&exchange->answer_head);
    if (pool->exchanges_free >= HTTP_POOLED_MAX) {
        arena_release(&exchange->arena);
        buf_release(&exchange->answer_head);
        free(exchange);
        return;
    }
    exchange->next_free = pool->exchanges;
    pool->exchanges = exchange;
    pool->exchanges_free++;
}
