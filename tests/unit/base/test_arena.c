/*
 * test_arena.c - the bound, the first chunk, alignment, and reuse after a reset.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

static void an_arena_never_passes_its_bound(void **state)
{
    enum { MAX = 100 * 1000 };
    struct arena arena;
    size_t got = 0;

    (void)state;
    arena_init(&arena, MAX);
    while (arena_alloc(&arena, 999) != NULL)
        got += 999;
    assert_true(got <= MAX);
    assert_true(got > MAX / 2);
    assert_true(arena.total <= MAX);
    assert_null(arena_alloc(&arena, SIZE_MAX));
    assert_null(arena_dup(&arena, slice_of(arena.at, MAX)).ptr);
    arena_release(&arena);
}

static void a_small_arena_begins_small_and_grows(void **state)
{
    struct arena arena;

    (void)state;
    arena_init_small(&arena, 256);
    for (int again = 0; again < 2; again++) {
        assert_non_null(arena_alloc(&arena, 100));
        assert_int_equal(arena.total, 256);
        assert_non_null(arena_alloc(&arena, 300));
        assert_int_equal(arena.total, 256 + 512);
        arena_release(&arena);
    }
}

static void pieces_are_aligned_and_apart(void **state)
{
    struct arena arena;
    uint8_t *previous = NULL;

    (void)state;
    arena_init(&arena, 0);
    for (size_t size = 1; size < 5000; size = size * 3 + 1) {
        uint8_t *ptr = arena_alloc(&arena, size);

        assert_non_null(ptr);
        assert_int_equal((uintptr_t)ptr % 16, 0);
        assert_ptr_not_equal(ptr, previous);
        memset(ptr, 0xAB, size); /* the sanitizer looks */
        previous = ptr;
    }
    arena_release(&arena);
}

static void a_reset_arena_serves_again_without_malloc(void **state)
{
    struct arena arena;
    size_t total;

    (void)state;
    arena_init(&arena, 0);
    for (int i = 0; i < 10; i++)
        assert_non_null(arena_alloc(&arena, 3000));
    arena_reset(&arena);
    total = arena.total;
    assert_true(total > 0);
    assert_non_null(arena_alloc(&arena, 3000));
    assert_int_equal(arena.total, total);
    arena_release(&arena);
    arena_release(&arena);
}

static void copies_end_as_they_should(void **state)
{
    struct arena arena;

    (void)state;
    arena_init(&arena, 0);
    assert_string_equal(arena_str(&arena, SLICE("text")), "text");
    assert_string_equal(arena_str(&arena, SLICE_EMPTY), "");
    assert_non_null(arena_dup(&arena, SLICE_EMPTY).ptr);
    assert_string_equal(arena_printf(&arena, "%s-%d", "us-east", 1), "us-east-1");
    arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_never_passes_its_bound),
        cmocka_unit_test(a_small_arena_begins_small_and_grows),
        cmocka_unit_test(pieces_are_aligned_and_apart),
        cmocka_unit_test(a_reset_arena_serves_again_without_malloc),
        cmocka_unit_test(copies_end_as_they_should),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
