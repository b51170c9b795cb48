/*
 * bytes.h - borrowed slices, growable buffers, big-endian and varint coding.
 *
 * A slice never owns its bytes and need not end in NUL. A buf owns its bytes. Stored keys use
 * big-endian integers so that byte order is logical order; lengths inside records use varints
 * (LEB128, at most 10 bytes).
 *
 * Readers (`struct reader`) never pass their end: the first failed read sets `failed` and all later
 * ones return zero, so a decoder may read a whole header and check once.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_BASE_BYTES_H
#define TROPIC_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef unsigned __int128 u128;

struct slice {
    const uint8_t *ptr; /* borrowed; may be NULL when len is 0 */
    size_t len;
};

#define SLICE_EMPTY ((struct slice){.ptr = NULL, .len = 0})
#define SLICE(literal)                                                                             \
    ((struct slice){.ptr = (const uint8_t *)(literal), .len = sizeof(literal) - 1})
/* For printf("%.*s"). */
#define SLICE_ARGS(slice)                                                                          \
    (int)(slice).len, (const char *)((slice).ptr ? (slice).ptr : (const uint8_t *)"")

#define BIT(n) (1u << (n))
#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

static inline struct slice slice_of(const void *ptr, size_t len)
{
    return (struct slice){.ptr = ptr, .len = len};
}

static inline struct slice slice_str(const char *text)
{
    return (struct slice){.ptr = (const uint8_t *)text, .len = strlen(text)};
}

static inline bool slice_eq(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static inline bool slice_eq_str(struct slice a, const char *text)
{
    return slice_eq(a, slice_str(text));
}

/** Bytewise order, unsigned, a shorter prefix first: DynamoDB's order of strings and binaries. */
static inline int slice_cmp(struct slice a, struct slice b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int c = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    if (c != 0)
        return c;
    return a.len < b.len ? -1 : a.len > b.len;
}

static inline bool slice_has_prefix(struct slice a, struct slice prefix)
{
    return a.len >= prefix.len && (prefix.len == 0 || memcmp(a.ptr, prefix.ptr, prefix.len) == 0);
}

/** The rest of `a` after its first n bytes; n must not exceed a.len. */
static inline struct slice slice_skip(struct slice a, size_t n)
{
    return (struct slice){.ptr = a.ptr + n, .len = a.len - n};
}

/* ---- fixed-width big-endian ---- */

static inline void be16_put(uint8_t *to, uint16_t v)
{
    v = __builtin_bswap16(v);
    memcpy(to, &v, 2);
}
static inline void be32_put(uint8_t *to, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(to, &v, 4);
}
static inline void be64_put(uint8_t *to, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(to, &v, 8);
}
static inline uint16_t be16_get(const uint8_t *from)
{
    uint16_t v;
    memcpy(&v, from, 2);
    return __builtin_bswap16(v);
}
static inline uint32_t be32_get(const uint8_t *from)
{
    uint32_t v;
    memcpy(&v, from, 4);
    return __builtin_bswap32(v);
}
static inline uint64_t be64_get(const uint8_t *from)
{
    uint64_t v;
    memcpy(&v, from, 8);
    return __builtin_bswap64(v);
}

/* ---- growable buffer ---- */

/**
 * Owns ptr (malloc). Appending returns 0 or ST_NOMEM. A failed append leaves the contents as they
 * were and sets `failed`, which later appends keep returning: a writer may append many times and
 * check buf_failed() once.
 */
struct buf {
    uint8_t *ptr;
    size_t len, cap;
    bool failed;
};

#define BUF_EMPTY ((struct buf){.ptr = NULL})

int buf_reserve(struct buf *buf, size_t more);
int buf_append(struct buf *buf, const void *bytes, size_t len);
int buf_printf(struct buf *buf, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_clear(struct buf *buf);   /* keeps the memory */
void buf_release(struct buf *buf); /* frees; an empty buf is a no-op */

static inline int buf_append_slice(struct buf *buf, struct slice bytes)
{
    return buf_append(buf, bytes.ptr, bytes.len);
}
static inline int buf_append_str(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}
static inline int buf_append_u8(struct buf *buf, uint8_t v)
{
    return buf_append(buf, &v, 1);
}
static inline int buf_append_be16(struct buf *buf, uint16_t v)
{
    uint8_t b[2];
    be16_put(b, v);
    return buf_append(buf, b, 2);
}
static inline int buf_append_be32(struct buf *buf, uint32_t v)
{
    uint8_t b[4];
    be32_put(b, v);
    return buf_append(buf, b, 4);
}
static inline int buf_append_be64(struct buf *buf, uint64_t v)
{
    uint8_t b[8];
    be64_put(b, v);
    return buf_append(buf, b, 8);
}
int buf_append_varint(struct buf *buf, uint64_t v);
/** varint length, then the bytes. */
int buf_append_sized(struct buf *buf, struct slice bytes);

static inline bool buf_failed(const struct buf *buf)
{
    return buf->failed;
}
static inline struct slice buf_slice(const struct buf *buf)
{
    return (struct slice){.ptr = buf->ptr, .len = buf->len};
}

enum { VARINT_BYTES_MAX = 10 };

/** Writes v to `to` (at least VARINT_BYTES_MAX bytes) and returns the length. */
size_t varint_put(uint8_t *to, uint64_t v);
size_t varint_len(uint64_t v);

/* ---- bounded reader ---- */

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

static inline struct reader reader_of(struct slice bytes)
{
    /* An empty slice may have no address, and C17 allows no arithmetic on NULL, not even + 0. */
    const uint8_t *at = bytes.ptr != NULL ? bytes.ptr : (const uint8_t *)"";

    return (struct reader){.at = at, .end = at + bytes.len};
}
static inline size_t reader_left(const struct reader *reader)
{
    return (size_t)(reader->end - reader->at);
}
static inline struct slice reader_bytes(struct reader *reader, size_t len)
{
    struct slice bytes = {.ptr = reader->at, .len = len};

    if (reader->failed || reader_left(reader) < len) {
        reader->failed = true;
        return SLICE_EMPTY;
    }
    reader->at += len;
    return bytes;
}
static inline uint8_t reader_u8(struct reader *reader)
{
    struct slice b = reader_bytes(reader, 1);
    return b.len ? b.ptr[0] : 0;
}
static inline uint16_t reader_be16(struct reader *reader)
{
    struct slice b = reader_bytes(reader, 2);
    return b.len ? be16_get(b.ptr) : 0;
}
static inline uint32_t reader_be32(struct reader *reader)
{
    struct slice b = reader_bytes(reader, 4);
    return b.len ? be32_get(b.ptr) : 0;
}
static inline uint64_t reader_be64(struct reader *reader)
{
    struct slice b = reader_bytes(reader, 8);
    return b.len ? be64_get(b.ptr) : 0;
}
/** Minimal encodings only; a longer one than needed fails. */
uint64_t reader_varint(struct reader *reader);
struct slice reader_sized(struct reader *reader);
/** True when nothing failed and nothing is left. */
static inline bool reader_done(const struct reader *reader)
{
    return !reader->failed && reader->at == reader->end;
}

#endif
