/*
 * test_log.c - one event is one line, whatever is in it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "base/log.h"

struct capture {
    struct log_sink sink;
    struct log log;
    struct buf text;
    int lines;
};

static void capture_write(void *context, const char *line, unsigned long len)
{
    struct capture *capture = context;

    buf_append(&capture->text, line, len);
    capture->lines++;
}

static int64_t capture_wall_us(void *context)
{
    (void)context;
    return INT64_C(1795334400123456); /* 2026-11-22T08:00:00.123456Z */
}

static void capture_init(struct capture *capture, enum log_form form)
{
    *capture = (struct capture){.sink = {.write = capture_write,
                                         .context = capture,
                                         .form = form,
                                         .level_max = LOG_INFO,
                                         .wall_us = capture_wall_us},
                                .log = {.sink = &capture->sink, .region = "us-east-1"}};
}

static void assert_text(struct capture *capture, const char *expected)
{
    buf_append_u8(&capture->text, 0);
    assert_string_equal((char *)capture->text.ptr, expected);
    buf_release(&capture->text);
}

static void a_line_for_people(void **state)
{
    struct capture capture;

    (void)state;
    capture_init(&capture, LOG_HUMAN);
    log_info(&capture.log, "replication", "link to %s is up", "eu-west-1");
    log_debug(&capture.log, "replication", "not wanted");
    assert_text(&capture,
                "2026-11-22T08:00:00.123Z info  us-east-1 replication: link to eu-west-1 is up\n");
}

static void a_line_for_machines(void **state)
{
    struct capture capture;

    (void)state;
    capture_init(&capture, LOG_JSON);
    log_warn(&capture.log, "http", "a \"quoted\\\" name\n");
    assert_text(&capture, "{\"time\":\"2026-11-22T08:00:00.123Z\",\"level\":\"warn\","
                          "\"region\":\"us-east-1\",\"part\":\"http\","
                          "\"message\":\"a \\\"quoted\\\\\\\" name\\u000a\"}\n");
}

static void the_process_itself_has_no_region_and_tests_no_clock(void **state)
{
    struct capture capture;

    (void)state;
    capture_init(&capture, LOG_HUMAN);
    capture.log.region = NULL;
    capture.sink.wall_us = NULL;
    log_error(&capture.log, "server", "port %d is in use", 8000);
    assert_text(&capture, "error server: port 8000 is in use\n");
}

static void a_line_cannot_be_forged_and_has_an_end(void **state)
{
    struct capture capture;
    char big[20000];

    (void)state;
    memset(big, '\n', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    for (int form = LOG_HUMAN; form <= LOG_JSON; form++) {
        capture_init(&capture, (enum log_form)form);
        log_info(&capture.log, "http", "%s", big);
        assert_int_equal(capture.lines, 1);
        assert_ptr_equal(memchr(capture.text.ptr, '\n', capture.text.len),
                         capture.text.ptr + capture.text.len - 1);
        buf_release(&capture.text);
    }
}

static void a_handle_without_a_sink_is_silent(void **state)
{
    (void)state;
    log_info(&(struct log){.sink = NULL}, "http", "nobody listens");
    log_info(NULL, "http", "nobody listens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_for_people),
        cmocka_unit_test(a_line_for_machines),
        cmocka_unit_test(the_process_itself_has_no_region_and_tests_no_clock),
        cmocka_unit_test(a_line_cannot_be_forged_and_has_an_end),
        cmocka_unit_test(a_handle_without_a_sink_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
