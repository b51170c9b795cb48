/*
 * key_paths.c - see key_paths.h.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/key_paths.h"

/* The check of one kind of expression. */
typedef int (*check_fn)(const void *expression, const struct expr_key_attribute *keys, size_t count,
                        struct expr_error *reterr);

static int check_condition(const void *expression, const struct expr_key_attribute *keys,
                           size_t count, struct expr_error *reterr)
{
    return expr_condition_check_key_paths(expression, keys, count, reterr);
}

static int check_projection(const void *expression, const struct expr_key_attribute *keys,
                            size_t count, struct expr_error *reterr)
{
    return expr_projection_check_key_paths(expression, keys, count, reterr);
}

static int check_update(const void *expression, const struct expr_key_attribute *keys, size_t count,
                        struct expr_error *reterr)
{
    return expr_update_check_keys(expression, keys, count, reterr);
}

static int check_index(check_fn check, const void *expression, const struct schema_index *index,
                       struct expr_error *reterr)
{
    struct expr_key_attribute keys[2 * INDEX_KEY_PARTS_MAX];
    size_t count = 0;

    for (uint32_t i = 0; i < index->partition_count; i++)
        keys[count++] = index->partition[i];
    for (uint32_t i = 0; i < index->sort_count; i++)
        keys[count++] = index->sort[i];
    for (size_t i = 0; i < count; i++)
        keys[i].of_index = true;
    return check(expression, keys, count, reterr);
}

static int check_indexes(check_fn check, const void *expression, const struct schema *schema,
                         struct expr_error *reterr)
{
    int rc = 0;

    for (uint32_t i = 0; i < schema->index_count && rc == 0; i++)
        rc = check_index(check, expression, &schema->indexes[i], reterr);
    return rc;
}

static int check_all(check_fn check, const void *expression, const struct schema *schema,
                     struct expr_error *reterr)
{
    int rc = 0;

    if (expression != NULL)
        rc = check(expression, schema->keys, schema->key_count, reterr);
    if (rc == 0 && expression != NULL)
        rc = check_indexes(check, expression, schema, reterr);
    return rc;
}

int key_paths_of_condition(const struct schema *schema, const struct expr_condition *condition,
                           struct expr_error *reterr)
{
    return check_all(check_condition, condition, schema, reterr);
}

int key_paths_of_projection(const struct schema *schema, const struct expr_projection *projection,
                            struct expr_error *reterr)
{
    return check_all(check_projection, projection, schema, reterr);
}

struct typed {
    const struct schema *schema;
    struct refusal *refusal;
};

static int check_type(void *context, struct slice name, enum value_type type)
{
    const struct typed *typed = context;

    return schema_check_index_key_type(typed->schema, name, type, typed->refusal);
}

int key_paths_of_update(const struct schema *schema, const struct expr_update *update,
                        struct expr_error *reterr)
{
    struct typed typed = {.schema = schema, .refusal = &reterr->refusal};
    int rc;

    if (update == NULL)
        return 0;
    reterr->envelope = reterr->serialization = false;
    rc = check_update(update, schema->keys, schema->key_count, reterr);
    if (rc == 0 && schema->index_count > 0)
        rc = expr_update_each_type(update, check_type, &typed);
    return rc == 0 ? check_indexes(check_update, update, schema, reterr) : rc;
}
