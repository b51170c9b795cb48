/*
 * test_history.c - an hour of samples: what counters, restarts, gaps, steps and a full ring give.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/command.h"
#include "server/histogram.h"
#include "server/history_ring.h"

const struct command *const commands[] = {NULL};

enum { NONE = HISTORY_NONE };

static const char *const table_a[] = {"us-east-1", "a"};
static const char *const link_b[] = {"us-east-1", "eu-west-1"};
static const char *const put_item[] = {"us-east-1", "PutItem"};

static int setup(void **state)
{
    struct history_ring *ring = test_calloc(1, sizeof(*ring));

    ring->bytes_max = HISTORY_BYTES_MAX;
    *state = ring;
    return 0;
}

static int teardown(void **state)
{
    history_ring_release(*state);
    test_free(*state);
    return 0;
}

static uint64_t bound(uint32_t bucket)
{
    return 10 * (uint64_t)(bucket + 1);
}

static void sample_table(struct history_ring *ring, int64_t second, const char *const *labels,
                         uint64_t items)
{
    struct history_series *series;

    history_ring_begin(ring, second);
    series = history_ring_series(ring, HISTORY_TABLES, labels);
    if (series != NULL) {
        history_series_gauge(series, TABLE_ITEMS, items);
        history_series_gauge(series, TABLE_BYTES, items * 100);
    }
    history_ring_end(ring);
}

static void sample_link(struct history_ring *ring, int64_t second, bool up, uint64_t sent)
{
    struct history_series *series;

    history_ring_begin(ring, second);
    series = history_ring_series(ring, HISTORY_LINKS, link_b);
    history_series_gauge(series, LINK_UP, up);
    history_series_counter(series, LINK_BYTES_SENT, sent);
    history_ring_end(ring);
}

/* Compares a column of the first series of a kind with what is expected, ended by -2. */
static void expect(const struct history_ring *ring, enum history_kind_number kind, uint32_t column,
                   struct history_span span, const int64_t *wanted)
{
    int64_t got[HISTORY_SECONDS];
    int64_t entries = (span.next - span.first) / span.step;

    assert_int_equal(ring->kinds[kind].count, 1);
    history_series_read(ring, ring->kinds[kind].series[0], column, &span, got);
    for (int64_t i = 0; i < entries; i++)
        assert_int_equal(got[i], wanted[i]);
    assert_int_equal(wanted[entries], -2);
}
#define EXPECT(ring, kind, column, span, ...)                                                      \
    expect(ring, kind, column, span, (const int64_t[]){__VA_ARGS__, -2})

/* ---- what is kept ---- */

static void a_counter_is_kept_as_what_it_grew_by(void **state)
{
    struct history_ring *ring = *state;

    sample_link(ring, 0, true, 7); /* counted from nothing since the start */
    sample_link(ring, 1, true, 7);
    sample_link(ring, 2, true, 107);
    sample_link(ring, 3, true, 5); /* begun anew */
    EXPECT(ring, HISTORY_LINKS, LINK_BYTES_SENT, history_ring_span(ring, 0, 1), 7, 0, 100, 5);
}

static void seconds_without_a_sample_are_gaps_and_lose_no_count(void **state)
{
    struct history_ring *ring = *state;

    sample_link(ring, 2, true, 10);
    sample_link(ring, 5, true, 25); /* late: seconds 3 and 4 have no sample */
    EXPECT(ring, HISTORY_LINKS, LINK_BYTES_SENT, history_ring_span(ring, 0, 1), NONE, NONE, 10,
           NONE, NONE, 15);
}

static void a_series_that_was_away_begins_at_nothing(void **state)
{
    struct history_ring *ring = *state;

    sample_link(ring, 0, true, 10);
    sample_table(ring, 1, table_a, 1); /* the Region's link is not there */
    sample_link(ring, 2, true, 12);    /* it restarted, and has sent 12, not 2 */
    EXPECT(ring, HISTORY_LINKS, LINK_BYTES_SENT, history_ring_span(ring, 0, 1), 10, NONE, 12);
    EXPECT(ring, HISTORY_TABLES, TABLE_ITEMS, history_ring_span(ring, 0, 1), NONE, 1, NONE);
}

static void quantiles_are_of_one_second(void **state)
{
    struct history_ring *ring = *state;
    uint64_t counts[4] = {0};
    static const uint64_t added[][4] = {{98, 0, 0, 2}, {0, 0, 0, 0}, {0, 1, 0, 0}};

    for (int64_t second = 0; second < 3; second++) {
        struct history_series *series;

        for (uint32_t i = 0; i < 4; i++)
            counts[i] += added[second][i];
        history_ring_begin(ring, second);
        series = history_ring_series(ring, HISTORY_OPERATIONS, put_item);
        history_series_quantiles(series, OPERATION_LATENCY_P50, counts, 4, bound);
        history_ring_end(ring);
    }
    EXPECT(ring, HISTORY_OPERATIONS, OPERATION_LATENCY_P50, history_ring_span(ring, 0, 1), 10, NONE,
           20);
    EXPECT(ring, HISTORY_OPERATIONS, OPERATION_LATENCY_P99, history_ring_span(ring, 0, 1), 40, NONE,
           20);
}

static void a_histogram_that_was_begun_anew_is_never_negative(void **state)
{
    static const uint64_t before[] = {5, 9, 0}, now[] = {6, 2, 0};
    uint64_t delta[3];

    assert_int_equal(histogram_delta(now, before, 3, delta), 3);
    assert_int_equal(delta[0], 1);
    assert_int_equal(delta[1], 2);
    assert_int_equal(histogram_quantile(delta, 3, 0.5, bound), 20);
    assert_int_equal(histogram_delta(now, now, 3, delta), 0);
    assert_int_equal(histogram_quantile(delta, 3, 0.5, bound), 0);
}

static void a_series_is_taken_once_a_sample(void **state)
{
    struct history_ring *ring = *state;

    history_ring_begin(ring, 0);
    assert_non_null(history_ring_series(ring, HISTORY_TABLES, table_a));
    assert_null(history_ring_series(ring, HISTORY_TABLES, table_a));
    history_ring_end(ring);
    assert_int_equal(ring->left_out, 0);
}

/* ---- steps and spans ---- */

static void a_step_is_folded_as_its_column_says(void **state)
{
    struct history_ring *ring = *state;

    assert_int_equal(history_fold(FOLD_GREATEST, 3, 9), 9);
    assert_int_equal(history_fold(FOLD_GREATEST, 9, 3), 9);
    assert_int_equal(history_fold(FOLD_SUM, NONE, 4), 4);
    assert_int_equal(history_fold(FOLD_LAST, 4, NONE), 4);
    assert_int_equal(history_fold(FOLD_LEAST, NONE, NONE), NONE);
    for (int64_t second = 0; second < 7; second++)
        sample_link(ring, second, second != 4, (uint64_t)(second + 1) * 10);
    EXPECT(ring, HISTORY_LINKS, LINK_BYTES_SENT, history_ring_span(ring, 0, 3), 30, 30);
    EXPECT(ring, HISTORY_LINKS, LINK_UP, history_ring_span(ring, 0, 3), 1, 0);
    for (int64_t second = 7; second < 10; second++)
        sample_table(ring, second, table_a, (uint64_t)second);
    EXPECT(ring, HISTORY_TABLES, TABLE_ITEMS, history_ring_span(ring, 5, 5), 9);
    EXPECT(ring, HISTORY_TABLES, TABLE_BYTES, history_ring_span(ring, 5, 5), 900);
}

static void assert_span(struct history_span span, int64_t first, int64_t next)
{
    assert_int_equal(span.first, first);
    assert_int_equal(span.next, next);
}

static void spans_join_without_overlap_or_hole(void **state)
{
    struct history_ring *ring = *state;

    assert_span(history_ring_span(ring, 0, 60), 0, 0);
    sample_table(ring, 129, table_a, 1);
    assert_span(history_ring_span(ring, 0, 60), 0, 120);
    assert_span(history_ring_span(ring, 120, 60), 120, 120); /* not whole yet */
    sample_table(ring, 180, table_a, 1);
    assert_span(history_ring_span(ring, 120, 60), 120, 180);
    assert_span(history_ring_span(ring, 121, 1), 121, 181);
    assert_span(history_ring_span(ring, 181, 1), 181, 181);
    assert_span(history_ring_span(ring, 182, 1), 0, 181); /* of an earlier life */
    assert_span(history_ring_span(ring, 125, 10), 120, 180);
    sample_table(ring, 3999, table_a, 1); /* an hour ago: 400 */
    assert_span(history_ring_span(ring, 0, 1), 400, 4000);
    assert_span(history_ring_span(ring, 0, 60), 420, 3960);
    assert_span(history_ring_span(ring, 401, 60), 420, 3960);
}

/* ---- an hour, and no more ---- */

static void every_second_of_the_hour_is_as_it_was_sampled(void **state)
{
    struct history_ring *ring = *state;
    static int64_t got[HISTORY_SECONDS];
    struct history_span span;

    /* Values of every width, among them the same for a whole minute. */
    for (int64_t second = 0; second < 2 * HISTORY_SECONDS + 17; second++)
        sample_table(ring, second, table_a,
                     second / 60 % 5 == 0 ? 42 : (uint64_t)second << second / 60 % 5 * 9);
    span = history_ring_span(ring, 0, 1);
    assert_span(span, HISTORY_SECONDS + 17, 2 * HISTORY_SECONDS + 17);
    history_series_read(ring, ring->kinds[HISTORY_TABLES].series[0], TABLE_ITEMS, &span, got);
    for (int64_t i = 0; i < HISTORY_SECONDS; i++) {
        int64_t second = span.first + i;

        assert_int_equal(got[i], second / 60 % 5 == 0 ? 42 : second << second / 60 % 5 * 9);
    }
}

static void a_series_without_a_value_for_an_hour_is_forgotten(void **state)
{
    struct history_ring *ring = *state;
    size_t empty;

    sample_link(ring, 0, true, 1);
    empty = ring->series_bytes;
    sample_table(ring, 1, table_a, 5);
    for (int64_t second = 2; second <= HISTORY_SECONDS; second++)
        sample_link(ring, second, true, 1);
    assert_int_equal(ring->kinds[HISTORY_TABLES].count, 1);
    sample_link(ring, HISTORY_SECONDS + 1, true, 1);
    assert_int_equal(ring->kinds[HISTORY_TABLES].count, 0);
    assert_int_equal(ring->series_bytes, empty);
    assert_string_equal(history_series_label(ring->kinds[HISTORY_LINKS].series[0], 1), "eu-west-1");
}

static void a_machine_that_slept_leaves_a_gap(void **state)
{
    struct history_ring *ring = *state;

    sample_table(ring, 30, table_a, 1);
    sample_table(ring, 30 + 10 * HISTORY_SECONDS, table_a, 2);
    EXPECT(ring, HISTORY_TABLES, TABLE_ITEMS, history_ring_span(ring, 28 + 10 * HISTORY_SECONDS, 1),
           NONE, NONE, 2);
    assert_int_equal(ring->packed_bytes, 0);
}

/* ---- bounds ---- */

/* Values that do not pack: every column takes eight bytes a second. */
static void sample_wild_tables(struct history_ring *ring, int64_t second, uint32_t count)
{
    history_ring_begin(ring, second);
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        struct history_series *series;

        snprintf(name, sizeof(name), "%05u", i);
        series = history_ring_series(ring, HISTORY_TABLES, (const char *const[]){"r", name});
        if (series == NULL)
            continue;
        history_series_gauge(series, TABLE_ITEMS, (uint64_t)(second % 2) << 50);
        history_series_gauge(series, TABLE_BYTES, (uint64_t)(second % 2) << 50);
    }
    history_ring_end(ring);
}

static void what_does_not_fit_is_left_out_and_counted(void **state)
{
    struct history_ring *ring = *state;
    uint32_t kept;

    ring->bytes_max = 200 * 1000;
    for (int64_t second = 0; second < 2 * HISTORY_SECONDS; second++) {
        sample_wild_tables(ring, second, 100);
        assert_true(ring->series_bytes + ring->packed_bytes <= ring->bytes_max);
    }
    kept = ring->kinds[HISTORY_TABLES].count;
    assert_in_range(kept, 10, 99);
    assert_int_equal(ring->left_out, 100 - kept);
    /* The history is shorter than an hour, and holds at least the last minute. */
    assert_true(history_ring_oldest(ring) > HISTORY_SECONDS);
    assert_true(history_ring_oldest(ring) <= ring->next - HISTORY_MINUTE);
    /* With the others gone for an hour there is room again. */
    for (int64_t second = 2 * HISTORY_SECONDS; second < 4 * HISTORY_SECONDS; second++)
        sample_table(ring, second, (const char *const[]){"r", "00000"}, 1);
    assert_int_equal(ring->left_out, 0);
    assert_int_equal(ring->kinds[HISTORY_TABLES].count, 1);
}

static void a_latecomer_that_was_left_out_counts_from_then_on(void **state)
{
    struct history_ring *ring = *state;

    ring->bytes_max = 0;
    history_ring_begin(ring, 0);
    assert_null(history_ring_series(ring, HISTORY_LINKS, link_b));
    history_ring_end(ring);
    ring->bytes_max = HISTORY_BYTES_MAX;
    sample_link(ring, 1, true, 1000000);
    sample_link(ring, 2, true, 1000001);
    EXPECT(ring, HISTORY_LINKS, LINK_BYTES_SENT, history_ring_span(ring, 0, 1), NONE, NONE, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_counter_is_kept_as_what_it_grew_by, setup, teardown),
        cmocka_unit_test_setup_teardown(seconds_without_a_sample_are_gaps_and_lose_no_count, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_series_that_was_away_begins_at_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(quantiles_are_of_one_second, setup, teardown),
        cmocka_unit_test(a_histogram_that_was_begun_anew_is_never_negative),
        cmocka_unit_test_setup_teardown(a_series_is_taken_once_a_sample, setup, teardown),
        cmocka_unit_test_setup_teardown(a_step_is_folded_as_its_column_says, setup, teardown),
        cmocka_unit_test_setup_teardown(spans_join_without_overlap_or_hole, setup, teardown),
        cmocka_unit_test_setup_teardown(every_second_of_the_hour_is_as_it_was_sampled, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_series_without_a_value_for_an_hour_is_forgotten, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_machine_that_slept_leaves_a_gap, setup, teardown),
        cmocka_unit_test_setup_teardown(what_does_not_fit_is_left_out_and_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(a_latecomer_that_was_left_out_counts_from_then_on, setup,
                                        teardown),
    };

    return cmocka_run_group_tests_name("history", tests, NULL, NULL);
}
