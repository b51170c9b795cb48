/*
 * kinesis.h - delivers the changes of tables that have a Kinesis destination, with PutRecords.
 *
 *     rc = kinesis_start(server, &server->host.kinesis, &refusal);    when an endpoint is
 * configured kinesis_wake(kinesis);                                          a Region's log has
 * grown kinesis_stop(kinesis);                                          before Regions close
 *     kinesis_free(kinesis);                                          when nobody can wake it any
 * more
 *
 * Every change is delivered at least once and, where the endpoint takes all records of a call, in
 * the order of its log group, which holds all changes of an item. The place up to which a log group
 * was taken is durable before the next call, so a restart repeats one batch at most. What was not
 * taken within 24 hours is trimmed, and said so in the log.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_KINESIS_H
#define TROPIC_SERVER_KINESIS_H

#include "base/status.h"

struct server;
struct kinesis;

/** ST_REFUSED with a line; ST_NOMEM. Reads the configuration's credentials. */
int kinesis_start(struct server *server, struct kinesis **ret_kinesis, struct refusal *reterr);
/** Any thread; cheap. NULL is a no-op, here and below. */
void kinesis_wake(struct kinesis *kinesis);
/** Waits for the call that is under way. */
void kinesis_stop(struct kinesis *kinesis);
void kinesis_free(struct kinesis *kinesis);

#endif
