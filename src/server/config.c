/*
 * config.c - from flags to a config, and the rules that hold whatever it was made from.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/config.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "http/tls.h"
#include "server/quantity.h"

static_assert((int)REGION_NAME_LEN_MAX == (int)TLS_REGION_LEN_MAX,
              "a Region's name is in its certificate");

enum { HOST_LEN_MAX = 255, CACHE_BYTES_MIN = 8 << 20 };

/* ---- pieces ---- */

static char *keep(struct config *config, const char *text)
{
    return arena_str(&config->arena, slice_str(text));
}

static bool is_loopback(const char *address)
{
    return strncmp(address, "127.", 4) == 0 || strcmp(address, "::1") == 0;
}

static bool is_number(const char *address)
{
    uint8_t bytes[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, address, bytes) == 1 || inet_pton(AF_INET6, address, bytes) == 1;
}

int config__set_listen(struct config *config, const char *where, const char *text,
                       struct refusal *reterr)
{
    char host[HOST_LEN_MAX + 1];

    if (quantity_address(text, config->port, host, sizeof(host), &config->port) < 0)
        return refuse(reterr, "%s\"%s\" is not an address; write 127.0.0.1 or 0.0.0.0:8000", where,
                      text);
    if (strcmp(host, "localhost") == 0)
        strcpy(host, "127.0.0.1");
    if (!is_number(host))
        return refuse(reterr, "%s\"%s\" is a name; give the address to listen on as a number",
                      where, host);
    config->address = keep(config, host);
    return config->address != NULL ? 0 : ST_NOMEM;
}

int config__set_kinesis(struct config *config, const char *where, const char *url,
                        struct refusal *reterr)
{
    char host[HOST_LEN_MAX + 1];
    struct config_kinesis *kinesis = &config->kinesis;

    if (quantity_url(url, 80, &kinesis->https, host, sizeof(host), &kinesis->port) < 0)
        return refuse(reterr, "%s\"%s\" is not an endpoint; write it as http://127.0.0.1:4567",
                      where, url);
    kinesis->host = keep(config, host);
    return kinesis->host != NULL ? 0 : ST_NOMEM;
}

int config__set_cache(struct config *config, const char *where, const char *text,
                      struct refusal *reterr)
{
    if (quantity_bytes(text, &config->cache_bytes) < 0 || config->cache_bytes < CACHE_BYTES_MIN)
        return refuse(reterr, "%s\"%s\" is not a size of at least 8MiB; write 512MiB or 2GiB",
                      where, text);
    return 0;
}

int config__set_expiry_interval(struct config *config, const char *where, const char *text,
                                struct refusal *reterr)
{
    int64_t us;

    if (quantity_duration(text, &us) < 0 || us < 100000 || us > INT64_C(86400000000))
        return refuse(reterr, "%s\"%s\" is not an interval of 100ms to 1d; write 1s", where, text);
    config->expiry_interval_ms = us / 1000;
    return 0;
}

static int check_name(const struct config *config, const char *where, const char *name,
                      struct refusal *reterr)
{
    if (!region_name_valid(name))
        return refuse(reterr, "%s\"%s\" cannot name a Region; use 1 to 63 of a-z, 0-9 and -", where,
                      name);
    for (uint32_t i = 0; i < config->region_count; i++)
        if (strcmp(config->regions[i].name, name) == 0)
            return refuse(reterr, "%s%s is named twice; name each Region once", where, name);
    for (uint32_t i = 0; i < config->peer_count; i++)
        if (strcmp(config->peers[i].name, name) == 0)
            return refuse(reterr, "%s%s is named twice; name each Region once", where, name);
    if (config->region_count + config->peer_count == CONFIG_REGIONS_MAX)
        return refuse(reterr, "%smore than %d Regions; Tropic links at most so many", where,
                      CONFIG_REGIONS_MAX);
    return 0;
}

int config__add_region(struct config *config, const char *where, const char *name,
                       struct config_region **ret_region, struct refusal *reterr)
{
    struct config_region *region;
    int rc = check_name(config, where, name, reterr);

    if (rc < 0)
        return rc;
    region = &config->regions[config->region_count];
    *region = (struct config_region){.name = keep(config, name), .link_port = LINK_PORT_DEFAULT};
    if (region->name == NULL)
        return ST_NOMEM;
    region->place = place_of_aws_region(name);
    config->region_count++;
    *ret_region = region;
    return 0;
}

int config__add_peer(struct config *config, const char *where, const char *name,
                     const char *address, struct config_peer **ret_peer, struct refusal *reterr)
{
    struct config_peer *peer = &config->peers[config->peer_count];
    char host[HOST_LEN_MAX + 1];
    uint16_t port;
    int rc = check_name(config, where, name, reterr);

    if (rc < 0)
        return rc;
    if (quantity_address(address, LINK_PORT_DEFAULT, host, sizeof(host), &port) < 0 || port == 0)
        return refuse(reterr, "%s\"%s\" is not an address of %s; write host:port", where, address,
                      name);
    *peer =
        (struct config_peer){.name = keep(config, name), .host = keep(config, host), .port = port};
    if (peer->name == NULL || peer->host == NULL)
        return ST_NOMEM;
    peer->place = place_of_aws_region(name);
    config->peer_count++;
    *ret_peer = peer;
    return 0;
}

int config__set_coordinates(struct place *place, const char *where, const char *latitude,
                            const char *longitude, struct refusal *reterr)
{
    if (quantity_degrees(latitude, LATITUDE_MAX, &place->latitude) < 0)
        return refuse(reterr, "%slatitude \"%s\" is not from -90 to 90 degrees; write 53.35", where,
                      latitude);
    if (quantity_degrees(longitude, LONGITUDE_MAX, &place->longitude) < 0)
        return refuse(reterr, "%slongitude \"%s\" is not from -180 to 180 degrees; write -6.26",
                      where, longitude);
    place->located = true;
    return 0;
}

/* Certificates as `tropic certs` lays them out, where the config does not name its own. */
static int fill_certificates(struct config *config, struct config_region *region,
                             const char *certificates, const char *where, struct refusal *reterr)
{
    if (region->certificate == NULL && certificates != NULL)
        region->certificate = arena_printf(&config->arena, "%s/%s.pem", certificates, region->name);
    if (region->key == NULL && certificates != NULL)
        region->key = arena_printf(&config->arena, "%s/%s-key.pem", certificates, region->name);
    if (region->ca == NULL && certificates != NULL)
        region->ca = arena_printf(&config->arena, "%s/ca.pem", certificates);
    if (region->certificate == NULL || region->key == NULL || region->ca == NULL)
        return refuse(reterr,
                      "%sthere are peers but no certificates for links; make them with `tropic "
                      "certs DIR %s ...` and name the folder (--certs DIR)",
                      where, region->name);
    if (region->link_address == NULL)
        region->link_address = "0.0.0.0";
    return 0;
}

int config__finish(struct config *config, const char *where, const char *data,
                   const char *certificates, struct refusal *reterr)
{
    int rc;

    config->data = data;
    if (config->region_count == 0)
        return refuse(reterr, "%sno Region to host; name one (--region us-east-1)", where);
    for (uint32_t i = 0; i < config->region_count; i++) {
        struct config_region *region = &config->regions[i];

        if (!config->in_memory && region->folder == NULL) {
            region->folder = arena_printf(&config->arena, "%s/%s", data, region->name);
            if (region->folder == NULL)
                return ST_NOMEM;
        }
        if (config->peer_count > 0) {
            rc = fill_certificates(config, region, certificates, where, reterr);
            if (rc < 0)
                return rc;
        }
    }
    if (config->dev && !is_loopback(config->address))
        return refuse(reterr,
                      "%sdev takes any credentials, so it listens on loopback only, not on %s; use "
                      "`tropic serve` for others to reach it",
                      where, config->address);
    if (!config->dev && config->credentials == NULL)
        return refuse(reterr,
                      "%sserve verifies signatures and needs to know who may sign; give a file of "
                      "access keys (--credentials FILE)",
                      where);
    if ((config->tls_certificate == NULL) != (config->tls_key == NULL))
        return refuse(reterr, "%stls needs both, certificate and key", where);
    return 0;
}

/* ---- flags ---- */

/* The next of a list separated by commas, copied; NULL at the end. */
static char *next_of_list(struct config *config, const char **at)
{
    const char *start = *at, *comma;

    if (start == NULL)
        return NULL;
    comma = strchr(start, ',');
    *at = comma != NULL ? comma + 1 : NULL;
    return arena_str(&config->arena,
                     slice_of(start, comma != NULL ? (size_t)(comma - start) : strlen(start)));
}

/* The place of a Region, hosted here or a peer; NULL: there is no such Region. */
static struct place *find_place(struct config *config, const char *name)
{
    for (uint32_t i = 0; i < config->region_count; i++)
        if (strcmp(config->regions[i].name, name) == 0)
            return &config->regions[i].place;
    for (uint32_t i = 0; i < config->peer_count; i++)
        if (strcmp(config->peers[i].name, name) == 0)
            return &config->peers[i].place;
    return NULL;
}

/* --places mars-north-1=-14.6:175.5,...: once the Regions are known. */
static int places_from_flag(struct config *config, const struct arguments *arguments,
                            struct refusal *reterr)
{
    const char *list = arguments_value(arguments, "--places");
    struct place *place;
    char *entry, *latitude, *longitude;
    int rc;

    while ((entry = next_of_list(config, &list)) != NULL) {
        latitude = strchr(entry, '=');
        longitude = latitude != NULL ? strchr(latitude, ':') : NULL;
        if (longitude == NULL)
            return refuse(reterr, "--places: \"%s\" is not a place; write Region=53.35:-6.26",
                          entry);
        *latitude++ = *longitude++ = '\0';
        place = find_place(config, entry);
        if (place == NULL)
            return refuse(reterr, "--places: no Region is named %s here", entry);
        rc = config__set_coordinates(place, "--places: ", latitude, longitude, reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int dev_from_flags(struct config *config, const struct arguments *arguments,
                          struct refusal *reterr)
{
    const char *list = arguments_value(arguments, "--regions");
    const char *data = arguments_value(arguments, "--data");
    struct config_region *region;
    char *name;
    int rc;

    if (list == NULL)
        list = "us-east-1,eu-west-1,ap-southeast-2";
    config->in_memory = arguments_has(arguments, "--in-memory");
    if (config->in_memory && data != NULL)
        return refuse(reterr, "--in-memory and --data exclude each other; give one of them");
    while ((name = next_of_list(config, &list)) != NULL) {
        rc = config__add_region(config, "--regions: ", name, &region, reterr);
        if (rc < 0)
            return rc;
    }
    rc = places_from_flag(config, arguments, reterr);
    if (rc < 0)
        return rc;
    return config__finish(config, "", data != NULL ? data : DATA_DEFAULT, NULL, reterr);
}

static int peers_from_flag(struct config *config, const char *list, struct refusal *reterr)
{
    struct config_peer *peer;
    char *entry, *equals;
    int rc;

    while ((entry = next_of_list(config, &list)) != NULL) {
        equals = strchr(entry, '=');
        if (equals == NULL)
            return refuse(reterr, "--peers: \"%s\" lacks its address; write Region=host:port",
                          entry);
        *equals = '\0';
        rc = config__add_peer(config, "--peers: ", entry, equals + 1, &peer, reterr);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int serve_from_flags(struct config *config, const struct arguments *arguments,
                            struct refusal *reterr)
{
    const char *data = arguments_value(arguments, "--data");
    const char *peers = arguments_value(arguments, "--peers");
    const char *peer_port = arguments_value(arguments, "--peer-port");
    struct config_region *region;
    int rc;

    if (!arguments_has(arguments, "--region"))
        return refuse(reterr, "serve: which Region? give --region NAME, or the path of a "
                              "configuration file (see examples/tropic.yaml)");
    rc = config__add_region(config, "--region: ", arguments_value(arguments, "--region"), &region,
                            reterr);
    if (rc < 0)
        return rc;
    if (peer_port != NULL && quantity_port(peer_port, true, &region->link_port) < 0)
        return refuse(reterr, "--peer-port: \"%s\" is not a port; 1 to 65535", peer_port);
    if (peers != NULL) {
        rc = peers_from_flag(config, peers, reterr);
        if (rc < 0)
            return rc;
    }
    rc = places_from_flag(config, arguments, reterr);
    if (rc < 0)
        return rc;
    config->credentials = arguments_value(arguments, "--credentials");
    return config__finish(config, "", data != NULL ? data : DATA_DEFAULT,
                          arguments_value(arguments, "--certs"), reterr);
}

/* Flags that dev and serve share. They come before the rest, and over a file. */
static int common_flags(struct config *config, const struct arguments *arguments,
                        struct refusal *reterr)
{
    const char *listen = arguments_value(arguments, "--listen");
    const char *port = arguments_value(arguments, "--port");
    const char *kinesis = arguments_value(arguments, "--kinesis");
    const char *cache = arguments_value(arguments, "--cache");
    const char *expiry = arguments_value(arguments, "--expiry-interval");
    int rc;

    if (listen != NULL) {
        rc = config__set_listen(config, "--listen: ", listen, reterr);
        if (rc < 0)
            return rc;
    }
    if (port != NULL && quantity_port(port, true, &config->port) < 0)
        return refuse(reterr, "--port: \"%s\" is not a port; 1 to 65535", port);
    if (kinesis != NULL) {
        rc = config__set_kinesis(config, "--kinesis: ", kinesis, reterr);
        if (rc < 0)
            return rc;
    }
    if (arguments_has(arguments, "--kinesis-credentials"))
        config->kinesis.credentials = arguments_value(arguments, "--kinesis-credentials");
    if (arguments_has(arguments, "--metrics-token"))
        config->metrics_token = arguments_value(arguments, "--metrics-token");
    if (cache != NULL) {
        rc = config__set_cache(config, "--cache: ", cache, reterr);
        if (rc < 0)
            return rc;
    }
    if (expiry != NULL) {
        rc = config__set_expiry_interval(config, "--expiry-interval: ", expiry, reterr);
        if (rc < 0)
            return rc;
    }
    config->log_json = config->log_json || arguments_has(arguments, "--log-json");
    config->log_debug = config->log_debug || arguments_has(arguments, "--log-debug");
    config->older_errors = config->older_errors || arguments_has(arguments, "--older-errors");
    config->no_console = config->no_console || arguments_has(arguments, "--no-console");
    config->throttle = config->dev ? arguments_has(arguments, "--throttle")
                                   : config->throttle && !arguments_has(arguments, "--no-throttle");
    return 0;
}

/* With a file, only the flags that common_flags() reads may stand beside it. */
static int file_and_flags(struct config *config, const struct arguments *arguments,
                          struct refusal *reterr)
{
    static const char *const region_flags[] = {
        "--region", "--data", "--credentials", "--peer-port", "--peers", "--certs", "--places"};
    int rc;

    for (size_t i = 0; i < ARRAY_LEN(region_flags); i++)
        if (arguments_has(arguments, region_flags[i]))
            return refuse(reterr,
                          "serve: %s and a configuration file exclude each other; say it "
                          "in %s",
                          region_flags[i], arguments->given[0]);
    rc = config__read_yaml(config, arguments->given[0], reterr);
    if (rc < 0)
        return rc;
    return common_flags(config, arguments, reterr);
}

int config_from_arguments(const struct arguments *arguments, struct config *ret_config,
                          struct refusal *reterr)
{
    struct config config = {.port = CLIENT_PORT_DEFAULT};
    int rc;

    config.dev = strcmp(arguments->command->name, "dev") == 0;
    config.throttle = !config.dev;
    config.address = config.dev ? "127.0.0.1" : "0.0.0.0";
    arena_init(&config.arena, 0);
    if (arguments->given_count > 0) {
        rc = file_and_flags(&config, arguments, reterr);
    } else {
        rc = common_flags(&config, arguments, reterr);
        if (rc == 0)
            rc = config.dev ? dev_from_flags(&config, arguments, reterr)
                            : serve_from_flags(&config, arguments, reterr);
    }
    if (rc < 0) {
        if (rc == ST_NOMEM)
            rc = refuse(reterr, "%s", status_text(ST_NOMEM));
        config_release(&config);
        return rc;
    }
    *ret_config = config;
    return 0;
}

void config_release(struct config *config)
{
    arena_release(&config->arena);
    *config = (struct config){.port = 0};
}
