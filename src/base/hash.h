/*
 * hash.h - checksums and hashes. Formats on disk and on the wire depend on every one of them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_HASH_H
#define TROPIC_BASE_HASH_H

#include <stdint.h>

#include "base/bytes.h"

/* libisal exports a crc32_ieee of its own, which is another function: keep the linker from mixing
 * them. */
#define crc32_ieee tropic_crc32_ieee

/** CRC-32 (IEEE, as zlib): the x-amz-crc32 header. `crc` is 0, or the result so far. */
uint32_t crc32_ieee(uint32_t crc, struct slice bytes);
/** CRC-32C (Castagnoli): stored records and link frames. `crc` is 0, or the result so far. */
uint32_t crc32c(uint32_t crc, struct slice bytes);
/** XXH64 with seed 0: the hash of a partition key. Frozen. */
uint64_t hash64(struct slice bytes);

enum { HASH_KEY_BYTES = 192 };
/** XXH3 with a secret of HASH_KEY_BYTES, so that clients who do not know it cannot craft
 * collisions. */
u128 hash128_keyed(const uint8_t key[HASH_KEY_BYTES], struct slice bytes);

#endif
