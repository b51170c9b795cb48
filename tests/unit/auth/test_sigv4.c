/*
 * test_sigv4.c - signatures: AWS's published vectors, a client of the field (botocore), every
 * refusal in its words, and that no signed byte can be changed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>

#include "auth/sigv4.h"

/* 2015-08-30T12:36:00Z, the moment of AWS's vectors; 2026-11-22T08:00:00Z, that of ours. */
#define WALL_MS_2015 INT64_C(1440938160000)
#define WALL_MS_2026 INT64_C(1795334400000)

#define KEYS                                                                                       \
    "[alice]\n"                                                                                    \
    "aws_access_key_id = AKIDEXAMPLE\n"                                                            \
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n"                           \
    "account = 111122223333\n"                                                                     \
    "[visitor]\n"                                                                                  \
    "aws_access_key_id = AKIDVISITOR\n"                                                            \
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY\n"                           \
    "aws_session_token = tok/en+=\n"

struct fixture {
    struct credentials *credentials;
    struct sigv4 *sigv4, *suite, *any; /* for "dynamodb", for the vectors' "service", for anyone */
    struct arena arena;
    struct http_header headers[HTTP_HEADERS_MAX];
    struct http_request request;
    struct sigv4_identity identity;
    struct auth_error error;
};

static int setup(void **state)
{
    struct fixture *f = test_calloc(1, sizeof(*f));

    arena_init(&f->arena, 16 * 1024 * 1024);
    assert_int_equal(credentials_new(&f->credentials), 0);
    assert_int_equal(credentials_parse(f->credentials, SLICE(KEYS), NULL), 0);
    assert_int_equal(
        sigv4_new(&(struct sigv4_options){.credentials = f->credentials, .service = "dynamodb"},
                  &f->sigv4),
        0);
    assert_int_equal(
        sigv4_new(&(struct sigv4_options){.credentials = f->credentials, .service = "service"},
                  &f->suite),
        0);
    assert_int_equal(
        sigv4_new(&(struct sigv4_options){.mode = SIGV4_ANY, .service = "dynamodb"}, &f->any), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    sigv4_free(f->any);
    sigv4_free(f->suite);
    sigv4_free(f->sigv4);
    credentials_free(f->credentials);
    arena_release(&f->arena);
    test_free(f);
    return 0;
}

/* ---- making requests ---- */

static void request_init(struct fixture *f, const char *method, const char *target,
                         const char *body)
{
    const char *mark = strchr(target, '?');

    f->request = (struct http_request){
        .method = slice_str(method),
        .target = slice_str(target),
        .path = slice_of(target, mark ? (size_t)(mark - target) : strlen(target)),
        .query = mark ? slice_str(mark + 1) : SLICE_EMPTY,
        .headers = f->headers,
        .body = slice_str(body),
        .body_sent = slice_str(body),
        .arena = &f->arena};
}

static void header_add(struct fixture *f, const char *name, const char *value)
{
    f->headers[f->request.header_count++] = (struct http_header){slice_str(name), slice_str(value)};
}

/** Lines "Name: value\n". */
static void headers_add(struct fixture *f, const char *lines)
{
    while (*lines != '\0') {
        const char *colon = strstr(lines, ": "), *end = strchr(lines, '\n');

        f->headers[f->request.header_count++] =
            (struct http_header){slice_of(lines, (size_t)(colon - lines)),
                                 slice_of(colon + 2, (size_t)(end - colon - 2))};
        lines = end + 1;
    }
}

static int verify(struct fixture *f, struct sigv4 *sigv4, int64_t wall_ms)
{
    f->error = (struct auth_error){.code = NULL};
    return sigv4_verify(sigv4, &f->request, wall_ms, &f->identity, &f->error);
}

static void assert_refused(struct fixture *f, int rc, const char *code, const char *message)
{
    char *text;
    char type[100];

    assert_int_equal(rc, ST_REFUSED);
    assert_string_equal(f->error.code, code);
    snprintf(type, sizeof(type), "com.amazon.coral.service#%s", code);
    assert_string_equal(f->error.type, type);
    text = arena_str(&f->arena, f->error.message);
    assert_string_equal(text, message);
}

/* ---- AWS's published vectors ---- */

struct vector {
    const char *name, *method, *target, *headers, *signed_headers, *signature, *body;
};

/* Source: AWS Signature Version 4 test suite. Key AKIDEXAMPLE, us-east-1/service, 20150830T123600Z.
 */
static const struct vector vectors[] = {
    {"get-vanilla", "GET", "/", "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"post-vanilla", "POST", "/", "", "host;x-amz-date",
     "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", ""},
    {"get-slash", "GET", "//", "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"get-slash-dot-slash", "GET", "/./", "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"get-slash-pointless-dot", "GET", "/./example", "", "host;x-amz-date",
     "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5", ""},
    {"get-relative", "GET", "/example/..", "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"get-relative-relative", "GET", "/example1/example2/../..", "", "host;x-amz-date",
     "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", ""},
    {"get-utf8", "GET", "/\xe1\x88\xb4", "", "host;x-amz-date",
     "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85", ""},
    {"get-unreserved", "GET", "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     "", "host;x-amz-date", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f", ""},
    {"get-vanilla-empty-query-key", "GET", "/?Param1=value1", "", "host;x-amz-date",
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb", ""},
    {"get-vanilla-query-order-key", "GET", "/?Param1=value2&Param1=Value1", "", "host;x-amz-date",
     "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1", ""},
    {"get-vanilla-query-order-key-case", "GET", "/?Param2=value2&Param1=value1", "",
     "host;x-amz-date", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", ""},
    {"get-vanilla-query-order-value", "GET", "/?Param1=value2&Param1=value1", "", "host;x-amz-date",
     "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694", ""},
    {"get-vanilla-query-unreserved", "GET",
     "/?-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz="
     "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
     "", "host;x-amz-date", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197", ""},
    {"get-vanilla-utf8-query", "GET", "/?\xe1\x88\xb4=bar", "", "host;x-amz-date",
     "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04", ""},
    {"post-vanilla-query", "POST", "/?Param1=value1", "", "host;x-amz-date",
     "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11", ""},
    {"get-header-key-duplicate", "GET", "/",
     "My-Header1: value2\nMy-Header1: value2\nMy-Header1: value1\n", "host;my-header1;x-amz-date",
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea", ""},
    {"get-header-value-order", "GET", "/",
     "My-Header1: value4\nMy-Header1: value1\nMy-Header1: value3\nMy-Header1: value2\n",
     "host;my-header1;x-amz-date",
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01", ""},
    {"get-header-value-trim", "GET", "/", "My-Header1: value1\nMy-Header2: \"a   b   c\"\n",
     "host;my-header1;my-header2;x-amz-date",
     "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", ""},
    {"post-header-key-sort", "POST", "/", "My-Header1: value1\n", "host;my-header1;x-amz-date",
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c", ""},
    {"post-header-value-case", "POST", "/", "My-Header1: VALUE1\n", "host;my-header1;x-amz-date",
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d", ""},
    {"post-x-www-form-urlencoded", "POST", "/", "Content-Type: application/x-www-form-urlencoded\n",
     "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", "Param1=value1"},
    {"post-x-www-form-urlencoded-parameters", "POST", "/",
     "Content-Type: application/x-www-form-urlencoded; charset=utf8\n",
     "content-type;host;x-amz-date",
     "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe", "Param1=value1"},
};

static void published_vectors_verify(void **state)
{
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const struct vector *v = &vectors[i];
        char authorization[400];

        snprintf(authorization, sizeof(authorization),
                 "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
                 "SignedHeaders=%s, Signature=%s",
                 v->signed_headers, v->signature);
        request_init(f, v->method, v->target, v->body);
        headers_add(f, "Host: example.amazonaws.com\nX-Amz-Date: 20150830T123600Z\n");
        headers_add(f, v->headers);
        header_add(f, "Authorization", authorization);
        if (verify(f, f->suite, WALL_MS_2015) != 0)
            fail_msg("%s: %.*s", v->name, SLICE_ARGS(f->error.message));
    }
}

static void published_vectors_are_what_we_sign(void **state)
{
    const struct credential credential = {.access_key = "AKIDEXAMPLE",
                                          .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
    const struct sigv4_signing signing = {.credential = &credential,
                                          .region = "us-east-1",
                                          .service = "service",
                                          .wall_ms = WALL_MS_2015};
    struct fixture *f = *state;

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        const struct vector *v = &vectors[i];
        struct http_header added[SIGV4_ADDED_HEADERS_MAX];
        struct http_client_request request = {.method = slice_str(v->method),
                                              .target = slice_str(v->target),
                                              .body = slice_str(v->body),
                                              .headers = f->headers};
        size_t count;
        char *authorization;

        request_init(f, v->method, v->target, v->body);
        headers_add(f, v->headers);
        request.header_count = f->request.header_count;
        assert_int_equal(sigv4_sign(&signing, &request, SLICE("example.amazonaws.com"), &f->arena,
                                    added, &count),
                         0);
        assert_int_equal(count, 2);
        assert_true(slice_eq_str(added[0].value, "20150830T123600Z"));
        authorization = arena_str(&f->arena, added[1].value);
        if (strstr(authorization, v->signature) == NULL)
            fail_msg("%s: %s", v->name, authorization);
    }
}

/* ---- what a client of the field sends ---- */

#define GET_ITEM_HEADERS(access_key, more, signed_more, signature)                                 \
    "Host: localhost:8000\nX-Amz-Target: DynamoDB_20120810.GetItem\n"                              \
    "Content-Type: application/x-amz-json-1.0\nUser-Agent: x\nX-Amz-Date: 20261122T080000Z\n" more \
    "Authorization: AWS4-HMAC-SHA256 Credential=" access_key                                       \
    "/20261122/us-east-1/dynamodb/aws4_request, "                                                  \
    "SignedHeaders=content-type;host;x-amz-date;" signed_more "x-amz-target, Signature=" signature \
    "\n"

/* Signed by botocore 1.29. */
#define GET_ITEM                                                                                   \
    GET_ITEM_HEADERS("AKIDEXAMPLE", "", "",                                                        \
                     "cbb2f7c11d8b12a382682e0ac8c65a70d61304f75db2f88ad651e6bb83605002")
#define GET_ITEM_BODY "{\"TableName\":\"t\"}"
#define PRESIGNED                                                                                  \
    "/_tropic/v1/a%20b?table=x%20y&b=&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="          \
    "AKIDEXAMPLE%2F20261122%2Fus-east-1%2Fdynamodb%2Faws4_request&X-Amz-Date="                     \
    "20261122T080000Z&X-Amz-Expires=600&X-Amz-SignedHeaders=host&X-Amz-Signature="                 \
    "50910346fe324ea90d2050b7f52d69bed4eff300bdbb6ed248eac80866528f27"

static void get_item(struct fixture *f)
{
    request_init(f, "POST", "/", GET_ITEM_BODY);
    headers_add(f, GET_ITEM);
}

static void a_signed_request_names_its_signer(void **state)
{
    struct fixture *f = *state;

    get_item(f);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0);
    assert_true(slice_eq_str(f->identity.access_key, "AKIDEXAMPLE"));
    assert_true(slice_eq_str(f->identity.region, "us-east-1"));
    assert_true(slice_eq_str(f->identity.service, "dynamodb"));
    assert_string_equal(f->identity.account, "111122223333");
    assert_string_equal(f->identity.user, "alice");
}

static void a_presigned_request_holds_until_it_expires(void **state)
{
    struct fixture *f = *state;
    int rc;

    request_init(f, "GET", PRESIGNED, "");
    header_add(f, "Host", "localhost:8000");
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026 + 600 * 1000), 0);
    rc = verify(f, f->sigv4, WALL_MS_2026 + 601 * 1000);
    assert_refused(f, rc, "InvalidSignatureException",
                   "Signature expired: 20261122T080000Z is now earlier than 20261122T080001Z "
                   "(20261122T081001Z - 10 min.)");
}

/* ---- refusals ---- */

static void a_request_without_a_signature_is_refused(void **state)
{
    struct fixture *f = *state;

    request_init(f, "POST", "/", "{}");
    header_add(f, "Host", "localhost:8000");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "MissingAuthenticationTokenException",
                   "Request is missing Authentication Token");
    assert_refused(f, verify(f, f->any, WALL_MS_2026), "MissingAuthenticationTokenException",
                   "Request is missing Authentication Token");
    header_add(f, "Authorization", "Basic YTpi");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "MissingAuthenticationTokenException",
                   "Request is missing Authentication Token");
}

static void two_signatures_are_refused(void **state)
{
    struct fixture *f = *state;

    request_init(f, "POST", "/?X-Amz-Algorithm=AWS4-HMAC-SHA256", "{}");
    headers_add(f, GET_ITEM);
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "InvalidSignatureException",
                   "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as "
                   "HTTP header.");
}

static void missing_pieces_are_all_named(void **state)
{
    struct fixture *f = *state;

    request_init(f, "POST", "/", "{}");
    header_add(f, "Authorization", "AWS4-HMAC-SHA256 x=y");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "IncompleteSignatureException",
                   "Authorization header requires 'Credential' parameter. "
                   "Authorization header requires 'Signature' parameter. "
                   "Authorization header requires 'SignedHeaders' parameter. "
                   "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' "
                   "header. Authorization=AWS4-HMAC-SHA256 x=y");
    request_init(f, "POST", "/", "{}");
    header_add(f, "Date", "x");
    header_add(f, "Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=x");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "IncompleteSignatureException",
                   "Authorization header requires 'SignedHeaders' parameter. "
                   "Authorization=AWS4-HMAC-SHA256 Credential=a/b/c/d/e,Signature=x");
    request_init(f, "POST", "/?X-Amz-Algorithm=&X-Amz-Date=1", "{}");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "IncompleteSignatureException",
                   "AWS query-string parameters must include 'X-Amz-Algorithm'. "
                   "AWS query-string parameters must include 'X-Amz-Credential'. "
                   "AWS query-string parameters must include 'X-Amz-Signature'. "
                   "AWS query-string parameters must include 'X-Amz-SignedHeaders'. "
                   "Re-examine the query-string parameters.");
}

/** GET_ITEM with another Authorization header. */
static int verify_authorization(struct fixture *f, struct sigv4 *sigv4, const char *authorization)
{
    request_init(f, "POST", "/", GET_ITEM_BODY);
    headers_add(f, "Host: localhost:8000\nX-Amz-Date: 20261122T080000Z\n");
    header_add(f, "Authorization", authorization);
    return verify(f, sigv4, WALL_MS_2026);
}

static void a_scope_that_does_not_fit_is_refused(void **state)
{
    struct fixture *f = *state;

    assert_refused(f,
                   verify_authorization(f, f->sigv4,
                                        "AWS4-HMAC-SHA256 Credential=AKID/2026, "
                                        "SignedHeaders=host, Signature=0"),
                   "IncompleteSignatureException",
                   "Credential must have exactly 5 slash-delimited elements, e.g. "
                   "keyid/date/region/service/term, got 'AKID/2026'");
    assert_refused(f,
                   verify_authorization(f, f->sigv4,
                                        "AWS4-HMAC-SHA256 Credential=AKID/20261122/"
                                        "us-east-1/s3/aws4_request, SignedHeaders=host, "
                                        "Signature=0"),
                   "InvalidSignatureException",
                   "Credential should be scoped to correct service: 'dynamodb'. ");
    assert_refused(f,
                   verify_authorization(f, f->sigv4,
                                        "AWS4-HMAC-SHA256 Credential=AKID/20261122/"
                                        "us-east-1/dynamodb/aws5, SignedHeaders=host, "
                                        "Signature=0"),
                   "InvalidSignatureException",
                   "Credential should be scoped with a valid terminator: 'aws4_request', not "
                   "'aws5'. ");
    assert_refused(f,
                   verify_authorization(f, f->sigv4,
                                        "AWS4-HMAC-SHA256 Credential=AKID/20261122/"
                                        "/dynamodb/aws4_request, SignedHeaders=host, "
                                        "Signature=0"),
                   "InvalidSignatureException", "Credential should be scoped to a valid region. ");
    assert_refused(f,
                   verify_authorization(f, f->sigv4,
                                        "AWS4-HMAC-SHA256 Credential=AKID/20261121/"
                                        "us-east-1/dynamodb/aws4_request, SignedHeaders=host, "
                                        "Signature=0"),
                   "InvalidSignatureException",
                   "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                   "from HTTP: '20261121' != '20261122', from '20261122T080000Z'.");
    assert_refused(f, verify_authorization(f, f->sigv4, "AWS4-ECDSA-P256-SHA256 Credential=x"),
                   "IncompleteSignatureException",
                   "Unsupported AWS 'algorithm': 'AWS4-ECDSA-P256-SHA256'. ");
}

static void a_clock_too_far_off_is_refused(void **state)
{
    static const int64_t skew = SIGV4_SKEW_MAX_MS;
    struct fixture *f = *state;

    get_item(f);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026 + skew), 0);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026 - skew), 0);
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026 + skew + 1000), "InvalidSignatureException",
                   "Signature expired: 20261122T080000Z is now earlier than 20261122T080001Z "
                   "(20261122T081501Z - 15 min.)");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026 - skew - 1000), "InvalidSignatureException",
                   "Signature not yet current: 20261122T080000Z is still later than "
                   "20261122T075959Z (20261122T074459Z + 15 min.)");
}

static void a_date_in_another_form_is_refused(void **state)
{
    struct fixture *f = *state;

    request_init(f, "POST", "/", "{}");
    headers_add(f, "Host: a\nX-Amz-Date: 2026-11-22\nAuthorization: AWS4-HMAC-SHA256 Credential="
                   "AKID/20261122/us-east-1/dynamodb/aws4_request, SignedHeaders=host, "
                   "Signature=0\n");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "IncompleteSignatureException",
                   "Date must be in ISO-8601 'basic format'. Got '2026-11-22'. See "
                   "http://en.wikipedia.org/wiki/ISO_8601");
}

#define MISMATCH                                                                                   \
    "The request signature we calculated does not match the signature you provided. Check your "   \
    "AWS Secret Access Key and signing method. Consult the service documentation for details."

static void unknown_keys_and_wrong_signatures_differ_in_words_only(void **state)
{
    struct fixture *f = *state;

    request_init(f, "POST", "/", GET_ITEM_BODY);
    headers_add(f, GET_ITEM_HEADERS("AKIDNOBODY", "", "",
                                    "cbb2f7c11d8b12a382682e0ac8c65a70d61304f"
                                    "75db2f88ad651e6bb83605002"));
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "UnrecognizedClientException",
                   "The security token included in the request is invalid.");
    request_init(f, "POST", "/", "{\"TableName\":\"u\"}");
    headers_add(f, GET_ITEM);
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "InvalidSignatureException", MISMATCH);
}

/** A POST to "/" signed by us as the credential says. */
static void signed_init(struct fixture *f, const struct credential *credential)
{
    const struct sigv4_signing signing = {.credential = credential,
                                          .region = "eu-west-1",
                                          .service = "dynamodb",
                                          .wall_ms = WALL_MS_2026};
    const struct http_client_request request = {.method = SLICE("POST"), .target = SLICE("/")};
    struct http_header added[SIGV4_ADDED_HEADERS_MAX];
    size_t count;

    assert_int_equal(sigv4_sign(&signing, &request, SLICE("h"), &f->arena, added, &count), 0);
    request_init(f, "POST", "/", "");
    header_add(f, "Host", "h");
    for (size_t i = 0; i < count; i++)
        f->headers[f->request.header_count++] = added[i];
}

static void a_session_token_must_be_the_right_one(void **state)
{
    static const struct credential wrong[] = {
        {.access_key = "AKIDVISITOR", .session_token = NULL},
        {.access_key = "AKIDVISITOR", .session_token = "other"},
        {.access_key = "AKIDVISITOR", .session_token = "tok/en+=x"},
        {.access_key = "AKIDEXAMPLE", .session_token = "tok/en+="},
    };
    struct fixture *f = *state;
    const struct credential *visitor = credentials_profile(f->credentials, "visitor");

    signed_init(f, visitor);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0);
    assert_string_equal(f->identity.user, "visitor");
    credential_unref(visitor);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct credential credential = wrong[i];

        credential.secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        signed_init(f, &credential);
        assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "UnrecognizedClientException",
                       "The security token included in the request is invalid.");
    }
}

static void what_decides_must_be_signed(void **state)
{
    struct fixture *f = *state;

    get_item(f);
    header_add(f, "X-Amz-Security-Token", "smuggled");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "InvalidSignatureException",
                   "'X-Amz-Security-Token' must be a 'SignedHeader' in the AWS Authorization.");
    request_init(f, "GET", PRESIGNED, "");
    headers_add(f, "Host: localhost:8000\nX-Amz-Target: DynamoDB_20120810.DeleteTable\n");
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "InvalidSignatureException",
                   "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
    assert_refused(f,
                   verify_authorization(f, f->sigv4,
                                        "AWS4-HMAC-SHA256 Credential=AKID/20261122/"
                                        "us-east-1/dynamodb/aws4_request, "
                                        "SignedHeaders=x-amz-date, Signature=0"),
                   "InvalidSignatureException",
                   "'Host' must be a 'SignedHeader' in the AWS Authorization.");
}

static void an_unsigned_payload_counts_over_tls_only(void **state)
{
    struct fixture *f = *state;

    request_init(f, "POST", "/", "whatever");
    headers_add(
        f, /* signed by botocore */
        "Host: h\nX-Amz-Date: 20261122T080000Z\nX-Amz-Content-Sha256: UNSIGNED-PAYLOAD\n"
        "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261122/us-east-1/dynamodb/"
        "aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="
        "e031c08e991235ded954abd2832bc4846bccfef1b2c58ff966135b0ce433de69\n");
    f->request.tls = true;
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0);
    f->request.tls = false;
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "InvalidSignatureException", MISMATCH);
}

/* ---- no signed byte can be changed ---- */

/** Flips each bit of `bytes`, which the request points into; each time it must be refused. */
static void assert_protected(struct fixture *f, const char *what, uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] ^= (uint8_t)(1u << bit);
            if (verify(f, f->sigv4, WALL_MS_2026) != ST_REFUSED)
                fail_msg("%s: byte %zu, bit %d is not protected", what, i, bit);
            bytes[i] ^= (uint8_t)(1u << bit);
            arena_reset(&f->arena);
        }
}

static uint8_t *copy_of(struct slice bytes)
{
    uint8_t *copy = test_malloc(bytes.len + 1);

    memcpy(copy, bytes.ptr, bytes.len);
    return copy;
}

static void every_changed_bit_is_refused(void **state)
{
    struct fixture *f = *state;
    uint8_t *bytes;

    get_item(f);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0);
    bytes = copy_of(f->request.method);
    f->request.method.ptr = bytes;
    assert_protected(f, "method", bytes, f->request.method.len);
    test_free(bytes);

    get_item(f);
    bytes = copy_of(f->request.body_sent);
    f->request.body_sent.ptr = bytes;
    assert_protected(f, "body", bytes, f->request.body_sent.len);
    test_free(bytes);

    for (size_t i = 0;; i++) {
        struct slice *value;

        get_item(f);
        if (i == f->request.header_count)
            break;
        if (slice_eq_str(f->headers[i].name, "User-Agent"))
            continue; /* botocore does not sign it */
        value = &f->headers[i].value;
        bytes = copy_of(*value);
        /* In Authorization the pieces count, not what separates them. */
        if (slice_eq_str(f->headers[i].name, "Authorization")) {
            const char *pieces[] = {"AKID", "content-type;", "cbb2"};
            const char *text = (const char *)value->ptr;

            value->ptr = bytes;
            for (size_t k = 0; k < ARRAY_LEN(pieces); k++) {
                size_t at = (size_t)(strstr(text, pieces[k]) - text);

                assert_protected(f, pieces[k], bytes + at, strcspn(text + at, ",\n"));
            }
        } else {
            value->ptr = bytes;
            assert_protected(f, "header", bytes, value->len);
        }
        test_free(bytes);
    }
}

static void every_changed_bit_of_a_presigned_request_is_refused(void **state)
{
    static const char target[] = PRESIGNED;
    struct fixture *f = *state;
    size_t path_len = (size_t)(strchr(target, '?') - target);
    uint8_t *bytes = copy_of(SLICE(target));

    request_init(f, "GET", target, "");
    header_add(f, "Host", "localhost:8000");
    f->request.path = slice_of(bytes, path_len);
    f->request.query = slice_of(bytes + path_len + 1, sizeof(target) - 1 - path_len - 1);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0);
    assert_protected(f, "path", bytes, path_len);
    for (size_t i = path_len + 1; i < sizeof(target) - 1; i++) {
        uint8_t before = bytes[i];

        /* "%2f" says what "%2F" says; so only changes of another kind. */
        bytes[i] ^= 0x05;
        if (verify(f, f->sigv4, WALL_MS_2026) != ST_REFUSED)
            fail_msg("query: byte %zu of %s is not protected", i, target);
        bytes[i] = before;
        arena_reset(&f->arena);
    }
    test_free(bytes);
}

/* ---- any credentials, reload, threads ---- */

static void in_dev_mode_only_the_scope_is_read(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(verify_authorization(f, f->any,
                                          "AWS4-HMAC-SHA256 Credential=anything/20200101/"
                                          "ap-southeast-2/s3/aws4_request, SignedHeaders=a, "
                                          "Signature=b"),
                     0);
    assert_true(slice_eq_str(f->identity.region, "ap-southeast-2"));
    assert_string_equal(f->identity.user, "anything");
    assert_string_equal(f->identity.account, "000000000000");
    request_init(f, "GET", PRESIGNED, "");
    assert_int_equal(verify(f, f->any, WALL_MS_2026 * 2), 0);
    assert_true(slice_eq_str(f->identity.region, "us-east-1"));
}

static void a_changed_secret_counts_at_once(void **state)
{
    struct fixture *f = *state;

    get_item(f);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0); /* its key is cached now */
    assert_int_equal(credentials_parse(f->credentials,
                                       SLICE("[alice]\naws_access_key_id = AKIDEXAMPLE\n"
                                             "aws_secret_access_key = changed\n"),
                                       NULL),
                     0);
    assert_refused(f, verify(f, f->sigv4, WALL_MS_2026), "InvalidSignatureException", MISMATCH);
    assert_int_equal(credentials_parse(f->credentials, SLICE(KEYS), NULL), 0);
    assert_int_equal(verify(f, f->sigv4, WALL_MS_2026), 0);
}

struct verifier {
    pthread_t thread;
    struct sigv4 *sigv4;
    int good;
};

static void *verifier_run(void *context)
{
    struct verifier *verifier = context;
    struct fixture own = {.sigv4 = verifier->sigv4};

    arena_init(&own.arena, 1024 * 1024);
    get_item(&own);
    for (int i = 0; i < 200; i++) {
        verifier->good += verify(&own, own.sigv4, WALL_MS_2026) == 0;
        arena_reset(&own.arena);
    }
    arena_release(&own.arena);
    return NULL;
}

static void threads_verify_side_by_side_while_keys_are_reloaded(void **state)
{
    struct fixture *f = *state;
    struct verifier verifiers[3];

    for (size_t i = 0; i < ARRAY_LEN(verifiers); i++) {
        verifiers[i] = (struct verifier){.sigv4 = f->sigv4};
        pthread_create(&verifiers[i].thread, NULL, verifier_run, &verifiers[i]);
    }
    for (int i = 0; i < 20; i++)
        assert_int_equal(credentials_parse(f->credentials, SLICE(KEYS), NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(verifiers); i++) {
        pthread_join(verifiers[i].thread, NULL);
        assert_int_equal(verifiers[i].good, 200);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(published_vectors_verify),
        TEST(published_vectors_are_what_we_sign),
        TEST(a_signed_request_names_its_signer),
        TEST(a_presigned_request_holds_until_it_expires),
        TEST(a_request_without_a_signature_is_refused),
        TEST(two_signatures_are_refused),
        TEST(missing_pieces_are_all_named),
        TEST(a_scope_that_does_not_fit_is_refused),
        TEST(a_clock_too_far_off_is_refused),
        TEST(a_date_in_another_form_is_refused),
        TEST(unknown_keys_and_wrong_signatures_differ_in_words_only),
        TEST(a_session_token_must_be_the_right_one),
        TEST(what_decides_must_be_signed),
        TEST(an_unsigned_payload_counts_over_tls_only),
        TEST(every_changed_bit_is_refused),
        TEST(every_changed_bit_of_a_presigned_request_is_refused),
        TEST(in_dev_mode_only_the_scope_is_read),
        TEST(a_changed_secret_counts_at_once),
        TEST(threads_verify_side_by_side_while_keys_are_reloaded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
