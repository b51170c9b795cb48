/*
 * sigv4.c - is this request signed by someone we know? See sigv4.h.
 *
 * In order: where the signature stands (header or query), whether all its pieces are there, whether
 * the credential scope fits, whether the time fits, whether what must be signed is signed, and only
 * then the signature. For an access key that we do not know the signature is computed all the same,
 * with the key of nobody; only the words of the refusal differ, as they do at AWS.
 *
 * The texts are DynamoDB's: spec/dynamodb-wire.md section 2.1; those about the scope's parts, the
 * date's form and unsigned headers are AWS's common ones.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "auth/sigv4.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "auth/sigv4_canonical.h"
#include "auth/sigv4_keys.h"
#include "base/civil.h"
#include "base/list.h"

/* ---- refusals ---- */

enum auth_code { MISSING_TOKEN, INCOMPLETE, INVALID, UNRECOGNIZED };

#define CORAL "com.amazon.coral.service#"
static const char *const auth_types[] = {
    [MISSING_TOKEN] = CORAL "MissingAuthenticationTokenException",
    [INCOMPLETE] = CORAL "IncompleteSignatureException",
    [INVALID] = CORAL "InvalidSignatureException",
    [UNRECOGNIZED] = CORAL "UnrecognizedClientException",
};

static int refuse_with(struct auth_error *reterr, enum auth_code code, struct slice message)
{
    *reterr = (struct auth_error){
        .code = auth_types[code] + sizeof(CORAL) - 1, .type = auth_types[code], .message = message};
    return ST_REFUSED;
}

/** With a message made by arena_printf(); ST_NOMEM when that is NULL. */
static int refuse_text(struct auth_error *reterr, enum auth_code code, const char *message)
{
    return message == NULL ? ST_NOMEM : refuse_with(reterr, code, slice_str(message));
}

static int refuse_mismatch(struct auth_error *reterr)
{
    return refuse_with(
        reterr, INVALID,
        SLICE("The request signature we calculated does not match the signature you "
              "provided. Check your AWS Secret Access Key and signing method. Consult "
              "the service documentation for details."));
}

int sigv4_refuse_region(struct auth_error *reterr)
{
    return refuse_with(reterr, INVALID, SLICE("Credential should be scoped to a valid region. "));
}

/* ---- per-thread state ---- */

struct thread_keys {
    struct list_node node; /* of the verifier */
    struct sigv4 *sigv4;
    struct sigv4_keys *keys;
};

struct sigv4 {
    enum sigv4_mode mode;
    struct credentials *credentials;
    char *service;
    struct credentials *nobody_set;
    const struct credential *nobody; /* signs in the place of those we do not know */
    pthread_key_t thread_key;
    bool has_thread_key;
    pthread_mutex_t lock; /* of the list */
    struct list_node threads;
};

static void thread_keys_free(void *context)
{
    struct thread_keys *thread = context;

    pthread_mutex_lock(&thread->sigv4->lock);
    list_remove(&thread->node);
    pthread_mutex_unlock(&thread->sigv4->lock);
    sigv4_keys__free(thread->keys);
    free(thread);
}

/** The keys of the calling thread; NULL: no memory. */
static struct sigv4_keys *thread_keys(struct sigv4 *sigv4)
{
    struct thread_keys *thread = pthread_getspecific(sigv4->thread_key);

    if (thread != NULL)
        return thread->keys;
    thread = calloc(1, sizeof(*thread));
    if (thread == NULL)
        return NULL;
    thread->sigv4 = sigv4;
    if (sigv4_keys__new(&thread->keys) < 0 || pthread_setspecific(sigv4->thread_key, thread) != 0) {
        sigv4_keys__free(thread->keys);
        free(thread);
        return NULL;
    }
    pthread_mutex_lock(&sigv4->lock);
    list_append(&sigv4->threads, &thread->node);
    pthread_mutex_unlock(&sigv4->lock);
    return thread->keys;
}

int sigv4_new(const struct sigv4_options *options, struct sigv4 **ret_sigv4)
{
    struct sigv4 *sigv4 = calloc(1, sizeof(*sigv4));

    if (sigv4 == NULL)
        return ST_NOMEM;
    sigv4->mode = options->mode;
    sigv4->credentials = options->credentials;
    list_init(&sigv4->threads);
    pthread_mutex_init(&sigv4->lock, NULL);
    sigv4->service = strdup(options->service);
    sigv4->has_thread_key = pthread_key_create(&sigv4->thread_key, thread_keys_free) == 0;
    if (sigv4->service == NULL || !sigv4->has_thread_key ||
        credentials_new(&sigv4->nobody_set) < 0 ||
        credentials_parse(sigv4->nobody_set,
                          SLICE("[nobody]\naws_access_key_id = nobody\n"
                                "aws_secret_access_key = nobody\n"),
                          NULL) < 0) {
        sigv4_free(sigv4);
        return ST_NOMEM;
    }
    sigv4->nobody = credentials_profile(sigv4->nobody_set, "nobody");
    *ret_sigv4 = sigv4;
    return 0;
}

void sigv4_free(struct sigv4 *sigv4)
{
    if (sigv4 == NULL)
        return;
    if (sigv4->has_thread_key)
        pthread_key_delete(sigv4->thread_key); /* no thread will call thread_keys_free() any more */
    while (!list_empty(&sigv4->threads))
        thread_keys_free(LIST_ENTRY(sigv4->threads.next, struct thread_keys, node));
    credential_unref(sigv4->nobody);
    credentials_free(sigv4->nobody_set);
    free(sigv4->service);
    pthread_mutex_destroy(&sigv4->lock);
    free(sigv4);
}

/* ---- the pieces of a signature ---- */

/* What the request says about its signature, from the header or from the query. */
struct claim {
    bool presigned;
    struct slice credential, signature, signed_headers, date_text, token;
    struct slice access_key, scope; /* parts of `credential` */
    struct sigv4_scope parts;
    int64_t date_ms;
    char timestamp[SIGV4_TIMESTAMP_LEN + 1];
    int64_t valid_ms; /* how long from date_ms on */
};

static int refuse_algorithm(const struct http_request *request, struct slice algorithm,
                            struct auth_error *reterr)
{
    return refuse_text(reterr, INCOMPLETE,
                       arena_printf(request->arena, "Unsupported AWS 'algorithm': '%.*s'. ",
                                    SLICE_ARGS(algorithm)));
}

/** "name=value" pieces, separated by commas and spaces. */
static void read_header_pieces(struct slice header, struct claim *claim)
{
    while (header.len > 0) {
        size_t len = 0;
        const uint8_t *equals;
        struct slice name, value;

        while (len < header.len && header.ptr[len] != ',' && header.ptr[len] != ' ')
            len++;
        equals = memchr(header.ptr, '=', len);
        if (equals != NULL) {
            name = slice_of(header.ptr, (size_t)(equals - header.ptr));
            value = slice_of(equals + 1, len - name.len - 1);
            if (slice_eq_str(name, "Credential"))
                claim->credential = value;
            else if (slice_eq_str(name, "Signature"))
                claim->signature = value;
            else if (slice_eq_str(name, "SignedHeaders"))
                claim->signed_headers = value;
        }
        header = slice_skip(header, len < header.len ? len + 1 : len);
    }
}

static int read_header_claim(const struct http_request *request, struct slice header,
                             struct claim *claim, struct auth_error *reterr)
{
    size_t algorithm_len = 0;
    bool any_missing;

    while (algorithm_len < header.len && header.ptr[algorithm_len] != ' ')
        algorithm_len++;
    if (!slice_eq_str(slice_of(header.ptr, algorithm_len), SIGV4_ALGORITHM))
        return refuse_algorithm(request, slice_of(header.ptr, algorithm_len), reterr);
    read_header_pieces(slice_skip(header, algorithm_len), claim);
    claim->date_text = http_request_header(request, "X-Amz-Date");
    if (claim->date_text.len == 0)
        claim->date_text = http_request_header(request, "Date");
    claim->token = http_request_header(request, "X-Amz-Security-Token");
    any_missing = claim->credential.len == 0 || claim->signature.len == 0 ||
                  claim->signed_headers.len == 0 || claim->date_text.len == 0;
    if (!any_missing)
        return 0;
    return refuse_text(
        reterr, INCOMPLETE,
        arena_printf(
            request->arena, "%s%s%s%sAuthorization=%.*s",
            claim->credential.len ? "" : "Authorization header requires 'Credential' parameter. ",
            claim->signature.len ? "" : "Authorization header requires 'Signature' parameter. ",
            claim->signed_headers.len ? ""
                                      : "Authorization header requires 'SignedHeaders' parameter. ",
            claim->date_text.len
                ? ""
                : "Authorization header requires existence of either a 'X-Amz-Date' "
                  "or a 'Date' header. ",
            SLICE_ARGS(header)));
}

/** X-Amz-Expires; without it the ordinary window counts. */
static int read_expires(const struct http_request *request, struct claim *claim,
                        struct auth_error *reterr)
{
    struct slice text = sigv4__query_parameter(request->query, "X-Amz-Expires", request->arena);
    int64_t seconds = 0;

    if (text.ptr == NULL)
        return 0;
    for (size_t i = 0; i < text.len && i < 10; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9')
            return refuse_with(reterr, INCOMPLETE, SLICE("X-Amz-Expires should be a number"));
        seconds = seconds * 10 + (text.ptr[i] - '0');
    }
    if (text.len == 0 || text.len >= 10 || seconds < 1 || seconds > SIGV4_PRESIGNED_SECONDS_MAX)
        return refuse_with(
            reterr, INCOMPLETE,
            SLICE("X-Amz-Expires must be less than a week (in seconds); that is, the "
                  "given X-Amz-Expires must be less than 604800 seconds"));
    claim->valid_ms = seconds * 1000;
    return 0;
}

static int read_query_claim(const struct http_request *request, struct claim *claim,
                            struct auth_error *reterr)
{
    struct {
        const char *name;
        struct slice value;
    } pieces[] = {{"X-Amz-Algorithm", SLICE_EMPTY},
                  {"X-Amz-Credential", SLICE_EMPTY},
                  {"X-Amz-Signature", SLICE_EMPTY},
                  {"X-Amz-SignedHeaders", SLICE_EMPTY},
                  {"X-Amz-Date", SLICE_EMPTY}};
    struct buf missing = BUF_EMPTY;
    int rc = 0;

    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        pieces[i].value = sigv4__query_parameter(request->query, pieces[i].name, request->arena);
        if (pieces[i].value.len == 0)
            buf_printf(&missing, "AWS query-string parameters must include '%s'. ", pieces[i].name);
    }
    if (missing.len > 0 || buf_failed(&missing)) {
        rc = refuse_text(reterr, INCOMPLETE,
                         buf_failed(&missing)
                             ? NULL
                             : arena_printf(request->arena,
                                            "%.*sRe-examine the query-string parameters.",
                                            SLICE_ARGS(buf_slice(&missing))));
        buf_release(&missing);
        return rc;
    }
    claim->presigned = true;
    claim->credential = pieces[1].value;
    claim->signature = pieces[2].value;
    claim->signed_headers = pieces[3].value;
    claim->date_text = pieces[4].value;
    claim->token = sigv4__query_parameter(request->query, "X-Amz-Security-Token", request->arena);
    if (!slice_eq_str(pieces[0].value, SIGV4_ALGORITHM))
        return refuse_algorithm(request, pieces[0].value, reterr);
    return read_expires(request, claim, reterr);
}

static int read_claim(const struct http_request *request, struct claim *claim,
                      struct auth_error *reterr)
{
    struct slice header = http_request_header(request, "Authorization");
    bool presigned =
        request->query.len > 0 &&
        sigv4__query_parameter(request->query, "X-Amz-Algorithm", request->arena).ptr != NULL;

    *claim = (struct claim){.valid_ms = SIGV4_SKEW_MAX_MS};
    if (header.ptr != NULL && presigned)
        return refuse_with(reterr, INVALID,
                           SLICE("Found both 'X-Amz-Algorithm' as a query-string param and "
                                 "'Authorization' as HTTP header."));
    if (presigned)
        return read_query_claim(request, claim, reterr);
    if (!slice_has_prefix(header, SLICE("AWS4-")))
        return refuse_with(reterr, MISSING_TOKEN, SLICE("Request is missing Authentication Token"));
    return read_header_claim(request, header, claim, reterr);
}

/* ---- the scope ---- */

/** Splits the credential at its slashes, from the end. */
static int read_scope(const struct http_request *request, struct claim *claim,
                      struct auth_error *reterr)
{
    struct slice parts[5], rest = claim->credential;
    size_t count = 0;

    for (;;) {
        const uint8_t *slash = memchr(rest.ptr, '/', rest.len);

        if (count < 5)
            parts[count] = slice_of(rest.ptr, slash ? (size_t)(slash - rest.ptr) : rest.len);
        count++;
        if (slash == NULL)
            break;
        rest = slice_skip(rest, (size_t)(slash - rest.ptr) + 1);
    }
    if (count != 5 || parts[0].len == 0)
        return refuse_text(
            reterr, INCOMPLETE,
            arena_printf(request->arena,
                         "Credential must have exactly 5 slash-delimited elements, e.g. "
                         "keyid/date/region/service/term, got '%.*s'",
                         SLICE_ARGS(claim->credential)));
    claim->access_key = parts[0];
    claim->scope = slice_skip(claim->credential, parts[0].len + 1);
    claim->parts = (struct sigv4_scope){.date = parts[1], .region = parts[2], .service = parts[3]};
    if (!slice_eq_str(parts[4], SIGV4_TERMINATOR))
        return refuse_text(reterr, INVALID,
                           arena_printf(request->arena,
                                        "Credential should be scoped with a valid terminator: "
                                        "'" SIGV4_TERMINATOR "', not '%.*s'. ",
                                        SLICE_ARGS(parts[4])));
    if (parts[2].len == 0)
        return sigv4_refuse_region(reterr);
    return 0;
}

/* ---- the time ---- */

/** "Mon, 09 Sep 2011 23:36:00 GMT"; -1 when it is something else. */
static int64_t http_date_parse(const char *text)
{
    struct tm tm = {.tm_mday = 1};
    struct civil date;
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);

    if (end == NULL || *end != '\0')
        return -1;
    date = (struct civil){.year = tm.tm_year + 1900,
                          .month = tm.tm_mon + 1,
                          .day = tm.tm_mday,
                          .hour = tm.tm_hour,
                          .minute = tm.tm_min,
                          .second = tm.tm_sec};
    return civil_to_ms(&date);
}

static int read_date(const struct http_request *request, struct claim *claim,
                     struct auth_error *reterr)
{
    claim->date_ms = sigv4__timestamp_parse(claim->date_text);
    if (claim->date_ms < 0 && !claim->presigned) {
        char *text = arena_str(request->arena, claim->date_text);

        if (text == NULL)
            return ST_NOMEM;
        claim->date_ms = http_date_parse(text);
    }
    if (claim->date_ms < 0)
        return refuse_text(reterr, INCOMPLETE,
                           arena_printf(request->arena,
                                        "Date must be in ISO-8601 'basic format'. Got '%.*s'. See "
                                        "http://en.wikipedia.org/wiki/ISO_8601",
                                        SLICE_ARGS(claim->date_text)));
    sigv4__timestamp_format(claim->date_ms, claim->timestamp);
    return 0;
}

static int check_date(const struct http_request *request, const struct claim *claim,
                      int64_t wall_ms, struct auth_error *reterr)
{
    char now[SIGV4_TIMESTAMP_LEN + 1], limit[SIGV4_TIMESTAMP_LEN + 1];
    int64_t age_ms = wall_ms - claim->date_ms;

    if (!slice_eq(claim->parts.date, slice_of(claim->timestamp, SIGV4_DATE_LEN)))
        return refuse_text(
            reterr, INVALID,
            arena_printf(request->arena,
                         "Date in Credential scope does not match YYYYMMDD from "
                         "ISO-8601 version of date from HTTP: '%.*s' != '%.8s', from "
                         "'%s'.",
                         SLICE_ARGS(claim->parts.date), claim->timestamp, claim->timestamp));
    if (age_ms <= claim->valid_ms && age_ms >= -SIGV4_SKEW_MAX_MS)
        return 0;
    sigv4__timestamp_format(wall_ms, now);
    if (age_ms > 0) {
        sigv4__timestamp_format(wall_ms - claim->valid_ms, limit);
        return refuse_text(
            reterr, INVALID,
            arena_printf(request->arena,
                         "Signature expired: %s is now earlier than %s (%s - %d min.)",
                         claim->timestamp, limit, now, (int)(claim->valid_ms / 60000)));
    }
    sigv4__timestamp_format(wall_ms + SIGV4_SKEW_MAX_MS, limit);
    return refuse_text(reterr, INVALID,
                       arena_printf(request->arena,
                                    "Signature not yet current: %s is still later than %s "
                                    "(%s + 15 min.)",
                                    claim->timestamp, limit, now));
}

/* ---- the signature ---- */

static bool is_signed(const struct claim *claim, const char *name)
{
    struct slice rest = claim->signed_headers, wanted = slice_str(name);

    while (rest.len > 0) {
        const uint8_t *end = memchr(rest.ptr, ';', rest.len);
        size_t len = end ? (size_t)(end - rest.ptr) : rest.len;

        if (slice_eq_nocase(slice_of(rest.ptr, len), wanted))
            return true;
        rest = slice_skip(rest, end ? len + 1 : len);
    }
    return false;
}

/** What decides what the request does must be signed, wherever it is present; Host in any case. */
static int check_signed_headers(const struct http_request *request, const struct claim *claim,
                                struct auth_error *reterr)
{
    static const char *const names[] = {"Host", "X-Amz-Target", "X-Amz-Date",
                                        "X-Amz-Security-Token"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        bool must = i == 0 || http_request_header(request, names[i]).ptr != NULL;

        if (must && !is_signed(claim, names[i]))
            return refuse_text(
                reterr, INVALID,
                arena_printf(request->arena,
                             "'%s' must be a 'SignedHeader' in the AWS Authorization.", names[i]));
    }
    return 0;
}

static int compute_signature(struct sigv4_keys *keys, const struct http_request *request,
                             const struct claim *claim, const struct credential *credential,
                             char to[SHA256_HEX_LEN])
{
    struct slice declared = http_request_header(request, "X-Amz-Content-Sha256");
    struct buf *canonical = sigv4_keys__scratch(keys, 0);
    struct buf *text = sigv4_keys__scratch(keys, 1);
    char payload_hash[SHA256_HEX_LEN], request_hash[SHA256_HEX_LEN];
    struct canonical_request parts = {.method = request->method,
                                      .path = request->path,
                                      .query = request->query,
                                      .headers = request->headers,
                                      .header_count = request->header_count,
                                      .signed_headers = claim->signed_headers,
                                      .payload_hash = slice_of(payload_hash, SHA256_HEX_LEN)};
    int rc;

    if (request->tls && slice_eq_str(declared, "UNSIGNED-PAYLOAD") &&
        is_signed(claim, "X-Amz-Content-Sha256")) {
        parts.payload_hash = declared;
    } else {
        rc = sigv4_keys__hash(keys, request->body_sent, payload_hash);
        if (rc < 0)
            return rc;
    }
    rc = sigv4__canonical_request(&parts, request->arena, canonical);
    if (rc < 0)
        return rc;
    rc = sigv4_keys__hash(keys, buf_slice(canonical), request_hash);
    if (rc < 0)
        return rc;
    rc = sigv4__string_to_sign(slice_of(claim->timestamp, SIGV4_TIMESTAMP_LEN), claim->scope,
                               request_hash, text);
    if (rc < 0)
        return rc;
    return sigv4_keys__sign(keys, SIGV4_CACHED, credential, &claim->parts, buf_slice(text), to);
}

static bool same_secret(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || CRYPTO_memcmp(a.ptr, b.ptr, a.len) == 0);
}

static int check_signature(struct sigv4 *sigv4, const struct http_request *request,
                           const struct claim *claim, const struct credential **ret_credential,
                           struct auth_error *reterr)
{
    const struct credential *found = credentials_find(sigv4->credentials, claim->access_key);
    const struct credential *credential = found != NULL ? found : sigv4->nobody;
    struct sigv4_keys *keys = thread_keys(sigv4);
    struct slice token =
        credential->session_token ? slice_str(credential->session_token) : SLICE_EMPTY;
    char expected[SHA256_HEX_LEN];
    bool signature_good, token_good;
    int rc = ST_NOMEM;

    if (keys == NULL)
        goto out;
    rc = compute_signature(keys, request, claim, credential, expected);
    if (rc < 0)
        goto out;
    signature_good = same_secret(slice_of(expected, sizeof(expected)), claim->signature);
    token_good = same_secret(token, claim->token);
    if (found == NULL || !token_good)
        rc = refuse_with(reterr, UNRECOGNIZED,
                         SLICE("The security token included in the request is invalid."));
    else if (!signature_good)
        rc = refuse_mismatch(reterr);
    if (rc < 0)
        goto out;
    *ret_credential = found;
    found = NULL;
out:
    credential_unref(found);
    return rc;
}

/* ---- all of it ---- */

static int identify(const struct http_request *request, const struct claim *claim,
                    const char *account, const char *user, struct sigv4_identity *ret_identity)
{
    *ret_identity =
        (struct sigv4_identity){.access_key = claim->access_key,
                                .region = claim->parts.region,
                                .service = claim->parts.service,
                                .account = arena_str(request->arena, slice_str(account)),
                                .user = arena_str(request->arena, slice_str(user))};
    return ret_identity->account != NULL && ret_identity->user != NULL ? 0 : ST_NOMEM;
}

int sigv4_verify(struct sigv4 *sigv4, const struct http_request *request, int64_t wall_ms,
                 struct sigv4_identity *ret_identity, struct auth_error *reterr)
{
    const struct credential *credential = NULL;
    struct claim claim;
    int rc;

    rc = read_claim(request, &claim, reterr);
    if (rc < 0)
        return rc;
    rc = read_scope(request, &claim, reterr);
    if (rc < 0)
        return rc;
    if (sigv4->mode == SIGV4_ANY) {
        const char *user = arena_str(request->arena, claim.access_key);

        return user == NULL ? ST_NOMEM
                            : identify(request, &claim, ACCOUNT_ID_DEFAULT, user, ret_identity);
    }
    rc = read_date(request, &claim, reterr);
    if (rc < 0)
        return rc;
    if (!slice_eq_str(claim.parts.service, sigv4->service))
        return refuse_text(reterr, INVALID,
                           arena_printf(request->arena,
                                        "Credential should be scoped to correct service: '%s'. ",
                                        sigv4->service));
    rc = check_date(request, &claim, wall_ms, reterr);
    if (rc < 0)
        return rc;
    rc = check_signed_headers(request, &claim, reterr);
    if (rc < 0)
        return rc;
    rc = check_signature(sigv4, request, &claim, &credential, reterr);
    if (rc < 0)
        return rc;
    rc = identify(request, &claim, credential->account, credential->profile, ret_identity);
    credential_unref(credential);
    return rc;
}
