/*
 * encoder.c - see encoder.h.
 *
 * The output is one region of the arena. It grows in place when nothing was allocated behind it,
 * and by copying into a region twice as large otherwise.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/encoder.h"

#include <assert.h>
#include <stdlib.h>

enum {
    REGION_BYTES_MIN = 512,
    INSERTION_SORT_MAX = 32,
};

/* ---- order ---- */

/*
 * Short names are put together from overlapping loads. Copying them into eight zeroed bytes is
 * simpler, but the load that follows then waits for the copy's stores: measured, half of the time
 * of encoder__end().
 */
uint64_t item_part__head(struct slice name)
{
    const uint8_t *at = name.ptr;
    size_t len = name.len;

    if (len >= 8)
        return be64_get(at);
    if (len >= 4)
        return (uint64_t)be32_get(at) << 32 | (uint64_t)be32_get(at + len - 4) << (64 - 8 * len);
    if (len == 0)
        return 0;
    return (uint64_t)at[0] << 56 | (uint64_t)at[len / 2] << (56 - 8 * (len / 2)) |
           (uint64_t)at[len - 1] << (64 - 8 * len);
}

static int cmp_names(const struct item_part *a, const struct item_part *b)
{
    if (a->head != b->head)
        return a->head < b->head ? -1 : 1;
    return slice_cmp(a->name, b->name); /* heads are padded with 0, so lengths still count */
}

static int cmp_parts(const void *pa, const void *pb)
{
    const struct item_part *a = pa, *b = pb;
    int c = cmp_names(a, b);

    return c != 0 ? c : (a->order < b->order ? -1 : a->order > b->order);
}

void item_parts__sort(struct item_part *parts, size_t count)
{
    if (count > INSERTION_SORT_MAX) {
        qsort(parts, count, sizeof(parts[0]), cmp_parts);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        struct item_part part = parts[i];
        size_t k = i;

        for (; k > 0 && cmp_parts(&parts[k - 1], &part) > 0; k--)
            parts[k] = parts[k - 1];
        parts[k] = part;
    }
}

/* ---- memory ---- */

void encoder__init(struct encoder *encoder, struct arena *arena)
{
    encoder->arena = arena;
    encoder->base = encoder->scratch = NULL;
    encoder->len = encoder->cap = encoder->scratch_cap = 0;
    encoder->parts = encoder->parts_inline;
    encoder->part_count = 0;
    encoder->part_cap = ENCODER_PARTS_INLINE;
}

struct slice encoder__result(const struct encoder *encoder)
{
    return slice_of(encoder->base, encoder->len);
}

int encoder__grow(struct encoder *encoder, size_t more)
{
    size_t cap = encoder->cap < REGION_BYTES_MIN ? REGION_BYTES_MIN : encoder->cap * 2;
    uint8_t *region;

    if (more > SIZE_MAX / 4 - encoder->len)
        return ST_NOMEM;
    while (cap - encoder->len < more)
        cap *= 2;
    region = arena_alloc(encoder->arena, cap);
    if (region == NULL)
        return ST_NOMEM;
    if (encoder->base != NULL && region == encoder->base + encoder->cap) {
        encoder->cap += cap;
        return 0;
    }
    if (encoder->len > 0)
        memcpy(region, encoder->base, encoder->len);
    encoder->base = region;
    encoder->cap = cap;
    return 0;
}

static int grow_parts(struct encoder *encoder)
{
    size_t cap = encoder->part_cap * 2;
    struct item_part *parts = arena_alloc(encoder->arena, cap * sizeof(parts[0]));

    if (parts == NULL)
        return ST_NOMEM;
    memcpy(parts, encoder->parts, encoder->part_count * sizeof(parts[0]));
    encoder->parts = parts;
    encoder->part_cap = cap;
    return 0;
}

static int reserve_scratch(struct encoder *encoder, size_t len)
{
    if (encoder->scratch_cap >= len)
        return 0;
    encoder->scratch = arena_alloc(encoder->arena, 2 * len);
    encoder->scratch_cap = encoder->scratch != NULL ? 2 * len : 0;
    return encoder->scratch != NULL ? 0 : ST_NOMEM;
}

/* ---- values ---- */

/* Nearly every length and count is below 128: no call for those. */
static size_t len_of_varint(uint64_t v)
{
    return v < 0x80 ? 1 : varint_len(v);
}

static void put_varint(struct encoder *encoder, uint64_t v)
{
    if (v < 0x80)
        encoder->base[encoder->len++] = (uint8_t)v;
    else
        encoder->len += varint_put(encoder->base + encoder->len, v);
}

int encoder__put_raw(struct encoder *encoder, struct slice encoded)
{
    if (encoder__reserve(encoder, encoded.len) < 0)
        return ST_NOMEM;
    memcpy(encoder->base + encoder->len, encoded.ptr, encoded.len);
    encoder->len += encoded.len;
    return 0;
}

int encoder__put_type(struct encoder *encoder, enum value_type type)
{
    if (encoder__reserve(encoder, 1) < 0)
        return ST_NOMEM;
    encoder->base[encoder->len++] = (uint8_t)type;
    return 0;
}

int encoder__put_room(struct encoder *encoder, enum value_type type, size_t len,
                      uint8_t **ret_bytes)
{
    if (len > SIZE_MAX / 8 || encoder__reserve(encoder, 1 + VARINT_BYTES_MAX + len) < 0)
        return ST_NOMEM;
    encoder->base[encoder->len++] = (uint8_t)type;
    put_varint(encoder, len);
    *ret_bytes = encoder->base + encoder->len;
    encoder->len += len;
    return 0;
}

int encoder__put_sized(struct encoder *encoder, enum value_type type, struct slice payload)
{
    uint8_t *bytes;

    if (encoder__put_room(encoder, type, payload.len, &bytes) < 0)
        return ST_NOMEM;
    if (payload.len > 0)
        memcpy(bytes, payload.ptr, payload.len);
    return 0;
}

int encoder__put_number(struct encoder *encoder, const struct number *number)
{
    if (encoder__reserve(encoder, 2 + NUMBER_KEY_BYTES_MAX) < 0)
        return ST_NOMEM;
    static_assert(NUMBER_KEY_BYTES_MAX < 0x80, "a number's length is one byte");
    encoder->base[encoder->len] = VALUE_N;
    encoder->base[encoder->len + 1] =
        (uint8_t)number_key_encode(number, encoder->base + encoder->len + 2);
    encoder->len += 2u + encoder->base[encoder->len + 1];
    return 0;
}

/* ---- containers ---- */

static int begin(struct encoder *encoder, struct encoder_container *container, size_t header_len,
                 bool sized)
{
    if (encoder__reserve(encoder, header_len) < 0)
        return ST_NOMEM;
    *container = (struct encoder_container){
        .header_at = encoder->len,
        .header_len = header_len,
        .part_base = encoder->part_count,
        .sized = sized,
    };
    encoder->len += header_len;
    return 0;
}

int encoder__begin(struct encoder *encoder, enum value_type type, bool large,
                   struct encoder_container *ret_container)
{
    if (encoder__put_type(encoder, type) < 0)
        return ST_NOMEM;
    return begin(encoder, ret_container, large ? 3 : 2, true);
}

int encoder__begin_item(struct encoder *encoder, struct encoder_container *ret_container)
{
    return begin(encoder, ret_container, 1, false);
}

/* Begins a run whose key has `len` bytes. The pointers are set when the container ends: the region
 * may move until then. */
static int push_part(struct encoder *encoder, size_t len)
{
    if (encoder->part_count == encoder->part_cap && grow_parts(encoder) < 0)
        return ST_NOMEM;
    encoder->parts[encoder->part_count++] = (struct item_part){
        .name = {.len = len},
        .order = encoder->len,
    };
    return 0;
}

int encoder__element(struct encoder *encoder, size_t len, uint8_t **ret_bytes)
{
    if (len > SIZE_MAX / 8 || encoder__reserve(encoder, VARINT_BYTES_MAX + len) < 0 ||
        push_part(encoder, len) < 0)
        return ST_NOMEM;
    put_varint(encoder, len);
    *ret_bytes = encoder->base + encoder->len;
    encoder->len += len;
    return 0;
}

int encoder__part(struct encoder *encoder, struct slice name)
{
    uint8_t *bytes;

    if (encoder__element(encoder, name.len, &bytes) < 0)
        return ST_NOMEM;
    if (name.len > 0)
        memcpy(bytes, name.ptr, name.len);
    return 0;
}

/* Fills in what push_part() could not know. True when the runs already are in strict order. */
static bool resolve_parts(struct encoder *encoder, struct item_part *parts, size_t count)
{
    bool ordered = true;

    for (size_t i = 0; i < count; i++) {
        struct item_part *part = &parts[i];
        size_t end = i + 1 < count ? parts[i + 1].order : encoder->len;

        part->encoded = slice_of(encoder->base + part->order, end - part->order);
        part->name.ptr = part->encoded.ptr + len_of_varint(part->name.len);
        part->head = item_part__head(part->name);
        if (i > 0 && cmp_names(&parts[i - 1], part) >= 0)
            ordered = false;
    }
    return ordered;
}

/* Of each group of equal names keeps the last, which is the last that was added. */
static size_t drop_duplicates(struct item_part *parts, size_t count)
{
    size_t kept = 0;

    for (size_t i = 0; i < count; i++)
        if (i + 1 == count || cmp_names(&parts[i], &parts[i + 1]) != 0)
            parts[kept++] = parts[i];
    return kept;
}

/* Rewrites the contents, at `at`, in the order of the names. */
static int reorder(struct encoder *encoder, size_t at, struct item_part *parts, size_t *count)
{
    size_t len = encoder->len - at;
    uint8_t *old = encoder->base + at;

    if (reserve_scratch(encoder, len) < 0)
        return ST_NOMEM;
    item_parts__sort(parts, *count);
    *count = drop_duplicates(parts, *count);
    memcpy(encoder->scratch, old, len);
    encoder->len = at;
    for (size_t i = 0; i < *count; i++) {
        const struct slice *run = &parts[i].encoded;

        memcpy(encoder->base + encoder->len, encoder->scratch + (run->ptr - old), run->len);
        encoder->len += run->len;
    }
    return 0;
}

int encoder__end(struct encoder *encoder, struct encoder_container *container, bool *ret_duplicates)
{
    struct item_part *parts = encoder->parts + container->part_base;
    size_t parts_given = encoder->part_count - container->part_base;
    size_t count = parts_given, contents_at = container->header_at + container->header_len;
    size_t contents_len, header_len;

    if (!resolve_parts(encoder, parts, count) && reorder(encoder, contents_at, parts, &count) < 0)
        return ST_NOMEM;
    encoder->part_count = container->part_base;
    if (ret_duplicates != NULL)
        *ret_duplicates = count < parts_given;
    if (parts_given == 0)
        count = container->count;

    contents_len = encoder->len - contents_at;
    header_len = len_of_varint(count);
    if (container->sized)
        header_len += len_of_varint(len_of_varint(count) + contents_len);
    if (header_len != container->header_len) {
        if (encoder__reserve(encoder, header_len) < 0)
            return ST_NOMEM;
        memmove(encoder->base + container->header_at + header_len, encoder->base + contents_at,
                contents_len);
    }
    encoder->len = container->header_at;
    if (container->sized)
        put_varint(encoder, len_of_varint(count) + contents_len);
    put_varint(encoder, count);
    assert(encoder->len == container->header_at + header_len);
    encoder->len += contents_len;
    return 0;
}
