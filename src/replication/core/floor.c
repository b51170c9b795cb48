/*
 * floor.c - see floor.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/core/floor.h"

#include <assert.h>
#include <string.h>

static bool place_of(const struct floor_core *core, uint16_t id, uint32_t *ret_place)
{
    for (uint32_t i = 0; i < core->count; i++) {
        if (core->ids[i] == id) {
            *ret_place = i;
            return true;
        }
    }
    return false;
}

void floor_set_members(struct floor_core *core, const uint16_t *ids, uint32_t count)
{
    struct floor_core old = *core;

    assert(count <= FLOOR_MEMBERS_MAX);
    core->count = count;
    memset(core->applied, 0, sizeof(core->applied));
    for (uint32_t i = 0; i < count; i++)
        core->ids[i] = ids[i];
    for (uint32_t o = 0; o < count; o++) {
        for (uint32_t r = 0; r < count; r++)
            core->applied[o][r] = floor_applied(&old, ids[o], ids[r]);
    }
}

void floor_heard(struct floor_core *core, uint16_t origin, uint16_t member, struct hybrid_time time)
{
    uint32_t o, r;

    if (!place_of(core, origin, &o) || !place_of(core, member, &r))
        return;
    core->applied[o][r] = hybrid_time_max(core->applied[o][r], time);
}

struct hybrid_time floor_applied(const struct floor_core *core, uint16_t origin, uint16_t member)
{
    uint32_t o, r;

    if (!place_of(core, origin, &o) || !place_of(core, member, &r))
        return (struct hybrid_time){0};
    return core->applied[o][r];
}

struct hybrid_time floor_of(const struct floor_core *core)
{
    struct hybrid_time least = {UINT64_MAX};

    if (core->frozen || core->count < 2)
        return (struct hybrid_time){0};
    for (uint32_t o = 0; o < core->count; o++) {
        for (uint32_t r = 0; r < core->count; r++) {
            if (o == r)
                continue;
#ifdef MUTANT_FLOOR_IGNORES_SILENT_MEMBER
            if (core->applied[o][r].bits == 0)
                continue;
#endif
            if (core->applied[o][r].bits < least.bits)
                least = core->applied[o][r];
        }
    }
    return least.bits == UINT64_MAX ? (struct hybrid_time){0} : least;
}
