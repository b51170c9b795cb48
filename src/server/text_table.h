/*
 * text_table.h - aligned columns on a terminal.
 *
 *     struct text_table table;
 *     text_table_init(&table, TEXT_HEADS("REGION", ">ITEMS"));          '>': right-aligned
 *     text_table_cell(&table, "%s", region); ...
 *     text_table_print(&table, stdout);                                 and releases it
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_TEXT_TABLE_H
#define TROPIC_SERVER_TEXT_TABLE_H

#include <stdio.h>

#include "base/bytes.h"

enum { TEXT_COLUMNS_MAX = 16 };

struct text_table {
    const char *heads[TEXT_COLUMNS_MAX];
    size_t columns;
    struct buf cells; /* texts, each ended by NUL, row by row */
    size_t cell_count;
};

#define TEXT_HEADS(...) ((const char *const[]){__VA_ARGS__, NULL})
/** The texts of `heads` are borrowed; a NULL ends them. */
void text_table_init(struct text_table *table, const char *const *heads);
void text_table_cell(struct text_table *table, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/** Prints nothing when there are no rows. */
void text_table_print(struct text_table *table, FILE *to);

/* Cells of common kinds. */
void text_table_bytes(struct text_table *table, uint64_t bytes); /* "1.5 MB" */
void text_table_us(struct text_table *table, int64_t us);        /* "1.50 ms"; "-" when negative */

#endif
