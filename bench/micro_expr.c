/*
 * micro_expr.c - nanoseconds that expressions of usual length cost a request: compiled from their
 * text and bound, and bound alone, as when the text was found in the cache of texts.
 *
 *     meson test -C build --benchmark expr --verbose
 *
 * Each figure is the fastest of ten rounds, so that a busy machine disturbs it least.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "expr/expr.h"

enum { ROUNDS = 10, REPEATS = 20000 };

struct subject {
    enum expr_kind kind;
    struct slice text;
    struct expr_bindings bindings;
    const struct expr_text *compiled;
    struct arena arena;
};

static int64_t now_ns(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static void bind(struct subject *subject, const struct expr_text *text)
{
    struct expr_projection *projection;
    struct expr_condition *condition;
    struct expr_update *update;
    int rc;

    if (subject->kind == EXPR_UPDATE)
        rc = expr_update_bind(text, &subject->arena, &subject->bindings, &update, NULL);
    else if (subject->kind == EXPR_PROJECTION)
        rc = expr_projection_bind(text, &subject->arena, &subject->bindings, &projection, NULL);
    else
        rc = expr_condition_bind(text, &subject->arena, &subject->bindings, &condition, NULL);
    if (rc < 0)
        abort();
}

static void do_compile_and_bind(struct subject *subject)
{
    const struct expr_text *text;

    arena_reset(&subject->arena);
    if (expr_compile(&subject->arena, subject->kind, subject->text, &text, NULL) < 0)
        abort();
    bind(subject, text);
}

static void do_bind(struct subject *subject)
{
    arena_reset(&subject->arena);
    bind(subject, subject->compiled);
}

static double measure(struct subject *subject, void (*run)(struct subject *subject))
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
    return (double)best / REPEATS;
}

int main(void)
{
    static const char names_json[] = "{\"#s\":\"status\",\"#c\":\"count\",\"#m\":\"map\"}";
    static const char values_json[] = "{\":v\":{\"S\":\"text\"},\":one\":{\"N\":\"1\"},"
                                      "\":l\":{\"L\":[{\"N\":\"1\"}]}}";
    static const struct {
        enum expr_kind kind;
        const char *text;
    } texts[] = {
        {EXPR_CONDITION, "attribute_not_exists(pk)"},
        {EXPR_CONDITION, "#s = :v AND #c < :one"},
        {EXPR_KEY_CONDITION, "pk = :v AND begins_with(sk, :v)"},
        {EXPR_UPDATE, "SET a = :v, b = b + :one"},
        {EXPR_UPDATE, "SET #s = :v, #c = if_not_exists(#c, :one) + :one, #m.history = "
                      "list_append(#m.history, :l) REMOVE obsolete"},
        {EXPR_PROJECTION, "pk, sk, #s, #c, #m.history[0]"},
    };
    struct json_parser *names_parser = json_parser_new(), *values_parser = json_parser_new();
    struct json names, values;
    struct arena kept;

    arena_init(&kept, 0);
    if (names_parser == NULL || values_parser == NULL ||
        json_parse(names_parser, slice_str(names_json), &names) < 0 ||
        json_parse(values_parser, slice_str(values_json), &values) < 0)
        abort();
    printf("  compile + bind, bind alone\n");
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct subject subject = {.kind = texts[i].kind, .text = slice_str(texts[i].text)};

        arena_init(&subject.arena, 0);
        if (expr_bindings_read(&kept, &names, &values, &subject.bindings, NULL) < 0 ||
            expr_compile(&kept, subject.kind, subject.text, &subject.compiled, NULL) < 0)
            abort();
        printf("  %8.1f ns %8.1f ns  %s\n", measure(&subject, do_compile_and_bind),
               measure(&subject, do_bind), texts[i].text);
        arena_release(&subject.arena);
    }
    arena_release(&kept);
    json_parser_free(names_parser);
    json_parser_free(values_parser);
    return 0;
}
