/*
 * engine.c - what is the same for every engine (engine.h): the way to it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "engine/engine_priv.h"

#include <assert.h>

void engine_commit(struct engine *engine, struct batch *batch, enum engine_durability durability,
                   struct commit *commit)
{
    commit->engine = engine;
    commit->batch = batch;
    engine->ops->commit(engine, durability, commit);
}

int engine_get(struct engine *engine, enum engine_family family, struct slice key,
               enum engine_read how, struct pinned *ret_value)
{
    return engine->ops->get(engine, family, key, how, ret_value);
}

void engine_unpin(struct pinned *value)
{
    if (value->handle != NULL)
        value->release(value->handle);
    *value = PINNED_EMPTY;
}

int engine_iterate(struct engine *engine, enum engine_family family, struct slice lower,
                   struct slice upper, enum engine_read how, struct engine_iterator **ret_iterator)
{
    int rc = engine->ops->iterate(engine, family, lower, upper, how, ret_iterator);

    if (rc == 0)
        (*ret_iterator)->on_entry = false;
    return rc;
}

static int moved(struct engine_iterator *iterator, int rc)
{
    iterator->on_entry = rc == 0;
    return rc;
}

int engine_seek_first(struct engine_iterator *iterator)
{
    return moved(iterator, iterator->ops->seek_first(iterator));
}

int engine_seek_last(struct engine_iterator *iterator)
{
    return moved(iterator, iterator->ops->seek_last(iterator));
}

int engine_seek(struct engine_iterator *iterator, struct slice key)
{
    return moved(iterator, iterator->ops->seek(iterator, key));
}

int engine_seek_backward(struct engine_iterator *iterator, struct slice key)
{
    return moved(iterator, iterator->ops->seek_backward(iterator, key));
}

/* Past either end there is nothing to go on from: only a seek leads back to the entries. */
int engine_next(struct engine_iterator *iterator)
{
    return iterator->on_entry ? moved(iterator, iterator->ops->next(iterator)) : 1;
}

int engine_previous(struct engine_iterator *iterator)
{
    return iterator->on_entry ? moved(iterator, iterator->ops->previous(iterator)) : 1;
}

struct slice engine_iterator_key(const struct engine_iterator *iterator)
{
    assert(iterator->on_entry);
    return iterator->ops->key(iterator);
}

struct slice engine_iterator_value(const struct engine_iterator *iterator)
{
    assert(iterator->on_entry);
    return iterator->ops->value(iterator);
}

void engine_iterator_free(struct engine_iterator *iterator)
{
    if (iterator != NULL)
        iterator->ops->free(iterator);
}

int engine_checkpoint(struct engine *engine, const char *folder)
{
    return engine->ops->checkpoint(engine, folder);
}

void engine_stats(struct engine *engine, struct engine_stats *ret_stats)
{
    *ret_stats = (struct engine_stats){.full = false};
    engine->ops->stats(engine, ret_stats);
}

void engine_close(struct engine *engine)
{
    if (engine != NULL)
        engine->ops->close(engine);
}
