/*
 * tags.c - see tags.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "table/tags.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int tag_cmp(const void *left, const void *right)
{
    const struct tag *a = left, *b = right;

    return slice_cmp(a->key, b->key);
}

static struct slice copy(uint8_t **to, struct slice from)
{
    struct slice copied = slice_of(*to, from.len);

    if (from.len > 0)
        memcpy(*to, from.ptr, from.len);
    *to += from.len;
    return copied;
}

struct tag_set *tag_set_new(const struct tag *tags, uint32_t count)
{
    size_t bytes = 0;
    struct tag_set *set;
    uint8_t *at;

    assert(count <= TAGS_MAX);
    for (uint32_t i = 0; i < count; i++)
        bytes += tags[i].key.len + tags[i].value.len;
    set = malloc(sizeof(*set) + count * sizeof(set->tags[0]) + bytes);
    if (set == NULL)
        return NULL;
    atomic_init(&set->refs, 1);
    set->count = count;
    at = (uint8_t *)&set->tags[count];
    for (uint32_t i = 0; i < count; i++) {
        set->tags[i].key = copy(&at, tags[i].key);
        set->tags[i].value = copy(&at, tags[i].value);
    }
    qsort(set->tags, count, sizeof(set->tags[0]), tag_cmp);
    for (uint32_t i = 1; i < count; i++)
        assert(slice_cmp(set->tags[i - 1].key, set->tags[i].key) < 0);
    return set;
}

struct tag_set *tag_set_ref(struct tag_set *set)
{
    if (set != NULL)
        atomic_fetch_add_explicit(&set->refs, 1, memory_order_relaxed);
    return set;
}

void tag_set_unref(struct tag_set *set)
{
    if (set != NULL && atomic_fetch_sub_explicit(&set->refs, 1, memory_order_acq_rel) == 1)
        free(set);
}

uint32_t tag_set_place(const struct tag_set *set, struct slice key)
{
    uint32_t at = 0;

    while (at < tag_set_count(set) && slice_cmp(set->tags[at].key, key) < 0)
        at++;
    return at;
}

void tag_set_to_json(const struct tag_set *set, struct json_writer *writer)
{
    json_array_begin(writer);
    for (uint32_t i = 0; i < tag_set_count(set); i++) {
        json_array_begin(writer);
        json_put_string(writer, set->tags[i].key);
        json_put_string(writer, set->tags[i].value);
        json_array_end(writer);
    }
    json_array_end(writer);
}

/* Two strings. */
static bool read_pair(struct json pair, struct tag *ret_tag)
{
    struct slice *const parts[] = {&ret_tag->key, &ret_tag->value};
    struct json_iterator iterator;
    struct json element;
    size_t count = 0;

    if (json_type(pair) != JSON_ARRAY || json_count(pair) != ARRAY_LEN(parts))
        return false;
    iterator = json_iterate(pair);
    while (json_next(&iterator, NULL, &element)) {
        if (json_type(element) != JSON_STRING)
            return false;
        *parts[count++] = json_string(element);
    }
    return true;
}

int tag_set_from_json(struct json array, struct tag_set **ret_set)
{
    struct tag tags[TAGS_MAX];
    struct json_iterator iterator;
    struct tag_set *set = NULL;
    struct json pair;
    uint32_t count = 0;

    if (json_type(array) != JSON_ARRAY || json_count(array) > TAGS_MAX)
        return ST_CORRUPT;
    iterator = json_iterate(array);
    while (json_next(&iterator, NULL, &pair)) {
        if (!read_pair(pair, &tags[count]) ||
            (count > 0 && slice_cmp(tags[count - 1].key, tags[count].key) >= 0))
            return ST_CORRUPT;
        count++;
    }
    if (count > 0) {
        set = tag_set_new(tags, count);
        if (set == NULL)
            return ST_NOMEM;
    }
    *ret_set = set;
    return 0;
}
