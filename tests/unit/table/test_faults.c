/*
 * test_faults.c - memory that runs out, bytes that rot, disks that fill up: refused whole, never
 * half.
 *
 * Running out of memory is swept, not sampled: the n-th allocation fails, n = 1, 2, ... until a run
 * has none left to fail. The linker's --wrap puts the functions below in front of malloc and its
 * kin; they fail only while a test says so.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "txn.h"

#include <stdlib.h>
#include <string.h>

#include "changes/record.h"

/* ---- allocations that fail ---- */

static struct {
    bool armed;
    uint64_t countdown; /* this many more succeed */
    uint64_t failed;
} allocations;

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);

static bool fails(void)
{
    if (!allocations.armed || allocations.failed > 0)
        return false;
    if (allocations.countdown > 0) {
        allocations.countdown--;
        return false;
    }
    allocations.failed++;
    return true;
}

void *__wrap_malloc(size_t size)
{
    return fails() ? NULL : __real_malloc(size);
}
void *__wrap_calloc(size_t count, size_t size)
{
    return fails() ? NULL : __real_calloc(count, size);
}
void *__wrap_realloc(void *memory, size_t size)
{
    return fails() ? NULL : __real_realloc(memory, size);
}

/** Runs the store until it is quiet, with the n-th allocation failing. True: one did fail. */
static bool settle_failing(struct fixture *f, uint64_t n)
{
    allocations.countdown = n;
    allocations.failed = 0;
    allocations.armed = true;
    fixture_run_ms(f, 30);
    allocations.armed = false;
    fixture_settle(f);
    return allocations.failed > 0;
}

/* ---- tests ---- */

static int setup(void **state)
{
    *state = fixture_new(19);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static void test_a_write_without_memory_has_no_effect(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    unsigned refused = 0;
    bool failed = true;

    for (uint64_t n = 0; failed; n++) {
        const char *pk = arena_printf(&f->arena, "k%llu", (unsigned long long)n);
        struct write put, overwrite, gone;

        /* What a busy lane and committer keep for the next time is given back by opening again. */
        table_unref(table);
        fixture_close(f);
        fixture_open(f);
        table = store_table(f->store, SLICE("t"));
        write_start(f, &put, table, pk, NULL, "1");
        write_start_if(f, &overwrite, table, pk, NULL, "2", "1");
        write_start_if(f, &gone, table, pk, NULL, NULL, "2");
        failed = settle_failing(f, n);
        assert_true(put.rc == 0 || put.rc == ST_NOMEM);
        assert_true(overwrite.rc == 0 || overwrite.rc == ST_NOMEM || put.rc != 0);
        refused += put.rc == ST_NOMEM;
        if (put.rc == ST_NOMEM && overwrite.rc == ST_CONDITION)
            assert_string_equal(overwrite.saw, "");
        assert_string_equal(fixture_get(f, table, pk, NULL), gone.rc == 0        ? ""
                                                             : overwrite.rc == 0 ? "2"
                                                             : put.rc == 0       ? "1"
                                                                                 : "");
        assert_digest_right(f, table);
    }
    assert_true(refused > 5);
    table_unref(table);
}

/* In one lane and in four; a token too, whose repetition must tell the truth. */
static void transactions_without_memory(uint32_t lanes)
{
    struct fixture *f = fixture_with_lanes(lanes);
    struct table *a = fixture_global(f, "a", 1), *b = fixture_table(f, "b", false);
    unsigned refused = 0;
    bool failed = true;

    for (uint64_t n = 0; failed; n++) {
        const char *token = arena_printf(&f->arena, "1/%llu", (unsigned long long)n);
        const char *v = arena_printf(&f->arena, "v%llu", (unsigned long long)n);
        struct txn txn = {.note = "note"}, again = {.note = "note"};
        struct write before, after;
        const char *last;

        table_unref(a);
        table_unref(b);
        fixture_close(f);
        fixture_open(f);
        a = store_table(f->store, SLICE("a"));
        b = store_table(f->store, SLICE("b"));
        for (uint32_t i = 0; i < 4; i++) {
            txn_put(f, &txn, i % 2 ? a : b, key_of_partition(f, i, 0), v);
            txn_put(f, &again, i % 2 ? a : b, key_of_partition(f, i, 0), v);
        }
        txn.transaction.token = again.transaction.token = slice_str(token);
        /* One item is on its way to the disk when the transaction comes, and wanted again after. */
        write_start(f, &before, b, key_of_partition(f, 0, 0), NULL, "before");
        txn_start(f, &txn);
        write_start(f, &after, a, key_of_partition(f, 3, 0), NULL, "after");
        failed = settle_failing(f, n);
        assert_true(txn.done);
        assert_true(txn.rc == 0 || txn.rc == ST_NOMEM);
        refused += txn.rc == ST_NOMEM;
        assert_int_equal(strcmp(fixture_get(f, a, key_of_partition(f, 1, 0), NULL), v) == 0,
                         txn.rc == 0);
        if (txn.rc == 0)
            assert_string_equal(fixture_get(f, b, key_of_partition(f, 0, 0), NULL), v);
        else if (before.rc == 0)
            assert_string_equal(fixture_get(f, b, key_of_partition(f, 0, 0), NULL), "before");
        last = fixture_get(f, a, key_of_partition(f, 3, 0), NULL);
        if (after.rc == 0) /* which of the two came first in the lane is not said */
            assert_true(strcmp(last, "after") == 0 || (txn.rc == 0 && strcmp(last, v) == 0));
        assert_digest_right(f, a);
        assert_digest_right(f, b);
        assert_int_equal(txn_run(f, &again), 0);
        assert_int_equal(again.transaction.token_outcome, txn.rc == 0 ? TOKEN_REPEATED : TOKEN_NEW);
    }
    assert_true(refused > 5);
    table_unref(a);
    table_unref(b);
    fixture_free(f);
}

static void test_a_transaction_without_memory_has_no_effect(void **state)
{
    transactions_without_memory(1);
    transactions_without_memory(4);
}

struct apply_call {
    struct apply apply;
    bool done;
    int rc;
};

static void on_applied(struct apply *apply, int rc)
{
    struct apply_call *call = CONTAINER_OF(apply, struct apply_call, apply);

    call->done = true;
    call->rc = rc;
}

/* Several changes of one key in one apply: taken back as a whole, and the next one finds what was.
 */
static void test_an_apply_without_memory_is_taken_back(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct item_key key = fixture_key("a", NULL);
    struct write before;
    uint64_t time = 1000;
    unsigned refused = 0;
    bool failed = true;

    for (uint64_t n = 0; failed; n++) {
        struct change changes[3];
        struct apply_call call = {.apply = {.table = table,
                                            .changes = changes,
                                            .count = 3,
                                            .strand = f->strand,
                                            .on_applied = on_applied}};
        const char *v = arena_printf(&f->arena, "v%llu", (unsigned long long)n);

        for (int i = 0; i < 3; i++)
            changes[i] = fixture_remote(f, 2, (UINT64_C(1) << 60) + ++time, "a",
                                        arena_printf(&f->arena, "%s-%d", v, i));
        call.apply.partition = partition_of_hash(item_key_hash(&key));
        table_unref(table);
        fixture_close(f);
        fixture_open(f);
        call.apply.table = table = store_table(f->store, SLICE("t"));
        write_start(f, &before, table, "a", NULL, v); /* undurable when the apply meets it */
        store_apply(f->store, &call.apply);
        failed = settle_failing(f, n);
        assert_true(call.done);
        assert_true(call.rc == 0 || call.rc == ST_NOMEM);
        refused += call.rc == ST_NOMEM;
        if (call.rc == 0)
            assert_string_equal(fixture_get(f, table, "a", NULL),
                                arena_printf(&f->arena, "%s-2", v));
        else if (before.rc == 0)
            assert_string_equal(fixture_get(f, table, "a", NULL), v);
        assert_digest_right(f, table);
    }
    assert_true(refused > 3);
    table_unref(table);
}

static void test_a_full_disk_refuses_an_apply_with_its_checkpoint(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct change change = fixture_remote(f, 2, UINT64_C(1) << 60, "a", "x");
    struct apply_call call = {.apply = {.table = table,
                                        .changes = &change,
                                        .count = 1,
                                        .strand = f->strand,
                                        .on_applied = on_applied}};
    struct item_key key = fixture_key("a", NULL);
    struct buf checkpoint = BUF_EMPTY;
    struct slice value;

    store_meta_key(&checkpoint, "test", SLICE("c"));
    call.apply.partition = partition_of_hash(item_key_hash(&key));
    call.apply.checkpoint_key = buf_slice(&checkpoint);
    call.apply.checkpoint_value = SLICE("1");
    memory_disk_set_full(f->disk, true);
    store_apply(f->store, &call.apply);
    fixture_settle(f);
    assert_int_equal(call.rc, ST_FULL);
    assert_int_equal(store_meta_get(f->store, "test", SLICE("c"), &f->arena, &value), ST_NOTFOUND);
    memory_disk_set_full(f->disk, false);
    store_apply(f->store, &call.apply);
    fixture_settle(f);
    assert_int_equal(call.rc, 0);
    assert_int_equal(call.apply.applied, 1);
    assert_string_equal(fixture_get(f, table, "a", NULL), "x");
    assert_int_equal(store_meta_get(f->store, "test", SLICE("c"), &f->arena, &value), 0);
    buf_release(&checkpoint);
    table_unref(table);
}

/* ---- rot ---- */

static void ignore_commit(struct commit *commit, int rc)
{
}

/** Flips a bit in the only stored value whose key begins with `space`. */
static void rot(struct fixture *f, enum engine_family family, uint8_t space)
{
    struct engine_iterator *iterator;
    struct batch batch = BATCH_EMPTY;
    struct commit commit = {.strand = f->strand, .on_done = ignore_commit};
    uint8_t from[1] = {space}, to[1] = {(uint8_t)(space + 1)};
    struct buf value = BUF_EMPTY;

    task_init(&commit.task, NULL);
    assert_int_equal(engine_iterate(f->engine, family, slice_of(from, 1), slice_of(to, 1),
                                    ENGINE_READ_ANY, &iterator),
                     0);
    assert_int_equal(engine_seek_first(iterator), 0);
    buf_append_slice(&value, engine_iterator_value(iterator));
    value.ptr[value.len / 2] ^= 1;
    batch_put(&batch, family, engine_iterator_key(iterator), buf_slice(&value));
    engine_iterator_free(iterator);
    engine_commit(f->engine, &batch, ENGINE_SYNC, &commit);
    fixture_run_ms(f, 10);
    batch_release(&batch);
    buf_release(&value);
}

static int decide_nothing(struct mutation *mutation, const struct record *current,
                          enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    fail();
    return 0;
}

static void test_a_rotten_record_is_never_served_nor_built_upon(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct item_key key = fixture_key("a", NULL);
    struct pinned pin = PINNED_EMPTY;
    struct range_options scan = {.table = table, .hash_to = UINT64_MAX};
    struct range *range;
    struct record record;
    struct digest_leaf *leaves = test_calloc(DIGEST_LEAVES, sizeof(*leaves));
    struct write write;

    fixture_put(f, table, "a", NULL, "x");
    fixture_settle(f);
    rot(f, ENGINE_DATA, 0x01);
    assert_int_equal(store_get(f->store, table, &key, ENGINE_READ_ANY, &pin, &record), ST_CORRUPT);
    assert_int_equal(range_open(f->store, &scan, &range), 0);
    assert_int_equal(range_next(range, &key, &record), ST_CORRUPT);
    range_close(range);
    assert_int_equal(store_digest_recompute(f->store, table, leaves), ST_CORRUPT);
    write_start(f, &write, table, "a", NULL, "y");
    write.mutation.decide = decide_nothing;
    fixture_settle(f);
    assert_int_equal(write.rc, ST_CORRUPT);
    assert_int_equal(
        fixture_apply(f, table, fixture_remote(f, 2, UINT64_C(1) << 60, "a", "z"), false, NULL),
        ST_CORRUPT);
    test_free(leaves);
    table_unref(table);
}

static void test_a_rotten_change_stops_its_readers(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    struct item_key key = fixture_key("a", NULL);
    struct log_read read = {.after = 0};
    struct buf out = BUF_EMPTY;

    fixture_put(f, table, "a", NULL, "x");
    fixture_settle(f);
    rot(f, ENGINE_LOG, 0x01);
    assert_int_equal(
        store_log_read(f->store, table, partition_of_hash(item_key_hash(&key)), &read, &out),
        ST_CORRUPT);
    buf_release(&out);
    table_unref(table);
}

static void test_a_rotten_folder_does_not_open(void **state)
{
    static const uint8_t spaces[] = {0x20, 0x22, 0x23}; /* catalogue, identity, mark */

    for (size_t i = 0; i < sizeof(spaces); i++) {
        struct fixture *f = fixture_new(23 + i);

        table_unref(fixture_global(f, "t", 1));
        fixture_settle(f);
        rot(f, ENGINE_DATA, spaces[i]);
        memory_disk_crash(f->disk, 0); /* closing would write the mark anew */
        engine_close(f->engine);
        fixture_discard(f);
        store_free(f->store);
        f->store = NULL;
        assert_int_equal(fixture_try_open(f), ST_CORRUPT);
        fixture_free(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        T(test_a_write_without_memory_has_no_effect),
        cmocka_unit_test(test_a_transaction_without_memory_has_no_effect),
        T(test_an_apply_without_memory_is_taken_back),
        T(test_a_full_disk_refuses_an_apply_with_its_checkpoint),
        T(test_a_rotten_record_is_never_served_nor_built_upon),
        T(test_a_rotten_change_stops_its_readers),
        cmocka_unit_test(test_a_rotten_folder_does_not_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
