/*
 * memory_priv.h - what an engine in memory and the disk under it know of each other.
 *
 * A state is the contents of both families after some commit. States share all that is equal, so
 * keeping many costs little: the disk keeps the last one that was synced and those since.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_ENGINE_MEMORY_MEMORY_PRIV_H
#define TROPIC_ENGINE_MEMORY_MEMORY_PRIV_H

#include "engine/engine_priv.h"
#include "engine/memory/tree.h"

struct memory_state {
    struct tree families[ENGINE_FAMILY_COUNT];
};

static inline struct memory_state memory_state_share(const struct memory_state *state)
{
    struct memory_state shared;

    for (int i = 0; i < ENGINE_FAMILY_COUNT; i++)
        shared.families[i] = tree_share(&state->families[i]);
    return shared;
}

static inline void memory_state_release(struct memory_state *state)
{
    for (int i = 0; i < ENGINE_FAMILY_COUNT; i++)
        tree_release(&state->families[i]);
}

/**
 * Applies a batch to a state that the caller owns. On ST_NOMEM the state is good for nothing but
 * memory_state_release().
 */
int memory__apply(struct memory_state *state, const struct batch *batch);

enum {
    /* A real kernel writes back by itself after a while; it also bounds the states kept here. */
    MEMORY_UNSYNCED_MAX = 64,
};

struct memory_disk {
    struct memory_state synced;
    struct memory_state unsynced[MEMORY_UNSYNCED_MAX]; /* oldest first */
    uint32_t unsynced_count;
    uint64_t crashes; /* an engine opened before the last one is dead */
    atomic_bool full;
    /* The one engine that is open and alive: its state, and its synced commit on the way. */
    struct engine *engine;
    const struct memory_state *engine_state;
    const struct batch *engine_pending;
};

/** The engine's state has become `state`, by a commit that was synced or not. */
void memory_disk__committed(struct memory_disk *disk, const struct memory_state *state,
                            enum engine_durability durability);

#endif
