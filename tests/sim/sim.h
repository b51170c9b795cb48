/*
 * sim.h - three Regions in one thread, from a seed: store, memory engine and replication as in
 * production, over a network, disks and clocks that misbehave.
 *
 *   main.c      command line, workers, totals
 *   options.c   what a seed means
 *   run.c       one run: start, anything goes, heal, converge, last checks
 *   region.c    a Region's life: opens, crashes, restarts; its clock and disk
 *   net.c       links: delay, loss, repetition, reordering, cuts, resets, old frames again
 *   workload.c  clients
 *   nemesis.c   faults, and operators who add and remove replicas
 *   expiry.c    items that expire
 *   indexes.c   secondary indexes
 *   amnesia.c   at the end, an older disk image
 *   ghost*.c    what is checked: follows every log, knows every write and who may have seen it
 *
 * Nothing here sleeps, asks the machine's clock or depends on addresses: a seed is a history. A
 * broken invariant ends the run with its name (RELIABILITY.md §2.6).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_SIM_H
#define TROPIC_TESTS_SIM_H

#include <setjmp.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/executor_sim.h"
#include "base/sim_random.h"
#include "replication/frame.h"
#include "replication/replication.h"
#include "table/store.h"

enum {
    REGIONS = 3,
    KEYS_MAX = 50,
    REPLICAS_MAX = 32,  /* replica ids that a run may use up */
    OLD_FRAMES = 48,    /* kept per direction, to be replayed */
    IN_FLIGHT_MAX = 64, /* frames per direction before the transport says stop */
};

#define TABLE "Sim"
#define EXPIRES "x" /* attribute of time to live */
extern const char *const region_names[REGIONS];

/* ---- options ---- */

/** Kinds of fault; each is off in about half of the runs (options.c). */
#define FAULT_MAP(X)                                                                               \
    X(DELAY, "delay")         /* a spell of slow links */                                          \
    X(DROP, "drop")           /* frames lost */                                                    \
    X(DUPLICATE, "duplicate") /* frames delivered twice */                                         \
    X(REORDER, "reorder")     /* frames overtaken */                                               \
    X(CUT, "cut")             /* one direction silent */                                           \
    X(RESET, "reset")         /* connection lost, new session */                                   \
    X(REPLAY, "replay")       /* old frames delivered again */                                     \
    X(CONGEST, "congest")     /* the transport takes no more */                                    \
    X(CRASH, "crash")         /* unsynced writes lost */                                           \
    X(RESTART, "restart")     /* closed in order, opened again */                                  \
    X(CLOCK, "clock")         /* a clock jumps, up to hours */                                     \
    X(POISON, "poison")       /* a clock jumps by more than a day */                               \
    X(FULL, "disk full")      /* a disk is full for a while */                                     \
    X(SLOW, "slow disk")      /* commits take long */                                              \
    X(REWIND, "rewind")       /* a feed goes back and hears everything again */                    \
    X(ADD, "replica added")                                                                        \
    X(REMOVE, "replica removed")                                                                   \
    X(UPDATE, "replica updated")

enum fault {
#define X(name, text) FAULT_##name,
    FAULT_MAP(X)
#undef X
        FAULT_COUNT
};
extern const char *const fault_names[FAULT_COUNT];

struct sim_options {
    uint64_t seed;
    bool on[FAULT_COUNT];
    uint32_t keys, operations;
    int64_t minutes;
    bool sort_key;
    bool expires; /* the table has time to live */
    bool indexes;
    uint32_t lanes;
    double deletes, reads, conditions; /* shares of operations */
    double transactions;               /* share of writes that are several keys' together */
    double bursts;               /* share of operations that come with others on the same key */
    int64_t delay_us, jitter_us; /* of links */
    double drop, duplicate;      /* chances per frame, during bad weather */
    int64_t commit_us;
    uint32_t frame_bytes, page_bytes; /* small ones make many steps of few items */
    uint64_t inline_sequences;
    int64_t patience_ms;
    uint32_t miss_one_in; /* cached reads that miss; 0: none */
    double fault_gap_s;   /* mean time between two faults */
};
void options_of_seed(uint64_t seed, struct sim_options *ret);
void options_print(const struct sim_options *options, FILE *to);

/* ---- totals, of a run or of many ---- */

struct totals {
    uint64_t runs, operations, acknowledged, refused, unknown, reads, writes, deletes, transactions;
    uint64_t changes, replicated, conflicts, purged, frames, bytes, events, simulated_s;
    uint64_t contexts_checked, clocks_checked, floors_raised, sources_changed, snapshots_repaired;
    uint64_t memories_lost, expired, index_changes, entries_checked;
    uint64_t faults[FAULT_COUNT];
};
void totals_add(struct totals *to, const struct totals *more);
/** Prints them; false when something that must occur never did. */
bool totals_print(const struct totals *totals, FILE *to);

/* ---- the world ---- */

struct sim;
struct region;
struct operation;

struct link_sim { /* one direction */
    struct sim *sim;
    uint32_t from, to;
    struct sim_random random;
    bool up;         /* the sender's end has this transport */
    bool going_down; /* ... and has been told that it is gone */
    struct link_down down;
    uint64_t connection; /* of the pair; a new one with each reset */
    bool cut;
    int64_t slow_us;     /* added during a spell */
    bool bad_weather;    /* loss and repetition */
    int64_t last_due_ns; /* no frame before this one, unless reordering is on */
    uint32_t in_flight;
    bool congested; /* said that it takes no more */
    struct buf old[OLD_FRAMES];
    uint32_t old_count;
    uint64_t frames[FRAME_TYPE_COUNT]; /* sent, by type */
};

struct region {
    struct sim *sim;
    uint32_t index;
    const char *name;
    struct memory_disk *disk;
    struct clock clock;
    struct sim_random random; /* the disk's */
    struct strand *strand;    /* of its clients; dies with it */
    bool open;
    enum {
        LIFE_RUNS,
        LIFE_CRASH,
        LIFE_CLOSE,
        LIFE_CLOSING_REPLICATION,
        LIFE_CLOSE_STORE,
        LIFE_CLOSING_STORE,
        LIFE_FREE,
        LIFE_DOWN,
        LIFE_OPEN
    } life; /* what run.c does next */
    struct replication_close replication_closing;
    struct store_close store_closing;
    bool full, slow;
    struct engine *engine;
    struct store *store;
    struct replication *replication;
    struct list_node operations; /* clients that wait for it */
    struct list_node requests;
    struct log_watch watch; /* the ghost's */
    struct log log;
};

struct sim {
    struct sim_options options;
    struct totals totals;
    struct sim_executor *executor_sim;
    struct executor *executor;
    struct strand *strand; /* of the driver: workload, nemesis, checks */
    struct strand *net;
    struct region regions[REGIONS];
    struct link_sim links[REGIONS][REGIONS];
    struct workload *workload;
    struct nemesis *nemesis;
    struct ghost *ghost;
    struct log_sink sink;
    FILE *trace; /* NULL: none */
    jmp_buf failed;
    char failure[512];
    bool healed;
    uint32_t packets;
};

/** Ends the run. */
void sim_fail(struct sim *sim, const char *invariant, const char *fmt, ...)
    __attribute__((format(printf, 3, 4), noreturn));
void sim_trace(struct sim *sim, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline int64_t sim_ms(struct sim *sim)
{
    return executor_now(sim->executor).ns / 1000000;
}
/** True when the run is right; else sim->failure says what broke. trace may be NULL. */
bool sim_run(uint64_t seed, FILE *trace, struct totals *ret_totals, char ret_failure[512]);

/** Runs events until then, and between them what must happen outside of one. */
void sim_run_until(struct sim *sim, int64_t until_ms);

/* ---- expiry.c ---- */

/** Gives an item that this Region writes a second of expiry. */
void expiry_add(struct region *region, struct item_builder *builder, struct sim_random *random);
/** Until what is due is gone, and nothing more will be for a while. */
void expiry_wait(struct sim *sim);

/* ---- indexes.c ---- */

void indexes_create(struct sim *sim, struct schema *schema);
struct schema *indexes_wanted(struct region *region);
/** What this Region's indexes hold is what its items say. */
void indexes_check(struct region *region);
/** Until all have the same indexes, and these are ACTIVE and right. */
void indexes_wait(struct sim *sim);

/* ---- amnesia.c ---- */

/** All are equal and at rest. Nothing is checked any more afterwards. */
void amnesia(struct sim *sim);

/* ---- region.c ---- */

void region_init(struct sim *sim, uint32_t index);
/** Does what region->life asks for. Outside of any event. */
void region_live(struct region *region);
void region_release(struct region *region); /* it is down */

/* ---- net.c ---- */

void net_init(struct sim *sim);
void net_connect(struct sim *sim, uint32_t a, uint32_t b); /* both ends, at different moments */
void net_region_gone(struct region *region); /* its transports are no more; peers learn later */
void net_region_opened(struct region *region);
void net_reset(struct sim *sim, uint32_t a, uint32_t b);
void net_replay(struct link_sim *link);
void net_heal(struct sim *sim);
void net_release(struct sim *sim);
uint64_t net_frames(const struct sim *sim, bool heartbeats_too);

/* ---- workload.c ---- */

void workload_start(struct sim *sim);
void workload_stop(struct sim *sim);
/** Several writes at once in one Region. */
void workload_burst(struct region *region);
bool workload_done(struct sim *sim);
void workload_release(struct sim *sim);
/** A Region died: what it had not answered has an unknown outcome. */
void workload_region_gone(struct region *region);
struct item_key workload_key(struct sim *sim, uint32_t key);

/* ---- nemesis.c ---- */

void nemesis_start(struct sim *sim);
void nemesis_stop(struct sim *sim); /* no new faults; ends those that last */
void nemesis_release(struct sim *sim);
void nemesis_region_gone(struct region *region);
/** Asks a Region to add (or remove) a replica; outcome is counted, not awaited. */
bool nemesis_request(struct region *region, int kind, uint32_t target);

/* ---- ghost.c ---- */

struct ghost_op; /* one client write, as the ghost sees it */

void ghost_init(struct sim *sim);
void ghost_release(struct sim *sim);
void ghost_region_opened(struct region *region);
void ghost_region_gone(struct region *region, bool crashed);
/** Everything that became durable since the last look, in every Region. */
void ghost_follow(struct sim *sim);
void ghost_check_floors(struct sim *sim);
/** A write is submitted: what its Region has applied by now, it must cover. */
void ghost_submit(struct region *region, uint32_t key, struct ghost_op **ret_op);
/** It was answered. outcome NOTHING, or refused: no effect. */
void ghost_acknowledged(struct region *region, struct ghost_op *op,
                        const struct mutation *mutation);
void ghost_refused(struct region *region, struct ghost_op *op);
void ghost_unknown(struct region *region, struct ghost_op *op);
/** A client of this Region read the key. */
void ghost_read(struct region *region, uint32_t key, const struct record *record);
/** The clock of a Region is about to jump. */
void ghost_clock_jumps(struct region *region);
/** Moves a feed of this Region back to where it may have been, or to the beginning of the log. */
bool ghost_rewind(struct region *region, struct sim_random *random);
/** A frame leaves a Region. */
void ghost_frame(struct link_sim *link, struct slice frame);
/** All replicas are equal: items, versions, digests. */
bool ghost_converged(struct sim *sim);
/** After convergence: nothing lost in silence, no resurrection, one winner. */
void ghost_final(struct sim *sim);
/** It sees nothing from now on. */
void ghost_look_away(struct sim *sim);
void ghost_dump(struct sim *sim);

#endif
