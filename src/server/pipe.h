/*
 * pipe.h - the wire between two Regions of the same process.
 *
 * A pipe is open while both of its Regions are attached. It opens only when both ends are DOWN, so
 * both begin a fresh session together and nothing of the last one is left.
 *
 * On the network strand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_PIPE_H
#define TROPIC_SERVER_PIPE_H

#include "server/link_end.h"

enum { PIPE_REST_MS = 250 }; /* between a session that failed and the next */

struct pipe {
    struct link_end ends[2];
    bool open;
    bool resting;
    struct timer rest;
};

/** 0 or ST_NOMEM. */
int pipe_init(struct pipe *pipe, const char *region_a, const char *region_b, struct strand *strand,
              const struct log *log);
/** Both ends detached. An empty pipe is a no-op. */
void pipe_release(struct pipe *pipe);

#endif
