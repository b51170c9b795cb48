/*
 * expiry.c - items that expire: about every fourth seed has time to live.
 *
 * Items get a second of expiry that is near, past or far by the clock of the Region that writes
 * them; the stores delete what is due as in production, and the ghost follows these deletes like
 * any write (ghost.c). Here is what must be true of them in the end: what is due by the clock of
 * the member that expires items for all is gone everywhere.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "ghost_priv.h"
#include "value/number.h"

enum {
    DUE_WITHIN_S = 60, /* nothing more may be due for so long: the rest of the run is quiet */
    EXPIRE_MS_MAX = 300 * 1000,
};

void expiry_add(struct region *region, struct item_builder *builder, struct sim_random *random)
{
    int64_t second = clock_wall_ms(&region->clock) / 1000 + sim_random_between(random, -10, 90);
    uint8_t key[NUMBER_KEY_BYTES_MAX];
    struct buf value = BUF_EMPTY;
    struct number number;
    struct refusal refusal;
    char text[32];

    snprintf(text, sizeof(text), "%lld", (long long)second);
    if (number_parse(slice_str(text), &number, &refusal) < 0)
        abort();
    buf_append_u8(&value, VALUE_N);
    buf_append_sized(&value, slice_of(key, number_key_encode(&number, key)));
    item_builder_add(builder, SLICE(EXPIRES), arena_dup(builder->arena, buf_slice(&value)));
    buf_release(&value);
}

/** The second at which a Region's item expires; INT64_MAX: it does not, or is not there. */
static int64_t second_of(struct region *region, struct table *table, uint32_t key)
{
    struct item_key item_key = workload_key(region->sim, key);
    struct pinned pin = PINNED_EMPTY;
    int64_t second = INT64_MAX;
    struct record record;
    struct value value;

    if (store_get(region->store, table, &item_key, ENGINE_READ_ANY, &pin, &record) == 0 &&
        item_find(record.item, SLICE(EXPIRES), &value)) {
        char text[NUMBER_TEXT_BYTES_MAX];
        struct number number = value_number(&value);

        text[number_print(&number, text)] = '\0';
        second = strtoll(text, NULL, 10);
    }
    engine_unpin(&pin);
    return second;
}

/** The Region that expires items: the ACTIVE member with the lowest id, or the only one there is.
 */
static const struct region *expirer(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        const struct global *global = ghost__global(&sim->regions[i]);

        if (sim->ghost->following[i] == NULL)
            continue;
        if (global == NULL || global->document == NULL ||
            global->document->members[0].replica == global->self)
            return &sim->regions[i];
    }
    return NULL;
}

static bool none_is_due(struct sim *sim)
{
    const struct region *region = expirer(sim);
    int64_t until_s;

    if (region == NULL)
        return false;
    until_s = clock_wall_ms((struct clock *)&region->clock) / 1000 + DUE_WITHIN_S;
    for (uint32_t i = 0; i < REGIONS; i++) {
        struct table *table = sim->ghost->following[i];

        for (uint32_t key = 0; table != NULL && key < sim->options.keys; key++) {
            if (second_of(&sim->regions[i], table, key) <= until_s)
                return false;
        }
    }
    return true;
}

void expiry_wait(struct sim *sim)
{
    int64_t until_ms = sim_ms(sim) + EXPIRE_MS_MAX;

    if (!sim->options.expires)
        return;
    while (!(none_is_due(sim) && ghost_converged(sim))) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "expiry", "items that are due are still there after %d s",
                     EXPIRE_MS_MAX / 1000);
        sim_run_until(sim, sim_ms(sim) + 1000);
        ghost_check_floors(sim);
    }
}
