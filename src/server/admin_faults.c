/*
 * admin_faults.c - trouble on purpose: links made worse, Regions stopped, clocks moved.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "server/admin.h"
#include "server/quantity.h"
#include "server/report.h"

/* ---- links ---- */

struct link_change {
    const char *from, *to;
    bool one_way;
    struct shape shape;
    unsigned which;
};

static bool read_delays(struct admin_call *call, struct link_change *change)
{
    const char *delay, *jitter, *loss;

    if (!admin_text(call, "delay", &delay) || !admin_text(call, "jitter", &jitter) ||
        !admin_text(call, "loss", &loss))
        return false;
    if (delay != NULL) {
        change->which |= SHAPE_SET_DELAY;
        if (quantity_duration(delay, &change->shape.delay_us) < 0 || change->shape.delay_us < 0 ||
            change->shape.delay_us > SHAPE_DELAY_US_MAX) {
            admin_refuse(call, 400, "delay \"%s\" is not from 0 to 60s; write 80ms", delay);
            return false;
        }
    }
    if (jitter != NULL) {
        change->which |= SHAPE_SET_JITTER;
        if (quantity_duration(jitter, &change->shape.jitter_us) < 0 ||
            change->shape.jitter_us < 0 || change->shape.jitter_us > SHAPE_DELAY_US_MAX) {
            admin_refuse(call, 400, "jitter \"%s\" is not from 0 to 60s; write 10ms", jitter);
            return false;
        }
    }
    if (loss != NULL) {
        change->which |= SHAPE_SET_LOSS;
        if (quantity_share(loss, &change->shape.loss_ppm) < 0) {
            admin_refuse(call, 400, "loss \"%s\" is not from 0%% to 100%%; write 5%%", loss);
            return false;
        }
    }
    return true;
}

static bool read_link_change(struct admin_call *call, struct link_change *change)
{
    struct json member;

    if (!admin_text(call, "from", &change->from) || !admin_text(call, "to", &change->to) ||
        !admin_bool(call, "one_way", &change->one_way) || !read_delays(call, change))
        return false;
    if (json_member(call->body, SLICE("cut"), &member) && json_type(member) != JSON_NULL) {
        change->which |= SHAPE_SET_CUT;
        if (!admin_bool(call, "cut", &change->shape.cut))
            return false;
    }
    if (change->from == NULL || change->to == NULL) {
        admin_refuse(call, 400, "\"from\" and \"to\" name the two Regions of the link");
        return false;
    }
    return true;
}

struct showing {
    struct json_writer writer;
    const struct link_change *change;
};

static int show_direction(void *context, const struct shape_view *view)
{
    struct showing *showing = context;
    const struct link_change *change = showing->change;

    if ((strcmp(view->from, change->from) == 0 && strcmp(view->to, change->to) == 0) ||
        (strcmp(view->from, change->to) == 0 && strcmp(view->to, change->from) == 0))
        shape_write(&showing->writer, view);
    return 0;
}

void admin_link(struct admin_call *call)
{
    struct network *network = call->server->host.network;
    struct link_change change = {.from = NULL};
    struct buf out = BUF_EMPTY;
    struct showing showing = {.writer = json_writer_of(&out), .change = &change};
    int rc;

    if (!read_link_change(call, &change))
        return;
    rc = network_shape(network, change.from, change.to, !change.one_way, &change.shape,
                       change.which);
    if (rc < 0) {
        admin_refuse(call, 404,
                     "no link between %s and %s ends here; `tropic status` lists the "
                     "links",
                     change.from, change.to);
        return;
    }
    json_object_begin(&showing.writer);
    json_key(&showing.writer, "directions");
    json_array_begin(&showing.writer);
    if (network_each_shape(network, show_direction, &showing) < 0)
        out.failed = true;
    json_array_end(&showing.writer);
    json_object_end(&showing.writer);
    admin_answer(call, &out);
}

/* ---- Regions and clocks ---- */

/* The Region that "region" names, in whatever state; NULL: answered. */
static struct region *named_region(struct admin_call *call)
{
    struct region *region;
    const char *name;

    if (!admin_text(call, "region", &name))
        return NULL;
    if (name == NULL) {
        admin_refuse(call, 400, "which Region? give \"region\"");
        return NULL;
    }
    region = server_region(call->server, slice_str(name));
    if (region == NULL)
        admin_refuse(call, 404, "Region %s is not hosted here", name);
    return region;
}

static void answer_region(struct admin_call *call, struct region *region)
{
    struct buf out = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&out);

    json_object_begin(&writer);
    json_key(&writer, "region");
    json_put_str(&writer, region->config->name);
    json_key(&writer, "state");
    json_put_str(&writer, region_state_name(region_state(region)));
    json_key(&writer, "clock_offset_ms");
    json_put_int(&writer, atomic_load(&region->clock.offset_us) / 1000);
    json_key(&writer, "wall_ms");
    json_put_int(&writer, clock_wall_ms(&region->clock));
    json_object_end(&writer);
    admin_answer(call, &out);
}

/* On the control strand, which is the only one to open and close Regions between start and stop. */
void admin_region(struct admin_call *call)
{
    struct region *region;
    struct refusal refusal;
    const char *action;

    region = named_region(call);
    if (region == NULL || !admin_text(call, "action", &action))
        return;
    if (action != NULL && strcmp(action, "stop") == 0) {
        if (region_state(region) == REGION_OPEN) {
            region_close(region);
            log_info(&region->log, "server", "Region is stopped");
        }
    } else if (action != NULL && strcmp(action, "start") == 0) {
        if (region_state(region) == REGION_CLOSED) {
            if (region_open(region, &refusal) < 0) {
                log_error(&region->log, "server", "%s", refusal.text);
                admin_refuse(call, 500, "%s", refusal.text);
                return;
            }
            log_info(&region->log, "server", "Region is open");
        }
    } else {
        admin_refuse(call, 400, "\"action\" is \"stop\" or \"start\"");
        return;
    }
    answer_region(call, region);
}

void admin_clock(struct admin_call *call)
{
    struct region *region = named_region(call);
    const char *offset;
    int64_t offset_us;

    if (region == NULL || !admin_text(call, "offset", &offset))
        return;
    if (offset != NULL) {
        if (quantity_duration(offset, &offset_us) < 0) {
            admin_refuse(call, 400, "offset \"%s\" is not a duration; write +25h, -90m or 0",
                         offset);
            return;
        }
        clock_set_offset_us(&region->clock, offset_us);
        log_info(&region->log, "server", "clock is %+.3f s from the machine's",
                 (double)offset_us / 1e6);
    }
    answer_region(call, region);
}
