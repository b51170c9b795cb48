/*
 * pending.c - how many of our changes each member has not acknowledged: what core/feed_count.h
 * cannot know by itself.
 *
 * Counting. A feed whose reader has jumped has a stretch of the log to be counted. One stretch of
 * all feeds is counted at a time, in the I/O pool and a piece at a time, the feeds taking turns: a
 * long one does not keep the others waiting, and a closing Region waits for one piece at most.
 *
 * Remembering. Who has acknowledged what is asked for even while a member cannot be reached, and
 * then a restart must not forget it. So positions are written down: at the end of a session, when
 * this Region closes, and every few seconds while they move. A process that is killed in the
 * middle of a session may have written less than was acknowledged: it counts somewhat too much
 * until that member is heard again, never too little.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

enum { WRITE_MS = 5000 }; /* positions that move are written this often */

static struct replication *replication_of(const struct feed_out *out)
{
    return out->member->replication;
}

/* ---- counting ---- */

static void count_next(struct replication *replication);

static void want(struct feed_out *out)
{
    struct replication *replication = replication_of(out);

    if (out->count.known || replication->closing || replication->counting.of == out ||
        !list_empty(&out->counting))
        return;
    list_append(&replication->counting.waiting, &out->counting);
}

static void was_counted(struct counting *counting, struct feed_out *out)
{
    if (counting->rc == ST_TRIMMED)
        feed_count_answer_trimmed(&out->count);
    else if (counting->rc < 0)
        return; /* the next tick asks again; the feed itself tells what is wrong */
    else
        feed_count_answer(&out->count, &counting->question, counting->read.position,
                          counting->read.sum, counting->read.more);
    want(out);
}

static void on_count_back(struct task *task)
{
    struct counting *counting = CONTAINER_OF(task, struct counting, back);
    struct replication *replication = CONTAINER_OF(counting, struct replication, counting);
    struct feed_out *out = counting->of;

    counting->busy = false;
    counting->of = NULL;
    table_unref(counting->table);
    counting->table = NULL;
    if (out != NULL) {
        was_counted(counting, out);
        if (out->count.known)
            replication->views_ms = 0; /* shown at the next tick */
    }
    count_next(replication);
    replication__release(replication);
}

static void on_count_io(struct task *task)
{
    struct counting *counting = CONTAINER_OF(task, struct counting, io);
    struct replication *replication = CONTAINER_OF(counting, struct replication, counting);

    counting->rc = store_log_read(replication->store, counting->table, counting->log_group,
                                  &counting->read, NULL);
    task_init(&counting->back, on_count_back);
    strand_post(replication->strand, &counting->back);
}

/** False: nothing is to be read for this feed. */
static bool count_begin(struct counting *counting, struct feed_out *out)
{
    struct replication *replication = replication_of(out);
    struct table *table = out->member->global->table;
    struct feed_count_mark now;

    if (table == NULL)
        return false;
    store_log_own(table, out->log_group, &now.sum, &now.at);
    if (!feed_count_ask(&out->count, &now,
                        store_log_trimmed(replication->store, table, out->log_group),
                        &counting->question))
        return false;
    counting->busy = true;
    counting->of = out;
    counting->table = table_ref(table);
    counting->log_group = out->log_group;
    counting->read = (struct log_read){
        .after = counting->question.after, .up_to = counting->question.up_to, .own_only = true};
    return true;
}

static void count_next(struct replication *replication)
{
    struct counting *counting = &replication->counting;

    while (!counting->busy && !replication->closing && !list_empty(&counting->waiting)) {
        struct feed_out *out = LIST_ENTRY(list_pop(&counting->waiting), struct feed_out, counting);

        if (!count_begin(counting, out))
            continue;
        replication__hold(replication);
        task_init(&counting->io, on_count_io);
        executor_io(replication->executor, &counting->io);
    }
}

void pending__step(struct feed_out *out, const struct feed_tx_actions *actions)
{
    if (!actions->has_passed)
        return;
    if (actions->jumped) {
        feed_count_jump(&out->count, actions->passed);
        want(out);
        count_next(replication_of(out));
    } else {
        feed_count_pass(&out->count, actions->passed, actions->passed_sum);
    }
    if (actions->jumped || actions->passed_sum.count > 0)
        out->member->global->acknowledged_moved = true;
}

void pending__leave(struct feed_out *out)
{
    struct counting *counting = &replication_of(out)->counting;

    if (counting->of == out)
        counting->of = NULL;
    list_remove(&out->counting);
}

struct change_sum pending__of(struct feed_out *out)
{
    struct table *table = out->member->global->table;
    struct change_sum own = {0};
    uint64_t through;

    if (table == NULL)
        return own;
    store_log_own(table, out->log_group, &own, &through);
    return feed_count_pending(&out->count, own);
}

/* ---- remembering ---- */

/** Under META_OWNER: the group, then each member's id with its positions. */
static void append_record(const struct global *global, struct batch *batch)
{
    struct buf name = BUF_EMPTY, key = BUF_EMPTY, value = BUF_EMPTY;

    buf_printf(&name, "acknowledged/%s", global->name);
    store_meta_key(&key, META_OWNER, buf_slice(&name));
    buf_append(&value, global->document->id.bytes, GROUP_ID_BYTES);
    LIST_FOREACH(node, &global->members)
    {
        const struct member *member = LIST_ENTRY(node, struct member, node);

        buf_append_be16(&value, member->replica);
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
            buf_append_be64(&value, member->out[i].count.at);
    }
    batch_put(batch, ENGINE_DATA, buf_slice(&key), buf_slice(&value));
    buf_release(&name);
    buf_release(&key);
    buf_release(&value);
}

static void on_written(struct store_edit *edit, int rc)
{
    struct acknowledged_edit *writing = CONTAINER_OF(edit, struct acknowledged_edit, edit);
    struct replication *replication = CONTAINER_OF(writing, struct replication, acknowledged);
    bool again = writing->again;

    writing->busy = writing->again = false;
    if (rc < 0 && !replication->closing) { /* at the next tick, all of them */
        LIST_FOREACH(node, &replication->globals)
        LIST_ENTRY(node, struct global, node)->acknowledged_moved = true;
    } else if (again) {
        pending__write(replication);
    }
    replication__release(replication);
}

void pending__write(struct replication *replication)
{
    struct acknowledged_edit *writing = &replication->acknowledged;
    struct store_edit *edit = &writing->edit;
    bool some = false;

    if (writing->busy) {
        writing->again = true;
        return;
    }
    *edit = (struct store_edit){.strand = replication->strand,
                                .kind = EDIT_META,
                                .on_done = on_written,
                                .meta = BATCH_EMPTY};
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (!global->acknowledged_moved || global->document == NULL || global->planned)
            continue;
        global->acknowledged_moved = false;
        append_record(global, &edit->meta);
        some = true;
    }
    if (!some)
        return;
    writing->busy = true;
    writing->due_ms = now_ms(replication) + WRITE_MS;
    replication__hold(replication);
    store_edit(replication->store, edit);
}

/** What the record says of a member; false: nothing, or it is of another group. */
static bool find_positions(struct slice record, const struct group_id *group, uint16_t replica,
                           uint64_t ret[TABLE_PARTITIONS])
{
    struct reader reader = reader_of(record);
    struct slice id = reader_bytes(&reader, GROUP_ID_BYTES);

    if (reader.failed || memcmp(id.ptr, group->bytes, GROUP_ID_BYTES) != 0)
        return false;
    while (reader_left(&reader) >= 2 + 8 * TABLE_PARTITIONS) {
        bool found = reader_be16(&reader) == replica;

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
            ret[i] = reader_be64(&reader);
        if (found)
            return true;
    }
    return false;
}

void pending__load(struct global *global)
{
    struct store *store = global->replication->store;
    uint64_t durable = store_durable_sequence(store);
    struct buf name = BUF_EMPTY;
    struct slice record;
    struct arena arena;

    arena_init(&arena, 0);
    buf_printf(&name, "acknowledged/%s", global->name);
    if (store_meta_get(store, META_OWNER, buf_slice(&name), &arena, &record) < 0)
        record = SLICE_EMPTY;
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);
        uint64_t at[TABLE_PARTITIONS] = {0};

        /* What is not known may be all that the log has. */
        if (!find_positions(record, &global->document->id, member->replica, at))
            memset(at, 0, sizeof(at));
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            feed_count_init(&member->out[i].count, at[i] < durable ? at[i] : durable);
            want(&member->out[i]);
        }
    }
    buf_release(&name);
    arena_release(&arena);
}

void pending__tick(struct replication *replication)
{
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        LIST_FOREACH(at, &global->members)
        {
            struct member *member = LIST_ENTRY(at, struct member, node);

            for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
                want(&member->out[i]);
        }
    }
    count_next(replication);
    if (now_ms(replication) >= replication->acknowledged.due_ms)
        pending__write(replication);
}

void pending__init(struct replication *replication)
{
    list_init(&replication->counting.waiting);
}

void pending__release(struct replication *replication)
{
    table_unref(replication->counting.table); /* of a piece that never came back */
}
