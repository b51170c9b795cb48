/*
 * stream.c - see stream.h.
 *
 * Writing under TLS: the parts are gathered into one record's worth of bytes, so that a head and
 * its body are one record and one system call. A write that has to be repeated is repeated from the
 * same position with at least the same bytes, which SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER allows.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "http/stream.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/executor_threads.h"

enum { TLS_RECORD_BYTES = 16 * 1024, LISTEN_BACKLOG = 1024 };

/* ---- opening ---- */

static int set_server_name(SSL *ssl, const char *name)
{
    struct sockaddr_storage ignored;

    if (address__parse(name, 0, &ignored) != 0)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name);
    return SSL_set_tlsext_host_name(ssl, name) && SSL_set1_host(ssl, name);
}

int stream__open(struct stream *stream, int fd, struct tls *tls, enum tls_role role,
                 const char *server_name)
{
    int one = 1;

    *stream = (struct stream){.fd = fd};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)); /* not a TCP socket: no matter */
    if (tls == NULL)
        return 0;
    stream->ssl = SSL_new(tls->context);
    if (stream->ssl == NULL || SSL_set_fd(stream->ssl, fd) != 1 ||
        (server_name != NULL && set_server_name(stream->ssl, server_name) != 1)) {
        ERR_clear_error();
        stream__close(stream);
        return ST_NOMEM;
    }
    if (role == TLS_ACCEPTS)
        SSL_set_accept_state(stream->ssl);
    else
        SSL_set_connect_state(stream->ssl);
    return 0;
}

/** What an SSL_* call that did not succeed means. Leaves the error queue for stream__explain(). */
static int tls_outcome(struct stream *stream, int result)
{
    switch (SSL_get_error(stream->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        stream->wants = WATCH_READ;
        return ST_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        stream->wants = WATCH_WRITE;
        return ST_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return ST_CLOSED;
    default:
        return ST_IO;
    }
}

int stream__handshake(struct stream *stream)
{
    int result, rc;

    if (stream->ssl == NULL)
        return 0;
    ERR_clear_error();
    result = SSL_do_handshake(stream->ssl);
    if (result == 1)
        return 0;
    rc = tls_outcome(stream, result);
    if (rc == ST_AGAIN)
        return rc;
    return ERR_peek_error() != 0 ? ST_REFUSED : ST_IO;
}

void stream__explain(struct stream *stream, char *to, size_t cap)
{
    unsigned long error = ERR_get_error();
    long verified = stream->ssl ? SSL_get_verify_result(stream->ssl) : X509_V_OK;

    if (verified != X509_V_OK)
        snprintf(to, cap, "certificate: %s", X509_verify_cert_error_string(verified));
    else if (error != 0)
        snprintf(to, cap, "TLS: %s",
                 ERR_reason_error_string(error) ? ERR_reason_error_string(error)
                                                : "handshake failed");
    else
        snprintf(to, cap, "the peer closed the connection during the handshake");
    ERR_clear_error();
}

/* ---- bytes ---- */

static int socket_outcome(struct stream *stream, unsigned wants)
{
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return ST_IO;
    stream->wants = wants;
    return ST_AGAIN;
}

int stream__receive(struct stream *stream, void *to, size_t cap, size_t *ret_len)
{
    ssize_t n;

    if (stream->ssl != NULL) {
        int result, rc;

        ERR_clear_error();
        result = SSL_read_ex(stream->ssl, to, cap, ret_len);
        if (result == 1)
            return 0;
        rc = tls_outcome(stream, result);
        if (rc == ST_CLOSED) {
            *ret_len = 0;
            return 0;
        }
        ERR_clear_error();
        return rc;
    }
    do
        n = recv(stream->fd, to, cap, 0);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return socket_outcome(stream, WATCH_READ);
    *ret_len = (size_t)n;
    return 0;
}

static int tls_send(struct stream *stream, const struct iovec *parts, int count, size_t *ret_len)
{
    uint8_t record[TLS_RECORD_BYTES];
    const void *bytes = parts[0].iov_base;
    size_t len = parts[0].iov_len;
    int result, rc;

    if (count > 1 && len < sizeof(record)) {
        len = 0;
        for (int i = 0; i < count && len < sizeof(record); i++) {
            size_t n = parts[i].iov_len;

            if (n > sizeof(record) - len)
                n = sizeof(record) - len;
            memcpy(record + len, parts[i].iov_base, n);
            len += n;
        }
        bytes = record;
    }
    ERR_clear_error();
    result = SSL_write_ex(stream->ssl, bytes, len, ret_len);
    if (result == 1)
        return 0;
    rc = tls_outcome(stream, result);
    ERR_clear_error();
    return rc == ST_CLOSED ? ST_IO : rc;
}

int stream__send(struct stream *stream, const struct iovec *parts, int count, size_t *ret_len)
{
    struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)parts,
                             .msg_iovlen = (size_t)count};
    ssize_t n;

    if (stream->ssl != NULL)
        return tls_send(stream, parts, count, ret_len);
    do
        n = sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return socket_outcome(stream, WATCH_WRITE);
    *ret_len = (size_t)n;
    return 0;
}

bool stream__pending(const struct stream *stream)
{
    /* Not SSL_has_pending(): that is true of half a record too, which only the socket can complete,
     * and a caller that comes again at once would spin until it does. */
    return stream->ssl != NULL && SSL_pending(stream->ssl) > 0;
}

void stream__shutdown(struct stream *stream)
{
    if (stream->ssl != NULL) {
        SSL_shutdown(stream->ssl); /* close_notify; the peer's own is not waited for */
        ERR_clear_error();
    }
    shutdown(stream->fd, SHUT_WR);
}

void stream__close(struct stream *stream)
{
    if (stream->ssl != NULL)
        SSL_free(stream->ssl);
    if (stream->fd >= 0)
        close(stream->fd);
    *stream = STREAM_EMPTY;
}

/* ---- addresses ---- */

unsigned address__parse(const char *text, uint16_t port, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *four = (struct sockaddr_in *)ret_address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)ret_address;

    memset(ret_address, 0, sizeof(*ret_address));
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        return sizeof(*four);
    }
    memset(ret_address, 0, sizeof(*ret_address));
    if (inet_pton(AF_INET6, text, &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(port);
        return sizeof(*six);
    }
    return 0;
}

/** A bound socket. */
static int address_bind(const char *text, uint16_t port, bool shared, int *ret_fd,
                        struct refusal *reterr)
{
    struct sockaddr_storage address;
    unsigned address_len = address__parse(text, port, &address);
    int fd, one = 1;

    if (address_len == 0)
        return refuse(reterr, "%s is not an IP address", text);
    fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return refuse(reterr, "cannot make a socket for %s: %s", text, strerror(errno));
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof(one)) < 0) ||
        bind(fd, (struct sockaddr *)&address, address_len) < 0) {
        int rc = refuse(reterr, "cannot listen on %s port %u: %s", text, port, strerror(errno));

        close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}

int address__listen(const char *text, uint16_t port, bool shared, int *ret_fd,
                    struct refusal *reterr)
{
    int fd = -1, rc = address_bind(text, port, shared, &fd, reterr);

    if (rc < 0)
        return rc;
    if (listen(fd, LISTEN_BACKLOG) < 0) {
        rc = refuse(reterr, "cannot listen on %s port %u: %s", text, port, strerror(errno));
        close(fd);
        return rc;
    }
    *ret_fd = fd;
    return 0;
}

int address__probe(const char *text, uint16_t *port, struct refusal *reterr)
{
    int fd = -1, rc = address_bind(text, *port, false, &fd, reterr);

    if (rc < 0)
        return rc;
    *port = address__port(fd);
    close(fd);
    return 0;
}

uint16_t address__port(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);

    if (getsockname(fd, (struct sockaddr *)&address, &len) < 0)
        return 0;
    if (address.ss_family == AF_INET6)
        return ntohs(((struct sockaddr_in6 *)&address)->sin6_port);
    return ntohs(((struct sockaddr_in *)&address)->sin_port);
}
