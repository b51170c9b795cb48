/*
 * replication.h - global tables of one Region: groups, links, feeds, floor, backfill, verification.
 *
 * One `struct replication` belongs to one Region and lives on one strand (its own); the API, the
 * server and transports talk to it by the functions below, from any thread unless said otherwise.
 * Decisions are made by pure cores (feed, floor, group, hello, in this folder's core/); this object
 * does what they decide.
 *
 * Peers are the other Regions that the deployment knows. A link to a peer carries messages (one
 * frame each, docs/protocol.md) that may be lost, repeated, delayed or reordered without harm: TCP
 * rarely does it, the simulator does it all the time. A transport (pipes in `tropic dev`, TLS
 * sockets in `serve`, the simulated network in tests/sim) moves them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_REPLICATION_H
#define TROPIC_REPLICATION_REPLICATION_H

#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "table/store.h"

struct replication;
struct link;

/* ---- transports ---- */

enum {
    MESSAGE_BYTES_MAX = 16 * 1024 * 1024
}; /* one frame; http/frame_socket.h has the same bound */

/**
 * How messages leave. send() is called on the replication strand; it takes ownership of the frame's
 * memory (buf) in every case and never blocks. It may drop. `congested` frames are not sent: a feed
 * asks sendable() first and is told by replication_link_drained() when to go on.
 */
struct transport_ops {
    void (*send)(void *transport, struct buf *frame);
    bool (*sendable)(void *transport);
};

/** The transport to a peer is usable, with a fresh session; *ret_link is its handle until
 * link_down. */
void replication_link_up(struct replication *replication, const char *peer,
                         const struct transport_ops *ops, void *transport);
/** No further send() after on_down has run on the replication strand. */
struct link_down {
    void (*on_down)(struct link_down *down);
    struct task task;
    const char *peer;
    struct replication *replication;
};
void replication_link_down(struct replication *replication, const char *peer,
                           struct link_down *down);
/** One received frame; memory is taken over. Foreign bytes: checked, never trusted. A frame that is
 *  nonsense makes the link suspect: replication calls on_bad_peer of the options. */
void replication_receive(struct replication *replication, const char *peer, struct buf *frame);
void replication_link_drained(struct replication *replication, const char *peer);

/* ---- opening ---- */

struct replication_options {
    struct executor *executor;
    struct clock *clock;
    struct store *store;
    const char *region;
    const char *const *peers; /* names of the other Regions of the deployment */
    uint32_t peer_count;
    struct log log;
    void (*on_bad_peer)(void *context, const char *peer,
                        const char *why); /* close that connection */
    void *context;
    /* Bounds; 0 = default. */
    uint64_t feed_window_bytes;    /* in flight per feed: 8 MiB */
    int64_t heartbeat_ms;          /* 1000 */
    int64_t retry_ms;              /* first retry of a lost message: 250, doubling to 5000 */
    uint32_t feed_frame_bytes;     /* of changes in one frame, about: 256 KiB */
    uint32_t snapshot_page_bytes;  /* 512 KiB */
    uint64_t log_inline_sequences; /* what lies further back in the log than this is read in the I/O
                                      pool: 65536 */
    int64_t source_patience_ms; /* a new replica takes another source after this silence: 60000 */
};
int replication_open(const struct replication_options *options,
                     struct replication **ret_replication);
struct replication_close {
    struct strand *strand;
    void (*on_closed)(struct replication_close *close);
    struct task task;
};
void replication_close(struct replication *replication, struct replication_close *close);
void replication_free(struct replication *replication);

/* ---- control, for the API ---- */

enum replication_error {
    REPLICATION_OK,
    REPLICATION_VALIDATION,  /* ValidationException */
    REPLICATION_IN_USE,      /* ResourceInUseException */
    REPLICATION_NOT_FOUND,   /* ResourceNotFoundException */
    REPLICATION_LIMIT,       /* LimitExceededException */
    REPLICATION_UNAVAILABLE, /* a member cannot be reached: retryable 5xx, with the reason */
};

/** Of one GSI, by its id. Fields that are INT64_MIN are absent. */
struct index_override {
    uint16_t index;
    int64_t read_units;         /* ProvisionedThroughputOverride.ReadCapacityUnits */
    int64_t on_demand_read_max; /* OnDemandThroughputOverride.MaxReadRequestUnits */
};

/** Fields that are INT64_MIN or UNSET are absent. */
struct replica_overrides {
    int64_t read_units;           /* ProvisionedThroughputOverride.ReadCapacityUnits */
    int64_t on_demand_read_max;   /* OnDemandThroughputOverride.MaxReadRequestUnits */
    enum table_class table_class; /* TableClassOverride */
    struct index_override indexes[TABLE_GLOBAL_INDEXES_MAX];
    uint32_t index_count;
};

/**
 * One control request. on_done runs once, when the change was admitted and made durable here (the
 * workflow then goes on by itself, across crashes) or refused with DynamoDB's words
 * (global-tables.md §2.11). The admission order of §2.2 from step 6 on is kept here; steps 1-5 are
 * the API's.
 */
struct replication_request {
    enum {
        REQUEST_CREATE_REPLICA,
        REQUEST_UPDATE_REPLICA,
        REQUEST_DELETE_REPLICA,
        REQUEST_UPDATE_SETTINGS,
        REQUEST_DELETE_TABLE
    } kind;
    char table[TABLE_NAME_BYTES_MAX + 1];
    char target[64]; /* Region; unused for UPDATE_SETTINGS and DELETE_TABLE */
    struct replica_overrides overrides;
    struct schema *settings; /* UPDATE_SETTINGS: the wanted schema (edited copy); taken over.
                                Synchronised settings go to all members, others stay here. */
    struct strand *strand;
    void (*on_done)(struct replication_request *request, enum replication_error error);
    struct refusal refusal; /* words, when error is not OK */
    struct task task;       /* private */
    struct list_node queued;
};
void replication_request(struct replication *replication, struct replication_request *request);

enum replica_status {
    REPLICA_CREATING,
    REPLICA_CREATION_FAILED,
    REPLICA_UPDATING,
    REPLICA_DELETING,
    REPLICA_ACTIVE
};
const char *replica_status_name(enum replica_status status);

enum { REPLICA_VIEWS_MAX = 31 }; /* besides this Region's own */
/** One other member, as DescribeTable shows it in this Region. */
struct replica_view {
    char region[64];
    uint16_t replica; /* its number in versions */
    enum replica_status status;
    char description[128]; /* ReplicaStatusDescription; "" */
    int percent;           /* ReplicaStatusPercentProgress; -1: absent */
    struct replica_overrides overrides;
};
/** Copies what is known of the table's group; *ret_count 0 and false when the table is regional.
 * Any thread. */
bool replication_describe(struct replication *replication, const char *table,
                          struct replica_view *ret_views, uint32_t max, uint32_t *ret_count);
/** Names of all Regions known (E-06's list), this one included, sorted. In the arena. */
const char *const *replication_regions(struct replication *replication, struct arena *arena,
                                       uint32_t *ret_count);

/* ---- verify ---- */

/**
 * Proves that the replicas of a table hold the same items, or lists the keys that differ. Every
 * reachable member recounts its digests; leaves that differ are compared key by key, twice with a
 * pause when writes are going on. on_done on the strand given.
 */
struct verify_difference {
    struct slice key;           /* encoded key, in the request's arena */
    char region[64];            /* where it differs from this Region */
    struct version here, there; /* VERSION_NONE: absent */
    u128 hash_here, hash_there;
};
struct replication_verify {
    char table[TABLE_NAME_BYTES_MAX + 1];
    uint32_t differences_max;
    struct arena *arena;
    struct strand *strand;
    void (*on_done)(struct replication_verify *verify,
                    int rc); /* ST_NOTFOUND, ST_TIMEOUT (see unreachable) */
    /* results */
    uint32_t region_count;
    struct {
        char region[64];
        uint64_t items;
        u128 sum;
        bool reached;
        bool stored_sums_right;
    } regions[32];
    struct verify_difference *differences;
    uint32_t difference_count;
    bool equal;
    /* private */
    struct task task;
    void *state;
};
void replication_verify(struct replication *replication, struct replication_verify *verify);

/* ---- numbers ---- */

enum { LAG_BUCKETS = 64 };
/** One direction between two Regions for one table, as seen by this Region. */
struct link_view {
    char peer[64];
    bool up;           /* hello exchanged, heard within the timeout */
    const char *state; /* "up", "connecting", "cut", "recovering" ... */
    int64_t heard_ms_ago, skew_ms;
    uint64_t bytes_sent, bytes_received, frames_sent, frames_received, frames_refused;
};
struct feed_view {
    char table[TABLE_NAME_BYTES_MAX + 1];
    char peer[64];
    uint64_t applied, dropped, conflicts; /* changes of that peer here */
    /* Of ours that the peer has not acknowledged; bytes as they stand in the log. */
    uint64_t pending_changes, pending_bytes;
    int64_t lag_ms_p50, lag_ms_p99,
        lag_ms_max;                      /* commit there to commit here, last minute; -1: none */
    uint64_t lag_histogram[LAG_BUCKETS]; /* powers of sqrt(2) ms from 0.5 ms, since start */
    struct hybrid_time acknowledged;     /* closed time of the peer that is applied here */
    struct hybrid_time floor;
};
/** The upper bound of a bucket, in whole milliseconds. */
uint64_t replication_lag_bucket_ms(uint32_t bucket);
/** visit runs on the caller's thread on a copy. */
int replication_each_link(struct replication *replication,
                          int (*visit)(void *context, const struct link_view *view), void *context);
int replication_each_feed(struct replication *replication,
                          int (*visit)(void *context, const struct feed_view *view), void *context);

#endif
