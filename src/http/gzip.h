/*
 * gzip.h - pack a body for Content-Encoding: gzip.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_GZIP_H
#define TROPIC_HTTP_GZIP_H

#include "base/bytes.h"

/** Fast rather than small. ST_TOOBIG beyond 2 GiB; ST_NOMEM.
 * *ret_packed is the caller's on success. */
int gzip(struct slice bytes, struct buf *ret_packed);

#endif
