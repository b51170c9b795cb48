/*
 * read.c - gets and iterators of the rocksdb engine.
 *
 * Readers need nothing from the committing thread: RocksDB shows a batch only after its log record
 * is synced, whole, and an iterator keeps the view of its opening. With ENGINE_READ_CACHED a read
 * that would go to a file ends as "incomplete", which is our ST_AGAIN. Not so a get whose file has
 * not been opened yet (after a start only some are): RocksDB then means "may exist", and says
 * "found" with an empty value. So an empty value out of the cache is asked for again, and the disk
 * decides.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "engine/rocksdb/rocks_priv.h"

enum { READ_TIER_ALL = 0, READ_TIER_CACHE = 1 };

rocksdb_readoptions_t *rocks_readoptions_new(enum engine_read how)
{
    rocksdb_readoptions_t *options = rocksdb_readoptions_create();

    rocksdb_readoptions_set_verify_checksums(options, 1);
    rocksdb_readoptions_set_read_tier(options,
                                      how == ENGINE_READ_CACHED ? READ_TIER_CACHE : READ_TIER_ALL);
    /* Files that only this iterator kept are deleted elsewhere, not on a loop that serves clients.
     */
    rocksdb_readoptions_set_background_purge_on_iterator_cleanup(options, 1);
    return options;
}

static void release_pin(void *handle)
{
    rocksdb_pinnableslice_destroy(handle);
}

int rocks_get(struct engine *base, enum engine_family family, struct slice key,
              enum engine_read how, struct pinned *ret_value)
{
    struct rocks_engine *engine = rocks_of(base);
    rocksdb_pinnableslice_t *pin;
    const char *value;
    char *error = NULL;
    size_t len;

    pin = rocksdb_get_pinned_cf(engine->db,
                                how == ENGINE_READ_CACHED ? engine->read_cached : engine->read_any,
                                engine->families[family], (const char *)key.ptr, key.len, &error);
    if (error != NULL)
        return rocks_status_free(error);
    if (pin == NULL)
        return ST_NOTFOUND;
    value = rocksdb_pinnableslice_value(pin, &len);
    if (len == 0 && how == ENGINE_READ_CACHED) { /* see above */
        rocksdb_pinnableslice_destroy(pin);
        return ST_AGAIN;
    }
    *ret_value =
        (struct pinned){.value = slice_of(value, len), .handle = pin, .release = release_pin};
    return 0;
}

struct rocks_iterator {
    struct engine_iterator base;
    rocksdb_iterator_t *iterator;
    rocksdb_readoptions_t *options; /* holds pointers into bounds[] */
    struct slice lower, upper;      /* into bounds[]; empty: none */
    uint8_t bounds[];
};

static struct rocks_iterator *iterator_of(struct engine_iterator *iterator)
{
    return CONTAINER_OF(iterator, struct rocks_iterator, base);
}

/** What a move came to. */
static int moved(const struct rocks_iterator *iterator)
{
    char *error = NULL;

    if (rocksdb_iter_valid(iterator->iterator))
        return 0;
    rocksdb_iter_get_error(iterator->iterator, &error);
    return error == NULL ? 1 : rocks_status_free(error);
}

static int rocks_seek_first(struct engine_iterator *base)
{
    struct rocks_iterator *iterator = iterator_of(base);

    rocksdb_iter_seek_to_first(iterator->iterator);
    return moved(iterator);
}

static int rocks_seek_last(struct engine_iterator *base)
{
    struct rocks_iterator *iterator = iterator_of(base);

    rocksdb_iter_seek_to_last(iterator->iterator);
    return moved(iterator);
}

static int rocks_seek(struct engine_iterator *base, struct slice key)
{
    struct rocks_iterator *iterator = iterator_of(base);

    if (slice_cmp(key, iterator->lower) <= 0)
        return rocks_seek_first(base);
    rocksdb_iter_seek(iterator->iterator, (const char *)key.ptr, key.len);
    return moved(iterator);
}

static int rocks_seek_backward(struct engine_iterator *base, struct slice key)
{
    struct rocks_iterator *iterator = iterator_of(base);

    if (iterator->upper.len > 0 && slice_cmp(key, iterator->upper) >= 0)
        return rocks_seek_last(base);
    rocksdb_iter_seek_for_prev(iterator->iterator, (const char *)key.ptr, key.len);
    return moved(iterator);
}

static int rocks_next(struct engine_iterator *base)
{
    struct rocks_iterator *iterator = iterator_of(base);

    rocksdb_iter_next(iterator->iterator);
    return moved(iterator);
}

static int rocks_previous(struct engine_iterator *base)
{
    struct rocks_iterator *iterator = iterator_of(base);

    rocksdb_iter_prev(iterator->iterator);
    return moved(iterator);
}

static struct slice rocks_key(const struct engine_iterator *base)
{
    size_t len;
    const char *key =
        rocksdb_iter_key(CONTAINER_OF(base, const struct rocks_iterator, base)->iterator, &len);

    return slice_of(key, len);
}

static struct slice rocks_value(const struct engine_iterator *base)
{
    size_t len;
    const char *value =
        rocksdb_iter_value(CONTAINER_OF(base, const struct rocks_iterator, base)->iterator, &len);

    return slice_of(value, len);
}

static void rocks_iterator_free(struct engine_iterator *base)
{
    struct rocks_iterator *iterator = iterator_of(base);

    rocksdb_iter_destroy(iterator->iterator); /* before the options, and both before the bounds */
    rocksdb_readoptions_destroy(iterator->options);
    free(iterator);
}

static const struct engine_iterator_ops rocks_iterator_ops = {
    .seek_first = rocks_seek_first,
    .seek_last = rocks_seek_last,
    .seek = rocks_seek,
    .seek_backward = rocks_seek_backward,
    .next = rocks_next,
    .previous = rocks_previous,
    .key = rocks_key,
    .value = rocks_value,
    .free = rocks_iterator_free,
};

int rocks_iterate(struct engine *base, enum engine_family family, struct slice lower,
                  struct slice upper, enum engine_read how, struct engine_iterator **ret_iterator)
{
    struct rocks_engine *engine = rocks_of(base);
    struct rocks_iterator *iterator = malloc(sizeof(*iterator) + lower.len + upper.len);

    if (iterator == NULL)
        return ST_NOMEM;
    iterator->base.ops = &rocks_iterator_ops;
    if (lower.len > 0)
        memcpy(iterator->bounds, lower.ptr, lower.len);
    if (upper.len > 0)
        memcpy(iterator->bounds + lower.len, upper.ptr, upper.len);
    iterator->lower = slice_of(iterator->bounds, lower.len);
    iterator->upper = slice_of(iterator->bounds + lower.len, upper.len);
    iterator->options = rocks_readoptions_new(how);
    if (lower.len > 0)
        rocksdb_readoptions_set_iterate_lower_bound(iterator->options,
                                                    (const char *)iterator->lower.ptr, lower.len);
    if (upper.len > 0)
        rocksdb_readoptions_set_iterate_upper_bound(iterator->options,
                                                    (const char *)iterator->upper.ptr, upper.len);
    iterator->iterator =
        rocksdb_create_iterator_cf(engine->db, iterator->options, engine->families[family]);
    *ret_iterator = &iterator->base;
    return 0;
}
