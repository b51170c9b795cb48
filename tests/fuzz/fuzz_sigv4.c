/*
 * fuzz_sigv4.c - everything a client says about its signature: Authorization, dates, tokens,
 * queries.
 *
 * The input's lines are the parts of a request: target, Authorization, X-Amz-Date, Date,
 * X-Amz-Security-Token, X-Amz-Content-Sha256, and the rest is the body. An empty line leaves a
 * header out. Nothing that is made up may verify.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "auth/sigv4.h"

static struct slice next_line(struct slice *rest)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->ptr, '\n', rest->len) : NULL;
    struct slice line = slice_of(rest->ptr, end ? (size_t)(end - rest->ptr) : rest->len);

    *rest = slice_skip(*rest, line.len + (end != NULL));
    return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"Authorization", "X-Amz-Date", "Date",
                                        "X-Amz-Security-Token", "X-Amz-Content-Sha256"};
    static struct sigv4 *verify, *any;
    struct slice rest = slice_of(data, size);
    const uint8_t *mark;
    struct http_header headers[1 + ARRAY_LEN(names)] = {{SLICE("Host"), SLICE("h")}};
    struct http_request request = {.method = SLICE("POST"), .headers = headers, .header_count = 1};
    struct sigv4_identity identity;
    struct auth_error error;
    struct arena arena;

    if (verify == NULL) {
        struct credentials *credentials;

        if (credentials_new(&credentials) < 0 ||
            credentials_parse(
                credentials,
                SLICE("[a]\naws_access_key_id = AKID\naws_secret_access_key = s3cr3t\n"
                      "aws_session_token = t\n"),
                NULL) < 0 ||
            sigv4_new(&(struct sigv4_options){.credentials = credentials, .service = "dynamodb"},
                      &verify) < 0 ||
            sigv4_new(&(struct sigv4_options){.mode = SIGV4_ANY, .service = "dynamodb"}, &any) < 0)
            return 0;
    }
    arena_init(&arena, 16 * 1024 * 1024);
    request.arena = &arena;
    request.target = request.path = next_line(&rest);
    mark = request.path.len > 0 ? memchr(request.path.ptr, '?', request.path.len) : NULL;
    if (mark != NULL) {
        request.path.len = (size_t)(mark - request.path.ptr);
        request.query = slice_skip(request.target, request.path.len + 1);
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct slice line = next_line(&rest);

        if (line.len > 0)
            headers[request.header_count++] = (struct http_header){slice_str(names[i]), line};
    }
    request.body = request.body_sent = rest;
    /* 2026-11-22T08:00:00Z, as in the corpus */
    assert(sigv4_verify(verify, &request, INT64_C(1795334400000), &identity, &error) != 0);
    if (sigv4_verify(any, &request, INT64_C(1795334400000), &identity, &error) == 0)
        assert(identity.region.len > 0);
    arena_release(&arena);
    return 0;
}
