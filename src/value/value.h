/*
 * value.h - attribute values and items in the stored item format.
 *
 * A request's DynamoDB JSON is parsed once, straight into this format; conditions, updates,
 * projections, sizes, hashes and the answer's JSON all work on it. It is canonical: attributes and
 * map members are sorted by name, set elements sorted (S, B bytewise, N numerically), numbers in
 * number_key_encode form. Two items are equal exactly when their bytes are.
 *
 *   item   := count varint, then per attribute: name (sized), value        sorted by name
 *   value  := type byte (enum value_type), payload
 *     S, B          sized bytes
 *     N             sized number_key_encode bytes
 *     TRUE FALSE NULL   nothing
 *     SS NS BS      sized( count varint, then sized elements )
 *     L             sized( count varint, then values )
 *     M             sized( count varint, then name (sized), value )
 *
 * Everything here works on untrusted bytes only after item_check() (stored records are checksummed
 * and were checked when written; frames from peers are checked by their receiver).
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_VALUE_VALUE_H
#define TROPIC_VALUE_VALUE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/status.h"
#include "value/json.h"
#include "value/number.h"

/* Stored: never renumber. */
enum value_type {
    VALUE_S = 1,
    VALUE_N = 2,
    VALUE_B = 3,
    VALUE_TRUE = 4,
    VALUE_FALSE = 5,
    VALUE_NULL = 6,
    VALUE_SS = 7,
    VALUE_NS = 8,
    VALUE_BS = 9,
    VALUE_L = 10,
    VALUE_M = 11,
};

enum {
    ITEM_SIZE_BYTES_MAX = 400 * 1024, /* names plus values. Source: Developer Guide, item size */
    VALUE_DEPTH_MAX = 32,             /* Source: Developer Guide, nesting levels */
    ATTRIBUTE_NAME_BYTES_MAX = 65535,
    PARTITION_KEY_BYTES_MAX = 2048,
    SORT_KEY_BYTES_MAX = 1024,
};

/** A view of one encoded value; borrows the item's bytes. */
struct value {
    enum value_type type;
    struct slice payload; /* S, B: the bytes; N: key-encoded number; SS..M: count and elements */
    struct slice encoded; /* the whole value, type byte included */
};

/** "S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M". */
const char *value_type_name(enum value_type type);

/** Decodes one value at the reader. False (reader failed) when the bytes are not one. */
bool value_read(struct reader *reader, struct value *ret_value);
struct value value_of(struct slice encoded);           /* encoded must be one whole valid value */
struct number value_number(const struct value *value); /* type N */
bool value_eq(const struct value *a, const struct value *b); /* type and payload equal; BOOLs too */
/** Order of two S, N or B of the same type. */
int value_cmp(const struct value *a, const struct value *b);
size_t value_count(const struct value *value); /* elements of a set, list or map */
/** DynamoDB's size of the value, names inside included. */
size_t value_size(const struct value *value);

/**
 * Elements of a set, list or map (with names). A set's elements come as S, N or B values whose
 * `encoded` is empty, for inside a set they have no type byte; value_from_key_bytes() makes one.
 */
struct value_iterator {
    struct reader reader;
    size_t left;
    enum value_type container;
};
struct value_iterator value_iterate(const struct value *container);
bool value_next(struct value_iterator *iterator, struct slice *ret_name, struct value *ret_value);

/* ---- items ---- */

struct value_iterator item_iterate(struct slice item);
size_t item_count(struct slice item);
bool item_find(struct slice item, struct slice name, struct value *ret_value);
size_t item_size(struct slice item); /* DynamoDB's item size */
/** Structure, order, canonical numbers, depth. For bytes from a peer or a fuzzer. 0 or ST_CORRUPT.
 */
int item_check(struct slice item);
extern const struct slice ITEM_EMPTY; /* no attributes */

/** Members in any order; item_build sorts. Duplicates: the last added wins. Lives in an arena. */
struct item_builder {
    struct arena *arena;
    struct item_part *parts;
    size_t count, cap;
    bool failed;
};
void item_builder_init(struct item_builder *builder, struct arena *arena);
void item_builder_add(struct item_builder *builder, struct slice name, struct slice encoded_value);
int item_build(struct item_builder *builder, struct slice *ret_item); /* 0 or ST_NOMEM */

/* ---- DynamoDB JSON ---- */

/**
 * What is wrong with a value and how the answer must be worded (dynamodb-wire.md §3, §4.1;
 * dynamodb-values-capacity.md §1). `envelope`: the message is of the family that PutItem and
 * UpdateItem prefix with "1 validation error detected: ". `serialization`: a
 * SerializationException.
 */
struct value_refusal {
    struct refusal refusal;
    bool envelope;
    bool serialization;
};

/** {"S": "..."} -> encoded value in the arena. 0, ST_REFUSED, ST_NOMEM. */
int value_from_json(struct json json, struct arena *arena, struct slice *ret_encoded,
                    struct value_refusal *reterr);
/** {"pk": {"S": "..."}, ...} -> item in the arena. */
int item_from_json(struct json json, struct arena *arena, struct slice *ret_item,
                   struct value_refusal *reterr);
void value_to_json(struct json_writer *writer, const struct value *value); /* {"S": "..."} */
void item_to_json(struct json_writer *writer, struct slice item);          /* {"pk": {...}, ...} */
/** Java-like rendering in messages: {S:abc} as in "AttributeValue: {N:1}". Scalars exact. */
void value_print(struct buf *out, const struct value *value);

/* ---- keys ---- */

/** Key bytes of an S, N or B value: raw bytes, or the order-preserving number encoding. */
struct slice value_key_bytes(const struct value *value);
/** The value again, in the arena, from key bytes of the given type (VALUE_S, VALUE_N or VALUE_B).
 */
int value_from_key_bytes(enum value_type type, struct slice key, struct arena *arena,
                         struct slice *ret_encoded);

/* ---- trees: for updates, which change values in place ---- */

/** A decoded value in an arena. Maps keep members unsorted until encoded. */
struct tree {
    enum value_type type;
    struct slice scalar; /* S, B bytes; N key bytes; for sets unused */
    struct slice
        encoded; /* not NULL: an untouched value still in encoded form (children not decoded) */
    struct tree_member *members; /* M (with names), L, SS, NS, BS */
    size_t count, cap;
};
struct tree_member {
    struct slice name;
    struct tree *value; /* NULL: removed */
};
struct tree *tree_from_item(struct arena *arena, struct slice item); /* a map; NULL: no memory */
struct tree *tree_from_value(struct arena *arena, struct slice encoded); /* lazily decoded */
/** Decodes one level so that `members` may be read and changed. 0 or ST_NOMEM. */
int tree_open(struct arena *arena, struct tree *tree);
struct tree *tree_find(struct tree *map, struct slice name);
int tree_set(struct arena *arena, struct tree *map, struct slice name, struct tree *value);
int tree_append(struct arena *arena, struct tree *list, struct tree *value);
int tree_to_item(struct arena *arena, struct tree *map, struct slice *ret_item);
int tree_to_value(struct arena *arena, struct tree *tree, struct slice *ret_encoded);
size_t tree_depth(const struct tree *tree);

#endif
