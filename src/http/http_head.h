/*
 * http_head.h - from the bytes of a complete head to a request. Private to http/.
 *
 * http_head__scan() finds the end of a head as bytes arrive; http_head__parse() then parses it
 * once, whole. So where the network cut the bytes cannot change the outcome.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_HTTP_HEAD_H
#define TROPIC_HTTP_HTTP_HEAD_H

#include <llhttp.h>

#include "http/http_exchange.h"

/* Where the scan of an unfinished head stands; all zero at its start. */
struct http_scan {
    size_t line; /* where the current line starts */
    size_t at;   /* all before is scanned */
    unsigned lines;
};

/**
 * Looks for the end of the head in `bytes`, which start with it. Returns its length with the empty
 * line, 0 when more bytes are needed, or minus the HTTP status with which to refuse.
 */
int http_head__scan(struct http_scan *scan, struct slice bytes);

/**
 * Parses a complete head into request and framing. Slices point into `head`. The parser is left
 * where a chunked body begins. Returns 0, or the HTTP status with which to refuse.
 */
int http_head__parse(llhttp_t *parser, struct slice head, struct http_exchange *exchange);

/* What a chunked body gives. */
struct http_chunks {
    llhttp_t *parser;
    struct buf *body; /* appended to, at most HTTP_BODY_BYTES_MAX */
    size_t extras;    /* bytes of trailers and chunk extensions so far */
    uint8_t last;     /* the last byte taken so far */
    bool complete;
    int status; /* refused: with this HTTP status */
};

/** Takes bytes of a chunked body; *ret_taken of them belonged to it. 0, or ST_REFUSED. */
int http_head__chunks(struct http_chunks *chunks, struct slice bytes, size_t *ret_taken);

#endif
