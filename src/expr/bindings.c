/*
 * bindings.c - ExpressionAttributeNames and ExpressionAttributeValues.
 *
 * What has the wrong JSON type is a SerializationException and comes before everything else, as if
 * a deserialiser had read the maps. Then, in the order that the service was seen to keep: keys of
 * names, keys of values, values, and with them the names' own length. The entries are then sorted
 * by placeholder, because a request may carry hundreds of thousands of them and an expression may
 * use a thousand; messages that list placeholders list them in that order.
 *
 * Source: dynamodb-expressions.md §3 and §4 (checks 4-11); dynamodb-wire.md §3.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdlib.h>

#include "expr/expr_priv.h"

#define JAVA_STRING "java.lang.String"
#define JAVA_VALUE "com.amazonaws.dynamodb.v20120810.AttributeValue"

struct map_kind {
    const char *parameter;
    const char *java_type; /* of the map's values, in messages */
    char sigil;
};
static const struct map_kind names_map = {"ExpressionAttributeNames", JAVA_STRING, '#'};
static const struct map_kind values_map = {"ExpressionAttributeValues", JAVA_VALUE, ':'};

static int refuse_serialization(struct expr_error *reterr, const char *text)
{
    int rc = expr__refuse(reterr, "%s", text);

    if (reterr != NULL)
        reterr->serialization = true;
    return rc;
}

static int check_map_type(const struct map_kind *map, const struct json *json,
                          struct expr_error *reterr)
{
    int rc;

    if (json_type(*json) == JSON_OBJECT)
        return 0;
    if (json_type(*json) != JSON_ARRAY)
        return refuse_serialization(reterr, "Unexpected field type");
    rc = expr__refuse(reterr, "Unrecognized collection type java.util.Map<java.lang.String, %s>",
                      map->java_type);
    if (reterr != NULL)
        reterr->serialization = true;
    return rc;
}

/** What a JSON value is not when a string is expected; NULL for a string, and for null (absent). */
static const char *not_a_string(struct json json)
{
    switch (json_type(json)) {
    case JSON_STRING:
    case JSON_NULL:
        return NULL;
    case JSON_BOOL:
        return json_bool(json) ? "TRUE_VALUE cannot be converted to String"
                               : "FALSE_VALUE cannot be converted to String";
    case JSON_NUMBER:
        return json_is_fraction(json) ? "DECIMAL_VALUE cannot be converted to String"
                                      : "NUMBER_VALUE cannot be converted to String";
    case JSON_ARRAY:
        return "Unrecognized collection type class java.lang.String";
    case JSON_OBJECT:
        break;
    }
    return "Start of structure or map found where not expected";
}

/* ---- reading the two maps ---- */

static int read_names(struct arena *arena, const struct json *json, struct expr_bindings *bindings,
                      struct expr_error *reterr)
{
    struct json_iterator iterator;
    struct slice placeholder;
    const char *mistake;
    struct json value;
    size_t count;
    int rc;

    rc = check_map_type(&names_map, json, reterr);
    if (rc < 0)
        return rc;
    count = json_count(*json);
    bindings->names_present = true;
    bindings->names = ARENA_ARRAY(arena, struct expr_binding, count);
    if (bindings->names == NULL)
        return ST_NOMEM;
    iterator = json_iterate(*json);
    while (bindings->name_count < count && json_next(&iterator, &placeholder, &value)) {
        mistake = not_a_string(value);
        if (mistake != NULL)
            return refuse_serialization(reterr, mistake);
        bindings->names[bindings->name_count++] = (struct expr_binding){
            .placeholder = placeholder,
            .target = json_type(value) == JSON_STRING ? json_string(value) : SLICE_EMPTY,
        };
    }
    return 0;
}

/** Keeps what is wrong with the first wrong value, to be reported when all keys were checked. */
static int keep_refusal(struct arena *arena, const struct value_refusal *refusal,
                        struct slice placeholder, struct expr_error **ret_pending)
{
    struct expr_error *pending;

    if (*ret_pending != NULL)
        return 0;
    pending = ARENA_NEW(arena, struct expr_error);
    if (pending == NULL)
        return ST_NOMEM;
    expr__refuse(pending, "ExpressionAttributeValues contains invalid value: %s for key %.*s",
                 refusal->refusal.text, SLICE_ARGS(placeholder));
    pending->envelope = refusal->envelope;
    *ret_pending = pending;
    return 0;
}

static int read_values(struct arena *arena, const struct json *json, struct expr_bindings *bindings,
                       struct expr_error **ret_pending, struct expr_error *reterr)
{
    struct value_refusal refusal;
    struct json_iterator iterator;
    struct slice placeholder;
    struct json value;
    size_t count;
    int rc;

    rc = check_map_type(&values_map, json, reterr);
    if (rc < 0)
        return rc;
    count = json_count(*json);
    bindings->values_present = true;
    bindings->values = ARENA_ARRAY(arena, struct expr_binding, count);
    if (bindings->values == NULL)
        return ST_NOMEM;
    iterator = json_iterate(*json);
    while (bindings->value_count < count && json_next(&iterator, &placeholder, &value)) {
        struct expr_binding *binding = &bindings->values[bindings->value_count++];

        binding->placeholder = placeholder;
        rc = value_from_json(value, arena, &binding->target, &refusal);
        if (rc == ST_REFUSED && refusal.serialization)
            return refuse_serialization(reterr, refusal.refusal.text);
        if (rc == ST_REFUSED)
            rc = keep_refusal(arena, &refusal, placeholder, ret_pending);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- checks ---- */

static bool is_placeholder(struct slice key, char sigil)
{
    if (key.len < 2 || key.ptr[0] != (uint8_t)sigil)
        return false;
    for (size_t i = 1; i < key.len; i++) {
        uint8_t c = key.ptr[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '_'))
            return false;
    }
    return true;
}

static int check_keys(const struct map_kind *map, const struct expr_binding *bindings, size_t count,
                      struct expr_error *reterr)
{
    if (count == 0)
        return expr__refuse(reterr, "%s must not be empty", map->parameter);
    for (size_t i = 0; i < count; i++) {
        struct slice key = bindings[i].placeholder;

        if (key.len > EXPR_PLACEHOLDER_BYTES_MAX && map->sigil == '#')
            return expr__refuse(reterr,
                                "%s contains invalid key: The expression attribute map "
                                "contains a key that is too long; size of key: %zu",
                                map->parameter, key.len);
        if (key.len > EXPR_PLACEHOLDER_BYTES_MAX)
            return expr__refuse(reterr,
                                "%s contains invalid key: The expression attribute map "
                                "contains a key that is too long;",
                                map->parameter);
        if (!is_placeholder(key, map->sigil))
            return expr__refuse(reterr, "%s contains invalid key: Syntax error; key: \"%.*s\"",
                                map->parameter, SLICE_ARGS(key));
    }
    return 0;
}

static int check_names(const struct expr_bindings *bindings, struct expr_error *reterr)
{
    for (size_t i = 0; i < bindings->name_count; i++) {
        const struct expr_binding *name = &bindings->names[i];

        if (name->target.len == 0)
            return expr__refuse(reterr,
                                "ExpressionAttributeNames contains invalid value: "
                                "Empty attribute name for key %.*s",
                                SLICE_ARGS(name->placeholder));
    }
    for (size_t i = 0; i < bindings->name_count; i++)
        if (bindings->names[i].target.len > ATTRIBUTE_NAME_BYTES_MAX) {
            int rc = expr__refuse(reterr, "Attribute name is too large, must be less than %d bytes",
                                  ATTRIBUTE_NAME_BYTES_MAX + 1);

            if (reterr != NULL)
                reterr->envelope = true;
            return rc;
        }
    return 0;
}

static int check_total(const struct expr_bindings *bindings, struct expr_error *reterr)
{
    size_t bytes = 0;

    for (size_t i = 0; i < bindings->name_count; i++)
        bytes += bindings->names[i].placeholder.len + bindings->names[i].target.len;
    for (size_t i = 0; i < bindings->value_count; i++) {
        struct value value = value_of(bindings->values[i].target);

        bytes += bindings->values[i].placeholder.len + value_size(&value);
    }
    if (bytes <= EXPR_VARIABLES_BYTES_MAX)
        return 0;
    return expr__refuse(reterr,
                        "The sum of the lengths of all ExpressionAttributeNames and "
                        "ExpressionAttributeValues has exceeded the maximum allowed size; "
                        "size: %zu",
                        bytes);
}

/* ---- order ---- */

struct ordered_binding {
    struct expr_binding binding;
    size_t position; /* in the request */
};

static int ordered_cmp(const void *a, const void *b)
{
    const struct ordered_binding *left = a, *right = b;
    int order = slice_cmp(left->binding.placeholder, right->binding.placeholder);

    if (order != 0)
        return order;
    return left->position < right->position ? -1 : left->position > right->position;
}

/** Sorts by placeholder; of equal keys the last of the request stays. */
static int sort(struct arena *arena, struct expr_binding *bindings, size_t *count)
{
    struct ordered_binding *ordered = ARENA_ARRAY(arena, struct ordered_binding, *count);
    size_t kept = 0;

    if (ordered == NULL)
        return ST_NOMEM;
    for (size_t i = 0; i < *count; i++)
        ordered[i] = (struct ordered_binding){.binding = bindings[i], .position = i};
    qsort(ordered, *count, sizeof(*ordered), ordered_cmp);
    for (size_t i = 0; i < *count; i++) {
        if (kept > 0 && slice_eq(bindings[kept - 1].placeholder, ordered[i].binding.placeholder))
            kept--;
        bindings[kept++] = ordered[i].binding;
    }
    *count = kept;
    return 0;
}

int expr_bindings_read(struct arena *arena, const struct json *names, const struct json *values,
                       struct expr_bindings *ret_bindings, struct expr_error *reterr)
{
    struct expr_bindings bindings = {.names = NULL};
    struct expr_error *pending = NULL;
    int rc = 0;

    if (names != NULL && json_type(*names) != JSON_NULL)
        rc = read_names(arena, names, &bindings, reterr);
    if (rc == 0 && values != NULL && json_type(*values) != JSON_NULL)
        rc = read_values(arena, values, &bindings, &pending, reterr);
    if (rc == 0 && bindings.names_present)
        rc = check_keys(&names_map, bindings.names, bindings.name_count, reterr);
    if (rc == 0 && bindings.values_present)
        rc = check_keys(&values_map, bindings.values, bindings.value_count, reterr);
    if (rc == 0 && pending != NULL) {
        if (reterr != NULL)
            *reterr = *pending;
        rc = ST_REFUSED;
    }
    if (rc == 0)
        rc = check_names(&bindings, reterr);
    if (rc == 0)
        rc = check_total(&bindings, reterr);
    if (rc == 0)
        rc = sort(arena, bindings.names, &bindings.name_count);
    if (rc == 0)
        rc = sort(arena, bindings.values, &bindings.value_count);
    if (rc < 0)
        return rc;
    *ret_bindings = bindings;
    return 0;
}

struct expr_binding *expr__binding_find(struct expr_binding *sorted, size_t count,
                                        struct slice placeholder)
{
    size_t low = 0, high = count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_cmp(placeholder, sorted[middle].placeholder);

        if (order == 0) {
            sorted[middle].used = true;
            return &sorted[middle];
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static int check_used(const struct map_kind *map, const struct expr_binding *bindings, size_t count,
                      struct expr_error *reterr)
{
    struct buf keys = BUF_EMPTY;
    int rc = 0;

    /* More keys than a message holds need not be collected. */
    for (size_t i = 0; i < count && keys.len < REFUSAL_BYTES_MAX; i++) {
        if (bindings[i].used)
            continue;
        if (keys.len > 0)
            buf_append_str(&keys, ", ");
        buf_append_slice(&keys, bindings[i].placeholder);
    }
    if (buf_failed(&keys))
        rc = ST_NOMEM;
    else if (keys.len > 0)
        rc = expr__refuse(reterr, "Value provided in %s unused in expressions: keys: {%.*s}",
                          map->parameter, SLICE_ARGS(buf_slice(&keys)));
    buf_release(&keys);
    return rc;
}

int expr_bindings_check_unused(const struct expr_bindings *bindings, struct expr_error *reterr)
{
    int rc = check_used(&names_map, bindings->names, bindings->name_count, reterr);

    if (rc == 0)
        rc = check_used(&values_map, bindings->values, bindings->value_count, reterr);
    return rc;
}
