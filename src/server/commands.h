/*
 * commands.h - the rows of the table of commands, each in the file that carries the command out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_COMMANDS_H
#define TROPIC_SERVER_COMMANDS_H

#include "server/command.h"

extern const struct command command_dev, command_serve; /* command_server.c */
extern const struct command command_status;             /* command_status.c */
extern const struct command command_history;            /* command_history.c */
extern const struct command command_verify, command_conflicts,
    command_insights;                                                         /* command_tables.c */
extern const struct command command_link, command_region, command_clock;      /* command_faults.c */
extern const struct command command_certs, command_help_row, command_version; /* commands.c */

#endif
