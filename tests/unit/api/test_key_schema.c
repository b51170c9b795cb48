/*
 * test_key_schema.c - KeySchema against AttributeDefinitions, and what expressions may do with keys
 * of indexes. Sources: dynamodb-tables-streams.md section 3, dynamodb-values-capacity.md section 3.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/collection_metrics.h"
#include "api/key_paths.h"
#include "api/key_schema.h"

struct fixture {
    struct arena arena;
    struct json_parser *parser;
    struct api_error error;
};

static int setup(void **state)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));

    arena_init(&fixture->arena, 0);
    fixture->error.arena = &fixture->arena;
    fixture->parser = json_parser_new();
    *state = fixture;
    return fixture->parser == NULL;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    json_parser_free(fixture->parser);
    arena_release(&fixture->arena);
    free(fixture);
    return 0;
}

/* ---- key schemas ---- */

/* "h:a h:b r:c" as {"keys": [...], "definitions": [...]}: every attribute of 'a' to 'i' is defined,
 * but for those in `undefined`. */
static int read(struct fixture *fixture, const char *elements, bool several, const char *undefined,
                struct key_schema *ret_key, struct attribute_definitions *definitions)
{
    struct buf text = BUF_EMPTY;
    struct json root, keys, defined;
    const char *comma = "";
    int rc;

    buf_append_str(&text, "{\"keys\":[");
    for (const char *at = elements; *at != '\0'; at += at[3] == ' ' ? 4 : 3)
        buf_printf(&text, "%s{\"AttributeName\":\"%c\",\"KeyType\":\"%s\"}",
                   at == elements ? "" : ",", at[2], at[0] == 'h' ? "HASH" : "RANGE");
    buf_append_str(&text, "],\"definitions\":[");
    for (char name = 'a'; name <= 'i'; name++) {
        if (strchr(undefined, name) != NULL)
            continue;
        buf_printf(&text, "%s{\"AttributeName\":\"%c\",\"AttributeType\":\"%c\"}", comma, name,
                   name < 'e' ? 'S' : 'N');
        comma = ",";
    }
    buf_append_str(&text, "]}");
    assert_int_equal(json_parse(fixture->parser, buf_slice(&text), &root), 0);
    assert_true(json_member(root, SLICE("keys"), &keys));
    assert_true(json_member(root, SLICE("definitions"), &defined));
    assert_int_equal(attribute_definitions_read(&fixture->error, &defined, definitions), 0);
    rc = key_schema_read(&fixture->error, keys, several, definitions, ret_key);
    buf_release(&text);
    return rc;
}

static void partition_attributes_come_first(void **state)
{
    struct attribute_definitions definitions;
    struct key_schema key;

    assert_int_equal(read(*state, "h:a h:b h:c h:d r:e r:f r:g r:h", true, "i", &key, &definitions),
                     0);
    assert_int_equal(key.partition_count, 4);
    assert_int_equal(key.sort_count, 4);
    assert_true(slice_eq_str(key.partition[3].name, "d"));
    assert_int_equal(key.partition[3].type, VALUE_S);
    assert_true(slice_eq_str(key.sort[0].name, "e"));
    assert_int_equal(key.sort[0].type, VALUE_N);
    for (uint32_t i = 0; i < definitions.count; i++)
        assert_true(definitions.used[i]);
    assert_int_equal(read(*state, "h:a r:b", false, "cdefghi", &key, &definitions), 0);
    assert_int_equal(key.sort_count, 1);
}

static void a_key_that_is_refused(void **state)
{
    static const struct {
        const char *elements;
        bool several;
        const char *undefined, *message;
    } cases[] = {
        {"h:a r:x", false, "cdefghi",
         "One or more parameter values were invalid: Some index key attributes are not defined in "
         "AttributeDefinitions. Keys: [a, x], AttributeDefinitions: [a, b]"},
        {"h:a r:a", true, "",
         "Both the Hash Key and the Range Key element in the KeySchema have the same name"},
        {"h:a h:b h:a", true, "", "Two Hash Key elements in the KeySchema have the same name"},
        {"h:a r:b r:b", true, "", "Two Range Key elements in the KeySchema have the same name"},
        {"r:a", true, "", "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"},
        {"h:a h:b", false, "",
         "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"},
        {"h:a r:b h:c", true, "",
         "Invalid KeySchema: All HASH KeySchemaElements must stand before the first RANGE "
         "KeySchemaElement"},
        {"h:a h:b h:c h:d h:e", true, "",
         "Invalid KeySchema: The number of HASH KeySchemaElements exceeds the limit of 4"},
        {"h:a r:b r:c r:d r:e r:f", true, "",
         "Invalid KeySchema: The number of RANGE KeySchemaElements exceeds the limit of 4"},
    };
    struct attribute_definitions definitions;
    struct fixture *fixture = *state;
    struct key_schema key;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(read(fixture, cases[i].elements, cases[i].several, cases[i].undefined,
                              &key, &definitions),
                         ST_REFUSED);
        assert_true(slice_eq_str(fixture->error.message, cases[i].message));
    }
}

/* ---- expressions on keys ---- */

static struct schema *indexed_schema(void)
{
    struct schema *schema = schema_new();
    struct schema_index *index;

    snprintf(schema->key_names[0], sizeof(schema->key_names[0]), "pk");
    schema->keys[0] =
        (struct expr_key_attribute){.name = slice_str(schema->key_names[0]), .type = VALUE_S};
    schema->key_count = 1;
    index = schema_index_add(schema, SLICE("idx"), true);
    assert_int_equal(schema_index_add_key(schema, index, false, SLICE("g"), VALUE_N), 0);
    assert_int_equal(schema_index_add_key(schema, index, true, SLICE("pk"), VALUE_S), 0);
    return schema;
}

static void updates_of_index_keys(void **state)
{
    static const struct {
        const char *text, *message; /* NULL: allowed */
    } cases[] = {
        {"SET g = :n", NULL},
        {"REMOVE g", NULL},
        {"ADD g :n", NULL},
        {"SET g = spare", NULL},
        {"SET v = :s", NULL},
        {"SET g = :s",
         "One or more parameter values were invalid: Type mismatch for Index Key g Expected: N "
         "Actual: S IndexName: idx"},
        {"SET pk = :s",
         "One or more parameter values were invalid: Cannot update attribute pk. This attribute is "
         "part of the key"},
        {"SET pk.a = :s", "Key attributes must be scalars; list random access '[]' and map lookup "
                          "'.' are not allowed: Key: pk"},
        {"SET g[0] = :s", "Key attributes must be scalars; list random access '[]' and map lookup "
                          "'.' are not allowed: IndexKey: g"},
    };
    struct fixture *fixture = *state;
    struct schema *schema = indexed_schema();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct expr_bindings bindings;
        struct expr_update *update;
        struct expr_error error;
        struct json values;
        int rc;

        assert_int_equal(json_parse(fixture->parser,
                                    SLICE("{\":n\": {\"N\": \"1\"}, \":s\": {\"S\": \"a\"}}"),
                                    &values),
                         0);
        assert_int_equal(expr_bindings_read(&fixture->arena, NULL, &values, &bindings, &error), 0);
        assert_int_equal(expr_update_parse(&fixture->arena, slice_str(cases[i].text), &bindings,
                                           &update, &error),
                         0);
        rc = key_paths_of_update(schema, update, &error);
        assert_int_equal(rc, cases[i].message == NULL ? 0 : ST_REFUSED);
        if (cases[i].message != NULL)
            assert_string_equal(error.refusal.text, cases[i].message);
    }
    schema_unref(schema);
}

/* ---- metrics ---- */

static void a_collection_is_shown_in_whole_gigabytes(void **state)
{
    static const struct {
        uint64_t bytes;
        const char *range;
    } cases[] = {
        {0, "[0.0,1.0]"},
        {(UINT64_C(1) << 30) - 1, "[0.0,1.0]"},
        {UINT64_C(1) << 30, "[1.0,2.0]"},
        {UINT64_C(19) << 29, "[9.0,10.0]"},
    };
    struct fixture *fixture = *state;
    struct schema *schema = indexed_schema();

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct mutation mutation = {.key = {.partition = SLICE("a")},
                                    .collection_bytes = cases[i].bytes};
        struct buf out = BUF_EMPTY;
        struct json_writer writer = json_writer_of(&out);
        char expected[128];

        snprintf(expected, sizeof(expected),
                 "{\"ItemCollectionKey\":{\"pk\":{\"S\":\"a\"}},\"SizeEstimateRangeGB\":%s}",
                 cases[i].range);
        collection_metrics_write(&writer, &fixture->arena, schema, &mutation);
        buf_append_u8(&out, 0);
        assert_string_equal((const char *)out.ptr, expected);
        buf_release(&out);
    }
    schema_unref(schema);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(partition_attributes_come_first, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(updates_of_index_keys, setup, teardown),
        cmocka_unit_test_setup_teardown(a_collection_is_shown_in_whole_gigabytes, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
