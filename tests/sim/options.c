/*
 * options.c - what a seed means: every option of a run is drawn here and printed when it fails.
 *
 * Swarm testing: each kind of fault is off in about half of the runs, so that a common one does not
 * hide what a rare one alone would show. Each option has its own generator, so that a new one does
 * not shift the others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "sim.h"

const char *const fault_names[FAULT_COUNT] = {
#define X(name, text) [FAULT_##name] = text,
    FAULT_MAP(X)
#undef X
};

static int64_t pick(uint64_t seed, const char *name, int64_t low, int64_t high)
{
    struct sim_random random = sim_random_fork(seed, name);

    return sim_random_between(&random, low, high);
}

static double share(uint64_t seed, const char *name, double low, double high)
{
    return low + (high - low) * (double)pick(seed, name, 0, 1000) / 1000;
}

void options_of_seed(uint64_t seed, struct sim_options *ret)
{
    static const int64_t delays_us[] = {200, 2000, 20000, 80000, 250000};
    static const int64_t commits_us[] = {100, 400, 1500, 8000};

    *ret = (struct sim_options){.seed = seed};
    for (int i = 0; i < FAULT_COUNT; i++) {
        char name[64];

        snprintf(name, sizeof(name), "fault %s", fault_names[i]);
        ret->on[i] = pick(seed, name, 0, 99) < 50;
    }
    /* What makes a run slow to heal, or ends replicas, is rarer. */
    if (pick(seed, "poison rarely", 0, 2) != 0)
        ret->on[FAULT_POISON] = false;
    ret->keys = (uint32_t)pick(seed, "keys", 4, KEYS_MAX);
    ret->operations = (uint32_t)pick(seed, "operations", 1000, 1400);
    ret->minutes = pick(seed, "minutes", 10, 12);
    ret->sort_key = pick(seed, "sort key", 0, 3) == 0;
    ret->expires = pick(seed, "expiry", 0, 3) == 0;
    ret->indexes = pick(seed, "indexes", 0, 2) == 0;
    ret->lanes = (uint32_t)pick(seed, "lanes", 1, 3);
    ret->deletes = share(seed, "deletes", 0.05, 0.45);
    ret->reads = share(seed, "reads", 0.05, 0.2);
    ret->conditions = share(seed, "conditions", 0, 0.2);
    ret->transactions =
        pick(seed, "transactions", 0, 1) ? share(seed, "transaction", 0.05, 0.4) : 0;
    ret->bursts = share(seed, "bursts", 0.1, 0.7);
    ret->delay_us = delays_us[pick(seed, "delay", 0, ARRAY_LEN(delays_us) - 1)];
    ret->jitter_us = ret->delay_us * pick(seed, "jitter", 0, 20) / 10;
    ret->drop = share(seed, "drop", 0.01, 0.2);
    ret->duplicate = share(seed, "duplicate", 0.01, 0.2);
    ret->commit_us = commits_us[pick(seed, "commit", 0, ARRAY_LEN(commits_us) - 1)];
    ret->frame_bytes = (uint32_t)pick(seed, "frame bytes", 1, 10) * 200;
    ret->page_bytes = (uint32_t)pick(seed, "page bytes", 1, 8) * 200;
    ret->inline_sequences = pick(seed, "inline", 0, 1) ? (uint64_t)pick(seed, "behind", 1, 30) : 0;
    ret->patience_ms = pick(seed, "patience", 0, 2) ? pick(seed, "patience ms", 3000, 15000) : 0;
    ret->miss_one_in = pick(seed, "misses", 0, 1) ? (uint32_t)pick(seed, "miss", 3, 20) : 0;
    ret->fault_gap_s = share(seed, "fault gap", 4, 30);
}

void options_print(const struct sim_options *options, FILE *to)
{
    fprintf(
        to,
        "seed %llu: %u keys%s%s%s, %u operations in %lld minutes, %u lanes, deletes %.2f, reads "
        "%.2f, "
        "conditions %.2f, transactions %.2f, bursts %.2f, delay %lld us + %lld, drop %.2f, "
        "duplicate %.2f, commit "
        "%lld us, frames %u, pages %u, inline %llu, patience %lld ms, misses 1/%u, a fault every "
        "%.0f "
        "s; faults:",
        (unsigned long long)options->seed, options->keys, options->sort_key ? " with sort key" : "",
        options->expires ? " that expire" : "", options->indexes ? " with indexes" : "",
        options->operations, (long long)options->minutes, options->lanes, options->deletes,
        options->reads, options->conditions, options->transactions, options->bursts,
        (long long)options->delay_us, (long long)options->jitter_us, options->drop,
        options->duplicate, (long long)options->commit_us, options->frame_bytes,
        options->page_bytes, (unsigned long long)options->inline_sequences,
        (long long)options->patience_ms, options->miss_one_in, options->fault_gap_s);
    for (int i = 0; i < FAULT_COUNT; i++) {
        if (options->on[i])
            fprintf(to, " %s,", fault_names[i]);
    }
    fprintf(to, "\n");
}
