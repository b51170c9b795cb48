/*
 * store_priv.h - the parts of a store and who may touch them. Private to table/.
 *
 *   committer strand   in flight, sequence numbers, edits, table registry (writes), counters to be
 *   lane strand        its overlay, its units, its scratch buffers
 *   housekeeping       its timer; the work itself runs on the I/O pool, one run at a time
 *   any thread, lock   registry (read side), clock, each table's schema, digest and counters
 *
 * Locks are leaves: no function is called with two of them held, and no callback with one.
 *
 * A table's schema is also read without its lock by the lanes: an edit changes it only while it has
 * the table frozen on all of them (edits.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_STORE_PRIV_H
#define TROPIC_TABLE_STORE_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/hash.h"
#include "changes/hlc.h"
#include "table/bucket.h"
#include "table/committer.h"
#include "table/indexes.h"
#include "table/lane.h"
#include "table/storage_key.h"
#include "table/store.h"

enum {
    STREAM_RETENTION_MS = 24 * 3600 * 1000, /* Source: Developer Guide, streams */
    LANES_MAX = 64,
    /* Put on a mutation's account until its unit exists and can be counted exactly. */
    MUTATION_BYTES_GUESS = 1024,
    QUEUE_BYTES_DEFAULT = 64 * 1024 * 1024,
    SHARD_BYTES_DEFAULT = 1024 * 1024 * 1024,
};

struct log_group {
    _Atomic uint64_t trimmed; /* raised before anything is deleted */
    _Atomic uint64_t hold;    /* replication's; UINT64_MAX: none */
    _Atomic uint64_t logged;  /* bytes of changes since the last cut, or the opening */
};

/** Where a shard of a stream ends and the next one begins; see shards.c. */
struct cut {
    uint32_t group;
    uint64_t sequence;
    int64_t opened_ms, parent_ms; /* when the shard above it was opened, and the one below it */
};
enum { CUTS_OVER_MAX = 16 }; /* ours: forgotten by one job */
struct cuts {
    struct cut *list; /* by sequence; with the table's lock */
    uint32_t count, cap;
    _Atomic bool working; /* a job is under way, and what follows is its own */
    struct cut due[TABLE_PARTITIONS], over[CUTS_OVER_MAX];
    uint32_t due_count, over_count;
};

/* The throughput of a table and its global indexes; see capacity.h. */
enum { CAPACITY_RESOURCES_MAX = 1 + TABLE_INDEXES_MAX };
struct capacity {
    _Atomic bool limited; /* some bucket has a limit */
    pthread_mutex_t lock;
    bool on_demand; /* the limits are maximums, not provisioned units */
    uint32_t count;
    struct capacity_resource {
        uint16_t index;                  /* CAPACITY_TABLE, or an index's id */
        struct bucket buckets[2];        /* by enum capacity_kind */
    } resources[CAPACITY_RESOURCES_MAX]; /* the table first */
};

/* Who accesses a table and its global indexes, and who is throttled; see insights.h. */
struct insights_minute;
struct insights {
    _Atomic uint32_t wanted; /* bits by enum insights_event: some resource counts it */
    pthread_mutex_t lock;
    uint32_t count;
    struct insights_resource {
        uint16_t index;                  /* SCHEMA_TABLE, or an index's id */
        uint32_t wanted;                 /* as above */
        struct insights_minute *minutes; /* two; NULL: nothing was counted yet */
    } resources[1 + TABLE_INDEXES_MAX];
};

struct table {
    _Atomic uint32_t refs;
    struct store *store; /* only while the store lives */
    uint32_t id;
    char name[TABLE_NAME_BYTES_MAX + 1];
    bool has_sort;
    bool keeps_collections;           /* has local indexes, from its creation on */
    uint8_t hash_key[HASH_KEY_BYTES]; /* of record hashes, from the schema's digest key */
    _Atomic bool dropped;
    _Atomic bool may_hold_tombstones; /* is, or was since the opening, in a group; or has some */
    int64_t dropped_ms;               /* while its stream may still be read; else 0 */
    _Atomic uint64_t floor;
    _Atomic bool purge_wanted; /* the floor has risen, or a purge left something */
    _Atomic bool purging;      /* a purge is on its way through lanes and committer */
    struct log_group groups[TABLE_PARTITIONS];
    _Atomic uint64_t changes; /* since the opening */
    _Atomic uint8_t expirer;  /* mask of the log groups whose items this Region expires */
    /* Of the run of expiry.c: how far the order of expiry is built, and for which enabling. */
    struct buf expiry_cursor;
    int64_t expiry_cursor_ms;
    struct capacity capacity;
    struct insights insights;
    struct cuts cuts;

    pthread_mutex_t lock;
    struct schema *schema;
    struct digest_leaf *leaves;              /* DIGEST_LEAVES: the durable state */
    uint64_t items, bytes;                   /* sums over the leaves */
    uint64_t digest_position;                /* of the digest that is stored */
    uint64_t changes_unflushed;              /* since that one */
    uint64_t tombstones, conflicts;          /* durable */
    struct change_sum own[TABLE_PARTITIONS]; /* see store_log_own() */
    uint64_t own_through;

    /* Of the committer: the counters once the batch in flight is durable. */
    uint64_t tombstones_next, conflicts_next;
    bool dirty, counters_dirty, indexes_dirty; /* what the batch in flight has of this table */
    struct table *next_dirty;
    struct table_indexes *indexes; /* see indexes.h; NULL: never had one */
    _Atomic bool digest_wanted;    /* housekeeping asks for a flush, to trim further */
};

struct registry {
    pthread_rwlock_t lock; /* written by the committer and at opening only */
    struct table **tables; /* each with one reference; those of the catalogue by name */
    size_t count, cap;
    struct table **dropped; /* with a readable stream, by id */
    size_t dropped_count, dropped_cap;
};

struct housekeeping {
    struct strand *strand;
    struct timer timer;
    struct task start, stop, wake, work, done;
    _Atomic bool wake_posted;
    bool full; /* this run looks at everything; else at tables that want a purge */
    bool working, again, stopping;
};

/** See expiry.c. */
struct expiry {
    struct strand *strand;
    struct timer timer;
    struct task stop, wake, work, collected;
    int64_t interval_ms;
    _Atomic bool wake_posted;
    bool working, again, stopping;
    /* Of one run. */
    bool wanted;              /* some table has items that expire */
    bool more;                /* the run did all that it took on, and there is more to do now */
    bool hindered;            /* something was refused: not again before the timer */
    struct list_node deletes; /* struct expiry_delete */
    struct list_node builds;  /* struct expiry_build */
    uint32_t left;            /* of both, on their way */
};

/** Keeps transactions over several lanes and edits of the catalogue apart: see transact.c. */
struct gate {
    pthread_mutex_t lock;
    uint32_t inside;
    bool closed;
    struct list_node parked; /* transactions that wait outside */
};

/** The transactions under way that came with a token. */
struct tokens {
    pthread_mutex_t lock;
    struct transaction_work *running[1024]; /* by hash */
};

struct store {
    struct executor *executor;
    struct clock *clock;
    struct engine *engine;
    struct log log;
    char region[64];
    uint8_t folder[16];
    uint64_t incarnation;
    uint64_t queue_bytes_max, shard_bytes_max;
    bool throttle;
    _Atomic bool identity_pending; /* a new folder: the first batch writes it */

    struct registry registry;
    uint32_t next_table_id; /* committer */

    pthread_mutex_t clock_lock;
    struct hlc hlc;

    struct committer committer;
    uint32_t lane_count;
    struct lane *lanes;
    struct housekeeping housekeeping;
    struct expiry expiry;
    struct gate gate;
    struct tokens tokens;

    _Atomic uint64_t durable_sequence;
    _Atomic uint64_t epoch; /* of refusals */
    _Atomic bool fenced, closing;
    _Atomic uint64_t pending;     /* accepted and not answered: mutations, applies, edits, jobs */
    _Atomic uint64_t queue_bytes; /* of mutations */
    _Atomic uint64_t apply_bytes;
    struct store_close *close;
    _Atomic uint32_t lanes_stopping;

    pthread_mutex_t list_lock;
    struct list_node watches, purges, index_works;

    _Atomic uint64_t commits, commit_units, commit_us_total, changes, conflicts_logged,
        tombstones_purged, mutations_refused, queue_units, items_expired;
    _Atomic int64_t commit_us_max;
};

/* ---- store.c ---- */

/** Something accepted is answered; the last one lets a closing store go on. */
void store__release(struct store *store);
/** Takes part in closing: false when the store is closing already (nothing is held then). */
bool store__accept(struct store *store);
static inline struct lane *store__lane(struct store *store, uint32_t table, uint32_t partition)
{
    return &store->lanes[(table * TABLE_PARTITIONS + partition) % store->lane_count];
}
static inline uint32_t table_leaf_of_hash(uint64_t hash)
{
    return (uint32_t)(hash >> 54); /* DIGEST_LEAVES == 1024 */
}
struct hybrid_time store__mark_wanted(struct store *store);

/* ---- catalogue.c ---- */

int catalogue__load(struct store *store);
void catalogue__release(struct store *store);
struct table *table__new(struct store *store, struct schema *schema); /* takes the reference over */
/** The schema of a table changes. Takes one reference over, and what works on its indexes. */
void table__set_schema(struct table *table, struct schema *schema, struct list_node *works);
int catalogue__reserve(
    struct store *store); /* room for one more, so that what follows cannot fail */
void catalogue__add(struct store *store, struct table *table); /* takes the reference over */
void catalogue__remove(struct store *store, struct table *table, bool keep_dropped);
void catalogue__add_dropped(struct store *store, struct table *table);
void catalogue__remove_dropped(struct store *store, struct table *table);
/** No reference. On the committer's strand, or with the registry locked. */
struct table *catalogue__find(struct store *store, struct slice name);
/** References to all tables, dropped ones too; free() the array. */
int catalogue__all(struct store *store, struct table ***ret_tables, size_t *ret_count);
/** The catalogue's entry of a table into a batch. */
int catalogue__put(struct batch *batch, const struct schema *schema, int64_t dropped_ms);
bool schema_streams_readable(const struct schema *schema, int64_t now_ms);

/* ---- capacity.c ---- */

void capacity__init(struct capacity *capacity);
void capacity__release(struct capacity *capacity);
/** The limits are those of this schema from now on. */
void capacity__configure(struct table *table, const struct schema *schema);

/* ---- insights.c ---- */

void insights__init(struct insights *insights);
void insights__release(struct insights *insights);
/** What is counted is what this schema says from now on. */
void insights__configure(struct table *table, const struct schema *schema);

/* ---- digest.c ---- */

/** The hash that a live record carries. 0 or ST_NOMEM. */
int table__record_hash(const struct table *table, struct slice encoded_key, struct version version,
                       struct slice item, struct buf *scratch, u128 *ret_hash);
void table__hash_key(const uint8_t digest_key[32], uint8_t ret_key[HASH_KEY_BYTES]);
/** Adds what a durable unit did. True: it is time to store the digest. */
bool digest__add(struct table *table, const struct unit *unit);
/** The digest as it stands, at log position `position`, into a batch. */
int digest__put(struct table *table, struct batch *batch, uint64_t position);
/** It is durable. */
void digest__flushed(struct table *table, uint64_t position);
/** At opening: what is stored, then the log's tail. */
int digest__load(struct store *store, struct table *table);

/* ---- change_log.c ---- */

void log__notify(struct store *store);
/** Counts what a durable unit has of the table's own changes. With the table's lock. */
void log__count_own(struct table *table, const struct unit *unit);
/** The greatest sequence of a log group that nobody needs any more, looking at some changes at
 * most. */
int log__trim_limit(struct store *store, struct table *table, uint32_t log_group,
                    uint64_t *ret_limit);

/* ---- transact_lanes.c ---- */

void gate_init(struct gate *gate);
void gate_release(struct gate *gate);
/** Nobody enters any more. When somebody is inside, the committer is asked for a turn as soon as
 *  the last one has left. */
void gate_close(struct gate *gate);
bool gate_is_empty(struct gate *gate);
void gate_open(struct store *store);

/* ---- tokens.c ---- */

void tokens_init(struct tokens *tokens);
void tokens_release(struct tokens *tokens);
/** Deletes the tokens whose time is over: 1 when there were none, or an error of the engine. Reads
 *  the disk. */
int tokens__append_expired(struct store *store, struct batch *batch);

/* ---- shards.c ---- */

/** Sees what is due for the table's streams. True: a unit with shards__append() is to be handed in,
 * and shards__end() to be called when it is through or was not handed in. */
bool shards__begin(struct table *table, int64_t now_ms);
void shards__append(struct unit *unit);
/** The unit is durable and its numbers are not shown yet. On the committer's strand. */
void shards__durable(struct unit *unit);
void shards__end(struct table *table, int rc);
int shards__load(struct store *store, struct table *table);

/* ---- housekeeping.c ---- */

int housekeeping__init(struct store *store);
void housekeeping__wake(struct store *store);
/** On the committer's strand, when nothing is pending any more: goes on with expiry__stop(). */
void housekeeping__stop(struct store *store);

/* ---- expiry.c ---- */

int expiry__init(struct store *store, int64_t interval_ms);
/** A table begins to expire items. Only while something is pending. */
void expiry__wake(struct store *store);
/** Goes on with store__stopped(). */
void expiry__stop(struct store *store);
/** Frees what is on its way, without running anything. */
void expiry__release(struct store *store);
/** On the lane, for a table whose items expire: the entry of a record that replaces another, in the
 * same batch. NULL: none. */
void expiry__follow(struct lane *lane, struct unit *unit, const struct storage_key *key,
                    const struct record *old_live, const struct record *new_live);
void store__stopped(struct store *store);

#endif
