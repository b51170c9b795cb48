/*
 * global.c - one global table at one member: the object, its members and their feeds, and how it is
 * read back after a restart.
 *
 * What changes it is a document (group_edit.c); what others ask about it is group_asks.c; changes
 * that this Region coordinates are coordinator.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

/* ---- finding ---- */

struct global *global__by_name(struct replication *replication, struct slice name)
{
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (slice_eq_str(name, global->name))
            return global;
    }
    return NULL;
}

struct global *global__by_group(struct replication *replication, const struct group_id *group)
{
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (global->document != NULL && group_id_eq(&global->document->id, group))
            return global;
    }
    return NULL;
}

struct global *global__get(struct replication *replication, struct slice name)
{
    struct global *global = global__by_name(replication, name);

    if (global != NULL || name.len > TABLE_NAME_BYTES_MAX)
        return global;
    global = calloc(1, sizeof(*global));
    if (global == NULL)
        return NULL;
    global->replication = replication;
    memcpy(global->name, name.ptr, name.len);
    list_init(&global->members);
    list_append(&replication->globals, &global->node);
    return global;
}

struct member *global__member(struct global *global, uint16_t replica)
{
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        if (member->replica == replica)
            return member;
    }
    return NULL;
}

/* ---- members and their feeds ---- */

void member__free(struct member *member)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        feed_in__release(&member->in[i]);
        feed_out__release(&member->out[i]);
    }
    list_remove(&member->node);
    free(member);
}

void member__free_if_idle(struct member *member)
{
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
        if (feed_in__busy(&member->in[i]) || feed_out__busy(&member->out[i]))
            return;
    }
    member__free(member);
}

static void member_leave(struct member *member)
{
    list_remove(&member->node);
    list_append(&member->replication->leaving, &member->node);
    member->left = true;
    for (uint32_t i = 0; i < TABLE_PARTITIONS; i++)
        pending__leave(&member->out[i]);
    member__free_if_idle(member);
}

static void read_checkpoint(struct global *global, uint16_t origin, uint8_t log_group,
                            struct feed_at *ret, bool *ret_again)
{
    struct buf name = BUF_EMPTY;
    struct arena arena;
    struct slice value;

    memset(ret, 0, sizeof(*ret));
    *ret_again = false;
    arena_init(&arena, 0);
    feed_in__checkpoint_name(&name, &global->document->id, origin, log_group);
    if (store_meta_get(global->replication->store, META_OWNER, buf_slice(&name), &arena, &value) ==
        0)
        feed_in__checkpoint_read(value, ret, ret_again);
    buf_release(&name);
    arena_release(&arena);
}

static void member_join(struct global *global, const struct group_member *description)
{
    struct replication *replication = global->replication;
    struct link *link = replication__link(replication, description->region);
    struct member *member;

    if (link == NULL) {
        log_error(&replication->log, PART,
                  "table %s has a replica in %s, which is not among the "
                  "Regions that this one knows",
                  global->name, description->region);
        return;
    }
    member = calloc(1, sizeof(*member));
    if (member == NULL)
        return; /* the next change of the document, or the next start, tries again */
    member->replication = replication;
    member->global = global;
    member->link = link;
    member->replica = description->replica;
    member->percent = 255;
    list_append(&global->members, &member->node);
    for (uint8_t i = 0; i < TABLE_PARTITIONS; i++) {
        struct feed_at at;
        bool again;

        read_checkpoint(global, member->replica, i, &at, &again);
        feed_in__init(&member->in[i], member, i, &at, again);
        feed_out__init(&member->out[i], member, i);
    }
    global->acknowledged_moved = true;
}

bool global__may_read(const struct global *global)
{
    const struct group_member *self = group_member(global->document, global->replication->region);
    enum backfill_phase from = BACKFILL_SCANNING;

#ifdef MUTANT_BACKFILL_FEEDS_AFTER_SNAPSHOT
    from = BACKFILL_CATCH_UP;
#endif
    if (global->planned || self == NULL)
        return false;
    return self->status != REPLICA_CREATING ||
           (global->backfill != NULL && global->backfill->phase >= from);
}

static bool is_silent(void *context, const char *region)
{
    struct replication *replication = context;
    const struct link *link = replication__link(replication, region);
    int64_t heard_ms = link != NULL ? link->heard_ms : 0;

    if (heard_ms < replication->opened_ms)
        heard_ms = replication->opened_ms;
    return now_ms(replication) - heard_ms >= EXPIRER_SILENCE_MS;
}

static void set_expirer(struct global *global)
{
    uint32_t mask = EXPIRER_ALL;

    if (global->table == NULL)
        return;
    if (global->document != NULL && !global->planned &&
        !group_is_expirer(global->document, global->self, is_silent, global->replication))
        mask = 0;
    store_set_expirer(global->replication->store, global->table, mask);
}

void global__set_members(struct global *global)
{
    const struct group_document *document = global->document;

    LIST_FOREACH_SAFE(node, following, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);
        const struct group_member *listed =
            document != NULL ? group_member_by_id(document, member->replica) : NULL;

        if (listed == NULL || !group_member_takes_part(listed))
            member_leave(member);
    }
    for (uint32_t i = 0; document != NULL && i < document->member_count; i++) {
        const struct group_member *listed = &document->members[i];

        if (listed->replica != global->self && group_member_takes_part(listed) &&
            global__member(global, listed->replica) == NULL)
            member_join(global, listed);
    }
    gossip__set_members(global);
    set_expirer(global);
#ifndef MUTANT_FENCE_OUTLIVES_THE_MEMBER
    replication__fence(global->replication); /* one that has left vouches for nothing */
#endif
    if (document == NULL || !global__may_read(global))
        return;
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            if (link__open(member->link) && !member->in[i].core.session)
                feed_in__session(&member->in[i], true);
        }
    }
}

void global__free(struct global *global)
{
    while (!list_empty(&global->members))
        member_leave(LIST_ENTRY(global->members.next, struct member, node));
    backfill__stop(global);
    coordinator__free(global->workflow);
    list_remove(&global->node);
    table_unref(global->table);
    free(global->document);
    free(global->editing);
    free(global);
}

void global__settle(struct global *global)
{
    if (global->document == NULL && global->promise.operation == 0 && global->editing == NULL &&
        global->workflow == NULL && global->operations == 0)
        global__free(global);
}

/* ---- the tick ---- */

void global__tick(struct global *global)
{
    struct replication *replication = global->replication;
    int64_t now = now_ms(replication);

    global->pulling = false;
    if (global->promise.operation != 0 && now >= global->promise_ms) {
        struct link *link = replication__link(replication, global->promise.coordinator);

        global->promise_ms = now + PROMISE_ASK_MS;
        if (strcmp(global->promise.coordinator, replication->region) == 0) {
            if (global->workflow == NULL ||
                global->workflow->flow.operation != global->promise.operation)
                asks__release_promise(global, global->promise.operation);
        } else if (link != NULL && link__open(link)) {
            asks__send(global, link, GROUP_ASK_STATUS, global->promise.operation);
        }
    }
    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);

        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            feed_in__tick(&member->in[i]);
            feed_out__tick(&member->out[i]);
        }
    }
    gossip__tick(global);
    memory__tick(global);
    set_expirer(global);
    if (global->backfill != NULL)
        backfill__tick(global);
}

/* ---- after a restart ---- */

static bool promise_read(struct slice value, struct group_promise *ret)
{
    struct reader reader = reader_of(value);
    struct slice group, coordinator;

    memset(ret, 0, sizeof(*ret));
    ret->operation = reader_be64(&reader);
    group = reader_bytes(&reader, GROUP_ID_BYTES);
    coordinator = reader_sized(&reader);
    if (!reader_done(&reader) || coordinator.len >= GROUP_REGION_BYTES)
        return false;
    memcpy(ret->group.bytes, group.ptr, GROUP_ID_BYTES);
    memcpy(ret->coordinator, coordinator.ptr, coordinator.len);
    return true;
}

static struct slice name_after(struct slice name, const char *kind)
{
    return slice_skip(name, strlen(kind) + 1);
}

static int load_document(void *context, struct slice name, struct slice value)
{
    struct replication *replication = context;
    struct global *global = global__get(replication, name_after(name, "group"));
    struct group_document *document = malloc(sizeof(*document));
    int rc = ST_NOMEM;

    if (global == NULL || document == NULL)
        goto out;
    rc = group_from_json(value, &replication->index_sets, document);
    if (rc < 0)
        goto out;
    global->table = store_table(replication->store, slice_str(global->name));
    if (global->table == NULL || group_member(document, replication->region) == NULL) {
        rc = ST_CORRUPT; /* they are written in one batch */
        goto out;
    }
    global__set_document(global, document);
    global->floor_set = store_floor(replication->store, global->table);
    /* What was written since is not known: one round of closed times will tell. */
    global->latest = store_closed_time(replication->store, false);
out:
    free(document);
    return rc;
}

static int load_promise(void *context, struct slice name, struct slice value)
{
    struct replication *replication = context;
    struct global *global = global__get(replication, name_after(name, "promise"));

    if (global == NULL)
        return ST_NOMEM;
    return promise_read(value, &global->promise) ? 0 : ST_CORRUPT;
}

static int load_floor(void *context, struct slice name, struct slice value)
{
    struct global *global = global__by_name(context, name_after(name, "floor"));

    if (global != NULL && global->document != NULL && value.len == 8) {
        store_set_floor(global->replication->store, global->table,
                        (struct hybrid_time){be64_get(value.ptr)});
        global->floor_set = store_floor(global->replication->store, global->table);
    }
    return 0;
}

static int load_lost(void *context, struct slice name, struct slice value)
{
    struct global *global = global__by_name(context, name_after(name, "lost"));

    if (global != NULL && global->document != NULL)
        memory__load(global, value);
    return 0;
}

static int load_backfill(void *context, struct slice name, struct slice value)
{
    struct global *global = global__by_name(context, name_after(name, "backfill"));

    return global != NULL && global->document != NULL ? backfill__load(global, value) : 0;
}

static int load_workflow(void *context, struct slice name, struct slice value)
{
    struct replication *replication = context;
    struct global *global = global__get(replication, name_after(name, "flow"));

    if (global == NULL)
        return ST_NOMEM;
    if (global->table == NULL)
        global->table = store_table(replication->store, slice_str(global->name));
    return coordinator__load(global, value);
}

int globals__load(struct replication *replication)
{
    static const struct {
        const char *prefix;
        int (*load)(void *context, struct slice name, struct slice value);
    } kinds[] = {{"group/", load_document}, {"promise/", load_promise},   {"floor/", load_floor},
                 {"lost/", load_lost},      {"backfill/", load_backfill}, {"flow/", load_workflow}};

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        int rc = store_meta_each(replication->store, META_OWNER, slice_str(kinds[i].prefix),
                                 kinds[i].load, replication);

        if (rc < 0)
            return rc;
    }
    LIST_FOREACH(node, &replication->globals)
    {
        struct global *global = LIST_ENTRY(node, struct global, node);

        if (global->document != NULL) {
            global__set_members(global);
            pending__load(global);
            views__publish_group(global);
        }
    }
    return 0;
}
