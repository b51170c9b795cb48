/*
 * gossip.c - what members tell each other about a table: rows of the floor, epochs, progress.
 *
 * A member's row says, for each origin, up to which of its closed times everything is applied
 * there. From all rows comes the floor (core/floor.h). What a member has of this Region's own
 * changes is not taken from its gossip but from its feeds, in their order: then everything that it
 * wrote before it saw them has arrived here, too. Else a tombstone could be forgotten while a
 * concurrent put that beats it is still on its way, and nobody would know any more that the delete
 * lost. The least position that the others have on disk is what this Region's logs are kept for
 * (the hold).
 *
 * Traffic. A table is active while somebody's floor may still rise: while a version is known that
 * it, here or at another member, has not reached. An active table announces closed times shortly
 * after its last change and at every heartbeat, and gossips at every heartbeat; all others are
 * silent. Gossip of an active member asks for an answer, so one that has come to rest helps those
 * who have not heard it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/replication_priv.h"

/** This Region's rows count: it is a full member by its own document. */
static bool counts(const struct global *global)
{
    const struct group_member *self;

#ifdef MUTANT_ACK_BEFORE_ACTIVE
    return true;
#endif
    self = group_member(global->document, global->replication->region);
    return self != NULL && self->status != REPLICA_CREATING;
}

static struct hybrid_time row_of(const struct member *member)
{
    struct hybrid_time least = {UINT64_MAX};

    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        if (member->in[i].core.applied.closed.bits < least.bits)
            least = member->in[i].core.applied.closed;
    }
    return least;
}

bool gossip__is_active(const struct global *global)
{
    if (global->document == NULL)
        return false;
    if (global->floor_set.bits < global->latest.bits)
        return true;
    LIST_FOREACH(node, &global->members)
    {
        const struct member *member = LIST_ENTRY(node, struct member, node);

        if (member->floor.bits < global->latest.bits)
            return true;
    }
    return false;
}

void gossip__set_hold(struct global *global, uint8_t log_group)
{
    uint64_t hold = UINT64_MAX;

    if (global->table == NULL)
        return;
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        if (member->out[log_group].core.stored < hold)
            hold = member->out[log_group].core.stored;
    }
    store_log_hold(global->replication->store, global->table, log_group, hold);
}

/** The floor as far as it is known here; a replica that is being filled has none. */
static void raise_floor(struct global *global)
{
    struct hybrid_time floor = floor_of(&global->floor);

    if (global->table == NULL || !counts(global) || floor.bits <= global->floor_set.bits)
        return;
    global->floor_set = floor;
    store_set_floor(global->replication->store, global->table, floor);
}

/** What a member has applied of this Region's own changes, by the order of its feeds. */
static struct hybrid_time seen_by(const struct member *member)
{
    struct hybrid_time least = {UINT64_MAX};

    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        if (member->in[i].core.applied.seen.bits < least.bits)
            least = member->in[i].core.applied.seen;
    }
    return least;
}

void gossip__rows_changed(struct global *global)
{
    if (global->document == NULL || !counts(global))
        return;
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        floor_heard(&global->floor, member->replica, global->self, row_of(member));
        if (member->counts)
            floor_heard(&global->floor, global->self, member->replica, seen_by(member));
    }
    raise_floor(global);
}

void gossip__set_members(struct global *global)
{
    uint16_t ids[GROUP_MEMBERS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; global->document != NULL && i < global->document->member_count; i++) {
        if (group_member_takes_part(&global->document->members[i]))
            ids[count++] = global->document->members[i].replica;
    }
    floor_set_members(&global->floor, ids, count);
    gossip__rows_changed(global);
    for (uint8_t i = 0; i < TABLE_PARTITIONS; i++)
        gossip__set_hold(global, i);
}

void gossip__saw_version(struct global *global, struct hybrid_time version)
{
    bool was_active = gossip__is_active(global);

    global->latest = hybrid_time_max(global->latest, version);
    if (!was_active && gossip__is_active(global))
        gossip__announce_soon(global);
}

/* ---- announcing closed times ---- */

/** ANNOUNCE_MS after the last of such calls; a busy table tells its closed times with its changes.
 */
void gossip__announce_soon(struct global *global)
{
    struct replication *replication = global->replication;

    global->announce_ms = now_ms(replication) + ANNOUNCE_MS;
    if (!replication->closing && !timer_running(&replication->announce))
        timer_start_ms(replication->strand, &replication->announce, ANNOUNCE_MS);
}

static void announce(struct global *global)
{
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
            feed_out__announce(&member->out[i]);
    }
}

void gossip__on_announce(struct timer *timer)
{
    struct replication *replication = CONTAINER_OF(timer, struct replication, announce);
    int64_t now = now_ms(replication);
    bool more = false;

    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (global->announce_ms == 0)
            continue;
        if (now < global->announce_ms) {
            more = true;
            continue;
        }
        global->announce_ms = 0;
        announce(global);
    }
    if (more && !replication->closing && !timer_running(timer))
        timer_start_ms(replication->strand, timer, ANNOUNCE_MS / 2);
}

/* ---- gossip ---- */

void gossip__send(struct global *global, struct link *link, bool wants_answer)
{
    struct gossip_body body = {.wants_answer = wants_answer};
    struct buf frame;

    if (global->document == NULL || global->planned || !link__open(link))
        return;
    body.group = global->document->id;
    body.epoch = global->document->epoch;
    body.replica = global->self;
    body.counts = counts(global);
    body.percent = backfill__percent(global);
    body.floor = global->floor_set;
    body.latest = global->latest;
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        if (body.row_count < GOSSIP_ROWS_MAX)
            body.rows[body.row_count++] = (struct gossip_row){member->replica, row_of(member)};
    }
    link__begin(link, &frame, FRAME_GOSSIP);
    gossip_body_append(&frame, &body);
    link__send(link, &frame);
}

static void gossip_all(struct global *global)
{
    LIST_FOREACH(node, &global->members)
    gossip__send(global, LIST_ENTRY(node, struct member, node)->link, true);
}

void gossip__receive(struct link *link, const struct gossip_body *body)
{
    struct global *global = global__by_group(link->replication, &body->group);
    struct member *member;
    bool was_active;

    if (global == NULL || global->document == NULL)
        return;
    if (body->epoch > global->document->epoch)
        global__pull(global, link);
    member = global__member(global, body->replica);
    if (member == NULL || member->link != link)
        return;
    was_active = gossip__is_active(global);
    member->counts = body->counts;
    if (member->percent != body->percent) {
        member->percent = body->percent;
        views__publish_group(global);
    }
    member->floor = hybrid_time_max(member->floor, body->floor);
    global->latest = hybrid_time_max(global->latest, body->latest);
    if (body->counts) {
        /* What it has of our own changes counts when its feeds say so: see above. */
        for (uint32_t i = 0; i < body->row_count; i++) {
            if (body->rows[i].origin != global->self)
                floor_heard(&global->floor, body->rows[i].origin, member->replica,
                            body->rows[i].applied);
        }
        gossip__rows_changed(global);
    }
    if (!was_active && gossip__is_active(global))
        gossip__announce_soon(global);
    if (body->wants_answer && !gossip__is_active(global))
        gossip__send(global, link, false);
}

void gossip__tick(struct global *global)
{
    int64_t now = now_ms(global->replication);

    if (global->document == NULL || global->planned || now < global->gossip_ms)
        return;
    if (!gossip__is_active(global) && global->backfill == NULL)
        return;
    global->gossip_ms = now + global->replication->heartbeat_ms;
    announce(global);
    gossip_all(global);
}
