/*
 * write.c - see write.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/write.h"

#include "api/collection_metrics.h"

int write_read_return_values(struct write *write, unsigned member, bool update)
{
    static const char *const names[] = {
        [RETURN_NONE] = "NONE",
        [RETURN_ALL_OLD] = "ALL_OLD",
        [RETURN_UPDATED_OLD] = "UPDATED_OLD",
        [RETURN_ALL_NEW] = "ALL_NEW",
        [RETURN_UPDATED_NEW] = "UPDATED_NEW",
    };
    struct slice text = input_string(&write->call->input, member);

    for (unsigned i = 0; text.ptr != NULL && i < ARRAY_LEN(names); i++)
        if (slice_eq_str(text, names[i]))
            write->return_values = i;
    if (!update && write->return_values > RETURN_ALL_OLD)
        return api_refuse(&write->call->error, API_VALIDATION,
                          "%sReturnValues can only be ALL_OLD or NONE",
                          write->call->operation->envelope ? MESSAGE_ENVELOPE : "");
    return 0;
}

/* ---- on the lane ---- */

int write_condition_failed(struct write *write, struct slice current, bool exists)
{
    struct api_error *error = write->error;
    int rc = api_refuse_slice(error, API_CONDITION_FAILED, SLICE(MESSAGE_CONDITION_FAILED));

    if (exists && write->return_on_failure) {
        error->item = arena_dup(write->arena, current);
        if (error->item.ptr == NULL)
            return ST_NOMEM;
    }
    return rc;
}

/* The part of an item that the answer shows, in the arena. */
static int choose_attributes(struct write *write, struct slice old_item, bool existed,
                             struct slice new_item)
{
    struct arena *arena = write->arena;
    int rc = 0;

    switch (write->return_values) {
    case RETURN_NONE:
        return 0;
    case RETURN_ALL_OLD:
        if (!existed)
            return 0;
        write->attributes = arena_dup(arena, old_item);
        return write->attributes.ptr == NULL ? ST_NOMEM : 0;
    case RETURN_ALL_NEW:
        write->attributes = new_item;
        return 0;
    case RETURN_UPDATED_OLD:
    case RETURN_UPDATED_NEW:
        if (write->expressions.update == NULL ||
            (write->return_values == RETURN_UPDATED_OLD && !existed))
            return 0;
        rc = expr_update_touched(write->expressions.update, old_item,
                                 write->return_values == RETURN_UPDATED_OLD ? old_item : new_item,
                                 arena, &write->attributes);
        if (rc == 0 && write->attributes.ptr != NULL && item_count(write->attributes) == 0)
            write->attributes = SLICE_EMPTY;
        else if (rc == 0) /* it may borrow from the current record, which is gone after decide() */
            write->attributes = arena_dup(arena, write->attributes);
        return rc;
    }
    return rc;
}

static int write_decide(struct mutation *mutation, const struct record *current,
                        enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct write *write = CONTAINER_OF(mutation, struct write, mutation);
    bool exists = current != NULL;
    struct slice item = exists ? current->item : ITEM_EMPTY;
    uint64_t new_bytes = 0;
    int rc;

    write->bytes_max = exists ? current->size : 0;
    if (write->expressions.condition != NULL &&
        !expr_condition_eval(write->expressions.condition, item))
        return write_condition_failed(write, item, exists);
    *ret_item = SLICE_EMPTY;
    rc = write->apply(write, item, exists, ret_outcome, ret_item);
    if (rc < 0)
        return rc;
    if (ret_item->ptr != NULL)
        new_bytes = item_size(*ret_item);
    if (new_bytes > write->bytes_max)
        write->bytes_max = new_bytes;
    return choose_attributes(write, item, exists, *ret_item);
}

/* ---- back on the request's strand ---- */

static void on_committed(struct mutation *mutation, int rc)
{
    struct write *write = CONTAINER_OF(mutation, struct write, mutation);
    struct call *call = write->call;
    struct json_writer writer = json_writer_of(&call->out);

    /* A false condition was a write as far as capacity goes; a mistake was none. */
    if (rc == 0 || (rc == ST_REFUSED && write->error->code == API_CONDITION_FAILED))
        consumption_add(&write->consumption, &mutation->key, capacity_write(write->bytes_max));
    if (rc == 0)
        consumption_add_index_writes(&write->consumption, mutation->index_writes);
    if (write->finished != NULL) {
        write->finished(write, rc);
        return;
    }
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_object_begin(&writer);
    if (write->attributes.ptr != NULL) {
        json_key(&writer, "Attributes");
        item_to_json(&writer, write->attributes);
    }
    consumption_write_member(&writer, write->capacity, &write->consumption);
    if (collection_metrics_wanted(&call->input, write->metrics_member, call->schema)) {
        json_key(&writer, "ItemCollectionMetrics");
        collection_metrics_write(&writer, call->arena, call->schema, mutation);
    }
    json_object_end(&writer);
    call_answer(call);
}

static void on_refused(struct task *task)
{
    struct write *write = CONTAINER_OF(task, struct write, task);

    on_committed(&write->mutation, write->refused);
}

void write_start(struct write *write)
{
    struct call *call = write->call;
    int rc;

    if (write->table == NULL) {
        write->table = call->table;
        write->schema = call->schema;
    }
    if (write->arena == NULL) {
        write->arena = call->arena;
        write->error = &call->error;
    }
    consumption_begin(call, &write->consumption, write->table, write->schema, CAPACITY_WRITE);
    rc = consumption_admit(call, &write->consumption, &write->mutation.key,
                           capacity_write(write->bytes_min), write->error);
    if (rc == 0 && write->schema->index_count > 0) {
        write->mutation.index_writes =
            ARENA_ARRAY(write->arena, struct index_write, write->schema->index_count);
        rc = write->mutation.index_writes != NULL ? 0 : ST_NOMEM;
    }
    if (rc < 0) { /* not before this returns: a caller may start several */
        write->refused = rc;
        task_init(&write->task, on_refused);
        strand_post(call->http->strand, &write->task);
        return;
    }
    write->mutation.table = write->table;
    write->mutation.schema = write->schema;
    write->mutation.arena = write->arena;
    write->mutation.decide = write_decide;
    write->mutation.strand = call->http->strand;
    write->mutation.on_committed = on_committed;
    write->mutation.deadline = mono_add_ms(call->http->received, CALL_DEADLINE_MS);
    store_mutate(call->region->store, &write->mutation);
}
