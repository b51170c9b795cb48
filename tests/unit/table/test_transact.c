/*
 * test_transact.c - transactions: all or nothing, in any number of lanes, with everything that may
 * come between: other writes, feeds, edits, misses, full disks, crashes.
 */
#include "txn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void set_token(struct txn *txn, const char *token, uint8_t fingerprint)
{
    txn->transaction.token = slice_str(token);
    memset(txn->transaction.fingerprint, fingerprint, sizeof(txn->transaction.fingerprint));
}

static int setup(void **state)
{
    *state = fixture_with_lanes(4);
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

/* ---- all or nothing ---- */

static void writes_together(struct fixture *f)
{
    struct table *a = fixture_global(f, "a", 1), *b = fixture_table(f, "b", false);
    struct txn txn = {.done = false};
    struct change *changes;
    struct store_stats before, after;
    size_t count;

    fixture_put(f, a, "gone", NULL, "x");
    fixture_settle(f);
    store_stats(f->store, &before);
    for (uint32_t i = 0; i < 4; i++)
        txn_put(f, &txn, i % 2 ? a : b, key_of_partition(f, i, 0), "1");
    txn_add(f, &txn, a, "gone");
    txn_check(f, &txn, b, "nobody", "");
    assert_int_equal(txn_run(f, &txn), 0);
    store_stats(f->store, &after);
    assert_int_equal(after.commits, before.commits + 1);
    assert_int_equal(after.changes, before.changes + 5);
    for (uint32_t i = 0; i < 4; i++)
        assert_string_equal(fixture_get(f, i % 2 ? a : b, key_of_partition(f, i, 0), NULL), "1");
    assert_string_equal(fixture_get(f, a, "gone", NULL), "");
    assert_int_equal(txn.parts[4].part.mutation.outcome, MUTATION_DELETE);
    assert_int_equal(txn.parts[5].part.mutation.outcome, MUTATION_NOTHING);
    changes = fixture_log(f, b, false, true, &count);
    assert_int_equal(count, 2);
    for (uint32_t i = 0; i < 5; i++) /* one version for all of them */
        assert_int_equal(txn.parts[i].part.mutation.version.time.bits,
                         changes[0].version.time.bits);
    assert_digest_right(f, a);
    assert_digest_right(f, b);
    table_unref(a);
    table_unref(b);
}

static void cancels_together(struct fixture *f)
{
    struct table *a = fixture_table(f, "c", false);
    struct txn txn = {.done = false};

    fixture_put(f, a, key_of_partition(f, 0, 0), NULL, "old");
    txn_put(f, &txn, a, key_of_partition(f, 0, 0), "new");
    txn_put(f, &txn, a, key_of_partition(f, 1, 0), "new")->expect = "there";
    txn_check(f, &txn, a, key_of_partition(f, 2, 0), "");
    txn_put(f, &txn, a, key_of_partition(f, 3, 0), "new");
    txn_check(f, &txn, a, key_of_partition(f, 3, 1), "there");
    assert_int_equal(txn_run(f, &txn), ST_CONDITION);
    assert_int_equal(txn.parts[0].part.rc, 0);
    assert_int_equal(txn.parts[1].part.rc, ST_CONDITION);
    assert_int_equal(txn.parts[2].part.rc, 0);
    assert_int_equal(txn.parts[3].part.rc, 0);
    assert_int_equal(txn.parts[4].part.rc, ST_CONDITION);
    assert_string_equal(fixture_get(f, a, key_of_partition(f, 0, 0), NULL), "old");
    assert_string_equal(fixture_get(f, a, key_of_partition(f, 3, 0), NULL), "");
    /* The items are free again, also for those that have to be told of an undurable write. */
    txn = (struct txn){.done = false};
    txn_put(f, &txn, a, key_of_partition(f, 1, 0), "1");
    txn_put(f, &txn, a, key_of_partition(f, 2, 0), "2")->expect = "";
    assert_int_equal(txn_run(f, &txn), 0);
    assert_digest_right(f, a);
    table_unref(a);
}

static void test_in_one_lane_and_in_several(void **state)
{
    for (uint32_t lanes = 1; lanes <= 5; lanes++)
        for (unsigned miss_every = 0; miss_every < 4; miss_every += 3) {
            struct fixture *f = fixture_with_lanes(lanes);

            f->miss_every = miss_every;
            writes_together(f);
            cancels_together(f);
            fixture_free(f);
        }
}

static void test_nothing_to_write_is_answered_like_a_read(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct txn txn = {.done = false};
    struct write write;
    struct store_stats before, after;

    fixture_settle(f);
    store_stats(f->store, &before);
    txn_check(f, &txn, table, key_of_partition(f, 0, 0), "");
    txn_check(f, &txn, table, key_of_partition(f, 1, 0), "");
    assert_int_equal(txn_run(f, &txn), 0);
    store_stats(f->store, &after);
    assert_int_equal(after.commits, before.commits);
    /* What it saw on its way to the disk has arrived before it is told. */
    write_start(f, &write, table, key_of_partition(f, 0, 0), NULL, "1");
    txn = (struct txn){.done = false};
    txn_check(f, &txn, table, key_of_partition(f, 0, 0), "");
    txn_check(f, &txn, table, key_of_partition(f, 1, 0), "");
    assert_int_equal(txn_run(f, &txn), ST_CONDITION);
    assert_true(write.done);
    assert_string_equal(txn.parts[0].saw, "1");
    table_unref(table);
}

/* ---- others on the same items ---- */

static void test_a_conflict_is_told_and_a_plain_write_waits(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    const char *first = key_of_partition(f, 0, 0), *second = key_of_partition(f, 1, 0);
    struct txn one = {.done = false}, two = {.done = false}, three = {.done = false};
    struct write write, free_item;

    txn_put(f, &one, table, first, "one");
    txn_put(f, &one, table, second, "one");
    txn_put(f, &two, table, first, "two");
    txn_put(f, &two, table, key_of_partition(f, 2, 0), "two");
    txn_put(f, &three, table, second, "three"); /* of one lane, and so without a latch of its own */
    txn_start(f, &one);
    sim_executor_run_until(f->sim, mono_add_ms(executor_now(f->executor), 0));
    fixture_run_ms(f, 0);
    txn_start(f, &two);
    write_start_if(f, &write, table, first, NULL, "plain", "one");
    write_start(f, &free_item, table, key_of_partition(f, 0, 1), NULL, "free");
    while (one.transaction.work != NULL && !two.done)
        sim_executor_run_until(f->sim, (struct mono){executor_now(f->executor).ns + 1000});
    assert_false(one.done);
    assert_false(write.done);
    txn_start(f, &three);
    fixture_settle(f);
    assert_int_equal(one.rc, 0);
    assert_int_equal(two.rc, ST_CONDITION);
    assert_int_equal(two.parts[0].part.rc, ST_CONFLICT);
    assert_int_equal(two.parts[1].part.rc, 0);
    assert_int_equal(three.rc, ST_CONDITION);
    assert_int_equal(three.parts[0].part.rc, ST_CONFLICT);
    assert_int_equal(write.rc, 0); /* it saw what the transaction had made */
    assert_int_equal(free_item.rc, 0);
    assert_string_equal(fixture_get(f, table, first, NULL), "plain");
    assert_string_equal(fixture_get(f, table, second, NULL), "one");
    assert_string_equal(fixture_get(f, table, key_of_partition(f, 2, 0), NULL), "");
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_in_one_lane_nobody_fails_for_another(void **state)
{
    struct fixture *f = fixture_with_lanes(1);
    struct table *table = fixture_table(f, "t", false);
    struct txn txns[20];

    for (int i = 0; i < 20; i++) {
        txns[i] = (struct txn){.done = false};
        txn_add(f, &txns[i], table, "a")->add = 1;
        txn_add(f, &txns[i], table, "b")->add = 2;
        txn_start(f, &txns[i]);
    }
    fixture_settle(f);
    for (int i = 0; i < 20; i++)
        assert_int_equal(txns[i].rc, 0);
    assert_string_equal(fixture_get(f, table, "a", NULL), "20");
    assert_string_equal(fixture_get(f, table, "b", NULL), "40");
    table_unref(table);
    fixture_free(f);
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

static void test_a_change_from_elsewhere_waits_for_the_latch(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    const char *first = key_of_partition(f, 0, 0), *second = key_of_partition(f, 1, 0);
    struct change change = fixture_remote(f, 2, UINT64_C(1) << 62, first, "remote");
    struct apply_call call = {.apply = {.table = table,
                                        .changes = &change,
                                        .count = 1,
                                        .strand = f->strand,
                                        .on_applied = on_applied}};
    struct txn txn = {.done = false};

    txn_put(f, &txn, table, first, "here");
    txn_put(f, &txn, table, second, "here");
    txn_start(f, &txn);
    fixture_run_ms(f, 0);
    store_apply(f->store, &call.apply);
    fixture_settle(f);
    assert_int_equal(txn.rc, 0);
    assert_int_equal(call.rc, 0);
    assert_int_equal(call.apply.applied, 1);
    assert_int_equal(call.apply.conflicts, 1); /* it met the transaction's version, not nothing */
    assert_string_equal(fixture_get(f, table, first, NULL), "remote");
    assert_string_equal(fixture_get(f, table, second, NULL), "here");
    assert_digest_right(f, table);
    table_unref(table);
}

static void test_one_clock_far_ahead_does_not_spread(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "t", 1);
    const char *ahead = key_of_partition(f, 0, 0);
    uint64_t far = hybrid_time_of_ms(clock_wall_ms(&f->clock) + 3600000).bits;
    struct txn txn = {.done = false};

    assert_int_equal(
        fixture_apply(f, table, fixture_remote(f, 2, far, ahead, "remote"), false, NULL), 0);
    for (uint32_t i = 0; i < 3; i++)
        txn_put(f, &txn, table, key_of_partition(f, i, 0), "here");
    assert_int_equal(txn_run(f, &txn), 0);
    assert_true(txn.parts[0].part.mutation.version.time.bits > far); /* beaten, and alone */
    assert_true(txn.parts[1].part.mutation.version.time.bits < far);
    assert_int_equal(txn.parts[1].part.mutation.version.time.bits,
                     txn.parts[2].part.mutation.version.time.bits);
    assert_string_equal(fixture_get(f, table, ahead, NULL), "here");
    table_unref(table);
}

static void test_an_edit_falls_between_transactions(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct txn txns[12];
    struct schema *schema, *edited;
    struct change *changes;
    size_t count;

    for (int i = 0; i < 12; i++) {
        txns[i] = (struct txn){.done = false};
        for (uint32_t partition = 0; partition < 4; partition++)
            txn_put(f, &txns[i], table, key_of_partition(f, partition, (unsigned)i), "1");
        txn_start(f, &txns[i]);
        if (i == 6)
            fixture_run_ms(f, 0);
    }
    schema = table_schema(table);
    edited = schema_copy(schema);
    edited->stream_count = 1;
    edited->streams[0] = (struct stream){.view = STREAM_NEW_IMAGE};
    strcpy(edited->streams[0].label, "s");
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, edited), 0);
    schema_unref(schema);
    fixture_settle(f);
    schema = table_schema(table);
    changes = fixture_log(f, table, false, true, &count);
    assert_int_equal(count, 48);
    for (size_t i = 0; i < count; i++) { /* images from the edit on, and no earlier */
        assert_int_equal(changes[i].has_new,
                         changes[i].sequence > schema->streams[0].start_sequence);
        if (i > 0 && changes[i].version.time.bits == changes[i - 1].version.time.bits)
            assert_int_equal(changes[i].has_new, changes[i - 1].has_new);
    }
    schema_unref(schema);
    for (int i = 0; i < 12; i++)
        assert_int_equal(txns[i].rc, 0);
    table_unref(table);
}

static void test_a_dropped_table_and_a_fence_refuse_all(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false), *gone = fixture_table(f, "gone", false);
    struct schema *schema = table_schema(gone);
    struct txn txn = {.done = false};

    assert_int_equal(fixture_edit(f, EDIT_DROP, schema), 0);
    txn_put(f, &txn, table, "a", "1");
    txn_put(f, &txn, gone, "a", "1");
    assert_int_equal(txn_run(f, &txn), ST_NOTFOUND);
    txn = (struct txn){.done = false};
    for (uint32_t i = 0; i < 4; i++)
        txn_put(f, &txn, table, key_of_partition(f, i, 0), "1");
    store_fence(f->store, "a test");
    assert_int_equal(txn_run(f, &txn), ST_FENCED);
    store_fence(f->store, NULL);
    assert_string_equal(fixture_get(f, table, "a", NULL), "");
    assert_int_equal(txn_run(f, &txn), 0);
    table_unref(table);
    table_unref(gone);
}

static void test_a_full_disk_refuses_all(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct txn txns[8];

    memory_disk_set_full(f->disk, true);
    for (int i = 0; i < 8; i++) {
        txns[i] = (struct txn){.done = false};
        for (uint32_t partition = 0; partition < 4; partition++)
            txn_put(f, &txns[i], table, key_of_partition(f, partition, (unsigned)i / 2), "1");
        txn_start(f, &txns[i]);
        fixture_run_ms(f, i % 3);
    }
    fixture_settle(f);
    for (int i = 0; i < 8; i++)
        assert_true(txns[i].rc == ST_FULL || txns[i].rc == ST_CONDITION);
    memory_disk_set_full(f->disk, false);
    assert_int_equal(txn_run(f, &txns[0]), 0);
    assert_digest_right(f, table);
    table_unref(table);
}

/* ---- tokens ---- */

static void token_txn(struct fixture *f, struct txn *txn, struct table *table, const char *token)
{
    *txn = (struct txn){.note = "a note"};
    txn_add(f, txn, table, key_of_partition(f, 0, 0))->add = 1;
    txn_add(f, txn, table, key_of_partition(f, 1, 0))->add = 1;
    set_token(txn, token, 1);
}

static void test_a_token_happens_once(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    const char *pk = key_of_partition(f, 0, 0);
    struct txn txn, same;

    token_txn(f, &txn, table, "1234/token");
    token_txn(f, &same, table, "1234/token");
    txn_start(f, &txn);
    assert_int_equal(txn_run(f, &same), ST_REFUSED);
    assert_int_equal(same.transaction.token_outcome, TOKEN_RUNNING);
    fixture_settle(f);
    assert_int_equal(txn.rc, 0);
    assert_int_equal(txn.transaction.token_outcome, TOKEN_NEW);
    f->miss_every = 2;
    for (int i = 0; i < 4; i++) {
        assert_int_equal(txn_run(f, &same), 0);
        assert_int_equal(same.transaction.token_outcome, TOKEN_REPEATED);
        assert_true(slice_eq_str(same.transaction.remembered, "a note"));
        if (i == 1) {
            table_unref(table);
            fixture_crash(f, 5);
            table = store_table(f->store, SLICE("t"));
            token_txn(f, &same, table, "1234/token");
        }
    }
    assert_string_equal(fixture_get(f, table, pk, NULL), "1");
    set_token(&same, "1234/token", 2);
    assert_int_equal(txn_run(f, &same), ST_REFUSED);
    assert_int_equal(same.transaction.token_outcome, TOKEN_OTHER);
    /* Ten minutes, and no more. */
    set_token(&same, "1234/token", 1);
    fixture_run_ms(f, TOKEN_WINDOW_MS - 60000);
    assert_int_equal(txn_run(f, &same), 0);
    assert_int_equal(same.transaction.token_outcome, TOKEN_REPEATED);
    fixture_run_ms(f, 60000);
    assert_int_equal(txn_run(f, &same), 0);
    assert_int_equal(same.transaction.token_outcome, TOKEN_NEW);
    assert_string_equal(fixture_get(f, table, pk, NULL), "2");
    table_unref(table);
}

static void test_a_cancelled_transaction_leaves_no_token(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct txn txn;

    token_txn(f, &txn, table, "1234/token");
    txn.parts[1].expect = "5";
    assert_int_equal(txn_run(f, &txn), ST_CONDITION);
    txn.parts[1].expect = NULL;
    memory_disk_set_full(f->disk, true);
    assert_int_equal(txn_run(f, &txn), ST_FULL);
    memory_disk_set_full(f->disk, false);
    assert_int_equal(txn_run(f, &txn), 0);
    assert_int_equal(txn.transaction.token_outcome, TOKEN_NEW);
    table_unref(table);
}

static size_t count_tokens(struct fixture *f)
{
    static const uint8_t from[1] = {0x24}, to[1] = {0x25};
    struct engine_iterator *iterator;
    size_t count = 0;

    assert_int_equal(engine_iterate(f->engine, ENGINE_DATA, slice_of(from, 1), slice_of(to, 1),
                                    ENGINE_READ_ANY, &iterator),
                     0);
    for (int rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator))
        count++;
    engine_iterator_free(iterator);
    return count;
}

static void test_old_tokens_are_deleted(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct txn txn;

    for (int i = 0; i < 5; i++) {
        token_txn(f, &txn, table, arena_printf(&f->arena, "1234/%d", i));
        assert_int_equal(txn_run(f, &txn), 0);
    }
    fixture_run_ms(f, TOKEN_WINDOW_MS - 60000);
    assert_int_equal(count_tokens(f), 5);
    fixture_run_ms(f, TOKEN_WINDOW_MS + 120000);
    assert_int_equal(count_tokens(f), 0);
    table_unref(table);
}

/* ---- money ---- */

enum { ACCOUNTS = 10, EACH = 100 };

static int add_money(void *context, uint32_t at, const struct record *record)
{
    char text[16] = "";
    struct slice v = record != NULL ? item_v(record->item) : SLICE("0");

    memcpy(text, v.ptr, v.len);
    *(int *)context += atoi(text);
    return 0;
}

static void assert_money(struct fixture *f, struct table *tables[2])
{
    struct table_key keys[ACCOUNTS];
    struct item_key items[ACCOUNTS];
    char names[ACCOUNTS][16];
    int sum = 0;

    for (int i = 0; i < ACCOUNTS; i++) {
        snprintf(names[i], sizeof(names[i]), "account%d", i);
        items[i] = fixture_key(names[i], NULL);
        keys[i] = (struct table_key){tables[i % 2], &items[i]};
    }
    assert_int_equal(store_get_together(f->store, keys, ACCOUNTS, ENGINE_READ_ANY, add_money, &sum),
                     0);
    assert_int_equal(sum, ACCOUNTS * EACH);
}

/** Transfers, edits, plain writes, feeds, full disks and crashes; the sum is right at every step.
 */
static void bank(uint64_t seed)
{
    struct fixture *f = fixture_with_lanes(1 + (uint32_t)(seed % 5));
    struct table *tables[2] = {fixture_global(f, "a", 1), fixture_table(f, "b", false)};
    struct txn *txns = calloc(64, sizeof(*txns)), opening = {.done = false};
    unsigned committed = 0, conflicts = 0;

    for (int i = 0; i < ACCOUNTS; i++)
        txn_add(f, &opening, tables[i % 2], arena_printf(&f->arena, "account%d", i))->add = EACH;
    assert_int_equal(txn_run(f, &opening), 0);
    srand((unsigned)seed);
    f->miss_every = (unsigned)(seed % 3) * 5;
    for (int round = 0; round < 12; round++) {
        struct write noise[4];
        unsigned count = 1 + (unsigned)rand() % 24;

        memory_disk_set_full(f->disk, round % 5 == 4);
        for (unsigned i = 0; i < count; i++) {
            int from = rand() % ACCOUNTS, to = (from + 1 + rand() % (ACCOUNTS - 1)) % ACCOUNTS;
            int amount = 1 + rand() % 60;

            txns[i] = (struct txn){.done = false};
            txn_add(f, &txns[i], tables[to % 2], arena_printf(&f->arena, "account%d", to))->add =
                amount;
            txn_add(f, &txns[i], tables[from % 2], arena_printf(&f->arena, "account%d", from))
                ->add = -amount;
            if (rand() % 3 == 0)
                txn_put(f, &txns[i], tables[rand() % 2], arena_printf(&f->arena, "x%d", rand() % 4),
                        "noise");
            else if (rand() % 3 == 0)
                txn_add(f, &txns[i], tables[0], arena_printf(&f->arena, "x%d", rand() % 4));
            txn_start(f, &txns[i]);
            if (i < 4)
                write_start(f, &noise[i], tables[rand() % 2],
                            arena_printf(&f->arena, "x%d", rand() % 4), NULL,
                            rand() % 2 ? "plain" : NULL);
            if (rand() % 2)
                sim_executor_run_until(
                    f->sim, (struct mono){executor_now(f->executor).ns + rand() % 400000});
            assert_money(f, tables);
        }
        if (round % 4 == 1) {
            struct schema *schema = table_schema(tables[0]), *edited = schema_copy(schema);

            assert_int_equal(fixture_edit(f, EDIT_REPLACE, edited), round % 5 == 4 ? ST_FULL : 0);
            schema_unref(schema);
        }
        if (round % 4 == 3) {
            for (int i = 0; i < 2; i++)
                table_unref(tables[i]);
            memory_disk_set_full(f->disk, false);
            fixture_crash(f, (uint64_t)rand());
            tables[0] = store_table(f->store, SLICE("a"));
            tables[1] = store_table(f->store, SLICE("b"));
            for (unsigned i = 0; i < count; i++)
                if (!txns[i].done)
                    arena_release(&txns[i].arena);
        } else {
            fixture_settle(f);
            for (unsigned i = 0; i < count; i++) {
                assert_true(txns[i].done);
                assert_true(txns[i].rc == 0 || txns[i].rc == ST_CONDITION ||
                            (txns[i].rc == ST_FULL && round % 5 == 4));
                committed += txns[i].rc == 0;
                for (uint32_t j = 0; j < txns[i].transaction.count; j++)
                    conflicts += txns[i].parts[j].part.rc == ST_CONFLICT;
            }
        }
        assert_money(f, tables);
        assert_digest_right(f, tables[0]);
        assert_digest_right(f, tables[1]);
    }
    assert_true(committed > 10);
    assert_true(f->lanes > 1 || conflicts == 0);
    memory_disk_set_full(f->disk, false);
    for (int i = 0; i < 2; i++)
        table_unref(tables[i]);
    free(txns);
    fixture_free(f);
}

static void test_money_is_neither_made_nor_lost(void **state)
{
    for (uint64_t seed = 1; seed <= 30; seed++)
        bank(seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        cmocka_unit_test(test_in_one_lane_and_in_several),
        T(test_nothing_to_write_is_answered_like_a_read),
        T(test_a_conflict_is_told_and_a_plain_write_waits),
        cmocka_unit_test(test_in_one_lane_nobody_fails_for_another),
        T(test_a_change_from_elsewhere_waits_for_the_latch),
        T(test_one_clock_far_ahead_does_not_spread),
        T(test_an_edit_falls_between_transactions),
        T(test_a_dropped_table_and_a_fence_refuse_all),
        T(test_a_full_disk_refuses_all),
        T(test_a_token_happens_once),
        T(test_a_cancelled_transaction_leaves_no_token),
        T(test_old_tokens_are_deleted),
        cmocka_unit_test(test_money_is_neither_made_nor_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
