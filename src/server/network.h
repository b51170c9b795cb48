/*
 * network.h - every link of this process, and what is done to them on purpose.
 *
 *     network_new(executor, &config, &log, &network, &refusal);
 *     network_attach(network, "us-east-1", replication);      a Region opened
 *     network_detach(network, "us-east-1");                   before it closes
 *     network_free(network);
 *
 * Between two Regions of this process there is a pipe; to a Region of another process, a TLS
 * connection. One strand, the network strand, owns them all.
 *
 * Shaping. Delay, jitter, loss and cuts are set for one direction of one link. For a pipe that is
 * the whole truth; of a connection to another process each side shapes for itself what it sends and
 * what it receives, so asking one of the two is enough. Healing a cut begins a fresh session, as a
 * new connection would.
 *
 * Functions block; from threads that may: the main thread, dedicated strands, the I/O pool.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_NETWORK_H
#define TROPIC_SERVER_NETWORK_H

#include "server/config.h"
#include "server/link_end.h"

struct network;

/** Makes all ends and listens for peers. `config` outlives it. ST_REFUSED with a line; ST_NOMEM. */
int network_new(struct executor *executor, const struct config *config, const struct log *log,
                struct network **ret_network, struct refusal *reterr);
/** All Regions detached. NULL is a no-op. */
void network_free(struct network *network);

void network_attach(struct network *network, const char *region, struct replication *replication);
/** Returns when replication is not touched any more. */
void network_detach(struct network *network, const char *region);

/** What on_bad_peer of replication asks for. Any thread; does not block. */
void network_bad_peer(struct network *network, const char *region, const char *peer,
                      const char *why);

/* Fields of a shape that are to change. */
enum { SHAPE_SET_DELAY = 1, SHAPE_SET_JITTER = 2, SHAPE_SET_LOSS = 4, SHAPE_SET_CUT = 8 };

/** Shapes frames from one Region to another, and back when `both`. ST_NOTFOUND: no such link here.
 */
int network_shape(struct network *network, const char *from, const char *to, bool both,
                  const struct shape *shape, unsigned which);

/* One direction, as `tropic status` and `tropic link` show it. */
struct shape_view {
    const char *from, *to; /* valid as long as the network */
    struct shape shape;
    uint64_t dropped;
    size_t queued_bytes;
};
/** Every direction of every link. visit runs on the caller's thread; negative stops. */
int network_each_shape(struct network *network,
                       int (*visit)(void *context, const struct shape_view *view), void *context);

#endif
