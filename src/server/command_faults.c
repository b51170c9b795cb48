/*
 * command_faults.c - `tropic link`, `tropic region`, `tropic clock`: trouble on purpose.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <stdio.h>
#include <string.h>

#include "server/client.h"
#include "server/commands.h"
#include "server/text_table.h"

static void put_text(struct json_writer *writer, const char *name, const char *text)
{
    if (text == NULL)
        return;
    json_key(writer, name);
    json_put_str(writer, text);
}

/* ---- link ---- */

static int show_directions(const struct client *client, struct json root)
{
    struct json_iterator list = answer_list(root, "directions");
    struct text_table table;
    struct json one;

    text_table_init(&table,
                    TEXT_HEADS("FROM", "TO", ">DELAY", ">JITTER", ">LOSS", "STATE", ">DROPPED"));
    while (json_next(&list, NULL, &one)) {
        text_table_cell(&table, "%.*s", SLICE_ARGS(answer_text(one, "from")));
        text_table_cell(&table, "%.*s", SLICE_ARGS(answer_text(one, "to")));
        text_table_us(&table, answer_integer(one, "delay_us"));
        text_table_us(&table, answer_integer(one, "jitter_us"));
        text_table_cell(&table, "%g%%", (double)answer_integer(one, "loss_ppm") / 1e4);
        text_table_cell(&table, "%s", answer_bool(one, "cut") ? "cut" : "whole");
        text_table_cell(&table, "%lld", (long long)answer_integer(one, "dropped"));
    }
    text_table_print(&table, stdout);
    return EXIT_DONE;
}

static int link_run(const struct arguments *arguments)
{
    struct buf body = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&body);
    bool cut = arguments_has(arguments, "--cut"), heal = arguments_has(arguments, "--heal");

    if (cut && heal)
        return command_fail(EXIT_USAGE,
                            "link: --cut and --heal exclude each other; give one of them");
    json_object_begin(&writer);
    put_text(&writer, "from", arguments->given[0]);
    put_text(&writer, "to", arguments->given[1]);
    put_text(&writer, "delay", arguments_value(arguments, "--delay"));
    put_text(&writer, "jitter", arguments_value(arguments, "--jitter"));
    put_text(&writer, "loss", arguments_value(arguments, "--loss"));
    if (cut || heal) {
        json_key(&writer, "cut");
        json_put_bool(&writer, cut);
    }
    json_key(&writer, "one_way");
    json_put_bool(&writer, arguments_has(arguments, "--one-way"));
    json_object_end(&writer);
    return client_ask(arguments, "POST", "/_tropic/v1/link", &body, show_directions);
}

/* clang-format off */
const struct command command_link = {
    .name = "link",
    .takes = "A B",
    .takes_min = 2,
    .takes_max = 2,
    .summary = "show, slow, cut or heal the link between two Regions",
    .teaches =
        "Makes the link between two Regions worse on purpose, in both directions unless --one-way is\n"
        "given, until it is told otherwise or the server stops. Without flags it shows how the link\n"
        "is. A cut link carries nothing; both Regions go on reading and writing, and catch up when\n"
        "it heals. Healing leaves delay, jitter and loss as they are.\n"
        "\n"
        "With `tropic serve`, ask a process that hosts one of the two Regions.",
    .examples = "  tropic link us-east-1 eu-west-1 --delay 80ms --jitter 10ms\n"
                "  tropic link us-east-1 eu-west-1 --loss 5%\n"
                "  tropic link us-east-1 eu-west-1 --cut\n"
                "  tropic link us-east-1 eu-west-1 --heal --delay 0 --jitter 0 --loss 0%\n",
    .flags = (const struct flag[]){
        {"--delay", "TIME", "Every frame takes so much longer: 80ms, 1.5s; at most 60s."},
        {"--jitter", "TIME", "And a random part of this on top. Frames keep their order."},
        {"--loss", "SHARE", "So many frames are lost: 5%, 0.1%."},
        {"--cut", NULL, "Nothing passes any more."},
        {"--heal", NULL, "Ends a cut."},
        {"--one-way", NULL, "Only from A to B."},
        CLIENT_FLAGS, FLAGS_END},
    .run = link_run,
};
/* clang-format on */

/* ---- region ---- */

static int show_region(const struct client *client, struct json root)
{
    printf("%.*s is %.*s\n", SLICE_ARGS(answer_text(root, "region")),
           SLICE_ARGS(answer_text(root, "state")));
    return EXIT_DONE;
}

static int region_run(const struct arguments *arguments)
{
    bool stop = arguments_has(arguments, "--stop"), start = arguments_has(arguments, "--start");
    struct buf body = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&body);

    if (stop == start)
        return command_fail(EXIT_USAGE, "region: give either --stop or --start");
    json_object_begin(&writer);
    put_text(&writer, "region", arguments->given[0]);
    put_text(&writer, "action", stop ? "stop" : "start");
    json_object_end(&writer);
    return client_ask(arguments, "POST", "/_tropic/v1/region", &body, show_region);
}

/* clang-format off */
const struct command command_region = {
    .name = "region",
    .takes = "R",
    .takes_min = 1,
    .takes_max = 1,
    .summary = "stop or start a Region of `tropic dev`",
    .teaches =
        "Stops one Region of a running `tropic dev`, as if its site were lost: its requests answer\n"
        "503 and its links are down, while the other Regions go on. Started again it has its data,\n"
        "and catches up.",
    .examples = "  tropic region eu-west-1 --stop\n"
                "  tropic region eu-west-1 --start\n",
    .flags = (const struct flag[]){{"--stop", NULL, "Stop it."},
                                   {"--start", NULL, "Start it again."},
                                   CLIENT_FLAGS, FLAGS_END},
    .run = region_run,
};
/* clang-format on */

/* ---- clock ---- */

static int show_clock(const struct client *client, struct json root)
{
    printf("the clock of %.*s is %+.3f s from the machine's\n",
           SLICE_ARGS(answer_text(root, "region")),
           (double)answer_integer(root, "clock_offset_ms") / 1e3);
    return EXIT_DONE;
}

static int clock_run(const struct arguments *arguments)
{
    struct buf body = BUF_EMPTY;
    struct json_writer writer = json_writer_of(&body);

    json_object_begin(&writer);
    put_text(&writer, "region", arguments->given[0]);
    put_text(&writer, "offset", arguments->given_count > 1 ? arguments->given[1] : NULL);
    json_object_end(&writer);
    return client_ask(arguments, "POST", "/_tropic/v1/clock", &body, show_clock);
}

/* clang-format off */
const struct command command_clock = {
    .name = "clock",
    .takes = "R [OFFSET]",
    .takes_min = 1,
    .takes_max = 2,
    .summary = "show or move the clock of a Region of `tropic dev`",
    .teaches =
        "Sets how far the clock of one Region is from the machine's: +25h, -90m, 0. Rules of minutes\n"
        "and hours (24 hours of a stream, the 24-hour rule of a replica's source) ask this clock, so\n"
        "they can be tried at once. The offset is from the machine's clock, not from the last\n"
        "offset; it ends with the process. Without OFFSET it shows the clock.",
    .examples = "  tropic clock us-east-1 +25h\n"
                "  tropic clock us-east-1 0\n",
    .flags = (const struct flag[]){CLIENT_FLAGS, FLAGS_END},
    .run = clock_run,
};
/* clang-format on */
