/*
 * gunzip.h - unpack a gzip body, within a bound. Private to http/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_GUNZIP_H
#define TROPIC_HTTP_GUNZIP_H

#include "base/bytes.h"

/**
 * Unpacks exactly one gzip stream. ST_TOOBIG when it has more than bytes_max bytes, ST_CORRUPT when
 * it is damaged, cut, or followed by something; ST_NOMEM. *ret_bytes is the caller's on success.
 */
int gunzip(struct slice packed, size_t bytes_max, struct buf *ret_bytes);

#endif
