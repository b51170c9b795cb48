/*
 * statement_cache.h - parsed PartiQL statements by their text, one cache for each worker.
 *
 * Clients send few texts with many parameters, so a text is parsed once and then bound many times.
 * A cache belongs to its worker's strand and holds STATEMENT_CACHE_MAX statements, the latest used
 * ones. A call that uses a statement holds it until the call ends, whatever the cache does.
 *
 *     rc = statement_cache_parse(call, text, &statement, &error);
 *
 * A request that is prepared away from the strand (a large body) parses for itself. Texts that are
 * refused are not kept.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_STATEMENT_CACHE_H
#define TROPIC_API_STATEMENT_CACHE_H

#include "api/call.h"
#include "expr/partiql.h"

enum { STATEMENT_CACHE_MAX = 256 }; /* ours: at most a few MB for each worker */

struct statement_cache;
void statement_cache_free(struct statement_cache *cache); /* NULL is a no-op; no call is left */

/** As partiql_parse(). `text` lives as long as the call. In prepare(). */
int statement_cache_parse(struct call *call, struct slice text,
                          const struct partiql_statement **ret_statement,
                          struct expr_error *reterr);
/** When a call ends, on its strand: gives back what it holds. */
struct statement_hold;
void statement_cache_release(struct statement_hold *holds);

#endif
