/*
 * sigv4_sign.c - signing requests that we make: the command line, tests.
 *
 * Every header that is given is signed, so nothing can be added to or changed in a request on its
 * way. Speed does not matter here: keys are derived each time and forgotten.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "auth/sigv4.h"
#include "auth/sigv4_canonical.h"
#include "auth/sigv4_keys.h"

enum { SIGNED_HEADERS_MAX = HTTP_HEADERS_MAX };

static int name_order(const void *a, const void *b)
{
    const struct http_header *left = a, *right = b;
    size_t n = left->name.len < right->name.len ? left->name.len : right->name.len;

    for (size_t i = 0; i < n; i++) {
        int l = left->name.ptr[i] | 0x20, r = right->name.ptr[i] | 0x20;

        if (l != r)
            return l - r;
    }
    return left->name.len < right->name.len ? -1 : left->name.len > right->name.len;
}

/** "host;x-amz-date": sorted names in lower case, each once. */
static int join_names(const struct http_header *sorted, size_t count, struct arena *arena,
                      struct slice *ret_names)
{
    size_t len = 0, at = 0;
    uint8_t *names;

    for (size_t i = 0; i < count; i++)
        len += sorted[i].name.len + 1;
    names = arena_alloc(arena, len);
    if (names == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && slice_eq_nocase(sorted[i].name, sorted[i - 1].name))
            continue;
        if (at > 0)
            names[at++] = ';';
        for (size_t k = 0; k < sorted[i].name.len; k++) {
            uint8_t c = sorted[i].name.ptr[k];

            names[at++] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
        }
    }
    *ret_names = slice_of(names, at);
    return 0;
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = slice_skip(text, 1);
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/** All headers that are signed, sorted by name. */
static int gather_headers(const struct sigv4_signing *signing,
                          const struct http_client_request *request, struct slice authority,
                          struct slice timestamp, struct http_header *headers, size_t *ret_count)
{
    size_t count = 0;

    if (request->header_count + SIGV4_ADDED_HEADERS_MAX > SIGNED_HEADERS_MAX)
        return ST_TOOBIG;
    headers[count++] = (struct http_header){SLICE("host"), authority};
    headers[count++] = (struct http_header){SLICE("x-amz-date"), timestamp};
    if (signing->credential->session_token != NULL)
        headers[count++] = (struct http_header){SLICE("x-amz-security-token"),
                                                slice_str(signing->credential->session_token)};
    for (size_t i = 0; i < request->header_count; i++)
        headers[count++] =
            (struct http_header){request->headers[i].name, trim(request->headers[i].value)};
    qsort(headers, count, sizeof(*headers), name_order);
    *ret_count = count;
    return 0;
}

int sigv4_sign(const struct sigv4_signing *signing, const struct http_client_request *request,
               struct slice authority, struct arena *arena,
               struct http_header ret_headers[SIGV4_ADDED_HEADERS_MAX], size_t *ret_count)
{
    struct http_header headers[SIGNED_HEADERS_MAX + 1];
    char payload_hash[SHA256_HEX_LEN], request_hash[SHA256_HEX_LEN], signature[SHA256_HEX_LEN];
    const uint8_t *mark = memchr(request->target.ptr, '?', request->target.len);
    size_t path_len = mark ? (size_t)(mark - request->target.ptr) : request->target.len;
    struct canonical_request parts = {.method = request->method,
                                      .path = slice_of(request->target.ptr, path_len),
                                      .query = mark ? slice_skip(request->target, path_len + 1)
                                                    : SLICE_EMPTY,
                                      .headers = headers,
                                      .payload_hash = slice_of(payload_hash, SHA256_HEX_LEN)};
    struct sigv4_keys *keys = NULL;
    struct buf text = BUF_EMPTY;
    struct sigv4_scope scope;
    char *timestamp, *scope_text, *authorization;
    int rc;

    timestamp = arena_alloc(arena, SIGV4_TIMESTAMP_LEN + 1);
    if (timestamp == NULL)
        return ST_NOMEM;
    sigv4__timestamp_format(signing->wall_ms, timestamp);
    scope = (struct sigv4_scope){.date = slice_of(timestamp, SIGV4_DATE_LEN),
                                 .region = slice_str(signing->region),
                                 .service = slice_str(signing->service)};
    scope_text = arena_printf(arena, "%.8s/%s/%s/" SIGV4_TERMINATOR, timestamp, signing->region,
                              signing->service);
    if (scope_text == NULL)
        return ST_NOMEM;
    rc = gather_headers(signing, request, authority, slice_str(timestamp), headers,
                        &parts.header_count);
    if (rc < 0)
        return rc;
    rc = join_names(headers, parts.header_count, arena, &parts.signed_headers);
    if (rc < 0)
        return rc;
    rc = sigv4_keys__new(&keys);
    if (rc < 0)
        return rc;
    rc = sigv4_keys__hash(keys, request->body, payload_hash);
    if (rc < 0)
        goto out;
    rc = sigv4__canonical_request(&parts, arena, &text);
    if (rc < 0)
        goto out;
    rc = sigv4_keys__hash(keys, buf_slice(&text), request_hash);
    if (rc < 0)
        goto out;
    buf_clear(&text);
    rc = sigv4__string_to_sign(slice_str(timestamp), slice_str(scope_text), request_hash, &text);
    if (rc < 0)
        goto out;
    rc = sigv4_keys__sign(keys, SIGV4_ONCE, signing->credential, &scope, buf_slice(&text),
                          signature);
    if (rc < 0)
        goto out;
    authorization =
        arena_printf(arena, SIGV4_ALGORITHM " Credential=%s/%s, SignedHeaders=%.*s, Signature=%.*s",
                     signing->credential->access_key, scope_text, SLICE_ARGS(parts.signed_headers),
                     SHA256_HEX_LEN, signature);
    if (authorization == NULL) {
        rc = ST_NOMEM;
        goto out;
    }
    *ret_count = 0;
    ret_headers[(*ret_count)++] = (struct http_header){SLICE("X-Amz-Date"), slice_str(timestamp)};
    ret_headers[(*ret_count)++] =
        (struct http_header){SLICE("Authorization"), slice_str(authorization)};
    if (signing->credential->session_token != NULL)
        ret_headers[(*ret_count)++] = (struct http_header){
            SLICE("X-Amz-Security-Token"), slice_str(signing->credential->session_token)};
out:
    buf_release(&text);
    sigv4_keys__free(keys);
    return rc;
}

int signed_call(struct http_client *client, const struct sigv4_signing *signing,
                const struct http_client_request *request, struct http_client_answer *ret_answer,
                struct refusal *reterr)
{
    enum { SCRATCH_BYTES_MAX = 1024 * 1024 };
    struct http_header headers[SIGNED_HEADERS_MAX + SIGV4_ADDED_HEADERS_MAX];
    struct http_client_request with_signature = *request;
    struct arena arena;
    size_t added;
    int rc;

    if (request->header_count > SIGNED_HEADERS_MAX)
        return ST_TOOBIG;
    arena_init(&arena, SCRATCH_BYTES_MAX);
    for (size_t i = 0; i < request->header_count; i++)
        headers[i] = request->headers[i];
    rc = sigv4_sign(signing, request, http_client_authority(client), &arena,
                    headers + request->header_count, &added);
    if (rc < 0)
        goto out;
    with_signature.headers = headers;
    with_signature.header_count = request->header_count + added;
    rc = http_client_call(client, &with_signature, ret_answer, reterr);
out:
    arena_release(&arena);
    return rc;
}
