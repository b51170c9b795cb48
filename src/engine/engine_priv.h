/*
 * engine_priv.h - what an engine implements. Private to engine/.
 *
 * An engine's own struct begins with `struct engine`, its iterator's with `struct engine_iterator`.
 * engine.c does what is the same for all of them; see engine.h for the meaning of each operation.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_ENGINE_ENGINE_PRIV_H
#define TROPIC_ENGINE_ENGINE_PRIV_H

#include "engine/engine.h"

struct engine_ops {
    void (*commit)(struct engine *engine, enum engine_durability durability, struct commit *commit);
    int (*get)(struct engine *engine, enum engine_family family, struct slice key,
               enum engine_read how, struct pinned *ret_value);
    int (*iterate)(struct engine *engine, enum engine_family family, struct slice lower,
                   struct slice upper, enum engine_read how, struct engine_iterator **ret_iterator);
    int (*checkpoint)(struct engine *engine, const char *folder);
    void (*stats)(struct engine *engine, struct engine_stats *ret_stats);
    void (*close)(struct engine *engine);
};

struct engine {
    const struct engine_ops *ops;
};

struct engine_iterator_ops {
    /* Each returns as engine_seek() and its kin do. */
    int (*seek_first)(struct engine_iterator *iterator);
    int (*seek_last)(struct engine_iterator *iterator);
    int (*seek)(struct engine_iterator *iterator, struct slice key);
    int (*seek_backward)(struct engine_iterator *iterator, struct slice key);
    int (*next)(struct engine_iterator *iterator);     /* called only on an entry */
    int (*previous)(struct engine_iterator *iterator); /* called only on an entry */
    struct slice (*key)(const struct engine_iterator *iterator);
    struct slice (*value)(const struct engine_iterator *iterator);
    void (*free)(struct engine_iterator *iterator);
};

struct engine_iterator {
    const struct engine_iterator_ops *ops;
    bool on_entry; /* kept by engine.c */
};

/* ---- reading a batch back ---- */

struct batch_entry {
    enum batch_op op;
    enum engine_family family;
    struct slice key;
    struct slice value; /* PUT: the value; DELETE_RANGE: the end; else empty */
};

static inline struct reader batch__reader(const struct batch *batch)
{
    return reader_of(buf_slice(&batch->ops));
}
/** False at the end. */
bool batch__next(struct reader *reader, struct batch_entry *ret_entry);

#endif
