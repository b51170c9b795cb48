/*
 * snapshot.c - a partition's records in pages, for a new replica and for repair.
 *
 * No page needs to be of the same moment as another: the receiver merges by version and follows the
 * feeds from positions noted before the first page. But each page is one moment of its stretch of
 * keys, live items and tombstones together. A key that is looked for among the items at one moment
 * and among the tombstones at another can be missed as both, when it is written in between; its
 * newer record comes by a feed, yet not always with what the missed one had covered (simulator,
 * seed 12920).
 *
 * Both spaces have the same order; a key's place is its storage key without the space. The resume
 * key is the place up to which everything has been sent.
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
};

static struct slice place_of_key(struct slice key)
{
    return slice_skip(key, 1);
}

/** A change of a page lies in its whole storage key. */
static struct slice place_of(const struct change *change)
{
    const size_t before = ITEM_KEY_ENCODED_AT - 1;

    return slice_of(change->key.ptr - before, change->key.len + before);
}

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
    struct slice kept;
    int rc = page_grow(page);

    if (rc < 0)
        return rc;
    kept = arena_dup(page->arena, key);
    if (kept.ptr == NULL)
        return ST_NOMEM;
    change = &page->changes[page->count];
    *change = (struct change){
        .version = record->version,
        .context = record->context,
        .kind = record->deleted ? CHANGE_DELETE : CHANGE_PUT,
        .key = slice_skip(kept, ITEM_KEY_ENCODED_AT),
        .has_new = !record->deleted,
        .new_hash = record->hash,
        .new_size = record->size,
    };
    if (change->has_new) {
        change->new_image = arena_dup(page->arena, record->item);
        if (change->new_image.ptr == NULL)
            return ST_NOMEM;
    }
    page->count++;
    page->bytes += PAGE_BYTES_PER_CHANGE + key.len + record->item.len;
    return 0;
}

/**
 * Records of one space behind the place `after` (empty: all) and up to `until` (empty: to the end).
 * 0: the page is full; 1: there are no more.
 */
static int page_fill(struct page *page, struct engine_iterator *iterator, enum storage_space space,
                     struct slice after, struct slice until)
{
    uint32_t first = page->count;
    struct storage_key from, end;
    int rc;

    storage_key_hash(&from, space, page->table->id, page->hash_from);
    storage_key_after_hash(&end, space, page->table->id, page->hash_to);
    if (after.len > 0) {
        memcpy(from.bytes + 1, after.ptr, after.len);
        from.len = 1 + after.len;
    }
    page->bytes = 0;
    rc = engine_seek(iterator, storage_key_slice(&from));
    if (rc == 0 && after.len > 0 &&
        slice_eq(engine_iterator_key(iterator), storage_key_slice(&from)))
        rc = engine_next(iterator);
    for (; rc == 0; rc = engine_next(iterator)) {
        struct slice key = engine_iterator_key(iterator);
        struct record record;

        if (slice_cmp(key, storage_key_slice(&end)) >= 0 ||
            (until.len > 0 && slice_cmp(place_of_key(key), until) > 0))
            return 1;
        if (page->count > first && page->bytes >= page->bytes_max)
            return 0;
        if (key.len <= ITEM_KEY_ENCODED_AT)
            return ST_CORRUPT;
        rc = record_decode(engine_iterator_value(iterator), &record);
        if (rc == 0)
            rc = page_add(page, key, &record);
        if (rc < 0)
            return rc;
    }
    return rc;
}

/** Takes out the items behind a place; `items` of the changes, the first, are items. */
static void page_cut(struct page *page, uint32_t items, struct slice until)
{
    uint32_t kept = items;

    while (kept > 0 && slice_cmp(place_of(&page->changes[kept - 1]), until) > 0)
        kept--;
    memmove(page->changes + kept, page->changes + items,
            (page->count - items) * sizeof(*page->changes));
    page->count -= items - kept;
}

/** One moment of a stretch of keys: as many items as fit, and the tombstones among them. When
 * these are too many, the stretch ends with the last that fits. */
static int page_read(struct page *page, struct engine_iterator *iterator, struct slice after,
                     struct slice *ret_until, bool *ret_done)
{
    int rc_items = page_fill(page, iterator, SPACE_ITEMS, after, SLICE_EMPTY), rc;
    uint32_t items = page->count;

    if (rc_items < 0)
        return rc_items;
    *ret_until = rc_items == 0 ? place_of(&page->changes[items - 1]) : SLICE_EMPTY;
    rc = page_fill(page, iterator, SPACE_TOMBSTONES, after, *ret_until);
    if (rc < 0)
        return rc;
    if (rc == 0) {
        *ret_until = place_of(&page->changes[page->count - 1]);
        page_cut(page, items, *ret_until);
    }
    *ret_done = rc_items == 1 && rc == 1;
    return 0;
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
    struct engine_iterator *iterator = NULL;
    struct storage_key lower, upper;
    struct slice until;
    int rc;

    static_assert((TABLE_PARTITIONS & (TABLE_PARTITIONS - 1)) == 0, "partitions divide the space");
    static_assert(SPACE_ITEMS + 1 == SPACE_TOMBSTONES, "one iterator sees both");
    assert(partition < TABLE_PARTITIONS);
    page.hash_to = page.hash_from + (partition_width - 1);
    storage_key_hash(&lower, SPACE_ITEMS, table->id, page.hash_from);
    if (resume.len > 0 &&
        (resume.len >= sizeof(lower.bytes) ||
         !slice_has_prefix(resume, slice_of(lower.bytes + 1, ITEM_KEY_HASH_AT - 1))))
        return ST_CORRUPT; /* it comes back from a peer */
    storage_key_after_hash(&upper, SPACE_TOMBSTONES, table->id, page.hash_to);
    rc = engine_iterate(store->engine, ENGINE_DATA, storage_key_slice(&lower),
                        storage_key_slice(&upper), ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        return rc;
    rc = page_read(&page, iterator, resume, &until, ret_done);
    engine_iterator_free(iterator);
    if (rc < 0)
        return rc;
    *ret_changes = page.changes;
    *ret_count = page.count;
    *ret_resume = until; /* of the arena, as the changes */
    return 0;
}
