/*
 * ghost.c - the checker: knows every write that ever became durable, and who may have seen it.
 *
 * It follows every log as it grows (a watch per Region), so each write is known before any other
 * Region can have it. For each write it bounds what its Region had applied of the same key: what
 * was applied when the client asked it must cover, what had not even arrived when it was answered
 * it cannot cover.
 *
 *   M1  ghost_final.c: items, versions, bytes and digests are equal, and right when counted anew
 *   M2  ghost_final.c: an answered write is in its log when it is answered, and for ever; when
 *       another one took its place without having seen it, it is in its Region's conflict log, once
 *   M3  M5 at every step, and in the end a key whose greatest version is a delete is absent
 *   M4  a write's version and context exceed all that its Region had applied; a context claims
 *       nothing that its Region cannot have seen
 *   M5  in each log the versions of a key ascend, and each change's old image is the new one before
 *   M6  a feed carries its origin's own changes; a silent group sends heartbeats only (run.c)
 *   M7  what is delivered again changes nothing: M5 would see it
 *   M8  what everybody ends with is the greatest version of all
 *   M9  no change is made, or missing anywhere, at or below a floor
 *   M10 nothing is in a frame, an answer or another Region's log that its origin's log does not
 *       hold, also after a crash
 *   M13 one version, one value
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "ghost_priv.h"

static void *grow(void *list, uint32_t *cap, size_t size)
{
    *cap = *cap ? *cap * 2 : 16;
    list = realloc(list, *cap * size);
    if (list == NULL)
        abort();
    return list;
}

/* ---- what a Region has applied ---- */

struct global *ghost__global(const struct region *region)
{
    if (region->replication == NULL)
        return NULL;
    return global__by_name(region->replication, SLICE(TABLE));
}

uint64_t ghost__group(const struct region *region)
{
    const struct global *global = ghost__global(region);

    if (global == NULL || global->document == NULL || global->planned)
        return 0;
    return be64_get(global->document->id.bytes);
}

struct member *ghost__member(const struct global *global, uint16_t replica)
{
    return global != NULL ? global__member((struct global *)global, replica) : NULL;
}

/** A feed's position; one that was rewound has all the same what it had. */
uint64_t ghost__applied(struct ghost *ghost, uint32_t region, const struct member *member,
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
void ghost__bounds(struct ghost *ghost, const struct region *region, uint32_t at, bool received,
                   uint16_t ret[REPLICAS_MAX])
{
    const struct ghost_key *key = &ghost->keys[at];
    const struct global *global = ghost__global(region);
    uint32_t partition = partition_of_key(ghost, at);

    for (uint32_t replica = 0; replica < REPLICAS_MAX; replica++) {
        const struct member *member = ghost__member(global, (uint16_t)replica);
        uint64_t position;

        ret[replica] = (uint16_t)key->by_replica[replica].count;
        if (received && (member == NULL || ghost->regions[region->index].rewinds > 0)) {
            ret[replica] = ALL; /* a snapshot may bring anything */
            continue;
        }
        if (member == NULL)
            continue;
        position = ghost__applied(ghost, region->index, member, partition);
        if (received && member->in[partition].core.received.sequence > position)
            position = member->in[partition].core.received.sequence;
        ret[replica] = count_up_to(key, replica, position);
    }
}

/** What the writes that are seen had seen themselves. */
void ghost__close_bounds(const struct ghost_key *key, bool upper, uint16_t bounds[REPLICAS_MAX])
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

uint32_t ghost__key(struct sim *sim, struct slice encoded)
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

struct ghost_write *ghost__find(struct ghost_key *key, struct version version)
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

    if ((change->flags & CHANGE_SERVICE) != 0) {
        if (!sim->options.expires || change->kind != CHANGE_DELETE)
            sim_fail(sim, "expiry", "%s deletes key %u for no reason", region_names[from], at);
        sim->totals.expired++;
    }
    if (replica >= REPLICAS_MAX)
        sim_fail(sim, "limit", "replica id %u", replica);
    if (ghost__find(key, change->version) != NULL)
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
    write->group = ghost__group(&sim->regions[from]);
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
    struct ghost_write *write = ghost__find(&ghost->keys[at], change->version);

    if (write == NULL)
        sim_fail(sim, "M10", "%s has version %llx.%u of key %u, which its origin does not have",
                 region_names[from], (unsigned long long)change->version.time.bits,
                 change->version.replica, at);
    if (write->hash != change->new_hash || write->deleted != (change->kind == CHANGE_DELETE))
        sim_fail(sim, "M13", "version %llx.%u of key %u has two values",
                 (unsigned long long)change->version.time.bits, change->version.replica, at);
    if ((change->flags & CHANGE_SERVICE) != 0)
        sim_fail(sim, "expiry", "%s shows a delete of key %u that came from elsewhere as its own",
                 region_names[from], at);
    sim->totals.replicated++;
}

/** What is deleted outside of a group, or was when it ended, leaves no tombstone, so a Region whose
 * clock is behind may begin again below it. */
static void forget_deleted(struct ghost *ghost, uint32_t from, uint32_t at)
{
    struct ghost_seen *seen = &ghost->regions[from].seen[at];
    struct ghost_key *key = &ghost->keys[at];

    if (seen->version.time.bits == 0 || seen->hash != 0)
        return;
    for (uint32_t i = 0; i < key->count; i++)
        key->writes[i].forgotten = true;
    seen->version = VERSION_NONE;
    seen->own = -1;
    ghost->regions[from].answered[at] = VERSION_NONE;
}

static void follow_change(struct ghost *ghost, uint32_t from, uint32_t log_group,
                          const struct change *change)
{
    struct sim *sim = ghost->sim;
    struct ghost_region *region = &ghost->regions[from];
    uint32_t at = ghost__key(sim, change->key);
    struct ghost_seen *seen = &region->seen[at];
    bool own = (change->flags & CHANGE_REPLICATED) == 0;

    sim_trace(sim, "%s: log %u at %llu: key %u version %llx.%u %s%s", region_names[from], log_group,
              (unsigned long long)change->sequence, at,
              (unsigned long long)change->version.time.bits, change->version.replica,
              change->kind == CHANGE_DELETE ? "delete" : "put", own ? "" : ", replicated");
    if (region->group == 0)
        forget_deleted(ghost, from, at);
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

/** A group begins or ends here. */
static void forget_all_deleted(struct ghost *ghost, uint32_t from)
{
    for (uint32_t at = 0; at < ghost->sim->options.keys; at++)
        forget_deleted(ghost, from, at);
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

void ghost__follow_region(struct ghost *ghost, uint32_t at)
{
    struct sim *sim = ghost->sim;
    struct region *region = &sim->regions[at];
    struct ghost_region *state = &ghost->regions[at];

    if (region->store == NULL)
        return;
    follow_table(ghost, at);
    if (ghost->following[at] != NULL && ghost__group(region) != state->group) {
        forget_all_deleted(ghost, at);
        state->group = ghost__group(region);
    }
    for (uint32_t i = 0; ghost->following[at] != NULL && i < TABLE_PARTITIONS; i++) {
        struct log_read read = {.after = state->position[i]};
        struct reader reader;
        struct change change;
        uint64_t trimmed;
        int rc;

        if (store_durable_sequence(region->store) <= state->position[i])
            continue;
        /* Sequences without a change (an index is filled) call nobody, and may be trimmed by now.
         */
        trimmed = store_log_trimmed(region->store, ghost->following[at], i);
        if (read.after < trimmed)
            read.after = trimmed;
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
        ghost__follow_region(sim->ghost, i);
}

static void on_log_moved(struct task *task)
{
    struct region *region = CONTAINER_OF(task, struct region, watch.task);

    if (region->store != NULL && !region->sim->ghost->away)
        ghost__follow_region(region->sim->ghost, region->index);
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

    if (ghost->away)
        return;
    ghost->clock_ms[region->index] += 200;
    follow_table(ghost, region->index);
    check_log_kept(ghost, region->index);
    ghost__follow_region(ghost, region->index);
    region->watch.strand = region->strand;
    task_init(&region->watch.task, on_log_moved);
    store_log_watch(region->store, &region->watch);
}

void ghost_region_gone(struct region *region, bool crashed)
{
    struct ghost *ghost = region->sim->ghost;

    if (ghost->away)
        return;
    if (!crashed) {
        ghost__follow_region(ghost, region->index);
        store_log_unwatch(region->store, &region->watch);
    }
    table_unref(ghost->following[region->index]);
    ghost->following[region->index] = NULL;
}

void ghost_look_away(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++)
        ghost_region_gone(&sim->regions[i], false);
    sim->ghost->away = true;
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
