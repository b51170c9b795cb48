/*
 * tls.c - TLS settings: contexts for clients, for the client port and for links.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
