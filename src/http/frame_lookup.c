/*
 * frame_lookup.c - a name becomes addresses, in the I/O pool.
 *
 * getaddrinfo() may block for many seconds and cannot be called off. So its result does not come
 * back as a task, which would need the strand to be there still: the thread makes an eventfd
 * readable that the socket watches. Whoever wants the result no longer just drops its share.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "http/frame_priv.h"

void frame_lookup__drop(struct frame_lookup *lookup)
{
    if (lookup == NULL || atomic_fetch_sub(&lookup->users, 1) != 1)
        return;
    close(lookup->done_fd);
    free(lookup);
}

static void on_lookup(struct task *task)
{
    static const struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct frame_lookup *lookup = CONTAINER_OF(task, struct frame_lookup, task);
    struct addrinfo *found = NULL;
    uint64_t one = 1;
    ssize_t n;

    lookup->failure = getaddrinfo(lookup->host, lookup->port, &hints, &found);
    if (lookup->failure == 0) {
        for (const struct addrinfo *info = found;
             info != NULL && lookup->count < FRAME_ADDRESSES_MAX; info = info->ai_next) {
            struct address *address = &lookup->addresses[lookup->count];

            if (info->ai_addrlen > sizeof(address->at))
                continue;
            memcpy(&address->at, info->ai_addr, info->ai_addrlen);
            address->len = info->ai_addrlen;
            lookup->count++;
        }
        freeaddrinfo(found);
    }
    atomic_store_explicit(&lookup->done, true, memory_order_release);
    do
        n = write(lookup->done_fd, &one, sizeof(one));
    while (n < 0 && errno == EINTR);
    frame_lookup__drop(lookup);
}

int frame_lookup__start(struct executor *executor, const char *host, uint16_t port,
                        struct frame_lookup **ret_lookup)
{
    size_t host_bytes = strlen(host) + 1;
    struct frame_lookup *lookup = calloc(1, sizeof(*lookup) + host_bytes);

    if (lookup == NULL)
        return ST_NOMEM;
    memcpy(lookup->host, host, host_bytes);
    snprintf(lookup->port, sizeof(lookup->port), "%u", (unsigned)port);
    task_init(&lookup->task, on_lookup);
    atomic_init(&lookup->users, 2);
    atomic_init(&lookup->done, false);
    lookup->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (lookup->done_fd < 0) {
        free(lookup);
        return ST_IO;
    }
    executor_io(executor, &lookup->task);
    *ret_lookup = lookup;
    return 0;
}
