/*
 * sigv4_canonical.h - the texts that are hashed and signed, built the same way by verifier and
 * signer. Private to auth/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_AUTH_SIGV4_CANONICAL_H
#define TROPIC_AUTH_SIGV4_CANONICAL_H

#include "base/arena.h"
#include "base/bytes.h"
#include "http/http_server.h"

#define SIGV4_ALGORITHM "AWS4-HMAC-SHA256"
#define SIGV4_TERMINATOR "aws4_request"

enum {
    SHA256_BYTES = 32,
    SHA256_HEX_LEN = 64,
    SIGV4_TIMESTAMP_LEN = 16, /* 20150830T123600Z */
    SIGV4_DATE_LEN = 8,
};

struct canonical_request {
    struct slice method, path, query; /* as on the wire */
    const struct http_header *headers;
    size_t header_count;
    struct slice signed_headers; /* "host;x-amz-date", as given */
    struct slice payload_hash;   /* hexadecimal, or a word that stands for it */
};

/** Appends the canonical request. Takes scratch memory from the arena. ST_NOMEM. */
int sigv4__canonical_request(const struct canonical_request *request, struct arena *arena,
                             struct buf *to);

/** Appends the string to sign. hash_hex: of the canonical request. scope: "date/region/..." */
int sigv4__string_to_sign(struct slice timestamp, struct slice scope,
                          const char hash_hex[SHA256_HEX_LEN], struct buf *to);

/** Undoes %XX; "+" stays. Bytes in the arena; ptr NULL: no memory. */
struct slice sigv4__percent_decode(struct slice text, struct arena *arena);

/** The decoded value of a query parameter, whose name is compared decoded; ptr NULL: absent. */
struct slice sigv4__query_parameter(struct slice query, const char *name, struct arena *arena);

void sigv4__hex(const uint8_t *bytes, size_t len, char *to); /* lower case, no NUL */

/** "20150830T123600Z" to milliseconds since 1970, or -1. */
int64_t sigv4__timestamp_parse(struct slice text);
/** The reverse; to has room for SIGV4_TIMESTAMP_LEN + 1. */
void sigv4__timestamp_format(int64_t wall_ms, char *to);

#endif
