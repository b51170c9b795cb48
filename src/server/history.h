/*
 * history.h - looks at the server once a second and remembers an hour of it (history_ring.h).
 *
 *     rc = history_start(server, &server->history);
 *     ... POST /_tropic/v1/history writes from it ...
 *     history_stop(server->history);             before Regions close
 *     history_free(server->history);
 *
 * It asks only for what it keeps: counters of operations, links, feeds and tables. What view.h
 * gathers besides (sizes on disk, the committer's numbers) is not looked at every second, because
 * reading it costs, and because some of it is "since it was last read".
 *
 * Time is the monotonic clock's: second n begins n seconds after the server's start, whatever
 * happens to the machine's clock or to that of a Region. A sampler that comes late (the machine
 * slept, the disk stood still) leaves HISTORY_NONE in the seconds it missed, and counts what
 * happened in them with the one in which it came.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_HISTORY_H
#define TROPIC_SERVER_HISTORY_H

#include "base/bytes.h"
#include "base/status.h"

struct server;
struct history;

enum {
    /* Values of one answer; an asker goes on from its `next`. An hour of fifty operations, or six
     * MB of JSON. */
    HISTORY_VALUES_MAX = 1024 * 1024,
};

int history_start(struct server *server, struct history **ret_history);
/** No Region is touched any more. NULL is a no-op, here and below. */
void history_stop(struct history *history);
void history_free(struct history *history);

/** The answer of POST /_tropic/v1/history: docs/operations.md. From second `after` on or, when
 * `last` is not 0, of so many newest seconds. Failures are remembered by `out`. */
void history_write(struct history *history, int64_t after, int64_t last, int64_t step,
                   struct buf *out);

#endif
