/*
 * text_table.c - see text_table.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/text_table.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

void text_table_init(struct text_table *table, const char *const *heads)
{
    *table = (struct text_table){.cells = BUF_EMPTY};
    for (; *heads != NULL; heads++) {
        assert(table->columns < TEXT_COLUMNS_MAX);
        table->heads[table->columns++] = *heads;
    }
}

void text_table_cell(struct text_table *table, const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    buf_append(&table->cells, text, strlen(text) + 1);
    table->cell_count++;
}

void text_table_bytes(struct text_table *table, uint64_t bytes)
{
    static const char *const units[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1000 && unit + 1 < ARRAY_LEN(units)) {
        value /= 1000;
        unit++;
    }
    text_table_cell(table, unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
}

void text_table_us(struct text_table *table, int64_t us)
{
    if (us < 0)
        text_table_cell(table, "-");
    else if (us == 0)
        text_table_cell(table, "0 ms");
    else if (us < 1000)
        text_table_cell(table, "%lld us", (long long)us);
    else if (us < 1000000)
        text_table_cell(table, "%.1f ms", (double)us / 1e3);
    else
        text_table_cell(table, "%.1f s", (double)us / 1e6);
}

static void print_row(const struct text_table *table, const char *const *cells,
                      const size_t *widths, FILE *to)
{
    size_t count = table->columns;

    while (count > 0 && cells[count - 1][0] == '\0') /* no blanks at the end of a line */
        count--;
    for (size_t i = 0; i < count; i++) {
        int pad = (int)(widths[i] - strlen(cells[i]));
        bool right = table->heads[i][0] == '>';

        fprintf(to, "%*s%s", right ? pad : 0, "", cells[i]);
        if (i + 1 < count)
            fprintf(to, "%*s", (right ? 0 : pad) + 2, "");
    }
    fputc('\n', to);
}

void text_table_print(struct text_table *table, FILE *to)
{
    size_t widths[TEXT_COLUMNS_MAX];
    const char *row[TEXT_COLUMNS_MAX], *cell = (const char *)table->cells.ptr;

    assert(table->cell_count % table->columns == 0);
    if (table->cell_count == 0 || buf_failed(&table->cells))
        goto out;
    for (size_t i = 0; i < table->columns; i++) {
        row[i] = table->heads[i] + (table->heads[i][0] == '>');
        widths[i] = strlen(row[i]);
    }
    for (size_t i = 0; i < table->cell_count; i++, cell += strlen(cell) + 1)
        if (strlen(cell) > widths[i % table->columns])
            widths[i % table->columns] = strlen(cell);
    print_row(table, row, widths, to);
    cell = (const char *)table->cells.ptr;
    for (size_t i = 0; i < table->cell_count; i++, cell += strlen(cell) + 1) {
        row[i % table->columns] = cell;
        if (i % table->columns == table->columns - 1)
            print_row(table, row, widths, to);
    }
out:
    buf_release(&table->cells);
}
