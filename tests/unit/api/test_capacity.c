/*
 * test_capacity.c - capacity units, in half units. Source: dynamodb-values-capacity.md section 5.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "api/capacity.h"

static void reads_count_blocks_of_four_kilobytes(void **state)
{
    assert_int_equal(capacity_read(0, false), 1);
    assert_int_equal(capacity_read(0, true), 2);
    assert_int_equal(capacity_read(4096, false), 1);
    assert_int_equal(capacity_read(4097, false), 2);
    assert_int_equal(capacity_read(400 * 1024, true), 200);
}

static void writes_count_blocks_of_one_kilobyte(void **state)
{
    assert_int_equal(capacity_write(0), 2);
    assert_int_equal(capacity_write(1024), 2);
    assert_int_equal(capacity_write(1025), 4);
}

static void assert_shown(enum capacity_mode mode, bool transactional, const char *expected)
{
    const struct schema schema = {.name = "T"};
    const struct consumption consumption = {
        .schema = &schema, .kind = CAPACITY_READ, .transactional = transactional, .used = 3};
    struct buf out = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&out);

    consumption_write(&writer, mode, &consumption);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.ptr, expected, out.len);
    buf_release(&out);
}

static void an_answer_shows_what_was_asked_for(void **state)
{
    assert_shown(CAPACITY_TOTAL, false, "{\"TableName\":\"T\",\"CapacityUnits\":1.5}");
    assert_shown(CAPACITY_TOTAL, true,
                 "{\"TableName\":\"T\",\"CapacityUnits\":1.5,\"ReadCapacityUnits\":1.5}");
    assert_shown(CAPACITY_INDEXES, false,
                 "{\"TableName\":\"T\",\"CapacityUnits\":1.5,\"Table\":{\"CapacityUnits\":1.5}}");
}

/* Arms of indexes that were touched; the total counts them. */
static void indexes_have_arms_of_their_own(void **state)
{
    static const char expected[] =
        "{\"TableName\":\"T\",\"CapacityUnits\":7.0,\"Table\":{\"CapacityUnits\":2.0},"
        "\"LocalSecondaryIndexes\":{\"l\":{\"CapacityUnits\":1.0}},"
        "\"GlobalSecondaryIndexes\":{\"g\":{\"CapacityUnits\":4.0}}}";
    struct schema_index indexes[] = {{.name = "g", .id = 1, .global = true},
                                     {.name = "l", .id = 2},
                                     {.name = "x", .global = true}};
    const struct schema schema = {.name = "T", .indexes = indexes, .index_count = 3};
    const struct index_write writes[] = {
        {INDEX_WRITE_MOVE, 1025, 2000}, {INDEX_WRITE_PUT, 0, 10}, {INDEX_WRITE_NONE, 0, 0}};
    struct consumption consumption = {.schema = &schema, .kind = CAPACITY_WRITE, .used = 4};
    struct buf out = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&out);

    consumption_add_index_writes(&consumption, writes);
    consumption_write(&writer, CAPACITY_INDEXES, &consumption);
    assert_int_equal(out.len, strlen(expected));
    assert_memory_equal(out.ptr, expected, out.len);
    consumption_reset(&consumption);
    assert_int_equal(consumption.used + consumption.touched, 0);
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_count_blocks_of_four_kilobytes),
        cmocka_unit_test(writes_count_blocks_of_one_kilobyte),
        cmocka_unit_test(indexes_have_arms_of_their_own),
        cmocka_unit_test(an_answer_shows_what_was_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
