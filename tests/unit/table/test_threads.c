/*
 * test_threads.c - the store on real threads: for ThreadSanitizer, and for counting what comes out.
 *
 * Several clients, each on a strand of its own, add to counters that they share, one by one and
 * several together; others apply changes, follow the log, raise the floor, edit the table. In the
 * end every counter holds exactly the additions that were answered with success, and at no time did
 * a reader of two counters that only go up together find them different.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/executor_threads.h"
#include "table/store.h"

enum { CLIENTS = 4, ADDITIONS = 1500, IN_FLIGHT = 16, KEYS = 10, APPLIES = 300, EDITS = 10 };
enum { MOVERS = 2, MOVES = 150, MOVES_IN_FLIGHT = 2, MOVE_PARTS = 5 };

struct region {
    struct executor *executor;
    struct clock clock;
    struct engine *engine;
    struct store *store;
    struct table *table;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    unsigned running; /* clients and others that are not done */
    _Atomic uint64_t added[KEYS], refused;
    _Atomic uint64_t moved, conflicts, torn; /* transactions; reads of half of one */
};

static void one_done(struct region *region)
{
    pthread_mutex_lock(&region->lock);
    region->running--;
    pthread_cond_signal(&region->wake);
    pthread_mutex_unlock(&region->lock);
}

static void wait_for_all(struct region *region)
{
    pthread_mutex_lock(&region->lock);
    while (region->running > 0)
        pthread_cond_wait(&region->wake, &region->lock);
    pthread_mutex_unlock(&region->lock);
}

/* ---- items: {"pk": key, "v": decimal} ---- */

static void add_text(struct item_builder *builder, struct arena *arena, const char *name,
                     struct slice text)
{
    uint8_t bytes[64];

    bytes[0] = VALUE_S;
    bytes[1] = (uint8_t)text.len;
    memcpy(bytes + 2, text.ptr, text.len);
    item_builder_add(builder, slice_str(name), arena_dup(arena, slice_of(bytes, text.len + 2)));
}

static struct slice counter_item(struct arena *arena, struct slice key, uint64_t value)
{
    struct item_builder builder;
    struct slice item = SLICE_EMPTY;
    char text[32];

    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    item_builder_init(&builder, arena);
    add_text(&builder, arena, "pk", key);
    add_text(&builder, arena, "v", slice_str(text));
    item_build(&builder, &item);
    return item;
}

static uint64_t counter_of(struct slice item)
{
    struct value value;
    char text[32] = "";

    if (item_find(item, SLICE("v"), &value) && value.payload.len < sizeof(text))
        memcpy(text, value.payload.ptr, value.payload.len);
    return strtoull(text, NULL, 10);
}

/* ---- clients ---- */

struct client {
    struct region *region;
    struct strand *strand;
    struct task start;
    unsigned begun, answered;
    struct addition {
        struct mutation mutation;
        struct client *client;
        struct arena arena;
        char pk[8];
        unsigned key;
    } additions[IN_FLIGHT];
};

static int decide_add(struct mutation *mutation, const struct record *current,
                      enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct addition *addition = CONTAINER_OF(mutation, struct addition, mutation);
    uint64_t value = current != NULL ? counter_of(current->item) : 0;

    *ret_outcome = MUTATION_PUT;
    *ret_item = counter_item(&addition->arena, slice_str(addition->pk), value + 1);
    return 0;
}

static void add_next(struct addition *addition)
{
    struct client *client = addition->client;

    addition->key = client->begun++ % KEYS;
    snprintf(addition->pk, sizeof(addition->pk), "k%u", addition->key);
    arena_reset(&addition->arena);
    addition->mutation.key = (struct item_key){slice_str(addition->pk), SLICE_EMPTY};
    store_mutate(client->region->store, &addition->mutation);
}

static void on_added(struct mutation *mutation, int rc)
{
    struct addition *addition = CONTAINER_OF(mutation, struct addition, mutation);
    struct client *client = addition->client;

    if (rc == 0)
        atomic_fetch_add(&client->region->added[addition->key], 1);
    else
        atomic_fetch_add(&client->region->refused, 1);
    client->answered++;
    if (client->begun < ADDITIONS)
        add_next(addition);
    else if (client->answered == ADDITIONS)
        one_done(client->region);
}

static void on_client_start(struct task *task)
{
    struct client *client = CONTAINER_OF(task, struct client, start);

    for (int i = 0; i < IN_FLIGHT; i++) {
        struct addition *addition = &client->additions[i];

        addition->client = client;
        arena_init(&addition->arena, 0);
        addition->mutation = (struct mutation){
            .table = client->region->table,
            .decide = decide_add,
            .strand = client->strand,
            .on_committed = on_added,
        };
        add_next(addition);
    }
}

/* ---- transactions: three of the counters, and a pair that nobody else touches ---- */

struct mover {
    struct region *region;
    struct strand *strand;
    struct task start;
    unsigned begun, answered;
    struct move {
        struct transaction transaction;
        struct transaction_part *pointers[MOVE_PARTS];
        struct move_part {
            struct transaction_part part;
            struct move *move;
            char pk[8];
            unsigned key;
        } parts[MOVE_PARTS];
        struct mover *mover;
        struct arena arena;
        char token[32];
        unsigned number;
    } moves[MOVES_IN_FLIGHT];
};

static int decide_move(struct mutation *mutation, const struct record *current,
                       enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct move_part *part = CONTAINER_OF(mutation, struct move_part, part.mutation);
    uint64_t value = current != NULL ? counter_of(current->item) : 0;

    *ret_outcome = MUTATION_PUT;
    *ret_item = counter_item(&part->move->arena, slice_str(part->pk), value + 1);
    return 0;
}

static void move_begin(struct move *move, unsigned number)
{
    struct mover *mover = move->mover;

    arena_reset(&move->arena);
    for (unsigned i = 0; i < MOVE_PARTS; i++) {
        struct move_part *part = &move->parts[i];

        part->key = i < 3 ? (number + i * 3) % KEYS : KEYS;
        if (i < 3)
            snprintf(part->pk, sizeof(part->pk), "k%u", part->key);
        else
            snprintf(part->pk, sizeof(part->pk), "pair%u", i - 3);
        part->part.mutation.key = (struct item_key){slice_str(part->pk), SLICE_EMPTY};
    }
    snprintf(move->token, sizeof(move->token), "%p/%u", (void *)mover, number);
    move->transaction.token = number % 2 ? slice_str(move->token) : SLICE_EMPTY;
    store_transact(mover->region->store, &move->transaction);
}

static void move_next(struct move *move)
{
    move->number = move->mover->begun++;
    move_begin(move, move->number);
}

static int see(void *context, uint32_t at, const struct record *record)
{
    ((uint64_t *)context)[at] = record != NULL ? counter_of(record->item) : 0;
    return 0;
}

static void read_pair(struct region *region)
{
    struct item_key items[2] = {{SLICE("pair0"), SLICE_EMPTY}, {SLICE("pair1"), SLICE_EMPTY}};
    struct table_key keys[2] = {{region->table, &items[0]}, {region->table, &items[1]}};
    uint64_t seen[2];

    if (store_get_together(region->store, keys, 2, ENGINE_READ_ANY, see, seen) < 0 ||
        seen[0] != seen[1])
        atomic_fetch_add(&region->torn, 1);
}

static void on_moved(struct transaction *transaction, int rc)
{
    struct move *move = CONTAINER_OF(transaction, struct move, transaction);
    struct mover *mover = move->mover;
    struct region *region = mover->region;

    if (rc == 0) {
        atomic_fetch_add(&region->moved, 1);
        for (unsigned i = 0; i < 3; i++)
            atomic_fetch_add(&region->added[move->parts[i].key], 1);
    } else if (rc == ST_CONDITION) { /* another one was there first: again */
        atomic_fetch_add(&region->conflicts, 1);
        read_pair(region);
        move_begin(move, move->number);
        return;
    } else {
        atomic_fetch_add(&region->refused, 1);
    }
    read_pair(region);
    mover->answered++;
    if (mover->begun < MOVES)
        move_next(move);
    else if (mover->answered == MOVES)
        one_done(region);
}

static void on_mover_start(struct task *task)
{
    struct mover *mover = CONTAINER_OF(task, struct mover, start);

    for (int i = 0; i < MOVES_IN_FLIGHT; i++) {
        struct move *move = &mover->moves[i];

        move->mover = mover;
        arena_init(&move->arena, 0);
        for (unsigned j = 0; j < MOVE_PARTS; j++) {
            move->pointers[j] = &move->parts[j].part;
            move->parts[j].move = move;
            move->parts[j].part.mutation =
                (struct mutation){.table = mover->region->table, .decide = decide_move};
        }
        move->transaction = (struct transaction){.parts = move->pointers,
                                                 .count = MOVE_PARTS,
                                                 .arena = &move->arena,
                                                 .strand = mover->strand,
                                                 .on_committed = on_moved};
        move_next(move);
    }
}

/* ---- a feed: changes of another replica, one apply after the other ---- */

struct feed {
    struct region *region;
    struct strand *strand;
    struct task start;
    struct apply apply;
    struct change change;
    struct arena arena;
    unsigned count;
};

static void apply_next(struct feed *feed)
{
    struct item_key key;
    char pk[8];
    struct buf encoded = BUF_EMPTY;

    arena_reset(&feed->arena);
    snprintf(pk, sizeof(pk), "r%u", feed->count % 20);
    key = (struct item_key){slice_str(pk), SLICE_EMPTY};
    item_key_encode(&encoded, &key);
    feed->change = (struct change){
        .version = {{1000 + feed->count}, 2},
        .kind = feed->count % 4 == 3 ? CHANGE_DELETE : CHANGE_PUT,
        .key = arena_dup(&feed->arena, buf_slice(&encoded)),
        .has_new = feed->count % 4 != 3,
    };
    buf_release(&encoded);
    if (feed->change.has_new)
        feed->change.new_image = counter_item(&feed->arena, slice_str(pk), feed->count);
    feed->apply.partition = partition_of_hash(item_key_hash(&key));
    feed->count++;
    store_apply(feed->region->store, &feed->apply);
}

static void on_applied(struct apply *apply, int rc)
{
    struct feed *feed = CONTAINER_OF(apply, struct feed, apply);
    struct hybrid_time closed = store_closed_time(feed->region->store, true);

    if (feed->count % 10 == 0)
        store_set_floor(feed->region->store, feed->region->table,
                        (struct hybrid_time){feed->count < 100 ? 1000 : closed.bits});
    if (rc == 0 && feed->count < APPLIES)
        apply_next(feed);
    else
        one_done(feed->region);
}

static void on_feed_start(struct task *task)
{
    struct feed *feed = CONTAINER_OF(task, struct feed, start);

    arena_init(&feed->arena, 0);
    feed->apply = (struct apply){.table = feed->region->table,
                                 .changes = &feed->change,
                                 .count = 1,
                                 .strand = feed->strand,
                                 .on_applied = on_applied};
    apply_next(feed);
}

/* ---- a follower of the log ---- */

struct follower {
    struct region *region;
    struct log_watch watch;
    uint64_t position[TABLE_PARTITIONS];
    uint64_t changes;
    bool broken;
};

static void follow(struct follower *follower)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        struct log_read read = {.after = follower->position[i]};
        struct buf out = BUF_EMPTY;
        struct reader reader;

        if (store_log_read(follower->region->store, follower->region->table, i, &read, &out) < 0)
            follower->broken = true;
        reader = reader_of(buf_slice(&out));
        while (!reader_done(&reader)) {
            struct change change;

            if (change_decode(reader_sized(&reader), &change) < 0 ||
                change.sequence <= follower->position[i])
                follower->broken = true;
            follower->position[i] = change.sequence;
            follower->changes++;
        }
        follower->position[i] = read.position;
        buf_release(&out);
    }
}

static void on_log(struct task *task)
{
    follow(CONTAINER_OF(task, struct follower, watch.task));
}

static void unwatch(void *context)
{
    struct follower *follower = context;

    if (follower != NULL)
        store_log_unwatch(follower->region->store, &follower->watch);
}

/* ---- an editor ---- */

struct editor {
    struct region *region;
    struct strand *strand;
    struct task start;
    struct store_edit edit;
    unsigned count;
};

static void edit_next(struct editor *editor)
{
    struct schema *schema = table_schema(editor->region->table);

    editor->count++;
    editor->edit.kind = EDIT_REPLACE;
    editor->edit.schema = schema_copy(schema);
    editor->edit.schema->read_units = editor->count;
    schema_unref(schema);
    store_edit(editor->region->store, &editor->edit);
}

static void on_edited(struct store_edit *edit, int rc)
{
    struct editor *editor = CONTAINER_OF(edit, struct editor, edit);

    if (rc == 0 && editor->count < EDITS)
        edit_next(editor);
    else
        one_done(editor->region);
}

static void on_editor_start(struct task *task)
{
    edit_next(CONTAINER_OF(task, struct editor, start));
}

/* ---- the region ---- */

static int64_t commit_delay_us(void *context)
{
    return 200;
}

static void on_created(struct store_edit *edit, int rc)
{
    one_done(CONTAINER_OF(edit, struct editor, edit)->region);
}

static void create_table(struct region *region, struct editor *editor)
{
    struct schema *schema = schema_new();

    strcpy(schema->name, "t");
    schema->status = TABLE_ACTIVE;
    schema->key_count = 1;
    strcpy(schema->key_names[0], "pk");
    schema->keys[0] = (struct expr_key_attribute){slice_str(schema->key_names[0]), VALUE_S};
    schema->global = true;
    schema->replica_id = 1;
    editor->edit = (struct store_edit){
        .strand = editor->strand, .on_done = on_created, .kind = EDIT_CREATE, .schema = schema};
    region->running = 1;
    store_edit(region->store, &editor->edit);
    wait_for_all(region);
    region->table = store_table(region->store, SLICE("t"));
    assert_non_null(region->table);
    editor->edit = (struct store_edit){.strand = editor->strand, .on_done = on_edited};
}

struct closing {
    struct store_close close;
    struct region *region;
};

static void on_closed(struct store_close *close)
{
    one_done(CONTAINER_OF(close, struct closing, close)->region);
}

static uint64_t stored_counter(struct region *region, unsigned key)
{
    char pk[8];
    struct item_key item = {.sort = SLICE_EMPTY};
    struct pinned pin = PINNED_EMPTY;
    struct record record;
    uint64_t value;

    snprintf(pk, sizeof(pk), "k%u", key);
    item.partition = slice_str(pk);
    assert_int_equal(store_get(region->store, region->table, &item, ENGINE_READ_ANY, &pin, &record),
                     0);
    value = counter_of(record.item);
    engine_unpin(&pin);
    return value;
}

static void nothing(void *context)
{
}

/** Every worker has come to the end of the task that it was in. */
static void workers_pass(struct executor *executor)
{
    for (unsigned i = 0; i < executor_threads_workers(executor); i++) {
        struct strand *strand = executor_threads_strand_on(executor, i, "pass");

        strand_call(strand, nothing, NULL);
        strand_free(strand);
    }
}

static void run(bool dedicated)
{
    struct region region = {.lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};
    struct client *clients = calloc(CLIENTS, sizeof(*clients));
    struct mover *movers = calloc(MOVERS, sizeof(*movers));
    struct feed feed = {.region = &region};
    struct editor editor = {.region = &region};
    struct follower follower = {.region = &region};
    struct closing closing = {.region = &region, .close = {.on_closed = on_closed}};
    struct digest_leaf *kept = calloc(DIGEST_LEAVES, sizeof(*kept));
    struct digest_leaf *counted = calloc(DIGEST_LEAVES, sizeof(*counted));
    struct engine_memory_options engine_options = {.context = NULL};
    struct store_options options = {.region = "us-east-1", .lanes = 3};

    assert_int_equal(
        executor_threads_new(&(struct executor_threads_options){.workers = 3}, &region.executor),
        0);
    clock_init(&region.clock, region.executor);
    /* A commit that takes time needs a timer, so a shared strand; one that does not may have its
     * own thread. */
    if (!dedicated) {
        engine_options.executor = region.executor;
        engine_options.commit_delay_us = commit_delay_us;
    }
    assert_int_equal(engine_memory_open(&engine_options, &region.engine), 0);
    options.executor = region.executor;
    options.clock = &region.clock;
    options.engine = region.engine;
    options.dedicated_committer = dedicated;
    assert_int_equal(store_open(&options, &region.store), 0);
    editor.strand = executor_strand(region.executor, STRAND_SHARED, "editor");
    feed.strand = executor_strand(region.executor, STRAND_SHARED, "feed");
    create_table(&region, &editor);

    follower.watch.strand = editor.strand;
    task_init(&follower.watch.task, on_log);
    store_log_watch(region.store, &follower.watch);
    region.running = CLIENTS + MOVERS + 2;
    for (int i = 0; i < MOVERS; i++) {
        movers[i].region = &region;
        movers[i].strand = executor_strand(region.executor, STRAND_SHARED, "mover");
        task_init(&movers[i].start, on_mover_start);
        strand_post(movers[i].strand, &movers[i].start);
    }
    for (int i = 0; i < CLIENTS; i++) {
        clients[i].region = &region;
        clients[i].strand = executor_strand(region.executor, STRAND_SHARED, "client");
        task_init(&clients[i].start, on_client_start);
        strand_post(clients[i].strand, &clients[i].start);
    }
    task_init(&feed.start, on_feed_start);
    strand_post(feed.strand, &feed.start);
    task_init(&editor.start, on_editor_start);
    strand_post(editor.strand, &editor.start);
    wait_for_all(&region);

    for (unsigned key = 0; key < KEYS; key++)
        assert_int_equal(stored_counter(&region, key), atomic_load(&region.added[key]));
    assert_int_equal(atomic_load(&region.refused), 0);
    assert_int_equal(atomic_load(&region.torn), 0);
    assert_int_equal(atomic_load(&region.moved), MOVERS * MOVES);
    assert_true(atomic_load(&region.conflicts) > 0);
    store_digest(region.store, region.table, kept);
    assert_int_equal(store_digest_recompute(region.store, region.table, counted), 0);
    assert_memory_equal(kept, counted, DIGEST_LEAVES * sizeof(*kept));

    strand_call(editor.strand, unwatch, &follower);
    strand_call(editor.strand, unwatch, NULL); /* by now a last notice has run */
    region.running = 1;
    closing.close.strand = feed.strand;
    store_close(region.store, &closing.close);
    wait_for_all(&region);
    table_unref(region.table);
    store_free(region.store);
    strand_free(editor.strand);
    strand_free(feed.strand);
    for (int i = 0; i < CLIENTS; i++)
        strand_free(clients[i].strand);
    for (int i = 0; i < MOVERS; i++)
        strand_free(movers[i].strand);
    workers_pass(region.executor);
    executor_threads_free(region.executor);
    assert_false(follower.broken);
    assert_true(follower.changes > 0);
    engine_close(region.engine);
    for (int i = 0; i < CLIENTS; i++)
        for (int j = 0; j < IN_FLIGHT; j++)
            arena_release(&clients[i].additions[j].arena);
    for (int i = 0; i < MOVERS; i++)
        for (int j = 0; j < MOVES_IN_FLIGHT; j++)
            arena_release(&movers[i].moves[j].arena);
    arena_release(&feed.arena);
    free(clients);
    free(movers);
    free(kept);
    free(counted);
}

static void test_threads_with_a_shared_committer(void **state)
{
    run(false);
}

static void test_threads_with_a_dedicated_committer(void **state)
{
    run(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads_with_a_shared_committer),
        cmocka_unit_test(test_threads_with_a_dedicated_committer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
