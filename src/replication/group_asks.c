/*
 * group_asks.c - what members ask each other about a group, and what they answer.
 *
 * A coordinator asks (coordinator.c), also its own Region, through the same door. Who may promise
 * and what may follow what is decided in core/group.h; here it is looked up, done (group_edit.c)
 * and said.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "replication/replication_priv.h"

/* ---- answers ---- */

static struct question question_of(const struct group_ask_body *body)
{
    return (struct question){(enum group_ask)body->kind, body->operation, body->epoch, body->table};
}

void asks__reply(struct global *global, struct replication *replication, const struct asker *asker,
                 struct question question, enum group_result result, struct slice text)
{
    struct group_answer_body body = {.kind = (uint8_t)question.ask,
                                     .result = (uint8_t)result,
                                     .operation = question.operation,
                                     .asked = question.epoch,
                                     .table = question.table,
                                     .text = text};
    struct buf frame;

    if (global != NULL && global->document != NULL && !global->planned) {
        body.group = global->document->id;
        body.epoch = global->document->epoch;
    }
    if (global != NULL && global->table != NULL)
        body.floor =
            hybrid_time_max(global->floor_set, store_floor(replication->store, global->table));
    if (asker->link == NULL) {
        struct workflow *workflow = global != NULL ? global->workflow : NULL;

        if (workflow != NULL && workflow->flow.operation == question.operation)
            coordinator__answer(workflow, replication->region, question.ask, question.epoch, result,
                                body.floor, text);
        return;
    }
    if (!link__open(asker->link) || asker->link->session.own != asker->session)
        return; /* it will ask again in its new session */
    link__begin(asker->link, &frame, FRAME_GROUP_ANSWER);
    group_answer_body_append(&frame, &body);
    link__send(asker->link, &frame);
}

/* ---- questions ---- */

static bool table_exists(struct replication *replication, struct slice name)
{
    struct table *table = store_table(replication->store, name);

    table_unref(table);
    return table != NULL;
}

static void ask_propose(struct replication *replication, const struct asker *asker,
                        const struct group_ask_body *ask, const struct group_document *proposal)
{
    struct global *global = global__get(replication, ask->table);
    bool exists = table_exists(replication, ask->table), protect = false, waits = false;
    struct document_edit *editing;
    enum group_result result;

    if (global == NULL || global->editing != NULL)
        return;
    if (global->table != NULL) {
        struct schema *schema = table_schema(global->table);

        protect = schema->deletion_protection;
        /* An index of that name is still on its way out here. */
        waits = index_set_waits(proposal->settings.indexes, schema);
        schema_unref(schema);
    }
    result = group_judge_propose(global->document, &global->promise, proposal, replication->region,
                                 exists, protect);
    if (result == GROUP_OK && waits)
        result = GROUP_IN_USE;
    if (result == GROUP_OK && global->workflow != NULL &&
        global->workflow->flow.operation != proposal->operation.id &&
        global->workflow->flow.phase != FLOW_PROPOSING &&
        global->workflow->flow.phase != FLOW_CHECKING)
        result = GROUP_IN_USE; /* a change of our own goes on */
    if (result == GROUP_OK && global->promise.operation == 0) {
        editing = document_edit__new(global, asker);
        if (editing == NULL)
            return;
        editing->what = EDIT_PROMISE;
        editing->ask = GROUP_ASK_PROPOSE;
        editing->operation = ask->operation;
        editing->asked = ask->epoch;
        editing->document = *proposal;
        document_edit__start(editing);
        return;
    }
    asks__reply(global, replication, asker, question_of(ask), result, SLICE_EMPTY);
    global__settle(global);
}

static void take_document(struct replication *replication, const struct asker *asker,
                          struct question question, const struct group_document *offered,
                          bool pulled)
{
    struct global *global = global__by_group(replication, &offered->id);
    static const struct group_promise none;
    struct document_edit *editing;
    enum group_take take;

    if (global == NULL)
        global = global__by_name(replication, question.table);
    if (global != NULL && global->editing != NULL)
        return;
    if (global != NULL && global->document != NULL &&
        !group_id_eq(&global->document->id, &offered->id))
        take = GROUP_TAKE_GONE; /* another group has the name now */
    else
        take = group_judge_commit(global != NULL ? global->document : NULL,
                                  global != NULL ? &global->promise : &none, offered,
                                  replication->region, pulled);
    if (take == GROUP_TAKE_APPLY) {
        editing = document_edit__new(global, asker);
        if (editing == NULL)
            return;
        editing->what = EDIT_DOCUMENT;
        editing->ask = pulled ? 0 : GROUP_ASK_COMMIT;
        editing->operation = question.operation;
        editing->asked = question.epoch;
        editing->document = *offered;
        document_edit__start(editing);
        return;
    }
    if (take == GROUP_TAKE_STALE)
        log_warn(&replication->log, PART, "table %.*s: document %llu does not follow the one held",
                 SLICE_ARGS(question.table), (unsigned long long)offered->epoch);
    if (!pulled)
        asks__reply(global, replication, asker, question,
                    take == GROUP_TAKE_IGNORE  ? GROUP_OK
                    : take == GROUP_TAKE_STALE ? GROUP_STALE
                                               : GROUP_GONE,
                    SLICE_EMPTY);
}

/** Everything that this Region wrote has reached the others, and the table takes no more. */
static bool is_drained(struct global *global)
{
    uint64_t durable = store_durable_sequence(global->replication->store);

    LIST_FOREACH(node, &global->members)
    {
        struct member *member = LIST_ENTRY(node, struct member, node);
        const struct group_member *listed = group_member_by_id(global->document, member->replica);

        if (listed->status == REPLICA_CREATING)
            continue;
        for (uint32_t i = 0; i < TABLE_PARTITIONS; i++) {
            const struct feed_tx *tx = &member->out[i].core;

            if (!tx->open || tx->count > 0 || tx->behind || tx->reading || tx->read < durable) {
                feed_out__log_moved(&member->out[i]);
                return false;
            }
        }
    }
    return true;
}

static void ask_start(struct replication *replication, const struct asker *asker,
                      const struct group_ask_body *ask)
{
    struct global *global = global__by_group(replication, &ask->group);
    const struct group_document *document = global != NULL ? global->document : NULL;
    enum group_result result = GROUP_NOT_YET;

    if (document == NULL || global->editing != NULL)
        return;
    if (document->operation.id != ask->operation) {
        result = GROUP_OK; /* closed already */
    } else if (document->operation.kind == GROUP_CREATE) {
        backfill__start(global, (struct hybrid_time){(uint64_t)ask->floor});
        if (backfill__is_ready(global))
            result = GROUP_OK;
    } else if (is_drained(global)) {
        result = GROUP_OK;
    }
    asks__reply(global, replication, asker, question_of(ask), result, SLICE_EMPTY);
}

/** Voids the promise, if it is the one for this operation. */
void asks__release_promise(struct global *global, uint64_t operation)
{
    static const struct asker nobody;
    struct document_edit *editing;

    if (global->promise.operation == 0 || global->promise.operation != operation)
        return;
    editing = document_edit__new(global, &nobody);
    if (editing == NULL)
        return;
    editing->what = EDIT_RELEASE;
    document_edit__start(editing);
}

static void ask_status(struct replication *replication, const struct asker *asker,
                       const struct group_ask_body *ask)
{
    struct global *global = global__by_name(replication, ask->table);
    bool known = global != NULL && global->workflow != NULL &&
                 global->workflow->flow.operation == ask->operation;

    asks__reply(global, replication, asker, question_of(ask), known ? GROUP_OK : GROUP_GONE,
                SLICE_EMPTY);
}

static void ask_pull(struct replication *replication, const struct asker *asker,
                     const struct group_ask_body *ask)
{
    struct global *global = global__by_group(replication, &ask->group);
    struct buf json = BUF_EMPTY;
    struct group_document copy;

    if (global == NULL || global->document == NULL || global->planned)
        return;
    copy = *global->document;
    if (group_to_json(&copy, &json) == 0)
        asks__reply(global, replication, asker, question_of(ask), GROUP_OK, buf_slice(&json));
    buf_release(&json);
}

void global__ask(struct replication *replication, const struct asker *asker,
                 const struct group_ask_body *ask)
{
    struct global *global = global__by_name(replication, ask->table);
    struct group_document *document;

    if (replication->closing || ask->table.len == 0)
        return;
    switch ((enum group_ask)ask->kind) {
    case GROUP_ASK_ABSENT:
        asks__reply(global, replication, asker, question_of(ask),
                    table_exists(replication, ask->table) ? GROUP_EXISTS : GROUP_OK, SLICE_EMPTY);
        return;
    case GROUP_ASK_PROPOSE:
    case GROUP_ASK_COMMIT:
        document = malloc(sizeof(*document));
        if (document != NULL &&
            group_from_json(ask->document, &replication->index_sets, document) == 0 &&
            slice_eq_str(ask->table, document->table)) {
            if (ask->kind == GROUP_ASK_PROPOSE)
                ask_propose(replication, asker, ask, document);
            else
                take_document(replication, asker, question_of(ask), document, false);
        } else if (document != NULL && asker->link != NULL) {
            link__bad(asker->link, "a group document that cannot be read");
        }
        free(document);
        return;
    case GROUP_ASK_START:
        ask_start(replication, asker, ask);
        return;
    case GROUP_ASK_ABORT:
        if (global != NULL)
            asks__release_promise(global, ask->operation);
        return;
    case GROUP_ASK_STATUS:
        ask_status(replication, asker, ask);
        return;
    case GROUP_ASK_PULL:
        ask_pull(replication, asker, ask);
        return;
    case GROUP_ASK_COUNT:
        break;
    }
    if (asker->link != NULL)
        link__bad(asker->link, "a question of no kind");
}

/* ---- asking ---- */

void asks__send(struct global *global, struct link *link, enum group_ask kind, uint64_t operation)
{
    struct group_ask_body body = {
        .kind = (uint8_t)kind, .operation = operation, .table = slice_str(global->name)};
    struct buf frame;

    if (global->document != NULL) {
        body.group = global->document->id;
        body.epoch = global->document->epoch;
    }
    link__begin(link, &frame, FRAME_GROUP_ASK);
    group_ask_body_append(&frame, &body);
    link__send(link, &frame);
}

void global__pull(struct global *global, struct link *link)
{
    if (global->pulling || global->planned || !link__open(link))
        return;
    global->pulling = true; /* until the next tick */
    asks__send(global, link, GROUP_ASK_PULL, 0);
}

void global__answer(struct link *link, const struct group_answer_body *answer)
{
    struct replication *replication = link->replication;
    struct global *global = global__by_name(replication, answer->table);
    struct asker asker = {link, link->session.own};

    if (global == NULL || answer->result == 0 || answer->result >= GROUP_RESULT_COUNT ||
        replication->closing)
        return;
    if (answer->kind == GROUP_ASK_STATUS) {
        if (answer->result == GROUP_GONE && strcmp(global->promise.coordinator, link->region) == 0)
            asks__release_promise(global, answer->operation);
    } else if (answer->kind == GROUP_ASK_PULL) {
        struct group_document *document = malloc(sizeof(*document));

        if (document != NULL && global->document != NULL &&
            group_from_json(answer->text, &replication->index_sets, document) == 0 &&
            group_id_eq(&document->id, &global->document->id))
            take_document(replication, &asker, (struct question){.table = answer->table}, document,
                          true);
        free(document);
    } else if (global->workflow != NULL && global->workflow->flow.operation == answer->operation) {
        coordinator__answer(global->workflow, link->region, (enum group_ask)answer->kind,
                            answer->asked, (enum group_result)answer->result, answer->floor,
                            answer->text);
    }
}
