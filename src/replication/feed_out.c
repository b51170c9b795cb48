/*
 * feed_out.c - our own changes of one log group going to one other replica.
 *
 * core/feed_tx.h decides what to read and when. The rule that the floor stands on is kept here: the
 * closed time is taken first, the log is read after it up to the durable watermark, and the time
 * goes with a frame only when the read came to the end. Whatever was drawn at or below that time
 * was durable when it was taken, so it is in this frame or in one before it. With it goes, by the
 * same order of steps, what this Region has applied of the reader's own changes: whatever it
 * decides later, it decides having seen them.
 *
 * Reading. The tail of the log is in memory and is read on the strand, without a copy but that
 * into the frame; what lies further back may need the disk and is read in the I/O pool. Old images
 * stay here: nobody at the other end needs them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

static struct replication *replication_of(const struct feed_out *out)
{
    return out->member->replication;
}

static struct feed_name name_of(const struct feed_out *out)
{
    const struct global *global = out->member->global;

    return (struct feed_name){.group = global->document->id,
                              .origin = global->self,
                              .reader = out->member->replica,
                              .log_group = out->log_group};
}

static void send_refusal(struct link *link, const struct feed_refuse_body *body)
{
    struct buf frame;

    link__begin(link, &frame, FRAME_FEED_REFUSE);
    feed_refuse_body_append(&frame, body);
    link__send(link, &frame);
}

void feed_out__refuse(struct link *link, const struct feed_name *feed, uint32_t opening,
                      enum feed_refusal why, uint64_t epoch)
{
    struct feed_refuse_body body = {.feed = *feed, .opening = opening, .why = why, .epoch = epoch};

    send_refusal(link, &body);
}

static void refuse_open(struct feed_out *out, uint32_t opening, enum feed_refusal why)
{
    struct feed_name name = name_of(out);

    feed_out__refuse(out->member->link, &name, opening, why, out->member->global->document->epoch);
}

/** This Region has lost its memory: the reader goes on at the last point that both have. */
static void send_back(struct feed_out *out, uint32_t opening, struct hello_point point)
{
    struct feed_refuse_body body = {.feed = name_of(out),
                                    .opening = opening,
                                    .why = FEED_AMNESIA,
                                    .epoch = out->member->global->document->epoch,
                                    .incarnation = point.incarnation,
                                    .sequence = point.sequence};

    send_refusal(out->member->link, &body);
}

/** A snapshot instead; but not of a Region that has lost its memory: then what there still is. */
static void refuse_trimmed(struct feed_out *out)
{
    struct replication *replication = replication_of(out);
    struct hello_point point;

    if (!out->member->global->memory_lost)
        refuse_open(out, out->core.opening, FEED_TRIMMED);
    else if (hello_history_later(&replication->history, out->core.read, &point))
        send_back(out, out->core.opening, point);
}

/** raw: what a FEED_TX_READ is about. */
static void step(struct feed_out *out, struct feed_tx_event event, struct slice raw);

/** The change without its old image. Appended as sized bytes. */
static void append_change(struct buf *frame, struct slice encoded, struct buf *scratch,
                          struct hybrid_time *latest)
{
    struct change change;

    if (change_decode(encoded, &change) < 0) {
        frame->failed = true; /* a damaged record is never sent */
        return;
    }
    *latest = hybrid_time_max(*latest, change.version.time);
    if (change.has_old) {
        change.has_old = false;
        change.old_image = SLICE_EMPTY;
        buf_clear(scratch);
        change_encode(scratch, &change);
        encoded = buf_slice(scratch);
        if (buf_failed(scratch))
            frame->failed = true;
    }
    buf_append_sized(frame, encoded);
}

static void send_data(struct feed_out *out, uint64_t from, uint64_t to, struct slice raw,
                      uint32_t count)
{
    struct member *member = out->member;
    struct replication *replication = replication_of(out);
    struct feed_data_body body = {
        .feed = name_of(out),
        .opening = out->core.opening,
        .incarnation = replication->incarnation,
        .from = from,
        .to = to,
        .closed = out->core.closed_sent,
        .seen = out->core.seen_sent,
        .count = count,
    };
    struct reader reader = reader_of(raw);
    struct hybrid_time latest = {0};
    struct buf frame;

    link__begin(member->link, &frame, FRAME_FEED_DATA);
    buf_reserve(&frame, raw.len + 256);
    feed_data_body_append_head(&frame, &body);
    for (uint32_t i = 0; i < count; i++)
        append_change(&frame, reader_sized(&reader), &replication->scratch, &latest);
    link__send(member->link, &frame);
    if (count > 0) {
        gossip__saw_version(member->global, latest);
        gossip__announce_soon(member->global);
    }
}

/** What was read goes out, or the feed is told that it cannot be read. */
static void was_read(struct feed_out *out, int rc, const struct log_read *read, struct slice raw)
{
    struct replication *replication = replication_of(out);
    struct feed_tx_event event = {.kind = FEED_TX_READ};

    if (rc == ST_TRIMMED) {
        log_warn(&replication->log, PART,
                 "table %s: %s wants changes after %llu of log %u, which is kept from %llu on",
                 out->member->global->name, out->member->link->region,
                 (unsigned long long)out->core.read, out->log_group,
                 (unsigned long long)store_log_trimmed(replication->store,
                                                       out->member->global->table, out->log_group));
        step(out, (struct feed_tx_event){.kind = FEED_TX_READ_FAILED}, SLICE_EMPTY);
        if (link__open(out->member->link) && out->core.open)
            refuse_trimmed(out);
        step(out, (struct feed_tx_event){.kind = FEED_TX_SESSION}, SLICE_EMPTY);
        return;
    }
    if (rc < 0) {
        log_error(&replication->log, PART, "the log of table %s cannot be read: %s",
                  out->member->global->name, status_text(rc));
        step(out, (struct feed_tx_event){.kind = FEED_TX_READ_FAILED}, SLICE_EMPTY);
        return;
    }
    event.changes = (uint32_t)read->sum.count;
    event.to = read->position;
    event.bytes = read->sum.bytes;
    event.more = read->more;
    event.closed = read->more ? out->core.closed_sent : out->closed;
    event.seen = read->more ? out->core.seen_sent : out->seen;
#ifdef MUTANT_CLOSED_AHEAD_OF_THE_DATA
    event.closed = out->closed;
#endif
    step(out, event, raw);
}

static void on_read_back(struct task *task)
{
    struct feed_out *out = CONTAINER_OF(task, struct feed_out, back);
    struct member *member = out->member;
    struct replication *replication = replication_of(out);

    out->reading_io = false;
    table_unref(out->read_table);
    out->read_table = NULL;
    if (member->left)
        member__free_if_idle(member);
    else
        was_read(out, out->read_rc, &out->read, buf_slice(&out->raw));
    replication__release(replication);
}

static void on_read_io(struct task *task)
{
    struct feed_out *out = CONTAINER_OF(task, struct feed_out, io);
    struct replication *replication = replication_of(out);

    out->read_rc =
        store_log_read(replication->store, out->read_table, out->log_group, &out->read, &out->raw);
    task_init(&out->back, on_read_back);
    strand_post(replication->strand, &out->back);
}

static void start_read(struct feed_out *out)
{
    struct replication *replication = replication_of(out);
    struct store *store = replication->store;
    struct table *table = out->member->global->table;
    struct log_read read = {
        .after = out->core.read,
        .own_only = true,
        .count_max = FEED_FRAME_CHANGES_MAX,
        .bytes_max = replication->feed_frame_bytes,
    };

    out->closed = store_closed_time(store, out->core.answer);
    out->seen = out->member->in[out->log_group].core.applied.closed;
    if (table == NULL || replication->closing) {
        step(out, (struct feed_tx_event){.kind = FEED_TX_READ_FAILED}, SLICE_EMPTY);
        return;
    }
    if (store_durable_sequence(store) - read.after <= replication->log_inline_sequences ||
        read.after > store_durable_sequence(store)) {
        int rc;

        buf_clear(&replication->raw);
        rc = store_log_read(store, table, out->log_group, &read, &replication->raw);
        was_read(out, rc, &read, buf_slice(&replication->raw));
        return;
    }
    out->read = read;
    out->reading_io = true;
    out->read_table = table_ref(table);
    buf_clear(&out->raw);
    task_init(&out->io, on_read_io);
    replication__hold(replication);
    executor_io(replication->executor, &out->io);
}

/** One event, and what follows from it: a read on the strand ends in another event. */
static void step(struct feed_out *out, struct feed_tx_event event, struct slice raw)
{
    struct member *member = out->member;
    struct replication *replication = replication_of(out);
    struct feed_tx_actions actions;
    uint32_t opening = event.opening;

    event.now_ms = now_ms(replication);
    event.sendable = link__sendable(member->link);
    feed_tx_step(&out->core, &replication->tx_limits, &event, &actions);
    pending__step(out, &actions);
    if (actions.forgot)
        refuse_open(out, opening, FEED_FORGOT);
    if (actions.hold)
        gossip__set_hold(member->global, out->log_group);
    if (actions.send && link__open(member->link))
        send_data(out, actions.from, out->core.sent, raw, event.changes);
    if (actions.probe && link__open(member->link))
        send_data(out, out->core.sent, out->core.sent, SLICE_EMPTY, 0);
    if (actions.read)
        start_read(out);
}

void feed_out__open(struct feed_out *out, const struct feed_open_body *body)
{
    struct replication *replication = replication_of(out);
    struct global *global = out->member->global;
    uint64_t after = body->after, durable = store_durable_sequence(replication->store);

    if (!hello_history_holds(&replication->history, durable, body->incarnation, body->after)) {
        if (memory__lost(global, out->member->link->region,
                         "has changes that this Region made and does not know, of"))
            send_back(out, body->opening,
                      hello_history_common(&replication->history, durable, body->incarnation));
        return; /* else it will ask again */
    }
    if (body->epoch < global->document->epoch)
        refuse_open(out, body->opening, FEED_EPOCH); /* served all the same: it is a member */
    else if (body->epoch > global->document->epoch)
        global__pull(global, out->member->link);
#ifdef MUTANT_FEEDS_AT_CURRENT_POSITIONS
    if (group_member_by_id(global->document, out->member->replica)->status == REPLICA_CREATING &&
        body->incarnation == 0)
        after = durable;
#endif
    step(out,
         (struct feed_tx_event){.kind = FEED_TX_OPEN,
                                .opening = body->opening,
                                .after = after,
                                .applied = body->applied,
                                .stored = body->stored,
                                .again = body->again,
                                .window = body->window},
         SLICE_EMPTY);
}

void feed_out__ack(struct feed_out *out, const struct feed_ack_body *body)
{
    step(out,
         (struct feed_tx_event){.kind = FEED_TX_ACK,
                                .opening = body->opening,
                                .applied = body->applied,
                                .stored = body->stored},
         SLICE_EMPTY);
}

void feed_out__session(struct feed_out *out)
{
    step(out, (struct feed_tx_event){.kind = FEED_TX_SESSION}, SLICE_EMPTY);
}

void feed_out__log_moved(struct feed_out *out)
{
    step(out, (struct feed_tx_event){.kind = FEED_TX_LOG_MOVED}, SLICE_EMPTY);
}

void feed_out__announce(struct feed_out *out)
{
    step(out, (struct feed_tx_event){.kind = FEED_TX_ANNOUNCE}, SLICE_EMPTY);
}

void feed_out__pump(struct feed_out *out)
{
    step(out, (struct feed_tx_event){.kind = FEED_TX_PUMP}, SLICE_EMPTY);
}

void feed_out__tick(struct feed_out *out)
{
    step(out, (struct feed_tx_event){.kind = FEED_TX_TICK}, SLICE_EMPTY);
}

void feed_out__init(struct feed_out *out, struct member *member, uint8_t log_group)
{
    memset(out, 0, sizeof(*out));
    out->member = member;
    out->log_group = log_group;
    feed_tx_init(&out->core);
    list_node_init(&out->counting);
    /* What a new member lacks of before comes to it as a snapshot. */
    feed_count_init(&out->count, store_durable_sequence(member->replication->store));
}

void feed_out__release(struct feed_out *out)
{
    buf_release(&out->raw);
}
