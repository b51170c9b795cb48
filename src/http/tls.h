/*
 * tls.h - TLS settings, and the certificates that links between Regions use.
 *
 *     tropic certs ./certs us-east-1 eu-west-1
 *
 * makes ca.pem, ca-key.pem, and for each Region <region>.pem and <region>-key.pem. A Region's
 * certificate carries the DNS name "<region>.tropic"; whoever holds a certificate signed by the
 * links' CA is that Region, whatever its address.
 *
 * `struct tls` is a set of settings shared by many connections, any thread, reference counted by
 * its users' discipline: it outlives what was made with it. TLS 1.2 and newer.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_TLS_H
#define TROPIC_HTTP_TLS_H

#include <stddef.h>

#include "base/status.h"

struct tls;

/** For a port that clients reach. Paths of PEM files. ST_REFUSED (with a line), ST_NOMEM. */
int tls_server_new(const char *certificate_path, const char *key_path, struct tls **ret_tls,
                   struct refusal *reterr);

/** For a client. ca_path: PEM file of the CAs to trust, or NULL for the system's. */
int tls_client_new(const char *ca_path, struct tls **ret_tls, struct refusal *reterr);

/**
 * For links, both ends: presents the certificate and demands one from the peer that the CA at
 * ca_path has signed.
 */
int tls_links_new(const char *ca_path, const char *certificate_path, const char *key_path,
                  struct tls **ret_tls, struct refusal *reterr);

void tls_free(struct tls *tls); /* NULL is a no-op */

enum { TLS_REGION_LEN_MAX = 63 }; /* a Region's name: one DNS label of [a-z0-9-] */

/** The Region as which tls_links_new()'s certificate speaks. ST_NOTFOUND when not made by it. */
int tls_links_region(const struct tls *tls, char ret_region[TLS_REGION_LEN_MAX + 1]);

/**
 * Makes a CA and one certificate per Region (ECDSA P-256, ten years) in `folder`, which is created
 * when absent. All files have mode 0600. An existing CA in the folder is used again, so Regions can
 * be added later; an existing certificate of a Region is kept. ST_REFUSED with a line.
 */
int tls_make_certificates(const char *folder, const char *const *regions, size_t region_count,
                          struct refusal *reterr);

#endif
