/*
 * api_priv.h - the object behind api.h: hosted Regions, one context per worker, numbers.
 *
 * Nothing that every request touches is shared between workers except the Region's count of
 * requests in flight. Parsers and counters belong to the worker whose strand received the request.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_API_PRIV_H
#define TROPIC_API_API_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "api/api.h"
#include "api/operations.h"
#include "value/json.h"

enum {
    API_REGIONS_MAX = 64,
    API_WORKERS_MAX = 512, /* slots: strands that hand over requests; a power of two */
    API_PARSERS_KEPT = 64, /* idle ones per worker */
    API_REGION_NAME_BYTES_MAX = 63,
    ITERATOR_KEY_BYTES = 32,
};

/*
 * One Region of this process. The object stays until api_free(), so that its address may be read at
 * any time; its fields are valid only between region_enter() and region_leave().
 *
 *   in_use = REGION_CLOSED --api_region_add--> 0 + requests --api_region_remove--> REGION_CLOSED +
 * requests
 */
#define REGION_CLOSED ((uint64_t)1 << 63)
struct hosted_region {
    char name[API_REGION_NAME_BYTES_MAX + 1];
    unsigned number; /* index in api.regions */
    struct api *api;
    struct store *store;
    struct replication *replication;
    struct clock *clock;
    _Atomic uint64_t in_use;
    struct api_region_remove *_Atomic remove; /* waits for the last request */
    uint8_t iterator_key[ITERATOR_KEY_BYTES]; /* authenticates shard iterators; kept in the data
                                                 folder */
    struct store_edit key_edit;
};

/** False: the Region is stopped; do not touch it. */
bool region_enter(struct hosted_region *region);
void region_leave(struct hosted_region *region);

struct operation_numbers {
    _Atomic uint64_t requests, user_errors, system_errors, throttled, latency_us_total;
    _Atomic uint64_t latency[API_LATENCY_BUCKETS];
};
struct region_numbers {
    struct operation_numbers operations[OPERATIONS_COUNT];
};

/* What belongs to one strand that receives requests. Only the numbers are read from elsewhere. */
struct worker {
    struct strand *strand;
    struct json_parser *parsers[API_PARSERS_KEPT]; /* idle */
    unsigned parser_count;
    struct text_cache *texts; /* text_cache.h; NULL: none was used yet */
    struct region_numbers *_Atomic numbers[API_REGIONS_MAX];
};

struct worker_slot {
    struct strand *_Atomic strand;
    struct worker *worker;
};

struct api {
    struct executor *executor;
    struct log log;
    bool any_credentials, delivers_to_kinesis, older_wording;
    char account[ACCOUNT_ID_LEN + 1];
    struct sigv4 *sigv4;
    struct strand *strand; /* for catalogue edits that belong to no request */
    pthread_mutex_t lock;  /* adding workers and Regions */
    struct hosted_region *regions[API_REGIONS_MAX];
    _Atomic unsigned region_count;
    struct worker_slot workers[API_WORKERS_MAX];
};

/** NULL: no memory (or more strands than slots). */
struct worker *worker_of(struct api *api, struct strand *strand);
struct json_parser *worker_take_parser(struct worker *worker); /* NULL: no memory */
/** large: it has read a large body; do not keep its memory. */
void worker_give_parser(struct worker *worker, struct json_parser *parser, bool large);

struct hosted_region *api_find_region(struct api *api, struct slice name);

enum outcome_class { OUTCOME_OK, OUTCOME_USER_ERROR, OUTCOME_SYSTEM_ERROR, OUTCOME_THROTTLED };
/** On the worker's strand. */
void numbers_count(struct worker *worker, const struct hosted_region *region,
                   const struct operation *operation, enum outcome_class outcome,
                   int64_t latency_us);

#endif
