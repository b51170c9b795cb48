/*
 * dispatch.c - the front end: what is refused, in which order, before an operation sees the
 * request.
 *
 *   method and path -> content type -> JSON -> target -> signature -> Region -> empty body ->
 *   types of members -> constraints -> prepare() -> run()
 *
 * The order is the service's (dynamodb-wire.md section 1.1): an unsigned request with broken JSON
 * hears of the JSON. Bodies above JSON_PARSER_KEEP_BYTES are parsed and prepared in the I/O pool,
 * so that they do not hold a loop.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <assert.h>
#include <stdio.h>

#include "api/capacity.h"
#include "api/text_cache.h"
#include "api/wording.h"

static const struct slice content_amz_json = SLICE("application/x-amz-json-1.0");
static const struct slice content_json = SLICE("application/json");

/* ---- answers that are no call ---- */

static void respond_unknown(struct http_request *http)
{
    http_respond(http, &(struct http_response){
                           .status = 404, .borrowed = SLICE("<UnknownOperationException/>\n")});
}

static void respond_health(struct api *api, struct http_request *http)
{
    struct buf body = BUF_EMPTY;
    const char *region = atomic_load(&api->region_count) > 0 ? api->regions[0]->name : "none";

    buf_printf(&body, "healthy: dynamodb.%s.amazonaws.com ", region);
    http_respond(http, &(struct http_response){.status = 200, .body = body});
}

static void respond_no_memory(struct http_request *http)
{
    http_respond(http, &(struct http_response){
                           .status = 500,
                           .content_type = content_json,
                           .borrowed = SLICE("{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
                                             "InternalServerError\",\"message\":\"Internal server "
                                             "error\"}")});
}

static struct slice trim(struct slice text)
{
    while (text.len > 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

/* The base type of Content-Type as a constant; empty: not one of ours. */
static struct slice content_type_of(const struct http_request *http)
{
    struct slice header = http_request_header(http, "content-type");
    const uint8_t *semicolon;

    if (header.ptr == NULL)
        return http->body.len == 0 ? content_json : SLICE_EMPTY;
    semicolon = memchr(header.ptr, ';', header.len);
    if (semicolon != NULL)
        header.len = (size_t)(semicolon - header.ptr);
    header = trim(header);
    if (slice_eq_nocase(header, content_amz_json))
        return content_amz_json;
    if (slice_eq_nocase(header, content_json))
        return content_json;
    return SLICE_EMPTY;
}

/* ---- the end of a call ---- */

static void call_end(struct call *call, int http_status, enum outcome_class outcome)
{
    struct http_response response = {
        .status = http_status, .content_type = call->content_type, .body = call->out};
    bool large = call->http->body.len > JSON_PARSER_KEEP_BYTES;

    if (call->region != NULL) {
        if (call->operation != NULL)
            numbers_count(call->worker, call->region, call->operation, outcome,
                          mono_diff_us(executor_now(call->api->executor), call->http->received));
        consumption_settle_all(call->consumptions);
        if (call->release != NULL)
            call->release(call);
        table_unref(call->table);
        schema_unref(call->schema);
        region_leave(call->region);
    }
    text_cache_release(call->texts);
    worker_give_parser(call->worker, call->parser, large);
    if (buf_failed(&call->out)) {
        buf_release(&response.body);
        respond_no_memory(call->http);
        return;
    }
    http_respond(call->http, &response); /* the call is gone with the request's arena */
}

void call_answer(struct call *call)
{
    call_end(call, 200, OUTCOME_OK);
}

/* The body of an error of the signature: its type comes from auth/. */
static void auth_error_write(struct buf *out, struct arena *arena, const struct auth_error *error)
{
    char *message = arena_str(arena, error->message);
    struct json_writer writer;

    /* The message may quote a header, which need not be UTF-8. */
    for (char *at = message; at != NULL && *at != '\0'; at++)
        if ((unsigned char)*at >= 0x80)
            *at = '?';
    buf_clear(out);
    writer = json_writer_of(out);
    json_object_begin(&writer);
    json_key(&writer, "__type");
    json_put_str(&writer, error->type);
    json_key(&writer, "message");
    json_put_str(&writer, message != NULL ? message : "");
    json_object_end(&writer);
}

static void call_fail_unsigned(struct call *call, const struct auth_error *error)
{
    auth_error_write(&call->out, call->arena, error);
    call_end(call, 400, OUTCOME_USER_ERROR);
}

void call_fail(struct call *call, int rc)
{
    enum outcome_class outcome;
    int http_status;

    assert(rc < 0);
    if (rc != ST_REFUSED)
        api_error_from_status(&call->error, rc);
    if (call->error.code == API_INTERNAL)
        log_error(&call->api->log, "api", "%s failed: %s",
                  call->operation != NULL ? call->operation->name : "a request", status_text(rc));
    if (call->api->older_wording && call->error.code == API_VALIDATION)
        call->error.message = wording_older(call->arena, call->error.message);
    http_status = api_error_http_status(call->error.code);
    outcome = call->error.code == API_THROTTLING || call->error.code == API_THROUGHPUT_EXCEEDED
                  ? OUTCOME_THROTTLED
              : http_status >= 500 ? OUTCOME_SYSTEM_ERROR
                                   : OUTCOME_USER_ERROR;
    buf_clear(&call->out);
    api_error_write(&call->out, &call->error);
    call_end(call, http_status, outcome);
}

/* ---- excursions ---- */

static void on_io_back(struct task *task)
{
    struct call *call = CONTAINER_OF(task, struct call, task);

    call->io_then(call, call->io_rc);
}

static void on_io(struct task *task)
{
    struct call *call = CONTAINER_OF(task, struct call, task);

    call->io_rc = call->io_work(call);
    task_init(&call->task, on_io_back);
    strand_post(call->http->strand, &call->task);
}

void call_io(struct call *call, int (*work)(struct call *call),
             void (*then)(struct call *call, int rc))
{
    call->io_work = work;
    call->io_then = then;
    task_init(&call->task, on_io);
    executor_io(call->api->executor, &call->task);
}

/* ---- the beginning of a call ---- */

static int parse_body(struct call *call)
{
    return json_parse(call->parser, call->http->body, &call->body);
}

static int read_and_prepare(struct call *call)
{
    const struct operation *operation = call->operation;
    int rc = shape_read(operation->input, call->body, &call->input, &call->error);

    if (rc < 0)
        return rc;
    rc = shape_check_constraints(operation->plan, &call->input, &call->error);
    return rc < 0 ? rc : operation->prepare(call);
}

/* Everything that can be said without knowing the table. */
static int prepare(struct call *call)
{
    struct api_error refused;
    int rc = read_and_prepare(call);

    if (rc != ST_REFUSED || call->error.code == API_SERIALIZATION)
        return rc;
    /* A wrong type anywhere wins over whatever was found first. */
    refused = call->error;
    rc = shape_check_types(call->operation->input, call->body, &call->error);
    if (rc == 0) {
        call->error = refused;
        rc = ST_REFUSED;
    }
    return rc;
}

static void on_prepared(struct call *call, int rc)
{
    if (rc < 0)
        call_fail(call, rc);
    else
        call->operation->run(call);
}

/* Which Region the request is for. True: go on; false: answered. */
static bool enter_region(struct call *call)
{
    struct hosted_region *region = api_find_region(call->api, call->identity.region);
    struct auth_error error;

    if (region == NULL) {
        (void)sigv4_refuse_region(&error);
        call_fail_unsigned(call, &error);
        return false;
    }
    if (!region_enter(region)) {
        call_fail(call,
                  api_refuse(&call->error, API_UNAVAILABLE, "Region %s is stopped", region->name));
        return false;
    }
    call->region = region;
    return true;
}

static void on_parsed(struct call *call, int rc)
{
    struct auth_error error;

    if (rc < 0) {
        if (rc == ST_REFUSED)
            rc = api_refuse_slice(&call->error, API_SERIALIZATION_BARE, SLICE_EMPTY);
        call_fail(call, rc);
        return;
    }
    call->operation = operation_find(http_request_header(call->http, "x-amz-target"));
    if (call->operation == NULL) {
        call_fail(call, api_refuse_slice(&call->error, API_UNKNOWN_OPERATION, SLICE_EMPTY));
        return;
    }
    rc = sigv4_verify(call->api->sigv4, call->http, executor_wall_us(call->api->executor) / 1000,
                      &call->identity, &error);
    if (rc == ST_REFUSED) {
        call_fail_unsigned(call, &error);
        return;
    }
    if (rc < 0) {
        call_fail(call, rc);
        return;
    }
    if (call->api->any_credentials)
        call->identity.account = call->api->account;
    if (!enter_region(call))
        return;
    if (call->http->body.len == 0) {
        call_fail(call, api_refuse_slice(&call->error, API_SERIALIZATION_BARE, SLICE_EMPTY));
        return;
    }
    if (call->operation->input == NULL) {
        call_fail(call, call_refuse_not_yet(call, call->operation->name));
        return;
    }
    if (call->http->body.len > JSON_PARSER_KEEP_BYTES)
        call_io(call, prepare, on_prepared);
    else
        on_prepared(call, prepare(call));
}

static void call_begin(struct api *api, struct http_request *http, struct slice content_type)
{
    struct call *call = ARENA_NEW(http->arena, struct call);
    struct worker *worker = worker_of(api, http->strand);

    if (call == NULL || worker == NULL) {
        respond_no_memory(http);
        return;
    }
    call->api = api;
    call->worker = worker;
    call->http = http;
    call->arena = call->error.arena = http->arena;
    call->content_type = content_type;
    call->parser = worker_take_parser(worker);
    if (call->parser == NULL)
        call_fail(call, ST_NOMEM);
    else if (http->body.len == 0)
        on_parsed(call, 0);
    else if (http->body.len > JSON_PARSER_KEEP_BYTES)
        call_io(call, parse_body, on_parsed);
    else
        on_parsed(call, parse_body(call));
}

void api_handle(struct api *api, struct http_request *http)
{
    struct slice content_type;

    if (slice_eq_str(http->method, "OPTIONS") && http_request_header(http, "origin").ptr != NULL) {
        http_respond_preflight(http);
    } else if (slice_eq_str(http->method, "GET") && slice_eq_str(http->path, "/")) {
        respond_health(api, http);
    } else if (!slice_eq_str(http->method, "POST") || !slice_eq_str(http->path, "/")) {
        respond_unknown(http);
    } else {
        content_type = content_type_of(http);
        if (content_type.ptr == NULL)
            respond_unknown(http);
        else
            call_begin(api, http, content_type);
    }
}

bool api_authenticate(struct api *api, struct http_request *http, struct slice *ret_region,
                      struct slice *ret_access_key)
{
    struct sigv4_identity identity;
    struct auth_error error;
    struct buf body = BUF_EMPTY;
    int rc =
        sigv4_verify(api->sigv4, http, executor_wall_us(api->executor) / 1000, &identity, &error);

    if (rc == 0) {
        *ret_region = identity.region;
        *ret_access_key = identity.access_key;
        return true;
    }
    if (rc != ST_REFUSED) {
        respond_no_memory(http);
        return false;
    }
    auth_error_write(&body, http->arena, &error);
    http_respond(
        http, &(struct http_response){.status = 403, .content_type = content_json, .body = body});
    return false;
}
