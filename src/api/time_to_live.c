/*
 * time_to_live.c - UpdateTimeToLive and DescribeTimeToLive. What they switch is table/expiry.c.
 *
 * ENABLING lasts until the items that were there are in the order of expiry. DISABLING is never
 * seen: the order is forgotten with the edit itself. Source: dynamodb-tables-streams.md section 6.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "api/control.h"
#include "api/shapes.h"

/* Source: Developer Guide: it can take up to an hour, in which no other change is accepted. */
enum { TTL_CHANGE_INTERVAL_MS = 3600 * 1000 };

static const uint8_t update_order[] = {UPDATE_TTL_SPECIFICATION};
const struct constraint_plan update_time_to_live_plan = {.order = update_order,
                                                         .count = ARRAY_LEN(update_order),
                                                         .control = CONTROL_TABLE_NAMED,
                                                         .control_member = UPDATE_TTL_TABLE_NAME};
const struct constraint_plan describe_time_to_live_plan = {
    .control = CONTROL_TABLE_NAMED, .control_member = TABLE_NAME_INPUT_TABLE_NAME};

struct update_ttl {
    struct control_change change;
    bool enable;
    struct slice attribute;
};

int update_time_to_live_prepare(struct call *call)
{
    struct update_ttl *update = ARENA_NEW(call->arena, struct update_ttl);
    struct input input;
    int rc;

    if (update == NULL)
        return ST_NOMEM;
    call->state = update;
    rc = shape_read(&shape_time_to_live_specification,
                    input_json(&call->input, UPDATE_TTL_SPECIFICATION), &input, &call->error);
    if (rc < 0)
        return rc;
    update->enable = input_bool(&input, TTL_ENABLED, false);
    update->attribute = input_string(&input, TTL_ATTRIBUTE_NAME);
    if (update->attribute.len > KEY_NAME_BYTES_MAX) /* its constraint counts characters */
        return api_refuse(&call->error, API_VALIDATION,
                          MESSAGE_INVALID_PARAMETERS
                          "AttributeName of TimeToLiveSpecification may have at most %d bytes",
                          KEY_NAME_BYTES_MAX);
    return 0;
}

static int make_wanted(struct control_change *change, struct schema *wanted)
{
    struct update_ttl *update = CONTAINER_OF(change, struct update_ttl, change);
    struct call *call = change->call;
    const struct time_to_live *now = &call->schema->ttl;
    int64_t now_ms = call_wall_ms(call), age_ms = now_ms - now->changed_ms;
    bool enabled = schema_expires(call->schema);

    if (!enabled && !update->enable)
        return api_refuse(&call->error, API_VALIDATION, "TimeToLive is already disabled");
    if (enabled && !slice_eq_str(update->attribute, now->attribute))
        return api_refuse(&call->error, API_VALIDATION,
                          "TimeToLive is active on a different AttributeName: current "
                          "AttributeName is %s",
                          now->attribute);
    if (enabled && update->enable)
        return api_refuse(&call->error, API_VALIDATION, "TimeToLive is already enabled");
    if (now->changed_ms != 0 && age_ms >= 0 && age_ms < TTL_CHANGE_INTERVAL_MS)
        return api_refuse(&call->error, API_VALIDATION,
                          "Time to live has been modified multiple times within a fixed interval");
    wanted->ttl = (struct time_to_live){.changed_ms = now_ms};
    if (update->enable)
        memcpy(wanted->ttl.attribute, update->attribute.ptr, update->attribute.len);
    return 0;
}

static void on_changed(struct control_change *change)
{
    struct update_ttl *update = CONTAINER_OF(change, struct update_ttl, change);
    struct call *call = change->call;
    struct json_writer writer = json_writer_of(&call->out);

    json_object_begin(&writer);
    json_key(&writer, "TimeToLiveSpecification");
    json_object_begin(&writer);
    json_key(&writer, "Enabled");
    json_put_bool(&writer, update->enable);
    json_key(&writer, "AttributeName");
    json_put_string(&writer, update->attribute);
    json_object_end(&writer);
    json_object_end(&writer);
    call_answer(call);
}

void update_time_to_live_run(struct call *call)
{
    struct update_ttl *update = call->state;
    int rc = control_open_table(call, input_string(&call->input, UPDATE_TTL_TABLE_NAME));

    if (rc == 0 && !call->schema->global)
        rc = control_refuse_busy(call);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    update->change = (struct control_change){.make = make_wanted, .done = on_changed};
    control_change(call, &update->change);
}

int describe_time_to_live_prepare(struct call *call)
{
    return 0;
}

void describe_time_to_live_run(struct call *call)
{
    struct json_writer writer = json_writer_of(&call->out);
    int rc = control_open_table(call, input_string(&call->input, TABLE_NAME_INPUT_TABLE_NAME));

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    json_object_begin(&writer);
    json_key(&writer, "TimeToLiveDescription");
    json_object_begin(&writer);
    json_key(&writer, "TimeToLiveStatus");
    if (!schema_expires(call->schema)) {
        json_put_str(&writer, "DISABLED");
    } else {
        json_put_str(&writer, call->schema->ttl.built ? "ENABLED" : "ENABLING");
        json_key(&writer, "AttributeName");
        json_put_str(&writer, call->schema->ttl.attribute);
    }
    json_object_end(&writer);
    json_object_end(&writer);
    call_answer(call);
}
