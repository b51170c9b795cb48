/*
 * config_yaml.c - the configuration file of `tropic serve`.
 *
 * The file is one YAML mapping. Each mapping has a table of the keys it may hold, so a mistyped key
 * is refused with its line and the nearest right one, never ignored: a setting that silently does
 * not apply is worse than a server that does not start. Everything is a string to us; libyaml gives
 * structure and line numbers.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "server/config.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "server/quantity.h"

enum { WHERE_LEN_MAX = 512 };

struct yaml_file {
    struct config *config;
    const char *path;
    yaml_document_t document;
    struct refusal *reterr;
    const char *data, *certificates;
    struct config_region *region;         /* the one being read */
    const char *peer_name, *peer_address; /* the one being read */
    const char *peer_console;
    struct place *place; /* of the one being read */
};

typedef int take_fn(struct yaml_file *file, const yaml_node_t *node, const char *where);
struct setting {
    const char *key;
    take_fn *take;
};

/* "path:line: " of a node. */
static void where_of(const struct yaml_file *file, const yaml_node_t *node,
                     char where[WHERE_LEN_MAX])
{
    snprintf(where, WHERE_LEN_MAX, "%s:%zu: ", file->path, node->start_mark.line + 1);
}

/* A scalar's text, kept in the config's arena. */
static int take_text(struct yaml_file *file, const yaml_node_t *node, const char *where,
                     const char **ret_text)
{
    if (node->type != YAML_SCALAR_NODE)
        return refuse(file->reterr, "%sexpected a single value here", where);
    if (node->data.scalar.length == 0 ||
        memchr(node->data.scalar.value, '\0', node->data.scalar.length) != NULL)
        return refuse(file->reterr, "%sthe value is empty; give one or leave the key out", where);
    *ret_text = arena_str(&file->config->arena,
                          slice_of(node->data.scalar.value, node->data.scalar.length));
    return *ret_text != NULL ? 0 : ST_NOMEM;
}

static int refuse_key(struct yaml_file *file, const struct setting *settings, const char *where,
                      const char *key)
{
    const char *names[32] = {NULL}, *nearest;
    size_t count = 0;

    for (; settings[count].key != NULL; count++) {
        assert(count + 1 < ARRAY_LEN(names));
        names[count] = settings[count].key;
    }
    nearest = nearest_name(key, names);
    if (nearest != NULL)
        return refuse(file->reterr, "%sunknown key \"%s\"; did you mean \"%s\"?", where, key,
                      nearest);
    return refuse(file->reterr, "%sunknown key \"%s\"; docs/operations.md lists the keys", where,
                  key);
}

/* Reads a mapping by its table. A key may stand once. */
static int take_mapping(struct yaml_file *file, const yaml_node_t *node, const char *where,
                        const struct setting *settings)
{
    uint32_t seen = 0;

    if (node->type != YAML_MAPPING_NODE)
        return refuse(file->reterr, "%sexpected keys and values here (key: value)", where);
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *key = yaml_document_get_node(&file->document, pair->key);
        const yaml_node_t *value = yaml_document_get_node(&file->document, pair->value);
        char here[WHERE_LEN_MAX];
        const char *name = NULL;
        size_t i = 0;
        int rc;

        where_of(file, key, here);
        rc = take_text(file, key, here, &name);
        if (rc < 0)
            return rc;
        while (settings[i].key != NULL && strcmp(settings[i].key, name) != 0)
            i++;
        if (settings[i].key == NULL)
            return refuse_key(file, settings, here, name);
        if (seen & BIT(i))
            return refuse(file->reterr, "%s\"%s\" is given twice", here, name);
        seen |= BIT(i);
        rc = settings[i].take(file, value, here);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* Reads a sequence of mappings; begin and end frame each element. */
static int take_sequence(struct yaml_file *file, const yaml_node_t *node, const char *where,
                         take_fn *take_element)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return refuse(file->reterr, "%sexpected a list here (- name: ...)", where);
    for (yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++) {
        const yaml_node_t *element = yaml_document_get_node(&file->document, *item);
        char here[WHERE_LEN_MAX];
        int rc;

        where_of(file, element, here);
        rc = take_element(file, element, here);
        if (rc < 0)
            return rc;
    }
    return 0;
}

/* ---- keys ---- */

#define TEXT_SETTING(function, target)                                                             \
    static int function(struct yaml_file *file, const yaml_node_t *node, const char *where)        \
    {                                                                                              \
        return take_text(file, node, where, &(target));                                            \
    }
TEXT_SETTING(take_tls_certificate, file->config->tls_certificate)
TEXT_SETTING(take_tls_key, file->config->tls_key)
TEXT_SETTING(take_credentials, file->config->credentials)
TEXT_SETTING(take_metrics_token, file->config->metrics_token)
TEXT_SETTING(take_kinesis_credentials, file->config->kinesis.credentials)
TEXT_SETTING(take_data, file->data)
TEXT_SETTING(take_certificates, file->certificates)
TEXT_SETTING(take_region_data, file->region->folder)
TEXT_SETTING(take_region_certificate, file->region->certificate)
TEXT_SETTING(take_region_key, file->region->key)
TEXT_SETTING(take_region_ca, file->region->ca)
TEXT_SETTING(take_place, file->place->text)
TEXT_SETTING(take_peer_name, file->peer_name)
TEXT_SETTING(take_peer_address, file->peer_address)

static int take_listen(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    return rc < 0 ? rc : config__set_listen(file->config, where, text, file->reterr);
}

static int take_kinesis_endpoint(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    return rc < 0 ? rc : config__set_kinesis(file->config, where, text, file->reterr);
}

static int take_kinesis(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    static const struct setting settings[] = {{"endpoint", take_kinesis_endpoint},
                                              {"credentials", take_kinesis_credentials},
                                              {NULL, NULL}};

    return take_mapping(file, node, where, settings);
}

static int take_log(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    if (rc < 0)
        return rc;
    file->config->log_json = strcmp(text, "json") == 0;
    if (!file->config->log_json && strcmp(text, "human") != 0)
        return refuse(file->reterr, "%slog is \"human\" or \"json\", not \"%s\"", where, text);
    return 0;
}

static int take_errors(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    if (rc < 0)
        return rc;
    file->config->older_errors = strcmp(text, "older") == 0;
    if (!file->config->older_errors && strcmp(text, "newer") != 0)
        return refuse(file->reterr, "%serrors is \"newer\" or \"older\", not \"%s\"", where, text);
    return 0;
}

static int take_bool(struct yaml_file *file, const yaml_node_t *node, const char *where,
                     const char *key, bool *ret_value)
{
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    if (rc < 0)
        return rc;
    *ret_value = strcmp(text, "true") == 0;
    if (!*ret_value && strcmp(text, "false") != 0)
        return refuse(file->reterr, "%s%s is true or false, not \"%s\"", where, key, text);
    return 0;
}

static int take_throttle(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    return take_bool(file, node, where, "throttle", &file->config->throttle);
}

static int take_console(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    bool console = true;
    int rc = take_bool(file, node, where, "console", &console);

    file->config->no_console = !console;
    return rc;
}

static int take_cache(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    return rc < 0 ? rc : config__set_cache(file->config, where, text, file->reterr);
}

static int take_expiry_interval(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    return rc < 0 ? rc : config__set_expiry_interval(file->config, where, text, file->reterr);
}

static int take_tls(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    static const struct setting settings[] = {
        {"certificate", take_tls_certificate}, {"key", take_tls_key}, {NULL, NULL}};

    return take_mapping(file, node, where, settings);
}

/* The name was read when the Region was added: it comes first whatever its place. */
static int skip_region_name(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    return 0;
}

static int take_region_links(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    char host[256];
    const char *text = NULL;
    int rc = take_text(file, node, where, &text);

    if (rc < 0)
        return rc;
    if (quantity_address(text, LINK_PORT_DEFAULT, host, sizeof(host), &file->region->link_port) < 0)
        return refuse(file->reterr, "%s\"%s\" is not an address; write 0.0.0.0:8100", where, text);
    file->region->link_address = arena_str(&file->config->arena, slice_str(host));
    return file->region->link_address != NULL ? 0 : ST_NOMEM;
}

/* The scalar under `key` in a mapping, or NULL. */
static const yaml_node_t *find_key(struct yaml_file *file, const yaml_node_t *node, const char *key)
{
    if (node->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++) {
        const yaml_node_t *name = yaml_document_get_node(&file->document, pair->key);

        if (name->type == YAML_SCALAR_NODE &&
            slice_eq_str(slice_of(name->data.scalar.value, name->data.scalar.length), key))
            return yaml_document_get_node(&file->document, pair->value);
    }
    return NULL;
}

static int take_coordinates(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    const char *degrees[2] = {NULL};

    if (node->type != YAML_SEQUENCE_NODE ||
        node->data.sequence.items.top - node->data.sequence.items.start != 2)
        return refuse(file->reterr, "%scoordinates are [latitude, longitude]: [53.35, -6.26]",
                      where);
    for (size_t i = 0; i < 2; i++) {
        int rc = take_text(
            file, yaml_document_get_node(&file->document, node->data.sequence.items.start[i]),
            where, &degrees[i]);

        if (rc < 0)
            return rc;
    }
    return config__set_coordinates(file->place, where, degrees[0], degrees[1], file->reterr);
}

static int take_console_url(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    int rc = take_text(file, node, where, &file->peer_console);

    if (rc == 0 && !quantity_is_web_address(file->peer_console))
        return refuse(file->reterr,
                      "%s\"%s\" is not the address of a console; write "
                      "https://db.example.net/console",
                      where, file->peer_console);
    return rc;
}

static int take_region(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    static const struct setting settings[] = {{"name", skip_region_name},
                                              {"listen", take_region_links},
                                              {"data", take_region_data},
                                              {"certificate", take_region_certificate},
                                              {"key", take_region_key},
                                              {"ca", take_region_ca},
                                              {"coordinates", take_coordinates},
                                              {"place", take_place},
                                              {NULL, NULL}};
    const yaml_node_t *name_node = find_key(file, node, "name");
    const char *name = NULL;
    int rc;

    if (name_node == NULL)
        return refuse(file->reterr, "%sa Region needs its name (name: us-east-1)", where);
    rc = take_text(file, name_node, where, &name);
    if (rc < 0)
        return rc;
    rc = config__add_region(file->config, where, name, &file->region, file->reterr);
    if (rc < 0)
        return rc;
    file->place = &file->region->place;
    return take_mapping(file, node, where, settings);
}

static int take_regions(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    return take_sequence(file, node, where, take_region);
}

/* What the file says of a peer's place is read before its name is known. */
static void place_override(struct place *place, const struct place *said)
{
    if (said->text != NULL)
        place->text = said->text;
    if (said->located) {
        place->located = true;
        place->latitude = said->latitude;
        place->longitude = said->longitude;
    }
}

static int take_peer(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    static const struct setting settings[] = {
        {"name", take_peer_name},          {"address", take_peer_address},
        {"coordinates", take_coordinates}, {"place", take_place},
        {"console_url", take_console_url}, {NULL, NULL}};
    struct place place = {.located = false};
    struct config_peer *peer;
    int rc;

    file->peer_name = file->peer_address = file->peer_console = NULL;
    file->place = &place;
    rc = take_mapping(file, node, where, settings);
    file->place = NULL;
    if (rc < 0)
        return rc;
    if (file->peer_name == NULL || file->peer_address == NULL)
        return refuse(file->reterr, "%sa peer needs its name and its address (host:port)", where);
    rc = config__add_peer(file->config, where, file->peer_name, file->peer_address, &peer,
                          file->reterr);
    if (rc < 0)
        return rc;
    peer->console = file->peer_console;
    place_override(&peer->place, &place);
    return 0;
}

static int take_peers(struct yaml_file *file, const yaml_node_t *node, const char *where)
{
    return take_sequence(file, node, where, take_peer);
}

static const struct setting top_settings[] = {{"listen", take_listen},
                                              {"tls", take_tls},
                                              {"credentials", take_credentials},
                                              {"data", take_data},
                                              {"cache", take_cache},
                                              {"certificates", take_certificates},
                                              {"metrics_token", take_metrics_token},
                                              {"kinesis", take_kinesis},
                                              {"log", take_log},
                                              {"throttle", take_throttle},
                                              {"console", take_console},
                                              {"errors", take_errors},
                                              {"expiry_interval", take_expiry_interval},
                                              {"regions", take_regions},
                                              {"peers", take_peers},
                                              {NULL, NULL}};

/* ---- the file ---- */

int config__parse_yaml(struct config *config, struct slice text, const char *path,
                       struct refusal *reterr)
{
    struct yaml_file file = {.config = config, .path = path, .reterr = reterr};
    char where[WHERE_LEN_MAX];
    const yaml_node_t *root;
    yaml_parser_t parser;
    int rc;

    if (!yaml_parser_initialize(&parser))
        return ST_NOMEM;
    yaml_parser_set_input_string(&parser, text.ptr != NULL ? text.ptr : (const uint8_t *)"",
                                 text.len);
    if (!yaml_parser_load(&parser, &file.document)) {
        rc = refuse(reterr, "%s:%zu: not YAML: %s", path, parser.problem_mark.line + 1,
                    parser.problem != NULL ? parser.problem : "cannot be read");
        yaml_parser_delete(&parser);
        return rc;
    }
    root = yaml_document_get_root_node(&file.document);
    if (root == NULL) {
        rc = refuse(reterr, "%s: the file is empty; see examples/tropic.yaml", path);
    } else {
        where_of(&file, root, where);
        rc = take_mapping(&file, root, where, top_settings);
    }
    if (rc == 0) {
        snprintf(where, sizeof(where), "%s: ", path);
        rc = config__finish(config, where, file.data != NULL ? file.data : DATA_DEFAULT,
                            file.certificates, reterr);
    }
    yaml_document_delete(&file.document);
    yaml_parser_delete(&parser);
    return rc;
}

int config__read_yaml(struct config *config, const char *path, struct refusal *reterr)
{
    struct buf text = BUF_EMPTY;
    FILE *stream = fopen(path, "re");
    size_t got;
    int rc;

    if (stream == NULL)
        return refuse(reterr, "%s: %s", path, strerror(errno));
    rc = buf_reserve(&text, CONFIG_FILE_BYTES_MAX + 1);
    if (rc < 0)
        goto out;
    got = fread(text.ptr, 1, CONFIG_FILE_BYTES_MAX + 1, stream);
    if (ferror(stream))
        rc = refuse(reterr, "%s: %s", path, strerror(errno));
    else if (got > CONFIG_FILE_BYTES_MAX)
        rc = refuse(reterr, "%s: larger than %d bytes; is it a configuration file?", path,
                    CONFIG_FILE_BYTES_MAX);
    else
        rc = config__parse_yaml(config, slice_of(text.ptr, got), path, reterr);
out:
    buf_release(&text);
    fclose(stream);
    return rc;
}
