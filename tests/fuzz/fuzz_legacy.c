/*
 * fuzz_legacy.c - any JSON as the legacy parameters of a request, run on a fixed item.
 *
 * The first byte chooses the operation, the rest is its body. What its shape lets pass is compiled.
 * What must hold then: no crash; a refusal has words; conditions evaluate; the items that updates
 * and projections make are well-formed, and no larger than an item may be.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "api/operations.h"
#include "api/shapes.h"
#include "expr/legacy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char item_json[] = "{\"pk\": {\"S\": \"k\"}, \"sk\": {\"N\": \"7\"}, \"a\": {\"L\": "
                                "[{\"S\": \"0\"}]}, \"b\": {\"N\": "
                                "\"9E125\"}, \"s\": {\"SS\": [\"a\", \"b\"]}, \"n\": {\"NS\": "
                                "[\"1\", \"2\"]}, \"z\": {\"NULL\": true}}";
static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S, false},
                                                 {SLICE("sk"), VALUE_N, false}};
static const struct expr_key key = {
    .partition = keys, .partition_count = 1, .sort = keys + 1, .sort_count = 1};

static void check_status(int rc, const struct expr_error *error)
{
    assert(rc == 0 || rc == ST_REFUSED || rc == ST_NOMEM);
    if (rc == ST_REFUSED)
        assert(error->refusal.text[0] != '\0');
}

static void run_conditions(struct arena *arena, enum expr_legacy_map map, struct json json,
                           struct slice item)
{
    struct expr_condition *condition;
    struct expr_key_range range;
    struct expr_error error;
    int rc = expr_legacy_conditions(arena, map, json, json_count(json) % 2, &condition, &error);

    check_status(rc, &error);
    if (rc < 0 || condition == NULL)
        return;
    (void)expr_condition_eval(condition, item);
    (void)expr_condition_eval(condition, ITEM_EMPTY);
    if (map == EXPR_LEGACY_KEY_CONDITIONS)
        check_status(expr_key_condition_range(condition, &key, &range, &error), &error);
    else
        check_status(expr_condition_check_filter_keys(condition, keys, 2, &error), &error);
}

static void run_updates(struct arena *arena, struct json json, struct slice item)
{
    struct expr_update *update;
    struct slice result, shown;
    struct expr_error error;
    int rc = expr_legacy_updates(arena, json, &update, &error);

    check_status(rc, &error);
    if (rc < 0 || update == NULL || expr_update_check_keys(update, keys, 2, &error) < 0)
        return;
    rc = expr_update_apply(update, EXPR_SIZE_WEIGHED, item, keys, 2, arena, &result, &error);
    check_status(rc, &error);
    if (rc < 0)
        return;
    assert(item_check(result) == 0);
    assert(item_size(result) <= ITEM_SIZE_BYTES_MAX);
    if (expr_update_touched(update, item, result, arena, &shown) == 0)
        assert(item_check(shown) == 0);
}

static void run_projection(struct arena *arena, struct json json, struct slice item)
{
    struct expr_projection *projection;
    struct expr_error error;
    struct slice shown;
    int rc = expr_legacy_projection(arena, json, &projection, &error);

    check_status(rc, &error);
    if (rc == 0 && expr_project(projection, item, arena, &shown) == 0)
        assert(item_check(shown) == 0);
}

/* The member of that name, if the request has it. */
static bool member(const struct input *input, const char *name, struct json *ret_json)
{
    for (unsigned i = 0; i < input->shape->member_count; i++) {
        if (strcmp(input->shape->members[i].name, name) != 0 || !input_has(input, i))
            continue;
        *ret_json = input_json(input, i);
        return true;
    }
    return false;
}

static void run(struct arena *arena, const struct input *input, struct slice item)
{
    struct json json;

    if (member(input, "Expected", &json))
        run_conditions(arena, EXPR_LEGACY_EXPECTED, json, item);
    if (member(input, "QueryFilter", &json) || member(input, "ScanFilter", &json))
        run_conditions(arena, EXPR_LEGACY_FILTER, json, item);
    if (member(input, "KeyConditions", &json))
        run_conditions(arena, EXPR_LEGACY_KEY_CONDITIONS, json, item);
    if (member(input, "AttributeUpdates", &json))
        run_updates(arena, json, item);
    if (member(input, "AttributesToGet", &json))
        run_projection(arena, json, item);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"PutItem", "UpdateItem", "DeleteItem",
                                        "GetItem", "Query",      "Scan"};
    struct json_parser *parser = json_parser_new(), *item_parser = json_parser_new();
    const struct operation *operation = NULL;
    struct api_error error;
    struct input input;
    struct arena arena;
    struct json root;
    struct slice item;

    arena_init(&arena, 64 * 1024 * 1024);
    error = (struct api_error){.arena = &arena};
    if (size == 0 || parser == NULL || item_parser == NULL)
        goto out;
    for (unsigned i = 0; i < OPERATIONS_COUNT; i++)
        if (strcmp(operation_at(i)->name, names[data[0] % ARRAY_LEN(names)]) == 0)
            operation = operation_at(i);
    assert(operation != NULL);
    if (json_parse(item_parser, slice_str(item_json), &root) < 0 ||
        item_from_json(root, &arena, &item, NULL) < 0)
        assert(!"the fixed item is valid");
    if (json_parse(parser, slice_of(data + 1, size - 1), &root) == 0 &&
        shape_read(operation->input, root, &input, &error) == 0 &&
        shape_check_constraints(operation->plan, &input, &error) == 0)
        run(&arena, &input, item);
out:
    arena_release(&arena);
    json_parser_free(parser);
    json_parser_free(item_parser);
    return 0;
}
