/*
 * meta.c - keys and values that other modules keep in a Region's store: groups, workflows,
 * checkpoints. Values are sealed here, on the way in (edits.c, apply.c) and on the way out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <string.h>

#include "table/store_priv.h"

int store_meta_key(struct buf *out, const char *owner, struct slice name)
{
    buf_append_u8(out, SPACE_META);
    buf_append_str(out, owner);
    buf_append_u8(out, '/');
    return buf_append_slice(out, name);
}

int store_meta_get(struct store *store, const char *owner, struct slice name, struct arena *arena,
                   struct slice *ret_value)
{
    struct pinned pin = PINNED_EMPTY;
    struct buf key = BUF_EMPTY;
    struct slice payload, value;
    int rc = store_meta_key(&key, owner, name);

    if (rc == 0)
        rc = engine_get(store->engine, ENGINE_DATA, buf_slice(&key), ENGINE_READ_ANY, &pin);
    if (rc == 0)
        rc = sealed_open(pin.value, &payload);
    if (rc == 0) {
        value = arena_dup(arena, payload);
        if (value.ptr == NULL)
            rc = ST_NOMEM;
        else
            *ret_value = value;
    }
    engine_unpin(&pin);
    buf_release(&key);
    return rc;
}

int store_meta_each(struct store *store, const char *owner, struct slice prefix,
                    int (*visit)(void *context, struct slice name, struct slice value),
                    void *context)
{
    size_t name_at = 1 + strlen(owner) + 1;
    struct engine_iterator *iterator = NULL;
    struct storage_key upper = {.len = 0};
    struct buf lower = BUF_EMPTY;
    int rc = store_meta_key(&lower, owner, prefix);

    if (rc < 0 || lower.len > sizeof(upper.bytes)) {
        rc = rc < 0 ? rc : ST_TOOBIG;
        goto out;
    }
    upper.len = lower.len;
    memcpy(upper.bytes, lower.ptr, lower.len);
    storage_key_successor(&upper);
    rc = engine_iterate(store->engine, ENGINE_DATA, buf_slice(&lower), storage_key_slice(&upper),
                        ENGINE_READ_ANY, &iterator);
    if (rc < 0)
        goto out;
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        struct slice payload;
        int visit_rc = sealed_open(engine_iterator_value(iterator), &payload);

        if (visit_rc == 0)
            visit_rc = visit(context, slice_skip(engine_iterator_key(iterator), name_at), payload);
        if (visit_rc != 0) {
            rc = visit_rc;
            goto out;
        }
    }
    if (rc > 0)
        rc = 0;
out:
    engine_iterator_free(iterator);
    buf_release(&lower);
    return rc;
}
