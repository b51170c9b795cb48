/*
 * backfill_repair.c - a feed fell off the end of its origin's log: a snapshot instead.
 *
 * An ACTIVE replica whose position is older than what the origin keeps takes a snapshot of that
 * origin by the same steps as a new one (backfill.c), and then lets the feed go on at the position
 * that was noted before the scan: a merge is order-free, so this is right in place of comparing
 * digests, only more to send. Meanwhile its own floor stands still: a page that is on its way must
 * find the tombstone that it contradicts. Tombstones at or below the floor are left out: they were
 * had and forgotten. Records of a snapshot cover what lost at its source, so a conflict that only
 * the snapshot settles is not in this Region's conflict log. Nothing is written until the end: a
 * restart begins again.
 *
 * A replica that is still being filled starts over, with its feeds where the source is now.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

/** Only an ACTIVE member repairs; one that is filled starts again from the beginning. */
void backfill__repair(struct global *global, struct member *source)
{
    struct backfill *backfill = global->backfill;

    if (backfill != NULL && !backfill->repair) {
        /* Before the feeds are set it is the position of before that is too old. */
        if (backfill__is_busy(backfill) || backfill->phase == BACKFILL_POSITIONS)
            return; /* the feed says so again */
        backfill__enter(backfill, BACKFILL_POSITIONS);
        backfill->fresh = true;
        backfill->session = replication__nonce(global->replication);
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
            backfill__scan_reset(&backfill->scans[i]);
        return;
    }
    if (backfill != NULL)
        return; /* one after the other: backfill__tick() finds the next */
    backfill = backfill__new(global);
    if (backfill == NULL)
        return;
    backfill->repair = true;
    strcpy(backfill->source, source->link->region);
    global->floor.frozen = true;
    log_warn(
        &global->replication->log, PART,
        "table %s: %s no longer keeps the changes that are wanted; a snapshot is taken instead",
        global->name, source->link->region);
}

/** The feed that is repaired by a position, or NULL. */
static struct feed_in *repaired_feed(const struct global *global,
                                     const struct snapshot_position *position, struct feed_at *ret)
{
    struct member *member = global__member((struct global *)global, position->origin);
    struct feed_in *in = member != NULL ? &member->in[position->log_group] : NULL;

    if (in == NULL || in->core.state != FEED_RX_TRIMMED)
        return NULL;
    *ret = (struct feed_at){.incarnation = position->incarnation,
                            .sequence = position->sequence,
                            .closed = in->core.applied.closed};
    return in;
}

static void repair_next(struct global *global)
{
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            if (member->in[i].core.state == FEED_RX_TRIMMED) {
                backfill__repair(global, member);
                return;
            }
        }
    }
}

static void on_repair_written(struct store_edit *edit, int rc)
{
    struct backfill *backfill = CONTAINER_OF(edit, struct backfill, edit);
    struct global *global = backfill->scans[0].global;
    struct replication *replication = backfill->replication;
    struct feed_at at;

    backfill__enter(backfill, BACKFILL_SCANNING); /* all of it is done: the next tick tries again */
    if (!backfill__came_back_late(backfill) && rc == 0) {
        for (uint32_t i = 0; i < backfill->position_count; i++) {
            struct feed_in *in = repaired_feed(global, &backfill->positions[i], &at);

            if (in != NULL)
                feed_in__reset(in, &at);
        }
        log_info(&replication->log, PART, "table %s: the snapshot from %s is through", global->name,
                 backfill->source);
        backfill__stop(global);
        gossip__rows_changed(global);
        repair_next(global);
    }
    replication__release(replication);
}

/** A repair is through: its feeds continue at the positions noted before the scan, on disk first.
 */
void backfill__finish_repair(struct global *global)
{
    struct backfill *backfill = global->backfill;
    struct replication *replication = global->replication;
    struct batch meta = BATCH_EMPTY;

    if (backfill__feeds_busy(global) || replication->closing)
        return; /* at the next tick */
    for (uint32_t i = 0; i < backfill->position_count; i++) {
        struct feed_at at;
        struct feed_in *in = repaired_feed(global, &backfill->positions[i], &at);
        uint8_t value[CHECKPOINT_BYTES];

        if (in == NULL)
            continue;
        feed_in__checkpoint_value(value, &at, feed_rx_goes_back(&in->core, &at));
        batch_put(&meta, ENGINE_DATA, buf_slice(&in->checkpoint_key),
                  slice_of(value, sizeof(value)));
    }
    backfill->edit = (struct store_edit){.strand = replication->strand,
                                         .kind = EDIT_META,
                                         .on_done = on_repair_written,
                                         .meta = meta};
    backfill->phase = BACKFILL_WRITING;
    replication__hold(replication);
    store_edit(replication->store, &backfill->edit);
}
