/*
 * update_table.h - the two kinds of UpdateTable: changing settings (update_table.c) and changing
 * the replicas of a global table (update_replicas.c), which must be alone in its request.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_UPDATE_TABLE_H
#define TROPIC_API_UPDATE_TABLE_H

#include "api/control.h"

struct update_table {
    struct call *call;
    bool replicas; /* a change of replicas */
    struct control_change change;
    struct replication_request request; /* of a change of replicas */
    bool with_key;                      /* the replica action names a KMS key */
    bool with_indexes;                  /* ... and settings of its indexes */
    struct json indexes;
};

/** Steps 3 to 5 of the admission of a replica change (global-tables.md section 2.2) into
 * update->request. */
int update_replicas_prepare(struct update_table *update);
/** The table is open: asks replication, which keeps the rest of the order. */
void update_replicas_run(struct update_table *update);

#endif
