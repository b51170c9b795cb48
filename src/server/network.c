/*
 * network.c - see network.h. A flat array of ends, whoever carries them: there are few, and every
 * question is asked of all of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/executor_threads.h"
#include "server/links.h"
#include "server/pipe.h"
#include "server/wait.h"

struct network {
    struct strand *strand;
    struct log log;
    struct pipe *pipes;
    uint32_t pipe_count;
    struct links *links[CONFIG_REGIONS_MAX]; /* by position in config->regions; NULL: no peers */
    uint32_t links_count;
    struct link_end **ends;
    uint32_t end_count;
};

static bool is_pipe(const struct network *network, const struct link_end *end)
{
    for (uint32_t i = 0; i < network->pipe_count; i++)
        if (end == &network->pipes[i].ends[0] || end == &network->pipes[i].ends[1])
            return true;
    return false;
}

static struct link_end *find_end(struct network *network, const char *region, const char *peer)
{
    for (uint32_t i = 0; i < network->end_count; i++)
        if (strcmp(network->ends[i]->region, region) == 0 &&
            strcmp(network->ends[i]->peer, peer) == 0)
            return network->ends[i];
    return NULL;
}

/* ---- attach, detach ---- */

struct coming {
    struct network *network;
    const char *region;
    struct replication *replication;
};

static void attach_on_strand(void *context)
{
    struct coming *coming = context;

    for (uint32_t i = 0; i < coming->network->end_count; i++)
        if (strcmp(coming->network->ends[i]->region, coming->region) == 0)
            link_end_attach(coming->network->ends[i], coming->replication);
}

void network_attach(struct network *network, const char *region, struct replication *replication)
{
    struct coming coming = {.network = network, .region = region, .replication = replication};

    strand_wait(network->strand, attach_on_strand, &coming);
}

/* The ends of one Region leave one after the other; the last opens the gate. */
struct going {
    struct network *network;
    const char *region;
    uint32_t next;
    struct gate gate;
    struct task task;
};

static void detach_next(struct going *going);

static void on_end_detached(struct link_end *end)
{
    detach_next(end->detach_context);
}

static void detach_next(struct going *going)
{
    struct network *network = going->network;

    while (going->next < network->end_count) {
        struct link_end *end = network->ends[going->next++];

        if (strcmp(end->region, going->region) == 0) {
            end->detach_context = going;
            link_end_detach(end, on_end_detached);
            return;
        }
    }
    gate_open(&going->gate);
}

static void begin_detach(struct task *task)
{
    detach_next(CONTAINER_OF(task, struct going, task));
}

void network_detach(struct network *network, const char *region)
{
    struct going going = {.network = network, .region = region};

    gate_init(&going.gate);
    task_init(&going.task, begin_detach);
    strand_post(network->strand, &going.task);
    gate_wait(&going.gate);
}

void network_bad_peer(struct network *network, const char *region, const char *peer,
                      const char *why)
{
    struct link_end *end = find_end(network, region, peer);

    if (end != NULL)
        link_end_bad_peer(end, why);
}

/* ---- shaping ---- */

struct shaping {
    struct network *network;
    const char *from, *to;
    bool both;
    const struct shape *shape;
    unsigned which;
    struct link_end *healed; /* an end of the link, when a cut has ended */
    int rc;
};

static void shape_one(struct link_end *end, enum shape_side side, struct shaping *shaping)
{
    struct shape shape = side == SHAPE_OUT ? end->out.shape : end->in.shape;
    bool was_cut = shape.cut;

    if (shaping->which & SHAPE_SET_DELAY)
        shape.delay_us = shaping->shape->delay_us;
    if (shaping->which & SHAPE_SET_JITTER)
        shape.jitter_us = shaping->shape->jitter_us;
    if (shaping->which & SHAPE_SET_LOSS)
        shape.loss_ppm = shaping->shape->loss_ppm;
    if (shaping->which & SHAPE_SET_CUT)
        shape.cut = shaping->shape->cut;
    link_end_shape(end, side, &shape);
    if (was_cut && !shape.cut)
        shaping->healed = end;
}

static int shape_direction(struct shaping *shaping, const char *from, const char *to)
{
    struct link_end *end = find_end(shaping->network, from, to);

    if (end != NULL) { /* of a pipe, the other end has nothing to add */
        shape_one(end, SHAPE_OUT, shaping);
        return 0;
    }
    end = find_end(shaping->network, to, from);
    if (end == NULL || is_pipe(shaping->network, end))
        return ST_NOTFOUND;
    shape_one(end, SHAPE_IN, shaping);
    return 0;
}

static void shape_on_strand(void *context)
{
    struct shaping *shaping = context;

    shaping->rc = shape_direction(shaping, shaping->from, shaping->to);
    if (shaping->rc == 0 && shaping->both)
        shaping->rc = shape_direction(shaping, shaping->to, shaping->from);
    if (shaping->healed != NULL)
        shaping->healed->wire->renew(shaping->healed, "");
}

int network_shape(struct network *network, const char *from, const char *to, bool both,
                  const struct shape *shape, unsigned which)
{
    struct shaping shaping = {
        .network = network, .from = from, .to = to, .both = both, .shape = shape, .which = which};

    strand_wait(network->strand, shape_on_strand, &shaping);
    return shaping.rc;
}

struct viewing {
    struct network *network;
    struct shape_view *views;
    uint32_t count;
};

static void view_on_strand(void *context)
{
    struct viewing *viewing = context;

    for (uint32_t i = 0; i < viewing->network->end_count; i++) {
        const struct link_end *end = viewing->network->ends[i];

        viewing->views[viewing->count++] = (struct shape_view){
            end->region, end->peer, end->out.shape, end->out.dropped, end->out.queued_bytes};
        if (!is_pipe(viewing->network, end))
            viewing->views[viewing->count++] = (struct shape_view){
                end->peer, end->region, end->in.shape, end->in.dropped, end->in.queued_bytes};
    }
}

int network_each_shape(struct network *network,
                       int (*visit)(void *context, const struct shape_view *view), void *context)
{
    struct viewing viewing = {.network = network};
    int rc = 0;

    viewing.views = calloc(network->end_count * 2 + 1, sizeof(*viewing.views));
    if (viewing.views == NULL)
        return ST_NOMEM;
    strand_wait(network->strand, view_on_strand, &viewing);
    for (uint32_t i = 0; i < viewing.count && rc == 0; i++)
        rc = visit(context, &viewing.views[i]);
    free(viewing.views);
    return rc;
}

/* ---- life ---- */

static int make_pipes(struct network *network, const struct config *config)
{
    uint32_t n = config->region_count;
    int rc;

    network->pipes = calloc(n * n / 2 + 1, sizeof(*network->pipes));
    if (network->pipes == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < n; i++) {
        for (uint32_t j = i + 1; j < n; j++) {
            struct pipe *pipe = &network->pipes[network->pipe_count];

            rc = pipe_init(pipe, config->regions[i].name, config->regions[j].name, network->strand,
                           &network->log);
            if (rc < 0)
                return rc;
            network->pipe_count++;
        }
    }
    return 0;
}

static int make_links(struct network *network, const struct config *config, struct refusal *reterr)
{
    int rc;

    if (config->peer_count == 0)
        return 0;
    for (uint32_t i = 0; i < config->region_count; i++) {
        rc = links_new(&config->regions[i], config->peers, config->peer_count, network->strand,
                       &network->log, &network->links[i], reterr);
        if (rc < 0)
            return rc;
        network->links_count++;
    }
    return 0;
}

static int gather_ends(struct network *network)
{
    uint32_t max = network->pipe_count * 2;

    for (uint32_t i = 0; i < network->links_count; i++)
        max += links_count(network->links[i]);
    network->ends = calloc(max + 1, sizeof(*network->ends));
    if (network->ends == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < network->pipe_count; i++) {
        network->ends[network->end_count++] = &network->pipes[i].ends[0];
        network->ends[network->end_count++] = &network->pipes[i].ends[1];
    }
    for (uint32_t i = 0; i < network->links_count; i++)
        for (uint32_t j = 0; j < links_count(network->links[i]); j++)
            network->ends[network->end_count++] = links_end(network->links[i], j);
    return 0;
}

int network_new(struct executor *executor, const struct config *config, const struct log *log,
                struct network **ret_network, struct refusal *reterr)
{
    struct network *network = calloc(1, sizeof(*network));
    int rc = ST_NOMEM;

    if (network == NULL)
        return ST_NOMEM;
    network->log = *log;
    network->strand = executor_strand(executor, STRAND_SHARED, "network");
    if (network->strand == NULL)
        goto out;
    rc = make_pipes(network, config);
    if (rc < 0)
        goto out;
    rc = make_links(network, config, reterr);
    if (rc < 0)
        goto out;
    rc = gather_ends(network);
    for (uint32_t i = 0; i < network->links_count && rc == 0; i++)
        rc = links_listen(network->links[i], reterr);
    if (rc < 0)
        goto out;
    *ret_network = network;
    network = NULL;
out:
    network_free(network);
    return rc;
}

static void close_on_strand(void *context)
{
    struct network *network = context;

    for (uint32_t i = 0; i < network->links_count; i++)
        links_close(network->links[i]);
    for (uint32_t i = 0; i < network->pipe_count; i++)
        timer_stop(&network->pipes[i].rest);
}

void network_free(struct network *network)
{
    if (network == NULL)
        return;
    if (network->strand != NULL)
        strand_wait(network->strand, close_on_strand, network);
    for (uint32_t i = 0; i < network->links_count; i++)
        links_free(network->links[i]);
    for (uint32_t i = 0; i < network->pipe_count; i++)
        pipe_release(&network->pipes[i]);
    free(network->pipes);
    free(network->ends);
    strand_free(network->strand);
    free(network);
}
