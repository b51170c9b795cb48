/*
 * sigv4_keys.c - see sigv4_keys.h.
 *
 * The cache is a small table, addressed by a hash of the scope and the access key; a newcomer takes
 * the place of what was there. An entry holds a reference to its credential and is valid only for
 * that very object: after a reload of the file the credential is another object, so an old secret
 * is never used again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "auth/sigv4_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/status.h"

enum {
    CACHED_KEYS = 64,
    SCOPE_TEXT_MAX = 128, /* longer scopes are derived each time */
    SCRATCH_BYTES_KEPT = 64 * 1024,
};

struct cached_key {
    const struct credential *credential; /* referenced; NULL: free */
    uint8_t scope[SCOPE_TEXT_MAX];       /* date, Region, service, each ending in NUL */
    size_t scope_len;
    EVP_MAC_CTX *mac; /* keyed */
};

struct sigv4_keys {
    EVP_MD *sha256;
    EVP_MD_CTX *digest;
    EVP_MAC *hmac;
    EVP_MAC_CTX *derive; /* for keys that change with every call */
    struct cached_key cached[CACHED_KEYS];
    struct buf scratch[SIGV4_SCRATCH_COUNT];
};

int sigv4_keys__new(struct sigv4_keys **ret_keys)
{
    struct sigv4_keys *keys = calloc(1, sizeof(*keys));

    if (keys == NULL)
        return ST_NOMEM;
    keys->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    keys->digest = EVP_MD_CTX_new();
    keys->hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    if (keys->hmac != NULL)
        keys->derive = EVP_MAC_CTX_new(keys->hmac);
    if (keys->sha256 == NULL || keys->digest == NULL || keys->derive == NULL) {
        sigv4_keys__free(keys);
        return ST_NOMEM;
    }
    *ret_keys = keys;
    return 0;
}

static void cached_key_clear(struct cached_key *cached)
{
    EVP_MAC_CTX_free(cached->mac);
    credential_unref(cached->credential);
    *cached = (struct cached_key){.credential = NULL};
}

void sigv4_keys__free(struct sigv4_keys *keys)
{
    if (keys == NULL)
        return;
    for (int i = 0; i < CACHED_KEYS; i++)
        cached_key_clear(&keys->cached[i]);
    for (int i = 0; i < SIGV4_SCRATCH_COUNT; i++)
        buf_release(&keys->scratch[i]);
    EVP_MAC_CTX_free(keys->derive);
    EVP_MAC_free(keys->hmac);
    EVP_MD_CTX_free(keys->digest);
    EVP_MD_free(keys->sha256);
    free(keys);
}

struct buf *sigv4_keys__scratch(struct sigv4_keys *keys, unsigned number)
{
    struct buf *scratch = &keys->scratch[number];

    if (scratch->cap > SCRATCH_BYTES_KEPT)
        buf_release(scratch);
    buf_clear(scratch);
    return scratch;
}

int sigv4_keys__hash(struct sigv4_keys *keys, struct slice bytes, char to[SHA256_HEX_LEN])
{
    uint8_t digest[SHA256_BYTES];

    if (EVP_DigestInit_ex2(keys->digest, keys->sha256, NULL) != 1 ||
        EVP_DigestUpdate(keys->digest, bytes.ptr, bytes.len) != 1 ||
        EVP_DigestFinal_ex(keys->digest, digest, NULL) != 1)
        return ST_NOMEM;
    sigv4__hex(digest, sizeof(digest), to);
    return 0;
}

/* ---- deriving ---- */

/** Gives the context a key. */
static bool mac_set_key(EVP_MAC_CTX *mac, const uint8_t *key, size_t len)
{
    char name[] = "SHA256";
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                               OSSL_PARAM_END};

    return EVP_MAC_init(mac, key, len, parameters) == 1;
}

/** out = HMAC(key of the context, text); the context keeps its key. */
static bool mac_once(EVP_MAC_CTX *mac, struct slice text, uint8_t out[SHA256_BYTES])
{
    size_t len;

    return EVP_MAC_update(mac, text.ptr, text.len) == 1 &&
           EVP_MAC_final(mac, out, &len, SHA256_BYTES) == 1 && len == SHA256_BYTES;
}

/** Keys `mac` with kSigning of the scope. Source: AWS, "Calculate the signature". */
static int derive(struct sigv4_keys *keys, const struct credential *credential,
                  const struct sigv4_scope *scope, EVP_MAC_CTX *mac)
{
    const struct slice steps[] = {scope->date, scope->region, scope->service,
                                  SLICE(SIGV4_TERMINATOR)};
    struct buf first = BUF_EMPTY;
    uint8_t key[SHA256_BYTES];
    bool good;

    buf_append_str(&first, "AWS4");
    buf_append_str(&first, credential->secret_key);
    good = !buf_failed(&first) && mac_set_key(keys->derive, first.ptr, first.len);
    for (size_t i = 0; i < ARRAY_LEN(steps) && good; i++) {
        good = mac_once(keys->derive, steps[i], key);
        if (good && i + 1 < ARRAY_LEN(steps))
            good = mac_set_key(keys->derive, key, sizeof(key));
    }
    good = good && mac_set_key(mac, key, sizeof(key));
    OPENSSL_cleanse(key, sizeof(key));
    if (first.ptr != NULL)
        OPENSSL_cleanse(first.ptr, first.cap);
    buf_release(&first);
    return good ? 0 : ST_NOMEM;
}

/* ---- the cache ---- */

/** The scope as one text, or 0 when it is too long to be kept. */
static size_t scope_text(const struct sigv4_scope *scope, uint8_t to[SCOPE_TEXT_MAX])
{
    const struct slice parts[] = {scope->date, scope->region, scope->service};
    size_t len = 0;

    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        if (parts[i].len + 1 > SCOPE_TEXT_MAX - len)
            return 0;
        memcpy(to + len, parts[i].ptr, parts[i].len);
        len += parts[i].len;
        to[len++] = 0;
    }
    return len;
}

/** A new context, keyed for the scope. */
static int new_mac(struct sigv4_keys *keys, const struct credential *credential,
                   const struct sigv4_scope *scope, EVP_MAC_CTX **ret_mac)
{
    EVP_MAC_CTX *mac = EVP_MAC_CTX_new(keys->hmac);
    int rc;

    if (mac == NULL)
        return ST_NOMEM;
    rc = derive(keys, credential, scope, mac);
    if (rc < 0) {
        EVP_MAC_CTX_free(mac);
        return rc;
    }
    *ret_mac = mac;
    return 0;
}

/** The cached context of the scope, made if need be and ready to begin. */
static int cached_mac(struct sigv4_keys *keys, const struct credential *credential,
                      const struct sigv4_scope *scope, struct slice text, EVP_MAC_CTX **ret_mac)
{
    uint64_t hash = hash64(text) ^ hash64(slice_str(credential->access_key));
    struct cached_key *cached = &keys->cached[hash % CACHED_KEYS];
    EVP_MAC_CTX *mac;
    int rc;

    if (cached->credential == credential &&
        slice_eq(slice_of(cached->scope, cached->scope_len), text)) {
        *ret_mac = cached->mac;
        /* Begin again with the same key. */
        return EVP_MAC_init(cached->mac, NULL, 0, NULL) == 1 ? 0 : ST_NOMEM;
    }
    rc = new_mac(keys, credential, scope, &mac);
    if (rc < 0)
        return rc;
    cached_key_clear(cached);
    credential_ref(credential);
    cached->credential = credential;
    memcpy(cached->scope, text.ptr, text.len);
    cached->scope_len = text.len;
    *ret_mac = cached->mac = mac;
    return 0;
}

int sigv4_keys__sign(struct sigv4_keys *keys, enum sigv4_caching caching,
                     const struct credential *credential, const struct sigv4_scope *scope,
                     struct slice string_to_sign, char to[SHA256_HEX_LEN])
{
    uint8_t text[SCOPE_TEXT_MAX], signature[SHA256_BYTES];
    size_t len = caching == SIGV4_CACHED ? scope_text(scope, text) : 0;
    EVP_MAC_CTX *mac;
    bool good;
    int rc;

    if (len > 0)
        rc = cached_mac(keys, credential, scope, slice_of(text, len), &mac);
    else
        rc = new_mac(keys, credential, scope, &mac);
    if (rc < 0)
        return rc;
    good = mac_once(mac, string_to_sign, signature);
    if (len == 0)
        EVP_MAC_CTX_free(mac);
    if (!good)
        return ST_NOMEM;
    sigv4__hex(signature, sizeof(signature), to);
    return 0;
}
