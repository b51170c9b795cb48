/*
 * control.h - what the operations that change a table share: finding it, and asking replication.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_CONTROL_H
#define TROPIC_API_CONTROL_H

#include "api/call.h"

/** The table of a control-plane request into call->table and call->schema, whatever its state. */
int control_open_table(struct call *call, struct slice name_or_arn);
/** The newest schema into call->schema, in place of the one that is there. */
void control_renew_schema(struct call *call);
/** ResourceInUseException unless the table is ACTIVE. */
int control_refuse_busy(struct call *call);
/** What replication said no with, as an error of ours. */
int control_refuse_replication(struct call *call, const struct replication_request *request,
                               enum replication_error error);
/** {"TableDescription": ...} with this status. */
void control_answer(struct call *call, enum table_status status);

#endif
