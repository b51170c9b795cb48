/*
 * ghost_final.c - when all are equal (M1), and what must be true then: nothing was lost in silence
 * (M2), no deleted item is back (M3), the greatest version has won (M8), digests are right. See
 * ghost.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ghost_priv.h"

static const struct ghost_write *winner_of(const struct ghost_key *key)
{
    const struct ghost_write *winner = NULL;

    for (uint32_t i = 0; i < key->count; i++) {
        if (key->writes[i].forgotten)
            continue;
        if (winner == NULL || version_cmp(key->writes[i].version, winner->version) > 0)
            winner = &key->writes[i];
    }
    return winner;
}

static bool is_quiet(const struct region *region)
{
    struct global *global = ghost__global(region);

    if (!list_empty(&region->operations))
        return false; /* a write that is still on its way to disk */
    if (global == NULL)
        return true;
    if (global->workflow != NULL || global->backfill != NULL || global->editing != NULL ||
        global->promise.operation != 0)
        return false;
    return global->document == NULL || global->document->operation.kind == GROUP_NONE;
}

/** All Regions with a table are in one group, and agree on its document; or there is only one. */
static bool groups_agree(struct sim *sim)
{
    const struct group_document *first = NULL;
    uint32_t tables = 0, members = 0;

    for (uint32_t i = 0; i < REGIONS; i++) {
        struct global *global = ghost__global(&sim->regions[i]);

        tables += sim->ghost->following[i] != NULL;
        if (global == NULL || global->document == NULL)
            continue;
        members++;
        if (first == NULL)
            first = global->document;
        if (!group_id_eq(&first->id, &global->document->id) ||
            first->epoch != global->document->epoch)
            return false;
    }
    return first == NULL ? tables == 1 : tables == members && members == first->member_count;
}

/** Every member has acknowledged everything, and it is known that it has. */
static bool nothing_pending(const struct region *region)
{
    struct global *global = ghost__global(region);

    if (global == NULL)
        return true;
    LIST_FOREACH(node, &global->members)
    {
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            struct feed_out *out = &LIST_ENTRY(node, struct member, node)->out[i];

            if (!out->count.known || pending__of(out).count != 0)
                return false;
        }
    }
    return true;
}

bool ghost_converged(struct sim *sim)
{
    struct ghost *ghost = sim->ghost;

    ghost_follow(sim);
    for (uint32_t i = 0; i < REGIONS; i++) {
        if (!sim->regions[i].open || !is_quiet(&sim->regions[i]) ||
            !nothing_pending(&sim->regions[i]))
            return false;
    }
    if (!groups_agree(sim))
        return false;
    for (uint32_t at = 0; at < sim->options.keys; at++) {
        const struct ghost_write *winner = winner_of(&ghost->keys[at]);
        struct item_key item_key = workload_key(sim, at);

        for (uint32_t i = 0; i < REGIONS; i++) {
            struct pinned pin = PINNED_EMPTY;
            struct record record;
            bool equal;
            int rc;

            if (ghost->following[i] == NULL)
                continue;
            rc = store_get(sim->regions[i].store, ghost->following[i], &item_key, ENGINE_READ_ANY,
                           &pin, &record);
            if (winner == NULL || winner->deleted)
                equal = rc == ST_NOTFOUND;
            else
                equal = rc == 0 && version_eq(record.version, winner->version) &&
                        record.hash == winner->hash;
            engine_unpin(&pin);
            if (!equal)
                return false;
        }
    }
    return true;
}

struct conflicts {
    struct ghost *ghost;
    uint32_t region;
};

static int on_conflict(void *context, const struct conflict_entry *entry)
{
    struct conflicts *conflicts = context;
    struct ghost *ghost = conflicts->ghost;
    struct buf encoded = BUF_EMPTY;
    struct ghost_write *loser;
    uint32_t at;

    item_key_encode(&encoded, &entry->key);
    at = ghost__key(ghost->sim, buf_slice(&encoded));
    buf_release(&encoded);
    loser = ghost__find(&ghost->keys[at], entry->loser.version);
    if (loser == NULL || loser->region != conflicts->region)
        sim_fail(ghost->sim, "M2", "%s has logged a conflict about a write of somebody else",
                 region_names[conflicts->region]);
    if (version_cmp(entry->winner.version, entry->loser.version) <= 0)
        sim_fail(ghost->sim, "M2", "%s has logged a winner of key %u that is older than the loser",
                 region_names[conflicts->region], at);
    loser->logged++;
    ghost->sim->totals.conflicts++;
    return 0;
}

/** M2 for one write whose Region still has its conflict log. */
static void check_not_lost(struct ghost *ghost, uint32_t at, struct ghost_write *write)
{
    struct sim *sim = ghost->sim;
    struct ghost_key *key = &ghost->keys[at];
    const struct ghost_write *other;
    uint32_t replica = write->version.replica;

    if (write->logged > 1)
        sim_fail(sim, "M2", "version %llx.%u of key %u is %u times in the conflict log",
                 (unsigned long long)write->version.time.bits, replica, at, write->logged);
    if (!write->succeeded) {
        if (write != winner_of(key) && !write->forgotten)
            sim_fail(sim, "M2", "version %llx.%u of key %u was not succeeded where it was written",
                     (unsigned long long)write->version.time.bits, replica, at);
        return;
    }
    other = ghost__find(key, write->successor);
    if (!write->succeeded_by_other || other->lower[replica] >= write->ordinal) {
        if (write->logged != 0)
            sim_fail(sim, "M2",
                     "version %llx.%u of key %u was seen by %llx.%u, but is in the conflict "
                     "log",
                     (unsigned long long)write->version.time.bits, replica, at,
                     (unsigned long long)write->successor.time.bits, write->successor.replica);
    } else if (other->upper[replica] < write->ordinal && write->logged != 1 &&
               /* Records of a snapshot cover what lost at its source: that is all it can tell. */
               write->rewinds == ghost->regions[write->region].rewinds) {
        sim_fail(sim, "M2",
                 "version %llx.%u of key %u lost to %llx.%u, which had not seen it, and is "
                 "not in the conflict log",
                 (unsigned long long)write->version.time.bits, replica, at,
                 (unsigned long long)write->successor.time.bits, write->successor.replica);
    }
}

/** The replica id that a Region writes with now; -1: it has no table. */
static int32_t replica_of(struct ghost *ghost, uint32_t at)
{
    struct schema *schema;
    int32_t replica;

    if (ghost->following[at] == NULL)
        return -1;
    schema = table_schema(ghost->following[at]);
    replica = schema->replica_id;
    schema_unref(schema);
    return replica;
}

static void check_digests(struct ghost *ghost)
{
    struct sim *sim = ghost->sim;
    static struct digest_leaf leaves[REGIONS][DIGEST_LEAVES], counted[DIGEST_LEAVES];
    int32_t first = -1;

    for (uint32_t i = 0; i < REGIONS; i++) {
        struct region *region = &sim->regions[i];

        if (ghost->following[i] == NULL)
            continue;
        store_digest(region->store, ghost->following[i], leaves[i]);
        if (store_digest_recompute(region->store, ghost->following[i], counted) < 0)
            sim_fail(sim, "M1", "%s cannot count its digests", region->name);
        for (uint32_t leaf = 0; leaf < DIGEST_LEAVES; leaf++) {
            if (counted[leaf].sum != leaves[i][leaf].sum ||
                counted[leaf].count != leaves[i][leaf].count)
                sim_fail(sim, "M1", "%s keeps a digest that is not that of its items",
                         region->name);
            if (first >= 0 && leaves[i][leaf].sum != leaves[first][leaf].sum)
                sim_fail(sim, "M1", "digests differ");
        }
        first = (int32_t)i;
    }
}

void ghost_final(struct sim *sim)
{
    struct ghost *ghost = sim->ghost;

    for (uint32_t i = 0; i < REGIONS; i++) {
        struct conflicts conflicts = {ghost, i};
        struct table_stats stats;
        int rc;

        if (ghost->following[i] == NULL)
            continue;
        rc = store_conflicts_each(sim->regions[i].store, ghost->following[i], 0, on_conflict,
                                  &conflicts);
        if (rc < 0)
            sim_fail(sim, "M2", "the conflict log of %s cannot be read", sim->regions[i].name);
        table_stats(ghost->following[i], &stats);
    }
    for (uint32_t at = 0; at < sim->options.keys; at++) {
        struct ghost_key *key = &ghost->keys[at];

        for (uint32_t n = 0; n < key->count; n++) {
            struct ghost_write *write = &key->writes[n];

            /* Logs of replicas that were removed went with them. */
            if (replica_of(ghost, write->region) == write->version.replica)
                check_not_lost(ghost, at, write);
        }
    }
    check_digests(ghost);
    for (uint32_t i = 0; i < REGIONS; i++) {
        struct store_stats stats;

        store_stats(sim->regions[i].store, &stats);
        sim->totals.purged += stats.tombstones_purged;
    }
}

/** What every feed is doing, into the trace. */
void ghost_dump(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS && sim->trace != NULL; i++) {
        struct global *global = ghost__global(&sim->regions[i]);

        if (global == NULL)
            continue;
        sim_trace(sim, "%s: replica %u, document %llu, workflow %d, promise %llx, backfill %d",
                  region_names[i], global->self,
                  (unsigned long long)(global->document ? global->document->epoch : 0),
                  global->workflow ? (int)global->workflow->flow.phase : -1,
                  (unsigned long long)global->promise.operation,
                  global->backfill ? (int)global->backfill->phase : -1);
        LIST_FOREACH(node, &global->members)
        {
            const struct member *member = LIST_ENTRY(node, struct member, node);

            for (uint32_t n = 0; n < TABLE_PARTITIONS; n++) {
                const struct feed_rx *rx = &member->in[n].core;
                const struct feed_tx *tx = &member->out[n].core;

                sim_trace(sim,
                          "  from %u log %u: state %d, received %llu, applied %llu, stored %llu, "
                          "closed %llx, seen %llx%s%s",
                          member->replica, n, rx->state, (unsigned long long)rx->received.sequence,
                          (unsigned long long)rx->applied.sequence,
                          (unsigned long long)rx->stored.sequence,
                          (unsigned long long)rx->applied.closed.bits,
                          (unsigned long long)rx->applied.seen.bits,
                          member->in[n].applying ? ", applying" : "",
                          member->in[n].poisoned ? ", poisoned" : "");
                sim_trace(sim,
                          "  to %u log %u: %s, read %llu, sent %llu, acked %llu, stored %llu, %u "
                          "frames%s%s%s",
                          member->replica, n, tx->open ? "open" : "shut",
                          (unsigned long long)tx->read, (unsigned long long)tx->sent,
                          (unsigned long long)tx->acked, (unsigned long long)tx->stored, tx->count,
                          tx->reading ? ", reading" : "", tx->behind ? ", behind" : "",
                          tx->answer ? ", owes an answer" : "");
            }
        }
    }
}
