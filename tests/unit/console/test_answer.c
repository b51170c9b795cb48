/*
 * test_answer.c - which answer a request for the console gets, over a build of four files.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "console/console_priv.h"

#define FORM(text, tag)                                                                            \
    {                                                                                              \
        SLICE(text), SLICE("\"" tag "\"")                                                          \
    }
#define FILE_OF(name, type, tag)                                                                   \
    {                                                                                              \
        SLICE(name), SLICE(type), FORM("plain " name, tag), FORM("gzip " name, tag "-gzip")        \
    }

static const struct console_file some_files[] = {
    FILE_OF("assets/index-1a.js", "text/javascript", "js"),
    FILE_OF("assets/index-1a.css", "text/css", "css"),
    {SLICE("assets/font-1a.woff2"), SLICE("font/woff2"), FORM("font", "font")},
    FILE_OF("icon.svg", "image/svg+xml", "icon"),
};
static const struct console_files some = {
    .files = some_files,
    .count = ARRAY_LEN(some_files),
    .index = {[CONSOLE_DEV] = FILE_OF("index.html", "text/html", "dev"),
              [CONSOLE_SERVE] = FILE_OF("index.html", "text/html", "serve")}};
static const struct console_files none = {.count = 0};

struct asked {
    const char *method, *path; /* method NULL: GET */
    const char *encoding, *etag, *accept;
};

static bool ask(const struct console_files *files, enum console_mode mode,
                const struct asked *asked, struct console_answer *answer)
{
    struct http_header headers[3];
    struct http_request request = {.method = slice_str(asked->method ? asked->method : "GET"),
                                   .path = slice_str(asked->path),
                                   .headers = headers};

    if (asked->encoding != NULL)
        headers[request.header_count++] =
            (struct http_header){SLICE("accept-encoding"), slice_str(asked->encoding)};
    if (asked->etag != NULL)
        headers[request.header_count++] =
            (struct http_header){SLICE("If-None-Match"), slice_str(asked->etag)};
    if (asked->accept != NULL)
        headers[request.header_count++] =
            (struct http_header){SLICE("Accept"), slice_str(asked->accept)};
    return console__answer(files, mode, &request, answer);
}

/* The value of a header of the answer; "" when it has none. */
static const char *header(const struct console_answer *answer, const char *name)
{
    static char value[1024];

    for (size_t i = 0; i < answer->response.header_count; i++) {
        const struct http_header *one = &answer->response.headers[i];

        if (!slice_eq_str(one->name, name))
            continue;
        assert_true(one->value.len < sizeof(value));
        memcpy(value, one->value.ptr, one->value.len);
        value[one->value.len] = '\0';
        return value;
    }
    return "";
}

static void check_body(const struct console_answer *answer, const char *body)
{
    if (!slice_eq_str(answer->response.borrowed, body))
        fail_msg("expected \"%s\", got \"%.*s\"", body, SLICE_ARGS(answer->response.borrowed));
}

/* ---- the tests ---- */

static void every_path_has_its_answer(void **state)
{
    static const struct {
        const char *path;
        int status; /* 0: not the console's */
        const char *body;
    } cases[] = {
        {"/console", 200, "plain index.html"},
        {"/console/", 200, "plain index.html"},
        {"/console/index.html", 200, "plain index.html"},
        {"/console/eu-west-1/table/Orders/overview", 200, "plain index.html"},
        {"/console/eu-west-1/table/My.Table-2.js/indexes", 200, "plain index.html"},
        {"/console/login", 200, "plain index.html"},
        {"/console/icon.svg", 200, "plain icon.svg"},
        {"/console/assets/index-1a.js", 200, "plain assets/index-1a.js"},
        {"/console/assets/font-1a.woff2", 200, "font"},
        {"/console/assets/index-1b.js", 404, NULL},
        {"/console/assets/", 404, NULL},
        {"/console/assets/../icon.svg", 404, NULL},
        {"/console/assets/index-1a.j", 404, NULL},
        {"/console/assets/index-1a.js/", 404, NULL},
        {"/console/assets/INDEX-1a.js", 404, NULL},
        /* names of no file, so deep links; nothing is looked up anywhere else */
        {"/console/../etc/passwd", 200, "plain index.html"},
        {"/console/..%2f..%2fetc/passwd", 200, "plain index.html"},
        {"/console//etc/passwd", 200, "plain index.html"},
        {"/console/./assets/index-1a.js", 200, "plain index.html"},
        {"/favicon.ico", 404, ""},
        {"/", 0, NULL},
        {"", 0, NULL},
        {"/consol", 0, NULL},
        {"/consoles", 0, NULL},
        {"/Console/", 0, NULL},
        {"/_tropic/v1/status", 0, NULL},
        {"/x/console/", 0, NULL},
        {"//console/", 0, NULL},
    };
    struct console_answer answer;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        bool is_ours = ask(&some, CONSOLE_DEV, &(struct asked){.path = cases[i].path}, &answer);
        int status = is_ours ? answer.response.status : 0;

        if (status != cases[i].status)
            fail_msg("%s: expected %d, got %d", cases[i].path, cases[i].status, status);
        if (cases[i].body != NULL)
            check_body(&answer, cases[i].body);
    }
}

static void hashed_files_are_kept_and_the_rest_is_asked_for_again(void **state)
{
    struct console_answer answer;

    ask(&some, CONSOLE_DEV, &(struct asked){.path = "/console/assets/index-1a.css"}, &answer);
    assert_string_equal(header(&answer, "Cache-Control"), "public, max-age=31536000, immutable");
    assert_true(slice_eq_str(answer.response.content_type, "text/css"));
    ask(&some, CONSOLE_DEV, &(struct asked){.path = "/console/icon.svg"}, &answer);
    assert_string_equal(header(&answer, "Cache-Control"), "no-cache");
    ask(&some, CONSOLE_DEV, &(struct asked){.path = "/console/deep/link"}, &answer);
    assert_string_equal(header(&answer, "Cache-Control"), "no-cache");
    ask(&some, CONSOLE_DEV, &(struct asked){.path = "/console/assets/gone.js"}, &answer);
    assert_string_equal(header(&answer, "Cache-Control"), "no-store");
}

static void each_form_has_its_own_etag(void **state)
{
    const char *path = "/console/assets/index-1a.js";
    struct console_answer answer;

    ask(&some, CONSOLE_DEV, &(struct asked){.path = path, .encoding = "gzip"}, &answer);
    check_body(&answer, "gzip assets/index-1a.js");
    assert_string_equal(header(&answer, "ETag"), "\"js-gzip\"");
    assert_string_equal(header(&answer, "Content-Encoding"), "gzip");
    assert_string_equal(header(&answer, "Vary"), "Accept-Encoding");

    ask(&some, CONSOLE_DEV, &(struct asked){.path = path, .encoding = "gzip;q=0"}, &answer);
    check_body(&answer, "plain assets/index-1a.js");
    assert_string_equal(header(&answer, "ETag"), "\"js\"");
    assert_string_equal(header(&answer, "Content-Encoding"), "");
    assert_string_equal(header(&answer, "Vary"), "Accept-Encoding");

    /* What has one form only does not vary. */
    ask(&some, CONSOLE_DEV,
        &(struct asked){.path = "/console/assets/font-1a.woff2", .encoding = "gzip"}, &answer);
    check_body(&answer, "font");
    assert_string_equal(header(&answer, "Content-Encoding"), "");
    assert_string_equal(header(&answer, "Vary"), "");
}

static void what_the_browser_has_is_not_sent_again(void **state)
{
    static const struct {
        const char *encoding, *etag;
        int status;
    } cases[] = {
        {NULL, "\"js\"", 304},        {NULL, "W/\"js\"", 304},
        {"gzip", "\"js-gzip\"", 304}, {NULL, "*", 304},
        {NULL, "\"a\", \"js\"", 304}, {NULL, "\"js-gzip\"", 200},
        {"gzip", "\"js\"", 200},      {NULL, "js", 200},
        {NULL, "\"css\"", 200},
    };
    struct console_answer answer;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ask(&some, CONSOLE_DEV,
            &(struct asked){.path = "/console/assets/index-1a.js",
                            .encoding = cases[i].encoding,
                            .etag = cases[i].etag},
            &answer);
        assert_int_equal(answer.response.status, cases[i].status);
        /* RFC 9110, section 15.4.5: what a 200 would have said, so that a cache can go on. */
        assert_string_not_equal(header(&answer, "ETag"), "");
        assert_string_not_equal(header(&answer, "Cache-Control"), "");
        assert_string_equal(header(&answer, "Vary"), "Accept-Encoding");
    }
}

static void the_page_is_that_of_its_mode(void **state)
{
    struct console_answer answer;

    ask(&some, CONSOLE_DEV, &(struct asked){.path = "/console"}, &answer);
    assert_string_equal(header(&answer, "ETag"), "\"dev\"");
    ask(&some, CONSOLE_SERVE, &(struct asked){.path = "/console"}, &answer);
    assert_string_equal(header(&answer, "ETag"), "\"serve\"");
}

static void only_reading_is_allowed(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "get"};
    struct console_answer answer;

    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        assert_true(ask(&some, CONSOLE_DEV,
                        &(struct asked){.method = methods[i], .path = "/console/x"}, &answer));
        assert_int_equal(answer.response.status, 405);
        assert_string_equal(header(&answer, "Allow"), "GET, HEAD");
        assert_false(
            ask(&some, CONSOLE_DEV, &(struct asked){.method = methods[i], .path = "/"}, &answer));
        assert_false(ask(&some, CONSOLE_DEV,
                         &(struct asked){.method = methods[i], .path = "/favicon.ico"}, &answer));
    }
    /* The body is left out where the head is written, so that its length is right. */
    assert_true(
        ask(&some, CONSOLE_DEV, &(struct asked){.method = "HEAD", .path = "/console"}, &answer));
    assert_int_equal(answer.response.status, 200);
    check_body(&answer, "plain index.html");
}

static void a_browser_at_the_root_is_led_to_the_console(void **state)
{
    struct asked browser = {.path = "/", .accept = "text/html,application/xhtml+xml,*/*;q=0.8"};
    struct console_answer answer;

    assert_true(ask(&some, CONSOLE_SERVE, &browser, &answer));
    assert_int_equal(answer.response.status, 302);
    assert_string_equal(header(&answer, "Location"), "/console/");
    assert_string_equal(header(&answer, "Vary"), "Accept");
    assert_string_equal(header(&answer, "Cache-Control"), "no-store");
    assert_false(ask(&some, CONSOLE_SERVE, &(struct asked){.path = "/", .accept = "*/*"}, &answer));
    assert_false(ask(&some, CONSOLE_OFF, &browser, &answer));
    assert_false(ask(&none, CONSOLE_SERVE, &browser, &answer));
}

static void off_or_not_built_says_so_in_one_line(void **state)
{
    static const char *const paths[] = {"/console", "/console/", "/console/assets/index-1a.js"};
    struct console_answer answer;

    for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
        assert_true(ask(&some, CONSOLE_OFF, &(struct asked){.path = paths[i]}, &answer));
        assert_int_equal(answer.response.status, 404);
        check_body(&answer, "The console is turned off on this server.\n");
        assert_true(ask(&none, CONSOLE_SERVE, &(struct asked){.path = paths[i]}, &answer));
        assert_int_equal(answer.response.status, 404);
        check_body(&answer, "This server was built without the console.\n");
    }
}

static void every_answer_is_guarded_and_bare(void **state)
{
    static const struct asked requests[] = {
        {.path = "/console"},
        {.path = "/console", .etag = "*"},
        {.path = "/console/assets/index-1a.js", .encoding = "gzip"},
        {.path = "/console/assets/gone.js"},
        {.path = "/favicon.ico"},
        {.path = "/console", .method = "POST"},
        {.path = "/", .accept = "text/html, application/xhtml+xml"},
    };
    struct console_answer answer;
    const char *policy;

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        assert_true(ask(&some, CONSOLE_SERVE, &requests[i], &answer));
        policy = header(&answer, "Content-Security-Policy");
        assert_non_null(strstr(policy, "default-src 'none'; script-src 'self'; style-src 'self';"));
        assert_non_null(strstr(policy, "frame-ancestors 'none'"));
        assert_null(strstr(policy, "unsafe"));
        assert_string_equal(header(&answer, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(header(&answer, "Referrer-Policy"), "no-referrer");
        assert_string_equal(header(&answer, "Cross-Origin-Opener-Policy"), "same-origin");
        assert_true(answer.response.bare);             /* no Access-Control-Allow-Origin */
        assert_int_equal(answer.response.body.len, 0); /* nothing is allocated */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_has_its_answer),
        cmocka_unit_test(hashed_files_are_kept_and_the_rest_is_asked_for_again),
        cmocka_unit_test(each_form_has_its_own_etag),
        cmocka_unit_test(what_the_browser_has_is_not_sent_again),
        cmocka_unit_test(the_page_is_that_of_its_mode),
        cmocka_unit_test(only_reading_is_allowed),
        cmocka_unit_test(a_browser_at_the_root_is_led_to_the_console),
        cmocka_unit_test(off_or_not_built_says_so_in_one_line),
        cmocka_unit_test(every_answer_is_guarded_and_bare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
