/*
 * fuzz_json_item.c - hostile request bodies and hostile stored bytes.
 *
 * As a request: whatever is accepted as an item must be canonical (item_check agrees), and its JSON
 * must come back as the same bytes. As stored bytes: whatever item_check accepts must be safe to
 * look at through every accessor, and must survive JSON and a fully opened tree unchanged.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "value/value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

enum { ARENA_BYTES_MAX = 64 * 1024 * 1024 };

static void visit(struct arena *arena, const struct value *value)
{
    struct value_iterator iterator;
    struct value element;
    struct slice key;
    size_t count = 0;

    (void)value_type_name(value->type);
    REQUIRE(value_eq(value, value));
    switch (value->type) {
    case VALUE_N: {
        struct number number = value_number(value);
        REQUIRE(number_size(&number) == value_size(value));
        __attribute__((fallthrough));
    }
    case VALUE_S:
    case VALUE_B:
        REQUIRE(value_cmp(value, value) == 0);
        REQUIRE(value_from_key_bytes(value->type, value_key_bytes(value), arena, &key) == 0);
        if (value->encoded.len > 0)
            REQUIRE(slice_eq(key, value->encoded));
        return;
    case VALUE_TRUE:
    case VALUE_FALSE:
    case VALUE_NULL:
        return;
    default:
        break;
    }
    for (iterator = value_iterate(value); value_next(&iterator, NULL, &element); count++)
        visit(arena, &element);
    REQUIRE(count == value_count(value));
}

static void open_all(struct arena *arena, struct tree *tree)
{
    REQUIRE(tree_open(arena, tree) == 0);
    for (size_t i = 0; i < tree->count; i++)
        open_all(arena, tree->members[i].value);
}

/* `item` has passed item_check(). */
static void use_item(struct json_parser *parser, struct arena *arena, struct slice item)
{
    struct value_iterator iterator = item_iterate(item);
    struct buf text = BUF_EMPTY, printed = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&text);
    struct item_builder builder;
    struct slice name, again;
    struct value value, found;
    struct json root;
    struct tree *tree;

    item_builder_init(&builder, arena);
    while (value_next(&iterator, &name, &value)) {
        visit(arena, &value);
        REQUIRE(item_find(item, name, &found) && value_eq(&value, &found));
        value_print(&printed, &value);
        item_builder_add(&builder, name, value.encoded);
    }
    REQUIRE(reader_done(&iterator.reader));
    REQUIRE(item_build(&builder, &again) == 0);
    REQUIRE(slice_eq(item, again));

    tree = tree_from_item(arena, item);
    REQUIRE(tree != NULL);
    open_all(arena, tree);
    REQUIRE(tree_depth(tree) <= VALUE_DEPTH_MAX + 1); /* the item itself counts as a map here */
    REQUIRE(tree_to_item(arena, tree, &again) == 0);
    REQUIRE(slice_eq(item, again));

    item_to_json(&writer, item);
    REQUIRE(!buf_failed(&text));
    REQUIRE(json_parse(parser, buf_slice(&text), &root) == 0);
    REQUIRE(item_from_json(root, arena, &again, NULL) == 0);
    REQUIRE(slice_eq(item, again));
    REQUIRE(item_size(item) == item_size(again));
    buf_release(&text);
    buf_release(&printed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_parser *parser = json_parser_new();
    struct value_refusal refusal;
    struct slice item;
    struct arena arena;
    struct json root;

    arena_init(&arena, ARENA_BYTES_MAX);
    REQUIRE(parser != NULL);
    if (json_parse(parser, slice_of(data, size), &root) == 0) {
        if (item_from_json(root, &arena, &item, &refusal) == 0) {
            REQUIRE(item_check(item) == 0);
            use_item(parser, &arena, item);
        }
    }
    if (item_check(slice_of(data, size)) == 0)
        use_item(parser, &arena, slice_of(data, size));
    arena_release(&arena);
    json_parser_free(parser);
    return 0;
}
