/*
 * value.c - looking at encoded values. See value.h for the format.
 *
 * A value is one type byte and, for most types, a length: skipping one needs no look inside. These
 * functions stay within the bytes they are given whatever those hold, but make sense of them only
 * when item_check() would accept them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/value.h"

#include <assert.h>

#include "value/number_priv.h"
#include "value/value_priv.h"

const char *value_type_name(enum value_type type)
{
    static const char *const names[] = {
        [VALUE_S] = "S",        [VALUE_N] = "N",       [VALUE_B] = "B",   [VALUE_TRUE] = "BOOL",
        [VALUE_FALSE] = "BOOL", [VALUE_NULL] = "NULL", [VALUE_SS] = "SS", [VALUE_NS] = "NS",
        [VALUE_BS] = "BS",      [VALUE_L] = "L",       [VALUE_M] = "M",
    };

    assert(type >= VALUE_S && type <= VALUE_M);
    return names[type];
}

/* reader_sized() with its common case, a length below 128, in line. */
static inline struct slice read_sized(struct reader *reader)
{
    if (!reader->failed && reader->at < reader->end && *reader->at < 0x80) {
        size_t len = *reader->at++;

        return reader_bytes(reader, len);
    }
    return reader_sized(reader);
}

bool value_read(struct reader *reader, struct value *ret_value)
{
    const uint8_t *start = reader->at;
    uint8_t type = reader_u8(reader);

    if (type < VALUE_S || type > VALUE_M) {
        reader->failed = true;
        return false;
    }
    ret_value->type = (enum value_type)type;
    if (value__is_flag(ret_value->type))
        ret_value->payload = SLICE_EMPTY;
    else
        ret_value->payload = read_sized(reader);
    ret_value->encoded = slice_of(start, (size_t)(reader->at - start));
    return !reader->failed;
}

struct value value_of(struct slice encoded)
{
    struct reader reader = reader_of(encoded);
    struct value value;
    bool valid = value_read(&reader, &value);

    assert(valid);
    assert(reader_done(&reader));
    return value;
}

struct number value_number(const struct value *value)
{
    struct number number = {0};
    int rc;

    assert(value->type == VALUE_N);
    rc = number_key_decode(value->payload, &number);
    assert(rc == 0);
    return number;
}

bool value_eq(const struct value *a, const struct value *b)
{
    return a->type == b->type && slice_eq(a->payload, b->payload);
}

int value_cmp(const struct value *a, const struct value *b)
{
    assert(a->type == b->type);
    assert(value__is_scalar(a->type));
    return slice_cmp(a->payload, b->payload); /* number keys sort as the numbers do */
}

size_t value_count(const struct value *value)
{
    struct reader reader = reader_of(value->payload);

    assert(value->type >= VALUE_SS);
    return (size_t)reader_varint(&reader);
}

/* ---- iteration ---- */

static struct value_iterator iterate(struct slice bytes, enum value_type container)
{
    struct value_iterator iterator = {.reader = reader_of(bytes), .container = container};

    iterator.left = (size_t)reader_varint(&iterator.reader);
    return iterator;
}

struct value_iterator value_iterate(const struct value *container)
{
    assert(container->type >= VALUE_SS);
    return iterate(container->payload, container->type);
}

bool value_next(struct value_iterator *iterator, struct slice *ret_name, struct value *ret_value)
{
    struct slice name = SLICE_EMPTY;

    if (iterator->left == 0 || iterator->reader.failed)
        return false;
    iterator->left--;
    if (value__is_set(iterator->container)) {
        ret_value->type = value__element_type(iterator->container);
        ret_value->payload = read_sized(&iterator->reader);
        ret_value->encoded = SLICE_EMPTY;
    } else {
        if (iterator->container == VALUE_M)
            name = read_sized(&iterator->reader);
        value_read(&iterator->reader, ret_value);
    }
    if (ret_name != NULL)
        *ret_name = name;
    return !iterator->reader.failed;
}

struct value_iterator item_iterate(struct slice item)
{
    return iterate(item, VALUE_M);
}

size_t item_count(struct slice item)
{
    return item_iterate(item).left;
}

bool item_find(struct slice item, struct slice name, struct value *ret_value)
{
    struct value_iterator iterator = item_iterate(item);
    struct slice candidate;

    while (value_next(&iterator, &candidate, ret_value))
        if (slice_eq(candidate, name))
            return true;
    return false;
}

/* ---- sizes and depth ---- */

size_t value_size(const struct value *value)
{
    struct value_iterator iterator;
    struct value element;
    struct slice name;
    size_t size;

    switch (value->type) {
    case VALUE_S:
    case VALUE_B:
        return value->payload.len;
    case VALUE_N:
        return number__key_size(value->payload);
    case VALUE_TRUE:
    case VALUE_FALSE:
    case VALUE_NULL:
        return 1;
    default:
        break;
    }
    size = value__is_set(value->type) ? 0 : 3;
    for (iterator = value_iterate(value); value_next(&iterator, &name, &element);)
        size += value_size(&element) + name.len + !value__is_set(value->type);
    return size;
}

size_t item_size(struct slice item)
{
    struct value_iterator iterator = item_iterate(item);
    struct value value;
    struct slice name;
    size_t size = 0;

    while (value_next(&iterator, &name, &value))
        size += name.len + value_size(&value);
    return size;
}

size_t value__depth(struct slice encoded)
{
    struct value value = value_of(encoded), element;
    struct value_iterator iterator;
    size_t deepest = 0;

    if (value.type != VALUE_L && value.type != VALUE_M)
        return 1;
    for (iterator = value_iterate(&value); value_next(&iterator, NULL, &element);) {
        size_t depth = value__depth(element.encoded);

        if (depth > deepest)
            deepest = depth;
    }
    return 1 + deepest;
}

/* ---- keys ---- */

struct slice value_key_bytes(const struct value *value)
{
    assert(value__is_scalar(value->type));
    return value->payload;
}

int value_from_key_bytes(enum value_type type, struct slice key, struct arena *arena,
                         struct slice *ret_encoded)
{
    struct number number;
    uint8_t *bytes;
    size_t at = 1;

    assert(value__is_scalar(type));
    if (type == VALUE_N && number_key_decode(key, &number) < 0)
        return ST_CORRUPT;
    bytes = arena_alloc(arena, 1 + VARINT_BYTES_MAX + key.len);
    if (bytes == NULL)
        return ST_NOMEM;
    bytes[0] = (uint8_t)type;
    at += varint_put(bytes + at, key.len);
    if (key.len > 0)
        memcpy(bytes + at, key.ptr, key.len);
    *ret_encoded = slice_of(bytes, at + key.len);
    return 0;
}
