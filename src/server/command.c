/*
 * command.c - parsing a command line against its row in the table, and printing what the row says.
 *
 * The parser knows no command. It refuses what it does not know instead of guessing, and names
 * the nearest flag or command when one is near (at most two slips of the fingers away).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/command.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

enum { NAME_LEN_MAX = 63, SLIPS_MAX = 2 };

const char *arguments_value(const struct arguments *arguments, const char *flag)
{
    const struct flag *flags = arguments->command->flags;

    for (size_t i = 0; flags[i].name != NULL; i++)
        if (strcmp(flags[i].name, flag) == 0)
            return arguments->values[i];
    assert(!"the command does not have this flag");
    return NULL;
}

/* How many letters must be added, dropped or exchanged to turn a into b. */
static size_t slips(const char *a, const char *b)
{
    size_t row[NAME_LEN_MAX + 1], b_len = strlen(b);

    if (strlen(a) > NAME_LEN_MAX || b_len > NAME_LEN_MAX)
        return NAME_LEN_MAX;
    for (size_t j = 0; j <= b_len; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[b_len];
}

const char *nearest_name(const char *wrong, const char *const *names)
{
    const char *nearest = NULL;
    size_t least = SLIPS_MAX + 1;

    for (size_t i = 0; names[i] != NULL; i++) {
        size_t distance = slips(wrong, names[i]);

        if (distance < least && distance < strlen(names[i])) {
            least = distance;
            nearest = names[i];
        }
    }
    return nearest;
}

/* The flag that `argument` names, up to its '='; -1: none. */
static int find_flag(const struct command *command, const char *argument, size_t len)
{
    for (int i = 0; command->flags[i].name != NULL; i++)
        if (strlen(command->flags[i].name) == len &&
            memcmp(command->flags[i].name, argument, len) == 0)
            return i;
    return -1;
}

static int refuse_flag(const struct command *command, const char *argument, size_t len,
                       struct refusal *reterr)
{
    const char *names[FLAGS_MAX + 1] = {NULL};
    char wrong[NAME_LEN_MAX + 1];
    const char *nearest;

    for (size_t i = 0; command->flags[i].name != NULL; i++)
        names[i] = command->flags[i].name;
    snprintf(wrong, sizeof(wrong), "%.*s", (int)len, argument);
    nearest = nearest_name(wrong, names);
    if (nearest != NULL)
        return refuse(reterr, "%s: unknown flag %.*s; did you mean %s?", command->name, (int)len,
                      argument, nearest);
    return refuse(reterr, "%s: unknown flag %.*s; `tropic help %s` lists the flags", command->name,
                  (int)len, argument, command->name);
}

/* Takes one flag at argv[*at]; *at is left on its last word. */
static int take_flag(const struct command *command, int argc, const char *const *argv, int *at,
                     struct arguments *arguments, struct refusal *reterr)
{
    const char *argument = argv[*at], *equals = strchr(argument, '=');
    size_t len = equals != NULL ? (size_t)(equals - argument) : strlen(argument);
    int found = find_flag(command, argument, len);
    const struct flag *flag;

    if (found < 0)
        return refuse_flag(command, argument, len, reterr);
    assert(found < FLAGS_MAX);
    flag = &command->flags[found];
    if (arguments->values[found] != NULL)
        return refuse(reterr, "%s: %s is given twice; give it once", command->name, flag->name);
    if (flag->value == NULL) {
        if (equals != NULL)
            return refuse(reterr, "%s: %s takes no value; write just %s", command->name, flag->name,
                          flag->name);
        arguments->values[found] = "";
        return 0;
    }
    if (equals != NULL) {
        arguments->values[found] = equals + 1;
    } else {
        if (*at + 1 >= argc || strncmp(argv[*at + 1], "--", 2) == 0)
            return refuse(reterr, "%s: %s needs a value: %s %s", command->name, flag->name,
                          flag->name, flag->value);
        arguments->values[found] = argv[++*at];
    }
    if (arguments->values[found][0] == '\0')
        return refuse(reterr, "%s: the value of %s is empty: %s %s", command->name, flag->name,
                      flag->name, flag->value);
    return 0;
}

int arguments_parse(const struct command *command, int argc, const char *const *argv,
                    struct arguments *ret_arguments, struct refusal *reterr)
{
    struct arguments arguments = {.command = command};
    bool flags_end = false;
    int rc;

    for (int i = 0; i < argc; i++) {
        if (!flags_end && strcmp(argv[i], "--") == 0) {
            flags_end = true;
            continue;
        }
        if (!flags_end && strncmp(argv[i], "--", 2) == 0) {
            rc = take_flag(command, argc, argv, &i, &arguments, reterr);
            if (rc < 0)
                return rc;
            continue;
        }
        if (arguments.given_count == command->takes_max || arguments.given_count == ARGUMENTS_MAX)
            return refuse(reterr, "%s: do not know what to do with \"%s\"; usage: tropic %s%s%s",
                          command->name, argv[i], command->name, command->takes[0] ? " " : "",
                          command->takes);
        arguments.given[arguments.given_count++] = argv[i];
    }
    if (arguments.given_count < command->takes_min)
        return refuse(reterr, "%s: something is missing; usage: tropic %s %s", command->name,
                      command->name, command->takes);
    *ret_arguments = arguments;
    return 0;
}

bool arguments_ask_help(int argc, const char *const *argv)
{
    for (int i = 0; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

const struct command *command_find(const char *name)
{
    for (size_t i = 0; commands[i] != NULL; i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

/* ---- help ---- */

enum { HELP_COLUMN = 26, HELP_WIDTH = 96 };

/* Words wrapped at HELP_WIDTH, every line after the first indented to `indent`. */
static void print_wrapped(const char *text, int indent, int at)
{
    while (*text != '\0') {
        int len = (int)strcspn(text, " ");

        if (at > indent && at + 1 + len > HELP_WIDTH) {
            printf("\n%*s", indent, "");
            at = indent;
        } else if (at > indent) {
            putchar(' ');
            at++;
        }
        printf("%.*s", len, text);
        at += len;
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_program_help(void)
{
    printf("tropic - a self-hosted database that speaks the DynamoDB API, with global tables\n\n"
           "usage: tropic <command> [arguments] [flags]\n\n");
    for (size_t i = 0; commands[i] != NULL; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    printf(
        "\nThree Regions on this machine, and a table:\n\n"
        "  tropic dev --in-memory\n"
        "  aws dynamodb list-tables --endpoint-url http://127.0.0.1:8000 --region us-east-1\n\n"
        "`tropic help <command>` explains one command, with examples. `man tropic` has it all.\n\n"
        "Exit codes: 0 done; 1 failed; 2 wrong usage or configuration; 3 verify found a "
        "difference.\n");
}

void command_help(const struct command *command)
{
    if (command == NULL) {
        print_program_help();
        return;
    }
    printf("usage: tropic %s%s%s%s\n\n%s\n", command->name, command->takes[0] ? " " : "",
           command->takes, command->flags[0].name != NULL ? " [flags]" : "", command->teaches);
    if (command->flags[0].name != NULL)
        printf("\nFlags:\n");
    for (const struct flag *flag = command->flags; flag->name != NULL; flag++) {
        int len = printf("  %s%s%s", flag->name, flag->value != NULL ? " " : "",
                         flag->value != NULL ? flag->value : "");

        if (len >= HELP_COLUMN)
            printf("\n%*s", HELP_COLUMN, "");
        else
            printf("%*s", HELP_COLUMN - len, "");
        print_wrapped(flag->help, HELP_COLUMN, HELP_COLUMN);
    }
    printf("\nExamples:\n%s", command->examples);
}

int command_fail(enum exit_code code, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    fputs("tropic: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return (int)code;
}
