/*
 * update_values.c - the values that updates make: numbers, unions, differences, longer lists.
 *
 * All are written straight in the stored format (value/value.h). Sets are sorted, so union and
 * difference are one merge; lists are concatenated as bytes, without looking into elements.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

int expr__number_value(struct arena *arena, const struct number *number, struct value *ret_value)
{
    uint8_t key[NUMBER_KEY_BYTES_MAX];
    size_t key_len = number_key_encode(number, key), len = 1;
    uint8_t *bytes = arena_alloc(arena, 1 + VARINT_BYTES_MAX + key_len);

    if (bytes == NULL)
        return ST_NOMEM;
    bytes[0] = VALUE_N;
    len += varint_put(bytes + len, key_len);
    memcpy(bytes + len, key, key_len);
    *ret_value = value_of(slice_of(bytes, len + key_len));
    return 0;
}

/** Writes type, length and count in front of `elements`, which lie behind HEAD_BYTES_MAX free
 * bytes. */
enum { HEAD_BYTES_MAX = 1 + 2 * VARINT_BYTES_MAX };

static struct value finish(uint8_t *bytes, enum value_type type, size_t count, size_t elements_len)
{
    size_t payload_len = varint_len(count) + elements_len;
    size_t head_len = 1 + varint_len(payload_len) + varint_len(count);
    uint8_t *head = bytes + HEAD_BYTES_MAX - head_len, *at = head;

    *at++ = (uint8_t)type;
    at += varint_put(at, payload_len);
    at += varint_put(at, count);
    assert(at == bytes + HEAD_BYTES_MAX);
    return value_of(slice_of(head, head_len + elements_len));
}

struct set_cursor {
    struct value_iterator iterator;
    struct value element;
    bool valid;
};

static void cursor_next(struct set_cursor *cursor)
{
    cursor->valid = value_next(&cursor->iterator, NULL, &cursor->element);
}

static struct set_cursor cursor_of(const struct value *set)
{
    struct set_cursor cursor = {.iterator = value_iterate(set)};

    cursor_next(&cursor);
    return cursor;
}

/** Below 0: the next element is in a only; above: in b only; 0: in both. One must be valid. */
static int cursor_order(const struct set_cursor *a, const struct set_cursor *b)
{
    if (!a->valid)
        return 1;
    if (!b->valid)
        return -1;
    return value_cmp(&a->element, &b->element);
}

static size_t put_element(uint8_t *to, const struct value *element)
{
    size_t len = varint_put(to, element->payload.len);

    if (element->payload.len > 0)
        memcpy(to + len, element->payload.ptr, element->payload.len);
    return len + element->payload.len;
}

/** Which elements to keep: those only in a, those in both, those only in b. */
static int merge_sets(struct arena *arena, const struct value *a, const struct value *b,
                      bool keep_common, bool keep_right, struct value *ret_set)
{
    struct set_cursor left = cursor_of(a), right = cursor_of(b);
    size_t room = HEAD_BYTES_MAX + a->encoded.len + (keep_right ? b->encoded.len : 0);
    uint8_t *bytes = arena_alloc(arena, room);
    size_t count = 0, len = 0;

    assert(a->type == b->type);
    if (bytes == NULL)
        return ST_NOMEM;
    while (left.valid || (keep_right && right.valid)) {
        int order = cursor_order(&left, &right);

        if (order < 0 || (order == 0 && keep_common) || (order > 0 && keep_right)) {
            len += put_element(bytes + HEAD_BYTES_MAX + len,
                               order > 0 ? &right.element : &left.element);
            count++;
        }
        if (order <= 0)
            cursor_next(&left);
        if (order >= 0)
            cursor_next(&right);
    }
    assert(HEAD_BYTES_MAX + len <= room);
    *ret_set = finish(bytes, a->type, count, len);
    return 0;
}

int expr__set_union(struct arena *arena, const struct value *a, const struct value *b,
                    struct value *ret_set)
{
    return merge_sets(arena, a, b, true, true, ret_set);
}

int expr__set_difference(struct arena *arena, const struct value *a, const struct value *b,
                         struct value *ret_set)
{
    return merge_sets(arena, a, b, false, false, ret_set);
}

bool expr__set_within(const struct value *a, const struct value *b)
{
    struct set_cursor left = cursor_of(a), right = cursor_of(b);

    while (left.valid) {
        int order = cursor_order(&left, &right);

        if (order < 0)
            return false;
        if (order == 0)
            cursor_next(&left);
        cursor_next(&right);
    }
    return true;
}

int expr__list_concat(struct arena *arena, const struct value *lists, size_t count,
                      struct value *ret_list)
{
    size_t elements = 0, room = HEAD_BYTES_MAX, len = 0;
    uint8_t *bytes;

    for (size_t i = 0; i < count; i++)
        room += lists[i].payload.len;
    bytes = arena_alloc(arena, room);
    if (bytes == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < count; i++) {
        struct reader reader = reader_of(lists[i].payload);
        struct slice rest;

        elements += reader_varint(&reader); /* the list's count; what is left are its elements */
        rest = reader_bytes(&reader, reader_left(&reader));
        if (rest.len > 0)
            memcpy(bytes + HEAD_BYTES_MAX + len, rest.ptr, rest.len);
        len += rest.len;
    }
    *ret_list = finish(bytes, VALUE_L, elements, len);
    return 0;
}

size_t expr__value_depth(const struct value *value)
{
    struct value_iterator iterator;
    struct value child;
    size_t deepest = 0;

    if (value->type != VALUE_L && value->type != VALUE_M)
        return 1;
    iterator = value_iterate(value); /* stored values nest at most VALUE_DEPTH_MAX deep */
    while (value_next(&iterator, NULL, &child)) {
        size_t depth = expr__value_depth(&child);

        deepest = depth > deepest ? depth : deepest;
    }
    return 1 + deepest;
}
