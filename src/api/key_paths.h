/*
 * key_paths.h - what an expression may do with key attributes, of the table and of its indexes.
 *
 * A key attribute is a scalar, so no path goes below one; an update may set the key of an index,
 * to a value of its type, but not the table's. The order is the service's: the table's key first.
 * Source: dynamodb-values-capacity.md section 3, dynamodb-operations.md section 5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_KEY_PATHS_H
#define TROPIC_API_KEY_PATHS_H

#include "expr/expr.h"
#include "table/schema.h"

/* Expressions that are NULL pass. 0 or ST_REFUSED. */
int key_paths_of_condition(const struct schema *schema, const struct expr_condition *condition,
                           struct expr_error *reterr);
int key_paths_of_projection(const struct schema *schema, const struct expr_projection *projection,
                            struct expr_error *reterr);
/** Also: "Cannot update attribute ...", and the types that the text gives to keys of indexes. */
int key_paths_of_update(const struct schema *schema, const struct expr_update *update,
                        struct expr_error *reterr);

#endif
