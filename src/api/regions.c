/*
 * regions.c - Regions that come and go while requests run.
 *
 * A request enters its Region and leaves it when it is answered. Removing closes the door at once
 * and reports when the last request has left: in_use is one word, so "closed" and "how many are
 * inside" cannot disagree.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/api_priv.h"

static void on_idle_task(struct task *task)
{
    struct api_region_remove *remove = CONTAINER_OF(task, struct api_region_remove, task);

    remove->on_idle(remove);
}

/* in_use has become "closed, nobody inside": perhaps more than once, when late requests look in. */
static void report_idle(struct hosted_region *region)
{
    struct api_region_remove *remove = atomic_exchange(&region->remove, NULL);

    if (remove == NULL)
        return;
    task_init(&remove->task, on_idle_task);
    strand_post(remove->strand, &remove->task);
}

bool region_enter(struct hosted_region *region)
{
    if (!(atomic_fetch_add(&region->in_use, 1) & REGION_CLOSED))
        return true;
    region_leave(region);
    return false;
}

void region_leave(struct hosted_region *region)
{
    uint64_t before = atomic_fetch_sub(&region->in_use, 1);

    assert((before & ~REGION_CLOSED) > 0);
    if (before == (REGION_CLOSED | 1))
        report_idle(region);
}

struct hosted_region *api_find_region(struct api *api, struct slice name)
{
    unsigned count = atomic_load(&api->region_count);

    for (unsigned i = 0; i < count; i++)
        if (slice_eq_str(name, api->regions[i]->name))
            return api->regions[i];
    return NULL;
}

static void on_key_kept(struct store_edit *edit, int rc)
{
    struct hosted_region *region = CONTAINER_OF(edit, struct hosted_region, key_edit);

    if (rc < 0) /* iterators of today will not outlive a restart; nothing else depends on it */
        log_warn(&region->api->log, "api", "%s: the key of shard iterators was not kept: %s",
                 region->name, status_text(rc));
    region_leave(region);
}

/* The key of shard iterators stays with the data, so that they survive a restart. */
static int load_iterator_key(struct hosted_region *region)
{
    struct arena arena;
    struct slice value;
    struct buf key = BUF_EMPTY;
    int rc;

    arena_init(&arena, 0);
    rc = store_meta_get(region->store, "api", SLICE("iterator-key"), &arena, &value);
    if (rc == 0 && value.len == ITERATOR_KEY_BYTES) {
        memcpy(region->iterator_key, value.ptr, ITERATOR_KEY_BYTES);
        goto out;
    }
    if (rc < 0 && rc != ST_NOTFOUND)
        goto out;
    for (size_t i = 0; i < ITERATOR_KEY_BYTES; i += 8)
        be64_put(region->iterator_key + i, executor_random(region->api->executor));
    rc = store_meta_key(&key, "api", SLICE("iterator-key"));
    if (rc < 0)
        goto out;
    region->key_edit = (struct store_edit){
        .strand = region->api->strand, .on_done = on_key_kept, .kind = EDIT_META};
    batch_put(&region->key_edit.meta, ENGINE_DATA, buf_slice(&key),
              slice_of(region->iterator_key, ITERATOR_KEY_BYTES));
    atomic_fetch_add(&region->in_use, 1); /* until on_key_kept() */
    store_edit(region->store, &region->key_edit);
    rc = 0;
out:
    buf_release(&key);
    arena_release(&arena);
    return rc;
}

/* With the lock held. */
static struct hosted_region *new_region(struct api *api, const char *name)
{
    unsigned count = atomic_load(&api->region_count);
    struct hosted_region *region;

    if (count == API_REGIONS_MAX || strlen(name) > API_REGION_NAME_BYTES_MAX)
        return NULL;
    region = calloc(1, sizeof(*region));
    if (region == NULL)
        return NULL;
    snprintf(region->name, sizeof(region->name), "%s", name);
    region->number = count;
    region->api = api;
    atomic_init(&region->in_use, REGION_CLOSED);
    api->regions[count] = region;
    atomic_store(&api->region_count, count + 1);
    return region;
}

int api_region_add(struct api *api, const struct api_region *from)
{
    struct hosted_region *region;
    int rc = ST_NOMEM;

    pthread_mutex_lock(&api->lock);
    region = api_find_region(api, slice_str(from->name));
    if (region == NULL)
        region = new_region(api, from->name);
    pthread_mutex_unlock(&api->lock);
    if (region == NULL)
        return rc;
    assert(atomic_load(&region->in_use) & REGION_CLOSED);
    region->store = from->store;
    region->replication = from->replication;
    region->clock = from->clock;
    rc = load_iterator_key(region);
    if (rc < 0)
        return rc;
    atomic_fetch_and(&region->in_use, ~REGION_CLOSED);
    return 0;
}

void api_region_remove(struct api *api, struct api_region_remove *remove)
{
    struct hosted_region *region = api_find_region(api, slice_str(remove->name));
    uint64_t before;

    assert(region != NULL);
    atomic_store(&region->remove, remove);
    before = atomic_fetch_or(&region->in_use, REGION_CLOSED);
    if ((before & ~REGION_CLOSED) == 0)
        report_idle(region);
}
