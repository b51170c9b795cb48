/*
 * shape.c - JSON of the wrong type: the first mistake, in DynamoDB's words.
 *
 * Members of nested structures are examined before plain scalars of the outer structure, each group
 * in the model's order. The answer to the happy request is found without building any text: a value
 * is first compared with its shape, and only a mismatch is put into words. Source: dynamodb-wire.md
 * section 3. Constraints are in shape_constraints.c.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/shape.h"

#include <assert.h>

#include "value/value.h"

/* Where a value stands decides some of the words. */
enum position { POSITION_MEMBER, POSITION_ELEMENT };

/* A generic type cannot be made from a scalar: the words of the JVM under the real service. */
#define PARAMETERIZED                                                                              \
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "  \
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and "           \
    "java.lang.Class are in module java.base of loader 'bootstrap')"

static const char *java_scalar(enum shape_kind kind)
{
    switch (kind) {
    case SHAPE_BOOLEAN:
        return "Boolean";
    case SHAPE_INTEGER:
        return "Integer";
    case SHAPE_LONG:
        return "Long";
    default:
        return "String";
    }
}

static const char *token_name(struct json value)
{
    switch (json_type(value)) {
    case JSON_NUMBER:
        return json_is_fraction(value) ? "DECIMAL_VALUE" : "NUMBER_VALUE";
    case JSON_BOOL:
        return json_bool(value) ? "TRUE_VALUE" : "FALSE_VALUE";
    default:
        return "STRING_VALUE";
    }
}

static int serialization(struct api_error *reterr, const char *message)
{
    return api_refuse_slice(reterr, API_SERIALIZATION, slice_str(message));
}

static int check_scalar(const struct shape *shape, struct json value, struct api_error *reterr)
{
    enum json_type found = json_type(value);

    switch (shape->kind) {
    case SHAPE_STRING:
        if (found == JSON_STRING)
            return 0;
        break;
    case SHAPE_BOOLEAN:
        if (found == JSON_BOOL)
            return 0;
        if (found == JSON_STRING) {
            if (json_truth(value) >= 0)
                return 0;
            return serialization(reterr, "Unexpected token received from parser");
        }
        break;
    default: /* numbers: a fraction is truncated where an integer is expected */
        if (found == JSON_NUMBER)
            return 0;
        break;
    }
    if (found == JSON_ARRAY)
        return api_refuse(reterr, API_SERIALIZATION,
                          "Unrecognized collection type class java.lang.%s",
                          java_scalar(shape->kind));
    if (found == JSON_OBJECT)
        return serialization(reterr, "Start of structure or map found where not expected");
    return api_refuse(reterr, API_SERIALIZATION, "%s cannot be converted to %s", token_name(value),
                      java_scalar(shape->kind));
}

static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool base64_is_valid(struct slice text)
{
    size_t padding = 0;

    if (text.len == 0)
        return true;
    while (padding < 2 && text.ptr[text.len - 1 - padding] == '=')
        padding++;
    for (size_t i = 0; i < text.len - padding; i++)
        if (base64_digit(text.ptr[i]) < 0)
            return false;
    if (padding == 0)
        return true;
    /* The bits of the last digit that no byte uses must be zero. */
    return (base64_digit(text.ptr[text.len - padding - 1]) & (padding == 1 ? 3 : 15)) == 0;
}

static int check_blob(struct json value, struct api_error *reterr)
{
    struct slice text;

    switch (json_type(value)) {
    case JSON_ARRAY:
        return serialization(reterr, "Unrecognized collection type class java.nio.ByteBuffer");
    case JSON_OBJECT:
        return serialization(reterr, "Start of structure or map found where not expected");
    case JSON_STRING:
        break;
    default:
        return serialization(reterr, "only base-64-encoded strings are convertible to bytes");
    }
    text = json_string(value);
    if (text.len % 4 != 0)
        return api_refuse(reterr, API_SERIALIZATION,
                          "Base64 encoded length is expected a multiple of 4 bytes but found: %zu",
                          text.len);
    if (!base64_is_valid(text))
        return serialization(reterr, "Invalid last non-pad Base64 character dectected");
    return 0;
}

static int check_container(const struct shape *shape, struct json value, enum position position,
                           struct api_error *reterr)
{
    enum json_type found = json_type(value);

    if (found == JSON_OBJECT) {
        if (shape->kind != SHAPE_LIST)
            return 0;
        return serialization(reterr, "Start of structure or map found where not expected");
    }
    if (found == JSON_ARRAY) {
        if (shape->kind == SHAPE_LIST)
            return 0;
        if (shape->kind == SHAPE_STRUCTURE)
            return api_refuse(reterr, API_SERIALIZATION,
                              "Unrecognized collection type class "
                              "com.amazonaws.dynamodb.v20120810.%s",
                              shape->java);
        if (shape->element->kind == SHAPE_STRING)
            return serialization(reterr, "Unrecognized collection type java.util.Map<"
                                         "java.lang.String, java.lang.String>");
        return api_refuse(reterr, API_SERIALIZATION,
                          "Unrecognized collection type java.util.Map<java.lang.String, "
                          "com.amazonaws.dynamodb.v20120810.%s>",
                          shape->element->java ? shape->element->java : "AttributeValue");
    }
    if (position == POSITION_MEMBER)
        return serialization(reterr, "Unexpected field type");
    if (shape->kind == SHAPE_STRUCTURE)
        return serialization(reterr, "Unexpected value type in payload");
    return serialization(reterr, PARAMETERIZED);
}

static bool is_container(const struct shape *shape)
{
    return shape->kind >= SHAPE_LIST;
}

/* The value itself, not what it contains. JSON null counts as absent. */
static int check_value(const struct shape *shape, struct json value, enum position position,
                       struct api_error *reterr)
{
    if (json_type(value) == JSON_NULL)
        return 0;
    if (is_container(shape))
        return check_container(shape, value, position, reterr);
    if (shape->kind == SHAPE_BLOB)
        return check_blob(value, reterr);
    return check_scalar(shape, value, reterr);
}

static int check_contents(const struct shape *shape, struct json value, bool opaque_too,
                          struct api_error *reterr);

static int check_all(const struct shape *shape, struct json value, enum position position,
                     bool opaque_too, struct api_error *reterr)
{
    int rc = check_value(shape, value, position, reterr);

    if (rc < 0 || json_type(value) == JSON_NULL || !is_container(shape))
        return rc;
    return check_contents(shape, value, opaque_too, reterr);
}

static int check_members(const struct shape *shape, struct json object, bool containers,
                         bool opaque_too, struct api_error *reterr)
{
    for (unsigned i = 0; i < shape->member_count; i++) {
        const struct shape_member *member = &shape->members[i];
        struct json value;
        int rc;

        if (is_container(member->shape) != containers ||
            !json_member(object, slice_of(member->name, member->name_len), &value))
            continue;
        rc = check_all(member->shape, value, POSITION_MEMBER, opaque_too, reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int check_contents(const struct shape *shape, struct json value, bool opaque_too,
                          struct api_error *reterr)
{
    struct json_iterator iterator;
    struct json element;
    int rc;

    if (shape->opaque && !opaque_too)
        return 0;
    if (shape->kind == SHAPE_STRUCTURE) {
        rc = check_members(shape, value, true, opaque_too, reterr);
        return rc < 0 ? rc : check_members(shape, value, false, opaque_too, reterr);
    }
    iterator = json_iterate(value);
    while (json_next(&iterator, NULL, &element)) {
        rc = check_all(shape->element, element, POSITION_ELEMENT, opaque_too, reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int shape_check_types(const struct shape *shape, struct json value, struct api_error *reterr)
{
    if (json_type(value) == JSON_NULL) /* the whole body */
        return serialization(reterr, "Unexpected value type in payload");
    return check_all(shape, value, POSITION_ELEMENT, true, reterr);
}

static const struct shape_member *find_member(const struct shape *shape, struct slice name)
{
    for (unsigned i = 0; i < shape->member_count; i++)
        if (shape->members[i].name_len == name.len &&
            memcmp(shape->members[i].name, name.ptr, name.len) == 0)
            return &shape->members[i];
    return NULL;
}

int shape_read(const struct shape *shape, struct json object, struct input *ret_input,
               struct api_error *reterr)
{
    struct json_iterator iterator;
    struct slice name;
    struct json value;

    static_assert(INPUT_MEMBERS_MAX <= 32, "present is a mask of 32 bits");
    assert(shape->kind == SHAPE_STRUCTURE && shape->member_count <= INPUT_MEMBERS_MAX);
    ret_input->shape = shape;
    ret_input->present = 0;
    if (json_type(object) != JSON_OBJECT)
        return shape_check_types(shape, object, reterr);
    iterator = json_iterate(object);
    while (json_next(&iterator, &name, &value)) {
        const struct shape_member *member = find_member(shape, name);
        unsigned number;

        if (member == NULL)
            continue; /* unknown members are ignored, as by the service */
        number = (unsigned)(member - shape->members);
        if (json_type(value) == JSON_NULL) {
            ret_input->present &= ~BIT(number);
            continue;
        }
        /* Which mistake is told first depends on the shape, not on the order of the text. */
        if (check_all(member->shape, value, POSITION_MEMBER, false, reterr) < 0)
            return shape_check_types(shape, object, reterr);
        ret_input->present |= BIT(number);
        ret_input->members[number] = value;
    }
    return 0;
}

bool input_bool(const struct input *input, unsigned member, bool absent)
{
    return input_has(input, member) ? json_truth(input->members[member]) == 1 : absent;
}

int64_t input_integer(const struct input *input, unsigned member, int64_t absent)
{
    int64_t value = absent;

    if (input_has(input, member))
        (void)json_integer(input->members[member],
                           &value); /* truncated or clamped: as the service does */
    return value;
}
