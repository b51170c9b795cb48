/*
 * test_feed_count.c - what a reader has not acknowledged is counted, not guessed: whatever way its
 * position takes. That the sums hold over a bad channel is in test_feed.c.
 *
 * The log here has a change of the feed at every even sequence, of ten bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replication/core/feed_count.h"

static struct change_sum between(uint64_t after, uint64_t up_to)
{
    uint64_t count = up_to / 2 - after / 2;

    return (struct change_sum){count, 10 * count};
}

/** The table was opened at sequence 100, so it has not counted what was before. */
static struct feed_count_mark table_at(uint64_t sequence)
{
    return (struct feed_count_mark){sequence, between(100, sequence)};
}

static uint64_t pending(struct feed_count *count, uint64_t sequence)
{
    struct change_sum sum = feed_count_pending(count, table_at(sequence).sum);

    assert_int_equal(sum.bytes, 10 * sum.count);
    return sum.count;
}

/** Answers all questions, `step` sequences at a time; how many were looked at. */
static uint64_t settle(struct feed_count *count, uint64_t now, uint64_t trimmed, uint64_t step)
{
    struct feed_count_mark mark = table_at(now);
    struct feed_count_question question;
    uint64_t looked = 0;

    while (feed_count_ask(count, &mark, trimmed, &question)) {
        uint64_t to =
            question.up_to - question.after > step ? question.after + step : question.up_to;

        assert_true(question.after >= trimmed);
        feed_count_answer(count, &question, to, between(question.after, to), to < question.up_to);
        looked += to - question.after;
    }
    assert_true(count->known);
    return looked;
}

static void test_a_backlog_of_before_the_opening_is_counted(void **state)
{
    struct feed_count count;

    feed_count_init(&count, 40);
    assert_int_equal(pending(&count, 100), 0); /* not known yet */
    assert_int_equal(settle(&count, 100, 0, 7), 60);
    assert_int_equal(pending(&count, 100), 30);
    assert_int_equal(pending(&count, 120), 40); /* grows while nobody hears */
    feed_count_pass(&count, 50, between(40, 50));
    assert_int_equal(pending(&count, 120), 35);
    feed_count_pass(&count, 120, between(50, 120));
    assert_int_equal(pending(&count, 120), 0);
}

static void test_the_last_answer_stands_until_a_jump_is_counted(void **state)
{
    struct feed_count count;

    feed_count_init(&count, 100);
    settle(&count, 100, 0, 100);
    assert_int_equal(pending(&count, 200), 50);
    feed_count_jump(&count, 180);
    assert_int_equal(pending(&count, 200), 50);
    assert_int_equal(settle(&count, 200, 0, 100), 20); /* the shorter way is from the end */
    assert_int_equal(pending(&count, 200), 10);
}

/* A reader that comes back a little ahead, or behind, of a long backlog. */
static void test_only_the_stretch_to_the_nearer_known_position_is_counted(void **state)
{
    struct feed_count count;

    feed_count_init(&count, 0);
    settle(&count, 100000, 0, 1000000);
    feed_count_jump(&count, 10);
    assert_int_equal(settle(&count, 100000, 0, 3), 10);
    assert_int_equal(pending(&count, 100000), 49995);
    feed_count_jump(&count, 4);
    assert_int_equal(settle(&count, 100000, 0, 3), 6);
    assert_int_equal(pending(&count, 100000), 49998);
    feed_count_jump(&count, 4);
    assert_true(count.known); /* it has lost nothing */
}

static void test_acknowledgements_go_on_while_a_jump_is_counted(void **state)
{
    struct feed_count_mark now = table_at(200);
    struct feed_count_question question;
    struct feed_count count;

    feed_count_init(&count, 120);
    assert_true(feed_count_ask(&count, &now, 0, &question));
    feed_count_pass(&count, 140, between(120, 140));
    feed_count_answer(&count, &question, 200, between(120, 200), false);
    assert_int_equal(pending(&count, 200), 30);
}

static void test_an_answer_to_an_older_question_says_nothing(void **state)
{
    struct feed_count_mark now = table_at(200);
    struct feed_count_question question;
    struct feed_count count;

    feed_count_init(&count, 120);
    assert_true(feed_count_ask(&count, &now, 0, &question));
    feed_count_jump(&count, 160);
    feed_count_answer(&count, &question, 200, between(120, 200), false);
    assert_false(count.known);
    settle(&count, 200, 0, 100);
    assert_int_equal(pending(&count, 200), 20);
}

/* What was trimmed was acknowledged: an older record of the position is too low. */
static void test_what_the_log_has_no_more_is_not_pending(void **state)
{
    struct feed_count_mark now = table_at(200);
    struct feed_count_question question;
    struct feed_count count;

    feed_count_init(&count, 20);
    assert_true(feed_count_ask(&count, &now, 60, &question));
    feed_count_answer_trimmed(&count); /* and more, while it was counted */
    settle(&count, 200, 90, 100);
    assert_int_equal(count.at, 90);
    assert_int_equal(pending(&count, 200), 55);
    feed_count_jump(&count, 110); /* the position before is below what is left */
    settle(&count, 200, 105, 1000);
    assert_int_equal(pending(&count, 200), 45);
}

static void test_a_reader_ahead_of_the_tables_count_lacks_nothing(void **state)
{
    struct feed_count count;

    feed_count_init(&count, 130); /* committed, and the table counts it only now */
    settle(&count, 120, 0, 100);
    assert_int_equal(pending(&count, 120), 0);
    assert_int_equal(pending(&count, 130), 0);
    assert_int_equal(pending(&count, 132), 1);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_backlog_of_before_the_opening_is_counted),
        cmocka_unit_test(test_the_last_answer_stands_until_a_jump_is_counted),
        cmocka_unit_test(test_only_the_stretch_to_the_nearer_known_position_is_counted),
        cmocka_unit_test(test_acknowledgements_go_on_while_a_jump_is_counted),
        cmocka_unit_test(test_an_answer_to_an_older_question_says_nothing),
        cmocka_unit_test(test_what_the_log_has_no_more_is_not_pending),
        cmocka_unit_test(test_a_reader_ahead_of_the_tables_count_lacks_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
