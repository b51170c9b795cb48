/*
 * run.c - one run of the simulator, from a seed to a verdict.
 *
 *   start      three Regions, a regional table in the first
 *   weather    clients write, faults happen, replicas come and go; invariants at every step
 *   healed     faults end, clients stop: all must become equal within HEAL_MS_MAX
 *   rest       tombstones are purged, `verify` agrees, and nothing but heartbeats is said
 *   amnesia    one comes back with an older disk image (amnesia.c)
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdarg.h>
#include <stdlib.h>

#include "sim.h"

enum {
    HEAL_MS_MAX = 300 * 1000,
    PURGE_MS_MAX = 120 * 1000,
    REST_MS = 12 * 1000,
    FLOORS_EVERY_MS = 250,
};

const char *const region_names[REGIONS] = {"us-east-1", "eu-west-1", "ap-southeast-2"};

void sim_fail(struct sim *sim, const char *invariant, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    snprintf(sim->failure, sizeof(sim->failure), "%s at %lld ms: %s", invariant,
             (long long)sim_ms(sim), text);
    sim_trace(sim, "BROKEN %s", sim->failure);
    ghost_dump(sim);
    longjmp(sim->failed, 1);
}

void sim_trace(struct sim *sim, const char *fmt, ...)
{
    va_list args;

    if (sim->trace == NULL)
        return;
    fprintf(sim->trace, "[%9.3f] ", (double)executor_now(sim->executor).ns / 1e9);
    va_start(args, fmt);
    vfprintf(sim->trace, fmt, args);
    va_end(args);
    fputc('\n', sim->trace);
}

static void on_log_line(void *context, const char *line, unsigned long len)
{
    struct sim *sim = context;

    sim_trace(sim, "%.*s", (int)(len > 0 ? len - 1 : 0), line);
}

static void live(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        if (sim->regions[i].life != LIFE_RUNS)
            region_live(&sim->regions[i]);
    }
}

void sim_run_until(struct sim *sim, int64_t until_ms)
{
    struct mono until = {until_ms * 1000000}, due;

    live(sim);
    while (sim_executor_next_due(sim->executor_sim, &due) && due.ns <= until.ns) {
        sim_executor_step(sim->executor_sim);
        live(sim);
    }
    sim_executor_run_until(sim->executor_sim, until);
}

/* ---- start ---- */

static void on_created(struct store_edit *edit, int rc)
{
    (void)edit;
    if (rc < 0)
        abort();
}

/** A regional table in the first Region. */
static void create_table(struct sim *sim)
{
    static struct store_edit edit;
    struct schema *schema = schema_new();

    if (schema == NULL)
        abort();
    strcpy(schema->name, TABLE);
    strcpy(schema->table_id, "11111111-2222-3333-4444-555555555555");
    schema->status = TABLE_ACTIVE;
    schema->billing = BILLING_PAY_PER_REQUEST;
    schema->key_count = sim->options.sort_key ? 2 : 1;
    strcpy(schema->key_names[0], "pk");
    strcpy(schema->key_names[1], "sk");
    for (uint32_t i = 0; i < schema->key_count; i++)
        schema->keys[i] = (struct expr_key_attribute){slice_str(schema->key_names[i]), VALUE_S};
    if (sim->options.expires)
        strcpy(schema->ttl.attribute, EXPIRES);
    indexes_create(sim, schema);
    memset(schema->digest_key, 7, sizeof(schema->digest_key));
    edit = (struct store_edit){.strand = sim->strand,
                               .on_done = on_created,
                               .kind = EDIT_CREATE,
                               .schema = schema,
                               .meta = BATCH_EMPTY};
    store_edit(sim->regions[0].store, &edit);
}

static void start(struct sim *sim)
{
    struct sim_executor_options options = {.seed = sim->options.seed};

    sim->executor_sim = sim_executor_new(&options);
    if (sim->executor_sim == NULL)
        abort();
    sim->executor = sim_executor_base(sim->executor_sim);
    sim->strand = executor_strand(sim->executor, STRAND_SHARED, "driver");
    sim->net = executor_strand(sim->executor, STRAND_SHARED, "net");
    sim->sink = (struct log_sink){.write = on_log_line, .context = sim, .level_max = LOG_DEBUG};
    net_init(sim);
    workload_start(sim); /* before the ghost: it knows the keys */
    ghost_init(sim);
    for (uint32_t i = 0; i < REGIONS; i++) {
        region_init(sim, i);
        region_live(&sim->regions[i]);
    }
    sim_run_until(sim, sim_ms(sim) + 50);
    create_table(sim);
    sim_run_until(sim, sim_ms(sim) + 500);
    nemesis_start(sim);
}

/* ---- the end ---- */

static bool all_open(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        if (!sim->regions[i].open || sim->regions[i].full)
            return false;
    }
    return true;
}

static void heal(struct sim *sim)
{
    int64_t until_ms;

    sim_trace(sim, "healing");
    sim->healed = true;
    workload_stop(sim);
    nemesis_stop(sim);
    until_ms = sim_ms(sim) + HEAL_MS_MAX;
    while (!(all_open(sim) && ghost_converged(sim))) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "M1", "no convergence within %d s", HEAL_MS_MAX / 1000);
        sim_run_until(sim, sim_ms(sim) + 1000);
        ghost_check_floors(sim);
    }
}

static bool tombstones_left(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        struct table *table = store_table(sim->regions[i].store, SLICE(TABLE));
        struct table_stats stats = {0};

        if (table != NULL)
            table_stats(table, &stats);
        table_unref(table);
        if (stats.tombstones > 0)
            return true;
    }
    return false;
}

static void purge(struct sim *sim)
{
    int64_t until_ms = sim_ms(sim) + PURGE_MS_MAX;

    while (tombstones_left(sim)) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "M9", "tombstones are left %d s after all are equal",
                     PURGE_MS_MAX / 1000);
        sim_run_until(sim, sim_ms(sim) + 1000);
        ghost_check_floors(sim);
    }
}

struct verification {
    struct replication_verify verify;
    bool done;
    int rc;
};

static void on_verified(struct replication_verify *verify, int rc)
{
    struct verification *verification = CONTAINER_OF(verify, struct verification, verify);

    verification->done = true;
    verification->rc = rc;
}

/** What `tropic verify` would say, from each Region that has the table. */
static void verify(struct sim *sim)
{
    for (uint32_t i = 0; i < REGIONS; i++) {
        struct table *table = store_table(sim->regions[i].store, SLICE(TABLE));
        static struct verification verification;
        struct arena arena;

        table_unref(table);
        if (table == NULL)
            continue;
        arena_init(&arena, 0);
        memset(&verification, 0, sizeof(verification));
        strcpy(verification.verify.table, TABLE);
        verification.verify.differences_max = 10;
        verification.verify.arena = &arena;
        verification.verify.strand = sim->strand;
        verification.verify.on_done = on_verified;
        replication_verify(sim->regions[i].replication, &verification.verify);
        for (int waited = 0; waited < 65 && !verification.done; waited++)
            sim_run_until(sim, sim_ms(sim) + 1000);
        if (!verification.done || verification.rc < 0 || !verification.verify.equal)
            sim_fail(sim, "M1", "verify at %s: %s, %u differences", sim->regions[i].name,
                     !verification.done ? "no answer" : status_text(verification.rc),
                     verification.verify.difference_count);
        arena_release(&arena);
    }
}

static void rest(struct sim *sim)
{
    uint64_t before, said;

    sim_run_until(sim, sim_ms(sim) + 20000); /* all floors reach the end */
    before = net_frames(sim, false);
    sim_run_until(sim, sim_ms(sim) + REST_MS);
    said = net_frames(sim, false) - before;
    /* A feed that was silent for a minute asks once whether all is well. */
    if (said > REGIONS * (REGIONS - 1) * TABLE_PARTITIONS * 2)
        sim_fail(sim, "M6", "%llu frames besides heartbeats in %d s of silence",
                 (unsigned long long)said, REST_MS / 1000);
    if (!ghost_converged(sim))
        sim_fail(sim, "M3", "what was equal is so no more");
}

static void stop(struct sim *sim)
{
    bool down = false;

    for (uint32_t i = 0; i < REGIONS; i++)
        sim->regions[i].life = LIFE_CLOSE;
    for (int64_t until_ms = sim_ms(sim) + 60000; !down;) {
        down = true;
        for (uint32_t i = 0; i < REGIONS; i++)
            down = down && sim->regions[i].life == LIFE_DOWN;
        if (!down && sim_ms(sim) >= until_ms)
            sim_fail(sim, "closing", "a Region does not close");
        if (!down)
            sim_run_until(sim, sim_ms(sim) + 100);
    }
}

static void release(struct sim *sim)
{
    nemesis_release(sim);
    net_release(sim);
    ghost_release(sim);
    workload_release(sim);
    for (uint32_t i = 0; i < REGIONS; i++)
        region_release(&sim->regions[i]);
    strand_free(sim->net);
    strand_free(sim->strand);
    sim_executor_free(sim->executor_sim);
}

bool sim_run(uint64_t seed, FILE *trace, struct totals *ret_totals, char ret_failure[512])
{
    struct sim *sim = calloc(1, sizeof(*sim));
    bool right = false;
    int64_t end_ms;

    if (sim == NULL)
        abort();
    options_of_seed(seed, &sim->options);
    sim->trace = trace;
    ret_failure[0] = '\0';
    if (setjmp(sim->failed) == 0) {
        start(sim);
        end_ms = sim_ms(sim) + sim->options.minutes * 60000;
        while (sim_ms(sim) < end_ms || !workload_done(sim)) {
            sim_run_until(sim, sim_ms(sim) + FLOORS_EVERY_MS);
            ghost_check_floors(sim);
        }
        heal(sim);
        expiry_wait(sim);
        indexes_wait(sim);
        purge(sim);
        ghost_final(sim);
        verify(sim);
        rest(sim);
        amnesia(sim);
        verify(sim);
        sim->totals.runs = 1;
        sim->totals.simulated_s = (uint64_t)(sim_ms(sim) / 1000);
        sim->totals.events = sim_executor_events(sim->executor_sim);
        stop(sim);
        release(sim);
        right = true;
    } else {
        /* What the run holds is left: it stopped in the middle of something. */
        strcpy(ret_failure, sim->failure);
    }
    *ret_totals = sim->totals;
    if (right)
        free(sim);
    return right;
}
