/*
 * views.c - what other threads may see of replication: copies, made on the strand, read under a
 * lock.
 *
 * Groups are published when something about them changes; numbers once a second, which is as often
 * as anybody looks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "replication/replication_priv.h"

enum { RECENT_MS = 10 * 1000 };
static_assert(GROUP_MEMBERS_MAX == REPLICA_VIEWS_MAX + 1, "the others, and this one");

/* ---- lag ---- */

/** Bucket n ends at 0.5 ms times the square root of two to the n. */
static uint32_t bucket_of(int64_t lag_ms)
{
    static const uint32_t edges_ms[] = {1,       2,       4,       8,       16,     32,     64,
                                        128,     256,     512,     1024,    2048,   4096,   8192,
                                        16384,   32768,   65536,   131072,  262144, 524288, 1048576,
                                        2097152, 4194304, 8388608, 16777216};
    uint32_t power = 0;

    if (lag_ms <= 0)
        return 0;
    while (power + 1 < ARRAY_LEN(edges_ms) && lag_ms >= edges_ms[power + 1])
        power++;
    /* Two buckets to a doubling: up to edge * sqrt(2), and the rest. */
    return 2 + 2 * power + (lag_ms * 1000 > (int64_t)edges_ms[power] * 1414);
}

uint64_t replication_lag_bucket_ms(uint32_t bucket)
{
    return (uint64_t)ceil(0.5 * pow(2, bucket / 2.0));
}

void lag__add(struct lag *lag, int64_t now_ms, int64_t lag_ms)
{
    int64_t slot = now_ms / RECENT_MS;
    uint32_t bucket = bucket_of(lag_ms), at = (uint32_t)(slot % LAG_RECENT_SLOTS);

    if (bucket >= LAG_BUCKETS)
        bucket = LAG_BUCKETS - 1;
    if (slot != lag->slot) {
        for (int64_t old = lag->slot + 1; old <= slot && old <= lag->slot + LAG_RECENT_SLOTS;
             old++) {
            memset(lag->recent[old % LAG_RECENT_SLOTS], 0, sizeof(lag->recent[0]));
            lag->recent_max_ms[old % LAG_RECENT_SLOTS] = 0;
        }
        lag->slot = slot;
    }
    lag->since_start[bucket]++;
    lag->recent[at][bucket]++;
    if (lag_ms > lag->recent_max_ms[at])
        lag->recent_max_ms[at] = lag_ms;
}

static void lag_summary(const struct lag *lag, int64_t now_ms, struct feed_view *ret)
{
    uint64_t buckets[LAG_BUCKETS] = {0}, total = 0, seen = 0;
    int64_t now_slot = now_ms / RECENT_MS;

    ret->lag_ms_p50 = ret->lag_ms_p99 = ret->lag_ms_max = -1;
    for (int64_t slot = now_slot - LAG_RECENT_SLOTS + 1; slot <= lag->slot; slot++) {
        uint32_t at;

        if (slot < 0 || slot <= lag->slot - LAG_RECENT_SLOTS)
            continue;
        at = (uint32_t)(slot % LAG_RECENT_SLOTS);
        for (uint32_t i = 0; i < LAG_BUCKETS; i++) {
            buckets[i] += lag->recent[at][i];
            total += lag->recent[at][i];
        }
        if (lag->recent_max_ms[at] > ret->lag_ms_max)
            ret->lag_ms_max = lag->recent_max_ms[at];
    }
    if (total == 0) {
        ret->lag_ms_max = -1;
        return;
    }
    for (uint32_t i = 0; i < LAG_BUCKETS; i++) {
        seen += buckets[i];
        if (ret->lag_ms_p50 < 0 && seen * 2 >= total)
            ret->lag_ms_p50 = (int64_t)replication_lag_bucket_ms(i);
        if (ret->lag_ms_p99 < 0 && seen * 100 >= total * 99)
            ret->lag_ms_p99 = (int64_t)replication_lag_bucket_ms(i);
    }
}

/* ---- publishing ---- */

void views__init(struct views *views)
{
    pthread_mutex_init(&views->lock, NULL);
}

void views__release(struct views *views)
{
    for (uint32_t i = 0; i < views->group_count; i++)
        free(views->groups[i]);
    free(views->groups);
    free(views->links);
    free(views->feeds);
    pthread_mutex_destroy(&views->lock);
}

/** Puts a view (NULL: none) in the place of the one of that table. Locked. Returns what to free. */
static struct group_view *exchange(struct views *views, const char *name, struct group_view *view)
{
    struct group_view *old = view;

    for (uint32_t i = 0; i < views->group_count; i++) {
        if (strcmp(views->groups[i]->table, name) != 0)
            continue;
        old = views->groups[i];
        if (view != NULL)
            views->groups[i] = view;
        else
            views->groups[i] = views->groups[--views->group_count];
        return old;
    }
    if (view == NULL)
        return NULL;
    if (views->group_count == views->group_cap) {
        uint32_t cap = views->group_cap ? views->group_cap * 2 : 16;
        struct group_view **groups = realloc(views->groups, cap * sizeof(struct group_view *));

        if (groups == NULL)
            return view;
        views->groups = groups;
        views->group_cap = cap;
    }
    views->groups[views->group_count++] = view;
    return NULL;
}

static void put_view(struct replication *replication, const char *name, struct group_view *view)
{
    struct group_view *old;

    pthread_mutex_lock(&replication->views.lock);
    old = exchange(&replication->views, name, view);
    pthread_mutex_unlock(&replication->views.lock);
    free(old);
}

void views__forget_group(struct replication *replication, const char *name)
{
    put_view(replication, name, NULL);
}

void views__publish_group(struct global *global)
{
    struct replication *replication = global->replication;
    const struct group_document *document = global->document;
    struct group_view *view;

    /* A plan shows from its admission on: then the table is global by its schema. */
    if (document == NULL || (global->planned && !global->table_held)) {
        views__forget_group(replication, global->name);
        return;
    }
    view = calloc(1, sizeof(*view));
    if (view == NULL)
        return;
    strcpy(view->table, global->name);
    for (uint32_t i = 0; i < document->member_count; i++) {
        const struct group_member *listed = &document->members[i];
        struct member *member = global__member(global, listed->replica);
        struct replica_view *out = &view->views[view->count];

        if (listed->replica == global->self)
            continue;
        view->count++;
        strcpy(out->region, listed->region);
        out->replica = listed->replica;
        out->status = listed->status;
        strcpy(out->description, listed->description);
        out->overrides = listed->overrides;
        out->percent = -1;
        if (listed->status == REPLICA_CREATING)
            out->percent = member != NULL && member->percent <= 100 ? member->percent : 0;
    }
    put_view(replication, global->name, view);
}

static void fill_link(const struct link *link, int64_t now, struct link_view *ret)
{
    memset(ret, 0, sizeof(*ret));
    strcpy(ret->peer, link->region);
    ret->up = link__open(link);
    ret->state = ret->up ? "up" : link->up ? "connecting" : "down";
    ret->heard_ms_ago = link->heard_ms != 0 ? now - link->heard_ms : -1;
    ret->skew_ms = link->skew_ms;
    ret->bytes_sent = link->bytes_sent;
    ret->bytes_received = link->bytes_received;
    ret->frames_sent = link->frames_sent;
    ret->frames_received = link->frames_received;
    ret->frames_refused = link->frames_refused;
}

static void fill_feed(struct member *member, int64_t now, struct feed_view *ret)
{
    const struct global *global = member->global;

    memset(ret, 0, sizeof(*ret));
    strcpy(ret->table, global->name);
    strcpy(ret->peer, member->link->region);
    ret->applied = member->applied;
    ret->dropped = member->dropped;
    ret->conflicts = member->conflicts;
    ret->acknowledged = (struct hybrid_time){UINT64_MAX};
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        struct hybrid_time closed = member->in[i].core.applied.closed;
        struct change_sum pending = pending__of(&member->out[i]);

        ret->pending_changes += pending.count;
        ret->pending_bytes += pending.bytes;
        if (closed.bits < ret->acknowledged.bits)
            ret->acknowledged = closed;
    }
    lag_summary(&member->lag, now, ret);
    memcpy(ret->lag_histogram, member->lag.since_start, sizeof(ret->lag_histogram));
    ret->floor = global->floor_set;
}

void views__publish_numbers(struct replication *replication)
{
    struct views *views = &replication->views;
    int64_t now = now_ms(replication);
    uint32_t count = 0;

    pthread_mutex_lock(&views->lock);
    if (views->links == NULL)
        views->links = calloc(replication->link_count + 1, sizeof(*views->links));
    if (views->links != NULL) {
        views->link_count = replication->link_count;
        for (uint32_t i = 0; i < replication->link_count; i++)
            fill_link(&replication->links[i], now, &views->links[i]);
    }
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        LIST_FOREACH(at, &global->members)
        {
            if (count == views->feed_cap) {
                uint32_t cap = count ? count * 2 : 8;
                struct feed_view *feeds = realloc(views->feeds, cap * sizeof(*feeds));

                if (feeds == NULL)
                    break;
                views->feeds = feeds;
                views->feed_cap = cap;
            }
            fill_feed(LIST_ENTRY(at, struct member, node), now, &views->feeds[count++]);
        }
    }
    views->feed_count = count;
    pthread_mutex_unlock(&views->lock);
}

/* ---- reading, from any thread ---- */

bool replication_describe(struct replication *replication, const char *table,
                          struct replica_view *ret_views, uint32_t max, uint32_t *ret_count)
{
    struct views *views = &replication->views;
    bool found = false;

    *ret_count = 0;
    pthread_mutex_lock(&views->lock);
    for (uint32_t i = 0; i < views->group_count && !found; i++) {
        const struct group_view *view = views->groups[i];

        if (strcmp(view->table, table) != 0)
            continue;
        found = true;
        *ret_count = view->count < max ? view->count : max;
        memcpy(ret_views, view->views, *ret_count * sizeof(*ret_views));
    }
    pthread_mutex_unlock(&views->lock);
    return found;
}

int replication_each_link(struct replication *replication,
                          int (*visit)(void *context, const struct link_view *view), void *context)
{
    struct views *views = &replication->views;
    struct link_view *copies = NULL;
    uint32_t count;
    int rc = 0;

    pthread_mutex_lock(&views->lock);
    count = views->link_count;
    if (count > 0)
        copies = malloc(count * sizeof(*copies));
    if (copies != NULL)
        memcpy(copies, views->links, count * sizeof(*copies));
    pthread_mutex_unlock(&views->lock);
    if (count > 0 && copies == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < count && rc == 0; i++)
        rc = visit(context, &copies[i]);
    free(copies);
    return rc;
}

int replication_each_feed(struct replication *replication,
                          int (*visit)(void *context, const struct feed_view *view), void *context)
{
    struct views *views = &replication->views;
    struct feed_view *copies = NULL;
    uint32_t count;
    int rc = 0;

    pthread_mutex_lock(&views->lock);
    count = views->feed_count;
    if (count > 0)
        copies = malloc(count * sizeof(*copies));
    if (copies != NULL)
        memcpy(copies, views->feeds, count * sizeof(*copies));
    pthread_mutex_unlock(&views->lock);
    if (count > 0 && copies == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < count && rc == 0; i++)
        rc = visit(context, &copies[i]);
    free(copies);
    return rc;
}
