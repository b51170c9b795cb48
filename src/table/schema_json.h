/*
 * schema_json.h - what the files share that read and write schemas as JSON. Private to table/.
 *
 * The readers give false when the member is missing, of another type or out of range.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_SCHEMA_JSON_H
#define TROPIC_TABLE_SCHEMA_JSON_H

#include "table/schema.h"

/** The place of a name, or -1. */
int schema__name_find(const char *const *names, size_t count, struct slice name);
/** NUL-terminated text without NUL bytes inside. */
bool schema__read_text(struct json object, const char *name, char *ret, size_t size);
bool schema__read_integer(struct json object, const char *name, int64_t low, int64_t high,
                          int64_t *ret);
bool schema__read_flag(struct json object, const char *name, bool *ret);
/** The place of the member's text in `names`. */
bool schema__read_name(struct json object, const char *name, const char *const *names, size_t count,
                       int *ret);
/** "S", "N" or "B". */
bool schema__key_type_of(const char *name, enum value_type *ret_type);

/* ---- schema_index.c, for the life of a schema ---- */

/** `copy` is a bytewise copy of `schema` so far; on failure it has no indexes. 0 or ST_NOMEM. */
int schema__copy_indexes(struct schema *copy, const struct schema *schema);
void schema__release_indexes(struct schema *schema);

/* ---- schema_insights.c ---- */

void schema__insights_to_json(const struct schema *schema, struct json_writer *writer);
/** False when it is not what was written. The indexes are there. */
bool schema__insights_from_json(struct json array, struct schema *schema);

#endif
