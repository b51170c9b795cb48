/*
 * value_fixture.h - shared by the tests of value/: JSON text in, items and text out.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_TESTS_VALUE_FIXTURE_H
#define TROPIC_TESTS_VALUE_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "value/value.h"

struct fixture {
    struct json_parser *parser;
    struct arena arena;
    struct buf out;
    struct value_refusal refusal;
};

static inline int fixture_setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    assert_non_null(fixture);
    fixture->parser = json_parser_new();
    assert_non_null(fixture->parser);
    arena_init(&fixture->arena, 0);
    *state = fixture;
    return 0;
}

static inline int fixture_teardown(void **state)
{
    struct fixture *fixture = *state;

    json_parser_free(fixture->parser);
    arena_release(&fixture->arena);
    buf_release(&fixture->out);
    free(fixture);
    return 0;
}

static inline struct json fixture_parse(struct fixture *fixture, const char *text)
{
    struct json root;

    assert_int_equal(json_parse(fixture->parser, slice_str(text), &root), 0);
    return root;
}

/* The item of a JSON text that must be valid. */
static inline struct slice fixture_item(struct fixture *fixture, const char *text)
{
    struct slice item;
    int rc =
        item_from_json(fixture_parse(fixture, text), &fixture->arena, &item, &fixture->refusal);

    if (rc != 0)
        fail_msg("%s: %s", text, rc == ST_REFUSED ? fixture->refusal.refusal.text : "no memory");
    assert_int_equal(item_check(item), 0);
    return item;
}

/* An item as JSON text, valid until the next call. */
static inline const char *fixture_json(struct fixture *fixture, struct slice item)
{
    struct json_writer writer = json_writer_of(&fixture->out);

    buf_clear(&fixture->out);
    item_to_json(&writer, item);
    buf_append_u8(&fixture->out, 0);
    assert_false(buf_failed(&fixture->out));
    return (const char *)fixture->out.ptr;
}

/* The value of attribute "a". */
static inline struct value fixture_attribute(struct slice item, const char *name)
{
    struct value value;

    assert_true(item_find(item, slice_str(name), &value));
    return value;
}

#endif
