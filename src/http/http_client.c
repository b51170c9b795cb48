/*
 * http_client.c - see http_client.h.
 *
 * The socket does not block; one deadline for the whole call bounds each wait in poll(). The head
 * of the answer is gathered first and parsed whole, the body is handed to llhttp as it comes, which
 * knows chunks, lengths and bodies that end with the connection.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http_client.h"

#include <errno.h>
#include <llhttp.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/executor_threads.h"
#include "http/stream.h"

struct http_client {
    char *host;
    char *authority;
    uint16_t port;
    struct tls *tls;
    unsigned timeout_ms;
    size_t answer_bytes_max;
    struct stream stream; /* fd -1: not connected */
};

int http_client_open(const struct http_client_options *options, struct http_client **ret_client)
{
    struct http_client *client = calloc(1, sizeof(*client));
    uint16_t usual_port = options->tls ? 443 : 80;
    bool is_six = strchr(options->host, ':') != NULL;
    int n;

    if (client == NULL)
        return ST_NOMEM;
    client->stream = STREAM_EMPTY;
    client->port = options->port;
    client->tls = options->tls;
    client->timeout_ms = options->timeout_ms ? options->timeout_ms : HTTP_CLIENT_TIMEOUT_MS_DEFAULT;
    client->answer_bytes_max = options->answer_bytes_max ? options->answer_bytes_max
                                                         : HTTP_CLIENT_ANSWER_BYTES_MAX_DEFAULT;
    client->host = strdup(options->host);
    n = asprintf(&client->authority, is_six ? "[%s]:%u" : "%s:%u", options->host, options->port);
    if (n < 0)
        client->authority = NULL;
    if (client->host == NULL || client->authority == NULL) {
        http_client_close(client);
        return ST_NOMEM;
    }
    if (options->port == usual_port)
        *strrchr(client->authority, ':') = '\0';
    *ret_client = client;
    return 0;
}

void http_client_close(struct http_client *client)
{
    if (client == NULL)
        return;
    stream__close(&client->stream);
    free(client->host);
    free(client->authority);
    free(client);
}

struct slice http_client_authority(const struct http_client *client)
{
    return slice_str(client->authority);
}

/* ---- waiting ---- */

static int64_t now_ms(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

/** Until the descriptor is ready for `wants` (WATCH_*). 0 or ST_TIMEOUT. */
static int wait_for(int fd, unsigned wants, int64_t deadline_ms)
{
    struct pollfd poll_fd = {.fd = fd};
    int n;

    if (wants & WATCH_READ)
        poll_fd.events |= POLLIN;
    if (wants & WATCH_WRITE)
        poll_fd.events |= POLLOUT;
    do {
        int64_t left = deadline_ms - now_ms();

        if (left <= 0)
            return ST_TIMEOUT;
        n = poll(&poll_fd, 1, (int)left);
    } while (n < 0 && errno == EINTR);
    return n > 0 ? 0 : ST_TIMEOUT;
}

static int fail(struct http_client *client, int rc, struct refusal *reterr, const char *what)
{
    int refused =
        refuse(reterr, "%s: %s", client->authority, rc == ST_TIMEOUT ? "no answer in time" : what);

    (void)refused; /* it only fills in the text; the status says more */
    stream__close(&client->stream);
    return rc;
}

/* ---- connecting ---- */

/** Connects to one address; the fd, or -1 with the reason in *ret_error. */
static int connect_to(const struct addrinfo *address, int64_t deadline_ms, int *ret_error)
{
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int error = 0;
    socklen_t len = sizeof(error);

    if (fd < 0) {
        *ret_error = errno;
        return -1;
    }
    if (connect(fd, address->ai_addr, address->ai_addrlen) < 0)
        error = errno;
    if (error == EINPROGRESS) {
        if (wait_for(fd, WATCH_WRITE, deadline_ms) < 0)
            error = ETIMEDOUT;
        else
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    }
    if (error == 0)
        return fd;
    close(fd);
    *ret_error = error;
    return -1;
}

static int client_connect(struct http_client *client, int64_t deadline_ms, struct refusal *reterr)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *addresses;
    char port[8], reason[200];
    int fd = -1, error = 0, rc;

    snprintf(port, sizeof(port), "%u", client->port);
    rc = getaddrinfo(client->host, port, &hints, &addresses);
    if (rc != 0)
        return fail(client, ST_IO, reterr, gai_strerror(rc));
    for (struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next)
        fd = connect_to(at, deadline_ms, &error);
    freeaddrinfo(addresses);
    if (fd < 0)
        return fail(client, error == ETIMEDOUT ? ST_TIMEOUT : ST_IO, reterr, strerror(error));
    rc = stream__open(&client->stream, fd, client->tls, TLS_CONNECTS, client->host);
    while (rc == 0) {
        rc = stream__handshake(&client->stream);
        if (rc != ST_AGAIN)
            break;
        rc = wait_for(client->stream.fd, client->stream.wants, deadline_ms);
    }
    if (rc == 0)
        return 0;
    stream__explain(&client->stream, reason, sizeof(reason));
    return fail(client, rc == ST_REFUSED ? ST_IO : rc, reterr, reason);
}

/** A kept connection on which the server has said something, or goodbye, is of no use. */
static bool is_usable(const struct http_client *client)
{
    struct pollfd poll_fd = {.fd = client->stream.fd, .events = POLLIN};

    return client->stream.fd >= 0 && poll(&poll_fd, 1, 0) == 0;
}

/* ---- the request ---- */

static int send_all(struct http_client *client, struct slice bytes, int64_t deadline_ms)
{
    while (bytes.len > 0) {
        struct iovec part = {.iov_base = (void *)(uintptr_t)bytes.ptr, .iov_len = bytes.len};
        size_t sent;
        int rc = stream__send(&client->stream, &part, 1, &sent);

        if (rc == ST_AGAIN) {
            rc = wait_for(client->stream.fd, client->stream.wants, deadline_ms);
            if (rc < 0)
                return rc;
            continue;
        }
        if (rc < 0)
            return rc;
        bytes = slice_skip(bytes, sent);
    }
    return 0;
}

static int send_request(struct http_client *client, const struct http_client_request *request,
                        int64_t deadline_ms)
{
    struct buf head = BUF_EMPTY;
    int rc = ST_NOMEM;

    buf_printf(&head, "%.*s %.*s HTTP/1.1\r\nHost: %s\r\nContent-Length: %zu\r\n",
               SLICE_ARGS(request->method), SLICE_ARGS(request->target), client->authority,
               request->body.len);
    for (size_t i = 0; i < request->header_count; i++)
        buf_printf(&head, "%.*s: %.*s\r\n", SLICE_ARGS(request->headers[i].name),
                   SLICE_ARGS(request->headers[i].value));
    buf_append_str(&head, "\r\n");
    if (buf_failed(&head))
        goto out;
    rc = send_all(client, buf_slice(&head), deadline_ms);
    if (rc == 0)
        rc = send_all(client, request->body, deadline_ms);
out:
    buf_release(&head);
    return rc;
}

/* ---- the answer ---- */

/* While an answer arrives; parser.data. */
struct arrival {
    llhttp_t parser;
    struct http_client_answer *answer;
    bool for_head; /* the request was HEAD: no body follows */
    bool head_complete, complete, too_many;
};

static int on_header_field(llhttp_t *parser, const char *at, size_t len)
{
    struct arrival *arrival = parser->data;
    struct http_client_answer *answer = arrival->answer;

    if (arrival->head_complete)
        return 0; /* trailers are dropped */
    if (answer->header_count == HTTP_HEADERS_MAX) {
        arrival->too_many = true;
        return -1;
    }
    answer->headers[answer->header_count++] = (struct http_header){.name = slice_of(at, len)};
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t len)
{
    struct arrival *arrival = parser->data;
    struct http_client_answer *answer = arrival->answer;

    while (len > 0 && (at[len - 1] == ' ' || at[len - 1] == '\t'))
        len--;
    if (!arrival->head_complete)
        answer->headers[answer->header_count - 1].value = slice_of(at, len);
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct arrival *arrival = parser->data;

    arrival->head_complete = true;
    arrival->answer->status = llhttp_get_status_code(parser);
    return arrival->for_head ? 1 : 0;
}

static int on_body(llhttp_t *parser, const char *at, size_t len)
{
    struct arrival *arrival = parser->data;

    return buf_append(&arrival->answer->body_bytes, at, len) < 0 ? -1 : 0;
}

static int on_message_complete(llhttp_t *parser)
{
    struct arrival *arrival = parser->data;

    arrival->complete = true;
    return HPE_PAUSED;
}

static const llhttp_settings_t answer_settings = {
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_headers_complete = on_headers_complete,
    .on_body = on_body,
    .on_message_complete = on_message_complete,
};

/** Reads at least one byte into buf; *ret_len 0: the server closed. */
static int receive_some(struct http_client *client, struct buf *to, size_t *ret_len,
                        int64_t deadline_ms)
{
    enum { PIECE = 16 * 1024 };
    int rc;

    if (buf_reserve(to, PIECE) < 0)
        return ST_NOMEM;
    while ((rc = stream__receive(&client->stream, to->ptr + to->len, PIECE, ret_len)) == ST_AGAIN) {
        rc = wait_for(client->stream.fd, client->stream.wants, deadline_ms);
        if (rc < 0)
            return rc;
    }
    if (rc == 0)
        to->len += *ret_len;
    return rc;
}

/** Gathers a head in `answer->head_bytes`; what came behind it goes to *rest. */
static int receive_head(struct http_client *client, struct http_client_answer *answer,
                        struct buf *rest, int64_t deadline_ms)
{
    struct buf *head = &answer->head_bytes;

    buf_clear(head);
    buf_append_slice(head, buf_slice(rest));
    buf_clear(rest);
    for (;;) {
        const uint8_t *end = head->len > 0 ? memmem(head->ptr, head->len, "\r\n\r\n", 4) : NULL;
        size_t len;
        int rc;

        if (end != NULL) {
            size_t head_len = (size_t)(end - head->ptr) + 4;

            buf_append(rest, head->ptr + head_len, head->len - head_len);
            head->len = head_len;
            return buf_failed(rest) ? ST_NOMEM : 0;
        }
        if (head->len > HTTP_HEAD_BYTES_MAX)
            return ST_TOOBIG;
        rc = receive_some(client, head, &len, deadline_ms);
        if (rc < 0)
            return rc;
        if (len == 0)
            return ST_IO;
    }
}

static int receive_body(struct http_client *client, struct arrival *arrival, struct buf *rest,
                        int64_t deadline_ms)
{
    while (!arrival->complete) {
        enum llhttp_errno error;
        size_t len = rest->len;
        int rc;

        if (len == 0) {
            rc = receive_some(client, rest, &len, deadline_ms);
            if (rc < 0)
                return rc;
        }
        if (len == 0) /* the end of the connection may be the end of the body */
            error = llhttp_finish(&arrival->parser);
        else
            error = llhttp_execute(&arrival->parser, (const char *)rest->ptr, rest->len);
        if (buf_failed(&arrival->answer->body_bytes))
            return ST_NOMEM;
        if (error != HPE_OK && !arrival->complete)
            return len == 0 ? ST_IO : ST_CORRUPT;
        if (len == 0 && !arrival->complete)
            return ST_IO;
        buf_clear(rest);
        if (arrival->answer->body_bytes.len > client->answer_bytes_max)
            return ST_TOOBIG;
    }
    return 0;
}

static int receive_answer(struct http_client *client, bool for_head,
                          struct http_client_answer *answer, int64_t deadline_ms)
{
    struct arrival arrival;
    struct buf rest = BUF_EMPTY;
    int rc;

    do { /* once, or more when "100 Continue" and its like come first */
        enum llhttp_errno error;

        answer->header_count = 0;
        rc = receive_head(client, answer, &rest, deadline_ms);
        if (rc < 0)
            goto out;
        arrival = (struct arrival){.answer = answer, .for_head = for_head};
        llhttp_init(&arrival.parser, HTTP_RESPONSE, &answer_settings);
        arrival.parser.data = &arrival;
        error = llhttp_execute(&arrival.parser, (const char *)answer->head_bytes.ptr,
                               answer->head_bytes.len);
        rc = arrival.too_many ? ST_TOOBIG : ST_CORRUPT;
        if ((error != HPE_OK && error != HPE_PAUSED) || !arrival.head_complete)
            goto out;
    } while (answer->status / 100 == 1);
    rc = receive_body(client, &arrival, &rest, deadline_ms);
    if (rc < 0)
        goto out;
    answer->body = buf_slice(&answer->body_bytes);
    if (!llhttp_should_keep_alive(&arrival.parser))
        stream__close(&client->stream);
out:
    buf_release(&rest);
    return rc;
}

int http_client_call(struct http_client *client, const struct http_client_request *request,
                     struct http_client_answer *ret_answer, struct refusal *reterr)
{
    int64_t deadline_ms = now_ms() + client->timeout_ms;
    struct http_client_answer answer = HTTP_CLIENT_ANSWER_EMPTY;
    int rc;

    if (!is_usable(client)) {
        stream__close(&client->stream);
        rc = client_connect(client, deadline_ms, reterr);
        if (rc < 0)
            return rc;
    }
    rc = send_request(client, request, deadline_ms);
    /* A server may refuse before it has read all: then its answer is there to be read. */
    if (rc == 0 || rc == ST_IO)
        rc = receive_answer(client, slice_eq_str(request->method, "HEAD"), &answer, deadline_ms);
    if (rc < 0) {
        http_client_answer_release(&answer);
        return fail(client, rc, reterr,
                    rc == ST_IO ? "the connection was closed" : status_text(rc));
    }
    *ret_answer = answer;
    return 0;
}

struct slice http_client_answer_header(const struct http_client_answer *answer, const char *name)
{
    for (size_t i = 0; i < answer->header_count; i++)
        if (slice_eq_nocase(answer->headers[i].name, slice_str(name)))
            return answer->headers[i].value;
    return SLICE_EMPTY;
}

void http_client_answer_release(struct http_client_answer *answer)
{
    buf_release(&answer->head_bytes);
    buf_release(&answer->body_bytes);
    *answer = HTTP_CLIENT_ANSWER_EMPTY;
}
