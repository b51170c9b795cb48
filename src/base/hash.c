/*
 * hash.c - see hash.h. Thin covers over ISA-L and xxHash, so that the formats name our functions
 * and not a library's.
 *
 * ISA-L's two CRCs differ in their conventions: crc32_gzip_refl() inverts before and after like
 * zlib's, crc32_iscsi() leaves both to the caller.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <isa-l/crc.h> /* before our header, which claims the name crc32_ieee */

#include "base/hash.h"

#include <assert.h>
#include <limits.h>
#include <xxhash.h>

uint32_t crc32_ieee(uint32_t crc, struct slice bytes)
{
    return bytes.len == 0 ? crc : crc32_gzip_refl(crc, bytes.ptr, bytes.len);
}

uint32_t crc32c(uint32_t crc, struct slice bytes)
{
    enum { PIECE = 1 << 30 }; /* crc32_iscsi() counts in an int */

    crc = ~crc;
    while (bytes.len > 0) {
        size_t n = bytes.len < PIECE ? bytes.len : PIECE;

        /* It only reads; its prototype lacks the const. */
        crc = crc32_iscsi((unsigned char *)(uintptr_t)bytes.ptr, (int)n, crc);
        bytes = slice_skip(bytes, n);
    }
    return ~crc;
}

uint64_t hash64(struct slice bytes)
{
    return XXH64(bytes.ptr, bytes.len, 0);
}

u128 hash128_keyed(const uint8_t key[HASH_KEY_BYTES], struct slice bytes)
{
    XXH128_hash_t hash;

    static_assert((int)HASH_KEY_BYTES >= (int)XXH3_SECRET_SIZE_MIN, "the secret is long enough");
    hash = XXH3_128bits_withSecret(bytes.ptr, bytes.len, key, HASH_KEY_BYTES);
    return (u128)hash.high64 << 64 | hash.low64;
}
