/*
 * test_negotiate.c - lists with weights, and ETags: what RFC 9110 says of them, and what nobody
 * says but somebody sends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "console/console_priv.h"

/* A request with one header, or with two of the same name. */
static struct http_request request_with(struct http_header headers[2], const char *name,
                                        const char *first, const char *second)
{
    headers[0] = (struct http_header){slice_str(name), slice_str(first)};
    headers[1] = (struct http_header){slice_str(name), slice_str(second != NULL ? second : "")};
    return (struct http_request){.headers = headers, .header_count = second != NULL ? 2 : 1};
}

static void gzip_only_for_those_who_take_it(void **state)
{
    static const struct {
        const char *value;
        bool is_taken;
    } cases[] = {
        {"gzip", true},
        {"gzip, deflate, br, zstd", true},
        {"deflate;q=0.5 , GZIP ; Q=0.2", true},
        {"x-gzip", true},
        {"*", true},
        {"br, *;q=0.1", true},
        {"gzip;q=1.000", true},
        {"gzip;q=0.001", true},
        {"identity;q=0.5, gzip;q=0.5", true},
        {"identity;q=0, gzip;q=0.1", true},
        {"gzip;level=9;q=0.3", true},
        {"", false},
        {"identity", false},
        {"br", false},
        {"gzip;q=0", false},
        {"gzip;q=0.000", false},
        {"gzip;q=0, *", false}, /* what is named beats the star */
        {"*;q=0", false},
        {"gzip;q=0.5, identity", false},
        {"identity;q=0.8, gzip;q=0.7", false},
        {"gzipped", false},
        {"gz", false},
        {"gzip;q=2", false},
        {"gzip;q=1.001", false},
        {"gzip;q=0.1234", false},
        {"gzip;q=-1", false},
        {"gzip;q=", false},
        {"gzip;q=1x", false},
        {";q=1", false},
        {",,;;==,", false},
    };
    struct http_header headers[2];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_request request =
            request_with(headers, "Accept-Encoding", cases[i].value, NULL);

        if (negotiate_gzip(&request) != cases[i].is_taken)
            fail_msg("\"%s\" should %stake gzip", cases[i].value, cases[i].is_taken ? "" : "not ");
    }
    assert_false(negotiate_gzip(&(struct http_request){.header_count = 0}));
}

static void a_header_may_stand_twice(void **state)
{
    struct http_header headers[2];
    struct http_request request = request_with(headers, "accept-encoding", "br", "gzip");

    assert_true(negotiate_gzip(&request));
    request = request_with(headers, "if-none-match", "\"a\"", "\"b\"");
    assert_true(negotiate_is_current(&request, SLICE("\"b\"")));
}

static void a_browser_is_told_from_other_clients(void **state)
{
    static const struct {
        const char *value;
        bool is_browser;
    } cases[] = {
        {"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
        {"text/html, application/xhtml+xml;q=0.9", true},
        {"*/*", false}, /* curl, SDKs */
        {"application/json", false},
        {"text/html, image/gif, image/jpeg, */*; q=0.2", false}, /* Java's HttpURLConnection */
        {"text/html;q=0, application/xhtml+xml", false},
        {"", false},
    };
    struct http_header headers[2];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_request request = request_with(headers, "Accept", cases[i].value, NULL);

        if (negotiate_page(&request) != cases[i].is_browser)
            fail_msg("\"%s\" should %sbe a browser's", cases[i].value,
                     cases[i].is_browser ? "" : "not ");
    }
}

static void etags_compare_weakly_and_whole(void **state)
{
    static const struct {
        const char *value;
        bool is_current;
    } cases[] = {
        {"\"abc\"", true},     {"W/\"abc\"", true},      {"*", true},
        {" * ", true},         {"\"x\", \"abc\"", true}, {"\"x,y\" ,,W/\"abc\"", true},
        {"", false},           {"abc", false},           {"\"abc", false},
        {"\"ab\"", false},     {"\"abcd\"", false},      {"\"abc-gzip\"", false},
        {"w/\"abc\"", false}, /* the mark of weakness is a capital */
        {"\"x, abc\"", false}, {"*, \"x\"", false},      {"W/", false},
        {"\"", false},
    };
    struct http_header headers[2];

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct http_request request = request_with(headers, "If-None-Match", cases[i].value, NULL);

        if (negotiate_is_current(&request, SLICE("\"abc\"")) != cases[i].is_current)
            fail_msg("\"%s\" should %smatch", cases[i].value, cases[i].is_current ? "" : "not ");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_only_for_those_who_take_it),
        cmocka_unit_test(a_header_may_stand_twice),
        cmocka_unit_test(a_browser_is_told_from_other_clients),
        cmocka_unit_test(etags_compare_weakly_and_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
