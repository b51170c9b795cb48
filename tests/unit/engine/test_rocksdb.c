/*
 * test_rocksdb.c - the rocksdb engine: the shared suite, then what only files can show: locks,
 * damage, checkpoints, cold caches, space, and the end of the process.
 *
 * What a crash would leave is had by copying the folder of an engine that is open and at rest: all
 * that was acknowledged has been written by then, and nothing was flushed for the occasion.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "engine_suite.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sim_random.h"
#include "engine/rocksdb/rocks_priv.h"

#define DATA ENGINE_DATA
#define MIB (UINT64_C(1) << 20)

enum { EXIT_FATAL = 42 };

static const struct engine_rocksdb_budget budget = {
    .cache_bytes = 8 * MIB, .write_buffer_bytes = 4 * MIB, .engines = 1};

extern char **environ;

/* ---- folders ---- */

struct rocks_storage {
    char folder[128];
    struct engine_rocksdb_shared *shared;
    struct log_sink sink;
    char log[4096]; /* what the engine said */
    bool full;
};

static void folder_new(char *to, size_t size)
{
    snprintf(to, size, "/tmp/tropic-test-engine-XXXXXX");
    assert_non_null(mkdtemp(to));
}

static void for_each_file(const char *folder, void (*what)(const char *path, void *context),
                          void *context)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[512];

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        what(path, context);
    }
    closedir(dir);
}

static void remove_file(const char *path, void *context)
{
    (void)context;
    assert_int_equal(unlink(path), 0);
}

static void folder_remove(const char *folder)
{
    for_each_file(folder, remove_file, NULL);
    assert_int_equal(rmdir(folder), 0);
}

static void copy_file(const char *path, void *context)
{
    char to[512], bytes[65536];
    int in = open(path, O_RDONLY), out;
    ssize_t n;

    snprintf(to, sizeof(to), "%s%s", (const char *)context, strrchr(path, '/'));
    out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, bytes, sizeof(bytes))) > 0)
        assert_int_equal(write(out, bytes, (size_t)n), n);
    assert_int_equal(n, 0);
    close(in);
    close(out);
}

/** The newest file whose name ends so, and its size. */
struct newest {
    const char *suffix;
    char path[512];
    off_t size;
};

static void if_newest(const char *path, void *context)
{
    struct newest *newest = context;
    size_t len = strlen(path), suffix_len = strlen(newest->suffix);
    struct stat file;

    if (len < suffix_len || strcmp(path + len - suffix_len, newest->suffix) != 0 ||
        strcmp(path, newest->path) < 0)
        return;
    assert_int_equal(stat(path, &file), 0);
    snprintf(newest->path, sizeof(newest->path), "%s", path);
    newest->size = file.st_size;
}

static struct newest find_newest(const char *folder, const char *suffix)
{
    struct newest newest = {.suffix = suffix};

    for_each_file(folder, if_newest, &newest);
    assert_true(newest.path[0] != '\0');
    return newest;
}

static void flip_byte(const char *path, off_t at)
{
    int fd = open(path, O_RDWR);
    uint8_t byte;

    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 0x40;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* ---- opening ---- */

static void keep_log(void *context, const char *line, unsigned long len)
{
    struct rocks_storage *storage = context;
    size_t had = strlen(storage->log);

    assert_true(had + len < sizeof(storage->log));
    memcpy(storage->log + had, line, len);
    storage->log[had + len] = '\0';
}

static uint64_t free_bytes(void *context, const char *folder)
{
    struct rocks_storage *storage = context;

    assert_string_equal(folder, storage->folder);
    return storage->full ? 1 : 1024 * MIB;
}

static int try_open(struct rocks_storage *storage, struct engine **ret_engine)
{
    struct engine_rocksdb_options options = {
        .folder = storage->folder,
        .shared = storage->shared,
        .log = {.sink = &storage->sink},
        .free_bytes = free_bytes,
        .free_bytes_context = storage,
    };

    storage->log[0] = '\0';
    return engine_rocksdb_open(&options, ret_engine);
}

static void storage_new(struct suite *suite)
{
    struct rocks_storage *storage = calloc(1, sizeof(*storage));

    assert_non_null(storage);
    folder_new(storage->folder, sizeof(storage->folder));
    storage->sink = (struct log_sink){
        .write = keep_log, .context = storage, .form = LOG_HUMAN, .level_max = LOG_INFO};
    assert_int_equal(engine_rocksdb_shared_new(&budget, &storage->shared), 0);
    suite->storage = storage;
}

static void storage_free(struct suite *suite)
{
    struct rocks_storage *storage = suite->storage;

    engine_rocksdb_shared_free(storage->shared);
    folder_remove(storage->folder);
    free(storage);
}

static void open_engine(struct suite *suite)
{
    assert_int_equal(try_open(suite->storage, &suite->engine), 0);
}

/** As after a start: nothing is cached. */
static void open_cold(struct suite *suite)
{
    struct rocks_storage *storage = suite->storage;

    engine_rocksdb_shared_free(storage->shared);
    assert_int_equal(engine_rocksdb_shared_new(&budget, &storage->shared), 0);
    open_engine(suite);
}

static void set_full(struct suite *suite, bool full)
{
    ((struct rocks_storage *)suite->storage)->full = full;
}

static const struct suite_kind rocksdb_kind = {
    .name = "rocksdb",
    .storage_new = storage_new,
    .storage_free = storage_free,
    .open = open_engine,
    .set_full = set_full,
    .threads = true,
};

static int setup(void **state)
{
    *state = suite_new(&rocksdb_kind);
    return 0;
}

static int teardown(void **state)
{
    suite_free(*state);
    return 0;
}

static unsigned lines(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/** A copy of the suite's folder as a crash at this moment would leave it, to be opened as it is. */
static struct rocks_storage *crash_image(struct suite *suite)
{
    struct rocks_storage *storage = suite->storage;
    struct rocks_storage *image = calloc(1, sizeof(*image));

    assert_non_null(image);
    *image = *storage;
    image->sink.context = image;
    folder_new(image->folder, sizeof(image->folder));
    for_each_file(storage->folder, copy_file, image->folder);
    return image;
}

static void image_free(struct rocks_storage *image)
{
    folder_remove(image->folder);
    free(image);
}

/** Opens an image as a suite of its own; close with suite_close. */
static struct suite image_open(struct rocks_storage *image)
{
    struct suite suite = {.kind = &rocksdb_kind, .storage = image};

    open_engine(&suite);
    return suite;
}

/* ---- folders and locks ---- */

static void missing_folders_are_made(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage deep = *(struct rocks_storage *)suite->storage;
    struct engine *engine;
    size_t len = strlen(deep.folder);

    snprintf(deep.folder + len, sizeof(deep.folder) - len, "/a/b");
    assert_int_equal(try_open(&deep, &engine), 0);
    engine_close(engine);
    folder_remove(deep.folder);
    deep.folder[len + 2] = '\0';
    assert_int_equal(rmdir(deep.folder), 0);
}

static void a_folder_that_is_open_cannot_be_opened_again(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage *storage = suite->storage;
    struct engine *second = NULL;
    char expected[64];

    suite_put(suite, "k", "v");
    assert_int_equal(try_open(storage, &second), ST_BUSY);
    assert_null(second);
    assert_int_equal(lines(storage->log), 1);
    snprintf(expected, sizeof(expected), "is in use by process %ld", (long)getpid());
    assert_non_null(strstr(storage->log, expected));
    suite_put(suite, "l", "the first is unharmed");
    suite_reopen(suite);
    suite_expect_keys(suite, "k l");
}

static void a_folder_that_cannot_be_made_is_an_error_of_one_line(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage wrong = *(struct rocks_storage *)suite->storage;
    struct engine *engine;
    size_t len = strlen(wrong.folder);

    wrong.sink.context = &wrong;
    snprintf(wrong.folder + len, sizeof(wrong.folder) - len, "/CURRENT/x"); /* a file */
    assert_int_equal(try_open(&wrong, &engine), ST_IO);
    assert_int_equal(lines(wrong.log), 1);
}

/* ---- crashes and damage ---- */

static void a_crash_keeps_what_was_acknowledged(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage *image;
    struct suite survivor;

    suite_put(suite, "a", "1");
    suite_reopen(suite); /* "a" in a table, the rest in the log only */
    suite_put(suite, "b", "2");
    suite_put(suite, "c", "3");
    image = crash_image(suite);
    survivor = image_open(image);
    suite_expect_keys(&survivor, "a b c");
    suite_close(&survivor);
    image_free(image);
}

/* A torn last record is what a crash in the middle of a write leaves: nobody was answered. */
static void a_torn_end_of_the_log_loses_the_last_batch_whole(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;
    off_t whole;

    suite_put(suite, "a", "1");
    suite_put(suite, "b", "2");
    whole = find_newest(((struct rocks_storage *)suite->storage)->folder, ".log").size;
    batch_put(&batch, DATA, SLICE("c"), SLICE("3"));
    batch_put(&batch, DATA, SLICE("d"), SLICE("4"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    for (off_t cut = 1;; cut += 5) {
        struct rocks_storage *image = crash_image(suite);
        struct newest log = find_newest(image->folder, ".log");
        struct suite survivor;

        if (log.size - cut < whole) {
            image_free(image);
            assert_true(cut > 10);
            break;
        }
        assert_int_equal(truncate(log.path, log.size - cut), 0);
        survivor = image_open(image);
        suite_expect_keys(&survivor, "a b");
        suite_put(&survivor, "e", "writes go on");
        suite_reopen(&survivor);
        suite_expect_keys(&survivor, "a b e");
        suite_close(&survivor);
        image_free(image);
    }
    batch_release(&batch);
}

/* Whatever byte of an inner record is hit, its length included: RocksDB alone would take a length
 * beyond the end for a torn end, and drop all that follows. */
static void damage_in_the_middle_of_the_log_refuses_to_open(void **state)
{
    enum { RECORD_HEADER_BYTES = 7, PAYLOAD_BYTES_HIT = 30 };
    struct suite *suite = *state;
    const char *folder = ((struct rocks_storage *)suite->storage)->folder;
    off_t start;

    suite_put(suite, "a", "1");
    start = find_newest(folder, ".log").size;
    suite_put(suite, "b", "2");
    suite_put(suite, "c", "3");
    for (off_t at = 0; at < RECORD_HEADER_BYTES + PAYLOAD_BYTES_HIT; at++) {
        struct rocks_storage *image = crash_image(suite);
        struct engine *engine = NULL;

        if (start + at < find_newest(folder, ".log").size - PAYLOAD_BYTES_HIT) {
            flip_byte(find_newest(image->folder, ".log").path, start + at);
            assert_int_equal(try_open(image, &engine), ST_CORRUPT);
            assert_null(engine);
            assert_int_equal(lines(image->log), 1);
            assert_non_null(strstr(image->log, image->folder));
        }
        image_free(image);
    }
}

/* The last block of a log, torn or hit in every way that RocksDB would take for torn. */
static void a_torn_record_is_told_from_one_whose_header_is_damaged(void **state)
{
    struct suite *suite = *state;
    const char *folder = ((struct rocks_storage *)suite->storage)->folder;
    struct batch batch = BATCH_EMPTY;
    uint8_t block[4096];
    size_t len, second, third;
    FILE *file;

    suite_put(suite, "a", "first");
    second = (size_t)find_newest(folder, ".log").size;
    file = fopen(find_newest(folder, ".log").path, "r");
    assert_non_null(file);
    len = fread(block, 1, sizeof(block), file);
    fclose(file);
    assert_int_equal(len, second);
    batch_put(&batch, DATA, SLICE("b"), slice_of(block, len)); /* a value that is a log itself */
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    batch_release(&batch);
    third = (size_t)find_newest(folder, ".log").size;
    suite_put(suite, "c", "third");
    file = fopen(find_newest(folder, ".log").path, "r");
    assert_non_null(file);
    len = fread(block, 1, sizeof(block), file);
    fclose(file);

    for (size_t cut = 0; cut <= len; cut++) /* torn anywhere */
        assert_false(rocks_log_block_is_damaged(block, cut));
    block[second + 5] ^= 0x40; /* the length of an inner record */
    assert_true(rocks_log_block_is_damaged(block, len));
    assert_true(rocks_log_block_is_damaged(block, third));
    assert_false(rocks_log_block_is_damaged(block, third - 1)); /* torn besides: nobody was told */
    block[second + 5] ^= 0x40;
    block[third + 5] ^= 0x40; /* of the last one: it is whole, so it may have been acknowledged */
    assert_true(rocks_log_block_is_damaged(block, len));
    block[third + 5] ^= 0x40;
    memset(block + second, 0, third - second); /* a hole before an intact batch */
    assert_true(rocks_log_block_is_damaged(block, len));
    memset(block + second, 0, len - second); /* zeros to the end: preallocated */
    assert_false(rocks_log_block_is_damaged(block, len));
}

static void a_damaged_table_is_never_served(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage *storage = suite->storage;
    struct sim_random random = sim_random_fork(1, "noise");
    struct engine_iterator *iterator;
    struct pinned pin = PINNED_EMPTY;
    struct newest table;
    char noise[4001];

    for (size_t i = 0; i < sizeof(noise) - 1; i++)
        noise[i] = (char)('a' + sim_random_below(&random, 26));
    noise[sizeof(noise) - 1] = '\0';
    suite_put(suite, "k", noise);
    suite_close(suite);
    table = find_newest(storage->folder, ".sst");
    flip_byte(table.path, 2000); /* inside the one data block */
    open_cold(suite);
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("k"), ENGINE_READ_ANY, &pin),
                     ST_CORRUPT);
    assert_int_equal(
        engine_iterate(suite->engine, DATA, SLICE_EMPTY, SLICE_EMPTY, ENGINE_READ_ANY, &iterator),
        0);
    assert_int_equal(engine_seek_first(iterator), ST_CORRUPT);
    engine_iterator_free(iterator);
}

/* ---- reads that must not touch the disk ---- */

static void what_was_just_flushed_is_read_without_the_disk(void **state)
{
    struct suite *suite = *state;
    struct pinned pin = PINNED_EMPTY;

    suite_put(suite, "k", "v");
    suite_reopen(suite); /* flushes; the cache is the process's and stays */
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("k"), ENGINE_READ_CACHED, &pin), 0);
    engine_unpin(&pin);
}

static void a_cold_read_says_so_and_a_warm_one_answers(void **state)
{
    struct suite *suite = *state;
    struct engine_iterator *iterator;
    struct pinned pin = PINNED_EMPTY;
    struct batch batch = BATCH_EMPTY;
    char key[16], value[2000];

    memset(value, 'v', sizeof(value));
    for (int i = 0; i < 100; i++) { /* several blocks: one read does not warm them all */
        snprintf(key, sizeof(key), "key %03d", i);
        batch_put(&batch, DATA, slice_str(key), slice_of(value, sizeof(value)));
    }
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_close(suite);
    open_cold(suite);
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("key 050"), ENGINE_READ_CACHED, &pin),
                     ST_AGAIN);
    assert_int_equal(engine_iterate(suite->engine, DATA, SLICE_EMPTY, SLICE_EMPTY,
                                    ENGINE_READ_CACHED, &iterator),
                     0);
    assert_int_equal(engine_seek(iterator, SLICE("key 050")), ST_AGAIN);
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("key 050"), ENGINE_READ_ANY, &pin), 0);
    engine_unpin(&pin);
    assert_int_equal(engine_get(suite->engine, DATA, SLICE("key 050"), ENGINE_READ_CACHED, &pin),
                     0);
    engine_unpin(&pin);
    assert_int_equal(engine_seek(iterator, SLICE("key 050")), 0);
    engine_iterator_free(iterator);
    batch_release(&batch);
}

/* ---- checkpoints, ranges, stalls ---- */

static void a_checkpoint_opens_with_what_was_there(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage *storage = suite->storage, copy = *storage;
    struct suite opened;
    size_t len = strlen(copy.folder);

    snprintf(copy.folder + len, sizeof(copy.folder) - len, ".checkpoint");
    suite_put(suite, "k", "before");
    assert_int_equal(engine_checkpoint(suite->engine, copy.folder), 0);
    assert_int_equal(engine_checkpoint(suite->engine, copy.folder), ST_EXISTS);
    suite_put(suite, "k", "after");
    copy.sink.context = &copy;
    opened = image_open(&copy);
    suite_expect(&opened, "k", "before");
    suite_put(&opened, "l", "its own way");
    suite_reopen(&opened);
    suite_expect_keys(&opened, "k l");
    suite_close(&opened);
    suite_expect_keys(suite, "k");
    folder_remove(copy.folder);
}

static void put_noise(struct suite *suite, unsigned megabytes)
{
    struct sim_random random = sim_random_fork(2, "noise");
    struct batch batch = BATCH_EMPTY;
    uint64_t *bytes = malloc(MIB);
    char key[16];

    assert_non_null(bytes);
    for (unsigned i = 0; i < megabytes; i++) {
        for (size_t word = 0; word < MIB / 8; word++)
            bytes[word] = sim_random_next(&random);
        snprintf(key, sizeof(key), "noise %04u", i);
        batch_put(&batch, DATA, slice_str(key), slice_of(bytes, MIB));
        assert_int_equal(suite_commit(suite, &batch, ENGINE_RELAXED), 0);
    }
    batch_release(&batch);
    free(bytes);
}

/* At its opening RocksDB opens 16 tables and leaves the others until they are read. */
static void a_table_that_is_not_open_yet_is_a_cold_read(void **state)
{
    enum { MEGABYTES = 96 };
    struct suite *suite = *state;
    unsigned cold = 0;
    char key[16];

    put_noise(suite, MEGABYTES);
    suite_close(suite);
    open_cold(suite);
    for (unsigned i = 0; i < MEGABYTES; i++) {
        struct pinned pin = PINNED_EMPTY;
        int rc;

        snprintf(key, sizeof(key), "noise %04u", i);
        rc = engine_get(suite->engine, DATA, slice_str(key), ENGINE_READ_CACHED, &pin);
        if (rc == ST_AGAIN) {
            cold++;
            rc = engine_get(suite->engine, DATA, slice_str(key), ENGINE_READ_ANY, &pin);
        }
        assert_int_equal(rc, 0);
        assert_int_equal(pin.value.len, MIB);
        engine_unpin(&pin);
    }
    assert_true(cold > 0);
}

/** Commits until nothing is being flushed or compacted any more. */
static void settle(struct suite *suite)
{
    static const char *const signs[] = {"rocksdb.mem-table-flush-pending",
                                        "rocksdb.compaction-pending", "rocksdb.num-running-flushes",
                                        "rocksdb.num-running-compactions"};
    struct rocks_engine *engine = rocks_of(suite->engine);
    bool busy = true;

    while (busy) {
        suite_put(suite, "a", "stays");
        busy = false;
        for (size_t i = 0; i < ARRAY_LEN(signs); i++) {
            uint64_t value = 0;

            assert_int_equal(
                rocksdb_property_int_cf(engine->db, engine->families[DATA], signs[i], &value), 0);
            busy |= value != 0;
        }
    }
}

static void deleting_a_large_range_gives_its_space_back(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;
    struct engine_stats before, after;

    suite_put(suite, "z", "stays");
    put_noise(suite, 64);
    suite_reopen(suite);
    settle(suite);
    engine_stats(suite->engine, &before);
    assert_true(before.disk_bytes > 60 * MIB);
    batch_delete_range(&batch, DATA, SLICE("noise"), SLICE("noisf"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_expect_keys(suite, "a z");
    suite_reopen(suite);
    engine_stats(suite->engine, &after);
    assert_true(after.disk_bytes < before.disk_bytes / 2);
    suite_expect_keys(suite, "a z");
    batch_release(&batch);
}

static void what_a_batch_puts_into_a_large_range_it_deleted_stays(void **state)
{
    struct suite *suite = *state;
    struct batch batch = BATCH_EMPTY;

    put_noise(suite, 40);
    suite_reopen(suite);
    settle(suite);
    batch_delete_range(&batch, DATA, SLICE("noise"), SLICE("noisf"));
    batch_put(&batch, DATA, SLICE("noise 0007"), SLICE("new"));
    assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), 0);
    suite_expect_keys(suite, "a noise 0007");
    suite_reopen(suite);
    suite_expect(suite, "noise 0007", "new");
    batch_release(&batch);
}

/* Far faster than one flush thread can follow: commits wait instead of failing. */
static void commits_wait_when_flushes_lag_behind(void **state)
{
    struct suite *suite = *state;
    struct engine_stats stats;

    for (int round = 0; round < 8; round++) {
        put_noise(suite, 32);
        engine_stats(suite->engine, &stats);
        if (stats.stalls > 0)
            break;
    }
    suite_expect(suite, "noise", NULL);
}

/* ---- space ---- */

static void sizes_follow_the_disk_and_leave_most_of_it(void **state)
{
    static const uint64_t disks[] = {64 * MIB, 200 * MIB, 4096 * MIB, 4096 * 1024 * MIB};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(disks); i++) {
        struct rocks_sizes sizes = rocks_sizes_for(64 * MIB, disks[i]);
        uint64_t needed = sizes.log + sizes.memtable + 4 * sizes.memtable + sizes.level;

        assert_true(needed <= disks[i] / 5);
        assert_true(sizes.memtable >= MIB);
        assert_true(sizes.memtable <= 64 * MIB);
    }
    assert_int_equal(rocks_sizes_for(64 * MIB, 4096 * 1024 * MIB).memtable, 64 * MIB);
}

static void a_full_disk_is_said_once_and_so_is_its_end(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage *storage = suite->storage;
    struct batch batch = BATCH_EMPTY;

    storage->log[0] = '\0';
    storage->full = true;
    for (int i = 0; i < 3; i++) {
        batch_put(&batch, DATA, SLICE("k"), SLICE("v"));
        assert_int_equal(suite_commit(suite, &batch, ENGINE_SYNC), ST_FULL);
    }
    assert_int_equal(lines(storage->log), 1);
    storage->full = false;
    suite_put(suite, "k", "v");
    suite_put(suite, "l", "v");
    assert_int_equal(lines(storage->log), 2);
    batch_release(&batch);
}

/* ---- the end of the process ---- */

static void on_fatal(void *context, const char *what)
{
    (void)context;
    _exit(strstr(what, "too large") != NULL ? EXIT_FATAL : 1);
}

static void on_child_commit(struct commit *commit, int rc)
{
    (void)commit;
    if (rc != 0)
        _exit(2);
}

/**
 * The child: commits until the system refuses to let a file grow, writing the number of each
 * acknowledged batch to standard output.
 */
static int child_main(const char *folder)
{
    struct engine_rocksdb_options options = {.folder = folder, .on_fatal = on_fatal};
    struct rlimit limit = {.rlim_cur = 200 * 1024, .rlim_max = 200 * 1024};
    struct commit commit = {.on_done = on_child_commit};
    struct batch batch = BATCH_EMPTY;
    struct engine *engine;
    char value[1000] = "";

    signal(SIGXFSZ, SIG_IGN);
    if (engine_rocksdb_shared_new(&budget, &options.shared) < 0 ||
        engine_rocksdb_open(&options, &engine) < 0 || setrlimit(RLIMIT_FSIZE, &limit) < 0)
        return 3;
    for (unsigned i = 0; i < 1000; i++) {
        uint8_t key[4];

        be32_put(key, i);
        batch_clear(&batch);
        batch_put(&batch, ENGINE_DATA, slice_of(key, 4), slice_of(value, sizeof(value)));
        batch_put(&batch, ENGINE_LOG, slice_of(key, 4), slice_of(value, sizeof(value)));
        engine_commit(engine, &batch, ENGINE_SYNC, &commit);
        if (write(STDOUT_FILENO, key, sizeof(key)) != sizeof(key))
            return 4;
    }
    return 5; /* the limit was never met */
}

static void a_log_that_cannot_be_written_ends_the_process_and_loses_nothing(void **state)
{
    struct suite *suite = *state;
    struct rocks_storage *storage = suite->storage;
    posix_spawn_file_actions_t actions;
    char self[] = "/proc/self/exe", mode[] = "--child";
    char *argv[] = {self, mode, storage->folder, NULL};
    uint32_t acknowledged = 0;
    uint8_t number[4];
    int ends[2], status;
    pid_t child;

    suite_close(suite);
    assert_int_equal(pipe(ends), 0);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    assert_int_equal(posix_spawn(&child, self, &actions, NULL, argv, environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    while (read(ends[0], number, sizeof(number)) == sizeof(number))
        assert_int_equal(be32_get(number), acknowledged++);
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EXIT_FATAL);
    assert_true(acknowledged > 10);

    open_engine(suite);
    for (uint32_t i = 0; i < acknowledged; i++) {
        for (int family = 0; family < ENGINE_FAMILY_COUNT; family++) {
            struct pinned pin = PINNED_EMPTY;

            be32_put(number, i);
            assert_int_equal(
                engine_get(suite->engine, family, slice_of(number, 4), ENGINE_READ_ANY, &pin), 0);
            engine_unpin(&pin);
        }
    }
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(missing_folders_are_made),
        TEST(a_folder_that_is_open_cannot_be_opened_again),
        TEST(a_folder_that_cannot_be_made_is_an_error_of_one_line),
        TEST(a_crash_keeps_what_was_acknowledged),
        TEST(a_torn_end_of_the_log_loses_the_last_batch_whole),
        TEST(damage_in_the_middle_of_the_log_refuses_to_open),
        TEST(a_torn_record_is_told_from_one_whose_header_is_damaged),
        TEST(a_damaged_table_is_never_served),
        TEST(what_was_just_flushed_is_read_without_the_disk),
        TEST(a_cold_read_says_so_and_a_warm_one_answers),
        TEST(a_table_that_is_not_open_yet_is_a_cold_read),
        TEST(a_checkpoint_opens_with_what_was_there),
        TEST(deleting_a_large_range_gives_its_space_back),
        TEST(what_a_batch_puts_into_a_large_range_it_deleted_stays),
        TEST(commits_wait_when_flushes_lag_behind),
        cmocka_unit_test(sizes_follow_the_disk_and_leave_most_of_it),
        TEST(a_full_disk_is_said_once_and_so_is_its_end),
        TEST(a_log_that_cannot_be_written_ends_the_process_and_loses_nothing),
    };
#undef TEST

    if (argc == 3 && strcmp(argv[1], "--child") == 0)
        return child_main(argv[2]);
    return suite_run(&rocksdb_kind) +
           cmocka_run_group_tests_name("rocksdb files", tests, NULL, NULL);
}
