/*
 * test_config.c - configuration files: what they set, and that no mistake in one goes unnoticed.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/config.h"

const struct command *const commands[] = {NULL};

static int parse(const char *text, struct config *config, struct refusal *refusal)
{
    *config = (struct config){.port = CLIENT_PORT_DEFAULT, .address = "0.0.0.0"};
    arena_init(&config->arena, 0);
    return config__parse_yaml(config, slice_str(text), "t.yaml", refusal);
}

static void a_file_sets_everything(void **state)
{
    struct refusal refusal;
    struct config config;

    assert_int_equal(parse("listen: 127.0.0.1:9000\n"
                           "tls: {certificate: c.pem, key: k.pem}\n"
                           "credentials: keys\n"
                           "data: /data\n"
                           "certificates: /certs\n"
                           "metrics_token: secret\n"
                           "log: json\n"
                           "throttle: true\n"
                           "console: false\n"
                           "cache: 1.5GiB\n"
                           "expiry_interval: 250ms\n"
                           "regions:\n"
                           "  - name: eu-west-1\n"
                           "    listen: 10.0.0.1:8101\n"
                           "    place: the cellar\n"
                           "  - {name: eu-west-2, data: /other, certificate: a, key: b, ca: c}\n"
                           "peers:\n"
                           "  - {name: us-east-1, address: 'db.example.net:8200',\n"
                           "     console_url: 'https://db.example.net/console'}\n"
                           "  - {place: Olympus Mons, name: mars, coordinates: [18.65, -133.8],\n"
                           "     address: 'mars.example.net'}\n"
                           "  - {name: venus, address: 'venus.example.net'}\n",
                           &config, &refusal),
                     0);
    assert_string_equal(config.address, "127.0.0.1");
    assert_int_equal(config.port, 9000);
    assert_string_equal(config.tls_key, "k.pem");
    assert_string_equal(config.metrics_token, "secret");
    assert_true(config.log_json);
    assert_true(config.throttle);
    assert_true(config.no_console);
    assert_int_equal(config.expiry_interval_ms, 250);
    assert_int_equal(config.cache_bytes, 1536 << 20);
    assert_int_equal(config.region_count, 2);
    assert_string_equal(config.regions[0].folder, "/data/eu-west-1");
    assert_string_equal(config.regions[0].link_address, "10.0.0.1");
    assert_int_equal(config.regions[0].link_port, 8101);
    assert_string_equal(config.regions[0].certificate, "/certs/eu-west-1.pem");
    assert_string_equal(config.regions[0].key, "/certs/eu-west-1-key.pem");
    assert_string_equal(config.regions[0].ca, "/certs/ca.pem");
    assert_string_equal(config.regions[1].folder, "/other");
    assert_string_equal(config.regions[1].ca, "c");
    assert_int_equal(config.regions[1].link_port, LINK_PORT_DEFAULT);
    assert_int_equal(config.peer_count, 3);
    assert_string_equal(config.peers[0].host, "db.example.net");
    assert_int_equal(config.peers[0].port, 8200);
    assert_string_equal(config.regions[0].place.text, "the cellar");
    assert_int_equal(config.regions[0].place.latitude, 53350000);
    assert_string_equal(config.regions[1].place.text, "Europe (London)");
    assert_string_equal(config.peers[0].place.text, "US East (N. Virginia)");
    assert_string_equal(config.peers[0].console, "https://db.example.net/console");
    assert_string_equal(config.peers[1].place.text, "Olympus Mons");
    assert_int_equal(config.peers[1].place.latitude, 18650000);
    assert_int_equal(config.peers[1].place.longitude, -133800000);
    assert_null(config.peers[1].console);
    assert_false(config.peers[2].place.located);
    assert_null(config.peers[2].place.text);
    config_release(&config);
}

static void mistakes_are_refused_with_their_line(void **state)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", "t.yaml: the file is empty"},
        {"[1, 2", "t.yaml:2: not YAML"},
        {"- a\n", "t.yaml:1: expected keys and values"},
        {"credentials: k\nlisten: here\n", "t.yaml:2: \"here\" is a name"},
        {"lisen: 0.0.0.0\n", "t.yaml:1: unknown key \"lisen\"; did you mean \"listen\"?"},
        {"zzzzzzzz: 1\n", "t.yaml:1: unknown key \"zzzzzzzz\"; docs"},
        {"data: a\ndata: b\n", "t.yaml:2: \"data\" is given twice"},
        {"data:\n", "t.yaml:1: the value is empty"},
        {"data: [a]\n", "t.yaml:1: expected a single value"},
        {"log: loud\n", "t.yaml:1: log is \"human\" or \"json\""},
        {"cache: 1MiB\n", "t.yaml:1: \"1MiB\" is not a size of at least 8MiB"},
        {"cache: 64\n", "t.yaml:1: \"64\" is not a size"},
        {"expiry_interval: 5\n", "t.yaml:1: \"5\" is not an interval"},
        {"throttle: 1\n", "t.yaml:1: throttle is true or false"},
        {"console: off\n", "t.yaml:1: console is true or false"},
        {"credentials: k\n", "t.yaml: no Region to host"},
        {"regions: [{name: a}]\n", "t.yaml: serve verifies signatures"},
        {"credentials: k\nregions: [{}]\n", "t.yaml:2: a Region needs its name"},
        {"credentials: k\nregions: [{name: US}]\n", "t.yaml:2: \"US\" cannot name a Region"},
        {"credentials: k\nregions: [{name: a}, {name: a}]\n", "t.yaml:2: a is named twice"},
        {"credentials: k\nregions: [{name: a}]\npeers: [{name: a, address: h}]\n",
         "t.yaml:3: a is named twice"},
        {"credentials: k\nregions: [{name: a}]\npeers: [{name: b}]\n",
         "t.yaml:3: a peer needs its name and its address"},
        {"credentials: k\nregions: [{name: a}]\npeers: [{name: b, address: 'h:99999'}]\n",
         "t.yaml:3: \"h:99999\" is not an address of b"},
        {"credentials: k\nregions: [{name: a}]\npeers: [{name: b, address: h}]\n",
         "t.yaml: there are peers but no certificates"},
        {"regions: [{name: a, coordinates: [91, 0]}]\n",
         "t.yaml:1: latitude \"91\" is not from -90 to 90"},
        {"regions: [{name: a, coordinates: [0, -180.1]}]\n",
         "t.yaml:1: longitude \"-180.1\" is not from -180 to 180"},
        {"regions: [{name: a, coordinates: [1, 2, 3]}]\n", "t.yaml:1: coordinates are [lat"},
        {"regions: [{name: a, coordinates: '1, 2'}]\n", "t.yaml:1: coordinates are [lat"},
        {"peers: [{name: b, address: h, console_url: 'javascript://x'}]\n",
         "t.yaml:1: \"javascript://x\" is not the address of a console"},
        {"credentials: k\ntls: {key: k}\nregions: [{name: a}]\n", "t.yaml: tls needs both"},
        {"credentials: k\nregions: a\n", "t.yaml:2: expected a list"},
        {"credentials: k\nregions: &r [*r]\n", "t.yaml:2: "},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct refusal refusal = {.text = ""};
        struct config config;

        assert_int_equal(parse(cases[i].text, &config, &refusal), ST_REFUSED);
        if (strncmp(refusal.text, cases[i].words, strlen(cases[i].words)) != 0)
            fail_msg("expected \"%s...\", got \"%s\"", cases[i].words, refusal.text);
        config_release(&config);
    }
}

static void dev_listens_on_loopback_only(void **state)
{
    static const struct flag flags[] = {{"--listen", "", ""},
                                        {"--port", "", ""},
                                        {"--metrics-token", "", ""},
                                        {"--log-json", NULL, ""},
                                        {"--log-debug", NULL, ""},
                                        {"--regions", "", ""},
                                        {"--data", "", ""},
                                        {"--in-memory", NULL, ""},
                                        {"--throttle", NULL, ""},
                                        {"--expiry-interval", "", ""},
                                        {"--older-errors", NULL, ""},
                                        {"--kinesis", "", ""},
                                        {"--kinesis-credentials", "", ""},
                                        {"--places", "", ""},
                                        {"--no-console", NULL, ""},
                                        {"--cache", "", ""},
                                        FLAGS_END};
    const struct command dev = {.name = "dev", .flags = flags};
    struct arguments arguments = {.command = &dev};
    struct refusal refusal;
    struct config config;

    arguments.values[0] = "0.0.0.0";
    assert_int_equal(config_from_arguments(&arguments, &config, &refusal), ST_REFUSED);
    assert_non_null(strstr(refusal.text, "listens on loopback only, not on 0.0.0.0"));
    arguments.values[0] = "localhost";
    arguments.values[7] = "";
    assert_int_equal(config_from_arguments(&arguments, &config, &refusal), 0);
    assert_string_equal(config.address, "127.0.0.1");
    assert_int_equal(config.region_count, 3);
    assert_null(config.regions[0].folder);
    assert_false(config.no_console);
    config_release(&config);
    arguments.values[5] = "mars,us-east-1";
    arguments.values[13] = "mars=-14.6:175.5,us-east-1=-1:+2";
    assert_int_equal(config_from_arguments(&arguments, &config, &refusal), 0);
    assert_int_equal(config.regions[0].place.latitude, -14600000);
    assert_int_equal(config.regions[0].place.longitude, 175500000);
    assert_int_equal(config.regions[1].place.longitude, 2000000);
    assert_string_equal(config.regions[1].place.text, "US East (N. Virginia)");
    config_release(&config);
    arguments.values[13] = "pluto=1:2";
    assert_int_equal(config_from_arguments(&arguments, &config, &refusal), ST_REFUSED);
    assert_string_equal(refusal.text, "--places: no Region is named pluto here");
    arguments.values[13] = "mars=1";
    assert_int_equal(config_from_arguments(&arguments, &config, &refusal), ST_REFUSED);
    assert_non_null(strstr(refusal.text, "is not a place"));
    arguments.values[5] = arguments.values[13] = NULL;
    arguments.values[6] = "d";
    assert_int_equal(config_from_arguments(&arguments, &config, &refusal), ST_REFUSED);
    assert_non_null(strstr(refusal.text, "exclude each other"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_sets_everything),
        cmocka_unit_test(mistakes_are_refused_with_their_line),
        cmocka_unit_test(dev_listens_on_loopback_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
