/*
 * config.h - what one process is asked to be: from flags (`dev`, `serve --region`) or one YAML
 * file.
 *
 *     struct config config;
 *     rc = config_from_arguments(arguments, &config, &refusal);
 *     ...
 *     config_release(&config);
 *
 * A config that is returned is complete and makes sense: names are valid and distinct, ports are
 * ports, what serve needs is there. Whether files exist and addresses are free is found out when
 * they are opened. examples/tropic.yaml shows and explains every key; docs/operations.md has the
 * same as a table.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_SERVER_CONFIG_H
#define TROPIC_SERVER_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/status.h"
#include "server/command.h"
#include "server/places.h"

enum {
    CLIENT_PORT_DEFAULT = 8000,
    LINK_PORT_DEFAULT = 8100,
    CONFIG_REGIONS_MAX = 32, /* here and elsewhere together. Ours: as many as verify can show */
    CONFIG_FILE_BYTES_MAX = 1024 * 1024,
};
#define DATA_DEFAULT "./tropic-data"

/* A Region that this process hosts. */
struct config_region {
    const char *name;
    const char *folder;       /* of its data; NULL: in memory */
    const char *link_address; /* where other processes' Regions reach it; NULL: nowhere */
    uint16_t link_port;
    const char *certificate, *key, *ca; /* for links; NULL when there are no peers */
    struct place place;
};

/* A Region that another process hosts. */
struct config_peer {
    const char *name, *host;
    uint16_t port;
    struct place place;
    const char *console; /* URL; NULL: not known */
};

/* Where changes of tables with a Kinesis destination are delivered. */
struct config_kinesis {
    const char *host; /* NULL: nowhere; such destinations are refused */
    uint16_t port;
    bool https;
    const char *credentials; /* path; NULL: a made-up key, for stand-ins that take any */
};

/* All strings live in the arena. */
struct config {
    struct arena arena;
    bool dev; /* any credentials, loopback only, Regions can be stopped, clocks moved */
    bool in_memory;
    uint64_t cache_bytes;       /* of the engine, for all Regions; 0: by the memory there is */
    int64_t expiry_interval_ms; /* between looks at expired items */
    bool throttle;              /* tables enforce their throughput: serve's default, not dev's */
    bool older_errors;          /* the wording of errors as it was before 2026 */
    bool no_console;            /* /console is not served */
    const char *data; /* folder of the Regions' folders, where they do not name their own */
    bool log_json, log_debug;
    const char *address; /* for clients; a number */
    uint16_t port;
    const char *tls_certificate, *tls_key; /* for clients; NULL: plain HTTP */
    const char *credentials;               /* path; NULL only in dev */
    struct config_kinesis kinesis;
    const char *metrics_token; /* NULL: /metrics takes signed requests only */
    struct config_region regions[CONFIG_REGIONS_MAX];
    uint32_t region_count;
    struct config_peer peers[CONFIG_REGIONS_MAX];
    uint32_t peer_count;
};

/** From the flags of `dev` or `serve`. ST_REFUSED with one line; ST_NOMEM. */
int config_from_arguments(const struct arguments *arguments, struct config *ret_config,
                          struct refusal *reterr);
void config_release(struct config *config);

/* ---- inside server/ ---- */

/** Adds what the YAML file says to an empty config (config_yaml.c). */
int config__read_yaml(struct config *config, const char *path, struct refusal *reterr);
/** The same from text; `path` is for messages. */
int config__parse_yaml(struct config *config, struct slice text, const char *path,
                       struct refusal *reterr);
/** "where: " is put before refusals: "--port: ", "tropic.yaml:12: ". */
int config__set_expiry_interval(struct config *config, const char *where, const char *text,
                                struct refusal *reterr);
int config__set_cache(struct config *config, const char *where, const char *text,
                      struct refusal *reterr);
int config__set_listen(struct config *config, const char *where, const char *text,
                       struct refusal *reterr);
int config__set_kinesis(struct config *config, const char *where, const char *url,
                        struct refusal *reterr);
int config__add_region(struct config *config, const char *where, const char *name,
                       struct config_region **ret_region, struct refusal *reterr);
int config__add_peer(struct config *config, const char *where, const char *name,
                     const char *address, struct config_peer **ret_peer, struct refusal *reterr);
int config__set_coordinates(struct place *place, const char *where, const char *latitude,
                            const char *longitude, struct refusal *reterr);
/** Fills in what follows from the rest (folders, certificates), and checks the whole. */
int config__finish(struct config *config, const char *where, const char *data,
                   const char *certificates, struct refusal *reterr);

#endif
