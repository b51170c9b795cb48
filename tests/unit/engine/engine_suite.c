/*
 * engine_suite.c - see engine_suite.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "engine_suite.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/sim_random.h"

#define DATA ENGINE_DATA

/* ---- helpers ---- */

struct answer {
    struct commit commit;
    int rc;
    bool done;
};

static void on_answer(struct commit *commit, int rc)
{
    struct answer *answer = CONTAINER_OF(commit, struct answer, commit);

    assert_false(answer->done);
    answer->rc = rc;
    answer->done = true;
}

int suite_commit(struct suite *suite, struct batch *batch, enum engine_durability durability)
{
    struct answer answer = {.commit = {.strand = suite->strand, .on_done = on_answer}, .rc = 1};

    engine_commit(suite->engine, batch, durability, &answer.commit);
    if (!answer.done && suite->kind->await != NULL)
        suite->kind->await(suite, &answer.done);
    assert_true(answer.done);
    batch_clear(batch);
    return answer.rc;
}

void suite_put(struct suite *suite, const char *key, const char *value)
{
    struct batch batch = BATCH_EMPTY;

    batch_put(&batch, DATA, slice_str(key), slice_str(value));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    batch_release(&batch);
}

static void put_many(struct suite *suite, const char *const *keys, size_t count)
{
    struct batch batch = BATCH_EMPTY;

    for (size_t i = 0; i < count; i++)
        batch_put(&batch, DATA, slice_str(keys[i]), slice_str(keys[i]));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    batch_release(&batch);
}

void suite_expect(struct suite *suite, const char *key, const char *value)
{
    struct pinned pin = PINNED_EMPTY;
    int rc = engine_get(suite->engine, DATA, slice_str(key), ENGINE_READ_ANY, &pin);

    if (value == NULL) {
        assert_int_equal(rc, ST_NOTFOUND);
        return;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(pin.value.len, strlen(value));
    assert_memory_equal(pin.value.ptr, value, pin.value.len);
    engine_unpin(&pin);
    engine_unpin(&pin); /* an empty one is a no-op */
}

static struct engine_iterator *iterate(struct suite *suite, const char *lower, const char *upper)
{
    struct engine_iterator *iterator;

    assert_int_equal(engine_iterate(suite->engine, DATA, slice_str(lower), slice_str(upper),
                                    ENGINE_READ_ANY, &iterator),
                     0);
    return iterator;
}

/** The keys from where a seek led, in the direction of `move`, joined by spaces. */
static const char *walk(struct engine_iterator *iterator, int rc,
                        int (*move)(struct engine_iterator *iterator))
{
    static _Thread_local char text[4096];
    size_t len = 0;

    text[0] = '\0';
    for (; rc == 0; rc = move(iterator)) {
        struct slice key = engine_iterator_key(iterator);

        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", len ? " " : "",
                                SLICE_ARGS(key));
        assert_true(len < sizeof(text));
    }
    assert_int_equal(rc, 1);
    return text;
}

void suite_expect_keys(struct suite *suite, const char *keys)
{
    struct engine_iterator *iterator = iterate(suite, "", "");

    assert_string_equal(walk(iterator, engine_seek_first(iterator), engine_next), keys);
    engine_iterator_free(iterator);
}

struct suite *suite_new(const struct suite_kind *kind)
{
    struct suite *suite = calloc(1, sizeof(*suite));

    assert_non_null(suite);
    suite->kind = kind;
    kind->storage_new(suite);
    kind->open(suite);
    return suite;
}

void suite_close(struct suite *suite)
{
    engine_close(suite->engine);
    suite->engine = NULL;
}

void suite_reopen(struct suite *suite)
{
    suite_close(suite);
    suite->kind->open(suite);
}

void suite_free(struct suite *suite)
{
    suite_close(suite);
    suite->kind->storage_free(suite);
    free(suite);
}

static int setup(void **state)
{
    *state = suite_new(*state);
    return 0;
}

static int teardown(void **state)
{
    suite_free(*state);
    return 0;
}

/* ---- points ---- */

static void what_was_put_is_read_back_until_deleted(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;

    suite_expect(suite, "k", NULL);
    suite_put(suite, "k", "one");
    suite_expect(suite, "k", "one");
    suite_put(suite, "k", "");
    suite_expect(suite, "k", "");
    suite_expect(suite, "kk", NULL);
    batch_delete(&batch, DATA, SLICE("k"));
    batch_delete(&batch, DATA, SLICE("never there"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_expect(suite, "k", NULL);
    batch_release(&batch);
}

static void keys_are_bytes_in_unsigned_order(void **state)
{
    struct suite *suite = *state;
    static const uint8_t keys[][3] = {{0xFF, 0, 0}, {0x00, 0, 0}, {0x7F, 0, 0}, {0x80, 0, 1}};
    static const uint8_t ordered[] = {0x00, 0x7F, 0x80, 0xFF};
    struct batch batch = BATCH_EMPTY;
    struct engine_iterator *iterator;
    int rc;

    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        batch_put(&batch, DATA, slice_of(keys[i], 3), SLICE("\0v"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    iterator = iterate(suite, "", "");
    rc = engine_seek_first(iterator);
    for (size_t i = 0; i < ARRAY_LEN(ordered); i++) {
        assert_int_equal(rc, 0);
        assert_int_equal(engine_iterator_key(iterator).ptr[0], ordered[i]);
        assert_true(slice_eq(engine_iterator_value(iterator), SLICE("\0v")));
        rc = engine_next(iterator);
    }
    assert_int_equal(rc, 1);
    engine_iterator_free(iterator);
    batch_release(&batch);
}

static void families_do_not_see_each_other(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;
    struct pinned pin = PINNED_EMPTY;

    batch_put(&batch, ENGINE_DATA, SLICE("k"), SLICE("data"));
    batch_put(&batch, ENGINE_LOG, SLICE("k"), SLICE("log"));
    batch_put(&batch, ENGINE_LOG, SLICE("l"), SLICE("log"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    batch_delete_range(&batch, ENGINE_DATA, SLICE("a"), SLICE("z"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_expect_keys(suite, "");
    assert_int_equal(engine_get(suite->engine, ENGINE_LOG, SLICE("k"), ENGINE_READ_ANY, &pin), 0);
    assert_true(slice_eq_str(pin.value, "log"));
    engine_unpin(&pin);
    batch_release(&batch);
}

static void values_of_four_megabytes_are_stored_whole(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;
    struct pinned pin = PINNED_EMPTY;
    size_t len = 4u << 20;
    uint8_t *bytes = malloc(len);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    batch_put(&batch, DATA, SLICE("large"), slice_of(bytes, len));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_reopen(suite);
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("large"), ENGINE_READ_ANY, &pin), 0);
    assert_true(slice_eq(pin.value, slice_of(bytes, len)));
    engine_unpin(&pin);
    batch_release(&batch);
    free(bytes);
}

static void a_pin_outlives_what_replaces_it(void **state)
{
    struct suite *suite = *state;
    struct pinned pin = PINNED_EMPTY;
    struct batch batch = BATCH_EMPTY;

    suite_put(suite, "k", "first");
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("k"), ENGINE_READ_CACHED, &pin), 0);
    suite_put(suite, "k", "second");
    batch_delete(&batch, DATA, SLICE("k"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    assert_true(slice_eq_str(pin.value, "first"));
    engine_unpin(&pin);
    batch_release(&batch);
}

/* ---- batches ---- */

static void a_batch_applies_in_order(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY, more = BATCH_EMPTY;

    batch_put(&batch, DATA, SLICE("a"), SLICE("1"));
    batch_put(&batch, DATA, SLICE("b"), SLICE("1"));
    batch_put(&batch, DATA, SLICE("c"), SLICE("1"));
    batch_delete_range(&batch, DATA, SLICE("a"), SLICE("c"));
    batch_put(&more, DATA, SLICE("b"), SLICE("2"));
    batch_delete(&more, DATA, SLICE("c"));
    batch_put(&more, DATA, SLICE("c"), SLICE("3"));
    batch_append(&batch, &more);
    assert_int_equal(batch.count, 7);
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_expect(suite, "a", NULL);
    suite_expect(suite, "b", "2");
    suite_expect(suite, "c", "3");
    batch_release(&batch);
    batch_release(&more);
}

static void an_empty_batch_commits(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;

    assert_int_equal(suite_commit(suite, &batch, ENGINE_RELAXED), 0);
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    batch_release(&batch);
}

static void a_batch_that_lost_a_part_is_refused_whole(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY, lost = BATCH_EMPTY;

    batch_put(&batch, DATA, SLICE("k"), SLICE("v"));
    lost.ops.failed = true; /* as after an allocation that failed */
    batch_append(&batch, &lost);
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), ST_NOMEM);
    suite_expect(suite, "k", NULL);
    batch_release(&batch);
    batch_release(&lost);
}

static void a_range_goes_from_its_start_up_to_not_including_its_end(void **state)
{
    struct suite *suite = *state;
    static const char *const keys[] = {"a", "b", "b\x01", "bb", "c", "d"};
    struct batch batch = BATCH_EMPTY;

    put_many(suite, keys, ARRAY_LEN(keys));
    batch_delete_range(&batch, DATA, SLICE("b"), SLICE("c"));
    batch_delete_range(&batch, DATA, SLICE("d"), SLICE("d")); /* empty */
    batch_delete_range(&batch, DATA, SLICE("x"), SLICE("z")); /* nothing there */
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_expect_keys(suite, "a c d");
    suite_expect(suite, "b", NULL);
    suite_put(suite, "bb", "again");
    suite_expect_keys(suite, "a bb c d");
    suite_reopen(suite);
    suite_expect_keys(suite, "a bb c d");
    batch_release(&batch);
}

/* ---- iterators ---- */

static const char *const fruit[] = {"apple", "banana", "cherry", "damson", "elder"};

static void an_iterator_goes_both_ways(void **state)
{
    struct suite *suite = *state;
    struct engine_iterator *iterator;

    put_many(suite, fruit, ARRAY_LEN(fruit));
    iterator = iterate(suite, "", "");
    assert_int_equal(engine_next(iterator), 1); /* before the first seek */
    assert_string_equal(walk(iterator, engine_seek_first(iterator), engine_next),
                        "apple banana cherry damson elder");
    assert_int_equal(engine_previous(iterator), 1); /* past the end only a seek helps */
    assert_string_equal(walk(iterator, engine_seek_last(iterator), engine_previous),
                        "elder damson cherry banana apple");
    assert_int_equal(engine_seek(iterator, SLICE("cherry")), 0);
    assert_int_equal(engine_next(iterator), 0);
    assert_int_equal(engine_previous(iterator), 0);
    assert_int_equal(engine_previous(iterator), 0);
    assert_true(slice_eq_str(engine_iterator_key(iterator), "banana"));
    assert_true(slice_eq_str(engine_iterator_value(iterator), "banana"));
    engine_iterator_free(iterator);
    engine_iterator_free(NULL);
}

static void a_seek_lands_at_the_key_or_beside_it(void **state)
{
    struct suite *suite = *state;
    struct engine_iterator *iterator;

    put_many(suite, fruit, ARRAY_LEN(fruit));
    iterator = iterate(suite, "", "");
    assert_string_equal(walk(iterator, engine_seek(iterator, SLICE("cherry")), engine_next),
                        "cherry damson elder");
    assert_string_equal(walk(iterator, engine_seek(iterator, SLICE("coconut")), engine_next),
                        "damson elder");
    assert_string_equal(walk(iterator, engine_seek(iterator, SLICE("fig")), engine_next), "");
    assert_string_equal(
        walk(iterator, engine_seek_backward(iterator, SLICE("cherry")), engine_previous),
        "cherry banana apple");
    assert_string_equal(
        walk(iterator, engine_seek_backward(iterator, SLICE("coconut")), engine_previous),
        "cherry banana apple");
    assert_string_equal(
        walk(iterator, engine_seek_backward(iterator, SLICE("aardvark")), engine_previous), "");
    assert_int_equal(engine_seek_backward(iterator, SLICE("zebra")), 0);
    assert_true(slice_eq_str(engine_iterator_key(iterator), "elder"));
    engine_iterator_free(iterator);
}

static void bounds_hold_for_every_way_of_moving(void **state)
{
    struct suite *suite = *state;
    struct engine_iterator *iterator;
    char lower[] = "banana", upper[] = "damson";

    put_many(suite, fruit, ARRAY_LEN(fruit));
    iterator = iterate(suite, lower, upper);
    lower[0] = upper[0] = 'X'; /* bounds are copied */
    assert_string_equal(walk(iterator, engine_seek_first(iterator), engine_next), "banana cherry");
    assert_string_equal(walk(iterator, engine_seek_last(iterator), engine_previous),
                        "cherry banana");
    assert_string_equal(walk(iterator, engine_seek(iterator, SLICE("a")), engine_next),
                        "banana cherry");
    assert_string_equal(walk(iterator, engine_seek(iterator, SLICE("damson")), engine_next), "");
    assert_string_equal(walk(iterator, engine_seek_backward(iterator, SLICE("z")), engine_previous),
                        "cherry banana");
    assert_string_equal(
        walk(iterator, engine_seek_backward(iterator, SLICE("damson")), engine_previous),
        "cherry banana");
    assert_string_equal(
        walk(iterator, engine_seek_backward(iterator, SLICE("apple")), engine_previous), "");
    engine_iterator_free(iterator);

    iterator = iterate(suite, "c", "");
    assert_string_equal(walk(iterator, engine_seek_last(iterator), engine_previous),
                        "elder damson cherry");
    engine_iterator_free(iterator);
    iterator = iterate(suite, "bb", "bc"); /* nothing inside */
    assert_int_equal(engine_seek_first(iterator), 1);
    assert_int_equal(engine_seek_last(iterator), 1);
    engine_iterator_free(iterator);
}

static void an_iterator_keeps_the_view_of_its_opening(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;
    struct engine_iterator *old, *between;

    put_many(suite, fruit, ARRAY_LEN(fruit));
    old = iterate(suite, "", "");
    assert_int_equal(engine_seek(old, SLICE("banana")), 0);
    batch_delete(&batch, DATA, SLICE("cherry"));
    batch_put(&batch, DATA, SLICE("banana"), SLICE("changed"));
    batch_put(&batch, DATA, SLICE("coconut"), SLICE("new"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    between = iterate(suite, "", "");
    batch_delete_range(&batch, DATA, SLICE("a"), SLICE("z"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);

    assert_true(slice_eq_str(engine_iterator_value(old), "banana"));
    assert_string_equal(walk(old, engine_next(old), engine_next), "cherry damson elder");
    assert_string_equal(walk(old, engine_seek_first(old), engine_next),
                        "apple banana cherry damson elder");
    assert_string_equal(walk(between, engine_seek_first(between), engine_next),
                        "apple banana coconut damson elder");
    suite_expect_keys(suite, "");
    engine_iterator_free(old);
    engine_iterator_free(between);
    batch_release(&batch);
}

/* ---- against a model ---- */

enum { MODEL_KEYS = 400, MODEL_BATCHES = 300 };

static void model_key(char to[8], uint64_t n)
{
    snprintf(to, 8, "k%04u", (unsigned)n % 10000);
}

static void compare_with_model(struct suite *suite, const uint32_t *model)
{
    struct engine_iterator *iterator = iterate(suite, "", "");
    int rc = engine_seek_first(iterator);
    char key[8], value[16];

    for (unsigned i = 0; i < MODEL_KEYS; i++) {
        if (model[i] == 0)
            continue;
        model_key(key, i);
        snprintf(value, sizeof(value), "%u", model[i]);
        assert_int_equal(rc, 0);
        assert_true(slice_eq_str(engine_iterator_key(iterator), key));
        assert_true(slice_eq_str(engine_iterator_value(iterator), value));
        rc = engine_next(iterator);
    }
    assert_int_equal(rc, 1);
    rc = engine_seek_last(iterator);
    for (unsigned i = MODEL_KEYS; i-- > 0;) {
        if (model[i] == 0)
            continue;
        model_key(key, i);
        assert_int_equal(rc, 0);
        assert_true(slice_eq_str(engine_iterator_key(iterator), key));
        rc = engine_previous(iterator);
    }
    assert_int_equal(rc, 1);
    engine_iterator_free(iterator);
}

static void compare_one_with_model(struct suite *suite, const uint32_t *model, unsigned n)
{
    struct engine_iterator *iterator = iterate(suite, "", "");
    unsigned after = n, before = n + 1;
    char key[8], expected[8], value[16];

    model_key(key, n);
    snprintf(value, sizeof(value), "%u", model[n]);
    suite_expect(suite, key, model[n] ? value : NULL);
    while (after < MODEL_KEYS && model[after] == 0)
        after++;
    assert_int_equal(engine_seek(iterator, slice_str(key)), after == MODEL_KEYS);
    if (after < MODEL_KEYS) {
        model_key(expected, after);
        assert_true(slice_eq_str(engine_iterator_key(iterator), expected));
    }
    while (before > 0 && model[before - 1] == 0)
        before--;
    assert_int_equal(engine_seek_backward(iterator, slice_str(key)), before == 0);
    if (before > 0) {
        model_key(expected, before - 1);
        assert_true(slice_eq_str(engine_iterator_key(iterator), expected));
    }
    engine_iterator_free(iterator);
}

static void random_batches_agree_with_a_model(void **state)
{
    struct suite *suite = *state;
    struct sim_random random = sim_random_fork(11, "model");
    uint32_t model[MODEL_KEYS] = {0}, written = 0;
    struct batch batch = BATCH_EMPTY;
    char key[8], end[8], value[16];

    for (unsigned i = 0; i < MODEL_BATCHES; i++) {
        unsigned ops = 1 + (unsigned)sim_random_below(&random, 40);

        while (ops-- > 0) {
            unsigned n = (unsigned)sim_random_below(&random, MODEL_KEYS);
            unsigned kind = (unsigned)sim_random_below(&random, 100);

            model_key(key, n);
            if (kind < 60) {
                snprintf(value, sizeof(value), "%u", model[n] = ++written);
                batch_put(&batch, DATA, slice_str(key), slice_str(value));
            } else if (kind < 95) {
                model[n] = 0;
                batch_delete(&batch, DATA, slice_str(key));
            } else {
                unsigned to = n + (unsigned)sim_random_below(&random, kind == 99 ? 300 : 20);

                if (to > MODEL_KEYS)
                    to = MODEL_KEYS;
                model_key(end, to);
                batch_delete_range(&batch, DATA, slice_str(key), slice_str(end));
                memset(&model[n], 0, (to - n) * sizeof(model[0]));
            }
        }
        assert_int_equal(
            suite_commit(suite, &batch,
                         sim_random_chance(&random, 0.2) ? ENGINE_SYNC : ENGINE_RELAXED),
            0);
        compare_one_with_model(suite, model, (unsigned)sim_random_below(&random, MODEL_KEYS));
        if (i % 20 == 0)
            compare_with_model(suite, model);
        if (i % 100 == 99)
            suite_reopen(suite);
    }
    compare_with_model(suite, model);
    batch_release(&batch);
}

/* ---- durability, space, threads ---- */

static void everything_is_there_after_a_clean_close(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;

    suite_put(suite, "synced", "1");
    batch_put(&batch, DATA, SLICE("relaxed"), SLICE("2"));
    batch_put(&batch, ENGINE_LOG, SLICE("log"), SLICE("3"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_RELAXED), 0);
    suite_expect(suite, "relaxed", "2");
    suite_reopen(suite);
    suite_expect_keys(suite, "relaxed synced");
    suite_reopen(suite);
    suite_expect_keys(suite, "relaxed synced");
    batch_release(&batch);
}

static void a_full_disk_refuses_writes_serves_reads_and_recovers(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;
    struct engine_stats stats;

    if (suite->kind->set_full == NULL)
        skip();
    suite_put(suite, "before", "1");
    suite->kind->set_full(suite, true);
    batch_put(&batch, DATA, SLICE("refused"), SLICE("v"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), ST_FULL);
    engine_stats(suite->engine, &stats);
    assert_true(stats.full);
    suite_expect_keys(suite, "before");
    suite->kind->set_full(suite, false);
    suite_put(suite, "after", "2");
    engine_stats(suite->engine, &stats);
    assert_false(stats.full);
    suite_reopen(suite);
    suite_expect_keys(suite, "after before");
    batch_release(&batch);
}

static void statistics_count_commits(void **state)
{
    struct suite *suite = *state;
    struct engine_stats before, after;
    struct batch batch = BATCH_EMPTY;

    engine_stats(suite->engine, &before);
    suite_put(suite, "k", "0123456789");
    batch_put(&batch, DATA, SLICE("l"), SLICE("v"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_RELAXED), 0);
    engine_stats(suite->engine, &after);
    assert_int_equal(after.commits - before.commits, 2);
    assert_int_equal(after.syncs - before.syncs, 1);
    assert_true(after.bytes_written >= before.bytes_written + 13);
    assert_true(after.memory_bytes > 0);
    batch_release(&batch);
}

struct pair_readers {
    struct engine *engine;
    atomic_bool stop;
    atomic_uint torn, looks;
};

/** "x" and "y" are always written together, with the same value. */
static void *look_at_pairs(void *context)
{
    struct pair_readers *readers = context;

    while (!atomic_load(&readers->stop)) {
        struct engine_iterator *iterator = NULL;
        struct pinned pin = PINNED_EMPTY;
        char first[16] = "";

        if (engine_iterate(readers->engine, DATA, SLICE("x"), SLICE("z"), ENGINE_READ_ANY,
                           &iterator) == 0 &&
            engine_seek_first(iterator) == 0) {
            struct slice value = engine_iterator_value(iterator);

            memcpy(first, value.ptr, value.len);
            if (engine_next(iterator) != 0 || !slice_eq_str(engine_iterator_value(iterator), first))
                atomic_fetch_add(&readers->torn, 1);
        }
        engine_iterator_free(iterator);
        /* Read after the iterator's view: never older than it. */
        if (engine_get(readers->engine, DATA, SLICE("x"), ENGINE_READ_ANY, &pin) != 0 ||
            memcmp(pin.value.ptr, first, pin.value.len) < 0)
            atomic_fetch_add(&readers->torn, 1);
        engine_unpin(&pin);
        atomic_fetch_add(&readers->looks, 1);
    }
    return NULL;
}

static void readers_see_batches_whole_while_one_thread_commits(void **state)
{
    struct suite *suite = *state;
    struct pair_readers readers = {.engine = suite->engine};
    struct batch batch = BATCH_EMPTY;
    pthread_t threads[2];
    char value[16];

    if (!suite->kind->threads)
        skip();
    suite_put(suite, "x", "00000000");
    suite_put(suite, "y", "00000000");
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, look_at_pairs, &readers), 0);
    for (unsigned i = 1; i <= 300 || atomic_load(&readers.looks) < 100; i++) {
        snprintf(value, sizeof(value), "%08u", i);
        batch_put(&batch, DATA, SLICE("x"), slice_str(value));
        batch_put(&batch, DATA, SLICE("y"), slice_str(value));
        assert_int_equal(suite_commit(suite, &batch, i % 8 ? ENGINE_RELAXED : ENGINE_SYNC), 0);
    }
    atomic_store(&readers.stop, true);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&readers.torn), 0);
    batch_release(&batch);
}

int suite_run(const struct suite_kind *kind)
{
    void *prestate = (void *)(uintptr_t)kind;
#define SUITE_TEST(f) cmocka_unit_test_prestate_setup_teardown(f, setup, teardown, prestate)
    const struct CMUnitTest tests[] = {
        SUITE_TEST(what_was_put_is_read_back_until_deleted),
        SUITE_TEST(keys_are_bytes_in_unsigned_order),
        SUITE_TEST(families_do_not_see_each_other),
        SUITE_TEST(values_of_four_megabytes_are_stored_whole),
        SUITE_TEST(a_pin_outlives_what_replaces_it),
        SUITE_TEST(a_batch_applies_in_order),
        SUITE_TEST(an_empty_batch_commits),
        SUITE_TEST(a_batch_that_lost_a_part_is_refused_whole),
        SUITE_TEST(a_range_goes_from_its_start_up_to_not_including_its_end),
        SUITE_TEST(an_iterator_goes_both_ways),
        SUITE_TEST(a_seek_lands_at_the_key_or_beside_it),
        SUITE_TEST(bounds_hold_for_every_way_of_moving),
        SUITE_TEST(an_iterator_keeps_the_view_of_its_opening),
        SUITE_TEST(random_batches_agree_with_a_model),
        SUITE_TEST(everything_is_there_after_a_clean_close),
        SUITE_TEST(a_full_disk_refuses_writes_serves_reads_and_recovers),
        SUITE_TEST(statistics_count_commits),
        SUITE_TEST(readers_see_batches_whole_while_one_thread_commits),
    };
#undef SUITE_TEST

    return cmocka_run_group_tests_name(kind->name, tests, NULL, NULL);
}
