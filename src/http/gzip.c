/*
 * gzip.c - see gzip.h. One call: zlib says beforehand how large the result can become.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/gzip.h"

#include <zlib.h>

#include "base/status.h"

int gzip(struct slice bytes, struct buf *ret_packed)
{
    enum { GZIP_ONLY = 16 + MAX_WBITS, MEMORY_LEVEL = 8 };
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)bytes.ptr, .avail_in = (uInt)bytes.len};
    struct buf packed = BUF_EMPTY;
    size_t size;
    int rc = ST_NOMEM;

    if (bytes.len > UINT32_MAX / 2)
        return ST_TOOBIG;
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_ONLY, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return ST_NOMEM;
    size = deflateBound(&stream, (uLong)bytes.len);
    if (buf_reserve(&packed, size) == 0) {
        stream.next_out = packed.ptr;
        stream.avail_out = (uInt)size;
        if (deflate(&stream, Z_FINISH) == Z_STREAM_END) {
            packed.len = size - stream.avail_out;
            *ret_packed = packed;
            packed = BUF_EMPTY;
            rc = 0;
        }
    }
    deflateEnd(&stream);
    buf_release(&packed);
    return rc;
}
