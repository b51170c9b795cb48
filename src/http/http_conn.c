/*
 * http_conn.c - one connection: reads, hands requests to the handler, writes answers in order.
 *
 *  HANDSHAKE --> OPEN --> LINGERING --> CLOSED
 *      |          |                       ^
 *      +----------+-----------------------+
 *
 *   HANDSHAKE  under TLS only
 *   OPEN       requests come in, answers go out
 *   LINGERING  everything is said; what the client is still sending is read and dropped, because
 *              closing with unread bytes would reset the connection and could destroy our last
 *              answer on its way (RFC 9112 section 9.6)
 *   CLOSED     the socket is gone; the object waits for requests that are still with the handler
 *
 * Requests in flight are a list in order of arrival. An answer may be ready at any place in it, but
 * only the answers at its head are written, together, with one call. Answers that come while the
 * handler is being called, or several in one turn of the worker, leave in one write.
 *
 * Nobody holds the server for free: at most HTTP_PIPELINE_MAX requests are in flight, none is taken
 * while HTTP_OUTPUT_PAUSE_BYTES wait to be sent, and one timer watches the deadline of what the
 * connection is waiting for. The timer is not moved with every request; when it fires early it
 * looks at the deadline again.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/http_conn.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/hash.h"

enum {
    READS_PER_EVENT = 8, /* a fair share of the worker for one connection */
    WRITE_PARTS_MAX = 64,
    LINGER_MS = 5000,
    LINGER_DRAINING_MS = 500, /* a server that stops does not wait for slow clients */
    LINGER_BYTES_MAX = 64 * 1024 * 1024,
};

static const struct slice go_on = {(const uint8_t *)"HTTP/1.1 100 Continue\r\n\r\n", 25};

enum conn_state { CONN_HANDSHAKE, CONN_OPEN, CONN_LINGERING, CONN_CLOSED, CONN_STATE_COUNT };

static const unsigned conn_moves[CONN_STATE_COUNT] = {
    [CONN_HANDSHAKE] = BIT(CONN_OPEN) | BIT(CONN_CLOSED),
    [CONN_OPEN] = BIT(CONN_LINGERING) | BIT(CONN_CLOSED),
    [CONN_LINGERING] = BIT(CONN_CLOSED),
};

struct http_conn {
    struct list_node node; /* of the loop */
    struct http_loop *loop;
    enum conn_state state;
    bool busy; /* a callback of ours is at work: it settles the connection when it ends */
    struct stream stream;
    struct watch watch;

    /* Reading. */
    struct http_input input;
    unsigned read_wants;   /* WATCH_*: what a read waits for */
    bool no_more_requests; /* refused, or the last one was to close */
    bool end_of_stream;

    /* Answering. */
    struct list_node in_flight; /* exchanges, oldest first */
    unsigned in_flight_count;
    struct task flush;       /* posted when answers became ready while we were not at work */
    size_t unsent_bytes;     /* of answers that are ready */
    struct slice last_words; /* after all answers: a refusal; static bytes not yet sent */
    struct slice go_on;      /* what is left of "100 Continue", when it is due */
    bool write_blocked;
    unsigned write_wants; /* WATCH_*: what a blocked write waits for */

    /* Deadlines. */
    struct timer timer;
    struct mono read_at;       /* bytes came */
    struct mono request_began; /* the first byte of a head, or of a body, came */
    uint64_t body_bytes;       /* since then */
    struct mono idle_since, write_progress, linger_until;
    uint64_t linger_bytes;
};

static struct mono conn_now(const struct http_conn *conn)
{
    return executor_now(conn->loop->strand->executor);
}

static bool conn_is_draining(const struct http_conn *conn)
{
    return atomic_load_explicit(&conn->loop->server->draining, memory_order_relaxed);
}

static void conn_set_state(struct http_conn *conn, enum conn_state state)
{
    assert(conn_moves[conn->state] & BIT(state));
    conn->state = state;
}

/* ---- ending ---- */

/** Frees answers that will not be sent. Those still with the handler are freed when they come. */
static void drop_answers(struct http_conn *conn)
{
    LIST_FOREACH_SAFE(node, next, &conn->in_flight)
    {
        struct http_exchange *exchange = LIST_ENTRY(node, struct http_exchange, in_flight);

        if (!exchange->is_answered)
            continue;
        conn->in_flight_count--;
        http_pool__exchange_free(&conn->loop->pool, exchange);
    }
    conn->unsent_bytes = 0;
}

static void conn_close(struct http_conn *conn)
{
    if (conn->state == CONN_CLOSED)
        return;
    conn_set_state(conn, CONN_CLOSED);
    watch_stop(&conn->watch);
    timer_stop(&conn->timer);
    stream__close(&conn->stream);
    http_input__release(&conn->input);
    drop_answers(conn);
}

static void conn_linger(struct http_conn *conn)
{
    conn_set_state(conn, CONN_LINGERING);
    stream__shutdown(&conn->stream);
    http_input__release(&conn->input);
    drop_answers(conn);
    conn->linger_until =
        mono_add_ms(conn_now(conn), conn_is_draining(conn) ? LINGER_DRAINING_MS : LINGER_MS);
}

static void conn_free(struct http_conn *conn)
{
    struct http_server *server = conn->loop->server;

    assert(list_empty(&conn->in_flight));
    list_remove(&conn->node);
    free(conn);
    if (atomic_fetch_sub(&server->connections, 1) == 1) {
        pthread_mutex_lock(&server->lock);
        pthread_cond_broadcast(&server->emptied);
        pthread_mutex_unlock(&server->lock);
    }
}

/* ---- deadlines ---- */

static bool conn_takes_requests(const struct http_conn *conn)
{
    return conn->state == CONN_OPEN && !conn->no_more_requests &&
           conn->in_flight_count < HTTP_PIPELINE_MAX &&
           conn->unsent_bytes < HTTP_OUTPUT_PAUSE_BYTES &&
           (conn->go_on.len == 0 || conn->go_on.len == go_on.len); /* not in the middle of it */
}

/** Is a request half received, and are we reading? */
static bool conn_is_receiving(const struct http_conn *conn)
{
    return conn_takes_requests(conn) && !http_input__is_idle(&conn->input);
}

static bool conn_is_idle(const struct http_conn *conn)
{
    return conn->state == CONN_OPEN && conn->in_flight_count == 0 &&
           http_input__is_idle(&conn->input) && conn->last_words.len == 0;
}

static struct mono earlier(struct mono a, struct mono b)
{
    return a.ns < b.ns ? a : b;
}

static struct mono body_deadline(const struct http_conn *conn)
{
    int64_t earned_ms = (int64_t)(conn->body_bytes * 1000 / HTTP_BODY_RATE_MIN);

    return mono_add_ms(conn->request_began, conn->loop->server->options.body_grace_ms + earned_ms);
}

static struct mono stall_deadline(const struct http_conn *conn)
{
    return mono_add_ms(conn->write_progress, conn->loop->server->options.write_stall_ms);
}

/** When to give up on what the client has to do next; INT64_MAX when it is our turn. */
static struct mono conn_deadline(const struct http_conn *conn)
{
    const struct http_server_options *options = &conn->loop->server->options;
    struct mono deadline = {INT64_MAX};

    if (conn->state == CONN_HANDSHAKE)
        return mono_add_ms(conn->idle_since, options->head_timeout_ms);
    if (conn->state == CONN_LINGERING)
        return conn->linger_until;
    if (conn->write_blocked)
        deadline = stall_deadline(conn);
    if (conn_is_idle(conn))
        deadline = earlier(deadline, mono_add_ms(conn->idle_since, options->idle_timeout_ms));
    else if (conn_is_receiving(conn) && conn->input.state == HTTP_INPUT_HEAD)
        deadline = earlier(deadline, mono_add_ms(conn->request_began, options->head_timeout_ms));
    else if (conn_is_receiving(conn))
        deadline = earlier(deadline, body_deadline(conn));
    return deadline;
}

static void conn_arm_timer(struct http_conn *conn)
{
    struct mono deadline = conn_deadline(conn);

    if (deadline.ns == INT64_MAX)
        return; /* a running timer may fire; it will find nothing to do */
    if (!timer_running(&conn->timer) || conn->timer.due.ns > deadline.ns)
        timer_start(conn->loop->strand, &conn->timer, deadline);
}

/* ---- writing ---- */

static struct iovec part_of(struct slice bytes)
{
    return (struct iovec){.iov_base = (void *)(uintptr_t)bytes.ptr, .iov_len = bytes.len};
}

/** What may be written now, in order; returns the number of parts. */
static int conn_gather(struct http_conn *conn, struct iovec parts[WRITE_PARTS_MAX])
{
    int count = 0;

    LIST_FOREACH(node, &conn->in_flight)
    {
        struct http_exchange *exchange = LIST_ENTRY(node, struct http_exchange, in_flight);
        struct slice bytes[2];
        size_t skip = exchange->sent;

        if (!exchange->is_answered || count + 3 > WRITE_PARTS_MAX)
            return count; /* until it is answered, the rest of it belongs to the handler */
        bytes[0] = buf_slice(&exchange->answer_head);
        bytes[1] = exchange->answer_bytes;
        for (int i = 0; i < 2; i++) {
            size_t n = skip < bytes[i].len ? skip : bytes[i].len;

            skip -= n;
            if (bytes[i].len > n)
                parts[count++] = part_of(slice_skip(bytes[i], n));
        }
        if (exchange->closes)
            return count;
    }
    if (conn->last_words.len > 0)
        parts[count++] = part_of(conn->last_words);
    else if (conn->go_on.len > 0)
        parts[count++] = part_of(conn->go_on);
    return count;
}

/** Accounts for sent bytes and frees what is sent in full. True: nothing may follow. */
static bool conn_sent(struct http_conn *conn, size_t len)
{
    count_add(&conn->loop->counts.bytes_sent, len);
    conn->write_progress = conn->idle_since = conn_now(conn);
    while (len > 0 && !list_empty(&conn->in_flight)) {
        struct http_exchange *exchange =
            LIST_ENTRY(conn->in_flight.next, struct http_exchange, in_flight);
        size_t left = exchange->answer_head.len + exchange->answer_bytes.len - exchange->sent;
        bool closes = exchange->closes;

        if (len < left) {
            exchange->sent += len;
            conn->unsent_bytes -= len;
            return false;
        }
        len -= left;
        conn->unsent_bytes -= left;
        conn->in_flight_count--;
        http_pool__exchange_free(&conn->loop->pool, exchange);
        if (closes)
            return true;
    }
    if (len > 0 && conn->last_words.len > 0) {
        conn->last_words = slice_skip(conn->last_words, len);
        return conn->last_words.len == 0;
    }
    if (len > 0)
        conn->go_on = slice_skip(conn->go_on, len);
    return false;
}

/** Writes what is ready. Afterwards the connection may be lingering or closed. */
static void conn_write(struct http_conn *conn)
{
    struct iovec parts[WRITE_PARTS_MAX];
    int count, rc;

    while (conn->state == CONN_OPEN && (count = conn_gather(conn, parts)) > 0) {
        size_t sent;

        rc = stream__send(&conn->stream, parts, count, &sent);
        if (rc == ST_AGAIN) {
            if (!conn->write_blocked)
                conn->write_progress = conn_now(conn);
            conn->write_blocked = true;
            conn->write_wants = conn->stream.wants;
            return;
        }
        if (rc < 0)
            conn_close(conn);
        else if (conn_sent(conn, sent))
            conn_linger(conn);
    }
    conn->write_blocked = false;
}

/* ---- requests ---- */

static void on_answered(struct task *task);

static void conn_dispatch(struct http_conn *conn, struct http_exchange *exchange)
{
    struct http_loop *loop = conn->loop;
    struct http_request *request = &exchange->request;

    exchange->conn = conn;
    task_init(&exchange->answered, on_answered);
    request->strand = loop->strand;
    request->tls = conn->stream.ssl != NULL;
    request->received = conn->read_at;
    request->server_context = loop->server->options.context;
    list_append(&conn->in_flight, &exchange->in_flight);
    conn->in_flight_count++;
    conn->no_more_requests = !exchange->framing.keep_alive;
    conn->request_began = conn->read_at; /* of what follows, if its first bytes are here already */
    conn->go_on = SLICE_EMPTY;           /* the client did not wait for it */
    count_add(&loop->counts.requests, 1);
    loop->server->options.on_request(request);
}

static void conn_refuse(struct http_conn *conn, int status)
{
    count_add(&conn->loop->counts.requests_bad, 1);
    conn->no_more_requests = true;
    conn->last_words = http_answer__refusal(status);
}

/** Takes complete requests out of the input. True: it stopped for lack of room. */
static bool conn_take_requests(struct http_conn *conn)
{
    while (conn_takes_requests(conn)) {
        enum http_input_state before = conn->input.state;
        struct http_exchange *exchange;
        int rc = http_input__next(&conn->input, &exchange);

        if (rc < 0) {
            conn_refuse(conn, conn->input.status);
            return false;
        }
        if (rc == 0) {
            if (before == HTTP_INPUT_HEAD && conn->input.state != HTTP_INPUT_HEAD) {
                conn->request_began = conn->read_at; /* the clock of the body starts */
                conn->body_bytes = 0;
            }
            if (conn->input.wants_continue)
                conn->go_on = go_on;
            conn->input.wants_continue = false;
            return false;
        }
        conn_dispatch(conn, exchange);
    }
    return !conn->no_more_requests;
}

/** Takes requests and writes answers, again and again while writing makes room. */
static void conn_advance(struct http_conn *conn)
{
    bool stopped;

    do {
        stopped = conn_take_requests(conn);
        conn_write(conn);
    } while (stopped && conn_takes_requests(conn));
}

/* ---- reading ---- */

/** Reads once. True: there may be more. */
static bool conn_read_once(struct http_conn *conn)
{
    size_t cap, len;
    uint8_t *to;
    int rc;

    if (http_input__space(&conn->input, &to, &cap) < 0) {
        conn_close(conn);
        return false;
    }
    rc = stream__receive(&conn->stream, to, cap, &len);
    if (rc == ST_AGAIN) {
        conn->read_wants = conn->stream.wants;
        return false;
    }
    if (rc < 0) {
        conn_close(conn);
        return false;
    }
    if (len == 0) {
        conn->end_of_stream = true;
        return false;
    }
    conn->read_at = conn_now(conn);
    if (http_input__is_idle(&conn->input))
        conn->request_began = conn->read_at;
    conn->body_bytes += len;
    count_add(&conn->loop->counts.bytes_received, len);
    http_input__received(&conn->input, len);
    /* A short read has emptied a plain socket; what TLS holds is not known. */
    return len == cap || conn->stream.ssl != NULL;
}

static void conn_read(struct http_conn *conn)
{
    for (int i = 0; i < READS_PER_EVENT; i++) {
        bool more;

        if (!conn_takes_requests(conn) || conn->end_of_stream)
            return;
        more = conn_read_once(conn);
        conn_advance(conn);
        if (!more)
            return;
    }
}

static void conn_read_and_drop(struct http_conn *conn)
{
    uint8_t dropped[16 * 1024];
    size_t len = 0;
    int rc = 0;

    for (int i = 0; i < READS_PER_EVENT && rc == 0; i++) {
        rc = stream__receive(&conn->stream, dropped, sizeof(dropped), &len);
        if (rc == ST_AGAIN)
            return;
        conn->linger_bytes += len;
        if (rc < 0 || len == 0 || conn->linger_bytes > LINGER_BYTES_MAX)
            break;
    }
    if (rc < 0 || len == 0 || conn->linger_bytes > LINGER_BYTES_MAX)
        conn_close(conn);
}

/* ---- what wakes a connection ---- */

static unsigned conn_wants(const struct http_conn *conn)
{
    unsigned events = 0;

    if (conn->state == CONN_HANDSHAKE)
        return conn->stream.wants;
    if (conn->state == CONN_LINGERING)
        return WATCH_READ;
    if (conn_takes_requests(conn) && !conn->end_of_stream)
        events |= conn->read_wants;
    if (conn->write_blocked)
        events |= conn->write_wants;
    return events;
}

/** Nothing more will come of it, or nothing more is wanted. */
static bool conn_is_over(const struct http_conn *conn)
{
    if (conn->state == CONN_HANDSHAKE)
        return conn_is_draining(conn);
    if (conn->state != CONN_OPEN || conn->in_flight_count > 0 || conn->write_blocked)
        return false;
    return conn->end_of_stream || (conn_is_idle(conn) && conn_is_draining(conn));
}

/** Every callback ends here: closes, frees, or arranges to be called again. */
static void conn_settle(struct http_conn *conn)
{
    conn->busy = false;
    if (conn_is_over(conn))
        conn_close(conn);
    if (conn->state == CONN_CLOSED) {
        if (conn->in_flight_count == 0 && list_empty(&conn->flush.queued))
            conn_free(conn);
        return;
    }
    watch_change(&conn->watch, conn_wants(conn));
    /* epoll does not see what TLS has already read. */
    if (stream__pending(&conn->stream) && (conn_wants(conn) & WATCH_READ) &&
        list_empty(&conn->flush.queued))
        strand_post(conn->loop->strand, &conn->flush);
    conn_arm_timer(conn);
}

static void on_ready(struct watch *watch, unsigned events)
{
    struct http_conn *conn = CONTAINER_OF(watch, struct http_conn, watch);

    conn->busy = true;
    if (conn->state == CONN_HANDSHAKE) {
        int rc = stream__handshake(&conn->stream);

        if (rc == 0)
            conn_set_state(conn, CONN_OPEN);
        else if (rc != ST_AGAIN)
            conn_close(conn);
    }
    if (conn->state == CONN_LINGERING)
        conn_read_and_drop(conn);
    if (conn->state == CONN_OPEN && conn->write_blocked)
        conn_advance(conn);
    if (conn->state == CONN_OPEN && (events & conn->read_wants))
        conn_read(conn);
    conn_settle(conn);
}

static void on_flush(struct task *task)
{
    struct http_conn *conn = CONTAINER_OF(task, struct http_conn, flush);

    conn->busy = true;
    if (conn->state == CONN_OPEN)
        conn_advance(conn);
    if (conn->state == CONN_OPEN && stream__pending(&conn->stream))
        conn_read(conn);
    else if (conn->state == CONN_LINGERING && stream__pending(&conn->stream))
        conn_read_and_drop(conn);
    conn_settle(conn);
}

static void on_timer(struct timer *timer)
{
    struct http_conn *conn = CONTAINER_OF(timer, struct http_conn, timer);
    struct mono now = conn_now(conn);

    conn->busy = true;
    if (now.ns >= conn_deadline(conn).ns) {
        bool stalled = conn->write_blocked && now.ns >= stall_deadline(conn).ns;

        if (conn->state == CONN_OPEN && !stalled && conn_is_receiving(conn)) {
            conn_refuse(conn, 408);
            conn_advance(conn);
        } else {
            conn_close(conn);
        }
    }
    conn_settle(conn);
}

/* ---- answers ---- */

/** On the connection's strand: the answer is in the exchange. */
static void exchange_answered(struct http_exchange *exchange)
{
    struct http_conn *conn = exchange->conn;

    exchange->is_answered = true;
    if (conn->state != CONN_OPEN) {
        conn->in_flight_count--;
        http_pool__exchange_free(&conn->loop->pool, exchange);
    } else {
        conn->unsent_bytes += exchange->answer_head.len + exchange->answer_bytes.len;
    }
    if (!conn->busy && list_empty(&conn->flush.queued))
        strand_post(conn->loop->strand, &conn->flush);
}

static void on_answered(struct task *task)
{
    exchange_answered(CONTAINER_OF(task, struct http_exchange, answered));
}

void http_respond(struct http_request *request, const struct http_response *response)
{
    struct http_exchange *exchange = http_exchange_of(request);
    struct http_server *server = exchange->conn->loop->server;
    struct executor *executor = request->strand->executor;
    struct slice body;

    assert(!exchange->is_answered);
    exchange->answer_body = response->body;
    body = response->body.len > 0 ? buf_slice(&response->body) : response->borrowed;
    exchange->closes = response->close || !exchange->framing.keep_alive ||
                       atomic_load_explicit(&server->draining, memory_order_relaxed);
    exchange->answer_bytes =
        exchange->framing.head_only || response->status == 304 ? SLICE_EMPTY : body;
    if (http_answer__head(exchange, response, exchange->closes, body.len,
                          response->bare ? 0 : crc32_ieee(0, body),
                          executor_wall_us(executor)) < 0) {
        exchange->closes = true;
        exchange->answer_bytes = http_answer__refusal(500);
    }
    if (strand_is_current(request->strand))
        exchange_answered(exchange);
    else
        strand_post(request->strand, &exchange->answered);
}

void http_respond_preflight(struct http_request *request)
{
    struct slice wanted_headers = http_request_header(request, "Access-Control-Request-Headers");
    struct slice wanted_method = http_request_header(request, "Access-Control-Request-Method");
    struct http_header headers[3];
    size_t count = 0;

    headers[count++] = (struct http_header){SLICE("Access-Control-Max-Age"), SLICE("172800")};
    if (wanted_headers.ptr != NULL)
        headers[count++] =
            (struct http_header){SLICE("Access-Control-Allow-Headers"), wanted_headers};
    if (wanted_method.ptr != NULL)
        headers[count++] =
            (struct http_header){SLICE("Access-Control-Allow-Methods"), wanted_method};
    http_respond(request,
                 &(struct http_response){.status = 200, .headers = headers, .header_count = count});
}

/* ---- opening, draining ---- */

void http_conn__open(struct http_loop *loop, int fd)
{
    struct http_server *server = loop->server;
    struct http_conn *conn = calloc(1, sizeof(*conn));

    if (conn == NULL ||
        stream__open(&conn->stream, fd, server->options.tls, TLS_ACCEPTS, NULL) < 0) {
        if (conn == NULL)
            stream__close(&(struct stream){.fd = fd});
        free(conn);
        return;
    }
    conn->loop = loop;
    conn->state = conn->stream.ssl != NULL ? CONN_HANDSHAKE : CONN_OPEN;
    conn->stream.wants = conn->read_wants = WATCH_READ;
    list_init(&conn->in_flight);
    http_input__init(&conn->input, &loop->pool);
    task_init(&conn->flush, on_flush);
    timer_init(&conn->timer, on_timer);
    watch_init(&conn->watch, on_ready);
    conn->idle_since = conn->read_at = conn_now(conn);
    if (watch_start(loop->strand, &conn->watch, fd, WATCH_READ) < 0) {
        stream__close(&conn->stream);
        free(conn);
        return;
    }
    list_append(&loop->conns, &conn->node);
    atomic_fetch_add(&server->connections, 1);
    conn_arm_timer(conn);
}

void http_conn__drain_all(struct http_loop *loop)
{
    LIST_FOREACH_SAFE(node, next, &loop->conns)
    {
        struct http_conn *conn = LIST_ENTRY(node, struct http_conn, node);

        if (conn->state == CONN_LINGERING)
            conn->linger_until =
                earlier(conn->linger_until, mono_add_ms(conn_now(conn), LINGER_DRAINING_MS));
        conn_settle(conn); /* which looks at server->draining */
    }
}

void http_conn__cut_all(struct http_loop *loop)
{
    LIST_FOREACH_SAFE(node, next, &loop->conns)
    {
        struct http_conn *conn = LIST_ENTRY(node, struct http_conn, node);

        conn_close(conn);
        conn_settle(conn);
    }
}
