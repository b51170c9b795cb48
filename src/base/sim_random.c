/*
 * sim_random.c - see sim_random.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/sim_random.h"

#include <assert.h>
#include <stddef.h>

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += 0x9E3779B97F4A7C15u);

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static uint64_t rotate_left(uint64_t v, unsigned n)
{
    return (v << n) | (v >> (64 - n));
}

struct sim_random sim_random_fork(uint64_t seed, const char *name)
{
    struct sim_random random;
    uint64_t mixed = splitmix64(&seed);

    /* The name is stirred in a byte at a time, so that "a" + "b" and "ab" under another seed do
     * not meet except by chance. */
    for (const char *at = name; *at != '\0'; at++) {
        mixed ^= (uint8_t)*at;
        mixed = splitmix64(&mixed);
    }
    for (size_t i = 0; i < 4; i++)
        random.state[i] = splitmix64(&mixed);
    return random;
}

uint64_t sim_random_next(struct sim_random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

uint64_t sim_random_below(struct sim_random *random, uint64_t bound)
{
    uint64_t threshold, low;
    unsigned __int128 product;

    assert(bound != 0);
    /* Lemire's multiplication: the high half is uniform once the few low halves that would favour
     * some results are thrown away. */
    product = (unsigned __int128)sim_random_next(random) * bound;
    low = (uint64_t)product;
    if (low < bound) {
        threshold = -bound % bound;
        while (low < threshold) {
            product = (unsigned __int128)sim_random_next(random) * bound;
            low = (uint64_t)product;
        }
    }
    return (uint64_t)(product >> 64);
}

int64_t sim_random_between(struct sim_random *random, int64_t low, int64_t high)
{
    uint64_t span = (uint64_t)high - (uint64_t)low;

    assert(low <= high);
    if (span == UINT64_MAX)
        return (int64_t)sim_random_next(random);
    return (int64_t)((uint64_t)low + sim_random_below(random, span + 1));
}

bool sim_random_chance(struct sim_random *random, double probability)
{
    /* 53 bits make a double in [0, 1) exactly. Always draws, so that switching a fault off does
     * not shift the draws of the others. */
    double drawn = (double)(sim_random_next(random) >> 11) * 0x1.0p-53;

    return drawn < probability;
}
