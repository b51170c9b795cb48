/*
 * commands.c - the commands of this program, and the ones too small for a file of their own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/commands.h"

#include <stdio.h>

#include "http/tls.h"
#include "server/quantity.h"

const struct command *const commands[] = {
    &command_dev,       &command_serve,
    &command_certs,     &command_status,
    &command_history,   &command_verify,
    &command_conflicts, &command_insights,
    &command_link,      &command_region,
    &command_clock,     &command_help_row,
    &command_version,   NULL,
};

/* ---- certs ---- */

static int certs_run(const struct arguments *arguments)
{
    const char *folder = arguments->given[0];
    const char *const *regions = arguments->given + 1;
    size_t count = arguments->given_count - 1;
    struct refusal refusal;
    int rc;

    for (size_t i = 0; i < count; i++)
        if (!region_name_valid(regions[i]))
            return command_fail(EXIT_USAGE,
                                "\"%s\" cannot name a Region; use 1 to 63 of a-z, 0-9 and -",
                                regions[i]);
    rc = tls_make_certificates(folder, regions, count, &refusal);
    if (rc < 0)
        return command_fail(EXIT_FAILED, "%s", rc == ST_REFUSED ? refusal.text : status_text(rc));
    printf("Certificates for links are in %s.\n\n", folder);
    for (size_t i = 0; i < count; i++)
        printf("  to %s: ca.pem, %s.pem, %s-key.pem\n", regions[i], regions[i], regions[i]);
    printf(
        "\nKeep ca-key.pem away from servers: whoever has it can pose as any Region. It is needed "
        "only to add\nRegions later, by the same command.\n");
    return EXIT_DONE;
}

/* clang-format off */
const struct command command_certs = {
    .name = "certs",
    .takes = "DIR REGION...",
    .takes_min = 2,
    .takes_max = ARGUMENTS_MAX,
    .summary = "make the keys and certificates that links between Regions use",
    .teaches =
        "Regions of different processes prove to each other who they are by certificates. This\n"
        "makes a certificate authority and one certificate per Region in DIR. Run it once, on a\n"
        "machine that you trust, and give each server ca.pem and its own two files. Run it again\n"
        "with more names to add Regions: what is there already is kept.",
    .examples = "  tropic certs ./certs us-east-1 eu-west-1 ap-southeast-2\n",
    .flags = (const struct flag[]){FLAGS_END},
    .run = certs_run,
};
/* clang-format on */

/* ---- help, version ---- */

static int help_run(const struct arguments *arguments)
{
    const struct command *command;

    if (arguments->given_count == 0) {
        command_help(NULL);
        return EXIT_DONE;
    }
    command = command_find(arguments->given[0]);
    if (command == NULL)
        return command_fail(EXIT_USAGE, "unknown command \"%s\"; `tropic help` lists the commands",
                            arguments->given[0]);
    command_help(command);
    return EXIT_DONE;
}

/* clang-format off */
const struct command command_help_row = {
    .name = "help",
    .takes = "[COMMAND]",
    .takes_max = 1,
    .summary = "explain a command, with examples",
    .teaches = "Lists the commands, or explains one of them. `tropic COMMAND --help` does the same.",
    .examples = "  tropic help\n  tropic help serve\n",
    .flags = (const struct flag[]){FLAGS_END},
    .run = help_run,
};
/* clang-format on */

static int version_run(const struct arguments *arguments)
{
    printf("tropic %s\n", TROPIC_VERSION);
    return EXIT_DONE;
}

/* clang-format off */
const struct command command_version = {
    .name = "version",
    .takes = "",
    .summary = "print the version",
    .teaches = "Prints the version of this program.",
    .examples = "  tropic version\n",
    .flags = (const struct flag[]){FLAGS_END},
    .run = version_run,
};
/* clang-format on */
