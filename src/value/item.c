/*
 * item.c - building an item from attributes that are already encoded.
 *
 * Projections, index entries and replication pick attributes from existing items; their values are
 * copied as bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/encoder.h"

const struct slice ITEM_EMPTY = {.ptr = (const uint8_t *)"\0", .len = 1}; /* count 0 */

void item_builder_init(struct item_builder *builder, struct arena *arena)
{
    *builder = (struct item_builder){.arena = arena};
}

static int grow(struct item_builder *builder)
{
    size_t cap = builder->cap == 0 ? 16 : builder->cap * 2;
    struct item_part *parts = arena_alloc(builder->arena, cap * sizeof(parts[0]));

    if (parts == NULL)
        return ST_NOMEM;
    if (builder->count > 0)
        memcpy(parts, builder->parts, builder->count * sizeof(parts[0]));
    builder->parts = parts;
    builder->cap = cap;
    return 0;
}

void item_builder_add(struct item_builder *builder, struct slice name, struct slice encoded_value)
{
    if (builder->failed)
        return;
    if (builder->count == builder->cap && grow(builder) < 0) {
        builder->failed = true;
        return;
    }
    builder->parts[builder->count] = (struct item_part){
        .name = name,
        .encoded = encoded_value,
        .head = item_part__head(name),
        .order = builder->count,
    };
    builder->count++;
}

int item_build(struct item_builder *builder, struct slice *ret_item)
{
    const struct item_part *parts = builder->parts;
    size_t len = VARINT_BYTES_MAX, kept = 0;
    uint8_t *item, *at;

    if (builder->failed)
        return ST_NOMEM;
    item_parts__sort(builder->parts, builder->count);
    for (size_t i = 0; i < builder->count; i++) {
        if (i + 1 < builder->count && slice_eq(parts[i].name, parts[i + 1].name))
            continue; /* equal names are sorted by arrival: the last one stays */
        builder->parts[kept++] = parts[i];
        len += VARINT_BYTES_MAX + parts[i].name.len + parts[i].encoded.len;
    }
    builder->count = kept;
    item = arena_alloc(builder->arena, len);
    if (item == NULL)
        return ST_NOMEM;
    at = item + varint_put(item, kept);
    for (size_t i = 0; i < kept; i++) {
        at += varint_put(at, parts[i].name.len);
        if (parts[i].name.len > 0)
            memcpy(at, parts[i].name.ptr, parts[i].name.len);
        at += parts[i].name.len;
        memcpy(at, parts[i].encoded.ptr, parts[i].encoded.len);
        at += parts[i].encoded.len;
    }
    *ret_item = slice_of(item, (size_t)(at - item));
    return 0;
}
