/*
 * kinesis.c - EnableKinesisStreamingDestination, Disable-, Update- and Describe-. What delivers is
 * server/kinesis.c.
 *
 * A table has at most one destination; the schema remembers the newest one after it was disabled,
 * so that Describe still shows it. ENABLING, DISABLING and UPDATING last until the edit is durable,
 * which is when the answer leaves. A destination belongs to one Region: other replicas know nothing
 * of it. Source: dynamodb-tables-streams.md section 8.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/control.h"
#include "api/shapes.h"

#define INVALID_STATE                                                                              \
    "Table is not in a valid state to %s Kinesis Streaming Destination: "                          \
    "%sKinesisStreamingDestination must be %s to perform %s operation."

static const uint8_t order[] = {KINESIS_STREAM_ARN};
#define PLAN                                                                                       \
    {                                                                                              \
        .order = order, .count = ARRAY_LEN(order), .control = CONTROL_TABLE_NAMED,                 \
        .control_member = KINESIS_TABLE_NAME                                                       \
    }
const struct constraint_plan enable_kinesis_streaming_destination_plan = PLAN;
const struct constraint_plan disable_kinesis_streaming_destination_plan = PLAN;
const struct constraint_plan update_kinesis_streaming_destination_plan = PLAN;
const struct constraint_plan describe_kinesis_streaming_destination_plan = {
    .control = CONTROL_TABLE_NAMED, .control_member = TABLE_NAME_INPUT_TABLE_NAME};

struct kinesis_change {
    struct control_change change;
    struct slice stream_arn;
    struct slice precision; /* empty: not given */
};

static bool is_current(const struct kinesis_change *wanted, const struct schema *schema)
{
    return schema->kinesis.enabled && slice_eq_str(wanted->stream_arn, schema->kinesis.stream_arn);
}

static const char *precision_name(const struct kinesis_destination *destination)
{
    return destination->microseconds ? "MICROSECOND" : "MILLISECOND";
}

static int prepare(struct call *call)
{
    struct kinesis_change *wanted = ARENA_NEW(call->arena, struct kinesis_change);
    struct input configuration;
    int rc;

    if (wanted == NULL)
        return ST_NOMEM;
    call->state = wanted;
    wanted->stream_arn = input_string(&call->input, KINESIS_STREAM_ARN);
    if (input_has(&call->input, KINESIS_CONFIGURATION)) {
        rc = shape_read(&shape_kinesis_configuration,
                        input_json(&call->input, KINESIS_CONFIGURATION), &configuration,
                        &call->error);
        if (rc < 0)
            return rc;
        wanted->precision = input_string(&configuration, KINESIS_PRECISION);
    }
    /* "arn:aws:kinesis:<Region>:<account>:stream/<name>", of any partition. Its bytes, for its
     * constraint counts characters. */
    if (wanted->stream_arn.len > KINESIS_ARN_BYTES_MAX ||
        memchr(wanted->stream_arn.ptr, '\0', wanted->stream_arn.len) != NULL ||
        memmem(wanted->stream_arn.ptr, wanted->stream_arn.len, ":kinesis:", 9) == NULL ||
        memmem(wanted->stream_arn.ptr, wanted->stream_arn.len, ":stream/", 8) == NULL)
        return api_refuse(&call->error, API_VALIDATION, "Invalid StreamArn: %.*s",
                          SLICE_ARGS(wanted->stream_arn));
    return 0;
}

static void answer(struct control_change *change, const char *status, const char *configuration)
{
    struct call *call = change->call;
    const struct kinesis_destination *destination = &call->schema->kinesis;
    struct json_writer writer = json_writer_of(&call->out);

    json_object_begin(&writer);
    json_key(&writer, "TableName");
    json_put_str(&writer, call->schema->name);
    json_key(&writer, "StreamArn");
    json_put_str(&writer, destination->stream_arn);
    json_key(&writer, "DestinationStatus");
    json_put_str(&writer, status);
    json_key(&writer, configuration);
    json_object_begin(&writer);
    json_key(&writer, "ApproximateCreationDateTimePrecision");
    json_put_str(&writer, precision_name(destination));
    json_object_end(&writer);
    json_object_end(&writer);
    call_answer(call);
}

static void run(struct call *call, int (*make)(struct control_change *, struct schema *),
                void (*done)(struct control_change *))
{
    struct kinesis_change *wanted = call->state;
    int rc = control_open_table(call, input_string(&call->input, KINESIS_TABLE_NAME));

    if (rc == 0)
        rc = control_refuse_busy(call);
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    wanted->change = (struct control_change){.local = true, .make = make, .done = done};
    control_change(call, &wanted->change);
}

static int make_enabled(struct control_change *change, struct schema *schema)
{
    struct kinesis_change *wanted = CONTAINER_OF(change, struct kinesis_change, change);

    if (schema->kinesis.enabled)
        return api_refuse(&change->call->error, API_VALIDATION, INVALID_STATE, "enable", "Enable",
                          "DISABLED or ENABLE_FAILED", "ENABLE");
    schema->kinesis = (struct kinesis_destination){
        .enabled = true, .microseconds = slice_eq_str(wanted->precision, "MICROSECOND")};
    memcpy(schema->kinesis.stream_arn, wanted->stream_arn.ptr, wanted->stream_arn.len);
    return 0;
}

static void on_enabled(struct control_change *change)
{
    answer(change, "ENABLING", "EnableKinesisStreamingConfiguration");
}

int enable_kinesis_streaming_destination_prepare(struct call *call)
{
    int rc = prepare(call);

    if (rc == 0 && !call->api->delivers_to_kinesis)
        return api_refuse(&call->error, API_VALIDATION,
                          "Kinesis streaming destinations are not set up on this server: start it "
                          "with --kinesis URL, an endpoint that speaks PutRecords");
    return rc;
}

void enable_kinesis_streaming_destination_run(struct call *call)
{
    run(call, make_enabled, on_enabled);
}

static int make_disabled(struct control_change *change, struct schema *schema)
{
    struct kinesis_change *wanted = CONTAINER_OF(change, struct kinesis_change, change);

    if (!is_current(wanted, schema))
        return api_refuse(&change->call->error, API_VALIDATION, INVALID_STATE, "disable", "Disable",
                          "ACTIVE", "DISABLE");
    schema->kinesis.enabled = false;
    return 0;
}

static void on_disabled(struct control_change *change)
{
    answer(change, "DISABLING", "EnableKinesisStreamingConfiguration");
}

int disable_kinesis_streaming_destination_prepare(struct call *call)
{
    return prepare(call);
}

void disable_kinesis_streaming_destination_run(struct call *call)
{
    run(call, make_disabled, on_disabled);
}

static int make_updated(struct control_change *change, struct schema *schema)
{
    struct kinesis_change *wanted = CONTAINER_OF(change, struct kinesis_change, change);
    struct call *call = change->call;
    bool microseconds = slice_eq_str(wanted->precision, "MICROSECOND");

    if (!is_current(wanted, schema))
        return api_refuse(&call->error, API_VALIDATION, INVALID_STATE, "update", "Update", "ACTIVE",
                          "UPDATE");
    if (wanted->precision.len == 0)
        return api_refuse(&call->error, API_VALIDATION,
                          "Streaming destination cannot be updated with given parameters: "
                          "UpdateKinesisStreamingConfiguration cannot be null or contain only null "
                          "values");
    if (microseconds == schema->kinesis.microseconds)
        return api_refuse(&call->error, API_VALIDATION,
                          "Invalid Request: Precision is already set to the desired value of %s "
                          "for tableId: %s, kdsArn: %s",
                          precision_name(&schema->kinesis), schema->table_id,
                          schema->kinesis.stream_arn);
    schema->kinesis.microseconds = microseconds;
    return 0;
}

static void on_updated(struct control_change *change)
{
    answer(change, "UPDATING", "UpdateKinesisStreamingConfiguration");
}

int update_kinesis_streaming_destination_prepare(struct call *call)
{
    return prepare(call);
}

void update_kinesis_streaming_destination_run(struct call *call)
{
    run(call, make_updated, on_updated);
}

int describe_kinesis_streaming_destination_prepare(struct call *call)
{
    return 0;
}

void describe_kinesis_streaming_destination_run(struct call *call)
{
    struct json_writer writer = json_writer_of(&call->out);
    const struct kinesis_destination *destination;
    int rc = control_open_table(call, input_string(&call->input, TABLE_NAME_INPUT_TABLE_NAME));

    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    destination = &call->schema->kinesis;
    json_object_begin(&writer);
    json_key(&writer, "TableName");
    json_put_str(&writer, call->schema->name);
    json_key(&writer, "KinesisDataStreamDestinations");
    json_array_begin(&writer);
    if (destination->stream_arn[0] != '\0') {
        json_object_begin(&writer);
        json_key(&writer, "StreamArn");
        json_put_str(&writer, destination->stream_arn);
        json_key(&writer, "DestinationStatus");
        json_put_str(&writer, destination->enabled ? "ACTIVE" : "DISABLED");
        json_key(&writer, "ApproximateCreationDateTimePrecision");
        json_put_str(&writer, precision_name(destination));
        json_object_end(&writer);
    }
    json_array_end(&writer);
    json_object_end(&writer);
    call_answer(call);
}
