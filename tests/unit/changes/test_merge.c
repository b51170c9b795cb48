/*
 * test_merge.c - who wins, what is a conflict, and that the result is a function of the set.
 *
 * The property tests play real histories: a few replicas write one item, each write having seen
 * what its replica had merged, and deliver one another's writes in any order, any number of times.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/sim_random.h"
#include "changes/merge.h"

static struct version v(uint64_t time, uint16_t replica)
{
    return (struct version){{time}, replica};
}

static struct record live(uint64_t time, uint16_t replica)
{
    return (struct record){
        .version = v(time, replica), .hash = (u128)time << 16 | (replica + 1u), .item = SLICE("i")};
}

static struct record seen(struct record record, uint64_t time, uint16_t replica)
{
    context_add(&record.context, v(time, replica));
    return record;
}

static struct merge_result decide(const struct record *stored, struct record incoming,
                                  uint16_t replica)
{
    struct merge_input input = {.stored = stored, .incoming = &incoming, .replica = replica};
    struct merge_result result;

    merge_decide(&input, &result);
    return result;
}

static void test_anything_applies_to_nothing(void **state)
{
    struct merge_result result = decide(NULL, live(5, 2), 1);

    assert_int_equal(result.outcome, MERGE_APPLY);
    assert_true(result.store);
    assert_false(result.log_conflict);
}

static void test_a_successor_applies_without_conflict(void **state)
{
    struct record stored = live(5, 1);
    struct merge_result result = decide(&stored, seen(live(6, 2), 5, 1), 1);

    assert_int_equal(result.outcome, MERGE_APPLY);
    assert_true(context_covers(&result.context, v(5, 1)));
    assert_false(result.log_conflict);
}

static void test_the_same_replicas_later_write_is_a_successor(void **state)
{
    struct record stored = live(5, 2);

    assert_int_equal(decide(&stored, live(6, 2), 1).outcome, MERGE_APPLY);
    assert_int_equal(decide(&stored, live(4, 2), 1).outcome, MERGE_DROP);
}

static void test_a_duplicate_changes_nothing(void **state)
{
    struct record stored = seen(live(5, 2), 3, 1);
    struct merge_result result = decide(&stored, stored, 1);

    assert_int_equal(result.outcome, MERGE_DROP);
    assert_false(result.store);
    assert_false(result.tie);
}

static void test_concurrent_writes_conflict_and_the_losers_region_logs(void **state)
{
    struct record here = live(5, 1), there = live(6, 2);
    struct merge_result at_loser = decide(&here, there, 1);
    struct merge_result at_winner = decide(&there, here, 2);
    struct merge_result elsewhere = decide(&there, here, 3);

    assert_int_equal(at_loser.outcome, MERGE_CONFLICT_APPLY);
    assert_true(at_loser.log_conflict);
    assert_int_equal(at_winner.outcome, MERGE_CONFLICT_DROP);
    assert_false(at_winner.log_conflict);
    assert_false(elsewhere.log_conflict);
    assert_true(at_winner.store); /* its context has grown */
    assert_true(context_covers(&at_loser.context, v(5, 1)));
    assert_true(context_covers(&at_winner.context, v(5, 1)));
}

static void test_equal_times_fall_back_to_the_replica(void **state)
{
    struct record stored = live(5, 2);

    assert_int_equal(decide(&stored, live(5, 1), 3).outcome, MERGE_CONFLICT_DROP);
    assert_int_equal(decide(&stored, live(5, 3), 3).outcome, MERGE_CONFLICT_APPLY);
}

static void test_at_or_below_the_floor_is_dropped(void **state)
{
    struct record incoming = live(5, 2);
    struct merge_input input = {.incoming = &incoming, .floor = {5}, .replica = 1};
    struct merge_result result;

    merge_decide(&input, &result);
    assert_int_equal(result.outcome, MERGE_DROP);
    assert_false(result.store);
    input.floor.bits = 4;
    merge_decide(&input, &result);
    assert_int_equal(result.outcome, MERGE_APPLY);
}

static void test_a_context_floor_covers(void **state)
{
    struct record stored = live(5, 1), incoming = live(9, 2);

    context_raise_floor(&incoming.context, (struct hybrid_time){5});
    assert_int_equal(decide(&stored, incoming, 1).outcome, MERGE_APPLY);
}

static void test_equal_versions_of_different_bytes_are_a_tie_for_the_greater_hash(void **state)
{
    struct record small = live(5, 2), great = live(5, 2);
    struct merge_result result;

    great.hash++;
    result = decide(&small, great, 1);
    assert_true(result.tie);
    assert_int_equal(result.outcome, MERGE_APPLY);
    result = decide(&great, small, 1);
    assert_true(result.tie);
    assert_int_equal(result.outcome, MERGE_DROP);
    assert_false(result.store);
}

static void test_a_local_write_has_seen_what_it_replaces(void **state)
{
    struct record stored = seen(live(5, 2), 4, 3);
    struct context context;

    merge_write_context(&stored, v(6, 1), (struct hybrid_time){0}, &context);
    assert_true(context_covers(&context, v(5, 2)));
    assert_true(context_covers(&context, v(4, 3)));
    assert_false(context_covers(&context, v(5, 3)));
    merge_write_context(&stored, v(6, 1), (struct hybrid_time){5}, &context);
    assert_int_equal(context.count, 0);
    merge_write_context(&stored, v(6, 2), (struct hybrid_time){0}, &context);
    assert_int_equal(context.count, 1); /* its own replica's is implied by its version */
    merge_write_context(NULL, v(6, 2), (struct hybrid_time){0}, &context);
    assert_int_equal(context.count, 0);
}

/* ---- histories ---- */

enum { REPLICAS = 4, WRITES_MAX = 24 };

struct replica {
    struct record state;
    bool present;
    bool lost[WRITES_MAX]; /* its own write was logged as a loser */
};
struct history {
    struct sim_random random;
    struct record writes[WRITES_MAX];
    unsigned count;
    struct replica replicas[REPLICAS];
};

static void receive(struct history *history, unsigned at, unsigned write)
{
    struct replica *replica = &history->replicas[at];
    struct merge_result result =
        decide(replica->present ? &replica->state : NULL, history->writes[write], (uint16_t)at);

    assert_false(result.tie);
    if (result.log_conflict) {
        bool incoming_wins = result.outcome == MERGE_CONFLICT_APPLY;
        struct version loser =
            incoming_wins ? replica->state.version : history->writes[write].version;

        for (unsigned i = 0; i < history->count; i++) {
            if (!version_eq(history->writes[i].version, loser))
                continue;
            assert_false(replica->lost[i]); /* logged once */
            replica->lost[i] = true;
        }
    }
    if (!result.store)
        return;
    if (result.outcome == MERGE_APPLY || result.outcome == MERGE_CONFLICT_APPLY)
        replica->state = history->writes[write];
    replica->state.context = result.context;
    replica->present = true;
}

static void write_here(struct history *history, unsigned at, uint64_t time)
{
    struct replica *replica = &history->replicas[at];
    struct record *record = &history->writes[history->count];

    *record = live(time, (uint16_t)at);
    if (replica->present && record->version.time.bits <= replica->state.version.time.bits)
        record->version.time.bits = replica->state.version.time.bits + 1;
    for (unsigned i = 0; i < history->count; i++) /* a replica never uses a time twice */
        if (history->writes[i].version.replica == at &&
            history->writes[i].version.time.bits >= record->version.time.bits)
            record->version.time.bits = history->writes[i].version.time.bits + 1;
    record->hash = (u128)record->version.time.bits << 16 | (at + 1u);
    if (sim_random_chance(&history->random, 0.3)) {
        record->deleted = true;
        record->item = SLICE_EMPTY;
        record->hash = 0;
    }
    merge_write_context(replica->present ? &replica->state : NULL, record->version,
                        (struct hybrid_time){0}, &record->context);
    replica->state = *record;
    replica->present = true;
    history->count++;
}

static void history_play(struct history *history, uint64_t seed)
{
    unsigned writes;

    memset(history, 0, sizeof(*history));
    history->random = sim_random_fork(seed, "merge");
    writes = 2 + (unsigned)sim_random_below(&history->random, WRITES_MAX - 2);
    while (history->count < writes) {
        unsigned at = (unsigned)sim_random_below(&history->random, REPLICAS);

        if (history->count == 0 || sim_random_chance(&history->random, 0.4))
            write_here(history, at, 1 + sim_random_below(&history->random, 30));
        else
            receive(history, at, (unsigned)sim_random_below(&history->random, history->count));
    }
}

static void shuffle(struct sim_random *random, unsigned *order, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        order[i] = i;
    for (unsigned i = count; i > 1; i--) {
        unsigned j = (unsigned)sim_random_below(random, i), kept = order[i - 1];

        order[i - 1] = order[j];
        order[j] = kept;
    }
}

static void assert_record_eq(const struct record *a, const struct record *b)
{
    struct buf bytes_a = BUF_EMPTY, bytes_b = BUF_EMPTY;

    assert_true(version_eq(a->version, b->version));
    assert_int_equal(a->deleted, b->deleted);
    assert_true(a->hash == b->hash);
    context_encode(&bytes_a, &a->context);
    context_encode(&bytes_b, &b->context);
    assert_true(slice_eq(buf_slice(&bytes_a), buf_slice(&bytes_b)));
    buf_release(&bytes_a);
    buf_release(&bytes_b);
}

static void test_replicas_converge_in_every_order_of_delivery(void **state)
{
    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct history history;
        unsigned order[WRITES_MAX];
        struct version greatest = VERSION_NONE;

        history_play(&history, seed);
        for (unsigned at = 0; at < REPLICAS; at++) {
            shuffle(&history.random, order, history.count);
            for (unsigned i = 0; i < history.count; i++)
                receive(&history, at, order[i]);
            for (unsigned i = 0; i < history.count; i++) { /* once more: nothing moves */
                struct record before = history.replicas[at].state;

                receive(&history, at, order[i]);
                assert_record_eq(&before, &history.replicas[at].state);
            }
        }
        for (unsigned i = 0; i < history.count; i++)
            if (version_cmp(history.writes[i].version, greatest) > 0)
                greatest = history.writes[i].version;
        for (unsigned at = 0; at < REPLICAS; at++) {
            assert_true(version_eq(history.replicas[at].state.version, greatest));
            assert_record_eq(&history.replicas[0].state, &history.replicas[at].state);
        }
    }
}

static bool covers(const struct record *record, struct version version)
{
    return (record->version.replica == version.replica &&
            record->version.time.bits >= version.time.bits) ||
           context_covers(&record->context, version);
}

/* M2: a write that is concurrent with the final winner, and was not replaced at home by someone who
 * had seen it, is in its own Region's conflict log; and nothing else is. */
static void test_concurrent_losers_are_logged_once_at_home(void **state)
{
    unsigned logged = 0;

    for (uint64_t seed = 0; seed < 5000; seed++) {
        struct history history;
        unsigned order[WRITES_MAX];

        history_play(&history, seed);
        for (unsigned at = 0; at < REPLICAS; at++) {
            shuffle(&history.random, order, history.count);
            for (unsigned i = 0; i < history.count; i++)
                receive(&history, at, order[i]);
        }
        for (unsigned i = 0; i < history.count; i++) {
            const struct record *loser = &history.writes[i];
            bool overtaken = false, beaten = false;

            for (unsigned j = 0; j < history.count; j++) {
                const struct record *other = &history.writes[j];

                if (j == i)
                    continue;
                if (covers(other, loser->version))
                    overtaken = true;
                else if (version_cmp(other->version, loser->version) > 0)
                    beaten = true;
            }
            if (history.replicas[loser->version.replica].lost[i]) {
                assert_true(beaten);
                logged++;
            } else if (!overtaken) {
                assert_false(beaten);
            }
        }
    }
    assert_true(logged > 1000);
}

/* Any records at all, also such as no history makes: the result depends on the set alone. */
static void test_merge_of_any_set_is_order_free(void **state)
{
    struct sim_random random = sim_random_fork(3, "any");

    for (int round = 0; round < 20000; round++) {
        struct record set[6], results[4] = {0};
        unsigned order[ARRAY_LEN(set)];

        for (unsigned i = 0; i < ARRAY_LEN(set); i++) {
            set[i] = live(1 + sim_random_below(&random, 8), (uint16_t)sim_random_below(&random, 3));
            for (unsigned n = (unsigned)sim_random_below(&random, 3); n > 0; n--)
                context_add(&set[i].context, v(sim_random_below(&random, set[i].version.time.bits),
                                               (uint16_t)sim_random_below(&random, 3)));
        }
        for (unsigned r = 0; r < ARRAY_LEN(results); r++) {
            bool present = false;

            shuffle(&random, order, ARRAY_LEN(set));
            for (unsigned i = 0; i < ARRAY_LEN(set); i++) {
                struct record *incoming = &set[order[i]];
                struct merge_result result =
                    decide(present ? &results[r] : NULL, *incoming, (uint16_t)r);

                if (result.outcome == MERGE_APPLY || result.outcome == MERGE_CONFLICT_APPLY)
                    results[r] = *incoming;
                results[r].context = result.context;
                present = true;
            }
            assert_record_eq(&results[0], &results[r]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_anything_applies_to_nothing),
        cmocka_unit_test(test_a_successor_applies_without_conflict),
        cmocka_unit_test(test_the_same_replicas_later_write_is_a_successor),
        cmocka_unit_test(test_a_duplicate_changes_nothing),
        cmocka_unit_test(test_concurrent_writes_conflict_and_the_losers_region_logs),
        cmocka_unit_test(test_equal_times_fall_back_to_the_replica),
        cmocka_unit_test(test_at_or_below_the_floor_is_dropped),
        cmocka_unit_test(test_a_context_floor_covers),
        cmocka_unit_test(test_equal_versions_of_different_bytes_are_a_tie_for_the_greater_hash),
        cmocka_unit_test(test_a_local_write_has_seen_what_it_replaces),
        cmocka_unit_test(test_replicas_converge_in_every_order_of_delivery),
        cmocka_unit_test(test_concurrent_losers_are_logged_once_at_home),
        cmocka_unit_test(test_merge_of_any_set_is_order_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
