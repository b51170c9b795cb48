/*
 * shaper.h - one direction of a link, made worse on purpose: delay, jitter, loss, cut.
 *
 *     shaper_init(&shaper, strand, deliver, context);
 *     shaper_set(&shaper, &(struct shape){.delay_us = 80000, .loss_ppm = 50000});
 *     shaper_push(&shaper, &frame);         deliver(context, &frame) comes 80 ms later, or never
 *
 * Frames come out in the order in which they went in, as over TCP, whatever the jitter: a frame
 * never overtakes another. A lost frame is gone; a cut loses every frame. With an empty shape
 * frames pass straight through. While held (the socket behind it is full) frames wait, at no loss.
 *
 * Everything on one strand.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_SHAPER_H
#define TROPIC_SERVER_SHAPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/executor.h"

enum {
    SHAPE_DELAY_US_MAX = 60 * 1000 * 1000, /* ours: a minute is beyond any link of this world */
    SHAPE_PPM = 1000000,
};

struct shape {
    int64_t delay_us, jitter_us; /* each frame waits delay + a random part of jitter */
    uint32_t loss_ppm;           /* of SHAPE_PPM frames, so many are lost */
    bool cut;
};

struct shaper {
    struct strand *strand;
    /* Takes the frame's memory over. May call shaper_hold(), not shaper_push(). */
    void (*deliver)(void *context, struct buf *frame);
    void *context;
    struct shape shape;
    bool held;
    struct list_node queue; /* of struct shaped, by due time */
    struct mono last_due;
    size_t queued_bytes;
    struct timer timer;
    uint64_t dropped;
};

void shaper_init(struct shaper *shaper, struct strand *strand,
                 void (*deliver)(void *context, struct buf *frame), void *context);
/** Drops what waits. */
void shaper_release(struct shaper *shaper);
void shaper_set(struct shaper *shaper, const struct shape *shape);
/** Takes the frame's memory over. */
void shaper_push(struct shaper *shaper, struct buf *frame);
void shaper_hold(struct shaper *shaper, bool held);
/** Drops what waits: the session that it belonged to is over. */
void shaper_clear(struct shaper *shaper);

#endif
