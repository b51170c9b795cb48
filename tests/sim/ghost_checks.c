/*
 * ghost_checks.c - what is checked while a run goes on: floors and what feeds claim (M9), clients'
 * answers and contexts (M2, M4), frames (M6, M10). See ghost.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ghost_priv.h"

/* ---- floors ---- */

static void check_floor(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct region *region = &sim->regions[at];
    struct global *global = ghost__global(region);
    struct hybrid_time floor;

    if (region->store == NULL || ghost->following[at] == NULL || global == NULL ||
        global->document == NULL)
        return;
    floor = store_floor(region->store, ghost->following[at]);
    if (floor.bits == ghost->regions[at].floor.bits)
        return;
    if (ghost->regions[at].floor.bits == 0 && group_member(global->document, region->name)->source)
        ghost->regions[at].floor_begun = floor;
    ghost->regions[at].floor = floor;
    sim->totals.floors_raised++;
    LIST_FOREACH(node, &global->members)
    {
        const struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            __typeof__(ghost->feeds[0][0]) *feed = &ghost->feeds[member->replica][i];

            for (uint32_t n = feed->count; n-- > 0;) {
                const struct ghost_write *write =
                    &ghost->keys[feed->list[n].key].writes[feed->list[n].write];

                if (write->sequence <= ghost__applied(ghost, at, member, i))
                    break;
                /* A snapshot may have brought it, or what came after it, ahead of the feed. */
                if (write->version.time.bits <= floor.bits &&
                    write->version.time.bits > ghost->regions[at].floor_begun.bits &&
                    version_cmp(ghost->regions[at].seen[feed->list[n].key].version,
                                write->version) < 0)
                    sim_fail(sim, "M9",
                             "the floor of %s is %llx, but it lacks version %llx.%u of key "
                             "%u",
                             region->name, (unsigned long long)floor.bits,
                             (unsigned long long)write->version.time.bits, write->version.replica,
                             feed->list[n].key);
            }
        }
    }
}

/** What a feed claims: all of the origin's versions up to the closed time lie at or below the
 * position. */
void ghost__check_closed(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct global *global = ghost__global(&sim->regions[at]);

    if (global == NULL)
        return;
    if (global->memory_lost)
        sim_fail(sim, "amnesia", "%s believes that it has lost its memory", region_names[at]);
    LIST_FOREACH(node, &global->members)
    {
        const struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            __typeof__(ghost->feeds[0][0]) *feed = &ghost->feeds[member->replica][i];
            const struct feed_at *applied = &member->in[i].core.applied;

            for (uint32_t n = feed->count; n-- > 0;) {
                const struct ghost_write *write =
                    &ghost->keys[feed->list[n].key].writes[feed->list[n].write];

                if (write->sequence <= applied->sequence)
                    break;
                if (write->version.time.bits <= applied->closed.bits)
                    sim_fail(sim, "M9",
                             "%s believes that it has all of replica %u up to %llx, but lacks "
                             "version %llx of key %u",
                             region_names[at], member->replica,
                             (unsigned long long)applied->closed.bits,
                             (unsigned long long)write->version.time.bits, feed->list[n].key);
            }
        }
    }
}

/** Clients are kept out for a reason that still holds. */
static void check_fence(struct ghost *ghost, uint32_t at)
{
    struct region *region = &ghost->sim->regions[at];
    struct global *global = ghost__global(region);
    bool poisoned = false;

    if (!region->open || !store_fenced(region->store))
        return;
    if (global != NULL) {
        LIST_FOREACH(node, &global->members)
        {
            for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
                poisoned |= LIST_ENTRY(node, struct member, node)->in[i].poisoned;
        }
    }
    if (!poisoned)
        sim_fail(ghost->sim, "fence", "%s takes no writes, and no feed of it stands still",
                 region->name);
}

/** Rare ways through a backfill are counted: a run of seeds must have taken them. */
static void count_backfills(struct ghost *ghost, uint32_t at)
{
    struct global *global = ghost__global(&ghost->sim->regions[at]);
    uint64_t session = global != NULL && global->backfill != NULL ? global->backfill->session : 0;
    const struct group_member *self, *source;

    if (session == ghost->sessions[at])
        return;
    ghost->regions[at].rewinds++; /* begun or ended: see check_not_lost() */
    ghost->sessions[at] = session;
    if (session == 0)
        return;
    self = group_member(global->document, region_names[at]);
    source = group_member_by_id(global->document, self->source);
    if (global->backfill->repair)
        ghost->sim->totals.snapshots_repaired++;
    else if (source != NULL && strcmp(source->region, global->backfill->source) != 0)
        ghost->sim->totals.sources_changed++;
}

/** What a Region says that others have not acknowledged is what its log says. */
static void check_pending(struct ghost *ghost, uint32_t at)
{
    struct region *region = &ghost->sim->regions[at];
    struct global *global = ghost__global(region);

    if (!region->open || global == NULL || global->table == NULL)
        return;
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            struct feed_out *out = &member->out[i];
            struct log_read read = {.after = out->count.at, .own_only = true};
            struct change_sum pending = pending__of(out);

            if (!out->count.known ||
                store_log_read(region->store, global->table, i, &read, NULL) < 0 || read.more)
                continue;
            if (pending.count != read.sum.count || pending.bytes != read.sum.bytes)
                sim_fail(ghost->sim, "pending",
                         "%s says that %llu changes of log %u wait for replica %u, but there are "
                         "%llu",
                         region->name, (unsigned long long)pending.count, i, member->replica,
                         (unsigned long long)read.sum.count);
        }
    }
}

void ghost_check_floors(struct sim *sim)
{
    ghost_follow(sim);
    for (uint32_t i = 0; i < REGIONS; i++) {
        check_floor(sim->ghost, i);
        ghost__check_closed(sim->ghost, i);
        check_fence(sim->ghost, i);
        count_backfills(sim->ghost, i);
        check_pending(sim->ghost, i);
    }
}

/* ---- a feed that goes back ---- */

bool ghost_rewind(struct region *region, struct sim_random *random)
{
    struct ghost *ghost = region->sim->ghost;
    struct global *global = ghost__global(region);
    uint32_t log_group = (uint32_t)sim_random_below(random, TABLE_PARTITIONS);

    if (global == NULL || global->document == NULL || global->backfill != NULL)
        return false;
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);
        struct feed_in *in = &member->in[log_group];
        __typeof__(ghost->feeds[0][0]) *feed = &ghost->feeds[member->replica][log_group];
        struct feed_at at = in->core.applied;
        uint64_t first;

        if (feed->count == 0 || in->applying || !list_empty(&in->frames) ||
            in->core.state != FEED_RX_STREAMING)
            continue;
        first = ghost->keys[feed->list[0].key].writes[feed->list[0].write].sequence - 1;
        if (at.sequence <= first)
            continue;
        ghost__applied(ghost, region->index, member, log_group);
        /* Often to the very start: that may have been trimmed by now. */
        at.sequence = sim_random_chance(random, 0.3)
                          ? first
                          : first + sim_random_below(random, at.sequence - first);
        at.closed = at.seen = (struct hybrid_time){0};
        ghost->regions[region->index].rewinds++;
        sim_trace(region->sim, "nemesis: %s goes back to %llu in log %u of replica %u",
                  region->name, (unsigned long long)at.sequence, log_group, member->replica);
        feed_in__go_back(in, &at);
        return true;
    }
    return false;
}

/* ---- clients ---- */

void ghost_submit(struct region *region, uint32_t key, struct ghost_op **ret_op)
{
    struct ghost *ghost = region->sim->ghost;
    struct ghost_op *op = calloc(1, sizeof(*op));

    if (op == NULL)
        abort();
    *ret_op = op;
    op->key = key;
    if (ghost->away)
        return;
    ghost__bounds(ghost, region, key, false, op->lower);
    ghost__close_bounds(&ghost->keys[key], false, op->lower);
}

static bool covers(const struct change *change, struct version version)
{
    if (change->version.replica == version.replica)
        return version.time.bits <= change->version.time.bits;
    return context_covers(&change->context, version);
}

/** The change record of a write, from its Region's log; decoded into ghost->scratch. */
static void read_change(struct ghost *ghost, struct region *region, const struct ghost_write *write,
                        struct change *ret)
{
    struct log_read read = {.after = write->sequence - 1, .up_to = write->sequence};
    struct reader reader;

    buf_clear(&ghost->scratch);
    if (store_log_read(region->store, ghost->following[region->index], write->log_group, &read,
                       &ghost->scratch) < 0)
        sim_fail(ghost->sim, "M10", "the log of %s cannot be read", region->name);
    reader = reader_of(buf_slice(&ghost->scratch));
    if (change_decode(reader_sized(&reader), ret) < 0 || ret->sequence != write->sequence)
        sim_fail(ghost->sim, "M10", "change %llu of %s is gone",
                 (unsigned long long)write->sequence, region->name);
}

/** M4: the context between what the Region had applied and what it can have seen. */
static void check_context(struct ghost *ghost, struct region *region, uint32_t at,
                          const struct ghost_write *write)
{
    struct sim *sim = ghost->sim;
    struct ghost_key *key = &ghost->keys[at];
    struct change change;

    read_change(ghost, region, write, &change);
    for (uint32_t replica = 0; replica < REPLICAS_MAX; replica++) {
        const struct ghost_list *list = &key->by_replica[replica];
        uint32_t lower = write->lower[replica], upper = write->upper[replica];

        /* Outside of a group deletes leave nothing behind that a write could cover. */
        if (lower > 0 && write->group != 0 &&
            key->writes[list->at[lower - 1]].group == write->group) {
            const struct ghost_write *must = &key->writes[list->at[lower - 1]];

            if (version_cmp(write->version, must->version) <= 0)
                sim_fail(sim, "M4", "%s had applied version %llx.%u of key %u and wrote %llx.%u",
                         region->name, (unsigned long long)must->version.time.bits, replica, at,
                         (unsigned long long)write->version.time.bits, write->version.replica);
            if (!covers(&change, must->version))
                sim_fail(sim, "M4",
                         "%s wrote %llx.%u of key %u without covering %llx.%u, which it had",
                         region->name, (unsigned long long)write->version.time.bits,
                         write->version.replica, at, (unsigned long long)must->version.time.bits,
                         replica);
        }
        if (replica != write->version.replica && upper < list->count) {
            const struct ghost_write *may_not = &key->writes[list->at[upper]];

            if (covers(&change, may_not->version))
                sim_fail(sim, "M4",
                         "%s wrote %llx.%u of key %u and claims to have seen %llx.%u, which "
                         "had not arrived",
                         region->name, (unsigned long long)write->version.time.bits,
                         write->version.replica, at, (unsigned long long)may_not->version.time.bits,
                         replica);
        }
    }
    sim->totals.contexts_checked++;
}

void ghost_acknowledged(struct region *region, struct ghost_op *op, const struct mutation *mutation)
{
    struct ghost *ghost = region->sim->ghost;
    struct ghost_key *key = &ghost->keys[op->key];
    struct ghost_write *write;
    uint16_t own;

    if (ghost->away || mutation->outcome == MUTATION_NOTHING) {
        free(op);
        return;
    }
    ghost__follow_region(ghost, region->index);
    write = ghost__find(key, mutation->version);
    if (write == NULL)
        sim_fail(region->sim, "M10",
                 "%s answers version %llx.%u of key %u, which is not in its log", region->name,
                 (unsigned long long)mutation->version.time.bits, mutation->version.replica,
                 op->key);
    write->acknowledged = true;
    own = (uint16_t)(write->ordinal - 1);
    if (!write->bounded) {
        write->bounded = true;
        memcpy(write->lower, op->lower, sizeof(write->lower));
        ghost__bounds(ghost, region, op->key, true, write->upper);
        write->upper[write->version.replica] = own;
        ghost__close_bounds(key, true, write->upper);
        write->lower[write->version.replica] = own;
        write->upper[write->version.replica] = own;
        ghost__close_bounds(key, false, write->lower);
        write->lower[write->version.replica] = own;
        check_context(ghost, region, op->key, write);
    }
    if (!write->forgotten &&
        version_cmp(write->version, ghost->regions[region->index].answered[op->key]) > 0)
        ghost->regions[region->index].answered[op->key] = write->version;
    free(op);
}

void ghost_refused(struct region *region, struct ghost_op *op)
{
    (void)region;
    free(op);
}

void ghost_unknown(struct region *region, struct ghost_op *op)
{
    (void)region;
    free(op);
}

void ghost_read(struct region *region, uint32_t at, const struct record *record)
{
    struct ghost *ghost = region->sim->ghost;
    struct ghost_region *state = &ghost->regions[region->index];

    if (ghost->away)
        return;
    ghost__follow_region(ghost, region->index);
    if (record != NULL) {
        if (ghost__find(&ghost->keys[at], record->version) == NULL)
            sim_fail(region->sim, "M10", "%s shows a version of key %u that nobody wrote",
                     region->name, at);
        if (version_cmp(record->version, state->answered[at]) < 0)
            sim_fail(region->sim, "M2", "%s shows key %u older than what it has answered",
                     region->name, at);
    } else if (state->answered[at].time.bits != 0) {
        /* Absent: then the newest that the log knows is a delete. */
        if (state->seen[at].version.time.bits != 0 && state->seen[at].hash != 0)
            sim_fail(region->sim, "M2", "%s shows nothing of key %u, but its log ends with a put",
                     region->name, at);
    }
}

/* ---- frames ---- */

void ghost_frame(struct link_sim *link, struct slice frame)
{
    struct sim *sim = link->sim;
    struct ghost *ghost = sim->ghost;
    struct region *from = &sim->regions[link->from];
    struct frame_header header;
    struct feed_data_body body;
    struct slice bytes;
    struct reader reader;

    if (ghost->away)
        return;
    if (frame_open(frame, ghost->codec, &ghost->frame, &header, &bytes) < 0)
        sim_fail(sim, "frame", "%s sends a frame that cannot be read", from->name);
    sim_trace(sim, "%s -> %s: frame %d, %zu bytes", from->name, region_names[link->to], header.type,
              frame.len);
    if (header.type == FRAME_GOSSIP && sim->trace != NULL) {
        struct gossip_body gossip;

        if (gossip_body_read(bytes, &gossip))
            sim_trace(sim, "  replica %u%s: floor %llx, latest %llx%s", gossip.replica,
                      gossip.counts ? "" : " (does not count)",
                      (unsigned long long)gossip.floor.bits, (unsigned long long)gossip.latest.bits,
                      gossip.wants_answer ? "" : ", an answer");
        for (uint32_t i = 0; i < gossip.row_count; i++)
            sim_trace(sim, "    of %u up to %llx", gossip.rows[i].origin,
                      (unsigned long long)gossip.rows[i].applied.bits);
    }
    if (header.type == FRAME_FEED_ACK)
        ghost__check_closed(ghost, link->from);
    if (header.type == FRAME_GROUP_ASK) {
        struct group_ask_body ask;
        int64_t floor_ms;

        if (!group_ask_body_read(bytes, &ask))
            sim_fail(sim, "frame", "%s asks what cannot be read", from->name);
        floor_ms = hybrid_time_ms((struct hybrid_time){(uint64_t)ask.floor}) + 1;
        if (ask.kind == GROUP_ASK_START && floor_ms > ghost->clock_ms[link->to])
            ghost->clock_ms[link->to] = floor_ms; /* a new replica begins above it */
    }
    if (header.type != FRAME_FEED_DATA)
        return;
    if (!feed_data_body_read(bytes, &body))
        sim_fail(sim, "frame", "%s sends a feed that cannot be read", from->name);
    ghost__follow_region(ghost, link->from);
    reader = reader_of(body.changes);
    for (uint32_t i = 0; i < body.count; i++) {
        struct change change;
        uint32_t at;

        if (change_decode(reader_sized(&reader), &change) < 0)
            sim_fail(sim, "frame", "%s sends a change that cannot be read", from->name);
        at = ghost__key(sim, change.key);
        if (change.version.replica != body.feed.origin || (change.flags & CHANGE_REPLICATED) != 0)
            sim_fail(sim, "M6", "%s sends version %llx.%u of key %u on the feed of replica %u",
                     from->name, (unsigned long long)change.version.time.bits,
                     change.version.replica, at, body.feed.origin);
        if (ghost__find(&ghost->keys[at], change.version) == NULL ||
            change.sequence > store_durable_sequence(from->store))
            sim_fail(sim, "M10", "%s sends version %llx.%u of key %u before it is durable",
                     from->name, (unsigned long long)change.version.time.bits,
                     change.version.replica, at);
    }
}
