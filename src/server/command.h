/*
 * command.h - the command line: one table of commands and flags drives parsing, help and errors.
 *
 *     static const struct flag dev_flags[] = {
 *         {"--port", "PORT", "Port for clients (default 8000)."}, FLAGS_END};
 *     const struct command command_dev = {.name = "dev", .flags = dev_flags, .run = dev_run, ...};
 *
 * A command is a row: what it is called, what it takes, a help text that teaches, examples that
 * work as they stand, and a function. Nothing about a command is said twice: `tropic help dev`, the
 * usage line of an error and the parser read the same row.
 *
 * Exit codes, the same for every command: see enum exit_code.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_COMMAND_H
#define TROPIC_SERVER_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum exit_code {
    EXIT_DONE = 0,      /* done; a server was asked to stop and stopped cleanly */
    EXIT_FAILED = 1,    /* could not do it: refused, not reachable, cannot start, disk failed */
    EXIT_USAGE = 2,     /* the command line or the configuration file is wrong; nothing was done */
    EXIT_DIFFERENT = 3, /* verify: replicas differ, or not all of them could be asked */
};

enum { ARGUMENTS_MAX = 64, FLAGS_MAX = 24 };

struct flag {
    const char *name;  /* "--port" */
    const char *value; /* what follows, in words: "PORT"; NULL: a switch */
    const char *help;  /* one or more sentences */
};
#define FLAGS_END                                                                                  \
    {                                                                                              \
        NULL, NULL, NULL                                                                           \
    }

struct arguments;

struct command {
    const char *name;
    const char *takes; /* "A B": the positional arguments in words; "" for none */
    size_t takes_min, takes_max;
    const char *summary;                           /* one line, for `tropic help` */
    const char *teaches;                           /* paragraphs, for `tropic help <command>` */
    const char *examples;                          /* lines that work as they stand */
    const struct flag *flags;                      /* ends with FLAGS_END; never NULL */
    int (*run)(const struct arguments *arguments); /* an exit code */
};

/* A parsed command line. Strings are those of argv. */
struct arguments {
    const struct command *command;
    const char *given[ARGUMENTS_MAX]; /* positional ones */
    size_t given_count;
    const char *values[FLAGS_MAX]; /* by position in command->flags; NULL: absent; switches: "" */
};

/** The value of a flag that the command knows (asserted), or NULL when it was not given. */
const char *arguments_value(const struct arguments *arguments, const char *flag);
static inline bool arguments_has(const struct arguments *arguments, const char *flag)
{
    return arguments_value(arguments, flag) != NULL;
}

/**
 * Parses what follows the command's name. Flags may stand anywhere, as `--flag value` or
 * `--flag=value`; each at most once; "--" ends them. ST_REFUSED with one line: what is wrong,
 * where, what to do.
 */
int arguments_parse(const struct command *command, int argc, const char *const *argv,
                    struct arguments *ret_arguments, struct refusal *reterr);
/** "-h" or "--help" is among them (before "--"). */
bool arguments_ask_help(int argc, const char *const *argv);

/** The commands of this program, in the order of `tropic help`; ends with NULL. commands.c. */
extern const struct command *const commands[];
/** NULL: no such command. */
const struct command *command_find(const char *name);
/** The name that is nearest to a mistyped one, or NULL when none is near. `names` ends with NULL.
 */
const char *nearest_name(const char *wrong, const char *const *names);

/** Prints the help of one command, or of the program when NULL, on standard output. */
void command_help(const struct command *command);

/** One line on standard error, "tropic: ...", and the code, so that failing is one statement. */
int command_fail(enum exit_code code, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
