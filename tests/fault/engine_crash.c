/*
 * engine_crash.c - kill -9 the process that writes, at random moments, and look at what is left.
 *
 *     engine_crash [--rounds N] [--seed S]
 *
 * The parent starts a writer on one and the same folder again and again, and kills it some random
 * time after its first acknowledgement. The writer commits batch after batch, synced, and says the
 * number of each on a pipe once the engine has acknowledged it. After every kill the folder is
 * opened, and must hold:
 *
 *   (1) every batch that was acknowledged, in this round or an earlier one;
 *   (2) at most one more, which was on its way;
 *   (3) of each batch all that it put, in both families, byte for byte, and nothing that it
 * deleted.
 *
 * What batch n does follows from n alone: some hundred puts of 0 to 4 KB, one key that every batch
 * overwrites, and the deletion of a batch of long ago: by one range in one family, key by key in
 * the other. Small memtables make flushes and compactions meet the kill as well.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/sim_random.h"
#include "engine/engine.h"

enum {
    KEPT_BATCHES = 200, /* a batch is deleted by the one that comes this much later */
    ENTRIES_MAX = 60,
    VALUE_BYTES_MAX = 4096,
    KILL_US_MAX = 150 * 1000,
    KEY_BYTES = 10,
};

extern char **environ;

static _Noreturn void fail(const char *what, uint64_t number)
{
    printf("engine_crash: %s (batch %" PRIu64 ")\n", what, number);
    exit(1);
}

/* ---- what a batch holds ---- */

struct plan {
    struct sim_random random;
    unsigned entries;
};

static struct plan plan_of(uint64_t number)
{
    struct plan plan = {.random = sim_random_fork(number, "batch")};

    plan.entries = (unsigned)sim_random_below(&plan.random, ENTRIES_MAX) + 1;
    return plan;
}

/** Entries of a plan come in order: `at` counts up from 0. */
static struct slice plan_value(struct plan *plan, uint8_t to[VALUE_BYTES_MAX])
{
    size_t len = (size_t)sim_random_below(&plan->random, VALUE_BYTES_MAX + 1);
    uint64_t word = sim_random_next(&plan->random);

    if (sim_random_chance(&plan->random, 0.7))
        len /= 20; /* mostly small */
    for (size_t i = 0; i < len; i++)
        to[i] = (uint8_t)(word >> (i % 8 * 8)) ^ (uint8_t)(i / 8);
    return slice_of(to, len);
}

static enum engine_family plan_family(unsigned at)
{
    return at % 3 == 0 ? ENGINE_LOG : ENGINE_DATA;
}

static struct slice key_of(uint8_t to[KEY_BYTES], uint64_t number, unsigned at)
{
    be64_put(to, number);
    be16_put(to + 8, (uint16_t)at);
    return slice_of(to, KEY_BYTES);
}

static void fill(struct batch *batch, uint64_t number)
{
    struct plan plan = plan_of(number);
    uint8_t key[KEY_BYTES], end[KEY_BYTES], value[VALUE_BYTES_MAX], newest[8];

    for (unsigned at = 0; at < plan.entries; at++)
        batch_put(batch, plan_family(at), key_of(key, number, at), plan_value(&plan, value));
    be64_put(newest, number);
    batch_put(batch, ENGINE_DATA, SLICE("newest"), slice_of(newest, 8));
    if (number <= KEPT_BATCHES)
        return;
    number -= KEPT_BATCHES;
    batch_delete_range(batch, ENGINE_DATA, key_of(key, number, 0), key_of(end, number + 1, 0));
    for (unsigned at = 0; at < plan_of(number).entries; at++) {
        if (plan_family(at) == ENGINE_LOG)
            batch_delete(batch, ENGINE_LOG, key_of(key, number, at));
    }
}

/* ---- the engine ---- */

static void write_line(void *context, const char *line, unsigned long len)
{
    (void)context;
    fwrite(line, 1, len, stdout);
}

static struct engine *open_engine(const char *folder, struct engine_rocksdb_shared **ret_shared)
{
    static const struct log_sink sink = {.write = write_line, .level_max = LOG_WARN};
    struct engine_rocksdb_budget budget = {
        .cache_bytes = 8 << 20, .write_buffer_bytes = 2 << 20, .engines = 1};
    struct engine_rocksdb_options options = {.folder = folder, .log = {.sink = &sink}};
    struct engine *engine;

    if (engine_rocksdb_shared_new(&budget, &options.shared) < 0 ||
        engine_rocksdb_open(&options, &engine) < 0)
        fail("cannot open the folder", 0);
    *ret_shared = options.shared;
    return engine;
}

/** The number that the last batch left; 0 when there was none. */
static uint64_t newest_of(struct engine *engine)
{
    struct pinned pin = PINNED_EMPTY;
    uint64_t newest = 0;
    int rc = engine_get(engine, ENGINE_DATA, SLICE("newest"), ENGINE_READ_ANY, &pin);

    if (rc == 0 && pin.value.len == 8)
        newest = be64_get(pin.value.ptr);
    else if (rc != ST_NOTFOUND)
        fail("the newest number cannot be read", 0);
    engine_unpin(&pin);
    return newest;
}

/* ---- the writer ---- */

static void on_committed(struct commit *commit, int rc)
{
    (void)commit;
    if (rc != 0)
        fail(status_text(rc), 0);
}

static int writer_main(const char *folder)
{
    struct engine_rocksdb_shared *shared;
    struct engine *engine = open_engine(folder, &shared);
    struct commit commit = {.on_done = on_committed};
    struct batch batch = BATCH_EMPTY;

    for (uint64_t number = newest_of(engine) + 1;; number++) {
        batch_clear(&batch);
        fill(&batch, number);
        engine_commit(engine, &batch, ENGINE_SYNC, &commit);
        if (write(STDERR_FILENO, &number, sizeof(number)) != sizeof(number))
            return 1;
    }
}

/* ---- the judge ---- */

static void check_family(struct engine *engine, enum engine_family family, uint64_t newest)
{
    uint64_t number = newest > KEPT_BATCHES ? newest - KEPT_BATCHES + 1 : 1;
    struct engine_iterator *iterator;
    uint8_t key[KEY_BYTES], value[VALUE_BYTES_MAX];
    int rc;

    if (engine_iterate(engine, family, SLICE_EMPTY, SLICE("newest"), ENGINE_READ_ANY, &iterator) <
        0)
        fail("cannot iterate", 0);
    rc = engine_seek_first(iterator);
    for (; number <= newest; number++) {
        struct plan plan = plan_of(number);

        for (unsigned at = 0; at < plan.entries; at++) {
            struct slice expected = plan_value(&plan, value);

            if (plan_family(at) != family)
                continue;
            if (rc != 0)
                fail(rc == 1 ? "entries are missing at the end" : status_text(rc), number);
            if (!slice_eq(engine_iterator_key(iterator), key_of(key, number, at)))
                fail("an entry is missing, or one that was deleted is there", number);
            if (!slice_eq(engine_iterator_value(iterator), expected))
                fail("a value is not what was written", number);
            rc = engine_next(iterator);
        }
    }
    if (rc != 1)
        fail("there is more than was written", newest);
    engine_iterator_free(iterator);
}

/** Opens what the kill has left; returns its newest batch. */
static uint64_t judge(const char *folder, uint64_t acknowledged)
{
    struct engine_rocksdb_shared *shared;
    struct engine *engine = open_engine(folder, &shared);
    uint64_t newest = newest_of(engine);

    if (newest < acknowledged)
        fail("an acknowledged batch is gone", acknowledged);
    if (newest > acknowledged + 1)
        fail("more than one batch was not acknowledged", newest);
    for (int family = 0; family < ENGINE_FAMILY_COUNT; family++)
        check_family(engine, family, newest);
    engine_close(engine);
    engine_rocksdb_shared_free(shared);
    return newest;
}

/** One writer's life; returns the last number that it acknowledged, or `before`. */
static uint64_t write_and_kill(const char *folder, uint64_t before, int64_t kill_us)
{
    char self[] = "/proc/self/exe", mode[] = "--writer";
    char *argv[] = {self, mode, (char *)(uintptr_t)folder, NULL};
    struct timespec delay = {.tv_nsec = kill_us * 1000};
    posix_spawn_file_actions_t actions;
    uint64_t number, acknowledged = before;
    struct pollfd first;
    int ends[2], status;
    pid_t writer;

    if (pipe2(ends, O_CLOEXEC) < 0)
        fail("no pipe", 0);
    fcntl(ends[0], F_SETPIPE_SZ, 1 << 20); /* the writer must not wait for us */
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    if (posix_spawn(&writer, self, &actions, NULL, argv, environ) != 0)
        fail("cannot start the writer", 0);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);

    first = (struct pollfd){.fd = ends[0], .events = POLLIN};
    poll(&first, 1, -1);
    nanosleep(&delay, NULL); /* the moment of the kill is what varies; nothing waits for it */
    kill(writer, SIGKILL);
    while (read(ends[0], &number, sizeof(number)) == sizeof(number)) {
        if (number != acknowledged + 1)
            fail("the writer did not go on where it was", number);
        acknowledged = number;
    }
    close(ends[0]);
    if (waitpid(writer, &status, 0) != writer || !WIFSIGNALED(status))
        fail("the writer ended by itself", acknowledged);
    return acknowledged;
}

static uint64_t argument(int argc, char **argv, const char *name, uint64_t otherwise)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (strcmp(argv[i], name) == 0)
            return strtoull(argv[i + 1], NULL, 10);
    }
    return otherwise;
}

int main(int argc, char **argv)
{
    uint64_t rounds = argument(argc, argv, "--rounds", 20);
    struct sim_random random = sim_random_fork(argument(argc, argv, "--seed", 1), "kill");
    char folder[] = "/tmp/tropic-engine-crash-XXXXXX", command[64];
    uint64_t newest = 0, acknowledged = 0;

    if (argc == 3 && strcmp(argv[1], "--writer") == 0)
        return writer_main(argv[2]);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (mkdtemp(folder) == NULL)
        fail("no folder", 0);
    for (uint64_t round = 0; round < rounds; round++) {
        uint64_t before = newest;

        newest = write_and_kill(folder, newest, sim_random_between(&random, 0, KILL_US_MAX));
        acknowledged += newest - before;
        newest = judge(folder, newest);
    }
    printf("engine_crash: %" PRIu64 " kills, %" PRIu64 " batches acknowledged, none lost\n", rounds,
           acknowledged);
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command) == 0 && acknowledged > rounds ? 0 : 1;
}
