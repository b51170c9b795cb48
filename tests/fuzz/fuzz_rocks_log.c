/*
 * fuzz_rocks_log.c - the last block of a log, as found on a disk (engine/rocksdb/log_check.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "engine/rocksdb/rocks_priv.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    size_t cut = len > 0 ? bytes[len - 1] % len : 0;
    uint8_t *torn = malloc(cut); /* its own allocation: a read past its end is seen */

    if (torn == NULL || cut == 0)
        goto out;
    memcpy(torn, bytes, cut);
    (void)rocks_log_block_is_damaged(torn, cut);
out:
    (void)rocks_log_block_is_damaged(bytes, len);
    free(torn);
    return 0;
}
