/*
 * fuzz_partiql.c - any bytes as a PartiQL statement, with as many parameters as it has.
 *
 * What must hold whatever the bytes are: no crash; an error is a message; what was bound evaluates,
 * the same each time; items that it makes are well-formed and no larger than an item may be; the
 * ranges of a plan cover every key that the WHERE clause is true for, and only one of them does.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "expr/partiql.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char item_json[] =
    "{\"pk\": {\"S\": \"k\"}, \"sk\": {\"N\": \"7\"}, \"a\": {\"L\": [{\"S\": \"0\"}, {\"M\": "
    "{\"a\": {\"N\": \"1\"}, \"b\": {\"SS\": [\"a\"]}}}]}, \"b\": {\"M\": {\"a\": {\"N\": "
    "\"9E125\"}}}, \"n\": {\"N\": \"41\"}, \"s\": {\"SS\": [\"a\", \"b\"]}}";
static const char parameters_json[] =
    "{\"0\": {\"S\": \"k\"}, \"1\": {\"N\": \"7\"}, \"2\": {\"B\": \"AQID\"}, \"3\": {\"M\": "
    "{\"pk\": {\"S\": \"k\"}}}, \"4\": {\"L\": [{\"N\": \"1\"}]}, \"5\": {\"SS\": [\"a\"]}}";

enum { PARAMETERS_MAX = 64 };

static const struct expr_key_attribute keys[] = {{.name = SLICE("pk"), .type = VALUE_S},
                                                 {.name = SLICE("sk"), .type = VALUE_N}};
static const struct expr_key key = {
    .partition = &keys[0], .partition_count = 1, .sort = &keys[1], .sort_count = 1};

struct world {
    struct json_parser *item_parser, *parameters_parser;
    struct arena arena;
    struct slice item;
    struct slice parameters[PARAMETERS_MAX];
};

static void world_init(struct world *world)
{
    struct slice parameters, name;
    struct value_iterator iterator;
    struct value value;
    struct json root;
    size_t count = 0;

    world->item_parser = json_parser_new();
    world->parameters_parser = json_parser_new();
    arena_init(&world->arena, 0);
    if (json_parse(world->item_parser, slice_str(item_json), &root) < 0 ||
        item_from_json(root, &world->arena, &world->item, NULL) < 0 ||
        json_parse(world->parameters_parser, slice_str(parameters_json), &root) < 0 ||
        item_from_json(root, &world->arena, &parameters, NULL) < 0)
        assert(!"the fixed world is valid");
    while (count < PARAMETERS_MAX) {
        iterator = item_iterate(parameters);
        while (count < PARAMETERS_MAX && value_next(&iterator, &name, &value))
            world->parameters[count++] = value.encoded;
    }
}

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

static int cmp(struct slice a, struct slice b)
{
    struct value left = value_of(a), right = value_of(b);

    return value_cmp(&left, &right);
}

/** The item of the world lies in the range. */
static bool holds(const struct expr_key_range *range, struct slice partition, struct slice sort)
{
    if (cmp(partition, range->partition[0]) != 0)
        return false;
    switch (range->sort_operator) {
    case EXPR_RANGE_ALL:
        return true;
    case EXPR_RANGE_EQ:
        return cmp(sort, range->sort[0]) == 0;
    case EXPR_RANGE_LT:
        return cmp(sort, range->sort[0]) < 0;
    case EXPR_RANGE_LE:
        return cmp(sort, range->sort[0]) <= 0;
    case EXPR_RANGE_GT:
        return cmp(sort, range->sort[0]) > 0;
    case EXPR_RANGE_GE:
        return cmp(sort, range->sort[0]) >= 0;
    case EXPR_RANGE_BETWEEN:
        return cmp(sort, range->sort[0]) >= 0 && cmp(sort, range->sort_high) <= 0;
    case EXPR_RANGE_BEGINS_WITH: /* the sort key is a number */
        break;
    }
    assert(!"no such range of numbers");
    return false;
}

static void run_plan(const struct world *world, const struct partiql *partiql, struct arena *arena)
{
    struct expr_error error = {.envelope = false};
    struct value partition, sort;
    struct partiql_plan plan;
    size_t found = 0;
    int rc = partiql_plan(partiql, &key, arena, &plan, &error);

    check_status(rc, &error);
    if (rc < 0 || plan.scan)
        return;
    assert(item_find(world->item, keys[0].name, &partition));
    assert(item_find(world->item, keys[1].name, &sort));
    for (size_t i = 0; i < plan.count; i++)
        found += holds(&plan.ranges[i], partition.encoded, sort.encoded);
    assert(found <= 1);
    if (expr_condition_eval(partiql->condition, world->item))
        assert(found == 1);
}

static void run_update(const struct world *world, const struct partiql *partiql,
                       struct arena *arena)
{
    struct expr_error error = {.envelope = false};
    struct slice after, touched;
    int rc = expr_update_apply(partiql->update, EXPR_SIZE_FLAT, world->item, keys, 2, arena, &after,
                               &error);

    check_status(rc, &error);
    check_status(expr_update_check_keys(partiql->update, keys, 2, &error), &error);
    if (rc < 0)
        return;
    check_item(after);
    assert(expr_update_touched(partiql->update, world->item, after, arena, &touched) == 0);
    check_item(touched);
}

static void run(const struct world *world, const struct partiql *partiql, struct arena *arena)
{
    struct slice shown, key_item;
    bool found;

    if (partiql->condition != NULL) {
        bool first = expr_condition_eval(partiql->condition, world->item);

        assert(first == expr_condition_eval(partiql->condition, world->item));
        expr_condition_eval(partiql->condition, ITEM_EMPTY);
    }
    if (partiql->projection != NULL) {
        assert(partiql_project(partiql->projection, world->item, arena, &shown) == 0);
        assert(item_check(shown) == 0);
    }
    if (partiql->kind == PARTIQL_INSERT)
        assert(item_check(partiql->item) == 0);
    if (partiql->update != NULL)
        run_update(world, partiql, arena);
    assert(partiql_key(partiql, keys, 2, arena, &found, &key_item) == 0);
    if (found)
        assert(item_check(key_item) == 0);
    run_plan(world, partiql, arena);
}

/** Statements come out of JSON, which is UTF-8: as a string of an item they would pass. */
static bool is_text(struct slice bytes, struct arena *arena)
{
    struct buf encoded = BUF_EMPTY;
    struct item_builder builder;
    struct slice item;
    int rc;

    buf_append_u8(&encoded, VALUE_S);
    buf_append_sized(&encoded, bytes);
    item_builder_init(&builder, arena);
    item_builder_add(&builder, SLICE("text"), buf_slice(&encoded));
    rc = buf_failed(&encoded) ? ST_NOMEM : item_build(&builder, &item);
    buf_release(&encoded);
    return rc == 0 && item_check(item) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world world;
    struct expr_error error = {.envelope = false};
    const struct partiql_statement *statement;
    struct partiql partiql;
    struct arena arena;
    int rc;

    if (world.item.ptr == NULL)
        world_init(&world);
    if (size > PARTIQL_STATEMENT_CHARACTERS_MAX)
        return 0;
    arena_init(&arena, 0);
    if (!is_text(slice_of(data, size), &arena))
        goto out;
    rc = partiql_parse(&arena, slice_of(data, size), &statement, &error);
    check_status(rc, &error);
    for (size_t count = 0; rc == 0 && count <= PARAMETERS_MAX; count++) {
        int bound = partiql_bind(statement, world.parameters, count, &arena, &partiql, &error);

        check_status(bound, &error);
        if (bound == 0)
            run(&world, &partiql, &arena);
    }
out:
    arena_release(&arena);
    return 0;
}
