/*
 * tls.c - TLS settings: contexts for clients, for the client port and for links.
 *
 * All contexts: TLS 1.2 and 1.3, AEAD ciphers with forward secrecy, no renegotiation, no
 * compression, no early data (it can be replayed).
 *
 * The client port hands out session tickets, so that a client that comes again pays no certificate
 * operation; nothing is kept here for it. Their keys live and die with the process.
 *
 * Links ask for and present a certificate at both ends and trust the links' CA alone: not the
 * system's, and the client port does not trust this one. They do not resume sessions, since each
 * connection has to show that its certificate is still good; the ticket that is sent nevertheless
 * is a sign, see tls_priv.h. AES-128 comes first because a link is limited by the core that
 * encrypts.
 *
 * Mistakes of the operator (a file that is not there, a key of another certificate) are found when
 * the settings are made, not when the first peer connects. An expired certificate is not among
 * them: a Region that restarts must serve its clients even when its links are refused.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

#include "base/executor_threads.h"
#include "http/tls_priv.h"

/* TLS 1.2 */
#define CIPHERS                                                                                    \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                   \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"                                   \
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
/* TLS 1.3 */
#define CIPHER_SUITES "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

enum { LINK_READ_BYTES = 128 * 1024 }; /* what one read from the kernel may bring */

/* ---- words for failures ---- */

const char *tls__error_text(void)
{
    unsigned long error = ERR_peek_last_error();
    const char *text = error != 0 ? ERR_reason_error_string(error) : NULL;

    if (text == NULL)
        text = error != 0 && ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
                                                     : "unknown failure of OpenSSL";
    ERR_clear_error();
    return text;
}

static bool ended_early(unsigned long error)
{
    return ERR_GET_LIB(error) == ERR_LIB_SSL &&
           ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
}

void tls__explain(struct stream *stream, int status, char *to, size_t cap)
{
    unsigned long error = ERR_peek_error();
    int reason = ERR_GET_REASON(error);

    if (status == ST_CLOSED || ended_early(error) || (status == ST_IO && error == 0))
        snprintf(to, cap, "the peer closed the connection during the handshake");
    else if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason > SSL_AD_REASON_OFFSET)
        snprintf(to, cap, "the peer refuses this Region: %s",
                 SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
    else {
        stream__explain(stream, to, cap);
        return;
    }
    ERR_clear_error();
}

/* ---- the handshake of a link ---- */

int tls__handshake(struct stream *stream)
{
    int rc = stream__handshake(stream);

    return rc == ST_REFUSED && ended_early(ERR_peek_error()) ? ST_IO : rc;
}

int tls__confirm(struct stream *stream)
{
    uint8_t byte;
    size_t len;
    int result;
    bool accepted;

    if (SSL_version(stream->ssl) < TLS1_3_VERSION)
        return 0;
    ERR_clear_error();
    result = SSL_peek_ex(stream->ssl, &byte, sizeof(byte), &len);
    if (result == 1)
        return 0;
    accepted = SSL_SESSION_has_ticket(SSL_get0_session(stream->ssl));
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        stream->wants = WATCH_READ;
        return accepted ? 0 : ST_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        stream->wants = WATCH_WRITE;
        return ST_AGAIN;
    case SSL_ERROR_ZERO_RETURN: /* after the ticket: the next receiving says it again */
        return accepted ? 0 : ST_CLOSED;
    default:
        return ERR_peek_error() == 0 || ended_early(ERR_peek_error()) ? ST_IO : ST_REFUSED;
    }
}

/* ---- whose certificate it is ---- */

bool tls__region_valid(const char *name, size_t len)
{
    if (len == 0 || len > TLS_REGION_LEN_MAX)
        return false;
    for (size_t i = 0; i < len; i++)
        if (!((name[i] >= 'a' && name[i] <= 'z') || (name[i] >= '0' && name[i] <= '9') ||
              name[i] == '-'))
            return false;
    return true;
}

/** The Region that one name of a certificate stands for, not ended by NUL; empty: none. */
static struct slice region_of_name(const GENERAL_NAME *name)
{
    size_t suffix_len = sizeof(TLS_REGION_SUFFIX) - 1, len;
    const char *text;

    if (name->type != GEN_DNS)
        return SLICE_EMPTY;
    text = (const char *)ASN1_STRING_get0_data(name->d.dNSName);
    len = (size_t)ASN1_STRING_length(name->d.dNSName);
    if (len <= suffix_len || memcmp(text + len - suffix_len, TLS_REGION_SUFFIX, suffix_len) != 0 ||
        !tls__region_valid(text, len - suffix_len))
        return SLICE_EMPTY;
    return slice_of(text, len - suffix_len);
}

int tls__certificate_region(const X509 *certificate, char ret_region[TLS_REGION_LEN_MAX + 1],
                            struct refusal *reterr)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    struct slice region = SLICE_EMPTY;
    int count = 0, rc = 0;

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        struct slice named = region_of_name(sk_GENERAL_NAME_value(names, i));

        if (named.len == 0)
            continue;
        region = named;
        count++;
    }
    if (count == 1) {
        memcpy(ret_region, region.ptr, region.len);
        ret_region[region.len] = '\0';
    } else {
        rc = refuse(reterr, "the certificate names %s Region; it needs one DNS name REGION%s",
                    count == 0 ? "no" : "more than one", TLS_REGION_SUFFIX);
    }
    GENERAL_NAMES_free(names);
    ERR_clear_error();
    return rc;
}

int tls__peer_region(const struct stream *stream, char ret_region[TLS_REGION_LEN_MAX + 1],
                     struct refusal *reterr)
{
    const X509 *certificate = SSL_get0_peer_certificate(stream->ssl);

    if (certificate == NULL || SSL_get_verify_result(stream->ssl) != X509_V_OK)
        return refuse(reterr, "the peer shows no certificate");
    return tls__certificate_region(certificate, ret_region, reterr);
}

bool tls__signed_by(X509 *certificate, X509_STORE *authorities)
{
    X509_STORE_CTX *check = X509_STORE_CTX_new();
    bool good = false;

    if (check != NULL && X509_STORE_CTX_init(check, authorities, certificate, NULL) == 1) {
        X509_STORE_CTX_set_flags(check, X509_V_FLAG_NO_CHECK_TIME);
        good = X509_verify_cert(check) == 1;
    }
    X509_STORE_CTX_free(check);
    ERR_clear_error();
    return good;
}

/* ---- files ---- */

/** A server has nobody to ask for a password. */
static int no_password(char *to, int cap, int writing, void *context)
{
    return -1;
}

static int open_file(const char *path, FILE **ret_file, struct refusal *reterr)
{
    FILE *file = fopen(path, "re");

    if (file == NULL)
        return refuse(reterr, "cannot open %s: %s", path, strerror(errno));
    *ret_file = file;
    return 0;
}

int tls__read_certificate(const char *path, X509 **ret_certificate, struct refusal *reterr)
{
    X509 *certificate;
    FILE *file = NULL;
    int rc = open_file(path, &file, reterr);

    if (rc < 0)
        return rc;
    certificate = PEM_read_X509(file, NULL, no_password, NULL);
    fclose(file);
    if (certificate == NULL)
        return refuse(reterr, "%s holds no certificate in PEM form: %s", path, tls__error_text());
    *ret_certificate = certificate;
    return 0;
}

int tls__read_key(const char *path, EVP_PKEY **ret_key, struct refusal *reterr)
{
    EVP_PKEY *key;
    FILE *file = NULL;
    int rc = open_file(path, &file, reterr);

    if (rc < 0)
        return rc;
    key = PEM_read_PrivateKey(file, NULL, no_password, NULL);
    fclose(file);
    if (key == NULL)
        return refuse(reterr, "%s holds no private key in PEM form without a password: %s", path,
                      tls__error_text());
    *ret_key = key;
    return 0;
}

/** The context's own certificate, with what the file has between it and its CA, and its key. */
static int use_certificate(SSL_CTX *context, const char *certificate_path, const char *key_path,
                           struct refusal *reterr)
{
    X509 *certificate = NULL;
    EVP_PKEY *key = NULL;
    int rc;

    rc = tls__read_certificate(certificate_path, &certificate, reterr);
    if (rc < 0)
        goto out;
    rc = tls__read_key(key_path, &key, reterr);
    if (rc < 0)
        goto out;
    if (X509_check_private_key(certificate, key) != 1) {
        ERR_clear_error();
        rc = refuse(reterr, "the key in %s does not belong to the certificate in %s", key_path,
                    certificate_path);
        goto out;
    }
    if (SSL_CTX_use_certificate_chain_file(context, certificate_path) != 1)
        rc = refuse(reterr, "cannot use the certificate in %s: %s", certificate_path,
                    tls__error_text());
    else if (SSL_CTX_use_PrivateKey(context, key) != 1)
        rc = refuse(reterr, "cannot use the key in %s: %s", key_path, tls__error_text());
out:
    EVP_PKEY_free(key);
    X509_free(certificate);
    return rc;
}

static int use_authorities(SSL_CTX *context, const char *ca_path, struct refusal *reterr)
{
    X509 *certificate;
    int rc = tls__read_certificate(ca_path, &certificate, reterr); /* for its better words */

    if (rc < 0)
        return rc;
    X509_free(certificate);
    if (SSL_CTX_load_verify_file(context, ca_path) != 1)
        return refuse(reterr, "cannot use the certificates in %s: %s", ca_path, tls__error_text());
    return 0;
}

/* ---- settings ---- */

static int tls_new(const SSL_METHOD *method, struct tls **ret_tls)
{
    struct tls *tls = calloc(1, sizeof(*tls));

    if (tls == NULL)
        return ST_NOMEM;
    tls->context = SSL_CTX_new(method);
    if (tls->context == NULL || SSL_CTX_set_min_proto_version(tls->context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(tls->context, CIPHERS) != 1 ||
        SSL_CTX_set_ciphersuites(tls->context, CIPHER_SUITES) != 1) {
        ERR_clear_error();
        tls_free(tls);
        return ST_NOMEM;
    }
    SSL_CTX_set_options(tls->context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                          SSL_OP_CIPHER_SERVER_PREFERENCE |
                                          SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(tls->context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(tls->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(tls->context, 1);
    SSL_CTX_set_default_passwd_cb(tls->context, no_password);
    *ret_tls = tls;
    return 0;
}

/** What a constructor does at its end: hands the settings over, or frees them. */
static int tls_finish(struct tls *tls, int rc, struct tls **ret_tls)
{
    if (rc < 0)
        tls_free(tls);
    else
        *ret_tls = tls;
    return rc;
}

int tls_server_new(const char *certificate_path, const char *key_path, struct tls **ret_tls,
                   struct refusal *reterr)
{
    static const unsigned char sessions[] = "tropic clients";
    struct tls *tls;
    int rc = tls_new(TLS_server_method(), &tls);

    if (rc < 0)
        return rc;
    SSL_CTX_set_mode(tls->context, SSL_MODE_RELEASE_BUFFERS); /* many idle connections */
    SSL_CTX_set_session_id_context(tls->context, sessions, sizeof(sessions) - 1);
    rc = use_certificate(tls->context, certificate_path, key_path, reterr);
    return tls_finish(tls, rc, ret_tls);
}

int tls_client_new(const char *ca_path, struct tls **ret_tls, struct refusal *reterr)
{
    struct tls *tls;
    int rc = tls_new(TLS_client_method(), &tls);

    if (rc < 0)
        return rc;
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER, NULL);
    if (ca_path != NULL)
        rc = use_authorities(tls->context, ca_path, reterr);
    else if (SSL_CTX_set_default_verify_paths(tls->context) != 1)
        rc = refuse(reterr, "cannot use the system's certificates: %s", tls__error_text());
    return tls_finish(tls, rc, ret_tls);
}

int tls_links_new(const char *ca_path, const char *certificate_path, const char *key_path,
                  struct tls **ret_tls, struct refusal *reterr)
{
    char region[TLS_REGION_LEN_MAX + 1];
    struct refusal why;
    struct tls *tls;
    X509 *certificate;
    int rc = tls_new(TLS_method(), &tls);

    if (rc < 0)
        return rc;
    tls->mutual = true;
    SSL_CTX_set_verify(tls->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    SSL_CTX_set_read_ahead(tls->context, 1);
    SSL_CTX_set_default_read_buffer_len(tls->context, LINK_READ_BYTES);
    rc = use_authorities(tls->context, ca_path, reterr);
    if (rc < 0)
        goto out;
    rc = use_certificate(tls->context, certificate_path, key_path, reterr);
    if (rc < 0)
        goto out;
    certificate = SSL_CTX_get0_certificate(tls->context);
    if (!tls__signed_by(certificate, SSL_CTX_get_cert_store(tls->context)))
        rc = refuse(reterr, "the certificate in %s was not signed by the CA in %s",
                    certificate_path, ca_path);
    else if (tls__certificate_region(certificate, region, &why) < 0)
        rc = refuse(reterr, "%s: %.200s", certificate_path, why.text);
out:
    return tls_finish(tls, rc, ret_tls);
}

int tls_links_region(const struct tls *tls, char ret_region[TLS_REGION_LEN_MAX + 1])
{
    if (!tls->mutual)
        return ST_NOTFOUND;
    return tls__certificate_region(SSL_CTX_get0_certificate(tls->context), ret_region, NULL);
}

void tls_free(struct tls *tls)
{
    if (tls == NULL)
        return;
    SSL_CTX_free(tls->context);
    free(tls);
}
