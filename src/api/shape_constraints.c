/*
 * shape_constraints.c - violated constraints of the model, all together in one message.
 *
 *   2 validation errors detected: Value null at 'key' failed to satisfy constraint: Member must not
 * be null; Value 'x' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy
 * enum value set: [...]
 *
 * The order among the members of an operation is its own (struct constraint_plan); inside a
 * structure it is the model's; one member's complaints come as pattern, shortest, longest. Nothing
 * is built until something is wrong. Source: dynamodb-wire.md section 4.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>

#include "api/shape.h"
#include "table/schema.h"

enum { RENDERED_BYTES_MAX = 16 * 1024 }; /* ours: a value quoted in a message is cut here */

/* The path to a value, from the inside out. */
struct path {
    const struct path *up;
    struct slice name; /* a member's or a map's key; empty: a list element */
    size_t index;      /* of a list element, from 1 */
    bool member;       /* a member: shown with a lower-case first letter */
};

struct violations {
    struct buf text;
    unsigned count, max;
};

static void append_path(struct buf *out, const struct path *path)
{
    if (path->up != NULL)
        append_path(out, path->up);
    if (path->member) {
        if (path->up != NULL)
            buf_append_str(out, ".");
        buf_append_u8(out, (uint8_t)(path->name.ptr[0] | 0x20));
        buf_append_slice(out, slice_skip(path->name, 1));
    } else if (path->index > 0) {
        buf_printf(out, ".%zu.member", path->index);
    } else {
        buf_append_str(out, ".");
        buf_append_slice(out, path->name);
        buf_append_str(out, ".member");
    }
}

/* As Java's toString() shows it. */
static void append_value(struct buf *out, const struct shape *shape, struct json value)
{
    struct json_iterator iterator;
    struct slice name;
    struct json element;
    bool first = true;

    if (out->len > RENDERED_BYTES_MAX)
        return;
    switch (json_type(value)) {
    case JSON_NULL:
        buf_append_str(out, "null");
        return;
    case JSON_BOOL:
        buf_append_str(out, json_bool(value) ? "true" : "false");
        return;
    case JSON_NUMBER: {
        int64_t number = 0;

        (void)json_integer(value, &number);
        buf_printf(out, "%lld", (long long)number);
        return;
    }
    case JSON_STRING:
        buf_append_slice(out, json_string(value));
        return;
    default:
        break;
    }
    /* Constraints are told before the types of what lies deeper are known to be right; a wrong one
     * then wins over this message. */
    if (json_type(value) == JSON_ARRAY ? shape->kind != SHAPE_LIST
                                       : shape->kind != SHAPE_MAP && shape->kind != SHAPE_STRUCTURE)
        return;
    if (shape->kind != SHAPE_STRUCTURE && shape->element == NULL) /* attribute values */
        return;
    if (shape->kind == SHAPE_STRUCTURE) {
        buf_append_str(out, shape->java);
        buf_append_str(out, "(");
        for (unsigned i = 0; i < shape->member_count; i++) {
            const struct shape_member *member = &shape->members[i];

            if (i > 0)
                buf_append_str(out, ", ");
            buf_append_u8(out, (uint8_t)(member->name[0] | 0x20));
            buf_append(out, member->name + 1, member->name_len - 1);
            buf_append_str(out, "=");
            if (json_member(value, slice_of(member->name, member->name_len), &element))
                append_value(out, member->shape, element);
            else
                buf_append_str(out, "null");
        }
        buf_append_str(out, ")");
        return;
    }
    buf_append_str(out, shape->kind == SHAPE_MAP ? "{" : "[");
    iterator = json_iterate(value);
    while (json_next(&iterator, &name, &element)) {
        if (!first)
            buf_append_str(out, ", ");
        first = false;
        if (shape->kind == SHAPE_MAP) {
            buf_append_slice(out, name);
            buf_append_str(out, "=");
        }
        append_value(out, shape->element, element);
    }
    buf_append_str(out, shape->kind == SHAPE_MAP ? "}" : "]");
}

static bool enough(const struct violations *violations)
{
    return violations->count >= violations->max;
}

/* value NULL: "Value null"; shown false: only "Value". */
static void violation_begin(struct violations *violations, const struct shape *shape,
                            const struct json *value, bool shown)
{
    struct buf *out = &violations->text;

    buf_append_str(out, violations->count++ > 0 ? "; Value" : "Value");
    if (!shown)
        return;
    if (value == NULL) {
        buf_append_str(out, " null");
        return;
    }
    buf_append_str(out, " '");
    append_value(out, shape, *value);
    buf_append_str(out, "'");
}

/* what: one of MUST_*, which may show the bound. */
static void violation_end(struct violations *violations, const char *what, int64_t bound)
{
    buf_append_str(&violations->text, "' failed to satisfy constraint: ");
    buf_printf(&violations->text, what, (long long)bound);
}

static void violate(struct violations *violations, const struct shape *shape,
                    const struct json *value, const struct path *path, const char *what,
                    int64_t bound)
{
    if (enough(violations))
        return;
    violation_begin(violations, shape, value, true);
    buf_append_str(&violations->text, " at '");
    append_path(&violations->text, path);
    violation_end(violations, what, bound);
}

#define MUST_LENGTH_MIN "Member must have length greater than or equal to %lld"
#define MUST_LENGTH_MAX "Member must have length less than or equal to %lld"
#define MUST_VALUE_MIN "Member must have value greater than or equal to %lld"
#define MUST_VALUE_MAX "Member must have value less than or equal to %lld"
#define MUST_PATTERN "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"

bool name_is_valid(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_' || c == '.' || c == '-'))
            return false;
    }
    return name.len > 0;
}

/* Lengths count characters. */
static int64_t utf8_length(struct slice text)
{
    int64_t count = 0;

    for (size_t i = 0; i < text.len; i++)
        count += (text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static void check_table_or_arn(struct violations *violations, const struct shape *shape,
                               struct json value, const struct path *path)
{
    struct slice text = json_string(value);
    int64_t length = utf8_length(text);

    if (length == 0) {
        violate(violations, shape, &value, path, MUST_LENGTH_MIN, 1);
        return;
    }
    if (slice_has_prefix(text, SLICE("arn:"))) {
        if (length > 1024)
            violate(violations, shape, &value, path, MUST_LENGTH_MAX, 1024);
        return;
    }
    if (!name_is_valid(text))
        violate(violations, shape, &value, path, MUST_PATTERN, 0);
    if (length < 3)
        violate(violations, shape, &value, path, MUST_LENGTH_MIN, 3);
    if (length > TABLE_NAME_BYTES_MAX)
        violate(violations, shape, &value, path, MUST_LENGTH_MAX, TABLE_NAME_BYTES_MAX);
}

static void check_enum(struct violations *violations, const struct shape *shape, struct json value,
                       const struct path *path)
{
    struct slice text = json_string(value);

    for (size_t i = 0; shape->values[i] != NULL; i++)
        if (slice_eq_str(text, shape->values[i]))
            return;
    if (enough(violations))
        return;
    violation_begin(violations, shape, &value, true);
    buf_append_str(&violations->text, " at '");
    append_path(&violations->text, path);
    buf_append_str(&violations->text,
                   "' failed to satisfy constraint: Member must satisfy enum value set: [");
    for (size_t i = 0; shape->values[i] != NULL; i++) {
        buf_append_str(&violations->text, i > 0 ? ", " : "");
        buf_append_str(&violations->text, shape->values[i]);
    }
    buf_append_str(&violations->text, "]");
}

static void check_bounds(struct violations *violations, const struct shape *shape,
                         struct json value, const struct path *path)
{
    bool number = shape->kind == SHAPE_INTEGER || shape->kind == SHAPE_LONG;
    int64_t measure = 0;

    if (number)
        (void)json_integer(value, &measure);
    else if (shape->kind == SHAPE_STRING)
        measure = utf8_length(json_string(value));
    else
        measure = (int64_t)json_count(value);
    if (shape->bounded_below && measure < shape->min)
        violate(violations, shape, &value, path, number ? MUST_VALUE_MIN : MUST_LENGTH_MIN,
                shape->min);
    if (shape->bounded_above && measure > shape->max)
        violate(violations, shape, &value, path, number ? MUST_VALUE_MAX : MUST_LENGTH_MAX,
                shape->max);
}

/* The forms that follow no rule. */
static void check_irregular(struct violations *violations, const struct shape *shape,
                            struct json value, const struct path *path)
{
    size_t count = 0;
    int64_t limit = 1;

    switch (shape->irregular) {
    case SHAPE_TABLE_OR_ARN:
        check_table_or_arn(violations, shape, value, path);
        return;
    case SHAPE_LIMIT_OF_QUERY:
        (void)json_integer(value, &limit);
        if (limit >= 1 || enough(violations))
            return;
        violation_begin(violations, shape, &value, false);
        buf_append_str(&violations->text, " at 'Limit");
        violation_end(violations, MUST_VALUE_MIN, 1);
        return;
    case SHAPE_KEYS_OF_BATCH:
        count = json_count(value);
        if ((count >= 1 && count <= 100) || enough(violations))
            return;
        violation_begin(violations, shape, &value, false);
        buf_append_str(&violations->text, count == 0 ? " at 'requestItems." : " at 'RequestItems.");
        buf_append_slice(&violations->text, path->up->name);
        buf_append_str(&violations->text, count == 0 ? ".member.keys" : ".member.Keys");
        violation_end(violations, count == 0 ? MUST_LENGTH_MIN : MUST_LENGTH_MAX,
                      count == 0 ? 1 : 100);
        return;
    case SHAPE_BATCH_OF_WRITES: {
        struct json_iterator iterator = json_iterate(value);
        struct json element;

        while (json_next(&iterator, NULL, &element)) {
            count = json_count(element);
            if (count >= 1 && count <= 25)
                continue;
            violate(violations, shape, &value, path,
                    "Map value must satisfy constraint: [Member must have length less than or "
                    "equal to 25, Member must have length greater than or equal to 1]",
                    0);
            return;
        }
        return;
    }
    case SHAPE_REGULAR:
        return;
    }
}

static void check_constraints(struct violations *violations, const struct shape *shape,
                              struct json value, const struct path *path);

static void check_contents(struct violations *violations, const struct shape *shape,
                           struct json value, const struct path *path)
{
    struct json_iterator iterator;
    struct slice name;
    struct json element;
    size_t index = 0;

    if (shape->kind == SHAPE_STRUCTURE) {
        for (unsigned i = 0; i < shape->member_count && !enough(violations); i++) {
            const struct shape_member *member = &shape->members[i];
            struct path inner = {
                .up = path, .name = slice_of(member->name, member->name_len), .member = true};

            if (json_member(value, inner.name, &element) && json_type(element) != JSON_NULL)
                check_constraints(violations, member->shape, element, &inner);
            else if (member->required)
                violate(violations, member->shape, NULL, &inner, "Member must not be null", 0);
        }
        return;
    }
    iterator = json_iterate(value);
    while (json_next(&iterator, &name, &element) && !enough(violations)) {
        struct path inner = {.up = path, .name = name};

        if (shape->kind == SHAPE_LIST)
            inner.index = ++index;
        if (json_type(element) != JSON_NULL)
            check_constraints(violations, shape->element, element, &inner);
    }
}

static void check_constraints(struct violations *violations, const struct shape *shape,
                              struct json value, const struct path *path)
{
    if (shape->irregular != SHAPE_REGULAR)
        check_irregular(violations, shape, value, path);
    if (shape->values != NULL)
        check_enum(violations, shape, value, path);
    if (shape->name_pattern && !name_is_valid(json_string(value)))
        violate(violations, shape, &value, path, MUST_PATTERN, 0);
    if (shape->bounded_below || shape->bounded_above)
        check_bounds(violations, shape, value, path);
    if (shape->kind >= SHAPE_LIST && !shape->opaque)
        check_contents(violations, shape, value, path);
}

/* Hands over what was found; the text moves into the arena. */
static int violations_end(struct violations *violations, struct api_error *reterr)
{
    int rc = 0;

    if (violations->count == 1)
        rc = api_refuse(reterr, API_VALIDATION, MESSAGE_ENVELOPE "%.*s",
                        SLICE_ARGS(buf_slice(&violations->text)));
    else if (violations->count > 1)
        rc = api_refuse(reterr, API_VALIDATION, "%u validation errors detected: %.*s",
                        violations->count, SLICE_ARGS(buf_slice(&violations->text)));
    if (buf_failed(&violations->text))
        rc = ST_NOMEM;
    buf_release(&violations->text);
    return rc;
}

static int check_control_table(const struct constraint_plan *plan, const struct input *input,
                               struct api_error *reterr)
{
    struct slice name = input_string(input, plan->control_member);

    if (name.ptr == NULL && plan->control == CONTROL_TABLE_OPTIONAL)
        return 0;
    if (name.ptr == NULL)
        return api_refuse(reterr, API_VALIDATION,
                          "The parameter 'TableName' is required but was not present in the "
                          "request");
    if (plan->control == CONTROL_TABLE_REQUIRED || slice_has_prefix(name, SLICE("arn:")))
        return 0;
    if (name.len < 3 || name.len > TABLE_NAME_BYTES_MAX)
        return api_refuse(reterr, API_VALIDATION,
                          "TableName must be at least 3 characters long and at most 255 "
                          "characters long");
    if (!name_is_valid(name))
        return api_refuse(reterr, API_VALIDATION,
                          MESSAGE_ENVELOPE "Value '%.*s' at 'tableName' failed to satisfy "
                                           "constraint: " MUST_PATTERN,
                          SLICE_ARGS(name));
    return 0;
}

int shape_check_constraints(const struct constraint_plan *plan, const struct input *input,
                            struct api_error *reterr)
{
    struct violations violations = {.max = VIOLATIONS_MAX};

    if (plan->control != CONTROL_TABLE_NONE) {
        int rc = check_control_table(plan, input, reterr);

        if (rc < 0)
            return rc;
    }
    if (plan->listed_max != 0)
        violations.max = plan->listed_max;
    for (unsigned i = 0; i < plan->count; i++) {
        unsigned number = plan->order[i];
        const struct shape_member *member = &input->shape->members[number];
        struct path path = {.name = slice_of(member->name, member->name_len), .member = true};

        assert(number < input->shape->member_count);
        if (input_has(input, number))
            check_constraints(&violations, member->shape, input->members[number], &path);
        else if (member->required)
            violate(&violations, member->shape, NULL, &path, "Member must not be null", 0);
        if (i < plan->alone && violations.count > 0)
            break;
    }
    return violations_end(&violations, reterr);
}
