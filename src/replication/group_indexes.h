/*
 * group_indexes.h - the secondary indexes that the members of a global table share.
 *
 * Documents are copied like numbers, so what is long in them is kept beside them: a set of index
 * definitions is immutable, is made once for equal definitions, and lives as long as the pool that
 * it came from. A set is a schema of which only the indexes count; each is ACTIVE in it, for how
 * far an index is in one Region is that Region's own affair.
 *
 * One pool belongs to one thread at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_GROUP_INDEXES_H
#define TROPIC_REPLICATION_GROUP_INDEXES_H

#include "replication/replication.h"
#include "table/schema.h"
#include "value/json.h"

struct index_set_entry;
struct index_sets { /* zeroed: empty */
    struct index_set_entry *entries;
    uint32_t count, cap;
};

void index_sets_release(struct index_sets *sets);

/** The indexes that a table has or is getting; not those that are being deleted. *ret_set NULL:
 * none. 0 or ST_NOMEM. */
int index_sets_of_schema(struct index_sets *sets, const struct schema *schema,
                         const struct schema **ret_set);
/** What a member's table, changed from `now` to `wanted`, means for the set that all share: of an
 * index that stays, a read setting that is not changed is the set's, for `now` may show an
 * override. */
int index_sets_of_change(struct index_sets *sets, const struct schema *base,
                         const struct schema *now, const struct schema *wanted,
                         const struct schema **ret_set);
/** Foreign bytes. 0, ST_CORRUPT, ST_NOMEM. */
int index_sets_of_json(struct index_sets *sets, struct json array, const struct schema **ret_set);

/**
 * Makes a schema that is one's own follow a set (NULL: none), with a member's overrides: what is
 * new is added, what is missing is set to DELETING, settings follow, and the state of what stays is
 * left alone. New ones begin as CREATING, to be filled, or ACTIVE, when the table is `empty`. 0,
 * ST_NOMEM, ST_EXISTS (index_set_waits()).
 */
int index_set_apply(const struct schema *set, const struct replica_overrides *overrides,
                    struct schema *schema, bool empty, int64_t now_ms);

/** When provisioned throughput was last increased, and decreased. */
void group_note_throughput(int64_t read_before, int64_t write_before, int64_t read_units,
                           int64_t write_units, int64_t now_ms, int64_t *increased_ms,
                           int64_t *decreased_ms);

/** An index of the set whose name one of another id still has here, on its way out. */
bool index_set_waits(const struct schema *set, const struct schema *schema);

#endif
