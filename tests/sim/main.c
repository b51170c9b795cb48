/*
 * main.c - the simulator's command line.
 *
 *   sim --seeds N [--start S] [--jobs J] [--trace-dir DIR]   runs seeds S ... S+N-1
 *   sim --seeds N --also FILE                                and those that FILE names
 *   sim --seeds N --until-broken                            ends at the first that breaks
 *   sim --seed N [--trace]                                  runs one, and says what happens
 *
 * Seeds are shared out among J processes (default: as many as there are cores). A seed that
 * breaks prints itself, its options, the first broken invariant and the name of a file with its
 * trace, and the run ends with 1. A process that dies is reported with the seed that it ran. At the
 * end come the totals; something that never occurred in any run (a conflict, a kind of fault)
 * fails the run too, because then nothing was shown about it. That is asked for from 50 seeds on.
 *
 * A file of seeds (tests/sim/broken-seeds) has one at the start of each line, and after it what it
 * found; lines that begin with '#' say more.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim.h"

enum { JOBS_MAX = 64, SEEDS_FOR_TOTALS = 50, FAILURES_MAX = 5, ALSO_MAX = 256 };

/** One for each process, shared with the parent. */
struct worker {
    bool *stop; /* of all */
    pid_t pid;
    uint64_t seed;            /* runs now */
    uint64_t next, end, step; /* places in the list of all seeds */
    uint32_t failures;
    struct totals totals;
};

struct arguments {
    uint64_t start, seeds;
    bool one, trace, until_broken;
    int jobs;
    const char *trace_dir;
    uint64_t also[ALSO_MAX]; /* come after the others */
    uint64_t also_count;
};

static uint64_t seed_at(const struct arguments *arguments, uint64_t place)
{
    return place < arguments->seeds ? arguments->start + place
                                    : arguments->also[place - arguments->seeds];
}

/* ---- totals ---- */

void totals_add(struct totals *to, const struct totals *more)
{
    const uint64_t *from = (const uint64_t *)more;
    uint64_t *sums = (uint64_t *)to;

    for (size_t i = 0; i < sizeof(*to) / sizeof(uint64_t); i++)
        sums[i] += from[i];
}

static bool must_occur(FILE *to, const char *what, uint64_t count)
{
    fprintf(to, "  %-22s %12llu%s\n", what, (unsigned long long)count,
            count == 0 ? "   NEVER OCCURRED" : "");
    return count > 0;
}

bool totals_print(const struct totals *totals, FILE *to)
{
    bool all = true;

    fprintf(to, "%llu runs, %.1f simulated hours, %llu events\n", (unsigned long long)totals->runs,
            (double)totals->simulated_s / 3600, (unsigned long long)totals->events);
    all &= must_occur(to, "client operations", totals->operations);
    all &= must_occur(to, "  writes", totals->writes);
    all &= must_occur(to, "  deletes among them", totals->deletes);
    all &= must_occur(to, "  reads", totals->reads);
    all &= must_occur(to, "  answered", totals->acknowledged);
    all &= must_occur(to, "  transactions", totals->transactions);
    all &= must_occur(to, "  refused", totals->refused);
    all &= must_occur(to, "  outcome unknown", totals->unknown);
    all &= must_occur(to, "changes", totals->changes);
    all &= must_occur(to, "changes replicated", totals->replicated);
    all &= must_occur(to, "conflicts logged", totals->conflicts);
    all &= must_occur(to, "tombstones purged", totals->purged);
    all &= must_occur(to, "floors raised", totals->floors_raised);
    all &= must_occur(to, "contexts checked", totals->contexts_checked);
    all &= must_occur(to, "clocks checked", totals->clocks_checked);
    all &= must_occur(to, "other source taken", totals->sources_changed);
    all &= must_occur(to, "repaired by snapshot", totals->snapshots_repaired);
    all &= must_occur(to, "items expired", totals->expired);
    all &= must_occur(to, "index changes", totals->index_changes);
    all &= must_occur(to, "index entries checked", totals->entries_checked);
    all &= must_occur(to, "older disk images", totals->memories_lost);
    all &= must_occur(to, "frames", totals->frames);
    for (int i = 0; i < FAULT_COUNT; i++)
        all &= must_occur(to, fault_names[i], totals->faults[i]);
    return all;
}

/* ---- one seed ---- */

/** Runs the seed again, with a trace into a file. */
static void write_trace(const struct arguments *arguments, uint64_t seed)
{
    struct totals totals;
    char path[512], failure[512];
    FILE *file;

    mkdir("build", 0777);
    mkdir(arguments->trace_dir, 0777);
    snprintf(path, sizeof(path), "%s/seed-%llu.trace", arguments->trace_dir,
             (unsigned long long)seed);
    file = fopen(path, "w");
    if (file == NULL) {
        fprintf(stderr, "  no trace: %s: %s\n", path, strerror(errno));
        return;
    }
    sim_run(seed, file, &totals, failure);
    fclose(file);
    fprintf(stderr, "  trace: %s\n", path);
}

static bool run_seed(const struct arguments *arguments, uint64_t seed, struct totals *totals)
{
    struct sim_options options;
    struct totals of_run;
    char failure[512];
    bool right;

    right = sim_run(seed, arguments->trace ? stdout : NULL, &of_run, failure);
    totals_add(totals, &of_run);
    if (right)
        return true;
    options_of_seed(seed, &options);
    fprintf(stderr, "BROKEN ");
    options_print(&options, stderr);
    fprintf(stderr, "  %s\n", failure);
    if (!arguments->trace && !arguments->until_broken)
        write_trace(arguments, seed);
    return false;
}

/* ---- many ---- */

static void work(const struct arguments *arguments, struct worker *worker)
{
    while (worker->next < worker->end && worker->failures < FAILURES_MAX && !*worker->stop) {
        worker->seed = seed_at(arguments, worker->next);
        worker->next += worker->step;
        if (!run_seed(arguments, worker->seed, &worker->totals)) {
            worker->failures++;
            *worker->stop = arguments->until_broken;
        }
    }
    _exit(0);
}

static void start_worker(const struct arguments *arguments, struct worker *worker)
{
    pid_t pid;

    fflush(stdout);
    fflush(stderr);
    pid = fork();
    if (pid == 0)
        work(arguments, worker);
    if (pid < 0) {
        perror("fork");
        exit(2);
    }
    worker->pid = pid; /* by the parent alone: the memory is shared */
}

static int run_many(const struct arguments *arguments)
{
    struct worker *workers = mmap(NULL, sizeof(*workers) * (JOBS_MAX + 1), PROT_READ | PROT_WRITE,
                                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bool *stop = (bool *)&workers[JOBS_MAX];
    struct timespec begun, ended;
    struct totals totals = {0};
    uint32_t failures = 0;
    int running = 0;
    bool all;

    if (workers == MAP_FAILED) {
        perror("mmap");
        return 2;
    }
    clock_gettime(CLOCK_MONOTONIC, &begun);
    for (int i = 0; i < arguments->jobs; i++) {
        workers[i] = (struct worker){.stop = stop,
                                     .next = (uint64_t)i,
                                     .end = arguments->seeds + arguments->also_count,
                                     .step = (uint64_t)arguments->jobs};
        start_worker(arguments, &workers[i]);
        running++;
    }
    while (running > 0) {
        int status;
        pid_t pid = wait(&status);

        for (int i = 0; i < arguments->jobs; i++) {
            struct worker *worker = &workers[i];

            if (worker->pid != pid)
                continue;
            worker->pid = 0;
            running--;
            if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
                break;
            fprintf(stderr, "BROKEN seed %llu: its process died (%s %d); sim --seed %llu --trace\n",
                    (unsigned long long)worker->seed, WIFSIGNALED(status) ? "signal" : "status",
                    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
                    (unsigned long long)worker->seed);
            *stop = arguments->until_broken;
            if (++worker->failures < FAILURES_MAX && worker->next < worker->end && !*stop) {
                start_worker(arguments, worker);
                running++;
            }
            break;
        }
    }
    for (int i = 0; i < arguments->jobs; i++) {
        totals_add(&totals, &workers[i].totals);
        failures += workers[i].failures;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    all = arguments->until_broken || totals_print(&totals, stdout);
    printf("sim: %llu passed, %u failed, %lld s\n", (unsigned long long)totals.runs, failures,
           (long long)(ended.tv_sec - begun.tv_sec));
    if (failures > 0)
        return 1;
    if (!all && arguments->seeds >= SEEDS_FOR_TOTALS) {
        fprintf(stderr, "sim: what never occurred was not tested\n");
        return 1;
    }
    return 0;
}

static bool read_also(struct arguments *arguments, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[512];
    bool right = true;

    if (file == NULL) {
        fprintf(stderr, "sim: %s: %s\n", path, strerror(errno));
        return false;
    }
    while (right && fgets(line, sizeof(line), file) != NULL) {
        char *end;

        if (line[0] == '#' || line[0] == '\n')
            continue;
        right = arguments->also_count < ALSO_MAX && strchr(line, '\n') != NULL;
        if (right)
            arguments->also[arguments->also_count++] = strtoull(line, &end, 10);
        right = right && end != line;
    }
    fclose(file);
    if (!right)
        fprintf(stderr, "sim: %s: one seed a line, at most %d\n", path, ALSO_MAX);
    return right;
}

static int usage(void)
{
    fprintf(stderr, "usage: sim --seeds N [--start S] [--also FILE] [--jobs J] [--trace-dir DIR]\n"
                    "           [--until-broken]\n"
                    "       sim --seed N [--trace]\n");
    return 2;
}

int main(int argc, char **argv)
{
    struct arguments arguments = {.start = 1, .seeds = 10, .trace_dir = "build/sim-traces"};
    struct totals totals = {0};

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--trace") == 0) {
            arguments.trace = true;
            continue;
        }
        if (strcmp(argv[i], "--until-broken") == 0) {
            arguments.until_broken = true;
            continue;
        }
        if (value == NULL)
            return usage();
        i++;
        if (strcmp(argv[i - 1], "--seeds") == 0) {
            arguments.seeds = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i - 1], "--start") == 0) {
            arguments.start = strtoull(value, NULL, 10);
        } else if (strcmp(argv[i - 1], "--jobs") == 0) {
            arguments.jobs = atoi(value);
        } else if (strcmp(argv[i - 1], "--trace-dir") == 0) {
            arguments.trace_dir = value;
        } else if (strcmp(argv[i - 1], "--also") == 0) {
            if (!read_also(&arguments, value))
                return 2;
        } else if (strcmp(argv[i - 1], "--seed") == 0) {
            arguments.one = true;
            arguments.start = strtoull(value, NULL, 10);
        } else {
            return usage();
        }
    }
    if (arguments.one) {
        struct sim_options options;
        bool right;

        options_of_seed(arguments.start, &options);
        options_print(&options, stdout);
        right = run_seed(&arguments, arguments.start, &totals);
        totals_print(&totals, stdout);
        return right ? 0 : 1;
    }
    if (arguments.jobs <= 0)
        arguments.jobs = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (arguments.jobs > JOBS_MAX)
        arguments.jobs = JOBS_MAX;
    return run_many(&arguments);
}
