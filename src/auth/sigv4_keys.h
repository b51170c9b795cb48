/*
 * sigv4_keys.h - hashing and keyed signing with what can be prepared once prepared once. Private to
 * auth/.
 *
 * A `struct sigv4_keys` belongs to one thread. It keeps OpenSSL's contexts, because each one-shot
 * call of OpenSSL 3 looks its algorithm up again, and the signing keys of recent (access key, date,
 * Region, service), because deriving one costs four HMACs. One check of a small request takes about
 * a third of what the one-shot calls take.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_AUTH_SIGV4_KEYS_H
#define TROPIC_AUTH_SIGV4_KEYS_H

#include "auth/credentials.h"
#include "auth/sigv4_canonical.h"

struct sigv4_keys;

/** What a signing key is derived for; all but the secret stand in the credential scope. */
struct sigv4_scope {
    struct slice date, region, service; /* "20150830", "us-east-1", "dynamodb" */
};

int sigv4_keys__new(struct sigv4_keys **ret_keys); /* ST_NOMEM */
void sigv4_keys__free(struct sigv4_keys *keys);

/** SHA-256 in lower-case hexadecimal, no NUL. ST_NOMEM. */
int sigv4_keys__hash(struct sigv4_keys *keys, struct slice bytes, char to[SHA256_HEX_LEN]);

enum sigv4_caching {
    SIGV4_CACHED, /* keeps the signing key, and a reference to the credential */
    SIGV4_ONCE,   /* keeps nothing; the credential may be any */
};

/** The signature of string_to_sign, in lower-case hexadecimal, no NUL. ST_NOMEM. */
int sigv4_keys__sign(struct sigv4_keys *keys, enum sigv4_caching caching,
                     const struct credential *credential, const struct sigv4_scope *scope,
                     struct slice string_to_sign, char to[SHA256_HEX_LEN]);

/** Text buffers of the thread, empty, for canonical request and string to sign. */
struct buf *sigv4_keys__scratch(struct sigv4_keys *keys, unsigned number);
enum { SIGV4_SCRATCH_COUNT = 2 };

#endif
