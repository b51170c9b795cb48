/*
 * shape.h - what the members of a request look like, and the two families of errors that follow
 * from it.
 *
 * Each operation declares its input as a `struct shape` (shapes.c). From that one declaration come
 *   - SerializationException: JSON of the wrong type (dynamodb-wire.md section 3), the first one
 * only;
 *   - "N validation errors detected: ...": violated constraints, together, in the operation's order
 *     (dynamodb-wire.md section 4), at most VIOLATIONS_MAX of them.
 *
 *     struct input input;
 *     rc = shape_read(&shape_get_item_input, root, &input, reterr);
 *     rc = shape_check_constraints(&get_item_plan, &input, reterr);
 *     name = input_string(&input, GET_ITEM_TABLE_NAME);
 *
 * Attribute values are `opaque`: shape_read() does not walk them, because the operation parses them
 * anyway, and finds there what is wrong. When a request is refused for whatever reason,
 * shape_check_types() walks everything, since serialization errors win over all others.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_SHAPE_H
#define TROPIC_API_SHAPE_H

#include "api/errors.h"
#include "value/json.h"

enum shape_kind {
    SHAPE_STRING,
    SHAPE_BOOLEAN,
    SHAPE_INTEGER,
    SHAPE_LONG,
    SHAPE_BLOB,
    SHAPE_LIST,
    SHAPE_MAP,
    SHAPE_STRUCTURE,
};

struct shape;

struct shape_member {
    const char *name;
    size_t name_len;
    const struct shape *shape;
    bool required;
};

/** How a violated constraint of the shape is told, where DynamoDB is irregular (wire section 4). */
enum shape_irregular {
    SHAPE_REGULAR,
    SHAPE_TABLE_OR_ARN, /* a name of 3..255, or an ARN, or (alone) the complaint about an empty one
                         */
    SHAPE_LIMIT_OF_QUERY, /* Value at 'Limit' ... */
    SHAPE_KEYS_OF_BATCH, /* Value at 'requestItems.<T>.member.keys' / 'RequestItems.<T>.member.Keys'
                          */
    SHAPE_BATCH_OF_WRITES /* the map complains about the lengths of its values */
};

struct shape {
    enum shape_kind kind;
    const char *java;                   /* class of a structure; of a value in messages */
    const struct shape_member *members; /* structure */
    uint8_t member_count;
    const struct shape *element; /* list, map */
    const char *const
        *values;       /* enum: in the order in which DynamoDB prints the set; ends with NULL */
    bool name_pattern; /* [a-zA-Z0-9_.-]+ */
    bool opaque;       /* holds attribute values: see above */
    bool bounded_below, bounded_above;
    int64_t min, max; /* of the length, or of the value of a number */
    enum shape_irregular irregular;
};

enum { INPUT_MEMBERS_MAX = 24, VIOLATIONS_MAX = 10 };

/** The members of one structure that are present (not null). */
struct input {
    const struct shape *shape;
    uint32_t present;
    struct json members[INPUT_MEMBERS_MAX];
};

/**
 * Which constraints are checked in which order: member numbers. The first `alone` members are
 * reported by themselves, each before anything else; of the rest at most `listed_max` violations.
 */
struct constraint_plan {
    const uint8_t *order;
    uint8_t count;
    uint8_t alone;
    uint8_t listed_max; /* 0: VIOLATIONS_MAX */
    /* The control plane has words of its own for its TableName, and says them before all else. */
    enum control_table {
        CONTROL_TABLE_NONE,
        CONTROL_TABLE_REQUIRED,
        CONTROL_TABLE_NAMED,
        CONTROL_TABLE_OPTIONAL, /* as NAMED when it is there */
    } control;
    uint8_t control_member;
};

/** Finds the members, checks the types of all but opaque ones. ST_REFUSED: SerializationException.
 */
int shape_read(const struct shape *shape, struct json object, struct input *ret_input,
               struct api_error *reterr);
/** Checks the types of everything, attribute values included. */
int shape_check_types(const struct shape *shape, struct json value, struct api_error *reterr);
int shape_check_constraints(const struct constraint_plan *plan, const struct input *input,
                            struct api_error *reterr);

/** Names are [a-zA-Z0-9_.-]+; the empty one is not one. */
bool name_is_valid(struct slice name);

static inline bool input_has(const struct input *input, unsigned member)
{
    return (input->present >> member & 1) != 0;
}
/** Absent: an empty slice with ptr NULL. */
static inline struct slice input_string(const struct input *input, unsigned member)
{
    return input_has(input, member) ? json_string(input->members[member]) : SLICE_EMPTY;
}
bool input_bool(const struct input *input, unsigned member, bool absent);
int64_t input_integer(const struct input *input, unsigned member, int64_t absent);
/** The cursor of a present member. */
static inline struct json input_json(const struct input *input, unsigned member)
{
    return input->members[member];
}

#endif
