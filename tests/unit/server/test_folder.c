/*
 * test_folder.c - a data folder has one user at a time, and says who it is.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/command.h"
#include "server/folder.h"

const struct command *const commands[] = {NULL};

static void second_user_is_refused_until_the_first_lets_go(void **state)
{
    char base[] = "/tmp/tropic-folder-XXXXXX", path[64], file[80], holder[64];
    struct folder first = FOLDER_CLOSED, second = FOLDER_CLOSED;
    struct refusal refusal;

    assert_non_null(mkdtemp(base));
    snprintf(path, sizeof(path), "%s/a/b", base);
    assert_int_equal(folder_open(path, &first, &refusal), 0);
    assert_int_equal(folder_open(path, &second, &refusal), ST_REFUSED);
    snprintf(holder, sizeof(holder), "is in use by process %ld;", (long)getpid());
    assert_non_null(strstr(refusal.text, holder));
    folder_close(&first);
    assert_int_equal(folder_open(path, &second, &refusal), 0);
    folder_close(&second);
    folder_close(&second);

    snprintf(file, sizeof(file), "%s/lock", path);
    assert_int_equal(unlink(file), 0);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof(path), "%s/a", base);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(base), 0);
}

static void impossible_folders_are_refused_with_the_reason(void **state)
{
    struct folder folder = FOLDER_CLOSED;
    struct refusal refusal;

    assert_int_equal(folder_open("/dev/null/x", &folder, &refusal), ST_REFUSED);
    assert_string_equal(refusal.text, "cannot make the data folder /dev/null/x: Not a directory");
    assert_int_equal(folder_open("", &folder, &refusal), ST_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(second_user_is_refused_until_the_first_lets_go),
        cmocka_unit_test(impossible_folders_are_refused_with_the_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
