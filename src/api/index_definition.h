/*
 * index_definition.h - what CreateTable and UpdateTable say about an index, read and checked.
 *
 *   CreateTable  -> index_definitions_of_table():  LocalSecondaryIndexes, GlobalSecondaryIndexes
 *   UpdateTable  -> index_definition_of_create():  GlobalSecondaryIndexUpdates[].Create
 *   both         -> schema_add_index():            into a schema that is being made
 *
 * Names are borrowed from the request; a definition is copied into the schema.
 *
 * Source: dynamodb-tables-streams.md section 3, rows 10 to 24, section 4, rows 12 to 14.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#ifndef TROPIC_API_INDEX_DEFINITION_H
#define TROPIC_API_INDEX_DEFINITION_H

#include "api/key_schema.h"
#include "api/shape.h"
#include "table/schema.h"

struct index_throughput {
    int64_t read_units, write_units;                 /* 0: not given */
    int64_t on_demand_read_max, on_demand_write_max; /* -1: none */
    int64_t warm_read, warm_write;                   /* 0: not given */
};

struct index_definition {
    struct slice name;
    bool global;
    struct key_schema key;
    enum projection_kind projection;
    struct slice *included; /* NonKeyAttributes */
    uint32_t included_count;
    struct index_throughput throughput;
};

struct index_definitions {
    struct index_definition *list;
    uint32_t count;
};

/**
 * The indexes of a new table, NULL when the member is absent: rows 10 to 22 in order. The table's
 * own key was read from `definitions` before.
 */
int index_definitions_of_table(struct api_error *reterr, const struct json *locals,
                               const struct json *globals, const struct key_schema *table_key,
                               enum billing_mode billing, struct attribute_definitions *definitions,
                               struct index_definitions *ret_definitions);
/** One index to add to a table that is there. */
int index_definition_of_create(struct api_error *reterr, struct json create,
                               enum billing_mode billing, struct attribute_definitions *definitions,
                               struct index_definition *ret_definition);

/**
 * The three throughput members of a structure that has them, `first` and the two after it. Members
 * that are not given stay as they are.
 */
int index_throughput_read(struct api_error *reterr, const struct input *input, unsigned first,
                          struct slice index_name, enum billing_mode billing,
                          struct index_throughput *throughput);

/**
 * Copies a definition into a schema that nobody else sees yet. 0, ST_NOMEM; ST_REFUSED: too many
 * attributes are projected into the table's indexes. *ret_index until the next one is added.
 */
int schema_add_index(struct api_error *reterr, struct schema *schema,
                     const struct index_definition *definition, struct schema_index **ret_index);
void index_set_throughput(struct schema_index *index, const struct index_throughput *throughput);

#endif
