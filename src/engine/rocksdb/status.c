/*
 * status.c - RocksDB's error texts as statuses.
 *
 * Its C interface reports errors as text only: "<kind>: [<subkind>: ]<details>". The kinds are
 * fixed strings of its Status::ToString(); a test provokes each one that is told apart here.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "engine/rocksdb/rocks_priv.h"

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

int rocks_status(const char *error)
{
    if (starts_with(error, "Result incomplete"))
        return ST_AGAIN;
    if (starts_with(error, "Corruption"))
        return ST_CORRUPT;
    if (starts_with(error, "IO error: No space left"))
        return ST_FULL;
    return ST_IO;
}

int rocks_status_free(char *error)
{
    int rc = 0;

    if (error != NULL)
        rc = rocks_status(error);
    rocksdb_free(error);
    return rc;
}
