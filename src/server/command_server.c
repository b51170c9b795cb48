/*
 * command_server.c - `tropic dev` and `tropic serve`: the two ways to run a server.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/commands.h"
#include "server/config.h"
#include "server/server.h"

static int run_server(const struct arguments *arguments)
{
    struct refusal refusal;
    struct config config;
    int rc = config_from_arguments(arguments, &config, &refusal), code;

    if (rc < 0)
        return command_fail(EXIT_USAGE, "%s", refusal.text);
    code = server_run(&config);
    config_release(&config);
    return code;
}

/* clang-format off */
#define PLACES_FLAG                                                                              \
    {"--places", "R=LAT:LON,...", "Where Regions are on the console's map, in degrees. Names of "    \
     "AWS Regions bring their places."}
#define COMMON_FLAGS                                                                             \
    {"--port", "PORT", "Port for clients (default 8000; 0: any free one)."},                     \
    {"--metrics-token", "TOKEN", "Whoever sends this as a bearer token may read /metrics "       \
     "without a signature."},                                                                    \
    {"--older-errors", NULL, "Word validation errors as DynamoDB did before 2026."},             \
    {"--kinesis", "URL", "Where changes of tables with a Kinesis destination go: an endpoint that "  \
     "speaks PutRecords (default: none; such destinations are refused)."},                       \
    {"--kinesis-credentials", "FILE", "Its access key: section [default] (default: a made-up "   \
     "key, for a stand-in that takes any)."},                                                    \
    {"--cache", "SIZE", "Memory for what is read from disk, taken as it fills (default: a "      \
     "quarter of the memory there is)."},                                                        \
    {"--expiry-interval", "TIME", "How often expired items are looked for (default 1s)."},       \
    {"--no-console", NULL, "Do not serve the web console at /console."},                         \
    {"--log-json", NULL, "Log in JSON, one object a line."},                                     \
    {"--log-debug", NULL, "Log more."}

const struct command command_dev = {
    .name = "dev",
    .takes = "",
    .summary = "run several Regions on this machine, to develop and test against",
    .teaches =
        "Runs all Regions in one process behind one endpoint: the Region of a request is the one it\n"
        "is signed for, which every AWS SDK takes from its own region setting. Replication among\n"
        "them is the real one; its links can be slowed, made lossy and cut (`tropic help link`),\n"
        "Regions stopped (`tropic help region`) and their clocks moved (`tropic help clock`).\n"
        "\n"
        "Any credentials are accepted, so it listens on loopback only.",
    .examples = "  tropic dev\n"
                "  tropic dev --in-memory --regions us-east-1,eu-west-1 --port 8001\n"
                "  tropic dev --data /tmp/tropic --log-json 2>tropic.log\n",
    .flags = (const struct flag[]){
        {"--regions", "A,B,C",
         "The Regions (default us-east-1,eu-west-1,ap-southeast-2). Any names will do."},
        {"--data", "DIR",
         "Where data is kept (default ./tropic-data): one folder per Region. Made when absent."},
        {"--in-memory", NULL, "Keep nothing on disk."},
        PLACES_FLAG,
        {"--throttle", NULL, "Tables enforce their throughput, as in DynamoDB."},
        {"--listen", "ADDRESS", "A loopback address (default 127.0.0.1)."},
        COMMON_FLAGS, FLAGS_END},
    .run = run_server,
};

const struct command command_serve = {
    .name = "serve",
    .takes = "[FILE]",
    .takes_max = 1,
    .summary = "run one Region of a deployment, or several, from a configuration file",
    .teaches =
        "Runs the Regions of one site. What they are, who may sign, and where their peers are, comes\n"
        "from a YAML file (examples/tropic.yaml explains every key) or, for one Region, from flags.\n"
        "Signatures are verified: clients need an access key from the credentials file.\n"
        "\n"
        "Regions in other processes are peers. Each side names the other (--peers), and both prove\n"
        "who they are by certificates (`tropic help certs`). Of two Regions, the one whose name\n"
        "sorts lower connects to the other's --peer-port.\n"
        "\n"
        "SIGTERM stops it: requests in flight are answered first. SIGHUP reads the credentials file\n"
        "again.",
    .examples =
        "  tropic serve /etc/tropic/tropic.yaml\n"
        "  tropic serve --region us-east-1 --data /var/lib/tropic --credentials /etc/tropic/keys\n"
        "  tropic serve --region eu-west-1 --data /var/lib/tropic --credentials keys --certs certs \\\n"
        "      --peers us-east-1=10.0.0.1:8100,ap-southeast-2=10.0.0.3:8100\n",
    .flags = (const struct flag[]){
        {"--region", "NAME", "The Region that this process hosts."},
        {"--data", "DIR", "Where data is kept (default ./tropic-data): in DIR/NAME."},
        {"--credentials", "FILE",
         "Who may sign: access keys in the form of ~/.aws/credentials. Needed."},
        {"--listen", "ADDRESS", "Address for clients (default 0.0.0.0)."},
        {"--peer-port", "PORT", "Port for peers (default 8100)."},
        {"--peers", "R=H:P,...", "The other Regions and where they listen: Region=host:port,..."},
        {"--certs", "DIR", "Certificates for links, as `tropic certs` makes them."},
        PLACES_FLAG,
        {"--no-throttle", NULL, "Tables show their throughput and do not enforce it."},
        COMMON_FLAGS, FLAGS_END},
    .run = run_server,
};
/* clang-format on */
