/*
 * test_capacity.c - the throughput of a table: limits that follow the schema, admission, what
 * replicated writes cost.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "fixture.h"

#include "table/capacity.h"

enum { BURST_UNITS = 300 };

static int setup(void **state)
{
    struct fixture *f = fixture_new(11);

    fixture_close(f);
    f->throttle = true;
    fixture_open(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    fixture_free(*state);
    return 0;
}

static void set_limits(struct fixture *f, struct table *table, enum billing_mode billing,
                       int64_t read, int64_t write)
{
    struct schema *schema = table_schema(table), *changed = schema_copy(schema);
    bool on_demand = billing == BILLING_PAY_PER_REQUEST;

    changed->billing = billing;
    changed->read_units = on_demand ? 0 : read;
    changed->write_units = on_demand ? 0 : write;
    changed->on_demand_read_max = on_demand ? read : -1;
    changed->on_demand_write_max = on_demand ? write : -1;
    schema_unref(schema);
    assert_int_equal(fixture_edit(f, EDIT_REPLACE, changed), 0);
}

/* Single half units that pass, up to a bound. */
static unsigned admitted(struct table *table, enum capacity_kind kind)
{
    struct capacity_refusal refusal;
    unsigned count = 0;

    while (count < 10000 && capacity_admit(table, kind, CAPACITY_TABLE, 1, &refusal))
        count++;
    return count;
}

static void limits_follow_the_schema(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);
    struct capacity_refusal refusal;

    set_limits(f, table, BILLING_PAY_PER_REQUEST, -1, -1);
    assert_int_equal(admitted(table, CAPACITY_WRITE), 10000);
    set_limits(f, table, BILLING_PROVISIONED, 2, 1);
    assert_int_equal(admitted(table, CAPACITY_WRITE), 2 * BURST_UNITS);
    assert_int_equal(admitted(table, CAPACITY_READ), 4 * BURST_UNITS);
    assert_false(capacity_admit(table, CAPACITY_READ, CAPACITY_TABLE, 1, &refusal));
    assert_int_equal(refusal.kind, CAPACITY_READ);
    assert_int_equal(refusal.index, CAPACITY_TABLE);
    assert_false(refusal.on_demand);

    set_limits(f, table, BILLING_PROVISIONED, 2, 5);        /* live, and the rest is as it was */
    assert_in_range(admitted(table, CAPACITY_WRITE), 0, 4); /* the edit took its time */
    fixture_run_ms(f, 1000);
    assert_int_equal(admitted(table, CAPACITY_WRITE), 10);
    assert_in_range(admitted(table, CAPACITY_READ), 4, 8);

    set_limits(f, table, BILLING_PAY_PER_REQUEST, 3, -1); /* another agreement begins full */
    assert_int_equal(admitted(table, CAPACITY_READ), 6 * BURST_UNITS);
    assert_int_equal(admitted(table, CAPACITY_WRITE), 10000);
    assert_false(capacity_admit(table, CAPACITY_READ, CAPACITY_TABLE, 1, &refusal));
    assert_true(refusal.on_demand);
    table_unref(table);
}

/* A local index draws on its table; a global one has limits of its own, and pushes back. */
static void a_global_index_without_credit_keeps_writes_back(void **state)
{
    struct fixture *f = *state;
    struct schema *schema = fixture_schema("t", false);
    struct schema_index *index = schema_index_add(schema, SLICE("g"), true);
    struct capacity_refusal refusal;
    struct table *table;
    uint16_t id = index->id;

    assert_int_equal(schema_index_add_key(schema, index, false, SLICE("v"), VALUE_S), 0);
    schema->billing = BILLING_PROVISIONED;
    schema->read_units = schema->write_units = 1000;
    index->read_units = index->write_units = 1;
    assert_int_equal(fixture_edit(f, EDIT_CREATE, schema), 0);
    table = store_table(f->store, SLICE("t"));

    for (unsigned i = 0; i < 2 * BURST_UNITS; i++)
        assert_true(capacity_admit(table, CAPACITY_READ, id, 1, &refusal));
    assert_false(capacity_admit(table, CAPACITY_READ, id, 1, &refusal));
    assert_int_equal(refusal.index, id);
    assert_true(capacity_admit(table, CAPACITY_READ, CAPACITY_TABLE, 1, &refusal));

    assert_true(capacity_admit(table, CAPACITY_WRITE, CAPACITY_TABLE, 2, &refusal));
    capacity_consume(table, CAPACITY_WRITE, id, 0, 2 * BURST_UNITS + 2);
    assert_false(capacity_admit(table, CAPACITY_WRITE, CAPACITY_TABLE, 2, &refusal));
    assert_int_equal(refusal.kind, CAPACITY_WRITE);
    assert_int_equal(refusal.index, id);
    fixture_run_ms(f, 1001);
    assert_true(capacity_admit(table, CAPACITY_WRITE, CAPACITY_TABLE, 2, &refusal));
    table_unref(table);
}

static void index_writes_cost_what_they_change(void **state)
{
    static const struct {
        struct index_write write;
        uint64_t half_units;
    } cases[] = {
        {{INDEX_WRITE_NONE, 5000, 5000}, 0},  {{INDEX_WRITE_PUT, 0, 1025}, 4},
        {{INDEX_WRITE_DELETE, 1024, 0}, 2},   {{INDEX_WRITE_REPLACE, 3000, 10}, 6},
        {{INDEX_WRITE_REPLACE, 10, 2049}, 6}, {{INDEX_WRITE_MOVE, 1025, 10}, 6},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(capacity_index_write(&cases[i].write), cases[i].half_units);
}

static void what_was_not_used_comes_back(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);

    set_limits(f, table, BILLING_PROVISIONED, 1, 1);
    assert_int_equal(admitted(table, CAPACITY_READ), 2 * BURST_UNITS);
    capacity_consume(table, CAPACITY_READ, CAPACITY_TABLE, 2 * BURST_UNITS, 2 * BURST_UNITS - 3);
    assert_int_equal(admitted(table, CAPACITY_READ), 3);
    capacity_consume(table, CAPACITY_READ, CAPACITY_TABLE, 3, 5);
    fixture_run_ms(f, 1000);
    assert_int_equal(admitted(table, CAPACITY_READ), 0); /* two were owed */
    fixture_run_ms(f, 1000);
    assert_int_equal(admitted(table, CAPACITY_READ), 2);
    table_unref(table);
}

/* */
static void replicated_writes_cost_units_and_are_never_refused(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_global(f, "g", 1);
    struct apply apply;

    set_limits(f, table, BILLING_PROVISIONED, 1, 1);
    assert_int_equal(fixture_apply(f, table, fixture_remote(f, 2, 50, "a", "x"), false, NULL), 0);
    assert_int_equal(admitted(table, CAPACITY_WRITE), 2 * BURST_UNITS - 2);
    assert_int_equal(fixture_apply(f, table, fixture_remote(f, 2, 60, "a", "y"), false, &apply), 0);
    assert_int_equal(apply.applied, 1);
    /* A snapshot is the service's work. */
    assert_int_equal(fixture_apply(f, table, fixture_remote(f, 2, 70, "b", "z"), true, NULL), 0);
    fixture_run_ms(f, 1001);
    assert_int_equal(admitted(table, CAPACITY_WRITE), 1); /* after a debt of one unit */
    table_unref(table);
}

static void limits_are_there_after_a_restart(void **state)
{
    struct fixture *f = *state;
    struct table *table = fixture_table(f, "t", false);

    set_limits(f, table, BILLING_PROVISIONED, 1, 1);
    admitted(table, CAPACITY_WRITE);
    table_unref(table);
    fixture_close(f);
    fixture_open(f);
    table = store_table(f->store, SLICE("t"));
    assert_int_equal(admitted(table, CAPACITY_WRITE), 2 * BURST_UNITS);
    table_unref(table);

    fixture_close(f);
    f->throttle = false;
    fixture_open(f);
    table = store_table(f->store, SLICE("t"));
    assert_int_equal(admitted(table, CAPACITY_WRITE), 10000);
    table_unref(table);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(limits_follow_the_schema, setup, teardown),
        cmocka_unit_test_setup_teardown(a_global_index_without_credit_keeps_writes_back, setup,
                                        teardown),
        cmocka_unit_test(index_writes_cost_what_they_change),
        cmocka_unit_test_setup_teardown(what_was_not_used_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(replicated_writes_cost_units_and_are_never_refused, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(limits_are_there_after_a_restart, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
