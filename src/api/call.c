/*
 * call.c - what many operations say and look up.
 *
 * SPDX-License-Identifier: Apache-2.0
 */
#include "api/call.h"

#include "api/arn.h"
#include "expr/expr.h"
#include "value/value.h"

int call_refuse_not_yet(struct call *call, const char *what)
{
    return api_refuse(&call->error, API_VALIDATION, MESSAGE_NOT_YET, what);
}

int call_refuse_later(struct call *call, const struct input *input, const uint8_t *members,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (input_has(input, members[i]))
            return call_refuse_not_yet(call, input->shape->members[members[i]].name);
    return 0;
}

static int refuse_text(struct call *call, int rc, const char *text, bool serialization,
                       bool envelope)
{
    if (rc != ST_REFUSED)
        return rc;
    if (serialization)
        return api_refuse(&call->error, API_SERIALIZATION, "%s", text);
    return api_refuse(&call->error, API_VALIDATION, "%s%s",
                      envelope && call->operation->envelope ? MESSAGE_ENVELOPE : "", text);
}

int call_refuse_value(struct call *call, int rc, const struct value_refusal *refusal)
{
    return refuse_text(call, rc, refusal->refusal.text, refusal->serialization, refusal->envelope);
}

int call_refuse_expression(struct call *call, int rc, const struct expr_error *error)
{
    return refuse_text(call, rc, error->refusal.text, error->serialization, error->envelope);
}

int call_refuse_words(struct call *call, int rc, const struct refusal *refusal)
{
    return refuse_text(call, rc, refusal->text, false, false);
}

int call_read_item(struct call *call, struct json json, struct slice *ret_item)
{
    struct value_refusal refusal;
    int rc = item_from_json(json, call->arena, ret_item, &refusal);

    return rc < 0 ? call_refuse_value(call, rc, &refusal) : 0;
}

int call_refuse_access(struct call *call, struct slice resource)
{
    return api_refuse(&call->error, API_ACCESS_DENIED,
                      "User: arn:aws:iam::%s:user/%s is not authorized to perform: %s on "
                      "resource: %.*s",
                      call->identity.account,
                      call->identity.user != NULL ? call->identity.user : "anonymous",
                      call->operation->permission, SLICE_ARGS(resource));
}

int call_table_name(struct call *call, struct slice name_or_arn, struct slice *ret_name)
{
    struct arn arn;

    *ret_name = name_or_arn;
    if (!slice_has_prefix(name_or_arn, SLICE("arn:")))
        return 0;
    if (!arn_parse(name_or_arn, &arn) || arn.stream.ptr != NULL ||
        !slice_eq_str(arn.region, call->region->name))
        return api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_NOT_FOUND);
    if (!slice_eq_str(arn.account, call->identity.account))
        return call_refuse_access(call, name_or_arn);
    *ret_name = arn.table;
    return 0;
}

int call_find_table(struct call *call, struct slice name, struct table **ret_table,
                    struct schema **ret_schema)
{
    struct table *table;
    struct schema *schema;
    int rc = call_table_name(call, name, &name);

    if (rc < 0)
        return rc;
    table = store_table(call->region->store, name);
    if (table == NULL)
        return api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_NOT_FOUND);
    schema = table_schema(table);
    /* A table that is being made, filled or deleted is not there for clients. */
    if (schema->closed || schema->status == TABLE_CREATING || schema->status == TABLE_DELETING) {
        rc = schema->closed ? api_refuse(&call->error, API_RESOURCE_NOT_FOUND,
                                         MESSAGE_TABLE_NOT_FOUND, SLICE_ARGS(name))
                            : api_refuse(&call->error, API_RESOURCE_NOT_FOUND, MESSAGE_NOT_FOUND);
        schema_unref(schema);
        table_unref(table);
        return rc;
    }
    *ret_table = table;
    *ret_schema = schema;
    return 0;
}

int call_open_table(struct call *call, struct slice name)
{
    return call_find_table(call, name, &call->table, &call->schema);
}
