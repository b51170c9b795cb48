/*
 * nemesis.c - what goes wrong, and when; and an operator who adds, changes and removes replicas.
 *
 * Faults come one after the other with random gaps; each kind lasts its own random time. The
 * operator wants a replica everywhere, and sometimes one less; it asks whichever Region it likes,
 * also two at once, and lives with refusals.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "sim.h"

enum { TICK = 200, EFFECTS_MAX = 64 };

/** Something that ends by itself. */
struct effect {
    int64_t until_ms;
    enum {
        EFFECT_NONE,
        EFFECT_CUT,
        EFFECT_SLOW_LINK,
        EFFECT_FULL,
        EFFECT_SLOW_DISK,
        EFFECT_DOWN,
        EFFECT_WEATHER
    } kind;
    uint32_t a, b;
};

struct request {
    struct list_node node;
    struct region *region;
    struct replication_request request;
};

struct nemesis {
    struct sim *sim;
    struct timer timer;
    struct sim_random random;
    struct effect effects[EFFECTS_MAX];
    int64_t fault_ms, operator_ms, removal_ms;
    int64_t lost_ms; /* a newcomer loses its source then; 0: no */
    uint32_t lost_source, lost_by;
    int64_t offset_max_us; /* that any clock ever had */
    struct dying {
        struct timer timer;
        struct nemesis *nemesis;
        struct region *region;
    } dying[REGIONS]; /* a crash follows some writes at once */
    bool stopped, poisoned;
};

/* ---- effects ---- */

static bool has_effect(struct nemesis *nemesis, int kind, uint32_t a)
{
    for (uint32_t i = 0; i < EFFECTS_MAX; i++) {
        if ((int)nemesis->effects[i].kind == kind && nemesis->effects[i].a == a)
            return true;
    }
    return false;
}

static void add_effect(struct nemesis *nemesis, int kind, uint32_t a, uint32_t b, int64_t low_ms,
                       int64_t high_ms)
{
    for (uint32_t i = 0; i < EFFECTS_MAX; i++) {
        struct effect *effect = &nemesis->effects[i];

        if (effect->kind != EFFECT_NONE)
            continue;
        effect->kind = (__typeof__(effect->kind))kind;
        effect->a = a;
        effect->b = b;
        effect->until_ms =
            sim_ms(nemesis->sim) + sim_random_between(&nemesis->random, low_ms, high_ms);
        return;
    }
}

static void end_effect(struct nemesis *nemesis, struct effect *effect)
{
    struct sim *sim = nemesis->sim;
    struct region *region = &sim->regions[effect->a];

    switch (effect->kind) {
    case EFFECT_CUT:
        sim->links[effect->a][effect->b].cut = false;
        break;
    case EFFECT_SLOW_LINK:
        sim->links[effect->a][effect->b].slow_us = 0;
        break;
    case EFFECT_WEATHER:
        sim->links[effect->a][effect->b].bad_weather = true;
        break;
    case EFFECT_FULL:
        memory_disk_set_full(region->disk, false);
        region->full = false;
        break;
    case EFFECT_SLOW_DISK:
        region->slow = false;
        break;
    case EFFECT_DOWN:
        if (region->life != LIFE_DOWN) {
            effect->until_ms += TICK; /* it is still closing */
            return;
        }
        region->life = LIFE_OPEN;
        break;
    case EFFECT_NONE:
        break;
    }
    sim_trace(sim, "nemesis: effect %d on %u %u ends", effect->kind, effect->a, effect->b);
    effect->kind = EFFECT_NONE;
}

/* ---- faults ---- */

static void jump(struct nemesis *nemesis, struct region *region, int64_t by_ms)
{
    int64_t offset_us = atomic_load(&region->clock.offset_us) + by_ms * 1000;

    sim_trace(nemesis->sim, "nemesis: the clock of %s jumps by %lld ms", region->name,
              (long long)by_ms);
    ghost_clock_jumps(region);
    clock_set_offset_us(&region->clock, offset_us);
    if (offset_us > nemesis->offset_max_us)
        nemesis->offset_max_us = offset_us;
}

static void jump_a_little_or_much(struct nemesis *nemesis, struct region *region)
{
    static const int64_t scales_ms[] = {20, 300, 2000, 60000, 3600000};
    int64_t scale = scales_ms[sim_random_below(&nemesis->random, ARRAY_LEN(scales_ms))];
    int64_t offset_ms = atomic_load(&region->clock.offset_us) / 1000;
    int64_t by = sim_random_between(&nemesis->random, -3 * scale, 3 * scale);

    /* No further than three hours from where it began (or was moved by a day). */
    if (offset_ms % 86400000 + by > 3 * 3600000 || offset_ms % 86400000 + by < -3 * 3600000)
        by = -(offset_ms % 86400000);
    jump(nemesis, region, by);
}

static void fault(struct nemesis *nemesis, enum fault kind)
{
    struct sim *sim = nemesis->sim;
    uint32_t a = (uint32_t)sim_random_below(&nemesis->random, REGIONS);
    uint32_t b = (a + 1 + (uint32_t)sim_random_below(&nemesis->random, REGIONS - 1)) % REGIONS;
    struct region *region = &sim->regions[a];

    switch (kind) {
    case FAULT_DELAY:
        sim->links[a][b].slow_us = sim_random_between(&nemesis->random, 50, 4000) * 1000;
        add_effect(nemesis, EFFECT_SLOW_LINK, a, b, 3000, 40000);
        break;
    case FAULT_CUT:
        sim->links[a][b].cut = true;
        add_effect(nemesis, EFFECT_CUT, a, b, 500, 60000);
        if (sim_random_chance(&nemesis->random, 0.4)) { /* both ways */
            sim->links[b][a].cut = true;
            add_effect(nemesis, EFFECT_CUT, b, a, 500, 60000);
        }
        break;
    case FAULT_RESET:
        if (!sim->regions[a].open || !sim->regions[b].open)
            return;
        net_reset(sim, a, b);
        break;
    case FAULT_REPLAY:
        net_replay(&sim->links[a][b]);
        return; /* counts frames */
    case FAULT_DROP:
    case FAULT_DUPLICATE:
    case FAULT_REORDER:
    case FAULT_CONGEST:
        sim->links[a][b].bad_weather = false; /* a fine spell */
        add_effect(nemesis, EFFECT_WEATHER, a, b, 5000, 60000);
        return;
    case FAULT_CRASH:
        if (region->life != LIFE_RUNS)
            return;
        if (timer_running(&nemesis->dying[a].timer))
            return;
        workload_burst(region);
        timer_start(
            sim->strand, &nemesis->dying[a].timer,
            (struct mono){executor_now(sim->executor).ns +
                          sim_random_between(&nemesis->random, 1, 4000) * sim->options.commit_us});
        break;
    case FAULT_REWIND:
        if (!region->open || !ghost_rewind(region, &nemesis->random))
            return;
        break;
    case FAULT_RESTART:
        if (region->life != LIFE_RUNS || region->full)
            return;
        region->life = LIFE_CLOSE;
        add_effect(nemesis, EFFECT_DOWN, a, 0, 300, 5000);
        break;
    case FAULT_CLOCK:
        jump_a_little_or_much(nemesis, region);
        break;
    case FAULT_POISON:
        if (nemesis->poisoned)
            return;
        nemesis->poisoned = true; /* once is enough for a run */
        jump(nemesis, region, sim_random_between(&nemesis->random, 25, 60) * 3600000);
        break;
    case FAULT_FULL:
        if (has_effect(nemesis, EFFECT_FULL, a) || region->life != LIFE_RUNS)
            return;
        memory_disk_set_full(region->disk, true);
        region->full = true;
        add_effect(nemesis, EFFECT_FULL, a, 0, 2000, 30000);
        break;
    case FAULT_SLOW:
        region->slow = true;
        add_effect(nemesis, EFFECT_SLOW_DISK, a, 0, 2000, 30000);
        break;
    case FAULT_ADD:
    case FAULT_REMOVE:
    case FAULT_UPDATE:
    case FAULT_COUNT:
        return; /* the operator's */
    }
    sim->totals.faults[kind]++;
    sim_trace(sim, "nemesis: %s, %u %u", fault_names[kind], a, b);
}

static void on_dying(struct timer *timer)
{
    struct dying *dying = CONTAINER_OF(timer, struct dying, timer);

    if (dying->region->life != LIFE_RUNS)
        return;
    dying->region->life = LIFE_CRASH;
    add_effect(dying->nemesis, EFFECT_DOWN, dying->region->index, 0, 50, 20000);
}

/* ---- the operator ---- */

static void on_request_done(struct replication_request *request, enum replication_error error)
{
    struct request *asked = CONTAINER_OF(request, struct request, request);
    struct sim *sim = asked->region->sim;

    sim_trace(sim, "operator: request %d of %s at %s: %d %s", request->kind, request->target,
              asked->region->name, error, request->refusal.text);
    if (error == REPLICATION_OK) {
        switch (request->kind) {
        case REQUEST_CREATE_REPLICA:
            sim->totals.faults[FAULT_ADD]++;
            break;
        case REQUEST_DELETE_REPLICA:
        case REQUEST_DELETE_TABLE:
            sim->totals.faults[FAULT_REMOVE]++;
            break;
        case REQUEST_UPDATE_SETTINGS:
            sim->totals.index_changes++;
            break;
        case REQUEST_UPDATE_REPLICA:
            sim->totals.faults[FAULT_UPDATE]++;
            break;
        }
    }
    list_remove(&asked->node);
    free(asked);
}

bool nemesis_request(struct region *region, int kind, uint32_t target)
{
    struct schema *settings = NULL;
    struct request *asked;

    if (!region->open)
        return false;
    if (kind == REQUEST_UPDATE_SETTINGS) {
        settings = indexes_wanted(region);
        if (settings == NULL)
            return false;
    }
    asked = calloc(1, sizeof(*asked));
    if (asked == NULL)
        abort();
    asked->region = region;
    asked->request.kind = (__typeof__(asked->request.kind))kind;
    strcpy(asked->request.table, TABLE);
    strcpy(asked->request.target, region_names[target]);
    asked->request.settings = settings;
    asked->request.overrides = (struct replica_overrides){INT64_MIN, INT64_MIN, CLASS_UNSET};
    if (kind == REQUEST_UPDATE_REPLICA)
        asked->request.overrides.on_demand_read_max =
            sim_random_between(&region->sim->nemesis->random, 1, 1000);
    asked->request.strand = region->strand;
    asked->request.on_done = on_request_done;
    list_append(&region->requests, &asked->node);
    sim_trace(region->sim, "operator: request %d of %s at %s", kind, region_names[target],
              region->name);
    replication_request(region->replication, &asked->request);
    return true;
}

void nemesis_region_gone(struct region *region)
{
    while (!list_empty(&region->requests)) {
        struct request *asked = LIST_ENTRY(list_pop(&region->requests), struct request, node);

        schema_unref(asked->request.settings);
        free(asked);
    }
}

static bool has_table(struct region *region)
{
    struct table *table;

    if (!region->open)
        return false;
    table = store_table(region->store, SLICE(TABLE));
    table_unref(table);
    return table != NULL;
}

/** A random open Region with a table; false: none. */
static bool any_member(struct nemesis *nemesis, uint32_t *ret)
{
    uint32_t start = (uint32_t)sim_random_below(&nemesis->random, REGIONS);

    for (uint32_t i = 0; i < REGIONS; i++) {
        *ret = (start + i) % REGIONS;
        if (has_table(&nemesis->sim->regions[*ret]))
            return true;
    }
    return false;
}

static void operate(struct nemesis *nemesis)
{
    struct sim *sim = nemesis->sim;
    uint32_t missing[REGIONS], missing_count = 0, at;
    uint32_t target = (uint32_t)sim_random_below(&nemesis->random, REGIONS);
    int64_t now = sim_ms(sim);

    if (!any_member(nemesis, &at))
        return;
    for (uint32_t i = 0; i < REGIONS; i++) {
        if (sim->regions[i].open && !has_table(&sim->regions[i]))
            missing[missing_count++] = i;
    }
    if (sim->options.indexes && sim_random_chance(&nemesis->random, 0.3)) {
        nemesis_request(&sim->regions[at], REQUEST_UPDATE_SETTINGS, at);
    } else if (missing_count > 0) {
        nemesis_request(&sim->regions[at], REQUEST_CREATE_REPLICA,
                        missing[sim_random_below(&nemesis->random, missing_count)]);
        if (sim_random_chance(&nemesis->random, 0.2) && any_member(nemesis, &at))
            nemesis_request(&sim->regions[at], REQUEST_CREATE_REPLICA, target);
    } else if (sim->options.on[FAULT_REMOVE] && now >= nemesis->removal_ms) {
        nemesis->removal_ms = now + sim_random_between(&nemesis->random, 30000, 150000);
        if (sim_random_chance(&nemesis->random, 0.3)) {
            for (uint32_t i = 0; i < REGIONS; i++) /* past the 24 hours of the source rule */
                jump(nemesis, &sim->regions[i], 25 * 3600000);
        }
        if (target == at)
            nemesis_request(&sim->regions[at], REQUEST_DELETE_TABLE, target);
        else
            nemesis_request(&sim->regions[at], REQUEST_DELETE_REPLICA, target);
        if (sim_random_chance(&nemesis->random, 0.2) && any_member(nemesis, &at))
            nemesis_request(&sim->regions[at], REQUEST_DELETE_TABLE, at);
        nemesis->operator_ms += sim_random_between(&nemesis->random, 5000, 40000);
    } else if (sim->options.on[FAULT_UPDATE] && target != at &&
               sim_random_chance(&nemesis->random, 0.15)) {
        nemesis_request(&sim->regions[at], REQUEST_UPDATE_REPLICA, target);
    }
}

static void cut(struct nemesis *nemesis, uint32_t from, uint32_t to, int64_t low_ms,
                int64_t high_ms)
{
    nemesis->sim->links[from][to].cut = true;
    add_effect(nemesis, EFFECT_CUT, from, to, low_ms, high_ms);
    nemesis->sim->totals.faults[FAULT_CUT]++;
    sim_trace(nemesis->sim, "nemesis: cut %u %u", from, to);
}

/** While a replica is being filled, its links are worth a cut of their own. */
static void disturb_newcomer(struct nemesis *nemesis)
{
    struct sim *sim = nemesis->sim;

    for (uint32_t i = 0; i < REGIONS; i++) {
        struct table *table;
        struct schema *schema;
        bool newcomer;

        if (!sim->regions[i].open)
            continue;
        table = store_table(sim->regions[i].store, SLICE(TABLE));
        if (table == NULL)
            continue;
        schema = table_schema(table);
        newcomer = schema->status == TABLE_CREATING;
        schema_unref(schema);
        table_unref(table);
        if (newcomer && sim_random_chance(&nemesis->random, 0.3)) {
            uint32_t other =
                (i + 1 + (uint32_t)sim_random_below(&nemesis->random, REGIONS - 1)) % REGIONS;
            uint32_t third = REGIONS - i - other;

            /* First the way to the third: when the newcomer then turns to it, it has less than the
             * source had. */
            cut(nemesis, other, third, 10000, 60000);
            nemesis->lost_source = other;
            nemesis->lost_by = i;
            nemesis->lost_ms = sim_ms(sim) + sim_random_between(&nemesis->random, 100, 4000);
        }
    }
}

/* ---- life ---- */

static void on_tick(struct timer *timer)
{
    struct nemesis *nemesis = CONTAINER_OF(timer, struct nemesis, timer);
    struct sim *sim = nemesis->sim;
    int64_t now = sim_ms(sim);

    for (uint32_t i = 0; i < EFFECTS_MAX; i++) {
        if (nemesis->effects[i].kind != EFFECT_NONE && now >= nemesis->effects[i].until_ms)
            end_effect(nemesis, &nemesis->effects[i]);
    }
    if (!nemesis->stopped && now >= nemesis->fault_ms) {
        enum fault kind = (enum fault)sim_random_below(&nemesis->random, FAULT_COUNT);
        int64_t mean_ms = (int64_t)(sim->options.fault_gap_s * 1000);

        /* Draws until it finds one that is on: so gaps do not depend on how many are. */
        for (int tries = 0; tries < 100 && !sim->options.on[kind]; tries++)
            kind = (enum fault)sim_random_below(&nemesis->random, FAULT_COUNT);
        if (sim->options.on[kind])
            fault(nemesis, kind);
        nemesis->fault_ms = now + sim_random_between(&nemesis->random, 1, 2 * mean_ms);
    }
    if (!nemesis->stopped && now >= nemesis->operator_ms) {
        nemesis->operator_ms = now + sim_random_between(&nemesis->random, 1500, 5000);
        operate(nemesis);
        if (sim->options.on[FAULT_CUT])
            disturb_newcomer(nemesis);
    }
    if (nemesis->lost_ms != 0 && now >= nemesis->lost_ms) {
        nemesis->lost_ms = 0;
        if (!nemesis->stopped)
            cut(nemesis, nemesis->lost_source, nemesis->lost_by, 5000, 40000);
    }
    timer_start_ms(sim->strand, timer, TICK);
}

void nemesis_start(struct sim *sim)
{
    struct nemesis *nemesis = calloc(1, sizeof(*nemesis));

    if (nemesis == NULL)
        abort();
    sim->nemesis = nemesis;
    nemesis->sim = sim;
    nemesis->random = sim_random_fork(sim->options.seed, "nemesis");
    nemesis->fault_ms = sim_ms(sim) + 1000;
    nemesis->operator_ms = sim_ms(sim) + sim_random_between(&nemesis->random, 500, 20000);
    nemesis->removal_ms = sim_ms(sim) + sim_random_between(&nemesis->random, 60000, 150000);
    for (uint32_t i = 0; i < REGIONS; i++) {
        nemesis->dying[i].nemesis = nemesis;
        nemesis->dying[i].region = &sim->regions[i];
        timer_init(&nemesis->dying[i].timer, on_dying);
    }
    timer_init(&nemesis->timer, on_tick);
    timer_start_ms(sim->strand, &nemesis->timer, TICK);
}

void nemesis_stop(struct sim *sim)
{
    struct nemesis *nemesis = sim->nemesis;

    nemesis->stopped = true;
    for (uint32_t i = 0; i < REGIONS; i++)
        timer_stop(&nemesis->dying[i].timer);
    for (uint32_t i = 0; i < EFFECTS_MAX; i++) {
        if (nemesis->effects[i].kind != EFFECT_NONE)
            nemesis->effects[i].until_ms = 0;
    }
    net_heal(sim);
    /* The clocks agree again, above all that any of them ever said: then nothing that was written
     * is poison any more, and the floor can reach it. */
    for (uint32_t i = 0; i < REGIONS; i++) {
        ghost_clock_jumps(&sim->regions[i]);
        clock_set_offset_us(&sim->regions[i].clock, nemesis->offset_max_us);
    }
}

void nemesis_release(struct sim *sim)
{
    timer_stop(&sim->nemesis->timer);
    for (uint32_t i = 0; i < REGIONS; i++)
        timer_stop(&sim->nemesis->dying[i].timer);
    free(sim->nemesis);
    sim->nemesis = NULL;
}
