/*
 * control.h - what the operations that change a table share: finding it, changing its schema, and
 * asking replication.
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

/**
 * A change of the table's schema, durable and everywhere where it belongs when done() runs: through
 * replication when the table is global, unless the setting is each Region's own.
 *
 *     change->make = make_wanted;
 *     change->done = on_changed;
 *     control_change(call, change);
 */
struct control_change {
    struct call *call;
    bool local; /* never synchronised between replicas */
    /* Turns a copy of call->schema into what is wanted. Runs again with the newest schema when
     * another change was faster. A negative status ends the call with it. */
    int (*make)(struct control_change *change, struct schema *wanted);
    /* Done: call->schema is the newest. Answers the call. */
    void (*done)(struct control_change *change);
    /* private */
    struct store_edit edit;
    struct replication_request request;
    unsigned attempts;
};
/** call->table and call->schema are open. Ends in done() or call_fail(). */
void control_change(struct call *call, struct control_change *change);

#endif
