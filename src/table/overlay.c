/*
 * overlay.c - see overlay.h. A hash map with chains; entries are used again, so a busy lane does
 * not allocate.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/overlay.h"

#include <assert.h>
#include <stdlib.h>

#include "base/hash.h"

static uint64_t key_hash(struct slice storage_key)
{
    return hash64(slice_skip(storage_key, 1));
}

static const struct unit_key *key_of(const struct overlay_entry *entry)
{
    return &entry->unit->keys[entry->key];
}

static struct slice key_bytes(const struct unit *unit, const struct unit_key *key)
{
    return slice_of(unit->batch.ops.ptr + key->at, key->len);
}

/** The link that points to the entry of the key, or to the NULL at the end of its chain. */
static struct overlay_entry **find(const struct overlay *overlay, struct slice storage_key,
                                   uint64_t hash)
{
    struct overlay_entry **link = &overlay->buckets[hash & (overlay->bucket_count - 1)];

    for (; *link != NULL; link = &(*link)->next) {
        const struct unit_key *key = key_of(*link);

        if (key->hash == hash &&
            slice_eq(slice_skip(key_bytes((*link)->unit, key), 1), slice_skip(storage_key, 1)))
            break;
    }
    return link;
}

static int grow(struct overlay *overlay)
{
    size_t wanted = overlay->bucket_count ? overlay->bucket_count * 2 : 256;
    struct overlay_entry **buckets;

    if (overlay->count < overlay->bucket_count)
        return 0;
    buckets = calloc(wanted, sizeof(*buckets));
    if (buckets == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < overlay->bucket_count; i++) {
        struct overlay_entry *entry = overlay->buckets[i];

        while (entry != NULL) {
            struct overlay_entry *next = entry->next;
            struct overlay_entry **bucket = &buckets[key_of(entry)->hash & (wanted - 1)];

            entry->next = *bucket;
            *bucket = entry;
            entry = next;
        }
    }
    free(overlay->buckets);
    overlay->buckets = buckets;
    overlay->bucket_count = wanted;
    return 0;
}

static void entry_remove(struct overlay *overlay, struct overlay_entry **link)
{
    struct overlay_entry *entry = *link;

    *link = entry->next;
    entry->next = overlay->spare;
    overlay->spare = entry;
    overlay->count--;
}

void overlay_clear(struct overlay *overlay)
{
    for (size_t i = 0; i < overlay->bucket_count; i++)
        while (overlay->buckets[i] != NULL)
            entry_remove(overlay, &overlay->buckets[i]);
}

void overlay_release(struct overlay *overlay)
{
    overlay_clear(overlay);
    while (overlay->spare != NULL) {
        struct overlay_entry *entry = overlay->spare;

        overlay->spare = entry->next;
        free(entry);
    }
    free(overlay->buckets);
    *overlay = (struct overlay){.count = 0};
}

bool overlay_find(const struct overlay *overlay, struct slice storage_key, struct slice *ret_record)
{
    const struct overlay_entry *entry;
    const struct unit_key *key;

    if (overlay->count == 0)
        return false;
    entry = *find(overlay, storage_key, key_hash(storage_key));
    if (entry == NULL)
        return false;
    key = key_of(entry);
    *ret_record = slice_of(entry->unit->batch.ops.ptr + key->record_at, key->record_len);
    return true;
}

int overlay_each(const struct overlay *overlay,
                 int (*visit)(void *context, struct slice storage_key, struct slice record),
                 void *context)
{
    for (size_t i = 0; i < overlay->bucket_count && overlay->count > 0; i++) {
        for (const struct overlay_entry *entry = overlay->buckets[i]; entry != NULL;
             entry = entry->next) {
            const struct unit_key *key = key_of(entry);
            int rc = visit(context, key_bytes(entry->unit, key),
                           slice_of(entry->unit->batch.ops.ptr + key->record_at, key->record_len));

            if (rc != 0)
                return rc;
        }
    }
    return 0;
}

void overlay_put(struct overlay *overlay, struct unit *unit, uint32_t key_at, uint32_t key_len,
                 uint32_t record_at, uint32_t record_len)
{
    struct overlay_entry **link, *entry;
    struct unit_key *key;
    struct slice bytes;

    if (unit_failed(unit))
        return;
    if (overlay->spare == NULL) {
        overlay->spare = calloc(1, sizeof(*overlay->spare));
        if (overlay->spare == NULL)
            unit->failed = true;
    }
    key = unit_add_key(unit);
    if (grow(overlay) < 0)
        unit->failed = true;
    if (unit->failed) {
        if (key != NULL)
            unit->key_count--;
        return;
    }
    *key = (struct unit_key){
        .at = key_at, .len = key_len, .record_at = record_at, .record_len = record_len};
    bytes = key_bytes(unit, key);
    key->hash = key_hash(bytes);
    link = find(overlay, bytes, key->hash);
    entry = *link;
    if (entry != NULL) {
        key->before = entry->unit;
        key->before_key = entry->key;
    } else {
        entry = overlay->spare;
        overlay->spare = entry->next;
        entry->next = NULL;
        *link = entry;
        overlay->count++;
    }
    entry->unit = unit;
    entry->key = unit->key_count - 1;
}

void overlay_undo(struct overlay *overlay, struct unit *unit)
{
    while (unit->key_count > 0) {
        const struct unit_key *key = &unit->keys[unit->key_count - 1];
        struct overlay_entry **link = NULL;

        if (overlay->count > 0)
            link = find(overlay, key_bytes(unit, key), key->hash);
        unit->key_count--;
        if (link == NULL || *link == NULL)
            continue;
        assert((*link)->unit == unit);
        if (key->before != NULL) {
            (*link)->unit = key->before;
            (*link)->key = key->before_key;
        } else {
            entry_remove(overlay, link);
        }
    }
}

void overlay_outlive(struct unit *unit, const struct unit *finished)
{
    for (uint32_t i = 0; i < unit->key_count; i++)
        if (unit->keys[i].before == finished)
            unit->keys[i].before = NULL;
}

void overlay_forget(struct overlay *overlay, const struct unit *unit)
{
    for (uint32_t i = 0; i < unit->key_count && overlay->count > 0; i++) {
        const struct unit_key *key = &unit->keys[i];
        struct overlay_entry **link = find(overlay, key_bytes(unit, key), key->hash);

        if (*link != NULL && (*link)->unit == unit)
            entry_remove(overlay, link);
    }
}
