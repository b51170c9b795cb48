/*
 * conflicts.c - reading the conflict log: both records of every write of this Region that lost.
 *
 * Entries stand by log group; a reader wants them in the order of the Region, so the groups are
 * merged by sequence number.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/store_priv.h"

static int entry_read(const struct table *table, struct slice key, struct slice value,
                      struct conflict_entry *ret_entry)
{
    struct slice payload, encoded_key, winner, loser;
    struct reader reader;

    if (key.len != SEQUENCE_KEY_BYTES || sealed_open(value, &payload) < 0)
        return ST_CORRUPT;
    reader = reader_of(payload);
    ret_entry->sequence = be64_get(key.ptr + SEQUENCE_KEY_SEQUENCE_AT);
    ret_entry->at_ms = (int64_t)reader_be64(&reader);
    encoded_key = reader_sized(&reader);
    winner = reader_sized(&reader);
    loser = reader_sized(&reader);
    if (!reader_done(&reader) ||
        item_key_decode(encoded_key, table->has_sort, &ret_entry->key) < 0 ||
        record_decode(winner, &ret_entry->winner) < 0 ||
        record_decode(loser, &ret_entry->loser) < 0)
        return ST_CORRUPT;
    return 0;
}

static uint64_t sequence_at(const struct engine_iterator *iterator)
{
    struct slice key = engine_iterator_key(iterator);

    return key.len == SEQUENCE_KEY_BYTES ? be64_get(key.ptr + SEQUENCE_KEY_SEQUENCE_AT) : 0;
}

int store_conflicts_each(struct store *store, struct table *table, uint64_t after,
                         int (*visit)(void *context, const struct conflict_entry *entry),
                         void *context)
{
    struct engine_iterator *groups[TABLE_PARTITIONS] = {NULL};
    bool at_end[TABLE_PARTITIONS];
    int rc = 0;

    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        struct storage_key lower, upper;

        storage_key_sequence(&lower, SPACE_CONFLICTS, table->id, i, after + 1);
        storage_key_group(&upper, SPACE_CONFLICTS, table->id, i);
        storage_key_successor(&upper);
        rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                            storage_key_slice(&upper), ENGINE_READ_ANY, &groups[i]);
        if (rc == 0)
            rc = engine_seek_first(groups[i]);
        if (rc < 0)
            goto out;
        at_end[i] = rc == 1;
    }
    for (;;) {
        struct conflict_entry entry;
        int least = -1;

        for (int i = 0; i < TABLE_PARTITIONS; i++)
            if (!at_end[i] && (least < 0 || sequence_at(groups[i]) < sequence_at(groups[least])))
                least = i;
        rc = 0;
        if (least < 0)
            break;
        rc = entry_read(table, engine_iterator_key(groups[least]),
                        engine_iterator_value(groups[least]), &entry);
        if (rc == 0)
            rc = visit(context, &entry);
        if (rc != 0)
            break;
        rc = engine_next(groups[least]);
        if (rc < 0)
            break;
        at_end[least] = rc == 1;
    }
out:
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
        engine_iterator_free(groups[i]);
    return rc;
}
