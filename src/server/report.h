/*
 * report.h - a view in writing: JSON for `tropic status`, the text format of Prometheus for
 * /metrics.
 *
 * docs/operations.md describes every member and every metric.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_REPORT_H
#define TROPIC_SERVER_REPORT_H

#include "server/view.h"
#include "value/json.h"

/** Failures are remembered by `out`. */
void status_write(struct buf *out, const struct view *view);
void shape_write(struct json_writer *writer, const struct shape_view *view);
void metrics_write(struct buf *out, const struct view *view);

/** The value below which `share` of all counts lie: bucket upper bounds in `bound(i)`; 0 when
 * empty. */
uint64_t histogram_quantile(const uint64_t *counts, uint32_t buckets, double share,
                            uint64_t (*bound)(uint32_t bucket));

#endif
