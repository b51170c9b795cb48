/*
 * net.c - the links between Regions: a transport for each direction, and what happens to frames.
 *
 * A connection joins both directions of a pair. It is reset as TCP would (both ends lose what was
 * under way, and come up again one after the other), or a frame of long ago is delivered on it,
 * which no TCP would do, but which must do no harm either.
 *
 * Frames travel as timers of the net's own strand, so the death of a Region does not stop what is
 * on its way to others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "sim.h"

struct packet {
    struct task task;
    struct timer timer;
    struct link_sim *link;
    uint64_t connection;
    int64_t due_ns;
    bool old; /* delivered whatever connection there is */
    struct buf frame;
};

/* A change of a link's ends, some time from now. */
struct link_event {
    struct task task;
    struct timer timer;
    struct link_sim *link;
    uint64_t connection;
    int64_t due_ns;
};

/* ---- delivery ---- */

static void deliver(struct packet *packet)
{
    struct link_sim *link = packet->link;
    struct sim *sim = link->sim;
    struct region *to = &sim->regions[link->to];
    struct link_sim *back = &sim->links[link->to][link->from];

    if (to->open && back->up && !link->cut &&
        (packet->old || packet->connection == link->connection))
        replication_receive(to->replication, region_names[link->from], &packet->frame);
}

static void on_arrival(struct timer *timer)
{
    struct packet *packet = CONTAINER_OF(timer, struct packet, timer);
    struct link_sim *link = packet->link;
    struct sim *sim = link->sim;
    struct region *from = &sim->regions[link->from];

    deliver(packet);
    if (!packet->old && packet->connection == link->connection && link->in_flight > 0) {
        link->in_flight--;
        if (link->congested && link->in_flight < IN_FLIGHT_MAX / 2) {
            link->congested = false;
            if (from->open && link->up)
                replication_link_drained(from->replication, region_names[link->to]);
        }
    }
    buf_release(&packet->frame);
    free(packet);
    sim->packets--;
}

static void on_packet(struct task *task)
{
    struct packet *packet = CONTAINER_OF(task, struct packet, task);

    timer_start(packet->link->sim->net, &packet->timer, (struct mono){packet->due_ns});
}

static struct packet *packet_new(struct link_sim *link, struct slice frame)
{
    struct packet *packet = calloc(1, sizeof(*packet));

    if (packet == NULL || buf_append_slice(&packet->frame, frame) < 0)
        abort();
    packet->link = link;
    packet->connection = link->connection;
    link->sim->packets++;
    task_init(&packet->task, on_packet);
    timer_init(&packet->timer, on_arrival);
    return packet;
}

static int64_t exponential_us(struct sim_random *random, int64_t mean_us)
{
    /* Geometric with 16 steps to the mean: no floating point, same on every machine. */
    int64_t steps = 0;

    while (steps < 160 && sim_random_below(random, 17) != 0)
        steps++;
    return mean_us * steps / 16;
}

static int64_t due_of(struct link_sim *link)
{
    struct sim *sim = link->sim;
    const struct sim_options *options = &sim->options;
    int64_t due_ns = executor_now(sim->executor).ns;

    due_ns +=
        (options->delay_us + link->slow_us + exponential_us(&link->random, options->jitter_us)) *
        1000;
    if (!options->on[FAULT_REORDER] || sim->healed) {
        if (due_ns <= link->last_due_ns)
            due_ns = link->last_due_ns + 1000;
    } else if (due_ns < link->last_due_ns) {
        sim->totals.faults[FAULT_REORDER]++;
    }
    if (due_ns > link->last_due_ns)
        link->last_due_ns = due_ns;
    return due_ns;
}

static void remember(struct link_sim *link, struct slice frame)
{
    struct buf *place;

    if (!link->sim->options.on[FAULT_REPLAY])
        return;
    /* Heartbeats and gossip are not worth a place unless there is room. */
    if (link->old_count >= OLD_FRAMES &&
        (frame.ptr[5] == FRAME_HEARTBEAT || frame.ptr[5] == FRAME_GOSSIP))
        return;
    if (link->old_count < OLD_FRAMES)
        place = &link->old[link->old_count++];
    else
        place = &link->old[sim_random_below(&link->random, OLD_FRAMES)];
    buf_clear(place);
    buf_append_slice(place, frame);
}

static void link_send(void *transport, struct buf *frame)
{
    struct link_sim *link = transport;
    struct sim *sim = link->sim;
    const struct sim_options *options = &sim->options;
    uint32_t copies = 1;

    if (!sim->regions[link->from].open) { /* it is closing: nobody takes it any more */
        buf_release(frame);
        return;
    }
    ghost_frame(link, buf_slice(frame));
    sim->totals.frames++;
    sim->totals.bytes += frame->len;
    link->frames[frame->ptr[5]]++;
    remember(link, buf_slice(frame));
    if (!link->up) {
        sim_fail(sim, "transport", "%s sends to %s after its link went down",
                 region_names[link->from], region_names[link->to]);
    }
    if (link->bad_weather && options->on[FAULT_DROP] &&
        sim_random_chance(&link->random, options->drop)) {
        copies = 0;
        sim->totals.faults[FAULT_DROP]++;
    } else if (link->bad_weather && options->on[FAULT_DUPLICATE] &&
               sim_random_chance(&link->random, options->duplicate)) {
        copies = 2;
        sim->totals.faults[FAULT_DUPLICATE]++;
    }
    while (copies-- > 0) {
        struct packet *packet = packet_new(link, buf_slice(frame));

        packet->due_ns = due_of(link);
        link->in_flight++;
        strand_post(sim->net, &packet->task);
    }
    buf_release(frame);
}

static bool link_sendable(void *transport)
{
    struct link_sim *link = transport;

    if (link->in_flight < IN_FLIGHT_MAX &&
        !(link->sim->options.on[FAULT_CONGEST] && link->bad_weather &&
          sim_random_chance(&link->random, 0.1) && link->in_flight > 0))
        return true;
    link->congested = true;
    link->sim->totals.faults[FAULT_CONGEST]++;
    return false;
}

static const struct transport_ops link_ops = {.send = link_send, .sendable = link_sendable};

void net_replay(struct link_sim *link)
{
    struct sim *sim = link->sim;
    uint32_t count = link->old_count;

    if (count == 0)
        return;
    for (uint64_t n = 1 + sim_random_below(&link->random, 8); n > 0; n--) {
        const struct buf *old = &link->old[sim_random_below(&link->random, count)];
        struct packet *packet = packet_new(link, buf_slice(old));

        packet->old = true;
        packet->due_ns =
            executor_now(sim->executor).ns + (int64_t)sim_random_below(&link->random, 2000000000);
        sim->totals.faults[FAULT_REPLAY]++;
        strand_post(sim->net, &packet->task);
    }
}

/* ---- ends coming up and going down ---- */

static void on_down(struct link_down *down)
{
    struct link_sim *link = CONTAINER_OF(down, struct link_sim, down);

    link->up = link->going_down = false;
}

/** Tells the sender's Region that this direction's transport is gone. */
static void end_down(struct link_sim *link)
{
    struct region *from = &link->sim->regions[link->from];

    if (!from->open || !link->up || link->going_down)
        return;
    link->going_down = true;
    link->down.on_down = on_down;
    replication_link_down(from->replication, region_names[link->to], &link->down);
}

static void on_end_up(struct timer *timer)
{
    struct link_event *event = CONTAINER_OF(timer, struct link_event, timer);
    struct link_sim *link = event->link;
    struct sim *sim = link->sim;
    struct region *from = &sim->regions[link->from];

    if (event->connection == link->connection && from->open && !link->up) {
        link->up = true;
        link->in_flight = 0;
        link->congested = false;
        sim_trace(sim, "net: %s -> %s is up", region_names[link->from], region_names[link->to]);
        replication_link_up(from->replication, region_names[link->to], &link_ops, link);
    } else if (event->connection == link->connection && from->open && link->up) {
        timer_start(sim->net, timer, mono_add_ms(executor_now(sim->executor), 20));
        return; /* its end has not come down yet */
    }
    free(event);
}

static void on_event(struct task *task)
{
    struct link_event *event = CONTAINER_OF(task, struct link_event, task);

    timer_start(event->link->sim->net, &event->timer, (struct mono){event->due_ns});
}

static void end_up_later(struct link_sim *link, int64_t ms)
{
    struct link_event *event = calloc(1, sizeof(*event));

    if (event == NULL)
        abort();
    event->link = link;
    event->connection = link->connection;
    event->due_ns = executor_now(link->sim->executor).ns + ms * 1000000;
    task_init(&event->task, on_event);
    timer_init(&event->timer, on_end_up);
    strand_post(link->sim->net, &event->task);
}

void net_connect(struct sim *sim, uint32_t a, uint32_t b)
{
    struct link_sim *there = &sim->links[a][b], *back = &sim->links[b][a];
    bool quick = sim->healed;

    there->connection = ++back->connection;
    if (there->connection < back->connection)
        there->connection = back->connection;
    back->connection = there->connection;
    there->in_flight = back->in_flight = 0;
    end_up_later(there, quick ? 5 : sim_random_between(&there->random, 1, 3000));
    end_up_later(back, quick ? 5 : sim_random_between(&back->random, 1, 3000));
}

void net_reset(struct sim *sim, uint32_t a, uint32_t b)
{
    end_down(&sim->links[a][b]);
    end_down(&sim->links[b][a]);
    net_connect(sim, a, b);
}

void net_region_gone(struct region *region)
{
    struct sim *sim = region->sim;

    for (uint32_t i = 0; i < REGIONS; i++) {
        if (i == region->index)
            continue;
        sim->links[region->index][i].up = sim->links[region->index][i].going_down = false;
        sim->links[region->index][i].in_flight = 0;
        end_down(&sim->links[i][region->index]);
        sim->links[i][region->index].connection++;
        sim->links[region->index][i].connection = sim->links[i][region->index].connection;
    }
}

void net_region_opened(struct region *region)
{
    struct sim *sim = region->sim;

    for (uint32_t i = 0; i < REGIONS; i++) {
        if (i != region->index && sim->regions[i].open)
            net_connect(sim, region->index, i);
    }
}

/* ---- life ---- */

void net_init(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        for (uint32_t j = 0; j < REGIONS; j++) {
            char name[32];

            snprintf(name, sizeof(name), "link %u %u", i, j);
            sim->links[i][j] = (struct link_sim){.sim = sim,
                                                 .from = i,
                                                 .to = j,
                                                 .random = sim_random_fork(sim->options.seed, name),
                                                 .bad_weather = true};
        }
    }
}

void net_heal(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        for (uint32_t j = 0; j < REGIONS; j++) {
            sim->links[i][j].cut = sim->links[i][j].bad_weather = false;
            sim->links[i][j].slow_us = 0;
        }
    }
}

uint64_t net_frames(const struct sim *sim, bool heartbeats_too)
{
    uint64_t frames = 0;

    for (uint32_t i = 0; i < REGIONS; i++) {
        for (uint32_t j = 0; j < REGIONS; j++) {
            for (uint32_t type = 0; type < FRAME_TYPE_COUNT; type++) {
                if (type != FRAME_HEARTBEAT || heartbeats_too)
                    frames += sim->links[i][j].frames[type];
            }
        }
    }
    return frames;
}

void net_release(struct sim *sim)
{
    /* Packets that are still under way arrive nowhere: all Regions are closed. */
    while (sim->packets > 0 && sim_executor_step(sim->executor_sim))
        ;
    for (uint32_t i = 0; i < REGIONS; i++) {
        for (uint32_t j = 0; j < REGIONS; j++) {
            for (uint32_t n = 0; n < OLD_FRAMES; n++)
                buf_release(&sim->links[i][j].old[n]);
        }
    }
}
