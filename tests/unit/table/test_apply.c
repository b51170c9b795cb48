/*
 * test_apply.c - changes from elsewhere: merged, logged once, never sent on, with their checkpoint.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <string.h>

#define NOW (UINT64_C(1767225600000) << HYBRID_COUNTER_BITS) /* when the simulated clock starts */

static int setup(void **state)
{
    *state = fixture_new(5);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static struct record stored(struct fixture *f, struct table *table, const char *pk)
{
    struct item_key key = fixture_key(pk, NULL);
    struct pinned pin = PINNED_EMPTY;
    struct record record;

    assert_int_equal(store_get(f->store, table, &key, ENGINE_READ_ANY, &pin, &record), 0);
    record.item = arena_dup(&f->arena, record.item);
    engine_unpin(&pin);
    return record;
}

static void test_a_remote_put_is_applied_with_its_version(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct apply result;
    struct change *changes;
    size_t count;

    assert_int_equal(
        fixture_apply(f, table, fixture_remote(f, 2, NOW + 5, "a", "x"), false, &result), 0);
    assert_int_equal(result.applied, 1);
    assert_string_equal(fixture_get(f, table, "a", NULL), "x");
    assert_int_equal(stored(f, table, "a").version.time.bits, NOW + 5);
    assert_int_equal(stored(f, table, "a").version.replica, 2);

    changes = fixture_log(f, table, false, true, &count);
    assert_int_equal(count, 1);
    assert_int_equal(changes[0].flags, CHANGE_REPLICATED);
    assert_int_equal(changes[0].origin_sequence, NOW + 5);
    assert_int_equal(changes[0].origin_incarnation, 99);
    assert_int_equal(changes[0].origin_commit_ms, 1234);
    assert_true(changes[0].sequence != NOW + 5);
    fixture_log(f, table, true, false, &count); /* not sent on */
    assert_int_equal(count, 0);
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_a_duplicate_changes_nothing(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct change change = fixture_remote(f, 2, NOW + 5, "a", "x");
    struct store_stats before, after;
    struct apply result;

    fixture_apply(f, table, change, false, NULL);
    store_stats(f->store, &before);
    assert_int_equal(fixture_apply(f, table, change, false, &result), 0);
    store_stats(f->store, &after);
    assert_int_equal(result.dropped, 1);
    assert_int_equal(result.conflicts, 0);
    assert_int_equal(after.changes, before.changes);
    table_unref(table);
}

static void test_a_local_write_beats_what_it_has_seen(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    uint64_t ahead =
        NOW + (UINT64_C(3600000) << HYBRID_COUNTER_BITS); /* its clock is an hour ahead */
    struct record record;

    fixture_apply(f, table, fixture_remote(f, 2, ahead, "a", "x"), false, NULL);
    assert_int_equal(fixture_put(f, table, "a", NULL, "y"), 0);
    record = stored(f, table, "a");
    assert_int_equal(record.version.time.bits, ahead + 1);
    assert_true(context_covers(&record.context, (struct version){{ahead}, 2}));
    assert_int_equal(fixture_put(f, table, "b", NULL, "y"), 0); /* the clock was not dragged */
    assert_true(stored(f, table, "b").version.time.bits < ahead);
    table_unref(table);
}

struct seen {
    unsigned count;
    char winner[16], loser[16];
    struct version loser_version;
};

static int see_conflict(void *context, const struct conflict_entry *entry)
{
    struct seen *seen = context;
    struct slice winner = item_v(entry->winner.item);

    seen->count++;
    memcpy(seen->winner, winner.ptr, winner.len);
    if (!entry->loser.deleted) {
        struct slice loser = item_v(entry->loser.item);

        memcpy(seen->loser, loser.ptr, loser.len);
    }
    seen->loser_version = entry->loser.version;
    return 0;
}

static void test_an_own_write_that_loses_is_kept(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    uint64_t later = NOW + (UINT64_C(60000) << HYBRID_COUNTER_BITS);
    struct seen seen = {.count = 0};
    struct table_stats stats;
    struct apply result;

    fixture_put(f, table, "a", NULL, "mine");
    fixture_apply(f, table, fixture_remote(f, 2, later, "a", "theirs"), false, &result);
    assert_int_equal(result.applied, 1);
    assert_int_equal(result.conflicts, 1);
    assert_int_equal(result.logged_conflicts, 1);
    assert_string_equal(fixture_get(f, table, "a", NULL), "theirs");
    assert_int_equal(store_conflicts_each(f->store, table, 0, see_conflict, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_string_equal(seen.winner, "theirs");
    assert_string_equal(seen.loser, "mine");
    assert_int_equal(seen.loser_version.replica, 1);

    /* Two others in conflict: counted, not kept here. */
    fixture_apply(f, table, fixture_remote(f, 3, later + 9, "a", "third"), false, &result);
    assert_int_equal(result.conflicts, 1);
    assert_int_equal(result.logged_conflicts, 0);
    fixture_apply(f, table, fixture_remote(f, 4, later + 1, "a", "loser"), false, &result);
    assert_int_equal(result.dropped, 1);
    assert_int_equal(result.conflicts, 1);
    assert_string_equal(fixture_get(f, table, "a", NULL), "third");
    fixture_apply(f, table, fixture_remote(f, 4, later + 1, "a", "loser"), false, &result);
    assert_int_equal(result.conflicts, 0); /* its context has grown: now it is a duplicate */
    table_stats(table, &stats);
    assert_int_equal(stats.conflicts, 3);
    assert_digest_right(f, table);
    table_unref(table);
}

struct apply_call {
    struct apply apply;
    bool done;
    int rc;
    unsigned order;
};
static unsigned *order_counter;

static void on_applied(struct apply *apply, int rc)
{
    struct apply_call *call = CONTAINER_OF(apply, struct apply_call, apply);

    call->done = true;
    call->rc = rc;
    call->order = ++*order_counter;
}

static void test_changes_of_one_apply_see_each_other(void **state)
{
    enum { CHANGES = 40 };
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct change changes[CHANGES], *log;
    struct apply_call call = {.apply = {.table = table,
                                        .changes = changes,
                                        .count = CHANGES,
                                        .strand = f->strand,
                                        .on_applied = on_applied}};
    struct item_key key = fixture_key("a", NULL);
    unsigned order = 0;
    size_t count;

    order_counter = &order;
    for (int i = 0; i < CHANGES; i++)
        changes[i] = fixture_remote(f, 2, NOW + 1 + (uint64_t)i, "a",
                                    i % 5 == 2 ? NULL : arena_printf(&f->arena, "v%d", i));
    call.apply.partition = partition_of_hash(item_key_hash(&key));
    store_apply(f->store, &call.apply);
    fixture_settle(f);
    assert_int_equal(call.apply.applied, CHANGES);
    log = fixture_log(f, table, false, true, &count);
    assert_int_equal(count, CHANGES);
    for (size_t i = 1; i < count; i++) { /* M5: the chain of images */
        assert_int_equal(log[i].existed, log[i - 1].has_new);
        if (log[i].has_old)
            assert_true(slice_eq(log[i].old_image, log[i - 1].new_image));
    }
    assert_string_equal(fixture_get(f, table, "a", NULL), "v39");
    assert_digest_right(f, table);
    table_unref(table);
}

/* A checkpoint must never pass the changes before it, also when these wait for the I/O pool. */
static void test_applies_of_a_partition_keep_their_order(void **state)
{
    enum { APPLIES = 12, CHANGES = 8 };
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct change changes[APPLIES][CHANGES];
    struct apply_call calls[APPLIES] = {0};
    unsigned order = 0;
    uint64_t time = NOW;
    struct buf key = BUF_EMPTY;
    struct slice checkpoint;
    int next = 0;

    order_counter = &order;
    store_meta_key(&key, "test", SLICE("checkpoint"));
    f->miss_every = 3;
    for (int i = 0; i < APPLIES; i++) {
        for (int j = 0; j < CHANGES;) { /* keys of partition 0 */
            const char *pk = arena_printf(&f->arena, "k%d", next++ % 40);
            struct item_key item = fixture_key(pk, NULL);

            if (partition_of_hash(item_key_hash(&item)) == 0)
                changes[i][j++] = fixture_remote(f, 2, ++time, pk, "v");
        }
        calls[i].apply = (struct apply){
            .table = table,
            .changes = changes[i],
            .count = CHANGES,
            .strand = f->strand,
            .on_applied = on_applied,
            .checkpoint_key = buf_slice(&key),
            .checkpoint_value = slice_str(arena_printf(&f->arena, "%d", i)),
        };
        store_apply(f->store, &calls[i].apply);
    }
    fixture_settle(f);
    for (int i = 0; i < APPLIES; i++) {
        assert_int_equal(calls[i].rc, 0);
        assert_int_equal(calls[i].order, i + 1);
    }
    assert_int_equal(store_meta_get(f->store, "test", SLICE("checkpoint"), &f->arena, &checkpoint),
                     0);
    assert_true(slice_eq_str(checkpoint, "11"));
    assert_digest_right(f, table);
    buf_release(&key);
    table_unref(table);
}

static void test_a_checkpoint_alone_is_stored(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct apply_call call = {
        .apply = {.table = table, .strand = f->strand, .on_applied = on_applied}};
    struct buf key = BUF_EMPTY;
    struct slice value;
    unsigned order = 0;

    order_counter = &order;
    store_meta_key(&key, "test", SLICE("c"));
    call.apply.checkpoint_key = buf_slice(&key);
    call.apply.checkpoint_value = SLICE("here");
    store_apply(f->store, &call.apply);
    fixture_settle(f);
    assert_int_equal(call.rc, 0);
    assert_int_equal(store_meta_get(f->store, "test", SLICE("c"), &f->arena, &value), 0);
    assert_true(slice_eq_str(value, "here"));
    buf_release(&key);
    table_unref(table);
}

static void test_nonsense_from_a_peer_is_refused_whole(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct change changes[2] = {fixture_remote(f, 2, NOW + 1, "a", "1"),
                                fixture_remote(f, 2, NOW + 2, "a", "2")};
    struct apply_call call = {
        .apply = {.table = table, .strand = f->strand, .on_applied = on_applied}};
    struct item_key key = fixture_key("a", NULL);
    unsigned order = 0;

    order_counter = &order;
    changes[1].key = SLICE("\xff\xff");
    call.apply.partition = partition_of_hash(item_key_hash(&key));
    call.apply.changes = changes;
    call.apply.count = 2;
    store_apply(f->store, &call.apply);
    fixture_settle(f);
    assert_int_equal(call.rc, ST_CORRUPT);
    assert_string_equal(fixture_get(f, table, "a", NULL), "");
    call.apply.count = 1;
    call.apply.partition =
        (call.apply.partition + 1) % TABLE_PARTITIONS; /* not of this partition */
    store_apply(f->store, &call.apply);
    fixture_settle(f);
    assert_int_equal(call.rc, ST_CORRUPT);
    assert_int_equal(fixture_put(f, table, "a", NULL, "x"), 0);
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_a_session_is_invisible_and_exempt_from_the_floor(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct apply result;
    size_t count;

    store_set_floor(f->store, table, (struct hybrid_time){NOW + 100});
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 5, "a", "x"), false, &result);
    assert_int_equal(result.dropped, 1);
    assert_string_equal(fixture_get(f, table, "a", NULL), "");
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 5, "a", "x"), true, &result);
    assert_int_equal(result.applied, 1);
    assert_string_equal(fixture_get(f, table, "a", NULL), "x");
    fixture_log(f, table, false, true, &count);
    assert_int_equal(count, 0);
    fixture_log(f, table, false, false, &count);
    assert_int_equal(count, 1);
    assert_digest_right(f, table);
    table_unref(table);
    fixture_crash(f, 0); /* invisible changes count, too, when the digest is rebuilt */
    table = store_table(f->store, SLICE("t"));
    assert_digest_right(f, table);
    table_unref(table);
}

/* nobody sees the same item arrive twice, or the delete of nothing. */
static void test_changes_without_effect_are_invisible(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    size_t count;

    fixture_apply(f, table, fixture_remote(f, 2, NOW + 1, "a", "x"), false, NULL);
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 2, "a", "x"), false, NULL);
    fixture_apply(f, table, fixture_remote(f, 2, NOW + 3, "b", NULL), false, NULL);
    fixture_log(f, table, false, true, &count);
    assert_int_equal(count, 1);
    assert_int_equal(stored(f, table, "a").version.time.bits, NOW + 2);
    assert_digest_right(f, table);
    table_unref(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_remote_put_is_applied_with_its_version),
        T(test_a_duplicate_changes_nothing),
        T(test_a_local_write_beats_what_it_has_seen),
        T(test_an_own_write_that_loses_is_kept),
        T(test_changes_of_one_apply_see_each_other),
        T(test_applies_of_a_partition_keep_their_order),
        T(test_a_checkpoint_alone_is_stored),
        T(test_nonsense_from_a_peer_is_refused_whole),
        T(test_a_session_is_invisible_and_exempt_from_the_floor),
        T(test_changes_without_effect_are_invisible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
