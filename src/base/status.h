/*
 * status.h - the closed set of internal outcomes.
 *
 * Fallible functions return int: 0 is success, a negative value is one of these, a positive value
 * only where a header says so (1 = end of a scan). What a client reads is decided in api/, never
 * here. The one thing that lower layers hand up in words is a refusal: a sentence in DynamoDB's own
 * wording, produced where the mistake is found (an expression, a number), returned as ST_REFUSED
 * and wrapped by api/ into the error that the operation gives.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_STATUS_H
#define TROPIC_BASE_STATUS_H

#include <stdarg.h>

#define STATUS_MAP(X)                                                                              \
    X(NOMEM, -1, "out of memory")                                                                  \
    X(IO, -2, "disk or network failure")                                                           \
    X(CORRUPT, -3, "stored or received bytes fail a check")                                        \
    X(NOTFOUND, -4, "no such key or object")                                                       \
    X(REFUSED, -5, "request refused, see the refusal")                                             \
    X(AGAIN, -6, "would block; take the slow path")                                                \
    X(BUSY, -7, "queue full or past its deadline; nothing was done")                               \
    X(FULL, -8, "disk full; nothing was done")                                                     \
    X(CLOSED, -9, "closing; the outcome of work in flight is unknown")                             \
    X(EXISTS, -10, "already exists")                                                               \
    X(UNSUPPORTED, -11, "not supported here")                                                      \
    X(TOOBIG, -12, "larger than its limit")                                                        \
    X(TIMEOUT, -13, "no answer in time")                                                           \
    X(CONDITION, -14, "the condition of a write is false; nothing was changed")                    \
    X(TRIMMED, -15, "older than what is kept")                                                     \
    X(FENCED, -16, "this Region may not accept writes now")                                        \
    X(CONFLICT, -17, "a transaction in flight holds the item; nothing was done")                   \
    X(COLLECTION, -18, "the item collection would grow above its limit")

enum status {
    ST_OK = 0,
#define X(name, number, text) ST_##name = number,
    STATUS_MAP(X)
#undef X
};

/** The text of a status for logs and operators; "ok" for 0, "unknown status" for others. */
const char *status_text(int status);

enum { REFUSAL_BYTES_MAX = 4096 };

/** A refusal in the words a client will read. Written only when ST_REFUSED is returned. */
struct refusal {
    char text[REFUSAL_BYTES_MAX]; /* NUL-terminated UTF-8, cut at a character when too long */
};

/** Fills *ret (may be NULL) and returns ST_REFUSED, so that refusing is one statement. */
int refuse(struct refusal *ret, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));
int refuse_v(struct refusal *ret, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0)));

#endif
