/*
 * fuzz_record.c - stored records, change records and contexts from arbitrary bytes.
 *
 * The first byte chooses the decoder and whether the checksum at the end is made right first:
 * without that the fuzzer would never get past it. What is accepted must encode to the same bytes
 * again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "changes/change.h"
#include "changes/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const struct buf *again, struct slice bytes)
{
    if (!slice_eq(buf_slice(again), bytes))
        abort();
}

static void fuzz_record(struct slice bytes)
{
    struct buf again = BUF_EMPTY;
    struct record record;

    if (record_decode(bytes, &record) == 0) {
        record_encode(&again, &record);
        expect_same(&again, bytes);
    }
    buf_release(&again);
}

static void fuzz_change(struct slice bytes)
{
    struct buf again = BUF_EMPTY;
    struct change change;

    if (change_decode(bytes, &change) == 0) {
        change_encode(&again, &change);
        expect_same(&again, bytes);
    }
    buf_release(&again);
}

static void fuzz_context(struct slice bytes)
{
    struct reader reader = reader_of(bytes);
    struct buf again = BUF_EMPTY;
    struct context context;

    if (context_read(&reader, &context)) {
        context_encode(&again, &context);
        expect_same(&again, slice_of(bytes.ptr, (size_t)(reader.at - bytes.ptr)));
    }
    buf_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *bytes;

    if (size < 1)
        return 0;
    bytes =
        malloc(size > 1 ? size - 1
                        : 1); /* exactly as long as the input, so that a read beyond it is found */
    if (bytes == NULL)
        return 0;
    memcpy(bytes, data + 1, size - 1);
    size--;
    if ((data[0] & 0x80) && size >= 4)
        be32_put(bytes + size - 4, crc32c(0, slice_of(bytes, size - 4)));
    switch (data[0] & 3) {
    case 0:
        fuzz_record(slice_of(bytes, size));
        break;
    case 1:
        fuzz_change(slice_of(bytes, size));
        break;
    default:
        fuzz_context(slice_of(bytes, size));
        break;
    }
    free(bytes);
    return 0;
}
