/*
 * value_to_json.c - the stored item format as DynamoDB JSON, and as text in messages.
 *
 * Sets come out in stored order (S and B by bytes, N by value), attributes and map members by name.
 * DynamoDB promises no order.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "value/json_write.h"
#include "value/number_priv.h"
#include "value/value.h"
#include "value/value_priv.h"

static void put_value(struct buf *out, const struct value *value);

static void put_number(struct buf *out, struct slice key)
{
    if (buf_reserve(out, NUMBER_TEXT_BYTES_MAX) < 0)
        return;
    out->len += number__key_print(key, (char *)out->ptr + out->len);
}

/* An S, N or B as it stands in JSON: all three are strings. */
static void put_scalar(struct buf *out, const struct value *value)
{
    if (value->type == VALUE_S) {
        json__put_quoted(out, value->payload);
        return;
    }
    JSON__PUT(out, "\"");
    if (value->type == VALUE_N)
        put_number(out, value->payload);
    else
        json__put_base64(out, value->payload);
    JSON__PUT(out, "\"");
}

static void put_elements(struct buf *out, const struct value *container)
{
    struct value_iterator iterator = value_iterate(container);
    struct value element;
    bool comma = false;

    while (value_next(&iterator, NULL, &element)) {
        if (comma)
            JSON__PUT(out, ",");
        comma = true;
        if (container->type == VALUE_L)
            put_value(out, &element);
        else
            put_scalar(out, &element);
    }
}

static void put_members(struct buf *out, struct value_iterator iterator)
{
    struct value value;
    struct slice name;
    bool comma = false;

    JSON__PUT(out, "{");
    while (value_next(&iterator, &name, &value)) {
        if (comma)
            JSON__PUT(out, ",");
        comma = true;
        json__put_quoted(out, name);
        JSON__PUT(out, ":");
        put_value(out, &value);
    }
    JSON__PUT(out, "}");
}

static void put_value(struct buf *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_S:
        JSON__PUT(out, "{\"S\":");
        put_scalar(out, value);
        JSON__PUT(out, "}");
        break;
    case VALUE_N:
        JSON__PUT(out, "{\"N\":");
        put_scalar(out, value);
        JSON__PUT(out, "}");
        break;
    case VALUE_B:
        JSON__PUT(out, "{\"B\":");
        put_scalar(out, value);
        JSON__PUT(out, "}");
        break;
    case VALUE_TRUE:
        JSON__PUT(out, "{\"BOOL\":true}");
        break;
    case VALUE_FALSE:
        JSON__PUT(out, "{\"BOOL\":false}");
        break;
    case VALUE_NULL:
        JSON__PUT(out, "{\"NULL\":true}");
        break;
    case VALUE_SS:
    case VALUE_NS:
    case VALUE_BS:
    case VALUE_L:
        JSON__PUT(out, "{\"");
        json__put(out, value_type_name(value->type), value->type == VALUE_L ? 1 : 2);
        JSON__PUT(out, "\":[");
        put_elements(out, value);
        JSON__PUT(out, "]}");
        break;
    case VALUE_M:
        JSON__PUT(out, "{\"M\":");
        put_members(out, value_iterate(value));
        JSON__PUT(out, "}");
        break;
    }
}

static void separate(struct json_writer *writer)
{
    if (writer->comma)
        JSON__PUT(writer->out, ",");
    writer->comma = true;
}

void value_to_json(struct json_writer *writer, const struct value *value)
{
    separate(writer);
    put_value(writer->out, value);
}

void item_to_json(struct json_writer *writer, struct slice item)
{
    separate(writer);
    put_members(writer->out, item_iterate(item));
}

/* ---- messages ---- */

static void print_scalar(struct buf *out, const struct value *value)
{
    switch (value->type) {
    case VALUE_S:
        buf_append_slice(out, value->payload);
        break;
    case VALUE_N:
        put_number(out, value->payload);
        break;
    default:
        json__put_base64(out, value->payload);
        break;
    }
}

static void print_container(struct buf *out, const struct value *container)
{
    struct value_iterator iterator = value_iterate(container);
    struct value element;
    struct slice name;
    bool comma = false;

    buf_append_str(out, container->type == VALUE_M ? "{" : "[");
    while (value_next(&iterator, &name, &element)) {
        if (comma)
            buf_append_str(out, ", ");
        comma = true;
        if (container->type == VALUE_M) {
            buf_append_slice(out, name);
            buf_append_str(out, "=");
        }
        if (value__is_set(container->type))
            print_scalar(out, &element);
        else
            value_print(out, &element);
    }
    buf_append_str(out, container->type == VALUE_M ? "}" : "]");
}

void value_print(struct buf *out, const struct value *value)
{
    buf_append_str(out, "{");
    buf_append_str(out, value_type_name(value->type));
    buf_append_str(out, ":");
    if (value__is_scalar(value->type))
        print_scalar(out, value);
    else if (value__is_flag(value->type))
        buf_append_str(out, value->type == VALUE_FALSE ? "false" : "true");
    else
        print_container(out, value);
    buf_append_str(out, "}");
}
