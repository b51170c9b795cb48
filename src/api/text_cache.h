/*
 * text_cache.h - parsed expressions and PartiQL statements by their text, one cache per worker.
 *
 * Clients send few texts with many values, so a text is parsed once and then bound many times. What
 * is kept knows nothing of a request: expr_compile() leaves #names and :values open,
 * partiql_parse() parameters; the same text as another kind of expression is another entry. A cache
 * belongs to its worker's strand, so it has no lock. It keeps the texts used last, within a number
 * and a number of bytes. A call that uses one holds it until the call ends, whatever the cache does
 * meanwhile: its bound trees refer to it.
 *
 *     rc = text_cache_expression(call, EXPR_UPDATE, text, &compiled, &error);
 *     if (rc == 0)
 *         rc = expr_update_bind(compiled, call->arena, &bindings, &update, &error);
 *
 * A request that is prepared away from the strand (a large body) parses for itself. Neither long
 * texts nor those that are refused are kept: the refusal of a text is found anew each time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_TEXT_CACHE_H
#define TROPIC_API_TEXT_CACHE_H

#include "api/call.h"
#include "expr/expr.h"
#include "expr/partiql.h"

/* Ours: per worker. A typical expression takes 2 KB. */
enum {
    TEXT_CACHE_ENTRIES_MAX = 1024,
    TEXT_CACHE_BYTES_MAX = 2 * 1024 * 1024,
    TEXT_CACHE_ENTRY_BYTES_MAX = TEXT_CACHE_BYTES_MAX / 32, /* parsed; larger is not kept */
    TEXT_CACHE_TEXT_BYTES_MAX = 2048,
};

/* ---- for calls, in prepare() ---- */

/** As expr_compile(); the result lives as long as the call, as `text` must. */
int text_cache_expression(struct call *call, enum expr_kind kind, struct slice text,
                          const struct expr_text **ret_text, struct expr_error *reterr);
/** As partiql_parse(); the same. */
int text_cache_statement(struct call *call, struct slice text,
                         const struct partiql_statement **ret_statement, struct expr_error *reterr);
/** When a call ends, on its strand: gives back what it holds. */
struct text_hold;
void text_cache_release(struct text_hold *holds);

/* ---- the cache itself ---- */

struct text_cache;
struct text_cache *text_cache_new(void);        /* NULL: no memory */
void text_cache_free(struct text_cache *cache); /* NULL is a no-op; nothing is held */
size_t text_cache_count(const struct text_cache *cache);
size_t text_cache_bytes(const struct text_cache *cache);

/** A parsed text: `statement` of EXPR_PARTIQL, `expression` of the other kinds. Immutable. */
struct text_entry {
    const struct expr_text *expression;
    const struct partiql_statement *statement;
};
/** Finds or parses; the caller holds the entry until text_entry_put(). `text` is copied. */
int text_cache_get(struct text_cache *cache, enum expr_kind kind, struct slice text,
                   const struct text_entry **ret_entry, struct expr_error *reterr);
void text_entry_put(const struct text_entry *entry);

#endif
