/*
 * frame_queue.c - bytes on their way out, in chunks.
 *
 * Small frames lie side by side, so that one TLS record and one system call carry many of them; a
 * large frame lies in several chunks, so that nothing is ever moved or grown. A chunk that was
 * offered to TLS and not taken stays where it is and only becomes longer, as TLS demands.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "http/frame_priv.h"

struct frame_chunk {
    struct list_node node;
    size_t end; /* bytes[0 ... end) are filled */
    uint8_t bytes[FRAME_CHUNK_BYTES];
};

static struct frame_chunk *first_chunk(const struct frame_queue *queue)
{
    return LIST_ENTRY(queue->chunks.next, struct frame_chunk, node);
}

void frame_queue__init(struct frame_queue *queue)
{
    *queue = (struct frame_queue){.bytes = 0};
    list_init(&queue->chunks);
}

static void free_chunks(struct list_node *chunks)
{
    struct list_node *node;

    while ((node = list_pop(chunks)) != NULL)
        free(LIST_ENTRY(node, struct frame_chunk, node));
}

void frame_queue__release(struct frame_queue *queue)
{
    free_chunks(&queue->chunks);
    free(queue->spare);
    frame_queue__init(queue);
}

/** Appends empty chunks to `chunks` until they and `room` hold `len` bytes. */
static int make_room(struct frame_queue *queue, struct list_node *chunks, size_t room, size_t len)
{
    while (room < len) {
        struct frame_chunk *chunk = queue->spare;

        queue->spare = NULL;
        if (chunk == NULL)
            chunk = malloc(sizeof(*chunk));
        if (chunk == NULL)
            return ST_NOMEM;
        chunk->end = 0;
        list_append(chunks, &chunk->node);
        room += sizeof(chunk->bytes);
    }
    return 0;
}

static void fill(struct frame_queue *queue, struct frame_chunk **chunk, struct slice bytes)
{
    while (bytes.len > 0) {
        size_t n = sizeof((*chunk)->bytes) - (*chunk)->end;

        if (n == 0) {
            *chunk = LIST_ENTRY((*chunk)->node.next, struct frame_chunk, node);
            continue;
        }
        if (n > bytes.len)
            n = bytes.len;
        memcpy((*chunk)->bytes + (*chunk)->end, bytes.ptr, n);
        (*chunk)->end += n;
        queue->bytes += n;
        bytes = slice_skip(bytes, n);
    }
}

int frame_queue__append(struct frame_queue *queue, const struct slice *parts, size_t count)
{
    struct frame_chunk *last = NULL;
    struct list_node added;
    size_t len = 0, room = 0;

    for (size_t i = 0; i < count; i++)
        len += parts[i].len;
    if (len == 0)
        return 0;
    if (!list_empty(&queue->chunks)) {
        last = LIST_ENTRY(queue->chunks.prev, struct frame_chunk, node);
        room = sizeof(last->bytes) - last->end;
    }
    list_init(&added);
    if (make_room(queue, &added, room, len) < 0) {
        free_chunks(&added);
        return ST_NOMEM;
    }
    if (last == NULL)
        last = LIST_ENTRY(added.next, struct frame_chunk, node);
    list_splice(&queue->chunks, &added);
    for (size_t i = 0; i < count; i++)
        fill(queue, &last, parts[i]);
    return 0;
}

struct slice frame_queue__front(const struct frame_queue *queue)
{
    const struct frame_chunk *chunk = first_chunk(queue);

    assert(queue->bytes > 0);
    return slice_of(chunk->bytes + queue->begin, chunk->end - queue->begin);
}

void frame_queue__take(struct frame_queue *queue, size_t len)
{
    struct frame_chunk *chunk = first_chunk(queue);

    assert(len <= chunk->end - queue->begin);
    queue->begin += len;
    queue->bytes -= len;
    if (queue->begin < chunk->end)
        return;
    queue->begin = 0;
    list_remove(&chunk->node);
    free(queue->spare);
    queue->spare = chunk;
}
