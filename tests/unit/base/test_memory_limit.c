/*
 * test_memory_limit.c - the smallest of the machine's memory and what control groups allow.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory_limit.h"

static void put(const char *folder, const char *name, const char *text)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (char *slash = strchr(path + strlen(folder) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void the_smallest_group_counts(void **state)
{
    char folder[] = "/tmp/tropic-test-memory-XXXXXX", groups[64], command[96];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(groups, sizeof(groups), "%s/groups", folder);
    assert_true(memory__group_limit(groups, folder) == UINT64_MAX); /* no such system */

    put(folder, "groups", "0::/a/b\n");
    assert_true(memory__group_limit(groups, folder) == UINT64_MAX);
    put(folder, "a/b/memory.max", "max\n");
    assert_true(memory__group_limit(groups, folder) == UINT64_MAX);
    put(folder, "a/memory.max", "2147483648\n");
    assert_true(memory__group_limit(groups, folder) == 2147483648);
    put(folder, "a/b/memory.max", "1073741824\n");
    assert_true(memory__group_limit(groups, folder) == 1073741824);

    /* A namespace of its own: the group is the root. */
    put(folder, "groups", "0::/\n");
    assert_true(memory__group_limit(groups, folder) == UINT64_MAX);
    put(folder, "memory.max", "5000000000\n");
    assert_true(memory__group_limit(groups, folder) == 5000000000);

    put(folder, "groups", "5:cpu:/a\n4:memory:/c/d\nnonsense\n0::/nowhere\n");
    put(folder, "memory/c/memory.limit_in_bytes", "3000000000\n");
    put(folder, "memory/c/d/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(memory__group_limit(groups, folder) == 3000000000);

    snprintf(command, sizeof(command), "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

static void this_machine_has_memory(void **state)
{
    (void)state;
    assert_true(memory_limit() > 16 << 20);
    assert_true(memory_limit() < UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_group_counts),
        cmocka_unit_test(this_machine_has_memory),
    };

    return cmocka_run_group_tests_name("memory limit", tests, NULL, NULL);
}
