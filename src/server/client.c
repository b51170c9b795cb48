/*
 * client.c - see client.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "auth/sigv4.h"
#include "http/tls.h"
#include "server/config.h"
#include "server/quantity.h"

enum { CALL_TIMEOUT_MS = 10 * 60 * 1000, HOST_LEN_MAX = 255 }; /* verify reads every item */

static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && value[0] != '\0' ? value : NULL;
}

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int choose_credential(struct client *client, const struct arguments *arguments,
                             struct refusal *reterr)
{
    const char *path = arguments_value(arguments, "--credentials");
    const char *profile = arguments_value(arguments, "--profile");
    const char *access_key = variable("AWS_ACCESS_KEY_ID");
    int rc;

    if (path == NULL) {
        client->signing = (struct credential){.access_key = "TROPICDEV", .secret_key = "tropic"};
        if (access_key != NULL) {
            const char *secret_key = variable("AWS_SECRET_ACCESS_KEY");

            if (secret_key == NULL)
                return refuse(reterr, "AWS_ACCESS_KEY_ID is set but AWS_SECRET_ACCESS_KEY is not");
            client->signing = (struct credential){.access_key = access_key,
                                                  .secret_key = secret_key,
                                                  .session_token = variable("AWS_SESSION_TOKEN")};
        }
        return 0;
    }
    if (profile == NULL)
        profile = variable("AWS_PROFILE") != NULL ? variable("AWS_PROFILE") : "default";
    rc = credentials_new(&client->credentials);
    if (rc < 0)
        return rc;
    rc = credentials_load(client->credentials, path, &(struct log){.sink = NULL}, reterr);
    if (rc < 0)
        return rc;
    client->from_file = credentials_profile(client->credentials, profile);
    if (client->from_file == NULL)
        return refuse(reterr, "%s: has no section [%s]; name one with --profile", path, profile);
    client->signing = *client->from_file;
    return 0;
}

int client_open(const struct arguments *arguments, struct client *ret_client,
                struct refusal *reterr)
{
    struct client client = {.arguments = arguments, .answer = HTTP_CLIENT_ANSWER_EMPTY};
    const char *endpoint = arguments_value(arguments, "--endpoint");
    struct http_client_options options = {.timeout_ms = CALL_TIMEOUT_MS};
    char host[HOST_LEN_MAX + 1];
    bool https;
    int rc;

    if (endpoint == NULL)
        endpoint = variable("TROPIC_ENDPOINT");
    if (endpoint == NULL)
        endpoint = "http://127.0.0.1:8000";
    snprintf(client.endpoint, sizeof(client.endpoint), "%s", endpoint);
    client.region = variable("AWS_REGION");
    if (client.region == NULL)
        client.region = variable("AWS_DEFAULT_REGION");
    if (client.region == NULL)
        client.region = "us-east-1";
    if (quantity_url(endpoint, CLIENT_PORT_DEFAULT, &https, host, sizeof(host), &options.port) <
        0) {
        rc = refuse(reterr,
                    "endpoint %s: not http:// or https:// with a host and a port alone; "
                    "write it as http://127.0.0.1:8000",
                    endpoint);
        goto out;
    }
    rc = choose_credential(&client, arguments, reterr);
    if (rc < 0)
        goto out;
    if (https) {
        rc = tls_client_new(arguments_value(arguments, "--ca"), &client.tls, reterr);
        if (rc < 0)
            goto out;
    }
    client.parser = json_parser_new();
    if (client.parser == NULL) {
        rc = ST_NOMEM;
        goto out;
    }
    options.host = host;
    options.tls = client.tls;
    rc = http_client_open(&options, &client.http);
    if (rc < 0)
        goto out;
    *ret_client = client;
    client = (struct client){.http = NULL};
out:
    client_close(&client);
    return rc;
}

void client_close(struct client *client)
{
    http_client_answer_release(&client->answer);
    http_client_close(client->http);
    json_parser_free(client->parser);
    credential_unref(client->from_file);
    credentials_free(client->credentials);
    tls_free(client->tls);
    *client = (struct client){.http = NULL};
}

/* What the server says is wrong, in its words. */
static int refuse_as_answered(struct client *client, struct json root, bool is_json,
                              struct refusal *reterr)
{
    struct slice message = SLICE_EMPTY, type = SLICE_EMPTY;

    if (is_json) {
        message = answer_text(root, "message");
        type = answer_text(root, "__type");
    }
    if (message.len > 0)
        return refuse(reterr, "%.*s", SLICE_ARGS(message));
    if (type.len > 0)
        return refuse(reterr, "%s answered %.*s", client->endpoint, SLICE_ARGS(type));
    return refuse(reterr, "%s answered with HTTP status %d; is a Tropic server there?",
                  client->endpoint, client->answer.status);
}

int client_call(struct client *client, const char *method, const char *path, struct slice body,
                struct json *ret_root, struct refusal *reterr)
{
    struct sigv4_signing signing = {.credential = &client->signing,
                                    .region = client->region,
                                    .service = "dynamodb",
                                    .wall_ms = wall_ms()};
    struct http_header content_type = {SLICE("Content-Type"), SLICE("application/json")};
    struct http_client_request request = {.method = slice_str(method),
                                          .target = slice_str(path),
                                          .headers = &content_type,
                                          .header_count = body.len > 0,
                                          .body = body};
    struct refusal why;
    struct json root = {.doc = NULL};
    bool is_json;
    int rc;

    http_client_answer_release(&client->answer);
    client->answer = HTTP_CLIENT_ANSWER_EMPTY;
    rc = signed_call(client->http, &signing, &request, &client->answer, &why);
    if (rc == ST_NOMEM)
        return rc;
    if (rc < 0)
        return refuse(reterr,
                      "cannot reach %s: %s; is the server running, and is --endpoint right?",
                      client->endpoint, why.text);
    is_json = json_parse(client->parser, client->answer.body, &root) == 0 &&
              json_type(root) == JSON_OBJECT;
    if (client->answer.status != 200 || !is_json)
        return refuse_as_answered(client, root, is_json, reterr);
    *ret_root = root;
    return 0;
}

struct slice client_answer_text(const struct client *client)
{
    return client->answer.body;
}

int client_ask(const struct arguments *arguments, const char *method, const char *path,
               struct buf *body, int (*show)(const struct client *client, struct json root))
{
    struct refusal refusal;
    struct client client;
    struct json root;
    int code, rc = client_open(arguments, &client, &refusal);

    if (rc < 0) {
        buf_release(body);
        return command_fail(EXIT_USAGE, "%s", rc == ST_REFUSED ? refusal.text : status_text(rc));
    }
    rc = buf_failed(body) ? ST_NOMEM
                          : client_call(&client, method, path, buf_slice(body), &root, &refusal);
    buf_release(body);
    if (rc == 0)
        code = show(&client, root);
    else
        code = command_fail(EXIT_FAILED, "%s", rc == ST_REFUSED ? refusal.text : status_text(rc));
    client_close(&client);
    return code;
}

int64_t answer_integer(struct json object, const char *name)
{
    struct json member;
    int64_t value = 0;

    if (json_member(object, slice_str(name), &member) && json_type(member) == JSON_NUMBER)
        json_integer(member, &value);
    return value;
}

bool answer_bool(struct json object, const char *name)
{
    struct json member;

    return json_member(object, slice_str(name), &member) && json_type(member) == JSON_BOOL &&
           json_bool(member);
}

struct slice answer_text(struct json object, const char *name)
{
    struct json member;

    if (json_member(object, slice_str(name), &member) && json_type(member) == JSON_STRING)
        return json_string(member);
    return SLICE_EMPTY;
}

struct json_iterator answer_list(struct json object, const char *name)
{
    struct json member;

    if (json_member(object, slice_str(name), &member))
        return json_iterate(member);
    return (struct json_iterator){.at = 0, .end = 0};
}
