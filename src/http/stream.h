/*
 * stream.h - a connected socket, plain or under TLS, without blocking. Private to http/.
 *
 * An operation that cannot go on returns ST_AGAIN and leaves in `wants` what to wait for (WATCH_*):
 * under TLS a read may have to wait until the socket is writable, and the other way round.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_HTTP_STREAM_H
#define TROPIC_HTTP_STREAM_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/uio.h>

#include "base/bytes.h"
#include "base/status.h"
#include "http/tls.h"

enum tls_role { TLS_ACCEPTS, TLS_CONNECTS };

struct tls {
    SSL_CTX *context;
    bool mutual; /* made by tls_links_new() */
};

struct stream {
    int fd;         /* owned */
    SSL *ssl;       /* NULL: plain */
    unsigned wants; /* after ST_AGAIN */
};
#define STREAM_EMPTY ((struct stream){.fd = -1})

/**
 * Takes over a non-blocking, connected fd (also on failure). tls NULL: plain. server_name: for SNI
 * and the check of the certificate's name, or NULL for neither. ST_NOMEM.
 */
int stream__open(struct stream *stream, int fd, struct tls *tls, enum tls_role role,
                 const char *server_name);
/** 0 when done (at once when plain), ST_AGAIN, ST_IO, ST_REFUSED (certificates). */
int stream__handshake(struct stream *stream);
/** At least one byte: 0 and *ret_len (0: end of stream). ST_AGAIN, ST_IO. */
int stream__receive(struct stream *stream, void *to, size_t cap, size_t *ret_len);
/** At least one byte: 0 and *ret_len. ST_AGAIN, ST_IO. */
int stream__send(struct stream *stream, const struct iovec *parts, int count, size_t *ret_len);
/** Received bytes wait inside TLS, where epoll does not see them. */
bool stream__pending(const struct stream *stream);
/** Says that nothing more will be sent. */
void stream__shutdown(struct stream *stream);
void stream__close(struct stream *stream); /* an empty or closed stream is a no-op */

/** A line for the log about the handshake's failure, in `to`. */
void stream__explain(struct stream *stream, char *to, size_t cap);

/* ---- addresses ---- */

struct sockaddr_storage;

/** A number as an address, "127.0.0.1" or "::1". The length, or 0 when it is none. */
unsigned address__parse(const char *text, uint16_t port, struct sockaddr_storage *ret_address);
/** A listening non-blocking socket. ST_REFUSED with a line. shared: SO_REUSEPORT. */
int address__listen(const char *text, uint16_t port, bool shared, int *ret_fd,
                    struct refusal *reterr);
/** Is the port free? ST_REFUSED with a line when somebody listens there. *port 0: finds one. */
int address__probe(const char *text, uint16_t *port, struct refusal *reterr);
/** The port that a listening socket has. */
uint16_t address__port(int fd);

#endif
