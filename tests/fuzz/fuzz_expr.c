/*
 * fuzz_expr.c - any bytes as each kind of expression, run on a fixed item.
 *
 * What must hold whatever the bytes are: no crash; an error is a message that names the kind; a
 * parsed expression evaluates; the items that updates and projections make are well-formed, and no
 * larger than an item may be; nothing that a projection selects is more than the item.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "expr/expr.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char names_json[] = "{\"#a\": \"a\", \"#b\": \"b\", \"#c\": \"x.y\", \"#p\": \"pk\"}";
static const char values_json[] =
    "{\":s\": {\"S\": \"text\"}, \":e\": {\"S\": \"\"}, \":n\": {\"N\": \"1.5\"}, \":m\": {\"M\": "
    "{\"k\": {\"L\": [{\"N\": \"1\"}]}}}, \":b\": {\"B\": \"AQID\"}, \":t\": {\"BOOL\": true}, "
    "\":z\": {\"NULL\": true}, \":ss\": {\"SS\": [\"a\", \"b\"]}, \":ns\": {\"NS\": [\"1\", "
    "\"2\"]}, "
    "\":bs\": {\"BS\": [\"AQ==\"]}, \":l\": {\"L\": [{\"S\": \"x\"}, {\"N\": \"9E125\"}]}}";
static const char item_json[] =
    "{\"pk\": {\"S\": \"k\"}, \"sk\": {\"N\": \"7\"}, \"a\": {\"L\": [{\"S\": \"0\"}, {\"M\": "
    "{\"a\": {\"N\": \"1\"}, \"b\": {\"SS\": [\"a\"]}}}, {\"L\": [{\"S\": \"x\"}]}]}, \"b\": "
    "{\"M\": "
    "{\"a\": {\"N\": \"9E125\"}, \"b\": {\"M\": {\"a\": {\"S\": \"deep\"}}}}}, \"x.y\": {\"S\": "
    "\"text\"}, \"n\": {\"N\": \"41\"}, \"s\": {\"SS\": [\"a\", \"b\", \"c\"]}}";

struct world {
    struct json_parser *names_parser, *values_parser, *item_parser;
    struct arena arena;
    struct json names, values;
    struct slice item;
};

static void world_init(struct world *world)
{
    struct json root;

    world->names_parser = json_parser_new();
    world->values_parser = json_parser_new();
    world->item_parser = json_parser_new();
    arena_init(&world->arena, 0);
    if (json_parse(world->names_parser, slice_str(names_json), &world->names) < 0 ||
        json_parse(world->values_parser, slice_str(values_json), &world->values) < 0 ||
        json_parse(world->item_parser, slice_str(item_json), &root) < 0 ||
        item_from_json(root, &world->arena, &world->item, NULL) < 0)
        assert(!"the fixed world is valid");
}

static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S, false},
                                                 {SLICE("sk"), VALUE_N, false}};

static void check_status(int rc, const struct expr_error *error)
{
    assert(rc == 0 || rc == ST_REFUSED);
    if (rc == ST_REFUSED)
        assert(error->refusal.text[0] != '\0');
}

static void check_item(struct slice item)
{
    assert(item_check(item) == 0);
    assert(item_size(item) <= ITEM_SIZE_BYTES_MAX);
}

static void run_condition(const struct world *world, struct arena *arena, enum expr_kind kind,
                          struct slice text, struct expr_bindings *bindings)
{
    struct expr_error error = {.envelope = false};
    struct expr_condition *condition;
    struct expr_key_range range;
    int rc = expr_condition_parse(arena, kind, text, bindings, &condition, &error);
    bool holds;

    check_status(rc, &error);
    if (rc < 0)
        return;
    holds = expr_condition_eval(condition, world->item);
    assert(holds == expr_condition_eval(condition, world->item));
    expr_condition_eval(condition, ITEM_EMPTY);
    check_status(expr_condition_check_key_paths(condition, keys, 2, &error), &error);
    check_status(expr_condition_check_filter_keys(condition, keys, 2, &error), &error);
    if (kind != EXPR_KEY_CONDITION || expr_key_condition_check(condition, &error) < 0)
        return;
    for (size_t sorts = 0; sorts <= 1; sorts++) {
        struct expr_key key = {keys, keys + 1, 1, sorts}, several = {keys, keys, sorts + 1, 2};

        check_status(expr_key_condition_range(condition, &key, &range, &error), &error);
        check_status(expr_key_condition_range(condition, &several, &range, &error), &error);
    }
}

static void run_update_on(struct arena *arena, const struct expr_update *update, struct slice item)
{
    struct expr_error error = {.envelope = false};
    struct slice after, touched;
    int rc = expr_update_apply(update, EXPR_SIZE_WEIGHED, item, keys, 2, arena, &after, &error);

    check_status(rc, &error);
    if (rc < 0)
        return;
    check_item(after);
    assert(expr_update_touched(update, item, item, arena, &touched) == 0);
    check_item(touched);
    assert(touched.len <= item.len);
    assert(expr_update_touched(update, item, after, arena, &touched) == 0);
    check_item(touched);
    assert(touched.len <= after.len);
}

static void run_update(const struct world *world, struct arena *arena, struct slice text,
                       struct expr_bindings *bindings)
{
    struct expr_error error = {.envelope = false};
    struct expr_update *update;
    int rc = expr_update_parse(arena, text, bindings, &update, &error);

    check_status(rc, &error);
    if (rc < 0)
        return;
    check_status(expr_update_check_keys(update, keys, 2, &error), &error);
    run_update_on(arena, update, world->item);
    run_update_on(arena, update, ITEM_EMPTY);
}

static void run_projection(const struct world *world, struct arena *arena, struct slice text,
                           struct expr_bindings *bindings)
{
    struct expr_error error = {.envelope = false};
    struct expr_projection *projection;
    struct slice result;
    int rc = expr_projection_parse(arena, text, bindings, &projection, &error);

    check_status(rc, &error);
    if (rc < 0)
        return;
    check_status(expr_projection_check_key_paths(projection, keys, 2, &error), &error);
    assert(expr_project(projection, world->item, arena, &result) == 0);
    check_item(result);
    assert(result.len <= world->item.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct expr_error error = {.envelope = false};
    struct slice text = slice_of(data, size);
    struct expr_bindings bindings;
    struct arena arena;

    if (world.item.ptr == NULL)
        world_init(&world);
    arena_init(&arena, 0);
    if (expr_bindings_read(&arena, &world.names, &world.values, &bindings, &error) < 0)
        assert(!"the fixed bindings are valid");
    run_condition(&world, &arena, EXPR_CONDITION, text, &bindings);
    run_condition(&world, &arena, EXPR_KEY_CONDITION, text, &bindings);
    run_update(&world, &arena, text, &bindings);
    run_projection(&world, &arena, text, &bindings);
    check_status(expr_bindings_check_unused(&bindings, &error), &error);
    arena_release(&arena);
    return 0;
}
