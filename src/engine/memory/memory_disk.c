/*
 * memory_disk.c - what survives an engine in memory (engine.h): the disk of simulation.
 *
 * The disk tells two things apart, as a real one does: what was synced, and the commits since,
 * which a crash may keep or lose. They were written one after the other into one log, so what
 * survives is a prefix of them, and a commit survives whole or not at all (the rocksdb engine gets
 * that from the checksums of its log). A synced commit that was still on its way counts as the last
 * of them: its caller never heard, so both outcomes are right.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "engine/memory/memory_priv.h"

struct memory_disk *memory_disk_new(void)
{
    return calloc(1, sizeof(struct memory_disk));
}

static void forget_unsynced(struct memory_disk *disk)
{
    for (uint32_t i = 0; i < disk->unsynced_count; i++)
        memory_state_release(&disk->unsynced[i]);
    disk->unsynced_count = 0;
}

void memory_disk_free(struct memory_disk *disk)
{
    if (disk == NULL)
        return;
    forget_unsynced(disk);
    memory_state_release(&disk->synced);
    free(disk);
}

static void replace_synced(struct memory_disk *disk, const struct memory_state *state)
{
    struct memory_state replaced = disk->synced;

    disk->synced = memory_state_share(state);
    memory_state_release(&replaced);
}

void memory_disk__committed(struct memory_disk *disk, const struct memory_state *state,
                            enum engine_durability durability)
{
    if (durability == ENGINE_SYNC) {
        replace_synced(disk, state);
        forget_unsynced(disk);
        return;
    }
    if (disk->unsynced_count == MEMORY_UNSYNCED_MAX) {
        memory_state_release(&disk->synced);
        disk->synced = disk->unsynced[0];
        disk->unsynced_count--;
        memmove(&disk->unsynced[0], &disk->unsynced[1],
                disk->unsynced_count * sizeof(disk->unsynced[0]));
    }
    disk->unsynced[disk->unsynced_count++] = memory_state_share(state);
}

void memory_disk_crash(struct memory_disk *disk, uint64_t random)
{
    uint32_t outcomes = disk->unsynced_count + 1u + (disk->engine_pending != NULL);
    uint32_t kept = (uint32_t)(random % outcomes); /* of the unsynced commits */

    if (kept > disk->unsynced_count) {
        struct memory_state state = memory_state_share(disk->engine_state);

        /* Out of memory: the commit on its way did not make it, which is an outcome as well. */
        if (memory__apply(&state, disk->engine_pending) == 0)
            replace_synced(disk, &state);
        else
            replace_synced(disk, disk->engine_state);
        memory_state_release(&state);
    } else if (kept > 0) {
        replace_synced(disk, &disk->unsynced[kept - 1]);
    }
    forget_unsynced(disk);
    disk->engine = NULL;
    disk->engine_state = NULL;
    disk->engine_pending = NULL;
    disk->crashes++;
}

struct memory_disk *memory_disk_copy(const struct memory_disk *disk)
{
    struct memory_disk *copy = memory_disk_new();

    if (copy != NULL)
        copy->synced = memory_state_share(&disk->synced);
    return copy;
}

void memory_disk_set_full(struct memory_disk *disk, bool full)
{
    atomic_store(&disk->full, full);
}
