/*
 * fuzz_record.c - stored records, changes, contexts, item keys and schemas from arbitrary bytes.
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
#include "table/schema.h"

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

static void fuzz_item_key(struct slice bytes)
{
    struct buf again = BUF_EMPTY;
    struct item_key key;

    for (int has_sort = 0; has_sort < 2; has_sort++) {
        if (item_key_decode(bytes, has_sort, &key) < 0)
            continue;
        buf_clear(&again);
        item_key_encode(&again, &key);
        expect_same(&again, bytes);
    }
    buf_release(&again);
}

/** JSON has many spellings; what is written of a schema reads as the same schema. */
static void fuzz_schema(struct slice json)
{
    struct buf once = BUF_EMPTY, twice = BUF_EMPTY;
    struct schema *schema, *again;

    if (schema_from_json(json, &schema) < 0)
        return;
    schema_to_json(schema, &once);
    if (schema_from_json(buf_slice(&once), &again) < 0)
        abort();
    schema_to_json(again, &twice);
    expect_same(&twice, buf_slice(&once));
    schema_unref(schema);
    schema_unref(again);
    buf_release(&once);
    buf_release(&twice);
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
    switch (data[0] & 7) {
    case 0:
        fuzz_record(slice_of(bytes, size));
        break;
    case 1:
        fuzz_change(slice_of(bytes, size));
        break;
    case 2:
        fuzz_context(slice_of(bytes, size));
        break;
    case 3:
        fuzz_item_key(slice_of(bytes, size));
        break;
    default:
        fuzz_schema(slice_of(bytes, size));
        break;
    }
    free(bytes);
    return 0;
}
