/*
 * pipe.c - see pipe.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/pipe.h"

static struct link_end *other_end(struct link_end *end)
{
    struct pipe *pipe = end->wire_context;

    return end == &pipe->ends[0] ? &pipe->ends[1] : &pipe->ends[0];
}

static bool end_ready(const struct link_end *end)
{
    return end->replication != NULL && !end->detaching && end->state == END_DOWN;
}

static void pipe_open_when_ready(struct pipe *pipe)
{
    if (pipe->open || pipe->resting || !end_ready(&pipe->ends[0]) || !end_ready(&pipe->ends[1]))
        return;
    pipe->open = true;
    link_end_wire_open(&pipe->ends[0]);
    link_end_wire_open(&pipe->ends[1]);
}

static void pipe_close(struct pipe *pipe)
{
    pipe->open = false;
    link_end_wire_close(&pipe->ends[0]);
    link_end_wire_close(&pipe->ends[1]);
}

static void pipe_carry(struct link_end *end, struct buf *frame)
{
    link_end_received(other_end(end), frame);
}

static void on_end_up(struct link_end *end)
{
}

static void on_end_changed(struct link_end *end)
{
    pipe_open_when_ready(end->wire_context);
}

static void on_end_detaching(struct link_end *end)
{
    pipe_close(end->wire_context);
}

static void on_rested(struct timer *timer)
{
    struct pipe *pipe = CONTAINER_OF(timer, struct pipe, rest);

    pipe->resting = false;
    pipe_open_when_ready(pipe);
}

static void pipe_renew(struct link_end *end, const char *why)
{
    struct pipe *pipe = end->wire_context;

    if (why[0] != '\0') {
        log_warn(&end->log, "links", "session with %s ended: %s", end->peer, why);
        pipe->resting = true;
        timer_start_ms(end->strand, &pipe->rest, PIPE_REST_MS);
    }
    pipe_close(pipe);
}

static const struct wire_ops pipe_ops = {
    .carry = pipe_carry,
    .on_up = on_end_up,
    .on_down = on_end_changed,
    .renew = pipe_renew,
    .on_attached = on_end_changed,
    .on_detaching = on_end_detaching,
};

int pipe_init(struct pipe *pipe, const char *region_a, const char *region_b, struct strand *strand,
              const struct log *log)
{
    int rc;

    *pipe = (struct pipe){.open = false};
    timer_init(&pipe->rest, on_rested);
    rc = link_end_init(&pipe->ends[0], region_a, region_b, strand, log, &pipe_ops, pipe);
    if (rc < 0)
        return rc;
    rc = link_end_init(&pipe->ends[1], region_b, region_a, strand, log, &pipe_ops, pipe);
    if (rc < 0)
        link_end_release(&pipe->ends[0]);
    return rc;
}

void pipe_release(struct pipe *pipe)
{
    link_end_release(&pipe->ends[0]);
    link_end_release(&pipe->ends[1]);
}
