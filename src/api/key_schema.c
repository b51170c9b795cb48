/*
 * key_schema.c - see key_schema.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/key_schema.h"

/* "[a, b]". */
static const char *list_names(struct arena *arena, const struct slice *names, uint32_t count)
{
    const char *text = "[";

    for (uint32_t i = 0; i < count && text != NULL; i++)
        text = arena_printf(arena, "%s%s%.*s", text, i > 0 ? ", " : "", SLICE_ARGS(names[i]));
    return text != NULL ? arena_printf(arena, "%s]", text) : NULL;
}

static const char *list_attributes(struct arena *arena, const struct expr_key_attribute *attributes,
                                   uint32_t count, const bool *only)
{
    struct slice *names = ARENA_ARRAY(arena, struct slice, count + 1);
    uint32_t listed = 0;

    if (names == NULL)
        return NULL;
    for (uint32_t i = 0; i < count; i++)
        if (only == NULL || only[i])
            names[listed++] = attributes[i].name;
    return list_names(arena, names, listed);
}

static struct slice member(struct json object, const char *name)
{
    struct json value;

    return json_member(object, slice_str(name), &value) ? json_string(value) : SLICE_EMPTY;
}

/* ---- definitions ---- */

static int find_definition(const struct attribute_definitions *definitions, struct slice name)
{
    for (uint32_t i = 0; i < definitions->count; i++)
        if (slice_eq(definitions->list[i].name, name))
            return (int)i;
    return -1;
}

static int refuse_redefined(struct api_error *reterr, struct slice name)
{
    return api_refuse(reterr, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS "Cannot redefine attribute '%.*s'",
                      SLICE_ARGS(name));
}

int attribute_definitions_read(struct api_error *reterr, const struct json *json_or_absent,
                               struct attribute_definitions *ret_definitions)
{
    struct json_iterator iterator;
    struct json element;
    size_t count;

    *ret_definitions = (struct attribute_definitions){.count = 0};
    if (json_or_absent == NULL)
        return 0;
    count = json_count(*json_or_absent);
    ret_definitions->list = ARENA_ARRAY(reterr->arena, struct expr_key_attribute, count + 1);
    ret_definitions->used = ARENA_ARRAY(reterr->arena, bool, count + 1);
    if (ret_definitions->list == NULL || ret_definitions->used == NULL)
        return ST_NOMEM;
    iterator = json_iterate(*json_or_absent);
    while (json_next(&iterator, NULL, &element)) {
        struct expr_key_attribute *next = &ret_definitions->list[ret_definitions->count];
        struct slice type = member(element, "AttributeType");
        int known;

        next->name = member(element, "AttributeName");
        next->type = slice_eq_str(type, "S")   ? VALUE_S
                     : slice_eq_str(type, "N") ? VALUE_N
                                               : VALUE_B;
        known = find_definition(ret_definitions, next->name);
        if (known >= 0 && ret_definitions->list[known].type != next->type)
            return refuse_redefined(reterr, next->name);
        ret_definitions->count++;
    }
    return 0;
}

static int check_attributes(struct api_error *reterr,
                            const struct attribute_definitions *definitions,
                            const struct expr_key_attribute *attributes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        int definition = find_definition(definitions, attributes[i].name);

        if (definition >= 0 && definitions->list[definition].type != attributes[i].type)
            return refuse_redefined(reterr, attributes[i].name);
    }
    return 0;
}

int attribute_definitions_check_schema(struct api_error *reterr,
                                       const struct attribute_definitions *definitions,
                                       const struct schema *schema)
{
    int rc = check_attributes(reterr, definitions, schema->keys, schema->key_count);

    for (uint32_t i = 0; i < schema->index_count && rc == 0; i++) {
        const struct schema_index *index = &schema->indexes[i];

        rc = check_attributes(reterr, definitions, index->partition, index->partition_count);
        if (rc == 0)
            rc = check_attributes(reterr, definitions, index->sort, index->sort_count);
    }
    return rc;
}

int attribute_definitions_check_used(struct api_error *reterr,
                                     const struct attribute_definitions *definitions)
{
    bool all = true;

    for (uint32_t i = 0; i < definitions->count; i++)
        all = all && definitions->used[i];
    if (all)
        return 0;
    return api_refuse(
        reterr, API_VALIDATION,
        MESSAGE_INVALID_PARAMETERS
        "Some AttributeDefinitions are not used. AttributeDefinitions: %s, keys used: %s",
        list_attributes(reterr->arena, definitions->list, definitions->count, NULL),
        list_attributes(reterr->arena, definitions->list, definitions->count, definitions->used));
}

/* ---- keys ---- */

enum { ELEMENTS_MAX = 2 * EXPR_KEY_ATTRIBUTES_MAX };

struct elements {
    struct slice names[ELEMENTS_MAX];
    bool hash[ELEMENTS_MAX];
    uint32_t count;
};

static void read_elements(struct json json, struct elements *ret_elements)
{
    struct json_iterator iterator = json_iterate(json);
    struct json element;

    ret_elements->count = 0;
    while (ret_elements->count < ELEMENTS_MAX && json_next(&iterator, NULL, &element)) {
        ret_elements->names[ret_elements->count] = member(element, "AttributeName");
        ret_elements->hash[ret_elements->count++] =
            slice_eq_str(member(element, "KeyType"), "HASH");
    }
}

static int check_defined(struct api_error *reterr, const struct elements *elements,
                         const struct attribute_definitions *definitions)
{
    bool defined = true;

    for (uint32_t i = 0; i < elements->count; i++)
        defined = defined && find_definition(definitions, elements->names[i]) >= 0;
    if (defined)
        return 0;
    return api_refuse(reterr, API_VALIDATION,
                      MESSAGE_INVALID_PARAMETERS
                      "Some index key attributes are not defined in AttributeDefinitions. Keys: "
                      "%s, AttributeDefinitions: %s",
                      list_names(reterr->arena, elements->names, elements->count),
                      list_attributes(reterr->arena, definitions->list, definitions->count, NULL));
}

static int check_names(struct api_error *reterr, const struct elements *elements)
{
    for (uint32_t i = 1; i < elements->count; i++)
        for (uint32_t j = 0; j < i; j++) {
            if (!slice_eq(elements->names[i], elements->names[j]))
                continue;
            if (elements->count == 2 || elements->hash[i] != elements->hash[j])
                return api_refuse(reterr, API_VALIDATION,
                                  "Both the Hash Key and the Range Key element in the KeySchema "
                                  "have the same name");
            return api_refuse(reterr, API_VALIDATION,
                              "Two %s elements in the KeySchema have the same name",
                              elements->hash[i] ? "Hash Key" : "Range Key");
        }
    return 0;
}

static int check_kinds(struct api_error *reterr, const struct elements *elements, bool several)
{
    uint32_t hashes = 0;

    if (elements->count == 0 || !elements->hash[0])
        return api_refuse(reterr, API_VALIDATION,
                          "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (!several && elements->count > 1 && elements->hash[1])
        return api_refuse(reterr, API_VALIDATION,
                          "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    for (uint32_t i = 0; i < elements->count; i++) {
        if (elements->hash[i] && hashes < i)
            return api_refuse(reterr, API_VALIDATION,
                              "Invalid KeySchema: All HASH KeySchemaElements must stand before "
                              "the first RANGE KeySchemaElement");
        hashes += elements->hash[i];
    }
    if (hashes > EXPR_KEY_ATTRIBUTES_MAX || elements->count - hashes > EXPR_KEY_ATTRIBUTES_MAX)
        return api_refuse(reterr, API_VALIDATION,
                          "Invalid KeySchema: The number of %s KeySchemaElements exceeds the limit "
                          "of %d",
                          hashes > EXPR_KEY_ATTRIBUTES_MAX ? "HASH" : "RANGE",
                          EXPR_KEY_ATTRIBUTES_MAX);
    return 0;
}

int key_schema_read(struct api_error *reterr, struct json json, bool several,
                    struct attribute_definitions *definitions, struct key_schema *ret_key)
{
    struct elements elements;
    int rc;

    read_elements(json, &elements);
    rc = check_defined(reterr, &elements, definitions);
    if (rc == 0)
        rc = check_names(reterr, &elements);
    if (rc == 0)
        rc = check_kinds(reterr, &elements, several);
    if (rc < 0)
        return rc;
    *ret_key = (struct key_schema){.partition_count = 0};
    for (uint32_t i = 0; i < elements.count; i++) {
        int definition = find_definition(definitions, elements.names[i]);

        definitions->used[definition] = true;
        if (elements.hash[i])
            ret_key->partition[ret_key->partition_count++] = definitions->list[definition];
        else
            ret_key->sort[ret_key->sort_count++] = definitions->list[definition];
    }
    return 0;
}
