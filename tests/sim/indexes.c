/*
 * indexes.c - secondary indexes: about every third seed has some, and operators who create and
 * delete one.
 *
 * The table begins with a GSI, and a LSI when it has a sort key; GSI "g" comes and goes by requests
 * to any member. Whenever a Region opens, and in the end, each entry must be what its item says
 * (store_index_check), whatever was lost in the crash; in the end all members have the same
 * indexes, and all of them are ACTIVE.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "ghost_priv.h"

enum { INDEXES_MS_MAX = 120 * 1000 };

static struct schema_index *add(struct schema *schema, const char *name, bool global,
                                const char *partition, const char *sort)
{
    struct schema_index *index = schema_index_add(schema, slice_str(name), global);

    if (index == NULL ||
        schema_index_add_key(schema, index, false, slice_str(partition), VALUE_S) < 0 ||
        (sort != NULL && schema_index_add_key(schema, index, true, slice_str(sort), VALUE_S) < 0))
        abort();
    return index;
}

void indexes_create(struct sim *sim, struct schema *schema)
{
    if (!sim->options.indexes)
        return;
    add(schema, "a", true, "v", NULL)->projection = PROJECTION_KEYS_ONLY;
    if (sim->options.sort_key)
        add(schema, "l", false, "pk", "v");
}

/** GSI "g" is created, or deleted; whatever is under way, the Region decides. NULL: no table. */
struct schema *indexes_wanted(struct region *region)
{
    struct table *table = store_table(region->store, SLICE(TABLE));
    struct schema *now = table != NULL ? table_schema(table) : NULL;
    struct schema *wanted = now != NULL ? schema_copy(now) : NULL;

    if (wanted != NULL) {
        struct schema_index *index = schema_index(wanted, SLICE("g"));

        if (index != NULL)
            index->status = INDEX_DELETING;
        else
            add(wanted, "g", true, "g", "v")->status = INDEX_CREATING;
    }
    schema_unref(now);
    table_unref(table);
    return wanted;
}

void indexes_check(struct region *region)
{
    struct table *table;
    struct index_check check = {0};
    int rc;

    if (!region->sim->options.indexes)
        return;
    table = store_table(region->store, SLICE(TABLE));
    if (table == NULL)
        return;
    rc = store_index_check(region->store, table, &check);
    table_unref(table);
    if (rc < 0)
        sim_fail(region->sim, "indexes", "%s cannot check its indexes: %s", region->name,
                 status_text(rc));
    if (check.missing + check.wrong + check.surplus + check.miscounted > 0)
        sim_fail(region->sim, "indexes",
                 "%s: of %llu items, %llu entries are missing, %llu wrong, %llu surplus, %llu "
                 "counts are wrong",
                 region->name, (unsigned long long)check.items, (unsigned long long)check.missing,
                 (unsigned long long)check.wrong, (unsigned long long)check.surplus,
                 (unsigned long long)check.miscounted);
    region->sim->totals.entries_checked += check.entries;
}

/** The same indexes in all Regions that have the table, and nothing is going on. */
static bool indexes_agree(struct sim *sim)
{
    struct schema *first = NULL;
    bool agree = true;

    for (uint32_t i = 0; i < REGIONS && agree; i++) {
        struct table *table = sim->ghost->following[i];
        struct schema *schema = table != NULL ? table_schema(table) : NULL;

        if (schema == NULL)
            continue;
        for (uint32_t n = 0; n < schema->index_count; n++)
            agree = agree && schema->indexes[n].status == INDEX_ACTIVE &&
                    (first == NULL || schema_index_by_id(first, schema->indexes[n].id) != NULL);
        agree = agree && (first == NULL || first->index_count == schema->index_count);
        if (first == NULL)
            first = schema_ref(schema);
        schema_unref(schema);
    }
    schema_unref(first);
    return agree;
}

void indexes_wait(struct sim *sim)
{
    int64_t until_ms = sim_ms(sim) + INDEXES_MS_MAX;

    if (!sim->options.indexes)
        return;
    while (!(indexes_agree(sim) && ghost_converged(sim))) {
        if (sim_ms(sim) >= until_ms)
            sim_fail(sim, "indexes", "not the same in all Regions, or not ACTIVE, after %d s",
                     INDEXES_MS_MAX / 1000);
        sim_run_until(sim, sim_ms(sim) + 1000);
        ghost_check_floors(sim);
    }
    for (uint32_t i = 0; i < REGIONS; i++)
        indexes_check(&sim->regions[i]);
}
