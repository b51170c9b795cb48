/*
 * test_group.c - documents of a group: plans, promises, and what may follow what.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "replication/core/group.h"

static const struct replica_overrides none = {INT64_MIN, INT64_MIN, CLASS_UNSET};
static const struct group_promise no_promise = {.operation = 0};

static void founded(struct group_document *document)
{
    memset(document, 0, sizeof(*document));
    strcpy(document->table, "T");
    document->id.bytes[0] = 7;
    document->epoch = 4;
    document->hash = 444;
    document->replica_next = 2;
    document->settings.billing = BILLING_PAY_PER_REQUEST;
    document->settings.on_demand_read_max = document->settings.on_demand_write_max = -1;
    document->member_count = 1;
    strcpy(document->members[0].region, "a");
    document->members[0].replica = 1;
    document->members[0].status = REPLICA_ACTIVE;
    document->members[0].overrides = none;
}

/** a and b, ACTIVE; b was seeded by a at 1000 ms. */
static void pair(struct group_document *document)
{
    struct group_document before, first;

    founded(&before);
    assert_true(group_plan_create(&before, "a", "b", &none, 1000, &first));
    group_plan_open(&first, &before, GROUP_CREATE, 99, "a", "b");
    first.hash = 555;
    group_plan_second(&first, NULL, document);
    document->hash = 666;
}

static void test_creating_a_replica_takes_two_documents(void **state)
{
    struct group_document before, first, second;

    founded(&before);
    assert_true(group_plan_create(&before, "a", "b", &none, 1000, &first));
    group_plan_open(&first, &before, GROUP_CREATE, 99, "a", "b");
    assert_int_equal(first.epoch, 5);
    assert_int_equal(first.predecessor, 444);
    assert_int_equal(group_member(&first, "b")->replica, 2);
    assert_int_equal(group_member(&first, "b")->source, 1);
    assert_int_equal(group_table_view(&first, "b").status, TABLE_CREATING);
    assert_true(group_table_view(&first, "b").closed);
    assert_false(group_table_view(&first, "a").closed);
    first.hash = 555;
    group_plan_second(&first, NULL, &second);
    assert_int_equal(second.epoch, 6);
    assert_int_equal(second.predecessor, 555);
    assert_int_equal(second.operation.kind, GROUP_NONE);
    assert_int_equal(group_member(&second, "b")->status, REPLICA_ACTIVE);
    group_plan_second(&first, "no", &second);
    assert_int_equal(group_member(&second, "b")->status, REPLICA_CREATION_FAILED);
    assert_string_equal(group_member(&second, "b")->description, "no");
}

static void test_a_replica_id_is_never_used_again(void **state)
{
    struct group_document before, first, second;

    pair(&before);
    group_plan_delete(&before, "b", &first);
    group_plan_open(&first, &before, GROUP_DELETE, 100, "a", "b");
    assert_int_equal(group_table_view(&first, "b").status, TABLE_DELETING);
    group_plan_second(&first, NULL, &second);
    assert_null(group_member(&second, "b"));
    assert_int_equal(second.member_count, 1);
    assert_true(group_plan_create(&second, "a", "b", &none, 2000, &first));
    assert_int_equal(group_member(&first, "b")->replica, 3);
}

static void test_a_source_is_kept_for_a_day(void **state)
{
    struct group_document document;

    pair(&document);
    assert_true(group_is_recent_source(&document, group_member(&document, "a"), 1000));
    assert_true(group_is_recent_source(&document, group_member(&document, "a"),
                                       1000 + GROUP_SOURCE_RULE_MS - 1));
    assert_false(group_is_recent_source(&document, group_member(&document, "a"),
                                        1000 + GROUP_SOURCE_RULE_MS));
    assert_false(group_is_recent_source(&document, group_member(&document, "b"), 1000));
}

static void test_overrides_vanish_when_they_equal_the_base_or_the_base_changes(void **state)
{
    struct group_document before, first;
    struct replica_overrides wanted = none;
    struct group_settings settings;

    pair(&before);
    wanted.on_demand_read_max = 100;
    wanted.table_class = CLASS_STANDARD_INFREQUENT_ACCESS;
    group_plan_update(&before, "b", &wanted, &first);
    assert_int_equal(group_member(&first, "b")->overrides.on_demand_read_max, 100);
    assert_int_equal(group_member(&first, "b")->status, REPLICA_UPDATING);
    assert_int_equal(group_member_settings(&first, group_member(&first, "b")).table_class,
                     CLASS_STANDARD_INFREQUENT_ACCESS);
    assert_int_equal(group_member_settings(&first, group_member(&first, "a")).table_class,
                     CLASS_UNSET);
    before = first;
    wanted = none;
    wanted.table_class = CLASS_STANDARD; /* the base */
    group_plan_update(&before, "b", &wanted, &first);
    assert_int_equal(group_member(&first, "b")->overrides.table_class, CLASS_UNSET);
    assert_int_equal(group_member(&first, "b")->overrides.on_demand_read_max, 100);
    before = first;
    settings = before.settings;
    settings.on_demand_read_max = 500;
    group_plan_settings(&before, &settings, &first);
    assert_int_equal(group_member(&first, "b")->overrides.on_demand_read_max, INT64_MIN);
}

static void test_one_change_at_a_time(void **state)
{
    struct group_document document, first, other;
    struct group_promise promise = no_promise;

    pair(&document);
    group_plan_delete(&document, "b", &first);
    group_plan_open(&first, &document, GROUP_DELETE, 100, "a", "b");
    assert_int_equal(group_judge_propose(&document, &promise, &first, "b", true, false), GROUP_OK);
    assert_int_equal(group_judge_propose(&document, &promise, &first, "b", true, true),
                     GROUP_PROTECTED);
    promise.operation = 100;
    assert_int_equal(group_judge_propose(&document, &promise, &first, "b", true, false), GROUP_OK);
    other = first;
    other.operation.id = 101;
    assert_int_equal(group_judge_propose(&document, &promise, &other, "b", true, false),
                     GROUP_IN_USE);
    promise.operation = 0;
    first.hash = 777;
    assert_int_equal(group_judge_propose(&first, &promise, &other, "b", true, false), GROUP_IN_USE);
    document.epoch++; /* somebody was faster */
    assert_int_equal(group_judge_propose(&document, &promise, &other, "b", true, false),
                     GROUP_STALE);
}

static void test_a_document_follows_the_one_it_was_planned_on(void **state)
{
    struct group_document document, first;

    pair(&document);
    group_plan_update(&document, "b", &none, &first);
    group_plan_open(&first, &document, GROUP_UPDATE, 100, "a", "b");
    assert_int_equal(group_judge_commit(&document, &no_promise, &first, "b", false),
                     GROUP_TAKE_APPLY);
    assert_int_equal(group_judge_commit(&first, &no_promise, &first, "b", false),
                     GROUP_TAKE_IGNORE);
    document.hash++;
    assert_int_equal(group_judge_commit(&document, &no_promise, &first, "b", false),
                     GROUP_TAKE_STALE);
    assert_int_equal(group_judge_commit(&document, &no_promise, &first, "b", true),
                     GROUP_TAKE_APPLY);
}

static void test_a_repeated_document_of_long_ago_creates_no_table(void **state)
{
    struct group_document before, first;
    struct group_promise promise = no_promise;

    founded(&before);
    assert_true(group_plan_create(&before, "a", "b", &none, 1000, &first));
    group_plan_open(&first, &before, GROUP_CREATE, 99, "a", "b");
    assert_int_equal(group_judge_propose(NULL, &promise, &first, "b", false, false), GROUP_OK);
    assert_int_equal(group_judge_propose(NULL, &promise, &first, "b", true, false), GROUP_EXISTS);
    assert_int_equal(group_judge_propose(NULL, &promise, &first, "c", false, false), GROUP_GONE);
    assert_int_equal(group_judge_commit(NULL, &promise, &first, "b", false), GROUP_TAKE_GONE);
    promise.operation = 99;
    assert_int_equal(group_judge_commit(NULL, &promise, &first, "b", false), GROUP_TAKE_APPLY);
    assert_int_equal(group_judge_commit(NULL, &promise, &first, "c", false), GROUP_TAKE_IGNORE);
}

/* A coordinator that is the last member, and is restarted before the removed one has heard: its own
 * "taken" must not be what it waits for. */
static void test_the_last_member_knows_that_its_group_has_ended(void **state)
{
    struct group_document before, first, second;

    pair(&before);
    group_plan_delete(&before, "b", &first);
    group_plan_open(&first, &before, GROUP_DELETE, 100, "a", "b");
    group_plan_second(&first, NULL, &second);
    assert_int_equal(group_judge_commit(NULL, &no_promise, &second, "a", false), GROUP_TAKE_IGNORE);
    assert_int_equal(group_judge_commit(NULL, &no_promise, &second, "b", false), GROUP_TAKE_IGNORE);
    assert_int_equal(group_judge_commit(NULL, &no_promise, &before, "a", false), GROUP_TAKE_GONE);
}

static bool is_silent(void *context, const char *region)
{
    return strchr(context, region[0]) != NULL;
}

static void test_the_lowest_member_that_is_heard_expires_items(void **state)
{
    struct group_document document;
    char a[] = "a", nobody[] = "";

    pair(&document);
    assert_true(group_is_expirer(&document, 1, is_silent, nobody));
    assert_false(group_is_expirer(&document, 2, is_silent, nobody));
    assert_true(group_is_expirer(&document, 2, is_silent, a));
    document.members[0].status = REPLICA_DELETING;
    assert_false(group_is_expirer(&document, 1, is_silent, nobody));
    assert_true(group_is_expirer(&document, 2, is_silent, nobody));
    document.members[1].status = REPLICA_CREATING; /* it has not got all of them yet */
    assert_false(group_is_expirer(&document, 2, is_silent, nobody));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_creating_a_replica_takes_two_documents),
        cmocka_unit_test(test_a_replica_id_is_never_used_again),
        cmocka_unit_test(test_a_source_is_kept_for_a_day),
        cmocka_unit_test(test_overrides_vanish_when_they_equal_the_base_or_the_base_changes),
        cmocka_unit_test(test_one_change_at_a_time),
        cmocka_unit_test(test_a_document_follows_the_one_it_was_planned_on),
        cmocka_unit_test(test_a_repeated_document_of_long_ago_creates_no_table),
        cmocka_unit_test(test_the_last_member_knows_that_its_group_has_ended),
        cmocka_unit_test(test_the_lowest_member_that_is_heard_expires_items),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
