/*
 * links.h - the wires of one Region to Regions of other processes: frames over mutual TLS.
 *
 * Of two Regions the one whose name sorts lower dials, so there is one connection and no race for
 * it; the other listens. Both check that the certificate of the other side names the Region that
 * they expect. A lost connection is dialled again after a pause that doubles from RETRY_MS_MIN to
 * RETRY_MS_MAX, with jitter, so that many Regions do not return in step. Whatever else connects to
 * the port is closed and, now and then, mentioned in the log.
 *
 * Open and close from threads that may block; the rest is on the network strand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_LINKS_H
#define TROPIC_SERVER_LINKS_H

#include "server/config.h"
#include "server/link_end.h"

enum {
    RETRY_MS_MIN = 100,
    RETRY_MS_MAX = 5000,
    LINK_STEADY_MS = 5000,     /* open for so long: the next retry begins at RETRY_MS_MIN again */
    LINK_FAILURES_QUIET = 4,   /* fewer failed attempts in a row are not worth a line */
    LINK_LOG_EVERY_MS = 60000, /* repeated failures of one link */
};

struct links;

/** Loads the certificates, makes the ends . ST_REFUSED with a line; ST_NOMEM. */
int links_new(const struct config_region *region, const struct config_peer *peers,
              uint32_t peer_count, struct strand *strand, const struct log *log,
              struct links **ret_links, struct refusal *reterr);
/** Accepts connections from now on. ST_REFUSED with a line. */
int links_listen(struct links *links, struct refusal *reterr);
/** On the network strand: closes every connection and the port. */
void links_close(struct links *links);
/** After links_close(); all ends detached. NULL is a no-op. */
void links_free(struct links *links);

uint32_t links_count(const struct links *links);
struct link_end *links_end(struct links *links, uint32_t i);
uint16_t links_port(const struct links *links);

#endif
