/*
 * folder.c - see folder.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* Like mkdir -p. errno says why not. */
static int make_folders(const char *path)
{
    char part[PATH_MAX];
    size_t len = strlen(path);

    if (len == 0 || len >= sizeof(part)) {
        errno = len == 0 ? ENOENT : ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 1; i <= len; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) < 0 && errno != EEXIST)
            return -1;
    }
    return 0;
}

/* "process 1234", as the holder of the lock wrote it. */
static void read_holder(int fd, char *holder, size_t size)
{
    ssize_t got = pread(fd, holder, size - 1, 0);

    holder[got > 0 ? got : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    if (holder[0] == '\0')
        snprintf(holder, size, "another process");
}

int folder_open(const char *path, struct folder *ret_folder, struct refusal *reterr)
{
    char lock_path[PATH_MAX], holder[64];
    int fd, len;

    if (make_folders(path) < 0)
        return refuse(reterr, "cannot make the data folder %s: %s", path, strerror(errno));
    len = snprintf(lock_path, sizeof(lock_path), "%s/lock", path);
    if (len < 0 || (size_t)len >= sizeof(lock_path))
        return refuse(reterr, "the path of the data folder is too long: %s", path);
    fd = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return refuse(reterr, "cannot open %s: %s", lock_path, strerror(errno));
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int rc;

        if (errno == EWOULDBLOCK) {
            read_holder(fd, holder, sizeof(holder));
            rc = refuse(reterr,
                        "the data folder %s is in use by %s; stop it, or give another --data", path,
                        holder);
        } else {
            rc = refuse(reterr, "cannot lock %s: %s", lock_path, strerror(errno));
        }
        close(fd);
        return rc;
    }
    len = snprintf(holder, sizeof(holder), "process %ld\n", (long)getpid());
    if (ftruncate(fd, 0) < 0 || pwrite(fd, holder, (size_t)len, 0) != len) {
        /* Only words for people; the lock holds without them (a full disk, for one). */
    }
    *ret_folder = (struct folder){.lock_fd = fd};
    return 0;
}

void folder_close(struct folder *folder)
{
    if (folder->lock_fd >= 0)
        close(folder->lock_fd);
    *folder = FOLDER_CLOSED;
}
