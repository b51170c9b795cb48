/*
 * capacity.c - the buckets of a table. See capacity.h.
 *
 * One lock for all buckets of a table, held for a few additions: a write looks at the table and
 * every index at one moment. It is taken only while the table has a limit.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/capacity.h"

#include <assert.h>

#include "table/store_priv.h"

enum { READ_BLOCK_BYTES = 4096, WRITE_BLOCK_BYTES = 1024 }; /* Source: capacity units */

static uint64_t blocks(uint64_t bytes, uint64_t block)
{
    return bytes <= block ? 1 : (bytes + block - 1) / block;
}

uint64_t capacity_read(uint64_t bytes, bool consistent)
{
    return blocks(bytes, READ_BLOCK_BYTES) * (consistent ? 2 : 1);
}

uint64_t capacity_write(uint64_t bytes)
{
    return blocks(bytes, WRITE_BLOCK_BYTES) * 2;
}

uint64_t capacity_index_write(const struct index_write *write)
{
    switch (write->kind) {
    case INDEX_WRITE_NONE:
        return 0;
    case INDEX_WRITE_PUT:
        return capacity_write(write->new_bytes);
    case INDEX_WRITE_DELETE:
        return capacity_write(write->old_bytes);
    case INDEX_WRITE_REPLACE:
        return capacity_write(write->old_bytes > write->new_bytes ? write->old_bytes
                                                                  : write->new_bytes);
    case INDEX_WRITE_MOVE:
        return capacity_write(write->old_bytes) + capacity_write(write->new_bytes);
    }
    return 0;
}

/* What the schema allows one resource, in units per second; 0: no limit. */
struct limits {
    uint16_t index;
    int64_t read, write;
};

static int64_t maximum(int64_t units)
{
    return units > 0 ? units : 0; /* -1: no limit */
}

/* The limits of table and indexes: at most CAPACITY_RESOURCES_MAX, the table first. */
static uint32_t limits_of(const struct schema *schema, struct limits *limits)
{
    bool on_demand = schema->billing == BILLING_PAY_PER_REQUEST;
    uint32_t count = 0;

    limits[count++] = (struct limits){
        .index = CAPACITY_TABLE,
        .read = maximum(on_demand ? schema->on_demand_read_max : schema->read_units),
        .write = maximum(on_demand ? schema->on_demand_write_max : schema->write_units)};
    for (uint32_t i = 0; i < schema->index_count; i++) {
        const struct schema_index *index = &schema->indexes[i];

        if (index->global)
            limits[count++] = (struct limits){
                .index = index->id,
                .read = maximum(on_demand ? index->on_demand_read_max : index->read_units),
                .write = maximum(on_demand ? index->on_demand_write_max : index->write_units)};
    }
    return count;
}

static struct capacity_resource *find(struct capacity *capacity, uint16_t index)
{
    for (uint32_t i = 0; i < capacity->count; i++)
        if (capacity->resources[i].index == index)
            return &capacity->resources[i];
    return NULL;
}

void capacity__init(struct capacity *capacity)
{
    pthread_mutex_init(&capacity->lock, NULL);
}

void capacity__release(struct capacity *capacity)
{
    pthread_mutex_destroy(&capacity->lock);
}

void capacity__configure(struct table *table, const struct schema *schema)
{
    struct capacity *capacity = &table->capacity;
    bool on_demand = schema->billing == BILLING_PAY_PER_REQUEST, limited = false;
    struct limits limits[CAPACITY_RESOURCES_MAX];
    struct capacity_resource kept[CAPACITY_RESOURCES_MAX] = {{0}};
    uint32_t count;
    int64_t now_ms;

    if (!table->store->throttle)
        return;
    now_ms = clock_wall_ms(table->store->clock);
    count = limits_of(schema, limits);
    pthread_mutex_lock(&capacity->lock);
    for (uint32_t i = 0; i < count; i++) {
        struct capacity_resource *before = find(capacity, limits[i].index);

        /* Another billing mode is another agreement: what was saved under the old one is gone. */
        if (before != NULL && capacity->on_demand == on_demand)
            kept[i] = *before;
        kept[i].index = limits[i].index;
        bucket_limit(&kept[i].buckets[CAPACITY_READ], limits[i].read, now_ms);
        bucket_limit(&kept[i].buckets[CAPACITY_WRITE], limits[i].write, now_ms);
        limited = limited || limits[i].read > 0 || limits[i].write > 0;
    }
    memcpy(capacity->resources, kept, sizeof(kept));
    capacity->count = count;
    capacity->on_demand = on_demand;
    atomic_store_explicit(&capacity->limited, limited, memory_order_relaxed);
    pthread_mutex_unlock(&capacity->lock);
}

/* The first resource without credit, or NULL. `index` is what the work draws on. */
static struct capacity_resource *closed(struct capacity *capacity, enum capacity_kind kind,
                                        uint16_t index, int64_t now_ms)
{
    for (uint32_t i = 0; i < capacity->count; i++) {
        struct capacity_resource *resource = &capacity->resources[i];
        bool pushes_back = kind == CAPACITY_WRITE && index == CAPACITY_TABLE;

        if ((resource->index == index || pushes_back) &&
            !bucket_open(&resource->buckets[kind], now_ms))
            return resource;
    }
    return NULL;
}

bool capacity_admit(struct table *table, enum capacity_kind kind, uint16_t index,
                    uint64_t half_units, struct capacity_refusal *ret_refusal)
{
    struct capacity *capacity = &table->capacity;
    struct capacity_resource *resource;
    int64_t now_ms;
    bool admitted;

    if (!atomic_load_explicit(&capacity->limited, memory_order_relaxed))
        return true;
    now_ms = clock_wall_ms(table->store->clock);
    pthread_mutex_lock(&capacity->lock);
    resource = closed(capacity, kind, index, now_ms);
    admitted = resource == NULL;
    if (admitted) {
        resource = find(capacity, index);
        if (resource != NULL)
            bucket_take(&resource->buckets[kind], (int64_t)half_units, now_ms);
    } else {
        *ret_refusal = (struct capacity_refusal){
            .kind = kind, .index = resource->index, .on_demand = capacity->on_demand};
    }
    pthread_mutex_unlock(&capacity->lock);
    return admitted;
}

void capacity_consume(struct table *table, enum capacity_kind kind, uint16_t index,
                      uint64_t admitted, uint64_t used)
{
    struct capacity *capacity = &table->capacity;
    struct capacity_resource *resource;

    if (admitted == used || !atomic_load_explicit(&capacity->limited, memory_order_relaxed))
        return;
    pthread_mutex_lock(&capacity->lock);
    resource = find(capacity, index);
    if (resource != NULL)
        bucket_take(&resource->buckets[kind], (int64_t)used - (int64_t)admitted,
                    clock_wall_ms(table->store->clock));
    pthread_mutex_unlock(&capacity->lock);
}
