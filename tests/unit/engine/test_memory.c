/*
 * test_memory.c - the engine in memory: the shared suite, at once and with delayed commits, then
 * what its disk remembers of a crash.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "engine_suite.h"

#include <stdio.h>

#include "base/executor_sim.h"

#define DATA ENGINE_DATA

struct memory_storage {
    struct memory_disk *disk;
    struct sim_executor *sim; /* delayed commits only */
    bool miss;
};

static int64_t delay_us(void *context)
{
    struct memory_storage *storage = context;

    return 100 + (int64_t)(executor_random(sim_executor_base(storage->sim)) % 1000);
}

static bool cache_miss(void *context)
{
    struct memory_storage *storage = context;

    return storage->miss;
}

static void storage_new(struct suite *suite)
{
    struct memory_storage *storage = calloc(1, sizeof(*storage));

    assert_non_null(storage);
    storage->disk = memory_disk_new();
    assert_non_null(storage->disk);
    suite->storage = storage;
}

static void delayed_storage_new(struct suite *suite)
{
    struct memory_storage *storage;

    storage_new(suite);
    storage = suite->storage;
    storage->sim = sim_executor_new(&(struct sim_executor_options){.seed = 1});
    assert_non_null(storage->sim);
    suite->strand = executor_strand(sim_executor_base(storage->sim), STRAND_DEDICATED, "committer");
    assert_non_null(suite->strand);
}

static void storage_free(struct suite *suite)
{
    struct memory_storage *storage = suite->storage;

    memory_disk_free(storage->disk);
    strand_free(suite->strand);
    sim_executor_free(storage->sim);
    free(storage);
}

static void open_engine(struct suite *suite)
{
    struct memory_storage *storage = suite->storage;
    struct engine_memory_options options = {
        .disk = storage->disk, .cache_miss = cache_miss, .context = storage};

    if (storage->sim != NULL) {
        options.executor = sim_executor_base(storage->sim);
        options.commit_delay_us = delay_us;
    }
    assert_int_equal(engine_memory_open(&options, &suite->engine), 0);
}

static void set_full(struct suite *suite, bool full)
{
    memory_disk_set_full(((struct memory_storage *)suite->storage)->disk, full);
}

static void await(struct suite *suite, const bool *done)
{
    struct memory_storage *storage = suite->storage;

    sim_executor_run_while(storage->sim, done,
                           mono_add_ms(executor_now(sim_executor_base(storage->sim)), 1000));
}

static const struct suite_kind memory_kind = {
    .name = "memory",
    .storage_new = storage_new,
    .storage_free = storage_free,
    .open = open_engine,
    .set_full = set_full,
    .threads = true,
};

static const struct suite_kind delayed_kind = {
    .name = "memory with delayed commits",
    .storage_new = delayed_storage_new,
    .storage_free = storage_free,
    .open = open_engine,
    .set_full = set_full,
    .await = await,
};

static int setup(void **state)
{
    *state = suite_new(&memory_kind);
    return 0;
}

static int setup_delayed(void **state)
{
    *state = suite_new(&delayed_kind);
    return 0;
}

static int teardown(void **state)
{
    suite_free(*state);
    return 0;
}

static struct memory_disk *disk_of(struct suite *suite)
{
    return ((struct memory_storage *)suite->storage)->disk;
}

static void put_relaxed(struct suite *suite, const char *key)
{
    struct batch batch = BATCH_EMPTY;

    batch_put(&batch, DATA, slice_str(key), SLICE("v"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_RELAXED), 0);
    batch_release(&batch);
}

struct answer {
    struct commit commit;
    struct batch batch;
    int answers, rc;
};

static void on_answer(struct commit *commit, int rc)
{
    struct answer *answer = CONTAINER_OF(commit, struct answer, commit);

    answer->answers++;
    answer->rc = rc;
}

/** Starts a commit of one key and does not wait for its answer. */
static void start_put(struct suite *suite, struct answer *answer, const char *key)
{
    *answer = (struct answer){.commit = {.strand = suite->strand, .on_done = on_answer}};
    batch_put(&answer->batch, DATA, slice_str(key), SLICE("v"));
    engine_commit(suite->engine, &answer->batch, ENGINE_SYNC, &answer->commit);
}

/* ---- crash ---- */

static void a_crash_keeps_what_was_synced_and_a_prefix_of_the_rest(void **state)
{
    static const char *const outcomes[] = {"s1 s2", "r1 s1 s2", "r1 r2 s1 s2"};

    (void)state;
    for (uint64_t random = 0; random < ARRAY_LEN(outcomes); random++) {
        struct suite *suite = suite_new(&memory_kind);
        struct engine *dead;

        suite_put(suite, "s1", "v");
        suite_put(suite, "s2", "v");
        put_relaxed(suite, "r1");
        put_relaxed(suite, "r2");
        memory_disk_crash(disk_of(suite), random);
        dead = suite->engine;
        suite->kind->open(suite); /* the dead engine may be closed at leisure */
        suite_expect_keys(suite, outcomes[random]);
        engine_close(dead);
        suite_put(suite, "s3", "v");
        suite_reopen(suite);
        suite_expect(suite, "s3", "v");
        suite_free(suite);
    }
}

static void a_sync_makes_the_relaxed_ones_before_it_durable(void **state)
{
    struct suite *suite = *state;

    put_relaxed(suite, "r1");
    put_relaxed(suite, "r2");
    suite_put(suite, "s", "v");
    memory_disk_crash(disk_of(suite), 0);
    suite_reopen(suite);
    suite_expect_keys(suite, "r1 r2 s");
}

static void very_old_relaxed_commits_are_written_back(void **state)
{
    struct suite *suite = *state;
    char key[8];

    for (int i = 0; i < 100; i++) {
        snprintf(key, sizeof(key), "r%03d", i);
        put_relaxed(suite, key);
    }
    memory_disk_crash(disk_of(suite), 0);
    suite_reopen(suite);
    suite_expect(suite, "r000", "v");
    suite_expect(suite, "r099", NULL);
}

static void after_a_crash_commits_get_no_answer_before_the_close(void **state)
{
    struct suite *suite = *state;
    struct answer answer;

    suite_put(suite, "before", "v");
    memory_disk_crash(disk_of(suite), 0);
    start_put(suite, &answer, "lost");
    assert_int_equal(answer.answers, 0);
    suite_close(suite);
    assert_int_equal(answer.answers, 1);
    assert_int_equal(answer.rc, ST_CLOSED);
    suite->kind->open(suite);
    suite_expect_keys(suite, "before");
    batch_release(&answer.batch);
}

static void a_commit_on_its_way_is_unseen_until_it_is_answered(void **state)
{
    struct suite *suite = *state;
    struct answer answer;

    start_put(suite, &answer, "k");
    suite_expect(suite, "k", NULL);
    while (answer.answers == 0) {
        suite_expect(suite, "k", NULL);
        assert_true(sim_executor_step(((struct memory_storage *)suite->storage)->sim));
    }
    assert_int_equal(answer.rc, 0);
    suite_expect(suite, "k", "v");
    batch_release(&answer.batch);
}

static void a_crash_decides_about_the_commit_on_its_way(void **state)
{
    (void)state;
    for (uint64_t random = 0; random < 3; random++) {
        struct suite *suite = suite_new(&delayed_kind);
        struct memory_storage *storage = suite->storage;
        struct answer answer;

        put_relaxed(suite, "r");
        start_put(suite, &answer, "s");
        memory_disk_crash(storage->disk, random);
        while (sim_executor_step(storage->sim))
            ;
        assert_int_equal(answer.answers, 0);
        suite_close(suite);
        assert_int_equal(answer.rc, ST_CLOSED);
        suite->kind->open(suite);
        suite_expect_keys(suite, random == 0 ? "" : random == 1 ? "r" : "r s");
        batch_release(&answer.batch);
        suite_free(suite);
    }
}

/* A simulated process ends at once: nothing waits for the timer of its commit. */
static void an_engine_closes_while_a_swallowed_commit_is_still_due(void **state)
{
    struct suite *suite = *state;
    struct answer answer;

    start_put(suite, &answer, "k");
    memory_disk_crash(disk_of(suite), 0);
    suite_close(suite);
    assert_int_equal(answer.rc, ST_CLOSED);
    assert_false(timer_running(&answer.commit.timer));
    batch_release(&answer.batch);
}

static void a_copy_is_what_was_synced_then_and_goes_its_own_way(void **state)
{
    struct suite *suite = *state;
    struct memory_storage *storage = suite->storage;
    struct memory_disk *copy;

    suite_put(suite, "old", "v");
    put_relaxed(suite, "unsynced");
    copy = memory_disk_copy(storage->disk);
    assert_non_null(copy);
    suite_put(suite, "new", "v");
    suite_close(suite);
    memory_disk_free(storage->disk);
    storage->disk = copy;
    suite->kind->open(suite);
    suite_expect_keys(suite, "old");
}

static void without_a_disk_nothing_survives(void **state)
{
    struct engine_memory_options options = {.disk = NULL};
    struct suite suite = {.kind = &memory_kind};

    (void)state;
    assert_int_equal(engine_memory_open(&options, &suite.engine), 0);
    suite_put(&suite, "k", "v");
    suite_close(&suite);
    assert_int_equal(engine_memory_open(&options, &suite.engine), 0);
    suite_expect(&suite, "k", NULL);
    assert_int_equal(engine_checkpoint(suite.engine, "/nonexistent"), ST_UNSUPPORTED);
    suite_close(&suite);
}

static void injected_misses_answer_cached_reads_only(void **state)
{
    struct suite *suite = *state;
    struct memory_storage *storage = suite->storage;
    struct engine_iterator *iterator;
    struct pinned pin = PINNED_EMPTY;

    suite_put(suite, "k", "v");
    assert_int_equal(engine_iterate(suite->engine, DATA, SLICE_EMPTY, SLICE_EMPTY,
                                    ENGINE_READ_CACHED, &iterator),
                     0);
    storage->miss = true;
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("k"), ENGINE_READ_CACHED, &pin),
                     ST_AGAIN);
    assert_int_equal(engine_seek_first(iterator), ST_AGAIN);
    suite_expect(suite, "k", "v");
    storage->miss = false;
    assert_int_equal(engine_seek_first(iterator), 0);
    engine_iterator_free(iterator);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_crash_keeps_what_was_synced_and_a_prefix_of_the_rest),
        cmocka_unit_test_setup_teardown(a_sync_makes_the_relaxed_ones_before_it_durable, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(very_old_relaxed_commits_are_written_back, setup, teardown),
        cmocka_unit_test_setup_teardown(after_a_crash_commits_get_no_answer_before_the_close, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_commit_on_its_way_is_unseen_until_it_is_answered,
                                        setup_delayed, teardown),
        cmocka_unit_test(a_crash_decides_about_the_commit_on_its_way),
        cmocka_unit_test_setup_teardown(an_engine_closes_while_a_swallowed_commit_is_still_due,
                                        setup_delayed, teardown),
        cmocka_unit_test_setup_teardown(a_copy_is_what_was_synced_then_and_goes_its_own_way, setup,
                                        teardown),
        cmocka_unit_test(without_a_disk_nothing_survives),
        cmocka_unit_test_setup_teardown(injected_misses_answer_cached_reads_only, setup, teardown),
    };
    int failed = suite_run(&memory_kind) + suite_run(&delayed_kind);

    return failed + cmocka_run_group_tests_name("memory disk", tests, NULL, NULL);
}
