/*
 * numbers.c - requests, errors and latencies per Region and operation.
 *
 * Each worker counts for itself: one writer per counter, so relaxed loads and stores are enough,
 * and no cache line moves between cores for a count. Readers add the workers up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "api/api_priv.h"

/* 16 us, then powers of sqrt(2): even buckets double, odd ones lie between. */
uint64_t api_latency_bucket_us(uint32_t bucket)
{
    uint64_t whole = (uint64_t)16 << (bucket / 2);

    return bucket % 2 == 0 ? whole : whole * 1414214 / 1000000;
}

static uint32_t bucket_of(uint64_t us)
{
    uint32_t low = 0, high = API_LATENCY_BUCKETS - 1;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (us <= api_latency_bucket_us(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static void add(_Atomic uint64_t *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}

void numbers_count(struct worker *worker, const struct hosted_region *region,
                   const struct operation *operation, enum outcome_class outcome,
                   int64_t latency_us)
{
    struct region_numbers *numbers =
        atomic_load_explicit(&worker->numbers[region->number], memory_order_relaxed);
    struct operation_numbers *row;

    if (numbers == NULL) {
        numbers = calloc(1, sizeof(*numbers));
        if (numbers == NULL)
            return; /* a request is answered whether or not it can be counted */
        atomic_store_explicit(&worker->numbers[region->number], numbers, memory_order_release);
    }
    row = &numbers->operations[operation_number(operation)];
    add(&row->requests, 1);
    if (outcome == OUTCOME_USER_ERROR)
        add(&row->user_errors, 1);
    if (outcome == OUTCOME_SYSTEM_ERROR)
        add(&row->system_errors, 1);
    if (outcome == OUTCOME_THROTTLED)
        add(&row->throttled, 1);
    add(&row->latency_us_total, (uint64_t)latency_us);
    add(&row->latency[bucket_of((uint64_t)latency_us)], 1);
}

static uint64_t get(const _Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

static void sum_up(struct api *api, unsigned region, unsigned operation,
                   struct api_operation_view *view)
{
    for (unsigned i = 0; i < API_WORKERS_MAX; i++) {
        const struct region_numbers *numbers;
        const struct operation_numbers *row;

        if (atomic_load_explicit(&api->workers[i].strand, memory_order_acquire) == NULL)
            continue;
        numbers =
            atomic_load_explicit(&api->workers[i].worker->numbers[region], memory_order_acquire);
        if (numbers == NULL)
            continue;
        row = &numbers->operations[operation];
        view->requests += get(&row->requests);
        view->user_errors += get(&row->user_errors);
        view->system_errors += get(&row->system_errors);
        view->throttled += get(&row->throttled);
        view->latency_us_total += get(&row->latency_us_total);
        for (unsigned b = 0; b < API_LATENCY_BUCKETS; b++)
            view->latency[b] += get(&row->latency[b]);
    }
}

int api_each_operation(struct api *api,
                       int (*visit)(void *context, const struct api_operation_view *view),
                       void *context)
{
    unsigned regions = atomic_load(&api->region_count);

    for (unsigned r = 0; r < regions; r++) {
        for (unsigned o = 0; o < OPERATIONS_COUNT; o++) {
            struct api_operation_view view = {.operation = operation_at(o)->name,
                                              .region = api->regions[r]->name};
            int rc;

            sum_up(api, r, o, &view);
            if (view.requests == 0)
                continue;
            rc = visit(context, &view);
            if (rc != 0)
                return rc;
        }
    }
    return 0;
}
