/*
 * ghost.c - the checker: knows every write that ever became durable, and who may have seen it.
 *
 * It follows every log as it grows (a watch per Region), so each write is known before any other
 * Region can have it. For each write it bounds what its Region had applied of the same key: what
 * was applied when the client asked it must cover, what had not even arrived when it was answered
 * it cannot cover.
 *
 *   M1  ghost_converged: items, versions and bytes are equal, digests too, and right when counted
 * anew M2  ghost_final: an answered write is in its log when it is answered, and for ever; when
 * another one took its place without having seen it, it is in its Region's conflict log, once M3 M5
 * at every step, and in the end a key whose greatest version is a delete is absent M4  a write's
 * version and context exceed all that its Region had applied; a context claims nothing that its
 * Region cannot have seen M5  in each log the versions of a key ascend, and each change's old image
 * is the new one before it M6  a feed carries its origin's own changes; a silent group sends
 * heartbeats only (run.c) M7  what is delivered again changes nothing: M5 would see it M8  what
 * everybody ends with is the greatest version of all M9  no change is made, or missing anywhere, at
 * or below a floor M10 nothing is in a frame, an answer or another Region's log that its origin's
 * log does not hold, also after a crash M13 one version, one value
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
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
    uint64_t
        group; /* that its table was in; 0: none. Deletes leave nothing behind outside of one */
    uint16_t ordinal; /* among its replica's writes of the key, from 1 */
    uint16_t lower[REPLICAS_MAX],
        upper[REPLICAS_MAX]; /* covers at least, at most so many of each */
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

static void *grow(void *list, uint32_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 16;
    list = realloc(list, *cap * size);
    if (list == NULL)
        abort();
    return list;
}

/* ---- what a Region has applied ---- */

static struct global *global_of(const struct region *region)
{
    if (region->replication == NULL)
        return NULL;
    return global__by_name(region->replication, SLICE(TABLE));
}

static uint64_t group_of(const struct region *region)
{
    const struct global *global = global_of(region);

    if (global == NULL || global->document == NULL || global->planned)
        return 0;
    return be64_get(global->document->id.bytes);
}

static struct member *member_of(const struct global *global, uint16_t replica)
{
    return global != NULL ? global__member((struct global *)global, replica) : NULL;
}

/** A feed's position; one that was rewound has all the same what it had. */
static uint64_t applied_of(struct ghost *ghost, uint32_t region, const struct member *member,
                           uint32_t log_group)
{
    uint64_t *most = &ghost->regions[region].applied[member->replica][log_group];

    if (member->in[log_group].core.applied.sequence > *most)
        *most = member->in[log_group].core.applied.sequence;
    return *most;
}

/** How many writes of a replica on a key lie at or below a sequence of its log. */
static uint16_t count_up_to(const struct ghost_key *key, uint32_t replica, uint64_t sequence)
{
    const struct ghost_list *list = &key->by_replica[replica];
    uint32_t count = list->count;

    while (count > 0 && key->writes[list->at[count - 1]].sequence > sequence)
        count--;
    return (uint16_t)count;
}

static uint32_t partition_of_key(const struct ghost *ghost, uint32_t key)
{
    return partition_of_hash(ghost->key_hashes[key]);
}

/**
 * How many writes of each replica the Region has (applied), or may have (received). Replicas that
 * are no members any more were drained before they left.
 */
static void bounds_of(struct ghost *ghost, const struct region *region, uint32_t at, bool received,
                      uint16_t ret[REPLICAS_MAX])
{
    const struct ghost_key *key = &ghost->keys[at];
    const struct global *global = global_of(region);
    uint32_t partition = partition_of_key(ghost, at);

    for (uint32_t replica = 0; replica < REPLICAS_MAX; replica++) {
        const struct member *member = member_of(global, (uint16_t)replica);
        uint64_t position;

        ret[replica] = (uint16_t)key->by_replica[replica].count;
        if (received && (member == NULL || ghost->regions[region->index].rewinds > 0)) {
            ret[replica] = ALL; /* a snapshot may bring anything */
            continue;
        }
        if (member == NULL)
            continue;
        position = applied_of(ghost, region->index, member, partition);
        if (received && member->in[partition].core.received.sequence > position)
            position = member->in[partition].core.received.sequence;
        ret[replica] = count_up_to(key, replica, position);
    }
}

/** What the writes that are seen had seen themselves. */
static void close_bounds(const struct ghost_key *key, bool upper, uint16_t bounds[REPLICAS_MAX])
{
    uint16_t direct[REPLICAS_MAX];

    memcpy(direct, bounds, sizeof(direct));
    for (uint32_t replica = 0; replica < REPLICAS_MAX; replica++) {
        const struct ghost_list *list = &key->by_replica[replica];
        uint32_t count = direct[replica] < list->count ? direct[replica] : list->count;
        const struct ghost_write *last;

        if (count == 0)
            continue;
        last = &key->writes[list->at[count - 1]];
        for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
            uint16_t more = upper ? last->upper[i] : last->lower[i];

            if (more > bounds[i])
                bounds[i] = more;
        }
    }
}

/* ---- following the logs ---- */

static uint32_t key_of(struct sim *sim, struct slice encoded)
{
    struct item_key item_key;

    if (item_key_decode(encoded, sim->options.sort_key, &item_key) == 0) {
        for (uint32_t i = 0; i < sim->options.keys; i++) {
            struct item_key known = workload_key(sim, i);

            if (slice_eq(known.partition, item_key.partition) &&
                slice_eq(known.sort, item_key.sort))
                return i;
        }
    }
    sim_fail(sim, "M10", "a change of a key that nobody wrote");
}

static struct ghost_write *find_write(struct ghost_key *key, struct version version)
{
    for (uint32_t i = key->count; i-- > 0;) {
        if (version_eq(key->writes[i].version, version))
            return &key->writes[i];
    }
    return NULL;
}

static void check_new_above_floors(struct ghost *ghost, uint32_t key, struct version version)
{
    struct sim *sim = ghost->sim;

    for (uint32_t i = 0; i < REGIONS; i++) {
        struct region *region = &sim->regions[i];

        if (region->store == NULL || ghost->following[i] == NULL)
            continue;
        if (version.time.bits <= store_floor(region->store, ghost->following[i]).bits)
            sim_fail(sim, "M9",
                     "replica %u makes version %llx of key %u, but the floor of %s is %llx",
                     version.replica, (unsigned long long)version.time.bits, key, region->name,
                     (unsigned long long)store_floor(region->store, ghost->following[i]).bits);
    }
}

/**
 * The wall clock, the 500 ms by which a remote time may move a Region's clock, and the 200 ms that
 * it may gain at each start. Nothing else moves it, but for the floor with which a new replica
 * begins.
 */
static int64_t clock_may_show(struct ghost *ghost, uint32_t at)
{
    int64_t now = clock_wall_ms(&ghost->sim->regions[at].clock) + 500 + 1;

    if (now > ghost->clock_ms[at])
        ghost->clock_ms[at] = now;
    return ghost->clock_ms[at];
}

void ghost_clock_jumps(struct region *region)
{
    if (region->sim->ghost != NULL)
        clock_may_show(region->sim->ghost, region->index);
}

/** RELIABILITY 4.2: a time far ahead is beaten where it must be, and drags nothing else. */
static void check_clock(struct ghost *ghost, uint32_t from, uint32_t at,
                        const struct change *change)
{
    struct version before = ghost->regions[from].seen[at].version;

    if (hybrid_time_ms(change->version.time) > clock_may_show(ghost, from) &&
        change->version.time.bits > before.time.bits + 1)
        sim_fail(ghost->sim, "clock",
                 "%s gave key %u version %llx, but its clock may show %llx only",
                 region_names[from], at, (unsigned long long)change->version.time.bits,
                 (unsigned long long)hybrid_time_of_ms(clock_may_show(ghost, from)).bits);
    ghost->sim->totals.clocks_checked++;
}

/** A Region's own write has become durable. */
static void follow_own(struct ghost *ghost, uint32_t from, uint32_t log_group, uint32_t at,
                       const struct change *change)
{
    struct sim *sim = ghost->sim;
    struct ghost_key *key = &ghost->keys[at];
    uint32_t replica = change->version.replica;
    struct ghost_list *list;
    struct ghost_write *write;

    if (replica >= REPLICAS_MAX)
        sim_fail(sim, "limit", "replica id %u", replica);
    if (find_write(key, change->version) != NULL)
        sim_fail(sim, "M13", "version %llx.%u of key %u was given twice",
                 (unsigned long long)change->version.time.bits, replica, at);
    check_new_above_floors(ghost, at, change->version);
    check_clock(ghost, from, at, change);
    if (ghost->region_of[replica] >= 0 && ghost->region_of[replica] != (int32_t)from)
        sim_fail(sim, "M13", "replica id %u is used by %s and %s", replica,
                 region_names[ghost->region_of[replica]], region_names[from]);
    ghost->region_of[replica] = (int32_t)from;
    if (key->count == key->cap)
        key->writes = grow(key->writes, &key->cap, sizeof(*key->writes));
    list = &key->by_replica[replica];
    if (list->count == list->cap)
        list->at = grow(list->at, &list->cap, sizeof(*list->at));
    list->at[list->count++] = key->count;
    write = &key->writes[key->count++];
    memset(write, 0, sizeof(*write));
    write->version = change->version;
    write->hash = change->new_hash;
    write->deleted = change->kind == CHANGE_DELETE;
    write->sequence = change->sequence;
    write->region = from;
    write->log_group = log_group;
    write->rewinds = ghost->regions[from].rewinds;
    write->group = group_of(&sim->regions[from]);
    write->ordinal = (uint16_t)list->count;
    /* Until its client has spoken: at least what the one before it covered. */
    memset(write->upper, 0xff, sizeof(write->upper));
    if (list->count > 1)
        memcpy(write->lower, key->writes[list->at[list->count - 2]].lower, sizeof(write->lower));
    write->lower[replica] = write->upper[replica] = (uint16_t)(list->count - 1);
    {
        __typeof__(ghost->feeds[0][0]) *feed = &ghost->feeds[replica][log_group];

        if (feed->count == feed->cap)
            feed->list = grow(feed->list, &feed->cap, sizeof(*feed->list));
        feed->list[feed->count++] = (struct ghost_reference){at, key->count - 1};
    }
    sim->totals.changes++;
}

static void follow_replicated(struct ghost *ghost, uint32_t from, uint32_t at,
                              const struct change *change)
{
    struct sim *sim = ghost->sim;
    struct ghost_write *write = find_write(&ghost->keys[at], change->version);

    if (write == NULL)
        sim_fail(sim, "M10", "%s has version %llx.%u of key %u, which its origin does not have",
                 region_names[from], (unsigned long long)change->version.time.bits,
                 change->version.replica, at);
    if (write->hash != change->new_hash || write->deleted != (change->kind == CHANGE_DELETE))
        sim_fail(sim, "M13", "version %llx.%u of key %u has two values",
                 (unsigned long long)change->version.time.bits, change->version.replica, at);
    sim->totals.replicated++;
}

static void follow_change(struct ghost *ghost, uint32_t from, uint32_t log_group,
                          const struct change *change)
{
    struct sim *sim = ghost->sim;
    struct ghost_region *region = &ghost->regions[from];
    uint32_t at = key_of(sim, change->key);
    struct ghost_seen *seen = &region->seen[at];
    bool own = (change->flags & CHANGE_REPLICATED) == 0;

    sim_trace(sim, "%s: log %u at %llu: key %u version %llx.%u %s%s", region_names[from], log_group,
              (unsigned long long)change->sequence, at,
              (unsigned long long)change->version.time.bits, change->version.replica,
              change->kind == CHANGE_DELETE ? "delete" : "put", own ? "" : ", replicated");
    if (own)
        follow_own(ghost, from, log_group, at, change);
    else
        follow_replicated(ghost, from, at, change);
    if (version_cmp(change->version, seen->version) <= 0)
        sim_fail(sim, "M5", "%s: key %u goes from version %llx.%u to %llx.%u", region_names[from],
                 at, (unsigned long long)seen->version.time.bits, seen->version.replica,
                 (unsigned long long)change->version.time.bits, change->version.replica);
    if (change->old_hash != seen->hash)
        sim_fail(sim, "M5",
                 "%s: key %u, version %llx.%u: its old image is not the new one before it",
                 region_names[from], at, (unsigned long long)change->version.time.bits,
                 change->version.replica);
    if (seen->own >= 0) {
        struct ghost_write *before = &ghost->keys[at].writes[seen->own];

        before->succeeded = true;
        before->succeeded_by_other = !own;
        before->successor = change->version;
    }
    seen->version = change->version;
    seen->hash = change->kind == CHANGE_DELETE ? 0 : change->new_hash;
    seen->own = own ? (int64_t)ghost->keys[at].count - 1 : -1;
}

/** A group begins or ends here: what was deleted outside of it, or is when it ends, leaves no
 * tombstone, so a Region whose clock is behind may begin again below it. */
static void forget_deleted(struct ghost *ghost, uint32_t from)
{
    for (uint32_t at = 0; at < ghost->sim->options.keys; at++) {
        struct ghost_seen *seen = &ghost->regions[from].seen[at];
        struct ghost_key *key = &ghost->keys[at];

        if (seen->version.time.bits == 0 || seen->hash != 0)
            continue;
        for (uint32_t i = 0; i < key->count; i++)
            key->writes[i].forgotten = true;
        seen->version = VERSION_NONE;
        seen->own = -1;
        ghost->regions[from].answered[at] = VERSION_NONE;
    }
}

static void follow_table(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct region *region = &sim->regions[at];
    struct ghost_region *state = &ghost->regions[at];
    struct table *table = store_table(region->store, SLICE(TABLE));
    struct schema *schema;

    if (table == NULL) {
        table_unref(ghost->following[at]);
        ghost->following[at] = NULL;
        if (state->table_id != 0)
            memset(state, 0, sizeof(*state));
        return;
    }
    if (ghost->following[at] == table) {
        table_unref(table);
        return;
    }
    table_unref(ghost->following[at]);
    ghost->following[at] = table;
    schema = table_schema(table);
    if (state->table_id != schema->id) {
        memset(state, 0, sizeof(*state)); /* another table of that name */
        for (uint32_t i = 0; i < KEYS_MAX; i++)
            state->seen[i].own = -1;
        state->table_id = schema->id;
    }
    schema_unref(schema);
}

static void follow_region(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct region *region = &sim->regions[at];
    struct ghost_region *state = &ghost->regions[at];

    if (region->store == NULL)
        return;
    follow_table(ghost, at);
    if (ghost->following[at] != NULL && group_of(region) != state->group) {
        forget_deleted(ghost, at);
        state->group = group_of(region);
    }
    for (uint32_t i = 0; ghost->following[at] != NULL && i < TABLE_PARTITIONS; i++) {
        struct log_read read = {.after = state->position[i]};
        struct reader reader;
        struct change change;
        int rc;

        if (store_durable_sequence(region->store) <= state->position[i])
            continue;
        buf_clear(&ghost->raw);
        rc = store_log_read(region->store, ghost->following[at], i, &read, &ghost->raw);
        if (rc < 0)
            sim_fail(sim, "M10", "the log of %s cannot be read after %llu: %s", region->name,
                     (unsigned long long)read.after, status_text(rc));
        reader = reader_of(buf_slice(&ghost->raw));
        while (reader_left(&reader) > 0) {
            if (change_decode(reader_sized(&reader), &change) < 0)
                sim_fail(sim, "M10", "a change in the log of %s is damaged", region->name);
            state->last[i] = change.sequence;
            state->last_version[i] = change.version;
            follow_change(ghost, at, i, &change);
        }
        state->position[i] = read.position;
    }
}

void ghost_follow(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++)
        follow_region(sim->ghost, i);
}

static void on_log_moved(struct task *task)
{
    struct region *region = CONTAINER_OF(task, struct region, watch.task);

    if (region->store != NULL)
        follow_region(region->sim->ghost, region->index);
}

/** What was in the log before a crash, and may have been seen, must be in it afterwards. */
static void check_log_kept(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct region *region = &sim->regions[at];
    struct ghost_region *state = &ghost->regions[at];

    for (uint32_t i = 0; ghost->following[at] != NULL && i < TABLE_PARTITIONS; i++) {
        struct log_read read = {.after = state->last[i] - 1, .up_to = state->last[i]};
        struct reader reader;
        struct change change;
        int rc;

        if (state->last[i] == 0)
            continue;
        buf_clear(&ghost->raw);
        rc = store_log_read(region->store, ghost->following[at], i, &read, &ghost->raw);
        if (rc == ST_TRIMMED)
            continue;
        reader = reader_of(buf_slice(&ghost->raw));
        if (rc < 0 || change_decode(reader_sized(&reader), &change) < 0 ||
            !version_eq(change.version, state->last_version[i]))
            sim_fail(sim, "M10",
                     "%s has lost change %llu of log %u, which could be seen before it "
                     "crashed",
                     region->name, (unsigned long long)state->last[i], i);
        if (state->position[i] > store_durable_sequence(region->store))
            state->position[i] = store_durable_sequence(region->store);
    }
}

void ghost_region_opened(struct region *region)
{
    struct ghost *ghost = region->sim->ghost;

    ghost->clock_ms[region->index] += 200;
    follow_table(ghost, region->index);
    check_log_kept(ghost, region->index);
    follow_region(ghost, region->index);
    region->watch.strand = region->strand;
    task_init(&region->watch.task, on_log_moved);
    store_log_watch(region->store, &region->watch);
}

void ghost_region_gone(struct region *region, bool crashed)
{
    struct ghost *ghost = region->sim->ghost;

    if (!crashed) {
        follow_region(ghost, region->index);
        store_log_unwatch(region->store, &region->watch);
    }
    table_unref(ghost->following[region->index]);
    ghost->following[region->index] = NULL;
}

/* ---- floors ---- */

static void check_floor(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct region *region = &sim->regions[at];
    struct global *global = global_of(region);
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

                if (write->sequence <= applied_of(ghost, at, member, i))
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
static void check_closed(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct global *global = global_of(&sim->regions[at]);

    if (global == NULL)
        return;
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

/** Rare ways through a backfill are counted: a run of seeds must have taken them. */
static void count_backfills(struct ghost *ghost, uint32_t at)
{
    struct global *global = global_of(&ghost->sim->regions[at]);
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

void ghost_check_floors(struct sim *sim)
{
    ghost_follow(sim);
    for (uint32_t i = 0; i < REGIONS; i++) {
        check_floor(sim->ghost, i);
        check_closed(sim->ghost, i);
        count_backfills(sim->ghost, i);
    }
}

/* ---- a feed that goes back ---- */

bool ghost_rewind(struct region *region, struct sim_random *random)
{
    struct ghost *ghost = region->sim->ghost;
    struct global *global = global_of(region);
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
        applied_of(ghost, region->index, member, log_group);
        /* Often to the very start: that may have been trimmed by now. */
        at.sequence = sim_random_chance(random, 0.3)
                          ? first
                          : first + sim_random_below(random, at.sequence - first);
        at.closed = at.seen = (struct hybrid_time){0};
        ghost->regions[region->index].rewinds++;
        sim_trace(region->sim, "nemesis: %s goes back to %llu in log %u of replica %u",
                  region->name, (unsigned long long)at.sequence, log_group, member->replica);
        feed_in__reset(in, &at);
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
    op->key = key;
    bounds_of(ghost, region, key, false, op->lower);
    close_bounds(&ghost->keys[key], false, op->lower);
    *ret_op = op;
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

    if (mutation->outcome == MUTATION_NOTHING) {
        free(op);
        return;
    }
    follow_region(ghost, region->index);
    write = find_write(key, mutation->version);
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
        bounds_of(ghost, region, op->key, true, write->upper);
        write->upper[write->version.replica] = own;
        close_bounds(key, true, write->upper);
        write->lower[write->version.replica] = own;
        write->upper[write->version.replica] = own;
        close_bounds(key, false, write->lower);
        write->lower[write->version.replica] = own;
        check_context(ghost, region, op->key, write);
    }
    if (version_cmp(write->version, ghost->regions[region->index].answered[op->key]) > 0)
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

    follow_region(ghost, region->index);
    if (record != NULL) {
        if (find_write(&ghost->keys[at], record->version) == NULL)
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
        check_closed(ghost, link->from);
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
    follow_region(ghost, link->from);
    reader = reader_of(body.changes);
    for (uint32_t i = 0; i < body.count; i++) {
        struct change change;
        uint32_t at;

        if (change_decode(reader_sized(&reader), &change) < 0)
            sim_fail(sim, "frame", "%s sends a change that cannot be read", from->name);
        at = key_of(sim, change.key);
        if (change.version.replica != body.feed.origin || (change.flags & CHANGE_REPLICATED) != 0)
            sim_fail(sim, "M6", "%s sends version %llx.%u of key %u on the feed of replica %u",
                     from->name, (unsigned long long)change.version.time.bits,
                     change.version.replica, at, body.feed.origin);
        if (find_write(&ghost->keys[at], change.version) == NULL ||
            change.sequence > store_durable_sequence(from->store))
            sim_fail(sim, "M10", "%s sends version %llx.%u of key %u before it is durable",
                     from->name, (unsigned long long)change.version.time.bits,
                     change.version.replica, at);
    }
}

/* ---- the end ---- */

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
    struct global *global = global_of(region);

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
        struct global *global = global_of(&sim->regions[i]);

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

bool ghost_converged(struct sim *sim)
{
    struct ghost *ghost = sim->ghost;

    ghost_follow(sim);
    for (uint32_t i = 0; i < REGIONS; i++) {
        if (!sim->regions[i].open || !is_quiet(&sim->regions[i]))
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
    at = key_of(ghost->sim, buf_slice(&encoded));
    buf_release(&encoded);
    loser = find_write(&ghost->keys[at], entry->loser.version);
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
    other = find_write(key, write->successor);
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
        struct global *global = global_of(&sim->regions[i]);

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

/* ---- life ---- */

void ghost_init(struct sim *sim)
{
    struct ghost *ghost = calloc(1, sizeof(*ghost));

    if (ghost == NULL)
        abort();
    ghost->sim = sim;
    ghost->codec = frame_codec_new();
    sim->ghost = ghost;
    for (uint32_t i = 0; i < REPLICAS_MAX; i++)
        ghost->region_of[i] = -1;
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        struct item_key key = workload_key(sim, i);

        ghost->key_hashes[i] = item_key_hash(&key);
    }
}

void ghost_release(struct sim *sim)
{
    struct ghost *ghost = sim->ghost;

    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        free(ghost->keys[i].writes);
        for (uint32_t n = 0; n < REPLICAS_MAX; n++)
            free(ghost->keys[i].by_replica[n].at);
    }
    for (uint32_t i = 0; i < REPLICAS_MAX; i++) {
        for (uint32_t n = 0; n < TABLE_PARTITIONS; n++)
            free(ghost->feeds[i][n].list);
    }
    buf_release(&ghost->raw);
    buf_release(&ghost->scratch);
    buf_release(&ghost->frame);
    frame_codec_free(ghost->codec);
    free(ghost);
    sim->ghost = NULL;
}
