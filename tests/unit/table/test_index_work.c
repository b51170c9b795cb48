/*
 * test_index_work.c - indexes under random writes; indexes that come and go on live tables, with
 * crashes, refused batches, cache misses and edits in between.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

/* ---- random tables and items ---- */

static const char *const key_names[] = {"a", "b", "c", "d"};

static void add_random_index(struct sim_random *random, struct schema *schema, const char *name,
                             bool global)
{
    struct schema_index *index = schema_index_add(schema, slice_str(name), global);
    uint64_t partitions = global ? 1 + sim_random_below(random, 2) : 1;
    uint64_t sorts = global ? sim_random_below(random, 3) : 1;

    assert_non_null(index);
    for (uint64_t i = 0; i < partitions + sorts; i++) {
        bool number = i % 2 == 1;

        if (!global && i == 0)
            schema_index_add_key(schema, index, false, SLICE("pk"), VALUE_S);
        else
            schema_index_add_key(schema, index, i >= partitions,
                                 slice_str(key_names[(i + schema->index_count) % 4]),
                                 number ? VALUE_N : VALUE_S);
    }
    index->projection = (enum projection_kind)sim_random_below(random, 3);
    if (index->projection == PROJECTION_INCLUDE)
        schema_index_include(schema, index, SLICE("v"));
}

static struct slice random_item(struct fixture *f, struct sim_random *random, unsigned keys)
{
    struct attribute attributes[8];
    size_t count = 0;

    attributes[count++] = (struct attribute){
        "pk", VALUE_S, arena_printf(&f->arena, "p%u", (unsigned)sim_random_below(random, keys))};
    attributes[count++] = (struct attribute){
        "sk", VALUE_S, arena_printf(&f->arena, "s%u", (unsigned)sim_random_below(random, keys))};
    for (size_t i = 0; i < ARRAY_LEN(key_names); i++) {
        enum value_type type = sim_random_below(random, 2) ? VALUE_S : VALUE_N;
        unsigned value = (unsigned)sim_random_below(random, 4);

        if (sim_random_below(random, 8) == 0)
            continue;
        attributes[count++] = (struct attribute){
            key_names[i], type,
            type == VALUE_S && value == 0 ? "" : arena_printf(&f->arena, "%u", value)};
    }
    attributes[count++] = (struct attribute){
        "v", VALUE_S, arena_printf(&f->arena, "v%u", (unsigned)sim_random_below(random, 6))};
    return fixture_item_of(f, attributes, count);
}

static struct table *random_table(struct fixture *f, struct sim_random *random, bool global)
{
    struct schema *schema = fixture_schema("t", true);
    uint64_t locals = sim_random_below(random, 3), globals = 1 + sim_random_below(random, 3);
    struct table *table;

    for (uint64_t i = 0; i < locals + globals; i++)
        add_random_index(random, schema, arena_printf(&f->arena, "i%u", (unsigned)i), i >= locals);
    schema->global = global;
    schema->replica_id = global ? 1 : 0;
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema), 0);
    table = store_table(f->store, SLICE("t"));
    assert_non_null(table);
    return table;
}

static void change_index(struct fixture *f, struct table *table, const char *name,
                         enum index_status status)
{
    int rc;

    do { /* the store edits, too */
        struct schema *schema = table_schema(table), *edited = schema_copy(schema);
        struct schema_index *index = schema_index(edited, slice_str(name));

        if (index != NULL)
            index->status = status;
        rc = fixture_edit(f, EDIT_REPLACE, edited);
        schema_unref(schema);
    } while (rc == ST_BUSY);
    assert_int_equal(rc, 0);
}

static void create_index(struct fixture *f, struct table *table, const char *name, const char *sort)
{
    int rc;

    do {
        struct schema *schema = table_schema(table), *edited = schema_copy(schema);
        struct schema_index *index = schema_index_add(edited, slice_str(name), true);

        schema_index_add_key(edited, index, false, SLICE("a"), VALUE_S);
        if (sort != NULL)
            schema_index_add_key(edited, index, true, slice_str(sort), VALUE_N);
        index->status = INDEX_CREATING;
        rc = fixture_edit(f, EDIT_REPLACE, edited);
        schema_unref(schema);
    } while (rc == ST_BUSY);
    assert_int_equal(rc, 0);
}

/** ACTIVE, or gone, sooner or later. */
static void wait_index(struct fixture *f, struct table *table, const char *name, bool gone)
{
    for (int i = 0; i < 100000; i++) {
        struct schema *schema = table_schema(table);
        const struct schema_index *index = schema_index(schema, slice_str(name));
        bool done = gone ? index == NULL
                         : index != NULL && index->status == INDEX_ACTIVE && !index->backfilling;

        schema_unref(schema);
        if (done)
            return;
        fixture_run_ms(f, 5);
    }
    fail_msg("index %s is not done", name);
}

static uint16_t id_of(struct table *table, const char *name)
{
    struct schema *schema = table_schema(table);
    uint16_t id = schema_index(schema, slice_str(name))->id;

    schema_unref(schema);
    return id;
}

/* ---- tests ---- */

/** Starts writes; each has a place of its own, for they may be in flight for long. */
static void write_random(struct fixture *f, struct sim_random *random, struct table *table,
                         struct write **writes, unsigned count, unsigned keys)
{
    for (unsigned i = 0; i < count; i++) {
        write_start_item(f, (*writes)++, table, random_item(f, random, keys),
                         sim_random_below(random, 4) == 0, NULL);
        if (sim_random_below(random, 10) == 0)
            fixture_run_ms(f, 1);
    }
}

/* Whatever is written, refused or lost in a crash: indexes are what their items say. */
static void test_indexes_follow_random_writes(void **state)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct sim_random random = sim_random_fork(seed, "indexes");
        struct fixture *f = fixture_new(seed);
        struct write *all = test_calloc(2000, sizeof(*all)), *writes = all;
        struct table *table = random_table(f, &random, false);

        f->miss_every = seed % 3 ? 0 : 5;
        for (int round = 0; round < 3; round++) {
            write_random(f, &random, table, &writes, 200, 6);
            if (seed % 4 == 1) {
                memory_disk_set_full(f->disk, true);
                fixture_run_ms(f, 2);
                memory_disk_set_full(f->disk, false);
            }
            if (round == 1) {
                for (uint64_t i = sim_random_below(&random, 40); i > 0; i--)
                    sim_executor_step(f->sim);
                table_unref(table);
                fixture_crash(f, sim_random_next(&random));
                table = store_table(f->store, SLICE("t"));
            } else {
                fixture_settle(f);
            }
            assert_indexes_right(f, table);
            assert_digest_right(f, table);
        }
        table_unref(table);
        fixture_free(f);
        test_free(all);
    }
}

/* What comes from other Regions, conflicts and older versions included, is indexed likewise. */
static void test_indexes_follow_applied_changes(void **state)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct sim_random random = sim_random_fork(seed, "applied");
        struct fixture *f = fixture_new(seed);
        struct table *table = random_table(f, &random, true);
        struct schema *schema = table_schema(table);

        for (int i = 0; i < 150; i++) {
            struct slice item = random_item(f, &random, 5);
            struct buf encoded = BUF_EMPTY;
            struct change change = {
                .version = {{(UINT64_C(1) << 40) + sim_random_below(&random, 100)}, 2},
                .kind = CHANGE_PUT,
            };
            struct item_key key;

            if (sim_random_below(&random, 3) == 0) {
                fixture_put_item(f, table, item);
                continue;
            }
            assert_int_equal(schema_key_of_item(schema, item, &key, NULL), 0);
            item_key_encode(&encoded, &key);
            change.key = arena_dup(&f->arena, buf_slice(&encoded));
            buf_release(&encoded);
            if (sim_random_below(&random, 4) == 0) {
                change.kind = CHANGE_DELETE;
            } else {
                change.has_new = true;
                change.new_image = item;
            }
            assert_int_equal(
                fixture_apply(f, table, change, sim_random_below(&random, 4) == 0, NULL), 0);
        }
        assert_indexes_right(f, table);
        schema_unref(schema);
        table_unref(table);
        fixture_free(f);
    }
}

static void test_an_index_is_built_on_a_table_with_items(void **state)
{
    struct fixture *f = fixture_new(7);
    struct table *table = fixture_table(f, "t", true);
    struct index_numbers numbers;

    for (int i = 0; i < 1500; i++)
        fixture_put_item(
            f, table,
            FIXTURE_ITEM(f, {"pk", VALUE_S, arena_printf(&f->arena, "p%d", i % 5)},
                         {"sk", VALUE_S, arena_printf(&f->arena, "s%d", i)},
                         {"a", i % 10 == 0 ? VALUE_B : VALUE_S, i % 10 == 1 ? "" : "x"},
                         {"v", VALUE_S, "v"}));
    create_index(f, table, "new", NULL);
    wait_index(f, table, "new", false);
    assert_int_equal(store_index_numbers(f->store, table, id_of(table, "new"), &numbers), 0);
    assert_int_equal(numbers.items, 1200);
    assert_indexes_right(f, table);
    change_index(f, table, "new", INDEX_DELETING);
    wait_index(f, table, "new", true);
    create_index(f, table, "new", NULL); /* another one, which finds nothing of the old */
    assert_int_equal(id_of(table, "new"), 2);
    wait_index(f, table, "new", false);
    assert_indexes_right(f, table);
    table_unref(table);
    fixture_free(f);
}

static void test_progress_is_told(void **state)
{
    struct fixture *f = fixture_new(8);
    struct table *table = fixture_table(f, "t", true);
    struct index_numbers numbers = {.backfill_done = 0};
    unsigned seen = 0;
    uint64_t last = 0;

    for (int i = 0; i < 2000; i++)
        fixture_put_item(f, table,
                         FIXTURE_ITEM(f, {"pk", VALUE_S, "p"},
                                      {"sk", VALUE_S, arena_printf(&f->arena, "s%d", i)},
                                      {"a", i % 2 ? VALUE_N : VALUE_S, "1"}, {"v", VALUE_S, "v"}));
    create_index(f, table, "new", NULL);
    for (int i = 0; i < 100000; i++) {
        struct schema *schema = table_schema(table);
        bool creating = schema->indexes[0].status == INDEX_CREATING;

        schema_unref(schema);
        if (!creating)
            break;
        assert_int_equal(store_index_numbers(f->store, table, 1, &numbers), 0);
        assert_true(numbers.backfill_done >= last);
        assert_int_equal(numbers.backfill_total, 2000);
        seen += numbers.backfill_done > last;
        last = numbers.backfill_done;
        sim_executor_step(f->sim);
    }
    assert_true(seen > 4); /* in steps */
    assert_int_equal(last, 2000);
    assert_int_equal(numbers.backfill_unfit, 1000);
    table_unref(table);
    fixture_free(f);
}

/* Writes, other edits, crashes and full disks while the index is built: no entry is missed or
 * counted twice. */
static void test_a_backfill_survives_everything(void **state)
{
    unsigned crashed_inside = 0;

    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct sim_random random = sim_random_fork(seed, "backfill");
        struct fixture *f = fixture_new(seed);
        struct write *all = test_calloc(2000, sizeof(*all)), *writes = all;
        struct table *table = random_table(f, &random, false);
        unsigned keys = seed % 2 ? 30 : 10;

        f->miss_every = seed % 3 ? 0 : 7;
        write_random(f, &random, table, &writes, 800, keys);
        fixture_settle(f);
        create_index(f, table, "new", seed % 2 ? "b" : NULL);
        for (int crash = 0; crash < 2; crash++) {
            write_random(f, &random, table, &writes, (unsigned)sim_random_below(&random, 60), keys);
            if (seed % 5 == 0)
                change_index(f, table, "none", INDEX_ACTIVE); /* just an edit */
            for (uint64_t i = sim_random_below(&random, 60); i > 0; i--)
                sim_executor_step(f->sim);
            if (seed % 4 == 2) {
                memory_disk_set_full(f->disk, true);
                write_random(f, &random, table, &writes, 20, keys);
                fixture_run_ms(f, 3);
                memory_disk_set_full(f->disk, false);
            }
            if (seed % 4 < 2) {
                struct schema *schema = table_schema(table);

                crashed_inside += schema_index(schema, SLICE("new"))->backfilling;
                schema_unref(schema);
                table_unref(table);
                fixture_crash(f, sim_random_next(&random));
                table = store_table(f->store, SLICE("t"));
            }
        }
        write_random(f, &random, table, &writes, 300, keys);
        wait_index(f, table, "new", false);
        fixture_settle(f);
        assert_indexes_right(f, table);
        assert_digest_right(f, table);
        table_unref(table);
        fixture_free(f);
        test_free(all);
    }
    assert_true(crashed_inside > 1);
}

static void test_an_index_can_go_while_it_is_built(void **state)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct sim_random random = sim_random_fork(seed, "go");
        struct fixture *f = fixture_new(seed);
        struct write *all = test_calloc(2000, sizeof(*all)), *writes = all;
        struct table *table = random_table(f, &random, false);

        write_random(f, &random, table, &writes, 800, 20);
        fixture_settle(f);
        create_index(f, table, "new", NULL);
        for (uint64_t i = sim_random_below(&random, 60); i > 0; i--)
            sim_executor_step(f->sim);
        if (seed % 3 == 0) { /* with its table */
            assert_int_equal(fixture_edit(f, EDIT_DROP, table_schema(table)), 0);
        } else {
            change_index(f, table, "new", INDEX_DELETING);
            if (seed % 3 == 1) {
                table_unref(table);
                fixture_crash(f, 1);
                table = store_table(f->store, SLICE("t"));
            }
            wait_index(f, table, "new", true);
            assert_indexes_right(f, table);
        }
        fixture_settle(f);
        table_unref(table);
        fixture_free(f);
        test_free(all);
    }
}

static void test_what_an_edit_may_not_do_to_indexes(void **state)
{
    struct fixture *f = fixture_new(9);
    struct sim_random random = sim_random_fork(9, "may not");
    struct table *table = random_table(f, &random, false);
    struct schema *schema = table_schema(table), *edited;

    edited = schema_copy(schema);
    schema_index_add_key(edited, schema_index_add(edited, SLICE("ready"), true), false, SLICE("a"),
                         VALUE_S);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, edited), ST_UNSUPPORTED);
    edited = schema_copy(schema);
    edited->indexes[0].status = INDEX_CREATING;
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, edited), ST_UNSUPPORTED);
    schema_unref(schema);
    table_unref(table);
    fixture_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_indexes_follow_random_writes),
        cmocka_unit_test(test_indexes_follow_applied_changes),
        cmocka_unit_test(test_an_index_is_built_on_a_table_with_items),
        cmocka_unit_test(test_progress_is_told),
        cmocka_unit_test(test_a_backfill_survives_everything),
        cmocka_unit_test(test_an_index_can_go_while_it_is_built),
        cmocka_unit_test(test_what_an_edit_may_not_do_to_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
