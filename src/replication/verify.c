/*
 * verify.c - proving that the replicas of a table hold the same items, or listing the keys that
 * differ.
 *
 *   SUMS   every member counts its digests anew from the stored items (in its I/O pool)
 *   PAUSE  sums differ, and writes may be under way: once more after a moment, up to SUM_PASSES
 *   KEYS   leaf by leaf, member by member: key, version and hash of every item, merged in key
 *          order; what differs is remembered
 *   PAUSE  and compared again: a key counts as different when it was so twice, with the same
 *          versions
 *
 * A comparison belongs to one strand and asks one thing at a time; whatever does not answer is
 * asked again by the tick, until DEADLINE_MS, or until it has been silent for SILENCE_MS: nobody
 * shall wait a minute to hear that a link is cut.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdlib.h>

#include "replication/replication_priv.h"

enum {
    SUM_PASSES = 3,
    KEY_PASSES = 2,
    PAUSE_MS = 1500,
    ASK_MS = 1000,
    DEADLINE_MS = 60 * 1000,
    KEYS_BYTES_MAX = 512 * 1024, /* of one answer */
};

/* ---- counting, in the I/O pool ---- */

/** One question about this Region's table: from a peer, or from a comparison of ours. */
struct verify_job {
    struct list_node node;
    struct replication *replication;
    struct table *table;
    struct verify_ask_body ask;
    struct buf after;
    struct link *link; /* who asked; NULL: `run` */
    uint64_t session;
    struct verify_run *run;
    struct verify_answer_body answer;
    struct buf list;
    struct digest_leaf *leaves;
    struct task task;
};

/** Indexes are kept beside the items as the sums are, and are wrong like them. */
static int check_indexes(struct verify_job *job)
{
    struct index_check check = {.items = 0};
    int rc = store_index_check(job->replication->store, job->table, &check);

    if (check.missing + check.wrong + check.surplus + check.miscounted > 0)
        job->answer.sums_right = false;
    return rc;
}

static int count_sums(struct verify_job *job)
{
    struct store *store = job->replication->store;
    struct digest_leaf *before = calloc(2 * DIGEST_LEAVES, sizeof(*before)), *after;
    int rc;

    if (before == NULL)
        return ST_NOMEM;
    after = before + DIGEST_LEAVES;
    store_digest(store, job->table, before);
    rc = store_digest_recompute(store, job->table, job->leaves);
    store_digest(store, job->table, after);
    /* Only when nothing was written meanwhile can the kept sums be held against these. */
    job->answer.sums_right = true;
    for (uint32_t i = 0; rc == 0 && i < DIGEST_LEAVES; i++) {
        const struct digest_leaf *leaf = &job->leaves[i];

        if (before[i].sum == after[i].sum && before[i].count == after[i].count &&
            (leaf->sum != after[i].sum || leaf->count != after[i].count))
            job->answer.sums_right = false;
        if (leaf->count > 0) {
            verify_leaf_append(&job->list, &(struct verify_leaf){i, leaf->count, leaf->sum});
            job->answer.count++;
        }
    }
    free(before);
    return rc == 0 ? check_indexes(job) : rc;
}

static int visit_key(void *context, struct slice encoded_key, const struct record *record)
{
    struct verify_job *job = context;
    struct verify_key key = {encoded_key, record->version, record->hash};

    if (slice_cmp(encoded_key, buf_slice(&job->after)) <= 0 && job->after.len > 0)
        return 0;
    if (job->link != NULL && job->list.len > KEYS_BYTES_MAX) {
        job->answer.more = true;
        return 1;
    }
    verify_key_append(&job->list, &key);
    job->answer.count++;
    return 0;
}

static void run_counted(struct verify_run *run, struct verify_job *job);

static void verify_job_free(struct verify_job *job)
{
    list_remove(&job->node);
    table_unref(job->table);
    buf_release(&job->after);
    buf_release(&job->list);
    free(job->leaves);
    free(job);
}

static void on_job_back(struct task *task)
{
    struct verify_job *job = CONTAINER_OF(task, struct verify_job, task);
    struct replication *replication = job->replication;

    if (job->link == NULL) {
        run_counted(job->run, job);
    } else if (link__open(job->link) && job->link->session.own == job->session &&
               !replication->closing) {
        struct buf frame;

        link__begin(job->link, &frame, FRAME_VERIFY_ANSWER);
        verify_answer_body_append_head(&frame, &job->answer);
        buf_append_slice(&frame, buf_slice(&job->list));
        link__send(job->link, &frame);
    }
    verify_job_free(job);
    replication__release(replication);
}

static void on_job_io(struct task *task)
{
    struct verify_job *job = CONTAINER_OF(task, struct verify_job, task);
    int rc;

    if (job->ask.kind == VERIFY_SUMS)
        rc = count_sums(job);
    else
        rc = store_digest_leaf_each(job->replication->store, job->table, job->ask.leaf, visit_key,
                                    job);
    job->answer.result = rc < 0 ? rc : buf_failed(&job->list) ? ST_NOMEM : 0;
    task_init(&job->task, on_job_back);
    strand_post(job->replication->strand, &job->task);
}

static void start_job(struct replication *replication, struct table *table, struct link *link,
                      struct verify_run *run, const struct verify_ask_body *ask)
{
    struct verify_job *job = calloc(1, sizeof(*job));

    if (job == NULL)
        return;
    job->leaves = ask->kind == VERIFY_SUMS ? calloc(DIGEST_LEAVES, sizeof(*job->leaves)) : NULL;
    if ((ask->kind == VERIFY_SUMS && job->leaves == NULL) ||
        buf_append_slice(&job->after, ask->after) < 0) {
        free(job->leaves);
        free(job);
        return;
    }
    job->replication = replication;
    job->table = table_ref(table);
    job->ask = *ask;
    job->link = link;
    job->session = link != NULL ? link->session.own : 0;
    job->run = run;
    job->answer = (struct verify_answer_body){
        .kind = ask->kind, .group = ask->group, .request = ask->request, .leaf = ask->leaf};
    list_append(&replication->verify_serves, &job->node);
    task_init(&job->task, on_job_io);
    replication__hold(replication);
    executor_io(replication->executor, &job->task);
}

void verify__receive_ask(struct link *link, const struct verify_ask_body *body)
{
    struct replication *replication = link->replication;
    struct global *global = global__by_group(replication, &body->group);

    if (global == NULL || global->table == NULL || global->planned || replication->closing)
        return;
    LIST_FOREACH(node, &replication->verify_serves)
    {
        struct verify_job *job = LIST_ENTRY(node, struct verify_job, node);

        if (job->link == link && job->ask.request == body->request && job->ask.kind == body->kind &&
            job->ask.leaf == body->leaf)
            return; /* it is being counted */
    }
    start_job(replication, global->table, link, NULL, body);
}

/* ---- comparing ---- */

struct verify_peer {
    struct link *link;
    bool answered;
    bool sums_right;
    struct digest_leaf leaves[DIGEST_LEAVES]; /* [0] of all is this Region itself */
};

/** Keys that differed in one pass over them. */
struct verify_found {
    struct verify_difference *list;
    uint32_t count, cap;
    struct arena arena;
};

struct verify_run {
    struct list_node node;
    struct replication *replication;
    struct replication_verify *verify;
    struct table *table;
    struct group_id group;
    bool global;
    enum { RUN_SUMS, RUN_PAUSE, RUN_KEYS } phase;
    uint32_t sum_pass, key_pass;
    uint64_t request;
    int64_t due_ms, deadline_ms;
    bool counting;             /* a job of ours is in the I/O pool */
    struct verify_peer *peers; /* [0]: this Region */
    uint32_t peer_count;
    uint32_t peer_at, leaf_at; /* KEYS */
    bool own_keys_known, their_keys_known;
    struct buf own_keys, their_keys, after;
    struct verify_found found[2]; /* of this pass, of the one before */
};

static void run_free(struct verify_run *run)
{
    list_remove(&run->node);
    table_unref(run->table);
    free(run->peers);
    buf_release(&run->own_keys);
    buf_release(&run->their_keys);
    buf_release(&run->after);
    for (uint32_t i = 0; i < 2; i++) {
        free(run->found[i].list);
        arena_release(&run->found[i].arena);
    }
    free(run);
}

static void on_run_done(struct task *task)
{
    struct replication_verify *verify = CONTAINER_OF(task, struct replication_verify, task);

    verify->on_done(verify, (int)(intptr_t)verify->state);
}

static void answer(struct replication_verify *verify, int rc)
{
    verify->state = (void *)(intptr_t)rc;
    task_init(&verify->task, on_run_done);
    strand_post(verify->strand, &verify->task);
}

/** Copies what stays into the request, and ends. */
static void run_finish(struct verify_run *run, int rc)
{
    struct replication_verify *verify = run->verify;
    bool all = true;

    if (run->counting)
        return; /* the job still names us; the tick comes back */
    verify->region_count = 0;
    for (uint32_t i = 0; i < run->peer_count && i < ARRAY_LEN(verify->regions); i++) {
        const struct verify_peer *peer = &run->peers[i];
        __typeof__(verify->regions[0]) *region = &verify->regions[verify->region_count++];

        memset(region, 0, sizeof(*region));
        strcpy(region->region, peer->link != NULL ? peer->link->region : run->replication->region);
        region->reached = peer->answered;
        region->stored_sums_right = peer->sums_right;
        for (uint32_t leaf = 0; leaf < DIGEST_LEAVES; leaf++) {
            region->items += peer->leaves[leaf].count;
            region->sum += peer->leaves[leaf].sum;
        }
        all = all && peer->answered;
    }
    verify->differences = NULL;
    verify->difference_count = 0;
    if (run->found[0].count > 0)
        verify->differences =
            ARENA_ARRAY(verify->arena, struct verify_difference, run->found[0].count);
    for (uint32_t i = 0; verify->differences != NULL && i < run->found[0].count; i++) {
        struct verify_difference *difference = &verify->differences[verify->difference_count++];

        *difference = run->found[0].list[i];
        difference->key = arena_dup(verify->arena, difference->key);
    }
    verify->equal = rc == 0 && all && run->found[0].count == 0;
    answer(verify, rc == 0 && !all ? ST_TIMEOUT : rc);
    run_free(run);
}

static bool leaf_differs(const struct verify_run *run, uint32_t peer, uint32_t leaf)
{
    const struct digest_leaf *here = &run->peers[0].leaves[leaf];
    const struct digest_leaf *there = &run->peers[peer].leaves[leaf];

    return run->peers[peer].answered && (here->sum != there->sum || here->count != there->count);
}

/** The next leaf that differs, from where the comparison is; false: none is left. */
static bool find_leaf(struct verify_run *run)
{
    for (; run->peer_at < run->peer_count; run->peer_at++, run->leaf_at = 0) {
        for (; run->leaf_at < DIGEST_LEAVES; run->leaf_at++) {
            if (leaf_differs(run, run->peer_at, run->leaf_at))
                return true;
        }
    }
    return false;
}

static void begin_sums(struct verify_run *run)
{
    run->phase = RUN_SUMS;
    run->request = replication__nonce(run->replication);
    run->due_ms = 0;
    for (uint32_t i = 0; i < run->peer_count; i++)
        run->peers[i].answered = false;
}

static void begin_leaf(struct verify_run *run)
{
    run->request = replication__nonce(run->replication);
    run->due_ms = 0;
    run->own_keys_known = run->their_keys_known = false;
    buf_clear(&run->own_keys);
    buf_clear(&run->their_keys);
    buf_clear(&run->after);
}

static void begin_keys(struct verify_run *run)
{
    struct verify_found before = run->found[1];

    run->found[1] = run->found[0];
    run->found[0] = before;
    run->found[0].count = 0;
    arena_reset(&run->found[0].arena);
    run->phase = RUN_KEYS;
    run->peer_at = 1;
    run->leaf_at = 0;
    if (find_leaf(run))
        begin_leaf(run);
}

static void pause(struct verify_run *run)
{
    run->phase = RUN_PAUSE;
    run->due_ms = now_ms(run->replication) + PAUSE_MS;
}

static bool was_found_before(const struct verify_run *run, const struct verify_difference *found)
{
    for (uint32_t i = 0; i < run->found[1].count; i++) {
        const struct verify_difference *before = &run->found[1].list[i];

        if (slice_eq(before->key, found->key) && strcmp(before->region, found->region) == 0 &&
            version_eq(before->here, found->here) && version_eq(before->there, found->there))
            return true;
    }
    return false;
}

static void add_difference(struct verify_run *run, const struct verify_key *here,
                           const struct verify_key *there)
{
    struct verify_found *found = &run->found[0];
    struct verify_difference difference = {.key = SLICE_EMPTY};

    assert(here != NULL || there != NULL);
    difference.key = here != NULL ? here->key : there->key;
    strcpy(difference.region, run->peers[run->peer_at].link->region);
    if (here != NULL) {
        difference.here = here->version;
        difference.hash_here = here->hash;
    }
    if (there != NULL) {
        difference.there = there->version;
        difference.hash_there = there->hash;
    }
    if (found->count >= run->verify->differences_max ||
        (run->key_pass > 0 && !was_found_before(run, &difference)))
        return;
    if (found->count == found->cap) {
        uint32_t cap = found->cap ? found->cap * 2 : 64;
        struct verify_difference *list = realloc(found->list, cap * sizeof(*list));

        if (list == NULL)
            return;
        found->list = list;
        found->cap = cap;
    }
    difference.key = arena_dup(&found->arena, difference.key);
    found->list[found->count++] = difference;
}

/** Merges the two lists of a leaf, both in the order of keys. */
static void compare_keys(struct verify_run *run)
{
    struct reader ours = reader_of(buf_slice(&run->own_keys));
    struct reader theirs = reader_of(buf_slice(&run->their_keys));
    struct verify_key here, there;
    bool has_here = reader_left(&ours) > 0 && verify_key_read(&ours, &here);
    bool has_there = reader_left(&theirs) > 0 && verify_key_read(&theirs, &there);

    while (has_here || has_there) {
        int order = !has_here ? 1 : !has_there ? -1 : slice_cmp(here.key, there.key);

        if (order < 0)
            add_difference(run, &here, NULL);
        else if (order > 0)
            add_difference(run, NULL, &there);
        else if (!version_eq(here.version, there.version) || here.hash != there.hash)
            add_difference(run, &here, &there);
        if (order <= 0)
            has_here = reader_left(&ours) > 0 && verify_key_read(&ours, &here);
        if (order >= 0)
            has_there = reader_left(&theirs) > 0 && verify_key_read(&theirs, &there);
    }
}

static void run_advance(struct verify_run *run)
{
    bool all = true;

    if (run->phase == RUN_SUMS) {
        for (uint32_t i = 0; i < run->peer_count; i++)
            all = all && run->peers[i].answered;
        if (!all)
            return;
        run->peer_at = 1;
        run->leaf_at = 0;
        if (!find_leaf(run)) {
            run->found[0].count = 0;
            run_finish(run, 0);
        } else if (++run->sum_pass < SUM_PASSES) {
            pause(run);
        } else {
            begin_keys(run);
        }
    } else if (run->phase == RUN_KEYS && run->own_keys_known && run->their_keys_known) {
        compare_keys(run);
        run->leaf_at++;
        if (find_leaf(run))
            begin_leaf(run);
        else if (++run->key_pass < KEY_PASSES)
            pause(run);
        else
            run_finish(run, 0);
    }
}

static void run_counted(struct verify_run *run, struct verify_job *job)
{
    run->counting = false;
    if (job->answer.result < 0) {
        run_finish(run, job->answer.result);
        return;
    }
    if (job->ask.request != run->request)
        return;
    if (job->ask.kind == VERIFY_SUMS) {
        memcpy(run->peers[0].leaves, job->leaves, sizeof(run->peers[0].leaves));
        run->peers[0].sums_right = job->answer.sums_right;
        run->peers[0].answered = true;
    } else {
        buf_release(&run->own_keys);
        run->own_keys = job->list;
        job->list = BUF_EMPTY;
        run->own_keys_known = true;
    }
    run_advance(run);
}

static void take_sums(struct verify_peer *peer, const struct verify_answer_body *body)
{
    struct reader reader = reader_of(body->list);
    struct verify_leaf leaf;

    memset(peer->leaves, 0, sizeof(peer->leaves));
    for (uint32_t i = 0; i < body->count && verify_leaf_read(&reader, &leaf); i++) {
        peer->leaves[leaf.leaf].sum = leaf.sum;
        peer->leaves[leaf.leaf].count = leaf.count;
    }
    peer->sums_right = body->sums_right;
    peer->answered = true;
}

/** One part of the peer's keys; the list goes on after its last. */
static void take_keys(struct verify_run *run, const struct verify_answer_body *body)
{
    struct reader reader = reader_of(body->list);
    struct verify_key key = {.key = SLICE_EMPTY};

    for (uint32_t i = 0; i < body->count; i++) {
        if (!verify_key_read(&reader, &key))
            return;
    }
    buf_append_slice(&run->their_keys, body->list);
    if (body->more && body->count > 0) {
        buf_clear(&run->after);
        buf_append_slice(&run->after, key.key);
        run->request = replication__nonce(run->replication);
        run->due_ms = 0;
    } else {
        run->their_keys_known = true;
    }
}

void verify__receive_answer(struct link *link, const struct verify_answer_body *body)
{
    LIST_FOREACH_SAFE(node, following, &link->replication->verifies)
    {
        struct verify_run *run = LIST_ENTRY(node, struct verify_run, node);

        if (body->request != run->request || !group_id_eq(&body->group, &run->group) ||
            body->result < 0)
            continue;
        if (body->kind == VERIFY_SUMS && run->phase == RUN_SUMS) {
            for (uint32_t i = 1; i < run->peer_count; i++) {
                if (run->peers[i].link == link && !run->peers[i].answered)
                    take_sums(&run->peers[i], body);
            }
            run_advance(run);
        } else if (body->kind == VERIFY_KEYS && run->phase == RUN_KEYS && !run->their_keys_known &&
                   run->peers[run->peer_at].link == link && body->leaf == run->leaf_at) {
            take_keys(run, body);
            run_advance(run);
        }
    }
}

static void send_ask(struct link *link, const struct verify_ask_body *body)
{
    struct buf frame;

    if (!link__open(link))
        return;
    link__begin(link, &frame, FRAME_VERIFY_ASK);
    verify_ask_body_append(&frame, body);
    link__send(link, &frame);
}

static void run_ask(struct verify_run *run)
{
    struct verify_ask_body ask = {
        .kind = run->phase == RUN_SUMS ? VERIFY_SUMS : VERIFY_KEYS,
        .group = run->group,
        .request = run->request,
        .leaf = run->phase == RUN_SUMS ? 0 : run->leaf_at,
    };
    bool own = run->phase == RUN_SUMS ? run->peers[0].answered : run->own_keys_known;

    if (!own && !run->counting) {
        run->counting = true;
        start_job(run->replication, run->table, NULL, run, &ask);
    }
    ask.after = buf_slice(&run->after);
    if (run->phase == RUN_SUMS) {
        for (uint32_t i = 1; i < run->peer_count; i++) {
            if (!run->peers[i].answered)
                send_ask(run->peers[i].link, &ask);
        }
    } else if (!run->their_keys_known) {
        send_ask(run->peers[run->peer_at].link, &ask);
    }
}

/** A peer that has not answered says nothing at all, and has not since the comparison began. */
static bool waits_in_vain(const struct verify_run *run, int64_t now)
{
    if (now < run->deadline_ms - DEADLINE_MS + SILENCE_MS)
        return false;
    for (uint32_t i = 0; i < run->peer_count; i++)
        if (!run->peers[i].answered && now - run->peers[i].link->heard_ms >= SILENCE_MS)
            return true;
    return false;
}

static void run_tick(struct verify_run *run)
{
    int64_t now = now_ms(run->replication);

    if (run->replication->closing || now >= run->deadline_ms || waits_in_vain(run, now)) {
        run_finish(run, run->replication->closing ? ST_CLOSED : ST_TIMEOUT);
        return;
    }
    if (now < run->due_ms)
        return;
    run->due_ms = now + ASK_MS;
    if (run->phase == RUN_PAUSE)
        begin_sums(run);
    if (run->phase == RUN_SUMS && run->key_pass > 0) {
        /* The second pass over the keys looks at the leaves of the first. */
        for (uint32_t i = 0; i < run->peer_count; i++)
            run->peers[i].answered = true;
        begin_keys(run);
    }
    run_ask(run);
}

void verify__tick(struct replication *replication)
{
    LIST_FOREACH_SAFE(node, following, &replication->verifies)
    run_tick(LIST_ENTRY(node, struct verify_run, node));
}

void verify__free_all(struct replication *replication)
{
    while (!list_empty(&replication->verify_serves))
        verify_job_free(LIST_ENTRY(replication->verify_serves.next, struct verify_job, node));
    while (!list_empty(&replication->verifies))
        run_free(LIST_ENTRY(replication->verifies.next, struct verify_run, node));
}

void verify__start(struct replication *replication, struct replication_verify *verify)
{
    struct global *global = global__by_name(replication, slice_str(verify->table));
    struct verify_run *run = NULL;
    struct table *table = NULL;
    uint32_t count = 1;

    table = replication->closing ? NULL : store_table(replication->store, slice_str(verify->table));
    if (table == NULL) {
        answer(verify, ST_NOTFOUND);
        return;
    }
    if (global != NULL && global->document != NULL) {
        LIST_FOREACH(node, &global->members)
        count++;
    }
    run = calloc(1, sizeof(*run));
    if (run != NULL)
        run->peers = calloc(count, sizeof(*run->peers));
    if (run == NULL || run->peers == NULL) {
        free(run);
        table_unref(table);
        answer(verify, ST_NOMEM);
        return;
    }
    run->replication = replication;
    run->verify = verify;
    run->table = table;
    run->peer_count = 1;
    arena_init(&run->found[0].arena, 0);
    arena_init(&run->found[1].arena, 0);
    if (count > 1) {
        run->group = global->document->id;
        LIST_FOREACH(node, &global->members)
        run->peers[run->peer_count++].link = LIST_ENTRY(node, struct member, node)->link;
    }
    run->deadline_ms = now_ms(replication) + DEADLINE_MS;
    list_append(&replication->verifies, &run->node);
    begin_sums(run);
    run_ask(run);
    run->due_ms = now_ms(replication) + ASK_MS;
}
