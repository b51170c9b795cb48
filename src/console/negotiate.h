/*
 * negotiate.h - what a client would rather have: the lists in its Accept, Accept-Encoding and
 * If-None-Match headers. Pure, and never fails; what cannot be understood counts as absent.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CONSOLE_NEGOTIATE_H
#define TROPIC_CONSOLE_NEGOTIATE_H

#include "http/http_server.h"

/** May the body be gzip, and is that at least as welcome as plain? RFC 9110, section 12.5.3. */
bool negotiate_gzip(const struct http_request *request);
/** Is it a browser that wants a page to show? */
bool negotiate_page(const struct http_request *request);
/** Does If-None-Match name this ETag (or "*")? RFC 9110, section 13.1.2: the weak comparison. */
bool negotiate_is_current(const struct http_request *request, struct slice etag);

#endif
