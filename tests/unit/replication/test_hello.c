/*
 * test_hello.c - sessions cannot be taken over by old frames, and forgotten changes are noticed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replication/core/hello.h"

static void test_two_ends_that_start_at_once_agree(void **state)
{
    struct hello_session a, b;

    hello_session_start(&a, 10);
    hello_session_start(&b, 20);
    /* Both first HELLOs cross each other. */
    assert_int_equal(hello_session_frame(&b, 10, 0, true, 21), HELLO_OFFER);
    assert_int_equal(b.offered, 20); /* the offer that is out already */
    assert_int_equal(hello_session_frame(&a, 20, 0, true, 11), HELLO_OFFER);
    assert_int_equal(hello_session_frame(&a, 20, 10, true, 11), HELLO_BEGIN);
    assert_int_equal(hello_session_frame(&b, 10, 20, true, 21), HELLO_BEGIN);
    assert_int_equal(hello_session_frame(&a, 20, 10, false, 11), HELLO_ACCEPT);
    assert_int_equal(hello_session_frame(&b, 10, 20, false, 21), HELLO_ACCEPT);
}

static void test_old_frames_neither_enter_nor_begin_a_session(void **state)
{
    struct hello_session a;

    hello_session_start(&a, 10);
    assert_int_equal(hello_session_frame(&a, 20, 10, true, 11), HELLO_BEGIN);
    /* The peer starts again as 30; its question is answered with a fresh nonce. */
    assert_int_equal(hello_session_frame(&a, 30, 0, true, 11), HELLO_OFFER);
    assert_int_equal(hello_session_frame(&a, 20, 10, false, 12), HELLO_ACCEPT); /* until then */
    assert_int_equal(hello_session_frame(&a, 30, 11, true, 12), HELLO_BEGIN);
    /* Recordings of the first session. */
    assert_int_equal(hello_session_frame(&a, 20, 10, false, 12), HELLO_DROP);
    assert_int_equal(hello_session_frame(&a, 20, 10, true, 12), HELLO_DROP);
    /* A recorded question is answered, but begins nothing. */
    assert_int_equal(hello_session_frame(&a, 20, 0, true, 12), HELLO_OFFER);
    assert_int_equal(hello_session_frame(&a, 30, 11, false, 13), HELLO_ACCEPT);
    /* The peer's own question, repeated within the session, is nothing new. */
    assert_int_equal(hello_session_frame(&a, 30, 0, true, 13), HELLO_DROP);
    /* No nonce at all. */
    assert_int_equal(hello_session_frame(&a, 0, 11, true, 13), HELLO_DROP);
}

static void test_positions_are_believed_within_their_era_only(void **state)
{
    struct hello_history history = {.count = 0};

    hello_history_add(&history, 100, 0);
    hello_history_add(&history, 200, 50); /* era 100 ended at 50 */
    hello_history_add(&history, 300, 80);
    assert_true(hello_history_holds(&history, 90, 0, 0));
    assert_false(hello_history_holds(&history, 90, 0, 5));
    assert_true(hello_history_holds(&history, 90, 100, 50));
    assert_false(hello_history_holds(&history, 90, 100, 51)); /* a tail that was lost */
    assert_true(hello_history_holds(&history, 90, 200, 80));
    assert_true(hello_history_holds(&history, 90, 300, 90));
    assert_false(hello_history_holds(&history, 90, 300, 91));
    assert_false(hello_history_holds(&history, 90, 999, 10)); /* an era of another past */
}

static void test_a_reader_that_holds_more_goes_on_where_both_were(void **state)
{
    struct hello_history history = {.count = 0};
    struct hello_point point;

    hello_history_add(&history, 100, 0);
    hello_history_add(&history, 200, 50);
    hello_history_add(&history, 300, 80);
    point = hello_history_common(&history, 90, 200); /* era 200 went on, in a past that is lost */
    assert_int_equal(point.incarnation, 200);
    assert_int_equal(point.sequence, 80);
    point = hello_history_common(&history, 90, 300);
    assert_int_equal(point.sequence, 90);
    point = hello_history_common(&history, 90, 999); /* an era that was lost as a whole */
    assert_int_equal(point.incarnation, 100);
    assert_int_equal(point.sequence, 0);
    assert_true(hello_history_holds(&history, 90, point.incarnation, point.sequence));
    /* That is not kept any more: era by era, up to the present one. */
    assert_true(hello_history_later(&history, 0, &point));
    assert_int_equal(point.incarnation, 200);
    assert_int_equal(point.sequence, 50);
    assert_true(hello_history_holds(&history, 90, point.incarnation, point.sequence));
    assert_true(hello_history_later(&history, 50, &point));
    assert_int_equal(point.incarnation, 300);
    assert_false(hello_history_later(&history, 80, &point));
}

static void test_a_history_that_was_cut_believes_what_lies_before_it(void **state)
{
    struct hello_history history = {.count = 0};

    for (uint64_t i = 0; i < HELLO_ERAS_MAX + 3; i++)
        hello_history_add(&history, 1000 + i, 10 * i);
    assert_int_equal(history.count, HELLO_ERAS_MAX);
    assert_true(hello_history_holds(&history, 99999, 1000, 10));
    assert_true(hello_history_holds(&history, 99999, 1000, 30));
    assert_false(hello_history_holds(&history, 99999, 1000, 31));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_ends_that_start_at_once_agree),
        cmocka_unit_test(test_old_frames_neither_enter_nor_begin_a_session),
        cmocka_unit_test(test_positions_are_believed_within_their_era_only),
        cmocka_unit_test(test_a_reader_that_holds_more_goes_on_where_both_were),
        cmocka_unit_test(test_a_history_that_was_cut_believes_what_lies_before_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
