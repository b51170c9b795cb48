/*
 * gunzip.c - see gunzip.h. The output grows as bytes come, so a bomb costs no more than its bound.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/gunzip.h"

#include <zlib.h>

#include "base/status.h"

int gunzip(struct slice packed, size_t bytes_max, struct buf *ret_bytes)
{
    enum { GZIP_ONLY = 16 + MAX_WBITS, PIECE = 16 * 1024 };
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)packed.ptr, .avail_in = (uInt)packed.len};
    struct buf bytes = BUF_EMPTY;
    int z = Z_OK, rc = ST_CORRUPT;

    if (packed.len > UINT32_MAX)
        return ST_TOOBIG;
    if (inflateInit2(&stream, GZIP_ONLY) != Z_OK)
        return ST_NOMEM;
    while (z == Z_OK) {
        size_t room = bytes_max - bytes.len;

        if (room > PIECE)
            room = PIECE;
        /* One byte more than allowed tells "exactly full" from "too much". */
        if (buf_reserve(&bytes, room + 1) < 0) {
            rc = ST_NOMEM;
            goto out;
        }
        stream.next_out = bytes.ptr + bytes.len;
        stream.avail_out = (uInt)(room + 1);
        z = inflate(&stream, Z_NO_FLUSH);
        bytes.len = (size_t)(stream.next_out - bytes.ptr);
        if (bytes.len > bytes_max) {
            rc = ST_TOOBIG;
            goto out;
        }
    }
    if (z == Z_MEM_ERROR)
        rc = ST_NOMEM;
    if (z != Z_STREAM_END || stream.avail_in != 0)
        goto out;
    *ret_bytes = bytes;
    bytes = BUF_EMPTY;
    rc = 0;
out:
    inflateEnd(&stream);
    buf_release(&bytes);
    return rc;
}
