/*
 * json.h - reading JSON request bodies (simdjson behind a C shim) and writing JSON answers.
 *
 *     struct json root;
 *     rc = json_parse(parser, body, &root);               // validates UTF-8; depth <= 34+
 *     struct json name;
 *     if (json_member(root, SLICE("TableName"), &name) && json_type(name) == JSON_STRING) ...
 *
 * A `struct json` is a cursor into the parser's tape: cheap to copy, valid until the next
 * json_parse on that parser. Strings are borrowed from the parser, unescaped, and may hold NUL
 * bytes. One parser belongs to one thread at a time; drop it after bodies above
 * JSON_PARSER_KEEP_BYTES.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_JSON_H
#define TROPIC_VALUE_JSON_H

#include "base/bytes.h"
#include "base/status.h"

enum {
    JSON_PARSER_KEEP_BYTES = 1024 * 1024,
    /* DynamoDB nests 32 levels of values; each level is two of JSON, and requests wrap them. */
    JSON_DEPTH_MAX = 96,
};

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    const void *doc; /* private */
    size_t at;       /* private */
};

struct json_parser;
struct json_parser *json_parser_new(void); /* NULL: out of memory */
void json_parser_free(struct json_parser *parser);

/** 0; ST_REFUSED: not JSON (or not UTF-8, or too deep); ST_NOMEM. `body` may be changed or freed
 * after. */
int json_parse(struct json_parser *parser, struct slice body, struct json *ret_root);

enum json_type json_type(struct json json);
bool json_bool(struct json json);
/**
 * A boolean, or a string that AWS converts to one ("true", "1", "yes" and their opposites, in any
 * case): 1, 0; anything else: -1.
 */
int json_truth(struct json json);
struct slice json_string(struct json json);
/** The number as an integer: 1 when it was one within int64, 0 when truncated from a fraction or
 * clamped. */
int json_integer(struct json json, int64_t *ret_value);
/** True when the number was written with a fraction or exponent. */
bool json_is_fraction(struct json json);
double json_double(struct json json);

size_t json_count(struct json json); /* elements of an array, members of an object */
/** The last member of that name wins, as in AWS's parser. */
bool json_member(struct json object, struct slice name, struct json *ret_value);

struct json_iterator {
    const void *doc;
    size_t at, end;
    bool object;
};
struct json_iterator
json_iterate(struct json container); /* array or object; others iterate nothing */
/** False at the end. ret_name may be NULL; it is empty for arrays. */
bool json_next(struct json_iterator *iterator, struct slice *ret_name, struct json *ret_value);

/* ---- writing ---- */

/**
 * Appends to a buf; commas are placed by the writer. Failures are remembered by the buf.
 *     json_object_begin(w); json_key(w, "Item"); item_to_json(w, item); json_object_end(w);
 */
struct json_writer {
    struct buf *out;
    bool comma; /* a comma is due before the next element */
};
static inline struct json_writer json_writer_of(struct buf *out)
{
    return (struct json_writer){.out = out};
}
void json_object_begin(struct json_writer *writer);
void json_object_end(struct json_writer *writer);
void json_array_begin(struct json_writer *writer);
void json_array_end(struct json_writer *writer);
void json_key(struct json_writer *writer, const char *name); /* must need no escaping */
void json_key_slice(struct json_writer *writer, struct slice name);
void json_put_string(struct json_writer *writer, struct slice text);
void json_put_str(struct json_writer *writer, const char *text);
void json_put_int(struct json_writer *writer, int64_t value);
void json_put_uint(struct json_writer *writer, uint64_t value);
void json_put_bool(struct json_writer *writer, bool value);
void json_put_null(struct json_writer *writer);
void json_put_double(struct json_writer *writer,
                     double value); /* shortest form, "1.0" for whole ones */
void json_put_millis(struct json_writer *writer, int64_t ms); /* epoch seconds, 3 decimals */
void json_put_base64(struct json_writer *writer, struct slice bytes);
void json_put_raw(struct json_writer *writer, struct slice json);

#endif
