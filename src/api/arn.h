/*
 * arn.h - names of tables and streams as Amazon Resource Names.
 *
 *   arn:aws:dynamodb:<region>:<account>:table/<Table>
 *   arn:aws:dynamodb:<region>:<account>:table/<Table>/stream/<label>
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_ARN_H
#define TROPIC_API_ARN_H

#include "base/arena.h"
#include "base/bytes.h"

struct arn {
    struct slice region, account, table;
    struct slice stream; /* label; ptr NULL: the ARN of a table */
};

/** False: not an ARN of a table or stream. Slices are borrowed from text. */
bool arn_parse(struct slice text, struct arn *ret_arn);

enum { ARN_BYTES_MAX = 512 };
/** Writes the ARN (label NULL: of the table) and returns its length. Valid names always fit. */
size_t arn_print(char text[ARN_BYTES_MAX], const char *region, const char *account,
                 const char *table, const char *label);

#endif
