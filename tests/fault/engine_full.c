/*
 * engine_full.c - a disk that really fills up, under the real engine with its default reserve.
 *
 *     engine_full [--megabytes N]
 *
 * Mounts a small tmpfs (so it needs root; without, it says so and exits with 77, "skipped"), puts a
 * ballast file on it, and writes synced batches until the engine refuses. Then, in order:
 *
 *   (1) the refusal is ST_FULL and stays; reads go on; nothing acknowledged is missing;
 *   (2) with the ballast gone writes resume by themselves, and fill the disk again;
 *   (3) closed and opened on the full disk, everything acknowledged is there, and nothing else.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/sim_random.h"
#include "engine/engine.h"

enum { EXIT_SKIPPED = 77, PUTS_PER_BATCH = 16, VALUE_BYTES = 1024, TRIES_WHEN_FULL = 50 };

#define MIB (UINT64_C(1) << 20)

/** The folder's disk, given back whatever happens. */
static char disk[] = "/tmp/tropic-engine-full-XXXXXX";

static void unmount(void)
{
    umount2(disk, MNT_DETACH);
    rmdir(disk);
}

static _Noreturn void fail(const char *what)
{
    printf("engine_full: %s\n", what);
    exit(1);
}

static void write_line(void *context, const char *line, unsigned long len)
{
    (void)context;
    fwrite(line, 1, len, stdout);
}

static struct engine *open_engine(struct engine_rocksdb_shared *shared)
{
    static const struct log_sink sink = {.write = write_line, .level_max = LOG_INFO};
    char folder[64];
    struct engine_rocksdb_options options = {
        .folder = folder, .shared = shared, .log = {.sink = &sink}};
    struct engine *engine;

    snprintf(folder, sizeof(folder), "%s/data", disk);
    if (engine_rocksdb_open(&options, &engine) < 0)
        fail("cannot open the engine");
    return engine;
}

struct writer {
    struct engine *engine;
    struct commit commit;
    struct batch batch;
    struct sim_random random;
    uint64_t acknowledged; /* puts; their keys count up from 0 */
    int rc;
};

static void on_committed(struct commit *commit, int rc)
{
    CONTAINER_OF(commit, struct writer, commit)->rc = rc;
}

static int write_one(struct writer *writer)
{
    uint64_t words[VALUE_BYTES / 8];
    uint8_t key[8];

    batch_clear(&writer->batch);
    for (unsigned i = 0; i < PUTS_PER_BATCH; i++) {
        for (size_t word = 0; word < VALUE_BYTES / 8; word++)
            words[word] = sim_random_next(&writer->random); /* nothing to compress */
        be64_put(key, writer->acknowledged + i);
        batch_put(&writer->batch, ENGINE_DATA, slice_of(key, 8), slice_of(words, VALUE_BYTES));
    }
    engine_commit(writer->engine, &writer->batch, ENGINE_SYNC, &writer->commit);
    if (writer->rc == 0)
        writer->acknowledged += PUTS_PER_BATCH;
    return writer->rc;
}

static void fill_up(struct writer *writer)
{
    int rc;

    do
        rc = write_one(writer);
    while (rc == 0 || rc == ST_BUSY);
    if (rc != ST_FULL)
        fail(status_text(rc));
}

static void expect_exactly_what_was_acknowledged(struct writer *writer)
{
    struct engine_iterator *iterator;
    uint64_t found = 0;
    int rc;

    if (engine_iterate(writer->engine, ENGINE_DATA, SLICE_EMPTY, SLICE_EMPTY, ENGINE_READ_ANY,
                       &iterator) < 0)
        fail("cannot iterate");
    for (rc = engine_seek_first(iterator); rc == 0; rc = engine_next(iterator)) {
        struct slice key = engine_iterator_key(iterator);

        if (key.len != 8 || be64_get(key.ptr) != found)
            fail("a put is missing");
        found++;
    }
    if (rc != 1)
        fail(status_text(rc));
    if (found != writer->acknowledged)
        fail("not exactly what was acknowledged");
    engine_iterator_free(iterator);
}

int main(int argc, char **argv)
{
    uint64_t megabytes = argc == 3 ? strtoull(argv[2], NULL, 10) : 100;
    struct writer writer = {.commit = {.on_done = on_committed},
                            .random = sim_random_fork(1, "values")};
    struct engine_rocksdb_budget budget = {.cache_bytes = 8 * MIB};
    struct engine_rocksdb_shared *shared;
    char ballast[64], options[32];
    uint64_t before;
    int fd;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mkdtemp(disk) == NULL)
        fail("no folder");
    snprintf(options, sizeof(options), "size=%" PRIu64 "m", megabytes);
    if (mount("tmpfs", disk, "tmpfs", 0, options) < 0) {
        printf("engine_full: skipped, cannot mount a tmpfs: %s\n", strerror(errno));
        rmdir(disk);
        return EXIT_SKIPPED;
    }
    atexit(unmount);
    snprintf(ballast, sizeof(ballast), "%s/ballast", disk);
    fd = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || posix_fallocate(fd, 0, (off_t)(megabytes * MIB / 4)) != 0)
        fail("no ballast");
    close(fd);

    if (engine_rocksdb_shared_new(&budget, &shared) < 0)
        fail("out of memory");
    writer.engine = open_engine(shared);
    fill_up(&writer);
    for (int i = 0; i < TRIES_WHEN_FULL; i++) {
        if (write_one(&writer) != ST_FULL)
            fail("a full disk took a write");
    }
    expect_exactly_what_was_acknowledged(&writer);

    before = writer.acknowledged;
    unlink(ballast);
    fill_up(&writer);
    if (writer.acknowledged == before)
        fail("writes did not resume when there was space");
    expect_exactly_what_was_acknowledged(&writer);

    engine_close(writer.engine);
    writer.engine = open_engine(shared);
    expect_exactly_what_was_acknowledged(&writer);
    engine_close(writer.engine);
    engine_rocksdb_shared_free(shared);
    batch_release(&writer.batch);
    printf("engine_full: %" PRIu64 " MiB stored on a disk of %" PRIu64 ", %" PRIu64
           " of them after space came back\n",
           writer.acknowledged * VALUE_BYTES / MIB, megabytes,
           (writer.acknowledged - before) * VALUE_BYTES / MIB);
    return 0;
}
