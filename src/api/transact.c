/*
 * transact.c - see transact.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/transact.h"

void transact_write(struct transact *transact)
{
    call_fail(transact->call, call_refuse_not_yet(transact->call, transact->call->operation->name));
}

void transact_read(struct transact *transact)
{
    call_fail(transact->call, call_refuse_not_yet(transact->call, transact->call->operation->name));
}
