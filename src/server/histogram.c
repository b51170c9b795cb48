/*
 * histogram.c - see histogram.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/histogram.h"

uint64_t histogram_quantile(const uint64_t *counts, uint32_t buckets, double share,
                            uint64_t (*bound)(uint32_t bucket))
{
    uint64_t total = 0, seen = 0, wanted;

    for (uint32_t i = 0; i < buckets; i++)
        total += counts[i];
    if (total == 0)
        return 0;
    wanted = (uint64_t)((double)total * share);
    for (uint32_t i = 0; i < buckets; i++) {
        seen += counts[i];
        if (seen > wanted)
            return bound(i);
    }
    return bound(buckets - 1);
}

uint64_t histogram_delta(const uint64_t *now, const uint64_t *before, uint32_t buckets,
                         uint64_t *ret_delta)
{
    uint64_t total = 0;

    for (uint32_t i = 0; i < buckets; i++) {
        ret_delta[i] = now[i] >= before[i] ? now[i] - before[i] : now[i];
        total += ret_delta[i];
    }
    return total;
}
