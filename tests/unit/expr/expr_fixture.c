/*
 * expr_fixture.c - see expr_fixture.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    if (fixture == NULL)
        return -1;
    arena_init(&fixture->arena, 64 * 1024 * 1024);
    fixture->names_parser = json_parser_new();
    fixture->values_parser = json_parser_new();
    fixture->item_parser = json_parser_new();
    *state = fixture;
    return 0;
}

int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    json_parser_free(fixture->names_parser);
    json_parser_free(fixture->values_parser);
    json_parser_free(fixture->item_parser);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

int fixture_read_bindings(struct fixture *fixture, const char *names, const char *values)
{
    struct json names_root, values_root;

    memset(&fixture->error, 0, sizeof(fixture->error));
    if (names != NULL)
        assert_int_equal(json_parse(fixture->names_parser, slice_str(names), &names_root), 0);
    if (values != NULL)
        assert_int_equal(json_parse(fixture->values_parser, slice_str(values), &values_root), 0);
    return expr_bindings_read(&fixture->arena, names != NULL ? &names_root : NULL,
                              values != NULL ? &values_root : NULL, &fixture->bindings,
                              &fixture->error);
}

void fixture_bind(struct fixture *fixture, const char *names, const char *values)
{
    int rc = fixture_read_bindings(fixture, names, values);

    if (rc != 0)
        fail_msg("bindings refused: %s", fixture->error.refusal.text);
}

struct slice fixture_item(struct fixture *fixture, const char *json)
{
    struct value_refusal refusal;
    struct json root;
    struct slice item;
    int rc;

    assert_int_equal(json_parse(fixture->item_parser, slice_str(json), &root), 0);
    rc = item_from_json(root, &fixture->arena, &item, &refusal);
    if (rc != 0)
        fail_msg("item refused: %s", refusal.refusal.text);
    return item;
}

const char *fixture_item_text(struct fixture *fixture, struct slice item)
{
    struct buf out = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&out);
    const char *text;

    assert_int_equal(item_check(item), 0);
    item_to_json(&writer, item);
    assert_false(buf_failed(&out));
    text = arena_str(&fixture->arena, buf_slice(&out));
    buf_release(&out);
    return text;
}

static int bind(struct fixture *fixture, enum expr_kind kind, const struct expr_text *text)
{
    struct expr_projection *projection;
    struct expr_condition *condition;
    struct expr_update *update;
    int rc;

    memset(&fixture->error, 0, sizeof(fixture->error));
    switch (kind) {
    case EXPR_UPDATE:
        return expr_update_bind(text, &fixture->arena, &fixture->bindings, &update,
                                &fixture->error);
    case EXPR_PROJECTION:
        return expr_projection_bind(text, &fixture->arena, &fixture->bindings, &projection,
                                    &fixture->error);
    default:
        rc = expr_condition_bind(text, &fixture->arena, &fixture->bindings, &condition,
                                 &fixture->error);
        if (rc == 0 && kind == EXPR_KEY_CONDITION)
            rc = expr_key_condition_check(condition, &fixture->error);
        return rc;
    }
}

/* A compiled text serves many requests: bound once more, it says the same. */
static int parse(struct fixture *fixture, enum expr_kind kind, const char *text)
{
    const struct expr_text *compiled;
    struct expr_error first;
    int rc = expr_compile(&fixture->arena, kind, slice_str(text), &compiled, &fixture->error);

    if (rc < 0)
        return rc;
    rc = bind(fixture, kind, compiled);
    first = fixture->error;
    assert_int_equal(bind(fixture, kind, compiled), rc);
    assert_string_equal(fixture->error.refusal.text, first.refusal.text);
    return rc;
}

const char *fixture_parse(struct fixture *fixture, enum expr_kind kind, const char *text)
{
    int rc;

    memset(&fixture->error, 0, sizeof(fixture->error));
    rc = parse(fixture, kind, text);
    if (rc == 0)
        return "ok";
    assert_int_equal(rc, ST_REFUSED);
    assert_false(fixture->error.serialization);
    return fixture->error.refusal.text;
}

bool fixture_holds(struct fixture *fixture, const char *condition, struct slice item)
{
    struct expr_condition *parsed;
    int rc = expr_condition_parse(&fixture->arena, EXPR_CONDITION, slice_str(condition),
                                  &fixture->bindings, &parsed, &fixture->error);

    if (rc != 0)
        fail_msg("%s: %s", condition, fixture->error.refusal.text);
    return expr_condition_eval(parsed, item);
}

struct expr_update *fixture_update(struct fixture *fixture, const char *text)
{
    struct expr_update *update;
    int rc = expr_update_parse(&fixture->arena, slice_str(text), &fixture->bindings, &update,
                               &fixture->error);

    if (rc != 0)
        fail_msg("%s: %s", text, fixture->error.refusal.text);
    return update;
}

const char *fixture_apply(struct fixture *fixture, const char *update, const char *old_item)
{
    static const struct expr_key_attribute keys[] = {{SLICE("pk"), VALUE_S, false}};
    struct expr_update *parsed = fixture_update(fixture, update);
    struct slice item;
    int rc;

    memset(&fixture->error, 0, sizeof(fixture->error));
    rc = expr_update_apply(parsed, EXPR_SIZE_WEIGHED,
                           old_item != NULL ? fixture_item(fixture, old_item) : ITEM_EMPTY, keys, 1,
                           &fixture->arena, &item, &fixture->error);
    if (rc == 0)
        return fixture_item_text(fixture, item);
    assert_int_equal(rc, ST_REFUSED);
    assert_false(fixture->error.envelope);
    return fixture->error.refusal.text;
}
