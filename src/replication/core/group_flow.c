/*
 * group_flow.c - see group_flow.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/core/group_flow.h"

#include <assert.h>

static void add_place(struct group_flow *flow, const char *region)
{
    struct flow_place *place;

    assert(flow->place_count < FLOW_PLACES_MAX);
    place = &flow->places[flow->place_count++];
    memset(place, 0, sizeof(*place));
    memcpy(place->region, region, strlen(region) + 1);
}

/** All members of a document but `except` (NULL: nobody), in the order of replica ids. */
static void add_members(struct group_flow *flow, const struct group_document *document,
                        const char *except)
{
    for (uint32_t i = 0; i < document->member_count; i++) {
        const struct group_member *member = &document->members[i];

        if (group_member_takes_part(member) &&
            (except == NULL || strcmp(member->region, except) != 0))
            add_place(flow, member->region);
    }
}

/** The target has (or will have) a table that takes part. */
static bool target_takes_part(const struct group_flow *flow)
{
    const struct group_member *member = group_member(&flow->first, flow->target);

    return member != NULL && group_member_takes_part(member);
}

static void enter(struct group_flow *flow, enum flow_phase phase)
{
    bool target_apart = flow->kind == GROUP_CREATE || flow->kind == GROUP_DELETE;

    flow->phase = phase;
    flow->place_count = 0;
    switch (phase) {
    case FLOW_CHECKING:
    case FLOW_WAITING:
        add_place(flow, flow->target);
        break;
    case FLOW_PROPOSING:
    case FLOW_FIRST:
        /* A CREATE's target has the highest id: it comes last by itself. */
        add_members(flow, &flow->first, NULL);
        break;
    case FLOW_SECOND:
        add_members(flow, &flow->second, target_apart ? flow->target : NULL);
        if (target_apart && target_takes_part(flow) && flow->failure[0] == '\0')
            add_place(flow, flow->target);
        break;
    case FLOW_ADMITTING:
    case FLOW_CLOSING:
    case FLOW_DONE:
        break;
    }
}

enum group_ask flow_ask(const struct group_flow *flow)
{
    switch (flow->phase) {
    case FLOW_CHECKING:
        return GROUP_ASK_ABSENT;
    case FLOW_PROPOSING:
        return GROUP_ASK_PROPOSE;
    case FLOW_WAITING:
        return GROUP_ASK_START;
    default:
        return GROUP_ASK_COMMIT;
    }
}

const struct group_document *flow_document(const struct group_flow *flow)
{
    return flow->phase == FLOW_SECOND ? &flow->second : &flow->first;
}

/** Promises are asked for one after the other; a target apart is asked when the others have
 * answered. */
static bool may_ask(const struct group_flow *flow, uint32_t at)
{
    bool in_order = flow->phase == FLOW_PROPOSING;
    bool target_last = (flow->phase == FLOW_FIRST && flow->kind == GROUP_CREATE) ||
                       (flow->phase == FLOW_SECOND && flow->kind == GROUP_DELETE);

    if (in_order || (target_last && strcmp(flow->places[at].region, flow->target) == 0)) {
        for (uint32_t i = 0; i < at; i++) {
            if (!flow->places[i].answered)
                return false;
        }
    }
    return true;
}

static void ask_due(struct group_flow *flow, const struct flow_limits *limits, int64_t now_ms,
                    struct flow_actions *ret)
{
    ret->ask = flow_ask(flow);
    for (uint32_t i = 0; i < flow->place_count; i++) {
        struct flow_place *place = &flow->places[i];
        int64_t wait_ms = limits->retry_ms;

        if (place->answered || now_ms < place->due_ms || !may_ask(flow, i))
            continue;
        for (uint32_t n = 0; n < place->tries && wait_ms < limits->retry_ms_max; n++)
            wait_ms *= 2;
        if (wait_ms > limits->retry_ms_max)
            wait_ms = limits->retry_ms_max;
        place->due_ms = now_ms + wait_ms;
        place->tries++;
        ret->asks[ret->ask_count++] = place->region;
    }
}

static void proceed(struct group_flow *flow, int64_t now_ms, struct flow_actions *ret)
{
    switch (flow->phase) {
    case FLOW_CHECKING:
        enter(flow, FLOW_PROPOSING);
        break;
    case FLOW_PROPOSING:
        enter(flow, FLOW_ADMITTING);
        ret->write = true;
        break;
    case FLOW_ADMITTING:
        enter(flow, FLOW_FIRST);
        ret->admitted = true;
        break;
    case FLOW_FIRST:
        if ((flow->kind == GROUP_CREATE || flow->kind == GROUP_DELETE) &&
            flow->failure[0] == '\0' && target_takes_part(flow)) {
            enter(flow, FLOW_WAITING);
            break;
        }
        /* fall through */
    case FLOW_WAITING:
        enter(flow, FLOW_CLOSING);
        group_plan_second(&flow->first, flow->failure[0] ? flow->failure : NULL, &flow->second);
        ret->write = true; /* the shell computes second.hash with the record */
        break;
    case FLOW_CLOSING:
        enter(flow, FLOW_SECOND);
        break;
    case FLOW_SECOND:
        enter(flow, FLOW_DONE);
        ret->done = true;
        break;
    case FLOW_DONE:
        break;
    }
}

/** All have answered: on to the next phases, through those that ask nobody. */
static void advance(struct group_flow *flow, const struct flow_limits *limits, int64_t now_ms,
                    struct flow_actions *ret)
{
    while (!ret->write && flow->phase != FLOW_DONE) {
        for (uint32_t i = 0; i < flow->place_count; i++) {
            if (!flow->places[i].answered) {
                ask_due(flow, limits, now_ms, ret);
                return;
            }
        }
        proceed(flow, now_ms, ret);
    }
}

static void refuse_all(struct group_flow *flow, enum group_result error, const char *at,
                       struct flow_actions *ret)
{
    flow->phase = FLOW_DONE;
    ret->refused = true;
    ret->error = error;
    ret->at = at;
}

static void answer(struct group_flow *flow, const struct flow_limits *limits,
                   const struct flow_event *event, struct flow_actions *ret)
{
    struct flow_place *place = NULL;

    for (uint32_t i = 0; i < flow->place_count; i++) {
        if (strcmp(flow->places[i].region, event->region) == 0)
            place = &flow->places[i];
    }
    /* "Taken" said of the first document, repeated by the network, is not said of the second. */
    if (place == NULL || place->answered || event->ask != flow_ask(flow) ||
        event->epoch != flow_document(flow)->epoch)
        return;
    switch (flow->phase) {
    case FLOW_CHECKING:
    case FLOW_PROPOSING:
        if (event->result != GROUP_OK) {
            refuse_all(flow, event->result, place->region, ret);
            return;
        }
        break;
    case FLOW_FIRST:
        if (event->result == GROUP_FAILED && flow->kind == GROUP_CREATE &&
            strcmp(place->region, flow->target) == 0) {
            strncpy(flow->failure, event->text && event->text[0] ? event->text : "failed",
                    sizeof(flow->failure) - 1);
        } else if (event->result != GROUP_OK) {
            return; /* asked again later */
        }
        flow->floor = hybrid_time_max(flow->floor, event->floor);
        break;
    case FLOW_WAITING:
        if (event->result == GROUP_NOT_YET) {
            place->due_ms = event->now_ms + limits->poll_ms;
            place->tries = 0;
        }
        if (event->result != GROUP_OK)
            return;
        break;
    case FLOW_SECOND:
        /* Who has left the group since needs its documents no more. */
        if (event->result != GROUP_OK && event->result != GROUP_GONE)
            return;
        break;
    default:
        return;
    }
    place->answered = true;
    advance(flow, limits, event->now_ms, ret);
}

static void tick(struct group_flow *flow, const struct flow_limits *limits, int64_t now_ms,
                 struct flow_actions *ret)
{
    if (flow->phase == FLOW_CHECKING || flow->phase == FLOW_PROPOSING) {
        if (now_ms >= flow->deadline_ms) {
            for (uint32_t i = 0; i < flow->place_count; i++) {
                if (!flow->places[i].answered) {
                    ret->unreachable = true;
                    refuse_all(flow, GROUP_FAILED, flow->places[i].region, ret);
                    return;
                }
            }
        }
    }
    if (flow->phase != FLOW_ADMITTING && flow->phase != FLOW_CLOSING && flow->phase != FLOW_DONE)
        ask_due(flow, limits, now_ms, ret);
}

void flow_step(struct group_flow *flow, const struct flow_limits *limits,
               const struct flow_event *event, struct flow_actions *ret)
{
    memset(ret, 0, sizeof(*ret));
    switch (event->kind) {
    case FLOW_BEGIN:
        flow->kind = flow->first.operation.kind;
        flow->operation = flow->first.operation.id;
        memcpy(flow->target, flow->first.operation.target, GROUP_REGION_BYTES);
        flow->deadline_ms = event->now_ms + limits->patience_ms;
        flow->failure[0] = '\0';
        flow->floor = (struct hybrid_time){0};
        enter(flow, flow->kind == GROUP_CREATE ? FLOW_CHECKING : FLOW_PROPOSING);
        advance(flow, limits, event->now_ms, ret);
        break;
    case FLOW_RESUME:
        assert(flow->phase == FLOW_FIRST || flow->phase == FLOW_SECOND);
        enter(flow, flow->phase);
        advance(flow, limits, event->now_ms, ret);
        break;
    case FLOW_ANSWER:
        answer(flow, limits, event, ret);
        break;
    case FLOW_WRITTEN:
        if (flow->phase == FLOW_ADMITTING || flow->phase == FLOW_CLOSING) {
            proceed(flow, event->now_ms, ret);
            advance(flow, limits, event->now_ms, ret);
        }
        break;
    case FLOW_TICK:
        tick(flow, limits, event->now_ms, ret);
        break;
    }
}
