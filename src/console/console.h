/*
 * console.h - the web console: the files of /console, which are embedded in the binary.
 *
 *     if (!console_handle(CONSOLE_DEV, request))
 *         ... the request is somebody else's ...
 *
 * The console is a page that runs in a browser and talks to the same signed API as every other
 * client. This module hands out its files and knows nothing else: no Region, no table, no key. A
 * request for them therefore needs no signature; what it tells a stranger is that Tropic answers
 * here, and in which mode.
 *
 *   /console, /console/      index.html
 *   /console/<file>          that file of the build
 *   /console/assets/<other>  404: a name with a hash in it that this build does not have
 *   /console/<other>         index.html: a deep link, which the page itself understands
 *   /favicon.ico             404, or the build's own
 *   /                        302 to /console/ for a browser; for others it is the health check
 *
 * GET and HEAD; every other method is 405. Nothing is made at run time: the build has compressed
 * each file, named its type and counted its ETag, and both forms lie in the binary's read-only
 * pages, from where they are sent without a copy. So the console costs a server that nobody looks
 * at no memory and no start-up time, and a stranger can make it allocate nothing.
 *
 * Files under assets/ have a hash of their content in their name and are kept by browsers for a
 * year; all others, index.html among them, are asked for again each time and mostly answered with
 * 304.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_CONSOLE_CONSOLE_H
#define TROPIC_CONSOLE_CONSOLE_H

#include <stdbool.h>

#include "http/http_server.h"

enum console_mode {
    CONSOLE_OFF,   /* turned off by the operator: /console is 404 with a line that says so */
    CONSOLE_DEV,   /* the page logs in with one click */
    CONSOLE_SERVE, /* the page asks for an access key */
};
enum { CONSOLE_MODES = 3 };

/** Does this binary have the console's files? One that was built without them answers 404. */
bool console_is_built(void);

/**
 * Answers a request for the console, at once and on any thread, and returns true; false: the
 * request is not for the console and has not been touched.
 */
bool console_handle(enum console_mode mode, struct http_request *request);

#endif
