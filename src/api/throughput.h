/*
 * throughput.h - rules of capacity that CreateTable and UpdateTable share, for tables and for
 * indexes: how often it may be decreased or its mode changed, and what is warm.
 *
 * Source: Developer Guide "Service quotas", "Capacity modes", "Warm throughput".
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_THROUGHPUT_H
#define TROPIC_API_THROUGHPUT_H

#include "api/call.h"

/* ---- decreases ---- */

/** What a table, or an index, remembers of its decreases: in place in its schema. */
struct throughput_decreases {
    int64_t last_ms; /* 0: never */
    uint32_t count;  /* in the UTC day of last_ms */
};
/** NumberOfDecreasesToday. */
uint32_t throughput_decreases_today(const struct throughput_decreases *decreases, int64_t now_ms);
/** One more, now. ST_REFUSED (LimitExceededException): after four in a UTC day only one an hour. */
int throughput_decrease(struct call *call, struct throughput_decreases *decreases);

/* ---- changes of mode and class ---- */

/** Counts a switch of the table to on demand. ST_REFUSED: four in the last 24 hours. */
int throughput_switch_on_demand(struct call *call, struct schema *wanted);
/** Counts a change of the table's class. ST_REFUSED: two in the last 30 days. */
int throughput_change_class(struct call *call, struct schema *wanted);

/* ---- warm throughput ---- */

struct warm {
    int64_t read, write; /* units per second */
};
/** What a billing mode gives by itself. */
struct warm warm_of_billing(enum billing_mode billing, int64_t read_units, int64_t write_units);
/** The table's, as it is described: it grows with what is provisioned and never shrinks. */
struct warm warm_of_table(const struct schema *schema);
struct warm warm_of_index(const struct schema *schema, const struct schema_index *index);
/**
 * The member WarmThroughput of the request into *warm, which holds what there is now and what must
 * not be undercut. `what`: "table", or "index <name>".
 */
int warm_read(struct api_error *reterr, struct json json, const char *what, struct warm *warm);
/** "WarmThroughput": {...} */
void warm_write(struct json_writer *writer, struct warm warm);

#endif
