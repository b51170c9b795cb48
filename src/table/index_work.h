/*
 * work.h - filling a new index and removing one that is deleted, in the background.
 *
 * Private to table/.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_INDEX_WORK_H
#define TROPIC_TABLE_INDEX_WORK_H

#include "base/list.h"
#include "table/indexes.h"

struct index_work;

/** On the lane of the key: whether the lane has passed it, so that writes keep its entry up. */
bool index_work__has_passed(struct lane *lane, const struct table *table,
                            const struct schema_index *index, const struct storage_key *key);

/* ---- around an edit: on the committer's strand ---- */

/** One for each index of the schema that needs work, appended to `list`. 0 or ST_NOMEM. */
int index_work__prepare(struct table *table, const struct schema *schema, struct list_node *list);
/** Whether an edit may make this of the indexes: a new one is global and CREATING, and only a
 * backfill that is through makes one ACTIVE. */
bool index_work__allows(struct table *table, const struct schema *before,
                        const struct schema *after);
/** The places get those of the list whose index has none yet; the others are freed and taken out of
 * the list. With the table's lock held, after the places have followed the schema. */
void index_work__install(struct table *table, struct list_node *list);
/** Begins what was installed. While something is pending. */
void index_work__begin(struct store *store, struct list_node *list);
void index_work__discard(struct list_node *list);
/** What an edit from `before` to `after` deletes from the data. */
void index_work__append_edit(struct batch *batch, const struct schema *before,
                             const struct schema *after);

/* ---- numbers ---- */

/** With the table's lock held. */
void index_work__numbers(const struct index_work *work, struct index_numbers *ret_numbers);

/* ---- life ---- */

/** At opening: what is to be gone on with. */
int index_work__load(struct store *store, struct table *table);
/** When the store is open: goes on with all of it. */
void index_work__start_all(struct store *store);
/** On housekeeping's strand, when nothing is pending any more. */
void index_work__stop_all(struct store *store);
void index_work__release(struct store *store);

#endif
