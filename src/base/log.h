/*
 * log.h - the process's log, one line an event, for people or (by flag) as JSON.
 *
 *     log_info(log, "replication", "link to %s is up", region);
 *
 * Human form:  2026-11-22T08:00:00.123Z info  us-east-1 replication: link to eu-west-1 is up
 * JSON form:
 * {"time":"...","level":"info","region":"us-east-1","part":"replication","message":"..."}
 *
 * A layer that returns a failure does not log it; the layer that handles it logs it once. No
 * secret, no item content and no key is ever logged. Any thread; lines are written whole.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_LOG_H
#define TROPIC_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
enum log_form { LOG_HUMAN, LOG_JSON };

/** Writes one whole line (with its newline). */
typedef void log_write_fn(void *context, const char *line, unsigned long len);

struct log_sink {
    log_write_fn *write;
    void *context;
    enum log_form form;
    enum log_level level_max;
    int64_t (*wall_us)(void *context); /* NULL: the lines carry no time */
};

/** A handle names the Region that speaks; copy it freely. */
struct log {
    const struct log_sink *sink; /* NULL: nothing is written */
    const char *region;          /* NULL: the process itself; must outlive the handle */
};

void log_line(const struct log *log, enum log_level level, const char *part, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#define log_error(log, part, ...) log_line((log), LOG_ERROR, (part), __VA_ARGS__)
#define log_warn(log, part, ...) log_line((log), LOG_WARN, (part), __VA_ARGS__)
#define log_info(log, part, ...) log_line((log), LOG_INFO, (part), __VA_ARGS__)
#define log_debug(log, part, ...) log_line((log), LOG_DEBUG, (part), __VA_ARGS__)

/** A sink on standard error with the system's clock. `level_max` and `form` may be set afterwards.
 */
void log_sink_stderr(struct log_sink *ret_sink);

#endif
