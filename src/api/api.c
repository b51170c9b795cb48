/*
 * api.c - opening, closing, and the context of each worker.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/api_priv.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/text_cache.h"

int api_open(const struct api_options *options, struct api **ret_api)
{
    struct sigv4_options sigv4 = {.mode = options->any_credentials ? SIGV4_ANY : SIGV4_VERIFY,
                                  .credentials = options->credentials,
                                  .service = "dynamodb"};
    struct api *api = calloc(1, sizeof(*api));
    int rc;

    if (api == NULL)
        return ST_NOMEM;
    api->executor = options->executor;
    api->log = options->log;
    api->any_credentials = options->any_credentials;
    api->older_wording = options->older_wording;
    api->delivers_to_kinesis = options->delivers_to_kinesis;
    snprintf(api->account, sizeof(api->account), "%s",
             options->account != NULL ? options->account : ACCOUNT_ID_DEFAULT);
    pthread_mutex_init(&api->lock, NULL);
    rc = sigv4_new(&sigv4, &api->sigv4);
    if (rc < 0)
        goto out;
    api->strand = executor_strand(options->executor, STRAND_SHARED, "api");
    if (api->strand == NULL) {
        rc = ST_NOMEM;
        goto out;
    }
    *ret_api = api;
    return 0;
out:
    api_free(api);
    return rc;
}

static void worker_free(struct worker *worker)
{
    for (unsigned i = 0; i < worker->parser_count; i++)
        json_parser_free(worker->parsers[i]);
    for (unsigned i = 0; i < API_REGIONS_MAX; i++)
        free(atomic_load(&worker->numbers[i]));
    text_cache_free(worker->texts);
    free(worker);
}

void api_free(struct api *api)
{
    if (api == NULL)
        return;
    for (unsigned i = 0; i < API_WORKERS_MAX; i++)
        if (atomic_load(&api->workers[i].strand) != NULL)
            worker_free(api->workers[i].worker);
    for (unsigned i = 0; i < atomic_load(&api->region_count); i++)
        free(api->regions[i]);
    strand_free(api->strand);
    sigv4_free(api->sigv4);
    pthread_mutex_destroy(&api->lock);
    free(api);
}

static unsigned slot_of(const struct strand *strand)
{
    uintptr_t bits = (uintptr_t)strand >> 6;

    return (unsigned)((bits ^ bits >> 9) & (API_WORKERS_MAX - 1));
}

static struct worker *add_worker(struct api *api, struct strand *strand)
{
    struct worker *worker = NULL;
    unsigned slot = slot_of(strand);

    pthread_mutex_lock(&api->lock);
    for (unsigned i = 0; i < API_WORKERS_MAX; i++, slot = (slot + 1) & (API_WORKERS_MAX - 1)) {
        if (atomic_load(&api->workers[slot].strand) != NULL)
            continue;
        worker = calloc(1, sizeof(*worker));
        if (worker == NULL)
            break;
        worker->strand = strand;
        api->workers[slot].worker = worker;
        atomic_store_explicit(&api->workers[slot].strand, strand, memory_order_release);
        break;
    }
    pthread_mutex_unlock(&api->lock);
    return worker;
}

/* Only the strand itself looks for its worker, so it cannot be added twice. */
struct worker *worker_of(struct api *api, struct strand *strand)
{
    unsigned slot = slot_of(strand);

    for (unsigned i = 0; i < API_WORKERS_MAX; i++, slot = (slot + 1) & (API_WORKERS_MAX - 1)) {
        struct strand *at = atomic_load_explicit(&api->workers[slot].strand, memory_order_acquire);

        if (at == strand)
            return api->workers[slot].worker;
        if (at == NULL)
            break;
    }
    return add_worker(api, strand);
}

struct json_parser *worker_take_parser(struct worker *worker)
{
    if (worker->parser_count > 0)
        return worker->parsers[--worker->parser_count];
    return json_parser_new();
}

void worker_give_parser(struct worker *worker, struct json_parser *parser, bool large)
{
    if (parser == NULL)
        return;
    if (large || worker->parser_count == API_PARSERS_KEPT)
        json_parser_free(parser);
    else
        worker->parsers[worker->parser_count++] = parser;
}
