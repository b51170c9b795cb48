/*
 * test_streams.c - shard ids, sequence numbers and iterators as clients hold them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#include "api/streams.h"
#include "api/table_description.h"

static void shard_ids_tell_age_and_which_one(void **state)
{
    struct schema *schema = schema_new();
    struct stream_found found = {.schema = schema, .stream = &schema->streams[0]};
    char text[SHARD_ID_LEN + 1], other[SHARD_ID_LEN + 1];

    memcpy(schema->table_id, "01234567-89ab-4cde-8f01-23456789abcd", 37);
    schema->streams[0].created_ms = 1479499740123;
    shard_id_print(text, &found, 3, 1479499740123);
    assert_int_equal(strlen(text), SHARD_ID_LEN);
    assert_memory_equal(text, "shardId-00000001479499740123-", 29);
    shard_id_print(other, &found, 2, 1479499740123);
    assert_string_not_equal(text, other);
    shard_id_print(other, &found, 3, 1479499740124);
    assert_true(strcmp(text, other) < 0);
    strcpy(schema->streams[0].label, "another");
    shard_id_print(other, &found, 3, 1479499740123);
    assert_string_not_equal(text, other);
    schema_unref(schema);
}

static void sequence_numbers_have_21_digits(void **state)
{
    char text[SEQUENCE_NUMBER_DIGITS + 1];
    uint64_t sequence;

    sequence_number_print(text, 42);
    assert_string_equal(text, "000000000000000000042");
    assert_true(sequence_number_parse(slice_str(text), &sequence));
    assert_int_equal(sequence, 42);
    sequence_number_print(text, UINT64_MAX);
    assert_true(sequence_number_parse(slice_str(text), &sequence));
    assert_true(sequence == UINT64_MAX);
    assert_true(sequence_number_parse(SLICE("9999999999999999999999999"), &sequence));
    assert_true(sequence == UINT64_MAX);
    assert_false(sequence_number_parse(SLICE("00000000000000000000x"), &sequence));
    assert_false(sequence_number_parse(SLICE(""), &sequence));
}

static void an_iterator_is_read_back_and_any_change_is_noticed(void **state)
{
    struct hosted_region *region = calloc(1, sizeof(*region));
    struct shard_iterator iterator = {.table = 7,
                                      .stream_ms = 1479499740123,
                                      .group = 2,
                                      .opened_ms = 1479499750000,
                                      .oldest = true,
                                      .position = 1234567890123,
                                      .issued_ms = 1479499999999};
    struct shard_iterator back;
    char text[ITERATOR_TEXT_LEN + 1];

    assert_int_equal(shard_iterator_print(region, &iterator, text), 0);
    assert_int_equal(strlen(text), ITERATOR_TEXT_LEN);
    assert_int_equal(shard_iterator_parse(region, slice_str(text), &back), 0);
    assert_int_equal(back.table, 7);
    assert_int_equal(back.stream_ms, iterator.stream_ms);
    assert_int_equal(back.group, 2);
    assert_int_equal(back.opened_ms, iterator.opened_ms);
    assert_true(back.oldest);
    assert_int_equal(back.position, iterator.position);
    assert_int_equal(back.issued_ms, iterator.issued_ms);
    for (int i = 0; i < ITERATOR_TEXT_LEN; i++) {
        char kept = text[i];

        text[i] = kept == '0' ? '1' : '0';
        assert_int_equal(shard_iterator_parse(region, slice_str(text), &back), ST_REFUSED);
        text[i] = kept;
    }
    assert_int_equal(shard_iterator_parse(region, SLICE("nonsense"), &back), ST_REFUSED);
    region->iterator_key[0] = 1; /* another data folder */
    assert_int_equal(shard_iterator_parse(region, slice_str(text), &back), ST_REFUSED);
    free(region);
}

static void a_stream_is_named_after_its_moment(void **state)
{
    char label[32];

    stream_label_print(label, 1431379293291);
    assert_string_equal(label, "2015-05-11T21:21:33.291");
}

static void streams_fall_off_a_day_after_they_were_disabled(void **state)
{
    struct schema *schema = schema_new();
    int64_t now_ms = 1479499740123;

    assert_int_equal(schema_stream_enable(schema, STREAM_KEYS_ONLY, now_ms), 0);
    schema_stream_disable(schema, now_ms + 10);
    assert_true(stream_is_readable(schema, &schema->streams[0], now_ms + 10 + STREAM_AGE_MS_MAX));
    assert_false(stream_is_readable(schema, &schema->streams[0], now_ms + 11 + STREAM_AGE_MS_MAX));
    assert_int_equal(schema_stream_enable(schema, STREAM_NEW_IMAGE, now_ms + 20), 0);
    assert_int_equal(schema->stream_count, 2);
    assert_true(schema_stream(schema) == &schema->streams[0]);
    assert_string_not_equal(schema->streams[0].label, schema->streams[1].label);
    schema_stream_disable(schema, now_ms + 30);
    assert_int_equal(
        schema_stream_enable(schema, STREAM_NEW_IMAGE, now_ms + 31 + STREAM_AGE_MS_MAX), 0);
    assert_int_equal(schema->stream_count, 1);
    schema_unref(schema);
}

static void two_streams_of_one_moment_have_two_labels(void **state)
{
    struct schema *schema = schema_new();

    assert_int_equal(schema_stream_enable(schema, STREAM_KEYS_ONLY, 1000), 0);
    schema_stream_disable(schema, 1000);
    assert_int_equal(schema_stream_enable(schema, STREAM_KEYS_ONLY, 1000), 0);
    assert_string_not_equal(schema->streams[0].label, schema->streams[1].label);
    schema_unref(schema);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(shard_ids_tell_age_and_which_one),
        cmocka_unit_test(sequence_numbers_have_21_digits),
        cmocka_unit_test(an_iterator_is_read_back_and_any_change_is_noticed),
        cmocka_unit_test(a_stream_is_named_after_its_moment),
        cmocka_unit_test(streams_fall_off_a_day_after_they_were_disabled),
        cmocka_unit_test(two_streams_of_one_moment_have_two_labels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
