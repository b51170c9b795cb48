/*
 * arena.c - see arena.h. Chunks double up to 1 MiB; larger requests get a chunk of their own.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CHUNK_BYTES_MIN = 8 * 1024, CHUNK_BYTES_MAX = 1024 * 1024, ALIGNMENT = 16 };

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* of bytes[] */
    uint8_t bytes[] __attribute__((aligned(16)));
};

void arena_init(struct arena *arena, size_t max)
{
    *arena = (struct arena){.max = max};
}

void arena_init_small(struct arena *arena, size_t first)
{
    *arena = (struct arena){.first = first};
}

static void free_chunks(struct arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;

        free(chunk);
        chunk = next;
    }
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *keep = NULL, *chunk = arena->head;

    while (chunk != NULL) {
        struct arena_chunk *next = chunk->next;

        if (keep == NULL && chunk->size <= CHUNK_BYTES_MAX) {
            keep = chunk;
            keep->next = NULL;
        } else {
            free(chunk);
        }
        chunk = next;
    }
    arena->head = keep;
    arena->total = keep ? keep->size : 0;
    arena->at = keep ? keep->bytes : NULL;
    arena->end = keep ? keep->bytes + keep->size : NULL;
}

void arena_release(struct arena *arena)
{
    free_chunks(arena->head);
    *arena = (struct arena){.max = arena->max, .first = arena->first};
}

void *arena_alloc(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk;
    size_t chunk_size;
    void *ptr;

    if (size > SIZE_MAX - ALIGNMENT)
        return NULL;
    size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if ((size_t)(arena->end - arena->at) >= size && arena->at != NULL) {
        ptr = arena->at;
        arena->at += size;
        return ptr;
    }
    chunk_size = arena->first != 0 ? arena->first : CHUNK_BYTES_MIN;
    if (arena->head != NULL)
        chunk_size = arena->head->size * 2;
    if (chunk_size > CHUNK_BYTES_MAX)
        chunk_size = CHUNK_BYTES_MAX;
    if (chunk_size < size)
        chunk_size = size;
    if (arena->max != 0 && chunk_size > arena->max - arena->total) {
        chunk_size = size;
        if (size > arena->max - arena->total)
            return NULL;
    }
    chunk = malloc(sizeof(*chunk) + chunk_size);
    if (chunk == NULL)
        return NULL;
    chunk->size = chunk_size;
    chunk->next = arena->head;
    arena->head = chunk;
    arena->total += chunk_size;
    arena->at = chunk->bytes + size;
    arena->end = chunk->bytes + chunk_size;
    return chunk->bytes;
}

void *arena_zalloc(struct arena *arena, size_t size)
{
    void *ptr = arena_alloc(arena, size);

    if (ptr != NULL)
        memset(ptr, 0, size);
    return ptr;
}

struct slice arena_dup(struct arena *arena, struct slice bytes)
{
    uint8_t *ptr = arena_alloc(arena, bytes.len ? bytes.len : 1);

    if (ptr == NULL)
        return SLICE_EMPTY;
    if (bytes.len > 0)
        memcpy(ptr, bytes.ptr, bytes.len);
    return slice_of(ptr, bytes.len);
}

char *arena_str(struct arena *arena, struct slice bytes)
{
    char *ptr = arena_alloc(arena, bytes.len + 1);

    if (ptr == NULL)
        return NULL;
    if (bytes.len > 0)
        memcpy(ptr, bytes.ptr, bytes.len);
    ptr[bytes.len] = '\0';
    return ptr;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
    va_list args;
    char *ptr;
    int n;

    va_start(args, fmt);
    n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        return NULL;
    ptr = arena_alloc(arena, (size_t)n + 1);
    if (ptr == NULL)
        return NULL;
    va_start(args, fmt);
    vsnprintf(ptr, (size_t)n + 1, fmt, args);
    va_end(args);
    return ptr;
}
