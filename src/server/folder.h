/*
 * folder.h - the data folder of one Region: DIR/<region>/.
 *
 *   lock       held (flock) while a process uses the folder; holds that process's number, for
 * people rocksdb/   the engine's files
 *
 * The lock ends with the process, however it ends: a kill -9 leaves nothing to clean up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_FOLDER_H
#define TROPIC_SERVER_FOLDER_H

#include "base/status.h"

struct folder {
    int lock_fd; /* -1: not open */
};
#define FOLDER_CLOSED ((struct folder){.lock_fd = -1})

/** Makes the folder when absent (0700, parents too) and locks it. ST_REFUSED with one line. */
int folder_open(const char *path, struct folder *ret_folder, struct refusal *reterr);
void folder_close(struct folder *folder); /* a closed one is a no-op */

#endif
