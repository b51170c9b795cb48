/*
 * test_frame.c - what goes on a link comes back, and nothing else is believed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/sim_random.h"
#include "replication/frame.h"

static struct frame_codec *codec;

static int open_codec(void **state)
{
    codec = frame_codec_new();
    return codec == NULL;
}

static int close_codec(void **state)
{
    frame_codec_free(codec);
    return 0;
}

static void make_data(struct buf *frame, size_t bytes, bool random)
{
    struct sim_random source = sim_random_fork(1, "bytes");
    struct feed_data_body body = {.feed = {.origin = 1, .reader = 2, .log_group = 3},
                                  .opening = 7,
                                  .incarnation = 9,
                                  .from = 10,
                                  .to = 20,
                                  .closed = {123},
                                  .count = 1};

    frame_begin(frame, FRAME_FEED_DATA, 11, 22);
    feed_data_body_append_head(frame, &body);
    for (size_t i = 0; i < bytes; i++)
        buf_append_u8(frame, random ? (uint8_t)sim_random_next(&source) : (uint8_t)(i / 100));
    assert_int_equal(frame_finish(frame, codec), 0);
}

static void test_a_frame_comes_back_packed_or_not(void **state)
{
    static const struct {
        size_t bytes;
        bool random, packed;
    } cases[] = {
        {0, false, false}, {100, false, false}, {100000, false, true}, {100000, true, false}};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf frame = BUF_EMPTY, scratch = BUF_EMPTY;
        struct frame_header header;
        struct feed_data_body body;
        struct slice bytes;

        make_data(&frame, cases[i].bytes, cases[i].random);
        assert_int_equal(frame_open(buf_slice(&frame), codec, &scratch, &header, &bytes), 0);
        assert_int_equal(header.type, FRAME_FEED_DATA);
        assert_int_equal(header.from, 11);
        assert_int_equal(header.to, 22);
        assert_int_equal((header.flags & FRAME_ZSTD) != 0, cases[i].packed);
        if (cases[i].bytes > 0)
            assert_true(feed_data_body_read(bytes, &body));
        else
            assert_false(feed_data_body_read(bytes, &body)); /* count 1, but no bytes */
        buf_release(&frame);
        buf_release(&scratch);
    }
}

static void test_every_flipped_bit_and_every_cut_is_refused(void **state)
{
    struct buf frame = BUF_EMPTY, scratch = BUF_EMPTY;
    struct frame_header header;
    struct slice body;

    make_data(&frame, 40, true);
    for (size_t bit = 0; bit < frame.len * 8; bit++) {
        frame.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(frame_open(buf_slice(&frame), codec, &scratch, &header, &body), 0);
        frame.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < frame.len; len++)
        assert_int_not_equal(frame_open(slice_of(frame.ptr, len), codec, &scratch, &header, &body),
                             0);
    assert_int_equal(frame_open(buf_slice(&frame), codec, &scratch, &header, &body), 0);
    buf_release(&frame);
    buf_release(&scratch);
}

static void test_a_body_larger_than_the_limit_is_not_sent(void **state)
{
    struct buf frame = BUF_EMPTY;

    frame_begin(&frame, FRAME_FEED_DATA, 1, 2);
    assert_int_equal(buf_reserve(&frame, FRAME_BODY_BYTES_MAX + 1), 0);
    memset(frame.ptr + frame.len, 0, FRAME_BODY_BYTES_MAX + 1);
    frame.len += FRAME_BODY_BYTES_MAX + 1;
    assert_int_equal(frame_finish(&frame, codec), ST_TOOBIG);
    buf_release(&frame);
}

/** Reads the body cut at every length: only the whole one is accepted. */
#define CHECK_CUTS(type, name, out, ret)                                                           \
    do {                                                                                           \
        for (size_t len = 0; len < (out).len; len++)                                               \
            assert_false(name##_read(slice_of((out).ptr, len), (ret)));                            \
        assert_true(name##_read(buf_slice(&(out)), (ret)));                                        \
    } while (0)

static void test_bodies_come_back(void **state)
{
    struct feed_name feed = {.group = {{1, 2, 3}}, .origin = 4, .reader = 5, .log_group = 2};
    struct buf out = BUF_EMPTY;

    {
        struct hello_body in = {.version_min = 1,
                                .version_max = 3,
                                .region = SLICE("eu-west-1"),
                                .folder = {9, 8},
                                .incarnation = 77,
                                .wall_us = -5},
                          back;

        hello_body_append(&out, &in);
        CHECK_CUTS(struct hello_body, hello_body, out, &back);
        assert_true(slice_eq_str(back.region, "eu-west-1"));
        assert_int_equal(back.wall_us, -5);
        assert_memory_equal(back.folder, in.folder, 16);
    }
    buf_clear(&out);
    {
        struct feed_open_body in = {.feed = feed,
                                    .epoch = 3,
                                    .opening = 1,
                                    .incarnation = 6,
                                    .after = 9,
                                    .applied = 8,
                                    .stored = 8,
                                    .window = 7},
                              back;

        feed_open_body_append(&out, &in);
        CHECK_CUTS(struct feed_open_body, feed_open_body, out, &back);
        assert_int_equal(back.after, 9);
        assert_int_equal(back.feed.reader, 5);
        in.stored = 10; /* more stored than asked for: nonsense */
        buf_clear(&out);
        feed_open_body_append(&out, &in);
        assert_false(feed_open_body_read(buf_slice(&out), &back));
    }
    buf_clear(&out);
    {
        struct gossip_body in = {.group = feed.group,
                                 .epoch = 2,
                                 .replica = 3,
                                 .counts = true,
                                 .percent = 255,
                                 .floor = {5},
                                 .latest = {6},
                                 .row_count = 2,
                                 .rows = {{1, {7}}, {2, {8}}}},
                           back;

        gossip_body_append(&out, &in);
        CHECK_CUTS(struct gossip_body, gossip_body, out, &back);
        assert_int_equal(back.rows[1].origin, 2);
        assert_int_equal(back.rows[1].applied.bits, 8);
    }
    buf_clear(&out);
    {
        struct group_ask_body in = {.kind = 3,
                                    .group = feed.group,
                                    .operation = 4,
                                    .epoch = 5,
                                    .floor = 6,
                                    .table = SLICE("T"),
                                    .document = SLICE("{}")},
                              back;

        group_ask_body_append(&out, &in);
        CHECK_CUTS(struct group_ask_body, group_ask_body, out, &back);
        assert_true(slice_eq_str(back.document, "{}"));
    }
    buf_clear(&out);
    {
        struct snapshot_ask_body in = {.kind = SNAPSHOT_RECORDS,
                                       .group = feed.group,
                                       .session = 4,
                                       .request = 5,
                                       .log_group = 3,
                                       .resume = SLICE("key")},
                                 back;

        snapshot_ask_body_append(&out, &in);
        CHECK_CUTS(struct snapshot_ask_body, snapshot_ask_body, out, &back);
        assert_true(slice_eq_str(back.resume, "key"));
    }
    buf_release(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_frame_comes_back_packed_or_not),
        cmocka_unit_test(test_every_flipped_bit_and_every_cut_is_refused),
        cmocka_unit_test(test_a_body_larger_than_the_limit_is_not_sent),
        cmocka_unit_test(test_bodies_come_back),
    };

    return cmocka_run_group_tests(tests, open_codec, close_codec);
}
