/*
 * test_version.c - contexts: what they cover, their union, their bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/sim_random.h"
#include "changes/version.h"

static struct version v(uint64_t time, uint16_t replica)
{
    return (struct version){{time}, replica};
}

static void assert_context_eq(const struct context *a, const struct context *b)
{
    assert_int_equal(a->floor.bits, b->floor.bits);
    assert_int_equal(a->count, b->count);
    for (unsigned i = 0; i < a->count; i++) {
        assert_int_equal(a->entries[i].replica, b->entries[i].replica);
        assert_int_equal(a->entries[i].time.bits, b->entries[i].time.bits);
    }
}

static void test_versions_order_by_time_then_replica(void **state)
{
    assert_true(version_cmp(v(5, 9), v(6, 1)) < 0);
    assert_true(version_cmp(v(6, 2), v(6, 1)) > 0);
    assert_true(version_eq(v(6, 2), v(6, 2)));
    assert_true(version_cmp(VERSION_NONE, v(1, 0)) < 0);
}

static void test_context_covers_what_was_added_and_all_before(void **state)
{
    struct context context = CONTEXT_EMPTY;

    assert_false(context_covers(&context, v(1, 3)));
    assert_true(context_add(&context, v(10, 3)));
    assert_true(context_add(&context, v(7, 1)));
    assert_true(context_covers(&context, v(10, 3)));
    assert_true(context_covers(&context, v(4, 3)));
    assert_false(context_covers(&context, v(11, 3)));
    assert_false(context_covers(&context, v(8, 1)));
    assert_false(context_covers(&context, v(1, 2)));
    assert_int_equal(context.entries[0].replica, 1);
    assert_int_equal(context.entries[1].replica, 3);
}

static void test_floor_covers_everyone_and_drops_entries(void **state)
{
    struct context context = CONTEXT_EMPTY;

    context_add(&context, v(7, 1));
    context_add(&context, v(20, 2));
    context_raise_floor(&context, (struct hybrid_time){7});
    assert_int_equal(context.count, 1);
    assert_true(context_covers(&context, v(7, 9)));
    assert_true(context_covers(&context, v(20, 2)));
    context_raise_floor(&context, (struct hybrid_time){3});
    assert_int_equal(context.floor.bits, 7);
}

static struct context random_context(struct sim_random *random, unsigned replicas)
{
    struct context context = CONTEXT_EMPTY;
    unsigned n = (unsigned)sim_random_below(random, 6);

    for (unsigned i = 0; i < n; i++)
        context_add(&context, v(1 + sim_random_below(random, 40),
                                (uint16_t)sim_random_below(random, replicas)));
    if (sim_random_chance(random, 0.3))
        context_raise_floor(&context, (struct hybrid_time){sim_random_below(random, 30)});
    return context;
}

/* Also with more replicas than entries, when the lowest are lost: by the set, not by the order. */
static void test_union_is_a_semilattice(void **state)
{
    struct sim_random random = sim_random_fork(1, "contexts");

    for (int round = 0; round < 20000; round++) {
        unsigned replicas = round % 2 ? 4 : 60;
        struct context parts[12], forward = CONTEXT_EMPTY, backward = CONTEXT_EMPTY, again;

        for (unsigned i = 0; i < ARRAY_LEN(parts); i++)
            parts[i] = random_context(&random, replicas);
        for (unsigned i = 0; i < ARRAY_LEN(parts); i++) {
            context_unite(&forward, &parts[i]);
            context_unite(&backward, &parts[ARRAY_LEN(parts) - 1 - i]);
        }
        assert_context_eq(&forward, &backward);
        again = forward;
        context_unite(&again, &backward);
        assert_context_eq(&again, &forward);
    }
}

static void test_full_context_gives_up_the_lowest(void **state)
{
    struct context context = CONTEXT_EMPTY;

    for (uint16_t i = 0; i < CONTEXT_ENTRIES_MAX; i++)
        assert_true(context_add(&context, v(100u + i, i)));
    assert_false(context_add(&context, v(200, 500)));
    assert_true(context_covers(&context, v(200, 500)));
    assert_false(context_covers(&context, v(100, 0)));
    assert_false(context_add(&context, v(50, 600)));
    assert_false(context_covers(&context, v(50, 600)));
    assert_int_equal(context.count, CONTEXT_ENTRIES_MAX);
}

static void test_bytes_round_trip(void **state)
{
    struct sim_random random = sim_random_fork(2, "contexts");

    for (int round = 0; round < 2000; round++) {
        struct context context = random_context(&random, 8), back;
        struct buf bytes = BUF_EMPTY;
        struct reader reader;

        assert_int_equal(context_encode(&bytes, &context), 0);
        reader = reader_of(buf_slice(&bytes));
        assert_true(context_read(&reader, &back));
        assert_true(reader_done(&reader));
        assert_context_eq(&context, &back);
        for (size_t cut = 0; cut < bytes.len; cut++) {
            reader = reader_of(slice_of(bytes.ptr, cut));
            assert_false(context_read(&reader, &back));
        }
        buf_release(&bytes);
    }
}

static void test_bytes_that_are_no_context_are_refused(void **state)
{
    static const struct {
        const char *why;
        struct slice bytes;
    } cases[] = {
        {"too many", SLICE("\x7f")},
        {"a floor of zero", SLICE("\x80\0\0\0\0\0\0\0\0")},
        {"entries out of order", SLICE("\x02\0\x02\0\0\0\0\0\0\0\x05\0\x01\0\0\0\0\0\0\0\x05")},
        {"an entry twice", SLICE("\x02\0\x01\0\0\0\0\0\0\0\x05\0\x01\0\0\0\0\0\0\0\x05")},
        {"an entry at the floor", SLICE("\x81\0\0\0\0\0\0\0\x05\0\x01\0\0\0\0\0\0\0\x05")},
        {"an entry at zero", SLICE("\x01\0\x01\0\0\0\0\0\0\0\0")},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct reader reader = reader_of(cases[i].bytes);
        struct context context;

        if (context_read(&reader, &context))
            fail_msg("accepted: %s", cases[i].why);
        assert_true(reader.failed);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_versions_order_by_time_then_replica),
        cmocka_unit_test(test_context_covers_what_was_added_and_all_before),
        cmocka_unit_test(test_floor_covers_everyone_and_drops_entries),
        cmocka_unit_test(test_union_is_a_semilattice),
        cmocka_unit_test(test_full_context_gives_up_the_lowest),
        cmocka_unit_test(test_bytes_round_trip),
        cmocka_unit_test(test_bytes_that_are_no_context_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
