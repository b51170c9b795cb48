/*
 * command_history.c - `tropic history`: the last minutes of a server, a row an entry.
 *
 * The answer has a list of arrays per operation, feed, link and table. A terminal wants one line
 * per moment, so they are put together here: operations into reads, writes and the rest, feeds into
 * directions between two Regions. Counts are added up; of latencies, lags and what is pending the
 * worst is shown, since that is what one looks for.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "server/client.h"
#include "server/commands.h"
#include "server/history_ring.h"
#include "server/quantity.h"
#include "server/text_table.h"

enum { MINUTES_MAX = HISTORY_SECONDS / 60, MINUTES_DEFAULT = 10, STEP_DEFAULT = 60, NAME_MAX = 64 };

/* What there is to show. */
struct span {
    int64_t count, step, from_ms;
    const char *region; /* NULL: all */
};

/* ---- members of the answer ---- */

/* Folds an array of a series into `totals`, entry by entry. */
static void add_series(struct json series, const char *name, enum history_fold fold,
                       int64_t *totals, int64_t count)
{
    struct json_iterator values = answer_list(series, name);
    int64_t number;
    struct json value;

    for (int64_t i = 0; i < count && json_next(&values, NULL, &value); i++)
        if (json_type(value) == JSON_NUMBER && json_integer(value, &number) == 1)
            totals[i] = history_fold(fold, totals[i], number);
}

static int64_t *columns_new(size_t columns, int64_t count)
{
    size_t size = columns * (size_t)count;
    int64_t *values = malloc((size + 1) * sizeof(*values));

    for (size_t i = 0; values != NULL && i < size; i++)
        values[i] = HISTORY_NONE;
    return values;
}

static bool is_wanted(const struct span *span, struct slice region)
{
    return span->region == NULL || slice_eq_str(region, span->region);
}

/* ---- cells ---- */

static void cell_time(struct text_table *table, const struct span *span, int64_t entry)
{
    struct civil at = civil_from_ms(span->from_ms + entry * span->step * 1000);

    text_table_cell(table, "%02d:%02d:%02d", at.hour, at.minute, at.second);
}

static void cell_rate(struct text_table *table, int64_t count, const struct span *span)
{
    if (count == HISTORY_NONE)
        text_table_cell(table, "-");
    else
        text_table_cell(table, "%.*f", span->step > 1 ? 1 : 0, (double)count / (double)span->step);
}

static void cell_count(struct text_table *table, int64_t count)
{
    if (count == HISTORY_NONE)
        text_table_cell(table, "-");
    else
        text_table_cell(table, "%lld", (long long)count);
}

static void cell_bytes(struct text_table *table, int64_t bytes)
{
    if (bytes == HISTORY_NONE)
        text_table_cell(table, "-");
    else
        text_table_bytes(table, (uint64_t)bytes);
}

static void cell_us(struct text_table *table, int64_t us)
{
    text_table_us(table, us == HISTORY_NONE ? -1 : us);
}

static void cell_ms(struct text_table *table, int64_t ms)
{
    text_table_us(table, ms == HISTORY_NONE ? -1 : ms * 1000);
}

/* ---- requests ---- */

enum { GROUP_READS, GROUP_WRITES, GROUP_OTHERS, GROUPS };

static unsigned group_of(struct slice operation)
{
    static const struct {
        const char *operation;
        unsigned group;
    } groups[] = {
        {"GetItem", GROUP_READS},
        {"BatchGetItem", GROUP_READS},
        {"Query", GROUP_READS},
        {"Scan", GROUP_READS},
        {"TransactGetItems", GROUP_READS},
        {"GetRecords", GROUP_READS},
        {"PutItem", GROUP_WRITES},
        {"UpdateItem", GROUP_WRITES},
        {"DeleteItem", GROUP_WRITES},
        {"BatchWriteItem", GROUP_WRITES},
        {"TransactWriteItems", GROUP_WRITES},
    };

    for (size_t i = 0; i < ARRAY_LEN(groups); i++)
        if (slice_eq_str(operation, groups[i].operation))
            return groups[i].group;
    return GROUP_OTHERS;
}

enum {
    REQUESTS,
    ERRORS,
    THROTTLED,
    IN_GROUPS,
    GROUP_COLUMNS = 3, /* requests, p50, p99 */
    REQUEST_COLUMNS = IN_GROUPS + GROUPS * GROUP_COLUMNS
};

static bool add_operations(struct json root, const struct span *span, int64_t *totals)
{
    struct json_iterator list = answer_list(root, "operations");
    int64_t count = span->count;
    bool some = false;
    struct json one;

    while (json_next(&list, NULL, &one)) {
        int64_t *group;

        if (!is_wanted(span, answer_text(one, "region")))
            continue;
        some = true;
        group =
            totals + (IN_GROUPS + group_of(answer_text(one, "operation")) * GROUP_COLUMNS) * count;
        add_series(one, "requests", FOLD_SUM, totals + REQUESTS * count, count);
        add_series(one, "user_errors", FOLD_SUM, totals + ERRORS * count, count);
        add_series(one, "system_errors", FOLD_SUM, totals + ERRORS * count, count);
        add_series(one, "throttled", FOLD_SUM, totals + THROTTLED * count, count);
        add_series(one, "requests", FOLD_SUM, group, count);
        add_series(one, "latency_us_p50", FOLD_GREATEST, group + count, count);
        add_series(one, "latency_us_p99", FOLD_GREATEST, group + 2 * count, count);
    }
    return some;
}

static int show_requests(struct json root, const struct span *span)
{
    int64_t *totals = columns_new(REQUEST_COLUMNS, span->count), count = span->count;
    struct text_table table;

    if (totals == NULL)
        return ST_NOMEM;
    if (add_operations(root, span, totals)) {
        text_table_init(&table, TEXT_HEADS("TIME", ">REQUESTS/S", ">ERRORS", ">THROTTLED",
                                           ">READS/S", ">P50", ">P99", ">WRITES/S", ">P50", ">P99",
                                           ">OTHERS/S", ">P50", ">P99"));
        for (int64_t i = 0; i < count; i++) {
            cell_time(&table, span, i);
            cell_rate(&table, totals[REQUESTS * count + i], span);
            cell_count(&table, totals[ERRORS * count + i]);
            cell_count(&table, totals[THROTTLED * count + i]);
            for (unsigned group = 0; group < GROUPS; group++) {
                const int64_t *of = totals + (IN_GROUPS + group * GROUP_COLUMNS) * count + i;

                cell_rate(&table, of[0], span);
                cell_us(&table, of[count]);
                cell_us(&table, of[2 * count]);
            }
        }
        printf("Requests\n\n");
        text_table_print(&table, stdout);
    } else {
        printf("No requests.\n");
    }
    free(totals);
    return 0;
}

/* ---- replication ---- */

enum { APPLIED, CONFLICTS, LAG_P50, LAG_P99, PENDING, PENDING_SIZE, DIRECTION_COLUMNS };

/* From one Region to another, all tables together. */
struct direction {
    char from[NAME_MAX], to[NAME_MAX];
    int64_t *totals;
};

struct directions {
    struct direction *list;
    size_t count, cap;
    int64_t entries;
};

/* NULL: no memory. */
static int64_t *direction_totals(struct directions *all, struct slice from, struct slice to)
{
    struct direction *one;

    for (size_t i = 0; i < all->count; i++)
        if (slice_eq_str(from, all->list[i].from) && slice_eq_str(to, all->list[i].to))
            return all->list[i].totals;
    if (all->count == all->cap) {
        size_t cap = all->cap == 0 ? 16 : all->cap * 2;
        struct direction *grown = realloc(all->list, cap * sizeof(*grown));

        if (grown == NULL)
            return NULL;
        all->list = grown;
        all->cap = cap;
    }
    one = &all->list[all->count];
    snprintf(one->from, sizeof(one->from), "%.*s", SLICE_ARGS(from));
    snprintf(one->to, sizeof(one->to), "%.*s", SLICE_ARGS(to));
    one->totals = columns_new(DIRECTION_COLUMNS, all->entries);
    all->count += one->totals != NULL;
    return one->totals;
}

/* A feed knows what its Region applied of the peer's, and what the peer has not taken of its own.
 */
static int add_feeds(struct json root, const struct span *span, struct directions *all)
{
    struct json_iterator list = answer_list(root, "feeds");
    int64_t count = span->count;
    struct json one;

    while (json_next(&list, NULL, &one)) {
        struct slice region = answer_text(one, "region"), peer = answer_text(one, "peer");
        int64_t *in, *out;

        if (!is_wanted(span, region) && !is_wanted(span, peer))
            continue;
        in = direction_totals(all, peer, region);
        out = in != NULL ? direction_totals(all, region, peer) : NULL;
        if (out == NULL)
            return ST_NOMEM;
        add_series(one, "applied", FOLD_SUM, in + APPLIED * count, count);
        add_series(one, "conflicts", FOLD_SUM, in + CONFLICTS * count, count);
        add_series(one, "lag_ms_p50", FOLD_GREATEST, in + LAG_P50 * count, count);
        add_series(one, "lag_ms_p99", FOLD_GREATEST, in + LAG_P99 * count, count);
        add_series(one, "pending_changes", FOLD_SUM, out + PENDING * count, count);
        add_series(one, "pending_bytes", FOLD_SUM, out + PENDING_SIZE * count, count);
    }
    return 0;
}

static void print_direction(const struct direction *one, const struct span *span)
{
    struct text_table table;

    text_table_init(&table, TEXT_HEADS("TIME", ">APPLIED/S", ">LAG P50", ">P99", ">CONFLICTS",
                                       ">PENDING", ">PENDING SIZE"));
    for (int64_t i = 0; i < span->count; i++) {
        const int64_t *at = one->totals + i;

        cell_time(&table, span, i);
        cell_rate(&table, at[APPLIED * span->count], span);
        cell_ms(&table, at[LAG_P50 * span->count]);
        cell_ms(&table, at[LAG_P99 * span->count]);
        cell_count(&table, at[CONFLICTS * span->count]);
        cell_count(&table, at[PENDING * span->count]);
        cell_bytes(&table, at[PENDING_SIZE * span->count]);
    }
    printf("\nReplication from %s to %s\n\n", one->from, one->to);
    text_table_print(&table, stdout);
}

static int compare_directions(const void *left, const void *right)
{
    const struct direction *a = left, *b = right;
    int from = strcmp(a->from, b->from);

    return from != 0 ? from : strcmp(a->to, b->to);
}

static int show_replication(struct json root, const struct span *span)
{
    struct directions all = {.entries = span->count};
    int rc = add_feeds(root, span, &all);

    if (all.count > 0)
        qsort(all.list, all.count, sizeof(all.list[0]), compare_directions);
    for (size_t i = 0; i < all.count; i++) {
        if (rc == 0)
            print_direction(&all.list[i], span);
        free(all.list[i].totals);
    }
    free(all.list);
    return rc;
}

/* ---- the command ---- */

static int show_history(const struct client *client, struct json root)
{
    int64_t first = answer_integer(root, "first"), next = answer_integer(root, "next");
    struct span span = {.step = answer_integer(root, "step"),
                        .from_ms = answer_integer(root, "from_ms"),
                        .region = arguments_value(client->arguments, "--region")};
    int rc;

    if (span.step < 1 || span.step > HISTORY_STEP_MAX || next < first ||
        next - first > HISTORY_SECONDS)
        return command_fail(EXIT_FAILED, "history: the answer makes no sense");
    span.count = (next - first) / span.step;
    if (span.count == 0) {
        printf("Nothing yet: the server has not been up for %lld s. See --step.\n",
               (long long)span.step);
        return EXIT_DONE;
    }
    printf("%s, %lld s a row, times in UTC\n\n", client->endpoint, (long long)span.step);
    rc = show_requests(root, &span);
    if (rc == 0)
        rc = show_replication(root, &span);
    if (rc < 0)
        return command_fail(EXIT_FAILED, "%s", status_text(rc));
    if (answer_integer(root, "series_left_out") > 0)
        printf("\n%lld series are not in it: there are more than the server keeps.\n",
               (long long)answer_integer(root, "series_left_out"));
    return EXIT_DONE;
}

static int show_json(const struct client *client, struct json root)
{
    printf("%.*s\n", SLICE_ARGS(client_answer_text(client)));
    return EXIT_DONE;
}

/* A number from 1 to max under a flag; *value stays when it is not given. */
static int read_number(const struct arguments *arguments, const char *flag, uint32_t max,
                       uint32_t *value)
{
    const char *text = arguments_value(arguments, flag);

    if (text != NULL && (quantity_count(text, max, value) < 0 || *value == 0))
        return command_fail(EXIT_USAGE, "history: %s is a number from 1 to %u, not \"%s\"", flag,
                            max, text);
    return EXIT_DONE;
}

static int history_run(const struct arguments *arguments)
{
    struct buf body = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&body);
    uint32_t minutes = MINUTES_DEFAULT, step = STEP_DEFAULT;
    int code = read_number(arguments, "--minutes", MINUTES_MAX, &minutes);

    if (code == EXIT_DONE)
        code = read_number(arguments, "--step", HISTORY_STEP_MAX, &step);
    if (code != EXIT_DONE)
        return code;
    json_object_begin(&writer);
    json_key(&writer, "last");
    json_put_uint(&writer, minutes * 60);
    json_key(&writer, "step");
    json_put_uint(&writer, step);
    json_object_end(&writer);
    return client_ask(arguments, "POST", "/_tropic/v1/history", &body,
                      arguments_has(arguments, "--json") ? show_json : show_history);
}

/* clang-format off */
const struct command command_history = {
    .name = "history",
    .takes = "",
    .summary = "show requests, latencies and replication lag over the last minutes",
    .teaches =
        "A server remembers an hour of its numbers, second by second. This prints the last minutes of\n"
        "them, one row a minute or as --step says: requests by reads, writes and others with their\n"
        "latencies, and replication from Region to Region with its lag, conflicts and what is pending.\n"
        "\n"
        "Rates are averages of a row; latencies and lags are quantiles of its worst second, and of\n"
        "the slowest operation or table. \"-\": there was none. --json has all series, by operation,\n"
        "table and link.",
    .examples = "  tropic history\n"
                "  tropic history --minutes 2 --step 5 --region eu-west-1\n"
                "  tropic history --minutes 60 --json\n",
    .flags = (const struct flag[]){
        {"--minutes", "N", "How far back: 1 to 60 (default 10)."},
        {"--step", "SECONDS", "A row is so long: 1 to 60 (default 60)."},
        {"--region", "NAME", "Requests of this Region, and replication from and to it (default: all)."},
        {"--json", NULL, "Print the server's answer as it is: all Regions."},
        CLIENT_FLAGS, FLAGS_END},
    .run = history_run,
};
/* clang-format on */
