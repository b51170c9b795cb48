/*
 * test_group_indexes.c - what members share of a table's indexes, and what a member makes of it.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "replication/group_json.h"

static const struct replica_overrides none = {INT64_MIN, INT64_MIN, CLASS_UNSET};

static struct schema_index *add(struct schema *schema, const char *name)
{
    struct schema_index *index = schema_index_add(schema, slice_str(name), true);

    assert_non_null(index);
    assert_int_equal(schema_index_add_key(schema, index, false, slice_str(name), VALUE_S), 0);
    assert_int_equal(schema_index_add_key(schema, index, true, SLICE("at"), VALUE_N), 0);
    assert_int_equal(schema_index_include(schema, index, SLICE("more")), 0);
    index->projection = PROJECTION_INCLUDE;
    return index;
}

static const struct schema *set_of(struct index_sets *sets, const struct schema *schema)
{
    const struct schema *set;

    assert_int_equal(index_sets_of_schema(sets, schema, &set), 0);
    return set;
}

static void test_equal_definitions_are_one_set_however_far_they_are(void **state)
{
    struct index_sets sets = {.count = 0};
    struct schema *one = schema_new(), *other = schema_new();

    assert_null(set_of(&sets, one));
    add(one, "a");
    add(other, "a")->status = INDEX_CREATING;
    schema_index(other, SLICE("a"))->backfilling = true;
    schema_index(other, SLICE("a"))->created_ms = 1234;
    assert_ptr_equal(set_of(&sets, one), set_of(&sets, other));
    add(other, "b")->status = INDEX_DELETING;
    assert_ptr_equal(set_of(&sets, one), set_of(&sets, other));
    schema_index(other, SLICE("b"))->status = INDEX_ACTIVE;
    assert_ptr_not_equal(set_of(&sets, one), set_of(&sets, other));
    schema_index(one, SLICE("a"))->on_demand_write_max = 5;
    assert_int_equal(set_of(&sets, one)->indexes[0].on_demand_write_max, 5);
    assert_int_equal(sets.count, 3);
    schema_unref(one);
    schema_unref(other);
    index_sets_release(&sets);
}

static void test_a_member_adds_what_is_new_and_lets_go_what_is_gone(void **state)
{
    struct index_sets sets = {.count = 0};
    struct schema *plan = schema_new(), *here = schema_new(), *newcomer = schema_new();
    const struct schema *before, *after;
    struct schema_index *index;

    add(plan, "a");
    add(plan, "b");
    before = set_of(&sets, plan);
    assert_int_equal(index_set_apply(before, &none, here, false, 77), 0);
    assert_int_equal(here->index_count, 2);
    index = schema_index(here, SLICE("a"));
    assert_int_equal(index->id, 1);
    assert_int_equal(index->status, INDEX_CREATING); /* the store fills it */
    assert_int_equal(index->created_ms, 77);
    assert_int_equal(index->sort[0].type, VALUE_N);
    assert_int_equal(index->included_count, 1);
    index->status = INDEX_ACTIVE; /* as the store says when it is full */

    schema_index_remove(plan, schema_index(plan, SLICE("b")));
    add(plan, "c")->write_units = 9;
    schema_index(plan, SLICE("a"))->on_demand_write_max = 50;
    after = set_of(&sets, plan);
    assert_int_equal(index_set_apply(after, &none, here, false, 88), 0);
    assert_int_equal(schema_index(here, SLICE("a"))->status, INDEX_ACTIVE);
    assert_int_equal(schema_index(here, SLICE("a"))->on_demand_write_max, 50);
    assert_int_equal(schema_index(here, SLICE("b"))->status, INDEX_DELETING);
    assert_int_equal(schema_index(here, SLICE("c"))->id, 3);
    assert_int_equal(schema_index(here, SLICE("c"))->write_units, 9);
    assert_int_equal(here->index_id_next, 4);

    assert_int_equal(index_set_apply(after, &none, newcomer, true, 99), 0);
    assert_int_equal(newcomer->index_count, 2);
    assert_int_equal(schema_index(newcomer, SLICE("c"))->status, INDEX_ACTIVE); /* of no items */
    assert_int_equal(index_set_apply(NULL, &none, here, false, 99), 0);
    assert_int_equal(schema_index(here, SLICE("c"))->status, INDEX_DELETING);
    schema_unref(plan);
    schema_unref(here);
    schema_unref(newcomer);
    index_sets_release(&sets);
}

/* Two indexes of one name would make a schema that cannot be read back. */
static void test_a_name_is_not_used_again_before_its_index_is_gone(void **state)
{
    struct index_sets sets = {.count = 0};
    struct schema *plan = schema_new(), *here = schema_new();
    const struct schema *set;

    add(plan, "a");
    assert_int_equal(index_set_apply(set_of(&sets, plan), &none, here, true, 1), 0);
    schema_index_remove(plan, schema_index(plan, SLICE("a")));
    assert_int_equal(index_set_apply(set_of(&sets, plan), &none, here, false, 1), 0);
    add(plan, "a");
    set = set_of(&sets, plan);
    assert_true(index_set_waits(set, here));
    assert_int_equal(index_set_apply(set, &none, here, false, 1), ST_EXISTS);
    assert_int_equal(here->index_count, 1);
    schema_index_remove(here, schema_index(here, SLICE("a"))); /* the store, when it is empty */
    assert_false(index_set_waits(set, here));
    assert_int_equal(index_set_apply(set, &none, here, false, 1), 0);
    assert_int_equal(schema_index(here, SLICE("a"))->id, 2);
    schema_unref(plan);
    schema_unref(here);
    index_sets_release(&sets);
}

/* S-02, L-27, L-28: overrides of indexes merge by index, vanish with what they override, and never
 * become what all members share. */
static void test_overrides_of_indexes(void **state)
{
    struct index_sets sets = {.count = 0};
    struct group_document *before = calloc(1, sizeof(*before)), *first = calloc(1, sizeof(*first));
    struct schema *plan = schema_new(), *here = schema_new(), *wanted;
    struct replica_overrides update = none;
    struct group_settings settings;
    const struct schema *set;

    add(plan, "a");
    add(plan, "b");
    before->settings.billing = BILLING_PAY_PER_REQUEST;
    before->settings.indexes = set_of(&sets, plan);
    before->member_count = 1;
    strcpy(before->members[0].region, "r");
    before->members[0].overrides = none;
    update.index_count = 1;
    update.indexes[0] = (struct index_override){1, INT64_MIN, 40};
    group_plan_update(before, "r", &update, first);
    *before = *first;
    update.indexes[0] = (struct index_override){2, 5, 50}; /* read units mean nothing on demand */
    group_plan_update(before, "r", &update, first);
    assert_int_equal(first->members[0].overrides.index_count, 2);
    assert_int_equal(first->members[0].overrides.indexes[0].on_demand_read_max, 40);
    assert_int_equal(first->members[0].overrides.indexes[1].read_units, INT64_MIN);
    assert_int_equal(
        index_set_apply(first->settings.indexes, &first->members[0].overrides, here, true, 1), 0);
    assert_int_equal(schema_index(here, SLICE("a"))->on_demand_read_max, 40);
    assert_int_equal(schema_index(here, SLICE("b"))->on_demand_read_max, 50);

    wanted = schema_copy(here); /* a change of the one leaves the base of the other alone */
    schema_index(wanted, SLICE("a"))->on_demand_read_max = 70;
    assert_int_equal(index_sets_of_change(&sets, first->settings.indexes, here, wanted, &set), 0);
    assert_int_equal(set->indexes[0].on_demand_read_max, 70);
    assert_int_equal(set->indexes[1].on_demand_read_max, -1);
    *before = *first;
    settings = before->settings;
    settings.indexes = set;
    group_plan_settings(before, &settings, first);
    assert_int_equal(first->members[0].overrides.index_count, 1);
    assert_int_equal(first->members[0].overrides.indexes[0].index, 2);
    schema_index_remove(plan, schema_index(plan, SLICE("b")));
    *before = *first;
    settings.indexes = set_of(&sets, plan);
    group_plan_settings(before, &settings, first);
    assert_int_equal(first->members[0].overrides.index_count, 0);
    schema_unref(plan);
    schema_unref(here);
    schema_unref(wanted);
    free(before);
    free(first);
    index_sets_release(&sets);
}

static void test_a_document_carries_indexes_and_time_to_live(void **state)
{
    struct index_sets sets = {.count = 0}, elsewhere = {.count = 0};
    struct group_document *document = calloc(1, sizeof(*document));
    struct group_document *back = calloc(1, sizeof(*back));
    struct schema *plan = schema_new();
    struct buf json = BUF_EMPTY;

    strcpy(document->table, "T");
    document->replica_next = 2;
    document->member_count = 1;
    strcpy(document->members[0].region, "a");
    document->members[0].replica = 1;
    document->members[0].status = REPLICA_ACTIVE;
    document->members[0].overrides = (struct replica_overrides){INT64_MIN, INT64_MIN, CLASS_UNSET};
    document->settings.key_count = 1;
    strcpy(document->settings.keys[0].name, "pk");
    document->settings.keys[0].type = VALUE_S;
    strcpy(document->settings.ttl_attribute, "expires");
    document->settings.ttl_changed_ms = 5;
    add(plan, "a");
    document->members[0].overrides.index_count = 1;
    document->members[0].overrides.indexes[0] = (struct index_override){1, INT64_MIN, 30};
    document->settings.indexes = set_of(&sets, plan);
    document->settings.index_id_next = 2;
    assert_int_equal(group_to_json(document, &json), 0);
    assert_int_equal(group_from_json(buf_slice(&json), &elsewhere, back), 0);
    assert_int_equal(back->hash, document->hash);
    assert_string_equal(back->settings.ttl_attribute, "expires");
    assert_int_equal(back->settings.index_id_next, 2);
    assert_int_equal(back->members[0].overrides.indexes[0].on_demand_read_max, 30);
    assert_int_equal(back->members[0].overrides.indexes[0].read_units, INT64_MIN);
    assert_string_equal(back->settings.indexes->indexes[0].name, "a");
    assert_int_equal(group_from_json(buf_slice(&json), &sets, back), 0);
    assert_ptr_equal(back->settings.indexes, document->settings.indexes);
    document->settings.index_id_next = 1; /* an id that will be given again: nonsense */
    buf_clear(&json);
    assert_int_equal(group_to_json(document, &json), 0);
    assert_int_equal(group_from_json(buf_slice(&json), &sets, back), ST_CORRUPT);
    buf_release(&json);
    schema_unref(plan);
    free(document);
    free(back);
    index_sets_release(&sets);
    index_sets_release(&elsewhere);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equal_definitions_are_one_set_however_far_they_are),
        cmocka_unit_test(test_a_member_adds_what_is_new_and_lets_go_what_is_gone),
        cmocka_unit_test(test_a_name_is_not_used_again_before_its_index_is_gone),
        cmocka_unit_test(test_overrides_of_indexes),
        cmocka_unit_test(test_a_document_carries_indexes_and_time_to_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
