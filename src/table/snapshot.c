/*
 * snapshot.c - a partition's records in pages, for a new replica and for repair.
 *
 * No page needs to be of the same moment as another: the receiver merges by version and follows the
 * feeds from positions noted before the first page. The resume key is the storage key of the last
 * record of a page; its first byte tells live items from tombstones, which come after.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "table/store_priv.h"

enum { PAGE_BYTES_PER_CHANGE = 128, PAGE_FIRST_CHANGES = 64 };

struct page {
    struct table *table;
    uint64_t hash_from, hash_to;
    uint64_t bytes, bytes_max;
    struct arena *arena;
    struct change *changes;
    uint32_t count, cap;
    struct storage_key last;
};

static int page_grow(struct page *page)
{
    uint32_t cap = page->cap ? page->cap * 2 : PAGE_FIRST_CHANGES;
    struct change *changes;

    if (page->count < page->cap)
        return 0;
    changes = arena_alloc(page->arena, cap * sizeof(*changes));
    if (changes == NULL)
        return ST_NOMEM;
    if (page->count > 0)
        memcpy(changes, page->changes, page->count * sizeof(*changes));
    page->changes = changes;
    page->cap = cap;
    return 0;
}

static int page_add(struct page *page, struct slice key, const struct record *record)
{
    struct change *change;
    int rc = page_grow(page);

    if (rc < 0)
        return rc;
    change = &page->changes[page->count];
    *change = (struct change){
        .version = record->version,
        .context = record->context,
        .kind = record->deleted ? CHANGE_DELETE : CHANGE_PUT,
        .key = arena_dup(page->arena, slice_skip(key, ITEM_KEY_ENCODED_AT)),
        .has_new = !record->deleted,
        .new_hash = record->hash,
        .new_size = record->size,
    };
    if (change->key.ptr == NULL)
        return ST_NOMEM;
    if (change->has_new) {
        change->new_image = arena_dup(page->arena, record->item);
        if (change->new_image.ptr == NULL)
            return ST_NOMEM;
    }
    page->count++;
    page->bytes += PAGE_BYTES_PER_CHANGE + key.len + record->item.len;
    page->last.len = key.len;
    memcpy(page->last.bytes, key.ptr, key.len);
    return 0;
}

/** Records of one space above `resume`: 0 when the page is full, 1 at the end of the space. */
static int page_fill(struct store *store, struct page *page, enum storage_space space,
                     struct slice resume)
{
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    int rc;

    storage_key_hash(&lower, space, page->table->id, page->hash_from);
    storage_key_after_hash(&upper, space, page->table->id, page->hash_to);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    rc = resume.len > 0 ? engine_seek(iterator, resume) : engine_seek_first(iterator);
    if (rc == 0 && resume.len > 0 && slice_eq(engine_iterator_key(iterator), resume))
        rc = engine_next(iterator);
    for (; rc == 0; rc = engine_next(iterator)) {
        struct slice key = engine_iterator_key(iterator);
        struct record record;
        int record_rc = ST_CORRUPT;

        if (page->count > 0 && page->bytes >= page->bytes_max)
            break;
        if (key.len > ITEM_KEY_ENCODED_AT)
            record_rc = record_decode(engine_iterator_value(iterator), &record);
        if (record_rc == 0)
            record_rc = page_add(page, key, &record);
        if (record_rc < 0) {
            rc = record_rc;
            break;
        }
    }
    engine_iterator_free(iterator);
    return rc;
}

int store_snapshot_page(struct store *store, struct table *table, uint32_t partition,
                        struct slice resume, uint64_t bytes_max, struct arena *arena,
                        struct change **ret_changes, uint32_t *ret_count, struct slice *ret_resume,
                        bool *ret_done)
{
    const uint64_t partition_width = UINT64_MAX / TABLE_PARTITIONS + 1;
    struct page page = {
        .table = table,
        .hash_from = partition * partition_width,
        .bytes_max = bytes_max,
        .arena = arena,
    };
    bool in_tombstones = resume.len > 0 && resume.ptr[0] == SPACE_TOMBSTONES;
    int rc = 1;

    static_assert((TABLE_PARTITIONS & (TABLE_PARTITIONS - 1)) == 0, "partitions divide the space");
    assert(partition < TABLE_PARTITIONS);
    page.hash_to = page.hash_from + (partition_width - 1);
    if (resume.len > 0 &&
        (resume.len <= ITEM_KEY_ENCODED_AT || resume.len > sizeof(page.last.bytes)))
        return ST_CORRUPT; /* it comes back from a peer */
    if (!in_tombstones) {
        rc = page_fill(store, &page, SPACE_ITEMS, resume);
        resume = SLICE_EMPTY;
    }
    if (rc == 1)
        rc = page_fill(store, &page, SPACE_TOMBSTONES, resume);
    if (rc < 0)
        return rc;
    *ret_resume = arena_dup(arena, storage_key_slice(&page.last));
    if (ret_resume->ptr == NULL)
        return ST_NOMEM;
    *ret_changes = page.changes;
    *ret_count = page.count;
    *ret_done = rc == 1;
    return 0;
}
