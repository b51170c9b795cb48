/*
 * command_status.c - `tropic status`: what /metrics says, for people.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>

#include "server/client.h"
#include "server/commands.h"
#include "server/text_table.h"

static void cell(struct text_table *table, struct json object, const char *name)
{
    text_table_cell(table, "%.*s", SLICE_ARGS(answer_text(object, name)));
}

static void cell_count(struct text_table *table, struct json object, const char *name)
{
    text_table_cell(table, "%lld", (long long)answer_integer(object, name));
}

static void cell_bytes(struct text_table *table, struct json object, const char *name)
{
    text_table_bytes(table, (uint64_t)answer_integer(object, name));
}

/* Milliseconds; "-" when there is none. */
static void cell_ms(struct text_table *table, struct json object, const char *name)
{
    int64_t ms = answer_integer(object, name);

    text_table_us(table, ms < 0 ? -1 : ms * 1000);
}

static void show_regions(struct json root)
{
    struct json_iterator list = answer_list(root, "regions");
    struct text_table table;
    struct json one, store, engine;

    text_table_init(&table, TEXT_HEADS("REGION", "STATE", ">CLOCK", ">COMMITS", ">MEAN COMMIT",
                                       ">QUEUED", ">DISK", ">FREE"));
    while (json_next(&list, NULL, &one)) {
        int64_t commits;

        if (!json_member(one, SLICE("store"), &store))
            store = one;
        if (!json_member(one, SLICE("engine"), &engine))
            engine = one;
        commits = answer_integer(store, "commits");
        cell(&table, one, "name");
        text_table_cell(&table, "%.*s%s%s", SLICE_ARGS(answer_text(one, "state")),
                        answer_bool(one, "fenced") ? ", fenced" : "",
                        answer_bool(engine, "full") ? ", disk full" : "");
        text_table_cell(&table, "%+.1f s", (double)answer_integer(one, "clock_offset_ms") / 1e3);
        text_table_cell(&table, "%lld", (long long)commits);
        text_table_us(&table,
                      commits > 0 ? answer_integer(store, "commit_us_total") / commits : -1);
        cell_bytes(&table, store, "queue_bytes");
        cell_bytes(&table, engine, "disk_bytes");
        cell_bytes(&table, engine, "free_bytes");
    }
    printf("Regions\n\n");
    text_table_print(&table, stdout);
}

/* What is injected from one Region to another: "cut, delay 80 ms"; "-": nothing. */
static void cell_injected(struct text_table *table, struct json root, struct slice from,
                          struct slice to)
{
    struct json_iterator list = answer_list(root, "shapes");
    struct buf text = BUF_EMPTY;
    struct json one;

    while (json_next(&list, NULL, &one)) {
        if (!slice_eq(answer_text(one, "from"), from) || !slice_eq(answer_text(one, "to"), to))
            continue;
        if (answer_bool(one, "cut"))
            buf_printf(&text, ", cut");
        if (answer_integer(one, "delay_us") != 0)
            buf_printf(&text, ", delay %g ms", (double)answer_integer(one, "delay_us") / 1e3);
        if (answer_integer(one, "jitter_us") != 0)
            buf_printf(&text, ", jitter %g ms", (double)answer_integer(one, "jitter_us") / 1e3);
        if (answer_integer(one, "loss_ppm") != 0)
            buf_printf(&text, ", loss %g%%", (double)answer_integer(one, "loss_ppm") / 1e4);
    }
    text_table_cell(table, "%.*s",
                    SLICE_ARGS(text.len > 2 ? slice_skip(buf_slice(&text), 2) : SLICE("-")));
    buf_release(&text);
}

static void show_links(struct json root)
{
    struct json_iterator list = answer_list(root, "links");
    struct text_table table;
    struct json one;

    text_table_init(&table, TEXT_HEADS("REGION", "PEER", "STATE", ">HEARD", ">SKEW", ">SENT",
                                       ">RECEIVED", "INJECTED"));
    while (json_next(&list, NULL, &one)) {
        cell(&table, one, "region");
        cell(&table, one, "peer");
        cell(&table, one, "state");
        cell_ms(&table, one, "heard_ms_ago");
        text_table_cell(&table, "%+.3f s", (double)answer_integer(one, "skew_ms") / 1e3);
        cell_bytes(&table, one, "bytes_sent");
        cell_bytes(&table, one, "bytes_received");
        cell_injected(&table, root, answer_text(one, "region"), answer_text(one, "peer"));
    }
    if (table.cell_count > 0)
        printf("\nLinks\n\n");
    text_table_print(&table, stdout);
}

static void show_tables(struct json root)
{
    struct json_iterator list = answer_list(root, "tables");
    struct text_table table;
    struct json one;

    text_table_init(&table, TEXT_HEADS("TABLE", "REGION", "STATUS", ">ITEMS", ">SIZE", ">CHANGES",
                                       ">TOMBSTONES", ">CONFLICTS"));
    while (json_next(&list, NULL, &one)) {
        cell(&table, one, "name");
        cell(&table, one, "region");
        cell(&table, one, "status");
        cell_count(&table, one, "items");
        cell_bytes(&table, one, "bytes");
        cell_count(&table, one, "changes");
        cell_count(&table, one, "tombstones");
        cell_count(&table, one, "conflicts");
    }
    if (table.cell_count > 0)
        printf("\nTables\n\n");
    text_table_print(&table, stdout);
}

static void show_feeds(struct json root)
{
    struct json_iterator list = answer_list(root, "feeds");
    struct text_table table;
    struct json one;

    text_table_init(&table, TEXT_HEADS("TABLE", "REGION", "PEER", ">APPLIED", ">CONFLICTS",
                                       ">LAG P50", ">P99", ">MAX", ">PENDING", ">PENDING SIZE"));
    while (json_next(&list, NULL, &one)) {
        cell(&table, one, "table");
        cell(&table, one, "region");
        cell(&table, one, "peer");
        cell_count(&table, one, "applied");
        cell_count(&table, one, "conflicts");
        cell_ms(&table, one, "lag_ms_p50");
        cell_ms(&table, one, "lag_ms_p99");
        cell_ms(&table, one, "lag_ms_max");
        cell_count(&table, one, "pending_changes");
        cell_bytes(&table, one, "pending_bytes");
    }
    if (table.cell_count > 0)
        printf("\nReplication (from PEER to REGION; pending: from REGION to PEER)\n\n");
    text_table_print(&table, stdout);
}

static void show_operations(struct json root)
{
    struct json_iterator list = answer_list(root, "operations");
    struct text_table table;
    struct json one;

    text_table_init(&table, TEXT_HEADS("OPERATION", "REGION", ">REQUESTS", ">USER ERRORS",
                                       ">SYSTEM ERRORS", ">THROTTLED", ">P50", ">P99"));
    while (json_next(&list, NULL, &one)) {
        cell(&table, one, "operation");
        cell(&table, one, "region");
        cell_count(&table, one, "requests");
        cell_count(&table, one, "user_errors");
        cell_count(&table, one, "system_errors");
        cell_count(&table, one, "throttled");
        text_table_us(&table, answer_integer(one, "latency_us_p50"));
        text_table_us(&table, answer_integer(one, "latency_us_p99"));
    }
    if (table.cell_count > 0)
        printf("\nRequests\n\n");
    text_table_print(&table, stdout);
}

static int show_status(const struct client *client, struct json root)
{
    printf("tropic %.*s (%.*s) at %s, up %.0f s, %lld connections\n\n",
           SLICE_ARGS(answer_text(root, "version")), SLICE_ARGS(answer_text(root, "mode")),
           client->endpoint, (double)answer_integer(root, "uptime_ms") / 1e3,
           (long long)answer_integer(root, "connections"));
    show_regions(root);
    show_links(root);
    show_tables(root);
    show_feeds(root);
    show_operations(root);
    return EXIT_DONE;
}

static int show_json(const struct client *client, struct json root)
{
    printf("%.*s\n", SLICE_ARGS(client_answer_text(client)));
    return EXIT_DONE;
}

static int status_run(const struct arguments *arguments)
{
    struct buf body = BUF_EMPTY;

    return client_ask(arguments, "GET", "/_tropic/v1/status", &body,
                      arguments_has(arguments, "--json") ? show_json : show_status);
}

/* clang-format off */
const struct command command_status = {
    .name = "status",
    .takes = "",
    .summary = "show Regions, links, tables, replication lag and requests of a server",
    .teaches =
        "Shows what a running server is doing: its Regions, the links to its peers, tables, how far\n"
        "replication is behind, and how many requests took how long. GET /metrics has the same for\n"
        "Prometheus.",
    .examples = "  tropic status\n"
                "  tropic status --endpoint https://db.example.net --credentials keys --json\n",
    .flags = (const struct flag[]){{"--json", NULL, "Print the server's answer as it is."},
                                   CLIENT_FLAGS, FLAGS_END},
    .run = status_run,
};
/* clang-format on */
