/*
 * txn.h - transactions for the tests of table/: parts that put, delete, check or add.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_TABLE_TXN_H
#define TROPIC_TESTS_TABLE_TXN_H

#include "fixture.h"

enum { TXN_PARTS_MAX = 16 };

struct txn_part {
    struct transaction_part part;
    struct fixture *fixture;
    struct slice item;  /* PUT; empty: DELETE */
    bool check;         /* neither: a condition check */
    const char *expect; /* as in struct write */
    int add;            /* not 0: PUT of the number under "v" plus this, refused below zero */
    char saw[64];
};

/** Begins as {.note = ...} or all zero. */
struct txn {
    struct transaction transaction;
    struct transaction_part *pointers[TXN_PARTS_MAX];
    struct txn_part parts[TXN_PARTS_MAX];
    struct arena arena; /* of one run; released when it is answered */
    const char *note;   /* to be remembered with the token */
    bool done;
    int rc;
};

struct txn_part *txn_add(struct fixture *f, struct txn *txn, struct table *table, const char *pk);
struct txn_part *txn_put(struct fixture *f, struct txn *txn, struct table *table, const char *pk,
                         const char *v);
struct txn_part *txn_check(struct fixture *f, struct txn *txn, struct table *table, const char *pk,
                           const char *expect);
void txn_start(struct fixture *f, struct txn *txn);
int txn_run(struct fixture *f, struct txn *txn);

/** The number-th key of a partition: with four lanes, keys of two partitions are of two lanes. */
const char *key_of_partition(struct fixture *f, uint32_t partition, unsigned number);
struct fixture *fixture_with_lanes(uint32_t lanes);

#endif
