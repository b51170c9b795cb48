/*
 * tls_certs.c - the certificates of links: one CA, one certificate for each Region.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
