/*
 * key_schema.h - KeySchema against AttributeDefinitions, for tables and indexes alike.
 *
 * A table and a local secondary index have one partition and at most one sort attribute; a global
 * secondary index up to four of both, partition attributes first. Strings are borrowed from the
 * request.
 *
 * Source: dynamodb-tables-streams.md section 3, rows 4 to 9 and 23.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_KEY_SCHEMA_H
#define TROPIC_API_KEY_SCHEMA_H

#include "api/errors.h"
#include "expr/expr.h"
#include "table/schema.h"
#include "value/json.h"

struct key_schema {
    struct expr_key_attribute partition[EXPR_KEY_ATTRIBUTES_MAX], sort[EXPR_KEY_ATTRIBUTES_MAX];
    uint32_t partition_count, sort_count;
};

/** AttributeDefinitions of a request. */
struct attribute_definitions {
    struct json json;
    struct expr_key_attribute *list; /* in the request's order */
    bool *used;                      /* by a key that was read */
    uint32_t count;
};

/** absent: no such member. ST_REFUSED: one attribute defined with two types. */
int attribute_definitions_read(struct api_error *reterr, const struct json *json_or_absent,
                               struct attribute_definitions *ret_definitions);
/** ST_REFUSED: a key attribute of the table, or of an index of it, has another type there. */
int attribute_definitions_check_schema(struct api_error *reterr,
                                       const struct attribute_definitions *definitions,
                                       const struct schema *schema);
/** "Some AttributeDefinitions are not used": after all keys were read. */
int attribute_definitions_check_used(struct api_error *reterr,
                                     const struct attribute_definitions *definitions);

/**
 * Marks the definitions that the key uses. `several`: up to EXPR_KEY_ATTRIBUTES_MAX partition and
 * sort attributes; otherwise one and no or one (the constraint on the list's length held).
 */
int key_schema_read(struct api_error *reterr, struct json elements, bool several,
                    struct attribute_definitions *definitions, struct key_schema *ret_key);

#endif
