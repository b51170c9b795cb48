/*
 * capacity.h - the throughput of a table and its global secondary indexes: who may begin, and what
 * was used.
 *
 *     if (!capacity_admit(table, CAPACITY_WRITE, CAPACITY_TABLE, 2, &refusal))
 *         ... throttled: refusal says by what
 *     ... the work ...
 *     capacity_consume(table, CAPACITY_WRITE, CAPACITY_TABLE, 2, used);
 *
 * Limits come from the schema and follow it: provisioned units, or the maximums of an on-demand
 * table (of this replica, where it overrides them). Each limit is a bucket with 300 s of burst
 * credit (bucket.h). Local indexes draw on their table. A write of the table is also refused while
 * one of its global indexes has no write credit left: whether the write will touch the index is
 * known only when it is decided.
 *
 * Admission takes what the work will cost at least, so that a thousand requests at once do not all
 * pass on the last unit; consumption settles the difference. What is not the client's (replicated
 * writes) is consumed and never refused; what the service does (expiry) is not even consumed.
 *
 * Nothing is limited, and admission is one relaxed load, when the store was opened without
 * `throttle` or the table has no limit. Any thread, while the store lives.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_CAPACITY_H
#define TROPIC_TABLE_CAPACITY_H

#include "table/store.h"

/* ---- what work costs, in half units ---- */

/** One item of that size, or what a page evaluated; a missing item costs like a small one. */
uint64_t capacity_read(uint64_t bytes, bool consistent);
/** The larger of the images before and after. */
uint64_t capacity_write(uint64_t bytes);
/** What a write did to one index; 0 when the entry stays as it is. */
uint64_t capacity_index_write(const struct index_write *write);

/* ---- who may begin, and what was used ---- */

enum capacity_kind { CAPACITY_READ, CAPACITY_WRITE };
#define CAPACITY_TABLE SCHEMA_TABLE /* instead of the id of a global secondary index */

/** What had no credit left. */
struct capacity_refusal {
    enum capacity_kind kind;
    uint16_t index; /* its id, or CAPACITY_TABLE */
    bool on_demand; /* the maximum of an on-demand table, not provisioned units */
};

/** True: begin, and settle later with capacity_consume(). False: nothing was taken. */
bool capacity_admit(struct table *table, enum capacity_kind kind, uint16_t index,
                    uint64_t half_units, struct capacity_refusal *ret_refusal);
/** Of work that was let in with `admitted` (0: it was never asked for), `used` is what it cost. */
void capacity_consume(struct table *table, enum capacity_kind kind, uint16_t index,
                      uint64_t admitted, uint64_t used);

#endif
