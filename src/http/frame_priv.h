/*
 * frame_priv.h - what the files of frame sockets share. Private to http/.
 *
 *   frame_socket.c    life, callbacks, handshake, frames in and out
 *   frame_connect.c   from a host and a port to a connected socket
 *   frame_lookup.c    a name becomes addresses, in the I/O pool
 *   frame_input.c     bytes that have come
 *   frame_queue.c     bytes on their way out
 *   frame_listener.c  accepting, and limits on strangers
 *
 * States, in the order in which a socket goes through them; accepted sockets begin at HANDSHAKE:
 *
 *   STARTING    connect() was called; nothing is done before it has returned
 *   LOOKING_UP  waits for frame_lookup; the watch is on its descriptor
 *   CONNECTING  waits for TCP
 *   HANDSHAKE   TLS
 *   CONFIRMING  the peer has yet to accept our certificate (see tls_priv.h)
 *   OPEN
 *   ENDED       nothing is held any more, on_close was called
 *   CLOSED      the owner has called frame_socket_close()
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_FRAME_PRIV_H
#define TROPIC_HTTP_FRAME_PRIV_H

#include <stdatomic.h>
#include <sys/socket.h>

#include "base/executor_threads.h"
#include "http/frame_socket.h"
#include "http/stream.h"

enum { FRAME_HEAD_BYTES = 4, FRAME_ADDRESSES_MAX = 8 };

/* ---- bytes that have come ---- */

struct frame_input {
    uint8_t *bytes; /* those in [begin, end) wait to be given out */
    size_t begin, end, cap;
};

void frame_input__release(struct frame_input *input);
/** Room to read into, after frame_input__next() has said 0. ST_NOMEM. */
int frame_input__room(struct frame_input *input, uint8_t **ret_to, size_t *ret_cap);
/** So many bytes were read there. */
void frame_input__add(struct frame_input *input, size_t len);
/** 1 and a frame, valid until frame_input__room(); 0: none is complete; ST_CORRUPT: too long. */
int frame_input__next(struct frame_input *input, struct slice *ret_frame);

/* ---- a queue of bytes on their way out ---- */

enum { FRAME_CHUNK_BYTES = 4 * 16 * 1024 }; /* whole TLS records */

struct frame_chunk;

struct frame_queue {
    struct list_node chunks;
    struct frame_chunk *spare; /* the last one emptied, or NULL */
    size_t begin;              /* of the first chunk, already taken */
    size_t bytes;
};

void frame_queue__init(struct frame_queue *queue);
void frame_queue__release(struct frame_queue *queue);
/** All parts or, on ST_NOMEM, nothing. */
int frame_queue__append(struct frame_queue *queue, const struct slice *parts, size_t count);
/** The first bytes, as many as lie together; the queue is not empty. */
struct slice frame_queue__front(const struct frame_queue *queue);
/** Takes bytes off the front; at most what frame_queue__front() gave. */
void frame_queue__take(struct frame_queue *queue, size_t len);

/* ---- looking up a name ---- */

struct address {
    struct sockaddr_storage at;
    socklen_t len;
};

/* Shared by a strand and a thread of the I/O pool; the last of the two frees it. */
struct frame_lookup {
    struct task task;
    atomic_int users;
    atomic_bool done; /* what follows port is final */
    int done_fd;      /* an eventfd that becomes readable after that */
    char port[6];
    int failure; /* of getaddrinfo() */
    unsigned count;
    struct address addresses[FRAME_ADDRESSES_MAX];
    char host[];
};

/** Starts. ST_NOMEM, ST_IO. */
int frame_lookup__start(struct executor *executor, const char *host, uint16_t port,
                        struct frame_lookup **ret_lookup);
/** The strand's side does not need it any more, done or not. NULL is a no-op. */
void frame_lookup__drop(struct frame_lookup *lookup);

/* ---- sockets ---- */

enum frame_state {
    FRAME_STARTING,
    FRAME_LOOKING_UP,
    FRAME_CONNECTING,
    FRAME_HANDSHAKE,
    FRAME_CONFIRMING,
    FRAME_OPEN,
    FRAME_ENDED,
    FRAME_CLOSED,
};

struct frame_socket {
    struct strand *strand;
    struct tls *tls;
    enum frame_state state;
    bool busy; /* one of its handlers is on the stack and will free it */
    const struct frame_socket_events *events; /* NULL: accepted and not adopted */
    void *context;

    struct stream stream;
    struct watch watch;
    unsigned read_wants, write_wants; /* WATCH_*: what reading and writing wait for */
    struct timer turn;                /* due at once: work that needs no event of the descriptor */
    struct timer deadline;            /* until OPEN */

    struct frame_input input;
    bool paused;
    bool read_again; /* the next turn reads */
    struct frame_queue queue;
    bool write_blocked; /* the watch, not the turn, goes on with the queue */
    bool over_high;     /* on_drained is owed */
    char peer[TLS_REGION_LEN_MAX + 1];

    /* Only while connecting; the peer's address in addresses[0] for accepted ones. */
    char *host;
    uint16_t port;
    struct mono open_by;
    struct frame_lookup *lookup;
    unsigned address_at, address_count; /* the one being tried */
    struct address addresses[FRAME_ADDRESSES_MAX];

    /* Only for accepted sockets, while the listener lives. */
    struct frame_listener *listener;
    bool accepted;         /* on_accept was called */
    struct list_node node; /* among its opening or its open ones */
    uint64_t source;       /* the host that it comes from */
};

/** A socket of no listener, STARTING. */
struct frame_socket *frame_socket__new(struct strand *strand, struct tls *tls);
/** Takes over a connected fd (also on failure) and begins the handshake. ST_NOMEM, ST_IO. */
int frame_socket__shake(struct frame_socket *socket, int fd, enum tls_role role);
/** The end: gives everything back and tells the owner or the listener. */
void frame_socket__end(struct frame_socket *socket, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/** In STARTING: the first step. */
void frame_connect__start(struct frame_socket *socket);
/** In LOOKING_UP and CONNECTING: the watch is ready. */
void frame_connect__go_on(struct frame_socket *socket);
/** In LOOKING_UP and CONNECTING: the deadline has come. */
void frame_connect__late(struct frame_socket *socket);

/* ---- the listener's side ---- */

/** A socket of it has finished its handshake: gives it to the owner. */
void frame_listener__opened(struct frame_socket *socket);
/** A socket of it has ended before that: says so in the log and closes it. */
void frame_listener__failed(struct frame_socket *socket, const char *reason);
/** A socket of it is being closed. */
void frame_listener__forget(struct frame_socket *socket);

#endif
