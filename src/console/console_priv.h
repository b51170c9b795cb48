/*
 * console_priv.h - what the files of the console's module share. Private to console/.
 *
 *   console.c     which answer a request gets
 *   negotiate.c   the lists in Accept, Accept-Encoding and If-None-Match
 *   (generated)   the files themselves, by scripts/embed-console
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CONSOLE_CONSOLE_PRIV_H
#define TROPIC_CONSOLE_CONSOLE_PRIV_H

#include "base/bytes.h"
#include "console/console.h"
#include "console/negotiate.h"

/* ---- the embedded files ---- */

/* A file in one of its forms. The two forms are different bytes, so they have different ETags. */
struct console_form {
    struct slice bytes;
    struct slice etag; /* with its quotes */
};

struct console_file {
    struct slice path; /* below /console/: "assets/index-B3x.js" */
    struct slice content_type;
    struct console_form plain;
    struct console_form gzip; /* bytes.ptr is NULL where compressing would gain nothing */
};

struct console_files {
    const struct console_file *files; /* all but index.html */
    size_t count;
    /* index.html as it is in each mode; bytes.ptr is NULL in a binary without the console. */
    struct console_file index[CONSOLE_MODES];
};

extern const struct console_files console__embedded;

/* ---- answers ---- */

enum { CONSOLE_HEADERS_MAX = 12 };

struct console_answer {
    struct http_response response; /* its headers are these: */
    struct http_header headers[CONSOLE_HEADERS_MAX];
};

/** The answer to a request; false: it is not for the console. Pure. *ret_answer stays where it is.
 */
bool console__answer(const struct console_files *files, enum console_mode mode,
                     const struct http_request *request, struct console_answer *ret_answer);

#endif
