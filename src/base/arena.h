/*
 * arena.h - memory that dies all at once.
 *
 * A request, a frame or a decision allocates from one arena and is reset as a whole; nothing inside
 * is freed singly. An arena has an upper bound, so no request can take the process's memory.
 * One arena belongs to one thread at a time.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_ARENA_H
#define TROPIC_BASE_ARENA_H

#include <stddef.h>

#include "base/bytes.h"

struct arena_chunk;

struct arena {
    struct arena_chunk *head; /* newest first */
    uint8_t *at, *end;        /* free space of the newest chunk */
    size_t total, max;        /* bytes taken from malloc, and their bound */
    size_t first;             /* size of the first chunk; 0: an ordinary one */
};

/** max: bytes that the arena may hold in all; 0 means no bound. */
void arena_init(struct arena *arena, size_t max);
/** Without bound, for one of many things that live long: begins with a chunk of `first` bytes. */
void arena_init_small(struct arena *arena, size_t first);
/** Keeps one chunk of ordinary size for reuse, frees the rest. */
void arena_reset(struct arena *arena);
void arena_release(struct arena *arena);

/** 16-byte aligned, not zeroed. NULL when memory or the bound is exhausted. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_zalloc(struct arena *arena, size_t size);
/** Copies bytes; ptr is NULL (with len kept 0) on failure, and never NULL on success. */
struct slice arena_dup(struct arena *arena, struct slice bytes);
/** Copies bytes and ends them with NUL; NULL on failure. */
char *arena_str(struct arena *arena, struct slice bytes);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, n) ((type *)arena_zalloc((arena), sizeof(type) * (n)))

#endif
