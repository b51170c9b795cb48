/*
 * transact.c - see transact.h.
 *
 * Which mistakes end the call as such and which cancel the transaction: what can be said of the
 * request alone is a plain error; what depends on a table's schema or on the items is a reason. The
 * items' sizes together are the exception: they belong to no action, so too many bytes are a plain
 * error also when only the lanes could count them.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/transact.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "api/collection_metrics.h"

struct transact_table {
    struct slice name; /* as in the request */
    struct table *table;
    struct schema *schema;
    struct consumption consumption;
};

static void transact_release(struct call *call)
{
    struct transact *transact = call->state;

    for (uint32_t i = 0; i < transact->table_count; i++) {
        table_unref(transact->tables[i].table);
        schema_unref(transact->tables[i].schema);
    }
}

struct transact *transact_new(struct call *call, uint32_t count)
{
    struct transact *transact = ARENA_NEW(call->arena, struct transact);

    if (transact == NULL)
        return NULL;
    transact->call = call;
    transact->count = count;
    transact->metrics_member = TRANSACT_NO_METRICS;
    transact->actions = ARENA_ARRAY(call->arena, struct transact_action *, count);
    transact->tables = ARENA_ARRAY(call->arena, struct transact_table, count);
    if (transact->actions == NULL || transact->tables == NULL)
        return NULL;
    call->state = transact;
    call->release = transact_release;
    return transact;
}

/* ---- reasons ---- */

int transact_refuse(struct transact_action *action, enum cancellation_code code,
                    struct slice message, struct slice item)
{
    action->reason = (struct cancellation_reason){.code = code, .message = message};
    if (item.ptr != NULL && action->return_on_failure) {
        action->reason.item = arena_dup(action->transact->call->arena, item);
        if (action->reason.item.ptr == NULL)
            return ST_NOMEM;
    }
    return ST_REFUSED;
}

static int refuse_text(struct transact_action *action, int rc, const char *text)
{
    struct slice message;

    if (rc != ST_REFUSED)
        return rc;
    message = arena_dup(action->transact->call->arena, slice_str(text));
    if (message.ptr == NULL)
        return ST_NOMEM;
    return transact_refuse(action, CANCELLATION_VALIDATION, message, SLICE_EMPTY);
}

int transact_refuse_words(struct transact_action *action, int rc, const struct refusal *refusal)
{
    return refuse_text(action, rc, refusal->text);
}

int transact_refuse_expression(struct transact_action *action, int rc,
                               const struct expr_error *error)
{
    return refuse_text(action, rc, error->refusal.text);
}

static void fail_cancelled(struct transact *transact)
{
    struct call *call = transact->call;
    const struct cancellation_reason **reasons =
        ARENA_ARRAY(call->arena, const struct cancellation_reason *, transact->count);

    if (reasons == NULL) {
        call_fail(call, ST_NOMEM);
        return;
    }
    for (uint32_t i = 0; i < transact->count; i++)
        reasons[i] = &transact->actions[i]->reason;
    call_fail(call, api_refuse_transaction(&call->error, reasons, transact->count));
}

static void fail_too_large(struct transact *transact)
{
    call_fail(transact->call, api_refuse_slice(&transact->call->error, API_VALIDATION,
                                               SLICE(MESSAGE_TRANSACTION_TOO_LARGE)));
}

/* ---- tables and keys ---- */

/** The table of an action, looked up once for each name. */
static int open_table(struct transact *transact, struct transact_action *action)
{
    struct transact_table *of = transact->tables;
    struct transact_table *end = of + transact->table_count;
    int rc;

    while (of < end && !slice_eq(of->name, action->table_name))
        of++;
    if (of == end) {
        rc = call_find_table(transact->call, action->table_name, &of->table, &of->schema);
        if (rc < 0)
            return rc;
        of->name = action->table_name;
        transact->table_count++;
    }
    action->of = of;
    action->table = of->table;
    action->schema = of->schema;
    return 0;
}

static bool same_item(const struct transact_action *a, const struct transact_action *b)
{
    const struct item_key *left = &a->part.mutation.key, *right = &b->part.mutation.key;

    return a->table == b->table && slice_eq(left->partition, right->partition) &&
           slice_eq(left->sort, right->sort);
}

/** An action whose key is known. */
static bool has_key(const struct transact_action *action)
{
    return action->table != NULL && action->reason.code == CANCELLATION_NONE;
}

static int check_twice(struct transact *transact)
{
    for (uint32_t i = 1; i < transact->count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (has_key(transact->actions[i]) && has_key(transact->actions[j]) &&
                same_item(transact->actions[i], transact->actions[j]))
                return api_refuse_slice(&transact->call->error, API_VALIDATION,
                                        SLICE(MESSAGE_TRANSACTION_TWICE));
    return 0;
}

/**
 * Tables, keys, and what else can be checked before the store is asked. An item that is there twice
 * is told before a table that is not there at all. 0; false in *ret_go_on: cancelled.
 */
static int check_actions(struct transact *transact, bool *ret_go_on)
{
    struct call *call = transact->call;
    struct api_error missing = call->error;
    int missing_rc = 0, rc;

    *ret_go_on = true;
    for (uint32_t i = 0; i < transact->count; i++) {
        struct transact_action *action = transact->actions[i];

        action->transact = transact;
        rc = open_table(transact, action);
        if (rc < 0) {
            if (missing_rc == 0) {
                missing_rc = rc;
                missing = call->error;
            }
            continue;
        }
        rc = action->check(action, &action->part.mutation.key);
        if (rc == ST_REFUSED && action->reason.code != CANCELLATION_NONE)
            *ret_go_on = false;
        else if (rc < 0)
            return rc;
    }
    rc = check_twice(transact);
    if (rc == 0 && missing_rc < 0) {
        call->error = missing;
        rc = missing_rc;
    }
    return rc;
}

/** Both halves of a transaction, before and at the commit, cost what a single call costs. */
static uint64_t cost(enum capacity_kind kind, uint64_t bytes)
{
    return 2 * (kind == CAPACITY_WRITE ? capacity_write(bytes) : capacity_read(bytes, true));
}

/** From now on the actions cost reads or writes; of what came before, nothing was used. */
static void consumptions_begin(struct transact *transact, enum capacity_kind kind)
{
    for (uint32_t i = 0; i < transact->table_count; i++) {
        struct transact_table *of = &transact->tables[i];

        consumption_begin(transact->call, &of->consumption, of->table, of->schema, kind);
        of->consumption.transactional = true;
    }
}

/** What the actions will cost at least; an action for which there is no capacity cancels. */
static int admit(struct transact *transact, bool *ret_go_on)
{
    struct call *call = transact->call;

    for (uint32_t i = 0; i < transact->count; i++) {
        struct transact_action *action = transact->actions[i];
        struct consumption *consumption = &action->of->consumption;
        struct api_error error = {.arena = call->arena};
        int rc = consumption_admit(call, consumption, &action->part.mutation.key,
                                   cost(consumption->kind, action->bytes_min), &error);

        if (rc == 0)
            continue;
        if (rc != ST_REFUSED)
            return rc;
        action->reason.code =
            error.code == API_THROTTLING ? CANCELLATION_THROTTLING : CANCELLATION_PROVISIONED;
        action->reason.message = error.message;
        *ret_go_on = false;
    }
    return 0;
}

/** True: go on; false: the call was answered. */
static bool begin(struct transact *transact, enum capacity_kind kind)
{
    bool go_on;
    int rc = check_actions(transact, &go_on);

    if (rc == 0 && go_on) {
        consumptions_begin(transact, kind);
        rc = admit(transact, &go_on);
    }

    if (rc < 0)
        call_fail(transact->call, rc);
    else if (!go_on)
        fail_cancelled(transact);
    return rc == 0 && go_on;
}

/* ---- answers ---- */

static void write_capacity(struct transact *transact, struct json_writer *writer)
{
    if (transact->capacity == CAPACITY_NONE)
        return;
    json_key(writer, "ConsumedCapacity");
    json_array_begin(writer);
    for (uint32_t i = 0; i < transact->table_count; i++)
        consumption_write(writer, transact->capacity, &transact->tables[i].consumption);
    json_array_end(writer);
}

static void consume(struct transact *transact)
{
    for (uint32_t i = 0; i < transact->count; i++) {
        struct transact_action *action = transact->actions[i];
        struct consumption *consumption = &action->of->consumption;

        consumption_add(consumption, &action->part.mutation.key,
                        cost(consumption->kind, action->bytes_max));
        if (consumption->kind == CAPACITY_WRITE) /* which are not doubled */
            consumption_add_index_writes(consumption, action->part.mutation.index_writes);
    }
}

static void write_responses(struct transact *transact, struct json_writer *writer)
{
    json_key(writer, "Responses");
    json_array_begin(writer);
    for (uint32_t i = 0; i < transact->count; i++) {
        const struct transact_action *action = transact->actions[i];

        json_object_begin(writer);
        if (action->item.ptr != NULL) {
            json_key(writer, "Item");
            item_to_json(writer, action->item);
        }
        json_object_end(writer);
    }
    json_array_end(writer);
}

/* ---- writes ---- */

static int part_decide(struct mutation *mutation, const struct record *current,
                       enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct transact_action *action = CONTAINER_OF(mutation, struct transact_action, part.mutation);
    struct transact *transact = action->transact;
    uint64_t bytes = 0;
    int rc = action->decide(action, current != NULL ? current->item : ITEM_EMPTY, current != NULL,
                            ret_outcome, ret_item);

    if (rc < 0)
        return rc;
    action->bytes_max = current != NULL ? current->size : 0;
    if (*ret_outcome == MUTATION_PUT)
        bytes = item_size(*ret_item);
    if (bytes > action->bytes_max)
        action->bytes_max = bytes;
    transact->bytes += bytes;
    transact->too_large = transact->bytes > TRANSACT_BYTES_MAX;
    return transact->too_large ? ST_TOOBIG : 0;
}

/** What a repetition of the token will have to tell: the size of each item. */
static int remember(struct transaction *transaction, struct buf *out)
{
    const struct transact *transact = CONTAINER_OF(transaction, struct transact, transaction);

    for (uint32_t i = 0; i < transact->count; i++)
        buf_append_be32(out, (uint32_t)transact->actions[i]->bytes_max);
    return buf_failed(out) ? ST_NOMEM : 0;
}

static void recall(struct transact *transact)
{
    struct reader reader = reader_of(transact->transaction.remembered);

    for (uint32_t i = 0; i < transact->count; i++)
        transact->actions[i]->bytes_max = reader_be32(&reader); /* 0 past the end: never wrong */
}

/** Of the actions on one item collection the last one speaks; all were told the same size. */
static bool is_last_of_collection(const struct transact *transact, uint32_t at)
{
    const struct transact_action *action = transact->actions[at];

    for (uint32_t i = at + 1; i < transact->count; i++) {
        const struct transact_action *other = transact->actions[i];

        if (other->of == action->of && other->part.mutation.outcome != MUTATION_NOTHING &&
            slice_eq(other->part.mutation.key.partition, action->part.mutation.key.partition))
            return false;
    }
    return action->part.mutation.outcome != MUTATION_NOTHING;
}

/** ItemCollectionMetrics: of each table with item collections, those that were written to. */
static void write_metrics(struct transact *transact, struct json_writer *writer)
{
    struct call *call = transact->call;
    bool any = false;

    for (uint32_t t = 0; t < transact->table_count; t++) {
        const struct transact_table *of = &transact->tables[t];
        bool listed = false;

        if (transact->metrics_member == TRANSACT_NO_METRICS ||
            !collection_metrics_wanted(&call->input, transact->metrics_member, of->schema))
            continue;
        for (uint32_t i = 0; i < transact->count; i++) {
            const struct transact_action *action = transact->actions[i];

            if (action->of != of || !is_last_of_collection(transact, i))
                continue;
            if (!any) {
                json_key(writer, "ItemCollectionMetrics");
                json_object_begin(writer);
            }
            if (!listed) {
                json_key_slice(writer, of->name);
                json_array_begin(writer);
            }
            any = listed = true;
            collection_metrics_write(writer, call->arena, of->schema, &action->part.mutation);
        }
        if (listed)
            json_array_end(writer);
    }
    if (any)
        json_object_end(writer);
}

static void write_answer(struct transact *transact)
{
    struct call *call = transact->call;
    struct json_writer writer = json_writer_of(&call->out);
    bool repeated = transact->transaction.token_outcome == TOKEN_REPEATED;

    if (repeated) { /* which costs what reading the items would */
        recall(transact);
        consumptions_begin(transact, CAPACITY_READ);
    }
    consume(transact);
    json_object_begin(&writer);
    if (transact->write_answer != NULL)
        transact->write_answer(transact, &writer);
    write_capacity(transact, &writer);
    write_metrics(transact, &writer);
    json_object_end(&writer);
    call_answer(call);
}

/** Every part has said whether it agrees. */
static void write_cancelled(struct transact *transact)
{
    for (uint32_t i = 0; i < transact->count; i++) {
        struct transact_action *action = transact->actions[i];
        int rc = action->part.rc;

        if (rc == ST_CONFLICT)
            action->reason.code = CANCELLATION_CONFLICT;
        else if (rc == ST_COLLECTION)
            action->reason.code = CANCELLATION_COLLECTION_SIZE;
        else if (rc < 0 && rc != ST_REFUSED && rc != ST_TOOBIG) {
            call_fail(transact->call, rc);
            return;
        }
    }
    consume(transact); /* also what came to nothing */
    if (transact->too_large)
        fail_too_large(transact);
    else
        fail_cancelled(transact);
}

static void on_committed(struct transaction *transaction, int rc)
{
    struct transact *transact = CONTAINER_OF(transaction, struct transact, transaction);
    struct call *call = transact->call;

    if (rc == 0)
        write_answer(transact);
    else if (rc == ST_CONDITION)
        write_cancelled(transact);
    else if (rc == ST_REFUSED && transaction->token_outcome == TOKEN_RUNNING)
        call_fail(call, api_refuse(&call->error, API_TRANSACTION_IN_PROGRESS,
                                   "Transaction from previous request is still in progress"));
    else if (rc == ST_REFUSED)
        call_fail(call, api_refuse(&call->error, API_TOKEN_MISMATCH,
                                   "The request was retried with a different payload but with an "
                                   "idempotent token that was already used"));
    else
        call_fail(call, rc);
}

void transact_write(struct transact *transact)
{
    struct call *call = transact->call;
    struct transaction *transaction = &transact->transaction;

    transaction->parts = ARENA_ARRAY(call->arena, struct transaction_part *, transact->count);
    if (transaction->parts == NULL) {
        call_fail(call, ST_NOMEM);
        return;
    }
    if (!begin(transact, CAPACITY_WRITE))
        return;
    for (uint32_t i = 0; i < transact->count; i++) {
        struct transact_action *action = transact->actions[i];

        transaction->parts[i] = &action->part;
        action->part.mutation.table = action->table;
        action->part.mutation.schema = action->schema;
        action->part.mutation.arena = call->arena;
        action->part.mutation.decide = part_decide;
        if (action->schema->index_count == 0)
            continue;
        action->part.mutation.index_writes =
            ARENA_ARRAY(call->arena, struct index_write, action->schema->index_count);
        if (action->part.mutation.index_writes == NULL) {
            call_fail(call, ST_NOMEM);
            return;
        }
    }
    transaction->count = transact->count;
    transaction->arena = call->arena;
    transaction->remember = remember;
    transaction->strand = call->http->strand;
    transaction->on_committed = on_committed;
    transaction->deadline = mono_add_ms(call->http->received, CALL_DEADLINE_MS);
    if (transact->client_token.ptr != NULL) {
        char *token = arena_printf(call->arena, "%s/%.*s", call->identity.account,
                                   SLICE_ARGS(transact->client_token));

        if (token == NULL) {
            call_fail(call, ST_NOMEM);
            return;
        }
        transaction->token = slice_str(token);
        memcpy(transaction->fingerprint, transact->fingerprint, sizeof(transact->fingerprint));
    }
    store_transact(call->region->store, transaction);
}

/* ---- reads ---- */

static int visit(void *context, uint32_t at, const struct record *record)
{
    struct transact *transact = context;
    struct transact_action *action = transact->actions[at];
    struct arena *arena = transact->call->arena;
    struct slice item;
    int rc = 0;

    action->item = SLICE_EMPTY;
    action->bytes_max = 0;
    if (record == NULL)
        return 0;
    item = record->item;
    action->bytes_max = record->size;
    transact->bytes += record->size;
    if (transact->bytes > TRANSACT_BYTES_MAX)
        return ST_TOOBIG;
    if (action->show != NULL)
        rc = action->show(action, item, &item);
    else if (action->projection != NULL)
        rc = expr_project(action->projection, item, arena, &item);
    if (rc < 0 || item.ptr == NULL || (action->projection != NULL && item_count(item) == 0))
        return rc;
    action->item = arena_dup(arena, item);
    return action->item.ptr != NULL ? 0 : ST_NOMEM;
}

static int read_together(struct call *call, enum engine_read how)
{
    struct transact *transact = call->state;
    struct table_key *keys = ARENA_ARRAY(call->arena, struct table_key, transact->count);

    if (keys == NULL)
        return ST_NOMEM;
    for (uint32_t i = 0; i < transact->count; i++) {
        keys[i].table = transact->actions[i]->table;
        keys[i].key = &transact->actions[i]->part.mutation.key;
    }
    transact->bytes = 0;
    return store_get_together(call->region->store, keys, transact->count, how, visit, transact);
}

static void read_answer(struct call *call, int rc)
{
    struct transact *transact = call->state;
    struct json_writer writer = json_writer_of(&call->out);

    if (rc == ST_TOOBIG) {
        fail_too_large(transact);
        return;
    }
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    consume(transact);
    json_object_begin(&writer);
    write_responses(transact, &writer);
    write_capacity(transact, &writer);
    json_object_end(&writer);
    call_answer(call);
}

static int read_io(struct call *call)
{
    return read_together(call, ENGINE_READ_ANY);
}

void transact_read(struct transact *transact)
{
    struct call *call = transact->call;
    int rc;

    if (!begin(transact, CAPACITY_READ))
        return;
    rc = read_together(call, ENGINE_READ_CACHED);
    if (rc == ST_AGAIN)
        call_io(call, read_io, read_answer);
    else
        read_answer(call, rc);
}

/* ---- fingerprints ---- */

struct member {
    struct slice name;
    struct json value;
};

static int compare_members(const void *a, const void *b)
{
    return slice_cmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static int append_canonical(struct arena *arena, struct buf *out, struct json value);

static int append_members(struct arena *arena, struct buf *out, struct json object)
{
    struct json_iterator iterator = json_iterate(object);
    struct member *members = ARENA_ARRAY(arena, struct member, json_count(object));
    size_t count = 0;
    int rc = members != NULL ? 0 : ST_NOMEM;

    while (rc == 0 && json_next(&iterator, &members[count].name, &members[count].value))
        count++;
    if (count > 0)
        qsort(members, count, sizeof(*members), compare_members);
    for (size_t i = 0; i < count && rc == 0; i++) {
        buf_append_sized(out, members[i].name);
        rc = append_canonical(arena, out, members[i].value);
    }
    return rc;
}

/* Bytes that differ exactly when two values do: kinds, lengths, members in the order of names. */
static int append_canonical(struct arena *arena, struct buf *out, struct json value)
{
    struct json_iterator iterator;
    struct json element;
    int rc = 0;

    buf_append_u8(out, (uint8_t)json_type(value));
    switch (json_type(value)) {
    case JSON_STRING:
        buf_append_sized(out, json_string(value));
        return 0;
    case JSON_BOOL:
        buf_append_u8(out, json_bool(value));
        return 0;
    case JSON_OBJECT:
        buf_append_be32(out, (uint32_t)json_count(value));
        return append_members(arena, out, value);
    case JSON_ARRAY:
        buf_append_be32(out, (uint32_t)json_count(value));
        iterator = json_iterate(value);
        while (rc == 0 && json_next(&iterator, NULL, &element))
            rc = append_canonical(arena, out, element);
        return rc;
    default: /* numbers do not occur: DynamoDB's are strings */
        return 0;
    }
}

int transact_fingerprint(struct transact *transact, struct json value)
{
    struct buf canonical = BUF_EMPTY;
    uint8_t digest[EVP_MAX_MD_SIZE];
    int rc = append_canonical(transact->call->arena, &canonical, value);

    if (rc == 0 && (buf_failed(&canonical) || EVP_Digest(canonical.ptr, canonical.len, digest, NULL,
                                                         EVP_sha256(), NULL) != 1))
        rc = ST_NOMEM;
    if (rc == 0)
        memcpy(transact->fingerprint, digest, sizeof(transact->fingerprint));
    buf_release(&canonical);
    return rc;
}
