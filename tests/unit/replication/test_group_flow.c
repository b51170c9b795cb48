/*
 * test_group_flow.c - the coordinator of a change: who is asked what, and when the client hears of
 * it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "replication/core/group_flow.h"

static const struct flow_limits limits = {
    .retry_ms = 250, .retry_ms_max = 5000, .poll_ms = 1000, .patience_ms = 8000};
static const struct replica_overrides none = {INT64_MIN, INT64_MIN, CLASS_UNSET};

/** Members a, b; the change creates (or deletes) c or updates b, as planned by the caller. */
static struct group_flow *planned(enum group_kind kind, const char *target)
{
    struct group_flow *flow = calloc(1, sizeof(*flow));
    struct group_document before = {.epoch = 3, .hash = 33, .replica_next = 4};
    static const char *const regions[] = {"a", "b", "c"};

    assert_non_null(flow);
    before.member_count = kind == GROUP_CREATE ? 2 : 3;
    for (uint32_t i = 0; i < before.member_count; i++) {
        strcpy(before.members[i].region, regions[i]);
        before.members[i].replica = (uint16_t)(i + 1);
        before.members[i].status = REPLICA_ACTIVE;
        before.members[i].overrides = none;
    }
    strcpy(flow->self, "a");
    if (kind == GROUP_CREATE)
        assert_true(group_plan_create(&before, "a", target, &none, 0, &flow->first));
    else if (kind == GROUP_DELETE)
        group_plan_delete(&before, target, &flow->first);
    else
        group_plan_update(&before, target, &none, &flow->first);
    group_plan_open(&flow->first, &before, kind, 5, "a", target);
    return flow;
}

static struct flow_actions step(struct group_flow *flow, struct flow_event event)
{
    struct flow_actions actions;

    flow_step(flow, &limits, &event, &actions);
    return actions;
}

static struct flow_actions say(struct group_flow *flow, const char *region, enum group_ask ask,
                               enum group_result result)
{
    return step(flow, (struct flow_event){.kind = FLOW_ANSWER,
                                          .region = region,
                                          .ask = ask,
                                          .epoch = flow_document(flow)->epoch,
                                          .result = result});
}

/** Asks of an action as one word, "abc". */
static const char *asked(const struct flow_actions *actions)
{
    static char word[FLOW_PLACES_MAX + 1];

    for (uint32_t i = 0; i < actions->ask_count; i++)
        word[i] = actions->asks[i][0];
    word[actions->ask_count] = '\0';
    return word;
}

static void test_create_goes_through_all_phases(void **state)
{
    struct group_flow *flow = planned(GROUP_CREATE, "c");
    struct flow_actions actions = step(flow, (struct flow_event){.kind = FLOW_BEGIN});

    assert_string_equal(asked(&actions), "c");
    assert_int_equal(actions.ask, GROUP_ASK_ABSENT);
    actions = say(flow, "c", GROUP_ASK_ABSENT, GROUP_OK);
    assert_string_equal(asked(&actions), "a"); /* one after the other, by replica id */
    assert_int_equal(actions.ask, GROUP_ASK_PROPOSE);
    actions = say(flow, "a", GROUP_ASK_PROPOSE, GROUP_OK);
    assert_string_equal(asked(&actions), "b");
    actions = say(flow, "b", GROUP_ASK_PROPOSE, GROUP_OK);
    assert_string_equal(asked(&actions), "c");
    assert_false(actions.write);
    actions = say(flow, "c", GROUP_ASK_PROPOSE, GROUP_OK);
    assert_true(actions.write);
    assert_false(actions.admitted);
    actions = step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    assert_true(actions.admitted);
    assert_string_equal(asked(&actions), "ab"); /* the newcomer waits until all keep their logs */
    assert_int_equal(actions.ask, GROUP_ASK_COMMIT);
    actions = step(flow, (struct flow_event){.kind = FLOW_ANSWER,
                                             .region = "b",
                                             .ask = GROUP_ASK_COMMIT,
                                             .result = GROUP_OK,
                                             .epoch = flow->first.epoch,
                                             .floor = {900}});
    assert_string_equal(asked(&actions), "");
    actions = say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK);
    assert_string_equal(asked(&actions), "c");
    actions = say(flow, "c", GROUP_ASK_COMMIT, GROUP_OK);
    assert_int_equal(actions.ask, GROUP_ASK_START);
    assert_int_equal(flow->floor.bits, 900);
    actions = say(flow, "c", GROUP_ASK_START, GROUP_NOT_YET);
    assert_string_equal(asked(&actions), "");
    actions = say(flow, "c", GROUP_ASK_START, GROUP_OK);
    assert_true(actions.write);
    assert_int_equal(group_member(&flow->second, "c")->status, REPLICA_ACTIVE);
    actions = step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    assert_string_equal(asked(&actions), "abc");
    say(flow, "c", GROUP_ASK_COMMIT, GROUP_OK);
    say(flow, "b", GROUP_ASK_COMMIT, GROUP_OK);
    actions = say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK);
    assert_true(actions.done);
    free(flow);
}

static void test_a_deleted_replica_hears_last_that_it_is_out(void **state)
{
    struct group_flow *flow = planned(GROUP_DELETE, "b");
    struct flow_actions actions = step(flow, (struct flow_event){.kind = FLOW_BEGIN});

    say(flow, "a", GROUP_ASK_PROPOSE, GROUP_OK);
    say(flow, "b", GROUP_ASK_PROPOSE, GROUP_OK);
    say(flow, "c", GROUP_ASK_PROPOSE, GROUP_OK);
    actions = step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    assert_string_equal(asked(&actions), "abc");
    say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK);
    say(flow, "b", GROUP_ASK_COMMIT, GROUP_OK);
    actions = say(flow, "c", GROUP_ASK_COMMIT, GROUP_OK);
    assert_int_equal(actions.ask, GROUP_ASK_START); /* drain */
    assert_string_equal(asked(&actions), "b");
    say(flow, "b", GROUP_ASK_START, GROUP_OK);
    actions = step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    assert_string_equal(asked(&actions), "ac");
    say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK);
    actions = say(flow, "c", GROUP_ASK_COMMIT, GROUP_OK);
    assert_string_equal(asked(&actions), "b");
    /* What b said of the first document comes again: it says nothing of the second. */
    assert_false(step(flow, (struct flow_event){.kind = FLOW_ANSWER,
                                                .region = "b",
                                                .ask = GROUP_ASK_COMMIT,
                                                .result = GROUP_OK,
                                                .epoch = flow->first.epoch})
                     .done);
    assert_true(say(flow, "b", GROUP_ASK_COMMIT, GROUP_OK).done);
    free(flow);
}

/* Simulator, seed 5697: the others heard that "a" was out, ended the group and began another one of
 * the same table, while the answer of one of them was lost: "a" asked for ever. */
static void test_who_has_left_since_is_asked_no_more(void **state)
{
    struct group_flow *flow = planned(GROUP_DELETE, "a");

    step(flow, (struct flow_event){.kind = FLOW_BEGIN});
    say(flow, "a", GROUP_ASK_PROPOSE, GROUP_OK);
    say(flow, "b", GROUP_ASK_PROPOSE, GROUP_OK);
    say(flow, "c", GROUP_ASK_PROPOSE, GROUP_OK);
    step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK);
    say(flow, "b", GROUP_ASK_COMMIT, GROUP_OK);
    assert_false(
        say(flow, "c", GROUP_ASK_COMMIT, GROUP_GONE).write); /* the first: it must be known */
    say(flow, "c", GROUP_ASK_COMMIT, GROUP_OK);
    say(flow, "a", GROUP_ASK_START, GROUP_OK);
    step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    say(flow, "b", GROUP_ASK_COMMIT, GROUP_OK);
    assert_false(say(flow, "c", GROUP_ASK_COMMIT, GROUP_STALE).done);
    say(flow, "c", GROUP_ASK_COMMIT, GROUP_GONE);
    assert_true(say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK).done);
    free(flow);
}

static void test_a_refusal_ends_it_with_nothing_written(void **state)
{
    struct group_flow *flow = planned(GROUP_UPDATE, "b");
    struct flow_actions actions;

    step(flow, (struct flow_event){.kind = FLOW_BEGIN});
    say(flow, "a", GROUP_ASK_PROPOSE, GROUP_OK);
    actions = say(flow, "b", GROUP_ASK_PROPOSE, GROUP_IN_USE);
    assert_true(actions.refused);
    assert_false(actions.unreachable);
    assert_int_equal(actions.error, GROUP_IN_USE);
    assert_string_equal(actions.at, "b");
    free(flow);
}

static void test_a_member_that_does_not_answer_is_named(void **state)
{
    struct group_flow *flow = planned(GROUP_UPDATE, "b");
    struct flow_actions actions;
    uint32_t asks = 0;

    step(flow, (struct flow_event){.kind = FLOW_BEGIN});
    say(flow, "a", GROUP_ASK_PROPOSE, GROUP_OK);
    for (int64_t now_ms = 0; now_ms < 8000; now_ms += 100)
        asks += step(flow, (struct flow_event){.kind = FLOW_TICK, .now_ms = now_ms}).ask_count;
    assert_in_range(asks, 3, 8);
    actions = step(flow, (struct flow_event){.kind = FLOW_TICK, .now_ms = 8000});
    assert_true(actions.refused);
    assert_true(actions.unreachable);
    assert_string_equal(actions.at, "b");
    free(flow);
}

static void test_a_decision_is_carried_on_after_a_restart(void **state)
{
    struct group_flow *flow = planned(GROUP_UPDATE, "b");
    struct flow_actions actions;

    step(flow, (struct flow_event){.kind = FLOW_BEGIN});
    say(flow, "a", GROUP_ASK_PROPOSE, GROUP_OK);
    say(flow, "b", GROUP_ASK_PROPOSE, GROUP_OK);
    assert_true(say(flow, "c", GROUP_ASK_PROPOSE, GROUP_OK).write);
    flow->phase = FLOW_FIRST; /* as read back from the record */
    flow->place_count = 0;
    actions = step(flow, (struct flow_event){.kind = FLOW_RESUME, .now_ms = 5});
    assert_string_equal(asked(&actions), "abc");
    assert_false(actions.admitted);
    say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK);
    assert_false(say(flow, "b", GROUP_ASK_COMMIT, GROUP_STALE).write); /* not an answer */
    say(flow, "b", GROUP_ASK_COMMIT, GROUP_OK);
    assert_true(say(flow, "c", GROUP_ASK_COMMIT, GROUP_OK).write);
    free(flow);
}

static void test_a_replica_that_cannot_be_made_is_marked(void **state)
{
    struct group_flow *flow = planned(GROUP_CREATE, "c");
    struct flow_actions actions;

    step(flow, (struct flow_event){.kind = FLOW_BEGIN});
    say(flow, "c", GROUP_ASK_ABSENT, GROUP_OK);
    say(flow, "a", GROUP_ASK_PROPOSE, GROUP_OK);
    say(flow, "b", GROUP_ASK_PROPOSE, GROUP_OK);
    say(flow, "c", GROUP_ASK_PROPOSE, GROUP_OK);
    step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    say(flow, "a", GROUP_ASK_COMMIT, GROUP_OK);
    say(flow, "b", GROUP_ASK_COMMIT, GROUP_OK);
    actions = step(flow, (struct flow_event){.kind = FLOW_ANSWER,
                                             .region = "c",
                                             .ask = GROUP_ASK_COMMIT,
                                             .result = GROUP_FAILED,
                                             .epoch = flow->first.epoch,
                                             .text = "a table is there"});
    assert_true(actions.write);
    assert_int_equal(group_member(&flow->second, "c")->status, REPLICA_CREATION_FAILED);
    actions = step(flow, (struct flow_event){.kind = FLOW_WRITTEN});
    assert_string_equal(asked(&actions), "ab");
    free(flow);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create_goes_through_all_phases),
        cmocka_unit_test(test_a_deleted_replica_hears_last_that_it_is_out),
        cmocka_unit_test(test_who_has_left_since_is_asked_no_more),
        cmocka_unit_test(test_a_refusal_ends_it_with_nothing_written),
        cmocka_unit_test(test_a_member_that_does_not_answer_is_named),
        cmocka_unit_test(test_a_decision_is_carried_on_after_a_restart),
        cmocka_unit_test(test_a_replica_that_cannot_be_made_is_marked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
