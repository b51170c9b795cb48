/*
 * txn.c - see txn.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "txn.h"

#include <stdlib.h>
#include <string.h>

static int decide(struct mutation *mutation, const struct record *current,
                  enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct txn_part *part = CONTAINER_OF(mutation, struct txn_part, part.mutation);

    part->saw[0] = '\0';
    if (current != NULL) {
        struct slice v = item_v(current->item);

        memcpy(part->saw, v.ptr, v.len);
        part->saw[v.len] = '\0';
    }
    if (part->expect != NULL && strcmp(part->expect, part->saw) != 0)
        return ST_CONDITION;
    if (part->add != 0) {
        int sum = atoi(part->saw) + part->add;
        char *v = arena_printf(&part->fixture->arena, "%d", sum);
        char *pk = arena_str(&part->fixture->arena, mutation->key.partition);

        if (sum < 0)
            return ST_CONDITION;
        part->item = fixture_item(part->fixture, pk, NULL, v);
    }
    if (part->check)
        *ret_outcome = MUTATION_NOTHING;
    else
        *ret_outcome = part->item.len > 0 ? MUTATION_PUT : MUTATION_DELETE;
    *ret_item = part->item;
    return 0;
}

static int remember(struct transaction *transaction, struct buf *out)
{
    return buf_append_str(out, CONTAINER_OF(transaction, struct txn, transaction)->note);
}

static void on_committed(struct transaction *transaction, int rc)
{
    struct txn *txn = CONTAINER_OF(transaction, struct txn, transaction);

    assert_false(txn->done);
    txn->done = true;
    txn->rc = rc;
    txn->transaction.remembered = arena_dup(&txn->parts[0].fixture->arena, transaction->remembered);
    arena_release(&txn->arena); /* nothing of it may be touched any more */
}

struct txn_part *txn_add(struct fixture *f, struct txn *txn, struct table *table, const char *pk)
{
    struct txn_part *part = &txn->parts[txn->transaction.count];

    txn->pointers[txn->transaction.count++] = &part->part;
    part->fixture = f;
    part->part.mutation =
        (struct mutation){.table = table, .key = fixture_key(pk, NULL), .decide = decide};
    return part;
}

struct txn_part *txn_put(struct fixture *f, struct txn *txn, struct table *table, const char *pk,
                         const char *v)
{
    struct txn_part *part = txn_add(f, txn, table, pk);

    part->item = fixture_item(f, pk, NULL, v);
    return part;
}

struct txn_part *txn_check(struct fixture *f, struct txn *txn, struct table *table, const char *pk,
                           const char *expect)
{
    struct txn_part *part = txn_add(f, txn, table, pk);

    part->check = true;
    part->expect = expect;
    return part;
}

void txn_start(struct fixture *f, struct txn *txn)
{
    txn->done = false;
    arena_init(&txn->arena, 0);
    txn->transaction.parts = txn->pointers;
    txn->transaction.arena = &txn->arena;
    txn->transaction.strand = f->strand;
    txn->transaction.on_committed = on_committed;
    if (txn->note != NULL)
        txn->transaction.remember = remember;
    store_transact(f->store, &txn->transaction);
}

int txn_run(struct fixture *f, struct txn *txn)
{
    txn_start(f, txn);
    assert_true(
        sim_executor_run_while(f->sim, &txn->done, mono_add_ms(executor_now(f->executor), 60000)));
    return txn->rc;
}

const char *key_of_partition(struct fixture *f, uint32_t partition, unsigned number)
{
    for (unsigned i = 0;; i++) {
        const char *pk = arena_printf(&f->arena, "k%u", i);
        struct item_key key = fixture_key(pk, NULL);

        if (partition_of_hash(item_key_hash(&key)) == partition && number-- == 0)
            return pk;
    }
}

struct fixture *fixture_with_lanes(uint32_t lanes)
{
    struct fixture *f = fixture_new(7 + lanes);

    fixture_close(f);
    f->lanes = lanes;
    fixture_open(f);
    return f;
}
