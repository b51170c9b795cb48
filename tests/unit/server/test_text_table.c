/*
 * test_text_table.c - columns are as wide as their widest cell.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/command.h"
#include "server/text_table.h"

const struct command *const commands[] = {NULL};

static void columns_are_aligned(void **state)
{
    struct text_table table;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    text_table_init(&table, TEXT_HEADS("REGION", ">SIZE", "STATE"));
    text_table_cell(&table, "us-east-1");
    text_table_bytes(&table, 1500000);
    text_table_cell(&table, "open");
    text_table_cell(&table, "x");
    text_table_bytes(&table, 7);
    text_table_us(&table, -1);
    text_table_print(&table, to);
    fclose(to);
    assert_string_equal(text, "REGION       SIZE  STATE\n"
                              "us-east-1  1.5 MB  open\n"
                              "x             7 B  -\n");
    free(text);
}

static void no_rows_print_nothing(void **state)
{
    struct text_table table;
    char *text = NULL;
    size_t len = 0;
    FILE *to = open_memstream(&text, &len);

    text_table_init(&table, TEXT_HEADS("REGION"));
    text_table_print(&table, to);
    fclose(to);
    assert_int_equal(len, 0);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_aligned),
        cmocka_unit_test(no_rows_print_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
