/*
 * tls_priv.h - what frame sockets need to know of TLS beyond stream.h. Private to http/.
 *
 * Whether both certificates are good. In TLS 1.2 a handshake that is done says so. In TLS 1.3 the
 * side that connects is done before the other has looked at its certificate: a refusal comes
 * afterwards, as an alert. It is sure when anything else comes, and something always does: the
 * accepting side ends its handshake by sending a session ticket. tls__confirm() waits for that.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_TLS_PRIV_H
#define TROPIC_HTTP_TLS_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "http/stream.h"

#define TLS_REGION_SUFFIX ".tropic"

/** As stream__handshake(), and a connection that ends in the middle of it is ST_IO. */
int tls__handshake(struct stream *stream);
/** After the handshake of the side that connects: 0 when the peer has accepted it. ST_AGAIN,
 * ST_CLOSED, ST_IO, ST_REFUSED. */
int tls__confirm(struct stream *stream);
/** A line about why one of the two above, or the last receiving, has failed, in `to`. */
void tls__explain(struct stream *stream, int status, char *to, size_t cap);
/** The Region in the peer's certificate, ended by NUL. ST_REFUSED with a line, ST_NOMEM. */
int tls__peer_region(const struct stream *stream, char ret_region[TLS_REGION_LEN_MAX + 1],
                     struct refusal *reterr);

/* ---- certificates and keys in files ---- */

/** 1 to TLS_REGION_LEN_MAX of [a-z0-9-]. */
bool tls__region_valid(const char *name, size_t len);
/** The Region that a certificate names. ST_REFUSED with a line. */
int tls__certificate_region(const X509 *certificate, char ret_region[TLS_REGION_LEN_MAX + 1],
                            struct refusal *reterr);
/** Did the CA's key sign the certificate, and is it meant for that? No look at the clock. */
bool tls__signed_by(X509 *certificate, X509_STORE *authorities);
/** The first certificate in a PEM file. ST_REFUSED with a line. */
int tls__read_certificate(const char *path, X509 **ret_certificate, struct refusal *reterr);
/** The key in a PEM file. ST_REFUSED with a line; a key under a password is refused. */
int tls__read_key(const char *path, EVP_PKEY **ret_key, struct refusal *reterr);
/** What OpenSSL says of its last failure, for refusals; forgets it. */
const char *tls__error_text(void);

#endif
