/*
 * fuzz_api_shapes.c - any JSON against the shape of any operation: types, constraints, their
 * messages.
 *
 * The first byte chooses the operation, the rest is the body. Also the texts that clients hand back
 * to us: ARNs, shard iterators, sequence numbers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "api/arn.h"
#include "api/operations.h"
#include "api/streams.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_shape(const struct operation *operation, struct json root, struct arena *arena)
{
    struct api_error error = {.arena = arena};
    struct input input;

    if (shape_read(operation->input, root, &input, &error) == 0)
        (void)shape_check_constraints(operation->plan, &input, &error);
    (void)shape_check_types(operation->input, root, &error);
}

static void check_texts(struct slice text)
{
    struct hosted_region *region = calloc(1, sizeof(*region));
    struct shard_iterator iterator;
    struct arn arn;
    uint64_t sequence;

    if (region == NULL)
        return;
    (void)arn_parse(text, &arn);
    (void)sequence_number_parse(text, &sequence);
    (void)shard_iterator_parse(region, text, &iterator);
    free(region);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct json_parser *parser;
    const struct operation *operation;
    struct arena arena;
    struct json root;

    if (size == 0)
        return 0;
    check_texts(slice_of(data, size));
    operation = operation_at(data[0] % OPERATIONS_COUNT);
    parser = json_parser_new();
    if (parser == NULL || operation->input == NULL)
        goto out;
    arena_init(&arena, 16 * 1024 * 1024);
    if (json_parse(parser, slice_of(data + 1, size - 1), &root) == 0)
        check_shape(operation, root, &arena);
    arena_release(&arena);
out:
    json_parser_free(parser);
    return 0;
}
