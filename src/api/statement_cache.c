/*
 * statement_cache.c - see statement_cache.h.
 *
 * A hash table of chains over entries that also form a list by use. An entry is freed when it is
 * neither in the table nor held by a call.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/statement_cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/list.h"

struct entry {
    struct list_node used; /* in the cache: by use, latest first */
    struct entry *chain;
    uint64_t hash;
    uint32_t holds; /* of calls */
    bool cached;
    struct arena arena; /* of everything below */
    struct slice text;
    const struct partiql_statement *statement;
};

struct statement_hold {
    struct statement_hold *next; /* of the call */
    struct entry *entry;
};

enum { BUCKETS = STATEMENT_CACHE_MAX }; /* a power of two */
static_assert((BUCKETS & (BUCKETS - 1)) == 0, "a mask takes the bucket");

struct statement_cache {
    struct list_node used;
    struct entry *buckets[BUCKETS];
    uint32_t count;
};

static void entry_free(struct entry *entry)
{
    arena_release(&entry->arena);
    free(entry);
}

static struct entry **bucket_of(struct statement_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & (BUCKETS - 1)];
}

static struct entry *find(struct statement_cache *cache, struct slice text, uint64_t hash)
{
    struct entry *entry = *bucket_of(cache, hash);

    while (entry != NULL && !(entry->hash == hash && slice_eq(entry->text, text)))
        entry = entry->chain;
    return entry;
}

/** Takes it out of the table; it lives on while a call holds it. */
static void evict(struct statement_cache *cache, struct entry *entry)
{
    struct entry **at = bucket_of(cache, entry->hash);

    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    list_remove(&entry->used);
    cache->count--;
    entry->cached = false;
    if (entry->holds == 0)
        entry_free(entry);
}

static void insert(struct statement_cache *cache, struct entry *entry)
{
    struct entry **bucket = bucket_of(cache, entry->hash);

    if (cache->count == STATEMENT_CACHE_MAX)
        evict(cache, LIST_ENTRY(cache->used.prev, struct entry, used));
    entry->chain = *bucket;
    *bucket = entry;
    list_prepend(&cache->used, &entry->used);
    cache->count++;
    entry->cached = true;
}

static int parse(struct slice text, uint64_t hash, struct entry **ret_entry,
                 struct expr_error *reterr)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    int rc = ST_NOMEM;

    if (entry == NULL)
        return ST_NOMEM;
    arena_init(&entry->arena, 0);
    entry->hash = hash;
    entry->text = arena_dup(&entry->arena, text);
    if (entry->text.ptr != NULL)
        rc = partiql_parse(&entry->arena, entry->text, &entry->statement, reterr);
    if (rc < 0) {
        entry_free(entry);
        return rc;
    }
    *ret_entry = entry;
    return 0;
}

static struct statement_cache *cache_of(struct worker *worker)
{
    if (worker->statements == NULL) {
        worker->statements = calloc(1, sizeof(*worker->statements));
        if (worker->statements != NULL)
            list_init(&worker->statements->used);
    }
    return worker->statements;
}

int statement_cache_parse(struct call *call, struct slice text,
                          const struct partiql_statement **ret_statement, struct expr_error *reterr)
{
    bool on_strand = call->http->body.len <= JSON_PARSER_KEEP_BYTES; /* as dispatch.c decides */
    struct statement_cache *cache = on_strand ? cache_of(call->worker) : NULL;
    struct statement_hold *hold = ARENA_NEW(call->arena, struct statement_hold);
    uint64_t hash = hash64(text);
    struct entry *entry;
    int rc;

    if (!on_strand)
        return partiql_parse(call->arena, text, ret_statement, reterr);
    if (cache == NULL || hold == NULL)
        return ST_NOMEM;
    entry = find(cache, text, hash);
    if (entry == NULL) {
        rc = parse(text, hash, &entry, reterr);
        if (rc < 0)
            return rc;
        insert(cache, entry);
    } else {
        list_remove(&entry->used);
        list_prepend(&cache->used, &entry->used);
    }
    entry->holds++;
    *hold = (struct statement_hold){.next = call->statements, .entry = entry};
    call->statements = hold;
    *ret_statement = entry->statement;
    return 0;
}

void statement_cache_release(struct statement_hold *holds)
{
    for (struct statement_hold *hold = holds; hold != NULL; hold = hold->next)
        if (--hold->entry->holds == 0 && !hold->entry->cached)
            entry_free(hold->entry);
}

void statement_cache_free(struct statement_cache *cache)
{
    if (cache == NULL)
        return;
    while (!list_empty(&cache->used))
        evict(cache, LIST_ENTRY(cache->used.next, struct entry, used));
    free(cache);
}
