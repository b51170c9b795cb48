/*
 * indexes.c - keeping indexes up to date, beside each change of an item and in its unit.
 *
 * Local writes, changes from other Regions and pages of snapshots all come through here, so an
 * index is what its table is, at any moment and after any crash. An entry is written only when its
 * bytes change. See indexes.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/indexes.h"

#include "table/capacity.h"
#include "table/index_work.h"
#include "table/insights.h"
#include "table/store_priv.h"

/** What the write does to one index. */
static struct index_write compare(const struct index_entry *old, const struct index_entry *new)
{
    struct index_write write = {.kind = INDEX_WRITE_NONE};

    if (old->present && new->present) {
        if (!slice_eq(buf_slice(&old->key), buf_slice(&new->key)))
            write.kind = INDEX_WRITE_MOVE;
        else if (!slice_eq(old->item, new->item))
            write.kind = INDEX_WRITE_REPLACE;
    } else if (new->present) {
        write.kind = INDEX_WRITE_PUT;
    } else if (old->present) {
        write.kind = INDEX_WRITE_DELETE;
    }
    if (write.kind != INDEX_WRITE_NONE) {
        write.old_bytes = old->size;
        write.new_bytes = new->size;
    }
    return write;
}

static void write_entry(struct lane *lane, struct unit *unit, const struct index_write *write)
{
    const struct index_entry *old = &lane->entries[0], *new = &lane->entries[1];

    if (write->kind == INDEX_WRITE_DELETE || write->kind == INDEX_WRITE_MOVE)
        batch_delete(&unit->batch, ENGINE_DATA, buf_slice(&old->key));
    if (write->kind == INDEX_WRITE_DELETE)
        return;
    buf_clear(&lane->stored);
    if (index_entry_value(new, &lane->stored) < 0)
        unit->failed = true;
    else
        batch_put(&unit->batch, ENGINE_DATA, buf_slice(&new->key), buf_slice(&lane->stored));
}

/** Where the mutation wants to know about an index, or NULL. */
static struct index_write *result_of(const struct mutation *mutation, const struct schema *schema,
                                     uint32_t at)
{
    const struct schema_index *index;

    if (mutation == NULL || mutation->index_writes == NULL)
        return NULL;
    if (mutation->schema == schema)
        return &mutation->index_writes[at];
    index = schema_index_by_id(mutation->schema, schema->indexes[at].id);
    return index != NULL ? &mutation->index_writes[index - mutation->schema->indexes] : NULL;
}

/* Contributor insights rank what a client's write costs in a global index by the entries' keys. It
 * is counted when it is decided, by the items: an entry's own key is escaped. */
static void count_access(struct table *table, const struct schema_index *index,
                         const struct record *record, uint32_t bytes)
{
    struct index_key key = {{SLICE_EMPTY}};
    struct insights_key counted;
    struct arena scratch;

    arena_init(&scratch, 0);
    if (schema_index_key(index, record->item, &key) == INDEX_MEMBER &&
        insights_key_make(&scratch, &key, &counted) == 0)
        insights_count(table, index->id, INSIGHTS_ACCESSED, &counted, capacity_write(bytes));
    arena_release(&scratch);
}

static void count_accesses(const struct mutation *mutation, const struct schema_index *index,
                           const struct record *old, const struct record *new,
                           const struct index_write *write)
{
    struct index_write left = *write;

    if (!index->global || !insights_wanted(mutation->table, INSIGHTS_ACCESSED))
        return;
    if (write->kind == INDEX_WRITE_REPLACE) { /* of one key: one write, of the larger entry */
        left.new_bytes = left.old_bytes > left.new_bytes ? left.old_bytes : left.new_bytes;
        left.kind = INDEX_WRITE_PUT;
    }
    if (left.kind == INDEX_WRITE_DELETE || left.kind == INDEX_WRITE_MOVE)
        count_access(mutation->table, index, old, left.old_bytes);
    if (left.kind == INDEX_WRITE_PUT || left.kind == INDEX_WRITE_MOVE)
        count_access(mutation->table, index, new, left.new_bytes);
}

/** One index; adds what its entry grows by to *collection when it is a local one. */
static int write_index(struct lane *lane, struct unit *unit, struct slice encoded_key,
                       const struct record *old, const struct record *new, uint32_t at,
                       const struct mutation *mutation, int64_t *collection)
{
    const struct schema *schema = unit->table->schema;
    const struct schema_index *index = &schema->indexes[at];
    struct index_write *result = result_of(mutation, schema, at), write;
    uint32_t table = unit->table->id;
    int rc = index_entry_build(&lane->entries[0], table, schema, index, encoded_key, old);

    if (rc == 0)
        rc = index_entry_build(&lane->entries[1], table, schema, index, encoded_key, new);
    if (rc < 0)
        return rc;
    write = compare(&lane->entries[0], &lane->entries[1]);
    lane->index_writes[at] = write;
    if (result != NULL)
        *result = write;
    if (write.kind == INDEX_WRITE_NONE)
        return 0;
    if (result != NULL)
        count_accesses(mutation, index, old, new, &write);
    write_entry(lane, unit, &write);
    unit_add_index_delta(
        unit, (struct index_delta){
                  .id = index->id,
                  .items = (int32_t)lane->entries[1].present - (int32_t)lane->entries[0].present,
                  .bytes = (int64_t)write.new_bytes - (int64_t)write.old_bytes,
              });
    if (!index->global)
        *collection += (int64_t)write.new_bytes - (int64_t)write.old_bytes;
    return 0;
}

void indexes__write(struct lane *lane, struct unit *unit, const struct storage_key *key,
                    const struct current *current, const struct record *record,
                    struct mutation *mutation)
{
    const struct schema *schema = unit->table->schema;
    const struct record *old =
        current->present && !current->record.deleted ? &current->record : NULL;
    const struct record *new = record->deleted ? NULL : record;
    struct slice encoded_key = slice_skip(storage_key_slice(key), ITEM_KEY_ENCODED_AT);
    int64_t collection = 0;
    int rc = 0;

    memset(lane->index_writes, 0, schema->index_count * sizeof(*lane->index_writes));
    if (schema->index_count == 0 || (old != NULL && new != NULL &&slice_eq(old->item, new->item)))
        return; /* at most the record's context grows */
    collection += new != NULL ? new->size : 0;
    collection -= old != NULL ? old->size : 0;
    for (uint32_t i = 0; i < schema->index_count && rc == 0; i++) {
        const struct schema_index *index = &schema->indexes[i];

        if (index->status == INDEX_DELETING ||
            (index->status == INDEX_CREATING &&
             !index_work__has_passed(lane, unit->table, index, key)))
            continue;
        rc = write_index(lane, unit, encoded_key, old, new, i, mutation, &collection);
    }
    if (rc < 0)
        unit->failed = true;
    if (unit->table->keeps_collections)
        collections__write(unit, key, collection, mutation);
}
