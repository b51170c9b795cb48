/*
 * micro_value.c - nanoseconds of what every request does to an item: parse, write, size, find.
 *
 *     meson test -C build --benchmark value --verbose
 *
 * The item is like the load generator's: 1 KB, twenty attributes, sent in no order. Each figure is
 * the fastest of ten rounds, so that a busy machine disturbs it least.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "value/value.h"

enum { ROUNDS = 10, REPEATS = 20000 };

static const char twenty_attributes[] =
    "{\"pk\":{\"S\":\"customer#0000012345\"},\"sk\":{\"S\":\"profile#2026-11-22\"},"
    "\"name\":{\"S\":\"Ursula K. Le Guin\"},\"mail\":{\"S\":\"ursula@example.com\"},"
    "\"age\":{\"N\":\"88\"},\"balance\":{\"N\":\"-1234.56\"},\"created\":{\"N\":\"1700000000123\"},"
    "\"active\":{\"BOOL\":true},\"deleted\":{\"NULL\":true},\"score\":{\"N\":\"0.75\"},"
    "\"tags\":{\"SS\":[\"writer\",\"reader\",\"anarchist\"]},\"years\":{\"NS\":[\"1969\",\"1974\","
    "\"1985\"]},"
    "\"address\":{\"M\":{\"street\":{\"S\":\"Thurman Street\"},\"city\":{\"S\":\"Portland\"},"
    "\"zip\":{\"S\":\"97210\"}}},\"books\":{\"L\":[{\"S\":\"The Dispossessed\"},{\"S\":\"Always "
    "Coming Home\"},{\"N\":\"22\"}]},\"avatar\":{\"B\":"
    "\"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4\"},"
    "\"note\":{\"S\":\"To light a candle is to cast a shadow. The only thing that makes life "
    "possible is "
    "permanent, intolerable uncertainty: not knowing what comes next.\"},\"lang\":{\"S\":\"en\"},"
    "\"country\":{\"S\":\"US\"},\"version\":{\"N\":\"17\"},\"flags\":{\"N\":\"4294967295\"}}";

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

struct subject {
    struct json_parser *parser;
    struct arena arena;
    struct buf out;
    struct slice body, item;
};

static void do_parse(struct subject *subject)
{
    struct json root;

    if (json_parse(subject->parser, subject->body, &root) != 0)
        abort();
}

static void do_parse_and_encode(struct subject *subject)
{
    struct json root;

    arena_reset(&subject->arena);
    if (json_parse(subject->parser, subject->body, &root) != 0 ||
        item_from_json(root, &subject->arena, &subject->item, NULL) != 0)
        abort();
}

static void do_write(struct subject *subject)
{
    struct json_writer writer = json_writer_of(&subject->out);

    buf_clear(&subject->out);
    item_to_json(&writer, subject->item);
}

static void do_size(struct subject *subject)
{
    if (item_size(subject->item) == 0)
        abort();
}

static void do_check(struct subject *subject)
{
    if (item_check(subject->item) != 0)
        abort();
}

static void do_find_last(struct subject *subject)
{
    struct value value;

    if (!item_find(subject->item, SLICE("pk"), &value))
        abort();
}

static void measure(struct subject *subject, const char *what, void (*run)(struct subject *subject))
{
    int64_t best = INT64_MAX;

    for (int round = 0; round < ROUNDS; round++) {
        int64_t start = now_ns(), elapsed;

        for (int i = 0; i < REPEATS; i++)
            run(subject);
        elapsed = now_ns() - start;
        if (elapsed < best)
            best = elapsed;
    }
    printf("  %-24s %8.1f ns\n", what, (double)best / REPEATS);
}

static void measure_all(const char *title, struct slice body)
{
    struct subject subject = {.parser = json_parser_new(), .body = body};

    arena_init(&subject.arena, 0);
    if (subject.parser == NULL)
        abort();
    do_parse_and_encode(&subject);
    printf("%s: %zu bytes of JSON, %zu encoded, item size %zu\n", title, body.len, subject.item.len,
           item_size(subject.item));
    measure(&subject, "json_parse", do_parse);
    measure(&subject, "json_parse + encode", do_parse_and_encode);
    measure(&subject, "item_to_json", do_write);
    measure(&subject, "item_size", do_size);
    measure(&subject, "item_check", do_check);
    measure(&subject, "item_find (pk)", do_find_last);
    json_parser_free(subject.parser);
    arena_release(&subject.arena);
    buf_release(&subject.out);
}

int main(void)
{
    char one_value[1200];
    int len = snprintf(one_value, sizeof(one_value),
                       "{\"pk\":{\"S\":\"k0\"},\"v\":{\"S\":\"%01024d\"}}", 7);

    measure_all("twenty attributes", slice_str(twenty_attributes));
    measure_all("one value of 1 KB", slice_of(one_value, (size_t)len));
    return 0;
}
