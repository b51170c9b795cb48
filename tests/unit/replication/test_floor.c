/*
 * test_floor.c - the floor is never above what anybody lacks.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replication/core/floor.h"

static const uint16_t three[] = {1, 2, 5};

static void hear_all(struct floor_core *core, uint64_t time)
{
    for (uint32_t o = 0; o < 3; o++)
        for (uint32_t r = 0; r < 3; r++)
            if (o != r)
                floor_heard(core, three[o], three[r], (struct hybrid_time){time});
}

static void test_the_floor_is_the_least_of_all_pairs(void **state)
{
    struct floor_core core = {.count = 0};

    floor_set_members(&core, three, 3);
    assert_int_equal(floor_of(&core).bits, 0);
    hear_all(&core, 100);
    assert_int_equal(floor_of(&core).bits, 100);
    floor_heard(&core, 1, 2, (struct hybrid_time){200});
    floor_heard(&core, 2, 5, (struct hybrid_time){50}); /* older than what it said before */
    assert_int_equal(floor_of(&core).bits, 100);
    floor_heard(&core, 9, 2, (struct hybrid_time){1}); /* nobody */
    assert_int_equal(floor_of(&core).bits, 100);
}

static void test_a_new_member_holds_it_until_it_speaks(void **state)
{
    static const uint16_t four[] = {1, 2, 5, 6};
    struct floor_core core = {.count = 0};

    floor_set_members(&core, three, 3);
    hear_all(&core, 100);
    floor_set_members(&core, four, 4);
    assert_int_equal(floor_of(&core).bits, 0);
    hear_all(&core, 300);
    assert_int_equal(floor_of(&core).bits, 0);
    for (uint32_t i = 0; i < 3; i++) {
        floor_heard(&core, three[i], 6, (struct hybrid_time){150});
        floor_heard(&core, 6, three[i], (struct hybrid_time){170});
    }
    assert_int_equal(floor_of(&core).bits, 150);
}

static void test_one_who_leaves_is_not_waited_for(void **state)
{
    static const uint16_t two[] = {1, 5};
    struct floor_core core = {.count = 0};

    floor_set_members(&core, three, 3);
    hear_all(&core, 100);
    floor_heard(&core, 1, 5, (struct hybrid_time){400});
    floor_heard(&core, 5, 1, (struct hybrid_time){300});
    assert_int_equal(floor_of(&core).bits, 100);
    floor_set_members(&core, two, 2);
    assert_int_equal(floor_of(&core).bits, 300);
    floor_set_members(&core, two, 1);
    assert_int_equal(floor_of(&core).bits, 0);
}

static void test_it_stands_still_during_a_snapshot(void **state)
{
    struct floor_core core = {.count = 0};

    floor_set_members(&core, three, 3);
    hear_all(&core, 100);
    core.frozen = true;
    assert_int_equal(floor_of(&core).bits, 0);
    core.frozen = false;
    assert_int_equal(floor_of(&core).bits, 100);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_floor_is_the_least_of_all_pairs),
        cmocka_unit_test(test_a_new_member_holds_it_until_it_speaks),
        cmocka_unit_test(test_one_who_leaves_is_not_waited_for),
        cmocka_unit_test(test_it_stands_still_during_a_snapshot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
