/*
 * store.h - one Region's tables: catalogue, partitions, lanes, committer, change log.
 *
 * The way of a write:
 *
 *   caller --store_mutate--> lane of the partition: reads the newest record (durable, or decided
 *   and still on its way), calls mutation.decide(), draws a version, hands the outcome to the
 *   committer --> one engine batch for all lanes: items, tombstones, change records with their
 *   sequence numbers, checkpoints, high-water mark; one fsync --> on_committed() on the caller's
 *   strand.
 *
 * Nobody sees a change before its batch is durable: reads go to the engine, which shows durable
 * data only; log readers stop at the durable watermark. A failed commit ends the process
 * (engine.h), so deciding on top of undurable decisions is safe.
 *
 * Replication uses the same lanes: store_apply() merges changes of another Region (or of a
 * snapshot) and stores the feed's checkpoint in the same batch.
 *
 * Threads. Every function may be called from any strand or I/O task unless it says otherwise;
 * callbacks run once, on the strand that the caller named, never before the call returns. Reads may
 * touch the disk unless ENGINE_READ_CACHED is asked for: then ST_AGAIN says to come again from
 * executor_io().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_STORE_H
#define TROPIC_TABLE_STORE_H

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "changes/change.h"
#include "changes/merge.h"
#include "changes/record.h"
#include "changes/version.h"
#include "engine/engine.h"
#include "table/schema.h"

struct store;

struct store_options {
    struct executor *executor;
    struct clock *clock;
    struct engine *engine; /* owned by the caller; outlives the store */
    const char *region;    /* ST_REFUSED (logged) when the data folder is another Region's */
    struct log log;
    uint32_t lanes;           /* 0 = default: 1 up to four cores, then one per two */
    uint64_t queue_bytes_max; /* of mutations waiting; 0 = default 64 MiB */
    /* Changes that a shard of a stream takes before it is closed early, counted since the opening
     * at most; 0 = default 1 GiB. */
    uint64_t shard_bytes_max;
    int64_t expiry_interval_ms; /* between looks at what is due; 0 = default 1000 */
    bool throttle;              /* tables enforce their throughput (capacity.h) */
    bool dedicated_committer;   /* true in production (RocksDB blocks); false: a shared strand */
};

/** Reads the catalogue, log tails and digests; starts lanes and committer. Blocks on the disk. */
int store_open(const struct store_options *options, struct store **ret_store);
/**
 * Finishes what was accepted, flushes digests, then calls on_closed on the strand. New work is
 * refused with ST_CLOSED from now on. store_free() afterwards. Closing is idempotent work: a killed
 * process needs none.
 */
struct store_close {
    struct strand *strand;
    void (*on_closed)(struct store_close *close);
    struct task task;
};
void store_close(struct store *store, struct store_close *close);
void store_free(struct store *store);

/** Random, made with the data folder; and random anew at every opening. */
void store_identity(const struct store *store, uint8_t ret_folder[16], uint64_t *ret_incarnation);

/* ---- the catalogue ---- */

/** A table's run-time state. Held by reference; survives its table's deletion as an empty shell. */
struct table;
struct table *store_table(struct store *store, struct slice name); /* +1 reference, or NULL */
struct table *table_ref(struct table *table);
void table_unref(struct table *table);            /* NULL is a no-op */
struct schema *table_schema(struct table *table); /* +1 reference to the newest */
/** Names in order, up to `limit` after `after` (empty: from the start). Returned in the arena. */
int store_table_names(struct store *store, struct slice after, uint32_t limit, struct arena *arena,
                      struct slice **ret_names, uint32_t *ret_count, bool *ret_more);

/**
 * An edit of the catalogue or of meta keys: durable when on_done(0) runs. Edits of one Region
 * happen one after the other. The struct is the caller's until on_done.
 */
struct store_edit {
    struct strand *strand;
    void (*on_done)(struct store_edit *edit, int rc);
    enum { EDIT_CREATE, EDIT_REPLACE, EDIT_DROP, EDIT_META } kind;
    /* CREATE: its id is filled in. REPLACE: of the same id, generation = the expected + 1; it may
     * have a new index, CREATING, or set one to DELETING: the rest happens in the background. DROP:
     * any schema of the table. One reference, taken over. */
    struct schema *schema;
    struct batch meta; /* puts and deletes of meta keys in the same batch; taken over */
    struct task task;  /* private, like all that follows */
    struct list_node queued;
    int rc;
};
/**
 * rc of on_done: ST_EXISTS (CREATE: a table of that name is there), ST_BUSY (REPLACE: the
 * generation moved on; read again), ST_NOTFOUND, ST_FULL, ST_CLOSED. DROP deletes items,
 * tombstones, digests and checkpoints; changes stay until trimmed if a stream may still be read.
 */
void store_edit(struct store *store, struct store_edit *edit);

/** Meta keys of other modules: "<owner>/<name>", e.g. "replication/group/<id>". */
int store_meta_key(struct buf *out, const char *owner, struct slice name);
/** Value copied into the arena. 0, ST_NOTFOUND, ST_IO, ST_CORRUPT. Blocks on the disk at worst. */
int store_meta_get(struct store *store, const char *owner, struct slice name, struct arena *arena,
                   struct slice *ret_value);
/** All of an owner with a prefix, in order. visit returns 0 to go on. */
int store_meta_each(struct store *store, const char *owner, struct slice prefix,
                    int (*visit)(void *context, struct slice name, struct slice value),
                    void *context);

/* ---- reading items ---- */

/** The live record of a key, borrowed from the pin. ST_NOTFOUND: absent, as a tombstone is. */
int store_get(struct store *store, struct table *table, const struct item_key *key,
              enum engine_read how, struct pinned *pin, struct record *ret_record);

/**
 * Live records in key order: of one partition key with a bound on the sort key (Query), or of a
 * range of the hash space (Scan, parallel Scan). One iterator, so one consistent view.
 *
 * Of an index: its entries, in the order of its sort attributes and then of the base key. A query
 * names all partition attributes and, from the left, equal values of `sort_equal_count` sort
 * attributes; sort_operator is about the next one. The record of an entry holds the projected item
 * and its size; version, context and hash are not kept in indexes. An index that is not ACTIVE or
 * UPDATING gives what it has.
 */
struct range_options {
    struct table *table;
    bool query;
    struct slice partition;        /* query of the table: key bytes */
    enum expr_range sort_operator; /* query */
    struct slice sort_low;         /* query: key bytes; the operand of one-operand operators */
    struct slice sort_high;        /* query: BETWEEN */
    uint64_t hash_from, hash_to;   /* scan: inclusive bounds of the hash */
    bool backward;                 /* query only */
    const struct item_key *after;  /* exclusive start, NULL: from the beginning */

    const struct schema_index *index; /* NULL: the table itself */
    /* query of an index: key bytes of all its partition attributes, and of the leading sort
     * attributes that must be equal */
    struct index_key index_key;
    uint32_t sort_equal_count;
    struct index_key after_index; /* with `after`: all of that entry's key */
    enum engine_read how;
};
struct range;
int range_open(struct store *store, const struct range_options *options, struct range **ret_range);
/** 0, 1 at the end, ST_AGAIN (only with CACHED; close and start again elsewhere), ST_CORRUPT,
 * ST_IO. Borrowed until the next call. ret_key: the item's key in the table, also of an index. */
int range_next(struct range *range, struct item_key *ret_key, struct record *ret_record);
void range_close(struct range *range);

/* ---- writing items ---- */

enum mutation_outcome { MUTATION_NOTHING, MUTATION_PUT, MUTATION_DELETE };

/** What a write did to one index. Bytes are DynamoDB sizes of the entry's item. */
struct index_write {
    enum {
        INDEX_WRITE_NONE,    /* no entry before and after, or the same */
        INDEX_WRITE_PUT,     /* new_bytes */
        INDEX_WRITE_DELETE,  /* old_bytes */
        INDEX_WRITE_REPLACE, /* under the same key: both */
        INDEX_WRITE_MOVE,    /* to another key: both */
    } kind;
    uint32_t old_bytes, new_bytes;
};

/**
 * A local write of one item. decide() runs once, on the lane, and sees the record that its
 * predecessors left (NULL: no live item). It answers an outcome (with the new item in
 * stored format, kept alive until on_committed) or a negative status, which on_committed reports
 * after everything that decide() saw is durable (a failed condition is a read). `current` is
 * borrowed until decide() returns: copy what the answer needs into `arena`. A PUT of identical
 * bytes and a DELETE of an absent item count as NOTHING.
 */
struct mutation {
    struct table *table;
    const struct schema *schema; /* that the request was checked against */
    struct item_key key;
    struct arena *arena; /* used by decide() on the lane's thread; one per mutation in flight */
    int (*decide)(struct mutation *mutation, const struct record *current,
                  enum mutation_outcome *ret_outcome, struct slice *ret_item);
    struct strand *strand;
    /* rc: 0; what decide() answered; ST_BUSY (queue full or deadline passed), ST_FULL, ST_FENCED,
     * ST_CLOSED, ST_NOTFOUND (the table is gone), ST_COLLECTION (a table with local indexes: the
     * item collection would grow above its limit): no effect. */
    void (*on_committed)(struct mutation *mutation, int rc);
    struct mono deadline; /* not begun by then: ST_BUSY; 0: none */
    uint8_t flags;        /* enum change_flags */
    /* One per index of `schema`, filled by the lane; NULL: not asked for. The indexes may have
     * changed since: what an index of `schema` no longer has, or another one got, is not told. */
    struct index_write *index_writes;
    /* results, valid in on_committed */
    enum mutation_outcome outcome;
    struct version version;
    uint64_t collection_bytes; /* of the item collection after the write; 0 without local indexes */
    /* private */
    struct task task;
    struct list_node queued;
    void *unit;
};
void store_mutate(struct store *store, struct mutation *mutation);

/* ---- transactions ---- */

/** One write of a transaction, or one condition check: a mutation whose decide() answers NOTHING.
 */
struct transaction_part {
    /* Read: table, schema, key, arena, decide, flags. The results are as after store_mutate(). */
    struct mutation mutation;
    /* Result: 0; what decide() answered; ST_CONFLICT: another transaction holds the item. */
    int rc;
};

enum token_outcome {
    TOKEN_NEW,      /* or no token was given */
    TOKEN_REPEATED, /* done before, and not done again */
    TOKEN_OTHER,    /* used for a transaction with another fingerprint */
    TOKEN_RUNNING,  /* the transaction that came with it first is still under way */
};

enum { TRANSACTION_PARTS_MAX = 100, TOKEN_WINDOW_MS = 600 * 1000 }; /* Source: API Reference */

/**
 * Writes and condition checks over any tables of the Region that happen together or not at all: in
 * one batch, under one version time (but for a record from a clock far ahead: transact.c). All
 * parts are decided, in an order of the store's choosing and never two at a time (so they may share
 * one arena), even when one has failed; nothing is written unless all answered 0. What the answer
 * tells is durable. No two parts may have the same key (an assertion), nor may an empty transaction
 * be handed in.
 *
 * A transaction never waits for another: an item that another one holds gives ST_CONFLICT. A plain
 * mutation waits.
 *
 * Token. Remembered for TOKEN_WINDOW_MS after the commit, in the same batch; a transaction that was
 * cancelled leaves nothing. `remember` gives bytes to keep with it (after every decide(), on a
 * lane); whoever repeats the token finds them in `remembered`.
 */
struct transaction {
    struct transaction_part **parts;
    uint32_t count;
    struct arena *arena; /* for the store's own needs; on one thread at a time, as decide() is */
    struct slice token;  /* account and client's token, at most 1024 bytes; empty: none */
    uint8_t fingerprint[16]; /* of everything that a repetition must have in common */
    int (*remember)(struct transaction *transaction, struct buf *out); /* NULL: nothing to keep */
    struct strand *strand;
    /* rc: 0: committed, or TOKEN_REPEATED; ST_REFUSED: TOKEN_OTHER or TOKEN_RUNNING;
     * ST_CONDITION: look at each part's rc; else as of a mutation. No effect unless 0. */
    void (*on_committed)(struct transaction *transaction, int rc);
    struct mono deadline; /* not begun by then: ST_BUSY; 0: none */
    /* results, valid in on_committed */
    enum token_outcome token_outcome;
    struct slice remembered; /* in the arena */
    /* private */
    struct task task;
    struct list_node queued;
    struct transaction_work *work;
    int rc;
};
void store_transact(struct store *store, struct transaction *transaction);

/** A key of some table, for reads of several items at one moment. */
struct table_key {
    struct table *table;
    const struct item_key *key;
};
/**
 * The live records of several keys as of one moment, which is that of the durable watermark or
 * later: never half of a transaction. visit() gets each key's record (NULL: absent), borrowed until
 * it returns; a negative answer ends the reading and is handed on. ST_AGAIN (only with CACHED): all
 * that was visited is void; ST_CORRUPT, ST_IO.
 */
int store_get_together(struct store *store, const struct table_key *keys, uint32_t count,
                       enum engine_read how,
                       int (*visit)(void *context, uint32_t at, const struct record *record),
                       void *context);

/* ---- changes from elsewhere ---- */

/**
 * Changes from elsewhere, decided in order on one lane and committed as one unit with `checkpoint`.
 * All keys must fall into `partition`. Never refused for conditions, capacity or size; ST_FULL and
 * ST_BUSY mean: nothing was done, come again.
 */
struct apply {
    struct table *table;
    uint32_t partition;
    struct change *changes; /* with context, version, new_image; borrowed until on_applied */
    uint32_t count;
    /* Snapshot or repair: exempt from the floor's drop, INVISIBLE; no conflict is counted (an own
     * write that loses is logged all the same). */
    bool session;
    struct slice checkpoint_key; /* store_meta_key; empty: none */
    struct slice checkpoint_value;
    struct strand *strand;
    void (*on_applied)(struct apply *apply, int rc);
    /* results */
    uint32_t applied, dropped, conflicts, logged_conflicts, ties;
    /* private */
    struct task task;
    struct list_node queued;
    void *unit;
};
void store_apply(struct store *store, struct apply *apply);

/* ---- the change log ---- */

/** Everything at or below is durable and may be read. */
uint64_t store_durable_sequence(const struct store *store);

/** The task is posted (once until it has run) after every commit that added changes to the Region's
 * log. */
struct log_watch {
    struct strand *strand;
    struct task task;
    struct list_node node; /* private, like all that follows */
    void (*run)(struct task *task);
    bool posted; /* atomic access */
};
void store_log_watch(struct store *store, struct log_watch *watch);
/** On the watch's strand. When `posted` is still set afterwards, the task is on its way: it runs
 * once more, with `posted` cleared, and the memory must last until then. */
void store_log_unwatch(struct store *store, struct log_watch *watch);

struct log_read {
    uint64_t after;     /* changes with a greater sequence */
    uint64_t up_to;     /* 0: the durable watermark */
    bool own_only;      /* skip REPLICATED and NOT_SHIPPED: what a feed sends */
    bool visible_only;  /* skip INVISIBLE: what a stream shows */
    uint32_t count_max; /* 0: no bound */
    uint64_t bytes_max; /* stop after the change that passes it */
    /* out */
    uint64_t position;     /* read up to here, skipped ones included; up_to when nothing is left */
    bool more;             /* stopped by a bound */
    struct change_sum sum; /* of what was wanted */
};
/** Encoded changes are appended to `out` as sized bytes; NULL: they are only counted. ST_TRIMMED:
 * some after `after` are gone. */
int store_log_read(struct store *store, struct table *table, uint32_t log_group,
                   struct log_read *read, struct buf *out);
/** The greatest sequence of the log group whose change was committed before since_ms, or is
 * trimmed. 0 or as of a read. */
int store_log_horizon(struct store *store, struct table *table, uint32_t log_group,
                      int64_t since_ms, uint64_t *ret_sequence);
/**
 * The table's own changes in a log group, being those that a read with own_only finds: how many of
 * them were committed since the opening, and the sequence up to which this counts them. With a read
 * between there and any other position follows the number there. Any thread.
 */
void store_log_own(struct table *table, uint32_t log_group, struct change_sum *ret_own,
                   uint64_t *ret_through);
/** The greatest sequence that was trimmed from the log group, 0 when none was. */
uint64_t store_log_trimmed(struct store *store, struct table *table, uint32_t log_group);
/** Replication's hold: changes above are kept whatever their age. UINT64_MAX: none (not global). */
void store_log_hold(struct store *store, struct table *table, uint32_t log_group,
                    uint64_t sequence);
/** Streams of dropped tables (24 h) are found by their table id. +1 reference, or NULL. */
struct table *store_table_by_id(struct store *store, uint32_t id);
/** All tables whose streams may still be read, in ARN order (name, label). */
int store_stream_tables(struct store *store, int (*visit)(void *context, struct table *table),
                        void *context);

/* ---- versions, floor, conflicts ---- */

/** See hlc.h. Never above what is persisted; asks the committer to persist a new mark when idle and
 *  `advance` is set. */
struct hybrid_time store_closed_time(struct store *store, bool advance);
enum { STORE_OBSERVED_RATCHETED, STORE_OBSERVED_AHEAD, STORE_OBSERVED_POISON };
int store_observe_time(struct store *store, struct hybrid_time remote);
/** The clock is at least this before the next version; durable before on_done of the next edit. */
void store_advance_clock(struct store *store, struct hybrid_time at_least);
/** Monotone; a lower one changes nothing. Tombstones at or below are purged by the lanes, and the
 *  floor is persisted in the batch that purges. */
void store_set_floor(struct store *store, struct table *table, struct hybrid_time floor);
struct hybrid_time store_floor(const struct store *store, const struct table *table);
/** Writes are refused with ST_FENCED, with this reason in the log; NULL opens again. */
void store_fence(struct store *store, const char *reason);
bool store_fenced(const struct store *store);

/**
 * Which log groups of a table this Region deletes expired items of: bit i for group i. All of them
 * by default. In a global table one member does it for the others, who receive the deletes.
 */
enum { EXPIRER_ALL = (1 << TABLE_PARTITIONS) - 1 };
void store_set_expirer(struct store *store, struct table *table, uint32_t mask);

/** The conflict log: each entry both records, who won, when. Newest last. */
struct conflict_entry {
    uint64_t sequence;
    int64_t at_ms;
    struct item_key key;
    struct record winner, loser;
};
int store_conflicts_each(struct store *store, struct table *table, uint64_t after,
                         int (*visit)(void *context, const struct conflict_entry *entry),
                         void *context);

/**
 * Records of one partition for a snapshot, live items and tombstones, a stretch of keys after
 * another; each page is one moment of its stretch. `resume` is empty at first, then what the last
 * call gave; done when *ret_done. `bytes_max` counts for items and for tombstones. Changes built in
 * the arena (kind, version, context, key, new_image).
 */
int store_snapshot_page(struct store *store, struct table *table, uint32_t partition,
                        struct slice resume, uint64_t bytes_max, struct arena *arena,
                        struct change **ret_changes, uint32_t *ret_count, struct slice *ret_resume,
                        bool *ret_done);

/* ---- digests ---- */

enum { DIGEST_LEAVES = 1024 }; /* of a table; leaf = top 10 bits of the partition key's hash */
struct digest_leaf {
    u128 sum;       /* of record hashes of live items, modulo 2^128 */
    uint64_t count; /* live items */
    uint64_t bytes; /* DynamoDB size of them */
};
/** The sums as kept. Any thread. */
void store_digest(struct store *store, struct table *table,
                  struct digest_leaf ret_leaves[DIGEST_LEAVES]);
/** The sums counted anew from the stored items of one moment (blocks on the disk). */
int store_digest_recompute(struct store *store, struct table *table,
                           struct digest_leaf ret_leaves[DIGEST_LEAVES]);
/** Keys of one leaf with version and hash, in order. visit returns 0 to go on. */
int store_digest_leaf_each(struct store *store, struct table *table, uint32_t leaf,
                           int (*visit)(void *context, struct slice encoded_key,
                                        const struct record *record),
                           void *context);

/* ---- indexes ---- */

/* How much a table with local indexes may hold under one partition key: items and their entries in
 * local indexes. Source: Developer Guide, item collections. */
#ifndef ITEM_COLLECTION_BYTES_MAX
#define ITEM_COLLECTION_BYTES_MAX (UINT64_C(10) << 30)
#endif

struct index_numbers {
    uint64_t items, bytes; /* of the entries; DynamoDB sizes. Exact, also after a crash */
    /* While CREATING: items of the table that were looked at, those of them whose key attributes
     * do not fit (wrong type, empty, too long), and the table's items now. */
    uint64_t backfill_done, backfill_unfit, backfill_total;
};
/** ST_NOTFOUND: the table has no such index now. Any thread. */
int store_index_numbers(struct store *store, struct table *table, uint16_t index_id,
                        struct index_numbers *ret_numbers);

/**
 * Computes all entries, and the sizes of item collections, anew from the items of one moment and
 * compares them with what is stored; blocks on the disk. What differs is told, one line each, and
 * counted. The numbers are compared only when nothing is written meanwhile. 0, or ST_* when it
 * could not be found out.
 */
struct index_check {
    uint64_t items, entries; /* looked at */
    uint64_t missing, wrong, surplus, miscounted;
};
int store_index_check(struct store *store, struct table *table, struct index_check *ret_check);

/* ---- numbers ---- */

struct store_stats {
    uint64_t commits, commit_units, commit_us_total, queue_bytes, queue_units;
    uint64_t changes, conflicts_logged, tombstones_purged, mutations_refused;
    uint64_t items_expired;
    uint64_t sequence_durable;
    int64_t commit_us_max; /* since the last call */
};
void store_stats(struct store *store, struct store_stats *ret_stats);
struct table_stats {
    uint64_t items, bytes, tombstones, conflicts; /* conflicts met here, logged or only counted */
    uint64_t changes;
};
void table_stats(struct table *table, struct table_stats *ret_stats);
/** Every table's, in the order of names. visit runs on the caller's thread and must be short:
 * tables are made and dropped when it is through. Negative stops. */
int store_each_table(struct store *store,
                     int (*visit)(void *context, const char *name, const struct table_stats *stats),
                     void *context);

#endif
