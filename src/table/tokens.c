/*
 * tokens.c - what makes a transaction with a token happen once.
 *
 * A token that has committed stands in the data folder, put there by the batch of its transaction.
 * Its key begins with the number of the ten-minute window in which it was put, so a token of the
 * last ten minutes is in this window or the one before, and forgetting the old ones is one deletion
 * of a range. A token whose transaction is under way stands in a table in memory from before the
 * first look at the data folder until after the commit, so that one of two requests always sees the
 * other.
 *
 *   key    space, u32 window, token
 *   value  sealed: u64 ms when it was put, 16 bytes of fingerprint, what the caller keeps with it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "table/store_priv.h"
#include "table/transact.h"

enum { TOKEN_BYTES_MAX = 1024, VALUE_HEAD_BYTES = 8 + 16 };

void tokens_init(struct tokens *tokens)
{
    pthread_mutex_init(&tokens->lock, NULL);
}

void tokens_release(struct tokens *tokens)
{
    pthread_mutex_destroy(&tokens->lock);
}

/* ---- under way ---- */

/** The link to the work that runs under a token, or to the NULL at the end. Locked. */
static struct transaction_work **find_running(struct tokens *tokens, struct slice token)
{
    struct transaction_work **link = &tokens->running[hash64(token) % ARRAY_LEN(tokens->running)];

    while (*link != NULL && !slice_eq((*link)->transaction->token, token))
        link = &(*link)->running_next;
    return link;
}

bool tokens__begin(struct transaction_work *work)
{
    struct tokens *tokens = &work->store->tokens;
    struct transaction_work **link;

    assert(work->transaction->token.len <= TOKEN_BYTES_MAX);
    pthread_mutex_lock(&tokens->lock);
    link = find_running(tokens, work->transaction->token);
    work->token_running = *link == NULL;
    if (work->token_running)
        *link = work;
    pthread_mutex_unlock(&tokens->lock);
    return work->token_running;
}

void tokens__end(struct transaction_work *work)
{
    struct tokens *tokens = &work->store->tokens;
    struct transaction_work **link;

    if (!work->token_running)
        return;
    pthread_mutex_lock(&tokens->lock);
    link = find_running(tokens, work->transaction->token);
    assert(*link == work);
    *link = work->running_next;
    pthread_mutex_unlock(&tokens->lock);
}

/* ---- committed ---- */

static uint32_t window_of(int64_t wall_ms)
{
    return wall_ms < 0 ? 0 : (uint32_t)(wall_ms / TOKEN_WINDOW_MS);
}

static void token_key(struct storage_key *key, uint32_t window, struct slice token)
{
    storage_key_space(key, SPACE_TOKENS);
    be32_put(key->bytes + key->len, window);
    key->len += 4;
    if (token.len > 0)
        memcpy(key->bytes + key->len, token.ptr, token.len);
    key->len += token.len;
}

/** One window: 0 when there is a token that counts, ST_NOTFOUND, ... */
static int find_in(struct transaction_work *work, uint32_t window, int64_t wall_ms,
                   enum engine_read how)
{
    struct transaction *transaction = work->transaction;
    struct pinned pin = PINNED_EMPTY;
    struct storage_key key;
    struct slice value;
    int rc;

    token_key(&key, window, transaction->token);
    rc = engine_get(work->store->engine, ENGINE_DATA, storage_key_slice(&key), how, &pin);
    if (rc < 0)
        return rc;
    rc = sealed_open(pin.value, &value);
    if (rc == 0 && value.len < VALUE_HEAD_BYTES)
        rc = ST_CORRUPT;
    if (rc == 0 && wall_ms - (int64_t)be64_get(value.ptr) >= TOKEN_WINDOW_MS)
        rc = ST_NOTFOUND;
    if (rc == 0 &&
        memcmp(value.ptr + 8, transaction->fingerprint, sizeof(transaction->fingerprint)) != 0) {
        transaction->token_outcome = TOKEN_OTHER;
    } else if (rc == 0) {
        transaction->token_outcome = TOKEN_REPEATED;
        transaction->remembered =
            arena_dup(transaction->arena, slice_skip(value, VALUE_HEAD_BYTES));
        if (transaction->remembered.ptr == NULL)
            rc = ST_NOMEM;
    }
    engine_unpin(&pin);
    return rc;
}

int tokens__find(struct transaction_work *work, enum engine_read how)
{
    int64_t wall_ms = clock_wall_ms(work->store->clock);
    uint32_t window = window_of(wall_ms);
    int rc = find_in(work, window, wall_ms, how);

    if (rc == ST_NOTFOUND && window > 0)
        rc = find_in(work, window - 1, wall_ms, how);
    return rc;
}

int tokens__put(struct transaction_work *work, struct lane *lane, struct unit *unit)
{
    struct transaction *transaction = work->transaction;
    int64_t wall_ms = clock_wall_ms(work->store->clock);
    struct buf *value = &lane->change;
    struct storage_key key;
    int rc = 0;

    buf_clear(value);
    buf_append_be64(value, (uint64_t)wall_ms);
    buf_append(value, transaction->fingerprint, sizeof(transaction->fingerprint));
    if (transaction->remember != NULL)
        rc = transaction->remember(transaction, value);
    if (rc < 0)
        return rc;
    token_key(&key, window_of(wall_ms), transaction->token);
    if (!buf_failed(value))
        batch_put_sealed(&unit->batch, &key, buf_slice(value), &lane->stored);
    return buf_failed(value) || unit_failed(unit) ? ST_NOMEM : 0;
}

int tokens__append_expired(struct store *store, struct batch *batch)
{
    uint32_t window = window_of(clock_wall_ms(store->clock));
    struct engine_iterator *iterator = NULL;
    struct storage_key from, to;
    int rc;

    if (window == 0)
        return 1;
    storage_key_space(&from, SPACE_TOKENS);
    token_key(&to, window - 1, SLICE_EMPTY);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&from),
                        storage_key_slice(&to), ENGINE_READ_ANY, &iterator);
    if (rc == 0)
        rc = engine_seek_first(iterator);
    engine_iterator_free(iterator);
    if (rc == 0)
        batch_delete_range(batch, ENGINE_DATA, storage_key_slice(&from), storage_key_slice(&to));
    return rc;
}
