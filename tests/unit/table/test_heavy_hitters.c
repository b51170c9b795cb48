/*
 * test_heavy_hitters.c - the bounds that heavy_hitters.h promises, against exact counts.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/sim_random.h"
#include "table/heavy_hitters.h"

enum { KEYS = 2000, EVENTS = 40000 };

static void add(struct heavy_hitters *hitters, unsigned number, uint64_t weight)
{
    char text[16];

    snprintf(text, sizeof(text), "key%04u", number);
    assert_int_equal(heavy_hitters_add(hitters, slice_str(text), weight), 0);
}

static unsigned number_of(const struct heavy_hitter *hitter)
{
    unsigned number = 0;

    assert_int_equal(hitter->key.len, 7);
    for (size_t i = 3; i < 7; i++)
        number = 10 * number + (unsigned)(hitter->key.ptr[i] - '0');
    return number;
}

static struct heavy_hitter *rank(const struct heavy_hitters *a, const struct heavy_hitters *b,
                                 struct arena *arena, size_t max, size_t *ret_count)
{
    const struct heavy_hitters *parts[] = {a, b};
    struct heavy_hitter *ranked;

    assert_int_equal(heavy_hitters_rank(parts, b != NULL ? 2 : 1, arena, max, &ranked, ret_count),
                     0);
    return ranked;
}

static void as_many_keys_as_counters_are_counted_exactly(void **state)
{
    struct heavy_hitters hitters = HEAVY_HITTERS_EMPTY;
    struct heavy_hitter *ranked;
    struct arena arena;
    size_t count;

    arena_init(&arena, 0);
    for (unsigned round = 0; round < 3; round++)
        for (unsigned i = 0; i < HEAVY_HITTERS_MAX; i++)
            add(&hitters, i, i + 1);
    add(&hitters, 7000, 0); /* no weight: no counter */
    ranked = rank(&hitters, NULL, &arena, 1000, &count);
    assert_int_equal(count, HEAVY_HITTERS_MAX);
    for (unsigned i = 0; i < count; i++) {
        assert_int_equal(number_of(&ranked[i]), HEAVY_HITTERS_MAX - 1 - i);
        assert_int_equal(ranked[i].count, 3 * (HEAVY_HITTERS_MAX - i));
        assert_int_equal(ranked[i].error, 0);
    }
    assert_int_equal(hitters.total, 3 * HEAVY_HITTERS_MAX * (HEAVY_HITTERS_MAX + 1) / 2);
    rank(&hitters, NULL, &arena, 10, &count);
    assert_int_equal(count, 10);
    heavy_hitters_clear(&hitters);
    rank(&hitters, NULL, &arena, 10, &count);
    assert_int_equal(count, 0);
    arena_release(&arena);
}

static void one_key_more_takes_over_the_smallest_counter(void **state)
{
    struct heavy_hitters hitters = HEAVY_HITTERS_EMPTY;
    struct heavy_hitter *ranked;
    struct arena arena;
    size_t count;

    arena_init(&arena, 0);
    for (unsigned i = 0; i < HEAVY_HITTERS_MAX; i++)
        add(&hitters, i, i == 5 ? 2 : 10);
    add(&hitters, 9999, 1);
    ranked = rank(&hitters, NULL, &arena, 1000, &count);
    assert_int_equal(count, HEAVY_HITTERS_MAX);
    assert_int_equal(number_of(&ranked[count - 1]), 9999);
    assert_int_equal(ranked[count - 1].count, 3);
    assert_int_equal(ranked[count - 1].error, 2);
    heavy_hitters_clear(&hitters);
    arena_release(&arena);
}

/* A skewed stream: key i about as often as 1 / (i + 1). */
static unsigned draw(struct sim_random *random)
{
    uint64_t below = 1 + sim_random_below(random, KEYS);

    return (unsigned)sim_random_below(random, below);
}

/* `parts` streams, ranked together. */
static void check_bounds(uint64_t seed, unsigned parts)
{
    struct heavy_hitters hitters[2] = {HEAVY_HITTERS_EMPTY, HEAVY_HITTERS_EMPTY};
    static uint64_t exact[KEYS];
    bool listed[KEYS] = {false};
    struct sim_random random;
    struct heavy_hitter *ranked;
    uint64_t total = 0, error_max = 0;
    struct arena arena;
    size_t count;

    memset(exact, 0, sizeof(exact));
    random = sim_random_fork(seed, "keys");
    arena_init(&arena, 0);
    for (unsigned i = 0; i < EVENTS; i++) {
        unsigned key = draw(&random);
        uint64_t weight = 1 + sim_random_below(&random, 20);

        exact[key] += weight;
        total += weight;
        add(&hitters[i % parts], key, weight);
    }
    for (unsigned p = 0; p < parts; p++)
        error_max += hitters[p].total / HEAVY_HITTERS_MAX;
    ranked = rank(&hitters[0], parts > 1 ? &hitters[1] : NULL, &arena, SIZE_MAX, &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t truth = exact[number_of(&ranked[i])];

        assert_false(listed[number_of(&ranked[i])]);
        listed[number_of(&ranked[i])] = true;
        assert_true(ranked[i].error <= error_max);
        assert_true(ranked[i].count >= truth);
        assert_true(ranked[i].count - ranked[i].error <= truth);
        assert_true(i == 0 || ranked[i].count <= ranked[i - 1].count);
    }
    for (unsigned key = 0; key < KEYS; key++)
        assert_true(exact[key] <= error_max || listed[key]);
    assert_int_equal(total, hitters[0].total + hitters[1].total);
    heavy_hitters_clear(&hitters[0]);
    heavy_hitters_clear(&hitters[1]);
    arena_release(&arena);
}

static void bounds_hold_for_a_skewed_stream(void **state)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        check_bounds(seed, 1);
}

static void bounds_hold_for_the_sums_of_two_streams(void **state)
{
    for (uint64_t seed = 1; seed <= 5; seed++)
        check_bounds(seed, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_keys_as_counters_are_counted_exactly),
        cmocka_unit_test(one_key_more_takes_over_the_smallest_counter),
        cmocka_unit_test(bounds_hold_for_a_skewed_stream),
        cmocka_unit_test(bounds_hold_for_the_sums_of_two_streams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
