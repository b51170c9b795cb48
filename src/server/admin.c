/*
 * admin.c - the front of the server's own API: routes, signatures, bodies, answers.
 *
 * A worker's loop only authenticates; the rest runs in the I/O pool (or, for Regions that stop and
 * start, on the control strand), because looking at everything may take a while and must not hold a
 * loop that clients wait for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/admin.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "console/negotiate.h"
#include "http/gzip.h"
#include "server/history.h"
#include "server/history_ring.h"
#include "server/report.h"

static const struct slice json_type_name = SLICE("application/json");
static const struct slice metrics_type_name = SLICE("text/plain; version=0.0.4; charset=utf-8");

enum { PACKED_BYTES_MIN = 16 * 1024 }; /* shorter answers are not worth the work */

/* ---- answers ---- */

/* An hour of history is some megabytes, and packs to a tenth. Without memory for it the answer
 * goes out as it is. */
static void pack(const struct admin_call *call, struct http_response *response)
{
    static const struct http_header packed_header = {SLICE("Content-Encoding"), SLICE("gzip")};
    struct buf packed;

    if (response->body.len < PACKED_BYTES_MIN || !negotiate_gzip(call->request) ||
        gzip(buf_slice(&response->body), &packed) < 0)
        return;
    buf_release(&response->body);
    response->body = packed;
    response->headers = &packed_header;
    response->header_count = 1;
}

static void call_end(struct admin_call *call, int http_status, struct slice content_type,
                     struct buf *out)
{
    struct http_response response = {
        .status = http_status, .content_type = content_type, .body = *out};

    *out = BUF_EMPTY;
    if (buf_failed(&response.body)) {
        buf_release(&response.body);
        response = (struct http_response){.status = 500,
                                          .content_type = json_type_name,
                                          .borrowed = SLICE("{\"message\":\"out of memory\"}")};
    }
    if (call->region != NULL)
        region_let_go(call->region);
    json_parser_free(call->parser);
    pack(call, &response);
    http_respond(call->request, &response); /* the call is gone with the request's arena */
}

void admin_answer(struct admin_call *call, struct buf *out)
{
    call_end(call, 200, json_type_name, out);
}

static void write_message(struct buf *out, const char *message)
{
    struct json_writer writer = json_writer_of(out);

    json_object_begin(&writer);
    json_key(&writer, "message");
    json_put_str(&writer, message);
    json_object_end(&writer);
}

void admin_refuse(struct admin_call *call, int http_status, const char *fmt, ...)
{
    struct buf out = BUF_EMPTY;
    char message[1024];
    va_list args;

    va_start(args, fmt);
    vsnprintf(message, sizeof(message), fmt, args);
    va_end(args);
    /* It may quote bytes of the request, which need not be UTF-8. */
    for (char *p = message; *p != '\0'; p++)
        if ((unsigned char)*p >= 0x80 || (unsigned char)*p < 0x20)
            *p = '?';
    write_message(&out, message);
    call_end(call, http_status, json_type_name, &out);
}

/* ---- members of a body ---- */

static bool find_member(struct admin_call *call, const char *name, struct json *ret_member)
{
    return json_member(call->body, slice_str(name), ret_member) &&
           json_type(*ret_member) != JSON_NULL;
}

bool admin_text(struct admin_call *call, const char *name, const char **ret_text)
{
    struct json member;
    struct slice text;

    *ret_text = NULL;
    if (!find_member(call, name, &member))
        return true;
    text = json_type(member) == JSON_STRING ? json_string(member) : SLICE_EMPTY;
    if (text.len == 0 || memchr(text.ptr, '\0', text.len) != NULL) {
        admin_refuse(call, 400, "\"%s\" must be a string that is not empty", name);
        return false;
    }
    *ret_text = arena_str(call->request->arena, text);
    if (*ret_text != NULL)
        return true;
    admin_refuse(call, 500, "%s", status_text(ST_NOMEM));
    return false;
}

bool admin_integer(struct admin_call *call, const char *name, int64_t min, int64_t max,
                   int64_t *value)
{
    struct json member;
    int64_t number = 0;

    if (!find_member(call, name, &member))
        return true;
    if (json_type(member) != JSON_NUMBER || json_integer(member, &number) != 1 || number < min ||
        number > max) {
        admin_refuse(call, 400, "\"%s\" must be a whole number from %lld to %lld", name,
                     (long long)min, (long long)max);
        return false;
    }
    *value = number;
    return true;
}

bool admin_bool(struct admin_call *call, const char *name, bool *value)
{
    struct json member;

    if (!find_member(call, name, &member))
        return true;
    if (json_type(member) != JSON_BOOL) {
        admin_refuse(call, 400, "\"%s\" must be true or false", name);
        return false;
    }
    *value = json_bool(member);
    return true;
}

static struct region *first_open(struct server *server)
{
    for (uint32_t i = 0; i < server->region_count; i++)
        if (region_hold(&server->regions[i]))
            return &server->regions[i];
    return NULL;
}

bool admin_hold_region(struct admin_call *call)
{
    struct region *region;
    const char *name;

    if (!admin_text(call, "region", &name))
        return false;
    if (name == NULL) {
        call->region = first_open(call->server);
        if (call->region == NULL)
            admin_refuse(call, 503, "no Region is open here");
        return call->region != NULL;
    }
    region = server_region(call->server, slice_str(name));
    if (region == NULL) {
        admin_refuse(call, 404, "Region %s is not hosted here", name);
        return false;
    }
    if (!region_hold(region)) {
        admin_refuse(call, 503, "Region %s is %s", name, region_state_name(region_state(region)));
        return false;
    }
    call->region = region;
    return true;
}

/* ---- status and metrics ---- */

static void answer_view(struct admin_call *call, struct slice content_type,
                        void (*write)(struct buf *out, const struct view *view))
{
    struct buf out = BUF_EMPTY;
    struct arena arena;
    struct view view;
    int rc;

    arena_init(&arena, 0);
    rc = view_take(call->server, &arena, &view);
    if (rc == 0) {
        write(&out, &view);
        call_end(call, 200, content_type, &out);
    } else {
        admin_refuse(call, 500, "%s", status_text(rc));
    }
    arena_release(&arena);
}

static void admin_status(struct admin_call *call)
{
    answer_view(call, json_type_name, status_write);
}

static void admin_metrics(struct admin_call *call)
{
    answer_view(call, metrics_type_name, metrics_write);
}

/* ---- history ---- */

static void admin_history(struct admin_call *call)
{
    int64_t after = -1, last = 0, step = 1;
    struct buf out = BUF_EMPTY;

    if (!admin_integer(call, "after", 0, INT64_MAX / 2, &after) ||
        !admin_integer(call, "last", 1, HISTORY_SECONDS, &last) ||
        !admin_integer(call, "step", 1, HISTORY_STEP_MAX, &step))
        return;
    if (after >= 0 && last > 0) {
        admin_refuse(call, 400, "\"after\" and \"last\" exclude each other; give one of them");
        return;
    }
    history_write(call->server->history, after >= 0 ? after : 0, last, step, &out);
    admin_answer(call, &out);
}

/* ---- routes ---- */

static const struct route {
    const char *method, *path;
    void (*run)(struct admin_call *call);
    bool dev_only;
    bool control; /* on the control strand, not in the I/O pool */
} routes[] = {
    {"GET", "/_tropic/v1/status", admin_status, false, false},
    {"POST", "/_tropic/v1/verify", admin_verify, false, false},
    {"POST", "/_tropic/v1/conflicts", admin_conflicts, false, false},
    {"POST", "/_tropic/v1/insights", admin_insights, false, false},
    {"POST", "/_tropic/v1/history", admin_history, false, false},
    {"POST", "/_tropic/v1/link", admin_link, false, false},
    {"POST", "/_tropic/v1/region", admin_region, true, true},
    {"POST", "/_tropic/v1/clock", admin_clock, true, false},
    {"GET", "/metrics", admin_metrics, false, false},
};

bool admin_is_path(struct slice path)
{
    return slice_has_prefix(path, SLICE("/_tropic/")) || slice_eq_str(path, "/metrics");
}

/* Compares whole lengths whatever differs, so that time tells nothing about the token. */
static bool token_fits(struct slice given, const char *token)
{
    size_t len = strlen(token);
    unsigned difference = given.len != len;

    for (size_t i = 0; i < given.len; i++)
        difference |= given.ptr[i] ^ (unsigned char)token[len > 0 ? i % len : 0];
    return difference == 0;
}

static bool has_token(const struct server *server, const struct http_request *request)
{
    static const struct slice scheme = SLICE("Bearer ");
    struct slice header = http_request_header(request, "authorization");

    return server->config->metrics_token != NULL && slice_has_prefix(header, scheme) &&
           token_fits(slice_skip(header, scheme.len), server->config->metrics_token);
}

/* The body of a POST must be a JSON object; the parser lives as long as the call. */
static bool read_body(struct admin_call *call)
{
    if (!slice_eq_str(call->request->method, "POST"))
        return true;
    call->parser = json_parser_new();
    if (call->parser == NULL) {
        admin_refuse(call, 500, "%s", status_text(ST_NOMEM));
        return false;
    }
    if (json_parse(call->parser, call->request->body, &call->body) < 0 ||
        json_type(call->body) != JSON_OBJECT) {
        admin_refuse(call, 400, "the body must be a JSON object");
        return false;
    }
    return true;
}

static void on_call_task(struct task *task)
{
    struct admin_call *call = CONTAINER_OF(task, struct admin_call, task);

    if (read_body(call))
        call->run(call);
}

static const struct route *find_route(struct admin_call *call)
{
    const struct route *wrong_method = NULL;

    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (!slice_eq_str(call->request->path, routes[i].path))
            continue;
        if (slice_eq_str(call->request->method, routes[i].method))
            return &routes[i];
        wrong_method = &routes[i];
    }
    if (wrong_method != NULL)
        admin_refuse(call, 405, "%s takes %s", wrong_method->path, wrong_method->method);
    else
        admin_refuse(call, 404, "no such path; docs/operations.md lists them");
    return NULL;
}

void admin_handle(struct server *server, struct http_request *request)
{
    struct slice region, access_key;
    const struct route *route;
    struct admin_call *call;

    if (!(slice_eq_str(request->path, "/metrics") && has_token(server, request)) &&
        !api_authenticate(server->host.api, request, &region, &access_key))
        return;
    call = ARENA_NEW(request->arena, struct admin_call);
    if (call == NULL) {
        http_respond(request, &(struct http_response){.status = 500});
        return;
    }
    call->server = server;
    call->request = request;
    route = find_route(call);
    if (route == NULL)
        return;
    if (route->dev_only && !server->config->dev) {
        admin_refuse(call, 403,
                     "only `tropic dev` does this; a Region of `tropic serve` is "
                     "stopped by stopping its process, and has the machine's clock");
        return;
    }
    call->run = route->run;
    task_init(&call->task, on_call_task);
    if (route->control)
        strand_post(server->control, &call->task);
    else
        executor_io(server->executor, &call->task);
}
