/*
 * text_cache.c - see text_cache.h.
 *
 * A hash table of chains over entries that also form a list by use. An entry is freed when it is
 * neither in the table nor held by a call. What is held but no longer in the table counts for no
 * bound: it is bounded by the calls under way.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/text_cache.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/list.h"

/* What a short expression takes with its text; longer ones double it. */
enum { FIRST_CHUNK_BYTES = 1024 };

struct entry {
    struct text_entry parsed; /* first: what callers see of it */
    struct text_cache *cache; /* NULL: not in the table */
    struct list_node used;    /* in the table: by use, latest first */
    struct entry *chain;
    uint64_t hash;
    uint32_t holds; /* of calls */
    enum expr_kind kind;
    struct slice text;
    size_t bytes;
    struct arena arena; /* of the text and of what was parsed */
};

enum { BUCKETS = TEXT_CACHE_ENTRIES_MAX };
static_assert((BUCKETS & (BUCKETS - 1)) == 0, "a mask takes the bucket");

struct text_cache {
    struct list_node used;
    struct entry *buckets[BUCKETS];
    size_t count, bytes;
};

struct text_cache *text_cache_new(void)
{
    struct text_cache *cache = calloc(1, sizeof(*cache));

    if (cache != NULL)
        list_init(&cache->used);
    return cache;
}

size_t text_cache_count(const struct text_cache *cache)
{
    return cache->count;
}

size_t text_cache_bytes(const struct text_cache *cache)
{
    return cache->bytes;
}

/* ---- entries ---- */

static void entry_free(struct entry *entry)
{
    arena_release(&entry->arena);
    free(entry);
}

static int parse_text(struct arena *arena, enum expr_kind kind, struct slice text,
                      struct text_entry *ret_parsed, struct expr_error *reterr)
{
    *ret_parsed = (struct text_entry){.expression = NULL};
    if (kind == EXPR_PARTIQL)
        return partiql_parse(arena, text, &ret_parsed->statement, reterr);
    return expr_compile(arena, kind, text, &ret_parsed->expression, reterr);
}

static int entry_new(enum expr_kind kind, struct slice text, uint64_t hash,
                     struct entry **ret_entry, struct expr_error *reterr)
{
    struct entry *entry = calloc(1, sizeof(*entry));
    int rc = ST_NOMEM;

    if (entry == NULL)
        return ST_NOMEM;
    arena_init_small(&entry->arena, FIRST_CHUNK_BYTES);
    entry->hash = hash;
    entry->kind = kind;
    entry->text = arena_dup(&entry->arena, text);
    if (entry->text.ptr != NULL)
        rc = parse_text(&entry->arena, kind, entry->text, &entry->parsed, reterr);
    if (rc < 0) {
        entry_free(entry);
        return rc;
    }
    entry->bytes = sizeof(*entry) + entry->arena.total;
    *ret_entry = entry;
    return 0;
}

/* ---- the table ---- */

static struct entry **bucket_of(struct text_cache *cache, uint64_t hash)
{
    return &cache->buckets[hash & (BUCKETS - 1)];
}

static struct entry *find(struct text_cache *cache, enum expr_kind kind, struct slice text,
                          uint64_t hash)
{
    struct entry *entry = *bucket_of(cache, hash);

    while (entry != NULL &&
           !(entry->hash == hash && entry->kind == kind && slice_eq(entry->text, text)))
        entry = entry->chain;
    return entry;
}

/** Takes it out of the table; it lives on while a call holds it. */
static void evict(struct entry *entry)
{
    struct text_cache *cache = entry->cache;
    struct entry **at = bucket_of(cache, entry->hash);

    while (*at != entry)
        at = &(*at)->chain;
    *at = entry->chain;
    list_remove(&entry->used);
    cache->count--;
    cache->bytes -= entry->bytes;
    entry->cache = NULL;
    if (entry->holds == 0)
        entry_free(entry);
}

static void insert(struct text_cache *cache, struct entry *entry)
{
    struct entry **bucket = bucket_of(cache, entry->hash);

    if (entry->bytes > TEXT_CACHE_ENTRY_BYTES_MAX || entry->text.len > TEXT_CACHE_TEXT_BYTES_MAX)
        return;
    while (cache->count == TEXT_CACHE_ENTRIES_MAX ||
           cache->bytes + entry->bytes > TEXT_CACHE_BYTES_MAX)
        evict(LIST_ENTRY(cache->used.prev, struct entry, used));
    entry->chain = *bucket;
    *bucket = entry;
    list_prepend(&cache->used, &entry->used);
    cache->count++;
    cache->bytes += entry->bytes;
    entry->cache = cache;
}

int text_cache_get(struct text_cache *cache, enum expr_kind kind, struct slice text,
                   const struct text_entry **ret_entry, struct expr_error *reterr)
{
    uint64_t hash = hash64(text);
    struct entry *entry = find(cache, kind, text, hash);
    int rc;

    if (entry == NULL) {
        rc = entry_new(kind, text, hash, &entry, reterr);
        if (rc < 0)
            return rc;
        insert(cache, entry);
    } else {
        list_remove(&entry->used);
        list_prepend(&cache->used, &entry->used);
    }
    entry->holds++;
    *ret_entry = &entry->parsed;
    return 0;
}

void text_entry_put(const struct text_entry *parsed)
{
    struct entry *entry = (struct entry *)parsed; /* its first member */

    assert(entry->holds > 0);
    if (--entry->holds == 0 && entry->cache == NULL)
        entry_free(entry);
}

void text_cache_free(struct text_cache *cache)
{
    if (cache == NULL)
        return;
    while (!list_empty(&cache->used))
        evict(LIST_ENTRY(cache->used.next, struct entry, used));
    free(cache);
}

/* ---- calls ---- */

struct text_hold {
    struct text_hold *next; /* of the call */
    const struct text_entry *entry;
};

static int parse_for(struct call *call, enum expr_kind kind, struct slice text,
                     struct text_entry *ret_parsed, struct expr_error *reterr)
{
    bool on_strand = call->http->body.len <= JSON_PARSER_KEEP_BYTES; /* as dispatch.c decides */
    struct worker *worker = call->worker;
    struct text_hold *hold;
    int rc;

    if (!on_strand || text.len > TEXT_CACHE_TEXT_BYTES_MAX)
        return parse_text(call->arena, kind, text, ret_parsed, reterr);
    if (worker->texts == NULL)
        worker->texts = text_cache_new();
    hold = arena_alloc(call->arena, sizeof(*hold));
    if (worker->texts == NULL || hold == NULL)
        return ST_NOMEM;
    rc = text_cache_get(worker->texts, kind, text, &hold->entry, reterr);
    if (rc < 0)
        return rc;
    hold->next = call->texts;
    call->texts = hold;
    *ret_parsed = *hold->entry;
    return 0;
}

int text_cache_expression(struct call *call, enum expr_kind kind, struct slice text,
                          const struct expr_text **ret_text, struct expr_error *reterr)
{
    struct text_entry parsed;
    int rc = parse_for(call, kind, text, &parsed, reterr);

    if (rc == 0)
        *ret_text = parsed.expression;
    return rc;
}

int text_cache_statement(struct call *call, struct slice text,
                         const struct partiql_statement **ret_statement, struct expr_error *reterr)
{
    struct text_entry parsed;
    int rc = parse_for(call, EXPR_PARTIQL, text, &parsed, reterr);

    if (rc == 0)
        *ret_statement = parsed.statement;
    return rc;
}

void text_cache_release(struct text_hold *holds)
{
    for (struct text_hold *hold = holds; hold != NULL; hold = hold->next)
        text_entry_put(hold->entry);
}
