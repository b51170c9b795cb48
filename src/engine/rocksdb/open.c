/*
 * open.c - the rocksdb engine from its folder to its last flush.
 *
 * A folder belongs to one process: we lock a file of our own before RocksDB touches anything, and
 * write our process id into it, so that the second one can say who has it. (RocksDB locks too, but
 * says "IO error" for it, as for everything.)
 *
 * Data lives in two column families, "default" (ENGINE_DATA; RocksDB insists on that name) and
 * "log": each costs start-up time and a memtable, so there are no others.
 *
 * Closing flushes, so that the next opening has no log to replay; a crash costs at most the replay
 * of rocks_sizes.log bytes.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "engine/rocksdb/rocks_priv.h"

#define LOCK_FILE "tropic.lock"

/* ---- the folder ---- */

/** A new folder is only there for good once its parent has been synced. */
static int sync_parent(const char *folder)
{
    char parent[PATH_MAX];
    char *slash;
    int fd, rc;

    snprintf(parent, sizeof(parent), "%s", folder);
    slash = strrchr(parent, '/');
    if (slash == NULL)
        snprintf(parent, sizeof(parent), ".");
    else
        slash[slash == parent] = '\0';
    fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ST_IO;
    rc = fsync(fd) < 0 ? ST_IO : 0;
    close(fd);
    return rc;
}

/** Makes the folder and those above it that are missing. */
static int make_folder(const char *folder)
{
    char path[PATH_MAX];
    size_t len = strlen(folder);

    if (len == 0 || len >= sizeof(path))
        return ST_IO;
    memcpy(path, folder, len + 1);
    for (size_t i = 1; i <= len; i++) {
        int made;

        if (path[i] != '/' && path[i] != '\0')
            continue;
        path[i] = '\0';
        made = mkdir(path, 0700); /* what is inside is for nobody else */
        if (made < 0 && errno != EEXIST)
            return errno == ENOSPC ? ST_FULL : ST_IO;
        if (made == 0 && sync_parent(path) < 0)
            return ST_IO;
        if (i < len)
            path[i] = '/';
    }
    return 0;
}

static int lock_folder(struct rocks_engine *engine)
{
    char path[PATH_MAX], owner[32] = "";
    ssize_t len;

    if (snprintf(path, sizeof(path), "%s/" LOCK_FILE, engine->folder) >= (int)sizeof(path))
        return ST_IO;
    engine->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (engine->lock_fd < 0)
        return errno == ENOSPC ? ST_FULL : ST_IO;
    if (flock(engine->lock_fd, LOCK_EX | LOCK_NB) < 0) {
        len = pread(engine->lock_fd, owner, sizeof(owner) - 1, 0);
        log_error(&engine->log, "engine", "the folder %s is in use by process %.*s", engine->folder,
                  (int)(len > 0 ? strcspn(owner, "\n") : 1), len > 0 ? owner : "?");
        return ST_BUSY;
    }
    /* Only for that line, so a failure does not matter. */
    len = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
    if (ftruncate(engine->lock_fd, 0) < 0 || pwrite(engine->lock_fd, owner, (size_t)len, 0) < 0)
        log_debug(&engine->log, "engine", "%s: cannot note the owner", path);
    return 0;
}

/* ---- opening ---- */

static void log_damage(const struct rocks_engine *engine, const char *what)
{
    log_error(
        &engine->log, "engine",
        "the data in %s are damaged and not opened: %s. Restore the folder from a checkpoint, "
        "or move it away and let the Region be seeded from its peers",
        engine->folder, what);
}

static int open_database(struct rocks_engine *engine, const struct rocks_sizes *sizes)
{
    const char *names[ENGINE_FAMILY_COUNT] = {[ENGINE_DATA] = "default", [ENGINE_LOG] = "log"};
    const rocksdb_options_t *family_options[ENGINE_FAMILY_COUNT];
    rocksdb_options_t *options[ENGINE_FAMILY_COUNT] = {NULL};
    char *error = NULL;
    int rc = ST_NOMEM;

    for (int i = 0; i < ENGINE_FAMILY_COUNT; i++) {
        options[i] = rocks_options_new(engine->shared, sizes, i);
        if (options[i] == NULL)
            goto out;
        family_options[i] = options[i];
    }
    engine->db =
        rocksdb_open_column_families(options[ENGINE_DATA], engine->folder, ENGINE_FAMILY_COUNT,
                                     names, family_options, engine->families, &error);
    if (error == NULL) {
        rc = 0;
        goto out;
    }
    rc = rocks_status(error);
    if (rc == ST_CORRUPT)
        log_damage(engine, error);
    else
        log_error(&engine->log, "engine", "cannot open %s: %s", engine->folder, error);
    rocksdb_free(error);
    engine->db = NULL;
out:
    for (int i = 0; i < ENGINE_FAMILY_COUNT; i++) {
        if (options[i] != NULL)
            rocksdb_options_destroy(options[i]);
    }
    return rc;
}

static void open_handles(struct rocks_engine *engine)
{
    engine->read_any = rocks_readoptions_new(ENGINE_READ_ANY);
    engine->read_cached = rocks_readoptions_new(ENGINE_READ_CACHED);
    engine->write_sync = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(engine->write_sync, 1);
    rocksdb_writeoptions_set_no_slowdown(engine->write_sync, 1);
    engine->write_relaxed = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_no_slowdown(engine->write_relaxed, 1);
    engine->batch = rocksdb_writebatch_create();
}

/** Accepts an engine that was opened only in part. */
static void rocks_free(struct rocks_engine *engine)
{
    if (engine->db != NULL) {
        rocksdb_writebatch_destroy(engine->batch);
        rocksdb_writeoptions_destroy(engine->write_relaxed);
        rocksdb_writeoptions_destroy(engine->write_sync);
        rocksdb_readoptions_destroy(engine->read_cached);
        rocksdb_readoptions_destroy(engine->read_any);
        for (int i = 0; i < ENGINE_FAMILY_COUNT; i++)
            rocksdb_column_family_handle_destroy(engine->families[i]);
        rocksdb_close(engine->db);
        atomic_fetch_sub(&engine->shared->engines, 1);
    }
    if (engine->lock_fd >= 0)
        close(engine->lock_fd); /* and with it goes the lock */
    free(engine->folder);
    free(engine);
}

static void rocks_close(struct engine *base)
{
    struct rocks_engine *engine = rocks_of(base);
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();

    rocksdb_flushoptions_set_wait(options, 1);
    for (int i = 0; i < ENGINE_FAMILY_COUNT; i++) {
        char *error = NULL;

        rocksdb_flush_cf(engine->db, options, engine->families[i], &error);
        if (error != NULL) /* nothing is lost: the log has it all */
            log_warn(&engine->log, "engine",
                     "%s could not be flushed, so the next start takes longer: %s", engine->folder,
                     error);
        rocksdb_free(error);
    }
    rocksdb_flushoptions_destroy(options);
    rocks_free(engine);
}

/* ---- checkpoint ---- */

static int rocks_checkpoint(struct engine *base, const char *folder)
{
    struct rocks_engine *engine = rocks_of(base);
    rocksdb_checkpoint_t *checkpoint;
    char *error = NULL;
    struct stat found;

    if (lstat(folder, &found) == 0)
        return ST_EXISTS;
    checkpoint = rocksdb_checkpoint_object_create(engine->db, &error);
    if (error != NULL)
        return rocks_status_free(error);
    rocksdb_checkpoint_create(checkpoint, folder, 0 /* flush first, whatever is in the log */,
                              &error);
    rocksdb_checkpoint_object_destroy(checkpoint);
    return rocks_status_free(error);
}

/* ---- statistics ---- */

static uint64_t property(const struct rocks_engine *engine, const char *name)
{
    uint64_t sum = 0;

    for (int i = 0; i < ENGINE_FAMILY_COUNT; i++) {
        uint64_t value = 0;

        if (rocksdb_property_int_cf(engine->db, engine->families[i], name, &value) == 0)
            sum += value;
    }
    return sum;
}

/** What the folder's files take on the disk. Files may come and go meanwhile. */
static uint64_t folder_bytes(const char *folder)
{
    DIR *dir = opendir(folder);
    uint64_t bytes = 0;
    struct dirent *entry;

    if (dir == NULL)
        return 0;
    while ((entry = readdir(dir)) != NULL) {
        struct stat file;

        if (fstatat(dirfd(dir), entry->d_name, &file, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(file.st_mode))
            bytes += (uint64_t)file.st_blocks * 512;
    }
    closedir(dir);
    return bytes;
}

static void rocks_stats(struct engine *base, struct engine_stats *ret_stats)
{
    struct rocks_engine *engine = rocks_of(base);

    ret_stats->disk_bytes = folder_bytes(engine->folder);
    ret_stats->memory_bytes = property(engine, "rocksdb.size-all-mem-tables") +
                              property(engine, "rocksdb.estimate-table-readers-mem");
    ret_stats->free_bytes = rocks_space_free(&engine->space);
    ret_stats->commits = atomic_load_explicit(&engine->commits, memory_order_relaxed);
    ret_stats->syncs = atomic_load_explicit(&engine->syncs, memory_order_relaxed);
    ret_stats->bytes_written = atomic_load_explicit(&engine->bytes_written, memory_order_relaxed);
    ret_stats->stalls = atomic_load_explicit(&engine->stalls, memory_order_relaxed);
    ret_stats->full = atomic_load_explicit(&engine->space.full, memory_order_relaxed);
}

static const struct engine_ops rocks_ops = {
    .commit = rocks_commit,
    .get = rocks_get,
    .iterate = rocks_iterate,
    .checkpoint = rocks_checkpoint,
    .stats = rocks_stats,
    .close = rocks_close,
};

int engine_rocksdb_open(const struct engine_rocksdb_options *options, struct engine **ret_engine)
{
    struct rocks_engine *engine = calloc(1, sizeof(*engine));
    struct rocks_sizes sizes;
    struct statvfs disk;
    char file[NAME_MAX + 1] = "";
    int rc = ST_NOMEM;

    if (engine == NULL)
        return ST_NOMEM;
    engine->base.ops = &rocks_ops;
    engine->shared = options->shared;
    engine->lock_fd = -1;
    engine->log = options->log;
    engine->on_fatal = options->on_fatal;
    engine->on_fatal_context = options->on_fatal_context;
    engine->folder = strdup(options->folder);
    if (engine->folder == NULL)
        goto out;
    rc = make_folder(engine->folder);
    if (rc < 0) {
        log_error(&engine->log, "engine", "cannot make the folder %s: %s", engine->folder,
                  strerror(errno));
        goto out;
    }
    rc = lock_folder(engine);
    if (rc < 0)
        goto out;
    if (fstatvfs(engine->lock_fd, &disk) < 0) {
        rc = ST_IO;
        goto out;
    }
    rc = rocks_log_check(engine->folder, file, sizeof(file));
    if (rc < 0) {
        log_damage(engine, rc == ST_CORRUPT ? file : "a log cannot be read");
        goto out;
    }
    sizes =
        rocks_sizes_for(engine->shared->memtable_budget, (uint64_t)disk.f_blocks * disk.f_frsize);
    rc = open_database(engine, &sizes);
    if (rc < 0)
        goto out;
    open_handles(engine);
    rocks_space_init(&engine->space, engine, options, &sizes);
    atomic_fetch_add(&engine->shared->engines, 1);
    *ret_engine = &engine->base;
    engine = NULL;
out:
    if (engine != NULL)
        rocks_free(engine);
    return rc;
}
