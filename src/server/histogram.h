/*
 * histogram.h - quantiles of counts in buckets. Pure.
 *
 * Counters of buckets only grow; what happened between two moments is the difference of what they
 * were. Bounds are the owner's: api_latency_bucket_us(), replication_lag_bucket_ms().
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_HISTOGRAM_H
#define TROPIC_SERVER_HISTOGRAM_H

#include <stdint.h>

/** The value below which `share` of all counts lie: bucket upper bounds in `bound(i)`; 0 when
 * empty. */
uint64_t histogram_quantile(const uint64_t *counts, uint32_t buckets, double share,
                            uint64_t (*bound)(uint32_t bucket));

/**
 * What was counted since `before`, into `ret_delta`; its total is the answer. A bucket that went
 * down was begun anew: all that it holds is new.
 */
uint64_t histogram_delta(const uint64_t *now, const uint64_t *before, uint32_t buckets,
                         uint64_t *ret_delta);

#endif
