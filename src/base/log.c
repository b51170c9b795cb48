/*
 * log.c - see log.h.
 *
 * A line is formatted on the stack and written with one call, so lines of several threads do not
 * mix. What is too long is cut and ends in "...". Control bytes are replaced: one event is one
 * line, whatever a peer put into a name.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/civil.h"

enum { MESSAGE_BYTES_MAX = 4096, LINE_BYTES_MAX = 6 * MESSAGE_BYTES_MAX + 512 };

static const char *const level_names[] = {
    [LOG_ERROR] = "error", [LOG_WARN] = "warn", [LOG_INFO] = "info", [LOG_DEBUG] = "debug"};

struct line {
    char text[LINE_BYTES_MAX];
    size_t len;
};

static void line_add(struct line *line, const char *text, size_t len)
{
    size_t room = sizeof(line->text) - 1 - line->len; /* one byte is kept for the newline */

    if (len > room)
        len = room;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void line_add_str(struct line *line, const char *text)
{
    line_add(line, text, strlen(text));
}

static void line_add_time(struct line *line, int64_t wall_us)
{
    struct civil date = civil_from_ms(wall_us / 1000);
    char text[96];
    int n =
        snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", date.year, date.month,
                 date.day, date.hour, date.minute, date.second, (int)(wall_us / 1000 % 1000));

    line_add(line, text, (size_t)n);
}

/** For people: control bytes become '?'. */
static void line_add_plain(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        char c = (unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text;

        line_add(line, &c, 1);
    }
}

/** For JSON, without the quotes. */
static void line_add_json(struct line *line, const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        char escaped[8];

        if (c == '"' || c == '\\') {
            escaped[0] = '\\';
            escaped[1] = (char)c;
            line_add(line, escaped, 2);
        } else if (c < 0x20 || c == 0x7F) {
            line_add(line, escaped, (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", c));
        } else {
            line_add(line, text, 1);
        }
    }
}

static void line_human(struct line *line, const struct log *log, enum log_level level,
                       const char *part, const char *message)
{
    const struct log_sink *sink = log->sink;
    char padded[8];

    if (sink->wall_us != NULL) {
        line_add_time(line, sink->wall_us(sink->context));
        line_add_str(line, " ");
    }
    snprintf(padded, sizeof(padded), "%-5s ", level_names[level]);
    line_add_str(line, padded);
    if (log->region != NULL) {
        line_add_plain(line, log->region);
        line_add_str(line, " ");
    }
    line_add_plain(line, part);
    line_add_str(line, ": ");
    line_add_plain(line, message);
}

static void line_json(struct line *line, const struct log *log, enum log_level level,
                      const char *part, const char *message)
{
    const struct log_sink *sink = log->sink;

    line_add_str(line, "{");
    if (sink->wall_us != NULL) {
        line_add_str(line, "\"time\":\"");
        line_add_time(line, sink->wall_us(sink->context));
        line_add_str(line, "\",");
    }
    line_add_str(line, "\"level\":\"");
    line_add_str(line, level_names[level]);
    if (log->region != NULL) {
        line_add_str(line, "\",\"region\":\"");
        line_add_json(line, log->region);
    }
    line_add_str(line, "\",\"part\":\"");
    line_add_json(line, part);
    line_add_str(line, "\",\"message\":\"");
    line_add_json(line, message);
    line_add_str(line, "\"}");
}

void log_line(const struct log *log, enum log_level level, const char *part, const char *fmt, ...)
{
    char message[MESSAGE_BYTES_MAX];
    struct line line;
    va_list args;
    int n;

    if (log == NULL || log->sink == NULL || level > log->sink->level_max)
        return;
    va_start(args, fmt);
    n = vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    if (n < 0)
        return;
    if (n >= (int)sizeof(message))
        memcpy(message + sizeof(message) - 4, "...", 4);
    line.len = 0;
    if (log->sink->form == LOG_JSON)
        line_json(&line, log, level, part, message);
    else
        line_human(&line, log, level, part, message);
    line.text[line.len++] = '\n';
    log->sink->write(log->sink->context, line.text, line.len);
}

/* ---- standard error ---- */

static void stderr_write(void *context, const char *text, unsigned long len)
{
    (void)context;
    while (len > 0) {
        ssize_t n = write(STDERR_FILENO, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* nowhere left to complain */
        text += n;
        len -= (unsigned long)n;
    }
}

static int64_t stderr_wall_us(void *context)
{
    struct timespec ts;

    (void)context;
    clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec * INT64_C(1000000) + ts.tv_nsec / 1000;
}

void log_sink_stderr(struct log_sink *ret_sink)
{
    *ret_sink = (struct log_sink){
        .write = stderr_write, .form = LOG_HUMAN, .level_max = LOG_INFO, .wall_us = stderr_wall_us};
}
