/*
 * group_flow.h - pure core: the coordinator of one change to a global table.
 *
 *   CHECKING ---> PROPOSING ---> ADMITTING ---> FIRST ---> WAITING ---> SECOND ---> DONE
 *   (CREATE:      each member    the decision   document   the target   the closing
 *   no table of   promises, in   is made        n + 1 to   fills or     document to
 *   that name?)   replica order  durable        everybody  drains       everybody
 *        |             |
 *        +--refused----+--> DONE, nothing has changed (promises void: core/group.h)
 *
 * Up to ADMITTING nothing is written, and a coordinator that dies has simply not begun. The record
 * that ADMITTING writes (the first document) is the decision: from then on every step is repeated
 * until it is answered, across restarts, and the client has its answer. UPDATE and SETTINGS skip
 * WAITING. In FIRST the target of a CREATE comes after all members have taken the document: from
 * then on each of them keeps its log for it. In SECOND the target of a DELETE comes last.
 *
 * Asks go to this Region too, through the same door: the coordinator is a member like the others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_REPLICATION_CORE_GROUP_FLOW_H
#define TROPIC_REPLICATION_CORE_GROUP_FLOW_H

#include "replication/core/group.h"

enum flow_phase {
    FLOW_CHECKING,
    FLOW_PROPOSING,
    FLOW_ADMITTING,
    FLOW_FIRST,
    FLOW_WAITING,
    FLOW_CLOSING,
    FLOW_SECOND,
    FLOW_DONE
};

enum { FLOW_PLACES_MAX = GROUP_MEMBERS_MAX + 1 };

struct group_flow {
    enum flow_phase phase;
    enum group_kind kind;
    uint64_t operation;
    char self[GROUP_REGION_BYTES], target[GROUP_REGION_BYTES];
    struct group_document first, second; /* second: from CLOSING on */
    struct hybrid_time floor;            /* the highest that a member had when it took `first` */
    char failure[128];                   /* why the target could not be made; "" */
    /* Who must answer in this phase. */
    uint32_t place_count;
    struct flow_place {
        char region[GROUP_REGION_BYTES];
        bool answered;
        int64_t due_ms; /* when to ask again */
        uint32_t tries;
    } places[FLOW_PLACES_MAX];
    int64_t deadline_ms; /* CHECKING, PROPOSING: give up then */
};

struct flow_limits {
    int64_t retry_ms, retry_ms_max;
    int64_t poll_ms;     /* WAITING: how often the target is asked */
    int64_t patience_ms; /* before the decision */
};

struct flow_event {
    enum flow_event_kind {
        FLOW_BEGIN,   /* first is planned, with epoch and operation */
        FLOW_RESUME,  /* after a restart: phase, first (and second) as in the record */
        FLOW_ANSWER,  /* region, ask, epoch, result, floor, text */
        FLOW_WRITTEN, /* the record that was to be written is durable */
        FLOW_TICK,
    } kind;
    int64_t now_ms;
    const char *region;
    enum group_ask ask;
    uint64_t epoch; /* of the document that the question was about */
    enum group_result result;
    struct hybrid_time floor;
    const char *text; /* FAILED: words; may be NULL */
};

struct flow_actions {
    /* Ask each of these places, with this kind. */
    uint32_t ask_count;
    const char *asks[FLOW_PLACES_MAX];
    enum group_ask ask;
    bool write;    /* make the record durable, then report FLOW_WRITTEN */
    bool admitted; /* tell the client: accepted */
    bool refused;  /* tell the client `error`; forget the flow, ABORT to whom it asked */
    enum group_result error;
    bool unreachable; /* refused because `at` did not answer */
    const char *at;   /* who refused */
    bool done;        /* delete the record, forget the flow */
};

void flow_step(struct group_flow *flow, const struct flow_limits *limits,
               const struct flow_event *event, struct flow_actions *ret);
/** What is asked in this phase. */
enum group_ask flow_ask(const struct group_flow *flow);
/** The document that goes with the question: first or second. */
const struct group_document *flow_document(const struct group_flow *flow);

#endif
