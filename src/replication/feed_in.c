/*
 * feed_in.c - changes of another replica arriving in one log group: check, queue, apply,
 * acknowledge.
 *
 * core/feed_rx.h decides about positions. This file does the rest:
 *
 *   check    every change of a frame before any of it counts: checksums, the item's structure, its
 *            key and partition, that the origin made it itself, that sequences ascend
 *   observe  versions before they are applied: the Region's clock follows within its bounds, and a
 *            version out of all bounds stops the feed (poison)
 *   apply    queued frames as one unit of the store, with the checkpoint of the last in the same
 *            batch; one unit at a time, so that one that the store refuses cannot be overtaken
 *
 * Positions also move by frames without changes. Their checkpoint is written seldom: after a
 * restart the same nothing is read again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

/* ---- checkpoints ---- */

void feed_in__checkpoint_name(struct buf *out, const struct group_id *group, uint16_t origin,
                              uint8_t log_group)
{
    buf_append_str(out, "feed/");
    buf_append(out, group->bytes, GROUP_ID_BYTES);
    buf_append_be16(out, origin);
    buf_append_u8(out, log_group);
}

void feed_in__checkpoint_value(uint8_t ret[CHECKPOINT_BYTES], const struct feed_at *at, bool again)
{
    be64_put(ret, at->incarnation);
    be64_put(ret + 8, at->sequence);
    be64_put(ret + 16, at->closed.bits);
    ret[24] = again;
}

bool feed_in__checkpoint_read(struct slice value, struct feed_at *ret, bool *ret_again)
{
    if (value.len != CHECKPOINT_BYTES && value.len != CHECKPOINT_BYTES - 1)
        return false;
    ret->incarnation = be64_get(value.ptr);
    ret->sequence = be64_get(value.ptr + 8);
    ret->closed.bits = be64_get(value.ptr + 16);
    *ret_again = value.len == CHECKPOINT_BYTES && value.ptr[24] == 1;
    return true;
}

/* ---- checks ---- */

/** The change's key is one of this table, and that of its image. */
static bool key_is_right(const struct schema *schema, const struct change *change,
                         uint8_t log_group)
{
    struct item_key key, of_image;

    if (item_key_decode(change->key, schema->key_count == 2, &key) < 0 ||
        partition_of_hash(item_key_hash(&key)) != log_group)
        return false;
    if (change->kind == CHANGE_DELETE)
        return !change->has_new;
    return change->has_new && item_check(change->new_image) == 0 &&
           schema_key_of_item(schema, change->new_image, &of_image, NULL) == 0 &&
           slice_eq(key.partition, of_image.partition) &&
           (schema->key_count == 1 || slice_eq(key.sort, of_image.sort));
}

bool changes__check(struct global *global, struct slice changes, uint32_t count, uint8_t log_group,
                    uint16_t origin, uint64_t from, uint64_t to, struct hybrid_time *ret_latest)
{
    struct schema *schema = table_schema(global->table);
    struct reader reader = reader_of(changes);
    struct hybrid_time latest = {0};
    struct change change;
    bool right = true;

    for (uint32_t i = 0; i < count && right; i++) {
        struct slice encoded = reader_sized(&reader);

        right = !reader.failed && change_decode(encoded, &change) == 0 &&
                key_is_right(schema, &change, log_group);
        if (right && origin != 0) { /* of a feed, not of a snapshot */
            right =
                change.version.replica == origin && change.sequence > from && change.sequence <= to;
            from = change.sequence;
        }
        latest = hybrid_time_max(latest, change.version.time);
    }
    schema_unref(schema);
    *ret_latest = latest;
    return right && reader_done(&reader);
}

/* ---- what the core decides ---- */

static struct replication *replication_of(const struct feed_in *in)
{
    return in->member->replication;
}

static struct feed_name name_of(const struct feed_in *in)
{
    const struct global *global = in->member->global;

    return (struct feed_name){.group = global->document->id,
                              .origin = in->member->replica,
                              .reader = global->self,
                              .log_group = in->log_group};
}

static uint64_t window_of(struct replication *replication)
{
    uint64_t feeds = 0, window;

    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        LIST_FOREACH(at, &global->members)
        feeds += TABLE_PARTITIONS;
    }
    window = feeds == 0 ? replication->window_bytes : REGION_WINDOW_BYTES / feeds;
    if (window > replication->window_bytes)
        window = replication->window_bytes;
    return window < FEED_WINDOW_BYTES_MIN ? FEED_WINDOW_BYTES_MIN : window;
}

static void send_open(struct feed_in *in)
{
    struct feed_open_body body = {
        .feed = name_of(in),
        .epoch = in->member->global->document->epoch,
        .opening = in->core.opening,
        .incarnation = in->core.received.incarnation,
        .after = in->core.received.sequence,
        .applied = in->core.applied.sequence,
        .stored = in->core.stored.sequence,
        .again = in->core.again,
        .window = window_of(replication_of(in)),
    };
    struct buf frame;

    link__begin(in->member->link, &frame, FRAME_FEED_OPEN);
    feed_open_body_append(&frame, &body);
    link__send(in->member->link, &frame);
}

static void send_ack(struct feed_in *in)
{
    struct feed_ack_body body = {
        .feed = name_of(in),
        .opening = in->core.opening,
        .applied = in->core.applied.sequence,
        .stored = in->core.stored.sequence,
    };
    struct buf frame;

    link__begin(in->member->link, &frame, FRAME_FEED_ACK);
    feed_ack_body_append(&frame, &body);
    link__send(in->member->link, &frame);
}

static struct feed_rx_actions step(struct feed_in *in, struct feed_rx_event event)
{
    struct replication *replication = replication_of(in);
    struct feed_rx_actions actions;

    event.now_ms = now_ms(replication);
    feed_rx_step(&in->core, &replication->rx_limits, &event, &actions);
    if (actions.ask && link__open(in->member->link))
        send_open(in);
    if (actions.ack && link__open(in->member->link))
        send_ack(in);
    if (actions.take_snapshot)
        backfill__repair(in->member->global, in->member);
    return actions;
}

/** Where the feeds go on is being written (backfill.c): until then nothing moves them. */
static bool stands_still(const struct feed_in *in)
{
    const struct backfill *backfill = in->member->global->backfill;

    return backfill != NULL && backfill->phase == BACKFILL_WRITING && !backfill->repair;
}

/* ---- the queue ---- */

static void frame_free(struct feed_frame *frame)
{
    list_remove(&frame->queued);
    buf_release(&frame->memory);
    free(frame);
}

static void free_applied(struct feed_in *in)
{
    for (; in->applying_frames > 0; in->applying_frames--)
        frame_free(LIST_ENTRY(in->frames.next, struct feed_frame, queued));
}

static void drop_frames(struct feed_in *in)
{
    while (!list_empty(&in->frames))
        frame_free(LIST_ENTRY(in->frames.next, struct feed_frame, queued));
}

/** Poison: a version more than a day ahead of all that this Region believes. */
static bool is_poison(struct feed_in *in, struct hybrid_time latest)
{
    struct replication *replication = replication_of(in);
    bool poison = store_observe_time(replication->store, latest) == STORE_OBSERVED_POISON;

    if (poison == in->poisoned)
        return poison;
    in->poisoned = poison;
    if (poison)
        log_error(
            &replication->log, PART,
            "%s sends changes of table %s with times more than a day ahead: refused, its feed "
            "stands still",
            in->member->link->region, in->member->global->name);
    replication__fence(replication);
    return poison;
}

static void pump(struct feed_in *in);
static void reset(struct feed_in *in, const struct feed_rx_event *event);

static void on_applied(struct apply *apply, int rc)
{
    struct feed_in *in = CONTAINER_OF(apply, struct feed_in, apply);
    struct member *member = in->member;
    struct replication *replication = replication_of(in);
    int64_t wall_ms = clock_wall_ms(replication->clock), now = now_ms(replication);

    in->applying = false;
    if (member->left) {
        member__free_if_idle(member);
        replication__release(replication);
        return;
    }
    if (rc == 0) {
        member->waiting = false;
        member->applied += apply->applied;
        member->dropped += apply->dropped;
        member->conflicts += apply->conflicts;
        for (uint32_t i = 0; i < apply->count; i++)
            lag__add(&member->lag, now, wall_ms - apply->changes[i].origin_commit_ms);
        if (apply->ties > 0)
            log_error(&replication->log, PART,
                      "table %s: %u changes of %s have the version of another change; the greater "
                      "hash was kept",
                      member->global->name, apply->ties, member->link->region);
        free_applied(in);
        in->checkpoint_ms = now;
        gossip__saw_version(member->global, in->applying_latest);
        step(in, (struct feed_rx_event){
                     .kind = FEED_RX_APPLIED, .at = in->applying_to, .written = true});
        gossip__rows_changed(member->global);
    } else {
        if (rc != ST_CLOSED && rc != ST_NOTFOUND && !member->waiting)
            log_warn(&replication->log, PART, "table %s: changes of %s wait: %s",
                     member->global->name, member->link->region, status_text(rc));
        member->waiting = true;
        in->retry_ms = now + FEED_RETRY_MS;
    }
    if (in->has_reset) {
        in->has_reset = false;
        reset(in, &in->reset);
    } else if (rc == 0) {
        pump(in);
    }
    replication__release(replication);
}

static bool add_change(struct feed_in *in, uint32_t at, struct slice encoded)
{
    if (at == in->changes_cap) {
        uint32_t cap = in->changes_cap ? in->changes_cap * 2 : 64;
        struct change *changes = realloc(in->changes, cap * sizeof(*changes));

        if (changes == NULL)
            return false;
        in->changes = changes;
        in->changes_cap = cap;
    }
    return change_decode(encoded, &in->changes[at]) == 0;
}

/** Takes frames from the front of the queue into one apply. False: out of memory. */
static bool gather(struct feed_in *in, uint32_t *ret_count)
{
    uint32_t count = 0;
    size_t bytes = 0;

    in->applying_frames = 0;
    in->applying_latest = (struct hybrid_time){0};
    LIST_FOREACH(node, &in->frames)
    {
        struct feed_frame *frame = LIST_ENTRY(node, struct feed_frame, queued);
        struct reader reader = reader_of(frame->changes);

        if (in->applying_frames > 0 && (bytes + frame->changes.len > FEED_BATCH_BYTES ||
                                        count + frame->count > FEED_BATCH_CHANGES_MAX))
            break;
        for (uint32_t i = 0; i < frame->count; i++) {
            if (!add_change(in, count, reader_sized(&reader)))
                return false;
            if (in->changes[count].sequence <= frame->skip_through)
                continue;
            in->applying_latest =
                hybrid_time_max(in->applying_latest, in->changes[count].version.time);
            count++;
        }
        bytes += frame->changes.len;
        in->applying_frames++;
        in->applying_to = frame->at;
    }
    *ret_count = count;
    return true;
}

/** Sends the front of the queue to the store, when it is free. */
static void pump(struct feed_in *in)
{
    struct global *global = in->member->global;
    struct replication *replication = replication_of(in);
    uint32_t count;

    while (!in->applying && !list_empty(&in->frames) && !replication->closing) {
        if (!gather(in, &count)) {
            in->retry_ms = now_ms(replication) + FEED_RETRY_MS;
            return;
        }
        if (count > 0 && is_poison(in, in->applying_latest)) {
            drop_frames(in);
            step(in, (struct feed_rx_event){.kind = FEED_RX_POISONED});
            return;
        }
        if (count == 0) {
            free_applied(in);
            step(in, (struct feed_rx_event){.kind = FEED_RX_APPLIED, .at = in->applying_to});
            gossip__rows_changed(global);
            continue;
        }
#ifdef MUTANT_ACKNOWLEDGED_ON_ARRIVAL
        step(in, (struct feed_rx_event){
                     .kind = FEED_RX_APPLIED, .at = in->applying_to, .written = true});
        gossip__rows_changed(global);
#endif
        feed_in__checkpoint_value(in->checkpoint, &in->applying_to, in->core.again);
        in->apply.table = global->table;
        in->apply.partition = in->log_group;
        in->apply.changes = in->changes;
        in->apply.count = count;
        in->apply.session = false;
        in->apply.checkpoint_key = buf_slice(&in->checkpoint_key);
        in->apply.checkpoint_value = slice_of(in->checkpoint, sizeof(in->checkpoint));
        in->apply.strand = replication->strand;
        in->apply.on_applied = on_applied;
        in->applying = true;
        replication__hold(replication);
        store_apply(replication->store, &in->apply);
    }
}

/* ---- events ---- */

bool feed_in__data(struct feed_in *in, const struct feed_data_body *body, struct buf *memory)
{
    struct feed_rx_event event = {
        .kind = FEED_RX_DATA,
        .opening = body->opening,
        .from = body->from,
        .at = {body->incarnation, body->to, body->closed, body->seen},
    };
    struct feed_rx_actions actions;
    struct feed_frame *frame;
    struct hybrid_time latest;

    if (in->member->global->table == NULL ||
        !changes__check(in->member->global, body->changes, body->count, in->log_group,
                        in->member->replica, body->from, body->to, &latest))
        return false;
    if (stands_still(in))
        return true;                   /* as if lost */
    frame = calloc(1, sizeof(*frame)); /* first: what the core accepts must be kept */
    if (frame == NULL)
        return true; /* as if lost */
    actions = step(in, event);
    if (!actions.accept) {
        free(frame);
        return !actions.bad_peer;
    }
    frame->changes = body->changes;
    frame->count = body->count;
    frame->skip_through = actions.skip_through;
    frame->at = event.at;
    if (body->count > 0) { /* the others have nothing to keep */
        frame->memory = *memory;
        *memory = BUF_EMPTY;
    }
    list_append(&in->frames, &frame->queued);
    if (in->retry_ms == 0)
        pump(in);
    return true;
}

/** The origin has forgotten what we have; on from the last point that it still knows. */
static bool go_back(struct feed_in *in, const struct feed_refuse_body *body)
{
    const struct feed_at *received = &in->core.received;
    struct feed_at at = {.incarnation = body->incarnation, .sequence = body->sequence};

    if (body->opening != in->core.opening || in->core.state != FEED_RX_ASKING ||
        at.incarnation == 0 || at.sequence > received->sequence ||
        (at.incarnation == received->incarnation && at.sequence == received->sequence))
        return false;
    log_warn(&replication_of(in)->log, PART,
             "%s has lost its memory: log %u of table %s is read again after %llu",
             in->member->link->region, in->log_group, in->member->global->name,
             (unsigned long long)at.sequence);
    feed_in__go_back(in, &at);
    return true;
}

void feed_in__refused(struct feed_in *in, const struct feed_refuse_body *body)
{
    struct global *global = in->member->global;

    if (stands_still(in))
        return; /* said again when asked again */
    switch (body->why) {
    case FEED_TRIMMED:
        step(in, (struct feed_rx_event){.kind = FEED_RX_TOO_OLD, .opening = body->opening});
        return;
    case FEED_FORGOT:
        if (body->opening != in->core.opening || in->core.again)
            break;
        if (!memory__lost(global, in->member->link->region,
                          "once gave this Region more of its changes than it asks for now, of"))
            break;
        step(in, (struct feed_rx_event){.kind = FEED_RX_FORGOT, .opening = body->opening});
        return;
    case FEED_AMNESIA:
        if (go_back(in, body))
            return;
        break;
    case FEED_UNKNOWN:
    case FEED_EPOCH:
        break;
    }
    if (body->epoch > global->document->epoch)
        global__pull(global, in->member->link);
    step(in, (struct feed_rx_event){.kind = FEED_RX_REFUSED, .opening = body->opening});
}

void feed_in__session(struct feed_in *in, bool up)
{
    step(in, (struct feed_rx_event){.kind = up ? FEED_RX_SESSION_UP : FEED_RX_SESSION_DOWN});
}

/** Writes a position that has moved far, or long ago, without changes. */
static void write_checkpoint(struct feed_in *in, int64_t now)
{
    struct global *global = in->member->global;
    struct replication *replication = replication_of(in);

    if (in->applying || !list_empty(&in->frames) || global->table == NULL ||
        in->core.applied.sequence == in->core.stored.sequence ||
        now - in->checkpoint_ms < CHECKPOINT_IDLE_MS || replication->closing)
        return;
    in->applying_to = in->core.applied;
    in->applying_frames = 0;
    in->applying_latest = (struct hybrid_time){0};
    feed_in__checkpoint_value(in->checkpoint, &in->applying_to, in->core.again);
    in->apply = (struct apply){
        .table = global->table,
        .partition = in->log_group,
        .changes = in->changes,
        .checkpoint_key = buf_slice(&in->checkpoint_key),
        .checkpoint_value = slice_of(in->checkpoint, sizeof(in->checkpoint)),
        .strand = replication->strand,
        .on_applied = on_applied,
    };
    in->applying = true;
    replication__hold(replication);
    store_apply(replication->store, &in->apply);
}

void feed_in__tick(struct feed_in *in)
{
    int64_t now = now_ms(replication_of(in));

    if (stands_still(in))
        return;
    if (in->retry_ms != 0 && now >= in->retry_ms) {
        in->retry_ms = 0;
        pump(in);
    }
    write_checkpoint(in, now);
    step(in, (struct feed_rx_event){.kind = FEED_RX_TICK});
}

void feed_in__nudge(struct feed_in *in)
{
    step(in, (struct feed_rx_event){.kind = FEED_RX_NUDGE});
}

static void reset(struct feed_in *in, const struct feed_rx_event *event)
{
    if (in->applying) { /* when it has come back */
        in->reset = *event;
        in->has_reset = true;
        return;
    }
    log_debug(&replication_of(in)->log, PART, "table %s: log %u of %s goes on after %llu, not %llu",
              in->member->global->name, in->log_group, in->member->link->region,
              (unsigned long long)event->at.sequence,
              (unsigned long long)in->core.applied.sequence);
    drop_frames(in);
    step(in, *event);
}

void feed_in__reset(struct feed_in *in, const struct feed_at *at)
{
    reset(in, &(struct feed_rx_event){.kind = FEED_RX_RESET, .at = *at});
}

void feed_in__go_back(struct feed_in *in, const struct feed_at *at)
{
    reset(in, &(struct feed_rx_event){.kind = FEED_RX_GO_BACK, .at = *at});
}

void feed_in__init(struct feed_in *in, struct member *member, uint8_t log_group,
                   const struct feed_at *at, bool again)
{
    struct buf name = BUF_EMPTY;

    memset(in, 0, sizeof(*in));
    in->member = member;
    in->log_group = log_group;
    list_init(&in->frames);
    feed_rx_init(&in->core, at, again);
    in->checkpoint_ms = now_ms(member->global->replication);
    feed_in__checkpoint_name(&name, &member->global->document->id, member->replica, log_group);
    store_meta_key(&in->checkpoint_key, META_OWNER, buf_slice(&name));
    buf_release(&name);
}

void feed_in__release(struct feed_in *in)
{
    drop_frames(in);
    free(in->changes);
    buf_release(&in->checkpoint_key);
}
