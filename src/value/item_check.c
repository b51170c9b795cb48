/*
 * item_check.c - is this an item? The gate for bytes that we did not encode ourselves.
 *
 * Behind it, accessors assert and writers copy: it must prove everything they rely on.
 *   (1) Lengths and counts fit the bytes exactly, and are minimally encoded.
 *   (2) Names are 1 to 65535 bytes and strictly ascending in each map; set elements are strictly
 *       ascending and no set is empty. So equal items have equal bytes.
 *   (3) Names and strings are UTF-8, since they are copied into JSON answers as they are.
 *   (4) Numbers are what number_key_encode makes.
 *   (5) Values nest at most VALUE_DEPTH_MAX deep, which also bounds recursion here and elsewhere.
 *
 * DynamoDB's limit on an item's size is not checked here: it belongs to the operations.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/json_simdjson.h"
#include "value/value.h"
#include "value/value_priv.h"

static bool check_value(struct reader *reader, unsigned level);

/* Most names and strings are short and ASCII, for which the general validator is a costly call. */
static bool is_utf8(struct slice text)
{
    size_t n = 0;
    uint64_t high = 0, word;

    for (; text.len - n >= sizeof(word); n += sizeof(word)) {
        memcpy(&word, text.ptr + n, sizeof(word));
        high |= word;
    }
    for (; n < text.len; n++)
        high |= (uint64_t)text.ptr[n];
    return (high & UINT64_C(0x8080808080808080)) == 0 || json__utf8_valid(text.ptr, text.len);
}

static bool check_scalar(enum value_type type, struct slice payload)
{
    struct number number;

    switch (type) {
    case VALUE_S:
        return is_utf8(payload);
    case VALUE_N:
        return number_key_decode(payload, &number) == 0;
    default:
        return true;
    }
}

static bool check_set(enum value_type type, struct slice payload)
{
    struct reader reader = reader_of(payload);
    uint64_t count = reader_varint(&reader);
    struct slice previous = SLICE_EMPTY;

    if (reader.failed || count == 0)
        return false;
    for (uint64_t i = 0; i < count; i++) {
        struct slice element = reader_sized(&reader);

        if (reader.failed || !check_scalar(value__element_type(type), element))
            return false;
        if (i > 0 && slice_cmp(previous, element) >= 0)
            return false;
        previous = element;
    }
    return reader_done(&reader);
}

static bool check_list(struct slice payload, unsigned level)
{
    struct reader reader = reader_of(payload);
    uint64_t count = reader_varint(&reader);

    for (uint64_t i = 0; i < count; i++)
        if (!check_value(&reader, level + 1))
            return false;
    return reader_done(&reader);
}

/* The members of a map or an item, whose values are at `level`. */
static bool check_members(struct slice bytes, unsigned level)
{
    struct reader reader = reader_of(bytes);
    uint64_t count = reader_varint(&reader);
    struct slice previous = SLICE_EMPTY;

    for (uint64_t i = 0; i < count; i++) {
        struct slice name = reader_sized(&reader);

        if (reader.failed || name.len == 0 || name.len > ATTRIBUTE_NAME_BYTES_MAX)
            return false;
        if (slice_cmp(previous, name) >= 0 || !is_utf8(name))
            return false;
        if (!check_value(&reader, level))
            return false;
        previous = name;
    }
    return reader_done(&reader);
}

static bool check_value(struct reader *reader, unsigned level)
{
    struct value value;

    if (level > VALUE_DEPTH_MAX || !value_read(reader, &value))
        return false;
    switch (value.type) {
    case VALUE_TRUE:
    case VALUE_FALSE:
    case VALUE_NULL:
        return true;
    case VALUE_S:
    case VALUE_N:
    case VALUE_B:
        return check_scalar(value.type, value.payload);
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
        return check_set(value.type, value.payload);
    case VALUE_L:
        return check_list(value.payload, level);
    case VALUE_M:
        return check_members(value.payload, level + 1);
    }
    return false;
}

int item_check(struct slice item)
{
    return check_members(item, 1) ? 0 : ST_CORRUPT;
}
