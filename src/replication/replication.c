/*
 * replication.c - opening, closing, and the doors by which other threads come onto the strand.
 *
 * Whatever comes from outside (a transport's link, a frame, a request) becomes a task of the
 * strand, in the order in which one thread sends it. From there on nothing needs a lock but the
 * views.
 *
 * Closing. New work is refused, links are let go, timers stop; when the last operation with the
 * store or the I/O pool has come back, the owner is told and may free.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "replication/replication_priv.h"

/* ---- small things ---- */

struct link *replication__link(struct replication *replication, const char *region)
{
    for (uint32_t i = 0; i < replication->link_count; i++) {
        if (strcmp(replication->links[i].region, region) == 0)
            return &replication->links[i];
    }
    return NULL;
}

uint64_t replication__nonce(struct replication *replication)
{
    uint64_t nonce;

    do
        nonce = executor_random(replication->executor);
    while (nonce == 0);
    return nonce;
}

void replication__fence(struct replication *replication)
{
    uint32_t poisoned = 0;
    bool memory_lost = false;

    LIST_FOREACH(node, &replication->globals)
    memory_lost |= LIST_ENTRY(node, struct global, node)->memory_lost;
    for (uint32_t i = 0; i < replication->link_count; i++) {
        bool link_poisoned = false;

        LIST_FOREACH(node, &replication->globals)
        {
            struct global *global = LIST_ENTRY(node, struct global, node);

            LIST_FOREACH(at, &global->members)
            {
                struct member *member = LIST_ENTRY(at, struct member, node);

                for (uint32_t n = 0; n < TABLE_PARTITIONS; n++)
                    link_poisoned |=
                        member->link == &replication->links[i] && member->in[n].poisoned;
            }
        }
        poisoned += link_poisoned;
    }
    /* One that looks mad may be; two, or the only one, and it may be we who are. */
    replication->fenced_clock = poisoned >= 2 || (poisoned == 1 && replication->link_count == 1);
    store_fence(replication->store,
                memory_lost                 ? "this data folder has lost changes that others have"
                : replication->fenced_clock ? "the clocks of the other Regions are more than a day "
                                              "ahead: this Region's own clock is suspected"
                                            : NULL);
}

/* ---- operations under way, closing ---- */

static void on_closed(struct task *task)
{
    struct replication_close *close = CONTAINER_OF(task, struct replication_close, task);

    close->on_closed(close);
}

static void closed_if_idle(struct replication *replication)
{
    struct replication_close *close;

    if (!replication->closing) /* until then `close` may be written by the thread that closes */
        return;
    close = replication->close;
    if (replication->operations > 0 || close == NULL || replication->watch.posted)
        return;
    replication->close = NULL;
    task_init(&close->task, on_closed);
    strand_post(close->strand, &close->task);
}

void replication__hold(struct replication *replication)
{
    replication->operations++;
}

void replication__release(struct replication *replication)
{
    assert(replication->operations > 0);
    replication->operations--;
    closed_if_idle(replication);
}

/* ---- what owns itself ---- */

void job__begin(struct replication *replication, struct job *job, void (*release)(struct job *job))
{
    job->release = release;
    list_append(&replication->jobs, &job->node);
}

void job__end(struct job *job)
{
    list_remove(&job->node);
    job->release(job);
}

/* ---- work that arrives ---- */

struct arrival {
    struct task task;
    enum { ARRIVAL_UP, ARRIVAL_FRAME, ARRIVAL_DRAINED } kind;
    struct link *link;
    const struct transport_ops *ops;
    void *transport;
    struct buf frame;
};

static void arrival_free(struct arrival *arrival)
{
    buf_release(&arrival->frame);
    free(arrival);
}

static void pump_link(struct link *link)
{
    LIST_FOREACH(node, &link->replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        LIST_FOREACH(at, &global->members)
        {
            struct member *member = LIST_ENTRY(at, struct member, node);

            for (uint32_t i = 0; member->link == link && i < TABLE_PARTITIONS; i++)
                feed_out__pump(&member->out[i]);
        }
    }
}

static void on_arrival(struct task *task)
{
    struct arrival *arrival = CONTAINER_OF(task, struct arrival, task);
    struct link *link = arrival->link;

    if (!link->replication->closing) {
        switch (arrival->kind) {
        case ARRIVAL_UP:
            link__up(link, arrival->ops, arrival->transport);
            break;
        case ARRIVAL_FRAME:
            link__received(link, &arrival->frame);
            break;
        case ARRIVAL_DRAINED:
            if (link__open(link))
                pump_link(link);
            break;
        }
    }
    arrival_free(arrival);
}

static void on_inbox(struct task *of)
{
    struct inbox *inbox = CONTAINER_OF(of, struct inbox, task);
    struct list_node tasks;

    list_init(&tasks);
    pthread_mutex_lock(&inbox->lock);
    list_splice(&tasks, &inbox->tasks);
    inbox->posted = false;
    pthread_mutex_unlock(&inbox->lock);
    for (struct list_node *node; (node = list_pop(&tasks)) != NULL;) {
        struct task *task = LIST_ENTRY(node, struct task, queued);

        task->run(task);
    }
}

/** One door for all: what one thread hands in keeps its order, whatever it is. */
static void hand_in(struct replication *replication, struct task *task)
{
    struct inbox *inbox = &replication->inbox;

    pthread_mutex_lock(&inbox->lock);
    list_append(&inbox->tasks, &task->queued);
    if (!inbox->posted) {
        inbox->posted = true;
        strand_post(replication->strand, &inbox->task);
    }
    pthread_mutex_unlock(&inbox->lock);
}

/** NULL: no memory, or no such peer; then it is as if nothing had come. */
static struct arrival *new_arrival(struct replication *replication, const char *peer)
{
    struct link *link = replication__link(replication, peer);
    struct arrival *arrival = link != NULL ? calloc(1, sizeof(*arrival)) : NULL;

    if (arrival != NULL) {
        arrival->link = link;
        task_init(&arrival->task, on_arrival);
    }
    return arrival;
}

void replication_link_up(struct replication *replication, const char *peer,
                         const struct transport_ops *ops, void *transport)
{
    struct arrival *arrival = new_arrival(replication, peer);

    if (arrival == NULL)
        return;
    arrival->kind = ARRIVAL_UP;
    arrival->ops = ops;
    arrival->transport = transport;
    hand_in(replication, &arrival->task);
}

static void on_link_down(struct task *task)
{
    struct link_down *down = CONTAINER_OF(task, struct link_down, task);
    struct link *link = replication__link(down->replication, down->peer);

    if (link != NULL)
        link__down(link);
    down->on_down(down);
}

void replication_link_down(struct replication *replication, const char *peer,
                           struct link_down *down)
{
    down->replication = replication;
    down->peer = peer;
    task_init(&down->task, on_link_down);
    hand_in(replication, &down->task);
}

void replication_receive(struct replication *replication, const char *peer, struct buf *frame)
{
    struct arrival *arrival = new_arrival(replication, peer);

    if (arrival == NULL) {
        buf_release(frame);
        return;
    }
    arrival->kind = ARRIVAL_FRAME;
    arrival->frame = *frame;
    *frame = BUF_EMPTY;
    hand_in(replication, &arrival->task);
}

void replication_link_drained(struct replication *replication, const char *peer)
{
    struct arrival *arrival = new_arrival(replication, peer);

    if (arrival == NULL)
        return;
    arrival->kind = ARRIVAL_DRAINED;
    hand_in(replication, &arrival->task);
}

static void on_request(struct task *task)
{
    struct replication_request *request = CONTAINER_OF(task, struct replication_request, task);
    struct replication *replication = (struct replication *)request->queued.prev;

    admission__request(replication, request);
}

void replication_request(struct replication *replication, struct replication_request *request)
{
    request->queued.prev = (struct list_node *)replication; /* carried to on_request */
    request->refusal.text[0] = '\0';
    task_init(&request->task, on_request);
    hand_in(replication, &request->task);
}

static void on_verify(struct task *task)
{
    struct replication_verify *verify = CONTAINER_OF(task, struct replication_verify, task);

    verify__start(verify->state, verify);
}

void replication_verify(struct replication *replication, struct replication_verify *verify)
{
    verify->state = replication;
    task_init(&verify->task, on_verify);
    hand_in(replication, &verify->task);
}

/* ---- the log ---- */

static void look_at_log(struct replication *replication)
{
    replication->looked = executor_now(replication->executor);
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);
        struct table_stats stats;

        if (global->table == NULL || list_empty(&global->members))
            continue;
        table_stats(global->table, &stats);
        if (stats.changes == global->changes_seen)
            continue;
        global->changes_seen = stats.changes;
        LIST_FOREACH(at, &global->members)
        {
            struct member *member = LIST_ENTRY(at, struct member, node);

            for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
                feed_out__log_moved(&member->out[i]);
        }
    }
}

static void on_log_moved(struct task *task)
{
    struct replication *replication = CONTAINER_OF(task, struct replication, watch.task);
    int64_t since_us = mono_diff_us(executor_now(replication->executor), replication->looked);
    struct mono due = {replication->looked.ns + COALESCE_US * 1000};

    if (replication->closing)
        closed_if_idle(replication);
    else if (since_us >= COALESCE_US)
        look_at_log(replication);
    else if (!timer_running(&replication->coalesce))
        timer_start(replication->strand, &replication->coalesce, due);
}

static void on_coalesced(struct timer *timer)
{
    look_at_log(CONTAINER_OF(timer, struct replication, coalesce));
}

/* ---- the tick ---- */

static void write_history(struct replication *replication);

static void on_tick(struct timer *timer)
{
    struct replication *replication = CONTAINER_OF(timer, struct replication, tick);
    int64_t now = now_ms(replication);

    if (!replication->history_written)
        write_history(replication);
    for (uint32_t i = 0; i < replication->link_count; i++)
        link__tick(&replication->links[i]);
    LIST_FOREACH_SAFE(node, following, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        global__tick(global);
        if (global->workflow != NULL)
            coordinator__tick(global->workflow); /* may be the end of it */
    }
    verify__tick(replication);
    pending__tick(replication);
    if (now >= replication->views_ms) {
        replication->views_ms = now + 1000;
        views__publish_numbers(replication);
    }
    timer_start_ms(replication->strand, &replication->tick, TICK_MS);
}

/* ---- eras ---- */

static void append_history(const struct hello_history *history, struct buf *out)
{
    buf_append_u8(out, history->cut);
    for (uint32_t i = 0; i < history->count; i++) {
        buf_append_be64(out, history->eras[i].incarnation);
        buf_append_be64(out, history->eras[i].start);
    }
}

static int load_history(struct replication *replication)
{
    struct arena arena;
    struct slice value;
    int rc;

    arena_init(&arena, 0);
    rc = store_meta_get(replication->store, META_OWNER, SLICE("eras"), &arena, &value);
    if (rc == 0) {
        struct reader reader = reader_of(value);
        bool cut = reader_u8(&reader) == 1;

        while (reader_left(&reader) >= 16) {
            uint64_t incarnation = reader_be64(&reader);

            hello_history_add(&replication->history, incarnation, reader_be64(&reader));
        }
        replication->history.cut |= cut;
        if (!reader_done(&reader))
            rc = ST_CORRUPT;
    } else if (rc == ST_NOTFOUND) {
        rc = 0;
    }
    hello_history_add(&replication->history, replication->incarnation,
                      store_durable_sequence(replication->store));
    arena_release(&arena);
    return rc;
}

static void on_history_written(struct store_edit *edit, int rc)
{
    struct replication *replication = CONTAINER_OF(edit, struct replication, history_edit);

    replication->history_editing = false;
    if (rc == 0)
        replication->history_written = true; /* else at the next tick */
    replication__release(replication);
}

/** No position of this era may be known to others before the era is known here. */
static void write_history(struct replication *replication)
{
    struct store_edit *edit = &replication->history_edit;
    struct buf key = BUF_EMPTY, value = BUF_EMPTY;

    if (replication->history_editing || replication->closing)
        return;
    *edit = (struct store_edit){.strand = replication->strand,
                                .kind = EDIT_META,
                                .on_done = on_history_written,
                                .meta = BATCH_EMPTY};
    store_meta_key(&key, META_OWNER, SLICE("eras"));
    append_history(&replication->history, &value);
    batch_put(&edit->meta, ENGINE_DATA, buf_slice(&key), buf_slice(&value));
    buf_release(&key);
    buf_release(&value);
    replication->history_editing = true;
    replication__hold(replication);
    store_edit(replication->store, edit);
}

/* ---- opening and closing ---- */

static void on_start(struct task *task)
{
    struct replication *replication = CONTAINER_OF(task, struct replication, start);

    if (replication->closing)
        return;
    store_log_watch(replication->store, &replication->watch);
    replication->watching = true;
    on_tick(&replication->tick);
}

static void on_close(struct task *task);

static void set_limits(struct replication *replication, const struct replication_options *options)
{
    int64_t retry_ms = options->retry_ms ? options->retry_ms : 250;
    int64_t retry_ms_max = 5000;

    replication->heartbeat_ms = options->heartbeat_ms ? options->heartbeat_ms : 1000;
    replication->window_bytes =
        options->feed_window_bytes ? options->feed_window_bytes : FEED_WINDOW_BYTES;
    replication->feed_frame_bytes =
        options->feed_frame_bytes ? options->feed_frame_bytes : FEED_FRAME_BYTES;
    replication->snapshot_page_bytes =
        options->snapshot_page_bytes ? options->snapshot_page_bytes : SNAPSHOT_PAGE_BYTES;
    replication->log_inline_sequences =
        options->log_inline_sequences ? options->log_inline_sequences : LOG_INLINE_SEQUENCES;
    replication->source_patience_ms =
        options->source_patience_ms ? options->source_patience_ms : SOURCE_PATIENCE_MS;
    replication->rx_limits = (struct feed_rx_limits){.retry_ms = retry_ms,
                                                     .retry_ms_max = retry_ms_max,
                                                     .silence_ms = 60 * 1000,
                                                     .stopped_ms = POISON_LOOK_AGAIN_MS};
    replication->tx_limits = (struct feed_tx_limits){
        .retry_ms = retry_ms, .retry_ms_max = retry_ms_max, .window_max = FEED_WINDOW_BYTES};
    replication->flow_limits = (struct flow_limits){
        .retry_ms = retry_ms, .retry_ms_max = retry_ms_max, .poll_ms = 500, .patience_ms = 8000};
}

int replication_open(const struct replication_options *options,
                     struct replication **ret_replication)
{
    struct replication *replication = calloc(1, sizeof(*replication));
    char name[GROUP_REGION_BYTES + 32];
    int rc = ST_NOMEM;

    if (replication == NULL)
        return rc;
    assert(strlen(options->region) < GROUP_REGION_BYTES);
    views__init(&replication->views);
    list_init(&replication->globals);
    list_init(&replication->leaving);
    list_init(&replication->verifies);
    list_init(&replication->verify_serves);
    list_init(&replication->jobs);
    pending__init(replication);
    list_init(&replication->inbox.tasks);
    pthread_mutex_init(&replication->inbox.lock, NULL);
    task_init(&replication->inbox.task, on_inbox);
    task_init(&replication->start, on_start);
    task_init(&replication->stop, on_close);
    replication->executor = options->executor;
    replication->clock = options->clock;
    replication->store = options->store;
    replication->log = options->log;
    replication->on_bad_peer = options->on_bad_peer;
    replication->context = options->context;
    strcpy(replication->region, options->region);
    replication->opened_ms = now_ms(replication);
    set_limits(replication, options);
    timer_init(&replication->tick, on_tick);
    timer_init(&replication->announce, gossip__on_announce);
    timer_init(&replication->coalesce, on_coalesced);
    list_node_init(&replication->watch.node);
    task_init(&replication->watch.task, on_log_moved);
    snprintf(name, sizeof(name), "%s/replication", options->region);
    replication->strand = executor_strand(options->executor, STRAND_SHARED, name);
    replication->watch.strand = replication->strand;
    replication->codec = frame_codec_new();
    replication->links = calloc(options->peer_count + 1, sizeof(*replication->links));
    if (replication->strand == NULL || replication->codec == NULL || replication->links == NULL)
        goto out;
    for (uint32_t i = 0; i < options->peer_count; i++) {
        struct link *link = &replication->links[replication->link_count++];

        assert(strlen(options->peers[i]) < GROUP_REGION_BYTES);
        link->replication = replication;
        strcpy(link->region, options->peers[i]);
    }
    store_identity(options->store, replication->folder, &replication->incarnation);
    rc = load_history(replication);
    if (rc == 0)
        rc = globals__load(replication);
    if (rc < 0)
        goto out;
    strand_post(replication->strand, &replication->start);
    *ret_replication = replication;
    replication = NULL;
out:
    replication_free(replication);
    return rc;
}

static void on_close(struct task *task)
{
    struct replication *replication = CONTAINER_OF(task, struct replication, stop);

    replication->closing = true;
    for (uint32_t i = 0; i < replication->link_count; i++)
        link__down(&replication->links[i]);
    timer_stop(&replication->tick);
    timer_stop(&replication->announce);
    timer_stop(&replication->coalesce);
    if (replication->watching)
        store_log_unwatch(replication->store, &replication->watch);
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (global->workflow != NULL)
            coordinator__close(global->workflow);
    }
    verify__tick(replication); /* ends those that wait */
    pending__write(replication);
    closed_if_idle(replication);
}

void replication_close(struct replication *replication, struct replication_close *close)
{
    replication->close = close;
    hand_in(replication, &replication->stop);
}

void replication_free(struct replication *replication)
{
    if (replication == NULL)
        return;
    /* In order, nothing is left of all this. When the executor has forgotten the Region's tasks
     * (the simulator's sudden death), what was under way never comes back and is freed here. */
    verify__free_all(replication);
    while (!list_empty(&replication->globals))
        global__free(LIST_ENTRY(replication->globals.next, struct global, node));
    while (!list_empty(&replication->leaving))
        member__free(LIST_ENTRY(replication->leaving.next, struct member, node));
    while (!list_empty(&replication->jobs))
        job__end(LIST_ENTRY(replication->jobs.next, struct job, node));
    pending__release(replication);
    for (struct list_node *node; (node = list_pop(&replication->inbox.tasks)) != NULL;) {
        struct task *task = LIST_ENTRY(node, struct task, queued);

        if (task->run == on_arrival) /* the others are the callers' */
            arrival_free(CONTAINER_OF(task, struct arrival, task));
    }
    pthread_mutex_destroy(&replication->inbox.lock);
    strand_free(replication->strand);
    index_sets_release(&replication->index_sets);
    frame_codec_free(replication->codec);
    buf_release(&replication->scratch);
    buf_release(&replication->raw);
    views__release(&replication->views);
    free(replication->links);
    free(replication);
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *replication_regions(struct replication *replication, struct arena *arena,
                                       uint32_t *ret_count)
{
    const char **names = ARENA_ARRAY(arena, const char *, replication->link_count + 1);

    *ret_count = 0;
    if (names == NULL)
        return NULL;
    names[(*ret_count)++] = replication->region;
    for (uint32_t i = 0; i < replication->link_count; i++)
        names[(*ret_count)++] = replication->links[i].region;
    qsort(names, *ret_count, sizeof(*names), compare_names);
    return names;
}
