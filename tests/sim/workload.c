/*
 * workload.c - clients: puts, deletes, conditional writes and reads on few keys, in all Regions at
 * once.
 *
 * Every write has a value of its own, so that whatever turns up anywhere can be traced to one
 * write. Some operations come in bursts on one key in several Regions: those are the conflicts.
 *
 * A client obeys the rule that a table which is closed (CREATING, or being removed) takes no
 * writes: it looks again in decide(), because the table may have been closed since the request was
 * accepted.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "sim.h"

enum { TOGETHER_MAX = 4 };

struct operation {
    struct list_node node; /* region->operations */
    struct region *region;
    struct table *table;
    struct transaction_part part; /* alone, only its mutation counts */
    struct together *together;    /* NULL: alone */
    struct arena arena;
    uint32_t key;
    enum { OPERATION_PUT, OPERATION_DELETE, OPERATION_IF_THERE, OPERATION_IF_NOT } kind;
    struct slice item;
    struct ghost_op *ghost;
};

/* Several of them as one transaction. */
struct together {
    struct transaction transaction;
    struct transaction_part *parts[TOGETHER_MAX];
    struct operation *operations[TOGETHER_MAX];
    struct arena arena;
    uint32_t left; /* operations that are not freed */
};

struct workload {
    struct sim *sim;
    struct timer timer;
    struct sim_random random;
    uint32_t issued;
    uint64_t next_value;
    bool stopped;
    struct {
        char partition[24], sort[24];
    } keys[KEYS_MAX];
};

struct item_key workload_key(struct sim *sim, uint32_t key)
{
    struct workload *workload = sim->workload;

    return (struct item_key){slice_str(workload->keys[key].partition),
                             sim->options.sort_key ? slice_str(workload->keys[key].sort)
                                                   : SLICE_EMPTY};
}

static void add_text(struct item_builder *builder, const char *name, struct slice text)
{
    struct buf value = BUF_EMPTY;

    buf_append_u8(&value, VALUE_S);
    buf_append_sized(&value, text);
    item_builder_add(builder, slice_str(name), arena_dup(builder->arena, buf_slice(&value)));
    buf_release(&value);
}

static struct slice make_item(struct region *region, struct arena *arena, uint32_t key)
{
    struct sim *sim = region->sim;
    struct workload *workload = sim->workload;
    struct item_key item_key = workload_key(sim, key);
    struct item_builder builder;
    struct slice item = SLICE_EMPTY;
    char value[32];

    item_builder_init(&builder, arena);
    add_text(&builder, "pk", item_key.partition);
    if (sim->options.sort_key)
        add_text(&builder, "sk", item_key.sort);
    snprintf(value, sizeof(value), "v%llu", (unsigned long long)++workload->next_value);
    add_text(&builder, "v", slice_str(value));
    if (sim->options.indexes && sim_random_chance(&workload->random, 0.7)) {
        snprintf(value, sizeof(value), "g%u", (unsigned)sim_random_below(&workload->random, 4));
        add_text(&builder, "g", slice_str(value));
    }
    if (sim->options.expires && sim_random_chance(&workload->random, 0.5))
        expiry_add(region, &builder, &workload->random);
    if (item_build(&builder, &item) < 0)
        abort();
    return item;
}

static void operation_free(struct operation *operation)
{
    struct together *together = operation->together;

    if (together != NULL && --together->left == 0) {
        arena_release(&together->arena);
        free(together);
    }
    list_remove(&operation->node);
    table_unref(operation->table);
    arena_release(&operation->arena);
    free(operation);
}

static int decide(struct mutation *mutation, const struct record *current,
                  enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct operation *operation = CONTAINER_OF(mutation, struct operation, part.mutation);
    struct schema *schema = table_schema(operation->table);
    bool closed = schema->closed;

    schema_unref(schema);
    if (closed)
        return ST_NOTFOUND;
    if ((operation->kind == OPERATION_IF_THERE && current == NULL) ||
        (operation->kind == OPERATION_IF_NOT && current != NULL))
        return ST_CONDITION;
    *ret_outcome = operation->kind == OPERATION_DELETE ? MUTATION_DELETE : MUTATION_PUT;
    *ret_item = operation->item;
    return 0;
}

static void operation_end(struct operation *operation, int rc)
{
    const struct mutation *mutation = &operation->part.mutation;
    struct region *region = operation->region;
    struct sim *sim = region->sim;

    sim_trace(sim, "%s: key %u %s: %s, version %llx.%u", region->name, operation->key,
              operation->kind == OPERATION_DELETE ? "delete" : "put", status_text(rc),
              (unsigned long long)mutation->version.time.bits, mutation->version.replica);
    if (rc == 0) {
        sim->totals.acknowledged++;
        ghost_acknowledged(region, operation->ghost, mutation);
    } else if (rc == ST_CLOSED) {
        sim->totals.unknown++;
        ghost_unknown(region, operation->ghost);
    } else {
        sim->totals.refused++;
        ghost_refused(region, operation->ghost);
    }
    operation_free(operation);
}

static void on_committed(struct mutation *mutation, int rc)
{
    operation_end(CONTAINER_OF(mutation, struct operation, part.mutation), rc);
}

/* All or nothing: what was refused has left nothing. */
static void on_together(struct transaction *transaction, int rc)
{
    struct together *together = CONTAINER_OF(transaction, struct together, transaction);
    struct sim *sim = together->operations[0]->region->sim;

    sim->totals.transactions += rc == 0;
    for (uint32_t i = 0, count = transaction->count; i < count; i++) {
        struct operation *operation = together->operations[i]; /* the last one frees `together` */
        const struct mutation *mutation = &operation->part.mutation;

        if ((mutation->version.time.bits != 0) != (mutation->outcome != MUTATION_NOTHING) ||
            (rc < 0 && mutation->outcome != MUTATION_NOTHING))
            sim_fail(sim, "together", "%s: key %u has another fate than the other parts",
                     operation->region->name, operation->key);
        operation_end(operation, rc);
    }
}

void workload_region_gone(struct region *region)
{
    while (!list_empty(&region->operations)) {
        struct operation *operation = LIST_ENTRY(region->operations.next, struct operation, node);

        region->sim->totals.unknown++;
        ghost_unknown(region, operation->ghost);
        operation_free(operation);
    }
}

static void read_key(struct region *region, struct table *table, uint32_t key)
{
    struct item_key item_key = workload_key(region->sim, key);
    struct pinned pin = PINNED_EMPTY;
    struct record record;
    int rc = store_get(region->store, table, &item_key, ENGINE_READ_ANY, &pin, &record);

    if (rc < 0 && rc != ST_NOTFOUND)
        sim_fail(region->sim, "reading", "%s: %s", region->name, status_text(rc));
    region->sim->totals.reads++;
    ghost_read(region, key, rc == 0 ? &record : NULL);
    engine_unpin(&pin);
}

static struct operation *operation_new(struct region *region, struct table *table, uint32_t key)
{
    struct sim *sim = region->sim;
    struct workload *workload = sim->workload;
    const struct sim_options *options = &sim->options;
    struct operation *operation = calloc(1, sizeof(*operation));

    if (operation == NULL)
        abort();
    operation->region = region;
    operation->table = table_ref(table);
    operation->key = key;
    arena_init(&operation->arena, 0);
    list_append(&region->operations, &operation->node);
    if (sim_random_chance(&workload->random, options->deletes))
        operation->kind = OPERATION_DELETE;
    else if (sim_random_chance(&workload->random, options->conditions))
        operation->kind =
            sim_random_chance(&workload->random, 0.5) ? OPERATION_IF_THERE : OPERATION_IF_NOT;
    if (operation->kind == OPERATION_DELETE)
        sim->totals.deletes++;
    sim->totals.writes++;
    operation->item = make_item(region, &operation->arena, key);
    operation->part.mutation = (struct mutation){.table = table,
                                                 .key = workload_key(sim, key),
                                                 .arena = &operation->arena,
                                                 .decide = decide,
                                                 .strand = region->strand,
                                                 .on_committed = on_committed};
    ghost_submit(region, key, &operation->ghost);
    return operation;
}

/* The key and those that follow it. */
static void write_together(struct region *region, struct table *table, uint32_t key)
{
    struct sim *sim = region->sim;
    struct together *together = calloc(1, sizeof(*together));
    uint32_t count = 2 + (uint32_t)sim_random_below(&sim->workload->random, TOGETHER_MAX - 1);

    if (together == NULL)
        abort();
    arena_init(&together->arena, 0);
    for (uint32_t i = 0; i < count; i++) {
        struct operation *operation = operation_new(region, table, (key + i) % sim->options.keys);

        operation->together = together;
        together->operations[i] = operation;
        together->parts[i] = &operation->part;
    }
    together->left = count;
    together->transaction = (struct transaction){.parts = together->parts,
                                                 .count = count,
                                                 .arena = &together->arena,
                                                 .strand = region->strand,
                                                 .on_committed = on_together};
    store_transact(region->store, &together->transaction);
}

static void write_key(struct region *region, struct table *table, uint32_t key)
{
    struct sim *sim = region->sim;

    if (sim_random_chance(&sim->workload->random, sim->options.transactions))
        write_together(region, table, key);
    else
        store_mutate(region->store, &operation_new(region, table, key)->part.mutation);
}

static void operate(struct sim *sim, struct region *region, uint32_t key)
{
    struct workload *workload = sim->workload;
    struct table *table;
    struct schema *schema;
    bool closed;

    if (!region->open)
        return;
    table = store_table(region->store, SLICE(TABLE));
    if (table == NULL)
        return;
    schema = table_schema(table);
    closed = schema->closed;
    schema_unref(schema);
    if (!closed) {
        workload->issued++;
        sim->totals.operations++;
        if (sim_random_chance(&workload->random, sim->options.reads))
            read_key(region, table, key);
        else
            write_key(region, table, key);
    }
    table_unref(table);
}

void workload_burst(struct region *region)
{
    struct workload *workload = region->sim->workload;

    for (uint64_t i = 1 + sim_random_below(&workload->random, 6); i > 0; i--)
        operate(region->sim, region,
                (uint32_t)sim_random_below(&workload->random, region->sim->options.keys));
}

static void on_timer(struct timer *timer)
{
    struct workload *workload = CONTAINER_OF(timer, struct workload, timer);
    struct sim *sim = workload->sim;
    const struct sim_options *options = &sim->options;
    int64_t gap_us = options->minutes * 60 * 1000000 / options->operations;
    uint32_t key;
    uint64_t burst = 1;

    if (workload->stopped)
        return;
    /* Half of the operations go to a few hot keys. */
    key = (uint32_t)sim_random_below(&workload->random, sim_random_chance(&workload->random, 0.5)
                                                            ? (options->keys + 3) / 4
                                                            : options->keys);
    if (sim_random_chance(&workload->random, options->bursts))
        burst += sim_random_below(&workload->random, 5);
    for (uint64_t i = 0; i < burst; i++)
        operate(sim, &sim->regions[sim_random_below(&workload->random, REGIONS)], key);
    gap_us = (int64_t)sim_random_below(&workload->random, (uint64_t)(2 * gap_us)) * (int64_t)burst;
    timer_start(sim->strand, timer,
                (struct mono){executor_now(sim->executor).ns + gap_us * 1000 + 1});
}

bool workload_done(struct sim *sim)
{
    return sim->workload->issued >= sim->options.operations;
}

void workload_stop(struct sim *sim)
{
    sim->workload->stopped = true;
}

void workload_start(struct sim *sim)
{
    struct workload *workload = calloc(1, sizeof(*workload));

    if (workload == NULL)
        abort();
    sim->workload = workload;
    workload->sim = sim;
    workload->random = sim_random_fork(sim->options.seed, "workload");
    for (uint32_t i = 0; i < KEYS_MAX; i++) {
        snprintf(workload->keys[i].partition, sizeof(workload->keys[i].partition), "p%u",
                 sim->options.sort_key ? i / 3 : i);
        snprintf(workload->keys[i].sort, sizeof(workload->keys[i].sort), "s%u", i);
    }
    timer_init(&workload->timer, on_timer);
    timer_start_ms(sim->strand, &workload->timer, 100);
}

void workload_release(struct sim *sim)
{
    timer_stop(&sim->workload->timer);
    free(sim->workload);
    sim->workload = NULL;
}
