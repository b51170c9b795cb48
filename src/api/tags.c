/*
 * tags.c - TagResource, UntagResource, ListTagsOfResource. Tags are part of the table's schema, of
 * this Region only. Sources: dynamodb-tables-streams.md section 7; texts that the specification
 * does not know are listed in docs/compatibility.md.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/tags.h"

#include <stdio.h>

#include "api/arn.h"
#include "api/control.h"
#include "api/shapes.h"

enum { TAGS_A_PAGE = 10 }; /* Source: ListTagsOfResource answers so */

static const uint8_t second[] = {TAG_OPERATION_SECOND};
const struct constraint_plan tag_resource_plan = {.order = second, .count = 1};
const struct constraint_plan untag_resource_plan = {.order = second, .count = 1};
const struct constraint_plan list_tags_of_resource_plan = {.order = second, .count = 1};

struct tagging {
    struct control_change change;
    struct tag tags[TAGS_MAX]; /* to be set */
    uint32_t count;
};

/* ---- tags in requests ---- */

static int refuse_too_many(struct call *call)
{
    return api_refuse(&call->error, API_LIMIT_EXCEEDED,
                      "Subscriber limit exceeded: There is a limit of %d tags per resource",
                      TAGS_MAX);
}

int tags_read(struct call *call, struct json list, struct tag *ret_tags, uint32_t *ret_count)
{
    struct json_iterator iterator = json_iterate(list);
    struct json element;
    uint32_t count = 0;

    while (json_next(&iterator, NULL, &element)) {
        struct input input;
        struct tag tag;
        int rc = shape_read(&shape_tag, element, &input, &call->error);

        if (rc < 0)
            return rc;
        tag = (struct tag){input_string(&input, TAG_KEY), input_string(&input, TAG_VALUE)};
        if (slice_has_prefix(tag.key, SLICE("aws:")))
            return api_refuse(&call->error, API_VALIDATION,
                              "aws: prefixed tag key names are not allowed for external use.");
        for (uint32_t i = 0; i < count; i++)
            if (slice_eq(ret_tags[i].key, tag.key))
                return api_refuse(&call->error, API_VALIDATION,
                                  MESSAGE_INVALID_PARAMETERS "Duplicate tag key: %.*s",
                                  SLICE_ARGS(tag.key));
        if (count == TAGS_MAX)
            return refuse_too_many(call);
        ret_tags[count++] = tag;
    }
    *ret_count = count;
    return 0;
}

/* ---- the resource ---- */

/* What can be said of the ARN without looking for the table. */
static int check_arn(struct call *call)
{
    struct slice text = input_string(&call->input, TAG_OPERATION_RESOURCE_ARN);
    struct arn arn;

    if (text.len == 0)
        return api_refuse(&call->error, API_VALIDATION, "Invalid TableArn");
    if (!arn_parse(text, &arn) || arn.stream.ptr != NULL || !name_is_valid(arn.table))
        return api_refuse(&call->error, API_VALIDATION,
                          "Invalid TableArn: Invalid ResourceArn provided as input %.*s",
                          SLICE_ARGS(text));
    return 0;
}

/* The table into call->table and call->schema. */
static int open_resource(struct call *call)
{
    struct slice text = input_string(&call->input, TAG_OPERATION_RESOURCE_ARN);
    struct arn arn;

    (void)arn_parse(text, &arn); /* check_arn() has seen it */
    if (!slice_eq_str(arn.region, call->region->name) ||
        !slice_eq_str(arn.account, call->identity.account))
        return call_refuse_access(call, text);
    call->table = store_table(call->region->store, arn.table);
    if (call->table == NULL)
        return api_refuse(&call->error, API_RESOURCE_NOT_FOUND,
                          "Requested resource not found: ResourcArn: %.*s not found", /* sic */
                          SLICE_ARGS(text));
    call->schema = table_schema(call->table);
    return 0;
}

static void on_changed(struct control_change *change)
{
    call_answer(change->call); /* no body */
}

static void change_tags(struct call *call,
                        int (*make)(struct control_change *change, struct schema *wanted))
{
    struct tagging *tagging = call->state;
    int rc = open_resource(call);

    if (rc == 0 && !call->schema->global)
        rc = control_refuse_busy(call);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    tagging->change = (struct control_change){.local = true, .make = make, .done = on_changed};
    control_change(call, &tagging->change);
}

static int put_set(struct schema *wanted, const struct tag *tags, uint32_t count)
{
    struct tag_set *set = NULL;

    if (count > 0) {
        set = tag_set_new(tags, count);
        if (set == NULL)
            return ST_NOMEM;
    }
    tag_set_unref(wanted->tags);
    wanted->tags = set;
    return 0;
}

/* ---- TagResource ---- */

int tag_resource_prepare(struct call *call)
{
    struct tagging *tagging = ARENA_NEW(call->arena, struct tagging);
    struct json list = input_json(&call->input, TAG_RESOURCE_TAGS);
    int rc;

    if (tagging == NULL)
        return ST_NOMEM;
    call->state = tagging;
    if (json_count(list) == 0)
        return api_refuse(&call->error, API_VALIDATION,
                          "Atleast one Tag needs to be provided as Input.");
    rc = check_arn(call);
    return rc < 0 ? rc : tags_read(call, list, tagging->tags, &tagging->count);
}

static int make_tagged(struct control_change *change, struct schema *wanted)
{
    struct tagging *tagging = CONTAINER_OF(change, struct tagging, change);
    const struct tag_set *now = wanted->tags;
    struct tag tags[TAGS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < tag_set_count(now); i++) {
        bool replaced = false;

        for (uint32_t j = 0; j < tagging->count; j++)
            replaced = replaced || slice_eq(now->tags[i].key, tagging->tags[j].key);
        if (!replaced)
            tags[count++] = now->tags[i];
    }
    if (count + tagging->count > TAGS_MAX)
        return refuse_too_many(change->call);
    memcpy(&tags[count], tagging->tags, tagging->count * sizeof(tags[0]));
    return put_set(wanted, tags, count + tagging->count);
}

void tag_resource_run(struct call *call)
{
    change_tags(call, make_tagged);
}

/* ---- UntagResource ---- */

int untag_resource_prepare(struct call *call)
{
    call->state = ARENA_NEW(call->arena, struct tagging);
    if (call->state == NULL)
        return ST_NOMEM;
    if (json_count(input_json(&call->input, UNTAG_RESOURCE_TAG_KEYS)) == 0)
        return api_refuse(&call->error, API_VALIDATION,
                          "Atleast one Tag Key needs to be provided as Input.");
    return check_arn(call);
}

static int make_untagged(struct control_change *change, struct schema *wanted)
{
    struct json keys = input_json(&change->call->input, UNTAG_RESOURCE_TAG_KEYS);
    const struct tag_set *now = wanted->tags;
    struct tag tags[TAGS_MAX];
    uint32_t count = 0;

    for (uint32_t i = 0; i < tag_set_count(now); i++) {
        struct json_iterator iterator = json_iterate(keys);
        struct json key;
        bool removed = false;

        while (!removed && json_next(&iterator, NULL, &key))
            removed = slice_eq(json_string(key), now->tags[i].key);
        if (!removed)
            tags[count++] = now->tags[i];
    }
    return put_set(wanted, tags, count);
}

void untag_resource_run(struct call *call)
{
    change_tags(call, make_untagged);
}

/* ---- ListTagsOfResource ---- */

int list_tags_of_resource_prepare(struct call *call)
{
    return check_arn(call);
}

/* The token is the last key that was shown, in hex: so it needs no memory here, and a page begins
 * where the last one ended, whatever was tagged in between. */
static struct slice token_print(struct call *call, struct slice key)
{
    char *text = arena_alloc(call->arena, 2 * key.len + 1);

    for (size_t i = 0; text != NULL && i < key.len; i++)
        snprintf(text + 2 * i, 3, "%02x", key.ptr[i]);
    return text != NULL ? slice_of(text, 2 * key.len) : SLICE_EMPTY;
}

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The number of the first tag after the token's. */
static int token_read(struct call *call, struct slice token, uint32_t *ret_from)
{
    uint8_t *key = arena_alloc(call->arena, token.len / 2 + 1);
    const struct tag_set *tags = call->schema->tags;
    struct slice after;

    if (key == NULL)
        return ST_NOMEM;
    after = slice_of(key, token.len / 2);
    for (size_t i = 0; i < after.len; i++) {
        int high = hex_digit(token.ptr[2 * i]), low = hex_digit(token.ptr[2 * i + 1]);

        if (high < 0 || low < 0)
            return api_refuse(&call->error, API_VALIDATION, MESSAGE_INVALID_NEXT_TOKEN);
        key[i] = (uint8_t)(high << 4 | low);
    }
    if (token.len == 0 || token.len % 2 != 0)
        return api_refuse(&call->error, API_VALIDATION, MESSAGE_INVALID_NEXT_TOKEN);
    *ret_from = tag_set_place(tags, after);
    if (*ret_from < tag_set_count(tags) && slice_eq(tags->tags[*ret_from].key, after))
        (*ret_from)++;
    return 0;
}

void list_tags_of_resource_run(struct call *call)
{
    struct json_writer writer = json_writer_of(&call->out);
    const struct tag_set *tags;
    uint32_t from = 0, to;
    int rc = open_resource(call);

    if (rc == 0 && input_has(&call->input, LIST_TAGS_NEXT_TOKEN))
        rc = token_read(call, input_string(&call->input, LIST_TAGS_NEXT_TOKEN), &from);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    tags = call->schema->tags;
    to = tag_set_count(tags) - from > TAGS_A_PAGE ? from + TAGS_A_PAGE : tag_set_count(tags);
    json_object_begin(&writer);
    json_key(&writer, "Tags");
    json_array_begin(&writer);
    for (uint32_t i = from; i < to; i++) {
        json_object_begin(&writer);
        json_key(&writer, "Key");
        json_put_string(&writer, tags->tags[i].key);
        json_key(&writer, "Value");
        json_put_string(&writer, tags->tags[i].value);
        json_object_end(&writer);
    }
    json_array_end(&writer);
    if (to < tag_set_count(tags)) {
        json_key(&writer, "NextToken");
        json_put_string(&writer, token_print(call, tags->tags[to - 1].key));
    }
    json_object_end(&writer);
    call_answer(call);
}
