/*
 * link.c - one link: its transport, its session, heartbeats, and which part a frame is for.
 *
 * A transport that comes up says nothing about who is at the other end or whether that end still is
 * what it was; the session (core/hello.h) does. Frames of a session reach their part in any order,
 * any number of times, or not at all. What begins with a session begins in on_session(): feeds
 * ask, everybody gossips once, a coordinator asks again at once.
 *
 * A peer that is silent for SILENCE_MS is asked for a new session: the transport may be half dead,
 * or the other end may have lost ours.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/replication_priv.h"

static int64_t mono_us(struct link *link)
{
    return executor_now(link->replication->executor).ns / 1000;
}

/* ---- sending ---- */

static void send(struct link *link, struct buf *frame)
{
    int rc = frame_finish(frame, link->replication->codec);

    if (rc < 0 || !link->up) {
        if (rc < 0)
            log_warn(&link->replication->log, PART, "a frame to %s was not sent: %s", link->region,
                     status_text(rc));
        buf_release(frame);
        return;
    }
    link->bytes_sent += frame->len;
    link->frames_sent++;
    link->ops->send(link->transport, frame);
}

void link__begin(struct link *link, struct buf *frame, enum frame_type type)
{
    *frame = BUF_EMPTY;
    frame_begin(frame, type, link->session.own, link->session.peer);
}

void link__send(struct link *link, struct buf *frame)
{
    send(link, frame);
}

void link__bad(struct link *link, const char *why)
{
    struct replication *replication = link->replication;

    link->frames_refused++;
    log_warn(&replication->log, PART, "%s sent nonsense: %s", link->region, why);
    if (replication->on_bad_peer != NULL)
        replication->on_bad_peer(replication->context, link->region, why);
}

static void send_hello(struct link *link, uint64_t from, uint64_t to)
{
    struct replication *replication = link->replication;
    struct hello_body body = {
        .version_min = FRAME_VERSION,
        .version_max = FRAME_VERSION,
        .region = slice_str(replication->region),
        .incarnation = replication->incarnation,
        .wall_us = clock_wall_us(replication->clock),
    };
    struct buf frame = BUF_EMPTY;

    memcpy(body.folder, replication->folder, sizeof(body.folder));
    frame_begin(&frame, FRAME_HELLO, from, to);
    hello_body_append(&frame, &body);
    send(link, &frame);
}

static void send_heartbeat(struct link *link)
{
    struct heartbeat_body body = {.wall_us = clock_wall_us(link->replication->clock)};
    struct buf frame;

    if (link->peer_wall_heard_us != 0) {
        body.echo_wall_us = link->peer_wall_us;
        body.echo_held_us = mono_us(link) - link->peer_wall_heard_us;
    }
    link__begin(link, &frame, FRAME_HEARTBEAT);
    heartbeat_body_append(&frame, &body);
    link__send(link, &frame);
}

/* ---- sessions ---- */

static void on_session(struct link *link, bool up)
{
    struct replication *replication = link->replication;

    link->peer_wall_heard_us = 0;
    LIST_FOREACH_SAFE(node, following, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        LIST_FOREACH(at, &global->members)
        {
            struct member *member = LIST_ENTRY(at, struct member, node);

            if (member->link != link)
                continue;
            for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
                feed_out__session(&member->out[i]);
                if (!up || global__may_read(global))
                    feed_in__session(&member->in[i], up);
            }
            if (up)
                gossip__send(global, link, true);
        }
        if (up && global->backfill != NULL)
            backfill__session(global, link);
        if (up && global->workflow != NULL)
            coordinator__session(global->workflow, link);
    }
    if (!up)
        pending__write(replication);
}

static void end_session(struct link *link)
{
    if (hello_session_up(&link->session))
        on_session(link, false);
}

static void look_for_session(struct link *link)
{
    end_session(link);
    hello_session_start(&link->session, replication__nonce(link->replication));
    link->hello_tries = 0;
    link->hello_ms = 0;
}

void link__up(struct link *link, const struct transport_ops *ops, void *transport)
{
    link->ops = ops;
    link->transport = transport;
    link->up = true;
    look_for_session(link);
    link__tick(link);
}

void link__down(struct link *link)
{
    if (!link->up)
        return;
    end_session(link);
    hello_session_stop(&link->session);
    link->up = false;
    link->ops = NULL;
    link->transport = NULL;
    log_info(&link->replication->log, PART, "link to %s is down", link->region);
}

void link__tick(struct link *link)
{
    struct replication *replication = link->replication;
    int64_t now = now_ms(replication);

    if (!link->up)
        return;
    if (hello_session_up(&link->session) && now - link->heard_ms >= SILENCE_MS) {
        log_warn(&replication->log, PART, "%s has been silent for %d s", link->region,
                 SILENCE_MS / 1000);
        look_for_session(link);
    }
    if (!hello_session_up(&link->session)) {
        if (now >= link->hello_ms) {
            int64_t wait_ms = replication->rx_limits.retry_ms;

            for (uint32_t i = 0; i < link->hello_tries && wait_ms < 2000; i++)
                wait_ms *= 2;
            link->hello_tries++;
            link->hello_ms = now + wait_ms;
            send_hello(link, link->session.offered, 0);
        }
        return;
    }
    if (now >= link->heartbeat_ms) {
        link->heartbeat_ms = now + replication->heartbeat_ms;
        send_heartbeat(link);
    }
}

static void begin_session(struct link *link)
{
    struct replication *replication = link->replication;

    link->heard_ms = now_ms(replication);
    link->heartbeat_ms = 0;
    log_info(&replication->log, PART, "link to %s is up", link->region);
    send_hello(link, link->session.own, link->session.peer);
    on_session(link, true);
}

/* ---- receiving ---- */

static void on_heartbeat(struct link *link, const struct heartbeat_body *body)
{
    int64_t wall_us = clock_wall_us(link->replication->clock);

    link->peer_wall_us = body->wall_us;
    link->peer_wall_heard_us = mono_us(link);
    if (body->echo_wall_us != 0) {
        int64_t round_us = wall_us - body->echo_wall_us - body->echo_held_us;

        if (round_us < 0 || round_us > SILENCE_MS * 1000)
            round_us = 0; /* our own clock was moved in between */
        link->skew_ms = (body->wall_us + round_us / 2 - wall_us) / 1000;
    }
}

/** The feed that a frame names, when it is between the other end of this link and us. */
static struct member *member_of_feed(struct link *link, const struct feed_name *feed, uint16_t us,
                                     uint16_t them)
{
    struct global *global = global__by_group(link->replication, &feed->group);
    struct member *member;

    if (global == NULL || global->document == NULL || global->self != us)
        return NULL;
    member = global__member(global, them);
    return member != NULL && member->link == link ? member : NULL;
}

static void on_feed_open(struct link *link, const struct feed_open_body *body)
{
    const struct feed_name *feed = &body->feed;
    struct member *member = member_of_feed(link, feed, feed->origin, feed->reader);
    struct global *global = global__by_group(link->replication, &feed->group);

    if (member == NULL) {
        /* An older document of ours may be to blame; a removed reader hears that it is. */
        feed_out__refuse(link, feed, body->opening, FEED_UNKNOWN,
                         global != NULL && global->document != NULL ? global->document->epoch : 0);
        if (global != NULL && global->document != NULL && body->epoch > global->document->epoch)
            global__pull(global, link);
        return;
    }
    if (!link->replication->history_written)
        return; /* it will ask again */
    feed_out__open(&member->out[feed->log_group], body);
}

static bool dispatch(struct link *link, const struct frame_header *header, struct slice bytes,
                     struct buf *memory)
{
    struct member *member;

    switch (header->type) {
    case FRAME_HELLO:
        return true; /* seen already */
    case FRAME_HEARTBEAT: {
        struct heartbeat_body body;

        if (!heartbeat_body_read(bytes, &body))
            return false;
        on_heartbeat(link, &body);
        return true;
    }
    case FRAME_FEED_OPEN: {
        struct feed_open_body body;

        if (!feed_open_body_read(bytes, &body))
            return false;
        on_feed_open(link, &body);
        return true;
    }
    case FRAME_FEED_DATA: {
        struct feed_data_body body;

        if (!feed_data_body_read(bytes, &body))
            return false;
        member = member_of_feed(link, &body.feed, body.feed.reader, body.feed.origin);
        return member == NULL || feed_in__data(&member->in[body.feed.log_group], &body, memory);
    }
    case FRAME_FEED_ACK: {
        struct feed_ack_body body;

        if (!feed_ack_body_read(bytes, &body))
            return false;
        member = member_of_feed(link, &body.feed, body.feed.origin, body.feed.reader);
        if (member != NULL)
            feed_out__ack(&member->out[body.feed.log_group], &body);
        return true;
    }
    case FRAME_FEED_REFUSE: {
        struct feed_refuse_body body;

        if (!feed_refuse_body_read(bytes, &body))
            return false;
        member = member_of_feed(link, &body.feed, body.feed.reader, body.feed.origin);
        if (member != NULL)
            feed_in__refused(&member->in[body.feed.log_group], &body);
        return true;
    }
    case FRAME_GOSSIP: {
        struct gossip_body body;

        if (!gossip_body_read(bytes, &body))
            return false;
        gossip__receive(link, &body);
        return true;
    }
    case FRAME_SNAPSHOT_ASK: {
        struct snapshot_ask_body body;

        if (!snapshot_ask_body_read(bytes, &body))
            return false;
        snapshot__serve(link, &body);
        return true;
    }
    case FRAME_SNAPSHOT_PAGE: {
        struct snapshot_page_body body;

        if (!snapshot_page_body_read(bytes, &body))
            return false;
        backfill__page(link, &body, memory);
        return true;
    }
    case FRAME_GROUP_ASK: {
        struct group_ask_body body;
        struct asker asker = {link, link->session.own};

        if (!group_ask_body_read(bytes, &body))
            return false;
        global__ask(link->replication, &asker, &body);
        return true;
    }
    case FRAME_GROUP_ANSWER: {
        struct group_answer_body body;

        if (!group_answer_body_read(bytes, &body))
            return false;
        global__answer(link, &body);
        return true;
    }
    case FRAME_VERIFY_ASK: {
        struct verify_ask_body body;

        if (!verify_ask_body_read(bytes, &body))
            return false;
        verify__receive_ask(link, &body);
        return true;
    }
    case FRAME_VERIFY_ANSWER: {
        struct verify_answer_body body;

        if (!verify_answer_body_read(bytes, &body))
            return false;
        verify__receive_answer(link, &body);
        return true;
    }
    case FRAME_TYPE_COUNT:
        break;
    }
    return false;
}

/** A HELLO is checked before it may begin anything: it must come from whom the transport says. */
static bool hello_is_right(struct link *link, struct slice bytes)
{
    struct hello_body body;

    if (!hello_body_read(bytes, &body) || !slice_eq_str(body.region, link->region)) {
        link__bad(link, "a greeting in the name of another Region");
        return false;
    }
    if (body.version_min > FRAME_VERSION || body.version_max < FRAME_VERSION) {
        if (!link->refused_version)
            log_error(&link->replication->log, PART, "%s speaks versions %u to %u, we speak %d",
                      link->region, body.version_min, body.version_max, FRAME_VERSION);
        link->refused_version = true;
        return false;
    }
    return true;
}

void link__received(struct link *link, struct buf *frame)
{
    struct replication *replication = link->replication;
    struct frame_header header;
    struct buf scratch = BUF_EMPTY;
    struct slice bytes;
    int rc;

    if (!link->up)
        goto out;
    link->bytes_received += frame->len;
    link->frames_received++;
    rc = frame_open(buf_slice(frame), replication->codec, &scratch, &header, &bytes);
    if (rc < 0) {
        if (rc != ST_NOMEM)
            link__bad(link, status_text(rc));
        goto out;
    }
    if (header.type == FRAME_HELLO && !hello_is_right(link, bytes))
        goto out;
    switch (hello_session_frame(&link->session, header.from, header.to, header.type == FRAME_HELLO,
                                replication__nonce(replication))) {
    case HELLO_DROP:
        goto out;
    case HELLO_OFFER:
        send_hello(link, link->session.offered, header.from);
        goto out;
    case HELLO_BEGIN:
        begin_session(link);
        break;
    case HELLO_ACCEPT:
        break;
    }
    link->heard_ms = now_ms(replication);
    /* What keeps the body takes the memory that it lies in. */
    if (!dispatch(link, &header, bytes, scratch.len > 0 ? &scratch : frame))
        link__bad(link, "a frame that says what cannot be");
out:
    buf_release(&scratch);
    buf_release(frame);
}
