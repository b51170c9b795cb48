/*
 * backfill.c - filling this Region's table from another replica.
 *
 * A new replica (CREATING):
 *
 *   START --> POSITIONS --> WRITING --> SCANNING --> END --> CATCH_UP --> READY
 *             source's own  made        pages of     source's feeds have
 *             log positions durable:    every log    positions passed
 *             and its       the feeds   group        now       them
 *             checkpoints   begin there
 *             of the others
 *
 * Why the feeds begin at the source's checkpoints and not at the others' present positions: what is
 * still on its way from them to the source is in neither the snapshot nor beyond their present
 * position. And why before the scan: what the source writes after a page was read is only in its
 * feed. Until READY the replica acknowledges nothing and has no floor of its own, so every
 * tombstone that a page may contradict is kept everywhere (models: the new replica).
 *
 * Restart. Session, source and floor are in the record, the start positions are the feeds'
 * checkpoints, and each page's resume key is committed with the page. So a crash at either end
 * continues at the last page. When the source is lost for SOURCE_PATIENCE_MS another replica is
 * scanned from the start, every feed back at the lower of its own position and the new source's
 * checkpoint.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

enum { ASK_AGAIN_MS = 1000, ASK_AGAIN_MS_MAX = 8000 };

#ifdef MUTANT_STALE_SESSION_ACCEPTED
enum { STALE_PAGES = 1 }; /* pages of any scan are applied at any time */
#else
enum { STALE_PAGES = 0 };
#endif

static struct link *source_link(const struct global *global)
{
    struct link *link = replication__link(global->replication, global->backfill->source);

    return link != NULL && link__open(link) ? link : NULL;
}

/* ---- the record ---- */

static void resume_name(struct buf *out, const struct group_id *group, uint8_t log_group)
{
    buf_append_str(out, "resume/");
    buf_append(out, group->bytes, GROUP_ID_BYTES);
    buf_append_u8(out, log_group);
}

void backfill__resume_key(struct buf *out, const struct group_id *group, uint8_t log_group)
{
    struct buf name = BUF_EMPTY;

    resume_name(&name, group, log_group);
    store_meta_key(out, META_OWNER, buf_slice(&name));
    buf_release(&name);
}

static void record_put(struct global *global, struct batch *batch)
{
    const struct backfill *backfill = global->backfill;
    struct buf name = BUF_EMPTY, key = BUF_EMPTY, value = BUF_EMPTY;

    buf_append_str(&name, "backfill/");
    buf_append_str(&name, global->name);
    store_meta_key(&key, META_OWNER, buf_slice(&name));
    buf_append_be64(&value, backfill->session);
    buf_append_be64(&value, backfill->floor.bits);
    buf_append_sized(&value, slice_str(backfill->source));
    batch_put(batch, ENGINE_DATA, buf_slice(&key), buf_slice(&value));
    if (buf_failed(&value) || buf_failed(&key))
        batch->ops.failed = true;
    buf_release(&name);
    buf_release(&key);
    buf_release(&value);
}

/* ---- life ---- */

void backfill__scan_reset(struct backfill_scan *scan)
{
    scan->done = false;
    scan->request = scan->tries = 0;
    scan->due_ms = 0;
    buf_clear(&scan->resume);
}

struct backfill *backfill__new(struct global *global)
{
    struct backfill *backfill = calloc(1, sizeof(*backfill));

    if (backfill == NULL)
        return NULL;
    for (uint8_t i = 0; i < TABLE_PARTITIONS; i++) {
        backfill->scans[i].global = global;
        backfill->scans[i].log_group = i;
        backfill__resume_key(&backfill->scans[i].key, &global->document->id, i);
    }
    backfill->heard_ms = now_ms(global->replication);
    backfill->session = replication__nonce(global->replication);
    backfill->replication = global->replication;
    global->backfill = backfill;
    return backfill;
}

bool backfill__is_busy(const struct backfill *backfill)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        if (backfill->scans[i].applying)
            return true;
    }
    return backfill->phase == BACKFILL_WRITING;
}

static void backfill_release(struct job *job)
{
    struct backfill *backfill = CONTAINER_OF(job, struct backfill, job);

    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        struct backfill_scan *scan = &backfill->scans[i];

        buf_release(&scan->resume);
        buf_release(&scan->resume_next);
        buf_release(&scan->value);
        buf_release(&scan->key);
        buf_release(&scan->memory);
        free(scan->changes);
    }
    free(backfill);
}

void backfill__stop(struct global *global)
{
    struct backfill *backfill = global->backfill;

    if (backfill == NULL)
        return;
    global->floor.frozen = false;
    global->backfill = NULL;
    backfill->stopped = true;
    job__begin(global->replication, &backfill->job, backfill_release);
    if (!backfill__is_busy(backfill))
        job__end(&backfill->job);
}

void backfill__finished(struct global *global)
{
    if (!STALE_PAGES)
        backfill__stop(global);
}

/** An operation of a backfill that was stopped meanwhile has come back. */
bool backfill__came_back_late(struct backfill *backfill)
{
    if (!backfill->stopped)
        return false;
    if (!backfill__is_busy(backfill))
        job__end(&backfill->job);
    return true;
}

void backfill__start(struct global *global, struct hybrid_time floor)
{
    const struct group_member *self, *source;
    struct backfill *backfill;

    if (global->backfill != NULL)
        return;
    self = group_member(global->document, global->replication->region);
    source = group_member_by_id(global->document, self->source);
    backfill = source != NULL ? backfill__new(global) : NULL;
    if (backfill == NULL)
        return;
    backfill->floor = floor;
    strcpy(backfill->source, source->region);
    log_info(&global->replication->log, PART, "table %s is filled from %s", global->name,
             backfill->source);
    backfill__tick(global);
}

static int load_resume(struct global *global, struct backfill_scan *scan)
{
    struct replication *replication = global->replication;
    struct buf name = BUF_EMPTY;
    struct arena arena;
    struct slice value;
    int rc;

    arena_init(&arena, 0);
    resume_name(&name, &global->document->id, scan->log_group);
    rc = store_meta_get(replication->store, META_OWNER, buf_slice(&name), &arena, &value);
    if (rc == ST_NOTFOUND) {
        rc = 0;
    } else if (rc == 0) {
        struct reader reader = reader_of(value);
        uint64_t session = reader_be64(&reader);
        bool done = reader_u8(&reader) == 1;

        if (reader.failed) {
            rc = ST_CORRUPT;
        } else if (session == global->backfill->session) { /* else of an earlier scan */
            scan->done = done;
            rc = buf_append(&scan->resume, reader.at, reader_left(&reader));
        }
    }
    buf_release(&name);
    arena_release(&arena);
    return rc;
}

int backfill__load(struct global *global, struct slice record)
{
    struct reader reader = reader_of(record);
    struct backfill *backfill;
    struct slice source;
    int rc = 0;

    if (group_member(global->document, global->replication->region)->status != REPLICA_CREATING)
        return 0;
    backfill = backfill__new(global);
    if (backfill == NULL)
        return ST_NOMEM;
    backfill->session = reader_be64(&reader);
    backfill->floor.bits = reader_be64(&reader);
    source = reader_sized(&reader);
    if (!reader_done(&reader) || source.len >= sizeof(backfill->source))
        return ST_CORRUPT;
    memcpy(backfill->source, source.ptr, source.len);
    for (uint32_t i = 0; i < TABLE_PARTITIONS && rc == 0; i++)
        rc = load_resume(global, &backfill->scans[i]);
    backfill->phase = BACKFILL_SCANNING; /* with the positions that are the feeds' checkpoints */
    return rc;
}

bool backfill__is_ready(const struct global *global)
{
    return global->backfill != NULL && global->backfill->phase == BACKFILL_READY;
}

uint8_t backfill__percent(const struct global *global)
{
    const struct backfill *backfill = global->backfill;

    if (backfill == NULL || backfill->repair)
        return 255;
    if (backfill->phase == BACKFILL_READY)
        return 100;
    if (backfill->phase < BACKFILL_SCANNING || backfill->items_source == 0)
        return backfill->phase > BACKFILL_SCANNING ? 99 : 0;
    if (backfill->items_here >= backfill->items_source)
        return 99;
    return (uint8_t)(backfill->items_here * 100 / backfill->items_source);
}

/* ---- asking the source ---- */

static void ask(struct global *global, enum snapshot_ask kind, uint32_t request, uint8_t log_group,
                struct slice resume)
{
    const struct backfill *backfill = global->backfill;
    struct link *link = source_link(global);
    struct snapshot_ask_body body = {
        .kind = kind,
        .group = global->document->id,
        .epoch = global->document->epoch,
        .reader = global->self,
        .session = backfill->session,
        .request = request,
        .log_group = log_group,
        .bytes_max = global->replication->snapshot_page_bytes,
        .resume = resume,
    };
    struct buf frame;

    if (link == NULL)
        return;
    link__begin(link, &frame, FRAME_SNAPSHOT_ASK);
    snapshot_ask_body_append(&frame, &body);
    link__send(link, &frame);
}

/** When to ask again: a slow link must not make every answer come too late. */
static int64_t ask_again(int64_t now, uint32_t *tries)
{
    int64_t wait_ms = ASK_AGAIN_MS;

    for (uint32_t i = 0; i < *tries && wait_ms < ASK_AGAIN_MS_MAX; i++)
        wait_ms *= 2;
    ++*tries;
    return now + wait_ms;
}

/** A question keeps its number when it is repeated: any answer to it will do. */
static void ask_positions(struct global *global, int64_t now)
{
    struct backfill *backfill = global->backfill;

    if (now < backfill->due_ms)
        return;
    backfill->due_ms = ask_again(now, &backfill->tries);
    if (backfill->positions_request == 0)
        backfill->positions_request = ++backfill->request;
    ask(global, SNAPSHOT_POSITIONS, backfill->positions_request, 0, SLICE_EMPTY);
}

static void ask_page(struct backfill_scan *scan, int64_t now)
{
    struct backfill *backfill = scan->global->backfill;

    if (scan->done || scan->applying || now < scan->due_ms)
        return;
    scan->due_ms = ask_again(now, &scan->tries);
    if (scan->request == 0)
        scan->request = ++backfill->request;
    ask(scan->global, SNAPSHOT_RECORDS, scan->request, scan->log_group, buf_slice(&scan->resume));
}

void backfill__enter(struct backfill *backfill, enum backfill_phase phase)
{
    backfill->phase = phase;
    backfill->due_ms = 0;
    backfill->tries = 0;
    backfill->positions_request = 0;
}

/* ---- positions ---- */

static bool wanted_position(const struct global *global, const struct snapshot_position *position)
{
    const struct backfill *backfill = global->backfill;
    const struct group_member *member = group_member_by_id(global->document, position->origin);

    if (member == NULL || position->origin == global->self)
        return false;
#ifdef MUTANT_FEEDS_AT_CURRENT_POSITIONS
    if (strcmp(member->region, backfill->source) != 0)
        return false; /* its feed begins where it is when it is asked (feed_out.c, feed_rx.c) */
#endif
    return !backfill->repair || strcmp(member->region, backfill->source) == 0;
}

static bool read_positions(struct global *global, const struct snapshot_page_body *body)
{
    struct backfill *backfill = global->backfill;
    struct reader reader = reader_of(body->positions);

    backfill->position_count = 0;
    for (uint32_t i = 0; i < body->position_count; i++) {
        struct snapshot_position position;

        if (!snapshot_position_read(&reader, &position))
            return false;
        if (wanted_position(global, &position))
            backfill->positions[backfill->position_count++] = position;
    }
    return reader_done(&reader);
}

bool backfill__feeds_busy(const struct global *global)
{
    LIST_FOREACH(node, &global->members)
    {
        const struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            if (feed_in__busy(&member->in[i]))
                return true;
        }
    }
    return false;
}

/** Where a feed begins: at the lower of what it has and what the source has; when what it has is
 * too old for its origin's log, at what the source has. */
static struct feed_at start_of(const struct backfill *backfill, const struct member *member,
                               const struct snapshot_position *position)
{
    const struct feed_at *own = &member->in[position->log_group].core.applied;
    struct feed_at at = {position->incarnation, position->sequence, {0}};

    if (own->incarnation != 0 && own->sequence < position->sequence && !backfill->fresh)
        at = *own;
#ifdef MUTANT_SWITCHED_SOURCE_KEEPS_FEEDS
    if (own->incarnation != 0)
        at = *own;
#endif
    return at;
}

/** Notes it: the feeds must go on where the disk says. */
static void choose_starts(struct global *global)
{
    struct backfill *backfill = global->backfill;

    for (uint32_t i = 0; i < backfill->position_count; i++) {
        const struct snapshot_position *position = &backfill->positions[i];
        const struct member *member = global__member(global, position->origin);

        if (member != NULL)
            backfill->starts[i] = start_of(backfill, member, position);
        else /* it comes with a feed that has nothing yet */
            backfill->starts[i] = (struct feed_at){position->incarnation, position->sequence, {0}};
    }
}

static void set_feeds(struct global *global)
{
    struct backfill *backfill = global->backfill;

    for (uint32_t i = 0; i < backfill->position_count; i++) {
        const struct snapshot_position *position = &backfill->positions[i];
        struct member *member = global__member(global, position->origin);

        if (member != NULL)
            feed_in__reset(&member->in[position->log_group], &backfill->starts[i]);
    }
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            if (link__open(member->link) && !member->in[i].core.session)
                feed_in__session(&member->in[i], true);
        }
    }
}

static void on_positions_written(struct store_edit *edit, int rc)
{
    struct backfill *backfill = CONTAINER_OF(edit, struct backfill, edit);
    struct global *global = backfill->scans[0].global;
    struct replication *replication = backfill->replication;

    backfill__enter(backfill, BACKFILL_POSITIONS);
    if (!backfill__came_back_late(backfill) && rc == 0) {
        set_feeds(global);
        backfill__enter(backfill, BACKFILL_SCANNING);
        backfill__tick(global);
    }
    replication__release(replication);
}

/** From here until they are set the feeds stand still (feed_in.c): what is written must be where
 * they go on, else a crash finds less on disk than their origins have been told. */
static void write_positions(struct global *global)
{
    struct backfill *backfill = global->backfill;
    struct replication *replication = global->replication;
    struct batch meta = BATCH_EMPTY;

    if (replication->closing)
        return;
    record_put(global, &meta);
    choose_starts(global);
    for (uint32_t i = 0; i < backfill->position_count; i++) {
        struct member *member = global__member(global, backfill->positions[i].origin);
        const struct feed_at *start = &backfill->starts[i];
        uint8_t value[CHECKPOINT_BYTES];
        struct feed_in *in;

        if (member == NULL)
            continue;
        in = &member->in[backfill->positions[i].log_group];
        feed_in__checkpoint_value(value, start, feed_rx_goes_back(&in->core, start));
        batch_put(&meta, ENGINE_DATA, buf_slice(&in->checkpoint_key),
                  slice_of(value, sizeof(value)));
    }
    backfill->edit = (struct store_edit){.strand = replication->strand,
                                         .kind = EDIT_META,
                                         .on_done = on_positions_written,
                                         .meta = meta};
    backfill->phase = BACKFILL_WRITING;
    replication__hold(replication);
    store_edit(replication->store, &backfill->edit);
}

static void take_positions(struct global *global, const struct snapshot_page_body *body)
{
    struct backfill *backfill = global->backfill;

    if (body->request != backfill->positions_request)
        return; /* an older question: these may lie before the end of the scan */
    if (backfill->phase == BACKFILL_POSITIONS && !backfill__feeds_busy(global)) {
        if (!read_positions(global, body))
            return;
        if (backfill->repair) {
            backfill__enter(backfill,
                            BACKFILL_SCANNING); /* the feed moves there when the scan is through */
            backfill__tick(global);
            return;
        }
#ifdef MUTANT_BACKFILL_FEEDS_AFTER_SNAPSHOT
        backfill__enter(backfill, BACKFILL_SCANNING);
        backfill__tick(global);
        return;
#endif
        write_positions(global);
    } else if (backfill->phase == BACKFILL_END) {
        if (!read_positions(global, body))
            return;
#ifdef MUTANT_BACKFILL_FEEDS_AFTER_SNAPSHOT
        choose_starts(global);
        set_feeds(global);
#endif
        backfill__enter(backfill, BACKFILL_CATCH_UP);
        backfill__tick(global);
    }
}

/* ---- pages ---- */

static void scans_advance(struct global *global);

static void on_page_applied(struct apply *apply, int rc)
{
    struct backfill_scan *scan = CONTAINER_OF(apply, struct backfill_scan, apply);
    struct global *global = scan->global;
    struct backfill *backfill = CONTAINER_OF(scan - scan->log_group, struct backfill, scans[0]);
    struct replication *replication = backfill->replication;

    scan->applying = false;
    buf_release(&scan->memory);
    if (!backfill__came_back_late(backfill)) {
        if (rc == 0) {
            struct buf swap = scan->resume;

            scan->resume = scan->resume_next;
            scan->resume_next = swap;
            scan->done = scan->done_next;
            scan->due_ms = 0;
            scan->tries = 0;
            backfill->items_here += apply->count;
            scans_advance(global);
        } else {
            scan->due_ms = now_ms(replication) + FEED_RETRY_MS;
        }
    }
    replication__release(replication);
}

/** The changes of a page that are to be applied. What an ACTIVE member repairs may show tombstones
 * that it has had and forgotten; they are at or below its floor. */
static bool decode_page(struct backfill_scan *scan, const struct snapshot_page_body *body)
{
    const struct global *global = scan->global;
    struct reader reader = reader_of(body->changes);

    if (body->count > scan->changes_cap) {
        struct change *changes = realloc(scan->changes, body->count * sizeof(*changes));

        if (changes == NULL)
            return false;
        scan->changes = changes;
        scan->changes_cap = body->count;
    }
    scan->change_count = 0;
    for (uint32_t i = 0; i < body->count; i++) {
        struct change *change = &scan->changes[scan->change_count];

        if (change_decode(reader_sized(&reader), change) < 0)
            return false;
        scan->change_count += change->kind != CHANGE_DELETE || !global->backfill->repair ||
                              change->version.time.bits > global->floor_set.bits;
    }
    return true;
}

static void take_page(struct global *global, const struct snapshot_page_body *body,
                      struct buf *memory)
{
    struct backfill *backfill = global->backfill;
    struct backfill_scan *scan = &backfill->scans[body->log_group];
    struct replication *replication = global->replication;
    struct hybrid_time latest;

    if (!STALE_PAGES &&
        (backfill->phase != BACKFILL_SCANNING || scan->done || scan->request != body->request))
        return;
    if (scan->applying || replication->closing)
        return;
    if (!changes__check(global, body->changes, body->count, body->log_group, 0, 0, 0, &latest) ||
        !decode_page(scan, body))
        return; /* asked for again */
    scan->request = 0;
    buf_clear(&scan->resume_next);
    buf_append_slice(&scan->resume_next, body->resume);
    scan->done_next = body->done;
    buf_clear(&scan->value);
    buf_append_be64(&scan->value, backfill->session);
    buf_append_u8(&scan->value, body->done);
    buf_append_slice(&scan->value, body->resume);
    if (buf_failed(&scan->resume_next) || buf_failed(&scan->value))
        return;
    scan->memory = *memory;
    *memory = BUF_EMPTY;
    gossip__saw_version(global, latest);
    scan->apply = (struct apply){
        .table = global->table,
        .partition = body->log_group,
        .changes = scan->changes,
        .count = scan->change_count,
        .session = true,
        .checkpoint_key = buf_slice(&scan->key),
        .checkpoint_value = buf_slice(&scan->value),
        .strand = replication->strand,
        .on_applied = on_page_applied,
    };
    scan->applying = true;
    replication__hold(replication);
    store_apply(replication->store, &scan->apply);
}

void backfill__page(struct link *link, const struct snapshot_page_body *body, struct buf *memory)
{
    struct global *global = global__by_group(link->replication, &body->group);
    struct backfill *backfill = global != NULL ? global->backfill : NULL;

    if (backfill == NULL || (!STALE_PAGES && (body->session != backfill->session ||
                                              strcmp(link->region, backfill->source) != 0)))
        return; /* of a scan that is over */
    backfill->heard_ms = now_ms(global->replication);
    if (body->result < 0)
        return;
    backfill->items_source = body->items;
    if (body->kind == SNAPSHOT_POSITIONS)
        take_positions(global, body);
    else
        take_page(global, body, memory);
}

/* ---- going on ---- */

static void scans_advance(struct global *global)
{
    struct backfill *backfill = global->backfill;
    int64_t now = now_ms(global->replication);
    bool done = true;

    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        ask_page(&backfill->scans[i], now);
        done = done && backfill->scans[i].done;
    }
    if (!done)
        return;
    if (backfill->repair) {
        backfill__finish_repair(global);
        return;
    }
    backfill__enter(backfill, BACKFILL_END);
    ask_positions(global, now);
}

/** Every feed has passed where the source was when the scan had ended. */
static bool caught_up(struct global *global)
{
    struct backfill *backfill = global->backfill;
    bool all = true;

    for (uint32_t i = 0; i < backfill->position_count; i++) {
        const struct snapshot_position *position = &backfill->positions[i];
        struct member *member = global__member(global, position->origin);
        struct feed_in *in;

        if (member == NULL)
            continue;
        in = &member->in[position->log_group];
        if (in->core.state == FEED_RX_TRIMMED) {
            all = false; /* where the source stands itself is too old */
            continue;
        }
        if (in->core.applied.sequence >= position->sequence)
            continue;
        all = false;
        if (list_empty(&in->frames))
            feed_in__nudge(in); /* it may be there without knowing */
    }
    return all;
}

/** Another ACTIVE member that can be reached, or NULL. */
static const struct group_member *other_source(const struct global *global)
{
    for (uint32_t i = 0; i < global->document->member_count; i++) {
        const struct group_member *member = &global->document->members[i];
        struct link *link = replication__link(global->replication, member->region);

        if (member->status == REPLICA_ACTIVE && link != NULL && link__open(link) &&
            strcmp(member->region, global->backfill->source) != 0)
            return member;
    }
    return NULL;
}

static void change_source(struct global *global, int64_t now)
{
    struct backfill *backfill = global->backfill;
    const struct group_member *source = other_source(global);

    if (source == NULL || backfill__is_busy(backfill))
        return;
    log_warn(&global->replication->log, PART,
             "table %s: %s has not been heard for %lld s, the table is filled from %s instead",
             global->name, backfill->source, (long long)(now - backfill->heard_ms) / 1000,
             source->region);
    strcpy(backfill->source, source->region);
    backfill->session = replication__nonce(global->replication);
    backfill__enter(backfill, BACKFILL_POSITIONS);
    backfill->heard_ms = now;
    backfill->items_here = 0;
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
        backfill__scan_reset(&backfill->scans[i]);
}

void backfill__tick(struct global *global)
{
    struct backfill *backfill = global->backfill;
    int64_t now = now_ms(global->replication);

    if (global->replication->closing)
        return;
    if (backfill->phase < BACKFILL_CATCH_UP && !backfill->repair &&
        now - backfill->heard_ms >= global->replication->source_patience_ms)
        change_source(global, now);
    switch (backfill->phase) {
    case BACKFILL_POSITIONS:
    case BACKFILL_END:
        ask_positions(global, now);
        break;
    case BACKFILL_SCANNING:
        scans_advance(global);
        break;
    case BACKFILL_CATCH_UP:
        if (caught_up(global)) {
            backfill->phase = BACKFILL_READY;
            log_info(&global->replication->log, PART, "table %s is filled", global->name);
        }
        break;
    case BACKFILL_WRITING:
    case BACKFILL_READY:
        break;
    }
}

void backfill__session(struct global *global, struct link *link)
{
    struct backfill *backfill = global->backfill;

    if (strcmp(link->region, backfill->source) != 0)
        return;
    backfill->due_ms = 0;
    backfill->tries = 0;
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        backfill->scans[i].due_ms = 0;
        backfill->scans[i].tries = 0;
    }
    backfill__tick(global);
}
