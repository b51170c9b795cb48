/*
 * test_tree.c - the ordered map under the engine in memory: against a sorted array, with shared
 * trees looked at after every change, and with every allocation failing in turn.
 *
 * Linked with --wrap=malloc, so that the n-th allocation can be made to fail.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/sim_random.h"
#include "base/status.h"
#include "engine/memory/tree.h"

/* ---- failing allocations ---- */

static uint64_t mallocs_until_failure; /* 0: none fails */

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    if (mallocs_until_failure > 0 && --mallocs_until_failure == 0)
        return NULL;
    return __real_malloc(size);
}

/* ---- a tree and what it should hold ---- */

enum { KEYS = 3000 };

struct model {
    uint32_t values[KEYS]; /* 0: absent */
};

static struct slice key_of(uint8_t to[2], unsigned n)
{
    be16_put(to, (uint16_t)n);
    return slice_of(to, 2);
}

static void expect(const struct tree *tree, const struct model *model)
{
    struct tree_cursor cursor;
    bool found = tree_first(&cursor, tree);
    uint64_t count = 0;
    uint8_t key[2];

    for (unsigned n = 0; n < KEYS; n++) {
        if (model->values[n] == 0)
            continue;
        assert_true(found);
        assert_true(slice_eq(tree_key(&cursor), key_of(key, n)));
        assert_int_equal(be32_get(tree_value(&cursor).ptr), model->values[n]);
        count++;
        found = tree_next(&cursor);
    }
    assert_false(found);
    assert_int_equal(tree->count, count);
    assert_int_equal(tree->bytes, count * 6);
    assert_int_equal(tree->root == NULL, count == 0);
}

static int put(struct tree *tree, struct model *model, unsigned n, uint32_t value)
{
    uint8_t key[2], bytes[4];
    int rc;

    be32_put(bytes, value);
    rc = tree_put(tree, key_of(key, n), slice_of(bytes, 4));
    if (rc == 0)
        model->values[n] = value;
    return rc;
}

static int delete_range(struct tree *tree, struct model *model, unsigned from, unsigned to)
{
    uint8_t first[2], end[2];
    int rc = tree_delete_range(tree, key_of(first, from), key_of(end, to));

    if (rc == 0)
        memset(&model->values[from], 0, (to - from) * sizeof(model->values[0]));
    return rc;
}

static int change_at_random(struct tree *tree, struct model *model, struct sim_random *random,
                            uint32_t value)
{
    unsigned n = (unsigned)sim_random_below(random, KEYS), to;
    uint64_t kind = sim_random_below(random, 1000);
    uint8_t key[2];
    int rc;

    if (kind < 650)
        return put(tree, model, n, value);
    if (kind < 990) {
        rc = tree_delete(tree, key_of(key, n));
        if (rc == 0)
            model->values[n] = 0;
        return rc;
    }
    to = n + 1 + (unsigned)sim_random_below(random, kind == 999 ? KEYS : 50);
    return delete_range(tree, model, n, to > KEYS ? KEYS : to);
}

static void random_changes_agree_with_an_array(void **state)
{
    struct sim_random random = sim_random_fork(1, "tree");
    static struct model model;
    struct tree tree = TREE_EMPTY;

    (void)state;
    for (uint32_t i = 1; i <= 60000; i++) {
        assert_int_equal(change_at_random(&tree, &model, &random, i), 0);
        if (i % 1000 == 0)
            expect(&tree, &model);
    }
    assert_int_equal(delete_range(&tree, &model, 0, KEYS), 0);
    expect(&tree, &model);
    tree_release(&tree);
}

static void a_shared_tree_never_changes(void **state)
{
    struct sim_random random = sim_random_fork(2, "tree");
    enum { SHARED = 16 };
    static struct model models[SHARED], model;
    struct tree shared[SHARED] = {TREE_EMPTY}, tree = TREE_EMPTY;

    (void)state;
    for (uint32_t i = 1; i <= 8000; i++) {
        assert_int_equal(change_at_random(&tree, &model, &random, i), 0);
        if (i % 100 == 0) {
            uint64_t at = sim_random_below(&random, SHARED);

            expect(&shared[at], &models[at]);
            tree_release(&shared[at]);
            shared[at] = tree_share(&tree);
            models[at] = model;
        }
    }
    for (int i = 0; i < SHARED; i++) {
        expect(&shared[i], &models[i]);
        tree_release(&shared[i]);
    }
    expect(&tree, &model);
    tree_release(&tree);
}

/* Ascending and descending keys fill nodes at their ends; a queue empties them at one end. */
static void ordered_keys_and_queues_work(void **state)
{
    static struct model model;
    struct tree tree = TREE_EMPTY;
    uint8_t key[2];

    (void)state;
    for (unsigned n = 0; n < KEYS; n++)
        assert_int_equal(put(&tree, &model, n, n + 1), 0);
    expect(&tree, &model);
    for (unsigned n = 0; n < KEYS; n++) {
        assert_int_equal(tree_delete(&tree, key_of(key, n)), 0);
        model.values[n] = 0;
        if (n % 500 == 0)
            expect(&tree, &model);
    }
    expect(&tree, &model);
    for (unsigned n = KEYS; n-- > 0;)
        assert_int_equal(put(&tree, &model, n, n + 1), 0);
    expect(&tree, &model);
    tree_release(&tree);
}

static void every_range_of_a_small_tree_is_cut_exactly(void **state)
{
    enum { SMALL = 150, STEP = 7 };
    static struct model full, model;
    struct tree tree = TREE_EMPTY, cut;

    (void)state;
    for (unsigned n = 0; n < SMALL; n++)
        assert_int_equal(put(&tree, &full, 2 * n, n + 1),
                         0); /* even keys: odd bounds fall between */
    for (unsigned from = 0; from < 2 * SMALL; from += STEP) {
        for (unsigned to = from + 1; to <= 2 * SMALL + 2; to++) {
            cut = tree_share(&tree);
            model = full;
            assert_int_equal(delete_range(&cut, &model, from, to), 0);
            expect(&cut, &model);
            tree_release(&cut);
        }
    }
    expect(&tree, &full);
    tree_release(&tree);
}

static void a_seek_finds_the_neighbours_of_every_key(void **state)
{
    static struct model model;
    struct tree tree = TREE_EMPTY;
    struct tree_cursor cursor;
    struct sim_random random = sim_random_fork(3, "tree");
    uint8_t key[2];

    (void)state;
    assert_false(tree_first(&cursor, &tree));
    assert_false(tree_last(&cursor, &tree));
    assert_false(tree_at_or_after(&cursor, &tree, SLICE("k")));
    assert_false(tree_at_or_before(&cursor, &tree, SLICE("k")));
    for (uint32_t i = 1; i <= 500; i++)
        assert_int_equal(put(&tree, &model, (unsigned)sim_random_below(&random, KEYS), i), 0);
    for (unsigned n = 0; n < KEYS; n++) {
        unsigned after = n, before = n + 1;
        struct tree_blob *value = tree_get(&tree, key_of(key, n));

        assert_int_equal(value != NULL, model.values[n] != 0);
        while (after < KEYS && model.values[after] == 0)
            after++;
        while (before > 0 && model.values[before - 1] == 0)
            before--;
        assert_int_equal(tree_at_or_after(&cursor, &tree, key_of(key, n)), after < KEYS);
        if (after < KEYS)
            assert_int_equal(be16_get(tree_key(&cursor).ptr), after);
        assert_int_equal(tree_at_or_before(&cursor, &tree, key_of(key, n)), before > 0);
        if (before > 0)
            assert_int_equal(be16_get(tree_key(&cursor).ptr), before - 1);
    }
    tree_release(&tree);
}

/* Whatever allocation fails, the tree stays whole, the shared one as it was, and nothing leaks. */
static void running_out_of_memory_breaks_nothing(void **state)
{
    static struct model model, changed;
    struct tree tree = TREE_EMPTY, working;
    struct sim_random random = sim_random_fork(4, "tree"), again;
    unsigned failures = 0;

    (void)state;
    for (uint32_t i = 1; i <= 4000; i++)
        assert_int_equal(put(&tree, &model, (unsigned)sim_random_below(&random, KEYS), i), 0);
    for (int round = 0; round < 200; round++) {
        again = random;
        for (uint64_t nth = 1;; nth++) {
            bool refused = false;

            random = again;
            working = tree_share(&tree);
            changed = model;
            mallocs_until_failure = nth;
            for (uint32_t i = 1; i <= 8 && !refused; i++)
                refused = change_at_random(&working, &changed, &random, i) == ST_NOMEM;
            if (mallocs_until_failure > 0) { /* never got that far */
                mallocs_until_failure = 0;
                assert_false(refused);
                expect(&working, &changed);
                tree_release(&working);
                break;
            }
            assert_true(refused);
            failures++;
            tree_release(&working);
        }
        expect(&tree, &model);
    }
    assert_true(failures > 1000);
    tree_release(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_changes_agree_with_an_array),
        cmocka_unit_test(a_shared_tree_never_changes),
        cmocka_unit_test(ordered_keys_and_queues_work),
        cmocka_unit_test(every_range_of_a_small_tree_is_cut_exactly),
        cmocka_unit_test(a_seek_finds_the_neighbours_of_every_key),
        cmocka_unit_test(running_out_of_memory_breaks_nothing),
    };

    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
