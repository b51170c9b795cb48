/*
 * main.c - the program: finds the command and runs it. commands.c is the table, command.h the way
 * it works.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "server/command.h"

static int unknown_command(const char *name)
{
    const char *names[32] = {NULL}, *nearest;

    for (size_t i = 0; commands[i] != NULL && i + 1 < sizeof(names) / sizeof(names[0]); i++)
        names[i] = commands[i]->name;
    nearest = nearest_name(name, names);
    if (nearest != NULL)
        return command_fail(EXIT_USAGE, "unknown command \"%s\"; did you mean `tropic %s`?", name,
                            nearest);
    return command_fail(EXIT_USAGE, "unknown command \"%s\"; `tropic help` lists the commands",
                        name);
}

int main(int argc, char **argv)
{
    const char *const *rest = (const char *const *)argv + 2; /* when there are so many */
    struct arguments arguments;
    const struct command *command;
    struct refusal refusal;
    const char *name;

    if (argc < 2) {
        command_help(NULL);
        return EXIT_USAGE;
    }
    name = argv[1];
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    else if (strcmp(name, "--version") == 0)
        name = "version";
    command = command_find(name);
    if (command == NULL)
        return unknown_command(name);
    if (arguments_ask_help(argc - 2, rest)) {
        command_help(command);
        return EXIT_DONE;
    }
    if (arguments_parse(command, argc - 2, rest, &arguments, &refusal) < 0)
        return command_fail(EXIT_USAGE, "%s", refusal.text);
    return command->run(&arguments);
}
