/*
 * client.h - how the commands that ask something of a running server reach it.
 *
 *     struct client client;
 *     rc = client_open(arguments, &client, &refusal);
 *     rc = client_call(&client, "POST", "/_tropic/v1/verify", buf_slice(&body), &root, &refusal);
 *     ... json_member(root, ...) until the next call ...
 *     client_close(&client);
 *
 * Where:  --endpoint, else TROPIC_ENDPOINT, else http://127.0.0.1:8000. --ca for https with a CA of
 *         one's own.
 * As who: --credentials FILE with --profile (else AWS_PROFILE, else "default"); else
 *         AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; else a made-up key, which
 * is enough for `tropic dev`.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_CLIENT_H
#define TROPIC_SERVER_CLIENT_H

#include "auth/credentials.h"
#include "http/http_client.h"
#include "server/command.h"
#include "value/json.h"

/* clang-format off */
#define CLIENT_FLAGS                                                                             \
    {"--endpoint", "URL", "The server (default $TROPIC_ENDPOINT, else http://127.0.0.1:8000)."}, \
    {"--credentials", "FILE", "Access keys to sign with, in the form of ~/.aws/credentials "     \
     "(default: the AWS_* variables, else a made-up key, enough for `tropic dev`)."},            \
    {"--profile", "NAME", "Section of that file (default $AWS_PROFILE, else \"default\")."},     \
    {"--ca", "FILE", "CAs to trust for an https endpoint (default: the system's)."}
/* clang-format on */

struct tls;

struct client {
    const struct arguments *arguments; /* of the command that asks */
    struct http_client *http;
    struct tls *tls;
    struct credentials *credentials;    /* NULL: the variables, or a made-up key */
    const struct credential *from_file; /* NULL likewise */
    struct credential signing;
    const char *region; /* of the signature's scope */
    struct json_parser *parser;
    struct http_client_answer answer;
    char endpoint[300];
};

/** ST_REFUSED with one line; ST_NOMEM. Does not connect yet. */
int client_open(const struct arguments *arguments, struct client *ret_client,
                struct refusal *reterr);
/** The answer's JSON, valid until the next call. ST_REFUSED with the server's message, or why not.
 */
int client_call(struct client *client, const char *method, const char *path, struct slice body,
                struct json *ret_root, struct refusal *reterr);
/** The answer as it came. */
struct slice client_answer_text(const struct client *client);
void client_close(struct client *client);

/**
 * A whole command that asks one thing: opens, calls, shows, closes. `body` (empty for a GET) is
 * released. show() prints the answer and gives the exit code; failures are printed here.
 */
int client_ask(const struct arguments *arguments, const char *method, const char *path,
               struct buf *body, int (*show)(const struct client *client, struct json root));

/* ---- members of an answer: a missing one is 0, false or "" ---- */

int64_t answer_integer(struct json object, const char *name);
bool answer_bool(struct json object, const char *name);
struct slice answer_text(struct json object, const char *name);
struct json_iterator answer_list(struct json object, const char *name);

#endif
