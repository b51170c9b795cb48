/*
 * project.c - copying the parts of an item that a set of paths selects.
 *
 * The paths are sorted as an item's bytes are: names bytewise, indexes by number. So selecting is a
 * merge at every level: of the members of one map, or the elements of one list, with the run of
 * paths that lead below it. What several paths select below one element lands in one element, and
 * a list holds only the selected elements, in their order. A container of which nothing is selected
 * leaves no trace.
 *
 * Source: dynamodb-expressions.md §6.3.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "expr/expr_priv.h"

/** A run of sorted paths that agree in their first `depth` elements and all go deeper. */
struct run {
    const struct expr_path *const *paths;
    size_t count, depth;
};

static const struct expr_path_element *run_element(const struct run *run)
{
    return &run->paths[0]->elements[run->depth];
}

/** Cuts off the front paths that agree in the next element. `rest` loses them. */
static struct run run_take(struct run *rest)
{
    struct run front = {.paths = rest->paths, .count = 1, .depth = rest->depth + 1};

    while (front.count < rest->count &&
           expr__element_cmp(&rest->paths[front.count]->elements[rest->depth], run_element(rest)) ==
               0)
        front.count++;
    rest->paths += front.count;
    rest->count -= front.count;
    return front;
}

/** The paths end here: the whole value is selected. No path is another's prefix, so it is alone. */
static bool run_ends(const struct run *run)
{
    return run->paths[0]->count == run->depth;
}

/** Room for the whole answer is taken beforehand, so writing cannot fail. */
struct sink {
    uint8_t *bytes;
    size_t len, room;
};

static void sink_put(struct sink *sink, struct slice bytes)
{
    assert(bytes.len <= sink->room - sink->len);
    if (bytes.len > 0)
        memcpy(sink->bytes + sink->len, bytes.ptr, bytes.len);
    sink->len += bytes.len;
}

static void sink_put_name(struct sink *sink, struct slice name)
{
    uint8_t len[VARINT_BYTES_MAX];

    sink_put(sink, slice_of(len, varint_put(len, name.len)));
    sink_put(sink, name);
}

/** Inserts a head before what was written from `start` on. */
static void sink_insert(struct sink *sink, size_t start, struct slice head)
{
    assert(head.len <= sink->room - sink->len);
    memmove(sink->bytes + start + head.len, sink->bytes + start, sink->len - start);
    memcpy(sink->bytes + start, head.ptr, head.len);
    sink->len += head.len;
}

static bool project_value(struct sink *sink, const struct value *value, struct run run);

/** Members that runs of names select. Returns how many were written. */
static size_t project_members(struct sink *sink, struct value_iterator iterator, struct run rest)
{
    struct slice name;
    struct value value;
    size_t written = 0;

    while (rest.count > 0 && value_next(&iterator, &name, &value)) {
        size_t start = sink->len;
        int order;

        while (rest.count > 0 && (order = slice_cmp(run_element(&rest)->name, name)) < 0)
            run_take(&rest); /* the item has no such attribute */
        if (rest.count == 0 || order > 0)
            continue;
        sink_put_name(sink, name);
        if (project_value(sink, &value, run_take(&rest)))
            written++;
        else
            sink->len = start;
    }
    return written;
}

static size_t project_elements(struct sink *sink, struct value_iterator iterator, struct run rest)
{
    struct value value;
    size_t written = 0;

    for (size_t i = 0; rest.count > 0 && value_next(&iterator, NULL, &value); i++)
        if (run_element(&rest)->index == i)
            written += project_value(sink, &value, run_take(&rest));
    return written;
}

/** Writes what the run selects of a value; false when that is nothing, and then nothing is written.
 */
static bool project_value(struct sink *sink, const struct value *value, struct run run)
{
    uint8_t head[1 + 2 * VARINT_BYTES_MAX], count[VARINT_BYTES_MAX];
    size_t start = sink->len, written, count_len, head_len = 1;

    if (run_ends(&run)) {
        sink_put(sink, value->encoded);
        return true;
    }
    if (value->type != (run_element(&run)->is_index ? VALUE_L : VALUE_M))
        return false;
    written = value->type == VALUE_L ? project_elements(sink, value_iterate(value), run)
                                     : project_members(sink, value_iterate(value), run);
    if (written == 0)
        return false;
    count_len = varint_put(count, written);
    head[0] = (uint8_t)value->type;
    head_len += varint_put(head + head_len, count_len + (sink->len - start));
    memcpy(head + head_len, count, count_len);
    sink_insert(sink, start, slice_of(head, head_len + count_len));
    return true;
}

/** At most this much is selected: the attributes below which paths lead, whole. */
static size_t room_for(struct slice item, struct run rest)
{
    struct value_iterator iterator = item_iterate(item);
    size_t room = VARINT_BYTES_MAX;
    struct slice name;
    struct value value;

    while (rest.count > 0 && value_next(&iterator, &name, &value)) {
        while (rest.count > 0 && slice_cmp(run_element(&rest)->name, name) < 0)
            run_take(&rest);
        if (rest.count > 0 && slice_eq(run_element(&rest)->name, name))
            room += VARINT_BYTES_MAX + name.len + value.encoded.len;
    }
    return room;
}

int expr__project_paths(const struct expr_path *const *sorted, size_t count, struct slice item,
                        struct arena *arena, struct slice *ret_item)
{
    struct run run = {.paths = sorted, .count = count};
    struct sink sink = {.room = room_for(item, run)};
    uint8_t head[VARINT_BYTES_MAX];
    size_t written;

    sink.bytes = arena_alloc(arena, sink.room);
    if (sink.bytes == NULL)
        return ST_NOMEM;
    written = project_members(&sink, item_iterate(item), run);
    sink_insert(&sink, 0, slice_of(head, varint_put(head, written)));
    *ret_item = slice_of(sink.bytes, sink.len);
    return 0;
}

int expr_project(const struct expr_projection *projection, struct slice item, struct arena *arena,
                 struct slice *ret_item)
{
    return expr__project_paths(projection->sorted, projection->count, item, arena, ret_item);
}
