/*
 * sim_random.h - repeatable random numbers for simulation and tests. Never for secrets.
 *
 * One seed makes many generators, one per subsystem, each forked by name: a new draw in the network
 * then does not shift what the disk or the workload draws, and a failing seed stays close to itself
 * while the code around it changes.
 *
 *     struct sim_random net = sim_random_fork(seed, "net");
 *     if (sim_random_chance(&net, 0.01))
 *         drop(frame);
 *
 * xoshiro256** seeded by splitmix64 (Blackman and Vigna). No locks: one thread at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_SIM_RANDOM_H
#define TROPIC_BASE_SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct sim_random {
    uint64_t state[4];
};

/** The generator that belongs to (seed, name). Equal arguments give equal sequences, on any
 * machine. */
struct sim_random sim_random_fork(uint64_t seed, const char *name);

uint64_t sim_random_next(struct sim_random *random);
/** Uniform in [0, bound), without bias. bound must not be 0. */
uint64_t sim_random_below(struct sim_random *random, uint64_t bound);
/** Uniform in [low, high]. */
int64_t sim_random_between(struct sim_random *random, int64_t low, int64_t high);
/** True with the given probability: never for 0 and less, always for 1 and more. */
bool sim_random_chance(struct sim_random *random, double probability);

#endif
