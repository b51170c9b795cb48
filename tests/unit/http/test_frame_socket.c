/*
 * test_frame_socket.c - two Regions that behave: frames both ways, limits, backpressure, closing
 * inside callbacks. Strangers and broken peers are in test_frame_strangers.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "frame_fixture.h"

/** A link: `end` dials as us-east-1, eu-west-1 has accepted it. */
static struct end *link_up(struct fixture *f, struct end *end)
{
    unsigned before = f->accepted_count;

    if (f->listener == NULL)
        listen_with(f, f->west, 0, 0);
    dial(f, end, f->east);
    WAIT(f, (end->opened && f->accepted_count > before) || end->closed);
    if (end->closed)
        fail_msg("%s", end->reason);
    return &f->accepted[before];
}

static uint8_t *noise(size_t len)
{
    uint8_t *bytes = test_malloc(len);
    uint32_t number = 1;

    for (size_t i = 0; i < len; i++) {
        number = number * 1664525 + 1013904223;
        bytes[i] = (uint8_t)(number >> 24);
    }
    return bytes;
}

/* ---- frames ---- */

static void both_see_whose_certificate_it_is(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};
    struct end *west = link_up(f, &east);

    assert_string_equal(east.peer, "eu-west-1");
    assert_string_equal(west->peer, "us-east-1");
    end_release(&east);
}

static void frames_of_all_sizes_go_both_ways(void **state)
{
    static const size_t sizes[] = {0,
                                   1,
                                   3,
                                   4,
                                   5,
                                   16379,
                                   16380,
                                   16381,
                                   16384,
                                   65531,
                                   65532,
                                   65533,
                                   65536,
                                   262140,
                                   262144,
                                   262145,
                                   1u << 20,
                                   FRAME_BYTES_MAX - 1,
                                   FRAME_BYTES_MAX,
                                   0};
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};
    struct end *west;
    uint8_t *bytes = noise(FRAME_BYTES_MAX);
    uint64_t order = 0, total = 0;

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_ECHO;
    west = link_up(f, &east);
    for (size_t i = 0; i < ARRAY_LEN(sizes); i++) {
        size_t head = sizes[i] / 3;

        assert_true(
            end_send(&east, slice_of(bytes, head), slice_of(bytes + head, sizes[i] - head)) >= 0);
        order = order_after(order, slice_of(bytes, sizes[i]));
        total += sizes[i];
    }
    WAIT(f, east.frames == ARRAY_LEN(sizes));
    assert_true(east.order == order);
    assert_true(west->order == order);
    assert_true(east.bytes == total);
    end_release(&east);
    test_free(bytes);
}

static void many_small_frames_keep_their_order(void **state)
{
    enum { FRAMES = 20000 };
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};
    struct end *west = link_up(f, &east);
    uint64_t order = 0;

    for (uint32_t i = 0; i < FRAMES; i++) {
        struct slice frame = slice_of(&i, sizeof(i));

        order = order_after(order, frame);
        assert_int_equal(end_send(&east, frame, SLICE_EMPTY), 0);
    }
    WAIT(f, west->frames == FRAMES);
    assert_true(west->order == order);
    end_release(&east);
}

static void several_links_at_once(void **state)
{
    struct fixture *f = *state;
    struct end ends[8] = {{.plan = PLAN_NONE}};
    uint8_t *bytes = noise(100000);

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_ECHO;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        dial(f, &ends[i], f->east);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        WAIT(f, ends[i].opened);
        end_send(&ends[i], slice_of(bytes, 100000 - i), SLICE_EMPTY);
    }
    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        WAIT(f, ends[i].frames == 1);
        assert_int_equal(ends[i].bytes, 100000 - i);
        end_release(&ends[i]);
    }
    test_free(bytes);
}

static void frames_that_are_too_long_are_not_sent(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};
    struct end *west = link_up(f, &east);
    uint8_t *bytes = noise(FRAME_BYTES_MAX);
    struct slice half = slice_of(bytes, FRAME_BYTES_MAX / 2);

    assert_int_equal(end_send(&east, half, slice_of(bytes, FRAME_BYTES_MAX / 2 + 1)), ST_TOOBIG);
    assert_int_equal(end_send(&east, slice_of(bytes, SIZE_MAX), half), ST_TOOBIG);
    assert_int_equal(end_send(&east, half, slice_of(bytes, SIZE_MAX)), ST_TOOBIG);
    assert_int_equal(end_send(&east, SLICE("small"), SLICE_EMPTY), 0);
    WAIT(f, west->frames == 1);
    assert_int_equal(west->bytes, 5);
    end_release(&east);
    test_free(bytes);
}

/* ---- backpressure ---- */

static void a_full_queue_says_so_and_drains(void **state)
{
    enum { FRAME = 1024 * 1024 };
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};
    struct end *west;
    uint8_t *bytes = noise(FRAME);
    struct send_call call = {.end = &east, .header = slice_of(bytes, FRAME), .times = 1};
    unsigned sent = 0;

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_PAUSE_ON_OPEN;
    west = link_up(f, &east);
    do { /* until the kernel's buffers are full too */
        strand_call(east.strand, send_on_strand, &call);
        assert_true(call.rc == (call.queued > FRAME_QUEUE_HIGH_BYTES || call.rc == 1));
        sent++;
    } while (call.rc == 0);
    assert_true(call.queued > FRAME_QUEUE_HIGH_BYTES);
    do {
        strand_call(east.strand, send_on_strand, &call);
        sent += call.rc == 1;
    } while (call.rc == 1);
    assert_int_equal(call.rc, ST_BUSY);
    assert_true(call.queued <= FRAME_QUEUE_BYTES_MAX);
    assert_true(call.queued > FRAME_QUEUE_BYTES_MAX - FRAME - 8);
    assert_int_equal(east.drained, 0);
    assert_int_equal(west->frames, 0);

    strand_call(west->strand, resume_on_strand, west);
    WAIT(f, east.drained == 1 && west->frames == sent);
    assert_true(west->bytes == (uint64_t)sent * FRAME);
    call.times = 0;
    strand_call(east.strand, send_on_strand, &call);
    assert_int_equal(call.queued, 0);
    assert_int_equal(end_send(&east, SLICE("more"), SLICE_EMPTY), 0);
    WAIT(f, west->frames == sent + 1);
    assert_int_equal(east.drained, 1);
    end_release(&east);
    test_free(bytes);
}

static void a_pause_inside_a_callback_holds_the_next_frame(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};
    struct end *west;

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_PAUSE_ON_FRAME;
    west = link_up(f, &east);
    /* All three are sent in one turn, so they are there when the first is given out. */
    strand_call(east.strand, send_on_strand,
                &(struct send_call){.end = &east, .header = SLICE("frame"), .times = 3});
    for (unsigned i = 1; i <= 3; i++) {
        struct send_call nothing = {.end = west};

        WAIT(f, west->frames >= i);
        strand_call(west->strand, send_on_strand, &nothing); /* time for one too many */
        strand_call(west->strand, send_on_strand, &nothing);
        assert_int_equal(west->frames, i);
        strand_call(west->strand, resume_on_strand, west);
    }
    end_release(&east);
}

/* ---- closing ---- */

static void the_peer_learns_that_the_link_was_closed(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};
    struct end *west = link_up(f, &east);

    end_release(&east);
    WAIT(f, west->closed);
    assert_int_equal(west->status, ST_CLOSED);
    assert_int_equal(end_send(west, SLICE("late"), SLICE_EMPTY), ST_CLOSED);
}

static void closing_inside_callbacks(void **state)
{
    struct fixture *f = *state;

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_ECHO;
    for (enum plan plan = PLAN_CLOSE_ON_OPEN; plan <= PLAN_CLOSE_ON_FRAME; plan++) {
        struct end east = {.plan = plan};
        struct end *west = link_up(f, &east);

        if (plan == PLAN_CLOSE_ON_FRAME)
            strand_call(east.strand, send_on_strand,
                        &(struct send_call){.end = &east, .header = SLICE("two"), .times = 2});
        WAIT(f, west->closed && east.opened);
        end_release(&east); /* so that its callback is over */
        assert_int_equal(east.frames, plan == PLAN_CLOSE_ON_FRAME);
        assert_false(east.closed); /* it closed it itself */
    }
}

static void closing_inside_on_drained(void **state)
{
    enum { FRAME = 1024 * 1024 };
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_CLOSE_ON_DRAINED};
    struct end *west = link_up(f, &east);
    uint8_t *bytes = noise(FRAME);

    strand_call(east.strand, send_on_strand,
                &(struct send_call){.end = &east, .header = slice_of(bytes, FRAME), .times = 8});
    WAIT(f, east.drained == 1 && west->closed);
    assert_false(east.closed);
    end_release(&east);
    test_free(bytes);
}

static void closing_inside_on_close(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_CLOSE_ON_CLOSE};
    struct end *west = link_up(f, &east);

    strand_call(west->strand, close_on_strand, west);
    WAIT(f, east.closed);
    assert_int_equal(east.status, ST_CLOSED);
    end_release(&east);
}

static void closing_another_socket_inside_a_callback(void **state)
{
    struct fixture *f = *state;
    struct end first = {.plan = PLAN_CLOSE_OTHER_ON_FRAME}, second = {.plan = PLAN_NONE};

    first.other = &second;
    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_ECHO;
    link_up(f, &first);
    link_up(f, &second);
    WAIT(f, f->accepted_count == 2);
    strand_call(first.strand, send_on_strand,
                &(struct send_call){.end = &first, .header = SLICE("x"), .times = 1});
    WAIT(f, first.frames == 1 && f->accepted[1].closed);
    end_release(&first);
    assert_null(second.socket);
    end_release(&second);
}

static void the_listener_may_refuse_and_may_end_inside_its_callback(void **state)
{
    struct fixture *f = *state;
    struct end refused = {.plan = PLAN_NONE}, kept = refused;

    f->accept_plan = PLAN_CLOSE_ON_OPEN;
    listen_with(f, f->west, 0, 0);
    dial(f, &refused, f->east);
    WAIT(f, refused.closed);
    assert_int_equal(refused.status, ST_CLOSED);
    end_release(&refused);

    f->accept_plan = PLAN_FREE_LISTENER;
    dial(f, &kept, f->east);
    WAIT(f, kept.opened && f->accepted_count == 1);
    assert_int_equal(end_send(&kept, SLICE("still here"), SLICE_EMPTY), 0);
    WAIT(f, f->accepted[0].frames == 1);
    end_release(&kept);
}

static void closing_at_any_time_before_it_is_open(void **state)
{
    static const char *const hosts[] = {"127.0.0.1", "localhost"};
    struct fixture *f = *state;

    listen_with(f, f->west, 0, 0);
    f->accept_plan = PLAN_ECHO;
    for (unsigned i = 0; i < 2 * 8; i++) {
        struct end east = {.plan = PLAN_NONE};
        struct send_call nothing = {.end = &east};

        dial_to(f, &east, f->east, hosts[i % 2], f->port);
        for (unsigned turns = 0; turns < i / 2; turns++)
            strand_call(east.strand, send_on_strand, &nothing);
        end_release(&east);
        assert_false(east.closed);
    }
}

/* ---- connecting ---- */

static void a_name_is_looked_up(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE}, lost = east;
    char label[80];

    listen_with(f, f->west, 0, 0);
    dial_to(f, &east, f->east, "localhost", f->port); /* ::1 may come first, and refuses */
    WAIT(f, east.opened);
    end_release(&east);

    memset(label, 'x', sizeof(label)); /* longer than a label can be: nobody is asked */
    label[sizeof(label) - 1] = '\0';
    dial_to(f, &lost, f->east, label, f->port);
    WAIT(f, lost.closed);
    assert_int_equal(lost.status, ST_IO);
    assert_non_null(strstr(lost.reason, "cannot find xxx"));
    end_release(&lost);
}

static void nobody_listens(void **state)
{
    struct fixture *f = *state;
    struct end east = {.plan = PLAN_NONE};

    listen_with(f, f->west, 0, 0);
    strand_call(f->listening, unlisten_on_strand, f);
    dial(f, &east, f->east);
    WAIT(f, east.closed);
    assert_int_equal(east.status, ST_IO);
    assert_string_equal(east.reason, "Connection refused");
    end_release(&east);
}

static void a_port_that_is_taken_is_refused(void **state)
{
    struct fixture *f = *state;
    struct listen_call *call = test_calloc(1, sizeof(*call));
    struct frame_listener *first;

    listen_with(f, f->west, 0, 0);
    first = f->listener;
    call->f = f;
    call->options = (struct frame_listener_options){
        .address = "127.0.0.1", .port = f->port, .tls = f->west, .on_accept = on_accept};
    strand_call(f->listening, listen_on_strand, call);
    assert_int_equal(call->rc, ST_REFUSED);
    assert_non_null(strstr(call->refusal.text, "cannot listen on 127.0.0.1 port"));
    call->options.address = "localhost";
    strand_call(f->listening, listen_on_strand, call);
    assert_int_equal(call->rc, ST_REFUSED);
    assert_string_equal(call->refusal.text, "localhost is not an IP address");
    f->listener = first;
    test_free(call);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(both_see_whose_certificate_it_is),
        TEST(frames_of_all_sizes_go_both_ways),
        TEST(many_small_frames_keep_their_order),
        TEST(several_links_at_once),
        TEST(frames_that_are_too_long_are_not_sent),
        TEST(a_full_queue_says_so_and_drains),
        TEST(a_pause_inside_a_callback_holds_the_next_frame),
        TEST(the_peer_learns_that_the_link_was_closed),
        TEST(closing_inside_callbacks),
        TEST(closing_inside_on_drained),
        TEST(closing_inside_on_close),
        TEST(closing_another_socket_inside_a_callback),
        TEST(the_listener_may_refuse_and_may_end_inside_its_callback),
        TEST(closing_at_any_time_before_it_is_open),
        TEST(a_name_is_looked_up),
        TEST(nobody_listens),
        TEST(a_port_that_is_taken_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
