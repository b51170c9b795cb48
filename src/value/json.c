/*
 * json.c - cursors over a parsed document. See json.h for the rules, json_tape.h for the layout.
 *
 * Requests are read by cursors rather than by a generic tree because most of a request is looked at
 * once: `json_member` is a scan over the members, and a request has few of them.
 *
 * Questions that do not fit the value (the string of a number) answer with an empty or zero value:
 * the document is foreign, so asking is never a programmer's error.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "value/json.h"

#include <stdlib.h>
#include <strings.h>

#include "value/json_simdjson.h"
#include "value/json_tape.h"

struct json_parser {
    struct json_tape tape;
    struct json_simdjson *simdjson;
};

struct json_parser *json_parser_new(void)
{
    struct json_parser *parser = calloc(1, sizeof(*parser));

    if (parser == NULL)
        return NULL;
    parser->simdjson = json__simdjson_new(JSON_DEPTH_MAX);
    if (parser->simdjson == NULL) {
        free(parser);
        return NULL;
    }
    return parser;
}

void json_parser_free(struct json_parser *parser)
{
    if (parser == NULL)
        return;
    json__simdjson_free(parser->simdjson);
    free(parser);
}

int json_parse(struct json_parser *parser, struct slice body, struct json *ret_root)
{
    int rc = json__simdjson_parse(parser->simdjson, body.ptr, body.len, &parser->tape.words,
                                  &parser->tape.strings);

    if (rc < 0)
        return rc;
    *ret_root = (struct json){.doc = &parser->tape, .at = 1};
    return 0;
}

enum json_type json_type(struct json json)
{
    switch (tape_kind(tape_of(json.doc), json.at)) {
    case '{':
        return JSON_OBJECT;
    case '[':
        return JSON_ARRAY;
    case '"':
        return JSON_STRING;
    case 'l':
    case 'u':
    case 'd':
        return JSON_NUMBER;
    case 't':
    case 'f':
        return JSON_BOOL;
    default:
        return JSON_NULL;
    }
}

bool json_bool(struct json json)
{
    return tape_kind(tape_of(json.doc), json.at) == 't';
}

int json_truth(struct json json)
{
    static const char *const words[2][3] = {{"false", "0", "no"}, {"true", "1", "yes"}};
    struct slice text;

    if (json_type(json) == JSON_BOOL)
        return json_bool(json);
    if (json_type(json) != JSON_STRING)
        return -1;
    text = json_string(json);
    for (int truth = 0; truth < 2; truth++)
        for (int i = 0; i < 3; i++)
            if (text.len == strlen(words[truth][i]) &&
                strncasecmp((const char *)text.ptr, words[truth][i], text.len) == 0)
                return truth;
    return -1;
}

struct slice json_string(struct json json)
{
    const struct json_tape *tape = tape_of(json.doc);

    return tape_kind(tape, json.at) == '"' ? tape_string(tape, json.at) : SLICE_EMPTY;
}

static double double_at(const struct json_tape *tape, size_t at)
{
    double value;

    memcpy(&value, &tape->words[at], sizeof(value));
    return value;
}

int json_integer(struct json json, int64_t *ret_value)
{
    const struct json_tape *tape = tape_of(json.doc);
    double fraction;

    switch (tape_kind(tape, json.at)) {
    case 'l':
        *ret_value = (int64_t)tape->words[json.at + 1];
        return 1;
    case 'u':
        *ret_value = INT64_MAX; /* simdjson uses this kind only above INT64_MAX */
        return 0;
    case 'd':
        fraction = double_at(tape, json.at + 1);
        if (fraction >= 0x1p63)
            *ret_value = INT64_MAX;
        else if (fraction < -0x1p63)
            *ret_value = INT64_MIN;
        else
            *ret_value = (int64_t)fraction;
        return 0;
    default:
        *ret_value = 0;
        return 0;
    }
}

bool json_is_fraction(struct json json)
{
    return tape_kind(tape_of(json.doc), json.at) == 'd';
}

double json_double(struct json json)
{
    const struct json_tape *tape = tape_of(json.doc);

    switch (tape_kind(tape, json.at)) {
    case 'l':
        return (double)(int64_t)tape->words[json.at + 1];
    case 'u':
        return (double)tape->words[json.at + 1];
    case 'd':
        return double_at(tape, json.at + 1);
    default:
        return 0;
    }
}

size_t json_count(struct json json)
{
    const struct json_tape *tape = tape_of(json.doc);
    struct json_iterator iterator;
    struct json ignored;
    size_t count;

    if (tape_kind(tape, json.at) != '{' && tape_kind(tape, json.at) != '[')
        return 0;
    count = tape_payload(tape, json.at) >> 32;
    if (count < TAPE_COUNT_SATURATED)
        return count;
    iterator = json_iterate(json);
    for (count = 0; json_next(&iterator, NULL, &ignored);)
        count++;
    return count;
}

bool json_member(struct json object, struct slice name, struct json *ret_value)
{
    const struct json_tape *tape = tape_of(object.doc);
    bool found = false;
    size_t at, end;

    if (tape_kind(tape, object.at) != '{')
        return false;
    end = tape_end(tape, object.at) - 1;
    for (at = object.at + 1; at < end; at = tape_after(tape, at + 1)) {
        if (slice_eq(tape_string(tape, at), name)) {
            *ret_value = (struct json){.doc = tape, .at = at + 1};
            found = true; /* and go on: the last one wins */
        }
    }
    return found;
}

struct json_iterator json_iterate(struct json container)
{
    const struct json_tape *tape = tape_of(container.doc);
    uint8_t kind = tape_kind(tape, container.at);

    if (kind != '{' && kind != '[')
        return (struct json_iterator){.doc = tape};
    return (struct json_iterator){
        .doc = tape,
        .at = container.at + 1,
        .end = tape_end(tape, container.at) - 1,
        .object = kind == '{',
    };
}

bool json_next(struct json_iterator *iterator, struct slice *ret_name, struct json *ret_value)
{
    const struct json_tape *tape = tape_of(iterator->doc);

    if (iterator->at >= iterator->end)
        return false;
    if (ret_name != NULL)
        *ret_name = iterator->object ? tape_string(tape, iterator->at) : SLICE_EMPTY;
    if (iterator->object)
        iterator->at++;
    *ret_value = (struct json){.doc = tape, .at = iterator->at};
    iterator->at = tape_after(tape, iterator->at);
    return true;
}
