/*
 * test_change.c - change records: what the committer fills in last, and that every byte is checked.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "changes/change.h"

static struct change sample(void)
{
    struct change change = {
        .incarnation = 77,
        .version = {{500}, 3},
        .origin_incarnation = 77,
        .kind = CHANGE_PUT,
        .key = SLICE("\0\1kx"),
        .has_new = true,
        .has_old = true,
        .existed = true,
        .new_image = SLICE("new"),
        .old_image = SLICE("older"),
        .new_hash = (u128)1 << 100,
        .old_hash = 9,
        .new_size = 3,
        .old_size = 5,
    };

    context_add(&change.context, (struct version){{99}, 2});
    return change;
}

static void test_round_trip_after_the_committer(void **state)
{
    struct change change = sample(), back;
    struct buf bytes = BUF_EMPTY;

    assert_int_equal(change_encode(&bytes, &change), 0);
    change_set_sequence(bytes.ptr, bytes.len, 4711, 1000);
    assert_int_equal(be64_get(bytes.ptr + CHANGE_SEQUENCE_OFFSET), 4711);
    assert_int_equal(change_decode(buf_slice(&bytes), &back), 0);
    assert_int_equal(back.sequence, 4711);
    assert_int_equal(back.commit_ms, 1000);
    assert_int_equal(back.origin_sequence, 4711);
    assert_int_equal(back.origin_commit_ms, 1000);
    assert_int_equal(back.origin_incarnation, 77);
    assert_true(version_eq(back.version, change.version));
    assert_true(slice_eq(back.key, change.key));
    assert_true(slice_eq(back.new_image, change.new_image));
    assert_true(slice_eq(back.old_image, change.old_image));
    assert_true(back.new_hash == change.new_hash);
    assert_true(back.old_hash == change.old_hash);
    assert_int_equal(back.new_size, 3);
    assert_int_equal(back.old_size, 5);
    assert_true(context_covers(&back.context, (struct version){{99}, 2}));
    buf_release(&bytes);
}

static void test_a_replicated_change_keeps_its_origin(void **state)
{
    struct change change = sample(), back;
    struct buf bytes = BUF_EMPTY;

    change.flags = CHANGE_REPLICATED;
    change.origin_sequence = 12;
    change.origin_commit_ms = 900;
    change_encode(&bytes, &change);
    change_set_sequence(bytes.ptr, bytes.len, 4711, 1000);
    assert_int_equal(change_decode(buf_slice(&bytes), &back), 0);
    assert_int_equal(back.sequence, 4711);
    assert_int_equal(back.origin_sequence, 12);
    assert_int_equal(back.origin_commit_ms, 900);
    buf_release(&bytes);
}

static void test_a_delete_has_no_new_image(void **state)
{
    struct change change = {.kind = CHANGE_DELETE, .key = SLICE("k"), .existed = true}, back;
    struct buf bytes = BUF_EMPTY;

    change_encode(&bytes, &change);
    assert_int_equal(change_decode(buf_slice(&bytes), &back), 0);
    assert_int_equal(back.kind, CHANGE_DELETE);
    assert_false(back.has_new);
    assert_false(back.has_old);
    assert_true(back.existed);
    buf_release(&bytes);
}

static void test_only_a_put_that_is_not_shipped_may_lack_its_image(void **state)
{
    struct change change = {.kind = CHANGE_PUT, .key = SLICE("k"), .new_size = 3}, back;
    struct buf bytes = BUF_EMPTY;

    (void)state;
    change_encode(&bytes, &change);
    assert_int_equal(change_decode(buf_slice(&bytes), &back), ST_CORRUPT);
    buf_clear(&bytes);
    change.flags = CHANGE_NOT_SHIPPED;
    change_encode(&bytes, &change);
    assert_int_equal(change_decode(buf_slice(&bytes), &back), 0);
    assert_false(back.has_new);
    assert_int_equal(back.new_size, 3);
    buf_release(&bytes);
}

static void test_any_flipped_bit_and_any_cut_is_found(void **state)
{
    struct change change = sample(), back;
    struct buf bytes = BUF_EMPTY;

    change_encode(&bytes, &change);
    for (size_t i = 0; i < bytes.len * 8; i++) {
        bytes.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
        assert_int_equal(change_decode(buf_slice(&bytes), &back), ST_CORRUPT);
        bytes.ptr[i / 8] ^= (uint8_t)(1u << (i % 8));
    }
    for (size_t cut = 0; cut < bytes.len; cut++)
        assert_int_equal(change_decode(slice_of(bytes.ptr, cut), &back), ST_CORRUPT);
    buf_release(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip_after_the_committer),
        cmocka_unit_test(test_a_replicated_change_keeps_its_origin),
        cmocka_unit_test(test_a_delete_has_no_new_image),
        cmocka_unit_test(test_only_a_put_that_is_not_shipped_may_lack_its_image),
        cmocka_unit_test(test_any_flipped_bit_and_any_cut_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
