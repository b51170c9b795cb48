/*
 * memory.c - a Region that has lost its memory: an older disk image, a tail of the log that is
 * gone.
 *
 * It learns of it from a peer. Either the peer has read changes that this Region does not know any
 * more (core/hello.h), or it was once told that more of its own is on disk here than is asked for
 * now (core/feed_tx.h). From then on
 *
 *   - this Region takes no client writes, also after a restart: the finding is a meta key, written
 *     before anybody is answered; and nobody is filled from here, for what was deleted elsewhere,
 *     and long forgotten there, may still be in this table
 *   - the peer goes back to the last point that both have: what this Region has written between
 *     its return and the finding is handed over like any other change
 *   - this Region reads again what it has forgotten of the others
 *
 * What it has forgotten of its own it does not take back by itself: the operator removes this
 * replica, which drains it, and adds it again. With that the finding ends.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

struct memory_edit {
    struct job job;
    struct replication *replication;
    struct group_id group;
    uint16_t replica;
    struct store_edit edit;
};

static void edit_release(struct job *job)
{
    free(CONTAINER_OF(job, struct memory_edit, job));
}

static bool is_about(const struct global *global, const struct group_id *group, uint16_t replica)
{
    return global != NULL && global->document != NULL &&
           group_id_eq(&global->document->id, group) && global->self == replica;
}

static void on_written(struct store_edit *done, int rc)
{
    struct memory_edit *edit = CONTAINER_OF(done, struct memory_edit, edit);
    struct replication *replication = edit->replication;
    struct global *global = global__by_group(replication, &edit->group);

    if (is_about(global, &edit->group, edit->replica)) {
        global->memory_writing = false;
        global->memory_written = rc == 0; /* else at the next tick */
    }
    job__end(&edit->job);
    replication__release(replication);
}

static void write(struct global *global)
{
    struct replication *replication = global->replication;
    struct memory_edit *edit;
    struct buf name = BUF_EMPTY, key = BUF_EMPTY, value = BUF_EMPTY;

    if (global->memory_writing || replication->closing)
        return;
    edit = calloc(1, sizeof(*edit));
    if (edit == NULL)
        return;
    edit->replication = replication;
    edit->group = global->document->id;
    edit->replica = global->self;
    edit->edit = (struct store_edit){.strand = replication->strand,
                                     .kind = EDIT_META,
                                     .on_done = on_written,
                                     .meta = BATCH_EMPTY};
    buf_printf(&name, "lost/%s", global->name);
    store_meta_key(&key, META_OWNER, buf_slice(&name));
    buf_append(&value, edit->group.bytes, GROUP_ID_BYTES);
    buf_append_be16(&value, edit->replica);
    batch_put(&edit->edit.meta, ENGINE_DATA, buf_slice(&key), buf_slice(&value));
    buf_release(&name);
    buf_release(&key);
    buf_release(&value);
    global->memory_writing = true;
    job__begin(replication, &edit->job, edit_release);
    replication__hold(replication);
    store_edit(replication->store, &edit->edit);
}

bool memory__lost(struct global *global, const char *peer, const char *what)
{
    if (!global->memory_lost) {
        global->memory_lost = true;
        log_error(&global->replication->log, PART,
                  "%s %s table %s: this data folder has lost its memory. No more writes are taken; "
                  "remove this Region's replica and add it again",
                  peer, what, global->name);
        replication__fence(global->replication);
        write(global);
    }
    return global->memory_written;
}

void memory__tick(struct global *global)
{
    if (global->memory_lost && !global->memory_written && global->document != NULL)
        write(global);
}

void memory__load(struct global *global, struct slice value)
{
    struct reader reader = reader_of(value);
    struct slice group = reader_bytes(&reader, GROUP_ID_BYTES);
    uint16_t replica = reader_be16(&reader);
    struct group_id id;

#ifdef MUTANT_LOST_UNTIL_RESTART
    return;
#endif
    if (!reader_done(&reader))
        return;
    memcpy(id.bytes, group.ptr, GROUP_ID_BYTES);
    /* It may be of an earlier replica here. */
    global->memory_lost = global->memory_written = is_about(global, &id, replica);
    replication__fence(global->replication);
}

void memory__ends(struct global *global)
{
    global->memory_lost = global->memory_written = global->memory_writing = false;
}
