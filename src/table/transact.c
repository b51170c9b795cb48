/*
 * transact.c - transactions: see store.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/store_priv.h"

static void on_answer(struct task *task)
{
    struct transaction *transaction = CONTAINER_OF(task, struct transaction, task);

    transaction->on_committed(transaction, transaction->rc);
}

void store_transact(struct store *store, struct transaction *transaction)
{
    (void)store;
    transaction->rc = ST_UNSUPPORTED;
    task_init(&transaction->task, on_answer);
    strand_post(transaction->strand, &transaction->task);
}
