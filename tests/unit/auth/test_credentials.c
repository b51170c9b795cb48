/*
 * test_credentials.c - the file of access keys: what it may say, and that a bad one changes
 * nothing.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/credentials.h"

struct fixture {
    struct credentials *credentials;
    struct refusal *refusal;
    char folder[32], path[48];
    struct log_sink sink;
    struct log log;
    struct buf logged;
};

static void on_log(void *context, const char *line, unsigned long len)
{
    struct fixture *f = context;

    buf_append(&f->logged, line, len);
}

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    f->refusal = test_calloc(1, sizeof(*f->refusal));
    f->sink = (struct log_sink){.write = on_log, .context = f, .level_max = LOG_INFO};
    f->log.sink = &f->sink;
    snprintf(f->folder, sizeof(f->folder), "/tmp/credentials.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof(f->path), "%s/file", f->folder);
    assert_int_equal(credentials_new(&f->credentials), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    credentials_free(f->credentials);
    buf_release(&f->logged);
    unlink(f->path);
    rmdir(f->folder);
    test_free(f->refusal);
    test_free(f);
    return 0;
}

static void write_file(struct fixture *f, const char *text, mode_t mode)
{
    int fd = open(f->path, O_WRONLY | O_CREAT | O_TRUNC, mode);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static int parse(struct fixture *f, const char *text)
{
    return credentials_parse(f->credentials, slice_str(text), f->refusal);
}

static void all_fields_are_read(void **state)
{
    struct fixture *f = *state;
    const struct credential *credential;

    assert_int_equal(parse(f, "# keys of the demo\r\n"
                              "[ alice ]\n"
                              "aws_access_key_id = AKIDALICE\n"
                              "aws_secret_access_key=secret/with=equals+\n"
                              "  \n"
                              "; more\n"
                              "aws_session_token = token==\n"
                              "account = 111122223333\n"
                              "policy = alice.json\n"
                              "s3 =\n"
                              "   max_queue = 5\n"
                              "[bob]\n"
                              "aws_access_key_id = AKIDBOB\n"
                              "aws_secret_access_key = x\n"
                              "region = us-east-1\n"
                              "[settings only]\n"
                              "role_arn = y\n"),
                     0);
    assert_int_equal(credentials_count(f->credentials), 2);
    credential = credentials_find(f->credentials, SLICE("AKIDALICE"));
    assert_non_null(credential);
    assert_string_equal(credential->profile, "alice");
    assert_string_equal(credential->secret_key, "secret/with=equals+");
    assert_string_equal(credential->session_token, "token==");
    assert_string_equal(credential->account, "111122223333");
    assert_string_equal(credential->policy, "alice.json");
    credential_unref(credential);
    credential = credentials_profile(f->credentials, "bob");
    assert_non_null(credential);
    assert_string_equal(credential->access_key, "AKIDBOB");
    assert_string_equal(credential->account, "000000000000");
    assert_null(credential->session_token);
    assert_null(credential->policy);
    credential_unref(credential);
    assert_null(credentials_find(f->credentials, SLICE("AKIDALIC")));
    assert_null(credentials_find(f->credentials, SLICE("")));
    assert_null(credentials_profile(f->credentials, "settings only"));
}

static void mistakes_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"aws_access_key_id = A\n", "line 1: a key outside of a [profile]"},
        {"[a]\nnonsense\n", "line 2: expected 'key = value' or '[profile]'"},
        {"[a\n", "line 1: a section must end in ']'"},
        {"[]\n", "line 1: a section needs a name"},
        {"\n[a]\naws_access_key_id = A\n[b]\n", "line 2: profile a has no aws_secret_access_key"},
        {"[a]\naws_secret_access_key = A", "line 1: profile a has no aws_access_key_id"},
        {"[a]\naws_access_key_id = A\naws_access_key_id = B\n",
         "line 3: aws_access_key_id is given twice"},
        {"[a]\naws_access_key_id = A\naws_secret_access_key = B\naccount = 12\n",
         "line 1: profile a: account must be 12 digits"},
        {"[a]\naws_access_key_id = A\naws_secret_access_key = B\n"
         "[b]\naws_access_key_id = A\naws_secret_access_key = C\n",
         "profiles a and b have the same access key"},
    };
    struct fixture *f = *state;

    assert_int_equal(parse(f, "[old]\naws_access_key_id = OLD\naws_secret_access_key = s\n"), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(parse(f, cases[i].text), ST_REFUSED);
        assert_string_equal(f->refusal->text, cases[i].message);
    }
    assert_int_equal(credentials_count(f->credentials), 1); /* what was in force stays */
}

static void a_file_is_read_again_when_it_changes(void **state)
{
    struct fixture *f = *state;
    const struct credential *before, *after;

    write_file(f, "[a]\naws_access_key_id = A\naws_secret_access_key = one\n", 0600);
    assert_int_equal(credentials_load(f->credentials, f->path, &f->log, f->refusal), 0);
    assert_int_equal(f->logged.len, 0);
    assert_int_equal(credentials_reload(f->credentials, &f->log, f->refusal), 0);
    before = credentials_find(f->credentials, SLICE("A"));
    write_file(f, "[a]\naws_access_key_id = A\naws_secret_access_key = another\n", 0600);
    assert_int_equal(credentials_reload(f->credentials, &f->log, f->refusal), 1);
    after = credentials_find(f->credentials, SLICE("A"));
    assert_string_equal(before->secret_key, "one"); /* still whole for who holds it */
    assert_string_equal(after->secret_key, "another");
    credential_unref(before);
    credential_unref(after);
    write_file(f, "[broken\n", 0600);
    assert_int_equal(credentials_reload(f->credentials, &f->log, f->refusal), ST_REFUSED);
    assert_non_null(strstr(f->refusal->text, "/file: line 1: a section must end in ']'"));
    assert_int_equal(credentials_count(f->credentials), 1);
}

static void a_file_that_others_can_read_is_warned_about(void **state)
{
    struct fixture *f = *state;

    write_file(f, "[a]\naws_access_key_id = A\naws_secret_access_key = one\n", 0644);
    assert_int_equal(credentials_load(f->credentials, f->path, &f->log, f->refusal), 0);
    buf_append_u8(&f->logged, 0);
    assert_non_null(
        strstr((char *)f->logged.ptr, "can be read by others than its owner (mode 0644)"));
    assert_null(strstr((char *)f->logged.ptr, "one"));
}

static void a_missing_file_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(credentials_load(f->credentials, f->path, &f->log, f->refusal), ST_REFUSED);
    assert_non_null(strstr(f->refusal->text, "cannot open "));
    assert_int_equal(credentials_load(f->credentials, f->folder, &f->log, f->refusal), ST_REFUSED);
    assert_non_null(strstr(f->refusal->text, " is not a file"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(all_fields_are_read),
        TEST(mistakes_are_refused_with_their_line),
        TEST(a_file_is_read_again_when_it_changes),
        TEST(a_file_that_others_can_read_is_warned_about),
        TEST(a_missing_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
