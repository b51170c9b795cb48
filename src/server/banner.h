/*
 * banner.h - what a server says when it is ready.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_BANNER_H
#define TROPIC_SERVER_BANNER_H

struct server;

/** In dev, for people: where it is, how to try it, that any credentials do. Else one line of the
 * log. */
void banner_print(struct server *server);

#endif
