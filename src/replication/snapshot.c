/*
 * snapshot.c - the source of a snapshot. It remembers nothing between two questions.
 *
 * Positions are those of now: the durable watermark of this Region for its own log groups, and its
 * checkpoints on disk of the other origins. A page is read in the I/O pool. Both may be asked of
 * any member that is full itself; the reader decides in which order it asks (backfill.c).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

struct page_job {
    struct job job;
    struct replication *replication;
    struct link *link;
    uint64_t session; /* of the link */
    struct table *table;
    struct snapshot_page_body head;
    uint32_t bytes_max;
    struct buf resume, changes, resume_next;
    struct task task;
};

static void append_position(struct buf *out, uint32_t *count, uint16_t origin, uint8_t log_group,
                            uint64_t incarnation, uint64_t sequence)
{
    struct snapshot_position position = {origin, log_group, incarnation, sequence};

    snapshot_position_append(out, &position);
    ++*count;
}

static void send_positions(struct link *link, struct global *global,
                           struct snapshot_page_body *head)
{
    struct replication *replication = link->replication;
    uint64_t durable = store_durable_sequence(replication->store);
    struct buf frame, list = BUF_EMPTY;

    for (uint8_t i = 0; i < TABLE_PARTITIONS; i++) {
        append_position(&list, &head->position_count, global->self, i, replication->incarnation,
                        durable);
        LIST_FOREACH(node, &global->members)
        {
            const struct member *member = LIST_ENTRY(node, struct member, node);
            const struct feed_at *at = &member->in[i].core.applied;

            append_position(&list, &head->position_count, member->replica, i, at->incarnation,
                            at->sequence);
        }
    }
    link__begin(link, &frame, FRAME_SNAPSHOT_PAGE);
    snapshot_page_body_append_head(&frame, head);
    buf_append_slice(&frame, buf_slice(&list));
    link__send(link, &frame);
    buf_release(&list);
}

static void page_release(struct job *of)
{
    struct page_job *job = CONTAINER_OF(of, struct page_job, job);

    table_unref(job->table);
    buf_release(&job->resume);
    buf_release(&job->resume_next);
    buf_release(&job->changes);
    free(job);
}

static void on_page_back(struct task *task)
{
    struct page_job *job = CONTAINER_OF(task, struct page_job, task);
    struct replication *replication = job->replication;

    if (link__open(job->link) && job->link->session.own == job->session && !replication->closing) {
        struct buf frame;

        job->head.resume = buf_slice(&job->resume_next);
        link__begin(job->link, &frame, FRAME_SNAPSHOT_PAGE);
        snapshot_page_body_append_head(&frame, &job->head);
        buf_append_slice(&frame, buf_slice(&job->changes));
        link__send(job->link, &frame);
    }
    job__end(&job->job);
    replication__release(replication);
}

static void on_page_io(struct task *task)
{
    struct page_job *job = CONTAINER_OF(task, struct page_job, task);
    struct buf encoded = BUF_EMPTY;
    struct change *changes;
    struct slice resume;
    struct arena arena;
    uint32_t count;
    int rc;

    arena_init(&arena, 0);
    rc = store_snapshot_page(job->replication->store, job->table, job->head.log_group,
                             buf_slice(&job->resume), job->bytes_max, &arena, &changes, &count,
                             &resume, &job->head.done);
    for (uint32_t i = 0; i < count && rc == 0; i++) {
        buf_clear(&encoded);
        rc = change_encode(&encoded, &changes[i]);
        if (rc == 0)
            rc = buf_append_sized(&job->changes, buf_slice(&encoded));
    }
    if (rc == 0)
        rc = buf_append_slice(&job->resume_next, resume);
    if (rc == 0)
        job->head.count = count;
    else
        buf_clear(&job->changes);
    job->head.result = rc;
    buf_release(&encoded);
    arena_release(&arena);
    task_init(&job->task, on_page_back);
    strand_post(job->replication->strand, &job->task);
}

static void read_page(struct link *link, struct global *global,
                      const struct snapshot_ask_body *body, const struct snapshot_page_body *head)
{
    struct replication *replication = link->replication;
    struct page_job *job = calloc(1, sizeof(*job));

    if (job == NULL || buf_append_slice(&job->resume, body->resume) < 0) {
        free(job);
        return; /* it will ask again */
    }
    job->replication = replication;
    job->link = link;
    job->session = link->session.own;
    job->table = table_ref(global->table);
    job->head = *head;
    job->bytes_max = body->bytes_max < SNAPSHOT_PAGE_BYTES ? body->bytes_max : SNAPSHOT_PAGE_BYTES;
    task_init(&job->task, on_page_io);
    job__begin(replication, &job->job, page_release);
    replication__hold(replication);
    executor_io(replication->executor, &job->task);
}

void snapshot__serve(struct link *link, const struct snapshot_ask_body *body)
{
    struct replication *replication = link->replication;
    struct global *global = global__by_group(replication, &body->group);
    const struct group_member *self, *reader;
    struct snapshot_page_body head = {.kind = body->kind,
                                      .group = body->group,
                                      .session = body->session,
                                      .request = body->request,
                                      .log_group = body->log_group};
    struct table_stats stats;

    if (global == NULL || global->document == NULL || global->planned || replication->closing ||
        !replication->history_written || global->memory_lost)
        return;
    self = group_member(global->document, replication->region);
    reader = group_member_by_id(global->document, body->reader);
    if (self == NULL || self->status == REPLICA_CREATING || reader == NULL ||
        strcmp(reader->region, link->region) != 0)
        return;
    table_stats(global->table, &stats);
    head.items = stats.items;
    if (body->kind == SNAPSHOT_POSITIONS)
        send_positions(link, global, &head);
    else
        read_page(link, global, body, &head);
}
