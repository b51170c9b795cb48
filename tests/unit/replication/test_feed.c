/*
 * test_feed.c - both ends of a feed against each other over a channel that loses, repeats and
 * reorders.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/sim_random.h"
#include "replication/core/feed_count.h"
#include "replication/core/feed_rx.h"
#include "replication/core/feed_tx.h"

static const struct feed_rx_limits rx_limits = {
    .retry_ms = 250, .retry_ms_max = 5000, .silence_ms = 60000, .stopped_ms = 30000};
static const struct feed_tx_limits tx_limits = {
    .retry_ms = 250, .retry_ms_max = 5000, .window_max = 1 << 20};

static struct feed_rx_actions rx_step(struct feed_rx *rx, struct feed_rx_event event)
{
    struct feed_rx_actions actions;

    feed_rx_step(rx, &rx_limits, &event, &actions);
    return actions;
}

static struct feed_tx_actions tx_step(struct feed_tx *tx, struct feed_tx_event event)
{
    struct feed_tx_actions actions;

    event.sendable = true;
    feed_tx_step(tx, &tx_limits, &event, &actions);
    return actions;
}

static struct feed_rx_event data(uint32_t opening, uint64_t from, uint64_t to, uint64_t closed)
{
    return (struct feed_rx_event){
        .kind = FEED_RX_DATA, .opening = opening, .from = from, .at = {1, to, {closed}}};
}

static struct feed_rx asking(uint64_t at)
{
    struct feed_rx rx;

    feed_rx_init(&rx, &(struct feed_at){1, at, {0}}, false);
    assert_true(rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_SESSION_UP}).ask);
    assert_int_equal(rx.opening, 1);
    return rx;
}

static void test_overlaps_are_cut_and_repetitions_dropped(void **state)
{
    struct feed_rx rx = asking(10);
    struct feed_rx_actions actions;

    actions = rx_step(&rx, data(1, 5, 20, 100)); /* from before the position */
    assert_true(actions.accept);
    assert_int_equal(actions.skip_through, 10);
    assert_int_equal(rx.received.sequence, 20);
    assert_int_equal(rx.applied.sequence, 10);
    actions = rx_step(&rx, data(1, 5, 20, 100));
    assert_false(actions.accept);
    assert_true(actions.ack);
    actions = rx_step(&rx, data(1, 20, 20, 150)); /* nothing but a later closed time */
    assert_true(actions.accept);
    actions = rx_step(&rx, (struct feed_rx_event){
                               .kind = FEED_RX_APPLIED, .at = {1, 20, {150}}, .written = true});
    assert_true(actions.ack);
    assert_true(rx.queue_empty);
    assert_int_equal(rx.stored.sequence, 20);
}

static void test_a_hole_is_asked_for_once(void **state)
{
    struct feed_rx rx = asking(10);
    struct feed_rx_actions actions;

    actions = rx_step(&rx, data(1, 30, 40, 0));
    assert_false(actions.accept);
    assert_true(actions.ask);
    assert_int_equal(rx.opening, 2);
    actions = rx_step(&rx, data(1, 40, 50, 0)); /* was under way when we asked */
    assert_false(actions.accept);
    assert_false(actions.ask);
    actions = rx_step(&rx, data(1, 10, 30, 0)); /* the one that was late: true all the same */
    assert_true(actions.accept);
    assert_int_equal(rx.state, FEED_RX_ASKING);
    actions = rx_step(&rx, data(2, 10, 60, 0));
    assert_true(actions.accept);
    assert_int_equal(actions.skip_through, 30);
    assert_int_equal(rx.state, FEED_RX_STREAMING);
}

static void test_a_question_is_repeated_ever_less_often(void **state)
{
    struct feed_rx rx = asking(0);
    int64_t now_ms = 0;
    uint32_t asked = 0;

    for (; now_ms < 20000; now_ms += 50)
        asked += rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_TICK, .now_ms = now_ms}).ask;
    assert_in_range(asked, 5, 9);
}

static void test_nonsense_from_the_peer_is_told(void **state)
{
    struct feed_rx rx = asking(10);

    assert_true(rx_step(&rx, data(2, 10, 20, 0)).bad_peer); /* an opening that was never sent */
    assert_true(rx_step(&rx, data(1, 20, 10, 0)).bad_peer);
}

/* Frames of an older opening may arrive after the reader asked again: it then has more than was
 * sent. */
static void test_an_acknowledgement_counts_up_to_what_was_sent(void **state)
{
    struct feed_tx tx;

    feed_tx_init(&tx);
    tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_OPEN,
                                        .opening = 2,
                                        .after = 5,
                                        .applied = 5,
                                        .stored = 5,
                                        .window = 100});
    tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_READ, .to = 10, .bytes = 80, .changes = 1});
    tx_step(&tx,
            (struct feed_tx_event){.kind = FEED_TX_ACK, .opening = 2, .applied = 20, .stored = 20});
    assert_int_equal(tx.acked, 10);
    assert_int_equal(tx.count, 0);
    assert_int_equal(tx.stored, 20);
}

/* The session was lost while changes waited for a disk that was full: they are not acknowledged. A
 * replica that is removed must not count them as having arrived. */
static void test_what_waits_at_the_reader_is_not_acknowledged(void **state)
{
    struct feed_tx tx;
    struct feed_tx_event open = {.kind = FEED_TX_OPEN,
                                 .opening = 1,
                                 .after = 30,
                                 .applied = 20,
                                 .stored = 20,
                                 .window = 100};

    feed_tx_init(&tx);
    assert_true(tx_step(&tx, open).read);
    assert_int_equal(tx.acked, 20);
    assert_true(tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_READ, .to = 30}).send);
    assert_int_equal(tx.count, 1);
    assert_true(
        tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_TICK, .now_ms = 1000000}).probe);
    tx_step(&tx,
            (struct feed_tx_event){.kind = FEED_TX_ACK, .opening = 1, .applied = 30, .stored = 30});
    assert_int_equal(tx.count, 0);
    assert_int_equal(tx.acked, 30);
}

/* Until the origin has heard of it nothing may be written that is behind what it was told. */
static void test_one_who_goes_back_says_so_first(void **state)
{
    struct feed_rx rx = asking(10);

    rx_step(&rx, data(1, 10, 30, 0));
    rx_step(&rx,
            (struct feed_rx_event){.kind = FEED_RX_APPLIED, .at = {1, 20, {0}}, .written = true});
    rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_APPLIED, .at = {1, 30, {0}}});
    assert_true(
        rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_GO_BACK, .at = {1, 25, {0}}}).ask);
    assert_true(rx.again);
    assert_int_equal(rx.stored.sequence, 20); /* what is on disk, and no more */
    assert_false(rx_step(&rx, data(1, 20, 40, 0)).accept);
    assert_true(rx_step(&rx, data(2, 25, 40, 0)).accept);
    assert_false(rx.again);
    rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_GO_BACK, .at = {1, 5, {0}}});
    assert_int_equal(rx.stored.sequence, 5);
}

/* A newcomer that turned to another source, and is restarted before the origin has heard of it. */
static void test_going_back_is_remembered_on_disk(void **state)
{
    struct feed_at lower = {1, 15, {0}}, higher = {1, 30, {0}};
    struct feed_rx rx = asking(20);

    assert_true(feed_rx_goes_back(&rx, &lower)); /* so the checkpoint says it, and then */
    assert_false(feed_rx_goes_back(&rx, &higher));
    feed_rx_init(&rx, &lower, true);
    assert_true(feed_rx_goes_back(&rx, &higher)); /* still unheard */
    rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_SESSION_UP});
    assert_true(rx.again);
    rx_step(&rx, data(rx.opening, 15, 20, 0));
    assert_false(rx.again);
}

/* After an older disk image the origin knows better; then the reader asks as one who knows, too. */
static void test_one_who_forgot_is_served_when_it_knows(void **state)
{
    struct feed_rx rx = asking(10);
    struct feed_tx tx;
    struct feed_tx_event open = {.kind = FEED_TX_OPEN,
                                 .opening = 1,
                                 .after = 30,
                                 .applied = 30,
                                 .stored = 30,
                                 .window = 100};

    feed_tx_init(&tx);
    assert_false(tx_step(&tx, open).forgot);
    tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_READ, .to = 30});
    tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_SESSION});
    open.after = open.applied = open.stored = 10;
    assert_true(tx_step(&tx, open).forgot);
    assert_false(tx.open);
    assert_true(rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_FORGOT, .opening = 1}).ask);
    assert_false(rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_FORGOT, .opening = 2}).ask);
    open.opening = rx.opening;
    open.again = rx.again;
    assert_false(tx_step(&tx, open).forgot);
    assert_true(tx.open);
    assert_int_equal(tx.sent, 10);
}

static void test_poison_stops_the_feed_and_loses_nothing(void **state)
{
    struct feed_rx rx = asking(10);

    assert_true(rx_step(&rx, data(1, 10, 20, 0)).accept);
    rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_POISONED, .now_ms = 1000});
    assert_int_equal(rx.received.sequence, 10);
    assert_false(rx_step(&rx, data(1, 10, 20, 0)).accept);
    assert_false(rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_TICK, .now_ms = 2000}).ask);
    assert_true(rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_TICK, .now_ms = 40000}).ask);
}

static void test_a_log_that_was_trimmed_calls_for_a_snapshot(void **state)
{
    struct feed_rx rx = asking(10);
    struct feed_rx_actions actions;

    actions = rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_TOO_OLD, .opening = 1});
    assert_true(actions.take_snapshot);
    assert_false(rx_step(&rx, data(1, 10, 20, 0)).accept);
    /* It may have been told while nobody could act on it. */
    assert_true(rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_TICK}).take_snapshot);
    actions = rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_RESET, .at = {1, 500, {0}}});
    assert_false(actions.take_snapshot);
    assert_true(actions.ask);
    assert_int_equal(rx.received.sequence, 500);
}

static void test_the_sender_minds_the_window_and_probes_when_nobody_answers(void **state)
{
    struct feed_tx tx;
    struct feed_tx_actions actions;

    feed_tx_init(&tx);
    actions =
        tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_OPEN, .opening = 1, .window = 100});
    assert_true(actions.read);
    actions =
        tx_step(&tx, (struct feed_tx_event){
                         .kind = FEED_TX_READ, .to = 10, .bytes = 80, .changes = 1, .more = true});
    assert_true(actions.send);
    assert_true(actions.read);
    actions =
        tx_step(&tx, (struct feed_tx_event){
                         .kind = FEED_TX_READ, .to = 20, .bytes = 80, .changes = 1, .more = true});
    assert_true(actions.send);
    assert_int_equal(actions.from, 10);
    assert_false(actions.read); /* 160 bytes are under way */
    actions = tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_TICK, .now_ms = 300});
    assert_true(actions.probe);
    actions = tx_step(&tx, (struct feed_tx_event){
                               .kind = FEED_TX_ACK, .opening = 1, .applied = 10, .stored = 10});
    assert_true(actions.hold);
    assert_true(actions.read);
}

static void test_a_reader_that_forgot_is_noticed(void **state)
{
    struct feed_tx tx;

    feed_tx_init(&tx);
    tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_OPEN,
                                        .opening = 1,
                                        .after = 50,
                                        .applied = 50,
                                        .stored = 50,
                                        .window = 100});
    tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_SESSION});
    assert_true(tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_OPEN,
                                                    .opening = 1,
                                                    .after = 40,
                                                    .applied = 40,
                                                    .stored = 40,
                                                    .window = 100})
                    .forgot);
}

/* ---- the two of them over a bad channel ---- */

enum { MESSAGES_MAX = 64, LOG_END = 400 };

struct message {
    enum { OPEN, DATA, ACK } kind;
    struct feed_rx_event data;
    struct feed_tx_event tx;
};
struct channel {
    struct message messages[MESSAGES_MAX];
    size_t count;
};

static void put(struct channel *channel, struct sim_random *random, const struct message *message)
{
    size_t copies = sim_random_chance(random, 0.2) ? 0 : sim_random_chance(random, 0.2) ? 2 : 1;

    while (copies-- > 0 && channel->count < MESSAGES_MAX)
        channel->messages[channel->count++] = *message;
}

/** Every third sequence is a change of this feed, of three bytes. */
static struct change_sum own_up_to(uint64_t sequence)
{
    return (struct change_sum){sequence / 3, sequence / 3 * 3};
}

static struct change_sum own_between(uint64_t after, uint64_t up_to)
{
    struct change_sum low = own_up_to(after), high = own_up_to(up_to);

    return (struct change_sum){high.count - low.count, high.bytes - low.bytes};
}

/** What pending.c does: hands on what was acknowledged, and counts a piece of the log now and then.
 */
static void count_pending(struct feed_count *count, const struct feed_tx_actions *actions,
                          struct sim_random *random, uint64_t log_end)
{
    struct feed_count_mark now = {log_end, own_up_to(log_end)};
    struct feed_count_question question;

    if (actions->jumped)
        feed_count_jump(count, actions->passed);
    else if (actions->has_passed)
        feed_count_pass(count, actions->passed, actions->passed_sum);
    if (sim_random_chance(random, 0.3) && feed_count_ask(count, &now, 0, &question)) {
        uint64_t to =
            question.after + sim_random_below(random, question.up_to - question.after) + 1;

        feed_count_answer(count, &question, to, own_between(question.after, to),
                          to < question.up_to);
    }
    assert_in_range(count->at, 0, log_end);
    if (count->known) {
        assert_int_equal(feed_count_pending(count, now.sum).count,
                         own_between(count->at, log_end).count);
        assert_int_equal(feed_count_pending(count, now.sum).bytes,
                         own_between(count->at, log_end).bytes);
    }
}

static void pump_tx(struct feed_tx *tx, struct feed_tx_actions actions, struct channel *to_rx,
                    struct sim_random *random, uint64_t log_end, struct feed_count *count)
{
    for (;;) {
        count_pending(count, &actions, random, log_end);
        if (actions.send || actions.probe) {
            struct message message = {.kind = DATA};

            message.data = data(tx->opening, actions.send ? actions.from : tx->sent, tx->sent,
                                tx->closed_sent.bits);
            put(to_rx, random, &message);
        }
        if (!actions.read)
            return;
        uint64_t to = tx->read + sim_random_below(random, 30);
        uint64_t from = tx->read;

        if (to > log_end)
            to = log_end;
        actions =
            tx_step(tx, (struct feed_tx_event){.kind = FEED_TX_READ,
                                               .to = to,
                                               .bytes = own_between(from, to).bytes,
                                               .changes = (uint32_t)own_between(from, to).count,
                                               .more = to < log_end,
                                               .closed = {to}});
    }
}

static void test_everything_arrives_once_over_a_bad_channel(void **state)
{
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct sim_random random = sim_random_fork(seed, "channel");
        struct channel to_rx = {.count = 0}, to_tx = {.count = 0};
        struct feed_rx rx = asking(0);
        struct feed_count count;
        struct feed_tx tx;
        uint64_t log_end = 0, have = 0;
        uint32_t opening_sent = 0;
        int64_t now_ms = 0;

        feed_tx_init(&tx);
        feed_count_init(&count, 0);
        for (int step = 0; step < 20000 && !(count.known && count.at == LOG_END); step++) {
            struct feed_rx_actions rx_actions = {.ask = opening_sent != rx.opening};
            struct channel *channel = sim_random_chance(&random, 0.5) ? &to_rx : &to_tx;

            now_ms += 20;
            if (log_end < LOG_END && sim_random_chance(&random, 0.1)) {
                log_end += sim_random_below(&random, 20);
                log_end = log_end > LOG_END ? LOG_END : log_end;
                pump_tx(&tx, tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_LOG_MOVED}),
                        &to_rx, &random, log_end, &count);
            }
            if (sim_random_chance(&random, 0.02)) /* what the shell does when the log goes idle */
                pump_tx(&tx, tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_ANNOUNCE}), &to_rx,
                        &random, log_end, &count);
            pump_tx(&tx,
                    tx_step(&tx, (struct feed_tx_event){.kind = FEED_TX_TICK, .now_ms = now_ms}),
                    &to_rx, &random, log_end, &count);
            if (!rx_actions.ask)
                rx_actions =
                    rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_TICK, .now_ms = now_ms});
            if (channel->count > 0) {
                size_t at = (size_t)sim_random_below(&random, channel->count);
                struct message message = channel->messages[at];

                channel->messages[at] = channel->messages[--channel->count];
                message.data.now_ms = message.tx.now_ms = now_ms;
                if (message.kind == DATA) {
                    struct feed_rx_actions more = rx_step(&rx, message.data);

                    assert_false(more.bad_peer);
                    if (more.accept) {
                        assert_int_equal(more.skip_through, have);
                        have = message.data.at.sequence;
                    }
                    rx_actions.ask |= more.ask;
                    rx_actions.ack |= more.ack;
                } else {
                    pump_tx(&tx, tx_step(&tx, message.tx), &to_rx, &random, log_end, &count);
                }
            }
            if (!rx.queue_empty && sim_random_chance(&random, 0.5)) {
                struct feed_at at = rx.received;

                rx_actions.ack |= rx_step(&rx, (struct feed_rx_event){.kind = FEED_RX_APPLIED,
                                                                      .at = at,
                                                                      .written = true})
                                      .ack;
            }
            if (rx_actions.ask) {
                struct message message = {.kind = OPEN};

                opening_sent = rx.opening;
                message.tx = (struct feed_tx_event){.kind = FEED_TX_OPEN,
                                                    .opening = rx.opening,
                                                    .after = rx.received.sequence,
                                                    .applied = rx.applied.sequence,
                                                    .stored = rx.stored.sequence,
                                                    .window = 50};
                put(&to_tx, &random, &message);
            }
            if (rx_actions.ack) {
                struct message message = {.kind = ACK};

                message.tx = (struct feed_tx_event){.kind = FEED_TX_ACK,
                                                    .opening = rx.opening,
                                                    .applied = rx.applied.sequence,
                                                    .stored = rx.stored.sequence};
                put(&to_tx, &random, &message);
            }
        }
        assert_int_equal(rx.applied.sequence, LOG_END);
        assert_true(count.known);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overlaps_are_cut_and_repetitions_dropped),
        cmocka_unit_test(test_a_hole_is_asked_for_once),
        cmocka_unit_test(test_a_question_is_repeated_ever_less_often),
        cmocka_unit_test(test_nonsense_from_the_peer_is_told),
        cmocka_unit_test(test_an_acknowledgement_counts_up_to_what_was_sent),
        cmocka_unit_test(test_poison_stops_the_feed_and_loses_nothing),
        cmocka_unit_test(test_what_waits_at_the_reader_is_not_acknowledged),
        cmocka_unit_test(test_one_who_goes_back_says_so_first),
        cmocka_unit_test(test_going_back_is_remembered_on_disk),
        cmocka_unit_test(test_one_who_forgot_is_served_when_it_knows),
        cmocka_unit_test(test_a_log_that_was_trimmed_calls_for_a_snapshot),
        cmocka_unit_test(test_the_sender_minds_the_window_and_probes_when_nobody_answers),
        cmocka_unit_test(test_a_reader_that_forgot_is_noticed),
        cmocka_unit_test(test_everything_arrives_once_over_a_bad_channel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
