/*
 * tls_priv.h - what the users of TLS inside http/ share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
