/*
 * shaper.c - see shaper.h. One queue, one timer at the due time of its head.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/shaper.h"

#include <stdlib.h>

struct shaped {
    struct list_node node;
    struct mono due;
    struct buf frame;
};

static void shaper_run(struct shaper *shaper)
{
    struct mono now = executor_now(shaper->strand->executor);

    while (!shaper->held && !list_empty(&shaper->queue)) {
        struct shaped *first = LIST_ENTRY(shaper->queue.next, struct shaped, node);

        if (first->due.ns > now.ns) {
            timer_start(shaper->strand, &shaper->timer, first->due);
            return;
        }
        list_remove(&first->node);
        shaper->queued_bytes -= first->frame.len;
        shaper->deliver(shaper->context, &first->frame);
        free(first);
    }
}

static void on_due(struct timer *timer)
{
    shaper_run(CONTAINER_OF(timer, struct shaper, timer));
}

void shaper_init(struct shaper *shaper, struct strand *strand,
                 void (*deliver)(void *context, struct buf *frame), void *context)
{
    *shaper = (struct shaper){.strand = strand, .deliver = deliver, .context = context};
    list_init(&shaper->queue);
    timer_init(&shaper->timer, on_due);
}

void shaper_clear(struct shaper *shaper)
{
    struct list_node *node;

    while ((node = list_pop(&shaper->queue)) != NULL) {
        struct shaped *shaped = LIST_ENTRY(node, struct shaped, node);

        buf_release(&shaped->frame);
        free(shaped);
    }
    shaper->queued_bytes = 0;
    timer_stop(&shaper->timer);
}

void shaper_release(struct shaper *shaper)
{
    shaper_clear(shaper);
}

void shaper_set(struct shaper *shaper, const struct shape *shape)
{
    shaper->shape = *shape;
    if (shape->cut) {
        shaper_clear(shaper); /* what is under way is lost with the line */
        return;
    }
    shaper_run(shaper);
}

static uint64_t random_below(struct shaper *shaper, uint64_t bound)
{
    return executor_random(shaper->strand->executor) % bound;
}

void shaper_push(struct shaper *shaper, struct buf *frame)
{
    const struct shape *shape = &shaper->shape;
    struct shaped *shaped;
    struct mono due;

    if (shape->cut || (shape->loss_ppm > 0 && random_below(shaper, SHAPE_PPM) < shape->loss_ppm)) {
        shaper->dropped++;
        buf_release(frame);
        return;
    }
    if (shape->delay_us == 0 && shape->jitter_us == 0 && !shaper->held &&
        list_empty(&shaper->queue)) {
        shaper->deliver(shaper->context, frame);
        return;
    }
    shaped = malloc(sizeof(*shaped));
    if (shaped == NULL) { /* a lost frame is something that links live with */
        shaper->dropped++;
        buf_release(frame);
        return;
    }
    due = executor_now(shaper->strand->executor);
    due.ns += shape->delay_us * 1000;
    if (shape->jitter_us > 0)
        due.ns += (int64_t)random_below(shaper, (uint64_t)shape->jitter_us) * 1000;
    if (!list_empty(&shaper->queue) && due.ns < shaper->last_due.ns)
        due = shaper->last_due;
    shaper->last_due = due;
    *shaped = (struct shaped){.due = due, .frame = *frame};
    *frame = BUF_EMPTY;
    list_append(&shaper->queue, &shaped->node);
    shaper->queued_bytes += shaped->frame.len;
    shaper_run(shaper);
}

void shaper_hold(struct shaper *shaper, bool held)
{
    shaper->held = held;
    if (!held)
        shaper_run(shaper);
}
