/*
 * fuzz_frame.c - frames of links, their bodies and group documents from arbitrary bytes.
 *
 * The first byte chooses: a whole frame (as it is, or with magic, lengths and checksum made right,
 * for otherwise the fuzzer would never get past them), one body, or a group document. A body that
 * is accepted and appended again must give the same bytes; a document must survive its own JSON.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "replication/frame.h"
#include "replication/group_json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(struct buf *again, struct slice bytes)
{
    if (!slice_eq(buf_slice(again), bytes))
        abort();
    buf_release(again);
}

/** Reads a body; appended again it must be the same. `name` has both functions. */
#define FUZZ_BODY(name)                                                                            \
    do {                                                                                           \
        struct name body;                                                                          \
        struct buf again = BUF_EMPTY;                                                              \
                                                                                                   \
        if (name##_read(bytes, &body)) {                                                           \
            name##_append(&again, &body);                                                          \
            expect_same(&again, bytes);                                                            \
        }                                                                                          \
    } while (0)

static void fuzz_changes(struct slice changes, uint32_t count)
{
    struct reader reader = reader_of(changes);
    struct change change;

    for (uint32_t i = 0; i < count && !reader.failed; i++) {
        if (change_decode(reader_sized(&reader), &change) == 0 && change.has_new)
            item_check(change.new_image);
    }
}

static void fuzz_feed_data(struct slice bytes)
{
    struct feed_data_body body;
    struct buf again = BUF_EMPTY;

    if (!feed_data_body_read(bytes, &body))
        return;
    fuzz_changes(body.changes, body.count);
    feed_data_body_append_head(&again, &body);
    buf_append_slice(&again, body.changes);
    expect_same(&again, bytes);
}

static void fuzz_snapshot_page(struct slice bytes)
{
    struct snapshot_page_body body;
    struct snapshot_position position;
    struct buf again = BUF_EMPTY;
    struct reader reader;

    if (!snapshot_page_body_read(bytes, &body))
        return;
    reader = reader_of(body.positions);
    for (uint32_t i = 0; i < body.position_count && snapshot_position_read(&reader, &position); i++)
        ;
    fuzz_changes(body.changes, body.count);
    snapshot_page_body_append_head(&again, &body);
    buf_append_slice(&again, body.kind == SNAPSHOT_POSITIONS ? body.positions : body.changes);
    expect_same(&again, bytes);
}

static void fuzz_verify_answer(struct slice bytes)
{
    struct verify_answer_body body;
    struct verify_leaf leaf;
    struct verify_key key;
    struct buf again = BUF_EMPTY;
    struct reader reader;

    if (!verify_answer_body_read(bytes, &body))
        return;
    reader = reader_of(body.list);
    for (uint32_t i = 0; i < body.count; i++) {
        if (body.kind == VERIFY_SUMS ? !verify_leaf_read(&reader, &leaf)
                                     : !verify_key_read(&reader, &key))
            break;
    }
    verify_answer_body_append_head(&again, &body);
    buf_append_slice(&again, body.list);
    expect_same(&again, bytes);
}

static void fuzz_document(struct slice json)
{
    struct group_document *first = malloc(sizeof(*first)), *second = malloc(sizeof(*second));
    struct index_sets sets = {.count = 0};
    struct buf again = BUF_EMPTY;

    if (first == NULL || second == NULL)
        abort();
    if (group_from_json(json, &sets, first) == 0) {
        if (group_to_json(first, &again) < 0 ||
            group_from_json(buf_slice(&again), &sets, second) < 0 || second->hash != first->hash ||
            second->settings.indexes != first->settings.indexes ||
            second->member_count != first->member_count)
            abort();
    }
    index_sets_release(&sets);
    buf_release(&again);
    free(first);
    free(second);
}

static void fuzz_body(enum frame_type type, struct slice bytes)
{
    switch (type) {
    case FRAME_HELLO:
        FUZZ_BODY(hello_body);
        break;
    case FRAME_HEARTBEAT:
        FUZZ_BODY(heartbeat_body);
        break;
    case FRAME_FEED_OPEN:
        FUZZ_BODY(feed_open_body);
        break;
    case FRAME_FEED_DATA:
        fuzz_feed_data(bytes);
        break;
    case FRAME_FEED_ACK:
        FUZZ_BODY(feed_ack_body);
        break;
    case FRAME_FEED_REFUSE:
        FUZZ_BODY(feed_refuse_body);
        break;
    case FRAME_GOSSIP:
        FUZZ_BODY(gossip_body);
        break;
    case FRAME_SNAPSHOT_ASK:
        FUZZ_BODY(snapshot_ask_body);
        break;
    case FRAME_SNAPSHOT_PAGE:
        fuzz_snapshot_page(bytes);
        break;
    case FRAME_GROUP_ASK:
        FUZZ_BODY(group_ask_body);
        break;
    case FRAME_GROUP_ANSWER:
        FUZZ_BODY(group_answer_body);
        break;
    case FRAME_VERIFY_ASK:
        FUZZ_BODY(verify_ask_body);
        break;
    case FRAME_VERIFY_ANSWER:
        fuzz_verify_answer(bytes);
        break;
    case FRAME_TYPE_COUNT:
        break;
    }
}

/** Magic, version, lengths and checksum as a sender would write them. */
static void make_right(struct buf *frame)
{
    uint32_t crc;

    memcpy(frame->ptr, "TPC1", 4);
    frame->ptr[4] = FRAME_VERSION;
    be32_put(frame->ptr + 24, (uint32_t)(frame->len - FRAME_HEADER_BYTES));
    if ((be16_get(frame->ptr + 6) & FRAME_ZSTD) == 0)
        be32_put(frame->ptr + 28, (uint32_t)(frame->len - FRAME_HEADER_BYTES));
    crc = crc32c(0, slice_of(frame->ptr, 32));
    crc = crc32c(crc, slice_of(frame->ptr + FRAME_HEADER_BYTES, frame->len - FRAME_HEADER_BYTES));
    be32_put(frame->ptr + 32, crc);
}

static void fuzz_frame(struct slice bytes, bool right)
{
    static struct frame_codec *codec;
    struct buf frame = BUF_EMPTY, scratch = BUF_EMPTY;
    struct frame_header header;
    struct slice body;

    if (codec == NULL)
        codec = frame_codec_new();
    if (codec == NULL || buf_append_slice(&frame, bytes) < 0)
        abort();
    if (right && frame.len >= FRAME_HEADER_BYTES)
        make_right(&frame);
    if (frame_open(buf_slice(&frame), codec, &scratch, &header, &body) == 0)
        fuzz_body(header.type, body);
    buf_release(&frame);
    buf_release(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice bytes;

    if (size == 0)
        return 0;
    bytes = slice_of(data + 1, size - 1);
    if (data[0] == 0xff)
        fuzz_frame(bytes, false);
    else if (data[0] == 0xfe)
        fuzz_frame(bytes, true);
    else if (data[0] == '{')
        fuzz_document(slice_of(data, size));
    else
        fuzz_body((enum frame_type)(1 + data[0] % (FRAME_TYPE_COUNT - 1)), bytes);
    return 0;
}
