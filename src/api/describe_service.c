/*
 * describe_service.c - DescribeEndpoints and DescribeLimits: facts about the service itself.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/call.h"

const struct constraint_plan describe_endpoints_plan = {.count = 0};
const struct constraint_plan describe_limits_plan = {.count = 0};

int describe_endpoints_prepare(struct call *call)
{
    return 0;
}

/* The address under which the client reached us, so that discovery leads back here. */
void describe_endpoints_run(struct call *call)
{
    struct json_writer writer = json_writer_of(&call->out);

    json_object_begin(&writer);
    json_key(&writer, "Endpoints");
    json_array_begin(&writer);
    json_object_begin(&writer);
    json_key(&writer, "Address");
    json_put_string(&writer, http_request_header(call->http, "host"));
    json_key(&writer, "CachePeriodInMinutes");
    json_put_int(&writer, 1440);
    json_object_end(&writer);
    json_array_end(&writer);
    json_object_end(&writer);
    call_answer(call);
}

int describe_limits_prepare(struct call *call)
{
    return 0;
}

/* The service's defaults. Source: dynamodb-tables-streams.md section 5. */
void describe_limits_run(struct call *call)
{
    static const struct {
        const char *name;
        int64_t units;
    } limits[] = {
        {"AccountMaxReadCapacityUnits", 80000},
        {"AccountMaxWriteCapacityUnits", 80000},
        {"TableMaxReadCapacityUnits", 40000},
        {"TableMaxWriteCapacityUnits", 40000},
    };
    struct json_writer writer = json_writer_of(&call->out);

    json_object_begin(&writer);
    for (size_t i = 0; i < ARRAY_LEN(limits); i++) {
        json_key(&writer, limits[i].name);
        json_put_int(&writer, limits[i].units);
    }
    json_object_end(&writer);
    call_answer(call);
}
