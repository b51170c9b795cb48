/*
 * amnesia.c - the end of a run: a Region comes back with an older image of its disk.
 *
 *   all are equal; the image is taken
 *   a write is answered: in the Region itself (its peers have a change that it has forgotten),
 *       elsewhere (it has forgotten what it acknowledged), or nowhere
 *   it comes back from the image, alone, and answers some more writes
 *   it meets its peers: if it has forgotten something it must find out and take no more writes,
 *       else nothing may change, for it or for others; what it wrote while alone arrives
 *   after a restart it still knows; the operator removes its replica, and adds it again
 *
 * The ghost looks away meanwhile: what it would find is the very thing that is done here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "sim.h"

enum {
    EQUAL_MS_MAX = 60 * 1000,
    NOTICE_MS = 30 * 1000,
    /* Links stay as slow and lossy as they were, and a Region as impatient with its source. */
    HAND_OVER_MS_MAX = 300 * 1000,
    SEED_MS_MAX = 1200 * 1000,
    TRIES = 50,
};

enum loss { LOSS_NONE, LOSS_OF_OWN, LOSS_OF_OTHERS, LOSS_COUNT };

/** Whether it has a table, which then is (or is not) open to clients. */
static bool has_table(const struct region *region, bool open)
{
    struct table *table = store_table(region->store, SLICE(TABLE));
    struct schema *schema = table != NULL ? table_schema(table) : NULL;
    bool has = schema != NULL && (!open || (schema->global && !schema->closed));

    schema_unref(schema);
    table_unref(table);
    return has;
}

/** The next Region from `at` on that has a replica; REGIONS: none. */
static uint32_t next_member(const struct sim *sim, uint32_t at)
{
    for (uint32_t i = 0; i < REGIONS; i++, at++) {
        if (has_table(&sim->regions[at % REGIONS], true))
            return at % REGIONS;
    }
    return REGIONS;
}

/** Until one write has changed something and everybody has it. */
static void write(struct sim *sim, struct region *region)
{
    uint64_t changes = sim->totals.changes;
    int64_t until_ms;

    for (int i = 0; i < TRIES && sim->totals.changes == changes; i++) {
        workload_burst(region);
        sim_run_until(sim, sim_ms(sim) + 1000);
    }
    until_ms = sim_ms(sim) + EQUAL_MS_MAX;
    while (!ghost_converged(sim)) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "M1", "no convergence within %d s", EQUAL_MS_MAX / 1000);
        sim_run_until(sim, sim_ms(sim) + 1000);
    }
    sim_run_until(sim, sim_ms(sim) + 10000); /* acknowledgements arrive, or are asked for */
}

static void cut_off(struct sim *sim, uint32_t at, bool cut)
{
    for (uint32_t i = 0; i < REGIONS; i++)
        sim->links[at][i].cut = sim->links[i][at].cut = cut;
}

static void restart(struct sim *sim, struct region *region, struct memory_disk *image)
{
    region->life = LIFE_CRASH;
    sim_run_until(sim, sim_ms(sim) + 100);
    if (image != NULL) {
        memory_disk_free(region->disk);
        region->disk = image;
    }
    region->life = LIFE_OPEN;
    sim_run_until(sim, sim_ms(sim) + 100);
}

static struct version version_at(struct region *region, struct table *table, uint32_t key)
{
    struct item_key item_key = workload_key(region->sim, key);
    struct pinned pin = PINNED_EMPTY;
    struct version version = VERSION_NONE;
    struct record record;

    if (store_get(region->store, table, &item_key, ENGINE_READ_ANY, &pin, &record) == 0)
        version = record.version;
    engine_unpin(&pin);
    return version;
}

/** The first key of which another Region does not know what this one wrote while alone; their count
 * when it knows all. */
static uint32_t first_missing(struct sim *sim, struct region *from, struct region *to)
{
    uint32_t missing = sim->options.keys;
    struct table *here = store_table(from->store, SLICE(TABLE));
    struct table *there = store_table(to->store, SLICE(TABLE));
    struct schema *schema = table_schema(here);
    uint16_t self = schema->replica_id;

    schema_unref(schema);
    for (uint32_t i = 0; i < sim->options.keys && missing == sim->options.keys; i++) {
        struct version version = version_at(from, here, i);

        /* At or below the floor it would be taken for something of long ago: the clock of the older
         * image was behind what others have seen. */
        if (version.replica == self && version.time.bits > store_floor(to->store, there).bits &&
            version_cmp(version_at(to, there, i), version) < 0)
            missing = i;
    }
    table_unref(here);
    table_unref(there);
    return missing;
}

static void wait_for_hand_over(struct sim *sim, struct region *from, struct region *to)
{
    int64_t until_ms = sim_ms(sim) + HAND_OVER_MS_MAX;
    uint32_t missing;

    while ((missing = first_missing(sim, from, to)) < sim->options.keys) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "amnesia", "%s has not handed over key %u to %s", from->name, missing,
                     to->name);
        sim_run_until(sim, sim_ms(sim) + 1000);
    }
}

static void check_fences(struct sim *sim, const struct region *who)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        const struct region *region = &sim->regions[i];

        if (store_fenced(region->store) != (region == who))
            sim_fail(sim, "amnesia", "%s %s", region->name,
                     region == who ? "does not know that it has forgotten something"
                                   : "is fenced and has forgotten nothing");
    }
}

/** What the operator does then: removes the replica, and adds it again. */
static void seed_again(struct sim *sim, struct region *region, struct region *other)
{
    int64_t until_ms = sim_ms(sim) + SEED_MS_MAX;

    for (uint32_t i = 0; i < REGIONS; i++) { /* past the 24 hours of the source rule */
        struct clock *clock = &sim->regions[i].clock;

        clock_set_offset_us(clock, atomic_load(&clock->offset_us) + 25 * 3600 * 1000000LL);
    }
    while (has_table(region, false) || store_fenced(region->store)) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "amnesia", "%s is not removed, or still fenced", region->name);
        nemesis_request(other, REQUEST_DELETE_REPLICA, region->index); /* once it is not refused */
        sim_run_until(sim, sim_ms(sim) + 5000);
    }
    until_ms = sim_ms(sim) + SEED_MS_MAX;
    while (!has_table(region, true)) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "amnesia", "%s is not filled again", region->name);
        if (!has_table(region, false)) /* the removal may not be over everywhere */
            nemesis_request(other, REQUEST_CREATE_REPLICA, region->index);
        sim_run_until(sim, sim_ms(sim) + 5000);
    }
    check_fences(sim, NULL);
}

void amnesia(struct sim *sim)
{
    struct sim_random random = sim_random_fork(sim->options.seed, "amnesia");
    enum loss loss = (enum loss)sim_random_below(&random, LOSS_COUNT);
    uint32_t at = next_member(sim, (uint32_t)sim_random_below(&random, REGIONS));
    uint32_t other = at < REGIONS ? next_member(sim, at + 1) : at;
    struct region *region;
    struct memory_disk *image;

    if (at == other || sim->options.expires)
        return; /* nobody would notice; or a delete of the service would be what is forgotten */
    region = &sim->regions[at];
    image = memory_disk_copy(region->disk);
    if (image == NULL)
        abort();
    if (loss != LOSS_NONE)
        write(sim, loss == LOSS_OF_OWN ? region : &sim->regions[other]);
    ghost_look_away(sim);
    sim_trace(sim, "amnesia: %s forgets; kind %d", region->name, loss);
    cut_off(sim, at, true);
    restart(sim, region, image);
    if (sim_random_chance(&random, 0.7)) {
        workload_burst(region);
        sim_run_until(sim, sim_ms(sim) + 1000);
    }
    if (sim_random_chance(&random, 0.3))
        restart(sim, region, NULL);
    cut_off(sim, at, false);
    sim_run_until(sim, sim_ms(sim) + NOTICE_MS);
    check_fences(sim, loss != LOSS_NONE ? region : NULL);
    wait_for_hand_over(sim, region, &sim->regions[other]);
    if (loss == LOSS_NONE)
        return;
    sim->totals.memories_lost++;
    if (sim_random_chance(&random, 0.3)) {
        restart(sim, region, NULL);
        check_fences(sim, region);
    }
    seed_again(sim, region, &sim->regions[other]);
}
