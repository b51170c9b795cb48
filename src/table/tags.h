/*
 * tags.h - the tags of a table: an immutable set, sorted by key, that schemas share.
 *
 *     set = tag_set_new(tags, count);            (copies)
 *     schema->tags = set;                        (its reference)
 *
 * Limits are the API's to enforce, but TAGS_MAX holds here too, for catalogue entries.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TABLE_TAGS_H
#define TROPIC_TABLE_TAGS_H

#include <stdatomic.h>

#include "base/bytes.h"
#include "base/status.h"
#include "value/json.h"

enum { TAGS_MAX = 50 }; /* of a resource. Source: Service quotas */

struct tag {
    struct slice key, value;
};
struct tag_set {
    _Atomic uint32_t refs;
    uint32_t count;
    struct tag tags[]; /* ascending by the bytes of the key; their bytes follow */
};

/** One reference; sorted and copied, at most TAGS_MAX with distinct keys. NULL: no memory. */
struct tag_set *tag_set_new(const struct tag *tags, uint32_t count);
struct tag_set *tag_set_ref(struct tag_set *set); /* NULL is NULL */
void tag_set_unref(struct tag_set *set);          /* NULL is a no-op */
static inline uint32_t tag_set_count(const struct tag_set *set)
{
    return set != NULL ? set->count : 0;
}
/** Where a key is, or would be. */
uint32_t tag_set_place(const struct tag_set *set, struct slice key);

void tag_set_to_json(const struct tag_set *set, struct json_writer *writer); /* [["k","v"],...] */
/** 0, ST_CORRUPT, ST_NOMEM. No tags: NULL. */
int tag_set_from_json(struct json array, struct tag_set **ret_set);

#endif
