/*
 * frame.c - the envelope of a frame: header, packing, checksum. See frame.h.
 *
 * The checksum covers what is sent, so it is checked before anything else is believed, zstd
 * included. TLS would catch damage too; the checksum stays because pipes and the simulator have no
 * TLS, and because a frame is read long after TLS has let go of it.
 *
 * Not here: what bodies mean (frame_bodies.c), who may send them (link.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "replication/frame.h"

#include <assert.h>
#include <stdlib.h>
#include <zstd.h>

#include "base/hash.h"

static const uint8_t frame_magic[4] = {'T', 'P', 'C', '1'};

/* Level 1 keeps up with several hundred MB/s a core; on incompressible bodies it gives up early. */
enum { PACK_LEVEL = 1, CHECKSUM_OFFSET = 32 };

struct frame_codec {
    ZSTD_CCtx *pack;
    ZSTD_DCtx *unpack;
    struct buf packed;
};

struct frame_codec *frame_codec_new(void)
{
    struct frame_codec *codec = calloc(1, sizeof(*codec));

    if (codec == NULL)
        return NULL;
    codec->pack = ZSTD_createCCtx();
    codec->unpack = ZSTD_createDCtx();
    if (codec->pack == NULL || codec->unpack == NULL) {
        frame_codec_free(codec);
        return NULL;
    }
    return codec;
}

void frame_codec_free(struct frame_codec *codec)
{
    if (codec == NULL)
        return;
    ZSTD_freeCCtx(codec->pack);
    ZSTD_freeDCtx(codec->unpack);
    buf_release(&codec->packed);
    free(codec);
}

void frame_begin(struct buf *out, enum frame_type type, uint64_t from, uint64_t to)
{
    uint8_t header[FRAME_HEADER_BYTES] = {0};

    assert(out->len == 0);
    memcpy(header, frame_magic, sizeof(frame_magic));
    header[4] = FRAME_VERSION;
    header[5] = (uint8_t)type;
    be64_put(header + 8, from);
    be64_put(header + 16, to);
    buf_append(out, header, sizeof(header));
}

/** Replaces the body by its packed form when that is clearly smaller. */
static int pack(struct buf *out, struct frame_codec *codec, bool *ret_packed)
{
    size_t body_len = out->len - FRAME_HEADER_BYTES;
    size_t packed_len;

    *ret_packed = false;
    buf_clear(&codec->packed);
    if (buf_reserve(&codec->packed, ZSTD_compressBound(body_len)) < 0)
        return ST_NOMEM;
    packed_len = ZSTD_compressCCtx(codec->pack, codec->packed.ptr, codec->packed.cap,
                                   out->ptr + FRAME_HEADER_BYTES, body_len, PACK_LEVEL);
    if (ZSTD_isError(packed_len) || packed_len > body_len - body_len / 8)
        return 0;
    memcpy(out->ptr + FRAME_HEADER_BYTES, codec->packed.ptr, packed_len);
    out->len = FRAME_HEADER_BYTES + packed_len;
    *ret_packed = true;
    return 0;
}

static uint32_t checksum(const uint8_t *frame, size_t len)
{
    uint32_t crc = crc32c(0, slice_of(frame, CHECKSUM_OFFSET));

    return crc32c(crc, slice_of(frame + FRAME_HEADER_BYTES, len - FRAME_HEADER_BYTES));
}

int frame_finish(struct buf *out, struct frame_codec *codec)
{
    size_t unpacked_len;
    bool packed = false;
    int rc;

    if (buf_failed(out))
        return ST_NOMEM;
    assert(out->len >= FRAME_HEADER_BYTES);
    unpacked_len = out->len - FRAME_HEADER_BYTES;
    if (unpacked_len > FRAME_BODY_BYTES_MAX)
        return ST_TOOBIG;
    if (unpacked_len >= FRAME_PACK_BYTES_MIN) {
        rc = pack(out, codec, &packed);
        if (rc < 0)
            return rc;
    }
    be16_put(out->ptr + 6, packed ? FRAME_ZSTD : 0);
    be32_put(out->ptr + 24, (uint32_t)(out->len - FRAME_HEADER_BYTES));
    be32_put(out->ptr + 28, (uint32_t)unpacked_len);
    be32_put(out->ptr + CHECKSUM_OFFSET, checksum(out->ptr, out->len));
    return 0;
}

static int unpack(struct slice packed, uint32_t unpacked_len, struct frame_codec *codec,
                  struct buf *scratch, struct slice *ret_body)
{
    size_t len;

    buf_clear(scratch);
    if (buf_reserve(scratch, unpacked_len + 1) < 0)
        return ST_NOMEM;
    len = ZSTD_decompressDCtx(codec->unpack, scratch->ptr, unpacked_len, packed.ptr, packed.len);
    if (ZSTD_isError(len) || len != unpacked_len)
        return ST_CORRUPT;
    scratch->len = len;
    *ret_body = buf_slice(scratch);
    return 0;
}

int frame_open(struct slice bytes, struct frame_codec *codec, struct buf *scratch,
               struct frame_header *ret_header, struct slice *ret_body)
{
    struct frame_header header;
    struct slice body;

    if (bytes.len < FRAME_HEADER_BYTES || memcmp(bytes.ptr, frame_magic, sizeof(frame_magic)) != 0)
        return ST_CORRUPT;
    body = slice_skip(bytes, FRAME_HEADER_BYTES);
    if (be32_get(bytes.ptr + CHECKSUM_OFFSET) != checksum(bytes.ptr, bytes.len))
        return ST_CORRUPT;
    header.version = bytes.ptr[4];
    if (header.version != FRAME_VERSION)
        return ST_UNSUPPORTED;
    if (bytes.ptr[5] == 0 || bytes.ptr[5] >= FRAME_TYPE_COUNT)
        return ST_CORRUPT;
    header.type = (enum frame_type)bytes.ptr[5];
    header.flags = be16_get(bytes.ptr + 6);
    header.from = be64_get(bytes.ptr + 8);
    header.to = be64_get(bytes.ptr + 16);
    header.body_bytes = be32_get(bytes.ptr + 24);
    header.unpacked_bytes = be32_get(bytes.ptr + 28);
    if ((header.flags & ~FRAME_ZSTD) != 0 || header.body_bytes != body.len ||
        header.unpacked_bytes > FRAME_BODY_BYTES_MAX)
        return ST_CORRUPT;
    if ((header.flags & FRAME_ZSTD) != 0) {
        int rc = unpack(body, header.unpacked_bytes, codec, scratch, &body);

        if (rc < 0)
            return rc;
    } else if (header.unpacked_bytes != body.len) {
        return ST_CORRUPT;
    }
    *ret_header = header;
    *ret_body = body;
    return 0;
}
