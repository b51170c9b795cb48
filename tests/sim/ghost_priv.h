/*
 * ghost_priv.h - what the checker knows, between its files.
 *
 *   ghost.c         follows every log; writes as they become durable; life
 *   ghost_checks.c  floors, what feeds claim, clients, frames
 *   ghost_final.c   convergence and the last checks
 *
 * It looks into replication's own objects for positions of feeds and for documents; it decides
 * nothing by what they say about themselves.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_SIM_GHOST_PRIV_H
#define TROPIC_TESTS_SIM_GHOST_PRIV_H

#include <stdlib.h>

#include "replication/replication_priv.h"
#include "sim.h"

#define ALL UINT16_MAX

struct ghost_write {
    struct version version;
    u128 hash; /* of key, version and item */
    bool deleted, acknowledged, bounded;
    bool forgotten; /* of a key that was absent when its group ended: nobody knows of it any more */
    uint64_t sequence;
    uint32_t region, log_group, rewinds;
    /* That its table was in; 0: none. Deletes leave nothing behind outside of one. */
    uint64_t group;
    uint16_t ordinal; /* among its replica's writes of the key, from 1 */
    /* It covers at least, at most so many of each replica's. */
    uint16_t lower[REPLICAS_MAX], upper[REPLICAS_MAX];
    bool succeeded, succeeded_by_other;
    struct version successor; /* in the log of its own Region */
    uint32_t logged;          /* times in the conflict log */
};

struct ghost_list {
    uint32_t *at; /* indexes of writes, by sequence */
    uint32_t count, cap;
};

struct ghost_key {
    struct ghost_write *writes;
    uint32_t count, cap;
    struct ghost_list by_replica[REPLICAS_MAX];
};

/** What a Region's log last said of a key. */
struct ghost_seen {
    struct version version;
    u128 hash;
    int64_t own; /* index of the write, if it was its own; else -1 */
};

struct ghost_region {
    uint32_t table_id; /* of the table that is followed; 0: none */
    uint64_t group;
    uint64_t position[TABLE_PARTITIONS];
    uint64_t last[TABLE_PARTITIONS]; /* sequence of the last change followed */
    struct version last_version[TABLE_PARTITIONS];
    struct ghost_seen seen[KEYS_MAX];
    struct version answered[KEYS_MAX]; /* the last that a client here was told of */
    struct hybrid_time floor;          /* when it was checked last */
    struct hybrid_time floor_begun;    /* that a new replica began with: its snapshot reflects it */
    uint64_t applied[REPLICAS_MAX][TABLE_PARTITIONS]; /* the most it ever had of each feed */
    uint32_t rewinds; /* feeds that went back: a snapshot may have settled what feeds would have */
};

struct ghost_reference {
    uint32_t key, write;
};

struct ghost {
    struct sim *sim;
    bool away; /* it looks at nothing any more */
    struct ghost_key keys[KEYS_MAX];
    struct ghost_region regions[REGIONS];
    int32_t region_of[REPLICAS_MAX]; /* -1: no write of it yet */
    struct {
        struct ghost_reference *list;
        uint32_t count, cap;
    } feeds[REPLICAS_MAX][TABLE_PARTITIONS]; /* own writes by sequence */
    uint64_t key_hashes[KEYS_MAX];
    struct buf raw, scratch, frame;
    struct frame_codec *codec;
    struct ghost_op *ops;
    struct table *following[REGIONS];
    uint64_t sessions[REGIONS]; /* of the backfill that was counted last */
    int64_t clock_ms[REGIONS];  /* the latest time that its clock may show, see clock_may_show() */
};

struct ghost_op {
    uint32_t key;
    uint16_t lower[REPLICAS_MAX];
};

struct global *ghost__global(const struct region *region); /* NULL: none */
uint64_t ghost__group(const struct region *region);        /* 0: in none */
struct member *ghost__member(const struct global *global, uint16_t replica);
uint64_t ghost__applied(struct ghost *ghost, uint32_t region, const struct member *member,
                        uint32_t log_group);
void ghost__bounds(struct ghost *ghost, const struct region *region, uint32_t at, bool received,
                   uint16_t ret[REPLICAS_MAX]);
void ghost__close_bounds(const struct ghost_key *key, bool upper, uint16_t bounds[REPLICAS_MAX]);
uint32_t ghost__key(struct sim *sim, struct slice encoded);
struct ghost_write *ghost__find(struct ghost_key *key, struct version version);
void ghost__follow_region(struct ghost *ghost, uint32_t at);
void ghost__check_closed(struct ghost *ghost, uint32_t at);

#endif
