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

#endif
