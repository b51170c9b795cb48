/*
 * command_tables.c - `tropic verify`, `tropic conflicts` and `tropic insights`: questions about one
 * table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "server/admin.h"
#include "server/client.h"
#include "server/commands.h"
#include "server/quantity.h"
#include "server/text_table.h"

/* {"table": ..., "region"?: ..., "index"?: ..., <name>?: <value of flag>} */
static int write_body(const struct arguments *arguments, const char *index, const char *flag,
                      const char *name, uint32_t max, struct buf *body)
{
    const char *region = arguments_value(arguments, "--region");
    const char *limit = arguments_value(arguments, flag);
    struct json_writer writer = json_writer_of(body);
    uint32_t number = 0;

    if (limit != NULL && (quantity_count(limit, max, &number) < 0 || number == 0))
        return command_fail(EXIT_USAGE, "%s: %s is a number from 1 to %u, not \"%s\"",
                            arguments->command->name, flag, max, limit);
    json_object_begin(&writer);
    json_key(&writer, "table");
    json_put_str(&writer, arguments->given[0]);
    if (region != NULL) {
        json_key(&writer, "region");
        json_put_str(&writer, region);
    }
    if (index != NULL) {
        json_key(&writer, "index");
        json_put_str(&writer, index);
    }
    if (limit != NULL) {
        json_key(&writer, name);
        json_put_uint(&writer, number);
    }
    json_object_end(&writer);
    return EXIT_DONE;
}

static int show_json(const struct client *client, struct json root)
{
    printf("%.*s\n", SLICE_ARGS(client_answer_text(client)));
    return EXIT_DONE;
}

/* DynamoDB JSON again, from a cursor into an answer. */
static void copy_json(struct json_writer *writer, struct json json)
{
    struct json_iterator iterator = json_iterate(json);
    struct slice name;
    struct json child;

    switch (json_type(json)) {
    case JSON_OBJECT:
        json_object_begin(writer);
        while (json_next(&iterator, &name, &child)) {
            json_key_slice(writer, name);
            copy_json(writer, child);
        }
        json_object_end(writer);
        break;
    case JSON_ARRAY:
        json_array_begin(writer);
        while (json_next(&iterator, &name, &child))
            copy_json(writer, child);
        json_array_end(writer);
        break;
    case JSON_STRING:
        json_put_string(writer, json_string(json));
        break;
    case JSON_BOOL:
        json_put_bool(writer, json_bool(json));
        break;
    default:
        json_put_null(writer);
    }
}

static void cell_json(struct text_table *table, struct json object, const char *name)
{
    struct buf text = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&text);
    struct json member;

    if (json_member(object, slice_str(name), &member))
        copy_json(&writer, member);
    text_table_cell(table, "%.*s", SLICE_ARGS(buf_slice(&text)));
    buf_release(&text);
}

/* A text member, or a dash. */
static void cell_text(struct text_table *table, struct json object, const char *name)
{
    struct slice text = answer_text(object, name);

    text_table_cell(table, "%.*s", SLICE_ARGS(text.len > 0 ? text : SLICE("-")));
}

/* ---- verify ---- */

static bool show_verified_regions(struct json root)
{
    struct json_iterator list = answer_list(root, "regions");
    struct text_table table;
    struct json one;
    bool sound = true;

    text_table_init(&table, TEXT_HEADS("REGION", ">ITEMS", "DIGEST", ""));
    while (json_next(&list, NULL, &one)) {
        bool reached = answer_bool(one, "reached"), right = answer_bool(one, "kept_sums_right");

        sound = sound && reached && right;
        text_table_cell(&table, "%.*s", SLICE_ARGS(answer_text(one, "region")));
        if (reached)
            text_table_cell(&table, "%lld", (long long)answer_integer(one, "items"));
        else
            text_table_cell(&table, "-");
        text_table_cell(&table, "%.*s",
                        SLICE_ARGS(reached ? answer_text(one, "digest") : SLICE("-")));
        text_table_cell(&table, "%s",
                        !reached ? "not reached"
                        : right  ? ""
                                 : "the sums it keeps differ from its items");
    }
    text_table_print(&table, stdout);
    return sound;
}

static size_t show_differences(struct json root)
{
    struct json_iterator list = answer_list(root, "differences");
    struct slice here = answer_text(root, "here");
    struct text_table table;
    struct json one;
    char head[80];
    size_t count = 0;

    snprintf(head, sizeof(head), "IN %.*s", SLICE_ARGS(here));
    text_table_init(&table, TEXT_HEADS("KEY", "REGION", "VERSION THERE", head));
    for (; json_next(&list, NULL, &one); count++) {
        cell_json(&table, one, "key");
        cell_text(&table, one, "region");
        cell_text(&table, one, "there");
        cell_text(&table, one, "here");
    }
    if (count > 0)
        printf("\nKeys that differ:\n\n");
    text_table_print(&table, stdout);
    return count;
}

static int show_verified(const struct client *client, struct json root)
{
    struct slice table = answer_text(root, "table");
    bool sound = show_verified_regions(root), equal = answer_bool(root, "equal");
    size_t differences = show_differences(root);

    if (equal && sound) {
        printf("\n%.*s: all replicas are equal\n", SLICE_ARGS(table));
        return EXIT_DONE;
    }
    if (differences > 0 || !equal)
        printf("\n%.*s: replicas differ, or not all could be asked\n", SLICE_ARGS(table));
    else
        printf("\n%.*s: no difference found, but see above\n", SLICE_ARGS(table));
    return EXIT_DIFFERENT;
}

static int verify_run(const struct arguments *arguments)
{
    struct buf body = BUF_EMPTY;
    int code = write_body(arguments, NULL, "--differences", "differences_max",
                          ADMIN_DIFFERENCES_MAX, &body);

    if (code != EXIT_DONE)
        return code;
    return client_ask(arguments, "POST", "/_tropic/v1/verify", &body,
                      arguments_has(arguments, "--json") ? show_json : show_verified);
}

/* clang-format off */
#define TABLE_FLAGS                                                                           \
    {"--region", "NAME", "The Region to ask (default: the first that the server hosts)."},    \
    {"--json", NULL, "Print the server's answer as it is (exit code 0 whatever it says)."}

const struct command command_verify = {
    .name = "verify",
    .takes = "TABLE",
    .takes_min = 1,
    .takes_max = 1,
    .summary = "prove that all replicas of a table are equal, or list the keys that differ",
    .teaches =
        "Every replica reads all its items and counts their digest anew; replicas whose digests\n"
        "differ are compared key by key. While writes go on, keys that are still on their way\n"
        "differ for a moment: they are looked at twice.\n"
        "\n"
        "Exit code 0: all replicas are equal. 3: some differ, or could not be reached.",
    .examples = "  tropic verify Music\n"
                "  tropic verify Music --endpoint http://10.0.0.1:8000 --credentials keys\n",
    .flags = (const struct flag[]){
        TABLE_FLAGS,
        {"--differences", "N", "List at most so many keys (default 100)."},
        CLIENT_FLAGS, FLAGS_END},
    .run = verify_run,
};

/* ---- conflicts ---- */

static int show_conflicts(const struct client *client, struct json root)
{
    struct json_iterator list = answer_list(root, "conflicts");
    struct text_table table;
    struct json one, side;

    text_table_init(&table, TEXT_HEADS(">SEQUENCE", "KEY", "WINNER", "OF", "LOSER", "OF", "LOST ITEM"));
    while (json_next(&list, NULL, &one)) {
        text_table_cell(&table, "%lld", (long long)answer_integer(one, "sequence"));
        cell_json(&table, one, "key");
        if (!json_member(one, SLICE("winner"), &side))
            side = one;
        cell_text(&table, side, "version");
        cell_text(&table, side, "region");
        if (!json_member(one, SLICE("loser"), &side))
            side = one;
        cell_text(&table, side, "version");
        cell_text(&table, side, "region");
        cell_json(&table, side, "item");
    }
    text_table_print(&table, stdout);
    printf("%.*s in %.*s: %lld conflicts met%s\n", SLICE_ARGS(answer_text(root, "table")),
           SLICE_ARGS(answer_text(root, "region")), (long long)answer_integer(root, "met"),
           answer_bool(root, "more") ? "; more are kept, see --limit" : "");
    return EXIT_DONE;
}

static int conflicts_run(const struct arguments *arguments)
{
    struct buf body = BUF_EMPTY;
    int code = write_body(arguments, NULL, "--limit", "limit", ADMIN_CONFLICTS_MAX, &body);

    if (code != EXIT_DONE)
        return code;
    return client_ask(arguments, "POST", "/_tropic/v1/conflicts", &body,
                      arguments_has(arguments, "--json") ? show_json : show_conflicts);
}

const struct command command_conflicts = {
    .name = "conflicts",
    .takes = "TABLE",
    .takes_min = 1,
    .takes_max = 1,
    .summary = "list the writes that lost to a concurrent write in another Region",
    .teaches =
        "When two Regions write one item at the same time, the later write wins everywhere. The one\n"
        "that lost is kept in the Region that had accepted it: ask each Region for its own.",
    .examples = "  tropic conflicts Music --region us-east-1\n"
                "  tropic conflicts Music --json --limit 1000\n",
    .flags = (const struct flag[]){
        TABLE_FLAGS,
        {"--limit", "N", "List at most so many (default 100)."},
        CLIENT_FLAGS, FLAGS_END},
    .run = conflicts_run,
};

/* ---- insights ---- */

/* A number of requests, or of units, which come in halves. */
static void cell_units(struct text_table *table, struct json object, const char *name)
{
    struct json member;

    if (json_member(object, slice_str(name), &member) && json_type(member) == JSON_NUMBER)
        text_table_cell(table, "%.15g", json_double(member));
    else
        text_table_cell(table, "-");
}

static void show_ranking(struct json ranking)
{
    struct json_iterator list = answer_list(ranking, "contributors");
    bool units = slice_eq_str(answer_text(ranking, "counts"), "units");
    bool items = slice_eq_str(answer_text(ranking, "by"), "item");
    struct text_table table;
    struct json one;
    bool any = false;

    text_table_init(&table, TEXT_HEADS("KEY", units ? ">UNITS" : ">THROTTLED", ">ERROR"));
    for (; json_next(&list, NULL, &one); any = true) {
        cell_json(&table, one, "key");
        cell_units(&table, one, "count");
        cell_units(&table, one, "error");
    }
    printf("Most %s %s:%s\n", units ? "accessed" : "throttled",
           items ? "items (partition and sort key)" : "partition keys", any ? "\n" : " none");
    text_table_print(&table, stdout);
    printf("\n");
}

static int show_insights(const struct client *client, struct json root)
{
    struct json_iterator list = answer_list(root, "rankings");
    struct slice index = answer_text(root, "index");
    struct json one;

    while (json_next(&list, NULL, &one))
        show_ranking(one);
    printf("%.*s%s%.*s in %.*s: %s\n", SLICE_ARGS(answer_text(root, "table")),
           index.len > 0 ? "/" : "", SLICE_ARGS(index), SLICE_ARGS(answer_text(root, "region")),
           answer_bool(root, "enabled")
               ? "this minute and the one before"
               : "contributor insights are disabled; UpdateContributorInsights enables them");
    return EXIT_DONE;
}

static int insights_run(const struct arguments *arguments)
{
    struct buf body = BUF_EMPTY;
    int code = write_body(arguments, arguments_value(arguments, "--index"), "--limit", "limit", ADMIN_INSIGHTS_MAX, &body);

    if (code != EXIT_DONE)
        return code;
    return client_ask(arguments, "POST", "/_tropic/v1/insights", &body,
                      arguments_has(arguments, "--json") ? show_json : show_insights);
}

const struct command command_insights = {
    .name = "insights",
    .takes = "TABLE",
    .takes_min = 1,
    .takes_max = 1,
    .summary = "list the keys of a table that are accessed and throttled most",
    .teaches =
        "What a Region has counted in this minute and the one before, for a table or a global\n"
        "secondary index whose contributor insights are enabled (UpdateContributorInsights).\n"
        "Counts are exact while there are few different keys; else they may be too high by ERROR.",
    .examples = "  tropic insights Music\n"
                "  tropic insights Music --index ByGenre --region us-east-1\n",
    .flags = (const struct flag[]){
        TABLE_FLAGS,
        {"--index", "NAME", "The global secondary index to ask about (default: the table)."},
        {"--limit", "N", "List at most so many keys of each kind (default 10)."},
        CLIENT_FLAGS, FLAGS_END},
    .run = insights_run,
};
/* clang-format on */
