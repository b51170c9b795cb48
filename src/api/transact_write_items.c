/*
 * transact_write_items.c - TransactWriteItems: up to 100 puts, updates, deletes and condition
 * checks, all or nothing. dynamodb-operations.md section 10.
 *
 * Here are the actions: what each is made of, and what it makes of its item. How they are done
 * together is in transact.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/key_paths.h"
#include "api/shapes.h"
#include "api/transact.h"

static const uint8_t order[] = {
    TRANSACT_WRITE_TRANSACT_ITEMS, TRANSACT_WRITE_RETURN_CONSUMED_CAPACITY,
    TRANSACT_WRITE_RETURN_ITEM_COLLECTION_METRICS, TRANSACT_WRITE_CLIENT_REQUEST_TOKEN};
const struct constraint_plan transact_write_items_plan = {.order = order,
                                                          .count = ARRAY_LEN(order)};

#define RULES(update_member, shift)                                                                \
    {                                                                                              \
        .names = TRANSACT_ACTION_EXPRESSION_ATTRIBUTE_NAMES + (shift),                             \
        .values = TRANSACT_ACTION_EXPRESSION_ATTRIBUTE_VALUES + (shift), .update = update_member,  \
        .condition = TRANSACT_ACTION_CONDITION_EXPRESSION + (shift),                               \
        .key_condition = EXPRESSIONS_NONE, .filter = EXPRESSIONS_NONE,                             \
        .projection = EXPRESSIONS_NONE, .legacy = {EXPRESSIONS_NONE},                              \
        .listed = {EXPRESSIONS_NONE}, .key_conditions = EXPRESSIONS_NONE                           \
    }
static const struct expression_rules rules = RULES(EXPRESSIONS_NONE, 0);
static const struct expression_rules update_rules =
    RULES(TRANSACT_UPDATE_UPDATE_EXPRESSION, TRANSACT_UPDATE_SHIFT);

struct write_action {
    struct transact_action action;
    enum transact_write_item_member kind;
    struct slice item; /* of a Put; of the others the Key argument */
    struct expressions expressions;
};

static struct write_action *write_action_of(struct transact_action *action)
{
    return CONTAINER_OF(action, struct write_action, action);
}

/* ---- what needs no table ---- */

static int read_action(struct call *call, struct json element, struct write_action *write)
{
    struct input item, input;
    unsigned kinds = 0, shift;
    int rc = shape_read(&shape_transact_write_item, element, &item, &call->error);

    if (rc < 0)
        return rc;
    for (unsigned kind = 0; kind < TRANSACT_KINDS; kind++)
        if (input_has(&item, kind)) {
            write->kind = kind;
            kinds++;
        }
    if (kinds != 1)
        return api_refuse(&call->error, API_VALIDATION,
                          "TransactItems can only contain one of Check, Put, Update or Delete");
    rc = shape_read(shape_transact_write_item.members[write->kind].shape,
                    input_json(&item, write->kind), &input, &call->error);
    if (rc < 0)
        return rc;
    shift = write->kind == TRANSACT_UPDATE ? TRANSACT_UPDATE_SHIFT : 0;
    write->action.table_name = input_string(&input, TRANSACT_ACTION_TABLE_NAME + shift);
    write->action.return_on_failure = slice_eq_str(
        input_string(&input, TRANSACT_ACTION_RETURN_VALUES_ON_CONDITION_CHECK_FAILURE + shift),
        "ALL_OLD");
    rc = call_read_item(call, input_json(&input, TRANSACT_ACTION_KEY), &write->item);
    if (rc < 0)
        return rc;
    if (shift > 0)
        return expressions_parse(call, &input, &update_rules, &write->expressions);
    /* Names and values without an expression are let pass here, unlike anywhere else. */
    if (!input_has(&input, TRANSACT_ACTION_CONDITION_EXPRESSION))
        return 0;
    return expressions_parse(call, &input, &rules, &write->expressions);
}

/* ---- what needs the table ---- */

static int check_key_paths(struct write_action *write)
{
    const struct schema *schema = write->action.schema;
    struct expr_error error;
    int rc = key_paths_of_update(schema, write->expressions.update, &error);

    if (rc == 0)
        rc = key_paths_of_condition(schema, write->expressions.condition, &error);
    return rc < 0 ? transact_refuse_expression(&write->action, rc, &error) : 0;
}

static int check(struct transact_action *action, struct item_key *ret_key)
{
    struct write_action *write = write_action_of(action);
    struct refusal refusal;
    int rc = write->kind == TRANSACT_PUT
                 ? schema_key_of_item(action->schema, write->item, ret_key, &refusal)
                 : schema_key_of_argument(action->schema, write->item, ret_key, &refusal);

    /* An empty key value is a mistake of the request, the other ones are of the action. */
    if (rc == ST_REFUSED && slice_has_prefix(slice_str(refusal.text), SLICE(MESSAGE_KEY_EMPTY)))
        return call_refuse_words(action->transact->call, rc, &refusal);
    if (rc == 0 && write->kind == TRANSACT_PUT)
        rc = schema_check_index_keys(action->schema, write->item, NULL, &refusal);
    return rc < 0 ? transact_refuse_words(action, rc, &refusal) : check_key_paths(write);
}

/* ---- on a lane ---- */

static int update(struct write_action *write, struct slice base, struct slice *ret_item)
{
    struct transact_action *action = &write->action;
    struct refusal refusal;
    struct expr_error error;
    int rc = expr_update_apply(write->expressions.update, EXPR_SIZE_FLAT, base,
                               action->schema->keys, action->schema->key_count,
                               action->transact->call->arena, ret_item, &error);

    if (rc < 0)
        return transact_refuse_expression(action, rc, &error);
    rc = schema_check_index_keys(action->schema, *ret_item, write->expressions.update, &refusal);
    return rc < 0 ? transact_refuse_words(action, rc, &refusal) : 0;
}

static int decide(struct transact_action *action, struct slice current, bool exists,
                  enum mutation_outcome *ret_outcome, struct slice *ret_item)
{
    struct write_action *write = write_action_of(action);

    if (write->expressions.condition != NULL &&
        !expr_condition_eval(write->expressions.condition, current))
        return transact_refuse(action, CANCELLATION_CONDITION, SLICE_EMPTY,
                               exists ? current : SLICE_EMPTY);
    switch (write->kind) {
    case TRANSACT_PUT:
        *ret_outcome = MUTATION_PUT;
        *ret_item = write->item;
        return 0;
    case TRANSACT_DELETE:
        *ret_outcome = exists ? MUTATION_DELETE : MUTATION_NOTHING;
        return 0;
    case TRANSACT_UPDATE:
        *ret_outcome = MUTATION_PUT;
        return update(write, exists ? current : write->item, ret_item);
    default:
        *ret_outcome = MUTATION_NOTHING;
        return 0;
    }
}

/* ---- the operation ---- */

static int check_sizes(struct call *call, const struct transact *transact)
{
    for (uint32_t i = 0; i < transact->count; i++) {
        struct write_action *write = write_action_of(transact->actions[i]);

        if (write->kind != TRANSACT_PUT)
            continue;
        write->action.bytes_min = item_size(write->item);
        if (write->action.bytes_min > ITEM_SIZE_BYTES_MAX)
            return api_refuse_slice(&call->error, API_VALIDATION, SLICE(MESSAGE_ITEM_TOO_LARGE));
    }
    return 0;
}

int transact_write_items_prepare(struct call *call)
{
    struct json list = input_json(&call->input, TRANSACT_WRITE_TRANSACT_ITEMS);
    struct json_iterator iterator = json_iterate(list);
    struct json element;
    struct transact *transact = transact_new(call, (uint32_t)json_count(list));
    int rc = transact != NULL ? 0 : ST_NOMEM;

    for (uint32_t i = 0; rc == 0 && json_next(&iterator, NULL, &element); i++) {
        struct write_action *write = ARENA_NEW(call->arena, struct write_action);

        if (write == NULL)
            return ST_NOMEM;
        transact->actions[i] = &write->action;
        write->action.check = check;
        write->action.decide = decide;
        rc = read_action(call, element, write);
    }
    if (rc < 0)
        return rc;
    transact->capacity = capacity_mode_of(&call->input, TRANSACT_WRITE_RETURN_CONSUMED_CAPACITY);
    transact->metrics_member = TRANSACT_WRITE_RETURN_ITEM_COLLECTION_METRICS;
    transact->client_token = input_string(&call->input, TRANSACT_WRITE_CLIENT_REQUEST_TOKEN);
    rc = check_sizes(call, transact);
    if (rc == 0 && transact->client_token.ptr != NULL)
        rc = transact_fingerprint(transact, list);
    return rc;
}

void transact_write_items_run(struct call *call)
{
    transact_write(call->state);
}
