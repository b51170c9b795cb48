/*
 * feed_count.c - see feed_count.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/core/feed_count.h"

#include <string.h>

static void add(struct change_sum *sum, struct change_sum more)
{
    sum->count += more.count;
    sum->bytes += more.bytes;
}

static void subtract(struct change_sum *sum, struct change_sum less)
{
    sum->count -= less.count;
    sum->bytes -= less.bytes;
}

static uint64_t distance(uint64_t a, uint64_t b)
{
    return a < b ? b - a : a - b;
}

/** From now on `at` counts from here. */
static void rebase(struct feed_count *count, uint64_t at)
{
    count->known = false;
    count->base = count->at = at;
    count->sum = (struct change_sum){0};
    count->counting = false;
    count->turn++;
}

void feed_count_init(struct feed_count *count, uint64_t at)
{
    memset(count, 0, sizeof(*count));
    rebase(count, at);
}

void feed_count_pass(struct feed_count *count, uint64_t to, struct change_sum passed)
{
    count->at = to;
    add(&count->sum, passed);
}

void feed_count_jump(struct feed_count *count, uint64_t to)
{
#ifdef MUTANT_JUMP_NOT_COUNTED /* mutant: as if nothing of ours lay between */
    count->at = to;
#endif
    if (to == count->at)
        return; /* it has lost nothing */
    if (count->known) {
        count->has_last = true;
        count->last = (struct feed_count_mark){count->at, count->sum};
    }
    rebase(count, to);
}

/** The stretch between `base` and the nearer of the positions that are known. */
static void begin(struct feed_count *count, const struct feed_count_mark *now, uint64_t trimmed)
{
    const struct feed_count_mark *mark = now;

    if (count->base < trimmed)
        rebase(count, count->at < trimmed ? trimmed : count->at);
    if (count->has_last && count->last.at >= trimmed &&
        distance(count->last.at, count->base) < distance(now->at, count->base))
        mark = &count->last;
    count->counting = true;
    count->upwards = mark->at < count->base;
    count->after = count->upwards ? mark->at : count->base;
    count->up_to = count->upwards ? count->base : mark->at;
    count->reached = mark->sum;
}

static void finish(struct feed_count *count)
{
    add(&count->sum, count->reached);
    count->known = true;
    count->counting = false;
}

bool feed_count_ask(struct feed_count *count, const struct feed_count_mark *now, uint64_t trimmed,
                    struct feed_count_question *ret)
{
    if (count->known)
        return false;
    if (!count->counting)
        begin(count, now, trimmed);
    if (count->after >= count->up_to) {
        finish(count);
        return false;
    }
    *ret = (struct feed_count_question){count->after, count->up_to, count->turn};
    return true;
}

void feed_count_answer(struct feed_count *count, const struct feed_count_question *question,
                       uint64_t position, struct change_sum found, bool more)
{
    if (!count->counting || question->turn != count->turn)
        return;
    if (count->upwards)
        add(&count->reached, found);
    else
        subtract(&count->reached, found);
    count->after = position;
    if (!more)
        finish(count);
}

void feed_count_answer_trimmed(struct feed_count *count)
{
    count->counting = false;
    count->turn++;
}

struct change_sum feed_count_pending(struct feed_count *count, struct change_sum own)
{
    if (!count->known)
        return count->shown;
    subtract(&own, count->sum);
    /* The table counts a commit a moment after readers may see it. */
    if ((int64_t)own.count < 0 || (int64_t)own.bytes < 0)
        own = (struct change_sum){0};
    count->shown = own;
    return own;
}
